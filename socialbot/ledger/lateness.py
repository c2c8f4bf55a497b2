"""What waited long past its time may have been sent by a ledger that its backup has since replaced: it is looked for first."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, exists, func, select

from socialbot.ledger.heartbeats import watched_since
from socialbot.ledger.rows import Delivery
from socialbot.ledger.schema import deliveries, events, sends
from socialbot.ledger.store import write_event

OVERDUE = timedelta(minutes=10)
"""What is late by no more than this goes at once. What is later is looked for first, and gets another place in its timetable,
so that no backlog comes all at once.
"""
_WHY = "It comes late; the network is asked first whether it is out."
_WHY_LOST = "The store that this one was moved to is lost; the network is asked first whether it is out."
_LAST = (
    select(func.max(events.c.id))
    .where(events.c.delivery.in_(bindparam("the_ids", expanding=True)), events.c.what.in_(("looking", "sending", "resolved")))
    .group_by(events.c.delivery)
)
_SEARCHED = select(events.c.delivery).where(events.c.id.in_(_LAST), events.c.what == "looking")


def note_lateness(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Write down that a delivery is overdue, where its due time is about to change: nothing else would tell of it then."""
    late = delivery.kind in ("publish", "reply") and delivery.due_at and now - delivery.due_at > OVERDUE
    if late and not _is_watched_thread(connection, delivery, now):
        write_event(connection, delivery.id, now, "looking", _WHY)


def note_lost_ledger(connection: Connection, now: datetime) -> int:
    """Another ledger, now lost, may have sent whatever this one does not know to be out: it is all to be looked for first."""
    kinds, done = deliveries.c.kind.in_(("publish", "reply")), deliveries.c.state.in_(("published", "deleted"))
    rows = connection.execute(select(deliveries.c.id).where(kinds, ~done)).scalars().all()
    for name in rows:
        write_event(connection, name, now, "looking", _WHY_LOST)
    return len(rows)


def _is_watched_thread(connection: Connection, delivery: Delivery, now: datetime) -> bool:
    """Is it out in part, and was a worker at work all the while that the rest waited (a pause, a limit)? Then what this store
    does not know to be begun was not begun, and nobody need be asked.
    """
    since = watched_since(connection, now)
    if since is None or delivery.due_at is None or delivery.due_at < since:
        return False
    out = exists().where(sends.c.delivery == delivery.id, sends.c.outcome == "published")
    return bool(connection.execute(select(out)).scalar())


def in_search(connection: Connection, *names: str) -> set[str]:
    """Those found to be late, with no send and no person's answer since: a search may have failed, its worker died."""
    return set(connection.execute(_SEARCHED, {"the_ids": names}).scalars())
