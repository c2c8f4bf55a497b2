"""The author's own caption for a network or an account, from the front matter: `social: {bluesky: {caption: …}}`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import regex

from socialbot.captions.templates import VARIABLES, Page
from socialbot.captions.tidying import LABEL, LINK, plain
from socialbot.captions.urls import find_urls
from socialbot.nouns import Mistake, Post

_PLACE = regex.compile(r"\{\{\s*(\w+)\s*\}\}")
_OTHER_JINJA = regex.compile(r"\{\{|\{%")


def own_page(post: Post, account: str, network: str, label: str | None) -> Page | None:
    """The author's caption as a page; what is said of the account wins over its network. None when there is none.

    It may hold the templates' variables, `{{ title }}`, and nothing else of Jinja2: a post is not trusted like a template.
    Link and label are set below it unless it has them. Raises Mistake when it is not text or names an unknown variable.
    """
    for key in (account, network):
        where = f"{post.source}, social.{key}"
        said = post.social.get(key, {})
        if not isinstance(said, Mapping):
            raise Mistake(f"{said!r:.60} is no table", where=where, fix="write caption: … below it")
        caption = said.get("caption") or ""
        if not isinstance(caption, str):
            raise Mistake(f"{caption!r:.60} is no text", where=f"{where}.caption")
        if caption.strip():
            _check(caption, f"{where}.caption")
            return Page(f"{where}.caption", partial(_fill, plain(caption), post.url, label))
    return None


def _check(caption: str, where: str) -> None:
    may_use = f"it may use {', '.join(VARIABLES)}"
    unknown = {name for name in _PLACE.findall(caption) if name not in VARIABLES}
    if unknown:
        raise Mistake(f"{{{{ {min(unknown)} }}}} is unknown", where=where, fix=may_use)
    if _OTHER_JINJA.search(_PLACE.sub("", caption)):
        raise Mistake("it holds a filter or a block, which only template files may", where=where, fix=may_use)


def _fill(caption: str, link: str | None, label: str | None, values: Mapping[str, object]) -> str:
    caption = "\n".join(LABEL if line.strip() == label else line for line in caption.split("\n"))
    for start, end in reversed(list(find_urls(caption))):
        if caption[start:end] == link:
            caption = caption[:start] + LINK + caption[end:]
    body = _PLACE.sub(lambda place: _in_words(values[place[1]]), caption)
    missing = [marker for marker in (values["link"], values["label"]) if marker and str(marker) not in body]
    return "\n\n".join([body, *map(str, missing)])


def _in_words(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
