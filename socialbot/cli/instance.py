"""Opening the instance that a command is about."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # a command pays only for what it uses
    from socialbot.intake import Intake
    from socialbot.ledger import Ledger
    from socialbot.redaction import Redaction
    from socialbot.settings import Settings

Home = Annotated[str, typer.Option("--home", metavar="DIR", help="The instance folder.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LogFormat = Annotated[
    str, typer.Option("--log-format", metavar="text|json", help="How the log is written.", show_default=False)
]
Accounts = Annotated[list[str], typer.Option("--account", "-a", metavar="A", help="Only this account; may be repeated.")]


@dataclass(frozen=True, slots=True)
class Instance:
    """A configured instance with its ledger open."""

    settings: Settings
    ledger: Ledger

    def intake(self) -> Intake:
        """The way in for posts."""
        from socialbot.intake import Intake

        return Intake(self.settings, self.ledger, now, chance())


def now() -> datetime:
    """The clock of the program."""
    return datetime.now(UTC)


def chance() -> random.Random:
    """The randomness of the program."""
    return random.SystemRandom()


def home_of(context: typer.Context, home: str) -> Path:
    """The instance folder: the command's own --home, else the program's, else the environment's, else here."""
    from socialbot.settings import find_home

    chosen = home or context.obj or ""
    return find_home(Path(chosen) if chosen else None)


def read_settings(context: typer.Context, home: str) -> Settings:
    """The configuration. Raises WrongConfiguration."""
    from socialbot.accounts import options_of
    from socialbot.settings import load

    return load(home_of(context, home), options_of)


def open_instance(context: typer.Context, home: str) -> Instance:
    """The configuration and the ledger. Raises Mistake."""
    from socialbot.ledger import Ledger

    settings = read_settings(context, home)
    return Instance(settings, Ledger.open(settings.store.url, settings.home))


def time_given(text: str, instance: Instance) -> datetime:
    """A moment to come that a person wrote; without a zone it is the site's. Raises BadParameter."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'"{text}" is no ISO 8601 time, like 2026-11-23T09:00') from None
    at = given if given.tzinfo else given.replace(tzinfo=instance.settings.zone())
    if at < now():
        raise typer.BadParameter(f"{text} has passed")
    return at


def start_log(settings: Settings, kind: str) -> Redaction:
    """Log to standard error, as `kind` or else the configuration says; what strikes out its secrets. Raises WrongUse."""
    from socialbot.logs import set_up
    from socialbot.nouns import WrongUse
    from socialbot.redaction import Redaction, secrets_of

    chosen = kind or settings.log.format
    if chosen not in ("text", "json"):
        raise WrongUse(f'there is no log format "{kind}"', fix="text or json")
    redaction = Redaction(secrets_of(settings))
    set_up("json" if chosen == "json" else "text", redaction)
    return redaction
