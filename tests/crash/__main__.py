"""`python -m tests.crash`: the crash runs, and their table. It ends with 1 when anything was lost, doubled or out of order."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash.storm import Plan, Storm
from tests.crash.tally import Tally, count, table
from tests.crash.town import LANES, Networks
from tests.postgresql import a_server

RESTORES = {"blue": 2, "masto": 2, "botchat": 2}
"""Of what was sent after a backup was made a webhook cannot tell, so that docs/once.md promises nothing for it."""
RESTORED_POSTS = 20


def main() -> int:
    """Run what was asked for."""
    asked = _arguments()
    tallies: list[Tally] = []
    for store in ("sqlite", "postgresql") if asked.store == "both" else (asked.store,):
        plan = Plan(store, asked.kills, asked.deliveries, asked.seed, asked.workers, asked.minutes)
        tallies.append(_a_run(plan))
        if store == "sqlite" and asked.backups:
            tallies.append(_restored(Plan("sqlite, backups restored", 0, 0, asked.seed), asked.backups))
    print(table(tallies))
    return 0 if all(tally.good for tally in tallies) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--store", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--kills", type=int, default=5_000)
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--backups", type=int, default=20, help="how often an old backup is restored, on SQLite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop killing after so long, on each store")
    return parser.parse_args()


def _a_run(plan: Plan) -> Tally:
    with _storm(plan, LANES) as storm:
        storm.run()
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
    tally, wrong = count(storm)
    print(", ".join(f"{number} {what}" for what, number in sorted(storm.numbers.items())))
    print("\n".join(wrong), flush=True)
    return tally


@contextmanager
def _storm(plan: Plan, lanes: dict[str, int]) -> Iterator[Storm]:
    with tempfile.TemporaryDirectory(prefix="crash") as folder:
        networks = Networks(lanes, plan.seed)
        if plan.store == "postgresql":
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
            Path(tempfile.gettempdir(), f"crash-{storm.plan.store.partition(',')[0]}.log").write_bytes(log.read_bytes())
        storm.close()


if __name__ == "__main__":
    sys.exit(main())
