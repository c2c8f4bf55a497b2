"""Keeps a network from reading markup or a mention into a title or summary: it shows as it was written."""

from __future__ import annotations

from collections.abc import Callable
from html import escape as with_entities
from itertools import pairwise

import regex

from socialbot.captions.urls import find_urls
from socialbot.nouns import Limits

_JOINER = "\u2060"
"""WORD JOINER: invisible, and no mention survives it behind its "@"."""
_BEHIND, _BACKSLASHED = rf"\g<0>{_JOINER}", r"\\\g<0>"

# Networks differ in what may stand before a mention's "@": X takes "の@name" for one, Telegram "/@name", Misskey "_@name". An
# ASCII letter or digit means an e-mail address to all, save that X hears "RT@name". Full-width "＠" is X's, "@[id]" Facebook's.
# Sources: twitter-text 3.1, validMentionOrList; Mastodon, app/models/account.rb; tdlib, MessageEntity.cpp, match_mentions;
# mfm-js, mention.ts; Meta's Graph API, Page feed; all as of 2026-08. Nostr's are public keys and profiles in bech32, bare or
# behind "nostr:" (NIP-19, NIP-27, 2026-08).
_NO_EMAIL, _RETWEET = r"(?<![A-Za-z0-9].)", r"(?<=(?<![A-Za-z0-9_+~.-])[Rr][Tt].)"
_NOSTR = r"(?<![^\s:@(])n(?:pub|profile)1(?=[02-9ac-hj-np-z]{20})"
_MENTION = regex.compile(rf"[@＠](?:{_NO_EMAIL}(?=\w)|(?=\[))|{_NOSTR}")
_X_MENTION = regex.compile(rf"[@＠](?:(?:{_NO_EMAIL}|{_RETWEET})(?=\w)|(?=\[))|{_NOSTR}")
# The URLs in which no network looks for mentions: those with a public host, as far as both X (twitter-text 3.1) and Misskey
# (mfm-js, url.ts) read on; and bare ones in which "@" begins a segment, as in medium.com/@name.
_HOST = r"(?:[\p{L}\p{N}][\p{L}\p{N}-]*+\.)++[A-Za-z]{2,24}+(?::\d++)?"
_IN_A_URL = r"[A-Za-z0-9.,_/:%#$&?!~=+-]"
_URL = regex.compile(rf"(?<![A-Za-z0-9@＠$#＃])https?://{_HOST}[/?](?:{_IN_A_URL}++|@|\({_IN_A_URL}*+\))*+", regex.IGNORECASE)
_BARE_URL = regex.compile(rf"(?<![\p{{L}}\p{{N}}_.@＠$#＃/-]){_HOST}(?:/@?+(?!\[)[A-Za-z0-9_.~%-]*+)++")
_UNDONE = str.maketrans("@:(", "---")
# Reddit links "u/name" and "r/name", Lemmy "@user@host" and "!community@host": in plain words, so a backslash is no help.
_REDDIT_OR_LEMMY = regex.compile(r"(?<![A-Za-z0-9])[URur]/(?=[\w-]|\Z)|[@!](?=[\w.]++@)")

_DISCORD_MENTION = regex.compile(r"@(?=everyone|here|[&!]?\d)")
# Emphasis, code, spoilers, mentions and custom emoji anywhere; headings, quotes and lists where a line begins.
_DISCORD = r"[\\*`]|~(?:(?=~)|(?<=~~))|\|(?:(?=\|)|(?<=\|\|))|(?<![^\W_])_|_(?![^\W_])|^[>#]|^-(?=[# ])|<(?=[@#:/\w])"
_DISCORD_MARKUP = regex.compile(_DISCORD, regex.MULTILINE)
_DISCORD_MARKUP_AND_LINKS = regex.compile(rf"{_DISCORD}|\[", regex.MULTILINE)

# Emphasis where it could open, which it does behind anything but a letter or digit; code and emoji names anywhere.
_SLACK_MARKUP = regex.compile(r"(?<![\p{L}\p{N}])[*_~](?=\S|\Z)|`|:(?=[a-z_+-][\w+-]*+:)")
_SLACK_QUOTE = regex.compile(r"^(?=&gt;)", regex.MULTILINE)

# What begins anything in MFM, behind which a WORD JOINER comes: a tag or a URL in angle brackets, emphasis, a formula, a
# function, a link, an emoji. It has no escapes. Source: github.com/misskey-dev/mfm.js, src/internal/parser.ts, 2026-11.
_MFM_ALNUM = r"[A-Za-z0-9 \u3000\t]"
_MFM = regex.compile(
    rf"<(?=[A-Za-z]|\Z)|~(?=~)|\*(?=\*|{_MFM_ALNUM}+\*)|(?<![A-Za-z0-9])_(?={_MFM_ALNUM}+_)|_(?=_{_MFM_ALNUM}+__)"
    r"|\\(?=[(\[])|\$(?=\[)|\](?=\()|:(?=[A-Za-z0-9_+-]+:|\Z)"
)
# A line that ends like this becomes a box to search for what stands before it.
_MFM_SEARCH = regex.compile(r"(?<=[ \u3000\t])(?:\[(?:検索|search)\]|検索|search)$", regex.MULTILINE | regex.IGNORECASE)
_MFM_QUOTE = regex.compile(r"^(?=>)", regex.MULTILINE)

