"""X's posts: what a new one may say, and how the API tells of one."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from socialbot.captions import x_urls
from socialbot.captions.x_weights import weigh
from socialbot.testing.fakes.server import Answer, Refusal, SeenPicture

USER_ID, USERNAME, STRANGER_ID = "1400000000000000001", "fognews", "1400000000000000099"
MAX_TEXT, MAX_TEXT_PREMIUM, MAX_PICTURES = 280, 25_000, 4
MAX_PICTURE_BYTES, MAX_ALT = 5_000_000, 1000
MIME_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
_URL_LENGTH = 23
PROBLEMS = "https://api.x.com/2/problems/"
_EPOCH_MS = 1_288_834_974_657
_CASHTAG = re.compile(r"(?<!\S)\$[A-Za-z]{1,6}\b")
_TAG = re.compile(r"(?<![\w&])#(\w*[^\W\d]\w*)")
_FIELDS: Mapping[str, type] = {
    "text": str,
    "media": dict,
    "reply": dict,
    "reply_settings": str,
    "made_with_ai": bool,
    "paid_partnership": bool,
}
"""Those of CreatePostsRequest (OpenAPI 2.167) that are played here; X refuses what it does not know."""
READABLE: Mapping[str, Sequence[str]] = {
    "tweet": (
        "attachments",
        "author_id",
        "conversation_id",
        "created_at",
        "entities",
        "note_tweet",
        "public_metrics",
        "referenced_tweets",
        "text",
    ),
    "post": ("attachments", "conversation_id", "created_at", "entities", "note_post", "public_metrics", "text"),
}
EXPANSIONS: Mapping[str, Sequence[str]] = {
    "tweet": ("attachments.media_keys", "author_id"),
    "post": ("attachments.media_keys", "author_id", "referenced_posts"),
}
"""What may be read of a post, by X's older and newer names."""
_WHO_REPLIES = ("following", "mentionedUsers", "subscribers", "verified")
_BROKEN = re.compile("[\ufffe\ufeff\uffff]")


@dataclass(frozen=True, slots=True)
class Post:
    """One post as it lies on the server."""

    id: str
    author_id: str
    text: str
    at: datetime
    parent: str | None = None
    media: tuple[tuple[str, SeenPicture], ...] = ()
    """Media keys, and what they show."""
    flags: Mapping[str, bool] = field(default_factory=dict)


def problem(status: int, detail: str, kind: str = "about:blank", title: str = "Forbidden", **more: Any) -> Refusal:
    """An answer of problem JSON (docs.x.com, Response codes and errors)."""
    kind = kind if ":" in kind else PROBLEMS + kind
    return Refusal(Answer(status, {"title": title, "type": kind, "status": status, "detail": detail, **more}))


def invalid(message: str, parameter: str = "") -> Refusal:
    """A request whose field X does not take."""
    errors = [{"message": message, "parameters": {parameter: []} if parameter else {}}]
    detail = "One or more parameters to your request was invalid."
    return problem(400, detail, "invalid-request", "Invalid Request", errors=errors)


def not_permitted() -> Refusal:
    """X's one sentence for a text that is too long, and for more."""
    return problem(403, "You are not permitted to perform this action.")


def checked(given: Mapping[str, Any], premium: bool) -> dict[str, Any]:
    """A create request, its fields known, of their types, and within the limits of text. Raises Refusal."""
    for name, value in given.items():
        if name not in _FIELDS:
            raise invalid(f"The field [{name}] is not one that is known.", name)
        if not isinstance(value, _FIELDS[name]):
            raise invalid(f"The field [{name}] is not of its type.", name)
    if given.get("reply_settings", "following") not in _WHO_REPLIES:
        raise invalid("The `reply_settings` field is not one of its values.", "reply_settings")
    text = given.get("text", "")
    if not text and not given.get("media"):
        raise invalid("One of text or media is required.", "text")
    if _BROKEN.search(text):
        raise invalid("The `text` field has invalid characters.", "text")
    if len(_CASHTAG.findall(text)) > 1:
        raise invalid("Posts may contain a maximum of one cashtag.", "text")
    if weigh(text, _URL_LENGTH) > (MAX_TEXT_PREMIUM if premium else MAX_TEXT):
        raise not_permitted()
    return {"media_ids": _media_ids(given), "parent": _parent(given)}


