"""What laws and networks ask of a post that AI had a hand in: dated data in `rules/*.toml`, read and applied here.

An account names its packs of rules, and the strictest wins: what any rule of any of them asks for is asked for. A rule binds
from its day on. What is asked is the least that has to be shown; `expressing` says how it is, and `proving` that it was.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field, Strict, StrictBool, StringConstraints, TypeAdapter, ValidationError

from socialbot.disclosure.facets import MADE_PERSONS, as_shown, showing_person
from socialbot.nouns import Asked, Commercial, Disclosure, PersonFacet, Surface, WrongConfiguration, WrongUse

Strength = Literal["primary", "secondary", "unconfirmed", "disputed"]
"""How well a rule's fact is known: the law or the network's own page was read; other sources that agree; one source only, or
no day given; sources that disagree."""
Words = tuple[tuple[str, ...], ...]
"""What a label has to say: of every group one of its words."""

SUFFIX = ".toml"
_WORDED: frozenset[Surface] = frozenset({"caption", "alt", "badge"})

_IN_TOML: Mapping[str, str] = MappingProxyType(
    {
        "dataclass_type": "it has to be a table",
        "date_type": "it has to be a day without quotation marks, like 2026-08-02",
        "too_short": "it is empty",
        "tuple_type": "it has to be a list",
    }
)
"""The mistakes that pydantic tells in Python's words."""
_Day = Annotated[date, Strict()]
_Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Word = Annotated[str, StringConstraints(min_length=1)]


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule is met. All that is given must hold: a facet has one of the values named.

    `realistic`: only of pictures that could be taken for real; all are, unless somebody said that one is not. `unreviewed`:
    no person's review of the text is on record. Of AI in the text the caption alone can tell.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    text: tuple[Literal["assisted", "generated"], ...] = ()
    images: tuple[Literal["edited", "composite", "generated"], ...] = ()
    person: tuple[PersonFacet, ...] = ()
    commercial: tuple[Commercial, ...] = ()
    realistic: StrictBool = False
    unreviewed: StrictBool = False

    def __post_init__(self) -> None:
        if not (self.text or self.images or (self.person and MADE_PERSONS.issuperset(self.person))):
            raise ValueError("a condition names what AI made: text, images, or a person digital_twin or invented")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked for, of whom, since when, and who says so. `when`: one of these conditions is enough.

    `badge_share`: the least height of the badge's letters, as a share of the picture's shortest side. `words`: what the labels
    this rule asks for have to say; `first`: they open the caption. No `networks`: all of them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    says: _Sentence
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    asks: Annotated[tuple[Surface, ...], Field(min_length=1)]
    starts: Annotated[_Day, Field(alias="from")]
    source: _Sentence
    checked: _Day
    strength: Strength
    networks: tuple[_Word, ...] = ()
    badge_share: Annotated[float, Field(gt=0, le=0.5)] | None = None
    words: tuple[Annotated[tuple[_Word, ...], Field(min_length=1)], ...] = ()
    first: StrictBool = False
    note: str | None = None

    def __post_init__(self) -> None:
        if set(self.asks) != {"caption"} and not all(one.images or one.person for one in self.when):
            raise ValueError("of AI in a text only the caption can tell; for more, each condition names images or person")
        if self.badge_share and "badge" not in self.asks:
            raise ValueError("badge_share is for rules that ask for a badge")
        if self.words and not _WORDED.intersection(self.asks):
            raise ValueError("words are for rules that ask for a caption, an alt text or a badge")
        if self.first and "caption" not in self.asks:
            raise ValueError("first is for rules that ask for a caption")


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of one jurisdiction, or of the networks. `own`: it is the instance's, and not one that comes with socialbot."""

    name: str
    title: str
    version: date
    rules: tuple[Rule, ...]
    own: bool = False


