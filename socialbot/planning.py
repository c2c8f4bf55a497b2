"""Gives drafts their due times: the next free place in their account's timetable, or the time that a person asks for."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from socialbot import networks, timetable
from socialbot.ledger import OVERDUE, Clock, Delivery, Ledger, Places, Planned
from socialbot.nouns import Disclosure, Draft, Mistake, Post
from socialbot.settings import Settings
from socialbot.timetable import Place, Timetable, next_place

Release = Callable[[Delivery, Places], Planned | None]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans one batch at one moment. `at` and `now`, a person's word, set the timetable aside; a post's date holds."""

    settings: Settings
    moment: datetime
    at: datetime | None
    now: bool
    chance: random.Random
    urgent: bool = False

    def plan(self, post: Post, draft: Draft, disclosure: Disclosure, places: Places) -> Planned:
        """When the draft goes, and with it what is random or timed in its request (`ledger.Plan`)."""
        earliest = max(filter(None, (self.moment, post.published, post.not_before)))
        urgent = self.urgent or post.urgent
        # A draft that is held takes no place: it gets one when it is let through.
        held_until = max(earliest, self.at or earliest)
        due_at = held_until if draft.held else self._time(draft.account, earliest, post.not_after, urgent, places)
        network, sent_at = networks.load(draft.network), due_at or earliest
        # What was sent before brings its keys.
        fixed = network.freshen(draft.fixed, sent_at) if draft.fixed else network.fix(sent_at, self.chance)
        return Planned(
            replace(draft, fixed=fixed),
            disclosure,
            due_at or earliest,
            due_at,
            due_at if self.at else earliest if earliest > self.moment else None,
            post.not_after,
            urgent or self.now,
            self._by_hand,
            None if due_at else _too_late(post.not_after, self.moment),
        )

    def again(self, delivery: Delivery, places: Places) -> Planned:
        """A delivery's own draft, at a new time, but never before the post's date or the time that was asked for.

        Raises Mistake when that is too late, unless it shall go now.
        """
        earliest = max(self.moment, delivery.not_before or self.moment)
        not_after = delivery.not_after
        if self.now and not_after and not_after < earliest:
            not_after = None  # a person knows that it is late
        due_at = self._time(delivery.account, earliest, not_after, delivery.urgent, places)
        if due_at is None:
            raise Mistake(f"{delivery.id}: {_too_late(not_after, self.moment)}", fix="--now sends it all the same")
        slot = due_at if delivery.kind == "publish" else None  # a change is no post of its own
        urgent = delivery.urgent or self.now
        return replace(self._at(delivery, due_at), slot=slot, not_after=not_after, urgent=urgent, pinned=self._by_hand)

    def move(self, delivery: Delivery, post: Post, at: datetime) -> Planned:
        """A delivery's own draft at another time, by a person's word, within its post's window. Raises Mistake."""
        earliest = max(filter(None, (post.published, post.not_before)), default=at)
        if at < earliest:
            raise Mistake(f"{delivery.id} may not go before its date, {earliest:%Y-%m-%d %H:%M} UTC", fix="change the post")
        if delivery.not_after and at > delivery.not_after:
            raise Mistake(f"{delivery.id} is to go by {delivery.not_after:%Y-%m-%d %H:%M} UTC", fix="change the post")
        return replace(self._at(delivery, at), not_before=at, pinned=True)

    def release(self, delivery: Delivery, places: Places) -> Planned | None:
        """A new place for a delivery that is due but may not go at this moment; None when it may."""
        table = self.table(delivery.account)
        if delivery.urgent:
            due_at = self._time(delivery.account, self.moment, delivery.not_after, True, places)
            return None if due_at == self.moment else self._at(delivery, due_at) if due_at else self._missed(delivery)
        late = delivery.due_at is not None and self.moment - delivery.due_at > OVERDUE
        if not late and (soon := self._soon(delivery, table, places)):
            # What went before it went a little late, and so does this: it keeps its place.
            return None if soon == self.moment else replace(self._at(delivery, soon), slot=delivery.slot)
        place = self._place(delivery.account, table, self.moment, delivery.not_after, places)
        if place is None:
            return self._missed(delivery)
        return None if place.start <= self.moment else self._at(delivery, self._take(delivery.account, place, places))

    def _soon(self, delivery: Delivery, table: Timetable, places: Places) -> datetime | None:
        """When it may go, if that is now or soon."""
        latest = self.moment + OVERDUE
        place = max(delivery.slot or self.moment, self.moment - OVERDUE)
        latest = min(latest, delivery.not_after) if delivery.not_after else latest
        return timetable.first_free(table, self.moment, latest, partial(places.between, delivery.account), place)

    def _missed(self, delivery: Delivery) -> Planned:
        return replace(self._at(delivery, self.moment), missed=_too_late(delivery.not_after, self.moment))

    def table(self, account: str) -> Timetable:
        """The timetable of an account."""
        return Timetable.of(self.settings.account(account), self.settings.zone(account))

    @property
    def _by_hand(self) -> bool:
        return self.now or self.at is not None

    def _at(self, delivery: Delivery, due_at: datetime) -> Planned:
        fixed = networks.load(delivery.network).freshen(delivery.draft.fixed, due_at)
        draft = replace(delivery.draft, fixed=fixed)
        window = (delivery.not_before, delivery.not_after)
        planned = Planned(draft, delivery.disclosure, due_at, due_at, *window, delivery.urgent, delivery.pinned)
        return replace(planned, fence=delivery.fence)

    def _time(
        self, account: str, earliest: datetime, not_after: datetime | None, urgent: bool, places: Places
    ) -> datetime | None:
        """When it is due; None when that would be too late."""
        table = self.table(account)
        if self._by_hand:
            due_at = max(self.at or earliest, earliest)
        elif urgent:
            silent = table.quiet if not self.settings.account(account).urgent_in_quiet_hours else None
            due_at = timetable.quiet_end(silent, table.zone, earliest) if silent else earliest
        else:
            place = self._place(account, table, earliest, not_after, places)
            return self._take(account, place, places) if place else None
        places.take(account, due_at)
        return None if not_after and due_at > not_after else due_at

    def _take(self, account: str, place: Place, places: Places) -> datetime:
        moment = place.pick(self.chance)
        places.take(account, moment)
        return moment

    def _place(
        self, account: str, table: Timetable, earliest: datetime, not_after: datetime | None, places: Places
    ) -> Place | None:
        """The next free place. Where the account is known to be full for long, the search begins behind that."""
        rules = hashlib.sha256(repr(table).encode()).hexdigest() if table.counts else ""
        full_until = places.full_until(account, rules) if table.counts else None
        start = max(earliest, full_until or earliest)
        place = next_place(table, start, partial(places.between, account), not_after)
        if place and table.counts and earliest <= max(self.moment, full_until or self.moment):
            places.note_full(account, rules, place.start)
        return place


