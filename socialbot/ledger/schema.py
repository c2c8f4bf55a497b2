"""The tables of the ledger. What must never happen is forbidden here, by the database, not only by code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

REVISION = "0005"

State = Literal["held", "queued", "running", "unknown", "published", "failed", "cancelled", "missed", "deleted"]
STATES: tuple[State, ...] = get_args(State)
FOLLOWS: Mapping[State, tuple[State, ...]] = {
    "held": ("queued", "running", "published", "failed", "cancelled", "missed"),
    "queued": ("running", "held", "published", "failed", "cancelled", "missed"),
    "running": ("queued", "unknown", "held", "published", "failed", "cancelled", "missed"),
    "unknown": ("running", "queued", "held", "published", "failed"),
    "published": ("deleted",),
    "failed": ("queued", "held", "published", "cancelled", "missed", "deleted"),
    "cancelled": ("queued", "held", "published", "missed", "deleted"),
    "missed": ("queued", "held", "published", "cancelled"),
    "deleted": (),
}
"""Which state may follow which; the database refuses every other change. Evidence ("it is out") may come at any time."""
Kind = Literal["publish", "reply", "edit", "delete"]
"""What a delivery does: bring a post out; or answer, change or remove what its `original` brought out."""
DUE_STATES: tuple[State, ...] = ("queued", "running", "unknown")
OVER_STATES: tuple[State, ...] = ("published", "failed", "cancelled", "missed", "deleted")
"""Nothing more happens to it by itself."""
OUT_IN_PART: tuple[State, ...] = ("cancelled", "failed")
"""A thread that ended in one of these may have begun to be out."""
Outcome = Literal["open", "published", "refused", "not_sent"]
LIVE_OUTCOMES: tuple[Outcome, ...] = ("open", "published")
TOLD_STATES: tuple[State, ...] = ("failed", "held", "missed")
"""A delivery that comes into one of these needs a person, who is told."""
QUIET_STATES: tuple[State, ...] = tuple(state for state in STATES if state not in TOLD_STATES)
Learnt = Literal["answered", "found", "person"]


class Moment(TypeDecorator[datetime]):
    """A UTC time, kept as whole microseconds since 1970 so that every database compares it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Datetime to microseconds."""
        if value is None:
            return None
        # Integer arithmetic: a float would lose microseconds.
        since = value.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Microseconds to datetime."""
        if value is None:
            return None
        return datetime.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)


def _among(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


metadata = MetaData()

posts = Table(
    "posts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source", Text, nullable=False),
    Column("url", Text),
    Column("title", Text, nullable=False),
    Column("content_hash", String(64), nullable=False, unique=True),
    Column("frozen", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("adopted_at", Moment),
    Column("swept", String(64)),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("post", ForeignKey("posts.id"), nullable=False),
    Column("account", String(64), nullable=False),
    Column("network", String(64), nullable=False),
    Column("variant", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", Moment),
    Column("slot", Moment),
    Column("not_before", Moment),
    Column("not_after", Moment),
    Column("urgent", Boolean, nullable=False),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("kind", String(16), nullable=False),
    Column("original", ForeignKey("deliveries.id")),
    Column("fence", Integer, nullable=False),
    Column("owner", String(64)),
    Column("tries", Integer, nullable=False),
    Column("finds", Integer, nullable=False),
    Column("draft", Text, nullable=False),
    Column("disclosure", Text, nullable=False),
    Column("held", Text),
    Column("error", Text),
    Column("remote_id", Text),
    Column("url", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("swept", Text),
    UniqueConstraint("post", "account", "variant", name="one_delivery"),
    CheckConstraint(_among("state", STATES), name="known_state"),
    CheckConstraint(f"(due_at IS NOT NULL) = ({_among('state', DUE_STATES)})", name="due_when_alive"),
    CheckConstraint("(held IS NOT NULL) = (state = 'held')", name="held_says_why"),
    CheckConstraint(_among("kind", get_args(Kind)), name="known_kind"),
    CheckConstraint("(original IS NULL) = (kind = 'publish')", name="changes_what_is_out"),
    CheckConstraint("state <> 'published' OR remote_id IS NOT NULL", name="published_by_the_networks_word"),
    CheckConstraint(f"swept IS NULL OR {_among('state', OVER_STATES)}", name="swept_when_over"),
)
Index("deliveries_due", deliveries.c.due_at)
Index("deliveries_state", deliveries.c.state, deliveries.c.network)
Index(
    "deliveries_told",
    deliveries.c.updated_at,
    sqlite_where=deliveries.c.state.not_in(QUIET_STATES),
    postgresql_where=deliveries.c.state.not_in(QUIET_STATES),
)
Index("deliveries_urgent", deliveries.c.due_at, sqlite_where=deliveries.c.urgent, postgresql_where=deliveries.c.urgent)
Index("deliveries_slot", deliveries.c.account, deliveries.c.slot, deliveries.c.state)
Index(
    "one_in_flight",
    deliveries.c.account,
    unique=True,
    sqlite_where=deliveries.c.state == "running",
    postgresql_where=deliveries.c.state == "running",
)

sends = Table(
    "sends",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery", ForeignKey("deliveries.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("request", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("outcome", String(16), nullable=False),
    Column("learnt", String(16)),
    Column("remote_id", Text),
    Column("url", Text),
    Column("evidence", Text),
    Column("flags", Text),
    CheckConstraint(_among("outcome", get_args(Outcome)), name="known_outcome"),
    CheckConstraint("(learnt IS NULL) = (outcome = 'open')", name="closed_by_somebody"),
)
Index(
    "one_live_send",
    sends.c.delivery,
    sends.c.part,
    unique=True,
    sqlite_where=sends.c.outcome.in_(LIVE_OUTCOMES),
    postgresql_where=sends.c.outcome.in_(LIVE_OUTCOMES),
)

Index("sends_started", sends.c.started_at)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery", ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("what", String(32), nullable=False),
    Column("detail", Text, nullable=False),
)

Index(
    "events_not_shown",
    events.c.at,
    sqlite_where=events.c.what == "not shown",
    postgresql_where=events.c.what == "not shown",
)

remote_media = Table(
    "remote_media",
    metadata,
    Column("delivery", ForeignKey("deliveries.id"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("remote_id", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

limits = Table(
    "limits",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("until", Moment, nullable=False),
    Column("why", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("session", Text),
    Column("secrets", Text),
    Column("limits", Text),
    Column("limits_at", Moment),
    Column("paused_at", Moment),
    Column("paused_until", Moment),
    Column("troubles", Integer),
    Column("full_until", Moment),
    Column("full_by", String(64)),
    Column("rooms", Text),
)

workers = Table(
    "workers",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("beat_at", Moment, nullable=False),
)

pulse = Table(
    "pulse",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("beat_at", Moment, nullable=False),
)
"""One row: since when some worker was always at work, and when one was last heard of."""

notices = Table(
    "notices",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("told_at", Moment),
)

scans = Table(
    "scans",
    metadata,
    Column("folder", Text, primary_key=True),
    Column("first_at", Moment, nullable=False),
)

moves = Table(
    "moves",
    metadata,
    Column("target", Text, primary_key=True),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
)
"""Where this store was moved to; once it has a row nothing is sent from here."""