@dataclass(frozen=True, slots=True)
class Required:
    """The least that has to be shown: each surface with the rules that ask for it, by id."""

    asked: tuple[Asked, ...] = ()
    """The rules that are met, by pack and id."""
    surfaces: Mapping[Surface, tuple[Rule, ...]] = field(default_factory=dict)
    pictures: Mapping[Surface, tuple[int, ...]] = field(default_factory=dict)
    """For every surface but the caption, the pictures it is asked for, counted from 0."""
    words: Mapping[Surface, Words] = field(default_factory=dict)
    """What the label on a surface has to say, all its rules taken together."""
    badge_share: float = 0.0
    """The least height of a badge's letters, as a share of the picture's shortest side; 0 where no rule gives one."""
    first: bool = False
    """The label has to open the caption."""


def required(disclosure: Disclosure, network: str, packs: Iterable[Pack], on: date) -> Required:
    """What the rules of `packs` ask of a post on `network` on the day `on`. No rule takes back what another asks for."""
    met: list[Asked] = []
    surfaces: dict[Surface, list[Rule]] = {}
    pictures: dict[Surface, set[int]] = {}
    for pack, rule in _binding(packs, on):
        about = _about(rule, disclosure, network)
        asks = [one for one in get_args(Surface) if one in rule.asks and (about or (about is not None and one == "caption"))]
        if asks:
            met.append(Asked(rule.id, pack.name, pack.version, tuple(asks)))
        for surface in asks:
            surfaces[surface] = list(dict.fromkeys([*surfaces.get(surface, ()), rule]))
            if surface != "caption":
                pictures.setdefault(surface, set()).update(about or ())
    return Required(
        asked=tuple(met),
        surfaces=MappingProxyType({surface: tuple(rules) for surface, rules in surfaces.items()}),
        pictures=MappingProxyType({surface: tuple(sorted(indices)) for surface, indices in pictures.items()}),
        words=MappingProxyType({surface: _joined(rules) for surface, rules in surfaces.items() if surface in _WORDED}),
        badge_share=max((rule.badge_share or 0.0 for rule in surfaces.get("badge", ())), default=0.0),
        first=any(rule.first for rule in surfaces.get("caption", ())),
    )


def _binding(packs: Iterable[Pack], on: date) -> Iterator[tuple[Pack, Rule]]:
    """The rules whose day has come, each once, by id, pack and, where two packs share a name, by what they say."""
    named: dict[tuple[str, str], list[tuple[Pack, Rule]]] = {}
    for pack in packs:
        for rule in pack.rules:
            alike = named.setdefault((rule.id, pack.name), [])
            if rule.starts <= on and (pack, rule) not in alike:
                alike.append((pack, rule))
    for _, alike in sorted(named.items()):
        yield from sorted(alike, key=repr) if len(alike) > 1 else alike


def says(label: str, words: Words) -> bool:
    """Whether a label says what rules ask it to say."""
    return all(any(word in label for word in group) for group in words)


def _joined(rules: Iterable[Rule]) -> Words:
    return tuple(sorted({group for rule in rules for group in rule.words}))


def _about(rule: Rule, disclosure: Disclosure, network: str) -> set[int] | None:
    """The pictures a rule is about, an empty set where it is about the text; None where it is not met."""
    if rule.networks and network not in rule.networks:
        return None
    found = [_pictures(condition, disclosure) for condition in rule.when]
    met = [indices for indices in found if indices is not None]
    return set().union(*met) if met else None


def _pictures(condition: Condition, disclosure: Disclosure) -> set[int] | None:
    """The pictures a condition holds of; None where it does not hold."""
    if condition.text and disclosure.text not in condition.text:
        return None
    if condition.unreviewed and disclosure.reviewed:
        return None
    if condition.person and disclosure.person not in condition.person:
        return None
    if condition.commercial and disclosure.commercial not in condition.commercial:
        return None
    counted = {index for index in range(len(disclosure.images)) if _counts(index, condition, disclosure)}
    if condition.images:
        shown = as_shown(disclosure)
        return {index for index in counted if shown[index] in condition.images} or None
    return counted.intersection(showing_person(disclosure.images)) if condition.person else set()


def _counts(index: int, condition: Condition, disclosure: Disclosure) -> bool:
    """Could a condition be about this picture, or does nobody take it for real?"""
    return not (condition.realistic and disclosure.realistic[index : index + 1] == (False,))


