"""Caption templates: Jinja2 files that a person edits, in a sandbox that cannot reach out of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from traceback import walk_tb
from types import MappingProxyType
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, Template, TemplateError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as JINJAS_FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from socialbot.captions.filters import FILTERS
from socialbot.captions.linting import Fault, lint, near
from socialbot.nouns import Mistake, WrongConfiguration

SUFFIX = ".j2"
VARIABLES = (
    "title", "summary", "extra", "credit", "link", "hashtags", "tags", "label", "language", "published", "account", "network"
)  # fmt: skip
_MAX_OUTPUT = 1_000_000
"""Code points one template may print."""
_JINJAS_FILTERS = ("capitalize", "default", "join", "last", "length", "lower", "replace", "trim", "truncate", "upper")
_PADDING = frozenset({"center", "expandtabs", "format", "format_map", "ljust", "rjust", "zfill"})
_FAILURES = (
    TemplateError, ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError
)  # fmt: skip
_SAMPLE: Mapping[str, object] = MappingProxyType(
    dict.fromkeys(VARIABLES, "words") | {"tags": ("one", "two"), "published": datetime(2026, 1, 1, tzinfo=UTC)}
)
_BARE_SAMPLE: Mapping[str, object] = MappingProxyType(
    {
        **_SAMPLE,
        **dict.fromkeys(("title", "summary", "extra", "credit", "link", "hashtags", "label", "published"), ""),
        "tags": (),
    }
)
"""All that may be missing is."""


class Page(NamedTuple):
    """One way of laying out a caption: where it is written, and what fills it. `fill` raises Mistake."""

    where: str
    fill: Callable[[Mapping[str, object]], str]


def defaults() -> Path:
    """The folder of the templates that come with socialbot. Raises Mistake when the installation lacks them."""
    packaged = Path(str(files("socialbot.captions").joinpath("defaults")))
    for folder in (packaged, Path(__file__).parents[2] / "captions"):
        if (folder / f"default{SUFFIX}").is_file():
            return folder
    raise Mistake("the caption templates are missing from this installation", fix="install socialbot again")


class Checked(NamedTuple):
    """A template file and what is wrong with it. `own`: it is the instance's, and not one that comes with socialbot."""

    path: Path
    own: bool
    faults: tuple[Fault, ...]


class _Loaded(NamedTuple):
    """A template file as it was in the state `version`."""

    version: tuple[int, ...]
    template: Template | None = None
    """None when it has faults."""
    faults: tuple[Fault, ...] = ()


class Templates:
    """The templates of one instance, over those that come with socialbot. A changed file is read again."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folders = (folder, defaults()) if folder else (defaults(),)
        self._sandbox = _Sandbox(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        self._loaded: dict[str, _Loaded] = {}

    def page(self, account: str, network: str) -> Page:
        """The template for this account, else for its network, else "default"; the instance's own before ours.

        Raises WrongConfiguration, with file and line, when it is no template, or could lose the label or the link.
        """
        for folder in self._folders:
            for name in (account, network, "default"):
                path = f"{folder}/{name}{SUFFIX}"
                if loaded := self._load(path):
                    if not loaded.template:
                        raise _refusal(path, loaded.faults[0])
                    return Page(path, partial(_fill, loaded.template))
        raise Mistake("the caption templates are missing from this installation", fix="install socialbot again")

    def check(self, names: Collection[str]) -> list[Checked]:
        """Every template of the instance, then those that come with socialbot, each tried on a full and on a bare post.

        `names` are the accounts and networks there are; another template is never used, which is a fault, too.
        """
        checked = []
        for folder in self._folders:
            is_own = folder is not self._folders[-1]
            for path in sorted(folder.glob(f"*{SUFFIX}")):
                loaded = self._load(str(path)) or _Loaded((), None, (Fault(None, "it is a link to nothing"),))
                faults = [*loaded.faults, *(_trial(loaded.template) if loaded.template else ())]
                if is_own and path.stem not in {*names, "default"}:
                    hint = near(path.stem, names) or "name it after an account or a network"
                    faults.append(Fault(None, f"no account and no network is called {path.stem}", hint))
                checked.append(Checked(path, is_own, tuple(faults)))
        return checked

    def _load(self, path: str) -> _Loaded | None:
        """A template, read and linted only where its file has changed. None where there is none."""
        try:
            found = os.stat(path)  # noqa: PTH116 - it runs several times for each caption, and Path.stat takes twice as long
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return _Loaded((), None, (Fault(None, f"it cannot be read: {error.strerror}"),))
        version = (found.st_mtime_ns, found.st_size, found.st_ino)
        loaded = self._loaded.get(path)
        if not loaded or loaded.version != version:
            read = self._read(path) if stat.S_ISREG(found.st_mode) else (Fault(None, "it is not a file"),)
            loaded = _Loaded(version, None, read) if isinstance(read, tuple) else _Loaded(version, read)
            self._loaded[path] = loaded
        return loaded

    def _read(self, path: str) -> Template | tuple[Fault, ...]:
        try:
            source = Path(path).read_text(encoding="utf-8-sig")
            faults = lint(self._sandbox, source, VARIABLES)
            if faults:
                return tuple(faults)
            return Template.from_code(self._sandbox, self._sandbox.compile(source, filename=path), {})
        except UnicodeDecodeError as error:
            return (Fault(error.object[: error.start].count(b"\n") + 1, "it is not written in UTF-8"),)
        except OSError as error:
            return (Fault(None, f"it cannot be read: {error.strerror}"),)
        except (SyntaxError, RecursionError):  # Python nests no further
            return (Fault(None, "its blocks are nested too deeply"),)


class _Sandbox(ImmutableSandboxedEnvironment):
    """No globals, few filters, and nothing that makes much text out of little."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.globals.clear()
        self.filters = {name: JINJAS_FILTERS[name] for name in _JINJAS_FILTERS} | dict(FILTERS)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f'"{operator}" is not available in a caption template')

    def wrap_str_format(self, value: Any) -> None:
        """Jinja2 would let `str.format` through in a wrapper of its own; here `is_safe_attribute` decides."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in _PADDING and super().is_safe_attribute(obj, attr, value)


def _fill(template: Template, values: Mapping[str, object]) -> str:
    printed = _print(template, values)
    if isinstance(printed, Fault):
        raise _refusal(str(template.filename), printed)
    return printed


def _print(template: Template, values: Mapping[str, object]) -> str | Fault:
    printed: list[str] = []
    length = 0
    try:
        for piece in template.generate(values):
            printed.append(piece)
            length += len(piece)
            if length > _MAX_OUTPUT:
                return Fault(None, f"it prints more than {_MAX_OUTPUT:,} characters")
    except _FAILURES as error:
        fix = f"it may use {', '.join(VARIABLES)}" if isinstance(error, UndefinedError) else None
        return Fault(_line(error, str(template.filename)), str(error), fix)
    return "".join(printed)


def _trial(template: Template) -> Iterator[Fault]:
    results = (_print(template, values) for values in (_SAMPLE, _BARE_SAMPLE))
    return iter(dict.fromkeys(result for result in results if isinstance(result, Fault)))


def _refusal(path: str, fault: Fault) -> WrongConfiguration:
    return WrongConfiguration(fault.what, where=f"{path}, line {fault.line}" if fault.line else path, fix=fault.fix)


def _line(error: BaseException, filename: str) -> int | None:
    """The line of the template at which the error arose; None when it arose elsewhere."""
    lines = [number for frame, number in walk_tb(error.__traceback__) if frame.f_code.co_filename == filename]
    return lines[-1] if lines else None
