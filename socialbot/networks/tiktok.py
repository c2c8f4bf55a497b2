"""TikTok: photo posts, to the app's inbox where a person finishes them, or by choice straight onto the profile."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import httpx

from socialbot.media import Media
from socialbot.networks.calling import Answer
from socialbot.networks.login import OAuth2
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Doubt,
    Identity,
    Network,
    NetworkError,
    No,
    Prepared,
    Published,
    Refused,
    Remember,
    Vault,
    utc_now,
)
from socialbot.networks.tiktok_calls import NOT_KNOWN, Rest, TikTokAccount, login_of
from socialbot.nouns import Draft, Limits, Variant
from socialbot.settings import AccountSettings

LIMITS = Limits(
    unit="utf-16",
    max_text=4000,
    max_title=90,
    max_pictures=35,
    max_picture_bytes=20_000_000,
    max_picture_pixels=1080 * 1920,
    max_alt=0,
    mime_types=("image/jpeg", "image/webp"),
    shape="vertical",  # the page names no aspects
    needs_picture=True,
    max_hashtags=5,  # unconfirmed: the app's limit; the API names none
    link="dead",
    fold=55,  # others report: 55 to 150, 2026-11; on no page of the network
    ai_flag="is_aigc",
    ai_flag_disputed=True,  # the page of 2026-09 has it for photos, older ones and others' clients do not
    source="developers.tiktok.com: Content Posting API, Photo Post; Media transfer guide",
    checked=date(2026, 11, 20),
)
POLLS_S = (1, 2, 4, 8, 15)
"""Waits between questions whether the pictures were fetched; a post that takes longer goes on by itself."""

_log = logging.getLogger(__name__)
_API = "developers.tiktok.com: Content Posting API"
_MEASURES = ("view_count", "like_count", "comment_count", "share_count")
_PROCESSING = ("PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD")
_TAKEN = ("SEND_TO_USER_INBOX", "PUBLISH_COMPLETE")
_ID_LASTS_S = 30 * 86_400  # how long TikTok knows a publish_id is not said
_PUBLISH_ID = re.compile(r"[\w.~-]{1,64}", re.ASCII)
_UTILITY = "TikTok's guidelines accept no tool for posting directly to one's own accounts (Content sharing guidelines, 2026-09)"


class TikTok(Network):
    """One account. What it was sent has a publish_id that can be asked about; a call whose answer was lost has none."""

    name = "tiktok"
    called = "TikTok"
    options = TikTokAccount
    limits = LIMITS
    doubt = Doubt("NONE", settle_s=0)
    measures = _MEASURES
    guide = (
        "At developers.tiktok.com make an app with the products Login Kit and Content Posting API.",
        "Choose the platform Desktop, and add the redirect address http://127.0.0.1:8009/callback/ with the slash at its end.",
        "Under URL properties verify the domain at which your pictures lie, or the beginning of their addresses.",
        "Set media.public: TikTok fetches pictures from an address of yours (docs/public-pictures.md).",
        'Posts go to the inbox of the app, where a person finishes them. For mode = "direct" TikTok has to audit the app.',
    )
    asks = ("mode", "client_id", "client_secret")
    cannot = MappingProxyType(
        {
            "text": No("every post is a video or has a picture", f"{_API}, Photo Post"),
            "alt": No("pictures have no field for a description", f"{_API}, Photo Post"),
            "story": No("it posts no stories", f"{_API}, Get Started"),
            "thread": No("a post cannot answer another", f"{_API}, Photo Post"),
            "link": No("addresses in a description cannot be clicked (unconfirmed)", f"{_API}, Photo Post"),
            "edit": No("no call changes a post", f"{_API}, Get Started"),
            "delete": No("no call removes a post", f"{_API}, Get Started"),
            "find": No(
                "a post takes no key, and whether photo posts stand in the list of one's own is not confirmed",
                f"{_API}, Photo Post; Display API, List videos",
            ),
        }
    )
    conditions = MappingProxyType(
        {
            "ai_flag": "with ai_flag = true: the page of 2026-09 has it for photos, others do not; in the inbox the person "
            "sets it",
            "read_back": "TikTok tells how far it came with a post, not what it shows",
            "metrics": "of public posts, with figures = true",
        }
    )
    account: TikTokAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self._rest = Rest(self.account, client, vault, clock, self.spent)
        self._direct = self.account.mode == "direct"

    @classmethod
    def login(cls, account: AccountSettings) -> OAuth2 | None:
        """Through the browser, where the app's key and secret are set; else with a token made by hand."""
        assert isinstance(account, TikTokAccount)
        return login_of(account) if account.client_id and account.client_secret.get_secret_value() else None

    async def keep_login(self) -> None:
        """Renew the login while its refresh token lasts. Raises NetworkError."""
        await self._rest.tokens.keep()

    async def check(self) -> Identity:
        """Ask who we are, and how we may post. Raises NetworkError."""
        if self._direct:
            creator = await self._creator()
            name = self._rest.line.quote(creator.text("data", "creator_username"))
            if not name:
                raise self._rest.line.trouble(creator, "an account without a name")
            self._privacy(creator)
            return Identity(f"@{name}", f"https://www.tiktok.com/@{name}", tuple(self._notes()))
        me = await self._rest.ask("GET", "/v2/user/info/", fields="open_id,display_name")
        name = self._rest.line.quote(me.text("data", "user", "display_name") or me.text("data", "user", "open_id"))
        if not name:
            raise self._rest.line.trouble(me, "an account without a name")
        return Identity(name, None, tuple(self._notes()))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Find addresses for the pictures, and ask how the account may post. Raises NetworkError, never Unknown."""
        one = draft.parts[part]
        if not one.pictures:
            raise Refused("TikTok takes no post without a picture.", "Give the post a picture.")
        info: dict[str, Any] = {"title": one.caption.title, "description": one.caption.text}
        info = {name: words for name, words in info.items() if words}
        creator = ""
        if self._direct:
            told = await self._creator()  # before each direct post: Direct Post, 2026-09
            creator = self._rest.line.quote(told.text("data", "creator_username"))
            info |= self._manner(told)
        urls = [await self._address(picture) for picture in one.pictures]
        body: dict[str, Any] = {
            "media_type": "PHOTO",
            "post_mode": "DIRECT_POST" if self._direct else "MEDIA_UPLOAD",
            "post_info": info,
            "source_info": {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0},
        }
        if draft.flags.get("is_aigc"):
            body["is_aigc"] = True  # at the top for photos, not in post_info: Photo Post, 2026-09
        return Prepared(draft, part, {"body": body, "creator": creator, "asked": self.clock().isoformat()}, remember)

    async def publish(self, prepared: Prepared) -> Published:
        """Have TikTok fetch the pictures, and see whether it can. Raises NetworkError; Unknown when it may be out."""
        answer = await self._rest.send("/v2/post/publish/content/init/", prepared.request["body"])
        publish_id = answer.text("data", "publish_id")
        if not _PUBLISH_ID.fullmatch(publish_id):
            raise self._rest.line.trouble(answer, "no publish_id")
        _log.info("TikTok took the post as %s", publish_id)
        _keep(prepared, publish_id)
        try:
            told = await self._fetched(publish_id)
        except NetworkError as error:  # it was taken: that it cannot be asked about is no reason to send it again
            return Published(publish_id, warnings=(f"How far TikTok came with it is not known: {error}",))
        if failure := self._failure(told):  # nothing of it is out, nor will be
            raise failure
        return self._published(prepared, publish_id, told)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """How far it came; without its publish_id nothing can be asked. Raises NetworkError."""
        publish_id = prepared.remember.recall(_key(prepared)) if prepared.remember else None
        if not publish_id:
            where = "on the profile" if self._direct else "in the inbox"
            return CannotTell(f"TikTok cannot be asked for a post whose publish_id did not arrive: look {where} in the app.")
        told = await self._status(publish_id)
        if failure := self._failure(told):
            return CannotTell(f"{failure} Nothing of it is out, nor will be.")
        return self._published(prepared, publish_id, told)

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """Figures of a post that is public (Display API: Query videos). Raises NetworkError."""
        told = await self._status(published.remote_id)
        ids = _post_ids(told) if told else []
        if not ids or not self.account.figures:
            return {}
        body = {"filters": {"video_ids": ids[:20]}}
        answer = await self._rest.ask("POST", "/v2/video/query/", body, fields=",".join(("id", *_MEASURES)))
        listed = answer.get("data", "videos")
        videos = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        counts = {name: [one[name] for one in videos if type(one.get(name)) is int] for name in _MEASURES}
        return {name: sum(many) for name, many in counts.items() if many}

    async def is_shown(self, published: Published) -> bool | None:
        """How far TikTok came with it; None while it is at work, or does not know it any more. Raises NetworkError."""
        told = await self._status(published.remote_id)
        status = told.text("data", "status") if told else ""
        return False if status == "FAILED" else True if status in _TAKEN else None

    # How it posts

    def _manner(self, creator: Answer) -> dict[str, Any]:
        """How a direct post is shown: the creator's settings in the app go before the account's here."""
        return {
            "privacy_level": self._privacy(creator),
            "disable_comment": not self.account.comments or creator.get("data", "comment_disabled") is True,
            "auto_add_music": self.account.music,
            "brand_content_toggle": self.account.paid_partnership,
            "brand_organic_toggle": self.account.own_brand,
        }

    def _privacy(self, creator: Answer) -> str:
        """The account's privacy, where TikTok offers it. Raises Blocked."""
        offered = creator.get("data", "privacy_level_options")
        known = [one for one in offered if isinstance(one, str)] if isinstance(offered, list) else []
        if self.account.privacy in known:
            return self.account.privacy
        told = self._rest.line.quote(", ".join(known)) or "nothing"
        sentence = f"TikTok: the account cannot post with privacy {self.account.privacy}: it offers {told}."
        raise Blocked(sentence, "Set the account's privacy to one of these.")

    async def _address(self, picture: Variant) -> str:
        url = await self.public_url(picture)
        if self.account.verified and not any(_is_below(url, one) for one in self.account.verified):
            place = httpx.URL(url).host
            fix = "Verify it at developers.tiktok.com, URL properties, and add it to the account's verified."
            raise Blocked(f"TikTok: the pictures lie at {place}, which is not among what is verified.", fix)
        return url

    def _unfinished(self, draft: Draft) -> tuple[str, ...]:
        if self._direct:
            return ()
        flag = ' and, for its pictures, switches on "AI-generated content"' if draft.flags.get("is_aigc") else ""
        return (f"It waits in the app's inbox until a person posts it{flag}.",)

    def _notes(self) -> list[str]:
        notes = []
        if self._direct:
            notes.append(f"{_UTILITY}: use the inbox unless TikTok audited the app for it.")
            if not self.account.audited:
                notes.append("The app is not audited: the account has to be private, and only its owner sees the posts.")
            if not self.account.approval:
                notes.append("Approval is off: TikTok wants a person's consent to each post.")
        else:
            notes.append("Posts go to the app's inbox, where a person finishes them; at most five may wait there in 24 hours.")
        if not self.account.verified:
            notes.append("TikTok fetches pictures only from addresses that are verified in the app's URL properties.")
        granted = self._rest.tokens.session().get("scope", "")
        if missing := [one for one in self.account.asked_scopes if granted and one not in granted.split(",")]:
            notes.append(f"The login lacks the permissions {', '.join(missing)}.")
        return notes

    # How far it came

    def _failure(self, told: Answer | None) -> NetworkError | None:
        """Why what was taken will never be out."""
        if not told or told.text("data", "status") != "FAILED":
            return None
        return self._rest.failed(self._rest.line.quote(told.text("data", "fail_reason")), "")

    def _published(self, prepared: Prepared, publish_id: str, told: Answer | None) -> Published:
        if not told or told.text("data", "status") not in _TAKEN:
            return Published(publish_id, warnings=("TikTok is still at work on it: look in the app.",))
        return Published(publish_id, _address_of(told, prepared.request["creator"]), self._unfinished(prepared.draft))

    # Calls

    async def _creator(self) -> Answer:
        return await self._rest.ask("POST", "/v2/post/publish/creator_info/query/")

    async def _status(self, publish_id: str) -> Answer | None:
        """How far a post came; None where TikTok knows it no more: how long it does is not said. Raises NetworkError."""
        if not _PUBLISH_ID.fullmatch(publish_id):  # an address that a person gave
            return None
        answer = await self._rest.answer("POST", "/v2/post/publish/status/fetch/", {"publish_id": publish_id})
        if answer.text("error", "code") in NOT_KNOWN:
            return None
        return self._rest.taken(answer)

    async def _fetched(self, publish_id: str) -> Answer | None:
        """Its state once TikTok is done with it, or when it takes too long. Raises NetworkError."""
        for pause_s in (*POLLS_S, None):
            told = await self._status(publish_id)
            if told is None or told.text("data", "status") not in _PROCESSING or pause_s is None:
                return told
            await asyncio.sleep(pause_s)
        raise AssertionError("the last pause is None")


