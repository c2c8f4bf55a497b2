"""One profile on Threads: containers, posts, replies.

Facts: reference page on Threads, section 3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import regex

from socialbot.testing.fakes.graph import (
    APP,
    LONG_LIFE,
    SECRET,
    GraphFake,
    fetched,
    fields_of,
    page,
    picked,
    read,
    refusal,
    timestamp,
    wanted,
)
from socialbot.testing.fakes.graph_containers import Container, Shelf
from socialbot.testing.fakes.server import Answer, Clock, Faults, Request, Route, Seen, SeenPicture, sniff

ID, NAME = "25000000000000001", "fognews"
MAX_TEXT, MAX_ALT, MAX_LINKS, MAX_CHILDREN, MAX_TOPIC = 500, 1000, 5, 20, 50
MAX_BYTES = 8_000_000
MAX_SIDES = 10.0
DAY = timedelta(hours=24)
_FIELDS = ("id", "timestamp", "permalink", "shortcode", "media_type", "text", "topic_tag", "alt_text", "link_attachment_url")
_METRICS = ("views", "likes", "replies", "reposts", "quotes", "shares")
_REPLY_CONTROLS = ("everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only")
_COMMON = ("media_type", "text", "reply_to_id", "reply_control", "topic_tag")
_OF_KIND: Mapping[str, tuple[str, ...]] = {
    "TEXT": (*_COMMON, "link_attachment"),
    "IMAGE": (*_COMMON, "image_url", "alt_text", "is_carousel_item"),
    "CAROUSEL": (*_COMMON, "children"),
}
_KINDS = {"TEXT": "TEXT_POST", "IMAGE": "IMAGE", "CAROUSEL": "CAROUSEL_ALBUM"}
_URL = re.compile(r"https?://[^\s<>]+")
_EMOJI = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3")


@dataclass(frozen=True, slots=True)
class _Post:
    id: str
    at: datetime
    made_of: Container

    @property
    def code(self) -> str:
        return f"T{int(self.id):x}"

    @property
    def parent(self) -> str | None:
        return self.made_of.fields.get("reply_to_id")


class ThreadsFake(GraphFake):
    """Threads' host, for one profile."""

    network = "threads"
    prefix = "THAA"
    looser = MappingProxyType({"min_picture_width": "narrower pictures are scaled up"})

    def __init__(self, *, faults: Faults | None = None, clock: Clock | None = None) -> None:
        super().__init__(faults=faults, clock=clock)
        self.shelf = Shelf(self.clock)
        self.quota, self.reply_quota, self.delete_quota = 250, 1000, 100
        self.races = 0
        """So many times a container that is FINISHED is not found when it is to be published."""
        self.lists = True
        """Whether what is out is listed already."""
        self._posts: dict[str, _Post] = {}
        self._deleted: list[datetime] = []

    def account(self) -> dict[str, str]:
        """An account by a token that was made by hand."""
        return {"network": self.network, "api": self.url, "token": self.token}

    def routes(self) -> Sequence[Route]:
        """Every endpoint."""
        me = f"/v1.0/(?:me|{ID})"
        return [
            Route("POST", "/oauth/access_token", self._short_token),
            Route("GET", "/access_token", self._long_token),
            Route("GET", "/refresh_access_token", self._refresh),
            Route("GET", me, self._me),
            Route("GET", f"{me}/threads_publishing_limit", self._limit),
            Route("POST", f"{me}/threads", self._make),
            Route("GET", f"{me}/(threads|replies)", self._list),
            Route("POST", f"{me}/threads_publish", self._publish, irreversible=True),
            Route("GET", r"/v1\.0/(\d+)", self._node),
            Route("DELETE", r"/v1\.0/(\d+)", self._delete),
            Route("GET", r"/v1\.0/(\d+)/insights", self._insights),
        ]

    # Logins

    def _short_token(self, request: Request) -> Answer:
        given = read(request, ("client_id", "client_secret", "grant_type", "redirect_uri", "code"))
        wanted(given, client_id=APP, client_secret=SECRET, grant_type="authorization_code")
        self.spend(given.get("code", ""))
        return Answer(body={"access_token": self.grant(timedelta(hours=1))["access_token"], "user_id": int(ID)})

    def _long_token(self, request: Request) -> Answer:
        given = read(request, ("grant_type", "client_secret", "access_token"))
        wanted(given, grant_type="th_exchange_token", client_secret=SECRET)
        self.good(given.get("access_token", ""))
        return Answer(body=self.grant(LONG_LIFE))

    def _refresh(self, request: Request) -> Answer:
        return Answer(body=self.extended(read(request, ("grant_type", "access_token")), "th_refresh_token"))

    def _me(self, request: Request) -> Answer:
        names = fields_of(self.entered(request, ("fields",)), ("id", "username", "name"))
        return self.told(picked({"id": ID, "username": NAME, "name": "Fog news"}, names))

    def _limit(self, request: Request) -> Answer:
        given = self.entered(request, ("fields",))
        deleted = sum(self.clock() - at < DAY for at in self._deleted)
        told: dict[str, Any] = {
            "quota_usage": self._used(is_reply=False),
            "reply_quota_usage": self._used(is_reply=True),
            "delete_quota_usage": deleted,
        }
        for name, total in (("config", self.quota), ("reply_config", self.reply_quota), ("delete_config", self.delete_quota)):
            told[name] = {"quota_total": total, "quota_duration": 86_400}
        return self.told({"data": [{name: told[name] for name in fields_of(given, tuple(told))}]})

    def _used(self, *, is_reply: bool) -> int:
        return sum(self.clock() - one.at < DAY and bool(one.parent) == is_reply for one in self._posts.values())

    # Containers

    def _make(self, request: Request) -> Answer:
        given = self.entered(request, {name for names in _OF_KIND.values() for name in names})
        kind = given.get("media_type", "")
        if kind not in _OF_KIND:
            raise refusal(100, "(#100) Param media_type must be one of TEXT, IMAGE, VIDEO, CAROUSEL")
        if strange := sorted(given.keys() - set(_OF_KIND[kind])):
            raise refusal(100, f"(#100) {', '.join(strange)} cannot be used with {kind}")
        self._check(given)
        if kind == "TEXT":
            if not given.get("text"):
                raise refusal(100, "(#100) The parameter text is required")
            return self.told({"id": self.shelf.put(self.new_id(), given).id})
        if kind == "CAROUSEL":
            return self.told({"id": self.shelf.put(self.new_id(), given, self._children(given)).id})
        picture, error = _fetched(given)
        return self.told({"id": self.shelf.put(self.new_id(), given, (picture,) if picture else (), error).id})

    def _check(self, given: Mapping[str, str]) -> None:
        text = given.get("text", "")
        if _length(text) > MAX_TEXT:
            raise refusal(100, "(#100) Param text must be at most 500 characters long.")
        if len({*_URL.findall(text), *filter(None, [given.get("link_attachment")])}) > MAX_LINKS:
            raise refusal(100, "THREADS_API__LINK_LIMIT_EXCEEDED", user_message="A post has at most five links.")
        if len(given.get("alt_text", "").encode("utf-16-le")) // 2 > MAX_ALT:
            raise refusal(100, "(#100) Param alt_text must be at most 1000 characters long.")
        topic = given.get("topic_tag", "x")
        if not 1 <= len(topic) <= MAX_TOPIC or re.search(r"[.&]", topic):
            raise refusal(100, "(#100) Param topic_tag is not valid")
        if given.get("reply_control", "everyone") not in _REPLY_CONTROLS:
            raise refusal(100, "(#100) Param reply_control is not valid")
        if given.get("is_carousel_item") == "true" and given.keys() & {"text", "reply_to_id", "topic_tag", "reply_control"}:
            raise refusal(100, "(#100) A carousel's item has neither text nor a place of its own")
        if "reply_to_id" in given and given["reply_to_id"] not in self._posts:
            raise refusal(100, "(#100) The post that is replied to does not exist")

    def _children(self, given: Mapping[str, str]) -> tuple[SeenPicture, ...]:
        numbers = [one for one in given.get("children", "").split(",") if one]
        if not 2 <= len(numbers) <= MAX_CHILDREN:
            raise refusal(100, "(#100) A carousel has 2 to 20 children")
        for number in numbers:
            if not self.shelf.is_ready(number) or self.shelf.held[number].fields.get("is_carousel_item") != "true":
                raise refusal(100, f"(#100) The child {number} is not ready, or is none")
        return tuple(self.shelf.held[number].pictures[0] for number in numbers)

    def _publish(self, request: Request) -> Answer:
        container = self.shelf.held.get(self.entered(request, ("creation_id",)).get("creation_id", ""))
        state = container.state(self.clock()) if container else ""
        if container is None or state == "EXPIRED" or self.races:
            self.races = max(self.races - 1, 0)
            raise refusal(24, "The requested resource does not exist", 4279009, user_message="The media is not found.")
        if state != "FINISHED" or container.fields.get("is_carousel_item"):
            raise refusal(100, "Invalid parameter")
        is_reply = "reply_to_id" in container.fields
        if self._used(is_reply=is_reply) >= (self.reply_quota if is_reply else self.quota):
            raise refusal(4, "(#4) The limit of posts is reached")
        container.media = self.new_id()
        self._posts[container.media] = _Post(container.media, self.clock(), container)
        self._show()
        return self.told({"id": container.media})

    # What is out

    def _list(self, request: Request, edge: str) -> Answer:
        given = self.entered(request, ("fields", "since", "until", "limit", "after"))
        names, since = fields_of(given, _FIELDS), int(given.get("since", "0"))
        there = [one for one in reversed(self._posts.values()) if bool(one.parent) == (edge == "replies") and self.lists]
        nodes = [picked(_node_of(one), names) for one in there if one.at.timestamp() >= since]
        return self.told(page(nodes, given, request.path))

    def _node(self, request: Request, number: str) -> Answer:
        given = self.entered(request, ("fields",))
        if number in self.shelf.held:
            names, container = fields_of(given, ("id", "status", "error_message")), self.shelf.held[number]
            state = self.shelf.asked(container)
            why = container.error if state == "ERROR" else None
            return self.told(picked({"id": number, "status": state, "error_message": why}, names))
        return self.told(picked(_node_of(self._there(number)), fields_of(given, _FIELDS)))

    def _there(self, number: str) -> _Post:
        if number not in self._posts:
            message = f"Unsupported get request. Object with ID '{number}' does not exist, cannot be loaded due to missing "
            raise refusal(100, message + "permissions, or does not support this operation", 33, kind="GraphMethodException")
        return self._posts[number]

    def _delete(self, request: Request, number: str) -> Answer:
        self.entered(request, ())
        post = self._there(number)
        if sum(self.clock() - at < DAY for at in self._deleted) >= self.delete_quota:
            raise refusal(4, "(#4) The limit of deletes is reached")
        self._deleted.append(self.clock())
        del self._posts[post.id]
        self._show()
        return self.told({"success": True, "deleted_id": number})

    def _insights(self, request: Request, number: str) -> Answer:
        given, names = self.entered(request, ("metric",)), list[str]()
        self._there(number)
        names = given.get("metric", "").split(",")
        if not set(names) <= set(_METRICS):
            raise refusal(100, f"(#100) metric must be one of {json.dumps(_METRICS)}")
        told = [{"name": name, "period": "lifetime", "values": [{"value": at}], "id": number} for at, name in enumerate(names)]
        return self.told({"data": told})

    def _show(self) -> None:
        self._public.clear()
        for post in self._posts.values():
            given, text = post.made_of.fields, post.made_of.fields.get("text", "")
            links = _URL.findall(text)
            card = given.get("link_attachment") or (links[0] if links and given["media_type"] == "TEXT" else None)
            tags = [given["topic_tag"]] if "topic_tag" in given else re.findall(r"#(\w+)", text)[:1]
            self._public[post.id] = Seen(
                post.id,
                _node_of(post)["permalink"],
                text,
                post.at,
                links=tuple((link, link) for link in links),
                tags=tuple(tags),
                pictures=post.made_of.pictures,
                card={"url": card, "title": None, "description": None, "thumb": None} if card else None,
                raw=dict(given),
                answers=post.parent,
            )


