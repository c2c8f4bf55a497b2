"""Where a picture's file keeps its metadata: walked from header to header, the pixels skipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from socialbot.disclosure import bmff
from socialbot.disclosure.exif import Piece, credit, tags
from socialbot.disclosure.source import Source

_START_OF_SCAN, _END_OF_IMAGE, _APP1, _APP11, _APP13, _COMMENT = 0xDA, 0xD9, 0xE1, 0xEB, 0xED, 0xFE
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_C2PA_BOX = b"jumdc2pa"  # the description of a C2PA store begins with its type: "c2pa" and the tail of an ISO UUID
_RAW_PROFILE = re.compile(rb"\s*\w+\s+\d+\s+([0-9A-Fa-f\s]+)")
_RAW_MAX = 1_000_000  # digits and spaces
_PNG_XMP = "XML:com.adobe.xmp"


def pieces(file: Source) -> Iterator[Piece]:
    """Every carrier of metadata in a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIF file; none in anything else.

    Of a JPEG what stands before its first scan, where every writer puts it. Raises Exhausted and OSError.
    """
    head = file.read(0, 16)
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(file)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(file)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(file)
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return _gif(file)
    if head[:4] in (b"II*\0", b"MM\0*"):
        return tags(file.read)
    if head[4:8] == b"ftyp":
        return bmff.pieces(file)
    return iter(())


def _exif(file: Source, block: bytes) -> Iterator[Piece]:
    return tags(file.within(block.removeprefix(_EXIF)))


def _jpeg(file: Source) -> Iterator[Piece]:
    manifest: list[tuple[int, int, bytes]] = []
    more_xmp: list[tuple[bytes, int, bytes]] = []
    for marker, payload in _segments(file):
        if marker == _COMMENT:
            yield Piece("text", "JPEG", "Comment", payload)
        elif marker == _APP13:
            yield from credit(payload)
        elif marker == _APP11 and payload[:2] == b"JP":
            manifest.append((int.from_bytes(payload[2:4], "big"), int.from_bytes(payload[4:8], "big"), payload[8:]))
        elif payload.startswith(_EXIF):
            yield from _exif(file, payload)
        elif payload.startswith(_XMP):
            yield Piece("xmp", "JPEG APP1", "XMP", payload[len(_XMP) :])
        elif payload.startswith(_MORE_XMP):
            piece = payload[len(_MORE_XMP) :]  # digest of the whole, its length, this piece's place in it
            more_xmp.append((piece[:32], int.from_bytes(piece[36:40], "big"), piece[40:]))
    for _, group in groupby(sorted(more_xmp), lambda piece: piece[0]):
        yield Piece("xmp", "JPEG APP1", "XMP", b"".join(content for *_, content in group))
    for _, boxes in groupby(sorted(manifest), lambda piece: piece[0]):
        store = _joined([content for *_, content in boxes])
        if _C2PA_BOX in store[:64]:
            yield Piece("c2pa", "JPEG APP11", "manifest", store)


def _segments(file: Source) -> Iterator[tuple[int, bytes]]:
    """The segments that can hold metadata, as (marker, payload), up to the first scan."""
    at = 2
    while at < file.size:
        head = file.read(at, 4)
        marker = head[1] if len(head) == 4 and head[0] == 0xFF else 0xFF
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return
        if marker == 0xFF:  # fill, or garbage, which decoders pass over too
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            length = int.from_bytes(head[2:], "big")
            if marker in (_APP1, _APP11, _APP13, _COMMENT):
                yield marker, file.read(at + 4, length - 2)
            at += 2 + max(length, 2)


def _joined(parts: list[bytes]) -> bytes:
    """A JUMBF box cut into segments, each of which repeats the box's header: 8 bytes, or 16 where its length is long."""
    header = 16 if parts[0][:4] == b"\0\0\0\1" else 8
    return parts[0] + b"".join(part[header:] for part in parts[1:])


