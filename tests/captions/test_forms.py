"""One caption in each network's form: links and hashtags live where they should, and nothing else changed."""

from __future__ import annotations

from html import unescape

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.captions import find_spans
from socialbot.captions.forms import facets, html, little_text, npf, telegram_entities, telegram_html
from socialbot.nouns import Caption, Span

LINK = 'https://example.org/2026/11/fog?a="1"&b=<2>'


def caption(text: str, *spans: Span) -> Caption:
    return Caption(text, len(text), 5000, "graphemes", spans or find_spans(text, None))


def shortened(before: str, shown: str, after: str = "") -> Caption:
    """A caption in which a link stands in other words."""
    return caption(before + shown + after, Span("link", len(before), len(before) + len(shown), LINK))


# Any text, with links shown as they are or shortened, and hashtags, in any order of `spans`.
_live = st.sampled_from(
    [
        ("https://example.org/å?b=1", Span("link", 0, 0, "https://example.org/å?b=1")),
        ("example.org/2026…", Span("link", 0, 0, LINK)),
        ("#Öland", Span("tag", 0, 0, "Öland")),
        ("#قصر_الحمراء", Span("tag", 0, 0, "قصر_الحمراء")),
        ("＃霧", Span("tag", 0, 0, "霧")),
    ]
)
_dead = st.text(max_size=12) | st.sampled_from(
    ["👨‍❤️‍👨", "🇩🇪", "e\u0301", "日本語", "مرحبا", "\n\n", " ", "<b>&amp;", "a_(b) @c #d", "\\"]
)


@st.composite
def captions(draw: st.DrawFn) -> Caption:
    text, spans = "", []
    for piece in draw(st.lists(_dead | _live, max_size=8)):
        if isinstance(piece, str):
            text += piece
        else:
            shown, span = piece
            spans.append(Span(span.kind, len(text), len(text) + len(shown), span.value))
            text += shown
    return caption(text, *draw(st.permutations(spans))) if spans else Caption(text, 0, 0, "graphemes")


def slices(made: Caption) -> list[tuple[str, str]]:
    return [(made.text[span.start : span.end], span.value) for span in sorted(made.spans, key=lambda span: span.start)]


# Bluesky


def check_facets(made: Caption) -> None:
    raw, reached, found = made.text.encode(), 0, []
    for facet in facets(made):
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        assert reached <= start < end
        reached = end
        (feature,) = facet["features"]
        found.append((raw[start:end].decode(), feature.get("uri") or feature["tag"]))
    assert found == slices(made)


@settings(max_examples=500)
@given(captions())
def test_the_bytes_of_each_facet_are_its_words(made: Caption) -> None:
    check_facets(made)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(captions())
def test_the_bytes_of_each_facet_are_its_words_in_twenty_thousand_captions(made: Caption) -> None:
    check_facets(made)


def test_a_facet_is_what_the_lexicon_says() -> None:
    assert facets(caption("é #fog https://example.org")) == [
        {
            "index": {"byteStart": 3, "byteEnd": 7},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "fog"}],
        },
        {
            "index": {"byteStart": 8, "byteEnd": 27},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org"}],
        },
    ]


@pytest.mark.parametrize(("tag", "count"), [("x" * 64, 1), ("x" * 65, 0), ("e\u0301" * 64, 1), ("é" + "\u0301" * 320, 0)])
def test_a_hashtag_too_long_for_bluesky_gets_no_facet(tag: str, count: int) -> None:
    assert len(facets(caption(f"#{tag}", Span("tag", 0, len(tag) + 1, tag)))) == count


def test_facets_never_overlap() -> None:
    made = facets(caption("https://example.org", Span("tag", 3, 9, "b"), Span("link", 0, 19, "https://example.org")))
    assert [facet["index"] for facet in made] == [{"byteStart": 0, "byteEnd": 19}]


# Telegram


def test_only_a_link_in_other_words_needs_an_entity() -> None:
    assert telegram_entities(caption("see https://example.org #fog")) == []
    made = shortened("👍🏽 Dimma é ", "example.org/2026…", " #fog")
    assert telegram_entities(made) == [{"type": "text_link", "offset": 13, "length": 17, "url": LINK}]


@settings(max_examples=500)
@given(captions())
def test_the_utf_16_units_of_each_entity_are_its_words(made: Caption) -> None:
    units = made.text.encode("utf-16-le")
    found = [
        (units[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le"), one["url"])
        for one in telegram_entities(made)
    ]
    assert found == [(shown, value) for shown, value in slices(made) if value == LINK]


def test_telegram_gets_no_markup_it_would_refuse() -> None:
    made = shortened("1 < 2 & <b> ", "example.org/<2>", ' "quoted"')
    href = "https://example.org/2026/11/fog?a=&quot;1&quot;&amp;b=&lt;2&gt;"
    assert telegram_html(made) == f'1 &lt; 2 &amp; &lt;b&gt; <a href="{href}">example.org/&lt;2&gt;</a> "quoted"'


@settings(max_examples=500)
@given(captions())
def test_parsed_telegram_html_is_the_text(made: Caption) -> None:
    sent = telegram_html(made)
    assert decoded(regex.sub(r'<a href="[^"<>]*">|</a>', "", sent)) == made.text
    assert [unescape(url) for url in regex.findall(r'<a href="([^"]*)">', sent)] == [
        value for _, value in slices(made) if value == LINK
    ]


def decoded(text: str) -> str:
    """The words of markup that holds no tag and no entity but these three."""
    assert regex.search(r"[<>]|&(?!amp;|lt;|gt;)", text) is None
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


# LinkedIn

RESERVED = r"\|{}[]()<>@#*_~"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a (b)", r"a \(b\)"),
        ("x_y #ai", r"x\_y #ai"),
        ("me@ex.com", r"me\@ex.com"),
        (r"C:\d", r"C:\\d"),
        ("{x|y}", r"\{x\|y\}"),
        ("#ai, #Öland2 #f_g #1", r"#ai, #Öland2 \#f\_g \#1"),
        ("*a* ~b~ <c> [d]", r"\*a\* \~b\~ \<c\> \[d\]"),
    ],
)
def test_linkedin_gets_its_reserved_characters_escaped(text: str, sent: str) -> None:
    assert little_text(caption(text)) == sent


