"""A Page's photos before their post: uploaded, seen by nobody, gone after a day.

developers.facebook.com/docs/graph-api/reference/page/photos, v26.0, 2026-09.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from socialbot.disclosure import AI_MEDIA, of_picture
from socialbot.media import Media
from socialbot.networks.calling import Answer
from socialbot.networks.meta import Graph
from socialbot.networks.meta_containers import key_of
from socialbot.networks.protocol import Remember
from socialbot.nouns import Variant

LASTS_S = 23 * 3600
"""A photo that stands in no post is kept for about 24 hours."""
_MARK: Mapping[str, Any] = {"is_gen_ai": True, "provenance_type": "EXPLICIT"}
"""`provenance_info`: its fields stand on the page, and nothing about what they do."""
_ID = re.compile(r"\d{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Photo:
    """One that is uploaded. `unflagged`: the mark for AI media was not taken."""

    id: str
    unflagged: bool = False


class Photos:
    """The unpublished photos of one Page. `read` has a picture's bytes, which lie in `media`."""

    def __init__(self, graph: Graph, page: str, media: Media, read: Callable[[Variant], bytes]) -> None:
        self._graph, self._page, self._media, self._read = graph, page, media, read

    async def uploaded(self, picture: Variant, remember: Remember, *, flagged: bool) -> Photo:
        """The picture there, as it was remembered or anew. `flagged`: marked as made by AI, if it is. Raises NetworkError."""
        content = self._read(picture)
        mark = _MARK if flagged and self._is_of_ai(picture) else None
        if known := await self._recalled(_key(picture, mark), remember):
            return Photo(known)
        if mark and (known := await self._recalled(_key(picture, None), remember)):
            return Photo(known, unflagged=True)
        answer = await self._answer(picture, content, mark)
        unflagged = bool(mark) and answer.get("error", "code") in (10, 100)
        if unflagged:
            answer = await self._answer(picture, content, None)
        photo = str(self._graph.taken(answer).get("id") or "")
        if not _ID.fullmatch(photo):
            raise self._graph.line.trouble(answer, "a photo without an id")
        remember.keep(_key(picture, None if unflagged else mark), photo, LASTS_S)
        return Photo(photo, unflagged)

    async def _recalled(self, key: str, remember: Remember) -> str | None:
        """The photo that was uploaded before under this key, if it is still there."""
        known = remember.recall(key)
        if known is None:
            return None
        answer = await self._graph.answer("GET", f"/{known}", fields="id")
        if answer.get("error") is not None and await self._graph.is_gone(answer):
            remember.forget(key)
            return None
        self._graph.taken(answer)
        return known

    async def _answer(self, picture: Variant, content: bytes, mark: Mapping[str, Any] | None) -> Answer:
        file = (f"picture.{picture.mime.split('/')[1]}", content, picture.mime)
        fields = {"published": False, "alt_text_custom": picture.alt or None, "provenance_info": mark}
        return await self._graph.answer("POST", f"/{self._page}/photos", files={"source": file}, **fields)

    def _is_of_ai(self, picture: Variant) -> bool:
        """Every picture's file says what AI did to it; a photograph beside it is not to be marked."""
        return any(one.value in AI_MEDIA for one in of_picture(self._media.path(picture.digest), "image"))


def _key(picture: Variant, mark: Mapping[str, Any] | None) -> str:
    return key_of(picture.digest, picture.alt, mark)
