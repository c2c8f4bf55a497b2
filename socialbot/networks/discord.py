"""Discord: messages through a channel's webhook, or by a bot, whose messages have a key and which can look."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx

from socialbot.media import Media
from socialbot.networks import discord_messages, discord_rights
from socialbot.networks.calling import Answer
from socialbot.networks.discord_calls import ALREADY_ANNOUNCED, SMALLER, UNKNOWN_MESSAGE, Calls, DiscordAccount
from socialbot.networks.discord_messages import MENTIONS, is_same, link, snowflake, tables
from socialbot.networks.protocol import (
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
from socialbot.nouns import Draft, Limits
from socialbot.settings import AccountSettings

LIMITS = Limits(
    unit="utf-16",
    max_text=2000,  # the specification has 4000 for a bot's messages, the page 2000
    max_pictures=10,
    max_picture_bytes=10 * 1024 * 1024,
    max_alt=1024,
    mime_types=("image/jpeg", "image/png", "image/webp", "image/gif"),
    animated=("image/gif",),  # of emoji the page says that WebP moves too, of attachments it does not
    shape="square",
    max_hashtags=0,
    markup="discord",
    source="github.com/discord/discord-api-docs developers/resources/webhook.mdx, message.mdx; developers/reference.mdx",
    checked=date(2026, 11, 20),
)

_DOCS = "github.com/discord/discord-api-docs developers"
MAX_REQUEST_BYTES = 25 * 1024 * 1024
MAX_PAGES = 5
MAX_THREADS = 25
"""So many of a forum's newest threads are looked through."""
MAX_THREAD_NAME = 100
KEY_LASTS_S = 120
"""Of a nonce the page says "the past few minutes" (message.mdx: Create Message); two are few."""
SETTLE_S = 30
_EARLIER = timedelta(seconds=60)
_NO_PREVIEW, _SILENT = 1 << 2, 1 << 12


