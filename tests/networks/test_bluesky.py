"""Posts to Bluesky, against a server that behaves as a PDS does."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from socialbot.networks.bluesky import Bluesky
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Identity,
    NeedsLogin,
    Network,
    NetworkError,
    Passing,
    Prepared,
    Published,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.nouns import Card
from socialbot.testing.fakes import BlueskyFake
from tests.networks.desk import SHARED, Desk
from tests.networks.lexicon import Lexicons

LEXICONS = SHARED / "specs/bluesky/lexicons"
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"


@pytest.fixture
def fake() -> Iterator[BlueskyFake]:
    with BlueskyFake() as running:
        yield running


@pytest.fixture
def desk(fake: BlueskyFake, tmp_path: Path) -> Desk:
    return Desk(Bluesky, fake.account(), tmp_path)


def calls(fake: BlueskyFake, method: str) -> int:
    return Counter(call.rsplit(".", 1)[-1] for call in fake.calls)[method]


# What is sent


def test_a_post_arrives_with_its_words_its_language_and_its_address(fake: BlueskyFake, desk: Desk) -> None:
    published = desk.send(desk.draft("Dimma över Öland 🌫️", language="sv"))
    (post,) = fake.posts
    assert (post.text, post.language) == ("Dimma över Öland 🌫️", "sv")
    assert (published.remote_id, published.url) == (post.id, post.url)


def test_links_and_hashtags_are_live_at_their_bytes(fake: BlueskyFake, desk: Desk) -> None:
    desk.send(desk.draft("✨ café 👩‍🎨 https://example.org/å?b=1 and #Öland #ai"))
    (post,) = fake.posts
    assert post.links == (("https://example.org/å?b=1", "https://example.org/å?b=1"),)
    assert post.tags == ("Öland", "ai")


def test_pictures_keep_their_bytes_alt_text_and_ratio(fake: BlueskyFake, desk: Desk) -> None:
    pictures = (desk.picture("A heron", (80, 60), "teal"), desk.picture("", (60, 60), "navy"))
    desk.send(desk.draft("Two", pictures=pictures))
    (post,) = fake.posts
    assert [(seen.alt, seen.content) for seen in post.pictures] == [(one.alt, desk.media.get(one.digest)) for one in pictures]
    ratios = [image["aspectRatio"] for image in post.raw["embed"]["images"]]
    assert ratios == [{"width": 80, "height": 60}, {"width": 60, "height": 60}]


def test_a_post_without_pictures_carries_its_link_card_with_a_thumbnail(fake: BlueskyFake, desk: Desk) -> None:
    thumb = desk.picture("", (120, 63))
    desk.send(desk.draft("Read", card=Card("https://example.org/fog", "Fog", "About fog.", thumb)))
    desk.send(desk.draft("Read on", card=Card("https://example.org/mist", "Mist", ""), seed=1))
    first, second = (post.card for post in fake.posts)
    assert first == {
        "title": "Fog",
        "description": "About fog.",
        "url": "https://example.org/fog",
        "thumb": desk.media.get(thumb.digest),
    }
    assert second and second["thumb"] is None


def test_parts_get_keys_that_sort_in_reading_order(desk: Desk) -> None:
    draft = desk.draft("one", "two", "three")
    keys = [desk.prepare(draft, part).request["rkey"] for part in range(3)]
    assert keys[0] == draft.fixed["rkey.0"]
    assert keys == sorted(set(keys))


def test_a_later_part_answers_the_one_before_it_and_names_the_first(fake: BlueskyFake, desk: Desk) -> None:
    draft = desk.draft("one", "two", "three")
    first = desk.send(draft)
    second = desk.send(draft, 1, first)
    reply = desk.prepare(draft, 2, first, second).request["record"]["reply"]
    assert [reply[end]["uri"] for end in ("root", "parent")] == [first.remote_id, second.remote_id]
    assert reply["root"]["cid"] != reply["parent"]["cid"]
    desk.send(draft, 2, first, second)
    assert [post.text for post in fake.posts] == ["one", "two", "three"]


@pytest.mark.parametrize("end", ["", "/", "?ref=mail", "#top"])
def test_the_address_that_a_person_gave_will_do_for_a_part(desk: Desk, end: str) -> None:
    draft = desk.draft("one", "two")
    first = desk.send(draft)
    assert first.url
    told = f"{first.url}{end}"
    reply = desk.prepare(draft, 1, Published(told, told)).request["record"]["reply"]
    assert reply["root"]["uri"] == first.remote_id


@pytest.mark.parametrize(
    "address", ["https://bsky.app/profile/ann.test/post/3ke6kg3wk2222", "https://bsky.app/a b", "https://["]
)
def test_an_address_that_is_not_our_own_post_is_refused_with_what_to_do(desk: Desk, address: str) -> None:
    with pytest.raises(Refused, match="is n") as refused:
        desk.prepare(desk.draft("one", "two"), 1, Published(address))
    assert "socialbot resolve" in refused.value.fix


def test_a_thread_whose_beginning_is_gone_ends(desk: Desk) -> None:
    draft = desk.draft("one", "two")
    gone = Published("at://did:plc:x/app.bsky.feed.post/3ke6kg3wk2222")
    with pytest.raises(Refused, match="is gone"):
        desk.prepare(draft, 1, gone)


@pytest.mark.skipif(not LEXICONS.exists(), reason="the lexicons lie outside the repository")
@pytest.mark.parametrize("kind", ["words", "pictures", "card"])
def test_the_request_is_what_the_lexicon_asks_for(desk: Desk, kind: str) -> None:
    pictures = (desk.picture("A heron"),) if kind == "pictures" else ()
    card = Card("https://example.org/fog", "Fog", "", desk.picture()) if kind == "card" else None
    request = desk.prepare(desk.draft("Fog https://example.org/fog #fog", pictures=pictures, card=card)).request
    Draft202012Validator(Lexicons(LEXICONS).schema("app.bsky.feed.post")).validate(request["record"])
    put = json.loads((LEXICONS / "com/atproto/repo/putRecord.json").read_text())["defs"]["main"]["input"]["schema"]
    assert set(put["required"]) <= set(request) <= set(put["properties"])


# Keys and times


@pytest.mark.parametrize("micros_clock_tid", [(0, 0, "2" * 13), (1_700_000_000_000_000, 1023, "3ke6kg3wk22zz")])
def test_a_key_is_a_tid_as_the_protocol_defines_it(micros_clock_tid: tuple[int, int, str]) -> None:
    micros, clock_id, tid = micros_clock_tid

    class Chosen(random.Random):
        def randrange(self, stop: int) -> int:  # type: ignore[override]
            return clock_id if stop == 1024 else 0

    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    assert Bluesky.fix(now, Chosen())["rkey.0"] == tid


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers())
def test_every_key_is_valid_and_the_creation_time_is_the_due_time(now: datetime, seed: int) -> None:
    fixed = Bluesky.fix(now, random.Random(seed))
    assert re.fullmatch(r"[234567a-j][234567a-z]{12}", fixed["rkey.0"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fixed["createdAt"])
    assert timedelta() <= now - datetime.fromisoformat(fixed["createdAt"]) < timedelta(milliseconds=1)


def test_posts_due_at_the_same_moment_get_different_keys() -> None:
    chance, now = random.Random(1), datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert len({Bluesky.fix(now, chance)["rkey.0"] for _ in range(2000)}) == 2000


def test_a_late_send_gets_a_new_time_and_keeps_its_key() -> None:
    fixed = Bluesky.fix(datetime(2026, 11, 21, tzinfo=UTC), random.Random(1))
    fresh = Bluesky.freshen(fixed, datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert fresh == {**fixed, "createdAt": "2026-11-22T12:00:00.000Z"}


# Once


def test_what_is_prepared_can_be_stored_and_holds_no_secret(fake: BlueskyFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))
    stored = json.dumps(prepared.request)
    assert json.loads(stored) == prepared.request
    assert not [secret for secret in _secrets(desk) if secret in stored]


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_500"])
def test_a_post_whose_answer_was_lost_is_found_by_another_process(fake: BlueskyFake, desk: Desk, fault: str) -> None:
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))
    fake.faults.queue.append(fault)  # type: ignore[arg-type]
    with pytest.raises(Unknown, match="may be out"):
        desk.publish(prepared)
    found = desk.find(Prepared(prepared.draft, prepared.part, json.loads(json.dumps(prepared.request))))
    assert not isinstance(found, CannotTell)
    assert found and found.url == fake.posts[0].url


@pytest.mark.parametrize("fault", ["drop", "reject_500", "unavailable"])
def test_a_post_that_was_not_taken_is_known_to_be_absent_and_can_be_sent_again(
    fake: BlueskyFake, desk: Desk, fault: str
) -> None:
    draft = desk.draft("Fog")
    fake.faults.queue.append(fault)  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        desk.send(draft)
    assert desk.find(desk.prepare(draft)) is None
    desk.send(draft)
    assert len(fake.posts) == 1


def test_the_same_post_sent_three_times_is_there_once(fake: BlueskyFake, desk: Desk) -> None:
    draft = desk.draft("Fog", pictures=(desk.picture(),))
    assert len({desk.send(draft).url for _ in range(3)}) == 1
    assert len(fake.posts) == 1


def test_our_words_under_our_key_are_this_post_even_from_an_earlier_time(fake: BlueskyFake, desk: Desk) -> None:
    """A ledger restored from a backup sends again, with a new creation time."""
    prepared = desk.prepare(desk.draft("Fog"))
    first = desk.publish(prepared)
    record = {**prepared.request["record"], "createdAt": "2030-01-01T00:00:00.000Z"}
    again = Prepared(prepared.draft, 0, {**prepared.request, "record": record})
    assert desk.publish(again) == desk.find(again) == first


def test_other_words_under_our_key_are_never_overwritten(fake: BlueskyFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog"))
    desk.publish(prepared)
    other = Prepared(prepared.draft, 0, {**prepared.request, "record": {**prepared.request["record"], "text": "Mist"}})
    with pytest.raises(Refused, match="another record"):
        desk.publish(other)
    assert isinstance(desk.find(other), CannotTell)
    assert [post.text for post in fake.posts] == ["Fog"]


# Uploads


def test_a_retry_uploads_nothing_again(fake: BlueskyFake, desk: Desk) -> None:
    draft = desk.draft("Fog", pictures=(desk.picture(),))
    desk.prepare(draft)
    desk.prepare(draft)
    assert calls(fake, "uploadBlob") == 1


def test_blobs_that_the_server_threw_away_are_uploaded_again(fake: BlueskyFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture("A heron"),)))
    fake.forget_blobs()
    desk.publish(prepared)
    assert fake.posts[0].pictures[0].alt == "A heron"


def test_a_picture_over_the_limit_is_refused_before_it_is_sent(fake: BlueskyFake, desk: Desk) -> None:
    picture = desk.picture()
    desk.media.path(picture.digest).write_bytes(b"x" * (Bluesky.limits.max_picture_bytes + 1))
    with pytest.raises(Refused, match="1,000,001 bytes; at most 1,000,000"):
        desk.prepare(desk.draft("Fog", pictures=(picture,)))
    assert calls(fake, "uploadBlob") == 0


def test_a_picture_lost_from_the_media_folder_is_a_sentence(desk: Desk) -> None:
    picture = desk.picture()
    desk.media.path(picture.digest).unlink()
    with pytest.raises(Refused, match="no longer in the media folder"):
        desk.prepare(desk.draft("Fog", pictures=(picture,)))


# What came of it


def test_the_figures_of_a_post_are_those_of_the_app_view(fake: BlueskyFake, desk: Desk) -> None:
    published = desk.send(desk.draft("Fog"))
    fake.counts = {"likeCount": 7, "repostCount": 2}
    told = desk.run(lambda network: network.metrics(published))
    assert told == {"likeCount": 7, "repostCount": 2, "replyCount": 0, "quoteCount": 0, "bookmarkCount": 0}
    assert tuple(told) == Bluesky.measures
    by_address = Published(published.url or "")  # a person resolved it
    assert desk.run(lambda network: network.metrics(by_address)) == told


def test_what_the_app_view_does_not_know_has_no_figures(fake: BlueskyFake, desk: Desk) -> None:
    desk.send(desk.draft("Fog"))
    gone = Published(f"at://{DID}/app.bsky.feed.post/3kznmn7xqxl22")
    assert desk.run(lambda network: network.metrics(gone)) == {}


@pytest.mark.parametrize("status", [404, 501])
def test_a_server_without_an_app_view_tells_no_figures(fake: BlueskyFake, desk: Desk, status: int) -> None:
    published = desk.send(desk.draft("Fog"))
    alone = Desk(Bluesky, fake.account(), desk.media.folder.parent, lambda request: httpx.Response(status, json={}))
    alone.vault = desk.vault
    assert alone.run(lambda network: network.metrics(published)) == {}


@pytest.mark.skipif(not LEXICONS.exists(), reason="the lexicons lie outside the repository")
def test_the_figures_bear_the_lexicons_names() -> None:
    post = json.loads((LEXICONS / "app/bsky/feed/defs.json").read_text())["defs"]["postView"]["properties"]
    assert [post[name]["type"] for name in Bluesky.measures] == ["integer"] * 5


# The session


def test_one_login_serves_every_process(fake: BlueskyFake, desk: Desk) -> None:
    for seed in range(3):
        desk.send(desk.draft(f"Fog {seed}", seed=seed))
    assert (calls(fake, "createSession"), calls(fake, "refreshSession")) == (1, 0)


def test_an_expired_session_is_refreshed_not_made_anew(fake: BlueskyFake, desk: Desk) -> None:
    desk.send(desk.draft("Fog"))
    fake.expire_access_tokens()
    desk.send(desk.draft("Mist", seed=1))
    fake.faults.queue.append("expired_token")
    desk.send(desk.draft("Haze", seed=2))
    assert len(fake.posts) == 3
    assert (calls(fake, "createSession"), calls(fake, "refreshSession")) == (1, 2)


def test_many_calls_at_once_refresh_once(fake: BlueskyFake, desk: Desk) -> None:
    draft = desk.draft("Fog")
    desk.prepare(draft)
    fake.expire_access_tokens()

    async def act(network: Network) -> None:
        await asyncio.gather(*(network.check() for _ in range(5)))

    desk.run(act)
    assert calls(fake, "refreshSession") == 1


def test_a_new_pair_of_tokens_is_stored_before_it_is_used(
    fake: BlueskyFake, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = desk.prepare(desk.draft("Fog"))
    fake.expire_access_tokens()
    monkeypatch.setattr(desk.vault, "write", lambda session: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.publish(prepared)
    assert fake.posts == []


def test_a_session_that_another_process_refreshed_is_taken_over(fake: BlueskyFake, desk: Desk) -> None:
    """Each refresh token is good for one refresh; the loser of the race must not log in again."""
    desk.check()
    ours = desk.vault.read()
    fake.expire_access_tokens()
    desk.check()
    theirs = desk.vault.read()
    desk.vault.read = lambda: ours if calls(fake, "refreshSession") < 2 else theirs  # type: ignore[method-assign]
    desk.check()
    assert calls(fake, "createSession") == 1


def test_a_session_beyond_refreshing_is_made_anew(fake: BlueskyFake, desk: Desk) -> None:
    desk.check()
    assert desk.vault.session
    desk.vault.session |= {"accessJwt": "gone", "refreshJwt": "gone"}
    desk.check()
    assert calls(fake, "createSession") == 2


def test_a_token_that_is_not_taken_is_refreshed_before_anything_is_given_up(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("Session"):
            new = "new" if request.url.path.endswith("refreshSession") else "old"
            return httpx.Response(200, json={"accessJwt": new, "refreshJwt": new, "did": DID})
        taken = request.headers["Authorization"] == "Bearer new"
        return httpx.Response(200, json={"uri": "at://a/b/c"}) if taken else httpx.Response(401, json={"error": "AuthMissing"})

    desk = Desk(Bluesky, {"identifier": "blog.test", "password": "pass-word-1"}, tmp_path, answer)
    assert desk.send(desk.draft("Fog")).remote_id == "at://a/b/c"


def test_a_refresh_that_fails_is_tried_later_and_does_not_show_its_token(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("createSession"):
            return httpx.Response(200, json={"accessJwt": "jwt-access-1", "refreshJwt": "jwt-refresh-1", "did": DID})
        if request.url.path.endswith("refreshSession"):
            return httpx.Response(500, json={"message": request.headers["Authorization"]})
        return httpx.Response(400, json={"error": "ExpiredToken"})

    with pytest.raises(Passing, match=r"Bearer \[hidden\]"):
        Desk(Bluesky, {"identifier": "blog.test", "password": "pass-word-1"}, tmp_path, answer).check()


def test_another_identifier_never_uses_the_stored_session(fake: BlueskyFake, desk: Desk) -> None:
    desk.check()
    desk.settings = {**desk.settings, "identifier": DID}
    desk.check()
    assert calls(fake, "createSession") == 2


def test_the_server_named_in_the_did_document_is_used_but_not_for_a_loopback_login(tmp_path: Path) -> None:
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(f"{request.url.host} {request.url.path.rsplit('.', 1)[-1]}")
        service = [{"id": f"{DID}#atproto_pds", "serviceEndpoint": "https://pds.test/"}]
        session = {"accessJwt": "a", "refreshJwt": "r", "did": DID, "didDoc": {"service": service}, "handle": "blog.test"}
        return httpx.Response(200, json=session)

    login = {"identifier": "@blog.test", "password": "pass-word-1"}
    Desk(Bluesky, login, tmp_path, answer).check()
    assert hosts == ["bsky.social createSession", "pds.test getSession", "pds.test getRecord"]
    hosts.clear()
    Desk(Bluesky, {**login, "server": "http://localhost:2583"}, tmp_path, answer).check()
    assert {host.split()[0] for host in hosts} == {"localhost"}


@pytest.mark.parametrize("endpoint", ["http://pds.test", "file:///etc", 5])
def test_a_did_document_cannot_send_tokens_over_an_open_line(tmp_path: Path, endpoint: object) -> None:
    hosts = set()

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        service = [None, {"id": "#atproto_pds", "serviceEndpoint": endpoint}]
        return httpx.Response(200, json={"accessJwt": "a", "refreshJwt": "r", "did": DID, "didDoc": {"service": service}})

    Desk(Bluesky, {"identifier": "blog.test", "password": "pass-word-1"}, tmp_path, answer).check()
    assert hosts == {"bsky.social"}


def test_a_wrong_password_is_asked_for_once_and_said_plainly(fake: BlueskyFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "password": "wrong-password"}
    with pytest.raises(NeedsLogin, match="Invalid identifier or password") as caught:
        desk.check()
    assert "app password" in caught.value.fix
    assert calls(fake, "createSession") == 1


def test_a_missing_password_is_said_without_calling_anybody(fake: BlueskyFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "password": ""}
    with pytest.raises(NeedsLogin, match="no password"):
        desk.check()
    assert fake.calls == []


def test_check_says_who_we_are(desk: Desk) -> None:
    assert desk.check() == Identity("@blog.test", "https://bsky.app/profile/blog.test", bot=True)


# The error table


def _secrets(desk: Desk) -> list[str]:
    session = desk.vault.session or {}
    return [str(desk.settings["password"]), session.get("accessJwt", ""), session.get("refreshJwt", "")]


def _answering(tmp_path: Path, status: int, error: str, headers: dict[str, str] | None = None) -> Desk:
    """A desk whose server logs us in and answers every later call with one error that repeats what it was sent."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("createSession"):
            return httpx.Response(200, json={"accessJwt": "jwt-access-1", "refreshJwt": "jwt-refresh-1", "did": DID})
        return httpx.Response(status, json={"error": error, "message": f"{error} for jwt-access-1"}, headers=headers)

    return Desk(Bluesky, {"identifier": "blog.test", "password": "pass-word-1"}, tmp_path, answer)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, "InvalidRequest", Refused),
        (400, "InvalidMimeType", Refused),
        (413, "PayloadTooLarge", Refused),
        (400, "ExpiredToken", NeedsLogin),
        (400, "InvalidToken", NeedsLogin),
        (401, "AuthMissing", NeedsLogin),
        (403, "Forbidden", Refused),
        (400, "AccountTakedown", Blocked),
        (401, "AccountDeactivated", Blocked),
        (400, "RepoTakendown", Blocked),
        (400, "BlobNotFound", Passing),
        (501, "MethodNotImplemented", Refused),
        (429, "RateLimitExceeded", RateLimited),
        (500, "InternalServerError", Unknown),
        (502, "UpstreamFailure", Unknown),
        (503, "NotEnoughResources", Unknown),
        (504, "UpstreamTimeout", Unknown),
    ],
)
def test_each_answer_of_the_error_table_has_its_meaning(
    tmp_path: Path, status: int, error: str, kind: type[NetworkError]
) -> None:
    desk = _answering(tmp_path, status, error)
    request = {"repo": DID, "collection": "app.bsky.feed.post", "rkey": "2" * 13, "record": {"text": "Fog"}}
    with pytest.raises(NetworkError) as caught:
        desk.publish(Prepared(desk.draft("Fog"), 0, request))
    assert type(caught.value) is kind
    assert str(caught.value).startswith("Bluesky")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_server_is_only_a_passing_trouble_before_the_post_is_sent(tmp_path: Path, status: int) -> None:
    desk = _answering(tmp_path, status, "InternalServerError")
    with pytest.raises(Passing):
        desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))


def test_the_end_of_a_rate_limit_is_read_from_the_answer(fake: BlueskyFake, desk: Desk) -> None:
    fake.faults.queue.append("rate_limited")
    fake.faults.retry_after_s = 120
    with pytest.raises(RateLimited) as caught:
        desk.send(desk.draft("Fog"))
    assert 110 < (caught.value.until - datetime.now(UTC)).total_seconds() < 130
    assert fake.posts == []


def test_a_closed_account_is_blocked(fake: BlueskyFake, desk: Desk) -> None:
    desk.send(desk.draft("Fog"))
    fake.status = "suspended"
    with pytest.raises(Blocked, match="suspended"):
        desk.check()
    desk.vault.write(None)
    with pytest.raises(Blocked, match="suspended"):
        desk.send(desk.draft("Mist", seed=1))
    assert len(fake.posts) == 1
