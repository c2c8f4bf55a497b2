"""What stands in a manifest store, byte for byte: its boxes (ISO 19566-5, JUMBF) and the CBOR in them (RFC 8949).

The library leaves out what it does not know. To be sure that no word goes out unread, the store is read here again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

_MAX_DEPTH = 20
_LABELLED = 2  # of a description box's toggles


class Unreadable(Exception):
    """It is not what the standard says, or built as a trap."""


def boxes(store: bytes, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bytes, bytes]]:
    """Every content box as (labels from the outermost box inwards, kind, content). Raises Unreadable."""
    if len(path) > _MAX_DEPTH:
        raise Unreadable
    at, label = 0, ""
    while at < len(store):
        if len(store) - at < 8:
            raise Unreadable
        length, kind = struct.unpack(">I4s", store[at : at + 8])
        content = store[at + 8 : at + length]
        if length < 8 or at + length > len(store):
            raise Unreadable
        if kind == b"jumb":
            yield from boxes(content, (*path, label) if label else path)
        elif kind == b"jumd":
            name, _, rest = content[17:].partition(b"\0") if content[16:17] and content[16] & _LABELLED else (b"", b"", b"")
            label = name.decode("utf-8", "replace")
            yield (*path, label), kind, rest
        else:
            yield (*path, label), kind, content
        at += length


def decoded(content: bytes) -> Any:
    """The one CBOR value that `content` is. Raises Unreadable."""
    try:
        value, end = _value(content, 0, 0)
    except (IndexError, struct.error, UnicodeDecodeError, TypeError) as error:
        raise Unreadable from error
    if end != len(content):
        raise Unreadable
    return value


def _value(content: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise Unreadable
    major, short = content[at] >> 5, content[at] & 31
    if short > 27:  # lengths that are not known in advance: the standard's deterministic form has none
        raise Unreadable
    size = 1 << (short - 24) if short > 23 else 0
    count = int.from_bytes(content[at + 1 : at + 1 + size], "big") if size else short
    at += 1 + size
    if at > len(content):
        raise Unreadable
    if major in (2, 3):
        end = at + count
        if end > len(content):
            raise Unreadable
        return (content[at:end].decode() if major == 3 else content[at:end]), end
    if major == 4:
        items = []
        for _ in range(count):
            item, at = _value(content, at, depth + 1)
            items.append(item)
        return items, at
    if major == 5:
        pairs: dict[Any, Any] = {}
        for _ in range(count):
            key, at = _value(content, at, depth + 1)
            if key in pairs:
                raise Unreadable
            pairs[key], at = _value(content, at, depth + 1)
        return pairs, at
    return _value(content, at, depth + 1) if major == 6 else (count, at)
