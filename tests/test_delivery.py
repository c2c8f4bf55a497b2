"""From claimed to settled, with a network whose every answer the test chooses. What the network shows is counted."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from socialbot.delivery import Courier
from socialbot.ledger import Claims, Delivery, Ledger, Planned
from socialbot.media import Media
from socialbot.networks.protocol import (
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
    utc_now,
)
from socialbot.nouns import Draft, Held
from socialbot.settings import AccountSettings, WorkerSettings
from tests.conftest import TurnedClock, accept, make_draft, make_post

KEY, LIST, NONE = Doubt("KEY", settle_s=0), Doubt("LIST", settle_s=30), Doubt("NONE", settle_s=30)
Answer = Exception | Callable[[], None] | None


class Toy(Network):
    """It publishes unless its next answer says otherwise, and shows what it has published."""

    name, options = "toy", AccountSettings

    def __init__(self, tmp_path: Path, doubt: Doubt, **account: object) -> None:
        settings = AccountSettings.model_validate({"network": "toy", **account})
        super().__init__(settings, httpx.AsyncClient(), Media(tmp_path), None)  # type: ignore[arg-type]
        self.doubt = doubt
        self.shown: list[str] = []
        self.preparing: list[Exception] = []
        self.answers: list[tuple[bool, Answer]] = []
        self.found: list[Exception | CannotTell] = []
        self.warnings: tuple[str, ...] = ()
        self.answered: list[list[str]] = []
        self.looks_s: list[float] = []
        self.now: Callable[[], datetime] = utc_now

    async def check(self) -> Identity:
        return Identity("toy")

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        if self.preparing:
            raise self.preparing.pop(0)
        self.answered.append([published.remote_id for published in before])
        return Prepared(draft, part, {"text": draft.parts[part].caption.text})

    async def publish(self, prepared: Prepared) -> Published:
        commits, answer = self.answers.pop(0) if self.answers else (True, None)
        if commits:
            self.shown.append(prepared.request["text"])
        if isinstance(answer, Exception):
            raise answer
        if answer:
            answer()
        return Published(f"id-{len(self.shown)}", "https://example.org/1", self.warnings)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        self.looks_s.append((self.now() - since).total_seconds())
        if self.found:
            answer = self.found.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        return Published("found", "https://example.org/f") if prepared.request["text"] in self.shown else None


class Desk:
    """A worker without a loop: it claims and carries, one delivery at a time."""

    def __init__(self, ledger: Ledger, clock: TurnedClock, owner: str = "me") -> None:
        self.ledger, self.clock = ledger, clock
        self.claims = Claims(ledger, owner, 60)
        self.courier = Courier(
            self.claims, WorkerSettings(max_tries=3, backoff_s=10), random.Random(1), lambda: clock().timestamp()
        )

    def work(self, network: Network) -> Delivery:
        """Carry what is due; the delivery afterwards."""
        claimed = self.claims.claim(8, {self.claims.owner})
        assert claimed, "nothing is due"
        asyncio.run(self.courier.deliver(claimed[0], network))
        return self.ledger.delivery(claimed[0].id)

    def work_on(self, network: Network, until_s: float) -> Delivery:
        """Carry and let time pass until nothing is due within `until_s` seconds."""
        end = self.clock() + timedelta(seconds=until_s)
        while (due := self.ledger.next_due()) and due <= end:
            self.clock.at = max(self.clock.at, due)
            self.work(network)
        return self.ledger.deliveries()[0]


@pytest.fixture
def desk(ledger: Ledger, clock: TurnedClock) -> Desk:
    accept(ledger, make_post())
    return Desk(ledger, clock)


def test_a_good_day(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    done = desk.work(toy)
    assert (done.state, done.remote_id, done.url) == ("published", "id-1", "https://example.org/1")
    assert [event.what for event in desk.ledger.history(done.id)] == ["accepted", "sending", "published"]


def test_what_the_network_did_otherwise_is_told(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    toy.warnings = ("toy: published as unlisted, not as public.",)
    done = desk.work(toy)
    assert (done.state, done.error) == ("published", "toy: published as unlisted, not as public.")


def test_the_intent_is_on_disk_before_the_call(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    delivery = desk.ledger.deliveries()[0]
    seen: list[str] = []
    toy.answers = [(True, lambda: seen.extend(send.outcome for send in desk.ledger.sends(delivery.id)))]
    desk.work(toy)
    assert seen == ["open"]


@pytest.mark.parametrize("doubt", [KEY, LIST])
@pytest.mark.parametrize("commits", [True, False])
def test_an_unknown_outcome_is_looked_for_before_anything_is_repeated(
    desk: Desk, tmp_path: Path, doubt: Doubt, commits: bool
) -> None:
    toy = Toy(tmp_path, doubt)
    toy.answers = [(commits, Unknown("toy: the connection broke."))]
    assert desk.work(toy).state == "unknown"
    done = desk.work_on(toy, 3600)
    if commits or doubt.kind == "KEY":
        assert (done.state, len(toy.shown)) == ("published", 1)
    else:
        assert (done.state, len(toy.shown)) == ("held", 0)
        assert done.held and f"socialbot resolve {done.id}" in done.held.fix


def test_where_nobody_can_be_asked_a_person_is(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, NONE)
    toy.answers = [(True, Unknown("toy: the connection broke."))]
    done = desk.work(toy)
    assert done.state == "held"
    assert done.held and "may be out" in done.held.reason
    assert desk.work_on(toy, 100_000).state == "held"


def test_a_listing_that_lags_is_given_its_time(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, LIST)
    toy.answers = [(False, Unknown("toy: the connection broke."))]
    desk.work(toy)
    desk.work_on(toy, 20)
    toy.shown.append("Fog 0")
    assert desk.work_on(toy, 3600).state == "published"


def test_a_list_network_sends_again_only_when_the_account_says_so_and_after_two_looks(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, LIST, on_doubt="send_again")
    toy.now = desk.clock
    toy.answers = [(False, Unknown("toy: the connection broke."))]
    desk.work(toy)
    done = desk.work_on(toy, 3600)
    assert (done.state, toy.shown) == ("published", ["Fog 0"])
    assert sum(look_s >= 30 for look_s in toy.looks_s) == 2, "it settles within 30 s; only then does an absence count"


def test_a_key_that_has_run_out_is_not_trusted(desk: Desk, tmp_path: Path, clock: TurnedClock) -> None:
    toy = Toy(tmp_path, Doubt("KEY", settle_s=0, key_lasts_s=600))
    toy.answers = [(False, Unknown("toy: the connection broke."))]
    desk.work(toy)
    clock.turn(700)
    assert desk.work_on(toy, 10_000).state == "held"
    assert toy.shown == []


def test_a_key_is_shown_again_while_it_is_good(desk: Desk, tmp_path: Path, clock: TurnedClock) -> None:
    """The wait before the next try must not outlast it: after that the same call would make a second post."""
    toy = Toy(tmp_path, Doubt("KEY", settle_s=0, key_lasts_s=4))
    toy.answers = [(False, Unknown("toy: the connection broke."))]
    desk.work(toy)
    began = clock()
    waiting = desk.work(toy)
    assert waiting.state == "queued" and waiting.due_at is not None
    assert 0 < (waiting.due_at - began).total_seconds() < 4


def test_looking_may_fail_for_a_while(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, LIST)
    toy.answers = [(True, Unknown("toy: the connection broke."))]
    toy.found = [Passing("toy: away."), Passing("toy: away.")]
    desk.work(toy)
    assert (desk.work_on(toy, 3600).state, len(toy.shown)) == ("published", 1)


def test_a_network_that_cannot_tell_is_held(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, LIST)
    toy.answers = [(True, Unknown("toy: the connection broke."))]
    toy.found = [CannotTell("the channel is closed to us.")]
    desk.work(toy)
    assert desk.work(toy).state == "held"


@pytest.mark.parametrize("at_publish", [True, False])
def test_passing_errors_back_off_and_at_last_ask_a_person(desk: Desk, tmp_path: Path, at_publish: bool) -> None:
    toy = Toy(tmp_path, KEY)
    busy = [Passing("toy: busy.") for _ in range(3)]
    toy.answers, toy.preparing = ([(False, error) for error in busy], []) if at_publish else ([], list(busy))
    start = desk.clock()
    first = desk.work(toy)
    assert first.due_at and timedelta(seconds=5) <= first.due_at - start <= timedelta(seconds=10)
    done = desk.work_on(toy, 3600)
    assert (done.state, toy.shown) == ("held", [])


def test_a_passing_error_is_overcome(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    toy.preparing = [Passing("toy: busy."), Passing("toy: busy.")]
    desk.work(toy)
    assert (desk.work_on(toy, 3600).state, len(toy.shown)) == ("published", 1)


def test_a_network_that_never_takes_it_is_not_hammered(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    toy.answers = [(False, Unknown("toy: 500.")) for _ in range(100)]
    done = desk.work_on(toy, 100_000)
    assert done.state == "held" and done.held and "retry" in done.held.fix
    assert len(desk.ledger.sends(done.id)) == desk.courier.settings.max_tries


def test_what_is_held_does_not_leave_whoever_queued_it(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, held=Held("no label", "mend it")))[0]
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'queued', held = NULL, due_at = 0")
    toy = Toy(tmp_path, KEY)
    assert Desk(ledger, clock).work(toy).state == "held"
    assert toy.shown == [] and ledger.sends(name) == []


def test_a_rate_limit_is_obeyed_to_the_moment(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    until = desk.clock() + timedelta(seconds=90)
    toy.answers = [(False, RateLimited("toy: too many.", until))]
    assert desk.work(toy).due_at == until
    desk.clock.turn(89)
    assert desk.claims.claim(8, {"me"}) == []
    desk.clock.turn(1)
    assert desk.work(toy).state == "published"


def test_a_rate_limit_rests_the_whole_account(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    toy.answers = [(False, RateLimited("toy: too many.", desk.clock() + timedelta(seconds=90)))]
    desk.work(toy)
    accept(desk.ledger, make_post("mist"))
    assert desk.claims.claim(8, {"me"}) == []


def test_a_refusal_is_final_and_says_why(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    toy.answers = [(False, Refused("toy: the text is too long.", "Shorten it."))]
    done = desk.work(toy)
    assert (done.state, done.error) == ("failed", "toy: the text is too long. Shorten it.")
    assert [send.outcome for send in desk.ledger.sends(done.id)] == ["refused"]
    assert desk.ledger.next_due() is None


def test_a_lost_login_waits_for_a_person(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    toy.preparing = [NeedsLogin("toy: the token was revoked.", "Make a new one.")]
    done = desk.work(toy)
    assert done.held and "Make a new one." in done.held.fix and "socialbot retry" in done.held.fix


def test_a_crash_after_the_call_is_found_not_repeated(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, LIST)
    crashed = desk.claims.claim(8, {"me"})[0]
    send = desk.claims.intend(crashed, 0, {"text": "Fog 0"})
    toy.shown.append("Fog 0")
    assert send.outcome == "open"
    second = Desk(desk.ledger, desk.clock, "second")
    second.claims.release({"second"})
    assert second.work(toy).state == "published"
    assert toy.shown == ["Fog 0"]


def test_a_process_that_slept_past_its_lease_does_not_send(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, KEY)
    wakes = iter([0.0, 3600.0])
    desk.courier = Courier(desk.claims, WorkerSettings(), random.Random(1), lambda: next(wakes))
    done = desk.work(toy)
    assert (done.state, toy.shown) == ("queued", [])
    assert [send.outcome for send in desk.ledger.sends(done.id)] == ["not_sent"]


def test_a_very_late_delivery_looks_first(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, LIST)
    toy.shown.append("Fog 0")  # sent by a ledger that was since replaced by its backup
    desk.clock.turn(3600)
    assert desk.work(toy).state == "published"
    assert toy.shown == ["Fog 0"]


def test_a_thread_resumes_at_the_first_missing_part(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = make_post()
    accept(ledger, post, make_draft(post, parts=3))
    desk, toy = Desk(ledger, clock), Toy(tmp_path, KEY)
    toy.answers = [(True, None), (True, Unknown("toy: the connection broke."))]
    desk.work(toy)
    done = desk.work_on(toy, 3600)
    assert (done.state, toy.shown) == ("published", ["Fog 0", "Fog 1", "Fog 2"])
    assert done.remote_id == "id-1"
    assert toy.answered == [[], ["id-1"], ["id-1", "found"]]


def test_a_very_late_thread_is_searched_for_part_by_part(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = make_post()
    accept(ledger, post, make_draft(post, parts=3))
    desk, toy = Desk(ledger, clock), Toy(tmp_path, LIST)
    toy.shown += ["Fog 0", "Fog 1"]  # sent by a ledger that was since replaced by its backup
    clock.turn(3600)
    done = desk.work(toy)
    assert (done.state, toy.shown) == ("published", ["Fog 0", "Fog 1", "Fog 2"])
    whats = ["accepted", "looking", "published", "published", "sending", "published"]
    assert [event.what for event in ledger.history(done.id)] == whats


Restored = Callable[[int, Toy], Desk]


@pytest.fixture
def restored(tmp_path: Path, clock: TurnedClock) -> Restored:
    """Carries a thread once, backs the ledger up, carries the thread to its end, and two hours later restores the backup."""

    def restore(parts: int, toy: Toy) -> Desk:
        store, backup = tmp_path / "socialbot.db", tmp_path / "backup.db"
        desk = Desk(Ledger.open("sqlite:///socialbot.db", tmp_path, clock), clock)
        post = make_post()
        accept(desk.ledger, post, make_draft(post, parts=parts))
        desk.work(toy)
        desk.ledger.engine.dispose()
        shutil.copy(store, backup)
        desk = Desk(Ledger.open("sqlite:///socialbot.db", tmp_path, clock), clock)
        assert desk.work_on(toy, 3600).state == "published"
        desk.ledger.engine.dispose()
        for path in tmp_path.glob("socialbot.db*"):
            path.unlink()
        shutil.copy(backup, store)
        clock.turn(7200)
        return Desk(Ledger.open("sqlite:///socialbot.db", tmp_path, clock), clock)

    return restore


@pytest.mark.parametrize("answer", [Passing("toy: busy."), Unknown("toy: the connection broke.")])
@pytest.mark.parametrize("out", [0, 1])
def test_what_a_restored_backup_does_not_know_is_not_sent_twice(
    restored: Restored, tmp_path: Path, out: int, answer: Exception
) -> None:
    toy = Toy(tmp_path, LIST)
    toy.answers = [(True, None)] * out + [(isinstance(answer, Unknown), answer)]
    desk = restored(3, toy)
    assert [send.outcome for send in desk.ledger.sends(desk.ledger.deliveries()[0].id)][:out] == ["published"] * out
    assert desk.work_on(toy, 0).state == "published"
    assert toy.shown == ["Fog 0", "Fog 1", "Fog 2"]


@pytest.mark.parametrize("trouble", [Passing("toy: away."), NeedsLogin("toy: revoked.", "Make a new one."), None])
def test_a_look_that_failed_is_made_again_before_anything_is_sent(
    restored: Restored, tmp_path: Path, trouble: Exception | None
) -> None:
    toy = Toy(tmp_path, LIST)
    toy.answers = [(True, None), (False, Passing("toy: busy."))]
    desk = restored(2, toy)
    if trouble:
        toy.found = [trouble]  # type: ignore[list-item]
        done = desk.work(toy)
        if done.state == "held":
            desk.ledger.retry(done.id, Planned(done.draft, done.disclosure, desk.clock()))
    else:  # the worker dies
        assert desk.claims.claim(8, {"me"})
        desk = Desk(desk.ledger, desk.clock, "second")
        desk.claims.release({"second"})
    assert desk.work_on(toy, 3600).state == "published"
    assert toy.shown == ["Fog 0", "Fog 1"]


@pytest.mark.parametrize("posted", ["https://example.org/2", None])
def test_a_person_is_asked_where_a_late_thread_is_out_in_part_and_the_network_cannot_tell(
    restored: Restored, tmp_path: Path, posted: str | None
) -> None:
    toy = Toy(tmp_path, LIST)
    toy.answers = [(True, None), (False, Passing("toy: busy."))]
    desk = restored(2, toy)
    toy.found = [CannotTell("the channel is closed to us.")]
    done = desk.work(toy)
    assert (done.state, len(toy.shown)) == ("held", 2)
    assert done.held and "Post 2 of 2, which begins “Fog 1”, may be out" in done.held.reason
    desk.ledger.resolve(done.id, posted, Planned(done.draft, done.disclosure, desk.clock()))
    assert desk.work_on(toy, 3600).state == "published"
    assert len(toy.shown) == (2 if posted else 3)


def test_a_late_first_part_goes_to_a_network_that_cannot_be_asked(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, NONE)
    toy.found = [CannotTell("a webhook cannot read.")]
    desk.clock.turn(3600)
    assert (desk.work(toy).state, toy.shown) == ("published", ["Fog 0"])


def test_a_late_thread_keeps_its_creation_time_once_a_part_is_out(restored: Restored, tmp_path: Path) -> None:
    class Dated(Toy):
        @classmethod
        def freshen(cls, fixed: Mapping[str, str], now: datetime) -> dict[str, str]:
            return {"at": now.isoformat()}

    toy = Dated(tmp_path, LIST)
    toy.answers = [(True, None), (False, Passing("toy: busy."))]
    desk = restored(2, toy)
    toy.shown.remove("Fog 1")
    assert desk.work(toy).draft.fixed == {}
    assert toy.shown == ["Fog 0", "Fog 1"]


def test_an_ordinary_retry_does_not_look_first(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, LIST)
    toy.answers = [(False, RateLimited("toy: too many.", desk.clock() + timedelta(hours=2))), (False, Passing("toy: busy."))]
    assert desk.work_on(toy, 10_000).state == "published"
    assert toy.looks_s == []


def test_an_absence_counts_for_one_send_only(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, parts=2))[0]
    desk, toy = Desk(ledger, clock), Toy(tmp_path, LIST, on_doubt="send_again")
    toy.answers = [(False, Unknown("toy: the connection broke."))]
    desk.work(toy)
    while not ledger.delivery(name).finds:
        clock.at = ledger.next_due() or clock()
        desk.work(toy)
    toy.shown.append("Fog 0")  # the listing lagged
    clock.at = ledger.next_due() or clock()
    desk.work(toy)
    assert ledger.delivery(name).state == "queued"
    crashed = desk.claims.claim(8, {"me"})[0]
    assert crashed.finds == 1
    desk.claims.intend(crashed, 1, {"text": "Fog 1"})
    second = Desk(ledger, clock, "second")
    clock.turn(100)
    assert second.work(toy).state == "unknown", "one look is no proof"


def test_a_fault_of_ours_counts_no_absence_of_an_earlier_part(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, LIST)
    claimed = replace(desk.claims.claim(8, {"me"})[0], finds=1)
    desk.claims.intend(claimed, 0, {"text": "Fog 0"})
    desk.courier.stumbled(claimed, toy, KeyError("id"))
    assert desk.ledger.delivery(claimed.id).finds == 0


def test_a_person_is_told_which_post_of_a_thread_is_in_doubt(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = replace(make_post(), title="Fog lies over the harbour\nand over every street behind it")
    accept(ledger, post, make_draft(post, parts=3))
    desk, toy = Desk(ledger, clock), Toy(tmp_path, NONE)
    toy.answers = [(True, None), (True, Unknown("toy: the connection broke."))]
    held = desk.work(toy).held
    assert held
    assert held.reason.startswith("Post 2 of 3, which begins “Fog lies over the harbour and over ever…”, may be out on blue or")


def test_each_part_has_its_own_tries(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = make_post()
    accept(ledger, post, make_draft(post, parts=3))
    desk, toy = Desk(ledger, clock), Toy(tmp_path, KEY)
    busy = [(False, Passing("toy: busy."))] * 2
    toy.answers = [*busy, (True, None), *busy, (True, Unknown("toy: the connection broke.")), *busy]
    assert desk.work_on(toy, 36_000).state == "published"
    assert toy.shown == ["Fog 0", "Fog 1", "Fog 2"]


def test_what_is_told_of_a_part_outlives_the_run_that_sent_it(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, parts=2))[0]
    desk, toy = Desk(ledger, clock), Toy(tmp_path, KEY)
    toy.warnings = ("toy: published as unlisted, not as public.",)
    toy.answers = [(True, None), (False, Passing("toy: busy."))]
    desk.work(toy)
    assert any("not as public" in event.detail for event in ledger.history(name))


def test_a_cancelled_thread_goes_on_at_its_first_missing_part(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, parts=3))[0]
    desk, toy = Desk(ledger, clock), Toy(tmp_path, KEY)
    toy.answers = [(True, None), (False, Passing("toy: busy."))]
    assert desk.work(toy).state == "queued"
    assert ledger.cancel(name).state == "cancelled"
    assert desk.work_on(toy, 36_000).state == "cancelled"
    ledger.retry(name, Planned(make_draft(post, parts=3), ledger.delivery(name).disclosure, clock()))
    assert desk.work(toy).state == "published"
    assert toy.shown == ["Fog 0", "Fog 1", "Fog 2"]
    assert toy.answered[-1] == ["id-1", "id-2"]


def test_a_person_may_correct_an_address_that_the_next_part_cannot_answer(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, parts=2))[0]
    desk, toy = Desk(ledger, clock), Toy(tmp_path, NONE)
    toy.answers = [(True, Unknown("toy: the connection broke."))]
    desk.work(toy)
    plan = Planned(make_draft(post, parts=2), ledger.delivery(name).disclosure, clock())
    ledger.resolve(name, "https://elsewhere.example/1", plan)
    toy.preparing = [Refused("toy: that is not here.", "socialbot resolve ID --posted URL")]
    assert desk.work(toy).state == "failed"
    assert ledger.resolve(name, "https://example.org/1", plan).state == "queued"
    assert desk.work(toy).state == "published"
    assert toy.answered[-1] == ["https://example.org/1"]
    assert toy.shown == ["Fog 0", "Fog 1"]


def test_a_thread_goes_on_where_a_person_found_a_part(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, parts=2))[0]
    desk, toy = Desk(ledger, clock), Toy(tmp_path, NONE)
    toy.answers = [(True, Unknown("toy: the connection broke."))]
    assert desk.work(toy).state == "held"
    plan = Planned(make_draft(post, parts=2), ledger.delivery(name).disclosure, clock())
    assert ledger.resolve(name, "https://example.org/1", plan).state == "queued"
    assert desk.work(toy).state == "published"
    assert toy.shown == ["Fog 0", "Fog 1"]
    assert toy.answered[-1] == ["https://example.org/1"]


def test_a_fault_of_ours_in_mid_call_is_a_doubt(desk: Desk, tmp_path: Path) -> None:
    toy = Toy(tmp_path, LIST)
    toy.answers = [(True, KeyError("id"))]
    claimed = desk.claims.claim(8, {"me"})[0]
    with pytest.raises(KeyError):
        asyncio.run(desk.courier.deliver(claimed, toy))
    desk.courier.stumbled(claimed, toy, KeyError("id"))
    assert desk.ledger.delivery(claimed.id).state == "unknown"
    assert (desk.work_on(toy, 3600).state, len(toy.shown)) == ("published", 1)
