"""Pictures made for the tests, and the traps among them."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms
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


def growing_gif() -> bytes:
    """A small GIF whose second frame lies so far out that the canvas grows to 80 megapixels."""
    blank = Image.new("RGB", (600, 400), "white")
    content = bytearray(encoded(blank, "GIF", save_all=True, append_images=[quarters()]))
    descriptor = content.rindex(b"\x21\xf9\x04") + 8
    assert content[descriptor] == 0x2C
    content[descriptor + 1 : descriptor + 5] = struct.pack("<HH", 8000, 9000)
    return bytes(content)


def png_of(width: int, height: int) -> bytes:
    """A PNG of that announced size with a few bytes of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def display_p3() -> bytes:
    """Its primaries, adapted to D50 as a profile has them, and the tone curve of sRGB. https://www.w3.org/TR/css-color-4/"""
    return _with_primaries((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def adobe_rgb() -> bytes:
    """Adobe RGB (1998): https://www.adobe.com/digitalimag/pdfs/AdobeRGB1998.pdf, section 4.3, and its curve, a plain gamma."""
    content = _with_primaries((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
    at = _place_of(content, b"rTRC")
    return content[: at + 8] + struct.pack(">HHi", 0, 0, round(2.19921875 * 65536)) + content[at + 16 :]


def _with_primaries(*primaries: tuple[float, float, float]) -> bytes:
    content = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for tag, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True):
        at = _place_of(content, tag) + 8
        content = content[:at] + struct.pack(">3i", *(round(each * 65536) for each in xyz)) + content[at + 12 :]
    return content


def _place_of(profile: bytes, tag: bytes) -> int:
    return int.from_bytes(profile[profile.index(tag, 128) + 4 :][:4], "big")


def cmyk_profile(inks: Callable[[tuple[float, float, float, float]], tuple[float, float, float]], points: int = 5) -> bytes:
    """A printer's profile whose table says which Lab colour each of points⁴ mixes of C, M, Y, K (0 … 1) has.

    ICC.1:2001-04, 6.1 (header), 6.5.7 (lut8Type). https://www.color.org/icc_specs2.xarg
    """
    steps = [step / (points - 1) for step in range(points)]
    table = bytearray()
    for lightness, a, b in map(inks, product(steps, repeat=4)):
        table += bytes((round(lightness * 2.55), round(a) + 128, round(b) + 128))
    straight = bytes(range(256))
    lut = b"mft1" + bytes(4) + bytes((4, 3, points, 0)) + struct.pack(">9i", *(65536 * (n % 4 == 0) for n in range(9)))
    lut += straight * 4 + bytes(table) + straight * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", *(round(each * 65536) for each in (0.9642, 1.0, 0.8249)))
    lut += bytes(-len(lut) % 4)
    at = 128 + 4 + 2 * 12
    tags = struct.pack(">I4sII4sII", 2, b"A2B0", at, len(lut), b"wtpt", at + len(lut), len(white))
    header = struct.pack(
        ">I4sI4s4s4s12s4s", at + len(lut) + len(white), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ", bytes(12), b"acsp"
    )
    header += bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    assert len(header) == 128
    return header + tags + lut + white


HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERA"
    "AAEAAQAAAAABegABAAAAAAAAAPEAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlwcnAAAAC3aXBjbwAA"
    "AHhodmNDAQNwAAAAkAAAAAAAPPAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAPLoCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwA8oAoIDxZb"
    "qSSmubgIaDAgAAADAyAAAAMAIWIAAQAHRAHBcrBiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAAFAAAAA8AAAABBwaXhpAAAAAAMICAgA"
    "AAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAAPltZGF0AAAA7SgBr1IdVBcQ+Q6SX//xnr//YlJD5rejGxkj8D9e4+oerXVfu1Df87OkIQnnQERlvCAa8KXq"
    "RrgStWP+gWzVS3uNexBo8dAKS01K21a0ucbhSwwo252gdZzFh3Fi0cLu1Q14pki38+13U4N7iNy+lc4JdVzMgNNKNCifBbhKBKbeqRXCkH500Y39P9pw"
    "4syYtumDqADY4dLCBncEo5nbEFuVzecdD2n6c0VSVZYWQIcAAAMCMgVnuCtAHp/QFTQvrsbqueVNl1ABscOlhAzuCUcztiaXZkocqydkLwCT6lr70z34"
    "YzE7oxF7CAAMOA=="
)
"""`quarters(320, 240)` as a phone would store it; the extra that reads such files cannot write them."""