class Discord(Network):
    """One webhook, or one bot in its channel. A webhook's post has no key, and only a bot token lets us look."""

    name = "discord"
    options = DiscordAccount
    guide = (
        "For a webhook: the channel's settings, Integrations, Webhooks, New Webhook, Copy Webhook URL.",
        "For a bot, which is surer: discord.com/developers, New Application, Bot, Reset Token; then invite it to the server.",
    )
    asks = ("webhook", "bot_token", "channel")
    limits = LIMITS
    edits = deletes = True
    measures = ("reactions",)
    cannot = MappingProxyType(
        {
            "story": No("there are no stories", f"{_DOCS}/resources/message.mdx"),
            "thread": No("a webhook's message cannot answer another", f"{_DOCS}/resources/webhook.mdx: Execute Webhook"),
            "ai_flag": No("a message has no flag for AI media", f"{_DOCS}/resources/message.mdx: Message Object"),
        }
    )
    conditions = MappingProxyType({"find": "with a bot_token"})
    account: DiscordAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self._calls = Calls(self.account, client, vault, clock, self.spent)
        self._line = self._calls.line
        if self.account.forum:
            self.limits = replace(LIMITS, max_title=MAX_THREAD_NAME)
        self.doubt = self._doubt()

    def _doubt(self) -> Doubt:
        if self._calls.as_bot and not self.account.forum:  # a thread is opened without a nonce
            return Doubt("KEY", SETTLE_S, KEY_LASTS_S)
        return Doubt("LIST" if self._calls.has_bot() else "NONE", SETTLE_S)

    @classmethod
    def fix(cls, now: datetime, chance: random.Random) -> dict[str, str]:
        """The nonce of a bot's message, less its part."""
        return {"key": f"{chance.getrandbits(80):020x}"}

    async def check(self) -> Identity:
        """Ask who posts, where, and whether a bot can look there. Raises NetworkError."""
        if self._calls.as_bot:
            return await self._check_bot()
        answer = await self._line.ask("GET", self._calls.webhook())
        place = self._calls.keep_place(answer, answer.text("id"))
        notes = ["Without a bot_token a post in doubt cannot be looked for; a person is asked."]
        if self._calls.has_bot():
            newest = None if self.account.forum else await self._newest(self.account.in_thread or place["channel_id"])
            notes = [newest.why] if isinstance(newest, CannotTell) else []
        name = f'webhook "{self._line.quote(answer.text("name"))}" in channel {place["channel_id"]}'
        return Identity(name, link(place), tuple(notes))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Build the message; files travel with it, so nothing is uploaded. Raises NetworkError, never Unknown."""
        await self._calls.place()
        caption, pictures = draft.parts[part].caption, draft.parts[part].pictures
        total_bytes = sum(picture.bytes for picture in pictures)
        if total_bytes > MAX_REQUEST_BYTES:
            sentence = f"Discord: the pictures have {total_bytes:,} bytes; at most {MAX_REQUEST_BYTES:,} are taken together."
            raise Refused(sentence, SMALLER)
        request: dict[str, Any] = {"content": caption.text, "allowed_mentions": dict(MENTIONS)}
        if pictures:
            request["attachments"] = [discord_messages.attachment(at, picture) for at, picture in enumerate(pictures)]
        if flags := _SILENT * self.account.silent + _NO_PREVIEW * (not self.account.preview):
            request["flags"] = flags
        if self.account.forum:  # a draft from before the channel was said to be a forum has no title of its own
            request["thread_name"] = caption.title or caption.text.partition("\n")[0][: MAX_THREAD_NAME // 2]
            request |= {"applied_tags": self.account.forum_tags} if self.account.forum_tags else {}
        elif self._calls.as_bot:
            request |= {"nonce": _nonce(draft, part), "enforce_nonce": True}
        return Prepared(draft, part, request)

    async def publish(self, prepared: Prepared) -> Published:
        """Say it, or open a forum's thread with it. Raises NetworkError; Unknown when it may be out."""
        request = dict(prepared.request)
        files = [(self.content(one), one.mime) for one in prepared.draft.parts[prepared.part].pictures]
        names = [attachment["filename"] for attachment in request.get("attachments", ())]
        url, query = self._calls.webhook() if not self._calls.as_bot else "", {}
        if not self._calls.as_bot:
            query = {"wait": "true"} | ({"thread_id": self.account.in_thread} if self.account.in_thread else {})
        elif "thread_name" in request:  # channel.mdx: Start Thread in Forum or Media Channel
            url = self._calls.api(f"/channels/{self.account.channel}/threads")
            opening = {"name": request.pop("thread_name")}
            opening |= {"applied_tags": request.pop("applied_tags")} if "applied_tags" in request else {}
            request = {**opening, "message": request}
        else:
            url = self._calls.api(f"/channels/{self._calls.target()}/messages")
        body = discord_messages.form(request, names, files)
        answer = await self._line.send("POST", url, params=query, headers=self._calls.headers(), **body)
        if answer.status not in (200, 201) or not answer.text("id"):
            raise self._calls.trouble(answer)
        # The first message of a forum's thread has the thread's own id.
        message = {"id": answer.text("id"), "channel_id": answer.text("id")} if "message" in request else answer.body
        return await self._announced(discord_messages.published(message, self.vault.read() or {}))

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look through the channel, which takes a bot token. Raises NetworkError."""
        if not self._calls.has_bot():
            return CannotTell("Discord's webhook offers no way to look whether a post is out.")
        place = await self._calls.place()
        in_forum = "thread_name" in prepared.request
        found = await (self._find_thread if in_forum else self._find_message)(prepared, since - _EARLIER, place)
        return await self._announced(found) if isinstance(found, Published) else found

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Change the message's words; attachments that are not named would be removed (webhook.mdx: Edit Webhook Message)."""
        url, query = await self._message(published)
        there = await self._calls.ask("GET", url, params=query)
        if there.status != 200:
            raise self._calls.gone(there)
        pictures = draft.parts[part].pictures
        kept: list[dict[str, str]] = [{"id": str(one.get("id"))} for one in tables(there.get("attachments"))]
        if len(kept) == len(pictures):
            kept = [one | {"description": picture.alt} for one, picture in zip(kept, pictures, strict=True)]
        request = {"content": draft.parts[part].caption.text, "allowed_mentions": dict(MENTIONS), "attachments": kept}
        answer = await self._calls.ask("PATCH", url, params=query, json=request)
        if answer.status != 200 or not answer.text("id"):
            raise self._calls.gone(answer)
        if (title := draft.parts[part].caption.title) and answer.text("channel_id") == answer.text("id"):
            await self._rename(answer.text("id"), title)
        return discord_messages.published(answer.body, await self._calls.place())

    async def delete(self, published: Published) -> None:
        """Delete the message; of a forum's post the empty thread stays (webhook.mdx, message.mdx: Delete Message)."""
        url, query = await self._message(published)
        answer = await self._calls.ask("DELETE", url, params=query)
        if answer.status not in (200, 204) and answer.get("code") != UNKNOWN_MESSAGE:
            raise self._calls.trouble(answer)

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """How often the message was reacted to (message.mdx: Reaction Object). Raises NetworkError."""
        url, query = await self._message(published)
        answer = await self._calls.ask("GET", url, params=query)
        if answer.status != 200 or not answer.text("id"):
            raise self._calls.gone(answer)
        return {"reactions": sum(int(one.get("count") or 0) for one in tables(answer.get("reactions")))}

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for the message. Raises NetworkError."""
        url, query = await self._message(published)
        answer = await self._calls.ask("GET", url, params=query)
        if answer.status != 200 and answer.get("code") != UNKNOWN_MESSAGE:
            raise self._calls.trouble(answer)
        return answer.status == 200

    # Looking

    async def _find_message(
        self, prepared: Prepared, since: datetime, place: Mapping[str, str]
    ) -> Published | CannotTell | None:
        channel = self.account.in_thread or place["channel_id"]
        newest = await self._newest(channel)
        if isinstance(newest, CannotTell):
            return newest
        # What this machine calls the time may lie ahead of the ids, which are Discord's time.
        after = snowflake(since - self._line.ahead(newest))
        for _ in range(MAX_PAGES):
            answer = await self._messages(channel, {"limit": "100", "after": str(after)})
            if answer.status in (401, 403, 404):
                return CannotTell(self._calls.barred(answer))
            if answer.status != 200 or not isinstance(answer.body, list):
                raise self._calls.trouble(answer)
            ours = [message for message in tables(answer.body) if _author(message) == place["author"]]
            for message in ours:
                if is_same(message, prepared.request):
                    return discord_messages.published({"channel_id": channel, **message}, place)
            if any(not message.get("content") and not message.get("attachments") for message in ours):
                return CannotTell("Discord hides what messages say from this bot: give it the Message Content intent.")
            if len(answer.body) < 100:
                return None
            after = max(int(message["id"]) for message in tables(answer.body))
        return CannotTell("Discord: too much has been said in the channel since to look through.")

    async def _find_thread(
        self, prepared: Prepared, since: datetime, place: Mapping[str, str]
    ) -> Published | CannotTell | None:
        """Look at the first messages of the forum's newest threads (guild.mdx: List Active Guild Threads), or archived ones."""
        answer = await self._calls.ask_as_bot("GET", f"/guilds/{place['guild_id']}/threads/active")
        if answer.status in (401, 403, 404):
            return CannotTell(self._calls.barred(answer))
        if answer.status != 200 or not isinstance(answer.get("threads"), list):
            raise self._calls.trouble(answer)
        since -= self._line.ahead(answer)
        archived = await self._archived(place["channel_id"], since)
        if isinstance(archived, CannotTell):
            return archived
        after, name, threads = snowflake(since), prepared.request["thread_name"].strip(), tables(answer.get("threads"))
        in_forum = [one for one in (*threads, *archived) if str(one.get("parent_id")) == place["channel_id"]]
        named = [one for one in in_forum if str(one.get("name")).strip() == name and int(one["id"]) >= after]
        for thread in sorted(named, key=lambda one: int(one["id"]))[:MAX_THREADS]:
            first = await self._calls.ask_as_bot("GET", f"/channels/{thread['id']}/messages/{thread['id']}")
            if first.status != 200 and first.get("code") != UNKNOWN_MESSAGE:
                return CannotTell(self._calls.barred(first))
            if first.status == 200 and _author(first.body) == place["author"] and is_same(first.body, prepared.request):
                return discord_messages.published({"channel_id": thread["id"], **first.body}, place)
        return None

    async def _archived(self, forum: str, since: datetime) -> list[dict[str, Any]] | CannotTell:
        """The forum's threads that were archived from `since` on: after an hour of silence they may be (channel.mdx: List
        Public Archived Threads, the latest archived first). Raises NetworkError.
        """
        query, found = {"limit": "100"}, list[dict[str, Any]]()
        for _ in range(MAX_PAGES):
            answer = await self._calls.ask_as_bot("GET", f"/channels/{forum}/threads/archived/public", params=query)
            if answer.status in (401, 403, 404):
                return CannotTell(self._calls.barred(answer))
            if answer.status != 200 or not isinstance(answer.get("threads"), list):
                raise self._calls.trouble(answer)
            page = tables(answer.get("threads"))
            found += page
            last = page[-1]["thread_metadata"]["archive_timestamp"] if page else None
            if not answer.get("has_more") or last is None or datetime.fromisoformat(last) < since:
                return found
            query["before"] = last
        return CannotTell("Discord: too many threads of the forum were archived since to look through.")

    async def _rename(self, thread: str, title: str) -> None:
        """Give a forum's thread the post's title, which takes a bot (channel.mdx: Modify Channel). Raises NetworkError."""
        if not self._calls.has_bot():
            return
        there = await self._calls.ask_as_bot("GET", f"/channels/{thread}")
        if there.status == 200 and there.text("name") == title:
            return
        answer = await self._calls.ask_as_bot("PATCH", f"/channels/{thread}", json={"name": title})
        if answer.status == 403:
            raise Refused("Discord: the bot may not give the thread its new title.", 'Give it the right "Manage Threads".')
        if answer.status != 200:
            raise self._calls.trouble(answer)

    async def _newest(self, channel: str) -> Answer | CannotTell:
        """The answer that bears the channel's last message. Raises NetworkError.

        A bot without the right to the history is shown none, and no error (message.mdx: Get Channel Messages, 2026-11-21).
        """
        newest = await self._messages(channel, {"limit": "1"})
        about = await self._calls.ask_as_bot("GET", f"/channels/{channel}") if newest.body == [] else newest
        if about.status in (401, 403, 404):
            return CannotTell(self._calls.barred(about))
        if about.status != 200:
            raise self._calls.trouble(about)
        if about.text("last_message_id"):
            return CannotTell("Discord shows the bot none of the channel's messages; it needs Read Message History.")
        return newest

    async def _messages(self, channel: str, query: Mapping[str, str]) -> Answer:
        return await self._calls.ask_as_bot("GET", f"/channels/{channel}/messages", params=query)

    async def _message(self, published: Published) -> tuple[str, dict[str, str]]:
        """The message's address in the API, from its id or from the permalink that a person gave. Raises NetworkError."""
        found = discord_messages.place_of(published.remote_id)
        if not found:
            raise Refused(f"Discord: {published.remote_id} is no message's address.", "Look at the channel.")
        url, query = self._calls.message(found[1], found[0], await self._calls.place())
        if self._calls.as_bot and "://" in published.remote_id:  # a bot may be allowed to delete what others said
            answer = await self._calls.ask("GET", url)
            if answer.status == 200 and _author(answer.body) != (await self._calls.place())["author"]:
                raise Refused(f"Discord: the message at {published.remote_id} is not the bot's own.", "Look at the channel.")
        return url, query

    # The bot

    async def _check_bot(self) -> Identity:
        """Who the bot is, and which rights it lacks in its channel; of a thread, in the channel that it belongs to."""
        me = await self._calls.good("/users/@me")
        channel = await self._calls.good(f"/channels/{self._calls.target()}")
        place = self._calls.keep_place(channel, me.text("id"))
        ruling = await self._calls.good(f"/channels/{channel.text('parent_id')}") if self.account.in_thread else channel
        member = await self._calls.good(f"/guilds/{place['guild_id']}/members/{place['author']}")
        roles = await self._calls.good(f"/guilds/{place['guild_id']}/roles")
        told = (place["author"], member.get("roles"), tables(roles.body), ruling.body)
        missing = discord_rights.missing(*told, in_thread=bool(self.account.in_thread))
        notes = [f"The bot lacks {', '.join(missing)} in the channel."] if missing else []
        if (channel.get("type") in discord_rights.FORUM_TYPES) != self.account.forum:
            notes.append(f"The channel is {'no' if self.account.forum else 'a'} forum: set forum for the account as it is.")
        name = f'bot "{self._line.quote(me.text("username"))}" in #{self._line.quote(channel.text("name"))}'
        return Identity(name, link(place), tuple(notes))

    async def _announced(self, published: Published) -> Published:
        """Pass a post of an announcement channel on to those who follow it (message.mdx: Crosspost Message).

        The post is out whatever becomes of that; it may be asked for again, and is done once.
        """
        found = discord_messages.place_of(published.remote_id)
        if not (self.account.announce and self._calls.has_bot() and found):
            return published
        try:
            channel = found[0] or (await self._calls.place())["channel_id"]
            answer = await self._calls.ask_as_bot("POST", f"/channels/{channel}/messages/{found[1]}/crosspost")
        except NetworkError as error:
            return replace(published, warnings=(f"It was not passed on to the channel's followers: {error}",))
        if answer.status == 200 or answer.get("code") == ALREADY_ANNOUNCED:
            return published
        said = self._line.quote(answer.text("message")) or answer.status
        return replace(published, warnings=(f"It was not passed on to the channel's followers: {said}.",))


def _nonce(draft: Draft, part: int) -> str:
    """At most 25 characters; a draft from before nonces has one of its own all the same."""
    key = draft.fixed.get("key") or hashlib.sha256(f"{draft.post_id} {draft.account}".encode()).hexdigest()[:20]
    return f"{key}.{part}"


def _author(message: Mapping[str, Any]) -> str:
    """Whose message it is: a webhook's or a user's id."""
    author = message.get("author")
    return str(message.get("webhook_id") or (author.get("id") if isinstance(author, dict) else ""))
