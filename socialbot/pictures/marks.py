"""Whose a picture is and how it was made: read from its metadata, and written into every variant.

Vocabulary of the digital source type: http://cv.iptc.org/newscodes/digitalsourcetype/ (release of 2024-10-23).
Everything else that a picture's metadata says (places, devices, prompts) stays behind.
"""

from __future__ import annotations

import re
import struct
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from PIL import Image
from PIL.ExifTags import Base as ExifTag

from socialbot.nouns import ImageFacet
from socialbot.pictures import xmp
from socialbot.pictures.containers import jpeg_segments, png_chunks, webp_chunks
from socialbot.pictures.opening import BROKEN_METADATA, open_picture, recognise

MAX_CHARACTERS = 500

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# From the weakest word on AI to the strongest; every other term says none, or nothing of it.
_WORDS_ON_AI = ("composite", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic", "trainedAlgorithmicMedia")
_TERM_OF_FACET: Mapping[ImageFacet, str] = {
    "edited": "compositeWithTrainedAlgorithmicMedia",
    "composite": "compositeSynthetic",
    "generated": "trainedAlgorithmicMedia",
}
_TERM = re.compile(r"(?:https?://cv\.iptc\.org/newscodes/digitalsourcetype/|digsrctype:)?(\w+)/?", re.IGNORECASE)
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")  # XML knows none of them

_JPEG_APP1 = 0xE1
_JPEG_EXIF = b"Exif\0\0"
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_PNG_XMP = b"XML:com.adobe.xmp\0"
_GIF_XMP = b"XMP DataXMP"


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks that every variant keeps. `digital_source_type` is a full URI; an unknown one stays as it was found."""

    credit: str | None = None
    copyright: str | None = None
    creator: str | None = None
    digital_source_type: str | None = None


def read_marks(content: bytes) -> Marks:
    """The marks in a picture's XMP and EXIF, without decoding its pixels.

    Where several source types are named the strongest word on AI counts. Metadata that cannot be parsed is passed over, but
    for a source type that can still be found in it. Raises Unusable when the bytes are no picture.
    """
    with warnings.catch_warnings(action="ignore"):  # Pillow tells standard error of damaged EXIF
        packets, exif = _metadata(content)
        creator, rights = _exif_text(exif, ExifTag.Artist), _exif_text(exif, ExifTag.Copyright)
    said: dict[str, str] = {}
    source_types: list[str | None] = []
    for name, value in chain.from_iterable(map(xmp.read_properties, packets)):
        if name == xmp.SOURCE_TYPE:
            source_types.append(_full_uri(value))
        else:
            said.setdefault(name, value)
    return Marks(
        credit=_plain(said.get(xmp.CREDIT)),
        copyright=_plain(said.get(xmp.RIGHTS)) or rights,
        creator=_plain(said.get(xmp.CREATOR)) or creator,
        digital_source_type=strongest(*source_types),
    )


def strongest(*source_types: str | None) -> str | None:
    """Of several source types the one that says most of AI; the first of equals, None of none."""
    return max((each for each in source_types if each), key=_strength, default=None)


def with_authors_word(marks: Marks, credit: str | None, facet: ImageFacet | None) -> Marks:
    """The marks with the author's credit, and with what the author says of AI where that is more than the file says."""
    term = _TERM_OF_FACET.get(facet) if facet else None
    return Marks(
        credit=_plain(credit) or marks.credit,
        copyright=marks.copyright,
        creator=marks.creator,
        digital_source_type=strongest(marks.digital_source_type, _SOURCE_TYPES + term if term else None),
    )


def as_xmp(marks: Marks) -> bytes:
    """The marks as an XMP packet; empty when there are none."""
    texts = {
        xmp.CREDIT: marks.credit,
        xmp.RIGHTS: marks.copyright,
        xmp.CREATOR: marks.creator,
        xmp.SOURCE_TYPE: marks.digital_source_type,
    }
    return xmp.write_packet({name: text for name, text in texts.items() if text})


def as_exif(marks: Marks) -> bytes:
    """Creator and copyright as an EXIF block; empty when there is neither."""
    exif = Image.Exif()
    for tag, text in ((ExifTag.Artist, marks.creator), (ExifTag.Copyright, marks.copyright)):
        if text:
            # ASCII by the book and UTF-8 in practice; as text, Pillow would write "?" for "©".
            exif[tag] = text.encode()
    return exif.tobytes() if len(exif) else b""


def _metadata(content: bytes) -> tuple[list[bytes], Image.Exif]:
    """The raw XMP packets and the parsed EXIF of a picture."""
    kind = recognise(content)
    if kind == "JPEG":
        blocks = [payload for marker, payload in jpeg_segments(content) if marker == _JPEG_APP1]
        packets = [block.removeprefix(_JPEG_XMP) for block in blocks if block.startswith(_JPEG_XMP)]
        return packets + _extended_xmp(blocks), _exif([block for block in blocks if block.startswith(_JPEG_EXIF)])
    if kind == "PNG":
        chunks = [(name, payload) for name, payload in png_chunks(content) if name in (b"iTXt", b"eXIf")]
        packets = [_itxt(payload) for name, payload in chunks if name == b"iTXt" and payload.startswith(_PNG_XMP)]
        return packets, _exif([payload for name, payload in chunks if name == b"eXIf"])
    if kind == "WebP":
        chunks = list(webp_chunks(content))
        packets = [payload for name, payload in chunks if name == b"XMP "]
        return packets, _exif([payload for name, payload in chunks if name == b"EXIF"])
    if kind == "GIF":
        # The packet has no length of its own; its closing processing instruction ends it.
        after = content.partition(_GIF_XMP)[2][: xmp.MAX_PACKET_BYTES]
        return [after.partition(b"<?xpacket end")[0]], Image.Exif()
    try:
        picture = open_picture(content)
        packet = picture.info.get("xmp")
        return [packet] if isinstance(packet, bytes) else [], picture.getexif()
    except BROKEN_METADATA:
        return [], Image.Exif()


def _extended_xmp(blocks: list[bytes]) -> list[bytes]:
    """XMP too long for one JPEG segment: pieces that each give the packet's digest, its length and their own offset."""
    pieces: dict[bytes, dict[int, bytes]] = {}
    for block in blocks:
        if block.startswith(_JPEG_MORE_XMP) and len(block) > len(_JPEG_MORE_XMP) + 40:
            head = block[len(_JPEG_MORE_XMP) :]
            _, offset = struct.unpack(">II", head[32:40])
            pieces.setdefault(head[:32], {})[offset] = head[40:]
    return [b"".join(packet[offset] for offset in sorted(packet)) for packet in pieces.values()]


def _itxt(payload: bytes) -> bytes:
    """The text of a PNG iTXt chunk: keyword, compression flag and method, language, translated keyword, text."""
    rest = payload[len(_PNG_XMP) :]
    text = b"".join(rest[2:].split(b"\0", 2)[2:])
    if rest[:1] != b"\1":
        return text
    try:
        return zlib.decompressobj().decompress(text, xmp.MAX_PACKET_BYTES + 1)
    except zlib.error:
        return b""


def _exif(blocks: list[bytes]) -> Image.Exif:
    exif = Image.Exif()
    try:
        exif.load(blocks[0] if blocks else b"")
    except BROKEN_METADATA:
        return Image.Exif()
    return exif


def _exif_text(exif: Image.Exif, tag: int) -> str | None:
    value = exif.get(tag)
    if not isinstance(value, str):
        return None
    try:
        return _plain(value.encode("latin-1").decode())
    except UnicodeError:
        return _plain(value)


def _plain(text: str | None) -> str | None:
    """One line of at most 500 characters, or None."""
    return _UNWRITABLE.sub(" ", text or "").strip()[:MAX_CHARACTERS] or None


def _full_uri(value: str) -> str | None:
    """The URI of a source type written as URI, with https, as QCode or as bare term; anything else as it stands."""
    term = _TERM.fullmatch(value.strip())
    return _SOURCE_TYPES + term[1] if term else _plain(value)


def _strength(source_type: str) -> int:
    term = source_type.rstrip("/").rpartition("/")[2].casefold()
    return next((rank for rank, each in enumerate(_WORDS_ON_AI) if each.casefold() == term), -1)
