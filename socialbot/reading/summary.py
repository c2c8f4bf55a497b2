"""The summary: the author's words, unless they say nothing beside the title; else the first real paragraph."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

import regex

from socialbot.reading.body import Body, plain
from socialbot.reading.boilerplate import is_boilerplate, without_notes, without_read_on
from socialbot.reading.fillers import FILLERS
from socialbot.reading.front_matter import FrontMatter
from socialbot.reading.words import cut, ends_sentence, words

MAX_SUMMARY = 2_000
"""Characters."""

_AUTHORS = (
    *("summary", "description", "excerpt", "teaser", "deck", "dek", "standfirst", "abstract", "lead"),
    *("subtitle", "subtitles", "subheading"),
)
_SEARCH_ENGINES = ("metaDescription", "seo_description", "og_description")
_FEW = 8
_SUBSTANCE = 3
_HEADING = 100
"""Characters; a paragraph up to this long in which no sentence ends may be a heading."""
_READ = 2 * MAX_SUMMARY
"""Characters of a description that are read at all, markup included."""
_LOOKED_AT = 100
"""Paragraphs among which the first real one is looked for."""

_TEMPLATES = r"(?:\{\{[^{}\n]{0,500}+\}\}|\{%[^{}\n]{0,500}?%\}|\{#[^{}\n]{0,500}?#\})++"
# What `plain` would show as it stands or take for text: templates, entities encoded twice, blocks of Markdown and HTML.
_UNMARKED = tuple(
    (regex.compile(pattern, regex.MULTILINE | regex.IGNORECASE), made)
    for pattern, made in (
        (rf" {_TEMPLATES}(?=[\s.,;:!?)]|$)|{_TEMPLATES}", ""),
        (r"&(?:amp;){1,3}(?=(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});)", "&"),
        (r"<!--.{0,300}?-->|<(script|style)\b[^<]{0,3000}+</\1\s{0,9}>", " "),
        (r"</?(?:article|aside|blockquote|d[dlt]|fig(?:caption|ure)|font|footer|h[gr]|header|hr|iframe|main|nav|pre|section|su[bp]"
         r"|svg|t(?:able|body|d|h|head|r)|time|video)\b[^<>]{0,500}+>", " "),
        (r"^[ \t]{0,3}#{1,6}[ \t][^\n]*+\n(?=\s*\S)", ""),
        (r"^[ \t]{0,3}(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+|```\w*$)", ""),
    )
)  # fmt: skip
_ENCODED_MARKUP = regex.compile(r"&lt;(?:/[a-z][a-z0-9]{0,15}|br ?/?)&gt;", regex.IGNORECASE)
_AFTER_A_TITLE = regex.compile(r"\s*[.:!?|–—-]+\s+(?!\p{Ll})")


def choose_summary(front: FrontMatter, body: Body, title: str, tags: Sequence[str]) -> tuple[str | None, list[str]]:
    """The summary, at most MAX_SUMMARY characters, and warnings about what was passed over. None when nothing serves.

    An excerpt that a machine cut off gives way to the paragraph it begins.
    """
    warnings: list[str] = []
    for key, candidate in _candidates(front):
        text, cut_off = without_read_on(_without_title(candidate, title))
        if why := _unfit(text, body, title, tags):
            warnings.append(f"The {key} {why}, so it is not used as the summary.")
        else:
            return cut((cut_off and _paragraph_begun(text, body)) or text, MAX_SUMMARY), warnings
    return _first_paragraph(body, title, tags), warnings


def says_more(text: str, title: str, tags: Sequence[str] = ()) -> bool:
    """Whether a text tells something that the title does not.

    It does not when the title makes up most of it, when little more than the title is there, or when what remains without
    the title and the tags is only filler ("Learn about … with practical tips and insights").
    """
    said, known = words(text), words(title)
    told = set(known).union(*(words(tag) for tag in tags))
    substance = {word for word in said if word not in told and word not in FILLERS}
    if f" {' '.join(known)} " in f" {' '.join(said)} ":
        rest = len(said) - len(known)
        return rest >= _FEW and rest >= len(known) and len(substance) >= _SUBSTANCE
    repeated = len(set(known).intersection(said)) >= 0.7 * len(set(known))
    return len(substance) >= (_SUBSTANCE if repeated else 1)


def _candidates(front: FrontMatter) -> Iterator[tuple[str, str]]:
    for key, value in front.each(*_AUTHORS, *_SEARCH_ENGINES):
        text = value[0] if isinstance(value, list) else value
        if isinstance(text, str) and (made_plain := _made_plain(text[:_READ])):
            yield key, made_plain


def _made_plain(text: str) -> str:
    if _ENCODED_MARKUP.search(text):
        text = html.unescape(text)
    for pattern, made in _UNMARKED:
        text = pattern.sub(made, text)
    return plain(without_notes(text))


def _unfit(text: str, body: Body, title: str, tags: Sequence[str]) -> str | None:
    if not says_more(text, title, tags):
        return "only repeats the title"
    said = words(text)
    if len(text) <= _HEADING and any(block.kind == "heading" and words(block.text) == said for block in body.blocks):
        return "only repeats a heading"
    return "is boilerplate" if is_boilerplate(text) else None


def _without_title(text: str, title: str) -> str:
    """The text without the title it opens with, where enough follows that begins anew."""
    after = _AFTER_A_TITLE.match(text, len(title)) if text[: len(title)].casefold() == title.casefold() else None
    rest = text[after.end() :] if after else ""
    return rest if len(words(rest)) >= _FEW else text


def _paragraph_begun(text: str, body: Body) -> str | None:
    """The paragraph of which the text is only the beginning, though it may run on into the next one."""
    begun = words(text)[:-1]  # the last may be half a word
    for paragraph in _paragraphs(body):
        told = words(paragraph)[: len(begun)]
        if len(told) >= min(_FEW, len(begun)) > 1 and told == begun[: len(told)]:
            return paragraph
    return None


def _first_paragraph(body: Body, title: str, tags: Sequence[str]) -> str | None:
    """The first that reads as prose, else the first that is more than a few words, else the first."""
    choices: dict[int, str] = {}
    for text in _paragraphs(body):
        if says_more(text, title, tags):
            prose = (ends_sentence(text) or len(text) > _HEADING) and not text.endswith(":")
            choices.setdefault((0 if prose else 1) if len(words(text)) >= _FEW else 2, cut(text, MAX_SUMMARY))
            if 0 in choices:
                break
    return choices[min(choices)] if choices else None


def _paragraphs(body: Body) -> Iterator[str]:
    """The real ones, without household notes; of a very long one no more than is looked at."""
    for paragraph in body.paragraphs[:_LOOKED_AT]:
        text = without_notes(paragraph[:_READ])
        if not is_boilerplate(text):
            yield text
