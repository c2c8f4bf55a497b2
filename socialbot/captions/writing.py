"""One post's caption for one account: everything that is said, and that it fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import regex

from socialbot.captions import hashtags
from socialbot.captions.counting import UNIT_NAMES, fits, measure, usage
from socialbot.captions.escaping import escape
from socialbot.captions.own import own_page
from socialbot.captions.spans import find_spans
from socialbot.captions.templates import Page, Templates
from socialbot.captions.tidying import LABEL, LINK, one_line, plain, tidy
from socialbot.captions.trimming import trim
from socialbot.nouns import Caption, Disclosure, Held, Limits, Mistake, Post
from socialbot.settings import AccountSettings

_SHORTEST_SUMMARY = 40
"""Characters; a summary cut shorter than this says nothing and is left out."""
_READ = 20
"""The first `_READ * max_text` code points of a text are read at all: what is rubble among them is cleared away first."""
_LOOK = 4
"""A cut is looked for in the first `_LOOK * max_text` code points: URLs and clusters weigh less than they are long."""

LayOut = Callable[[str, str, Sequence[str]], str]
"""The whole caption from a title, a summary and hashtags."""


def write(
    post: Post, disclosure: Disclosure, limits: Limits, account: AccountSettings, name: str, templates: Templates
) -> Caption | Held:
    """The caption of `post` for the account `name`, within `limits`, or why it must wait.

    What does not fit gives way in this order: the end of the summary, the hashtags from the last, the end of the title; never
    the label, the link, or what the author wrote as a caption. Raises Mistake when a template or the author's own caption
    cannot be used, or a template leaves out the label or the link.
    """
    own = own_page(post, name, account.network, disclosure.label)
    page = own or templates.page(name, account.network)
    title = one_line(post.title[: _READ * limits.max_text])
    title = trim(title, lambda cut: measure(cut, limits) <= limits.max_text, _LOOK * limits.max_text)
    summary = tidy(plain((post.summary or "")[: _READ * limits.max_text]))
    most = limits.max_hashtags if account.hashtags is None else account.hashtags
    tags = hashtags.make(post.tags, f"{title}\n{summary}", most)

    def lay_out(title: str, summary: str, tags: Sequence[str]) -> str:
        values = {
            "title": escape(title, limits),
            "summary": escape(summary, limits),
            "link": LINK if post.url else "",
            "hashtags": " ".join(tags),
            "tags": tuple(tag.removeprefix("#") for tag in tags),
            "label": LABEL if disclosure.label else "",
            "language": post.language,
            "published": post.published or "",
            "account": name,
            "network": account.network,
        }
        return _in_place(page, page.fill(values), post.url, disclosure.label)

    text = _fitted(lay_out, title, summary, tags, limits)
    if text is None:
        return _held(lay_out("", "", []), limits, own)
    used, limit, unit = usage(text, limits)
    return Caption(text, used, limit, unit, find_spans(text, post.url))


def shorten(text: str, most: int) -> str:
    """`text` in one line of at most `most` code points, cut as captions are."""
    return trim(one_line(text[: _READ * most]), lambda cut: len(cut) <= most, _LOOK * most)


def alt_text(alt: str, label: str | None, limits: Limits) -> str:
    """A picture's description with its label behind it, whole, within `limits.max_alt`."""
    alt = one_line(alt[: _READ * limits.max_alt])
    end = f" ({label})" if alt and label else label or ""
    return trim(alt, lambda cut: measure(cut + end, limits) <= limits.max_alt, _LOOK * limits.max_alt) + end


def _in_place(page: Page, filled: str, link: str | None, label: str | None) -> str:
    """The filled page as it will be read, with link and label in their places. Raises Mistake when one has no place."""
    for what, marker, wanted in (("link", LINK, link), ("label", LABEL, label)):
        if wanted and marker not in filled:
            raise Mistake(f"it leaves out the {what}", where=page.where, fix=f"put {{{{ {what} }}}} on a line of its own")
    if label and not any(line.strip() == LABEL for line in filled.split("\n")):
        # Beside other words it could stand in a spoiler, a quotation or a comment.
        raise Mistake(
            "the label shares its line with other words", where=page.where, fix="put {{ label }} on a line of its own"
        )
    parts = regex.split(f"([{LINK}{LABEL}])", filled)
    text = tidy("".join(part if part in (LINK, LABEL) else plain(part) for part in parts))
    return text.replace(LINK, link or "").replace(LABEL, label or "")


def _fitted(lay_out: LayOut, title: str, summary: str, tags: list[str], limits: Limits) -> str | None:
    """The fullest caption that fits, giving way as an editor would. None when there is no room for so much as the title."""

    def fitting(title: str, summary: str, tags: Sequence[str]) -> bool:
        return fits(lay_out(title, summary, tags), limits)

    short = trim(summary, lambda cut: fitting(title, cut, tags), _LOOK * limits.max_text)
    if short == summary != "" or measure(short, limits) >= _SHORTEST_SUMMARY:
        return lay_out(title, short, tags)
    for kept in range(len(tags), -1, -1):
        if fitting(title, "", tags[:kept]):
            return lay_out(title, "", tags[:kept])
    title = trim(title, lambda cut: fitting(cut, "", []), _LOOK * limits.max_text)
    return lay_out(title, "", []) if title else None


def _held(bare: str, limits: Limits, own: Page | None) -> Held:
    """Why nothing fits. `bare`: the caption without title, summary and hashtags."""
    size = _size(bare, limits)
    if own:
        return Held(f"The caption written for it is too long: with link and label {size}.", f"Shorten {own.where}.")
    if fits(bare, limits):
        return Held(f"The label and the link leave no room for the title: they take {size}.", "Shorten the title.")
    return Held(f"The label and the link alone do not fit: {size}.", "Shorten the link, or leave the post out (skip: true).")


def _size(text: str, limits: Limits) -> str:
    used, limit, unit = usage(text, limits)
    if used <= limit and limits.max_text_bytes and not fits(text, limits):
        return f"{len(text.encode()):,} of {limits.max_text_bytes:,} bytes"
    return f"{used:,} of {limit:,} {UNIT_NAMES[unit]}"
