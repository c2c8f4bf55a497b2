"""From untrusted bytes to an upright sRGB picture: recognised by its bytes, and refused before decoding when it is a trap.

The bounds were measured: decoding a picture within them takes seconds at most and under about 400 MB.
"""

from __future__ import annotations

import re
import struct
import warnings
from collections import deque
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image, ImageCms
from PIL.AvifImagePlugin import AvifImageFile
from PIL.ExifTags import Base as ExifTag
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import Transpose
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from socialbot.pictures.containers import jpeg_segments, png_chunks
from socialbot.pictures.unusable import Unusable

Kind = Literal["JPEG", "PNG", "WebP", "AVIF", "GIF", "TIFF"]

MAX_FILE_BYTES = 100_000_000
MAX_DECODED_PIXELS = 60_000_000
MAX_JPEG_PIXELS = 300_000_000  # a baseline JPEG shrinks while it is decoded,
MAX_PROGRESSIVE_PIXELS = 80_000_000  # a progressive one first keeps 3 bytes a pixel
MAX_SCANS = 64  # each scan of a progressive JPEG costs a pass over the whole picture
MIN_SHORT_SIDE = 200

_READERS: dict[Kind, type[ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "AVIF": AvifImageFile,
    "GIF": GifImageFile,
    "TIFF": TiffImageFile,
}
_SIGNATURES: dict[Kind, bytes] = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "WebP": rb"RIFF.{4}WEBP",
    "AVIF": rb".{4}ftyp.{0,60}?avi[fs]",
    "GIF": rb"GIF8[79]a",
    "TIFF": rb"II\*\0|MM\0\*",
}
_NOT_PICTURES = {
    rb"$": "an empty file",
    rb".{4}ftyp(hei|hev|mif1|msf1)": "a HEIC photograph, which socialbot cannot read",
    rb"[^<]{0,8}<(!doctype html|html|head|body|script)": "a web page, not a picture",
    rb"[^<]{0,8}<(.{0,2000}<)?svg": "an SVG drawing, not a picture made of pixels",
    rb"[^<]{0,8}<[a-z!?]": "markup, not a picture",
    rb"%PDF|%!PS": "a printed page (PDF or PostScript), not a picture",
    rb"[\t\n\r -\x7e\x80-\xff]{64}|[\t\n\r -\x7e\x80-\xff]+$": "text, not a picture",
}
_EXPORT = "export it as JPEG, PNG or WebP"

_START_OF_SCAN = 0xDA
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}

_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
BROKEN_METADATA = (SyntaxError, ValueError, TypeError, KeyError, IndexError, OSError, RuntimeError, struct.error)


@dataclass(frozen=True, slots=True)
class Master:
    """A picture decoded once: RGB in sRGB, upright, opaque, and no larger than the shapes need.

    `reduction` is how many pixels of the file lie along one pixel of `image`.
    """

    image: Image.Image
    reduction: float
    warnings: tuple[str, ...] = ()


def recognise(content: bytes) -> Kind:
    """What kind of picture these bytes are. Raises Unusable when they are none that can be read."""
    for kind in get_args(Kind):
        if re.match(_SIGNATURES[kind], content[:80], re.DOTALL):
            return kind  # type: ignore[no-any-return]
    for pattern, what in _NOT_PICTURES.items():
        if re.match(pattern, content[:2100].lstrip(), re.DOTALL | re.IGNORECASE):
            raise Unusable(f"it is {what}", fix=_EXPORT)
    raise Unusable("it is no kind of picture that socialbot knows", fix=_EXPORT)


def open_picture(content: bytes) -> ImageFile:
    """The picture's header and metadata, pixels not yet decoded. Raises Unusable, or what Pillow raises on damage."""
    return _READERS[recognise(content)](BytesIO(content))


def open_master(content: bytes, needed: tuple[int, int]) -> Master:
    """Decode a picture, upright, at the smallest scale that still covers `needed` (width, height). Raises Unusable."""
    try:
        with warnings.catch_warnings(record=True) as complaints:
            warnings.simplefilter("always")
            master = _decode(content, needed)
    except Unusable:
        raise
    except Image.DecompressionBombError as error:
        raise Unusable("it has more pixels than can be decoded safely", fix="give a smaller picture") from error
    except Exception as error:
        raise Unusable("it is damaged or cut short and cannot be decoded", fix="save or upload it anew") from error
    if complaints:
        damaged = "parts of its metadata are damaged and were passed over"
        return replace(master, warnings=(*master.warnings, damaged))
    return master


