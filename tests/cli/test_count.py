"""`socialbot count` as a user types it: no instance, no configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def count(*words: str | Path, text: bytes = b"", home: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "socialbot", "count", *map(str, words)]
    return subprocess.run(command, input=text, capture_output=True, timeout=60, cwd=home, check=False)


def test_a_text_that_fits_ends_with_zero_and_one_that_does_not_with_one(tmp_path: Path) -> None:
    (tmp_path / "fog.txt").write_text("Fog… https://example.com/a\r\n", newline="")
    done = count("x", "fog.txt", home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"29 of 280 weighted characters: it fits\n", b"")
    done = count("x", text=b"x" * 281)
    assert (done.returncode, done.stdout) == (1, b"281 of 280 weighted characters: it does not fit\n")


def test_json_tells_the_same() -> None:
    done = count("instagram", "-", "--json", text="Fog 👍\n\n".encode())
    assert json.loads(done.stdout) == {"used": 7, "limit": 2200, "unit": "utf-16", "fits": True}


def test_a_limit_in_bytes_is_told_where_it_is_what_does_not_fit() -> None:
    family = "👨‍👩‍👧‍👦".encode()
    done = count("bluesky", text=family * 121)
    assert (done.returncode, done.stdout) == (1, b"121 of 300 graphemes, but 3,025 of 3,000 bytes: it does not fit\n")
    told = json.loads(count("bluesky", "--json", text=family * 121).stdout)
    assert told == {"used": 121, "limit": 300, "unit": "graphemes", "fits": False, "bytes": 3025, "max_bytes": 3000}


def test_a_title_is_counted_for_its_own_field() -> None:
    done = count("reddit", "--title", text="👍".encode() * 300)
    assert (done.returncode, done.stdout) == (0, b"300 of 300 code points: it fits\n")


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        (["nowhere"], b"", b'"nowhere" is no network we know (one of: akkoma, bluesky, '),
        (["x", "--title"], b"", b"x has no field for a title"),
        (["x", "missing.txt"], b"", b"missing.txt cannot be read: No such file"),
        (["x"], b"fog\xff", b"standard input is not UTF-8: byte 4 cannot be read"),
        (["x", "."], b"", b". cannot be read: Is a directory"),
    ],
)
def test_what_cannot_be_counted_is_one_sentence(tmp_path: Path, words: list[str], text: bytes, said: bytes) -> None:
    done = count(*words, text=text, home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert done.stderr.startswith(b"socialbot: ") and said in done.stderr
