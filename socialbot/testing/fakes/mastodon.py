"""A Mastodon server with one account, its limits and version configurable; or one of those that speak its client API.

Facts: reference page on Mastodon, sections 1.2 to 1.6 (documentation of July, source of August 2026), and for the others
`mastodon_kinds.py`. Unknown parameters, which the real ones ignore, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from socialbot.testing.fakes import mastodon_entities as entities
from socialbot.testing.fakes import mastodon_kinds, toot_form, toot_text
from socialbot.testing.fakes.mastodon_entities import ACCOUNT_ID, USER, instant
from socialbot.testing.fakes.mastodon_keys import Keys
from socialbot.testing.fakes.mastodon_kinds import LIMITS, MIME_TYPES
from socialbot.testing.fakes.mastodon_login import Logins
from socialbot.testing.fakes.mastodon_media import annotated, form
from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture, sniff
from socialbot.testing.fakes.toot_text import mentions

MAX_EDITS = 10  # of a post on Pixelfed
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

    `server`: which of `mastodon_kinds.KINDS` it plays; `network`: what the account's settings say it is.
    `version`: 4.6.0 to 4.6.5 answer a replayed key with 500. `slow_media`: for how many polls an upload stays unready.
    `silent_drop`: answer 200 with statuses that never exist. `bot` is the profile's flag, `scopes` are the token's rights.
    `counts`: what is told of every post; `rules`: the server's. Pixelfed's: `editing` is allowed; the account `signed_in`
    once; so many posts are left of the day (`day_left`); pictures of these bytes are `blocked`. `logins`: see there.
    """

    network = "mastodon"

    def __init__(self, server: str = "mastodon", *, network: str = "mastodon", **options: Any) -> None:
        super().__init__(**options)
        self.kind, self.network = mastodon_kinds.kind(server), network  # type: ignore[misc]
        self.looser = dict.fromkeys(self.kind.unchecked, f"{server} announces it and does not check it")  # type: ignore[misc]
        self.version, self.only_v1 = self.kind.version, not self.kind.has_v2
        self.max_characters, self.max_media_attachments, self.characters_reserved_per_url = 500, 4, 23
        self.description_limit, self.image_size_limit, self.image_matrix_limit = 1500, 16_777_216, 33_177_600
        self.slow_media, self.silent_drop = 0, False
        for name, limit in self.kind.limits.items():
            setattr(self, name, limit)
        self.bot, self.scopes, self.rules = True, ["read", "write"], list[dict[str, Any]]()
        self.counts = {"replies_count": 0, "reblogs_count": 0, "favourites_count": 0}
        self.editing, self.signed_in, self.day_left, self.blocked = True, True, 1000, set[bytes]()
        self._more = {"content_type": "text/plain"} if self.kind.takes_content_type else {}
        self._access, self.logins = "fake-mastodon-access", Logins(self.kind, self.clock)
        self._uploads: dict[str, _Upload] = {}
        self._statuses: dict[str, dict[str, Any]] = {}
        self._texts: dict[str, str] = {}
        self._edits: dict[str, int] = {}
        self._keys, self._last_id = Keys(self.kind, self.clock), 0

    def account(self) -> dict[str, str]:
        """Settings of the one account: its access token."""
        return {"network": self.network, "server": self.url, "token": self._access}

    def routes(self) -> Sequence[Route]:
        """The client API as far as a publisher needs it."""
        newest = () if self.only_v1 else (Route("GET", "/api/v2/instance", self._about),)
        return (
            *newest,
            *self.logins.routes(self.url),
            Route("GET", "/api/v1/instance|/.well-known/nodeinfo|/nodeinfo/2.0/", self._about),
            Route("GET", "/api/v1/accounts/verify_credentials", self._verify_credentials),
            Route("PATCH", "/api/v1/accounts/update_credentials", self._update_credentials),
            Route("GET", "/api/v1/apps/verify_credentials", self._verify_application),
            Route("GET", r"/api/v1/accounts/([\w-]+)/statuses", self._list),
            Route("POST", "/api/v2/media", self._upload),
            Route("GET", r"/api/v1/media/([\w-]+)", self._media),
            Route("PUT", r"/api/v1/media/([\w-]+)", self._describe),
            Route("POST", "/api/v1/statuses", self._publish, irreversible=True),
            Route("GET", r"/api/v1/statuses/([\w-]+)", self._status),
            Route("GET", r"/api/v1/statuses/([\w-]+)/source", self._source),
            Route("PUT", r"/api/v1/statuses/([\w-]+)", self._edit),
            Route("DELETE", r"/api/v1/statuses/([\w-]+)", self._delete),
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

    def _about(self, request: Request) -> Answer:
        limits = {name: getattr(self, name) for name in LIMITS} | {"supported_mime_types": list(MIME_TYPES)}
        told = mastodon_kinds.documents(self.url, self.version, self.kind, limits, self.rules)
        return Answer(body=told[request.path])

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
        scopes = self._authorise(request)
        if not self.kind.app_scopes:
            raise self.kind.refuse("missing")
        return Answer(body={"id": "1", "name": "socialbot", "website": None, "scopes": scopes, "redirect_uris": []})

    def _account(self) -> dict[str, Any]:
        return entities.account(self.url, self.bot, len(self._statuses))

    def _authorise(self, request: Request, *scopes: str) -> list[str]:
        """The token has one of these scopes, or the wider one that holds it; all those that it has."""
        return self.logins.allowed(request, {self._access: self.scopes}, scopes)

    def _may_look(self, request: Request) -> None:
        """What is public is told to anybody, and to a token only if it may read."""
        if "Authorization" in request.headers:
            self._authorise(request, "read:statuses")

    def _upload(self, request: Request) -> Answer:
        self._authorise(request, "write:media")
        texts, file = form(request, {"description", *(["focus"] if self.kind.takes_focus else [])})
        if file is None:
            raise Refusal(_error(422, "Validation failed: File can't be blank"))
        found = sniff(file.content)
        if not file.filename or found is None or found[0] != file.mime or found[0] not in MIME_TYPES:
            raise self.kind.refuse("file", mime=file.mime)
        most = GIF_MATRIX_LIMIT if file.mime == "image/gif" else self.image_matrix_limit
        if not self.kind.unchecked and (len(file.content) > self.image_size_limit or found[1] * found[2] > most):
            raise self.kind.refuse("large", limit=self.image_size_limit // 1024)
        if file.content in self.blocked:
            raise Refusal(_error(451, "Unavailable For Legal Reasons"))
        picture = SeenPicture(file.content, found[0], "", found[1], found[2])
        media_id = self._next_id()
        self._uploads[media_id] = _Upload(self._annotated(picture, texts), self.slow_media)
        # 202 without an address, and yet it can be used at once
        told = self._attachment(media_id) | ({"url": None} if self.kind.upload_status == 202 else {})
        return Answer(202 if self.slow_media else self.kind.upload_status, told)

    def _annotated(self, picture: SeenPicture, texts: Mapping[str, str]) -> SeenPicture:
        return annotated(picture, texts, None if self.kind.unchecked else self.description_limit, self.kind)

    def _media(self, request: Request, media_id: str) -> Answer:
        self._authorise(request, "write:media")
        upload = self._uploads.get(media_id) if self.kind.shows != "loose" else self._loose(media_id)
        if upload is None:
            raise self.kind.refuse("missing")
        if self.kind.shows == "attached" and not upload.status:
            raise Refusal(_error(500, "'NoneType' object has no attribute 'author'"))
        if upload.polls_left:
            self._uploads[media_id] = replace(upload, polls_left=upload.polls_left - 1)
            return Answer(206, self._attachment(media_id))
        return Answer(body=self._attachment(media_id))

    def _describe(self, request: Request, media_id: str) -> Answer:
        self._authorise(request, "write:media")
        upload = self._loose(media_id)
        texts, _ = form(request, {"description", "focus"})
        self._uploads[media_id] = replace(upload, picture=self._annotated(upload.picture, texts))
        return Answer(body=self._attachment(media_id))

    def _loose(self, media_id: str) -> _Upload:
        """An upload that no status has yet; an attached one is as good as unknown."""
        upload = self._uploads.get(media_id)
        if upload is None or upload.status:
            raise self.kind.refuse("missing")
        return upload

    def _attachment(self, media_id: str) -> dict[str, Any]:
        upload = self._uploads[media_id]
        return entities.attachment(media_id, upload.picture, None if upload.polls_left else f"{self.url}/media/{media_id}")

    def _publish(self, request: Request) -> Answer:
        self._authorise(request, "write:statuses")
        key = request.headers.get("Idempotency-Key")
        if earlier := self._keys.recall(key):
            if re.fullmatch(r"4\.6\.[0-5]", self.version):
                raise Refusal(self.bad_day("reject_500"))
            if earlier.status >= 400:
                self.attempts -= 1  # it is answered before anything could be done
                raise Refusal(earlier)
            return earlier
        try:
            answer = self._post(request)
        except Refusal as refusal:
            self._keys.keep(key, refusal.answer)
            raise
        if not self.silent_drop:
            self._keys.keep(key, answer)
        return answer

    def _act(self, route: Route, request: Request, groups: Sequence[str]) -> Answer:
        """A bad day inside the server is kept with its key, as any other answer; one of a proxy before it is not."""
        key = request.headers.get("Idempotency-Key")
        try:
            return super()._act(route, request, groups)
        except Refusal as refusal:
            if route.irreversible and refusal.answer.status in (429, 500):
                self._keys.keep(key, refusal.answer)
            raise

    def _post(self, request: Request) -> Answer:
        given = self._checked(self._parameters(request))
        if not self.signed_in:
            return Answer(body=[])
        if self.kind.needs_picture:
            if not self.day_left:
                raise Refusal(Answer(429, {"error": "Too Many Requests"}))
            self.day_left -= 1
        status = self._compose(given)
        if self.silent_drop:
            return Answer(body=status)
        self._statuses[status["id"]], self._texts[status["id"]] = status, given["status"]
        for media_id in given["media_ids"]:
            self._uploads[media_id] = replace(self._uploads[media_id], status=status["id"])
        if given["visibility"] in ("public", "unlisted"):
            self._public[status["id"]] = self._seen(status, given["status"])
        return Answer(body=status)

    def _parameters(self, request: Request) -> dict[str, Any]:
        try:
            return toot_form.read(request, {**toot_form.STATUS, "visibility": self.kind.visibility, **self._more})
        except ValueError as error:
            raise self.kind.refuse("parameter", why=error) from None

    def _checked(self, given: dict[str, Any]) -> dict[str, Any]:
        text, warning, media_ids = given["status"], given["spoiler_text"], given["media_ids"]
        if (self.kind.needs_picture and not media_ids and not given["in_reply_to_id"]) or not (text.strip() or media_ids):
            raise self.kind.refuse("blank")
        if self.kind.count(text, warning, self.characters_reserved_per_url) > self.max_characters:
            raise self.kind.refuse("long", limit=self.max_characters)
        if given["visibility"] not in self.kind.visibilities or not _LANGUAGE.fullmatch(given["language"]):
            raise self.kind.refuse("choice")
        if (not self.kind.unchecked and len(media_ids) > self.max_media_attachments) or len(set(media_ids)) < len(media_ids):
            raise self.kind.refuse("many", limit=self.max_media_attachments)
        for upload in (self._uploads.get(media_id) for media_id in media_ids):
            if upload is None or (upload.status and self.kind.attaches_once):
                raise self.kind.refuse("taken", ids=", ".join(media_ids))
            if upload.polls_left:
                raise Refusal(_error(422, "Cannot attach files that have not finished processing. Try again in a moment!"))
        if given["in_reply_to_id"] and given["in_reply_to_id"] not in self._statuses:
            raise self.kind.refuse("parent")
        if given["allowed_mentions"] is not None and (strangers := mentions(text)):
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
            "content": toot_text.markdown(text) if self.kind.markdown else toot_text.as_html(text, self.url),
            "visibility": given["visibility"],
            "language": self.kind.language or given["language"],
            "sensitive": given["sensitive"] or bool(given["spoiler_text"]),
            "spoiler_text": given["spoiler_text"],
            "in_reply_to_id": given["in_reply_to_id"],
            "media_attachments": [self._attachment(media_id) for media_id in given["media_ids"]],
            "mentions": [{"id": "0", "username": name, "acct": name, "url": f"{self.url}/@{name}"} for name in mentions(text)],
            "tags": [{"name": tag.lower(), "url": f"{self.url}/tags/{tag.lower()}"} for tag in tags],
            "emojis": [],
            "card": None,
            "poll": None,
            **self.counts,
        }

    def _seen(self, status: Mapping[str, Any], text: str) -> Seen:
        found = toot_text.entities(text)
        uploads = [self._uploads[attachment["id"]] for attachment in status["media_attachments"]]
        return Seen(
            id=status["id"],
            url=status["url"],
            text=toot_text.without_markdown(text) if self.kind.markdown else text,
            at=self.clock(),
            language=status["language"],
            links=tuple((entity.value, entity.value) for entity in found if entity.kind == "url"),
            tags=tuple(entity.value for entity in found if entity.kind == "tag"),
            pictures=tuple(upload.picture for upload in uploads),
            answers=status["in_reply_to_id"],
            raw=status,
        )

    def rewritten(self, text: str) -> str:
        """Where Markdown is read, its marks are not seen; a line of a caption should be one for its readers, too."""
        return toot_text.without_markdown(text, "\n") if self.kind.markdown else text

    def _status(self, request: Request, status_id: str) -> Answer:
        self._may_look(request)
        return Answer(body=self._existing(status_id) | self.counts)

    def _source(self, request: Request, status_id: str) -> Answer:
        self._authorise(request, "read:statuses")
        warning = self._existing(status_id)["spoiler_text"]
        return Answer(body={"id": status_id, "text": self._texts[status_id], "spoiler_text": warning})

    def _edit(self, request: Request, status_id: str) -> Answer:
        """A full replacement: media that are not named are detached."""
        self._authorise(request, "write:statuses")
        before = self._existing(status_id)
        self._edits[status_id] = self._edits.get(status_id, 0) + 1
        if not self.editing or (self.kind.needs_picture and self._edits[status_id] > MAX_EDITS):
            raise Refusal(_error(400, "You cannot edit this status."))
        try:
            given = toot_form.read(request, {**toot_form.EDIT, **self._more})
        except ValueError as error:
            raise self.kind.refuse("parameter", why=error) from None
        own = [attachment["id"] for attachment in before["media_attachments"]]
        unchanged = {key: before[key] for key in ("visibility", "in_reply_to_id")} | {"allowed_mentions": None}
        loose = [media_id for media_id in given["media_ids"] if media_id not in own]
        status = given["status"] or "x" * bool(given["media_ids"])
        answers = unchanged["in_reply_to_id"] or (own[0] if loose != given["media_ids"] and self.kind.needs_picture else None)
        self._checked({**given, **unchanged, "media_ids": loose, "status": status, "in_reply_to_id": answers and status_id})
        for attributes in given["media_attributes"] if self.kind.edits_alt else ():
            upload = self._uploads.get(attributes["id"])
            if upload is None or attributes["id"] not in given["media_ids"]:
                raise Refusal(_error(422, "Validation failed: Media attributes of media that are not attached"))
            texts = {name: attributes[name] for name in ("description", "focus") if name in attributes}
            self._uploads[attributes["id"]] = replace(upload, picture=self._annotated(upload.picture, texts))
        status = self._compose({**given, **unchanged})
        status |= {key: before[key] for key in ("id", "uri", "url", "created_at")} | {"edited_at": instant(self.clock())}
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
            raise self.kind.refuse("missing")
        return self._statuses[status_id]

    def _list(self, request: Request, account_id: str) -> Answer:
        self._may_look(request)
        if account_id != ACCOUNT_ID:
            raise self.kind.refuse("missing")
        flags = {"exclude_reblogs", "exclude_replies"}
        given = {"limit": "20"} | {name: value for name, value in request.query.items() if name not in flags}
        since, until = given.pop("since_id", ""), given.pop("max_id", None)
        if given.keys() - {"limit"} or not given["limit"].isdecimal() or not all(map(self._is_id, (since, until))):
            raise Refusal(_error(400, "takes exclude_reblogs, exclude_replies and, as ids, limit, since_id and max_id"))
        newest_first = [self._statuses[one] for one in sorted(self._statuses, reverse=True)]
        shown = [status for status in newest_first if since < status["id"] and (until is None or status["id"] < until)]
        return Answer(body=[status | self.counts for status in shown[: min(int(given["limit"]), 40)]])

    def _is_id(self, told: str | None) -> bool:
        return not told or len(told) == len(self.kind.write_id(max(self._last_id, 1 << 56)))

    def _next_id(self) -> str:
        """Ids grow with time, as Mastodon's snowflakes do: milliseconds, then 16 bits of sequence."""
        self._last_id = max(self._last_id + 1, int(self.clock().timestamp() * 1000) << 16)
        return self.kind.write_id(self._last_id)


def _error(status: int, sentence: str) -> Answer:
    return Answer(status, {"error": sentence})
