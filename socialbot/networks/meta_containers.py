"""Containers of Instagram and Threads: what is made before it is published, lasts a day, and tells whether it is out.

developers.facebook.com/docs/instagram-platform: Content publishing, 2026-09; developers.facebook.com/docs/threads: Posts;
Publishing reference, 2026-04.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

import httpx

from socialbot.networks.calling import Answer
from socialbot.networks.meta import Graph
from socialbot.networks.protocol import (
    CannotTell,
    NetworkError,
    Passing,
    Published,
    RateLimited,
    Refused,
    Remember,
    Unknown,
)
from socialbot.nouns import Room

LIFE = timedelta(hours=24)
LASTS_S = 23 * 3600
_KNOWN_S = 30 * 24 * 3600
"""A container is asked for its state before another is made, however long its post has rested since: it may be out."""
STUCK = timedelta(hours=1)
"""One that is neither out nor spoilt after so long is given up, and made anew: Threads' may be ready and never be found."""
POLLS_S = (0.5, 1, 2, 4, 8, 15, 30)
"""Waits between questions whether containers are ready, over all of a post; then the post is tried again later."""
SETTLE_S = 30
EARLIER = timedelta(minutes=10)
"""Posts are looked for from so long before they were sent."""
JUST_BEFORE = timedelta(minutes=1)
"""What is known to be out is looked for from so long before: clocks are compared, to the second."""
_GONE = ((24, 2207008), (100, 33))
_SUBCODE = re.compile(r"\b(2207\d{3})\b")
_ID = re.compile(r"\d{1,32}", re.ASCII)

Found = Published | CannotTell | None
Code = Literal["IN_PROGRESS", "FINISHED", "PUBLISHED", "ERROR", "EXPIRED", "GONE"]
_CODES = ("IN_PROGRESS", "FINISHED", "PUBLISHED", "ERROR", "EXPIRED")


@dataclass(frozen=True, slots=True)
class State:
    """Where a container stands. GONE: the network knows it not, or not any more."""

    code: Code
    why: str = ""


