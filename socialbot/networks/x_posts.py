"""X's posts as its API tells them, and which of them is ours."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from socialbot.networks.protocol import Prepared

LOOK: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "tweet": {
            "tweet.fields": "attachments,author_id,created_at,entities,note_tweet,referenced_tweets",
            "expansions": "attachments.media_keys",
        },
        "post": {
            "post.fields": "attachments,created_at,entities,note_post",
            "expansions": "attachments.media_keys,author_id,referenced_posts",
        },
    }
)
"""What is asked of a post to know whose it is, by X's older and newer names (OpenAPI 2.159; 2.167)."""
COUNT: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {spelling: {f"{spelling}.fields": "public_metrics"} for spelling in ("tweet", "post")}
)
MEASURES = ("impression_count", "like_count", "reply_count", "repost_count", "quote_count", "bookmark_count")
_OF_MEDIA = re.compile(r"https?://(?:\w+\.)*(?:x|twitter)\.com/\w+/status/\d+/(?:photo|video)/\d+", re.ASCII)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


def ours(prepared: Prepared, posts: Iterable[Mapping[str, Any]], linked: datetime | None) -> Mapping[str, Any] | None:
    """Our post among these: by an uploaded picture, else by the very words, else by the canonical link, where it was made at or
    after `linked`: an earlier one is another post of ours about the same.

    Several replies may carry the one link: of them the words alone tell which it is.
    """
    request = prepared.request
    parent = request["post"].get("reply", {}).get("in_reply_to_tweet_id")
    there = [post for post in posts if _answered(post) == parent]
    keys, words, link = set(filter(None, request["media_keys"])), _words(request["post"]["text"]), prepared.draft.link
    for post in there:
        if keys & set(_media_keys(post)):
            return post
    for post in there:
        if _words(_text(post)) == words:
            return post
    if not linked or parent or not link or link not in request["post"]["text"]:
        return None
    return next((post for post in there if link in _links(post) and (at := _made(post)) and at >= linked), None)


def figures(post: Any) -> dict[str, int]:
    """The public metrics of a post under their newer names (OpenAPI 2.167), as far as they are told."""
    told = post.get("public_metrics") if isinstance(post, dict) else None
    counts = dict(told) if isinstance(told, dict) else {}
    if "retweet_count" in counts:
        counts["repost_count"] = counts["retweet_count"]
    return {name: counts[name] for name in MEASURES if type(counts.get(name)) is int and counts[name] >= 0}


def _answered(post: Mapping[str, Any]) -> str | None:
    """The id of the post that it answers."""
    told = post.get("referenced_tweets") or post.get("referenced_posts")
    references = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return next((str(one.get("id")) for one in references if one.get("type") == "replied_to"), None)


def _made(post: Mapping[str, Any]) -> datetime | None:
    with suppress(ValueError):
        at = datetime.fromisoformat(str(post.get("created_at")))
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None


def _media_keys(post: Mapping[str, Any]) -> list[str]:
    attachments = post.get("attachments")
    keys = attachments.get("media_keys") if isinstance(attachments, dict) else None
    return [str(key) for key in keys] if isinstance(keys, list) else []


def _whole(post: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where its full text stands: a post of more than 280 characters has it beside the shortened one."""
    note = post.get("note_tweet") or post.get("note_post")
    return note if isinstance(note, dict) and note.get("text") else post


def _urls(post: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each t.co address of its text, and where it leads."""
    entities = _whole(post).get("entities")
    urls = entities.get("urls") if isinstance(entities, dict) else None
    for one in urls if isinstance(urls, list) else ():
        if isinstance(one, dict) and one.get("url"):
            yield str(one["url"]), str(one.get("expanded_url") or "")


def _links(post: Mapping[str, Any]) -> set[str]:
    return {leads_to for _, leads_to in _urls(post)}


def _text(post: Mapping[str, Any]) -> str:
    """Its text as it was written: links at their length, that of its pictures left out."""
    text = str(_whole(post).get("text") or "")
    for short, leads_to in sorted(_urls(post), key=lambda url: -len(url[0])):
        text = text.replace(short, "" if _OF_MEDIA.fullmatch(leads_to) else leads_to)
    return html.unescape(text)


def _words(text: str) -> list[str]:
    """A text's words, to be compared: in NFC, as X counts it, and its links without a scheme, which X adds."""
    words = unicodedata.normalize("NFC", text).split()
    return [re.sub(_SCHEME, "", word).rstrip("/") for word in words]
