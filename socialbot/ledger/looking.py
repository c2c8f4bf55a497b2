"""What can be asked of the ledger; nothing here changes it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, exists, func, or_, select

from socialbot.ledger.pausing import is_paused, paused_accounts
from socialbot.ledger.places import Places
from socialbot.ledger.rows import Delivery, Event, Send
from socialbot.ledger.schema import Kind, Moment, State, accounts, deliveries, events, limits, posts, sends
from socialbot.ledger.store import Store
from socialbot.nouns import Post, WrongUse, thaw

_NOW = bindparam("now", type_=Moment())
_LIMITED = limits.c.until > _NOW
_NEXT_DUE = (
    select(deliveries.c.due_at)
    .where(
        deliveries.c.due_at.is_not(None),
        deliveries.c.account.not_in(select(limits.c.account).where(_LIMITED)),
        or_(deliveries.c.state != "queued", deliveries.c.account.not_in(paused_accounts(_NOW))),
    )
    .order_by(deliveries.c.due_at)
    .limit(1)
)
_PAUSE_ENDS = select(func.min(accounts.c.paused_until)).where(
    is_paused(_NOW), exists().where(deliveries.c.account == accounts.c.name, deliveries.c.due_at.is_not(None))
)
_LIMIT_ENDS = select(func.min(limits.c.until)).where(
    _LIMITED, exists().where(deliveries.c.account == limits.c.account, deliveries.c.due_at.is_not(None))
)
_DELIVERY = select(deliveries).where(deliveries.c.id == bindparam("the_id"))
_FEW = 1_000
_SENDS_OF = select(sends).where(sends.c.delivery == bindparam("the_id")).order_by(sends.c.id)


class Looking(Store):
    """Deliveries, their sends and their history."""

    def delivery(self, name: str) -> Delivery:
        """The delivery whose id begins with `name`. Raises Mistake when there is none, or more than one."""
        with self.reading() as connection:
            found = connection.execute(_DELIVERY, {"the_id": name}).mappings().all()
            if not found:  # a person wrote its beginning; no index helps with that
                query = select(deliveries).where(deliveries.c.id.startswith(name, autoescape=True)).limit(2)
                found = connection.execute(query).mappings().all()
        if len(found) != 1 or not name:
            what = f'no delivery has the id "{name}"' if not found else f'"{name}" begins the id of several deliveries'
            raise WrongUse(what, fix="socialbot queue lists them")
        return Delivery.of(found[0])

    def deliveries(
        self, state: State | None = None, account: str | None = None, post: str | None = None, kind: Kind | None = None
    ) -> list[Delivery]:
        """Deliveries, the soonest due first, then the latest changed."""
        query = select(deliveries).order_by(deliveries.c.due_at.is_(None), deliveries.c.due_at, deliveries.c.updated_at.desc())
        asked = {"state": state, "account": account, "post": post, "kind": kind}
        for column, value in asked.items():
            if value is not None:
                query = query.where(deliveries.c[column] == value)
        with self.reading() as connection:
            return [Delivery.of(row) for row in connection.execute(query).mappings()]

    def post_of(self, source: str) -> Post | None:
        """The post that was last accepted from a source, or whose address it is."""
        query = select(posts.c.id, posts.c.frozen).where(or_(posts.c.source == source, posts.c.url == source))
        with self.reading() as connection:
            row = connection.execute(query.order_by(posts.c.received_at.desc()).limit(1)).first()
        # Drafted anew from elsewhere, it keeps the id under which it first came.
        return replace(thaw(Post, row.frozen), id=row.id) if row else None

    def post(self, post_id: str) -> Post:
        """A post as it was accepted."""
        with self.reading() as connection:
            return thaw(Post, connection.execute(select(posts.c.frozen).where(posts.c.id == post_id)).scalar_one())

    @contextmanager
    def places(self) -> Iterator[Places]:
        """The places of accounts in their timetables, for as long as a new one is looked for."""
        with self.engine.begin() as connection:
            yield Places(connection)

    def waiting(self, account: str, until: datetime) -> list[tuple[Delivery, str]]:
        """What an account has due until then, the soonest first, each with its post's title."""
        mine = (deliveries.c.account == account) & (deliveries.c.due_at <= until)
        query = select(deliveries, posts.c.title).join(posts, posts.c.id == deliveries.c.post).where(mine)
        with self.reading() as connection:
            rows = [dict(row) for row in connection.execute(query.order_by(deliveries.c.due_at)).mappings()]
        titles = [row.pop("title") for row in rows]
        return list(zip(map(Delivery.of, rows), titles, strict=True))

    def titles(self, of: Collection[str]) -> dict[str, str]:
        """Post id → title. Of few posts those are looked up; of many the whole table is read, which is quicker then."""
        query = select(posts.c.id, posts.c.title)
        if len(of) <= _FEW:
            query = query.where(posts.c.id.in_(of))
        with self.reading() as connection:
            return {row.id: row.title for row in connection.execute(query)}

    def sends(self, delivery: str) -> list[Send]:
        """The irreversible calls of a delivery, in order."""
        with self.reading() as connection:
            return [Send.of(row) for row in connection.execute(_SENDS_OF, {"the_id": delivery}).mappings()]

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
        """The moment at which the next delivery can go: when it is due, and its account is not left alone any more.

        Of what waits on a paused account that is when the pause ends, if ever.
        """
        now = {"now": self.clock()}
        with self.reading() as connection:
            moments = (connection.execute(query, now).scalar() for query in (_NEXT_DUE, _PAUSE_ENDS, _LIMIT_ENDS))
            return min(filter(None, moments), default=None)
