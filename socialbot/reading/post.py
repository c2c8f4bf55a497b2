"""From a file to a Post."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from socialbot.media import Media
from socialbot.nouns import AiWord, Mistake, Picture, Post
from socialbot.reading.ai_word import read_ai_word
from socialbot.reading.article import article
from socialbot.reading.body import Block, Body, plain, read_html, read_markdown, read_plain, without_embedded_pictures
from socialbot.reading.decoding import decode, load
from socialbot.reading.fetching import Fetcher
from socialbot.reading.finding import Finder
from socialbot.reading.folder import SUFFIXES
from socialbot.reading.front_matter import FrontMatter, describe, split
from socialbot.reading.links import find_link, identity, source_name
from socialbot.reading.references import Reference, pictures_named
from socialbot.reading.summary import choose_summary
from socialbot.reading.window import FALSE, read_window
from socialbot.reading.words import cut, tidy, words
from socialbot.settings import SiteSettings

MAX_TITLE = 300
"""Characters."""
MAX_TEXT = 1_000_000
"""Characters of a body, pictures embedded in base64 left out. Markdown made to be slow takes some 20 seconds for so much."""

_PUBLISHED = ("published", "publish", "live", "public", "final", "done")


def read(path: Path, site: SiteSettings, home: Path, media: Media, *, fetcher: Fetcher) -> Post:
    """Read a post file: front matter, body, pictures.

    `home` is the instance folder, against which `site.root` and `site.posts` are resolved. Pictures that are not on disk are
    fetched into `media`. Raises Mistake, with file and line where they are known, when the file is no post.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise Mistake("this is no post file", where=str(path), fix="post files end in " + ", ".join(SUFFIXES))
    text, warnings = decode(load(path), str(path), site.language)
    front, body_text = split(text, str(path))
    body = _body(path, body_text)
    front = _with_page_meta(front, body)
    title, body, cut_title = _title(front, body)
    source = source_name(path, site, home)
    link, no_link = find_link(front, site)
    tags = _tags(front)
    summary, passed_over = choose_summary(front, body, title, tags)
    language, unknown_language = _language(front, site)
    references, left_out = pictures_named(front, body, title, site)
    ai, unrecorded = read_ai_word(front)
    window = read_window(front, source, ZoneInfo(site.timezone))
    content_hash = _content_hash(title, body, references)
    dropped = path.resolve().is_relative_to((home / "queue").resolve())  # where post.md today is not post.md of yesterday
    post = Post(
        id=identity(link, content_hash if dropped else source),
        source=source,
        content_hash=content_hash,
        title=title,
        summary=summary,
        url=link,
        language=language,
        published=window.published,
        not_before=window.not_before,
        not_after=window.not_after,
        urgent=window.urgent,
        unpublished=_unpublished(front, source),
        body=article(body),
        tags=tags,
        ai=ai,
        closing_lines=body.closing_lines,
        social=_social(front),
        warnings=(*warnings, *cut_title, *no_link, *passed_over, *unknown_language, *left_out, *unrecorded),
    )
    # Last, for only a post that can be used is worth fetching pictures for.
    pictures, missing = Finder(path, link, site, home, media, fetcher).find(references)
    return replace(post, pictures=pictures, warnings=(*post.warnings, *missing, *_in_vain(ai, pictures)))


def _body(path: Path, text: str) -> Body:
    text = without_embedded_pictures(text)
    if len(text) > MAX_TEXT:
        raise Mistake(f"the text has {len(text):,} characters, at most {MAX_TEXT:,}", where=str(path))
    suffix = path.suffix.lower()
    if suffix == ".html":
        return read_html(text)
    return read_plain(text) if suffix == ".txt" else read_markdown(text, mdx=suffix == ".mdx")


def _with_page_meta(front: FrontMatter, body: Body) -> FrontMatter:
    """What an HTML page says of itself counts where front matter is silent; its title is compared with its heading."""
    page = describe({key: value for key, value in body.meta.items() if key != "title"}, front.file)
    return FrontMatter(front.file, {**page.values, **front.values}, {**page.written, **front.written}, front.lines)


def _title(front: FrontMatter, body: Body) -> tuple[str, Body, list[str]]:
    """The title; the body, without the words a title was cut from; and a warning where one was shortened."""
    if title := _given_title(front, body):
        warning = f"The title has {len(title)} characters and was shortened to {MAX_TITLE}."
        return cut(title, MAX_TITLE), body, [warning] if len(title) > MAX_TITLE else []
    for number, block in enumerate(body.blocks):
        if words(block.lines[0]):
            return _title_of_line(block, number, body)
    raise Mistake("there is no title: no front matter, no heading, no text", where=front.file, fix='write title: "…"')


