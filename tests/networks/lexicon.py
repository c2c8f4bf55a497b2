"""A lexicon of the AT Protocol as JSON Schema, as far as records need it. Unknown fields are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Lexicons:
    """The lexicons of a folder, read when needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def schema(self, ref: str) -> dict[str, Any]:
        """The schema of a definition such as "app.bsky.embed.images#image"."""
        name, _, definition = ref.partition("#")
        document = json.loads((self.folder / (name.replace(".", "/") + ".json")).read_text())
        return self._of(document["defs"][definition or "main"], name, ref)

    def _of(self, given: dict[str, Any], home: str, ref: str) -> dict[str, Any]:
        kind = given["type"]
        if kind == "record":
            return self._of(given["record"], home, ref)
        if kind == "object":
            properties = {key: self._of(value, home, "") for key, value in given["properties"].items() if key != "reply"}
            named = {"$type": {"const": ref.removesuffix("#main")}} if ref else {}
            return {
                "type": "object",
                "required": given.get("required", []),
                "properties": {**named, **properties},
                "additionalProperties": False,
            }
        if kind == "array":
            return {"type": "array", "items": self._of(given["items"], home, ""), "maxItems": given.get("maxLength", 10**6)}
        if kind == "ref":
            return self.schema(_full(given["ref"], home))
        if kind == "union":
            # A union's members must name their type.
            kinds = [self.schema(_full(one, home)) for one in given["refs"] if "record" not in one and "labels" not in one]
            return {"anyOf": [{**one, "required": ["$type", *one.get("required", [])]} for one in kinds]}
        if kind == "blob":
            link = {"type": "object", "required": ["$link"], "properties": {"$link": {"type": "string"}}}
            size = {"type": "integer", "maximum": given.get("maxSize", 10**9)}
            properties = {"$type": {"const": "blob"}, "ref": link, "mimeType": {"pattern": "^image/"}, "size": size}
            return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}
        if kind == "integer":
            return {"type": "integer", "minimum": given.get("minimum", 0)}
        return {"type": kind} if kind in ("string", "boolean") else {}


def _full(ref: str, home: str) -> str:
    return home + ref if ref.startswith("#") else ref
