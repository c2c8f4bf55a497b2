"""When a post may go out: from its date on, until it expires, and whether it is urgent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from socialbot.nouns import Mistake
from socialbot.reading.dates import date_in_path, parse_date
from socialbot.reading.front_matter import FrontMatter

# When a post comes out, before when it was written: an embargo must hold.
_DATES = (
    *("publish_date", "published_at", "pub_date", "published_on", "date_published", "published"),
    *("date", "created", "created_at"),
)
# Hugo's two names, https://gohugo.io/configuration/front-matter/#dates, and those of others.
_ENDS = ("expiry_date", "unpublish_date", "expires", "expires_at", "expiration_date")
FALSE = ("false", "no", "off", "0", "n")


@dataclass(frozen=True, slots=True)
class Window:
    """The moments that a post's front matter names, in UTC."""

    published: datetime | None
    not_before: datetime | None
    not_after: datetime | None
    urgent: bool


def read_window(front: FrontMatter, source: str, zone: ZoneInfo) -> Window:
    """A post's window. Raises Mistake for a date that cannot be read for certain: it might come out before its day."""
    social = front.first("social")
    said = social if isinstance(social, Mapping) else {}
    published, not_before = _published(front, source, zone), _in_social(front, said, "not_before", zone)
    ends = [_in_social(front, said, "not_after", zone), *(_read(front, *found, zone) for found in front.each(*_ENDS))]
    return Window(published, not_before, min(filter(None, ends), default=None), _urgent(front, said))


def _published(front: FrontMatter, source: str, zone: ZoneInfo) -> datetime | None:
    for key, value in front.each(*_DATES):
        if str(value).lower().removeprefix("git ") in ("last modified", "created"):
            continue  # Eleventy's words for a file's own times, which say nothing of when a post is out
        if key.lower() == "published" and str(value).lower() in ("true", "yes", *FALSE):
            continue
        return _read(front, key, value, zone)
    return date_in_path(source, zone)


def _in_social(front: FrontMatter, said: Mapping[str, Any], key: str, zone: ZoneInfo) -> datetime | None:
    value = said.get(key)
    return None if value in (None, "") else _read(front, f"social.{key}", value, zone)


def _read(front: FrontMatter, key: str, value: Any, zone: ZoneInfo) -> datetime:
    try:
        return parse_date(value, zone)
    except ValueError as error:
        fix = "write 2025-04-03, or 2025-04-03T09:00+01:00"
        raise Mistake(f"{key}: {str(value)[:60]} is no date: {error}", where=front.where(key.split(".")[0]), fix=fix) from None


def _urgent(front: FrontMatter, said: Mapping[str, Any]) -> bool:
    urgent = said.get("urgent", False)
    if not isinstance(urgent, bool):
        raise Mistake("social.urgent is true or false", where=front.where("social"))
    return urgent or str(front.first("priority")).strip().lower() == "urgent"
