"""Applications that register themselves with a server of Mastodon's family, and codes that bring a token once.

Facts: docs.joinmastodon.org/methods/apps and /methods/oauth, 2026-07; Pixelfed, ApiV1Controller.php and
AuthServiceProvider.php; Hollo, src/api/v1/apps.ts, which refuses unknown fields; all read 2026-11-21.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from socialbot.testing.fakes import toot_form
from socialbot.testing.fakes.mastodon_kinds import Kind
from socialbot.testing.fakes.server import Answer, Clock, Refusal, Request, Route

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
CODE_LIFE = timedelta(minutes=10)
REGISTRATIONS, REGISTRATIONS_IN = 5, timedelta(minutes=10)
_APP: Mapping[str, Any] = {"client_name": "", "redirect_uris": "", "scopes": "read", "website": ""}
_TOKEN = {"grant_type", "code", "client_id", "client_secret", "redirect_uri", "code_verifier", "scope"}


@dataclass(frozen=True, slots=True)
class _App:
    secret: str
    redirects: tuple[str, ...]
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Code:
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    ends: datetime


@dataclass(slots=True)
class Logins:
    """What one server knows of applications. `registers`: its admin allows them; `denies`: the person says no."""

    kind: Kind
    clock: Clock
    registers: bool = True
    denies: bool = False
    tokens: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The scopes of each token that was handed out."""
    _apps: dict[str, _App] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _registered: list[datetime] = field(default_factory=list)
    _granted: int = 0

    def routes(self, url: str) -> Sequence[Route]:
        """The endpoints of a login."""
        return (
            Route("GET", "/.well-known/oauth-authorization-server", lambda _: self._metadata(url)),
            Route("POST", "/api/v1/apps", self._register),
            Route("GET", "/oauth/authorize", lambda request: self._authorize(request, url)),
            Route("POST", "/oauth/token", self._token),
        )

    def allowed(self, request: Request, by_hand: Mapping[str, Sequence[str]], scopes: Sequence[str]) -> list[str]:
        """The scopes of the call's token, which has one of these, or the wider one that holds it. Raises Refusal."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        had = {**by_hand, **self.tokens}.get(token)
        if kind != "Bearer" or had is None:
            raise self.kind.refuse("token")
        if scopes and not {scope for one in scopes for scope in (one, one.partition(":")[0])} & set(had):
            raise self.kind.refuse("scope")
        return list(had)

    def _metadata(self, url: str) -> Answer:
        """RFC 8414, where the server has it."""
        if not self.kind.takes_challenges:
            raise self.kind.refuse("missing")
        told: dict[str, Any] = {
            "issuer": f"{url}/",
            "authorization_endpoint": f"{url}/oauth/authorize",
            "token_endpoint": f"{url}/oauth/token",
            "app_registration_endpoint": f"{url}/api/v1/apps",
            "revocation_endpoint": f"{url}/oauth/revoke",
            "userinfo_endpoint": f"{url}/oauth/userinfo",
            "service_documentation": "https://docs.joinmastodon.org/",
            "scopes_supported": sorted(self.kind.scopes),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
        return Answer(body=told)

    def _register(self, request: Request) -> Answer:
        """Five in ten minutes; Pixelfed takes one redirect address, and its admin may take no application at all."""
        if not self.registers:
            raise Refusal(Answer(404, {"error": "Not found"}))
        self._registered = [one for one in self._registered if one + REGISTRATIONS_IN > self.clock()]
        if len(self._registered) >= REGISTRATIONS:
            raise Refusal(Answer(429, {"error": "Too many requests"}))
        try:
            given = toot_form.read(request, _APP)
        except ValueError as error:
            raise self._invalid(str(error)) from None
        redirects = tuple(given["redirect_uris"].split(None if self.kind.many_redirects else "\\n"))
        if not given["client_name"] or not redirects or not all(urlsplit(one).scheme for one in redirects):
            raise self._invalid("Redirect URI must be an absolute URI, and Name can't be blank")
        scopes = frozenset(given["scopes"].split())
        if self.kind.many_redirects and not scopes <= self.kind.scopes:  # Pixelfed looks at them when they are asked for
            raise self._invalid("Scopes doesn't match configured on the server.")
        self._registered.append(self.clock())
        number = len(self._apps) + 1
        self._apps[str(number)] = _App(f"fake-client-secret-{number}", redirects, scopes)
        told = {
            "id": str(number),
            "name": given["client_name"],
            "website": given["website"] or None,
            "redirect_uri": "\n".join(redirects),
            "redirect_uris": list(redirects),
            "client_id": str(number) if self.kind.many_redirects else number,
            "client_secret": f"fake-client-secret-{number}",
            "client_secret_expires_at": 0,
            "scopes": sorted(scopes),
            "vapid_key": "",
        }
        return Answer(body=told)

    def _authorize(self, request: Request, url: str) -> Answer:
        """The page at which a person, who is logged in, says yes; a redirect address that is not registered sees nothing."""
        asked = request.query
        app = self._apps.get(asked.get("client_id", ""))
        if app is None or asked.get("redirect_uri") not in app.redirects or asked.get("response_type") != "code":
            raise Refusal(Answer(400, {"error": "invalid_request", "error_description": "The redirect uri is not valid."}))
        back = asked["redirect_uri"] if asked["redirect_uri"] != OUT_OF_BAND else f"{url}/oauth/authorize/native"
        scopes = tuple(asked.get("scope", "read").split())
        if self.denies:
            return _sent(back, asked, error="access_denied", error_description="The resource owner denied the request.")
        wanted = app.scopes if self.kind.many_redirects else self.kind.scopes
        challenged = "code_challenge" in asked
        if not set(scopes) <= wanted or (challenged and asked.get("code_challenge_method") != "S256"):
            return _sent(back, asked, error="invalid_scope", error_description="The requested scope is invalid or unknown.")
        self._granted += 1
        code = f"fake-code-{self._granted}"
        challenge = asked.get("code_challenge", "") if self.kind.takes_challenges else ""
        ends = self.clock() + CODE_LIFE
        self._codes[code] = _Code(asked["client_id"], asked["redirect_uri"], scopes, challenge, ends)
        return _sent(back, asked, code=code)

    def _token(self, request: Request) -> Answer:
        """A code of this application becomes a token, once."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        app = self._apps.get(form.get("client_id", ""))
        if request.media_type != "application/x-www-form-urlencoded" or set(form) - _TOKEN:
            return _no("invalid_request", "A parameter is missing or not known.")
        if app is None or app.secret != form.get("client_secret"):
            return _no("invalid_client", "Client authentication failed.", 401)
        if form.get("grant_type") != "authorization_code":
            return _no("unsupported_grant_type", "The grant is not known.")
        code = self._codes.pop(form.get("code", ""), None)
        ours = code and (code.client_id, code.redirect_uri) == (form["client_id"], form.get("redirect_uri"))
        if code is None or not ours or code.ends <= self.clock():
            return _no("invalid_grant", "The provided authorization grant is invalid, expired or revoked.")
        if code.challenge != _challenge(form.get("code_verifier", "")):
            return _no("invalid_grant", "The code verifier is not the one of the challenge.")
        token = f"fake-login-{len(self.tokens) + 1}"
        self.tokens[token] = code.scopes
        told: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "scope": " ".join(code.scopes)}
        told["created_at"] = int(self.clock().timestamp())
        if self.kind.token_lasts_s:
            told |= {"expires_in": self.kind.token_lasts_s, "refresh_token": f"fake-refresh-{len(self.tokens)}"}
        return Answer(body=told)

    def _invalid(self, why: str) -> Refusal:
        return Refusal(Answer(422, {"error": f"Validation failed: {why}"}))


def _sent(back: str, asked: Mapping[str, str], **told: str) -> Answer:
    """The browser goes back with these words, and the state that it came with."""
    state = {"state": asked["state"]} if "state" in asked else {}
    return Answer(302, None, {"Location": f"{back}?{urlencode(told | state)}"})


def _no(error: str, said: str, status: int = 400) -> Answer:
    return Answer(status, {"error": error, "error_description": said})


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if verifier else ""
