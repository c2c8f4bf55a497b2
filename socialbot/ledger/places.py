"""The places that an account's posts have in its timetable: of those that wait, and of those that are out."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from socialbot.ledger import dialects
from socialbot.ledger.schema import DUE_STATES, State, accounts, deliveries

PLACED: tuple[State, ...] = (*DUE_STATES, "published", "deleted")
"""States in which a delivery's place is its own."""
_AHEAD = timedelta(days=8)
_FURTHEST = timedelta(days=1024)
_FAR = 64
"""After so many questions it is worth writing down how far an account is full."""


@dataclass
class _Stretch:
    """The places that were read, from one moment until just before another, and how much is read next."""

    start: datetime
    end: datetime
    moments: list[datetime]
    ahead: timedelta = _AHEAD


@dataclass
class Places:
    """The places of accounts as one transaction sees them. It reads a stretch at a time, so that many can be asked about.

    `without` is a delivery whose own place does not count, since it looks for another; nor does then one of before `since`
    that nothing was sent from: what is overdue has lost it.
    """

    connection: Connection
    without: str | None = None
    since: datetime | None = None
    _read: dict[str, _Stretch] = field(default_factory=dict)
    _asked: Counter[str] = field(default_factory=Counter)

    def between(self, account: str, start: datetime, end: datetime) -> list[datetime]:
        """The places from `start` until just before `end`, in order."""
        stretch = self._read.get(account)
        if stretch is None or start < stretch.start or start > stretch.end + stretch.ahead:
            stretch = self._read[account] = _Stretch(start, start, [])
        self._asked[account] += 1
        if end > stretch.end:
            until = end + stretch.ahead
            stretch.moments += self._places(account, stretch.end, until)
            stretch.end, stretch.ahead = until, min(stretch.ahead * 2, _FURTHEST)
        return stretch.moments[bisect_left(stretch.moments, start) : bisect_left(stretch.moments, end)]

    def take(self, account: str, moment: datetime) -> None:
        """This place is given to a delivery that is about to be written."""
        stretch = self._read.get(account)
        if stretch and stretch.start <= moment < stretch.end:
            insort(stretch.moments, moment)

    def forget(self, account: str) -> None:
        """What was read of an account is read anew: one of its places was changed."""
        self._read.pop(account, None)

    def _places(self, account: str, start: datetime, end: datetime) -> list[datetime]:
        slot = deliveries.c.slot
        mine = (deliveries.c.account == account) & (slot >= start) & (slot < end)
        query = select(slot).where(mine, deliveries.c.state.in_(PLACED)).order_by(slot)
        if self.without:
            query = query.where(deliveries.c.id != self.without)
        if self.since:
            query = query.where(or_(deliveries.c.state != "queued", slot >= self.since))
        return list(self.connection.execute(query).scalars())

    def full_until(self, account: str, rules: str) -> datetime | None:
        """Up to when the account is known to have no free place by these rules; None where nobody knows."""
        query = select(accounts.c.full_until).where(accounts.c.name == account, accounts.c.full_by == rules)
        known: datetime | None = self.connection.execute(query).scalar()
        return known

    def note_full(self, account: str, rules: str, until: datetime) -> None:
        """No place of the account is free before then. Only written where that took long to find out."""
        if self._asked.pop(account, 0) > _FAR:
            dialects.upsert(self.connection, accounts, {"name": account}, full_until=until, full_by=rules)


def forget_full(connection: Connection, account: str) -> None:
    """A place of the account has become free."""
    known = (accounts.c.name == account) & accounts.c.full_until.is_not(None)
    connection.execute(update(accounts).where(known).values(full_until=None))
