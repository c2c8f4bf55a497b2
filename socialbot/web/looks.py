"""How each network draws a post, as data: what stands above what, how pictures lie together, what is folded.

These are our own drawings after what the networks' own clients show, 2026-11; none of them says so on a page. The style
sheet of each is templates/cards/NAME.css.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

Piece = Literal["who", "title", "text", "photos", "link_card", "link_field", "actions", "foot"]
Word = Literal["name", "handle", "dot", "when", "globe", "eye", "app", "flag"]
Icon = Literal[
    "bubble", "reply", "repeat", "heart", "star", "bookmark", "dots", "globe", "plane", "thumb", "chart", "plus", "eye"
]

_TOP: tuple[Piece, ...] = ("who", "title", "text", "photos", "link_card", "link_field", "actions")


@dataclass(frozen=True, slots=True)
class Look:
    """One network's drawing of a post. `name`: its style sheet, and the class of its frame.

    `order` leaves out no words or pictures, even where a network has no place for them: what arrived is to be seen.
    """

    name: str
    order: tuple[Piece, ...] = _TOP
    beside: bool = False
    """The avatar stands beside all the rest; otherwise beside the name alone."""
    who: tuple[tuple[Word, ...], ...] = (("name",), ("when",))
    """Lines of what tells who posted."""
    foot: tuple[Word, ...] = ()
    """What stands at the foot of the card."""
    gallery: Literal["grid", "carousel", "strip"] = "grid"
    """Several pictures: side by side in one frame; one at a time, in the first one's shape; in a row, each in its own."""
    at_most: int | None = None
    """So many of them are seen in the feed; the last one says how many more there are."""
    by: bool = False
    """The caption begins with the account's name."""
    more: str = "… more"
    """What unfolds a caption longer than `Limits.fold`."""
    icons: tuple[Icon, ...] = ()
    flag: str | None = None
    """What readers see where the network's own flag for AI media is set."""
    hides_backslashes: bool = False


_PLAIN = Look("plain")
_MASTODON = Look(
    "mastodon",
    who=(("name",), ("handle",), ("globe", "when")),
    icons=("reply", "repeat", "star", "bookmark", "dots"),
)
_MISSKEY = Look(
    "misskey", beside=True, who=(("name", "handle", "when"),), icons=("reply", "repeat", "plus", "dots"), more="Show more"
)
_INSTAGRAM = Look(
    "instagram",
    ("who", "photos", "actions", "title", "text", "link_card", "link_field", "foot"),
    who=(("name",), ("flag",)),
    foot=("when",),
    gallery="carousel",
    by=True,
    icons=("heart", "bubble", "plane", "bookmark"),
    flag="AI info",
)
STORY = Look(
    "story", ("photos", "who", "title", "text", "link_card", "link_field"), who=(("name", "when"), ("flag",)), flag="AI info"
)
"""One upright picture for a day, with or without words, wherever it is."""

LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "bluesky": Look(
            "bluesky",
            beside=True,
            who=(("name", "handle", "dot", "when"),),
            icons=("bubble", "repeat", "heart", "bookmark", "dots"),
        ),
        "mastodon": _MASTODON,
        "akkoma": _MASTODON,
        "gotosocial": _MASTODON,
        "pixelfed": replace(_INSTAGRAM, name="pixelfed", icons=("heart", "bubble", "repeat", "bookmark"), flag=None),
        "misskey": _MISSKEY,
        "sharkey": _MISSKEY,
        "threads": Look(
            "threads", beside=True, who=(("name", "when"),), gallery="strip", icons=("heart", "bubble", "repeat", "plane")
        ),
        "x": Look(
            "x",
            beside=True,
            who=(("name", "handle", "dot", "when"), ("flag",)),
            icons=("bubble", "repeat", "heart", "chart", "bookmark"),
            more="Show more",
            flag="Made with AI",
        ),
        "discord": Look("discord", beside=True, who=(("name", "app", "when"),), hides_backslashes=True),
        "telegram": Look(
            "telegram",
            ("who", "photos", "title", "text", "link_card", "link_field", "foot"),
            who=(("name",),),
            foot=("eye", "when"),
        ),
        "linkedin": Look(
            "linkedin",
            who=(("name",), ("when", "dot", "globe")),
            at_most=5,
            more="…more",
            icons=("thumb", "bubble", "repeat", "plane"),
        ),
        "facebook": Look(
            "facebook",
            who=(("name",), ("when", "dot", "globe")),
            at_most=5,
            more="… See more",
            icons=("thumb", "bubble", "plane"),
        ),
        "instagram": _INSTAGRAM,
        "pinterest": Look(
            "pinterest",
            ("photos", "actions", "link_field", "title", "text", "link_card", "foot", "who"),
            who=(("name",),),
            foot=("flag",),
            gallery="carousel",
            more="...more",
            icons=("heart", "bubble", "plane", "dots"),
            flag="AI modified",
        ),
        "tiktok": Look(
            "tiktok",
            ("photos", "actions", "who", "title", "text", "link_card", "link_field", "foot"),
            who=(("name", "dot", "when"),),
            foot=("flag",),
            gallery="carousel",
            more="more",
            icons=("heart", "bubble", "bookmark", "plane"),
            flag="Creator labeled as AI-generated",
        ),
    }
)
SHEETS = tuple(dict.fromkeys(look.name for look in (*LOOKS.values(), STORY, _PLAIN)))
"""The style sheets of all of them."""


def look_of(network: str) -> Look:
    """How a network draws its posts; plainly, where nobody has drawn it."""
    return LOOKS.get(network, _PLAIN)
