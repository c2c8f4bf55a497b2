"""`socialbot media gc` as a user types it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from socialbot.ledger.schema import DUE_STATES, STATES, State, deliveries
from socialbot.media import Media
from socialbot.nouns import Caption, Draft, Held, Part, Picture, Variant, freeze
from tests.cli.test_commands import socialbot
from tests.conftest import accept, make_post
from tests.instances import Town
from tests.test_ledger import unchecked

DAY = 86_400
NOW = datetime.now(UTC)


@pytest.fixture
def filed(town: Town) -> Callable[..., str]:
    """Files bytes in the town's store, so many days ago."""
    media = Media(town.home / "media")

    def put(content: bytes, days: float = 99) -> str:
        digest = media.put(content)
        at = NOW.timestamp() - days * DAY
        os.utime(media.path(digest), (at, at))
        return digest

    return put


def deliver(town: Town, name: str, state: State, digest: str, fetched: str, days: float) -> None:
    """A delivery in that state since so many days, and its post."""
    file = Media(town.home / "media").path(fetched)
    post = make_post(name, pictures=(Picture("it", file=file),))
    part = Part(Caption("", 0, 300, "graphemes"), (Variant(digest, "square", 1, 1, 1, "image/jpeg", ""),))
    ledger = town.ledger()
    [delivery] = accept(ledger, post, Draft(post.id, name, "bluesky", "en", (part,)))
    values = {
        "state": state,
        "due_at": NOW if state in DUE_STATES else None,
        "held": freeze(Held("why", "what")) if state == "held" else None,
        "remote_id": "it",
        "updated_at": NOW - timedelta(days=days),
    }
    with ledger.engine.begin() as connection, unchecked(connection):
        connection.execute(update(deliveries).where(deliveries.c.id == delivery).values(**values))
    ledger.engine.dispose()


def test_each_state_keeps_its_files_as_long_as_it_needs_them(town: Town, filed: Callable[..., str]) -> None:
    kept = set()
    for state in STATES:
        for name, days in (("old", 31), ("late", 29)):
            sent, fetched = f"sent {state} {name}".encode(), f"fetched {state} {name}".encode()
            deliver(town, f"{name}-{state}", state, filed(sent), filed(fetched), days)
            if name == "late" or state not in ("published", "failed", "cancelled", "missed", "deleted"):
                kept |= {sent, fetched}
    done = socialbot("media", "gc", home=town.home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "10 files, 0 kB, removed; 26 files, 0 kB, kept.\n", "")
    assert {path.read_bytes() for path in (town.home / "media").rglob("*") if path.is_file()} == kept


def test_what_nobody_refers_to_goes_after_a_day(town: Town, filed: Callable[..., str]) -> None:
    media, old, young = Media(town.home / "media"), filed(b"x" * 2000, 1.1), filed(b"young", 0.9)
    told = json.loads(socialbot("media", "gc", "--dry-run", "--json", home=town.home).stdout)
    assert told == {"removed": 1, "removed_bytes": 2000, "kept": 1, "kept_bytes": 5, "dry_run": True}
    assert media.get(old)
    assert socialbot("media", "gc", "--dry-run", home=town.home).stdout == (
        "1 file, 2 kB, would be removed; 1 file, 0 kB, kept.\n"
    )
    told = json.loads(socialbot("media", "gc", "--json", home=town.home).stdout)
    assert told == {"removed": 1, "removed_bytes": 2000, "kept": 1, "kept_bytes": 5, "dry_run": False}
    assert (media.path(old).exists(), media.path(young).exists()) == (False, True)


def test_how_long_settled_deliveries_keep_their_files_can_be_chosen(town: Town, filed: Callable[..., str]) -> None:
    deliver(town, "fog", "published", filed(b"sent"), filed(b"fetched"), days=5)
    assert json.loads(socialbot("media", "gc", "--json", home=town.home).stdout)["removed"] == 0
    assert json.loads(socialbot("media", "gc", "--keep-days", "4", "--json", home=town.home).stdout)["removed"] == 2
    assert socialbot("media", "gc", "--keep-days", "-1", home=town.home).returncode == 2


def test_a_post_that_waits_can_still_be_sent_after_a_sweep(town: Town) -> None:
    socialbot("enqueue", town.post, home=town.home)
    for path in (town.home / "media").rglob("*"):
        if path.is_file():
            os.utime(path, (DAY, DAY))
    assert json.loads(socialbot("media", "gc", "--json", home=town.home).stdout)["removed"] == 0
    assert socialbot("worker", "--until-empty", home=town.home).returncode == 0
    assert all(town.seen().values())
