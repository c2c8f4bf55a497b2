from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialbot.nouns import Mistake
from socialbot.reading.front_matter import split


@pytest.mark.parametrize(
    "text",
    [
        '---\ntitle: "Fog"\ntags: [a, b]\n---\nBody',
        '---   \ntitle: "Fog"\ntags:\n- a\n- b\n---\nBody',
        '---\n    title: "Fog"\n    tags: ["a","b"]\n---\nBody',
        '    ---\n    title: "Fog"\n    tags: ["a","b"]\n    ---\nBody',
        "---\n\ttitle: Fog\n\ttags:\n\t\t- a\n\t\t- b\n---\nBody",
        "\ufeff---\r\ntitle: Fog\r\ntags: [a, b]\r\n---\r\nBody",
        "---\rtitle: Fog\rtags: [a, b]\r---\rBody",
        "\n\n---\ntitle: Fog\ntags: [a, b]\n---\n\nBody",
        '+++\ntitle = "Fog"\ntags = ["a", "b"]\n+++\nBody',
        '---toml\ntitle = "Fog"\ntags = ["a", "b"]\n---\nBody',
        '{\n  "title": "Fog",\n  "tags": ["a", "b"]\n}\nBody',
        '{"title": "Fog", "tags": ["a", "b"]}\nBody',
        '---json\n{"title": "Fog", "tags": ["a", "b"]}\n---\nBody',
    ],
)
def test_front_matter_is_found_in_every_dress(text: str) -> None:
    front, body = split(text, "post.md")
    assert (front.first("title"), front.first("tags"), body.strip()) == ("Fog", ["a", "b"], "Body")


@pytest.mark.parametrize("text", ["# Fog\n\nBody", "---\n\nA thematic break began this.", "{{< figure >}}\n", ""])
def test_text_without_front_matter_is_all_body(text: str) -> None:
    front, body = split(text, "post.md")
    assert not front.values and body == text


def test_values_stay_as_written() -> None:
    front, _ = split(
        "---\ntitle: 1.10\nlang: no\nslug: 007\ndate: 2025-02-03\ndraft: true\nyear: 1984\nimage: ~\n---\n", "post.md"
    )
    assert list(front.values.values()) == ["1.10", "no", "007", "2025-02-03", True, 1984, None]


def test_a_fence_inside_a_value_does_not_end_the_front_matter() -> None:
    front, body = split("---\nsummary: |\n  one\n  ---\n  two\ntitle: Fog\n---\nBody", "post.md")
    assert front.first("title") == "Fog" and body == "Body"


def test_keys_are_found_under_any_spelling_and_inside_params() -> None:
    front, _ = split(
        "---\nPublish-Date: '2025'\nparams:\n  featuredImage: a.jpg\n  title: inner\ntitle: outer\n---\n", "post.md"
    )
    assert front.first("publishDate") == "2025"
    assert front.first("featured_image") == "a.jpg"
    assert front.first("title") == "outer"
    assert front.where("publish_date") == "post.md, line 2"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\ntitle: Fog: a study\n---\n", 2, "not valid YAML"),
        ("\n\n---\ntitle: Fog\ntags: [a\n---\n", 5, "not valid YAML"),
        ("---\ntitle: Fog\nbad: \ufffe\n---\n", 3, "not valid YAML"),
        ('+++\ntitle = "Fog"\ndate = never\n+++\n', 3, "not valid TOML"),
        ('{\n"title": "Fog",\n"tags" ["a"]\n}\n', 3, "not valid JSON"),
        ("---\ntitle: Fog\n\nNo end", 1, "has no end"),
        ("title: Fog\n---\nBody", 1, "opening fence"),
        ("---\n- a\n- b\n---\n", 2, "keys and values"),
        ("---\ntitle: Fog\na: &x 1\nb: *x\n---\n", 4, "aliases"),
        ("---\ntitle: Fog\na: !!python/object/apply:os.system [id]\n---\n", 3, "tags"),
        ("---\ntitle: !secret Fog\n---\n", 2, "tags"),
        (f"---\na: {'[' * 50}{']' * 50}\n---\n", 2, "nested more"),
        (f'{{"a": {"[" * 40_000}{"]" * 40_000}}}\n', 1, "too deeply"),
        (f'{{"a": {"9" * 5000}}}\n', 1, "too long"),
        (f"+++\na = {'[' * 3000}{']' * 3000}\n+++\n", 2, "too deeply"),
        (f"---\ntitle: Fog\nnote: {'x' * 200_000}\n---\n", 2, "characters"),
    ],
)
def test_broken_front_matter_is_one_sentence_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(Mistake) as caught:
        split(text, "post.md")
    assert caught.value.where == f"post.md, line {line}"
    assert words in caught.value.what and "\n" not in str(caught.value)


def test_a_yaml_bomb_is_refused_at_once() -> None:
    rows = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    rows += [f"{c}: &{c} [{', '.join([f'*{b}'] * 9)}]" for b, c in zip("abcdefghi", "bcdefghij", strict=True)]
    started = time.monotonic()
    with pytest.raises(Mistake, match="aliases"):
        split("---\n" + "\n".join(rows) + "\n---\n", "post.md")
    assert time.monotonic() - started < 1


@given(st.text(), st.sampled_from(["---\n{}\n---\n", "+++\n{}\n+++\n", "{{{}}}", '{{"a": "{}"}}', "---\na: {}\nb: x\n---\n"]))
def test_no_front_matter_breaks_the_reader(inside: str, shape: str) -> None:
    try:
        front, _ = split(shape.format(inside), "post.md")
    except Mistake as mistake:
        assert mistake.where and mistake.where.startswith("post.md, line ")
    else:
        str(front.values).encode()
