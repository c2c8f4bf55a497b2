"""When a post may go, as its front matter says."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from socialbot.nouns import Mistake
from socialbot.reading.front_matter import split
from socialbot.reading.window import Window, read_window


def window(front: str) -> Window:
    return read_window(split(f"---\ntitle: Fog\n{front}\n---\nWords.", "fog.md")[0], "fog.md", ZoneInfo("Europe/London"))


def test_hugos_dates_are_a_window() -> None:
    found = window("date: 2026-06-01\npublishDate: 2026-06-02\nexpiryDate: 2026-07-01T12:00")
    assert found == Window(datetime(2026, 6, 1, 23, tzinfo=UTC), None, datetime(2026, 7, 1, 11, tzinfo=UTC), False)


def test_a_post_may_have_another_window_for_networks_than_on_the_site() -> None:
    found = window("expires: 2026-07-01\nsocial: {not_before: 2026-06-03, not_after: 2026-06-05}")
    assert found.not_before == datetime(2026, 6, 2, 23, tzinfo=UTC)
    assert found.not_after == datetime(2026, 6, 4, 23, tzinfo=UTC), "the earlier end counts"


@pytest.mark.parametrize(
    ("front", "urgent"),
    [
        ("social: {urgent: true}", True),
        ("priority: urgent", True),
        ("social: {urgent: false}", False),
        ("priority: 0.5", False),
        ("", False),
    ],
)
def test_a_post_may_be_urgent(front: str, urgent: bool) -> None:
    assert window(front).urgent is urgent


@pytest.mark.parametrize("front", ["expiryDate: soon", "social: {not_before: 1/2/2026}", "social: {urgent: very}"])
def test_what_cannot_be_read_for_certain_is_refused_with_its_line(front: str) -> None:
    with pytest.raises(Mistake, match=r"fog\.md, line 3"):
        window(front)
