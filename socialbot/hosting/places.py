"""Where pictures are shown to networks that fetch them: by our own web process, in the site's folder, or in the bucket."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from socialbot.bucket import Bucket
from socialbot.hosting.tokens import ENDINGS, ending_of, name_of, window_end
from socialbot.nouns import Mistake, Variant

_IN_SITE = re.compile(rf"[0-9a-f]{{40}}\.({'|'.join(ENDINGS.values())})")
_UNFINISHED = ".unfinished-"
_READABLE = 0o644
"""By the site's web server, too, which is another user."""


class Place(Protocol):
    """One of the values of `media.public`."""

    fix: str
    """What to do where its address does not show the picture."""
    needs_deploy: bool
    """What is put there is reachable only once somebody else has deployed it."""

    def show(self, picture: Variant, content: bytes, now: datetime) -> str:
        """Have a picture shown and return its address, good for `public_hours`. It may take long. Raises Mistake, OSError."""


@dataclass(frozen=True, slots=True)
class Served:
    """`socialbot serve` shows it under /media/, behind the user's proxy at `base`."""

    base: str
    key: bytes
    lasts: timedelta
    fix = "have the proxy pass /media/ on to socialbot serve, which needs this instance's secret key and its pictures"
    needs_deploy = False

    def show(self, picture: Variant, content: bytes, now: datetime) -> str:
        """The same address for all who ask within `lasts`."""
        return f"{self.base}/media/{name_of(self.key, picture, window_end(picture.digest, self.lasts, now))}"


@dataclass(frozen=True, slots=True)
class InSite:
    """A file in the site's own `folder`, which the site shows at `base`; what nobody asked for lately is removed again."""

    root: Path
    folder: Path
    base: str
    key: bytes
    lasts: timedelta
    fix = "deploy the site with media.public_folder, and give media.public_url the address of that folder"
    needs_deploy = True

    def show(self, picture: Variant, content: bytes, now: datetime) -> str:
        """Write the file whole or not at all, under a name that is always the same and that nobody can guess."""
        if not self.root.is_dir():
            raise Mistake(f"{self.root} is no folder, so no picture can be shown on the site", fix="correct site.root")
        path = self.folder / f"{self._guard(bytes.fromhex(picture.digest))}.{ending_of(picture)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            _write(path, content)
        os.utime(path, (now.timestamp(), now.timestamp()))
        self._sweep((now - 2 * self.lasts).timestamp())
        return f"{self.base}/{path.name}"

    def _guard(self, digest: bytes) -> str:
        return hmac.new(self.key, digest, hashlib.sha256).hexdigest()[:40]

    def _sweep(self, before: float) -> None:
        """Remove our own files only, and what an interrupted write left. Others name theirs by a hash, too."""
        for path in self.folder.iterdir():
            unfinished = path.name.startswith(_UNFINISHED)
            if not (unfinished or _IN_SITE.fullmatch(path.name)) or not path.is_file() or path.stat().st_mtime >= before:
                continue
            if unfinished or path.stem == self._guard(hashlib.sha256(path.read_bytes()).digest()):
                path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class InBucket:
    """The bucket itself shows it to whoever has the signed address."""

    bucket: Bucket
    lasts: timedelta
    fix = "see that media.endpoint can be reached from the Internet, and that the key may read from the bucket"
    needs_deploy = False
    _given: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def show(self, picture: Variant, content: bytes, now: datetime) -> str:
        """A signature holds the moment it was made, so the address is kept and given again for as long as it is good."""
        ending_of(picture)
        for digest in [digest for digest, (_, until) in list(self._given.items()) if until - now < self.lasts]:
            self._given.pop(digest, None)
        if picture.digest not in self._given:
            url = self.bucket.signed(picture.digest, content, picture.mime, 2 * self.lasts)
            self._given[picture.digest] = url, now + 2 * self.lasts
        return self._given[picture.digest][0]


def _write(path: Path, content: bytes) -> None:
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            os.fchmod(out.fileno(), _READABLE)
            out.flush()
            os.fsync(out.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
