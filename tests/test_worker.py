"""The worker's hands: its lock, and the queue folder."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest

from socialbot.drop_folder import FILES_AT_ONCE, take_folder
from socialbot.watch import Metronome
from socialbot.worker import DUE_TOGETHER_S, NAP_S, Worker, WorkerLock
from tests.instances import Town, a_town, now


@pytest.fixture
def town(tmp_path: Path, store: str) -> Iterator[Town]:
    with a_town(tmp_path / "instance", store) as built:
        yield built


def settle(town: Town) -> None:
    """Let the files in the queue folder look as if nobody had touched them for a minute."""
    for path in (town.home / "queue").glob("*.md"):
        os.utime(path, (time.time() - 60, time.time() - 60))


def take(town: Town) -> list[str]:
    return [receipt.path.name for receipt in take_folder(town.settings(), town.ledger(), now, random.SystemRandom())]


def test_a_lock_is_free_once_its_worker_is_dead(tmp_path: Path) -> None:
    mine = WorkerLock(tmp_path)
    code = (
        "import sys, time, pathlib; from socialbot.worker import WorkerLock;"
        "lock = WorkerLock(pathlib.Path(sys.argv[1])); print(lock.owner, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout
    owner = other.stdout.readline().strip()
    assert mine.alive() == {mine.owner, owner}
    other.kill()
    other.wait()
    assert mine.alive() == {mine.owner}
    mine.release()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_never_seen_free_while_its_worker_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher, lock_file = WorkerLock(tmp_path), fcntl.flock

    def flock(file: IO[str], how: int) -> None:
        if how == fcntl.LOCK_EX:
            watcher.alive()  # looks in the very moment before the lock is taken
        lock_file(file, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    starting = WorkerLock(tmp_path)
    assert starting.owner in watcher.alive()


def test_a_file_still_being_written_is_left_alone(town: Town) -> None:
    town.write("fresh", "queue")
    assert take(town) == []
    settle(town)
    assert take(town) == ["fresh.md"]


def test_a_link_in_the_folder_is_not_followed(town: Town) -> None:
    secret = town.write("secret", "elsewhere")
    (town.home / "queue").mkdir()
    (town.home / "queue" / "link.md").symlink_to(secret)
    (town.home / "queue" / "dangling.md").symlink_to(town.home / "nothing")
    for link in (town.home / "queue").glob("*.md"):
        os.utime(link, (time.time() - 60, time.time() - 60), follow_symlinks=False)
    assert take(town) == ["dangling.md", "link.md"]
    assert town.ledger().deliveries() == [] and secret.exists()
    assert "it is a link" in (town.home / "queue" / "rejected" / "link.md.reason.txt").read_text()


def test_two_readers_of_the_folder_do_not_fight(town: Town) -> None:
    town.write("one", "queue")
    settle(town)
    with (town.home / "queue" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert take(town) == []
    assert take(town) == ["one.md"]


def test_the_same_name_twice_keeps_both_files(town: Town) -> None:
    for _ in range(2):
        town.write("one", "queue")
        settle(town)
        take(town)
    assert sorted(path.name for path in (town.home / "queue" / "taken").iterdir()) == ["one-2.md", "one.md"]
    assert len(town.ledger().deliveries()) == 3


def test_a_full_folder_is_taken_to_the_last_post(town: Town) -> None:
    number = FILES_AT_ONCE * 2 + 1
    for n in range(number):
        town.write(f"n{n:02d}", "queue")
    settle(town)
    asyncio.run(Worker(town.settings(), town.ledger(), now, random.SystemRandom()).run(until_empty=True))
    assert {name: len(texts) for name, texts in town.seen().items()} == {"blue": number, "masto": number, "chat": number}


def test_another_post_under_an_old_name_is_another_post(town: Town) -> None:
    for words in ("first", "second"):
        path = town.home / "queue" / "post.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# The {words} day\n\nWords of the {words} day.\n")
        settle(town)
        take(town)
    asyncio.run(Worker(town.settings(), town.ledger(), now, random.SystemRandom()).run(until_empty=True))
    assert all(len(texts) == 2 for texts in town.seen().values())


def test_a_draft_for_one_network_never_goes_to_another(town: Town) -> None:
    list(town.intake().enqueue([town.write("one")], ["blue"]))
    config = town.home / "socialbot.toml"
    tables, _, chat = config.read_text().partition("[accounts.chat]")
    config.write_text(f"{tables.partition('[accounts.')[0]}[accounts.blue]{chat}")
    asyncio.run(Worker(town.settings(), town.ledger(), now, random.SystemRandom()).run(until_empty=True))
    (held,) = town.ledger().deliveries()
    assert held.held and "is on discord now" in held.held.reason
    assert town.seen()["chat"] == []


def test_an_account_that_was_taken_out_of_the_configuration_is_held(town: Town) -> None:
    list(town.intake().enqueue([town.write("one")]))
    config = town.home / "socialbot.toml"
    config.write_text(config.read_text().partition("[accounts.chat]")[0])
    asyncio.run(Worker(town.settings(), town.ledger(), now, random.SystemRandom()).run(until_empty=True))
    states = {one.account: one for one in town.ledger().deliveries()}
    assert (states["blue"].state, states["chat"].state) == ("published", "held")
    assert states["chat"].held and "no account" in states["chat"].held.reason


def test_a_worker_that_only_sends_imports_nothing_that_drafting_needs() -> None:
    code = "import sys, socialbot.cli.worker, socialbot.worker, socialbot.networks.mastodon; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    assert not {"numpy", "PIL", "jinja2", "markdown_it", "frontmatter", "alembic", "fastapi", "rich", "pygments"} & set(loaded)


def test_a_clock_that_is_set_back_does_not_stop_the_metronome(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks: list[int] = []
    metronome = Metronome()
    metronome.every(10).seconds.do(lambda: ticks.append(1))
    job = metronome.jobs[0]
    assert job.next_run
    job.next_run += timedelta(hours=1)  # as it looks from a clock that went back
    metronome.run_pending()
    assert ticks == [1]
    metronome.run_pending()
    assert ticks == [1]


def test_what_falls_due_while_the_worker_looks_is_not_slept_over(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by benchmarks/delivery.py: of a thousand deliveries ten were a second late, with nothing else to do."""
    list(town.intake().enqueue([town.write("fog")], ["masto"]))
    due = town.ledger().next_due()
    assert due
    times = iter([due - timedelta(milliseconds=1)] + [due + timedelta(milliseconds=1)] * 9)
    worker = Worker(town.settings(), town.ledger(), lambda: next(times), random.Random(1))
    naps = list[float]()

    async def claim_nothing(*_: object) -> bool:
        return False

    async def nap(seconds: float, _wakes: object) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            worker.stop()

    monkeypatch.setattr(worker, "_claim", claim_nothing)
    monkeypatch.setattr(worker, "_wait", nap)
    asyncio.run(worker.run())
    assert naps == [DUE_TOGETHER_S, NAP_S], "almost at once; then, since it cannot be claimed, not without a pause"
