"""What ended long ago gives up its words, its history and its pictures; never what keeps it from going out twice."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from socialbot import reporting
from socialbot.cli import app
from socialbot.ledger import Claims, Ledger, Planned
from socialbot.ledger.schema import deliveries
from socialbot.media import Media, Swept
from socialbot.networks.protocol import Refused
from socialbot.nouns import Disclosure, Held, Mistake
from socialbot.retention import Sweep
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.instances import Town
from tests.test_delivery import KEY, NONE, Desk, Toy
from tests.test_syncing import change, publish, sync, work

MONTH_S = 31 * 86_400.0


def sweep(town: Town, keep_days: int = 30) -> Swept:
    """The sweep of a day on which all that is there now is a month old."""
    ledger = town.ledger()
    moment = ledger.clock() + timedelta(seconds=MONTH_S)
    return Sweep(town.settings(), Ledger(ledger.engine, lambda: moment), lambda _: None).sweep(keep_days)


def report(town: Town) -> list[reporting.Entry]:
    return list(reporting.report(town.ledger(), ZoneInfo("UTC"), ["blue", "masto", "chat"]).deliveries)


def test_the_report_and_the_doors_stay_when_the_words_and_pictures_go(town: Town) -> None:
    list(town.intake().enqueue([town.post]))
    work(town)
    before, seen = report(town), town.seen()
    assert any(entry.pictures for entry in before)
    assert sweep(town).removed > 0
    assert not [path for path in (town.home / "media").rglob("*") if path.is_file() and path.parent.name != "made"]
    assert report(town) == before
    ledger = town.ledger()
    for one in ledger.deliveries():
        assert [event.what for event in ledger.history(one.id)] == ["swept"]
        assert not any(part.caption.text for part in one.draft.parts)
        assert one.url and all(send.request == {} and send.remote_id for send in ledger.sends(one.id))
        shown = CliRunner().invoke(app, ["show", one.id, "--home", str(town.home)])
        assert shown.exit_code == 0 and "Its words were swept." in shown.output and one.url in shown.output
    [again] = town.intake().enqueue([town.post])
    assert {one.outcome for one in again.accepted} == {"known"}
    work(town)
    assert town.seen() == seen


def test_what_was_swept_is_not_edited_and_can_still_be_removed(town: Town) -> None:
    path = publish(town)
    sweep(town)
    change(path, ("Fog", "Mist"))
    assert {one.outcome for one in sync(town, path).values()} == {"left"}
    path.unlink()
    for one in sync(town, path).values():
        town.intake().approve(one.delivery)
    work(town)
    assert all(not texts for texts in town.seen().values())


def test_what_is_young_waits_or_is_held_keeps_everything(town: Town) -> None:
    town.configure("approval = true\n")  # of the account that was written last
    list(town.intake().enqueue([town.post]))
    before = [(one.frozen_draft, one.state) for one in town.ledger().deliveries()]
    files = sorted(path for path in (town.home / "media").rglob("*") if path.is_file())
    assert sweep(town).removed == 0
    work(town)
    assert sweep(town, keep_days=60).removed == 0
    assert sorted(path for path in (town.home / "media").rglob("*") if path.is_file()) == files
    assert {state for _, state in before} == {"queued", "held"}
    assert all(one.swept is None for one in town.ledger().deliveries())


def test_what_is_swept_can_never_be_due_again(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    [name] = accept(ledger, make_post())
    toy = Toy(tmp_path, KEY)
    toy.answers = [(False, Refused("No.", "x"))]
    assert Desk(ledger, clock).work(toy).state == "failed"
    clock.turn(MONTH_S)
    ledger.sweep(clock() - timedelta(days=30), 10)
    failed = ledger.delivery(name)
    assert failed.swept
    with pytest.raises(IntegrityError, match="swept_when_over"), ledger.engine.begin() as connection:
        queued = update(deliveries).where(deliveries.c.id == name)
        connection.execute(queued.values(state="queued", due_at=clock()))
    from socialbot.ledger import Planned

    with pytest.raises(Mistake, match="keep_days"):
        ledger.retry(name, Planned(failed.draft, failed.disclosure, clock()))
    changed = make_post(body="other words")
    assert accept(ledger, changed, make_draft(changed)) == [name]
    assert Desk(ledger, clock).work(Toy(tmp_path, KEY)).state == "published"


def test_the_text_of_an_article_goes_with_the_last_delivery_and_a_change_is_still_known(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    post = make_post(body="Many words.", closing_lines=("Written by hand.",), summary="Few words.")
    other = make_post("mist", body="Words that wait.")
    [failing] = accept(ledger, post)
    toy = Toy(tmp_path, KEY)
    toy.answers = [(False, Refused("No.", "x"))]
    Desk(ledger, clock).work(toy)
    accept(ledger, other, in_s=2 * MONTH_S)
    ledger.mark_seen([make_post("seen", body="Words only seen.")])
    clock.turn(MONTH_S)
    before = clock() - timedelta(days=30)
    assert ledger.sweep_posts(before, 10) and ledger.post("id-fog") == post, "its delivery has its words yet"
    ledger.sweep(before, 10)
    assert (ledger.sweep_posts(before, 1), ledger.sweep_posts(before, 1)) == ("id-fog", None)
    assert ledger.post("id-fog") == replace(post, body="", closing_lines=())
    assert [ledger.post(name).body for name in ("id-mist", "id-seen")] == ["Words that wait.", ""]
    for same in (post, other, make_post("seen", body="Words only seen.")):
        known = ledger.known(same)
        assert known and not known.differs(same)
    [done] = ledger.accept(post, [(make_draft(post), Disclosure())], unplanned)
    assert (done.outcome, done.delivery) == ("known", failing)
    for said in ({"body": "Other words."}, {"closing_lines": ()}, {"summary": "Fewer."}):
        known, changed = ledger.known(post), replace(post, **said)
        assert known and known.differs(changed)
    changed = replace(post, body="Other words.")
    assert accept(ledger, changed, make_draft(changed)) == [failing]
    assert ledger.post("id-fog") == changed
    assert Desk(ledger, clock).work(Toy(tmp_path, KEY)).state == "published"


def unplanned(*_: object) -> Planned:
    raise AssertionError("what is known is not planned anew")


def test_a_picture_that_nothing_refers_to_goes_once_it_is_a_day_old(town: Town) -> None:
    media = Media(town.home / "media")
    digest = media.put(b"of a preview")
    now = Sweep(town.settings(), town.ledger())
    assert now.sweep(30).removed == 0
    os.utime(media.path(digest), (time.time() - 2 * 86_400, time.time() - 2 * 86_400))
    assert now.sweep(30).removed == 1


def test_what_is_in_doubt_is_never_swept(ledger: Ledger, clock: TurnedClock) -> None:
    [name] = accept(ledger, make_post())
    mine = Claims(ledger, "me", 60)
    [claimed] = mine.claim(1, {"me"})
    mine.intend(claimed, 0, {"text": "Fog"})
    mine.hold(claimed, Held("It may be out.", "look"))
    clock.turn(MONTH_S)
    ledger.sweep(clock() - timedelta(days=30), 10)
    assert ledger.delivery(name).swept is None
    assert ledger.sends(name)[0].request == {"text": "Fog"}


def test_what_is_to_be_looked_for_is_still_looked_for(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    [name] = accept(ledger, make_post())
    clock.turn(3600)
    ledger.cancel(name)
    clock.turn(MONTH_S)
    ledger.sweep(clock() - timedelta(days=30), 10)
    assert [event.what for event in ledger.history(name)] == ["looking", "swept"]


def test_an_old_post_that_was_edited_lately_keeps_its_words(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    from dataclasses import replace

    from socialbot.ledger import Planned

    [name] = accept(ledger, make_post())
    original = Desk(ledger, clock).work(Toy(tmp_path, NONE))
    clock.turn(MONTH_S)
    other = replace(original.draft, parts=make_draft(make_post("mist")).parts)
    ledger.change(original, "edit", Planned(other, original.disclosure, clock()))
    assert ledger.sweep(clock() - timedelta(days=30), 10) == name
    assert ledger.delivery(name).swept is None


def test_many_are_swept_a_few_at_a_time_to_the_last(ledger: Ledger, clock: TurnedClock) -> None:
    for number in range(25):
        [name] = accept(ledger, make_post(f"p{number}"))
        ledger.cancel(name)
    clock.turn(MONTH_S)
    before, last, calls = clock() - timedelta(days=30), ledger.sweep(clock() - timedelta(days=30), 10), 1
    while last:
        last, calls = ledger.sweep(before, 10, last), calls + 1
    assert calls == 4 and all(one.swept for one in ledger.deliveries())


def test_it_is_swept_once_a_day_by_one_worker_and_only_where_that_is_asked_for(town: Town) -> None:
    publish(town)
    ledger = town.ledger()
    moment = ledger.clock() + timedelta(seconds=MONTH_S)
    Sweep(town.settings(), Ledger(ledger.engine, lambda: moment)).daily()
    assert all(one.swept is None for one in ledger.deliveries())
    config = town.home / "socialbot.toml"
    config.write_text(config.read_text().replace("[store]\n", "[store]\nkeep_days = 30\n"))
    calls: list[float] = []
    for _ in range(2):
        Sweep(town.settings(), Ledger(ledger.engine, lambda: moment), calls.append).daily()
    assert all(one.swept for one in ledger.deliveries())
    assert len(calls) == 2, "a rest after the deliveries, and one after their posts"


def test_the_recipe_of_a_picture_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    media = Media(tmp_path)
    kept, gone = media.put(b"kept"), media.put(b"gone")
    media.remember("a" * 64, kept)
    media.remember("b" * 64, gone)
    (tmp_path / "made" / ".unfinished-x").write_text("")
    media.remember("c" * 64, "d" * 64)  # of a moment ago
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "c" * 64:
            os.utime(path, (0, 0))
    media.sweep({kept}, time.time() - 3600)
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["a" * 64, "c" * 64]
    assert media.path(kept).exists() and not media.path(gone).exists()
