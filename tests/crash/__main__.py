"""`python -m tests.crash`: the crash runs, and their table. It ends with 1 when anything was lost, doubled or out of order."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.crash import lines
from tests.crash.kinds import KINDS
from tests.crash.storm import Plan, Storm
from tests.crash.tally import HEAD, Tally, count, markdown, table
from tests.crash.town import LANES, Networks, lanes_for
from tests.postgresql import a_server

RESTORES = {"blue": 2, "masto": 2, "botchat": 2}
"""Of what was sent after a backup was made a webhook cannot tell, so that docs/once.md promises nothing for it."""
RESTORED_POSTS = 20
MEMORY = Path("/dev/shm")
"""Nothing of a run must outlive its machine; what a power cut takes is taken by hand."""


def main() -> int:
    """Run what was asked for."""
    asked = _arguments()
    tallies: list[Tally] = []
    for store in ("sqlite", "postgresql") if asked.store == "both" else (asked.store,):
        plan = Plan(store, asked.kills, asked.deliveries, asked.seed, asked.workers, asked.minutes, calls=asked.calls)
        if plan.deliveries:
            tallies.append(_a_run(plan, asked.networks))
        if asked.backups:
            tallies.append(_restored(Plan(f"{store}, backups restored", 0, 0, asked.seed), asked.backups))
        print(table(tallies), flush=True)
    return 0 if all(tally.good for tally in tallies) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--store", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--kills", type=int, default=5_000)
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--backups", type=int, default=20, help="how often an old backup is restored, on each store")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--networks", type=_networks, default="four", help="all, four, or kinds: blue,x,instagram")
    parser.add_argument("--calls", type=int, default=0, help="deaths just before, and after, each account's irreversible call")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop killing after so long, on each store")
    return parser.parse_args()


def _networks(told: str) -> list[str]:
    """The kinds of accounts that were asked for. Raises argparse.ArgumentTypeError."""
    asked = list(LANES) if told == "four" else list(KINDS) if told == "all" else told.split(",")
    if strange := sorted(set(asked) - set(KINDS)):
        raise argparse.ArgumentTypeError(f"{', '.join(strange)}: choose from all, four, {', '.join(KINDS)}")
    return asked


def _a_run(plan: Plan, kinds: Sequence[str]) -> Tally:
    own = kinds == list(LANES)
    if not own:
        lines.watch_networks()
    with _storm(plan, lanes_for(plan.deliveries) if own else dict.fromkeys(kinds, 1), shows_pictures=not own) as storm:
        # Whoever has waited long enough still wants to see what there is.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(storm, "ending", True))
        storm.run()
        print(lines.table(storm.nursery.reached, storm.nursery.deaths))
        print(f"Not reached: {lines.not_reached(storm.nursery.reached)}")
        print(f"Reached, and nobody died there: {lines.spared(storm.nursery.reached, storm.nursery.deaths)}")
        return _told(storm)


def _restored(plan: Plan, rounds: int) -> Tally:
    """Again and again an old backup takes the store's place, more than ten minutes later."""
    with _storm(plan, RESTORES) as storm:
        for place in range(plan.workers):
            storm.start(place)
        for _ in range(rounds):
            before = storm.networks.published.value
            storm.feed(RESTORED_POSTS)
            many = RESTORED_POSTS * len(storm.networks.accounts)
            storm.wait_for(before + storm.chance.randrange(many // 2))
            storm.back_up()
            storm.wait_for(before + storm.chance.randrange(many // 2, many))
            storm.restore(away_s=11 * 60)
            storm.drain()
        return _told(storm)


def _told(storm: Storm) -> Tally:
    tally, wrong, rows = count(storm)
    if storm.networks.media:
        print(markdown(HEAD, rows))
    print(", ".join(f"{number} {what}" for what, number in sorted(storm.numbers.items())))
    parts = max(1, storm.networks.published.value)
    cpu = {"workers": storm.nursery.cpu_s(), "networks": storm.networks.ask("cpu"), "the rest": time.process_time()}
    print("CPU ms for each part: " + ", ".join(f"{who} {1000 * used / parts:.1f}" for who, used in cpu.items()))
    print("\n".join(wrong), flush=True)
    return tally


@contextmanager
def _storm(plan: Plan, lanes: dict[str, int], shows_pictures: bool = False) -> Iterator[Storm]:
    with tempfile.TemporaryDirectory(prefix="crash", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        networks = Networks(lanes, plan.seed, Path(folder) / "site" if shows_pictures else None)
        if plan.store.startswith("postgresql"):
            with a_server() as server, server.new_database() as url:
                yield from _closing(Storm(plan, Path(folder), url, networks, server))
        else:
            yield from _closing(Storm(plan, Path(folder), "sqlite:///socialbot.db", networks))


def _closing(storm: Storm) -> Iterator[Storm]:
    try:
        yield storm
    finally:
        log = storm.home / "worker.log"
        if log.exists():
            name = f"crash-{storm.plan.store.partition(',')[0]}-{os.getpid()}.log"
            Path(tempfile.gettempdir(), name).write_bytes(log.read_bytes())
        storm.close()


if __name__ == "__main__":
    sys.exit(main())
