"""One Discord channel with one webhook, and a bot that can read it.

Facts: reference page on Discord, sections 5.1 to 5.6.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from socialbot.testing.fakes import discord_message
from socialbot.testing.fakes.discord_message import error, invalid
from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture

WEBHOOK, CHANNEL, GUILD = "1304412345678901234", "1304400000000000001", "1304399999999999999"
EPOCH_MS = 1_420_070_400_000
NO_MENTIONS: dict[str, list[str]] = {"parse": []}
_LINK = re.compile(r"\[(?P<text>[^\]\n]+)\]\(<?(?P<named>https?://[^\s<>)]+)>?\)|(?P<bare>https?://[^\s<>]*[^\s<>.,;:!?'\")])")
_BASE = r"/api(?:/v10)?"


@dataclass(frozen=True, slots=True)
class _Message:
    shown: dict[str, Any]
    files: tuple[SeenPicture, ...] = field(default=())


class DiscordFake(Fake):
    """`mention_violations` keeps every message that came without `allowed_mentions: {"parse": []}`; each was refused."""

    network: ClassVar[str] = "discord"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.bot_token = "fake-bot"  # noqa: S105
        self.mention_violations: list[Any] = []
        self._credential: str | None = "fake-webhook-credential"
        self._messages: dict[str, _Message] = {}
        self._last_id = 0

    def account(self) -> dict[str, str]:
        """Settings of the one account: the webhook's address as Discord shows it for copying."""
        return {"network": self.network, "webhook": f"{self.url}/api/webhooks/{WEBHOOK}/{self._credential}"}

    def delete_webhook(self) -> None:
        """Somebody removes the webhook in the channel's settings: from now on it is unknown (10015)."""
        with self._lock:
            self._credential = None

    def routes(self) -> Sequence[Route]:
        """The webhook's endpoints, with and without the version in the path, and the bot's view of the channel."""
        hook = rf"{_BASE}/webhooks/(\d+)/([\w-]+)"
        return (
            Route("POST", hook, self._execute, irreversible=True),
            Route("GET", hook, self._webhook),
            Route("GET", rf"{hook}/messages/(\d+)", self._message),
            Route("PATCH", rf"{hook}/messages/(\d+)", self._edit),
            Route("DELETE", rf"{hook}/messages/(\d+)", self._delete),
            Route("GET", rf"{_BASE}/channels/(\d+)/messages", self._channel),
        )

    def unknown(self, request: Request) -> Answer:
        """A path that is no endpoint."""
        return error(404, 0, "404: Not Found")

    def bad_day(self, fault: Fault) -> Answer:
        """Seconds to wait stand in Retry-After, whole, and in the body, exact."""
        if fault == "rate_limited":
            wait_s = self.faults.retry_after_s
            headers = {
                "Retry-After": str(math.ceil(wait_s)),
                "X-RateLimit-Limit": "5",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": f"{self.clock().timestamp() + wait_s:.3f}",
                "X-RateLimit-Reset-After": f"{wait_s:.3f}",
                "X-RateLimit-Bucket": "abcd1234",
                "X-RateLimit-Scope": "user",
            }
            body = {"message": "You are being rate limited.", "retry_after": float(wait_s), "global": False}
            return Answer(429, body, headers)
        if fault == "expired_token":
            return error(401, 50027, "Invalid Webhook Token")
        if fault == "unavailable":
            return error(503, 0, "503: Service Unavailable")
        return error(500, 0, "500: Internal Server Error")

    def _authorise(self, webhook: str, credential: str) -> None:
        if webhook != WEBHOOK or self._credential is None:
            raise Refusal(error(404, 10015, "Unknown Webhook"))
        if credential != self._credential:
            raise Refusal(error(401, 50027, "Invalid Webhook Token"))

    def _webhook(self, request: Request, webhook: str, credential: str) -> Answer:
        self._authorise(webhook, credential)
        names = {"id": WEBHOOK, "type": 1, "name": "Blog", "channel_id": CHANNEL, "guild_id": GUILD}
        return Answer(body={**names, "avatar": None, "application_id": None, "token": credential})

    def _execute(self, request: Request, webhook: str, credential: str) -> Answer:
        self._authorise(webhook, credential)
        if unknown := set(request.query) - {"wait", "thread_id", "with_components"}:
            raise Refusal(invalid("query", f"unknown parameter: {', '.join(sorted(unknown))}"))
        given, files = discord_message.read(request)
        self._check(given, discord_message.MESSAGE)
        pictures = discord_message.pictures(given.get("attachments", []), files)
        if not given.get("content", "").strip() and not pictures and not given.get("embeds"):
            raise Refusal(error(400, 50006, "Cannot send an empty message"))
        message = _Message(self._compose(given, pictures), pictures)
        self._store(message)
        return Answer(body=message.shown) if request.query.get("wait") == "true" else Answer(204)

    def _check(self, given: Mapping[str, Any], shape: Mapping[str, Any]) -> None:
        if given.get("allowed_mentions") != NO_MENTIONS:
            self.mention_violations.append(given)
            raise Refusal(invalid("allowed_mentions", f"must be {NO_MENTIONS}"))
        discord_message.check(given, shape)
        if any(word in given.get("username", "").lower() for word in ("discord", "clyde")):
            raise Refusal(invalid("username", "this name is reserved"))

    def _compose(self, given: Mapping[str, Any], pictures: Iterable[SeenPicture]) -> dict[str, Any]:
        message_id = self._next_id()
        author = {"id": WEBHOOK, "username": given.get("username", "Blog"), "bot": True, "discriminator": "0000"}
        author |= {"avatar": None, "global_name": None, "public_flags": 0, "flags": 0, "primary_guild": None}
        attachments = given.get("attachments", [])
        return {
            "id": message_id,
            "type": 0,
            "channel_id": CHANNEL,
            "webhook_id": WEBHOOK,
            "author": author,
            "content": given.get("content", "").strip(),
            "attachments": [self._attachment(*pair) for pair in zip(attachments, pictures, strict=True)],
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

    def _attachment(self, given: Mapping[str, Any], picture: SeenPicture) -> dict[str, Any]:
        file_id, name = self._next_id(), given["filename"]
        url = f"{self.url}/attachments/{CHANNEL}/{file_id}/{name}"
        shown = {"id": file_id, "filename": name, "size": len(picture.content), "url": url, "proxy_url": url}
        shown |= {"width": picture.width, "height": picture.height, "content_type": picture.mime}
        return shown | ({"description": picture.alt} if picture.alt else {})

    def _store(self, message: _Message) -> None:
        shown, message_id = message.shown, message.shown["id"]
        self._messages[message_id] = message
        embed = next(iter(shown["embeds"]), None)
        self._public[message_id] = Seen(
            id=message_id,
            url=f"https://discord.com/channels/{GUILD}/{CHANNEL}/{message_id}",
            text=shown["content"],
            at=datetime.fromisoformat(shown["timestamp"]),
            links=tuple(
                (found["text"] or found["bare"], found["named"] or found["bare"]) for found in _LINK.finditer(shown["content"])
            ),
            pictures=message.files,
            card=embed and {key: embed.get(key) for key in ("title", "description", "url")} | {"thumb": None},
            raw=shown,
        )

    def _message(self, request: Request, webhook: str, credential: str, message_id: str) -> Answer:
        self._authorise(webhook, credential)
        return Answer(body=self._existing(message_id).shown)

    def _edit(self, request: Request, webhook: str, credential: str, message_id: str) -> Answer:
        self._authorise(webhook, credential)
        message = self._existing(message_id)
        given, files = discord_message.read(request)
        self._check(given, discord_message.EDIT)
        if files:
            raise Refusal(invalid("files", "this server adds no files to a message"))
        changed: dict[str, Any] = {key: given[key] for key in ("content", "embeds") if key in given}
        kept = {str(attachment.get("id")) for attachment in given["attachments"]} if "attachments" in given else None
        pairs = list(zip(message.shown["attachments"], message.files, strict=True))
        pairs = [pair for pair in pairs if kept is None or pair[0]["id"] in kept]
        changed |= {"attachments": [shown for shown, _ in pairs], "edited_timestamp": self.clock().isoformat()}
        self._store(replace(message, shown=message.shown | changed, files=tuple(picture for _, picture in pairs)))
        return Answer(body=self._existing(message_id).shown)

    def _delete(self, request: Request, webhook: str, credential: str, message_id: str) -> Answer:
        self._authorise(webhook, credential)
        self._existing(message_id)
        del self._messages[message_id], self._public[message_id]
        return Answer(204)

    def _existing(self, message_id: str) -> _Message:
        if message_id not in self._messages:
            raise Refusal(error(404, 10008, "Unknown Message"))
        return self._messages[message_id]

    def _channel(self, request: Request, channel: str) -> Answer:
        if request.headers.get("Authorization") != f"Bot {self.bot_token}":
            raise Refusal(error(401, 0, "401: Unauthorized"))
        if channel != CHANNEL:
            raise Refusal(error(404, 10003, "Unknown Channel"))
        query = {"limit": "50", **request.query}
        if set(query) - {"limit", "after", "before"} or not all(value.isdecimal() for value in query.values()):
            raise Refusal(invalid("query", "takes limit, after and before, all numbers"))
        if not 1 <= int(query["limit"]) <= 100:
            raise Refusal(invalid("limit", "lies between 1 and 100"))
        after, before = int(query.get("after", "0")), int(query.get("before", "0")) or self._last_id + 1
        newest_first = [message.shown for message in reversed(self._messages.values())]
        shown = [message for message in newest_first if after < int(message["id"]) < before]
        # Asked for what comes after an id, Discord gives the messages next to it, still newest first.
        return Answer(body=shown[-int(query["limit"]) :] if "after" in query else shown[: int(query["limit"])])

    def _next_id(self) -> str:
        milliseconds = int(self.clock().timestamp() * 1000) - EPOCH_MS
        self._last_id = max(self._last_id + 1, milliseconds << 22)
        return str(self._last_id)
