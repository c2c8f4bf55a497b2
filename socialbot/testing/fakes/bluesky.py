"""A Bluesky PDS with one account, as strict as the lexicon and stricter where the real one lets mistakes through.

Facts: reference page on Bluesky, sections 2.1 to 2.6 (August 2026), and exchanges recorded from a PDS 0.5.35.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any, ClassVar

from socialbot.testing.fakes import cid, post_record, profile_record
from socialbot.testing.fakes.lexicon import Blob, BlobNotFound, Invalid
from socialbot.testing.fakes.post_record import COLLECTION, MAX_IMAGE_BYTES
from socialbot.testing.fakes.server import Answer, Fake, Fault, Refusal, Request, Route, Seen, SeenPicture, sniff

PROFILE = profile_record.COLLECTION
HANDLE, DID = "blog.test", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
ACCESS_LIFE, REFRESH_LIFE = timedelta(minutes=120), timedelta(days=90)
LOGINS, LOGIN_WINDOW = 30, timedelta(minutes=5)
_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_CID = re.compile(r"baf[a-z2-7]{56}")
_TID = re.compile(r"[234567a-j][234567a-z]{12}")


COUNTS = ("likeCount", "repostCount", "replyCount", "quoteCount", "bookmarkCount")


class BlueskyFake(Fake):
    """Its attributes are the switches.

    `profile`: the account's profile record, None where it has none. `status` ("deactivated", "suspended"): inactive.
    `counts`: what the app view tells of every post (`likeCount` …).
    """

    network: ClassVar[str] = "bluesky"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        bot = {"$type": profile_record.SELF_LABELS, "values": [{"val": "bot"}]}
        self.profile: dict[str, Any] | None = {"$type": PROFILE, "displayName": "Blog", "labels": bot}
        self.status: str | None = None
        self.counts: dict[str, int] = {}
        self._app_password = "abcd-efgh-ijkl-mnop"  # noqa: S105
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._logins: list[datetime] = []
        self._blobs: dict[str, Blob] = {}
        self._records: dict[str, tuple[str, dict[str, Any]]] = {}
        self._serial = 0

    def account(self) -> dict[str, str]:
        """Settings of the one account: its handle and app password."""
        return {"network": self.network, "server": self.url, "identifier": HANDLE, "password": self._app_password}

    def expire_access_tokens(self) -> None:
        """From now on every access token answers ExpiredToken; refresh tokens still work."""
        with self._lock:
            now = self.clock()
            self._tokens = {token: (scope, now if scope == "access" else end) for token, (scope, end) in self._tokens.items()}

    def forget_blobs(self) -> None:
        """Collect the uploads that no record names as garbage; a new record that names one answers BlobNotFound."""
        with self._lock:
            named = json.dumps([self.profile, *(record for _, record in self._records.values())])
            self._blobs = {link: blob for link, blob in self._blobs.items() if link in named}

    def routes(self) -> Sequence[Route]:
        """The XRPC methods on offer."""
        return (
            Route("GET", "/xrpc/com.atproto.server.describeServer", self._describe_server),
            Route("POST", "/xrpc/com.atproto.server.createSession", self._create_session),
            Route("POST", "/xrpc/com.atproto.server.refreshSession", self._refresh_session),
            Route("GET", "/xrpc/com.atproto.server.getSession", self._get_session),
            Route("GET", "/xrpc/com.atproto.identity.resolveHandle", self._resolve_handle),
            Route("POST", "/xrpc/com.atproto.repo.uploadBlob", self._upload_blob),
            Route("POST", "/xrpc/com.atproto.repo.putRecord", self._put_record, irreversible=True),
            Route("POST", "/xrpc/com.atproto.repo.deleteRecord", self._delete_record),
            Route("GET", "/xrpc/com.atproto.repo.getRecord", self._get_record),
            Route("GET", "/xrpc/com.atproto.repo.listRecords", self._list_records),
            Route("GET", "/xrpc/app.bsky.feed.getPosts", self._get_posts),
        )

    def unknown(self, request: Request) -> Answer:
        """The PDS's answer to a method it does not have."""
        return _error(501, "MethodNotImplemented", "Method Not Implemented")

    def bad_day(self, fault: Fault) -> Answer:
        """Epoch seconds in RateLimit-Reset; an expired token is a 400."""
        if fault == "rate_limited":
            reset = int(self.clock().timestamp() + self.faults.retry_after_s) + 1
            return _limited("5000;w=3600", reset)
        if fault == "expired_token":
            self.expire_access_tokens()
            return _error(400, "ExpiredToken", "Token has expired")
        if fault == "unavailable":
            return _error(503, "NotEnoughResources", "Not Enough Resources")
        return _error(500, "InternalServerError", "Internal Server Error")

    def _describe_server(self, request: Request) -> Answer:
        return Answer(body={"did": "did:web:localhost", "availableUserDomains": [".test"], "inviteCodeRequired": False})

    def _create_session(self, request: Request) -> Answer:
        given = _body(request, required={"identifier", "password"}, optional={"authFactorToken"})
        now = self.clock()
        self._logins = [then for then in self._logins if then > now - LOGIN_WINDOW]
        if len(self._logins) >= LOGINS:
            raise Refusal(_limited("30;w=300", int((self._logins[0] + LOGIN_WINDOW).timestamp()) + 1))
        self._logins.append(now)
        if given["identifier"] not in (HANDLE, DID) or given["password"] != self._app_password:
            raise Refusal(_error(401, "AuthenticationRequired", "Invalid identifier or password"))
        return self._session()

    def _refresh_session(self, request: Request) -> Answer:
        if request.body:
            raise Refusal(_error(400, "InvalidRequest", "A request body was provided when none was expected"))
        token = self._authorise(request, "refresh")
        del self._tokens[token]
        return self._session()

    def _get_session(self, request: Request) -> Answer:
        self._authorise(request)
        return Answer(body=self._identity())

    def _session(self) -> Answer:
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}
        document = {"id": DID, "alsoKnownAs": [f"at://{HANDLE}"], "service": [service]}
        tokens = {"accessJwt": self._token("access", ACCESS_LIFE), "refreshJwt": self._token("refresh", REFRESH_LIFE)}
        return Answer(body={**tokens, **self._identity(), "didDoc": document})

    def _identity(self) -> dict[str, Any]:
        standing = {"active": False, "status": self.status} if self.status else {"active": True}
        return {"handle": HANDLE, "did": DID, **standing}

    def _token(self, scope: str, life: timedelta) -> str:
        self._serial += 1
        end = self.clock() + life
        claims = {"scope": f"com.atproto.{scope}", "sub": DID, "exp": int(end.timestamp()), "jti": str(self._serial)}
        parts = (json.dumps(part).encode() for part in ({"typ": "at+jwt", "alg": "HS256"}, claims, self._serial))
        token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        self._tokens[token] = (scope, end)
        return token

    def _authorise(self, request: Request, scope: str = "access") -> str:
        scheme, _, token = str(request.headers.get("Authorization", "")).partition(" ")
        if not token:
            raise Refusal(_error(401, "AuthMissing", "Authentication Required"))
        issued, end = self._tokens.get(token, ("", self.clock()))
        if scheme != "Bearer" or issued != scope:
            raise Refusal(_error(400, "InvalidToken", "Token could not be verified"))
        if end <= self.clock():
            raise Refusal(_error(400, "ExpiredToken", "Token has expired"))
        return token

    def _resolve_handle(self, request: Request) -> Answer:
        _parameters(request, required={"handle"})
        if request.query["handle"].lower() != HANDLE:
            raise Refusal(_error(400, "HandleNotFound", "Unable to resolve handle"))
        return Answer(body={"did": DID})

    def _upload_blob(self, request: Request) -> Answer:
        self._authorise(request)
        if len(request.body) > MAX_IMAGE_BYTES:
            raise Refusal(_error(413, "PayloadTooLarge", "request entity too large"))
        found = sniff(request.body)
        if found is None or found[0] != request.media_type:
            message = f"the bytes are {found[0] if found else 'no picture'}, announced as {request.media_type or 'nothing'}"
            raise Refusal(_error(400, "InvalidMimeType", message))
        link = cid.of_blob(request.body)
        self._blobs[link] = Blob(request.body, *found)
        reference = {"$type": "blob", "ref": {"$link": link}, "mimeType": found[0], "size": len(request.body)}
        return Answer(body={"blob": reference})

    def _put_record(self, request: Request) -> Answer:
        self._authorise(request)
        given = _body(request, required={"repo", "collection", "rkey", "record"}, optional={"validate", "swapRecord"})
        collection, rkey, record, swap = given["collection"], self._place(given), given["record"], given.get("swapRecord")
        if swap is not None and not (isinstance(swap, str) and _CID.fullmatch(swap)):
            raise Refusal(_error(400, "InvalidRequest", f'Invalid CID string (got "{swap}") at $.swapRecord'))
        try:
            (profile_record if collection == PROFILE else post_record).check(record, self._blobs)
            link = cid.of_record(record)
        except BlobNotFound as error:
            raise Refusal(_error(400, "BlobNotFound", str(error))) from None
        except (Invalid, ValueError) as error:
            raise Refusal(_error(400, "InvalidRequest", f"Invalid {collection} record: {error}")) from None
        present, _ = self._record(collection, rkey)
        said = {"uri": f"at://{DID}/{collection}/{rkey}", "cid": link, "validationStatus": "valid"}
        if present == link:
            return Answer(body=said)
        if "swapRecord" in given and swap != present:
            raise Refusal(_error(400, "InvalidSwap", f"Record was at {present}"))
        if collection == PROFILE:
            self.profile = record
        else:
            self._records[rkey], self._public[rkey] = (link, record), self._seen(rkey, record)
        return Answer(body=said | {"commit": self._commit(link)})

    def _delete_record(self, request: Request) -> Answer:
        self._authorise(request)
        given = _body(request, required={"repo", "collection", "rkey"})
        collection, rkey = given["collection"], self._place(given)
        if self._record(collection, rkey)[0] is None:
            return Answer(body={})
        if collection == PROFILE:
            self.profile = None
        else:
            del self._records[rkey], self._public[rkey]
        return Answer(body={"commit": self._commit(rkey)})

    def _get_record(self, request: Request) -> Answer:
        _parameters(request, required={"repo", "collection", "rkey"}, optional={"cid"})
        repo, collection, rkey = (request.query[name] for name in ("repo", "collection", "rkey"))
        uri = f"at://{DID}/{collection}/{rkey}"
        link, record = self._record(collection, rkey)
        if repo not in (DID, HANDLE) or not link or request.query.get("cid", link) != link:
            raise Refusal(_error(400, "RecordNotFound", f"Could not locate record: {uri}"))
        return Answer(body={"uri": uri, "cid": link, "value": record})

    def _list_records(self, request: Request) -> Answer:
        _parameters(request, required={"repo", "collection"}, optional={"limit", "cursor", "reverse"})
        limit = request.query.get("limit", "50")
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            raise Refusal(_error(400, "InvalidRequest", f"limit is a number from 1 to 100 (got {limit})"))
        upwards, cursor = request.query.get("reverse") == "true", request.query.get("cursor")
        keys = sorted(self._records, reverse=not upwards)
        if cursor:
            keys = [key for key in keys if (key > cursor if upwards else key < cursor)]
        shown = keys[: int(limit)]
        records = [{"uri": _uri(key), "cid": self._records[key][0], "value": self._records[key][1]} for key in shown]
        return Answer(body={"records": records} | ({"cursor": shown[-1]} if shown else {}))

    def _get_posts(self, request: Request) -> Answer:
        """The app view's word of posts, passed on by the PDS (lexicon app.bsky.feed.getPosts); unknown ones are left out."""
        self._authorise(request)
        _parameters(request, required={"uris"})
        uri = request.query["uris"]
        link, record = self._record(COLLECTION, uri.rpartition("/")[2])
        if link is None or uri != _uri(uri.rpartition("/")[2]):
            return Answer(body={"posts": []})
        author = {"did": DID, "handle": HANDLE}
        seen = {"uri": uri, "cid": link, "author": author, "record": record, "indexedAt": record["createdAt"]}
        return Answer(body={"posts": [seen | {name: self.counts.get(name, 0) for name in COUNTS}]})

    def _record(self, collection: str, rkey: str) -> tuple[str | None, dict[str, Any]]:
        """A record and its CID, which is None where there is no such record."""
        if collection == PROFILE:
            present = self.profile if rkey == profile_record.RKEY else None
            return (cid.of_record(present), present) if present is not None else (None, {})
        return self._records.get(rkey, (None, {})) if collection == COLLECTION else (None, {})

    def _place(self, given: Mapping[str, Any]) -> str:
        """The record's key, valid in its collection."""
        if given["repo"] not in (DID, HANDLE):
            raise Refusal(_error(401, "AuthenticationRequired", "Authentication Required"))
        if given["collection"] not in (COLLECTION, PROFILE):
            raise Refusal(_error(400, "InvalidRequest", f"Unknown lexicon type: {given['collection']}"))
        if given["collection"] == PROFILE:
            if given["rkey"] != profile_record.RKEY:
                message = f'Invalid record key for {PROFILE}: Expected "self" (got "{given["rkey"]}") at $'
                raise Refusal(_error(400, "InvalidRequest", message))
            return profile_record.RKEY
        if not isinstance(given["rkey"], str) or not _TID.fullmatch(given["rkey"]):
            message = f'Invalid record key for {COLLECTION}: Invalid TID string (got "{given["rkey"]}") at $'
            raise Refusal(_error(400, "InvalidRequest", message))
        return given["rkey"]

    def _commit(self, of: str) -> dict[str, str]:
        self._serial += 1
        return {"cid": cid.of_record({"data": of, "serial": self._serial}), "rev": _tid(self.clock(), self._serial)}

    def _seen(self, rkey: str, record: dict[str, Any]) -> Seen:
        text, embed = record["text"], record.get("embed", {})
        features = [(_covered(text, facet), facet["features"][0]) for facet in record.get("facets", [])]
        card = embed.get("external")
        return Seen(
            id=_uri(rkey),
            url=f"https://bsky.app/profile/{DID}/post/{rkey}",
            text=text,
            at=self.clock(),
            language=next(iter(record.get("langs", [])), None),
            links=tuple((shown, feature["uri"]) for shown, feature in features if "uri" in feature),
            tags=tuple(feature["tag"] for _, feature in features if "tag" in feature) + tuple(record.get("tags", [])),
            pictures=tuple(self._picture(image) for image in embed.get("images", [])),
            card=card and self._card(card),
            answers=record.get("reply", {}).get("parent", {}).get("uri"),
            raw=record,
        )

    def _picture(self, image: Mapping[str, Any]) -> SeenPicture:
        blob = self._blobs[image["image"]["ref"]["$link"]]
        return SeenPicture(blob.content, blob.mime, image["alt"], blob.width, blob.height)

    def _card(self, card: Mapping[str, Any]) -> dict[str, Any]:
        thumb = self._blobs[card["thumb"]["ref"]["$link"]].content if "thumb" in card else None
        return {"title": card["title"], "description": card["description"], "url": card["uri"], "thumb": thumb}


