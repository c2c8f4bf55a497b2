"""The media store: bytes filed under their own SHA-256, so that a retry next week needs neither the site nor the original."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path


class Media:
    """`media/ab/cdef…`, written atomically and synced; the same bytes are kept once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: bytes) -> str:
        """File the bytes and return their digest. They are on disk when this returns."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest)
        if path.exists():
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent)
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
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes filed under `digest`. Raises FileNotFoundError when they are gone."""
        return self.path(digest).read_bytes()

    def path(self, digest: str) -> Path:
        """Where the bytes of `digest` lie or would lie."""
        return self.folder / digest[:2] / digest[2:]


def _sync(folder: Path) -> None:
    # A rename is on disk only once its folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
