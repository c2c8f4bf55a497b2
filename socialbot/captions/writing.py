"""One post's words for one account: everything that is said, and that it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import regex

from socialbot.captions import hashtags, links, threads
from socialbot.captions.counting import UNIT_NAMES, fits, measure, usage
from socialbot.captions.escaping import escape, escape_link
from socialbot.captions.fitting import LOOK, fit
from socialbot.captions.layout import Layout, Link, Words
from socialbot.captions.own import extra, own_page
from socialbot.captions.spans import find_spans
from socialbot.captions.templates import Page, Templates
from socialbot.captions.tidying import one_line, plain, tidy
from socialbot.captions.trimming import trim
from socialbot.nouns import Caption, Expression, Held, Limits, Post, Span

if TYPE_CHECKING:
    from socialbot.settings import AccountSettings  # whose library is heavy, and captions are light

_READ, _READ_MOST = 20, 20_000
"""Of a text the first `_READ * max_text` code points are read, and of none more than `_READ_MOST`: no caption needs more, and
what is rubble among them is cleared away first."""
_MENTION = regex.compile(r"(?<![\w/])[@＠]\w")


@dataclass(frozen=True, slots=True)
class Written:
    """The words for one account: one caption, or the captions of a thread; and what a person should know about them."""

    captions: tuple[Caption, ...]
    label: str | None = None
    link: str | None = None
    """The post's link as it is used here, in a caption or in a field of its own; None where it is left out."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Desk:
    """What writing one post for one account goes by."""

    post: Post
    limits: Limits
    account: AccountSettings
    page: Page
    own: bool
    """The page is the author's own caption."""
    facts: Mapping[str, object]
    words: Words
    link: Link | None
    label_first: bool

    @property
    def is_thread(self) -> bool:
        return self.account.thread > 1 and self.limits.threads and bool(self.post.body)

    @property
    def numbered(self) -> bool:
        return self.is_thread and self.account.thread_numbers

    @property
    def follows(self) -> bool:
        """Is a later post the link's place?"""
        if not (self.link and self.link.printed and self.limits.threads) or self.account.link == "never":
            return False
        return self.account.link == "reply" or (self.is_thread and self.account.thread_link == "last")

    @property
    def hidden(self) -> Link | None:
        """The link where the page does not show it."""
        return replace(self.link, printed=False) if self.link else None

    @property
    def room(self) -> Limits:
        """The limits, less what a thread's number takes."""
        if not self.numbered:
            return self.limits
        taken = len(_number(self.account.thread, self.account.thread))
        max_bytes = self.limits.max_text_bytes
        return replace(
            self.limits, max_text=self.limits.max_text - taken, max_text_bytes=max_bytes - taken if max_bytes else None
        )


@dataclass(frozen=True, slots=True)
class _Said:
    """The words of the first post in their layout, and what follows."""

    layout: Layout
    words: Words
    later: threads.Split
    link: str | None
    """As it is used in any of them, or in a field of its own."""
    later_link: Link | None
    """The link that the last of the later posts ends with."""

    def is_cut(self, desk: _Desk) -> bool:
        """Is anything left unsaid?"""
        return self.words != desk.words or bool(self.later.left or self.later.skipped)


def write(
    post: Post,
    expression: Expression,
    limits: Limits,
    account: AccountSettings,
    name: str,
    templates: Templates,
    pictures: int = 0,
    credited: Sequence[str] = (),
) -> Written | Held:
    """The words of `post` for the account `name`, within `limits`, or why it must wait. So many `pictures` go with it, by
    those who are `credited`.

    What gives way where not everything fits stands in `fitting.fit`; never the label, the link, or what the author wrote as
    a caption. Where a label leaves no room, the expression's next is tried. It stands in the first post, with which all
    pictures go (a later post with pictures would have to bear it, too), and where in it `Layout` says. Raises Mistake when a
    template or the author's own caption cannot be used, or a template leaves out the label or the link.
    """
    if pictures and limits.max_text_with_pictures:
        limits = replace(limits, max_text=limits.max_text_with_pictures)
    desk = _desk(post, expression, limits, account, name, templates, credited)
    for label in _wordings(expression, limits):
        if said := _said(desk, label):
            return _told(desk, said)
    return _held(desk, expression.labels[-1] if expression.labels else None)


def shorten(text: str, most: int) -> str:
    """`text` in one line of at most `most` code points, cut as captions are."""
    return trim(one_line(text[: _READ * most]), lambda cut: len(cut) <= most, LOOK * most)


def alt_text(alt: str, label: str | None, limits: Limits) -> str:
    """A picture's description with its label behind it, whole, within `limits.max_alt`; "" where there is no field for it."""
    if not limits.max_alt:
        return ""
    most, limits = limits.max_alt, replace(limits, unit=limits.alt_unit)
    alt = one_line(alt[: _READ * most])
    end = f" ({label})" if alt and label else label or ""
    return trim(alt, lambda cut: measure(cut + end, limits) <= most, LOOK * most) + end


