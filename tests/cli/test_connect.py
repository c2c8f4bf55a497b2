"""`socialbot connect` asks, checks, and writes down: what is secret encrypted, the rest in socialbot.toml."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_commands import socialbot
from tests.instances import Town


def connect(town: Town, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "socialbot", "--home", str(town.home), "connect", *words]
    env = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALBOT_")}
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60, env=env, check=False)


@pytest.fixture
def empty(town: Town) -> Town:
    """An instance without accounts."""
    text = (town.home / "socialbot.toml").read_text()
    (town.home / "socialbot.toml").write_text(text[: text.index("[accounts.")])
    return town


def test_an_account_is_added_and_its_secret_stands_in_no_file(empty: Town) -> None:
    known = empty.masto.account()
    done = connect(empty, "mastodon", "-a", "news", typed=f"{known['server']}\n{known['token']}\n")
    assert done.returncode == 0, done.stderr
    assert "1. In the account's settings on its server open Development" in done.stdout
    assert "Logged in: @" in done.stdout and known["token"] not in done.stdout + done.stderr
    text = (empty.home / "socialbot.toml").read_text()
    assert f'[accounts.news]\nnetwork = "mastodon"\nserver = "{known["server"]}"\n' in text
    secret = known["token"].encode()
    assert not any(secret in path.read_bytes() for path in empty.home.rglob("*") if path.is_file())
    told = json.loads(socialbot("check", "--json", home=empty.home).stdout)["accounts"]
    assert [(one["account"], one["ok"]) for one in told] == [("news", True)]
    sent = socialbot("enqueue", str(empty.post), home=empty.home), socialbot("worker", "--until-empty", home=empty.home)
    assert [one.returncode for one in sent] == [0, 0] and len(empty.masto.posts) == 1


def test_answers_may_be_given_beforehand(empty: Town) -> None:
    given = [word for key in ("server", "identifier", "password") for word in ("--set", f"{key}={empty.blue.account()[key]}")]
    done = connect(empty, "bluesky", *given)
    assert done.returncode == 0, done.stderr
    assert "[accounts.bluesky]" in (empty.home / "socialbot.toml").read_text()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("friendster",), 2, '"friendster" is no network'),
        (("mastodon", "-a", "blue"), 2, "the account blue is on bluesky"),
        (
            ("mastodon", "-a", "My-Fog", "--set", "server=http://127.0.0.1:9", "--set", "token=x"),
            2,
            '"My-Fog" is no account name',
        ),
        (("mastodon", "-a", "new", "--set", "colour=red"), 2, "colour: no option of mastodon's accounts"),
        (("mastodon", "-a", "new", "--set", "server"), 2, '"server" is no answer'),
        (("mastodon", "-a", "new", "--set", "server=nonsense", "--set", "token=x"), 3, "accounts.new: server"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(town: Town, words: tuple[str, ...], status: int, said: str) -> None:
    before = (town.home / "socialbot.toml").read_bytes()
    done = connect(town, *words)
    assert done.returncode == status and said in done.stderr and "Traceback" not in done.stderr
    assert (town.home / "socialbot.toml").read_bytes() == before


def test_a_login_that_the_network_does_not_take_is_told_with_what_to_do(empty: Town) -> None:
    server = empty.masto.account()["server"]
    done = connect(empty, "mastodon", "--set", f"server={server}", "--set", "token=not-the-token")
    assert done.returncode == 1 and "does not take the token" in done.stderr and "not-the-token" not in done.stderr


def test_connecting_anew_keeps_what_is_set(empty: Town, tmp_path: Path) -> None:
    known = empty.masto.account()
    given = ("--set", f"server={known['server']}", "--set", f"token={known['token']}")
    assert connect(empty, "mastodon", *given).returncode == 0
    again = connect(empty, "mastodon", "--set", f"token={known['token']}")
    assert again.returncode == 0, again.stderr
    assert (empty.home / "socialbot.toml").read_text().count("[accounts.mastodon]") == 1


def test_an_account_under_another_name_is_logged_in_anew_and_no_second_one_made(town: Town) -> None:
    """The advice of an ended login is "socialbot connect mastodon": another account would post everything twice."""
    done = connect(town, "mastodon", "--set", f"token={town.masto.account()['token']}")
    assert done.returncode == 0, done.stderr
    assert "[accounts.masto] in socialbot.toml" in done.stdout
    assert "[accounts.mastodon]" not in (town.home / "socialbot.toml").read_text()


def test_of_several_accounts_the_one_that_is_named_like_the_network_is_not_taken_unasked(town: Town) -> None:
    """What is set there, and its login, would be replaced by another's."""
    town.configure('[accounts.mastodon]\nnetwork = "mastodon"\nserver = "https://other.example"\ntoken = "x"\n')
    before = (town.home / "socialbot.toml").read_bytes()
    done = connect(town, "mastodon", "--set", "server=https://third.example", "--set", "token=x")
    assert done.returncode == 2 and "masto, mastodon" in done.stderr and "--account" in done.stderr
    assert (town.home / "socialbot.toml").read_bytes() == before


def test_a_secret_given_beforehand_is_kept_without_the_blanks_around_it(empty: Town) -> None:
    """As "$(cat FILE)" of a file from Windows has them: a header with a line's end in it is never sent."""
    known = empty.masto.account()
    done = connect(empty, "mastodon", "--set", f"server={known['server']}", "--set", f"token= {known['token']}\r")
    assert done.returncode == 0, done.stderr


def test_a_secret_that_the_configuration_would_hide_is_not_taken_in_silence(town: Town) -> None:
    """What the configuration says goes before what is stored: the new token would never be used."""
    before = (town.home / "socialbot.toml").read_bytes()
    done = connect(town, "mastodon", "--set", "token=a-newer-one")
    assert done.returncode == 2 and "a-newer-one" not in done.stderr
    assert "token is set for masto already" in done.stderr and "SOCIALBOT_ACCOUNTS__MASTO__TOKEN" in done.stderr
    assert (town.home / "socialbot.toml").read_bytes() == before


def test_an_empty_answer_beforehand_takes_out_what_is_stored(empty: Town) -> None:
    """Else nobody could go from X's four keys, which go before a login, to a login."""
    keys = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    beyond = ("--set", "api=http://127.0.0.1:9", "--set", "web=http://127.0.0.1:9", "--port", "0", "--within", "0.001")
    held = [word for key in keys for word in ("--set", f"{key}=old")]
    first = connect(empty, "x", *beyond, *held, "--set", "client_id=fog", "--set", "client_secret=s")
    assert first.returncode == 1 and "Open this in a browser" not in first.stdout
    bare = [word for key in keys for word in ("--set", f"{key}=")]
    again = connect(empty, "x", *beyond, *bare, "--set", "client_secret=s")
    assert "Open this in a browser" in again.stdout, again.stderr


def test_of_several_accounts_on_a_network_one_has_to_be_named(town: Town) -> None:
    town.configure('[accounts.other]\nnetwork = "mastodon"\nserver = "https://other.example"\ntoken = "x"\n')
    before = (town.home / "socialbot.toml").read_bytes()
    done = connect(town, "mastodon", "--set", "token=x")
    assert done.returncode == 2 and "masto, other" in done.stderr and "--account" in done.stderr
    assert (town.home / "socialbot.toml").read_bytes() == before
