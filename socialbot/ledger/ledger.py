"""The ledger: the single record of what was accepted, what is due, what was sent, and what a person decided."""

from __future__ import annotations

from pathlib import Path

from socialbot.ledger.accepting import Accepting
from socialbot.ledger.changing import Changing
from socialbot.ledger.deciding import Deciding
from socialbot.ledger.heartbeats import Heartbeats
from socialbot.ledger.measuring import Measuring
from socialbot.ledger.opening import open_engine
from socialbot.ledger.pausing import Pausing
from socialbot.ledger.store import Clock
from socialbot.ledger.sweeping import Sweeping
from socialbot.ledger.telling import Telling


class Ledger(Accepting, Deciding, Changing, Heartbeats, Measuring, Pausing, Sweeping, Telling):
    """The store as the rest of the program asks it."""

    @classmethod
    def open(cls, url: str, home: Path, clock: Clock | None = None) -> Ledger:
        """Open the store, its tables up to date. No `clock`: the machine's, and for leases the server's. Raises Mistake."""
        return cls(open_engine(url, home), clock)
