"""Where workers come from: a process with everything imported that forks one in a few milliseconds, and ends it.

What a run does to a worker is put round it here, in the forked child: its clock, the line at which it dies, the log of what
it wrote and did not sync. socialbot itself has no word of it.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import random
import signal
import ssl
import sys
import time
import traceback
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import httpx

from socialbot import accounts, delivery, worker
from socialbot.accounts import options_of
from socialbot.ledger import Ledger, claims
from socialbot.networks import bluesky, discord, mastodon, protocol
from socialbot.settings import load
from tests.crash import powercut
from tests.crash.town import Networks, fork

WATCHED = (delivery, claims, bluesky, discord, mastodon)
"""A worker can be told to die at any line of these: all that lies between a claim and its recorded outcome."""
FILES = {str(module.__file__): number for number, module in enumerate(WATCHED)}
LOOKS_S = (0.0, 2.0, 6.0, 15.0, 30.0)
"""socialbot's looks after an unknown outcome, at the run's pace."""
NOT_IN_FLIGHT = ("claim", "_take", "release", "_keeping", "_lease_end", "__init__", "check", "mark_as_bot", "discover")
Line = tuple[int, int]


def all_lines() -> set[Line]:
    """Every line of a function in the watched files."""
    found: set[Line] = set()
    for number, module in enumerate(WATCHED):
        for value in vars(module).values():
            members = vars(value).values() if isinstance(value, type) else [value]
            for member in members:
                function = getattr(member, "__func__", getattr(member, "fget", member))
                if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                    found |= {(number, line) for line in _lines(function.__code__)}
    return found


def _lines(code: CodeType) -> set[int]:
    if code.co_name in NOT_IN_FLIGHT or Path(code.co_filename).name == "<string>":
        return set()
    own = {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
    return own.union(*(_lines(inner) for inner in code.co_consts if isinstance(inner, CodeType)))


@dataclass
class Nursery:
    """The process that forks workers, seen from outside. `offsets` are the seconds by which each worker's clock is wrong."""

    home: Path
    networks: Networks
    workers: int
    shim: bool
    pids: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.offsets = fork.RawArray("d", self.workers)
        self.died_at = fork.RawArray("q", self.workers)
        self._line, theirs = fork.Pipe()
        self.process = fork.Process(target=self._serve, args=(theirs,))
        self.process.start()
        theirs.close()

    def start(self, place: int, avoid: Collection[Line] | None, seed: int) -> None:
        """A worker at this place; `avoid`: it is to die at the first line that is not among these."""
        self.died_at[place] = 0
        self.pids[place] = self._ask("start", place, avoid, seed)

    def signal(self, place: int, number: int) -> None:
        """Send a signal to the worker at this place, if it still runs."""
        self._ask("signal", place, number)

    def kill(self, place: int) -> int | None:
        """Kill and bury it; its exit status when it had ended by itself."""
        return self._ask("kill", place)  # type: ignore[no-any-return]

    def ended(self) -> dict[int, int]:
        """The places whose workers have ended by themselves, with their status; they are buried."""
        return self._ask("ended")  # type: ignore[no-any-return]

    def line_of(self, place: int) -> Line | None:
        """The line at which its last worker died."""
        told = int(self.died_at[place])
        return divmod(told - 1, 100_000) if told else None

    def close(self) -> None:
        """It ends its workers, and itself, when nobody holds the line."""
        self._line.close()
        self.process.join(5)
        self.process.kill()

    def _ask(self, *order: Any) -> Any:
        self._line.send(order)
        return self._line.recv()

    # In the process itself

    def _serve(self, line: Connection) -> None:
        self._line.close()
        self.networks.hang_up()
        _die_with_parent()
        self._prepare()
        living: dict[int, int] = {}
        while True:
            try:
                what, *told = line.recv()
            except EOFError:
                for pid in living.values():
                    os.kill(pid, signal.SIGKILL)
                os._exit(0)
            line.send(getattr(self, f"_{what}")(living, *told))

    def _prepare(self) -> None:
        os.environ["TZ"] = "UTC"
        time.tzset()
        delivery.LOOKS_S = LOOKS_S
        certificates = ssl.create_default_context()

        def http_client(account: Any) -> httpx.AsyncClient:
            # To read the certificates anew takes longer than all the rest of a start.
            return httpx.AsyncClient(timeout=account.timeout_s, follow_redirects=False, trust_env=False, verify=certificates)

        accounts.http_client = http_client
        self.settings = load(self.home, options_of)

    def _start(self, living: dict[int, int], place: int, avoid: Collection[Line] | None, seed: int) -> int:
        pid = os.fork()
        if pid == 0:
            self._be(place, avoid, seed)
        living[place] = pid
        return pid

    def _signal(self, living: dict[int, int], place: int, number: int) -> None:
        if place in living:  # not buried, so the number is still its own
            os.kill(living[place], number)

    def _kill(self, living: dict[int, int], place: int) -> int | None:
        if place not in living:
            return None
        os.kill(living[place], signal.SIGKILL)
        _, status = os.waitpid(living.pop(place), 0)
        code = os.waitstatus_to_exitcode(status)
        return None if code == -signal.SIGKILL else code

    def _ended(self, living: dict[int, int]) -> dict[int, int]:
        found = {}
        for place, pid in list(living.items()):
            buried, status = os.waitpid(pid, os.WNOHANG)
            if buried:
                del living[place]
                found[place] = os.waitstatus_to_exitcode(status)
        return found

    # In a worker

    def _be(self, place: int, avoid: Collection[Line] | None, seed: int) -> None:
        _die_with_parent()
        out = os.open(self.home / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(out, 2)
        logging.basicConfig(level=logging.ERROR, stream=sys.stderr, force=True)
        try:
            watched = powercut.Watched() if self.shim else None
            asyncio.run(self._work(place, avoid, random.Random(seed)))
            del watched
        except BaseException:  # noqa: BLE001 - whatever it is stands in the log, and the status counts it
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    async def _work(self, place: int, avoid: Collection[Line] | None, chance: random.Random) -> None:
        def clock() -> datetime:
            return datetime.now(UTC) + timedelta(seconds=self.offsets[place])

        for adapter in (protocol.Network, bluesky.Bluesky, discord.Discord, mastodon.Mastodon):
            adapter.__init__.__defaults__ = (clock,)
        ledger = Ledger.open(self.settings.store.url, self.home)
        ledger.clock = clock  # leases go on by the server's
        if avoid is not None:
            sys.settrace(_Death(frozenset(avoid), chance, self.died_at, place))
        await worker.Worker(self.settings, ledger, clock, chance).run()


@dataclass(frozen=True)
class _Death:
    """A tracer that kills its process at the first line of the watched files that is not to be avoided."""

    avoid: frozenset[Line]
    chance: random.Random
    told: Any
    place: int

    def __call__(self, frame: FrameType, event: str, arg: object) -> Any:
        code = frame.f_code
        return self._line if code.co_filename in FILES and code.co_name not in NOT_IN_FLIGHT else None

    def _line(self, frame: FrameType, event: str, arg: object) -> Any:
        here = (FILES[frame.f_code.co_filename], frame.f_lineno)
        # Not always the first: what lies behind it would never be come to.
        if event == "line" and here not in self.avoid and self.chance.random() < 0.3:
            self.told[self.place] = here[0] * 100_000 + here[1] + 1
            os.kill(os.getpid(), signal.SIGKILL)
        return self._line


def _die_with_parent() -> None:
    """No process is left behind, however the run ends (prctl(2): PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
