"""Containers of the fakes of Instagram and Threads: made, waited for, published once, gone after a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from socialbot.testing.fakes.server import SeenPicture

LIFE = timedelta(hours=24)


@dataclass(slots=True)
class Container:
    """What is prepared. `polls`: so many questions are answered IN_PROGRESS; `error`: why it will never be ready."""

    id: str
    fields: Mapping[str, str]
    made: datetime
    pictures: tuple[SeenPicture, ...] = ()
    polls: int = 0
    error: str = ""
    media: str | None = None
    """The id of what came of it."""

    def state(self, now: datetime) -> str:
        """Where it stands, without counting as a question."""
        if self.media:
            return "PUBLISHED"
        if now - self.made >= LIFE:
            return "EXPIRED"
        if self.polls > 0:
            return "IN_PROGRESS"
        return "ERROR" if self.error else "FINISHED"


@dataclass(slots=True)
class Shelf:
    """All containers of one account. `slow`: how many polls a new one takes; `spoils`: reasons for the next ones to fail."""

    clock: Callable[[], datetime]
    slow: int = 0
    spoils: list[str] = field(default_factory=list)
    held: dict[str, Container] = field(default_factory=dict)

    def put(self, number: str, fields: Mapping[str, str], pictures: tuple[SeenPicture, ...] = (), error: str = "") -> Container:
        """A new container."""
        why = error or (self.spoils.pop(0) if self.spoils else "")
        self.held[number] = Container(number, dict(fields), self.clock(), pictures, self.slow, why)
        return self.held[number]

    def asked(self, container: Container) -> str:
        """The answer to the question where it stands: each brings it nearer."""
        state = container.state(self.clock())
        container.polls = max(container.polls - 1, 0)
        return state

    def is_ready(self, number: str) -> bool:
        """May it be used?"""
        return number in self.held and self.held[number].state(self.clock()) == "FINISHED"
