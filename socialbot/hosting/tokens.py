"""Names of pictures that nobody can guess: the digest and the end of its time, signed. Nothing of them is stored.

A name is made only of a picture that a network is to fetch, so nothing else of the media store can be asked for.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from socialbot.nouns import Mistake, Variant

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
"""Nothing but pictures is ever shown, and none that could carry a script."""
_TYPES = {ending: kind for kind, ending in ENDINGS.items()}
_SIGNATURE_BYTES = 18
# 32 bytes of digest, 4 of time and the signature: a multiple of 3, so that base64 has one spelling for them.
_NAME = re.compile(rf"([\w-]{{72}})\.({'|'.join(_TYPES)})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that may be shown until then."""

    digest: str
    kind: str
    until: datetime


def ending_of(picture: Variant) -> str:
    """The ending of a picture's file name. Raises Mistake for what no network shows."""
    if picture.mime not in ENDINGS:
        raise Mistake(f"pictures of the type {picture.mime} are not shown in public", fix="use JPEG, PNG, WebP or GIF")
    return ENDINGS[picture.mime]


def name_of(key: bytes, picture: Variant, until: datetime) -> str:
    """The name under which a picture is shown until then (to the second). Raises Mistake for what no network shows."""
    told = bytes.fromhex(picture.digest) + int(until.timestamp()).to_bytes(4, "big")
    ending = ending_of(picture)
    return f"{urlsafe_b64encode(told + _signature(key, told, ending)).decode()}.{ending}"


def read_name(key: bytes, name: str) -> Shown | None:
    """What a name stands for, its time over or not; None for every name that we did not make."""
    found = _NAME.fullmatch(name)
    if not found:
        return None
    decoded, ending = urlsafe_b64decode(found[1]), found[2]
    told, signature = decoded[:-_SIGNATURE_BYTES], decoded[-_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(key, told, ending)):
        return None
    return Shown(told[:32].hex(), _TYPES[ending], datetime.fromtimestamp(int.from_bytes(told[32:], "big"), UTC))


def window_end(digest: str, lasts: timedelta, now: datetime) -> datetime:
    """When an address that is asked for now ends: after `lasts` at the soonest, after twice that at the latest.

    It is the same for all who ask within `lasts`, without anything being stored: time is cut into windows, each picture's at a
    place of its own, and an address ends with the window that follows.
    """
    length = int(lasts.total_seconds())
    offset = int(digest[:8], 16) % length
    windows = (int(now.timestamp()) - offset) // length
    return datetime.fromtimestamp((windows + 2) * length + offset, UTC)


def _signature(key: bytes, told: bytes, ending: str) -> bytes:
    return hmac.new(key, told + ending.encode(), hashlib.sha256).digest()[:_SIGNATURE_BYTES]
