"""One Facebook Page: photos that nobody sees, posts with their pictures or their link's card, stories of a day.

Facts: reference page on Instagram and Facebook, sections M and 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from socialbot.testing.fakes import facebook_photo
from socialbot.testing.fakes.facebook_photo import Photo
from socialbot.testing.fakes.graph import (
    APP,
    SECRET,
    GraphFake,
    fields_of,
    page,
    picked,
    read,
    refusal,
    timestamp,
    wanted,
)
from socialbot.testing.fakes.server import Answer, Clock, Faults, Request, Route, Seen

PAGE, NAME = "104000000000001", "Fog news"
VERSIONS = ("v25.0", "v26.0")
MAX_MESSAGE = 63_206
STORY_LIFE = timedelta(hours=24)
_INSIGHTS = ("post_total_media_view_unique", "post_reactions_by_type_total", "post_clicks", "post_clicks_by_type")
_PERMISSIONS = (
    "pages_show_list",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_manage_engagement",
    "pages_read_user_content",
    "read_insights",
)
_POST = ("id", "message", "created_time", "permalink_url", "is_published", "attachments", "shares", "reactions", "comments")
_FEED = ("message", "link", "attached_media", "fields", "sponsor_id", "sponsor_relationship")
_NUMBER, _POST_ID = r"(\d+)", r"(\d+(?:_\d+)?)"


@dataclass(frozen=True, slots=True)
class _Post:
    """Something that is out."""

    id: str
    at: datetime
    made_of: Mapping[str, str]
    photos: tuple[str, ...] = ()
    is_story: bool = False
    comments: tuple[str, ...] = field(default=())

    @property
    def address(self) -> str:
        if self.is_story:
            return f"https://www.facebook.com/stories/{PAGE}/{self.id}"
        return f"https://www.facebook.com/{PAGE}/posts/{self.id.rpartition('_')[2]}"


class FacebookFake(GraphFake):
    """Facebook's hosts in one, for one Page and a person who has a role on it."""

    network = "facebook"
    prefix = "EAAU"
    looser = MappingProxyType(
        {"max_pictures": "no number is documented", "max_alt": "no number is documented; ours is Instagram's"}
    )

    def __init__(self, *, faults: Faults | None = None, clock: Clock | None = None) -> None:
        super().__init__(faults=faults, clock=clock)
        self.granted = set(_PERMISSIONS)
        self.tasks = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MODERATE"]
        self.is_published = True
        """Whether the Page is."""
        self.takes_provenance = True
        self.tells_targets = True
        """Whether the only photo of a post is told by its own number, which is unconfirmed."""
        self.unreadable: set[str] = set()
        """Links whose pages it cannot read."""
        self.liked = True
        """The Page has the hundred likes that insights take."""
        self.page_token_ends: datetime | None = None
        self.scraped: list[str] = []
        self.page_token = "EAAP-token-of-the-page"  # noqa: S105
        now = self.clock()
        self.tokens[self.page_token] = (now, now + timedelta(days=4000))
        self.photos: dict[str, Photo] = {}
        self._out: dict[str, _Post] = {}

    def account(self) -> dict[str, str]:
        """An account by the token of a person, chosen by hand."""
        return {"network": self.network, "api": self.url, "page": PAGE, "token": self.token}

    def page_account(self) -> dict[str, str]:
        """The same by the Page's own token."""
        return {**self.account(), "token": self.page_token}

    def routes(self) -> Sequence[Route]:
        """Every endpoint."""
        version = rf"/(?:{'|'.join(map(re.escape, VERSIONS))})"
        ours = rf"{version}/{PAGE}"
        return [
            Route("GET", rf"{version}/oauth/access_token", lambda request: self.facebook_login(request, self.token)),
            Route("GET", rf"{version}/debug_token", self._debug),
            Route("POST", rf"{version}/", self._scrape),
            Route("GET", rf"{version}/me", self._me),
            Route("GET", rf"{version}/me/accounts", self._pages),
            Route("GET", rf"{version}/me/permissions", self._permissions),
            Route("GET", ours, self._page),
            Route("POST", rf"{ours}/photos", self._upload),
            Route("POST", rf"{ours}/feed", self._post, irreversible=True),
            Route("POST", rf"{ours}/photo_stories", self._tell, irreversible=True),
            Route("GET", rf"{ours}/published_posts", self._list),
            Route("GET", rf"{ours}/stories", self._stories),
            Route("GET", rf"{version}/{_POST_ID}", self._node),
            Route("POST", rf"{version}/{_POST_ID}", self._edit),
            Route("DELETE", rf"{version}/{_POST_ID}", self._delete),
            Route("GET", rf"{version}/{_POST_ID}/insights", self._insights),
            Route("GET", rf"{version}/{_POST_ID}/comments", self._comments),
            Route("POST", rf"{version}/{_POST_ID}/comments", self._comment),
        ]

    # Who

    def _is_page(self, request: Request) -> bool:
        return self._token_of(request) == self.page_token

    def _me(self, request: Request) -> Answer:
        names = fields_of(self.entered(request, ("fields",)), ("id", "name"))
        who = {"id": PAGE, "name": NAME} if self._is_page(request) else {"id": "27000000000000001", "name": "A person"}
        return self.told(picked(who, names))

    def _pages(self, request: Request) -> Answer:
        given = self.entered(request, ("fields", "limit", "after"))
        if self._is_page(request):
            raise refusal(100, "(#100) Tried accessing nonexisting field (accounts)")
        wanted(given, fields="id,name,access_token,tasks,instagram_business_account{id,username}")
        ours = {"id": PAGE, "name": NAME, "access_token": self.page_token, "tasks": self.tasks}
        other = {"id": "104000000000002", "name": "Mist", "access_token": "EAAP-another-page", "tasks": ["MODERATE"]}
        return self.told(page([other, *([ours] if self.tasks else [])], given, request.path))

    def _permissions(self, request: Request) -> Answer:
        given = self.entered(request, ("limit", "after"))
        told = [{"permission": one, "status": "granted" if one in self.granted else "declined"} for one in _PERMISSIONS]
        return self.told(page(told, given, request.path))

    def _debug(self, request: Request) -> Answer:
        given = read(request, ("input_token", "access_token"))
        wanted(given, access_token=f"{APP}|{SECRET}")
        token = self.good(given.get("input_token", ""))
        kind, ends = ("PAGE", self.page_token_ends) if token == self.page_token else ("USER", self.tokens[token][1])
        told = {"app_id": APP, "type": kind, "is_valid": True, "expires_at": int(ends.timestamp()) if ends else 0}
        return Answer(body={"data": told})

    def _page(self, request: Request) -> Answer:
        names = fields_of(self.entered(request, ("fields",)), ("id", "name", "link", "is_published"))
        link = f"https://www.facebook.com/{NAME.replace(' ', '')}"
        return self.told(picked({"id": PAGE, "name": NAME, "link": link, "is_published": self.is_published}, names))

    # Posting

    def _scrape(self, request: Request) -> Answer:
        given = self.entered(request, ("id", "scrape"))
        wanted(given, scrape="true")
        self.scraped.append(given["id"])
        self._readable(given["id"])
        return self.told({"id": given["id"]})

    def _readable(self, link: str) -> None:
        if not re.fullmatch(r"https?://[^\s/]+\S*", link):
            raise refusal(100, "(#100) link URL is not properly formatted", 2061006)
        if re.match(r"https?://(?:\w+\.)?facebook\.com(?:/|$)", link):
            raise refusal(100, "Invalid parameter", 1609008, user_message="You can't post links to facebook.com here.")
        if link in self.unreadable:
            raise refusal(1609005, "The url you supplied could not be scraped")

    def _upload(self, request: Request) -> Answer:
        given = self.entered(request, ("published", "alt_text_custom", "provenance_info"))
        wanted(given, published="false")  # one that is published at once is no upload
        picture = facebook_photo.taken(request, given)
        marked = facebook_photo.is_marked(given, takes=self.takes_provenance)
        photo = Photo(self.new_id(), self.clock(), picture, marked)
        self.photos[photo.id] = photo
        return self.told({"id": photo.id})

    def _unused(self, number: str) -> Photo:
        photo = self.photos.get(number)
        if photo is None or not photo.is_there(self.clock()):
            raise refusal(100, f"(#100) Invalid parameter: the photo {number} does not exist")
        if photo.post is not None:
            raise refusal(100, "Invalid parameter", 1366051, user_message="These photos were already posted.")
        return photo

    def _post(self, request: Request) -> Answer:
        given = self.entered(request, _FEED)
        message, link, numbers = given.get("message", ""), given.get("link", ""), facebook_photo.attached(given)
        if not (message or link or numbers) or (link and numbers):
            raise refusal(100, "(#100) The parameter message is required, or a link, or attached_media, but not both of these")
        if len(message) > MAX_MESSAGE:
            raise refusal(100, "(#100) The message is too long")
        if link:
            self._readable(link)
        photos = [self._unused(number) for number in numbers]
        names = fields_of(given, ("id", "permalink_url"))
        if not self._is_page(request):  # the silent failure: it is taken, and nobody sees it
            return self.told({"id": f"{PAGE}_{self.new_id()}"})
        if not numbers and self._is_repeated(message, link):
            raise refusal(506, "Duplicate status message", user_message="This status update is identical to the last one.")
        made = _Post(f"{PAGE}_{self.new_id()}", self.clock(), given, tuple(numbers))
        self._publish(made, photos)
        return self.told(picked({"id": made.id, "permalink_url": made.address}, names))

    def _is_repeated(self, message: str, link: str) -> bool:
        last = next((one for one in reversed(self._out.values()) if not one.is_story), None)
        said = (last.made_of.get("message", ""), last.made_of.get("link", "")) if last and not last.photos else None
        return said == (message, link)

    def _tell(self, request: Request) -> Answer:
        photo = self._unused(self.entered(request, ("photo_id",)).get("photo_id", ""))
        number = self.new_id()
        if self._is_page(request):
            self._publish(_Post(number, self.clock(), {}, (photo.id,), is_story=True), [photo])
        return self.told({"success": True, "post_id": number})

    def _publish(self, post: _Post, photos: Sequence[Photo]) -> None:
        for photo in photos:
            photo.post = post.id
        self._out[post.id] = post
        self._show()

    # What is out

    def _list(self, request: Request) -> Answer:
        given = self.entered(request, ("fields", "since", "limit", "after"))
        names, since = fields_of({"fields": _top(given.get("fields", "id"))}, _POST), int(given.get("since", "0"))
        there = [one for one in reversed(self._out.values()) if not one.is_story and one.at.timestamp() >= since]
        return self.told(page([picked(self._told(one), names) for one in there], given, request.path))

    def _stories(self, request: Request) -> Answer:
        given = self.entered(request, ("status", "since", "limit", "after"))
        wanted(given, status="PUBLISHED")
        since = int(given.get("since", "0"))
        nodes = [
            {
                "post_id": one.id,
                "status": "PUBLISHED",
                "creation_time": str(int(one.at.timestamp())),
                "media_type": "photo",
                "media_id": one.photos[0],
                "url": one.address,
            }
            for one in reversed(self._out.values())
            if one.is_story and self.clock() - one.at < STORY_LIFE and one.at.timestamp() >= since
        ]
        return self.told(page(nodes, given, request.path))

    def _node(self, request: Request, number: str) -> Answer:
        given = self.entered(request, ("fields",))
        if number in self.photos and self.photos[number].is_there(self.clock()):
            return self.told(picked({"id": number}, fields_of(given, ("id",))))
        names = fields_of({"fields": _top(given.get("fields", "id"))}, _POST)
        return self.told(picked(self._told(self._there(number)), names))

    def _told(self, post: _Post) -> dict[str, Any]:
        summary = {"data": [], "summary": {"total_count": len(post.comments)}}
        return {
            "id": post.id,
            "message": post.made_of.get("message"),
            "created_time": timestamp(post.at),
            "permalink_url": post.address,
            "is_published": True,
            "attachments": self._attachments(post),
            "shares": {"count": 2},
            "reactions": {"data": [], "summary": {"total_count": 5}},
            "comments": summary,
        }

    def _attachments(self, post: _Post) -> dict[str, Any] | None:
        shown = [{"type": "photo", "target": {"id": number}} for number in post.photos]
        if len(shown) > 1:
            return {"data": [{"type": "album", "target": {"id": f"9{post.photos[0]}"}, "subattachments": {"data": shown}}]}
        if shown:
            number = post.photos[0] if self.tells_targets else f"8{post.photos[0]}"
            return {"data": [{"type": "photo", "target": {"id": number}}]}
        return {"data": [{"type": "share", "target": {"url": post.made_of["link"]}}]} if "link" in post.made_of else None

    def _there(self, number: str) -> _Post:
        if number not in self._out:
            message = f"Unsupported get request. Object with ID '{number}' does not exist, cannot be loaded due to missing "
            raise refusal(100, message + "permissions, or does not support this operation", 33, kind="GraphMethodException")
        return self._out[number]

    def _edit(self, request: Request, number: str) -> Answer:
        given, post = self.entered(request, ("message",)), self._there(number)
        if post.is_story or not self._is_page(request):
            raise refusal(200, "(#200) Permissions error")
        self._out[number] = replace(post, made_of={**post.made_of, "message": given["message"]})
        self._show()
        return self.told({"success": True})

    def _delete(self, request: Request, number: str) -> Answer:
        self.entered(request, ())
        del self._out[self._there(number).id]
        self._show()
        return self.told({"success": True})

    def _insights(self, request: Request, number: str) -> Answer:
        given = self.entered(request, ("metric",))
        self._there(number)
        names = [one for one in given.get("metric", "").split(",") if one]
        if not names:
            raise refusal(3001, "(#3001) No metric was specified to be fetched", 1504028)
        if not set(names) <= set(_INSIGHTS):
            raise refusal(100, "(#100) The value must be a valid insights metric")
        if "read_insights" not in self.granted:
            raise refusal(10, "(#10) This endpoint requires the 'read_insights' permission")
        told = [{"name": name, "period": "lifetime", "values": [{"value": at + 7}]} for at, name in enumerate(names)]
        return self.told({"data": told if self.liked else []})

    def _comments(self, request: Request, number: str) -> Answer:
        given = self.entered(request, ("fields", "limit", "after"))
        fields_of(given, ("id", "message", "created_time"))
        told = [{"id": str(at), "message": text} for at, text in enumerate(self._there(number).comments)]
        return self.told(page(told, given, request.path))

    def _comment(self, request: Request, number: str) -> Answer:
        given, post = self.entered(request, ("message",)), self._there(number)
        self._out[number] = replace(post, comments=(*post.comments, given["message"]))
        return self.told({"id": self.new_id()})

    def comments(self, number: str) -> tuple[str, ...]:
        """What stands below something that is out."""
        return self._out[number].comments

    def _show(self) -> None:
        self._public.clear()
        for post in self._out.values():
            photos, text = [self.photos[number] for number in post.photos], post.made_of.get("message", "")
            link = post.made_of.get("link")
            self._public[post.id] = Seen(
                post.id,
                post.address,
                text,
                post.at,
                tags=tuple(re.findall(r"#(\w+)", text)),
                pictures=tuple(one.picture for one in photos),
                card={"url": link} if link else None,
                raw={**post.made_of, "story": post.is_story},
                flags={"provenance_info": True} if any(one.is_of_ai for one in photos) else {},
            )


def _top(fields: str) -> str:
    """The names in `fields` without what is asked of what they hold."""
    while (bare := re.sub(r"\{[^{}]*\}|\.\w+\(\w+\)", "", fields)) != fields:
        fields = bare
    return fields
