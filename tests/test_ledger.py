"""The ledger: accepted once, claimed by one, never two live sends, and a person's word is final."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import IntegrityError

from socialbot.ledger import Claims, Ledger, Lost, Planned
from socialbot.ledger.schema import DUE_STATES, FOLLOWS, State, deliveries, metadata, sends
from socialbot.nouns import AiWord, Draft, Held, Mistake, Picture, WrongUse, freeze
from tests.conftest import TurnedClock, accept, make_draft, make_post

APPROVAL = Held("It waits for approval.", "socialbot approve ID", approvable=True)


def claims(ledger: Ledger, owner: str = "me", lease_s: float = 60) -> Claims:
    return Claims(ledger, owner, lease_s)


def test_the_migrations_make_the_tables_that_the_code_uses(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@contextmanager
def unchecked(connection: Connection) -> Iterator[None]:
    """Any state may follow any other."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE deliveries DISABLE TRIGGER known_change")
        yield
        connection.exec_driver_sql("ALTER TABLE deliveries ENABLE TRIGGER known_change")
    else:
        trigger = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'known_change'").scalar_one()
        connection.exec_driver_sql("DROP TRIGGER known_change")
        yield
        connection.exec_driver_sql(trigger)


@pytest.mark.parametrize("before", get_args(State))
@pytest.mark.parametrize("after", get_args(State))
def test_the_database_refuses_a_state_that_cannot_follow(ledger: Ledger, before: State, after: State) -> None:
    name = accept(ledger, make_post())[0]

    def values(state: State) -> dict[str, object]:
        due_at = ledger.clock() if state in DUE_STATES else None
        held = freeze(Held("why", "what to do")) if state == "held" else None
        return {"state": state, "due_at": due_at, "held": held, "remote_id": "at://it"}

    changed = update(deliveries).where(deliveries.c.id == name)
    with ledger.engine.begin() as connection, unchecked(connection):
        connection.execute(changed.values(**values(before)))
    with ledger.engine.begin() as connection:
        if after == before or after in FOLLOWS[before]:
            connection.execute(changed.values(**values(after)))
        else:
            with pytest.raises(IntegrityError, match="known_change"):
                connection.execute(changed.values(**values(after)))


def test_accepting_a_post_again_changes_nothing(ledger: Ledger) -> None:
    first = accept(ledger, make_post())
    before = ledger.delivery(first[0])
    assert accept(ledger, make_post()) == first
    assert ledger.delivery(first[0]) == before


def test_the_same_text_under_another_source_is_the_same_post(ledger: Ledger) -> None:
    accept(ledger, make_post("fog"))
    moved = make_post("mist")
    copy = type(moved)(**{**{n: getattr(moved, n) for n in moved.__slots__}, "content_hash": "hash-fog"})
    accept(ledger, copy)
    assert len(ledger.deliveries()) == 1


def test_a_held_draft_is_replaced_when_its_post_changed(ledger: Ledger) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, held=Held("no room", "shorten the title")))[0]
    accept(ledger, post)
    assert ledger.delivery(name).state == "queued"


def test_a_queued_draft_follows_its_changed_post_and_keeps_its_place(ledger: Ledger, clock: TurnedClock) -> None:
    post = make_post()
    name = accept(ledger, post, in_s=60)[0]
    due = ledger.delivery(name).due_at
    for title in ("Mist", "Haze"):
        changed = replace(post, title=title, content_hash=title)
        accept(ledger, changed, in_s=500)
        assert (ledger.delivery(name).draft.parts[0].caption.text, ledger.delivery(name).due_at) == (f"{title} 0", due)


@pytest.mark.parametrize(
    "said",
    [
        {"ai": AiWord(text="generated")},
        {"pictures": (Picture("/a.jpg", ai="generated"),)},
        {"social": {"extra": "More words."}},
        {"language": "de"},
    ],
)
def test_a_waiting_draft_follows_what_the_author_says_of_the_same_text(ledger: Ledger, said: dict[str, object]) -> None:
    post = make_post(pictures=(Picture("/a.jpg", file=Path("/here/a.jpg")),))
    name = accept(ledger, post)[0]
    told = replace(post, title="Mist", **said)  # type: ignore[arg-type]
    accept(ledger, told)
    assert ledger.delivery(name).draft.parts[0].caption.text == "Mist 0"
    accept(ledger, replace(told, title="Mist"))
    elsewhere = tuple(replace(picture, file=Path("/there/a.jpg")) for picture in told.pictures)
    known = ledger.known(told)
    assert known and not known.differs(replace(told, pictures=elsewhere, warnings=("A picture is late.",)))


