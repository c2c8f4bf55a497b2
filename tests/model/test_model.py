"""Whatever happens, in whatever order: the ledger and its workers say what the pencil says, and nothing comes out twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.model.pencil import Row
from tests.model.world import ACCOUNTS, World

HELD = (*[None] * 8, ("It waits for approval.", "approve", True, False), ("no room", "shorten", False, False))
small = st.integers(0, 11)
accounts = st.sampled_from(list(ACCOUNTS))
posts = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["fog", "mist", "haze"]),
        "words": st.fixed_dictionaries(
            {
                "hash": st.sampled_from("ABC"),
                "end": st.sampled_from([None, None, None, 30.0, 1000.0]),
                "urgent": st.sampled_from([False, False, False, True]),
            }
        ),
        "account": accounts,
        "parts": st.sampled_from([1, 1, 2, 3]),
        "held": st.sampled_from(HELD),
        "in_s": st.sampled_from([0.0, 0.0, 60.0, 900.0]),
    }
)
workers = st.sampled_from([0, 0, 1, 2])
fates = st.sampled_from(["out", "out", "lost", "lags"])
faults = st.sampled_from([("", 0)] * 8 + [("kill", n) for n in range(4)] + [("away", n) for n in range(3)])
choices = small.map(lambda number: max(0, number - 5))  # half of all days are good ones
steps = st.lists(st.tuples(small, choices, fates, faults), min_size=1, max_size=8)
waits = st.sampled_from([0.0, 20.0, 700.0, 5000.0])
VERBS = ("cancel", "approve", "retry", "move", "resolve", "swap", "look")
MISFORTUNES = ("die", "back up", "restore", "an hour back", "an hour on", "a minute back", "stop")


class Days(RuleBasedStateMachine):
    """The days of an instance."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.empty()

    def pick(self, number: int, *states: str, kind: tuple[str, ...] = ()) -> Row | None:
        """Some delivery; in one of these states, if there is one."""
        rows = [d for d in self.world.pencil.all.values() if not kind or d["kind"] in kind]
        rows = [d for d in rows if d["state"] in states] or rows
        return rows[number % len(rows)] if rows else None

    def _accept(self, post: dict[str, Any], how: str = "enqueue") -> None:
        words = post["words"]
        end = None if how == "again" or not words["end"] else self.world.wall() + timedelta(seconds=words["end"])
        if how == "adopt":
            self.world.adopt(post["name"], {**words, "end": end})
        else:
            self.world.accept(**{**post, "words": {**words, "end": end}}, again=how == "again")

    @initialize(these=st.lists(posts, min_size=2, max_size=5))
    def begin(self, these: list[dict[str, Any]]) -> None:
        for post in these:
            self._accept(post)

    @rule(post=posts, how=st.sampled_from(["enqueue", "enqueue", "enqueue", "again", "again", "adopt"]))
    def accept(self, post: dict[str, Any], how: str) -> None:
        self._accept(post, how)

    @rule(
        which=small,
        kind=st.sampled_from(["edit", "edit", "delete", "reply", "give way", "withdraw"]),
        words=st.sampled_from("XYZ"),
        held=st.sampled_from(HELD),
    )
    def sync(self, which: int, kind: str, words: str, held: Any) -> None:
        states = {"withdraw": ("cancelled",), "delete": ("published", "cancelled", "failed")}.get(kind, ("published",))
        d = self.pick(which, *states, kind=("publish", "reply") if kind == "delete" else ("publish",))
        if kind == "delete" and d and not any(send["outcome"] == "published" for send in d["sends"]):
            return  # nothing of it is out
        if d and kind == "withdraw":
            self.world.withdraw(d)
        elif d and kind == "give way":
            self.world.give_way(d)
        elif d:
            self.world.change(d, kind, words, held)

    @rule(which=small, verb=st.sampled_from(VERBS), in_s=waits, from_memory=st.booleans(), other=small)
    def decide(self, which: int, verb: str, in_s: float, from_memory: bool, other: int) -> None:
        pencil = self.world.pencil
        if verb == "resolve":
            doubtful = [d for d in pencil.all.values() if pencil.doubtful(d)]
            if d := doubtful[which % len(doubtful)] if doubtful else self.pick(which):
                self.world.resolve(d, posted=from_memory)
        elif verb == "swap":
            one, with_ = self.pick(which, "queued", "running"), self.pick(other, "queued", "running")
            if one and with_:
                self.world.swap(one, with_)
        elif d := self.pick(
            which, *{"approve": ("held",), "retry": ("failed", "cancelled", "held")}.get(verb, ("queued", "running"))
        ):
            if verb == "look":
                self.world.look(d)
            else:
                self.world.decide(d, verb, in_s, from_memory=from_memory)

    @rule(which=small, for_s=st.sampled_from([None, 100.0]))
    def pause(self, which: int, for_s: float | None) -> None:
        """Or the end of a pause."""
        pencil = self.world.pencil
        busy = [d["account"] for d in pencil.all.values() if d["state"] == "running"] or list(ACCOUNTS)
        account = [*busy, *pencil.paused][which % (len(busy) + len(pencil.paused))]
        if account in pencil.paused:
            self.world.resume(account)
        else:
            self.world.pause(account, for_s)

    def work(self, worker: int, most: int, wait_s: float, steps: list[Any]) -> None:
        self.world.turn(wait_s)
        self.world.claim(worker, most)
        self.go_on(worker, steps)

    # Hypothesis leaves rules out at random; without this one a day is dull.
    working = rule(
        worker=workers, most=st.sampled_from([8, 8, 8, 1]), wait_s=st.sampled_from([0.0, 0.0, 11.0, 70.0]), steps=steps
    )
    morning, noon, evening = working(work), working(work), working(work)

    @rule(worker=workers, steps=steps)
    def go_on(self, worker: int, steps: list[Any]) -> None:
        for which, choice, fate, fault in steps:
            hand = self.world.hands.get(worker)
            if hand and hand.flights:
                self.world.step(hand, hand.flights[which % len(hand.flights)], choice, fate, fault)

    @rule(by_s=st.sampled_from([1.0, 11.0, 45.0, 70.0, 700.0, 4000.0]))
    def turn(self, by_s: float) -> None:
        self.world.turn(by_s)

    @rule(what=st.sampled_from(MISFORTUNES), worker=workers, long=st.booleans())
    def strike(self, what: str, worker: int, long: bool) -> None:
        if what == "die":
            if hand := self.world.hands.pop(worker, None):
                hand.die()
        elif what == "back up":
            self.world.back_up()
        elif what == "restore":
            self.world.restore()
        elif what == "stop":  # a process that is about to call; and another claims meanwhile
            self.world.stall = (70.0 if long else 5.0, worker)
        else:
            self.world.jump({"an hour back": -3600, "an hour on": 3600, "a minute back": -60}[what])

    @rule(account=accounts, what=st.sampled_from(["outdated", "strange", "later", "never", "", ""]))
    def configure(self, account: str, what: str) -> None:
        pencil = self.world.pencil
        for names in (pencil.outdated, pencil.strange):
            names.discard(account)
        pencil.table.pop(account, None)
        if what in ("outdated", "strange"):
            (pencil.outdated if what == "outdated" else pencil.strange).add(account)
        elif what:
            pencil.table[account] = timedelta(seconds=100) if what == "later" else None

    @rule(which=small, what=st.sampled_from(["call again", "two at once", "send again", "only say so"]))
    def meddle(self, which: int, what: str) -> None:
        if d := self.pick(which):
            self.world.meddle(d, what)

    def teardown(self) -> None:
        self.world.close()


@pytest.fixture
def days(store: str, tmp_path: Path) -> Iterator[type[Days]]:
    world = World(store, tmp_path)
    yield type("DaysHere", (Days,), {"world": world})
    world.ledger.engine.dispose()


def test_whatever_happens_the_ledger_says_what_the_pencil_says(days: type[Days]) -> None:
    run_state_machine_as_test(days, settings=settings(max_examples=60, stateful_step_count=40))
