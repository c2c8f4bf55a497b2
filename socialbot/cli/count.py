"""`socialbot count`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialbot.cli.instance import Json
from socialbot.cli.printing import print_json, unit_name

if TYPE_CHECKING:
    from socialbot.nouns import Limits


def count(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="Any network socialbot has the rules of.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help='A text in UTF-8; "-" is standard input.')] = "-",
    title: Annotated[bool, typer.Option("--title", help="Count it as a title, for the title's own field.")] = False,
    json: Json = False,
) -> None:
    """Count a text as the network does.

    One line end at the end of the text is not counted. Exit status: 0 it fits, 1 it does not, 2 wrong use. No instance needed.
    """
    limits = _limits(network, title)
    counted = _counted(_read(file), limits)
    if json:
        print_json(counted)
    else:
        print(_sentence(counted))
    raise typer.Exit(0 if counted["fits"] else 1)


def _limits(network: str, title: bool) -> Limits:
    from socialbot.captions.counting import of_title
    from socialbot.networks import limits_of
    from socialbot.nouns import WrongUse

    limits = of_title(limits_of(network)) if title else limits_of(network)
    if limits is None:
        raise WrongUse(f"{network} has no field for a title", fix="count it without --title, as part of the text")
    return limits


def _read(file: str) -> str:
    """The text, without one line end at its end. Raises WrongUse."""
    from socialbot.nouns import WrongUse

    name = "standard input" if file == "-" else file
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = content.decode("utf-8-sig")  # the mark that some editors begin a file with is no text
    except OSError as error:
        raise WrongUse(f"{name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise WrongUse(f"{name} is not UTF-8: byte {error.start + 1:,} cannot be read", fix="save it as UTF-8") from None
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")


def _counted(text: str, limits: Limits) -> dict[str, Any]:
    from socialbot.captions.counting import fits, usage

    used, limit, unit = usage(text, limits)
    counted = {"used": used, "limit": limit, "unit": unit, "fits": fits(text, limits)}
    if limits.max_text_bytes is not None:
        counted |= {"bytes": len(text.encode()), "max_bytes": limits.max_text_bytes}
    return counted


def _sentence(counted: dict[str, Any]) -> str:
    told = f"{counted['used']:,} of {counted['limit']:,} {unit_name(counted['unit'])}"
    if "bytes" in counted and counted["used"] <= counted["limit"] and not counted["fits"]:
        told += f", but {counted['bytes']:,} of {counted['max_bytes']:,} bytes"
    return f"{told}: it {'fits' if counted['fits'] else 'does not fit'}"