def test_a_draft_held_since_its_rules_changed_is_drafted_anew(ledger: Ledger) -> None:
    post = make_post()
    name = accept(ledger, post)[0]
    [claimed] = claims(ledger).claim(8, {"me"})
    claims(ledger).hold(claimed, Held("The rules have changed.", "Enqueue it.", redraft=True))
    assert ledger.delivery(name).state == "held"
    accept(ledger, post)
    assert ledger.delivery(name).state == "queued"


def test_a_draft_that_is_in_hand_or_may_be_out_is_never_replaced(ledger: Ledger) -> None:
    post = make_post()
    name = accept(ledger, post)[0]
    mine = claims(ledger)
    claimed = mine.claim(8, {"me"})[0]
    changed = replace(post, content_hash="new", title="Mist")
    accept(ledger, changed)
    send = mine.intend(claimed, 0, {})
    accept(ledger, changed)
    mine.close(send, "published", "answered", "out", "1")
    mine.queue(claimed, ledger.clock(), "the next part follows", 0)
    accept(ledger, changed)
    assert ledger.delivery(name).draft.parts[0].caption.text == "Fog 0"


def test_an_id_may_be_shortened_but_not_ambiguous(ledger: Ledger) -> None:
    name = accept(ledger, make_post())[0]
    assert ledger.delivery(name[:6]).id == name
    for wrong in ("", "zz", "%"):
        with pytest.raises(WrongUse, match="socialbot queue"):
            ledger.delivery(wrong)


def test_one_account_has_one_delivery_in_flight(ledger: Ledger) -> None:
    for name in ("fog", "mist"):
        post = make_post(name)
        accept(ledger, post, make_draft(post, "blue"), make_draft(post, "masto"))
    first = claims(ledger).claim(8, {"me"})
    assert sorted(one.account for one in first) == ["blue", "masto"]
    assert claims(ledger, "other").claim(8, {"me", "other"}) == []


def test_the_database_itself_forbids_two_in_flight(ledger: Ledger) -> None:
    for name in ("fog", "mist"):
        accept(ledger, make_post(name))
    with pytest.raises(IntegrityError, match=r"(?i)unique"), ledger.engine.begin() as connection:
        connection.execute(update(deliveries).values(state="running"))


def test_the_database_itself_forbids_a_second_live_send(ledger: Ledger, clock: TurnedClock) -> None:
    name = accept(ledger, make_post())[0]
    row = {
        "delivery": name,
        "part": 0,
        "fence": 1,
        "request": "{}",
        "fingerprint": "x",
        "started_at": clock(),
        "outcome": "open",
    }
    with pytest.raises(IntegrityError, match=r"(?i)unique"), ledger.engine.begin() as connection:
        connection.execute(insert(sends).values(**row))
        connection.execute(insert(sends).values(**row))


def test_the_database_itself_forbids_published_without_the_networks_word(ledger: Ledger) -> None:
    accept(ledger, make_post())
    with pytest.raises(IntegrityError, match="published_by_the_networks_word"), ledger.engine.begin() as connection:
        connection.execute(update(deliveries).values(state="published", due_at=None))


def test_what_is_not_due_is_not_claimed(ledger: Ledger, clock: TurnedClock) -> None:
    accept(ledger, make_post(), in_s=10)
    assert claims(ledger).claim(8, {"me"}) == []
    clock.turn(10)
    assert len(claims(ledger).claim(8, {"me"})) == 1


def test_a_dead_workers_delivery_is_due_at_once_and_its_old_hand_is_fenced_off(ledger: Ledger) -> None:
    accept(ledger, make_post())
    dead = claims(ledger, "dead")
    held_by_dead = dead.claim(8, {"dead"})[0]
    mine = claims(ledger)
    assert mine.release({"me"}) == 1
    assert mine.claim(8, {"me"})[0].fence == held_by_dead.fence + 1
    with pytest.raises(Lost):
        dead.intend(held_by_dead, 0, {})
    with pytest.raises(Lost):
        dead.fail(held_by_dead, "no")


def test_evidence_is_written_by_whoever_learns_it(ledger: Ledger) -> None:
    accept(ledger, make_post())
    dead = claims(ledger, "dead")
    old = dead.claim(8, {"dead"})[0]
    send = dead.intend(old, 0, {})
    mine = claims(ledger)
    mine.release({"me"})
    mine.claim(8, {"me"})
    dead.close(send, "published", "answered", "it is out", "at://1", "https://example.org/1")
    dead.publish(old, "at://1", "https://example.org/1")
    assert ledger.delivery(old.id).state == "published"


def test_a_closed_send_stays_as_it_was_closed(ledger: Ledger) -> None:
    accept(ledger, make_post())
    mine = claims(ledger)
    send = mine.intend(mine.claim(8, {"me"})[0], 0, {})
    mine.close(send, "published", "answered", "out", "1")
    mine.close(send, "not_sent", "found", "late")
    assert [one.outcome for one in ledger.sends(send.delivery)] == ["published"]


