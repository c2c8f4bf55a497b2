"""What only a PostgreSQL store has: many writers at once, the server's clock, calls that wake, and a server that restarts."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, select, update

import socialbot.ledger
from socialbot import worker as worker_module
from socialbot.delivery import Courier
from socialbot.ledger import Claims, Delivery, Ledger, Lost, Wakes, migrate_store, revisions
from socialbot.ledger import opening as opening_module
from socialbot.ledger.schema import REVISION, deliveries
from socialbot.nouns import Mistake
from socialbot.settings import WorkerSettings
from socialbot.worker import Worker
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.instances import Town, a_town, now
from tests.postgresql import Server
from tests.test_delivery import NONE, Toy


@pytest.fixture
def store(postgresql: Server) -> Iterator[str]:
    with postgresql.new_database() as url:
        yield url


@pytest.fixture
def town(tmp_path: Path, store: str) -> Iterator[Town]:
    with a_town(tmp_path / "instance", store) as built:
        yield built


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run them all from one moment on; what they returned or raised."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        gate.wait(30)
        try:
            return work()
        except (Lost, Mistake) as refused:
            return refused

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


# Opening


def test_an_intent_is_synced_before_the_call(ledger: Ledger) -> None:
    for door in (ledger.engine.begin(), ledger.shared.begin(), ledger.reading()):
        with door as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="cannot be reached") as mistake:
        Ledger.open("postgresql://me:secret@127.0.0.1:1/nothing", tmp_path)
    assert "secret" not in str(mistake.value) and "\n" not in str(mistake.value)


def test_without_the_driver_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Mistake, match=r"socialbot\[postgres\]"):
        Ledger.open("postgresql:///nothing", tmp_path)


def test_a_store_that_is_behind_waits_until_a_person_migrates_it(postgresql: Server, tmp_path: Path) -> None:
    with postgresql.new_database("template0") as url:
        engine = opening_module.connect(url, tmp_path)
        config = Config()
        config.set_main_option("script_location", str(Path(socialbot.ledger.__file__).parent / "migrations"))
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0002")
        engine.dispose()
        with pytest.raises(Mistake, match="socialbot migrate"):
            Ledger.open(url, tmp_path)
        assert revisions(url, tmp_path) == ("0002", REVISION)
        migrate_store(url, tmp_path)
        Ledger.open(url, tmp_path).engine.dispose()


def test_many_processes_may_open_an_empty_database_at_once(postgresql: Server, tmp_path: Path) -> None:
    code = "import sys, pathlib; from socialbot.ledger import Ledger;print(Ledger.open(sys.argv[1], pathlib.Path()).counts())"
    with postgresql.new_database("template0") as url:
        running = [subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE, text=True) for _ in range(3)]
        assert [process.communicate(timeout=60)[0].strip() for process in running] == ["{}"] * 3


def test_a_text_with_nul_is_kept_without_it(ledger: Ledger) -> None:
    name = accept(ledger, make_post())[0]
    mine = Claims(ledger, "me", 60)
    mine.fail(mine.claim(1, {"me"})[0], "bad\0answer")
    assert ledger.delivery(name).error == "bad\ufffdanswer"


# Many writers at once


def test_the_same_post_by_four_ways_at_once_is_one_post(ledger: Ledger) -> None:
    for number in range(20):
        post = make_post(f"p{number}")
        done = at_once(*[partial(accept, ledger, post, make_draft(post), make_draft(post, "masto"))] * 4)
        assert all(one == done[0] for one in done)
    assert len(ledger.deliveries()) == 40


def test_many_workers_claiming_at_once_share_nothing_and_fail_at_nothing(ledger: Ledger) -> None:
    for number in range(60):
        post = make_post(f"p{number}")
        accept(ledger, post, make_draft(post, account=f"a{number % 5}"))
    taken: list[str] = []

    def work(owner: str) -> None:
        mine = Claims(ledger, owner, 60)
        for _ in range(400):
            for delivery in mine.claim(3, {owner}):
                taken.append(delivery.id)
                mine.fail(delivery, "done")
            if len(taken) == 60:
                return

    at_once(*(lambda owner=owner: work(owner) for owner in "wxyz"))
    assert len(taken) == len(set(taken)) == 60


def test_a_claim_that_is_not_committed_yet_keeps_others_from_its_account_and_from_no_other(
    ledger: Ledger, store: str, tmp_path: Path, clock: TurnedClock
) -> None:
    for name, account, in_s in (("fog", "blue", 0), ("mist", "blue", 10), ("haze", "masto", 10)):
        post = make_post(name)
        accept(ledger, post, make_draft(post, account), in_s=in_s)
    with ledger.engine.begin() as connection:  # so that the second claim does not choose what the first has taken
        connection.execute(update(deliveries).where(deliveries.c.post == "id-mist").values(urgent=True))
    slow, taken, go_on = Ledger.open(store, tmp_path, clock), threading.Event(), threading.Event()

    def hesitate(_: Connection) -> None:
        taken.set()
        assert go_on.wait(30)

    event.listen(slow.engine, "commit", hesitate)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(Claims(slow, "slow", 60).claim, 8, {"slow"})
        assert taken.wait(30)
        clock.turn(10)
        quick = Claims(ledger, "quick", 60).claim(8, {"quick"})
        go_on.set()
        assert [one.account for one in quick] == ["masto"] and [one.post for one in first.result(30)] == ["id-fog"]
    slow.engine.dispose()


def test_a_cancel_and_an_intent_at_once_never_both_succeed(ledger: Ledger) -> None:
    mine = Claims(ledger, "me", 60)
    for number in range(60):
        post = make_post(f"p{number}")
        name = accept(ledger, post, make_draft(post, account=f"a{number}"))[0]
        [claimed] = mine.claim(1, {"me"})
        sent, cancelled = at_once(partial(mine.intend, claimed, 0, {}), partial(ledger.cancel, name))
        assert isinstance(sent, Lost) != isinstance(cancelled, Mistake)
        assert len(ledger.sends(name)) == (0 if isinstance(sent, Lost) else 1)


def test_workers_do_not_wait_for_each_other(ledger: Ledger) -> None:
    accept(ledger, make_post())
    with ledger.shared.begin() as connection:
        connection.execute(select(deliveries))  # a worker in the midst of something
        assert len(Claims(ledger, "me", 60).claim(1, {"me"})) == 1


# Leases


def test_a_lease_ends_by_the_servers_clock_whatever_the_machines_say(store: str, tmp_path: Path) -> None:
    here, there = Ledger.open(store, tmp_path), Ledger.open(store, tmp_path)
    accept(here, make_post(), in_s=-1)
    here.clock = lambda: datetime.now(UTC) - timedelta(hours=2)
    assert len(Claims(here, "here", 60).claim(1, {"here"})) == 1
    there.clock = lambda: datetime.now(UTC) + timedelta(hours=2)
    assert Claims(there, "there", 60).claim(1, {"there"}) == []
    for ledger in (here, there):
        ledger.engine.dispose()


def test_once_its_lease_has_ended_anybody_takes_a_delivery_over(ledger: Ledger, clock: TurnedClock) -> None:
    accept(ledger, make_post())
    stopped = Claims(ledger, "one.stopped", 60)
    old = stopped.claim(1, {"one.stopped"})[0]
    mine = Claims(ledger, "two.me", 60)
    assert mine.release({"two.me"}) == 0  # nothing is known of another machine's workers
    clock.turn(59)
    assert mine.claim(1, {"two.me"}) == []
    clock.turn(1)
    assert len(mine.claim(1, {"two.me"})) == 1
    with pytest.raises(Lost):
        stopped.intend(old, 0, {})


def test_a_neighbour_that_died_is_not_waited_for(ledger: Ledger) -> None:
    accept(ledger, make_post())
    Claims(ledger, "here.dead", 60).claim(1, {"here.dead"})
    assert Claims(ledger, "here.me", 60).release({"here.me"}) == 1


def test_a_worker_does_not_take_over_what_is_in_its_own_hand(ledger: Ledger, clock: TurnedClock) -> None:
    accept(ledger, make_post())
    mine = Claims(ledger, "here.me", 60)
    [claimed] = mine.claim(1, {"here.me"})
    clock.turn(3600)
    assert mine.release({"here.me"}, {claimed.id}) == 0 and mine.claim(1, {"here.me"}) == []


# A server that restarts


def test_an_idle_worker_is_woken_by_what_another_process_accepts(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "NAP_S", 3600.0)
    monkeypatch.setattr(worker_module, "LISTENING_NAP_S", 3600.0)

    async def run() -> None:
        done, told = asyncio.Event(), list[Delivery]()

        def tell(delivery: Delivery) -> None:
            told.append(delivery)
            if len(told) == 3:
                done.set()

        worker = Worker(town.settings(), town.ledger(), now, random.SystemRandom(), told=tell)
        working = asyncio.create_task(worker.run())
        await asyncio.sleep(1)
        await asyncio.to_thread(lambda: list(town.intake().enqueue([town.write("one")])))
        await done.wait()
        worker.stop()
        await working

    asyncio.run(asyncio.wait_for(run(), 60))
    assert {name: len(texts) for name, texts in town.seen().items()} == {"blue": 1, "masto": 1, "chat": 1}


def test_a_listener_listens_again_after_a_restart(postgresql: Server, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socialbot.ledger.waking.AGAIN_S", 0.05)

    async def run() -> None:
        wakes = Wakes(ledger.engine)
        listening = asyncio.create_task(wakes.listen())
        await wakes.heard.wait()
        wakes.heard.clear()
        await asyncio.to_thread(postgresql.restart)
        await wakes.heard.wait()  # it listens again
        wakes.heard.clear()
        await asyncio.to_thread(accept, ledger, make_post())
        await wakes.heard.wait()
        listening.cancel()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_restart_in_mid_work_loses_nothing_repeats_nothing_and_ends_no_worker(postgresql: Server, town: Town) -> None:
    paths = [town.write(f"n{number:02d}") for number in range(8)]
    list(town.intake().enqueue(paths))
    for fake in (town.blue, town.masto, town.chat):
        fake.faults.slow_s = 0.1
    command = [sys.executable, "-m", "socialbot", "--home", str(town.home), "worker", "--until-empty"]
    with (town.home / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, stdout=log, stderr=log)
        ledger = town.ledger()
        for part in (3, 12):
            while ledger.counts().get("published", 0) < part and worker.poll() is None:
                time.sleep(0.01)
            postgresql.restart()
        worker.wait(120)
    told = (town.home / "worker.log").read_text()
    assert "Traceback" not in told, told
    for delivery in ledger.deliveries():
        doubtful = delivery.account == "chat" and delivery.held and "may be out" in delivery.held.reason
        assert delivery.state == "published" or doubtful, told  # a webhook alone can never be asked
    for name, texts in town.seen().items():
        assert len(texts) == len({text.split("\n")[0] for text in texts}), f"{name}: twice"
        assert len(texts) == len(paths) or name == "chat", f"{name}: lost"


class _Away:
    """The store does not answer for so many writes."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __call__(self, connection: Connection) -> None:
        if self.times:
            self.times -= 1
            driver = connection.connection.driver_connection
            assert driver
            driver.close()
            connection.exec_driver_sql("SELECT 1")


def test_the_networks_word_is_kept_though_the_store_is_away(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    accept(ledger, make_post())
    mine, network, away = Claims(ledger, "me", 60), Toy(tmp_path, NONE), _Away(0)
    event.listen(ledger.engine, "begin", away)
    network.answers = [(True, lambda: setattr(away, "times", 3))]
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    courier = Courier(mine, WorkerSettings(), random.Random(1), lambda: clock().timestamp(), sleep)
    [claimed] = mine.claim(1, {"me"})
    asyncio.run(courier.deliver(claimed, network))
    assert ledger.delivery(claimed.id).state == "published" and len(network.shown) == 1 and len(slept) >= 3


def test_what_was_dropped_when_the_store_was_away_is_taken_up_again(ledger: Ledger) -> None:
    accept(ledger, make_post())
    mine = Claims(ledger, "me", 60)
    [claimed] = mine.claim(1, {"me"})
    mine.intend(claimed, 0, {})
    assert mine.release({"me"}, {claimed.id}) == 0
    assert mine.release({"me"}, ()) == 1
    [again] = mine.claim(1, {"me"})
    assert again.id == claimed.id and ledger.sends(again.id)[0].outcome == "open"
