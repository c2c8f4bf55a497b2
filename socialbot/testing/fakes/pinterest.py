"""One Pinterest account with three boards, and an app that it let in.

Facts: reference page on Pinterest, sections 2.1 to 2.9; github.com/pinterest/api-description v5 5.23.0.
"""

from __future__ import annotations

import math
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from socialbot.testing.fakes import pinterest_pin
from socialbot.testing.fakes.pinterest_pin import check_words, refusal
from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture

CLIENT, REDIRECT = ("1480000", "fake-pinterest-secret"), "http://127.0.0.1:8009/callback/"
NAME, BOARD = "fognews", "549755885175"
ACCESS_LASTS, REFRESH_LASTS = timedelta(days=30), timedelta(days=60)
SCOPES = "boards:read,boards:write,pins:read,pins:write,user_accounts:read"
_BOARDS = ((BOARD, "Fog news", "PUBLIC"), ("549755885176", "Mist", "PUBLIC"), ("549755885177", "Drafts", "SECRET"))
_METRICS = ("IMPRESSION", "OUTBOUND_CLICK", "PIN_CLICK", "SAVE", "TOTAL_COMMENTS", "TOTAL_REACTIONS")
_CODE_FORM = {"grant_type", "code", "redirect_uri", "continuous_refresh"}
_REFRESH_FORM = {"grant_type", "refresh_token", "scope"}


