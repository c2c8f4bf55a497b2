"""The author's own words in the front matter: `social: {caption: …, bluesky: {caption: …}, blue: {extra: …}}`.

What is said of an account wins over its network, and that over what is said of all; "" takes back what was said more widely.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

import regex

from socialbot.captions.templates import VARIABLES, Page
from socialbot.captions.tidying import LABEL, LINK, plain
from socialbot.captions.urls import NO_START, RUNS_ON, find_urls
from socialbot.nouns import Mistake, Post

_PLACE = regex.compile(r"\{\{\s*+(\w++)\s*+\}\}")
_OTHER_JINJA = regex.compile(r"\{\{|\{%")
_GLUED = regex.compile(rf"({NO_START.pattern})?{LINK}(?=({RUNS_ON.pattern})?)")
"""The link with what stands close to it, and would break it or become part of it: a space goes between."""


def own_page(post: Post, account: str, network: str, labels: Collection[str] = ()) -> Page | None:
    """The author's caption for this account as a page; None when there is none.

    It may hold the templates' variables, `{{ title }}`, and nothing else of Jinja2: a post is not trusted like a template.
    Link and label are set below it unless it has them, the label in any of the wordings `labels`. Raises Mistake when it is
    not text or names an unknown variable.
    """
    where, caption = _said(post, "caption", account, network)
    if not caption.strip():
        return None
    _check(caption, where)
    caption = "\n".join(LABEL if line.strip() in labels else line for line in plain(caption).split("\n"))
    return Page(where, partial(_fill, caption, _marked(caption, post.url)))


def extra(post: Post, account: str, network: str) -> str:
    """What the author adds to the caption for this account, plain; "" when nothing. Raises Mistake when it is not text."""
    return plain(_said(post, "extra", account, network)[1])


def _said(post: Post, what: str, account: str, network: str) -> tuple[str, str]:
    """Where the author's `what` for the account stands, and its text; "" when nothing is said. Raises Mistake."""
    for name in (account, network):
        said = post.social.get(name, {})
        where = f"{post.source}, social.{name}"
        if not isinstance(said, Mapping):
            if name in ("caption", "extra"):  # an account may be called so; then what stands there is said of all
                continue
            raise Mistake(f"{said!r:.60} is no table", where=where, fix=f"write {what}: … below it")
        if said.get(what) is not None:
            return f"{where}.{what}", _text(said[what], f"{where}.{what}")
    where, said = f"{post.source}, social.{what}", post.social.get(what)
    return where, "" if said is None or isinstance(said, Mapping) else _text(said, where)


def _text(said: object, where: str) -> str:
    if not isinstance(said, str):
        raise Mistake(f"{said!r:.60} is no text", where=where, fix="put it in quotation marks")
    return said


def _check(caption: str, where: str) -> None:
    may_use = f"it may use {', '.join(VARIABLES)}"
    unknown = {name for name in _PLACE.findall(caption) if name not in VARIABLES}
    if unknown:
        raise Mistake(f"{{{{ {min(unknown)} }}}} is unknown", where=where, fix=may_use)
    if _OTHER_JINJA.search(_PLACE.sub("", caption)):
        raise Mistake("it holds a filter or a block, which only template files may", where=where, fix=may_use)


def _marked(caption: str, link: str | None) -> str:
    """The caption with the post's link, where the author wrote it out, taken for `{{ link }}`."""
    for start, end in reversed(list(find_urls(caption))):
        if caption[start:end] == link:
            caption = caption[:start] + LINK + caption[end:]
    return caption


def _fill(written: str, marked: str, values: Mapping[str, object]) -> str:
    # Where no link is to be printed, one that the author wrote out stays as it is.
    body = _PLACE.sub(lambda place: _in_words(values[place[1]]), marked if values["link"] else written)
    body = _GLUED.sub(lambda glued: f"{glued[1] or ''}{' ' * bool(glued[1])}{LINK}{' ' * bool(glued[2])}", body)
    missing = [marker for marker in (values["link"], values["label"]) if marker and str(marker) not in body]
    return "\n\n".join([body, *map(str, missing)])


def _in_words(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
