"""From untrusted bytes to an upright sRGB picture: recognised by its bytes, and refused before decoding when it is a trap.

The bounds were measured: decoding a picture within them takes seconds at most. `isolation` does it in a process of its own,
with a limit on memory and time. What each format may be is told in docs/pictures-formats.md.
"""

from __future__ import annotations

import math
import re
import struct
import warnings
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain, product
from typing import Any, Literal, get_args

from PIL import Image, ImageChops, ImageCms, ImageStat
from PIL.AvifImagePlugin import AvifImageFile
from PIL.ExifTags import Base as ExifTag
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import Transpose
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from socialbot.pictures.containers import jpeg_segments, png_chunks, webp_size
from socialbot.pictures.progressive import ended
from socialbot.pictures.unusable import Unusable

Kind = Literal["JPEG", "PNG", "WebP", "AVIF", "GIF", "TIFF", "HEIC"]
Size = tuple[int, int]
Colour = tuple[int, int, int]

MAX_FILE_BYTES = 100_000_000
MAX_DECODED_PIXELS = 60_000_000
MAX_JPEG_PIXELS = 300_000_000  # a baseline JPEG shrinks while it is decoded,
MAX_PROGRESSIVE_PIXELS = 80_000_000  # a progressive one first keeps 3 bytes a pixel
MAX_SCANS = 64  # each scan of a progressive JPEG costs a pass over the whole picture
MAX_PNG_TEXTS = 256  # each is inflated when the file is opened; converters that turn EXIF into texts write about 60
MAX_FRAMES = 16  # that are looked at for one that is not blank
MIN_SHORT_SIDE = 200
MIN_SHARE = 0.75  # of a file that was cut short
WHITE: Colour = (255, 255, 255)
INSTALL_HEIF = 'pip install "socialbot[heif]"'

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
    "HEIC": rb".{4}ftyp(hei|hev|mif1|msf1)",
}
_NOT_PICTURES = {
    rb"$": "an empty file",
    rb"[^<]{0,8}<(!doctype html|html|head|body|script)": "a web page, not a picture",
    rb"[^<]{0,8}<(.{0,2000}<)?svg": "an SVG drawing, not a picture made of pixels",
    rb"[^<]{0,8}<[a-z!?]": "markup, not a picture",
    rb"%PDF|%!PS": "a printed page (PDF or PostScript), not a picture",
    rb"[\t\n\r -\x7e\x80-\xff]{64}|[\t\n\r -\x7e\x80-\xff]+$": "text, not a picture",
}
_EXPORT = "export it as JPEG, PNG or WebP"

_PNG_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
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
    raise Unusable("it is no kind of picture that socialbot reads", fix=_EXPORT)


def open_picture(content: bytes) -> ImageFile:
    """The picture's header and metadata, pixels not yet decoded. Raises Unusable, or what Pillow raises on damage."""
    return _reader(recognise(content))(BytesIO(content))


def _reader(kind: Kind) -> type[ImageFile]:
    if kind != "HEIC":
        return _READERS[kind]
    try:
        from pi_heif.as_plugin import HeifImageFile  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError as missing:
        fix = f"{INSTALL_HEIF}, or {_EXPORT}"
        raise Unusable("it is a HEIC photograph, which takes the extra socialbot[heif] to read", fix=fix) from missing
    return HeifImageFile  # type: ignore[no-any-return, unused-ignore]


def open_master(content: bytes, needed: Size, background: Colour = WHITE) -> Master:
    """Decode a picture, upright, at the smallest scale that still covers `needed` (width, height, in pixels).

    Transparent places are laid on `background` (sRGB, 0 … 255). Raises Unusable. This decodes in the caller's own process;
    `isolation.decode` does the same where a trap can do no harm.
    """
    try:
        with warnings.catch_warnings(record=True) as complaints:
            warnings.simplefilter("always")
            master = _decode(content, needed, background)
    except Unusable:
        raise
    except MemoryError as error:
        raise Unusable("decoding it needs more memory than it is given", fix="give a smaller picture") from error
    except Image.DecompressionBombError as error:
        raise Unusable("it has more pixels than can be decoded safely", fix="give a smaller picture") from error
    except Exception as error:
        raise Unusable("it is damaged or cut short and cannot be decoded", fix="save or upload it anew") from error
    if complaints:
        damaged = "parts of its metadata are damaged and were passed over"
        return replace(master, warnings=(*master.warnings, damaged))
    return master


def _decode(content: bytes, needed: Size, background: Colour) -> Master:
    picture, full_width = _open_within_bounds(content, needed)
    told = [_choose_frame(picture, background)]
    rows = _load(picture)
    if not rows:
        picture, full_width = _open_within_bounds(_ended(content), needed)
        picture.load()
        rows = picture.height
        told.append("the file is cut short: its finest detail is missing")
    orientation = _orientation(picture)
    plain = _eight_bits(picture)
    if rows < picture.height:
        plain = plain.crop((0, 0, plain.width, rows))
        told.append(f"the file is cut short: only {rows / picture.height:.0%} of the picture is there, and that is sent")
    across, down = _as_stored(needed, orientation)
    plain = _reduced(plain, across, down)
    colour, complaint = _to_srgb(plain, picture.info.get("icc_profile"))
    if plain.mode in ("LA", "RGBA"):
        colour = _on_background(colour, plain.getchannel("A"), background)
    if orientation in _UPRIGHT:
        colour = colour.transpose(_UPRIGHT[orientation])
    colour.info.clear()
    return Master(colour, full_width / plain.width, tuple(each for each in (*told, complaint) if each))


