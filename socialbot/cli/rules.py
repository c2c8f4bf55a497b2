"""`socialbot rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialbot.cli.instance import Home, Json, home_of
from socialbot.cli.printing import console, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from socialbot.disclosure.ruling import Pack, Rule

_ASKS = {
    "caption": "the caption",
    "flag": "the network's own flag",
    "alt": "the alt text",
    "badge": "words on the picture",
    "metadata": "a mark in the file",
}


def rules(
    context: typer.Context,
    pack: Annotated[list[str], typer.Option("--pack", "-p", metavar="P", help="Only this one; may be repeated.")] = [],  # noqa: B006 - Typer copies it
    json: Json = False,
    home: Home = "",
) -> None:
    """List what laws and networks ask where AI took part.

    Each rule with its day and source. No instance needed; packs in its folder rules/ are listed, too.
    """
    from socialbot.disclosure.ruling import all_packs, chosen

    known = all_packs(_own(context, home))
    packs = chosen(pack or sorted(known), known)
    if json:
        print_json([_as_dict(one) for one in packs])
    else:
        console().print("\n\n".join(_told(one) for one in packs))


def _own(context: typer.Context, home: str) -> Path | None:
    """The folder of the instance's own packs; None where there is no instance."""
    from socialbot.settings import CONFIG

    folder = home_of(context, home)
    return folder / "rules" if (folder / CONFIG).exists() else None


def _told(pack: Pack) -> str:
    own = ", your own" if pack.own else ""
    return "\n\n".join((f"{pack.name}: {pack.title} (version {pack.version}{own})", *(_lines(rule) for rule in pack.rules)))


def _lines(rule: Rule) -> str:
    lines = [
        f"  {rule.id}, from {rule.starts}{f', on {_listed(rule.networks)}' if rule.networks else ''}",
        f"    {rule.says}",
        f"    asks for {_asks(rule)}",
        f"    source: {rule.source}; checked {rule.checked}, {rule.strength}",
    ]
    return "\n".join(lines + ([f"    note: {rule.note}"] if rule.note else []))


def _asks(rule: Rule) -> str:
    asks = _listed(tuple(_ASKS[surface] for surface in rule.asks))
    if rule.badge_share:
        asks += f", letters at least {rule.badge_share * 100:g} % of the shortest side high"
    if rule.words:
        asks += f", saying {' and '.join(' or '.join(group) for group in rule.words)}"
    return f"{asks}, the label opening the caption" if rule.first else asks


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _as_dict(pack: Pack) -> dict[str, Any]:
    """A pack under the keys of its file."""
    from socialbot.nouns import as_json

    written: dict[str, Any] = as_json(pack)
    for rule in written["rules"]:
        rule["from"] = rule.pop("starts")
    return written
