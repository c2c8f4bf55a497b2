from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from socialbot.reading.dates import date_in_path, parse_date

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2025-01-03", datetime(2025, 1, 3)),
        ("2025-07-03", datetime(2025, 7, 2, 23)),
        ("2025-1-3", datetime(2025, 1, 3)),
        ("2025/01/03", datetime(2025, 1, 3)),
        ("20250103", datetime(2025, 1, 3)),
        ("3.1.2025", datetime(2025, 1, 3)),
        ("25/12/2025", datetime(2025, 12, 25)),
        ("12/25/2025", datetime(2025, 12, 25)),
        ("January 3, 2025", datetime(2025, 1, 3)),
        ("3 Jan 2025", datetime(2025, 1, 3)),
        ("Friday, 3rd January 2025 at 9:30 pm", datetime(2025, 1, 3, 21, 30)),
        ("Jan 3, 2025 12:05 AM", datetime(2025, 1, 3, 0, 5)),
        ("2025-07-03T10:00:00Z", datetime(2025, 7, 3, 10)),
        ("2025-07-03T10:00", datetime(2025, 7, 3, 9)),
        ("2025-07-03 10:00:00 +0200", datetime(2025, 7, 3, 8)),
        ("2025-07-03T10:00:00.123-05:00", datetime(2025, 7, 3, 15)),
        ("Thu, 03 Jul 2025 10:00:00 GMT", datetime(2025, 7, 3, 10)),
        ("Thu Jul 03 2025 10:00:00 GMT+0100 (British Summer Time)", datetime(2025, 7, 3, 9)),
        ("2025-07-03 10:00 America/New_York", datetime(2025, 7, 3, 14)),
        (1735862400, datetime(2025, 1, 3)),
        ("1735862400000", datetime(2025, 1, 3)),
        (date(2025, 7, 3), datetime(2025, 7, 2, 23)),
        (datetime(2025, 7, 3, 10), datetime(2025, 7, 3, 9)),
        (datetime(2025, 7, 3, 10, tzinfo=timezone(timedelta(hours=2))), datetime(2025, 7, 3, 8)),
    ],
)
def test_a_date_is_read_as_written_and_made_utc(written: object, moment: datetime) -> None:
    assert parse_date(written, LONDON) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        *("tomorrow", "{{ date }}", "2025", "13:00", "03/04/2025", "2025-02-30", "2025-07-03T25:00", "Jul 3, 2025 13:00 pm"),
        *("2025-07-03 10:00 Mars/Base", "2025-07-03 10:00 XYZ", "9999-12-31T23:00-12:00", time(9), [], True),
    ],
)
def test_a_date_that_cannot_be_read_for_certain_is_refused(written: object) -> None:
    with pytest.raises(ValueError):
        parse_date(written, LONDON)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("2025-01-03-fog.md", datetime(2025, 1, 3)),
        ("blog/2025/01/03/fog/index.md", datetime(2025, 1, 3)),
        ("2025-01-03-fog/index.md", datetime(2025, 1, 3)),
        ("fog.md", None),
        ("2025-13-03-fog.md", None),
        ("order-12025-01-03.md", None),
        ("1400-01-03-manuscript.md", None),
    ],
)
def test_a_date_is_found_in_the_path(path: str, found: datetime | None) -> None:
    assert date_in_path(path, LONDON) == (found and found.replace(tzinfo=UTC))
