"""Words made plain: what every text goes through before it is compared, hashed or shown."""

from __future__ import annotations

import re
import unicodedata

import regex

# Control characters, lone surrogates, byte-order marks and soft hyphens: nothing a reader would see.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\ud800-\udfff\ufeff]")
_SPACE = re.compile(r"\s+")
_NO_BREAK = ("\u00a0", "\u202f")
# Scripts without spaces between words count by the character.
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}]\p{M}*|[\p{L}\p{N}][\p{L}\p{M}\p{N}]*")
_SENTENCE_END = regex.compile(r"[.!?…][\"'”’»)\]]*(?=\s)|[。！？]")
_LAST_END = regex.compile(r"[.!?…؟。！？।॥][\"'”“’»)\]」』）]*+(?:\s?\p{Extended_Pictographic}\uFE0F?)*+$")


def tidy(text: str) -> str:
    """NFC, without invisible characters, every stretch of whitespace one space (a lone no-break space stays)."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    return _SPACE.sub(lambda space: space[0] if space[0] in _NO_BREAK else " ", text).strip()


def words(text: str) -> list[str]:
    """The words of a text, case-folded, for comparing."""
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def ends_sentence(text: str) -> bool:
    """Whether a text ends where a sentence does: a heading and a signature seldom do."""
    return _LAST_END.search(text, max(0, len(text) - 20)) is not None


def cut(text: str, limit: int) -> str:
    """At most `limit` characters: whole sentences where they fill half of it, else whole words and an ellipsis."""
    if len(text) <= limit:
        return text
    ends = [end.end() for end in _SENTENCE_END.finditer(text, 0, limit + 1) if limit // 2 <= end.end() <= limit]
    if ends:
        return text[: ends[-1]]
    head, space, _ = text[:limit].rpartition(" ")
    return (head if space else text[: limit - 1]).rstrip(" ,;:–—-") + "…"
