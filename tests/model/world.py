"""A ledger with its workers, a network that counts, and clocks, moved one step at a time beside what the pencil says.

Every worker is the real one: `Claims` and `Courier` on a real store, with a real file lock. Only the loop is ours: a delivery
in hand stops wherever the network is asked, and goes on when a test says what it answers.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, Engine, Executable, delete, event, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from socialbot.delivery import SHOWN_WITHIN_S, Courier
from socialbot.ledger import OUT_OF_REACH, Claims, Delivery, Ledger, Lost, Planned, Trail
from socialbot.ledger.schema import accounts, deliveries, limits, metadata, sends
from socialbot.ledger.together import Act, Together
from socialbot.media import Media
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Doubt,
    Identity,
    NeedsLogin,
    Network,
    Passing,
    Prepared,
    Published,
    RateLimited,
    Refused,
    Remember,
    Unknown,
)
from socialbot.nouns import Caption, Disclosure, Draft, Held, Mistake, Part, Post, thaw
from socialbot.settings import AccountSettings, WorkerSettings
from socialbot.worker import WorkerLock
from tests.model.pencil import BACKOFF_S, LEASE_S, MAX_TRIES, REST_AFTER, No, Pencil, Row, rank, seconds, write_over

TIMEOUT_S = 20
KEY_DIES_S = 3600
ACCOUNTS: dict[str, Row] = {
    "blue": {"kind": "KEY", "settle_s": 0, "lasts_s": None, "on_doubt": "hold"},
    "masto": {"kind": "KEY", "settle_s": 60, "lasts_s": 3000, "on_doubt": "hold"},
    "bot": {"kind": "LIST", "settle_s": 30, "lasts_s": None, "on_doubt": "hold"},
    "brave": {"kind": "LIST", "settle_s": 30, "lasts_s": None, "on_doubt": "send_again"},
    "hook": {"kind": "NONE", "settle_s": 30, "lasts_s": None, "on_doubt": "hold"},
}
LAG_S = 15
"""A call that got no answer may come out so much later."""
MAKE: dict[str, Callable[..., Any]] = {
    "out": lambda named, warnings=(), rests=None: Published(*named, warnings),
    "ok": lambda: None,
    "shown": lambda shown: shown,
    "absent": lambda: None,
    "cannot": CannotTell,
    "passing": Passing,
    "limited": RateLimited,
    "refused": Refused,
    "login": NeedsLogin,
    "blocked": Blocked,
    "unknown": Unknown,
    "stumble": lambda: RuntimeError("a fault of ours"),
}


class Killed(BaseException):
    """What no code of ours may catch."""


@dataclass(frozen=True)
class Ask:
    """A question to the network, at which a delivery stops."""

    what: str
    part: int = 0
    seconds: float = 0
    key: str = ""

    def __await__(self) -> Generator[Ask, Any, Any]:
        answer = yield self
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Toy(Network):
    """Asks the test whatever it is asked."""

    name, options = "toy", AccountSettings

    def __init__(self, folder: Path, account: Row) -> None:
        settings = {"network": "toy", "on_doubt": account["on_doubt"], "timeout_s": TIMEOUT_S}
        super().__init__(AccountSettings.model_validate(settings), httpx.AsyncClient(), Media(folder), None)  # type: ignore[arg-type]
        self.doubt = Doubt(account["kind"], account["settle_s"], account["lasts_s"])

    async def check(self) -> Identity:
        return Identity("toy")

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        await Ask("prepare", part)
        assert len(before) >= part, "a part is prepared when those before it are out"
        return Prepared(draft, part, {"key": f"{draft.fixed['key']}/{part}"})

    async def publish(self, prepared: Prepared) -> Published:
        published: Published = await Ask("publish", prepared.part, key=prepared.request["key"])
        return published

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        found: Published | CannotTell | None = await Ask("find", prepared.part)
        return found

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        await Ask("edit", part)
        return published

    async def delete(self, published: Published) -> None:
        await Ask("delete")

    async def is_shown(self, published: Published) -> bool | None:
        shown: bool | None = await Ask("shown")
        return shown


class Highest(random.Random):
    """No chance at all."""

    def uniform(self, a: float, b: float) -> float:
        return b


@dataclass
class Flight:
    """A delivery in a worker's hand, and the same by the pencil."""

    claimed: Delivery
    me: Row
    real: Coroutine[Ask, Any, None]
    says: Generator[Any, Any, Any]
    ask: Ask | None = None
    fate: str = ""
    """What becomes of the call that is being made: "out", "lags" or "lost"."""
    named: tuple[str, str] = ("", "")
    out_s: float = 0
    """When its call is out, where it lags."""
    looks: list[float] = field(default_factory=list)
    """Each moment at which it looked at its monotonic clock in this step."""
    answer: Any = None
    ended: bool = False


