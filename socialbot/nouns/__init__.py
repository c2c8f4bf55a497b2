"""The things socialbot talks about: frozen, dumb, and the same in every room.

Times are timezone-aware UTC; sizes carry their unit in the name. Behaviour lives in functions that take and return these.
"""

from socialbot.nouns.disclosure import (
    Asked,
    Badge,
    Commercial,
    Disclosure,
    Evidence,
    Expression,
    ImageFacet,
    PersonFacet,
    Surface,
    TextFacet,
)
from socialbot.nouns.draft import Caption, Card, Draft, Part, Span, Variant
from socialbot.nouns.freezing import as_json, freeze, thaw
from socialbot.nouns.limits import Crop, Limits, Prices, Shape, Unit
from socialbot.nouns.mistakes import Held, Mistake, NotYet, WrongConfiguration, WrongUse
from socialbot.nouns.post import AiWord, Override, Picture, Post, Review
from socialbot.nouns.room import Room

__all__ = [
    "AiWord",
    "Asked",
    "Badge",
    "Caption",
    "Card",
    "Commercial",
    "Crop",
    "Disclosure",
    "Draft",
    "Evidence",
    "Expression",
    "Held",
    "ImageFacet",
    "Limits",
    "Mistake",
    "NotYet",
    "Override",
    "Part",
    "PersonFacet",
    "Picture",
    "Post",
    "Prices",
    "Review",
    "Room",
    "Shape",
    "Span",
    "Surface",
    "TextFacet",
    "Unit",
    "Variant",
    "WrongConfiguration",
    "WrongUse",
    "as_json",
    "freeze",
    "thaw",
]
