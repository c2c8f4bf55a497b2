"""Nouns as JSON and back: for the ledger, and for `--json`."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _built(kind: Hashable) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # here, because --help needs the nouns and not this

    return TypeAdapter(cast(type[Any], kind))


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return _built(cast(Hashable, kind))


def freeze(noun: Any) -> str:
    """A noun as JSON text, for the ledger."""
    return _adapter(type(noun)).dump_json(noun).decode()


def thaw(kind: type[T], frozen: str) -> T:
    """The noun that `freeze` wrote. Raises pydantic.ValidationError when the text is not one."""
    noun: T = _adapter(kind).validate_json(frozen)
    return noun


def as_json(noun: Any) -> Any:
    """A noun as plain dicts, lists and strings, for `--json`."""
    return _adapter(type(noun)).dump_python(noun, mode="json")
