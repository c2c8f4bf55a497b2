"""Front matter: what the author says about the post, in YAML (`---`), TOML (`+++`) or JSON (`{`)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import yaml
from frontmatter.default_handlers import BaseHandler, JSONHandler, YAMLHandler

from socialbot.nouns import Mistake

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

MAX_FRONT_MATTER = 100_000
"""Characters."""
_MAX_DEPTH = 20

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<mark>-{3,}|\+{3,})(?P<format>yaml|toml|json)?[ \t]*")
_KEY = re.compile(r"[\"']?(?P<key>[A-Za-z_][\w-]*)[\"']?\s*[:=]")
_PLAIN_TAGS = frozenset({None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))})
# Tables in which Hugo, Zola and Jekyll themes keep what others write at the top.
_NESTED = ("params", "extra", "taxonomies", "seo", "header")


class _Loader(SafeLoader):
    """YAML where all is text but null, true, false and whole numbers, so that `1.10`, `No` and dates stay as written."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own interface)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"(?:-?[1-9]\d{0,14}|0)\Z"), list("-0123456789"))


class _Toml(BaseHandler):
    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)

    def load(self, fm: str) -> Any:
        return tomllib.loads(fm)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The author's words about the post, by key. Spelling of keys is forgiven: `publishDate` is `publish_date`."""

    file: str
    values: Mapping[str, Any] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    """Folded key → the key as written."""
    lines: Mapping[str, int] = field(default_factory=dict)

    def first(self, *keys: str) -> Any:
        """The value of the first of these keys that says something; None when none does."""
        return next((value for _, value in self.each(*keys)), None)

    def each(self, *keys: str) -> Iterator[tuple[str, Any]]:
        """Key as written and value of those of these keys that say something, in the order asked for."""
        for key in dict.fromkeys(fold(key) for key in keys):
            value = self.values.get(key)
            if value is not None and value not in ("", [], {}):
                yield self.written[key], value

    def where(self, key: str) -> str:
        """The file, and the key's line where it is known."""
        line = self.lines.get(fold(key))
        return f"{self.file}, line {line}" if line else self.file


def fold(key: str) -> str:
    """One spelling for `publishDate`, `publish_date` and `publish-date`."""
    return re.sub(r"[\W_]", "", key.casefold())


