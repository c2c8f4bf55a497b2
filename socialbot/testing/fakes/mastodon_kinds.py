"""The servers that the Mastodon fake can play, and in what each is unlike Mastodon.

Facts: docs.gotosocial.org and GoToSocial 0.20 as recorded; Pixelfed 0.11.13, ApiV1Controller.php; Akkoma, docs.akkoma.dev and
idempotency_plug.ex; Hollo 0.10, src/api; Takahē, api/views; all read 2026-11-21. Sizes that admins set are small here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import regex

from socialbot.testing.fakes import mastodon_entities as entities
from socialbot.testing.fakes import toot_text
from socialbot.testing.fakes.server import Answer, Refusal

LIMITS = (
    "max_characters",
    "max_media_attachments",
    "characters_reserved_per_url",
    "description_limit",
    "image_size_limit",
    "image_matrix_limit",
)
UNCHECKED = ("max_alt", "max_pictures", "max_picture_bytes", "max_picture_pixels")
MIME_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")

_BOTH = ("accounts", "filters", "follows", "lists", "notifications", "statuses")
SCOPES = frozenset(
    {"read", "write", "write:media", "profile", "push"} | {f"{right}:{of}" for right in ("read", "write") for of in _BOTH}
)
"""docs.joinmastodon.org/api/oauth-scopes, 2026-07, as far as a publisher could want them."""

Words = Mapping[str, tuple[int, str]]
"""Reasons for a refusal: the status and the server's own sentence."""

_MASTODON: Words = {
    "token": (401, "The access token is invalid"),
    "scope": (403, "This action is outside the authorized scopes"),
    "missing": (404, "Record not found"),
    "parent": (404, "The post you are trying to reply to does not appear to exist."),
    "blank": (422, "Validation failed: Text can't be blank"),
    "long": (422, "Validation failed: Text character limit of {limit} exceeded"),
    "choice": (422, "Validation failed: Visibility or language is not included in the list"),
    "many": (422, "Cannot attach more than {limit} files, or one twice"),
    "taken": (422, "Media {ids} not found or already attached to another post"),
    "alt": (422, "Validation failed: Description is longer than {limit}"),
    "file": (422, "Validation failed: File is not the {mime} it says it is, or has no name"),
    "large": (422, "Validation failed: File is too large"),
    "parameter": (422, "Validation failed: {why}"),
}
_GOTOSOCIAL: Words = {
    "token": (401, "Unauthorized: token not supplied"),
    "missing": (404, "Not Found"),
    "blank": (400, "Bad Request: status contains no text, media or poll"),
    "long": (400, "Bad Request: text with spoiler exceed max chars ({limit})"),
    "choice": (400, "Bad Request: invalid language tag: language: tag is not well-formed"),
    "many": (400, "Bad Request: too many media files attached, limit is {limit}"),
    "taken": (400, "Bad Request: media already attached to status: {ids}"),
    "alt": (400, "Bad Request: image description length must be between 0 and {limit} characters (inclusive)"),
    "file": (422, "Unprocessable Entity: error processing media"),
    "large": (400, "Bad Request: media larger than max size"),
}
_PIXELFED: Words = {
    "token": (401, "Unauthenticated."),
    "missing": (404, "Resource not found"),
    "blank": (403, "Empty statuses are not allowed"),
    "long": (422, "The status may not be greater than {limit} characters."),
    "many": (422, "The media ids may not have more than {limit} items."),
    "taken": (403, "Invalid media id"),
    "alt": (422, "The description may not be greater than {limit} characters."),
    "large": (422, "The file may not be greater than {limit} kilobytes."),
}
_TAKAHE: Words = {"long": (400, "Status is too long"), "blank": (400, "Status is empty"), "missing": (404, "Not found")}
_AKKOMA: Words = {
    "token": (403, "Invalid credentials."),
    "long": (422, "The status is over the character limit"),
    "blank": (422, "Cannot post an empty status without attachments"),
    "alt": (400, "Description is too long"),
    "large": (413, "file_too_large"),
}
_HOLLO: Words = {
    "token": (401, "The access token is invalid"),
    "taken": (422, "Media not found"),
    "blank": (422, "invalid_request"),
}


