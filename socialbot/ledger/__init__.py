"""The single record of what is due, sent and said. The ledger is the queue."""

from socialbot.ledger.accepting import FEED, Accepted, Planned, delivery_id, may_redraft
from socialbot.ledger.claims import Claims
from socialbot.ledger.hand import Lost
from socialbot.ledger.heartbeats import BEAT_EVERY_S, FRESH_S
from socialbot.ledger.lateness import OVERDUE
from socialbot.ledger.ledger import Ledger
from socialbot.ledger.moving import give_up, move
from socialbot.ledger.opening import migrate_store, revisions, workers_folder
from socialbot.ledger.places import Places
from socialbot.ledger.rows import Delivery, Event, Send
from socialbot.ledger.schema import STATES, Kind, Outcome, State
from socialbot.ledger.sending import Ending, Trail
from socialbot.ledger.store import OUT_OF_REACH, Clock
from socialbot.ledger.uploads import Uploads
from socialbot.ledger.waking import Wakes

__all__ = [
    "BEAT_EVERY_S",
    "FEED",
    "FRESH_S",
    "OUT_OF_REACH",
    "OVERDUE",
    "STATES",
    "Accepted",
    "Claims",
    "Clock",
    "Delivery",
    "Ending",
    "Event",
    "Kind",
    "Ledger",
    "Lost",
    "Outcome",
    "Places",
    "Planned",
    "Send",
    "State",
    "Trail",
    "Uploads",
    "Wakes",
    "delivery_id",
    "give_up",
    "may_redraft",
    "migrate_store",
    "move",
    "revisions",
    "workers_folder",
]
