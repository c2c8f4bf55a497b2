"""What the ledger can prove: of each delivery that is out, what AI did, what was said of it, and what the network gave back.

A report is made from the ledger alone and may be shown to anybody: it is put together from a `Draft` and a `Disclosure`, which
hold no name, consent, prompt or model, and never from `Post.ai`, which does.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Label, RowMapping, case, func, select

from socialbot import __version__
from socialbot.ledger import Kind, Ledger, State
from socialbot.ledger.schema import deliveries, posts, sends
from socialbot.nouns import (
    Asked,
    Commercial,
    Disclosure,
    Draft,
    Evidence,
    ImageFacet,
    Part,
    PersonFacet,
    TextFacet,
    WrongUse,
    as_json,
    thaw,
)

# What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection", read 2026-11-21), full-width forms among them.
_FORMULA = tuple("=+-@＝＋－＠")


@dataclass(frozen=True, slots=True)
class Facets:
    """What AI did, as it was decided when the draft was made; `images` are all pictures of the post."""

    text: TextFacet
    translated: bool
    reviewed: bool
    images: tuple[ImageFacet, ...]
    person: PersonFacet
    commercial: Commercial | None


@dataclass(frozen=True, slots=True)
class Witness:
    """A piece of evidence, by its digest (`digest_of`): its own words may quote the post."""

    facet: str
    value: str
    origin: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CaptionSent:
    """A caption's UTF-8 bytes: how many, and their SHA-256, in hex."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PictureSent:
    """A file that was sent. `sha256` is of its bytes, in hex; `badge`: the words drawn on it; `card`: it is a link card's."""

    sha256: str
    mime: str
    width: int
    height: int
    alt: str
    badge: str | None
    card: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivery that is out, wholly or (`out` of `parts` posts) in part.

    `published`: when the call that published its first post began; where another ledger had sent it, when it was found.
    `flags_differ` names the flags that the network gave back otherwise than they were sent.
    """

    delivery: str
    kind: Kind
    """A post of its own, a reply to `original`, or an edit, from which on `original` says this."""
    original: str | None
    title: str
    post_url: str | None
    account: str
    network: str
    language: str
    state: State
    parts: int
    out: int
    published: datetime
    url: str | None
    facets: Facets
    evidence: tuple[Witness, ...]
    asked: tuple[Asked, ...]
    label: str | None
    captions: tuple[CaptionSent, ...]
    flags_sent: Mapping[str, bool]
    flags_read_back: Mapping[str, bool] | None
    flags_differ: tuple[str, ...]
    pictures: tuple[PictureSent, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The entries of some days and accounts (none given: all), the first published first. `zone`: of the days."""

    socialbot: str
    made: datetime
    zone: str
    since: date | None
    until: date | None
    accounts: tuple[str, ...]
    deliveries: tuple[Entry, ...]


def report(
    ledger: Ledger,
    zone: ZoneInfo,
    configured: Collection[str],
    accounts: Collection[str] = (),
    since: date | None = None,
    until: date | None = None,
) -> Report:
    """All that is out, of these accounts, from the day `since` to the day `until`, both among them.

    Raises WrongUse when an account is neither `configured` nor in the ledger.
    """
    _check(accounts, {*configured, *_accounts(ledger)})
    entries = tuple(
        entry for entry in _entries(ledger, accounts) if _within(entry.published.astimezone(zone).date(), since, until)
    )
    return Report(__version__, ledger.clock(), zone.key, since, until, tuple(accounts), entries)


def _check(accounts: Collection[str], known: Collection[str]) -> None:
    for name in accounts:
        if name not in known:
            there = ", ".join(sorted(known)) or "none are configured"
            raise WrongUse(f'there is no account "{name}"', fix=f"accounts: {there}")


def _accounts(ledger: Ledger) -> list[str]:
    """Accounts that were ever delivered to; some may not be configured any more."""
    with ledger.reading() as connection:
        return [row.account for row in connection.execute(select(deliveries.c.account).distinct())]


def _within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or since <= day) and (until is None or day <= until)


