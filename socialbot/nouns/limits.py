"""What a network takes, and what it charges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Shape = Literal["square", "portrait", "vertical", "pin", "landscape", "original"]
Crop = Literal["auto", "fill", "fit"]
"""How a picture goes into another shape: cropped, or fitted where that would cut too much; always cropped; always whole."""
Unit = Literal["graphemes", "mastodon", "code points", "utf-16", "bytes", "x", "threads", "little"]
"""What a network counts in a text; `captions.counting` says how."""


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
    min_picture_width: int | None = None
    min_aspect: float | None = None
    """The tallest picture that is taken, width ÷ height; `max_aspect`, likewise, the widest."""
    max_aspect: float | None = None
    one_aspect: bool = False
    """A carousel shows all its pictures in the first one's shape."""
    mime_types: tuple[str, ...] = ("image/jpeg", "image/png")
    animated: tuple[str, ...] = ()
    """MIME types that the network shows moving, beside other pictures too; "image/apng" is an animated PNG."""
    max_animated_pixels: int | None = None
    """Width times height of an animation, where less is taken than of other pictures."""
    needs_picture: bool = False
    caption: bool = True
    """Words go with the pictures. Where none do (stories), the label stands on the pictures that AI made."""
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
    markup: Literal["plain", "discord", "slack", "markdown", "mfm"] = "plain"
    """What the network reads in the text beside words: titles and summaries are escaped so that they show as written."""
    prices: Prices | None = None