def _too_late(not_after: datetime | None, moment: datetime) -> str:
    if not_after is None or not_after >= moment:
        ends = f"before {not_after:%Y-%m-%d %H:%M} UTC, when it would be too late" if not_after else "at all"
        return f"The account's timetable has no free place {ends}."
    return f"It was to go by {not_after:%Y-%m-%d %H:%M} UTC, which has passed."


def releases(settings: Settings, clock: Clock, chance: random.Random) -> Callable[[Delivery], Release | None]:
    """What gives a due delivery another place when its account's timetable does not let it go; None where there is none."""

    def release_of(delivery: Delivery) -> Release | None:
        planner = Planner(settings, clock(), None, False, chance)
        return None if planner.table(delivery.account).is_free else planner.release

    return release_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an account's agenda: a delivery with its post's title, or a free slot."""

    at: datetime
    delivery: Delivery | None = None
    title: str = ""


def agenda(settings: Settings, ledger: Ledger, account: str, until: datetime) -> list[Entry]:
    """What an account sends until then, the overdue first, and the free slots that the next posts would get."""
    planner = Planner(settings, ledger.clock(), None, False, random.Random(0))  # noqa: S311 - nothing is drawn
    table, entries = planner.table(account), []
    for delivery, title in ledger.waiting(account, until):
        at = delivery.due_at if delivery.state != "running" else delivery.slot
        entries.append(Entry(at or planner.moment, delivery, title))
    with ledger.reading() as connection:
        places, start = Places(connection), planner.moment
        while table.slots and (place := next_place(table, start, partial(places.between, account), until)):
            places.take(account, place.start)
            entries.append(Entry(place.start))
            start = place.start
    return sorted(entries, key=lambda entry: entry.at)
