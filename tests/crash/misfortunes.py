"""What befalls a run besides kills: each for a few seconds, one at a time."""

from __future__ import annotations

import heapq
import itertools
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from socialbot.ledger import OUT_OF_REACH
from tests.crash import powercut, servercut
from tests.crash.town import LEASE_S, QUICK_S, SETTLE_S, SLOW_S

if TYPE_CHECKING:
    from tests.crash.storm import Storm

HOUR_S = 3600.0


class Misfortunes:
    """Strike one, and later undo it."""

    def __init__(self, storm: Storm) -> None:
        self.storm = storm
        self._later: list[tuple[float, int, Callable[[], Any]]] = []
        self._tickets = itertools.count()
        self._bag: list[Callable[[], None]] = []

    def strike(self) -> None:
        """The next of them, unless another still lasts: what follows from two at once is nobody's promise."""
        if self._later:
            return
        if not self._bag:  # each has its turn, in any order
            self._bag = [self._stop_one, self._turn_clock, self._slow_network, self._lock_store, self._kill_all]
            self._bag += [self._fill_disk, self._cut_power] if self.storm.sqlite else self._of_server()
            self.storm.chance.shuffle(self._bag)
        self._bag.pop()()

    def _in(self, seconds: float, what: Callable[[], Any]) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._tickets), what))

    def do_what_is_due(self, all_of_it: bool = False) -> None:
        """Undo what has lasted long enough, or everything."""
        while self._later and (all_of_it or self._later[0][0] <= time.monotonic()):
            heapq.heappop(self._later)[2]()

    def _stop_one(self) -> None:
        place = self.storm.chance.randrange(self.storm.plan.workers)
        self.storm.numbers["SIGSTOP past the lease"] += 1
        self.storm.frozen.add(place)
        self.storm.nursery.signal(place, signal.SIGSTOP)
        self._in(LEASE_S + self.storm.chance.uniform(0.2, 2), lambda: self._wake(place))

    def _wake(self, place: int) -> None:
        self.storm.nursery.signal(place, signal.SIGCONT)
        self.storm.frozen.discard(place)

    def _turn_clock(self) -> None:
        """On SQLite the one machine's clock; on PostgreSQL that of one machine of many. It jumps back, and forth again."""
        self.storm.numbers["clock jumps"] += 2
        place = self.storm.chance.randrange(self.storm.plan.workers)
        if self.storm.sqlite and self.storm.chance.random() < 0.3:
            self.storm.numbers["clock jumps"] -= 1
            self.storm.turn(HOUR_S)
            self._in(SETTLE_S * 3, lambda: None)
        elif self.storm.sqlite:
            self.storm.turn(-HOUR_S)
            self._in(3, lambda: self.storm.turn(HOUR_S))
        else:
            self.storm.nursery.offsets[place] = self.storm.base_s - HOUR_S
            self._in(3, lambda: self.storm.nursery.offsets.__setitem__(place, self.storm.base_s))

    def _slow_network(self) -> None:
        self.storm.numbers["slow spells"] += 1
        self.storm.networks.ask("slow", self.storm.chance.choice(self.storm.networks.lanes), SLOW_S)
        self._in(3, lambda: self.storm.networks.ask("slow", "", QUICK_S))

    def _kill_all(self) -> None:
        for place in range(self.storm.plan.workers):
            self.storm.kill(place)
        for place in range(self.storm.plan.workers):
            self.storm.start(place)

    def _lock_store(self) -> None:
        """Another writer sits on the store for longer than anybody waits for it."""
        self.storm.numbers["store locked"] += 1
        if self.storm.sqlite:
            other: Any = sqlite3.connect(self.storm.home / "socialbot.db", isolation_level=None, timeout=5)
            with suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
        else:
            other = self.storm.ledger.engine.connect()
            other.begin()
        self.storm.away = True
        self._in(self.storm.chance.uniform(2, 7), lambda: self._unlock(other))

    def _unlock(self, other: Any) -> None:
        self.storm.away = False
        with suppress(*OUT_OF_REACH):
            other.close()

    def _fill_disk(self) -> None:
        """No file of a worker's may grow: its writes fail as they would on a full disk (setrlimit(2): EFBIG)."""
        self.storm.numbers["disk full"] += 1
        pids = dict(self.storm.nursery.pids)
        self._limit(pids, 4096)
        self._in(1.5, lambda: self._limit(pids, resource.RLIM_INFINITY))

    def _limit(self, pids: Mapping[int, int], size: int) -> None:
        for place, pid in pids.items():
            if self.storm.nursery.pids.get(place) == pid:  # else it is buried, and its number may be another's
                with suppress(ProcessLookupError):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def _cut_power(self) -> None:
        self.storm.numbers["power cuts"] += 1
        self.storm.ledger.engine.dispose()  # while others have it open: nothing is tidied up
        store = self.storm.home / "socialbot.db"
        self.storm.slow_syncs.value = 1
        powercut.wait_for_write(store)
        for place in range(self.storm.plan.workers):
            self.storm.nursery.kill(place)
        self.storm.slow_syncs.value = 0
        self.storm.numbers["writes lost"] += powercut.cut(store, self.storm.chance)
        for place in range(self.storm.plan.workers):
            self.storm.start(place)

    def _of_server(self) -> list[Callable[[], None]]:
        return [self._restart_server, self._kill_server, self._kill_backend, self._cut_server_power, self._fill_server_disk]

    def _restart_server(self) -> None:
        assert self.storm.server
        self.storm.numbers["server restarts"] += 1
        self.storm.server.restart()

    def _kill_server(self) -> None:
        """kill -9 of all of it; its log has what it needs to go on."""
        assert self.storm.server
        self.storm.numbers["servers killed"] += 1
        servercut.kill(self.storm.server)
        self.storm.server.start()

    def _kill_backend(self) -> None:
        """kill -9 of the process that serves one worker: the server then throws everybody out, and begins anew."""
        assert self.storm.server
        self.storm.numbers["backends killed"] += 1
        servercut.kill_a_backend(self.storm.server, self.storm.chance)

    def _cut_server_power(self) -> None:
        """The server's machine loses power; the workers' machines go on."""
        assert self.storm.server
        self.storm.numbers["power cuts"] += 1
        self.storm.numbers["WAL bytes lost"] += servercut.cut_power(self.storm.server, self.storm.chance)
        self.storm.server.start()

    def _fill_server_disk(self) -> None:
        """No file of the server's may grow beyond a size (setrlimit(2): EFBIG): its log first, or only its larger tables."""
        assert self.storm.server
        self.storm.numbers["disk full"] += 1
        servercut.limit_files(self.storm.server, self.storm.chance.choice((1 << 16, 1 << 24)))
        self._in(1.5, self._empty_server_disk)

    def _empty_server_disk(self) -> None:
        assert self.storm.server
        servercut.kill(self.storm.server)  # without room for its log it has ended itself, or tries to begin anew and cannot
        self.storm.server.start()
