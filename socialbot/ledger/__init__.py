"""The single record of what is due, sent and said. The ledger is the queue."""

from socialbot.ledger.accepting import Accepted, Planned, Taken, delivery_id, may_redraft
from socialbot.ledger.claims import Claims, Lost, Uploads
from socialbot.ledger.ledger import Ledger
from socialbot.ledger.rows import Delivery, Event, Send
from socialbot.ledger.schema import STATES, Outcome, State
from socialbot.ledger.store import Clock

__all__ = [
    "STATES",
    "Accepted",
    "Claims",
    "Clock",
    "Delivery",
    "Event",
    "Ledger",
    "Lost",
    "Outcome",
    "Planned",
    "Send",
    "State",
    "Taken",
    "Uploads",
    "delivery_id",
    "may_redraft",
]