def _media_ids(given: Mapping[str, Any]) -> list[str]:
    if "media" not in given:
        return []
    ids = given["media"].get("media_ids")
    if set(given["media"]) != {"media_ids"} or not isinstance(ids, list) or not ids:
        raise invalid("The `media` field needs its `media_ids`.", "media")
    if len(ids) > MAX_PICTURES:
        raise invalid("The `media.media_ids` field must have a maximum of 4 items.", "media.media_ids")
    if not all(isinstance(one, str) and re.fullmatch(r"[0-9]{1,19}", one) for one in ids) or len(set(ids)) < len(ids):
        raise invalid("The `media.media_ids` field is not a list of different ids.", "media.media_ids")
    return ids


def _parent(given: Mapping[str, Any]) -> str | None:
    if "reply" not in given:
        return None
    parent = given["reply"].get("in_reply_to_tweet_id")
    if set(given["reply"]) != {"in_reply_to_tweet_id"} or not re.fullmatch(r"[0-9]{1,19}", str(parent)):
        raise invalid("The `reply` field needs its `in_reply_to_tweet_id`.", "reply.in_reply_to_tweet_id")
    return str(parent)


def asked(query: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What is asked for under each name. Raises Refusal where a name or a field is not known."""
    for name in query:
        if name not in known:
            raise invalid(f"The query parameter [{name}] is not one of [{','.join(known)}]", name)
    asked = {name: [one for one in query.get(name, "").split(",") if one] for name in known}
    for name, fields in asked.items():
        if strange := [one for one in fields if one not in known[name]]:
            raise invalid(f"The `{name}` query parameter value [{strange[0]}] is not one of [{','.join(known[name])}]", name)
    return asked


def snowflake(at: datetime, number: int) -> str:
    """An id that tells its time."""
    return str(((int(at.timestamp() * 1000) - _EPOCH_MS) << 22) + number)


def links(text: str) -> list[tuple[str, str]]:
    """Each link as it stands in a text, and where it leads: X finds bare names, too."""
    found = [text[start:end] for start, end in x_urls(text)]
    return [(one, one if re.match("https?://", one, re.IGNORECASE) else f"http://{one}") for one in found]


def tags(text: str) -> tuple[str, ...]:
    """The hashtags that X finds."""
    return tuple(_TAG.findall(text))


def told(post: Post, fields: Collection[str], spelling: str) -> dict[str, Any]:
    """A post as the API tells it: id, text, and what was asked for."""
    text, urls = _shortened(post)
    whole = {"text": text, "entities": {"urls": urls}}
    if weigh(post.text, _URL_LENGTH) > MAX_TEXT:
        text = f"{text[: MAX_TEXT - 1]}…"
        urls = [url for url in urls if url["end"] < MAX_TEXT]
    parent = [{"type": "replied_to", "id": post.parent}] if post.parent else None
    keys = [key for key, _ in post.media]
    known: dict[str, Any] = {
        "created_at": post.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "author_id": post.author_id,
        "entities": {"urls": urls} if urls else None,
        "attachments": {"media_keys": keys} if keys else None,
        "note_tweet": whole if text != whole["text"] else None,
        "referenced_tweets": parent,
        "public_metrics": _metrics(spelling),
    }
    known |= {"note_post": known["note_tweet"], "referenced_posts": parent}
    shown = {name: known[name] for name in fields if known.get(name) is not None}
    return {"id": post.id, "text": text, f"edit_history_{spelling}_ids": [post.id], **shown}


def _shortened(post: Post) -> tuple[str, list[dict[str, Any]]]:
    """The text with t.co addresses and HTML's entities, one address more for the pictures, and where all of them lead."""
    urls: list[dict[str, Any]] = []
    text, reached = "", 0
    for number, (start, end) in enumerate(x_urls(post.text)):
        text += html.escape(post.text[reached:start], quote=False)
        leads_to = links(post.text[start:end])[0][1]
        text, reached = _with(text, f"https://t.co/{post.id[-8:]}{number:02}", leads_to, urls), end
    text += html.escape(post.text[reached:], quote=False)
    if post.media:
        shown_at = f"https://x.com/{USERNAME}/status/{post.id}/photo/1"
        text = _with(f"{text} " if text else "", f"https://t.co/{post.id[-8:]}pp", shown_at, urls)
    return text, urls


def _with(text: str, short: str, leads_to: str, urls: list[dict[str, Any]]) -> str:
    display = leads_to.partition("://")[2]
    place = {"start": len(text), "end": len(text) + len(short)}
    urls.append({**place, "url": short, "expanded_url": leads_to, "display_url": display[:26]})
    return text + short


def _metrics(spelling: str) -> dict[str, int]:
    again = "retweet_count" if spelling == "tweet" else "repost_count"
    return {again: 1, "reply_count": 0, "like_count": 3, "quote_count": 0, "bookmark_count": 2, "impression_count": 71}
