from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialbot.media import Media
from socialbot.nouns import Mistake, Post, freeze, thaw
from socialbot.reading import Fetcher, read
from socialbot.settings import SiteSettings
from tests.reading.conftest import SITE, Read, no_network

REPOSITORY = Path(__file__).parents[2]
SHARED = REPOSITORY / "../shared/examples"


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("---\ntitle: Fog &amp; *light*\n---\n# Other", "post.md", "Fog & light"),
        ("---\ntitle: 1984\n---\n", "post.md", "1984"),
        ("---\ntitle: Yes\n---\n", "post.md", "Yes"),
        ("---\ntitle: ' '\n---\nIntro\n\n## Fog and `light`\n", "post.md", "Fog and light"),
        ("Fog on the river\n\nIt was early.", "post.md", "Fog on the river"),
        ("Fog on the river\nIt was early.", "post.txt", "Fog on the river"),
        ("# Fog on the river\nIt was early.", "post.txt", "Fog on the river"),
        ("<title>Fog | My site</title><h1>Fog</h1>", "post.html", "Fog"),
        ("<title>Fog &amp; light</title><p>Text", "post.html", "Fog & light"),
        ("<title>Fog</title><h1>My site</h1>", "post.html", "Fog"),
        ("---\ntitle: Fog\n---\n<h1>Other</h1>", "post.html", "Fog"),
    ],
)
def test_every_post_has_the_title_its_author_gave_it(read_post: Read, text: str, name: str, title: str) -> None:
    assert read_post(text, name=name).title == title


@pytest.mark.parametrize(
    "text", ["", "   \n\n", "---\ntags: [fog]\n---\n", "---\n---\n", "![](/a.jpg)", "…\n\n---\n", "<!-- fog -->"]
)
def test_without_a_title_nothing_is_posted(read_post: Read, text: str) -> None:
    with pytest.raises(Mistake, match="there is no title"):
        read_post(text)


def test_what_is_no_post_file_is_refused(read_post: Read) -> None:
    with pytest.raises(Mistake, match=r"no post file.*\.md"):
        read_post("[site]\nurl = 1", name="socialbot.toml")


def test_a_drawing_inside_markdown_gives_no_title(read_post: Read) -> None:
    assert read_post("<svg><title>Logo</title></svg>\n\n# Fog").title == "Fog"


def test_a_long_first_line_is_cut_between_words_and_the_summary_goes_on_after_it(read_post: Read) -> None:
    first = "On the river, before anybody else was up, " * 9 + "the fog came."
    post = read_post(f"{first} Then the bridge went missing, and with it the road to the village.\nMore.", name="post.txt")
    assert len(post.title) <= 300 and post.title.endswith("…")
    assert post.summary == "Then the bridge went missing, and with it the road to the village."
    assert "No title was given; the first line serves as the title." in post.warnings


@pytest.mark.parametrize(
    ("front_matter", "url"),
    [
        ("canonical: https://x.test/fog", "https://x.test/fog"),
        ("canonical_url: https://x.test/fog", "https://x.test/fog"),
        ("canonicalURL: https://x.test/fog", "https://x.test/fog"),
        ("seo: {canonicalUrl: https://x.test/fog}", "https://x.test/fog"),
        ("canonical: /fog/", "https://fog.test/fog/"),
        ("permalink: /2025/fog/\nslug: other", "https://fog.test/2025/fog/"),
        ("url: /fog", "https://fog.test/fog"),
        ("slug: fog", "https://fog.test/fog"),
        ("permalink: /:year/:title/\nslug: fog", "https://fog.test/fog"),
        ("canonical: javascript:alert(1)\nslug: fog", "https://fog.test/fog"),
        ("canonical: //x.test/fog", "https://x.test/fog"),
        ("canonical: https://x.test/fog and light", "https://x.test/fog%20and%20light"),
        ("canonical: ftp://x.test/fog", None),
        ("canonical: https://", None),
        ("canonical: https://[x/", None),
        ("canonical: https://x.test:99999/", None),
        ("tags: [fog]", None),
    ],
)
def test_the_link_is_what_the_author_says_and_never_guessed(read_post: Read, front_matter: str, url: str | None) -> None:
    post = read_post(f"---\ntitle: Fog\n{front_matter}\n---\n", name="2025-01-03-fog.md")
    assert post.url == url
    assert any("no link" in warning for warning in post.warnings) == (url is None)


