"""How the commands say things: one console, one way to write a time, a size, a held draft."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from socialbot.nouns import Caption, Unit


def console() -> Console:
    """Standard output. Words of posts are never read as markup."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """A value as JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A plain table with a head."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Nobody reads a pipe in a window: its lines need not be folded.
    width = None if sys.stdout.isatty() else 240
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=width).print(table)


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """A time on a person's wall clock."""
    return f"{at.astimezone(zone):%a %d %b %Y %H:%M %Z}" if at else "–"


def length(caption: Caption) -> str:
    """How long a caption is, as its network counts."""
    return f"{caption.used} of {caption.limit} {unit_name(caption.unit)}"


def unit_name(unit: Unit) -> str:
    """What a network counts, in a person's words."""
    from socialbot.captions import UNIT_NAMES

    return UNIT_NAMES[unit]


def size(count: int) -> str:
    """A number of bytes for a person."""
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