def _given_title(front: FrontMatter, body: Body) -> str | None:
    """The front matter's, the first heading, or the page's; a page's <title> often carries the site's name as well."""
    given = front.first("title")
    written = plain(str(given)) if isinstance(given, str | int) else ""
    page, heading = body.meta.get("title", ""), body.heading or ""
    candidates = (written, heading, page) if heading in page or not page else (written, page)
    return next((one for one in candidates if words(one)), None)


def _title_of_line(block: Block, number: int, body: Body) -> tuple[str, Body, list[str]]:
    """The first line as the title. What it takes is not told again as the summary."""
    line = block.lines[0]
    title = cut(line, MAX_TITLE)
    taken = title if line.startswith(title) else re.split(r"(?<=[.!?])\s", line, maxsplit=1)[0]
    rest = tuple(filter(None, (line[len(taken) :].strip(), *block.lines[1:])))
    told = (Block("heading", (taken,)), *([Block(block.kind, rest)] if rest else []))
    blocks = (*body.blocks[:number], *told, *body.blocks[number + 1 :])
    return title, Body(blocks, body.images, body.meta), ["No title was given; the first line serves as the title."]


def _unpublished(front: FrontMatter, source: str) -> str | None:
    for key, value in front.each("draft", "private", "hidden", "unlisted", "retracted"):
        if str(value).lower() not in FALSE:
            return f"{key}: {_said(value)}"
    for key, value in front.each("published"):
        if str(value).lower() in FALSE:
            return f"{key}: {_said(value)}"
    for key, value in front.each("status", "post_status"):
        if str(value).strip().lower() not in _PUBLISHED:
            return f"{key}: {_said(value)}"
    return "it lies in _drafts" if "_drafts" in source.split("/")[:-1] else None


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)[:60]


def _tags(front: FrontMatter) -> tuple[str, ...]:
    """All of them, in order; the same tag in other letters counts once."""
    found: dict[str, str] = {}
    for key, value in front.each("tags", "categories", "keywords", "tag", "category"):
        for item in _split(key, value) if isinstance(value, str) else value if isinstance(value, list) else [value]:
            name = item.get("name") or item.get("title") if isinstance(item, Mapping) else item
            tag = plain(name).lstrip("#").strip() if isinstance(name, str) else str(name) if isinstance(name, int) else ""
            if words(tag):
                found.setdefault(tag.casefold(), tag)
    return tuple(found.values())


def _split(key: str, written: str) -> list[str]:
    """The tags of one string. Commas separate them; where there is none, spaces may, and the words decide.

    Jekyll takes `tags: fog oak morning` for three tags ("Front Matter", jekyllrb.com/docs/front-matter: a space-separated
    string), elsewhere "digital clones" is one. So three words or more, all in lower case, are tags; two are one tag, and so
    is "River walks in Wales". Words that all begin with "#" are tags in any number.
    """
    parts = written.split()
    spaced = key.lower() in ("tags", "categories") and len(parts) >= 3 and written == written.lower()
    if "," not in written and (spaced or (len(parts) > 1 and all(part.startswith("#") for part in parts))):
        return parts
    return written.split(",")


def _language(front: FrontMatter, site: SiteSettings) -> tuple[str, list[str]]:
    """A BCP 47 tag. `en_US.UTF-8` is forgiven; what is no tag gives way to the site's language."""
    for key, value in front.each("lang", "language", "locale"):
        parts = str(value).split(".")[0].replace("_", "-").split("-")
        if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "-".join(parts)):
            first, *others = parts
            return "-".join([first.lower(), *(_subtag(part) for part in others)]), []
        return site.language, [f"{key}: {str(value)[:40]} is no language tag such as en or pt-BR; {site.language} is used."]
    return site.language, []


def _subtag(part: str) -> str:
    return part.upper() if len(part) == 2 else part.title() if len(part) == 4 and part.isalpha() else part.lower()


def _social(front: FrontMatter) -> Mapping[str, Any]:
    social = front.first("social")
    if social is None:
        return {}
    if not isinstance(social, Mapping):
        raise Mistake("social is not a mapping", where=front.where("social"), fix="write social: {bluesky: {caption: …}}")
    return social


def _in_vain(ai: AiWord, pictures: Sequence[Picture]) -> list[str]:
    """A warning where the override names pictures that the post does not have."""
    named = ai.override.pictures if ai.override else {}
    strangers = sorted(named.keys() - {picture.src for picture in pictures})
    if not strangers:
        return []
    more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
    return [
        f"The override names {strangers[0][:120]}{more}: no picture of the post has this src, and nothing is lowered by it."
    ]


def _content_hash(title: str, body: Body, references: Sequence[Reference]) -> str:
    """Of what is said and shown, not of where the file lies."""
    said = "\n".join([tidy(title), tidy(body.text), *dict.fromkeys(reference.src for reference in references)])
    return hashlib.sha256(said.encode()).hexdigest()
