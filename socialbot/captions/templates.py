"""Caption templates: Jinja2 files that a person edits, in a sandbox that cannot reach out of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from traceback import walk_tb
from typing import Any, NamedTuple

from jinja2 import (
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from socialbot.nouns import Mistake

SUFFIX = ".j2"
VARIABLES = ("title", "summary", "link", "hashtags", "tags", "label", "language", "published", "account", "network")
_MAX_OUTPUT = 1_000_000
"""Code points one template may print."""
_FILTERS = ("capitalize", "default", "first", "join", "last", "length", "lower", "replace", "trim", "truncate", "upper")
_PADDING = frozenset({"center", "expandtabs", "format", "format_map", "ljust", "rjust", "zfill"})
_FAILURES = (
    TemplateError, ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError
)  # fmt: skip


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


class Templates:
    """The templates of one instance, over those that come with socialbot. A changed file is read again."""

    def __init__(self, folder: Path | None = None) -> None:
        loaders = {"own": FileSystemLoader(folder)} if folder else {}
        loaders["default"] = FileSystemLoader(defaults())
        self._folders = tuple(loaders)
        self._environment = _Sandbox(
            loader=PrefixLoader(loaders), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def page(self, account: str, network: str) -> Page:
        """The template for this account, else for its network, else "default"; the instance's own before ours.

        Raises Mistake, with file and line, when it is not a template.
        """
        names = [f"{folder}/{name}{SUFFIX}" for folder in self._folders for name in (account, network, "default")]
        try:
            template = self._environment.select_template(names)
        except TemplateSyntaxError as error:
            raise Mistake(f"{error.message}", where=f"{error.filename}, line {error.lineno}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise Mistake(f"a caption template for {account} cannot be read: {error}") from None
        return Page(str(template.filename), lambda values: _fill(template, values))


class _Sandbox(ImmutableSandboxedEnvironment):
    """No globals, few filters, and nothing that makes much text out of little."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.globals.clear()
        self.filters = {name: FILTERS[name] for name in _FILTERS}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f'"{operator}" is not available in a caption template')

    def wrap_str_format(self, value: Any) -> None:
        """Jinja2 would let `str.format` through in a wrapper of its own; here `is_safe_attribute` decides."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in _PADDING and super().is_safe_attribute(obj, attr, value)


def _fill(template: Template, values: Mapping[str, object]) -> str:
    printed: list[str] = []
    length = 0
    try:
        for piece in template.generate(values):
            printed.append(piece)
            length += len(piece)
            if length > _MAX_OUTPUT:
                raise Mistake(f"it prints more than {_MAX_OUTPUT:,} characters", where=str(template.filename))
    except _FAILURES as error:
        fix = f"it may use {', '.join(VARIABLES)}" if isinstance(error, UndefinedError) else None
        what = f'there is no template "{error.name}"' if isinstance(error, TemplateNotFound) else str(error)
        raise Mistake(what, where=f"{template.filename}{_line(error, str(template.filename))}", fix=fix) from None
    return "".join(printed)


def _line(error: BaseException, filename: str) -> str:
    """Where in the template the error arose, to be put behind its name; "" when it arose elsewhere."""
    lines = [number for frame, number in walk_tb(error.__traceback__) if frame.f_code.co_filename == filename]
    return f", line {lines[-1]}" if lines else ""