def test_a_slug_without_a_site_makes_no_link(read_post: Read) -> None:
    post = read_post("---\ntitle: Fog\nslug: fog\n---\n", site=SiteSettings())
    assert post.url is None and any("Set site.url" in warning for warning in post.warnings)


def test_the_same_page_has_the_same_id_however_its_address_is_written(read_post: Read) -> None:
    spellings = ["https://x.test/Fog", "http://X.TEST:80/Fog/", "https://x.test:443/Fog#top", "HTTPS://x.test/Fog/"]
    ids = {read_post(f"---\ntitle: Fog\ncanonical: {url}\n---\n").id for url in spellings}
    assert len(ids) == 1 and len(ids.pop()) == 16
    others = ["https://x.test/fog", "https://x.test:8443/Fog", "https://y.test/Fog", "https://x.test/Fog?p=1"]
    assert len({read_post(f"---\ntitle: Fog\ncanonical: {url}\n---\n").id for url in [spellings[0], *others]}) == 5


def test_without_an_address_the_place_in_the_site_is_the_identity(tmp_path: Path, read_post: Read) -> None:
    def read_from(home: Path, folder: str, name: str = "fog.md") -> Post:
        path = home / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# Fog\n\nIt was early.")
        return read(path, SITE, home, Media(home / "media"), fetcher=Fetcher(httpx.Client()))

    here, moved, queued = (
        read_from(tmp_path / home, folder) for home, folder in [("a", "content/posts"), ("b", "content/posts"), ("a", "queue")]
    )
    other, inside = read_from(tmp_path / "a", "content/posts", "rain.md"), read_from(tmp_path / "a", "drafts")
    assert here.id == moved.id and here.source == queued.source == "fog.md"
    assert queued.id != here.id and queued.content_hash == here.content_hash, "a dropped file is known by its words alone"
    assert len({here.id, other.id, inside.id}) == 3 and inside.source == "drafts/fog.md"
    assert {post.content_hash for post in (here, moved, queued, other, inside)} == {here.content_hash}


def test_the_content_hash_changes_with_title_body_and_pictures_only(read_post: Read) -> None:
    text = "---\ntitle: Fog\ntags: [a]\nimage: /a.jpg\n---\nIt was  early.\n"
    same = [text.replace("[a]", "[b]"), text.replace("was  early", "was *early*"), text.replace("\n", "\r\n")]
    other = [text.replace("Fog", "Rain"), text.replace("early", "late"), text.replace("/a.jpg", "/b.jpg")]
    assert len({read_post(one).content_hash for one in [text, *same]}) == 1
    assert len({read_post(one).content_hash for one in [text, *other]}) == 4


def test_the_article_is_told_and_does_not_count_in_the_content_hash(read_post: Read) -> None:
    post = read_post("---\ntitle: Fog\nimage: /a.jpg\n---\n## Early\n\nIt was early.[1]\n\n- Up at *four*.\n\nBy Jane Doe\n")
    assert post.body == "It was early.\n\n– Up at four."
    said = "Fog\nEarly It was early.[1] Up at four. By Jane Doe\n/a.jpg"
    assert post.content_hash == hashlib.sha256(said.encode()).hexdigest()
    assert thaw(Post, freeze(post)) == post


