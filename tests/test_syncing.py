"""What is out follows its source: edited, answered or removed, once, and never without a person's word where that is asked."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from socialbot import reporting
from socialbot.ledger import Ledger
from socialbot.networks.mastodon import Mastodon
from socialbot.networks.protocol import CannotTell, Passing, Prepared, Published, Unknown
from socialbot.nouns import Mistake
from socialbot.syncing import Change, Syncing
from socialbot.web import report
from socialbot.worker import Worker
from tests.instances import Town, now


def work(town: Town) -> None:
    worker = Worker(town.settings(), town.ledger(), now, random.Random(1))
    asyncio.run(asyncio.wait_for(worker.run(until_empty=True), 60))


def publish(town: Town, slug: str = "fog") -> Path:
    path = town.write(slug)
    [receipt] = town.intake().enqueue([path])
    assert receipt.mistake is None
    work(town)
    assert all(len(texts) == 1 for texts in town.seen().values())
    return path


def sync(town: Town, source: Path | str) -> dict[str, Change]:
    return {change.account: change for change in Syncing(town.intake()).sync(str(source))}


def change(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def state(town: Town, account: str) -> str:
    [delivery] = [one for one in town.ledger().deliveries(account=account) if one.variant == "feed"]
    return delivery.state


def history(ledger: Ledger, delivery: str) -> list[str]:
    return [event.what for event in ledger.history(delivery)]


def test_a_changed_title_is_edited_where_the_network_can_and_said_where_not(town: Town) -> None:
    path = publish(town)
    change(path, ("Fog", "Mist"))
    changes = sync(town, path)
    assert {name: one.outcome for name, one in changes.items()} == {"blue": "left", "masto": "edit", "chat": "edit"}
    assert "cannot edit" in changes["blue"].detail
    work(town)
    seen = town.seen()
    assert "Mist" in seen["masto"][0]
    assert "Mist" in seen["chat"][0]
    assert "Fog" in seen["blue"][0]
    assert [len(texts) for texts in seen.values()] == [1, 1, 1]
    ledger = town.ledger()
    [original] = [one for one in ledger.deliveries(account="masto") if one.variant == "feed"]
    assert history(ledger, original.id)[-1] == "edited"
    assert "Mist" in ledger.said(original).parts[0].caption.text


def test_what_did_not_change_is_left_alone(town: Town) -> None:
    path = publish(town)
    assert {one.outcome for one in sync(town, path).values()} == {"same"}
    change(path, ("Fog", "Mist"))
    first = sync(town, path)["masto"].delivery
    again = sync(town, path)["masto"]
    assert (again.outcome, again.delivery) == ("same", first)
    work(town)
    assert sync(town, path)["masto"].outcome == "same"


def test_a_newer_edit_takes_the_place_of_one_that_waits(town: Town) -> None:
    path = publish(town)
    change(path, ("Fog", "Mist"))
    first = sync(town, path)["masto"]
    change(path, ("Mist", "Haze"))
    sync(town, path)
    assert town.ledger().delivery(first.delivery).state == "cancelled"
    work(town)
    assert "Haze" in town.seen()["masto"][0]
    change(path, ("Haze", "Mist"))
    sync(town, path)
    work(town)
    assert "Mist" in town.seen()["masto"][0]


def test_an_edit_keeps_pictures_descriptions_and_the_label(town: Town) -> None:
    [receipt] = town.intake().enqueue([town.post])
    work(town)
    before = {fake.network: fake.posts[0] for fake in (town.masto, town.chat)}
    label = town.ledger().delivery(receipt.accepted[0].delivery).draft.label
    assert label
    text = town.post.read_text()
    title = receipt.post.title if receipt.post else ""
    town.post.write_text(text.replace(title, f"{title}, corrected"))
    assert sync(town, town.post)["masto"].outcome == "edit"
    work(town)
    for fake in (town.masto, town.chat):
        [post] = fake.posts
        assert "corrected" in post.text
        assert label in post.text
        assert [each.content for each in post.pictures] == [each.content for each in before[fake.network].pictures]
        assert all(each.alt for each in post.pictures)


def test_the_report_tells_edits_and_removals(town: Town) -> None:
    path = publish(town)
    change(path, ("Fog", "Mist"))
    sync(town, path)
    work(town)
    path.unlink()
    for one in sync(town, path).values():
        town.intake().approve(one.delivery)
    work(town)
    told = reporting.report(town.ledger(), ZoneInfo("UTC"), ["masto"], ["masto"])
    feed, edit = told.deliveries
    assert (feed.kind, feed.state, edit.kind, edit.original) == ("publish", "deleted", "edit", feed.delivery)
    page = str(report.page(told))
    assert "an edit of" in page
    assert "removed from the network since" in page


def test_a_change_without_an_answer_is_made_again_and_made_once(town: Town) -> None:
    path = publish(town)
    town.configure("[worker]\nbackoff_s = 0.1\n")
    change(path, ("Fog", "Mist"))
    sync(town, path)
    town.masto.stop()
    worker = Worker(town.settings(), town.ledger(), now, random.Random(1))
    asyncio.run(asyncio.wait_for(worker.run(once=True), 60))
    [edit] = [one for one in town.ledger().deliveries(account="masto") if one.kind == "edit"]
    assert edit.state == "queued"
    assert edit.tries >= 1
    town.masto.start()
    work(town)
    assert [text.split()[0] for text in town.seen()["masto"]] == ["Mist"]


def test_a_removal_of_what_a_person_gave_the_address_of_is_made_again_when_its_answer_was_lost(town: Town) -> None:
    """Found by the crash run: what had been removed was looked for by its address, which led nowhere any more."""
    town.configure("[worker]\nbackoff_s = 0.1\n")
    path = town.write("fog")
    list(town.intake().enqueue([path], ["masto"]))
    publish, delete = Mastodon.publish, Mastodon.delete

    async def unheard(network: Mastodon, prepared: Prepared) -> Published:
        await publish(network, prepared)
        raise Unknown("Mastodon gave no answer; the post may be out.")

    async def nobody_tells(network: Mastodon, prepared: Prepared, since: datetime) -> CannotTell:
        return CannotTell("Mastodon does not tell.")

    with patch.object(Mastodon, "publish", unheard), patch.object(Mastodon, "find", nobody_tells):
        work(town)
    [held], [seen] = town.ledger().deliveries("held"), town.masto.posts
    town.intake().resolve(held.id, seen.url)
    path.unlink()
    removal = sync(town, path)["masto"].delivery
    town.intake().approve(removal)
    answers = [Passing("Mastodon gave no answer.")]

    async def without_an_answer(network: Mastodon, published: Published) -> None:
        await delete(network, published)
        if answers:
            raise answers.pop()

    with patch.object(Mastodon, "delete", without_an_answer):
        work(town)
    assert town.masto.posts == [] and not answers
    assert state(town, "masto") == "deleted", town.ledger().delivery(removal).error


@pytest.mark.parametrize("gone", ["file", "retracted", "draft"])
def test_what_is_gone_from_the_site_is_removed_once_a_person_says_so(town: Town, gone: str) -> None:
    path = publish(town)
    if gone == "file":
        path.unlink()
    else:
        change(path, ("---\ntitle", f"---\n{gone}: true\ntitle"))
    changes = sync(town, path)
    assert {one.outcome for one in changes.values()} == {"delete"}
    assert all(one.held and one.held.approvable for one in changes.values())
    work(town)
    assert all(len(texts) == 1 for texts in town.seen().values())
    for one in changes.values():
        town.intake().approve(one.delivery)
    work(town)
    assert town.seen() == {"blue": [], "masto": [], "chat": []}
    assert {state(town, name) for name in town.seen()} == {"deleted"}


def test_what_still_waits_is_cancelled_when_its_post_is_gone(town: Town) -> None:
    path = town.write("fog")
    list(town.intake().enqueue([path]))
    path.unlink()
    assert {one.outcome for one in sync(town, path).values()} == {"cancelled"}
    work(town)
    assert town.seen() == {"blue": [], "masto": [], "chat": []}


def test_what_still_waits_is_drafted_anew_when_its_post_changes(town: Town) -> None:
    path = town.write("fog")
    list(town.intake().enqueue([path]))
    change(path, ("Fog", "Mist"))
    assert {one.outcome for one in sync(town, path).values()} == {"redrafted"}
    work(town)
    assert all("Mist" in texts[0] for texts in town.seen().values())


def test_an_account_may_keep_or_remove_without_asking(town: Town) -> None:
    path = publish(town)
    text = (town.home / "socialbot.toml").read_text()
    text = text.replace("[accounts.blue]\n", '[accounts.blue]\non_retract = "delete"\n')
    text = text.replace("[accounts.masto]\n", '[accounts.masto]\non_retract = "keep"\n')
    (town.home / "socialbot.toml").write_text(text)
    path.unlink()
    sync(town, path)
    work(town)
    assert [len(texts) for texts in town.seen().values()] == [0, 1, 1]


def test_a_correction_answers_what_cannot_be_edited(town: Town) -> None:
    path = publish(town)
    text = (town.home / "socialbot.toml").read_text()
    (town.home / "socialbot.toml").write_text(text.replace("[accounts.blue]\n", '[accounts.blue]\non_change = "reply"\n'))
    change(path, ("Fog", "Mist"))
    left = sync(town, path)["blue"]
    assert (left.outcome, "correction" in left.detail) == ("left", True)
    change(path, ("---\ntitle", "---\nsocial: {correction: It was mist and not fog.}\ntitle"))
    assert sync(town, path)["blue"].outcome == "reply"
    work(town)
    first, reply = town.blue.posts
    assert "It was mist and not fog." in reply.text
    assert reply.raw["reply"]["parent"]["uri"] == reply.raw["reply"]["root"]["uri"]
    assert reply.raw["reply"]["root"]["uri"].endswith(first.url.rsplit("/", 1)[-1])
    assert sync(town, path)["blue"].outcome == "same"
    work(town)
    assert len(town.blue.posts) == 2


def test_a_post_that_was_never_accepted_has_nothing_to_follow(town: Town) -> None:
    with pytest.raises(Mistake, match="never accepted"):
        sync(town, town.write("fog"))
    with pytest.raises(Mistake, match="no such file"):
        sync(town, town.home / "content/posts/none.md")


def test_again_is_the_one_way_to_repeat(town: Town) -> None:
    path = publish(town)
    list(town.intake().enqueue([path]))
    work(town)
    assert all(len(texts) == 1 for texts in town.seen().values())
    receipt = town.intake().again(path, ["masto"])
    assert [one.outcome for one in receipt.accepted] == ["new"]
    waiting = town.intake().again(path, ["masto"])
    assert [one.outcome for one in waiting.accepted] == ["known"]
    work(town)
    assert {name: len(texts) for name, texts in town.seen().items()} == {"blue": 1, "masto": 2, "chat": 1}


@pytest.mark.parametrize("way", ["sync", "enqueue"])
def test_a_repeat_that_waits_is_drafted_anew_like_a_first_one(town: Town, way: str) -> None:
    path = publish(town)
    [waiting] = town.intake().again(path, ["masto"], at=now() + timedelta(hours=1)).accepted
    before = town.ledger().delivery(waiting.delivery)
    change(path, ("Fog", "Mist"))
    if way == "sync":
        assert [one.outcome for one in Syncing(town.intake()).sync(str(path)) if one.delivery == waiting.delivery] == [
            "redrafted"
        ]
    else:
        [receipt] = town.intake().enqueue([path], ["masto"])
        assert [one.outcome for one in receipt.accepted] == ["known", "redrafted"]
    after = town.ledger().delivery(waiting.delivery)
    assert "Mist" in after.draft.parts[0].caption.text
    assert (after.due_at, after.draft.fixed) == (before.due_at, before.draft.fixed)
    assert len(town.ledger().deliveries(account="masto", kind="publish")) == 2
    assert (
        "Fog"
        in town.ledger()
        .delivery(next(one.id for one in town.ledger().deliveries(account="masto") if one.variant == "feed"))
        .draft.parts[0]
        .caption.text
    )


def test_what_is_adopted_is_never_sent(town: Town) -> None:
    old, new = town.write("heath"), town.write("mist")
    receipts = town.intake().adopt([old])
    assert [bool(receipt.post) for receipt in receipts] == [True]
    assert [bool(receipt.post) for receipt in town.intake().adopt([old])] == [False]
    town.intake().after_deploy()
    work(town)
    assert all(not any("Heath" in text for text in texts) for texts in town.seen().values())
    assert all(any("Mist" in text for text in texts) for texts in town.seen().values())
    assert new.exists()
