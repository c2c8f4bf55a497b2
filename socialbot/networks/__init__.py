"""The networks: one file each, all of one shape, found by the entry point `socialbot.networks`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from socialbot.networks.protocol import Network
from socialbot.nouns import Mistake

GROUP = "socialbot.networks"


def names() -> list[str]:
    """The networks that are installed, ours and third parties'."""
    return sorted({point.name for point in entry_points(group=GROUP)})


@cache
def load(name: str) -> type[Network]:
    """The adapter of a network. Raises Mistake when there is none of that name."""
    for point in entry_points(group=GROUP, name=name):
        adapter: type[Network] = point.load()
        return adapter
    raise Mistake(f'"{name}" is no network', fix=f"one of: {', '.join(names())}")
