"""X's media: pictures uploaded and described before the post that shows them, each once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

from socialbot.networks.calling import Answer
from socialbot.networks.protocol import Passing, Refused, Remember
from socialbot.networks.x_calls import Calls, is_lost_upload
from socialbot.nouns import Variant

LASTS_S = 86_400
"""How long an upload that no post uses is kept, where the answer does not say."""
_SPARE = 0.1
"""So much of it is left unused: an upload that is about to end may end on its way into a post."""
POLLS = 12
LONGEST_PAUSE_S = 5.0


async def attached(calls: Calls, picture: Variant, content: bytes, remember: Remember) -> tuple[str, str]:
    """The id of a picture, ready to be posted, and its key, by which a post that shows it is known. Raises NetworkError.

    docs.x.com: Media, Upload and Metadata, 2026-08. What was uploaded, and what was described, is remembered apart: the
    upload is free, and each description costs.
    """
    upload_key = _key(picture)
    try:
        return await _attached(calls, picture, content, remember, upload_key)
    except _Lost:
        raise forgotten([picture], remember) from None


def forgotten(pictures: Sequence[Variant], remember: Remember) -> Passing:
    """What to raise where X knows an upload no more: what is remembered of these pictures is forgotten."""
    for picture in pictures:
        remember.forget(_key(picture))
    return Passing("X knows an uploaded picture no more; it will be uploaded anew.")


class _Lost(Exception):
    """X knows the upload no more."""


def _key(picture: Variant) -> str:
    return hashlib.sha256(f"{picture.digest} {picture.alt}".encode()).hexdigest()


async def _attached(calls: Calls, picture: Variant, content: bytes, remember: Remember, upload_key: str) -> tuple[str, str]:
    alt_key = hashlib.sha256(f"{upload_key} described".encode()).hexdigest()
    media_id, media_key, pending = ((remember.recall(upload_key) or "") + "  ").split(" ")[:3]
    lasts_s = LASTS_S * (1 - _SPARE)
    answer = None if media_id else await _uploaded(calls, picture, content)
    if answer:
        media_id, media_key = answer.text("data", "id"), answer.text("data", "media_key")
        pending, lasts_s = "pending" if _state(answer) else "", _lasts_s(answer)
        remember.keep(upload_key, f"{media_id} {media_key} {pending}", lasts_s)
    if pending:
        await _wait(calls, media_id, answer)
        remember.keep(upload_key, f"{media_id} {media_key} ", lasts_s)
    if picture.alt and remember.recall(alt_key) != media_id:
        await _describe(calls, media_id, picture.alt)
        remember.keep(alt_key, media_id, lasts_s)
    return media_id, media_key


async def _uploaded(calls: Calls, picture: Variant, content: bytes) -> Answer:
    file = (f"picture.{picture.mime.split('/')[1]}", content, picture.mime)
    form = {"media_category": "tweet_image"}
    answer = await calls.ask("POST", "/2/media/upload", data=form, files={"media": file})
    if answer.status not in (200, 201) or not answer.text("data", "id"):
        raise calls.trouble(answer)
    return answer


async def _wait(calls: Calls, media_id: str, answer: Answer | None) -> None:
    """Until it is processed; `answer` is what its upload said, if it was uploaded just now."""
    for _ in range(POLLS):
        if answer is None:
            answer = await calls.ask("GET", "/2/media/upload", {"command": "STATUS", "media_id": media_id})
            if answer.status != 200 or answer.get("data") is None:
                raise _Lost if is_lost_upload(answer) else calls.trouble(answer)
        state = _state(answer)
        if state in ("", "succeeded"):
            return
        if state == "failed":
            raise Refused("X could not process a picture.", "Use other pictures and enqueue the post again.")
        await asyncio.sleep(_pause_s(answer))
        answer = None
    raise Passing("X is still processing a picture; it will be tried again.")


async def _describe(calls: Calls, media_id: str, alt: str) -> None:
    body = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
    answer = await calls.ask("POST", "/2/media/metadata", json=body)
    if answer.status not in (200, 201) or answer.get("data") is None:
        raise _Lost if is_lost_upload(answer) else calls.trouble(answer)


def _lasts_s(answer: Answer) -> float:
    told = answer.get("data", "expires_after_secs")
    return float(told if type(told) is int and told > 0 else LASTS_S) * (1 - _SPARE)


def _state(answer: Answer) -> str:
    """How far it is processed; "" of what needs no processing."""
    return answer.text("data", "processing_info", "state")


def _pause_s(answer: Answer) -> float:
    after = answer.get("data", "processing_info", "check_after_secs")
    return min(float(after), LONGEST_PAUSE_S) if type(after) in (int, float) and after >= 0 else 1.0
