"""`socialbot cancel`."""

from __future__ import annotations

import typer

from socialbot.cli.instance import Home, open_instance
from socialbot.cli.show import Id


def cancel(context: typer.Context, delivery: Id, home: Home = "") -> None:
    """Make sure that nothing more of a delivery is sent.

    Refused when it is, or may be, out already; the rest of a thread can be cancelled.
    """
    done = open_instance(context, home).ledger.cancel(delivery)
    print(f"{done.id} is cancelled; it will not be sent.")
