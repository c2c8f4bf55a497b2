"""`socialbot links`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from socialbot.cli.instance import Home, Json, open_instance
from socialbot.nouns import Mistake


def links(
    context: typer.Context,
    posts: Annotated[list[Path], typer.Argument(metavar="POST...", help="Post files.")],
    write: Annotated[bool, typer.Option("--write", help="Set `syndicated:` in each post's YAML front matter.")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Add all of them to one JSON file.")] = None,
    json: Json = False,
    home: Home = "",
) -> None:
    """Tell where posts are out, for the site to link to."""
    from socialbot import syndication

    intake = open_instance(context, home).intake()
    found, failed = {}, False
    for path in posts:
        try:
            post = intake.read(path)
            known = intake.ledger.known(post)
            there = syndication.links_of(intake.ledger, known.id) if known else []
            ours = syndication.ours(intake.ledger, known.id) if known else set()
            changed = write and bool(there) and syndication.write_back(path, there, ours)
        except Mistake as mistake:
            typer.echo(str(mistake), err=True)
            failed = True
            continue
        found[post.url or post.source] = there
        if not json:
            print(f"{path.name}:{'' if there else ' not out yet'}{' written' if changed else ''}")
            for one in there:
                print(f"  {one.account:<12} {one.url}")
    if json:
        print(syndication.as_json(found), end="")
    if out:
        out.write_text(syndication.merged(out, found), encoding="utf-8")
    raise typer.Exit(1 if failed else 0)
