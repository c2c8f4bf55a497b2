"""`socialbot retry`."""

from __future__ import annotations

import typer

from socialbot.cli.instance import Home, open_instance
from socialbot.cli.show import Id


def retry(context: typer.Context, delivery: Id, home: Home = "") -> None:
    """Queue a failed or cancelled delivery again.

    Also one that was given up; refused when it may be out already.
    """
    done = open_instance(context, home).intake().retry(delivery)
    print(f"{done.id} is queued again, for now.")
