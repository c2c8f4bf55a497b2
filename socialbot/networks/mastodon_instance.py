"""What a server that speaks Mastodon's client API tells about itself: what it takes, and which of its rules concern us."""

from __future__ import annotations

import re
from dataclasses import replace

from socialbot.networks.calling import Answer
from socialbot.networks.mastodon_servers import Server
from socialbot.nouns import Limits

_OUR_RULES = re.compile(r"\b(?:AI|A\.I\.|LLMs?|[Bb]ots?|KI)\b|(?i:artificial|generat|automat|künstlich)")


def limits(instance: Answer, server: Server) -> Limits:
    """The limits it tells (docs.joinmastodon.org/entities/Instance, 2026-11-20), else those of its kind.

    How it counts it does not tell, whatever it advertises: that is its kind's. Akkoma and Pleroma have three names of their
    own (docs.akkoma.dev, Differences in Mastodon API responses, 2026-11-20).
    """
    statuses, media, defaults = ("configuration", "statuses"), ("configuration", "media_attachments"), server.limits
    own_text = _number(instance, defaults.max_text, "max_toot_chars")
    own_bytes = _number(instance, defaults.max_picture_bytes, "upload_limit")
    own_alt = _number(instance, defaults.max_alt, "description_limit")
    url_length = _number(instance, defaults.url_length or 0, *statuses, "characters_reserved_per_url")
    mimes = instance.get(*media, "supported_mime_types")
    pictures = tuple(mime for mime in map(str, mimes) if mime.startswith("image/")) if isinstance(mimes, list) else ()
    return replace(
        defaults,
        url_length=url_length if defaults.url_length else None,
        max_text=_number(instance, own_text, *statuses, "max_characters"),
        max_pictures=_number(instance, defaults.max_pictures, *statuses, "max_media_attachments"),
        max_picture_bytes=_number(instance, own_bytes, *media, "image_size_limit"),
        max_picture_pixels=_number(instance, defaults.max_picture_pixels or 0, *media, "image_matrix_limit") or None,
        max_alt=_number(instance, own_alt, *media, "description_limit"),
        mime_types=pictures or defaults.mime_types,
        animated=tuple(mime for mime in defaults.animated if mime in (pictures or (mime,))),
    )


def takes_content_type(instance: Answer) -> bool:
    """It says that a text may be marked as plain."""
    formats = instance.get("configuration", "statuses", "supported_mime_types")
    return isinstance(formats, list) and "text/plain" in formats


def rules(instance: Answer) -> list[str]:
    """The server's rules that speak of AI or of programs that post (docs.joinmastodon.org/entities/Rule, 2026-11-20)."""
    listed = instance.get("rules")
    texts = [f"{rule.get('text') or ''} {rule.get('hint') or ''}".strip() for rule in listed or () if isinstance(rule, dict)]
    return [text for text in texts if _OUR_RULES.search(text)]


def _number(instance: Answer, default: int, *path: str) -> int:
    found = instance.get(*path)
    return found if type(found) is int and found > 0 else default
