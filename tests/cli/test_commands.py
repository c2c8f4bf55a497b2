"""The commands as a user types them, in processes of their own, against loopback fakes."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from socialbot import networks
from socialbot.cli.demo import accounts_on_fakes
from socialbot.testing import fakes
from socialbot.testing.fakes.server import Fake
from socialbot.web.looks import look_of
from tests.instances import EXAMPLES, Town


def socialbot(*words: str | Path, home: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "socialbot", *(("--home", str(home)) if home else ()), *map(str, words)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALBOT_")} | environment
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)


def test_help_tells_every_command_and_the_exit_statuses() -> None:
    told = socialbot("--help").stdout
    commands = ["init", "enqueue", "preview", "queue", "show", "cancel", "retry", "approve", "resolve", "worker"]
    for command in [*commands, "serve", "check", "demo"]:
        assert f"\n  {command} " in told
    assert "3 wrong configuration" in " ".join(told.split())


def test_init_makes_an_instance_that_can_be_checked_and_never_overwrites(tmp_path: Path) -> None:
    home = tmp_path / "site"
    assert socialbot("init", home).returncode == 0
    assert {path.name for path in home.iterdir()} == {"socialbot.toml", "captions", "queue", "Procfile"}
    (home / "socialbot.toml").write_text("# mine\n")
    again = socialbot("init", home)
    assert (again.returncode, (home / "socialbot.toml").read_text()) == (0, "# mine\n")
    assert "kept" in again.stdout


def test_every_line_of_the_written_configuration_is_good_once_uncommented(tmp_path: Path) -> None:
    socialbot("init", tmp_path)
    text = re.sub(r"^# (?=\[|[a-z_]+ = )", "", (tmp_path / "socialbot.toml").read_text(), flags=re.MULTILINE)
    assert text.count("\nnetwork = ") == 3
    text = text.replace('secret = ""', 'secret = "0123456789abcdef"')
    text = text.replace('webhook = ""', 'webhook = "http://127.0.0.1:9/api/webhooks/1/x"')
    (tmp_path / "socialbot.toml").write_text(text)
    done = socialbot("queue", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "The queue is empty.\n"), done.stderr


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["queue", "--state", "lost"], 2, "no state"),
        (["show", "nothing"], 2, "no delivery has the id"),
        (["preview", "POST", "--account", "green"], 2, 'there is no account "green"'),
        (["enqueue", "POST", "--at", "tomorrow"], 2, "no ISO 8601 time"),
        (["enqueue", "POST", "--at", "2001-01-01"], 2, "has passed"),
        (["enqueue", "POST", "--now", "--at", "2099-01-01"], 2, "exclude each other"),
        (["resolve", "x"], 2, "either --posted"),
        (["preview", "missing.md"], 1, "missing.md"),
        (["dance"], 2, "No such command"),
    ],
)
def test_wrong_use_is_one_sentence(town: Town, words: list[str], status: int, said: str) -> None:
    done = socialbot(*(town.post if word == "POST" else word for word in words), home=town.home)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_configuration_ends_with_three(tmp_path: Path) -> None:
    assert socialbot("queue", home=tmp_path).returncode == 3
    (tmp_path / "socialbot.toml").write_text("[sit]\n")
    done = socialbot("queue", home=tmp_path)
    assert (done.returncode, "did you mean" in done.stderr) == (3, True)


def test_without_an_account_nothing_is_accepted_and_nothing_is_lost(tmp_path: Path, town: Town) -> None:
    home = tmp_path / "bare"
    socialbot("init", home)
    done = socialbot("enqueue", town.post, home=home)
    assert (done.returncode, "no account is configured" in done.stderr) == (3, True)
    post = home / "queue" / "post.md"
    post.write_bytes(town.post.read_bytes())
    os.utime(post, (time.time() - 60, time.time() - 60))
    worker = socialbot("worker", "--once", home=home)
    assert "no account is configured" in worker.stderr and "Traceback" not in worker.stderr
    assert post.exists()


def test_a_broken_surrounding_is_one_sentence(town: Town) -> None:
    nested = town.home / "nested"
    nested.mkdir()
    (nested / "socialbot.toml").write_text("a = " + "[" * 5000 + "]" * 5000)
    (nested / "socialbot.db").write_text("no database")
    answers = [
        (socialbot("queue", home=town.home, SOCIALBOT_SITE="foo"), 3),
        (socialbot("queue", home=Path("~nosuchuser")), 3),
        (socialbot("queue", home=nested), 3),
        (socialbot("queue", home=nested, SOCIALBOT_STORE__URL="sqlite:////"), 3),
    ]
    (nested / "socialbot.toml").write_text("")
    answers.append((socialbot("queue", home=nested), 1))
    for done, status in answers:
        assert (done.returncode, done.stderr.count("\n")) == (status, 1), done.stderr
        assert done.stderr.startswith("socialbot: ")


def test_a_terminal_that_cannot_write_a_title_stops_nothing(town: Town) -> None:
    post = town.write("fög", "many")
    done = socialbot("enqueue", post, home=town.home, PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and len(town.ledger().deliveries()) == 3


def test_the_home_may_stand_before_or_after_the_command_or_in_the_environment(town: Town) -> None:
    ways = [
        socialbot("queue", home=town.home),
        socialbot("queue", "--home", town.home),
        socialbot("queue", SOCIALBOT_HOME=str(town.home)),
    ]
    assert [way.stdout for way in ways] == ["The queue is empty.\n"] * 3


def test_preview_is_what_is_sent(town: Town) -> None:
    done = socialbot("preview", town.post, "--json", "--html", town.home / "p.html", home=town.home)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["post"]) == {"id", "title", "summary", "url", "language", "published", "images"}
    keys = {"account", "network", "parts", "label", "flags", "link", "cost_usd", "pictures", "warnings", "held", "adopted"}
    assert set(told["drafts"][0]) == keys
    assert "<h1" in (town.home / "p.html").read_text()
    assert town.seen() == {"blue": [], "masto": [], "chat": []}

    assert socialbot("enqueue", town.post, home=town.home).returncode == 0
    sent = socialbot("worker", "--until-empty", home=town.home)
    assert sent.returncode == 0, sent.stderr
    captions = {draft["account"]: [part["caption"] for part in draft["parts"]] for draft in told["drafts"]}
    assert town.seen() == captions
    previewed = {
        draft["account"]: [Path(picture["file"]).read_bytes() for picture in draft["pictures"]] for draft in told["drafts"]
    }
    assert previewed["blue"] == [picture.content for picture in town.blue.posts[0].pictures]
    assert previewed["chat"] == [picture.content for picture in town.chat.posts[0].pictures]


def test_preview_works_when_no_server_answers(town: Town) -> None:
    for fake in (town.blue, town.masto, town.chat):
        fake.stop()
    done = socialbot("preview", town.post, "--json", home=town.home)
    assert done.returncode == 0, done.stderr
    masto = next(draft for draft in json.loads(done.stdout)["drafts"] if draft["account"] == "masto")
    assert masto["parts"][0]["limit"] == 500
    assert any("defaults are used" in warning for warning in masto["warnings"])


def test_enqueue_again_changes_nothing_and_says_so(town: Town) -> None:
    assert socialbot("enqueue", town.post, home=town.home).returncode == 0
    again = socialbot("enqueue", town.post, home=town.home)
    assert (again.returncode, again.stdout.count("known already; nothing changed")) == (0, 3)
    assert len(town.ledger().deliveries()) == 3


def test_a_dry_run_writes_nothing_to_the_ledger(town: Town) -> None:
    done = socialbot("enqueue", town.post, "--dry-run", home=town.home)
    assert (done.returncode, "label: Text written by AI" in done.stdout) == (0, True)
    assert town.ledger().deliveries() == []


def test_what_was_accepted_needs_neither_the_post_nor_its_pictures(town: Town) -> None:
    socialbot("enqueue", town.post, home=town.home)
    for path in (*(town.home / "public" / "photos").iterdir(), town.post):
        path.unlink()
    assert socialbot("worker", "--until-empty", home=town.home).returncode == 0
    assert all(len(texts) == 1 for texts in town.seen().values())


def test_one_bad_post_does_not_stop_the_others(town: Town) -> None:
    bad = town.home / "bad.md"
    bad.write_bytes(b"---\ntitle: [\n---\n")
    done = socialbot("enqueue", bad, town.write("good"), home=town.home)
    assert done.returncode == 1
    assert "bad.md" in done.stderr and "Traceback" not in done.stderr
    assert len(town.ledger().deliveries()) == 3


def test_show_tells_caption_label_and_history(town: Town) -> None:
    socialbot("enqueue", town.post, home=town.home)
    socialbot("worker", "--until-empty", home=town.home)
    name = town.ledger().deliveries(account="blue")[0].id
    told = socialbot("show", name, home=town.home).stdout
    assert "Text written by AI" in told and "footer" in told and "published" in told
    as_json = json.loads(socialbot("show", name, "--json", home=town.home).stdout)
    assert as_json["sends"][0]["outcome"] == "published"
    assert [event["what"] for event in as_json["history"]] == ["accepted", "sending", "published"]


def test_approval_holds_until_a_person_approves(town: Town) -> None:
    town.configure("approval = true\n")  # of the last account, chat
    assert socialbot("enqueue", town.post, "-a", "chat", home=town.home).returncode == 1
    name = town.ledger().deliveries()[0].id
    assert socialbot("worker", "--until-empty", home=town.home).returncode == 1
    assert town.seen()["chat"] == []
    assert socialbot("approve", name[:8], home=town.home).returncode == 0
    assert socialbot("worker", "--until-empty", home=town.home).returncode == 0
    assert len(town.seen()["chat"]) == 1
    assert socialbot("approve", name, home=town.home).returncode == 1


def test_approving_or_retrying_keeps_the_date_and_the_time_asked_for(town: Town) -> None:
    town.configure("approval = true\n")
    socialbot("enqueue", town.write("later", "many", date="2099-05-01"), "-a", "chat", home=town.home)
    socialbot("enqueue", town.write("asked", "many"), "--at", "2098-05-01T10:00", "-a", "chat", home=town.home)
    for one in town.ledger().deliveries():
        assert socialbot("approve", one.id, "--now", home=town.home).returncode == 0
    assert [one.due_at and one.due_at.year for one in town.ledger().deliveries()] == [2098, 2099]
    for one in town.ledger().deliveries():
        socialbot("cancel", one.id, home=town.home)
        assert socialbot("retry", one.id, home=town.home).returncode == 0
    assert [one.due_at and one.due_at.year for one in town.ledger().deliveries()] == [2098, 2099]


@pytest.mark.parametrize(
    ("social", "said"),
    [
        ("{skip: true}", "social.skip: it is neither a network nor an account"),
        ("{discrod: {skip: true}}", "social.discrod"),
        ("{chat: {capton: Hi}}", "is unknown (it takes caption, extra, correction and skip)"),
        ("{chat: {skip: 'no'}}", "skip is true or false"),
        ("{chat: false}", "it is no table"),
    ],
)
def test_a_misspelt_skip_publishes_nothing(town: Town, social: str, said: str) -> None:
    post = town.home / "post.md"
    post.write_text(f"---\ntitle: x\nsocial: {social}\n---\nWords.\n")
    done = socialbot("enqueue", post, home=town.home)
    assert done.returncode == 1 and said in done.stderr, done.stderr
    assert town.ledger().deliveries() == []


def test_cancel_and_retry(town: Town) -> None:
    socialbot("enqueue", town.post, "-a", "blue", home=town.home)
    name = town.ledger().deliveries()[0].id
    assert "will not be sent" in socialbot("cancel", name, home=town.home).stdout
    socialbot("worker", "--until-empty", home=town.home)
    assert town.seen()["blue"] == []
    assert socialbot("retry", name, home=town.home).returncode == 0
    socialbot("worker", "--until-empty", home=town.home)
    assert len(town.seen()["blue"]) == 1
    assert socialbot("retry", name, home=town.home).returncode == 1


def test_check_logs_in_everywhere_and_says_what_is_wrong(town: Town) -> None:
    good = socialbot("check", "--json", home=town.home)
    told = {one["account"]: one for one in json.loads(good.stdout)["accounts"]}
    assert (good.returncode, {name: one["ok"] for name, one in told.items()}) == (
        0,
        {"blue": True, "masto": True, "chat": True},
    )
    assert told["masto"]["limits"] == {"text": 500, "unit": "mastodon", "pictures": 4}
    town.masto.stop()
    bad = socialbot("check", home=town.home)
    assert bad.returncode == 1 and "Traceback" not in bad.stderr


def test_no_secret_is_ever_printed_logged_or_kept_in_clear(town: Town) -> None:
    secrets = [
        value
        for fake in (town.blue, town.masto, town.chat)
        for key, value in fake.account().items()
        if key in ("password", "token", "webhook")
    ]
    town.chat.faults.queue.append("reject_500")
    town.blue.faults.queue.append("commit_then_drop")
    said = ""
    for words in (["check"], ["enqueue", town.post], ["worker", "--once"], ["queue"], ["queue", "--json"]):
        done = socialbot(*words, home=town.home)
        said += done.stdout + done.stderr
    ledger = b"".join(path.read_bytes() for path in town.home.glob("socialbot.db*") if path.is_file())
    assert len(secrets) == 3
    for secret in secrets:
        tail = secret.rpartition("/")[2]
        assert tail not in said
        assert tail.encode() not in ledger
    assert b"accessJwt" not in ledger


def test_a_term_signal_finishes_the_send_in_hand_and_stops(town: Town) -> None:
    town.blue.faults.slow_s = 1.5
    socialbot("enqueue", town.post, "-a", "blue", home=town.home)
    command = [sys.executable, "-m", "socialbot", "--home", str(town.home), "worker"]
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _until(
            lambda: any(send.outcome == "open" for one in town.ledger().deliveries() for send in town.ledger().sends(one.id))
        )
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
    finally:
        worker.kill()
    assert [one.state for one in town.ledger().deliveries()] == ["published"]


def test_the_workers_metronome_counts_in_utc() -> None:
    code = (
        "from datetime import datetime; from socialbot.cli.worker import in_utc;"
        "in_utc(); print(datetime.now().astimezone().utcoffset())"
    )
    env = {**os.environ, "TZ": "Asia/Kathmandu"}
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True).stdout == "0:00:00\n"
    )


def test_the_queue_folder_is_taken_and_told(town: Town) -> None:
    queue = town.home / "queue"
    good, bad = town.write("good", "queue"), queue / "bad.md"
    bad.write_text("---\ntitle: x\ndraft: true\n---\nNot yet.\n")
    for path in (good, bad):
        os.utime(path, (time.time() - 60, time.time() - 60))
    socialbot("worker", "--until-empty", home=town.home)
    assert (queue / "taken" / "good.md").is_file()
    assert "draft: true" in (queue / "rejected" / "bad.md.reason.txt").read_text()
    assert all(len(texts) == 1 for texts in town.seen().values())


def test_two_workers_started_at_once_send_nothing_twice(town: Town) -> None:
    for n in range(12):
        town.write(f"n{n}", "many")
    socialbot("enqueue", *sorted((town.home / "many").iterdir()), home=town.home)
    command = [sys.executable, "-m", "socialbot", "--home", str(town.home), "worker", "--until-empty"]
    workers = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    for texts in town.seen().values():
        assert len(texts) == len(set(texts)) == 12


def test_slots_give_each_post_its_own_place(town: Town) -> None:
    town.configure('slots = ["daily 00:00", "daily 12:00"]\n')
    socialbot("enqueue", *(town.write(f"n{n}", "many") for n in range(5)), "-a", "chat", home=town.home)
    due = [one.due_at for one in town.ledger().deliveries()]
    assert len(set(due)) == 5 and all(moment and moment.hour in (0, 12) for moment in due)


def test_a_taken_slot_is_not_given_again(town: Town) -> None:
    town.configure('slots = ["daily 00:00", "daily 12:00"]\n')
    for n in range(3):
        socialbot("enqueue", town.write(f"n{n}", "many"), "-a", "chat", home=town.home)
    assert len({one.due_at for one in town.ledger().deliveries()}) == 3


def test_posts_that_wait_for_their_date_share_no_slot_with_the_others(town: Town) -> None:
    town.configure('slots = ["mon 12:00"]\n')
    soon = (datetime.now(UTC) + timedelta(days=8)).date().isoformat()
    posts = [town.write(f"n{n}", "many", date=soon if n % 2 else "2025-01-01") for n in range(6)]
    socialbot("enqueue", *posts, "-a", "chat", home=town.home)
    assert len({one.due_at for one in town.ledger().deliveries()}) == 6


def test_a_folder_that_may_not_be_written_is_one_sentence(town: Town) -> None:
    (town.home / "media").write_text("a file where a folder should be")
    done = socialbot("enqueue", town.post, home=town.home)
    assert done.returncode == 1 and "media" in done.stderr and "Traceback" not in done.stderr


def test_the_demo_posts_to_every_network_and_writes_the_page(tmp_path: Path) -> None:
    done = socialbot("demo", "--into", tmp_path / "demo")
    assert done.returncode == 0, done.stderr
    accounts = tomllib.loads((tmp_path / "demo" / "socialbot.toml").read_text())["accounts"]
    shown = page_of((tmp_path / "demo" / "demo.html").read_text())
    assert set(accounts) == set(shown)
    for name, account in accounts.items():
        assert re.search(rf"^{name} +{account['network']} ", done.stdout, re.MULTILINE)
        post, story = shown[name], account.get("place") == "story"
        assert 'class="card ' + ("story" if story else look_of(account["network"]).name) in post
        assert "data:image/jpeg;base64," in post
        assert story or ("Text written by AI" in post and "How to photograph landscapes in morning fog" in post)
    assert shown["fogchain"].count('class="card threads"') == 4
    for name in ("fogcompany", "foglight"):
        assert re.search(rf'^{name} .* held its post for approval.* "socialbot approve \w+"', done.stdout, re.MULTILINE)
        shown_history = socialbot("show", deliveries(tmp_path / "demo")[name], home=tmp_path / "demo").stdout
        assert "approved by hand" in shown_history


def page_of(html: str) -> dict[str, str]:
    """The demo's page cut into its articles, by account."""
    articles = html.split('<article class="post">')[1:]
    return {re.search(r'<bdi class="account">(\w+)</bdi>', one)[1]: one for one in articles}  # type: ignore[index]


