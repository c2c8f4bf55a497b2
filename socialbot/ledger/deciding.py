"""What a person decides: cancel, approve, retry, move, and what became of a send that nobody knows of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, exists, false, func, or_, select, update

from socialbot.ledger.accepting import Planned
from socialbot.ledger.lateness import note_lateness
from socialbot.ledger.looking import Looking
from socialbot.ledger.places import forget_full
from socialbot.ledger.rows import Delivery, Send
from socialbot.ledger.schema import State, deliveries, sends
from socialbot.ledger.store import write_event
from socialbot.nouns import Mistake, freeze


class Deciding(Looking):
    """A person's word, which takes a delivery out of every worker's hand."""

    def cancel(self, name: str) -> Delivery:
        """Make sure that nothing more of a delivery is sent. Raises Mistake when it is all out, or one part may be.

        Of a thread that is out in part, the rest is cancelled; what is out stays.
        """
        return self._decide(name, ("held", "queued", "running"), "cancelled", "cancelled by hand")

    def approve(self, name: str, planned: Planned) -> Delivery:
        """Let a held delivery through as drafted. Raises Mistake when it is not one that a person may let through."""
        delivery = self.delivery(name)
        held = delivery.draft.held if delivery.state == "cancelled" else delivery.held
        if not held or not held.approvable:
            raise Mistake(
                f"{name} does not wait for approval" + (f": {held.reason}" if held else ""),
                fix=held.fix if held else f"socialbot show {name}",
            )
        approved = replace(planned, draft=replace(planned.draft, held=None))
        return self._decide(name, ("held", "cancelled"), "queued", "approved by hand", approved)

    def retry(self, name: str, planned: Planned) -> Delivery:
        """Queue a failed, cancelled or given-up delivery again. Raises Mistake when it may be out, or needs a new draft."""
        delivery = self.delivery(name)
        if delivery.draft.held:  # it was never let through; to cancel it first does not change that
            raise Mistake(f"{name} is held: {delivery.draft.held.reason}", fix=delivery.draft.held.fix)
        return self._decide(name, ("failed", "cancelled", "held", "missed"), "queued", "tried again by hand", planned)

    def move(self, name: str, planned: Planned) -> Delivery:
        """Give a waiting delivery another time. Raises Mistake when it does not wait, or one part of it may be out."""
        moved = f"moved by hand to {planned.due_at:%Y-%m-%d %H:%M:%S} UTC"
        return self._decide(name, ("queued", "running"), "queued", moved, planned, "moved")

    def swap(self, one: tuple[str, Planned], other: tuple[str, Planned]) -> tuple[Delivery, Delivery]:
        """Two waiting deliveries take each other's time, both or neither. Raises Mistake as `move` does."""
        with self.engine.begin() as connection:
            for (name, planned), (with_name, _) in ((one, other), (other, one)):
                detail = f"swapped by hand with {with_name}, now due {planned.due_at:%Y-%m-%d %H:%M:%S} UTC"
                self._apply(connection, self.delivery(name), ("queued", "running"), "queued", detail, planned, "moved")
        return self.delivery(one[0]), self.delivery(other[0])

    def resolve(self, name: str, url: str | None, planned: Planned) -> Delivery:
        """A person looked: the doubtful send is out at `url`, or (None) it is not and may be sent again. Raises Mistake.

        What is still to be sent, of a thread, goes on as `planned`. As long as that has not gone well (the next part could not
        answer the one at `url`), the person may answer again.
        """
        delivery = self.delivery(name)
        if delivery.state in ("running", "unknown"):
            raise Mistake(
                f"{name} is {delivery.state}: socialbot is still finding out", fix=f"wait, then: socialbot show {name}"
            )
        _refuse_swept(delivery)
        now = self.clock()
        closed = {"outcome": "published" if url else "not_sent", "learnt": "person", "url": url, "remote_id": url}
        doubtful = _doubtful(delivery, self.sends(delivery.id))
        others = [send for send in self.sends(delivery.id) if send.outcome == "published" and send != doubtful]
        decided: dict[str, object] = {"state": "published", "due_at": None, "remote_id": url, "url": url}
        if len(others) + bool(url) < len(delivery.draft.parts):
            decided = {"state": "queued", "tries": 0, "finds": 0, **_as_planned(planned)}
        elif others:  # a thread is known by its first post
            first = min(others, key=lambda send: send.part)
            decided |= {"remote_id": first.remote_id, "url": first.url}
        with self.engine.begin() as connection:
            # What it was when we read it: an answer of the network that came meanwhile stands.
            same = (sends.c.id == doubtful.id) & (sends.c.outcome == doubtful.outcome) if doubtful else false()
            if not connection.execute(update(sends).where(same).values(**closed)).rowcount:
                raise Mistake(f"nothing about {name} is in doubt", fix=f"socialbot show {name}")
            connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(**_freed(now), **decided))
            answer = f"a person found it at {url}" if url else "a person found that it is not out"
            write_event(connection, delivery.id, now, "resolved", answer)
        return self.delivery(delivery.id)

    def _decide(
        self,
        name: str,
        states: tuple[State, ...],
        to: State,
        detail: str,
        planned: Planned | None = None,
        what: str | None = None,
    ) -> Delivery:
        delivery = self.delivery(name)
        with self.engine.begin() as connection:
            self._apply(connection, delivery, states, to, detail, planned, what or to)
        return self.delivery(delivery.id)

    def _apply(
        self,
        connection: Connection,
        delivery: Delivery,
        states: tuple[State, ...],
        to: State,
        detail: str,
        planned: Planned | None,
        what: str,
    ) -> None:
        name, now = delivery.id, self.clock()
        if planned:
            _refuse_swept(delivery)
        mine = sends.c.delivery == delivery.id
        out = select(func.count()).where(mine, sends.c.outcome == "published").scalar_subquery()
        # What is out in part can be left there, or go on from there; only what may be out forbids either.
        is_open = exists().where(mine & (sends.c.outcome == "open"))
        forbidden = or_(is_open, out >= len(delivery.draft.parts)) if to == "cancelled" else is_open
        decided: dict[str, object] = {"state": to, "due_at": None, "slot": None, "tries": 0, "finds": 0}
        if planned:
            decided |= _as_planned(planned)
        query = update(deliveries).where(deliveries.c.id == delivery.id, deliveries.c.state.in_(states), ~forbidden)
        # A person decides about what they saw; only to cancel it is right whatever it has become.
        fence = delivery.fence if planned is None or planned.fence is None else planned.fence
        if planned:
            query = query.where(deliveries.c.fence == fence)
        if connection.execute(query.values(**_freed(now), **decided)).rowcount == 1:
            many = connection.execute(select(out)).scalar()
            told = f"{detail}; out already: {many} of {len(delivery.draft.parts)} posts" if many else detail
            note_lateness(connection, delivery, now)
            write_event(connection, delivery.id, now, what, told)
            if delivery.slot:
                forget_full(connection, delivery.account)
        elif delivery.state not in (*states, "unknown"):
            raise Mistake(f"{name} is {delivery.state}", fix=f"only what is {' or '.join(states)} can be {what}")
        elif planned and connection.execute(select(deliveries.c.fence).where(deliveries.c.id == name)).scalar_one() != fence:
            raise Mistake(f"{name} changed meanwhile", fix=f"look again: socialbot show {name}")
        else:
            fix = f"socialbot show {name} tells what is known, and what to do"
            raise Mistake(f"{name} may be out already", fix=fix)


def _refuse_swept(delivery: Delivery) -> None:
    if delivery.swept:
        what = f"{delivery.id} ended longer ago than store.keep_days says, and has no words any more"
        raise Mistake(what, fix="socialbot enqueue POST --again")


def _doubtful(delivery: Delivery, known: Sequence[Send]) -> Send | None:
    """The send that a person may answer for: the open one; or, where their answer led nowhere, the one they answered for."""
    last = max((send for send in known if send.outcome == "published"), key=lambda send: send.part, default=None)
    if last and (last.learnt != "person" or delivery.state not in ("held", "failed")):
        last = None
    return next((send for send in known if send.outcome == "open"), last)


def _as_planned(planned: Planned) -> dict[str, object]:
    return {
        "due_at": planned.due_at,
        "slot": planned.slot,
        "not_before": planned.not_before,
        "not_after": planned.not_after,
        "urgent": planned.urgent,
        "pinned": planned.pinned,
        "draft": freeze(planned.draft),
    }


def _freed(now: datetime) -> dict[str, object]:
    """A person's decision takes a delivery out of every worker's hand."""
    return {"held": None, "error": None, "owner": None, "fence": deliveries.c.fence + 1, "updated_at": now}
