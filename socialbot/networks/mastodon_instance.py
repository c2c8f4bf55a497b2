"""What a server that speaks Mastodon's client API tells about itself: whether it is Mastodon, and what it takes."""

from __future__ import annotations

import re
from dataclasses import replace

from socialbot.networks.calling import Answer
from socialbot.nouns import Limits

_MASTODON_VERSION = re.compile(r"[1-9]\d*\.\d+\.\d+[\w.+~-]*")


def is_mastodon(instance: Answer) -> bool:
    """Whether the server is Mastodon itself; its relatives write other versions."""
    return bool(_MASTODON_VERSION.fullmatch(instance.text("version")))


def limits(instance: Answer, defaults: Limits) -> Limits:
    """The limits it tells (docs.joinmastodon.org/entities/Instance, 2026-11-20), else the defaults.

    Others count code points, whatever they advertise, and a URL in full; UTF-16 units are never fewer than those.
    """
    statuses, media = ("configuration", "statuses"), ("configuration", "media_attachments")
    url_length = _number(instance, defaults.url_length or 0, *statuses, "characters_reserved_per_url")
    mimes = instance.get(*media, "supported_mime_types")
    pictures = tuple(mime for mime in map(str, mimes) if mime.startswith("image/")) if isinstance(mimes, list) else ()
    return replace(
        defaults,
        unit="mastodon" if is_mastodon(instance) else "utf-16",
        url_length=url_length if is_mastodon(instance) else None,
        max_text=_number(instance, _number(instance, defaults.max_text, "max_toot_chars"), *statuses, "max_characters"),
        max_pictures=_number(instance, defaults.max_pictures, *statuses, "max_media_attachments"),
        max_picture_bytes=_number(instance, defaults.max_picture_bytes, *media, "image_size_limit"),
        max_picture_pixels=_number(instance, defaults.max_picture_pixels or 0, *media, "image_matrix_limit"),
        max_alt=_number(instance, defaults.max_alt, *media, "description_limit"),
        mime_types=pictures or defaults.mime_types,
        # What its relatives do with an animation they do not tell.
        animated=tuple(mime for mime in defaults.animated if mime in (pictures or (mime,))) if is_mastodon(instance) else (),
        # A Pixelfed post is a picture; it refuses text alone.
        needs_picture="pixelfed" in instance.text("version").lower(),
    )


def _number(instance: Answer, default: int, *path: str) -> int:
    found = instance.get(*path)
    return found if type(found) is int and found > 0 else default
