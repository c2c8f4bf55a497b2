"""One LinkedIn member, the page that the member administers, and an app that both let in.

Facts: reference page on LinkedIn, sections 3.1 to 3.9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import unquote

from socialbot.testing.fakes import linkedin_post
from socialbot.testing.fakes.linkedin_logins import Logins, Token
from socialbot.testing.fakes.linkedin_post import images_of, refusal, shown
from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture, sniff

MEMBER, PAGE = "urn:li:person:fog-1", "urn:li:organization:1304400"
GHOSTS_LAST = timedelta(hours=48)
MAX_PIXELS, MAX_BYTES = 36_152_320, 8_000_000
POSTING_ROLES = ("ADMINISTRATOR", "CONTENT_ADMIN", "DIRECT_SPONSORED_CONTENT_POSTER")
MEMBER_SCOPES = ("openid", "profile", "w_member_social")
PAGE_SCOPES = ("w_organization_social", "r_organization_social", "rw_organization_admin")
_FIRST_ID = 7_398_000_000_000_000_000
_ID = r"(urn%3Ali%3A(?:share|ugcPost)%3A\d+)"
_FIGURES = ("impressionCount", "clickCount", "likeCount", "commentCount", "shareCount")
_ANALYSED = ("IMPRESSION", "MEMBERS_REACHED", "REACTION", "COMMENT", "RESHARE")


@dataclass(slots=True)
class _Image:
    owner: str
    state: str = "WAITING_UPLOAD"
    polls: int = 0
    picture: SeenPicture | None = None


@dataclass(slots=True)
class _Memory:
    """What the duplicate detector knows of a post that was removed."""

    body: Mapping[str, Any]
    urn: str
    until: datetime


class LinkedInFake(Fake):
    """`account` is that of the page, `member_account` that of its administrator.

    `versions`: those that are taken. `role`: the member's on the page. `slow_polls`: so many questions a picture takes to be
    ready, `late_polls` to be seen as uploaded. `daily`: calls in a day of UTC. `partner`: its logins bring refresh tokens.
    `bodies`: of every call with JSON.
    """

    network: ClassVar[str] = "linkedin"
    looser: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"max_picture_bytes": "LinkedIn names no number, and other clients stop at 5 to 8 MB"}
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.versions = {"202601", "202602", "202603", "202607"}
        self.role, self.slow_polls, self.daily, self.partner = "ADMINISTRATOR", 0, 150, False
        self.late_polls = 0
        self.pages = {PAGE: "Fog News"}
        self.bodies: list[tuple[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self._logins = Logins()
        self._uploads: dict[str, _Image] = {}
        self._posts: dict[str, dict[str, Any]] = {}
        self._ghosts: list[_Memory] = []
        self._made = 0
        self._calls_of: dict[Any, int] = {}
        self.page_token = self.issue(PAGE_SCOPES)
        self.member_token = self.issue(MEMBER_SCOPES)

    def account(self) -> dict[str, Any]:
        """Settings of the page. Approval is off: nobody is there to give it."""
        return {**self._common(), "post_as": "page", "author": PAGE, "token": self.page_token}

    def member_account(self) -> dict[str, Any]:
        """Settings of the member, whose posts cannot be read."""
        return {**self._common(), "post_as": "member", "author": MEMBER, "token": self.member_token, "grace_s": "0"}

    def _common(self) -> dict[str, Any]:
        return {"network": self.network, "api": self.url, "approval": "false"}

    # Switches

    def issue(self, scopes: Sequence[str]) -> str:
        """A token of 60 days with these permissions."""
        with self._lock:
            return self._logins.issue(scopes, self.clock())

    def grant(self, scopes: Sequence[str]) -> str:
        """The member lets the app in: a code, good for one login."""
        with self._lock:
            return self._logins.grant(scopes)

    def expire(self) -> None:
        """The 60 days of all tokens are over."""
        with self._lock:
            for token in self._logins.tokens.values():
                token.ends = self.clock()

    def routes(self) -> Sequence[Route]:
        """Every endpoint."""
        return [
            Route("POST", "/oauth/v2/accessToken", self._access_token),
            Route("GET", "/v2/userinfo", self._userinfo),
            Route("GET", "/rest/organizationAcls", self._acls),
            Route("GET", r"/rest/organizations/(\d+)", self._organization),
            Route("POST", "/rest/images", self._initialize),
            Route("PUT", r"/dms-uploads/([\w-]+)", self._put),
            Route("GET", r"/rest/images/(urn%3Ali%3Aimage%3A[\w-]+)", self._image),
            Route("POST", "/rest/posts", self._create, irreversible=True),
            Route("GET", "/rest/posts", self._list),
            Route("GET", f"/rest/posts/{_ID}", self._get),
            Route("POST", f"/rest/posts/{_ID}", self._update),
            Route("DELETE", f"/rest/posts/{_ID}", self._delete),
            Route("GET", "/rest/organizationalEntityShareStatistics", self._statistics),
            Route("GET", "/rest/memberCreatorPostAnalytics", self._analytics),
        ]

    def unknown(self, request: Request) -> Answer:
        """A path that is no endpoint."""
        return refusal(404, "No virtual resource found", "RESOURCE_NOT_FOUND", 0).answer

    def bad_day(self, fault: Fault) -> Answer:
        """In LinkedIn's words; a limit names no moment, and this one, which protects the service, no day either."""
        if fault == "rate_limited":
            return refusal(429, "Too many requests", "TOO_MANY_REQUESTS", 101).answer
        if fault == "expired_token":
            return _expired().answer
        if fault == "unavailable":
            return refusal(504, "Gateway Timeout", "GATEWAY_TIMEOUT").answer
        return refusal(500, "Internal Server Error", "INTERNAL_SERVER_ERROR").answer

    # Login

    def _access_token(self, request: Request) -> Answer:
        return self._logins.access_token(request, self.clock(), self.partner)

    def _enter(self, request: Request, *needed: str) -> tuple[str, ...]:
        """The token's permissions. Raises Refusal for a call that is not as all of them have to be."""
        self.headers.append(dict(request.headers.items()))
        token = self._logins.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if token is None:
            raise refusal(401, "Invalid access token", "INVALID_ACCESS_TOKEN", 65600)
        if token.ends <= self.clock():
            raise _expired()
        if request.path.startswith("/rest/"):
            self._check_headers(request)
            self._count(token)
        if needed and not set(needed) & set(token.scopes):
            what = f"{request.path.split('/')[2]}.{request.method}"
            raise refusal(403, f"Not enough permissions to access: {what}", "ACCESS_DENIED", 100)
        return token.scopes

    def _check_headers(self, request: Request) -> None:
        version = request.headers.get("LinkedIn-Version")
        if version is None:
            raise refusal(400, "A version must be present: add the LinkedIn-Version header.", "VERSION_MISSING")
        if version not in self.versions:
            raise refusal(426, f"Requested version {version} is not active", "NONEXISTENT_VERSION")
        if request.headers.get("X-Restli-Protocol-Version") != "2.0.0":
            raise refusal(400, "X-Restli-Protocol-Version has to be 2.0.0", "BAD_PROTOCOL_VERSION")

    def _count(self, token: Token) -> None:
        kind = (self.clock().date(), token.scopes)
        self._calls_of[kind] = self._calls_of.get(kind, 0) + 1
        if self._calls_of[kind] > self.daily:
            said = "Resource level throttle MEMBER DAY limit for calls to this resource is reached."
            raise refusal(429, said, "TOO_MANY_REQUESTS", 101)

    def _body(self, request: Request) -> dict[str, Any]:
        try:
            body = request.json_object()
        except ValueError as error:
            raise refusal(400, str(error), "BAD_REQUEST") from None
        self.bodies.append((request.path, body))
        return body

    # Who

    def _userinfo(self, request: Request) -> Answer:
        self._enter(request, "openid")
        return Answer(body={"sub": MEMBER.rpartition(":")[2], "name": "Frida Fog", "locale": {"language": "en"}})

    def _acls(self, request: Request) -> Answer:
        self._enter(request, "rw_organization_admin")
        if request.query.get("q") != "roleAssignee":
            raise refusal(400, "q has to be roleAssignee", "ILLEGAL_ARGUMENT")
        roles = [
            {"organization": page, "role": self.role, "roleAssignee": MEMBER, "state": "APPROVED"}
            for page in self.pages
            if self.role
        ]
        return Answer(body={"elements": roles, "paging": {"start": 0, "count": 100, "links": []}})

    def _organization(self, request: Request, number: str) -> Answer:
        self._enter(request, "rw_organization_admin")
        name = self.pages.get(f"urn:li:organization:{number}")
        if name is None:
            raise refusal(404, "The organization is not found", "NOT_FOUND")
        return Answer(body={"id": int(number), "localizedName": name, "vanityName": name.lower().replace(" ", "-")})

    def _may_post(self, author: Any, scopes: Sequence[str]) -> None:
        if author in self.pages and "w_organization_social" in scopes and self.role in POSTING_ROLES:
            return
        if author != MEMBER or "w_member_social" not in scopes:
            raise refusal(403, f"Not enough permissions to act as {author}", "ACCESS_DENIED", 100)

    # Pictures

    def _initialize(self, request: Request) -> Answer:
        scopes, body = self._enter(request, "w_member_social", "w_organization_social"), self._body(request)
        wanted = body.get("initializeUploadRequest") or {}
        if (
            request.query != {"action": "initializeUpload"}
            or set(body) != {"initializeUploadRequest"}
            or set(wanted) != {"owner"}
        ):
            raise refusal(400, "initializeUpload takes an owner", "ILLEGAL_ARGUMENT")
        self._may_post(wanted["owner"], scopes)
        name = f"C4E10AQ{len(self._uploads) + 1:04}"
        self._uploads[f"urn:li:image:{name}"] = _Image(wanted["owner"])
        expires = int((self.clock() + timedelta(hours=1)).timestamp() * 1000)
        told = {"uploadUrl": f"{self.url}/dms-uploads/{name}", "image": f"urn:li:image:{name}", "uploadUrlExpiresAt": expires}
        return Answer(body={"value": told})

    def _put(self, request: Request, name: str) -> Answer:
        self._enter(request)
        image = self._uploads.get(f"urn:li:image:{name}")
        if image is None or image.picture or not request.media_type.startswith("image/"):
            raise refusal(400, "the upload is not as it was begun", "BAD_REQUEST")
        found = sniff(request.body)
        image.state = "PROCESSING"
        mime, width, height = found or ("", 0, 0)
        image.picture = SeenPicture(request.body, mime, "", width, height)
        bad = mime not in ("image/jpeg", "image/png", "image/gif") or width * height >= MAX_PIXELS
        if bad or len(request.body) > MAX_BYTES:
            image.state = "PROCESSING_FAILED"
        return Answer(201)

    def _image(self, request: Request, urn: str) -> Answer:
        self._enter(request, "r_organization_social")
        image = self._uploads.get(unquote(urn))
        if image is None:
            raise refusal(404, "The image is not found", "NOT_FOUND")
        return Answer(body={"owner": image.owner, "id": unquote(urn), "status": self._look(image)})

    def _look(self, image: _Image) -> str:
        """Each look brings a picture nearer to being ready."""
        if image.state == "PROCESSING":
            image.polls += 1
            if image.polls <= self.late_polls:
                return "WAITING_UPLOAD"
            image.state = "AVAILABLE" if image.polls > self.slow_polls else "PROCESSING"
        return image.state

    # Posts

    def _create(self, request: Request) -> Answer:
        scopes, post = self._enter(request, "w_member_social", "w_organization_social"), self._body(request)
        linkedin_post.check(post)
        self._may_post(post["author"], scopes)
        thumbnail = (post.get("content") or {}).get("article", {}).get("thumbnail")
        for urn in [*(urn for urn, _ in images_of(post)), *([thumbnail] if thumbnail else [])]:
            image = self._uploads.get(urn)
            if image is None or image.owner != post["author"]:
                raise refusal(400, f"{urn} is no image of the author", "INVALID_CONTENT")
            if (state := self._look(image)) != "AVAILABLE":
                raise refusal(400, f"{urn} cannot be posted: {state}", "INVALID_CONTENT")
        if repeated := self._repeats(post):
            said = f"Content is a duplicate of {repeated}"
            details = {"inputErrors": [{"code": "DUPLICATE_POST", "description": "Duplicate post is detected"}]}
            kind = "com.linkedin.common.error.BadRequest"
            raise refusal(422, f"{said}", errorDetailType=kind, errorDetails=details)
        self._made += 1
        kind = "ugcPost" if images_of(post) else "share"
        urn, now = f"urn:li:{kind}:{_FIRST_ID + self._made}", int(self.clock().timestamp() * 1000)
        self._posts[urn] = {**post, "id": urn, "createdAt": now, "publishedAt": now, "lastModifiedAt": now}
        self._show(urn)
        return Answer(201, headers={"x-restli-id": urn, "x-li-uuid": f"AAY{self._made:05}"})

    def _repeats(self, post: Mapping[str, Any]) -> str:
        """The URN of a post with the same body; one that was removed is still known for two days, and leads nowhere."""
        out = [urn for urn, one in self._posts.items() if {name: one.get(name) for name in post} == dict(post)]
        ghosts = [one.urn for one in self._ghosts if one.until > self.clock() and one.body == dict(post)]
        return next(iter([*out, *ghosts]), "")

    def _list(self, request: Request) -> Answer:
        self._enter(request, "r_organization_social", "r_member_social")
        if request.headers.get("X-RestLi-Method") != "FINDER" or request.query.get("q") != "author":
            raise refusal(400, "posts are found by author, with X-RestLi-Method: FINDER", "ILLEGAL_ARGUMENT")
        count, start = int(request.query.get("count", "10")), int(request.query.get("start", "0"))
        if not 1 <= count <= 100 or request.query.get("sortBy", "CREATED") not in ("CREATED", "LAST_MODIFIED"):
            raise refusal(400, "count is at most 100", "ILLEGAL_ARGUMENT")
        of = [one for one in reversed(self._posts.values()) if one["author"] == request.query.get("author")]
        return Answer(body={"elements": of[start : start + count], "paging": {"start": start, "count": count, "links": []}})

    def _get(self, request: Request, urn: str) -> Answer:
        self._enter(request, "r_organization_social", "r_member_social")
        return Answer(body=self._existing(urn))

    def _existing(self, urn: str) -> dict[str, Any]:
        if unquote(urn) not in self._posts:
            raise refusal(404, "The post is not found", "NOT_FOUND")
        return self._posts[unquote(urn)]

    def _update(self, request: Request, urn: str) -> Answer:
        scopes, body = self._enter(request, "w_member_social", "w_organization_social"), self._body(request)
        patch = body.get("patch", {}).get("$set", {})
        if request.headers.get("X-RestLi-Method") != "PARTIAL_UPDATE" or set(patch) != {"commentary"}:
            raise refusal(400, "only the commentary is changed here, by PARTIAL_UPDATE", "ILLEGAL_ARGUMENT")
        linkedin_post.check_text(patch["commentary"])
        post = self._existing(urn)
        self._may_post(post["author"], scopes)
        post |= {**patch, "lastModifiedAt": int(self.clock().timestamp() * 1000)}
        self._show(unquote(urn))
        return Answer(204)

    def _delete(self, request: Request, urn: str) -> Answer:
        scopes = self._enter(request, "w_member_social", "w_organization_social")
        if post := self._posts.get(unquote(urn)):
            self._may_post(post["author"], scopes)
            told = {"id", "createdAt", "publishedAt", "lastModifiedAt"}
            body = {name: value for name, value in post.items() if name not in told}
            self._ghosts.append(_Memory(body, post["id"], self.clock() + GHOSTS_LAST))
            del self._posts[post["id"]], self._public[post["id"]]
        return Answer(204)

    # Figures

    def _statistics(self, request: Request) -> Answer:
        self._enter(request, "rw_organization_admin")
        shares = [request.query.get(name, "") for name in ("shares", "ugcPosts")]
        wanted = "".join(shares).removeprefix("List(").removesuffix(")")
        if request.query.get("organizationalEntity") not in self.pages or wanted not in self._posts:
            return Answer(body={"elements": []})
        told = {name: place for place, name in enumerate(_FIGURES)}
        return Answer(body={"elements": [{"totalShareStatistics": {**told, "engagement": 0.25}, "share": wanted}]})

    def _analytics(self, request: Request) -> Answer:
        self._enter(request, "r_member_postAnalytics")
        kind = request.query.get("queryType", "")
        if kind not in _ANALYSED or request.query.get("q") != "entity" or request.query.get("aggregation") != "TOTAL":
            raise refusal(400, "the query is not as it should be", "ILLEGAL_ARGUMENT")
        return Answer(body={"elements": [{"count": _ANALYSED.index(kind), "metricType": kind}]})

    # The public

    def _show(self, urn: str) -> None:
        post = self._posts[urn]
        text, tags = shown(post["commentary"])
        pictures = [(self._uploads[image].picture, alt) for image, alt in images_of(post)]
        self._public[urn] = Seen(
            id=urn,
            url=f"https://www.linkedin.com/feed/update/{urn}/",
            text=text,
            at=datetime.fromtimestamp(post["createdAt"] / 1000, self.clock().tzinfo),
            tags=tags,
            pictures=tuple(replace(one, alt=alt) for one, alt in pictures if one),
            card=self._card(post),
            raw=dict(post),
        )

    def _card(self, post: Mapping[str, Any]) -> dict[str, Any] | None:
        article = (post.get("content") or {}).get("article")
        if not article:
            return None
        thumb = self._uploads[article["thumbnail"]].picture if "thumbnail" in article else None
        return {
            "url": article["source"],
            "title": article["title"],
            "description": article.get("description", ""),
            "thumb": thumb and thumb.content,
            "thumb_alt": article.get("thumbnailAltText", ""),
        }


def _expired() -> Refusal:
    return refusal(401, "The token used in the request has expired", "EXPIRED_ACCESS_TOKEN", 65602)
