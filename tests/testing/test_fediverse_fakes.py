"""The fakes of Mastodon's family and of Misskey are as strict, and as odd, as what they play."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from socialbot.testing.fakes import MastodonFake, MisskeyFake
from tests.testing.conftest import picture

STATUSES = "/api/v1/statuses"


def client(fake: MastodonFake | MisskeyFake) -> httpx.Client:
    return httpx.Client(base_url=fake.url, headers={"Authorization": f"Bearer {fake.account()['token']}"}, verify=False)


def toot(http: httpx.Client, text: str = "Fog", key: str | None = None, **fields: Any) -> httpx.Response:
    return http.post(STATUSES, json={"status": text, **fields}, headers={"Idempotency-Key": key} if key else {})


def uploaded(http: httpx.Client) -> httpx.Response:
    return http.post("/api/v2/media", files={"file": ("a.jpg", picture(), "image/jpeg")})


@pytest.mark.parametrize(
    ("server", "status", "posts"),
    [
        ("hollo", 200, 1),
        ("akkoma", 200, 1),
        ("pleroma", 200, 1),
        ("gotosocial", 200, 2),
        ("takahe", 200, 2),
        ("pixelfed", 400, 1),
    ],
)
def test_a_key_that_is_used_again_brings_what_it_brings_there(server: str, status: int, posts: int) -> None:
    with MastodonFake(server) as fake, client(fake) as http:
        for _ in range(2):
            media_ids = [uploaded(http).json()["id"]] if server == "pixelfed" else []
            answer = toot(http, key="one", media_ids=media_ids)
        assert (answer.status_code, len(fake.posts)) == (status, posts)


def test_akkoma_repeats_an_error_and_says_so() -> None:
    with MastodonFake("akkoma") as fake, client(fake) as http:
        assert toot(http, "x" * 5001, key="one").status_code == 422
        again = toot(http, "Fog", key="one")
        assert (again.status_code, again.headers["idempotent-replayed"]) == (422, "true")
        assert fake.posts == []


def test_pixelfed_uses_a_key_up_by_an_error_too() -> None:
    with MastodonFake("pixelfed") as fake, client(fake) as http:
        assert toot(http, key="one").status_code == 403
        assert toot(http, key="one", media_ids=[uploaded(http).json()["id"]]).status_code == 400


@pytest.mark.parametrize(
    ("server", "text", "status"),
    [
        ("gotosocial", "x" * 5000, 200),
        ("gotosocial", "x" * 4977 + " https://example.org/fog", 400),
        ("akkoma", "👨‍👩‍👧‍👦" * 5000, 200),
        ("akkoma", "👨‍👩‍👧‍👦" * 5001, 422),
        ("takahe", "👨‍👩‍👧‍👦" * 100, 400),
        ("hollo", "x" * 20_000, 200),
    ],
)
def test_each_counts_in_its_own_way(server: str, text: str, status: int) -> None:
    with MastodonFake(server) as fake, client(fake) as http:
        assert toot(http, text).status_code == status


def test_uploads_are_shown_or_not_as_each_does() -> None:
    told = {}
    for server in ("mastodon", "gotosocial", "takahe"):
        with MastodonFake(server) as fake, client(fake) as http:
            media_id = uploaded(http).json()["id"]
            before = http.get(f"/api/v1/media/{media_id}").status_code
            toot(http, media_ids=[media_id])
            told[server] = (before, http.get(f"/api/v1/media/{media_id}").status_code)
    assert told == {"mastodon": (200, 404), "gotosocial": (200, 200), "takahe": (500, 200)}


def test_gotosocial_posts_unlisted_unless_told_otherwise_and_has_ids_of_its_own() -> None:
    with MastodonFake("gotosocial") as fake, client(fake) as http:
        first, second = toot(http).json(), toot(http, content_type="text/plain").json()
        assert first["visibility"] == "unlisted"
        assert len(first["id"]) == 26 and first["id"] < second["id"]
        assert toot(http, local_only=True).status_code == 422


def misskey(http: httpx.Client, endpoint: str, **given: object) -> httpx.Response:
    return http.post(f"/api/{endpoint}", json=given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": "x" * 3001},
        {"text": 1},
        {"text": "a", "visibility": "unlisted"},
        {"text": "a", "fileIds": []},
        {"text": "a", "fileIds": ["9gone"]},
        {"text": "a", "replyId": "9gone"},
        {"text": "a", "title": "b"},
    ],
)
def test_a_note_with_a_mistake_is_refused(given: dict[str, Any]) -> None:
    with MisskeyFake() as fake, client(fake) as http:
        answer = misskey(http, "notes/create", **given)
        assert (answer.status_code, set(answer.json()["error"])) == (400, {"message", "code", "id", "kind"})
        assert fake.posts == []


def test_the_same_bytes_are_one_file_with_its_first_description() -> None:
    with MisskeyFake() as fake, client(fake) as http:

        def put(**form: str) -> Any:
            file = ("a.jpg", picture(), "image/jpeg")
            return http.post("/api/drive/files/create", data=form, files={"file": file}).json()

        first, second, third = put(comment="One"), put(comment="Two"), put(comment="Two", force="true")
        assert (second["id"], second["comment"]) == (first["id"], "One")
        assert (third["id"] != first["id"], third["comment"]) == (True, "Two")


def test_who_may_not_is_told_apart_from_who_is_not_known() -> None:
    with MisskeyFake() as fake, client(fake) as http:
        fake.permissions = ["write:notes"]
        assert misskey(http, "i").json()["error"]["code"] == "PERMISSION_DENIED"
        fake.account_state = "YOUR_ACCOUNT_MOVED"
        assert misskey(http, "notes/create", text="Fog").json()["error"]["code"] == "YOUR_ACCOUNT_MOVED"
        http.headers["Authorization"] = "Bearer wrong"
        assert misskey(http, "i").json()["error"]["code"] == "AUTHENTICATION_FAILED"
        del http.headers["Authorization"]
        assert misskey(http, "i").json()["error"]["code"] == "CREDENTIAL_REQUIRED"
        assert misskey(http, "meta").json()["maxNoteTextLength"] == 3000


def test_replies_are_listed_only_when_asked_for_and_notes_below_an_id() -> None:
    with MisskeyFake() as fake, client(fake) as http:
        first = misskey(http, "notes/create", text="one").json()["createdNote"]
        second = misskey(http, "notes/create", text="two", replyId=first["id"]).json()["createdNote"]
        own = {"userId": first["userId"], "limit": 100}
        assert [note["text"] for note in misskey(http, "users/notes", **own).json()] == ["one"]
        assert [note["text"] for note in misskey(http, "users/notes", **own, withReplies=True).json()] == ["two", "one"]
        below = misskey(http, "users/notes", **own, withReplies=True, untilId=second["id"]).json()
        assert [note["text"] for note in below] == ["one"]
        assert misskey(http, "users/notes", userId=first["userId"], limit=101).status_code == 400
        assert misskey(http, "notes/edit", editId=first["id"], text="three").status_code == 404, "only Sharkey edits"
