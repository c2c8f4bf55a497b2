"""One post of the website as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from socialbot.nouns.disclosure import Commercial, ImageFacet, PersonFacet, TextFacet


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as the post names it, and where its bytes lie.

    `alt` is None when the author wrote none, or only junk ("Related photo 1"). `focal` is the subject's point, fractions
    of width and height from the top left; `box` (left, top, right, bottom, likewise) is all that has to stay in. `file` is
    None when the picture cannot be had; `missing` then says why.
    """

    src: str
    alt: str | None = None
    focal: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None
    credit: str | None = None
    ai: ImageFacet | None = None
    realistic: bool | None = None
    """Could it be taken for a real scene? None: nobody said."""
    file: Path | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A person's review of a text before it is published, and who answers for the text. Names are never published."""

    by: str
    at: date
    responsible: str


@dataclass(frozen=True, slots=True)
class Override:
    """A named person's word that evidence is wrong, and why: the one thing that lowers a facet. Never published."""

    by: str
    reason: str
    text: TextFacet | None = None
    images: ImageFacet | None = None
    """Of all pictures that `pictures` does not name."""
    person: PersonFacet | None = None
    pictures: Mapping[str, ImageFacet] = field(default_factory=dict)
    """By `Picture.src`."""


@dataclass(frozen=True, slots=True)
class AiWord:
    """What the author says of AI's part, in front matter. None: nothing was said."""

    text: TextFacet | None = None
    translated: bool | None = None
    images: ImageFacet | None = None
    realistic: bool | None = None
    person: PersonFacet | None = None
    consent: str | None = None
    commercial: Commercial | None = None
    review: Review | None = None
    model: str | None = None
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One post of the website, read and made plain. `id` is derived from the canonical URL, else from the source."""

    id: str
    source: str
    content_hash: str
    title: str
    summary: str | None = None
    url: str | None = None
    language: str = "en"
    published: datetime | None = None
    """Its date. Before it nothing is sent."""
    not_before: datetime | None = None
    """When it may go to networks, where that is later than its date."""
    not_after: datetime | None = None
    """When it is too late to send it."""
    urgent: bool = False
    """It goes at once, before what waits for its slot."""
    unpublished: str | None = None
    """Why the author does not want it out yet ("draft: true"); None when it is published or waits for its date."""
    body: str = ""
    """The article's paragraphs as plain text, a blank line between them: what a thread tells."""
    tags: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    ai: AiWord = AiWord()
    closing_lines: tuple[str, ...] = ()
    """The last six short lines of the body: where generators and editors sign."""
    social: Mapping[str, Any] = field(default_factory=dict)
    """Front matter `social:` — `caption`, `extra`, `correction` for all, and by network or account name these and `skip`."""
    warnings: tuple[str, ...] = ()
