"""What the Bot API takes as a message: its fields, its entities, its pictures, and the words of its refusals.

Facts: reference page on Telegram, sections 4.2 to 4.6, and the Bot API's list of methods and types. Lengths count code
points, offsets of entities UTF-16 units. No parse_mode, buttons, stickers or files by URL are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from socialbot.testing.fakes import multipart
from socialbot.testing.fakes.server import Answer, Refusal, Request, SeenPicture, sniff, strict_json

MAX_TEXT, MAX_CAPTION, MAX_ALBUM, MAX_PHOTO_BYTES, MAX_SIDES, MAX_RATIO = 4096, 1024, 10, 10_000_000, 10_000, 20
_CHAT: dict[str, Any] = {"chat_id": (int, str)}
_SEND: dict[str, Any] = _CHAT | {
    "message_thread_id": int,
    "disable_notification": bool,
    "protect_content": bool,
    "reply_parameters": {"message_id": int, "allow_sending_without_reply": bool},
}
_PREVIEW = {"is_disabled": bool, "url": str, "prefer_small_media": bool, "prefer_large_media": bool, "show_above_text": bool}
_ENTITY: dict[str, Any] = {"type": str, "offset": int, "length": int, "url": str, "language": str}
_TEXT: dict[str, Any] = {"text": str, "entities": [_ENTITY], "link_preview_options": _PREVIEW}
_CAPTION: dict[str, Any] = {"caption": str, "caption_entities": [_ENTITY], "show_caption_above_media": bool}
_ITEM: dict[str, Any] = {"type": str, "media": str, "has_spoiler": bool, **_CAPTION}

SHAPES: dict[str, dict[str, Any]] = {
    "getMe": {},
    "getChat": _CHAT,
    "getChatMember": _CHAT | {"user_id": int},
    "sendMessage": _SEND | _TEXT,
    "sendPhoto": _SEND | _CAPTION | {"photo": str, "has_spoiler": bool},
    "sendMediaGroup": _SEND | {"media": [_ITEM]},
    "editMessageText": _CHAT | {"message_id": int} | _TEXT,
    "editMessageCaption": _CHAT | {"message_id": int} | _CAPTION,
    "deleteMessage": _CHAT | {"message_id": int},
    "deleteMessages": _CHAT | {"message_ids": [int]},
}
"""The fields of each method, as they are taken here: a type, a pair of them, a list of one, or the fields of an object."""
NEEDED: dict[str, tuple[str, ...]] = {
    "getChatMember": ("user_id",),
    "sendMediaGroup": ("media",),
    "editMessageText": ("message_id", "text"),
    "editMessageCaption": ("message_id",),
    "deleteMessage": ("message_id",),
    "deleteMessages": ("message_ids",),
}
_STYLES = ("bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "code", "pre", "text_link")
_URL = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?'\")]")
_TAG = re.compile(r"(?<!\w)#(\w*[^\W\d]\w*)")


def refusal(status: int, description: str, **parameters: int) -> Refusal:
    """The Bot API's error document."""
    words = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 413: "Request Entity Too Large"}
    said = {429: f"Too Many Requests: {description}"}.get(status, f"{words.get(status, status)}: {description}")
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": said.removesuffix(": ")}
    headers = {"Retry-After": str(parameters["retry_after"])} if "retry_after" in parameters else {}
    return Refusal(Answer(status, body | ({"parameters": parameters} if parameters else {}), headers))


def read(method: str, request: Request) -> tuple[dict[str, Any], dict[str, multipart.Part]]:
    """A call's fields and its files by name, from JSON, a form, or a form with files. Raises Refusal."""
    files: dict[str, multipart.Part] = {}
    try:
        if request.media_type == "application/json":
            given = request.json_object()
        elif request.media_type == "multipart/form-data":
            parts = multipart.read(request.headers, request.body)
            files = {part.name: part for part in parts if part.filename}
            fields = [(part.name, part.text) for part in parts if not part.filename]
            if len(files) + len(dict(fields)) < len(parts):
                raise ValueError("a field stands twice in the form")
            given = _from_form(method, dict(fields))
        else:
            given = _from_form(method, dict(parse_qsl(request.body.decode(), keep_blank_values=True)) or dict(request.query))
    except ValueError as wrong:
        raise refusal(400, f"can't parse the request: {wrong}") from None
    _check(given, SHAPES[method], "")
    if missing := [name for name in ("chat_id", *NEEDED.get(method, ())) if name in SHAPES[method] and name not in given]:
        raise refusal(400, f"{missing[0]} isn't specified")
    return given, files


