"""What a LinkedIn post says: its text in the "little" format, and its picture, pictures or article."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from socialbot.captions import shorten
from socialbot.captions.forms import little_text
from socialbot.networks.linkedin_account import LinkedInAccount
from socialbot.nouns import Caption, Card, Variant

MAX_TITLE, MAX_DESCRIPTION = 400, 4086
"""Characters of an article's fields, as other clients have them: unconfirmed."""
URN = re.compile(r"urn:li:(?:share|ugcPost):\d+", re.ASCII)
_READ = re.compile(r"\\(?P<escaped>.)|\{hashtag\|\\?#\|(?P<tag>(?:\\.|[^\\{}|])+)\}", re.DOTALL)


def commentary(caption: Caption, account: LinkedInAccount) -> str:
    """The caption as it travels, with the account's mentions as templates: "@[Name](urn)" (Little text format, 2026-05)."""
    text = little_text(caption, account.escape_urls)
    for name in sorted(account.mentions, key=len, reverse=True):
        escaped = little_text(Caption(name, 0, 0, "little"))
        template = f"@[{escaped}]({account.mentions[name]})"
        text = re.sub(rf"(?<![^\s(])\\@{re.escape(escaped)}(?!\w)", lambda _, put=template: put, text)  # type: ignore[misc]
    return text


def words(commentary: str) -> str:
    """A text of the "little" format without its backslashes, a hashtag as it is written: it may come back as a template."""
    return _READ.sub(lambda found: found["escaped"] or f"#{words(found['tag'])}", commentary)


def body(author: str, text: str, content: Mapping[str, Any], account: LinkedInAccount) -> dict[str, Any]:
    """The body that makes a post (Posts API, 2026-01)."""
    made = {
        "author": author,
        "commentary": text,
        "visibility": account.visibility.upper(),
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": not account.reshares,
    }
    return made | ({"content": dict(content)} if content else {})


def pictured(pictures: Sequence[Variant], urns: Sequence[str]) -> dict[str, Any]:
    """The content of one picture, or of 2 to 20 (MultiImage API, 2026-05)."""
    images = [{"id": urn} | ({"altText": one.alt} if one.alt else {}) for one, urn in zip(pictures, urns, strict=True)]
    return {"media": images[0]} if len(images) == 1 else {"multiImage": {"images": images}}


def article(card: Card, thumbnail: str | None) -> dict[str, Any]:
    """The content of a link's card: LinkedIn reads no page, so that it shows what is said here."""
    told = {
        "source": card.url,
        "title": shorten(card.title, MAX_TITLE),
        "description": shorten(card.description, MAX_DESCRIPTION),
        "thumbnail": thumbnail,
        "thumbnailAltText": card.thumb.alt if card.thumb and thumbnail else None,
    }
    return {"article": {name: value for name, value in told.items() if value}}


def images_of(post: Mapping[str, Any]) -> list[str]:
    """The pictures that a post shows, thumbnails not."""
    content = post.get("content")
    content = content if isinstance(content, Mapping) else {}
    many, one = content.get("multiImage"), content.get("media")
    images = many.get("images") if isinstance(many, Mapping) else [one]
    return [str(image["id"]) for image in images or [] if isinstance(image, Mapping) and "id" in image]


def is_same(there: Mapping[str, Any], wanted: Mapping[str, Any], since: datetime) -> bool:
    """Is a post that is out, made at or after `since`, the one that is looked for?

    Each picture is uploaded for one delivery, and tells more than the words.
    """
    made = created(there)
    if made is None or made < since or there.get("author") != wanted["author"]:
        return False
    if pictures := images_of(wanted):
        return images_of(there) == pictures
    return not images_of(there) and words(str(there.get("commentary") or "")) == words(wanted["commentary"])


def created(there: Mapping[str, Any]) -> datetime | None:
    """When a post was made; None where it is not told."""
    return moment(there.get("createdAt"))


def moment(milliseconds: object) -> datetime | None:
    """Milliseconds since 1970 as a moment; None where they are none."""
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def address(urn: str) -> str:
    """A post's page."""
    return f"https://www.linkedin.com/feed/update/{urn}/"
