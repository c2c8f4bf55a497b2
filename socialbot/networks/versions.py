"""Versions of networks' programming interfaces: which an account asks for, and when that one ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Annotated

from pydantic import StringConstraints

from socialbot.settings import AccountSettings

AHEAD = timedelta(days=60)
"""So long before a version ends it is warned of."""


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The versions of one interface. `ends` has the days that its pages name; `expected` reckons one for the others."""

    title: str
    current: str
    """The newest that was known when this was read."""
    ends: Mapping[str, date]
    expected: Callable[[str], date | None]
    expected_since: str
    """On what the reckoning rests."""
    source: str


@dataclass(frozen=True, slots=True)
class Sunset:
    """A version that ends soon, or has ended."""

    family: Family
    version: str
    on: date
    known: bool
    """The network named the day; otherwise it is reckoned."""
    ended: bool

    @property
    def sentence(self) -> str:
        """What a person should know, and what to do."""
        day, what = f"{self.on:%d %B %Y}".lstrip("0"), f"{self.family.title}: version {self.version} of its interface"
        if self.known:
            told = f"{what} ended on {day}" if self.ended else f"{what} ends on {day}"
        else:
            told = f"{what} may {'have ended' if self.ended else 'end'} on {day} ({self.family.expected_since})"
        newer = self.family.current
        fix = f"set version to {newer} or later" if newer != self.version else "update socialbot, or set a later version"
        return f"{told}: {fix}, by {self.family.source}."


def _year_later(version: str) -> date | None:
    """Of a version named YYYYMM."""
    return date(int(version[:4]) + 1, int(version[4:]), 1)


_GRAPH_SINCE = MappingProxyType({"v25.0": date(2026, 2, 18), "v26.0": date(2026, 7, 29)})


def _two_years_later(version: str) -> date | None:
    since = _GRAPH_SINCE.get(version)
    return since.replace(year=since.year + 2) if since else None


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "linkedin": Family(
            "LinkedIn",
            "202607",
            MappingProxyType(
                {
                    "202511": date(2026, 11, 16),
                    "202601": date(2027, 1, 15),
                    "202602": date(2027, 2, 15),
                    "202603": date(2027, 3, 16),
                }
            ),
            _year_later,
            "each lives twelve months at least",
            "learn.microsoft.com/linkedin/marketing/versioning, 2026-11",
        ),
        "graph": Family(
            "Meta's Graph API",
            "v26.0",
            MappingProxyType({}),
            _two_years_later,
            "two years after its first day, unconfirmed",
            "developers.facebook.com/docs/graph-api/changelog, 2026-11",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """Marks an account's option as a version of the `family`."""

    family: str


LinkedInVersion = Annotated[str, ApiVersion("linkedin"), StringConstraints(pattern=r"^20\d\d(0[1-9]|1[0-2])$")]
"""YYYYMM, as in the header LinkedIn-Version; not every month exists."""
GraphVersion = Annotated[str, ApiVersion("graph"), StringConstraints(pattern=r"^v\d{1,3}\.\d$")]
"""As in the path of graph.facebook.com and graph.instagram.com."""


def sunset(family: str, version: str, today: date) -> Sunset | None:
    """Of a version that ends within 60 days, or has ended; None while it has time, or where nothing is known of it."""
    known = FAMILIES[family].ends.get(version)
    day = known or FAMILIES[family].expected(version)
    if day is None or today < day - AHEAD:
        return None
    return Sunset(FAMILIES[family], version, day, known is not None, today >= day)


def sunsets(account: AccountSettings, today: date) -> tuple[Sunset, ...]:
    """Of the versions that an account's options ask for."""
    asked = [
        (mark.family, getattr(account, name))
        for name, option in type(account).model_fields.items()
        for mark in option.metadata
        if isinstance(mark, ApiVersion)
    ]
    return tuple(found for family, version in asked if (found := sunset(family, version, today)))
