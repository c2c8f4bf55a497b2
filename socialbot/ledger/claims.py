"""What one worker may do with deliveries: claim them, write the intent before the call, say how it went and what follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from socialbot.ledger import lanes
from socialbot.ledger.accepting import Planned
from socialbot.ledger.claiming import Claiming
from socialbot.ledger.places import Places, forget_full
from socialbot.ledger.rows import Delivery
from socialbot.ledger.schema import DUE_STATES, State
from socialbot.ledger.sending import Sending
from socialbot.ledger.store import write_event
from socialbot.nouns import Draft, Held, freeze


class Claims(Claiming, Sending):
    """All that one worker, named `owner`, does in the ledger; and here, what becomes of a delivery that is in its hand."""

    __slots__ = ()

    def renew(self, delivery: Delivery) -> None:
        """The lease begins anew. Raises Lost."""
        with self.ledger.shared.begin() as connection:
            self._renew(connection, delivery)

    def queue(self, delivery: Delivery, due_at: datetime, why: str, tries: int) -> None:
        """Try again at `due_at`. Raises Lost."""
        detail = f"{why} Next try {due_at:%Y-%m-%d %H:%M:%S} UTC."
        self._settle(delivery, "queued", "waiting", detail, due_at=due_at, error=why, tries=tries)

    def doubt(self, delivery: Delivery, look_at: datetime, why: str, finds: int) -> None:
        """The outcome is unknown; look again at `look_at`. Raises Lost."""
        detail = f"{why} Next look {look_at:%Y-%m-%d %H:%M:%S} UTC."
        self._settle(delivery, "unknown", "unknown", detail, due_at=look_at, error=why, finds=finds)

    def fail(self, delivery: Delivery, why: str) -> None:
        """The network refused it for good. Raises Lost."""
        self._settle(delivery, "failed", "failed", why, error=why)

    def hold(self, delivery: Delivery, held: Held) -> None:
        """Ask a person. Raises Lost."""
        self._settle(delivery, "held", "held", f"{held.reason} {held.fix}", held=freeze(held), error=held.reason)

    def miss(self, delivery: Delivery, why: str) -> None:
        """Its time has passed; it is not sent. Raises Lost."""
        self._settle(delivery, "missed", "missed", why, error=why)

    def retime(self, delivery: Delivery, plan: Callable[[Delivery, Places], Planned | None]) -> bool:
        """Give a delivery that may not go now another place, or miss it; False when it may go. Raises Lost."""
        now = self.ledger.clock()
        with self.ledger.shared.begin() as connection:
            planned = plan(delivery, Places(connection, without=delivery.id, since=now))
            if planned is None:
                return False
            if planned.missed:
                self._move(connection, delivery, "missed", None, owner=None, error=planned.missed)
                write_event(connection, delivery.id, now, "missed", planned.missed)
                return True
            draft = freeze(planned.draft)
            self._move(connection, delivery, "queued", planned.due_at, owner=None, slot=planned.slot, draft=draft)
            detail = f"The account's timetable lets it go at {planned.due_at:%Y-%m-%d %H:%M:%S} UTC."
            write_event(connection, delivery.id, now, "retimed", detail)
            return True

    def trouble(self, delivery: Delivery, why: str, rest_s: Callable[[int], float]) -> datetime | None:
        """Count a failure of the account's network, and close the account's lane when there were enough in a row.

        `rest_s`: seconds to rest after so many; 0: go on. Returns the moment until which the lane is closed by this.
        """
        now = self.ledger.clock()
        with self.ledger.shared.begin() as connection:
            number = lanes.count_trouble(connection, delivery.account)
            if not (seconds := rest_s(number)):
                return None
            until = now + timedelta(seconds=seconds)
            told = f"{lanes.RESTS} until {until:%Y-%m-%d %H:%M:%S} UTC after {number} failures in a row, the last: {why}"
            lanes.close_lane(connection, delivery.account, until, told)
            write_event(connection, delivery.id, now, "resting", told)
            return until

    def redraft(self, delivery: Delivery, draft: Draft) -> Delivery:
        """Replace what is random or timed in a draft that was never sent. Raises Lost."""
        with self.ledger.shared.begin() as connection:
            self._renew(connection, delivery, draft=freeze(draft))
        return replace(delivery, frozen_draft=freeze(draft))

    def limit(self, account: str, until: datetime, why: str) -> None:
        """The network wants to be left alone by this account until then; all workers see it."""
        with self.ledger.shared.begin() as connection:
            lanes.close_lane(connection, account, until, why)

    def _settle(self, delivery: Delivery, state: State, what: str, detail: str, **values: Any) -> None:
        now = self.ledger.clock()
        with self.ledger.shared.begin() as connection:
            self._move(connection, delivery, state, values.pop("due_at", None), owner=None, **values)
            write_event(connection, delivery.id, now, what, detail)
            if delivery.slot and state not in DUE_STATES:
                forget_full(connection, delivery.account)
            if state == "failed":  # a refusal is an answer
                lanes.end_troubles(connection, delivery.account)
