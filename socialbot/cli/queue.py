"""`socialbot queue`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from socialbot.cli.instance import Home, Json, open_instance
from socialbot.cli.printing import moment, print_json, print_table


def queue(
    context: typer.Context,
    state: Annotated[
        str,
        typer.Option(
            "--state", metavar="S", help="held, queued, running, unknown, published, failed, cancelled, missed or deleted."
        ),
    ] = "",
    json: Json = False,
    home: Home = "",
) -> None:
    """List deliveries, the soonest due first."""
    from socialbot.ledger import STATES, Delivery, State

    wanted: State | None = next((known for known in STATES if known == state), None)
    if state and not wanted:
        raise typer.BadParameter(f'"{state}" is no state; one of: {", ".join(STATES)}')
    instance = open_instance(context, home)

    def row(one: Delivery) -> dict[str, Any]:
        return {
            "id": one.id,
            "state": one.state,
            "account": one.account,
            "network": one.network,
            "title": titles[one.post],
            "due": one.due_at.isoformat() if one.due_at else None,
            "url": one.url,
            "error": one.error,
            "held": {"reason": one.held.reason, "fix": one.held.fix} if one.held else None,
        }

    found = instance.ledger.deliveries(wanted)
    titles = instance.ledger.titles({one.post for one in found})
    if json:
        print_json([row(one) for one in found])
        return
    if not found:
        print(f"Nothing is {state}." if state else "The queue is empty.")
        return
    zone = instance.settings.zone()
    print_table(
        ("id", "state", "account", "due", "post"),
        [(one.id, one.state, one.account, moment(one.due_at, zone), _about(one, titles[one.post])) for one in found],
    )


def _about(one: Any, title: str) -> str:
    said = one.held.reason if one.held else one.url or one.error
    return f"{title}\n{said}" if said else title