def _desk(
    post: Post,
    expression: Expression,
    limits: Limits,
    account: AccountSettings,
    name: str,
    templates: Templates,
    credited: Sequence[str],
) -> _Desk:
    own = own_page(post, name, account.network, expression.labels)
    page = own or templates.page(name, account.network)
    facts = {"language": post.language, "published": post.published or "", "account": name, "network": account.network}
    words = _words(post, limits, account, name, credited)
    link = _link(post, limits, account)
    return _Desk(post, limits, account, page, own is not None, facts, words, link, expression.label_first)


def _wordings(expression: Expression, limits: Limits) -> Sequence[str | None]:
    """The label's wordings in the order they are tried: first those that end before the fold. None stands for no label."""
    if limits.fold is None:
        return expression.labels or (None,)
    fold = limits.fold
    return sorted(expression.labels, key=lambda label: len(label) > fold) or (None,)


def _words(post: Post, limits: Limits, account: AccountSettings, name: str, credited: Sequence[str]) -> Words:
    read = min(_READ * limits.max_text, _READ_MOST)
    title = one_line(post.title[:read])
    summary = tidy(plain((post.summary or "")[:read]))
    more = tidy(extra(post, name, account.network)[:read])
    most = limits.max_hashtags if account.hashtags is None else account.hashtags
    if "#" in f"{title}{summary}{more}":  # those count for the network, too
        most = max(0, most - sum(span.kind == "tag" for span in find_spans(f"{title}\n{summary}\n{more}", None)))
    return Words(
        title="" if limits.max_title else title,
        summary=summary,
        tags=tuple(hashtags.make(post.tags, f"{title}\n{summary}\n{more}", most)),
        credit=", ".join(dict.fromkeys(one_line(credit) for credit in credited)),
        extra=more,
    )


def _link(post: Post, limits: Limits, account: AccountSettings) -> Link | None:
    """The post's link, and what the network shows for it."""
    if not post.url:
        return None
    uri = links.with_utm(post.url, account.network, account.utm_campaign) if account.utm else post.url
    if limits.link == "dead":
        words = links.dead_words(post.language) if account.link_words is None else one_line(account.link_words)
        return Link(uri, words, printed=bool(words), live=False)
    return Link(uri, links.shown(uri) if limits.short_links else escape_link(uri, limits), printed=limits.link == "text")


def _said(desk: _Desk, label: str | None) -> _Said | None:
    """What is said with this label: the fullest words of the first post, and the later posts. None when nothing fits."""
    if desk.account.link == "if_cut" and (said := _said_with(desk, label, desk.hidden, None)) and not said.is_cut(desk):
        return said
    later = desk.link if desk.follows else None
    return _said_with(desk, label, desk.hidden if later or desk.account.link == "never" else desk.link, later)


def _said_with(desk: _Desk, label: str | None, link: Link | None, later: Link | None) -> _Said | None:
    """The same, with `link` in the first post and the link `later` below the last."""
    layout = Layout(desk.page, desk.room, desk.facts, label, link, desk.label_first)
    words = fit(layout, desk.words)
    if not words:
        return None
    if later and desk.account.link == "reply" and (shown := _shown_link(desk, layout.caption(words))):
        return _Said(layout, words, _later(desk, layout, words, None), shown, None)
    used = desk.link.uri if desk.link and (later or (link and link.printed) or desk.limits.link == "field") else None
    return _Said(layout, words, _later(desk, layout, words, later), None if desk.account.link == "never" else used, later)


def _shown_link(desk: _Desk, caption: Caption) -> str | None:
    """The post's link, where its words hold it anyway."""
    known = (desk.link.uri, desk.post.url) if desk.link else ()
    return next((span.value for span in caption.spans if span.kind == "link" and span.value in known), None)


def _later(desk: _Desk, layout: Layout, words: Words, link: Link | None) -> threads.Split:
    """The texts that follow the first: the rest of the article, the link, or both."""
    ending = link.shown if link else ""
    if not desk.is_thread:
        return threads.Split([ending] if ending else [])
    most = LOOK * desk.limits.max_text + len(ending)
    read = max(_READ_MOST, most * desk.account.thread)
    told = threads.told_of(words.summary, layout.text(words), lambda text: escape(text, desk.limits))
    paragraphs = threads.rest_of(tidy(plain(desk.post.body[:read])), told)
    split = threads.split(
        paragraphs,
        lambda text: len(text) <= most and fits(escape(text, desk.limits), desk.room),
        desk.account.thread - 1,
        ending,
    )
    return split if len(desk.post.body) <= read else split._replace(left=split.left or desk.post.body[read:])


