"""A picture's metadata as it stands in the file: XMP packets, EXIF and named texts. No pixel is decoded."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image
from PIL.ExifTags import IFD
from PIL.ExifTags import Base as ExifTag

from socialbot.pictures import xmp
from socialbot.pictures.containers import jpeg_segments, png_chunks, webp_chunks
from socialbot.pictures.opening import BROKEN_METADATA, open_picture, recognise

MOST = 20  # packets, and as many texts: an honest picture has one or two, a hostile one thousands to be inflated
TEXTS = ("aigc", "imagedescription", "description", "comment", "usercomment")  # where China's label is put

_JPEG_APP1, _JPEG_APP13, _JPEG_COMMENT = 0xE1, 0xED, 0xFE
_EXIF = b"Exif\0\0"
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_PNG_XMP = "xml:com.adobe.xmp"
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_PNG_PROFILE = "raw profile type "
_GIF_XMP = b"XMP DataXMP"
_IIM_RESOURCE = b"8BIM\4\4"
# IPTC-IIM 4.2, record 2: a dataset's number, and its length where that is under 256 as the standard has it.
_IIM_DATASET = re.compile(rb"\x1c\x02([\x50\x6e\x74])\0([\x01-\xff])")
BY_LINE, CREDIT, COPYRIGHT = 0x50, 0x6E, 0x74
_HEXADECIMAL = re.compile(rb"\s*\w+\s+\d+\s+([0-9A-Fa-f\s]+)")


@dataclass(frozen=True, slots=True)
class Metadata:
    """XMP packets as bytes, EXIF parsed, IPTC-IIM by dataset, and the texts named in `TEXTS` as (name, content)."""

    packets: list[bytes] = field(default_factory=list)
    exif: Image.Exif = field(default_factory=Image.Exif)
    texts: list[tuple[str, bytes]] = field(default_factory=list)
    iim: dict[int, bytes] = field(default_factory=dict)


def read_metadata(content: bytes) -> Metadata:
    """What a picture's file holds beside its pixels, as far as it can be parsed. Raises Unusable when it is no picture."""
    kind = recognise(content)
    if kind == "JPEG":
        found = _jpeg(content)
    elif kind == "PNG":
        found = _png(content)
    elif kind == "WebP":
        chunks = list(webp_chunks(content))
        packets = [payload for name, payload in chunks if name == b"XMP "][:MOST]
        found = Metadata(packets, _parsed([payload for name, payload in chunks if name == b"EXIF"]))
    elif kind == "GIF":
        # The packet has no length of its own; its closing processing instruction ends it.
        after = content.partition(_GIF_XMP)[2][: xmp.MAX_PACKET_BYTES]
        found = Metadata([after.partition(b"<?xpacket end")[0]])
    else:
        found = _by_decoder(content)
    found.texts.extend(_exif_texts(found.exif))
    return found


def _jpeg(content: bytes) -> Metadata:
    found: dict[int, list[bytes]] = {_JPEG_APP1: [], _JPEG_APP13: [], _JPEG_COMMENT: []}
    for marker, payload in jpeg_segments(content):
        if marker in found:
            found[marker].append(payload)
    blocks = found[_JPEG_APP1]
    packets = [block.removeprefix(_JPEG_XMP) for block in blocks if block.startswith(_JPEG_XMP)]
    return Metadata(
        packets=(packets + _extended_xmp(blocks))[:MOST],
        exif=_parsed([block for block in blocks if block.startswith(_EXIF)]),
        texts=[("comment", comment) for comment in found[_JPEG_COMMENT][:MOST]],
        iim=_iim(found[_JPEG_APP13][0] if found[_JPEG_APP13] else b""),
    )


def _iim(block: bytes) -> dict[int, bytes]:
    said: dict[int, bytes] = {}
    for found in _IIM_DATASET.finditer(block, max(block.find(_IIM_RESOURCE), 0)):
        said.setdefault(found[1][0], block[found.end() : found.end() + found[2][0]])
    return said


def _extended_xmp(blocks: list[bytes]) -> list[bytes]:
    """XMP too long for one JPEG segment: pieces that each give the packet's digest, its length and their own offset."""
    pieces: dict[bytes, dict[int, bytes]] = {}
    for block in blocks:
        if block.startswith(_JPEG_MORE_XMP) and len(block) > len(_JPEG_MORE_XMP) + 40:
            head = block[len(_JPEG_MORE_XMP) :]
            _, offset = struct.unpack(">II", head[32:40])
            pieces.setdefault(head[:32], {})[offset] = head[40:]
    return [b"".join(packet[offset] for offset in sorted(packet)) for packet in pieces.values()]


def _png(content: bytes) -> Metadata:
    packets, blocks, texts = list[bytes](), list[bytes](), list[tuple[str, bytes]]()
    for name, payload in png_chunks(content):
        keyword = payload[:80].partition(b"\0")[0].decode("latin-1").lower()
        if name == b"eXIf":
            blocks.append(payload)
        elif name not in _PNG_TEXTS:
            continue
        elif keyword == _PNG_XMP and len(packets) < MOST:
            packets.append(_png_text(name, payload))
        elif keyword == _PNG_PROFILE + "xmp" and len(packets) < MOST:
            packets.append(_profile(_png_text(name, payload)))
        elif keyword in (_PNG_PROFILE + "exif", _PNG_PROFILE + "app1") and len(packets) + len(blocks) < MOST:
            profile = _profile(_png_text(name, payload))
            (packets if profile.startswith(_JPEG_XMP) else blocks).append(profile.removeprefix(_JPEG_XMP))
        elif keyword in TEXTS and len(texts) < MOST:
            texts.append((keyword, _png_text(name, payload)))
    return Metadata(packets, _parsed(blocks), texts)


def _png_text(name: bytes, payload: bytes) -> bytes:
    """The text of a chunk. In iTXt compression flag and method, language and translated keyword stand before it."""
    rest = payload.partition(b"\0")[2]
    compressed = name == b"zTXt" or (name == b"iTXt" and rest[:1] == b"\1")
    text = {b"tEXt": rest, b"zTXt": rest[1:], b"iTXt": rest[2:].split(b"\0", 2)[-1]}[name]
    if not compressed:
        return text
    try:
        return zlib.decompressobj().decompress(text, xmp.MAX_PACKET_BYTES + 1)
    except zlib.error:  # damaged: it says nothing
        return b""


def _profile(text: bytes) -> bytes:
    """A profile written in hexadecimal, as ImageMagick does: its name, its length, its bytes."""
    found = _HEXADECIMAL.match(text[: 2 * xmp.MAX_PACKET_BYTES])
    digits = b"".join(found[1].split()) if found else b""
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _by_decoder(content: bytes) -> Metadata:
    try:
        picture = open_picture(content)
        packet = picture.info.get("xmp")
        return Metadata([packet] if isinstance(packet, bytes) else [], picture.getexif())
    except BROKEN_METADATA:
        return Metadata()


def _parsed(blocks: list[bytes]) -> Image.Exif:
    exif = Image.Exif()
    try:
        exif.load(blocks[0] if blocks else b"")
    except BROKEN_METADATA:
        return Image.Exif()
    return exif


def _exif_texts(exif: Image.Exif) -> Iterator[tuple[str, bytes]]:
    try:
        values = {"imagedescription": exif.get(ExifTag.ImageDescription)}
        values["usercomment"] = exif.get_ifd(IFD.Exif).get(ExifTag.UserComment)
    except BROKEN_METADATA:
        return
    for name, value in values.items():
        if isinstance(value, str | bytes):
            yield name, value.encode("latin-1", "replace") if isinstance(value, str) else value
