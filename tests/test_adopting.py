"""What was adopted counts as seen, for every account there is and every one that comes."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from typer.testing import CliRunner

from socialbot.cli import app
from socialbot.drop_folder import take_folder
from socialbot.ledger import Ledger, opening
from socialbot.nouns import freeze
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.instances import Town, now
from tests.test_syncing import change, work


def test_a_plain_enqueue_of_an_adopted_post_sends_nothing_and_says_so(town: Town) -> None:
    path = town.write("heath")
    town.intake().adopt([path])
    for given in ([], ["--now"], ["--urgent"], ["--account", "chat"]):
        done = CliRunner().invoke(app, ["enqueue", str(path), *given, "--home", str(town.home)])
        assert done.exit_code == 0
        assert "adopted, not sent; --again sends it" in done.output
    assert "chat" in done.output and "masto" not in done.output
    assert town.ledger().deliveries() == []


def test_preview_and_a_dry_run_say_of_which_accounts_an_adopted_post_is_kept(town: Town) -> None:
    config = town.home / "socialbot.toml"
    whole = config.read_text()
    config.write_text(whole.partition("[accounts.chat]")[0])
    path, word = town.write("heath"), "adopted: enqueue would not send it"
    home = ["--home", str(town.home)]
    assert word not in CliRunner().invoke(app, ["preview", str(path), *home]).output
    list(town.intake().enqueue([path], ["blue"]))
    town.intake().adopt([path])
    config.write_text(whole)
    for given in (["preview"], ["enqueue", "--dry-run"]):
        done = CliRunner().invoke(app, [*given, str(path), *home])
        assert (done.exit_code, done.output.count(word)) == (0, 2)
        assert done.output.index("masto (") < done.output.index(word), "blue has had it before"
        assert word not in CliRunner().invoke(app, [*given, str(path), "--account", "blue", *home]).output
    told = json.loads(CliRunner().invoke(app, ["preview", str(path), "--json", *home]).stdout)["drafts"]
    assert {one["account"]: one["adopted"] for one in told} == {"blue": False, "masto": True, "chat": True}
    assert word not in CliRunner().invoke(app, ["enqueue", "--again", "--dry-run", str(path), *home]).output
    assert [one.account for one in town.ledger().deliveries()] == ["blue"]


def test_again_sends_an_adopted_post(town: Town) -> None:
    path = town.write("heath")
    town.intake().adopt([path])
    done = CliRunner().invoke(app, ["enqueue", str(path), "--again", "--account", "masto", "--home", str(town.home)])
    assert done.exit_code == 0 and "adopted" not in done.output
    work(town)
    assert {name: len(texts) for name, texts in town.seen().items()} == {"blue": 0, "masto": 1, "chat": 0}


def test_an_adopted_post_floods_no_account_that_comes_later(town: Town) -> None:
    config = town.home / "socialbot.toml"
    whole = config.read_text()
    config.write_text(whole.partition("[accounts.chat]")[0])
    sent, adopted = town.write("fog"), town.write("heath")
    list(town.intake().enqueue([sent]))
    work(town)
    town.intake().adopt()  # all of the site, what is out among it
    config.write_text(whole)
    receipts = list(town.intake().enqueue([sent, adopted]))
    assert [receipt.adopted for receipt in receipts] == [("chat",), ("blue", "masto", "chat")]
    work(town)
    assert town.seen()["chat"] == []


def test_a_changed_copied_or_dropped_post_stays_adopted(town: Town) -> None:
    path = town.write("heath")
    town.intake().adopt([path])
    copy = path.with_name("copy.md")
    copy.write_text(path.read_text().replace("example.org/heath", "example.org/copy"))
    change(path, ("Words", "Other words"))
    [changed, copied] = town.intake().enqueue([path, copy])
    assert changed.adopted == copied.adopted == ("blue", "masto", "chat")
    dropped = town.write("heath", "queue")
    os.utime(dropped, (time.time() - 60, time.time() - 60))
    [receipt] = take_folder(town.settings(), town.ledger(), now, random.Random(1))
    assert receipt.adopted and not dropped.exists()
    assert town.ledger().deliveries() == []


def test_an_archive_that_the_first_hook_found_is_adopted(town: Town) -> None:
    for number in range(11):
        path = town.write(f"old{number}")
    assert town.intake().after_deploy().marked_seen
    [receipt] = town.intake().enqueue([path])
    assert receipt.adopted and not receipt.accepted


def test_what_waits_goes_out_though_its_post_is_adopted(town: Town) -> None:
    path = town.write("fog")
    list(town.intake().enqueue([path], ["masto"]))
    assert [bool(receipt.post) for receipt in town.intake().adopt([path])] == [True]
    change(path, ("Fog", "Mist"))
    [receipt] = town.intake().enqueue([path])
    assert [(one.account, one.outcome) for one in receipt.accepted] == [("masto", "redrafted")]
    assert receipt.adopted == ("blue", "chat")
    work(town)
    assert [len(texts) for texts in town.seen().values()] == [0, 1, 0]


def test_an_account_that_a_post_is_kept_from_is_not_told(town: Town) -> None:
    path = town.write("fog")
    change(path, ("---\ntitle", "---\nsocial: {chat: {skip: true}}\ntitle"))
    town.intake().adopt([path])
    assert [receipt.adopted for receipt in town.intake().enqueue([path])] == [("blue", "masto")]


def test_who_adopts_while_another_enqueues_is_heeded(ledger: Ledger) -> None:
    post = make_post()
    ledger.mark_seen([post])
    assert accept(ledger, post, make_draft(post)) == []  # drafted before it was adopted


def test_what_was_marked_by_an_older_release_is_adopted(tmp_path: Path, clock: TurnedClock) -> None:
    engine = opening.connect("sqlite:///socialbot.db", tmp_path)
    config = Config()
    config.set_main_option("script_location", str(Path(opening.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        columns = "id, content_hash, source, title, frozen, received_at"
        query = text(f"INSERT INTO posts ({columns}) VALUES ('id-fog', 'hash-fog', 'fog.md', 'Fog', :frozen, 1)")
        connection.execute(query, {"frozen": freeze(make_post())})
    engine.dispose()
    assert accept(Ledger.open("sqlite:///socialbot.db", tmp_path, clock), make_post()) == []
