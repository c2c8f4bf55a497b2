"""The X fake takes what X takes, and nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from socialbot.testing.fakes import XFake
from socialbot.testing.fakes.x_login import ACCESS, CLIENT, CONSUMER, signature
from socialbot.testing.fakes.x_post import USER_ID
from tests.testing import xapi
from tests.testing.conftest import picture


class Account:
    """Calls with a token."""

    def __init__(self, fake: XFake, http: httpx.Client) -> None:
        self.fake, self.http = fake, http
        self.token = fake.logins.grant()["access_token"]

    def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | request.pop("headers", {})
        return self.http.request(method, f"{self.fake.url}{path}", headers=headers, **request)

    def post(self, **body: Any) -> httpx.Response:
        return self("POST", "/2/tweets", json=body)

    def upload(self, content: bytes | None = None) -> str:
        form = {"media_category": "tweet_image"}
        answer = self("POST", "/2/media/upload", data=form, files={"media": content or picture()})
        found: str = answer.json()["data"]["id"]
        return found


@pytest.fixture
def fake() -> Iterator[XFake]:
    with XFake() as running:
        yield running


@pytest.fixture
def account(fake: XFake, http: httpx.Client) -> Account:
    return Account(fake, http)


def detail(answer: httpx.Response) -> str:
    body = answer.json()
    return " ".join([body["detail"], *(one["message"] for one in body.get("errors", ()))])


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({}, 400, "required"),
        ({"text": ""}, 400, "required"),
        ({"text": "Fog", "visibility": "public"}, 400, "[visibility]"),
        ({"text": 7}, 400, "not of its type"),
        ({"text": "Fog", "made_with_ai": "yes"}, 400, "not of its type"),
        ({"text": "Fog", "reply_settings": "everyone"}, 400, "reply_settings"),
        ({"text": "x" * 281}, 403, "not permitted"),
        ({"text": "日" * 141}, 403, "not permitted"),
        ({"text": f"{'x' * 257} example.com"}, 403, "not permitted"),
        ({"text": "a \ufeff mark"}, 400, "invalid characters"),
        ({"text": "$FOG and $MIST"}, 400, "one cashtag"),
        ({"text": "Fog", "media": {"media_ids": []}}, 400, "media_ids"),
        ({"text": "Fog", "media": {"media_ids": ["1", "2", "3", "4", "5"]}}, 400, "maximum of 4"),
        ({"text": "Fog", "media": {"media_ids": ["1"]}}, 400, "media IDs are invalid"),
        ({"text": "Fog", "media": {"media_ids": ["1"], "alt": "x"}}, 400, "media_ids"),
        ({"text": "Fog", "reply": {"in_reply_to_tweet_id": "7"}}, 403, "deleted or not visible"),
        ({"text": "Fog", "reply": {"id": "7"}}, 400, "in_reply_to_tweet_id"),
    ],
)
def test_what_x_does_not_take_is_refused(account: Account, fake: XFake, body: dict[str, Any], status: int, word: str) -> None:
    answer = account.post(**body)
    assert (answer.status_code, word in detail(answer)) == (status, True), answer.text
    assert fake.posts == []


@pytest.mark.parametrize(
    "text", ["x" * 280, "日" * 140, f"{'x' * 256} example.com", "👨‍👩‍👧" * 140, f"{'x' * 256} https://e.com/{'y' * 900}"]
)
def test_text_is_counted_by_weight(account: Account, fake: XFake, text: str) -> None:
    assert account.post(text=text).status_code == 201
    assert fake.posts[0].text == text


def test_a_post_is_told_with_short_addresses_and_escaped_signs(account: Account, fake: XFake) -> None:
    media_id = account.upload()
    posted = account.post(text="Fog & <mist> example.org/a", media={"media_ids": [media_id]}, made_with_ai=True)
    assert xapi.is_answer("POST", "/2/tweets", 201, posted.json())
    query = {"tweet.fields": "entities,attachments,created_at,author_id,referenced_tweets"}
    told = account("GET", f"/2/tweets/{posted.json()['data']['id']}", params=query).json()["data"]
    first, second = told["entities"]["urls"]
    assert told["text"] == f"Fog &amp; &lt;mist&gt; {first['url']} {second['url']}"
    assert [told["text"][one["start"] : one["end"]] for one in (first, second)] == [first["url"], second["url"]]
    assert first["expanded_url"] == "http://example.org/a" and second["expanded_url"].endswith("/photo/1")
    assert told["attachments"] == {"media_keys": [f"3_{media_id}"]}
    assert fake.posts[0].flags == {"made_with_ai": True}


def test_answers_are_what_the_specification_says(account: Account, fake: XFake) -> None:
    fake.spelling = "post"
    posted = account.post(text=f"Fog {'x' * 200} https://example.org/a").json()["data"]["id"]
    account.post(text="More", reply={"in_reply_to_tweet_id": posted})
    fields = {"post.fields": "attachments,created_at,entities,note_post,public_metrics"}
    query = {**fields, "expansions": "attachments.media_keys,author_id,referenced_posts"}
    listing = account("GET", f"/2/users/{USER_ID}/tweets", params=query).json()
    assert [len(post.get("referenced_posts", ())) for post in listing["data"]] == [1, 0]
    assert xapi.is_answer("GET", "/2/users/{id}/tweets", 200, listing)
    assert xapi.is_answer("GET", "/2/tweets/{id}", 200, account("GET", f"/2/tweets/{posted}", params=query).json())
    assert xapi.is_answer("GET", "/2/tweets/{id}", 200, account("GET", "/2/tweets/7").json())
    assert xapi.is_answer("GET", "/2/users/me", 200, account("GET", "/2/users/me").json())
    files = {"media": ("a.jpg", picture(), "image/jpeg")}
    uploaded = account("POST", "/2/media/upload", data={"media_category": "tweet_image"}, files=files).json()
    assert xapi.is_answer("POST", "/2/media/upload", 200, uploaded)
    body = {"id": uploaded["data"]["id"], "metadata": {"alt_text": {"text": "A heron"}}}
    assert xapi.is_answer("POST", "/2/media/metadata", 200, account("POST", "/2/media/metadata", json=body).json())
    assert xapi.is_answer("DELETE", "/2/tweets/{id}", 200, account("DELETE", f"/2/tweets/{posted}").json())


def test_media_come_as_a_form_or_as_base64_and_nothing_else(account: Account) -> None:
    told = {"media": base64.b64encode(picture()).decode(), "media_category": "tweet_image"}
    assert account("POST", "/2/media/upload", json=told).status_code == 200
    for wrong in (
        {**told, "media": "!"},
        {**told, "alt": "A heron"},
        {**told, "media_category": "tweet_video"},
        {**told, "media": base64.b64encode(b"no picture").decode()},
        {**told, "media": base64.b64encode(picture() + bytes(5_000_001)).decode()},
    ):
        assert account("POST", "/2/media/upload", json=wrong).status_code == 400


@pytest.mark.parametrize("metadata", [{}, {"alt_text": {"text": ""}}, {"alt_text": {"text": "x" * 1001}}, {"alt_text": "x"}])
def test_a_description_has_up_to_a_thousand_characters(account: Account, metadata: dict[str, Any]) -> None:
    body = {"id": account.upload(), "metadata": metadata}
    assert account("POST", "/2/media/metadata", json=body).status_code == 400
    body["metadata"] = {"alt_text": {"text": "x" * 1000}}
    assert account("POST", "/2/media/metadata", json=body).status_code == 200


def test_the_same_words_are_refused_for_a_while(fake: XFake, http: httpx.Client) -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    fake.clock = fake.logins.clock = lambda: now
    fake.logins.life = timedelta(days=3)
    account = Account(fake, http)
    assert account.post(text="Fog").status_code == 201
    assert "duplicate content" in detail(account.post(text="Fog"))
    now += fake.duplicates_for
    assert account.post(text="Fog").status_code == 201


def test_strangers_are_neither_answered_nor_removed(account: Account, fake: XFake) -> None:
    theirs = fake.stranger("Hello")
    assert account.post(text="Hi", reply={"in_reply_to_tweet_id": theirs}).status_code == 403
    assert account("DELETE", f"/2/tweets/{theirs}").status_code == 403
    assert account("GET", f"/2/tweets/{theirs}").json()["data"]["id"] == theirs
    assert fake.posts == []


def test_calls_are_counted_and_the_rest_is_told(account: Account, fake: XFake) -> None:
    first = account.post(text="Fog")
    assert first.headers["x-rate-limit-remaining"] == "99"
    fake.used["create"] = (fake.clock(), 100)
    limited = account.post(text="Mist")
    assert limited.status_code == 429 and limited.headers["x-rate-limit-remaining"] == "0"
    assert float(limited.headers["x-rate-limit-reset"]) > fake.clock().timestamp()
    fake.used["create"] = (fake.clock() - timedelta(minutes=16), 100)
    assert account.post(text="Mist").status_code == 201


@pytest.mark.parametrize(
    "query", [{"tweet.fields": "id,mood"}, {"post.fields": "text"}, {"max_results": "4"}, {"start_time": "x"}]
)
def test_a_query_that_is_not_known_is_refused(account: Account, query: dict[str, str]) -> None:
    answer = account("GET", f"/2/users/{USER_ID}/tweets", params=query)
    assert answer.status_code == 400, answer.text


# Who calls


def test_the_signature_is_that_of_xs_own_example() -> None:
    """docs.x.com: Creating a signature."""
    fields = {
        "status": "Hello Ladies + Gentlemen, a signed OAuth request!",
        "include_entities": "true",
        "oauth_consumer_key": "xvz1evFS4wEEPTGEFPHBog",
        "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "1318622958",
        "oauth_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "oauth_version": "1.0",
    }
    secrets = ("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE")
    made = signature("POST", "https://api.twitter.com/1.1/statuses/update.json", fields, *secrets)
    assert made == "hCtSmYh+iHYCEqBWrE7C7hYmtUk="


def signed(fake: XFake, **changes: str) -> dict[str, str]:
    fields = {
        "oauth_consumer_key": CONSUMER[0],
        "oauth_token": ACCESS[0],
        "oauth_nonce": "once",
        "oauth_timestamp": str(int(fake.clock().timestamp())),
        "oauth_signature_method": "HMAC-SHA1",
    } | {key: value for key, value in changes.items() if key != "method"}
    method = changes.get("method", "GET")
    fields["oauth_signature"] = signature(method, f"{fake.url}/2/users/me", fields, CONSUMER[1], ACCESS[1])
    told = ", ".join(f'{key}="{httpx.QueryParams({"": value})}"'.replace('"=', '"') for key, value in fields.items())
    return {"Authorization": f"OAuth {told}"}


def test_a_signature_is_good_once_for_one_call_and_for_minutes(account: Account, fake: XFake) -> None:
    good = signed(fake)
    assert account("GET", "/2/users/me", headers=good).status_code == 200
    assert account("GET", "/2/users/me", headers=good).status_code == 401, "a nonce is good once"
    old = str(int((fake.clock() - timedelta(minutes=6)).timestamp()))
    for changes in (
        {"oauth_nonce": "b", "oauth_timestamp": old},
        {"oauth_nonce": "c", "oauth_timestamp": "today"},
        {"oauth_nonce": "d", "oauth_token": "another"},
        {"oauth_nonce": "e", "method": "POST"},
        {"oauth_nonce": "f", "oauth_signature_method": "PLAINTEXT"},
    ):
        assert account("GET", "/2/users/me", headers=signed(fake, **changes)).status_code == 401, changes
    assert (
        account("GET", "/2/users/me", headers=signed(fake, oauth_nonce="g"), params={"user.fields": "protected"}).status_code
        == 401
    )


def test_a_token_is_good_for_two_hours_and_for_its_scope(fake: XFake, http: httpx.Client) -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    fake.clock = fake.logins.clock = lambda: now
    account = Account(fake, http)
    now += timedelta(minutes=119)
    assert account("GET", "/2/users/me").status_code == 200
    now += timedelta(minutes=1)
    assert account("GET", "/2/users/me").status_code == 401
    account.token = fake.logins.grant("tweet.read users.read")["access_token"]
    assert account("GET", "/2/users/me").status_code == 200
    assert account.post(text="Fog").status_code == 403
    assert account("GET", "/2/users/me", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_a_refresh_token_and_a_code_work_once(fake: XFake, http: httpx.Client) -> None:
    def token(**form: str) -> httpx.Response:
        return http.post(f"{fake.url}/2/oauth2/token", data=form, auth=CLIENT)

    granted = fake.logins.grant()
    first = token(grant_type="refresh_token", refresh_token=granted["refresh_token"])
    assert first.status_code == 200 and first.json()["refresh_token"] != granted["refresh_token"]
    assert token(grant_type="refresh_token", refresh_token=granted["refresh_token"]).status_code == 400
    assert http.post(f"{fake.url}/2/oauth2/token", data={"grant_type": "refresh_token"}).status_code == 401
    assert "refresh_token" not in fake.logins.grant("tweet.read")
    asked = {
        "response_type": "code",
        "client_id": CLIENT[0],
        "code_challenge_method": "S256",
        "code_challenge": "x",
        "state": "s",
    }
    for redirect, status in (("http://localhost:8009/callback/", 400), ("http://127.0.0.1:8009/callback/", 302)):
        answer = http.get(f"{fake.url}/i/oauth2/authorize", params={**asked, "redirect_uri": redirect}, follow_redirects=False)
        assert answer.status_code == status
