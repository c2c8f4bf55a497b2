"""A power cut for SQLite: what was written and not synced is lost, all of it or a part, in any order.

A shim round SQLite's own file methods (https://www.sqlite.org/vfs.html) writes down what each write to the store and its WAL
replaces, and forgets it when the file is synced. After the "cut" the writes still in the log are undone. Nothing of socialbot
is touched: a store that did not ask for its syncs would lose what it counts on.
"""

from __future__ import annotations

import ctypes
import os
import random
import struct
import time
from collections.abc import Iterator
from ctypes import CFUNCTYPE, POINTER, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any

_MAIN, _WAL = 0x100, 0x80000  # https://www.sqlite.org/c3ref/c_open_autoproxy.html
_FULL, _SHORT_READ = 13, 522  # https://www.sqlite.org/rescode.html
_METHODS_BYTES = 8 + 18 * 8
_READ, _WRITE, _TRUNCATE, _SYNC, _SIZE = (8 + 8 * place for place in (1, 2, 3, 4, 5))
_X_OPEN = 40
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)  # SQLite keeps the name's address
_Move = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Cut = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
_Size = CFUNCTYPE(c_int, c_void_p, POINTER(c_int64))
SLOW_SYNCS, SLOW_SYNC_S = 0.5, 0.05
"""Before a power cut the disk takes its time, so that there is something to lose."""
_HEAD = struct.Struct("<qqqii")  # inode, size before, offset, bytes of old, bytes of new


class Watched:
    """Watches every SQLite file that this process opens from now on; one for each process, and kept alive by it."""

    def __init__(self, slow: Any = None) -> None:
        """`slow.value`, shared with others: does the disk take its time now?"""
        import _sqlite3

        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = c_void_p
        vfs = library.sqlite3_vfs_find(None)
        self._place = c_void_p.from_address(vfs + _X_OPEN)
        self._was = self._place.value or 0
        self._open_as_before = _Open(self._was)
        self.chance, self._slow = random.Random(0), slow
        self._files: dict[int, tuple[int, int]] = {}
        self._tables: dict[int, int] = {}
        self._kept = [_Open(self._open), _Move(self._write), _Cut(self._truncate), _Sync(self._sync)]
        self._buffers: list[ctypes.Array[ctypes.c_char]] = []
        self._place.value = ctypes.cast(self._kept[0], c_void_p).value

    def end(self) -> None:
        """Once all files are closed: those opened from now on are not watched."""
        self._place.value = self._was

    def _open(self, vfs: int, name: int, file: int, flags: int, told: int) -> int:
        said = self._open_as_before(vfs, name, file, flags, told)
        if said == 0 and name and flags & (_MAIN | _WAL):
            path = os.fsdecode(ctypes.string_at(name))
            log = os.open(_log_of(Path(path)), os.O_RDWR | os.O_CREAT | os.O_APPEND)
            if old := self._files.get(file):
                os.close(old[1])
            self._files[file] = (Path(path).stat().st_ino, log)
            methods = c_void_p.from_address(file)
            methods.value = self._shimmed(methods.value or 0)
        return int(said)

    def _shimmed(self, methods: int) -> int:
        if methods not in self._tables:
            table = ctypes.create_string_buffer(ctypes.string_at(methods, _METHODS_BYTES), _METHODS_BYTES)
            self._buffers.append(table)
            mine = ctypes.addressof(table)
            for place, method in zip((_WRITE, _TRUNCATE, _SYNC), self._kept[1:], strict=True):
                c_void_p.from_address(mine + place).value = ctypes.cast(method, c_void_p).value
            self._tables[methods], self._tables[mine] = mine, methods
        return self._tables[methods]

    def _before(self, file: int, place: int) -> int:
        """A method of SQLite's own."""
        mine = c_void_p.from_address(file).value or 0
        return c_void_p.from_address(self._tables[mine] + place).value or 0

    def _note(self, file: int, offset: int, new: bytes, reach: int) -> bool:
        """What `reach` bytes from `offset` on held before."""
        size = c_int64()
        _Size(self._before(file, _SIZE))(file, ctypes.byref(size))
        many = max(0, min(reach, size.value - offset))
        old = ctypes.create_string_buffer(many or 1)
        if many and _Move(self._before(file, _READ))(file, ctypes.addressof(old), many, offset) not in (0, _SHORT_READ):
            return False
        inode, log = self._files[file]
        row = _HEAD.pack(inode, size.value, offset, many, len(new)) + old.raw[:many] + new
        try:
            return os.write(log, row) == len(row)
        except OSError:  # the disk is full for us, too
            return False

    def _write(self, file: int, data: int, many: int, offset: int) -> int:
        if not self._note(file, offset, ctypes.string_at(data, many), many):
            return _FULL
        return int(_Move(self._before(file, _WRITE))(file, data, many, offset))

    def _truncate(self, file: int, size: int) -> int:
        if not self._note(file, size, b"", 1 << 30):
            return _FULL
        return int(_Cut(self._before(file, _TRUNCATE))(file, size))

    def _sync(self, file: int, flags: int) -> int:
        if self._slow is not None and self._slow.value and self.chance.random() < SLOW_SYNCS:
            time.sleep(SLOW_SYNC_S)
        # First forgotten, then synced: a process that dies in between has written for good. Only one process at a time
        # writes to a WAL, or copies a WAL into its store.
        os.ftruncate(self._files[file][1], 0)
        return int(_Sync(self._before(file, _SYNC))(file, flags))


def wait_for_write(store: Path, at_most_s: float = 3) -> None:
    """Until something is written and not synced: a power cut at any other moment would lose nothing."""
    logs = [log for path in (store, store.with_name(store.name + "-wal")) if (log := _log_of(path)).exists()]
    end = time.monotonic() + at_most_s
    seen = 0
    while seen < 3 and time.monotonic() < end:  # a sync that takes long
        seen = seen + 1 if any(log.stat().st_size for log in logs) else 0
        time.sleep(0.002)


def cut(store: Path, chance: random.Random) -> int:
    """The power fails while no process has the store open: says how many writes were lost."""
    lost = 0
    for path in (store, store.with_name(store.name + "-wal")):
        log = _log_of(path)
        if path.exists() and log.exists():
            keep = chance.choice((0.0, 0.0, 0.5))
            lost += _lose(path, [row for row in _rows(log) if row[0] == path.stat().st_ino], keep, chance)
            log.write_bytes(b"")
    store.with_name(store.name + "-shm").unlink(missing_ok=True)
    return lost


def _lose(path: Path, rows: list[tuple[int, int, int, bytes, bytes]], keep: float, chance: random.Random) -> int:
    lost = 0
    with path.open("r+b") as file:
        for _, size, offset, old, _ in reversed(rows):
            file.seek(offset)
            file.write(old)
            file.truncate(size)
        for _, _, offset, _, new in rows:
            if new and chance.random() < keep:
                file.seek(offset)
                file.write(new)
            else:
                lost += 1
    return lost


def _rows(log: Path) -> Iterator[tuple[int, int, int, bytes, bytes]]:
    told, place = log.read_bytes(), 0
    while place + _HEAD.size <= len(told):
        inode, size, offset, old, new = _HEAD.unpack_from(told, place)
        start, place = place + _HEAD.size, place + _HEAD.size + old + new
        if place <= len(told):
            yield inode, size, offset, told[start : start + old], told[start + old : place]


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".unsynced")
