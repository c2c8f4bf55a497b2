"""From a file's bytes to text: UTF-8 first, else a guess with a warning; mojibake is mended, or named where it cannot be."""

from __future__ import annotations

import codecs
import re
import unicodedata
from pathlib import Path

import charset_normalizer
import ftfy
import ftfy.badness
import regex

from socialbot.nouns import Mistake

MAX_FILE_BYTES = 5_000_000

# What is still met in the wild; a guess among all that Python knows goes astray on short texts.
_CHARSETS = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "euc_kr"),
]
_CHARSET_OF_LANGUAGE = {
    **dict.fromkeys(("pl", "cs", "sk", "hu", "sl", "hr", "ro"), "cp1250"),
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "sr"), "cp1251"),
    **dict.fromkeys(("et", "lv", "lt"), "cp1257"),
    "el": "cp1253",
    "tr": "cp1254",
}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# A letter of a foreign script in the midst of a Latin word. Greek stays out: NFκB is no accident.
_STRAY = regex.compile(r"(?<=\p{Latin})[^\W\p{Latin}\p{Greek}\p{Common}\p{Inherited}](?=\p{Latin})")


def load(path: Path) -> bytes:
    """The bytes of a post file. Raises Mistake when it is no file, cannot be read, or exceeds MAX_FILE_BYTES."""
    if not path.is_file():
        raise Mistake("there is no such file" if not path.exists() else "this is no file", where=str(path))
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Mistake(f"the file cannot be read: {error.strerror}", where=str(path)) from None
    if len(raw) > MAX_FILE_BYTES:
        size = f"{path.stat().st_size / 1e6:.1f} MB, at most {MAX_FILE_BYTES // 1_000_000} MB"
        raise Mistake(f"the post file has {size}", where=str(path), fix="keep pictures in files of their own")
    return raw


def decode(raw: bytes, where: str, language: str) -> tuple[str, list[str]]:
    """The text of a post file, and warnings. `language` (BCP 47) breaks ties between old character sets.

    Raises Mistake when the bytes are not text.
    """
    utf_16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\0" in raw and not utf_16:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise Mistake("not a text file, it holds a NUL byte", where=f"{where}, line {line}", fix="save it as UTF-8 text")
    text, warnings = (raw.decode("utf-16", "replace"), []) if utf_16 else _characters(raw, where, language)
    if len(_CONTROL.findall(text)) > len(text) / 200:
        raise Mistake("not a text file, it is full of control characters", where=where, fix="save it as UTF-8 text")
    text, mended = _mend(text)
    return text, [*warnings, *mended, *_lost(text)]


def _characters(raw: bytes, where: str, language: str) -> tuple[str, list[str]]:
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        # A few broken places in good UTF-8 are damage, not another character set.
        text = raw.decode("utf-8-sig", "replace")
        broken = text.count("\ufffd")
        if broken * 4 < sum(not character.isascii() for character in text):
            return text, []
    matches = charset_normalizer.from_bytes(raw, cp_isolation=_CHARSETS)
    best = matches.best()
    if best is None:
        raise Mistake("not a text file in any known character set", where=where, fix="save it as UTF-8 text")
    likely = _CHARSET_OF_LANGUAGE.get(language.split("-")[0].lower(), "cp1252")
    tied = any(likely in match.could_be_from_charset and match.chaos <= best.chaos for match in matches)
    charset = likely if tied else best.encoding
    warning = f"The file is not UTF-8; it was read as {charset}, which is a guess. Save it as UTF-8 to be sure."
    return raw.decode(charset, "replace"), [warning]


def _mend(text: str) -> tuple[str, list[str]]:
    if text.isascii():
        return text, []
    lines = text.split("\n")
    mended = [_mend_line(line) for line in lines]
    changed = [number for number, (old, new) in enumerate(zip(lines, mended, strict=True), 1) if old != new]
    if not changed:
        return text, []
    return "\n".join(mended), [f"Garbled characters (mojibake) were mended in {_lines(changed)}."]


def _mend_line(line: str) -> str:
    before = ftfy.badness.badness(line)
    if not before:
        return line
    mended = ftfy.fix_encoding(line)
    return mended if ftfy.badness.badness(mended) < before else line


def _lost(text: str) -> list[str]:
    """A warning for each character that stands where bytes are gone: U+FFFD, or the lone leftover of a foreign script."""
    present = set(text)
    strays = sorted(stray for stray in set(_STRAY.findall(text)) if _alone_of_its_script(stray, present))
    warnings = []
    for character in ["\ufffd"] * ("\ufffd" in present) + strays:
        lines = _lines([number for number, line in enumerate(text.split("\n"), 1) if character in line])
        warnings.append(
            f"Characters are lost: {text.count(character)} × “{character}” (U+{ord(character):04X}) in {lines} stands where "
            "others once stood, such as a dash or a quotation mark. Which ones cannot be known; please mend the file."
        )
    return warnings


def _alone_of_its_script(letter: str, present: set[str]) -> bool:
    script = unicodedata.name(letter, "?").split()[0]
    return not any(other != letter and unicodedata.name(other, "").startswith(script + " ") for other in present)


def _lines(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:5]) + (" …" if len(numbers) > 5 else "")
    return f"line{'s' if len(numbers) > 1 else ''} {shown}"
