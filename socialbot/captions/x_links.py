"""Which places of a text X reads as links: with a scheme or bare, as twitter-text 3.1 extracts them, in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

# Character classes and limits: github.com/twitter/twitter-text js/src/regexp and extractUrlsWithIndices.js, read 2026-11-20.
_BROKEN = "\ufffe\ufeff\uffff"
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_SPACES = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NO_HOST = rf"!'#%&()*+,\\/:;<=>?@\[\]^{{|}}~${_SPACES}{_BROKEN}{_DIRECTION}"
_ACCENTED = (
    "\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b\u02bb"
    "\u0300-\u036f\u1e00-\u1eff"
)
_WORD = rf"a-z0-9\u0400-\u04ff{_ACCENTED}"
_IN_PATH = rf"[{_WORD}!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
_BRACKETED = rf"\((?:{_IN_PATH}++\)|{_IN_PATH}*+\({_IN_PATH}++\){_IN_PATH}*+\))"

_RUN = re.compile(rf"(?<![^{_NO_HOST}])[^{_NO_HOST}.]*+\.[^{_NO_HOST}]++")
"""What may hold host names: labels and dots, unbroken."""
_FULL_STOP = re.compile(r"\.")
_DOT = re.compile(r"\.(?=[^\W\d_])")
_HOST_LETTER = re.compile(rf"[^{_NO_HOST}._-]")
_BEFORE = re.compile(rf"[^A-Za-z0-9@＠$#＃{_BROKEN}]")
_START = re.compile(rf"(?<={_BEFORE.pattern}){_HOST_LETTER.pattern}")
# A port, a path up to its last letter, digit or bracketed part, and a query up to its last letter or digit.
_TAIL = re.compile(
    rf"(?::[0-9]++)?(?P<path>/(?:(?:[!*';:,.$%\[\]\u2013~@|&]++|{_BRACKETED})*+[+\-{_WORD}=_#/]++)*+(?:{_BRACKETED})*+)?"
    r"(?:\?(?:[!?*'@();:+$%\[\].,~|]*+[A-Za-z0-9\-_&=#/]++)++)?",
    re.IGNORECASE,
)
_SHORTENED = re.compile(r"https?://t\.co/([a-z0-9]++)(?:\?(?:[!?*'@();:+$%\[\].,~|]*+[a-z0-9\-_&=#/]++)++)?", re.IGNORECASE)
_CHAIN = re.compile(rf"(?:[-a-z0-9{_ACCENTED}]++\.)++", re.IGNORECASE)
_ASCII_ENDING = re.compile(r"[0-9A-Za-z]++(?![@+-])")
_PUNYCODE = re.compile(r"xn--[-0-9a-z]+", re.IGNORECASE)

_MAX_URL, _MAX_SLUG, _MAX_LABEL = 4096, 40, 63
_MAX_HOST = 1000
"""Code points of a host with letters beyond ASCII. A longer one resolves nowhere; here it is no link and counts in full."""


def x_urls(text: str) -> list[tuple[int, int]]:
    """Start and end, in code points, of every stretch of `text` that X turns into a link: `example.com`, too.

    docs.x.com, Counting characters; twitter-text 3.1, read 2026-11-20. X looks at text in NFC.
    """
    found: list[tuple[int, int]] = []
    if not any(_ending(text, dot.end()) for dot in _DOT.finditer(text)):
        return found
    free = 0  # what stands before it belongs to an earlier match
    for run in _RUN.finditer(text):
        for low, dot, host_end in _beginnings(text, run.start(), run.end()):
            start = _start(text, max(low, free + 1) if free else low, dot)
            if start is not None:
                tail = _TAIL.match(text, host_end)
                assert tail, "every part of a tail is optional"
                found += _links(text, start, host_end, tail, free)
                free = tail.end()
    return found


def _ending(text: str, at: int) -> int:
    """Where the top-level domain that begins at `at` ends; 0 when none does."""
    known, others = _top_level_domains()
    word = _ASCII_ENDING.match(text, at)
    if word and word[0].lower() in known:
        return word.end()
    other = others.match(text, at) or _PUNYCODE.match(text, at)
    return other.end() if other else 0


@cache
def _top_level_domains() -> tuple[frozenset[str], re.Pattern[str]]:
    """Those in ASCII, and a pattern of the others, which may run into the letters that follow them."""
    words = files(__package__).joinpath("tlds.txt").read_text(encoding="utf-8").partition("\n")[2].split()
    others = sorted((word for word in words if not word.isascii()), key=len, reverse=True)
    return frozenset(filter(str.isascii, words)), re.compile(f"(?:{'|'.join(others)})(?![0-9A-Za-z@+-])", re.IGNORECASE)


def _beginnings(text: str, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The labels of a run in which a host may begin: from where, up to which dot, and where the longest such host ends."""
    dots = [dot.start() for dot in _FULL_STOP.finditer(text, begin, end)]
    endings = [_ending(text, dot + 1) for dot in dots]
    reach = [0] * len(dots)  # where the longest host ends that comes from before this dot and runs on past the next one
    for index in range(len(dots) - 2, -1, -1):
        label = text[dots[index] + 1 : dots[index + 1]]
        if label and label[0] not in "-_" and label[-1] not in "-_":
            reach[index] = reach[index + 1] or ("_" not in label and endings[index + 1]) or 0
    for low, dot, farther, ending in zip([begin, *(dot + 1 for dot in dots)], dots, reach, endings, strict=False):
        if text[dot - 1] in "-_":
            continue
        if farther:
            yield low, dot, farther
        elif ending:  # the label before a top-level domain holds no "_"
            yield max(low, text.rfind("_", low, dot) + 1), dot, ending


