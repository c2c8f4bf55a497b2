"""The lexicon `app.bsky.actor.profile` as a validator, with the words of the reference PDS (0.5.35).

Keys that the lexicon does not know are let through, as the PDS does: other programs write profiles too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from socialbot.testing.fakes import lexicon
from socialbot.testing.fakes.lexicon import Blob, Invalid

COLLECTION, RKEY = "app.bsky.actor.profile", "self"
SELF_LABELS = "com.atproto.label.defs#selfLabels"
MAX_IMAGE_BYTES, MAX_LABELS, MAX_LABEL_BYTES = 1_000_000, 10, 128
_TEXTS = {"displayName": (64, 640), "description": (256, 2560), "pronouns": (20, 200)}
_IMAGES = ("image/png", "image/jpeg")


def check(record: Any, blobs: Mapping[str, Blob]) -> None:
    """Raises Invalid or BlobNotFound. `blobs` are the account's uploads by CID."""
    path = "$.record"
    lexicon.holds(record, path)
    if record.get("$type") != COLLECTION:
        raise Invalid(f"Invalid $type: expected {COLLECTION}, got {record.get('$type')}")
    for key, (max_graphemes, max_bytes) in _TEXTS.items():
        if key in record:
            lexicon.text(record[key], f"{path}.{key}", max_graphemes, max_bytes)
    if "website" in record:
        lexicon.uri(record["website"], f"{path}.website")
    for key in ("avatar", "banner"):
        if key in record and (mime := lexicon.blob(record[key], blobs, MAX_IMAGE_BYTES, f"{path}.{key}").mime) not in _IMAGES:
            raise Invalid(f'Expected one of "image/png" or "image/jpeg" (got "{mime}") at {path}.{key}.mimeType')
    if "labels" in record:
        _labels(record["labels"], f"{path}.labels")
    for key in ("joinedViaStarterPack", "pinnedPost"):
        if key in record:
            lexicon.holds(record[key], f"{path}.{key}", required=("uri", "cid"))
    if "createdAt" in record:
        lexicon.moment(record["createdAt"], f"{path}.createdAt")


def _labels(labels: Any, path: str) -> None:
    """An open union: what names another type is not looked into."""
    kind = labels.get("$type") if isinstance(labels, dict) else None
    if not isinstance(kind, str):
        raise Invalid(f'Expected an object which includes the "$type" property value type at {path}')
    if kind != SELF_LABELS:
        return
    lexicon.holds(labels, path, required=("values",))
    for at, label in enumerate(lexicon.array(labels["values"], f"{path}.values", MAX_LABELS)):
        lexicon.holds(label, f"{path}.values[{at}]", required=("val",))
        lexicon.text(label["val"], f"{path}.values[{at}].val", max_bytes=MAX_LABEL_BYTES)
