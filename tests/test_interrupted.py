"""What comes between: a worker that dies, a store that is away, a person's word. Nothing is forgotten or sent twice for it."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from socialbot import accounts, delivery
from socialbot.ledger import Claims, Ledger, Lost, Places, Planned
from socialbot.networks.protocol import RateLimited
from socialbot.nouns import Disclosure, Draft, Held, Mistake, Post
from socialbot.worker import Worker
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.instances import Town
from tests.test_delivery import LIST, Desk, Toy
from tests.test_on_time import HOUR, Office, an_office

# What a lost ledger may have sent


@pytest.mark.parametrize("dead", [True, False])
def test_what_was_claimed_late_and_dropped_is_looked_for_by_whoever_claims_it_next(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path, dead: bool
) -> None:
    first, second = Desk(ledger, clock, "here.first"), Desk(ledger, clock, "here.second")
    accept(ledger, make_post())
    toy = Toy(tmp_path, LIST)
    toy.shown.append("Fog 0")
    clock.turn(3600)
    assert first.claims.claim(8, {"here.first", "here.second"})
    if dead:
        assert second.claims.release({"here.second"}, set()) == 1
    else:
        assert first.claims.release({"here.first"}, set()) == 1
    assert (second if dead else first).work(toy).state == "published"
    assert toy.shown == ["Fog 0"]


def _missed(office: Office) -> None:
    office.work()


def _held(office: Office) -> None:
    [claimed] = office.claims.claim(8, {"here.me"})
    office.courier.unready(claimed, Mistake("the account is not configured"))


def _cancelled(office: Office) -> None:
    office.ledger.cancel(office.ledger.deliveries()[0].id)


@pytest.mark.parametrize("taken_out", [_missed, _held, _cancelled])
def test_what_was_late_before_it_was_taken_out_is_looked_for_when_a_person_tries_it_again(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path, taken_out: Callable[[Office], None]
) -> None:
    office = an_office(ledger, clock, tmp_path, slots=["daily 13:00"])
    name = office.take("fog", not_after=clock() + 4 * HOUR).id
    office.toy.shown.append("Fog 0")
    clock.turn(7200)
    taken_out(office)
    assert ledger.delivery(name).state in ("missed", "held", "cancelled")
    ledger.retry(name, office.again(name, now=True))
    office.work()
    assert (ledger.delivery(name).state, office.toy.shown) == ("published", ["Fog 0"])


def test_what_is_overdue_is_looked_for_by_its_keys_though_it_was_drafted_anew(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    office = an_office(ledger, clock, tmp_path)
    before = office.take("fog")
    office.toy.shown.append("Fog 0")
    clock.turn(7200)
    after = office.take("fog", urgent=True, content_hash="new")
    assert (after.id, after.draft.fixed) == (before.id, before.draft.fixed)
    office.work()
    assert office.toy.shown == ["Fog 0"]


# A person's word


@pytest.mark.parametrize("word", ["approve", "move"])
def test_a_persons_word_holds_for_what_they_saw_alone(ledger: Ledger, clock: TurnedClock, word: str) -> None:
    asked = Held("it waits for approval", "socialbot approve", approvable=True) if word == "approve" else None
    worse = Held("consent is missing", "ask", approvable=False) if word == "approve" else None
    post = make_post()
    [name] = accept(ledger, post, make_draft(post, held=asked))
    changed, inside = replace(post, content_hash="other", title="Mist", not_after=clock() - HOUR), threading.Event()

    def plan(_post: Post, draft: Draft, disclosure: Disclosure, _places: Places) -> Planned:
        inside.set()
        time.sleep(0.5)
        return Planned(draft, disclosure, clock())

    drafted = [(make_draft(changed, held=worse), Disclosure())]
    batch = threading.Thread(target=lambda: ledger.accept(changed, drafted, plan))
    batch.start()
    assert inside.wait(30)
    saw = ledger.delivery(name)
    with pytest.raises(Mistake, match="changed meanwhile"):
        getattr(ledger, word)(name, Planned(saw.draft, saw.disclosure, clock()))
    batch.join()
    now = ledger.delivery(name)
    assert now.draft.parts[0].caption.text == "Mist 0" and now.held == worse


def test_a_time_that_was_planned_for_another_draft_is_refused(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path)
    saw = office.take("fog")
    planned = office.planner().move(saw, make_post(), clock() + HOUR)
    office.take("fog", title="Mist", content_hash="other")
    with pytest.raises(Mistake, match="changed meanwhile"):
        ledger.move(saw.id, planned)
    assert ledger.cancel(saw.id).state == "cancelled"


def test_a_pause_stops_a_thread_after_the_post_that_is_on_its_way(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path)
    name = office.take("fog", parts=3).id
    office.toy.answers = [(True, lambda: ledger.pause("blue"))]
    with pytest.raises(Lost, match="paused"):
        office.work()
    assert (office.toy.shown, ledger.delivery(name).state) == (["Fog 0"], "queued")
    ledger.resume("blue")
    office.work()
    assert office.toy.shown == ["Fog 0", "Fog 1", "Fog 2"]


def test_a_pause_with_an_end_keeps_nobody_waiting_for_nothing(ledger: Ledger, clock: TurnedClock) -> None:
    ledger.pause("blue", clock() + HOUR)
    assert ledger.next_due() is None
    accept(ledger, make_post())
    assert ledger.next_due() == clock() + HOUR


def test_what_waited_for_a_pause_that_a_person_ended_is_late_from_then_on(ledger: Ledger, clock: TurnedClock) -> None:
    accept(ledger, make_post())
    ledger.pause("blue")
    clock.turn(3600)
    ledger.resume("blue")
    overdue = ledger.overdue()
    assert overdue and overdue.since == clock()


# The timetable


def test_an_urgent_post_that_was_put_off_keeps_out_of_the_quiet_hours(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    office = an_office(ledger, clock, tmp_path, quiet_hours="12:30-20:00")
    office.take("fog", office.planner(urgent=True))
    office.toy.answers = [(False, RateLimited("toy: too many.", clock() + HOUR))]
    office.work(10 * 3600)
    assert [moment.hour for moment in office.out().values()] == [20]


@pytest.mark.parametrize("account", [{"spacing": 60}, {"slots": ["daily 13:00", "daily 14:00"], "spacing": 60}])
def test_posts_that_go_a_little_late_keep_their_order_their_places_and_the_spacing(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path, account: dict[str, object]
) -> None:
    office = an_office(ledger, clock, tmp_path, **account)
    for name in "abcdef":
        office.take(name)
    planned = [one.slot for one in ledger.deliveries()]
    prepare = office.toy.prepare

    async def slowly(*asked: object) -> object:
        clock.turn(3)
        return await prepare(*asked)  # type: ignore[arg-type]

    office.toy.prepare = slowly  # type: ignore[method-assign, assignment]
    office.work(4 * 24 * 3600)
    went = office.out()
    assert list(went) == [f"{name.upper()} 0" for name in "abcdef"]
    moments = list(went.values())
    assert all(after - before >= HOUR for before, after in pairwise(moments))
    assert all(slot and moment - slot < timedelta(minutes=1) for slot, moment in zip(planned, moments, strict=True))


def test_a_changed_post_does_not_compete_with_its_own_place(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, max_per_day=1)
    before = office.take("fog").due_at
    after = office.take("fog", not_before=clock() + HOUR, content_hash="other").due_at
    assert before and after and after.date() == before.date()
    assert (office.take("mist").due_at or after).date() == after.date() + timedelta(days=1)


# A store or an adapter that fails


def test_an_open_send_that_was_dropped_is_looked_for_even_while_its_account_is_paused(
    ledger: Ledger, clock: TurnedClock
) -> None:
    desk = Desk(ledger, clock, "here.me")
    accept(ledger, make_post())
    [claimed] = desk.claims.claim(1, {"here.me"})
    desk.claims.intend(claimed, 0, {})
    ledger.pause("blue")
    assert desk.claims.release({"here.me"}, set(), wait_s=30) == 1
    assert ledger.delivery(claimed.id).state == "unknown"
    assert desk.claims.claim(1, {"here.me"}) == []
    clock.turn(30)
    assert desk.claims.claim(1, {"here.me"})


def _work(town: Town, stop_after_s: float | None = None) -> None:
    async def work() -> None:
        worker = Worker(town.settings(), town.ledger(), lambda: datetime.now(UTC), random.Random(1))
        if stop_after_s:
            asyncio.get_running_loop().call_later(stop_after_s, worker.stop)
        await worker.run(once=stop_after_s is None)

    asyncio.run(asyncio.wait_for(work(), 60))


def test_one_account_whose_adapter_cannot_be_built_keeps_no_other_from_posting(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = accounts.connect

    def broken(settings: object, name: str, *others: object) -> object:
        if name == "chat":
            raise RuntimeError("the plugin is broken")
        return connect(settings, name, *others)  # type: ignore[arg-type]

    assert list(town.intake().enqueue([town.write("fog", "queue")], now=True))
    monkeypatch.setattr(accounts, "connect", broken)
    _work(town)
    assert town.ledger().counts() == {"published": 2, "queued": 1}


def test_a_store_that_takes_claims_and_no_sends_is_not_tried_without_a_pause(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def intend(*asked: object) -> None:
        tries.append(asked)
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    assert list(town.intake().enqueue([town.write("fog", "queue")], ["chat"], now=True))
    monkeypatch.setattr(Claims, "intend", intend)
    _work(town, 2.5)
    assert 1 <= len(tries) <= 4


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no clock that counts while it sleeps")
def test_the_lease_is_measured_by_a_clock_that_counts_while_the_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def told(clock: int) -> float:
        asked.append(clock)
        return 7.0

    monkeypatch.setattr(time, "clock_gettime", told)
    courier = delivery.Courier(None, None, None)  # type: ignore[arg-type]
    assert (courier.monotonic(), asked) == (7.0, [time.CLOCK_BOOTTIME])
