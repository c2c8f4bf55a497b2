"""What is out loses neither its label nor itself: sync in the cases where a source misleads, and where changes meet."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import update
from typer.testing import CliRunner

from socialbot.cli import app
from socialbot.intake import Intake
from socialbot.ledger import Claims
from socialbot.ledger.schema import deliveries
from socialbot.networks.bluesky import Bluesky
from socialbot.networks.mastodon import Mastodon
from socialbot.networks.protocol import Prepared, Published, Refused
from socialbot.nouns import Held, Mistake
from socialbot.syncing import Change, Syncing
from socialbot.worker import Worker
from tests.instances import Town, now
from tests.pictures import signed
from tests.pictures.test_likeness import photograph
from tests.test_syncing import change, publish, sync, work

ILLUSTRATED = "---\ntitle: Fog\ndate: 2025-01-01\ncanonical: https://example.org/fog\nimages:\n{images}---\nWords.\n"


def illustrate(town: Town, *names: str) -> Path:
    for seed, name in enumerate(("ai", "hut", "hill")):
        (town.home / "public").mkdir(exist_ok=True)
        info = PngInfo()
        if name == "ai":
            info.add_text("parameters", "fog\nSteps: 20, Sampler: Euler a")
        photograph(seed + 1).save(town.home / "public" / f"{name}.png", pnginfo=info)
    path = town.home / "content/posts/fog.md"
    path.write_text(ILLUSTRATED.format(images="".join(f"  - {{src: /{name}.png, alt: The {name}}}\n" for name in names)))
    return path


def configure(town: Town, account: str, line: str) -> None:
    config = town.home / "socialbot.toml"
    config.write_text(config.read_text().replace(f"[accounts.{account}]\n", f"[accounts.{account}]\n{line}\n"))


@pytest.mark.parametrize("now_shown", [(), ("hut",), ("hut", "ai"), ("ai", "hut")])
def test_words_for_other_pictures_never_stand_beside_those_that_are_out(town: Town, now_shown: tuple[str, ...]) -> None:
    path = illustrate(town, "ai")
    list(town.intake().enqueue([path]))
    work(town)
    before = [(post.text, [each.alt for each in post.pictures]) for post in (town.masto.posts[0], town.chat.posts[0])]
    illustrate(town, *now_shown)
    for account in ("masto", "chat"):
        held = sync(town, path)[account].held
        assert held is not None and not held.approvable and "pictures changed" in held.reason
    for waiting in town.ledger().deliveries(kind="edit"):
        with pytest.raises(Mistake):
            town.intake().approve(waiting.id)
        with pytest.raises(Mistake):
            town.intake().retry(waiting.id)
    work(town)
    after = [(post.text, [each.alt for each in post.pictures]) for post in (town.masto.posts[0], town.chat.posts[0])]
    assert after == before


@pytest.mark.parametrize(("shown", "outcome"), [("hut", None), ("hill", "Its pictures changed")])
def test_a_picture_that_was_signed_anew_is_the_same_picture(town: Town, shown: str, outcome: str | None) -> None:
    pytest.importorskip("c2pa")
    made = signed.chain()
    (town.home / "chain.pem").write_text(made.certificates)
    (town.home / "key.pem").write_text(made.key)
    town.configure('[credentials]\ncertificate = "chain.pem"\nkey = "key.pem"\n')
    path = illustrate(town, "hut")
    list(town.intake().enqueue([path], ["masto"]))
    work(town)
    [out] = [one for one in town.ledger().deliveries() if one.kind == "publish"]
    for filed in [path for path in (town.home / "media").rglob("*") if path.is_file()]:
        filed.unlink()  # long ago swept
    illustrate(town, shown)
    change(path, ("title: Fog", "title: Mist"))
    held = sync(town, path)["masto"].held
    assert (held.reason if held else None) == (
        f"{outcome}, and those that are out cannot be changed here." if outcome else None
    )
    if not held:
        work(town)
        assert "Mist" in town.masto.posts[0].text
        said = town.ledger().said(out).parts[0].pictures
        assert said == out.draft.parts[0].pictures, "what is out is still the picture of before"


def test_another_picture_with_the_same_words_is_told_and_left(town: Town) -> None:
    path = illustrate(town, "hut")
    list(town.intake().enqueue([path]))
    work(town)
    photograph(3).save(town.home / "public/hut.png")
    assert (sync(town, path)["masto"].outcome, town.ledger().deliveries(kind="edit")) == ("left", [])


def test_a_draft_with_the_same_text_removes_nothing(town: Town) -> None:
    path = publish(town)
    configure(town, "masto", 'on_retract = "delete"')
    copy = path.with_name("next.md")
    copy.write_text(path.read_text().replace("example.org/fog", "example.org/next").replace("---\n", "---\ndraft: true\n", 1))
    with pytest.raises(Mistake, match="never accepted"):
        sync(town, copy)
    copy.write_text(copy.read_text().replace("draft: true\n", ""))
    with pytest.raises(Mistake, match="never accepted"):
        sync(town, copy)
    assert len(town.ledger().deliveries()) == 3


@pytest.mark.parametrize("address", ["canonical: https://example.org/fog\n", ""])
def test_a_file_with_a_new_name_is_not_gone(town: Town, address: str) -> None:
    path = town.write("fog")
    change(path, ("canonical: https://example.org/fog\n", address))
    list(town.intake().enqueue([path]))
    work(town)
    configure(town, "masto", 'on_retract = "delete"')
    renamed = path.rename(path.with_name("2025-fog.md"))
    with pytest.raises(Mistake, match="2025-fog"):
        sync(town, path)
    assert {one.outcome for one in sync(town, renamed).values()} == {"same"}
    renamed.unlink()
    assert sync(town, path)["masto"].outcome == "delete"


@pytest.mark.parametrize("keep", [False, True])
def test_a_removal_gives_way_when_the_post_is_back(town: Town, keep: bool) -> None:
    path = publish(town)
    text = path.read_text()
    path.unlink()
    removal = sync(town, path)["masto"].delivery
    if keep:
        configure(town, "masto", 'on_retract = "keep"')
    else:
        path.write_text(text)
    assert sync(town, path)["masto"].outcome == ("left" if keep else "same")
    assert town.ledger().delivery(removal).state == "cancelled"


def test_an_edit_gives_way_when_the_post_says_again_what_is_out(town: Town) -> None:
    path = publish(town)
    change(path, ("Fog", "Mist"))
    sync(town, path)
    change(path, ("Mist", "Fog"))
    assert {one.outcome for one in sync(town, path).values()} == {"same"}
    work(town)
    assert all("Fog" in texts[0] for texts in town.seen().values())


def test_a_correction_is_posted_once_whatever_was_asked_for_since(town: Town) -> None:
    path = publish(town)
    configure(town, "blue", 'on_change = "reply"')
    change(path, ("Fog", "Mist"), ("---\ntitle", "---\nsocial: {correction: It was mist.}\ntitle"))
    sync(town, path)
    work(town)
    text = path.read_text()
    path.unlink()
    sync(town, path)
    assert [one.state for one in town.ledger().deliveries(account="blue", kind="delete")] == ["held", "held"]
    path.write_text(text)
    assert sync(town, path)["blue"].outcome == "same"
    assert [one.state for one in town.ledger().deliveries(account="blue", kind="delete")] == ["cancelled", "cancelled"]
    work(town)
    assert len(town.blue.posts) == 2


def correct(town: Town) -> Path:
    """A post that is out on Bluesky and was corrected there by a reply."""
    path = publish(town)
    configure(town, "blue", 'on_change = "reply"')
    change(path, ("Fog", "Mist"), ("---\ntitle", "---\nsocial: {correction: It was mist.}\ntitle"))
    sync(town, path)
    work(town)
    assert len(town.blue.posts) == 2
    return path


def on(town: Town, account: str, path: Path) -> list[Change]:
    return [one for one in Syncing(town.intake()).sync(str(path)) if one.account == account]


def test_a_correction_is_removed_with_its_post_once_a_person_says_so(town: Town) -> None:
    path = correct(town)
    path.unlink()
    changes = on(town, "blue", path)
    assert [(one.outcome, bool(one.held)) for one in changes] == [("delete", True)] * 2
    work(town)
    assert len(town.blue.posts) == 2
    assert [one.delivery for one in on(town, "blue", path)] == [one.delivery for one in changes], "asked once"
    for one in changes:
        town.intake().approve(one.delivery)
    work(town)
    assert town.blue.posts == []
    assert {one.state for one in town.ledger().deliveries(account="blue") if one.kind != "delete"} == {"deleted"}


def test_a_correction_is_removed_though_its_post_is_gone_already(town: Town) -> None:
    path = correct(town)
    path.unlink()
    root, answer = on(town, "blue", path)
    town.intake().approve(root.delivery)
    work(town)
    assert len(town.blue.posts) == 1
    assert [one.delivery for one in on(town, "blue", path)] == [answer.delivery]
    town.intake().approve(answer.delivery)
    work(town)
    assert town.blue.posts == []


def test_a_correction_that_the_network_cannot_remove_is_told(town: Town) -> None:
    path = correct(town)
    path.unlink()
    with patch.object(Bluesky, "deletes", False):
        told = on(town, "blue", path)
    assert [one.outcome for one in told] == ["left", "left"]
    assert all("by hand, https://" in one.detail for one in told)


def test_a_correction_stays_when_its_post_is_back(town: Town) -> None:
    path = correct(town)
    text = path.read_text()
    path.unlink()
    removals = [one.delivery for one in on(town, "blue", path)]
    path.write_text(text)
    sync(town, path)
    assert [town.ledger().delivery(one).state for one in removals] == ["cancelled", "cancelled"]


def test_a_correction_in_doubt_is_not_forgotten_when_its_post_goes(town: Town) -> None:
    path = publish(town)
    configure(town, "blue", 'on_change = "reply"')
    change(path, ("Fog", "Mist"), ("---\ntitle", "---\nsocial: {correction: It was mist.}\ntitle"))
    reply = sync(town, path)["blue"].delivery
    ledger = town.ledger()
    mine = Claims(ledger, "me", 60)
    [claimed] = [one for one in mine.claim(8, {"me"}) if one.id == reply]
    mine.intend(claimed, 0, {})
    mine.hold(claimed, Held("It may be out.", "look"))
    path.unlink()
    assert [one.outcome for one in on(town, "blue", path)] == ["delete", "left"]
    assert ledger.delivery(reply).state == "held"


def test_a_network_without_replies_answers_nothing(town: Town) -> None:
    path = publish(town)
    configure(town, "chat", 'on_change = "reply"')
    change(path, ("Fog", "Mist"), ("---\ntitle", "---\nsocial: {correction: It was mist.}\ntitle"))
    assert sync(town, path)["chat"].outcome == "left"


def _as(town: Town, delivery: str, state: str) -> None:
    with town.ledger().engine.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == delivery).values(state=state, due_at=now()))


def test_an_older_edit_never_has_the_last_word(town: Town) -> None:
    path = publish(town)
    change(path, ("Fog", "Mist"))
    older = sync(town, path)["masto"].delivery
    _as(town, older, "running")
    change(path, ("Mist", "Haze"))
    newer = sync(town, path)["masto"].delivery
    _as(town, older, "queued")  # after a passing error
    work(town)
    assert [town.ledger().delivery(each).state for each in (older, newer)] == ["cancelled", "published"]
    assert "Haze" in town.seen()["masto"][0]


def test_an_edit_asks_whether_the_rules_changed(town: Town) -> None:
    path = publish(town)
    change(path, ("Fog", "Mist"))
    edit = sync(town, path)["masto"].delivery
    with patch.object(Worker, "_outdated", lambda *_: Held("The rules have changed.", "x", redraft=True)):
        work(town)
    assert town.ledger().delivery(edit).state == "held"
    assert "Fog" in town.seen()["masto"][0]


def test_what_was_cancelled_as_gone_goes_out_when_the_post_is_back(town: Town) -> None:
    path = town.write("fog")
    list(town.intake().enqueue([path]))
    by_hand = town.ledger().deliveries(account="blue")[0].id
    town.ledger().cancel(by_hand)
    text = path.read_text()
    path.write_text(text.replace("---\n", "---\ndraft: true\n", 1))
    assert {one.outcome for one in sync(town, path).values()} == {"cancelled"}
    path.write_text(text)
    assert {one.account for one in sync(town, path).values() if one.outcome == "redrafted"} == {"masto", "chat"}
    work(town)
    assert {name: len(texts) for name, texts in town.seen().items()} == {"blue": 0, "masto": 1, "chat": 1}


def test_a_post_in_doubt_keeps_no_other_from_being_removed(town: Town) -> None:
    path = town.write("fog")
    list(town.intake().enqueue([path]))
    town.chat.faults.queue.append("commit_then_drop")
    work(town)
    path.unlink()
    assert {name: one.outcome for name, one in sync(town, path).items()} == {
        "blue": "delete",
        "masto": "delete",
        "chat": "left",
    }


def begin_thread(town: Town) -> Path:
    """A thread whose first post is out on Mastodon, and whose second was refused."""
    configure(town, "masto", "thread = 5")
    path = town.write("fog")
    long = "\n\n".join(
        f"Sentence {number} of a long text about fog, rivers and hills that goes on. " * 4 for number in range(6)
    )
    change(path, ("Words about fog.", long))
    list(town.intake().enqueue([path], ["masto"]))
    publish_part = Mastodon.publish

    async def refuse_second(network: Mastodon, prepared: Prepared) -> Published:
        if prepared.part:
            raise Refused("No.", "x")
        return await publish_part(network, prepared)

    with patch.object(Mastodon, "publish", refuse_second):
        work(town)
    assert len(town.masto.posts) == 1
    return path


def test_what_is_out_of_a_thread_is_removed_when_its_post_goes(town: Town) -> None:
    path = begin_thread(town)
    path.unlink()
    removal = sync(town, path)["masto"]
    assert removal.outcome == "delete" and removal.held and "1 of its" in removal.detail
    work(town)
    assert len(town.masto.posts) == 1
    assert sync(town, path)["masto"].delivery == removal.delivery
    town.intake().approve(removal.delivery)
    work(town)
    assert town.masto.posts == []
    [thread] = town.ledger().deliveries(account="masto", kind="publish")
    assert thread.state == "deleted"


def test_what_is_out_of_a_thread_stays_when_its_post_is_back(town: Town) -> None:
    path = begin_thread(town)
    text = path.read_text()
    path.unlink()
    removal = sync(town, path)["masto"].delivery
    path.write_text(text)
    sync(town, path)
    assert town.ledger().delivery(removal).state == "cancelled"


def test_a_thread_that_a_person_lets_go_on_is_not_removed_under_way(town: Town) -> None:
    path = begin_thread(town)
    path.unlink()
    removal = sync(town, path)["masto"].delivery
    [thread] = town.ledger().deliveries(account="masto", kind="publish")
    town.intake().retry(thread.id)
    town.intake().approve(removal)
    mine = Claims(town.ledger(), "me", 60)
    assert mine.ledger.supersede(mine.ledger.delivery(removal))
    work(town)
    assert town.ledger().delivery(removal).state == "cancelled"
    assert len(town.masto.posts) > 1 and town.ledger().delivery(thread.id).state == "published"


def test_a_post_sent_twice_is_edited_twice(town: Town) -> None:
    path = publish(town)
    town.intake().again(path, ["masto"])
    work(town)
    change(path, ("Fog", "Mist"))
    assert [one.outcome for one in Syncing(town.intake()).sync(str(path)) if one.account == "masto"] == ["edit", "edit"]
    work(town)
    assert [text.split()[0] for text in town.seen()["masto"]] == ["Mist", "Mist"]


def test_what_was_only_seen_is_drafted_for_no_account(town: Town) -> None:
    path = town.write("fog")
    town.intake().adopt([path])
    with patch.object(Intake, "draft", side_effect=AssertionError):
        assert Syncing(town.intake()).sync(str(path)) == []


def test_what_is_to_come_is_not_adopted(town: Town) -> None:
    path = town.write("future", date=(now() + timedelta(days=3)).date().isoformat())
    assert [bool(receipt.post) for receipt in town.intake().adopt([path])] == [False]
    assert path in town.intake().after_deploy().waiting


def test_one_that_cannot_be_sent_again_keeps_no_other_from_it(town: Town) -> None:
    path, fresh = publish(town), town.write("mist")
    done = CliRunner().invoke(app, ["enqueue", str(fresh), str(path), "--again", "--home", str(town.home)])
    assert done.exit_code == 1 and "mist.md: not accepted" in done.output
    assert {one.variant for one in town.ledger().deliveries(state="queued")} == {"again-1"}


def test_descriptions_that_cannot_be_changed_stay_and_that_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mastodon, "edits_alt", False)
    path = illustrate(town, "ai")
    list(town.intake().enqueue([path]))
    work(town)
    [before] = [one.alt for one in town.masto.posts[0].pictures]
    change(path, ("alt: The ai", "alt: A lamp at dusk"))
    told = sync(town, path)["masto"]
    assert told.outcome == "left" and "described anew" in told.detail
    change(path, ("Fog", "Mist"))
    assert sync(town, path)["masto"].outcome == "edit"
    work(town)
    post = town.masto.posts[0]
    assert "Mist" in post.text and [one.alt for one in post.pictures] == [before]
