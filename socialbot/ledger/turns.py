"""One at a time, by name, over all processes that share a store: for what may be done only once, as a login's renewal."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, func, select

from socialbot.ledger.store import OUT_OF_REACH

LOGINS = 0x736F636A
"""Our namespace for turns among PostgreSQL's advisory locks of two numbers; the other is the name's."""
_ASK_EVERY_S = 0.05


class _Asks(Protocol):
    def __call__(self) -> bool:
        """Take the turn if nobody has it."""


@asynccontextmanager
async def turn(engine: Engine, name: str, wait_s: float = 60) -> AsyncIterator[None]:
    """Have the turn of this name; it ends with the block, or with the process. Raises TimeoutError after `wait_s` seconds."""
    with (_in_database if engine.dialect.name == "postgresql" else _in_file)(engine, name) as ask:
        async with asyncio.timeout(wait_s):
            while not ask():  # noqa: ASYNC110 - it is another process that ends it
                await asyncio.sleep(_ASK_EVERY_S)
        yield


@contextmanager
def _in_file(engine: Engine, name: str) -> Iterator[_Asks]:
    store = Path(engine.url.database or "")
    folder = store.with_name(f"{store.name}.logins")
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:

        def ask() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield ask


@contextmanager
def _in_database(engine: Engine, name: str) -> Iterator[_Asks]:
    with engine.connect().execution_options(reading=True) as connection:  # outside a transaction, which may not last
        held = False

        def ask() -> bool:
            nonlocal held
            held = bool(connection.execute(select(func.pg_try_advisory_lock(LOGINS, func.hashtext(name)))).scalar_one())
            return held

        try:
            yield ask
        finally:
            if held:
                with suppress(*OUT_OF_REACH):  # a turn ends with its connection, too
                    connection.execute(select(func.pg_advisory_unlock(LOGINS, func.hashtext(name))))
