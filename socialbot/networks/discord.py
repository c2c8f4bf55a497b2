"""Discord: messages through a channel's webhook. A bot token, where there is one, is used only to look."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from pydantic import Field, SecretStr, field_validator

from socialbot.media import Media
from socialbot.networks.calling import Answer, Line, Token
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Doubt,
    Identity,
    NeedsLogin,
    Network,
    NetworkError,
    Prepared,
    Published,
    Refused,
    Remember,
    Vault,
    utc_now,
)
from socialbot.nouns import Draft, Limits, Variant
from socialbot.settings import AccountSettings

LIMITS = Limits(
    unit="utf-16",
    max_text=2000,
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

MAX_REQUEST_BYTES = 25 * 1024 * 1024
MAX_PAGES = 5
_WEBHOOK = re.compile(r"(https?://[^\s/?#@]+/api)(/v\d+)?/webhooks/(\d+)/([\w-]+)")
_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_EARLIER = timedelta(seconds=60)
_GONE = (10003, 10015, 50001, 50013)
"""Unknown channel, unknown webhook, missing access, missing permissions."""
_UNKNOWN_MESSAGE = 10008
_BUSY = (20016, 20028, 20029, 40062)
_NEEDS_THREAD = (220001, 220002, 220003, 220004)
_SMALLER = "Use fewer or smaller pictures and enqueue the post again."
_NEW_WEBHOOK = "Make a webhook in the channel's settings, Integrations, and set its URL for the account."


class DiscordAccount(AccountSettings):
    """An account with `network = "discord"`."""

    webhook: SecretStr = Field(
        SecretStr(""), description="The webhook's URL: channel settings, Integrations, Webhooks, Copy URL."
    )
    bot_token: Token = Field(
        SecretStr(""),
        description="Token of a bot that may read the channel's history: with it a post in doubt can be looked for.",
    )

    @field_validator("webhook")
    @classmethod
    def _shape(cls, webhook: SecretStr) -> SecretStr:
        url = webhook.get_secret_value().strip().rstrip("/")
        if url and not _WEBHOOK.fullmatch(url):
            raise ValueError("the URL as Discord shows it: https://discord.com/api/webhooks/ID/TOKEN")
        return SecretStr(url)


class Discord(Network):
    """One webhook. Discord takes no key for its posts, and a webhook cannot read: only a bot token lets us look."""

    name = "discord"
    options = DiscordAccount
    limits = LIMITS
    edits = deletes = True
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
        self.doubt = Doubt("LIST" if self._bot_token() else "NONE", settle_s=30)
        self._line = Line("Discord", client, account.timeout_s, clock, self._secrets, self.spent)

    async def check(self) -> Identity:
        """Ask the webhook for its name and place, and the bot whether it can look. Raises NetworkError."""
        answer = await self._line.ask("GET", self._webhook())
        place = self._keep_place(answer)
        notes = ["Without a bot_token a post in doubt cannot be looked for; a person is asked."]
        if self._bot_token():
            messages = await self._messages(place, {"limit": "1"})
            notes = [] if messages.status == 200 else [self._barred(messages)]
        name = f'webhook "{self._line.quote(answer.text("name"))}" in channel {place["channel_id"]}'
        return Identity(name, _link(place), tuple(notes))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Build the message; files travel with it, so nothing is uploaded. Raises NetworkError, never Unknown."""
        await self._place()
        pictures = draft.parts[part].pictures
        total_bytes = sum(picture.bytes for picture in pictures)
        if total_bytes > MAX_REQUEST_BYTES:
            sentence = f"Discord: the pictures have {total_bytes:,} bytes; at most {MAX_REQUEST_BYTES:,} are taken together."
            raise Refused(sentence, _SMALLER)
        request: dict[str, Any] = {"content": draft.parts[part].caption.text, "allowed_mentions": {"parse": []}}
        if pictures:
            request["attachments"] = [_attachment(number, picture) for number, picture in enumerate(pictures)]
        return Prepared(draft, part, request)

    async def publish(self, prepared: Prepared) -> Published:
        """Execute the webhook and wait for the message. Raises NetworkError; Unknown when it may be out."""
        request, pictures = dict(prepared.request), prepared.draft.parts[prepared.part].pictures
        body: dict[str, Any] = {"json": request}
        if pictures:
            names = [attachment["filename"] for attachment in request["attachments"]]
            files = {
                f"files[{number}]": (name, self.content(picture), picture.mime)
                for number, (name, picture) in enumerate(zip(names, pictures, strict=True))
            }
            body = {"data": {"payload_json": json.dumps(request)}, "files": files}
        answer = await self._line.send("POST", self._webhook(), params={"wait": "true"}, **body)
        if answer.status != 200 or not answer.text("id"):
            raise self._trouble(answer)
        return _published(answer.body, self.vault.read() or {})

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look through the channel, which takes a bot token. Raises NetworkError."""
        if not self._bot_token():
            return CannotTell("Discord's webhook offers no way to look whether a post is out.")
        place = await self._place()
        # What this machine calls the time may lie ahead of the ids, which are Discord's time.
        ahead = self._line.ahead(await self._messages(place, {"limit": "1"}))
        after = _snowflake(since - _EARLIER - ahead)
        for _ in range(MAX_PAGES):
            answer = await self._messages(place, {"limit": "100", "after": str(after)})
            if answer.status in (401, 403, 404):
                return CannotTell(self._barred(answer))
            if answer.status != 200 or not isinstance(answer.body, list):
                raise self._trouble(answer)
            ours = [message for message in answer.body if message.get("webhook_id") == place["for"]]
            for message in ours:
                if _is_same(message, prepared.request):
                    return _published(message, place)
            if any(not message.get("content") and not message.get("attachments") for message in ours):
                return CannotTell("Discord hides what messages say from this bot: give it the Message Content intent.")
            if len(answer.body) < 100:
                return None
            after = max(int(message["id"]) for message in answer.body)
        return CannotTell("Discord: too much has been said in the channel since to look through.")

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Change the message's words; attachments that are not named would be removed (webhook.mdx: Edit Webhook Message)."""
        url = self._message(published)
        there = await self._line.ask("GET", url)
        if there.status != 200:
            raise self._gone(there)
        shown, pictures = there.get("attachments") or [], draft.parts[part].pictures
        kept: list[dict[str, str]] = [{"id": str(attachment["id"])} for attachment in shown]
        if len(kept) == len(pictures):
            kept = [one | {"description": picture.alt} for one, picture in zip(kept, pictures, strict=True)]
        request = {"content": draft.parts[part].caption.text, "allowed_mentions": {"parse": []}, "attachments": kept}
        answer = await self._line.ask("PATCH", url, json=request)
        if answer.status != 200:
            raise self._gone(answer)
        return _published(answer.body, await self._place())

    async def delete(self, published: Published) -> None:
        """Delete the webhook's message (webhook.mdx: Delete Webhook Message). Raises NetworkError."""
        answer = await self._line.ask("DELETE", self._message(published))
        if answer.status not in (200, 204) and answer.get("code") != _UNKNOWN_MESSAGE:
            raise self._trouble(answer)

    async def is_shown(self, published: Published) -> bool | None:
        """Ask the webhook for its message. Raises NetworkError."""
        answer = await self._line.ask("GET", self._message(published))
        if answer.status != 200 and answer.get("code") != _UNKNOWN_MESSAGE:
            raise self._trouble(answer)
        return answer.status == 200

    def _message(self, published: Published) -> str:
        """The message's address in the API, from its id or from the permalink that a person gave."""
        message_id = re.split(r"[?#]", published.remote_id)[0].rstrip("/").rsplit("/", 1)[-1]
        if not re.fullmatch(r"\d{1,20}", message_id, re.ASCII):
            raise Refused(f"Discord: {published.remote_id} is no message's address.", "Look at the channel.")
        return f"{self._webhook()}/messages/{message_id}"

    def _gone(self, answer: Answer) -> NetworkError:
        if answer.get("code") == _UNKNOWN_MESSAGE:
            return Refused("Discord: the message is not there any more.", "Nothing is left to change.")
        return self._trouble(answer)

    async def _place(self) -> dict[str, str]:
        """The webhook's channel and guild, asked for once."""
        known = self.vault.read()
        if known and known.get("for") == self._parts()["id"]:
            return known
        return self._keep_place(await self._line.ask("GET", self._webhook()))

    def _keep_place(self, answer: Answer) -> dict[str, str]:
        if answer.status != 200 or not answer.text("channel_id"):
            raise self._trouble(answer)
        place = {"for": self._parts()["id"], "channel_id": answer.text("channel_id"), "guild_id": answer.text("guild_id")}
        self.vault.write(place)
        return place

    async def _messages(self, place: Mapping[str, str], query: Mapping[str, str]) -> Answer:
        url = f"{self._parts()['api']}/channels/{place['channel_id']}/messages"
        return await self._line.ask("GET", url, params=query, headers={"Authorization": f"Bot {self._bot_token()}"})

    def _webhook(self) -> str:
        parts = self._parts()
        return f"{parts['api']}/webhooks/{parts['id']}/{parts['token']}"

    def _parts(self) -> dict[str, str]:
        """The API's base URL, and the webhook's id and token. Raises NeedsLogin when no webhook is set."""
        found = _WEBHOOK.fullmatch(self.account.webhook.get_secret_value())
        if not found:
            raise NeedsLogin("Discord: no webhook is set for the account.", _NEW_WEBHOOK)
        # A URL copied from Discord names no version and would get one that is out of use.
        return {"api": found[1] + (found[2] or "/v10"), "id": found[3], "token": found[4]}

    def _bot_token(self) -> str:
        return self.account.bot_token.get_secret_value()

    def _secrets(self) -> Iterator[str]:
        yield from (self.account.webhook.get_secret_value(), self._parts()["token"], self._bot_token())

    def _barred(self, answer: Answer) -> str:
        said = self._line.quote(answer.text("message")) or answer.status
        return f"Discord: the bot cannot read the channel ({said}); it needs View Channel and Read Message History."

    def _trouble(self, answer: Answer) -> NetworkError:
        """The error table: discord-api-docs developers/topics/opcodes-and-status-codes.mdx, 2026-11-20."""
        code, details = answer.get("code"), answer.get("errors")
        said = self._line.quote(f"{answer.text('message')} {json.dumps(details) if details else ''}")
        if answer.status == 429 or code in _BUSY:
            return self._line.limited(answer.headers.get("Retry-After"), answer.get("retry_after"))
        if answer.status == 404 or code in _GONE:
            return Blocked(f"Discord: the webhook or its channel is gone or closed to us: {said}.", _NEW_WEBHOOK)
        if answer.status == 401:
            return NeedsLogin(f"Discord does not take the webhook's token: {said}.", _NEW_WEBHOOK)
        if answer.status == 413 or code == 40005:
            return Refused(f"Discord: the pictures are too large: {said}.", _SMALLER)
        if code in _NEEDS_THREAD:
            return Refused(f"Discord: the webhook's channel is a forum: {said}.", "Make the webhook in a text channel.")
        return self._line.trouble(answer, said)


def _attachment(number: int, picture: Variant) -> dict[str, str]:
    """The file's name begins with its digest, which makes the message easy to recognise."""
    name = f"{picture.digest[:16]}.{picture.mime.split('/')[1]}"
    alt = {"description": picture.alt} if picture.alt else {}
    return {"id": str(number), "filename": name, **alt}


def _is_same(message: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    shown = [attachment.get("filename") for attachment in message.get("attachments") or ()]
    sent = [attachment["filename"] for attachment in request.get("attachments", ())]
    return shown == sent and str(message.get("content")).split() == request["content"].split()


def _published(message: Mapping[str, Any], place: Mapping[str, str]) -> Published:
    return Published(message["id"], _link(place, message["id"]))


def _link(place: Mapping[str, str], *message: str) -> str | None:
    """A permalink, once the guild is known."""
    guild, channel = place.get("guild_id"), place.get("channel_id")
    return "/".join(("https://discord.com/channels", guild, channel, *message)) if guild and channel else None


def _snowflake(moment: datetime) -> int:
    """The smallest id that a message of this moment can have."""
    return (moment - _EPOCH) // timedelta(milliseconds=1) << 22
