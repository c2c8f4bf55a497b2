"""A store carried to another database, all of it or nothing. From then on nothing is sent from where it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, make_url, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from socialbot.ledger import postgresql
from socialbot.ledger.lateness import note_lost_ledger
from socialbot.ledger.migrating import refuse_moved, revision_of
from socialbot.ledger.opening import connect, migrate
from socialbot.ledger.schema import REVISION, deliveries, metadata, moves
from socialbot.nouns import Mistake

_ROWS_AT_ONCE = 1000
_CARRIED = tuple(table for table in metadata.sorted_tables if table is not moves)
_FROZEN = [(table.name, verb) for table in _CARRIED for verb in ("INSERT", "UPDATE", "DELETE")]


@dataclass(frozen=True, slots=True)
class _Sum:
    """What a table holds: how many rows, and the sum of their digests, whatever their order."""

    rows: int
    digest: int


def move(source_url: str, target_url: str, home: Path, now: datetime, at_work: Callable[[], bool]) -> dict[str, int]:
    """Carry every row from one store to an empty one; rows by table. `at_work`: is a worker of this instance alive?

    The source is marked first: whatever stops us, no two stores are ever used, and the same command again carries it through.
    Raises Mistake.
    """
    source, target = _source(source_url, home), _target(target_url, home)
    if source.url == target.url:
        raise Mistake("both are the same store", fix="socialbot move-store FROM TO")
    began = _mark(source, make_url(target_url).set(query={}).render_as_string(hide_password=True), now)
    try:
        if at_work():
            raise Mistake("a worker is at work", fix="stop every worker of this store, then move it")
        counted = _carry(source, target, again=not began)
    except BaseException as error:
        # Else it may all have arrived, and the same command again finds out.
        if began and (isinstance(error, Mistake) or _is_empty(target)):
            _unmark(source)
        raise
    _end(source, now)
    return counted


def give_up(source_url: str, target_url: str, home: Path, now: datetime, at_work: Callable[[], bool]) -> int:
    """A person says that the store this one was moved to is lost: this one is used again, as a restored backup is.

    Whatever is not out here may be out: it is looked for on its network before it is sent; how many these are. Raises Mistake
    when the other store is there after all.
    """
    source, target = _source(source_url, home), make_url(target_url).set(query={}).render_as_string(hide_password=True)
    with source.connect() as connection:
        move = connection.execute(select(moves)).first()
    if move is None or move.target != target:
        where = f"to {move.target}, not {target}" if move else "nowhere"
        raise Mistake(f"the store was moved {where}", fix="socialbot move-store FROM TO --target-is-lost")
    if _holds_anything(target_url, home):
        raise Mistake(f"{target} is there, and holds what was moved", fix="set store.url to it, or remove it first")
    if at_work():
        raise Mistake("a worker is at work", fix="stop every worker first")
    with source.begin() as connection:
        _thaw(connection)
        return note_lost_ledger(connection, now)


def _holds_anything(url: str, home: Path) -> bool:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not (home / (parsed.database or "")).is_file():
        return False
    try:
        engine = connect(url, home)
        return revision_of(engine) is not None and not _is_empty(engine)
    except (Mistake, SQLAlchemyError):  # no server answers, or the file is no store
        return False


def _source(url: str, home: Path) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not (home / (parsed.database or "")).is_file():
        raise Mistake(f"there is no store {home / (parsed.database or '')}")
    engine = connect(url, home)
    if (found := revision_of(engine)) != REVISION:
        raise Mistake(f"the store's tables are {found}, mine {REVISION}", fix="socialbot migrate")
    return engine


def _target(url: str, home: Path) -> Engine:
    engine = connect(url, home)
    if revision_of(engine) is None:
        migrate(engine)
    if (found := revision_of(engine)) != REVISION:
        raise Mistake(f"the tables of the store to move to are {found}, mine {REVISION}", fix="take an empty one")
    refuse_moved(engine)
    return engine


# The mark


def _mark(source: Engine, target: str, now: datetime) -> bool:
    """Forbid every change of the source; False when that was done before, and we are to carry it through. Raises Mistake."""
    with source.begin() as connection:
        if move := connection.execute(select(moves)).first():
            if move.target != target or move.ended_at:
                refuse_moved(source)
            return False
        if (
            source.dialect.name == "postgresql"
            and not connection.execute(select(func.pg_try_advisory_xact_lock(postgresql.WORKING))).scalar_one()
        ):
            raise Mistake("a worker is at work", fix="stop every worker of this store, then move it")
        connection.execute(insert(moves).values(target=target, began_at=now))
        _freeze(connection)
    return True


def _freeze(connection: Connection) -> None:
    """What was opened before it was marked cannot write any more, either."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "CREATE FUNCTION moved() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the store was moved' USING ERRCODE = 'check_violation'; END $$"
        )
    for table, verb in _FROZEN:
        what = "EXECUTE FUNCTION moved()"
        if connection.dialect.name == "sqlite":
            what = "BEGIN SELECT RAISE(ABORT, 'the store was moved'); END"
        connection.exec_driver_sql(f"CREATE TRIGGER {_trigger(table, verb)} BEFORE {verb} ON {table} {what}")


