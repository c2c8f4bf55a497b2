"""X's calls and answers held against its own OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

SPEC = Path(__file__).parents[2] / "../shared/specs/x/openapi.xdk.json"


@cache
def api() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip("the networks' documents lie outside the repository")
    found: dict[str, Any] = json.loads(SPEC.read_text())
    return found


def is_body(path: str, body: Any) -> bool:
    """A POST's JSON body is what the document asks for. Raises ValidationError where it is not."""
    _check(api()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"], body)
    return True


def is_query(path: str, query: Mapping[str, str]) -> bool:
    """A GET's parameters are known, each value one of its own. Raises AssertionError where they are not."""
    told = [_found(one) for one in api()["paths"][path]["get"]["parameters"]]
    known = {one["name"]: one["schema"] for one in told if one["in"] == "query"}
    assert query.keys() <= known.keys(), sorted(query.keys() - known.keys())
    for name, value in query.items():
        schema = known[name]
        _check(schema, value.split(",") if schema["type"] == "array" else int(value) if schema["type"] == "integer" else value)
    return True


def is_answer(method: str, path: str, status: int, body: Any) -> bool:
    """An answer with success is what the document describes. Raises ValidationError where it is not."""
    _check(api()["paths"][path][method.lower()]["responses"][str(status)]["content"]["application/json"]["schema"], body)
    return True


def _found(told: Mapping[str, Any]) -> Mapping[str, Any]:
    place: Any = api()
    for step in told.get("$ref", "#").split("/")[1:]:
        place = place[step]
    return place if "$ref" in told else told


def _check(schema: Mapping[str, Any], value: Any) -> None:
    Draft202012Validator({**schema, "components": api()["components"]}).validate(value)
