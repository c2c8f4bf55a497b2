"""Slots by the local wall clock, right through both changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialbot.settings import Slot
from socialbot.timetable import slots_after

LONDON = ZoneInfo("Europe/London")


def local(slots: list[str], zone: ZoneInfo, after: datetime, number: int) -> list[str]:
    found = islice(slots_after([Slot.parse(slot) for slot in slots], zone, after), number)
    return [f"{moment.astimezone(zone):%a %d %H:%M}" for moment in found]


def test_weekdays_and_weekends_interleave() -> None:
    friday = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    assert local(["weekdays 09:00", "sat,sun 11:30"], LONDON, friday, 4) == [
        "Sat 21 11:30",
        "Sun 22 11:30",
        "Mon 23 09:00",
        "Tue 24 09:00",
    ]


def test_a_slot_keeps_its_wall_clock_through_summer_time() -> None:
    before = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
    moments = list(islice(slots_after([Slot.parse("daily 09:00")], LONDON, before), 3))
    assert [moment.hour for moment in moments] == [9, 8, 8]


def test_a_skipped_time_comes_an_hour_later_and_a_doubled_one_once() -> None:
    assert local(["daily 01:30"], LONDON, datetime(2026, 3, 28, 12, 0, tzinfo=UTC), 2) == ["Sun 29 02:30", "Mon 30 01:30"]
    autumn = list(islice(slots_after([Slot.parse("daily 01:30")], LONDON, datetime(2026, 10, 24, 12, 0, tzinfo=UTC)), 2))
    assert autumn == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_without_slots_there_is_nothing_to_wait_for() -> None:
    assert list(slots_after([], LONDON, datetime(2026, 1, 1, tzinfo=UTC))) == []


@pytest.mark.parametrize("text", ["09:00", "weekdays", "weekdays 24:00", "someday 09:00", "mon 9", "", "mon,, 09:00"])
def test_a_wrong_slot_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"slot|day"):
        Slot.parse(text)


def test_days_may_run_over_the_weekend() -> None:
    assert Slot.parse("fri-mon 8:05") == Slot(frozenset({4, 5, 6, 0}), time(8, 5))


@given(
    after=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    zone=st.sampled_from(
        ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "UTC"]
    ),
    days=st.sets(st.integers(0, 6), min_size=1),
    at=st.times(),
)
def test_every_slot_is_later_in_order_and_at_its_wall_time_unless_skipped(
    after: datetime, zone: str, days: set[int], at: time
) -> None:
    at = at.replace(second=0, microsecond=0)
    tz = ZoneInfo(zone)
    moments = list(islice(slots_after([Slot(frozenset(days), at)], tz, after), 10))
    assert moments == sorted(set(moments)) and moments[0] > after
    for moment in moments:
        wall = moment.astimezone(tz)
        skipped = datetime.combine(wall.date(), at, tz).astimezone(UTC).astimezone(tz).time() != at
        assert skipped or (wall.weekday() in days and wall.time() == at)
    assert moments[-1] - after <= timedelta(weeks=11)
