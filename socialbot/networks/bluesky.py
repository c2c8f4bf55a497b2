"""Bluesky: posts are records that we write to the account's own server under keys that we choose."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from types import MappingProxyType
from typing import Any

import httpx
from pydantic import Field, SecretStr, field_validator

from socialbot.captions.forms import facets
from socialbot.media import Media
from socialbot.networks import bluesky_profile
from socialbot.networks.atproto import Pds
from socialbot.networks.calling import Answer
from socialbot.networks.protocol import (
    CannotTell,
    Doubt,
    Identity,
    Network,
    No,
    Prepared,
    Published,
    Refused,
    Remember,
    Vault,
    utc_now,
)
from socialbot.nouns import Card, Draft, Limits, Part, Variant
from socialbot.settings import AccountSettings, BaseUrl

LIMITS = Limits(
    unit="graphemes",
    max_text=300,
    max_text_bytes=3000,
    max_pictures=4,
    # Today's servers take 2,000,000 bytes; self-hosted ones of an older version stop here, and a 1080 px crop needs no more.
    max_picture_bytes=1_000_000,
    max_thumb_bytes=1_000_000,
    max_alt=2000,
    mime_types=("image/jpeg", "image/png", "image/webp"),
    shape="square",
    builds_card=True,
    max_hashtags=3,
    mentions=False,  # a mention is a facet, and we make none
    threads=True,
    short_links=True,
    source="github.com/bluesky-social/atproto lexicons app.bsky.feed.post, app.bsky.embed.images, app.bsky.embed.external",
    checked=date(2026, 11, 20),
)

BLOBS_LAST_S = 3000
"""A blob that no record uses is thrown away after an hour, on some servers sooner."""
_POST = "app.bsky.feed.post"
_RKEY = re.compile(r"[\w.:~-]{1,512}", re.ASCII)
_OWN_ADDRESS = "Give the address of this account's own post: socialbot resolve ID --posted URL."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TID_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


class BlueskyAccount(AccountSettings):
    """An account with `network = "bluesky"`."""

    server: BaseUrl = Field("https://bsky.social", description="Where the account logs in.")
    identifier: str = Field(description="The account's handle or DID.")
    password: SecretStr = Field(SecretStr(""), description="An app password, made in Bluesky's settings.")

    @field_validator("identifier")
    @classmethod
    def _plain(cls, identifier: str) -> str:
        return identifier.strip().removeprefix("@")


class Bluesky(Network):
    """One Bluesky account. `putRecord` with our own key and `swapRecord: null` may be repeated for ever."""

    name = "bluesky"
    options = BlueskyAccount
    guide = ("Make an app password at https://bsky.app/settings/app-passwords (on another server: in its settings).",)
    asks = ("server", "identifier", "password")
    limits = LIMITS
    deletes = True
    cannot = MappingProxyType(
        {
            "story": No("there are no stories", "github.com/bluesky-social/atproto lexicons app.bsky.feed.post"),
            "ai_flag": No(
                "none of the labels that a post can give itself is for AI",
                "github.com/bluesky-social/social-app issue 11194, open",
            ),
            "edit": No(
                "a changed record gets another hash, and likes and replies hold the old one",
                "github.com/bluesky-social/atproto lexicons com.atproto.repo.putRecord, strongRef",
            ),
        }
    )
    measures = ("likeCount", "repostCount", "replyCount", "quoteCount", "bookmarkCount")
    doubt = Doubt("KEY", settle_s=0)
    account: BlueskyAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        own = self.account
        self._pds = Pds(own.server, own.identifier, own.password, client, vault, clock, own.timeout_s, self.spent)

    @classmethod
    def fix(cls, now: datetime, chance: random.Random) -> dict[str, str]:
        """The key of the first part, a TID, and the creation time. Posts due at one moment still get keys of their own."""
        earlier = timedelta(microseconds=chance.randrange(60_000_000))
        micros = (now - earlier - _EPOCH) // timedelta(microseconds=1)
        return cls.freshen({"rkey.0": _tid(micros << 10 | chance.randrange(1024))}, now)

    @classmethod
    def freshen(cls, fixed: Mapping[str, str], now: datetime) -> dict[str, str]:
        """The same keys with a new creation time: feeds sort by it, and an old one sinks the post."""
        return {**fixed, "createdAt": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")}

    async def check(self) -> Identity:
        """Log in and ask who we are. Raises NetworkError."""
        answer = await self._pds.ask("GET", "com.atproto.server.getSession")
        if answer.status != 200:
            raise self._pds.trouble(answer)
        self._pds.refuse_closed(answer)
        handle = answer.text("handle") or answer.text("did")
        marked = await bluesky_profile.is_marked(self._pds)
        return Identity(f"@{handle}", f"https://bsky.app/profile/{handle}", bot=marked)

    async def mark_as_bot(self) -> None:
        """Give the profile the self-label "bot". Raises NetworkError."""
        await bluesky_profile.mark(self._pds)

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Upload the blobs and build the record. Raises NetworkError, never Unknown."""
        blobs = {picture.digest: await self._blob(picture, remember) for picture in _uploads(draft.parts[part])}
        record = _record(draft, draft.parts[part], blobs)
        if before:
            record["reply"] = {"root": await self._reference(before[0]), "parent": await self._reference(before[-1])}
        request = {
            "repo": await self._pds.did(),
            "collection": _POST,
            "rkey": _tid(_tid_value(draft.fixed["rkey.0"]) + (part << 10)),
            "record": record,
            "swapRecord": None,
        }
        return Prepared(draft, part, request)

    async def publish(self, prepared: Prepared) -> Published:
        """Write the record. Raises NetworkError; Unknown when no answer came."""
        answer = await self._put(prepared)
        if answer.get("error") == "BlobNotFound":
            # The same bytes get the same name again, so the record stays as it is.
            for picture in _uploads(prepared.draft.parts[prepared.part]):
                await self._upload(picture)
            answer = await self._put(prepared)
        if answer.get("error") == "InvalidSwap":
            found = await self.find(prepared, self.clock())
            if isinstance(found, Published):
                return found
            raise Refused("Bluesky: another record stands under this post's key.", "Look at the account before sending again.")
        if answer.status != 200 or not answer.text("uri"):
            raise self._pds.trouble(answer)
        return _published(prepared, answer)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Read the record by its key; `since` is not needed, and an absence is proof. Raises NetworkError."""
        request = prepared.request
        answer = await self._pds.record(request["repo"], request["collection"], request["rkey"])
        if answer.get("error") == "RecordNotFound":
            return None
        if answer.status != 200:
            raise self._pds.trouble(answer)
        # Only the words are compared: a late send has a new createdAt and is still this post.
        if answer.get("value", "text") != request["record"]["text"]:
            return CannotTell("Bluesky: another record stands under this post's key.")
        return _published(prepared, answer)

    async def delete(self, published: Published) -> None:
        """Delete the record; one that is gone is deleted again without a word. Raises NetworkError."""
        request = {"repo": await self._pds.did(), "collection": _POST, "rkey": _rkey(published.remote_id)}
        answer = await self._pds.ask("POST", "com.atproto.repo.deleteRecord", json=request)
        if answer.status != 200:
            raise self._pds.trouble(answer)

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """Ask the app view, through the account's own server (lexicon app.bsky.feed.getPosts). Raises NetworkError."""
        uri = f"at://{await self._pds.did()}/{_POST}/{_rkey(published.remote_id)}"
        answer = await self._pds.ask("GET", "app.bsky.feed.getPosts", params={"uris": uri})
        if answer.status in (404, 501):  # a server of one's own need have no app view
            return {}
        if answer.status != 200:
            raise self._pds.trouble(answer)
        told = next((post for post in answer.get("posts") or () if isinstance(post, dict)), {})
        return {name: told[name] for name in self.measures if isinstance(told.get(name), int)}

    async def is_shown(self, published: Published) -> bool | None:
        """Read the record. Raises NetworkError."""
        answer = await self._pds.record(await self._pds.did(), _POST, _rkey(published.remote_id))
        if answer.status != 200 and answer.get("error") != "RecordNotFound":
            raise self._pds.trouble(answer)
        return answer.status == 200

    async def _reference(self, published: Published) -> dict[str, str]:
        """A strong reference to an earlier part, with its content's hash."""
        told = published.remote_id
        rkey = _rkey(told)
        answer = await self._pds.record(await self._pds.did(), _POST, rkey)
        if answer.get("error") == "RecordNotFound":
            if not told.startswith("at://"):
                raise Refused(f"Bluesky: {told} is not this account's post.", _OWN_ADDRESS)
            raise Refused("Bluesky: the post that the next one answers is gone.", "The thread ends there.")
        if answer.status != 200 or not answer.text("cid"):
            raise self._pds.trouble(answer)
        return {"uri": answer.text("uri"), "cid": answer.text("cid")}

    async def _put(self, prepared: Prepared) -> Answer:
        return await self._pds.send("com.atproto.repo.putRecord", prepared.request)

    async def _blob(self, picture: Variant, remember: Remember) -> Any:
        if known := remember.recall(picture.digest):
            return json.loads(known)
        blob = await self._upload(picture)
        remember.keep(picture.digest, json.dumps(blob), BLOBS_LAST_S)
        return blob

    async def _upload(self, picture: Variant) -> Any:
        """The blob's reference. The server believes any size and type, so ours are checked here."""
        content, limit = self.content(picture), self.limits.max_picture_bytes
        if len(content) > limit:
            sentence = f"Bluesky: a picture has {len(content):,} bytes; at most {limit:,} are taken."
            raise Refused(sentence, "Make the picture smaller and enqueue the post again.")
        kind = {"Content-Type": picture.mime}
        answer = await self._pds.ask("POST", "com.atproto.repo.uploadBlob", headers=kind, content=content)
        if answer.status != 200 or not isinstance(answer.get("blob"), dict):
            raise self._pds.trouble(answer)
        return answer.get("blob")


