"""One professional account on Instagram: containers, a feed, stories, by Instagram Login or by Facebook Login.

Facts: reference page on Instagram, sections M and 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from socialbot.testing.fakes.graph import (
    APP,
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
from socialbot.testing.fakes.instagram_media import check_words, checked, cropped
from socialbot.testing.fakes.server import Answer, Clock, Faults, Request, Route, Seen, SeenPicture

ID, PAGE, NAME = "17841400000000001", "104000000000001", "fognews"
VERSIONS = ("v25.0", "v26.0")
MAX_CHILDREN = 10
STORY_LIFE, DAY = timedelta(hours=24), timedelta(hours=24)
SHORT_LIFE = timedelta(hours=1)
_FEED = ("views", "reach", "likes", "comments", "saved", "shares", "total_interactions")
_STORY = ("views", "reach", "replies", "navigation", "shares", "follows", "profile_visits")
_MADE_OF = ("image_url", "caption", "alt_text", "is_ai_generated", "is_carousel_item", "media_type", "children")
_MEDIA = ("id", "timestamp", "permalink", "shortcode", "media_type", "media_product_type", "caption", "is_ai_generated")
_PERMISSIONS = (
    "instagram_basic",
    "instagram_content_publish",
    "pages_show_list",
    "pages_read_engagement",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "instagram_manage_contents",
)


@dataclass(frozen=True, slots=True)
class _Media:
    """Something that is out."""

    id: str
    at: datetime
    made_of: Container
    comments: tuple[str, ...] = ()

    @property
    def is_story(self) -> bool:
        return self.made_of.fields.get("media_type") == "STORIES"

    @property
    def address(self) -> str:
        code = f"F{int(self.id):x}"
        return (
            f"https://www.instagram.com/stories/{NAME}/{self.id}" if self.is_story else f"https://www.instagram.com/p/{code}/"
        )

    @property
    def is_flagged(self) -> bool:
        return self.made_of.fields.get("is_ai_generated") == "true"


class InstagramFake(GraphFake):
    """Instagram's and Facebook's hosts in one, for one account that is linked to a Page."""

    network = "instagram"
    prefix = "IGAA"
    looser = MappingProxyType(
        {
            "max_picture_bytes": "the error's text says 8 MiB, the page 8 MB",
            "min_picture_width": "narrower pictures are scaled up",
        }
    )

    def __init__(self, *, faults: Faults | None = None, clock: Clock | None = None) -> None:
        super().__init__(faults=faults, clock=clock)
        self.shelf = Shelf(self.clock)
        self.quota = 100
        self.tells_captions = True
        """Whether media tell their caption by Instagram Login, on which the pages disagree."""
        self.honours_flag = True
        self.quiet_story = False
        """Fewer than five people have seen it."""
        self.lists = True
        """Whether what is out is listed already."""
        self.granted = set(_PERMISSIONS)
        now, end = self.clock() - DAY, self.clock() + timedelta(days=4000)
        self.page_token, self.person_token = "EAAP-token-of-the-page", "EAAU-token-of-a-person"
        self.tokens |= {self.page_token: (now, end), self.person_token: (now, end)}
        self._media: dict[str, _Media] = {}

    def account(self) -> dict[str, str]:
        """An account with Instagram Login, by a token that was made by hand."""
        return {"network": self.network, "api": self.url, "token": self.token}

    def linked_account(self) -> dict[str, str]:
        """The same with Facebook Login, over its Page."""
        login = {"login": "facebook", "user_id": ID, "page": PAGE, "token": self.person_token}
        return {"network": self.network, "api": self.url, **login}

    def routes(self) -> Sequence[Route]:
        """Every endpoint of the three hosts."""
        version = rf"/(?:{'|'.join(map(re.escape, VERSIONS))})"
        return [
            Route("POST", "/oauth/access_token", self._short_token),
            Route("GET", "/access_token", self._long_token),
            Route("GET", "/refresh_access_token", self._refresh),
            Route("GET", rf"{version}/oauth/access_token", self._facebook_token),
            Route("GET", rf"{version}/me", self._me),
            Route("GET", rf"{version}/me/accounts", self._pages),
            Route("GET", rf"{version}/me/permissions", self._permissions),
            Route("GET", rf"{version}/{ID}", self._who),
            Route("GET", rf"{version}/{ID}/content_publishing_limit", self._limit),
            Route("POST", rf"{version}/{ID}/media", self._make),
            Route("GET", rf"{version}/{ID}/(media|stories)", self._list),
            Route("POST", rf"{version}/{ID}/media_publish", self._publish, irreversible=True),
            Route("GET", rf"{version}/(\d+)", self._node),
            Route("DELETE", rf"{version}/(\d+)", self._delete),
            Route("GET", rf"{version}/(\d+)/insights", self._insights),
            Route("GET", rf"{version}/(\d+)/comments", self._comments),
            Route("POST", rf"{version}/(\d+)/comments", self._comment),
        ]

    # Logins

    def _short_token(self, request: Request) -> Answer:
        given = read(request, ("client_id", "client_secret", "grant_type", "redirect_uri", "code"))
        wanted(given, client_id=APP, client_secret=SECRET, grant_type="authorization_code")
        self.spend(given.get("code", ""))
        told = self.grant(SHORT_LIFE)
        permissions = "instagram_business_basic,instagram_business_content_publish"
        return Answer(body={"access_token": told["access_token"], "user_id": ID, "permissions": permissions})

    def _long_token(self, request: Request) -> Answer:
        given = read(request, ("grant_type", "client_secret", "access_token"))
        wanted(given, grant_type="ig_exchange_token", client_secret=SECRET)
        self.good(given.get("access_token", ""))
        return Answer(body=self.grant(timedelta(days=60)))

    def _refresh(self, request: Request) -> Answer:
        return Answer(body=self.extended(read(request, ("grant_type", "access_token")), "ig_refresh_token"))

    def _facebook_token(self, request: Request) -> Answer:
        return self.facebook_login(request, self.person_token)

    # Who

    def _me(self, request: Request) -> Answer:
        given = self.entered(request, ("fields",))
        names = fields_of(given, ("id", "user_id", "username", "account_type", "name"))
        return self.told(picked({"id": "27000000000000001", **self._profile()}, names))

    def _who(self, request: Request) -> Answer:
        given = self.entered(request, ("fields",))
        known = ["id", "username", "name", *(["account_type", "user_id"] if self._by_instagram(request) else [])]
        return self.told(picked({**self._profile(), "id": ID}, fields_of(given, known)))

    def _profile(self) -> dict[str, Any]:
        return {"user_id": int(ID), "username": NAME, "account_type": "BUSINESS", "name": "Fog news"}

    def _pages(self, request: Request) -> Answer:
        given = self.entered(request, ("fields", "limit", "after"))
        if self._token_of(request) != self.person_token:
            raise refusal(100, "(#100) Tried accessing nonexisting field (accounts)")
        wanted(given, fields="id,name,access_token,tasks,instagram_business_account{id,username}")
        linked = {"instagram_business_account": {"id": ID, "username": NAME}}
        ours = {"id": PAGE, "name": "Fog news", "access_token": self.page_token, "tasks": ["CREATE_CONTENT"], **linked}
        other = {"id": "104000000000002", "name": "Mist", "access_token": "EAAP-another-page", "tasks": ["MODERATE"]}
        return self.told(page([other, ours], given, request.path))

    def _permissions(self, request: Request) -> Answer:
        self.entered(request, ())
        told = [{"permission": one, "status": "granted" if one in self.granted else "declined"} for one in _PERMISSIONS]
        return self.told({"data": told})

    def _by_instagram(self, request: Request) -> bool:
        return self._token_of(request).startswith(self.prefix)

    def _limit(self, request: Request) -> Answer:
        given = self.entered(request, ("fields", "since"))
        names = fields_of(given, ("config", "quota_usage"))
        config = {"quota_total": self.quota, "quota_duration": 86_400}
        told = {"config": config, "quota_usage": self._used()}
        return self.told({"data": [{name: told[name] for name in names}]})

    def _used(self) -> int:
        return sum(self.clock() - one.at < DAY for one in self._media.values())

    # Containers

    def _make(self, request: Request) -> Answer:
        given = self.entered(request, _MADE_OF)
        for name in ("is_ai_generated", "is_carousel_item"):
            if given.get(name, "true") not in ("true", "false"):
                raise refusal(100, f"(#100) Param {name} must be a boolean")
        kind = given.get("media_type", "")
        if kind not in ("", "CAROUSEL", "STORIES"):
            raise refusal(100, "Unknown media type", 2207023)
        check_words(given)
        pictures = self._children(given) if kind == "CAROUSEL" else (self._fetch(given),)
        return self.told({"id": self.shelf.put(self.new_id(), given, pictures).id})

    def _children(self, given: Mapping[str, str]) -> tuple[SeenPicture, ...]:
        if "image_url" in given or "alt_text" in given or "is_carousel_item" in given:
            raise refusal(100, "(#100) A carousel takes no picture of its own")
        numbers = [one for one in given.get("children", "").split(",") if one]
        if not 2 <= len(numbers) <= MAX_CHILDREN:
            raise refusal(100, "Carousel child count", 2207028, user_message="A carousel takes 2 to 10 items.")
        for number in numbers:
            if number not in self.shelf.held or "is_carousel_item" not in self.shelf.held[number].fields:
                raise refusal(24, "The requested resource does not exist", 2207006)
            if not self.shelf.is_ready(number):
                raise refusal(9007, "Media ID is not available", 2207027)
        pictures = [self.shelf.held[number].pictures[0] for number in numbers]
        return tuple(cropped(one, pictures[0]) for one in pictures)

    def _fetch(self, given: Mapping[str, str]) -> SeenPicture:
        if "children" in given or not given.get("image_url"):
            raise refusal(100, "(#100) The parameter image_url is required")
        story, child = given.get("media_type") == "STORIES", given.get("is_carousel_item") == "true"
        if story and given.keys() & {"caption", "alt_text", "is_carousel_item"}:
            raise refusal(100, "(#100) A story takes neither caption nor alt_text")
        if child and given.keys() & {"caption", "is_ai_generated"}:
            raise refusal(100, "(#100) A carousel's child takes neither caption nor is_ai_generated")
        try:
            content = fetched(given["image_url"])
        except (OSError, ValueError) as error:
            raise refusal(9004, f"Only photo or video can be accepted as media type: {error}", 2207052) from None
        return checked(content, given.get("alt_text", ""), is_story=story)

    def _publish(self, request: Request) -> Answer:
        number = self.entered(request, ("creation_id",)).get("creation_id", "")
        container = self.shelf.held.get(number)
        if container is None or container.state(self.clock()) == "EXPIRED":
            raise refusal(24, "The requested resource does not exist", 2207008)
        if container.media or container.fields.get("is_carousel_item"):
            raise refusal(100, "Invalid parameter")
        if container.state(self.clock()) != "FINISHED":
            raise refusal(9007, "Media ID is not available", 2207027, user_message="The media is not ready to be published.")
        if self._used() >= self.quota:
            raise refusal(9, "Application request limit reached", 2207042, user_message="You reached the maximum of posts.")
        container.media = self.new_id()
        self._media[container.media] = _Media(container.media, self.clock(), container)
        self._show()
        return self.told({"id": container.media})

    # What is out

    def _list(self, request: Request, edge: str) -> Answer:
        given = self.entered(request, ("fields", "since", "until", "limit", "after"))
        names, since = fields_of(given, _MEDIA), int(given.get("since", "0"))
        there = [one for one in reversed(self._media.values()) if one.is_story == (edge == "stories") and self.lists]
        if edge == "stories":
            there = [one for one in there if self.clock() - one.at < STORY_LIFE]
        nodes = [picked(self._node_of(one, request), names) for one in there if one.at.timestamp() >= since]
        return self.told(page(nodes, given, request.path))

    def _node(self, request: Request, number: str) -> Answer:
        given = self.entered(request, ("fields",))
        if number in self.shelf.held:
            names, container = fields_of(given, ("id", "status_code", "status")), self.shelf.held[number]
            state = self.shelf.asked(container)
            told = {"ERROR": f"Error: {container.error}"}.get(state, f"{state.capitalize()}: it is so.")
            return self.told(picked({"id": number, "status_code": state, "status": told}, names))
        return self.told(picked(self._node_of(self._there(number), request), fields_of(given, _MEDIA)))

    def _node_of(self, media: _Media, request: Request) -> dict[str, Any]:
        kind = "CAROUSEL_ALBUM" if media.made_of.fields.get("media_type") == "CAROUSEL" else "IMAGE"
        told = self.tells_captions or not self._by_instagram(request)
        return {
            "id": media.id,
            "timestamp": timestamp(media.at),
            "permalink": media.address,
            "shortcode": media.address.rstrip("/").rpartition("/")[2],
            "media_type": kind,
            "media_product_type": "STORY" if media.is_story else "FEED",
            "caption": media.made_of.fields.get("caption") if told else None,
            "is_ai_generated": media.is_flagged and self.honours_flag,
        }

    def _there(self, number: str) -> _Media:
        if number not in self._media:
            message = f"Unsupported get request. Object with ID '{number}' does not exist, cannot be loaded due to missing "
            raise refusal(100, message + "permissions, or does not support this operation", 33, kind="GraphMethodException")
        return self._media[number]

    def _delete(self, request: Request, number: str) -> Answer:
        self.entered(request, ())
        if self._by_instagram(request):
            raise refusal(3, "(#3) Application does not have the capability to make this API call.")
        if "instagram_manage_contents" not in self.granted:
            raise refusal(10, "(#10) This endpoint requires the 'instagram_manage_contents' permission")
        del self._media[self._there(number).id]
        self._show()
        return self.told({"success": True, "deleted_id": number})

    def _insights(self, request: Request, number: str) -> Answer:
        given, media = self.entered(request, ("metric",)), self._there(number)
        if media.is_story and self.quiet_story:
            raise refusal(10, "(#10) Not enough viewers for the media to show insights")
        known = _STORY if media.is_story else _FEED
        names = given.get("metric", "").split(",")
        if not set(names) <= set(known):
            raise refusal(1, "An unknown error has occurred.")
        told = [{"name": name, "period": "lifetime", "values": [{"value": at}], "id": number} for at, name in enumerate(names)]
        return self.told({"data": told})

    def _comments(self, request: Request, number: str) -> Answer:
        given = self.entered(request, ("fields", "limit", "after"))
        fields_of(given, ("id", "text", "timestamp", "username"))
        told = [{"id": str(at), "text": text, "username": NAME} for at, text in enumerate(self._there(number).comments)]
        return self.told(page(told, given, request.path))

    def _comment(self, request: Request, number: str) -> Answer:
        given, media = self.entered(request, ("message",)), self._there(number)
        self._media[number] = replace(media, comments=(*media.comments, given["message"]))
        return self.told({"id": self.new_id()})

    def comments(self, number: str) -> tuple[str, ...]:
        """What stands below something that is out."""
        return self._media[number].comments

    def _show(self) -> None:
        self._public.clear()
        for media in self._media.values():
            text = media.made_of.fields.get("caption", "")
            flags = {"is_ai_generated": True} if media.is_flagged else {}
            tags = tuple(re.findall(r"#(\w+)", text))
            self._public[media.id] = Seen(
                media.id,
                media.address,
                text,
                media.at,
                tags=tags,
                pictures=media.made_of.pictures,
                raw={**media.made_of.fields, "story": media.is_story},
                flags=flags,
            )
