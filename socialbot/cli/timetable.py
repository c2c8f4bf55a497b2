"""`socialbot timetable`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from socialbot.cli.instance import Accounts, Home, Json, now, open_instance
from socialbot.cli.printing import moment, print_json, print_table

if TYPE_CHECKING:
    from socialbot.planning import Entry


def timetable(
    context: typer.Context,
    account: Accounts = [],  # noqa: B006 - Typer copies it
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How far to look ahead.")] = 14,
    json: Json = False,
    home: Home = "",
) -> None:
    """Show what goes when, by each account's own clock, and which slots are free."""
    from socialbot.planning import agenda

    instance = open_instance(context, home)
    for name in account:
        instance.settings.account(name)
    names, until = account or list(instance.settings.accounts), now() + timedelta(days=days)
    pauses = instance.ledger.pauses()
    told = []
    for number, name in enumerate(names):
        zone, entries = instance.settings.zone(name), agenda(instance.settings, instance.ledger, name, until)
        if json:
            paused = {"until": _iso(pauses[name])} if name in pauses else None
            told.append(
                {"account": name, "timezone": zone.key, "paused": paused, "entries": [_entry(one, zone) for one in entries]}
            )
            continue
        print(end="\n" if number else "")
        print(f"{name}, {zone.key}{_pause(pauses[name], zone) if name in pauses else ''}")
        _print(entries, zone, days)
    if json:
        print_json(told)


def _print(entries: list[Entry], zone: ZoneInfo, days: int) -> None:
    if not entries:
        print(f"Nothing is due within {days} days.")
        return
    print_table(
        ("when", "state", "id", "post"),
        [
            (moment(one.at, zone), one.delivery.state, one.delivery.id, f"{one.title}{_why(one)}")
            if one.delivery
            else (moment(one.at, zone), "free", "", "")
            for one in entries
        ],
    )


def _pause(until: datetime | None, zone: ZoneInfo) -> str:
    return f", paused until {moment(until, zone)}" if until else ", paused"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _why(entry: Entry) -> str:
    assert entry.delivery
    kind = entry.delivery.kind if entry.delivery.kind != "publish" else ""
    word = "urgent" if entry.delivery.urgent else "by hand" if entry.delivery.pinned else ""
    said = ", ".join(filter(None, (kind, word)))
    return f" ({said})" if said else ""


def _entry(one: Entry, zone: ZoneInfo) -> dict[str, Any]:
    at = {"at": one.at.isoformat(), "local": one.at.astimezone(zone).isoformat()}
    if not one.delivery:
        return {**at, "free": True}
    return {
        **at,
        "free": False,
        "id": one.delivery.id,
        "state": one.delivery.state,
        "kind": one.delivery.kind,
        "title": one.title,
        "urgent": one.delivery.urgent,
        "by_hand": one.delivery.pinned,
        "not_after": _iso(one.delivery.not_after),
    }
