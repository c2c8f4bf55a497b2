"""What Facebook takes of a photo before its post, and how long it keeps one that stands in none.

Facts: reference page on Facebook Pages, sections 2.2, 2.3 and 2.7.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialbot.testing.fakes.graph import parts, refusal
from socialbot.testing.fakes.server import Request, SeenPicture, sniff

LIFE = timedelta(hours=24)
MAX_BYTES = 4_000_000
_TYPES = ("image/jpeg", "image/bmp", "image/png", "image/gif", "image/tiff")
_PROVENANCE = ("C2PA", "IPTC", "EXPLICIT", "INVISIBLE_WATERMARK", "C2PA_METADATA_EDITED", "IPTC_METADATA_EDITED", "NONE")


@dataclass(slots=True)
class Photo:
    """An uploaded photo. `post`: the one that it stands in."""

    id: str
    at: datetime
    picture: SeenPicture
    is_of_ai: bool = False
    post: str | None = None

    def is_there(self, now: datetime) -> bool:
        """Is it kept still?"""
        return self.post is not None or now - self.at < LIFE


def taken(request: Request, given: Mapping[str, str]) -> SeenPicture:
    """The picture of an upload. Raises Refusal."""
    files = [one for one in parts(request) if one.filename is not None]
    if [one.name for one in files] != ["source"]:
        raise refusal(100, "(#100) A photo is uploaded as the file source")
    found, content = sniff(files[0].content), files[0].content
    if not found or found[0] not in _TYPES or len(content) > MAX_BYTES:
        message = "Photos should be smaller than 4 MB and saved as JPG, PNG, GIF or TIFF files."
        raise refusal(100, "Invalid parameter", 1366046, user_message=message)
    if files[0].mime != found[0]:
        raise refusal(324, "Missing or invalid image file")
    return SeenPicture(content, found[0], given.get("alt_text_custom", ""), found[1], found[2])


def is_marked(given: Mapping[str, str], *, takes: bool) -> bool:
    """Is it marked as made by AI? Raises Refusal for a mark of another shape, or where none is taken."""
    if "provenance_info" not in given:
        return False
    if not takes:
        raise refusal(100, "(#100) Unexpected parameter: provenance_info")
    try:
        told = json.loads(given["provenance_info"])
        known = set(told) <= {"is_gen_ai", "provenance_type", "source", "provenance_metadata"}
        if not known or told["provenance_type"] not in _PROVENANCE or type(told["is_gen_ai"]) is not bool:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise refusal(100, "(#100) Invalid value for parameter provenance_info") from None
    return bool(told["is_gen_ai"])


def attached(given: Mapping[str, str]) -> list[str]:
    """The photos that a post wants. Raises Refusal."""
    if "attached_media" not in given:
        return []
    try:
        told = json.loads(given["attached_media"])
        numbers = [one["media_fbid"] for one in told if set(one) == {"media_fbid"}]
    except (ValueError, KeyError, TypeError):
        raise refusal(100, "(#100) Param attached_media must be an array of objects") from None
    if not numbers or len(numbers) < len(told) or len(set(numbers)) < len(numbers):
        raise refusal(100, "(#100) Param attached_media is malformed")
    return numbers
