"""Answers of the fakes held against the networks' own OpenAPI documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

SPECS = Path(__file__).parents[2] / "../shared/specs"


def agrees(network: str, schema: str, answer: Any) -> bool:
    """Raises jsonschema.ValidationError where it does not; skips the test when the documents are not at hand."""
    path = SPECS / network / "openapi.json"
    if not path.exists():
        pytest.skip("the networks' documents lie outside the repository")
    components = json.loads(path.read_text())["components"]
    Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": components}).validate(answer)
    return True