def _told(desk: _Desk, said: _Said) -> Written | Held:
    """All captions, once it is known what is said."""
    title, title_whole = _title(desk)
    layout = replace(said.layout, limits=desk.limits) if desk.numbered else said.layout
    later = [_caption(escape(tidy(text), desk.limits), said.later_link, desk.limits) for text in said.later.parts]
    captions = [layout.caption(said.words, title), *later]
    if desk.numbered and len(captions) > 1:
        captions = [_with_number(one, number, len(captions), desk.limits) for number, one in enumerate(captions, 1)]
    if held := _too_many(captions, desk.limits) or _too_long(captions, desk.limits):
        return held
    return Written(tuple(captions), layout.label, said.link, tuple(_warnings(desk, said, title_whole)))


def _title(desk: _Desk) -> tuple[str | None, bool]:
    """The title for a field of its own, and whether it is all of it."""
    if not desk.limits.max_title:
        return None, True
    most, limits = desk.limits.max_title, replace(desk.limits, unit=desk.limits.title_unit)
    title = one_line(desk.post.title[: _READ * most])

    def shown(cut: str) -> str:
        return escape(cut, limits) if limits.markup == "plain" else cut

    cut = trim(title, lambda cut: measure(shown(cut), limits) <= most, LOOK * most)
    return shown(cut), cut == title


def _caption(text: str, link: Link | None, limits: Limits) -> Caption:
    """A later caption; the link, where it has one, is what it ends with."""
    used, limit, unit = usage(text, limits)
    if not link or not text.endswith(link.shown):
        return Caption(text, used, limit, unit, find_spans(text, None))
    start = len(text) - len(link.shown)
    return Caption(text, used, limit, unit, (*find_spans(text[:start], None), Span("link", start, len(text), link.uri)))


def _number(number: int, of: int) -> str:
    return f"\n\n{number}/{of}"


def _with_number(caption: Caption, number: int, of: int, limits: Limits) -> Caption:
    text = caption.text + _number(number, of)
    return replace(caption, text=text, used=measure(text, limits))


def _too_many(captions: Sequence[Caption], limits: Limits) -> Held | None:
    for caption in captions:
        uris = {span.value for span in caption.spans if span.kind == "link"}
        if limits.max_links is not None and len(uris) > limits.max_links:
            return Held(
                f"The caption holds {len(uris)} links; the network takes {limits.max_links}.",
                "Take links out of the summary, or write a caption for it.",
            )
        names = len(_MENTION.findall(caption.text))
        if limits.max_mentions is not None and names > limits.max_mentions:
            return Held(
                f"The caption mentions {names} accounts; the network takes {limits.max_mentions}.",
                "Take names out of the words you wrote for it.",
            )
    return None


def _too_long(captions: Sequence[Caption], limits: Limits) -> Held | None:
    """A later post's link can be longer than a post."""
    for caption in captions:
        if not fits(caption.text, limits):
            return Held(f"A post of the thread does not fit: {_size(caption.text, limits)}.", "Shorten the link.")
    return None


def _warnings(desk: _Desk, said: _Said, title_whole: bool) -> Iterator[str]:
    """What a person would want to know about what gave way."""
    words = said.words
    if words.title != desk.words.title or not title_whole:
        yield "The title was cut: there is no room for all of it."
    if desk.words.summary and not words.summary:
        yield "The summary was left out: there is no room for a sentence of it."
    if desk.words.credit and not words.credit:
        yield f"The pictures' credit was left out for want of room: {desk.words.credit}."
    if desk.words.extra and not words.extra:
        yield "The author's extra words were left out for want of room."
    if desk.account.link == "reply" and desk.link and desk.link.printed and not desk.limits.threads:
        yield "The network has no replies to own posts: the link stands in the caption."
    if said.later.left:
        yield f"The thread ends before the article does: {desk.account.thread} posts have no room for all of it."
    if said.later.skipped:
        yield f"The thread leaves out what is longer than a post and cannot be cut: {said.later.skipped[0]:.60}"


def _held(desk: _Desk, label: str | None) -> Held:
    """Why nothing fits."""
    link = desk.link if desk.account.link in ("always", "if_cut") and not desk.follows else None
    bare = Layout(desk.page, desk.limits, desk.facts, label, link, desk.label_first).text(Words(""))
    size = _size(bare, desk.limits)
    if desk.own:
        return Held(f"The caption written for it is too long: with link and label {size}.", f"Shorten {desk.page.where}.")
    if fits(bare, desk.limits):
        return Held(f"The label and the link leave no room for the title: they take {size}.", "Shorten the link or the title.")
    return Held(f"The label and the link alone do not fit: {size}.", "Shorten the link, or leave the post out (skip: true).")


def _size(text: str, limits: Limits) -> str:
    used, limit, unit = usage(text, limits)
    if used <= limit and limits.max_text_bytes and not fits(text, limits):
        return f"{len(text.encode()):,} of {limits.max_text_bytes:,} bytes"
    return f"{used:,} of {limit:,} {UNIT_NAMES[unit]}"