def all_packs(own: Path | None = None) -> Mapping[str, Pack]:
    """Every pack by name: those that come with socialbot, and those in the folder `own`, which win over ours of their name.

    Raises WrongConfiguration, with file and rule, at the first mistake.
    """
    theirs = (read(path) for path in sorted(own.glob(f"*{SUFFIX}"))) if own else ()
    return {**_shipped(), **{pack.name: pack for pack in theirs}}


def chosen(names: Sequence[str], known: Mapping[str, Pack]) -> tuple[Pack, ...]:
    """The packs of these names. Raises WrongUse when there is none of a name."""
    for name in names:
        if name not in known:
            raise WrongUse(f'"{name}" is no pack of rules', fix=f"one of: {', '.join(sorted(known))}")
    return tuple(known[name] for name in names)


def read(path: Path) -> Pack:
    """A pack of the instance's own, named after its file. Raises WrongConfiguration with the first mistake in it."""
    try:
        return _parse(path.stem, path.read_text(encoding="utf-8-sig"), str(path), own=True)
    except UnicodeDecodeError:
        raise WrongConfiguration("it is not written in UTF-8", where=str(path)) from None
    except OSError as error:
        raise WrongConfiguration(f"it cannot be read: {error.strerror}", where=str(path)) from None


@cache
def _shipped() -> Mapping[str, Pack]:
    folder = files(__package__).joinpath("rules")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(SUFFIX))
    texts = {name.removesuffix(SUFFIX): folder.joinpath(name).read_text(encoding="utf-8") for name in names}
    return MappingProxyType({name: _parse(name, text, f"{name}{SUFFIX}", own=False) for name, text in texts.items()})


@dataclass(frozen=True, slots=True)
class _File:
    """A pack as it is written."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    title: _Sentence
    version: _Day
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    def __post_init__(self) -> None:
        ids = [rule.id for rule in self.rules]
        if twice := next((one for one in ids if ids.count(one) > 1), None):
            raise ValueError(f'two rules have the id "{twice}"')


def _parse(name: str, text: str, where: str, *, own: bool) -> Pack:
    try:
        written = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise WrongConfiguration(f"not valid TOML: {error}", where=where) from None
    return checked(written, name, where, own=own)


def checked(written: Mapping[str, Any], name: str, where: str, *, own: bool) -> Pack:
    """A pack from its tables. Raises WrongConfiguration with the first mistake in them; `where` is the file it names."""
    try:
        file = _file().validate_python(written)
    except ValidationError as error:
        raise WrongConfiguration(_mistake(error, written), where=where) from None
    return Pack(name, file.title, file.version, file.rules, own)


@cache
def _file() -> TypeAdapter[_File]:
    return TypeAdapter(_File)


def _mistake(error: ValidationError, written: Mapping[str, Any]) -> str:
    """The first mistake in one sentence: which rule, which key, what is wrong with it."""
    one = error.errors(include_url=False)[0]
    location, which = one["loc"], ""
    if len(location) > 1 and isinstance(location[1], int):
        rule = written["rules"][location[1]]
        which = f"rule {rule.get('id', location[1] + 1) if isinstance(rule, dict) else location[1] + 1}"
        location = location[2:]
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
    said = _said(one["type"], one["msg"].removeprefix("Value error, "), key)
    return ": ".join(filter(None, (which, said)))


def _said(kind: str, message: str, key: str) -> str:
    if kind == "missing":
        return f"{key} is missing"
    if kind == "unexpected_keyword_argument":
        last = key.rpartition(".")[2]
        known = {_key(one.name) for noun in (_File, Rule, Condition) for one in fields(noun)}
        near = difflib.get_close_matches(last, sorted(known), 1)
        return f"{key} is not a known key" + (f'; did you mean "{near[0]}"?' if near else "")
    said = _IN_TOML.get(kind, f"{message[:1].lower()}{message[1:]}")
    return f"{key}: {said}" if key else said


def _key(name: str) -> str:
    return "from" if name == "starts" else name