class Alone(Together):
    """Each writes for itself: no loop runs here."""

    async def write(self, engine: Engine, act: Act[Any]) -> Any:
        return act(None)


class Hand:
    """One worker: its lock, its claims, and what it is at."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.lock = world, WorkerLock(folder)
        self.claims = Claims(world.ledger, self.lock.owner, LEASE_S)
        settings = WorkerSettings(max_tries=MAX_TRIES, backoff_s=BACKOFF_S, rest_after=REST_AFTER)
        self.courier = Courier(
            self.claims,
            settings,
            Highest(),
            world.look_at_boot_clock,
            lambda wait_s: Ask("sleep", seconds=wait_s),  # type: ignore[arg-type,return-value]
            outdated=world.outdated,
            timetable=world.timetable,
            together=Alone(),
        )
        self.flights: list[Flight] = []

    async def carry(self, delivery: Delivery, trail: Trail) -> None:
        """As `Worker` does it."""
        network = None
        try:
            try:
                if delivery.account in self.world.pencil.strange:
                    raise Mistake("It is gone.")
            except Mistake as mistake:
                self.courier.unready(delivery, mistake)
                return
            network = self.world.networks[delivery.account]
            await self.courier.deliver(delivery, network, trail)
        except (Lost, *OUT_OF_REACH):
            raise
        except Exception as error:  # noqa: BLE001 - as the worker does
            self.courier.stumbled(delivery, network, error)

    def die(self) -> None:
        """The kernel frees its lock."""
        self.lock._file.close()
        self.drop()

    def drop(self) -> None:
        """Nothing of it goes on."""
        for flight in self.flights:
            flight.real.close()
        self.flights = []


@dataclass
class Seen:
    """What the public has, or will have when the call comes out."""

    named: tuple[str, str]
    from_s: float
    key: str
    at_s: float


class World:
    """`store`: the URL of an empty store in `home`. Every method is one step, after which both sides must say the same."""

    def __init__(self, store: str, home: Path) -> None:
        self.home, self.sqlite = home, store.startswith("sqlite")
        self.wall_s = self.boot_s = 0.0
        self.began = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self.ledger = Ledger.open(store, home, self.wall)
        self.ledger.lease_clock = lambda connection: self.server()  # type: ignore[method-assign]
        event.listen(self.ledger.engine, "begin", self._strike, insert=True)
        if self.sqlite:  # nobody cuts the power here
            event.listen(self.ledger.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
            self.ledger.engine.dispose()
        self.networks = {name: Toy(home, row) for name, row in ACCOUNTS.items()}
        self.empty()

    def empty(self) -> None:
        """Begin anew."""
        self.wall_s = self.boot_s = 0.0
        self.fault: tuple[str, int] = ("", 0)
        self.stall: tuple[float, int | None] = (0.0, None)
        self.flying: Flight | None = None
        self.pencil = Pencil(self.wall, self.server, ACCOUNTS)
        self.hands: dict[int, Hand] = {}
        self.public: dict[tuple[Any, int], list[Seen]] = {}
        self.excused: set[tuple[Any, int]] = set()
        """What may come out twice: a person was wrong, or a restored backup knows nothing of it."""
        self.seen: dict[Any, Delivery] = {}
        self.backup: tuple[Any, Any] | None = None
        self.count = 0
        self._write_rows({})

    def close(self) -> None:
        """Nobody is left."""
        for hand in self.hands.values():
            hand.drop()
            hand.lock.release()
        self.hands = {}

    # Clocks

    def wall(self) -> datetime:
        return self.began + seconds(self.wall_s)

    def server(self) -> datetime:
        """On SQLite leases go by the machine's clock."""
        return self.wall() if self.sqlite else self.began + seconds(self.boot_s)

    def look_at_boot_clock(self) -> float:
        """Of two looks, one before the intent and one after, the second may come late: the process was stopped between."""
        flight = self.flying
        assert flight
        if flight.looks and len(flight.looks) % 2:
            self._think(flight, "check")
            stopped_s, other = self.stall
            self.stall = (0.0, None)
            self.turn(stopped_s)
            if other is not None and self.hands.get(other) and stopped_s:
                self.flying = None
                self.claim(other, 8)
                self.pencil.keep()
                self.flying = flight
            late = LEASE_S - (self.boot_s - flight.looks[-1]) < TIMEOUT_S
            flight.answer = ("late",) if late else ("ok",)
        flight.looks.append(self.boot_s)
        return self.boot_s

    def turn(self, by_s: float) -> None:
        self.wall_s += by_s
        self.boot_s += by_s

    def jump(self, by_s: float) -> None:
        """Somebody sets the clock on the wall; what was on its way has come out by then."""
        self.wall_s += by_s
        self._come_out()

    def _come_out(self) -> None:
        for seen in self.public.values():
            for one in seen:
                one.from_s = min(one.from_s, self.boot_s)

    # What strikes

    def _strike(self, connection: Connection) -> None:
        kind, left = self.fault
        if not kind or not self.flying or connection.get_execution_options().get("reading"):
            return
        self.fault = (kind, left - 1)
        if left == 0:
            self.fault = ("", 0)
            raise Killed if kind == "kill" else OperationalError("", {}, Exception("away"))

    # What both sides are told

    def outdated(self, delivery: Delivery) -> Held | None:
        return (
            Held("The rules have changed.", "Enqueue it.", redraft=True) if delivery.account in self.pencil.outdated else None
        )

    def timetable(self, delivery: Delivery) -> Any:
        if delivery.account not in self.pencil.table:
            return None
        wait = self.pencil.table[delivery.account]

        def retime(delivery: Delivery, _: object) -> Planned:
            due = self.wall() + (wait or timedelta(0))
            missed = "no place" if wait is None else None
            return Planned(delivery.draft, delivery.disclosure, due, due, missed=missed)

        return retime

    # What comes in

    def accept(self, name: str, words: Row, account: str, parts: int, held: Any, in_s: float, *, again: bool = False) -> None:
        words = {"name": name, **words}
        post = self._post(name, words)
        draft, row = self._draft(post, account, parts, held)

        def plan(post: Post, draft: Draft, told: Disclosure, _: object) -> Planned:
            due = self.wall() + seconds(in_s)
            missed = "too late" if post.not_after and due > post.not_after else None
            # As the planner does it: what was sent before brings its keys.
            draft = replace(draft, fixed=draft.fixed or {"key": f"key{self.count}"})
            return Planned(draft, told, due, due, None, post.not_after, post.urgent, missed=missed)

        if again:
            self._both(
                lambda: self.ledger.repeat(post, [(draft, Disclosure())], plan)[0].outcome,
                lambda: self.pencil.again(name, words, row, in_s),
            )
        else:
            self._both(
                lambda: [one.outcome for one in self.ledger.accept(post, [(draft, Disclosure())], plan)],
                lambda: self.pencil.accept(name, words, [row], in_s),
            )

    def _post(self, name: str, words: Row) -> Post:
        more = {"not_after": words["end"], "urgent": words["urgent"]}
        return Post(id=name, source=f"{name}.md", content_hash=words["hash"], title=words["hash"], **more)

    def _draft(self, post: Post, account: str, parts: int, held: Any) -> tuple[Draft, Row]:
        texts = [f"{post.title}{part}" for part in range(parts)]
        self.count += 1
        captions = tuple(Part(Caption(text, 2, 300, "graphemes")) for text in texts)
        draft = Draft(post.id, account, "toy", "en", captions, held=Held(*held) if held else None)
        return draft, {"account": account, "parts": texts, "held": held}

    def change(self, d: Row, kind: Any, words: str, held: Any) -> None:
        real = self.real(d)
        post = Post(id=d["key"][0], source="", content_hash="", title=words)
        draft, row = self._draft(post, d["account"], len(d["parts"]) if kind != "reply" else 1, held)
        planned = Planned(replace(draft, fixed={"key": f"key{self.count}"}), Disclosure(), self.wall())
        self._both(lambda: self.ledger.change(real, kind, planned).outcome, lambda: self.pencil.change(d, kind, row))

    def adopt(self, name: str, words: Row) -> None:
        words = {"name": name, **words}
        post = self._post(name, words)
        self._both(lambda: self.ledger.mark_seen([post]), lambda: self.pencil.adopt(name, words))

    def give_way(self, d: Row) -> None:
        real = self.real(d)
        self._both(lambda: self.ledger.give_way(real), lambda: self.pencil.give_way(d))

    def withdraw(self, d: Row) -> None:
        real = self.real(d)
        self._both(lambda: self.ledger.withdraw(real, "its file is gone"), lambda: self.pencil.withdraw(d))

    # What a person decides

    def look(self, d: Row) -> None:
        """A person sees a delivery, and may decide about it later."""
        self.seen[d["key"]] = self.real(d)

    def decide(self, d: Row, verb: str, in_s: float, *, from_memory: bool) -> None:
        real = self.seen.get(d["key"], self.real(d)) if from_memory else self.real(d)
        due = self.wall() + seconds(in_s)
        planned = self._planned(real, due)
        seen = {"hand": real.fence, "urgent": real.urgent, "parts": [part.caption.text for part in real.draft.parts]}
        verbs: dict[str, Callable[[], Any]] = {
            "cancel": lambda: self.ledger.cancel(real.id),
            "approve": lambda: self.ledger.approve(real.id, planned),
            "retry": lambda: self.ledger.retry(real.id, planned),
            "move": lambda: self.ledger.move(real.id, planned),
        }
        self._both(lambda: _done(verbs[verb]()), lambda: self.pencil.decide(d, verb, seen if verb != "cancel" else None, due))

    def _planned(self, real: Delivery, due: datetime) -> Planned:
        slot = due if real.kind == "publish" else None
        urgent = real.urgent
        return Planned(real.draft, real.disclosure, due, slot, urgent=urgent, pinned=True, fence=real.fence)

    def swap(self, one: Row, other: Row) -> None:
        if one is other or not (one["due"] and other["due"]):
            return
        reals = (self.real(one), self.real(other))
        plans = [self._planned(real, row["due"]) for real, row in zip(reals, (other, one), strict=True)]
        self._both(
            lambda: _done(self.ledger.swap((reals[0].id, plans[0]), (reals[1].id, plans[1]))),
            lambda: self.pencil.swap(one, other),
        )

    def resolve(self, d: Row, posted: bool) -> None:
        real, send = self.real(d), self.pencil.doubtful(d)
        planned = self._planned(real, self.wall())
        if send and not posted and self.public.get((d["key"], send["part"])):
            self.excused.add((d["key"], send["part"]))
        url = f"https://toy/said{self.count}" if posted else None
        self._both(lambda: _done(self.ledger.resolve(real.id, url, planned)), lambda: self.pencil.resolve(d, url))

    def pause(self, account: str, for_s: float | None) -> None:
        until = self.wall() + seconds(for_s) if for_s else None
        self._both(lambda: self.ledger.pause(account, until), lambda: self.pencil.pause(account, until))

    def resume(self, account: str) -> None:
        self._both(lambda: self.ledger.resume(account), lambda: self.pencil.resume(account))

    # What workers do

    def hand(self, number: int) -> Hand:
        """On PostgreSQL the third is on another machine."""
        if number not in self.hands:
            elsewhere = number == 2 and not self.sqlite
            self.hands[number] = Hand(self, self.home / ("elsewhere" if elsewhere else "workers"))
        return self.hands[number]

    def claim(self, number: int, most: int) -> None:
        """As the worker's loop does: release what the dead had, then claim."""
        hand = self.hand(number)
        alive, me = hand.lock.alive(), hand.lock.owner
        in_hand = {flight.claimed.id: flight.me["key"] for flight in hand.flights}
        running = [d for d in self.pencil.all.values() if d["state"] == "running"]
        near = {d["owner"] for d in running if self.sqlite or place_of(d["owner"]) == place_of(me)}
        hand.claims.release(alive, set(in_hand))
        self.pencil.release(me, near - alive, set(in_hand.values()))
        self.compare()
        claimable = self.pencil.claimable(alive if self.sqlite else {me})
        real = hand.claims.claim(most, alive, {"toy": len(in_hand)})
        first = {account: rows[0] for account, rows in claimable.items()}
        chosen = [self.row(one) for one in real]
        assert all(d["account"] in first for d in chosen), "only what may be claimed is"
        assert len({d["account"] for d in chosen}) == len(chosen) == min(len(first), max(0, most - len(in_hand)))
        assert all(rank(d) == rank(first[d["account"]]) for d in chosen), "the urgent first, then the soonest due"
        left = [rank(d) for account, d in first.items() if account not in {d["account"] for d in chosen}]
        assert not left or not chosen or max(map(rank, chosen)) <= min(left)
        trails = hand.claims.trails([one.id for one in real])
        for one, d in zip(real, chosen, strict=True):
            told = self.pencil.claim(d, me)
            hand.flights.append(Flight(one, told, hand.carry(one, trails[one.id]), self.pencil.carry(told)))
        self.compare()

    def answers(self, flight: Flight) -> list[tuple[Any, ...]]:
        """What the network may answer now, a good day's answer first."""
        if flight.ask is None:
            return [("ok",)]
        what, named = flight.ask.what, flight.named
        soon = self.wall() + seconds(30)
        passing = [("passing", "busy", None), ("passing", "busy", soon), ("limited", "too many", soon)]
        refusing = [("refused", "too long", "shorten it"), ("login", "who are you?", "log in")]
        if what == "publish":
            said = [("out", named, (), None), ("out", named, ("unlisted",), None), ("out", named, (), soon)]
            silent = [("unknown", "no answer"), ("stumble",)]
            if flight.fate == "lost":
                return [*silent, *passing, *refusing, ("blocked", "you are closed", "ask them")]
            return [*said, *silent] if flight.fate == "out" or self.boot_s >= flight.out_s else silent
        if what == "find":
            cannot = ("cannot", "nobody can be asked")
            if ACCOUNTS[flight.claimed.account]["kind"] == "NONE":
                return [cannot]
            there = [one for one in self.public.get((flight.me["key"], flight.ask.part), ()) if one.from_s <= self.boot_s]
            truth = ("out", there[0].named, (), None) if there else ("absent",)
            return [truth, cannot, *passing, *refusing, ("stumble",)]
        if what == "shown":
            return [("shown", None), ("shown", True), ("shown", False), *passing, ("stumble",)]
        if what == "sleep":
            return [("ok",)]
        return [("ok",), *passing, *refusing, ("stumble",)]

    def step(self, hand: Hand, flight: Flight, choice: int, fate: str, fault: tuple[str, int]) -> None:
        """A delivery in hand goes on to its next question, or to its end, or is struck on the way."""
        answers = self.answers(flight)
        answer = answers[choice % len(answers)]
        flight.answer, flight.looks, flight.fate = answer, [], ""
        if flight.ask and flight.ask.what == "find" and answer[0] in ("out", "absent"):
            self.excused.discard((flight.me["key"], flight.ask.part))
        network = self.networks[flight.claimed.account]
        network.rests_until = answer[3] if answer[0] == "out" else None
        before = copy.deepcopy(self.pencil.tables)
        self.pencil.kept = []
        self.fault, self.flying = fault, flight
        struck = self._go_on(flight, None if flight.ask is None else MAKE[answer[0]](*answer[1:]))
        self.flying, self.fault = None, ("", 0)
        if not struck:
            self._think(flight, flight.ask.what if flight.ask else None)
        else:
            self._remember(flight, before)
        self.pencil.kept = None
        if struck == "kill":
            hand.die()
            del self.hands[next(number for number, one in self.hands.items() if one is hand)]
        elif flight.ended:
            hand.flights.remove(flight)
        if not flight.ended and flight.ask and flight.ask.what == "publish":
            self._call(flight, flight.ask, fate)
        self.compare()

    def _go_on(self, flight: Flight, answer: Any) -> str:
        """The real one, up to its next question. What struck it, if anything did."""
        flight.ask = None
        try:
            flight.ask = flight.real.send(answer)
            while flight.ask.what == "sleep" and flight.ask.seconds != SHOWN_WITHIN_S:  # it waits for the store
                flight.ask = flight.real.send(None)
        except (StopIteration, Lost):
            flight.ended = True
        except Killed:
            flight.ended = True
            return "kill"
        except OperationalError:
            flight.ended = True
            return "away"
        return ""

    def _think(self, flight: Flight, expected: str | None) -> None:
        """The same by the pencil, which must come to the same question."""
        asks = None
        with suppress(StopIteration):
            asks = flight.says.send(flight.answer if flight.says.gi_frame and flight.says.gi_suspended else None)
        assert (asks and asks[0]) == expected, f"asked {expected}, and the pencil says {asks}"
        if asks and flight.ask and asks[0] == expected and expected not in ("sleep", "check", "shown", "delete"):
            assert asks[1] == flight.ask.part

    def _remember(self, flight: Flight, before: Any) -> None:
        """It was struck: what is on disk must be one of the states that the pencil wrote on its way."""
        on_the_way = [before]
        with suppress(StopIteration):
            asks = flight.says.send(flight.answer if flight.says.gi_suspended else None)
            while asks[0] == "check":
                asks = flight.says.send(("ok",))
        assert self.pencil.kept is not None
        on_the_way += self.pencil.kept
        told = self.told()
        for tables in reversed(on_the_way):
            if self.said(tables) == told:
                self._write_over(tables)
                return
        raise AssertionError(f"struck in midway: {[differences(told, self.said(tables)) for tables in on_the_way]}")

    def _write_over(self, tables: Any) -> None:
        for name, rows in self.pencil.tables.items():
            for key in list(rows):
                if key not in tables[name]:
                    del rows[key]
            for key, row in tables[name].items():
                if name == "all" and key in rows:
                    write_over(rows[key], row)
                else:
                    rows[key] = row

    def _call(self, flight: Flight, ask: Ask, fate: str) -> None:
        """The one irreversible call leaves."""
        d = self.pencil.all[flight.me["key"]]
        self._check_call(d, ask.part)
        place = (d["key"], ask.part)
        there = self.public.setdefault(place, [])
        account = ACCOUNTS[d["account"]]
        good = [one for one in there if account["lasts_s"] is None or self.boot_s - one.at_s < KEY_DIES_S]
        same = next((one for one in good if one.key == ask.key and account["kind"] == "KEY"), None)
        flight.fate = fate
        if fate == "lost" and not same:
            return
        flight.out_s = self.boot_s + LAG_S
        if same:
            flight.named = same.named
            return
        assert not there or place in self.excused, f"{place} comes out twice"
        self.count += 1
        flight.named = (f"r{self.count}", f"https://toy/{self.count}")
        from_s = self.boot_s + (LAG_S if fate == "lags" else 0)
        there.append(Seen(flight.named, from_s, ask.key, self.boot_s))

    def _check_call(self, d: Row, part: int) -> None:
        """One open send; all before it are out; and of every call before it somebody knows that it came to nothing."""
        rows = self.ledger.sends(self.real(d).id)
        assert [send.outcome for send in rows if send.part == part and send.outcome in ("open", "published")] == ["open"]
        assert {send.part for send in rows if send.outcome == "published"} >= set(range(part))
        assert all(send.learnt for send in rows if send.part == part and send.outcome != "open")

    def meddle(self, d: Row, what: str) -> None:
        """Code that has lost its wits writes what must never be: the database itself refuses."""
        mine = deliveries.c.id == self.real(d).id
        changed = update(deliveries).where(mine)
        if what == "call again" and any(send["outcome"] in ("open", "published") for send in d["sends"]):
            send = next(send for send in d["sends"] if send["outcome"] in ("open", "published"))
            row = {"delivery": self.real(d).id, "part": send["part"], "fence": 1, "request": "{}", "fingerprint": ""}
            self._refused(insert(sends).values(**row, started_at=self.wall(), outcome="open"))
        elif what == "two at once" and d["state"] in ("queued", "unknown"):
            if any(one["account"] == d["account"] and one["state"] == "running" for one in self.pencil.all.values()):
                self._refused(changed.values(state="running"))
        elif what == "send again" and d["state"] in ("published", "deleted"):
            self._refused(changed.values(state="queued", due_at=self.wall()))
        elif what == "only say so" and not d["remote"]:
            self._refused(changed.values(state="published", due_at=None, held=None))

    def _refused(self, statement: Executable) -> None:
        with pytest.raises(IntegrityError), self.ledger.engine.begin() as connection:
            connection.execute(statement)

    # What befalls everybody

    def back_up(self) -> None:
        with self.ledger.reading() as connection:
            rows = {t.name: [dict(row) for row in connection.execute(select(t)).mappings()] for t in metadata.sorted_tables}
        self.backup = rows, copy.deepcopy(self.pencil.tables)

    def restore(self) -> None:
        """Every worker is stopped, and what happened since the backup is forgotten. By then what was on its way is out."""
        if not self.backup:
            return
        self._come_out()
        for hand in list(self.hands.values()):
            hand.die()
        self.hands, self.seen = {}, {}
        rows, tables = self.backup
        self._write_rows(rows)
        self.pencil.tables = copy.deepcopy(tables)
        for place in self.public:
            d = self.pencil.all.get(place[0])
            known = d and any(send["part"] == place[1] and send["outcome"] in ("open", "published") for send in d["sends"])
            if not known:
                self.excused.add(place)
        self.compare()

    def _write_rows(self, rows: dict[str, list[Row]]) -> None:
        with self.ledger.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                if table.name == "deliveries":  # those that change another refer to it
                    connection.execute(delete(table).where(table.c.original.is_not(None)))
                connection.execute(delete(table))
            for table in metadata.sorted_tables:
                filled = rows.get(table.name, [])
                if table.name == "deliveries":
                    filled = sorted(filled, key=lambda row: row["original"] is not None)
                if filled:
                    connection.execute(insert(table), filled)

    # What both say

    def real(self, d: Row) -> Delivery:
        post, account, variant = d["key"]
        with self.ledger.reading() as connection:
            mine = (deliveries.c.post == post) & (deliveries.c.account == account) & (deliveries.c.variant == variant)
            return Delivery.of(connection.execute(select(deliveries).where(mine)).mappings().one())

    def row(self, delivery: Delivery) -> Row:
        row: Row = self.pencil.all[delivery.post, delivery.account, delivery.variant]
        return row

    def _both(self, real: Callable[[], Any], says: Callable[[], Any]) -> None:
        """The same answer, or the same refusal, from both."""
        try:
            told: Any = real()
        except Mistake as mistake:
            told = mistake
        try:
            expected: Any = says()
        except No as no:
            assert isinstance(told, Mistake), f"the pencil refuses: {no}"
            assert str(no) in str(told)
            assert told.fix
        else:
            assert told == expected
        self.compare()

    def compare(self) -> None:
        """State, due time, sentence and sends of every delivery, and the lanes; nothing accepted has disappeared."""
        wrong = differences(self.told(), self.said(self.pencil.tables))
        assert not wrong, f"told, and said by the pencil: {wrong}"

    def told(self) -> Row:
        """What the store says."""
        with self.ledger.reading() as connection:
            rows = connection.execute(select(deliveries)).mappings().all()
            calls = connection.execute(select(sends).order_by(sends.c.id)).all()
            lanes = {row.account: (row.until, row.why.startswith("It is left")) for row in connection.execute(select(limits))}
            troubled = connection.execute(select(accounts.c.name, accounts.c.troubles)).all()
        told: Row = {"lanes": lanes, "troubles": {name: number for name, number in troubled if number}}
        for row in rows:
            draft = thawed(row["draft"])
            held = thaw(Held, row["held"]) if row["held"] else None
            told[row["post"], row["account"], row["variant"]] = {
                "state": row["state"],
                "due": row["due_at"],
                "place": row["slot"],
                "end": row["not_after"],
                "error": row["error"],
                "held": _plain(held, row["id"]),
                "mark": _plain(draft.held, row["id"]),
                "parts": [part.caption.text for part in draft.parts],
                "urgent": row["urgent"],
                "pinned": row["pinned"],
                "owner": row["owner"],
                "hand": row["fence"],
                "tries": row["tries"],
                "finds": row["finds"],
                "remote": row["remote_id"],
                "url": row["url"],
                "sends": [
                    {"part": one.part, "outcome": one.outcome, "learnt": one.learnt, "at": one.started_at}
                    | {"remote": one.remote_id, "url": one.url}
                    for one in calls
                    if one.delivery == row["id"]
                ],
            }
        return told

    def said(self, tables: Any) -> Row:
        """What the pencil says."""
        told = {"lanes": dict(tables["lanes"]), "troubles": dict(tables["troubles"])}
        names = ("state", "due", "place", "end", "error", "held", "mark", "parts", "urgent", "pinned", "owner", "hand")
        names += ("tries", "finds", "remote", "url", "sends")
        return told | {key: {name: d[name] for name in names} for key, d in tables["all"].items()}


@lru_cache(maxsize=1000)
def thawed(draft: str) -> Draft:
    return thaw(Draft, draft)


def _plain(held: Held | None, name: str) -> tuple[str, str, bool, bool] | None:
    return (held.reason, held.fix.replace(name, "ID"), held.approvable, held.redraft) if held else None


def place_of(owner: str) -> str:
    """Workers of one place see each other's locks."""
    return owner.rpartition(".")[0]


def _done(_: object) -> None:
    """What a decision returns is compared in the store."""


def differences(told: Row, said: Row) -> list[tuple[Any, ...]]:
    """What both say of the same."""
    found: list[tuple[Any, ...]] = []
    for key in {**told, **said}:
        one, other = told.get(key), said.get(key)
        if one == other:
            continue
        if one and other and key not in ("lanes", "troubles"):
            found += [(key, name, one[name], other[name]) for name in one if one[name] != other[name]]
        else:
            found.append((key, one, other))
    return found
