"""One Telegram channel, and a bot that is an administrator there.

Facts: reference page on Telegram, sections 4.1 to 4.6.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby
from typing import Any, ClassVar

from socialbot.testing.fakes import multipart, telegram_message
from socialbot.testing.fakes.server import Answer, Fake, Fault, Request, Route, Seen, SeenPicture
from socialbot.testing.fakes.telegram_message import MAX_ALBUM, MAX_CAPTION, MAX_TEXT, refusal

BOT, CHANNEL, USERNAME = 7_412_345_678, -1_001_304_400_001, "fognews"
DELETABLE_FOR = timedelta(hours=48)
_FLAGS = {"is_anonymous": True, "can_manage_chat": True, "can_promote_members": False, "can_restrict_members": False}
_FLAGS |= {"can_change_info": False, "can_invite_users": False, "can_manage_video_chats": False, "can_be_edited": False}
_FLAGS |= {"can_post_stories": False, "can_edit_stories": False, "can_delete_stories": False}
_GIFTS = dict.fromkeys(("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"), False)
_GIFTS |= {"gifts_from_channels": False}


@dataclass(frozen=True, slots=True)
class _Message:
    shown: dict[str, Any]
    words: str = ""
    entities: tuple[dict[str, Any], ...] = ()
    picture: SeenPicture | None = None
    group: str = ""
    preview: Mapping[str, Any] = field(default_factory=dict)


class TelegramFake(Fake):
    """`bodies` keeps the fields of every call that could be read, as (method, fields), files as their names."""

    network: ClassVar[str] = "telegram"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.chat_id = CHANNEL
        self.kind, self.topics = "channel", frozenset[int]()
        self.moved_to: int | None = None
        self.in_chat = True
        self.rights = {"can_post_messages": True, "can_edit_messages": True, "can_delete_messages": True}
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        self._token = f"{BOT}:fake-bot-credential"
        self._messages: dict[int, _Message] = {}
        self._last_id = 0

    def account(self) -> dict[str, str]:
        """Settings of the bot in its channel."""
        return {"network": self.network, "server": self.url, "bot_token": self._token, "chat": f"@{USERNAME}"}

    def revoke(self) -> None:
        """Somebody revokes the bot's token."""
        with self._lock:
            self._token = f"{BOT}:another"

    def routes(self) -> Sequence[Route]:
        """Every method that is offered."""
        sends = ("sendMessage", "sendPhoto", "sendMediaGroup")
        return [
            Route("POST", rf"/bot([^/]*)/({name})", self._call, irreversible=name in sends) for name in telegram_message.SHAPES
        ]

    def unknown(self, request: Request) -> Answer:
        """A path that is no method."""
        return refusal(404, "").answer

    def bad_day(self, fault: Fault) -> Answer:
        """Seconds to wait stand in `parameters.retry_after` and in Retry-After, whole."""
        if fault == "rate_limited":
            wait_s = math.ceil(self.faults.retry_after_s)
            return refusal(429, f"retry after {wait_s}", retry_after=wait_s).answer
        if fault == "expired_token":
            return refusal(401, "").answer
        if fault == "unavailable":
            return Answer(502, {"ok": False, "error_code": 502, "description": "Bad Gateway"})
        return Answer(500, {"ok": False, "error_code": 500, "description": "Internal Server Error"})

    def _call(self, request: Request, token: str, method: str) -> Answer:
        if token != self._token:
            raise refusal(401 if ":" in token else 404, "")
        given, files = telegram_message.read(method, request)
        self.bodies.append((method, {**given, **{name: f"attach://{name}" for name in files if name == "photo"}}))
        if "chat_id" in given:
            self._enter(given["chat_id"], method)
        handler = getattr(self, f"_{method}")
        return Answer(body={"ok": True, "result": handler(given, files)})

    def _enter(self, chat: int | str, method: str) -> None:
        if self.moved_to and chat == self.chat_id:
            raise refusal(400, "group chat was upgraded to a supergroup chat", migrate_to_chat_id=self.moved_to)
        if chat not in (self.chat_id, f"@{USERNAME}"):
            raise refusal(400, "chat not found")
        if not self.in_chat and method != "getChatMember":
            raise refusal(403, f"bot is not a member of the {self.kind} chat")
        if method.startswith("send") and self.kind == "channel" and not self.rights["can_post_messages"]:
            raise refusal(400, "need administrator rights in the channel chat")

    # Methods

    def _getMe(self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]) -> dict[str, Any]:  # noqa: N802
        return {"id": BOT, "is_bot": True, "first_name": "Fog", "username": "fognewsbot"}

    def _getChat(self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]) -> dict[str, Any]:  # noqa: N802
        full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _GIFTS, "is_forum": bool(self.topics)}
        return {**self._chat(), **full, "permissions": {"can_send_messages": True, "can_send_photos": True}}

    def _getChatMember(self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]) -> dict[str, Any]:  # noqa: N802
        if given["user_id"] != BOT:
            raise refusal(400, "member not found")
        user = self._getMe(given, files)
        return (
            {"status": "administrator", "user": user, **_FLAGS, **self.rights}
            if self.in_chat
            else {"status": "left", "user": user}
        )

    def _sendMessage(self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]) -> dict[str, Any]:  # noqa: N802
        text, entities = telegram_message.words(given, "text", MAX_TEXT)
        message = _Message({}, text, tuple(entities), preview=given.get("link_preview_options", {}))
        return self._publish(given, [message])[0]

    def _sendPhoto(self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]) -> dict[str, Any]:  # noqa: N802
        caption, entities = telegram_message.words(given, "caption", MAX_CAPTION)
        if set(files) != {given.get("photo", "attach://photo").removeprefix("attach://")}:
            raise refusal(400, "there is no photo in the request")
        (file,) = files.values()
        return self._publish(given, [_Message({}, caption, tuple(entities), telegram_message.picture(file))])[0]

    def _sendMediaGroup(  # noqa: N802
        self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]
    ) -> list[dict[str, Any]]:
        media = given["media"]
        if not 2 <= len(media) <= MAX_ALBUM:
            raise refusal(400, f"group send failed: an album has 2 to {MAX_ALBUM} items")
        names = [one.get("media", "").removeprefix("attach://") for one in media]
        if sorted(names) != sorted(files) or any(one.get("type") != "photo" for one in media):
            raise refusal(400, "wrong file identifier/HTTP URL specified")
        messages = []
        for name, one in zip(names, media, strict=True):
            caption, entities = telegram_message.words(one, "caption", MAX_CAPTION)
            messages.append(_Message({}, caption, tuple(entities), telegram_message.picture(files.get(name)), "album"))
        return self._publish(given, messages)

    def _editMessageText(self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]) -> dict[str, Any]:  # noqa: N802
        message = self._existing(given["message_id"])
        if message.picture:
            raise refusal(400, "there is no text in the message to edit")
        text, entities = telegram_message.words(given, "text", MAX_TEXT)
        return self._change(message, text, entities, given.get("link_preview_options", {}))

    def _editMessageCaption(self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]) -> dict[str, Any]:  # noqa: N802
        message = self._existing(given["message_id"])
        if not message.picture:
            raise refusal(400, "there is no caption in the message to edit")
        caption, entities = telegram_message.words(given, "caption", MAX_CAPTION)
        return self._change(message, caption, entities, {})

    def _deleteMessage(self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]) -> bool:  # noqa: N802
        if given["message_id"] not in self._messages:
            raise refusal(400, "message to delete not found")
        return self._deleteMessages({"message_ids": [given["message_id"]]}, files)

    def _deleteMessages(self, given: Mapping[str, Any], files: Mapping[str, multipart.Part]) -> bool:  # noqa: N802
        if not 1 <= len(given["message_ids"]) <= 100:
            raise refusal(400, "there are 1 to 100 message identifiers")
        there = [one for one in given["message_ids"] if one in self._messages]
        oldest = int((self.clock() - DELETABLE_FOR).timestamp())
        if not self.rights["can_delete_messages"] and any(self._messages[one].shown["date"] <= oldest for one in there):
            raise refusal(400, "message can't be deleted")
        for one in there:
            del self._messages[one]
        self._show()
        return True

    # The chat

    def _chat(self) -> dict[str, Any]:
        return {"id": self.chat_id, "title": "Fog news", "username": USERNAME, "type": self.kind}

    def _existing(self, message_id: int) -> _Message:
        if message_id not in self._messages:
            raise refusal(400, "message to edit not found")
        return self._messages[message_id]

    def _publish(self, given: Mapping[str, Any], messages: Sequence[_Message]) -> list[dict[str, Any]]:
        """Take the messages of one call, which all succeed or none."""
        common: dict[str, Any] = {"chat": self._chat(), "sender_chat": self._chat(), "date": int(self.clock().timestamp())}
        if (topic := given.get("message_thread_id")) is not None:
            if topic not in self.topics:
                raise refusal(400, "message thread not found")
            common |= {"message_thread_id": topic, "is_topic_message": True}
        if answered := given.get("reply_parameters"):
            if answered.get("message_id") not in self._messages:
                raise refusal(400, "message to be replied not found")
            common["reply_to_message"] = self._messages[answered["message_id"]].shown
        if given.get("protect_content"):
            common["has_protected_content"] = True
        group = str(self._last_id + 1) if len(messages) > 1 else ""
        return [self._store(message, common, group) for message in messages]

    def _store(self, message: _Message, common: Mapping[str, Any], group: str) -> dict[str, Any]:
        self._last_id += 1
        shown = {"message_id": self._last_id, **common, **({"media_group_id": group} if group else {})}
        if message.picture:
            size = {"width": message.picture.width, "height": message.picture.height}
            file = {"file_id": f"file-{self._last_id}", "file_unique_id": f"unique-{self._last_id}"}
            shown["photo"] = [{**file, **size, "file_size": len(message.picture.content)}]
        self._messages[self._last_id] = replace(message, shown=_worded(shown, message), group=group)
        self._show()
        return self._messages[self._last_id].shown

    def _change(
        self, message: _Message, words: str, entities: list[dict[str, Any]], preview: Mapping[str, Any]
    ) -> dict[str, Any]:
        changed = replace(message, words=words, entities=tuple(entities), preview=preview)
        if changed == message:
            raise refusal(400, "message is not modified: specified new message content is exactly the same")
        shown = _worded({**message.shown, "edit_date": int(self.clock().timestamp())}, changed)
        self._messages[shown["message_id"]] = replace(changed, shown=shown)
        self._show()
        return shown

    def _show(self) -> None:
        """The chat as its readers see it: an album is one post."""
        self._public.clear()
        for _, together in groupby(self._messages.values(), lambda one: one.group or one.shown["message_id"]):
            seen = self._seen(list(together))
            self._public[seen.id] = seen

    def _seen(self, messages: Sequence[_Message]) -> Seen:
        first = messages[0]
        text = "\n".join(one.words for one in messages if one.words)
        url = first.preview.get("url") or next((uri for _, uri in _links(messages)), None)
        plain = not first.picture and url and not first.preview.get("is_disabled")
        return Seen(
            id=",".join(str(one.shown["message_id"]) for one in messages),
            url=f"https://t.me/{USERNAME}/{first.shown['message_id']}",
            text=text,
            at=self.clock().fromtimestamp(first.shown["date"], self.clock().tzinfo),
            links=tuple(_links(messages)),
            tags=telegram_message.found_tags(text),
            pictures=tuple(one.picture for one in messages if one.picture),
            card={"url": url, "title": None, "description": None, "thumb": None} if plain else None,
            raw=first.shown,
            answers=self._post_of(first.shown.get("reply_to_message", {}).get("message_id")),
        )

    def _post_of(self, message_id: int | None) -> str | None:
        """The id of the post that a message is of, which another answers; it may be gone."""
        posts = [seen for seen in self._public.values() if str(message_id) in seen.id.split(",")]
        return posts[0].id if posts else None


def _links(messages: Sequence[_Message]) -> list[tuple[str, str]]:
    return [link for one in messages for link in telegram_message.found_links(one.words, list(one.entities))]


def _worded(shown: Mapping[str, Any], message: _Message) -> dict[str, Any]:
    """The message as it is told, with its words and the entities that were given."""
    text, entities = ("caption", "caption_entities") if message.picture else ("text", "entities")
    bare = {name: value for name, value in shown.items() if name not in (text, entities, "link_preview_options")}
    said: dict[str, Any] = {text: message.words} if message.words else {}
    if message.entities:
        said[entities] = list(message.entities)
    return bare | said | ({"link_preview_options": dict(message.preview)} if message.preview else {})
