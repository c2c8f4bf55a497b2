"""Telegram: messages, pictures and albums that a bot sends to a channel or group. A bot cannot read what it has sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal

import httpx
from pydantic import Field, SecretStr, field_validator

from socialbot.captions.forms import telegram_entities
from socialbot.media import Media
from socialbot.networks import telegram_rights
from socialbot.networks.calling import Answer, Line, Token
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Doubt,
    Identity,
    NeedsLogin,
    Network,
    NetworkError,
    No,
    Prepared,
    Published,
    Refused,
    Remember,
    Unknown,
    Vault,
    utc_now,
)
from socialbot.nouns import Caption, Draft, Limits
from socialbot.settings import AccountSettings, BaseUrl

LIMITS = Limits(
    unit="code points",  # after entity parsing; the offsets of entities are in UTF-16 units
    max_text=4096,
    max_text_with_pictures=1024,
    max_pictures=10,
    max_picture_bytes=10_000_000,
    max_alt=0,
    mime_types=("image/jpeg", "image/png", "image/webp"),
    # animated: only by another call, sendAnimation, and never beside other pictures
    shape="square",
    min_aspect=0.05,
    max_aspect=20.0,  # width and height may have 10,000 pixels together, which no variant has
    max_hashtags=3,
    threads=True,
    source="core.telegram.org/bots/api: sendMessage; sendPhoto; sendMediaGroup; Sending files",
    checked=date(2026, 11, 20),
)

_API = "core.telegram.org/bots/api"
_USERNAME = re.compile(r"@[A-Za-z]\w{3,31}", re.ASCII)
_NUMBER = re.compile(r"-?[1-9]\d{0,15}", re.ASCII)
_ADDRESS = re.compile(r"https?://t(?:elegram)?\.me/(c/)?(\w+)(?:/\d+)?/(\d+(?:,\d+)*)/?(?:\?.*)?", re.ASCII)
_OTHER_KIND = re.compile(r"no (?:text|caption) in the message")
_IDS = re.compile(r"[1-9]\d*(?:,[1-9]\d*)*", re.ASCII)

_NEW_TOKEN = "Ask @BotFather for the token (/token) and set it as the account's bot_token."  # noqa: S105
_LET_IN = 'Make the bot an administrator of the channel with the right "post messages", or a member of the group.'
_SET_CHAT = 'Set the account\'s chat to "@name" of the channel, or to its number, which begins with -100.'
_BY_HAND = "Change it in the app."
_ALL_OF_IT = "It is an album: give the numbers of all its messages, as in https://t.me/NAME/12,13,14."
_SHORTER = "Shorten the caption and enqueue the post again."
_OTHER_PICTURES = "Use other pictures and enqueue the post again."

_ROWS: tuple[tuple[str, type[Refused], str, str], ...] = (
    (r"chat not found|PEER_ID_INVALID", Blocked, "the bot knows no such chat", _SET_CHAT),
    (r"not a member|kicked|blocked by|deactivated|CHANNEL_PRIVATE", Blocked, "the bot is not in the chat", _LET_IN),
    (r"rights|CHAT_WRITE_FORBIDDEN|CHAT_SEND_\w+_FORBIDDEN", Blocked, "the bot may not post in the chat", _LET_IN),
    (
        r"message thread not found|TOPIC_(?:CLOSED|DELETED)",
        Blocked,
        "the topic is closed or gone",
        "Correct the account's topic.",
    ),
    (r"repl(?:y|ied) .*not found", Refused, "the post that the next one answers is gone", "The thread ends there."),
    (
        r"message to edit not found|MESSAGE_ID_INVALID",
        Refused,
        "the message is not there any more",
        "Nothing is left to change.",
    ),
    (r"can't be edited", Refused, "the message cannot be edited any more", _BY_HAND),
    (r"can't be deleted", Refused, "a bot without the right to delete removes nothing after 48 hours", "Delete it in the app."),
    (r"too long|TOO_LONG", Refused, "the caption is too long", _SHORTER),
    (r"parse entities|ENTITY|ENTITIES", Refused, "it cannot read the caption's links", _SHORTER),
    (r"Too Large|too big", Refused, "a picture is too large", _OTHER_PICTURES),
    (r"PHOTO|IMAGE|wrong file|HTTP URL|WEBPAGE|MEDIA", Refused, "it cannot use a picture", _OTHER_PICTURES),
)
"""What it says, what that means, and what to do. The page lists no errors: the words are the server's own, github.com/tdlib,
telegram-bot-api Client.cpp and td MessageContent.cpp, 2026-11; the capital ones others report."""


class TelegramAccount(AccountSettings):
    """An account with `network = "telegram"`."""

    bot_token: Token = Field(SecretStr(""), description="The bot's token, from @BotFather.")
    chat: str = Field(description='Where the bot posts: "@name" of a public channel or group, or its number (-100…).')
    topic: int | None = Field(None, ge=1, description="Number of the topic, where the group has topics.")
    server: BaseUrl = Field("https://api.telegram.org", description="The Bot API server; change it for one of your own.")
    silent: bool = Field(False, description="Post without a sound on the readers' phones.")
    protect: bool = Field(False, description="Readers can neither forward nor save the posts.")
    preview: Literal["auto", "large", "small", "off"] = Field(
        "auto",
        description='The preview of the link below a text without pictures: as Telegram likes, "large", "small" or "off". '
        "With `pictures = 0` and a large one a post of 4,096 characters still has a picture, the one that the page names.",
    )
    preview_above: bool = Field(False, description="The link's preview stands above the text.")
    caption_above: bool = Field(False, description="The caption stands above the pictures.")
    headline: Literal["plain", "bold"] = Field("plain", description='How the first line is set: "plain" or "bold".')
    link_as: Literal["url", "short"] = Field(
        "url", description='How the link is shown: the whole "url", or host and path in "short", the URL behind them.'
    )

    @field_validator("bot_token")
    @classmethod
    def _token_shape(cls, token: SecretStr) -> SecretStr:
        if token.get_secret_value() and not re.fullmatch(r"\d+:[\w-]+", token.get_secret_value(), re.ASCII):
            raise ValueError("the token as @BotFather shows it: digits, a colon, letters")
        return token

    @field_validator("chat", mode="before")
    @classmethod
    def _chat_shape(cls, chat: object) -> str:
        said = str(chat).strip()
        if not (_USERNAME.fullmatch(said) or _NUMBER.fullmatch(said)):
            raise ValueError('"@name" of a channel or group, or its number, like -1001234567890')
        return said


class Telegram(Network):
    """One bot in one chat. The Bot API takes no key and lets nothing be read: what is in doubt, a person has to look for."""

    name = "telegram"
    options = TelegramAccount
    limits = LIMITS
    edits = deletes = True
    cannot = MappingProxyType(
        {
            "alt": No("pictures have no field for a description", f"{_API}#inputmediaphoto"),
            "story": No("bots post stories only for business accounts that let them", f"{_API}#poststory"),
            "ai_flag": No("there is no flag for AI media", f"{_API}#sendphoto"),
            "find": No("a bot cannot read a chat's history, and a send takes no key", f"{_API}#available-methods"),
            "read_back": No("a bot cannot read a chat's history", f"{_API}#available-methods"),
            "metrics": No("a message tells no views", f"{_API}#message"),
        }
    )
    account: TelegramAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self.limits = replace(LIMITS, short_links=self.account.link_as == "short")
        self.doubt = Doubt("NONE", settle_s=0)
        self._line = Line("Telegram", client, account.timeout_s, clock, self._secrets, self.spent)

    async def check(self) -> Identity:
        """Ask who the bot is, which chat it posts to, and what it may do there. Raises NetworkError."""
        me = await self._ask("getMe")
        chat = await self._ask("getChat", chat_id=self._chat())
        self._keep_place(chat)
        member = await self._ask("getChatMember", chat_id=self._chat(), user_id=me.get("result", "id"))
        place, rights = chat.get("result"), member.get("result")
        if barred := telegram_rights.barred(place, rights):
            raise Blocked(f"Telegram: {barred}.", _LET_IN)
        title = self._line.quote(str(place.get("title") or place.get("first_name") or place.get("id")))
        name = f'@{self._line.quote(me.text("result", "username"))} in the {place.get("type")} "{title}"'
        notes = telegram_rights.notes(place, rights, self.account.topic)
        public = place.get("username")
        return Identity(name, f"https://t.me/{public}" if public else None, tuple(notes))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Build the message; files travel with it, so nothing is uploaded. Raises NetworkError, never Unknown."""
        caption, pictures = draft.parts[part].caption, draft.parts[part].pictures
        request: dict[str, Any] = {"chat_id": self._chat(), **self._manner()}
        if before:
            request["reply_parameters"] = {"message_id": (await self._ids(before[-1]))[0]}
        if len(pictures) > 1:  # the caption of one item is the album's
            media: list[dict[str, Any]] = [{"type": "photo", "media": f"attach://p{at}"} for at in range(len(pictures))]
            media[0] |= self._captioned(draft, part)
            request["media"] = media
        elif pictures:
            request |= self._captioned(draft, part)
        else:
            request |= self._text(draft, caption, part)
        return Prepared(draft, part, request)

    async def publish(self, prepared: Prepared) -> Published:
        """Send the message, the picture or the album. Raises NetworkError; Unknown when it may be out."""
        try:
            return await self._sent(prepared)
        except Unknown as error:
            if "media" in prepared.request:
                raise Unknown(f"{error} {_ALL_OF_IT}") from None
            raise

    async def _sent(self, prepared: Prepared) -> Published:
        pictures, request = prepared.draft.parts[prepared.part].pictures, prepared.request
        names = [f"p{at}" for at in range(len(pictures))] if "media" in request else ["photo"]
        files = {
            name: (f"{picture.digest[:16]}.{picture.mime.split('/')[1]}", self.content(picture), picture.mime)
            for name, picture in zip(names, pictures, strict=False)
        }
        method = "sendMediaGroup" if "media" in request else "sendPhoto" if pictures else "sendMessage"
        body = {"data": _form(request), "files": files} if files else {"json": dict(request)}
        answer = await self._line.send("POST", self._url(method), **body)
        sent = answer.get("result")
        messages = sent if isinstance(sent, list) else [sent]
        if answer.status != 200 or not all(
            isinstance(one, dict) and isinstance(one.get("message_id"), int) for one in messages
        ):
            raise self._trouble(answer)
        return _published(messages)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Nobody can be asked."""
        return CannotTell("Telegram lets no bot read what is in a chat.")

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Change the text, or the caption, which an album's first message bears. Raises NetworkError."""
        request = {"chat_id": self._chat(), "message_id": (await self._ids(published))[0]}
        caption, has_pictures = draft.parts[part].caption, bool(draft.parts[part].pictures)
        for captioned in (has_pictures, not has_pictures):  # what is out may be the other
            words = self._captioned(draft, part) if captioned else self._text(draft, caption, part)
            answer = await self._call("editMessageCaption" if captioned else "editMessageText", {**request, **words})
            if not _OTHER_KIND.search(answer.text("description")):
                break
        if answer.status != 200 and "message is not modified" not in answer.text("description"):
            raise self._trouble(answer)
        return published

    async def delete(self, published: Published) -> None:
        """Delete every message of the post; those that are gone are skipped (deleteMessages). Raises NetworkError."""
        answer = await self._call("deleteMessages", {"chat_id": self._chat(), "message_ids": await self._ids(published)})
        if answer.status != 200:
            raise self._trouble(answer)

    # The words

    def _text(self, draft: Draft, caption: Caption, part: int) -> dict[str, Any]:
        entities = self._entities(draft, part)
        words = {"text": caption.text, "link_preview_options": self._preview(draft.link, caption)}
        return words | ({"entities": entities} if entities else {})

    def _captioned(self, draft: Draft, part: int) -> dict[str, Any]:
        entities = self._entities(draft, part)
        words: dict[str, Any] = {"caption": draft.parts[part].caption.text}
        if self.account.caption_above:
            words["show_caption_above_media"] = True
        return words | ({"caption_entities": entities} if entities else {})

    def _entities(self, draft: Draft, part: int) -> list[dict[str, Any]]:
        """Entities instead of a parse_mode: nothing in the words has to be escaped, or can be taken for markup."""
        caption = draft.parts[part].caption
        headline, more, _ = caption.text.partition("\n")
        if self.account.headline == "plain" or part or not more or headline == draft.label:
            return telegram_entities(caption)
        bold = {"type": "bold", "offset": 0, "length": len(headline.encode("utf-16-le")) // 2}
        return [bold, *telegram_entities(caption)]

    def _preview(self, link: str | None, caption: Caption) -> dict[str, Any]:
        """Of the post's own link, where the text has others, too (linkpreviewoptions: the size needs the URL)."""
        if self.account.preview == "off":
            return {"is_disabled": True}
        options: dict[str, Any] = {"show_above_text": True} if self.account.preview_above else {}
        if any(span.kind == "link" and span.value == link for span in caption.spans):
            options["url"] = link
            if self.account.preview != "auto":
                options[f"prefer_{self.account.preview}_media"] = True
        return options

    def _manner(self) -> dict[str, Any]:
        said = {
            "message_thread_id": self.account.topic,
            "disable_notification": self.account.silent,
            "protect_content": self.account.protect,
        }
        return {name: value for name, value in said.items() if value}

    # Calls

    async def _ask(self, method: str, **body: Any) -> Answer:
        answer = await self._call(method, body)
        if answer.status != 200 or not isinstance(answer.get("result"), dict):
            raise self._trouble(answer)
        return answer

    async def _call(self, method: str, body: Mapping[str, Any]) -> Answer:
        return await self._line.ask("POST", self._url(method), json=dict(body))

    async def _ids(self, published: Published) -> list[int]:
        """The messages of a post: their ids, or the address that a person gave. Raises Refused for one of another chat."""
        told = published.remote_id
        found = _ADDRESS.fullmatch(told)
        if found:
            place = await self._place()
            here = place["id"].removeprefix("-100") if found[1] else place["username"]
            told = found[3] if found[2].lower() == here.lower() else ""
        if not _IDS.fullmatch(told):
            fix = "Give the address that the app copies, of a message in the account's chat."
            raise Refused(f"Telegram: {published.remote_id} is no message's address in {self.account.chat}.", fix)
        return [int(one) for one in told.split(",")]

    async def _place(self) -> dict[str, str]:
        """The chat's number and name, asked for once."""
        known = self.vault.read()
        if known and known.get("for") == self.account.chat:
            return known
        return self._keep_place(await self._ask("getChat", chat_id=self._chat()))

    def _keep_place(self, chat: Answer) -> dict[str, str]:
        place = {
            "for": self.account.chat,
            "id": str(chat.get("result", "id") or ""),
            "username": chat.text("result", "username"),
        }
        self.vault.write(place)
        return place

    def _chat(self) -> str | int:
        return self.account.chat if self.account.chat.startswith("@") else int(self.account.chat)

    def _url(self, method: str) -> str:
        if not self._token():
            raise NeedsLogin("Telegram: no bot_token is set for the account.", _NEW_TOKEN)
        return f"{self.account.server}/bot{self._token()}/{method}"

    def _token(self) -> str:
        return self.account.bot_token.get_secret_value()

    def _secrets(self) -> Iterator[str]:
        yield self._token()

    def _trouble(self, answer: Answer) -> NetworkError:
        """The error table: core.telegram.org/bots/api, Making requests and ResponseParameters, 2026-11; and `_ROWS`."""
        said = self._line.quote(answer.text("description"))
        moved = answer.get("parameters", "migrate_to_chat_id")
        if answer.status == 429:
            return self._line.limited(answer.get("parameters", "retry_after"), answer.headers.get("Retry-After"))
        if answer.status in (401, 404):  # 404: the token has not the shape of one
            return NeedsLogin(f"Telegram does not take the bot's token: {said or answer.status}.", _NEW_TOKEN)
        if isinstance(moved, int):
            return Blocked(f"Telegram: the group has become a supergroup with the number {moved}.", f'Set chat = "{moved}".')
        if 400 <= answer.status < 500 and answer.status != 408:
            for pattern, kind, meaning, fix in _ROWS:
                if re.search(pattern, said):
                    return kind(f"Telegram: {meaning}: {said}.", fix)
            if answer.status == 403:
                return Blocked(f"Telegram: the bot may not post in the chat: {said or answer.status}.", _LET_IN)
        return self._line.trouble(answer, said)


def _form(request: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a multipart form: what is no text stands in it as JSON (Making requests)."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in request.items()}


def _published(messages: Sequence[Mapping[str, Any]]) -> Published:
    """A post by the ids of all its messages. An id of 0 is told of what the server will send later (the page: Message)."""
    ids = ",".join(str(one["message_id"]) for one in messages)
    first = messages[0]
    warnings = ("Telegram sends it a little later, and does not tell its number.",) if "0" in ids.split(",") else ()
    return Published(ids, None if warnings else _link(first.get("chat") or {}, first["message_id"]), warnings)


def _link(chat: Mapping[str, Any], message_id: int) -> str | None:
    """A permalink; messages of groups that are no supergroups, and of private chats, have none."""
    if chat.get("username") and chat.get("type") != "private":
        return f"https://t.me/{chat['username']}/{message_id}"
    number = str(chat.get("id") or "")
    return f"https://t.me/c/{number.removeprefix('-100')}/{message_id}" if number.startswith("-100") else None
