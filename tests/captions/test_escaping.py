"""What a title or summary holds by chance is shown as written: no markup, no mention."""

from __future__ import annotations

from dataclasses import replace

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from socialbot.captions.escaping import escape
from tests.captions.test_counting import GRAPHEMES, MASTODON, UTF_16

DISCORD = replace(UTF_16, markup="discord")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("*bold* and `code`", r"\*bold\* and \`code\`"),
        ("snake_case stays, _this_ does not", r"snake_case stays, \_this\_ does not"),
        ("a__b__c", r"a\_\_b\_\_c"),
        ("~~gone~~ ||hidden||, ~5 | 6", r"\~\~gone\~\~ \|\|hidden\|\|, ~5 | 6"),
        ("# Heading\n> quote\n- list\nC# > D - E", "\\# Heading\n\\> quote\n\\- list\nC# > D - E"),
        ("[masked](https://example.org/a_b_)", r"\[masked](https://example.org/a_b_)"),
        ("<#12> <:fog:3> 1 < 2", r"\<#12> \<:fog:3> 1 < 2"),
        ("@here @everyone <@&7> @alice", "@\u2060here @\u2060everyone \\<@\u2060&7> @alice"),
    ],
)
def test_discord_shows_it_as_written(written: str, sent: str) -> None:
    assert escape(written, DISCORD) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("@alice and @bob@example.org", "@\u2060alice and @\u2060bob@example.org"),
        (
            "mail me@example.org, see https://example.org/@alice, 5 @ 3",
            "mail me@example.org, see https://example.org/@alice, 5 @ 3",
        ),
    ],
)
def test_mastodon_notifies_nobody(written: str, sent: str) -> None:
    assert escape(written, MASTODON) == sent


@given(st.text(alphabet="ab_*~`|>#<@[]()\\-/:. \n1"))
def test_escaping_adds_nothing_that_is_seen(written: str) -> None:
    assert escape(written, GRAPHEMES) == written
    assert regex.sub(r"\\([^\w\s]|_)", r"\1", escape(written, DISCORD)).replace("\u2060", "") == written
