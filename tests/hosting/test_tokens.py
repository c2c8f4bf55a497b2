"""Names that nobody can guess: what they stand for comes back, and no other name stands for anything."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialbot.hosting.tokens import ENDINGS, Shown, name_of, read_name, window_end
from socialbot.nouns import Mistake, Variant

KEY = b"key"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PICTURE = Variant("ab" * 32, "square", 64, 48, 1000, "image/jpeg", "")
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
seconds = st.integers(1_767_225_600, 4_102_444_800)  # 2026 to 2100
moments = seconds.map(lambda second: datetime.fromtimestamp(second, UTC))


@given(digests, moments, st.sampled_from(sorted(ENDINGS)))
def test_a_name_says_what_was_signed(digest: str, until: datetime, kind: str) -> None:
    name = name_of(KEY, replace(PICTURE, digest=digest, mime=kind), until)
    assert read_name(KEY, name) == Shown(digest, kind, until)
    assert name.endswith(f".{ENDINGS[kind]}") and "/" not in name and name.isascii()


@given(st.integers(0, 71), st.characters(codec="ascii"))
def test_a_name_with_any_other_letter_is_none_of_ours(place: int, letter: str) -> None:
    name = name_of(KEY, PICTURE, NOON)
    changed = name[:place] + letter + name[place + 1 :]
    assert (read_name(KEY, changed) is None) == (changed != name)


@given(st.text(max_size=100))
def test_no_text_is_taken_for_a_name(text: str) -> None:
    assert read_name(KEY, text) is None and read_name(KEY, f"{text}.jpg") is None


def test_the_end_the_ending_and_the_key_are_signed() -> None:
    name = name_of(KEY, PICTURE, NOON)
    told = bytearray(urlsafe_b64decode(name.removesuffix(".jpg")))
    told[35] += 60  # a minute later
    assert read_name(KEY, f"{urlsafe_b64encode(told).decode()}.jpg") is None
    assert read_name(KEY, name.replace(".jpg", ".png")) is None
    assert read_name(b"another key", name) is None
    assert read_name(KEY, f"{name} ") is read_name(KEY, f"{name}\n") is read_name(KEY, f"x{name}") is None


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "video/mp4"])
def test_only_pictures_get_a_name(kind: str) -> None:
    with pytest.raises(Mistake, match="not shown in public"):
        name_of(KEY, replace(PICTURE, mime=kind), NOON)


@given(digests, moments, st.integers(1, 72))
def test_an_address_is_good_long_enough_and_not_for_ever(digest: str, now: datetime, hours: int) -> None:
    lasts = timedelta(hours=hours)
    end = window_end(digest, lasts, now)
    assert lasts < end - now <= 2 * lasts
    # It stays the same until too little of it is left.
    assert window_end(digest, lasts, end - lasts - timedelta(seconds=1)) == end
    assert window_end(digest, lasts, end - lasts) == end + lasts
