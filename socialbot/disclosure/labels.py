"""The label texts in 24 languages (`labels.json`), and the one line of them a caption carries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from socialbot.nouns import ImageFacet, PersonFacet, TextFacet

BETWEEN = " · "
_OTHER_NAMES = {"pt": "pt-BR", "no": "nb", "nn": "nb", "zh": "zh-Hans"}
_TRADITIONAL_CHINESE = {"hant", "tw", "hk", "mo"}

Texts = Mapping[str, str]


@cache
def all_labels() -> Mapping[str, Texts]:
    """Every language's label texts, by language tag. Keys: `badge_…` for a picture, `L_…` for a whole sentence."""
    written = json.loads(files(__package__).joinpath("labels.json").read_text(encoding="utf-8"))
    return MappingProxyType({language: MappingProxyType(texts) for language, texts in written.items()})


def labels(language: str) -> Texts:
    """The label texts in the nearest language we have; English when there is none near."""
    parts = language.replace("_", "-").lower().split("-")
    if parts[0] == "zh" and "hans" not in parts and _TRADITIONAL_CHINESE & set(parts):
        return all_labels()["zh-Hant"]
    return all_labels().get(_OTHER_NAMES.get(parts[0], parts[0]), all_labels()["en"])


def line(text: TextFacet, images: Sequence[ImageFacet], person: PersonFacet, language: str) -> str | None:
    """The caption's label: text first, then pictures, then the person. None when there is nothing to disclose.

    "possible" and "unknown" print nothing: the one would assert a guess, the other is no knowledge.
    """
    texts = labels(language)
    made = sum(image in ("generated", "composite") for image in images)
    edited = sum(image == "edited" for image in images)
    keys = (
        {"generated": "text_gen", "assisted": "text_assist"}.get(text),
        made and ("img_gen_pl" if made > 1 else "img_gen"),
        edited and ("img_edit_pl" if edited > 1 else "img_edit"),
        {"digital_twin": "twin", "invented": "synth"}.get(person),
    )
    return BETWEEN.join(texts[key] for key in keys if key) or None


def short_line(text: TextFacet, images: Sequence[ImageFacet], person: PersonFacet, language: str) -> str | None:
    """The label in the words of a badge, for where `line` would leave no room. None where those would not be shorter or true.

    A badge names no object, so it is true of all that is generated, an invented person too. It would overstate AI's help
    with a text, and it cannot name the real person behind a digital twin.
    """
    if text == "assisted" or person == "digital_twin":
        return None
    texts = labels(language)
    made = text == "generated" or person == "invented" or any(image in ("generated", "composite") for image in images)
    short = BETWEEN.join(texts[key] for key in (made and "badge_gen", "edited" in images and "badge_edit") if key)
    normal = line(text, images, person, language) or ""
    return short if len(short) < len(normal) else None


def badge(image: ImageFacet, language: str) -> str | None:
    """The short words a picture's alt text carries, or None."""
    keys: dict[ImageFacet, str] = {"generated": "badge_gen", "composite": "badge_gen", "edited": "badge_edit"}
    return labels(language)[keys[image]] if image in keys else None