class Containers:
    """The containers of one account. `edge`: where they are made; `code` and `why`: what their state's fields are called."""

    def __init__(self, graph: Graph, edge: str, code: str, why: str) -> None:
        self.graph, self.edge, self._code, self._why = graph, edge, code, why

    async def state(self, container: str, *, is_old: bool = False) -> State:
        """Ask for it. `is_old`: its day is over, and no words for that are on any page. Raises NetworkError."""
        answer = await self.graph.answer("GET", f"/{container}", fields=f"id,{self._code},{self._why}")
        error = (answer.get("error", "code"), answer.get("error", "error_subcode"))
        if error in _GONE or (is_old and error[0] in (24, 100)):
            return State("GONE")
        told = self.graph.taken(answer).text(self._code)
        if told not in _CODES:
            raise self.graph.line.trouble(answer, f"a container without a state: {told}")
        return State(cast("Code", told), self.graph.line.quote(answer.text(self._why)))

    async def is_out(self, container: str) -> bool:
        """Was it published? Raises NetworkError."""
        return (await self.state(container)).code == "PUBLISHED"

    async def recalled(self, key: str, remember: Remember, *, is_child: bool = False) -> str | None:
        """The container that was made before under this key, if it is good, or out; one spoilt or stuck is forgotten.

        `is_child`: it is only built into others, so that it is not stuck while it is ready.
        """
        known = remember.recall(key)
        if known is None:
            return None
        container, _, made = known.partition(" ")
        age = self.graph.line.clock() - datetime.fromisoformat(made) if made else timedelta()
        code = (await self.state(container, is_old=age >= LIFE)).code
        good = code in ("IN_PROGRESS", "FINISHED") and age < STUCK
        if good or code == "PUBLISHED" or (code == "FINISHED" and is_child):
            return container
        remember.forget(key)
        return None

    async def made(self, key: str, remember: Remember, **fields: Any) -> str:
        """A new container, remembered at once. Raises NetworkError."""
        answer = await self.graph.ask("POST", self.edge, **fields)
        container = str(answer.get("id") or "")
        if not _ID.fullmatch(container):
            raise self.graph.line.trouble(answer, "a container without an id")
        remember.keep(key, f"{container} {self.graph.line.clock().isoformat()}", _KNOWN_S)
        return container

    async def wait(self, containers: Iterable[str]) -> None:
        """Until all are ready. Raises Passing when that takes too long, and what is wrong with one that never will be."""
        waits = iter(POLLS_S)
        for container in containers:
            await self._wait(container, waits)

    async def _wait(self, container: str, waits: Iterator[float]) -> None:
        while True:
            state = await self.state(container)
            if state.code in ("FINISHED", "PUBLISHED"):
                return
            if state.code != "IN_PROGRESS":
                raise self._spoilt(state)
            pause_s = next(waits, None)
            if pause_s is None:
                raise Passing(f"{self.graph.title} is still processing the pictures; it will be tried again.")
            await asyncio.sleep(pause_s)

    def _spoilt(self, state: State) -> NetworkError:
        """Why a container never gets ready: in the words of the error table, where its reason stands there."""
        if state.code == "ERROR":
            subcode = _SUBCODE.search(state.why)
            error = {"message": state.why, "error_subcode": int(subcode[1]) if subcode else None}
            told = Answer(200, httpx.Headers(), {"error": error})
            if self.graph.knows(told):
                return self.graph.trouble(told)
        why = state.why or state.code.lower()
        return Passing(f"{self.graph.title} could not make the post ready ({why}); it will be tried again.")

    async def out_already(
        self, container: str, refused: NetworkError, find: Callable[[], Awaitable[Found]]
    ) -> Published | None:
        """What came of a container that is refused: it may have gone out before, and goes out once. Raises Unknown."""
        try:
            if not await self.is_out(container):
                return None
        except NetworkError:
            if type(refused) is Refused:  # it is never tried again, so that nobody would look
                raise Unknown(f"{refused} Whether it went out before could not be asked.") from None
            return None
        try:
            found = await find()
        except NetworkError as error:
            raise Unknown(str(error)) from None
        return found if isinstance(found, Published) else None

    async def find(
        self, request: Mapping[str, Any], since: datetime, own: Own, wanted: Wanted, now: datetime
    ) -> Mapping[str, Any] | CannotTell | None:
        """The post that came of a container sent at `since`, as `own` lists it. None: it is not out. Raises NetworkError.

        `since` is by our clock, and the list by the network's. `request` has the container, and `at`, when it was settled:
        where that is later than `since`, the post may have gone out by another container, of which a ledger from a backup
        knows nothing, so that its words are looked for.
        """
        state, at = await self.state(request["creation_id"], is_old=now - since >= LIFE), request.get("at")
        is_new = at is not None and since < datetime.fromisoformat(at)
        if state.code == "ERROR" or (state.code == "FINISHED" and not is_new):
            return None
        if state.code == "IN_PROGRESS":
            raise Passing(f"{self.graph.title} is still processing the post; it will be asked again.")
        posts, is_out = await own.since(since - max(self.graph.off, timedelta()) - EARLIER), state.code == "PUBLISHED"
        if is_out:
            just = [one for one in posts if (at := _at(one)) and at >= since - self.graph.off - JUST_BEFORE]
            if post := own.match(just, wanted, sure=True):
                return post
        # While it is not listed yet, one before it, of the same words or of none, must not be taken for it.
        if (not is_out or now - since > EARLIER) and (post := own.match(posts, wanted, sure=False)):
            return post
        if is_out:
            raise Passing(f"{self.graph.title} says that the post is out and does not list it yet; it will be asked again.")
        if state.code == "GONE" and now - since < LIFE:
            return CannotTell(f"{self.graph.title} does not know any more what was prepared there.")
        return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a post that is looked for looks like: its words, and the network's name for what it is."""

    text: str
    kind: str


