"""A file read piece by piece: what is asked of it and no more, and never more than any honest picture needs."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable

MAX_BYTES = 16_000_000
"""Of metadata, those inflated from compressed text among them."""
MAX_STEPS = 100_000
MAX_PIECE_BYTES = 8_000_000

Read = Callable[[int, int], bytes]
"""`read(start, count)`: the bytes that stand there, fewer at the end."""

_WINDOW_BYTES = 4096


class Exhausted(Exception):
    """The file asks for more reading than an honest picture does."""


class Source:
    """An open file of `size` bytes. Every read counts against the two bounds; past either it raises Exhausted."""

    def __init__(self, descriptor: int) -> None:
        self.size = os.fstat(descriptor).st_size
        self._descriptor = descriptor
        self._window, self._window_start = b"", 0
        self._bytes = self._steps = 0

    def read(self, start: int, count: int) -> bytes:
        """At most `count` bytes from `start`, at most MAX_PIECE_BYTES; none past the end."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Exhausted
        at = start - self._window_start
        if at >= 0 and at + count <= len(self._window):
            self._spend(count)
            return self._window[at : at + count]
        if count <= 0 or not 0 <= start < self.size:
            return b""
        count = min(count, MAX_PIECE_BYTES, self.size - start)
        self._spend(count)
        if count > _WINDOW_BYTES:
            return os.pread(self._descriptor, count, start)
        self._window, self._window_start = os.pread(self._descriptor, _WINDOW_BYTES, start), start
        return self._window[:count]

    def within(self, block: bytes) -> Read:
        """Reads of a block already read. They count again: the parts of a hostile block overlap."""

        def read(start: int, count: int) -> bytes:
            part = block[start : start + count]
            self._spend(len(part))
            return part

        return read

    def inflate(self, content: bytes) -> bytes:
        """What `content` was before zlib, as far as it can be told; at most MAX_PIECE_BYTES."""
        try:
            text = zlib.decompressobj().decompress(content, MAX_PIECE_BYTES)
        except zlib.error:  # damaged: it says nothing
            return b""
        self._spend(len(text))
        return text

    def _spend(self, count: int) -> None:
        self._bytes += count
        if self._bytes > MAX_BYTES:
            raise Exhausted
