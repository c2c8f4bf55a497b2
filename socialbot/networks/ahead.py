"""What the networks take that have no adapter here yet: captions can be counted and drafted for them, nothing can be sent.

When a network's adapter is written, its Limits move into that file. Where a page is silent, a number stands for the narrowest
reading and says so. No page but Tumblr's says that an animation, sent like a picture, is shown moving: `animated` is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from socialbot.nouns import Limits

_READ = date(2026, 11, 20)
_WEB = ("image/jpeg", "image/png", "image/webp")

SLACK = Limits(
    unit="utf-16",  # the pages say "characters"
    max_text=3000,  # of a section block; a message's plain text may hold 4000
    # fold: none as long as the block says "expand": true, else there may be a "see more"
    max_pictures=10,  # unconfirmed: a message holds 50 blocks
    max_picture_bytes=10_000_000,  # unconfirmed: files may have 1 GB, for image blocks no number is given
    max_alt=2000,
    shape="landscape",
    max_hashtags=0,
    mentions=False,  # only <@…> makes one, and "<" is escaped
    markup="slack",
    source="docs.slack.dev: Section block; Image block; chat.postMessage",
    checked=_READ,
)

TUMBLR = Limits(
    unit="code points",
    max_text=4096,  # of one text block
    max_pictures=30,
    max_picture_bytes=10_000_000,  # unconfirmed for this post format: from the older one's page
    max_alt=4096,
    mime_types=_WEB,
    animated=("image/gif",),  # npf-spec.md, "GIF posters"
    shape="portrait",
    max_hashtags=0,  # tags have a field of their own
    mentions=False,  # only a range of the block's formatting makes one
    source="github.com/tumblr/docs: npf-spec.md; api.md",
    checked=_READ,
)

NOSTR = Limits(
    unit="code points",
    max_text=2000,  # by advice: the protocol has no limit, a relay may name one (NIP-11, max_content_length)
    max_pictures=4,  # by custom: no limit
    max_picture_bytes=5_000_000,  # unconfirmed: whoever keeps the picture decides
    max_alt=2000,  # by custom: no limit
    mime_types=_WEB,
    # animated: NIP-68 names GIF, APNG and WebP for kind 20; what clients do with kind 1 is theirs to say
    shape="portrait",
    max_hashtags=3,
    mentions=False,  # only a "p" tag makes one
    threads=True,
    source="github.com/nostr-protocol/nips: 01; 11; 92",
    checked=_READ,
)

MATRIX = Limits(
    unit="bytes",
    # An event is at most 65,536 bytes of JSON, signatures and all. The text stands in it twice, as `body` and, with its links
    # as HTML, as `formatted_body`; escaping for HTML and JSON may make either half as long again.
    max_text=16_000,
    max_pictures=1,  # of one event; more are more events
    max_picture_bytes=50_000_000,  # Synapse's default; a server tells its own
    max_alt=0,
    mime_types=_WEB,
    shape="landscape",
    max_hashtags=0,
    mentions=False,  # with an empty m.mentions
    source="spec.matrix.org v1.19: Client-Server API, Size limits; m.room.message",
    checked=_READ,
)

REDDIT = Limits(
    unit="code points",
    max_text=40_000,
    max_title=300,
    title_unit="code points",
    max_pictures=20,  # unconfirmed
    max_picture_bytes=20_000_000,  # unconfirmed
    max_alt=0,  # unconfirmed
    shape="square",
    max_hashtags=0,
    mentions=False,  # u/name makes one, @name does not
    link="field",
    markup="markdown",
    source="reddit.com/dev/api: POST /api/submit; github.com/reddit-archive/reddit api.py, link.py",
    checked=_READ,
)

YOUTUBE = Limits(
    unit="bytes",
    max_text=5000,
    max_title=100,  # UTF-16 is our reading: the page says "characters"
    max_pictures=1,
    max_picture_bytes=2_000_000,  # of a thumbnail by the older pages; the newer say 50 MB
    max_alt=0,
    shape="vertical",
    needs_picture=True,  # for a short video made of it: posts without one have no API
    max_hashtags=3,  # the first three are shown, unconfirmed
    fold=80,  # others report: 80 to 150, 2026-11; on no page of the network
    ai_flag="containsSyntheticMedia",
    source="developers.google.com/youtube/v3: Videos, snippet and status; Thumbnails: set",
    checked=_READ,
)

GOOGLE_BUSINESS = Limits(
    unit="utf-16",
    max_text=1500,  # unconfirmed: practice; the reference names no number
    max_pictures=1,  # unconfirmed
    max_picture_bytes=5_000_000,  # unconfirmed
    max_alt=0,
    shape="landscape",  # others report: 250 pixels at least on the shorter side, 4:3 advised, 2026-11
    max_hashtags=0,
    mentions=False,
    link="field",
    fold=100,  # others report: 100 to 300, 2026-11; on no page of the network
    source="developers.google.com/my-business: v4 reference, accounts.locations.localPosts",
    checked=_READ,
)

LEMMY = Limits(
    unit="utf-16",
    max_text=50_000,
    max_title=200,
    title_unit="code points",
    max_pictures=1,
    max_picture_bytes=5_000_000,  # unconfirmed: each instance sets its own
    max_alt=1500,
    mime_types=_WEB,
    shape="landscape",
    max_hashtags=0,
    link="field",
    markup="markdown",
    source="github.com/LemmyNet/lemmy 0.19.20: validation.rs",
    checked=_READ,
)

AHEAD: Mapping[str, Limits] = MappingProxyType(
    {
        "google_business": GOOGLE_BUSINESS,
        "lemmy": LEMMY,
        "matrix": MATRIX,
        "nostr": NOSTR,
        "reddit": REDDIT,
        "slack": SLACK,
        "tumblr": TUMBLR,
        "youtube": YOUTUBE,
    }
)
"""By the name that `network = "…"` will have."""
