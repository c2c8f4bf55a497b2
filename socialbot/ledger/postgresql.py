"""A store on a PostgreSQL server, for as many workers on as many machines as there are."""

from __future__ import annotations

import select
import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError, OperationalError

from socialbot.ledger.migrating import revision_of, upgrade
from socialbot.ledger.schema import REVISION
from socialbot.nouns import Mistake

CHANNEL = "socialbot"
"""What is accepted or decided is called out here."""
WRITING = 0x736F6369616C
"""The advisory lock that writers hold: decisions alone, workers together."""
WORKING = 0x736F6369616D
"""The advisory lock that every worker shares while it lives: a store is only moved when none does."""
_CONNECTING: dict[str, Any] = {
    "application_name": "socialbot",
    "connect_timeout": 5,
    # A server whose machine is gone is noticed within a minute, not after two hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_TRUSTED_S = 1.0
"""So long after its last use a connection is asked whether its server still lives."""
# on: the intent of a send must be on disk before the call. A worker that is stopped in mid-transaction keeps the others
# waiting for no longer than the last of these.
_SETTINGS = "SET synchronous_commit=on; SET statement_timeout='60s'; SET lock_timeout='30s'; " + (
    "SET idle_in_transaction_session_timeout='10s'"
)


def connect(url: URL) -> Engine:
    """The engine of a PostgreSQL store. Raises Mistake when the driver is not installed, or no server answers."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise Mistake("PostgreSQL needs psycopg", fix='pip install "socialbot[postgres]"') from None
    engine = create_engine(url.set(drivername="postgresql+psycopg"), connect_args=_CONNECTING)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "checkout", _ask_whether_it_lives)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "begin", _begin)
    try:
        engine.connect().close()
    except OperationalError as error:
        where = url.set(query={}).render_as_string(hide_password=True)
        why = " ".join(str(error.orig).split())
        raise Mistake(f"the store {where} cannot be reached: {why}", fix="store.url in socialbot.toml") from None
    return engine


def connecting(engine: Engine) -> dict[str, Any]:
    """What psycopg needs for a connection beside the engine's own."""
    _, words = engine.dialect.create_connect_args(engine.url)
    return {**words, **_CONNECTING}


def _set_up(connection: Any, _record: Any) -> None:
    from psycopg.types.string import StrDumper

    class Text(StrDumper):
        """No text of PostgreSQL's holds the character NUL, and what a network answers may."""

        def dump(self, said: str) -> Any:
            return super().dump(said.replace("\0", "\ufffd"))

    connection.adapters.register_dumper(str, Text)
    connection.autocommit = True  # transactions begin below
    connection.execute(_SETTINGS)


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ask_whether_it_lives(connection: Any, record: Any, _proxy: Any) -> None:
    """A server that was restarted meanwhile is connected to anew. To ask each time would double what small reads take; one
    that has ended has closed its end, which the socket tells.
    """
    silent = not select.select([connection.fileno()], [], [], 0)[0]
    if not silent or time.monotonic() - record.info.get("used_at", 0) > _TRUSTED_S:
        try:
            connection.execute("")
        except Exception as error:
            raise DisconnectionError from error


def _begin(connection: Connection) -> None:
    """What is decided is decided alone, as on SQLite, and wakes the workers; these keep each other waiting for nothing."""
    options = connection.get_execution_options()
    if options.get("reading"):
        return
    lock = f"pg_advisory_xact_lock_shared({WRITING})" if options.get("shared") else f"pg_advisory_xact_lock({WRITING})"
    wake = "" if options.get("shared") else f"; NOTIFY {CHANNEL}"
    connection.exec_driver_sql(f"BEGIN; SELECT {lock}{wake}")


def migrate(engine: Engine) -> None:
    """Bring the tables up to date, while nobody writes."""
    with engine.begin() as connection:
        unhurry(connection)
        if revision_of(engine) != REVISION:  # another may have done it while we waited for the lock
            upgrade(connection)


def unhurry(connection: Connection) -> None:
    """This one transaction may take its time."""
    connection.execute(text("SET LOCAL statement_timeout=0"))
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout=0"))
