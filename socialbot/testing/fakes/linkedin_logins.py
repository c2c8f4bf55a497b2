"""LinkedIn's tokens: codes that are good once, access tokens of 60 days, and refresh tokens for approved partners.

Facts: learn.microsoft.com/linkedin/shared/authentication, 3-legged OAuth flow; Refresh tokens, 2026-09.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from socialbot.testing.fakes.server import Answer, Request

TOKEN_LASTS, REFRESH_LASTS = timedelta(days=60), timedelta(days=365)
CLIENT = ("fog-app", "fog-app-secret")
_KNOWN = {"grant_type", "code", "redirect_uri", "client_id", "client_secret", "refresh_token"}


@dataclass(slots=True)
class Token:
    """An access token's permissions and its end."""

    scopes: tuple[str, ...]
    ends: datetime


@dataclass(slots=True)
class Logins:
    """What one app was granted."""

    tokens: dict[str, Token] = field(default_factory=dict)
    _refreshing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _granted: int = 0

    def issue(self, scopes: Sequence[str], now: datetime) -> str:
        """A token of 60 days with these permissions."""
        token = f"fake-linkedin-token-{len(self.tokens) + 1}"
        self.tokens[token] = Token(tuple(scopes), now + TOKEN_LASTS)
        return token

    def grant(self, scopes: Sequence[str]) -> str:
        """A code, good for one login."""
        self._granted += 1
        self._codes[f"code-{self._granted}"] = tuple(scopes)
        return f"code-{self._granted}"

    def access_token(self, request: Request, now: datetime, partner: bool) -> Answer:
        """The token endpoint."""
        form = dict(parse_qsl(request.body.decode()))
        if request.media_type != "application/x-www-form-urlencoded" or set(form) - _KNOWN:
            return _error(400, "invalid_request", "A parameter is missing or not known")
        if (form.get("client_id"), form.get("client_secret")) != CLIENT:
            return _error(401, "invalid_client", "Client authentication failed")
        if form.get("grant_type") == "refresh_token":
            scopes = self._refreshing.get(form.get("refresh_token", ""))
        else:
            scopes = self._codes.pop(form.get("code", ""), None) if "redirect_uri" in form else None
        if scopes is None:
            return _error(400, "invalid_grant", "The code or token is not valid any more")
        told: dict[str, Any] = {
            "access_token": self.issue(scopes, now),
            "expires_in": int(TOKEN_LASTS.total_seconds()),
            "scope": ",".join(scopes),
        }
        if partner:
            refresh = form.get("refresh_token") or f"fake-linkedin-refresh-{len(self._refreshing) + 1}"
            self._refreshing[refresh] = scopes
            told |= {"refresh_token": refresh, "refresh_token_expires_in": int(REFRESH_LASTS.total_seconds())}
        return Answer(body=told)


def _error(status: int, name: str, said: str) -> Answer:
    return Answer(status, {"error": name, "error_description": said})
