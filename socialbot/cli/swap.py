"""`socialbot swap`."""

from __future__ import annotations

from typing import Annotated

import typer

from socialbot.cli.instance import Home, open_instance
from socialbot.cli.printing import moment
from socialbot.cli.show import Id


def swap(
    context: typer.Context,
    delivery: Id,
    other: Annotated[str, typer.Argument(metavar="ID", help="Another delivery of the same account.")],
    home: Home = "",
) -> None:
    """Let two waiting deliveries of an account take each other's time."""
    instance = open_instance(context, home)
    for done in instance.intake().swap(delivery, other):
        print(f"{done.id} is due {moment(done.due_at, instance.settings.zone(done.account))}.")