def _graphemes(text: str, warning: str, _: int) -> int:
    return len(regex.findall(r"\X", text.strip() + warning))


def _code_points(text: str, warning: str, _: int) -> int:
    return len(text + warning)


def _never_too_long(text: str, warning: str, _: int) -> int:
    return 0


def _base(digits: str, width: int) -> Callable[[int], str]:
    def write(number: int) -> str:
        written = ""
        while number or len(written) < width:
            number, digit = divmod(number, len(digits))
            written = digits[digit] + written
        return written

    return write


_FLAKE = _base("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 18)


@dataclass(frozen=True, slots=True)
class Kind:
    """One server. `write_id` makes its ids, which grow with the number; `count` measures text and warning."""

    version: str = "4.5.4"
    source_url: str = "https://example.org/"
    software: str = "mastodon"
    has_v2: bool = True
    write_id: Callable[[int], str] = str
    count: Callable[[str, str, int], int] = toot_text.count
    words: Words = field(default_factory=dict)
    keys: Literal["honoured", "ignored", "refused", "kept"] = "honoured"
    """What comes of a key that was used: the first post; another post; a refusal; the first answer, errors too."""
    limits: Mapping[str, int] = field(default_factory=dict)
    takes_focus: bool = True
    takes_content_type: bool = False
    needs_picture: bool = False
    upload_status: int = 200
    shows: Literal["loose", "all", "attached"] = "loose"
    """Which uploads can be asked for; the others bring 404, or 500 where only attached ones can."""
    attaches_once: bool = True
    unchecked: tuple[str, ...] = ()
    """Limits (our names) that it announces and does not enforce."""
    visibility: str = "public"
    visibilities: tuple[str, ...] = ("public", "unlisted", "private", "direct")
    language: str | None = None
    """What it tells of every post, whatever was said."""
    app_scopes: bool = True
    edits_alt: bool = True
    """An edit may describe its pictures anew; else that is passed over in silence."""
    scopes: frozenset[str] = SCOPES
    """Those that it knows."""
    takes_challenges: bool = False
    """It has PKCE, and metadata that say so."""
    many_redirects: bool = True
    """An application may name several redirect addresses, and is held to the scopes that it named."""
    token_lasts_s: int | None = None
    own_fields: Mapping[str, str] = field(default_factory=dict)
    """Where its instance tells a limit: our name to its field."""
    markdown: bool = False

    def refuse(self, reason: str, **facts: object) -> Refusal:
        """A refusal in the server's words."""
        status, sentence = {**_MASTODON, **self.words}[reason]
        return Refusal(Answer(status, {"error": sentence.format(**facts)}))


_NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/2.0"
_SMALL: Mapping[str, int] = {"image_size_limit": 5_242_880, "image_matrix_limit": 8_000_000}

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "mastodon": Kind(takes_challenges=True),
        "glitch": Kind(
            takes_challenges=True,
            version="4.7.0-alpha.2+glitch",
            source_url="https://github.com/glitch-soc/mastodon",
            takes_content_type=True,
            limits={"max_characters": 2000, "description_limit": 10_000},
        ),
        "hometown": Kind(version="4.2.10+hometown-1.1.1"),
        "gotosocial": Kind(
            version="0.20.0-src57cb4fe+git-57cb4fe",
            source_url="https://codeberg.org/superseriousbusiness/gotosocial",
            software="gotosocial",
            write_id=_base("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 26),
            count=_code_points,
            words=_GOTOSOCIAL,
            keys="ignored",
            limits={"max_characters": 5000, "max_media_attachments": 6, "characters_reserved_per_url": 25, **_SMALL},
            takes_content_type=True,
            shows="all",
            visibility="unlisted",
            app_scopes=False,
        ),
        "pixelfed": Kind(
            version="3.5.3 (compatible; Pixelfed 0.12.7)",
            source_url="https://github.com/pixelfed/pixelfed",
            software="pixelfed",
            count=_code_points,
            words=_PIXELFED,
            keys="refused",
            limits={**_SMALL, "description_limit": 1000},
            takes_focus=False,
            needs_picture=True,
            upload_status=202,
            scopes=frozenset({"read", "write", "follow", "push"}),
            edits_alt=False,  # UpdateStatusService.php
            many_redirects=False,
            token_lasts_s=356 * 86_400,
            visibilities=("public", "unlisted", "private"),
            language="en",
        ),
        "akkoma": Kind(
            version="2.7.2 (compatible; Akkoma 3.15.2-0-g1a2b3c4)",
            software="akkoma",
            has_v2=False,
            write_id=_FLAKE,
            count=_graphemes,
            words=_AKKOMA,
            keys="kept",
            limits={"max_characters": 5000, "description_limit": 5000, **_SMALL},
            takes_focus=False,
            takes_content_type=True,
            shows="all",
            attaches_once=False,
            edits_alt=False,  # status_operation.ex: update_request
            token_lasts_s=36_500 * 86_400,
            own_fields={
                "max_characters": "max_toot_chars",
                "description_limit": "description_limit",
                "image_size_limit": "upload_limit",
            },
        ),
        "hollo": Kind(
            version="0.10.0",
            source_url="https://github.com/fedify-dev/hollo",
            software="hollo",
            write_id=lambda number: str(uuid.UUID(int=number)),
            count=_never_too_long,
            words=_HOLLO,
            takes_challenges=True,
            limits={"max_characters": 10_000, "max_media_attachments": 8, "characters_reserved_per_url": 256, **_SMALL},
            takes_focus=False,
            shows="all",
            unchecked=("max_text", *UNCHECKED),
            markdown=True,
        ),
        "takahe": Kind(
            version="0.11.0",
            software="takahe",
            has_v2=False,
            count=_code_points,
            words=_TAKAHE,
            keys="ignored",
            limits={**_SMALL, "image_matrix_limit": 4_000_000},
            takes_focus=False,
            shows="attached",
            attaches_once=False,
            unchecked=UNCHECKED,
        ),
    }
)
KINDS_BY_COPY = MappingProxyType({"pleroma": ("akkoma", "2.7.2 (compatible; Pleroma 2.10.2)")})


