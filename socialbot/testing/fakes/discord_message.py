"""What Discord takes as a message of a webhook or a bot: reading it, checking it, and the words of its refusals.

Facts: reference page on Discord, sections 5.2 and 5.3, and the OpenAPI of API version 10. Lengths count UTF-16 units, the
cautious reading of a unit that Discord leaves open. Polls, components and references to other messages are not taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from socialbot.testing.fakes import multipart
from socialbot.testing.fakes.server import Answer, Refusal, Request, SeenPicture, sniff, strict_json

MAX_FILE_BYTES, MAX_BODY_BYTES, MAX_EMBED_TEXT = 10 * 2**20, 25 * 2**20, 6000

# A number is the longest text, a pair is a list and its most items, a type stands for itself.
_EMBED: dict[str, Any] = {
    "title": 256,
    "description": 4096,
    "url": 2048,
    "timestamp": 40,
    "color": int,
    "image": {"url": 2048},
    "thumbnail": {"url": 2048},
    "footer": {"text": 2048},
    "author": {"name": 256, "url": 2048},
    "fields": ({"name": 256, "value": 1024, "inline": bool}, 25),
}
_COUNTED = ("title", "description", "text", "name", "value")
EDIT: dict[str, Any] = {
    "content": 2000,
    "embeds": (_EMBED, 10),
    "attachments": ({"id": (int, str), "filename": 1024, "description": 1024}, 10),
    "allowed_mentions": object,
    "flags": int,
}
_THREAD: dict[str, Any] = {"applied_tags": (20, 5)}
MESSAGE: dict[str, Any] = EDIT | _THREAD | {"username": 80, "avatar_url": 2048, "tts": bool, "thread_name": 100}
BOTS: dict[str, Any] = EDIT | {"tts": bool, "nonce": 25, "enforce_nonce": bool}
OPENING: dict[str, Any] = _THREAD | {"name": 100, "message": object}


def read(request: Request) -> tuple[dict[str, Any], dict[str, multipart.Part]]:
    """The message and its files by id, from a JSON body or from `payload_json` and `files[n]`. Raises Refusal."""
    if len(request.body) > MAX_BODY_BYTES:
        raise Refusal(error(413, 40005, "Request entity too large"))
    try:
        if request.media_type != "multipart/form-data":
            return request.json_object(), {}
        first, *rest = multipart.read(request.headers, request.body)
        given = strict_json(first.content) if first.name == "payload_json" else None
    except ValueError as wrong:
        raise Refusal(invalid("body", str(wrong))) from None
    names = [re.fullmatch(r"files\[(\d)\]", part.name) for part in rest]
    files = {name[1]: part for name, part in zip(names, rest, strict=True) if name}
    if not isinstance(given, dict) or len(files) < len(rest):
        raise Refusal(invalid("body", "a form holds payload_json first and then files[0] to files[9]"))
    return given, files


def check(given: Mapping[str, Any], shape: Mapping[str, Any]) -> None:
    """Raises Refusal for what does not have the shape (MESSAGE, BOTS, OPENING, EDIT) or is too long."""
    _measure(given, shape, "message")
    for embed in given.get("embeds", []):
        filenames = [attachment.get("filename") for attachment in given.get("attachments", [])]
        for place in (embed[name] for name in ("image", "thumbnail") if name in embed):
            url = place.get("url", "")
            if not url.startswith("https://") and url.removeprefix("attachment://") not in filenames:
                raise Refusal(invalid("embeds", f"an image is an https URL or a file of this message (got {url})"))
    counted = sum(_measure(embed, _EMBED, "embeds") for embed in given.get("embeds", []))
    if counted > MAX_EMBED_TEXT:
        raise Refusal(invalid("embeds", f"all embeds together hold at most {MAX_EMBED_TEXT} characters (got {counted})"))


def pictures(attachments: list[dict[str, Any]], files: Mapping[str, multipart.Part]) -> tuple[SeenPicture, ...]:
    """The pictures of a message, in order: every attachment has its file, and every file its attachment. Raises Refusal."""
    if sorted(str(attachment.get("id")) for attachment in attachments) != sorted(files):
        raise Refusal(invalid("attachments", f"the ids must be those of the files: {', '.join(files) or 'there are none'}"))
    return tuple(_picture(attachment, files[str(attachment["id"])]) for attachment in attachments)


def _picture(attachment: Mapping[str, Any], file: multipart.Part) -> SeenPicture:
    if not file.filename or attachment.get("filename") != file.filename:
        raise Refusal(invalid("attachments", f"the filename must be that of the file, {file.filename} (got {attachment})"))
    if len(file.content) > MAX_FILE_BYTES:
        raise Refusal(error(413, 40005, "Request entity too large"))
    found = sniff(file.content)
    if found is None or found[0] != file.mime:
        raise Refusal(invalid(file.name, f"the bytes are {found[0] if found else 'no picture'}, announced as {file.mime}"))
    return SeenPicture(file.content, found[0], attachment.get("description", ""), found[1], found[2])


def _measure(value: Any, shape: Any, where: str) -> int:
    """The length of an embed's counted texts inside a value, which must have this shape."""
    match shape:
        case int():
            if not isinstance(value, str):
                raise Refusal(invalid(where, "Could not interpret value as string."))
            units = len(value.encode("utf-16-le")) // 2
            if units > shape:
                raise Refusal(invalid(where, f"Must be {shape} or fewer in length (got {units})."))
            return units if where.rsplit(".", 1)[-1] in _COUNTED else 0
        case dict() if isinstance(value, dict) and value.keys() <= shape.keys():
            return sum(_measure(part, shape[name], f"{where}.{name}") for name, part in value.items())
        case (dict() | int() as each, int() as most) if isinstance(value, list) and len(value) <= most:
            return sum(_measure(part, each, where) for part in value)
        case type() | (type(), type()) if isinstance(value, shape):
            return 0
    raise Refusal(invalid(where, f"not as documented (got {value!r})"))


def error(status: int, code: int, message: str) -> Answer:
    """Discord's error document."""
    return Answer(status, {"message": message, "code": code})


def invalid(where: str, sentence: str) -> Answer:
    """The answer to a field that cannot be taken."""
    errors = {where: {"_errors": [{"code": "BASE_TYPE_BAD", "message": sentence}]}}
    return Answer(400, {"message": "Invalid Form Body", "code": 50035, "errors": errors})
