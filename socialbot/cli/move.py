"""`socialbot move`."""

from __future__ import annotations

from typing import Annotated

import typer

from socialbot.cli.instance import Home, open_instance, time_given
from socialbot.cli.printing import moment
from socialbot.cli.show import Id


def move(
    context: typer.Context,
    delivery: Id,
    at: Annotated[str, typer.Option("--at", metavar="ISO", help="When it shall go; without a zone, the site's.")],
    home: Home = "",
) -> None:
    """Give a waiting delivery another time.

    The timetable is set aside for it; its post's date and end are not.
    """
    instance = open_instance(context, home)
    done = instance.intake().move(delivery, time_given(at, instance))
    print(f"{done.id} is moved, due {moment(done.due_at, instance.settings.zone(done.account))}.")
