"""What can be asked of the ledger; nothing here changes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from socialbot.ledger.rows import Delivery, Event, Send
from socialbot.ledger.schema import DUE_STATES, State, deliveries, events, posts, sends
from socialbot.ledger.store import Store
from socialbot.nouns import Post, WrongUse, thaw


class Looking(Store):
    """Deliveries, their sends and their history."""

    def delivery(self, name: str) -> Delivery:
        """The delivery whose id begins with `name`. Raises Mistake when there is none, or more than one."""
        with self.reading() as connection:
            query = select(deliveries).where(deliveries.c.id.startswith(name, autoescape=True)).limit(2)
            found = connection.execute(query).mappings().all()
        if len(found) != 1 or not name:
            what = f'no delivery has the id "{name}"' if not found else f'"{name}" begins the id of several deliveries'
            raise WrongUse(what, fix="socialbot queue lists them")
        return Delivery.of(found[0])

    def deliveries(self, state: State | None = None, account: str | None = None, post: str | None = None) -> list[Delivery]:
        """Deliveries, the soonest due first, then the latest changed."""
        query = select(deliveries).order_by(deliveries.c.due_at.is_(None), deliveries.c.due_at, deliveries.c.updated_at.desc())
        for column, value in ((deliveries.c.state, state), (deliveries.c.account, account), (deliveries.c.post, post)):
            if value is not None:
                query = query.where(column == value)
        with self.reading() as connection:
            return [Delivery.of(row) for row in connection.execute(query).mappings()]

    def post(self, post_id: str) -> Post:
        """A post as it was accepted."""
        with self.reading() as connection:
            return thaw(Post, connection.execute(select(posts.c.frozen).where(posts.c.id == post_id)).scalar_one())

    def taken_slots(self, account: str) -> set[datetime]:
        """The slots of an account that are spoken for."""
        with self.reading() as connection:
            return taken_slots(connection, account, self.clock())

    def titles(self) -> dict[str, str]:
        """Post id → title, of every post."""
        with self.reading() as connection:
            return {row.id: row.title for row in connection.execute(select(posts.c.id, posts.c.title))}

    def sends(self, delivery: str) -> list[Send]:
        """The irreversible calls of a delivery, in order."""
        with self.reading() as connection:
            query = select(sends).where(sends.c.delivery == delivery).order_by(sends.c.id)
            return [Send.of(row) for row in connection.execute(query).mappings()]

    def history(self, delivery: str) -> list[Event]:
        """What happened to a delivery, in order."""
        with self.reading() as connection:
            query = select(events).where(events.c.delivery == delivery).order_by(events.c.id)
            return [Event(row.at, row.what, row.detail) for row in connection.execute(query)]

    def counts(self) -> Mapping[str, int]:
        """How many deliveries are in each state."""
        with self.reading() as connection:
            query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
            return {row.state: row[1] for row in connection.execute(query)}

    def next_due(self) -> datetime | None:
        """The moment at which the next delivery is due."""
        with self.reading() as connection:
            due: datetime | None = connection.execute(select(func.min(deliveries.c.due_at))).scalar()
            return due


def taken_slots(connection: Connection, account: str, now: datetime) -> set[datetime]:
    """The slots of an account, from `now` on, that are spoken for."""
    query = select(deliveries.c.slot).where(
        deliveries.c.account == account, deliveries.c.slot >= now, deliveries.c.state.in_(DUE_STATES)
    )
    return {row.slot for row in connection.execute(query)}
