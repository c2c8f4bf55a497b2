"""A Misskey server with one account; as "sharkey" it can edit, as "misskey.io" it knows the same call for a minute.

Facts: misskey-hub.net/docs: API, 2026-05; MisskeyIO/misskey, ApiCallService.ts, notes/create.ts, drive/files/create.ts,
users/notes.ts; Sharkey, notes/edit.ts; read 2026-11-21. Unknown parameters, which the real ones ignore, are refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from socialbot.testing.fakes import misskey_entities as entities
from socialbot.testing.fakes import multipart
from socialbot.testing.fakes.misskey_entities import OWN_ID, error, instant
from socialbot.testing.fakes.misskey_form import Parameters, read
from socialbot.testing.fakes.misskey_login import Sessions
from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture, sniff

MAX_FILES = 16
SAME_CALL_LASTS = timedelta(seconds=60)
"""So long misskey.io answers the same body with the same note."""
_URL = re.compile(r"https?://[^\s<>()\u2060]+")
_TAG = re.compile(r"(?<![A-Za-z0-9])#([^\s.,!?'\"#:/\[\]()<>]*[^\s\d.,!?'\"#:/\[\]()<>][^\s.,!?'\"#:/\[\]()<>]*)")


@dataclass(frozen=True, slots=True)
class _File:
    id: str
    name: str
    md5: str
    picture: SeenPicture


class MisskeyFake(Fake):
    """Its attributes are the switches.

    `permissions` are the token's. `prohibited`: words that no note may contain. `drive_left_bytes`: what the drive still takes.
    `inappropriate`: bytes of pictures that are refused. `account_state`: None, or why the account may not post.
    `counts`: what is told of every note. `sessions`: see there.
    """

    network = "misskey"

    def __init__(self, server: Literal["misskey", "sharkey", "misskey.io"] = "misskey", **options: Any) -> None:
        super().__init__(**options)
        self.server = server
        self.network = "sharkey" if server == "sharkey" else "misskey"  # type: ignore[misc]
        self.max_note_text_length, self.max_file_size_mb, self.max_comment_length = 3000, 4, 512
        self.bot, self.permissions = True, ["read:account", "write:account", "read:drive", "write:drive", "write:notes"]
        self.prohibited: tuple[str, ...] = ()
        self.inappropriate: set[bytes] = set()
        self.drive_left_bytes = 100 * 1024 * 1024
        self.account_state: Literal["YOUR_ACCOUNT_SUSPENDED", "YOUR_ACCOUNT_MOVED"] | None = None
        self.counts: dict[str, Any] = {"renoteCount": 0, "repliesCount": 0, "reactions": {}, "reactionCount": 0}
        self._access, self.sessions = "fake-misskey-access", Sessions()
        self._files: dict[str, _File] = {}
        self._notes: dict[str, dict[str, Any]] = {}
        self._calls: dict[str, tuple[str, datetime]] = {}
        self._last_id = 0

    def account(self) -> dict[str, str]:
        """Settings of the one account: its access token."""
        return {"network": self.network, "server": self.url, "token": self._access}

    def routes(self) -> Sequence[Route]:
        """The API as far as a publisher needs it."""
        editing = (Route("POST", "/api/notes/edit", self._edit),) if self.server == "sharkey" else ()
        return (
            *editing,
            *self.sessions.routes(entities.user(self.bot)),
            Route("POST", "/api/meta", self._meta),
            Route("POST", "/api/i", self._i),
            Route("POST", "/api/i/update", self._update),
            Route("POST", "/api/drive/files/create", self._upload),
            Route("POST", "/api/drive/files/show", self._show_file),
            Route("POST", "/api/drive/files/update", self._update_file),
            Route("POST", "/api/drive/files/attached-notes", self._attached_notes),
            Route("POST", "/api/notes/create", self._create, irreversible=True),
            Route("POST", "/api/notes/show", self._show),
            Route("POST", "/api/notes/delete", self._delete),
            Route("POST", "/api/users/notes", self._list),
        )

    def unknown(self, request: Request) -> Answer:
        """A path that is no endpoint."""
        return error(404, "UNKNOWN_API_ENDPOINT", "Unknown API endpoint.")

    def bad_day(self, fault: Fault) -> Answer:
        """The reset is told as seconds; the body tells it as milliseconds of the epoch."""
        if fault == "rate_limited":
            reset = self.clock() + timedelta(seconds=self.faults.retry_after_s)
            told = error(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded. Please try again later.")
            told.body["error"]["info"] = {"resetMs": int(reset.timestamp() * 1000)}
            return replace(told, headers={"Retry-After": str(round(self.faults.retry_after_s))})
        if fault == "expired_token":
            return entities.AUTHENTICATION_FAILED
        if fault == "unavailable":
            return Answer(503, None)
        return error(500, "INTERNAL_ERROR", "Internal error occurred. Please contact us if the error persists.", "server")

    def _meta(self, request: Request) -> Answer:
        read(request, {"detail": (bool, False)}, ())
        sharkey = {"maxAltTextLength": self.max_comment_length} if self.server == "sharkey" else {}
        return Answer(body=entities.meta(self.url, self.server, self.max_note_text_length) | sharkey)

    def _i(self, request: Request) -> Answer:
        self._given(request, "read:account", {})
        return Answer(body=entities.me(self.bot, len(self._notes), self.max_file_size_mb))

    def _update(self, request: Request) -> Answer:
        """Of the profile only `isBot` can be changed here."""
        self.bot = self._given(request, "write:account", {"isBot": (bool, self.bot)})["isBot"]
        return Answer(body=entities.me(self.bot, len(self._notes), self.max_file_size_mb))

    def _given(self, request: Request, permission: str, known: Parameters, needs: Sequence[str] = ()) -> dict[str, Any]:
        """The parameters of a call whose token has the permission. Raises Refusal."""
        self._authorise(request, permission)
        return read(request, known, needs)

    def _authorise(self, request: Request, permission: str) -> None:
        bearer = request.headers.get("Authorization")
        if bearer is None:
            raise Refusal(error(401, "CREDENTIAL_REQUIRED", "Credential required."))
        kind, _, token = bearer.partition(" ")
        granted = {self._access: self.permissions, **self.sessions.tokens}.get(token)
        if kind != "Bearer" or granted is None:
            raise Refusal(entities.AUTHENTICATION_FAILED)
        if self.account_state and permission.startswith("write:"):
            raise Refusal(error(403, self.account_state, "You may not do this.", "permission"))
        if permission not in granted:
            sentence = "Your app does not have the necessary permissions to use this endpoint."
            raise Refusal(error(403, "PERMISSION_DENIED", sentence, "permission"))

    # The drive

    def _upload(self, request: Request) -> Answer:
        """The same bytes bring the same file, whatever is said of it, unless another is forced."""
        self._authorise(request, "write:drive")
        given, part = self._form(request)
        comment = given.get("comment")
        if part is None or len(comment or "") > self.max_comment_length:
            raise Refusal(error(400, "INVALID_PARAM", "Invalid param."))
        found = sniff(part.content)
        if found is None or found[0] != part.mime:
            raise Refusal(error(500, "FAILED_TO_CREATE_DRIVE_FILE", "Failed to create drive file.", "server"))
        if len(part.content) > self.max_file_size_mb * 1024 * 1024:
            raise Refusal(error(413, "MAX_FILE_SIZE_EXCEEDED", "The file exceeds the maximum file size."))
        if part.content in self.inappropriate:
            raise Refusal(error(400, "INAPPROPRIATE", "It possibly contains inappropriate content."))
        if len(part.content) > self.drive_left_bytes:
            raise Refusal(error(400, "NO_FREE_SPACE", "Cannot upload the file because you have no free space of drive."))
        md5 = hashlib.md5(part.content).hexdigest()  # noqa: S324 - as the network tells its files apart
        same = next((file for file in self._files.values() if file.md5 == md5), None)
        if same is None or given.get("force") == "true":
            picture = SeenPicture(part.content, found[0], comment or "", found[1], found[2])
            same = _File(self._next_id(), given.get("name") or part.filename or "untitled", md5, picture)
            self._files[same.id] = same
            self.drive_left_bytes -= len(part.content)
        return Answer(body=self._told(same))

    def _form(self, request: Request) -> tuple[dict[str, str], multipart.Part | None]:
        try:
            parts = multipart.read(request.headers, request.body)
            texts = {part.name: part.text for part in parts if part.name != "file"}
        except ValueError as wrong:
            raise Refusal(error(400, "INVALID_PARAM", f"Invalid param: {wrong}")) from None
        names = [part.name for part in parts]
        if set(texts) - {"name", "comment", "force", "isSensitive"} or len(set(names)) < len(names) or names[-1:] != ["file"]:
            raise Refusal(error(400, "INVALID_PARAM", "Invalid param: unknown or repeated, or the file is not the last."))
        return texts, next((part for part in parts if part.name == "file"), None)

    def _file(self, file_id: str) -> _File:
        if file_id not in self._files:
            raise Refusal(error(400, "NO_SUCH_FILE", "No such file."))
        return self._files[file_id]

    def _show_file(self, request: Request) -> Answer:
        given = self._given(request, "read:drive", {"fileId": (str, "")}, ["fileId"])
        return Answer(body=self._told(self._file(given["fileId"])))

    def _update_file(self, request: Request) -> Answer:
        given = self._given(request, "write:drive", {"fileId": (str, ""), "comment": ((str, type(None)), None)}, ["fileId"])
        file, comment = self._file(given["fileId"]), given["comment"] or ""
        if len(comment) > self.max_comment_length:
            raise Refusal(error(400, "INVALID_PARAM", "Invalid param."))
        self._files[file.id] = replace(file, picture=replace(file.picture, alt=comment))
        for note in self._notes.values():
            self._show_to_all(note)
        return Answer(body=self._told(self._files[file.id]))

    def _attached_notes(self, request: Request) -> Answer:
        given = self._given(request, "read:drive", {"fileId": (str, ""), "limit": (int, 10)}, ["fileId"])
        file = self._file(given["fileId"])
        notes = [self._packed(note) for note in self._newest_first() if file.id in note["fileIds"]]
        return Answer(body=notes[: given["limit"]])

    def _told(self, file: _File) -> dict[str, Any]:
        return entities.drive_file(self.url, file.id, file.name, file.md5, file.picture)

    # Notes

    def _create(self, request: Request) -> Answer:
        given = self._given(request, "write:notes", entities.NOTE)
        body = json.dumps(given, sort_keys=True)
        earlier, until = self._calls.get(body, ("", self.clock()))
        if self.server == "misskey.io" and earlier in self._notes and until > self.clock():
            return Answer(body={"createdNote": self._packed(self._notes[earlier])})
        self._check(given)
        note_id = self._next_id()
        kept = {key: given[key] for key in ("visibility", "cw", "replyId", "localOnly")}
        text = None if given["text"] is None else given["text"].strip()
        note = entities.note(note_id, instant(self.clock()), text, given["fileIds"] or [], kept)
        self._notes[note_id], self._calls[body] = note, (note_id, self.clock() + SAME_CALL_LASTS)
        self._show_to_all(note)
        return Answer(body={"createdNote": self._packed(note)})

    def _check(self, given: Mapping[str, Any]) -> None:
        text, files = given["text"], given["fileIds"]
        if text is not None and not 1 <= len(text) <= self.max_note_text_length:
            raise Refusal(error(400, "INVALID_PARAM", "Invalid param."))
        if (files is None and not (text or "").strip()) or given["visibility"] not in entities.VISIBILITIES:
            raise Refusal(error(400, "INVALID_PARAM", "Invalid param."))
        if files is not None and (not 1 <= len(files) <= MAX_FILES or len(set(files)) < len(files)):
            raise Refusal(error(400, "INVALID_PARAM", "Invalid param."))
        if any(file_id not in self._files for file_id in files or ()):
            raise Refusal(error(400, "NO_SUCH_FILE", "Some files are not found."))
        if given["replyId"] is not None and given["replyId"] not in self._notes:
            raise Refusal(error(400, "NO_SUCH_REPLY_TARGET", "No such reply target."))
        if any(word in (text or "") for word in self.prohibited):
            raise Refusal(error(400, "CONTAINS_PROHIBITED_WORDS", "Cannot post because it contains prohibited words."))

    def _edit(self, request: Request) -> Answer:
        """A full replacement: files that are not named are detached."""
        given = self._given(request, "write:notes", {**entities.NOTE, "editId": (str, "")}, ["editId"])
        note = self._note(given["editId"])
        self._check(given)
        changed = {"text": given["text"], "fileIds": given["fileIds"] or [], "updatedAt": instant(self.clock())}
        self._notes[note["id"]] = note | changed | {key: given[key] for key in ("visibility", "cw")}
        self._show_to_all(self._notes[note["id"]])
        return Answer(body={"createdNote": self._packed(self._notes[note["id"]])})

    def _note(self, note_id: str) -> dict[str, Any]:
        if note_id not in self._notes:
            raise Refusal(error(400, "NO_SUCH_NOTE", "No such note."))
        return self._notes[note_id]

    def _show(self, request: Request) -> Answer:
        given = read(request, {"noteId": (str, "")}, ["noteId"])
        return Answer(body=self._packed(self._note(given["noteId"])))

    def _delete(self, request: Request) -> Answer:
        given = self._given(request, "write:notes", {"noteId": (str, "")}, ["noteId"])
        note = self._note(given["noteId"])
        del self._notes[note["id"]]
        self._public.pop(note["id"], None)
        return Answer(204)

    def _list(self, request: Request) -> Answer:
        """Newest first; replies are left out unless they are asked for."""
        given = read(request, entities.LISTING, ["userId"])
        if given["userId"] != OWN_ID:
            raise Refusal(error(400, "NO_SUCH_USER", "No such user."))
        if not 1 <= given["limit"] <= 100:
            raise Refusal(error(400, "INVALID_PARAM", "Invalid param."))
        notes = [note for note in self._newest_first() if given["withReplies"] or note["replyId"] is None]
        older = [note for note in notes if not given["untilId"] or note["id"] < given["untilId"]]
        return Answer(body=[self._packed(note) for note in older[: given["limit"]]])

    def _newest_first(self) -> list[dict[str, Any]]:
        return [self._notes[note_id] for note_id in sorted(self._notes, reverse=True)]

    def _packed(self, note: Mapping[str, Any]) -> dict[str, Any]:
        files = [self._told(self._files[file_id]) for file_id in note["fileIds"]]
        return {**note, "files": files, "user": entities.user(self.bot), **self.counts}

    def _show_to_all(self, note: Mapping[str, Any]) -> None:
        if note["visibility"] not in ("public", "home"):
            return
        text = note["text"] or ""
        self._public[note["id"]] = Seen(
            id=note["id"],
            url=f"{self.url}/notes/{note['id']}",
            text=text,
            at=self.clock(),
            links=tuple((url, url) for url in _URL.findall(text)),
            tags=tuple(_TAG.findall(text)),
            pictures=tuple(self._files[file_id].picture for file_id in note["fileIds"]),
            answers=note["replyId"],
            raw=dict(note),
        )

    def _next_id(self) -> str:
        """Ids grow with time, as Misskey's aidx do."""
        self._last_id = max(self._last_id + 1, int(self.clock().timestamp() * 1000) << 16)
        return entities.base36(self._last_id)
