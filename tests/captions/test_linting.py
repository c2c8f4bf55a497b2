"""A template that the lint lets through prints label and link whatever the post; what it refuses, it shows."""

from __future__ import annotations

from itertools import product

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined

from socialbot.captions.linting import Fault, lint
from socialbot.captions.templates import VARIABLES, _Sandbox
from socialbot.captions.tidying import LABEL, LINK

SANDBOX = _Sandbox(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def faults(text: str) -> list[Fault]:
    return lint(SANDBOX, text, VARIABLES)


def told(text: str) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.what) for fault in faults(text)]


@pytest.mark.parametrize(
    "text",
    [
        "{{ label }}\n{{ link }}",
        "{{ title }} {{ link }}\n{{ label }}",
        "({{ link }}).\n  {{ label }}  \n",
        "{{ link }} {{ hashtags }}\n{% if label %}\n{{ label }}\n{% endif %}",
        "{{ link }}\n{% if label and true %}\n{{ label }}\n{% endif %}\n{% if not label %}none{% endif %}",
        "{% if summary %}\n{{ label }}\n{{ link }}\n{% else %}\n{{ link }}\n{{ label }}\n{% endif %}",
        "{% if a is defined %}{% elif summary %}{% else %}{% endif %}\n{{ label }}\n{{ link }}".replace("a is", "tags is"),
        "{% if summary %}{{ label }}\n{% elif title %}{{ label }}\n{% else %}{{ label }}\n{% endif %}{{ link }}",
        "{% if not link %}{% else %}{{ link }}\n{% endif %}\n{{ label }}",
        "{% with mark = '🤖' %}\n{{ label }}\n{{ link }}\n{% endwith %}",
        "{% for tag in tags %}#{{ tag }} {% endfor %}\n\n{{ label }}\n{{ link }}",
        "{% set short = summary | sentence %}{{ short }}\n{{ label }}\n{{ link }}",
        "{% macro shout(words) %}{{ words | upper }}!{% endmacro %}{{ shout(title) }}\n{{ label }}\n{{ link }}",
        "{# {{ label }} #}{{ label | upper }}: see below\n{{ label }}\n{{ link }}",
        "||{{ summary }}||\n{{ label }}\n<!-- -->\n{{ link }}",
        "a || b\n{{ label }}\n{{ link }}",
    ],
)
def test_a_template_that_keeps_both_is_fine(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("{{ title }}\n{{ link }}\n\n", 2, "it leaves out the label: it never prints {{ label }}"),
        ("{{ label }}\n{{ title }}", 2, "it leaves out the link: it never prints {{ link }}"),
        ("{# {{ label }} #}\n{{ link }}", 2, "never prints {{ label }}"),
        ("{% raw %}\n{{ label }}\n{% endraw %}\n{{ link }}", 4, "never prints {{ label }}"),
        ("{{ link }}\n{% if summary %}\n{{ label }}\n{% endif %}", 2, 'this "if" can hide it'),
        ("{{ link }}\n{% if summary %}\n{% else %}\n{{ label }}\n{% endif %}", 2, 'this "if" can hide it'),
        ("{{ link }}\n{% if link %}\n{{ label }}\n{% endif %}", 2, 'this "if" can hide it'),
        ("{{ link }}\n{% if label and title %}\n{{ label }}\n{% endif %}", 2, 'this "if" can hide it'),
        ("{{ link }}\n{% if not label %}\n{{ label }}\n{% endif %}", 2, 'this "if" can hide it'),
        ("{{ link }}\n{% if false %}\n{{ label }}\n{% endif %}", 2, 'this "if" can hide it'),
        ("{{ link }}\n{% if a %}x{% elif tags %}\n{{ label }}\n{% endif %}".replace("a %", "title %"), 2, "can hide it"),
        ("{{ label }}\n{% for tag in tags %}\n{{ link }}\n{% endfor %}", 2, "within a loop, which may never run"),
        ("{{ label }}\n{% for tag in tags %}\n{{ link }}\n{% else %}\n{{ link }}\n{% endfor %}", 2, "within a loop"),
        ("{{ link }}\n{% macro m() %}\n{{ label }}\n{% endmacro %}", 2, "within a macro"),
        ("{{ link }}\n{% set m %}\n{{ label }}\n{% endset %}\n{{ m }}", 2, 'within a "set" block'),
        ("{{ link }}\n{% filter upper %}\n{{ label }}\n{% endfilter %}", 2, 'within a "filter" block'),
        ("{{ link }}\n\n{{ label | upper }}", 3, "it is changed before it is printed"),
        ("{{ link }}\n\n{{ label ~ '' }}", 3, "it is changed before it is printed"),
        ("{{ link }}\n\n{{ label if title }}", 3, "it is changed before it is printed"),
        ("{% set label = '' %}\n{{ label }}\n{{ link }}", 1, "label gets another meaning here"),
        ("{{ label }}\n{% for link in tags %}{% endfor %}\n{{ link }}", 2, "link gets another meaning here"),
        ("{{ link }}\n{% macro label() %}{% endmacro %}\n{{ label }}", 2, "label gets another meaning here"),
        ("{% with label = title %}\n{{ label }}\n{% endwith %}\n{{ link }}", 1, "label gets another meaning here"),
        ("{{ title }} {{ label }}\n{{ link }}", 1, "can share its line"),
        ("{{ link }}\nAI: {{ label }}", 2, "can share its line"),
        ("{{ link }}\n{{ label }}.", 2, "can share its line"),
        ("{{ link }}\n{{ label -}}\n{{ hashtags }}", 2, "can share its line"),
        ("{{ link }}\n{{ label }}{% if tags %} {{ hashtags }}{% endif %}", 2, "can share its line"),
        ("{{ link }}\n{% if tags %}tagged {% endif %}\n{{ label }}", 3, "can share its line"),
        ("{{ link }}\n{{ label }}{% for tag in tags %}#{{ tag }}{% endfor %}", 2, "can share its line"),
        ("||{{ link }}\n{{ label }}\n||", 2, "hidden between || and ||"),
        ("{{ link }}\n<!--\n{{ label }}\n-->", 3, "hidden between <!-- and -->"),
        ("{{ label }}\n{{ link }}{{ hashtags }}", 2, "can run into what stands beside it"),
        ("{{ label }}\n{{ link }}/more", 2, "can run into what stands beside it"),
        ("{{ label }}\nsee{{ link }}", 2, "can run into what stands beside it"),
        ("{{ label }}\n{{ link }}\n{% include 'other.j2' %}", 3, "{% include %} is not available"),
        ("{% extends 'other.j2' %}\n{{ label }}\n{{ link }}", 1, "{% extends %} is not available"),
        ("{% import 'other.j2' as o %}\n{{ label }}\n{{ link }}", 1, "{% import %} is not available"),
        ("{{ label }}\n{{ link }}\n{% block b %}{% endblock %}", 3, "{% block %} is not available"),
        ("{% autoescape true %}\n{{ label }}\n{% endautoescape %}\n{{ link }}", 1, "{% autoescape %} is not available"),
        ("{{ label }}\n{{ link }}\n{{ titel }}", 3, "titel is unknown"),
        ("{{ label }}\n{{ link }}\n{{ title | trimto(3) }}", 3, "no filter is called trimto"),
        ("{{ label }}\n{{ link }}\n{% if title is fine %}{% endif %}", 3, "no test is called fine"),
        ("{{ label }}\n{{ link }}\n{{ title * 3 }}", 3, '"*" is not available'),
        ("{{ label }}\n{{ link }}\n{% if %}", 3, "Expected an expression"),
        ("{{ label }}\n{{ link }}\n{% endif %}", 3, "unknown tag 'endif'"),
        ("", 1, "never prints {{ label }}"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, line: int, what: str) -> None:
    found = told(text)
    assert [one for one in found if one[0] == line and what in one[1]], found
    assert all(fault.fix is None or fault.fix for fault in faults(text))


def test_every_fault_is_told_once_and_by_line() -> None:
    found = told("{{ titel }} {{ label }}\n{{ titel }}\n{{ nofilter }}\n")
    assert [line for line, _ in found] == sorted(line or 0 for line, _ in found)
    assert len(set(found)) == len(found) == 4


@pytest.mark.parametrize("text", ["{% if title %}" * 5000, "(" * 5000, "{{ " + "(" * 5000, "{{ title" + "|trim" * 5000 + " }}"])
def test_the_deepest_nest_is_one_fault(text: str) -> None:
    assert faults(text)


PIECES = ["\n", "\n\n", " ", "words", "||", "<!--", "-->", "{{ title }}", "{{ label }}", "{{ link }}", "{{ label | upper }}"]
CONDITIONS = ["title", "label", "link", "not label", "label and title", "title or label", "link or false", "not link or title"]
WRAPPED = [
    "{% if COND %}A{% endif %}",
    "{% if COND %}A{% else %}B{% endif %}",
    "{% if COND %}\nA\n{% else %}\nB\n{% endif %}",
    "{% if COND %}A{% elif title %}B{% else %}A{% endif %}",
    "{% for tag in tags %}A{% endfor %}",
    "{% for tag in tags %}A{% else %}B{% endfor %}",
    "{% set x %}A{% endset %}B",
    "{% filter upper %}A{% endfilter %}",
    "{% with x = title %}A{% endwith %}",
    "{% macro m() %}A{% endmacro %}B",
    "{% set label = title %}A",
]


def _wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def build(parts: tuple[str, str, str, str]) -> str:
        shape, condition, one, other = parts
        return shape.replace("COND", condition).replace("B", other).replace("A", one)

    return st.tuples(st.sampled_from(WRAPPED), st.sampled_from(CONDITIONS), inner, inner).map(build)


bodies = st.recursive(
    st.lists(st.sampled_from(PIECES), max_size=5).map("".join),
    lambda inner: st.lists(inner | _wrapped(inner), max_size=3).map("".join),
    max_leaves=8,
)
# Most random templates lose something; these are given what they need at the top, at the end, or in both branches.
HELP = [
    "{one}",
    "{one}\n{{{{ label }}}}\n{{{{ link }}}}\n{two}",
    "{{{{ link }}}}\n{one}\n{{{{ label }}}}{two}",
    "{{{{ link }}}}\n{{% if {condition} %}}\n{{{{ label }}}}\n{{% endif %}}\n{one}",
    "{{{{ label }}}}\n{{% if {condition} %}}\n{one}{{% else %}}{{{{ link }}}}\n{{% endif %}}",
    "{{% if {condition} %}}{{{{ label }}}}\n{one}{{% else %}}\n{{{{ label }}}}{two}{{% endif %}}\n\n{{{{ link }}}}",
]
helped = st.builds(
    lambda shape, one, two, condition: shape.format(one=one, two=two, condition=condition),
    st.sampled_from(HELP),
    bodies,
    bodies,
    st.sampled_from(CONDITIONS),
)


def _check_promise(text: str) -> None:
    if faults(text):
        return
    template = SANDBOX.from_string(text)
    for title, label, link, tags in product(("", "words"), ("", LABEL), ("", LINK), ((), ("a", "b"))):
        values = dict.fromkeys(VARIABLES, "words") | {"title": title, "label": label, "link": link, "tags": tags}
        printed = template.render(values)
        assert not label or any(line.strip() == LABEL for line in printed.split("\n")), text
        assert not link or regex.search(f"(?<!words){LINK}(?!words)", printed), text


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=helped)
def test_what_is_fine_never_loses_label_or_link(text: str) -> None:
    _check_promise(text)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=helped)
def test_what_is_fine_never_loses_label_or_link_at_length(text: str) -> None:
    _check_promise(text)
