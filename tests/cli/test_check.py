"""`socialbot check` says which accounts are marked as automated, and marks them when it is asked to."""

from __future__ import annotations

import json
from typing import Any

from socialbot.testing.fakes import XFake
from tests.cli.test_commands import socialbot
from tests.instances import Town

BOT = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]}


def unmark(town: Town) -> None:
    town.blue.profile = {"$type": "app.bsky.actor.profile", "displayName": "Blog"}
    town.masto.bot = False


def check(town: Town, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit status, and what is told of each account."""
    done = socialbot("check", "--json", *words, home=town.home)
    return done.returncode, {one["account"]: one for one in json.loads(done.stdout)["accounts"]}


def marks(told: dict[str, dict[str, Any]]) -> dict[str, tuple[bool | None, bool]]:
    return {name: (one["bot"], one["marked"]) for name, one in told.items()}


def writes(town: Town) -> list[str]:
    return [call for call in (*town.blue.calls, *town.masto.calls) if "putRecord" in call or "update_credentials" in call]


def test_an_account_that_is_not_marked_is_no_error_and_is_left_alone(town: Town) -> None:
    unmark(town)
    status, told = check(town)
    assert (status, marks(told)) == (0, {"blue": (False, False), "masto": (False, False), "chat": (None, False)})
    for name in ("blue", "masto"):
        assert told[name]["ok"]
        assert told[name]["notes"] == [
            "The profile does not say that the account is automated: socialbot check --fix marks it."
        ]
    assert writes(town) == []


def test_fix_marks_what_is_not_marked_once(town: Town) -> None:
    unmark(town)
    status, told = check(town, "--fix")
    assert (status, marks(told)) == (0, {"blue": (True, True), "masto": (True, True), "chat": (None, False)})
    assert town.masto.bot
    assert town.blue.profile == {"$type": "app.bsky.actor.profile", "displayName": "Blog", "labels": BOT}
    assert len(writes(town)) == 2
    status, told = check(town, "--fix")
    assert (status, marks(told)) == (0, {"blue": (True, False), "masto": (True, False), "chat": (None, False)})
    assert len(writes(town)) == 2


def test_the_table_says_for_each_account_whether_it_is_marked(town: Town) -> None:
    def column() -> dict[str, str]:
        lines = socialbot("check", *fix, home=town.home).stdout.splitlines()
        head = next(line for line in lines if line.startswith("account "))
        start, end = head.index("automated"), head.index("limits")
        return {line.split()[0]: line[start:end].strip() for line in lines if line.startswith(("blue", "masto", "chat"))}

    unmark(town)
    fix: list[str] = []
    assert column() == {"blue": "no", "masto": "no", "chat": "–"}
    fix = ["--fix"]
    assert column() == {"blue": "marked now", "masto": "marked now", "chat": "–"}
    assert column() == {"blue": "yes", "masto": "yes", "chat": "–"}


def test_a_token_without_the_scope_fails_the_fix_with_one_sentence_and_hinders_no_other_account(town: Town) -> None:
    unmark(town)
    town.masto.scopes = ["read", "write:statuses", "write:media"]
    assert check(town)[0] == 0
    status, told = check(town, "--fix")
    assert (status, marks(told)) == (1, {"blue": (True, True), "masto": (False, False), "chat": (None, False)})
    (note,) = told["masto"]["notes"]
    assert "may not mark the account as automated" in note
    assert "make a token that has the scope write:accounts too" in note.lower()
    assert told["masto"]["ok"], "it can post"


def test_an_account_that_cannot_be_reached_is_not_said_to_be_marked_or_not(town: Town) -> None:
    unmark(town)
    town.masto.stop()
    status, told = check(town, "--fix")
    assert (status, marks(told)) == (1, {"blue": (True, True), "masto": (None, False), "chat": (None, False)})


def test_how_much_room_a_network_tells_is_said(town: Town) -> None:
    with XFake() as x:
        town.configure("[accounts.x]\n" + "".join(f'{key} = "{value}"\n' for key, value in x.account().items()))
        _, told = check(town)
        assert "73 of 75 calls left until" in socialbot("check", home=town.home).stdout
    assert told["blue"]["rooms"] == {}
    assert told["x"]["rooms"]["calls"]["left"] == told["x"]["rooms"]["calls"]["most"] - 1
    assert told["x"]["rooms"]["calls"]["resets_at"]
