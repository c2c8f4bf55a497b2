"""`socialbot pause`."""

from __future__ import annotations

from typing import Annotated

import typer

from socialbot.cli.instance import Home, open_instance, time_given
from socialbot.cli.printing import moment

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's name in socialbot.toml.")]


def pause(
    context: typer.Context,
    account: Account,
    until: Annotated[str, typer.Option("--until", metavar="ISO", help="Until then; without a zone, the site's.")] = "",
    home: Home = "",
) -> None:
    """Send nothing more of an account.

    Until `socialbot resume`, or the time given. Posts are still accepted; what is due meanwhile goes by the timetable later.
    """
    instance = open_instance(context, home)
    instance.settings.account(account)
    end = time_given(until, instance) if until else None
    calling = instance.ledger.pause(account, end)
    print(f"{account} is paused until {moment(end, instance.settings.zone(account)) if end else 'you resume it'}.")
    if calling:
        print("One post is being sent in this moment, and may still come out.")