def _png(file: Source) -> Iterator[Piece]:
    at = 8
    while len(head := file.read(at, 8)) == 8:
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            yield from _png_text(file, kind, file.read(at + 8, length))
        elif kind == b"eXIf":
            yield from _exif(file, file.read(at + 8, length))
        elif kind == b"caBX":
            store = file.read(at + 8, length)
            if _C2PA_BOX in store[:64]:
                yield Piece("c2pa", "PNG caBX", "manifest", store)
        at += 12 + length


def _png_text(file: Source, kind: bytes, payload: bytes) -> Iterator[Piece]:
    keyword, _, text = payload.partition(b"\0")
    if kind == b"zTXt":
        text = file.inflate(text[1:])
    elif kind == b"iTXt":  # compression flag and method, language, translated keyword, text
        compressed, text = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
        text = file.inflate(text) if compressed else text
    name = keyword.decode("latin-1")
    if name == _PNG_XMP:
        yield Piece("xmp", "PNG", "XMP", text)
    elif name.startswith("Raw profile type "):
        yield from _raw_profile(file, name.rpartition(" ")[2].lower(), text)
    else:
        yield Piece("text", "PNG text", name, text)


def _raw_profile(file: Source, kind: str, text: bytes) -> Iterator[Piece]:
    """A profile written in hexadecimal, as ImageMagick does: its name, its length, its bytes."""
    found = _RAW_PROFILE.match(text[:_RAW_MAX])
    digits = b"".join(found[1].split()) if found else b""
    profile = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
    if kind == "xmp" or profile.startswith(_XMP):
        yield Piece("xmp", "PNG", "XMP", profile.removeprefix(_XMP))
    elif kind in ("exif", "app1"):
        yield from _exif(file, profile)
    elif kind in ("iptc", "8bim"):
        yield from credit(profile)


def _webp(file: Source) -> Iterator[Piece]:
    at = 12
    while len(head := file.read(at, 8)) == 8:
        kind, length = head[:4], int.from_bytes(head[4:], "little")
        if kind == b"XMP ":
            yield Piece("xmp", "WebP", "XMP", file.read(at + 8, length))
        elif kind == b"EXIF":
            yield from _exif(file, file.read(at + 8, length))
        elif kind == b"C2PA":
            yield Piece("c2pa", "WebP C2PA", "manifest", file.read(at + 8, length))
        at += 8 + length + length % 2


def _gif(file: Source) -> Iterator[Piece]:
    at = 13 + _colours(file.read(10, 1))
    while kind := file.read(at, 2):
        if kind[:1] == b",":
            at = _after_blocks(file, at + 11 + _colours(file.read(at + 9, 1)))
        elif kind == b"!\xfe":
            start, at = at + 2, _after_blocks(file, at + 2)
            yield Piece("text", "GIF", "Comment", _joined_blocks(file.read(start, at - start)))
        elif kind == b"!\xff":
            start, at = at + 14, _after_blocks(file, at + 2)
            name = file.read(start - 11, 11)
            if name == b"XMP DataXMP":  # not in sub-blocks: the packet lies bare, and a ramp of bytes after it lands the walk
                yield Piece("xmp", "GIF", "XMP", file.read(start, at - start).partition(b"<?xpacket end")[0])
            elif name.startswith(b"C2PA_GIF"):
                yield Piece("c2pa", "GIF C2PA_GIF", "manifest", _joined_blocks(file.read(start, at - start)))
        elif kind[:1] == b"!":
            at = _after_blocks(file, at + 2)
        else:  # the trailer, or nothing that a GIF has
            return


def _colours(flags: bytes) -> int:
    """The bytes of a colour table."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _after_blocks(file: Source, at: int) -> int:
    while size := file.read(at, 1):
        at += 1 + size[0]
        if size == b"\0":
            break
    return at


def _joined_blocks(blocks: bytes) -> bytes:
    parts, at = [], 0
    while at < len(blocks):
        parts.append(blocks[at + 1 : at + 1 + blocks[at]])
        at += 1 + blocks[at]
    return b"".join(parts)
