"""What befalls a PostgreSQL server: kill -9, a power cut, a full disk, a backup in its place.

Nothing of it needs more than the right to signal the server's processes and to write its files, which whoever runs it has.
"""

from __future__ import annotations

import os
import random
import resource
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.postgresql import Server

TRIES = 40
"""So often an instant is looked for at which something is written and not synced."""
ANSWERS_WITHIN_S = 1.0
GONE_WITHIN_S = 20.0
_WHERE = """
SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn, pg_current_wal_insert_lsn() - '0/0'::pg_lsn,
    timeline_id, (SELECT setting::int FROM pg_settings WHERE name = 'wal_segment_size')
FROM pg_control_checkpoint()
"""
"""Up to which byte the log is synced, up to which it is made, on which timeline, in files of how many bytes.

Functions of https://www.postgresql.org/docs/18/functions-admin.html, 9.28.3, and functions-info.html, 9.27.10."""


def processes(server: Server) -> list[int]:
    """The server's processes, its first one first; none when it is down."""
    try:
        first = int((server.data / "postmaster.pid").read_text().split()[0])
        os.kill(first, 0)
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [first, *_children(first)]


def _children(parent: int) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    yield int(folder.name)


def kill(server: Server) -> None:
    """kill -9 of all its processes."""
    _kill(server, _stop(server, None))


def kill_a_backend(server: Server, chance: random.Random) -> None:
    """kill -9 of one process that serves a client (`postgres: USER DATABASE …`), if there is any."""
    serving = []
    for pid in processes(server)[1:]:
        with suppress(OSError):
            if b"[local]" in Path(f"/proc/{pid}/cmdline").read_bytes():
                serving.append(pid)
    if serving:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(serving), signal.SIGKILL)


def cut_power(server: Server, chance: random.Random) -> int:
    """The machine loses power: what the log had not synced is lost, all of it or its end. Says how many bytes.

    The server stands still at one instant, but for one process of ours that says how far its log was synced. Whoever was told
    of a commit was told after that sync; so all that may be lost lies behind it. Then all of it is killed, and the log behind
    that place is blotted out. (Pages of tables that were written and not synced are not taken back: the server makes them
    anew from its log, https://www.postgresql.org/docs/18/wal-reliability.html.)
    """
    with psycopg.connect(server.url("postgres"), autocommit=True) as ours:
        ours.execute(_WHERE)  # what it reads for the first time it could not read while others stand still
        for _ in range(TRIES):
            time.sleep(0.01)
            stopped = _stop(server, ours.info.backend_pid)
            told = _ask(ours)
            if told and told[1] > told[0]:
                break
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            if told is None:  # somebody stood still who held what our question needs
                _drain(ours)
        else:
            stopped, told = _stop(server, None), None
        _kill(server, [*stopped, ours.info.backend_pid])
    return _blot(server.data / "pg_wal", *told, chance) if told else 0


def _stop(server: Server, but: int | None) -> list[int]:
    """All of it stands still. First the first one, which makes the others."""
    stopped: list[int] = []
    first = processes(server)[:1]
    for pid in first:
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)
    for pid in _children(first[0]) if first else ():
        if pid != but:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
    return stopped


def _kill(server: Server, pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + GONE_WITHIN_S
    while time.monotonic() < end and any(_lives(pid) for pid in pids):
        time.sleep(0.01)
    # A dead process that nobody has buried yet would pass for a server that runs.
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (server.data / name).unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _ask(ours: psycopg.Connection) -> tuple[int, int, int, int] | None:
    ours.pgconn.send_query(_WHERE.encode())
    while not select.select([ours.fileno()], [], [], ANSWERS_WITHIN_S)[0]:
        return None
    return _drain(ours)


def _drain(ours: psycopg.Connection) -> tuple[int, int, int, int] | None:
    """The answer, once it comes."""
    row = None
    while result := ours.pgconn.get_result():
        if result.ntuples:
            row = [int(result.get_value(0, place) or b"0") for place in range(4)]
    return (row[0], row[1], row[2], row[3]) if row else None


def _blot(folder: Path, synced: int, made: int, timeline: int, segment: int, chance: random.Random) -> int:
    """Of the log from `synced` up to `made`, some of the beginning may have come to the disk; the rest did not."""
    start = synced + (chance.randrange(made - synced) if chance.random() < 0.5 else 0)
    for number in range(start // segment, made // segment + 1):
        path = folder / f"{timeline:08X}{number // (2**32 // segment):08X}{number % (2**32 // segment):08X}"
        if path.exists():
            begin, end = max(start - number * segment, 0), min(made - number * segment, segment)
            with path.open("r+b") as file:
                file.seek(begin)
                file.write(bytes(end - begin))
    return made - start


def limit_files(server: Server, size: int) -> None:
    """No file may be written beyond this size by the server, or by what it starts."""
    child = os.fork()
    if child == 0:
        with suppress(PermissionError):
            os.setuid(server.data.stat().st_uid)  # root's server is another user's
        for pid in processes(server):
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        os._exit(0)
    os.waitpid(child, 0)


def dump(server: Server, url: str, to: Path) -> None:
    """A backup, made while others write."""
    _run(server, "pg_dump", "-Fc", "--compress=0", "-f", str(to), _plain(url))


def restore(server: Server, url: str, backup: Path) -> None:
    """The database as the backup has it, in place of what is there."""
    name = make_url(url).database
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    _run(server, "pg_restore", "-d", _plain(url), str(backup))


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _run(server: Server, program: str, *words: str) -> None:
    subprocess.run([str(server.programs / program), *words], check=True)
