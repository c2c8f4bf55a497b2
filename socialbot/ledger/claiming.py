"""Which due deliveries a worker takes into its hand, and what it lets go of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, exists, literal_column, or_, select, tuple_, update

from socialbot.ledger import dialects
from socialbot.ledger.hand import Hand
from socialbot.ledger.lateness import note_lateness
from socialbot.ledger.pausing import paused_accounts
from socialbot.ledger.rows import Delivery
from socialbot.ledger.schema import Moment, deliveries, limits, sends

_NOW = bindparam("now", type_=Moment())
_RUNS: ColumnElement[str] = literal_column("'running'")
"""A literal, by which the databases know the index of what is running; else they look through all there is."""
_running = deliveries.alias()
_DUE = and_(
    deliveries.c.due_at <= _NOW,
    deliveries.c.account.not_in(select(limits.c.account).where(limits.c.until > _NOW)),
    deliveries.c.network.not_in(bindparam("full", expanding=True)),
    deliveries.c.account.not_in(bindparam("there", expanding=True)),
    # What may be out is looked for even while its account is paused.
    or_(deliveries.c.state != "queued", deliveries.c.account.not_in(paused_accounts(_NOW))),
    or_(
        and_(
            deliveries.c.state.in_(("queued", "unknown")),
            ~exists().where(_running.c.account == deliveries.c.account, _running.c.state == _RUNS),
        ),
        and_(deliveries.c.state == "running", deliveries.c.owner.not_in(bindparam("keeping", expanding=True))),
    ),
)
"""It may be taken now."""
_SOONEST = (
    select(deliveries.c.id, deliveries.c.account, deliveries.c.network, deliveries.c.due_at, deliveries.c.fence)
    .where(_DUE)
    .order_by(deliveries.c.due_at)
    .limit(bindparam("most"))
)
_URGENT = _SOONEST.where(literal_column("deliveries.urgent"))  # as its index has it: on SQLite the column becomes "urgent = 1"
_TAKE = (
    update(deliveries)
    .where(
        deliveries.c.id.in_(
            # Asked again: the first answer was given before the lanes were ours.
            select(deliveries.c.id)
            .where(tuple_(deliveries.c.id, deliveries.c.fence).in_(bindparam("seen", expanding=True)), _DUE)
            .with_for_update(skip_locked=True)
        )
    )
    .values(state="running", fence=deliveries.c.fence + 1)
    .returning(deliveries)
)
_RUNNING = select(deliveries.c.id, deliveries.c.owner).where(
    deliveries.c.state == _RUNS,
    deliveries.c.account > "",  # every one is; else SQLite, with the figures of ANALYZE, takes no index
)


class _Candidate(NamedTuple):
    """A delivery that may be taken, as it was seen."""

    id: str
    account: str
    network: str
    due_at: datetime
    fence: int


def place_of(owner: str) -> str:
    """Where a worker is: those of one place, and no others, see each other's locks. It precedes the name's last dot."""
    return owner.rpartition(".")[0]


class Claiming(Hand):
    """What comes into a worker's hand."""

    __slots__ = ()

    def claim(
        self,
        most: int,
        alive: Collection[str],
        in_flight: Mapping[str, int] | None = None,
        hosts: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Delivery]:
        """Take due deliveries: one for each account that has none in flight, is not rate limited and not paused; the urgent
        ones first. No host gets more than `most`, those that are `in_flight` on it counted: it can keep no other waiting.

        `hosts` names the hosts of accounts whose network has several; every other network is a host of its own.

        A delivery that a dead worker left running is due again; `alive` names the workers whose locks are held. In what is
        returned `due_at` is still the moment at which it was due, while the row's own is the end of the lease.
        """
        flying, taken = Counter(in_flight or {}), list[Delivery]()
        while True:
            seen_all, now, chosen = self._choose(most, alive, flying, hosts)
            took = self._take(chosen, alive, now) if chosen else []
            taken += took
            if seen_all or not took:
                return taken
            flying.update(hosts.get(one.account, one.network) for one in took)

    def _choose(
        self, most: int, alive: Collection[str], flying: Mapping[str, int], hosts: Mapping[str, str]
    ) -> tuple[bool, datetime, Sequence[_Candidate]]:
        """What may be taken, as far as was seen: were there more than are looked at in one go? Nobody is kept waiting."""
        full = [host for host, number in flying.items() if number >= most]
        there = [account for account, host in hosts.items() if host in full]
        with self.ledger.reading() as connection:
            now = self.ledger.lease_clock(connection)
            asked = {"now": now, "full": full, "there": there, "keeping": self._keeping(alive), "most": most * 8}
            urgent = connection.execute(_URGENT, asked).all()
            soonest = connection.execute(_SOONEST, asked).all()
        first: dict[str, _Candidate] = {}
        for row in (*urgent, *soonest):
            first.setdefault(row.account, _Candidate(*row))
        room = Counter(flying)
        chosen = []
        for one in first.values():
            host = hosts.get(one.account, one.network)
            if room[host] < most:
                room[host] += 1
                chosen.append(one)
        return len(soonest) < most * 8, now, chosen

    def _take(self, chosen: Sequence[_Candidate], alive: Collection[str], now: datetime) -> list[Delivery]:
        """Those of the chosen that nobody else has taken meanwhile."""
        with self.ledger.shared.begin() as connection:
            free = dialects.free_lanes(connection, {one.account for one in chosen})
            seen = [(one.id, one.fence) for one in chosen if one.account in free]
            if not seen:
                return []
            values: dict[str, Any] = {"owner": self.owner, "due_at": self._lease_end(now), "updated_at": self.ledger.clock()}
            asked = {"now": now, "full": (), "there": (), "keeping": self._keeping(alive), "seen": seen}
            rows = {row["id"]: row for row in connection.execute(_TAKE, values | asked).mappings()}
            taken = [replace(Delivery.of(rows[one.id]), due_at=one.due_at) for one in chosen if one.id in rows]
            for delivery in taken:
                note_lateness(connection, delivery, now)
        return taken

    def _keeping(self, alive: Collection[str]) -> Collection[str]:
        """The workers that keep what they hold, be its lease over: on many machines only we ourselves are known to live."""
        return list(alive) if self.ledger.engine.dialect.name == "sqlite" else [self.owner]

    def release(self, alive: Collection[str], in_hand: Collection[str] | None = None, wait_s: float = 0) -> int:
        """Make due at once what workers left running that are dead for certain; says how many.

        That is who is not `alive`; on PostgreSQL only where it shared our place, since nothing is known of other machines.
        `in_hand` are the deliveries that we are at work on: what else is ours was dropped when the store could not be reached,
        and is due again after `wait_s` seconds: a full disk lets us claim what it does not let us send.
        """
        with self.ledger.reading() as connection:
            rows = connection.execute(_RUNNING).all()
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
