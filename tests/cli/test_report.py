"""`socialbot report` as a user types it."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from socialbot.reporting import CaptionSent, Entry, Facets, PictureSent, Report, Witness
from tests.cli.test_commands import socialbot
from tests.instances import Town, a_town

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The example post, out on all three networks."""
    with a_town(tmp_path_factory.mktemp("sent") / "instance") as town:
        socialbot("enqueue", town.post, home=town.home)
        assert socialbot("worker", "--until-empty", home=town.home).returncode == 0
        yield town


@pytest.fixture(scope="module")
def told(sent: Town) -> list[dict[str, Any]]:
    """What the report tells of it."""
    told: list[dict[str, Any]] = json.loads(socialbot("report", home=sent.home).stdout)["deliveries"]
    return told


def test_each_form_goes_to_standard_output_or_into_a_file(sent: Town, told: list[dict[str, Any]], tmp_path: Path) -> None:
    text = socialbot("report", "--format", "csv", home=sent.home).stdout
    rows = list(csv.DictReader(StringIO(text, newline="")))
    assert [row["delivery"] for row in rows] == [one["delivery"] for one in told]
    for name, form, begins in (("a.HTML", "", b"<!DOCTYPE html>"), ("a.html", "csv", b"delivery,"), ("a.txt", "", b"{")):
        words = ("--format", form) if form else ()
        done = socialbot("report", "--out", tmp_path / name, *words, home=sent.home)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert (tmp_path / "a.html").read_bytes().count(b"\r\n") == 4


def test_what_it_tells_is_what_the_public_saw(sent: Town, told: list[dict[str, Any]]) -> None:
    fakes = {"blue": sent.blue, "masto": sent.masto, "chat": sent.chat}
    assert sorted(one["account"] for one in told) == sorted(fakes)
    explained = json.loads(socialbot("explain", sent.post, "--account", "blue", "--json", home=sent.home).stdout)
    for one in told:
        [shown] = fakes[one["account"]].posts
        content = shown.text.encode()
        assert one["captions"] == [{"bytes": len(content), "sha256": sha256(content).hexdigest()}]
        assert one["label"] in shown.text.split("\n")
        assert [picture["sha256"] for picture in one["pictures"]] == [
            sha256(seen.content).hexdigest() for seen in shown.pictures
        ]
        assert [seen["sha256"] for seen in one["evidence"]] == [seen["sha256"] for seen in explained["evidence"]]


def test_days_and_accounts_are_chosen(sent: Town) -> None:
    today = datetime.now(UTC).date()
    days = ("--since", str(today - timedelta(1)), "--until", str(today + timedelta(1)))
    for words, accounts in (
        ((*days, "-a", "blue", "--account", "chat"), ["blue", "chat"]),
        (("--until", str(today - timedelta(2))), []),
    ):
        told = json.loads(socialbot("report", *words, home=sent.home).stdout)
        assert sorted(one["account"] for one in told["deliveries"]) == accounts


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "yesterday"), '"yesterday" is no day'),
        (("--since", "2026-02-30"), '"2026-02-30" is no day'),
        (("--since", "2026-02-02", "--until", "2026-02-01"), "is before"),
        (("--account", "nobody"), 'there is no account "nobody" (accounts: blue, chat, masto)'),
        (("--format", "pdf"), "pdf"),
    ],
)
def test_wrong_use_ends_with_two(sent: Town, words: tuple[str, ...], said: str) -> None:
    done = socialbot("report", *words, home=sent.home)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())


def test_a_flag_that_came_back_otherwise_ends_with_one_and_names_the_delivery(town: Town) -> None:
    socialbot("enqueue", town.post, "--account", "blue", home=town.home)
    socialbot("worker", "--until-empty", home=town.home)
    with sqlite3.connect(town.home / "socialbot.db") as store:
        store.execute("""UPDATE sends SET flags = '{"is_ai_generated": true}'""")
    done = socialbot("report", home=town.home)
    [one] = json.loads(done.stdout)["deliveries"]
    assert (done.returncode, one["flags_differ"]) == (1, ["is_ai_generated"])
    assert done.stderr == f"socialbot: a flag was read back otherwise than it was sent: {one['delivery']}\n"


def test_the_manual_names_every_key() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## `report`")[2].partition("\n## ")[0]
    for noun in (Report, Entry, Facets, Witness, CaptionSent, PictureSent):
        assert [one.name for one in fields(noun) if f'"{one.name}"' not in section] == []
