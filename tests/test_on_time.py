"""On time: windows, what comes late, who is paused, what is urgent, and a network that hangs."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialbot import planning
from socialbot.accounts import hosts as hosts_of
from socialbot.accounts import options_of
from socialbot.delivery import Courier
from socialbot.ledger import Claims, Delivery, Ledger, Lost, Places, Planned
from socialbot.networks.protocol import Passing, Prepared, Published, RateLimited, Unknown
from socialbot.nouns import Disclosure, Draft, Mistake, Post
from socialbot.planning import Planner, agenda
from socialbot.settings import AccountSettings, Settings, WorkerSettings
from socialbot.timetable import next_place
from socialbot.worker import Worker
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.test_delivery import LIST, Toy

HOUR = timedelta(hours=1)
_LOGIN = {"mastodon": {"token": "x"}, "bluesky": {"identifier": "me.example", "password": "x"}}


def configured(**account: object) -> Settings:
    blue = AccountSettings.model_validate({"network": "discord", **account})
    return Settings().model_copy(update={"accounts": {"blue": blue}})


class Office:
    """An account with a timetable, its ledger, and a worker without a loop."""

    def __init__(self, ledger: Ledger, clock: TurnedClock, tmp_path: Path, **account: object) -> None:
        self.ledger, self.clock, self.settings = ledger, clock, configured(**account)
        self.claims, self.toy = Claims(ledger, "here.me", 60), Toy(tmp_path, LIST)
        chance = random.Random(1)
        self.courier = Courier(
            self.claims,
            WorkerSettings(backoff_s=10, rest_after=3),
            chance,
            lambda: clock().timestamp(),
            timetable=planning.releases(self.settings, clock, chance),
        )

    def planner(self, at: datetime | None = None, now: bool = False, urgent: bool = False) -> Planner:
        return Planner(self.settings, self.clock(), at, now, random.Random(1), urgent)

    def draft(self, post: Post, parts: int = 1) -> Draft:
        return replace(make_draft(post, parts=parts), network="discord")

    def take(self, name: str, planner: Planner | None = None, parts: int = 1, **post: object) -> Delivery:
        made = replace(make_post(name), **post)  # type: ignore[arg-type]
        done = self.ledger.accept(made, [(self.draft(made, parts), Disclosure())], (planner or self.planner()).plan)
        return self.ledger.delivery(done[0].delivery)

    def again(self, name: str, *, now: bool = False) -> Planned:
        with self.ledger.places() as places:
            return self.planner(now=now).again(self.ledger.delivery(name), places)

    def work(self, until_s: float = 0) -> None:
        """Carry whatever is due within these seconds."""
        end = self.clock() + timedelta(seconds=until_s)
        while True:
            for claimed in self.claims.claim(8, {"here.me"}):
                asyncio.run(self.courier.deliver(claimed, self.toy))
            due = self.ledger.next_due()
            if due is None or due > end:
                self.clock.at = max(self.clock.at, end)
                return
            self.clock.at = max(self.clock.at, due) if due > self.clock() else self.clock() + timedelta(seconds=1)

    def out(self) -> dict[str, datetime]:
        """When each post went out, by its words, the first first."""
        found = {
            one.draft.parts[0].caption.text: send.started_at
            for one in self.ledger.deliveries()
            for send in self.ledger.sends(one.id)
            if send.part == 0 and send.outcome == "published"
        }
        return dict(sorted(found.items(), key=lambda each: each[1]))


def an_office(ledger: Ledger, clock: TurnedClock, tmp_path: Path, **account: object) -> Office:
    return Office(ledger, clock, tmp_path, **account)


# Windows


def test_what_is_too_late_is_missed_and_told_not_sent(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path)
    name = office.take("fog", not_after=clock() + HOUR).id
    clock.turn(3601)
    office.work()
    done = ledger.delivery(name)
    assert (done.state, office.toy.shown) == ("missed", [])
    assert ledger.history(name)[-1].what == "missed" and "has passed" in (done.error or "")


def test_what_a_lost_ledger_may_have_sent_is_looked_for_before_it_counts_as_missed(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    office = an_office(ledger, clock, tmp_path)
    name = office.take("fog", not_after=clock() + HOUR).id
    office.toy.shown.append("Fog 0")
    clock.turn(7200)
    office.work()
    assert ledger.delivery(name).state == "published"


def test_what_has_no_place_before_its_end_is_missed_from_the_first(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, slots=["daily 09:00"])
    missed = office.take("fog", not_after=clock() + HOUR)
    assert missed.state == "missed" and "no free place" in (missed.error or "")
    assert office.take("mist").slot == clock().replace(hour=9) + timedelta(days=1), "it took no place from others"
    with pytest.raises(Mistake, match="no free place"):
        office.again(missed.id)
    assert ledger.retry(missed.id, office.again(missed.id, now=True)).state == "queued"
    clock.turn(7200)
    ledger.retry(ledger.cancel(missed.id).id, office.again(missed.id, now=True))
    office.work()
    assert "Fog 0" in office.toy.shown, "a person knows that it is late"


def test_a_thread_that_has_begun_is_never_missed(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path)
    name = office.take("fog", parts=2, not_after=clock() + HOUR).id
    office.toy.answers = [(True, None), (False, Passing("toy: busy.", clock() + 2 * HOUR))]
    office.work(3 * 3600)
    assert (ledger.delivery(name).state, office.toy.shown) == ("published", ["Fog 0", "Fog 1"])


def test_an_embargo_holds_whatever_time_is_asked_for(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path)
    embargo = clock() + 5 * HOUR
    for number, planner in enumerate((office.planner(), office.planner(now=True), office.planner(at=clock() + HOUR))):
        assert office.take(f"p{number}", planner, published=embargo).due_at == embargo
        assert office.take(f"q{number}", planner, not_before=embargo).due_at == embargo
    with pytest.raises(Mistake, match="may not go before its date"):
        office.planner().move(ledger.deliveries()[0], make_post("p0", published=embargo), clock() + HOUR)


def test_a_changed_window_moves_what_waits(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, slots=["daily 09:00", "daily 15:00"])
    first = office.take("fog")
    assert office.take("fog", title="Mist", content_hash="other").due_at == first.due_at
    later = office.take("fog", title="Haze", content_hash="third", published=clock() + 24 * HOUR)
    assert later.due_at == first.due_at + 24 * HOUR if first.due_at else None
    assert office.take("fog", content_hash="fourth", urgent=True).due_at == clock()
    assert office.take("fog", content_hash="fifth", not_after=clock() - HOUR).state == "missed"
    assert office.take("fog", content_hash="sixth").state == "queued"


# What comes late


def test_after_a_day_of_downtime_the_backlog_keeps_its_spacing(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, spacing=60, quiet_hours="22:00-07:00")
    for number in range(5):
        office.take(f"p{number}")
    clock.turn(24 * 3600)
    start = clock()
    office.work(24 * 3600)
    moments = office.out()
    assert list(moments.values()) == [start + number * HOUR for number in range(5)]
    assert list(moments) == [f"P{number} 0" for number in range(5)]
    assert len(office.toy.looks_s) == 5, "each was looked for, since another ledger may have sent it"


def test_after_a_day_of_downtime_the_backlog_goes_one_for_each_slot(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, slots=["daily 15:00", "daily 18:00"])
    for number in range(4):
        office.take(f"p{number}")
    clock.turn(24 * 3600)  # two are overdue, two are due this afternoon
    office.work(72 * 3600)
    moments = office.out()
    assert [moment.hour for moment in moments.values()] == [15, 18, 15, 18]
    assert list(moments) == ["P2 0", "P3 0", "P0 0", "P1 0"], "whose slot was given keeps it"


def test_what_is_a_little_late_goes_at_once(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, slots=["daily 15:00"])
    office.take("fog")
    clock.turn(3 * 3600 + 500)
    office.work()
    assert list(office.out().values()) == [clock()]


def test_without_a_timetable_what_is_late_goes_at_once(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path)
    for number in range(3):
        office.take(f"p{number}")
    clock.turn(24 * 3600)
    start = clock()
    office.work(10)
    assert len(office.out()) == 3 and max(office.out().values()) - start < timedelta(minutes=1)


def test_a_retry_that_would_fall_into_quiet_hours_waits_for_their_end(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    office = an_office(ledger, clock, tmp_path, quiet_hours="13:00-14:00")
    office.take("fog")
    office.toy.answers = [(False, Passing("toy: busy.", clock() + timedelta(minutes=70)))]
    office.work(3 * 3600)
    assert [moment.hour for moment in office.out().values()] == [14]


# Urgent, by hand


def test_the_urgent_goes_first_and_is_not_held_by_slots(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, slots=["daily 12:05"], spacing=600)
    waiting = office.take("fog")
    clock.turn(300)
    urgent = office.take("flood", urgent=True)
    assert urgent.due_at == clock() and waiting.due_at == clock()
    [claimed] = office.claims.claim(8, {"here.me"})
    assert claimed.id == urgent.id


@pytest.mark.parametrize(("always", "hour"), [(False, 14), (True, 12)])
def test_quiet_hours_hold_the_urgent_unless_the_account_says_otherwise(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path, always: bool, hour: int
) -> None:
    office = an_office(ledger, clock, tmp_path, quiet_hours="11:00-14:00", urgent_in_quiet_hours=always)
    due = office.take("flood", office.planner(urgent=True)).due_at
    assert due and due.hour == hour


def test_a_persons_time_stands_whatever_the_timetable_says(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, quiet_hours="11:00-14:00", spacing=120)
    office.take("fog", office.planner(now=True))
    office.take("mist", office.planner(at=clock() + timedelta(minutes=10)))
    office.work(1200)
    assert len(office.out()) == 2
    assert (office.take("haze").slot or clock()) == clock().replace(hour=14, minute=10, second=0)


def test_two_deliveries_take_each_others_time_or_nothing_changes(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, slots=["daily 09:00"])
    one, other = office.take("fog"), office.take("mist")

    def planned(delivery: Delivery, place: Delivery) -> Planned:
        return Planned(delivery.draft, delivery.disclosure, place.due_at or clock(), place.slot)

    ledger.swap((one.id, planned(one, other)), (other.id, planned(other, one)))
    assert [ledger.delivery(each.id).slot for each in (one, other)] == [other.slot, one.slot]
    ledger.cancel(other.id)
    with pytest.raises(Mistake, match="cancelled"):
        ledger.swap((one.id, planned(one, one)), (other.id, planned(other, other)))
    assert ledger.delivery(one.id).slot == other.slot


def test_what_is_moved_is_taken_from_the_workers_hand_and_looked_for_when_it_was_overdue(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    office = an_office(ledger, clock, tmp_path)
    name = office.take("fog").id
    [claimed] = office.claims.claim(8, {"here.me"})
    moved = ledger.move(name, office.planner().move(claimed, make_post(), clock() + HOUR))
    assert (moved.state, moved.due_at, moved.pinned) == ("queued", clock() + HOUR, True)
    with pytest.raises(Lost):
        office.claims.intend(claimed, 0, {})
    clock.turn(7200)
    ledger.move(name, office.planner().move(ledger.delivery(name), make_post(), clock() + HOUR))
    office.toy.shown.append("Fog 0")
    office.work(7200)
    assert office.toy.shown == ["Fog 0"] and ledger.delivery(name).state == "published"
    with pytest.raises(Mistake, match="only what is queued or running can be moved"):
        ledger.move(name, office.planner().move(claimed, make_post(), clock() + HOUR))


# Paused


def test_a_paused_account_sends_nothing_until_it_is_resumed(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path)
    name = office.take("fog").id
    [claimed] = office.claims.claim(8, {"here.me"})
    assert ledger.pause("blue") == 0
    with pytest.raises(Lost):
        office.claims.intend(claimed, 0, {})
    assert office.claims.claim(8, {"here.me"}) == [] and ledger.next_due() is None
    assert ledger.delivery(name).state == "queued"
    assert ledger.resume("blue") and not ledger.resume("blue")
    office.work()
    assert office.toy.shown == ["Fog 0"]


def test_a_pause_with_an_end_ends(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path)
    office.take("fog")
    ledger.pause("blue", clock() + HOUR)
    office.work(3599)
    assert office.toy.shown == [] and ledger.next_due() == clock() + timedelta(seconds=1)
    office.work(1)
    assert office.toy.shown == ["Fog 0"]


def test_what_may_be_out_is_looked_for_though_its_account_is_paused(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path)
    name = office.take("fog").id
    [claimed] = office.claims.claim(8, {"here.me"})
    office.claims.intend(claimed, 0, {"text": "Fog 0"})
    office.toy.shown.append("Fog 0")
    assert ledger.pause("blue") == 1
    clock.turn(61)
    second = Claims(ledger, "here.other", 60)
    [taken] = second.claim(8, {"here.other"})
    asyncio.run(replace(office.courier, claims=second).deliver(taken, office.toy))
    assert (ledger.delivery(name).state, office.toy.shown) == ("published", ["Fog 0"])


# The account's lane


def test_a_rate_limit_met_while_looking_rests_the_account_for_every_worker(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    office = an_office(ledger, clock, tmp_path)
    office.take("fog")
    office.toy.answers = [(True, Unknown("toy: the connection broke."))]
    office.toy.found = [RateLimited("toy: too many.", clock() + HOUR)]
    [claimed] = office.claims.claim(8, {"here.me"})
    asyncio.run(office.courier.deliver(claimed, office.toy))
    clock.turn(1)
    office.take("mist")
    [looked] = office.claims.claim(8, {"here.me"})
    asyncio.run(office.courier.deliver(looked, office.toy))
    assert Claims(ledger, "here.other", 60).claim(8, {"here.other"}) == []
    office.claims.limit("blue", clock() + timedelta(seconds=1), "a shorter one")
    clock.turn(3598)
    assert office.claims.claim(8, {"here.me"}) == []
    office.work(60)
    assert sorted(office.toy.shown) == ["Fog 0", "Mist 0"]


def test_a_worker_sleeps_until_a_limit_ends_instead_of_asking_again_and_again(ledger: Ledger, clock: TurnedClock) -> None:
    for name in ("fog", "mist"):
        accept(ledger, make_post(name), make_draft(make_post(name)))
    mine = Claims(ledger, "here.me", 60)
    [claimed] = mine.claim(8, {"here.me"})
    until = clock() + timedelta(minutes=5)
    mine.limit("blue", until, "too many")
    mine.queue(claimed, until, "too many", 0)
    assert ledger.next_due() == until and mine.claim(8, {"here.me"}) == []
    other = make_post("haze")
    accept(ledger, other, make_draft(other, account="chat"), in_s=60)
    assert ledger.next_due() == clock() + timedelta(minutes=1)
    clock.turn(300)
    assert ledger.next_due() == clock() - timedelta(minutes=5), "the other post, which waited for the same limit"
    for one in ledger.deliveries():
        ledger.cancel(one.id)
    mine.limit("blue", clock() + timedelta(minutes=5), "too many")
    assert ledger.next_due() is None


def test_an_account_that_fails_again_and_again_is_left_alone_and_tried_with_one_post(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    office = an_office(ledger, clock, tmp_path)
    for number in range(4):
        office.take(f"p{number}")
    office.toy.preparing = [Passing("toy: away.") for _ in range(5)]
    for _ in range(3):
        [claimed] = office.claims.claim(8, {"here.me"})
        asyncio.run(office.courier.deliver(claimed, office.toy))
    assert office.claims.claim(8, {"here.me"}) == [], "the fourth waits, though it was never tried"
    assert "resting" in [event.what for event in ledger.history(claimed.id)]
    rests = []
    while office.toy.preparing:
        before = len(office.toy.preparing)
        clock.turn(1)
        for probe in office.claims.claim(8, {"here.me"}):
            asyncio.run(office.courier.deliver(probe, office.toy))
        if len(office.toy.preparing) < before:
            rests.append(before - len(office.toy.preparing))
    assert rests == [1, 1], "one at a time"
    office.work(3600)
    assert len(office.toy.shown) == 4
    assert "recovered" in [event.what for one in ledger.deliveries() for event in ledger.history(one.id)]


def test_a_network_with_many_accounts_leaves_room_for_the_others(ledger: Ledger, clock: TurnedClock) -> None:
    for number in range(100):
        post = make_post(f"p{number}")
        accept(ledger, post, make_draft(post, account=f"slow{number}"))
    clock.turn(1)
    post = make_post("fog")
    accept(ledger, post, replace(make_draft(post), network="quick"))
    mine = Claims(ledger, "here.me", 60)
    assert Counter(one.network for one in mine.claim(8, {"here.me"})) == {"toy": 8, "quick": 1}
    accept(ledger, make_post("mist"), replace(make_draft(make_post("mist"), account="chat"), network="quick"))
    assert [one.network for one in mine.claim(8, {"here.me"}, {"toy": 8})] == ["quick"]


def test_a_host_with_many_accounts_leaves_room_for_the_others_of_its_network(ledger: Ledger, clock: TurnedClock) -> None:
    hosts = {f"slow{number}": "hangs.example" for number in range(100)} | {"quick": "works.example"}
    for name in hosts:
        post = make_post(name)
        accept(ledger, post, make_draft(post, account=name))
    mine = Claims(ledger, "here.me", 60)
    claimed = [one.account for one in mine.claim(8, {"here.me"}, {}, hosts)]
    assert len(claimed) == 9 and "quick" in claimed
    assert mine.claim(8, {"here.me"}, {"hangs.example": 8, "works.example": 1}, hosts) == []


def test_the_host_of_an_account_is_its_server_where_its_network_has_several() -> None:
    def on(**accounts: tuple[str, str]) -> dict[str, str]:
        known = {
            name: options_of(network).model_validate({"network": network, "server": server, **_LOGIN[network]})
            for name, (network, server) in accounts.items()
        }
        return hosts_of(Settings().model_copy(update={"accounts": known}))

    one, other = "https://one.example", "https://Other.example:8443/"
    assert on(a=("mastodon", one), b=("mastodon", other), c=("bluesky", one)) == {
        "a": "one.example",
        "b": "other.example:8443",
    }
    assert on(a=("mastodon", one), b=("mastodon", one)) == {}


# The place, found in the ledger

STEPS = ("take", "take", "take", "cancel", "move", "turn", "slots")


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99)), min_size=8, max_size=30))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_a_place_found_from_what_is_known_to_be_full_is_the_first_of_all(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Whatever was cancelled, moved or changed meanwhile: what was written down of fullness never hides a free place."""
    clock = TurnedClock()
    ledger = Ledger.open("sqlite:///socialbot.db", tmp_path_factory.mktemp("places"), clock)
    office = Office(ledger, clock, tmp_path_factory.mktemp("toy"), slots=["daily 09:00", "daily 15:00"], max_per_day=2)
    try:
        for number, (step, index) in enumerate(steps):
            waiting = ledger.deliveries("queued")
            if step == "take":
                with ledger.engine.begin() as connection:
                    table, taken = office.planner().table("blue"), partial(Places(connection).between, "blue")
                    first = next_place(table, clock(), taken)
                assert first and office.take(f"p{number}").slot == first.start
                with ledger.engine.begin() as connection:  # as if it had taken long to find
                    _note(connection, table, first.start)
            elif step == "cancel" and waiting:
                ledger.cancel(waiting[index % len(waiting)].id)
            elif step == "move" and waiting:
                one = waiting[index % len(waiting)]
                ledger.move(one.id, office.planner().move(one, make_post(), clock() + index * HOUR))
            elif step == "turn":
                clock.turn(index * 600)
            elif step == "slots":
                office.settings = configured(slots=["daily 09:00", f"daily {10 + index % 5}:00"], max_per_day=1 + index % 3)
    finally:
        ledger.engine.dispose()


