"""What the fakes of Meta's networks share: tokens, error envelopes, forms, and pictures that are really fetched.

Facts: reference page on Instagram and Facebook, section M.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from socialbot.testing.fakes import multipart
from socialbot.testing.fakes.server import Answer, Clock, Fake, Fault, Faults, Refusal, Request

FETCHED_WITHIN_S = 5
LONG_LIFE = timedelta(days=60)
OLD_ENOUGH = timedelta(hours=24)
SECRET = "fake-app-secret"  # noqa: S105
APP = "1780000000000001"
CODE = "a-code-that-works-once"


class GraphFake(Fake):
    """A server of Meta's. `tokens`: those that are good, until when, and since when."""

    prefix = "FAKE"
    """With what its tokens begin."""

    def __init__(self, *, faults: Faults | None = None, clock: Clock | None = None) -> None:
        super().__init__(faults=faults, **({"clock": clock} if clock else {}))
        now = self.clock()
        self.token = f"{self.prefix}-token-made-by-hand"
        self.tokens: dict[str, tuple[datetime, datetime]] = {self.token: (now - OLD_ENOUGH, now + LONG_LIFE)}
        self.codes = {CODE}
        self.demands_proof = False
        """Calls have to be signed with the app's secret."""
        self.usage_percent = 3
        """What X-App-Usage says."""
        self.errors: list[Refusal] = []
        """The answers to the next calls, whatever they are."""
        self.bodies: list[tuple[str, dict[str, str]]] = []
        """What was posted: path and fields, as they came."""
        self._number = 17_900_000_000_000_000

    def new_id(self) -> str:
        """A number that nothing else has."""
        self._number += 7
        return str(self._number)

    def revoke(self, token: str | None = None) -> None:
        """A token, or all, is good no more."""
        for one in [token] if token else list(self.tokens):
            self.tokens.pop(one, None)

    def unknown(self, request: Request) -> Answer:
        """A path that is no endpoint."""
        return refusal(2500, "Unknown path components: " + request.path).answer

    def bad_day(self, fault: Fault) -> Answer:
        """In the envelope's words; the moment of the next call stands in a usage header, in minutes."""
        if fault == "rate_limited":
            minutes = math.ceil(self.faults.retry_after_s / 60)
            told = {"type": self.network, "call_count": 100, "total_cputime": 20, "total_time": 20}
            header = {"1": [{**told, "estimated_time_to_regain_access": minutes}]}
            return refusal(
                4, "(#4) Application request limit reached", headers={"X-Business-Use-Case-Usage": json.dumps(header)}
            ).answer
        if fault == "expired_token":
            return refusal(190, "Error validating access token: Session has expired", 463, status=401).answer
        if fault == "unavailable":
            return Answer(503)
        return refusal(2, "An unexpected error has occurred. Please retry later.", status=500, transient=True).answer

    # Requests

    def entered(self, request: Request, allowed: Collection[str]) -> dict[str, str]:
        """The fields of a call that shows a good token in its header. Raises Refusal for anything else."""
        if self.errors:
            raise self.errors.pop(0)
        token = self._token_of(request)
        given = read(request, {*allowed, "appsecret_proof"})
        if request.method == "POST":
            self.bodies.append((request.path, given))
        signed = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if self.demands_proof and given.get("appsecret_proof") != signed:
            raise refusal(100, "API calls from the server require an appsecret_proof argument", kind="GraphMethodException")
        given.pop("appsecret_proof", None)
        return given

    def _token_of(self, request: Request) -> str:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise refusal(190, "An access token is required to request this resource.", status=401)
        return self.good(token)

    def good(self, token: str) -> str:
        """The token, while it is good. Raises Refusal."""
        if token not in self.tokens:
            raise refusal(190, "Error validating access token: The session has been invalidated", 467, status=401)
        if self.tokens[token][1] <= self.clock():
            raise refusal(190, "Error validating access token: Session has expired", 463, status=401)
        return token

    def told(self, body: Any) -> Answer:
        """An answer without an error, with what of the app's calls is used up."""
        used = {"call_count": self.usage_percent, "total_time": 1, "total_cputime": 1}
        return Answer(body=body, headers={"X-App-Usage": json.dumps(used)})

    # Logins

    def grant(self, life: timedelta) -> dict[str, Any]:
        """A new token."""
        token = f"{self.prefix}-{self.new_id()}"
        self.tokens[token] = (self.clock(), self.clock() + life)
        return {"access_token": token, "token_type": "bearer", "expires_in": int(life.total_seconds())}

    def facebook_login(self, request: Request, token: str) -> Answer:
        """Facebook's endpoint: a code for a short token, and a short one for the person's `token` of 60 days."""
        exchange = "grant_type" in request.query
        names = ("grant_type", "fb_exchange_token") if exchange else ("redirect_uri", "code")
        given = read(request, ("client_id", "client_secret", *names))
        wanted(given, client_id=APP, client_secret=SECRET)
        if exchange:
            wanted(given, grant_type="fb_exchange_token")
            self.good(given.get("fb_exchange_token", ""))
            self.tokens[token] = (self.clock(), self.clock() + LONG_LIFE)
            return Answer(body={"access_token": token, "token_type": "bearer", "expires_in": int(LONG_LIFE.total_seconds())})
        self.spend(given.get("code", ""))
        return Answer(body=self.grant(timedelta(hours=1)))

    def spend(self, code: str) -> None:
        """A code works once. Raises Refusal."""
        if code not in self.codes:
            raise refusal(100, "This authorization code has been used", 36009)
        self.codes.remove(code)

    def extended(self, given: Mapping[str, str], grant: str) -> dict[str, Any]:
        """A long token for a long one that is a day old. Raises Refusal."""
        wanted(given, grant_type=grant)
        token = self.good(given.get("access_token", ""))
        if self.clock() - self.tokens[token][0] < OLD_ENOUGH:
            raise refusal(100, "The access token is too young to be refreshed")
        return self.grant(LONG_LIFE)


