"""The store's two doors, and what every room of the ledger writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine, insert

from socialbot.ledger.schema import events

Clock = Callable[[], datetime]


class Store:
    """A migrated database. Every method of its subclasses is one transaction; times come from `clock`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine, self.clock = engine, clock

    def reading(self) -> Connection:
        """A connection that only reads and keeps no writer waiting."""
        return self.engine.connect().execution_options(reading=True)


def write_event(connection: Connection, delivery: str, at: datetime, what: str, detail: str) -> None:
    """One line of history, in the transaction that makes it true."""
    connection.execute(insert(events).values(delivery=delivery, at=at, what=what, detail=detail))
