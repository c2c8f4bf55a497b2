"""Decoding in a process of its own: a crash, a hang or a runaway of a codec costs one picture and not the worker.

One child serves one picture after another. It is started at the first (spawned, since a process with threads cannot be
forked safely), again after it died, and it ends with its parent, however that ends. Bytes go through pipes, none is pickled.

On Linux the child may have MAX_ADDRESS_BYTES of address space. macOS and Windows enforce no such limit, and there it goes
without. After MAX_SECONDS for one picture it is ended everywhere.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import struct
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock, Timer
from time import monotonic
from typing import IO

from PIL import Image, ImageFile

from socialbot.pictures.opening import WHITE, Colour, Master, Size, open_master
from socialbot.pictures.unusable import Unusable

MAX_ADDRESS_BYTES = 1_500_000_000
"""The dearest picture within the bounds of `opening`, a WebP of 60 megapixels with transparency, takes 1.04 GB."""
MAX_SECONDS = 20.0
"""For one picture, by the clock. The dearest, a progressive JPEG of 80 megapixels and 64 scans, takes 3 s of a processor."""

_PARENT_DIED_S = 5.0
"""So much later a child that was not ended by its parent ends itself."""
_DYING_S = 1.0
"""What a process is given between closing its pipe and its end."""
_ENDED_BY_THE_KERNEL = -9
"""How a process ends when the machine's memory runs out."""
_REQUEST = struct.Struct("=QII3B")
"""How many bytes of a file follow; the width and height needed; the background's red, green and blue."""
_MAX_ANSWER_BYTES = 100_000
_PIPE_BYTES = 1 << 20
_PIECE_BYTES = 1 << 18
# Importing the room imports all of it and its libraries, which takes twice as long as starting Python with Pillow: the child
# is given an empty room with the same door.
_CHILD = """
import sys, types
house, room, address_bytes, seconds = sys.argv[1:]
sys.path.append(house)
sys.modules["socialbot.pictures"] = pictures = types.ModuleType("socialbot.pictures")
pictures.__path__ = [room]
from socialbot.pictures.isolation import serve
serve(int(address_bytes), float(seconds))
"""


def decode(content: bytes, needed: Size, background: Colour = WHITE) -> Master:
    """What `opening.open_master` gives, decoded in the one child of this process; safe to call from several threads.

    Raises Unusable as it does, and where decoding takes too long, takes too much memory or crashes.
    """
    return _decoder_of_this_process().decode(content, needed, background)


@cache
def _decoder_of_this_process() -> Decoder:
    decoder = Decoder()
    atexit.register(decoder.close)
    return decoder


class Decoder:
    """A child process that decodes pictures, limited in memory and in time for each. Several threads take turns."""

    def __init__(self, max_seconds: float = MAX_SECONDS, max_address_bytes: int = MAX_ADDRESS_BYTES) -> None:
        self._max_seconds, self._max_address_bytes = max_seconds, max_address_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._parent = os.getpid()
        self._turn = Lock()

    def decode(self, content: bytes, needed: Size, background: Colour = WHITE) -> Master:
        """The picture opened, as `opening.open_master` does. Raises Unusable."""
        with self._turn:
            child = self._running()
            started = monotonic()
            late = Timer(self._max_seconds, child.kill)
            late.start()
            try:
                return _ask(child, content, needed, background)
            except (OSError, EOFError, ValueError) as error:
                raise self._misfortune(child, monotonic() - started) from error
            except BaseException as interruption:
                if not isinstance(interruption, Unusable):
                    _end(child)  # the rest of its answer must not be taken for the next picture
                raise
            finally:
                late.cancel()

    def close(self) -> None:
        """End the child. The next picture starts another."""
        with self._turn:
            if self._child:
                _end(self._child)
            self._child = None

    def _running(self) -> subprocess.Popen[bytes]:
        # After a fork the child belongs to the other process: of two that share a pipe each would get the other's pictures.
        if self._child and self._parent == os.getpid():
            if self._child.poll() is None:
                return self._child
            _end(self._child)
        self._parent = os.getpid()
        try:
            self._child = _start(self._max_address_bytes, self._max_seconds)
        except OSError as error:
            raise Unusable(f"the process that decodes pictures cannot be started: {error.strerror}") from error
        return self._child

    def _misfortune(self, child: subprocess.Popen[bytes], took_s: float) -> Unusable:
        """Why a child stopped talking, or talks nonsense. It is ended in any case."""
        with suppress(subprocess.TimeoutExpired):
            child.wait(_DYING_S)
        status = child.poll()
        child.kill()
        child.wait()
        if took_s >= self._max_seconds:
            return Unusable(f"decoding it took longer than {self._max_seconds:g} seconds", fix="save it anew or smaller")
        if status == _ENDED_BY_THE_KERNEL:
            return Unusable("decoding it needs more memory than there is", fix="give a smaller picture")
        return Unusable("its decoder crashed", fix="save it anew")


