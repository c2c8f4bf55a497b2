"""What the machine of `test_model.py` has found, each as one short story."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from socialbot.ledger import Claims, Ending, Ledger, Lost, Planned
from socialbot.nouns import Disclosure, Draft, Post
from socialbot.planning import Planner
from socialbot.settings import AccountSettings, Settings
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.test_delivery import KEY, Desk, Toy


def out(ledger: Ledger, name: str) -> None:
    """Bring it out."""
    [claimed] = Claims(ledger, "me", 60).claim(8, {"me"})
    assert claimed.id == name
    Claims(ledger, "me", 60).publish(claimed, "1", None)


def test_a_mended_post_has_all_its_tries(ledger: Ledger, clock: TurnedClock) -> None:
    post = make_post()
    name = accept(ledger, post)[0]
    mine = Claims(ledger, "me", 60)
    mine.queue(mine.claim(8, {"me"})[0], clock(), "busy", tries=11)
    mine.fail(mine.claim(8, {"me"})[0], "too long")
    accept(ledger, replace(post, title="Mist", content_hash="new"))
    assert (ledger.delivery(name).state, ledger.delivery(name).tries) == ("queued", 0)


def test_a_change_asked_for_later_is_the_later_one_though_the_clock_was_turned_back(ledger: Ledger, clock: TurnedClock) -> None:
    post = make_post()
    name = accept(ledger, post)[0]
    out(ledger, name)
    words = ("Mist", "Haze", *(f"Edit {number}" for number in range(9)))
    for number, title in enumerate(words):
        clock.turn(-3600 if number == 1 else 0)
        draft = make_draft(replace(post, title=title))
        ledger.change(ledger.delivery(name), "edit", Planned(draft, Disclosure(), clock()))
    changes = ledger.changes(name)
    assert [one.draft.parts[0].caption.text for one in changes] == [f"{title} 0" for title in words]
    assert [one.state for one in changes] == ["cancelled"] * 10 + ["queued"]


@pytest.mark.parametrize("urgent", [False, True])
def test_what_was_sent_once_keeps_its_keys_however_it_is_drafted(ledger: Ledger, clock: TurnedClock, urgent: bool) -> None:
    """A call that nobody answered, and that is not on the network yet, may still come out there: under the same key, once."""
    keys = iter(("first key", "second key"))

    def plan(post: Post, draft: Draft, told: Disclosure, _: object) -> Planned:
        fixed = draft.fixed or {"key": next(keys)}
        return Planned(replace(draft, fixed=fixed), told, clock(), urgent=post.urgent)

    post = make_post()
    [name] = [one.delivery for one in ledger.accept(post, [(make_draft(post), Disclosure())], plan)]
    mine = Claims(ledger, "me", 60)
    claimed = mine.claim(8, {"me"})[0]
    mine.close(mine.intend(claimed, 0, {}), "not_sent", "found", "It is not on the network.")
    if urgent:
        mine.queue(claimed, clock() + timedelta(seconds=10), "It is tried again.", tries=1)
    else:
        mine.fail(claimed, "too long")
    mended = replace(post, title="Mist", content_hash="new", urgent=urgent)
    ledger.accept(mended, [(make_draft(mended), Disclosure())], plan)
    delivery = ledger.delivery(name)
    assert (delivery.state, delivery.draft.parts[0].caption.text) == ("queued", "Mist 0")
    assert delivery.draft.fixed == {"key": "first key"}


def test_a_draft_that_brings_its_keys_gets_no_others_and_the_creation_time_of_its_new_place(
    ledger: Ledger, clock: TurnedClock
) -> None:
    configured = Settings().model_copy(update={"accounts": {"blue": AccountSettings(network="bluesky")}})
    planner = Planner(configured, clock(), clock() + timedelta(days=1), False, random.Random(1))
    draft = replace(make_draft(make_post()), network="bluesky")
    with ledger.places() as places:
        first = planner.plan(make_post(), draft, Disclosure(), places).draft
        kept = replace(planner, at=clock() + timedelta(days=2)).plan(make_post(), first, Disclosure(), places).draft
    assert first.fixed["rkey.0"] == kept.fixed["rkey.0"]
    assert (first.fixed["createdAt"][:10], kept.fixed["createdAt"][:10]) == ("2026-11-22", "2026-11-23")


def test_a_worker_that_lost_a_change_does_not_cancel_it_in_anothers_hand(ledger: Ledger, clock: TurnedClock) -> None:
    post = make_post()
    name = accept(ledger, post)[0]
    out(ledger, name)
    original = ledger.delivery(name)
    first, second = (Planned(make_draft(replace(post, title=title)), Disclosure(), clock()) for title in ("Mist", "Haze"))
    ledger.change(original, "edit", first)
    [lost] = Claims(ledger, "dead", 60).claim(8, {"dead"})
    mine = Claims(ledger, "me", 60)
    mine.release({"me"})
    [claimed] = mine.claim(8, {"me"})
    ledger.change(original, "edit", second)
    assert ledger.supersede(lost)
    assert ledger.delivery(claimed.id).owner == "me"
    assert ledger.supersede(claimed)
    assert ledger.delivery(claimed.id).state == "cancelled"


@pytest.mark.parametrize("parts", [1, 2])
def test_the_networks_late_word_counts_though_the_post_was_taken_for_not_sent(
    ledger: Ledger, clock: TurnedClock, parts: int
) -> None:
    """A worker that was stopped while it waited for the answer; meanwhile another looked, and it was not there yet."""
    post = make_post()
    name = accept(ledger, post, make_draft(post, parts=parts))[0]
    slow, mine = Claims(ledger, "slow", 60), Claims(ledger, "me", 60)
    claimed = slow.claim(8, {"slow"})[0]
    send = slow.intend(claimed, 0, {})
    mine.release({"me"})
    taken = mine.claim(8, {"me"})[0]
    mine.close(send, "not_sent", "found", "It is not on the network.")
    mine.queue(taken, clock(), "It is tried again.", tries=1)
    slow.close(send, "published", "answered", "The network took it.", "1")
    again = mine.claim(8, {"me"})[0]
    with pytest.raises(Lost):
        mine.intend(again, 0, {})
    assert [one.part for one in mine.trail(name).out] == [0]


def test_the_networks_late_word_does_not_undo_a_call_that_is_being_made(ledger: Ledger, clock: TurnedClock) -> None:
    name = accept(ledger, make_post())[0]
    slow, mine = Claims(ledger, "slow", 60), Claims(ledger, "me", 60)
    claimed = slow.claim(8, {"slow"})[0]
    send = slow.intend(claimed, 0, {})
    mine.release({"me"})
    mine.close(send, "not_sent", "found", "It is not on the network.")
    mine.intend(mine.claim(8, {"me"})[0], 0, {})
    with pytest.raises(Lost):
        slow.publish(claimed, "1", None, last=Ending(send, "published", "answered", "The network took it.", "1"))
    assert [one.outcome for one in ledger.sends(name)] == ["not_sent", "open"]
    assert ledger.delivery(name).state == "running"


def test_a_late_answer_is_no_word_about_the_call_that_took_its_place(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    """Also where it was the last post that the network takes for now, and the lane is closed before anything else."""
    name = accept(ledger, make_post())[0]
    slow, other = Desk(ledger, clock, "slow"), Claims(ledger, "other", 60)
    toy = Toy(tmp_path, KEY)

    def another_takes_over() -> None:
        toy.rests_until = clock() + timedelta(hours=1)
        other.release({"other"})
        taken = other.claim(8, {"other"})[0]
        other.close(ledger.sends(name)[0], "not_sent", "found", "It is not on the network.")
        other.intend(taken, 0, {})

    toy.answers = [(True, another_takes_over)]
    with pytest.raises(Lost):
        slow.work(toy)
    assert (ledger.delivery(name).state, ledger.delivery(name).owner) == ("running", "other")
    assert [one.outcome for one in ledger.sends(name)] == ["not_sent", "open"]