class Own:
    """The account's own posts, as an edge lists them, newest first. `words`: the field that has the text."""

    def __init__(self, graph: Graph, edge: str, fields: str, words: str) -> None:
        self.graph, self.edge, self._fields, self._words = graph, edge, fields, words

    async def since(self, moment: datetime) -> list[dict[str, Any]]:
        """Those from a moment on. Raises NetworkError."""
        query = {"fields": self._fields, "since": int(moment.timestamp()), "limit": 25}
        listed = [one async for one in self.graph.listed(self.edge, **query)]
        return [one for one in listed if one.get("id") and (at := _at(one)) and at >= moment]

    def match(self, posts: Sequence[dict[str, Any]], wanted: Wanted, *, sure: bool) -> dict[str, Any] | None:
        """The newest of these words. Where none has them and it is `sure` that it is out: the only one of its kind."""
        alike = [one for one in posts if wanted.text and plain(one.get(self._words)) == plain(wanted.text)]
        if alike:
            return alike[0]
        untold = (None,) if wanted.text else (None, "")
        kind = [one for one in posts if one.get("media_type") == wanted.kind and one.get(self._words) in untold]
        return kind[0] if sure and len(kind) == 1 else None

    async def id_of(self, told: str) -> str | None:
        """The id of a post by that or by its address, which a person gave; None where it is none of ours."""
        if _ID.fullmatch(told):
            return told
        code = _code(told)
        async for one in self.graph.listed(self.edge, fields="id,permalink", limit=100):
            if code and code == _code(str(one.get("permalink") or "")):
                return str(one["id"])
        return None


@dataclass(frozen=True, slots=True)
class Quota:
    """How many posts of the last `over` are counted, and how many are taken."""

    used: int
    total: int
    over: timedelta

    @property
    def is_used_up(self) -> bool:
        """Are no more taken?"""
        return self.used >= self.total

    def room(self, now: datetime) -> Room:
        """There is no one moment at which all of it is there again: each post counts for `over`."""
        return Room(max(0, self.total - self.used), self.total, None, now)

    async def keep(self, own: Own, now: datetime) -> None:
        """Raises RateLimited when it is used up, until the oldest of the posts that count counts no more."""
        if not self.is_used_up:
            return
        counted = [at for one in await own.since(now - self.over) if (at := _at(one))]
        until = max(min(counted) + self.over, now + timedelta(seconds=1)) if counted else now + timedelta(hours=1)
        told = f"{self.total} posts in {self.over.total_seconds() / 3600:g} hours are out, and no more are taken before"
        raise RateLimited(f"{own.graph.title}: {told} {until:%Y-%m-%d %H:%M:%S} UTC.", until)


def quota(answer: Answer, used: str = "quota_usage", config: str = "config") -> Quota | None:
    """What an edge tells of an account's quota; None where it tells nothing that can be read."""
    data = answer.get("data")
    first = data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else {}
    told = first.get(config)
    numbers = (
        [first.get(used), *(told.get(name) for name in ("quota_total", "quota_duration"))] if isinstance(told, dict) else []
    )
    whole = [one for one in numbers if isinstance(one, int)]
    return Quota(whole[0], whole[1], timedelta(seconds=whole[2])) if len(whole) == len(numbers) == 3 else None


def key_of(*what: object) -> str:
    """The key under which a container is remembered: of all that it is made of, but for the address of its picture."""
    return hashlib.sha256(json.dumps(what, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def figures(answer: Answer) -> dict[str, int]:
    """What insights tell: `data[].values[0].value`, whole numbers only."""
    data = answer.get("data")
    found: dict[str, int] = {}
    for one in data if isinstance(data, list) else ():
        values = one.get("values") if isinstance(one, dict) else None
        value = values[0].get("value") if isinstance(values, list) and values and isinstance(values[0], dict) else None
        if type(value) is int and value >= 0:
            found[str(one.get("name"))] = value
    return found


def address_missing(title: str, told: str) -> Refused:
    """There is no post of the account at an address that a person gave."""
    return Refused(f"{title}: {told} is no post of the account.", "Give the address as the network's page shows it.")


def _at(post: Mapping[str, Any]) -> datetime | None:
    """When it was posted: ISO 8601 with an offset."""
    try:
        at = datetime.fromisoformat(str(post.get("timestamp")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def plain(text: object) -> str | None:
    """Words as they compare: a network may trim lines and compose letters."""
    if not isinstance(text, str):
        return None
    return "\n".join(line.strip() for line in unicodedata.normalize("NFC", text).strip().split("\n"))


def _code(address: str) -> str:
    """The last step of a post's address, which names it wherever it is shown."""
    return address.split("?")[0].rstrip("/").rpartition("/")[2] if address.startswith("http") else ""
