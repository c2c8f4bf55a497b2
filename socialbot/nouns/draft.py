"""What one account will send, final to the byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from socialbot.nouns.disclosure import Asked
from socialbot.nouns.limits import Shape, Unit
from socialbot.nouns.mistakes import Held


@dataclass(frozen=True, slots=True)
class Span:
    """A live stretch of a caption, `start` to `end` in code points: a link's URI or a hashtag without its `#`.

    Where links are shortened, what stands in the text is not the URI.
    """

    kind: Literal["link", "tag"]
    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Caption:
    """The words of one post, final to the byte, and how long the network finds them."""

    text: str
    used: int
    limit: int
    unit: Unit
    spans: tuple[Span, ...] = ()
    title: str | None = None
    """The words for the title's own field, where the network has one."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A picture ready to upload: its bytes lie in the media store under `digest` (SHA-256, hex)."""

    digest: str
    shape: Shape
    width: int
    height: int
    bytes: int
    mime: str
    alt: str
    focal: tuple[float, float] | None = None
    """The subject's point in this variant, fractions from the top left."""
    badge: str | None = None
    """The words drawn on it."""
    colour: str | None = None
    """Its dominant colour, "#rrggbb"."""
    blurhash: str | None = None
    """A blurred preview of it in a few letters, to show while it loads: https://blurha.sh"""
    plan: str | None = None
    """A digest of its source and of what was made of it, where its bytes come out anew each time, as signatures do."""


@dataclass(frozen=True, slots=True)
class Card:
    """A link card the client builds."""

    url: str
    title: str
    description: str
    thumb: Variant | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One irreversible call: a caption with its pictures or its card."""

    caption: Caption
    pictures: tuple[Variant, ...] = ()
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What one account will send for one post. Nothing in it changes between preview and publishing.

    `fixed` holds what is random or timed in the request (record key, idempotency key, creation time), chosen once when the
    draft is accepted, so that every try sends the same bytes.
    """

    post_id: str
    account: str
    network: str
    language: str
    parts: tuple[Part, ...]
    label: str | None = None
    link: str | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)
    """The network's own flags for AI media: on a carousel's container and a thread's first post, never on a child or reply."""
    asked: tuple[Asked, ...] = ()
    """What the rules asked of it."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    held: Held | None = None
    cost_usd: Decimal | None = None
    """What the network will charge for all parts; None where posting is free."""
