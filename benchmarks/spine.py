"""Start-up, preview, enqueue and idling, each beside a named baseline of the same run. Run: make benchmarks"""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from socialbot.testing.fakes import BlueskyFake, DiscordFake, MastodonFake

SOCIALBOT = [sys.executable, "-m", "socialbot"]
EXAMPLES = Path(__file__).parents[1] / "examples"
POST = '---\ntitle: "Post number {n}"\ndate: 2025-01-01\ncanonical: https://example.org/{n}\n---\nThe words of post {n}.\n'


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Median wall time of `work`."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def run(*command: str) -> None:
    """A command, silently; it must succeed."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def row(what: str, measured: str, baseline: str, ratio: str) -> None:
    """One line of the table."""
    print(f"| {what} | {measured} | {baseline} | {ratio} |", flush=True)


def start_up() -> None:
    """An interpreter that does nothing is the floor."""
    floor = seconds(lambda: run(sys.executable, "-c", "pass"), 15)
    ours = seconds(lambda: run(*SOCIALBOT, "--help"), 15)
    row("`socialbot --help`", f"{ours * 1000:.0f} ms", f"`python -c pass`: {floor * 1000:.0f} ms", f"{ours / floor:.1f}")


def preview(home: Path) -> None:
    """Reading and cropping three pictures is most of it; the floor is the same start-up without a post."""
    post = next((home / "content" / "posts").glob("*.md"))
    floor = seconds(lambda: run(*SOCIALBOT, "--home", str(home), "queue"), 5)
    ours = seconds(lambda: run(*SOCIALBOT, "--home", str(home), "preview", str(post)), 5)
    row(
        "`socialbot preview` of the example",
        f"{ours * 1000:.0f} ms",
        f"`socialbot queue`: {floor * 1000:.0f} ms",
        f"{ours / floor:.1f}",
    )


def enqueue(home: Path, number: int = 10_000) -> None:
    """The baseline writes as many rows, synced after every 50, with nothing read or drafted."""
    folder = home / "many"
    folder.mkdir()
    for n in range(number):
        (folder / f"{n}.md").write_text(POST.format(n=n))
    paths = sorted(str(path) for path in folder.iterdir())

    def ours() -> None:
        for start in range(0, number, 5_000):  # a command line has its limit
            run(*SOCIALBOT, "--home", str(home), "enqueue", *paths[start : start + 5_000])

    def rows() -> None:
        with sqlite3.connect(home / "rows.db") as connection:
            connection.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (post TEXT, account TEXT);"
            )
            for n in range(number):
                connection.executemany("INSERT INTO t VALUES (?, ?)", [(f"{n}" * 300, account) for account in "abc"])
                if n % 50 == 49:
                    connection.commit()

    baseline, measured = seconds(rows, 1), seconds(ours, 1)
    row(
        f"enqueue {number:,} posts to 3 accounts",
        f"{measured:.1f} s, {number / measured:.0f} posts/s",
        f"as many bare rows: {baseline:.2f} s",
        f"{measured / baseline:.0f}",
    )


def idle(home: Path, watch_s: float = 30) -> None:
    """Resident memory and CPU of a worker with nothing due, beside an interpreter that sleeps."""
    sleeper = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({watch_s * 3})"])
    worker = subprocess.Popen([*SOCIALBOT, "--home", str(home), "worker"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(5)
        before = _cpu_s(worker.pid)
        time.sleep(watch_s)
        cpu = (_cpu_s(worker.pid) - before) / watch_s
        ours, floor = _rss_mb(worker.pid), _rss_mb(sleeper.pid)
    finally:
        for process in (worker, sleeper):
            process.terminate()
            process.wait(20)
    row("idle worker, memory", f"{ours:.0f} MB", f"sleeping interpreter: {floor:.0f} MB", f"{ours / floor:.1f}")
    row("idle worker, CPU", f"{cpu:.2%}", "", "")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def instance(folder: Path, stack: ExitStack) -> Path:
    """An instance with one account on each fake."""
    tables = ['[site]\nurl = "https://example.org"\n']
    for name, fake in (("blue", BlueskyFake()), ("masto", MastodonFake()), ("chat", DiscordFake())):
        stack.enter_context(fake)
        tables.append(f"[accounts.{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in fake.account().items()))
    folder.mkdir()
    (folder / "socialbot.toml").write_text("".join(tables))
    run("cp", "-r", f"{EXAMPLES}/.", str(folder))
    return folder


def main() -> None:
    """Print the table."""
    print(
        f"Python {sys.version.split()[0]}, {os.cpu_count()} cores\n\n| what | measured | baseline | ratio |\n|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        start_up()
        preview(instance(Path(folder, "one"), stack))
        enqueue(instance(Path(folder, "many"), stack))
        idle(instance(Path(folder, "idle"), stack))


if __name__ == "__main__":
    main()