def _reduced(plain: Image.Image, across: int, down: int) -> Image.Image:
    """The picture no larger than it has to be: what is spared here is neither turned nor converted nor kept.

    Hamming's window costs half of what bicubic does; what it loses was measured to be far under what JPEG loses after it.
    """
    scale = max(across / plain.width, down / plain.height)
    if scale > 0.9:  # not worth the blur
        return plain
    size = math.ceil(plain.width * scale - 1e-6), math.ceil(plain.height * scale - 1e-6)
    return plain.resize(size, Image.Resampling.HAMMING, reducing_gap=1.5)


def _open_within_bounds(content: bytes, needed: Size) -> tuple[ImageFile, int]:
    """The picture ready to be decoded, at a reduced scale where its codec can, and its full width as stored."""
    _refuse_before_opening(content)
    picture = open_picture(content)
    width, height = picture.size
    if min(width, height) < MIN_SHORT_SIDE:
        raise Unusable(f"it is {width}×{height} pixels, under {MIN_SHORT_SIDE} on its short side", fix="give a larger picture")
    if isinstance(picture, JpegImageFile):
        picture.draft(None, _as_stored(needed, _orientation(picture)))
    if picture.width * picture.height > MAX_DECODED_PIXELS:
        raise _too_many_pixels(width, height)
    return picture, width


def _refuse_before_opening(content: bytes) -> None:
    """Raise Unusable for what would cost too much even to open."""
    if len(content) > MAX_FILE_BYTES:
        raise Unusable(f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB", fix="give a smaller picture")
    kind = recognise(content)
    if kind == "JPEG":
        _refuse_costly_jpeg(content)
    elif kind == "PNG":
        if sum(name in _PNG_TEXTS for name, _ in png_chunks(content)) > MAX_PNG_TEXTS:
            raise Unusable(f"it is a PNG of more than {MAX_PNG_TEXTS} texts, built to exhaust its reader", fix="save it anew")
    elif kind == "WebP":
        width, height = webp_size(content)
        if width * height > MAX_DECODED_PIXELS:
            raise _too_many_pixels(width, height)


def _choose_frame(picture: ImageFile, background: Colour) -> str | None:
    """Turn an animation to its first frame that is not blank, and say which it is."""
    if not getattr(picture, "is_animated", False):
        return None
    first, told = picture.tell(), "only the first of its frames is sent"
    if picture.format in ("TIFF", "HEIF"):  # their other pictures are pages, thumbnails and depth maps
        return told
    for number in range(min(MAX_FRAMES, MAX_DECODED_PIXELS // (picture.width * picture.height))):
        try:
            picture.seek(number)
            if picture.width * picture.height > MAX_DECODED_PIXELS:  # a GIF can grow, and does not shrink again
                raise _too_many_pixels(*picture.size)
            if not _is_blank(picture, background):
                return f"only frame {number + 1} of its frames is sent, the first that is not blank" if number else told
        except (EOFError, *BROKEN_METADATA):
            break
    picture.seek(first)
    return told


def _is_blank(frame: Image.Image, background: Colour) -> bool:
    """It shows one colour, but for specks."""
    sample = frame.resize((128, 128), Image.Resampling.NEAREST).convert("RGBA")
    seen = _on_background(sample.convert("RGB"), sample.getchannel("A"), background)
    return ImageStat.Stat(seen.convert("L")).stddev[0] <= 5


def _load(picture: ImageFile) -> int:
    """Decode the pixels; how many rows of them there are, which are fewer where the file is cut short yet can be used.

    None of a progressive JPEG, which comes not row by row but ever finer.
    """
    try:
        picture.load()
    except OSError:
        if picture.format == "JPEG" and picture.info.get("progressive"):
            return 0
        if picture.format not in ("JPEG", "PNG") or picture.info.get("interlace"):
            raise
        picture.tile = []  # nothing more is to be decoded
        reached = picture.getbbox()  # what was not reached is zero
        if not reached or reached[3] < picture.height * MIN_SHARE:
            raise
        return reached[3]
    return picture.height


def _ended(content: bytes) -> bytes:
    """A progressive JPEG that is cut short, with an end. Raises OSError where too little of it is there."""
    found = ended(content)
    if not found:
        raise OSError("too few scans")
    return found


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


def _as_stored(size: Size, orientation: int) -> Size:
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
        return picture.convert("I").point(lambda level: level * (1 / 257) + 0.5).convert("L")
    if picture.mode in ("I", "F"):
        raise Unusable("it has 32 bits per pixel and channel", fix="save it with 8 or 16 bits per channel")
    if picture.mode == "LAB":
        raise Unusable("its colours are in CIELAB", fix="save it in sRGB")
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
    levels = [round(255 * step / 8) for step in range(9)]
    probe = Image.frombytes("RGB", (len(levels), len(levels) ** 2), bytes(chain.from_iterable(product(levels, repeat=3))))
    changes = ImageChops.difference(probe, transform.apply(probe)).getextrema()
    return all(most <= 1 for _, most in changes)  # type: ignore[misc]


def _on_background(colour: Image.Image, alpha: Image.Image, background: Colour) -> Image.Image:
    flat = Image.new("RGB", colour.size, background)
    flat.paste(colour, mask=alpha)
    return flat
