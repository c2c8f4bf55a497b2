"""Every adapter passes the conformance kit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from socialbot.testing.conformance import Conformance
from socialbot.testing.conformance.wire import Clock
from socialbot.testing.fakes import (
    BlueskyFake,
    DiscordFake,
    FacebookFake,
    InstagramFake,
    LinkedInFake,
    MastodonFake,
    PinterestFake,
    TelegramFake,
    ThreadsFake,
    TikTokFake,
    XFake,
)
from socialbot.testing.fakes.discord_guild import FORUM
from socialbot.testing.fakes.linkedin import MEMBER_SCOPES
from socialbot.testing.fakes.server import Fake


class TestBluesky(Conformance):
    fake = BlueskyFake


class TestMastodon(Conformance):
    fake = MastodonFake


class TestMastodonsRelative(Conformance):
    """A server of the family that takes no key: posts in doubt are looked for in the list."""

    fake = MastodonFake

    def make_fake(self, clock: Clock) -> Fake:
        fake = MastodonFake(clock=clock)
        fake.version = "2.7.2 (compatible; Pixelfed 0.12.4)"
        return fake


class TestDiscord(Conformance):
    fake = DiscordFake


class TestDiscordWithABot(Conformance):
    fake = DiscordFake

    def account(self, fake: Fake) -> Mapping[str, object]:
        return {**fake.account(), "bot_token": "fake-bot"}


class TestDiscordAsABot(Conformance):
    """Its nonces are forgotten before a dead worker's lease ends: then it looks twice, and sends again as it is told."""

    fake = DiscordFake

    def account(self, fake: Fake) -> Mapping[str, object]:
        assert isinstance(fake, DiscordFake)
        return {**fake.bot_account(), "on_doubt": "send_again"}


class TestDiscordsForum(Conformance):
    fake = DiscordFake

    def make_fake(self, clock: Clock) -> Fake:
        fake = DiscordFake(clock=clock)
        fake.kind = FORUM
        return fake

    def account(self, fake: Fake) -> Mapping[str, object]:
        assert isinstance(fake, DiscordFake)
        return {**fake.bot_account(), "forum": True}


class TestTelegram(Conformance):
    fake = TelegramFake


class TestInstagram(Conformance):
    """With Facebook Login, by which posts can be removed, too."""

    fake = InstagramFake

    def account(self, fake: Fake) -> Mapping[str, object]:
        assert isinstance(fake, InstagramFake)
        return fake.linked_account()


class TestFacebook(Conformance):
    fake = FacebookFake


class TestThreads(Conformance):
    fake = ThreadsFake


class TestX(Conformance):
    fake = XFake


class TestXByOAuth2(Conformance):
    """With a token that nobody renews, and that therefore has to last."""

    fake = XFake

    def make_fake(self, clock: Clock) -> Fake:
        fake = XFake(clock=clock)
        fake.logins.life = timedelta(days=2)
        return fake

    def account(self, fake: Fake) -> Mapping[str, object]:
        assert isinstance(fake, XFake)
        return {**fake.app(), "token": fake.logins.grant()["access_token"]}


class TestLinkedIn(Conformance):
    fake = LinkedInFake


class TestLinkedInOfAMember(Conformance):
    """Nothing that a member has posted can be read: what is in doubt is held."""

    fake = LinkedInFake

    def account(self, fake: Fake) -> Mapping[str, object]:
        assert isinstance(fake, LinkedInFake)
        token = fake.issue((*MEMBER_SCOPES, "r_member_postAnalytics"))
        return {**fake.member_account(), "token": token}


class TestPinterest(Conformance):
    fake = PinterestFake


class _Carousels(PinterestFake):
    looser = MappingProxyType({**PinterestFake.looser, "max_alt": "one picture has the room of all"})


class TestPinterestsCarousels(Conformance):
    fake = _Carousels

    def account(self, fake: Fake) -> Mapping[str, object]:
        return {**fake.account(), "pictures": 5}


class TestTikTok(Conformance):
    fake = TikTokFake


class TestTikTokDirect(Conformance):
    fake = TikTokFake

    def account(self, fake: Fake) -> Mapping[str, object]:
        assert isinstance(fake, TikTokFake)
        return fake.direct_account()
