"""A worker says that it is at work, and goes from the list when it has ended as it should."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from schedule import Scheduler
from sqlalchemy.exc import OperationalError

from socialbot.ledger import Ledger
from socialbot.redaction import Redaction
from socialbot.settings import Settings
from socialbot.watch import Watch
from socialbot.worker import Worker
from tests.conftest import TurnedClock
from tests.instances import Town, now
from tests.postgresql import Server


def test_a_beat_is_one_row_however_often_it_comes(ledger: Ledger, clock: TurnedClock) -> None:
    began = clock()
    for _ in range(3):
        ledger.beat("me", "here")
        clock.turn(10)
    (one,) = ledger.beats()
    assert (one.owner, one.host, one.started_at, one.beat_at) == ("me", "here", began, clock() - (clock() - one.beat_at))
    assert (clock() - one.beat_at).total_seconds() == 10


def test_a_worker_that_has_been_silent_for_a_day_is_forgotten(ledger: Ledger, clock: TurnedClock) -> None:
    ledger.beat("dead", "there")
    clock.turn(24 * 3600)
    ledger.beat("me", "here")
    assert {one.owner for one in ledger.beats()} == {"dead", "me"}
    clock.turn(1)
    ledger.beat("me", "here")
    assert {one.owner for one in ledger.beats()} == {"me"}


def test_a_worker_is_listed_while_it_works_and_not_after(town: Town) -> None:
    seen: list[int] = []
    list(town.intake().enqueue([town.post]))
    ledger = town.ledger()
    worker = Worker(town.settings(), ledger, now, random.SystemRandom(), told=lambda _: seen.append(ledger.at_work()))
    asyncio.run(worker.run(until_empty=True))
    assert seen == [1, 1, 1]
    assert ledger.beats() == []


def test_a_killed_worker_stays_listed(town: Town) -> None:
    command = [sys.executable, "-m", "socialbot", "--home", str(town.home), "worker"]
    ledger = town.ledger()
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not ledger.at_work() and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        worker.kill()
        worker.wait()
    assert len(ledger.beats()) == 1


def test_a_store_that_takes_no_heartbeat_does_not_stop_the_worker(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database or disk is full"))

    monkeypatch.setattr(ledger, "beat", full)
    monkeypatch.setattr(ledger, "leave", full)
    watch = Watch(Settings(), ledger, Redaction(), "me")
    watch.begin(Scheduler())
    watch.end()
    assert "no heartbeat: the store did not answer (OperationalError)" in caplog.text


def test_a_machine_whose_clock_is_wrong_does_not_make_another_seem_dead(postgresql: Server, tmp_path: Path) -> None:
    with postgresql.new_database() as url:
        here, there = Ledger.open(url, tmp_path), Ledger.open(url, tmp_path)
        here.beat("me", "here")
        there.clock = lambda: now() + timedelta(hours=1)
        assert there.at_work() == 1
        here.engine.dispose()
        there.engine.dispose()
