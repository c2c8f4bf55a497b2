"""The parameters of a call to Mastodon, from JSON or a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from socialbot.testing.fakes.server import Request

STATUS: Mapping[str, Any] = {
    "status": "",
    "media_ids": [],
    "in_reply_to_id": None,
    "sensitive": False,
    "spoiler_text": "",
    "visibility": "public",
    "language": "en",
    "allowed_mentions": None,
}
"""What a new status takes, and the account's defaults."""
EDIT: Mapping[str, Any] = {
    "status": "",
    "media_ids": [],
    "media_attributes": [],
    "sensitive": False,
    "spoiler_text": "",
    "language": "en",
}
"""What an edited status takes; what is left out is lost."""
_FLAGS = ("sensitive", "bot")


def read(request: Request, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter, with its default where it is not given. Raises ValueError for unknown or ill-typed ones."""
    if request.media_type == "application/x-www-form-urlencoded":
        given = _from_pairs(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))
    else:
        given = request.json_object()
    for name, value in given.items():
        if name not in defaults:
            raise ValueError(f"unknown parameter {name}")
        if not _fits(name, value):
            raise ValueError(f"{name} cannot be {value!r}")
    return {**defaults, **given}


def _fits(name: str, value: Any) -> bool:
    if name == "media_attributes":
        return isinstance(value, list) and all(isinstance(item, dict) and "id" in item for item in value)
    if name in ("media_ids", "allowed_mentions"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, bool if name in _FLAGS else str)


def _from_pairs(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name.endswith("[]"):
            given.setdefault(name[:-2], []).append(value)
        elif name in given:
            raise ValueError(f"{name} is given twice")
        else:
            given[name] = {"true": True, "false": False}.get(value, value) if name in _FLAGS else value
    return given
