"""Templates are a person's to edit; they cannot lose the label or the link, and cannot reach out of their sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from socialbot.captions import Templates, defaults
from socialbot.nouns import Mistake

VALUES = {
    "title": "Fog",
    "summary": "It came.",
    "link": "https://example.org",
    "hashtags": "#fog",
    "tags": ("fog",),
    "label": "By AI",
    "language": "en",
    "published": "",
    "account": "blue",
    "network": "bluesky",
}


def fill(tmp_path: Path, text: str) -> str:
    (tmp_path / "default.j2").write_text(text)
    (tmp_path / "bluesky.j2").write_text(text)
    return Templates(tmp_path).page("blue", "bluesky").fill(VALUES)


def test_the_accounts_template_wins_over_its_networks_over_ours(tmp_path: Path) -> None:
    page = Templates(tmp_path).page("blue", "bluesky")
    assert page.where == str(defaults() / "bluesky.j2")
    (tmp_path / "bluesky.j2").write_text("network")
    assert Templates(tmp_path).page("blue", "bluesky").fill(VALUES) == "network"
    (tmp_path / "blue.j2").write_text("account")
    assert Templates(tmp_path).page("blue", "bluesky").fill(VALUES) == "account"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ titel }}", "'titel' is undefined"),
        ("\n{% if %}", "line 2"),
        ("{{ title | nofilter }}", "nofilter"),
        ("{% include '/etc/passwd' %}", "no template"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ title * 100000 }}", "not available"),
        ("{{ title.ljust(100000000) }}", "unsafe"),
        ("{{ '{:>100000000}'.format(title) }}", "unsafe"),
        ("{{ title | truncate(-1) }}", "line 1"),
        ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "recursion"),
        ("{% for a in range(10) %}{% endfor %}", "undefined"),
    ],
)
def test_a_bad_template_is_one_sentence_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Mistake) as caught:
        fill(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_flood_is_stopped(tmp_path: Path) -> None:
    text = (
        "{% for a in summary %}{% for b in summary %}{% for c in summary %}"
        + "x" * 5000
        + "{% endfor %}{% endfor %}{% endfor %}"
    )
    with pytest.raises(Mistake, match="prints more than"):
        fill(tmp_path, text)


def test_our_own_templates_print_everything() -> None:
    for name in ("default", "bluesky", "mastodon"):
        printed = Templates().page(name, name).fill(VALUES)
        assert all(str(VALUES[word]) in printed for word in ("title", "summary", "link", "hashtags", "label"))
