"""Templates are a person's to edit; they cannot lose the label or the link, and cannot reach out of their sandbox."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from socialbot.captions import Templates, defaults, templates
from socialbot.captions.templates import VARIABLES
from socialbot.nouns import Mistake

VALUES = {
    "title": "Fog",
    "summary": "It came.",
    "extra": "Bring a lamp.",
    "credit": "Ann Example",
    "link": "https://example.org",
    "hashtags": "#fog",
    "tags": ("fog",),
    "label": "By AI",
    "language": "en",
    "published": "",
    "account": "blue",
    "network": "bluesky",
}
REST = "\n\n{{ link }}\n{{ label }}\n"


def fill(tmp_path: Path, text: str) -> str:
    (tmp_path / "bluesky.j2").write_text(text + REST)
    return Templates(tmp_path).page("blue", "bluesky").fill(VALUES)


def test_the_accounts_template_wins_over_its_networks_over_ours(tmp_path: Path) -> None:
    made = Templates(tmp_path)
    assert made.page("blue", "bluesky").where == str(defaults() / "bluesky.j2")
    for name in ("default", "bluesky", "blue"):
        (tmp_path / f"{name}.j2").write_text(name + REST)
        assert made.page("blue", "bluesky").fill(VALUES).startswith(name)
    assert made.page("other", "other").fill(VALUES).startswith("default")


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linted: list[str] = []
    lint = templates.lint
    monkeypatch.setattr(templates, "lint", lambda sandbox, text, names: linted.append(text) or lint(sandbox, text, names))
    (tmp_path / "blue.j2").write_text("one" + REST)
    made = Templates(tmp_path)
    assert [made.page("blue", "bluesky").fill(VALUES)[:3] for _ in range(3)] == ["one"] * 3
    (tmp_path / "blue.j2").write_text("another" + REST)
    assert made.page("blue", "bluesky").fill(VALUES).startswith("another")
    (tmp_path / "blue.j2").write_text("broken")
    for _ in range(2):
        with pytest.raises(Mistake):
            made.page("blue", "bluesky")
    (tmp_path / "blue.j2").unlink()
    assert made.page("blue", "bluesky").where == str(defaults() / "bluesky.j2")
    assert [text[:3] for text in linted] == ["one", "ano", "bro", "{# "]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ titel }}", "line 1: titel is unknown (did you mean title?"),
        ("\n{% if %}", "line 2"),
        ("{{ title | nofilter }}", "nofilter"),
        ("{% include '/etc/passwd' %}", "include %} is not available"),
        ("{% extends 'default.j2' %}", "extends %} is not available"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ title * 100000 }}", "not available"),
        ("{{ title.ljust(100000000) }}", "unsafe"),
        ("{{ '{:>100000000}'.format(title) }}", "unsafe"),
        ("{{ title | truncate(-1) }}", "line 1"),
        ("{{ title | trim_to('ten') }}", "line 1"),
        ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "recursion"),
        ("{% for a in range(10) %}{% endfor %}", "range is unknown"),
        ("{% for a in tags %}" * 30 + "{% endfor %}" * 30, "nested too deeply"),
        ("{% if title %}" * 3000 + "{% endif %}" * 3000, "nested too deeply"),
    ],
)
def test_a_bad_template_is_one_sentence_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Mistake) as caught:
        fill(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path / "bluesky.j2") in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ title }}\n{{ link }}\n", "line 2: it leaves out the label"),
        ("{{ title }}\n{{ label }}\n", "line 2: it leaves out the link"),
        (
            "{{ link }}\n\n{{ title }} {{ label }}",
            "line 3: the label can share its line with other words (put {{ label }} on a",
        ),
        ("{{ link }}\n{% if title %}\n{{ label }}\n{% endif %}", 'line 2: it can leave out the label: this "if" can hide it'),
    ],
)
def test_a_template_that_could_lose_label_or_link_makes_no_page(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "blue.j2").write_text(text)
    with pytest.raises(Mistake) as caught:
        Templates(tmp_path).page("blue", "bluesky")
    assert said in str(caught.value)


def test_a_file_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "blue.j2").write_bytes(b"{{ link }}\n\xff")
    (tmp_path / "chat.j2").mkdir()
    os.mkfifo(tmp_path / "masto.j2")
    for account, said in (("blue", "line 2: it is not written in UTF-8"), ("chat", "not a file"), ("masto", "not a file")):
        with pytest.raises(Mistake, match=said):
            Templates(tmp_path).page(account, "bluesky")


def test_a_byte_order_mark_is_not_printed(tmp_path: Path) -> None:
    (tmp_path / "blue.j2").write_text("Fog" + REST, encoding="utf-8-sig")
    assert Templates(tmp_path).page("blue", "bluesky").fill(VALUES).startswith("Fog")


def test_a_flood_is_stopped(tmp_path: Path) -> None:
    text = (
        "{% for a in summary %}{% for b in summary %}{% for c in summary %}"
        + "x" * 5000
        + "{% endfor %}{% endfor %}{% endfor %}"
    )
    with pytest.raises(Mistake, match="prints more than"):
        fill(tmp_path, text)


def test_our_own_templates_print_everything() -> None:
    for name in ("default", "bluesky", "mastodon", "discord"):
        printed = Templates().page(name, name).fill(VALUES)
        words = ["title", "summary", "extra", "credit", "link", "label", "hashtags"][: 6 if name == "discord" else 7]
        places = [printed.index(str(VALUES[word])) for word in words]
        assert places == sorted(places)
        assert "\n📷 Ann Example\n" in printed


def test_our_own_templates_print_no_camera_without_a_credit() -> None:
    for name in ("default", "bluesky", "mastodon", "discord"):
        assert "📷" not in Templates().page(name, name).fill({**VALUES, "credit": ""})


def test_our_own_templates_are_fine_and_name_every_variable() -> None:
    checked = Templates().check([])
    assert {one.path.stem for one in checked} == {"default", "bluesky", "mastodon", "discord"}
    for one in checked:
        assert (one.own, one.faults) == (False, ())
        head = one.path.read_text().partition("#}")[0]
        assert [name for name in VARIABLES if name not in head and (one.path.stem, name) != ("discord", "hashtags")] == []


def test_a_check_tells_what_a_post_without_anything_would_break(tmp_path: Path) -> None:
    (tmp_path / "blue.j2").write_text("{{ title }}\n#{{ tags[0] }}" + REST)
    (tmp_path / "blu.j2").write_text("{{ title }}" + REST)
    (tmp_path / "gone.j2").symlink_to(tmp_path / "nothing")
    own = {one.path.stem: one.faults for one in Templates(tmp_path).check(["blue", "gone"]) if one.own}
    assert [(fault.line, "no element 0" in fault.what) for fault in own["blue"]] == [(2, True)]
    assert [(fault.what, fault.fix) for fault in own["blu"]] == [
        ("no account and no network is called blu", "did you mean blue?")
    ]
    assert "link to nothing" in own["gone"][0].what


@pytest.mark.parametrize(
    ("filtered", "printed"),
    [
        ("{{ 'Fog came. It stayed for days.' | trim_to(12) }}", "Fog came."),
        ("{{ 'Fog came over the hills' | trim_to(12) }}", "Fog came…"),
        ("{{ title | trim_to(0) }}", ""),
        ("{{ '👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧' | trim_to(2) }}", "👩‍👩‍👧…"),
        ("{{ 'digital clones' | hashtag }}", "#DigitalClones"),
        ("{{ '2026' | hashtag }}", ""),
        ("{{ ['morning fog', 'sun', '&'] | hashtag }}", "#MorningFog #sun"),
        (
            "{{ '**Fog** in <em>the</em>\n\n# [valley](https://example.org) &amp; _hill_' | plain }}",
            "Fog in the valley &amp; hill",
        ),
        ("{{ 'snake_case_word 2 * 3 * 4 a < b > c' | plain }}", "snake_case_word 2 * 3 * 4 a < b > c"),
        ("{{ '\\\\*as written\\\\* <https://example.org>' | plain }}", "\\*as written\\* https://example.org"),
        ("{{ '@<b>all</b> @**ann** ann@example.org' | plain }}", "@\u2060all @\u2060ann ann@example.org"),
        ("{{ 'Dr. Ann Example came on 3. May. It rained.' | sentence }}", "Dr. Ann Example came on 3. May."),
        ("{{ 'Was it fog? Yes.' | sentence }}", "Was it fog?"),
        ("{{ '霧が出た。晴れた。' | sentence }}", "霧が出た。"),
        ("{{ 'no end' | sentence }}", "no end"),
        ("{{ 'one\ntwo' | first }}", "one"),
        ("{{ tags | first }}", "fog"),
        ("{{ [] | first }}", ""),
    ],
)
def test_filters_do_what_their_names_say(tmp_path: Path, filtered: str, printed: str) -> None:
    assert fill(tmp_path, filtered).partition("\n")[0] == printed
