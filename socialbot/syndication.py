"""Where a post can be found on the networks, for the site to show: in its front matter, or in one JSON file."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import frontmatter
import yaml

from socialbot.ledger import Ledger
from socialbot.nouns import Mistake

KEY = "syndicated"
_FENCED = re.compile(
    r"\A(?P<open>\ufeff?---[ \t]*\r?\n)(?P<front>.*?)(?P<close>^[ \t]*---[ \t]*\r?$)", re.DOTALL | re.MULTILINE
)
_BY_HAND = "write the links to a JSON file instead: socialbot links --out FILE"


@dataclass(frozen=True, slots=True)
class Link:
    """One place where a post is out."""

    network: str
    account: str
    url: str


def links_of(ledger: Ledger, post_id: str) -> list[Link]:
    """Where a post is out by now, in the order of its publishing; replies and what was removed are not among them."""
    out = ledger.deliveries(state="published", post=post_id, kind="publish")
    return [Link(one.network, one.account, one.url) for one in sorted(out, key=lambda one: one.updated_at) if one.url]


def as_json(found: Mapping[str, Sequence[Link]]) -> str:
    """By the posts' own addresses, as JSON text that is the same for the same links."""
    return _json(_told(found))


def merged(file: Path, found: Mapping[str, Sequence[Link]]) -> str:
    """`as_json` of these posts and of all others that a file tells already. Raises Mistake when the file is another's."""
    try:
        before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except ValueError:
        before = None
    if not isinstance(before, dict):
        raise Mistake("it holds something else than links", where=str(file), fix="name another file")
    return _json({**before, **_told(found)})


def _told(found: Mapping[str, Sequence[Link]]) -> dict[str, list[dict[str, str]]]:
    return {
        url: [{"network": one.network, "account": one.account, "url": one.url} for one in links] for url, links in found.items()
    }


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def ours(ledger: Ledger, post_id: str) -> set[str]:
    """Every address that a post ever had on a network by our hand, removed since or not."""
    return {one.url for one in ledger.deliveries(post=post_id, kind="publish") if one.url}


def write_back(path: Path, links: Sequence[Link], ours: Collection[str] = ()) -> bool:
    """Set `syndicated:` in a post's YAML front matter and change nothing else; False when it says so already.

    What the author wrote there stays; entries with an address of `ours` are set anew. Raises Mistake when the front matter is
    none that can be changed safely; the file is then as it was.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Mistake("it is not UTF-8 text", where=str(path), fix="save it as UTF-8") from None
    found = _FENCED.match(text)
    if not found:
        raise Mistake("its front matter is no YAML between two lines of ---", where=str(path), fix=_BY_HAND)
    before = _read(text, path)
    there = before.get(KEY) or []
    if not isinstance(there, list):
        raise Mistake(f"{KEY}: holds something else than a list", where=str(path), fix=_BY_HAND)
    addresses = {*ours, *(one.url for one in links)}
    kept = [one for one in there if not (isinstance(one, Mapping) and one.get("url") in addresses)]
    said = [*kept, *({"network": one.network, "url": one.url} for one in links)]
    if before.get(KEY, []) == said:
        return False
    front = _with_links(found["front"], kept, links, "\r\n" if found["open"].endswith("\r\n") else "\n")
    changed = text[: found.start("front")] + front + text[found.start("close") :]
    if _read(changed, path) != {**before, KEY: said} or frontmatter.loads(changed).content != frontmatter.loads(text).content:
        raise Mistake("its front matter is written in a way that cannot be changed safely", where=str(path), fix=_BY_HAND)
    _replace(path, changed.encode())
    return True


def _read(text: str, path: Path) -> dict[str, Any]:
    try:
        return dict(frontmatter.loads(text).metadata)
    except (yaml.YAMLError, ValueError) as error:
        raise Mistake("its front matter cannot be read", where=str(path), fix="correct it first") from error


def _with_links(front: str, kept: Sequence[object], links: Sequence[Link], newline: str) -> str:
    """The front matter's lines with the key set, at the depth of the other keys; where it stood before, else at the end."""
    lines = front.splitlines(keepends=True)
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    depth = first[: len(first) - len(first.lstrip())]
    # JSON is YAML; a value that JSON does not know reads otherwise, and then nothing is written.
    block = [f"{depth}{KEY}:{newline}", *(f"{depth}  - {json.dumps(one, default=str)}{newline}" for one in kept)]
    for link in links:
        block += [f"{depth}  - network: {link.network}{newline}", f"{depth}    url: {json.dumps(link.url)}{newline}"]
    start = next((number for number, line in enumerate(lines) if line.startswith(f"{depth}{KEY}:")), len(lines))
    end = start + 1
    while end < len(lines) and re.match(rf"{depth}(\s|-)", lines[end]):
        end += 1
    return "".join([*lines[:start], *block, *lines[end:]])


def _replace(path: Path, content: bytes) -> None:
    """All of it or nothing, with the rights the file had."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    written = Path(file.name)
    written.chmod(path.stat().st_mode)
    written.replace(path)