def test_cancel_before_the_intent_means_never(ledger: Ledger) -> None:
    name = accept(ledger, make_post())[0]
    mine = claims(ledger)
    claimed = mine.claim(8, {"me"})[0]
    ledger.cancel(name)
    with pytest.raises(Lost):
        mine.intend(claimed, 0, {})
    assert ledger.sends(name) == []


def test_cancel_after_the_intent_is_refused(ledger: Ledger) -> None:
    name = accept(ledger, make_post())[0]
    mine = claims(ledger)
    mine.intend(mine.claim(8, {"me"})[0], 0, {})
    with pytest.raises(Mistake, match="may be out already"):
        ledger.cancel(name)


def test_only_what_may_be_approved_is_approved(ledger: Ledger, clock: TurnedClock) -> None:
    waiting, lost = make_post("fog"), make_post("mist")
    good = accept(ledger, waiting, make_draft(waiting, held=APPROVAL))[0]
    bad = accept(ledger, lost, make_draft(lost, held=Held("no room", "shorten the title")))[0]
    planned = Planned(make_draft(waiting), ledger.delivery(good).disclosure, clock())
    assert ledger.approve(good, planned).state == "queued"
    with pytest.raises(Mistake, match="no room"):
        ledger.approve(bad, planned)
    with pytest.raises(Mistake, match="shorten the title"):
        ledger.retry(bad, planned)


def test_what_was_held_is_not_freed_by_cancelling_it_first(ledger: Ledger, clock: TurnedClock) -> None:
    for held in (APPROVAL, Held("It shows a twin without consent.", "name the consent")):
        post = make_post(held.fix)
        draft = make_draft(post, account=held.fix, held=held)
        name = accept(ledger, post, draft)[0]
        planned = Planned(draft, ledger.delivery(name).disclosure, clock())
        ledger.cancel(name)
        with pytest.raises(Mistake, match="is held"):
            ledger.retry(name, planned)
        if held.approvable:
            assert ledger.approve(name, planned).draft.held is None
        else:
            with pytest.raises(Mistake, match="without consent"):
                ledger.approve(name, planned)


def test_nobody_resolves_what_is_still_being_sent(ledger: Ledger, clock: TurnedClock) -> None:
    post = make_post()
    name = accept(ledger, post)[0]
    mine = claims(ledger)
    mine.intend(mine.claim(8, {"me"})[0], 0, {})
    with pytest.raises(Mistake, match="still finding out"):
        ledger.resolve(name, None, Planned(make_draft(post), ledger.delivery(name).disclosure, clock()))


def test_a_refused_post_that_was_changed_is_drafted_anew(ledger: Ledger) -> None:
    post = make_post()
    name = accept(ledger, post)[0]
    mine = claims(ledger)
    mine.fail(mine.claim(8, {"me"})[0], "too long")
    accept(ledger, post)
    assert ledger.delivery(name).state == "failed"
    accept(ledger, replace(post, title="Mist", content_hash="new"))
    assert (ledger.delivery(name).state, ledger.delivery(name).draft.parts[0].caption.text) == ("queued", "Mist 0")


def test_what_is_out_in_part_can_be_tried_again(ledger: Ledger, clock: TurnedClock) -> None:
    post = make_post()
    name = accept(ledger, post)[0]
    mine = claims(ledger)
    claimed = mine.claim(8, {"me"})[0]
    mine.close(mine.intend(claimed, 0, {}), "published", "answered", "out", "1")
    mine.hold(claimed, Held("The account is gone.", "retry"))
    assert ledger.retry(name, Planned(make_draft(post), ledger.delivery(name).disclosure, clock())).state == "queued"


def test_a_thread_can_be_cancelled_until_its_last_part_is_out(ledger: Ledger) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, parts=2))[0]
    mine = claims(ledger)
    claimed = mine.claim(8, {"me"})[0]
    mine.close(mine.intend(claimed, 0, {}), "published", "answered", "out", "1")
    second = mine.intend(claimed, 1, {})
    with pytest.raises(Mistake, match="may be out already"):
        ledger.cancel(name)
    mine.close(second, "not_sent", "answered", "busy")
    assert ledger.cancel(name).state == "cancelled"
    assert ledger.history(name)[-1].detail == "cancelled by hand; out already: 1 of 2 posts"
    with pytest.raises(Lost):
        mine.intend(claimed, 1, {})


def test_what_is_all_out_cannot_be_cancelled_though_nobody_has_written_so_yet(ledger: Ledger) -> None:
    name = accept(ledger, make_post())[0]
    mine = claims(ledger)
    mine.close(mine.intend(mine.claim(8, {"me"})[0], 0, {}), "published", "answered", "out", "1")
    with pytest.raises(Mistake, match="may be out already"):
        ledger.cancel(name)


