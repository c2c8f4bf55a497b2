"""One lane for each account: when its network wants to be left alone, when we leave it alone after repeated failures, and how
much more the network takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from socialbot.ledger import dialects
from socialbot.ledger.schema import accounts, deliveries, limits
from socialbot.nouns import Room, freeze

_END_TROUBLES = update(accounts).where(accounts.c.name == bindparam("account"), accounts.c.troubles > 0).values(troubles=0)
RESTS = "It is left alone"
"""How the reason begins where we, and not the network, have closed a lane."""


def close_lane(connection: Connection, account: str, until: datetime, why: str) -> None:
    """No worker calls for this account before then. A lane that is closed for longer stays so."""
    known = connection.execute(select(limits.c.until).where(limits.c.account == account)).scalar()
    if known is None or known < until:
        dialects.upsert(connection, limits, {"account": account}, until=until, why=why)


def note_rooms(connection: Connection, delivery: str, rooms: Mapping[str, Room]) -> None:
    """What the network of a delivery's account told of its quotas, by kind; it takes the place of what it told before."""
    account = connection.execute(select(deliveries.c.account).where(deliveries.c.id == delivery)).scalar_one()
    dialects.upsert(connection, accounts, {"name": account}, rooms=freeze(dict(rooms)))


def count_trouble(connection: Connection, account: str) -> int:
    """One more failure; says how many there were in a row."""
    before = connection.execute(select(accounts.c.troubles).where(accounts.c.name == account)).scalar() or 0
    dialects.upsert(connection, accounts, {"name": account}, troubles=before + 1)
    return before + 1


def end_troubles(connection: Connection, account: str) -> bool:
    """The network has answered: the row of failures has ended. Was the lane closed for them?"""
    if not connection.execute(_END_TROUBLES, {"account": account}).rowcount:
        return False
    closed = delete(limits).where(limits.c.account == account, limits.c.why.startswith(RESTS))
    return connection.execute(closed).rowcount == 1