def refusal(
    code: int,
    message: str,
    subcode: int | None = None,
    *,
    status: int = 400,
    transient: bool = False,
    kind: str = "OAuthException",
    user_message: str = "",
    headers: Mapping[str, str] | None = None,
) -> Refusal:
    """An answer with the envelope of an error."""
    error: dict[str, Any] = {"message": message, "type": kind, "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    error["is_transient"] = transient
    if user_message:
        error |= {"error_user_title": message[:40], "error_user_msg": user_message}
    return Refusal(Answer(status, {"error": {**error, "fbtrace_id": "AFakeTraceOfThis"}}, headers or {}))


def read(request: Request, allowed: Collection[str]) -> dict[str, str]:
    """The fields of a query or a form. Raises Refusal for one that is not known, or stands in the wrong place."""
    given = dict(request.query)
    if request.method == "POST":
        if given:
            raise refusal(100, "This fake wants the fields of a POST in its body")
        given = _form(request)
    for name in given:
        if name not in allowed:
            raise refusal(100, f"(#100) Unexpected parameter: {name}")
    return given


def _form(request: Request) -> dict[str, str]:
    if request.media_type == "multipart/form-data":
        pairs = [(one.name, one.text) for one in parts(request) if one.filename is None]
    elif request.media_type == "application/x-www-form-urlencoded":
        pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(request.body))
    else:
        raise refusal(100, f"a body of type {request.media_type or 'none'}")
    if len(dict(pairs)) < len(pairs):
        raise refusal(100, "a field stands twice")
    return dict(pairs)


def parts(request: Request) -> list[multipart.Part]:
    """The parts of a multipart form, files and all. Raises Refusal."""
    try:
        return multipart.read(request.headers, request.body)
    except ValueError as error:
        raise refusal(100, str(error)) from None


def wanted(given: Mapping[str, str], **values: str) -> None:
    """Raises Refusal where a field has not the value that it must have."""
    for name, value in values.items():
        if given.get(name) != value:
            raise refusal(100, f"Invalid parameter: {name}", kind="OAuthException")


def fields_of(given: Mapping[str, str], known: Sequence[str]) -> list[str]:
    """The names in `fields`. Raises Refusal for one that a node does not have."""
    names = given.get("fields", "id").split(",")
    for name in names:
        if name not in known:
            raise refusal(100, f"(#100) Tried accessing nonexisting field ({name})")
    return names


def picked(node: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """A node's fields that were asked for; what has no value is left out, and `id` always there."""
    return {name: node[name] for name in dict.fromkeys([*names, "id"]) if node.get(name) is not None}


def page(nodes: Sequence[Mapping[str, Any]], given: Mapping[str, str], path: str) -> dict[str, Any]:
    """One page of a list: cursors are places in it, and `next` is there while there is more."""
    first, limit = int(given.get("after", "0")), int(given.get("limit", "25"))
    if not 1 <= limit <= 100:
        raise refusal(100, "(#100) limit is between 1 and 100")
    shown, last = list(nodes[first : first + limit]), min(first + limit, len(nodes))
    paging: dict[str, Any] = {"cursors": {"before": str(first), "after": str(last)}}
    if last < len(nodes):
        paging["next"] = f"https://graph.invalid{path}?after={last}"
    return {"data": shown, **({"paging": paging} if shown else {})}


def timestamp(moment: datetime) -> str:
    """As Meta writes it: without a colon in the offset."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def fetched(url: str, agent: str = "facebookexternalhit/1.1") -> bytes:
    """What lies at an address, fetched as Meta and TikTok do: no redirect is followed. Raises ValueError, OSError."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname != "127.0.0.1" or not url.isascii():
        raise ValueError(f"this fake fetches from loopback alone, not {url}")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=FETCHED_WITHIN_S)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"User-Agent": agent})
        answer = connection.getresponse()
        if answer.status != 200:
            raise ValueError(f"it answers {answer.status}")
        return answer.read()
    except http.client.HTTPException as error:
        raise ValueError(f"it answers nonsense ({type(error).__name__})") from None
    finally:
        connection.close()
