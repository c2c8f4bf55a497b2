"""One Discord channel with one webhook, and a bot that can read it and post there.

Facts: reference page on Discord, sections 5.1 to 5.6.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from socialbot.testing.fakes import discord_message
from socialbot.testing.fakes.discord_guild import BASE, CHANNEL, FORUM, GUILD, Guild, StoredMessage
from socialbot.testing.fakes.discord_message import error, invalid
from socialbot.testing.fakes.server import Answer, Fault, Refusal, Request, Route

WEBHOOK = "1304412345678901234"


class DiscordFake(Guild):
    """The server of `discord_guild`, whose channel has a webhook."""

    network: ClassVar[str] = "discord"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._credential: str | None = "fake-webhook-credential"

    def account(self) -> dict[str, str]:
        """Settings of the one account: the webhook's address as Discord shows it for copying."""
        return {"network": self.network, "webhook": f"{self.url}/api/webhooks/{WEBHOOK}/{self._credential}"}

    def delete_webhook(self) -> None:
        """Somebody removes the webhook in the channel's settings: from now on it is unknown (10015)."""
        with self._lock:
            self._credential = None

    def routes(self) -> Sequence[Route]:
        """The webhook's endpoints, with and without the version in the path, and the bot's."""
        hook = rf"{BASE}/webhooks/(\d+)/([\w-]+)"
        return (
            Route("POST", hook, self._execute, irreversible=True),
            Route("GET", hook, self._webhook),
            Route("GET", rf"{hook}/messages/(\d+)", self._message),
            Route("PATCH", rf"{hook}/messages/(\d+)", self._edit),
            Route("DELETE", rf"{hook}/messages/(\d+)", self._delete),
            *self.bot_routes(),
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
        if any(word in given.get("username", "").lower() for word in ("discord", "clyde")):
            raise Refusal(invalid("username", "this name is reserved"))
        pictures = discord_message.pictures(given.get("attachments", []), files)
        author = {"id": WEBHOOK, "username": given.get("username", "Blog"), "bot": True, "discriminator": "0000"}
        author |= {"avatar": None, "global_name": None, "public_flags": 0, "flags": 0, "primary_guild": None}
        channel = self._room(given, request.query.get("thread_id"))
        if channel is None:
            message, _ = self._opened(given, pictures, given["thread_name"], author)
        else:
            message = self._made(given, pictures, channel, author)
        message.shown["webhook_id"] = WEBHOOK
        return Answer(body=message.shown) if request.query.get("wait") == "true" else Answer(204)

    def _room(self, given: Mapping[str, Any], thread: str | None) -> str | None:
        """The channel or thread that a webhook's message goes to; None when it opens a thread. Raises Refusal."""
        named = bool(given.get("thread_name", "").strip())
        if thread is not None and thread not in self._threads:
            raise Refusal(error(404, 10003, "Unknown Channel"))
        if self.kind != FORUM:
            if named or given.get("applied_tags"):
                raise Refusal(error(400, 220003, "Webhooks can only create threads in forum channels"))
            return thread or CHANNEL
        if named and thread:
            raise Refusal(error(400, 220002, "Webhooks cannot be posted with both a thread_name and a thread_id"))
        if not named and not thread:
            raise Refusal(error(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id"))
        return thread

    def _mine(self, request: Request, message_id: str) -> StoredMessage:
        found = self._existing(message_id, request.query.get("thread_id", CHANNEL))
        if found.shown.get("webhook_id") != WEBHOOK:
            raise Refusal(error(404, 10008, "Unknown Message"))
        return found

    def _message(self, request: Request, webhook: str, credential: str, message_id: str) -> Answer:
        self._authorise(webhook, credential)
        return Answer(body=self._mine(request, message_id).shown)

    def _edit(self, request: Request, webhook: str, credential: str, message_id: str) -> Answer:
        self._authorise(webhook, credential)
        return self._edited(request, self._mine(request, message_id))

    def _delete(self, request: Request, webhook: str, credential: str, message_id: str) -> Answer:
        self._authorise(webhook, credential)
        self._mine(request, message_id)
        del self._messages[message_id], self._public[message_id]
        return Answer(204)
