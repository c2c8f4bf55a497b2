"""A short crash run: all that `make crash` does, for some seconds; and proof that it would tell."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash import powercut
from tests.crash.tally import out_of_order
from tests.crash.town import Publication

ROOT = Path(__file__).parents[2]


def storm(*words: str, within_s: int = 240) -> str:
    """In a process of its own: what forks must have no threads."""
    command = [sys.executable, "-m", "tests.crash", *words]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=within_s)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    return run.stdout


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_short_storm_loses_nothing_and_repeats_nothing(store: str, request: pytest.FixtureRequest) -> None:
    if store == "postgresql":
        request.getfixturevalue("postgresql")  # skips where it cannot be had
    assert f"| {store} | 1" in storm("--store", store, "--kills", "12", "--deliveries", "120", "--backups", "0")


def test_a_power_cut_loses_what_was_not_synced_and_nothing_else(tmp_path: Path) -> None:
    """With `synchronous=FULL`, as socialbot's store has it; with less the harness sees what is lost."""
    kept = {level: cut_after_commits(tmp_path / f"{level}.db", level) for level in ("FULL", "NORMAL")}
    assert kept["FULL"] == 20
    assert kept["NORMAL"] < 20


def cut_after_commits(store: Path, level: str) -> int:
    """How many of twenty committed rows are there after the power failed in the midst of another."""
    script = f"""
import os, sqlite3
from pathlib import Path
from tests.crash import powercut
watched = powercut.Watched()
store = sqlite3.connect({str(store)!r}, isolation_level=None)
store.execute("PRAGMA journal_mode=WAL")
store.execute("PRAGMA synchronous={level}")
store.execute("CREATE TABLE kept (number)")
store.execute("PRAGMA wal_checkpoint")
for number in range(20):
    store.execute("INSERT INTO kept VALUES (?)", (number,))
store.execute("PRAGMA cache_size=1")
store.execute("BEGIN IMMEDIATE")
for number in range(20000):
    store.execute("INSERT INTO kept VALUES (?)", (number,))
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 9
    assert powercut.cut(store, random.Random(1)) > 0
    with closing(sqlite3.connect(store)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(opened.execute("SELECT count(*) FROM kept").fetchone()[0])


def test_a_thread_out_of_order_is_seen() -> None:
    def published(part: int, answers: str | None) -> Publication:
        return Publication((1, part), f"id{part}", answers)

    right = [published(0, None), published(1, "id0"), published(2, "id1")]
    assert not out_of_order(right, answers_are_told=True)
    assert out_of_order(right[::-1], answers_are_told=True) == {(1, 1), (1, 2)}
    assert out_of_order([*right[:2], published(2, "id0")], answers_are_told=True) == {(1, 2)}
    assert not out_of_order([*right[:2], published(2, None)], answers_are_told=False)
