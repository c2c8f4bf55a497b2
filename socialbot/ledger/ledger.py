"""The ledger: the single record of what was accepted, what is due, what was sent, and what a person decided."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, exists, false, func, insert, or_, select, update

from socialbot.ledger.opening import open_engine
from socialbot.ledger.rows import Delivery, Event, Send
from socialbot.ledger.schema import DUE_STATES, LIVE_OUTCOMES, State, deliveries, events, posts, scans, sends
from socialbot.nouns import Disclosure, Draft, Held, Mistake, Post, WrongUse, freeze, thaw

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Planned:
    """A draft with its place in time: `due_at`, the slot it takes if it takes one, and the moment it must not go before."""

    draft: Draft
    disclosure: Disclosure
    due_at: datetime
    slot: datetime | None = None
    not_before: datetime | None = None


Taken = Callable[[str], set[datetime]]
"""Which slots of an account are taken."""
Plan = Callable[[Post, Draft, Disclosure, Taken], Planned]
"""Gives a draft its due time."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What `accept` did for one account."""

    delivery: str
    account: str
    outcome: str
    """"new", "redrafted" or "known"."""
    state: State
    due_at: datetime | None


def delivery_id(post: str, account: str, variant: str = "feed") -> str:
    """The one name of a post's delivery to an account, whichever way it comes in."""
    return hashlib.sha256(f"{post}\n{account}\n{variant}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Known:
    """A post as it was accepted before, under the same id or with the same text."""

    id: str
    content_hash: str
    frozen: str

    def differs(self, post: Post) -> bool:
        """Does the author say anything else now? Where its file lies, and which pictures could be had, is no difference."""
        if post.content_hash != self.content_hash:
            return True
        return post.id == self.id and _word(post) != _word(thaw(Post, self.frozen))


def _word(post: Post) -> Post:
    pictures = tuple(replace(picture, file=None, missing=None) for picture in post.pictures)
    return replace(post, source="", content_hash="", warnings=(), pictures=pictures)


def may_redraft(delivery: Delivery, *, changed: bool) -> bool:
    """A draft that waits may be replaced: when the post has changed, or when only a new draft can free it."""
    held = delivery.held
    if delivery.state in ("queued", "failed"):
        return changed
    if held is None:
        return False
    return held.redraft or (held == delivery.draft.held and (changed or not held.approvable))


class Ledger:
    """The store as the rest of the program asks it. Every method is one transaction; times come from `clock`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine, self.clock = engine, clock

    @classmethod
    def open(cls, url: str, home: Path, clock: Clock) -> Ledger:
        """Open and migrate the store. Raises Mistake."""
        return cls(open_engine(url, home), clock)

    def reading(self) -> Connection:
        """A connection that only reads and keeps no writer waiting."""
        return self.engine.connect().execution_options(reading=True)

    # Accepting

    def known(self, post: Post) -> Known | None:
        """This post, or the same text from elsewhere, as it was accepted before."""
        with self.reading() as connection:
            return _known(connection, post)

    def accept(self, post: Post, drafted: Sequence[tuple[Draft, Disclosure]], plan: Plan) -> list[Accepted]:
        """Write a post with its deliveries. What is known stays as it is; it is on disk when this returns."""
        with self.engine.begin() as connection:
            return self._accept(connection, post, drafted, plan)

    def accept_all(self, items: Iterable[tuple[Post, Sequence[tuple[Draft, Disclosure]]]], plan: Plan) -> list[list[Accepted]]:
        """`accept` for many posts in one transaction: all of them, or none."""
        with self.engine.begin() as connection:
            return [self._accept(connection, post, drafted, plan) for post, drafted in items]

    def _accept(
        self, connection: Connection, post: Post, drafted: Sequence[tuple[Draft, Disclosure]], plan: Plan
    ) -> list[Accepted]:
        now = self.clock()
        known = _known(connection, post)
        post_id, changed = (known.id, known.differs(post)) if known else (post.id, False)
        row = {"source": post.source, "url": post.url, "title": post.title, "frozen": freeze(post)}
        if known is None:
            connection.execute(insert(posts).values(id=post_id, content_hash=post.content_hash, received_at=now, **row))
        done = []
        for draft, disclosure in drafted:
            before = _delivery(connection, delivery_id(post_id, draft.account))
            if before and (not may_redraft(before, changed=changed) or _has_live_send(connection, before.id)):
                done.append(Accepted(before.id, before.account, "known", before.state, before.due_at))
                continue
            if before and before.due_at:  # it keeps its place, and its keys
                kept = replace(draft, fixed=before.draft.fixed)
                planned = Planned(kept, disclosure, before.due_at, before.slot, before.not_before)
            else:
                planned = plan(post, draft, disclosure, lambda account: _taken(connection, account, now))
            done.append(self._write(connection, post_id, planned, before, now))
        if known and any(one.outcome == "redrafted" for one in done):
            # Another post may have the same words by now; the first keeps them as its mark.
            twin = exists().where(posts.c.content_hash == post.content_hash, posts.c.id != post_id)
            if not connection.execute(select(twin)).scalar():
                row["content_hash"] = post.content_hash
            connection.execute(update(posts).where(posts.c.id == post_id).values(**row))
        return done

    def _write(
        self, connection: Connection, post_id: str, planned: Planned, before: Delivery | None, now: datetime
    ) -> Accepted:
        draft = planned.draft
        state: State = "held" if draft.held else "queued"
        due_at = None if draft.held else planned.due_at
        values = {
            "state": state,
            "due_at": due_at,
            "slot": planned.slot if due_at else None,
            "not_before": planned.not_before,
            "draft": freeze(draft),
            "disclosure": freeze(planned.disclosure),
            "held": freeze(draft.held) if draft.held else None,
            "updated_at": now,
        }
        name = delivery_id(post_id, draft.account)
        if before:
            connection.execute(update(deliveries).where(deliveries.c.id == name).values(fence=before.fence + 1, **values))
        else:
            connection.execute(
                insert(deliveries).values(
                    id=name,
                    post=post_id,
                    account=draft.account,
                    network=draft.network,
                    variant="feed",
                    fence=0,
                    tries=0,
                    finds=0,
                    created_at=now,
                    **values,
                )
            )
        outcome = "redrafted" if before else "new"
        write_event(connection, name, now, "accepted" if outcome == "new" else outcome, _when(draft.held, due_at))
        return Accepted(name, draft.account, outcome, state, due_at)

    def mark_seen(self, seen: Sequence[Post]) -> None:
        """Write posts down without any delivery: an old site's archive, which is not to be sent."""
        self.accept_all([(post, ()) for post in seen], _no_plan)

    def first_scan(self, folder: str) -> bool:
        """Is this the first time that this folder is read?"""
        with self.reading() as connection:
            return not connection.execute(select(exists().where(scans.c.folder == folder))).scalar()

    def note_scan(self, folder: str) -> None:
        """The folder has been read once."""
        with self.engine.begin() as connection:
            if not connection.execute(select(exists().where(scans.c.folder == folder))).scalar():
                connection.execute(insert(scans).values(folder=folder, first_at=self.clock()))

    # Looking

    def delivery(self, name: str) -> Delivery:
        """The delivery whose id begins with `name`. Raises Mistake when there is none, or more than one."""
        with self.reading() as connection:
            query = select(deliveries).where(deliveries.c.id.startswith(name, autoescape=True)).limit(2)
            found = connection.execute(query).mappings().all()
        if len(found) != 1 or not name:
            what = f'no delivery has the id "{name}"' if not found else f'"{name}" begins the id of several deliveries'
            raise WrongUse(what, fix="socialbot queue lists them")
        return Delivery.of(found[0])

    def deliveries(self, state: State | None = None, account: str | None = None, post: str | None = None) -> list[Delivery]:
        """Deliveries, the soonest due first, then the latest changed."""
        query = select(deliveries).order_by(deliveries.c.due_at.is_(None), deliveries.c.due_at, deliveries.c.updated_at.desc())
        for column, value in ((deliveries.c.state, state), (deliveries.c.account, account), (deliveries.c.post, post)):
            if value is not None:
                query = query.where(column == value)
        with self.reading() as connection:
            return [Delivery.of(row) for row in connection.execute(query).mappings()]

    def post(self, post_id: str) -> Post:
        """A post as it was accepted."""
        with self.reading() as connection:
            return thaw(Post, connection.execute(select(posts.c.frozen).where(posts.c.id == post_id)).scalar_one())

    def taken_slots(self, account: str) -> set[datetime]:
        """The slots of an account that are spoken for."""
        with self.reading() as connection:
            return _taken(connection, account, self.clock())

    def titles(self) -> dict[str, str]:
        """Post id → title, of every post."""
        with self.reading() as connection:
            return {row.id: row.title for row in connection.execute(select(posts.c.id, posts.c.title))}

    def sends(self, delivery: str) -> list[Send]:
        """The irreversible calls of a delivery, in order."""
        with self.reading() as connection:
            query = select(sends).where(sends.c.delivery == delivery).order_by(sends.c.id)
            return [Send.of(row) for row in connection.execute(query).mappings()]

    def history(self, delivery: str) -> list[Event]:
        """What happened to a delivery, in order."""
        with self.reading() as connection:
            query = select(events).where(events.c.delivery == delivery).order_by(events.c.id)
            return [Event(row.at, row.what, row.detail) for row in connection.execute(query)]

    def counts(self) -> Mapping[str, int]:
        """How many deliveries are in each state."""
        with self.reading() as connection:
            query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
            return {row.state: row[1] for row in connection.execute(query)}

    def next_due(self) -> datetime | None:
        """The moment at which the next delivery is due."""
        with self.reading() as connection:
            due: datetime | None = connection.execute(select(func.min(deliveries.c.due_at))).scalar()
            return due

    # A person decides

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
        return self._decide(name, ("failed", "cancelled", "held"), "queued", "tried again by hand", planned)

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
        now = self.clock()
        closed = {"outcome": "published" if url else "not_sent", "learnt": "person", "url": url, "remote_id": url}
        doubtful = _doubtful(delivery, self.sends(delivery.id))
        others = [send for send in self.sends(delivery.id) if send.outcome == "published" and send != doubtful]
        decided: dict[str, object] = {"state": "published", "due_at": None, "remote_id": url, "url": url}
        if len(others) + bool(url) < len(delivery.draft.parts):
            decided = {"state": "queued", "due_at": planned.due_at, "draft": freeze(planned.draft), "tries": 0, "finds": 0}
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

    def _decide(self, name: str, states: tuple[State, ...], to: State, detail: str, planned: Planned | None = None) -> Delivery:
        delivery = self.delivery(name)
        now = self.clock()
        mine = sends.c.delivery == delivery.id
        out = select(func.count()).where(mine, sends.c.outcome == "published").scalar_subquery()
        # What is out in part can be left there, or go on from there; only what may be out forbids either.
        is_open = exists().where(mine & (sends.c.outcome == "open"))
        forbidden = or_(is_open, out >= len(delivery.draft.parts)) if to == "cancelled" else is_open
        decided: dict[str, object] = {"state": to, "due_at": None, "slot": None, "tries": 0, "finds": 0}
        if planned:
            decided |= {"due_at": planned.due_at, "slot": planned.slot, "draft": freeze(planned.draft)}
        query = update(deliveries).where(deliveries.c.id == delivery.id, deliveries.c.state.in_(states), ~forbidden)
        with self.engine.begin() as connection:
            if connection.execute(query.values(**_freed(now), **decided)).rowcount == 1:
                many = connection.execute(select(out)).scalar()
                told = f"{detail}; out already: {many} of {len(delivery.draft.parts)} posts" if many else detail
                write_event(connection, delivery.id, now, to, told)
            elif delivery.state in (*states, "unknown"):
                fix = f"socialbot show {name} tells what is known, and what to do"
                raise Mistake(f"{name} may be out already", fix=fix)
            else:
                raise Mistake(f"{name} is {delivery.state}", fix=f"only what is {' or '.join(states)} can be {to}")
        return self.delivery(delivery.id)


def _doubtful(delivery: Delivery, known: Sequence[Send]) -> Send | None:
    """The send that a person may answer for: the open one; or, where their answer led nowhere, the one they answered for."""
    last = max((send for send in known if send.outcome == "published"), key=lambda send: send.part, default=None)
    if last and (last.learnt != "person" or delivery.state not in ("held", "failed")):
        last = None
    return next((send for send in known if send.outcome == "open"), last)


def _freed(now: datetime) -> dict[str, object]:
    """A person's decision takes a delivery out of every worker's hand."""
    return {"held": None, "error": None, "owner": None, "fence": deliveries.c.fence + 1, "updated_at": now}


def write_event(connection: Connection, delivery: str, at: datetime, what: str, detail: str) -> None:
    """One line of history, in the transaction that makes it true."""
    connection.execute(insert(events).values(delivery=delivery, at=at, what=what, detail=detail))


def _known(connection: Connection, post: Post) -> Known | None:
    query = select(posts.c.id, posts.c.content_hash, posts.c.frozen).where(
        or_(posts.c.id == post.id, posts.c.content_hash == post.content_hash)
    )
    row = connection.execute(query.order_by((posts.c.id == post.id).desc())).first()
    return Known(row.id, row.content_hash, row.frozen) if row else None


def _delivery(connection: Connection, name: str) -> Delivery | None:
    row = connection.execute(select(deliveries).where(deliveries.c.id == name)).mappings().first()
    return Delivery.of(row) if row else None


def _has_live_send(connection: Connection, name: str) -> bool:
    live = exists().where((sends.c.delivery == name) & sends.c.outcome.in_(LIVE_OUTCOMES))
    return bool(connection.execute(select(live)).scalar())


def _taken(connection: Connection, account: str, now: datetime) -> set[datetime]:
    query = select(deliveries.c.slot).where(
        deliveries.c.account == account, deliveries.c.slot >= now, deliveries.c.state.in_(DUE_STATES)
    )
    return {row.slot for row in connection.execute(query)}


def _no_plan(post: Post, draft: Draft, disclosure: Disclosure, taken: Taken) -> Planned:
    raise AssertionError("a post that is only seen has no deliveries")


def _when(held: Held | None, due_at: datetime | None) -> str:
    return f"held: {held.reason}" if held else f"due {due_at:%Y-%m-%d %H:%M:%S} UTC"
