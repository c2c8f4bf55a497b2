"""What wakes a worker before its nap is over: PostgreSQL calls out whatever was accepted or decided, on any machine."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sqlalchemy import Engine

from socialbot.ledger import postgresql

log = logging.getLogger(__name__)

AGAIN_S = 2.0
"""Seconds until a server that went away is called again."""


class Wakes:
    """`heard` is set whenever there may be something to do. On SQLite nobody calls: there a worker naps."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.heard = engine, asyncio.Event()
        self.listening = False
        """Whether a nap may be long."""

    async def listen(self) -> None:
        """Listen until cancelled, however often the server goes away. While it listens it counts as a worker of the store."""
        if self.engine.dialect.name != "postgresql":
            return
        import psycopg

        while True:
            try:
                await self._listen_once(postgresql.connecting(self.engine))
            except psycopg.Error as error:
                log.info("nobody wakes this worker (%s); it looks for itself", " ".join(str(error).split()))
            finally:
                self.listening = False
            await asyncio.sleep(AGAIN_S)

    async def _listen_once(self, connecting: dict[str, Any]) -> None:
        import psycopg

        async with await psycopg.AsyncConnection.connect(**connecting, autocommit=True) as connection:
            await connection.execute(f"SELECT pg_advisory_lock_shared({postgresql.WORKING})")
            await connection.execute(f"LISTEN {postgresql.CHANNEL}")
            self.listening = True
            self.heard.set()  # for what came while nobody listened
            async for _ in connection.notifies():
                self.heard.set()
