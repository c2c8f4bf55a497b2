"""MiAuth, by which a Misskey server hands out a token in the browser: misskey-hub.net/docs: MiAuth, 2026-05."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

import httpx

from socialbot.networks.calling import Line
from socialbot.networks.login import Session
from socialbot.networks.protocol import NeedsLogin


@dataclass(frozen=True, slots=True)
class MiAuth:
    """How one account is let in: a session, which is the state of the attempt, is approved, and brings a token once."""

    server: str
    permissions: tuple[str, ...]
    redirect: Literal["any"] = "any"
    answers: ClassVar[tuple[str, str]] = ("session", "session")

    def authorize(self, redirect_uri: str, state: str, verifier: str) -> str:
        """The address at which a person lets us in."""
        query = {"name": "socialbot", "callback": redirect_uri, "permission": ",".join(self.permissions)}
        return str(httpx.URL(f"{self.server}/miauth/{state}", params=query))

    async def exchange(self, line: Line, code: str, redirect_uri: str, verifier: str, now: datetime) -> Session:
        """The session that was approved, with its token. Raises NetworkError: NeedsLogin when there is no token for it."""
        answer = await line.ask("POST", f"{self.server}/api/miauth/{code}/check", json={})
        if answer.status != 200:
            raise line.trouble(answer, answer.text("error", "message"))
        if answer.get("ok") is not True or not answer.text("token"):
            fix = f"Begin anew, and accept what the server's page asks: socialbot connect {line.network.lower()}."
            raise NeedsLogin(f"{line.network}: the server has no token for this login.", fix)
        return {"access_token": answer.text("token"), "since": now.isoformat()}

    def secrets(self) -> list[str]:
        """All that must stand in no sentence."""
        return []
