"""What a Page has out: its posts and stories as they are listed, looked through for one of ours.

developers.facebook.com/docs/pages-api: Posts; developers.facebook.com/docs/page-stories-api, 2026-09.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from socialbot.networks.calling import Answer
from socialbot.networks.meta import Graph
from socialbot.networks.meta_containers import address_missing, plain
from socialbot.networks.protocol import Published

_LIFE = timedelta(hours=24)
"""Of a photo: one that is out went out so soon after it was uploaded."""
_FIELDS = "id,message,created_time,permalink_url,attachments{target,type,subattachments{target}}"
_ID = re.compile(r"\d{1,32}(?:_\d{1,32})?", re.ASCII)
_MOST = 100
"""So many are listed at a time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A post that is looked for: its words, its photos, and since when it may be out.

    `anew`: the photos may be newer than the post, where a ledger from a backup knows nothing of those that went out.
    """

    message: str
    photos: tuple[str, ...]
    since: datetime
    anew: bool = False


class Posts:
    """The posts of one Page."""

    def __init__(self, graph: Graph, page: str) -> None:
        self._graph, self._page = graph, page

    async def find(self, wanted: Wanted) -> Published | None:
        """One with any of the photos, each of which stands in one post only; else the newest of these words.

        Whether the only photo of a post bears its own number there is unconfirmed, so that its words count, too.
        """
        since = wanted.since - (_LIFE if wanted.photos else timedelta())
        query = {"fields": _FIELDS, "since": int(since.timestamp()), "limit": _MOST}
        listed = [one async for one in self._graph.listed(f"/{self._page}/published_posts", **query) if one.get("id")]
        ours = [one for one in listed if set(wanted.photos) & set(_targets(one))]
        if (wanted.anew or len(wanted.photos) < 2) and wanted.message:
            late = [one for one in listed if (at := _at(one.get("created_time"))) and at >= wanted.since]
            ours += [one for one in late if plain(one.get("message")) == plain(wanted.message)]
        return _published(ours[0]) if ours else None

    async def id_of(self, told: str) -> str:
        """The id of a post by that or by its address, which a person gave. Raises NetworkError."""
        if found := _id_in(told):
            return found
        async for one in self._graph.listed(f"/{self._page}/published_posts", fields="id,permalink_url", limit=_MOST):
            if _place(told) and _place(told) == _place(str(one.get("permalink_url") or "")):
                return str(one["id"])
        raise address_missing("Facebook", told)


class Stories:
    """The stories of one Page."""

    def __init__(self, graph: Graph, page: str) -> None:
        self._graph, self._page = graph, page

    async def of(self, photo: str, since: datetime) -> Published | None:
        """The one that shows this photo. Raises NetworkError."""
        async for one in self._listed(int((since - _LIFE).timestamp())):
            if str(one.get("media_id")) == photo and one.get("post_id"):
                url = one.get("url")
                return Published(str(one["post_id"]), url if isinstance(url, str) else None)
        return None

    async def has(self, post_id: str) -> bool:
        """Is it out, and not yet over? Raises NetworkError."""
        return any([str(one.get("post_id")) == post_id async for one in self._listed(None)])

    async def id_of(self, told: str) -> str:
        """The id of a story by that or by its address, which a person gave. Raises NetworkError."""
        if _ID.fullmatch(told):
            return told
        async for one in self._listed(None):
            if one.get("url") == told and one.get("post_id"):
                return str(one["post_id"])
        raise address_missing("Facebook", told)

    def _listed(self, since: int | None) -> AsyncIterator[dict[str, Any]]:
        return self._graph.listed(f"/{self._page}/stories", status="PUBLISHED", since=since)


def permalink(post_id: str) -> str:
    """A post's address (Pages API: Posts)."""
    return f"https://www.facebook.com/{post_id}"


def counts(answer: Answer) -> dict[str, int]:
    """How often a post was shared, and how many reactions and comments it has."""
    told = {
        "shares": answer.get("shares", "count"),
        **{name: answer.get(name, "summary", "total_count") for name in ("reactions", "comments")},
    }
    return {name: count for name, count in told.items() if type(count) is int and count >= 0}


def _published(post: Mapping[str, Any]) -> Published:
    url = post.get("permalink_url")
    return Published(str(post["id"]), url if isinstance(url, str) and url else permalink(str(post["id"])))


def _targets(post: Mapping[str, Any]) -> Iterator[str]:
    """The numbers of all that a post shows."""
    for one in _data(post.get("attachments")):
        for shown in (one, *_data(one.get("subattachments"))):
            target = shown.get("target")
            if isinstance(target, dict) and target.get("id"):
                yield str(target["id"])


def _data(told: object) -> list[dict[str, Any]]:
    data = told.get("data") if isinstance(told, dict) else None
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def _at(told: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _id_in(told: str) -> str | None:
    """The id that stands in an address, if it does: the last step, or `story_fbid` and `id` of an older one."""
    if _ID.fullmatch(told):
        return told
    query = parse_qs(urlsplit(told).query)
    number, page = (query.get(key, [""])[0] for key in ("story_fbid", "id"))
    if number.isdecimal() and page.isdecimal():
        return f"{page}_{number}"
    last = _place(told).rpartition("/")[2]
    return last if "_" in last and _ID.fullmatch(last) else None


def _place(address: str) -> str:
    """An address without what follows a question mark: it names the post wherever it is shown."""
    return urlsplit(address).path.rstrip("/") if address.startswith("http") else ""
