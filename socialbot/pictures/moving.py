"""Whether an animation goes out moving: what the network, the rules and its own marks allow."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from socialbot.nouns import Badge, Variant
from socialbot.pictures.animation import Animation, Still, read_animation
from socialbot.pictures.cropping import ANY_ASPECT, Aspects
from socialbot.pictures.marks import Marks, as_xmp, says_ai
from socialbot.pictures.opening import Kind
from socialbot.pictures.placeholder import placeholder

MOVING: tuple[Kind, ...] = ("GIF", "WebP", "PNG")


@dataclass(frozen=True, slots=True)
class Moving:
    """What a network takes of animations. `max_pixels`: width times height; `aspects`: width over height."""

    mime_types: tuple[str, ...]
    max_bytes: int
    max_pixels: int | None = None
    min_width: int = 0
    aspects: Aspects = ANY_ASPECT


def passed_on(content: bytes, marks: Marks, taken: Moving, badge: Badge | None, *, signs: bool) -> Animation | None:
    """The animation as it goes out, with the marks and no other metadata; None when the file does not move.

    `signs`: pictures are given Content Credentials here, which an animation is not. Raises Still, with the reason, where only
    its first frame can go out, and Unusable where it is no picture.
    """
    found = read_animation(content, as_xmp(marks))
    if not found:
        return None
    if found.mime not in taken.mime_types:
        raise Still(f"the network does not show {found.mime} moving")
    if badge:
        raise Still("words have to be drawn on it, and on an animation none are drawn")
    if (signs or found.credentials) and says_ai(marks.digital_source_type or ""):
        raise Still("AI made it, and it would lose its Content Credentials")
    if len(found.content) > taken.max_bytes:
        raise Still(f"it has {len(found.content):,} bytes, and at most {taken.max_bytes:,} are taken")
    if taken.max_pixels and found.width * found.height > taken.max_pixels:
        raise Still(f"it has {found.width}×{found.height} pixels, and at most {taken.max_pixels:,} are taken")
    if found.width < taken.min_width or not taken.aspects[0] <= found.width / found.height <= taken.aspects[1]:
        raise Still(f"the network takes no picture of {found.width}×{found.height} pixels")
    return found


def uncredited(found: Animation, *, signs: bool) -> tuple[str, ...]:
    """What an animation lacks that its first frame would have, or its file had."""
    return ("it moves, and goes out without Content Credentials",) if signs or found.credentials else ()


def variant_of(found: Animation, digest: str, focal: tuple[float, float], first: Image.Image) -> Variant:
    """The variant of an animation that is filed under `digest`. `first`: the frame that stands for it while it loads."""
    colour, blurhash = placeholder(first)
    return Variant(
        digest=digest,
        shape="original",
        width=found.width,
        height=found.height,
        bytes=len(found.content),
        mime=found.mime,
        alt="",
        focal=focal,
        colour=colour,
        blurhash=blurhash,
    )
