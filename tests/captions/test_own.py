"""What the author says of a post for one account wins over its network, and that over all; it is the author's word."""

from __future__ import annotations

import pytest

from socialbot.captions.own import extra, own_page
from socialbot.captions.templates import VARIABLES
from socialbot.captions.tidying import LABEL, LINK
from socialbot.nouns import Mistake
from tests.conftest import make_post

URL = "https://example.org/fog"
VALUES: dict[str, object] = {**dict.fromkeys(VARIABLES, ""), "title": "Fog", "tags": ("a", "b")}


def own(social: dict[str, object], said: str | None = None, **values: object) -> str | None:
    page = own_page(make_post(url=URL, social=social), "blue", "bluesky", (said,) if said else ())
    return page.fill(VALUES | values) if page else None


WIDENING: list[tuple[dict[str, object], str]] = [
    ({"caption": "all"}, "all"),
    ({"caption": "all", "bluesky": {"caption": "network"}}, "network"),
    ({"caption": "all", "bluesky": {"caption": "network"}, "blue": {"caption": "account"}}, "account"),
    ({"caption": "all", "blue": {"caption": "account"}}, "account"),
    ({"caption": "all", "mastodon": {"caption": "other"}, "chat": {"caption": "another"}}, "all"),
    ({"caption": "all", "bluesky": {"skip": False}}, "all"),
    ({"caption": "all", "blue": {"caption": None}}, "all"),
]


@pytest.mark.parametrize(("social", "said"), WIDENING)
def test_the_narrower_word_wins(social: dict[str, object], said: str) -> None:
    assert own(social) == said
    turned = {
        key: {"extra": one["caption"]} if isinstance(one, dict) and "caption" in one else one for key, one in social.items()
    }
    turned["extra"] = turned.pop("caption")
    assert extra(make_post(social=turned), "blue", "bluesky") == said


def test_an_empty_word_takes_back_the_wider_one() -> None:
    assert own({"caption": "all", "bluesky": {"caption": ""}}) is None
    assert extra(make_post(social={"extra": "all", "blue": {"extra": ""}}), "blue", "bluesky") == ""
    assert own({}) is None and extra(make_post(), "blue", "bluesky") == ""


def test_an_account_may_be_called_caption() -> None:
    as_account, as_word = {"caption": {"caption": "mine"}}, {"caption": "for all"}
    assert [own_page(make_post(social=one), "caption", "bluesky").fill(VALUES) for one in (as_account, as_word)] == [  # type: ignore[union-attr]
        "mine",
        "for all",
    ]
    assert own(dict(as_account)) is None


@pytest.mark.parametrize(
    ("social", "where"),
    [
        ({"caption": 3}, "social.caption"),
        ({"caption": ["a"]}, "social.caption"),
        ({"bluesky": {"caption": 3}}, "social.bluesky.caption"),
        ({"blue": "skip"}, "social.blue"),
    ],
)
def test_what_is_no_text_is_one_sentence(social: dict[str, object], where: str) -> None:
    with pytest.raises(Mistake) as caught:
        own(social)
    assert caught.value.where == f"fog.md, {where}"
    with pytest.raises(Mistake):
        extra(make_post(social={"extra": 3}), "blue", "bluesky")


def test_extra_is_plain_text_and_no_template() -> None:
    post = make_post(social={"extra": f"{{{{ title }}}} cafe\u0301\r\n\x00{LABEL}*so*"})
    assert extra(post, "blue", "bluesky") == "{{ title }} café\n*so*"


def test_the_authors_signs_stay_and_link_and_label_come_below() -> None:
    written = "*Mine* @bob <b> on {{title}}, {{ tags }}"
    assert own({"caption": written}, "by AI", link=LINK, label=LABEL) == (f"*Mine* @bob <b> on Fog, a, b\n\n{LINK}\n\n{LABEL}")


def test_what_the_author_wrote_out_is_not_said_twice() -> None:
    assert own({"caption": f"by AI\nsee {URL}."}, "by AI", link=LINK, label=LABEL) == f"{LABEL}\nsee {LINK}."
    assert own({"caption": f"see {URL}/more"}, link=LINK) == f"see {URL}/more\n\n{LINK}"


def test_where_no_link_is_printed_the_one_the_author_wrote_out_stays() -> None:
    assert own({"caption": f"see {URL}", "extra": "x"}) == f"see {URL}"
