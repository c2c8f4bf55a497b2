"""What goes when, and a person's word on it, as commands."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

from tests.cli.test_commands import socialbot
from tests.instances import Town


def test_a_person_sees_moves_swaps_and_pauses_what_waits(town: Town) -> None:
    town.configure('slots = ["daily 09:00", "daily 15:00"]\n')  # of the last account, chat
    posts = [town.write(slug, "many") for slug in ("fog", "mist")]
    assert socialbot("enqueue", *posts, "-a", "chat", home=town.home).returncode == 0
    one, other = town.ledger().deliveries("queued", "chat")
    [told] = json.loads(socialbot("timetable", "-a", "chat", "--days", "3", "--json", home=town.home).stdout)
    assert [entry.get("id") for entry in told["entries"][:2]] == [one.id, other.id]
    assert {entry["free"] for entry in told["entries"][2:]} == {True}
    shown = socialbot("timetable", "--account", "chat", home=town.home).stdout
    assert "chat, UTC" in shown and "Mist" in shown and "free" in shown

    assert socialbot("swap", one.id, other.id, home=town.home).returncode == 0
    assert [town.ledger().delivery(each.id).due_at for each in (one, other)] == [other.due_at, one.due_at]
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    assert socialbot("move", one.id, "--at", at.isoformat(), home=town.home).returncode == 0
    assert town.ledger().delivery(one.id).due_at == at
    assert socialbot("move", one.id, "--at", "2001-01-01", home=town.home).returncode == 2

    soon = datetime.now(UTC) + timedelta(seconds=10)  # a busy machine takes seconds for a command
    assert socialbot("move", one.id, "--at", soon.isoformat(), home=town.home).returncode == 0
    assert "paused until you resume it" in socialbot("pause", "chat", home=town.home).stdout
    assert socialbot("worker", "--until-empty", home=town.home).returncode == 0
    assert town.seen()["chat"] == [] and ", paused" in socialbot("timetable", "-a", "chat", home=town.home).stdout
    assert "posts again" in socialbot("resume", "chat", home=town.home).stdout
    assert "was not paused" in socialbot("resume", "chat", home=town.home).stdout
    assert socialbot("pause", "nobody", home=town.home).returncode == 2
    time.sleep(max(0.0, (soon - datetime.now(UTC)).total_seconds()))
    socialbot("worker", "--once", home=town.home)
    assert len(town.seen()["chat"]) == 1


def test_the_urgent_and_the_expired_are_told_as_they_are_accepted(town: Town) -> None:
    town.configure('slots = ["daily 09:00"]\n')
    flood = town.write("flood", "many")
    told = socialbot("enqueue", flood, "-a", "chat", "--urgent", home=town.home)
    assert told.returncode == 0 and town.ledger().deliveries()[0].urgent
    past = town.write("past", "many")
    past.write_text(past.read_text().replace("---\nWords", "expiryDate: 2025-02-01\n---\nWords"))
    told = socialbot("enqueue", past, "-a", "chat", home=town.home)
    assert told.returncode == 1 and "missed: It was to go by 2025-02-01" in told.stdout
    assert socialbot("enqueue", past, "--urgent", "--now", home=town.home).returncode == 2
