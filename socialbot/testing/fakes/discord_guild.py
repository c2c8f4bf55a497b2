"""One Discord server with one channel, its threads, its messages, and a bot that posts and reads there.

Facts: reference page on Discord, sections 5.1 to 5.6. The channel is a text channel, a forum, or an announcement channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from socialbot.testing.fakes import discord_message
from socialbot.testing.fakes.discord_message import error, invalid
from socialbot.testing.fakes.server import Answer, Fake, Refusal, Request, Route, Seen, SeenPicture

CHANNEL, GUILD, BOT, STRANGER = "1304400000000000001", "1304399999999999999", "1304388888888888888", "1304377777777777777"
EPOCH_MS = 1_420_070_400_000
NONCE_LASTS = timedelta(minutes=3)
""""The past few minutes"."""
NO_MENTIONS: dict[str, list[str]] = {"parse": []}
TEXT, ANNOUNCEMENT, PUBLIC_THREAD, FORUM = 0, 5, 11, 15
EVERYTHING_NEEDED = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 34 | 1 << 38
BASE = r"/api(?:/v10)?"
_SEND, _MANAGE, _HISTORY, _MANAGE_THREADS = 1 << 11, 1 << 13, 1 << 16, 1 << 34
_LINK = re.compile(r"\[(?P<text>[^\]\n]+)\]\(<?(?P<named>https?://[^\s<>)]+)>?\)|(?P<bare>https?://[^\s<>]*[^\s<>.,;:!?'\")])")


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as Discord tells it, and its files."""

    shown: dict[str, Any]
    files: tuple[SeenPicture, ...] = field(default=())


