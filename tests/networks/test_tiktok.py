"""TikTok's adapter on its fake: inbox and profile, pictures that are fetched, states, caps, errors, logins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from socialbot import networks
from socialbot.networks import tiktok
from socialbot.networks.login import verifier
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    NeedsLogin,
    Network,
    NetworkError,
    Passing,
    Published,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.networks.tiktok_calls import CAPS, ROWS, TikTokAccount
from socialbot.nouns import Draft
from socialbot.testing.conformance.stand import Stand
from socialbot.testing.conformance.wire import Clock
from socialbot.testing.fakes.server import Answer, Refusal
from socialbot.testing.fakes.tiktok import TikTokFake, refusal
from socialbot.testing.fakes.tiktok_login import CLIENT, REDIRECT
from socialbot.testing.site import LoopbackSite

INIT = "/v2/post/publish/content/init/"


@pytest.fixture
def fake() -> Iterator[TikTokFake]:
    with TikTokFake(clock=Clock()) as fake:
        yield fake


@pytest.fixture
def stand(fake: TikTokFake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(tiktok, "POLLS_S", (0,) * len(tiktok.POLLS_S))
    assert isinstance(fake.clock, Clock)
    with LoopbackSite(tmp_path / "site") as site:
        yield Stand(networks.load("tiktok"), fake, fake.account(), fake.clock, tmp_path, site.public())


@pytest.fixture
def direct(fake: TikTokFake, stand: Stand) -> Stand:
    stand.with_account(**fake.direct_account())
    return stand


def sent(fake: TikTokFake) -> list[dict[str, object]]:
    return [body for path, body in fake.bodies if path == INIT]


def post(stand: Stand, pictures: int = 1, flags: dict[str, bool] | None = None) -> Draft:
    return replace(stand.made("Fog over Öland", pictures=pictures, title="Fog"), flags=flags or {})


# What is sent


def test_a_post_goes_to_the_inbox_with_its_words_and_nothing_that_only_a_person_decides(fake: TikTokFake, stand: Stand) -> None:
    fake.person_posts = False
    published = stand.send(post(stand, pictures=3))
    (body,) = sent(fake)
    source = body.pop("source_info")
    assert body == {
        "media_type": "PHOTO",
        "post_mode": "MEDIA_UPLOAD",
        "post_info": {"title": "Fog", "description": "Fog over Öland"},
    }
    assert isinstance(source, dict) and (source["source"], source["photo_cover_index"]) == ("PULL_FROM_URL", 0)
    assert len(source["photo_images"]) == 3
    assert (published.url, fake.posts) == (None, []), "nobody sees it yet"
    assert "waits in the app's inbox until a person posts it" in published.warnings[0]
    assert not [call for call in fake.calls if "creator_info" in call]
    assert stand.act(lambda network: network.is_shown(published)) is True, "it is where it was sent"


def test_a_direct_post_says_who_sees_it_and_leaves_off_what_was_not_switched_on(fake: TikTokFake, direct: Stand) -> None:
    published = direct.send(post(direct))
    (body,) = sent(fake)
    assert body["post_mode"] == "DIRECT_POST"
    assert body["post_info"] == {
        "title": "Fog",
        "description": "Fog over Öland",
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "disable_comment": True,
        "auto_add_music": False,
        "brand_content_toggle": False,
        "brand_organic_toggle": False,
    }
    assert published.url == fake.posts[0].url
    direct.with_account(comments=True, music=True, own_brand=True, paid_partnership=True)
    direct.send(post(direct))
    told = sent(fake)[1]["post_info"]
    assert isinstance(told, dict) and told["disable_comment"] is False
    assert all(told[name] for name in ("auto_add_music", "brand_content_toggle", "brand_organic_toggle"))
    fake.comment_disabled = True
    direct.send(post(direct))
    told = sent(fake)[2]["post_info"]
    assert isinstance(told, dict) and told["disable_comment"] is True, "the app's own setting goes before ours"


def test_the_creator_is_asked_before_each_direct_post(fake: TikTokFake, direct: Stand) -> None:
    for _ in range(2):
        direct.send(post(direct))
    asked = [call.rpartition("/v2/post/publish")[2] for call in fake.calls if "status" not in call]
    assert asked == ["/creator_info/query/", "/content/init/"] * 2


@pytest.mark.parametrize("mode", ["inbox", "direct"])
def test_the_disputed_flag_stands_at_the_top_and_only_where_it_is_set(fake: TikTokFake, stand: Stand, mode: str) -> None:
    stand.with_account(**(fake.direct_account() if mode == "direct" else {}))
    published = stand.send(post(stand, flags={"is_aigc": True}))
    assert sent(fake)[0]["is_aigc"] is True
    assert ("AI-generated content" in " ".join(published.warnings)) == (mode == "inbox")
    stand.send(post(stand))
    assert "is_aigc" not in sent(fake)[1]


def test_approval_is_on_unless_it_is_switched_off() -> None:
    assert TikTokAccount(network="tiktok").approval is True
    assert TikTokAccount(network="tiktok").mode == "inbox"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mode": "direct"}, "needs privacy"),
        ({"mode": "direct", "privacy": "PUBLIC_TO_EVERYONE"}, "has not audited"),
        ({"mode": "direct", "privacy": "SELF_ONLY", "paid_partnership": True}, "cannot be private"),
        ({"verified": ["example.org/social"]}, "a domain"),
    ],
)
def test_what_tiktok_would_refuse_is_refused_in_the_configuration(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TikTokAccount.model_validate({"network": "tiktok", **options})


# Pictures


def test_pictures_at_an_address_that_is_not_verified_never_leave(fake: TikTokFake, stand: Stand) -> None:
    for entry, is_below in (("127.0.0.1", True), ("http://127", True), ("7.0.0.1", False), ("http://127.0.0.1/", False)):
        stand.with_account(verified=[entry])
        if is_below:
            stand.prepare(post(stand))
            continue
        with pytest.raises(Blocked, match=r"127\.0\.0\.1, which is not among what is verified"):
            stand.prepare(post(stand))
    assert fake.attempts == 0


def test_what_the_app_has_not_verified_is_told_with_what_to_do(fake: TikTokFake, stand: Stand) -> None:
    fake.verified = ("https://example.org/social/",)
    with pytest.raises(Blocked, match="not verified in the app") as blocked:
        stand.send(post(stand))
    assert "URL properties" in blocked.value.fix


def test_pictures_that_cannot_be_fetched_are_given_anew(fake: TikTokFake, stand: Stand) -> None:
    prepared = stand.prepare(post(stand))
    source = prepared.request["body"]["source_info"]
    gone = {**source, "photo_images": [f"{one}x" for one in source["photo_images"]]}
    with pytest.raises(Passing, match="could not fetch"):
        stand.publish(
            replace(prepared, request={**prepared.request, "body": {**prepared.request["body"], "source_info": gone}})
        )
    assert fake.posts == []
    stand.publish(prepared)
    assert len(fake.posts) == 1


# How far it came


def test_it_is_waited_for_while_the_pictures_are_fetched(fake: TikTokFake, direct: Stand) -> None:
    fake.slow_polls = 3
    assert direct.send(post(direct)).warnings == ()
    fake.slow_polls = 99
    published = direct.send(post(direct))
    assert published.remote_id and "still at work" in published.warnings[0]
    assert direct.act(lambda network: network.is_shown(published)) is None
    assert fake.attempts == 2, "nothing is sent again for that"


def test_a_post_that_was_taken_is_taken_though_nobody_can_be_asked_about_it(fake: TikTokFake, stand: Stand) -> None:
    prepared = stand.prepare(post(stand))

    class Deaf(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if "status" in request.url.path:
                raise httpx.ReadError("gone")
            return await super().handle_async_request(request)

    published = stand.act(lambda network: network.publish(prepared), Deaf())
    assert published.remote_id.startswith("p_pub_url~") and "is not known" in published.warnings[0]


def test_a_lost_answer_is_held_for_a_person_and_never_sent_again(fake: TikTokFake, stand: Stand) -> None:
    stand.with_account(on_doubt="send_again")
    fake.faults.queue.append("commit_then_drop")
    done = stand.carry(stand.accept(post(stand)))
    assert (done.state, fake.attempts, len(fake.posts)) == ("held", 1, 1)
    found = stand.find(stand.prepare(post(stand)), stand.clock())
    assert isinstance(found, CannotTell) and "look in the inbox" in found.why


class _Died(BaseException):
    """As a process that is killed: nothing is written after it."""


def _dying_after_it_was_taken(network: Network) -> None:
    """A worker that is killed while it waits for TikTok to fetch the pictures."""

    async def die(publish_id: str) -> None:
        raise _Died

    network._fetched = die  # type: ignore[attr-defined]


def test_a_post_whose_worker_died_while_tiktok_fetched_its_pictures_is_asked_about_and_found(
    fake: TikTokFake, direct: Stand
) -> None:
    delivery = direct.accept(post(direct))
    with pytest.raises(_Died):
        direct.work("worker.0", _dying_after_it_was_taken)
    done = direct.carry(delivery)
    assert (done.state, done.url, fake.attempts, len(fake.posts)) == ("published", fake.posts[0].url, 1, 1)


def test_one_that_failed_after_its_worker_died_is_held_with_the_reason(fake: TikTokFake, direct: Stand) -> None:
    delivery = direct.accept(post(direct))
    with pytest.raises(_Died):
        direct.work("worker.0", _dying_after_it_was_taken)
    for sent_one in fake._sent.values():
        sent_one.failed = "file_format_check_failed"
    done = direct.carry(delivery)
    assert done.held and "neither JPEG nor WebP" in done.held.reason and "Nothing of it is out" in done.held.reason
    assert fake.attempts == 1


def test_a_store_that_is_away_when_tiktok_took_a_post_does_not_lose_it(fake: TikTokFake, stand: Stand) -> None:
    class Away:
        def recall(self, digest: str) -> str | None:
            return None

        def keep(self, digest: str, remote_id: str, lasts_s: float) -> None:
            raise OSError("away")

        def forget(self, digest: str) -> None:
            raise OSError("away")

    prepared = replace(stand.prepare(post(stand)), remember=Away())
    assert stand.publish(prepared).remote_id.startswith("p_pub_url~")


def test_what_tiktok_does_not_know_any_more_is_neither_there_nor_gone(stand: Stand) -> None:
    for told in ("p_pub_url~v2.1", "https://www.tiktok.com/@fognews/video/7"):
        assert stand.act(lambda network, told=told: network.is_shown(Published(told))) is None
        assert stand.act(lambda network, told=told: network.metrics(Published(told))) == {}


def test_figures_need_a_public_post_and_the_permission(fake: TikTokFake, direct: Stand) -> None:
    published = direct.send(post(direct))
    told = direct.act(lambda network: network.metrics(published))
    assert told == {"view_count": 4, "like_count": 1, "comment_count": 2, "share_count": 3}
    fake.moderated = False
    assert direct.act(lambda network: network.metrics(published)) == {}
    fake.moderated = True
    direct.with_account(figures=False)
    assert direct.act(lambda network: network.metrics(published)) == {}


# Caps and the audit


def test_a_cap_that_comes_with_status_200_rests_the_account_for_a_day(fake: TikTokFake, direct: Stand) -> None:
    fake.daily = 1
    direct.send(post(direct))
    with pytest.raises(RateLimited) as limited:
        direct.prepare(post(direct))
    assert limited.value.until == direct.clock() + timedelta(hours=24)
    direct.clock.turn(24 * 3600)
    direct.send(post(direct))


def test_five_posts_wait_in_the_inbox_and_no_more(fake: TikTokFake, stand: Stand) -> None:
    fake.person_posts = False
    for _ in range(5):
        stand.send(post(stand))
    with pytest.raises(RateLimited, match="finish some in the app"):
        stand.send(post(stand))


def test_an_app_without_an_audit_posts_privately_from_a_private_account(fake: TikTokFake, direct: Stand) -> None:
    fake.audited = False
    with pytest.raises(Blocked, match="not audited"):
        direct.send(post(direct))
    direct.with_account(audited=False, privacy="SELF_ONLY")
    fake.private = True
    direct.send(post(direct))
    assert fake.posts == [], "only its owner sees it"
    notes = " ".join(direct.act(lambda network: network.check()).notes)
    assert "not audited: the account has to be private" in notes and "guidelines accept no tool" in notes


def test_a_privacy_that_the_creator_has_not_is_refused_before_anything_is_sent(fake: TikTokFake, direct: Stand) -> None:
    fake.private = True
    for act in (lambda network: network.check(), None):
        with pytest.raises(Blocked, match="it offers FOLLOWER_OF_CREATOR, MUTUAL_FOLLOW_FRIENDS, SELF_ONLY"):
            direct.act(act) if act else direct.prepare(post(direct))
    assert fake.attempts == 0


def test_check_says_who_we_are_and_what_happens_to_posts(fake: TikTokFake, stand: Stand) -> None:
    inbox = stand.act(lambda network: network.check())
    assert inbox.name == "Fog news" and "a person finishes them" in inbox.notes[0]
    assert "verified in the app's URL properties" in inbox.notes[1]
    stand.with_account(**fake.direct_account(), verified=["127.0.0.1"])
    told = stand.act(lambda network: network.check())
    assert (told.name, told.url) == ("@fognews", "https://www.tiktok.com/@fognews")
    assert "Approval is off" in told.notes[-1]


# Errors

KINDS = {
    **{code: (403, row.kind) for code, row in ROWS.items()},
    "rate_limit_exceeded": (429, RateLimited),
    "internal_error": (500, Unknown),
    "access_token_invalid": (401, NeedsLogin),
    "scope_not_authorized": (401, NeedsLogin),
    "something_new": (400, Refused),
}


@pytest.mark.parametrize("code", KINDS)
def test_each_error_has_its_sentence(fake: TikTokFake, stand: Stand, code: str) -> None:
    status, kind = KINDS[code]
    prepared = stand.prepare(post(stand))
    fake.errors += [refusal(status, code, "It is so.")] * 2
    with pytest.raises(NetworkError) as raised:
        stand.publish(prepared)
    assert type(raised.value) is kind
    assert str(raised.value).startswith("TikTok") and str(raised.value).endswith(".")
    assert fake.posts == []
    if code in CAPS:
        assert isinstance(raised.value, RateLimited)
        assert raised.value.until == stand.clock() + timedelta(hours=24)


REASONS = {
    "internal": Passing,
    "photo_pull_failed": Passing,
    "video_pull_failed": Passing,
    "file_format_check_failed": Refused,
    "picture_size_check_failed": Refused,
    "duration_check_failed": Refused,
    "frame_rate_check_failed": Refused,
    "colour_check_failed": Refused,
    "spam_risk": Blocked,
    "spam_risk_text": Refused,
    "spam_risk_too_many_posts": RateLimited,
    "auth_removed": NeedsLogin,
    "": Refused,
}


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_of_a_post_that_failed_has_its_sentence(fake: TikTokFake, stand: Stand, reason: str) -> None:
    prepared = stand.prepare(post(stand))
    fake.errors.append(Refusal(answer_with(status="PROCESSING_DOWNLOAD")))
    fake.errors.append(Refusal(answer_with(status="FAILED", fail_reason=reason)))

    async def act(network: Network) -> Published:
        fake.errors.insert(0, Refusal(answer_with(publish_id="p_pub_url~v2.7")))
        return await network.publish(prepared)

    with pytest.raises(NetworkError) as raised:
        stand.act(act)
    assert type(raised.value) is REASONS[reason]


def answer_with(**data: str) -> Answer:
    told = refusal(200, "ok", "").answer
    return replace(told, body={**told.body, "data": data})


def test_every_code_of_the_page_is_in_the_table() -> None:
    codes = """rate_limit_exceeded internal_error internal video_pull_failed photo_pull_failed access_token_invalid
        scope_not_authorized scope_permission_missed invalid_param invalid_params privacy_level_option_mismatch
        url_ownership_unverified unaudited_client_can_only_post_to_private_accounts app_version_check_failed
        spam_risk_too_many_posts spam_risk_too_many_pending_share reached_active_user_cap spam_risk_user_banned_from_posting
        spam_risk_text spam_risk auth_removed invalid_publish_id token_not_authorized_for_specified_publish_id"""
    assert set(codes.split()) <= set(ROWS)


# Logins


def log_in(fake: TikTokFake, stand: Stand) -> None:
    stand.with_account(client_id=CLIENT[0], client_secret=CLIENT[1], token="", site=fake.url)
    login, secret = stand.kind.login(stand.account), verifier()
    assert login
    query = httpx.URL(login.authorize(REDIRECT, "state", secret)).params
    assert query["client_key"] == CLIENT[0] and "client_id" not in query

    async def exchange(network: Network) -> None:
        line = network._rest.line  # type: ignore[attr-defined]
        code = fake.logins.grant(query["code_challenge"], query["scope"].split(","))
        stand.vault.write(await login.exchange(line, code, REDIRECT, secret, stand.clock()))

    stand.act(exchange)


def test_a_login_proves_itself_by_the_hexadecimal_digest(fake: TikTokFake, stand: Stand) -> None:
    assert stand.kind.login(stand.account) is None, "a token made by hand needs none"
    log_in(fake, stand)
    stand.send(post(stand))
    assert len(fake.posts) == 1
    session = stand.vault.read()
    assert session and session["scope"] == "user.info.basic,video.upload,video.list"


def test_the_token_of_two_hours_is_renewed_and_each_refresh_token_used_once(fake: TikTokFake, stand: Stand) -> None:
    log_in(fake, stand)
    used = set()
    for _ in range(3):
        session = stand.vault.read()
        assert session and session["refresh_token"] not in used
        used.add(session["refresh_token"])
        stand.clock.turn(3 * 3600)
        stand.send(post(stand))
    assert len(fake.posts) == 3


def test_a_token_that_is_refused_is_renewed_and_the_post_made_once(fake: TikTokFake, stand: Stand) -> None:
    log_in(fake, stand)
    prepared = stand.prepare(post(stand))
    fake.expire()
    stand.publish(prepared)
    assert (fake.attempts, len(fake.posts)) == (2, 1), "what was answered 401 was not taken"


def test_permissions_that_are_missing_are_told(fake: TikTokFake, stand: Stand) -> None:
    log_in(fake, stand)
    stand.with_account(mode="direct", privacy="SELF_ONLY")
    with pytest.raises(NeedsLogin, match="lacks a permission"):
        stand.act(lambda network: network.check())
