"""A post's place in the timetable of an account that has 100,000 posts queued. Run: python benchmarks/timetable.py"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import insert

from socialbot.ledger import Ledger
from socialbot.ledger.schema import deliveries, posts
from socialbot.nouns import Caption, Disclosure, Draft, Part, Post, freeze
from socialbot.planning import Planner
from socialbot.settings import AccountSettings, Settings
from socialbot.timetable import slots_after

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SLOTS = [f"daily {hour:02}:00" for hour in (7, 10, 13, 16, 19)]


def draft(post: str) -> Draft:
    """What the account would send."""
    return Draft(post, "chat", "discord", "en", (Part(Caption("Words " * 50, 300, 2000, "utf-16")),))


def filled(home: Path, settings: Settings, number: int) -> Ledger:
    """A ledger with this many posts queued, one in each of the next slots."""
    ledger = Ledger.open("sqlite:///socialbot.db", home, lambda: NOW)
    account = settings.account("chat")
    places = list(islice(slots_after(account.slots, settings.zone("chat"), NOW), number))
    frozen = {
        "draft": freeze(draft("p")),
        "disclosure": freeze(Disclosure()),
        "created_at": NOW,
        "updated_at": NOW,
    }
    same = {"account": "chat", "network": "discord", "variant": "feed", "state": "queued", "urgent": False, "kind": "publish"}
    rows = [
        {"id": f"d{n:06}", "post": f"p{n}", "due_at": slot, "slot": slot, "fence": 0, "tries": 0, "finds": 0, **same, **frozen}
        for n, slot in enumerate(places)
    ]
    told = {"source": "", "title": "", "frozen": "{}", "received_at": NOW}
    with ledger.engine.begin() as connection:
        connection.execute(insert(posts), [{"id": f"p{n}", "content_hash": f"p{n}", **told} for n in range(number)])
        connection.execute(insert(deliveries), rows)
    return ledger


def accept(ledger: Ledger, settings: Settings, name: str) -> float:
    """Seconds to accept one post, as one `enqueue` does."""
    post = Post(id=name, source=name, content_hash=name, title=name)
    start = time.perf_counter()
    ledger.accept(post, [(draft(name), Disclosure())], Planner(settings, NOW, None, False, random.Random(1)).plan)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    print(f"Python {sys.version.split()[0]}\n\n| queued | first post | later posts | once a place is free |\n|---|---|---|---|")
    account = AccountSettings.model_validate({"network": "discord", "slots": SLOTS, "spacing": 60, "jitter": 5})
    settings = Settings().model_copy(update={"accounts": {"chat": account}})
    for number in (10, 1_000, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            ledger = filled(Path(folder), settings, number)
            first = accept(ledger, settings, "first")
            later = sorted(accept(ledger, settings, f"later{n}") for n in range(50))[25]
            freed = ledger.cancel("d000005")
            again = accept(ledger, settings, "again")
            assert freed.state == "cancelled"
            ledger.engine.dispose()
        print(f"| {number:,} | {first * 1000:.0f} ms | {later * 1000:.1f} ms | {again * 1000:.0f} ms |", flush=True)


if __name__ == "__main__":
    main()
