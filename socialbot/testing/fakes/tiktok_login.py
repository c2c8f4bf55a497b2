"""TikTok's tokens: two hours of access, and a refresh token of 180 days that works once.

Facts: reference page on TikTok, section 1.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from socialbot.testing.fakes.server import Answer, Request

CLIENT = ("fog-client-key", "fake-tiktok-secret")
REDIRECT = "http://127.0.0.1:8009/callback/"
ACCESS_LASTS, REFRESH_LASTS = timedelta(hours=2), timedelta(days=180)
OPEN_ID = "-000fog"
_FORMS = {
    "authorization_code": {"client_key", "client_secret", "grant_type", "code", "redirect_uri", "code_verifier"},
    "refresh_token": {"client_key", "client_secret", "grant_type", "refresh_token"},
}


@dataclass(slots=True)
class Token:
    """An access token's permissions and its end."""

    scopes: tuple[str, ...]
    ends: datetime


@dataclass(slots=True)
class Logins:
    """What one app was granted. `life`: of access tokens."""

    life: timedelta = ACCESS_LASTS
    tokens: dict[str, Token] = field(default_factory=dict)
    _refreshing: dict[str, Token] = field(default_factory=dict)
    _codes: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def issue(self, scopes: Sequence[str], ends: datetime) -> str:
        """A token with these permissions."""
        token = f"act.fake-{len(self.tokens) + 1:04}"
        self.tokens[token] = Token(tuple(scopes), ends)
        return token

    def grant(self, challenge: str, scopes: Sequence[str]) -> str:
        """The person lets the app in: a code, good for one login with the verifier of this challenge."""
        code = f"code-{len(self._codes) + len(self.tokens) + 1}"
        self._codes[code] = (challenge, tuple(scopes))
        return code

    def access_token(self, request: Request, now: datetime) -> Answer:
        """The token endpoint; its errors are flat, unlike all others."""
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        wanted = _FORMS.get(form.get("grant_type", ""))
        if request.media_type != "application/x-www-form-urlencoded" or set(form) != wanted:
            return _error("invalid_request", "Request parameters are malformed.")
        if (form["client_key"], form["client_secret"]) != CLIENT:
            return _error("invalid_client", "Client key or secret is incorrect.")
        scopes = self._by_code(form) if "code" in form else self._by_refresh(form["refresh_token"], now)
        if scopes is None:
            return _error("invalid_grant", "Authorization code or refresh token is expired or used.")
        refresh = f"rft.fake-{len(self.tokens) + 1:04}"
        self._refreshing[refresh] = Token(scopes, now + REFRESH_LASTS)
        told: dict[str, Any] = {"access_token": self.issue(scopes, now + self.life), "refresh_token": refresh}
        told |= {"expires_in": int(self.life.total_seconds()), "refresh_expires_in": int(REFRESH_LASTS.total_seconds())}
        return Answer(body=told | {"open_id": OPEN_ID, "scope": ",".join(scopes), "token_type": "Bearer"})

    def _by_code(self, form: dict[str, str]) -> tuple[str, ...] | None:
        challenge, scopes = self._codes.pop(form["code"], ("", ()))
        proven = hashlib.sha256(form["code_verifier"].encode()).hexdigest() == challenge
        return scopes if proven and form["redirect_uri"] == REDIRECT else None

    def _by_refresh(self, token: str, now: datetime) -> tuple[str, ...] | None:
        known = self._refreshing.pop(token, None)
        return known.scopes if known and known.ends > now else None


def _error(name: str, said: str) -> Answer:
    return Answer(400, {"error": name, "error_description": said, "log_id": "2026fake"})
