from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from socialbot.nouns import Mistake, Picture
from socialbot.reading.fetching import Fetcher
from socialbot.reading.finding import MAX_FETCHED
from socialbot.reading.references import focal_box, focal_point
from socialbot.settings import SiteSettings
from tests.reading.conftest import SITE, Read

Draw = Callable[[str], Path]
PUBLIC = ["93.184.215.14"]


def web(answers: dict[str, bytes], asked: list[str] | None = None) -> Fetcher:
    """A fetcher on a web that has these pictures only."""

    def answer(request: httpx.Request) -> httpx.Response:
        url = f"{request.url.scheme}://{request.headers['Host']}{request.url.raw_path.decode()}"
        if asked is not None:
            asked.append(url)
        return httpx.Response(200, content=answers[url]) if url in answers else httpx.Response(404)

    return Fetcher(httpx.Client(transport=httpx.MockTransport(answer)), resolve=lambda host, port: PUBLIC)


@pytest.mark.parametrize(
    "front_matter",
    [
        "image: /a.jpg",
        "images: [/a.jpg]",
        "cover: /a.jpg",
        "cover: {image: /a.jpg}",
        "hero: {src: /a.jpg}",
        "heroImage: /a.jpg",
        "featured_image: /a.jpg",
        "featuredImage: {url: /a.jpg}",
        "thumbnail: /a.jpg",
        "og_image: /a.jpg",
        "banner: {path: /a.jpg}",
        "header: {image: /a.jpg}",
        "params: {cover: /a.jpg}",
        "resources: [{src: /a.jpg, name: cover}, {src: paper.pdf}]",
        "images:\n  - src: /a.jpg\n  - /a.jpg",
        "title: Fog\n---\n![](/a.jpg)",
        'title: Fog\n---\n<img src="/a.jpg">',
    ],
)
def test_a_picture_is_found_wherever_the_author_names_it(read_post: Read, photo: Draw, front_matter: str) -> None:
    file = photo("public/a.jpg")
    text = f"---\n{front_matter}\n" + ("" if "\n---\n" in front_matter else "---\n") + "\n# Fog\n"
    assert [picture.file for picture in read_post(text).pictures] == [file]


def test_every_word_about_a_picture_is_kept(read_post: Read, photo: Draw) -> None:
    file = photo("public/a.jpg")
    cover = {
        "src": "/a.jpg",
        "alt": "A &amp; B",
        "focal": "30% 60%",
        "caption": "Photo: Own work",
        "ai": "edited",
        "realistic": False,
    }
    post = read_post(f"---\ntitle: Fog\ncover: {json.dumps(cover)}\n---\n")
    kept = Picture("/a.jpg", "A & B", (0.3, 0.6), credit="Photo: Own work", ai="edited", realistic=False, file=file)
    assert post.pictures == (kept,)


def test_pictures_are_used_once_and_the_best_words_are_kept(read_post: Read, photo: Draw) -> None:
    photo("public/a.jpg"), photo("public/b.jpg")
    post = read_post(
        "---\ntitle: Fog\nimage: /a.jpg\nimages: [/a.jpg, /b.jpg]\n---\n"
        "![Related photo 1](/a.jpg) ![A bridge in fog](https://fog.test/a.jpg?w=800) ![A tree](../../public/b.jpg)"
    )
    assert [(picture.src, picture.alt) for picture in post.pictures] == [("/a.jpg", "A bridge in fog"), ("/b.jpg", "A tree")]
    assert "4 of the pictures named are repetitions; each picture is used once." in post.warnings


@pytest.mark.parametrize("key", ["cover", "hero_image", "featuredImage", "photo"])
@pytest.mark.parametrize("above", [True, False])
def test_the_cover_is_first_wherever_it_stands(read_post: Read, photo: Draw, key: str, above: bool) -> None:
    photo("public/a.jpg"), photo("public/b.jpg"), photo("public/c.jpg")
    lines = [f"{key}: /c.jpg", "images: [/a.jpg, /c.jpg, /b.jpg]"]
    post = read_post("---\ntitle: Fog\n" + "\n".join(lines if above else lines[::-1]) + "\n---\n")
    assert [picture.src for picture in post.pictures] == ["/c.jpg", "/a.jpg", "/b.jpg"]


def test_the_authors_alt_is_taken_from_front_matter_then_from_the_body(read_post: Read, photo: Draw) -> None:
    photo("public/a.jpg"), photo("public/b.jpg"), photo("public/c.jpg")
    post = read_post(
        "---\ntitle: Fog\nimages:\n  - {src: /a.jpg, alt: Said above}\n  - {src: /b.jpg, alt: image}\n  - /c.jpg\n---\n"
        '![Said below](/a.jpg) ![A boat](/b.jpg) <img src="/c.jpg" alt="A tree">'
    )
    assert [picture.alt for picture in post.pictures] == ["Said above", "A boat", "A tree"]