def split(text: str, file: str) -> tuple[FrontMatter, str]:
    """Front matter and body of a post. Raises Mistake, with file and line, when the front matter cannot be read.

    Forgiven: blank lines before it, CRLF, tabs in the indentation of YAML, a block indented as a whole.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    start = len(text) - len(text.lstrip("\n \t"))
    start = text.rfind("\n", 0, start) + 1
    before = text.count("\n", 0, start)
    if re.match(r"\s*\{\s*[\"}]", text[start:]):
        block, body = _json_block(text[start:], file, before)
        handler: BaseHandler = JSONHandler()
        first_line = before + 1
    else:
        found = _fenced(text[start:], file, before)
        if found is None:
            return FrontMatter(file), text
        handler, block, body = found
        first_line = before + 2
    values = _load(handler, block, file, first_line)
    return describe(values, file, _key_lines(block, first_line)), body


def describe(values: Mapping[str, Any], file: str, lines: Mapping[str, int] | None = None) -> FrontMatter:
    """Front matter from plain values; what lies in a table such as `params` counts unless the top says otherwise."""
    folded: dict[str, Any] = {}
    written: dict[str, str] = {}
    tables = [values[key] for key in values if fold(key) in _NESTED and isinstance(values[key], Mapping)]
    for table in (values, *tables):
        for key, value in table.items():
            folded.setdefault(fold(key), value)
            written.setdefault(fold(key), key)
    return FrontMatter(file, folded, written, lines or {})


def _fenced(text: str, file: str, before: int) -> tuple[BaseHandler, str, str] | None:
    opening, _, rest = text.partition("\n")
    fence = _FENCE.fullmatch(opening)
    if not fence:
        if re.match(r"title\s*:\s*\S", text, re.IGNORECASE):
            where = f"{file}, line {before + 1}"
            raise Mistake("front matter without its opening fence", where=where, fix="put --- on a line before it")
        return None
    rows = rest.split("\n")
    mark = fence["mark"][0] * 3
    margin = max(_indent(opening), _indent(rows[0]))
    end = next((number for number, row in enumerate(rows) if _closes(row, mark[0]) and _indent(row) <= margin), None)
    if end is None:
        if _KEY.match(rows[0].lstrip()):
            where = f"{file}, line {before + 1}"
            raise Mistake("the front matter that begins here has no end", where=where, fix=f"close it with a line {mark}")
        return None
    form = fence["format"] or ("toml" if mark == "+++" else "yaml")
    block = "\n".join(rows[:end])
    handler: BaseHandler = {"toml": _Toml, "json": JSONHandler, "yaml": YAMLHandler}[form]()
    return handler, _straighten(block) if form == "yaml" else block, "\n".join(rows[end + 1 :])


def _closes(row: str, sign: str) -> bool:
    return len(row.strip()) >= 3 and not row.strip().strip(sign)


def _indent(row: str) -> int:
    return len(row.expandtabs()) - len(row.expandtabs().lstrip())


def _straighten(block: str) -> str:
    """YAML without tabs in its indentation and without an indentation common to all lines."""
    rows = [re.sub(r"^\s+", lambda margin: margin[0].expandtabs(4), row) for row in block.split("\n")]
    margin = min((_indent(row) for row in rows if row.strip()), default=0)
    return "\n".join(row[margin:] for row in rows)


def _json_block(text: str, file: str, before: int) -> tuple[str, str]:
    lead = len(text) - len(text.lstrip())
    try:
        _, end = json.JSONDecoder().raw_decode(text[: MAX_FRONT_MATTER + 1], lead)
    except json.JSONDecodeError as error:
        raise _broken("JSON", error.msg, file, before + error.lineno) from None
    except (ValueError, RecursionError):
        raise _broken("JSON", "numbers too long or nested too deeply", file, before + 1) from None
    return text[:end], text[end:]


def _load(handler: BaseHandler, block: str, file: str, first_line: int) -> dict[str, Any]:
    if len(block) > MAX_FRONT_MATTER:
        what = f"the front matter has {len(block):,} characters, at most {MAX_FRONT_MATTER:,}"
        raise Mistake(what, where=f"{file}, line {first_line}", fix="is its closing line missing?")
    try:
        if isinstance(handler, YAMLHandler):
            _refuse_bombs(block, file, first_line)
            values = handler.load(block, Loader=_Loader)
        else:
            values = handler.load(block)
    except yaml.YAMLError as error:
        raise _broken("YAML", _yaml_problem(error), file, first_line + _yaml_line(error, block)) from None
    except json.JSONDecodeError as error:
        raise _broken("JSON", error.msg, file, first_line + error.lineno - 1) from None
    except tomllib.TOMLDecodeError as error:
        problem, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        raise _broken("TOML", problem, file, first_line + (int(line[1]) - 1 if line else 0)) from None
    except (ValueError, RecursionError, OverflowError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise _broken("front matter", problem, file, first_line) from None
    if not isinstance(values, dict | None):
        raise Mistake("the front matter is not a list of keys and values", where=f"{file}, line {first_line}")
    cleaned: dict[str, Any] = _clean(values or {}, file)
    return cleaned


def _refuse_bombs(block: str, file: str, first_line: int) -> None:
    """Aliases can make a few lines fill the memory; deep nesting the stack; tags can call code."""
    depth = 0
    for event in yaml.parse(block, Loader=_Loader):
        where = f"{file}, line {first_line + (event.start_mark.line if event.start_mark else 0)}"
        if isinstance(event, yaml.AliasEvent):
            raise Mistake("YAML aliases (*name) have no place in front matter", where=where, fix="write the value out")
        if getattr(event, "tag", None) not in _PLAIN_TAGS:
            raise Mistake("YAML tags (!name) have no place in front matter", where=where, fix="write a plain value")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise Mistake(f"the front matter is nested more than {_MAX_DEPTH} deep", where=where)


def _clean(value: Any, file: str, depth: int = 0) -> Any:
    """The same value without NUL characters and lone surrogates, which escapes such as `\\ud800` bring in."""
    if depth > _MAX_DEPTH:
        raise Mistake(f"the front matter is nested more than {_MAX_DEPTH} deep", where=file)
    if isinstance(value, dict):
        return {_clean(str(key), file): _clean(one, file, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_clean(one, file, depth + 1) for one in value]
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
    assert value is None or isinstance(value, bool | int | float | datetime | date | time)
    return value


def _broken(form: str, problem: str, file: str, line: int) -> Mistake:
    hints = {"YAML": "a value that contains a colon, a quotation mark or begins with a sign belongs in quotes"}
    return Mistake(f"the front matter is not valid {form}: {problem}", where=f"{file}, line {line}", fix=hints.get(form))


def _yaml_problem(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    return str(problem or "it cannot be read")


def _yaml_line(error: yaml.YAMLError, block: str) -> int:
    mark = getattr(error, "problem_mark", None)
    line: int = mark.line if mark else block.count("\n", 0, getattr(error, "position", 0))
    # What is never closed is noticed behind the end.
    return min(line, block.count("\n"))


def _key_lines(block: str, first_line: int) -> dict[str, int]:
    lines: dict[str, int] = {}
    for number, row in enumerate(block.split("\n"), first_line):
        if key := _KEY.match(row.lstrip("{ \t")):
            lines.setdefault(fold(key["key"]), number)
    return lines
