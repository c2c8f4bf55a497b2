"""Where the label stands: where the template has it, unless it has to be seen first or would be hidden behind "more"."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from socialbot import networks
from socialbot.captions import Templates, Written, fits, write
from socialbot.nouns import Expression, Limits, Post
from socialbot.settings import AccountSettings
from tests.captions.test_counting import GRAPHEMES
from tests.conftest import make_post

LABEL, SHORT = "Text written by AI", "AI-generated"
LINK = "https://example.org/2026/11/fog"
FOLDED = replace(GRAPHEMES, max_text=1000, fold=90)
POST = make_post(summary="It came.", url=LINK, tags=("fog",))
TEMPLATES = Templates()


def written(
    post: Post = POST,
    *labels: str,
    limits: Limits = GRAPHEMES,
    first: bool = False,
    templates: Templates = TEMPLATES,
    **account: object,
) -> Written:
    options = AccountSettings.model_validate({"network": "bluesky", **account})
    made = write(post, Expression(labels or (LABEL,), label_first=first), limits, options, "blue", templates)
    assert isinstance(made, Written), made
    assert all(fits(one.text, limits) for one in made.captions)
    return made


def lines(post: Post = POST, *labels: str, **options: object) -> list[str]:
    return written(post, *labels, **options).captions[0].text.split("\n")  # type: ignore[arg-type]


def templates(folder: Path, text: str) -> Templates:
    (folder / "bluesky.j2").write_text(text)
    return Templates(folder)


def test_a_label_that_must_be_first_opens_the_caption_and_leaves_its_place_empty() -> None:
    assert lines() == ["Fog", "", "It came.", "", LINK, "", LABEL, "#fog"]
    assert lines(first=True) == [LABEL, "", "Fog", "", "It came.", "", LINK, "", "#fog"]


def test_the_spans_stand_right_below_a_label_that_comes_first() -> None:
    caption = written(first=True).captions[0]
    assert [caption.text[span.start : span.end] for span in caption.spans] == [LINK, "#fog"]


def test_without_a_label_nothing_has_to_be_first() -> None:
    made = write(POST, Expression(label_first=True), FOLDED, AccountSettings(network="bluesky"), "blue", TEMPLATES)
    assert isinstance(made, Written) and made.captions[0].text == f"Fog\n\nIt came.\n\n{LINK}\n\n#fog"


def test_a_label_that_would_be_folded_away_comes_first_and_no_other_does() -> None:
    alone = make_post()
    assert lines(alone, limits=FOLDED) == ["Fog", "", LABEL]
    assert lines(replace(alone, summary="It came."), limits=FOLDED)[0] == LABEL, "five lines, though only 33 code points"
    assert lines(replace(alone, title="Fog in the valley, and then for weeks"), limits=FOLDED)[0] == LABEL, (
        "its title takes two"
    )
    assert lines(replace(alone, title="Fog in the valley"), limits=FOLDED)[-1] == LABEL
    assert lines(replace(alone, summary="It came. " * 20))[-1] == LABEL, "no fold is known"


@pytest.mark.parametrize("length", range(1, 40))
def test_a_label_above_the_fold_ends_within_it(length: int) -> None:
    text = written(replace(make_post(), title="x" * length), limits=FOLDED).captions[0].text
    assert text.index(LABEL) + len(LABEL) <= (FOLDED.fold or 0)
    assert (text.index(LABEL) > 0) == (length < 30)


def test_where_a_wording_would_itself_be_folded_a_shorter_one_is_used() -> None:
    narrow = replace(FOLDED, fold=15)
    assert lines(POST, LABEL, SHORT, limits=narrow)[0] == SHORT
    assert lines(POST, LABEL, SHORT, limits=replace(FOLDED, fold=18))[0] == LABEL
    assert lines(POST, LABEL, limits=narrow)[0] == LABEL
    assert lines(POST, LABEL, SHORT, limits=replace(FOLDED, fold=5))[0] == LABEL, "none is short enough, so the best is said"


def test_in_the_authors_own_caption_the_label_comes_first_too() -> None:
    below = replace(POST, social={"caption": "My words. {{ link }}"})
    assert lines(below) == [f"My words. {LINK}", "", LABEL]
    assert lines(below, first=True) == lines(below, limits=FOLDED) == [LABEL, "", f"My words. {LINK}"]
    within = replace(POST, social={"caption": f"My words.\n{SHORT}\nMore of them. {{{{ link }}}}"})
    assert lines(within, LABEL, SHORT, limits=FOLDED)[:2] == ["My words.", LABEL], "it is seen where the author wrote it out"
    assert lines(within, LABEL, SHORT, first=True) == [LABEL, "", "My words.", "", f"More of them. {LINK}"]


def test_of_a_thread_the_first_post_alone_bears_the_label() -> None:
    post = replace(POST, body="\n\n".join(f"Paragraph {number} tells of fog. " * 5 for number in range(5)))
    for first in (False, True):
        made = written(post, limits=replace(GRAPHEMES, threads=True), first=first, thread=9, thread_numbers=True)
        texts = [one.text.split("\n") for one in made.captions]
        assert len(texts) > 2 and [LABEL in text for text in texts] == [True] + [False] * (len(texts) - 1)
        assert (texts[0][0] == LABEL) == first


@pytest.mark.parametrize("indent", ["  ", "\t", "\u00a0", "\u3000"])
def test_a_label_that_its_template_indents_stands_alone_on_its_line(tmp_path: Path, indent: str) -> None:
    page = templates(tmp_path, f"{{{{ title }}}}\n{indent}{{{{ label }}}} \n{{{{ link }}}}\n{{{{ hashtags }}}}")
    assert lines(templates=page) == ["Fog", LABEL, LINK, "#fog"]
    assert lines(templates=page, first=True) == [LABEL, "", "Fog", "", LINK, "#fog"]


def test_a_template_that_has_the_label_high_enough_keeps_it_there(tmp_path: Path) -> None:
    page = templates(tmp_path, "{{ title }}\n{{ label }}\n\n{{ summary }}\n\n{{ link }}")
    assert lines(templates=page, limits=FOLDED)[:2] == ["Fog", LABEL]
    assert lines(replace(POST, title="Fog " * 20), templates=page, limits=FOLDED)[0] == LABEL


def test_a_template_that_prints_the_label_twice_has_it_once_at_the_top(tmp_path: Path) -> None:
    page = templates(tmp_path, "{{ title }}\n{{ label }}\n{{ label }}\n{{ link }}")
    assert lines(templates=page, first=True).count(LABEL) == 1


FOLDS = {
    "facebook": 63, "google_business": 100, "instagram": 125, "linkedin": 140, "misskey": 200, "pinterest": 50, "sharkey": 200,
    "tiktok": 55, "youtube": 80,
}  # fmt: skip


@pytest.mark.parametrize("network", networks.counted())
def test_a_label_is_never_behind_more_where_a_network_has_that(network: str) -> None:
    limits = networks.limits_of(network)
    assert limits.fold == FOLDS.get(network)
    made = lines(replace(POST, summary="It came from the river. " * 9), limits=limits, network=network)
    assert (made[0] == LABEL) == (network in FOLDS)