def _tid(moment: datetime, serial: int) -> str:
    number = int(moment.timestamp() * 1_000_000) << 10 | serial % 1024
    return "".join(_TID_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def _uri(rkey: str) -> str:
    return f"at://{DID}/{COLLECTION}/{rkey}"


def _covered(text: str, facet: Mapping[str, Any]) -> str:
    return text.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()


def _error(status: int, name: str, message: str) -> Answer:
    return Answer(status, {"error": name, "message": message})


def _limited(policy: str, reset: int) -> Answer:
    limit = policy.partition(";")[0]
    headers = {"RateLimit-Limit": limit, "RateLimit-Remaining": "0", "RateLimit-Reset": str(reset), "RateLimit-Policy": policy}
    return Answer(429, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}, headers)


def _body(request: Request, *, required: set[str], optional: AbstractSet[str] = frozenset()) -> dict[str, Any]:
    try:
        given = request.json_object()
    except ValueError as error:
        raise Refusal(_error(400, "InvalidRequest", str(error))) from None
    _names(set(given), required, optional)
    return given


def _parameters(request: Request, *, required: set[str], optional: AbstractSet[str] = frozenset()) -> None:
    _names(set(request.query), required, optional)


def _names(given: set[str], required: set[str], optional: AbstractSet[str]) -> None:
    for name in sorted(required - given):
        raise Refusal(_error(400, "InvalidRequest", f'Missing required key "{name}" at $'))
    for name in sorted(given - required - optional):
        raise Refusal(_error(400, "InvalidRequest", f'Unexpected key "{name}" at $'))
