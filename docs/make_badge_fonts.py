"""Write the fonts of badges into socialbot/pictures/fonts. Run: python docs/make_badge_fonts.py FOLDER

FOLDER holds, at any depth, the fonts of Debian's fonts-noto-core and fonts-noto-cjk. Of each is kept what the words for
pictures need in its languages, and ASCII. The subsets bear a name of their own, as the makers' names are theirs.
"""

from __future__ import annotations

import string
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import cmap_format_12

from socialbot.disclosure.labels import all_labels
from socialbot.pictures.badge_font import FONTS, LATIN, font_name

TARGET = Path(__file__).parent.parent / "socialbot" / "pictures" / "fonts"
ASCII = "".join(letter for letter in string.printable if letter.isprintable())
WORDS = ("badge_gen", "badge_edit", "synth")  # keys of the label texts
CJK = "NotoSansCJK-Bold.ttc"
SOURCES = {  # file, its number in a collection
    "latin": ("NotoSans-Bold.ttf", -1),
    "arabic": ("NotoSansArabic-Bold.ttf", -1),
    "devanagari": ("NotoSansDevanagari-Bold.ttf", -1),
    "japanese": (CJK, 0),
    "korean": (CJK, 1),
    "chinese-simplified": (CJK, 2),
    "chinese-traditional": (CJK, 3),
}
COPYRIGHT, FAMILY, STYLE, UNIQUE, FULL, VERSION, POSTSCRIPT, LICENCE, LICENCE_ADDRESS = 0, 1, 2, 3, 4, 5, 6, 13, 14


def main() -> None:
    folder = Path(sys.argv[1])
    for name in (LATIN, *FONTS.values()):
        font = subset(folder, name, letters(name))
        if name == "devanagari":  # its labels say "AI", and it has no A
            font = merged(font, subset(folder, LATIN, ASCII))
        finish(font, name)
        font.save(TARGET / f"{name}.otf", reorderTables=True)


def letters(name: str) -> str:
    """ASCII, and every character of the words for pictures in the font's languages."""
    languages = [texts for language, texts in all_labels().items() if font_name(language) == name]
    return "".join(sorted({*ASCII, *"".join(texts[key] for texts in languages for key in WORDS)}))


def subset(folder: Path, name: str, wanted: str) -> TTFont:
    file, number = SOURCES[name]
    font = TTFont(next(folder.rglob(file)), fontNumber=number, recalcTimestamp=False)
    subsetter = Subsetter(Options(hinting=False, name_IDs=["*"], notdef_outline=True))
    subsetter.populate(text=wanted)
    subsetter.subset(font)
    return font


def merged(font: TTFont, other: TTFont) -> TTFont:
    """Both in one, so that a line with letters of both is one line."""
    with TemporaryDirectory() as place:
        parts = [Path(place) / "1.ttf", Path(place) / "2.ttf"]
        font.save(parts[0])
        other.save(parts[1])
        both = Merger().merge([str(part) for part in parts])
    both.recalcTimestamp = False
    both["head"].created, both["head"].modified = font["head"].created, font["head"].modified
    return both


def finish(font: TTFont, name: str) -> None:
    """Our own name, the makers' copyright and licence; a character table of one kind, which badge_font.py reads."""
    names = font["name"]
    kept = {which: names.getDebugName(which) for which in (COPYRIGHT, VERSION, LICENCE, LICENCE_ADDRESS)}
    family = f"Badge {name.replace('-', ' ').title()}"
    postscript = family.replace(" ", "")
    own = {FAMILY: family, STYLE: "Bold", UNIQUE: postscript, FULL: f"{family} Bold", POSTSCRIPT: f"{postscript}-Bold"}
    names.names = []
    for which, text in sorted({**kept, **own}.items()):
        names.setName(text, which, 3, 1, 0x409)
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames = [f"{postscript}-Bold"]
        cff.topDictIndex[0].rawDict.update(FullName=f"{family} Bold", FamilyName=family)
    table = cmap_format_12(12)
    table.platformID, table.platEncID, table.language, table.cmap = 3, 10, 0, font.getBestCmap()
    table.reserved, table.length, table.nGroups = 0, 0, 0
    font["cmap"].tables = [table]


if __name__ == "__main__":
    main()
