"""Decoding in a process of its own: the same pictures and sentences, and one picture lost where a codec fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from PIL import Image

from socialbot.pictures import Unusable, isolation
from socialbot.pictures.isolation import Decoder, decode
from socialbot.pictures.opening import open_master
from tests.pictures.specimens import adobe_rgb, encoded, noise, pixel_bombs, png_of, quarters, scan_bomb

NEEDED = (1200, 1920)
PHOTOGRAPH = encoded(quarters())
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory and tells of it")


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


def child_of(decoder: Decoder) -> int:
    assert decoder._child
    return decoder._child.pid


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 8
    return encoded(quarters(), "PNG", exif=exif, icc_profile=adobe_rgb())


TAKEN = {
    "photograph": encoded(noise(700, 500)),
    "reduced": encoded(quarters(5000, 4000)),
    "turned, in Adobe RGB": turned(),
    "with a warning": encoded(quarters().convert("CMYK")),
    "cut short": encoded(noise(400, 300), "PNG")[:-30_000],
    "transparent": encoded(Image.new("RGBA", (300, 300), (9, 9, 9, 99)), "WEBP"),
}
REFUSED = {
    "web page": b"<!doctype html><title>Not found</title>",
    "empty": b"",
    "scans": scan_bomb(),
    "damaged": PHOTOGRAPH[:300],
    "small": encoded(quarters(30, 20)),
    **pixel_bombs(),
}


@pytest.mark.parametrize("name", TAKEN)
def test_the_picture_is_the_same_as_when_it_is_decoded_here(name: str, decoder: Decoder) -> None:
    here, there = (each(TAKEN[name], NEEDED, (1, 200, 30)) for each in (open_master, decoder.decode))
    assert there.image.mode == here.image.mode
    assert there.image.size == here.image.size
    assert there.image.tobytes() == here.image.tobytes()
    assert (there.reduction, there.warnings) == (here.reduction, here.warnings)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_in_the_same_words(name: str, decoder: Decoder) -> None:
    told = []
    for each in (open_master, decoder.decode):
        with pytest.raises(Unusable) as refusal:
            each(REFUSED[name], NEEDED)
        told.append(str(refusal.value))
    assert told[0] == told[1]


def test_one_child_serves_picture_after_picture_refusals_between(decoder: Decoder) -> None:
    children = set()
    for content in (*TAKEN.values(), *REFUSED.values(), PHOTOGRAPH):
        with suppress(Unusable):
            decoder.decode(content, NEEDED)
        children.add(child_of(decoder))
    assert len(children) == 1


def test_nothing_is_started_before_the_first_picture() -> None:
    assert Decoder()._child is None


def test_the_process_has_one_child_for_all_its_callers() -> None:
    assert decode(PHOTOGRAPH, NEEDED).image.size == (600, 400)
    child = child_of(isolation._decoder_of_this_process())
    decode(PHOTOGRAPH, NEEDED)
    assert child_of(isolation._decoder_of_this_process()) == child


def test_threads_each_get_their_own_picture(decoder: Decoder) -> None:
    widths = [300 + 10 * number for number in range(12)]
    with ThreadPoolExecutor(6) as threads:
        masters = threads.map(lambda width: decoder.decode(encoded(quarters(width, 300)), NEEDED), widths)
        assert [master.image.width for master in masters] == widths


def test_a_child_that_died_between_pictures_is_replaced(decoder: Decoder) -> None:
    decoder.decode(PHOTOGRAPH, NEEDED)
    assert decoder._child
    decoder._child.kill()
    decoder._child.wait()
    assert decoder.decode(PHOTOGRAPH, NEEDED).image.size == (600, 400)


def test_a_picture_that_was_interrupted_is_not_taken_for_the_next(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(isolation, "_received", interrupted)
        with pytest.raises(KeyboardInterrupt):
            decoder.decode(PHOTOGRAPH, NEEDED)
    assert decoder.decode(encoded(quarters(320, 300)), NEEDED).image.size == (320, 300)


def test_a_system_that_starts_no_process_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Unusable, match="cannot be started: No such file"):
        Decoder().decode(PHOTOGRAPH, NEEDED)


def test_a_closed_decoder_starts_anew(decoder: Decoder) -> None:
    decoder.decode(PHOTOGRAPH, NEEDED)
    decoder.close()
    assert decoder.decode(PHOTOGRAPH, NEEDED).image.size == (600, 400)


def test_a_forked_process_has_a_child_of_its_own(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    decoder.decode(PHOTOGRAPH, NEEDED)
    of_the_parent = decoder._child
    assert of_the_parent
    monkeypatch.setattr(os, "getpid", lambda: -1)
    decoder.decode(PHOTOGRAPH, NEEDED)
    assert child_of(decoder) != of_the_parent.pid
    assert of_the_parent.poll() is None
    isolation._end(of_the_parent)


def codec_that(monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Children of this test decode by `does`, a Python expression, wherever the file holds the word EVIL."""
    bad = f"i.open_master = lambda c, n, b, real=i.open_master: ({does}) if b'EVIL' in c else real(c, n, b)\nserve(int"
    program = isolation._CHILD.replace("serve(int", f"import os, signal, time, socialbot.pictures.isolation as i\n{bad}")
    monkeypatch.setattr(isolation, "_CHILD", program)