@pytest.mark.parametrize(
    ("front_matter", "name", "published"),
    [
        ("date: 2025-07-03", "post.md", datetime(2025, 7, 2, 23)),
        ("publishDate: 2031-01-01\ndate: 2025-01-03", "post.md", datetime(2031, 1, 1)),
        ("pubDate: Jan 3 2025", "post.md", datetime(2025, 1, 3)),
        ("created: 2025-01-03", "post.md", datetime(2025, 1, 3)),
        ("published: 2025-01-03", "post.md", datetime(2025, 1, 3)),
        ("published: true\ndate: 2025-01-03", "post.md", datetime(2025, 1, 3)),
        ("tags: [a]", "2025-01-03-fog.md", datetime(2025, 1, 3)),
        ("date:", "2025/01/03/index.md", datetime(2025, 1, 3)),
        ("tags: [a]", "fog.md", None),
    ],
)
def test_the_date_comes_from_the_author_or_the_path(
    read_post: Read, front_matter: str, name: str, published: datetime | None
) -> None:
    post = read_post(f"---\ntitle: Fog\n{front_matter}\n---\n", name=name)
    assert post.published == (published and published.replace(tzinfo=UTC))
    assert post.unpublished is None


def test_toml_dates_are_dates(read_post: Read) -> None:
    post = read_post('+++\ntitle = "Fog"\ndate = 2025-07-03T10:00:00\n[taxonomies]\ntags = ["a"]\n+++\n')
    assert post.published == datetime(2025, 7, 3, 9, tzinfo=UTC) and post.tags == ("a",)


@pytest.mark.parametrize("written", ["soon", "03/04/2025", "2025-02-30"])
def test_a_date_nobody_can_read_stops_the_post(read_post: Read, written: str) -> None:
    with pytest.raises(Mistake, match=r"post\.md, line 3: date: .* is no date"):
        read_post(f"---\ntitle: Fog\ndate: {written}\n---\n")


@pytest.mark.parametrize(
    ("front_matter", "why"),
    [
        ("draft: true", "draft: true"),
        ("draft: 'True'", "draft: True"),
        ("draft: perhaps", "draft: perhaps"),
        ("published: false", "published: false"),
        ("published: no", "published: no"),
        ("status: draft", "status: draft"),
        ("status: pending", "status: pending"),
        ("post_status: private", "post_status: private"),
        ("private: true", "private: true"),
        ("draft: false", None),
        ("draft: 'no'", None),
        ("draft:", None),
        ("published: true", None),
        ("status: Published", None),
        ("status: publish", None),
        ("status: live", None),
    ],
)
def test_what_the_author_does_not_want_out_is_told_with_the_reason(read_post: Read, front_matter: str, why: str | None) -> None:
    assert read_post(f"---\ntitle: Fog\n{front_matter}\n---\n").unpublished == why


def test_a_drafts_folder_holds_drafts(read_post: Read) -> None:
    assert read_post("# Fog", name="_drafts/fog.md").unpublished == "it lies in _drafts"


@pytest.mark.parametrize(
    ("front_matter", "tags"),
    [
        ('tags: ["photography","trending"]', ("photography", "trending")),
        ("tags: fog, River Walks , fog", ("fog", "River Walks")),
        ("tags: [Fog]\ncategories: [fog, rivers]\nkeywords: a, b\ntag: c", ("Fog", "rivers", "a", "b", "c")),
        ("tags:\n- '#fog'\n- 2025\n- {name: mist}\n- ''\n- ~\n- '&amp;c'", ("fog", "2025", "mist", "&c")),
        ("tags:", ()),
        ("tags: fog oak morning", ("fog", "oak", "morning")),
        ("categories: fog oak-wood 2025", ("fog", "oak-wood", "2025")),
        ("tags: digital clones", ("digital clones",)),
        ("tags: River walks in Wales", ("River walks in Wales",)),
        ("tag: fog on water", ("fog on water",)),
        ("keywords: fog on water", ("fog on water",)),
        ("tags: fog on water, oak", ("fog on water", "oak")),
        ("tags: '#fog #Oak'", ("fog", "Oak")),
    ],
)
def test_tags_are_gathered_once_each_in_order(read_post: Read, front_matter: str, tags: tuple[str, ...]) -> None:
    assert read_post(f"---\ntitle: Fog\n{front_matter}\n---\n").tags == tags


