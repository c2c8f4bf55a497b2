"""What one worker may do with deliveries: claim them, write the intent before the call, and say how it went.

Decisions carry the fence of the claim; evidence ("it is out") is written by whoever learns it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from socialbot.ledger.ledger import Ledger
from socialbot.ledger.rows import Delivery, Send
from socialbot.ledger.schema import Learnt, Outcome, State, deliveries, events, limits, remote_media, sends
from socialbot.ledger.store import write_event
from socialbot.nouns import Draft, Held, freeze


class Lost(Exception):
    """The delivery is no longer ours: a person cancelled it, or another worker took it over."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The hand of one worker, named `owner`, in the ledger."""

    ledger: Ledger
    owner: str
    lease_s: float

    def claim(self, most: int, alive: Collection[str]) -> list[Delivery]:
        """Take up to `most` due deliveries, one for each account that has none in flight and is not rate limited.

        A delivery that a dead worker left running is due again; `alive` names the workers whose locks are held. In what is
        returned `due_at` is still the moment at which it was due, while the row's own is the end of the lease.
        """
        now = self.ledger.clock()
        running = deliveries.alias()
        busy = select(running.c.account).where(running.c.state == "running")
        waiting = select(limits.c.account).where(limits.c.until > now)
        ready = or_(
            and_(deliveries.c.state.in_(("queued", "unknown")), deliveries.c.account.not_in(busy)),
            and_(deliveries.c.state == "running", deliveries.c.owner.not_in(alive)),
        )
        query = (
            select(deliveries)
            .where(deliveries.c.due_at <= now, deliveries.c.account.not_in(waiting), ready)
            .order_by(deliveries.c.due_at)
            .limit(most * 8)
        )
        with self.ledger.engine.begin() as connection:
            first: dict[str, Delivery] = {}
            for row in connection.execute(query).mappings():
                first.setdefault(row["account"], Delivery.of(row))
            return [self._take(connection, one, now) for one in list(first.values())[:most]]

    def _take(self, connection: Connection, delivery: Delivery, now: datetime) -> Delivery:
        taken = replace(delivery, state="running", owner=self.owner, fence=delivery.fence + 1)
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery.id)
            .values(state=taken.state, owner=taken.owner, fence=taken.fence, due_at=self._lease_end(now), updated_at=now)
        )
        return taken

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.lease_s)

    def release(self, alive: Collection[str]) -> int:
        """Make what dead workers left running due at once; says how many."""
        now = self.ledger.clock()
        query = (
            update(deliveries)
            .where(deliveries.c.state == "running", deliveries.c.owner.not_in(alive), deliveries.c.due_at > now)
            .values(due_at=now)
        )
        with self.ledger.engine.begin() as connection:
            return connection.execute(query).rowcount

    # Sends

    def intend(self, delivery: Delivery, part: int, request: Mapping[str, Any]) -> Send:
        """Write that a call is about to be made, and renew the lease. It is on disk when this returns. Raises Lost."""
        now = self.ledger.clock()
        with self.ledger.engine.begin() as connection:
            self._insert(connection, delivery, part, request, now, outcome="open")
            write_event(connection, delivery.id, now, "sending", f"part {part + 1}")
            newest = select(sends).where(sends.c.delivery == delivery.id, sends.c.part == part, sends.c.outcome == "open")
            return Send.of(connection.execute(newest).mappings().one())

    def suspect(self, delivery: Delivery, part: int, request: Mapping[str, Any], held: Held) -> None:
        """Another ledger may have sent this part: a send that stays open until a person closes it. Raises Lost."""
        now = self.ledger.clock()
        with self.ledger.engine.begin() as connection:
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
        with self.ledger.engine.begin() as connection:
            self._insert(connection, delivery, part, request, now, remote_id=remote_id, url=url, **found)
            _count_anew(connection, delivery.id)
            write_event(connection, delivery.id, now, "published", f"{found['evidence']}{f' {url}' if url else ''}")

    def _insert(
        self, connection: Connection, delivery: Delivery, part: int, request: Mapping[str, Any], now: datetime, **values: Any
    ) -> None:
        """A row of `sends`, and the lease renewed. What was looked for and not found was another send. Raises Lost."""
        self._move(connection, delivery, "running", self._lease_end(now), finds=0)
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
        with self.ledger.engine.begin() as connection:
            query = update(sends).where(sends.c.id == send.id, sends.c.outcome == "open").values(**values)
            if connection.execute(query).rowcount:
                write_event(connection, send.delivery, now, outcome, f"{evidence}{f' {url}' if url else ''}")
                if outcome == "published":
                    _count_anew(connection, send.delivery)

    # Looking before the first send

    def begin_search(self, delivery: Delivery, why: str) -> None:
        """Write that the network must be asked before anything is sent; it holds until a send follows. Raises Lost."""
        now = self.ledger.clock()
        with self.ledger.engine.begin() as connection:
            self._move(connection, delivery, "running", self._lease_end(now))
            write_event(connection, delivery.id, now, "looking", why)

    def in_search(self, delivery: Delivery) -> bool:
        """Was a search begun that no send, and no person's answer, has followed? It may have failed, or its worker died."""
        ends = ("looking", "sending", "resolved")
        query = select(events.c.what).where(events.c.delivery == delivery.id, events.c.what.in_(ends))
        with self.ledger.reading() as connection:
            return connection.execute(query.order_by(events.c.id.desc()).limit(1)).scalar() == "looking"

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
        with self.ledger.engine.begin() as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(**values))
            connection.execute(delete(remote_media).where(remote_media.c.delivery == delivery.id))

    def queue(self, delivery: Delivery, due_at: datetime, why: str, tries: int) -> None:
        """Try again at `due_at`. Raises Lost."""
        self._settle(
            delivery,
            "queued",
            "waiting",
            f"{why} Next try {due_at:%Y-%m-%d %H:%M:%S} UTC.",
            due_at=due_at,
            error=why,
            tries=tries,
        )

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

    def redraft(self, delivery: Delivery, draft: Draft) -> Delivery:
        """Replace what is random or timed in a draft that was never sent. Raises Lost."""
        with self.ledger.engine.begin() as connection:
            self._move(connection, delivery, "running", self._lease_end(self.ledger.clock()), draft=freeze(draft))
        return replace(delivery, frozen_draft=freeze(draft))

    def limit(self, account: str, until: datetime, why: str) -> None:
        """The network wants to be left alone by this account until then; all workers see it."""
        row = insert(limits).values(account=account, until=until, why=why)
        query = row.on_conflict_do_update(
            index_elements=["account"], set_={"until": row.excluded.until, "why": row.excluded.why}
        )
        with self.ledger.engine.begin() as connection:
            connection.execute(query)

    def _settle(self, delivery: Delivery, state: State, what: str, detail: str, **values: Any) -> None:
        now = self.ledger.clock()
        with self.ledger.engine.begin() as connection:
            self._move(connection, delivery, state, values.pop("due_at", None), owner=None, **values)
            write_event(connection, delivery.id, now, what, detail)

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


