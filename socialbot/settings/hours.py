"""Times of the week and of the day as an account's settings write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated

from pydantic import BeforeValidator

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Slot:
    """A time of the week at which an account may post, by the account's own wall clock. Days: Monday is 0."""

    days: frozenset[int]
    at: time

    @classmethod
    def parse(cls, text: object) -> Slot:
        """Read "weekdays 09:00", "sat,sun 11:30", "mon-thu 8:15" or "daily 18:00". Raises ValueError."""
        found = re.fullmatch(r"\s*([a-z,\-\s]+?)\s+(\d{1,2}):(\d{2})\s*", str(text).lower())
        if not found:
            raise ValueError('a slot is days and a time, like "weekdays 09:00" or "sat,sun 11:30"')
        if int(found[2]) > 23 or int(found[3]) > 59:
            raise ValueError("the time of a slot lies between 00:00 and 23:59")
        return cls(frozenset(_days(found[1])), time(int(found[2]), int(found[3])))


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day in which an account is silent, by its own wall clock: from `start` until just before `end`."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: object) -> QuietHours:
        """Read "22:00-07:00", which crosses midnight, or "12:00-13:30". Raises ValueError."""
        found = re.fullmatch(r"\s*(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})\s*", str(text))
        if not found:
            raise ValueError('quiet hours are two times of the day, like "22:00-07:00"')
        try:
            start, end = (time(int(hour), int(minute)) for hour, minute in (each.split(":") for each in found.groups()))
        except ValueError:
            raise ValueError("quiet hours lie between 00:00 and 23:59") from None
        if start == end:
            raise ValueError("quiet hours that begin when they end are no hours, or all of them; leave the key out")
        return cls(start, end)

    def hold(self, at: time) -> bool:
        """Is this time of the day one of them?"""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def _days(text: str) -> set[int]:
    days: set[int] = set()
    for word in re.split(r"\s*,\s*", text.strip()):
        if word in ("daily", "everyday"):
            days |= set(range(7))
        elif word == "weekdays":
            days |= set(range(5))
        elif word == "weekends":
            days |= {5, 6}
        else:
            ends = [_day(name.strip()) for name in word.split("-", 1)]
            first, last = ends[0], ends[-1]
            days |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return days


def _day(name: str) -> int:
    if name[:3] in _DAYS and len(name) >= 3:
        return _DAYS.index(name[:3])
    raise ValueError(f'"{name}" is no day; use mon … sun, weekdays, weekends or daily')


def _slot(value: object) -> Slot:
    return value if isinstance(value, Slot) else Slot.parse(value)


def _quiet(value: object) -> QuietHours | None:
    return value if isinstance(value, QuietHours | None) else QuietHours.parse(value)


Slots = list[Annotated[Slot, BeforeValidator(_slot)]]
Quiet = Annotated[QuietHours | None, BeforeValidator(_quiet)]
