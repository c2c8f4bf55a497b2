"""The things socialbot talks about: frozen, dumb, and the same in every room.

Times are timezone-aware UTC; sizes carry their unit in the name. Behaviour lives in functions that take and return these.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

TextFacet = Literal["unknown", "none", "assisted", "generated"]
ImageFacet = Literal["unknown", "none", "possible", "edited", "composite", "generated"]
PersonFacet = Literal["unknown", "none", "real", "invented", "digital_twin"]
Commercial = Literal["editorial", "advertisement", "paid_partnership"]
Surface = Literal["caption", "flag", "alt", "badge", "metadata"]
"""Where AI's part is shown: the label in the caption; the network's own flag for AI media; the alt text; the words on the
picture; the mark in the picture's file that machines read."""
Shape = Literal["square", "portrait", "vertical", "pin", "landscape", "original"]
Unit = Literal["graphemes", "mastodon", "code points", "utf-16", "bytes", "x", "threads", "little"]
"""What a network counts in a text; `captions.counting` says how."""


class Mistake(Exception):
    """Bad input, told in one sentence: what is wrong, where, and what to do."""

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.what, self.where, self.fix = what, where, fix
        sentence = f"{where}: {what}" if where else what
        super().__init__(f"{sentence} ({fix})" if fix else sentence)


class WrongConfiguration(Mistake):
    """The configuration cannot be used; the command ends with exit status 3."""


class WrongUse(Mistake):
    """The command names something that does not exist; it ends with exit status 2."""


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
    """Front matter `social:` — `caption`, `extra` for all, and by network or account name `caption`, `extra`, `skip`."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """Why a draft or delivery waits for a person, and what that person can do."""

    reason: str
    fix: str
    approvable: bool = False
    """A person may let it through as it stands, by `socialbot approve`."""
    redraft: bool = False
    """A new draft of the same post takes its place, the post changed or not."""


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


@dataclass(frozen=True, slots=True)
class Prices:
    """What a network charges, in US dollars: for a post, for a post with a URL in it, for each picture's alt text."""

    post_usd: Decimal
    post_with_url_usd: Decimal
    alt_text_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a network takes. The one home of its numbers: counting, trimming, cropping and the dashboard read this value.

    Captions are counted in `unit`: "graphemes"; "mastodon" (graphemes after a URL counts `url_length` and
    `@user@host` counts `@user`); "code points"; "utf-16" code units; "bytes" of UTF-8; "x" (twitter-text's weights, a URL
    `url_length`); "threads" (code points, emoji as UTF-8 bytes); "little" (UTF-16 units once LinkedIn's reserved
    characters are escaped).
    """

    unit: Unit
    max_text: int
    max_pictures: int
    max_picture_bytes: int
    max_alt: int
    """In `alt_unit`; 0: there is no field for alt text."""
    shape: Shape
    source: str
    """Page and section of the network's documentation these numbers come from."""
    checked: date
    max_text_bytes: int | None = None
    max_text_with_pictures: int | None = None
    """Where a caption under pictures has less room than a text alone (Telegram)."""
    max_title: int | None = None
    """Where the title has a field of its own, its room there, in `title_unit`; it is then not in the caption."""
    title_unit: Unit = "utf-16"
    alt_unit: Unit = "utf-16"
    """A URL or mention counts in full here; UTF-16 units are never fewer than code points or graphemes."""
    url_length: int | None = None
    max_picture_pixels: int | None = None
    mime_types: tuple[str, ...] = ("image/jpeg", "image/png")
    needs_picture: bool = False
    max_hashtags: int = 5
    """How many we put in a caption unless the account says otherwise; 0 where they do harm or mean nothing."""
    kept_hashtags: int = 0
    """So many of them are kept even when the summary has to be cut for them, where they are how posts are found."""
    max_mentions: int | None = None
    max_links: int | None = None
    mentions: bool = True
    """The network makes "@name" in a text a mention, so that one from a title or summary must be broken up."""
    link: Literal["text", "field", "dead"] = "text"
    """Where the post's link goes: into the text; into a field of its own; nowhere, since links in the text are dead."""
    short_links: bool = False
    """A shortened link may be shown, since the text carries the real one behind it (Bluesky's facets)."""
    threads: bool = False
    """Own posts can be chained as replies."""
    builds_card: bool = False
    """The client makes the link card (Bluesky); elsewhere the server fetches it."""
    max_thumb_bytes: int | None = None
    ai_flag: str | None = None
    """Name of the network's native flag for AI media, where it has one."""
    ai_flag_disputed: bool = False
    """Sources disagree on whether the flag is taken: it is set only where the account says so, and is never enough."""
    fold: int | None = None
    """So many code points of a caption are seen before "more", where that is known; the label begins and ends within them."""
    markup: Literal["plain", "discord", "slack", "markdown"] = "plain"
    """What the network reads in the text beside words: titles and summaries are escaped so that they show as written."""
    prices: Prices | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A live stretch of a caption, `start` to `end` in code points: a link's URI or a hashtag without its `#`.

    Where links are shortened, what stands in the text is not the URI.
    """

    kind: Literal["link", "tag"]
    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Caption:
    """The words of one post, final to the byte, and how long the network finds them."""

    text: str
    used: int
    limit: int
    unit: Unit
    spans: tuple[Span, ...] = ()
    title: str | None = None
    """The words for the title's own field, where the network has one."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A picture ready to upload: its bytes lie in the media store under `digest` (SHA-256, hex)."""

    digest: str
    shape: Shape
    width: int
    height: int
    bytes: int
    mime: str
    alt: str
    focal: tuple[float, float] | None = None
    """The subject's point in this variant, fractions from the top left."""
    badge: str | None = None
    """The words drawn on it."""


@dataclass(frozen=True, slots=True)
class Card:
    """A link card the client builds."""

    url: str
    title: str
    description: str
    thumb: Variant | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One irreversible call: a caption with its pictures or its card."""

    caption: Caption
    pictures: tuple[Variant, ...] = ()
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What one account will send for one post. Nothing in it changes between preview and publishing.

    `fixed` holds what is random or timed in the request (record key, idempotency key, creation time), chosen once when the
    draft is accepted, so that every try sends the same bytes.
    """

    post_id: str
    account: str
    network: str
    language: str
    parts: tuple[Part, ...]
    label: str | None = None
    link: str | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)
    """The network's own flags for AI media: on a carousel's container and a thread's first post, never on a child or reply."""
    asked: tuple[Asked, ...] = ()
    """What the rules asked of it."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    held: Held | None = None
    cost_usd: Decimal | None = None
    """What the network will charge for all parts; None where posting is free."""


@cache
def _built(kind: Hashable) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # here, because --help needs the nouns and not this

    return TypeAdapter(cast(type[Any], kind))


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return _built(cast(Hashable, kind))


def freeze(noun: Any) -> str:
    """A noun as JSON text, for the ledger."""
    return _adapter(type(noun)).dump_json(noun).decode()


def thaw(kind: type[T], frozen: str) -> T:
    """The noun that `freeze` wrote. Raises pydantic.ValidationError when the text is not one."""
    noun: T = _adapter(kind).validate_json(frozen)
    return noun


def as_json(noun: Any) -> Any:
    """A noun as plain dicts, lists and strings, for `--json`."""
    return _adapter(type(noun)).dump_python(noun, mode="json")
