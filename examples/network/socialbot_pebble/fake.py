"""A Pebble server on loopback, as strict as its page: pebble.example/docs/api, 2026-11-20."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import regex

from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture, sniff

KEY_LIFE = timedelta(days=1)
NOTE = {"key": str, "text": str, "language": str, "pictures": list, "answers": str, "made_by_ai": bool}


class PebbleFake(Fake):
    """One account."""

    network: ClassVar[str] = "pebble"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._token = "fake-pebble-token"  # noqa: S105
        self._pictures: dict[str, SeenPicture] = {}
        self._keys: dict[str, tuple[str, datetime]] = {}
        self._last = 0

    def account(self) -> dict[str, str]:
        """Settings of the one account."""
        return {"network": self.network, "server": self.url, "token": self._token}

    def routes(self) -> Sequence[Route]:
        """The whole API. One route is irreversible: there the kit's bad days happen."""
        return (
            Route("GET", "/api/me", self._me),
            Route("POST", "/api/pictures", self._upload),
            Route("POST", "/api/notes", self._post, irreversible=True),
            Route("GET", "/api/notes", self._list),
            Route("GET", r"/api/notes/(n\d+)", self._get),
            Route("PATCH", r"/api/notes/(n\d+)", self._change),
            Route("DELETE", r"/api/notes/(n\d+)", self._delete),
        )

    def unknown(self, request: Request) -> Answer:
        """A path that is no endpoint."""
        return _error(404, "not found")

    def bad_day(self, fault: Fault) -> Answer:
        """The network's own words for a bad day."""
        wait = {"Retry-After": str(round(self.faults.retry_after_s))}
        match fault:
            case "rate_limited":
                return replace(_error(429, "slow down"), headers=wait)
            case "unavailable":
                return replace(_error(503, "back soon"), headers=wait)
            case "expired_token":
                return _error(401, "this token has ended")
        return _error(500, "we are sorry")

    def _me(self, request: Request) -> Answer:
        self._authorise(request)
        return Answer(body={"name": "blog", "url": f"{self.url}/@blog"})

    def _upload(self, request: Request) -> Answer:
        self._authorise(request)
        found, alt = sniff(request.body), request.query.get("alt", "")
        if found is None or found[0] != request.media_type or found[0] not in ("image/jpeg", "image/png"):
            raise Refusal(_error(415, "a JPEG or PNG, and announced as what it is"))
        if len(request.body) > 2_000_000 or len(alt.encode("utf-16-le")) > 2 * 300:
            raise Refusal(_error(413, "at most 2,000,000 bytes, and a description of 300 characters"))
        picture_id = self._next("p")
        self._pictures[picture_id] = SeenPicture(request.body, found[0], alt, *found[1:])
        return Answer(201, {"id": picture_id})

    def _post(self, request: Request) -> Answer:
        self._authorise(request)
        given = self._checked(request)
        earlier, until = self._keys.get(given["key"], ("", self.clock()))
        if earlier in self._public and until > self.clock():
            return Answer(200, self._public[earlier].raw)
        note_id = self._next("n")
        note = {**given, "id": note_id, "url": f"{self.url}/@blog/{note_id}"}
        self._keys[given["key"]] = (note_id, self.clock() + KEY_LIFE)
        self._public[note_id] = Seen(
            id=note_id,
            url=note["url"],
            text=note["text"],
            at=self.clock(),
            language=note["language"],
            pictures=tuple(self._pictures[one] for one in note["pictures"]),
            answers=note.get("answers"),
            flags={"made_by_ai": note.get("made_by_ai", False)},
            raw=note,
        )
        return Answer(201, note)

    def _checked(self, request: Request) -> dict[str, Any]:
        given = _object(request)
        if given.keys() - NOTE.keys() or not all(isinstance(value, NOTE[name]) for name, value in given.items()):
            raise Refusal(_error(400, f"takes {', '.join(NOTE)}"))
        if given.keys() < {"key", "text", "language", "pictures"} or not given["text"].strip():
            raise Refusal(_error(400, "needs key, text, language and pictures"))
        self._measure(given["text"])
        if len(given["pictures"]) > 3 or not set(given["pictures"]) <= self._pictures.keys():
            raise Refusal(_error(422, "at most three pictures, uploaded before"))
        if "answers" in given and given["answers"] not in self._public:
            raise Refusal(_error(422, "there is no such note to answer"))
        return given

    def _list(self, request: Request) -> Answer:
        self._authorise(request)
        notes = [seen.raw for seen in self._public.values() if seen.raw["key"] == request.query.get("key")]
        return Answer(body={"notes": notes})

    def _get(self, request: Request, note_id: str) -> Answer:
        return Answer(body=self._existing(note_id).raw)

    def _change(self, request: Request, note_id: str) -> Answer:
        """Pictures that are not named are taken off the note."""
        self._authorise(request)
        seen, given = self._existing(note_id), _object(request)
        if given.keys() != {"text", "pictures"} or not all(one.keys() == {"id", "alt"} for one in given["pictures"]):
            raise Refusal(_error(400, "takes text, and pictures: each an id and its alt"))
        self._measure(given["text"])
        kept = [one["id"] for one in given["pictures"]]
        if not set(kept) <= set(seen.raw["pictures"]):
            raise Refusal(_error(422, "only its own pictures can stay on a note"))
        pictures = tuple(replace(self._pictures[one["id"]], alt=one["alt"]) for one in given["pictures"])
        note = {**seen.raw, "text": given["text"], "pictures": kept}
        self._public[note_id] = replace(seen, text=given["text"], pictures=pictures, raw=note)
        return Answer(body=note)

    def _delete(self, request: Request, note_id: str) -> Answer:
        self._authorise(request)
        self._existing(note_id)
        del self._public[note_id]
        return Answer(204)

    def _existing(self, note_id: str) -> Seen:
        if note_id not in self._public:
            raise Refusal(_error(404, "there is no such note"))
        return self._public[note_id]

    def _authorise(self, request: Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            raise Refusal(_error(401, "who are you?"))

    def _measure(self, text: str) -> None:
        if len(regex.findall(r"\X", text)) > 400:
            raise Refusal(_error(422, "a note has at most 400 characters"))

    def _next(self, letter: str) -> str:
        self._last += 1
        return f"{letter}{self._last}"


def _object(request: Request) -> dict[str, Any]:
    try:
        return request.json_object()
    except ValueError as error:
        raise Refusal(_error(400, str(error))) from None


def _error(status: int, sentence: str) -> Answer:
    return Answer(status, {"error": sentence})
