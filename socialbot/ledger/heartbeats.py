"""Who is at work: every worker says so every few seconds, for those who watch. No delivery depends on it.

Machines' clocks differ, so heartbeats go by the clock that all workers of a store share.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from socialbot.ledger import dialects
from socialbot.ledger.schema import pulse, workers
from socialbot.ledger.store import Store

BEAT_EVERY_S = 10
FRESH_S = 30.0
"""A worker that has not said so for longer than this is taken for gone."""
_FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Beat:
    """A worker, and when it last said that it is at work."""

    owner: str
    host: str
    started_at: datetime
    beat_at: datetime


def watched_since(connection: Connection, now: datetime) -> datetime | None:
    """Since when some worker was at work in this store without a break; None when none is now.

    A store that was replaced by its backup has a break from that backup on, since no worker beat in it meanwhile.
    """
    row = connection.execute(select(pulse)).first()
    fresh = row is not None and abs(now - row.beat_at) <= timedelta(seconds=FRESH_S)
    return row.since if row and fresh else None


class Heartbeats(Store):
    """The table of workers."""

    def beat(self, owner: str, host: str) -> None:
        """This worker is at work; those that have been silent for a day are forgotten."""
        with self.shared.begin() as connection:
            now = self.lease_clock(connection)
            alive = update(workers).where(workers.c.owner == owner).values(beat_at=now)
            if not connection.execute(alive).rowcount:
                connection.execute(insert(workers).values(owner=owner, host=host, started_at=now, beat_at=now))
            connection.execute(delete(workers).where(workers.c.beat_at < now - _FORGOTTEN))
            dialects.upsert(connection, pulse, {"id": 1}, since=watched_since(connection, now) or now, beat_at=now)

    def leave(self, owner: str) -> None:
        """This worker has ended, as it should."""
        with self.shared.begin() as connection:
            connection.execute(delete(workers).where(workers.c.owner == owner))

    def beats(self) -> list[Beat]:
        """Every worker of the last day that did not end as it should, the latest heard of first."""
        with self.reading() as connection:
            query = select(workers).order_by(workers.c.beat_at.desc())
            return [Beat(**row) for row in connection.execute(query).mappings()]

    def at_work(self) -> int:
        """How many workers have been heard of lately."""
        with self.reading() as connection:
            fresh = self.lease_clock(connection) - timedelta(seconds=FRESH_S)
            query = select(func.count()).select_from(workers).where(workers.c.beat_at >= fresh)
            return connection.execute(query).scalar_one()
