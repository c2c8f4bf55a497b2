"""Reading: from a file to a Post."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from socialbot.reading.fetching import Fetcher
    from socialbot.reading.folder import posts_in
    from socialbot.reading.links import source_name
    from socialbot.reading.post import read

__all__ = ["Fetcher", "posts_in", "read", "source_name"]
_PLACES = {"Fetcher": "fetching", "posts_in": "folder", "source_name": "links", "read": "post"}


def __getattr__(name: str) -> Any:
    """Whoever needs one of them does not pay for the others: a worker fetches, and reads a post only now and then."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
