"""The networks: one file each, all of one shape, found by the entry point `socialbot.networks`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from socialbot.networks.ahead import AHEAD
from socialbot.nouns import Limits, WrongUse

if TYPE_CHECKING:  # counting needs no adapter, and an adapter is heavy
    from socialbot.networks.protocol import Network

GROUP = "socialbot.networks"


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """Read once: every look goes through the metadata of all that is installed."""
    return tuple(entry_points(group=GROUP))


def names() -> list[str]:
    """The networks that are installed, ours and third parties'."""
    return sorted({point.name for point in _installed()})


@cache
def load(name: str) -> type[Network]:
    """The adapter of a network. Raises WrongUse when there is none of that name."""
    for point in _installed():
        if point.name == name:
            adapter: type[Network] = point.load()
            return adapter
    raise WrongUse(f'"{name}" is no network', fix=f"one of: {', '.join(names())}")


def counted() -> list[str]:
    """The networks whose rules we know: the installed ones, and those that captions can be counted and drafted for."""
    return sorted({*names(), *AHEAD})


def limits_of(name: str) -> Limits:
    """What a network takes by default. Raises Mistake when no network of that name is known."""
    if name in names():
        return load(name).limits
    if name not in AHEAD:
        raise WrongUse(f'"{name}" is no network we know', fix=f"one of: {', '.join(counted())}")
    return AHEAD[name]
