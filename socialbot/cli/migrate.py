"""`socialbot migrate`."""

from __future__ import annotations

from typing import Annotated

import typer

from socialbot.cli.instance import Home, read_settings


def migrate(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; status 1 when the store is behind.")] = False,
    home: Home = "",
) -> None:
    """Bring the store's tables up to those of this release.

    A SQLite store is backed up and brought up to date by any command. A PostgreSQL store waits for this one: stop the
    workers of older releases before.
    """
    from socialbot.ledger import migrate_store, revisions

    settings = read_settings(context, home)
    found, wanted = revisions(settings.store.url, settings.home)
    if found == wanted:
        print(f"The store is up to date ({wanted}).")
    elif check:
        print(f"The store is {'empty' if found is None else f'of revision {found}'}; this release uses {wanted}.")
        raise typer.Exit(1)
    else:
        migrate_store(settings.store.url, settings.home)
        print(f"The store went from {'nothing' if found is None else found} to {wanted}.")
