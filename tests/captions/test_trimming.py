"""Cuts fall after sentences, else between words, else between graphemes; what is whole stays whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import regex

from socialbot.captions.trimming import trim

UNICODE = Path(__file__).resolve().parents[3] / "shared/specs/unicode"


def to(text: str, room: int) -> str:
    return trim(text, lambda cut: len(regex.findall(r"\X", cut)) <= room)


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("Short enough.", 20, "Short enough."),
        ("Fog came. It stayed all day long.", 12, "Fog came."),
        ("Fog came. It stayed all day long.", 24, "Fog came. It stayed…"),
        ("Dr. Fog came late. He went early.", 22, "Dr. Fog came late."),
        ("It costs 3.5 million euros in total.", 14, "It costs…"),
        ("See No. 5 of the list for more.", 13, "See No. 5…"),
        ("One, two, three", 6, "One…"),
        ("“Fog,” she said. “It came.”", 18, "“Fog,” she said."),
        ("霧が出た。山は見えない。朝は静かだ。", 12, "霧が出た。山は見えない。"),
        ("霧が出て山がまったく見えない朝だった", 8, "霧が出て山が…"),
        ("Read https://example.org/a-long-path now", 20, "Read…"),
        ("Hello #photography friends", 12, "Hello…"),
        ("Read https://example.org/a now, or never", 28, "Read https://example.org/a …"),
        ("She met Dr. Fog at the lake.", 14, "She met Dr…"),
        ("It was the No. 5 seed.", 15, "It was the…"),
        ("a bcdefghijklmnopqrstuvwxyz", 12, "a bcdefghij…"),
        ("abcdefghijkl", 5, "abcd…"),
        ("", 5, ""),
        ("abc", 0, ""),
    ],
)
def test_where_an_editor_would_cut(text: str, room: int, cut: str) -> None:
    assert to(text, room) == cut


def test_a_number_at_the_end_of_a_url_takes_no_unit_from_what_follows() -> None:
    first = "https://example.org/2026/1"
    assert to(f"{first} https://example.org/2026/2 https://example.org/2026/3", 60) == f"{first} https://example.org/2026/2 …"
    assert to(f"{first} km from here, or more", 28) == f"{first} …"
    assert to(f"{first} walking 12 km, or more", 38) == f"{first} walking…", "but every other number keeps its own"


def test_what_lies_behind_the_window_is_not_looked_at() -> None:
    assert trim("word " * 1_000_000, lambda cut: True, window=12) == "word word…"


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        # English
        ("She said “we will go to the lake” and left.", 20, "She said “we will…”"),
        ("She saw the fog (it was thick and white) at dawn.", 30, "She saw the fog…"),
        ("He works for the U.S. Army in Graz.", 20, "He works for the…"),
        ("J. R. R. Tolkien wrote in the U.S. about e.g. hobbits.", 45, "J. R. R. Tolkien wrote in the U.S. about…"),
        ("Well… maybe it was fog after all.", 20, "Well… maybe it was…"),
        ("The fog came. (It was so thick and white)", 24, "The fog came."),
        ("What?! Nobody knew it then.", 9, "What?!"),
        ("“It came.” Nobody knew.", 14, "“It came.”"),
        ("(It came.) Nobody knew it.", 14, "(It came.)"),
        ("He was 5 years old. Then fog came in.", 22, "He was 5 years old."),
        # German
        ("Er kam am 3. April nach Graz.", 14, "Er kam am…"),
        ("Er kam am 3. April nach Graz. Dann ging er wieder.", 33, "Er kam am 3. April nach Graz."),
        ("Am Abend fuhr Dr. Nebel z. B. nach München.", 29, "Am Abend fuhr Dr. Nebel…"),
        ("Er zahlt 5 Mio. Euro dafür. Und?", 22, "Er zahlt 5 Mio. Euro…"),
        ("„Es war kalt“, sagte er, „und wir gingen heim.“", 34, "„Es war kalt“, sagte er…"),
        ("»Wir gehen nach Hause«, sagte sie.", 20, "»Wir gehen nach…«"),
        ("Er sah … Berge und das Meer.", 9, "Er sah…"),
        # French, Spanish, Italian, Polish, Swedish, Turkish
        ("Il dit : « On verra demain matin ! » Puis il partit.", 27, "Il dit : « On verra… »"),
        ("Il pèse 25\u202fkg et plus.", 12, "Il pèse…"),
        ("El 3 de abril dijo: «¿Cómo está usted hoy?». Nadie contestó.", 45, "El 3 de abril dijo: «¿Cómo está usted hoy?»."),
        ("Il lago era calmo. Il sig. Rossi disse: «Torniamo».", 45, "Il lago era calmo. Il sig. Rossi disse…"),
        (
            "Poranna mgła przykryła jezioro. „Wracajmy do domu”, powiedział.",
            56,
            "Poranna mgła przykryła jezioro. „Wracajmy do domu”…",
        ),
        ("”Vi går hem”, sade hon. Ingen såg berget.", 30, "”Vi går hem”, sade hon. Ingen…"),
        ("Sabah sisi gölün üzerine çöktü. Kimse dağı görmedi.", 45, "Sabah sisi gölün üzerine çöktü."),
        # Russian, Greek
        ("Утром стоял туман. А. С. Пушкин писал: «Мороз и солнце!»", 42, "Утром стоял туман. А. С. Пушкин писал…"),
        ("Η ομίχλη ήρθε νωρίς. Κανείς δεν είδε το βουνό.", 30, "Η ομίχλη ήρθε νωρίς."),
        # Japanese, Chinese simplified and traditional
        ("「もう帰ろう」と彼は言った。霧が出て山がまったく見えない朝だった。", 20, "「もう帰ろう」と彼は言った。"),
        ("「霧が出た。山は見えない。」と彼は静かに言った。", 20, "「霧が出た。山は見えない。」と彼は…"),
        ("彼は「霧が出て山がまったく見えない」と言った", 16, "彼は「霧が出て山がまったく…」"),
        ("キャンプ場にキャノンのカメラを持って行った", 13, "キャンプ場にキャノンの…"),
        ("清晨的雾从湖面升起，没有人看见山。", 12, "清晨的雾从湖面升起…"),
        ("我们在北京国际机场等了三个小时，终于登上了飞机", 8, "我们在北京国际…"),
        ("沒有人看見山。「我們回家吧，」他說。人工智慧正在改變一切。", 20, "沒有人看見山。「我們回家吧，」他說。"),
        # Korean, Thai, Khmer, Burmese, Lao
        ("아침 안개가 호수 위로 피어올랐다. 아무도 산을 보지 못했다.", 12, "아침 안개가 호수…"),
        ("หมอกมาถึงทะเลสาบในตอนเช้าตรู่และไม่มีใครมองเห็นภูเขา", 20, "หมอกมาถึงทะเลสาบใน…"),
        ("ព្រឹកនេះមានអ័ព្ទនៅលើបឹង។ ពួកយើងរង់ចាំពន្លឺ។", 22, "ព្រឹកនេះមានអ័ព្ទនៅលើបឹង។"),
        ("မနက်စောစောရေကန်ပေါ်မှာမြူတွေ", 12, "မနက်စောစောရေကန်…"),
        ("ໝອກມາຮອດທະເລສາບ", 9, "ໝອກມາຮອດ…"),
        # Arabic, Hebrew, Hindi
        ("وصل الضباب في الصباح. هل رآه أحد؟ قال: «سنعود غدا»", 38, "وصل الضباب في الصباح. هل رآه أحد؟"),
        ('הוא אמר "נחזור מחר הביתה" והלך לצה"ל.', 18, 'הוא אמר "נחזור…"'),
        ("सुबह झील पर कोहरा छा गया। किसी ने पहाड़ नहीं देखा।", 22, "सुबह झील पर कोहरा छा गया।"),
    ],
)
def test_where_an_editor_of_that_language_would_cut(text: str, room: int, cut: str) -> None:
    assert to(text, room) == cut


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("The boat is 12 km away.", 16, "The boat…"),
        ("It was −20 °C there.", 11, "It was…"),
        ("We meet at 10:30 pm at the lake.", 17, "We meet…"),
        ("There were 1,000,000 people here.", 16, "There were…"),
        ("See § 5 of the law.", 7, "See…"),
        ("It cost € 5 in total there.", 10, "It cost…"),
        ("It cost 5 % of it all.", 10, "It cost…"),
        ("It weighs 25\u00a0kg and more.", 13, "It weighs…"),
        ("It was so in 2026 and later on.", 18, "It was so in 2026…"),
        ("価格は3.5万円です。", 7, "価格は…"),
    ],
)
def test_a_number_keeps_its_unit(text: str, room: int, cut: str) -> None:
    assert to(text, room) == cut


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ('A 5" lens and a "good" one here.', 18, 'A 5" lens and a…'),
        ("Fog came (as ever", 14, "Fog came (as…"),
        ("Fog) came and stayed with us", 14, "Fog) came and…"),
        ("the students’ fog and the boats’ horns", 24, "the students’ fog and…"),
        ("rock 'n' roll in the fog", 15, "rock 'n' roll…"),
        ("Fog ( came ] and “ stayed with us", 28, "Fog ( came ] and “ stayed…"),
    ],
)
def test_a_mark_without_its_partner_and_an_apostrophe_change_nothing(text: str, room: int, cut: str) -> None:
    assert to(text, room) == cut


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("\u2067שלום עולם טוב\u2069 is Hebrew", 10, "\u2067שלום…\u2069"),
        ("\u202bהערפל הגיע אל האגם. ההר נעלם\u202c", 24, "\u202bהערפל הגיע אל האגם.\u202c"),
        ("The \u202eelbisrever\u2066 fog came in at night", 23, "The \u202eelbisrever\u2066 fog…\u2069\u202c"),
        ("The \u202eelbisrever\u2066 fog came in at night", 22, "The \u202eelbisrever…\u202c"),
        ("Hello שלום\u200f friends of fog", 12, "Hello שלום…"),
    ],
)
def test_a_change_of_direction_is_closed_behind_the_ellipsis(text: str, room: int, cut: str) -> None:
    assert to(text, room) == cut


@pytest.mark.parametrize("room", [1, 7, 300, 4000])
@pytest.mark.parametrize(
    "text",
    [
        *("(" * 10_000, '"' * 10_000, "“a " * 5_000, "(a) " * 2_500, "«“[(" * 2_500, "\u202ea" * 5_000, "\u2067a" * 5_000),
        *("a" + "\u0301" * 10_000, "a" * 5_000, "👩‍👩‍👧" * 2_000, "." * 10_000, ". " * 5_000, "?!" * 5_000, "a.) " * 2_500),
        *("@" * 10_000, "#a" * 5_000, "1," * 5_000, "1 " * 5_000, "1" * 10_000, "a\u00a0" * 5_000, " " * 10_000, "J. " * 3_000),
        *("漢" * 10_000, "「霧が" * 3_000, "หมอก" * 2_500, "ព្រឹក" * 2_000, "\u200d" * 10_000, "\0" * 10_000, "$" * 10_000),
        *("The fog came. " * 75_000, "霧が出た、" * 200_000, "(" * 1_000_000, "https://e.org/ " * 70_000),
    ],
    ids=lambda text: f"{text[:3]!a}x{len(text)}",
)
def test_a_hostile_text_is_cut_by_asking_a_few_times(text: str, room: int) -> None:
    asked = []
    cut = trim(text, lambda cut: asked.append(cut) is None and len(cut) <= room)
    assert len(cut) <= room
    assert len(asked) <= 40


@pytest.mark.parametrize("room", range(1, 60))
def test_a_text_that_is_only_a_url_has_no_beginning(room: int) -> None:
    assert to("https://example.org/" + "a" * 80, room) == ""


def test_asks_rarely_about_an_ordinary_text() -> None:
    asked = []
    trim(
        "The fog came over the lake early, and nobody saw it. " * 40, lambda cut: asked.append(cut) is None and len(cut) <= 300
    )
    assert len(asked) <= 12
    assert sum(map(len, asked[1:])) <= 12 * 300


def test_a_url_that_reaches_over_the_windows_edge_stays_whole() -> None:
    assert trim("See https://example.org/a/b now", lambda cut: True, window=20) == "See…"


def test_a_quotation_that_reaches_over_the_windows_edge_is_closed() -> None:
    assert trim("She said “" + "fog " * 500 + "”", lambda cut: len(cut) <= 20, window=100) == "She said “fog fog…”"


def test_the_phrase_models_are_read_only_for_a_text_that_needs_them() -> None:
    code = """