def _from_form(method: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """A form's fields: texts as they are, everything else as JSON. A chat's number is a number."""
    shape, given = SHAPES[method], dict[str, Any]()
    for name, value in fields.items():
        is_text = shape.get(name) is str or (name == "chat_id" and not re.fullmatch(r"-?\d+", value))
        given[name] = value if is_text else strict_json(value)
    return given


def _check(value: Any, shape: Any, where: str) -> None:
    match shape:
        case dict() if isinstance(value, dict):
            for name, part in value.items():
                if name not in shape:
                    raise refusal(400, f"there is no field {where}{name}")
                _check(part, shape[name], f"{where}{name}.")
        case [each] if isinstance(value, list):
            for part in value:
                _check(part, each, where)
        case type() | (type(), type()) if isinstance(value, shape) and (shape is bool or not isinstance(value, bool)):
            return
        case _:
            raise refusal(400, f"field {where.removesuffix('.')} is not of its type")


def words(given: Mapping[str, Any], text: str, most: int) -> tuple[str, list[dict[str, Any]]]:
    """A text or caption with its entities, checked. Raises Refusal."""
    said = given.get(text, "").strip()
    if text == "text" and not said:
        raise refusal(400, "message text is empty")
    if len(said) > most:
        raise refusal(400, "message is too long" if text == "text" else "message caption is too long")
    entities = given.get("entities" if text == "text" else "caption_entities", [])
    units = said.encode("utf-16-le")
    for one in entities:
        _check_entity(one, units)
    return said, entities


def _check_entity(one: Mapping[str, Any], units: bytes) -> None:
    if one.get("type") not in _STYLES or not {"offset", "length"} <= one.keys():
        raise refusal(400, f"can't parse entities: unsupported entity {one!r:.60}")
    start, end = 2 * one["offset"], 2 * (one["offset"] + one["length"])
    if not 0 <= start < end <= len(units):
        raise refusal(400, "can't parse entities: ENTITY_BOUNDS_INVALID")
    try:
        units[:start].decode("utf-16-le")
        units[start:end].decode("utf-16-le")
    except UnicodeDecodeError:
        raise refusal(400, "can't parse entities: ENTITY_BOUNDS_INVALID") from None
    if (one["type"] == "text_link") != bool(re.fullmatch(r"https?://\S+", one.get("url", ""))):
        raise refusal(400, "can't parse entities: a text_link has a URL, and nothing else has")


def picture(file: multipart.Part | None) -> SeenPicture:
    """A photo that was uploaded. Raises Refusal."""
    if file is None:
        raise refusal(400, "wrong file identifier/HTTP URL specified")
    if len(file.content) > MAX_PHOTO_BYTES:
        raise refusal(413, "")
    found = sniff(file.content)
    if found is None or found[0] not in ("image/jpeg", "image/png", "image/webp"):
        raise refusal(400, "IMAGE_PROCESS_FAILED")
    mime, width, height = found
    if width + height > MAX_SIDES or max(width, height) > MAX_RATIO * min(width, height):
        raise refusal(400, "PHOTO_INVALID_DIMENSIONS")
    return SeenPicture(file.content, mime, "", width, height)


def found_links(text: str, entities: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Shown words and URI of each link: those that were given, and those that the server finds outside of them."""
    units, rest = text.encode("utf-16-le"), text
    for one in entities:
        if one["type"] == "text_link":
            shown = units[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le")
            rest = rest.replace(shown, " ", 1)
            yield shown, one["url"]
    yield from ((found[0], found[0]) for found in _URL.finditer(rest))


def found_tags(text: str) -> tuple[str, ...]:
    """The hashtags that the server finds."""
    return tuple(_TAG.findall(_URL.sub(" ", text)))
