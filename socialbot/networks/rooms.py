"""What a network's answers tell of how much more it takes of an account, whatever it calls that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from socialbot.nouns import Room

QUIET_S, LONGEST_SILENCE_S = 60, 900
"""What changed is worth writing down after the first where it is much, after the second where it is little; in seconds."""
MUCH = 0.1
"""This share of the whole quota."""
_BELIEVED = timedelta(days=400)
"""A quota that resets later than this does not say so in a way that we understand."""

_QUOTAS: Mapping[str, tuple[str, ...]] = {
    # Bluesky; Mastodon, Discord, Pinterest; X
    "calls": ("RateLimit", "X-RateLimit", "X-Rate-Limit"),
    # X: docs.x.com/x-api/fundamentals/rate-limits
    "user_day": ("X-User-Limit-24hour",),
    "app_day": ("X-App-Limit-24hour",),
}
"""Kind of quota → how the names of its headers begin: -Limit, -Remaining and -Reset."""
_TELLS = re.compile(rb"limit|usage", re.IGNORECASE)
_PERCENT = re.compile(r'"(?:call_count|total_time|total_cputime)"\s*:\s*(\d{1,6})')
_MINUTES = re.compile(r'"estimated_time_to_regain_access"\s*:\s*(\d{1,6})')
_LEFT, _AFTER, _QUOTA = (re.compile(rf";\s*{letter}=(\d{{1,15}})") for letter in "rtq")


class Rooms:
    """What one account's network told, by kind of quota, and what of that is worth writing down."""

    def __init__(self) -> None:
        self.told: dict[str, Room] = {}
        self._noted: dict[str, Room] = {}
        self._noted_at: datetime | None = None

    def hear(self, told: Mapping[str, Room]) -> None:
        """What the network tells now goes before what it told."""
        self.told |= told

    def news(self, now: datetime) -> Mapping[str, Room]:
        """All that is told, where much of it changed since it was last asked for, or long ago a little; else nothing."""
        since_s = (now - self._noted_at).total_seconds() if self._noted_at else LONGEST_SILENCE_S
        if not any(_differs(room, self._noted.get(kind), since_s, now) for kind, room in self.told.items()):
            return {}
        self._noted, self._noted_at = dict(self.told), now
        return self._noted


def _differs(room: Room, noted: Room | None, since_s: float, now: datetime) -> bool:
    if noted is None or (room.left == 0 and noted.left):
        return True
    if since_s < QUIET_S or room == noted:
        return False
    is_much = abs(room.left - noted.left) >= (room.most or 1) * MUCH
    return is_much or room.most != noted.most or not noted.is_known(now) or since_s >= LONGEST_SILENCE_S


def told_by(headers: httpx.Headers, now: datetime) -> dict[str, Room]:
    """The quotas that the headers of an answer tell, by kind. What cannot be read is left out."""
    if not any(_TELLS.search(name) for name, _ in headers.raw):  # most answers; looking for each name takes five times as long
        return {}
    told = {kind: room for kind, names in _QUOTAS.items() for name in names if (room := _of_three(headers, name, now))}
    if (room := _of_one(headers, now)) and "calls" not in told:
        told["calls"] = room
    if (used := used_percent(headers)) is not None:
        minutes = regained_after(headers)
        resets_at = now + timedelta(minutes=minutes) if minutes else None
        told["usage_percent"] = Room(max(0, 100 - used), 100, resets_at, now)
    return told


def _of_three(headers: httpx.Headers, name: str, now: datetime) -> Room | None:
    """As most do it: three headers, one number each."""
    left = _number(headers.get(f"{name}-Remaining"))
    if left is None:
        return None
    after = headers.get(f"{name}-Reset-After") or headers.get(f"{name}-Reset")
    return Room(left, _number(headers.get(f"{name}-Limit")), _believed(after, now), now)


def _of_one(headers: httpx.Headers, now: datetime) -> Room | None:
    """RateLimit: "default";r=50;t=30, and RateLimit-Policy: "default";q=100;w=60
    (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4).
    """
    told = headers.get("RateLimit", "")
    if not (left := _LEFT.search(told)):
        return None
    after, most = _AFTER.search(told), _QUOTA.search(headers.get("RateLimit-Policy", ""))
    return Room(int(left[1]), int(most[1]) if most else None, _believed(after[1], now) if after else None, now)


def used_percent(headers: httpx.Headers) -> int | None:
    """How much of what an app and an account may call is used up, in percent; None where that is not told.

    X-App-Usage and X-Business-Use-Case-Usage (developers.facebook.com/docs/graph-api/overview/rate-limiting, 2026-08).
    """
    told = headers.get("X-App-Usage", "") + headers.get("X-Business-Use-Case-Usage", "")
    return max((int(percent) for percent in _PERCENT.findall(told)), default=None)


def regained_after(headers: httpx.Headers) -> int:
    """The minutes until Meta takes calls again, in the JSON of the same page; 0 where it takes them now, or tells nothing."""
    return max(map(int, _MINUTES.findall(headers.get("X-Business-Use-Case-Usage", ""))), default=0)


def moment(text: str, now: datetime) -> datetime | None:
    """A moment told as seconds from now, epoch seconds or milliseconds, ISO 8601 or HTTP date; None where it is none."""
    with suppress(ValueError, OverflowError, OSError):
        number = float(text)
        if number >= 1e11:  # milliseconds
            number /= 1000
        return now + timedelta(seconds=number) if number < 1e9 else datetime.fromtimestamp(number, UTC)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, OverflowError):
            found = read(text)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def _believed(text: str | None, now: datetime) -> datetime | None:
    """A reset that can be true. Discord's and Reddit's seconds have a fraction."""
    at = moment(text, now) if text else None
    return at if at and abs(at - now) < _BELIEVED else None


def _number(text: str | None) -> int | None:
    with suppress(TypeError, ValueError, OverflowError):
        return max(0, int(float(text or "")))
    return None
