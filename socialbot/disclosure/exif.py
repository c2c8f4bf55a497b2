"""EXIF and TIFF tags: the few that name a picture's maker, read where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from socialbot.disclosure.source import MAX_PIECE_BYTES, Read


class Piece(NamedTuple):
    """One carrier of metadata: what it is, where it stands, its name there, and what it says."""

    kind: Literal["text", "xmp", "c2pa"]
    where: str
    name: str
    content: bytes


_TEXTS = {0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model", 0x0131: "Software", 0x013B: "Artist"}
_USER_COMMENT, _EXIF_IFD, _XMP, _IIM = 0x9286, 0x8769, 0x02BC, 0x83BB
_C2PA = 0xCD41  # C2PA 2.1, "Embedding manifests into TIFF"
_MAX_ENTRIES = 500
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 9: 4, 10: 8, 13: 4}  # bytes of one value of each TIFF type
_CREDIT = re.compile(rb"\x1c\x02\x6e\x00([\x01-\xff])")  # IPTC-IIM dataset 2:110 and its length
_CHARACTER_CODES = (b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0")


def tags(read: Read) -> Iterator[Piece]:
    """What the first directory of a TIFF structure, and its EXIF directory, say of the picture's making."""
    head = read(0, 8)
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    if head[:4] not in (b"II*\0", b"MM\0*"):
        return
    for tag, value in _directory(read, int.from_bytes(head[4:8], order), order):
        if tag in _TEXTS:
            yield Piece("text", "EXIF", _TEXTS[tag], value)
        elif tag == _EXIF_IFD:
            for inner, text in _directory(read, int.from_bytes(value[:4], order), order):
                if inner == _USER_COMMENT:
                    yield Piece("text", "EXIF", "UserComment", _without_code(text))
        elif tag == _XMP:
            yield Piece("xmp", "TIFF", "XMP", value)
        elif tag == _IIM:
            yield from credit(value)
        elif tag == _C2PA:
            yield Piece("c2pa", "TIFF", "manifest", value)


def credit(content: bytes) -> Iterator[Piece]:
    """The credit line in IPTC-IIM records, bare or within a Photoshop resource block."""
    found = _CREDIT.search(content)
    if found:
        yield Piece("text", "IPTC", "Credit", content[found.end() : found.end() + found[1][0]])


def _directory(read: Read, start: int, order: Literal["little", "big"]) -> Iterator[tuple[int, bytes]]:
    count = int.from_bytes(read(start, 2), order)
    for at in range(start + 2, start + 2 + 12 * min(count, _MAX_ENTRIES), 12):
        entry = read(at, 12)
        if len(entry) < 12:
            return
        tag = int.from_bytes(entry[:2], order)
        if tag not in _TEXTS and tag not in (_USER_COMMENT, _EXIF_IFD, _XMP, _IIM, _C2PA):
            continue
        size = _SIZES.get(int.from_bytes(entry[2:4], order), 1) * int.from_bytes(entry[4:8], order)
        place = int.from_bytes(entry[8:], order)
        yield tag, entry[8 : 8 + size] if size <= 4 else read(place, min(size, MAX_PIECE_BYTES))


def _without_code(comment: bytes) -> bytes:
    return comment[8:] if comment[:8] in _CHARACTER_CODES else comment
