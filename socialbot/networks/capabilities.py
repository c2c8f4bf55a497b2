"""What a network offers, and of what it does not why: the dashboard and the tables in the documents are made from this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from socialbot.networks.protocol import Network, No


@dataclass(frozen=True, slots=True)
class Yes:
    """It is offered; `on_condition` tells what it takes, where it takes something."""

    on_condition: str = ""


CAPABILITIES: Mapping[str, str] = MappingProxyType(
    {
        "text": "posts of words alone",
        "pictures": "posts with pictures",
        "alt": "a field for a picture's description",
        "story": "stories: vertical pictures that last a day",
        "thread": "an article told in several posts that answer each other",
        "link": "the post's link, to be clicked",
        "ai_flag": "the network's own flag for AI media",
        "edit": "the words of what is out can be changed",
        "delete": "what is out can be removed",
        "find": "after an unclear answer the network can be asked whether the post is out",
        "read_back": "what is out is looked at once more, to see that it shows",
        "metrics": "figures of what is out",
    }
)

_OFFERED: Mapping[str, Callable[[type[Network]], bool]] = MappingProxyType(
    {
        "text": lambda network: not network.limits.needs_picture,
        "pictures": lambda network: network.limits.max_pictures > 0,
        "alt": lambda network: network.limits.max_alt > 0,
        "story": lambda network: network.stories,
        "thread": lambda network: network.limits.threads,
        "link": lambda network: network.limits.link != "dead",
        "ai_flag": lambda network: network.limits.ai_flag is not None,
        "edit": lambda network: network.edits,
        "delete": lambda network: network.deletes,
        "find": lambda network: _can_be_asked(network),
        "read_back": lambda network: network.is_shown is not Network.is_shown,
        "metrics": lambda network: bool(network.measures),
    }
)


def capabilities_of(network: type[Network]) -> Mapping[str, Yes | No]:
    """Every capability by its name, in the order of `CAPABILITIES`."""
    return {name: _answer(network, name) for name in CAPABILITIES}


def defects(network: type[Network]) -> tuple[str, ...]:
    """Where a network's own word and its code contradict each other, or neither says anything; a sentence each."""
    found = [
        f"{network.name}: cannot names {name}, which is no capability" for name in network.cannot if name not in CAPABILITIES
    ]
    found += [f"{network.name}: a condition is told for {name}, which it does not offer" for name in _idle_conditions(network)]
    for name, offered in _OFFERED.items():
        if offered(network) == (name in network.cannot):
            both = "offers it and says that it cannot" if name in network.cannot else "does not offer it and gives no reason"
            found.append(f"{network.name}: {name}: the adapter {both}")
    found += [f"{network.name}: {name}: no source" for name, no in network.cannot.items() if not no.source or not no.why]
    return tuple(found)


def _answer(network: type[Network], name: str) -> Yes | No:
    if name in network.cannot:
        return network.cannot[name]
    return Yes(network.conditions.get(name, "")) if _OFFERED[name](network) else No("The adapter does not say why.", "")


def _can_be_asked(network: type[Network]) -> bool:
    """An adapter that learns only from its account or server what it can has no `doubt` as a class, and `cannot` decides."""
    doubt = getattr(network, "doubt", None)
    return doubt.kind != "NONE" if doubt else "find" not in network.cannot


def _idle_conditions(network: type[Network]) -> list[str]:
    return [name for name in network.conditions if name in network.cannot or name not in CAPABILITIES]
