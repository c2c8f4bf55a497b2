"""The summary: the author's words, unless they only repeat the title; else the first real paragraph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from socialbot.reading.body import Body, plain
from socialbot.reading.front_matter import FrontMatter
from socialbot.reading.words import cut, words

MAX_SUMMARY = 2_000
"""Characters."""

_AUTHORS = (
    *("summary", "description", "excerpt", "teaser", "deck", "dek", "standfirst", "abstract", "lead"),
    *("subtitle", "subtitles", "subheading"),
)
_SEARCH_ENGINES = ("metaDescription", "seo_description", "og_description")
# Words that carry a sentence and words that fill templates: with the title taken out, a summary needs some others.
_FILLERS = frozenset(
    words(
        "a about all amazing an and any are article as at be best beginner beginners blog by can check complete "
        "comprehensive discover do essential everything expert explore find for from full get great guide help here how "
        "if in insight insights into introduction is it its know latest learn look more must need news of on or our out "
        "overview popular post practical read see should some story that the their these this those tip tips to today top "
        "topic topics trend trending trends tricks tutorial ultimate update useful we what when where which why will with "
        "you your"
    )
)
_FEW = 8
_SUBSTANCE = 3


def choose_summary(front: FrontMatter, body: Body, title: str, tags: Sequence[str]) -> tuple[str | None, list[str]]:
    """The summary, at most MAX_SUMMARY characters, and warnings about what was passed over. None when nothing serves."""
    warnings: list[str] = []
    for key, candidate in _candidates(front):
        if says_more(candidate, title, tags):
            return cut(candidate, MAX_SUMMARY), warnings
        warnings.append(f"The {key} only repeats the title, so it is not used as the summary.")
    return _first_paragraph(body, title, tags), warnings


def _first_paragraph(body: Body, title: str, tags: Sequence[str]) -> str | None:
    """The first that is more than a few words, else the first."""
    first = None
    for text in body.paragraphs:
        if says_more(text, title, tags):
            if len(words(text)) >= _FEW:
                return cut(text, MAX_SUMMARY)
            first = first or cut(text, MAX_SUMMARY)
    return first


def says_more(text: str, title: str, tags: Sequence[str] = ()) -> bool:
    """Whether a text tells something that the title does not.

    It does not when the title makes up most of it, when little more than the title is there, or when what remains without
    the title and the tags is only filler ("Learn about … with practical tips and insights").
    """
    said, known = words(text), words(title)
    told = set(known).union(*(words(tag) for tag in tags))
    substance = {word for word in said if word not in told and word not in _FILLERS}
    if f" {' '.join(known)} " in f" {' '.join(said)} ":
        rest = len(said) - len(known)
        return rest >= _FEW and rest >= len(known) and len(substance) >= _SUBSTANCE
    repeated = len(set(known).intersection(said)) >= 0.7 * len(set(known))
    return len(substance) >= (_SUBSTANCE if repeated else 1)


def _candidates(front: FrontMatter) -> Iterator[tuple[str, str]]:
    for key, value in front.each(*_AUTHORS, *_SEARCH_ENGINES):
        text = value[0] if isinstance(value, list) else value
        if isinstance(text, str) and (made_plain := plain(text)):
            yield key, made_plain
