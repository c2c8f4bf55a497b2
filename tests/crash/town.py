"""The networks of a crash run, in a process of their own, and what their public ever saw."""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from socialbot.testing.fakes.server import Fake, Seen, _Listener
from socialbot.testing.site import LoopbackSite
from tests.crash.kinds import KINDS

BAD_DAYS = {"commit_then_drop": 0.05, "commit_then_500": 0.05, "drop": 0.03, "reject_500": 0.04, "rate_limited": 0.02}
"""The chance of each fault at every irreversible call."""
TIMEOUT_S, SETTLE_S, SLOW_S, LEASE_S = 2.0, 3.0, 2.5, 5.0
"""A slow network acts after the client has hung up, and before its post is looked for the last time."""
QUICK_S = 0.02
LANES = {"blue": 4, "masto": 4, "chat": 2, "botchat": 2}
"""How many accounts of each kind."""
AT_ONCE = 2
"""So few of a network's accounts fit into one worker's hand: the others have something in theirs while it is stopped, and
the start of a life that soon ends is not all it does."""
LOOKS_FOR_END_S = 5.0
"""A fake looks so rarely whether it is to stop: many of them looking often would take more than all the rest they do."""
MARK = re.compile(r"Post (\d+)\.(\d+)(\.edited)?")
fork = get_context("fork")


@dataclass(frozen=True, slots=True)
class Publication:
    """One post as it came out first: its mark (number of the post, of its part), its id, and whom it answers."""

    mark: tuple[int, int]
    id: str
    answers: str | None


class _Register(dict[str, Seen]):
    """What the public sees; what it ever saw stays in `history`."""

    def __init__(self, totals: tuple[Any, Any]) -> None:
        """`totals`: how many marks came out on all networks, and how many of them once more."""
        super().__init__()
        self.history: list[Publication] = []
        self._before: set[str] = set()
        self._total, self._twice = totals
        self._marks: set[tuple[int, int]] = set()

    def __setitem__(self, key: str, seen: Seen) -> None:
        if key not in self and key not in self._before and (mark := mark_of(seen.text)):
            self.history.append(Publication(mark, seen.id, seen.answers))
            count = self._twice if mark in self._marks else self._total
            self._marks.add(mark)
            with count.get_lock():
                count.value += 1
        super().__setitem__(key, seen)

    def clear(self) -> None:
        """A fake shows all that is out anew: what stood here comes back, and is no other publication."""
        self._before = set(self)
        super().clear()


def mark_of(text: str) -> tuple[int, int] | None:
    """Which post, and which of its parts."""
    found = MARK.search(text)
    return (int(found[1]), int(found[2])) if found else None


class Networks:
    """The process with the fakes, seen from outside."""

    def __init__(self, lanes: Mapping[str, int], seed: int, site: Path | None = None) -> None:
        """`lanes`: how many accounts of each kind. `site`: the folder of a site that shows pictures, where one is wanted."""
        self.kinds = {f"{kind}{number}": kind for kind, many in lanes.items() for number in range(many)}
        self.lanes = list(lanes)
        self.published, self.twice = fork.Value("q", 0), fork.Value("q", 0)
        self._line, theirs = fork.Pipe()
        self.process = fork.Process(
            target=_serve, args=(theirs, self._line, self.kinds, (self.published, self.twice), seed, site)
        )
        self.process.start()
        theirs.close()
        self.accounts: dict[str, dict[str, str]] = self._line.recv()
        self.media: dict[str, str] = self._line.recv()

    def ask(self, what: str, *told: Any) -> Any:
        """Ask it: "slow" (kind or "", seconds); "find" (account, mark) → URL or None; "history", "shown" (account);
        "cpu" → seconds.
        """
        self._line.send((what, *told))
        return self._line.recv()

    def close(self) -> None:
        """They end when nobody holds the line."""
        self._line.close()
        self.process.join(5)
        self.process.kill()

    def hang_up(self) -> None:
        """In a forked child: this line is not ours."""
        self._line.close()


def _serve(line: Connection, not_mine: Connection, names: Mapping[str, str], totals: Any, seed: int, site: Path | None) -> None:
    not_mine.close()
    leave_to_first()
    fakes: dict[str, Fake] = {}
    for number, (name, kind) in enumerate(names.items()):
        fake = fakes[name] = KINDS[kind].make()
        fake._public = _Register(totals)
        fake.faults.chance = random.Random(seed * 1000 + number)
        fake.faults.slow_s, fake.faults.retry_after_s = QUICK_S, 1
        for fault, chance in BAD_DAYS.items():
            setattr(fake.faults, fault, chance)
        _start(fake)
    line.send({name: dict(KINDS[names[name]].account(fake)) for name, fake in fakes.items()})
    line.send(LoopbackSite(site).__enter__().settings() if site else {})
    while True:
        try:
            order = line.recv()
        except EOFError:
            os._exit(0)
        line.send(_answer(fakes, names, order))


def _start(fake: Fake) -> None:
    """As `Fake.start` does it, except for how often it looks whether it is to stop."""
    fake._listener = _Listener(fake, 0)
    fake._port = fake._listener.server_address[1]
    threading.Thread(target=fake._listener.serve_forever, args=(LOOKS_FOR_END_S,), daemon=True).start()


def _answer(fakes: Mapping[str, Fake], names: Mapping[str, str], order: Sequence[Any]) -> Any:
    what, *told = order
    if what == "slow":
        for name, fake in fakes.items():
            fake.faults.slow_s = told[1] if names[name] == told[0] else QUICK_S
        return None
    if what == "cpu":
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime
    fake = fakes[told[0]]
    if what == "find":
        return next((seen.url for seen in reversed(fake.posts) if mark_of(seen.text) == told[1]), None)
    if what == "history":
        return list(fake._public.history)  # type: ignore[attr-defined]
    found = [MARK.search(seen.text) for seen in fake.posts]
    return {(int(one[1]), int(one[2])): bool(one[3]) for one in found if one}


def leave_to_first() -> None:
    """Whoever stops a run means its first process, which tells the others."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def lanes_for(deliveries: int) -> dict[str, int]:
    """More accounts for more deliveries: each has one in flight, and an account that says too much cannot be looked through."""
    return {kind: many * max(1, min(2, deliveries // 2_500)) for kind, many in LANES.items()}


def configure(home: Path, store: str, accounts: Mapping[str, Mapping[str, str]], media: Mapping[str, str]) -> None:
    """An instance in `home` with these accounts, and a site in `home`/site where `media` says how it shows pictures."""
    site = '[site]\nurl = "https://example.org"\n'
    if media:
        shown = "".join(f'{key} = "{value}"\n' for key, value in media.items())
        site += f'root = "{home}/site"\nfetch_private = true\n[media]\n{shown}'
    tables = [
        site,
        f'[store]\nurl = "{store}"\n[notices]\ndigest = ""\n',
        f"[worker]\nbackoff_s = 0.2\nmax_tries = 1000\nlease_s = {LEASE_S}\nrest_after = 12\nat_once = {AT_ONCE}\n",
    ]
    for name, options in accounts.items():
        rows = "".join(f'{key} = "{value}"\n' for key, value in options.items())
        tables.append(f"[accounts.{name}]\n{rows}settle_s = {SETTLE_S}\ntimeout_s = {TIMEOUT_S}\n")
    (home / "socialbot.toml").write_text("".join(tables))
