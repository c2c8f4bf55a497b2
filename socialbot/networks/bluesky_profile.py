"""The profile of a Bluesky account, and its self-label "bot", by which the account says that it is automated.

github.com/bluesky-social/bsky-docs: Bots; lexicons app.bsky.actor.profile and com.atproto.label.defs, 2026-11-20.
"""

from __future__ import annotations

import json
from typing import Any

from socialbot.networks.atproto import Pds
from socialbot.networks.calling import Answer
from socialbot.networks.protocol import NetworkError, Passing, Refused

COLLECTION, RKEY = "app.bsky.actor.profile", "self"
_SELF_LABELS = "com.atproto.label.defs#selfLabels"
_BY_HAND = "Mark the account as automated in the account settings of Bluesky's app."


async def is_marked(pds: Pds) -> bool:
    """Whether the profile has the label. Raises NetworkError."""
    return _has_label((await _read(pds)).get("value"))


async def mark(pds: Pds) -> None:
    """Add the label; the rest of the profile is written as it was read, or nothing is. Raises NetworkError."""
    for _ in range(2):
        present = await _read(pds)
        if _has_label(present.get("value")):
            return
        answer = await _replace(pds, present)
        if answer.status == 200:
            return
        if answer.get("error") != "InvalidSwap":
            raise _trouble(pds, answer)
    raise Passing("Bluesky: the profile is being changed by somebody else, so nothing was written; try again.")


async def _read(pds: Pds) -> Answer:
    """The profile's record; an answer with the error RecordNotFound where there is none."""
    answer = await pds.record(await pds.did(), COLLECTION, RKEY)
    if answer.status != 200 and answer.get("error") != "RecordNotFound":
        raise pds.trouble(answer)
    return answer


async def _replace(pds: Pds, present: Answer) -> Answer:
    """Write the profile with the label, unless it is no longer the one that was read."""
    record, version = {"$type": COLLECTION}, None
    if present.status == 200:
        record, version = present.get("value"), present.text("cid")
        if not isinstance(record, dict) or not version:
            raise pds.trouble(present)
    place = {"repo": await pds.did(), "collection": COLLECTION, "rkey": RKEY}
    try:
        request = {**place, "record": _labelled(record), "swapRecord": version}
        content = json.dumps(request, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        # NaN and half a surrogate pair can be read as JSON and not be written.
        raise Refused("Bluesky: the profile holds something that cannot be written back.", _BY_HAND) from None
    kind = {"Content-Type": "application/json"}
    return await pds.ask("POST", "com.atproto.repo.putRecord", headers=kind, content=content)


def _has_label(profile: Any) -> bool:
    return any(isinstance(label, dict) and label.get("val") == "bot" for label in _self_labels(profile) or ())


def _self_labels(profile: Any) -> list[Any] | None:
    """The profile's self-labels; None where it has labels of another kind, or none."""
    labels = profile.get("labels") if isinstance(profile, dict) else None
    values = labels.get("values") if isinstance(labels, dict) and labels.get("$type") == _SELF_LABELS else None
    return values if isinstance(values, list) else None


def _labelled(profile: dict[str, Any]) -> dict[str, Any]:
    """The profile with the label after those it has. Raises Refused when those cannot be read."""
    values = _self_labels(profile)
    if values is None and "labels" in profile:
        raise Refused("Bluesky: the profile has labels of a kind that is not known here; nothing was written.", _BY_HAND)
    labels = profile.get("labels", {"$type": _SELF_LABELS})
    return {**profile, "labels": {**labels, "values": [*(values or ()), {"val": "bot"}]}}


def _trouble(pds: Pds, answer: Answer) -> NetworkError:
    """The error table's advice on posts does not fit a profile."""
    if answer.get("error") in ("InvalidRequest", "BlobNotFound"):
        return Refused(f"Bluesky does not take the profile with the mark: {pds.said(answer)}.", _BY_HAND)
    return pds.trouble(answer)
