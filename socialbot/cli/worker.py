"""`socialbot worker`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from socialbot.cli.instance import Home, Instance, LogFormat, chance, now, open_instance, start_log

if TYPE_CHECKING:
    from socialbot.redaction import Redaction


STOP_AT_LAST_S = 9.7


def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then stop.")] = False,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="Stop when nothing is left to send.")] = False,
    log_format: LogFormat = "",
    home: Home = "",
) -> None:
    """Send what is due, and take posts from queue/.

    It runs until stopped; SIGTERM lets the sends in hand finish, for at most 10 seconds.
    """
    import asyncio

    instance = open_instance(context, home)
    in_utc()
    redaction = start_log(instance.settings, log_format)
    asyncio.run(_run(instance, redaction, once, until_empty))
    counts = instance.ledger.counts()
    if once or until_empty:
        print(", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "The queue is empty.")
        raise typer.Exit(1 if counts.get("held") or counts.get("failed") else 0)


async def _run(instance: Instance, redaction: Redaction, once: bool, until_empty: bool) -> None:
    import asyncio
    import os
    import signal
    import threading

    from socialbot import logs
    from socialbot.worker import Worker

    busy = Worker(instance.settings, instance.ledger, now, chance(), told=logs.tell, redaction=redaction)

    def stop() -> None:
        busy.stop()
        # A name server that never answers holds a thread that Python would wait for; the ledger is ready for any end.
        last = threading.Timer(STOP_AT_LAST_S, os._exit, (0,))
        last.daemon = True
        last.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await busy.run(once=once, until_empty=until_empty)


def in_utc() -> None:
    """Set this process's clock to UTC: `schedule` counts by it, and would pause for the hour that autumn repeats."""
    import os
    import time

    os.environ["TZ"] = "UTC"
    time.tzset()
