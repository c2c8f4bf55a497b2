"""One delivery, from claimed to settled: prepare, write the intent, make the one call, and look before anything is repeated."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from socialbot.ledger import Claims, Delivery, Outcome, Send, Uploads
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

LOOKS_S = (0.0, 10.0, 60.0, 300.0, 900.0)
"""Seconds after a send with unknown outcome at which the network is asked."""
LATE = timedelta(minutes=10)
"""A delivery overdue by more than this may have been sent by a ledger that its backup has since replaced: we look first."""
LONGEST_BACKOFF_S = 3600.0
MAX_BEGINNING_CHARS = 40
"""So much of a post's words tells a person which post of a thread is meant."""
_RESOLVE = "Look at the account, then: socialbot resolve {id} --posted URL, or --not-posted to send it again."


@dataclass(frozen=True, slots=True)
class Courier:
    """Carries claimed deliveries. `monotonic` tells seconds that no clock change moves."""

    claims: Claims
    settings: WorkerSettings
    chance: random.Random
    monotonic: Callable[[], float] = time.monotonic
    outdated: Callable[[Delivery], Held | None] = lambda _: None
    """Why a draft that was good when it was made must not go out any more."""

    async def deliver(self, delivery: Delivery, network: Network) -> None:
        """Bring one claimed delivery to its next state. Raises Lost when it is no longer ours."""
        if delivery.draft.held:  # nothing leads here, and nothing that was held may leave
            self.claims.hold(delivery, delivery.draft.held)
            return
        if doubtful := self._open_send(delivery):
            await self._look(delivery, network, doubtful)
            return
        if not self._out(delivery) and (held := self.outdated(delivery)):
            self.claims.hold(delivery, held)
            return
        try:
            if not self._is_late(delivery):
                await self._send(delivery, network)
            elif searched := await self._look_first(delivery, network):
                await self._send(searched, network)
        except NetworkError as error:
            self._settle(delivery, error)

    async def _send(self, delivery: Delivery, network: Network) -> None:
        """Every part that is not out yet, in order; each is its own send, and answers the one before it."""
        uploads = Uploads(self.claims.ledger, delivery.id)
        warnings: list[str] = []
        before = self._before(delivery)
        for part in range(len(before), len(delivery.draft.parts)):
            prepared = await network.prepare(delivery.draft, part, uploads, before)
            send = self.claims.intend(delivery, part, prepared.request)
            intended = self.monotonic()
            try:
                published = await self._publish(network, prepared, intended)
            except Unknown as error:
                self._doubt(delivery, network, send, str(error))
                return
            except NetworkError as error:
                outcome: Outcome = "not_sent" if isinstance(error, (Passing, RateLimited)) else "refused"
                self.claims.close(send, outcome, "answered", str(error))
                raise
            evidence = " ".join(("The network took it.", *published.warnings))
            self.claims.close(send, "published", "answered", evidence, published.remote_id, published.url, published.flags)
            before.append(published)
            warnings += published.warnings
        self._finish(delivery, tuple(warnings))

    async def _publish(self, network: Network, prepared: Prepared, intended: float) -> Published:
        # A process that was stopped and woken late must not send: its delivery may have been taken over meanwhile.
        left_s = self.claims.lease_s - (self.monotonic() - intended)
        if left_s < network.account.timeout_s:
            raise Passing("The worker was stopped for longer than its lease; nothing was sent.")
        return await network.publish(prepared)

    def _finish(self, delivery: Delivery, warnings: tuple[str, ...]) -> None:
        first = self._out(delivery)[0]
        self.claims.publish(delivery, first.remote_id or "", first.url, warnings)

    def _out(self, delivery: Delivery) -> list[Send]:
        """The sends of the parts that are out, in order."""
        sends = self.claims.ledger.sends(delivery.id)
        return sorted((send for send in sends if send.outcome == "published"), key=lambda send: send.part)

    def _before(self, delivery: Delivery) -> list[Published]:
        return [Published(send.remote_id or "", send.url) for send in self._out(delivery)]

    def _open_send(self, delivery: Delivery) -> Send | None:
        return next((send for send in self.claims.ledger.sends(delivery.id) if send.outcome == "open"), None)

    def stumbled(self, delivery: Delivery, network: Network, error: Exception) -> None:
        """A fault of ours struck in mid-delivery: what was sent is in doubt, what was not is tried again. Raises Lost."""
        why = f"socialbot stumbled over {type(error).__name__}; its log has the details."
        if open_send := self._open_send(delivery):
            absences = self.claims.ledger.delivery(delivery.id).finds  # none, when the send was opened since the claim
            self._look_again(delivery, network, open_send, why, absences)
        else:
            self._settle(delivery, Passing(why))

    def unready(self, delivery: Delivery, mistake: Mistake) -> None:
        """The account is not configured any more. Raises Lost."""
        self.claims.hold(delivery, Held(f"{mistake}", f"Correct the configuration, then: socialbot retry {delivery.id}"))

    # What is not known

    def _doubt(self, delivery: Delivery, network: Network, send: Send, why: str) -> None:
        """The first look comes at once, unless nobody can be asked."""
        if network.doubt.kind == "NONE":
            self.claims.hold(delivery, _in_doubt(delivery, send.part, why))
        else:
            self.claims.doubt(delivery, send.started_at + timedelta(seconds=LOOKS_S[0]), why, finds=0)

    async def _look(self, delivery: Delivery, network: Network, send: Send) -> None:
        """Ask the network about a send whose outcome is unknown."""
        prepared = Prepared(delivery.draft, send.part, send.request)
        try:
            found = await network.find(prepared, send.started_at)
        except NetworkError as error:
            self._look_again(delivery, network, send, str(error), absences=delivery.finds)
            return
        if isinstance(found, Published):
            what = "It was found on the network."
            self.claims.close(send, "published", "found", what, found.remote_id, found.url, found.flags)
            if send.part + 1 == len(delivery.draft.parts):
                self._finish(delivery, found.warnings)
            else:
                # It keeps its due time: where this look came late, the next part is looked for, too.
                self.claims.queue(delivery, delivery.due_at or self._now(), "The next part follows.", tries=0)
        elif isinstance(found, CannotTell):
            self.claims.hold(delivery, _in_doubt(delivery, send.part, found.why))
        else:
            self._absent(delivery, network, send)

    def _absent(self, delivery: Delivery, network: Network, send: Send) -> None:
        """It is not there. Is that proof?"""
        doubt, age_s = network.doubt, (self._now() - send.started_at).total_seconds()
        settle_s = self._settle_s(network)
        if age_s < settle_s:
            self._look_again(delivery, network, send, "It is not on the network yet.", absences=delivery.finds)
        elif _key_is_good(doubt, age_s):
            self._send_again(delivery, send, "It is not on the network, and the same key cannot make a second post.")
        elif delivery.finds < 1:
            look_at = self._now() + timedelta(seconds=max(settle_s, LOOKS_S[1]))
            self.claims.doubt(delivery, look_at, "It is not on the network.", finds=1)
        elif network.account.on_doubt == "send_again":
            self._send_again(delivery, send, "It was looked for twice, is not there, and this account sends again.")
        else:
            why = "It was looked for twice and is not there, which is no proof."
            self.claims.hold(delivery, _in_doubt(delivery, send.part, why))

    def _send_again(self, delivery: Delivery, send: Send, why: str) -> None:
        self.claims.close(send, "not_sent", "found", why)
        self._settle(delivery, Passing(why))

    def _look_again(self, delivery: Delivery, network: Network, send: Send, why: str, absences: int) -> None:
        age_s = (self._now() - send.started_at).total_seconds()
        settle_s = self._settle_s(network)
        moments = sorted({*LOOKS_S, settle_s, settle_s * 2})
        later = next((moment for moment in moments if moment > age_s + 0.001), None)
        if later is None and age_s > LOOKS_S[-1] + LONGEST_BACKOFF_S:
            self.claims.hold(delivery, _in_doubt(delivery, send.part, why))
            return
        wait_s = later - age_s if later is not None else self._backoff_s(delivery.tries)
        self.claims.doubt(delivery, self._now() + timedelta(seconds=wait_s), why, finds=absences)

    # What comes late

    def _is_late(self, delivery: Delivery) -> bool:
        """Long overdue, or a search was begun and came to no end. An ordinary retry is not late: its due time was moved."""
        overdue = delivery.due_at is not None and self._now() - delivery.due_at > LATE
        return overdue or self.claims.in_search(delivery)

    async def _look_first(self, delivery: Delivery, network: Network) -> Delivery | None:
        """The delivery, ready to be sent from its first missing part on; None when a person has to look. Raises NetworkError.

        One that comes very late may have been sent, wholly or in part, by a ledger that was since replaced by its backup.
        Parts go out in order, so the first that is not there ends the search. Where none is, it gets a new creation time.

        A network that cannot tell whether the first part is out is sent it: a webhook can never be asked, and mere lateness
        (a machine that slept for ten minutes) is far likelier than a lost ledger. Once a part is known to be out, something
        was sent that is perhaps not in this ledger, and the same may be true of the next: then a person is asked.
        """
        self.claims.begin_search(delivery, "It comes late; the network is asked first whether it is out.")
        uploads, before = Uploads(self.claims.ledger, delivery.id), self._before(delivery)
        for part in range(len(before), len(delivery.draft.parts)):
            prepared = await network.prepare(delivery.draft, part, uploads, before)
            found = await network.find(prepared, delivery.created_at)
            if isinstance(found, CannotTell) and before:
                self.claims.suspect(delivery, part, prepared.request, _in_doubt(delivery, part, found.why))
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
        tries = self.claims.ledger.delivery(delivery.id).tries  # a part that went out since the claim began the count anew
        if isinstance(error, RateLimited):
            self.claims.limit(delivery.account, error.until, str(error))
            self.claims.queue(delivery, error.until, str(error), tries)
        elif isinstance(error, (NeedsLogin, Blocked)):
            fix = f"{error.fix} Then: socialbot retry {delivery.id}"
            self.claims.hold(delivery, Held(str(error), fix))
        elif isinstance(error, Refused):
            self.claims.fail(delivery, f"{error} {error.fix}")
        elif tries + 1 >= self.settings.max_tries:
            self.claims.hold(delivery, Held(f"{error} It was tried {tries + 1} times.", f"socialbot retry {delivery.id}"))
        else:
            retry_at = self._now() + timedelta(seconds=self._backoff_s(tries))
            asked = error.retry_at if isinstance(error, Passing) else None
            self.claims.queue(delivery, max(retry_at, asked) if asked else retry_at, str(error), tries + 1)

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
    return doubt.kind == "KEY" and (doubt.key_lasts_s is None or age_s < doubt.key_lasts_s)


def _in_doubt(delivery: Delivery, part: int, why: str) -> Held:
    return Held(f"{_which(delivery, part)} may be out on {delivery.account} or not: {why}", _RESOLVE.format(id=delivery.id))


def _which(delivery: Delivery, part: int) -> str:
    """Which post is meant: a person who looks at a thread must know which of its posts to look for."""
    parts = delivery.draft.parts
    if len(parts) == 1:
        return "It"
    words = " ".join(parts[part].caption.text.split())
    beginning = words if len(words) <= MAX_BEGINNING_CHARS else words[: MAX_BEGINNING_CHARS - 1] + "…"
    return f"Post {part + 1} of {len(parts)}, which begins “{beginning}”,"
