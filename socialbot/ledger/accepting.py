"""What comes in: a post with its deliveries, written once, whichever way it comes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, exists, insert, or_, select, update

from socialbot.ledger.lateness import in_search, note_lateness
from socialbot.ledger.places import Places, forget_full
from socialbot.ledger.rows import Delivery
from socialbot.ledger.schema import DUE_STATES, LIVE_OUTCOMES, State, deliveries, posts, scans, sends
from socialbot.ledger.store import Store, write_event
from socialbot.nouns import Disclosure, Draft, Mistake, Post, freeze, thaw


@dataclass(frozen=True, slots=True)
class Planned:
    """A draft with its time: when it is due, its place in the timetable, and the moment it must not go before."""

    draft: Draft
    disclosure: Disclosure
    due_at: datetime
    slot: datetime | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    """When it is too late: then it is missed, not sent."""
    urgent: bool = False
    """It goes before all that is due at the same time."""
    pinned: bool = False
    """A person gave it its time; the timetable does not move it."""
    missed: str | None = None
    """Why it will never be due."""
    fence: int | None = None
    """That of the delivery from which it was planned; what became of the delivery since was not planned for."""


Plan = Callable[[Post, Draft, Disclosure, Places], Planned]
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


FEED = "feed"
"""The variant of a post's first and ordinary delivery."""
WITHDRAWN = "Its post is gone from the site: "
"""So begins why a delivery was cancelled that goes out after all where its post comes back."""


