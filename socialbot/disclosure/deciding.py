"""From the evidence to the disclosure: what AI did, what must be said, and whether the post must wait for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from socialbot.disclosure import footer, labels
from socialbot.disclosure.lattice import IMAGE, PERSON, TEXT, strongest
from socialbot.nouns import Disclosure, Evidence, Held, PersonFacet, Post
from socialbot.settings import AiDefault

_NO_CONSENT = Held(
    "It shows a digital twin of a real person, and the front matter names no consent.",
    "Write where the person's consent is filed: ai: {person: digital_twin, consent: …}. The reference is never published.",
)


def decide(post: Post, seen: Sequence[Sequence[Evidence]], default: AiDefault) -> Disclosure:
    """What AI did to `post` and what to say about it, in the post's language.

    `seen[i]` is the evidence in the file of `post.pictures[i]`, for the facet `image_name(i)`. Evidence only raises a facet:
    a front matter that says "none" does not outweigh a generator's own footer. The site's default is no evidence but what
    to assume; it counts for a facet of which the front matter says nothing. Raises ValueError when the lengths differ.
    """
    evidence = [*_evidence(post, seen), *_assumptions(post, default)]
    text = strongest(TEXT, _values(evidence, "text"))
    images = tuple(strongest(IMAGE, _values(evidence, image_name(index))) for index in range(len(post.pictures)))
    person = strongest(PERSON, _values(evidence, "person"))
    decided = {"text": text, "person": person} | {image_name(index): image for index, image in enumerate(images)}
    unconsented = person == "digital_twin" and not _consent(post)
    named: PersonFacet = "unknown" if unconsented else person
    return Disclosure(
        text=text,
        images=images,
        person=person,
        evidence=tuple(_outweighed(one, decided[one.facet]) for one in evidence),
        label=labels.line(text, images, named, post.language),
        short_label=labels.short_line(text, images, named, post.language),
        image_labels=tuple(labels.badge(image, post.language) for image in images),
        held=_NO_CONSENT if unconsented else None,
    )


def _evidence(post: Post, seen: Sequence[Sequence[Evidence]]) -> Iterator[Evidence]:
    """Every reason for a facet's value, strongest witness first."""
    pictures = list(enumerate(zip(post.pictures, seen, strict=True)))
    if post.ai.text:
        yield Evidence("text", post.ai.text, "front matter", f"ai.text: {post.ai.text}")
    for index, (picture, _) in pictures:
        if post.ai.images:
            yield Evidence(image_name(index), post.ai.images, "front matter", f"ai.images: {post.ai.images}")
        if picture.ai:
            yield Evidence(image_name(index), picture.ai, "front matter", f"ai of {picture.src}: {picture.ai}")
    if post.ai.person:
        consent = " (consent is on file)" if _consent(post) else ""
        yield Evidence("person", post.ai.person, "front matter", f"ai.person: {post.ai.person}{consent}")
    for _, (_, found) in pictures:
        yield from found
    for line in post.closing_lines:
        for facet, value in footer.read(line):
            for name in ["text"] if facet == "text" else [image_name(index) for index, _ in pictures]:
                yield Evidence(name, value, "footer", f'its closing line "{line.strip()}"')


def _assumptions(post: Post, default: AiDefault) -> Iterator[Evidence]:
    if default.text != "unknown" and not post.ai.text:
        yield Evidence("text", default.text, "site", f"site.ai.text: {default.text}")
    for index, picture in enumerate(post.pictures):
        if default.images != "unknown" and not post.ai.images and not picture.ai:
            yield Evidence(image_name(index), default.images, "site", f"site.ai.images: {default.images}")


def _values(evidence: Sequence[Evidence], facet: str) -> list[str]:
    return [one.value for one in evidence if one.facet == facet]


def image_name(index: int) -> str:
    """The name of the facet of a post's picture, counted from 0 here and from 1 in the name."""
    return f"image {index + 1}"


def _consent(post: Post) -> bool:
    """Is there a reference to a consent? A bare "yes" refers to nothing."""
    return (post.ai.consent or "").strip().lower() not in ("", "true", "yes", "false", "no", "1", "0")


def _outweighed(one: Evidence, decided: str) -> Evidence:
    if one.origin != "front matter" or one.value == decided:
        return one
    return replace(one, detail=f"{one.detail}, outweighed: evidence only raises, and other evidence says {decided}")
