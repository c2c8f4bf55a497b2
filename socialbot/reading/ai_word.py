"""What the author says AI did. A word we do not know is a mistake: an honest label must not be lost to a typo."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import islice
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

import regex

from socialbot.nouns import AiWord, Commercial, ImageFacet, Mistake, Override, PersonFacet, Review, TextFacet
from socialbot.reading.dates import parse_date
from socialbot.reading.front_matter import FrontMatter, fold
from socialbot.reading.words import tidy

F = TypeVar("F")
Word = TypeVar("Word", bound=str)


def _words(facets: Sequence[Word], **others: str) -> Mapping[str, Word]:
    """The words for each facet, folded: its own name, and others separated by spaces."""
    return {fold(word): facet for facet in facets for word in f"{facet} {others.get(facet, '')}".split()}


# In nouns a facet's values stand weakest first; of several words the strongest counts.
_TEXTS: tuple[TextFacet, ...] = get_args(TextFacet)
_IMAGES: tuple[ImageFacet, ...] = get_args(ImageFacet)
_PERSONS: tuple[PersonFacet, ...] = get_args(PersonFacet)
_COMMERCIALS: tuple[Commercial, ...] = get_args(Commercial)
_TEXT = _words(_TEXTS, none="no false human", assisted="ai-assisted partly", generated="ai-generated ai yes true")
_IMAGE = _words(_IMAGES, none="no false human", edited="ai-edited", generated="ai-generated ai yes true")
_PERSON = _words(_PERSONS, none="no false", digital_twin="twin")
_COMMERCIAL = _words(
    _COMMERCIALS, editorial="none no false", advertisement="ad advert advertising", paid_partnership="sponsored paid"
)
_YES_NO: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}

# Each key of `ai`, and how it is written at the top of the front matter.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "text": ("ai_text", "ai_generated", "ai_disclosure"),
    "translated": ("ai_translated",),
    "images": ("ai_images", "ai_image"),
    "realistic": ("ai_realistic",),
    "person": ("ai_person",),
    "consent": ("ai_consent",),
    "commercial": ("ai_commercial",),
    "reviewed_by": ("ai_reviewed_by", "reviewed_by"),
    "reviewed_at": ("ai_reviewed_at", "reviewed_at"),
    "responsible": ("ai_responsible", "responsible", "responsible_editor"),
    "model": ("ai_model",),
    "override": ("ai_override",),
}
_OF_A_PICTURE = ("ai", "ai_generated", "realistic")
_ALIKE = 0.9
"""Of `difflib`'s ratio: one slip in a key of five letters or more."""
_MOST_KEYS = 200  # are looked at for slips: no post has more
_OVERRIDE_KEYS = ("by", "reason", "text", "images", "person", "pictures")
# More keys at the top, and what a bare yes means under each.
_PAID: Mapping[str, Commercial] = {
    "commercial": "advertisement",
    "ad": "advertisement",
    "advertisement": "advertisement",
    "sponsored": "paid_partnership",
    "paid_partnership": "paid_partnership",
}
_FLAT = ("ai", "ai_assisted", "generated_by", *_PAID, *(key for spellings in _KEYS.values() for key in spellings))
# `generated_by: Hugo 0.150` tells who built the page; "Hugo and ChatGPT" tells more.
_SITE_BUILDER = re.compile(
    r"(?:hugo|jekyll|eleventy|11ty|gatsby|astro|hexo|zola|pelican|pandoc|next)(?:\.?js)?"
    r"(?:[ /@-]?v?\d[\d.]*(?:[+-](?:alpha|beta|rc|canary|dev|extended|withdeploy)[\d.]*){0,3})?",
    re.IGNORECASE,
)
_NOBODY = frozenset(
    {
        *("yes", "true", "y", "done", "no", "false", "n", "none", "null", "nobody"),
        *("n/a", "unknown", "todo", "tbd", "human", "ai"),
    }
)
# No person's name either: what stands where one is still to come, a placeholder, and a generator.
_NO_PERSON = regex.compile(
    r"(?:not?|none|nobody|never|nil|missing|without|pending|awaiting|waiting|unknown|to be|tb[acd]|todo|(?:your |the )?name"
    r"|niemand|personne|nadie|nessuno|ningu[eé]m|ingen|kein\w*|nicht|ausstehend|offen)\b.*"
    r"|[\[{<(].*[\])}>]"
    r"|.*\b(?:(?-i:AI|A\.I\.|KI|IA)|artificial intelligence|(?:chat)?gpt|openai|anthropic|llms?|language model|chatbot"
    r"|midjourney|dall-?e)(?:\b|[-\d]).*"
    r"|(?:google |microsoft |github )?(?:claude|gemini|copilot|mistral|llama|grok|deepseek|perplexity|bard|qwen)"
    r"(?:[ -]?(?:v?\d[\w.]*|opus|sonnet|haiku|pro|flash|large|medium|small|ultra|code|chat))*",
    regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing the author says: under which key, what, and where."""

    key: str
    value: Any
    where: str


def read_ai_word(front: FrontMatter) -> tuple[AiWord, list[str]]:
    """The author's word: `ai: generated`, `ai: {text: …, images: …}`, or flat keys; and warnings of what is of no use in it.

    Raises Mistake for unknown keys and words, and for an override without a name or a reason.
    """
    _refuse_misspelt(front.written, _FLAT, front)
    said = _everything_said(front)
    review, warnings = _review(said)
    word = AiWord(
        text=_strongest(_text(said["text"], front), _TEXTS),
        translated=_yes(said["translated"]),
        images=_strongest([_word(one, _IMAGE) for one in said["images"]], _IMAGES),
        realistic=_yes(said["realistic"]),
        person=_strongest([_word(one, _PERSON) for one in said["person"]], _PERSONS),
        consent=_consent(said["consent"]),
        commercial=_commercial(said["commercial"], front),
        review=review,
        model=_name(said["model"]),
        override=_override(said["override"]),
    )
    if word.model and not (word.text or word.images or word.translated or word.person):
        warnings.append("The front matter names an AI model and not what it made; write ai: {text: …} or ai: {images: …}.")
    return word, warnings


def word_on_picture(words: Mapping[str, Any], where: str) -> tuple[ImageFacet | None, bool | None]:
    """What a picture's own folded keys say: `ai` or `ai_generated`, and `realistic`.

    Raises Mistake for unknown words, and for a key that is one of these misspelt.
    """
    _refuse_misspelt({key: key for key in words}, _OF_A_PICTURE, where)
    ai, flat, realistic = (
        [_Said(f"{key} of a picture", words[fold(key)], where)] if words.get(fold(key)) not in (None, "") else []
        for key in ("ai", "ai_generated", "realistic")
    )
    return _strongest([_word(one, _IMAGE) for one in (*ai, *flat)], _IMAGES), _yes(realistic)


def _refuse_misspelt(written: Mapping[str, str], known: Sequence[str], where: FrontMatter | str) -> None:
    """A label must not be lost to a slip in its key. `written`: the folded keys, and how they were written."""
    by_fold = {fold(key): key for key in known}
    for key in [key for key in islice(written, _MOST_KEYS) if key not in by_fold]:
        meant = get_close_matches(key, by_fold, 1, _ALIKE) or [one for one in by_fold if len(key) == 2 and key[::-1] == one]
        if meant:
            at = where if isinstance(where, str) else where.where(key)
            raise Mistake(f'"{written[key]}" is no key', where=at, fix=f"did you mean {by_fold[meant[0]]}?")


def stronger_image(one: ImageFacet | None, other: ImageFacet | None) -> ImageFacet | None:
    """Of two words on the same picture the one that tells more."""
    return _strongest([one, other], _IMAGES)


def stronger_yes(one: bool | None, other: bool | None) -> bool | None:
    """Yes where one of the two is yes; None where neither says anything."""
    return _strongest([one, other], (False, True))


def _strongest(words: Iterable[F | None], rising: Sequence[F]) -> F | None:
    return max((word for word in words if word is not None), key=rising.index, default=None)


def _everything_said(front: FrontMatter) -> Mapping[str, list[_Said]]:
    """By key of `ai`: first what stands in its table, then what stands at the top."""
    said: dict[str, list[_Said]] = {key: [] for key in _KEYS}
    given, where = front.first("ai"), front.where("ai")
    if isinstance(given, Mapping):
        for key, values in _table(given, "ai", tuple(_KEYS), where).items():
            said[key] += values
    elif given is not None:
        whole = _Said("ai", given, where)
        said["text"].append(whole)
        if _word(whole, _TEXT) == "none":
            said["images"].append(whole)
    for key, spellings in _KEYS.items():
        said[key] += [_Said(written, value, front.where(written)) for written, value in front.each(*spellings)]
    return said


def _table(given: Mapping[str, Any], name: str, keys: Sequence[str], where: str) -> Mapping[str, list[_Said]]:
    """What a table says under each of `keys`. Raises Mistake for any other: a misspelt one would say nothing."""
    known = {"image": "images"} | {fold(key): key for key in keys}
    said: dict[str, list[_Said]] = {key: [] for key in keys}
    for written, value in given.items():
        key = known.get(fold(written))
        if key is None:
            raise Mistake(f'"{tidy(written)[:60]}" is no key of {name}', where=where, fix="keys: " + ", ".join(keys))
        if value not in (None, ""):
            said[key].append(_Said(f"{name}.{key}", value, where))
    return said


def _text(said: Iterable[_Said], front: FrontMatter) -> list[TextFacet]:
    found = [_word(one, _TEXT) for one in said]
    for key, value in front.each("ai_assisted"):
        word = _word(_Said(key, value, front.where(key)), _TEXT)
        found.append("assisted" if word == "generated" else word)
    for _, value in front.each("generated_by"):
        maker = tidy(str(value))
        if fold(maker) in _TEXT:
            found.append(_TEXT[fold(maker)])
        elif not _SITE_BUILDER.fullmatch(maker):
            found.append("generated")
    return found


def _commercial(said: Iterable[_Said], front: FrontMatter) -> Commercial | None:
    found = [(one, _PAID["commercial"]) for one in said]
    for key, meant in _PAID.items():
        # A theme's own table, `ad: {slot: 3}`, is about its page.
        written = [(name, value) for name, value in front.each(key) if isinstance(value, str | bool)]
        found += [(_Said(name, value, front.where(name)), meant) for name, value in written]
    return _strongest([_paid(one, meant) for one, meant in found], _COMMERCIALS)


def _paid(one: _Said, meant: Commercial) -> Commercial:
    """`sponsored: A Shop` names who pays."""
    named = one.key == "sponsored" and isinstance(one.value, str) and fold(one.value) not in {*_COMMERCIAL, "true", "yes"}
    return meant if named else _word(one, {**_COMMERCIAL, "true": meant, "yes": meant})


def _yes(said: Iterable[_Said]) -> bool | None:
    return _strongest([_word(one, _YES_NO) for one in said], (False, True))


def _word(said: _Said, allowed: Mapping[str, F]) -> F:
    word = allowed.get(fold(str(said.value))) if isinstance(said.value, str | bool) else None
    if word is None:
        facets = dict.fromkeys(str(facet) for facet in allowed.values() if not isinstance(facet, bool))
        known = [*facets, *(bare for bare in ("true", "false") if bare in allowed)]
        what = f"{said.key}: {str(said.value)[:60]!r} is not known"
        raise Mistake(what, where=said.where, fix=f"allowed: {', '.join(known)}")
    return word


def _consent(said: Iterable[_Said]) -> str | None:
    """Where a consent is filed, as written. Raises Mistake for what can be no reference: a yes, a list, a table."""
    found = [one for one in said if one.value is not False]
    for one in found:
        if isinstance(one.value, bool) or not isinstance(one.value, str | int | date):
            fix = "write where it is filed: consent: contract 4711"
            raise Mistake(f"{one.key} tells no place where a consent is filed", where=one.where, fix=fix)
    return str(found[0].value) if found else None


def _review(said: Mapping[str, list[_Said]]) -> tuple[Review | None, list[str]]:
    """The review on record, or a warning of what it lacks: half a review is none."""
    # At the top, `responsible` alone may mean anything.
    tells = [
        *said["reviewed_by"],
        *said["reviewed_at"],
        *(one for one in said["responsible"] if fold(one.key).startswith("ai")),
    ]
    if all(fold(str(one.value)) in ("no", "false", "none", "nobody") for one in tells):
        return None, []
    by, at, responsible = _person(said["reviewed_by"]), _day(said["reviewed_at"]), _person(said["responsible"])
    if by and at and responsible:
        return Review(by, at, responsible), []
    parts = {"reviewed_by (a name)": by, "reviewed_at (a day)": at, "responsible (a name)": responsible}
    lacking = " and ".join(part for part, value in parts.items() if not value)
    return None, [f"The review is not on record and counts for nothing: the front matter lacks {lacking}."]


def _name(said: Iterable[_Said]) -> str | None:
    """The first words that are given. A bare yes, or what is unknown, is none; several are joined by commas."""
    return next((", ".join(found) for one in said if (found := _names(one))), None)


def _person(said: Iterable[_Said]) -> str | None:
    """The first of a person, as in `_name`: no generator, and nobody who is still to come."""
    named = ([name for name in _names(one) if not _NO_PERSON.fullmatch(name.strip(" .!-"))] for one in said)
    return next((", ".join(found) for found in named if found), None)


def _names(one: _Said) -> list[str]:
    values = one.value if isinstance(one.value, list) else [one.value]
    names = [tidy(value) for value in values if isinstance(value, str)]
    return [name for name in names if name.casefold().strip(" .!-") not in _NOBODY and any(map(str.isalpha, name))]


def _day(said: Iterable[_Said]) -> date | None:
    for one in said:
        try:
            return parse_date(one.value, ZoneInfo("UTC")).date()
        except ValueError:  # no day: what the review lacks is told to the author
            continue
    return None


def _override(said: Sequence[_Said]) -> Override | None:
    """Raises Mistake for one that names nobody, no reason or no facet, for it would lower facets on nobody's word."""
    if not said:
        return None
    where, fix = said[0].where, "write override: {by: your name, reason: why the evidence is wrong, text: none}"
    if not isinstance(said[0].value, Mapping):
        raise Mistake("the override is no table", where=where, fix=fix)
    words = _table(said[0].value, said[0].key, _OVERRIDE_KEYS, where)
    by, reason = _person(words["by"]), _name(words["reason"])
    if not by or not reason:
        raise Mistake(f"the override gives no {'reason' if by else 'name'}", where=where, fix=fix)
    override = Override(
        by=by,
        reason=reason,
        text=_strongest([_word(one, _TEXT) for one in words["text"]], _TEXTS),
        images=_strongest([_word(one, _IMAGE) for one in words["images"] if not isinstance(one.value, Mapping)], _IMAGES),
        person=_strongest([_word(one, _PERSON) for one in words["person"]], _PERSONS),
        pictures=_by_picture([*words["images"], *words["pictures"]]),
    )
    if not (override.text or override.images or override.person or override.pictures):
        raise Mistake("the override says nothing of text, images or person", where=where, fix=fix)
    return override


def _by_picture(said: Iterable[_Said]) -> Mapping[str, ImageFacet]:
    """Words on single pictures, by their `src`."""
    found: dict[str, ImageFacet] = {}
    for one in said:
        if isinstance(one.value, Mapping):
            for src, value in one.value.items():
                word = _word(_Said(f"{one.key} of a picture", value, one.where), _IMAGE)
                found[tidy(src)] = stronger_image(word, found.get(tidy(src))) or word
        elif one.key.endswith("pictures"):
            raise Mistake(f"{one.key} is no table", where=one.where, fix="write pictures: {/photos/a.jpg: none}")
    return found
