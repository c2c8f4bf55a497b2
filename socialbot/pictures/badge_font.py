"""The letters of badges: subsets of Noto Sans in `fonts/`, one for each way of writing.

`docs/make_badge_fonts.py` makes them. Pillow's own font is never used: it has no é, no Я and no 生, and draws blanks for them
without a word.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from types import MappingProxyType

from PIL import Image, ImageDraw, ImageFont, features

from socialbot.pictures.unusable import Unusable

LATIN = "latin"  # with Greek and Cyrillic
FONTS: Mapping[str, str] = MappingProxyType(
    {
        "ar": "arabic",
        "hi": "devanagari",
        "ja": "japanese",
        "ko": "korean",
        "zh-Hans": "chinese-simplified",
        "zh-Hant": "chinese-traditional",
    }
)
SHAPED = frozenset({"arabic", "devanagari"})  # their letters join and change places: drawn one by one they spell nothing
TALL_LETTER: Mapping[str, str] = MappingProxyType({"arabic": "ا"})  # whose height is the letters' height; "I" in the others
_TRADITIONAL_CHINESE = {"hant", "tw", "hk", "mo"}
_SOLID = 192  # of 255: a pixel that is letter, not the soft edge of one


def font_name(language: str) -> str:
    """The font that writes a language (a BCP 47 tag, "zh-TW"). Chinese and Japanese draw the same character differently."""
    primary, *rest = language.replace("_", "-").lower().split("-")
    if primary == "zh":
        traditional = "hans" not in rest and not _TRADITIONAL_CHINESE.isdisjoint(rest)
        return FONTS["zh-Hant" if traditional else "zh-Hans"]
    return FONTS.get(primary, LATIN)


def missing_glyphs(words: str, language: str) -> str:
    """The characters of the words that the language's font cannot draw, each once, in order. Empty when it has them all."""
    drawable = _characters(font_name(language))
    return "".join(letter for letter in dict.fromkeys(words) if ord(letter) not in drawable)


@lru_cache(maxsize=32)
def font_of_height(language: str, height: int) -> ImageFont.FreeTypeFont:
    """The language's font, so large that a capital letter (an alef in Arabic) has at least `height` full pixels.

    Raises Unusable where the letters must be shaped and this Pillow cannot.
    """
    name = font_name(language)
    shaping = features.check("raqm")
    if name in SHAPED and not shaping:
        raise Unusable(
            f"{name.capitalize()} letters cannot be joined on this computer, so there can be no badge in them",
            fix="install the FriBiDi library (Debian: libfribidi0), which Pillow looks for when it starts",
        )
    layout = ImageFont.Layout.RAQM if shaping else ImageFont.Layout.BASIC
    tall = TALL_LETTER.get(name, "I")
    at_1000 = _letter_height(_load(name, 1000, layout), tall)
    return _load(name, math.ceil(height * 1000 / at_1000), layout)


def _load(name: str, size: int, layout: ImageFont.Layout) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BytesIO(_file(name)), size, layout_engine=layout)


def _letter_height(font: ImageFont.FreeTypeFont, letter: str) -> int:
    """Rows of full ink in a letter."""
    size = math.ceil(font.size)
    sheet = Image.new("L", (2 * size, 3 * size))
    ImageDraw.Draw(sheet).text((size // 2, 2 * size), letter, fill=255, font=font, anchor="ls")
    box = sheet.point([0] * _SOLID + [255] * (256 - _SOLID)).getbbox()
    return box[3] - box[1] if box else 0


@cache
def _file(name: str) -> bytes:
    return files(__package__).joinpath("fonts", f"{name}.otf").read_bytes()


@cache
def _characters(name: str) -> frozenset[int]:
    """The code points a font has glyphs for: the groups of its `cmap` table, which our fonts write in format 12."""
    font = _file(name)
    (tables,) = struct.unpack_from(">H", font, 4)
    directory = {tag: start for tag, _, start, _ in struct.iter_unpack(">4sIII", font[12 : 12 + 16 * tables])}
    cmap = directory[b"cmap"]
    start = cmap + int.from_bytes(font[cmap + 8 : cmap + 12])  # of its only subtable
    form, _, length = struct.unpack_from(">HHI", font, start)
    if form != 12:
        raise ValueError(f"{name}: the character table has format {form}; make the font again")
    groups = struct.iter_unpack(">III", font[start + 16 : start + length])
    return frozenset(code for first, last, _ in groups for code in range(first, last + 1))
