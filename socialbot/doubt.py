"""What a person is told about a send of which nobody knows whether it went out."""

from __future__ import annotations

from socialbot.ledger import Delivery
from socialbot.nouns import Held

MAX_BEGINNING_CHARS = 40
"""So much of a post's words tells a person which post of a thread is meant."""
_RESOLVE = "Look at the account, then: socialbot resolve {id} --posted URL, or --not-posted to send it again."


def in_doubt(delivery: Delivery, part: int, why: str) -> Held:
    """Why a delivery waits for a person to look, and what they can do then."""
    return Held(f"{which(delivery, part)} may be out on {delivery.account} or not: {why}", _RESOLVE.format(id=delivery.id))


def which(delivery: Delivery, part: int) -> str:
    """Which post is meant: a person who looks at a thread must know which of its posts to look for."""
    parts = delivery.draft.parts
    if len(parts) == 1:
        return "It"
    words = " ".join(parts[part].caption.text.split())
    beginning = words if len(words) <= MAX_BEGINNING_CHARS else words[: MAX_BEGINNING_CHARS - 1] + "…"
    return f"Post {part + 1} of {len(parts)}, which begins “{beginning}”,"
