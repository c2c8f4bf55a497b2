"""MiAuth: a session that a person approves in the browser brings a token once.

Facts: misskey-hub.net/docs: MiAuth, 2026-05; ApiServerService.ts and miauth.vue of Misskey, read 2026-11-21.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from socialbot.testing.fakes.misskey_entities import error
from socialbot.testing.fakes.misskey_form import read
from socialbot.testing.fakes.server import Answer, Refusal, Request, Route

PERMISSIONS = frozenset(
    f"{right}:{of}" for right in ("read", "write") for of in ("account", "drive", "notes", "notifications", "reactions")
) - {"read:notes"}


@dataclass(slots=True)
class Sessions:
    """What one account approved. `denies`: the person says no, and the browser stays where it is."""

    denies: bool = False
    tokens: dict[str, list[str]] = field(default_factory=dict)
    """The permissions of each token that was handed out."""
    _approved: dict[str, str] = field(default_factory=dict)

    def routes(self, user: object) -> Sequence[Route]:
        """The page, and the one question."""
        return (
            Route("GET", "/miauth/([^/]+)", self._page),
            Route("POST", "/api/miauth/([^/]+)/check", lambda request, session: self._check(request, session, user)),
        )

    def _page(self, request: Request, session: str) -> Answer:
        """A person, who is logged in, looks at what is asked, and says yes."""
        asked = request.query
        permissions, callback = asked.get("permission", "").split(","), asked.get("callback", "")
        known = set(asked) <= {"name", "icon", "callback", "permission"} and set(permissions) <= PERMISSIONS
        if not known or not _is_uuid(session) or (callback and urlsplit(callback).scheme not in ("http", "https")):
            raise Refusal(error(400, "INVALID_PARAM", "Invalid param."))
        if self.denies:
            return Answer(200)
        token = f"fake-miauth-{len(self.tokens) + 1}"
        self.tokens[token], self._approved[session] = permissions, token
        place = f"{callback}{'&' if urlsplit(callback).query else '?'}{urlencode({'session': session})}"
        return Answer(302, None, {"Location": place}) if callback else Answer(200)

    def _check(self, request: Request, session: str, user: object) -> Answer:
        read(request, {}, ())
        token = self._approved.pop(session, None)
        return Answer(body={"ok": True, "token": token, "user": user} if token else {"ok": False})


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
