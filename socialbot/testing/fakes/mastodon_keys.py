"""What becomes of an Idempotency-Key that is used again, which each server of Mastodon's family answers otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from socialbot.testing.fakes.mastodon_kinds import Kind
from socialbot.testing.fakes.server import Answer, Clock, Refusal

KEY_LIFE = timedelta(hours=1)
KEPT_LIFE = timedelta(hours=6)
"""So long Akkoma keeps an answer with its key."""


class Keys:
    """The keys that were used on one server, with the answers they had."""

    def __init__(self, kind: Kind, clock: Clock) -> None:
        self.kind, self.clock = kind, clock
        self._used: dict[str, tuple[Answer, datetime]] = {}

    def recall(self, key: str | None) -> Answer | None:
        """The answer that the server gives again. Raises Refusal where it refuses a key that was used."""
        if key is None or self.kind.keys == "ignored":
            return None
        answer, until = self._used.get(key, (None, self.clock()))
        if self.kind.keys == "refused":  # used up before anything is looked at, and so by an error as well
            self._used.setdefault(key, (Answer(), self.clock() + KEY_LIFE))
        if answer is None or until <= self.clock():
            return None
        if self.kind.keys == "refused":
            raise Refusal(Answer(400, {"error": "Duplicate idempotency key."}))
        return (
            replace(answer, headers={**answer.headers, "idempotent-replayed": "true"}) if self.kind.keys == "kept" else answer
        )

    def keep(self, key: str | None, answer: Answer) -> None:
        """Remember the answer to a key that has none; an error is remembered by some."""
        kept = self.kind.keys == "kept"
        if key and (kept or (self.kind.keys == "honoured" and answer.status < 400)):
            _, until = self._used.get(key, (None, self.clock()))
            if until <= self.clock():
                self._used[key] = (answer, self.clock() + (KEPT_LIFE if kept else KEY_LIFE))

    def forget(self) -> None:
        """As after an hour."""
        self._used.clear()
