"""The store's two doors, and what every room of the ledger writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from socialbot.ledger import dialects
from socialbot.ledger.schema import events

Clock = Callable[[], datetime]
OUT_OF_REACH = (OperationalError, InterfaceError, InternalError, NoConnection)
"""What a store raises that may answer later: its server restarts, its disk is full, its file is locked."""
_EVENT = insert(events).inline()  # nobody asks for its number


class Store:
    """A migrated database. Every method of its subclasses is one transaction; times come from `clock`.

    Leases go by `lease_clock`: the machine's own on SQLite, the server's on PostgreSQL, unless a test holds one clock still
    for both.
    """

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        self.engine, self.clock = engine, clock or _utc_now
        self.shared = engine.execution_options(shared=True)
        """For what a worker does with its own deliveries: on PostgreSQL many workers do so at once, and no decision beside."""
        self._of_server = clock is None

    def lease_clock(self, connection: Connection) -> datetime:
        """Now, by the one clock that all workers of this store share."""
        return (dialects.server_clock(connection) if self._of_server else None) or self.clock()

    def reading(self) -> Connection:
        """A connection that only reads and keeps no writer waiting."""
        return self.engine.connect().execution_options(reading=True)


def write_event(connection: Connection, delivery: str, at: datetime, what: str, detail: str) -> None:
    """One line of history, in the transaction that makes it true."""
    connection.execute(_EVENT, {"delivery": delivery, "at": at, "what": what, "detail": detail})


def _utc_now() -> datetime:
    return datetime.now(UTC)
