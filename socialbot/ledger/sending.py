"""What a worker writes round the irreversible call: the intent before it, and how it ended, synced before anything follows.

Decisions carry the fence of the claim; evidence ("it is out") is written by whoever learns it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from socialbot.ledger import lanes
from socialbot.ledger.hand import Hand, Lost
from socialbot.ledger.lateness import in_search
from socialbot.ledger.pausing import PAUSED, paused_accounts
from socialbot.ledger.rows import Delivery, Send
from socialbot.ledger.schema import (
    LIVE_OUTCOMES,
    OUT_IN_PART,
    Kind,
    Learnt,
    Moment,
    Outcome,
    accounts,
    deliveries,
    remote_media,
    sends,
)
from socialbot.ledger.store import write_event
from socialbot.nouns import Held, Room, freeze

_THIS = deliveries.c.id == bindparam("the_id")
_IS_PAUSED = paused_accounts(bindparam("now", type_=Moment())).where(accounts.c.name == bindparam("account"))
_SENDS_OF = select(sends).where(sends.c.delivery.in_(bindparam("the_ids", expanding=True))).order_by(sends.c.id)
_INSERT = insert(sends)
_CLOSE = update(sends).where(sends.c.id == bindparam("the_send"), sends.c.outcome == "open")
_other = sends.alias()
_REOPEN = update(sends).where(
    sends.c.id == bindparam("the_send"),
    sends.c.outcome == "not_sent",
    ~exists().where(_other.c.delivery == sends.c.delivery, _other.c.part == sends.c.part, _other.c.outcome.in_(LIVE_OUTCOMES)),
)
"""It was looked for too early, or a person erred: unless it was sent again meanwhile, the network's own word counts."""
_OUTCOME = select(sends.c.outcome).where(sends.c.id == bindparam("the_send"))
_COUNT_ANEW = update(deliveries).where(_THIS).values(tries=0)
_CHANGE = update(deliveries).where(_THIS)
_REMOVE = _CHANGE.where(deliveries.c.state.in_(("published", *OUT_IN_PART)))
_PUBLISH = _CHANGE.values(fence=deliveries.c.fence + 1)
_FORGET_UPLOADS = delete(remote_media).where(remote_media.c.delivery == bindparam("the_id"))