def test_a_thread_is_known_by_its_first_post_whoever_found_the_last(ledger: Ledger, clock: TurnedClock) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, parts=2))[0]
    mine = claims(ledger)
    claimed = mine.claim(8, {"me"})[0]
    mine.close(mine.intend(claimed, 0, {}), "published", "answered", "out", "1", "https://example.org/1")
    mine.intend(claimed, 1, {})
    mine.hold(claimed, Held("Post 2 of 2 may be out.", "look"))
    planned = Planned(make_draft(post, parts=2), ledger.delivery(name).disclosure, clock())
    done = ledger.resolve(name, "https://example.org/2", planned)
    assert (done.state, done.remote_id, done.url) == ("published", "1", "https://example.org/1")


def test_a_persons_answer_cannot_be_taken_back_once_a_later_part_is_out(ledger: Ledger, clock: TurnedClock) -> None:
    post = make_post()
    name = accept(ledger, post, make_draft(post, parts=3))[0]
    mine = claims(ledger)
    claimed = mine.claim(8, {"me"})[0]
    mine.intend(claimed, 0, {})
    mine.hold(claimed, Held("It may be out.", "look"))
    planned = Planned(make_draft(post, parts=3), ledger.delivery(name).disclosure, clock())
    ledger.resolve(name, "https://example.org/1", planned)
    claimed = mine.claim(8, {"me"})[0]
    mine.close(mine.intend(claimed, 1, {}), "published", "answered", "out", "2")
    mine.fail(claimed, "too long")
    with pytest.raises(Mistake, match="nothing about"):
        ledger.resolve(name, None, planned)


def test_a_post_may_come_to_say_what_another_says(ledger: Ledger) -> None:
    accept(ledger, make_post("fog"))
    mist = make_post("mist")
    name = accept(ledger, mist, make_draft(mist, account="masto"))[0]
    accept(ledger, replace(mist, title="Fog", content_hash="hash-fog"), make_draft(mist, account="masto"))
    assert ledger.delivery(name).state == "queued"


def test_a_person_closes_a_doubt_either_way(ledger: Ledger, clock: TurnedClock) -> None:
    for name, url, state in (("fog", "https://example.org/1", "published"), ("mist", None, "queued")):
        post = make_post(name)
        delivery = accept(ledger, post, make_draft(post, account=name))[0]
        mine = claims(ledger)
        claimed = next(one for one in mine.claim(8, {"me"}) if one.id == delivery)
        mine.intend(claimed, 0, {})
        mine.hold(claimed, Held("It may be out.", "look"))
        planned = Planned(make_draft(post, account=name), ledger.delivery(delivery).disclosure, clock())
        assert ledger.resolve(delivery, url, planned).state == state
        with pytest.raises(Mistake, match="nothing about"):
            ledger.resolve(delivery, url, planned)


def test_a_rate_limited_account_rests_for_every_worker(ledger: Ledger, clock: TurnedClock) -> None:
    accept(ledger, make_post())
    claims(ledger).limit("blue", clock() + timedelta(seconds=30), "too many requests")
    assert claims(ledger, "other").claim(8, {"other"}) == []
    clock.turn(31)
    assert len(claims(ledger, "other").claim(8, {"other"})) == 1


def test_two_workers_claiming_at_once_share_nothing(tmp_path: Path, store: str, ledger: Ledger, clock: TurnedClock) -> None:
    for number in range(20):
        post = make_post(f"p{number}")
        accept(ledger, post, make_draft(post, account=f"a{number}"))
    taken: list[str] = []

    def work(owner: str) -> None:
        own = Ledger.open(store, tmp_path, clock)
        while batch := Claims(own, owner, 60).claim(3, {"x", "y"}):
            taken.extend(one.id for one in batch)

    threads = [threading.Thread(target=work, args=(owner,)) for owner in "xy"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(taken) == len(set(taken)) == 20


def test_a_newer_store_is_refused_in_one_sentence(tmp_path: Path, store: str, ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Mistake, match="newer socialbot"):
        Ledger.open(store, tmp_path, ledger.clock)


def test_what_is_accepted_together_is_all_there_or_not_at_all(ledger: Ledger) -> None:
    def plan(*_: object) -> Planned:
        raise RuntimeError("power cut")

    good: list[tuple[Draft, object]] = []
    post = make_post("mist")
    with pytest.raises(RuntimeError):
        ledger.accept_all([(make_post(), good), (post, [(make_draft(post), None)])], plan)  # type: ignore[list-item]
    assert ledger.known(make_post()) is None
