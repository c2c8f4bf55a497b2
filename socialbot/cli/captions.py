"""`socialbot captions`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialbot.cli.instance import Home, Json, home_of, read_settings
from socialbot.cli.preview import print_words, words
from socialbot.cli.printing import console, length, print_json

if TYPE_CHECKING:
    from socialbot.captions.linting import Fault
    from socialbot.captions.templates import Checked
    from socialbot.nouns import Draft
    from socialbot.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def captions() -> None:
    """Try captions on every network; look after the templates."""


@app.command()
def check(context: typer.Context, json: Json = False, home: Home = "") -> None:
    """Check every template: none may lose label or link."""
    from socialbot import networks
    from socialbot.captions import Templates

    settings = read_settings(context, home)
    names = {*settings.accounts, *networks.counted()}
    checked = Templates(settings.home / "captions").check(names)
    if json:
        print_json([_as_dict(one) for one in checked])
    else:
        for one in checked:
            for line in map(_line, one.faults) if one.faults else [": fine"]:
                print(f"{_name(one)}{line}")
    raise typer.Exit(1 if any(one.faults for one in checked) else 0)


@app.command()
def show(
    context: typer.Context,
    post: Annotated[Path, typer.Argument(metavar="POST", help="A post file.")],
    network: Annotated[list[str], typer.Option("--network", "-n", metavar="N", help="Only this one; may be repeated.")] = [],  # noqa: B006 - Typer copies it
    json: Json = False,
    home: Home = "",
) -> None:
    """Show a post's words on every network.

    Also on those socialbot cannot post to yet. It needs no account, and no configuration.
    """
    from socialbot.intake import everywhere
    from socialbot.media import Media
    from socialbot.networks.protocol import utc_now

    with TemporaryDirectory() as scratch:
        read, drafts = everywhere(post, _settings(context, home), Media(Path(scratch)), utc_now().date(), network)
    if json:
        print_json([{"network": draft.network, **words(draft)} for draft in drafts])
    else:
        if read.unpublished:
            console().print(f"Not published yet ({read.unpublished}): enqueue would not take it.")
        _print_warnings(drafts)
        for alike in _alike(drafts):
            name = ", ".join(f"{draft.network} ({length(draft.parts[0].caption)})" for draft in alike)
            print_words(alike[0], name)
    raise typer.Exit(1 if any(draft.held for draft in drafts) else 0)


def _print_warnings(drafts: Sequence[Draft]) -> None:
    """Each once, with the networks it is about unless it is about all."""
    about: dict[str, list[str]] = {}
    for draft in drafts:
        for warning in draft.warnings:
            about.setdefault(warning, []).append(draft.network)
    for warning, names in about.items():
        where = "" if len(names) == len(drafts) else f" ({', '.join(names)})"
        console().print(f"warning{where}: {warning}")


def _alike(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """The drafts, those together that say the same."""
    groups: dict[Any, list[Draft]] = {}
    for draft in drafts:
        said = tuple((part.caption.title, part.caption.text) for part in draft.parts)
        groups.setdefault((said, draft.label, draft.cost_usd, draft.held), []).append(draft)
    return list(groups.values())


def _settings(context: typer.Context, home: str) -> Settings:
    """The instance's configuration, or where there is none, what stands when nothing is set."""
    from socialbot.settings import CONFIG, Settings

    folder = home_of(context, home)
    return read_settings(context, home) if (folder / CONFIG).exists() else Settings(home=folder)


def _name(one: Checked) -> str:
    return f"captions/{one.path.name}" if one.own else f"socialbot's own {one.path.name}"


def _line(fault: Fault) -> str:
    place = f", line {fault.line}" if fault.line else ""
    return f"{place}: {fault.what}{f'; {fault.fix}' if fault.fix else ''}"


def _as_dict(one: Checked) -> dict[str, Any]:
    return {"file": str(one.path), "own": one.own, "faults": [fault._asdict() for fault in one.faults]}