def deliveries(home: Path) -> dict[str, str]:
    """The id of each account's delivery."""
    with sqlite3.connect(home / "socialbot.db") as store:
        return dict(store.execute("SELECT account, id FROM deliveries"))


def test_the_demo_has_an_account_on_every_fake_and_a_look_for_every_adapter() -> None:
    """Relatives that are drawn alike, and speak one API, are shown once."""
    kinds = {kind for name in fakes.__all__ if isinstance(kind := getattr(fakes, name), type) and issubclass(kind, Fake)}
    accounts = accounts_on_fakes()
    assert {type(fake) for fake in accounts.values()} == kinds
    assert {look_of(name).name for name in networks.names()} == {look_of(fake.network).name for fake in accounts.values()}


def test_an_installed_wheel_carries_templates_and_example() -> None:
    queue = EXAMPLES.parent / "queue"
    assert not list(queue.glob("*.py")), "the drop folder must never be importable beside the standard library's queue"
    code = "import queue, sys; sys.exit('socialbot' in (queue.__file__ or ''))"
    assert subprocess.run([sys.executable, "-c", code], cwd=EXAMPLES.parent, check=False).returncode == 0


def _until(true: object, within_s: float = 15) -> None:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            if true():  # type: ignore[operator]
                return
        except sqlite3.OperationalError:
            pass
        time.sleep(0.05)
    raise AssertionError("it never happened")


def test_a_post_of_the_future_waits_for_its_date_even_now(town: Town) -> None:
    socialbot("enqueue", town.write("later", "many", date="2099-05-01"), "--now", home=town.home)
    assert {one.due_at and one.due_at.year for one in town.ledger().deliveries()} == {2099}
    assert socialbot("worker", "--once", home=town.home).returncode == 0
    assert town.seen() == {"blue": [], "masto": [], "chat": []}