EVIL = PHOTOGRAPH + b"EVIL"


@pytest.mark.parametrize(
    ("does", "sentence"),
    [
        ("os.abort()", "its decoder crashed"),
        ("os._exit(0)", "its decoder crashed"),
        ("os.write(1, b'gibberish\\n')", "its decoder crashed"),
        ("1 / 0", "its decoder crashed"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "more memory than there is"),
        ("bytes(10**12)", "its decoder crashed"),
    ],
)
def test_a_codec_that_crashes_costs_one_picture(does: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    codec_that(monkeypatch, does)
    decoder = Decoder()
    with pytest.raises(Unusable, match=sentence):
        decoder.decode(EVIL, NEEDED)
    assert decoder.decode(PHOTOGRAPH, NEEDED).image.size == (600, 400)
    decoder.close()


def test_a_codec_that_hangs_is_ended_and_costs_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    codec_that(monkeypatch, "(signal.setitimer(signal.ITIMER_REAL, 0), time.sleep(9)) and real(c, n, b)")
    decoder = Decoder(max_seconds=5)
    with pytest.raises(Unusable, match="decoding it took longer than 5 seconds"):
        decoder.decode(EVIL, NEEDED)
    assert decoder.decode(PHOTOGRAPH, NEEDED).image.size == (600, 400)
    decoder.close()


def test_a_child_that_hangs_when_its_parent_has_gone_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    codec_that(monkeypatch, "time.sleep(5) or real(c, n, b)")
    monkeypatch.setattr(isolation, "Timer", Mock())
    monkeypatch.setattr(isolation, "_PARENT_DIED_S", 0.1)
    with pytest.raises(Unusable, match="decoding it took longer than 1 seconds"):
        Decoder(max_seconds=1).decode(EVIL, NEEDED)


@linux_only
def test_a_picture_that_needs_more_memory_than_it_is_given_is_refused() -> None:
    decoder = Decoder(max_address_bytes=200_000_000)
    with pytest.raises(Unusable, match="needs more memory than it is given"):
        decoder.decode(png_of(9_000, 6_000), NEEDED)
    assert decoder.decode(PHOTOGRAPH, NEEDED).image.size == (600, 400)
    decoder.close()


@linux_only
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_the_memory_of_a_large_picture_is_given_back(kind: str, decoder: Decoder) -> None:
    decoder.decode(encoded(quarters(), kind), NEEDED)
    before = resident_bytes(child_of(decoder))
    decoder.decode(encoded(quarters(4000, 3000), kind), (3000, 2000))
    for _ in range(200):
        if resident_bytes(child_of(decoder)) - before < 16_000_000:
            return
        time.sleep(0.05)
    pytest.fail("it keeps what it took")


def resident_bytes(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


PARENT = """
import sys, time
from socialbot.pictures.isolation import _decoder_of_this_process as decoder, decode
decode(sys.stdin.buffer.read(), (100, 100))
print(decoder()._child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks for a process the POSIX way")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_child_ends_with_its_parent_however_that_ends(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin
        assert parent.stdout
        parent.stdin.write(PHOTOGRAPH)
        parent.stdin.close()
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.send_signal(how)
    for _ in range(600):
        if not is_running(child):
            return
        time.sleep(0.05)
    pytest.fail("the child outlives its parent")


def is_running(process: int) -> bool:
    """A process that ended stays in the table until whoever adopted it looks."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_signals_meant_for_the_parent_do_not_end_the_child(decoder: Decoder) -> None:
    decoder.decode(PHOTOGRAPH, NEEDED)
    child = child_of(decoder)
    assert os.getsid(child) != os.getsid(0)  # so Ctrl-C does not reach it
    os.kill(child, signal.SIGTERM)
    decoder.decode(PHOTOGRAPH, NEEDED)
    assert child_of(decoder) == child


def test_the_child_brings_in_the_codecs_and_little_else() -> None:
    probe = isolation._CHILD.replace("serve(int(address_bytes), float(seconds))", "print(*sys.modules)")
    room = Path(isolation.__file__).parent
    words = [sys.executable, "-P", "-c", probe, str(room.parents[1]), str(room), "0", "0"]
    brought = set(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())
    assert "PIL.Image" in brought
    assert not {"numpy", "pydantic", "httpx", "sqlalchemy", "cryptography", "socialbot.settings"} & brought