@dataclass(frozen=True, slots=True)
class Uploads:
    """The remote ids of one delivery's uploads (`networks.protocol.Remember`)."""

    ledger: Ledger
    delivery: str

    def recall(self, digest: str) -> str | None:
        """The remote id of these bytes, if it is known and has not expired."""
        mine = and_(remote_media.c.delivery == self.delivery, remote_media.c.digest == digest)
        with self.ledger.reading() as connection:
            query = select(remote_media.c.remote_id).where(mine, remote_media.c.expires_at > self.ledger.clock())
            found: str | None = connection.execute(query).scalar()
            return found

    def keep(self, digest: str, remote_id: str, lasts_s: float) -> None:
        """Write a remote id down at once."""
        expires = self.ledger.clock() + timedelta(seconds=lasts_s)
        row = insert(remote_media).values(delivery=self.delivery, digest=digest, remote_id=remote_id, expires_at=expires)
        changed = {"remote_id": remote_id, "expires_at": expires}
        with self.ledger.engine.begin() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["delivery", "digest"], set_=changed))

    def forget(self, digest: str) -> None:
        """The network no longer knows this upload."""
        with self.ledger.engine.begin() as connection:
            connection.execute(
                delete(remote_media).where(remote_media.c.delivery == self.delivery, remote_media.c.digest == digest)
            )
