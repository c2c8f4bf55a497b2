"""Secrets told to `connect`, posts that were only adopted, what was swept, and since when a worker was always at work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_FOLLOWS = {
    "held": ("queued", "running", "published", "failed", "cancelled", "missed"),
    "queued": ("running", "held", "published", "failed", "cancelled", "missed"),
    "running": ("queued", "unknown", "held", "published", "failed", "cancelled", "missed"),
    "unknown": ("running", "queued", "held", "published", "failed"),
    "published": ("deleted",),
    "failed": ("queued", "held", "published", "cancelled", "missed", "deleted"),
    "cancelled": ("queued", "held", "published", "missed", "deleted"),
    "missed": ("queued", "held", "published", "cancelled"),
}


def upgrade() -> None:
    """What is known and has no delivery was adopted: until now nothing told of it otherwise."""
    op.add_column("accounts", sa.Column("secrets", sa.Text(), nullable=True))
    op.add_column("posts", sa.Column("adopted_at", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE posts SET adopted_at = received_at WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.post = posts.id)"
    )
    # What has no draft any more must never be due. No table has to be copied for this.
    over = "swept IS NULL OR state IN ('published', 'failed', 'cancelled', 'missed', 'deleted')"
    op.execute(f"ALTER TABLE deliveries ADD COLUMN swept TEXT CONSTRAINT swept_when_over CHECK ({over})")
    op.create_table(
        "pulse",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _forbid_other_changes()


def _forbid_other_changes() -> None:
    may = " OR ".join(
        f"(OLD.state = '{one}' AND NEW.state IN ({', '.join(repr(each) for each in others)}))"
        for one, others in _FOLLOWS.items()
    )
    changed = f"OLD.state <> NEW.state AND NOT ({may})"
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER known_change")
        op.execute(
            f"CREATE TRIGGER known_change BEFORE UPDATE OF state ON deliveries WHEN {changed} "
            "BEGIN SELECT RAISE(ABORT, 'known_change'); END"
        )
        return
    op.execute("DROP TRIGGER known_change ON deliveries")
    op.execute(
        f"CREATE TRIGGER known_change BEFORE UPDATE OF state ON deliveries FOR EACH ROW WHEN ({changed}) "
        "EXECUTE FUNCTION known_change()"
    )
