"""Reads a caption template as its paths run, and finds where it could lose the label or the link."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from socialbot.captions.urls import NO_START, RUNS_ON

_KEPT = ("label", "link")
_NOT_AVAILABLE = {
    nodes.Include: "include",
    nodes.Extends: "extends",
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.Block: "block",
    nodes.EvalContextModifier: "autoescape",
}
"""What would make a template depend on another file, or print otherwise than it reads."""
_ASIDE = {
    nodes.For: "a loop, which may never run",
    nodes.Macro: "a macro",
    nodes.CallBlock: 'a "call" block',
    nodes.FilterBlock: 'a "filter" block',
    nodes.AssignBlock: 'a "set" block',
}
"""Where what is printed may stay unread, or change."""
_HIDING = (("||", "||"), ("<!--", "-->"))
"""Spoilers (Discord) and comments hide whole lines."""


class Fault(NamedTuple):
    """A mistake in a template: its line (None: the file as such), what is wrong, and what to do."""

    line: int | None
    what: str
    fix: str | None = None


def lint(environment: Environment, source: str, variables: Collection[str]) -> list[Fault]:
    """What is wrong with a template, by line; empty when it prints the label and the link whatever the post.

    `variables` are the names it may use. Each of label and link must be printed bare on every path (under `{% if label %}`
    is one), the label on a line of its own.
    """
    try:
        tree = environment.parse(source)
        last = source.rstrip("\n").count("\n") + 1
        unknown = [*_unknown_words(environment, tree)]
        found = [
            *(unknown or _unknown_names(tree, variables)),  # the compiler, which knows the names, stops at other words
            *_not_available(environment, tree),
            *_reassigned(tree),
            *(fault for name in reversed(_KEPT) for fault in _Walk(name).faults(tree, last)),
            *_hidden(tree),
        ]
    except TemplateSyntaxError as error:
        return [Fault(error.lineno, f"{error.message}")]
    except RecursionError:
        return [Fault(None, "its blocks are nested too deeply")]
    return sorted(dict.fromkeys(found), key=lambda fault: fault.line or 0)


def near(word: str, known: Collection[str]) -> str:
    """Of the `known` words the one that was probably meant, as a question; "" when none is like it."""
    found = difflib.get_close_matches(word, sorted(known), 1)
    return f"did you mean {found[0]}?" if found else ""


def _unknown_words(environment: Environment, tree: nodes.Template) -> Iterator[Fault]:
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        kind, known = ("filter", environment.filters) if isinstance(node, nodes.Filter) else ("test", environment.tests)
        if node.name not in known:
            fix = near(node.name, known) or f"there are {', '.join(sorted(known))}"
            yield Fault(node.lineno, f"no {kind} is called {node.name}", fix)


def _unknown_names(tree: nodes.Template, variables: Collection[str]) -> Iterator[Fault]:
    unknown = find_undeclared_variables(tree) - set(variables)
    for node in tree.find_all(nodes.Name):
        if node.name in unknown and node.ctx == "load":
            unknown.discard(node.name)
            hint = near(node.name, variables)
            may_use = f"it may use {', '.join(variables)}"
            yield Fault(node.lineno, f"{node.name} is unknown", f"{hint} {may_use}" if hint else may_use)


def _not_available(environment: Environment, tree: nodes.Template) -> Iterator[Fault]:
    for node in tree.find_all(tuple(_NOT_AVAILABLE)):
        word = next(word for kind, word in _NOT_AVAILABLE.items() if isinstance(node, kind))
        fix = "leave it out" if word in ("block", "autoescape") else "write the other file's lines here"
        yield Fault(node.lineno, f"{{% {word} %}} is not available in a caption template", fix)
    intercepted: Collection[str] = getattr(environment, "intercepted_binops", ())
    for operation in tree.find_all(nodes.BinExpr):
        if operation.operator in intercepted:
            yield Fault(operation.lineno, f'"{operation.operator}" is not available in a caption template')


def _reassigned(tree: nodes.Template) -> Iterator[Fault]:
    for node in tree.find_all((nodes.Name, nodes.Macro)):
        is_new = isinstance(node, nodes.Macro) or node.ctx != "load"  # type: ignore[attr-defined]
        name: str = node.name  # type: ignore[attr-defined]
        if is_new and name in _KEPT:
            yield Fault(node.lineno, f"{name} gets another meaning here", "give the new thing another name")


@dataclass(frozen=True, slots=True)
class _State:
    """What is known at one point of a template, whichever path led there."""

    printed: bool = False
    """It is printed on every path."""
    beside: bool = False
    """On some path, words stand before this point: for the label on its line, for the link right at it."""
    unclosed: frozenset[int] = frozenset()
    """Lines of prints behind which words could still follow: on the label's line, right at the link."""

    def join(self, other: _State) -> _State:
        return _State(self.printed and other.printed, self.beside or other.beside, self.unclosed | other.unclosed)


