"""The networks of a crash run, in a process of their own, and what their public ever saw."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from socialbot.testing.fakes import BlueskyFake, DiscordFake, MastodonFake
from socialbot.testing.fakes.server import Fake, Seen

BAD_DAYS = {"commit_then_drop": 0.05, "commit_then_500": 0.05, "drop": 0.03, "reject_500": 0.04, "rate_limited": 0.02}
"""The chance of each fault at every irreversible call."""
KINDS: Mapping[str, type[Fake]] = {"blue": BlueskyFake, "masto": MastodonFake, "chat": DiscordFake, "botchat": DiscordFake}
"""`chat` is a webhook alone, which nobody can ask; `botchat` has a bot that may look."""
TIMEOUT_S, SETTLE_S, SLOW_S, LEASE_S = 2.0, 3.0, 2.5, 5.0
"""A slow network acts after the client has hung up, and before its post is looked for the last time."""
QUICK_S = 0.02
LANES = {"blue": 4, "masto": 4, "chat": 2, "botchat": 2}
"""How many accounts of each kind."""
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

    def __init__(self, total: Any) -> None:
        super().__init__()
        self.history: list[Publication] = []
        self._total = total

    def __setitem__(self, key: str, seen: Seen) -> None:
        if key not in self and (mark := mark_of(seen.text)):
            self.history.append(Publication(mark, seen.id, _answered(seen.raw)))
            with self._total.get_lock():
                self._total.value += 1
        super().__setitem__(key, seen)


def mark_of(text: str) -> tuple[int, int] | None:
    """Which post, and which of its parts."""
    found = MARK.search(text)
    return (int(found[1]), int(found[2])) if found else None


def _answered(raw: Mapping[str, Any]) -> str | None:
    parent = raw.get("in_reply_to_id") or raw.get("reply", {}).get("parent", {}).get("uri")
    return str(parent) if parent else None


class Networks:
    """The process with the fakes, seen from outside."""

    def __init__(self, lanes: Mapping[str, int], seed: int) -> None:
        """`lanes`: how many accounts of each kind."""
        self.published = fork.Value("q", 0)
        names = {f"{kind}{number}": kind for kind, many in lanes.items() for number in range(many)}
        self._line, theirs = fork.Pipe()
        self.process = fork.Process(target=_serve, args=(theirs, self._line, names, self.published, seed))
        self.process.start()
        theirs.close()
        self.accounts: dict[str, dict[str, str]] = self._line.recv()

    def ask(self, what: str, *told: Any) -> Any:
        """Ask it: "slow" (kind or "", seconds); "find" (account, mark) → URL or None; "history", "shown" (account)."""
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


def _serve(line: Connection, not_mine: Connection, names: Mapping[str, str], total: Any, seed: int) -> None:
    not_mine.close()
    fakes: dict[str, Fake] = {}
    for number, (name, kind) in enumerate(names.items()):
        fake = fakes[name] = KINDS[kind]()
        fake._public = _Register(total)
        fake.faults.chance = random.Random(seed * 1000 + number)
        fake.faults.slow_s, fake.faults.retry_after_s = QUICK_S, 1
        for fault, chance in BAD_DAYS.items():
            setattr(fake.faults, fault, chance)
        fake.start()
    line.send({name: _options(names[name], fake) for name, fake in fakes.items()})
    while True:
        try:
            order = line.recv()
        except EOFError:
            os._exit(0)
        line.send(_answer(fakes, names, order))


def _options(kind: str, fake: Fake) -> dict[str, str]:
    if kind == "botchat":
        return {**fake.account(), "bot_token": fake.bot_token, "on_doubt": "send_again"}  # type: ignore[attr-defined]
    return fake.account()


def _answer(fakes: Mapping[str, Fake], names: Mapping[str, str], order: Sequence[Any]) -> Any:
    what, *told = order
    if what == "slow":
        for name, fake in fakes.items():
            fake.faults.slow_s = told[1] if names[name] == told[0] else QUICK_S
        return None
    if what == "attempts":
        return sum(fake.attempts for fake in fakes.values())
    fake = fakes[told[0]]
    if what == "find":
        return next((seen.url for seen in reversed(fake.posts) if mark_of(seen.text) == told[1]), None)
    if what == "history":
        return list(fake._public.history)  # type: ignore[attr-defined]
    found = [MARK.search(seen.text) for seen in fake.posts]
    return {(int(one[1]), int(one[2])): bool(one[3]) for one in found if one}


def configure(home: Path, store: str, accounts: Mapping[str, Mapping[str, str]]) -> None:
    """An instance in `home` with these accounts."""
    tables = [
        '[site]\nurl = "https://example.org"\n',
        f'[store]\nurl = "{store}"\n[notices]\ndigest = ""\n',
        f"[worker]\nbackoff_s = 0.2\nmax_tries = 1000\nlease_s = {LEASE_S}\nrest_after = 12\n",
    ]
    for name, options in accounts.items():
        rows = "".join(f'{key} = "{value}"\n' for key, value in options.items())
        tables.append(f"[accounts.{name}]\n{rows}settle_s = {SETTLE_S}\ntimeout_s = {TIMEOUT_S}\n")
    (home / "socialbot.toml").write_text("".join(tables))
