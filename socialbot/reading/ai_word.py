"""What the author says AI did. A word we do not know is a mistake: an honest label must not be lost to a typo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from socialbot.nouns import AiWord, ImageFacet, Mistake, PersonFacet, TextFacet
from socialbot.reading.front_matter import FrontMatter, fold

Facet = TypeVar("Facet", bound=str)

_ANY = {"unknown": "unknown", "none": "none", "no": "none", "false": "none", "human": "none"}
_MADE = {"generated": "generated", "aigenerated": "generated", "ai": "generated", "yes": "generated", "true": "generated"}
_TEXT = _ANY | _MADE | {"assisted": "assisted", "aiassisted": "assisted", "partly": "assisted"}
_IMAGE = _ANY | _MADE | {"possible": "possible", "edited": "edited", "aiedited": "edited", "composite": "composite"}
_PERSON = _ANY | {"digitaltwin": "digital_twin", "twin": "digital_twin", "invented": "invented"}
_KEYS = ("text", "images", "person", "consent", "reviewed_by", "model")
# `generated_by: Hugo` tells who built the page.
_SITE_BUILDERS = ("hugo", "jekyll", "eleventy", "11ty", "gatsby", "astro", "hexo", "zola", "pelican", "pandoc", "next")


def read_ai_word(front: FrontMatter) -> AiWord:
    """The author's word: `ai: generated`, `ai: {text: …, images: …}`, or flat keys. Raises Mistake for unknown words."""
    given = front.first("ai")
    where = front.where("ai")
    if isinstance(given, Mapping):
        words = {fold(key): value for key, value in given.items()}
        if unknown := [key for key in given if fold(key) not in map(fold, _KEYS)]:
            raise Mistake(f'"{unknown[0]}" is no key of ai', where=where, fix="keys: " + ", ".join(_KEYS))
    else:
        words = {} if given is None else {"text": given}
        if given is not None and _word(given, _TEXT, "ai", where) == "none":
            words["images"] = "none"
    text = [_facet(words.get("text"), _TEXT, "ai.text", where), *_flat_text(front)]
    image = [_facet(words.get("images", words.get("image")), _IMAGE, "ai.images", where)]
    image += [_facet(value, _IMAGE, key, front.where(key)) for key, value in front.each("ai_images", "ai_image")]
    consent = words.get("consent")
    return AiWord(
        text=cast(TextFacet | None, _strongest(text, ("unknown", "none", "assisted", "generated"))),
        images=cast(ImageFacet | None, _strongest(image, ("unknown", "none", "possible", "edited", "composite", "generated"))),
        person=cast(PersonFacet | None, _facet(words.get("person"), _PERSON, "ai.person", where)),
        consent=str(consent) if consent not in (None, "", False) else None,
    )


def image_facet(value: Any, where: str) -> ImageFacet | None:
    """What one picture's own `ai:` says. Raises Mistake for unknown words."""
    return cast(ImageFacet | None, _facet(value, _IMAGE, "ai of a picture", where))


def _flat_text(front: FrontMatter) -> list[str | None]:
    found = [
        _facet(value, _TEXT, key, front.where(key)) for key, value in front.each("ai_text", "ai_generated", "ai_disclosure")
    ]
    for key, value in front.each("ai_assisted"):
        word = _facet(value, _TEXT, key, front.where(key))
        found.append("assisted" if word == "generated" else word)
    for _, value in front.each("generated_by"):
        maker = fold(str(value))
        if maker in _TEXT:
            found.append(_TEXT[maker])
        elif not maker.startswith(_SITE_BUILDERS):
            found.append("generated")
    return found


def _facet(value: Any, allowed: Mapping[str, str], name: str, where: str) -> str | None:
    return None if value in (None, "") else _word(value, allowed, name, where)


def _word(value: Any, allowed: Mapping[str, str], name: str, where: str) -> str:
    word = allowed.get(fold(str(value))) if isinstance(value, str | bool) else None
    if word is None:
        known = ", ".join(dict.fromkeys(allowed.values()))
        raise Mistake(f"{name}: {str(value)[:60]!r} is not known", where=where, fix=f"allowed: {known}, true, false")
    return word


def _strongest(said: list[str | None], rising: tuple[str, ...]) -> str | None:
    return max((word for word in said if word), key=rising.index, default=None)