def _rkey(told: str) -> str:
    """The key in `at://REPO/app.bsky.feed.post/RKEY`, or in the address that a person gave who resolved a doubt.

    Only our own repository is asked, so a key from elsewhere leads to nobody. Raises Refused.
    """
    rkey = re.split(r"[?#]", told)[0].rstrip("/").rsplit("/", 1)[-1]
    if not _RKEY.fullmatch(rkey):
        raise Refused(f"Bluesky: {told} is no post's address.", _OWN_ADDRESS)
    return rkey


def _record(draft: Draft, part: Part, blobs: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "$type": _POST,
        "text": part.caption.text,
        "createdAt": draft.fixed["createdAt"],
        "langs": [draft.language],
    }
    if live := facets(part.caption):
        record["facets"] = live
    if part.pictures:
        images = [_image(picture, blobs[picture.digest]) for picture in part.pictures]
        record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
    elif part.card:
        record["embed"] = {"$type": "app.bsky.embed.external", "external": _external(part.card, blobs)}
    return record


def _image(picture: Variant, blob: Any) -> dict[str, Any]:
    return {"image": blob, "alt": picture.alt, "aspectRatio": {"width": picture.width, "height": picture.height}}


def _external(card: Card, blobs: Mapping[str, Any]) -> dict[str, Any]:
    thumb = {"thumb": blobs[card.thumb.digest]} if card.thumb else {}
    return {"uri": card.url, "title": card.title, "description": card.description, **thumb}


def _uploads(part: Part) -> tuple[Variant, ...]:
    """A post has room for pictures or for a card, not for both."""
    if part.pictures or not part.card or not part.card.thumb:
        return part.pictures
    return (part.card.thumb,)


def _published(prepared: Prepared, answer: Answer) -> Published:
    request = prepared.request
    return Published(answer.text("uri"), f"https://bsky.app/profile/{request['repo']}/post/{request['rkey']}")


def _tid(value: int) -> str:
    """A TID's 13 letters: 53 bits of microseconds, 10 bits of clock id (atproto.com/specs/tid)."""
    return "".join(_TID_LETTERS[value >> shift & 31] for shift in range(60, -1, -5))


def _tid_value(tid: str) -> int:
    return reduce(lambda value, letter: value << 5 | _TID_LETTERS.index(letter), tid, 0)