def delivery_id(post: str, account: str, variant: str = FEED) -> str:
    """The one name of a post's delivery to an account, whichever way it comes in."""
    return hashlib.sha256(f"{post}\n{account}\n{variant}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Known:
    """A post as it was accepted before, under the same id or with the same text."""

    id: str
    content_hash: str
    frozen: str
    adopted: bool = False
    """It was only to be seen: no account that has no delivery of it gets one, unless a person asks for it again."""
    swept: str | None = None
    """The digest of its text, where that is here no more."""

    def differs(self, post: Post) -> bool:
        """Does the author say anything else now? Where its file lies, and which pictures could be had, is no difference."""
        if post.content_hash != self.content_hash:
            return True
        if post.id == self.id and self.swept:
            post, text = without_text(post)
            return text != self.swept or _word(post) != _word(thaw(Post, self.frozen))
        return post.id == self.id and _word(post) != _word(thaw(Post, self.frozen))


def without_text(post: Post) -> tuple[Post, str]:
    """A post without the text of its article, and the SHA-256 of what that was: by it a change is known."""
    text = json.dumps([post.body, post.closing_lines])
    return replace(post, body="", closing_lines=()), hashlib.sha256(text.encode()).hexdigest()


def _word(post: Post) -> Post:
    pictures = tuple(replace(picture, file=None, missing=None) for picture in post.pictures)
    return replace(post, source="", content_hash="", warnings=(), pictures=pictures)


def may_redraft(delivery: Delivery, *, changed: bool) -> bool:
    """A draft that waits may be replaced: when the post has changed, or when only a new draft can free it."""
    held = delivery.held
    if delivery.state in ("queued", "failed", "missed"):
        return changed
    if delivery.state == "cancelled":
        return (delivery.error or "").startswith(WITHDRAWN)
    if held is None:
        return False
    return held.redraft or (held == delivery.draft.held and (changed or not held.approvable))


class Accepting(Store):
    """Posts and their deliveries, as they are accepted."""

    def known(self, post: Post) -> Known | None:
        """This post, or the same text from elsewhere, as it was accepted before."""
        with self.reading() as connection:
            return _known(connection, post)

    def accept(self, post: Post, drafted: Sequence[tuple[Draft, Disclosure]], plan: Plan) -> list[Accepted]:
        """Write a post with its deliveries. What is known stays as it is; it is on disk when this returns."""
        with self.engine.begin() as connection:
            return self._accept(connection, post, drafted, plan, Places(connection))

    def accept_all(self, items: Iterable[tuple[Post, Sequence[tuple[Draft, Disclosure]]]], plan: Plan) -> list[list[Accepted]]:
        """`accept` for many posts in one transaction: all of them, or none."""
        with self.engine.begin() as connection:
            places = Places(connection)
            return [self._accept(connection, post, drafted, plan, places) for post, drafted in items]

    def _accept(
        self, connection: Connection, post: Post, drafted: Sequence[tuple[Draft, Disclosure]], plan: Plan, places: Places
    ) -> list[Accepted]:
        now = self.clock()
        known = _known(connection, post)
        post_id, changed = (known.id, known.differs(post)) if known else (post.id, False)
        row = {"source": post.source, "url": post.url, "title": post.title, "frozen": freeze(post), "swept": None}
        if known is None:
            connection.execute(insert(posts).values(id=post_id, content_hash=post.content_hash, received_at=now, **row))
        done = []
        for draft, disclosure in drafted:
            there = _deliveries(connection, post_id, draft.account)
            for before in there:
                if not may_redraft(before, changed=changed) or _has_live_send(connection, before.id):
                    done.append(Accepted(before.id, before.account, "known", before.state, before.due_at))
                    continue
                if before.due_at and _still_suits(before, before.due_at, post):  # it keeps its place, and its keys
                    kept = replace(draft, fixed=before.draft.fixed)
                    window = (before.not_before, post.not_after)
                    planned = Planned(kept, disclosure, before.due_at, before.slot, *window, before.urgent, before.pinned)
                else:
                    planned = self._plan_anew(connection, before, post, (draft, disclosure), plan, places)
                done.append(self._write(connection, post_id, planned, before, now))
            if not there and not (known and known.adopted):
                done.append(self._write(connection, post_id, plan(post, draft, disclosure, places), None, now))
        if known and any(one.outcome == "redrafted" for one in done):
            # Another post may have the same words by now; the first keeps them as its mark.
            twin = exists().where(posts.c.content_hash == post.content_hash, posts.c.id != post_id)
            if not connection.execute(select(twin)).scalar():
                row["content_hash"] = post.content_hash
            connection.execute(update(posts).where(posts.c.id == post_id).values(**row))
        return done

    def _plan_anew(
        self,
        connection: Connection,
        before: Delivery,
        post: Post,
        drafted: tuple[Draft, Disclosure],
        plan: Plan,
        places: Places,
    ) -> Planned:
        """A time for a new draft. The one before it gives up its place, which is as good as any."""
        if before.slot:
            forget_full(connection, before.account)
        draft, disclosure = drafted
        note_lateness(connection, before, self.clock())
        if in_search(connection, before.id) or _was_sent(connection, before.id):
            # It may come out yet, or a lost ledger may have sent it: by the keys of the old draft it is found, and is out once.
            draft = replace(draft, fixed=before.draft.fixed)
        planned = plan(post, draft, disclosure, Places(connection, without=before.id))
        places.forget(before.account)
        return planned

    def repeat(self, post: Post, drafted: Sequence[tuple[Draft, Disclosure]], plan: Plan) -> list[Accepted]:
        """Send on purpose what was sent before: a new delivery for each account, unless one of the post still waits there.

        Raises Mistake when the post was never accepted.
        """
        now = self.clock()
        with self.engine.begin() as connection:
            known = _known(connection, post)
            if known is None:
                raise Mistake("it was never accepted", where=post.source, fix="enqueue it without --again")
            done = []
            for draft, disclosure in drafted:
                there = _deliveries(connection, known.id, draft.account)
                if waiting := next((one for one in there if one.state in ("held", *DUE_STATES)), None):
                    done.append(Accepted(waiting.id, waiting.account, "known", waiting.state, waiting.due_at))
                    continue
                planned = plan(post, draft, disclosure, Places(connection))
                variant = f"again-{len(there)}" if there else FEED
                done.append(self._write(connection, known.id, planned, None, now, variant))
            return done

    def _write(
        self,
        connection: Connection,
        post_id: str,
        planned: Planned,
        before: Delivery | None,
        now: datetime,
        variant: str = FEED,
    ) -> Accepted:
        draft = planned.draft
        state: State = "held" if draft.held else "missed" if planned.missed else "queued"
        due_at = planned.due_at if state == "queued" else None
        if before and before.slot and before.slot != planned.slot:
            forget_full(connection, draft.account)
        values = {
            "state": state,
            "due_at": due_at,
            "slot": planned.slot if due_at else None,
            "not_before": planned.not_before,
            "not_after": planned.not_after,
            "urgent": planned.urgent,
            "pinned": planned.pinned,
            "draft": freeze(draft),
            "disclosure": freeze(planned.disclosure),
            "held": freeze(draft.held) if draft.held else None,
            "error": planned.missed,
            "tries": 0,
            "finds": 0,
            "updated_at": now,
        }
        name = before.id if before else delivery_id(post_id, draft.account, variant)
        if before:
            redrafted = update(deliveries).where(deliveries.c.id == name)
            connection.execute(redrafted.values(fence=before.fence + 1, swept=None, **values))
        else:
            connection.execute(
                insert(deliveries).values(
                    id=name,
                    post=post_id,
                    account=draft.account,
                    network=draft.network,
                    variant=variant,
                    kind="publish",
                    fence=0,
                    created_at=now,
                    **values,
                )
            )
        outcome = "redrafted" if before else "new"
        write_event(connection, name, now, "accepted" if outcome == "new" else outcome, _when(planned, due_at))
        return Accepted(name, draft.account, outcome, state, due_at)

    def mark_seen(self, seen: Sequence[Post]) -> None:
        """Write down that posts are not to be sent to any account that has no delivery of them, now or one day."""
        with self.engine.begin() as connection:
            places = Places(connection)
            for post in seen:
                self._accept(connection, post, (), _no_plan, places)
                if known := _known(connection, post):
                    mine = (posts.c.id == known.id) & posts.c.adopted_at.is_(None)
                    connection.execute(update(posts).where(mine).values(adopted_at=self.clock()))

    def first_scan(self, folder: str) -> bool:
        """Is this the first time that this folder is read?"""
        with self.reading() as connection:
            return not connection.execute(select(exists().where(scans.c.folder == folder))).scalar()

    def note_scan(self, folder: str) -> None:
        """The folder has been read once."""
        with self.engine.begin() as connection:
            if not connection.execute(select(exists().where(scans.c.folder == folder))).scalar():
                connection.execute(insert(scans).values(folder=folder, first_at=self.clock()))


def _known(connection: Connection, post: Post) -> Known | None:
    query = select(posts.c.id, posts.c.content_hash, posts.c.frozen, posts.c.adopted_at, posts.c.swept).where(
        or_(posts.c.id == post.id, posts.c.content_hash == post.content_hash)
    )
    row = connection.execute(query.order_by((posts.c.id == post.id).desc())).first()
    return Known(row.id, row.content_hash, row.frozen, row.adopted_at is not None, row.swept) if row else None


def _deliveries(connection: Connection, post: str, account: str) -> list[Delivery]:
    """What brings a post out on an account: the first of them, and those by which it was repeated, in that order."""
    mine = (deliveries.c.post == post) & (deliveries.c.account == account) & (deliveries.c.kind == "publish")
    query = select(deliveries).where(mine).order_by(deliveries.c.created_at, deliveries.c.variant)
    return [Delivery.of(row) for row in connection.execute(query).mappings()]


def _has_live_send(connection: Connection, name: str) -> bool:
    live = exists().where((sends.c.delivery == name) & sends.c.outcome.in_(LIVE_OUTCOMES))
    return bool(connection.execute(select(live)).scalar())


def _was_sent(connection: Connection, name: str) -> bool:
    return bool(connection.execute(select(exists().where(sends.c.delivery == name))).scalar())


def _still_suits(before: Delivery, due_at: datetime, post: Post) -> bool:
    """May a post that changed keep its place? Its date, its end or its urgency may be other ones now."""
    begins = max(filter(None, (post.published, post.not_before)), default=due_at)
    return begins <= due_at <= (post.not_after or due_at) and (before.urgent or not post.urgent)


def _no_plan(post: Post, draft: Draft, disclosure: Disclosure, places: Places) -> Planned:
    raise AssertionError("a post that is only seen has no deliveries")


def _when(planned: Planned, due_at: datetime | None) -> str:
    if held := planned.draft.held:
        return f"held: {held.reason}"
    return f"due {due_at:%Y-%m-%d %H:%M:%S} UTC" if due_at else f"missed: {planned.missed}"
