"""What happens to a delivery that is out: it is edited or removed, by deliveries of their own kind."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, func, insert, select, update

from socialbot.ledger.accepting import WITHDRAWN, Accepted, Planned, delivery_id
from socialbot.ledger.looking import Looking
from socialbot.ledger.rows import Delivery
from socialbot.ledger.schema import OUT_IN_PART, Kind, State, deliveries, sends
from socialbot.ledger.store import write_event
from socialbot.nouns import Draft, Mistake, freeze

_OVER: tuple[State, ...] = ("cancelled", "failed")
_WAITING: tuple[State, ...] = ("held", "queued", "missed")


class Changing(Looking):
    """Edits and deletions: each is a delivery that names its original, with the same lanes, sends and tries."""

    def changes(self, original: str) -> list[Delivery]:
        """The edits and deletions of a delivery, in the order in which they were asked for."""
        with self.reading() as connection:
            return changes_of(connection, original)

    def said(self, original: Delivery) -> Draft:
        """What a delivery says by now: what its latest edit that went through made of it, else its own draft."""
        done = [one for one in self.changes(original.id) if one.kind == "edit" and one.state == "published"]
        return done[-1].draft if done else original.draft

    def change(self, original: Delivery, kind: Kind, planned: Planned) -> Accepted:
        """Write down that what is out shall be edited or removed; the same again changes nothing. Raises Mistake.

        An edit that still waits gives way to a newer one, and every edit to a deletion; the deletion of what answers it does
        so when it stays. What is out in part, the rest of which will not be sent, can be removed and not edited.
        """
        now, draft = self.clock(), planned.draft
        with self.engine.begin() as connection:
            state = connection.execute(select(deliveries.c.state).where(deliveries.c.id == original.id)).scalar_one()
            if state != "published" and not (kind == "delete" and state in OUT_IN_PART):
                raise Mistake(f"{original.id} is {state}", fix="only what is published can be changed")
            there = changes_of(connection, original.id)
            before = [one for one in there if one.state not in _OVER]
            alike = [one for one in before if one.kind == kind]
            alike = alike if kind == "reply" else alike[-1:]  # an edit may go back to what an earlier one said
            known = next((one for one in alike if one.draft.parts == draft.parts), None)
            for waiting in (one for one in before if one.state in _WAITING and one != known):
                _give_way(connection, waiting, now)
            if kind != "delete":
                _keep_answers(connection, before, now)
            if known:
                return Accepted(known.id, known.account, "known", known.state, known.due_at)
            mine = (deliveries.c.post == original.post) & (deliveries.c.account == original.account)
            count = select(func.count()).where(mine, deliveries.c.kind == kind)
            variant = f"{kind}-{connection.execute(count).scalar_one() + 1}"
            name = delivery_id(original.id, original.account, variant)
            settled: State = "held" if draft.held else "queued"
            due_at = None if draft.held else planned.due_at
            connection.execute(
                insert(deliveries).values(
                    id=name,
                    post=original.post,
                    account=original.account,
                    network=original.network,
                    variant=variant,
                    kind=kind,
                    original=original.id,
                    state=settled,
                    due_at=due_at,
                    urgent=planned.urgent,
                    fence=0,
                    tries=0,
                    finds=0,
                    draft=freeze(draft),
                    disclosure=freeze(planned.disclosure),
                    held=freeze(draft.held) if draft.held else None,
                    # Later than those before it, however the clock was turned.
                    created_at=max(now, there[-1].created_at + timedelta(microseconds=1)) if there else now,
                    updated_at=now,
                )
            )
            write_event(connection, name, now, "accepted", f"{kind} of {original.id}")
            return Accepted(name, original.account, "new", settled, due_at)

    def give_way(self, original: Delivery) -> bool:
        """What is out is to stay as it is: changes that still wait are cancelled. Is one under way that cannot be?"""
        now = self.clock()
        with self.engine.begin() as connection:
            there = changes_of(connection, original.id)
            for waiting in (one for one in there if one.state in _WAITING):
                _give_way(connection, waiting, now)
            _keep_answers(connection, there, now)
        return any(one.state in ("running", "unknown") for one in there)

    def supersede(self, change: Delivery) -> bool:
        """Cancel a change in a worker's hand where a newer one was asked for, or what it removes is being sent again: the
        older must not have the last word.
        """
        now = self.clock()
        with self.engine.begin() as connection:
            there = changes_of(connection, change.original or "")
            place = next((number for number, one in enumerate(there) if one.id == change.id), len(there))
            original = select(deliveries.c.state).where(deliveries.c.id == change.original)
            stays = connection.execute(original).scalar_one() not in ("published", "deleted", *OUT_IN_PART)
            if all(one.state in _OVER for one in there[place + 1 :]) and not stays:
                return False
            _give_way(connection, change, now)  # only while it is ours
        return True

    def withdraw(self, delivery: Delivery, why: str) -> None:
        """A cancelled delivery may be drafted anew once its post is on the site again."""
        now = self.clock()
        mine = (deliveries.c.id == delivery.id) & (deliveries.c.state == "cancelled")
        with self.engine.begin() as connection:
            if connection.execute(update(deliveries).where(mine).values(error=f"{WITHDRAWN}{why}", updated_at=now)).rowcount:
                write_event(connection, delivery.id, now, "withdrawn", why)


def changes_of(connection: Connection, original: str) -> list[Delivery]:
    """What edits, answers or removes a delivery, in the order in which it was asked for."""
    query = select(deliveries).where(deliveries.c.original == original).order_by(deliveries.c.created_at, deliveries.c.variant)
    return [Delivery.of(row) for row in connection.execute(query).mappings()]


def _keep_answers(connection: Connection, there: Collection[Delivery], now: datetime) -> None:
    """What is out stays, and so does what answers it: where that was to be removed, it is no more."""
    for reply in (one for one in there if one.kind == "reply"):
        for waiting in (one for one in changes_of(connection, reply.id) if one.state in _WAITING):
            _give_way(connection, waiting, now)


def _give_way(connection: Connection, waiting: Delivery, now: datetime) -> None:
    values = {"state": "cancelled", "due_at": None, "held": None, "owner": None, "fence": waiting.fence + 1, "updated_at": now}
    same = (deliveries.c.id == waiting.id) & (deliveries.c.fence == waiting.fence) & (deliveries.c.state == waiting.state)
    if waiting.kind == "reply":  # of what may be out a person decides; an edit or a removal may be made again
        same &= ~exists().where(sends.c.delivery == waiting.id, sends.c.outcome == "open")
    if connection.execute(update(deliveries).where(same).values(**values)).rowcount:
        write_event(connection, waiting.id, now, "cancelled", "a newer change takes its place")
