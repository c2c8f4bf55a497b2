"""The kinds of accounts that a crash run can have, each with the fake behind it, and in what ways they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from socialbot import networks
from socialbot.networks.protocol import Network
from socialbot.testing.fakes import (
    BlueskyFake,
    DiscordFake,
    FacebookFake,
    InstagramFake,
    LinkedInFake,
    MastodonFake,
    MisskeyFake,
    PinterestFake,
    TelegramFake,
    ThreadsFake,
    TikTokFake,
    XFake,
)
from socialbot.testing.fakes.discord_guild import FORUM
from socialbot.testing.fakes.server import Answer, Fake, Request

PLENTY = 10**9
AGAIN = {"on_doubt": "send_again"}
Settings = Mapping[str, str]


def _own(fake: Fake) -> Settings:
    return fake.account()


@dataclass(frozen=True, slots=True)
class Kind:
    """How its fake is made, and the settings of an account on it. `tells_parent`: what is out tells which post it answers."""

    make: Callable[[], Fake]
    account: Callable[[Any], Settings] = _own
    tells_parent: bool = True


class _PatientX(XFake):
    """Takes as many calls as come: what a limit does, the bad days of the run show."""

    def _count(self, limit: str) -> dict[str, str]:
        self.used.clear()
        return super()._count(limit)


class _PatientTikTok(TikTokFake):
    def _entered(self, handler: Callable[[Request], Answer], *scopes: str, most: int = 0) -> Callable[..., Answer]:
        return super()._entered(handler, *scopes, most=PLENTY)


def _made(make: Callable[[], Fake], **switches: Any) -> Callable[[], Fake]:
    def made() -> Fake:
        fake = make()
        for name, value in switches.items():
            assert hasattr(fake, name)
            setattr(fake, name, value)
        return fake

    return made


def _family(server: str) -> Callable[[], Fake]:
    return _made(lambda: MastodonFake(server, network=server), day_left=PLENTY)


def _with_bot(fake: DiscordFake) -> Settings:
    return {**fake.account(), "bot_token": fake.bot_token}


def _by_oauth2(fake: XFake) -> Settings:
    return {**fake.app(), "token": fake.logins.grant()["access_token"]}


def _long_login() -> Fake:
    fake = _PatientX()
    fake.logins.life = timedelta(days=400)
    return fake


def _and_again(account: Callable[[Any], Settings] = _own) -> Callable[[Any], Settings]:
    return lambda fake: {**account(fake), **AGAIN}


_INSTAGRAM = _made(InstagramFake, quota=PLENTY)
_THREADS = _made(ThreadsFake, quota=PLENTY, reply_quota=PLENTY, delete_quota=PLENTY)
_LINKEDIN = _made(LinkedInFake, daily=PLENTY)
_TIKTOK = _made(_PatientTikTok, daily=PLENTY, pending=PLENTY)
_MEMBER: Callable[[Any], Settings] = LinkedInFake.member_account

KINDS: Mapping[str, Kind] = {
    "blue": Kind(BlueskyFake),
    "masto": Kind(MastodonFake),
    "chat": Kind(DiscordFake, tells_parent=False),
    "botchat": Kind(DiscordFake, _and_again(_with_bot), tells_parent=False),
    "lookchat": Kind(DiscordFake, _with_bot, tells_parent=False),
    "bot": Kind(DiscordFake, DiscordFake.bot_account, tells_parent=False),
    "botagain": Kind(DiscordFake, _and_again(DiscordFake.bot_account), tells_parent=False),
    "forum": Kind(_made(DiscordFake, kind=FORUM), lambda fake: {**fake.bot_account(), "forum": "true"}, tells_parent=False),
    "forumagain": Kind(
        _made(DiscordFake, kind=FORUM), lambda fake: {**fake.bot_account(), "forum": "true", **AGAIN}, tells_parent=False
    ),
    "akkoma": Kind(_family("akkoma")),
    "gotosocial": Kind(_family("gotosocial")),
    "pixelfed": Kind(_family("pixelfed")),
    "pixelfedagain": Kind(_family("pixelfed"), _and_again()),
    "misskey": Kind(MisskeyFake),
    "misskeyagain": Kind(MisskeyFake, _and_again()),
    "sharkey": Kind(lambda: MisskeyFake("sharkey")),
    "telegram": Kind(TelegramFake),
    "x": Kind(_long_login, _by_oauth2),
    "xagain": Kind(_long_login, _and_again(_by_oauth2)),
    "xkeys": Kind(_PatientX),
    "facebook": Kind(FacebookFake),
    "facebookagain": Kind(FacebookFake, _and_again()),
    "instagram": Kind(_INSTAGRAM, InstagramFake.linked_account),
    "threads": Kind(_THREADS),
    "linkedin": Kind(_LINKEDIN),
    "linkedinagain": Kind(_LINKEDIN, _and_again()),
    "member": Kind(_LINKEDIN, _MEMBER),
    "memberagain": Kind(_LINKEDIN, _and_again(_MEMBER)),
    "pinterest": Kind(PinterestFake),
    "pinterestagain": Kind(PinterestFake, _and_again()),
    "tiktok": Kind(_TIKTOK),
    "tiktokdirect": Kind(_TIKTOK, TikTokFake.direct_account),
}
"""`chat` is a webhook alone, which nobody can ask; `botchat` has a bot that may look. What ends in `again` sends again after
two looks; of the others a person is asked then, as they are set by default."""


def adapter_of(network: str) -> type[Network]:
    """The adapter that accounts on this network have."""
    return networks.load(network)