class PinterestFake(Fake):
    """`trial`: Pins are seen by their creator alone. `beta`: this app may change Pins. `takes_flag`: it knows `ai_disclosures`.
    `one_size`: a carousel's pictures must be of one size. `newest_first`: boards list so. `errors`: the next answers.
    `bodies`: of every call with JSON. `page_size`: more than so many are never listed at once."""

    network: ClassVar[str] = "pinterest"
    looser: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"max_picture_bytes": "no page names a number for base64; by address others report 20 MB and more"}
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.trial, self.beta, self.takes_flag, self.one_size, self.newest_first = False, True, True, False, True
        self.page_size = 250
        self.errors: list[Refusal] = []
        self.bodies: list[tuple[str, Any]] = []
        self.boards = list(_BOARDS)
        self._tokens: dict[str, datetime] = {}
        self._refreshing: dict[str, datetime] = {}
        self._codes: set[str] = set()
        self._pins: dict[str, dict[str, Any]] = {}
        self._pictures: dict[str, tuple[SeenPicture, ...]] = {}
        self._made = 0
        self.token = self._issue()

    def account(self) -> dict[str, str]:
        """An account by a token made by hand."""
        return {"network": self.network, "api": self.url, "token": self.token, "board": "Fog news", "access": "standard"}

    # Switches

    def grant(self) -> str:
        """The person lets the app in: a code, good for one login."""
        with self._lock:
            self._made += 1
            self._codes.add(f"code-{self._made}")
            return f"code-{self._made}"

    def expire(self) -> None:
        """All access tokens are over."""
        with self._lock:
            self._tokens = dict.fromkeys(self._tokens, self.clock())

    def overhear(self, text: str) -> None:
        """Another member of the group board pins the same words."""
        with self._lock:
            self._keep({"board_id": BOARD, "title": text[:20], "description": text}, (), is_owner=False)

    def routes(self) -> Sequence[Route]:
        """Every endpoint."""
        return [
            Route("POST", "/v5/oauth/token", self._access_token),
            Route("GET", "/v5/user_account", self._entered(self._who)),
            Route("GET", "/v5/boards", self._entered(self._list_boards)),
            Route("GET", r"/v5/boards/(\d+)/pins", self._entered(self._list_pins)),
            Route("GET", r"/v5/boards/(\d+)/sections/(\d+)/pins", self._entered(self._list_pins)),
            Route("POST", "/v5/pins", self._entered(self._create), irreversible=True),
            Route("GET", r"/v5/pins/(\d+)", self._entered(self._get)),
            Route("PATCH", r"/v5/pins/(\d+)", self._entered(self._update)),
            Route("DELETE", r"/v5/pins/(\d+)", self._entered(self._delete)),
            Route("GET", r"/v5/pins/(\d+)/analytics", self._entered(self._analytics)),
        ]

    def unknown(self, request: Request) -> Answer:
        """A path that is no endpoint."""
        return refusal(404, f"No handler for {request.path}").answer

    def bad_day(self, fault: Fault) -> Answer:
        """In Pinterest's words; no header of a limit is documented, Retry-After stands for what may come."""
        if fault == "rate_limited":
            after = {"Retry-After": str(math.ceil(self.faults.retry_after_s))}
            return Answer(429, {"code": 8, "message": "You have exceeded your rate limit. Try again later."}, after)
        if fault == "expired_token":
            return refusal(401, "Authentication failed.", 2).answer
        return refusal(503 if fault == "unavailable" else 500, "Sorry! Something went wrong on our end.", 12).answer

    # Logins

    def _issue(self) -> str:
        token = f"pina_fake_{len(self._tokens) + 1:04}"
        self._tokens[token] = self.clock() + ACCESS_LASTS
        return token

    def _access_token(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic" or tuple(b64decode(shown).decode().split(":")) != CLIENT:
            raise refusal(401, "Authentication failed.", 2)
        if request.media_type != "application/x-www-form-urlencoded":
            raise refusal(400, "Invalid request body", 1)
        if form.get("grant_type") == "refresh_token" and set(form) <= _REFRESH_FORM:
            ends = self._refreshing.pop(form.get("refresh_token", ""), self.clock())
            if ends <= self.clock():
                raise refusal(401, "Authentication failed.", 2)
        elif form.get("grant_type") == "authorization_code" and set(form) <= _CODE_FORM:
            if form.get("code") not in self._codes or form.get("redirect_uri") != REDIRECT:
                raise refusal(400, "The provided authorization code is invalid", 283)
            if form.get("continuous_refresh") != "true":
                raise refusal(400, "The legacy refresh token is not supported any more")
            self._codes.discard(form["code"])
        else:
            raise refusal(400, "Invalid request body", 1)
        refresh, lasts = f"pinr_fake_{len(self._tokens):04}", int(REFRESH_LASTS.total_seconds())
        self._refreshing[refresh] = self.clock() + REFRESH_LASTS
        told = {"access_token": self._issue(), "token_type": "bearer", "expires_in": int(ACCESS_LASTS.total_seconds())}
        ends_at = int(self._refreshing[refresh].timestamp())
        told |= {"scope": SCOPES, "response_type": form["grant_type"], "refresh_token": refresh}
        return Answer(body=told | {"refresh_token_expires_in": lasts, "refresh_token_expires_at": ends_at})

    def _entered(self, handler: Callable[..., Answer]) -> Callable[..., Answer]:
        def enter(request: Request, *groups: str) -> Answer:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or self._tokens.get(token, self.clock()) <= self.clock():
                raise refusal(401, "Authentication failed.", 2)
            if self.errors:
                raise self.errors.pop(0)
            return handler(request, *groups)

        return enter

    # Who and where

    def _who(self, request: Request) -> Answer:
        return Answer(body={"account_type": "BUSINESS", "id": "2783136121146311751", "username": NAME, "board_count": 3})

    def _list_boards(self, request: Request) -> Answer:
        listed = [{"id": number, "name": name, "privacy": kind, "pin_count": 0} for number, name, kind in self.boards]
        return self._page(request, listed)

    def _page(self, request: Request, items: Sequence[Mapping[str, Any]]) -> Answer:
        size, first = int(request.query.get("page_size", "25")), int(request.query.get("bookmark", "0"))
        if not 1 <= size <= 250 or set(request.query) - {"page_size", "bookmark"}:
            raise refusal(400, "page_size: maximum=250")
        last = first + min(size, self.page_size)
        return Answer(body={"items": list(items[first:last]), "bookmark": str(last) if last < len(items) else None})

    # Pins

    def _create(self, request: Request) -> Answer:
        pin = self._body(request)
        check_words(pin, pinterest_pin.CREATES | ({"ai_disclosures"} if self.takes_flag else set()))
        if pin.get("board_id") not in [number for number, _, _ in self.boards]:
            raise refusal(404, "Board not found.", 40)
        pictures = pinterest_pin.pictures_of(pin.get("media_source"), self.one_size)
        return Answer(201, self._keep({name: value for name, value in pin.items() if name != "media_source"}, pictures))

    def _keep(self, pin: Mapping[str, Any], pictures: Sequence[SeenPicture], is_owner: bool = True) -> dict[str, Any]:
        self._made += 1
        number = str(813_744_226_420_795_884 + self._made)
        kind = "CAROUSEL" if len(pictures) > 1 else "REGULAR"
        made = {**pin, "id": number, "created_at": f"{self.clock():%Y-%m-%dT%H:%M:%S}", "is_owner": is_owner}
        self._pins[number] = {**made, "creative_type": kind, "is_standard": True, "parent_pin_id": None}
        self._pictures[number] = tuple(pictures)
        self._show(number)
        return self._pins[number]

    def _list_pins(self, request: Request, board: str, section: str | None = None) -> Answer:
        """Whether a board lists the Pins of its sections is not said: here it does not, the strictest reading."""
        if board not in [number for number, _, _ in self.boards]:
            raise refusal(404, "Board not found.", 40)
        there = [one for one in self._pins.values() if (one["board_id"], one.get("board_section_id")) == (board, section)]
        return self._page(request, there[::-1] if self.newest_first else there)

    def _get(self, request: Request, number: str) -> Answer:
        return Answer(body=self._existing(number))

    def _existing(self, number: str) -> dict[str, Any]:
        if number not in self._pins:
            raise refusal(404, "Pin not found.", 50)
        return self._pins[number]

    def _update(self, request: Request, number: str) -> Answer:
        if not self.beta:
            raise refusal(403, "You are not permitted to access that resource.", 29)
        words = self._body(request)
        check_words(words, pinterest_pin.UPDATES)
        self._existing(number).update(words)
        self._show(number)
        return Answer(body=self._existing(number))

    def _delete(self, request: Request, number: str) -> Answer:
        self._existing(number)
        del self._pins[number]
        self._public.pop(number, None)
        return Answer(204)

    def _analytics(self, request: Request, number: str) -> Answer:
        query = request.query
        if set(query) != {"start_date", "end_date", "metric_types"} or set(query["metric_types"].split(",")) - set(_METRICS):
            raise refusal(400, "Invalid pins analytics parameters.")
        first, last = (datetime.fromisoformat(query[name]).date() for name in ("start_date", "end_date"))
        if (self.clock().date() - first).days > 90 or not first <= last <= self.clock().date():
            raise refusal(400, "Invalid pins analytics parameters.")
        self._existing(number)
        told = {name: at for at, name in enumerate(_METRICS)}
        lifetime = {"TOTAL_COMMENTS": 10, "TOTAL_REACTIONS": 12}
        summary = {name: told[name] for name in query["metric_types"].split(",") if name not in lifetime}
        return Answer(body={"all": {"daily_metrics": [], "lifetime_metrics": lifetime, "summary_metrics": summary}})

    def _body(self, request: Request) -> dict[str, Any]:
        try:
            body = request.json_object()
        except ValueError as error:
            raise refusal(400, str(error)) from None
        self.bodies.append((request.path, body))
        return body

    # The public

    def _show(self, number: str) -> None:
        pin = self._pins[number]
        if self.trial or not pin["is_owner"]:
            return
        text = pin.get("description") or ""
        self._public[number] = Seen(
            id=number,
            url=f"https://www.pinterest.com/pin/{number}/",
            text=text,
            at=datetime.fromisoformat(pin["created_at"]).replace(tzinfo=self.clock().tzinfo),
            tags=tuple(re.findall(r"#(\w+)", text)),
            pictures=pinterest_pin.described(self._pictures[number], pin.get("alt_text") or ""),
            raw=dict(pin),
            title=pin.get("title"),
            link=pin.get("link"),
            flags={"ai_disclosures": True} if pin.get("ai_disclosures") else {},
        )
