"""What ended long ago gives up its words and its history. What keeps a post from going out twice stays, and so does the proof
of what was said of AI: its disclosure, its label, and the digests of all that was sent.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select, update

from socialbot.ledger.accepting import without_text
from socialbot.ledger.changing import changes_of
from socialbot.ledger.lateness import in_search
from socialbot.ledger.rows import Delivery
from socialbot.ledger.schema import OVER_STATES, deliveries, events, notices, posts, remote_media, sends
from socialbot.ledger.store import Store, write_event
from socialbot.nouns import Draft, Part, Post, freeze, thaw

_DIGEST = re.compile(r"(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])|/([0-9a-f]{2})/([0-9a-f]{62})(?![0-9a-f])")
_ROWS_AT_ONCE = 500


class Sweeping(Store):
    """The broom. Every call is one small transaction, so that no delivery waits for it."""

    def sweep(self, before: datetime, most: int, after: str = "") -> str | None:
        """Sweep the next few deliveries that ended before then, each with what changed it; the last one's id, for `after`.

        None where there are no more. What is in doubt or waits is not touched.
        """
        due = (
            select(deliveries.c.id)
            .where(deliveries.c.id > after, deliveries.c.original.is_(None), deliveries.c.swept.is_(None))
            .where(deliveries.c.state.in_(OVER_STATES), deliveries.c.updated_at < before)
            .order_by(deliveries.c.id)
            .limit(most)
        )
        with self.reading() as connection:
            names = list(connection.execute(due).scalars())
        with self.shared.begin() as connection:
            for name in names:
                family = _family(connection, name)
                if all(_is_long_over(connection, one, before) for one in family):
                    for one in family:
                        self._sweep_one(connection, one)
        return names[-1] if names else None

    def _sweep_one(self, connection: Connection, one: Delivery) -> None:
        if one.swept:
            return
        said = json.dumps([_measured(part) for part in one.draft.parts])
        same = (deliveries.c.id == one.id) & (deliveries.c.fence == one.fence) & (deliveries.c.state == one.state)
        query = (
            update(deliveries)
            .where(same, deliveries.c.swept.is_(None))
            .values(draft=freeze(_without_words(one.draft)), swept=said)
        )
        if connection.execute(query).rowcount != 1:  # a person decided about it in this moment
            return
        told = delete(events).where(events.c.delivery == one.id)
        # That it is to be looked for before it is sent must not be forgotten.
        connection.execute(told.where(events.c.what != "looking") if in_search(connection, one.id) else told)
        connection.execute(delete(remote_media).where(remote_media.c.delivery == one.id))
        connection.execute(update(sends).where(sends.c.delivery == one.id).values(request="{}"))
        write_event(
            connection, one.id, self.clock(), "swept", "Its words and its history were removed, as store.keep_days says."
        )

    def sweep_posts(self, before: datetime, most: int, after: str = "") -> str | None:
        """Drop the text of the next few posts that came before then and of which every delivery was swept, or that were only
        seen; the last one's id, for `after`. None where there are no more.
        """
        kept = exists().where(deliveries.c.post == posts.c.id, deliveries.c.swept.is_(None))
        due = select(posts.c.id, posts.c.frozen).where(
            posts.c.id > after, posts.c.swept.is_(None), posts.c.received_at < before, ~kept
        )
        with self.reading() as connection:
            rows = connection.execute(due.order_by(posts.c.id).limit(most)).all()
        with self.shared.begin() as connection:
            for row in rows:
                post, text = without_text(thaw(Post, row.frozen))
                same = update(posts).where(posts.c.id == row.id, posts.c.frozen == row.frozen, ~kept)
                connection.execute(same.values(frozen=freeze(post), swept=text))
        return rows[-1].id if rows else None

    def sweep_notices(self, before: datetime, most: int) -> int:
        """Forget a few notices of before then; how many. Nobody is told of what is older than a day."""
        old = select(notices.c.key).where(notices.c.at < before).limit(most)
        with self.shared.begin() as connection:
            return connection.execute(delete(notices).where(notices.c.key.in_(old))).rowcount

    def digests_kept(self) -> set[str]:
        """The digests of all pictures that a delivery, or the post of one, needs that was not swept; a few others may be among
        them. It reads every draft, and keeps nobody waiting.
        """
        mine = exists().where(deliveries.c.post == posts.c.id, deliveries.c.swept.is_(None))
        found = set[str]()
        with self.reading() as connection:
            for query in (select(deliveries.c.draft).where(deliveries.c.swept.is_(None)), select(posts.c.frozen).where(mine)):
                for frozen in connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)).scalars():
                    found.update("".join(match) for match in _DIGEST.findall(frozen))
        return found


def _family(connection: Connection, name: str) -> list[Delivery]:
    """A delivery and all that changes, answers or removes it, or what answers it."""
    family = [Delivery.of(row) for row in connection.execute(select(deliveries).where(deliveries.c.id == name)).mappings()]
    for one in family:  # it grows as it is read
        family += changes_of(connection, one.id)
    return family


def _is_long_over(connection: Connection, one: Delivery, before: datetime) -> bool:
    is_open = exists().where(sends.c.delivery == one.id, sends.c.outcome == "open")
    over = one.state in OVER_STATES and one.updated_at < before
    return over and not connection.execute(select(is_open)).scalar()


def _measured(part: Part) -> dict[str, object]:
    content = part.caption.text.encode()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _without_words(draft: Draft) -> Draft:
    """What a report tells of a draft: its label, its flags, what was asked, and its pictures with their descriptions."""
    parts = tuple(
        replace(
            part,
            caption=replace(part.caption, text="", spans=(), title=None),
            card=replace(part.card, title="", description="") if part.card else None,
        )
        for part in draft.parts
    )
    return replace(draft, parts=parts, fixed={}, warnings=())
