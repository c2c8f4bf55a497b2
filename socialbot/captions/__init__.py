"""Captions: words that fit a network as it counts, with the label and the link whole."""

from __future__ import annotations

from socialbot.captions.counting import UNIT_NAMES, fits, measure, usage
from socialbot.captions.spans import find_spans
from socialbot.captions.templates import Templates, defaults
from socialbot.captions.writing import Written, alt_text, shorten, write
from socialbot.captions.x_links import x_urls

__all__ = [
    "UNIT_NAMES",
    "Templates",
    "Written",
    "alt_text",
    "defaults",
    "find_spans",
    "fits",
    "measure",
    "shorten",
    "usage",
    "write",
    "x_urls",
]
