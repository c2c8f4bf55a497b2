"""The pieces of a JPEG, PNG or WebP file, read from the container alone: no pixel is decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from socialbot.pictures.unusable import Unusable

MOST_PIECES = 30_000

# A marker is FF and a code. Between scans FF is followed by 00 (stuffed) or D0 … D7 (restart), which are data.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
END_OF_IMAGE = 0xD9


def jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Every segment as (marker code, payload), in file order, until the end of the first image."""
    for code, start, end in jpeg_markers(content):
        if code != END_OF_IMAGE:
            yield code, content[start + 4 : end]


def jpeg_markers(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Every marker as (code, where it starts, where its segment ends), up to the end of the first image, with that.

    A segment may be announced to end behind the end of the file; what a scan holds follows its segment.
    """
    at = 2
    for _ in range(MOST_PIECES):
        found = _MARKER.search(content, at)
        if not found:
            return
        start, code = found.start(), found[1][0]
        if code == END_OF_IMAGE:
            yield code, start, start + 2
            return
        at = start + 2 + max(int.from_bytes(content[start + 2 : start + 4], "big"), 2)
        yield code, start, at
    raise _too_many_pieces()


def png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk as (type, payload), those after the pixels too."""
    at = 8
    for _ in range(MOST_PIECES):
        if at + 8 > len(content):
            return
        length = int.from_bytes(content[at : at + 4], "big")
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += 12 + length
    raise _too_many_pieces()


def webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk as (FourCC, payload)."""
    at = 12
    for _ in range(MOST_PIECES):
        if at + 8 > len(content):
            return
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        yield content[at : at + 4], content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    raise _too_many_pieces()


def webp_size(content: bytes) -> tuple[int, int]:
    """Width and height of the canvas in pixels; (0, 0) where the file is no valid WebP.

    WebP Container Specification, "Extended File Format"; RFC 6386, 9.1; WebP Lossless Bitstream, "RIFF Header"; all at
    https://developers.google.com/speed/webp/docs/riff_container and beside it.
    """
    name, payload = next(webp_chunks(content), (b"", b""))
    if name == b"VP8X":
        return int.from_bytes(payload[4:7], "little") + 1, int.from_bytes(payload[7:10], "little") + 1
    if name == b"VP8 ":
        return int.from_bytes(payload[6:8], "little") & 0x3FFF, int.from_bytes(payload[8:10], "little") & 0x3FFF
    if name == b"VP8L":
        packed = int.from_bytes(payload[1:5], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    return 0, 0


def _too_many_pieces() -> Unusable:
    return Unusable(f"the file is cut into more than {MOST_PIECES:,} pieces, as no honest picture is", fix="save it anew")
