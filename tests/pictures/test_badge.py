"""What a badge promises, measured on the pixels it drew."""

from __future__ import annotations

import struct
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont, features

from socialbot.disclosure.labels import all_labels
from socialbot.pictures import badge, badge_font
from socialbot.pictures.badge import draw, interface_zones
from socialbot.pictures.badge_font import FONTS, LATIN, font_name, missing_glyphs
from socialbot.pictures.unusable import Unusable
from tests.pictures.specimens import noise

LANGUAGES = tuple(all_labels())
KEYS = ("badge_gen", "badge_edit")
SIZES = ((1080, 1080), (1080, 1350), (1080, 1920), (1200, 630), (320, 400))
TOKENS = {
    **dict.fromkeys(("en", "nl", "sv", "da", "pl", "cs", "el", "hi", "id", "vi", "zh-Hans", "zh-Hant", "ja", "ko"), "AI"),
    **dict.fromkeys(("fr", "es", "it", "pt-BR"), "IA"),
    **dict.fromkeys(("de", "nb"), "KI"),
    "fi": "Tekoäly",
    "tr": "Yapay zekâ",
    "uk": "ШІ",
    "ar": "الذكاء الاصطناعي",
}
needs_raqm = pytest.mark.skipif(not features.check("raqm"), reason="this Pillow cannot shape letters: no FriBiDi")


def readable(language: str) -> bool:
    return features.check("raqm") or font_name(language) not in badge_font.SHAPED


def words(language: str, key: str = "badge_gen") -> str:
    return all_labels()[language][key]


