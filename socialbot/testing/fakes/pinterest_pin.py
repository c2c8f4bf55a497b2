"""What Pinterest takes as a Pin, field by field, and what a Pin shows.

Facts: reference page on Pinterest, sections 2.2 and 2.3; github.com/pinterest/api-description v5 5.23.0, PinCreate.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from socialbot.testing.fakes.server import Answer, Refusal, SeenPicture, sniff

ROOM = {"title": 100, "description": 800, "alt_text": 500, "link": 2048}
MAX_PICTURE_BYTES = 20_000_000
CREATES = {*ROOM, "board_id", "board_section_id", "dominant_color", "media_source"}
UPDATES = {*ROOM, "board_id", "board_section_id"}
_SINGLE = {"source_type", "content_type", "data"}
_ITEM = {"content_type", "data", "title", "description", "link"}


def refusal(status: int, message: str, code: int = 1, **more: Any) -> Refusal:
    """An answer in the words of Pinterest.Lib.Error."""
    return Refusal(Answer(status, {"code": code, "message": message, **more}))


def check_words(pin: Mapping[str, Any], known: set[str]) -> None:
    """Raises Refusal for a field that there is not, or that says too much."""
    if unknown := sorted(set(pin) - known):
        raise refusal(400, f"Additional properties are not allowed ({', '.join(unknown)} was unexpected)")
    for name, room in ROOM.items():
        value = pin.get(name)
        if value is not None and (not isinstance(value, str) or len(value.encode("utf-16-le")) // 2 > room):
            raise refusal(400, f"{name} is too long: maxLength={room}")
    for name in ("board_id", "board_section_id"):
        if pin.get(name) is not None and not re.fullmatch(r"\d+", str(pin[name]), re.ASCII):
            raise refusal(400, rf"{name}: {pin[name]!r} does not match '^\d+$'")
    colour = pin.get("dominant_color")
    if colour is not None and not re.fullmatch(r"#[0-9A-Fa-f]{6}", str(colour)):
        raise refusal(400, "dominant_color is no hex number")
    if pin.get("ai_disclosures") not in (None, ["AI_MODIFIED"]):
        raise refusal(400, "ai_disclosures: not one of AI_MODIFIED")


def pictures_of(source: Any, one_size: bool) -> tuple[SeenPicture, ...]:
    """The pictures of a media source. Raises Refusal."""
    kind = source.get("source_type") if isinstance(source, dict) else None
    if kind == "image_base64":
        if set(source) != _SINGLE:
            raise refusal(400, "media_source: not an image_base64")
        return (_picture(source),)
    if kind != "multiple_image_base64" or not set(source) <= {"source_type", "items", "index"}:
        raise refusal(400, f"media_source.source_type: {kind!r} is not taken here")
    items = source.get("items")
    if not isinstance(items, list) or not 2 <= len(items) <= 5:
        raise refusal(400, "media_source.items: maxItems=5, minItems=2")
    if source.get("index", 0) not in range(len(items)) or not all(isinstance(one, dict) and set(one) <= _ITEM for one in items):
        raise refusal(400, "media_source: not a multiple_image_base64")
    pictures = tuple(_picture(one) for one in items)
    if one_size and len({(one.width, one.height) for one in pictures}) > 1:
        raise refusal(400, "All images of a carousel must have the same dimensions")
    return pictures


def described(pictures: Sequence[SeenPicture], alt: str) -> tuple[SeenPicture, ...]:
    """The pictures with the Pin's one description, of which a carousel's have a line each."""
    lines = [alt] if len(pictures) == 1 else alt.split("\n")
    return tuple(replace(one, alt=lines[at] if at < len(lines) else "") for at, one in enumerate(pictures))


def _picture(item: Mapping[str, Any]) -> SeenPicture:
    data, mime = item.get("data"), item.get("content_type")
    if mime not in ("image/jpeg", "image/png"):
        raise refusal(400, f"content_type: {mime!r} is not one of image/jpeg, image/png")
    if not isinstance(data, str) or not re.fullmatch(r"[a-zA-Z0-9+/=]+", data, re.ASCII):
        raise refusal(400, "data does not match '^[a-zA-Z0-9+/=]+$'")
    content = b64decode(data, validate=True)
    found = sniff(content)
    if len(content) > MAX_PICTURE_BYTES or not found or found[0] != mime:
        raise refusal(400, "Sorry, we could not process this image")
    return SeenPicture(content, mime, "", *found[1:])
