"""What waited long past its time may have been sent by a ledger that its backup has since replaced: it is looked for first."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from socialbot.ledger.rows import Delivery
from socialbot.ledger.schema import events
from socialbot.ledger.store import write_event

OVERDUE = timedelta(minutes=10)
_WHY = "It comes late; the network is asked first whether it is out."
_ENDS = ("looking", "sending", "resolved")


def note_lateness(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Write down that a delivery is overdue, where its due time is about to change: nothing else would tell of it then."""
    if delivery.kind in ("publish", "reply") and delivery.due_at and now - delivery.due_at > OVERDUE:
        write_event(connection, delivery.id, now, "looking", _WHY)


def in_search(connection: Connection, delivery: str) -> bool:
    """Was it found to be late, and has no send and no person's answer followed? A search may have failed, its worker died."""
    query = select(events.c.what).where(events.c.delivery == delivery, events.c.what.in_(_ENDS))
    return connection.execute(query.order_by(events.c.id.desc()).limit(1)).scalar() == "looking"
