"""Instances that share a store: their workers see each other, and no post goes out twice."""

from __future__ import annotations

import asyncio
import random
from contextlib import ExitStack
from pathlib import Path

from socialbot.ledger import workers_folder
from socialbot.worker import Worker, WorkerLock
from tests.instances import Town, a_town, now


def worker(town: Town) -> Worker:
    return Worker(town.settings(), town.ledger(), now, random.Random(1))


def test_workers_of_one_file_see_each_other_whatever_their_instances(tmp_path: Path) -> None:
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/shared.db"
        first, second = (stack.enter_context(a_town(tmp_path / name, url)) for name in ("first", "second"))
        accounts = (first.home / "socialbot.toml").read_text()
        (second.home / "socialbot.toml").write_text(accounts)
        list(first.intake().enqueue([first.write("fog")], ["chat"]))
        first.chat.faults.slow_s = 2

        async def side_by_side() -> None:
            slow = asyncio.create_task(worker(first).run(until_empty=True))
            while not any(one.state == "running" for one in first.ledger().deliveries()):  # noqa: ASYNC110 - a row is awaited
                await asyncio.sleep(0.01)
            await worker(second).run(once=True)
            [delivery] = first.ledger().deliveries()
            assert (delivery.state, delivery.fence) == ("running", 1)
            await slow

        asyncio.run(asyncio.wait_for(side_by_side(), 60))
        assert len(first.chat.posts) == 1


def test_a_file_by_another_name_is_the_same_store_and_another_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "socialbot.db").touch()
    (tmp_path / "link.db").symlink_to("socialbot.db")
    absolute = f"sqlite:///{tmp_path}/socialbot.db"
    mine = WorkerLock(workers_folder("sqlite:///socialbot.db", tmp_path))
    for url in (absolute, "sqlite:///link.db", "sqlite:///elsewhere/../socialbot.db"):
        other = WorkerLock(workers_folder(url, tmp_path))
        assert mine.owner in other.alive()
        other.release()
    stranger = WorkerLock(workers_folder("sqlite:///other.db", tmp_path))
    assert stranger.alive() == {stranger.owner}
    for lock in (mine, stranger):
        lock.release()