def test_urls_are_escaped_for_linkedin_unless_told_otherwise() -> None:
    made = caption("a_b https://example.org/a_(b)")
    assert little_text(made) == r"a\_b https://example.org/a\_\(b\)"
    assert little_text(made, escape_urls=False) == r"a\_b https://example.org/a_(b)"


def check_little_text(made: Caption) -> None:
    sent = little_text(made)
    assert regex.sub(r"\\(.)", r"\1", sent, flags=regex.DOTALL) == made.text
    tags = {f"#{span.value}" for span in made.spans if span.kind == "tag"}
    bare = regex.sub(r"\\.", "\x00", sent, flags=regex.DOTALL)
    for found in regex.finditer(rf"[{regex.escape(RESERVED, special_only=False)}]", bare):
        assert any(bare.startswith(tag, found.start()) for tag in tags)


@settings(max_examples=500)
@given(captions() | st.text(alphabet=RESERVED + "ab1 #é\n", max_size=40).map(caption))
def test_nothing_reserved_is_left_bare_for_linkedin_and_nothing_is_lost(made: Caption) -> None:
    check_little_text(made)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(captions() | st.text(alphabet=RESERVED + "ab1 #é\n", max_size=40).map(caption))
def test_nothing_reserved_is_left_bare_in_twenty_thousand_captions(made: Caption) -> None:
    check_little_text(made)


# Tumblr


def test_each_paragraph_is_a_block_with_its_links() -> None:
    made = shortened("Dimma\när här 🌫️\n\n🌫️ ", "example.org/2026…", " #fog\n\nEnd")
    assert npf(made) == [
        {"type": "text", "text": "Dimma\när här 🌫️"},
        {
            "type": "text",
            "text": "🌫️ example.org/2026… #fog",
            "formatting": [{"type": "link", "start": 3, "end": 20, "url": LINK}],
        },
        {"type": "text", "text": "End"},
    ]


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("x" * 4096, [4096]),
        ("x" * 4097, [4096, 1]),
        ("x" * 4096 + " y", [4096, 1]),
        ("word " * 1000, [4094, 905]),
        ("🇩🇪" * 2049, [4096, 2]),
        ("y" + "🇩🇪" * 2048, [4095, 2]),
        ("e" + "\u0301" * 5000, [4096, 905]),
    ],
)
def test_a_long_paragraph_is_cut_between_words_else_between_graphemes(text: str, lengths: list[int]) -> None:
    assert [len(block["text"]) for block in npf(Caption(text, 0, 0, "code points"))] == lengths


def test_a_link_longer_than_a_block_leads_to_its_page_from_both() -> None:
    link = "https://example.org/" + "x" * 5000
    assert [block["formatting"] for block in npf(caption(link))] == [
        [{"type": "link", "start": 0, "end": 4096, "url": link}],
        [{"type": "link", "start": 0, "end": 924, "url": link}],
    ]


@settings(max_examples=500)
@given(captions())
def test_blocks_hold_all_the_words_and_links(made: Caption) -> None:
    blocks = npf(made)
    assert regex.split(r"\n{2,}", made.text.strip("\n")) == ([block["text"] for block in blocks] or [""])
    found = [(block["text"][one["start"] : one["end"]], one["url"]) for block in blocks for one in block.get("formatting", [])]
    assert found == [(shown, value) for shown, value in slices(made) if value.startswith("https://")]


# Matrix


def test_matrix_gets_links_and_line_ends_and_nothing_else() -> None:
    made = shortened("<b>R&D</b>\n\nsee ", "example.org/2026…", ' "x" #fog')
    href = "https://example.org/2026/11/fog?a=&quot;1&quot;&amp;b=&lt;2&gt;"
    assert html(made) == f'&lt;b&gt;R&amp;D&lt;/b&gt;<br><br>see <a href="{href}">example.org/2026…</a> "x" #fog'
    assert html(caption("https://example.org")) == '<a href="https://example.org">https://example.org</a>'


@settings(max_examples=500)
@given(captions())
def test_matrix_shows_the_text(made: Caption) -> None:
    sent = html(made)
    assert decoded(regex.sub(r'<a href="[^"<>]*">|</a>', "", sent).replace("<br>", "\n")) == made.text
