"""One crash run: deliveries come in, workers are killed, clocks jump, disks fill up, and at the end the public is counted."""

from __future__ import annotations

import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from socialbot.accounts import options_of
from socialbot.intake import Intake
from socialbot.ledger import OUT_OF_REACH, Ledger, Planned
from socialbot.ledger.schema import deliveries
from socialbot.nouns import Caption, Disclosure, Draft, Mistake, Part, Post
from socialbot.planning import Planner
from socialbot.settings import load
from tests.crash import powercut
from tests.crash.misfortunes import HOUR_S, Misfortunes
from tests.crash.nursery import Line, Nursery
from tests.crash.town import SLOW_S, Networks, configure
from tests.postgresql import Server

BACKLOG = 600
"""So many parts may wait at most: workers always have something in hand, and the run does not begin with a flood."""
ARMED_S = 3.0
"""So long a worker may live that is to die at a line where few have died."""
CHANGED = 0.04
"""The share of deliveries that are edited or removed once they are out."""
THREADS = 0.1
"""The share of posts that are threads of three parts."""
PERSON_WAITS_S = SLOW_S + 2
"""A person looks at the account when even a slow network has done what it was asked."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to be."""

    store: str
    kills: int
    deliveries: int
    seed: int = 1
    workers: int = 3
    minutes: float = 1e9
    drain_s: float = 400
    words: bool = True
    """Tell on the way how it goes?"""


