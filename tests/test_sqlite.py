"""What only a store in one file has: its durable settings, and the locks by which a worker's death is known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from socialbot.ledger import Ledger, sqlite
from tests.conftest import TurnedClock, accept, make_post
from tests.test_ledger import claims


@pytest.fixture
def store() -> str:
    return "sqlite:///socialbot.db"


def test_an_intent_is_synced_before_the_call(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_live_workers_delivery_is_not_taken_over_even_past_its_lease(ledger: Ledger, clock: TurnedClock) -> None:
    accept(ledger, make_post())
    claims(ledger, "stopped").claim(8, {"stopped"})
    clock.turn(3600)
    assert claims(ledger).claim(8, {"stopped", "me"}) == []


def test_many_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from datetime import UTC, datetime; from socialbot.ledger import Ledger;"
        "print(Ledger.open('sqlite:///new.db', pathlib.Path(sys.argv[1]), lambda: datetime.now(UTC)).counts())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in running] == ["{}"] * 3


def test_a_backup_is_read_by_nobody_who_could_not_read_the_store(tmp_path: Path, clock: TurnedClock) -> None:
    Ledger.open("sqlite:///socialbot.db", tmp_path, clock).engine.dispose()
    path = tmp_path / "socialbot.db"
    path.chmod(0o600)
    sqlite._back_up(path, "0002")
    assert (tmp_path / "socialbot.db.of-0002").stat().st_mode & 0o777 == 0o600
