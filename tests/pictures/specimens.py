"""Pictures made for the tests, and the traps among them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def quarters(width: int = 600, height: int = 400) -> Image.Image:
    """Four colours, one in each corner: every turn and flip of it looks different."""
    picture = Image.new("RGB", (width, height))
    for corner, colour in enumerate([(220, 30, 30), (30, 200, 30), (30, 30, 220), (220, 220, 30)]):
        picture.paste(colour, (corner % 2 * width // 2, corner // 2 * height // 2, width, height))
    return picture


def noise(width: int, height: int) -> Image.Image:
    """The worst an encoder can meet."""
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8))


def encoded(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as bytes of that format; a PNG takes XMP the way PNG does."""
    if kind == "PNG" and "xmp" in options:
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", options.pop("xmp").decode())
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def filed(folder: Path, content: bytes) -> Path:
    """The bytes in a file whose name tells nothing of their kind."""
    file = folder / "picture"
    file.write_bytes(content)
    return file


def xmp(properties: str, prefix: str = "") -> bytes:
    """A packet around properties of the picture; `prefix` may hold a prolog."""
    return (
        f'{prefix}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"{properties}</rdf:RDF></x:xmpmeta>"
    ).encode()


def scan_bomb() -> bytes:
    """A progressive JPEG whose last scan is said again and again."""
    content = encoded(quarters(), progressive=True)
    last_scan = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last_scan * 200 + content[-2:]


def pixel_bombs() -> dict[str, bytes]:
    """Small files that announce billions of pixels."""
    jpeg = bytearray(encoded(quarters()))
    size_at = jpeg.index(b"\xff\xc0") + 5
    jpeg[size_at : size_at + 4] = struct.pack(">HH", 65500, 65500)
    gif = bytearray(encoded(quarters(), "GIF"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    webp = bytearray(encoded(quarters().convert("RGBA"), "WEBP", lossless=True, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"))
    assert webp[12:16] == b"VP8X"
    webp[24:30] = (16382).to_bytes(3, "little") * 2
    return {"JPEG": bytes(jpeg), "PNG": png_of(65536, 65536), "GIF": bytes(gif), "WebP": bytes(webp)}


def png_of(width: int, height: int) -> bytes:
    """A PNG of that announced size with a few bytes of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
