"""The servers that speak Mastodon's client API, and in what each differs from Mastodon: data, read by `mastodon.py`.

What a server tells about itself (`mastodon_instance.py`) goes before what stands here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from socialbot.nouns import Limits

SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
_READ = date(2026, 11, 20)
_WEB = ("image/jpeg", "image/png", "image/webp")


@dataclass(frozen=True, slots=True)
class Server:
    """One kind of server. `limits` holds where its instance tells nothing; `limits.source` is where all of this was read."""

    name: str
    """`software.name` of its NodeInfo, in small letters."""
    title: str
    limits: Limits
    key_lasts_s: float | None = None
    """For so long a repeated Idempotency-Key brings no second post; None: it does not help there, and is not sent."""
    keeps_errors: bool = False
    """It answers a repeated key with the first answer even when that was an error; only another key is looked at anew."""
    takes_focus: bool = True
    takes_content_type: bool = False
    """`content_type` may say that the text is plain; without it the account's own setting decides."""
    reads_markdown: bool = False
    """It reads every text as Markdown, and nothing can be said against that."""
    shows_uploads: bool = True
    """An upload that no post has yet can be asked for."""
    ready_at_once: bool = False
    """202 to an upload means nothing: it can be attached."""
    scopes: tuple[str, ...] = SCOPES
    """What a login asks for."""
    advice: str = ""
    """What `check` tells of it."""


MASTODON = Server(
    "mastodon",
    "Mastodon",
    Limits(
        unit="mastodon",
        max_text=500,
        url_length=23,
        max_pictures=4,
        max_picture_bytes=16_777_216,
        max_picture_pixels=33_177_600,
        max_alt=1500,
        mime_types=_WEB,
        # A GIF becomes a silent video, of at most GIF_MATRIX_LIMIT pixels (server source: attachmentable.rb,
        # media_attachment.rb); what becomes of an animated WebP or PNG is not said.
        animated=("image/gif",),
        max_animated_pixels=921_600,
        shape="portrait",
        max_hashtags=5,
        kept_hashtags=3,
        threads=True,
        source="docs.joinmastodon.org/entities/Instance: configuration",
        checked=_READ,
    ),
    # An hour (post_status_service.rb); we stop trusting it ten minutes sooner. From 4.6.0 to at least 4.6.5 a repeated key is
    # answered with 500 although the post exists: github.com/mastodon/mastodon issue 40399.
    key_lasts_s=3000,
)

GLITCH = replace(MASTODON, name="glitch", title="glitch-soc", takes_content_type=True)
"""Mastodon with more formats and longer texts: glitch-soc.github.io/docs, 2026-08. Its version ends in "+glitch"."""

HOMETOWN = replace(MASTODON, name="hometown", title="Hometown")
"""Mastodon with posts that stay on the server: github.com/hometown-fork/hometown. That nothing else differs is unconfirmed."""

GOTOSOCIAL = Server(
    "gotosocial",
    "GoToSocial",
    Limits(
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
    ),
    takes_content_type=True,
)

PIXELFED = Server(
    "pixelfed",
    "Pixelfed",
    Limits(
        unit="code points",
        max_text=500,
        max_pictures=4,
        max_picture_bytes=15_000_000,
        max_alt=1000,
        shape="square",
        needs_picture=True,
        max_hashtags=5,
        kept_hashtags=3,
        threads=True,  # as comments under the picture
        source="docs.pixelfed.org: Configuration; server source 0.11.13, config/pixelfed.php",
        checked=_READ,
    ),
    takes_focus=False,
    ready_at_once=True,
    scopes=("read", "write"),  # it knows no finer ones (AuthServiceProvider.php, 2026-11-21)
    advice="Pixelfed's tokens end after a year unless its admin set another time; make a new one before.",
)

AKKOMA = Server(
    "akkoma",
    "Akkoma",
    Limits(
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
    ),
    # Six hours, idempotency_plug.ex; we stop trusting it half an hour sooner.
    key_lasts_s=5.5 * 3600,
    keeps_errors=True,
    takes_focus=False,
    takes_content_type=True,
)