def _node_of(post: _Post) -> dict[str, Any]:
    given = post.made_of.fields
    return {
        "id": post.id,
        "timestamp": timestamp(post.at),
        "permalink": f"https://www.threads.net/@{NAME}/post/{post.code}",
        "shortcode": post.code,
        "media_type": _KINDS[given["media_type"]],
        "text": given.get("text"),
        "topic_tag": given.get("topic_tag"),
        "alt_text": given.get("alt_text"),
        "link_attachment_url": given.get("link_attachment"),
    }


def _fetched(given: Mapping[str, str]) -> tuple[SeenPicture | None, str]:
    """A picture as it is taken, or why its container will never be ready. Raises Refusal."""
    if not given.get("image_url"):
        raise refusal(100, "(#100) The parameter image_url is required")
    try:
        content = fetched(given["image_url"])
    except (OSError, ValueError):
        return None, "UNKNOWN"
    found = sniff(content)
    if len(content) > MAX_BYTES:
        raise refusal(100, "(#100) The image is over 8 MB")
    if not found or found[0] not in ("image/jpeg", "image/png"):
        raise refusal(100, "(#100) The image is neither JPEG nor PNG")
    mime, width, height = found
    if max(width / height, height / width) > MAX_SIDES:
        return None, "INVALID_ASPEC_RATIO"
    return SeenPicture(content, mime, given.get("alt_text", ""), width, height), ""


def _length(text: str) -> int:
    """Code points, emoji by the bytes of their UTF-8."""
    clusters = regex.findall(r"\X", text)
    return sum(len(one.encode()) if _EMOJI.search(one) else len(one) for one in clusters)
