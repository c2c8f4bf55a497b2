"""`socialbot adopt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from socialbot.cli.instance import Home, open_instance


def adopt(
    context: typer.Context,
    posts: Annotated[list[Path], typer.Argument(metavar="[POST]...", help="Post files; without any, all of site.posts.")] = [],  # noqa: B006 - Typer copies it
    home: Home = "",
) -> None:
    """Mark posts as seen: what was published before socialbot came is not sent.

    That holds for accounts that are added later, too. What is dated in the future is not marked, and what waits already
    goes out. `socialbot enqueue POST --again` sends a marked post.
    """
    receipts = open_instance(context, home).intake().adopt(posts)
    for receipt in receipts:
        if receipt.mistake:
            typer.echo(f"{receipt.path}: {receipt.mistake}", err=True)
    seen = sum(receipt.post is not None for receipt in receipts)
    print(f"{seen} {'post is' if seen == 1 else 'posts are'} marked as seen.")
    raise typer.Exit(1 if any(receipt.mistake for receipt in receipts) else 0)
