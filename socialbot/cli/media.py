"""`socialbot media`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from socialbot.cli.instance import Home, Json, now, open_instance
from socialbot.cli.printing import print_json, size

if TYPE_CHECKING:
    from socialbot.ledger import Ledger

YOUNGEST = timedelta(days=1)
"""What is younger may belong to a post that is being accepted just now."""

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def media() -> None:
    """Look after the media store."""


@app.command()
def gc(
    context: typer.Context,
    keep_days: Annotated[
        int,
        typer.Option(
            "--keep-days",
            metavar="N",
            min=0,
            help="How long what is out, failed, cancelled, missed or deleted keeps its files.",
        ),
    ] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Remove nothing; tell what would be removed.")] = False,
    json: Json = False,
    home: Home = "",
) -> None:
    """Remove pictures that no delivery needs any more.

    What a held, queued, running or unknown delivery needs always stays, and so does what is younger than a day.
    """
    from socialbot.accounts import media_of

    instance = open_instance(context, home)
    before = now()
    needed = _needed(instance.ledger, before - timedelta(days=keep_days))
    store = media_of(instance.settings)
    swept = store.sweep(needed, (before - YOUNGEST).timestamp(), dry_run=dry_run)
    if json:
        print_json({**asdict(swept), "dry_run": dry_run})
        return
    done = "would be removed" if dry_run else "removed"
    print(
        f"{_files(swept.removed)}, {size(swept.removed_bytes)}, {done}; {_files(swept.kept)}, {size(swept.kept_bytes)}, kept."
    )


def _needed(ledger: Ledger, settled_since: datetime) -> set[str]:
    """The digests of all deliveries that may still be sent, or were settled only lately, and of their posts."""
    from socialbot.media import digests_of

    settled = ("published", "failed", "cancelled", "missed", "deleted")
    kept = [one for one in ledger.deliveries() if one.state not in settled or one.updated_at >= settled_since]
    return digests_of((one.draft for one in kept), (ledger.post(post) for post in {one.post for one in kept}))


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"
