"""The types of the AT Protocol's lexicons as checks, with the words of the reference PDS.

Each takes a value and its path in the record, and raises Invalid, or BlobNotFound.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import regex

_DATETIME = regex.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)")


class Invalid(Exception):
    """The record breaks its lexicon; the message names the path."""


class BlobNotFound(Exception):
    """The record names a blob that was not uploaded, or is gone."""


@dataclass(frozen=True, slots=True)
class Blob:
    """An uploaded picture: size in bytes, width and height in pixels."""

    content: bytes
    mime: str
    width: int
    height: int


def holds(value: Any, path: str, *, required: tuple[str, ...] = ()) -> None:
    """An object with at least these keys."""
    if not isinstance(value, dict):
        raise Invalid(f"Expected object value type (got {_shown(value)}) at {path}")
    for key in required:
        if key not in value:
            raise Invalid(f'Missing required key "{key}" at {path}')


def keys(value: Any, path: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    """An object with these keys and no other."""
    holds(value, path, required=required)
    for key in value:
        if key not in required + optional:
            raise Invalid(f'Unexpected key "{key}" at {path}')


def array(value: Any, path: str, longest: int | None = None) -> list[Any]:
    """A list of at most `longest` items."""
    if not isinstance(value, list):
        raise Invalid(f"Expected array value type (got {_shown(value)}) at {path}")
    if longest is not None and len(value) > longest:
        raise Invalid(f"array too big (maximum {longest}, got {len(value)}) at {path}")
    return value


def text(value: Any, path: str, max_graphemes: int | None = None, max_bytes: int | None = None) -> str:
    """A string within its limits, in graphemes and in bytes of UTF-8."""
    if not isinstance(value, str):
        raise Invalid(f"Expected string value type (got {_shown(value)}) at {path}")
    if max_bytes is not None and len(value.encode()) > max_bytes:
        raise Invalid(f"string too big (maximum {max_bytes}, got {len(value.encode())}) at {path}")
    graphemes = len(regex.findall(r"\X", value))
    if max_graphemes is not None and graphemes > max_graphemes:
        raise Invalid(f"grapheme too big (maximum {max_graphemes}, got {graphemes}) at {path}")
    return value


def integer(value: Any, path: str, least: int) -> int:
    """A whole number, `least` or more."""
    if type(value) is not int:
        raise Invalid(f"Expected integer value type (got {_shown(value)}) at {path}")
    if value < least:
        raise Invalid(f"integer too small (minimum {least}, got {value}) at {path}")
    return value


def uri(value: Any, path: str) -> str:
    """A web address."""
    address = text(value, path)
    split = urlsplit(address)
    if split.scheme not in ("http", "https") or not split.hostname or regex.search(r"\s", address):
        raise Invalid(f'Invalid uri (got "{address}") at {path}')
    return address


def moment(value: Any, path: str) -> None:
    """A date and time with its zone."""
    written = text(value, path)
    try:
        # Python reads up to six digits of a second's fraction, the protocol allows twenty.
        datetime.fromisoformat(regex.sub(r"(\.\d{6})\d+", r"\1", written))
        valid = _DATETIME.fullmatch(written) and not written.endswith("-00:00") and not written.startswith("0000")
    except ValueError:
        valid = False
    if not valid:
        raise Invalid(f'Invalid datetime (got "{written}") at {path}')


def blob(value: Any, blobs: Mapping[str, Blob], max_bytes: int, path: str) -> Blob:
    """A reference to one of the uploads, true in its type and its size."""
    keys(value, path, required=("$type", "ref", "mimeType", "size"))
    keys(value["ref"], f"{path}.ref", required=("$link",))
    link = text(value["ref"]["$link"], f"{path}.ref.$link")
    found = blobs.get(link)
    if found is None:
        raise BlobNotFound(f"Could not find blob: {link}")
    if value["$type"] != "blob" or value["mimeType"] != found.mime or value["size"] != len(found.content):
        raise Invalid(f"the blob is {found.mime} of {len(found.content)} bytes (got {value}) at {path}")
    if len(found.content) > max_bytes:
        raise Invalid(f"blob too big (maximum {max_bytes}, got {len(found.content)}) at {path}")
    return found


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
