"""`socialbot sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from socialbot.cli.instance import Home, Json, open_instance
from socialbot.cli.printing import print_json
from socialbot.nouns import Mistake

if TYPE_CHECKING:
    from socialbot.syncing import Change


def sync(
    context: typer.Context,
    posts: Annotated[list[str], typer.Argument(metavar="POST...", help="Post files, gone ones too, or addresses.")],
    json: Json = False,
    home: Home = "",
) -> None:
    """Have what is out follow its source.

    A post that changed is edited where the network can, or answered with a correction; one that is gone (its file removed,
    `draft: true`, `retracted: true`, or its address answers 410) is removed once a person approves. What still waits is
    drafted anew, or cancelled.
    """
    from socialbot.syncing import Syncing

    syncing = Syncing(open_instance(context, home).intake())
    failed, found = False, []
    for post in posts:
        try:
            changes = syncing.sync(post)
        except Mistake as mistake:
            typer.echo(f"{post}: {mistake}", err=True)
            failed = True
            continue
        failed |= any(change.held for change in changes)
        found += [
            {
                "post": post,
                "account": one.account,
                "outcome": one.outcome,
                "delivery": one.delivery,
                "detail": one.detail,
                "held": {"reason": one.held.reason, "fix": _fix(one)} if one.held else None,
            }
            for one in changes
        ]
        if not json:
            print(f"{post}:{'' if changes else ' nothing of it is out or waits'}")
            for one in changes:
                print(f"  {one.delivery}  {one.account:<12} {one.outcome}: {one.detail}")
                if one.held:
                    print(f"    {one.held.reason} {_fix(one)}")
    if json:
        print_json(found)
    raise typer.Exit(1 if failed else 0)


def _fix(change: Change) -> str:
    return change.held.fix.replace("ID", change.delivery) if change.held else ""
