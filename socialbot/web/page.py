"""One self-contained HTML page that shows each post as its network would: made from a draft, or from what a server received."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from socialbot import networks
from socialbot.captions import UNIT_NAMES
from socialbot.media import Media
from socialbot.nouns import Draft, Held, Part, Span, Variant
from socialbot.web.looks import SHEETS, STORY, Look, look_of

# A browser takes a backslash for a slash, so a host ends there too.
_HTTP = re.compile(r"https?://(?:[^/?#\\]*@)?(?P<host>[^/?#\\]+)", re.IGNORECASE)
_URL = re.compile(r"(https?://(?:www\.)?)(.{1,30})(.*)", re.IGNORECASE | re.DOTALL)
_ESCAPE = re.compile(r"(\\)([!-/:-@\[-`{-~])")
_SPACE = re.compile(r"\s+(?=\S*\Z)")
_UNITS: Mapping[str, str] = {str(unit): name for unit, name in UNIT_NAMES.items()}
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture with its bytes. Width and height in pixels; `focal` in fractions of them from the top left; `colour`,
    "#rrggbb", is shown until the picture is.
    """

    content: bytes
    mime: str
    alt: str
    width: int
    height: int
    focal: tuple[float, float] | None = None
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One post as a reader of its network meets it, and what socialbot knows about it.

    `at` is None for what has not been sent; `used` and `limit` are lengths in `unit`.
    """

    network: str
    account: str
    text: str
    spans: tuple[Span, ...]
    at: datetime | None
    language: str
    photos: tuple[Photo, ...] = ()
    card_title: str | None = None
    card_description: str | None = None
    card_url: str | None = None
    card_thumb: Photo | None = None
    title: str | None = None
    """Where the title has a field of its own."""
    link: str | None = None
    """Where the link has a field of its own."""
    fold: int | None = None
    """So many code points of the text are seen before somebody asks for more."""
    has_alt: bool = True
    """The network has a field for what its pictures show."""
    follows: bool = False
    """It answers the post before it, in a thread."""
    story: bool = False
    url: str | None = None
    used: int | None = None
    limit: int | None = None
    unit: str | None = None
    label: str | None = None
    flags: tuple[str, ...] = ()
    """The network's own flags for AI media that are set."""
    warnings: tuple[str, ...] = ()
    held: Held | None = None

    @property
    def look(self) -> Look:
        """How it is drawn."""
        return STORY if self.story else look_of(self.network)


def shown(draft: Draft, media: Media) -> tuple[Shown, ...]:
    """One `Shown` for each part.

    What holds for the whole draft (label, flags, warnings, why it is held) stands with the first. Raises FileNotFoundError
    when a picture's bytes are gone from the media store.
    """
    bare = Shown(draft.network, draft.account, "", (), None, draft.language)
    limits = networks.limits_of(draft.network) if draft.network in networks.counted() else None
    if limits:
        bare = replace(bare, fold=limits.fold, has_alt=limits.max_alt > 0)
    flags = tuple(name for name, is_set in draft.flags.items() if is_set)
    link = draft.link if limits and limits.link == "field" else None
    first = replace(bare, label=draft.label, flags=flags, link=link, warnings=draft.warnings, held=draft.held)
    rest = replace(bare, follows=True)
    return tuple(_filled(rest if number else first, part, media) for number, part in enumerate(draft.parts))


def _filled(post: Shown, part: Part, media: Media) -> Shown:
    caption, card = part.caption, part.card
    return replace(
        post,
        text=caption.text,
        title=caption.title,
        story=not caption.text and any(variant.shape == "vertical" for variant in part.pictures),
        spans=caption.spans,
        used=caption.used,
        limit=caption.limit,
        unit=caption.unit,
        photos=tuple(_photo(variant, media) for variant in part.pictures),
        card_title=card.title if card else None,
        card_description=card.description if card else None,
        card_url=card.url if card else None,
        card_thumb=_photo(card.thumb, media) if card and card.thumb else None,
    )


def _photo(variant: Variant, media: Media) -> Photo:
    content = media.get(variant.digest)
    return Photo(content, variant.mime, variant.alt, variant.width, variant.height, variant.focal, variant.colour)


def page(heading: str, posts: Sequence[Shown], *, note: str | None = None) -> str:
    """A whole HTML document that asks nothing of the network and runs no script; all text is taken as text, never as HTML.

    `note` is a sentence under the heading that says what this is. The result can always be written as UTF-8.
    """
    html = _templates().get_template("page.html").render(heading=heading, threads=_threads(posts), note=note, sheets=SHEETS)
    # Half a surrogate pair can arrive in JSON; it can be shown by no browser and written to no file.
    return html.encode(errors="replace").decode()


