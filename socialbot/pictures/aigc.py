"""China's label for AI content that machines read: kept as it came, and never invented.

GB 45438-2025, Annex E: a JSON object under the key "AIGC". Label 1 says AI, 2 maybe, 3 that it is suspected; the other fields
name who made and who passed on the content. We add nothing: a producer's code is given by registration.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from socialbot.pictures.metadata import TEXTS

_MAKERS = ("ContentProducer", "ProduceID", "ContentPropagator", "PropagateID", "ServiceProvider")
_KEPT = ("Label", *_MAKERS, "ReservedCode1", "ReservedCode2")
_LABELS = ("1", "2", "3")
_MAX_CHARACTERS = 20_000
_MAX_VALUE_CHARACTERS = 1_000
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def label_among(texts: Iterable[tuple[str, bytes]]) -> str | None:
    """The label in a file's texts, given as (name in lower case, content): JSON of its own fields; None when there is none.

    Of several the one that says most. A field over 1,000 characters is left out, and so are those that the standard does not
    know, where private words may stand.
    """
    found = [label for name, content in texts if name in TEXTS and (label := _label(name, content))]
    best = min(found, key=lambda label: str(label["Label"]), default=None)
    return json.dumps(best, ensure_ascii=False, separators=(",", ":")) if best else None


def _label(name: str, content: bytes) -> dict[str, str | int] | None:
    # EXIF says before the text how it is encoded, maybe in UTF-16; names and codes are ASCII.
    text = content[:_MAX_CHARACTERS].replace(b"\0", b"").decode("utf-8", "replace")
    told = _object(text) or _object(html.unescape(text))  # escaped for XML, and then once more
    inner = told.get("AIGC")
    if isinstance(inner, str):
        inner = _object(inner)
    named = name == "aigc" or isinstance(inner, Mapping) or "ServiceProvider" in told
    if isinstance(inner, Mapping):
        told = inner
    kept = {key: plain for key, value in told.items() if key in _KEPT and (plain := _plain(value)) is not None}
    known = str(kept.get("Label")) in _LABELS and any(maker in kept for maker in _MAKERS)
    return kept if named and known else None


def _object(text: str) -> Mapping[str, Any]:
    try:
        told, _ = json.JSONDecoder().raw_decode(text, max(text.find("{"), 0))
    except (ValueError, RecursionError):  # not JSON, or built to exhaust its reader
        return {}
    return told if isinstance(told, Mapping) else {}


def _plain(value: object) -> str | int | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int):
        return value if 0 <= value < 10 else None
    return _UNWRITABLE.sub("", value) if len(value) <= _MAX_VALUE_CHARACTERS else None