@dataclass(frozen=True, slots=True)
class Trail:
    """What the calls of a delivery have come to, when it was claimed."""

    sends: tuple[Send, ...]
    in_search: bool
    """Must the network be asked before anything is sent? A delivery that is claimed late is marked so by the claim."""

    @property
    def open(self) -> Send | None:
        """The one whose outcome is not known."""
        return next((send for send in self.sends if send.outcome == "open"), None)

    @property
    def out(self) -> list[Send]:
        """Those of the parts that are out, in order."""
        return sorted((send for send in self.sends if send.outcome == "published"), key=lambda send: send.part)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a send ended. `flags`: the network's own flags for AI media, as they were read back. `rooms`: what it told of its
    quotas, by kind, where that is worth writing down.
    """

    send: Send
    outcome: Outcome
    learnt: Learnt
    evidence: str
    remote_id: str | None = None
    url: str | None = None
    flags: Mapping[str, bool] | None = None
    rooms: Mapping[str, Room] = field(default_factory=dict)


class Sending(Hand):
    """The calls of deliveries in a worker's hand."""

    __slots__ = ()

    def trail(self, name: str) -> Trail:
        """What is known of a delivery's calls, by its id."""
        return self.trails([name])[name]

    def trails(self, names: Collection[str]) -> dict[str, Trail]:
        """The same of several."""
        known: dict[str, list[Send]] = {name: [] for name in names}
        with self.ledger.reading() as connection:
            for row in connection.execute(_SENDS_OF, {"the_ids": list(names)}).mappings():
                known[row["delivery"]].append(Send.of(row))
            searched = in_search(connection, *names)
        return {name: Trail(tuple(made), name in searched) for name, made in known.items()}

    def intend(self, delivery: Delivery, part: int, request: Mapping[str, Any], within: Connection | None = None) -> Send:
        """Write that a call is about to be made, and renew the lease. Raises Lost.

        It is on disk when this returns; or, `within` a transaction, when that is committed.
        """
        now = self.ledger.clock()
        with self._writing(within) as connection:
            # Of a thread, a pause takes nothing from us while a call is made; the next call is not made.
            if not connection.execute(_IS_PAUSED, {"now": now, "account": delivery.account}).first():
                send = self._insert(connection, delivery, part, request, now, outcome="open", due_at=delivery.due_at)
                write_event(connection, delivery.id, now, "sending", f"part {part + 1}")
                return send
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
            connection.execute(_COUNT_ANEW, {"the_id": delivery.id})
            write_event(connection, delivery.id, now, "published", f"{found['evidence']}{f' {url}' if url else ''}")

    def _insert(
        self, connection: Connection, delivery: Delivery, part: int, request: Mapping[str, Any], now: datetime, **values: Any
    ) -> Send:
        """A row of `sends`, and the lease renewed. What was looked for and not found was another send. Raises Lost."""
        # Its place is now where it really goes: the spacing to the next is counted from here.
        place: dict[str, Any] = {"slot": now} if delivery.kind == "publish" else {}
        self._renew(connection, delivery, finds=0, **place)
        body = json.dumps(request, sort_keys=True, ensure_ascii=False)
        unknown = dict.fromkeys(("learnt", "remote_id", "url", "evidence", "flags", "due_at"))
        told: dict[str, Any] = {
            **unknown,
            "delivery": delivery.id,
            "part": part,
            "fence": delivery.fence,
            "request": body,
            "fingerprint": hashlib.sha256(body.encode()).hexdigest(),
            "started_at": now,
            **values,
        }
        try:
            inserted = connection.execute(_INSERT, told).inserted_primary_key
        except IntegrityError:
            raise Lost(f"{delivery.id} has a live send already") from None
        assert inserted
        return Send.of({"id": inserted.id, **told})

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
        """How a send ended (see `end`)."""
        self.end(Ending(send, outcome, learnt, evidence, remote_id, url, flags))

    def end(self, ending: Ending, within: Connection | None = None) -> None:
        """How a send ended. Evidence needs no fence: whoever learns it writes it; what is closed stays closed, unless the
        network's word that it is out comes after all and it was not sent again.

        When it is out, the tries of the next part are counted anew.
        """
        with self._writing(within) as connection:
            if self._close(connection, ending) and ending.outcome == "published":
                connection.execute(_COUNT_ANEW, {"the_id": ending.send.delivery})

    def _close(self, connection: Connection, ending: Ending) -> bool:
        told = {
            "the_send": ending.send.id,
            "outcome": ending.outcome,
            "learnt": ending.learnt,
            "evidence": ending.evidence,
            "remote_id": ending.remote_id,
            "url": ending.url,
            "flags": _frozen(ending.flags),
        }
        closed = connection.execute(_CLOSE, told).rowcount
        if not closed and (ending.outcome != "published" or not connection.execute(_REOPEN, told).rowcount):
            return False
        if ending.rooms:
            lanes.note_rooms(connection, ending.send.delivery, ending.rooms)
        detail = f"{ending.evidence}{f' {ending.url}' if ending.url else ''}"
        write_event(connection, ending.send.delivery, self.ledger.clock(), ending.outcome, detail)
        return True

    def publish(
        self,
        delivery: Delivery,
        remote_id: str,
        url: str | None,
        warnings: Collection[str] = (),
        last: Ending | None = None,
        within: Connection | None = None,
    ) -> None:
        """Every part is out; `last`: how the last one's send ended, written in the same breath. No fence: this is evidence,
        not a decision. Raises Lost when that send was closed meanwhile, and not as published.
        """
        now = self.ledger.clock()
        values = {
            "the_id": delivery.id,
            "state": "published",
            "due_at": None,
            "owner": None,
            "held": None,
            "error": "; ".join(warnings) or None,
            "remote_id": remote_id,
            "url": url,
            "tries": 0,
            "updated_at": now,
        }
        with self._writing(within) as connection:
            if last and not self._close(connection, last):
                known = connection.execute(_OUTCOME, {"the_send": last.send.id}).scalar()
                if known != "published":
                    raise Lost(f"{delivery.id} is no longer ours: its send was closed as {known}")
            connection.execute(_PUBLISH, values)
            connection.execute(_FORGET_UPLOADS, {"the_id": delivery.id})
            if lanes.end_troubles(connection, delivery.account):
                write_event(connection, delivery.id, now, "recovered", "Its account's network answers again.")
            if delivery.original:
                self._note_change(connection, delivery.original, delivery.kind, now)

    def note(self, delivery: Delivery, what: str, detail: str) -> None:
        """Tell a person something about a delivery, whatever its state."""
        now = self.ledger.clock()
        with self.ledger.shared.begin() as connection:
            connection.execute(_CHANGE, {"the_id": delivery.id, "error": detail, "updated_at": now})
            write_event(connection, delivery.id, now, what, detail)

    def _note_change(self, connection: Connection, original: str, kind: Kind, now: datetime) -> None:
        """What an edit or a deletion that went through means for the delivery that it changed."""
        if kind == "delete":
            connection.execute(_REMOVE, {"the_id": original, "state": "deleted", "updated_at": now})
        write_event(connection, original, now, "deleted" if kind == "delete" else "edited", "the network has taken it")


def _frozen(flags: Mapping[str, bool] | None) -> str | None:
    return json.dumps(dict(flags), sort_keys=True) if flags else None
