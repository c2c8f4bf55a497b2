"""The fakes of Mastodon's family and of Misskey let an application in as strictly as what they play."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from socialbot.testing.fakes import MastodonFake, MisskeyFake
from tests.testing.api import agrees

HERE = "http://127.0.0.1:8009/callback/"
SHOWN = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
SCOPES = "read:accounts write:statuses"


@pytest.fixture
def fake() -> Iterator[MastodonFake]:
    with MastodonFake() as running:
        yield running


def http(fake: MastodonFake | MisskeyFake) -> httpx.Client:
    return httpx.Client(base_url=fake.url, verify=False, trust_env=False)


def register(client: httpx.Client, redirects: str = HERE, scopes: str = SCOPES, **more: str) -> httpx.Response:
    return client.post("/api/v1/apps", data={"client_name": "socialbot", "redirect_uris": redirects, "scopes": scopes, **more})


def authorize(client: httpx.Client, app: dict[str, Any], redirect: str = HERE, **more: str) -> httpx.Response:
    query = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": redirect, "scope": SCOPES, "state": "s"}
    return client.get("/oauth/authorize", params=query | more)


def exchange(client: httpx.Client, app: dict[str, Any], code: str, /, **more: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": HERE}
    return client.post("/oauth/token", data=form | {key: app[key] for key in ("client_id", "client_secret")} | more)


def back(answer: httpx.Response) -> dict[str, str]:
    """What the browser brings back."""
    return dict(httpx.URL(answer.headers["Location"]).params)


def test_a_code_brings_one_token_with_the_scopes_that_were_asked_for(fake: MastodonFake) -> None:
    with http(fake) as client:
        app = register(client).json()
        told = back(authorize(client, app, **PKCE))
        granted = exchange(client, app, told["code"], code_verifier=VERIFIER)
        assert (told["state"], granted.status_code, granted.json()["scope"]) == ("s", 200, SCOPES)
        assert exchange(client, app, told["code"], code_verifier=VERIFIER).status_code == 400
        client.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        assert client.post("/api/v1/statuses", json={"status": "Fog"}).status_code == 200
        assert client.post("/api/v2/media").status_code == 403
        assert client.get("/api/v1/apps/verify_credentials").json()["scopes"] == SCOPES.split()


def test_the_answers_are_as_the_api_documents_them(fake: MastodonFake) -> None:
    with http(fake) as client:
        app = register(client).json()
        token = exchange(client, app, back(authorize(client, app))["code"]).json()
        assert agrees("mastodon", "CredentialApplication", app)
        assert agrees("mastodon", "Token", token)
        metadata = client.get("/.well-known/oauth-authorization-server").json()
        assert agrees("mastodon", "DiscoverOauthServerConfigurationResponse", metadata)


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": SHOWN},
        {"client_secret": "guessed"},
        {"code_verifier": "another"},
        {"code_verifier": ""},
        {"code": "guessed"},
        {"grant_type": "password"},
        {"colour": "red"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_code_that_is_shown_wrongly_brings_nothing(fake: MastodonFake, wrong: dict[str, str]) -> None:
    with http(fake) as client:
        app = register(client, f"{HERE}\n{SHOWN}").json()
        code = back(authorize(client, app, **PKCE))["code"]
        assert exchange(client, app, code, **{"code_verifier": VERIFIER} | wrong).status_code in (400, 401)
        assert fake.logins.tokens == {}


def test_a_redirect_address_or_a_scope_that_was_not_registered_is_refused(fake: MastodonFake) -> None:
    with http(fake) as client:
        app = register(client).json()
        assert authorize(client, app, "http://127.0.0.1:8010/callback/").status_code == 400
        assert authorize(client, app, SHOWN).status_code == 400
        assert authorize(client, {"client_id": "7"}).status_code == 400
        assert back(authorize(client, app, scope="write"))["error"] == "invalid_scope"
        assert "error" in back(authorize(client, app, code_challenge=CHALLENGE, code_challenge_method="plain"))


@pytest.mark.parametrize("wrong", [{"scopes": "fly"}, {"redirects": "here"}, {"redirects": ""}, {"colour": "red"}])
def test_a_registration_with_a_mistake_is_refused(fake: MastodonFake, wrong: dict[str, str]) -> None:
    with http(fake) as client:
        assert register(client, **wrong).status_code == 422


def test_five_registrations_are_taken_in_ten_minutes(fake: MastodonFake) -> None:
    with http(fake) as client:
        assert [register(client).status_code for _ in range(6)] == [200] * 5 + [429]


def test_pixelfed_takes_one_redirect_address_and_two_scopes() -> None:
    with MastodonFake("pixelfed") as fake, http(fake) as client:
        assert client.get("/.well-known/oauth-authorization-server").status_code == 404
        both = register(client, f"{HERE}\n{SHOWN}", "read write").json()
        assert authorize(client, both, scope="read write").status_code == 400, "both together are the one that it knows"
        app = register(client, HERE, "read write").json()
        assert back(authorize(client, app))["error"] == "invalid_scope"
        told = exchange(client, app, back(authorize(client, app, scope="read write"))["code"]).json()
        assert told["expires_in"] == 356 * 86_400


# MiAuth


def approve(client: httpx.Client, session: str, **more: str) -> httpx.Response:
    query = {"name": "socialbot", "callback": HERE, "permission": "read:account,write:notes"}
    return client.get(f"/miauth/{session}", params=query | more)


def test_a_session_brings_its_token_once_with_its_permissions() -> None:
    session = str(uuid.uuid4())
    with MisskeyFake() as fake, http(fake) as client:
        assert client.post(f"/api/miauth/{session}/check", json={}).json() == {"ok": False}
        assert back(approve(client, session)) == {"session": session}
        granted = client.post(f"/api/miauth/{session}/check", json={}).json()
        assert granted["ok"] is True
        assert client.post(f"/api/miauth/{session}/check", json={}).json() == {"ok": False}
        client.headers["Authorization"] = f"Bearer {granted['token']}"
        assert client.post("/api/notes/create", json={"text": "Fog"}).status_code == 200
        assert client.post("/api/drive/files/show", json={"fileId": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("session", "wrong"),
    [
        ("s", {}),
        (str(uuid.UUID(int=7)), {"permission": "write:everything"}),
        (str(uuid.UUID(int=7)), {"callback": "javascript:alert(1)"}),
        (str(uuid.UUID(int=7)), {"colour": "red"}),
    ],
)
def test_a_session_with_a_mistake_is_refused(session: str, wrong: dict[str, str]) -> None:
    with MisskeyFake() as fake, http(fake) as client:
        assert approve(client, session, **wrong).status_code == 400
        assert fake.sessions.tokens == {}
