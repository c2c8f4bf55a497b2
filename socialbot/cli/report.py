"""`socialbot report`."""

from __future__ import annotations

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from socialbot.cli.instance import Accounts, Home, open_instance

if TYPE_CHECKING:
    from socialbot.reporting import Report


class Format(StrEnum):
    """The forms a report has."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"


def report(
    context: typer.Context,
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="From this day on, in the site's time zone.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="Up to this day, and with it.")] = "",
    account: Accounts = [],  # noqa: B006 - Typer copies it
    format: Annotated[  # noqa: A002 - the option's name
        Format | None, typer.Option("--format", help="Default: as FILE ends, else json.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there, not to standard output.")] = None,
    home: Home = "",
) -> None:
    """Prove what was said of AI in what is out.

    From the ledger alone; holds no names, consents or prompts, and may be shown to anybody.
    """
    from socialbot.reporting import report as told_of

    first, last = _day(since), _day(until)
    if first and last and last < first:
        raise typer.BadParameter(f"--until {last} is before --since {first}")
    instance = open_instance(context, home)
    settings = instance.settings
    told = told_of(instance.ledger, settings.zone(), settings.accounts, account, first, last)
    text = _text(told, format or _by_suffix(out))
    if out:
        out.write_text(text, encoding="utf-8", newline="")
    else:
        sys.stdout.write(text)
    differing = [entry.delivery for entry in told.deliveries if entry.flags_differ]
    if differing:
        print(f"socialbot: a flag was read back otherwise than it was sent: {', '.join(differing)}", file=sys.stderr)
        raise typer.Exit(1)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise typer.BadParameter(f'"{written}" is no day; a day is written like 2026-08-02') from None


def _by_suffix(out: Path | None) -> Format:
    suffix = out.suffix.lower().removeprefix(".") if out else ""
    return next((known for known in Format if known.value == suffix), Format.JSON)


def _text(told: Report, wanted: Format) -> str:
    if wanted is Format.HTML:
        from socialbot.web.report import page

        return page(told)
    if wanted is Format.CSV:
        from socialbot.reporting import to_csv

        return to_csv(told)
    from socialbot.reporting import to_json

    return to_json(told)