def _note(connection: object, table: object, until: datetime) -> None:
    import hashlib

    places = Places(connection)  # type: ignore[arg-type]
    places._asked["blue"] = 10_000
    places.note_full("blue", hashlib.sha256(repr(table).encode()).hexdigest(), until)


def test_the_agenda_shows_what_waits_and_which_slots_are_free(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    office = an_office(ledger, clock, tmp_path, slots=["daily 09:00"])
    office.take("fog")
    entries = agenda(office.settings, ledger, "blue", clock() + timedelta(days=3))
    assert [(entry.at.day, entry.title) for entry in entries] == [(22, "Fog"), (23, ""), (24, "")]


def test_a_network_that_hangs_keeps_no_other_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def now() -> datetime:
        return datetime.now(UTC)

    ledger = Ledger.open("sqlite:///socialbot.db", tmp_path, now)
    accounts = {f"slow{n}": "mastodon" for n in range(10)} | {f"quick{n}": "discord" for n in range(10)}
    for name, network in accounts.items():
        post = make_post(name)
        accept(ledger, post, replace(make_draft(post, account=name), network=network))
    known = {name: AccountSettings(network=network) for name, network in accounts.items()}
    at_once = WorkerSettings(at_once=2, folder_every_s=60)
    configuration = Settings(home=tmp_path).model_copy(update={"accounts": known, "worker": at_once})
    waiting: list[str] = []
    done: list[str] = []

    class Hanging(Toy):
        async def publish(self, prepared: Prepared) -> Published:
            waiting.append(prepared.draft.account)
            await asyncio.sleep(60)
            return await super().publish(prepared)

    def connect(settings: Settings, name: str, *_: object) -> Toy:
        return (Hanging if accounts[name] == "mastodon" else Toy)(tmp_path, LIST)

    def told(delivery: Delivery) -> None:
        done.append(delivery.account)
        if len(done) == 10:
            worker.stop()

    monkeypatch.setattr("socialbot.accounts.connect", connect)
    monkeypatch.setattr("socialbot.worker.STOP_WITHIN_S", 0.1)
    worker = Worker(configuration, ledger, now, random.Random(1), told=told)
    asyncio.run(asyncio.wait_for(worker.run(), 50))
    ledger.engine.dispose()
    assert sorted(done) == [f"quick{n}" for n in range(10)]
    assert len(waiting) == 2, "each network has its own places, and no more than those"
