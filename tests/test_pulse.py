"""A worker's pulse in the store: while it beat without a pause, no other ledger sent anything."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from socialbot.ledger import Ledger, Lost
from socialbot.networks.protocol import CannotTell
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.test_delivery import NONE, Desk, Toy

NOBODY_TELLS = CannotTell("A webhook cannot be asked.")


def beat_on(ledger: Ledger, clock: TurnedClock, minutes: int) -> None:
    for _ in range(minutes * 3):
        clock.turn(20)
        ledger.beat("me", "here")


def a_thread_paused_under_way(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> tuple[Desk, Toy]:
    accept(ledger, make_post(), make_draft(make_post(), parts=3))
    ledger.beat("me", "here")
    desk, toy = Desk(ledger, clock), Toy(tmp_path, NONE)
    toy.answers = [(True, lambda: ledger.pause("blue") and None)]
    with pytest.raises(Lost):
        desk.work(toy)
    toy.found = [NOBODY_TELLS] * 3
    assert toy.shown == ["Fog 0"]
    return desk, toy


def test_a_thread_that_was_paused_goes_on_where_a_worker_watched_all_the_time(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    desk, toy = a_thread_paused_under_way(ledger, clock, tmp_path)
    beat_on(ledger, clock, 30)
    ledger.resume("blue")
    assert desk.work(toy).state == "published"
    assert toy.shown == ["Fog 0", "Fog 1", "Fog 2"]


@pytest.mark.parametrize("after", [0, 5])
def test_a_person_is_asked_where_no_worker_watched(ledger: Ledger, clock: TurnedClock, tmp_path: Path, after: int) -> None:
    desk, toy = a_thread_paused_under_way(ledger, clock, tmp_path)
    beat_on(ledger, clock, 5)
    clock.turn(20 * 60)
    ledger.beat("me", "here")
    beat_on(ledger, clock, after)
    ledger.resume("blue")
    assert desk.work(toy).state == "held"
    assert toy.shown == ["Fog 0"]


def test_a_pulse_that_has_stopped_proves_nothing(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    desk, toy = a_thread_paused_under_way(ledger, clock, tmp_path)
    beat_on(ledger, clock, 30)
    clock.turn(60)
    ledger.resume("blue")
    assert desk.work(toy).state == "held"


def test_a_thread_that_a_lost_ledger_went_on_with_is_not_sent_again(tmp_path: Path, clock: TurnedClock) -> None:
    store, copy = tmp_path / "socialbot.db", tmp_path / "copy.db"
    ledger = Ledger.open("sqlite:///socialbot.db", tmp_path, clock)
    desk, toy = a_thread_paused_under_way(ledger, clock, tmp_path)
    with closing(sqlite3.connect(store)) as live, closing(sqlite3.connect(copy)) as backup:
        live.backup(backup)
    beat_on(ledger, clock, 5)
    ledger.resume("blue")
    assert desk.work(toy).state == "published"
    beat_on(ledger, clock, 30)
    ledger.engine.dispose()
    for name in ("socialbot.db-wal", "socialbot.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    copy.replace(store)
    restored = Ledger.open("sqlite:///socialbot.db", tmp_path, clock)
    restored.beat("another", "here")
    restored.resume("blue")
    toy.found = [NOBODY_TELLS]
    assert Desk(restored, clock).work(toy).state == "held"
    assert toy.shown == ["Fog 0", "Fog 1", "Fog 2"]
    restored.engine.dispose()
