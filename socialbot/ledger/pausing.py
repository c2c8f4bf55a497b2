"""Accounts that a person has paused: nothing of theirs is claimed until then, or until the person resumes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, exists, func, or_, select, update

from socialbot.ledger import dialects
from socialbot.ledger.schema import accounts, deliveries, sends
from socialbot.ledger.store import Store, write_event

PAUSED = "Its account was paused by hand."


def paused_accounts(now: datetime | BindParameter[Any]) -> Select[Any]:
    """The names of the accounts that are paused at this moment."""
    return select(accounts.c.name).where(is_paused(now))


def is_paused(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """Of a row of accounts: is it paused at this moment?"""
    return and_(accounts.c.paused_at.is_not(None), or_(accounts.c.paused_until.is_(None), accounts.c.paused_until > now))


class Pausing(Store):
    """A person's word about an account."""

    def pause(self, account: str, until: datetime | None = None) -> int:
        """From now on nothing more of the account is sent; says how many of its posts may be on their way out.

        What a worker has in its hand is taken from it, unless its call is being made: that one comes to its end.
        """
        now = self.clock()
        mine = and_(deliveries.c.account == account, deliveries.c.state == "running")
        calling = exists().where(sends.c.delivery == deliveries.c.id, sends.c.outcome == "open")
        freed = {"state": "queued", "owner": None, "fence": deliveries.c.fence + 1, "updated_at": now}
        # What it was due, as far as that is known: the row of what is running says when its lease ends.
        freed["due_at"] = func.coalesce(deliveries.c.slot, deliveries.c.created_at)
        with self.engine.begin() as connection:
            dialects.upsert(connection, accounts, {"name": account}, paused_at=now, paused_until=until)
            query = update(deliveries).where(mine, ~calling).values(**freed).returning(deliveries.c.id)
            for name in connection.execute(query).scalars().all():
                write_event(connection, name, now, "waiting", PAUSED)
            return connection.execute(select(func.count()).select_from(deliveries).where(mine)).scalar_one()

    def pauses(self) -> dict[str, datetime | None]:
        """The accounts that are paused now, each until when; None: until a person resumes it."""
        with self.reading() as connection:
            rows = connection.execute(select(accounts.c.name, accounts.c.paused_until).where(is_paused(self.clock())))
            return {row.name: row.paused_until for row in rows}

    def resume(self, account: str) -> bool:
        """The account may post again; False when it was not paused."""
        with self.engine.begin() as connection:
            now = self.clock()
            paused = and_(accounts.c.name == account, is_paused(now))
            # When it ended: what waits is late from then on, not from when it was due.
            query = update(accounts).where(paused).values(paused_at=None, paused_until=now)
            return connection.execute(query).rowcount == 1