def kind(server: str) -> Kind:
    """The server of this name. Raises KeyError when it is none that can be played."""
    if server in KINDS_BY_COPY:
        like, version = KINDS_BY_COPY[server]
        return replace(KINDS[like], version=version, software=server)
    return KINDS[server]


def documents(url: str, version: str, kind: Kind, limits: Mapping[str, Any], rules: list[dict[str, Any]]) -> dict[str, Any]:
    """What the server says of itself, by path: both versions of its instance, and NodeInfo."""
    names = ("max_characters", "max_media_attachments", "characters_reserved_per_url")
    media = {key: value for key, value in limits.items() if key not in names}
    newer = entities.instance(url, version, {name: limits[name] for name in names}, media)
    newer |= {"rules": rules, "source_url": kind.source_url}
    told = {"uri": "domain", "title": "title", "version": "version", "configuration": "configuration", "rules": "rules"}
    older = {old: newer[new] for old, new in told.items()}
    if kind.own_fields:
        del older["configuration"]
        older |= {field: limits[name] for name, field in kind.own_fields.items()}
    software = {"name": kind.software, "version": version}
    return {
        "/api/v2/instance": newer,
        "/api/v1/instance": older,
        "/.well-known/nodeinfo": {"links": [{"rel": _NODEINFO, "href": f"{url}/nodeinfo/2.0/"}]},
        "/nodeinfo/2.0/": {"version": "2.0", "software": software, "protocols": ["activitypub"], "metadata": {}},
    }
