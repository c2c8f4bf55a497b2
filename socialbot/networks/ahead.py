"""What the networks take that have no adapter here yet: captions can be counted and drafted for them, nothing can be sent.

When a network's adapter is written, its Limits move into that file. Where a page is silent, a number stands for the narrowest
reading and says so. No page but Tumblr's says that an animation, sent like a picture, is shown moving: `animated` is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from socialbot.nouns import Limits, Prices

_READ = date(2026, 11, 20)
_WEB = ("image/jpeg", "image/png", "image/webp")

X = Limits(
    unit="x",
    max_text=280,  # of an account without Premium
    url_length=23,
    max_pictures=4,
    max_picture_bytes=5_000_000,
    max_alt=1000,
    mime_types=_WEB,
    # animated: one GIF instead of all pictures, uploaded by another call; for the adapter to do
    shape="landscape",
    max_hashtags=2,
    threads=True,
    ai_flag="made_with_ai",
    prices=Prices(post_usd=Decimal("0.015"), post_with_url_usd=Decimal("0.20"), alt_text_usd=Decimal("0.005")),
    source="docs.x.com: Counting characters; Create post; Media upload; Pricing",
    checked=_READ,
)

THREADS = Limits(
    unit="threads",
    max_text=500,
    max_pictures=20,
    max_picture_bytes=8_000_000,  # unconfirmed: from a copy of the table of media specifications
    max_alt=1000,  # unconfirmed: from the same copy
    shape="portrait",
    min_picture_width=320,  # unconfirmed, as the next: from the same copy. Over 1440 it is scaled down there
    max_aspect=10.0,
    min_aspect=0.1,  # unconfirmed: the copy says "10:1" of no side
    max_hashtags=1,  # one becomes the post's topic, more are plain words
    max_links=5,
    threads=True,
    # fold: one preview tool says 250 on telephones and none elsewhere, 2026-11; the page names no number.
    source="developers.facebook.com/docs/threads: Posts; Publishing reference",
    checked=_READ,
)

INSTAGRAM = Limits(
    unit="utf-16",  # the page says "characters"
    max_text=2200,
    max_pictures=10,
    max_picture_bytes=8_000_000,
    max_alt=1000,
    mime_types=("image/jpeg",),
    shape="portrait",
    min_picture_width=320,  # over 1440 it is scaled down there
    min_aspect=0.8,  # one vendor says that 9:16 is taken
    max_aspect=1.91,
    one_aspect=True,
    needs_picture=True,
    max_hashtags=5,  # the page says 30; the app has stopped at 5 since December 2025, unconfirmed for the API
    max_mentions=20,
    link="dead",
    ai_flag="is_ai_generated",
    fold=125,  # the help's article 1643471055915254, 2026-11
    source="developers.facebook.com/docs/instagram-platform: Content publishing; IG User media",
    checked=_READ,
)

FACEBOOK = Limits(
    unit="code points",  # unconfirmed: so the page counts the offsets of tags
    max_text=63_206,  # unconfirmed: what those use who post there; on no page of the network
    max_pictures=10,  # unconfirmed: no number is given
    max_picture_bytes=4_000_000,  # the page says 10 MB, an answer of the API 4 MB
    max_alt=1000,  # unconfirmed: no number is given
    shape="square",
    max_hashtags=3,
    mentions=False,  # only @[PAGE_ID] makes one
    fold=63,  # others report: 63 above a picture or link, 2026-03; 110 to 125 on telephones, 480 elsewhere; it is on no page
    source="developers.facebook.com/docs: Pages API, Posts; Graph API reference, Page feed and Page photos",
    checked=_READ,
)

LINKEDIN = Limits(
    unit="little",
    max_text=3000,  # unconfirmed: universal practice; whether backslashes count is not said, so they do here
    max_pictures=20,
    max_picture_bytes=5_000_000,  # unconfirmed: no number is given
    max_picture_pixels=36_152_319,
    max_alt=4086,
    # animated: GIF is taken; that it moves is unconfirmed
    shape="square",  # the page names no aspects
    max_hashtags=5,
    mentions=False,  # an escaped "@" is a letter like any other
    fold=140,  # others report: on telephones, 210 elsewhere, 2026-11; on no page of the network
    source="learn.microsoft.com, LinkedIn Marketing: Posts API; MultiImage API; Images API; Little text format",
    checked=_READ,
)

TIKTOK = Limits(
    unit="utf-16",
    max_text=4000,
    max_title=90,
    max_pictures=35,
    max_picture_bytes=20_000_000,
    max_picture_pixels=1080 * 1920,
    max_alt=0,
    mime_types=("image/jpeg", "image/webp"),
    shape="vertical",  # the page names no aspects
    needs_picture=True,
    max_hashtags=5,  # unconfirmed: the app's limit; the API names none
    link="dead",
    fold=55,  # others report: 55 to 150, 2026-11; on no page of the network
    ai_flag="is_aigc",
    ai_flag_disputed=True,  # the page of 2026-09 has it for photos, older ones and others' clients do not
    source="developers.tiktok.com: Content Posting API, Photo Post; Media transfer guide",
    checked=_READ,
)

PINTEREST = Limits(
    unit="utf-16",  # the schema's maxLength does not say of what
    max_text=800,
    max_title=100,
    max_pictures=5,
    max_picture_bytes=10_000_000,  # unconfirmed: sent as base64, which the server bounds somewhere above
    max_alt=500,
    shape="pin",
    one_aspect=True,  # unconfirmed: other clients ask for equal sizes
    needs_picture=True,
    max_hashtags=3,
    mentions=False,  # unconfirmed
    link="field",
    fold=50,  # others report: 50 to 75, 2026-11; on no page of the network
    ai_flag="ai_disclosures",
    ai_flag_disputed=True,  # only one vendor's client library has it
    source="github.com/pinterest/api-description v5/openapi.json 5.23.0: PinCreate",
    checked=_READ,
)

TELEGRAM = Limits(
    unit="code points",  # after entity parsing; the offsets of entities are in UTF-16 units
    max_text=4096,
    max_text_with_pictures=1024,
    max_pictures=10,
    max_picture_bytes=10_000_000,
    max_alt=0,
    mime_types=_WEB,
    # animated: only by another call, sendAnimation
    shape="square",
    min_aspect=0.05,
    max_aspect=20.0,  # width and height may have 10,000 pixels together, which no variant has
    max_hashtags=3,
    source="core.telegram.org/bots/api: sendMessage; sendPhoto; sendMediaGroup; Sending files",
    checked=_READ,
)

GOTOSOCIAL = Limits(
    unit="code points",  # URLs in full, though the instance announces a length for them
    max_text=5000,
    max_pictures=6,
    max_picture_bytes=5 * 1024 * 1024,
    max_alt=1500,  # the page says 5000, an instance of version 0.20 announced this
    mime_types=_WEB,
    shape="portrait",
    max_hashtags=5,
    kept_hashtags=3,
    threads=True,
    source="docs.gotosocial.org: Configuration, Statuses and Media; server source of 2025-10",
    checked=_READ,
)

PIXELFED = Limits(
    unit="code points",
    max_text=500,
    max_pictures=4,
    max_picture_bytes=15_000_000,
    max_alt=1000,
    shape="square",
    needs_picture=True,
    max_hashtags=5,
    kept_hashtags=3,
    source="docs.pixelfed.org: Configuration; server source 0.11.13, config/pixelfed.php",
    checked=_READ,
)

AKKOMA = Limits(
    unit="graphemes",  # URLs in full
    max_text=5000,
    max_pictures=4,  # by custom: no number is given
    max_picture_bytes=16_000_000,
    max_alt=5000,
    mime_types=_WEB,
    shape="portrait",
    max_hashtags=5,
    kept_hashtags=3,
    threads=True,
    source="docs.akkoma.dev: Differences in Mastodon API responses; Configuration; server source of 2025-10",
    checked=_READ,
)

MISSKEY = Limits(
    unit="code points",  # unconfirmed
    max_text=3000,
    max_pictures=16,
    max_picture_bytes=10_000_000,
    max_alt=512,
    mime_types=_WEB,
    shape="portrait",
    max_hashtags=5,
    kept_hashtags=3,
    threads=True,
    # Its client folds a note of more than 500 units, nine lines, or three links to a height of nine letters, 2026-11; three
    # lines of so many are shown even on a telephone.
    fold=200,
    source="misskey-hub.net/docs: API; server source, notes/create.ts and drive/files/create.ts",
    checked=_READ,
)

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
        "akkoma": AKKOMA,
        "facebook": FACEBOOK,
        "google_business": GOOGLE_BUSINESS,
        "gotosocial": GOTOSOCIAL,
        "instagram": INSTAGRAM,
        "lemmy": LEMMY,
        "linkedin": LINKEDIN,
        "matrix": MATRIX,
        "misskey": MISSKEY,
        "nostr": NOSTR,
        "pinterest": PINTEREST,
        "pixelfed": PIXELFED,
        "reddit": REDDIT,
        "slack": SLACK,
        "telegram": TELEGRAM,
        "threads": THREADS,
        "tiktok": TIKTOK,
        "tumblr": TUMBLR,
        "x": X,
        "youtube": YOUTUBE,
    }
)
"""By the name that `network = "…"` will have."""
