from __future__ import annotations

from pathlib import Path

import pytest

from socialbot.nouns import Mistake
from socialbot.reading.decoding import MAX_FILE_BYTES, decode, load

ARTICLE = Path(__file__).parents[2] / "../shared/examples/article-without-front-matter.txt"


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_without_a_word(charset: str) -> None:
    text = "Nebel über “der” Heide — früh"
    assert decode(text.encode(charset), "post.md", "en") == (text, [])


@pytest.mark.parametrize(
    ("text", "charset", "language"),
    [
        ("Café – naïve “quote”, and it’s a foggy day at the café", "cp1252", "en"),
        ("Café au lait £20", "latin-1", "en"),
        ("Zażółć gęślą jaźń, to jest tekst o fotografii we mgle.", "cp1250", "pl"),
        ("Ранним утром туман стоял над рекой, и мост исчезал.", "cp1251", "ru"),
        ("霧の中の写真について書きます。とても静かな朝でした。", "shift_jis", "ja"),
    ],
)
def test_old_character_sets_are_guessed_with_a_warning(text: str, charset: str, language: str) -> None:
    found, warnings = decode(text.encode(charset), "post.md", language)
    assert found == text
    assert "not UTF-8" in warnings[0]


@pytest.mark.parametrize(
    ("garbled", "mended"),
    [
        ("The cafÃ© was closed, and itâ€™s a pity", "The café was closed, and it’s a pity"),
        ("â€œFog,â€\x9d she said â€“ quietly", "“Fog,” she said – quietly"),
        ("first line “stays”\nrÃ©sumÃ©", "first line “stays”\nrésumé"),
    ],
)
def test_mojibake_is_mended_and_said(garbled: str, mended: str) -> None:
    text, warnings = decode(garbled.encode(), "post.md", "en")
    assert text == mended
    assert "mojibake" in warnings[0]


@pytest.mark.parametrize(
    "text", ["“Curly” ‘quotes’ — and … dashes", "À la carte? Straße, château, ﬁne &amp; ｆｕｌｌ", "TGFβ and NFκB"]
)
def test_what_is_not_mojibake_stays_as_it_is(text: str) -> None:
    assert decode(text.encode(), "post.md", "en") == (text, [])


def test_lost_bytes_are_named_and_nothing_is_invented() -> None:
    text, warnings = decode("The R\ufffdsum\ufffd.\nHe said โnoโ and itโs late".encode(), "post.md", "en")
    assert "โnoโ" in text and "R\ufffdsum\ufffd" in text
    assert "U+FFFD" in warnings[0] and "line 1 " in warnings[0]
    assert "“โ” (U+0E42)" in warnings[1] and "3 ×" in warnings[1] and "line 2 " in warnings[1]


def test_damaged_utf_8_is_damage_and_no_other_character_set() -> None:
    raw = "Größe über Maß, schön – und früh".encode().replace("Maß".encode(), b"Ma\xc3")
    text, warnings = decode(raw, "post.md", "de")
    assert text.startswith("Größe über Ma\ufffd") and "U+FFFD" in warnings[0]


def test_thai_is_a_language_and_no_damage() -> None:
    text = "ร้าน Coffeeโมง เปิดแต่เช้าในหมอก"
    assert decode(text.encode(), "post.md", "th") == (text, [])


@pytest.mark.skipif(not ARTICLE.exists(), reason="the shared examples are not here")
def test_the_real_article_names_its_destroyed_characters() -> None:
    text, warnings = decode(ARTICLE.read_bytes(), "article.txt", "en")
    assert text == ARTICLE.read_text(encoding="utf-8")
    assert len(warnings) == 1 and "35 × “โ” (U+0E42)" in warnings[0]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"title\nfog\0", "NUL byte"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "NUL byte"),
        (bytes(range(1, 32)) * 20, "control characters"),
        (bytes(range(128, 256)) * 9, "character set"),
    ],
)
def test_what_is_not_text_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(Mistake, match=words) as caught:
        decode(raw, "post.md", "en")
    assert caught.value.where and caught.value.where.startswith("post.md")


def test_a_nul_byte_is_told_with_its_line() -> None:
    with pytest.raises(Mistake, match="line 2"):
        decode(b"title\nfog\0", "post.md", "en")


def test_a_file_of_fifty_megabytes_is_refused(tmp_path: Path) -> None:
    big = tmp_path / "big.md"
    with big.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(Mistake, match=r"50\.0 MB, at most 5 MB"):
        load(big)
    (tmp_path / "just.md").write_bytes(b"x" * MAX_FILE_BYTES)
    assert len(load(tmp_path / "just.md")) == MAX_FILE_BYTES


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="no such file"):
        load(tmp_path / "gone.md")
    with pytest.raises(Mistake, match="this is no file"):
        load(tmp_path)
    with pytest.raises(Mistake, match="no file"):
        load(Path("/dev/zero"))
