"""The parameters of a call to Misskey: a JSON object, checked as its schema does and stricter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from socialbot.testing.fakes.misskey_entities import error
from socialbot.testing.fakes.server import Refusal, Request

Parameters = Mapping[str, tuple[Any, Any]]
"""Each parameter's type or types, and its default."""


def read(request: Request, known: Parameters, needs: Sequence[str]) -> dict[str, Any]:
    """Every parameter, with its default where it is not given. Raises Refusal for unknown, missing or ill-typed ones."""
    try:
        given = request.json_object()
    except ValueError as wrong:
        raise Refusal(error(400, "INVALID_PARAM", f"Invalid param: {wrong}")) from None
    for name, value in given.items():
        if name not in known or not _fits(value, known[name][0]):
            raise Refusal(error(400, "INVALID_PARAM", f"Invalid param: {name}."))
    if missing := [name for name in needs if name not in given]:
        raise Refusal(error(400, "INVALID_PARAM", f"Invalid param: {missing[0]} is required."))
    return {name: default for name, (_, default) in known.items()} | given


def _fits(value: Any, kinds: Any) -> bool:
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    if type(value) not in kinds:
        return False
    return not isinstance(value, list) or all(isinstance(item, str) for item in value)
