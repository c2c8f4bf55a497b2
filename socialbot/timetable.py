"""When a post may go: an account's slots, spacing, posts a day and quiet hours, by its local wall clock, as UTC moments."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise
from zoneinfo import ZoneInfo

from socialbot.settings import AccountSettings, QuietHours, Slot

TICK = timedelta(microseconds=1)
"""The least step of time: what is later than a moment is later by at least this."""

Taken = Callable[[datetime, datetime], Sequence[datetime]]
"""The account's places from one moment until just before another, in order: of posts that wait, and of posts that are out."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When one account may post. With none of these rules it may at any time."""

    zone: ZoneInfo
    slots: tuple[Slot, ...] = ()
    spacing: timedelta = timedelta(0)
    max_per_day: int | None = None
    quiet: QuietHours | None = None
    jitter: timedelta = timedelta(0)

    @classmethod
    def of(cls, account: AccountSettings, zone: ZoneInfo) -> Timetable:
        """The timetable that an account's settings write."""
        return cls(
            zone,
            tuple(slot for slot in account.slots if slot.days),
            timedelta(minutes=account.spacing),
            account.max_per_day,
            account.quiet_hours,
            timedelta(minutes=account.jitter),
        )

    @property
    def counts(self) -> bool:
        """Does it matter what else is posted, and when?"""
        return bool(self.slots or self.spacing or self.max_per_day)

    @property
    def is_free(self) -> bool:
        """Is any moment as good as any other?"""
        return not (self.counts or self.quiet)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the timetable: the post may go at `start`, or later up to `end`, and the place is its own."""

    start: datetime
    end: datetime

    def pick(self, chance: random.Random) -> datetime:
        """A moment of it, in whole seconds after its start."""
        return self.start + timedelta(seconds=chance.randint(0, int((self.end - self.start).total_seconds())))


def next_place(table: Timetable, earliest: datetime, taken: Taken, latest: datetime | None = None) -> Place | None:
    """The first free place that begins at or after `earliest`; None when there is none up to `latest`.

    With slots, a post takes one: it goes when the slot comes, or within the jitter after it. Without, any moment will do.
    Either way it keeps the spacing to what is there, the day's most posts, and out of the quiet hours.
    """
    for start, end in _openings(table, earliest):
        if latest and start > latest:
            return None
        if end and taken(start, end + TICK):
            continue  # whoever is there has this slot
        stop = min(end or latest, latest) if latest else end
        begin = first_free(table, start, stop, taken)
        if begin:
            last = end or begin + _own_jitter(table)
            return Place(begin, _last_free(table, begin, min(last, latest) if latest else last, taken))
    return None


def _own_jitter(table: Timetable) -> timedelta:
    """Without slots: less than the spacing, or the next post would find room before this one."""
    return min(table.jitter, table.spacing - timedelta(seconds=1)) if table.spacing else table.jitter


def _openings(table: Timetable, earliest: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """Where a place may begin: from a slot through its jitter, but before the next slot; or from now on, without end."""
    if not table.slots:
        yield earliest, None
        return
    for slot, following in pairwise(slots_after(table.slots, table.zone, earliest - TICK)):
        yield slot, min(slot + table.jitter, following - TICK)


def first_free(
    table: Timetable, start: datetime, end: datetime | None, taken: Taken, place: datetime | None = None
) -> datetime | None:
    """The first moment from `start` to `end` at which nothing forbids a post; it need not be a slot. None: there is none.

    `place`: where the post has one already, for which it is late: what comes after keeps its distance from there.
    """
    moment = start
    while end is None or moment <= end:
        later = _after_what_forbids(table, moment, taken, place or moment)
        if later is None:
            return moment
        moment = later
    return None


def _after_what_forbids(table: Timetable, moment: datetime, taken: Taken, place: datetime) -> datetime | None:
    """The end of what forbids a post, whose place is here, at this moment; None when nothing does."""
    if table.quiet and table.quiet.hold(_wall(moment, table.zone)):
        return quiet_end(table.quiet, table.zone, moment)
    if table.spacing and (near := taken(moment - table.spacing + TICK, max(moment + TICK, place + table.spacing))):
        return near[-1] + table.spacing
    if table.max_per_day:
        begins, ends = day_of(moment, table.zone)
        if len(taken(begins, ends)) >= table.max_per_day:
            return ends
    return None


def _last_free(table: Timetable, moment: datetime, end: datetime, taken: Taken) -> datetime:
    """How far a place that begins at `moment`, which is free, stretches towards `end`."""
    if end <= moment:
        return moment
    if table.quiet:
        end = min(end, quiet_end(_awake(table.quiet), table.zone, moment) - TICK)
    if table.spacing and (near := taken(moment, end + table.spacing)):
        end = min(end, near[0] - table.spacing)
    if table.max_per_day:
        end = min(end, day_of(moment, table.zone)[1] - TICK)
    return max(moment, end)


def _awake(quiet: QuietHours) -> QuietHours:
    """The other hours of the day."""
    return QuietHours(quiet.end, quiet.start)


def slots_after(slots: Sequence[Slot], zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Every slot later than `after`, in order, without end; nothing when there are no slots.

    A local time that summer time skips comes an hour later by the wall clock; one that comes twice is its first.
    """
    if not any(slot.days for slot in slots):
        return
    first = after.astimezone(zone).date()
    last_given = after
    for days in count(-1):  # a time that is skipped just before midnight comes on the next day
        day = first + timedelta(days=days)
        times = {slot.at for slot in slots if day.weekday() in slot.days}
        for moment in sorted(_moment(day, at, zone) for at in times):
            if moment > last_given:
                last_given = moment
                yield moment


def day_of(moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local day of a moment: its beginning, and that of the next."""
    day = moment.astimezone(zone).date()
    return _moment(day, time(), zone), _moment(day + timedelta(days=1), time(), zone)


def quiet_end(quiet: QuietHours, zone: ZoneInfo, moment: datetime) -> datetime:
    """The first moment from this one on whose wall clock shows none of these hours.

    Where the clock is put back into them they begin again; where it is put forward over their end they end there.
    """
    while quiet.hold(wall := _wall(moment, zone)):
        left = datetime.combine(date.min, quiet.end) - datetime.combine(date.min, wall)
        later = moment + left % timedelta(days=1)
        moment = _change_between(zone, moment, later) or later
    return moment


def _change_between(zone: ZoneInfo, start: datetime, end: datetime) -> datetime | None:
    """When the zone's offset changes, later than `start` and not later than `end`; None when it does not."""
    before = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == before:
        return None
    while end - start > TICK:
        middle = start + (end - start) / 2
        if middle.astimezone(zone).utcoffset() == before:
            start = middle
        else:
            end = middle
    return end


def _wall(moment: datetime, zone: ZoneInfo) -> time:
    return moment.astimezone(zone).time()


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    # fold=0 names the first of two equal wall times, and reads a skipped one by the offset before the gap.
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
