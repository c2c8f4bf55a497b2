"""The tables of a store, brought up to those that this socialbot uses."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text

from socialbot.ledger.schema import REVISION, moves
from socialbot.nouns import Mistake


def revision_of(engine: Engine) -> str | None:
    """Which tables a store has; None when it has none yet. Raises Mistake when a newer socialbot wrote them."""
    with engine.connect().execution_options(reading=True) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        stamped: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if stamped is not None and stamped > REVISION:
        raise Mistake(
            f"the store was written by a newer socialbot (its tables are {stamped}, mine {REVISION})", fix="update socialbot"
        )
    return stamped


def refuse_moved(engine: Engine) -> None:
    """Raise Mistake when the store was moved elsewhere, or is being moved: from two stores a post would go out twice."""
    with engine.connect().execution_options(reading=True) as connection:
        move = connection.execute(select(moves)).first()
    if move and move.ended_at:
        raise Mistake(
            f"the store was moved to {move.target} on {move.ended_at:%Y-%m-%d}", fix="set store.url in socialbot.toml to that"
        )
    if move:
        raise Mistake(f"the store is being moved to {move.target}", fix="socialbot move-store FROM TO carries it through")


def upgrade(connection: Connection) -> None:
    """Make today's tables of what is there, in the transaction at hand."""
    from alembic import command  # here, because a store that is up to date need not pay for it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
