"""The label texts in 24 languages (`labels.json`), and the line a caption makes of them.

Each fact has a sentence, a phrase and, where one is true, a few words: "L_img_gen", "img_gen" and "badge_gen". They are our own
words; a native speaker's check of them is still due.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from socialbot.disclosure.ruling import Words, says
from socialbot.nouns import Disclosure, ImageFacet, PersonFacet

Length = Literal["short", "medium", "long"]
"""A few words, as on a picture; a phrase for each fact; whole sentences."""
Texts = Mapping[str, str]

BETWEEN = " · "
_NEAREST = {"pt": "pt-BR", "no": "nb", "nn": "nb", "zh": "zh-Hans"}
_TRADITIONAL_CHINESE = {"hant", "tw", "hk", "mo"}
_UNSPACED = frozenset({"ja", "zh-Hans", "zh-Hant"})
"""No space stands between their sentences."""
_MADE: frozenset[ImageFacet] = frozenset({"composite", "generated"})
_PLURAL = "_pl"
_FEW: Mapping[str, str] = {
    "text_gen": "badge_gen",
    "text_reviewed": "badge_gen",
    "text_trans": "short_trans",
    "img_gen": "badge_gen",
    "img_edit": "badge_edit",
    "both_gen": "badge_gen",
    "synth": "badge_gen",
}
"""A few words name no object, so they are true of all that is generated. Of help with a text they would say too much; the real
person behind a digital twin they could not name."""


@cache
def all_labels() -> Mapping[str, Texts]:
    """Every language's label texts, by language tag.

    Keys: `badge_…` and `short_…` for a few words, `L_…` for a whole sentence; `…_pl` where it is of several pictures.
    """
    written = json.loads(files(__package__).joinpath("labels.json").read_text(encoding="utf-8"))
    return MappingProxyType({language: MappingProxyType(texts) for language, texts in written.items()})


def near(language: str) -> str | None:
    """The tag of our label texts for a language (a BCP 47 tag, "de-AT"); None when we have none."""
    primary, *rest = language.replace("_", "-").lower().split("-")
    if primary == "zh" and "hans" not in rest and not _TRADITIONAL_CHINESE.isdisjoint(rest):
        return "zh-Hant"
    tag = _NEAREST.get(primary, primary)
    return tag if tag in all_labels() else None


def labels(language: str) -> Texts:
    """The label texts in the nearest language we have; English when there is none near."""
    return all_labels()[near(language) or "en"]


def line(told: Disclosure, language: str, length: Length = "medium") -> str | None:
    """The caption's label: text first, then pictures, then the person. None when there is nothing to disclose.

    "possible" and "unknown" print nothing: the one would assert a guess, the other is no knowledge. Where a length has no words
    that are true, it is the phrases.
    """
    return next(iter(wordings(told, language, length)), None)


def wordings(told: Disclosure, language: str, length: Length = "medium") -> tuple[str, ...]:
    """`line` at this length, then what is true and shorter, in code points. Empty when there is nothing to say."""
    said = tuple(_said(told))
    if not said:
        return ()
    tag = near(language) or "en"
    phrases = BETWEEN.join(all_labels()[tag][key] for key in said)
    few = _few(said, tag)
    offered = [few, phrases] if length == "short" and few and len(few) < len(phrases) else [phrases, few]
    if length == "long" and _sentences_hold(told):
        offered.insert(0, ("" if tag in _UNSPACED else " ").join(all_labels()[tag][f"L_{key}"] for key in said))
    return tuple(_ever_shorter(offered))


def completing(label: str, told: Disclosure, words: Words, length: Length = "medium") -> str:
    """The label, made to say the words that rules ask for.

    What it lacks it takes from the language, the first in the file's order, whose own line for `told` says most of that. Where
    none says any, the rules' own word is set behind it.
    """
    while missing := [group for group in words if not says(label, (group,))]:
        label = BETWEEN.join((label, _with_most(missing, told, length)))
    return label


def badge(image: ImageFacet, person: PersonFacet, language: str) -> str | None:
    """The few words for one picture that AI made or altered: on it, and in its alt text. None for any other picture.

    Nobody says which pictures show a person, so where one is invented, each of these is said to.
    """
    if image != "edited" and image not in _MADE:
        return None
    return labels(language)["synth" if person == "invented" else "badge_edit" if image == "edited" else "badge_gen"]


def _said(told: Disclosure) -> Iterator[str]:
    """What has to be said, by the keys of its phrases."""
    text, person = _of_text(told), _of_person(told)
    made = sum(image in _MADE for image in told.images)
    edited = told.images.count("edited")
    if made == 1 and not edited and person == "synth":
        made = 0  # the person's words say already that AI made the picture
    together = text == "text_gen" and 0 < made == len(told.images)
    if text and not together:
        yield text
    if made:
        yield _of_pictures("both_gen" if together else "img_gen", made)
    if edited:
        yield _of_pictures("img_edit", edited)
    if person:
        yield person


def _of_text(told: Disclosure) -> str | None:
    if told.text == "generated":
        return "text_reviewed" if told.reviewed else "text_gen"
    if told.text == "assisted":
        return "text_assist"
    return "text_trans" if told.translated else None


def _of_person(told: Disclosure) -> str | None:
    """Of a twin held for want of a consent nothing is said: the words would claim that there is one."""
    unconsented = told.held and not told.held.approvable
    return "synth" if told.person == "invented" else "twin" if told.person == "digital_twin" and not unconsented else None


def _of_pictures(key: str, count: int) -> str:
    return f"{key}{_PLURAL}" if count > 1 else key


def _few(said: Sequence[str], tag: str) -> str | None:
    """The few words; None where there are no true ones. A translated text beside AI media is no "AI-generated" post."""
    keys = {_FEW.get(key.removesuffix(_PLURAL)) for key in said}
    if None in keys or ("text_trans" in said and len(said) > 1):
        return None
    return BETWEEN.join(all_labels()[tag][key] for key in ("badge_gen", "badge_edit", "short_trans") if key in keys)


def _sentences_hold(told: Disclosure) -> bool:
    """Are the sentences true? "This image was made with AI" speaks of all pictures, "no real scene" of what looks like one."""
    touched = [index for index, image in enumerate(told.images) if image == "edited" or image in _MADE]
    if not touched:
        return True
    alike = len(touched) == len(told.images) and told.images.count("edited") in (0, len(touched))
    return alike and any(told.realistic[index : index + 1] != (False,) for index in touched)


def _ever_shorter(offered: Iterable[str | None]) -> Iterator[str]:
    shortest: int | None = None
    for words in offered:
        if words and (shortest is None or len(words) < shortest):
            shortest = len(words)
            yield words


def _with_most(missing: Sequence[tuple[str, ...]], told: Disclosure, length: Length) -> str:
    """The line that says most of what is missing, else the first word of it."""
    lines = [line(told, tag, length) or "" for tag in all_labels()]
    said = max(lines, key=lambda one: sum(says(one, (group,)) for group in missing))
    return said if any(says(said, (group,)) for group in missing) else missing[0][0]
