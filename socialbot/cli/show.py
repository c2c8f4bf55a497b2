"""`socialbot show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialbot.cli.instance import Home, Instance, Json, open_instance
from socialbot.cli.preview import as_dict
from socialbot.cli.printing import console, length, moment, print_json, size

if TYPE_CHECKING:
    from socialbot.ledger import Delivery

Id = Annotated[str, typer.Argument(metavar="ID", help="A delivery's id, or its beginning.")]


def show(context: typer.Context, delivery: Id, json: Json = False, home: Home = "") -> None:
    """Tell everything about one delivery.

    What is sent, why it is labelled so, every call that was made, what came back.
    """
    instance = open_instance(context, home)
    found = instance.ledger.delivery(delivery)
    if json:
        print_json(_as_dict(found, instance))
    else:
        _print(found, instance)


def _as_dict(found: Delivery, instance: Instance) -> dict[str, Any]:
    from socialbot.nouns import as_json

    media = instance.intake().media
    preview = as_dict(instance.ledger.post(found.post), [found.draft], media)
    return {
        "id": found.id,
        "state": found.state,
        "due": found.due_at.isoformat() if found.due_at else None,
        "url": found.url,
        "remote_id": found.remote_id,
        "error": found.error,
        "held": {"reason": found.held.reason, "fix": found.held.fix} if found.held else None,
        "post": preview["post"],
        "draft": preview["drafts"][0],
        "disclosure": [as_json(evidence) for evidence in found.disclosure.evidence],
        "sends": [
            {
                "part": send.part,
                "started": send.started_at.isoformat(),
                "outcome": send.outcome,
                "learnt": send.learnt,
                "url": send.url,
                "evidence": send.evidence,
                "fingerprint": send.fingerprint,
            }
            for send in instance.ledger.sends(found.id)
        ],
        "swept": found.swept is not None,
        "history": [
            {"at": event.at.isoformat(), "what": event.what, "detail": event.detail}
            for event in instance.ledger.history(found.id)
        ],
    }


def _print(found: Delivery, instance: Instance) -> None:
    out, zone = console(), instance.settings.zone(found.account if found.account in instance.settings.accounts else None)
    out.print(f"{found.id}  {found.state}  {found.account} ({found.network})", style="bold")
    out.print(instance.ledger.post(found.post).title)
    if found.due_at:
        out.print(f"due {moment(found.due_at, zone)} ({zone.key})")
    for line in (found.url, found.error if not found.held else None):
        if line:
            out.print(line)
    if found.held:
        out.print(f"held: {found.held.reason}\nto do: {found.held.fix}")
    for part in found.draft.parts:
        out.print("\nIts words were swept." if found.swept else f"\n{part.caption.text}\n\n{length(part.caption)}")
        for picture in part.pictures:
            badge = f', badge "{picture.badge}"' if picture.badge else ""
            out.print(f"picture {picture.shape} {picture.width}×{picture.height}, {size(picture.bytes)}{badge}: {picture.alt}")
    out.print(f"label: {found.draft.label or 'none'}")
    for evidence in found.disclosure.evidence:
        out.print(f"  {evidence.facet} {evidence.value}, by {evidence.origin}: {evidence.detail}")
    for asked in found.draft.asked:
        out.print(f"  asked by {asked.pack}: {asked.rule}, for {', '.join(asked.surfaces)}")
    for warning in found.draft.warnings:
        out.print(f"warning: {warning}")
    out.print()
    for event in instance.ledger.history(found.id):
        out.print(f"{event.at:%Y-%m-%d %H:%M:%S} UTC  {event.what}: {event.detail}")
