"""Sharkey: a copy of Misskey whose notes can be edited."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from socialbot.networks.misskey import Misskey
from socialbot.networks.protocol import Published
from socialbot.nouns import Draft


class Sharkey(Misskey):
    """Misskey with notes that can be edited."""

    name = "sharkey"
    edits = True
    cannot = MappingProxyType({key: no for key, no in Misskey.cannot.items() if key != "edit"})

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Replace the note; files that are not named would be lost (Sharkey source, notes/edit.ts, 2026-11-21)."""
        note_id = await self._own(published.remote_id)
        note = await self._ask("notes/show", noteId=note_id)
        if note.status != 200 or not note.text("id"):
            raise self._gone(note)
        request: dict[str, Any] = {
            "editId": note_id,
            "text": draft.parts[part].caption.text,
            "visibility": note.get("visibility"),
        }
        request |= {key: note.get(key) for key in ("cw", "replyId", "localOnly") if note.get(key)}
        pictures, files = draft.parts[part].pictures, [str(one) for one in note.get("fileIds") or ()]
        if files:
            request["fileIds"] = files
        if len(files) == len(pictures):
            for file_id, picture in zip(files, pictures, strict=True):
                await self._describe(file_id, picture.alt)
        answer = await self._ask("notes/edit", **request)
        if answer.status not in (200, 204):
            raise self._gone(answer)
        return self._published(answer.get("createdNote") or note.body)
