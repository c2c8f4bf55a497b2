"""One TikTok creator, and an app that it let in: photo posts that are really fetched, an inbox, and states to ask for.

Facts: reference page on TikTok, sections 1.1 to 1.9.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar

from socialbot.testing.fakes.graph import fetched
from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture, sniff
from socialbot.testing.fakes.tiktok_login import Logins

NAME = "fognews"
ALL_SCOPES = ("user.info.basic", "video.upload", "video.publish", "video.list")
MAX_TITLE, MAX_DESCRIPTION, MAX_PICTURES, MAX_BYTES, MAX_PIXELS = 90, 4000, 35, 20_000_000, 1080 * 1920
OFFERED = {False: "PUBLIC_TO_EVERYONE", True: "FOLLOWER_OF_CREATOR"}
DAY, MINUTE = timedelta(hours=24), timedelta(minutes=1)
_TOP = {"media_type", "post_mode", "post_info", "source_info", "is_aigc"}
_DIRECT_ONLY = {"privacy_level", "disable_comment", "auto_add_music", "brand_content_toggle", "brand_organic_toggle"}
_VIDEO_FIELDS = ("id", "like_count", "comment_count", "share_count", "view_count")


@dataclass(slots=True)
class _Post:
    """What was sent, and how far it came. `failed`: why it never will be out."""

    at: datetime
    token: str
    body: Mapping[str, Any]
    pictures: tuple[SeenPicture, ...] = ()
    failed: str = ""
    polls: int = 0
    number: int = 0
    """Its public id, once it is posted."""

    @property
    def is_direct(self) -> bool:
        return bool(self.body["post_mode"] == "DIRECT_POST")


class TikTokFake(Fake):
    """`verified`: beginnings of addresses. `audited`: the app. `private`: the account. `person_posts`: who finishes what comes
    to the inbox, at once. `slow_polls`: so many questions until a post's pictures are fetched. `moderated`: public posts have
    their id. `errors`: the next answers. `daily`, `pending`: the caps."""

    network: ClassVar[str] = "tiktok"
    looser: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.verified: tuple[str, ...] = ("http://127.0.0.1:",)
        self.audited, self.private, self.person_posts, self.moderated, self.slow_polls = True, False, True, True, 0
        self.daily, self.pending, self.comment_disabled = 15, 5, False
        self.errors: list[Refusal] = []
        self.bodies: list[tuple[str, Any]] = []
        self.logins = Logins()
        self._sent: dict[str, _Post] = {}
        self._when: dict[str, list[datetime]] = {}
        self.token = self.logins.issue(ALL_SCOPES, self.clock() + timedelta(days=4000))

    def account(self) -> dict[str, Any]:
        """An account that posts to the inbox. Approval is off: nobody is there to give it."""
        return {"network": self.network, "api": self.url, "token": self.token, "approval": "false", "figures": "true"}

    def direct_account(self) -> dict[str, Any]:
        """The same, straight onto the profile."""
        return {**self.account(), "mode": "direct", "privacy": "PUBLIC_TO_EVERYONE", "audited": "true"}

    def expire(self) -> None:
        """All access tokens are over."""
        with self._lock:
            for token in self.logins.tokens.values():
                token.ends = self.clock()

    def routes(self) -> Sequence[Route]:
        """Every endpoint."""
        publish = "/v2/post/publish"
        return [
            Route("POST", "/v2/oauth/token/", lambda request: self.logins.access_token(request, self.clock())),
            Route("GET", "/v2/user/info/", self._entered(self._who, "user.info.basic")),
            Route("POST", f"{publish}/creator_info/query/", self._entered(self._creator, "video.publish", most=20)),
            Route(
                "POST",
                f"{publish}/content/init/",
                self._entered(self._init, "video.publish", "video.upload", most=6),
                irreversible=True,
            ),
            Route("POST", f"{publish}/status/fetch/", self._entered(self._status, "video.publish", "video.upload", most=30)),
            Route("POST", "/v2/video/query/", self._entered(self._videos, "video.list", most=600)),
        ]

    def unknown(self, request: Request) -> Answer:
        """A path that is no endpoint."""
        return refusal(404, "unsupported_path", f"No such path: {request.path}").answer

    def bad_day(self, fault: Fault) -> Answer:
        """In TikTok's envelope; no header of a limit is documented, Retry-After stands for what may come."""
        if fault == "rate_limited":
            limited = refusal(429, "rate_limit_exceeded", "The API rate limit was exceeded.").answer
            return Answer(429, limited.body, {"Retry-After": str(math.ceil(self.faults.retry_after_s))})
        if fault == "expired_token":
            return _ended().answer
        return refusal(503 if fault == "unavailable" else 500, "internal_error", "Please try again later.").answer

    def _entered(self, handler: Callable[..., Answer], *scopes: str, most: int = 600) -> Callable[..., Answer]:
        """A handler behind the token, its permissions, and so many calls a minute."""

        def enter(request: Request) -> Answer:
            scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
            token = self.logins.tokens.get(shown)
            if scheme != "Bearer" or token is None or token.ends <= self.clock():
                raise _ended()
            if not set(scopes) & set(token.scopes):
                raise refusal(401, "scope_not_authorized", "The user did not authorize the scope required.")
            now, name = self.clock(), f"{shown} {request.path}"
            self._when[name] = [at for at in self._when.get(name, ()) if now - at < MINUTE]
            if len(self._when[name]) >= most:
                raise refusal(429, "rate_limit_exceeded", "The API rate limit was exceeded.")
            self._when[name].append(now)
            if self.errors:
                raise self.errors.pop(0)
            return handler(request)

        return enter

    def _body(self, request: Request) -> dict[str, Any]:
        if request.headers.get("Content-Type") != "application/json; charset=UTF-8":
            raise _wrong("Content-Type has to be application/json; charset=UTF-8")
        try:
            body = request.json_object()
        except ValueError as error:
            raise _wrong(str(error)) from None
        self.bodies.append((request.path, body))
        return body

    # Who

    def _who(self, request: Request) -> Answer:
        known = {"open_id": "-000fog", "display_name": "Fog news", "avatar_url": "https://cdn.invalid/fog.jpg"}
        names = request.query.get("fields", "").split(",")
        if set(request.query) != {"fields"} or not set(names) <= set(known):
            raise _wrong("fields is not as it should be", "invalid_params")
        return _told({"user": {name: known[name] for name in names}})

    def _creator(self, request: Request) -> Answer:
        if request.body:
            raise _wrong("the call takes no body")
        if self._direct_today() >= self.daily:  # on purpose with status 200
            raise refusal(200, "spam_risk_too_many_posts", "The daily post cap from the API is reached.")
        told = {"creator_username": NAME, "creator_nickname": "Fog news", "comment_disabled": self.comment_disabled}
        return _told(told | {"privacy_level_options": self._options(), "max_video_post_duration_sec": 600})

    def _options(self) -> list[str]:
        return [OFFERED[self.private], "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]

    def _direct_today(self) -> int:
        return sum(one.is_direct and not one.failed and self.clock() - one.at < DAY for one in self._sent.values())

    # Posts

    def _init(self, request: Request) -> Answer:
        body = self._body(request)
        if not set(body) <= _TOP or body.get("media_type") != "PHOTO" or not isinstance(body.get("is_aigc", False), bool):
            raise _wrong("the body is not as the page has it")
        info, source = body.get("post_info"), body.get("source_info")
        if not isinstance(info, dict) or not isinstance(source, dict):
            raise _wrong("post_info and source_info are objects")
        self._check_info(body.get("post_mode"), info)
        urls = self._check_source(source)
        if body["post_mode"] == "DIRECT_POST":
            self._check_direct(info)
        elif sum(self._waits(one) for one in self._sent.values()) >= self.pending:
            raise refusal(403, "spam_risk_too_many_pending_share", "There may be at most 5 pending shares.")
        token = request.headers.get("Authorization", "")
        post = _Post(self.clock(), token, body)
        self._fetch(post, urls)
        publish_id = f"p_pub_url~v2.{7_398_000_000_000_000_000 + len(self._sent)}"
        self._sent[publish_id] = post
        if not post.failed and (post.is_direct or self.person_posts):
            self._show(post)
        return _told({"publish_id": publish_id})

    def _waits(self, post: _Post) -> bool:
        return not (post.is_direct or post.failed or post.number) and self.clock() - post.at < DAY

    def _check_info(self, mode: Any, info: Mapping[str, Any]) -> None:
        known = {"title", "description"} | (_DIRECT_ONLY if mode == "DIRECT_POST" else set())
        if mode not in ("DIRECT_POST", "MEDIA_UPLOAD") or not set(info) <= known:
            raise _wrong(f"post_info has more than {', '.join(sorted(known))}")
        for name, room in (("title", MAX_TITLE), ("description", MAX_DESCRIPTION)):
            said = info.get(name, "")
            if not isinstance(said, str) or len(said.encode("utf-16-le")) // 2 > room:
                raise _wrong(f"{name} is over {room} UTF-16 runes")

    def _check_source(self, source: Mapping[str, Any]) -> list[str]:
        urls, cover = source.get("photo_images"), source.get("photo_cover_index")
        if set(source) != {"source", "photo_images", "photo_cover_index"} or source["source"] != "PULL_FROM_URL":
            raise _wrong("source_info is not as the page has it")
        if not isinstance(urls, list) or not 1 <= len(urls) <= MAX_PICTURES or cover not in range(len(urls)):
            raise _wrong("photo_images has 1 to 35 addresses, and photo_cover_index is one of them")
        for url in urls:
            if not isinstance(url, str) or not url.startswith(self.verified):
                raise refusal(403, "url_ownership_unverified", "Please review our URL ownership verification rules.")
        return urls

    def _check_direct(self, info: Mapping[str, Any]) -> None:
        toggles = _DIRECT_ONLY - {"privacy_level"}
        if not {"privacy_level", "brand_content_toggle", "brand_organic_toggle"} <= set(info) or not all(
            isinstance(info[name], bool) for name in toggles & set(info)
        ):
            raise _wrong("privacy_level and the brand toggles are required")
        if info["privacy_level"] not in self._options():
            raise refusal(403, "privacy_level_option_mismatch", "privacy_level is not among privacy_level_options.")
        if not self.audited and not (self.private and info["privacy_level"] == "SELF_ONLY"):
            code = "unaudited_client_can_only_post_to_private_accounts"
            raise refusal(403, code, "Please review our integration guidelines.")
        if self._direct_today() >= self.daily:
            raise refusal(403, "spam_risk_too_many_posts", "The daily post cap from the API is reached.")

    def _fetch(self, post: _Post, urls: Sequence[str]) -> None:
        """Fetch the pictures: what is wrong with one is told when its state is asked for."""
        pictures = []
        for url in urls:
            try:
                content = fetched(url, agent="TikTok")
            except (OSError, ValueError):
                post.failed = "photo_pull_failed"
                return
            mime, width, height = sniff(content) or ("", 0, 0)
            if mime not in ("image/jpeg", "image/webp"):
                post.failed = "file_format_check_failed"
                return
            if len(content) > MAX_BYTES or width * height > MAX_PIXELS:
                post.failed = "picture_size_check_failed"
                return
            pictures.append(SeenPicture(content, mime, "", width, height))
        post.pictures = tuple(pictures)

    def _status(self, request: Request) -> Answer:
        body = self._body(request)
        post = self._sent.get(str(body.get("publish_id")))
        if set(body) != {"publish_id"} or post is None:
            raise refusal(400, "invalid_publish_id", "The publish_id does not exist.")
        post.polls += 1
        if post.polls <= self.slow_polls:
            return _told({"status": "PROCESSING_DOWNLOAD", "downloaded_bytes": 0})
        if post.failed:
            return _told({"status": "FAILED", "fail_reason": post.failed})
        told: dict[str, Any] = {"status": "PUBLISH_COMPLETE" if post.number else "SEND_TO_USER_INBOX"}
        is_public = post.body["post_info"].get("privacy_level", "PUBLIC_TO_EVERYONE") == "PUBLIC_TO_EVERYONE"
        if post.number and self.moderated and is_public:
            told["publicaly_available_post_id"] = [post.number]
        return _told(told)

    def _videos(self, request: Request) -> Answer:
        body, names = self._body(request), request.query.get("fields", "").split(",")
        ids = (body.get("filters") or {}).get("video_ids")
        if not set(names) <= set(_VIDEO_FIELDS) or not isinstance(ids, list) or not 1 <= len(ids) <= 20:
            raise _wrong("fields or video_ids are not as they should be", "invalid_params")
        known = {str(one.number) for one in self._sent.values() if one.number}
        counts = {name: at for at, name in enumerate(_VIDEO_FIELDS)}
        return _told({"videos": [{**{name: counts[name] for name in names}, "id": one} for one in ids if one in known]})

    # The public

    def _show(self, post: _Post) -> None:
        post.number = 7_412_000_000_000_000_000 + len(self._public)
        info = post.body["post_info"]
        if info.get("privacy_level") == "SELF_ONLY":
            return
        text = info.get("description", "")
        self._public[str(post.number)] = Seen(
            id=str(post.number),
            url=f"https://www.tiktok.com/@{NAME}/video/{post.number}",
            text=text,
            at=post.at,
            tags=tuple(re.findall(r"#(\w+)", text)),
            pictures=post.pictures,
            raw=post.body,
            title=info.get("title"),
            flags={"is_aigc": True} if post.body.get("is_aigc") else {},
        )


def refusal(status: int, code: str, said: str) -> Refusal:
    """An error in TikTok's envelope."""
    return Refusal(Answer(status, {"data": {}, "error": {"code": code, "message": said, "log_id": "2026fake"}}))


def _told(data: Mapping[str, Any]) -> Answer:
    return Answer(body={"data": dict(data), "error": {"code": "ok", "message": "", "log_id": "2026fake"}})


def _wrong(said: str, code: str = "invalid_param") -> Refusal:
    return refusal(400, code, said)


def _ended() -> Refusal:
    return refusal(401, "access_token_invalid", "The access token is invalid or not found in the request.")
