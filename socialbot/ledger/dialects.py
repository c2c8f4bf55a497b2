"""What SQLite and PostgreSQL say differently."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

_LANE = 0x736F6369
"""Our namespace among PostgreSQL's advisory locks of two numbers; the other is the account."""
_CLOCK = select(func.clock_timestamp())
_FREE_LANES = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE pg_try_advisory_xact_lock(:lane, hashtext(name))"
)


def upsert(connection: Connection, table: Table, key: Mapping[str, Any], **values: Any) -> None:
    """Insert a row, or change the one that has this key."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = make(table).values(**key, **values)
    connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=values))


def server_clock(connection: Connection) -> datetime | None:
    """What the database server's clock says; None where there is no server."""
    if connection.dialect.name != "postgresql":
        return None
    told: datetime = connection.execute(_CLOCK).scalar_one()
    return told


def free_lanes(connection: Connection, accounts: Collection[str]) -> set[str]:
    """Those of the accounts from which nobody else is claiming; until the transaction ends nobody will.

    SQLite has one writer at a time. Only after this does a statement see what the others have claimed.
    """
    if connection.dialect.name != "postgresql":
        return set(accounts)
    return set(connection.execute(_FREE_LANES, {"names": list(accounts), "lane": _LANE}).scalars())