# Pixels are large pieces of memory: with the first two they go back to the system as soon as they are done with; with the last
# they come in pages of 2 MB, which spares up to a quarter of the time that a JPEG takes. For the C library of most Linuxes:
# https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "262144",
    "MALLOC_TRIM_THRESHOLD_": "262144",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


def _start(max_address_bytes: int, max_seconds: float) -> subprocess.Popen[bytes]:
    room = Path(__file__).parent
    limits = [str(max_address_bytes), str(max_seconds + _PARENT_DIED_S)]
    return subprocess.Popen(  # noqa: S603 — this Python and our own words
        [sys.executable, "-P", "-c", _CHILD, str(room.parents[1]), str(room), *limits],
        env=os.environ | _MEMORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # where codecs write what they think of a file
        pipesize=_PIPE_BYTES,
        start_new_session=True,  # Ctrl-C is for the parent, which may yet finish what it does
    )


def _ask(child: subprocess.Popen[bytes], content: bytes, needed: Size, background: Colour) -> Master:
    assert child.stdin
    assert child.stdout
    child.stdin.write(_REQUEST.pack(len(content), *needed, *background))
    child.stdin.write(content)
    child.stdin.flush()
    line = child.stdout.readline(_MAX_ANSWER_BYTES)
    if not line:
        raise EOFError
    answer = json.loads(line)
    if "what" in answer:
        raise Unusable(answer["what"], fix=answer["fix"])
    return Master(_received(tuple(answer["size"]), child.stdout), answer["reduction"], tuple(answer["warnings"]))


def _received(size: Size, answers: IO[bytes]) -> Image.Image:
    """The picture that follows an answer, as a PPM: of all ways that were measured Pillow writes and reads it fastest."""
    parser, left = ImageFile.Parser(), len(b"P6\n%d %d\n255\n" % size) + 3 * size[0] * size[1]
    while left:
        piece = answers.read(min(_PIECE_BYTES, left))
        if not piece:
            raise EOFError
        parser.feed(piece)
        left -= len(piece)
    return parser.close()


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        with suppress(OSError):  # a request that it did not take is still to be flushed
            if pipe:
                pipe.close()


def serve(max_address_bytes: int, max_seconds: float) -> None:
    """The child's work: answer requests until the parent has gone."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (max_address_bytes, max_address_bytes))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager sends it to all, and the parent may not be done
    while header := sys.stdin.buffer.read(_REQUEST.size):
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, max_seconds)
        _answer(header, sys.stdin.buffer, sys.stdout.buffer)
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(header: bytes, requests: IO[bytes], answers: IO[bytes]) -> None:
    length, width, height, *background = _REQUEST.unpack(header)
    image = None
    try:
        master = open_master(requests.read(length), (width, height), (background[0], background[1], background[2]))
        image = master.image
        answer = {"size": master.image.size, "reduction": master.reduction, "warnings": master.warnings}
    except Unusable as bad:
        answer = {"what": bad.what, "fix": bad.fix}
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()
    if image:
        image.save(answers, "PPM")
