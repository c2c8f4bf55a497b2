"""Whatever the post, the label and the network: the caption fits, with label and link whole, or the draft is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialbot import networks
from socialbot.captions import Templates, Written, fits, measure, write
from socialbot.captions.escaping import escape, escape_link
from socialbot.disclosure.labels import all_labels
from socialbot.nouns import Expression, Held, Limits, Post
from socialbot.settings import AccountSettings
from tests.conftest import make_post

LINK = "https://example.org/2026/11/fog"
TEMPLATES = Templates()
LIMITS = {name: networks.limits_of(name) for name in networks.counted()}
CLUSTER = regex.compile(r"\X")

pieces = st.sampled_from(
    [
        *("fog ", "It came. ", "Dr. Fog said “no”. ", "12 km ", "\n\n", " ", "*", "_", "-", "…"),
        *("👩‍👩‍👧", "🇩🇪", "1️⃣", "e\u0301", "க்ஷி", "\u202e", "\u2067"),
        *("日本語。", "山が見えない", "مرحبا ", "שלום ", "हिन्दी। ", "ไทยแลนด์"),
        *(
            "#tag ",
            "#MorningFog ",
            "https://example.com/a?b=(c) ",
            "example.com ",
            "@bob ",
            "@bob@example.social ",
            "a@b.example ",
        ),
    ]
)
any_text = st.text(st.characters(exclude_categories=()), max_size=300) | st.lists(pieces, max_size=120).map("".join)
labels = st.sampled_from(
    [(texts[key], texts["badge_gen"]) for texts in all_labels().values() for key in ("text_gen", "img_gen", "L_text_gen")]
)
posts = st.builds(
    lambda title, summary, tags, link, body, extra: replace(
        make_post(summary=summary, url=link, tags=tuple(tags), social={"extra": extra}), title=title, body=body
    ),
    any_text.filter(lambda title: bool(regex.search(r"\w", title))),
    any_text,
    st.lists(st.text(max_size=20) | pieces, max_size=6),
    st.none() | st.sampled_from([LINK, "https://example.org/" + "x" * 120]),
    st.lists(any_text, max_size=4).map("\n\n".join),
    st.just("") | any_text,
)
accounts = st.fixed_dictionaries(
    {
        "link": st.sampled_from(["always", "if_cut", "reply", "never"]),
        "thread": st.sampled_from([1, 1, 3]),
        "thread_numbers": st.booleans(),
        "utm": st.booleans(),
    }
)


# Of every length, and two at once, as where text and pictures differ.
wordings = st.sampled_from(
    [
        (said, texts["badge_gen"])
        for texts in all_labels().values()
        for said in (
            *texts.values(),
            f"{texts['text_gen']} · {texts['img_edit']}",
            f"{texts['L_text_gen']} {texts['L_img_gen']}",
        )
    ]
)


def written(
    post: Post, label: tuple[str, str] | None, network: str, limits: Limits, *, first: bool = False, **account: Any
) -> Written | Held:
    options = AccountSettings.model_validate({"network": network, **account})
    return write(post, Expression(label or (), label_first=first), limits, options, network, TEMPLATES)


def narrowed(network: str, share: float) -> Limits:
    """The network's limits, with less room: cuts are what is tried here, and a long text takes long to make."""
    limits = LIMITS[network]
    return replace(limits, max_text=max(20, int(min(limits.max_text, 600) * share)))


@given(
    post=posts,
    label=st.none() | labels,
    network=st.sampled_from(sorted(LIMITS)),
    share=st.floats(0.1, 1),
    account=accounts,
    first=st.booleans(),
)
def fits_with_label_and_link_whole(
    post: Post, label: tuple[str, str] | None, network: str, share: float, account: dict[str, Any], first: bool
) -> None:
    limits = narrowed(network, share)
    made = written(post, label, network, limits, first=first, **account)
    assert made == written(post, label, network, limits, first=first, **account), "the same post, the same bytes"
    if isinstance(made, Held):
        return
    for one in made.captions:
        assert fits(one.text, limits)
        assert (one.used, one.limit) == (measure(one.text, limits), limits.max_text)
        assert not regex.search(r"\p{Cs}|[\ufdd0\ufdd1\x00]|\n\n\n", one.text)
        for span in one.spans:
            stands = one.text[span.start : span.end]
            wire = escape_link(span.value, limits) if span.kind == "link" else span.value
            assert stands.lstrip("#＃") == wire or (limits.short_links and span.kind == "link")
    assert label is None or made.label in label
    assert made.label is None or made.label in made.captions[0].text.split("\n"), "the label stands on a line of its own"
    if post.url and account["link"] in ("always", "reply") and limits.link == "text":
        assert [one for one in made.captions if any(span.value == made.link for span in one.spans)], "the link is there, whole"


