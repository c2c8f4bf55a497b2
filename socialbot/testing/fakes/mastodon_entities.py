"""The documents a Mastodon server gives out, complete as its API documentation lists them (version 4.7.0)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from socialbot.testing.fakes.server import SeenPicture

USER, ACCOUNT_ID = "blog", "109348684215703211"
_NO_CONTENT: dict[str, Any] = {"note": "", "emojis": [], "fields": []}


def instant(moment: datetime) -> str:
    """A UTC moment as Mastodon writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def instance(server: str, version: str, statuses: Mapping[str, int], media: Mapping[str, Any]) -> dict[str, Any]:
    """`/api/v2/instance`; `statuses` and `media` are the limits under `configuration`."""
    configuration = {
        "urls": {"streaming": server.replace("http", "ws")},
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": dict(statuses),
        "media_attachments": {**media, "video_size_limit": 0, "video_matrix_limit": 0, "video_frame_rate_limit": 0},
        "polls": {"max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2_629_746},
        "translation": {"enabled": False},
    }
    return {
        "domain": "127.0.0.1",
        "title": "A fake Mastodon",
        "version": version,
        "source_url": "https://example.org/",
        "description": "",
        "usage": {"users": {"active_month": 1}},
        "thumbnail": {"url": f"{server}/thumbnail.png"},
        "icon": [],
        "languages": ["en"],
        "configuration": configuration,
        "registrations": {"enabled": False, "approval_required": False, "message": None},
        "api_versions": {"mastodon": 7},
        "contact": {"email": "", "account": None},
        "rules": [],
    }


def account(server: str, bot: bool, statuses: int) -> dict[str, Any]:
    """The one account of the server; `statuses` is how many it has published."""
    page, images = f"{server}/@{USER}", ("avatar", "avatar_static", "header", "header_static")
    return {
        "id": ACCOUNT_ID,
        "username": USER,
        "acct": USER,
        "display_name": "Blog",
        "url": page,
        "uri": f"{server}/users/{USER}",
        "bot": bot,
        "group": False,
        "locked": False,
        "indexable": True,
        "created_at": "2026-01-01T00:00:00.000Z",
        "statuses_count": statuses,
        "followers_count": 0,
        "following_count": 0,
        **{image: f"{server}/{image}.png" for image in images},
        **_NO_CONTENT,
    }


def credentials(account: Mapping[str, Any]) -> dict[str, Any]:
    """`/api/v1/accounts/verify_credentials` of an account."""
    defaults = {"privacy": "public", "sensitive": False, "language": "en", "follow_requests_count": 0, "indexable": True}
    role = {"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": False}
    return {**account, "source": {**defaults, **_NO_CONTENT}, "role": role}


def attachment(media_id: str, picture: SeenPicture, url: str | None) -> dict[str, Any]:
    """A MediaAttachment; `url` is None as long as it is being processed."""
    original = {"width": picture.width, "height": picture.height, "size": f"{picture.width}x{picture.height}"}
    focus = dict(zip("xy", picture.focal or (0.0, 0.0), strict=True))
    facts = {"description": picture.alt or None, "meta": {"original": original, "focus": focus}, "blurhash": None}
    kind = "gifv" if picture.mime == "image/gif" else "image"
    return {"id": media_id, "type": kind, "url": url, "preview_url": url, "remote_url": None, **facts}
