"""`socialbot resume`."""

from __future__ import annotations

import typer

from socialbot.cli.instance import Home, open_instance
from socialbot.cli.pause import Account


def resume(context: typer.Context, account: Account, home: Home = "") -> None:
    """Let a paused account post again, by its timetable."""
    instance = open_instance(context, home)
    instance.settings.account(account)
    print(f"{account} posts again." if instance.ledger.resume(account) else f"{account} was not paused.")
