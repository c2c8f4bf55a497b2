"""When a post may go: slots by an account's local wall clock, as UTC moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from socialbot.settings import Slot


def slots_after(slots: Sequence[Slot], zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Every slot later than `after`, in order, without end; nothing when there are no slots.

    A local time that summer time skips comes an hour later by the wall clock; one that comes twice is its first.
    """
    if not any(slot.days for slot in slots):
        return
    first = after.astimezone(zone).date()
    last_given = after
    for days in count():
        day = first + timedelta(days=days)
        times = {slot.at for slot in slots if day.weekday() in slot.days}
        for moment in sorted(_moment(day, at, zone) for at in times):
            if moment > last_given:
                last_given = moment
                yield moment


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    # fold=0 names the first of two equal wall times, and reads a skipped one by the offset before the gap.
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
