"""What AI did to a post, why we think so, and how an account says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from socialbot.nouns.mistakes import Held

TextFacet = Literal["unknown", "none", "assisted", "generated"]
ImageFacet = Literal["unknown", "none", "possible", "edited", "composite", "generated"]
PersonFacet = Literal["unknown", "none", "real", "invented", "digital_twin"]
Commercial = Literal["editorial", "advertisement", "paid_partnership"]
Surface = Literal["caption", "flag", "alt", "badge", "metadata"]
"""Where AI's part is shown: the label in the caption; the network's own flag for AI media; the alt text; the words on the
picture; the mark in the picture's file that machines read."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a facet's value: which facet, what value, who said so, in which words."""

    facet: str
    value: str
    origin: Literal["front matter", "picture", "footer", "site", "override"]
    detail: str


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What AI did to a post, and why we think so. It holds no name, prompt or consent, and may be shown to anybody."""

    text: TextFacet = "unknown"
    translated: bool = False
    """AI translated the text."""
    reviewed: bool = False
    """A person's review of the text, and who answers for it, are on record."""
    images: tuple[ImageFacet, ...] = ()
    realistic: tuple[bool | None, ...] = ()
    """For each picture: could it be taken for a real scene? None where nobody said, and then it is taken to be."""
    person: PersonFacet = "unknown"
    commercial: Commercial | None = None
    evidence: tuple[Evidence, ...] = ()
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What one rule asked of a draft: where AI's part has to be shown."""

    rule: str
    pack: str
    version: date
    surfaces: tuple[Surface, ...]


@dataclass(frozen=True, slots=True)
class Badge:
    """Words to draw on a picture. `share`: the least height of their letters, as a share of its shortest side."""

    words: str
    language: str
    share: float


@dataclass(frozen=True, slots=True)
class Expression:
    """How one account says what AI did to a post, decided before a caption is written or a picture drawn.

    `alts` and `badges` go by the post's pictures: what each one's alt text must carry, what is drawn on it.
    """

    labels: tuple[str, ...] = ()
    """The caption's label, the wording that is liked best first; a later one is for where there is no room."""
    label_first: bool = False
    """The label has to open the caption."""
    alts: tuple[str | None, ...] = ()
    badges: tuple[Badge | None, ...] = ()
    flags: Mapping[str, bool] = field(default_factory=dict)
    asked: tuple[Asked, ...] = ()
    warnings: tuple[str, ...] = ()
    held: Held | None = None
