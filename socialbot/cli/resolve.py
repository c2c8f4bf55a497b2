"""`socialbot resolve`."""

from __future__ import annotations

from typing import Annotated

import typer

from socialbot.cli.instance import Home, open_instance
from socialbot.cli.show import Id


def resolve(
    context: typer.Context,
    delivery: Id,
    posted: Annotated[str, typer.Option("--posted", metavar="URL", help="It is out, here.")] = "",
    not_posted: Annotated[bool, typer.Option("--not-posted", help="It is not out; send it.")] = False,
    home: Home = "",
) -> None:
    """Say whether a doubtful delivery is out.

    For what socialbot cannot find out by itself.
    """
    if bool(posted) == not_posted:
        raise typer.BadParameter("say either --posted URL or --not-posted")
    if posted and not posted.startswith(("https://", "http://")):
        raise typer.BadParameter(f'"{posted}" is no address; it begins with https://')
    done = open_instance(context, home).intake().resolve(delivery, posted or None)
    print(f"{done.id} is {done.state}{f', {done.url}' if done.url else '; it will be sent'}.")
