"""One crash run: deliveries come in, workers are killed, clocks jump, disks fill up, and at the end the public is counted."""

from __future__ import annotations

import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import func, select

from socialbot.accounts import options_of
from socialbot.intake import Intake
from socialbot.ledger import OUT_OF_REACH, Ledger, Planned
from socialbot.ledger.schema import deliveries
from socialbot.media import Media
from socialbot.networks import limits_of
from socialbot.nouns import Caption, Disclosure, Draft, Mistake, Part, Post, Variant
from socialbot.planning import Planner
from socialbot.settings import load
from tests.crash import lines, powercut, servercut
from tests.crash.kinds import adapter_of
from tests.crash.misfortunes import HOUR_S, Misfortunes
from tests.crash.nursery import Nursery
from tests.crash.town import SLOW_S, Networks, configure, fork
from tests.postgresql import Server

BACKLOG = 600
"""So many parts may wait at most: workers always have something in hand, and the run does not begin with a flood."""
ARMED = 0.7
"""The share of kills that are to be at a line."""
ARMED_S = 5.0
"""So long such a worker may live without coming to a line where few have died."""
LESSER_LINES = 100
"""After so many that came to none, one more death is allowed at each line."""
CHANGED = 0.04
"""The share of deliveries that are edited or removed once they are out."""
THREADS = 0.1
"""The share of posts that are threads of three parts."""
PICTURED = 0.1
"""The share of posts with a picture in every part."""
MORE = 10
"""So many posts more are fed while a worker is still to die at some account's call."""
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
    drain_s: float = 1_200
    calls: int = 0
    """So many workers die just before, and as many just after, each account's irreversible call."""
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
    held_by: dict[str, Counter[str]] = field(default_factory=dict)
    """Of each account, why a person was asked."""
    untold: list[str] = field(default_factory=list)
    """Of what a person was asked without a sentence, or without need."""
    parts: dict[int, int] = field(default_factory=dict)
    """Of each accepted post, how many parts it has."""

    def __post_init__(self) -> None:
        configure(self.home, self.url, self.networks.accounts, self.networks.media)
        self.sqlite = self.server is None
        self.chance = random.Random(self.plan.seed)
        self.slow_syncs = fork.RawValue("b", 0)
        self.nursery = Nursery(self.home, self.networks, self.plan.workers, self.sqlite, self.plan.seed, self.slow_syncs)
        self._watched = powercut.Watched(self.slow_syncs) if self.sqlite else None
        self.settings = load(self.home, options_of)
        self.adapters = {name: adapter_of(account.network) for name, account in self.settings.accounts.items()}
        self.ledger = Ledger.open(self.url, self.home)
        self.ledger.clock = self.clock
        self.intake = Intake(self.settings, self.ledger, self.clock, self.chance)
        self.base_s = 0.0
        self.limits = {name: limits_of(adapter.name) for name, adapter in self.adapters.items()}
        self.threads = {name: limits.threads or not self.networks.media for name, limits in self.limits.items()}
        self.picture = self._filed_picture()
        self.accepted: list[str] = []
        self._parts_fed = 0
        self.ending = False
        """Asked to come to an end before all is done."""
        self.changes: dict[str, str] = {}
        self._since: dict[int, float] = {}
        self.frozen: set[int] = set()
        self.misfortunes = Misfortunes(self)
        self.away = False
        self._last_turn = 0.0
        self._more = 0
        self._seen_held: dict[str, float] = {}
        self._missed, self._next_misfortune, self._next_person = 0, 5, 0.0
        self.began, self._next_word = time.monotonic(), 0.0
        self.feed(1)
        self.nursery.warm()

    def clock(self) -> datetime:
        """The time as this machine has it."""
        return datetime.now(UTC) + timedelta(seconds=self.base_s)

    def _filed_picture(self) -> Variant:
        """A picture small enough to take no time; one that every network takes is larger, and a JPEG."""
        made, kind, side = BytesIO(), *(("JPEG", 400) if self.networks.media else ("PNG", 8))
        Image.new("RGB", (side, side), "teal").save(made, kind)
        digest = Media(self.home / "media").put(made.getvalue())
        return Variant(digest, "square", side, side, len(made.getvalue()), f"image/{kind.lower()}", "A teal square.")

    # The run

    def run(self) -> None:
        """All kills over all deliveries, or as many as the time allows, and then whatever is left until nothing is."""
        end = self.began + self.plan.minutes * 60
        for place in range(self.plan.workers):
            self.start(place)
        self.nursery.arm_calls(self.plan.calls)
        while not self._is_over(end):
            self._step()
        self.drain()

    def _is_over(self, end: float) -> bool:
        done = self._is_done() and not self._wants_calls() and (self._backlog() <= 0 or not any(self.nursery.to_die))
        return done or self.ending or time.monotonic() > end or bool(self.networks.twice.value)

    def _is_done(self) -> bool:
        """All deliveries are accepted, and all kills made, but for those that wait for a call."""
        return self.fed >= self.plan.deliveries and self.kills >= self.plan.kills

    def _wants_calls(self) -> bool:
        """Is there an account still on which no worker has died at a call? What others' deaths cut short is found, not sent."""
        return any(self.nursery.to_die) and self._more < MORE

    def tell(self) -> None:
        """How it goes, every minute, to those who watch."""
        if (now := time.monotonic()) < self._next_word or not self.plan.words:
            return
        self._next_word = now + 60
        parts = f"{self.networks.published.value} parts out, {self.networks.twice.value} of them twice"
        told = f"{self.plan.store}, {now - self.began:.0f} s: {self.kills} kills, {self.fed} deliveries accepted, {parts}; "
        with self._patience():
            told += f"{dict(self.ledger.counts())}; "
        come_to, killed = (sum(1 for times in line if times) for line in (self.nursery.reached, self.nursery.deaths))
        told += f"{dict(self.numbers)}; held: {dict(self.held)}; lines: {come_to} reached, {killed} killed at"
        print(told, file=sys.stderr, flush=True)

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
                self.feed(max(1, min(10, self.plan.deliveries // len(self.networks.accounts))))
                self._change_some()
            elif not self.away and self._is_done() and self._wants_calls() and self._backlog() <= 0:
                self._more += 1
                self.feed(1)
        self._let_a_person_look()
        if self.kills < self._kills_due():
            self._kill_one()
            if self.kills >= self._next_misfortune:
                self._next_misfortune = self.kills + self.chance.randint(8, 16)
                self.misfortunes.strike()
        if self._is_done():
            with self._patience():
                self._hasten(self.ledger.next_due())
        time.sleep(0.01)

    def _kills_due(self) -> float:
        """In step with what has come out: the slower the machine, the longer a worker lives."""
        done = self.fed - self._backlog() if self.fed < self.plan.deliveries else self.fed
        return self.plan.kills * min(1, max(0, done) / max(1, self.plan.deliveries))

    def _backlog(self) -> int:
        return self._parts_fed - int(self.networks.published.value)

    def parts_of(self, account: str, number: int) -> int:
        """How many parts a post has on this account: where there are no threads, one."""
        return self.parts[number] if self.threads[account] else 1

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """What the store cannot do now is asked of it again later: a caller was told nothing, so nothing was accepted."""
        try:
            yield
        except OUT_OF_REACH:
            self.numbers["refused by the store"] += 1

    # What comes in

    def feed(self, posts: int = 10) -> None:
        """Accept some posts, each for every account."""
        first = len(self.parts)
        most = {name: 3 if threads else 1 for name, threads in self.threads.items()}
        known = {number: 3 if self.chance.random() < THREADS else 1 for number in range(first, first + posts)}
        planner = Planner(self.settings, self.clock(), None, False, self.chance)
        items = []
        for number, parts in known.items():
            post = Post(id=f"id-{number}", source=f"{number}.md", content_hash=f"hash-{number}", title=f"Post {number}")
            pictures = (self.picture,) if self.chance.random() < PICTURED else ()
            drafts = [self._draft(post, name, min(parts, most[name]), pictures) for name in self.settings.accounts]
            items.append((post, [(draft, Disclosure()) for draft in drafts]))
        try:
            done = self.ledger.accept_all(items, planner.plan)
        except OUT_OF_REACH:
            # The answer may have been lost with the server, and not what it was an answer to. The site would ask again.
            if (done := self._told_again(items, planner)) is None:
                raise
        self.parts |= known
        self._parts_fed += sum(min(parts, many) for parts in known.values() for many in most.values())
        self.accepted += [one.delivery for each in done for one in each]

    def _told_again(self, items: Any, planner: Planner) -> Any:
        for _ in range(60):
            time.sleep(0.5)
            with suppress(*OUT_OF_REACH):
                return self.ledger.accept_all(items, planner.plan)
        return None

    def _draft(self, post: Post, account: str, parts: int, pictures: tuple[Variant, ...], edited: str = "") -> Draft:
        words = [f"{post.title}.{part}{edited} and its words" for part in range(parts)]
        limits = self.limits[account]
        pictures, title = pictures or ((self.picture,) if limits.needs_picture else ()), "Words" if limits.max_title else None
        captions = [Caption(text, len(text), 300, "graphemes", title=title) for text in words]
        later = () if self.networks.media else pictures  # as drafting does it; some servers attach a picture only once
        drawn = tuple(Part(caption, later if part else pictures) for part, caption in enumerate(captions))
        return Draft(post.id, account, self.settings.account(account).network, "en", drawn)

    def _change_some(self) -> None:
        for name in self.chance.sample(self.accepted, max(1, round(len(self.settings.accounts) * 10 * CHANGED))):
            original = self.ledger.delivery(name)
            if name in self.changes or original.state != "published":
                continue
            adapter = self.adapters[original.account]
            if not (kinds := [kind for kind, can in (("edit", adapter.edits), ("delete", adapter.deletes)) if can]):
                continue
            kind = self.chance.choice(kinds) if len(kinds) > 1 else kinds[0]
            number, draft = int(original.post[3:]), original.draft
            if kind == "edit":
                post = self.ledger.post(original.post)
                pictures = draft.parts[0].pictures
                draft = self._draft(post, original.account, self.parts_of(original.account, number), pictures, ".edited")
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
        self._judge(delivery, reason)
        open_send = next((send for send in self.ledger.sends(delivery.id) if send.outcome == "open"), None)
        with suppress(Mistake):  # somebody was faster
            if open_send is None:
                self.intake.retry(delivery.id)
                return
            mark = (int(delivery.post[3:]), open_send.part)
            self.intake.resolve(delivery.id, self.networks.ask("find", delivery.account, mark))

    def _judge(self, delivery: Any, reason: str) -> None:
        """A person is told why and what to do, and is asked only what the network could not be."""
        kind = reason_class(reason)
        self.held_by.setdefault(delivery.account, Counter())[kind] += 1
        doubt, again = self.nursery.doubt_of(delivery.account), self.settings.account(delivery.account).on_doubt == "send_again"
        needless = (kind == "looked for twice" and (again or doubt in ("HANDLE", "NONE"))) or (
            kind == "nobody can be asked" and doubt != "NONE"
        )
        if needless or not reason.endswith(".") or not delivery.held.fix:
            self.untold.append(f"{delivery.account} ({doubt}): held: {reason} {delivery.held.fix}")

    # Kills

    def start(self, place: int) -> None:
        """A new worker at this place."""
        self.nursery.start(place, self.chance.getrandbits(32))
        self._since[place] = time.monotonic()
        self.frozen.discard(place)

    def _bury(self) -> None:
        """Those that died at a line, as they were told, or ended by themselves."""
        for place, status in self.nursery.ended().items():
            if status == -signal.SIGKILL and self.nursery.died_at_call[place]:
                self.numbers.update(("kills", "at a call", "in flight"))
            elif status == -signal.SIGKILL and (line := self.nursery.line_of(place)):
                self.numbers["kills"] += 1
                self.numbers["at a line"] += 1
                self.numbers["in flight"] += lines.is_in_flight(line)
                self.nursery.deaths[line] += 1
            else:
                self.numbers["ended by themselves"] += 1
            self.start(place)

    def _kill_one(self) -> None:
        """At once, or at the next line where few have died."""
        place = self.chance.randrange(self.plan.workers)
        age_s = time.monotonic() - self._since[place]
        if place in self.frozen or age_s < (ARMED_S if self.nursery.armed[place] else self.chance.uniform(0.05, 0.4)):
            return
        if self.nursery.armed[place]:  # it came to no such line
            self._missed += 1
            if self._missed >= LESSER_LINES:
                self.nursery.cap.value, self._missed = self.nursery.cap.value + 1, 0
        elif self.chance.random() < ARMED:
            self.nursery.armed[place], self._since[place] = 1, time.monotonic()
            return
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
                owner = target.stem if target.suffix == ".lock" and target.parent.name.endswith("workers") else owner
        with self.ledger.reading() as connection:
            mine = (deliveries.c.owner == owner) & (deliveries.c.state == "running")
            return int(connection.execute(select(func.count()).where(mine)).scalar_one())

    def turn(self, seconds: float) -> None:
        """The machine's clock jumps, and the server's."""
        self.base_s += seconds
        self.nursery.server_offset.value = self.base_s
        self.nursery.offsets[:] = [self.base_s] * self.plan.workers

    # The end

    def drain(self) -> bool:
        """No more kills: what is left goes out, and a person answers for what is held. False when it does not end."""
        self.misfortunes.do_what_is_due(all_of_it=True)
        end = time.monotonic() + self.plan.drain_s
        self.nursery.armed[:] = [0] * self.plan.workers
        self.nursery.arm_calls(0)
        while time.monotonic() < end:
            for place in self.nursery.ended():
                self.numbers["ended by themselves"] += 1
                self.nursery.start(place, place)
            self.tell()
            self._let_a_person_look()
            due, counts = self.ledger.next_due(), self.ledger.counts()
            if due is None and not counts.get("held"):
                return True
            self._hasten(due)
            if not counts.get("running") and time.monotonic() - self._last_turn > 20:
                self._last_turn = time.monotonic()
                self.turn(HOUR_S)  # an account's lane may be closed until then
            time.sleep(0.2)
        return False

    def _hasten(self, due: datetime | None) -> None:
        """What a clock that was ahead, or a limit, has put off is waited for by turning the clock."""
        if due and due > self.clock() + timedelta(seconds=5) and time.monotonic() - self._last_turn > 8:
            self._last_turn = time.monotonic()
            self.turn((due - self.clock()).total_seconds())

    def wait_for(self, published: int, at_most_s: float = 30) -> None:
        """Until so many parts are out."""
        end = time.monotonic() + at_most_s
        while self.networks.published.value < published and time.monotonic() < end:
            time.sleep(0.01)

    def back_up(self) -> None:
        """A copy of the store as it is now, while workers work on it."""
        if self.server:
            servercut.dump(self.server, self.url, self.home / "old.dump")
            return
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
        if self.server:
            servercut.restore(self.server, self.url, self.home / "old.dump")
        else:
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
