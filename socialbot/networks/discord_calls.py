"""The calls to Discord: by a webhook, whose address is its password, or as a bot; and what their answers mean."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx
from pydantic import Field, SecretStr, ValidationInfo, field_validator

from socialbot import __version__
from socialbot.networks.calling import Answer, Line, Token
from socialbot.networks.protocol import Blocked, NeedsLogin, NetworkError, Refused, Vault
from socialbot.settings import AccountSettings, BaseUrl

UNKNOWN_MESSAGE, ALREADY_ANNOUNCED, _ARCHIVED = 10008, 40033, 50083
SMALLER = "Use fewer or smaller pictures and enqueue the post again."
_GONE = (10003, 10004, 10015, 50001, 50013)
"""Unknown channel, unknown server, unknown webhook, missing access, missing permissions."""
_BUSY = (20016, 20028, 20029, 40062)
_NEEDS_THREAD = (220001, 220002, 220003, 220004)
_WEBHOOK = re.compile(r"(https?://[^\s/?#@]+/api)(/v\d+)?/webhooks/(\d+)/([\w-]+)")
_VERSION = "/v10"
"""A URL copied from Discord names no version and would get one that is out of use."""
_NEW_WEBHOOK = "Make a webhook in the channel's settings, Integrations, and set its URL for the account."
_LET_IN = "Let the bot see the channel and send messages there, and set the channel's id for the account."
_NEW_TOKEN = "Reset the token in the developer portal, under Bot, and set it as the account's bot_token."  # noqa: S105
_AGENT = {"User-Agent": f"DiscordBot (socialbot, {__version__})"}
"""Unconfirmed: that bots which do not name themselves so may be turned away (developers/reference.mdx: User Agent)."""


class DiscordAccount(AccountSettings):
    """An account with `network = "discord"`: a webhook, or a bot with its token and a channel."""

    webhook: SecretStr = Field(
        SecretStr(""), description="The webhook's URL: channel settings, Integrations, Webhooks, Copy URL."
    )
    bot_token: Token = Field(
        SecretStr(""),
        description="Token of a bot that may read the channel's history: with it a post in doubt can be looked for.",
    )
    channel: str = Field("", description="Id of the channel in which the bot posts, where there is no webhook.")
    in_thread: str = Field("", description="Id of a thread of that channel, or of the webhook's, in which all posts go.")
    forum: bool = Field(False, description="The channel is a forum: each post opens a thread with its title.")
    forum_tags: list[str] = Field([], max_length=5, description="Ids of the forum's tags that each post gets.")
    preview: bool = Field(True, description="Discord shows a preview of the link.")
    silent: bool = Field(False, description="Post without a notification on the readers' phones.")
    announce: bool = Field(False, description="In an announcement channel: the bot passes each post on to its followers.")
    server: BaseUrl = Field("https://discord.com/api", description="Where a bot without a webhook calls Discord.")

    @field_validator("webhook")
    @classmethod
    def _shape(cls, webhook: SecretStr) -> SecretStr:
        url = webhook.get_secret_value().strip().rstrip("/")
        if url and not _WEBHOOK.fullmatch(url):
            raise ValueError("the URL as Discord shows it: https://discord.com/api/webhooks/ID/TOKEN")
        return SecretStr(url)

    @field_validator("channel", "in_thread", mode="before")
    @classmethod
    def _id(cls, told: object, info: ValidationInfo) -> str:
        said, webhook = str(told).strip(), info.data.get("webhook")
        if not re.fullmatch(r"\d{0,20}", said, re.ASCII):
            raise ValueError("an id of digits, as Developer Mode lets it be copied")
        if said and info.field_name == "channel" and webhook and webhook.get_secret_value():
            raise ValueError("either the webhook posts or the bot does: leave out the channel, or the webhook")
        return said


class Calls:
    """One account's calls. As a bot where a channel is set, else by the webhook."""

    def __init__(
        self,
        account: DiscordAccount,
        client: httpx.AsyncClient,
        vault: Vault,
        clock: Callable[[], datetime],
        spent: Callable[[datetime], None],
    ) -> None:
        self.account, self.vault = account, vault
        self.line = Line("Discord", client, account.timeout_s, clock, self._secrets, spent)
        self.as_bot = bool(account.channel)

    # Addresses

    def webhook(self) -> str:
        """The webhook's address in the API. Raises NeedsLogin when none is set."""
        parts = self._parts()
        return f"{parts['api']}/webhooks/{parts['id']}/{parts['token']}"

    def api(self, path: str) -> str:
        """An address in the API that a bot calls."""
        base = self.account.server + _VERSION if self.as_bot else self._parts()["api"]
        return f"{base}{path}"

    def message(self, message_id: str, channel: str | None, place: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """A message's address, and the query that goes with it, for whoever posted it."""
        channel = channel or place["channel_id"]
        if self.as_bot:
            return self.api(f"/channels/{channel}/messages/{message_id}"), {}
        query = {"thread_id": channel} if channel != place["channel_id"] else {}
        return f"{self.webhook()}/messages/{message_id}", query

    # Calls

    def headers(self) -> dict[str, str]:
        """Who calls: nobody, where the webhook's address says it. Raises NeedsLogin when a bot has no token."""
        return self._bot() if self.as_bot else {}

    async def ask(self, method: str, url: str, **request: Any) -> Answer:
        """A call by whoever posts."""
        return await self.line.ask(method, url, headers=self.headers(), **request)

    async def ask_as_bot(self, method: str, path: str, **request: Any) -> Answer:
        """A call that only a bot may make."""
        return await self.line.ask(method, self.api(path), headers=self._bot(), **request)

    async def place(self) -> dict[str, str]:
        """Where posts go and who posts: `channel_id`, `guild_id`, `author`. Asked for once."""
        known = self.vault.read()
        if known and known.get("for") == self._whose() and "author" in known:
            return known
        if not self.as_bot:
            return self.keep_place(await self.line.ask("GET", self.webhook()), self._parts()["id"])
        me = await self.good("/users/@me")
        return self.keep_place(await self.good(f"/channels/{self.target()}"), me.text("id"))

    def keep_place(self, answer: Answer, author: str) -> dict[str, str]:
        """Store what a webhook or a channel says of itself. Raises NetworkError when it says nothing."""
        channel = self.target() or answer.text("channel_id")
        if answer.status != 200 or not channel:
            raise self.trouble(answer)
        place = {"for": self._whose(), "author": author, "channel_id": channel, "guild_id": answer.text("guild_id")}
        self.vault.write(place)
        return place

    def target(self) -> str:
        """The channel or thread in which a bot posts; "" where a webhook does."""
        return self.account.channel and (self.account.in_thread or self.account.channel)

    async def good(self, path: str) -> Answer:
        """What a bot asked for. Raises NetworkError when it is not given."""
        answer = await self.ask_as_bot("GET", path)
        if answer.status != 200 or not isinstance(answer.body, (dict, list)):
            raise self.trouble(answer)
        return answer

    def has_bot(self) -> bool:
        """Is there a bot's token?"""
        return bool(self._token())

    def _bot(self) -> dict[str, str]:
        if not self._token():
            raise NeedsLogin("Discord: no bot_token is set for the account.", _NEW_TOKEN)
        return {"Authorization": f"Bot {self._token()}", **_AGENT}

    def _whose(self) -> str:
        return f"bot {self.target()}" if self.as_bot else self._parts()["id"]

    def _parts(self) -> dict[str, str]:
        """The API's base URL, and the webhook's id and token. Raises NeedsLogin when no webhook is set."""
        found = _WEBHOOK.fullmatch(self.account.webhook.get_secret_value())
        if not found:
            raise NeedsLogin("Discord: no webhook is set for the account, and no channel for a bot.", _NEW_WEBHOOK)
        return {"api": found[1] + (found[2] or _VERSION), "id": found[3], "token": found[4]}

    def _token(self) -> str:
        return self.account.bot_token.get_secret_value()

    def _secrets(self) -> Iterator[str]:
        url = self.account.webhook.get_secret_value()
        yield from (url, url.rsplit("/", 1)[-1], self._token())

    # Answers

    def barred(self, answer: Answer) -> str:
        """That the bot cannot look."""
        said = self.line.quote(answer.text("message")) or answer.status
        return f"Discord: the bot cannot read the channel ({said}); it needs View Channel and Read Message History."

    def gone(self, answer: Answer) -> NetworkError:
        """What an answer means for a message that is to be changed."""
        if answer.get("code") == UNKNOWN_MESSAGE:
            return Refused("Discord: the message is not there any more.", "Nothing is left to change.")
        return self.trouble(answer)

    def trouble(self, answer: Answer) -> NetworkError:
        """The error table: discord-api-docs developers/topics/opcodes-and-status-codes.mdx, 2026-11-20."""
        code, details = answer.get("code"), answer.get("errors")
        said = self.line.quote(f"{answer.text('message')} {json.dumps(details) if details else ''}")
        who, where, mend = ("webhook", "the webhook or its channel", _NEW_WEBHOOK)
        if self.as_bot:
            who, where, mend = "bot", "the bot's channel", _LET_IN
        if answer.status == 429 or code in _BUSY:
            return self.line.limited(answer.headers.get("Retry-After"), answer.get("retry_after"))
        if answer.status == 404 or code in _GONE:
            return Blocked(f"Discord: {where} is gone or closed to us: {said}.", mend)
        if answer.status == 401:
            fix = _NEW_TOKEN if self.as_bot else _NEW_WEBHOOK
            return NeedsLogin(f"Discord does not take the {who}'s token: {said}.", fix)
        if answer.status == 413 or code == 40005:
            return Refused(f"Discord: the pictures are too large: {said}.", SMALLER)
        if code == _ARCHIVED:
            fix = "Say something in the thread, which opens it again, then: socialbot retry."
            return Refused(f"Discord: the thread is archived, and nothing in it can be changed: {said}.", fix)
        if code in _NEEDS_THREAD:
            return Refused(
                f"Discord: the channel is a forum, or is none: {said}.", "Set the account's forum as the channel is."
            )
        return self.line.trouble(answer, said)
