"""The media store: bytes filed under their own SHA-256, so that a retry next week needs neither the site nor the original."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from socialbot.bucket import Bucket
from socialbot.nouns import Draft, Post, Variant

_FOLDER, _NAME = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".unfinished-"
_MADE = "made"


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed, or would remove, and what it left: files and their bytes."""

    removed: int = 0
    removed_bytes: int = 0
    kept: int = 0
    kept_bytes: int = 0


class Public(Protocol):
    """Where pictures are shown to networks that fetch them instead of taking their bytes."""

    async def address(self, picture: Variant, content: bytes, crawler: str, now: datetime) -> str:
        """An address of the picture, seen as the network's crawler would see it. Raises Mistake, NotYet."""


class Media:
    """`media/ab/cdef…`, written atomically and synced; the same bytes are kept once.

    Where machines share a `bucket`, all of it is there, and the folder holds what this machine has needed.
    """

    def __init__(self, folder: Path, bucket: Bucket | None = None, public: Public | None = None) -> None:
        self.folder, self.bucket, self.public = folder, bucket, public

    def put(self, content: bytes) -> str:
        """File the bytes and return their digest. They are on disk, and in the bucket, when this returns."""
        digest = hashlib.sha256(content).hexdigest()
        if self.bucket:
            self.bucket.keep(digest, content)
        self._put_here(digest, content)
        return digest

    def _put_here(self, digest: str, content: bytes) -> None:
        path = self.path(digest)
        if self._renew_here(digest):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            Path(unfinished).replace(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
        _sync(path.parent)
        _sync(path.parent.parent)

    def get(self, digest: str) -> bytes:
        """The bytes filed under `digest`. Raises FileNotFoundError when they are gone."""
        self.bring(digest)
        return self.path(digest).read_bytes()

    def bring(self, *digests: str) -> None:
        """Fetch into the folder what is only in the bucket; what is nowhere stays away. Raises OSError. It may take long.

        What is to be sent is found, too, where a sweep took it away in the moment in which it was filed anew.
        """
        for digest in digests:
            self._bring(digest, swept=True)

    def _bring(self, digest: str, *, swept: bool) -> None:
        if self.bucket and not self.path(digest).exists():
            with contextlib.suppress(FileNotFoundError):
                self._put_here(digest, self.bucket.get(digest, swept=swept))

    def path(self, digest: str) -> Path:
        """Where the bytes of `digest` lie on this machine, or would lie."""
        return self.folder / digest[:2] / digest[2:]

    def renew(self, digest: str) -> bool:
        """Whether the digest is filed. If so it is young again: what is about to be used must not be swept away."""
        self._bring(digest, swept=False)
        if not self._renew_here(digest):
            return False
        if self.bucket:
            self.bucket.keep(digest, self.path(digest).read_bytes())
        return True

    def _renew_here(self, digest: str) -> bool:
        try:
            os.utime(self.path(digest))
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def made_of(self, recipe: str) -> str | None:
        """The digest of what was made by this recipe (a digest of all that went into it) before, if it is still filed."""
        try:
            digest = (self.folder / _MADE / recipe).read_text(encoding="ascii")
        except (FileNotFoundError, NotADirectoryError):
            return None
        return digest if self.renew(digest) else None

    def remember(self, recipe: str, digest: str) -> None:
        """From now on the recipe makes what is filed under `digest`: for what comes out anew each time, as signatures do."""
        folder = self.folder / _MADE
        folder.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=folder, prefix=_UNFINISHED)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(digest)
        Path(unfinished).replace(folder / recipe)

    def sweep(self, needed: Collection[str], older_than: float, *, dry_run: bool = False) -> Swept:
        """Remove what is not `needed` (digests) and was last written or renewed before `older_than`, in seconds since 1970.

        Also what an interrupted `put` left behind. Whatever else lies in the folder, under names we do not give, is neither
        touched nor counted. Where there is a bucket, that is what is counted, and the folder is swept, too.
        """
        here = self._sweep_here(needed, older_than, dry_run=dry_run)
        if not dry_run:
            self._sweep_recipes(needed, older_than)
        return self._sweep_bucket(self.bucket, needed, older_than, dry_run=dry_run) if self.bucket else here

    def _sweep_bucket(self, bucket: Bucket, needed: Collection[str], older_than: float, *, dry_run: bool) -> Swept:
        files = [(digest, size, written) for digest, written, size in bucket.files() if _DIGEST.fullmatch(digest)]
        old = {digest: size for digest, size, written in files if digest not in needed and written < older_than}
        if not dry_run:
            bucket.forget(needed, older_than)
            bucket.take_away(list(old))
        kept = [size for digest, size, _ in files if digest not in old]
        return Swept(len(old), sum(old.values()), len(kept), sum(kept))

    def _sweep_here(self, needed: Collection[str], older_than: float, *, dry_run: bool) -> Swept:
        removed, kept = list[int](), list[int]()
        for path, digest in self._ours():
            with contextlib.suppress(FileNotFoundError):  # finished meanwhile, or swept by another
                status = path.lstat()
                if not stat.S_ISREG(status.st_mode):
                    continue
                stays = digest in needed or status.st_mtime >= older_than
                if not stays and not dry_run:
                    stays = not _removed(path, older_than)
                (kept if stays else removed).append(status.st_size)
        return Swept(len(removed), sum(removed), len(kept), sum(kept))

    def _sweep_recipes(self, needed: Collection[str], older_than: float) -> None:
        """Forget how to make what is not filed any more, and what an interrupted `remember` left behind."""
        for path in (self.folder / _MADE).glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if not path.is_file() or path.is_symlink() or path.lstat().st_mtime >= older_than:
                    continue
                digest = path.read_text(encoding="ascii", errors="replace")
                gone = _DIGEST.fullmatch(digest) and digest not in needed and not self.path(digest).exists()
                if gone or path.name.startswith(_UNFINISHED):
                    path.unlink()

    def _ours(self) -> Iterator[tuple[Path, str | None]]:
        """Files with names that `put` gives, and their digests; None for unfinished ones."""
        for folder in sorted(self.folder.glob("??")):
            if not _FOLDER.fullmatch(folder.name) or folder.is_symlink():
                continue
            for path in sorted(folder.iterdir()):
                if _NAME.fullmatch(path.name):
                    yield path, folder.name + path.name
                elif path.name.startswith(_UNFINISHED):
                    yield path, None


def digests_of(drafts: Iterable[Draft], posts: Iterable[Post]) -> set[str]:
    """All that drafts send, cards' thumbs too, and the pictures of posts that were fetched into a media store."""
    parts = [part for draft in drafts for part in draft.parts]
    sent = {picture.digest for part in parts for picture in part.pictures}
    thumbs = {part.card.thumb.digest for part in parts if part.card and part.card.thumb}
    files = [picture.file for post in posts for picture in post.pictures if picture.file]
    # Whatever folder it was in: the instance may have moved since.
    fetched = {
        file.parent.name + file.name for file in files if _FOLDER.fullmatch(file.parent.name) and _NAME.fullmatch(file.name)
    }
    return sent | thumbs | fetched


def _removed(path: Path, older_than: float) -> bool:
    """Remove a file, unless it was renewed since it was looked at: without its name nobody can renew it any more."""
    aside = path.with_name(f"{_UNFINISHED}{path.name}")
    path.rename(aside)
    if aside.lstat().st_mtime >= older_than:
        aside.rename(path)
        return False
    aside.unlink()
    return True


def _sync(folder: Path) -> None:
    # A rename is on disk only once its folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
