"""Dates as authors and generators write them, made UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<month_{{0}}>{'|'.join(_MONTHS)})[a-z]*\.?"
_DAYS = (
    r"(?P<year_a>\d{4})(?P<mark>[-/.])(?P<month_a>\d{1,2})(?P=mark)(?P<day_a>\d{1,2})",
    r"(?P<year_b>\d{4})(?P<month_b>\d{2})(?P<day_b>\d{2})",
    r"(?P<day_c>\d{1,2})\.\s?(?P<month_c>\d{1,2})\.(?P<year_c>\d{4})",
    r"(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year_d>\d{4})",
    rf"(?P<day_e>\d{{1,2}})(?:st|nd|rd|th)?\.?[\s-]+{_MONTH.format('e')},?[\s-]+(?P<year_e>\d{{4}})",
    rf"{_MONTH.format('f')}\s+(?P<day_f>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year_f>\d{{4}})",
)
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second_of>\d{2})(?:[.,]\d+)?)?(?:\s*(?P<half>[ap])\.?m\b\.?)?"
_ZONE = r"(?:(?:utc|gmt|z)|(?:utc|gmt)?(?P<sign>[+-])(?P<zone_h>[01]\d|2[0-3]):?(?P<zone_m>\d{2})?|(?P<name>[a-z]+/[a-z_/-]+))"
_DATE = re.compile(
    rf"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?(?:{'|'.join(_DAYS)})"
    rf"(?:(?:t|,?\s+(?:at\s+)?){_TIME}(?:\s*(?P<zone>{_ZONE}))?)?",
    re.IGNORECASE,
)
_IN_PATH = re.compile(r"(?<!\d)(\d{4})([-_/.])(\d{1,2})\2(\d{1,2})(?!\d)")


def parse_date(value: Any, zone: ZoneInfo) -> datetime:
    """A moment in UTC; `zone` is where a date without a zone was written, at the day's start when it names no time.

    Raises ValueError, with the reason, for what cannot be read for certain.
    """
    if isinstance(value, datetime):
        return _utc(value, zone)
    if isinstance(value, date):
        return _utc(datetime.combine(value, time()), zone)
    text = str(value).strip()
    if re.fullmatch(r"\d{9,10}|\d{13}", text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    # JavaScript adds the zone's name in brackets.
    found = _DATE.fullmatch(re.sub(r"\s*\([^()]*\)$", "", text[:100]))
    if not found:
        raise ValueError("it is in no form that can be read for certain")
    return _utc(datetime.combine(_day(found), _time(found)), _zone(found) or zone)


def date_in_path(path: str, zone: ZoneInfo) -> datetime | None:
    """The day that a path such as `2025-04-03-fog.md` or `2025/04/03/fog.md` names, at its start."""
    for year, _, month, day in reversed(_IN_PATH.findall(path)):
        try:
            if 1970 <= int(year) <= 2100:
                return _utc(datetime(int(year), int(month), int(day), tzinfo=zone), zone)
        except ValueError:
            continue
    return None


def _day(found: re.Match[str]) -> date:
    named = {key.partition("_")[0]: value for key, value in found.groupdict().items() if value and key[-2:-1] == "_"}
    if found["first"]:
        first, second = int(found["first"]), int(found["second"])
        if first <= 12 and second <= 12 and first != second:
            raise ValueError("it can be read with the day first or the month first")
        named["day"], named["month"] = str(max(first, second)), str(min(first, second))
    month = named["month"].lower()
    return date(int(named["year"]), int(month) if month.isdigit() else _MONTHS.index(month) + 1, int(named["day"]))


def _time(found: re.Match[str]) -> time:
    if not found["hour"]:
        return time()
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("its hour is not one of twelve")
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    return time(hour, int(found["minute"]), int(found["second_of"] or 0))


def _zone(found: re.Match[str]) -> tzinfo | None:
    if found["sign"]:
        offset = timedelta(hours=int(found["zone_h"]), minutes=int(found["zone_m"] or 0))
        return timezone(-offset if found["sign"] == "-" else offset)
    if found["name"]:
        try:
            return ZoneInfo(found["name"])
        except (LookupError, OSError):
            raise ValueError(f"{found['name']} is no IANA time zone") from None
    return UTC if found["zone"] else None


def _utc(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise ValueError("it lies outside the years 1 to 9999") from None
