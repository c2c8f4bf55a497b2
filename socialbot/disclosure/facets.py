"""The order of the facets, weakest first: evidence moves a facet up this order, never down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from socialbot.nouns import Disclosure, ImageFacet, PersonFacet, TextFacet

F = TypeVar("F", bound=str)

TEXT: tuple[TextFacet, ...] = ("unknown", "none", "assisted", "generated")
IMAGE: tuple[ImageFacet, ...] = ("unknown", "none", "possible", "edited", "composite", "generated")
AI_MEDIA: frozenset[ImageFacet] = frozenset({"edited", "composite", "generated"})
MADE_PERSONS: frozenset[PersonFacet] = frozenset({"invented", "digital_twin"})
PERSON: tuple[PersonFacet, ...] = ("unknown", "none", "real", "invented", "digital_twin")


def strongest(order: Sequence[F], values: Iterable[str]) -> F:
    """The value of `values` that stands highest in `order`; the lowest of all when there is none."""
    present = set(values)
    return next((value for value in reversed(order) if value in present), order[0])


def showing_person(images: Sequence[ImageFacet]) -> tuple[int, ...]:
    """Which pictures may show the person AI made, since nobody says who is where: all that are not known to be free of AI."""
    return tuple(index for index, image in enumerate(images) if image != "none")


def as_shown(told: Disclosure) -> tuple[ImageFacet, ...]:
    """How each picture goes out: one that shows a person AI made is at least a composite."""
    people = showing_person(told.images) if told.person in MADE_PERSONS else ()
    raised = {index for index in people if told.images[index] not in AI_MEDIA}
    return tuple("composite" if index in raised else image for index, image in enumerate(told.images))