PLEROMA = replace(AKKOMA, name="pleroma", title="Pleroma")
"""As Akkoma, which began as a copy of it; newer ones answer 409 while the first call with a key is under way."""

HOLLO = Server(
    "hollo",
    "Hollo",
    Limits(
        unit="code points",  # it refuses no length, so that any unit will do
        max_text=10_000,
        max_pictures=8,
        max_picture_bytes=32 * 1024 * 1024,
        max_picture_pixels=16_777_216,
        max_alt=1500,  # by custom: no number is given
        mime_types=_WEB,
        shape="portrait",
        max_hashtags=5,
        kept_hashtags=3,
        threads=True,
        markup="markdown",
        source="github.com/fedify-dev/hollo 0.10, src/api/v2/instance.ts; src/api/v1/statuses.ts; src/text.ts",
        checked=date(2026, 11, 21),
    ),
    # An hour from the post's own time. It takes no lock, so that only a call that was answered, or given up, may be repeated.
    key_lasts_s=3000,
    takes_focus=False,
    reads_markdown=True,
)

TAKAHE = Server(
    "takahe",
    "Takahē",
    Limits(
        unit="code points",
        max_text=500,
        max_pictures=4,
        max_picture_bytes=10 * 1024 * 1024,
        max_picture_pixels=2000 * 2000,
        max_alt=1500,  # by custom: no number is given
        mime_types=_WEB,
        shape="portrait",
        max_hashtags=5,
        kept_hashtags=3,
        threads=True,
        source="github.com/jointakahe/takahe, api/views/instance.py; media.py; statuses.py, 2024-08",
        checked=date(2026, 11, 21),
    ),
    takes_focus=False,
    shows_uploads=False,  # it asks an unattached file for its post's author, and answers 500
)

UNKNOWN = Server(
    "",
    "a server we do not know",
    # UTF-16 units are never fewer than code points or graphemes.
    replace(MASTODON.limits, unit="utf-16", url_length=None, animated=(), max_animated_pixels=None),
)
"""The strictest reading: nothing is repeated there by itself."""

SERVERS: tuple[Server, ...] = (GLITCH, HOMETOWN, GOTOSOCIAL, PIXELFED, AKKOMA, PLEROMA, HOLLO, TAKAHE, MASTODON)
"""Every one that is known, Mastodon's copies before Mastodon."""

_RELATIVES = SERVERS[:-1]
_MASTODONS_VERSION = re.compile(r"[1-9]\d*\.\d+\.\d+[\w.+~-]*")
_SOURCES = MappingProxyType({"superseriousbusiness/gotosocial": GOTOSOCIAL, "fedify-dev/hollo": HOLLO})
"""The ends of `source_url` of those whose version does not name them."""
MISSKEYS = ("misskey", "sharkey", "firefish", "iceshrimp", "calckey", "foundkey", "cherrypick")
"""Servers whose own API is Misskey's; some speak Mastodon's as well."""


def told_by(version: str, source_url: str = "") -> Server | None:
    """The server that an instance's words name: None where they name none that we know, and NodeInfo should be asked.

    Relatives write "2.7.2 (compatible; Akkoma 3.15.2)" or "4.5.0+glitch", Mastodon its bare version; GoToSocial and Hollo
    write one of their own, "0.20.0+git-57cb4fe", and name themselves in the address of their source.
    """
    words = version.lower()
    if any(name in words for name in MISSKEYS):  # some of them write "like Akkoma", which they are not
        return UNKNOWN
    if relative := next((server for server in _RELATIVES if server.name in words), None):
        return relative
    if from_source := next((server for end, server in _SOURCES.items() if source_url.lower().rstrip("/").endswith(end)), None):
        return from_source
    return MASTODON if _MASTODONS_VERSION.fullmatch(version) else None


def named(software: str) -> Server:
    """The server of this name in NodeInfo, UNKNOWN where it is none of ours."""
    return next((server for server in SERVERS if server.name == software.lower()), UNKNOWN)
