"""Discord's messages: as they are sent, and as they are recognised when they are read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from socialbot.networks.protocol import Published
from socialbot.nouns import Variant

MENTIONS: Mapping[str, list[str]] = {"parse": []}
"""Nobody is called, whatever the text says; without it Discord would read mentions into it (message.mdx: Allowed Mentions)."""
_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_ADDRESS = re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/channels/\d+/(\d+)/(\d+)/?(?:[?#].*)?", re.ASCII)
_ID = re.compile(r"(?:(\d{1,20})/)?(\d{1,20})", re.ASCII)


def attachment(number: int, picture: Variant) -> dict[str, str]:
    """The file's name begins with its digest, which makes the message easy to recognise."""
    name = f"{picture.digest[:16]}.{picture.mime.split('/')[1]}"
    alt = {"description": picture.alt} if picture.alt else {}
    return {"id": str(number), "filename": name, **alt}


def form(payload: Mapping[str, Any], names: Sequence[str], files: Sequence[tuple[bytes, str]]) -> dict[str, Any]:
    """What httpx sends: JSON, or a form where there are files (developers/reference.mdx: Uploading Files)."""
    if not files:
        return {"json": dict(payload)}
    sent = {f"files[{at}]": (name, *file) for at, (name, file) in enumerate(zip(names, files, strict=True))}
    return {"data": {"payload_json": json.dumps(dict(payload))}, "files": sent}


def tables(told: object) -> list[dict[str, Any]]:
    """The objects in a list that Discord gave, however odd it is."""
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def is_same(message: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Is it the message that was asked for? Discord strips what surrounds a text."""
    shown = [attachment.get("filename") for attachment in tables(message.get("attachments"))]
    sent = [attachment["filename"] for attachment in request.get("attachments", ())]
    return shown == sent and str(message.get("content")).split() == request["content"].split()


def published(message: Mapping[str, Any], place: Mapping[str, str]) -> Published:
    """A message's id; with that of its thread before it, where it is in one: both are needed to reach it."""
    channel = str(message.get("channel_id") or place.get("channel_id") or "")
    message_id = str(message["id"])
    remote_id = message_id if channel in ("", place.get("channel_id")) else f"{channel}/{message_id}"
    return Published(remote_id, link({**place, "channel_id": channel}, message_id))


def place_of(remote_id: str) -> tuple[str | None, str] | None:
    """Channel and message of what `published` made, or of the address that a person gave; None when it is neither."""
    found = _ADDRESS.fullmatch(remote_id) or _ID.fullmatch(remote_id)
    return (found[1], found[2]) if found else None


def link(place: Mapping[str, str], *message: str) -> str | None:
    """A permalink, once the guild is known."""
    guild, channel = place.get("guild_id"), place.get("channel_id")
    return "/".join(("https://discord.com/channels", guild, channel, *message)) if guild and channel else None


def snowflake(moment: datetime) -> int:
    """The smallest id that a message of this moment can have (developers/reference.mdx: Snowflakes)."""
    return (moment - _EPOCH) // timedelta(milliseconds=1) << 22
