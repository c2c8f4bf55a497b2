"""What is uploaded to a Mastodon server: the form, and a picture's description and focal point."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from socialbot.testing.fakes import multipart
from socialbot.testing.fakes.mastodon_kinds import Kind
from socialbot.testing.fakes.server import Answer, Refusal, Request, SeenPicture


def form(request: Request, allowed: set[str]) -> tuple[dict[str, str], multipart.Part | None]:
    """The text fields of a form and its file."""
    try:
        parts = multipart.read(request.headers, request.body)
        texts = {part.name: part.text for part in parts if part.name != "file"}
    except ValueError as error:
        raise Refusal(_refused(str(error))) from None
    names = [part.name for part in parts]
    if len(set(names)) < len(names) or set(texts) - allowed:
        raise Refusal(_refused(f"unknown or repeated fields among {', '.join(names)}"))
    return texts, next((part for part in parts if part.name == "file"), None)


def annotated(picture: SeenPicture, texts: Mapping[str, str], limit: int | None, kind: Kind) -> SeenPicture:
    """The picture with its description, of at most `limit` code points, and its focal point."""
    if "description" in texts:
        if limit is not None and len(texts["description"]) > limit:
            raise kind.refuse("alt", limit=limit)
        picture = replace(picture, alt=texts["description"])
    if "focus" in texts:
        numbers = re.fullmatch(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)", texts["focus"])
        focal = (float(numbers[1]), float(numbers[2])) if numbers else (2.0, 2.0)
        if max(map(abs, focal)) > 1:
            raise Refusal(_refused("Validation failed: Focus is two numbers from -1.0 to 1.0"))
        picture = replace(picture, focal=focal)
    return picture


def _refused(sentence: str) -> Answer:
    return Answer(422, {"error": sentence})