def test_previews_serve_only_when_nothing_better_is_named(read_post: Read, photo: Draw) -> None:
    photo("public/a.jpg"), photo("public/small.jpg")
    post = read_post("---\ntitle: Fog\nthumbnail: /small.jpg\nimage: /a.jpg\n---\n")
    assert [picture.src for picture in post.pictures] == ["/a.jpg"]


@pytest.mark.parametrize(
    "src",
    [
        *(
            "/path/to/image",
            "path/to/image.jpg",
            "https://example.com/image.jpg",
            "https://via.placeholder.com/300",
            "/img/placeholder.png",
        ),
        *(
            "your-image-here.jpg",
            "IMAGE_URL",
            "#",
            "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
            "{{ page.image }}",
            "/badge.svg",
        ),
    ],
)
def test_placeholders_are_left_out_with_a_warning(read_post: Read, src: str) -> None:
    post = read_post(f"---\ntitle: Fog\nimage: '{src}'\n---\n")
    assert post.pictures == ()
    assert any("left out" in warning and src[:10] in warning for warning in post.warnings)


def test_the_sites_own_example_host_is_no_placeholder(read_post: Read, photo: Draw) -> None:
    file = photo("public/a.jpg")
    site = SiteSettings(url="https://example.org")
    post = read_post("---\ntitle: Fog\nimage: https://example.org/a.jpg\n---\n", site=site)
    assert [picture.file for picture in post.pictures] == [file]


