"""Telegram's calls and answers held against the Bot API's own list of methods and types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SPEC = Path(__file__).parents[2] / "../shared/specs/telegram/api.json"
_PLAIN: dict[str, type | tuple[type, ...]] = {"Integer": int, "String": str, "Boolean": bool, "Float": (int, float)}


@cache
def api() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip("the networks' documents lie outside the repository")
    found: dict[str, Any] = json.loads(SPEC.read_text())
    return found


def is_call(method: str, body: Mapping[str, Any]) -> bool:
    """A method's fields, all known, all of their types, none missing. Raises AssertionError where they are not."""
    _fits(body, api()["methods"][method], method)
    return True


def is_answer(kind: str, answer: Any) -> bool:
    """A value of one of the API's types. Raises AssertionError where it is not."""
    assert _is(answer, kind, kind), f"{kind}: {answer!r}"
    return True


def _fits(given: Mapping[str, Any], described: Mapping[str, Any], where: str) -> None:
    fields = {one["name"]: one for one in described.get("fields", [])}
    assert given.keys() <= fields.keys(), f"{where} knows no {sorted(given.keys() - fields.keys())}"
    missing = [name for name, one in fields.items() if one["required"] and name not in given]
    assert not missing, f"{where} wants {missing}"
    for name, value in given.items():
        assert _is_one(value, fields[name]["types"], f"{where}.{name}"), f"{where}.{name}: {value!r}"


def _is(value: Any, kind: str, where: str) -> bool:
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(_is(one, kind.removeprefix("Array of "), where) for one in value)
    if kind in _PLAIN:
        return isinstance(value, _PLAIN[kind]) and isinstance(value, bool) == (kind == "Boolean")
    described = api()["types"][kind]
    if kinds := described.get("subtypes"):
        return _is_one(value, kinds, where)
    if not isinstance(value, dict):
        return isinstance(value, str) and kind == "InputFile"
    _fits(value, described, where)
    return True


def _is_one(value: Any, kinds: list[str], where: str) -> bool:
    """Is it of one of these types? Where only one is possible, what is wrong with it is told."""
    if len(kinds) == 1:
        return _is(value, kinds[0], where)
    for kind in kinds:
        with suppress(AssertionError):
            if _is(value, kind, where):
                return True
    return False
