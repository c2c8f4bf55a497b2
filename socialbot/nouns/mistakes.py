"""What a person is told when something cannot go on: bad input, and why a draft waits for them."""

from __future__ import annotations

from dataclasses import dataclass


class Mistake(Exception):
    """Bad input, told in one sentence: what is wrong, where, and what to do."""

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.what, self.where, self.fix = what, where, fix
        sentence = f"{where}: {what}" if where else what
        super().__init__(f"{sentence} ({fix})" if fix else sentence)


class WrongConfiguration(Mistake):
    """The configuration cannot be used; the command ends with exit status 3."""


class NotYet(Mistake):
    """What is needed is not there yet, and may be there later without anybody's doing."""


class WrongUse(Mistake):
    """The command names something that does not exist; it ends with exit status 2."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why a draft or delivery waits for a person, and what that person can do."""

    reason: str
    fix: str
    approvable: bool = False
    """A person may let it through as it stands, by `socialbot approve`."""
    redraft: bool = False
    """A new draft of the same post takes its place, the post changed or not."""
