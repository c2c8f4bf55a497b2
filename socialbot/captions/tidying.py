"""Makes text fit to print: one normal form, no invisible rubble, no holes."""

from __future__ import annotations

import unicodedata

import regex

# Noncharacters are free for our own use inside the program: they hold the places of link and label while a caption is made.
LINK, LABEL = "\ufdd0", "\ufdd1"

_LINE_END = regex.compile(r"\r\n?|[\u0085\u2028\u2029]")
_RUBBLE = regex.compile(r"[[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\ufeff]--[\n\t]]", regex.VERSION1)
_SPACES = regex.compile(r"[^\S\u00a0\u202f]+")


def plain(text: str) -> str:
    """`text` in NFC, without control characters, lone surrogates and noncharacters, with "\\n" for every line end."""
    return unicodedata.normalize("NFC", _RUBBLE.sub("", _LINE_END.sub("\n", text)).replace("\t", " "))


def one_line(text: str) -> str:
    """`text` made plain, in one line; narrow and non-breaking spaces stay."""
    return str(_SPACES.sub(" ", plain(text)).strip())


def tidy(text: str) -> str:
    """`text` with no spaces at the ends of lines, none doubled, and at most one blank line at a time."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return str(regex.sub(r"\n{3,}", "\n\n", regex.sub(r" {2,}", " ", lines)).strip())
