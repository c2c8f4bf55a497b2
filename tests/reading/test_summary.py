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
        ("Lernen Sie alles über Nebel mit praktischen Tipps für Anfänger.", "Nebel"),
        ("Découvrez tout sur le brouillard avec nos conseils pratiques.", "Brouillard"),
        ("Descubre todo lo que necesitas saber sobre la niebla en esta guía.", "Niebla"),
        ("Scopri tutto sulla nebbia con i nostri consigli pratici.", "Nebbia: tutto sulla nebbia, i nostri"),
        ("Aprenda tudo sobre a neblina com dicas práticas.", "Neblina"),
        ("Ontdek alles over mist met praktische tips voor beginners.", "Mist"),
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


@pytest.mark.parametrize(
    ("written", "summary"),
    [
        ("“Fog” – it’s 5\u00a0°C…", "“Fog” – it’s 5\u00a0°C…"),
        ("Fog &amp;amp; light, &amp;quot;seen&amp;quot; &amp;#8212; &lt;here&gt; &hellip;", 'Fog & light, "seen" — <here> …'),
        ("&lt;p&gt;Fog&lt;br&gt;and &lt;b&gt;light&lt;/b&gt;&lt;/p&gt;", "Fog and light"),
        ("<p>Fog <em>and</em></p>\n<blockquote>light</blockquote><!-- more -->", "Fog and light"),
        ("<script>alert('x')</script>Fog in a vector<int>", "Fog in a vector<int>"),
        ("# Heading\n\nFog and **light**.\n", "Fog and light."),
        ("> Fog and [light](/light)", "Fog and light"),
        ("Fog\n  and \t light ", "Fog and light"),
        ("Fog in the cafe\u0301", "Fog in the café"),
        ("Fog on the {{ site.river }}, {% if a %}early{% endif %} in {{< place >}}{{% x %}}.", "Fog on the, early in."),
        ("Fog and light :fog:", "Fog and light :fog:"),
        ("Fog came early.[1] It stayed.[^2]", "Fog came early. It stayed."),
        ("Fog came early. [&hellip;]", "Fog came early."),
        ("Fog came early, and […]", "Fog came early, and…"),
        ("Fog came early. Continue reading →", "Fog came early."),
        (f"{TITLE}: Five exposures from one dawn, all on the Tweed.", "Five exposures from one dawn, all on the Tweed."),
        (f"{TITLE}, five exposures from one dawn, all of them on the Tweed and near.", None),
    ],
)
def test_the_authors_summary_comes_without_markup_templates_and_notes(written: str, summary: str | None) -> None:
    chosen, warnings = choose_summary(describe({"summary": written}, "post.md"), read_markdown(PARAGRAPH), TITLE, [])
    assert (chosen, warnings) == (written if summary is None else summary, [])


@pytest.mark.parametrize(
    "excerpt",
    [
        "Fog takes away everything but the two or […]",
        "Fog takes away everything but the two or thr…",
        "Fog takes away everything but the two or three things th",
        "Fog takes away everything but... Read more",
        f"{PARAGRAPH} It comes before dawn, when […]",
    ],
)
def test_an_excerpt_cut_off_by_a_machine_gives_way_to_the_paragraph_it_begins(excerpt: str) -> None:
    body = read_markdown(f"By Jane Doe\n\n{PARAGRAPH}\n\nIt comes before dawn, when nobody is about.")
    assert choose_summary(describe({"excerpt": excerpt}, "post.md"), body, TITLE, [])[0] == PARAGRAPH
    assert choose_summary(describe({"excerpt": "Fog waits at the river…"}, "post.md"), body, TITLE, [])[0] == (
        "Fog waits at the river…"
    )


@pytest.mark.parametrize(
    "opening",
    [
        "By Jane Doe",
        "LONDON (Reuters) —",
        "Photo by Jane Doe on Unsplash",
        "Last updated: 3 May 2025",
        "Estimated reading time: 5 minutes, or 4 for readers in a hurry",
        "This post contains affiliate links, which means that I may earn a commission.",
        "Why the fog on the river comes and goes before dawn",
        "What I have learned in ten years of early mornings:",
    ],
)
def test_what_stands_before_the_first_real_paragraph_is_no_summary(opening: str) -> None:
    body = read_markdown(f"# {TITLE}\n\n{opening}\n\n{PARAGRAPH}")
    assert choose_summary(describe({}, "post.md"), body, TITLE, [])[0] == PARAGRAPH


def test_a_dateline_stays_with_its_paragraph() -> None:
    story = f"LONDON (Reuters) — {PARAGRAPH}"
    assert choose_summary(describe({}, "post.md"), read_markdown(story), TITLE, [])[0] == story


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (TITLE, "only repeats the title"),
        ("Where to stand", "only repeats a heading"),
        ("Just another WordPress site", "is boilerplate"),
        ("Photo: Jane Doe", "is boilerplate"),
    ],
)
def test_what_was_passed_over_is_said(written: str, why: str) -> None:
    body = read_markdown(f"{PARAGRAPH}\n\n## Where to stand")
    chosen, warnings = choose_summary(describe({"summary": written}, "post.md"), body, TITLE, [])
    assert (chosen, warnings) == (PARAGRAPH, [f"The summary {why}, so it is not used as the summary."])


def test_a_body_of_few_words_still_gives_a_summary() -> None:
    assert choose_summary(describe({}, "post.md"), read_markdown("Nothing moved."), TITLE, [])[0] == "Nothing moved."
    assert choose_summary(describe({}, "post.md"), read_markdown("- a\n- b"), TITLE, [])[0] is None


def test_a_long_paragraph_is_kept_up_to_two_thousand_characters() -> None:
    body = read_markdown(f"{PARAGRAPH} " * 40)
    summary = choose_summary(describe({}, "post.md"), body, TITLE, [])[0]
    assert summary and 1900 < len(summary) <= 2000 and summary.endswith("picture.")
