"""The documents that a Misskey server gives out, and the errors that all of its calls share."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from socialbot.testing.fakes.server import Answer, SeenPicture

USER, OWN_ID = "blog", "9abcdefghi0000001"
VISIBILITIES = ("public", "home", "followers", "specified")
_MAYBE_TEXT, _MAYBE_LIST = (str, type(None)), (list, type(None))
NOTE: Mapping[str, tuple[Any, Any]] = MappingProxyType(
    {
        "text": (_MAYBE_TEXT, None),
        "cw": (_MAYBE_TEXT, None),
        "visibility": (str, "public"),
        "fileIds": (_MAYBE_LIST, None),
        "replyId": (_MAYBE_TEXT, None),
        "localOnly": (bool, False),
        "noExtractMentions": (bool, False),
        "noExtractHashtags": (bool, False),
        "noExtractEmojis": (bool, False),
    }
)
"""What a new note takes, with the types and defaults."""
LISTING: Mapping[str, tuple[Any, Any]] = MappingProxyType(
    {
        "userId": (str, ""),
        "limit": (int, 10),
        "untilId": (str, ""),
        "withReplies": (bool, False),
        "withRenotes": (bool, True),
        "withFiles": (bool, False),
    }
)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def error(status: int, code: str, message: str, kind: str = "client") -> Answer:
    """An error as every call tells it."""
    known = uuid.uuid5(uuid.NAMESPACE_URL, code)
    return Answer(status, {"error": {"message": message, "code": code, "id": str(known), "kind": kind}})


AUTHENTICATION_FAILED = error(401, "AUTHENTICATION_FAILED", "Authentication failed. Please ensure your token is correct.")


def instant(moment: datetime) -> str:
    """A UTC moment as Misskey writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def base36(number: int) -> str:
    """A number in letters and digits, sixteen at least, which sort as the numbers do."""
    written = ""
    while number or len(written) < 16:
        number, digit = divmod(number, 36)
        written = _DIGITS[digit] + written
    return written


def meta(url: str, server: str, max_note_text_length: int) -> dict[str, Any]:
    """`/api/meta`, without its details."""
    return {
        "name": f"A fake {server}",
        "uri": url,
        "version": "2026.3.1",
        "maintainerName": None,
        "maxNoteTextLength": max_note_text_length,
        "features": {"miauth": True},
    }


def user(bot: bool) -> dict[str, Any]:
    """The one account of the server."""
    return {"id": OWN_ID, "username": USER, "name": "Blog", "host": None, "isBot": bot, "isCat": False}


def me(bot: bool, notes: int, max_file_size_mb: int) -> dict[str, Any]:
    """`/api/i`."""
    policies = {"maxFileSizeMb": max_file_size_mb, "driveCapacityMb": 100, "canPublicNote": True}
    return {**user(bot), "notesCount": notes, "followersCount": 0, "policies": policies}


def note(note_id: str, at: str, text: str | None, file_ids: list[str], kept: Mapping[str, Any]) -> dict[str, Any]:
    """A note, without what is told of it later."""
    return {"id": note_id, "createdAt": at, "userId": OWN_ID, "text": text, "fileIds": list(file_ids), "renoteId": None, **kept}


def drive_file(url: str, file_id: str, name: str, md5: str, picture: SeenPicture) -> dict[str, Any]:
    """A file of the drive."""
    size = {"width": picture.width, "height": picture.height}
    facts = {"type": picture.mime, "size": len(picture.content), "isSensitive": False, "comment": picture.alt or None}
    return {"id": file_id, "name": name, "md5": md5, "url": f"{url}/files/{file_id}", "properties": size, **facts}
