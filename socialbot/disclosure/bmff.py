"""AVIF and HEIF: the boxes of ISO 14496-12 in which metadata lies, and the items of ISO 23008-12 that name it."""

from __future__ import annotations

from collections.abc import Iterator

from socialbot.disclosure.exif import Piece, tags
from socialbot.disclosure.source import MAX_PIECE_BYTES, Source

_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_XMP_TYPE = b"application/rdf+xml"
_MAX_TABLE_BYTES = 200_000  # ten thousand items

Span = tuple[int, int]
"""From one byte of the file up to, not including, another."""


def pieces(file: Source) -> Iterator[Piece]:
    """Every carrier of metadata among the boxes."""
    for kind, (start, end) in _boxes(file, (0, file.size)):
        if kind == b"uuid":
            identity, content = file.read(start, 16), (start + 16, end - start - 16)
            if identity == _C2PA:
                yield Piece("c2pa", "a uuid box", "manifest", file.read(*content))
            elif identity == _XMP:
                yield Piece("xmp", "a uuid box", "XMP", file.read(*content))
        elif kind == b"meta":
            yield from _meta(file, (start + 4, end))


def _boxes(file: Source, span: Span) -> Iterator[tuple[bytes, Span]]:
    at, end = span
    while at + 8 <= end:
        head = file.read(at, 16)
        size, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, header = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = end - at
        if size < header:
            return
        yield kind, (at + header, min(at + size, end))
        at += size


def _meta(file: Source, span: Span) -> Iterator[Piece]:
    inside = dict(_boxes(file, span))
    if b"iinf" not in inside or b"iloc" not in inside:
        return
    kinds = dict(_items(file, inside[b"iinf"]))
    start, end = inside[b"iloc"]
    for item, places in _locations(file.read(start, min(end - start, _MAX_TABLE_BYTES)), inside.get(b"idat", (0, 0))[0]):
        if item not in kinds:
            continue
        content = b"".join(file.read(at, min(count, MAX_PIECE_BYTES)) for at, count in places)
        if kinds[item] == b"Exif":
            yield from tags(file.within(content[4 + int.from_bytes(content[:4], "big") :]))
        else:
            yield Piece("xmp", "an item", "XMP", content)


def _items(file: Source, span: Span) -> Iterator[tuple[int, bytes]]:
    """The number of every item of EXIF or XMP, and which of them it is."""
    start, end = span
    entries = start + (6 if file.read(start, 1) == b"\0" else 8)
    for _, (at, after) in _boxes(file, (entries, end)):
        entry = file.read(at, min(after - at, 256))
        wide = 2 * (entry[:1] == b"\3")
        item, kind = int.from_bytes(entry[4 : 6 + wide], "big"), entry[8 + wide : 12 + wide]
        if kind == b"Exif" or (kind == b"mime" and _XMP_TYPE in entry):
            yield item, kind


def _locations(table: bytes, item_data: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Each item's number and its extents, as (start, bytes) in the file."""
    at = 0

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(table[at - size : at], "big")

    version = number(4) >> 24
    sizes = number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    if not length_size:  # nothing to read, and nothing that would end the walk
        return
    for _ in range(number(4 if version == 2 else 2)):
        if at > len(table):
            return
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        number(2)  # which file: ours
        base = number(base_size) + (item_data if method == 1 else 0)
        extents = []
        for _ in range(number(2)):
            number(index_size if version else 0)
            extents.append((base + number(offset_size), number(length_size)))
            if at > len(table):
                return
        yield item, extents
