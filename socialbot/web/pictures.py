"""The pictures that networks fetch: /media/NAME, for as long as the name is good, and nothing else of the media store."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse, PlainTextResponse, Response

from socialbot.hosting.tokens import read_name
from socialbot.ledger import Clock
from socialbot.media import Media

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    # Of search engines only: https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag
    "X-Robots-Tag": "noindex, noarchive",
}


def pictures(media: Media, key: bytes, clock: Clock) -> APIRouter:
    """The route that shows them. `key` signed their names (`accounts.picture_key`)."""
    router = APIRouter()

    @router.api_route("/media/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    def show(name: str) -> Response:
        """404 for a name that we never gave, 410 when its time is over or the picture is gone."""
        shown, now = read_name(key, name), clock()
        if shown is None:
            return _nothing("not found", 404)
        if shown.until <= now:
            return _nothing("its time is over", 410)
        try:
            media.bring(shown.digest)
        except OSError:  # the bucket is out of reach
            return _nothing("not to be had now", 503)
        path = media.path(shown.digest)
        if not path.is_file():
            return _nothing("gone", 410)
        left_s = int((shown.until - now).total_seconds())
        return FileResponse(
            path, media_type=shown.kind, headers={**_HEADERS, "Cache-Control": f"public, max-age={left_s}, immutable"}
        )

    return router


def _nothing(why: str, status: int) -> Response:
    return PlainTextResponse(f"{why}\n", status, {**_HEADERS, "Cache-Control": "no-store"})