def _entries(ledger: Ledger, accounts: Collection[str]) -> Iterator[Entry]:
    # One pass over the sends; a query for each delivery would read them all each time, since no index serves it.
    out = (
        select(sends.c.delivery, func.count().label("out"), _of_first(sends.c.started_at), _of_first(sends.c.flags))
        .where(sends.c.outcome == "published")
        .group_by(sends.c.delivery)
        .subquery()
    )
    query = (
        select(deliveries, posts.c.title, posts.c.url.label("post_url"), out.c.out, out.c.started_at, out.c.flags)
        .join(posts, posts.c.id == deliveries.c.post)
        .join(out, out.c.delivery == deliveries.c.id)
        .where(deliveries.c.kind != "delete")  # what it removed says so by its state
        .order_by(out.c.started_at, deliveries.c.id)
    )
    if accounts:
        query = query.where(deliveries.c.account.in_(accounts))
    with ledger.reading() as connection:
        for row in connection.execute(query).mappings():
            yield _entry(row)


def _of_first(column: Column[Any]) -> Label[Any]:
    """A column of a group's first part, of which there is one: posts of a thread go out in order."""
    return func.max(case((sends.c.part == 0, column))).label(column.name)


def _entry(row: RowMapping) -> Entry:
    draft, told = thaw(Draft, row["draft"]), thaw(Disclosure, row["disclosure"])
    parts = draft.parts[: row["out"]]
    read_back: dict[str, bool] | None = json.loads(row["flags"]) if row["flags"] else None
    return Entry(
        delivery=row["id"],
        kind=row["kind"],
        original=row["original"],
        title=row["title"],
        post_url=row["post_url"],
        account=row["account"],
        network=row["network"],
        language=draft.language,
        state=row["state"],
        parts=len(draft.parts),
        out=row["out"],
        published=row["started_at"],
        url=row["url"],
        facets=Facets(told.text, told.translated, told.reviewed, told.images, told.person, told.commercial),
        evidence=tuple(Witness(one.facet, one.value, one.origin, digest_of(one)) for one in told.evidence),
        asked=draft.asked,
        label=draft.label,
        captions=_kept(row["swept"])[: row["out"]] if row["swept"] else tuple(_caption(part.caption.text) for part in parts),
        flags_sent=draft.flags,
        flags_read_back=read_back,
        flags_differ=_differing(draft.flags, read_back or {}),
        pictures=tuple(picture for part in parts for picture in _pictures(part)),
    )


def digest_of(evidence: Evidence) -> str:
    """SHA-256, in hex, of the evidence as canonical JSON: detail, facet, origin and value, as RFC 8785 writes them."""
    told = {"detail": evidence.detail, "facet": evidence.facet, "origin": evidence.origin, "value": evidence.value}
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _caption(text: str) -> CaptionSent:
    content = text.encode()
    return CaptionSent(len(content), hashlib.sha256(content).hexdigest())


def _kept(swept: str) -> tuple[CaptionSent, ...]:
    """What was written down of captions before they were swept."""
    return tuple(CaptionSent(**one) for one in json.loads(swept))


def _pictures(part: Part) -> Iterator[PictureSent]:
    thumb = part.card.thumb if part.card else None
    for one, card in (*((picture, False) for picture in part.pictures), *([(thumb, True)] if thumb else [])):
        yield PictureSent(one.digest, one.mime, one.width, one.height, one.alt, one.badge, card)


def _differing(sent: Mapping[str, bool], read_back: Mapping[str, bool]) -> tuple[str, ...]:
    """A flag that was not sent stands for false; of one that was not given back nothing is known."""
    return tuple(name for name, value in sorted(read_back.items()) if value is not sent.get(name, False))


def to_json(told: Report) -> str:
    """The report as JSON text; its shape is documented in docs/commands.md."""
    return json.dumps(as_json(told), ensure_ascii=False, indent=2) + "\n"


def to_csv(told: Report) -> str:
    """The deliveries, a row for each, as RFC 4180 says: a head, CRLF, quotation marks where they are needed.

    Columns are the entry's fields, those of `facets` in its place. What has several values is JSON in its cell. A cell that a
    spreadsheet could take for a formula begins with an apostrophe.
    """
    out = StringIO()
    writer = csv.DictWriter(out, _columns())
    writer.writeheader()
    for entry in as_json(told)["deliveries"]:
        writer.writerow({column: _cell(value) for column, value in (entry | entry.pop("facets")).items()})
    return out.getvalue()


def _columns() -> list[str]:
    names = [one.name for one in fields(Entry)]
    place = names.index("facets")
    return [*names[:place], *(one.name for one in fields(Facets)), *names[place + 1 :]]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    # A tab or line break before the sign hides it from our eye, not from every spreadsheet's.
    return f"'{value}" if value.lstrip().startswith(_FORMULA) or value[:1] in "\t\r\n" else value
