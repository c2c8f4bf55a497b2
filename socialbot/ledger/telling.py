"""What a person was told of and what they still have to be: each notice is claimed before it goes out, by one worker."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, String, and_, cast, insert, literal_column, or_, select, update
from sqlalchemy.exc import IntegrityError

from socialbot.ledger.measuring import needs_a_person
from socialbot.ledger.schema import State, deliveries, events, notices, posts
from socialbot.ledger.store import Store
from socialbot.nouns import Held, thaw

TRIES = 5
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 60))
"""After a try that did not succeed, or whose worker died."""


@dataclass(frozen=True, slots=True)
class Untold:
    """A delivery that came to a state of which a person has to be told, and the key of that notice."""

    key: str
    delivery: str
    title: str
    account: str
    state: State
    error: str | None
    held: Held | None


class Telling(Store):
    """The notices. `channel` is one way to tell them: what one could not be told is not told another twice."""

    def untold(self, channel: str, since: datetime, most: int) -> list[Untold]:
        """Deliveries that failed, were held or missed since then, and of which this channel was not told yet."""
        key = deliveries.c.state + ":" + deliveries.c.id + ":" + cast(deliveries.c.fence, String) + "@" + channel
        query = (
            select(key.label("key"), deliveries, posts.c.title)
            .join(posts, posts.c.id == deliveries.c.post)
            .outerjoin(notices, notices.c.key == key)
            .where(
                needs_a_person(),
                deliveries.c.updated_at >= since,
                or_(notices.c.key.is_(None), self._is_open()),
            )
            .order_by(deliveries.c.updated_at)
            .limit(most)
        )
        with self.reading() as connection:
            return [
                Untold(
                    row.key, row.id, row.title, row.account, row.state, row.error, thaw(Held, row.held) if row.held else None
                )
                for row in connection.execute(query)
            ]

    def untold_absences(self, channel: str, since: datetime, most: int) -> list[Untold]:
        """Deliveries that the network said are out and then did not show, and of which this channel was not told yet."""
        key = "not shown:" + deliveries.c.id + "@" + channel
        query = (
            select(key.label("key"), deliveries.c.id, deliveries.c.account, deliveries.c.state, events.c.detail, posts.c.title)
            .select_from(events)
            .join(deliveries, deliveries.c.id == events.c.delivery)
            .join(posts, posts.c.id == deliveries.c.post)
            .outerjoin(notices, notices.c.key == key)
            # A literal, by which the databases know the index of these events.
            .where(events.c.what == literal_column("'not shown'"), events.c.at >= since)
            .where(or_(notices.c.key.is_(None), self._is_open()))
            .order_by(events.c.at)
            .limit(most)
        )
        with self.reading() as connection:
            rows = {row.key: row for row in connection.execute(query)}
        return [Untold(row.key, row.id, row.title, row.account, row.state, row.detail, None) for row in rows.values()]

    def open_notices(self, keys: Collection[str]) -> set[str]:
        """Those of these keys that nobody was told of, and that nobody is just telling."""
        query = select(notices.c.key).where(notices.c.key.in_(keys), ~self._is_open())
        with self.reading() as connection:
            return set(keys) - set(connection.execute(query).scalars())

    def claim_notices(self, keys: Collection[str]) -> set[str]:
        """Those of these notices that the caller shall tell now; whoever else asks meanwhile gets none of them."""
        now = self.clock()
        query = select(notices.c.key, notices.c.tries, self._is_open().label("open")).where(notices.c.key.in_(keys))
        try:
            with self.shared.begin() as connection:
                known = {row.key: row for row in connection.execute(query)}
                fresh = [{"key": key, "at": now + _WAITS[0], "tries": 1} for key in keys if key not in known]
                if fresh:
                    connection.execute(insert(notices), fresh)
                again = {row.key for row in known.values() if row.open and self._claim_again(connection, row.key, row.tries)}
        except IntegrityError:  # another worker was quicker; what it did not take is there the next time
            return set()
        return again | (set(keys) - set(known))

    def _claim_again(self, connection: Connection, key: str, tries: int) -> bool:
        same = (notices.c.key == key, notices.c.tries == tries)
        values = {"tries": tries + 1, "at": self.clock() + _WAITS[tries]}
        return connection.execute(update(notices).where(*same).values(**values)).rowcount == 1

    def note_told(self, keys: Collection[str]) -> None:
        """These notices went out."""
        with self.shared.begin() as connection:
            connection.execute(update(notices).where(notices.c.key.in_(keys)).values(told_at=self.clock()))

    def _is_open(self) -> ColumnElement[bool]:
        """Of a notice that was claimed before: did that come to nothing, and is it time for another try?"""
        return and_(notices.c.told_at.is_(None), notices.c.tries < TRIES, notices.c.at <= self.clock())
