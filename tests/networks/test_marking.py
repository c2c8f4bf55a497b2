"""A profile says that a program posts here once it is asked to, and loses nothing else by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from socialbot.networks import bluesky_profile
from socialbot.networks.bluesky import Bluesky
from socialbot.networks.discord import Discord
from socialbot.networks.mastodon import Mastodon
from socialbot.networks.protocol import NeedsLogin, NetworkError, Passing, RateLimited, Refused
from socialbot.testing.fakes import BlueskyFake, DiscordFake, MastodonFake, cid
from socialbot.testing.fakes.server import Answer, Request
from tests.networks.desk import SHARED, Desk
from tests.networks.lexicon import Lexicons

LEXICONS = SHARED / "specs/bluesky/lexicons"
PROFILE, SELF_LABELS = "app.bsky.actor.profile", "com.atproto.label.defs#selfLabels"
BOT = {"$type": SELF_LABELS, "values": [{"val": "bot"}]}
PUT, PATCH = "POST /xrpc/com.atproto.repo.putRecord", "PATCH /api/v1/accounts/update_credentials"


@pytest.fixture
def blue() -> Iterator[BlueskyFake]:
    with BlueskyFake() as running:
        running.profile = {"$type": PROFILE, "displayName": "Blog", "description": "Fog, daily"}
        yield running


@pytest.fixture
def masto() -> Iterator[MastodonFake]:
    with MastodonFake() as running:
        running.bot = False
        yield running


@pytest.fixture
def sky(blue: BlueskyFake, tmp_path: Path) -> Desk:
    return Desk(Bluesky, blue.account(), tmp_path)


@pytest.fixture
def toot(masto: MastodonFake, tmp_path: Path) -> Desk:
    return Desk(Mastodon, masto.account(), tmp_path)


# Bluesky


def test_the_label_is_added_and_check_sees_it(blue: BlueskyFake, sky: Desk) -> None:
    assert sky.check().bot is False
    sky.mark()
    assert blue.profile == {"$type": PROFILE, "displayName": "Blog", "description": "Fog, daily", "labels": BOT}
    assert sky.check().bot is True


def test_a_profile_that_is_marked_is_not_written_again(blue: BlueskyFake, sky: Desk) -> None:
    sky.mark()
    sky.mark()
    assert blue.calls.count(PUT) == 1


def test_an_account_without_a_profile_gets_one(blue: BlueskyFake, sky: Desk) -> None:
    blue.profile = None
    assert sky.check().bot is False
    sky.mark()
    assert blue.profile == {"$type": PROFILE, "labels": BOT}


def test_labels_that_are_there_stay_before_the_new_one(blue: BlueskyFake, sky: Desk) -> None:
    blue.profile = {"$type": PROFILE, "labels": {**BOT, "values": [{"val": "nudity", "why": 7}], "since": "May"}}
    sky.mark()
    assert blue.profile["labels"] == {**BOT, "values": [{"val": "nudity", "why": 7}, {"val": "bot"}], "since": "May"}


def test_pictures_of_the_profile_stay_as_they_are(blue: BlueskyFake, sky: Desk) -> None:
    picture = sky.picture()
    avatar = sky.run(lambda network: network._upload(picture))  # type: ignore[attr-defined]
    blue.profile = {"$type": PROFILE, "avatar": avatar, "pinnedPost": {"uri": "at://x/y/z", "cid": "bafy"}}
    sky.mark()
    assert blue.profile["avatar"] == avatar


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=4,
)
labels = st.fixed_dictionaries(
    {"$type": st.just(SELF_LABELS), "values": st.lists(st.fixed_dictionaries({"val": words}), max_size=4)}
)


class Repository:
    """A repository of one record, which keeps what it is given to the byte."""

    def __init__(self, record: Any) -> None:
        self.record, self.version, self.puts = json.dumps(record), "bafyreia", 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("Session"):
            return httpx.Response(200, json={"accessJwt": "a", "refreshJwt": "r", "did": "did:plc:a"})
        if request.method == "POST":
            given = json.loads(request.content)
            self.puts += 1
            if given["swapRecord"] != self.version:
                return httpx.Response(400, json={"error": "InvalidSwap", "message": f"Record was at {self.version}"})
            self.record = json.dumps(given["record"])
            return httpx.Response(200, json={"uri": "at://did:plc:a/x/self", "cid": "bafyreib"})
        text = f'{{"uri": "at://did:plc:a/x/self", "cid": "{self.version}", "value": {self.record}}}'
        return httpx.Response(200, content=text.encode(errors="surrogatepass"))


def _sky(tmp_path: Path, answer: Callable[[httpx.Request], httpx.Response]) -> Desk:
    return Desk(Bluesky, {"identifier": "blog.test", "password": "pass-word-1"}, tmp_path, answer)


profiles = st.dictionaries(words.filter(lambda key: key != "labels"), values, max_size=3)


def _keeps_everything(folder: Path, profile: dict[str, Any], labels: dict[str, Any] | None) -> None:
    before = {"$type": PROFILE, **profile, **({"labels": labels} if labels else {})}
    repository = Repository(before)
    _sky(folder, repository).mark()
    after = json.loads(repository.record)
    if not labels or {"val": "bot"} not in labels["values"]:
        assert after["labels"]["values"].pop() == {"val": "bot"}
    if not labels:
        assert after.pop("labels") == {**BOT, "values": []}
    assert json.dumps(after) == json.dumps(before)
    assert cid.of_record(after) == cid.of_record(before)


@settings(max_examples=500, deadline=None)
@given(profile=profiles, labels=st.none() | labels)
def test_whatever_the_profile_holds_is_the_same_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, profile: dict[str, Any], labels: dict[str, Any] | None
) -> None:
    _keeps_everything(tmp_path_factory.getbasetemp(), profile, labels)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(profile=profiles, labels=st.none() | labels)
def test_whatever_the_profile_holds_is_the_same_to_the_byte_in_twenty_thousand_profiles(
    tmp_path_factory: pytest.TempPathFactory, profile: dict[str, Any], labels: dict[str, Any] | None
) -> None:
    _keeps_everything(tmp_path_factory.getbasetemp(), profile, labels)


def _others_write(blue: BlueskyFake, monkeypatch: pytest.MonkeyPatch, *writes: dict[str, Any]) -> None:
    """Other programs write the profile, each just before one of ours arrives."""
    waiting, answer = list(writes), blue.answer

    def late(request: Request) -> Answer:
        if f"{request.method} {request.path}" == PUT and waiting:
            blue.profile = {**(blue.profile or {"$type": PROFILE}), **waiting.pop(0)}
        return answer(request)

    monkeypatch.setattr(blue, "answer", late)


@pytest.mark.parametrize("had", [True, False])
def test_a_profile_changed_meanwhile_is_read_again_and_keeps_the_change(
    blue: BlueskyFake, sky: Desk, monkeypatch: pytest.MonkeyPatch, had: bool
) -> None:
    blue.profile = blue.profile if had else None
    _others_write(blue, monkeypatch, {"displayName": "New name"})
    sky.mark()
    assert blue.profile and (blue.profile["displayName"], blue.profile["labels"]) == ("New name", BOT)
    assert blue.calls.count(PUT) == 2


def test_a_profile_that_is_changed_again_and_again_is_left_alone(
    blue: BlueskyFake, sky: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _others_write(blue, monkeypatch, *({"displayName": f"Name {number}"} for number in range(9)))
    with pytest.raises(Passing, match="being changed by somebody else"):
        sky.mark()
    assert blue.calls.count(PUT) == 2
    assert blue.profile and blue.profile == {"$type": PROFILE, "displayName": "Name 1", "description": "Fog, daily"}


def test_a_mark_that_somebody_else_made_meanwhile_is_enough(
    blue: BlueskyFake, sky: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _others_write(blue, monkeypatch, {"labels": BOT})
    sky.mark()
    assert blue.profile and blue.profile["labels"] == BOT


def test_a_mark_whose_answer_was_lost_is_found(blue: BlueskyFake, sky: Desk) -> None:
    blue.faults.queue.append("commit_then_drop")
    with pytest.raises(Passing):
        sky.mark()
    sky.mark()
    assert blue.profile and blue.profile["labels"] == BOT
    assert blue.calls.count(PUT) == 1


def test_a_session_that_ends_meanwhile_is_refreshed(blue: BlueskyFake, sky: Desk) -> None:
    blue.faults.queue.append("expired_token")
    sky.mark()
    assert sky.check().bot


@pytest.mark.parametrize("strange", [{"$type": "com.example.labels", "values": [{"val": "bot"}]}, {}, [], None, "bot"])
def test_labels_of_a_kind_unknown_are_never_written_over(tmp_path: Path, strange: object) -> None:
    repository = Repository({"$type": PROFILE, "labels": strange})
    desk = _sky(tmp_path, repository)
    with pytest.raises(Refused, match="nothing was written") as refused:
        desk.mark()
    assert "account settings" in refused.value.fix
    assert repository.puts == 0


def test_a_profile_that_the_network_no_longer_takes_is_a_sentence_about_the_profile(blue: BlueskyFake, sky: Desk) -> None:
    blue.profile = {"$type": PROFILE, "displayName": "x" * 65}
    with pytest.raises(Refused, match="maximum 64, got 65") as refused:
        sky.mark()
    assert "account settings" in refused.value.fix
    blue.profile = {"$type": PROFILE, "labels": {**BOT, "values": [{"val": str(number)} for number in range(10)]}}
    with pytest.raises(Refused, match="maximum 10, got 11"):
        sky.mark()


@pytest.mark.parametrize("value", ["null", "[]", '"x"', '{"$type": "x", "odd": NaN}', '{"odd": 1e999}', '{"odd": "\\ud800"}'])
def test_what_cannot_be_written_back_is_not_written(tmp_path: Path, value: str) -> None:
    repository = Repository(None)
    repository.record = value
    with pytest.raises(NetworkError, match=r"^Bluesky"):
        _sky(tmp_path, repository).mark()
    assert repository.puts == 0


def test_a_profile_without_a_version_is_not_written_over(tmp_path: Path) -> None:
    repository = Repository({"$type": PROFILE})
    repository.version = ""
    with pytest.raises(NetworkError):
        _sky(tmp_path, repository).mark()
    assert repository.puts == 0


@pytest.mark.skipif(not LEXICONS.exists(), reason="the lexicons lie outside the repository")
def test_the_profile_written_is_what_the_lexicon_asks_for(blue: BlueskyFake, sky: Desk) -> None:
    sky.mark()
    Draft202012Validator(Lexicons(LEXICONS).schema(bluesky_profile.COLLECTION)).validate(blue.profile)
    values = json.loads((LEXICONS / "com/atproto/label/defs.json").read_text())["defs"]["labelValue"]["knownValues"]
    assert "bot" in values


# Mastodon


def test_the_account_is_marked_and_check_sees_it(masto: MastodonFake, toot: Desk) -> None:
    assert toot.check().bot is False
    toot.mark()
    toot.mark()
    assert masto.bot and toot.check().bot is True


def test_a_token_without_the_scope_is_told_which(masto: MastodonFake, toot: Desk) -> None:
    masto.scopes = ["read", "write:statuses", "write:media"]
    with pytest.raises(Refused, match="may not mark the account as automated") as refused:
        toot.mark()
    assert "the scope write:accounts" in refused.value.fix
    assert not masto.bot
    masto.scopes = ["profile", "write:accounts"]
    toot.mark()
    assert masto.bot


def test_nothing_but_the_mark_is_sent(tmp_path: Path) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"bot": True})

    Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer).mark()
    (request,) = sent
    assert f"{request.method} {request.url.path}" == PATCH
    assert parse_qs(request.content.decode()) == {"bot": ["true"]}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"bot": False}, Refused),
        (200, {}, Refused),
        (200, [], Refused),
        (401, {"error": "The access token was revoked"}, NeedsLogin),
        (403, {"error": "Your login is currently disabled"}, Refused),
        (404, {}, Refused),
        (405, {}, Refused),
        (422, {"error": "Validation failed"}, Refused),
        (429, {}, RateLimited),
        (500, {}, Passing),
        (503, {}, Passing),
    ],
)
def test_a_server_that_does_not_mark_is_never_believed(
    tmp_path: Path, status: int, body: object, kind: type[NetworkError]
) -> None:
    desk = Desk(
        Mastodon,
        {"server": "https://toot.test", "token": "token-of-ours"},
        tmp_path,
        lambda request: httpx.Response(status, json=body),
    )
    with pytest.raises(NetworkError, match=r"^Mastodon") as caught:
        desk.mark()
    assert type(caught.value) is kind
    if type(caught.value) is Refused:
        assert "profile's settings" in caught.value.fix


@pytest.mark.parametrize(("told", "bot"), [({"bot": True}, True), ({"bot": False}, False), ({}, None), ({"bot": "yes"}, None)])
def test_a_server_that_does_not_say_is_not_said_to_have_the_mark(tmp_path: Path, told: object, bot: bool | None) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"version": "4.5.0", "id": "1", "username": "blog", **told})  # type: ignore[dict-item]

    assert Desk(Mastodon, {"server": "https://toot.test", "token": "t"}, tmp_path, answer).check().bot is bot


# Networks without a mark


def test_a_webhook_has_no_profile_to_mark(tmp_path: Path) -> None:
    with DiscordFake() as chat:
        desk = Desk(Discord, chat.account(), tmp_path)
        assert desk.check().bot is None
        with pytest.raises(NotImplementedError):
            desk.mark()