@pytest.mark.parametrize(
    ("written", "language"),
    [
        *(
            ("de", "de"),
            ("en_US", "en-US"),
            ("PT-br", "pt-BR"),
            ("no", "no"),
            ("zh-hans-CN", "zh-Hans-CN"),
            ("en_GB.UTF-8", "en-GB"),
        ),
        *(("English", "en"), ("''", "en"), ("[a]", "en")),
    ],
)
def test_the_language_is_a_tag_or_the_sites(read_post: Read, written: str, language: str) -> None:
    assert read_post(f"---\ntitle: Fog\nlang: {written}\n---\n").language == language


def test_social_overrides_are_passed_on_and_must_be_a_mapping(read_post: Read) -> None:
    post = read_post("---\ntitle: Fog\nsocial: {bluesky: {caption: Look, skip: false}}\n---\n")
    assert post.social == {"bluesky": {"caption": "Look", "skip": False}}
    with pytest.raises(Mistake, match=r"post\.md, line 3: social is not a mapping"):
        read_post("---\ntitle: Fog\nsocial: yes please\n---\n")


def test_an_html_page_tells_about_itself(read_post: Read) -> None:
    post = read_post(
        '<html lang="de"><title>Nebel</title><meta name="description" content="Fünf Belichtungen am Fluss.">'
        '<link rel="canonical" href="https://x.test/nebel"><meta property="article:published_time" content="2025-01-03 10:00">',
        name="nebel.html",
    )
    assert (post.language, post.summary, post.url) == ("de", "Fünf Belichtungen am Fluss.", "https://x.test/nebel")
    assert post.published == datetime(2025, 1, 3, 10, tzinfo=UTC)


def test_text_is_composed_and_without_stray_characters(read_post: Read) -> None:
    post = read_post(
        '{"title": "Cafe\\u0301 \\ud83c\\udf2b\\u0000\\ud800"}\nSoft\u00adly  it\tfell, and nobody in the street was awake.'
    )
    assert post.title == "Café 🌫\ufffd" and post.summary == "Softly it fell, and nobody in the street was awake."


def test_the_posts_own_example_comes_out_well(tmp_path: Path) -> None:
    (path,) = (REPOSITORY / "examples/content/posts").glob("*.md")
    site = SiteSettings(url="https://example.org")
    post = read(
        path,
        site,
        REPOSITORY / "examples",
        Media(tmp_path),
        fetcher=Fetcher(httpx.Client(transport=httpx.MockTransport(no_network))),
    )
    assert post.summary and post.title not in post.summary and "trending" not in post.summary
    assert post.url and post.url.startswith("https://example.org/2025-11-20-")
    assert post.published == datetime(2025, 11, 20, tzinfo=UTC) and post.unpublished is None
    assert post.tags == ("photography", "trending")
    assert [(picture.alt, picture.missing) for picture in post.pictures] == [(None, None)] * 3
    assert post.closing_lines[-1].startswith("Generated by ")
    assert post.ai.text is None
    paragraphs = post.body.split("\n\n")
    assert [len(paragraph.split("\n")) for paragraph in paragraphs] == [1, 1, 6, 1] and paragraphs[0] == post.summary
    assert paragraphs[2].startswith("– Expose for the fog: The meter takes") and "Generated by" not in post.body
    assert len([warning for warning in post.warnings if "only repeats the title" in warning]) == 2
    assert thaw(Post, freeze(post)) == post


