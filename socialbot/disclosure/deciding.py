"""From the evidence to the disclosure: what AI did, and whether the post must wait for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from socialbot.disclosure import footer
from socialbot.disclosure.facets import IMAGE, PERSON, TEXT, strongest
from socialbot.nouns import Disclosure, Evidence, Held, ImageFacet, Override, Picture, Post
from socialbot.settings import AiDefault

_NO_CONSENT = Held(
    "It shows a digital twin of a real person, and the front matter names no consent.",
    "Write where the person's consent is filed: ai: {person: digital_twin, consent: …}. The reference is never published.",
)
_NO_REFERENCE = frozenset(
    {"", "true", "yes", "false", "no", "1", "0", "none", "null", "n/a", "unknown", "given", "ok", "pending", "todo", "tbd"}
)
_NO_OVERRIDE = Override(by="", reason="")


def decide(post: Post, seen: Sequence[Sequence[Evidence]], default: AiDefault) -> Disclosure:
    """What AI did to `post`, and on which evidence.

    `seen[i]` is the evidence in the file of `post.pictures[i]`, for the facet `image_name(i)`. Evidence only raises a facet:
    a front matter that says "none" does not outweigh a generator's own footer. A person's recorded override alone lowers one.
    The site's default is no evidence but what to assume; it counts for a facet of which the front matter says nothing.
    Raises ValueError when the lengths differ.
    """
    evidence = [*_evidence(post, seen), *_assumptions(post, default)]
    override = post.ai.override or _NO_OVERRIDE
    text = override.text or strongest(TEXT, _values(evidence, "text"))
    images = tuple(
        _overridden(override, picture) or strongest(IMAGE, _values(evidence, image_name(index)))
        for index, picture in enumerate(post.pictures)
    )
    person = override.person or strongest(PERSON, _values(evidence, "person"))
    decided = {"text": text, "person": person} | {image_name(index): image for index, image in enumerate(images)}
    overrides = list(_overrides(override, post.pictures))
    lowered = {one.facet for one in overrides}
    return Disclosure(
        text=text,
        translated="yes" in _values(evidence, "translated"),
        reviewed=post.ai.review is not None,
        images=images,
        realistic=tuple(_realistic(post, picture) for picture in post.pictures),
        person=person,
        commercial=post.ai.commercial,
        evidence=(*(_weighed(one, decided, one.facet in lowered) for one in evidence), *overrides),
        held=_NO_CONSENT if person == "digital_twin" and not _consent(post) else None,
    )


def _evidence(post: Post, seen: Sequence[Sequence[Evidence]]) -> Iterator[Evidence]:
    """Every reason for a facet's value, strongest witness first."""
    yield from _authors_word(post)
    for _, found in zip(post.pictures, seen, strict=True):
        yield from found
    for line in post.closing_lines:
        for facet, value in footer.read(line):
            for name in map(image_name, range(len(post.pictures))) if facet == "images" else [facet]:
                yield Evidence(name, value, "footer", f'its closing line "{line.strip()}"')


def _authors_word(post: Post) -> Iterator[Evidence]:
    """What the front matter says, the names and references in it left out: a disclosure may be shown to anybody."""
    ai = post.ai
    if ai.text:
        yield _said("text", ai.text, "ai.text")
    if ai.translated is not None:
        yield _said("translated", _yes(ai.translated), "ai.translated")
    if ai.review:
        yield Evidence("review", "recorded", "front matter", "a person's review, its day and who answers for it are on record")
    for index, picture in enumerate(post.pictures):
        name = image_name(index)
        if ai.images:
            yield _said(name, ai.images, "ai.images")
        if picture.ai:
            yield _said(name, picture.ai, f"ai of {picture.src}")
        realistic = _realistic(post, picture)
        if realistic is not None:
            where = "ai.realistic" if picture.realistic is None else f"realistic of {picture.src}"
            yield _said(f"{name} realistic", _yes(realistic), where)
    if ai.person:
        yield _said("person", ai.person, "ai.person", " (consent is on file)" if _consent(post) else "")
    if ai.commercial:
        yield _said("commercial", ai.commercial, "commercial")


def _said(facet: str, value: str, key: str, more: str = "") -> Evidence:
    return Evidence(facet, value, "front matter", f"{key}: {value}{more}")


def _yes(word: bool) -> str:
    return "yes" if word else "no"


def _assumptions(post: Post, default: AiDefault) -> Iterator[Evidence]:
    if default.text != "unknown" and not post.ai.text:
        yield Evidence("text", default.text, "site", f"site.ai.text: {default.text}")
    for index, picture in enumerate(post.pictures):
        if default.images != "unknown" and not post.ai.images and not picture.ai:
            yield Evidence(image_name(index), default.images, "site", f"site.ai.images: {default.images}")


def _overrides(override: Override, pictures: Sequence[Picture]) -> Iterator[Evidence]:
    """A line for each facet that the override decides: that somebody said so, never who or why."""
    images = {image_name(index): _overridden(override, picture) for index, picture in enumerate(pictures)}
    for facet, value in {"text": override.text, **images, "person": override.person}.items():
        if value:
            yield Evidence(facet, value, "override", "a person's word, with a reason, is on record")


def _overridden(override: Override, picture: Picture) -> ImageFacet | None:
    return override.pictures.get(picture.src, override.images)


def _realistic(post: Post, picture: Picture) -> bool | None:
    return post.ai.realistic if picture.realistic is None else picture.realistic


def _values(evidence: Sequence[Evidence], facet: str) -> list[str]:
    return [one.value for one in evidence if one.facet == facet]


def image_name(index: int) -> str:
    """The name of the facet of a post's picture, counted from 0 here and from 1 in the name."""
    return f"image {index + 1}"


def _consent(post: Post) -> bool:
    """Is there a reference to a consent? A bare "yes" refers to nothing."""
    return (post.ai.consent or "").strip().lower() not in _NO_REFERENCE


def _weighed(one: Evidence, decided: Mapping[str, str], overridden: bool) -> Evidence:
    """Evidence as it is told in the end: with a note where something else was decided."""
    value = decided.get(one.facet, one.value)
    if one.value == value:
        return one
    if overridden:
        return replace(one, detail=f"{one.detail}, set aside by a person's recorded word")
    if one.origin == "front matter":
        return replace(one, detail=f"{one.detail}, outweighed: evidence only raises, and other evidence says {value}")
    return one
