"""Where URLs stand in running text."""

from __future__ import annotations

from collections.abc import Iterator

import regex

# Balanced parentheses belong to a URL; quotation marks, full-width punctuation and the ellipsis of a cut do not.
_PART = r"[^\s()<>\"“”„«»‹›…。、，！？；：（）「」『』【】]++"
_URL = regex.compile(rf"(?<![A-Za-z0-9])https?://(?:{_PART}|\((?:{_PART})?\))++", regex.IGNORECASE)
RUNS_ON = regex.compile(r"[^\s()<>\"“”„«»‹›…。、，！？；：（）「」『』【】]*[\p{L}\p{M}\p{N}/?#&=%+~@$_-]")
"""What, right behind a link, would become part of it."""
NO_START = regex.compile(r"[\p{L}\p{M}\p{N}@＠#＃$]")
"""Behind these no network looks for a URL."""
_TRAILING = ".,;:!?'’]*`"


def find_urls(text: str) -> Iterator[tuple[int, int]]:
    """Start and end, in code points, of every http and https URL, without the punctuation that follows it."""
    if "://" not in text:
        return
    for found in _URL.finditer(text):
        url = found[0].rstrip(_TRAILING)
        if not url.endswith("//"):
            yield found.start(), found.start() + len(url)