def _decode(content: bytes, needed: tuple[int, int]) -> Master:
    picture, full_width = _open_within_bounds(content, needed)
    told = ["only the first of its frames is sent"] if getattr(picture, "is_animated", False) else []
    picture.load()
    orientation = _orientation(picture)
    plain = _eight_bits(picture)
    across, down = _as_stored(needed, orientation)
    plain = plain.reduce(max(1, min(plain.width // across, plain.height // down)))
    colour, complaint = _to_srgb(plain, picture.info.get("icc_profile"))
    if plain.mode in ("LA", "RGBA"):
        colour = _on_white(colour, plain.getchannel("A"))
    if orientation in _UPRIGHT:
        colour = colour.transpose(_UPRIGHT[orientation])
    colour.info.clear()
    return Master(colour, full_width / plain.width, tuple(told + ([complaint] if complaint else [])))


def _open_within_bounds(content: bytes, needed: tuple[int, int]) -> tuple[ImageFile, int]:
    """The picture ready to be decoded, at a reduced scale where its codec can, and its full width as stored."""
    kind = recognise(content)
    if kind == "JPEG":
        _refuse_costly_jpeg(content)
    elif kind == "PNG":
        deque(png_chunks(content), maxlen=0)  # counts them
    picture = open_picture(content)
    width, height = picture.size
    if min(width, height) < MIN_SHORT_SIDE:
        raise Unusable(f"it is {width}×{height} pixels, under {MIN_SHORT_SIDE} on its short side", fix="give a larger picture")
    if isinstance(picture, JpegImageFile):
        picture.draft(None, _as_stored(needed, _orientation(picture)))
    if picture.width * picture.height > MAX_DECODED_PIXELS:
        raise _too_many_pixels(width, height)
    return picture, width


def _refuse_costly_jpeg(content: bytes) -> None:
    scans, most = 0, MAX_JPEG_PIXELS
    for marker, payload in jpeg_segments(content):
        if marker in _FRAMES:
            bits, height, width = struct.unpack(">BHH", payload[:5])
            if bits != 8:
                raise Unusable(f"it is a JPEG of {bits} bits per channel", fix="save it with 8 bits per channel")
            if marker in _PROGRESSIVE:
                most = MAX_PROGRESSIVE_PIXELS
            if width * height > most:
                raise _too_many_pixels(width, height)
        scans += marker == _START_OF_SCAN
        if scans > MAX_SCANS:
            raise Unusable(
                f"it is a progressive JPEG of more than {MAX_SCANS} scans, built to exhaust its reader", fix="save it anew"
            )


def _too_many_pixels(width: int, height: int) -> Unusable:
    return Unusable(f"it has {width}×{height} pixels, more than can be decoded safely", fix="give a smaller picture")


def _as_stored(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """An upright size as it lies in the file."""
    return size[::-1] if orientation >= 5 else size


def _orientation(picture: ImageFile) -> int:
    """The EXIF orientation, 1 … 8; 1 where there is none or it cannot be read."""
    try:
        return int(picture.getexif().get(ExifTag.Orientation, 1))
    except BROKEN_METADATA as error:
        warnings.warn(str(error), stacklevel=2)
        return 1


def _eight_bits(picture: Image.Image) -> Image.Image:
    """The same picture in one of the modes L, LA, RGB, RGBA, CMYK."""
    if picture.mode.startswith("I;16"):
        # Pillow's own conversion clips at 255 instead of scaling.
        return Image.fromarray((np.asarray(picture) / 257).round().astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise Unusable("it has 32 bits per pixel and channel", fix="save it with 8 or 16 bits per channel")
    if picture.mode in ("L", "RGB", "CMYK", "LA", "RGBA") and "transparency" not in picture.info:
        return picture
    return picture.convert("RGBA" if picture.has_transparency_data else "L" if picture.mode == "1" else "RGB")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> tuple[Image.Image, str | None]:
    """The colours as opaque RGB in sRGB, and a sentence where they had to be guessed. Untagged means sRGB."""
    colour = picture.convert(picture.mode.removesuffix("A")) if picture.mode in ("LA", "RGBA") else picture
    if profile:
        try:
            return _by_profile(colour, profile), None
        except (ImageCms.PyCMSError, OSError, ValueError):
            return colour.convert("RGB"), "its colour profile does not fit it, so its colours are taken as sRGB"
    if colour.mode == "CMYK":
        return colour.convert("RGB"), "it is CMYK without a colour profile, so its colours are a guess; save it as sRGB"
    return colour.convert("RGB"), None


def _by_profile(colour: Image.Image, content: bytes) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(BytesIO(content))
    if colour.mode == "L" and profile.profile.xcolor_space.strip() == "RGB":
        colour = colour.convert("RGB")
    transform: Any = ImageCms.buildTransform(
        profile,
        ImageCms.createProfile("sRGB"),
        colour.mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    # Most profiles found in the wild are sRGB under some name, and converting millions of pixels is dear.
    if colour.mode == "RGB" and _leaves_colours_alone(transform):
        return colour
    return transform.apply(colour)  # type: ignore[no-any-return]


def _leaves_colours_alone(transform: Any) -> bool:
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    probe = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(27, 27, 3)
    shown = np.asarray(transform.apply(Image.fromarray(probe)))
    return bool(np.abs(shown.astype(int) - probe).max() <= 1)


def _on_white(colour: Image.Image, alpha: Image.Image) -> Image.Image:
    white = Image.new("RGB", colour.size, "white")
    white.paste(colour, mask=alpha)
    return white
