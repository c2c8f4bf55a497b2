"""The network's word, as the ledger keeps it, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from socialbot.ledger import Ending, Send
from socialbot.networks.protocol import NetworkError, Passing, Published, RateLimited
from socialbot.nouns import Room


def published_of(out: Sequence[Send]) -> list[Published]:
    """What the network said when these parts went out."""
    return [Published(send.remote_id or "", send.url) for send in out]


def refusal_of(send: Send, error: NetworkError, rooms: Mapping[str, Room] = MappingProxyType({})) -> Ending:
    """How a call ended that the network answered with an error: what may pass was not sent, the rest was refused."""
    passes = isinstance(error, (Passing, RateLimited))
    return Ending(send, "not_sent" if passes else "refused", "answered", str(error), rooms=rooms)


def ending_of(send: Send, published: Published, rooms: Mapping[str, Room]) -> Ending:
    """How a call ended that the network answered with success, and what it told with it of its quotas."""
    said = " ".join(("The network took it.", *published.warnings))
    return Ending(send, "published", "answered", said, published.remote_id, published.url, published.flags, rooms)