def changed(before: Image.Image, after: Image.Image) -> tuple[int, int, int, int]:
    """The box of all pixels that differ: left, top, right, bottom."""
    rows, columns = np.nonzero((np.asarray(before) != np.asarray(after)).reshape(before.height, before.width, -1).any(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def luminance(level: float) -> float:
    """Of a grey, as WCAG 2.2 has it."""
    share = level / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def contrast(one: float, other: float) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink(picture: Image.Image) -> np.ndarray:
    """Where a badge drawn on mid-grey is lighter than its plate by 4.5 or more, and than the grey."""
    levels = [level > 128 and contrast(level, badge.PLATE) >= 4.5 for level in range(256)]
    return np.array(levels)[np.asarray(picture)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_character_of_every_badge_is_in_the_font(language: str) -> None:
    for key in (*KEYS, "synth"):
        assert missing_glyphs(words(language, key), language) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_drawn_name_ai_in_their_own_language(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not readable(language):
        pytest.skip("this Pillow cannot shape letters: no FriBiDi")
    written: list[str] = []
    pen = ImageDraw.ImageDraw.text

    def text(self: Any, place: Any, line: str, **how: Any) -> None:
        written.append(line)
        pen(self, place, line, **how)

    picture = Image.new("RGB", (1080, 1080))
    draw(picture, words(language), language)  # finds the font's size, by drawing a letter
    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    for key in KEYS:
        badge._plates.cache_clear()
        written.clear()
        draw(picture, words(language, key), language)
        assert words(language, key) in written  # on one line, and maybe broken into two and three after it
        assert TOKENS[language] in words(language, key)
        assert " ".join(written) == " ".join([words(language, key)] * " ".join(written).count(TOKENS[language]))


@pytest.mark.parametrize("name", sorted({LATIN, *FONTS.values()}))
def test_the_character_table_is_read_as_fonttools_reads_it(name: str) -> None:
    ttlib = pytest.importorskip("fontTools.ttLib")
    font = ttlib.TTFont(files("socialbot.pictures").joinpath("fonts", f"{name}.otf"))
    assert badge_font._characters(name) == set(font.getBestCmap())
    assert ".notdef" not in font.getBestCmap().values()
    assert "Noto" not in font["name"].getDebugName(4)
    assert "SIL Open Font License" in font["name"].getDebugName(13)


def test_the_fonts_are_small_and_carry_their_licence() -> None:
    folder = files("socialbot.pictures").joinpath("fonts")
    fonts = {file.name: len(file.read_bytes()) for file in folder.iterdir() if file.name.endswith(".otf")}
    assert set(fonts) == {f"{name}.otf" for name in (LATIN, *FONTS.values())}
    assert sum(fonts.values()) < 300_000
    licence = folder.joinpath("OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in licence
    assert all(name in licence for name in fonts)


def test_a_character_without_a_glyph_is_named_and_refused() -> None:
    assert missing_glyphs("AI से AI 生", "en") == "से生"
    with pytest.raises(Unusable, match="生成"):
        draw(Image.new("RGB", (1080, 1080)), "AI 生成", "en")


def test_chinese_is_written_in_the_characters_of_its_region() -> None:
    assert {font_name(tag) for tag in ("zh", "zh-CN", "zh_Hans_TW")} == {"chinese-simplified"}
    assert {font_name(tag) for tag in ("zh-TW", "zh-Hant", "zh_HK")} == {"chinese-traditional"}
    assert (font_name("ar-EG"), font_name("pt-PT"), font_name("th")) == ("arabic", LATIN, LATIN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_letters_are_as_high_as_the_rule_asks_on_every_picture(language: str, size: tuple[int, int]) -> None:
    if not readable(language):
        pytest.skip("this Pillow cannot shape letters: no FriBiDi")
    tall = badge_font.TALL_LETTER.get(font_name(language), "I")
    for share in (0.03, 0.05):
        grey = Image.new("L", size, 128)
        letter = draw(grey, tall, language, share)  # the same letter, size and pen as in any words
        rows = np.nonzero(ink(letter).any(axis=1))[0]
        assert rows.max() - rows.min() + 1 >= share * min(size)


@pytest.mark.parametrize("language", ["en", *FONTS])
def test_letters_reach_every_height_asked_and_hardly_more(language: str) -> None:
    if not readable(language):
        pytest.skip("this Pillow cannot shape letters: no FriBiDi")
    tall = badge_font.TALL_LETTER.get(font_name(language), "I")
    for height in range(badge.MIN_HEIGHT, 110, 3):
        grey = Image.new("L", (5 * height, 5 * height), 128)
        rows = np.nonzero(ink(draw(grey, tall, language, share=0.2)).any(axis=1))[0]
        assert height <= rows.max() - rows.min() + 1 <= height + 2


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_stand_out_inside_the_frame_clear_of_the_interface(language: str, key: str) -> None:
    if not readable(language):
        pytest.skip("this Pillow cannot shape letters: no FriBiDi")
    for size, level in zip(SIZES, (0, 255, 128, 64, 240), strict=True):
        zones = interface_zones(size)
        before = Image.new("L", size, level)
        after = draw(before, words(language, key), language, avoid=zones)
        left, top, right, bottom = changed(before, after)
        assert left > 0
        assert top > 0
        assert right < size[0]
        assert bottom < size[1]
        assert not any(x0 < right and left < x1 and y0 < bottom and top < y1 for x0, y0, x1, y1 in zones)
        rounding = (bottom - top) // 4
        plate = np.asarray(after)[top:bottom, left + rounding : right - rounding]
        ground, letters = np.bincount(plate[plate < 128]).argmax(), np.bincount(plate[plate >= 128]).argmax()
        assert contrast(int(ground), int(letters)) >= 4.5
        assert contrast(int(ground), int(plate[0].max())) < 1.1  # the plate goes all around them
        assert (plate == letters).mean() > 0.05


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_it_lies_in_a_corner_when_nothing_is_in_the_way(size: tuple[int, int]) -> None:
    before = Image.new("RGB", size, "gray")
    left, top, _, _ = changed(before, draw(before, words("en"), "en"))
    margin = 0.04 * min(size)
    assert margin <= left <= margin + 2
    assert margin <= top <= margin + 2


BOXES = st.lists(
    st.tuples(*[st.floats(-0.2, 1.2)] * 4).map(lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))),
    max_size=6,
)


@settings(max_examples=500, deadline=None)
@given(boxes=BOXES, size=st.sampled_from([(320, 320), (320, 400), (360, 640), (400, 210)]))
def test_it_covers_no_given_box_or_says_that_it_cannot(
    boxes: list[tuple[float, float, float, float]], size: tuple[int, int]
) -> None:
    avoid = [(x0 * size[0], y0 * size[1], x1 * size[0], y1 * size[1]) for x0, y0, x1, y1 in boxes]
    before = Image.new("L", size, 128)
    try:
        after = draw(before, words("uk", "badge_edit"), "uk", avoid=avoid)
    except Unusable:
        return
    left, top, right, bottom = changed(before, after)
    assert not any(x0 < right and left < x1 and y0 < bottom and top < y1 for x0, y0, x1, y1 in avoid)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]


def test_a_free_place_is_found_between_boxes() -> None:
    """Everything is taken but a hole in the middle of the right side."""
    size = (1080, 1080)
    hole = (500, 400, 1080, 560)
    taken = [(0, 0, 1080, 400), (0, 560, 1080, 1080), (0, 400, 500, 560)]
    left, top, right, bottom = changed(Image.new("L", size, 128), draw(Image.new("L", size, 128), "AI", "en", avoid=taken))
    assert hole[0] <= left
    assert hole[1] <= top
    assert right <= hole[2]
    assert bottom <= hole[3]


@pytest.mark.parametrize(
    ("taken", "side", "edge"),
    [
        ([(0, 0, 1080, 100), (0, 700, 1080, 1080)], 1, 100),
        ([(0, 0, 1080, 380), (0, 980, 1080, 1080)], 3, 980),
        ([(0, 0, 100, 1080), (600, 0, 1080, 1080)], 0, 100),
        ([(0, 0, 480, 1080), (980, 0, 1080, 1080)], 2, 980),
    ],
)
def test_it_goes_to_that_side_of_what_is_in_the_way_that_is_nearer_the_edge(
    taken: list[tuple[int, int, int, int]], side: int, edge: int
) -> None:
    before = Image.new("L", (1080, 1080), 128)
    assert changed(before, draw(before, "AI", "en", avoid=taken))[side] == edge


def test_a_face_that_fills_the_picture_is_not_covered() -> None:
    with pytest.raises(Unusable, match="no room") as refused:
        draw(Image.new("RGB", (1080, 1080)), words("en"), "en", avoid=[(0, 0, 1080, 1080)])
    assert refused.value.fix


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tiny_picture_fits_the_badge_whole_or_says_it_cannot(language: str) -> None:
    if not readable(language):
        pytest.skip("this Pillow cannot shape letters: no FriBiDi")
    before = Image.new("L", (100, 100), 128)
    try:
        after = draw(before, words(language), language)
    except Unusable as refused:
        assert "no room on 100×100 pixels" in refused.what
        return
    left, top, right, bottom = changed(before, after)
    assert left >= 4
    assert top >= 4
    assert right <= 96
    assert bottom <= 96
    rows = np.nonzero((np.asarray(after) > 200).any(axis=1))[0]
    assert rows.max() - rows.min() + 1 >= badge.MIN_HEIGHT


@pytest.mark.parametrize("mode", badge.MODES)
def test_mode_and_size_stay_and_the_picture_given_is_not_touched(mode: str) -> None:
    before = noise(640, 480).convert(mode)
    copy = before.copy()
    after = draw(before, words("en"), "en")
    assert (after.mode, after.size) == (mode, before.size)
    assert before.tobytes() == copy.tobytes()
    left, top, right, bottom = changed(before, after)
    outside = np.ones((480, 640), bool)
    outside[top:bottom, left:right] = False
    assert (np.asarray(before)[outside] == np.asarray(after)[outside]).all()
    assert (right - left) * (bottom - top) < 0.2 * 640 * 480


def test_another_mode_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not on P"):
        draw(Image.new("P", (400, 400)), words("en"), "en")
    with pytest.raises(ValueError, match="without words"):
        draw(Image.new("L", (400, 400)), " ", "en")


@needs_raqm
@pytest.mark.parametrize("language", ["en", "ar", "hi", "ja"])
def test_the_same_words_give_the_same_pixels(language: str) -> None:
    picture = noise(640, 800)
    first = draw(picture, words(language), language).tobytes()
    badge._plates.cache_clear()
    badge_font.font_of_height.cache_clear()
    assert draw(picture, words(language), language).tobytes() == first


@needs_raqm
@pytest.mark.parametrize("language", ["ar", "hi"])
def test_letters_that_join_or_change_places_are_not_drawn_one_by_one(language: str) -> None:
    text = words(language, "badge_edit")
    alone = badge_font._load(font_name(language), 74, ImageFont.Layout.BASIC)
    shaped = badge_font._load(font_name(language), 74, ImageFont.Layout.RAQM)
    assert bytes(shaped.getmask(text)) != bytes(alone.getmask(text))
    assert badge_font.font_of_height(language, 54).layout_engine == ImageFont.Layout.RAQM


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_shaping_only_the_languages_that_need_it_are_refused(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(badge_font.features, "check", lambda feature: False)
    badge._plates.cache_clear()
    badge_font.font_of_height.cache_clear()
    try:
        if language in ("ar", "hi"):
            with pytest.raises(Unusable, match="cannot be joined") as refused:
                draw(Image.new("L", (1080, 1080)), words(language), language)
            assert "FriBiDi" in (refused.value.fix or "")
        else:
            draw(Image.new("L", (1080, 1080)), words(language), language)
    finally:
        badge._plates.cache_clear()
        badge_font.font_of_height.cache_clear()


def test_a_font_with_another_character_table_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    table = struct.pack(">HHHHI", 0, 1, 3, 1, 12) + struct.pack(">HHI", 4, 0, 16)
    font = b"OTTO" + struct.pack(">HHHH", 1, 0, 0, 0) + struct.pack(">4sIII", b"cmap", 0, 28, len(table)) + table
    monkeypatch.setattr(badge_font, "_file", lambda name: font)
    badge_font._characters.cache_clear()
    try:
        with pytest.raises(ValueError, match="format 4"):
            missing_glyphs("AI", "en")
    finally:
        badge_font._characters.cache_clear()


def test_the_fonts_are_never_pillows_own() -> None:
    for language in LANGUAGES:
        if readable(language):
            font = badge_font.font_of_height(language, 20)
            assert isinstance(font, ImageFont.FreeTypeFont)
            assert (font.getname()[0] or "").startswith("Badge ")


def test_only_vertical_pictures_have_an_interface_over_them() -> None:
    assert [bool(interface_zones(size)) for size in ((1080, 1080), (1080, 1350), (1200, 630), (1080, 1920))] == [
        False,
        False,
        False,
        True,
    ]
