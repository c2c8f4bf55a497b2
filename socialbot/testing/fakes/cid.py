"""Content identifiers of the AT Protocol: CIDv1 over DAG-CBOR for records, over raw bytes for blobs, SHA-256, base32."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

DAG_CBOR, RAW = 0x71, 0x55


def of_record(record: Mapping[str, Any]) -> str:
    """The CID of a record given as JSON. Raises ValueError for what the data model does not hold (floats)."""
    return _cid(DAG_CBOR, _encode(record))


def of_blob(content: bytes) -> str:
    """The CID of a blob's bytes."""
    return _cid(RAW, content)


def _cid(codec: int, content: bytes) -> str:
    return "b" + _base32(bytes((1, codec, 0x12, 32)) + hashlib.sha256(content).digest())


def _base32(binary: bytes) -> str:
    return base64.b32encode(binary).decode().lower().rstrip("=")


def _encode(value: Any) -> bytes:
    """DAG-CBOR: definite lengths, shortest integers, map keys by length and then by bytes."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(_encode(item) for item in value)
        case {"$link": str(link)} if len(value) == 1:
            binary = b"\0" + base64.b32decode(link[1:].upper() + "=" * (-(len(link) - 1) % 8))
            return b"\xd8\x2a" + _head(2, len(binary)) + binary
        case Mapping():
            keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
            return _head(5, len(keys)) + b"".join(_encode(key) + _encode(value[key]) for key in keys)
    raise ValueError(f"Expected one of null, boolean, integer, string, cid, bytes, array or object value type (got {value!r})")


def _head(kind: int, argument: int) -> bytes:
    if argument < 24:
        return bytes((kind << 5 | argument,))
    size = next((size for size in range(4) if argument < 1 << 8 * 2**size), None)
    if size is None:
        raise ValueError(f"an integer has at most 64 bits (got {argument})")
    return bytes((kind << 5 | 24 + size,)) + argument.to_bytes(2**size, "big")
