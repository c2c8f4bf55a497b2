"""A Facebook Page's own errors, beside those of all of Meta: what each means, and what to do about it.

They stand on no page of Meta's: others who post there have seen them (github.com/gitroomhq/postiz-app,
facebook.provider.ts, 2026-08; developers.facebook.com/docs/graph-api: Page feed, Page insights, 2026-09).
"""

from __future__ import annotations

from types import MappingProxyType

from socialbot.networks.meta import CHANGE, Row, Rows
from socialbot.networks.protocol import Blocked, Passing, RateLimited, Refused, Unknown

_OTHER_PICTURES = "Use other pictures and enqueue the post again."
_OTHER_LINK = "Correct the post's address and enqueue it again."
_LOOK = "Open Facebook as the Page, see what it is told there, and resume the account here when that is settled."

ROWS: Rows = MappingProxyType(
    {
        (None, 1366046): Row(Refused, "a picture has more than 4 MB, or is of no type that it takes", _OTHER_PICTURES),
        (None, 2069019): Row(Refused, "a picture's file is broken", _OTHER_PICTURES),
        (None, 1366051): Row(Unknown, "these pictures were posted already"),
        (None, 1390008): Row(RateLimited, "the Page posts too fast"),
        (None, 1346003): Row(Blocked, "it takes the post for abuse", _LOOK),
        (None, 1404102): Row(Blocked, "it takes the post for abuse", _LOOK),
        (None, 1404006): Row(Blocked, "it asks for a security check", _LOOK),
        (None, 1404078): Row(Blocked, "the Page needs Page Publishing Authorization", _LOOK),
        (None, 1404112): Row(Blocked, "the account is limited for some time", _LOOK),
        (None, 4854002): Row(Blocked, "it wants the person's identity confirmed", _LOOK),
        (None, 1609005): Row(Passing, "it could not read the page behind the link"),
        (None, 1609008): Row(Refused, "it takes no links to facebook.com there", _OTHER_LINK),
        (None, 2061006): Row(Refused, "the link is no address", _OTHER_LINK),
        (None, 1363047): Row(Unknown, "it is at fault for the moment"),
        (None, 1609010): Row(Unknown, "it is at fault for the moment"),
        (3001, None): Row(Refused, "it knows no such figure", CHANGE),
    }
)
