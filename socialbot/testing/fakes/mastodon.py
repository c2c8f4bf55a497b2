"""A Mastodon server with one account, its limits and version configurable.

Facts: reference page on Mastodon, sections 1.2 to 1.6 (documentation of July, source of August 2026). Unknown parameters,
which the real one ignores, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from socialbot.testing.fakes import mastodon_entities as entities
from socialbot.testing.fakes import multipart, toot_form, toot_text
from socialbot.testing.fakes.mastodon_entities import ACCOUNT_ID, USER, instant
from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture, sniff

KEY_LIFE = timedelta(hours=1)
VISIBILITIES = ("public", "unlisted", "private", "direct")
MIME_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")
GIF_MATRIX_LIMIT = 921_600
"""Pixels of a GIF. No call tells it, it stands in the source alone: app/models/concerns/attachmentable.rb."""
_LANGUAGE = re.compile(r"[a-z]{2,3}|zh-(CN|HK|TW|YUE)")


@dataclass(frozen=True, slots=True)
class _Upload:
    picture: SeenPicture
    polls_left: int = 0
    status: str | None = None


class MastodonFake(Fake):
    """Its attributes are the switches.

    `version`: 4.6.0 to 4.6.5 answer a replayed key with 500. `slow_media`: for how many polls an upload stays unready.
    `silent_drop`: answer 200 with statuses that never exist. `bot` is the profile's flag, `scopes` are the token's rights.
    """

    network: ClassVar[str] = "mastodon"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.version = "4.5.4"
        self.only_v1 = False
        self.max_characters, self.max_media_attachments, self.characters_reserved_per_url = 500, 4, 23
        self.description_limit, self.image_size_limit, self.image_matrix_limit = 1500, 16_777_216, 33_177_600
        self.slow_media, self.silent_drop = 0, False
        self.bot, self.scopes = True, ["read", "write"]
        self._access = "fake-mastodon-access"
        self._uploads: dict[str, _Upload] = {}
        self._statuses: dict[str, dict[str, Any]] = {}
        self._texts: dict[str, str] = {}
        self._keys: dict[str, tuple[str, datetime]] = {}
        self._last_id = 0

    def account(self) -> dict[str, str]:
        """Settings of the one account: its access token."""
        return {"network": self.network, "server": self.url, "token": self._access}

    def routes(self) -> Sequence[Route]:
        """The client API as far as a publisher needs it."""
        newest = () if self.only_v1 else (Route("GET", "/api/v2/instance", self._instance_v2),)
        return (
            *newest,
            Route("GET", "/api/v1/instance", self._instance_v1),
            Route("GET", "/api/v1/accounts/verify_credentials", self._verify_credentials),
            Route("PATCH", "/api/v1/accounts/update_credentials", self._update_credentials),
            Route("GET", "/api/v1/apps/verify_credentials", self._verify_application),
            Route("GET", r"/api/v1/accounts/(\d+)/statuses", self._list),
            Route("POST", "/api/v2/media", self._upload),
            Route("GET", r"/api/v1/media/(\d+)", self._media),
            Route("PUT", r"/api/v1/media/(\d+)", self._describe),
            Route("POST", "/api/v1/statuses", self._publish, irreversible=True),
            Route("GET", r"/api/v1/statuses/(\d+)", self._status),
            Route("GET", r"/api/v1/statuses/(\d+)/source", self._source),
            Route("PUT", r"/api/v1/statuses/(\d+)", self._edit),
            Route("DELETE", r"/api/v1/statuses/(\d+)", self._delete),
        )

    def unknown(self, request: Request) -> Answer:
        """A path that is no endpoint."""
        return _error(404, "The page you are looking for isn't here.")

    def bad_day(self, fault: Fault) -> Answer:
        """The reset is an ISO instant, not a number of seconds; there is no Retry-After."""
        if fault == "rate_limited":
            reset = self.clock() + timedelta(seconds=self.faults.retry_after_s)
            headers = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": instant(reset)}
            return Answer(429, {"error": "Too many requests"}, headers)
        if fault == "expired_token":
            return _error(401, "The access token was revoked")
        if fault == "unavailable":
            return _error(503, "There was a temporary problem serving your request, please try again")
        return _error(500, "This page is not correct")

    def _instance_v2(self, request: Request) -> Answer:
        names = ("max_characters", "max_media_attachments", "characters_reserved_per_url")
        statuses = {name: getattr(self, name) for name in names}
        names = ("description_limit", "image_size_limit", "image_matrix_limit")
        media = {name: getattr(self, name) for name in names} | {"supported_mime_types": list(MIME_TYPES)}
        return Answer(body=entities.instance(self.url, self.version, statuses, media))

    def _instance_v1(self, request: Request) -> Answer:
        newer = self._instance_v2(request).body
        names = {"uri": "domain", "title": "title", "version": "version", "configuration": "configuration", "rules": "rules"}
        return Answer(body={old: newer[new] for old, new in names.items()})

    def _verify_credentials(self, request: Request) -> Answer:
        self._authorise(request, "read:accounts", "profile")
        return Answer(body=entities.credentials(self._account()))

    def _update_credentials(self, request: Request) -> Answer:
        """Of the profile only `bot` can be changed here."""
        self._authorise(request, "write:accounts")
        try:
            given = toot_form.read(request, {"bot": self.bot})
        except ValueError as error:
            raise Refusal(_error(422, f"Validation failed: {error}")) from None
        self.bot = given["bot"]
        return Answer(body=entities.credentials(self._account()))

    def _verify_application(self, request: Request) -> Answer:
        self._authorise(request)
        return Answer(body={"id": "1", "name": "socialbot", "website": None, "scopes": self.scopes, "redirect_uris": []})

    def _account(self) -> dict[str, Any]:
        return entities.account(self.url, self.bot, len(self._statuses))

    def _authorise(self, request: Request, *scopes: str) -> None:
        """The token has one of these scopes, or the wider one that holds it."""
        if request.headers.get("Authorization") != f"Bearer {self._access}":
            raise Refusal(_error(401, "The access token is invalid"))
        if scopes and not {scope for one in scopes for scope in (one, one.partition(":")[0])} & set(self.scopes):
            raise Refusal(_error(403, "This action is outside the authorized scopes"))

    def _upload(self, request: Request) -> Answer:
        self._authorise(request, "write:media")
        texts, file = _form(request, {"description", "focus"})
        if file is None:
            raise Refusal(_error(422, "Validation failed: File can't be blank"))
        found = sniff(file.content)
        if not file.filename or found is None or found[0] != file.mime or found[0] not in MIME_TYPES:
            raise Refusal(_error(422, f"Validation failed: File is not the {file.mime} it says it is, or has no name"))
        most = GIF_MATRIX_LIMIT if file.mime == "image/gif" else self.image_matrix_limit
        if len(file.content) > self.image_size_limit or found[1] * found[2] > most:
            raise Refusal(_error(422, "Validation failed: File is too large"))
        picture = SeenPicture(file.content, found[0], "", found[1], found[2])
        media_id = self._next_id()
        self._uploads[media_id] = _Upload(self._annotated(picture, texts), self.slow_media)
        return Answer(202 if self.slow_media else 200, self._attachment(media_id))

    def _annotated(self, picture: SeenPicture, texts: Mapping[str, str]) -> SeenPicture:
        if "description" in texts:
            alt = texts["description"]
            if len(alt) > self.description_limit:
                raise Refusal(_error(422, f"Validation failed: Description is longer than {self.description_limit}"))
            picture = replace(picture, alt=alt)
        if "focus" in texts:
            numbers = re.fullmatch(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)", texts["focus"])
            focal = (float(numbers[1]), float(numbers[2])) if numbers else (2.0, 2.0)
            if max(map(abs, focal)) > 1:
                raise Refusal(_error(422, "Validation failed: Focus is two numbers from -1.0 to 1.0"))
            picture = replace(picture, focal=focal)
        return picture

    def _media(self, request: Request, media_id: str) -> Answer:
        self._authorise(request, "write:media")
        upload = self._loose(media_id)
        if upload.polls_left:
            self._uploads[media_id] = replace(upload, polls_left=upload.polls_left - 1)
            return Answer(206, self._attachment(media_id))
        return Answer(body=self._attachment(media_id))

    def _describe(self, request: Request, media_id: str) -> Answer:
        self._authorise(request, "write:media")
        upload = self._loose(media_id)
        texts, _ = _form(request, {"description", "focus"})
        self._uploads[media_id] = replace(upload, picture=self._annotated(upload.picture, texts))
        return Answer(body=self._attachment(media_id))

    def _loose(self, media_id: str) -> _Upload:
        """An upload that no status has yet; an attached one is as good as unknown."""
        upload = self._uploads.get(media_id)
        if upload is None or upload.status:
            raise Refusal(_error(404, "Record not found"))
        return upload

    def _attachment(self, media_id: str) -> dict[str, Any]:
        upload = self._uploads[media_id]
        return entities.attachment(media_id, upload.picture, None if upload.polls_left else f"{self.url}/media/{media_id}")

    def _publish(self, request: Request) -> Answer:
        self._authorise(request, "write:statuses")
        key = request.headers.get("Idempotency-Key")
        earlier, kept_until = self._keys.get(str(key), ("", self.clock()))
        if earlier in self._statuses and kept_until > self.clock():
            if re.fullmatch(r"4\.6\.[0-5]", self.version):
                raise Refusal(self.bad_day("reject_500"))
            return Answer(body=self._statuses[earlier])
        given = self._checked(self._parameters(request))
        status = self._compose(given)
        if self.silent_drop:
            return Answer(body=status)
        self._statuses[status["id"]], self._texts[status["id"]] = status, given["status"]
        for media_id in given["media_ids"]:
            self._uploads[media_id] = replace(self._uploads[media_id], status=status["id"])
        if key:
            self._keys[key] = (status["id"], self.clock() + KEY_LIFE)
        if given["visibility"] in ("public", "unlisted"):
            self._public[status["id"]] = self._seen(status, given["status"])
        return Answer(body=status)

    def _parameters(self, request: Request) -> dict[str, Any]:
        try:
            return toot_form.read(request, toot_form.STATUS)
        except ValueError as error:
            raise Refusal(_error(422, f"Validation failed: {error}")) from None

    def _checked(self, given: dict[str, Any]) -> dict[str, Any]:
        text, warning, media_ids = given["status"], given["spoiler_text"], given["media_ids"]
        if not text.strip() and not media_ids:
            raise Refusal(_error(422, "Validation failed: Text can't be blank"))
        if toot_text.count(text, warning, self.characters_reserved_per_url) > self.max_characters:
            raise Refusal(_error(422, f"Validation failed: Text character limit of {self.max_characters} exceeded"))
        if given["visibility"] not in VISIBILITIES or not _LANGUAGE.fullmatch(given["language"]):
            raise Refusal(_error(422, "Validation failed: Visibility or language is not included in the list"))
        if len(media_ids) > self.max_media_attachments or len(set(media_ids)) < len(media_ids):
            raise Refusal(_error(422, f"Cannot attach more than {self.max_media_attachments} files, or one twice"))
        for upload in (self._uploads.get(media_id) for media_id in media_ids):
            if upload is None or upload.status:
                raise Refusal(_error(422, f"Media {', '.join(media_ids)} not found or already attached to another post"))
            if upload.polls_left:
                raise Refusal(_error(422, "Cannot attach files that have not finished processing. Try again in a moment!"))
        if given["in_reply_to_id"] and given["in_reply_to_id"] not in self._statuses:
            raise Refusal(_error(404, "The post you are trying to reply to does not appear to exist."))
        if given["allowed_mentions"] is not None and (strangers := _mentions(text)):
            body = {"error": "Validation failed", "unexpected_accounts": [{"acct": name} for name in strangers]}
            raise Refusal(Answer(422, body))
        return given

    def _compose(self, given: Mapping[str, Any]) -> dict[str, Any]:
        status_id, text = self._next_id(), given["status"]
        tags = [entity.value for entity in toot_text.entities(text) if entity.kind == "tag"]
        return {
            "id": status_id,
            "uri": f"{self.url}/users/{USER}/statuses/{status_id}",
            "url": f"{self.url}/@{USER}/{status_id}",
            "created_at": instant(self.clock()),
            "edited_at": None,
            "account": self._account(),
            "content": toot_text.as_html(text, self.url),
            "visibility": given["visibility"],
            "language": given["language"],
            "sensitive": given["sensitive"] or bool(given["spoiler_text"]),
            "spoiler_text": given["spoiler_text"],
            "in_reply_to_id": given["in_reply_to_id"],
            "media_attachments": [self._attachment(media_id) for media_id in given["media_ids"]],
            "mentions": [{"id": "0", "username": name, "acct": name, "url": f"{self.url}/@{name}"} for name in _mentions(text)],
            "tags": [{"name": tag.lower(), "url": f"{self.url}/tags/{tag.lower()}"} for tag in tags],
            "emojis": [],
            "card": None,
            "poll": None,
            "replies_count": 0,
            "reblogs_count": 0,
            "favourites_count": 0,
        }

    def _seen(self, status: Mapping[str, Any], text: str) -> Seen:
        found = toot_text.entities(text)
        uploads = [self._uploads[attachment["id"]] for attachment in status["media_attachments"]]
        return Seen(
            id=status["id"],
            url=status["url"],
            text=text,
            at=self.clock(),
            language=status["language"],
            links=tuple((entity.value, entity.value) for entity in found if entity.kind == "url"),
            tags=tuple(entity.value for entity in found if entity.kind == "tag"),
            pictures=tuple(upload.picture for upload in uploads),
            raw=status,
        )

    def _status(self, request: Request, status_id: str) -> Answer:
        return Answer(body=self._existing(status_id))

    def _source(self, request: Request, status_id: str) -> Answer:
        self._authorise(request, "read:statuses")
        status = self._existing(status_id)
        return Answer(body={"id": status_id, "text": self._texts[status_id], "spoiler_text": status["spoiler_text"]})

    def _edit(self, request: Request, status_id: str) -> Answer:
        """A full replacement: media that are not named are detached."""
        self._authorise(request, "write:statuses")
        before = self._existing(status_id)
        try:
            given = toot_form.read(request, toot_form.EDIT)
        except ValueError as error:
            raise Refusal(_error(422, f"Validation failed: {error}")) from None
        own = [attachment["id"] for attachment in before["media_attachments"]]
        unchanged = {key: before[key] for key in ("visibility", "in_reply_to_id")} | {"allowed_mentions": None}
        loose = [media_id for media_id in given["media_ids"] if media_id not in own]
        self._checked({**given, **unchanged, "media_ids": loose, "status": given["status"] or "x" * bool(given["media_ids"])})
        for attributes in given["media_attributes"]:
            upload = self._uploads.get(attributes["id"])
            if upload is None or attributes["id"] not in given["media_ids"]:
                raise Refusal(_error(422, "Validation failed: Media attributes of media that are not attached"))
            texts = {name: attributes[name] for name in ("description", "focus") if name in attributes}
            self._uploads[attributes["id"]] = replace(upload, picture=self._annotated(upload.picture, texts))
        status = self._compose({**given, **unchanged})
        kept = {key: before[key] for key in ("id", "uri", "url", "created_at")}
        status |= kept | {"edited_at": instant(self.clock())}
        self._statuses[status_id], self._texts[status_id] = status, given["status"]
        for media_id in given["media_ids"]:
            self._uploads[media_id] = replace(self._uploads[media_id], status=status_id)
        if status_id in self._public:
            self._public[status_id] = self._seen(status, given["status"])
        return Answer(body=status)

    def _delete(self, request: Request, status_id: str) -> Answer:
        self._authorise(request, "write:statuses")
        status = self._existing(status_id)
        del self._statuses[status_id]
        self._public.pop(status_id, None)
        return Answer(body=status | {"text": self._texts.pop(status_id)})

    def _existing(self, status_id: str) -> dict[str, Any]:
        if status_id not in self._statuses:
            raise Refusal(_error(404, "Record not found"))
        return self._statuses[status_id]

    def _list(self, request: Request, account_id: str) -> Answer:
        if account_id != ACCOUNT_ID:
            raise Refusal(_error(404, "Record not found"))
        numbers = {"limit": "20", "since_id": "0", "max_id": str(self._last_id + 1)}
        flags = {"exclude_reblogs", "exclude_replies"}
        given = numbers | {name: value for name, value in request.query.items() if name not in flags}
        if given.keys() - numbers or not all(value.isdecimal() for value in given.values()):
            raise Refusal(_error(400, "takes exclude_reblogs, exclude_replies and, as numbers, limit, since_id and max_id"))
        since, until, limit = int(given["since_id"]), int(given["max_id"]), min(int(given["limit"]), 40)
        newest_first = reversed(self._statuses.values())
        return Answer(body=[status for status in newest_first if since < int(status["id"]) < until][:limit])

    def _next_id(self) -> str:
        """Ids grow with time, as Mastodon's snowflakes do: milliseconds, then 16 bits of sequence."""
        self._last_id = max(self._last_id + 1, int(self.clock().timestamp() * 1000) << 16)
        return str(self._last_id)


def _mentions(text: str) -> list[str]:
    return [entity.value for entity in toot_text.entities(text) if entity.kind == "mention"]


def _error(status: int, sentence: str) -> Answer:
    return Answer(status, {"error": sentence})


def _form(request: Request, allowed: set[str]) -> tuple[dict[str, str], multipart.Part | None]:
    """The text fields of a form and its file."""
    try:
        parts = multipart.read(request.headers, request.body)
        texts = {part.name: part.text for part in parts if part.name != "file"}
    except ValueError as error:
        raise Refusal(_error(422, str(error))) from None
    names = [part.name for part in parts]
    if len(set(names)) < len(names) or set(texts) - allowed:
        raise Refusal(_error(422, f"unknown or repeated fields among {', '.join(names)}"))
    return texts, next((part for part in parts if part.name == "file"), None)
