"""Where workers come from: a process that has once done all that a worker does, and forks one in a few milliseconds.

What a run does to a worker is put round it here, in the forked child: its clock, the line at which it dies, the log of what
it wrote and did not sync. socialbot itself has no word of it.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import random
import resource
import signal
import ssl
import sys
import time
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

from socialbot import accounts, delivery, worker
from socialbot.accounts import options_of
from socialbot.ledger import Ledger, dialects
from socialbot.networks.protocol import Network, Prepared, Published
from socialbot.settings import load
from tests.crash import lines, powercut
from tests.crash.kinds import adapter_of
from tests.crash.town import Networks, fork, leave_to_first

LOOKS_S = (0.0, 2.0, 6.0, 15.0, 30.0)
"""socialbot's looks after an unknown outcome, at the run's pace."""
SELDOM = 200
"""A line that workers came to no oftener is a rare chance; at others an armed worker dies with this chance each time."""
ONE_OF_MANY = 0.1
DOUBTS = ("", "KEY", "HANDLE", "LIST", "NONE")
COLD_STARTS = 0.1
"""So many workers open the store themselves; the others find what that needs compiled already."""


@dataclass
class Nursery:
    """The process that forks workers, seen from outside.

    `offsets` are the seconds by which each worker's clock is wrong, `server_offset` those of a PostgreSQL server's. `armed`:
    which workers are to die at a line, and at one where fewer than `cap` have died.
    """

    home: Path
    networks: Networks
    workers: int
    shim: bool
    seed: int
    slow_syncs: Any
    pids: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.offsets = fork.RawArray("d", self.workers)
        self.server_offset = fork.RawValue("d", 0.0)
        self.died_at = fork.RawArray("q", self.workers)
        self.reached = fork.RawArray("L", lines.MANY)
        self.deaths = fork.RawArray("L", lines.MANY)
        self.cap = fork.RawValue("L", 1)
        self.armed = fork.RawArray("b", self.workers)
        many = len(self.networks.accounts)
        self.places = {name: place for place, name in enumerate(self.networks.accounts)}
        self.doubts = fork.RawArray("b", many)
        self.to_die, self.died = fork.RawArray("L", 2 * many), fork.RawArray("L", 2 * many)
        self.died_at_call = fork.RawArray("b", self.workers)
        self._line, theirs = fork.Pipe()
        self.process = fork.Process(target=self._serve, args=(theirs,))
        self.process.start()
        theirs.close()

    def warm(self) -> None:
        """Let it be a worker itself, for whatever is due now."""
        self._ask("warm")

    def start(self, place: int, seed: int) -> None:
        """A worker at this place."""
        self.died_at[place] = self.armed[place] = self.died_at_call[place] = 0
        self.pids[place] = self._ask("start", place, seed)

    def arm_calls(self, times: int) -> None:
        """So many workers more are to die just before each account's irreversible call, and as many just after it."""
        self.to_die[:] = [times] * len(self.to_die)

    def died_at_calls_of(self, account: str) -> tuple[int, int]:
        """How many workers died just before a call of this account, and how many just after."""
        return self.died[2 * self.places[account]], self.died[2 * self.places[account] + 1]

    def doubt_of(self, account: str) -> str:
        """The class of doubt that its adapter had when it last published; "" before that."""
        return DOUBTS[self.doubts[self.places[account]]]

    def signal(self, place: int, number: int) -> None:
        """Send a signal to the worker at this place, if it still runs."""
        self._ask("signal", place, number)

    def kill(self, place: int) -> int | None:
        """Kill and bury it; its exit status when it had ended by itself."""
        return self._ask("kill", place)  # type: ignore[no-any-return]

    def ended(self) -> dict[int, int]:
        """The places whose workers have ended by themselves, with their status; they are buried."""
        return self._ask("ended")  # type: ignore[no-any-return]

    def line_of(self, place: int) -> int | None:
        """The line at which its last worker died (its number in `lines`)."""
        return int(self.died_at[place]) or None

    def cpu_s(self) -> float:
        """What all workers so far have used."""
        return self._ask("cpu")  # type: ignore[no-any-return]

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
        leave_to_first()
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
        self._place: int | None = None
        os.environ["TZ"] = "UTC"
        time.tzset()
        delivery.LOOKS_S = LOOKS_S
        certificates = ssl.create_default_context()

        def http_client(account: Any) -> httpx.AsyncClient:
            # To read the certificates anew takes longer than all the rest of a start.
            return httpx.AsyncClient(timeout=account.timeout_s, follow_redirects=False, trust_env=False, verify=certificates)

        accounts.http_client = http_client
        server_clock = dialects.server_clock

        def wrong_server_clock(connection: Any) -> datetime | None:
            told = server_clock(connection)
            return told + timedelta(seconds=self.server_offset.value) if told else None

        dialects.server_clock = wrong_server_clock
        lines.put_in(self._at_line)
        self._watch_calls()
        self.settings = load(self.home, options_of)
        kinds = {adapter_of(account.network) for account in self.settings.accounts.values()}
        classes = {one for kind in kinds for one in kind.__mro__ if issubclass(one, Network)}
        self._clocked = [one for one in classes if "__init__" in vars(one)]

    def _watch_calls(self) -> None:
        connect = accounts.connect

        def watched(settings: Any, name: str, *rest: Any) -> Network:
            network, point = connect(settings, name, *rest), 2 * self.places[name]
            publish = network.publish

            async def watched_publish(prepared: Prepared) -> Published:
                self.doubts[self.places[name]] = DOUBTS.index(network.doubt.kind)
                self._at_call(point)
                try:
                    return await publish(prepared)
                finally:  # however it ended
                    self._at_call(point + 1)

            network.publish = watched_publish  # type: ignore[method-assign]
            return network

        accounts.connect = watched

    def _warm(self, _living: dict[int, int]) -> None:
        if self.shim:
            self._watched = powercut.Watched(self.slow_syncs)
        self._write_log()
        ledger = Ledger.open(self.settings.store.url, self.home)
        asyncio.run(worker.Worker(self.settings, ledger, ledger.clock, random.Random(self.seed)).run(once=True))
        ledger.engine.dispose()  # no connection is carried over into a worker
        self._engine = ledger.engine

    def _start(self, living: dict[int, int], place: int, seed: int) -> int:
        pid = os.fork()
        if pid == 0:
            self._be(place, random.Random(seed))
        living[place] = pid
        return pid

    def _cpu(self, _living: dict[int, int]) -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

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

    def _be(self, place: int, chance: random.Random) -> None:
        _die_with_parent()
        if self.shim:
            self._watched.chance.seed(chance.random())
        try:
            asyncio.run(self._work(place, chance))
        except BaseException:  # noqa: BLE001 - whatever it is stands in the log, and the status counts it
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _write_log(self) -> None:
        out = os.open(self.home / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(out, 2)
        logging.basicConfig(level=logging.ERROR, stream=sys.stderr, force=True)

    async def _work(self, place: int, chance: random.Random) -> None:
        def clock() -> datetime:
            return datetime.now(UTC) + timedelta(seconds=self.offsets[place])

        for adapter in self._clocked:
            adapter.__init__.__defaults__ = (clock,)  # type: ignore[misc]
        cold = chance.random() < COLD_STARTS
        ledger = Ledger.open(self.settings.store.url, self.home) if cold else Ledger(self._engine)
        ledger.clock = clock  # leases go on by the server's
        self._place, self._chance = place, random.Random(chance.random())
        await worker.Worker(self.settings, ledger, clock, chance).run()

    def _at_line(self, line: int) -> None:
        """Note it; and die here, if few have: at once where workers seldom come, else at any depth of a flight."""
        self.reached[line] += 1
        place = self._place
        if place is None or not self.armed[place] or self.deaths[line] >= self.cap.value:
            return
        if self.reached[line] < SELDOM or self._chance.random() < ONE_OF_MANY:
            self.died_at[place] = line
            os.kill(os.getpid(), signal.SIGKILL)

    def _at_call(self, point: int) -> None:
        """Die here, as long as few enough have."""
        if self._place is not None and self.to_die[point]:
            self.to_die[point] -= 1
            self.died[point] += 1
            self.died_at_call[self._place] = 1
            os.kill(os.getpid(), signal.SIGKILL)


def _die_with_parent() -> None:
    """No process is left behind, however the run ends (prctl(2): PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
