"""The network's word, as the ledger keeps it, and back."""

from __future__ import annotations

from collections.abc import Sequence

from socialbot.ledger import Ending, Send
from socialbot.networks.protocol import Published


def published_of(out: Sequence[Send]) -> list[Published]:
    """What the network said when these parts went out."""
    return [Published(send.remote_id or "", send.url) for send in out]


def ending_of(send: Send, published: Published) -> Ending:
    """How a call ended that the network answered with success."""
    said = " ".join(("The network took it.", *published.warnings))
    return Ending(send, "published", "answered", said, published.remote_id, published.url, published.flags)
