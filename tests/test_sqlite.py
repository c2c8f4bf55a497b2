"""What only a store in one file has: its durable settings, and the locks by which a worker's death is known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from socialbot.ledger import Ledger, sqlite
from tests.conftest import TurnedClock, accept, make_draft, make_post
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


def test_no_look_of_a_worker_goes_through_all_that_waits(ledger: Ledger) -> None:
    """With or without the figures of ANALYZE, which lead SQLite to other indexes."""
    for number in range(300):
        post = make_post(f"p{number}")
        accept(ledger, post, make_draft(post, account=f"a{number % 3}"), in_s=3600)
    mine, looked = claims(ledger), list[str]()

    def explain(connection: Any, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            plan = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            looked.extend(f"{step[3]}: {statement}" for step in plan)

    for statement in ("SELECT 1", "ANALYZE"):
        with ledger.engine.begin() as connection:
            connection.exec_driver_sql(statement)
        event.listen(ledger.engine, "before_cursor_execute", explain)
        mine.release({"me"}, set())
        assert mine.claim(8, {"me"}) == []
        assert ledger.next_due()
        event.remove(ledger.engine, "before_cursor_execute", explain)
    assert looked and not [step for step in looked if step.startswith("SCAN deliveries")]
