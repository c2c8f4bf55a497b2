"""The link keeps its address, the short form never hides where it goes, and dead links are told in words."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.captions.links import dead_words, shown, with_utm
from socialbot.disclosure.labels import all_labels

UTM = "utm_source=bluesky&utm_medium=social"


@pytest.mark.parametrize(
    ("url", "tracked"),
    [
        ("https://example.org/fog", f"https://example.org/fog?{UTM}"),
        ("https://example.org", f"https://example.org?{UTM}"),
        ("HTTP://example.org/fog", f"HTTP://example.org/fog?{UTM}"),
        ("https://example.org/fog?p=1#top", f"https://example.org/fog?p=1&{UTM}#top"),
        ("https://example.org/#/fog?p=1", f"https://example.org/?{UTM}#/fog?p=1"),
        ("https://example.org/?", f"https://example.org/?{UTM}"),
        ("https://example.org/?p=1&", f"https://example.org/?p=1&{UTM}"),
        ("https://example.org/é%C3%A9?q=%20+%2f&é", f"https://example.org/é%C3%A9?q=%20+%2f&é&{UTM}"),
        ("https://example.org/?a?b=c", f"https://example.org/?a?b=c&{UTM}"),
        ("https://example.org/?utm_source=letter", "https://example.org/?utm_source=letter&utm_medium=social"),
        ("https://example.org/?UTM_Source=letter;utm_medium", "https://example.org/?UTM_Source=letter;utm_medium"),
    ],
)
def test_campaign_parameters_join_the_query_and_nothing_else_changes(url: str, tracked: str) -> None:
    assert with_utm(url, "bluesky") == tracked


def test_a_campaign_and_a_networks_name_are_encoded() -> None:
    tracked = with_utm("https://example.org/", "my network", "Fog & rain #1")
    assert parse_qsl(urlsplit(tracked).query) == [
        ("utm_source", "my network"),
        ("utm_medium", "social"),
        ("utm_campaign", "Fog & rain #1"),
    ]
    assert "utm_campaign" not in with_utm("https://example.org/", "bluesky", "")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=1",
        "https://example.org/?AWSAccessKeyId=1&Expires=2&Signature=3",
        "https://example.org/?X-Goog-Credential=1",
        "https://example.org/?Policy=1&Signature=2&Key-Pair-Id=3",
        "https://example.org/?sv=2022-11-02&se=2026-01-01&sr=b&sp=r&sig=1",
        "https://example.org/?expires=1&signature=2",
        "https://example.org/?md5=1&expires=2",
        "https://example.org/?p=1;hmac=2",
        "https://example.org/?to%6ben=1",
        "https://example.org/?JWT=1#x",
        "ftp://example.org/",
        "mailto:me@example.org",
        "/fog",
        "",
        f"https://example.org/?{'x' * 9_000}",
    ],
)
def test_a_link_that_is_signed_or_of_another_kind_stays_as_it_is(url: str) -> None:
    assert with_utm(url, "bluesky", "fog") == url


@pytest.mark.parametrize(
    ("url", "short"),
    [
        ("https://example.org", "example.org"),
        ("https://example.org/", "example.org"),
        ("https://www.example.org/fog/?p=1#top", "www.example.org/fog/"),
        ("HTTPS://WWW.Example.org/Fog", "WWW.Example.org/Fog"),
        ("https://www.org/fog", "www.org/fog"),
        ("https://example.org:8443/fog", "example.org:8443/fog"),
        ("https://example.org/2026/11/fog-on-the-river", "example.org/2026/11/fog-on-the-…"),
        ("https://example.org/2026/11/fog-on-the-r", "example.org/2026/11/fog-on-the-r"),
        ("https://example.org/12345678901234567%C3%A9", "example.org/12345678901234567…"),
        ("https://example.org/" + "e\u0301" * 30, "example.org/" + "e\u0301" * 19 + "…"),
        ("https://xn--bcher-kva.example/fog", "xn--bcher-kva.example/fog"),
        ("https://bücher.example/fog", "bücher.example/fog"),
        ("https://a-host-of-thirty-letters-in.all/fog", "a-host-of-thirty-letters-in.all"),
        ("https://a-host-that-is-longer-than-the-room.example/fog", "a-host-that-is-longer-than-the-room.example"),
        ("mailto:me@example.org", "mailto:me@example.org"),
    ],
)
def test_the_short_form_is_host_and_path_within_the_room(url: str, short: str) -> None:
    assert shown(url) == short


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://bank.example@evil.example/", "evil.example"),
        ("https://bank.example:pass@evil.example/login", "evil.example"),
        ("https://evil.example\\@bank.example/", "evil.example"),
        ("https://evil.example?@bank.example/", "evil.example"),
        ("https://evil.example#@bank.example/", "evil.example"),
        ("https://evil.example/\u202eelpmaxe.knab", "evil.example"),
    ],
)
def test_nothing_in_the_address_passes_one_host_off_as_another(url: str, host: str) -> None:
    assert regex.match(r"[^/\\]+", shown(url))[0] == host  # type: ignore[index]
    assert shown(url).isprintable()


@settings(max_examples=500)
@given(
    path=st.text(st.characters(exclude_characters="?#")),
    most=st.integers(0, 60),
    host=st.from_regex(r"[a-z]{1,40}\.org", fullmatch=True),
)
def test_the_short_form_fits_or_is_the_host(path: str, most: int, host: str) -> None:
    short = shown(f"https://{host}/{path}", most)
    assert short.startswith(host)
    assert len(regex.findall(r"\X", short)) <= most or short == host


@settings(max_examples=500)
@given(st.from_regex(r"https?://[^/?#\s]{1,9}[^?#]{0,9}(\?[^#]{0,30})?(#.{0,9})?", fullmatch=True))
def test_campaign_parameters_are_added_once_and_take_nothing_away(url: str) -> None:
    tracked = with_utm(url, "bluesky", "fog")
    assert with_utm(tracked, "bluesky", "fog") == tracked
    before, _, fragment = url.partition("#")
    assert tracked.startswith(before) and tracked.partition("#")[2] == fragment


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-GB", "Link in bio"),
        ("de", "Link in der Bio"),
        ("pt", "Link na bio"),
        ("no", "Lenke i bio"),
        ("zh", "链接在主页"),
        ("zh-Hans-HK", "链接在主页"),
        ("zh-TW", "連結在自介"),
        ("zh_Hant", "連結在自介"),
        ("tlh", "Link in bio"),
        ("", "Link in bio"),
    ],
)
def test_dead_links_are_told_in_the_posts_language(language: str, said: str) -> None:
    assert dead_words(language) == said


def test_every_language_with_a_label_has_its_words() -> None:
    in_english = [language for language in all_labels() if dead_words(language) == dead_words("tlh")]
    assert sorted(in_english) == ["en", "it", "nl"], "the languages that say it in English"
