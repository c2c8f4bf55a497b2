"""Threads: text with a link's card, a picture, a carousel, and chains of replies, by containers that are published once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

import httpx
from pydantic import Field, field_validator

from socialbot.media import Media
from socialbot.networks.login import OAuth2
from socialbot.networks.meta import CHANGE, Graph, MetaAccount, Row, Rows
from socialbot.networks.meta_containers import (
    LASTS_S,
    LIFE,
    SETTLE_S,
    Containers,
    Own,
    Quota,
    Wanted,
    address_missing,
    figures,
    key_of,
    quota,
)
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Doubt,
    Identity,
    NeedsLogin,
    Network,
    NetworkError,
    No,
    Passing,
    Prepared,
    Published,
    RateLimited,
    Refused,
    Remember,
    Vault,
    utc_now,
)
from socialbot.nouns import Draft, Limits, Variant
from socialbot.settings import AccountSettings, BaseUrl

LIMITS = Limits(
    unit="threads",
    max_text=500,
    max_pictures=20,
    max_picture_bytes=8_000_000,  # unconfirmed: from a copy of the table of media specifications
    max_alt=1000,  # unconfirmed: from the same copy
    shape="portrait",
    min_picture_width=320,  # unconfirmed, as the next: from the same copy. Over 1440 it is scaled down there
    max_aspect=10.0,
    min_aspect=0.1,  # unconfirmed: the copy says "10:1" of no side
    max_hashtags=1,  # one becomes the post's topic, more are plain words
    max_links=5,
    threads=True,
    # fold: one preview tool says 250 on telephones and none elsewhere, 2026-11; the page names no number.
    source="developers.facebook.com/docs/threads: Posts; Publishing reference",
    checked=date(2026, 11, 20),
)

_API = "developers.facebook.com/docs/threads"
_HOST = "https://graph.threads.net"
_VERSION = "v1.0"
_SCOPES = (
    "threads_basic",
    "threads_content_publish",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_manage_insights",
    "threads_delete",
)
_FIELDS = "id,timestamp,permalink,media_type,text"
_QUOTA = "quota_usage,config,reply_quota_usage,reply_config,delete_quota_usage,delete_config"
_OURS = frozenset(  # the text has the label
    ("media_type", "text", "image_url", "alt_text", "is_carousel_item", "children", "reply_to_id", "link_attachment")
)
_LOOK = "Open Threads as this account, see what it says there, and resume the account here when that is settled."
_OTHER_PICTURES = "Use other pictures and enqueue the post again."

ROWS: Rows = MappingProxyType(
    {
        **{(24, subcode): Row(Passing, "what was prepared is not ready to be published") for subcode in (4279009, None)},
        (None, 2207051): Row(Blocked, "it restricts what the account does", _LOOK),
        (None, 4279013): Row(Blocked, "the account is restricted", _LOOK),
        ("THREADS_API__LINK_LIMIT_EXCEEDED", None): Row(Refused, "a post has five links at most", CHANGE),
        **{
            (name, None): Row(Refused, "a picture is too tall or too wide", _OTHER_PICTURES)
            for name in ("INVALID_ASPEC_RATIO", "INVALID_ASPECT_RATIO")  # its spelling varies
        },
        **{
            (name, None): Row(Refused, "it takes no video of this kind", _OTHER_PICTURES)
            for name in (
                "INVALID_BIT_RATE",
                "INVALID_DURATION",
                "INVALID_FRAME_RATE",
                "INVALID_AUDIO_CHANNELS",
                "INVALID_AUDIO_CHANNEL_LAYOUT",
            )
        },
        **{
            (name, None): Row(Passing, "it could not fetch or process a file")
            for name in ("FAILED_DOWNLOADING_VIDEO", "FAILED_PROCESSING_AUDIO", "FAILED_PROCESSING_VIDEO")
        },
    }
)
"""developers.facebook.com/docs/threads: Troubleshooting, 2026-04; the subcodes others report. The codes that Threads shares
with all of Meta, in `meta.ROWS`, are unconfirmed for it."""


class ThreadsAccount(MetaAccount):
    """An account with `network = "threads"`."""

    client_id: str = Field("", description="The Threads app's id at developers.facebook.com; it is not the Meta app's.")
    topic: str = Field("", max_length=50, description="The topic of its posts. Default: the text's one hashtag becomes it.")
    replies: Literal["everyone", "accounts_you_follow", "mentioned_only", "followers_only"] = Field(
        "everyone",
        description='Who may reply: "everyone", "accounts_you_follow", "mentioned_only" or "followers_only".',
    )
    more_fields: dict[str, str] = Field(
        {}, description='Further fields of a post, as Threads names them, for what it took up since: {is_ghost_post = "true"}.'
    )
    api: BaseUrl | None = Field(None, description="A server that stands in for Threads' own, for trying out.")

    @field_validator("topic")
    @classmethod
    def _topic_shape(cls, topic: str) -> str:
        if re.search(r"[.&]", topic):
            raise ValueError('a topic without "." and "&"')
        return topic.removeprefix("#").strip()

    @field_validator("more_fields")
    @classmethod
    def _stays_invisible(cls, fields: dict[str, str]) -> dict[str, str]:
        if "auto_publish_text" in fields:
            raise ValueError("auto_publish_text publishes before it is written down that it may be out")
        if ours := sorted(_OURS & fields.keys()):
            raise ValueError(f"none of what every post sets by itself: {', '.join(ours)}")
        return fields


class Threads(Network):
    """One profile. What is published is a container made before, which goes out once and can be asked."""

    name = "threads"
    options = ThreadsAccount
    limits = LIMITS
    doubt = Doubt("HANDLE", settle_s=SETTLE_S, key_lasts_s=LASTS_S)
    deletes = True
    measures = ("views", "likes", "replies", "reposts", "quotes", "shares")
    crawler = "facebookexternalhit"
    guide = (
        "At developers.facebook.com make an app with the use case Threads; it has a Threads app id and secret of its own.",
        "Under App roles add the profile as a Threads tester, and accept that in Threads' settings, Website permissions.",
        "In the use case's settings press Generate token beside the profile and copy the token: socialbot renews it. "
        "For a login through the browser add your https redirect address there, and copy the Threads app's id and secret.",
        "For posts with pictures set media.public: Threads fetches them from an address of yours (docs/public-pictures.md).",
    )
    asks = ("token", "client_id", "client_secret")
    cannot = MappingProxyType(
        {
            "story": No("It has no stories.", f"{_API}: Posts, 2026-04"),
            "ai_flag": No("No parameter of a post says so.", f"{_API}: Publishing reference, 2026-04"),
            "edit": No("A post cannot be changed by its API.", f"{_API}: Publishing reference, 2026-04"),
        }
    )
    conditions = MappingProxyType({"delete": "a hundred in a day"})
    account: ThreadsAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        base = f"{self.account.api or _HOST}/{_VERSION}"
        self._graph = Graph(
            "Threads", client, self.account, vault, clock, self.spent, base=base, login=_login(self.account), rows=ROWS
        )
        self._containers = Containers(self._graph, "/me/threads", "status", "error_message")

    @classmethod
    def login(cls, account: AccountSettings) -> OAuth2 | None:
        """Through the browser, where the app's id and secret are set; else with a token made by hand."""
        assert isinstance(account, ThreadsAccount)
        return _login(account) if account.client_id and account.client_secret.get_secret_value() else None

    async def keep_login(self) -> None:
        """Extend the token. Raises NetworkError."""
        await self._graph.tokens.keep()

    async def check(self) -> Identity:
        """Ask who we are, and how much may still be posted. Raises NetworkError."""
        me = await self._graph.ask("GET", "/me", fields="id,username")
        name = self._graph.line.quote(me.text("username"))
        if not name:
            raise self._graph.line.trouble(me, "a profile without a name")
        told, notes = await self._quota(), list[str]()
        if told:
            notes.append(f"{told.used} of {told.total} posts of {told.over.total_seconds() / 3600:g} hours are used.")
        return Identity(f"@{name}", f"https://www.threads.net/@{name}", tuple(notes))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Make the containers, children first, and wait until they are ready. Raises NetworkError, never Unknown."""
        left = await self._quota(is_reply=bool(before))
        fields = await self._fields(draft, part, before)
        pictures = draft.parts[part].pictures
        if len(pictures) > 1:
            container = await self._carousel(pictures, remember, fields)
        elif pictures:
            container = await self._picture(pictures[0], remember, **fields)
        else:
            container = await self._text(remember, **fields, **self._card(draft, part))
        await self._containers.wait([container])
        if left and left.is_used_up and not await self._containers.is_out(container):
            await left.keep(self._own(is_reply=bool(before)), self.clock())
        return Prepared(draft, part, {"creation_id": container, "reply": bool(before), "at": self.clock().isoformat()})

    async def publish(self, prepared: Prepared) -> Published:
        """Publish the container. Raises NetworkError; Unknown when it may be out."""
        try:
            answer = await self._graph.send("/me/threads_publish", creation_id=prepared.request["creation_id"])
        except (Refused, Passing, RateLimited) as error:
            looked = partial(self.find, prepared, self.clock() - LIFE)
            container = prepared.request["creation_id"]
            if not isinstance(error, NeedsLogin) and (found := await self._containers.out_already(container, error, looked)):
                return found
            raise
        media_id = str(answer.get("id") or "")
        if not media_id:
            raise self._graph.line.trouble(answer, "no id of what was published")
        try:
            link = (await self._graph.ask("GET", f"/{media_id}", fields="id,permalink")).text("permalink")
        except NetworkError:  # it is out, whatever becomes of its address
            link = ""
        return Published(media_id, link or None)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Ask the container, and look for what came of it among the profile's own. Raises NetworkError."""
        part = prepared.draft.parts[prepared.part]
        kind = "TEXT_POST" if not part.pictures else "CAROUSEL_ALBUM" if len(part.pictures) > 1 else "IMAGE"
        own, wanted = self._own(is_reply=prepared.request["reply"]), Wanted(part.caption.text, kind)
        found = await self._containers.find(prepared.request, since, own, wanted, self.clock())
        if found is None or isinstance(found, CannotTell):
            return found
        return Published(str(found["id"]), str(found.get("permalink") or "") or None)

    async def locate(self, published: Published) -> str:
        """The id of the post among the account's own, from its address. Raises NetworkError."""
        for is_reply in (False, True):
            if found := await self._own(is_reply=is_reply).id_of(published.remote_id):
                return found
        raise address_missing("Threads", published.remote_id)

    async def delete(self, published: Published) -> None:
        """Remove it (Delete posts, 2026-04). Raises NetworkError."""
        media_id = await self.locate(published)
        answer = await self._graph.answer("DELETE", f"/{media_id}")
        if answer.get("error") is not None and await self._graph.is_gone(answer, media_id):
            return
        if self._graph.taken(answer).get("success") is not True:
            raise self._graph.line.trouble(answer, "it was not removed")

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """Insights of a post over all its life (Insights, 2026-01). Raises NetworkError."""
        path = f"/{await self.locate(published)}/insights"
        found = figures(await self._graph.ask("GET", path, metric=",".join(self.measures)))
        return {name: count for name, count in found.items() if name in self.measures}

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for it. Raises NetworkError."""
        answer = await self._graph.answer("GET", f"/{await self.locate(published)}", fields="id")
        if answer.get("error") is not None and await self._graph.is_gone(answer):
            return False
        return bool(self._graph.taken(answer).get("id"))

    # Calls

    async def _fields(self, draft: Draft, part: int, before: Sequence[Published]) -> dict[str, Any]:
        """What a post says, however many pictures it has."""
        fields: dict[str, Any] = {"text": draft.parts[part].caption.text, **self.account.more_fields}
        if before:
            return fields | {"reply_to_id": await self.locate(before[-1])}
        if self.account.topic:
            fields["topic_tag"] = self.account.topic
        return fields | ({"reply_control": self.account.replies} if self.account.replies != "everyone" else {})

    def _card(self, draft: Draft, part: int) -> dict[str, str]:
        """The card of the post's own link, where its text has others, too: else the first one's is shown."""
        spans = draft.parts[part].caption.spans
        ours = draft.link and any(span.kind == "link" and span.value == draft.link for span in spans)
        return {"link_attachment": draft.link} if draft.link and ours else {}

    async def _text(self, remember: Remember, **fields: Any) -> str:
        key = key_of("TEXT", fields)
        if known := await self._containers.recalled(key, remember):
            return known
        return await self._containers.made(key, remember, media_type="TEXT", **fields)

    async def _picture(self, picture: Variant, remember: Remember, **fields: Any) -> str:
        fields |= {"media_type": "IMAGE", "alt_text": picture.alt or None}
        key = key_of(picture.digest, fields)
        if known := await self._containers.recalled(key, remember, is_child="is_carousel_item" in fields):
            return known
        return await self._containers.made(key, remember, image_url=await self.public_url(picture), **fields)

    async def _carousel(self, pictures: Sequence[Variant], remember: Remember, fields: Mapping[str, Any]) -> str:
        key = key_of([[one.digest, one.alt] for one in pictures], dict(fields))
        if known := await self._containers.recalled(key, remember):
            return known
        children = [await self._picture(picture, remember, is_carousel_item=True) for picture in pictures]
        await self._containers.wait(children)
        return await self._containers.made(key, remember, media_type="CAROUSEL", children=",".join(children), **fields)

    async def _quota(self, *, is_reply: bool = False) -> Quota | None:
        answer = await self._graph.ask("GET", "/me/threads_publishing_limit", fields=_QUOTA)
        told = {"posts": quota(answer), "replies": quota(answer, "reply_quota_usage", "reply_config")}
        self.rooms.hear({kind: one.room(self.clock()) for kind, one in told.items() if one})
        return told["replies" if is_reply else "posts"]

    def _own(self, *, is_reply: bool) -> Own:
        return Own(self._graph, "/me/replies" if is_reply else "/me/threads", _FIELDS, "text")


def _login(account: ThreadsAccount) -> OAuth2:
    """developers.facebook.com/docs/threads: Get access tokens; Long-lived tokens, 2026-06."""
    host = account.api or _HOST
    return OAuth2(
        authorize_url=f"{account.api or 'https://www.threads.net'}/oauth/authorize",
        token_url=f"{host}/oauth/access_token",
        client_id=account.client_id,
        client_secret=account.client_secret,
        scopes=_SCOPES,
        separator=",",
        challenge=None,
        redirect="https",
        lengthen_url=f"{host}/access_token",
        lengthen_grant="th_exchange_token",
        extend_url=f"{host}/refresh_access_token",
        extend_grant="th_refresh_token",
        youngest=LIFE,
    )
