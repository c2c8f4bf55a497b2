"""A JSON document with one value replaced, in every place and by every kind of value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

STRANGERS: tuple[Any, ...] = (None, True, 7, -1, 1.5, "", "x", [], [7], ["x"], {}, {"x": 7})


def mutants(document: Any) -> Iterator[Any]:
    """Every document that differs from this one in one place."""
    yield from STRANGERS
    if isinstance(document, dict):
        for key, value in document.items():
            yield from ({**document, key: mutant} for mutant in mutants(value))
    elif isinstance(document, list):
        for at, value in enumerate(document):
            yield from ([*document[:at], mutant, *document[at + 1 :]] for mutant in mutants(value))
