"""What Instagram takes of words and pictures, and what its carousels do to them.

Facts: reference page on Instagram, sections 1.3 and 1.6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO

from PIL import Image

from socialbot.testing.fakes.graph import refusal
from socialbot.testing.fakes.server import SeenPicture, sniff

MAX_CAPTION, MAX_ALT, MAX_TAGS, MAX_MENTIONS = 2200, 1000, 30, 20
MAX_BYTES = 8 * 1024 * 1024
MIN_ASPECT, MAX_ASPECT = 0.8, 1.91


def check_words(given: Mapping[str, str]) -> None:
    """Raises Refusal where caption or alt text are more than is taken."""
    caption = given.get("caption", "")
    length = len(caption.encode("utf-16-le")) // 2
    tags, names = re.findall(r"#\w+", caption), re.findall(r"(?<!\w)@\w+", caption)
    if length > MAX_CAPTION or len(tags) > MAX_TAGS:
        raise refusal(36004, "The caption was too long", 2207010, user_message="The caption is over 2,200 characters.")
    if len(names) > MAX_MENTIONS:
        raise refusal(100, "Too many tags", 2207040)
    if len(given.get("alt_text", "").encode("utf-16-le")) // 2 > MAX_ALT:
        raise refusal(100, "(#100) alt_text is over 1000 characters")


def checked(content: bytes, alt: str, *, is_story: bool) -> SeenPicture:
    """A picture as it is taken. Raises Refusal."""
    if len(content) > MAX_BYTES:
        raise refusal(36000, "The image is too large", 2207004, user_message="The image is over 8 MiB.")
    found = sniff(content)
    if not found or found[0] != "image/jpeg":
        raise refusal(36001, "The image format is not supported", 2207005)
    mime, width, height = found
    if not is_story and not MIN_ASPECT <= width / height <= MAX_ASPECT:
        raise refusal(36003, "The aspect ratio is not supported", 2207009, user_message="It is to lie within 4:5 and 1.91:1.")
    return SeenPicture(content, mime, alt, width, height)


def cropped(picture: SeenPicture, first: SeenPicture) -> SeenPicture:
    """The picture as a carousel shows it: in the first one's shape."""
    if abs(picture.width / picture.height - first.width / first.height) < 0.01:
        return picture
    out = BytesIO()
    with Image.open(BytesIO(picture.content)) as opened:
        wide = min(picture.width, round(picture.height * first.width / first.height))
        high = min(picture.height, round(picture.width * first.height / first.width))
        opened.crop((0, 0, wide, high)).save(out, "JPEG")
    return replace(picture, content=out.getvalue(), width=wide, height=high)
