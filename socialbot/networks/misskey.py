"""Misskey, by its own API, in which every call is a POST."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import Field, SecretStr

from socialbot.media import Media
from socialbot.networks.calling import Answer, Line, Token, bearer, resets
from socialbot.networks.miauth import MiAuth
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Doubt,
    Identity,
    NeedsLogin,
    Network,
    NetworkError,
    No,
    Passing,
    Prepared,
    Published,
    Refused,
    Remember,
    Unknown,
    Vault,
    utc_now,
)
from socialbot.nouns import Draft, Limits, Variant
from socialbot.settings import AccountSettings, BaseUrl

LIMITS = Limits(
    unit="code points",  # unconfirmed
    max_text=3000,
    max_pictures=16,
    max_picture_bytes=10_000_000,
    max_alt=512,
    mime_types=("image/jpeg", "image/png", "image/webp"),
    shape="portrait",
    max_hashtags=5,
    kept_hashtags=3,
    threads=True,
    markup="mfm",
    # Its client folds a note of more than 500 units, nine lines, or three links to a height of nine letters, 2026-11; three
    # lines of so many are shown even on a telephone.
    fold=200,
    source="misskey-hub.net/docs: API; server source, notes/create.ts and drive/files/create.ts",
    checked=date(2026, 11, 20),
)

UPLOADS_LAST_S = 7 * 24 * 3600
"""A file stays in the drive until its owner removes it; after so long it is looked for by its content."""
MAX_PAGES = 4
"""Of 100 notes."""
_EARLIER = timedelta(minutes=10)
_NOTE_ID = re.compile(r"[a-z0-9]{1,64}")
_PERMISSIONS = ("read:account", "read:drive", "write:drive", "write:notes")
_OWN_ADDRESS = "Give the note's address on your own server, https://HOST/notes/ID: socialbot resolve ID --posted URL."
_LOGIN = ("CREDENTIAL_REQUIRED", "AUTHENTICATION_FAILED", "PERMISSION_DENIED", "ACCESS_DENIED")
_CLOSED = ("YOUR_ACCOUNT_SUSPENDED", "YOUR_ACCOUNT_MOVED", "ACCOUNT_LOCKED", "ROLE_PERMISSION_DENIED")
_GONE = ("NO_SUCH_NOTE", "NO_SUCH_REPLY_TARGET")
_FIXES: Mapping[str, str] = MappingProxyType(
    {
        "CONTAINS_PROHIBITED_WORDS": "Leave out what the server forbids, or ask its admin.",
        "CONTAINS_TOO_MANY_MENTIONS": "Name fewer people.",
        "MAX_FILE_SIZE_EXCEEDED": "Use a smaller picture.",
        "NO_FREE_SPACE": "Delete old files from the account's drive, then: socialbot retry.",
        "INAPPROPRIATE": "Use another picture; the server takes this one for indecent.",
        "REPLY_TO_BOT_NOT_ALLOWED": "The server lets no program answer another one.",
        "UNALLOWED_FILE_TYPE": "Use a picture of another format.",
    }
)
"""What to do about the errors of the content (MisskeyIO/misskey, notes/create.ts, drive/files/create.ts; 2026-11)."""


class MisskeyAccount(AccountSettings):
    """An account with `network = "misskey"` or "sharkey"."""

    server: BaseUrl = Field(description="The server the account lives on.")
    token: Token = Field(SecretStr(""), description="Access token: from socialbot connect, or made by hand.")
    visibility: Literal["public", "home", "followers"] = Field("public", description="Who sees the notes.")


class Misskey(Network):
    """One account on one server. It takes no key, and a file may be in many notes: a note in doubt is looked for."""

    name = "misskey"
    options = MisskeyAccount
    guide = (
        f"On your server open Settings, API, Generate access token, and tick the permissions {', '.join(_PERMISSIONS)}.",
        "Or do not: leave the token empty, and socialbot is let in through the browser.",
    )
    asks = ("server", "token")
    kept_as = "token"
    limits = LIMITS
    deletes = True
    measures = ("reactions", "renotes", "replies")
    doubt = Doubt("LIST", settle_s=60)
    cannot = MappingProxyType(
        {
            "story": No("Its API knows no stories.", "misskey-hub.net/docs: API, 2026-05"),
            "ai_flag": No("A note has no field for AI; preventAiLearning speaks to crawlers.", "notes/create.ts, 2026-11"),
            "edit": No("A note that is out stays as it is; Sharkey can.", "misskey-hub.net/docs: API endpoints, 2026-05"),
        }
    )
    account: MisskeyAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self._line = Line(self.title(), client, account.timeout_s, clock, self._secrets, self.spent)

    async def entrance(self, redirect_uri: str) -> MiAuth:
        """Through the browser."""
        return MiAuth(self.account.server, _PERMISSIONS)

    async def discover(self) -> Limits:
        """The limits that the server tells: of notes to all, of files to whoever is logged in. Raises NetworkError."""
        answer = await self._line.ask("POST", self._url("meta"), json={"detail": False})
        if answer.status != 200 or not answer.text("version"):
            raise self._trouble(answer)
        limits = replace(
            self.limits,
            max_text=_number(answer, self.limits.max_text, "maxNoteTextLength"),
            max_alt=_number(answer, self.limits.max_alt, "maxAltTextLength"),  # Sharkey's
        )
        if not self._token():
            return limits
        me = await self._me()
        megabytes = _number(me, 0, "policies", "maxFileSizeMb")
        return replace(limits, max_picture_bytes=megabytes * 1024 * 1024) if megabytes else limits

    async def check(self) -> Identity:
        """Ask who we are. Raises NetworkError."""
        me = await self._me()
        home, bot = urlsplit(self.account.server).netloc, me.get("isBot")
        name = f"@{me.text('username')}@{home}"
        return Identity(name, f"{self.account.server}/@{me.text('username')}", (), bot if isinstance(bot, bool) else None)

    async def mark_as_bot(self) -> None:
        """Set the account's `isBot`, which keeps programs from answering each other (misskey-hub.net/docs: Bots, 2026-05)."""
        answer = await self._ask("i/update", isBot=True)
        if answer.status == 200 and answer.get("isBot") is True:
            return
        if self._code(answer) == "PERMISSION_DENIED":
            sentence = f"{self.title()}: the token may not mark the account as a bot."
            raise Refused(sentence, "Make a token with the permission write:account too, or say so in the profile's settings.")
        raise self._trouble(answer)

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Put the pictures into the drive, each with its description. Raises NetworkError, never Unknown."""
        request: dict[str, Any] = {
            "text": draft.parts[part].caption.text,
            "visibility": _visibility(self.account.visibility, part),
        }
        if file_ids := [await self._file(picture, remember) for picture in draft.parts[part].pictures]:
            request["fileIds"] = file_ids
        if before:
            request["replyId"] = await self._own(before[-1].remote_id)
        return Prepared(draft, part, request)

    async def publish(self, prepared: Prepared) -> Published:
        """Create the note (notes/create). Raises NetworkError; Unknown when it may be out."""
        answer = await self._line.send("POST", self._url("notes/create"), headers=self._bearer(), json=dict(prepared.request))
        if answer.status == 200 and answer.text("createdNote", "id"):
            return self._published(answer.get("createdNote"))
        if self._code(answer) == "NO_SUCH_REPLY_TARGET":
            raise Refused(f"{self.title()}: the note that the next one answers is gone.", "The thread ends there.")
        raise self._trouble(answer)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look among the account's own latest notes, which tell their words as they were sent. Raises NetworkError."""
        try:
            notes = await self._notes(since - _EARLIER)
        except NeedsLogin:
            raise
        except Refused as error:
            return CannotTell(f"{error} {error.fix}")
        if notes is None:
            return CannotTell(f"{self.title()}: the account has written too much since to look through.")
        match = next((note for note in notes if _is_same(note, prepared.request)), None)
        return self._published(match) if match else None

    async def delete(self, published: Published) -> None:
        """Delete the note (notes/delete). Raises NetworkError."""
        answer = await self._ask("notes/delete", noteId=await self._own(published.remote_id))
        if answer.status not in (200, 204) and self._code(answer) != "NO_SUCH_NOTE":
            raise self._trouble(answer)

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """The counters of the note (notes/show). Raises NetworkError."""
        note = await self._ask("notes/show", noteId=await self._own(published.remote_id))
        if note.status != 200:
            raise self._gone(note)
        counts = {"reactions": _reactions(note.body), "renotes": note.get("renoteCount"), "replies": note.get("repliesCount")}
        return {name: count for name, count in counts.items() if type(count) is int and count >= 0}

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for the note (notes/show). Raises NetworkError."""
        answer = await self._ask("notes/show", noteId=await self._own(published.remote_id))
        if answer.status != 200 and self._code(answer) != "NO_SUCH_NOTE":
            raise self._trouble(answer)
        return answer.status == 200

    # Calls

    async def _ask(self, endpoint: str, **request: object) -> Answer:
        return await self._line.ask("POST", self._url(endpoint), headers=self._bearer(), json=request)

    async def _me(self) -> Answer:
        answer = await self._ask("i")
        if answer.status != 200 or not answer.text("id"):
            raise self._trouble(answer)
        return answer

    async def _own_id(self) -> str:
        whose = hashlib.sha256(f"{self.account.server} {self._token()}".encode()).hexdigest()
        known = self.vault.read() or {}
        if known.get("for") == whose:
            return known["id"]
        own_id = (await self._me()).text("id")
        self.vault.write({"id": own_id, "for": whose})
        return own_id

    async def _own(self, told: str) -> str:
        """The id of a note: `told` is that id, or the address that a person gave who resolved a doubt. Raises NetworkError.

        The note is then read, since a reply must never go to anyone but us.
        """
        if "://" not in told:
            return told
        base, _, note_id = re.split(r"[?#]", told)[0].rstrip("/").rpartition("/notes/")
        if base.lower() != self.account.server.lower() or not _NOTE_ID.fullmatch(note_id):
            raise Refused(f"{self.title()}: {told} is no note's address on {self.account.server}.", _OWN_ADDRESS)
        note = await self._ask("notes/show", noteId=note_id)
        if self._code(note) == "NO_SUCH_NOTE":
            raise Refused(f"{self.title()}: there is no note at {told}.", _OWN_ADDRESS)
        if note.status != 200:
            raise self._trouble(note)
        if note.text("userId") != await self._own_id():
            raise Refused(f"{self.title()}: the note at {told} is not this account's own.", _OWN_ADDRESS)
        return note_id

    async def _file(self, picture: Variant, remember: Remember) -> str:
        """The drive file of a picture.

        The same bytes bring the file that is there already, with its description. Where that is another, a second file is
        made, since the first may be in a note that is out.
        """
        known = remember.recall(picture.digest)
        file = await self._ask("drive/files/show", fileId=known) if known else None
        if file is None or self._code(file) == "NO_SUCH_FILE":
            file = await self._upload(picture)
        elif file.status != 200:
            raise self._trouble(file)
        if file.text("comment") != picture.alt:
            file = await self._upload(picture, force="true")
        if file.text("comment") != picture.alt:  # for a minute some forks know no other file
            file = await self._describe(file.text("id"), picture.alt)
        remember.keep(picture.digest, file.text("id"), UPLOADS_LAST_S)
        return file.text("id")

    async def _upload(self, picture: Variant, **more: str) -> Answer:
        name = f"{picture.digest[:16]}.{picture.mime.split('/')[1]}"
        form = {"name": name, **more} | ({"comment": picture.alt} if picture.alt else {})
        url, content = self._url("drive/files/create"), (name, self.content(picture), picture.mime)
        file = await self._line.ask("POST", url, headers=self._bearer(), data=form, files={"file": content})
        if file.status != 200 or not file.text("id"):
            raise self._trouble(file)
        return file

    async def _describe(self, file_id: str, alt: str) -> Answer:
        file = await self._ask("drive/files/update", fileId=file_id, comment=alt or None)
        if file.status != 200:
            raise self._trouble(file)
        return file

    async def _notes(self, since: datetime) -> list[dict[str, Any]] | None:
        """The account's notes from `since` on, newest first; None when there are too many. Raises NetworkError."""
        query: dict[str, object] = {"userId": await self._own_id(), "limit": 100, "withReplies": True, "withRenotes": False}
        notes: list[dict[str, Any]] = []
        for page_number in range(MAX_PAGES):
            answer = await self._ask("users/notes", **query)
            if answer.status != 200 or not isinstance(answer.body, list):
                raise self._trouble(answer)
            if page_number == 0:  # its notes bear the server's time
                since -= self._line.ahead(answer)
            page = [note for note in answer.body if isinstance(note, dict) and "id" in note]
            notes += [note for note in page if _created_at(note) >= since]
            if not page or _created_at(page[-1]) < since:
                return notes
            query["untilId"] = page[-1]["id"]
        return None

    def _published(self, note: Mapping[str, Any]) -> Published:
        asked, shown = self.account.visibility, str(note.get("visibility"))
        told = f"{self.title()} published it as {shown}, not as {asked}: the account may be limited."
        narrower = shown in ("followers", "specified") and shown != asked
        return Published(str(note["id"]), f"{self.account.server}/notes/{note['id']}", (told,) if narrower else ())

    def _gone(self, answer: Answer) -> NetworkError:
        if self._code(answer) == "NO_SUCH_NOTE":
            return Refused(f"{self.title()}: the note is not there any more.", "Nothing is left to change.")
        return self._trouble(answer)

    def _url(self, endpoint: str) -> str:
        return f"{self.account.server}/api/{endpoint}"

    def _token(self) -> str:
        return self.account.token.get_secret_value()

    def _bearer(self) -> dict[str, str]:
        if not self._token():
            raise NeedsLogin(f"{self.title()}: no token is set for the account on {self.account.server}.", self._anew())
        return bearer(self._token())

    def _secrets(self) -> Iterator[str]:
        yield self._token()

    def _anew(self) -> str:
        make = f"make a token under Settings, API, with the permissions {', '.join(_PERMISSIONS)}, and set it for the account"
        return f"Log in: socialbot connect {self.name}; or {make}."

    @staticmethod
    def _code(answer: Answer) -> str:
        return answer.text("error", "code")

    def _trouble(self, answer: Answer) -> NetworkError:
        """The error table: MisskeyIO/misskey, ApiCallService.ts, notes/create.ts, drive/files/create.ts, 2026-11-21."""
        code, said = self._code(answer), self._line.quote(answer.text("error", "message"))
        if answer.status == 429 or code in ("RATE_LIMIT_EXCEEDED", "BRIEF_REQUEST_INTERVAL"):
            return self._line.limited(*resets(answer.headers), answer.get("error", "info", "resetMs"))
        if code == "PROCESSING":
            busy = f"{self.title()}: the server is still at work on the same call"
            return Unknown(f"{busy}; the note may be out.") if answer.final else Passing(f"{busy}; it will be tried again.")
        if code in _LOGIN or answer.status == 401:
            return NeedsLogin(f"{self.title()}: {self.account.server} does not take the token for this: {said}.", self._anew())
        if code in _CLOSED:
            fix = "Sign in to the server with a browser and see what it says of the account."
            return Blocked(f"{self.title()}: the account may not post: {said}.", fix)
        if code in _FIXES:
            return Refused(f"{self.title()} refused it: {said or code}.", _FIXES[code])
        if code in _GONE:
            return Refused(f"{self.title()}: the note is not there any more.", "Nothing is left to change.")
        if answer.status == 404 and not code:
            return Refused(f"{self.title()}: {self.account.server} has no such API.", "Correct the account's server.")
        return self._line.trouble(answer, said or code)


def _visibility(asked: str, part: int) -> str:
    """A thread's later parts stay out of the public timelines, as is the custom there: its first part leads to them."""
    return "home" if part and asked == "public" else asked


def _is_same(note: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """The same words, place in a thread, and as many files. A file may be in an older note too, so that alone it tells nothing;
    and who does not remember it any more has put the same picture there under another id.
    """
    words, text = str(request["text"]).split(), str(note.get("text") or "").split()
    files, ours = list(note.get("fileIds") or ()), list(request.get("fileIds", ()))
    same_files = len(files) == len(ours) if words else files == ours
    return text == words and same_files and note.get("replyId") == request.get("replyId")


def _created_at(note: Mapping[str, Any]) -> datetime:
    created = datetime.fromisoformat(str(note["createdAt"]))
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def _reactions(note: Mapping[str, Any]) -> int | None:
    """The sum over all kinds; newer servers tell it themselves."""
    if type(note.get("reactionCount")) is int:
        return int(note["reactionCount"])
    kinds = note.get("reactions")
    return sum(count for count in kinds.values() if type(count) is int) if isinstance(kinds, dict) else None


def _number(answer: Answer, default: int, *path: str) -> int:
    found = answer.get(*path)
    return found if type(found) is int and found > 0 else default