class Guild(Fake):
    """`mention_violations` keeps every message that came without `allowed_mentions: {"parse": []}`; each was refused.

    `kind` is the channel's type, `rights` what everybody (and so the bot) may do there, as Discord's bits.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.bot_token = "fake-bot"  # noqa: S105
        self.kind = TEXT
        self.rights = EVERYTHING_NEEDED
        self.mention_violations: list[Any] = []
        self.passed_on: list[str] = []
        """Messages that were passed on to an announcement channel's followers."""
        self._messages: dict[str, StoredMessage] = {}
        self._threads: dict[str, dict[str, Any]] = {}
        self._nonces: dict[str, tuple[datetime, str]] = {}
        self._last_id = 0

    def bot_account(self) -> dict[str, str]:
        """Settings of an account in which the bot itself posts."""
        return {"network": "discord", "server": f"{self.url}/api", "bot_token": self.bot_token, "channel": CHANNEL}

    def open_thread(self, name: str = "Fog") -> str:
        """Somebody opens a thread in the channel; its id."""
        with self._lock:
            return str(self._open(name, STRANGER, self._next_id())["id"])

    def archive(self) -> None:
        """Nothing was said in the channel's threads for a day; what is archived is not listed as active any more."""
        with self._lock:
            for thread in self._threads.values():
                told = {"archived": True, "archive_timestamp": self.clock().isoformat()}
                thread["thread_metadata"] = thread["thread_metadata"] | told

    def react(self, message_id: str, count: int) -> None:
        """So many people react to a message, all alike."""
        with self._lock:
            details = {"count_details": {"burst": 0, "normal": count}, "burst_colors": [], "me_burst": False, "me": False}
            reactions = [{"emoji": {"id": None, "name": "🌫️"}, "count": count, **details}] if count else []
            message = self._messages[message_id]
            self._store(replace(message, shown=message.shown | {"reactions": reactions}))

    def overhear(self, text: str) -> None:
        """Somebody in the channel says the same."""
        with self._lock:
            self._store(StoredMessage(self._compose({"content": text}, (), CHANNEL, _person(STRANGER, "Passer-by", bot=False))))

    def bot_routes(self) -> list[Route]:
        """What the bot may call."""
        messages = rf"{BASE}/channels/(\d+)/messages"
        return [
            Route("GET", rf"{BASE}/users/@me", self._me),
            Route("GET", rf"{BASE}/channels/(\d+)", self._channel),
            Route("PATCH", rf"{BASE}/channels/(\d+)", self._rename),
            Route("GET", rf"{BASE}/guilds/{GUILD}/roles", self._roles),
            Route("GET", rf"{BASE}/guilds/{GUILD}/members/{BOT}", self._member),
            Route("GET", rf"{BASE}/guilds/{GUILD}/threads/active", self._active),
            Route("GET", rf"{BASE}/channels/(\d+)/threads/archived/public", self._archived),
            Route("POST", rf"{BASE}/channels/(\d+)/threads", self._start_thread, irreversible=True),
            Route("POST", messages, self._create, irreversible=True),
            Route("GET", messages, self._list),
            Route("GET", rf"{messages}/(\d+)", self._read),
            Route("PATCH", rf"{messages}/(\d+)", self._change),
            Route("DELETE", rf"{messages}/(\d+)", self._remove),
            Route("POST", rf"{messages}/(\d+)/crosspost", self._crosspost),
        ]

    # The bot

    def _greet(self, request: Request, channel: str | None = None) -> None:
        if request.headers.get("Authorization") != f"Bot {self.bot_token}":
            raise Refusal(error(401, 0, "401: Unauthorized"))
        if channel is not None and channel != CHANNEL and channel not in self._threads:
            raise Refusal(error(404, 10003, "Unknown Channel"))

    def _me(self, request: Request) -> Answer:
        self._greet(request)
        return Answer(body={**_person(BOT, "fogbot"), "mfa_enabled": False, "locale": "en-US"})

    def _channel(self, request: Request, channel: str) -> Answer:
        self._greet(request, channel)
        last = next((one.shown["id"] for one in reversed(self._messages.values()) if one.shown["channel_id"] == channel), None)
        if channel in self._threads:
            return Answer(body=self._threads[channel] | {"last_message_id": last})
        told = {
            "id": CHANNEL,
            "last_message_id": last,
            "type": self.kind,
            "flags": 0,
            "guild_id": GUILD,
            "name": "fog",
            "position": 0,
        }
        return Answer(body={**told, "permission_overwrites": []})

    def _rename(self, request: Request, channel: str) -> Answer:
        self._greet(request, channel)
        if channel not in self._threads:
            raise Refusal(error(400, 50024, "Cannot execute action on this channel type"))
        self._may(_MANAGE_THREADS)
        try:
            given = request.json_object()
        except ValueError as wrong:
            raise Refusal(invalid("body", str(wrong))) from None
        discord_message.check(given, {"name": 100})
        self._threads[channel] |= given
        if channel in self._messages:
            self._store(self._messages[channel])
        return Answer(body=self._threads[channel])

    def _roles(self, request: Request) -> Answer:
        self._greet(request)
        looks = {"color": 0, "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}, "icon": None}
        looks |= {"hoist": False, "managed": False, "mentionable": False, "unicode_emoji": None, "flags": 0}
        return Answer(body=[{"id": GUILD, "name": "@everyone", "permissions": str(self.rights), "position": 0, **looks}])

    def _member(self, request: Request) -> Answer:
        self._greet(request)
        told = dict.fromkeys(("avatar", "banner", "communication_disabled_until", "nick", "premium_since"))
        told |= {
            "flags": 0,
            "joined_at": "2026-01-01T00:00:00+00:00",
            "pending": False,
            "roles": [],
            "mute": False,
            "deaf": False,
        }
        return Answer(body={**told, "user": _person(BOT, "fogbot")})

    def _active(self, request: Request) -> Answer:
        self._greet(request)
        active = [one for one in self._threads.values() if not one["thread_metadata"]["archived"]]
        return Answer(body={"threads": active, "members": [], "has_more": False})

    def _archived(self, request: Request, channel: str) -> Answer:
        """The latest archived first (resources/channel.mdx: List Public Archived Threads)."""
        self._greet(request, channel)
        self._may(_HISTORY)
        if set(request.query) - {"before", "limit"} or not 2 <= int(request.query.get("limit", "50")) <= 100:
            raise Refusal(invalid("query", "takes before and a limit between 2 and 100"))
        before, limit = request.query.get("before"), int(request.query.get("limit", "50"))
        archived = [one for one in self._threads.values() if one["thread_metadata"]["archived"]]
        archived.sort(key=lambda one: str(one["thread_metadata"]["archive_timestamp"]), reverse=True)
        older = [one for one in archived if before is None or one["thread_metadata"]["archive_timestamp"] < before]
        return Answer(body={"threads": older[:limit], "members": [], "has_more": len(older) > limit})

    def _create(self, request: Request, channel: str) -> Answer:
        self._greet(request, channel)
        self._may(_SEND)
        if channel == CHANNEL and self.kind == FORUM:
            raise Refusal(error(400, 50008, "Cannot send messages in a non-text channel"))
        given, files = discord_message.read(request)
        self._check(given, discord_message.BOTS)
        nonce, now = given.get("nonce"), self.clock()
        if given.get("enforce_nonce"):
            if not nonce:
                raise Refusal(invalid("nonce", "enforce_nonce asks for a nonce"))
            known_at, known = self._nonces.get(nonce, (now - 2 * NONCE_LASTS, ""))
            if now - known_at < NONCE_LASTS and known in self._messages:
                return Answer(body=self._messages[known].shown)
        message = self._made(
            given, discord_message.pictures(given.get("attachments", []), files), channel, _person(BOT, "fogbot")
        )
        if nonce:
            self._nonces[nonce] = (now, message.shown["id"])
        return Answer(body=message.shown | ({"nonce": nonce} if nonce else {}))

    def _start_thread(self, request: Request, channel: str) -> Answer:
        self._greet(request, channel)
        self._may(_SEND)
        if self.kind != FORUM or channel != CHANNEL:
            raise Refusal(error(400, 50024, "Cannot execute action on this channel type"))
        outer, files = discord_message.read(request)
        discord_message.check(outer, discord_message.OPENING)
        given = outer.get("message")
        if not outer.get("name", "").strip() or not isinstance(given, dict):
            raise Refusal(invalid("name", "This field is required"))
        self._check(given, discord_message.EDIT)
        pictures = discord_message.pictures(given.get("attachments", []), files)
        message, thread = self._opened(given, pictures, outer["name"], _person(BOT, "fogbot"))
        return Answer(201, thread | {"message": message.shown})

    def _list(self, request: Request, channel: str) -> Answer:
        self._greet(request, channel)
        query = {"limit": "50", **request.query}
        if set(query) - {"limit", "after", "before"} or not all(value.isdecimal() for value in query.values()):
            raise Refusal(invalid("query", "takes limit, after and before, all numbers"))
        if not 1 <= int(query["limit"]) <= 100:
            raise Refusal(invalid("limit", "lies between 1 and 100"))
        after, before = int(query.get("after", "0")), int(query.get("before", "0")) or self._last_id + 1
        there = reversed(self._messages.values()) if self.rights & _HISTORY else ()  # without that right none, and no error
        newest_first = [one.shown for one in there if one.shown["channel_id"] == channel]
        shown = [message for message in newest_first if after < int(message["id"]) < before]
        # Asked for what comes after an id, Discord gives the messages next to it, still newest first.
        return Answer(body=shown[-int(query["limit"]) :] if "after" in query else shown[: int(query["limit"])])

    def _read(self, request: Request, channel: str, message_id: str) -> Answer:
        self._greet(request, channel)
        self._may(_HISTORY)
        return Answer(body=self._existing(message_id, channel).shown)

    def _change(self, request: Request, channel: str, message_id: str) -> Answer:
        self._greet(request, channel)
        message = self._existing(message_id, channel)
        if message.shown["author"]["id"] != BOT:
            raise Refusal(error(403, 50005, "Cannot edit a message authored by another user"))
        return self._edited(request, message)

    def _remove(self, request: Request, channel: str, message_id: str) -> Answer:
        self._greet(request, channel)
        if self._existing(message_id, channel).shown["author"]["id"] != BOT:
            self._may(_MANAGE)
        del self._messages[message_id], self._public[message_id]
        return Answer(204)

    def _crosspost(self, request: Request, channel: str, message_id: str) -> Answer:
        self._greet(request, channel)
        message = self._existing(message_id, channel)
        if self.kind != ANNOUNCEMENT:
            raise Refusal(error(400, 50024, "Cannot execute action on this channel type"))
        if message_id in self.passed_on:
            raise Refusal(error(400, 40033, "This message has already been crossposted"))
        self.passed_on.append(message_id)
        return Answer(body=message.shown)

    def _may(self, right: int) -> None:
        if not self.rights & right:
            raise Refusal(error(403, 50013, "Missing Permissions"))

    # Messages

    def _check(self, given: Mapping[str, Any], shape: Mapping[str, Any]) -> None:
        if given.get("allowed_mentions") != NO_MENTIONS:
            self.mention_violations.append(given)
            raise Refusal(invalid("allowed_mentions", f"must be {NO_MENTIONS}"))
        discord_message.check(given, shape)

    def _made(
        self, given: Mapping[str, Any], pictures: tuple[SeenPicture, ...], channel: str, author: Mapping[str, Any]
    ) -> StoredMessage:
        """A new message. Raises Refusal for an empty one."""
        self._refuse_empty(given, pictures)
        message = StoredMessage(self._compose(given, pictures, channel, author), pictures)
        self._store(message)
        return message

    def _opened(
        self, given: Mapping[str, Any], pictures: tuple[SeenPicture, ...], name: str, author: Mapping[str, Any]
    ) -> tuple[StoredMessage, dict[str, Any]]:
        """A new thread of a forum with its first message, which has the thread's id."""
        self._refuse_empty(given, pictures)
        message_id = self._next_id()
        thread = self._open(name, author["id"], message_id)
        message = StoredMessage(self._compose(given, pictures, message_id, author) | {"id": message_id}, pictures)
        self._store(message)
        return message, thread

    def _refuse_empty(self, given: Mapping[str, Any], pictures: tuple[SeenPicture, ...]) -> None:
        if not given.get("content", "").strip() and not pictures and not given.get("embeds"):
            raise Refusal(error(400, 50006, "Cannot send an empty message"))

    def _open(self, name: str, owner: str, thread_id: str) -> dict[str, Any]:
        about = {"archived": False, "archive_timestamp": None, "auto_archive_duration": 1440, "locked": False}
        told = {"id": thread_id, "type": PUBLIC_THREAD, "flags": 0, "guild_id": GUILD, "parent_id": CHANNEL, "name": name}
        told |= {"owner_id": owner, "thread_metadata": about, "message_count": 0, "member_count": 1, "total_message_sent": 0}
        self._threads[thread_id] = told
        return told

    def _compose(
        self, given: Mapping[str, Any], pictures: Iterable[SeenPicture], channel: str, author: Mapping[str, Any]
    ) -> dict[str, Any]:
        attachments = given.get("attachments", [])
        message_id = self._next_id()
        return {
            "id": message_id,
            "type": 0,
            "channel_id": channel,
            "author": dict(author),
            "content": given.get("content", "").strip(),
            "attachments": [self._attachment(channel, *pair) for pair in zip(attachments, pictures, strict=True)],
            "embeds": [{"type": "rich", **embed} for embed in given.get("embeds", [])],
            "timestamp": self.clock().isoformat(),
            "edited_timestamp": None,
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "components": [],
            "flags": given.get("flags", 0),
            "pinned": False,
            "tts": given.get("tts", False),
        }

    def _attachment(self, channel: str, given: Mapping[str, Any], picture: SeenPicture) -> dict[str, Any]:
        file_id, name = self._next_id(), given["filename"]
        url = f"{self.url}/attachments/{channel}/{file_id}/{name}"
        shown = {"id": file_id, "filename": name, "size": len(picture.content), "url": url, "proxy_url": url}
        shown |= {"width": picture.width, "height": picture.height, "content_type": picture.mime}
        return shown | ({"description": picture.alt} if picture.alt else {})

    def _edited(self, request: Request, message: StoredMessage) -> Answer:
        given, files = discord_message.read(request)
        self._check(given, discord_message.EDIT)
        thread = self._threads.get(message.shown["channel_id"])
        if thread and thread["thread_metadata"]["archived"]:
            raise Refusal(error(400, 50083, "Thread is archived"))
        if files:
            raise Refusal(invalid("files", "this server adds no files to a message"))
        changed: dict[str, Any] = {key: given[key] for key in ("content", "embeds") if key in given}
        named = {str(one.get("id")): one for one in given.get("attachments", ())}
        pairs = []
        for shown, picture in zip(message.shown["attachments"], message.files, strict=True):
            if "attachments" not in given or shown["id"] in named:
                alt = named.get(shown["id"], {}).get("description", picture.alt)
                pairs.append((shown | {"description": alt}, replace(picture, alt=alt)))
        changed |= {"attachments": [shown for shown, _ in pairs], "edited_timestamp": self.clock().isoformat()}
        self._store(replace(message, shown=message.shown | changed, files=tuple(picture for _, picture in pairs)))
        return Answer(body=self._messages[message.shown["id"]].shown)

    def _store(self, message: StoredMessage) -> None:
        shown, message_id = message.shown, message.shown["id"]
        self._messages[message_id] = message
        embed = next(iter(shown["embeds"]), None)
        thread = self._threads.get(shown["channel_id"], {})
        place = "" if shown["channel_id"] == CHANNEL else f"{shown['channel_id']}/"
        self._public[message_id] = Seen(
            id=f"{place}{message_id}",
            url=f"https://discord.com/channels/{GUILD}/{shown['channel_id']}/{message_id}",
            text=shown["content"],
            at=datetime.fromisoformat(shown["timestamp"]),
            links=tuple(
                (found["text"] or found["bare"], found["named"] or found["bare"]) for found in _LINK.finditer(shown["content"])
            ),
            pictures=message.files,
            card=embed and {key: embed.get(key) for key in ("title", "description", "url")} | {"thumb": None},
            raw=shown,
            title=thread.get("name") if thread.get("id") == message_id else None,
        )

    def _existing(self, message_id: str, channel: str) -> StoredMessage:
        found = self._messages.get(message_id)
        if found is None or found.shown["channel_id"] != channel:
            raise Refusal(error(404, 10008, "Unknown Message"))
        return found

    def _next_id(self) -> str:
        milliseconds = int(self.clock().timestamp() * 1000) - EPOCH_MS
        self._last_id = max(self._last_id + 1, milliseconds << 22)
        return str(self._last_id)


def _person(user_id: str, name: str, *, bot: bool = True) -> dict[str, Any]:
    told = {"id": user_id, "username": name, "bot": bot, "discriminator": "0000", "avatar": None, "global_name": None}
    return told | {"public_flags": 0, "flags": 0, "primary_guild": None}
