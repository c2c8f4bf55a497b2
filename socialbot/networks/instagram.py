"""Instagram: a picture, a carousel, or a story of a professional account, by Instagram Login or Facebook Login."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

import httpx

from socialbot.media import Media
from socialbot.networks.instagram_account import SCOPES, InstagramAccount, host, login_of
from socialbot.networks.instagram_errors import ROWS
from socialbot.networks.login import OAuth2
from socialbot.networks.meta import Graph, without_words
from socialbot.networks.meta_comments import FirstComment
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
    CannotTell,
    Choice,
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
from socialbot.settings import AccountSettings

LIMITS = Limits(
    unit="utf-16",  # the page says "characters"
    max_text=2200,
    max_pictures=10,
    max_picture_bytes=8_000_000,
    max_alt=1000,
    mime_types=("image/jpeg",),
    shape="portrait",
    min_picture_width=320,  # over 1440 it is scaled down there
    min_aspect=0.8,  # one vendor says that 9:16 is taken
    max_aspect=1.91,
    one_aspect=True,
    needs_picture=True,
    max_hashtags=5,  # the page says 30; the app has stopped at 5 since December 2025, unconfirmed for the API
    max_mentions=20,
    link="dead",
    ai_flag="is_ai_generated",
    fold=125,  # the help's article 1643471055915254, 2026-11
    source="developers.facebook.com/docs/instagram-platform: Content publishing; IG User media",
    checked=date(2026, 11, 20),
)
STORY = replace(
    LIMITS, caption=False, max_pictures=1, max_alt=0, shape="vertical", min_aspect=None, max_aspect=None, one_aspect=False
)
"""9:16 is advised, and no bounds are given: the same page."""

_API = "developers.facebook.com/docs/instagram-platform"
_FEED = ("views", "reach", "likes", "comments", "saved", "shares", "total_interactions")
_STORY = ("views", "reach", "replies", "navigation", "shares", "follows", "profile_visits")
_FIELDS = "id,timestamp,permalink,media_type,caption,is_ai_generated"
_CONNECT = "Run: socialbot connect instagram."


class Instagram(Network):
    """One professional account. What is published is a container made before, which goes out once and can be asked."""

    name = "instagram"
    options = InstagramAccount
    limits = LIMITS
    doubt = Doubt("HANDLE", settle_s=SETTLE_S, key_lasts_s=LASTS_S)
    deletes = stories = True
    measures = (*_FEED, *(one for one in _STORY if one not in _FEED))
    crawler = "facebookexternalhit"
    guide = (
        "In the Instagram app make it a professional account (Settings, Account type and tools); it must be public.",
        "At developers.facebook.com make an app, add the product Instagram, and open API setup with Instagram login.",
        "Under App roles add the account as an Instagram tester, and accept that in Instagram's settings, Apps and websites.",
        "Press Generate token beside the account and copy the token: it lasts 60 days, and socialbot renews it. "
        "For a login through the browser copy the Instagram app's id and secret instead.",
        'For login = "facebook" use the id and secret of the Meta app; the account must be linked to a Page.',
        "Set media.public: Instagram fetches pictures from an address of yours (docs/public-pictures.md).",
    )
    asks = ("login", "token", "client_id", "client_secret")
    cannot = MappingProxyType(
        {
            "text": No("Every post is a picture.", f"{_API}: Content publishing, 2026-09"),
            "thread": No("A post cannot answer another.", f"{_API}: Content publishing, 2026-09"),
            "link": No("Links in a caption are dead text.", f"{_API}: Content publishing, 2026-09"),
            "edit": No("A caption cannot be changed by its API.", f"{_API}: IG Media, 2026-09"),
        }
    )
    conditions = MappingProxyType(
        {
            "delete": 'with login = "facebook" and the permission instagram_manage_contents',
            "alt": "in the feed, not in stories",
            "metrics": "a story's only within its 24 hours, and with five viewers or more",
        }
    )
    account: InstagramAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self._is_story = self.account.place == "story"
        self.limits = STORY if self._is_story else LIMITS
        base = f"{host(self.account, f'graph.{self.account.login}.com')}/{self.account.version}"
        over = {"page": self.account.page} if self.account.login == "facebook" else {}
        self._graph = Graph(
            "Instagram",
            client,
            self.account,
            vault,
            clock,
            self.spent,
            base=base,
            login=login_of(self.account),
            rows=ROWS,
            **over,
        )
        words = "" if self._is_story else self.account.first_comment
        self._first_comment = FirstComment(self._graph, words, "text")
        self._user_id = self.account.user_id

    @classmethod
    def login(cls, account: AccountSettings) -> OAuth2 | None:
        """Through the browser, where the app's id and secret are set; else with a token made by hand."""
        assert isinstance(account, InstagramAccount)
        return login_of(account) if account.client_id and account.client_secret.get_secret_value() else None

    async def keep_login(self) -> None:
        """Extend the token. Raises NetworkError."""
        await self._graph.tokens.keep()

    async def choices(self) -> Sequence[Choice]:
        """With Facebook Login: the Instagram accounts that are linked to Pages of the login. Raises NetworkError."""
        if self.account.login == "instagram":
            return ()
        pages = [page for page in await self._graph.pages() if page.instagram_id]
        return [Choice(f"@{one.instagram_name} ({one.name})", {"user_id": one.instagram_id, "page": one.id}) for one in pages]

    async def check(self) -> Identity:
        """Ask who we are, which permissions are missing, and how much may still be posted. Raises NetworkError."""
        user_id, notes = await self._id(), list[str]()
        fields = "username,account_type" if self.account.login == "instagram" else "username"
        me = await self._graph.ask("GET", f"/{user_id}", fields=fields)
        name = self._graph.line.quote(me.text("username"))
        if not name:
            raise self._graph.line.trouble(me, "an account without a name")
        if missing := await self._missing():
            notes.append(f"The login lacks the permissions {', '.join(missing)}.")
        if (told := await self._quota(user_id)) is not None:
            notes.append(f"{told.used} of {told.total} posts of {told.over.total_seconds() / 3600:g} hours are used.")
        return Identity(f"@{name}", f"https://www.instagram.com/{name}/", tuple(notes))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Make the containers, children first, and wait until they are ready. Raises NetworkError, never Unknown."""
        pictures = draft.parts[part].pictures
        if self._is_story:
            without_words("Instagram", draft.parts[part])
        if not pictures:
            raise Refused("Instagram takes no post without a picture.", "Give the post a picture.")
        user_id = await self._id()
        left = await self._quota(user_id)
        containers = self._containers(user_id)
        flags = {name: True for name, wanted in draft.flags.items() if wanted}  # never on a carousel's child: an error there
        words = {"caption": draft.parts[part].caption.text or None}
        if self._is_story:
            container = await self._single(containers, pictures[0], remember, media_type="STORIES", **flags)
        elif len(pictures) == 1:
            alt = pictures[0].alt or None
            container = await self._single(containers, pictures[0], remember, alt_text=alt, **words, **flags)
        else:
            container = await self._carousel(containers, pictures, remember, {**words, **flags})
        await containers.wait([container])
        if left and left.is_used_up and not await containers.is_out(container):
            await left.keep(self._own(user_id), self.clock())
        return Prepared(draft, part, {"creation_id": container, "user_id": user_id, "at": self.clock().isoformat()})

    async def publish(self, prepared: Prepared) -> Published:
        """Publish the container. Raises NetworkError; Unknown when it may be out."""
        container, user_id = prepared.request["creation_id"], prepared.request["user_id"]
        try:
            answer = await self._graph.send(f"/{user_id}/media_publish", creation_id=container)
        except (Refused, Passing, RateLimited) as error:
            looked = partial(self.find, prepared, self.clock() - LIFE)
            if not isinstance(error, NeedsLogin) and (
                found := await self._containers(user_id).out_already(container, error, looked)
            ):
                return found
            raise
        media_id = str(answer.get("id") or "")
        if not media_id:
            raise self._graph.line.trouble(answer, "no id of what was published")
        return await self._published(media_id)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Ask the container, and look for what came of it among the account's own. Raises NetworkError."""
        user_id, pictures = prepared.request["user_id"], prepared.draft.parts[prepared.part].pictures
        wanted = Wanted(prepared.draft.parts[prepared.part].caption.text, "CAROUSEL_ALBUM" if len(pictures) > 1 else "IMAGE")
        containers, own = self._containers(user_id), self._own(user_id)
        found = await containers.find(prepared.request, since, own, wanted, self.clock())
        if found is None or isinstance(found, CannotTell):
            return found
        return replace(_told(found), warnings=await self._first_comment.missing(str(found["id"])))

    async def locate(self, published: Published) -> str:
        """The id of the post among the account's own, from its address. Raises NetworkError."""
        found = await self._own(await self._id()).id_of(published.remote_id)
        if found is None:
            raise address_missing("Instagram", published.remote_id)
        return found

    async def delete(self, published: Published) -> None:
        """Remove it (IG Media: Deleting, 2026-09), which Instagram Login cannot. Raises NetworkError."""
        if self.account.login == "instagram":
            raise Refused("Instagram removes nothing by a token of Instagram Login.", "Delete it in the app.")
        media_id = await self.locate(published)
        answer = await self._graph.answer("DELETE", f"/{media_id}")
        if answer.get("error") is not None and await self._graph.is_gone(answer, media_id):
            return
        if self._graph.taken(answer).get("success") is not True:
            raise self._graph.line.trouble(answer, "it was not removed")

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """Insights of a post or a story (IG Media: Insights, 2026-09); they come up to 48 hours late. Raises NetworkError."""
        names = _STORY if self._is_story else _FEED
        answer = await self._graph.answer("GET", f"/{await self.locate(published)}/insights", metric=",".join(names))
        if self._is_story and answer.get("error", "code") == 10:  # fewer than five have seen it
            return {}
        return {name: count for name, count in figures(self._graph.taken(answer)).items() if name in names}

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for it. Raises NetworkError."""
        answer = await self._graph.answer("GET", f"/{await self.locate(published)}", fields="id")
        if answer.get("error") is not None and await self._graph.is_gone(answer):
            return False
        return bool(self._graph.taken(answer).get("id"))

    # Calls

    async def _id(self) -> str:
        """The Instagram account's number: `user_id`, not the id that an app knows it by."""
        if not self._user_id:
            if self.account.login == "facebook":
                raise NeedsLogin("Instagram: no account is chosen among those of the login.", _CONNECT)
            me = await self._graph.ask("GET", "/me", fields="user_id,username,account_type")
            self._user_id = str(me.get("user_id") or "")
            if not self._user_id.isdecimal():
                self._user_id = ""
                raise self._graph.line.trouble(me, "an account without a number")
        return self._user_id

    async def _quota(self, user_id: str) -> Quota | None:
        told = quota(await self._graph.ask("GET", f"/{user_id}/content_publishing_limit", fields="config,quota_usage"))
        self.rooms.hear({"posts": told.room(self.clock())} if told else {})
        return told

    async def _missing(self) -> list[str]:
        """Permissions that were not granted, where the login tells."""
        wanted = SCOPES[self.account.login]
        if self.account.login == "instagram":
            granted = (self._graph.tokens.session()).get("permissions", "")
            return [one for one in wanted if one not in granted] if granted else []
        if self.account.page:  # its own token has no list of permissions
            return []
        answer = await self._graph.ask("GET", "/me/permissions")
        listed = answer.get("data")
        told = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        return [one for one in wanted if {"permission": one, "status": "granted"} not in told]

    def _containers(self, user_id: str) -> Containers:
        return Containers(self._graph, f"/{user_id}/media", "status_code", "status")

    def _own(self, user_id: str) -> Own:
        return Own(self._graph, f"/{user_id}/{'stories' if self._is_story else 'media'}", _FIELDS, "caption")

    async def _single(self, containers: Containers, picture: Variant, remember: Remember, **fields: Any) -> str:
        key = key_of(picture.digest, fields)
        if known := await containers.recalled(key, remember, is_child="is_carousel_item" in fields):
            return known
        return await containers.made(key, remember, image_url=await self.public_url(picture), **fields)

    async def _carousel(
        self, containers: Containers, pictures: Sequence[Variant], remember: Remember, fields: Mapping[str, Any]
    ) -> str:
        key = key_of([[one.digest, one.alt] for one in pictures], dict(fields))
        if known := await containers.recalled(key, remember):
            return known
        children = [
            await self._single(containers, picture, remember, is_carousel_item=True, alt_text=picture.alt or None)
            for picture in pictures
        ]
        await containers.wait(children)
        return await containers.made(key, remember, media_type="CAROUSEL", children=",".join(children), **fields)

    async def _published(self, media_id: str) -> Published:
        """What is out, with its address; without one where that cannot be had just now."""
        try:
            told = _told((await self._graph.ask("GET", f"/{media_id}", fields="id,permalink,is_ai_generated")).body)
        except NetworkError:
            told = Published(media_id)
        return replace(told, remote_id=media_id, warnings=await self._first_comment.write(media_id))


def _told(media: Mapping[str, Any]) -> Published:
    """A post as the network lists it."""
    flag, link = media.get("is_ai_generated"), media.get("permalink")
    flags = {"is_ai_generated": flag} if isinstance(flag, bool) else {}
    return Published(str(media.get("id") or ""), link if isinstance(link, str) else None, flags=flags)