@given(
    network=st.sampled_from(sorted(LIMITS)),
    label=wordings,
    first=st.booleans(),
    sentence=st.lists(pieces, min_size=1, max_size=12).map("".join),
    length=st.integers(0, 10_000),
    own=st.none() | st.lists(pieces, max_size=12).map("".join),
    account=accounts,
)
def the_label_stands_whole_once_and_is_seen(
    network: str, label: tuple[str, str], first: bool, sentence: str, length: int, own: str | None, account: dict[str, Any]
) -> None:
    limits = LIMITS[network]
    summary = (sentence * (length // len(sentence) + 1))[:length]
    post = make_post(summary=summary, url=LINK, tags=("fog",), body=sentence, social={"caption": own} if own else {})
    made = written(post, label, network, limits, first=first, **account)
    if isinstance(made, Held):
        assert "accounts" in made.reason or "links" in made.reason, made
        return
    text, said = made.captions[0].text, made.label
    assert said in label and text.split("\n").count(said) == 1
    assert all(fits(one.text, limits) for one in made.captions)
    if first:
        assert text == said or text.startswith(f"{said}\n\n")
    if limits.fold and len(said) <= limits.fold:
        assert text.index(said) + len(said) <= limits.fold
    bare = written(post, None, network, limits, **account)
    assert isinstance(bare, Written)
    assert made.link == bare.link or account["link"] == "if_cut", "a longer caption is cut, and then the link is shown"


@given(post=posts, label=labels, network=st.sampled_from(sorted(LIMITS)), share=st.floats(0.1, 1), tag=st.text(max_size=12))
def adding_a_label_or_a_tag_never_costs_the_link_or_the_limit(
    post: Post, label: tuple[str, str], network: str, share: float, tag: str
) -> None:
    limits = narrowed(network, share)
    more = replace(post, tags=(*post.tags, tag, "fog"))
    for heavier in (written(post, label, network, limits), written(more, label, network, limits)):
        if isinstance(heavier, Written):
            assert fits(heavier.captions[0].text, limits)
            assert heavier.link == post.url


@given(post=posts, network=st.sampled_from(sorted(LIMITS)), share=st.floats(0.1, 1))
def nothing_is_cut_in_two(post: Post, network: str, share: float) -> None:
    """Every grapheme, URL, hashtag and mention of the caption stands as it did in the post."""
    limits = narrowed(network, share)
    made = written(post, None, network, limits, hashtags=0)
    if isinstance(made, Held) or limits.markup != "plain":
        return
    text = made.captions[0].text
    extra = plainly(str(post.social["extra"]))  # which the author wrote for the networks: a mention there is meant
    said = "\n".join([extra, *(escape(plainly(one), limits) for one in (post.title, post.summary or ""))])
    for whole in regex.findall(r"https?://[^\s…]+|(?<![\w/])[#@][\w@.·-]*\w", text.replace(LINK, "")):
        assert whole in said or whole in (post.url or ""), whole


def plainly(text: str) -> str:
    from socialbot.captions.tidying import plain, tidy

    return tidy(plain(text))


@given(post=posts, label=labels, network=st.sampled_from(sorted(LIMITS)), narrow=st.floats(0.1, 1), wide=st.floats(0.1, 1))
def more_room_never_holds_what_less_room_let_through(
    post: Post, label: tuple[str, str], network: str, narrow: float, wide: float
) -> None:
    less, more = sorted((narrow, wide))
    small, large = (
        written(post, label, network, narrowed(network, less)),
        written(post, label, network, narrowed(network, more)),
    )
    assert isinstance(large, Written) or isinstance(small, Held)
    if isinstance(small, Written) and isinstance(large, Written) and LIMITS[network].max_title is None:
        assert "The title was cut" not in str(large.warnings) or "The title was cut" in str(small.warnings)


PROPERTIES: list[Callable[[], None]] = [
    fits_with_label_and_link_whole,
    the_label_stands_whole_once_and_is_seen,
    adding_a_label_or_a_tag_never_costs_the_link_or_the_limit,
    nothing_is_cut_in_two,
    more_room_never_holds_what_less_room_let_through,
]
_rule = partial(settings, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: str(holds.__name__))
def test_for_all_posts(holds: Callable[[], None]) -> None:
    _rule(max_examples=500)(holds)()


@pytest.mark.slow
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: str(holds.__name__))
def test_for_very_many_posts(holds: Callable[[], None]) -> None:
    _rule(max_examples=20_000)(holds)()
