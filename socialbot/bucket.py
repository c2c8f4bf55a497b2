"""An S3-compatible bucket in which all machines find the pictures, filed as in the folder: `ab/cdef…`."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from socialbot.nouns import Mistake

TIMEOUT_S = 30
_ASIDE = "swept"
"""The folder in the bucket of what a sweep took away, until the next sweep."""
_YOUNG = timedelta(hours=6)
"""What is older than this is written again when it is about to be used, so that no sweep takes it for forgotten."""


class Bucket:
    """`s3://NAME/PREFIX`. Where no key is given, obstore looks for one as the AWS tools do. Raises OSError when out of reach.

    Options as in https://developmentseed.org/obstore/latest/api/store/aws/ (read 2026-11-21).
    """

    def __init__(
        self, url: str, *, endpoint: str | None = None, region: str | None = None, key: tuple[str, str] | None = None
    ) -> None:
        try:
            from obstore.store import S3Store
        except ImportError:
            raise Mistake("media in a bucket needs obstore", fix='pip install "socialbot[s3]"') from None
        name, _, prefix = url.removeprefix("s3://").partition("/")
        options: dict[str, Any] = {"region": region} if region else {}
        if endpoint:
            options |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
        if key:
            options |= {"access_key_id": key[0], "secret_access_key": key[1]}
        self._store = S3Store(
            name,
            prefix=prefix.strip("/") or None,
            client_options={"timeout": timedelta(seconds=TIMEOUT_S), "allow_http": bool(endpoint)},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=TIMEOUT_S)},
            **options,
        )

    def keep(self, digest: str, content: bytes) -> None:
        """File these bytes under their digest, unless they are there and young. They are in the bucket when this returns."""
        import obstore

        with _told():
            try:
                filed: datetime = obstore.head(self._store, _name(digest))["last_modified"]
            except FileNotFoundError:
                filed = datetime.min.replace(tzinfo=UTC)
            if datetime.now(UTC) - filed > _YOUNG:
                self._put(digest, content)

    def signed(self, digest: str, content: bytes, kind: str, lasts: timedelta) -> str:
        """An address at which whoever has it can fetch this picture, as the media type `kind`; good for at most 7 days."""
        import obstore

        with _told():
            try:
                there = obstore.get(self._store, _name(digest), options={"head": True}).attributes
            except FileNotFoundError:
                there = {}
            if there.get("Content-Type") != kind:
                self._put(digest, content)
            return obstore.sign(self._store, "GET", _name(digest), lasts)

    def _put(self, digest: str, content: bytes) -> None:
        import obstore

        obstore.put(self._store, _name(digest), content, attributes={"Content-Type": _kind(content)})

    def get(self, digest: str, *, swept: bool = False) -> bytes:
        """The bytes of this digest, checked. Raises FileNotFoundError when they are gone.

        `swept`: also those that a sweep took away since, which are filed again by this.
        """
        try:
            return self._checked(digest, _name(digest))
        except FileNotFoundError:
            if not swept:
                raise
        content = self._checked(digest, f"{_ASIDE}/{_name(digest)}")
        with _told():
            self._put(digest, content)
        return content

    def _checked(self, digest: str, name: str) -> bytes:
        import obstore

        with _told():
            content = bytes(obstore.get(self._store, name).bytes())
        if hashlib.sha256(content).hexdigest() != digest:
            raise OSError(f"the picture {digest[:12]} in the bucket is damaged")
        return content

    def files(self) -> Iterator[tuple[str, float, int]]:
        """Of each picture the digest, when it was last written (seconds since 1970), and its bytes."""
        import obstore

        with _told():
            for few in obstore.list(self._store):
                for one in few:
                    yield one["path"].replace("/", ""), one["last_modified"].timestamp(), one["size"]

    def take_away(self, digests: Collection[str]) -> None:
        """These pictures seem to be needed no more. Since S3 cannot remove only what nobody has written again meanwhile, they
        are kept aside, for `get` to find.
        """
        import obstore

        with _told():
            for name in map(_name, digests):
                with suppress(FileNotFoundError):  # another sweep was quicker
                    obstore.copy(self._store, name, f"{_ASIDE}/{name}")
            obstore.delete(self._store, [_name(digest) for digest in digests])

    def forget(self, needed: Collection[str], older_than: float) -> None:
        """Remove for good what was taken away before then (seconds since 1970) and did not turn out to be needed."""
        import obstore

        with _told():
            for few in obstore.list(self._store, prefix=_ASIDE):
                places = {one["path"]: one["path"].removeprefix(_ASIDE).replace("/", "") for one in few}
                old = {one["path"] for one in few if one["last_modified"].timestamp() < older_than}
                if gone := [place for place, digest in places.items() if place in old and digest not in needed]:
                    obstore.delete(self._store, gone)


_KINDS = ((b"\xff\xd8", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))


def _kind(content: bytes) -> str:
    """The media type, by the first bytes: the bucket tells it to those who have a signed address."""
    return next((kind for start, kind in _KINDS if content.startswith(start)), "application/octet-stream")


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:]}"


@contextmanager
def _told() -> Iterator[None]:
    """What obstore raises, as one sentence and without the request that it repeats."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        why = str(error).splitlines()[0]
        if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error):
            raise FileNotFoundError(why) from None
        raise OSError(f"the bucket of pictures cannot be used: {why:.200}") from None
