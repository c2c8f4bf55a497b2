"""The page that shows posts as their networks would."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialbot.media import Media
from socialbot.nouns import Caption, Card, Draft, Held, Part, Shape, Span, Variant
from socialbot.web.looks import LOOKS, STORY, Look, look_of
from socialbot.web.page import Photo, Shown, page, shown

NETWORKS = (*LOOKS, "another")
PICTURE = Photo(bytes(range(256)), "image/png", "A red door.", 1080, 1350, (0.25, 0.75))
POST = Shown("bluesky", "example.org", "Words", (), datetime(2025, 4, 3, 9, 0, tzinfo=UTC), "en")
VOID = {"meta", "img", "input"}


class Document(HTMLParser):
    """Every element in order, what is visible in the caption, and whether each element was closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.caption, self.folded, self.words = "", "", ""
        self.links: list[list[str | None]] = []
        self._open: list[tuple[str, str]] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag not in VOID and tag != "path":
            self._open.append((tag, found.get("class") or ""))
        if tag == "a" and self._within("p", "text"):
            self.links.append(["", found.get("href")])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._within("p", "text"):
            self.caption += data
            self.folded += data if self._within("span", "folded") else ""
            if any(tag == "a" for tag, _ in self._open):
                self.links[-1][0] = f"{self.links[-1][0]}{data}"

    def _within(self, tag: str, name: str) -> bool:
        return (tag, name) in self._open

    def all(self, attribute: str) -> list[str]:
        return [value for _, found in self.elements if (value := found.get(attribute)) is not None]


def full(post: Shown, words: str) -> Shown:
    """A post with `words` in every place that takes words."""
    return replace(
        post,
        account=words,
        text=words,
        language=words,
        photos=(replace(PICTURE, alt=words, mime=words),),
        card_title=words,
        card_description=words,
        card_thumb=PICTURE,
        card_url="https://example.org/" + words,
        url="https://example.org/" + words,
        used=4,
        limit=300,
        unit=words,
        label=words,
        warnings=(words,),
        held=Held(words, words),
    )


spans = st.builds(
    Span, st.sampled_from(["link", "tag"]), st.integers(-3, 60), st.integers(-3, 60), st.just("https://example.org") | st.text()
)


@given(st.sampled_from(NETWORKS), st.text(max_size=60) | st.from_regex(r"(https?://|\\|\*|[a-z<&\n]){0,30}"), st.lists(spans))
def test_visible_text_is_the_caption_for_any_text_and_any_spans(network: str, text: str, live: list[Span]) -> None:
    post = replace(POST, network=network, text=text, spans=tuple(live))
    assert Document(page("Heading", [post])).caption == text


@pytest.mark.parametrize("network", NETWORKS)
def test_spans_become_links_at_their_places(network: str) -> None:
    text = "Née 👩‍👩‍👧 see https://www.example.org/a/long/path/that/mastodon/shortens?a=1&b=2 and #Tag."
    start, hashtag = text.index("https"), text.index("#")
    uri = text[start : text.index(" and")]
    post = replace(
        POST,
        network=network,
        text=text,
        spans=(Span("tag", hashtag, hashtag + 4, "Tag"), Span("link", start, start + len(uri), uri)),
    )
    assert Document(page("Heading", [post])).links == [[uri, uri], ["#Tag", None]]


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        "\"'><img src=x onerror=alert(1)>",
        "</style></title></p>{{ 7*7 }}{% raw %}<!--",
        "\u202ereversed\u2066",
        "w" * 5_000,
        "a\x00b\r\n\n\tc",
    ],
)
def test_hostile_words_change_no_element_and_no_attribute(network: str, words: str) -> None:
    def skeleton(words: str) -> list[tuple[str, list[str]]]:
        html = page(words, [full(replace(POST, network=network), words)], note=words)
        return [(tag, list(found)) for tag, found in Document(html).elements]

    assert skeleton(words) == skeleton("words")


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JaVaScRiPt://x/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//x",
        "\\\\x",
    ],
)
def test_only_web_addresses_become_links(uri: str) -> None:
    post = replace(POST, spans=(Span("link", 0, 5, uri),), card_title="Card", card_url=uri, url=uri)
    assert Document(page("Heading", [post])).all("href") == []


def test_a_card_names_the_host_a_browser_would_go_to() -> None:
    cards = ["https://bank.example@evil.example/", "https://evil.example\\@bank.example/"]
    for address in cards:
        words = Document(page("Heading", [replace(POST, card_title="Card", card_url=address)])).words.split()
        assert "evil.example" in words


