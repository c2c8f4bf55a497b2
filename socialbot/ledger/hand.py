"""One worker's hand in the ledger: whose it is, how long it may keep what it holds, and how it changes that.

Statements that every delivery needs are built once, here and in the rooms beside: to build one anew takes four times as long
as to run it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, update

from socialbot.ledger.ledger import Ledger
from socialbot.ledger.rows import Delivery
from socialbot.ledger.schema import State, deliveries

_MOVE = update(deliveries).where(
    deliveries.c.id == bindparam("the_id"), deliveries.c.fence == bindparam("the_fence"), deliveries.c.state == "running"
)
"""Change a delivery that is still ours."""


class Lost(Exception):
    """The delivery is no longer ours: a person cancelled it, or another worker took it over."""


@dataclass(frozen=True, slots=True)
class Hand:
    """The hand of one worker, named `owner`, in the ledger."""

    ledger: Ledger
    owner: str
    lease_s: float

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.lease_s)

    @contextmanager
    def _writing(self, connection: Connection | None) -> Iterator[Connection]:
        """The transaction that is given, else one of its own."""
        if connection is not None:
            yield connection
        else:
            with self.ledger.shared.begin() as own:
                yield own

    def _renew(self, connection: Connection, delivery: Delivery, **values: Any) -> None:
        """The lease begins anew, by the clock that all workers share. Raises Lost."""
        self._move(connection, delivery, "running", self._lease_end(self.ledger.lease_clock(connection)), **values)

    def _move(self, connection: Connection, delivery: Delivery, state: State, due_at: datetime | None, **values: Any) -> None:
        known = {"the_id": delivery.id, "the_fence": delivery.fence, "updated_at": self.ledger.clock()}
        if connection.execute(_MOVE, {"state": state, "due_at": due_at, **known, **values}).rowcount != 1:
            raise Lost(f"{delivery.id} is no longer ours")
