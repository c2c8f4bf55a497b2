"""What can be counted and timed in the ledger, for those who watch over it; nothing here changes it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, case, func, select, text

from socialbot.ledger.lanes import RESTS
from socialbot.ledger.pausing import paused_accounts
from socialbot.ledger.schema import QUIET_STATES, Outcome, State, accounts, deliveries, limits, posts, sends
from socialbot.ledger.store import Store
from socialbot.nouns import Room, thaw

_MOST_CALLS = 10_000
"""So many calls, the latest, are looked at: an agency's busiest hour."""
_SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


@dataclass(frozen=True, slots=True)
class Overdue:
    """The delivery that has waited longest, though nothing forbids it to go."""

    delivery: str
    network: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One irreversible call, in short."""

    network: str
    outcome: Outcome
    late_s: float | None
    """Seconds from the moment it was due to its beginning; None for what followed another call (a thread's next post)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account that its network, or we after repeated failures, leave alone until then."""

    account: str
    until: datetime
    why: str
    ours: bool
    """It is we who leave it alone."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A delivery that came into a state, and whose post that was."""

    delivery: str
    title: str
    account: str
    state: State
    error: str | None


class Measuring(Store):
    """Counts, times and sizes. Each is cheap at any size of the ledger, since it is asked for every few seconds."""

    def counts_by_network(self) -> dict[tuple[State, str], int]:
        """(State, network) → deliveries."""
        query = select(deliveries.c.state, deliveries.c.network, func.count()).group_by(
            deliveries.c.state, deliveries.c.network
        )
        with self.reading() as connection:
            return {(row.state, row.network): row[2] for row in connection.execute(query)}

    def overdue(self) -> Overdue | None:
        """What has waited longest of all that is due. What waits for a rate limit or a paused account is not; when that
        ends, its wait begins.
        """
        now = self.clock()
        since = _later(_later(deliveries.c.due_at, limits.c.until), accounts.c.paused_until)
        free = and_(since <= now, deliveries.c.account.not_in(paused_accounts(now)))
        joined = deliveries.outerjoin(limits, limits.c.account == deliveries.c.account).outerjoin(
            accounts, accounts.c.name == deliveries.c.account
        )
        query = select(deliveries.c.id, deliveries.c.network, since.label("since")).select_from(joined)
        query = query.where(deliveries.c.due_at <= now, free).order_by(since).limit(1)
        with self.reading() as connection:
            row = connection.execute(query).first()
        return Overdue(row.id, row.network, row.since) if row else None

    def recent_calls(self, since: datetime) -> list[Call]:
        """The irreversible calls that began at or after `since`, the latest 10,000 of them, the latest first."""
        query = (
            select(sends.c.started_at, sends.c.due_at, sends.c.part, sends.c.outcome, deliveries.c.network)
            .join(deliveries, deliveries.c.id == sends.c.delivery)
            .where(sends.c.started_at >= since)
            .order_by(sends.c.started_at.desc())
            .limit(_MOST_CALLS)
        )
        with self.reading() as connection:
            return [
                Call(row.network, row.outcome, _late_s(row.started_at, row.due_at, row.part))
                for row in connection.execute(query)
            ]

    def limited(self) -> list[Waiting]:
        """The accounts for which nothing is sent now, by their network's word or after repeated failures."""
        query = select(limits).where(limits.c.until > self.clock()).order_by(limits.c.account)
        with self.reading() as connection:
            return [Waiting(row.account, row.until, row.why, row.why.startswith(RESTS)) for row in connection.execute(query)]

    def rooms(self) -> dict[tuple[str, str], Room]:
        """(Account, kind of quota) → how much more its network takes, as far as that is known now."""
        query = select(accounts.c.name, accounts.c.rooms).where(accounts.c.rooms.is_not(None)).order_by(accounts.c.name)
        with self.reading() as connection:
            rows = connection.execute(query).all()
        told = {(row.name, kind): room for row in rows for kind, room in thaw(dict[str, Room], row.rooms).items()}
        now = self.clock()
        return {key: room for key, room in told.items() if room.is_known(now)}

    def paused(self) -> list[str]:
        """The accounts that a person has paused."""
        with self.reading() as connection:
            return sorted(connection.execute(paused_accounts(self.clock())).scalars())

    def changed_since(self, since: datetime | None, state: State, most: int) -> list[Changed]:
        """Deliveries that failed, were held or missed (since then, or ever) and still are, the latest first."""
        query = (
            select(deliveries.c.id, posts.c.title, deliveries.c.account, deliveries.c.state, deliveries.c.error)
            .join(posts, posts.c.id == deliveries.c.post)
            .where(needs_a_person(), deliveries.c.state == state, *([deliveries.c.updated_at >= since] if since else []))
            .order_by(deliveries.c.updated_at.desc())
            .limit(most)
        )
        with self.reading() as connection:
            return [Changed(row.id, row.title, row.account, row.state, row.error) for row in connection.execute(query)]

    def count_troubles(self, since: datetime) -> dict[State, int]:
        """How many deliveries failed, were held or missed since then, and still are."""
        query = select(deliveries.c.state).where(needs_a_person(), deliveries.c.updated_at >= since)
        with self.reading() as connection:
            return Counter(connection.execute(query).scalars())

    def count_published(self, since: datetime) -> int:
        """How many posts and replies had a call published that began since then."""
        query = select(func.count(sends.c.delivery.distinct())).join(deliveries, deliveries.c.id == sends.c.delivery)
        posts_of_ours = deliveries.c.kind.in_(("publish", "reply"))
        query = query.where(sends.c.started_at >= since, sends.c.outcome == "published", posts_of_ours)
        with self.reading() as connection:
            return connection.execute(query).scalar_one()

    def count_due(self, before: datetime) -> int:
        """How many deliveries are due before then."""
        with self.reading() as connection:
            query = select(func.count()).where(deliveries.c.due_at < before)
            return connection.execute(query.select_from(deliveries)).scalar_one()

    def size_bytes(self) -> int | None:
        """How much the store holds, in bytes; None where it is not known."""
        query = _SIZES.get(self.engine.dialect.name)
        with self.reading() as connection:
            return int(connection.execute(text(query)).scalar_one()) if query else None


def needs_a_person() -> ColumnElement[bool]:
    """Word for word the condition of the index of these deliveries: with parameters a database could not know it again."""
    return deliveries.c.state.not_in(bindparam("quiet_states", QUIET_STATES, expanding=True, literal_execute=True))


def _late_s(started_at: datetime, due_at: datetime | None, part: int) -> float | None:
    """Of a thread only the first post has a due time of its own."""
    return (started_at - due_at).total_seconds() if due_at and part == 0 else None


def _later(one: ColumnElement[datetime], other: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """The later of two moments, the second of which may be missing. Databases have no name for it in common."""
    return case((other > one, other), else_=one)