def _threads(posts: Sequence[Shown]) -> list[list[Shown]]:
    """Each post with those that follow on it."""
    threads: list[list[Shown]] = []
    for post in posts:
        if post.follows and threads:
            threads[-1].append(post)
        else:
            threads.append([post])
    return threads


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("socialbot.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "address": _address,
        "data_uri": _data_uri,
        "day": _day,
        "display_name": _display_name,
        "focus": _focus,
        "handle": _handle,
        "host": _host,
        "initials": _initials,
        "measure": _measure,
        "fold": _fold,
        "ratio": _ratio,
        "title_of": _title_of,
        "url_in_three": _url_in_three,
        "weight": _weight,
    }
    return templates


class _Piece(NamedTuple):
    text: str
    kind: str
    """"plain", "tag", "link", or "escape": a backslash the network does not show."""
    href: str | None = None


def _pieces(post: Shown) -> Iterator[_Piece]:
    """The caption cut at its spans; together the pieces are the caption. A span that fits nowhere is left out."""
    done = 0
    for span in sorted(post.spans, key=lambda span: span.start):
        if not done <= span.start < span.end <= len(post.text):
            continue
        href = _address(span.value) if span.kind == "link" else None
        yield from _words(post.text[done : span.start], post.look)
        yield _Piece(post.text[span.start : span.end], "tag" if span.kind == "tag" else "link" if href else "plain", href)
        done = span.end
    yield from _words(post.text[done:], post.look)


def _fold(post: Shown) -> tuple[list[_Piece], list[_Piece]]:
    """The pieces that are seen at once, and those behind "more"; cut between words where there is a space."""
    room, seen, folded = _seen_at_once(post), list[_Piece](), list[_Piece]()
    for piece in _pieces(post):
        seen += [piece._replace(text=piece.text[:room])] if room else []
        folded += [piece._replace(text=piece.text[room:])] if len(piece.text) > room else []
        room = max(0, room - len(piece.text))
    return seen, folded


def _seen_at_once(post: Shown) -> int:
    if post.fold is None or len(post.text) <= post.fold:
        return len(post.text)
    space = _SPACE.search(post.text, 0, post.fold + 1)
    return space.start() if space and space.start() else post.fold


def _words(text: str, look: Look) -> Iterator[_Piece]:
    if not look.hides_backslashes:
        yield _Piece(text, "plain")
        return
    for number, stretch in enumerate(_ESCAPE.split(text)):  # words, backslash, what it escapes, words, …
        yield _Piece(stretch, "escape" if number % 3 == 1 else "plain")


def _address(uri: str | None) -> str | None:
    """The URI when a reader may be sent there: http and https only, so that nothing runs when it is clicked."""
    return uri if uri and _HTTP.match(uri) else None


def _host(uri: str | None) -> str:
    found = _HTTP.match(uri or "")
    return found["host"] if found else ""


def _url_in_three(text: str) -> tuple[str, str, str]:
    """Scheme, the 30 characters Mastodon shows, and the rest (mastodon/mastodon, app/lib/text_formatter.rb)."""
    found = _URL.fullmatch(text)
    return (found[1], found[2], found[3]) if found else ("", text, "")


def _display_name(account: str) -> str:
    return account.lstrip("@").partition("@")[0]


def _title_of(network: str) -> str:
    return networks.load(network).title() if network in networks.names() else network.capitalize()


def _handle(account: str) -> str:
    return "@" + account.lstrip("@")


def _initials(account: str) -> str:
    return "".join(word[0] for word in _WORD.findall(_display_name(account))[:2]).upper()


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


def _measure(post: Shown) -> str:
    of = f"{post.used:,}" if post.limit is None else f"{post.used:,} of {post.limit:,}"
    return f"{of} {_UNITS.get(post.unit, post.unit)}" if post.unit else of


def _ratio(photo: Photo) -> float:
    return round(photo.width / photo.height, 4) if photo.width and photo.height else 1.0


def _focus(photo: Photo) -> str:
    """The focal point as CSS `object-position`, which is how Mastodon's own web client crops."""
    x, y = photo.focal or (0.5, 0.5)
    return f"{x:.1%} {y:.1%}"


def _weight(content: bytes) -> str:
    size = len(content)
    return (
        f"{size:,} bytes" if size < 1_000 else f"{size / 1_000:,.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.2f} MB"
    )


def _data_uri(photo: Photo) -> str:
    return f"data:{photo.mime};base64,{b64encode(photo.content).decode()}"
