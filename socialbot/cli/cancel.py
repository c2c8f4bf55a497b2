"""`socialbot cancel`."""

from __future__ import annotations

import typer

from socialbot.cli.instance import Home, open_instance
from socialbot.cli.show import Id


def cancel(context: typer.Context, delivery: Id, home: Home = "") -> None:
    """Make sure a delivery will never be sent.

    Refused when it is, or may be, out already.
    """
    done = open_instance(context, home).ledger.cancel(delivery)
    print(f"{done.id} is cancelled; it will not be sent.")