def _start(text: str, low: int, dot: int) -> int | None:
    """The first place before `dot` for a host to begin: behind a character that may stand before a link."""
    if low == 0 and _HOST_LETTER.match(text, 0, dot) and not _START.match(text, 1, dot):
        return 0
    found = _START.search(text, low, dot)
    return found.start() if found else None


def _links(text: str, start: int, host_end: int, tail: re.Match[str], free: int) -> Iterator[tuple[int, int]]:
    """The links in what was matched: one behind a scheme; else each bare host in ASCII, the last with port and path."""
    host, end = text[start:host_end], tail.end()
    scheme = _scheme(text, start, free)
    encoded = _encoded_length(host)
    if not encoded or (2 * scheme or len("https://")) + encoded + end - host_end > _MAX_URL:
        return
    if scheme:
        short = _SHORTENED.match(text, start - scheme, end)
        if not short or len(short[1]) <= _MAX_SLUG:
            yield start - scheme, short.end() if short else end
    elif start == 0 or text[start - 1] not in "-_./":
        bare = list(_bare_hosts(host))
        for place, (first, last) in enumerate(bare, 1):
            behind = end - host_end if tail["path"] and place == len(bare) else 0
            yield start + first, start + last + behind


def _scheme(text: str, start: int, free: int) -> int:
    """The length of the scheme right before `start`; 0 when none stands there, or where no link may begin."""
    for scheme in ("https://", "http://"):
        begin = start - len(scheme)
        if begin >= 0 and text[begin:start].lower() == scheme:
            return len(scheme) if begin == 0 or (begin > free and _BEFORE.match(text, begin - 1)) else 0
    return 0


def _encoded_length(host: str) -> int:
    """The length of a host in Punycode; 0 when it has none."""
    if host.isascii():
        return len(host) if max(map(len, host.split("."))) <= _MAX_LABEL else 0
    if len(host) > _MAX_HOST:
        return 0
    try:
        return len(host.encode("idna"))
    except UnicodeError:
        return 0


def _bare_hosts(host: str) -> Iterator[tuple[int, int]]:
    """The hosts within a host that consist of ASCII and accented letters up to a top-level domain."""
    at = 0
    while chain := _CHAIN.search(host, at):
        at = chain.end()
        for dot in range(chain.end() - 1, chain.start(), -1):
            if host[dot] == "." and (ending := _ending(host, dot + 1)):
                yield chain.start(), ending
                at = ending
                break
