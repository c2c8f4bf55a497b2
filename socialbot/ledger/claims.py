"""What one worker may do with deliveries: claim them, write the intent before the call, and say how it went.

Decisions carry the fence of the claim; evidence ("it is out") is written by whoever learns it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from socialbot.ledger import dialects, lanes
from socialbot.ledger.accepting import Planned
from socialbot.ledger.lateness import in_search, note_lateness
from socialbot.ledger.ledger import Ledger
from socialbot.ledger.pausing import PAUSED, paused_accounts
from socialbot.ledger.places import Places, forget_full
from socialbot.ledger.rows import Delivery, Send
from socialbot.ledger.schema import (
    DUE_STATES,
    Kind,
    Learnt,
    Outcome,
    State,
    accounts,
    deliveries,
    limits,
    remote_media,
    sends,
)
from socialbot.ledger.store import write_event
from socialbot.nouns import Draft, Held, freeze


def place_of(owner: str) -> str:
    """Where a worker is: those of one place, and no others, see each other's locks. It precedes the name's last dot."""
    return owner.rpartition(".")[0]


class Lost(Exception):
    """The delivery is no longer ours: a person cancelled it, or another worker took it over."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The hand of one worker, named `owner`, in the ledger."""

    ledger: Ledger
    owner: str
    lease_s: float

    def claim(self, most: int, alive: Collection[str], in_flight: Mapping[str, int] | None = None) -> list[Delivery]:
        """Take due deliveries: one for each account that has none in flight, is not rate limited and not paused; the urgent
        ones first. No network gets more than `most`, those that are `in_flight` on it counted: it can keep no other waiting.

        A delivery that a dead worker left running is due again; `alive` names the workers whose locks are held. In what is
        returned `due_at` is still the moment at which it was due, while the row's own is the end of the lease.
        """
        with self.ledger.shared.begin() as connection:
            now = self.ledger.lease_clock(connection)
            running = deliveries.alias()
            busy = select(running.c.account).where(running.c.state == "running")
            waiting = select(limits.c.account).where(limits.c.until > now)
            ready = or_(
                and_(deliveries.c.state.in_(("queued", "unknown")), deliveries.c.account.not_in(busy)),
                and_(deliveries.c.state == "running", deliveries.c.owner.not_in(self._keeping(connection, alive))),
            )
            # What may be out is looked for even while its account is paused.
            let = or_(deliveries.c.state != "queued", deliveries.c.account.not_in(paused_accounts(now)))
            flying = Counter(in_flight or {})
            full = [network for network, number in flying.items() if number >= most]
            due = and_(
                deliveries.c.due_at <= now, deliveries.c.account.not_in(waiting), deliveries.c.network.not_in(full), let, ready
            )
            query = select(deliveries).where(due).order_by(deliveries.c.due_at).limit(most * 8)
            first: dict[str, Delivery] = {}
            for each in (query.where(deliveries.c.urgent), query):
                for row in connection.execute(each).mappings():
                    first.setdefault(row["account"], Delivery.of(row))
            chosen = []
            for one in first.values():
                if flying[one.network] < most:
                    flying[one.network] += 1
                    chosen.append(one)
            return self._take(connection, chosen, due, now)

    def _take(
        self, connection: Connection, chosen: Sequence[Delivery], due: ColumnElement[bool], now: datetime
    ) -> list[Delivery]:
        """Those of the chosen that nobody else has taken meanwhile."""
        free = dialects.free_lanes(connection, {one.account for one in chosen}) if chosen else set()
        seen = [(one.id, one.fence) for one in chosen if one.account in free]
        if not seen:
            return []
        same = tuple_(deliveries.c.id, deliveries.c.fence).in_(seen)
        # Asked again: the first answer was given before the lanes were ours.
        still = select(deliveries.c.id).where(same, due).with_for_update(skip_locked=True)
        query = (
            update(deliveries)
            .where(deliveries.c.id.in_(still))
            .values(
                state="running",
                owner=self.owner,
                fence=deliveries.c.fence + 1,
                due_at=self._lease_end(now),
                updated_at=self.ledger.clock(),
            )
            .returning(deliveries.c.id)
        )
        ids = set(connection.execute(query).scalars())
        taken = [one for one in chosen if one.id in ids]
        for one in taken:
            note_lateness(connection, one, now)
        return [replace(one, state="running", owner=self.owner, fence=one.fence + 1) for one in taken]

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.lease_s)

    def _new_lease_end(self, connection: Connection) -> datetime:
        return self._lease_end(self.ledger.lease_clock(connection))

    def _keeping(self, connection: Connection, alive: Collection[str]) -> Collection[str]:
        """The workers that keep what they hold, be its lease over: on many machines only we ourselves are known to live."""
        return alive if connection.dialect.name == "sqlite" else (self.owner,)

    def release(self, alive: Collection[str], in_hand: Collection[str] | None = None, wait_s: float = 0) -> int:
        """Make due at once what workers left running that are dead for certain; says how many.

        That is who is not `alive`; on PostgreSQL only where it shared our place, since nothing is known of other machines.
        `in_hand` are the deliveries that we are at work on: what else is ours was dropped when the store could not be reached,
        and is due again after `wait_s` seconds: a full disk lets us claim what it does not let us send.
        """
        with self.ledger.reading() as connection:
            running = select(deliveries.c.id, deliveries.c.owner, deliveries.c.due_at).where(deliveries.c.state == "running")
            rows = connection.execute(running).all()
            shared = connection.dialect.name != "sqlite"
        dropped = [row.id for row in rows if row.owner == self.owner and in_hand is not None and row.id not in in_hand]
        dead = {row.owner for row in rows} - {self.owner, *alive}
        if shared:
            dead = {owner for owner in dead if place_of(owner) == place_of(self.owner)}
        if not dropped and not dead:
            return 0
        with self.ledger.shared.begin() as connection:
            now = self.ledger.lease_clock(connection)
            theirs = and_(deliveries.c.owner.in_(dead), deliveries.c.due_at > now)
            mine = and_(deliveries.c.owner == self.owner, deliveries.c.id.in_(dropped))
            left = update(deliveries).where(deliveries.c.state == "running")
            number = connection.execute(left.where(theirs).values(due_at=now)).rowcount
            # Ours goes back to the queue: we live, and nobody else may take it from us.
            due_at = now + timedelta(seconds=wait_s)
            back = {"owner": None, "due_at": due_at, "fence": deliveries.c.fence + 1, "updated_at": now}
            calling = exists().where(sends.c.delivery == deliveries.c.id, sends.c.outcome == "open")
            for state, which in (("unknown", calling), ("queued", ~calling)):
                number += connection.execute(left.where(mine, which).values(state=state, **back)).rowcount
            return number

    # Sends

    def intend(self, delivery: Delivery, part: int, request: Mapping[str, Any]) -> Send:
        """Write that a call is about to be made, and renew the lease. It is on disk when this returns. Raises Lost."""
        now = self.ledger.clock()
        with self.ledger.shared.begin() as connection:
            # Of a thread, a pause takes nothing from us while a call is made; the next call is not made.
            if not connection.execute(paused_accounts(now).where(accounts.c.name == delivery.account)).first():
                self._insert(connection, delivery, part, request, now, outcome="open", due_at=delivery.due_at)
                write_event(connection, delivery.id, now, "sending", f"part {part + 1}")
                newest = select(sends).where(sends.c.delivery == delivery.id, sends.c.part == part, sends.c.outcome == "open")
                return Send.of(connection.execute(newest).mappings().one())
            self._move(connection, delivery, "queued", now, owner=None)
            write_event(connection, delivery.id, now, "waiting", PAUSED)
        raise Lost(f"{delivery.account} is paused")

    def suspect(self, delivery: Delivery, part: int, request: Mapping[str, Any], held: Held) -> None:
        """Another ledger may have sent this part: a send that stays open until a person closes it. Raises Lost."""
        now = self.ledger.clock()
        with self.ledger.shared.begin() as connection:
            self._insert(connection, delivery, part, request, now, outcome="open")
            self._move(connection, delivery, "held", None, owner=None, held=freeze(held), error=held.reason)
            write_event(connection, delivery.id, now, "held", f"{held.reason} {held.fix}")

    def record(
        self,
        delivery: Delivery,
        part: int,
        request: Mapping[str, Any],
        remote_id: str,
        url: str | None,
        flags: Mapping[str, bool] | None = None,
    ) -> None:
        """Write down a part that was found on the network, though this ledger knows of no send. Raises Lost."""
        now = self.ledger.clock()
        found = {"outcome": "published", "learnt": "found", "evidence": "It was found on the network.", "flags": _frozen(flags)}
        with self.ledger.shared.begin() as connection:
            self._insert(connection, delivery, part, request, now, remote_id=remote_id, url=url, **found)
            _count_anew(connection, delivery.id)
            write_event(connection, delivery.id, now, "published", f"{found['evidence']}{f' {url}' if url else ''}")

    def _insert(
        self, connection: Connection, delivery: Delivery, part: int, request: Mapping[str, Any], now: datetime, **values: Any
    ) -> None:
        """A row of `sends`, and the lease renewed. What was looked for and not found was another send. Raises Lost."""
        # Its place is now where it really goes: the spacing to the next is counted from here.
        place = {"slot": now} if delivery.kind == "publish" else {}
        self._move(connection, delivery, "running", self._new_lease_end(connection), finds=0, **place)
        body = json.dumps(request, sort_keys=True, ensure_ascii=False)
        told = {
            "delivery": delivery.id,
            "part": part,
            "fence": delivery.fence,
            "request": body,
            "fingerprint": hashlib.sha256(body.encode()).hexdigest(),
            "started_at": now,
        }
        try:
            connection.execute(insert(sends).values(**told, **values))
        except IntegrityError:
            raise Lost(f"{delivery.id} has a live send already") from None

    def close(
        self,
        send: Send,
        outcome: Outcome,
        learnt: Learnt,
        evidence: str,
        remote_id: str | None = None,
        url: str | None = None,
        flags: Mapping[str, bool] | None = None,
    ) -> None:
        """How a send ended. Evidence needs no fence: whoever learns it writes it; what is closed stays closed.

        `flags`: the network's own flags for AI media, as they were read back. When it is out, the tries of the next part are
        counted anew.
        """
        now = self.ledger.clock()
        values = {"outcome": outcome, "learnt": learnt, "evidence": evidence, "remote_id": remote_id, "url": url}
        values["flags"] = _frozen(flags)
        with self.ledger.shared.begin() as connection:
            query = update(sends).where(sends.c.id == send.id, sends.c.outcome == "open").values(**values)
            if connection.execute(query).rowcount:
                write_event(connection, send.delivery, now, outcome, f"{evidence}{f' {url}' if url else ''}")
                if outcome == "published":
                    _count_anew(connection, send.delivery)

    # Looking before the first send

    def in_search(self, delivery: Delivery) -> bool:
        """Must the network be asked before anything is sent? A delivery that is claimed late is marked so by the claim."""
        with self.ledger.reading() as connection:
            return in_search(connection, delivery.id)

    def renew(self, delivery: Delivery) -> None:
        """The lease begins anew. Raises Lost."""
        with self.ledger.shared.begin() as connection:
            self._move(connection, delivery, "running", self._new_lease_end(connection))

    # The delivery's next state

    def publish(self, delivery: Delivery, remote_id: str, url: str | None, warnings: Collection[str] = ()) -> None:
        """Every part is out. No fence: this is evidence, not a decision."""
        now = self.ledger.clock()
        values = {
            "state": "published",
            "due_at": None,
            "owner": None,
            "held": None,
            "error": "; ".join(warnings) or None,
            "remote_id": remote_id,
            "url": url,
            "fence": deliveries.c.fence + 1,
            "updated_at": now,
        }
        with self.ledger.shared.begin() as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(**values))
            connection.execute(delete(remote_media).where(remote_media.c.delivery == delivery.id))
            if lanes.end_troubles(connection, delivery.account):
                write_event(connection, delivery.id, now, "recovered", "Its account's network answers again.")
            if delivery.original:
                self._note_change(connection, delivery.original, delivery.kind, now)

    def note(self, delivery: Delivery, what: str, detail: str) -> None:
        """Tell a person something about a delivery, whatever its state."""
        now = self.ledger.clock()
        with self.ledger.shared.begin() as connection:
            told = {"error": detail, "updated_at": now}
            connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(**told))
            write_event(connection, delivery.id, now, what, detail)

    def _note_change(self, connection: Connection, original: str, kind: Kind, now: datetime) -> None:
        """What an edit or a deletion that went through means for the delivery that it changed."""
        if kind == "delete":
            gone = {"state": "deleted", "updated_at": now}
            connection.execute(update(deliveries).where(deliveries.c.id == original).values(**gone))
        write_event(connection, original, now, "deleted" if kind == "delete" else "edited", "the network has taken it")

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
            self._move(connection, delivery, "running", self._new_lease_end(connection), draft=freeze(draft))
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

    def _move(self, connection: Connection, delivery: Delivery, state: State, due_at: datetime | None, **values: Any) -> None:
        query = (
            update(deliveries)
            .where(deliveries.c.id == delivery.id, deliveries.c.fence == delivery.fence, deliveries.c.state == "running")
            .values(state=state, due_at=due_at, updated_at=self.ledger.clock(), **values)
        )
        if connection.execute(query).rowcount != 1:
            raise Lost(f"{delivery.id} is no longer ours")


def _frozen(flags: Mapping[str, bool] | None) -> str | None:
    return json.dumps(dict(flags), sort_keys=True) if flags else None


def _count_anew(connection: Connection, delivery: str) -> None:
    connection.execute(update(deliveries).where(deliveries.c.id == delivery).values(tries=0))
