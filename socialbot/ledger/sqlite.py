"""A store in one SQLite file, for the workers of one machine."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from socialbot.ledger.migrating import revision_of, upgrade
from socialbot.ledger.schema import REVISION
from socialbot.nouns import Mistake

BUSY_S = 5
"""How long another writer is waited for."""
_WAIT = f"PRAGMA busy_timeout={BUSY_S * 1000}"
_ASK_AGAIN_S = 0.0005
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs", "afs"}


def connect(path: Path) -> Engine:
    """The engine of a SQLite store. Raises Mistake when the file cannot be used safely."""
    if sqlite3.sqlite_version_info < (3, 35):
        raise Mistake(f"SQLite {sqlite3.sqlite_version} is too old", fix="SQLite 3.35 or newer")
    if not path.parent.is_dir():
        raise Mistake(f"the store's folder {path.parent} does not exist", fix="store.url in socialbot.toml")
    kind = _file_system(path.parent)
    if kind in _NETWORK_FILE_SYSTEMS:
        # File locks and syncs of network file systems do not keep what SQLite needs to be exact.
        raise Mistake(f"the store {path} lies on a network file system ({kind})", fix="put it on a local disk")
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _make_durable)
    event.listen(engine, "begin", _begin)
    with _alone(path):  # a new file becomes a WAL file once
        engine.connect().close()
    return engine


def _make_durable(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin below, not where the driver guesses
    cursor = connection.cursor()
    # FULL: the intent of a send must be on disk before the call. With NORMAL a power cut forgets it.
    cursor.execute(_WAIT)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes its place at once: a transaction that upgrades midway can fail as busy.
    if connection.get_execution_options().get("reading", False):
        connection.exec_driver_sql("BEGIN")
        return
    driver = connection.connection.driver_connection
    assert driver
    # SQLite's own waiting sleeps ever longer, up to 100 ms, for writers that take less than one: four workers would sleep
    # most of the time.
    driver.execute("PRAGMA busy_timeout=0")
    try:
        end = time.monotonic() + BUSY_S
        while not _begin_writing(driver) and time.monotonic() < end:
            time.sleep(_ASK_AGAIN_S)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # its error is the one to tell
    finally:
        driver.execute(_WAIT)


def _begin_writing(driver: Any) -> bool:
    with suppress(sqlite3.OperationalError):
        driver.execute("BEGIN IMMEDIATE")
    return bool(driver.in_transaction)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one process at a time creates or migrates the store."""
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def migrate(engine: Engine) -> None:
    """Bring the tables up to date, after a backup. Raises Mistake when the store is damaged."""
    path = Path(engine.url.database or "")
    with _alone(path):
        found = revision_of(engine)
        if found == REVISION:  # another process was faster
            return
        if found:
            _back_up(path, found)
        with _not_checking_keys(engine) as connection, connection.begin():
            upgrade(connection)
            if strays := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                raise Mistake(f"the store is damaged: {len(strays)} rows belong to nothing", fix="restore a backup")


@contextmanager
def _not_checking_keys(engine: Engine) -> Iterator[Connection]:
    """SQLite changes a table by copying it, which no row that refers to it would survive. Only outside a transaction."""
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _back_up(path: Path, revision: str) -> None:
    """A copy of the store as it was, beside it (`socialbot.db.of-0002`), complete or not there."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as store, closing(sqlite3.connect(unfinished)) as copy:
        store.backup(copy)
    unfinished.chmod(path.stat().st_mode)  # it holds the same sessions
    unfinished.replace(path.with_name(f"{path.name}.of-{revision}"))


def _file_system(folder: Path) -> str | None:
    """The kind of file system a folder lies on, where Linux tells."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return None
    best, kind = "", None
    real = os.path.realpath(folder)
    for row in mounts.read_text().splitlines():
        _, point, found, *_rest = row.split(" ")
        point = point.replace("\\040", " ")
        if (real == point or real.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, found
    return kind
