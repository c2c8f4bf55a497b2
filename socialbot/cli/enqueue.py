"""`socialbot enqueue`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from socialbot.cli.instance import Accounts, Home, Instance, open_instance, time_given
from socialbot.cli.printing import moment
from socialbot.nouns import Mistake, WrongConfiguration

if TYPE_CHECKING:
    from socialbot.intake import Intake, Receipt
    from socialbot.ledger import Accepted


def enqueue(
    context: typer.Context,
    posts: Annotated[list[Path], typer.Argument(metavar="POST...", help="Post files.")],
    account: Accounts = [],  # noqa: B006 - Typer copies it
    at: Annotated[str, typer.Option("--at", metavar="ISO", help="Send at this time; without a zone, the site's.")] = "",
    send_now: Annotated[bool, typer.Option("--now", help="Send at once: slots are set aside, a date to come is not.")] = False,
    urgent: Annotated[bool, typer.Option("--urgent", help="Send at once and first, but not in quiet hours.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send once more, on purpose, what was sent before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; write nothing to the ledger.")] = False,
    home: Home = "",
) -> None:
    """Accept posts: they are on disk before it returns.

    The same post again changes nothing, and says so. What was adopted is sent by --again alone.
    """
    instance = open_instance(context, home)
    moment_given = time_given(at, instance) if at else None
    if sum((bool(moment_given), send_now, urgent)) > 1:
        raise typer.BadParameter("--at, --now and --urgent exclude each other")
    if urgent and again:
        raise typer.BadParameter("--urgent and --again exclude each other; use --now")
    if dry_run:
        from socialbot.cli.preview import print_preview

        raise typer.Exit(max([print_preview(instance, path, account, again=again) for path in posts]))
    failed = False
    intake = instance.intake()
    receipts = (
        (_again(intake, path, account, moment_given, send_now) for path in posts)
        if again
        else intake.enqueue(posts, account, at=moment_given, now=send_now, urgent=urgent)
    )
    for receipt in receipts:
        failed |= _print(receipt, instance)
    raise typer.Exit(1 if failed else 0)


def _again(intake: Intake, path: Path, names: list[str], at: datetime | None, now: bool) -> Receipt:
    """A post that cannot be sent again keeps no other from it."""
    from socialbot.intake import Receipt

    try:
        return intake.again(path, names, at=at, now=now)
    except WrongConfiguration:
        raise
    except Mistake as mistake:
        return Receipt(path, mistake=mistake)


def _print(receipt: Receipt, instance: Instance) -> bool:
    """Print one receipt; True when something failed or is held."""
    if receipt.mistake:
        typer.echo(f"{receipt.path}: not accepted: {receipt.mistake}", err=True)
        return True
    print(f"{receipt.path.name}: {receipt.post.title if receipt.post else ''}")
    for warning in dict.fromkeys(warning for draft in receipt.drafts for warning in draft.warnings):
        print(f"  warning: {warning}")
    for accepted in receipt.accepted:
        print(f"  {accepted.delivery}  {accepted.account:<12} {_outcome(accepted, instance)}")
    for account in receipt.adopted:
        print(f"  {'–':<16}  {account:<12} adopted, not sent; --again sends it")
    if not receipt.accepted and not receipt.adopted:
        print("  no account takes it")
    return any(accepted.state in ("held", "failed", "missed") for accepted in receipt.accepted)


def _outcome(accepted: Accepted, instance: Instance) -> str:
    if accepted.state == "held":
        held = instance.ledger.delivery(accepted.delivery).held
        text = f"held: {held.reason} {held.fix}" if held else "held"
    elif accepted.due_at:
        text = f"{accepted.state}, due {moment(accepted.due_at, instance.settings.zone(accepted.account))}"
    else:
        missed = instance.ledger.delivery(accepted.delivery).error if accepted.state == "missed" else None
        text = f"missed: {missed}" if missed else accepted.state
    said = {"known": f"known already; nothing changed ({text})", "redrafted": f"drafted anew, {text}"}
    return said.get(accepted.outcome, text)
