"""`socialbot approve`."""

from __future__ import annotations

from typing import Annotated

import typer

from socialbot.cli.instance import Home, open_instance
from socialbot.cli.printing import moment
from socialbot.cli.show import Id


def approve(
    context: typer.Context,
    delivery: Id,
    send_now: Annotated[bool, typer.Option("--now", help="Send at once; slots are set aside.")] = False,
    home: Home = "",
) -> None:
    """Let a held delivery through as it was drafted.

    It goes at its account's next free slot.
    """
    instance = open_instance(context, home)
    done = instance.intake().approve(delivery, now=send_now)
    print(f"{done.id} is approved, due {moment(done.due_at, instance.settings.zone(done.account))}.")
