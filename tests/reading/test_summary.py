from __future__ import annotations

import pytest

from socialbot.reading.body import read_markdown
from socialbot.reading.front_matter import describe
from socialbot.reading.summary import choose_summary, says_more

TITLE = "Photographing bridges that vanish into morning fog"
PARAGRAPH = "Fog takes away everything but the two or three things that matter to a picture."


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (TITLE, TITLE),
        (f"{TITLE}.", TITLE),
        (TITLE.upper(), TITLE),
        (f"{TITLE} - A trending topic in photography.", TITLE),
        (f"Read all about {TITLE.lower()} on our blog today!", TITLE),
        (f"Learn about {TITLE.lower()} in photography with practical tips and insights.", TITLE),
        ("Learn about fog in photography with practical tips and insights.", "Fog"),
        (
            "Discover everything you need to know about rain & fog in this complete guide",
            "Rain &amp; fog".replace("&amp;", "&"),
        ),
        ("Bridges that vanish into morning fog", TITLE),
        ("Practical tips about photographing bridges that vanish into the fog of morning", TITLE),
        ("A trending topic in photography.", TITLE),
        ("霧の写真 - 話題", "霧の写真"),
        ("", TITLE),
        ("…", TITLE),
    ],
)
def test_a_summary_that_only_repeats_the_title_is_refused(text: str, title: str) -> None:
    assert not says_more(text, title, ["photography"])


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (PARAGRAPH, TITLE),
        ("Five exposures from one dawn on the Tweed.", "Fog"),
        ("Fog hides more than it shows, and that is what makes the river worth an early alarm.", "Fog"),
        ("How to photograph in fog without losing contrast, focus or your way home.", "How to photograph in fog"),
        ("Stay at home.", "Go outside"),
        ("霧の朝に橋を撮るための露出と構図について", "霧の写真"),
    ],
)
def test_a_summary_that_tells_something_is_taken(text: str, title: str) -> None:
    assert says_more(text, title, ["photography"])


@pytest.mark.parametrize(
    ("values", "summary"),
    [
        ({"summary": "Five exposures from one dawn.", "description": "Other words."}, "Five exposures from one dawn."),
        ({"description": "Five *exposures* &amp; more."}, "Five exposures & more."),
        ({"excerpt": "Five exposures."}, "Five exposures."),
        ({"teaser": "Five exposures."}, "Five exposures."),
        ({"deck": "Five exposures."}, "Five exposures."),
        ({"subtitle": "Five exposures."}, "Five exposures."),
        ({"summary": f"{TITLE} - A trending topic.", "excerpt": "Five exposures."}, "Five exposures."),
        ({"summary": TITLE, "metaDescription": "Five exposures."}, "Five exposures."),
        ({"summary": TITLE, "seo": {"description": "Five exposures."}}, "Five exposures."),
        ({"summary": TITLE, "meta_description": f"Learn about {TITLE} with practical tips."}, PARAGRAPH),
        ({"summary": True, "description": {"x": 1}}, PARAGRAPH),
        ({}, PARAGRAPH),
    ],
)
def test_the_summary_is_the_first_that_says_more_than_the_title(values: dict[str, object], summary: str) -> None:
    body = read_markdown(f"# {TITLE}\n\nShort.\n\n{PARAGRAPH}\n\nMore.")
    assert choose_summary(describe(values, "post.md"), body, TITLE, [])[0] == summary


def test_what_was_passed_over_is_said() -> None:
    _, warnings = choose_summary(describe({"summary": TITLE}, "post.md"), read_markdown(PARAGRAPH), TITLE, [])
    assert warnings == ["The summary only repeats the title, so it is not used as the summary."]


def test_a_body_of_few_words_still_gives_a_summary() -> None:
    assert choose_summary(describe({}, "post.md"), read_markdown("Nothing moved."), TITLE, [])[0] == "Nothing moved."
    assert choose_summary(describe({}, "post.md"), read_markdown("- a\n- b"), TITLE, [])[0] is None


def test_a_long_paragraph_is_kept_up_to_two_thousand_characters() -> None:
    body = read_markdown(f"{PARAGRAPH} " * 40)
    summary = choose_summary(describe({}, "post.md"), body, TITLE, [])[0]
    assert summary and 1900 < len(summary) <= 2000 and summary.endswith("picture.")
