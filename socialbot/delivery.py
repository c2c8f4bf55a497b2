"""One delivery, from claimed to settled: prepare, write the intent, make the one call, and look before anything is repeated."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from socialbot.doubt import in_doubt, which
from socialbot.ledger import OUT_OF_REACH, Claims, Delivery, Ending, Places, Planned, Send, Trail, Uploads
from socialbot.ledger.together import Act, Together
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Doubt,
    NeedsLogin,
    Network,
    NetworkError,
    Passing,
    Prepared,
    Published,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.nouns import Held, Mistake
from socialbot.settings import WorkerSettings
from socialbot.testimony import ending_of, published_of, refusal_of

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOKS_S = (0.0, 10.0, 60.0, 300.0, 900.0)
"""Seconds after a send with unknown outcome at which the network is asked."""
LONGEST_BACKOFF_S, NEVER_S = 3600.0, float("inf")
LONGEST_REST_S = 900.0
"""An account that failed again and again is tried with one post at least so often."""
STORE_AWAY_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds to wait for a store that does not answer before it is told again what is out."""
SHOWN_WITHIN_S = 5.0
"""What a network said is out is looked for once more after so long before a person is told that it is missing."""

Retime = Callable[[Delivery, Places], Planned | None]


def _since_boot() -> float:
    """CLOCK_MONOTONIC stands still while Linux sleeps: https://man7.org/linux/man-pages/man2/clock_gettime.2.html"""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass(frozen=True, slots=True)
