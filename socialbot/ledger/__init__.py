"""The single record of what is due, sent and said. The ledger is the queue."""

from socialbot.ledger.claims import Claims, Lost, Uploads
from socialbot.ledger.ledger import Accepted, Clock, Ledger, Planned, Taken, delivery_id, may_redraft
from socialbot.ledger.rows import Delivery, Event, Send
from socialbot.ledger.schema import STATES, Outcome, State

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
