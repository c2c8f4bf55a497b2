"""Writes that come at the same moment share one transaction, and none of them notices."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from socialbot.ledger import Claims, Delivery, Ending, Ledger, Lost, Send
from socialbot.ledger.together import Together
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.test_delivery import LIST, Desk, Toy


class Commits:
    """How often a store was written to."""

    def __init__(self, engine: Engine) -> None:
        self.number, self.refused = 0, 0
        event.listen(engine, "commit", self._count)

    def _count(self, connection: Any) -> None:
        if connection.get_execution_options().get("reading"):
            return
        if self.refused:
            self.refused -= 1
            raise OperationalError("COMMIT", {}, Exception("database or disk is full"))
        self.number += 1


@pytest.fixture
def mine(ledger: Ledger) -> Claims:
    for name in ("blue", "masto", "chat"):
        accept(ledger, make_post(name), make_draft(make_post(name), account=name))
    return Claims(ledger, "me", 60)


@pytest.fixture
def claimed(mine: Claims) -> list[Delivery]:
    return sorted(mine.claim(8, {"me"}), key=lambda one: one.account)


@pytest.fixture
def commits(ledger: Ledger, claimed: list[Delivery]) -> Commits:
    return Commits(ledger.engine)


def all_at_once(mine: Claims, *acts: Any) -> list[Any]:
    async def go() -> list[Any]:
        together = Together()
        return await asyncio.gather(*(together.write(mine.ledger.shared, act) for act in acts), return_exceptions=True)

    return asyncio.run(go())


def test_intents_of_the_same_moment_are_one_transaction_and_each_is_its_own(
    mine: Claims, claimed: list[Delivery], commits: Commits
) -> None:
    sends = all_at_once(mine, *(partial(mine.intend, one, 0, {"text": one.account}) for one in claimed))
    assert commits.number == 1
    for delivery, send in zip(claimed, sends, strict=True):
        assert mine.ledger.sends(delivery.id) == [send] and send.request == {"text": delivery.account}


def test_an_intent_that_is_refused_takes_nothing_from_the_others(mine: Claims, claimed: list[Delivery]) -> None:
    blue, chat, masto = claimed
    mine.ledger.cancel(blue.id)
    mine.ledger.pause("chat")
    outcomes = all_at_once(mine, *(partial(mine.intend, one, 0, {}) for one in claimed))
    assert [type(outcome) for outcome in outcomes] == [Lost, Lost, Send]
    assert [mine.ledger.delivery(one.id).state for one in claimed] == ["cancelled", "queued", "running"]
    assert mine.ledger.sends(masto.id) == [outcomes[2]]
    assert not mine.ledger.sends(blue.id) and not mine.ledger.sends(chat.id)


def test_no_call_is_made_before_its_intent_is_committed(mine: Claims, claimed: list[Delivery], commits: Commits) -> None:
    """Where the store refuses the transaction, every one of them hears it, and none is written."""
    commits.refused = 1
    outcomes = all_at_once(mine, *(partial(mine.intend, one, 0, {}) for one in claimed))
    assert [type(outcome) for outcome in outcomes] == [OperationalError] * len(claimed)
    assert not any(mine.ledger.sends(one.id) for one in claimed) and commits.number == 0


def test_what_went_out_and_what_is_about_to_are_written_together(
    mine: Claims, claimed: list[Delivery], commits: Commits
) -> None:
    first, second = claimed[:2]
    send = mine.intend(first, 0, {})
    ending = Ending(send, "published", "answered", "The network took it.", "1", "https://example.org/1")
    commits.number = 0
    published, intended = all_at_once(
        mine, partial(mine.publish, first, "1", "https://example.org/1", (), ending), partial(mine.intend, second, 0, {})
    )
    assert published is None and intended.outcome == "open" and commits.number == 1
    done = mine.ledger.delivery(first.id)
    assert (done.state, done.url, mine.ledger.sends(first.id)[0].outcome) == ("published", "https://example.org/1", "published")


def test_one_that_was_given_up_before_its_turn_is_not_written(mine: Claims, claimed: list[Delivery]) -> None:
    async def go() -> None:
        together = Together()
        given_up, kept = (
            asyncio.ensure_future(together.write(mine.ledger.shared, partial(mine.intend, one, 0, {}))) for one in claimed[:2]
        )
        asyncio.get_running_loop().call_soon(given_up.cancel)
        await asyncio.sleep(0)
        given_up.cancel()
        await kept

    asyncio.run(go())
    assert len(mine.ledger.sends(claimed[1].id)) == 1


def test_a_publication_says_so_though_its_commit_was_not_answered(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    """The commit went through and the connection broke: told once more, it changes nothing, and its history says it once."""
    accept(ledger, make_post())
    desk = Desk(ledger, clock)
    [delivery] = desk.claims.claim(8, {"me"})
    send = desk.claims.intend(delivery, 0, {})
    ending = Ending(send, "published", "answered", "The network took it.", "1", None)
    for _ in range(2):
        desk.claims.publish(delivery, "1", None, last=ending)
    assert ledger.delivery(delivery.id).state == "published"
    assert [one.what for one in ledger.history(delivery.id)] == ["accepted", "sending", "published"]


def test_a_send_whose_place_another_took_publishes_nothing(ledger: Ledger, clock: TurnedClock) -> None:
    accept(ledger, make_post())
    desk = Desk(ledger, clock)
    [delivery] = desk.claims.claim(8, {"me"})
    send = desk.claims.intend(delivery, 0, {})
    desk.claims.close(send, "not_sent", "found", "It is not on the network.")
    desk.claims.intend(delivery, 0, {})
    with pytest.raises(Lost):
        desk.claims.publish(delivery, "1", None, last=Ending(send, "published", "answered", "It took it.", "1", None))
    assert ledger.delivery(delivery.id).state == "running"


def test_deliveries_of_many_accounts_go_out_together(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    accounts = [f"a{number}" for number in range(8)]
    for name in accounts:
        accept(ledger, make_post(name), make_draft(make_post(name), account=name))
    desk, toy = Desk(ledger, clock), Toy(tmp_path, LIST)
    claimed, commits = desk.claims.claim(8, {"me"}), Commits(ledger.engine)
    clock.at += timedelta(seconds=1)

    async def carry() -> None:
        await asyncio.gather(*(desk.courier.deliver(one, toy) for one in claimed))

    asyncio.run(carry())
    assert sorted(toy.shown) == sorted(f"{name.title()} 0" for name in accounts)
    assert ledger.counts() == {"published": 8} and commits.number == 2