@pytest.mark.parametrize("network", NETWORKS)
def test_pictures_are_embedded_byte_for_byte_with_their_descriptions(network: str) -> None:
    thumb = replace(PICTURE, content=b"thumb", alt="")
    document = Document(page("Heading", [replace(POST, network=network, photos=(PICTURE,), card_title="C", card_thumb=thumb)]))
    images = [found for tag, found in document.elements if tag == "img"]
    assert [base64.b64decode(str(image["src"]).removeprefix("data:image/png;base64,")) for image in images] == [
        PICTURE.content,
        b"thumb",
    ]
    assert [image["alt"] for image in images] == ["A red door.", ""]
    assert "A red door." in document.words
    assert "1080 × 1350 pixels · 256 bytes · image/png" in document.words


def test_the_crop_follows_the_focal_point() -> None:
    assert "--focus: 25.0% 75.0%" in page("Heading", [replace(POST, photos=(PICTURE,))])


@pytest.mark.parametrize("network", NETWORKS)
def test_nothing_is_asked_of_the_outside(network: str) -> None:
    html = page("Heading", [full(replace(POST, network=network), "https://example.org/x.css")])
    document = Document(html)
    assert all(source.startswith("data:") for source in document.all("src"))
    assert not {tag for tag, _ in document.elements} & {"link", "script", "iframe", "object", "embed", "form", "base"}
    assert not re.search(r"@import|url\(", "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL)))
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in document.all("content")


@pytest.mark.parametrize("posts", [[], [POST], [full(replace(POST, network=network), "w") for network in NETWORKS]])
def test_a_page_has_one_main_heading_and_one_heading_for_each_post(posts: list[Shown]) -> None:
    tags = [tag for tag, _ in Document(page("Heading", posts)).elements]
    assert (tags.count("h1"), tags.count("h2"), tags.count("figure")) == (1, len(posts), len(posts))


def test_what_a_person_must_know_stands_under_the_card() -> None:
    post = replace(
        POST,
        used=284,
        limit=300,
        unit="graphemes",
        label="Text written with AI",
        warnings=("The clock is slow.",),
        held=Held("Nobody described the picture.", "Describe it."),
    )
    words = " ".join(Document(page("Heading", [post])).words.split())
    for sentence in (
        "284 of 300 graphemes",
        "AI label Text written with AI",
        "The clock is slow.",
        "Nobody described the picture. What to do: Describe it.",
        "Sent 3 Apr 2025, 09:00 UTC",
    ):
        assert sentence in words


@pytest.mark.parametrize(("used", "over"), [(300, False), (301, True)])
def test_a_caption_over_its_limit_is_marked(used: int, over: bool) -> None:
    classes = Document(page("Heading", [replace(POST, used=used, limit=300, unit="graphemes")])).all("class")
    assert ("length over" in classes) is over


def test_what_is_not_sent_says_so() -> None:
    assert "not sent yet" in page("Heading", [replace(POST, at=None)])


def test_discord_hides_the_backslash_of_an_escape_and_no_other() -> None:
    html = page("Heading", [replace(POST, network="discord", text=r"\*stars\* \\ C:\dir")])
    hide = r'<span class="escape">\</span>'
    assert f"{hide}*stars{hide}* {hide}\\ C:\\dir</p>" in html


@pytest.mark.parametrize("name", ["another", "../page", "page", "", "a\x00b", "x" * 5_000])
def test_a_network_nobody_knows_gets_a_plain_card(name: str) -> None:
    assert "card plain" in Document(page("Heading", [replace(POST, network=name)])).all("class")


def test_half_a_character_does_not_keep_the_page_from_being_written() -> None:
    page("Heading", [replace(POST, text="a\ud800b")]).encode()


def test_each_part_of_a_draft_is_shown_with_its_own_words_and_pictures(tmp_path: Path) -> None:
    media = Media(tmp_path)

    def variant(content: bytes, **said: Any) -> Variant:
        return Variant(media.put(content), "square", 10, 20, len(content), "image/jpeg", **said)

    held = Held("It waits.", "Approve it.")
    link = Span("link", 0, 3, "https://example.org")
    draft = Draft(
        post_id="p",
        account="blue",
        network="bluesky",
        language="de",
        parts=(
            Part(Caption("One", 3, 300, "graphemes", (link,)), (variant(b"one", alt="Eins", focal=(0.1, 0.2)),)),
            Part(Caption("Two", 3, 300, "graphemes"), card=Card("https://example.org", "T", "D", variant(b"two", alt=""))),
        ),
        label="Mit KI",
        warnings=("Careful.",),
        held=held,
    )
    first, second = shown(draft, media)
    assert first == Shown(
        "bluesky", "blue", "One", (link,), None, "de", used=3, limit=300, unit="graphemes", label="Mit KI",
        photos=(Photo(b"one", "image/jpeg", "Eins", 10, 20, (0.1, 0.2)),), warnings=("Careful.",), held=held,
    )  # fmt: skip
    assert second == Shown(
        "bluesky", "blue", "Two", (), None, "de", used=3, limit=300, unit="graphemes", follows=True, card_url="https://example.org",
        card_title="T", card_description="D", card_thumb=Photo(b"two", "image/jpeg", "", 10, 20),
    )  # fmt: skip


@pytest.mark.parametrize("look", [*LOOKS.values(), STORY, look_of("another")], ids=lambda look: look.name)
def test_no_look_leaves_out_what_arrived(look: Look) -> None:
    assert {"who", "title", "text", "photos", "link_card", "link_field"} <= set(look.order)
    assert len(look.order) == len(set(look.order))


@pytest.mark.parametrize("network", NETWORKS)
def test_title_and_link_of_their_own_stand_on_the_card(network: str) -> None:
    document = Document(page("Heading", [replace(POST, network=network, title="Own title", link="https://own.example/")]))
    assert "Own title" in document.words and "own.example" in document.words
    assert "https://own.example/" in document.all("href")


@given(st.sampled_from(NETWORKS), st.text(max_size=60), st.lists(spans), st.integers(1, 70))
def test_a_folded_caption_is_whole_and_its_beginning_is_seen(network: str, text: str, live: list[Span], fold: int) -> None:
    post = replace(POST, network=network, text=text, spans=tuple(live), fold=fold)
    document = Document(page("Heading", [post]))
    assert document.caption == text
    assert len(document.folded) >= max(0, len(text) - fold)
    assert bool(document.folded) == (len(text) > fold)


def test_a_fold_falls_between_words_and_is_opened_without_a_script() -> None:
    post = replace(POST, network="instagram", text="The fog lifts slowly", fold=10)
    document = Document(page("Heading", [post]))
    assert document.folded == " lifts slowly"
    assert ("input", {"type": "checkbox", "aria-label": "Show the whole caption"}) in document.elements
    assert "… more" in document.all("data-words")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("many", [1, 2, 3, 5, 12])
def test_every_picture_can_be_reached(network: str, many: int) -> None:
    photos = tuple(replace(PICTURE, content=bytes([n]), alt=f"Door {n} of {many}.") for n in range(many))
    document = Document(page("Heading", [replace(POST, network=network, photos=photos)]))
    shown = sum(tag == "img" for tag, _ in document.elements)
    most = look_of(network).at_most or many
    assert shown == min(many, most)
    assert (f"+{many - most}" in document.words) is (many > most)
    assert all(photo.alt in document.words for photo in photos)
    moves = look_of(network).gallery != "grid" and many > 1
    assert (f"{many} pictures, to be scrolled sideways" in document.all("aria-label")) is moves
    dots = any(tag == "p" and found.get("class") == "dots" for tag, found in document.elements)
    assert dots is (moves and look_of(network).gallery == "carousel")


def test_a_thread_is_one_article_with_its_posts_in_order() -> None:
    parts = [replace(POST, network="threads", text=f"Part {n}", used=6, limit=500, follows=n > 1) for n in (1, 2, 3)]
    document = Document(page("Heading", [*parts, POST]))
    assert [tag for tag, _ in document.elements].count("article") == 2
    assert document.all("class").count("card threads") == 3
    assert document.caption == "Part 1Part 2Part 3Words"
    assert [f"Post {n} of 3" in document.words for n in (1, 2, 3, 4)] == [True, True, True, False]


def test_a_flag_is_shown_in_the_networks_own_words() -> None:
    html = page("Heading", [replace(POST, network="instagram", flags=("is_ai_generated",))])
    assert "AI info" in Document(html).words and "AI flag is_ai_generated" in " ".join(Document(html).words.split())
    assert "AI info" not in Document(page("Heading", [replace(POST, network="instagram")])).words


@pytest.mark.parametrize(
    ("shape", "text", "story"), [("vertical", "", True), ("vertical", "Words", False), ("square", "", False)]
)
def test_an_upright_picture_without_a_word_is_a_story(tmp_path: Path, shape: Shape, text: str, story: bool) -> None:
    media = Media(tmp_path)
    upright = Variant(media.put(b"one"), shape, 1080, 1920, 3, "image/jpeg", "")
    part = Part(Caption(text, len(text), 2200, "utf-16"), (upright,))
    draft = Draft("p", "a", "instagram", "en", (part,), flags={"is_ai_generated": True})
    (one,) = shown(draft, media)
    assert (one.look is STORY) is story
    assert (one.fold, one.flags) == (125, ("is_ai_generated",))
    assert ("The network has no place for a description." in page("Heading", [one])) is story
