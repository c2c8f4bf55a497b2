"""What the ledger hands out: rows as frozen nouns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from socialbot.ledger.schema import Kind, Learnt, Outcome, State
from socialbot.nouns import Disclosure, Draft, Held, thaw


@dataclass(frozen=True)
class Delivery:
    """One post on its way to one account."""

    id: str
    post: str
    account: str
    network: str
    variant: str
    state: State
    due_at: datetime | None
    slot: datetime | None
    """Its place in the account's timetable: when it was to go; once it was sent, when that was. Retries do not move it."""
    not_before: datetime | None
    not_after: datetime | None
    urgent: bool
    pinned: bool
    """A person gave it its time; the timetable does not move it."""
    kind: Kind
    original: str | None
    """The delivery that this one changes or removes."""
    fence: int
    owner: str | None
    tries: int
    finds: int
    frozen_draft: str
    frozen_disclosure: str
    frozen_held: str | None
    error: str | None
    remote_id: str | None
    url: str | None
    created_at: datetime
    updated_at: datetime
    swept: str | None = None
    """Where its words, its history and its pictures were swept: how long its captions were, and their digests, as JSON."""

    @cached_property
    def draft(self) -> Draft:
        """What will be or was sent."""
        return thaw(Draft, self.frozen_draft)

    @cached_property
    def disclosure(self) -> Disclosure:
        """Why it was labelled so."""
        return thaw(Disclosure, self.frozen_disclosure)

    @property
    def held(self) -> Held | None:
        """Why it waits for a person."""
        return thaw(Held, self.frozen_held) if self.frozen_held else None

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Delivery:
        """A row of the table `deliveries`."""
        values: dict[str, Any] = dict(row)
        for name in ("draft", "disclosure", "held"):
            values[f"frozen_{name}"] = values.pop(name)
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Send:
    """One irreversible call: intended, and perhaps made."""

    id: int
    delivery: str
    part: int
    fence: int
    request: Mapping[str, Any]
    fingerprint: str
    started_at: datetime
    outcome: Outcome
    learnt: Learnt | None
    remote_id: str | None
    url: str | None
    evidence: str | None
    flags: Mapping[str, bool] | None = None
    """The network's own flags for AI media as it gave them back; None where it gave none."""
    due_at: datetime | None = None
    """When the call was due; a repeated one is due when its wait is over."""

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Send:
        """A row of the table `sends`."""
        values: dict[str, Any] = dict(row)
        flags = json.loads(values["flags"]) if values["flags"] else None
        return cls(**{**values, "request": json.loads(values["request"]), "flags": flags})


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a delivery's history."""

    at: datetime
    what: str
    detail: str
