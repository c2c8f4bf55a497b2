"""A short crash run: all that `make crash` does, for some seconds; and proof that it would tell."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from socialbot import networks
from tests.crash import powercut, servercut
from tests.crash.kinds import KINDS, adapter_of
from tests.crash.tally import out_of_order
from tests.crash.town import Publication
from tests.postgresql import Server, a_server

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


def test_a_short_storm_over_every_network_loses_nothing_and_repeats_nothing() -> None:
    """On every kind of account one worker dies just before the irreversible call, and another just after it."""
    asked = ("--networks", "all", "--calls", "1", "--kills", "0", "--deliveries", "64")
    told = storm("--store", "sqlite", "--backups", "0", *asked)
    rows = [line.strip("| ").split(" | ") for line in told.splitlines() if line.startswith("|")]
    seen = {row[0].rstrip("0"): row for row in rows if row[0].rstrip("0") in KINDS}
    assert seen.keys() == KINDS.keys()
    assert {adapter_of(row[1]) for row in seen.values()} == {adapter_of(name) for name in networks.names()}
    assert {kind: row[7] for kind, row in seen.items()} == dict.fromkeys(KINDS, "1 + 1")
    assert all(row[4:7] == ["0", "0", "0"] for row in seen.values()), "none twice, none lost, threads in order"


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
from tests.crash import powercut, servercut
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


def test_a_power_cut_of_a_server_loses_what_was_not_synced_and_nothing_else() -> None:
    """With `synchronous_commit=on`, as socialbot has it; with less the harness sees what is lost."""
    with a_server() as server:
        kept = {level: cut_server_after_commits(server, level) for level in ("on", "off")}
    assert kept["on"] == 20
    assert kept["off"] < 20


def cut_server_after_commits(server: Server, level: str) -> int:
    """How many of twenty committed rows are there after the power failed in the midst of another's writing."""
    import psycopg

    url = server.url("made")
    with closing(psycopg.connect(url, autocommit=True)) as ours, closing(psycopg.connect(url)) as theirs:
        ours.execute(f"CREATE TABLE kept_{level} (number int)".encode())
        # Nothing syncs by itself meanwhile.
        ours.execute(b"ALTER SYSTEM SET wal_writer_delay = '10s'")
        ours.execute("SELECT pg_reload_conf()")
        ours.execute(f"SET synchronous_commit = {level}".encode())
        theirs.execute("CREATE TABLE other AS SELECT generate_series(1, 1000)")  # and is never committed
        for number in range(20):
            ours.execute(f"INSERT INTO kept_{level} VALUES ({number})".encode())
        theirs.execute("INSERT INTO other SELECT generate_series(1, 1000)")
        assert servercut.cut_power(server, random.Random(1)) > 0
    server.start()
    with psycopg.connect(url) as again:
        return int(again.execute(f"SELECT count(*) FROM kept_{level}".encode()).fetchall()[0][0])


def test_a_worker_can_be_told_to_die_at_every_watched_line() -> None:
    """Each function that has such lines gets the code that calls at them, and still does what it did."""
    script = """
from tests.crash import lines
come_to = []
lines.put_in(come_to.append)
for module in lines.WATCHED:
    has = {function.__code__.co_qualname for function in lines.functions(module) if lines.HOOK in function.__code__.co_names}
    wants = {code.co_qualname for code in lines.codes(module) if lines.HOOK in code.co_names and "<" not in code.co_qualname}
    assert wants and wants == has, (module.__name__, wants ^ has)
from socialbot.delivery import _key_is_good
from socialbot.networks.protocol import Doubt
assert _key_is_good(Doubt("KEY", 0), 5) and not _key_is_good(Doubt("LIST", 0), 5)
assert len(come_to) == 2 and set(come_to) < lines.all_lines()
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_a_thread_out_of_order_is_seen() -> None:
    def published(part: int, answers: str | None) -> Publication:
        return Publication((1, part), f"id{part}", answers)

    right = [published(0, None), published(1, "id0"), published(2, "id1")]
    assert not out_of_order(right, answers_are_told=True)
    assert out_of_order(right[::-1], answers_are_told=True) == {(1, 1), (1, 2)}
    assert out_of_order([*right[:2], published(2, "id0")], answers_are_told=True) == {(1, 2)}
    assert not out_of_order([*right[:2], published(2, None)], answers_are_told=False)
