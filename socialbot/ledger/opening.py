"""Opening the store: the database that its URL names, with today's tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, make_url

from socialbot.ledger import postgresql, sqlite
from socialbot.ledger.migrating import refuse_moved, revision_of
from socialbot.ledger.schema import REVISION
from socialbot.nouns import Mistake


def open_engine(url: str, home: Path) -> Engine:
    """The engine of a store, with its tables up to date. A relative path lies in `home`.

    A SQLite file is migrated at once, and backed up before; a server that others may be working on only when it is empty.
    Raises Mistake when the store cannot be used: no server, a network file system, other tables than mine, a moved store.
    """
    engine = connect(url, home)
    found = revision_of(engine)
    if found != REVISION:
        if found and engine.dialect.name == "postgresql":
            raise Mistake(f"the store's tables are {found}, mine {REVISION}", fix="stop older workers, then: socialbot migrate")
        migrate(engine)
    refuse_moved(engine)
    return engine


def revisions(url: str, home: Path) -> tuple[str | None, str]:
    """Which tables the store has, and which this socialbot uses. Raises Mistake."""
    return revision_of(connect(url, home)), REVISION


def migrate_store(url: str, home: Path) -> None:
    """Bring the tables of a store up to date, in one transaction while nobody writes. Raises Mistake."""
    migrate(connect(url, home))


def workers_folder(url: str, home: Path) -> Path:
    """Where the workers of a store hold their locks: beside its file, since instances may share that; else in `home`."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return home / "workers"
    path = (home / (parsed.database or "")).resolve()
    return path.with_name(f"{path.name}.workers")


def connect(url: str, home: Path) -> Engine:
    """The engine of a store, whatever tables it has. Raises Mistake."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return postgresql.connect(parsed)
    return sqlite.connect(home / (parsed.database or ""))


def migrate(engine: Engine) -> None:
    """Bring the tables of a store up to date. Raises Mistake."""
    if engine.dialect.name == "postgresql":
        postgresql.migrate(engine)
    else:
        sqlite.migrate(engine)
