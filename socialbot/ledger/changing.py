"""What happens to a delivery that is out: it is edited or removed, by deliveries of their own kind."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from socialbot.ledger.accepting import Accepted, Planned, delivery_id
from socialbot.ledger.looking import Looking
from socialbot.ledger.rows import Delivery
from socialbot.ledger.schema import Kind, State, deliveries
from socialbot.ledger.store import write_event
from socialbot.nouns import Draft, Mistake, freeze


class Changing(Looking):
    """Edits and deletions: each is a delivery that names its original, with the same lanes, sends and tries."""

    def changes(self, original: str) -> list[Delivery]:
        """The edits and deletions of a delivery, in the order in which they were asked for."""
        with self.reading() as connection:
            return _changes(connection, original)

    def said(self, original: Delivery) -> Draft:
        """What a delivery says by now: what its latest edit that went through made of it, else its own draft."""
        done = [one for one in self.changes(original.id) if one.kind == "edit" and one.state == "published"]
        return done[-1].draft if done else original.draft

    def change(self, original: Delivery, kind: Kind, planned: Planned) -> Accepted:
        """Write down that what is out shall be edited or removed; the same again changes nothing. Raises Mistake.

        An edit that still waits gives way to a newer one, and every edit to a deletion.
        """
        now, draft = self.clock(), planned.draft
        with self.engine.begin() as connection:
            state = connection.execute(select(deliveries.c.state).where(deliveries.c.id == original.id)).scalar_one()
            if state != "published":
                raise Mistake(f"{original.id} is {state}", fix="only what is published can be changed")
            before = [one for one in _changes(connection, original.id) if one.state not in ("cancelled", "failed")]
            last = before[-1] if before else None
            if last and (last.kind, last.draft.parts) == (kind, draft.parts):
                return Accepted(last.id, last.account, "known", last.state, last.due_at)
            for waiting in (one for one in before if one.state in ("held", "queued", "missed")):
                _give_way(connection, waiting, now)
            number = sum(one.kind == kind for one in _changes(connection, original.id)) + 1
            variant = f"{kind}-{number}"
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
                    created_at=now,
                    updated_at=now,
                )
            )
            write_event(connection, name, now, "accepted", f"{kind} of {original.id}")
            return Accepted(name, original.account, "new", settled, due_at)


def _changes(connection: Connection, original: str) -> list[Delivery]:
    query = select(deliveries).where(deliveries.c.original == original).order_by(deliveries.c.created_at, deliveries.c.variant)
    return [Delivery.of(row) for row in connection.execute(query).mappings()]


def _give_way(connection: Connection, waiting: Delivery, now: datetime) -> None:
    values = {"state": "cancelled", "due_at": None, "held": None, "fence": waiting.fence + 1, "updated_at": now}
    same = (deliveries.c.id == waiting.id) & (deliveries.c.state == waiting.state)
    if connection.execute(update(deliveries).where(same).values(**values)).rowcount:
        write_event(connection, waiting.id, now, "cancelled", "a newer change takes its place")
