"""The ledger: the single record of what was accepted, what is due, what was sent, and what a person decided."""

from __future__ import annotations

from pathlib import Path

from socialbot.ledger.accepting import Accepting
from socialbot.ledger.deciding import Deciding
from socialbot.ledger.opening import open_engine
from socialbot.ledger.store import Clock


class Ledger(Accepting, Deciding):
    """The store as the rest of the program asks it."""

    @classmethod
    def open(cls, url: str, home: Path, clock: Clock) -> Ledger:
        """Open and migrate the store. Raises Mistake."""
        return cls(open_engine(url, home), clock)
