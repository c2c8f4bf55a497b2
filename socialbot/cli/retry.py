"""`socialbot retry`."""

from __future__ import annotations

import typer

from socialbot.cli.instance import Home, open_instance
from socialbot.cli.printing import moment
from socialbot.cli.show import Id


def retry(context: typer.Context, delivery: Id, home: Home = "") -> None:
    """Queue a failed or cancelled delivery again.

    Also one that was given up; refused when it may be out already.
    """
    instance = open_instance(context, home)
    done = instance.intake().retry(delivery)
    print(f"{done.id} is queued again, due {moment(done.due_at, instance.settings.zone(done.account))}.")
