"""A Mastodon server's statuses, and which of them is ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from socialbot.networks.protocol import Prepared, Published
from socialbot.nouns import Variant

_SOFT_BREAK = re.compile(r"(?<!\n)\n(?!\n)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
"""A backslash before punctuation (CommonMark 0.31.2, 2.4)."""


def as_published(status: Mapping[str, Any], asked: str) -> Published:
    """What the server says of a status; a warning where it is shown to others than was asked."""
    shown = status.get("visibility")
    warnings = () if shown == asked else (f"Mastodon published it as {shown}, not as {asked}: the account may be limited.",)
    return Published(str(status["id"]), str(status.get("url") or status.get("uri") or "") or None, warnings)


def figures(status: Mapping[str, Any], names: Iterable[str]) -> dict[str, int]:
    """The counters of these names (docs.joinmastodon.org/entities/Status, 2026-11-20), as far as the server tells them."""
    counts = {name: status.get(f"{name}_count") for name in names}
    return {name: count for name, count in counts.items() if type(count) is int and count >= 0}


def with_hard_breaks(text: str) -> str:
    """A text for servers that read Markdown, where a single line break would otherwise be a space (CommonMark 0.31.2, 6.7)."""
    return _SOFT_BREAK.sub("  \n", text)


def ours(prepared: Prepared, statuses: list[dict[str, Any]], markdown: bool = False) -> dict[str, Any] | None:
    """Our status among these: by an uploaded picture, else by the very words, else by the canonical link.

    Several replies may carry the one link: of them the words alone tell which it is. Where Markdown was read, what escaped it
    is not shown.
    """
    parent = prepared.request.get("in_reply_to_id")
    statuses = [status for status in statuses if status.get("in_reply_to_id") == parent]
    media_ids, caption = set(prepared.request.get("media_ids", ())), str(prepared.request["status"])
    words = (_ESCAPED.sub(r"\1", caption) if markdown else caption).split()
    contents = [_Content(str(status.get("content") or "")) for status in statuses]
    for status in statuses:
        if any(attachment.get("id") in media_ids for attachment in status.get("media_attachments") or ()):
            return status
    for status, content in zip(statuses, contents, strict=True):
        if content.text.split() == words:
            return status
    link = prepared.draft.link
    for status, content in zip(statuses, contents, strict=True):
        if link and not parent and link in caption and link in content.links:
            return status
    return None


def keeps_descriptions(before: object, after: object, wanted: Sequence[Variant]) -> bool:
    """Does a picture still bear the description that an edit was to change? The attachments before and after it."""
    old, new = _descriptions(before), _descriptions(after)
    if not len(old) == len(new) == len(wanted):
        return False
    return any(was == one != " ".join(picture.alt.split()) for was, one, picture in zip(old, new, wanted, strict=True))


def _descriptions(attachments: object) -> list[str]:
    listed = attachments if isinstance(attachments, list) else []
    return [" ".join(str(one.get("description") or "").split()) for one in listed if isinstance(one, dict)]


def created_at(status: Mapping[str, Any]) -> datetime:
    """When it was posted; a time without a zone is UTC."""
    created = datetime.fromisoformat(str(status["created_at"]))
    return created if created.tzinfo else created.replace(tzinfo=UTC)


class _Content(HTMLParser):
    """A status as its readers see it: its text, and where its links go."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links = "", set[str]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.add(dict(attributes).get("href") or "")
        elif tag in ("p", "br"):
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data