def _key(prepared: Prepared) -> str:
    """Under which this one send's publish_id is remembered: that of an earlier one, which failed, says nothing of it."""
    return f"publish_id {prepared.request.get('asked', '')}"


def _keep(prepared: Prepared, publish_id: str) -> None:
    """Write it down before it is waited for: whoever comes after a crash can then ask."""
    try:
        if prepared.remember:
            prepared.remember.keep(_key(prepared), publish_id, _ID_LASTS_S)
    except Exception:  # noqa: BLE001 - whatever ails the store, it is told later: the post was taken all the same
        _log.exception("the publish_id could not be written down")


def _post_ids(status: Answer) -> list[str]:
    """The public posts that came of it, under a name that is misspelt there."""
    told = status.get("data", "publicaly_available_post_id")
    return [str(one) for one in told if re.fullmatch(r"\d{1,20}", str(one), re.ASCII)] if isinstance(told, list) else []


def _address_of(status: Answer, creator: str) -> str | None:
    """A public post's address, as other clients make it; TikTok tells none."""
    ids = _post_ids(status)
    return f"https://www.tiktok.com/@{creator}/video/{ids[0]}" if ids and re.fullmatch(r"[\w.]+", creator, re.ASCII) else None


def _is_below(url: str, verified: str) -> bool:
    """A prefix matches letter by letter, a domain with all below it (Media transfer guide, 2026-09)."""
    return url.startswith(verified) if "://" in verified else f".{httpx.URL(url).host}".endswith(f".{verified.lower()}")
