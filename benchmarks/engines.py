"""Bare job engines that make the same calls without any ledger: Huey on SQLite, Procrastinate on PostgreSQL.

They are not needed for anything else: pip install huey procrastinate. Neither keeps a post from going out twice, or from being
lost, when its worker dies. Run as a module this is a worker: engines.py huey|procrastinate STORE URL.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from importlib.util import find_spec
from typing import Any

import httpx

AT_ONCE = 16


def installed(engine: str) -> bool:
    """Can it be measured here?"""
    return find_spec(engine) is not None


def call(url: str, words: str) -> tuple[str, dict[str, Any]]:
    """The address and the arguments of a post."""
    body = {"status": words, "visibility": "public", "language": "en", "sensitive": False}
    return f"{url}/api/v1/statuses", {"json": body, "headers": {"Authorization": "Bearer token"}}


async def send(client: httpx.AsyncClient, url: str, words: str) -> None:
    """Post, and read back."""
    address, arguments = call(url, words)
    answer = await client.post(address, **arguments)
    await client.get(f"{address}/{answer.json()['id']}", headers=arguments["headers"])


def _huey(store: str, url: str) -> tuple[Any, Any]:
    from huey import SqliteHuey  # type: ignore[import-not-found]

    engine, here = SqliteHuey(filename=store, fsync=True), threading.local()

    @engine.task(name="send")  # type: ignore[untyped-decorator]
    def task(words: str) -> None:
        here.client = getattr(here, "client", None) or httpx.Client(trust_env=False)
        address, arguments = call(url, words)
        answer = here.client.post(address, **arguments)
        here.client.get(f"{address}/{answer.json()['id']}", headers=arguments["headers"])

    return engine, task


def _procrastinate(store: str, url: str) -> tuple[Any, Any]:
    import procrastinate  # type: ignore[import-not-found]

    engine = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=store))
    client = httpx.AsyncClient(trust_env=False)

    @engine.task(name="send")  # type: ignore[untyped-decorator]
    async def task(words: str) -> None:
        await send(client, url, words)

    return engine, task


def enqueue(engine: str, store: str, url: str, words: list[str]) -> None:
    """Give an engine its work, before its worker is started."""
    if engine == "huey":
        _, task = _huey(store, url)
        for one in words:
            task(one)
        return
    app, task = _procrastinate(store, url)

    async def give() -> None:
        async with app.open_async():
            if not await app.check_connection_async():  # its tables are not there yet
                await app.schema_manager.apply_schema_async()
            await task.batch_defer_async(*({"words": one} for one in words))

    asyncio.run(give())


def work(engine: str, store: str, url: str) -> None:
    """Work until killed."""
    if engine == "huey":
        consumer, _ = _huey(store, url)
        consumer.create_consumer(workers=AT_ONCE, initial_delay=0.05, max_delay=0.1, periodic=False).run()
        return
    app, _ = _procrastinate(store, url)

    async def serve() -> None:
        async with app.open_async():
            await app.run_worker_async(concurrency=AT_ONCE, fetch_job_polling_interval=0.1)

    asyncio.run(serve())


if __name__ == "__main__":
    import engines  # a task is known by its module's name, which is not that of a script

    engines.work(*sys.argv[1:4])
