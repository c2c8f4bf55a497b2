"""The lines between a claim and its recorded outcome: a worker can be told to die at any of them.

Before each statement of these functions a call is put in (a tracer would make all that a worker does twice as slow). What is
put in has a name of its own and changes nothing else: the files are compiled once more, and each function gets its new code.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from socialbot import delivery, doubt, networks, testimony, worker
from socialbot.ledger import claiming, claims, hand, lanes, lateness, sending, together, uploads
from socialbot.networks import (
    atproto,
    bluesky,
    calling,
    discord,
    discord_calls,
    discord_messages,
    mastodon,
    mastodon_calls,
    mastodon_statuses,
)

_LEDGER = (claiming, claims, hand, lanes, lateness, sending, together, uploads)
_NETWORKS = (atproto, bluesky, calling, discord, discord_calls, discord_messages, mastodon, mastodon_calls, mastodon_statuses)
WATCHED: list[ModuleType] = [worker, delivery, testimony, doubt, *_LEDGER, *_NETWORKS]
_NOT_WATCHED = {"ahead", "capabilities", "login", "protocol", "versions"}
"""Of the networks' modules; what they do has no part in a delivery, or is data."""
_IN_FLIGHT = {str(worker.__file__): {"_claim", "_carry", "_deliver", "_network", "_outdated"}}
"""Of a file that has much else, these functions."""
_NOT_IN_FLIGHT = {"__init__", "check", "discover", "fix", "mark_as_bot", "metrics", "release"}
"""What is called before a claim, or for other reasons."""
HOOK = "_at_a_line_"
"""The name by which a watched file calls what was put in."""
Hook = Callable[[int], None]


def _first() -> tuple[dict[str, int], int]:
    first, number = {}, 0
    for module in WATCHED:
        first[str(module.__file__)] = number
        number += len(Path(str(module.__file__)).read_text().splitlines()) + 1
    return first, number


FIRST, MANY = _first()
"""File → what its lines' numbers here begin after; and how many numbers there are."""


def watch_networks() -> None:
    """Watch the adapters of all networks, too. Call it before anything is put in."""
    for name in networks.names():
        networks.load(name)
    rooms = {name.rpartition(".")[2]: module for name, module in sys.modules.items() if name.startswith("socialbot.networks.")}
    WATCHED.extend(module for name, module in sorted(rooms.items()) if name not in _NOT_WATCHED and module not in WATCHED)
    first, many = _first()
    FIRST.update(first)
    globals()["MANY"] = many


class _Hooks(ast.NodeTransformer):
    """Puts a call of the hook before every statement of a function that is watched."""

    def __init__(self, file: str) -> None:
        self.file, self.lines = file, set[int]()
        self._inside = False

    def visit(self, node: ast.AST) -> Any:
        before = self._inside
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            only = _IN_FLIGHT.get(self.file, {node.name})
            self._inside = (before or node.name in only) and node.name not in _NOT_IN_FLIGHT
        elif isinstance(node, ast.ClassDef):
            self._inside = False
        self.generic_visit(node)
        if self._inside:
            for block in ("body", "orelse", "finalbody"):
                statements = getattr(node, block, None)
                if isinstance(statements, list):  # of a lambda or a conditional expression it is none
                    setattr(node, block, list(self._hooked(statements)))
        self._inside = before
        return node

    def _hooked(self, statements: list[ast.stmt]) -> Iterator[ast.stmt]:
        for one in statements:
            is_text = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
            if not is_text and not isinstance(one, ast.Nonlocal | ast.Global):
                self.lines.add(FIRST[self.file] + one.lineno)
                number = ast.Constant(FIRST[self.file] + one.lineno)
                call = ast.Expr(ast.Call(ast.Name(HOOK, ast.Load()), [number], []))
                yield ast.fix_missing_locations(ast.copy_location(call, one))
            yield one


@cache
def _hooked(module: ModuleType) -> tuple[CodeType, set[int]]:
    file = str(module.__file__)
    hooks = _Hooks(file)
    tree = hooks.visit(ast.parse(Path(file).read_text()))
    return compile(tree, file, "exec", dont_inherit=True), hooks.lines


def put_in(hook: Hook) -> None:
    """From now on `hook` is called with the number of each line that this process comes to."""
    for module in WATCHED:
        setattr(module, HOOK, hook)
        code = {one.co_qualname: one for one in codes(module)}
        for function in functions(module):
            if function.__code__.co_qualname in code:
                function.__code__ = code[function.__code__.co_qualname]


def codes(module: ModuleType) -> Iterator[CodeType]:
    """The code of each of its functions, with the calls put in."""
    return _within(_hooked(module)[0])


def _within(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _within(one)


def functions(module: ModuleType) -> Iterator[FunctionType]:
    """Those of the file, and the methods of its classes."""
    for value in vars(module).values():
        for member in vars(value).values() if isinstance(value, type) else [value]:
            function = getattr(member, "__func__", getattr(member, "fget", member))
            function = getattr(function, "__wrapped__", function)
            if isinstance(function, FunctionType) and function.__code__.co_filename == module.__file__:
                yield function


def is_in_flight(line: int) -> bool:
    """Had the worker that died there a delivery in hand for certain? It had not while it claimed."""
    first = FIRST[str(claiming.__file__)]
    return not first < line <= first + len(Path(str(claiming.__file__)).read_text().splitlines())


def all_lines() -> set[int]:
    """Every line at which a statement of the watched functions begins."""
    return set[int]().union(*(_hooked(module)[1] for module in WATCHED))


def table(reached: Sequence[int], deaths: Sequence[int]) -> str:
    """File by file: its lines, those that a worker came to, those at which one died, and how often at least and at most."""
    rows = ["| file | lines | reached | killed at | kills at each line reached |", "|---|---|---|---|---|"]
    total: Counter[str] = Counter()
    for module in WATCHED:
        mine = _hooked(module)[1]
        come_to = [line for line in mine if reached[line]]
        killed = [line for line in come_to if deaths[line]]
        total.update(lines=len(mine), reached=len(come_to), killed=len(killed))
        times = [deaths[line] for line in come_to] or [0]
        name = Path(str(module.__file__)).name
        rows.append(f"| {name} | {len(mine)} | {len(come_to)} | {len(killed)} | {min(times)} to {max(times)} |")
    rows.append(f"| all | {total['lines']} | {total['reached']} | {total['killed']} | |")
    return "\n".join(rows)


def not_reached(reached: Sequence[int]) -> str:
    """The lines to which no worker came."""
    return _told({line for line in all_lines() if not reached[line]})


def spared(reached: Sequence[int], deaths: Sequence[int]) -> str:
    """The lines to which a worker came and at which none died."""
    return _told({line for line in all_lines() if reached[line] and not deaths[line]})


def _told(some: Set[int]) -> str:
    told = []
    for module in WATCHED:
        mine = sorted(_hooked(module)[1] & some)
        if mine:
            numbers = " ".join(str(line - FIRST[str(module.__file__)]) for line in mine)
            told.append(f"{Path(str(module.__file__)).name} {numbers}")
    return "; ".join(told) or "none"
