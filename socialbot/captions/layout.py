"""A caption's page: the template filled with words, link and label in their places, and as long as the network finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from unicodedata import normalize

import regex

from socialbot.captions.counting import fits, measure, usage
from socialbot.captions.escaping import escape
from socialbot.captions.spans import find_spans
from socialbot.captions.templates import Page
from socialbot.captions.tidying import LABEL, LINK, plain, tidy
from socialbot.nouns import Caption, Limits, Mistake, Span

_ALONE = f"\n{LABEL}\n"
_OWN_LINE = regex.compile(rf"^[^\S\n]*+{LABEL}[^\S\n]*+$", regex.MULTILINE)
_MARKERS = regex.compile(f"([{LINK}{LABEL}])")
_LINES = 3
"""So many lines are shown before "more", blank ones counted. Instagram's help says so of a caption (1643471055915254: "the
first three lines", or 125 characters, 2026-11); of LinkedIn others report the same, of Pinterest and TikTok fewer."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a caption says beside link and label. What comes last is given up first."""

    title: str
    summary: str = ""
    tags: tuple[str, ...] = ()
    """With their "#"."""
    credit: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """The post's link: where it goes, and what stands in the text for it. `printed`: the page has to show it."""

    uri: str
    shown: str
    printed: bool
    live: bool = True
    """False where only words stand, since links are dead."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One page for one account, with all that does not depend on the words. `facts`: the template's other variables."""

    page: Page
    limits: Limits
    facts: Mapping[str, object]
    label: str | None
    link: Link | None
    label_first: bool = False
    """The label has to open the caption; else it does so only where it would stand behind the fold."""
    _made: dict[Words, tuple[str, list[Span]]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was laid out before: the same words are asked about more than once."""

    def text(self, words: Words) -> str:
        """The whole caption. Raises Mistake when the page loses the link or the label."""
        return self._set(words)[0]

    def caption(self, words: Words, title: str | None = None) -> Caption:
        """The whole caption with its length and what is live in it."""
        text, links = self._set(words)
        used, limit, unit = usage(text, self.limits)
        found = [span for span in find_spans(text, None) if not any(_overlap(span, link) for link in links)]
        spans = tuple(sorted([*links, *found], key=lambda span: span.start))
        return Caption(text, used, limit, unit, spans, title)

    def fits(self, words: Words) -> bool:
        """Does the caption of these words fit?"""
        return fits(self.text(words), self.limits)

    def size(self, words: Words) -> tuple[int, int]:
        """The caption's length in the network's unit, and in bytes of UTF-8 where those are limited, too (else 0)."""
        return size(self.text(words), self.limits)

    def _set(self, words: Words) -> tuple[str, list[Span]]:
        if words in self._made:
            return self._made[words]
        values = {
            **self.facts,
            "title": escape(words.title, self.limits),
            "summary": escape(words.summary, self.limits),
            "credit": escape(words.credit, self.limits),
            "extra": words.extra,
            "hashtags": " ".join(words.tags),
            "tags": tuple(tag.removeprefix("#") for tag in words.tags),
            "link": LINK if self.link and self.link.printed else "",
            "label": LABEL if self.label else "",
        }
        filled = self.page.fill(values)
        self._check(filled)
        text = tidy(_plain(filled))
        self._made[words] = made = self._in_place(self._label_in_place(text) if self.label else text)
        return made

    def _label_in_place(self, text: str) -> str:
        """The text with the label's marker alone on its line: where the page has it, or first and a blank line behind it."""
        if not _stands_alone(text):
            text = _OWN_LINE.sub(LABEL, text)
        if self.label_first or (self.limits.fold and self._is_folded(text, self.limits.fold)):
            others = "\n".join(["" if line == LABEL else line for line in text.split("\n")])
            return tidy(f"{LABEL}\n\n{others}")
        return text

    def _is_folded(self, text: str, fold: int) -> bool:
        """Would the label, or the end of it, stand behind "more"? Every line takes at least one of those that are shown."""
        above = f"\n{text}\n".partition(_ALONE)[0].replace(LINK, self.link.shown if self.link else "")
        lengths = [*(len(line) + 1 for line in above.split("\n")[1:]), len(self.label or "")]
        return sum(-(-length * _LINES // fold) for length in lengths) > _LINES

    def _in_place(self, text: str) -> tuple[str, list[Span]]:
        """Link and label instead of their markers, and where the link then stands."""
        around = text.replace(LABEL, self.label or "").split(LINK)
        shown, spans, start = self.link.shown if self.link else "", list[Span](), 0
        for before in around[:-1]:
            start += len(before)
            if self.link and self.link.live:
                spans.append(Span("link", start, start + len(shown), self.link.uri))
            start += len(shown)
        return shown.join(around), spans

    def _check(self, filled: str) -> None:
        printed = self.link and self.link.printed
        for what, marker, wanted in (("link", LINK, printed), ("label", LABEL, self.label)):
            if wanted and marker not in filled:
                fix = f"put {{{{ {what} }}}} on a line of its own"
                raise Mistake(f"it leaves out the {what}", where=self.page.where, fix=fix)
        if self.label and not (_stands_alone(filled) or _OWN_LINE.search(filled)):
            # Beside other words it could stand in a spoiler, a quotation or a comment.
            fix = "put {{ label }} on a line of its own"
            raise Mistake("the label shares its line with other words", where=self.page.where, fix=fix)


def _stands_alone(text: str) -> bool:
    """Has the label's marker a line of its own, with not even a space beside it?"""
    return _ALONE in f"\n{text}\n"


def _plain(filled: str) -> str:
    """The filled page made plain, but for the markers."""
    if filled.replace("\n", "").replace(LINK, "").replace(LABEL, "").isprintable():
        return filled if filled.isascii() else normalize("NFC", filled)
    return "".join(piece if piece in (LINK, LABEL) else plain(piece) for piece in _MARKERS.split(filled))


def size(text: str, limits: Limits) -> tuple[int, int]:
    """A text's length in the network's unit, and in bytes of UTF-8 where those are limited, too (else 0)."""
    return measure(text, limits), len(text.encode("utf-8", "surrogatepass")) if limits.max_text_bytes else 0


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
