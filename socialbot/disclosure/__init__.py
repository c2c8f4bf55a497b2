"""What AI did to a post, on which evidence; what must be said of it, how an account says it, and that it did."""

from __future__ import annotations

from socialbot.disclosure.binding import outdated, packs_of
from socialbot.disclosure.deciding import decide, image_name
from socialbot.disclosure.evidence import of_picture
from socialbot.disclosure.expressing import express, of_pictures
from socialbot.disclosure.facets import AI_MEDIA, as_shown
from socialbot.disclosure.proving import Proof, Shown, prove
from socialbot.disclosure.ruling import Pack, all_packs, chosen, required

__all__ = [
    "AI_MEDIA",
    "Pack",
    "Proof",
    "Shown",
    "all_packs",
    "as_shown",
    "chosen",
    "decide",
    "express",
    "image_name",
    "of_picture",
    "of_pictures",
    "outdated",
    "packs_of",
    "prove",
    "required",
]