class _Walk:
    """Follows one of label and link, supposed to be there, through every path of a template."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lost: list[Fault] = []
        self._crowded: dict[Fault, None] = {}

    def faults(self, tree: nodes.Template, last_line: int) -> list[Fault]:
        end = self._body(tree.body, _State())
        if end.printed:
            return [*self._crowded]
        word = f"{{{{ {self._name} }}}}"
        nowhere = Fault(
            last_line, f"it leaves out the {self._name}: it never prints {word}", f"put {word} on a line of its own"
        )
        return [*self._lost[:1], *self._crowded] if self._lost else [nowhere, *self._crowded]

    def _body(self, body: Sequence[nodes.Node], state: _State) -> _State:
        for node in body:
            if isinstance(node, nodes.Output):
                state = self._output(node, state)
            elif isinstance(node, nodes.If):
                state = self._if(node, state)
            elif isinstance(node, nodes.With):
                state = self._body(node.body, state)
            else:
                state = self._aside(node, state)
        return state

    def _output(self, output: nodes.Output, state: _State) -> _State:
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                state = self._data(node.data, state)
                continue
            state = self._crowd(state)
            if isinstance(node, nodes.Name) and node.name == self._name:
                self._check_before(state, node.lineno)
                state = _State(True, True, frozenset({node.lineno}))
            else:
                if _names(node, self._name):
                    self._lose(node.lineno, "it is changed before it is printed", "print {} bare, without filters")
                state = replace(state, beside=True)
        return state

    def _data(self, text: str, state: _State) -> _State:
        if not text:
            return state
        if self._name == "link":
            if RUNS_ON.match(text):
                state = self._crowd(state)
            return _State(state.printed, NO_START.match(text[-1]) is not None)
        first, *others = text.split("\n")
        if first.strip():
            state = self._crowd(state)
        if others:
            return _State(state.printed, bool(others[-1].strip()))
        return replace(state, beside=state.beside or bool(first.strip()))

    def _if(self, node: nodes.If, before: _State) -> _State:
        """Join the paths that are open when the name has a value."""
        ends: list[_State] = []
        for case in (node, *node.elif_):
            holds = _holds(case.test, self._name)
            if holds is not False:
                ends.append(self._body(case.body, before))
            if holds:
                break
        else:
            ends.append(self._body(node.else_, before))
        after = ends[0]
        for end in ends[1:]:
            after = after.join(end)
        if not after.printed and _prints(node, self._name):
            self._lose(node.lineno, 'this "if" can hide it', "print {} outside of it, or in its else, too")
        return after

    def _aside(self, node: nodes.Node, before: _State) -> _State:
        """A block that may not run, or whose output goes elsewhere: nothing in it counts as printed."""
        where = next((words for kind, words in _ASIDE.items() if isinstance(node, kind)), "a block")
        if _prints(node, self._name):
            self._lose(node.lineno, f"it is printed within {where}", "print {} outside of it")
        if isinstance(node, nodes.For):
            after = self._body(node.body, before).join(self._body(node.else_, before))
            return replace(before.join(after), printed=before.printed)
        if isinstance(node, (nodes.FilterBlock, nodes.CallBlock)):
            return replace(self._crowd(before), beside=True)
        return before

    def _lose(self, line: int, why: str, fix: str) -> None:
        what = f"it can leave out the {self._name}: {why}"
        self._lost.append(Fault(line, what, fix.format(f"{{{{ {self._name} }}}}")))

    def _check_before(self, state: _State, line: int) -> None:
        if state.beside:
            self._crowd(_State(unclosed=frozenset({line})))

    def _crowd(self, state: _State) -> _State:
        """Words stand beside what is unclosed."""
        for line in sorted(state.unclosed):
            if self._name == "label":
                fault = Fault(line, "the label can share its line with other words", "put {{ label }} on a line of its own")
            else:
                fault = Fault(line, "the link can run into what stands beside it", "leave a space around {{ link }}")
            self._crowded[fault] = None
        return replace(state, unclosed=frozenset())


def _holds(test: nodes.Node, name: str) -> bool | None:
    """Does a condition hold when `name` has a value? None: that depends on more."""
    if isinstance(test, nodes.Name) and test.name == name:
        return True
    if isinstance(test, nodes.Const):
        return bool(test.value)
    if isinstance(test, nodes.Not):
        holds = _holds(test.node, name)
        return None if holds is None else not holds
    if isinstance(test, (nodes.And, nodes.Or)):
        decisive = isinstance(test, nodes.Or)
        sides = (_holds(test.left, name), _holds(test.right, name))
        return decisive if decisive in sides else None if None in sides else not decisive
    return None


def _prints(block: nodes.Node, name: str) -> bool:
    pieces = (piece for output in block.find_all(nodes.Output) for piece in output.nodes)
    return any(isinstance(piece, nodes.Name) and piece.name == name for piece in pieces)


def _names(node: nodes.Node, name: str) -> bool:
    return any(one.name == name for one in node.find_all(nodes.Name))


def _hidden(tree: nodes.Template) -> Iterator[Fault]:
    """Labels between two marks that hide what stands between them, as the file reads from top to bottom."""
    pieces = [piece for output in tree.find_all(nodes.Output) for piece in output.nodes]
    text, starts = "", list[tuple[int, int]]()
    for piece in pieces:
        if isinstance(piece, nodes.TemplateData):
            text += piece.data
        elif isinstance(piece, nodes.Name) and piece.name == "label":
            starts.append((len(text), piece.lineno))
    for opening, closing in _HIDING:
        end = 0
        while (start := text.find(opening, end)) >= 0 and (end := text.find(closing, start + len(opening))) >= 0:
            end += len(closing)
            for at, line in starts:
                if start < at < end:
                    yield Fault(line, f"the label can be hidden between {opening} and {closing}", "print {{ label }} outside")
