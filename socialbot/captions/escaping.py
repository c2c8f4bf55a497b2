"""Keeps a network from reading markup or a mention into a title or summary: it shows as it was written."""

from __future__ import annotations

from collections.abc import Callable

import regex

from socialbot.captions.urls import find_urls
from socialbot.nouns import Limits

_JOINER = "\u2060"
"""WORD JOINER: invisible, and no mention survives it behind its "@"."""
_MASTODON_MENTION = regex.compile(r"(?<![=/\w])@(?=[a-z0-9_])", regex.IGNORECASE)
_DISCORD_MENTION = regex.compile(r"@(?=everyone|here|[&!]?\d)")
# Emphasis, code, spoilers, mentions and custom emoji anywhere; headings, quotes and lists where a line begins; masked links.
_DISCORD_MARKUP = regex.compile(
    r"[\\*`]|~~|\|\||(?<![^\W_])_|_(?![^\W_])|^[>#]|^-(?=[# ])|\[(?=[^\]\n]*\]\()|<(?=[@#:/\w])", regex.MULTILINE
)


def escape(text: str, limits: Limits) -> str:
    """`text` so that this network shows it as it stands. URLs are left alone."""
    if limits.markup == "discord":
        return _outside_urls(text, _escape_discord)
    if limits.unit == "mastodon":
        return str(_MASTODON_MENTION.sub("@" + _JOINER, text))
    return text


def _escape_discord(text: str) -> str:
    escaped = _DISCORD_MARKUP.sub(lambda found: "".join("\\" + mark for mark in found[0]), text)
    return str(_DISCORD_MENTION.sub("@" + _JOINER, escaped))


def _outside_urls(text: str, change: Callable[[str], str]) -> str:
    done, kept = [], 0
    for start, end in find_urls(text):
        done += [change(text[kept:start]), text[start:end]]
        kept = end
    return "".join([*done, change(text[kept:])])
