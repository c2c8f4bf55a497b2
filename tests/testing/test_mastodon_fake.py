"""The Mastodon fake counts, refuses and replays as the network does, and tells what was published."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from socialbot.testing.fakes import MastodonFake, toot_text
from tests.testing.api import agrees
from tests.testing.conftest import picture
from tests.testing.mutants import mutants

STATUSES = "/api/v1/statuses"


@pytest.fixture
def fake() -> Iterator[MastodonFake]:
    with MastodonFake() as running:
        yield running


def login(fake: MastodonFake) -> httpx.Client:
    # Without TLS there is no need to read the machine's certificates, which takes longer than the test.
    return httpx.Client(base_url=fake.url, headers={"Authorization": f"Bearer {fake.account()['token']}"}, verify=False)


@pytest.fixture
def client(fake: MastodonFake) -> Iterator[httpx.Client]:
    with login(fake) as client:
        yield client


def upload(client: httpx.Client, content: bytes | None = None, mime: str = "image/jpeg", **fields: str) -> httpx.Response:
    return client.post("/api/v2/media", files={"file": ("a.jpg", content or picture(), mime)}, data=fields)


def toot(client: httpx.Client, text: str = "Nebel", key: str | None = None, **fields: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(STATUSES, json={"status": text, **fields}, headers=headers)


def test_a_published_post_is_seen_as_it_was_sent(client: httpx.Client, fake: MastodonFake) -> None:
    media_id = upload(client, description="Grauer Nebel", focus="0.1,-0.5").json()["id"]
    text = "Nebel & Dunst #AIGenerated\n\nhttps://example.org/a?b=1&c=2"
    answer = toot(client, text, media_ids=[media_id], language="de").json()
    (seen,) = fake.posts
    assert (seen.id, seen.url, seen.text, seen.language) == (answer["id"], answer["url"], text, "de")
    assert seen.links == (("https://example.org/a?b=1&c=2",) * 2,)
    assert seen.tags == ("AIGenerated",)
    (shown,) = seen.pictures
    assert (shown.content, shown.alt, shown.focal) == (picture(), "Grauer Nebel", (0.1, -0.5))


def test_the_content_is_html_with_live_links_and_tags(client: httpx.Client) -> None:
    content = toot(client, 'A & "b"\nc\n\n#Nebel https://example.org/a?b=1&c=2.').json()["content"]
    assert content.startswith("<p>A &amp; &quot;b&quot;<br />c</p><p>")
    assert '<a href="https://example.org/a?b=1&amp;c=2" target' in content
    assert 'rel="tag">#<span>Nebel</span></a>' in content
    assert content.endswith("</a>.</p>")


def test_json_and_forms_say_the_same(client: httpx.Client, fake: MastodonFake) -> None:
    for send in ("json", "data"):
        media_ids = [upload(client).json()["id"], upload(client).json()["id"]]
        name = "media_ids" if send == "json" else "media_ids[]"
        body = {"status": "Nebel", name: media_ids, "sensitive": True if send == "json" else "true"}
        assert client.post(STATUSES, **{send: body}).status_code == 200  # type: ignore[arg-type]
    assert [(seen.text, len(seen.pictures), seen.raw["sensitive"]) for seen in fake.posts] == [("Nebel", 2, True)] * 2


FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "warning", "length"),
    [
        (f"{FAMILY} Hej @alice@example.social läs https://example.org/2026/11/a-very-long-article-slug?x=1 #AI", "", 44),
        (f"{FAMILY} Hej @alice@example.social läs https://example.org/2026/11/a-very-long-article-slug?x=1 #AI", "AI", 46),
        ("example.org", "", 11),
        ("(https://example.org/a_(b))", "", 25),
        ("https://example.org/a, https://example.org/b.", "", 23 + 2 + 23 + 1),
        ("a\n\nb", "", 4),
    ],
)
def test_length_is_counted_as_the_network_counts(text: str, warning: str, length: int) -> None:
    assert toot_text.count(text, warning) == length


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#AI-generated", ["tag AI"]),
        ("#2026 x#y #a_b·c", ["tag a_b·c"]),
        ("mail a@b.c, https://example.org/@dora", ["url https://example.org/@dora"]),
        ("@dora and @dora.b@example.social", ["mention dora", "mention dora.b"]),
        ("@\u2060dora", []),
        ("https://example.org/#part (https://example.org/b)", ["url https://example.org/#part", "url https://example.org/b"]),
    ],
)
def test_links_hashtags_and_mentions_are_found_where_the_network_finds_them(text: str, found: list[str]) -> None:
    assert [f"{entity.kind} {entity.value}" for entity in toot_text.entities(text)] == found


def test_a_mention_is_seen(client: httpx.Client, fake: MastodonFake) -> None:
    toot(client, "Nebel, sagt @dora")
    toot(client, "Nebel, sagt @\u2060dora")
    assert [[mention["acct"] for mention in seen.raw["mentions"]] for seen in fake.posts] == [["dora"], []]
    assert toot(client, "Nebel, sagt @dora", allowed_mentions=[]).json()["unexpected_accounts"]


def test_the_limit_is_inclusive_and_can_be_set(client: httpx.Client, fake: MastodonFake) -> None:
    fake.max_characters = 30
    assert toot(client, "ü" * 30).status_code == 200
    assert toot(client, "ü" * 31).status_code == 422
    assert toot(client, "ü" * 6 + " https://example.org/a-long-way-to-go").status_code == 200
    assert toot(client, "ü" * 29, spoiler_text="AI").status_code == 422
    fake.characters_reserved_per_url = 25
    assert toot(client, "ü" * 6 + " https://example.org/a-long-way-to-go").status_code == 422


@pytest.mark.parametrize(
    "fields",
    [
        {"text": " "},
        {"media_ids": ["1"]},
        {"media_ids": "1"},
        {"media_ids": [1]},
        {"visibility": "everyone"},
        {"language": "german"},
        {"language": "de-DE"},
        {"sensitive": "true"},
        {"spoiler_text": None},
        {"scheduled_at": "2026-12-01T00:00:00Z"},
        {"title": "Nebel"},
    ],
)
def test_a_status_with_a_mistake_is_refused(client: httpx.Client, fake: MastodonFake, fields: dict[str, Any]) -> None:
    assert toot(client, **fields).status_code == 422
    assert fake.posts == []


@pytest.mark.parametrize(
    "request_",
    [
        {"content": b'{"status": "a"}'},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"data": {"status": "a", "titel": "b"}},
        {"content": b"status=a&status=b", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    ],
)
def test_a_body_that_cannot_be_read_is_refused(client: httpx.Client, request_: dict[str, Any]) -> None:
    assert client.post(STATUSES, **request_).status_code == 422


def test_whatever_is_sent_there_is_an_answer(client: httpx.Client) -> None:
    good = {"status": "Nebel", "media_ids": ["1"], "in_reply_to_id": "1", "sensitive": True, "spoiler_text": "x"}
    for mutant in mutants(good | {"visibility": "public", "language": "de", "allowed_mentions": ["1"]}):
        assert client.post(STATUSES, json=mutant).status_code < 500


def test_an_answer_to_nothing_is_refused(client: httpx.Client) -> None:
    first = toot(client).json()["id"]
    assert toot(client, in_reply_to_id=first).json()["in_reply_to_id"] == first
    assert toot(client, in_reply_to_id="1").status_code == 404


@pytest.mark.parametrize(
    ("content", "mime", "fields"),
    [
        (picture(kind="PNG"), "image/jpeg", {}),
        (b"no picture", "image/jpeg", {}),
        (picture()[:300], "image/jpeg", {}),
        (picture(kind="BMP"), "image/bmp", {}),
        (picture(), "image/jpeg", {"description": "ü" * 1501}),
        (picture(), "image/jpeg", {"focus": "1.1,0"}),
        (picture(), "image/jpeg", {"focus": "middle"}),
        (picture(), "image/jpeg", {"alt": "Nebel"}),
        (picture(), "image/jpeg", {"description": b"\xff"}),
    ],
)
def test_an_upload_with_a_mistake_is_refused(client: httpx.Client, content: bytes, mime: str, fields: dict[str, str]) -> None:
    assert upload(client, content, mime, **fields).status_code == 422


def test_a_picture_too_large_in_bytes_or_pixels_is_refused(client: httpx.Client, fake: MastodonFake) -> None:
    fake.image_matrix_limit = 60 * 40
    assert upload(client).status_code == 200
    assert upload(client, picture(61, 40)).status_code == 422
    fake.image_size_limit = len(picture()) - 1
    assert upload(client).status_code == 422


def test_a_picture_without_a_form_is_refused(client: httpx.Client) -> None:
    assert client.post("/api/v2/media", content=picture(), headers={"Content-Type": "image/jpeg"}).status_code == 422
    assert client.post("/api/v2/media", files={"description": (None, b"Nebel")}).status_code == 422


def test_a_slow_upload_can_be_attached_only_when_it_is_ready(client: httpx.Client, fake: MastodonFake) -> None:
    fake.slow_media = 2
    first = upload(client)
    assert (first.status_code, first.json()["url"]) == (202, None)
    media_id = first.json()["id"]
    for _ in range(2):
        assert "not finished processing" in toot(client, media_ids=[media_id]).json()["error"]
        assert client.get(f"/api/v1/media/{media_id}").status_code == 206
    assert client.get(f"/api/v1/media/{media_id}").json()["url"]
    assert toot(client, media_ids=[media_id]).status_code == 200


def test_media_can_be_attached_once(client: httpx.Client, fake: MastodonFake) -> None:
    media_id = upload(client).json()["id"]
    assert client.get(f"/api/v1/media/{media_id}").status_code == 200
    toot(client, media_ids=[media_id])
    assert "already attached" in toot(client, media_ids=[media_id]).json()["error"]
    assert client.get(f"/api/v1/media/{media_id}").status_code == 404
    assert toot(client, media_ids=[upload(client).json()["id"]] * 2).status_code == 422
    fake.max_media_attachments = 1
    assert toot(client, media_ids=[upload(client).json()["id"] for _ in range(2)]).status_code == 422


def test_alt_text_can_be_changed_until_the_picture_is_out(client: httpx.Client, fake: MastodonFake) -> None:
    media_id = upload(client, description="Nebel").json()["id"]
    change = {"files": {"description": (None, b"Dunst")}}
    assert client.put(f"/api/v1/media/{media_id}", **change).json()["description"] == "Dunst"  # type: ignore[arg-type]
    toot(client, media_ids=[media_id])
    assert fake.posts[0].pictures[0].alt == "Dunst"
    assert client.put(f"/api/v1/media/{media_id}", **change).status_code == 404  # type: ignore[arg-type]


def test_a_key_gives_the_same_post_for_an_hour() -> None:
    now = [datetime(2026, 11, 21, 8, 0, tzinfo=UTC)]
    with MastodonFake(clock=lambda: now[0]) as fake:
        with login(fake) as client:
            first = toot(client, key="k").json()
            now[0] += timedelta(minutes=59)
            assert toot(client, "other words", key="k").json() == first
            assert toot(client, key="another").json()["id"] != first["id"]
            now[0] += timedelta(minutes=1)
            assert toot(client, key="k").json()["id"] != first["id"]
        assert len(fake.posts) == 3


def test_from_4_6_0_to_4_6_5_a_used_key_answers_500(client: httpx.Client, fake: MastodonFake) -> None:
    for version, status in (("4.6.0", 500), ("4.6.5", 500), ("4.6.6", 200), ("4.5.9", 200)):
        fake.version = version
        assert toot(client, key=version).status_code == 200
        assert toot(client, key=version).status_code == status
    assert len(fake.posts) == 4


def test_one_key_from_many_clients_makes_one_post(client: httpx.Client, fake: MastodonFake) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = {answer.json()["id"] for answer in pool.map(lambda _: toot(client, key="k"), range(24))}
    assert len(ids) == len(fake.posts) == 1
    assert fake.attempts == 24


def test_a_silently_dropped_post_is_answered_and_never_exists(client: httpx.Client, fake: MastodonFake) -> None:
    fake.silent_drop = True
    answer = toot(client, key="k")
    assert answer.status_code == 200
    assert client.get(f"{STATUSES}/{answer.json()['id']}").status_code == 404
    fake.silent_drop = False
    assert toot(client, key="k").json()["id"] != answer.json()["id"]
    assert len(fake.posts) == 1


def test_own_posts_are_listed_newest_first(client: httpx.Client) -> None:
    ids = [toot(client, str(number)).json()["id"] for number in range(25)]
    path = f"/api/v1/accounts/{client.get('/api/v1/accounts/verify_credentials').json()['id']}/statuses"

    def listed(**query: str) -> list[str]:
        return [status["id"] for status in client.get(path, params=query).json()]

    assert listed() == ids[:4:-1]
    assert listed(limit="100", exclude_reblogs="true") == ids[::-1]
    assert listed(limit="2", since_id=ids[3]) == ids[:22:-1]
    assert listed(max_id=ids[2]) == ids[1::-1]
    for query in ({"limti": "2"}, {"limit": "many"}, {"since_id": "yesterday"}):
        assert client.get(path, params=query).status_code == 400
    assert client.get("/api/v1/accounts/1/statuses").status_code == 404


def test_a_private_post_is_listed_and_not_public(client: httpx.Client, fake: MastodonFake) -> None:
    status_id = toot(client, visibility="private").json()["id"]
    assert client.get(f"{STATUSES}/{status_id}").status_code == 200
    assert fake.posts == []


def test_the_source_has_the_words_and_the_status_only_html(client: httpx.Client) -> None:
    status_id = toot(client, "a & b").json()["id"]
    assert client.get(f"{STATUSES}/{status_id}/source").json()["text"] == "a & b"
    assert "text" not in client.get(f"{STATUSES}/{status_id}").json()


def test_a_deleted_post_is_gone(client: httpx.Client, fake: MastodonFake) -> None:
    status_id = toot(client, "Nebel").json()["id"]
    assert client.delete(f"{STATUSES}/{status_id}").json()["text"] == "Nebel"
    assert client.get(f"{STATUSES}/{status_id}").status_code == 404
    assert fake.posts == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", STATUSES),
        ("POST", "/api/v2/media"),
        ("GET", "/api/v1/media/1"),
        ("PUT", "/api/v1/media/1"),
        ("GET", "/api/v1/accounts/verify_credentials"),
        ("PATCH", "/api/v1/accounts/update_credentials"),
        ("GET", "/api/v1/apps/verify_credentials"),
        ("GET", f"{STATUSES}/1/source"),
        ("DELETE", f"{STATUSES}/1"),
    ],
)
def test_a_call_without_its_token_is_refused(client: httpx.Client, method: str, path: str) -> None:
    assert client.request(method, path, headers={"Authorization": "Bearer stale"}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", STATUSES, "write:statuses"),
        ("POST", "/api/v2/media", "write:media"),
        ("GET", "/api/v1/media/1", "write:media"),
        ("PUT", "/api/v1/media/1", "write:media"),
        ("GET", "/api/v1/accounts/verify_credentials", "read:accounts"),
        ("GET", "/api/v1/accounts/verify_credentials", "profile"),
        ("PATCH", "/api/v1/accounts/update_credentials", "write:accounts"),
        ("GET", f"{STATUSES}/1/source", "read:statuses"),
        ("DELETE", f"{STATUSES}/1", "write:statuses"),
    ],
)
def test_a_call_takes_its_scope_or_the_wider_one(
    client: httpx.Client, fake: MastodonFake, method: str, path: str, scope: str
) -> None:
    every = {"read:accounts", "read:statuses", "write:statuses", "write:media", "write:accounts", "profile"}
    fake.scopes = sorted(every - {scope, "profile", "read:accounts"})
    refused = client.request(method, path)
    assert (refused.status_code, refused.json()["error"]) == (403, "This action is outside the authorized scopes")
    for enough in (scope, scope.partition(":")[0]):
        fake.scopes = [enough]
        assert client.request(method, path).status_code != 403


@pytest.mark.parametrize("path", ["/api/v1/statuses/{id}", "/api/v1/accounts/{account}/statuses"])
def test_what_is_public_is_read_without_a_token_or_with_one_that_may(
    client: httpx.Client, fake: MastodonFake, path: str
) -> None:
    """Mastodon: statuses_controller.rb, authorize_if_got_token!, 2026-11."""
    status = toot(client).json()
    path = path.format(id=status["id"], account=status["account"]["id"])
    assert client.get(path).status_code == 200
    fake.scopes = ["write", "read:accounts"]
    assert client.get(path).status_code == 403
    client.headers["Authorization"] = "Bearer guessed"
    assert client.get(path).status_code == 401
    del client.headers["Authorization"]
    assert client.get(path).status_code == 200


def test_the_profile_is_marked_by_a_form_or_json(client: httpx.Client, fake: MastodonFake) -> None:
    path = "/api/v1/accounts/update_credentials"
    assert client.patch(path, data={"bot": "false"}).json()["bot"] is False
    assert client.patch(path, json={"bot": True}).json()["bot"] is True
    assert agrees("mastodon", "CredentialAccount", client.patch(path, json={}).json())
    assert fake.bot


@pytest.mark.parametrize("fields", [{"bot": "yes"}, {"bot": 1}, {"bot": None}, {"note": "Fog"}])
def test_a_change_of_the_profile_with_a_mistake_is_refused(
    client: httpx.Client, fake: MastodonFake, fields: dict[str, Any]
) -> None:
    fake.bot = False
    assert client.patch("/api/v1/accounts/update_credentials", json=fields).status_code == 422
    assert not fake.bot


def test_a_rate_limit_names_its_end_as_an_instant(client: httpx.Client, fake: MastodonFake) -> None:
    fake.faults.queue.append("rate_limited")
    answer = toot(client)
    assert answer.status_code == 429
    assert 0 < (datetime.fromisoformat(answer.headers["X-RateLimit-Reset"]) - datetime.now(UTC)).total_seconds() < 3
    assert "Retry-After" not in answer.headers


def test_a_revoked_token_answers_401(client: httpx.Client, fake: MastodonFake) -> None:
    fake.faults.queue.append("expired_token")
    assert toot(client).status_code == 401


def test_limits_are_told_by_old_servers_too(client: httpx.Client, fake: MastodonFake) -> None:
    fake.max_characters = 5000
    newer = client.get("/api/v2/instance").json()
    assert newer["configuration"]["statuses"]["max_characters"] == 5000
    fake.only_v1 = True
    assert client.get("/api/v2/instance").status_code == 404
    assert client.get("/api/v1/instance").json()["configuration"] == newer["configuration"]


def test_answers_are_as_the_api_documents_them(client: httpx.Client) -> None:
    media = upload(client, description="Nebel").json()
    assert agrees("mastodon", "MediaAttachment", media)
    assert agrees("mastodon", "Status", toot(client, "@a #b https://example.org", media_ids=[media["id"]]).json())
    assert agrees("mastodon", "Instance", client.get("/api/v2/instance").json())
    assert agrees("mastodon", "CredentialAccount", client.get("/api/v1/accounts/verify_credentials").json())
