"""A moving GIF, WebP or PNG passed on as it is: its frames untouched, what it holds beside them taken out.

Nothing is decoded. The file is walked from block to block, and what is not named here does not go along. GIF89a,
https://www.w3.org/Graphics/GIF/spec-gif89a.txt; WebP, https://developers.google.com/speed/webp/docs/riff_container;
PNG (third edition), https://www.w3.org/TR/png-3/; XMP Specification, part 3, "Storage in files".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PIL.ExifTags import Base as ExifTag

from socialbot.pictures.metadata import read_metadata
from socialbot.pictures.opening import BROKEN_METADATA, Kind, recognise

MAX_BYTES = 50_000_000  # of the file as it comes: about three times as many are held while it is read
MAX_FRAMES = 1000
MAX_PIXELS = 500_000_000  # of the canvas times the frames: what a reader has to draw
MAX_SECONDS = 120.0
MOST_PIECES = 500_000  # that are read; a GIF of 60 MB has so many, of 255 bytes each and their lengths

_GIF_LOOPS = (b"\x0bNETSCAPE2.0\3\1", b"\x0bANIMEXTS1.0\3\1")
_GIF_LANDING = bytes((1, *range(255, -1, -1), 0))  # wherever in a bare packet a reader stands, it finds its way out
_WEBP_ICC, _WEBP_ALPHA, _WEBP_XMP, _WEBP_MOVES = 0x20, 0x10, 0x04, 0x02
_WEBP_PIXELS = (b"VP8 ", b"VP8L")
_PNG_KEPT = frozenset(
    (
        *(b"PLTE", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT", b"tRNS", b"bKGD", b"pHYs"),
        *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV", b"cLLI"),
    )
)
_PNG_XMP = b"XML:com.adobe.xmp\0\0\0\0\0"
_DAMAGED = "it is damaged or cut short"
_TURNED = "its metadata say how to turn it, and they are taken out"


class Still(Exception):
    """Why an animation cannot be passed on whole: a clause."""


@dataclass(frozen=True, slots=True)
class Animation:
    """A file without metadata, and what it shows. `width` and `height` in pixels; `credentials`: a C2PA manifest was in it."""

    content: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    frames: int
    seconds: float
    credentials: bool = False


def read_animation(content: bytes, packet: bytes = b"") -> Animation | None:
    """The animation with the XMP `packet` for its only metadata; None when the file does not move.

    Raises Still where it is damaged or too much to show, and Unusable where it is no picture.
    """
    kind = recognise(content)
    if kind not in _READERS:
        return None
    if len(content) > MAX_BYTES:
        raise Still(f"its file has more than {MAX_BYTES // 1_000_000} MB")
    found = _READERS[kind](_File(content), packet)
    if found and _is_turned(content):
        raise Still(_TURNED)
    return found


def _is_turned(content: bytes) -> bool:
    try:
        return bool(read_metadata(content).exif.get(ExifTag.Orientation, 1) != 1)
    except BROKEN_METADATA:
        return False


class _File:
    """Bytes that are taken one piece after another. Raises Still where there are not so many, or too many pieces."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at, self._pieces = content, 0, 0

    def take(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        self._pieces += 1
        if self.at > len(self.content):
            raise Still(_DAMAGED)
        if self._pieces > MOST_PIECES:
            raise Still(f"it is cut into more than {MOST_PIECES:,} pieces")
        return self.content[start : self.at]

    def blocks(self) -> bytes:
        """A GIF's data: pieces that each begin with their length, and the empty one that ends them."""
        start = self.at
        while size := self.take(1)[0]:
            self.take(size)
        return self.content[start : self.at]


class _Frames:
    """Counts the frames of a canvas (width and height in pixels). Raises Still for what leaves the canvas or is too much."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height, self.count, self.seconds = width, height, 0, 0.0

    def add(self, left: int, top: int, width: int, height: int, seconds: float) -> None:
        if not width or not height or left + width > self.width or top + height > self.height:
            raise Still("a frame of it lies beyond its edges")
        self.count += 1
        self.seconds += seconds
        if self.count > MAX_FRAMES:
            raise Still(f"it has more than {MAX_FRAMES:,} frames")
        if self.count * self.width * self.height > MAX_PIXELS:
            raise Still(f"its frames have more than {MAX_PIXELS:,} pixels together")
        if self.seconds > MAX_SECONDS:
            raise Still(f"it lasts longer than {MAX_SECONDS:g} seconds")

    def animation(self, content: list[bytes], mime: str, *, credentials: bool) -> Animation | None:
        """What was found; None of a single frame."""
        if self.count < 2:
            return None
        return Animation(b"".join(content), mime, self.width, self.height, self.count, self.seconds, credentials)


def _gif(file: _File, packet: bytes) -> Animation | None:
    head = file.take(13)
    frames = _Frames(*struct.unpack("<HH", head[6:10]))
    kept = [b"GIF89a", head[6:], file.take(_colours(head[10]))]
    if packet:
        kept.append(b"!\xff\x0bXMP DataXMP" + packet + _GIF_LANDING)
    control, credentials = b"", False
    while (kind := file.take(1)) != b";":
        if kind == b",":
            kept += [control, kind, *_gif_frame(file, frames, control)]
            control = b""
        elif kind == b"!":
            label, blocks = file.take(1), file.blocks()
            if label == b"\xf9" and blocks[:1] == b"\4":
                control = b"!\xf9" + blocks[:5] + b"\0"
            elif label == b"\xff" and blocks[:14] in _GIF_LOOPS and not frames.count:
                kept.append(b"!\xff" + blocks[:16] + b"\0")
            elif label == b"\1":
                control = b""  # it was this text's
            credentials |= label == b"\xff" and blocks[1:9] == b"C2PA_GIF"
        else:
            raise Still(_DAMAGED)
    return frames.animation([*kept, b";"], "image/gif", credentials=credentials)


def _gif_frame(file: _File, frames: _Frames, control: bytes) -> tuple[bytes, ...]:
    descriptor = file.take(9)
    left, top, width, height, flags = struct.unpack("<HHHHB", descriptor)
    hundredths = int.from_bytes(control[4:6], "little")
    frames.add(left, top, width, height, hundredths / 100)
    return descriptor, file.take(_colours(flags)), file.take(1), file.blocks()


def _colours(flags: int) -> int:
    """The bytes of a GIF's colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _webp(file: _File, packet: bytes) -> Animation | None:
    file.take(4)
    end = 8 + int.from_bytes(file.take(4), "little")
    file.take(4)
    name, head = _webp_chunk(file)
    if name != b"VP8X" or len(head) < 10 or not head[0] & _WEBP_MOVES:
        return None
    frames = _Frames(*(1 + int.from_bytes(head[at : at + 3], "little") for at in (4, 7)))
    colours, pictures, credentials = list[bytes](), list[bytes](), False
    while file.at < end:
        name, payload = _webp_chunk(file)
        if name == b"ICCP" and not pictures:
            colours = [_webp_piece(name, payload)]
        elif name == b"ANIM" and not pictures:
            pictures.append(_webp_piece(name, payload[:6]))
        elif name == b"ANMF" and pictures:
            pictures.append(_webp_frame(payload, frames))
        credentials |= name == b"C2PA"
    flags = head[0] & _WEBP_ALPHA | _WEBP_MOVES | _WEBP_ICC * bool(colours) | _WEBP_XMP * bool(packet)
    body = [b"WEBP", _webp_piece(b"VP8X", bytes((flags, 0, 0, 0)) + head[4:10]), *colours, *pictures]
    body += [_webp_piece(b"XMP ", packet)] if packet else []
    size = sum(map(len, body))
    return frames.animation([b"RIFF", size.to_bytes(4, "little"), *body], "image/webp", credentials=credentials)


def _webp_chunk(file: _File) -> tuple[bytes, bytes]:
    name, length = file.take(4), int.from_bytes(file.take(4), "little")
    payload = file.take(length)
    if length % 2 and file.at < len(file.content):  # the last one's padding is often forgotten
        file.take(1)
    return name, payload


def _webp_piece(name: bytes, payload: bytes) -> bytes:
    return name + len(payload).to_bytes(4, "little") + payload + bytes(len(payload) % 2)


def _webp_frame(payload: bytes, frames: _Frames) -> bytes:
    frame = _File(payload)
    head = frame.take(16)
    left, top, width, height, milliseconds = (int.from_bytes(head[at : at + 3], "little") for at in range(0, 15, 3))
    frames.add(2 * left, 2 * top, width + 1, height + 1, milliseconds / 1000)
    kept, drawn = [head], 0
    while frame.at < len(payload) and not drawn:
        name, content = _webp_chunk(frame)
        drawn += name in _WEBP_PIXELS
        if name == b"ALPH" or name in _WEBP_PIXELS:
            kept.append(_webp_piece(name, content))
    if not drawn:
        raise Still(_DAMAGED)
    return _webp_piece(b"ANMF", b"".join(kept))


def _png(file: _File, packet: bytes) -> Animation | None:
    signature, (name, header, first) = file.take(8), _png_chunk(file)
    if name != b"IHDR" or len(header) != 13:
        raise Still(_DAMAGED)
    frames = _Frames(*struct.unpack(">II", header[:8]))
    kept = [signature, first]
    if packet:
        kept.append(_png_piece(b"iTXt", _PNG_XMP + packet))
    announced, credentials = 0, False
    while name != b"IEND":
        name, payload, piece = _png_chunk(file)
        if name == b"acTL":
            announced = int.from_bytes(payload[:4], "big")
        elif name == b"fcTL":
            _png_frame(payload, frames)
        elif name == b"IDAT" and not announced:
            return None
        if name in _PNG_KEPT:
            kept.append(piece)
        elif not name[0] & 0x20:  # a reader must know it, and we do not
            raise Still("it holds what socialbot does not know")
        credentials |= name == b"caBX"
    if frames.count != announced:
        raise Still(_DAMAGED)
    return frames.animation(kept, "image/apng", credentials=credentials)


def _png_chunk(file: _File) -> tuple[bytes, bytes, bytes]:
    """A chunk's type, its payload, and all of it."""
    start = file.at
    length, name = struct.unpack(">I4s", file.take(8))
    payload, check = file.take(length), file.take(4)
    if int.from_bytes(check, "big") != zlib.crc32(payload, zlib.crc32(name)):
        raise Still(_DAMAGED)
    return name, payload, file.content[start : file.at]


def _png_frame(payload: bytes, frames: _Frames) -> None:
    if len(payload) != 26:
        raise Still(_DAMAGED)
    _, width, height, left, top, counted, of_a_second = struct.unpack(">IIIIIHH", payload[:24])
    frames.add(left, top, width, height, counted / (of_a_second or 100))


def _png_piece(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", len(payload), name) + payload + struct.pack(">I", zlib.crc32(payload, zlib.crc32(name)))


_READERS: Mapping[Kind, Callable[[_File, bytes], Animation | None]] = {"GIF": _gif, "WebP": _webp, "PNG": _png}
