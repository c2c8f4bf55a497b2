"""The Bluesky fake refuses what the network refuses, and tells what was published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from socialbot.testing.fakes import BlueskyFake, cid, post_record
from tests.testing import bluesky_records as records
from tests.testing.conftest import picture
from tests.testing.mutants import mutants

VECTORS = Path(__file__).parents[2] / "../shared/specs/bluesky/interop-test-files/syntax"
RECORDED = Path(__file__).parents[2] / "../shared/specs/recorded/bluesky-pds-0.5.35.json"
RKEY = "3m63xze5s222b"
BLOB = {"$type": "blob", "ref": {"$link": cid.of_blob(picture())}, "mimeType": "image/jpeg", "size": len(picture())}


class Client:
    """A logged-in client of one fake."""

    def __init__(self, fake: BlueskyFake) -> None:
        self.http = httpx.Client(base_url=f"{fake.url}/xrpc/", verify=False)
        account = fake.account()
        self.session = self.post(
            "com.atproto.server.createSession", identifier=account["identifier"], password=account["password"]
        )
        self.http.headers["Authorization"] = f"Bearer {self.session['accessJwt']}"

    def post(self, method: str, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.post(method, json=body).json()
        return answer

    def get(self, method: str, **query: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.get(method, params=query).json()
        return answer

    def upload(self, content: bytes, mime: str = "image/jpeg") -> httpx.Response:
        return self.http.post("com.atproto.repo.uploadBlob", content=content, headers={"Content-Type": mime})

    def put_profile(self, record: Any, **more: Any) -> dict[str, Any]:
        place = {"repo": self.session["did"], "collection": "app.bsky.actor.profile", "rkey": "self"}
        return self.post("com.atproto.repo.putRecord", **{**place, "record": record, **more})

    def put(self, record: Any, rkey: str = RKEY, **more: Any) -> dict[str, Any]:
        place = {"repo": self.session["did"], "collection": post_record.COLLECTION, "rkey": rkey}
        return self.post("com.atproto.repo.putRecord", **{**place, "record": record, "swapRecord": None, **more})

    def get_record(self, rkey: str = RKEY) -> dict[str, Any]:
        return self.get("com.atproto.repo.getRecord", repo=self.session["did"], collection=post_record.COLLECTION, rkey=rkey)


@pytest.fixture
def fake() -> Iterator[BlueskyFake]:
    with BlueskyFake() as running:
        yield running


@pytest.fixture
def client(fake: BlueskyFake, jpeg: bytes) -> Iterator[Client]:
    client = Client(fake)
    client.upload(jpeg)
    yield client
    client.http.close()


@pytest.mark.parametrize("name", records.refused_by_both(BLOB))
def test_what_the_network_refuses_is_refused_in_its_words(client: Client, fake: BlueskyFake, name: str) -> None:
    record, words = records.refused_by_both(BLOB)[name]
    assert words in client.put(record)["message"]
    assert fake.posts == []


@pytest.mark.parametrize("name", records.refused_by_the_fake(BLOB))
def test_what_would_look_broken_is_refused(client: Client, fake: BlueskyFake, name: str) -> None:
    assert client.put(records.refused_by_the_fake(BLOB)[name])["error"] == "InvalidRequest"
    assert fake.posts == []


def test_the_refusals_are_those_recorded_from_a_real_server() -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded exchanges lie outside the repository")
    recorded = RECORDED.read_text()
    known = ("301 graphemes", "nine tags", "four languages", "no alt", "no width", "a card of no description")
    for name in known:
        assert json.dumps(json.dumps(records.refused_by_both(BLOB)[name][1])[1:-1])[1:-1] in recorded


def test_a_published_post_is_seen_as_it_was_sent(client: Client, fake: BlueskyFake, jpeg: bytes) -> None:
    answer = client.put(records.record(embed=records.images(records.image(BLOB))))
    (seen,) = fake.posts
    assert (seen.id, seen.text, seen.language) == (answer["uri"], records.TEXT, "de")
    assert seen.links == ((records.URL, records.URL),)
    assert seen.tags == (records.TAG,)
    (shown,) = seen.pictures
    assert (shown.content, shown.mime, shown.alt, shown.width, shown.height) == (jpeg, "image/jpeg", "Nebel", 60, 40)


def test_a_card_is_seen_with_its_thumbnail(client: Client, fake: BlueskyFake, jpeg: bytes) -> None:
    client.put(records.record(embed=records.card(BLOB)))
    assert fake.posts[0].card == {"title": "Nebel", "description": "", "url": records.URL, "thumb": jpeg}


def test_the_same_record_again_changes_nothing_and_another_is_refused(client: Client, fake: BlueskyFake) -> None:
    first = client.put(records.record())
    again = client.put(records.record())
    other = client.put(records.record(text="other", facets=None))
    assert first.pop("commit")
    assert first == again
    assert other == {"error": "InvalidSwap", "message": f"Record was at {first['cid']}"}
    assert len(fake.posts) == 1
    assert fake.attempts == 3


@pytest.mark.parametrize("name", records.profiles_refused_by_both(BLOB))
def test_a_profile_that_the_network_refuses_is_refused_in_its_words(client: Client, fake: BlueskyFake, name: str) -> None:
    record, words = records.profiles_refused_by_both(BLOB)[name]
    before = fake.profile
    assert words in client.put_profile(record)["message"]
    assert fake.profile == before


@pytest.mark.parametrize("name", records.profiles_taken_by_both(BLOB))
def test_a_profile_that_the_network_takes_is_kept_as_it_came(client: Client, fake: BlueskyFake, name: str) -> None:
    record = records.profiles_taken_by_both(BLOB)[name]
    assert client.put_profile(record)["cid"] == cid.of_record(record)
    assert fake.profile == record
    assert fake.posts == []


def test_a_profile_is_swapped_only_for_the_present_one(client: Client, fake: BlueskyFake) -> None:
    present, new = cid.of_record(fake.profile or {}), records.profile(displayName="Dunst")
    refused = {"error": "InvalidSwap", "message": f"Record was at {present}"}
    assert client.put_profile(new, swapRecord=None) == refused
    assert client.put_profile(new, swapRecord=cid.of_record(new)) == refused
    assert "Invalid CID" in client.put_profile(new, swapRecord="nonsense")["message"]
    assert client.put_profile(new, swapRecord=present)["commit"]
    assert "commit" not in client.put_profile(new, swapRecord=present), "the same again changes nothing"
    assert 'Expected "self"' in client.put_profile(new, rkey="other")["message"]


def test_a_profile_that_is_gone_can_be_written_again(client: Client, fake: BlueskyFake) -> None:
    place = {"repo": client.session["did"], "collection": "app.bsky.actor.profile", "rkey": "self"}
    assert client.post("com.atproto.repo.deleteRecord", **place)["commit"]
    assert client.post("com.atproto.repo.deleteRecord", **place) == {}
    assert client.get("com.atproto.repo.getRecord", **place)["error"] == "RecordNotFound"
    assert "InvalidSwap" in client.put_profile(records.profile(), swapRecord=cid.of_record({}))["error"]
    assert client.put_profile(records.profile(), swapRecord=None)["commit"]


def test_a_picture_of_the_profile_is_no_garbage(client: Client, fake: BlueskyFake) -> None:
    client.put_profile(records.profile(avatar=BLOB))
    fake.forget_blobs()
    assert client.put_profile(records.profile(avatar=BLOB, displayName="Dunst"))["commit"]


def test_a_swap_needs_the_present_record(client: Client, fake: BlueskyFake) -> None:
    present = client.put(records.record())["cid"]
    other = records.record(text="other", facets=None)
    assert client.put(other, swapRecord=cid.of_record(other))["error"] == "InvalidSwap"
    assert client.put(other, swapRecord=present)["cid"] == cid.of_record(other)
    assert fake.posts[0].text == "other"


def test_a_deleted_record_is_gone_and_can_be_written_again(client: Client, fake: BlueskyFake) -> None:
    client.put(records.record())
    place = {"repo": client.session["did"], "collection": post_record.COLLECTION, "rkey": RKEY}
    assert client.post("com.atproto.repo.deleteRecord", **place)["commit"]
    assert client.post("com.atproto.repo.deleteRecord", **place) == {}
    assert client.get_record()["error"] == "RecordNotFound"
    assert fake.posts == []
    assert client.put(records.record())["commit"]


def test_records_are_listed_newest_first(client: Client) -> None:
    for rkey in (RKEY, "3m63xze5t222b", "3m63xze5r222b"):
        client.put(records.record(), rkey)
    listed = client.get(
        "com.atproto.repo.listRecords", repo=client.session["did"], collection=post_record.COLLECTION, limit="2"
    )
    assert [record["uri"][-13:] for record in listed["records"]] == ["3m63xze5t222b", RKEY]
    more = client.get(
        "com.atproto.repo.listRecords", repo=client.session["did"], collection=post_record.COLLECTION, cursor=listed["cursor"]
    )
    assert [record["uri"][-13:] for record in more["records"]] == ["3m63xze5r222b"]


@pytest.mark.parametrize(
    ("content", "mime", "status", "error"),
    [
        (picture(kind="PNG"), "image/jpeg", 400, "InvalidMimeType"),
        (picture(), "text/plain", 400, "InvalidMimeType"),
        (picture()[:300], "image/jpeg", 400, "InvalidMimeType"),
        (b"", "image/jpeg", 400, "InvalidMimeType"),
        (bytes(2_000_001), "image/jpeg", 413, "PayloadTooLarge"),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused(
    client: Client, content: bytes, mime: str, status: int, error: str
) -> None:
    answer = client.upload(content, mime)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_thumbnail_is_smaller_than_a_picture(client: Client) -> None:
    big = _padded(1_500_000)
    blob = client.upload(big).json()["blob"]
    assert "blob too big (maximum 1000000, got 1500000)" in client.put(records.record(embed=records.card(blob)))["message"]
    assert client.put(records.record(embed=records.images(records.image(blob))))["commit"]


def test_a_collected_blob_must_be_uploaded_again(client: Client, fake: BlueskyFake, jpeg: bytes) -> None:
    fake.forget_blobs()
    record = records.record(embed=records.images(records.image(BLOB)))
    assert client.put(record)["error"] == "BlobNotFound"
    assert client.upload(jpeg).json() == {"blob": BLOB}
    assert client.put(record)["commit"]
    fake.forget_blobs()
    assert "commit" not in client.put(record)


@pytest.mark.parametrize("rkey", ["socialbot-my-slug", "3m63xze5s222", "k222222222222", "3m63xze5s2221", ""])
def test_a_key_is_a_tid(client: Client, rkey: str) -> None:
    assert client.put(records.record(), rkey)["error"] == "InvalidRequest"


@pytest.mark.parametrize("change", [{"swap": None}, {"collection": "app.bsky.feed.like"}, {"record": "text"}, {"rkey": 7}])
def test_a_call_with_unknown_or_ill_typed_fields_is_refused(client: Client, change: dict[str, Any]) -> None:
    assert client.put(**{"record": records.record(), **change})["error"] == "InvalidRequest"


@pytest.mark.parametrize(
    ("method", "query", "words"),
    [
        ("com.atproto.repo.listRecords", {"repo": "blog.test", "collection": post_record.COLLECTION, "limit": "101"}, "limit"),
        ("com.atproto.repo.getRecord", {"repo": "blog.test"}, 'Missing required key "collection"'),
        ("com.atproto.repo.getRecord", {"repo": "blog.test", "collection": "x", "rkey": "x", "key": "x"}, '"key"'),
        ("com.atproto.identity.resolveHandle", {"handle": "nobody.test"}, "Unable to resolve handle"),
    ],
)
def test_a_question_with_a_mistake_is_refused(client: Client, method: str, query: dict[str, str], words: str) -> None:
    assert words in client.get(method, **query)["message"]


def test_whatever_is_sent_there_is_an_answer(client: Client, fake: BlueskyFake) -> None:
    good = records.record(
        embed=records.images(records.image(BLOB)),
        labels=records.labels({"val": "bot"}),
        tags=["Dunst"],
        reply={"root": {"uri": "at://x", "cid": "y"}, "parent": {"uri": "at://x", "cid": "y"}},
    )
    bodies = [{"repo": "blog.test", "collection": post_record.COLLECTION, "rkey": RKEY, "record": good, "swapRecord": None}]
    bodies.append({**bodies[0], "record": records.record(embed=records.card(BLOB))})
    full = records.profile(avatar=BLOB, labels=records.labels({"val": "bot"}), pinnedPost={"uri": "at://x", "cid": "y"})
    bodies.append({**bodies[0], "collection": "app.bsky.actor.profile", "rkey": "self", "record": full})
    for body in bodies:
        for mutant in mutants(body):
            assert client.http.post("com.atproto.repo.putRecord", json=mutant).status_code < 500
    for mutant in mutants({"identifier": "blog.test", "password": "x"}):
        assert client.http.post("com.atproto.server.createSession", json=mutant).status_code < 500


def test_another_repository_cannot_be_written(client: Client) -> None:
    assert client.put(records.record(), repo="did:plc:another")["error"] == "AuthenticationRequired"


def test_a_form_is_not_json(client: Client) -> None:
    assert client.http.post("com.atproto.repo.putRecord", data={"repo": "x"}).json()["error"] == "InvalidRequest"


@pytest.mark.parametrize(
    ("authorization", "status", "error"),
    [(None, 401, "AuthMissing"), ("Bearer nonsense", 400, "InvalidToken"), ("Basic {access}", 400, "InvalidToken")],
)
def test_a_call_without_its_token_is_refused(client: Client, authorization: str | None, status: int, error: str) -> None:
    del client.http.headers["Authorization"]
    headers = {"Authorization": authorization.format(access=client.session["accessJwt"])} if authorization else {}
    answer = client.http.get("com.atproto.server.getSession", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_refresh_token_works_once(client: Client) -> None:
    def refresh(token: str) -> httpx.Response:
        return client.http.post("com.atproto.server.refreshSession", headers={"Authorization": f"Bearer {token}"})

    body = client.http.post("com.atproto.server.refreshSession", json={}, headers={"Authorization": "Bearer x"})
    assert body.json()["error"] == "InvalidRequest"
    new = refresh(client.session["refreshJwt"])
    assert new.status_code == 200
    assert refresh(client.session["refreshJwt"]).json()["error"] == "InvalidToken"
    assert refresh(client.session["accessJwt"]).json()["error"] == "InvalidToken"
    assert refresh(new.json()["refreshJwt"]).status_code == 200


def test_an_access_token_lives_for_two_hours(jpeg: bytes) -> None:
    now = [datetime(2026, 11, 21, 8, 0, tzinfo=UTC)]
    with BlueskyFake(clock=lambda: now[0]) as fake:
        client = Client(fake)
        now[0] = datetime(2026, 11, 21, 9, 59, tzinfo=UTC)
        assert client.get("com.atproto.server.getSession")["active"]
        now[0] = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
        assert client.get("com.atproto.server.getSession")["error"] == "ExpiredToken"


def test_an_expired_token_stays_expired_until_refreshed(client: Client, fake: BlueskyFake) -> None:
    fake.faults.queue.append("expired_token")
    assert [client.put(records.record())["error"] for _ in range(2)] == ["ExpiredToken"] * 2


def test_thirty_logins_in_five_minutes_are_enough(fake: BlueskyFake) -> None:
    url, wrong = f"{fake.url}/xrpc/com.atproto.server.createSession", {"identifier": "blog.test", "password": "wrong"}
    with httpx.Client(verify=False) as http:
        answers = [http.post(url, json=wrong) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    wait_s = int(answers[-1].headers["RateLimit-Reset"]) - datetime.now(UTC).timestamp()
    assert 290 < wait_s < 302


def test_a_rate_limit_names_its_end_in_epoch_seconds(client: Client, fake: BlueskyFake) -> None:
    fake.faults.queue.append("rate_limited")
    place = {"repo": client.session["did"], "collection": post_record.COLLECTION, "rkey": RKEY}
    answer = client.http.post("com.atproto.repo.putRecord", json={**place, "record": records.record()})
    assert answer.json()["error"] == "RateLimitExceeded"
    assert 0 < int(answer.headers["RateLimit-Reset"]) - datetime.now(UTC).timestamp() < 4


def test_who_and_what_the_server_is_can_be_asked(client: Client, fake: BlueskyFake) -> None:
    assert client.get("com.atproto.identity.resolveHandle", handle="blog.test")["did"] == client.session["did"]
    assert client.get("com.atproto.server.describeServer")["availableUserDomains"]
    profile = {"repo": client.session["did"], "collection": "app.bsky.actor.profile", "rkey": "self"}
    assert client.get("com.atproto.repo.getRecord", **profile)["value"]["labels"]["values"] == [{"val": "bot"}]
    fake.status = "suspended"
    assert client.get("com.atproto.server.getSession")["active"] is False
    assert client.get("app.bsky.feed.getTimeline")["error"] == "MethodNotImplemented"


def test_a_record_is_named_by_the_cid_of_the_reference_page() -> None:
    record = {"text": "Hello World!", "$type": "app.bsky.feed.post", "createdAt": "2023-08-07T05:31:12.156888Z"}
    assert cid.of_record(record) == "bafyreibjifzpqj6o6wcq3hejh7y4z4z2vmiklkvykc57tw3pcbx3kxifpm"
    with pytest.raises(ValueError):
        cid.of_record({"width": 1.5})


@pytest.mark.parametrize(("kind", "valid"), [("datetime", True), ("datetime", False), ("tid", True), ("tid", False)])
def test_times_and_keys_are_read_as_the_protocol_has_them(client: Client, kind: str, valid: bool) -> None:
    vectors = VECTORS / f"{kind}_syntax_{'valid' if valid else 'invalid'}.txt"
    if not vectors.exists():
        pytest.skip("the protocol's vectors lie outside the repository")
    for vector in (line for line in vectors.read_text().splitlines() if line and not line.startswith("#")):
        answer = client.put(records.record(createdAt=vector)) if kind == "datetime" else client.put(records.record(), vector)
        taken = "uri" in answer or answer["error"] == "InvalidSwap"
        assert taken is valid, (vector, answer)


def _padded(size: int) -> bytes:
    """A picture of exactly so many bytes, the rest of them behind its end."""
    return picture().ljust(size, b"\0")
