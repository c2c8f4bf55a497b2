"""From a site's tags to hashtags that can be read aloud and that every network takes whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import regex
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.captions import find_spans
from socialbot.captions.hashtags import make

CASES = Path(__file__).parents[3] / "shared/specs/twitter-text/extract.yml"


@pytest.mark.parametrize(
    ("tags", "made"),
    [
        (["digital clones"], ["#DigitalClones"]),
        (["photography", "trending"], ["#photography"]),
        (["H&M"], ["#HM"]),
        (["R&D", "AI/ML", "Q&A"], ["#RD", "#AIML", "#QA"]),
        (["AI-generated"], ["#AIGenerated"]),
        (["2025", "16", "3D", "2001 odyssey"], ["#3D", "#2001Odyssey"]),
        (["C++", "c"], ["#CPlusPlus", "#c"]),
        (["C#", "F# 9", ".NET", "ASP.NET Core", "C++20"], ["#CSharp", "#FSharp9", "#DotNet", "#ASPNETCore", "#CPlusPlus20"]),
        (["Node.js", "vue.js 3"], ["#NodeJS", "#VueJS3"]),
        (["iPhone 15", "eBay shops", "McDonald's"], ["#iPhone15", "#eBayShops", "#McDonalds"]),
        (["Formula 1 2026", "CO₂ emissions"], ["#Formula1_2026", "#CO2Emissions"]),
        (["Fog", "fog", "FOG", "fogs"], ["#Fog"]),
        (["movies", "Movie", "stories", "story", "box", "boxes"], ["#movies", "#stories", "#box"]),
        (["café", "Cafe", "digital clone", "DigitalClones", "digital_clones"], ["#café", "#DigitalClone"]),
        (["#already"], ["#already"]),
        (["élan vital", "e\u0301lan"], ["#ÉlanVital", "#élan"]),
        (["❤️ love", "1️⃣ step"], ["#love", "#1Step"]),
        (["夜景", "東京 夜景", "ดิจิทัล โคลน"], ["#夜景", "#東京夜景", "#ดิจิทัลโคลน"]),
        (["قصر الحمراء", "עיר קדושה", "डिजिटल क्लोन"], ["#قصر_الحمراء", "#עיר_קדושה", "#डिजिटल_क्लोन"]),
        (["برنامه\u200cنویسی", "ශ්\u200dරී ලංකා"], ["#برنامه_نویسی", "#ශ්රී_ලංකා"]),
        (["თბილისი დღეს", "AI صور"], ["#თბილისი_დღეს", "#AIصور"]),
        (["how to make a clone", "x" * 31, "x" * 30], ["#" + "x" * 30]),
        (["👩‍👩‍👧", "&&&", "", "_"], []),
    ],
)
def test_tags_become_hashtags(tags: list[str], made: list[str]) -> None:
    assert make(tags, "", 9) == made


DRAWERS = ["Blog", "posts", "Uncategorized", "misc", "News", "Draft", "Home", "Allgemein", "Ohne Kategorie", "Actualités"]
DRAWERS += ["ACTUALITES", "À la une", "Sin categoría", "sin-categoria", "Без рубрики", "未分類", "غير مصنف"]


@pytest.mark.parametrize("tag", DRAWERS)
def test_the_names_of_a_sites_drawers_tell_nothing(tag: str) -> None:
    assert make([tag], "", 5) == []


def test_a_topic_that_only_looks_like_a_drawer_stays() -> None:
    topics = ["homes", "blogging", "newspaper", "generals", "postcards"]
    assert make(topics, "", 9) == [f"#{topic}" for topic in topics]


@pytest.mark.parametrize("text", ["Out in the #Fog today", "(#fogs)", "＃fog", "In the #f_o_g."])
def test_what_the_text_already_carries_is_not_repeated(text: str) -> None:
    assert make(["fog", "mist"], text, 5) == ["#mist"]


def test_what_is_no_hashtag_in_the_text_is_no_reason_to_leave_one_out() -> None:
    assert make(["fog"], "https://example.org/#fog a#fog", 5) == ["#fog"]


def test_at_most_so_many() -> None:
    assert make(["a", "b", "c"], "", 2) == ["#a", "#b"]
    assert make(["a"], "", 0) == []


# twitter-text 3.1, validHashtag and its character classes; Mastodon, app/models/concerns/tag/naming.rb; Bluesky,
# packages/api/src/rich-text/util.ts with the trailing punctuation cut off.
_SPECIAL = r"_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\xb7"
_WORD = r"\p{L}\p{M}\p{Nd}\p{Pc}"
_UNSEEN = r"\u00ad\u2060\u200a\u200b\u200c\u200d\u20e2"
RULES = {
    "x": rf"(?:^|[\ufe0e\ufe0f]|[^\p{{L}}\p{{M}}\p{{Nd}}{_SPECIAL}&])[#＃](?!\ufe0f|\u20e3)"
    rf"([\p{{L}}\p{{M}}\p{{Nd}}{_SPECIAL}]*[\p{{L}}\p{{M}}][\p{{L}}\p{{M}}\p{{Nd}}{_SPECIAL}]*)",
    "mastodon": rf"(?:(?<=\s)|^)[#＃]([{_WORD}_][{_WORD}_·・\u200c]*[\p{{L}}\p{{M}}_·・\u200c][{_WORD}_·・\u200c]*[{_WORD}_]"
    rf"|[{_WORD}_]*[\p{{L}}\p{{M}}][{_WORD}_]*)",
    "bluesky": rf"(?:^|(?<=\s))[#＃]((?!\ufe0f)[^\s{_UNSEEN}]*[^\d\s\p{{P}}{_UNSEEN}]+[^\s{_UNSEEN}]*)",
}


@pytest.mark.skipif(not CASES.exists(), reason="the vectors lie outside the repository")
def test_the_rule_for_x_is_the_official_one() -> None:
    cases = yaml.safe_load(CASES.read_text(encoding="utf-8"))["tests"]["hashtags"]
    plain = [case for case in cases if "http" not in case["text"]]
    found = {case["description"]: regex.findall(RULES["x"], case["text"]) for case in plain}
    assert found == {case["description"]: case["expected"] for case in plain}


names = [
    "AI",
    "fog",
    "C++",
    ".NET",
    "Node.js",
    "قصر",
    "می\u200cخواهم",
    "ශ්\u200dරී",
    "夜景",
    "ไทย",
    "디지털",
    "თბ",
    "é",
    "ß",
    "ǆ",
    "2026",
]
signs = [
    "❤️",
    "1️⃣",
    "½",
    "Ⅷ",
    "２",
    "·",
    "'s",
    "e\u0301",
    "\u0301",
    "\ufe0f",
    "\u20e3",
    "\u2060",
    "_",
    "-",
    "/",
    "#",
    "＃",
    "@",
    "&",
]
words = st.text(max_size=12) | st.sampled_from([*names, *signs, "👩\u200d👩\u200d👧"])
tags = st.lists(words, max_size=4).map(" ".join)


def check(site_tags: list[str]) -> None:
    made = make(site_tags, "", 8)
    line = " ".join(made)
    assert [f"#{span.value}" for span in find_spans(line, None)] == made
    for rule in RULES.values():
        assert [f"#{tag}" for tag in regex.findall(rule, line)] == made
    assert all(len(regex.findall(r"\X", tag)) <= 31 and len(tag.encode()) <= 641 for tag in made)
    assert make([tag[1:] for tag in made], "", 8) == made
    assert make([tag[1:] for tag in made], line, 8) == []


@settings(max_examples=500)
@given(st.lists(tags, max_size=8))
def test_every_network_takes_every_hashtag_whole(site_tags: list[str]) -> None:
    check(site_tags)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(st.lists(tags, max_size=8))
def test_every_network_takes_the_hashtags_of_twenty_thousand_sites(site_tags: list[str]) -> None:
    check(site_tags)


def test_thousands_of_tags_and_huge_ones_are_no_trouble() -> None:
    assert make((f"tag {number}" for number in range(10_000)), "#" + "!" * 1_000_000, 3) == ["#Tag0", "#Tag1", "#Tag2"]
    assert make(["x" * 1_000_000, "ok"], "", 3) == ["#ok"]