import sys
from socialbot.captions.trimming import trim
trim("fog fog", lambda cut: len(cut) < 5)
print(*sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "budoux" not in run.stdout.split()


def unicode_lines(name: str) -> Iterator[str]:
    if not (UNICODE / name).exists():
        pytest.skip("needs the Unicode test files")
    for line in (UNICODE / name).read_text("utf-8").splitlines():
        if data := line.split("#")[0].strip():
            yield data


def test_no_cut_falls_inside_a_grapheme_of_unicodes_own_test() -> None:
    for line in unicode_lines("GraphemeBreakTest.txt"):
        clusters = ["".join(chr(int(code, 16)) for code in part.replace("×", " ").split()) for part in line.split("÷")]
        text = "".join(clusters) + "x"
        ends = {len("".join(clusters[:count])) for count in range(len(clusters) + 1)}
        for room in range(1, len(text)):
            cut = trim(text, lambda cut, room=room: len(cut) <= room)
            assert len(cut.removesuffix("…")) in ends, (line, room)


def test_no_cut_falls_inside_an_emoji() -> None:
    emoji = ["".join(chr(int(code, 16)) for code in line.split(";")[0].split()) for line in unicode_lines("emoji-test.txt")]
    longer = [one for one in emoji if len(one) > 2]
    assert len(longer) > 2_000
    for one in longer:
        for room in range(2, len(one) + 1):
            assert trim(f"a{one}b", lambda cut, room=room: len(cut) <= room) == "a…"


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        (
            "The new bridge depends on the tides and on a contractor in Bristol.",
            61,
            "The new bridge depends on the tides and on a contractor…",
        ),
        (
            "The new bridge depends on the tides, will take until the summer.",
            55,
            "The new bridge depends on the tides, will take until…",
        ),
        (
            "Le ministre de l'Intérieur a annoncé la fin du débat ; l'opposition dénonce.",
            69,
            "Le ministre de l'Intérieur a annoncé la fin du débat…",
        ),
        ("“I shall come, and I shall listen,” she told reporters at noon.", 37, "“I shall come, and I shall…”"),
        ("It was all in one go at it up to the end of us all, said Ann.", 40, "It was all in one go at it up to the…"),
    ],
)
def test_no_cut_leaves_a_reader_waiting_for_the_very_next_word(text: str, room: int, cut: str) -> None:
    assert to(text, room) == cut
