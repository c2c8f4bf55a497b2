"""How much more a network takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Room:
    """How much of one of its quotas a network said is left, when it told an account so."""

    left: int
    most: int | None
    """Of how many; None where only what is left was told."""
    resets_at: datetime | None
    """When all of it is there again; None where that was not told, or there is no one moment for it."""
    told_at: datetime

    def is_known(self, now: datetime) -> bool:
        """Is it still so? What was told without an end is believed for a day."""
        return now < (self.resets_at or self.told_at + _LASTS)