@pytest.mark.skipif(not SHARED.exists(), reason="the shared examples are not here")
def test_the_real_post_comes_out_well(tmp_path: Path) -> None:
    (path,) = SHARED.glob("2025-04-03-*.md")
    fetcher = Fetcher(httpx.Client(transport=httpx.MockTransport(no_network)), resolve=lambda host, port: ["93.184.215.14"])
    post = read(path, SITE, tmp_path, Media(tmp_path), fetcher=fetcher)
    assert post.title == "H&M to use digital clones of models in ads and social media"
    assert post.summary and post.summary.startswith("In a groundbreaking move, fashion retailer H&M has recently")
    assert post.url == "https://cre8photography.co.uk/" + path.stem
    assert [picture.alt for picture in post.pictures] == [None] * 3
    assert post.closing_lines == ("Generated by cre8 auto-blogger + Unsplash",)
    paragraphs = post.body.split("\n\n")
    assert [len(paragraph.split("\n")) for paragraph in paragraphs] == [1, 1, 7, 1] and paragraphs[0] == post.summary
    assert paragraphs[2].startswith("– Embrace Technology: Instead of") and paragraphs[-1].endswith("evolve with the times.")
    assert any("/path/to/image is a placeholder" in warning for warning in post.warnings)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared examples are not here")
def test_the_real_article_without_front_matter_comes_out_as_well_as_it_can(tmp_path: Path) -> None:
    path = SHARED / "article-without-front-matter.txt"
    post = read(path, SITE, tmp_path, Media(tmp_path), fetcher=Fetcher(httpx.Client()))
    assert post.title.startswith("Stockholm, Sweden โ In a groundbreaking") and post.title.endswith("latest campaigns.")
    assert post.summary and post.summary.startswith("This move marks a significant step")
    assert post.closing_lines[-1].startswith("If you like this post")
    assert post.body.startswith(post.summary) and post.body.endswith("weโre here to shape it.โ")
    assert "The Rise of Digital Clones" not in post.body and post.body.count("\n– ") == 4
    assert any("U+0E42" in warning for warning in post.warnings) and post.url is None


def test_pictures_embedded_in_the_text_are_left_out_and_do_not_count_as_text(read_post: Read) -> None:
    embedded = "![A bridge](data:image/png;base64," + "iVBORw0KGgo=" * 90_000 + ")"
    post = read_post(f"# Fog\n\n{embedded}\n\nIt was early, and nobody else was on the river.")
    assert post.pictures == () and post.summary == "It was early, and nobody else was on the river."
    assert "data: is a placeholder and is left out." in post.warnings


def test_a_text_beyond_all_bounds_is_refused(read_post: Read) -> None:
    with pytest.raises(Mistake, match="at most 1,000,000"):
        read_post("# Fog\n\n" + "word " * 250_000)


FENCES = st.sampled_from(["---\ntitle: {}\n---\n{}", "---\n{}\n---\n{}", "+++\n{}\n+++\n{}", '{{"title": "{}"}}\n{}', "{}{}"])
KEYS = [
    "title",
    "date",
    "image",
    "images",
    "canonical",
    "tags",
    "ai",
    "social",
    "lang",
    "draft",
    "summary",
    "cover",
    "slug",
    "status",
]
ENTRIES = st.dictionaries(
    st.sampled_from(KEYS), st.one_of(st.text(max_size=12), st.integers(), st.lists(st.text(max_size=8), max_size=3))
)
NAMES = st.sampled_from(["post.md", "post.mdx", "post.txt", "post.html"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=400),
        st.builds(lambda shape, front, body: shape.format(front, body).encode(), FENCES, st.text(), st.text()),
        st.builds(
            lambda entries: (
                "---\n" + "\n".join(f"{key}: {value!r}" for key, value in entries.items()) + "\n---\nFog"
            ).encode(),
            ENTRIES,
        ),
    ),
    NAMES,
)
def test_whatever_is_in_a_file_it_is_a_post_with_a_title_or_a_mistake(read_post: Read, raw: bytes, name: str) -> None:
    try:
        post = read_post(raw, name=name)
    except Mistake as mistake:
        assert mistake.where and name in mistake.where and "\n" not in str(mistake)
    else:
        assert post.title.strip() and thaw(Post, freeze(post)) == post
