"""What may be missed, changed and removed, who is paused, who is at work, what was told; and no state that cannot follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_STATES = "state IN ('held', 'queued', 'running', 'unknown', 'published', 'failed', 'cancelled', 'missed', 'deleted')"
_FOLLOWS = {
    "held": ("queued", "running", "published", "failed", "cancelled", "missed"),
    "queued": ("running", "held", "published", "failed", "cancelled", "missed"),
    "running": ("queued", "unknown", "held", "published", "failed", "cancelled", "missed"),
    "unknown": ("running", "queued", "held", "published", "failed"),
    "published": ("deleted",),
    "failed": ("queued", "held", "published", "cancelled", "missed"),
    "cancelled": ("queued", "held", "published", "missed"),
    "missed": ("queued", "held", "published", "cancelled"),
}


def upgrade() -> None:
    """SQLite copies the table of deliveries, since it cannot change a table's checks, and cannot tell them either."""
    with op.batch_alter_table("deliveries", copy_from=_before()) as deliveries:
        deliveries.add_column(sa.Column("not_after", sa.BigInteger(), nullable=True))
        deliveries.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
        deliveries.add_column(sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
        deliveries.add_column(sa.Column("kind", sa.String(length=16), nullable=False, server_default="publish"))
        deliveries.add_column(sa.Column("original", sa.String(length=64), nullable=True))
        deliveries.create_foreign_key("original_of", "deliveries", ["original"], ["id"])
        deliveries.drop_constraint("known_state", type_="check")
        deliveries.create_check_constraint("known_state", _STATES)
        deliveries.create_check_constraint("known_kind", "kind IN ('publish', 'reply', 'edit', 'delete')")
        deliveries.create_check_constraint("changes_what_is_out", "(original IS NULL) = (kind = 'publish')")
    for column in ("paused_at", "paused_until"):
        op.add_column("accounts", sa.Column(column, sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("troubles", sa.Integer(), nullable=True))
    op.add_column("accounts", sa.Column("full_until", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("full_by", sa.String(length=64), nullable=True))
    op.drop_index("deliveries_slot", "deliveries")
    op.create_index("deliveries_slot", "deliveries", ["account", "slot", "state"])
    # Few are urgent; they are claimed before what was due earlier.
    urgent = sa.column("urgent", sa.Boolean())
    op.create_index("deliveries_urgent", "deliveries", ["due_at"], sqlite_where=urgent, postgresql_where=urgent)
    # What a person gave a time had no slot; now it has one, and stays where it is.
    op.execute("UPDATE deliveries SET slot = due_at, pinned = true WHERE slot IS NULL AND due_at IS NOT NULL")
    op.create_table(
        "workers",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
    op.create_table(
        "notices",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.add_column("sends", sa.Column("due_at", sa.BigInteger(), nullable=True))
    op.create_index("sends_started", "sends", ["started_at"])
    absent = sa.text("what = 'not shown'")
    op.create_index("events_not_shown", "events", ["at"], sqlite_where=absent, postgresql_where=absent)
    op.create_index("deliveries_state", "deliveries", ["state", "network"])
    # Said by the others: SQLite would look for "state IN" in the index of states, and sort what it finds.
    told = sa.text("state NOT IN ('queued', 'running', 'unknown', 'published', 'cancelled', 'deleted')")
    op.create_index("deliveries_told", "deliveries", ["updated_at"], sqlite_where=told, postgresql_where=told)
    op.create_table(
        "moves",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("target"),
    )
    with op.batch_alter_table("scans") as scans:  # a path may be longer
        scans.alter_column("folder", existing_type=sa.String(length=512), type_=sa.Text(), existing_nullable=False)
    _forbid_other_changes()


def _before() -> sa.Table:
    """Deliveries as revision 0001 made them."""
    table = sa.Table(
        "deliveries",
        sa.MetaData(),
        sa.Column("id", sa.String(length=64), primary_key=True),
        sa.Column("post", sa.String(length=64), sa.ForeignKey("posts.id"), nullable=False),
        *(sa.Column(name, sa.String(length=64), nullable=False) for name in ("account", "network")),
        sa.Column("variant", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in ("due_at", "slot", "not_before")),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64)),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("tries", "finds")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("draft", "disclosure")),
        *(sa.Column(name, sa.Text()) for name in ("held", "error", "remote_id", "url")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("created_at", "updated_at")),
        sa.UniqueConstraint("post", "account", "variant", name="one_delivery"),
        sa.CheckConstraint("state IN ('held')", name="known_state"),
        sa.CheckConstraint("(due_at IS NOT NULL) = (state IN ('queued', 'running', 'unknown'))", name="due_when_alive"),
        sa.CheckConstraint("(held IS NOT NULL) = (state = 'held')", name="held_says_why"),
        sa.CheckConstraint("state <> 'published' OR remote_id IS NOT NULL", name="published_by_the_networks_word"),
    )
    sa.Index("deliveries_due", table.c.due_at)
    sa.Index("deliveries_slot", table.c.account, table.c.slot)
    running = sa.text("state = 'running'")
    sa.Index("one_in_flight", table.c.account, unique=True, sqlite_where=running, postgresql_where=running)
    return table


def _forbid_other_changes() -> None:
    may = " OR ".join(
        f"(OLD.state = '{one}' AND NEW.state IN ({', '.join(repr(each) for each in others)}))"
        for one, others in _FOLLOWS.items()
    )
    changed = f"OLD.state <> NEW.state AND NOT ({may})"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER known_change BEFORE UPDATE OF state ON deliveries WHEN {changed} "
            "BEGIN SELECT RAISE(ABORT, 'known_change'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION known_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'known_change' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER known_change BEFORE UPDATE OF state ON deliveries FOR EACH ROW WHEN ({changed}) "
        "EXECUTE FUNCTION known_change()"
    )
