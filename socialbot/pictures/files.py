"""A picture's file as it lies on disk."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

from socialbot.pictures.opening import MAX_FILE_BYTES
from socialbot.pictures.unusable import Unusable


def identity(file: Path) -> Hashable:
    """What is another when the file is another, or was written to. Raises Unusable."""
    try:
        status = file.stat()
    except OSError as error:
        raise _unreadable(error) from error
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def read_file(file: Path) -> bytes:
    """Its bytes. Raises Unusable."""
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise Unusable(f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB", fix="give a smaller picture")
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> Unusable:
    return Unusable(f"the file cannot be read: {error.strerror}")
