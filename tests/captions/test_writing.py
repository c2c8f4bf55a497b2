"""Whatever the post and the limits: the caption fits, with label and link whole, or the draft is held."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialbot import networks
from socialbot.captions import Templates, alt_text, fits, shorten, write
from socialbot.disclosure.labels import all_labels
from socialbot.nouns import Caption, Disclosure, Held, Limits, Mistake, Post
from socialbot.settings import AccountSettings
from tests.captions.test_counting import GRAPHEMES, MASTODON, UTF_16
from tests.conftest import make_post

ACCOUNT = AccountSettings.model_validate({"network": "bluesky"})
DISCORD = replace(UTF_16, markup="discord", max_hashtags=0)
LINK = "https://example.org/2026/11/fog"
TEMPLATES = Templates()


def caption(post: Post, label: str | None = None, limits: Limits = GRAPHEMES, **account: object) -> Caption | Held:
    options = AccountSettings.model_validate({"network": "bluesky", **account})
    return write(post, Disclosure(label=label), limits, options, "blue", TEMPLATES)


def text(post: Post, label: str | None = None, limits: Limits = GRAPHEMES, **account: object) -> str:
    made = caption(post, label, limits, **account)
    assert isinstance(made, Caption), made
    return made.text


def test_everything_that_fits_is_said() -> None:
    post = make_post(summary="It came.", url=LINK, tags=("morning fog",))
    assert text(post, "Text written by AI") == f"Fog\n\nIt came.\n\n{LINK}\n\nText written by AI\n#MorningFog"


def test_without_a_summary_link_or_label_there_is_no_hole() -> None:
    assert text(make_post()) == "Fog"
    assert text(make_post(url=LINK)) == f"Fog\n\n{LINK}"


def test_what_gives_way_is_first_the_summary_then_the_tags_then_the_title() -> None:
    post = make_post(summary="Fog hides the valley until ten. " * 20, url=LINK, tags=("one", "two"))
    label = "Text written by AI"
    assert text(post, label).count("Fog hides the valley until ten.") > 3
    assert "#one #two" in text(post, label)
    narrow = replace(GRAPHEMES, max_text=len(f"Fog\n\n{LINK}\n\n{label}\n#one"))
    assert text(post, label, narrow) == f"Fog\n\n{LINK}\n\n{label}\n#one"
    narrower = replace(GRAPHEMES, max_text=len(f"Fo…\n\n{LINK}\n\n{label}"))
    long = replace(post, title="Fog in the valley")
    assert text(long, label, narrower) == f"Fo…\n\n{LINK}\n\n{label}"


def test_where_link_and_label_leave_no_room_the_draft_is_held() -> None:
    held = caption(make_post(url=LINK), "Text written by AI", replace(GRAPHEMES, max_text=40))
    assert isinstance(held, Held)
    assert "do not fit" in held.reason and not held.approvable


def test_the_authors_own_caption_gets_what_it_left_out_and_nothing_else() -> None:
    post = make_post(url=LINK, tags=("fog",), social={"bluesky": {"caption": "My words on {{ title }}."}})
    assert text(post, "Text written by AI") == f"My words on Fog.\n\n{LINK}\n\nText written by AI"
    both = replace(post, social={"bluesky": {"caption": "no"}, "blue": {"caption": f"{LINK} first"}})
    assert text(both) == f"{LINK} first"


def test_the_authors_own_caption_is_never_cut() -> None:
    held = caption(make_post(social={"bluesky": {"caption": "x" * 301}}))
    assert isinstance(held, Held) and "social.bluesky.caption" in held.fix


@pytest.mark.parametrize("own", ["{{ secret }}", "{% if 1 %}", "{{ title | upper }}", 3])
def test_the_authors_own_caption_is_no_template_file(own: object) -> None:
    with pytest.raises(Mistake, match=r"social\.bluesky"):
        caption(make_post(social={"bluesky": {"caption": own}}))


@pytest.mark.parametrize(("template", "lost"), [("{{ title }} {{ label }}", "link"), ("{{ title }} {{ link }}", "label")])
def test_a_template_that_loses_link_or_label_is_refused(tmp_path: Path, template: str, lost: str) -> None:
    (tmp_path / "default.j2").write_text(template)
    (tmp_path / "bluesky.j2").write_text(template)
    with pytest.raises(Mistake, match=f"leaves out the {lost}"):
        write(make_post(url=LINK), Disclosure(label="by AI"), GRAPHEMES, ACCOUNT, "blue", Templates(tmp_path))


@pytest.mark.parametrize("template", ["||{{ label }}||", "<!-- {{ label }} -->", "{{ title }} {{ label }}"])
def test_a_label_that_could_be_overlooked_is_refused(tmp_path: Path, template: str) -> None:
    (tmp_path / "default.j2").write_text(template)
    (tmp_path / "bluesky.j2").write_text(template)
    with pytest.raises(Mistake, match="on a line of its own"):
        write(make_post(), Disclosure(label="by AI"), GRAPHEMES, ACCOUNT, "blue", Templates(tmp_path))


def test_no_mention_is_made_by_accident() -> None:
    assert "@\u2060alice" in text(make_post(summary="Thanks to @alice@example.org for this."), limits=MASTODON)
    chat = text(make_post(summary="Ping @everyone and <@123>, *really*."), limits=DISCORD)
    assert "@everyone" not in chat and "<@123>" not in chat and r"\*really\*" in chat


def test_a_url_with_markup_in_it_stays_whole_on_discord() -> None:
    link = "https://example.org/a_b_c*d"
    assert link in text(make_post(url=link, summary=f"See {link}"), limits=DISCORD)


def test_rubble_is_cleared() -> None:
    assert "Café" in text(make_post(summary="Cafe\u0301"))
    made = text(make_post(summary="a\x00b\ud800c\u200b d\r\n\r\n\r\n\r\ne  f\ufeff"))
    assert made == unicodedata.normalize("NFC", made)
    assert not regex.search(r"\p{Cs}|\x00|\n\n\n|  ", made)


any_text = st.text(max_size=400) | st.lists(
    st.sampled_from(
        [
            "fog",
            "It came. ",
            "👩‍👩‍👧",
            "日本語。",
            "مرحبا ",
            "#tag",
            "https://example.com/a ",
            "@bob ",
            "\n",
            "*",
            "_",
            "e\u0301",
            "🇩🇪",
            " ",
        ]
    ),
    max_size=120,
).map("".join)
labels = st.sampled_from([texts[key] for texts in all_labels().values() for key in ("text_gen", "twin", "L_twin")])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    title=any_text.filter(lambda title: bool(regex.search(r"\w", title))),
    summary=any_text,
    tags=st.lists(st.text(max_size=20), max_size=6),
    label=st.none() | labels,
    link=st.none() | st.sampled_from([LINK, "https://example.org/" + "x" * 120]),
    limits=st.sampled_from(
        [GRAPHEMES, MASTODON, DISCORD, replace(UTF_16, max_text=120), replace(GRAPHEMES, max_text_bytes=400)]
    ),
)
def test_it_fits_with_label_and_link_whole(
    title: str, summary: str, tags: list[str], label: str | None, link: str | None, limits: Limits
) -> None:
    post = make_post(summary=summary, url=link, tags=tuple(tags))
    post = replace(post, title=title)
    made = caption(post, label, limits)
    if isinstance(made, Held):
        assert not fits(f"{title}\n\n{link or ''}\n\n{label or ''}", limits)
        return
    assert fits(made.text, limits)
    assert (made.used, made.limit) <= (limits.max_text, limits.max_text)
    lines = made.text.split("\n")
    assert label is None or label in lines
    assert link is None or link in lines
    assert made == caption(post, label, limits)
    for span in made.spans:
        assert made.text[span.start : span.end].lstrip("#＃") == span.value


@pytest.mark.parametrize(
    "post",
    [
        make_post(summary="word " * 200_000, url=LINK),
        make_post(tags=tuple(f"tag{n}" for n in range(10_000)), url=LINK),
        replace(make_post(url=LINK), title="x" * 5000),
        replace(make_post(url=LINK), title="🙂" * 400),
        replace(make_post(summary=LINK * 50), title=LINK),
    ],
    ids=["a megabyte", "ten thousand tags", "one long word", "only emoji", "only URLs"],
)
def test_excess_still_makes_a_caption(post: Post) -> None:
    for limits in (GRAPHEMES, MASTODON, DISCORD):
        assert fits(text(post, "Text written by AI", limits), limits)


def test_alt_text_keeps_its_label_whole() -> None:
    limits = replace(GRAPHEMES, max_alt=30)
    assert alt_text("A tree.", None, limits) == "A tree."
    assert alt_text("A tree.", "AI-generated", limits) == "A tree. (AI-generated)"
    assert alt_text("A tree that stands alone in the fog", "AI-generated", limits) == "A tree that… (AI-generated)"
    assert alt_text("", "AI-generated", limits) == "AI-generated"


def test_shorten_cuts_as_captions_do() -> None:
    assert shorten("Fog came.\n\nIt stayed.", 100) == "Fog came. It stayed."
    assert shorten("Fog came. It stayed for days.", 12) == "Fog came."


def test_the_networks_own_limits_keep_markup_and_mentions_out() -> None:
    post = make_post(summary="Ping @everyone about *fog*, @alice.")
    chat, masto = (text(post, limits=networks.load(name).limits) for name in ("discord", "mastodon"))
    assert "@everyone" not in chat and r"\*fog\*" in chat
    assert "@\u2060alice" in masto and "*fog*" in masto
