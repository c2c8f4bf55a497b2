"""The order of the facets, weakest first: evidence moves a facet up this order, never down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from socialbot.nouns import ImageFacet, PersonFacet, TextFacet

F = TypeVar("F", bound=str)

TEXT: tuple[TextFacet, ...] = ("unknown", "none", "assisted", "generated")
IMAGE: tuple[ImageFacet, ...] = ("unknown", "none", "possible", "edited", "composite", "generated")
PERSON: tuple[PersonFacet, ...] = ("unknown", "none", "real", "invented", "digital_twin")


def strongest(order: Sequence[F], values: Iterable[str]) -> F:
    """The value of `values` that stands highest in `order`; the lowest of all when there is none."""
    present = set(values)
    return next((value for value in reversed(order) if value in present), order[0])