def test_pixels_that_count_readers_are_left_out(read_post: Read, tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "public/t.gif").write_bytes(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;")
    (tmp_path / "public/t.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08")
    post = read_post("# Fog\n\n![](/t.gif) ![](/t.png) <img src='/u.jpg' width=1 height=1>")
    assert post.pictures == () and len([warning for warning in post.warnings if "left out" in warning]) == 3


@pytest.mark.parametrize(
    "alt",
    [
        *(
            "",
            "Related photo 1",
            "image",
            "Image 3",
            "photo",
            "The picture",
            "Featured image",
            "img_1234",
            "DSC00123",
            "IMG-2025 (2)",
        ),
        *(
            "fog-on-the-river.jpg",
            "fog-on-the-river",
            "untitled",
            "Untitled design",
            "alt text",
            "Alt",
            "TODO",
            "123",
            "…",
            "Fog & light",
        ),
        *("Fog & light 2", "Fog & light – photo 3", "Image 1: Fog & light", "FOG & LIGHT (3/4)"),
        *("Image description", "Screenshot 2025-01-01 at 10.00.12", "IMG_1234_edited", "null", "placeholder image"),
    ],
)
def test_junk_alt_text_counts_as_missing(read_post: Read, photo: Draw, alt: str) -> None:
    photo("public/fog-on-the-river.jpg")
    post = read_post(f"---\ntitle: Fog & light\ncover: {json.dumps({'src': '/fog-on-the-river.jpg', 'alt': alt})}\n---\n")
    assert post.pictures[0].alt is None


@pytest.mark.parametrize(
    "alt",
    [
        "Fog on the river",
        "A photo of a bridge",
        "Photo 2 of the bridge at dawn",
        "Image of two boats",
        "Nebel über dem Fluss",
        "霧の川",
        "Tree",
        "Fog & light over two boats",
    ],
)
def test_real_alt_text_is_kept(read_post: Read, photo: Draw, alt: str) -> None:
    photo("public/fog-on-the-river.jpg")
    post = read_post(f"---\ntitle: Fog & light\nimage: /fog-on-the-river.jpg\nimage_alt: {alt}\n---\n")
    assert post.pictures[0].alt == alt


@pytest.mark.parametrize(
    ("value", "point"),
    [
        ([0.3, 0.6], (0.3, 0.6)),
        (["0.3", "60%"], (0.3, 0.6)),
        ("30% 60%", (0.3, 0.6)),
        ("0.3, 0.6", (0.3, 0.6)),
        ({"x": 0, "y": 1}, (0, 1)),
        ("top", (0.5, 0)),
        ("Right", (1, 0.5)),
        ("bottom left", (0, 1)),
        ("center", (0.5, 0.5)),
        *(
            (junk, None)
            for junk in ("somewhere", [0.3], [0.3, 1.2], "120% 0%", [float("nan"), 0], 7, None, [], "", ["top", 0.3], {"x": 1})
        ),
    ],
)
def test_focal_points_are_read_in_every_spelling(value: object, point: tuple[float, float] | None) -> None:
    assert focal_point(value) == point


@pytest.mark.parametrize(
    ("value", "box"),
    [
        ([0.2, 0.3, 0.6, 0.9], (0.2, 0.3, 0.6, 0.9)),
        ("20% 30% 60% 90%", (0.2, 0.3, 0.6, 0.9)),
        ([0.6, 0.3, 0.2, 0.9], None),
        ([0.2, 0.3, 0.6, 1.9], None),
        ([0.3, 0.6], None),
        ("all of it, please do", None),
        ({"x": 0.3}, None),
    ],
)
def test_a_box_that_has_to_stay_in_is_read(value: object, box: tuple[float, ...] | None) -> None:
    assert focal_box(value) == box


@pytest.mark.parametrize("key", ["focal", "box"])
def test_a_picture_may_name_such_a_box(read_post: Read, photo: Draw, key: str) -> None:
    photo("public/a.jpg")
    post = read_post(f"---\ntitle: Fog\nimage: {{src: /a.jpg, {key}: [0.2, 0.3, 0.6, 0.9]}}\n---\n")
    assert (post.pictures[0].focal, post.pictures[0].box) == (None, (0.2, 0.3, 0.6, 0.9))
    assert not any("focal" in warning for warning in post.warnings)


def test_a_focal_point_that_cannot_be_read_is_a_warning(read_post: Read, photo: Draw) -> None:
    photo("public/a.jpg")
    post = read_post("---\ntitle: Fog\nimage: {src: /a.jpg, focal: nowhere}\n---\n")
    assert post.pictures[0].focal is None and any("focal point" in warning for warning in post.warnings)


def test_a_typo_in_a_pictures_label_is_a_mistake(read_post: Read) -> None:
    with pytest.raises(Mistake, match=r"line 3.*generatd.*generated"):
        read_post("---\ntitle: Fog\ncover: {src: /a.jpg, ai: generatd}\n---\n")


@pytest.mark.parametrize(
    ("src", "lies"),
    [
        ("/photos/a.jpg", "public/photos/a.jpg"),
        ("/photos/a%20b.jpg", "public/photos/a b.jpg"),
        ("/photos/100%.jpg", "public/photos/100%.jpg"),
        ("/photos/a.jpg?v=2#x", "public/photos/a.jpg"),
        ("https://fog.test/photos/a.jpg", "public/photos/a.jpg"),
        ("//FOG.test/photos/a.jpg", "public/photos/a.jpg"),
        ("photos/a.jpg", "public/photos/a.jpg"),
        ("a.jpg", "content/posts/a.jpg"),
        ("./img/a.jpg", "content/posts/img/a.jpg"),
        ("img\\a.jpg", "content/posts/img/a.jpg"),
        ("../../public/a.jpg", "public/a.jpg"),
        ("/größe.jpg", "public/größe.jpg"),
    ],
)
def test_a_picture_on_disk_is_used_without_asking_the_web(read_post: Read, photo: Draw, src: str, lies: str) -> None:
    file = photo(lies)
    assert [
        picture.file for picture in read_post(f'---\ntitle: Fog\nimage: "{src.replace(chr(92), chr(92) * 2)}"\n---\n').pictures
    ] == [file]


@pytest.mark.parametrize(
    "src",
    [
        *(
            "../secret.jpg",
            "../../secret.jpg",
            "/../secret.jpg",
            "/%2e%2e/secret.jpg",
            "/photos/../../secret.jpg",
            "..\\..\\secret.jpg",
        ),
        *(
            "link/secret.jpg",
            "/link/secret.jpg",
            "/link.jpg",
            "{home}/secret.jpg",
            "file://{home}/secret.jpg",
            "https://fog.test/../secret.jpg",
        ),
        *("/circle/a.jpg", "/" + "x" * 5000, "/a%00b.jpg", "~/secret.jpg", "/"),
    ],
)
def test_no_path_leads_out_of_the_site(read_post: Read, photo: Draw, tmp_path: Path, src: str) -> None:
    for place in ("secret.jpg", "content/secret.jpg", "public/photos/a.jpg", "content/posts/b.jpg", "else/secret.jpg"):
        photo(place)
    for folder in ("public", "content/posts"):
        (tmp_path / folder / "link").symlink_to(tmp_path / "else")
    (tmp_path / "public/link.jpg").symlink_to(tmp_path / "secret.jpg")
    (tmp_path / "public/circle").symlink_to(tmp_path / "public/circle")
    post = read_post(f"---\ntitle: Fog\nimage: '{src.format(home=tmp_path)}'\n---\n", site=SiteSettings())
    assert [(picture.file, bool(picture.missing)) for picture in post.pictures] == [(None, True)]


def test_a_symlink_within_the_site_is_followed(read_post: Read, photo: Draw, tmp_path: Path) -> None:
    file = photo("public/photos/a.jpg")
    (tmp_path / "public/b.jpg").symlink_to(file)
    assert read_post("---\ntitle: Fog\nimage: /b.jpg\n---\n").pictures[0].file == file


@pytest.mark.parametrize(
    ("src", "url", "front_matter"),
    [
        ("/photos/a.jpg", "https://fog.test/photos/a.jpg", ""),
        ("photos/a.jpg", "https://fog.test/photos/a.jpg", ""),
        ("photos/a.jpg", "https://fog.test/2025/fog/photos/a.jpg", "permalink: /2025/fog/"),
        ("https://pictures.test/a.jpg", "https://pictures.test/a.jpg", ""),
        ("//pictures.test/a.jpg", "https://pictures.test/a.jpg", ""),
    ],
)
def test_what_is_not_on_disk_is_fetched_and_filed(read_post: Read, src: str, url: str, front_matter: str) -> None:
    post = read_post(f"---\ntitle: Fog\nimage: {src}\n{front_matter}\n---\n", fetcher=web({url: b"a picture"}))
    (picture,) = post.pictures
    assert picture.file and picture.file.read_bytes() == b"a picture" and picture.missing is None


def test_a_site_below_a_path_is_searched_there(read_post: Read, photo: Draw) -> None:
    site = SiteSettings(url="https://fog.test/blog")
    file = photo("public/a.jpg")
    for src in ("/a.jpg", "https://fog.test/blog/a.jpg"):
        assert read_post(f"---\ntitle: Fog\nimage: {src}\n---\n", site=site).pictures[0].file == file
    asked: list[str] = []
    read_post("---\ntitle: Fog\nimages: [/b.jpg, /blog/c.jpg]\n---\n", site=site, fetcher=web({}, asked))
    assert asked == ["https://fog.test/blog/b.jpg", "https://fog.test/blog/c.jpg"]


def test_a_picture_that_cannot_be_had_says_why(read_post: Read, tmp_path: Path) -> None:
    post = read_post("---\ntitle: Fog\nimage: /gone.jpg\n---\n", fetcher=web({}))
    (picture,) = post.pictures
    assert picture.file is None and picture.missing == "https://fog.test/gone.jpg answers 404 Not Found"
    assert f"A picture is missing: {picture.missing}" in post.warnings
    (tmp_path / "public").mkdir()
    (tmp_path / "public/empty.jpg").touch()
    with (tmp_path / "public/huge.jpg").open("wb") as huge:
        huge.truncate(41_000_000)
    post = read_post("---\ntitle: Fog\nimages: [/empty.jpg, /huge.jpg]\n---\n")
    assert [picture.missing for picture in post.pictures] == [
        "/empty.jpg is empty",
        "/huge.jpg is 41.0 MB large, at most 40 MB",
    ]


def test_at_most_ten_pictures_are_fetched(read_post: Read) -> None:
    names = [f"/{number}.jpg" for number in range(14)]
    asked: list[str] = []
    fetcher = web({f"https://fog.test{name}": name.encode() for name in names}, asked)
    post = read_post(f"---\ntitle: Fog\nimages: {json.dumps(names)}\n---\n", fetcher=fetcher)
    assert len(asked) == MAX_FETCHED == 10
    assert [bool(picture.file) for picture in post.pictures] == [True] * 10 + [False] * 4


def test_a_server_that_is_away_is_asked_once(read_post: Read) -> None:
    attempts = itertools.count()

    def away(request: httpx.Request) -> httpx.Response:
        next(attempts)
        raise httpx.ConnectError("no route")

    fetcher = Fetcher(httpx.Client(transport=httpx.MockTransport(away)), resolve=lambda host, port: PUBLIC)
    post = read_post("---\ntitle: Fog\nimages: [/a.jpg, /b.jpg, /c.jpg]\n---\n", fetcher=fetcher)
    assert next(attempts) == 1 and all(picture.missing for picture in post.pictures)


def test_the_private_network_is_not_fetched_from(read_post: Read) -> None:
    fetcher = Fetcher(httpx.Client(transport=httpx.MockTransport(lambda request: pytest.fail("it connected"))))
    post = read_post("---\ntitle: Fog\nimage: http://169.254.169.254/latest/meta-data/a.jpg\n---\n", fetcher=fetcher)
    assert "no public address" in (post.pictures[0].missing or "")


def test_an_unknown_site_cannot_be_fetched_from(read_post: Read) -> None:
    post = read_post("---\ntitle: Fog\nimage: /a.jpg\n---\n", site=SiteSettings())
    assert post.pictures[0].missing == "/a.jpg is not under public, and without site.url it cannot be fetched"
    assert SITE.url
