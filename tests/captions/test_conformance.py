"""The counters against the published vectors of Unicode and twitter-text, and against the networks' own specifications."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import regex
import yaml

from socialbot.captions.counting import measure
from socialbot.captions.x_links import x_urls
from socialbot.networks import limits_of

SPECS = Path(__file__).parents[2] / "../shared/specs"
BREAKS = SPECS / "unicode" / "GraphemeBreakTest.txt"
TWITTER = SPECS / "twitter-text"

pytestmark = pytest.mark.skipif(not SPECS.exists(), reason="the shared specifications are not here")


@cache
def read(path: str) -> Any:
    text = (SPECS / path).read_text(encoding="utf-8")
    return yaml.safe_load(text) if path.endswith(".yml") else json.loads(text)


def grapheme_lines() -> Iterator[str]:
    for line in BREAKS.read_text(encoding="utf-8").splitlines() if BREAKS.exists() else ():
        if breaks := line.partition("#")[0].strip():
            yield breaks


def changed_since(breaks: str) -> int:
    """Unicode 17 took U+2701 out of Extended_Pictographic, so that a joiner joins two of them no more: its own test file has
    "÷ 2701 × 200D ÷ 2701 ÷" for this line. It is the only line of 15.0 that a later version answers otherwise.
    """
    return int(breaks == "÷ 2701 × 200D × 2701 ÷" and not regex.match(r"\p{Extended_Pictographic}", "\u2701"))


@pytest.mark.parametrize("unit", ["graphemes", "mastodon"])
def test_every_line_of_unicodes_grapheme_breaks_is_counted_right(unit: str) -> None:
    limits = replace(limits_of("bluesky"), unit=unit)
    lines = list(grapheme_lines())
    assert len(lines) == 602
    for breaks in lines:
        text = "".join(chr(int(part, 16)) for part in breaks.split() if part not in "÷×")
        assert measure(text, limits) == breaks.count("÷") - 1 + changed_since(breaks), breaks


def weighed() -> dict[str, int]:
    """Text → weight. Two texts stand in the file twice, first as the configuration before emoji were discounted had them."""
    groups = [
        "WeightedTweetsCounterTest",
        "UnicodeDirectionalMarkerCounterTest",
        "WeightedTweetsWithDiscountedEmojiCounterTest",
    ]
    cases = [case for group in groups for case in read("twitter-text/validate.yml")["tests"][group]]
    assert len(cases) == 44
    return {case["text"]: case["expected"]["weightedLength"] for case in cases}


def test_every_weight_of_twitter_text_is_ours() -> None:
    assert weighed()["🙋🏽👨‍🎤"] == 4  # 9 before emoji were discounted
    for text, weight in weighed().items():
        assert measure(text, limits_of("x")) == weight, text[:80]


@pytest.mark.parametrize("group", ["urls", "urls_with_indices", "urls_with_directional_markers", "tco_urls_with_params"])
def test_every_link_of_twitter_text_is_found_where_it_stands(group: str) -> None:
    for case in read("twitter-text/extract.yml")["tests"][group]:
        places = x_urls(case["text"])
        expected = [url["url"] if isinstance(url, dict) else url for url in case["expected"]]
        assert [case["text"][start:end] for start, end in places] == expected, case["description"]
        if group == "urls_with_indices":
            assert [list(place) for place in places] == [url["indices"] for url in case["expected"]], case["description"]


def test_every_top_level_domain_of_twitter_text_makes_a_link() -> None:
    domains = [domain for kind in read("twitter-text/tld_lib.yml").values() for domain in kind]
    assert len(domains) == 1574
    assert [domain for domain in domains if x_urls(f"fog.{domain} ") != [(0, len(f"fog.{domain}"))]] == []


def test_telegrams_limits_are_its_specifications() -> None:
    methods, limits = read("telegram/api.json")["methods"], limits_of("telegram")

    def most(method: str, field: str) -> int:
        [told] = [one["description"] for one in methods[method]["fields"] if one["name"] == field]
        return int(re.search(r"\d-(\d+) characters after entities parsing", told)[1])  # type: ignore[index]

    assert (limits.max_text, limits.max_text_with_pictures) == (most("sendMessage", "text"), most("sendPhoto", "caption"))


def test_pinterests_limits_are_its_specifications() -> None:
    pin, limits = read("pinterest/openapi.json")["components"]["schemas"]["PinCreate"]["properties"], limits_of("pinterest")
    ours = {"title": limits.max_title, "description": limits.max_text, "alt_text": limits.max_alt}
    assert ours == {name: pin[name]["maxLength"] for name in ours}


def test_discords_limits_are_its_specifications() -> None:
    schemas, limits = read("discord/openapi.json")["components"]["schemas"], limits_of("discord")
    assert limits.max_text == schemas["IncomingWebhookRequestPartial"]["properties"]["content"]["maxLength"]
    assert limits.max_alt == schemas["MessageAttachmentRequest"]["properties"]["description"]["maxLength"]


def test_blueskys_limits_are_its_lexicons() -> None:
    text = read("bluesky/lexicons/app/bsky/feed/post.json")["defs"]["main"]["record"]["properties"]["text"]
    limits = limits_of("bluesky")
    assert (limits.max_text, limits.max_text_bytes) == (text["maxGraphemes"], text["maxLength"])


def test_xs_pictures_are_its_specifications() -> None:
    told = json.dumps(read("x/openapi.xdk.json"))
    assert limits_of("x").ai_flag in told
    assert re.search(r'"media_ids": \{[^{}]*"maxItems": (\d+)', told)[1] == str(limits_of("x").max_pictures)  # type: ignore[index]
