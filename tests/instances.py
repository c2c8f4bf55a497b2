"""A whole instance on loopback fakes, with the example site, as a user would have it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from socialbot.accounts import options_of
from socialbot.intake import Intake
from socialbot.ledger import Ledger
from socialbot.settings import Settings, load
from socialbot.testing.fakes import BlueskyFake, DiscordFake, MastodonFake

EXAMPLES = Path(__file__).parents[1] / "examples"
POST = '---\ntitle: "{title}"\ndate: {date}\ncanonical: https://example.org/{slug}\n---\nWords about {slug}.\n'


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Town:
    """The instance in `home`, and the networks it posts to."""

    home: Path
    blue: BlueskyFake
    masto: MastodonFake
    chat: DiscordFake

    @property
    def post(self) -> Path:
        """The example post."""
        return next((self.home / "content" / "posts").glob("*.md"))

    def settings(self) -> Settings:
        return load(self.home, options_of)

    def ledger(self) -> Ledger:
        return Ledger.open(self.settings().store.url, self.home)

    def intake(self) -> Intake:
        return Intake(self.settings(), self.ledger(), now, random.SystemRandom())

    def write(self, slug: str, folder: str = "content/posts", date: str = "2025-01-01") -> Path:
        path = self.home / folder / f"{slug}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(POST.format(title=slug.title(), slug=slug, date=date))
        return path

    def configure(self, text: str) -> None:
        """Add to socialbot.toml."""
        with (self.home / "socialbot.toml").open("a") as config:
            config.write(text)

    def seen(self) -> dict[str, list[str]]:
        """What the public saw, by account."""
        fakes = {"blue": self.blue, "masto": self.masto, "chat": self.chat}
        return {name: [seen.text for seen in fake.posts] for name, fake in fakes.items()}


@contextmanager
def a_town(home: Path, store: str = "sqlite:///socialbot.db") -> Iterator[Town]:
    shutil.copytree(EXAMPLES, home, dirs_exist_ok=True)
    with BlueskyFake() as blue, MastodonFake() as masto, DiscordFake() as chat:
        tables = [f'[site]\nurl = "https://example.org"\n[store]\nurl = "{store}"\n']
        for name, fake in (("blue", blue), ("masto", masto), ("chat", chat)):
            tables.append(f"[accounts.{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in fake.account().items()))
        (home / "socialbot.toml").write_text("".join(tables))
        yield Town(home, blue, masto, chat)
