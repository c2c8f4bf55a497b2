"""What several deliveries write at the same moment is written in one transaction: one sync serves them all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from socialbot.ledger.store import OUT_OF_REACH

T = TypeVar("T")
Act = Callable[[Connection | None], T]
"""It writes by the connection it is given; or, given none, in a transaction of its own."""


class Together:
    """The writes of one event loop. Each returns when it is on disk, or raises what it would have raised alone."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Act[Any], asyncio.Future[Any]]] = []

    async def write(self, engine: Engine, act: Act[T]) -> T:
        """Write with whatever else is to be written in this turn of the loop."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()
        self._waiting.append((act, outcome))
        loop.call_soon(self._write, engine)  # the first call writes for all
        return await outcome

    def _write(self, engine: Engine) -> None:
        """All at once. Where one of them is refused nothing has been written, and each is tried by itself."""
        waiting = [(act, outcome) for act, outcome in self._waiting if not outcome.done()]
        self._waiting.clear()
        if len(waiting) > 1:
            try:
                with engine.begin() as connection:
                    written = [act(connection) for act, _ in waiting]
            except OUT_OF_REACH as error:  # what is away for one is away for all
                for _, outcome in waiting:
                    outcome.set_exception(error)
                return
            except Exception:  # noqa: BLE001, S110 - whose fault it was is found, and told, below
                pass
            else:
                for (_, outcome), result in zip(waiting, written, strict=True):
                    outcome.set_result(result)
                return
        for act, outcome in waiting:
            try:
                outcome.set_result(act(None))
            except Exception as error:  # noqa: BLE001 - raised again where it is awaited
                outcome.set_exception(error)