def _unmark(source: Engine) -> None:
    with source.begin() as connection:
        _thaw(connection)


def _thaw(connection: Connection) -> None:
    for table, verb in _FROZEN:
        on = f" ON {table}" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER {_trigger(table, verb)}{on}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION moved()")
    connection.execute(moves.delete())


def _end(source: Engine, now: datetime) -> None:
    with source.begin() as connection:
        connection.execute(update(moves).values(ended_at=now))


def _trigger(table: str, verb: str) -> str:
    return f"moved_{table}_{verb.lower()}"


# The rows


def _carry(source: Engine, target: Engine, *, again: bool) -> dict[str, int]:
    """All tables in one transaction. `again`: an earlier move may have come to its end without saying so."""
    with source.execution_options(shared=True).begin() as out, target.begin() as into:
        for connection in (out, into):
            if connection.dialect.name == "postgresql":
                postgresql.unhurry(connection)
        wanted = {table: _sum(out, table) for table in _CARRIED}
        found = {table: _sum(into, table) for table in _CARRIED}
        if not (again and found == wanted):
            if any(one.rows for one in found.values()):
                raise Mistake("the store to move to is not empty", fix="take an empty one")
            for table in _CARRIED:
                _copy(out, into, table)
            if wrong := [table.name for table in _CARRIED if _sum(into, table) != wanted[table]]:
                raise Mistake(f"these tables did not arrive as they left: {', '.join(wrong)}", fix="nothing was moved")
            _count_on(into)
    return {table.name: one.rows for table, one in wanted.items()}


def _copy(out: Connection, into: Connection, table: Table) -> None:
    for rows in _rows(out, table):
        into.execute(insert(table), [row._asdict() for row in rows])


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """An edit or a deletion comes after what it changes."""
    order = [deliveries.c.original.is_not(None), deliveries.c.created_at] if table is deliveries else list(table.primary_key)
    query = select(table).order_by(*order).execution_options(yield_per=_ROWS_AT_ONCE)
    yield from connection.execute(query).partitions()


def _sum(connection: Connection, table: Table) -> _Sum:
    rows = digest = 0
    for few in _rows(connection, table):
        rows += len(few)
        digest += sum(_digest(row) for row in few)
    return _Sum(rows, digest % 2**256)


def _digest(row: Any) -> int:
    # PostgreSQL keeps no NUL (`postgresql.connect`).
    words = repr(tuple(row)).replace("\\x00", "\ufffd")
    return int.from_bytes(hashlib.sha256(words.encode()).digest())


def _is_empty(target: Engine) -> bool:
    """Did nothing arrive? Where that cannot be asked, something may have."""
    try:
        with target.connect() as connection:
            return not any(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in _CARRIED)
    except SQLAlchemyError:
        return False


def _count_on(connection: Connection) -> None:
    """PostgreSQL counts its ids by itself, and knows nothing of those that it was given."""
    if connection.dialect.name != "postgresql":
        return
    for table in _CARRIED:
        if (column := table.autoincrement_column) is not None:
            last = f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), max({column.name}))"
            connection.execute(text(f"{last} FROM {table.name} HAVING count(*) > 0"))
