"""The timetable beside a simulation that looks at every minute and knows nothing of how the timetable works."""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from socialbot.settings import QuietHours, Slot
from socialbot.timetable import Place, Timetable, day_of, first_free, next_place, quiet_end, slots_after

MINUTE = timedelta(minutes=1)
START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
SAMPLE = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "America/Santiago",  # at midnight
    "Africa/Cairo",  # on the night to a Friday
    "Africa/Casablanca",  # for Ramadan
    "America/Nuuk",  # before midnight
    "America/Havana",
)


@lru_cache(maxsize=64)
def changes(zone: ZoneInfo) -> list[datetime]:
    """The minutes within the two years at which a zone's offset is another than the minute before."""
    hours = [START + timedelta(hours=hour) for hour in range(int((END - START).total_seconds()) // 3600)]
    found = []
    for one, other in pairwise(hours):
        if one.astimezone(zone).utcoffset() != other.astimezone(zone).utcoffset():
            minutes = [one + MINUTE * number for number in range(61)]
            found += [b for a, b in pairwise(minutes) if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()]
    return found


def minutes(zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, datetime, timedelta]]:
    """Every minute: the moment, what the clock on the wall shows, and by how much it was just put forward."""
    told, before = [], None
    moment = start
    while moment < end:
        local = moment.astimezone(zone)
        offset = local.utcoffset()
        assert offset is not None
        told.append((moment, local.replace(tzinfo=None, fold=0), offset - (before if before is not None else offset)))
        before, moment = offset, moment + MINUTE
    return told


Told = list[tuple[datetime, datetime, timedelta]]
around = lru_cache(maxsize=64)(
    lambda zone, number: minutes(zone, changes(zone)[number] - timedelta(days=1), changes(zone)[number] + timedelta(days=2))
)


def slot_moments(slots: Sequence[Slot], told: Told) -> list[datetime]:
    """The first time that the wall shows a slot's time; one that is skipped comes as long after the gap as it lies in it."""
    wanted = {(day, slot.at) for slot in slots for day in slot.days}
    found: set[datetime] = set()
    seen: set[datetime] = set()
    for moment, wall, forward in told:
        if (wall.weekday(), wall.time()) in wanted and wall not in seen:
            found.add(moment)
            seen.add(wall)
        if forward > timedelta(0):
            gap = [wall - forward + MINUTE * number for number in range(int(forward / MINUTE))]
            found |= {moment + (skipped - gap[0]) for skipped in gap if (skipped.weekday(), skipped.time()) in wanted}
    return sorted(found)


def simulate(table: Timetable, told: Told, earliest: datetime, taken: Sequence[datetime], posts: int) -> list[datetime]:
    """Where the next posts go when each takes the first minute that nothing forbids."""
    places, given_ = sorted(taken), []
    allowed = set(slot_moments(table.slots, told)) if table.slots else None
    per_day: dict[date, int] = {}
    for place in places:
        day = place.astimezone(table.zone).date()
        per_day[day] = per_day.get(day, 0) + 1
    for moment, wall, _ in told[bisect_left(told, earliest, key=lambda one: one[0]) :]:
        if len(given_) == posts:
            break
        while len(given_) < posts:
            near = places[max(0, bisect_left(places, moment) - 1) : bisect_left(places, moment) + 1]
            if (
                (allowed is not None and (moment not in allowed or moment in near))
                or (table.quiet and _is_quiet(table.quiet, wall.time()))
                or (table.spacing and any(abs(moment - place) < table.spacing for place in near))
                or (table.max_per_day and per_day.get(wall.date(), 0) >= table.max_per_day)
            ):
                break
            given_.append(moment)
            insort(places, moment)
            per_day[wall.date()] = per_day.get(wall.date(), 0) + 1
    return given_


def _is_quiet(quiet: QuietHours, at: time) -> bool:
    minutes_in = (at.hour * 60 + at.minute - quiet.start.hour * 60 - quiet.start.minute) % 1440
    return minutes_in < (quiet.end.hour * 60 + quiet.end.minute - quiet.start.hour * 60 - quiet.start.minute) % 1440


class Taken:
    """Places in memory, as the ledger would give them."""

    def __init__(self, moments: Sequence[datetime]) -> None:
        self.moments = sorted(moments)

    def __call__(self, start: datetime, end: datetime) -> list[datetime]:
        return self.moments[bisect_left(self.moments, start) : bisect_left(self.moments, end)]


def fill(table: Timetable, earliest: datetime, taken: Sequence[datetime], posts: int, latest: datetime) -> list[datetime]:
    """The next posts, one after the other."""
    there, found = Taken(taken), []
    while len(found) < posts and (place := next_place(table, earliest, there, latest)):
        found.append(place.start)
        insort(there.moments, place.start)
    return found


walls = st.times().map(lambda at: at.replace(second=0, microsecond=0, minute=at.minute // 15 * 15, fold=0))
slots = st.builds(Slot, st.frozensets(st.integers(0, 6), min_size=1), walls)
quiets = st.none() | st.builds(QuietHours, walls, walls).filter(lambda quiet: quiet.start != quiet.end)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Timetable, int, int, list[int]]:
    zone = ZoneInfo(draw(st.sampled_from(SAMPLE)))
    table = Timetable(
        zone,
        tuple(draw(st.lists(slots, max_size=4))),
        draw(st.integers(0, 600)) * MINUTE,
        draw(st.none() | st.integers(1, 3)),
        draw(quiets),
        timedelta(0),
    )
    number = draw(st.integers(0, len(changes(zone)) - 1))
    return table, number, draw(st.integers(0, 2 * 1440)), draw(st.lists(st.integers(0, 3 * 1440 - 1), max_size=6))


@given(cases())
@settings(max_examples=500)
def test_the_next_places_are_those_that_every_minute_looked_at_gives(case: tuple[Timetable, int, int, list[int]]) -> None:
    _check(case)


@pytest.mark.slow
@given(cases())
@settings(max_examples=20_000)
def test_the_next_places_are_those_that_every_minute_looked_at_gives_at_length(
    case: tuple[Timetable, int, int, list[int]],
) -> None:
    _check(case)


def _check(case: tuple[Timetable, int, int, list[int]]) -> None:
    table, number, earliest_in, taken_in = case
    told = around(table.zone, number)
    earliest = told[earliest_in][0]
    taken = [told[index][0] for index in taken_in]
    # A day's posts are only known where the whole day was looked at.
    latest = day_of(told[-1][0], table.zone)[0] - MINUTE
    expected = [moment for moment in simulate(table, told, earliest, taken, 6) if moment <= latest]
    assert fill(table, earliest, taken, 6, latest) == expected


@given(cases(), st.integers(1, 120), st.randoms(use_true_random=False))
@settings(max_examples=500)
def test_whatever_the_jitter_every_rule_holds_and_no_slot_is_lost_or_doubled(
    case: tuple[Timetable, int, int, list[int]], jitter: int, chance: random.Random
) -> None:
    plain, number, earliest_in, _ = case
    table = Timetable(plain.zone, plain.slots, plain.spacing, plain.max_per_day, plain.quiet, jitter * MINUTE)
    told = around(table.zone, number)
    earliest, there, places = told[earliest_in][0], Taken([]), list[tuple[Place, datetime]]()
    while len(places) < 6 and (place := next_place(table, earliest, there, told[-1][0])):
        moment = place.pick(chance)
        assert place.start <= moment <= place.end <= told[-1][0]
        assert first_free(table, moment, moment, there)
        assert not table.quiet or not _is_quiet(table.quiet, moment.astimezone(table.zone).time())
        insort(there.moments, moment)
        places.append((place, moment))
    if table.slots or table.spacing:
        assert [moment for _, moment in places] == there.moments, "in the order in which they came"
    if table.slots:
        known = list(_until(table, earliest, told[-1][0]))
        used = [max(slot for slot in known if slot <= moment) for _, moment in places]
        assert len(set(used)) == len(used), "one post for each slot"
        assert all(moment - slot <= table.jitter for slot, (_, moment) in zip(used, places, strict=True))
        if not (table.spacing or table.quiet or table.max_per_day):
            assert used == known[: len(used)], "no slot is passed over"


def _until(table: Timetable, earliest: datetime, end: datetime) -> list[datetime]:
    found = []
    for slot in slots_after(table.slots, table.zone, earliest - timedelta(microseconds=1)):
        if slot > end:
            return found
        found.append(slot)
    return found


@given(st.sampled_from(SAMPLE), st.integers(0, 3), st.integers(0, 3 * 1440 - 1), quiets.filter(bool))
@example("Europe/London", 0, 1440 - 60, QuietHours(time(22), time(1, 30)))
def test_quiet_hours_end_when_the_wall_first_shows_none_of_them(zone: str, number: int, index: int, quiet: QuietHours) -> None:
    tz = ZoneInfo(zone)
    told = around(tz, number % len(changes(tz)))
    loud = next((moment for moment, wall, _ in told[index:] if not _is_quiet(quiet, wall.time())), None)
    assert loud is None or quiet_end(quiet, tz, told[index][0]) == loud


def test_spacing_as_long_as_the_slots_lie_apart_loses_none_to_jitter() -> None:
    table = Timetable(ZoneInfo("UTC"), tuple(Slot.parse(f"daily {hour}:00") for hour in range(24)), timedelta(hours=1))
    table = Timetable(table.zone, table.slots, table.spacing, None, None, timedelta(minutes=10))
    there, chance = Taken([]), random.Random(1)
    for _ in range(48):
        place = next_place(table, START, there)
        assert place
        insort(there.moments, place.pick(chance))
    assert [moment.hour for moment in there.moments] == [*range(24)] * 2


@pytest.mark.parametrize("name", ["Australia/Lord_Howe", "America/Santiago"])
def test_two_years_of_a_zone(name: str) -> None:
    _check_two_years([name])


@pytest.mark.slow
def test_two_years_of_every_zone_that_changes_its_offset() -> None:
    """Posts without end, in slots and without: every one where the minutes say."""
    alike: dict[tuple[object, ...], list[str]] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        offsets = tuple((moment, moment.astimezone(zone).utcoffset()) for moment in (START, *changes(zone)))
        if len(offsets) > 1:
            alike.setdefault(offsets, []).append(name)
    assert sum(map(len, alike.values())) > 100
    for names in alike.values():
        _check_two_years(names)


def _check_two_years(names: Sequence[str]) -> None:
    """`names`: zones whose clocks show the same in these two years; their minutes are looked at once."""
    zone, chance = ZoneInfo(names[0]), random.Random(names[0])
    told = minutes(zone, START - timedelta(days=1), END + timedelta(days=1))
    daily = [Slot(frozenset(range(7)), at) for at in (time(0, 30), time(1, 30), time(2, 30), time(23, 30))]
    slots = (*daily, Slot(frozenset({chance.randrange(7)}), time(12)))
    quiet = QuietHours(time(chance.randrange(20, 24), 30), time(chance.randrange(1, 7), 15))
    rules = (timedelta(minutes=chance.randrange(120, 700)), chance.randrange(1, 4), quiet)
    expected = [moment for moment in slot_moments(slots, told) if START <= moment < END]
    places = {ruled: simulate(Timetable(zone, ruled, *rules), told, START, [], 10_000) for ruled in (slots, ())}
    for name in names:
        assert _until(Timetable(ZoneInfo(name), slots), START, END - MINUTE) == expected, name
        for ruled, found in places.items():
            table = Timetable(ZoneInfo(name), ruled, *rules)
            assert _in_turn(table, START, END) == [moment for moment in found if moment < END], (name, bool(ruled))


def _in_turn(table: Timetable, start: datetime, end: datetime) -> list[datetime]:
    """Posts without end, each looked for from the last one on."""
    there = Taken([])
    while place := next_place(table, there.moments[-1] if there.moments else start, there, end - MINUTE):
        there.moments.append(place.start)
    return there.moments