@dataclass
class Storm:
    """A run on the instance in `home`. `server`: the PostgreSQL server under it, where there is one."""

    plan: Plan
    home: Path
    url: str
    networks: Networks
    server: Server | None = None
    numbers: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    lines: Counter[Line] = field(default_factory=Counter)
    parts: dict[int, int] = field(default_factory=dict)
    """Of each accepted post, how many parts it has."""

    def __post_init__(self) -> None:
        configure(self.home, self.url, self.networks.accounts)
        self.sqlite = self.server is None
        self.chance = random.Random(self.plan.seed)
        self.nursery = Nursery(self.home, self.networks, self.plan.workers, shim=self.sqlite)
        self._watched = powercut.Watched() if self.sqlite else None
        self.settings = load(self.home, options_of)
        self.ledger = Ledger.open(self.url, self.home)
        self.ledger.clock = self.clock
        self.intake = Intake(self.settings, self.ledger, self.clock, self.chance)
        self.base_s = 0.0
        self.accepted: list[str] = []
        self.changes: dict[str, str] = {}
        self._armed: dict[int, bool] = {}
        self._since: dict[int, float] = {}
        self.frozen: set[int] = set()
        self.misfortunes = Misfortunes(self)
        self.away = False
        self._seen_held: dict[str, float] = {}
        self._cap, self._missed, self._next_misfortune, self._next_person = 1, 0, 5, 0.0
        self.began, self._next_word = time.monotonic(), 0.0

    def clock(self) -> datetime:
        """The time as this machine has it."""
        return datetime.now(UTC) + timedelta(seconds=self.base_s)

    # The run

    def run(self) -> None:
        """All kills over all deliveries, or as many as the time allows, and then whatever is left until nothing is."""
        end = self.began + self.plan.minutes * 60
        for place in range(self.plan.workers):
            self.start(place)
        while time.monotonic() < end and (self.fed < self.plan.deliveries or self.kills < self.plan.kills):
            self._step()
        self.drain()

    def tell(self) -> None:
        """How it goes, every ten seconds, to those who watch."""
        if (now := time.monotonic()) > self._next_word and self.plan.words:
            self._next_word = now + 10
            told = f"{self.fed} accepted, {self.networks.published.value} parts out, {dict(self.ledger.counts())}"
            print(f"{now - self.began:.0f} s: {told}, {dict(self.numbers)}", file=sys.stderr, flush=True)

    @property
    def kills(self) -> int:
        return self.numbers["kills"]

    @property
    def fed(self) -> int:
        return len(self.accepted) + len(self.changes)

    def _step(self) -> None:
        self.tell()
        self.misfortunes.do_what_is_due()
        self._bury()
        with self._patience():
            if not self.away and self.fed < self.plan.deliveries and self._backlog() < BACKLOG:
                self.feed()
                self._change_some()
        self._let_a_person_look()
        if self.kills < self._kills_due():
            self._kill_one()
            if self.kills >= self._next_misfortune:
                self._next_misfortune = self.kills + self.chance.randint(8, 16)
                self.misfortunes.strike()
        time.sleep(0.01)

    def _kills_due(self) -> float:
        still_to_come = max(0, self.plan.deliveries - self.fed)
        return self.plan.kills * (1 - still_to_come / max(1, self.plan.deliveries))

    def _backlog(self) -> int:
        return sum(self.parts.values()) * len(self.networks.accounts) - int(self.networks.published.value)

    @contextmanager
    def _patience(self) -> Any:
        """What the store cannot do now is asked of it again later: a caller was told nothing, so nothing was accepted."""
        try:
            yield
        except OUT_OF_REACH:
            self.numbers["refused by the store"] += 1

    # What comes in

    def feed(self, posts: int = 10) -> None:
        """Accept some posts, each for every account."""
        first = max(self.parts, default=-1) + 1
        known = {number: 3 if self.chance.random() < THREADS else 1 for number in range(first, first + posts)}
        planner = Planner(self.settings, self.clock(), None, False, self.chance)
        items = []
        for number, parts in known.items():
            post = Post(id=f"id-{number}", source=f"{number}.md", content_hash=f"hash-{number}", title=f"Post {number}")
            items.append((post, [(self._draft(post, name, parts), Disclosure()) for name in self.settings.accounts]))
        try:
            done = self.ledger.accept_all(items, planner.plan)
        except OUT_OF_REACH:
            # The answer may have been lost with the server, and not what it was an answer to. The site would ask again.
            if (done := self._told_again(items, planner)) is None:
                raise
        self.parts |= known
        self.accepted += [one.delivery for each in done for one in each]

    def _told_again(self, items: Any, planner: Planner) -> Any:
        for _ in range(60):
            time.sleep(0.5)
            with suppress(*OUT_OF_REACH):
                return self.ledger.accept_all(items, planner.plan)
        return None

    def _draft(self, post: Post, account: str, parts: int, edited: str = "") -> Draft:
        words = [f"{post.title}.{part}{edited} and its words" for part in range(parts)]
        drawn = tuple(Part(Caption(text, len(text), 300, "graphemes")) for text in words)
        return Draft(post.id, account, self.settings.account(account).network, "en", drawn)

    def _change_some(self) -> None:
        for name in self.chance.sample(self.accepted, max(1, round(len(self.settings.accounts) * 10 * CHANGED))):
            original = self.ledger.delivery(name)
            if name in self.changes or original.state != "published":
                continue
            can_edit = original.network != "bluesky"
            kind = self.chance.choice(("edit", "delete")) if can_edit else "delete"
            number, draft = int(original.post[3:]), original.draft
            if kind == "edit":
                post = self.ledger.post(original.post)
                draft = self._draft(post, original.account, self.parts[number], ".edited")
            with suppress(Mistake):
                self.ledger.change(original, kind, Planned(draft, Disclosure(), self.clock()))  # type: ignore[arg-type]
                self.changes[name] = kind

    # A person

    def _let_a_person_look(self) -> None:
        """Every held delivery is answered for by somebody who has looked at the account."""
        now = time.monotonic()
        if self.away or now < self._next_person:
            return
        self._next_person = now + 1
        with self._patience():
            for delivery in self.ledger.deliveries("held"):
                since = self._seen_held.setdefault(delivery.id, now)
                if now - since > PERSON_WAITS_S:
                    del self._seen_held[delivery.id]
                    self._answer(delivery)

    def _answer(self, delivery: Any) -> None:
        reason = delivery.held.reason
        self.held[reason_class(reason)] += 1
        open_send = next((send for send in self.ledger.sends(delivery.id) if send.outcome == "open"), None)
        with suppress(Mistake):  # somebody was faster
            if open_send is None:
                self.intake.retry(delivery.id)
                return
            mark = (int(delivery.post[3:]), open_send.part)
            self.intake.resolve(delivery.id, self.networks.ask("find", delivery.account, mark))

    # Kills

    def start(self, place: int) -> None:
        """A new worker at this place, which may be told to die at a line."""
        self._armed[place] = self.kills < self._kills_due() and self.chance.random() < 0.5
        avoid = [line for line, times in self.lines.items() if times >= self._cap] if self._armed[place] else None
        self.nursery.start(place, avoid, self.chance.getrandbits(32))
        self._since[place] = time.monotonic()
        self.frozen.discard(place)

    def _bury(self) -> None:
        """Those that died at a line, as they were told, or ended by themselves."""
        for place, status in self.nursery.ended().items():
            if status == -signal.SIGKILL and (line := self.nursery.line_of(place)):
                self.numbers["kills"] += 1
                self.numbers["at a line"] += 1
                self.numbers["in flight"] += 1
                self.lines[line] += 1
            else:
                self.numbers["ended by themselves"] += 1
            self.start(place)

    def _kill_one(self) -> None:
        place = self.chance.randrange(self.plan.workers)
        age_s = time.monotonic() - self._since[place]
        if place in self.frozen or age_s < (ARMED_S if self._armed[place] else self.chance.uniform(0.05, 0.4)):
            return
        if self._armed[place]:  # it came to no new line: from now on the known ones will do
            self._missed += 1
            if self._missed >= 30:
                self._cap, self._missed = self._cap + 1, 0
        self.kill(place)
        self.start(place)

    def kill(self, place: int) -> None:
        """Kill the worker at this place, and note whether it had a delivery in hand."""
        self.nursery.signal(place, signal.SIGSTOP)
        with self._patience():
            self.numbers["in flight"] += bool(self._in_hand(place))
        self.nursery.kill(place)
        self.numbers["kills"] += 1

    def _in_hand(self, place: int) -> int:
        """How many deliveries the worker at this place holds; its lock's file bears its name."""
        owner = ""
        for name in Path(f"/proc/{self.nursery.pids[place]}/fd").glob("*"):
            with suppress(OSError):
                target = name.readlink()
                owner = target.stem if target.suffix == ".lock" and target.parent.name == "workers" else owner
        with self.ledger.reading() as connection:
            mine = (deliveries.c.owner == owner) & (deliveries.c.state == "running")
            return int(connection.execute(select(func.count()).where(mine)).scalar_one())

    def turn(self, seconds: float) -> None:
        """The machine's clock jumps."""
        self.base_s += seconds
        self.nursery.offsets[:] = [self.base_s] * self.plan.workers

    # The end

    def drain(self) -> bool:
        """No more kills: what is left goes out, and a person answers for what is held. False when it does not end."""
        self.misfortunes.do_what_is_due(all_of_it=True)
        end, last_turn = time.monotonic() + self.plan.drain_s, 0.0
        for place in list(self._armed):  # those that were told to die
            self.nursery.kill(place)
            self._armed[place] = False
            self.nursery.start(place, None, place)
        while time.monotonic() < end:
            for place in self.nursery.ended():
                self.numbers["ended by themselves"] += 1
                self.nursery.start(place, None, place)
            self.tell()
            self._let_a_person_look()
            due, counts = self.ledger.next_due(), self.ledger.counts()
            if due is None and not counts.get("held"):
                return True
            # What a clock that was ahead has put off is waited for by turning the clock.
            if self.sqlite and due and due > self.clock() + timedelta(seconds=5) and time.monotonic() - last_turn > 8:
                self.turn((due - self.clock()).total_seconds())
                last_turn = time.monotonic()
            if self.sqlite and not counts.get("running") and time.monotonic() - last_turn > 20:
                self.turn(HOUR_S)  # an account's lane may be closed until then
                last_turn = time.monotonic()
            time.sleep(0.2)
        return False

    def wait_for(self, published: int, at_most_s: float = 30) -> None:
        """Until so many parts are out."""
        end = time.monotonic() + at_most_s
        while self.networks.published.value < published and time.monotonic() < end:
            time.sleep(0.01)

    def back_up(self) -> None:
        """A copy of the store as it is now, while workers work on it."""
        live, copy = (closing(sqlite3.connect(self.home / name)) for name in ("socialbot.db", "old.db"))
        with live as store, copy as backup:
            store.backup(backup)

    def restore(self, away_s: float) -> None:
        """All workers die, and after a while the machine comes back with its backup."""
        self.misfortunes.do_what_is_due(all_of_it=True)
        self.ledger.engine.dispose()
        for place in range(self.plan.workers):
            self.nursery.kill(place)
        time.sleep(SLOW_S + 0.5)
        for name in ("socialbot.db-wal", "socialbot.db-shm", "socialbot.db.unsynced", "socialbot.db-wal.unsynced"):
            (self.home / name).unlink(missing_ok=True)
        (self.home / "old.db").replace(self.home / "socialbot.db")
        self.turn(away_s)
        self.numbers["backups restored"] += 1
        for place in range(self.plan.workers):
            self.start(place)

    def close(self) -> None:
        """Everything that was started ends."""
        self.nursery.close()
        self.networks.close()
        self.ledger.engine.dispose()
        if self._watched:
            self._watched.end()


def reason_class(reason: str) -> str:
    """What kind of doubt a person was asked about."""
    for words, name in (
        ("offers no way to look", "nobody can be asked"),
        ("twice", "looked for twice"),
        ("too much", "too much said since"),
        ("tried", "gave up"),
    ):
        if words in reason:
            return name
    return "no answer" if "may be out" in reason else reason[:60]
