"""What a title or summary holds by chance is shown as written: no markup, no mention."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from socialbot.captions.escaping import escape, escape_link
from socialbot.networks import limits_of
from socialbot.nouns import Limits
from tests.captions.test_counting import GRAPHEMES, MASTODON, UTF_16

DISCORD = replace(UTF_16, markup="discord")
SLACK = replace(UTF_16, markup="slack")
MARKDOWN = replace(UTF_16, markup="markdown")
MFM = replace(UTF_16, unit="code points", markup="mfm")
PLAIN = replace(UTF_16, unit="code points")
X = replace(UTF_16, unit="x")
BLUESKY = replace(GRAPHEMES, mentions=False)
NPUB = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg"


def seen(text: str) -> str:
    """With "·" for the WORD JOINER."""
    return text.replace("\u2060", "·")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("*bold* and `code`", r"\*bold\* and \`code\`"),
        ("snake_case stays, _this_ does not", r"snake_case stays, \_this\_ does not"),
        ("a__b__c", r"a\_\_b\_\_c"),
        ("~~gone~~ ||hidden||, ~5 | 6", r"\~\~gone\~\~ \|\|hidden\|\|, ~5 | 6"),
        ("# Heading\n> quote\n- list\nC# > D - E", "\\# Heading\n\\> quote\n\\- list\nC# > D - E"),
        ("[masked](https://example.org/a_b_)", r"\[masked](https://example.org/a_b_)"),
        ("[1] is a note", "[1] is a note"),
        ("<#12> <:fog:3> 1 < 2", r"\<#12> \<:fog:3> 1 < 2"),
        ("@here @everyone <@&7> @alice", "@·here @·everyone \\<@·&7> @alice"),
    ],
)
def test_discord_shows_it_as_written(written: str, sent: str) -> None:
    assert seen(escape(written, DISCORD)) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("*bold* _it_ ~no~ `code`", "*·bold* _·it_ ~·no~ `·code`·"),
        ("snake_case, 5 * 3, ~$5 to ~$7", "snake_case, 5 * 3, ~·$5 to ~·$7"),
        ("<!here> <@U1> R&D", "&lt;!here&gt; &lt;@·U1&gt; R&amp;D"),
        ("> quote\n1 > 0", "·&gt; quote\n1 &gt; 0"),
        ("It is 10:30:45 :fog:", "It is 10:30:45 :·fog:"),
        ("*https://example.org*", "*·https://example.org*·"),
        ("see https://example.org/a_b_?x=1&y=2 & on", "see https://example.org/a_b_?x=1&amp;y=2 &amp; on"),
    ],
)
def test_slack_shows_it_as_written(written: str, sent: str) -> None:
    assert seen(escape(written, SLACK)) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("*a* snake_case _b_ ~c~ `d` x^2", r"\*a\* snake\_case \_b\_ \~c\~ \`d\` x\^2".replace(r"snake\_", "snake_")),
        ("[a](b) |c| R&D &amp; <b> 1 < 2", r"\[a\](b) \|c\| R&D \&amp; \<b> 1 < 2"),
        ("a|b\n:-\n-:", "a\\|b\n\\:-\n\\-:"),
        ("# h\n> q\n- l\n1. n\n1) n\n---\n===", "\\# h\n\\> q\n\\- l\n1\\. n\n1\\) n\n\\---\n·==="),
        (">!spoiler!< and ::: spoiler\n::: spoiler", "\\>!spoiler!< and ::: spoiler\n\\::: spoiler"),
        ("C# 2.0 - 3 > 1", "C# 2.0 - 3 > 1"),
        ("see https://example.org/a_b_(c)*", r"see https://example.org/a_b_(c)\*"),
        ("u/name, /r/fog, and/or", "u/·name, /r/·fog, and/or"),
        ("@bob@example.org !fog@example.org me@example.org", "@·bob@example.org !·fog@example.org me@example.org"),
        ("me@bob@example.org", "me@·bob@example.org"),
    ],
)
def test_reddit_and_lemmy_show_it_as_written(written: str, sent: str) -> None:
    assert seen(escape(written, MARKDOWN)) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("**bold** ***big*** *still* 2 * 3 * 4", "*·*·bold*·*· *·*·*·big*·*·*· *·still*· 2 *· 3 * 4"),
        ("snake_case_name, _this_ and __init__", "snake_case_name, _·this_ and _·_·init__"),
        ("~~gone~~, ~5", "~·~gone~·~, ~5"),
        ("<b>b</b> <small>s</small> <center> 1 < 2", "<·b>b</b> <·small>s</small> <·center> 1 < 2"),
        ("<https://example.org/a> and <plain>", "<·https://example.org/a·> and <·plain>"),
        ("$[x2 big] and $5", "$·[x2 big] and $5"),
        (
            "[label](https://example.org/a) ?[silent](https://example.org)",
            "[label]·(https://example.org/a) ?[silent]·(https://example.org)",
        ),
        (r"\(x\) and \[y\]", "\\·(x\\) and \\·[y\\]"),
        (":fog: at 10:30:45", ":·fog: at 10:·30:45"),
        ("> quote\n1 > 0", "·> quote\n1 > 0"),
        ("Job search\nFog [Search]\n霧 検索\nsearch\nresearch", "Job search·\nFog [Search]·\n霧 検索·\nsearch\nresearch"),
        ("Search party", "Search party"),
        (
            "`code` and ```more```",
            "<plain>`</plain>code<plain>`</plain> and " + "<plain>`</plain>" * 3 + "more" + "<plain>`</plain>" * 3,
        ),
        ("rock ` roll", "rock ` roll"),
        ("@alice #fog https://example.org/a_b_c", "@·alice #fog https://example.org/a_b_c"),
    ],
)
def test_misskey_shows_it_as_written(written: str, sent: str) -> None:
    assert seen(escape(written, MFM)) == sent


# What begins something in MFM (github.com/misskey-dev/mfm.js, src/internal/parser.ts, 2026-11), once <plain> is out of the way.
_MFM_READS = [
    r"\*\*(?!\*\*).+?\*\*",
    r"(?<![A-Za-z0-9])\*[A-Za-z0-9 \u3000\t]+\*",
    r"(?<![A-Za-z0-9])_[A-Za-z0-9 \u3000\t]+_",
    r"__[A-Za-z0-9 \u3000\t]+__",
    r"~~[^\n]+?~~",
    r"<(?:b|i|s|small|center|plain)>",
    r"`[^`´\n]+`",
    r"\\\([^\n]+?\\\)|\\\[.+?\\\]",
    r"\$\[[A-Za-z0-9_]+ ",
    r"\]\(<?https?://",
    r":[A-Za-z0-9_+-]+:",
    r"(?m)^>",
    r"(?mi)^.+[ \u3000\t](?:\[(?:検索|search)\]|検索|search)$",
]


@settings(max_examples=300)
@given(
    st.text(alphabet="ab1 *_`~>[]()\\<$:\nsé検索", max_size=30),
    st.sampled_from(["", " search", "<b>", "$[x2 ", "](https://a.org)"]),
)
def test_no_mfm_is_read_into_it(written: str, end: str) -> None:
    sent = regex.sub(r"<plain>`</plain>", "", escape(written + end, MFM))
    assert [pattern for pattern in _MFM_READS if regex.search(pattern, sent, regex.DOTALL)] == []


lines = st.lists(
    st.text(alphabet="ab1 *_`~^>#[]()|\\<>&;!-+=.:/é", min_size=1, max_size=12).map(lambda line: " ".join(line.split())),
    max_size=4,
)


def check_markdown(written: str) -> None:
    """CommonMark with tables and strikethrough finds nothing but text, and the same."""
    tokens = MarkdownIt("commonmark").enable(["strikethrough", "table"]).parse(escape(written, MARKDOWN))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    assert {child.type for token in tokens for child in token.children or ()} <= {"text", "softbreak"}
    shown = " ".join(child.content for token in tokens for child in token.children or ())
    assert "".join(shown.split()).replace("\u2060", "") == "".join(written.split())


@settings(max_examples=500)
@given(lines.map("\n".join))
def test_no_markdown_is_found_by_a_parser(written: str) -> None:
    check_markdown(written)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(lines.map("\n".join))
def test_no_markdown_is_found_by_a_parser_in_twenty_thousand_texts(written: str) -> None:
    check_markdown(written)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("@alice and @bob@example.org", "@·alice and @·bob@example.org"),
        ("mail me@example.org, see https://example.org/@alice, 5 @ 3", None),
        ("https://medium.com/@name?u=@name#@name and medium.com/@name/fog", None),
        ("https://en.wikipedia.org/wiki/A_(b)/@c", None),
        ("https://example.org/(@bob)", "https://example.org/(@·bob)"),
        ("の@alice é@alice .@alice /@alice =@alice", "の@·alice é@·alice .@·alice /@·alice =@·alice"),
        ("https://example.org,@bob https://example.org/|@bob", "https://example.org,@·bob https://example.org/|@·bob"),
        ("https://example.orgの/@bob", "https://example.orgの/@·bob"),
        ("https://example.org(@bob) xhttps://example.org/@bob", "https://example.org(@·bob) xhttps://example.org/@·bob"),
        ("＠bob @[123:Page] @_x", "＠·bob @·[123:Page] @·_x"),
        (f"nostr:{NPUB} {NPUB}", f"nostr:npub1·{NPUB[5:]} npub1·{NPUB[5:]}"),
        (f"https://njump.me/{NPUB} https://njump.me/?id=nostr:{NPUB} primal.net/@{NPUB} npub1 npub1fog", None),
    ],
)
@pytest.mark.parametrize("limits", [PLAIN, MASTODON, X], ids=["plain", "mastodon", "x"])
def test_nobody_is_notified_and_addresses_stay_whole(written: str, sent: str | None, limits: Limits) -> None:
    assert seen(escape(written, limits)) == (sent or written)


def test_x_hears_a_mention_behind_rt() -> None:
    assert seen(escape("RT@bob rt@example.org smart@bob", X)) == "RT@·bob rt@·example.org smart@bob"
    assert escape("rt@example.org", PLAIN) == "rt@example.org"


def test_a_page_that_facebook_would_mention_by_its_number_is_not() -> None:
    assert "@[" not in escape("Written @[104076956295773] in a title", limits_of("facebook"))


def test_where_mentions_are_not_made_of_text_it_stays() -> None:
    assert escape(f"@alice *bold* {NPUB}", BLUESKY) == f"@alice *bold* {NPUB}"
    assert seen(escape("u/name @bob@example.org *b*", replace(MARKDOWN, mentions=False))) == r"u/name @bob@example.org \*b\*"


# What each network's documents or source call a URL, for the hosts used here, and a mention outside of one.
_URL = r"(?<![A-Za-z0-9@＠$#＃])(?:https?://|(?<![\p{L}_./-]))(?:[\p{L}\p{N}-]+\.)+[a-z]{2,}(?![a-z]|://)"
_X_PATH = r"[a-z0-9!*';:=+,.$/%#\[\]_~@|&-]"
_X_URL_END = (
    rf"(?:/(?:{_X_PATH}|\({_X_PATH}+\))*(?<=[a-z0-9=_#/+-]|\)))?/?(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]_.,~|-]*[a-z0-9_&=#/-])?"
)
_X_BEFORE = r"(?<=^|[^a-zA-Z0-9_!#$%&*@＠]|(?:^|[^a-zA-Z0-9_+~.-])(?:rt|RT|rT|Rt):?)"
READERS = {
    "x": (X, rf"{_URL}{_X_URL_END}", rf"{_X_BEFORE}[@＠][a-zA-Z0-9_]{{1,20}}"),
    "mastodon": (
        MASTODON,
        r"(?<![A-Za-z0-9@＠$#＃])https?://(?:[\p{L}\p{N}-]+\.)+[a-z]{2,}(?:/(?:[^\s<>()?]|\([^\s<>()?]*\))*)?(?:\?[^\s()]*)?",
        r"(?<![=/\p{L}\p{M}\p{N}\p{Pc}])@[a-zA-Z0-9_]+",
    ),
    "telegram": (
        PLAIN,
        rf"{_URL}(?:[/?#](?:[^\s()<>]|\([^\s()<>]*\))*)?",
        r"(?<![\p{L}\p{N}_])@[a-zA-Z0-9_]{2,32}(?![\p{L}\p{N}_])",
    ),
    "misskey": (
        MFM,
        r"https?://(?:[.,a-z0-9_/:%#@$&?!~=+-]|\([.,a-z0-9_/:%#@$&?!~=+-]*\))+",
        r"(?<![a-zA-Z0-9/])@[a-zA-Z0-9_]+",
    ),
    "facebook": (PLAIN, r"https?://\S+", r"@\["),
    "nostr": (PLAIN, r"https?://\S+", r"(?<![^\s:@(])(?:npub|nprofile)1[02-9ac-hj-np-z]+"),
    "lemmy": (MARKDOWN, r"https?://\S+", r"@[\w.]+@[a-zA-Z0-9._:-]+|![\w.]+@[\w.-]+"),
    "reddit": (MARKDOWN, r"https?://\S+", r"(?<![A-Za-z0-9])[ur]/[A-Za-z0-9_-]+"),
}
hooks = ["@bob", "＠bob", "@[1]", "@", "me@example.org", "RT", "rt:", "u/", "/r/fog", "!c@d.org", NPUB, "nostr:"]
addresses = ["https://example.org", "example.com", "/@bob", "/a", "?b=", "bob", "x", "の", "é", "e\u0301"]
between = [" ", "\n", "(", ")", "/", "=", ".", ",", "|", "#", "!", "_", "-", "'", "＃", "&", "*"]
pieces = st.lists(st.sampled_from([*hooks, *addresses, *between]), max_size=8).map("".join)


def check_mentions(written: str, network: str) -> None:
    limits, url, mention = READERS[network]
    sent = escape(written, limits)
    urls = [found.span() for found in regex.finditer(url, sent, regex.IGNORECASE)]
    read = [found for found in regex.finditer(mention, sent) if not any(at <= found.start() < end for at, end in urls)]
    assert read == []
    if limits.markup == "plain":
        assert escape(sent, limits) == sent
        assert sent.replace("\u2060", "") == written


@pytest.mark.parametrize("network", READERS)
def test_no_network_reads_a_mention_into_it(network: str) -> None:
    @settings(max_examples=500)
    @given(pieces)
    def check(written: str) -> None:
        check_mentions(written, network)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("network", READERS)
def test_no_network_reads_a_mention_into_twenty_thousand_texts(network: str) -> None:
    @settings(max_examples=20_000, deadline=None)
    @given(pieces)
    def check(written: str) -> None:
        check_mentions(written, network)

    check()


@settings(max_examples=500)
@example("&#1")
@given(st.text(alphabet="ab_*~`|>#<@[]()\\-/:. \n1=+^!&;"))
def test_escaping_adds_nothing_that_is_seen(written: str) -> None:
    assert escape(written, BLUESKY) == written
    for limits in (DISCORD, MARKDOWN):
        assert regex.sub(r"\\([^\w\s]|_)", r"\1", escape(written, limits)).replace("\u2060", "") == written
    assert unescape(escape(written, SLACK)).replace("\u2060", "") == written


def test_a_link_is_written_as_slack_wants_it() -> None:
    link = "https://example.org/?a=1&b=_2_"
    assert escape_link(link, SLACK) == "https://example.org/?a=1&amp;b=_2_"
    assert all(escape_link(link, limits) == link for limits in (DISCORD, MARKDOWN, MFM, X, BLUESKY))
