"""One account on X, self-serve and paid by the call.

Facts: reference page on X, sections 4.1 to 4.9; OpenAPI 2.167 of 2026-08-22.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from socialbot.testing.fakes import multipart, x_post
from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture, sniff
from socialbot.testing.fakes.x_login import ACCESS, CLIENT, CONSUMER, Logins, unauthorized
from socialbot.testing.fakes.x_post import (
    MAX_ALT,
    MAX_PICTURE_BYTES,
    MIME_TYPES,
    STRANGER_ID,
    USER_ID,
    USERNAME,
    Post,
    invalid,
    problem,
)

UPLOADS_LAST = timedelta(seconds=86_400)
WINDOW = timedelta(minutes=15)
_LIMITS: Mapping[str, int] = {
    "create": 100,
    "delete": 50,
    "upload": 500,
    "metadata": 500,
    "timeline": 900,
    "me": 75,
}
"""Calls of one user in 15 minutes (docs.x.com, Rate limits)."""
_PROFILE = ("protected", "subscription_type")
_LOCKED = "To protect our users from spam and other malicious activity, this account is temporarily locked."


@dataclass(frozen=True, slots=True)
class _Upload:
    picture: SeenPicture
    ends: datetime
    owner: str = USER_ID
    polls_left: int = 0


class XFake(Fake):
    """`bodies` keeps every JSON body with its path, `queries` every query; both as they came.

    Switches: `spelling` of the read parameters that are taken; `lag`, after which a post is listed; `slow_polls` of an upload;
    `premium`; `without_credits`, `capped`, `suspended`, `locked`; `used` calls of a limit in this window; `left_today` posts.
    """

    network: ClassVar[str] = "x"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.logins = Logins(self.clock)
        self.spelling = "tweet"
        self.lag, self.duplicates_for = timedelta(), timedelta(hours=12)
        self.slow_polls = 0
        self.premium = self.protected = False
        self.without_credits = self.capped = self.suspended = self.locked = False
        self.left_today: int | None = None
        self.used: dict[str, tuple[datetime, int]] = {}
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        self.queries: list[tuple[str, dict[str, str]]] = []
        self._posts: dict[str, Post] = {}
        self._uploads: dict[str, _Upload] = {}
        self._number = 0

    def account(self) -> dict[str, str]:
        """Settings of the account, by the four keys of OAuth 1.0a."""
        keys = {"consumer_key": CONSUMER[0], "consumer_secret": CONSUMER[1]}
        tokens = {"access_token": ACCESS[0], "access_token_secret": ACCESS[1]}
        return {"network": self.network, "api": self.url, "web": self.url, **keys, **tokens}

    def app(self) -> dict[str, str]:
        """Settings of the account, by the app's client id for OAuth 2; `logins.grant()` logs it in."""
        told = {"client_id": CLIENT[0], "client_secret": CLIENT[1]}
        return {"network": self.network, "api": self.url, "web": self.url, **told}

    def stranger(self, text: str) -> str:
        """Somebody else posts; the post's id."""
        with self._lock:
            return self._store(Post("", STRANGER_ID, text, self.clock())).id

    def expire_uploads(self) -> None:
        """A day passes for the uploads."""
        with self._lock:
            self._uploads = {key: replace(one, ends=self.clock()) for key, one in self._uploads.items()}

    def give_away_uploads(self) -> None:
        """The uploads belong to another account."""
        with self._lock:
            self._uploads = {key: replace(one, owner=STRANGER_ID) for key, one in self._uploads.items()}

    def routes(self) -> Sequence[Route]:
        """Every endpoint that is offered."""
        return [
            Route("GET", "/i/oauth2/authorize", self.logins.authorize),
            Route("POST", "/2/oauth2/token", self.logins.token),
            Route("GET", "/2/users/me", self._guarded(self._me, "me", "users.read")),
            Route("GET", r"/2/users/(\d+)/tweets", self._guarded(self._timeline, "timeline", "tweet.read")),
            Route("POST", "/2/media/upload", self._guarded(self._upload, "upload", "media.write")),
            Route("GET", "/2/media/upload", self._guarded(self._status, "upload", "media.write")),
            Route("POST", "/2/media/metadata", self._guarded(self._describe, "metadata", "media.write")),
            Route("POST", "/2/tweets", self._guarded(self._create, "create", "tweet.write"), irreversible=True),
            Route("GET", r"/2/tweets/(\d+)", self._guarded(self._look, "timeline", "tweet.read")),
            Route("DELETE", r"/2/tweets/(\d+)", self._guarded(self._delete, "delete", "tweet.write")),
        ]

    def unknown(self, request: Request) -> Answer:
        """A path that is no endpoint."""
        return problem(404, "Not Found", title="Not Found").answer

    def bad_day(self, fault: Fault) -> Answer:
        """The moment from which calls are taken again stands in x-rate-limit-reset, in whole seconds of the epoch."""
        if fault == "rate_limited":
            ends = self.clock() + timedelta(seconds=self.faults.retry_after_s)
            return _limited("create", ends)
        if fault == "expired_token":
            return unauthorized().answer
        if fault == "unavailable":
            return problem(503, "Service Unavailable", title="Service Unavailable").answer
        return problem(500, "Internal Server Error", title="Internal Server Error").answer

    # Who may, and how often

    def _guarded(self, handler: Callable[..., Answer], limit: str, scope: str) -> Callable[..., Answer]:
        def run(request: Request, *groups: str) -> Answer:
            self.logins.enter(request, self.url, scope)
            self._refuse_the_barred()
            headers = self._count(limit)
            self.queries.append((request.path, dict(request.query)))
            try:
                answer = handler(request, *groups)
            except ValueError as error:
                raise invalid(str(error)) from None
            except Refusal as refusal:
                raise Refusal(replace(refusal.answer, headers={**headers, **refusal.answer.headers})) from None
            return replace(answer, headers={**headers, **answer.headers})

        return run

    def _refuse_the_barred(self) -> None:
        if self.without_credits:
            detail = "Your enrolled account does not have any credits to fulfill this request."
            raise problem(402, detail, "credits", "CreditsDepleted")
        if self.capped:
            detail = "Usage cap exceeded: Monthly product cap"
            raise problem(429, detail, "usage-capped", "UsageCapExceeded", period="Monthly")
        if self.suspended:
            raise problem(403, "Your account is suspended and is not permitted to access this feature.", "user-suspended")
        if self.locked:
            raise problem(403, _LOCKED, errors=[{"code": 326, "message": _LOCKED}])

    def _count(self, limit: str) -> dict[str, str]:
        began, used = self.used.get(limit, (self.clock(), 0))
        if self.clock() - began >= WINDOW:
            began, used = self.clock(), 0
        if used >= _LIMITS[limit]:
            raise Refusal(_limited(limit, began + WINDOW))
        self.used[limit] = (began, used + 1)
        return _headers(limit, _LIMITS[limit] - used - 1, began + WINDOW)

    # Users

    def _me(self, request: Request) -> Answer:
        asked = x_post.asked(request.query, {"user.fields": _PROFILE})["user.fields"]
        profile = {"protected": self.protected, "subscription_type": "Premium" if self.premium else "None"}
        shown = {name: value for name, value in profile.items() if name in asked}
        return Answer(body={"data": {"id": USER_ID, "name": "Fog news", "username": USERNAME, **shown}})

    def _timeline(self, request: Request, user_id: str) -> Answer:
        if user_id != USER_ID:
            raise problem(403, "Sorry, you are not authorized to see the user.", "not-authorized-for-resource")
        query = dict(request.query)
        many = int(query.pop("max_results", "10"))
        since = datetime.fromisoformat(query.pop("start_time", "2010-11-06T00:00:00Z"))
        begin = int(query.pop("pagination_token", "0"))
        if not 5 <= many <= 100:
            raise invalid(f"The `max_results` query parameter value [{many}] is not between 5 and 100", "max_results")
        if since.tzinfo is None or since >= self.clock():
            raise invalid("Invalid 'start_time'. It must be before now.", "start_time")
        if query.pop("exclude", "retweets") != "retweets":
            raise invalid("The `exclude` query parameter is not played here.", "exclude")
        fields = self._fields(query)
        there = [post for post in self._posts.values() if post.author_id == USER_ID]
        listed = [post for post in reversed(there) if post.at >= since and self.clock() - post.at >= self.lag]
        page = listed[begin : begin + many]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if listed[begin + many :]:
            meta["next_token"] = str(begin + many)
        data = [x_post.told(post, fields, self.spelling) for post in page]
        return Answer(body={"meta": meta, **({"data": data} if data else {})})

    # Media

    def _upload(self, request: Request) -> Answer:
        content, category = _file(request)
        if category != "tweet_image":
            raise invalid("The `media_category` field is not played here.", "media_category")
        if len(content) > MAX_PICTURE_BYTES:
            raise invalid(f"File size exceeds {MAX_PICTURE_BYTES} bytes.", "media")
        found = sniff(content)
        if found is None or found[0] not in MIME_TYPES:
            raise invalid("The media type is not one that is taken.", "media")
        self._number += 1
        media_id = x_post.snowflake(self.clock(), self._number)
        picture = SeenPicture(content, found[0], "", *found[1:])
        self._uploads[media_id] = _Upload(picture, self.clock() + UPLOADS_LAST, polls_left=self.slow_polls)
        return Answer(body={"data": self._told(media_id)})

    def _status(self, request: Request) -> Answer:
        media_id = request.query.get("media_id", "")
        if request.query != {"command": "STATUS", "media_id": media_id}:
            raise invalid("The command is not known.", "command")
        upload = self._own(media_id)
        self._uploads[media_id] = replace(upload, polls_left=max(upload.polls_left - 1, 0))
        return Answer(body={"data": self._told(media_id)})

    def _told(self, media_id: str) -> dict[str, Any]:
        upload = self._uploads[media_id]
        size = {"w": upload.picture.width, "h": upload.picture.height, "image_type": upload.picture.mime}
        told = {"id": media_id, "media_key": f"3_{media_id}", "size": len(upload.picture.content), "image": size}
        told["expires_after_secs"] = int((upload.ends - self.clock()).total_seconds())
        if upload.polls_left:
            told["processing_info"] = {"state": "pending", "check_after_secs": 0}
        return told

    def _describe(self, request: Request) -> Answer:
        given = self._body(request)
        metadata = given.get("metadata")
        alt = metadata.get("alt_text") if isinstance(metadata, dict) else None
        text = alt.get("text") if isinstance(alt, dict) else None
        if set(given) != {"id", "metadata"} or set(metadata or ()) != {"alt_text"} or set(alt or ()) != {"text"}:
            raise invalid("The fields are not those of a description.", "metadata")
        if not isinstance(text, str) or not 0 < len(text) <= MAX_ALT:
            raise invalid("The `metadata.alt_text.text` field has 1 to 1000 characters.", "metadata.alt_text.text")
        upload = self._own(given["id"])
        self._uploads[given["id"]] = replace(upload, picture=replace(upload.picture, alt=text))
        return Answer(body={"data": {"id": given["id"], "associated_metadata": given["metadata"]}})

    def _own(self, media_id: Any) -> _Upload:
        upload = self._uploads.get(media_id) if isinstance(media_id, str) else None
        if upload is None or upload.owner != USER_ID or upload.ends <= self.clock():
            raise invalid("Your media IDs are invalid.", "media.media_ids")
        return upload

    # Posts

    def _create(self, request: Request) -> Answer:
        given = self._body(request)
        found = x_post.checked(given, self.premium)
        uploads = [(f"3_{media_id}", self._own(media_id)) for media_id in found["media_ids"]]
        if any(upload.polls_left for _, upload in uploads):
            raise invalid("Your media IDs are invalid: they are still being processed.", "media.media_ids")
        if found["parent"]:
            self._answerable(found["parent"])
        text, now = given.get("text", ""), self.clock()
        recent = [one for one in self._posts.values() if one.author_id == USER_ID and now - one.at < self.duplicates_for]
        if text in [one.text for one in recent]:
            raise problem(403, "You are not allowed to create a Tweet with duplicate content.")
        if self.left_today == 0:
            raise Refusal(replace(_limited("create", now + WINDOW), headers=self._today(now)))
        media = tuple((key, upload.picture) for key, upload in uploads)
        flags = {name: given[name] for name in ("made_with_ai",) if name in given}
        post = self._store(Post("", USER_ID, text, now, found["parent"], media, flags))
        self.left_today = self.left_today - 1 if self.left_today else None
        told = {"id": post.id, "text": x_post.told(post, (), self.spelling)["text"], "edit_history_tweet_ids": [post.id]}
        return Answer(201, {"data": told}, self._today(now) if self.left_today is not None else {})

    def _today(self, now: datetime) -> dict[str, str]:
        ends = str(math.ceil((now + timedelta(hours=7)).timestamp()))
        told = {"limit": "100", "remaining": str(self.left_today or 0), "reset": ends}
        return {f"x-user-limit-24hour-{name}": value for name, value in told.items()}

    def _answerable(self, parent: str) -> None:
        if parent not in self._posts:
            raise problem(403, "You attempted to reply to a Tweet that is deleted or not visible to you.")
        if self._posts[parent].author_id != USER_ID:
            raise problem(403, "You can only reply to posts that mention or quote you.", "not-authorized-for-resource")

    def _look(self, request: Request, post_id: str) -> Answer:
        fields = self._fields(request.query)
        if post_id not in self._posts:
            problem_ = {"title": "Not Found Error", "type": f"{x_post.PROBLEMS}resource-not-found", "resource_type": "tweet"}
            detail = f"Could not find tweet with id: [{post_id}]."
            return Answer(body={"errors": [{**problem_, "detail": detail, "value": post_id, "parameter": "id"}]})
        return Answer(body={"data": x_post.told(self._posts[post_id], fields, self.spelling)})

    def _delete(self, request: Request, post_id: str) -> Answer:
        if post_id not in self._posts:
            raise problem(404, f"Could not find tweet with id: [{post_id}].", "resource-not-found", "Not Found Error")
        if self._posts[post_id].author_id != USER_ID:
            raise problem(403, "You are not authorized to delete this Tweet.", "not-authorized-for-resource")
        del self._posts[post_id]
        del self._public[post_id]
        return Answer(body={"data": {"deleted": True}})

    def _store(self, post: Post) -> Post:
        self._number += 1
        post = replace(post, id=x_post.snowflake(post.at, self._number))
        self._posts[post.id] = post
        if post.author_id == USER_ID:
            self._public[post.id] = self._seen(post)
        return post

    def _seen(self, post: Post) -> Seen:
        links = tuple(x_post.links(post.text))
        card = {"url": links[0][1], "title": None, "description": None, "thumb": None} if links and not post.media else None
        return Seen(
            id=post.id,
            url=f"{self.url}/{USERNAME}/status/{post.id}",
            text=post.text,
            at=post.at,
            links=links,
            tags=x_post.tags(post.text),
            pictures=tuple(picture for _, picture in post.media),
            card=card,
            raw=x_post.told(post, (), self.spelling),
            answers=post.parent,
            flags=post.flags,
        )

    def _body(self, request: Request) -> dict[str, Any]:
        given = request.json_object()
        self.bodies.append((request.path, given))
        return given

    def _fields(self, query: Mapping[str, str]) -> list[str]:
        """The fields of posts that are asked for, by the names that are taken today."""
        fields = f"{self.spelling}.fields"
        asked = x_post.asked(query, {fields: x_post.READABLE[self.spelling], "expansions": x_post.EXPANSIONS[self.spelling]})
        return [*asked[fields], *asked["expansions"]]


def _file(request: Request) -> tuple[bytes, str]:
    """The bytes and the category of an upload, by a form or by JSON. Raises Refusal."""
    if request.media_type == "multipart/form-data":
        parts = {part.name: part for part in multipart.read(request.headers, request.body)}
        if set(parts) != {"media", "media_category"}:
            raise invalid("The form has the fields media and media_category.", "media")
        return parts["media"].content, parts["media_category"].text
    given = request.json_object()
    if set(given) != {"media", "media_category"} or not isinstance(given["media"], str):
        raise invalid("The body has the fields media and media_category.", "media")
    try:
        return base64.b64decode(given["media"], validate=True), str(given["media_category"])
    except binascii.Error:
        raise invalid("The media is not base64.", "media") from None


def _headers(limit: str, left: int, ends: datetime) -> dict[str, str]:
    reset = str(math.ceil(ends.timestamp()))
    return {"x-rate-limit-limit": str(_LIMITS[limit]), "x-rate-limit-remaining": str(left), "x-rate-limit-reset": reset}


def _limited(limit: str, ends: datetime) -> Answer:
    answer = problem(429, "Too Many Requests", title="Too Many Requests").answer
    return replace(answer, headers=_headers(limit, 0, ends))
