"""Who calls X: requests signed by OAuth 1.0a (RFC 5849), and OAuth 2 tokens of two hours whose refresh tokens work once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from socialbot.testing.fakes.server import Answer, Clock, Refusal, Request

CONSUMER = ("fakeConsumerKey0000000001", "fakeConsumerSecret000000000000000000000000000000001")
ACCESS = ("1400000000000000001-fakeAccessToken", "fakeAccessTokenSecret0000000000000000000000001")
CLIENT = ("fakeClientId", "fakeClientSecret")
SCOPES = "tweet.read tweet.write users.read media.write offline.access"
CODE_LIFE = timedelta(seconds=30)
_CLOCK_SKEW = timedelta(minutes=5)
_SIGNED = {"oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_signature_method", "oauth_timestamp", "oauth_token"}


def signature(method: str, url: str, fields: Mapping[str, str], consumer_secret: str, token_secret: str) -> str:
    """HMAC-SHA1 of a request (RFC 5849, 3.4): `fields` are the query's and the header's, but for the signature itself."""
    told = "&".join(f"{key}={value}" for key, value in sorted((_encoded(key), _encoded(fields[key])) for key in fields))
    base = "&".join(_encoded(part) for part in (method.upper(), url, told))
    key = f"{_encoded(consumer_secret)}&{_encoded(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def unauthorized(detail: str = "Unauthorized") -> Refusal:
    """A caller who is not known."""
    return Refusal(Answer(401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": detail}))


@dataclass(slots=True)
class _Code:
    redirect_uri: str
    challenge: str
    scope: str
    ends: datetime


@dataclass(slots=True)
class Logins:
    """What X knows of who may call. `takes_signatures` False: the app's keys were made anew."""

    clock: Clock
    takes_signatures: bool = True
    redirects: frozenset[str] = frozenset({"http://127.0.0.1:8009/callback/"})
    """What is registered, letter by letter."""
    life: timedelta = timedelta(hours=2)
    """How long an access token lasts."""
    renewals: int = 0
    _nonces: set[str] = field(default_factory=set)
    _access: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    _refresh: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _number: int = 0

    def grant(self, scope: str = SCOPES) -> dict[str, Any]:
        """A new access token, and a refresh token where the scope has offline.access."""
        self._number += 1
        access, refresh = f"fakeAccess{self._number:06}", f"fakeRefresh{self._number:06}"
        self._access[access] = (self.clock() + self.life, scope)
        granted: dict[str, Any] = {"token_type": "bearer", "expires_in": int(self.life.total_seconds()), "scope": scope}
        if "offline.access" in scope.split():
            self._refresh[refresh] = scope
            granted["refresh_token"] = refresh
        return granted | {"access_token": access}

    def revoke(self) -> None:
        """The person takes the app's rights away."""
        self.takes_signatures = False
        self._access.clear()
        self._refresh.clear()

    def enter(self, request: Request, base: str, scope: str) -> None:
        """Let a request in. Raises Refusal: 401 for a caller who is not known, 403 for one without the right."""
        kind, _, told = request.headers.get("Authorization", "").partition(" ")
        if kind == "OAuth":
            self._verify(request, base, told)
        elif kind == "Bearer":
            ends, granted = self._access.get(told, (self.clock(), ""))
            if ends <= self.clock():
                raise unauthorized()
            if scope not in granted.split():
                detail = f"The token lacks the scope {scope}."
                raise Refusal(Answer(403, {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": detail}))
        else:
            raise unauthorized()

    def _verify(self, request: Request, base: str, told: str) -> None:
        given = {key: unquote(value) for key, value in re.findall(r'(\w+)="([^"]*)"(?:,\s*|$)', told)}
        if set(given) - {"oauth_version"} != _SIGNED or given["oauth_signature_method"] != "HMAC-SHA1":
            raise unauthorized()
        told_at = given["oauth_timestamp"]
        skew = abs(self.clock().timestamp() - int(told_at)) if told_at.isdecimal() else float("inf")
        known = (given["oauth_consumer_key"], given["oauth_token"]) == (CONSUMER[0], ACCESS[0]) and self.takes_signatures
        if not known or skew > _CLOCK_SKEW.total_seconds() or given["oauth_nonce"] in self._nonces:
            raise unauthorized()
        self._nonces.add(given["oauth_nonce"])
        fields = {key: value for key, value in given.items() if key != "oauth_signature"} | dict(request.query)
        right = signature(request.method, f"{base}{request.path}", fields, CONSUMER[1], ACCESS[1])
        if not hmac.compare_digest(right, given["oauth_signature"]):
            raise unauthorized()

    # OAuth 2

    def authorize(self, request: Request) -> Answer:
        """The person is logged in and says yes."""
        asked = request.query
        wanted = {"response_type": "code", "client_id": CLIENT[0], "code_challenge_method": "S256"}
        if any(asked.get(key) != value for key, value in wanted.items()) or asked.get("redirect_uri") not in self.redirects:
            return Answer(400, {"error": "invalid_request", "error_description": "Something went wrong."})
        self._number += 1
        code = f"code{self._number}"
        ends = self.clock() + CODE_LIFE
        self._codes[code] = _Code(asked["redirect_uri"], asked.get("code_challenge", ""), asked.get("scope", ""), ends)
        return Answer(302, None, {"Location": f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], 'code': code})}"})

    def token(self, request: Request) -> Answer:
        """A code or a refresh token becomes an access token; both work once."""
        if request.media_type != "application/x-www-form-urlencoded":
            return _no("invalid_request", "The body must be a form.")
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), strict_parsing=False))
        if (refused := self._client(request, form)) is not None:
            return refused
        if form.get("grant_type") == "authorization_code":
            return self._by_code(form)
        if form.get("grant_type") == "refresh_token":
            scope = self._refresh.pop(form.get("refresh_token", ""), None)
            if scope is None:
                return _no("invalid_request", "Value passed for the token was invalid.")
            self.renewals += 1
            return Answer(200, self.grant(scope))
        return _no("unsupported_grant_type", "The grant is not known.")

    def _client(self, request: Request, form: Mapping[str, str]) -> Answer | None:
        """A confidential client names itself by HTTP Basic, and never in the form."""
        basic = base64.b64encode(":".join(CLIENT).encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}" or "client_secret" in form:
            return Answer(401, {"error": "unauthorized_client", "error_description": "Missing valid authorization header"})
        return None

    def _by_code(self, form: Mapping[str, str]) -> Answer:
        code = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if code is None or code.ends < self.clock() or code.redirect_uri != form.get("redirect_uri"):
            return _no("invalid_request", "Value passed for the authorization code was invalid.")
        if code.challenge != challenge.decode():
            return _no("invalid_request", "Value passed for the code verifier was invalid.")
        return Answer(200, self.grant(code.scope))


def _no(error: str, said: str) -> Answer:
    return Answer(400, {"error": error, "error_description": said})


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