# Emphasis, code, ~sub~, ^sup^, links, tables, HTML and entities; Reddit's ">!spoiler".
_MARKDOWN = regex.compile(r"[\\*`~^\[\]|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|<(?=[A-Za-z/!?])|&(?=#?\w{1,32};)|>(?=!)")
# Headings, quotations, lists, rules, tables, and Lemmy's ":::".
_MARKDOWN_LINE = regex.compile(r"^ *+\K(?:>(?!!)|#|[-+](?=[\s:-]|$)|:(?=::|-))|^ *+\d{1,9}+\K[.)](?=\s|$)", regex.MULTILINE)
_MARKDOWN_UNDERLINE = regex.compile(r"^ *+\K(?==)", regex.MULTILINE)


def escape(text: str, limits: Limits) -> str:
    """`text` so that this network shows it as it stands and notifies nobody. URLs and e-mail addresses are left alone.

    Escape once: text without markup may be escaped again and stays the same, but the escapes of markup would be escaped.
    """
    if limits.mentions and limits.markup != "discord":
        text = _without_mentions(text, _X_MENTION if limits.unit == "x" else _MENTION)
    if limits.markup == "discord":
        return _outside_urls(text, _for_discord)
    if limits.markup == "slack":
        return _outside_urls(text, _for_slack, _ampersands)
    if limits.markup == "markdown":
        return _outside_urls(text, _for_markdown_without_mentions if limits.mentions else _for_markdown)
    if limits.markup == "mfm":
        return _outside_urls(text, _for_mfm_with_code if text.count("`") > 1 else _for_mfm)
    return text


def escape_link(url: str, limits: Limits) -> str:
    """A URL as it must stand in the network's text: Slack wants "&amp;" for its "&", others take it as it is.

    Page: docs.slack.dev/messaging/formatting-message-text, 2026-08.
    """
    return _ampersands(url) if limits.markup == "slack" else url


def _without_mentions(text: str, mention: regex.Pattern[str]) -> str:
    if not ("@" in text or "＠" in text or "npub1" in text or "nprofile1" in text):
        return text
    ends = [found.end() for found in mention.finditer(_without_urls(text))]
    return _JOINER.join(text[start:end] for start, end in pairwise([0, *ends, len(text)]))


def _without_urls(text: str) -> str:
    """`text`, as long as it was, without what makes mentions in URLs."""
    for url in (_URL, _BARE_URL) if "/" in text else ():
        text = url.sub(lambda found: found[0].translate(_UNDONE), text)
    return text


def _for_discord(text: str) -> str:
    # A masked link needs a "](" somewhere; without one, brackets are only brackets.
    markup = _DISCORD_MARKUP_AND_LINKS if "](" in text else _DISCORD_MARKUP
    return str(_DISCORD_MENTION.sub(_BEHIND, markup.sub(_BACKSLASHED, text)))


def _for_slack(text: str) -> str:
    """Slack's mrkdwn knows no escapes but three entities. So a WORD JOINER comes behind a mark that could open formatting, and
    before the mark of a quotation. Page: docs.slack.dev/messaging/formatting-message-text, 2026-08."""
    return str(_SLACK_QUOTE.sub(_JOINER, _SLACK_MARKUP.sub(_BEHIND, with_entities(text, quote=False))))


def _ampersands(url: str) -> str:
    return url.replace("&", "&amp;")


def _for_markdown(text: str) -> str:
    """Pages: spec.commonmark.org/0.31.2; Reddit's formatting guide and Lemmy's markdown guide, 2026-08. Reddit's own parser
    shows a backslash before "=", so a heading's underline gets a WORD JOINER before it."""
    escaped = _MARKDOWN_LINE.sub(_BACKSLASHED, _MARKDOWN.sub(_BACKSLASHED, text))
    return str(_MARKDOWN_UNDERLINE.sub(_JOINER, escaped)) if "=" in text else escaped


def _for_markdown_without_mentions(text: str) -> str:
    return _for_markdown(_REDDIT_OR_LEMMY.sub(_BEHIND, text))


def _for_mfm(text: str) -> str:
    return str(_MFM_QUOTE.sub(_JOINER, _MFM_SEARCH.sub(_BEHIND, _MFM.sub(_BEHIND, text))))


def _for_mfm_with_code(text: str) -> str:
    """Whatever stands between two backticks of a line is code, so that no invisible letter helps: <plain> does."""
    return _for_mfm(text).replace("`", "<plain>`</plain>")


def _outside_urls(text: str, change: Callable[[str], str], inside: Callable[[str], str] = str) -> str:
    """`text` changed everywhere but in URLs, and these by `inside`."""
    if "://" not in text:
        return change(text)
    done, kept = list[str](), 0
    for start, end in find_urls(text):
        done += [change(text[kept:start]), inside(text[start:end])]
        kept = end
    return "".join([*done, change(text[kept:])])