class Courier:
    """Carries claimed deliveries. `monotonic` tells seconds that no clock change moves and no sleep of the machine stops."""

    claims: Claims
    settings: WorkerSettings
    chance: random.Random
    monotonic: Callable[[], float] = _since_boot
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    outdated: Callable[[Delivery], Held | None] = lambda _: None
    """Why a draft that was good when it was made must not go out any more."""
    together: Together = field(default_factory=Together)
    timetable: Callable[[Delivery], Retime | None] = lambda _: None
    """What gives a delivery another place when it may not go now; None where it may go at any time."""

    async def deliver(self, delivery: Delivery, network: Network, trail: Trail | None = None) -> None:
        """Bring one claimed delivery to its next state. Raises Lost when it is no longer ours.

        `trail`: what was known of it when it was claimed, where the caller has asked for that.
        """
        if delivery.draft.held:  # nothing leads here, and nothing that was held may leave
            self.claims.hold(delivery, delivery.draft.held)
            return
        if delivery.original and delivery.kind != "reply":
            await self._change(delivery, delivery.original, network)
            return
        if (trail := trail or self.claims.trail(delivery.id)).open:
            await self._look(delivery, network, trail.open)
            return
        if not trail.out:
            if held := self.outdated(delivery):
                self.claims.hold(delivery, held)
                return
            if not self._has_passed(delivery, trail) and self._must_wait(delivery):
                return
        try:
            ready = await self._look_first(delivery, network, trail) if trail.in_search else delivery
            trail = self.claims.trail(delivery.id) if trail.in_search else trail
            if ready and self._has_passed(ready, trail):
                self.claims.miss(ready, f"It was to go by {ready.not_after:%Y-%m-%d %H:%M:%S} UTC, which has passed.")
            elif ready:
                await self._send(ready, network, trail)
        except NetworkError as error:
            self._settle(delivery, error)

    def _has_passed(self, delivery: Delivery, trail: Trail) -> bool:
        """Is it too late to begin? What is out in part goes on, however late."""
        return delivery.not_after is not None and delivery.not_after < self._now() and not trail.out

    def _must_wait(self, delivery: Delivery) -> bool:
        """Its account's timetable gives it another place: what came late comes by and by, not all at once."""
        placed = delivery.kind == "publish" and not delivery.pinned
        retime = self.timetable(delivery) if placed else None
        return retime is not None and self.claims.retime(delivery, retime)

    async def _send(self, delivery: Delivery, network: Network, trail: Trail) -> None:
        """Every part that is not out yet, in order; each is its own send, and answers the one before it."""
        uploads, warnings = Uploads(self.claims.ledger, delivery.id), list[str]()
        before, answered, finished, ending = published_of(trail.out), self._answered(delivery), False, None
        for part in range(len(before), len(delivery.draft.parts)):
            prepared = await network.prepare(delivery.draft, part, uploads, [*answered, *before])
            intended = self.monotonic()  # before the lease begins, since writing it down may take long
            send = await self._write(partial(self.claims.intend, delivery, part, prepared.request))
            try:
                self._refuse_late(network, intended)
                published = await network.publish(prepared)
            except Unknown as error:
                self._doubt(delivery, network, send, str(error))
                return
            except NetworkError as error:
                self.claims.end(refusal_of(send, error, network.rooms.news(self._now())))
                raise
            before.append(published)
            warnings += published.warnings
            rests_until = network.rests_until if network.rests_until and network.rests_until > self._now() else None
            # A lane that is to be closed is closed before the delivery leaves it.
            finished = part + 1 == len(delivery.draft.parts) and rests_until is None
            ending = ending_of(send, published, network.rooms.news(self._now()))
            await self._testify(delivery, ending, before[0] if finished else None, warnings)
            if rests_until:
                spent = RateLimited("That was the last post the network takes for now.", rests_until)
                if len(before) < len(delivery.draft.parts):
                    raise spent
                self._note_trouble(delivery, spent)
        if not finished:
            self.claims.publish(delivery, before[0].remote_id, before[0].url, warnings, ending)
        await self._read_back(delivery, network, before)

    async def _read_back(self, delivery: Delivery, network: Network, out: Sequence[Published]) -> None:
        """A network may take a post and throw it away. Nothing is sent again for that; a person is told."""
        try:
            missing = [part for part, published in enumerate(out) if await network.is_shown(published) is False]
            if missing:  # a server of many machines may need a moment
                await self.sleep(SHOWN_WITHIN_S)
                missing = [part for part in missing if await network.is_shown(out[part]) is False]
        except NetworkError as error:
            log.info("%s could not be read back: %s", delivery.id, error)
            return
        for part in missing:
            what = "said that it is published and does not show it: it may have taken it for spam"
            self.claims.note(delivery, "not shown", f"{which(delivery, part)} is missing: {network.name} {what}.")

    async def _testify(self, delivery: Delivery, ending: Ending, first: Published | None, warnings: Sequence[str]) -> None:
        """The network's word is not lost to a store that is away for a moment: perhaps it cannot be asked for again.

        `first` is given with the last part: then all is out, which is written down with it.
        """
        end = partial(self.claims.end, ending)
        if first:
            end = partial(self.claims.publish, delivery, first.remote_id, first.url, warnings, ending)
        for wait_s in STORE_AWAY_S:
            try:
                await self._write(end)
            except OUT_OF_REACH as error:
                log.warning("%s is out, which the store could not be told: %s", delivery.id, type(error).__name__)
                await self.sleep(wait_s)
            else:
                return
        await self._write(end)

    def _write(self, act: Act[T]) -> Awaitable[T]:
        return self.together.write(self.claims.ledger.shared, act)

    def _refuse_late(self, network: Network, intended: float) -> None:
        """A process that was stopped and woken late must not send: its delivery may have been taken over meanwhile."""
        left_s = self.claims.lease_s - (self.monotonic() - intended)
        if left_s < network.account.timeout_s:
            raise Passing("The worker was stopped for longer than its lease; nothing was sent.")

    def _answered(self, delivery: Delivery) -> list[Published]:
        """The post that a reply answers: the first of what its original brought out."""
        return published_of(self.claims.trail(delivery.original).out)[:1] if delivery.original else []

    def stumbled(self, delivery: Delivery, network: Network | None, error: Exception) -> None:
        """A fault of ours struck in mid-delivery: what was sent is in doubt, what was not is tried again. Raises Lost.

        `network` is None where the fault struck before there was one to ask.
        """
        why = f"socialbot stumbled over {type(error).__name__}; its log has the details."
        if (open_send := self.claims.trail(delivery.id).open) and delivery.kind in ("publish", "reply"):
            if network is None:
                self.claims.hold(delivery, in_doubt(delivery, open_send.part, why))
                return
            absences = self.claims.ledger.delivery(delivery.id).finds  # none, when the send was opened since the claim
            self._look_again(delivery, network, open_send, why, absences)
        else:
            self._try_again(delivery, why)

    def unready(self, delivery: Delivery, mistake: Mistake) -> None:
        """The account is not configured any more. Raises Lost."""
        self.claims.hold(delivery, Held(f"{mistake}", f"Correct the configuration, then: socialbot retry {delivery.id}"))

    # What is out is changed

    async def _change(self, delivery: Delivery, original: str, network: Network) -> None:
        """Edit or remove every part that is out. Either may be made again, so that nothing about it stays in doubt."""
        trail = self.claims.trail(delivery.id)
        if unanswered := trail.open:
            self.claims.close(unanswered, "not_sent", "found", "No answer came; a change may be made again.")
        if self.claims.ledger.supersede(delivery):
            return
        if delivery.kind == "edit" and (held := self.outdated(delivery)):
            self.claims.hold(delivery, replace(held, fix="Have it drafted anew: socialbot sync POST."))
            return
        out = published_of(self.claims.trail(original).out)
        done, known = {send.part for send in trail.out}, {send.part: send.request.get(delivery.kind) for send in trail.sends}
        try:
            for part in sorted(set(range(len(out))) - done, reverse=delivery.kind == "delete"):
                there = known.get(part) or await network.locate(out[part])
                await self._change_part(delivery, part, replace(out[part], remote_id=there), network)
        except NetworkError as error:
            self._settle(delivery, error)
        else:
            self.claims.publish(delivery, out[0].remote_id, out[0].url)

    async def _change_part(self, delivery: Delivery, part: int, out: Published, network: Network) -> None:
        words = delivery.draft.parts[part].caption.text if delivery.kind == "edit" else None
        intended = self.monotonic()
        send = self.claims.intend(delivery, part, {delivery.kind: out.remote_id, "text": words})
        try:
            self._refuse_late(network, intended)
            if delivery.kind == "edit":
                await network.edit(delivery.draft, part, out)
            else:
                await network.delete(out)
        except NetworkError as error:
            self.claims.end(refusal_of(send, error))
            raise
        self.claims.close(send, "published", "answered", "The network took the change.", out.remote_id, out.url)

    # What is not known

    def _doubt(self, delivery: Delivery, network: Network, send: Send, why: str) -> None:
        """The first look comes at once, unless nobody can be asked."""
        rest_until = self.claims.trouble(delivery, why, self._rest_s)
        if network.doubt.kind == "NONE":
            self.claims.hold(delivery, in_doubt(delivery, send.part, why))
        else:
            self.claims.doubt(delivery, rest_until or send.started_at + timedelta(seconds=LOOKS_S[0]), why, finds=0)

    async def _look(self, delivery: Delivery, network: Network, send: Send) -> None:
        """Ask the network about a send whose outcome is unknown."""
        prepared = Prepared(delivery.draft, send.part, send.request, Uploads(self.claims.ledger, delivery.id))
        try:
            found = await network.find(prepared, send.started_at)
        except NetworkError as error:
            rest_until = self._note_trouble(delivery, error)
            self._look_again(delivery, network, send, str(error), delivery.finds, rest_until)
            return
        if isinstance(found, Published):
            what = "It was found on the network."
            ending = Ending(send, "published", "found", what, found.remote_id, found.url, found.flags)
            self.claims.end(ending)
            if send.part + 1 == len(delivery.draft.parts):
                first = [*published_of(self.claims.trail(delivery.id).out), found][0]
                self.claims.publish(delivery, first.remote_id, first.url, found.warnings, ending)
            else:
                # It keeps its due time: where this look came late, the next part is looked for, too.
                self.claims.queue(delivery, delivery.due_at or self._now(), "The next part follows.", tries=0)
        elif isinstance(found, CannotTell):
            self.claims.hold(delivery, in_doubt(delivery, send.part, found.why))
        else:
            self._absent(delivery, network, send)

    def _absent(self, delivery: Delivery, network: Network, send: Send) -> None:
        """It is not there. Is that proof?"""
        doubt, age_s, settle_s = network.doubt, (self._now() - send.started_at).total_seconds(), self._settle_s(network)
        if age_s < settle_s:
            self._look_again(delivery, network, send, "It is not on the network yet.", absences=delivery.finds)
        elif _key_is_good(doubt, age_s):
            why = "It is not on the network, and showing it again cannot make a second post."
            self._send_again(delivery, send, why, NEVER_S if doubt.key_lasts_s is None else doubt.key_lasts_s - age_s)
        elif delivery.finds < 1:
            look_at = self._now() + timedelta(seconds=max(settle_s, LOOKS_S[1]))
            self.claims.doubt(delivery, look_at, "It is not on the network.", finds=1)
        elif network.account.on_doubt == "send_again":
            self._send_again(delivery, send, "It was looked for twice, is not there, and this account sends again.")
        else:
            why = "It was looked for twice and is not there, which is no proof."
            self.claims.hold(delivery, in_doubt(delivery, send.part, why))

    def _send_again(self, delivery: Delivery, send: Send, why: str, good_for_s: float = NEVER_S) -> None:
        self.claims.close(send, "not_sent", "found", why)
        self._try_again(delivery, why, good_for_s=good_for_s)

    def _look_again(
        self, delivery: Delivery, network: Network, send: Send, why: str, absences: int, rest_until: datetime | None = None
    ) -> None:
        age_s, settle_s = (self._now() - send.started_at).total_seconds(), self._settle_s(network)
        moments = sorted({*LOOKS_S, settle_s, settle_s * 2})
        later = next((moment for moment in moments if moment > age_s + 0.001), None)
        if later is None and age_s > LOOKS_S[-1] + LONGEST_BACKOFF_S:
            self.claims.hold(delivery, in_doubt(delivery, send.part, why))
            return
        wait_s = later - age_s if later is not None else self._backoff_s(delivery.tries)
        look_at = self._now() + timedelta(seconds=wait_s)
        self.claims.doubt(delivery, max(look_at, rest_until or look_at), why, finds=absences)

    # What comes late

    async def _look_first(self, delivery: Delivery, network: Network, trail: Trail) -> Delivery | None:
        """The delivery, ready to be sent from its first missing part on; None when a person has to look. Raises NetworkError.

        One that comes very late may have been sent, wholly or in part, by a ledger that was since replaced by its backup.
        Parts go out in order, so the first that is not there ends the search. Where none is, it gets a new creation time.

        A network that cannot tell whether the first part is out is sent it: a webhook can never be asked, and mere lateness
        (a machine that slept for ten minutes) is far likelier than a lost ledger. Once a part is known to be out, something
        was sent that is perhaps not in this ledger, and the same may be true of the next: then a person is asked.
        """
        self.claims.renew(delivery)
        uploads, before = Uploads(self.claims.ledger, delivery.id), published_of(trail.out)
        answered = self._answered(delivery)
        for part in range(len(before), len(delivery.draft.parts)):
            prepared = await network.prepare(delivery.draft, part, uploads, [*answered, *before])
            found = await network.find(prepared, delivery.created_at)
            if isinstance(found, CannotTell) and before:
                self.claims.suspect(delivery, part, prepared.request, in_doubt(delivery, part, found.why))
                return None
            if not isinstance(found, Published):
                break
            self.claims.record(delivery, part, prepared.request, found.remote_id, found.url, found.flags)
            before.append(found)
        if before:
            return delivery
        fixed = network.freshen(delivery.draft.fixed, self._now())
        return self.claims.redraft(delivery, replace(delivery.draft, fixed=fixed))

    # What is known

    def _settle(self, delivery: Delivery, error: NetworkError) -> None:
        """Nothing was sent; the error says what follows."""
        rest_until = self._note_trouble(delivery, error)
        if isinstance(error, RateLimited):
            self.claims.queue(delivery, error.until, str(error), self._tries(delivery))
        elif isinstance(error, (NeedsLogin, Blocked)):
            fix = f"{error.fix} Then: socialbot retry {delivery.id}"
            self.claims.hold(delivery, Held(str(error), fix))
        elif isinstance(error, Refused):
            self.claims.fail(delivery, f"{error} {error.fix}")
        else:
            self._try_again(delivery, str(error), error.retry_at if isinstance(error, Passing) else None, rest_until)

    def _try_again(self, delivery: Delivery, why: str, *not_before: datetime | None, good_for_s: float = NEVER_S) -> None:
        """After a while, while a key is good for so long, but not for ever: at last a person is asked."""
        tries = self._tries(delivery)
        if tries + 1 >= self.settings.max_tries:
            self.claims.hold(delivery, Held(f"{why} It was tried {tries + 1} times.", f"socialbot retry {delivery.id}"))
        else:
            retry_at = self._now() + timedelta(seconds=min(self._backoff_s(tries), good_for_s / 2))
            self.claims.queue(delivery, max(filter(None, (retry_at, *not_before))), why, tries + 1)

    def _tries(self, delivery: Delivery) -> int:
        """A part that went out since the claim began the count anew."""
        return self.claims.ledger.delivery(delivery.id).tries

    def _note_trouble(self, delivery: Delivery, error: NetworkError) -> datetime | None:
        """What an error means for all deliveries of the account, whoever carries them; until when they rest."""
        if isinstance(error, RateLimited):
            self.claims.limit(delivery.account, error.until, str(error))
            return error.until
        return None if isinstance(error, Refused) else self.claims.trouble(delivery, str(error), self._rest_s)

    def _rest_s(self, troubles: int) -> float:
        """Seconds to leave an account alone after so many failures in a row."""
        over = troubles - self.settings.rest_after
        return min(self.settings.backoff_s * 2.0 ** min(over, 20), LONGEST_REST_S) if over >= 0 else 0.0

    def _backoff_s(self, tries: int) -> float:
        """Doubling from the first wait up to one hour, with jitter so that accounts do not come back in step."""
        full_s = min(self.settings.backoff_s * 2.0 ** min(tries, 20), LONGEST_BACKOFF_S)
        return full_s * self.chance.uniform(0.5, 1.0)

    def _settle_s(self, network: Network) -> float:
        own = network.account.settle_s
        return network.doubt.settle_s if own is None else own

    def _now(self) -> datetime:
        return self.claims.ledger.clock()


def _key_is_good(doubt: Doubt, age_s: float) -> bool:
    return doubt.kind in ("KEY", "HANDLE") and (doubt.key_lasts_s is None or age_s < doubt.key_lasts_s)
