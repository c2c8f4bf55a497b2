"""The long-lived worker: takes posts from the queue folder, releases what is due, and sends.

`schedule` is its metronome, on monotonic ticks in UTC; no delivery depends on a tick. Deliveries are claimed when they are
due, and the worker sleeps until the next one is.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import logging
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from socialbot import accounts, disclosure, logs, planning
from socialbot.delivery import Courier
from socialbot.disclosure import Pack
from socialbot.keeping import KEEP_EVERY_S, keep_logins
from socialbot.ledger import OUT_OF_REACH, Claims, Clock, Delivery, Ledger, Lost, Trail, Wakes, workers_folder
from socialbot.media import digests_of
from socialbot.networks.protocol import Network
from socialbot.nouns import Held, Mistake
from socialbot.redaction import Redaction
from socialbot.settings import Settings
from socialbot.watch import Metronome, Watch

if TYPE_CHECKING:
    from socialbot.intake import Receipt

log = logging.getLogger(__name__)
T = TypeVar("T")

STOP_WITHIN_S = 9.0
"""A stopping worker lets the sends in hand finish for so long."""
NAP_S = 1.0
"""Longest sleep: a post that another process enqueues is seen so soon."""
LISTENING_NAP_S = 10.0
"""Longest sleep of a worker that is woken when something is enqueued."""
DUE_TOGETHER_S = 0.02
"""What falls due within so long is claimed together."""
LANDINGS_S = 0.005
"""Deliveries that land within so long are followed up together."""
LONGEST_PATIENCE_S = 30.0
"""A store that cannot be used is tried again after a second, then after twice as long each time, up to this."""


class WorkerLock:
    """A file lock that the kernel releases when its worker dies, whatever killed it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.owner = folder, f"{_place(folder)}.{uuid.uuid4().hex}"
        # It gets its name once it is locked: another worker would take a lock that is still free for a dead one's.
        unlocked = folder / f"{self.owner}.new"
        self._file: IO[str] = unlocked.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        unlocked.rename(folder / f"{self.owner}.lock")

    def alive(self) -> set[str]:
        """The workers, this one among them, whose locks are held; the files of dead ones are removed."""
        living = {self.owner}
        for path in self.folder.glob("*.lock"):
            with suppress(FileNotFoundError), path.open() as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    living.add(path.stem)
                else:
                    path.unlink(missing_ok=True)
        return living

    def release(self) -> None:
        """This worker has ended."""
        (self.folder / f"{self.owner}.lock").unlink(missing_ok=True)
        self._file.close()


def somebody_at_work(folder: Path) -> bool:
    """Does any worker hold its lock in this folder?"""
    mine = WorkerLock(folder)
    try:
        return mine.alive() != {mine.owner}
    finally:
        mine.release()


def _place(folder: Path) -> str:
    """The name of this folder under this running kernel, whatever machine or container it lies on: who shares it sees our
    lock. Where no kernel tells its name, nobody is known to share it.
    """
    try:
        kernel = Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        kernel = uuid.uuid4().hex
    status = folder.stat()
    return hashlib.sha256(f"{kernel} {status.st_dev} {status.st_ino}".encode()).hexdigest()[:16]


@dataclass
class Worker:
    """One worker of an instance. `run` returns when `stop` was called, or, asked so, when there is nothing left to do."""

    settings: Settings
    ledger: Ledger
    clock: Clock
    chance: random.Random
    told: Callable[[Delivery], None] = lambda _: None
    """Called with each delivery after it was worked on."""
    redaction: Redaction = field(default_factory=Redaction)
    """What strikes out secrets; it learns those of sessions as they are used."""
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _flights: dict[asyncio.Task[None], Delivery] = field(default_factory=dict)
    _networks: dict[str, Network] = field(default_factory=dict)
    _folder_look: asyncio.Task[None] | None = None
    _keeping: asyncio.Task[None] | None = None
    _drop_wait_s: float = 0.0
    """What was dropped for the store's sake is not tried again before so many seconds."""

    def __post_init__(self) -> None:
        self._media, self._hosts = accounts.media_of(self.settings), accounts.hosts(self.settings)

    def stop(self) -> None:
        """Finish the sends in hand, then end."""
        self._stopping.set()

    async def run(self, *, once: bool = False, until_empty: bool = False) -> None:
        """Work until stopped; `once`: do what is due now; `until_empty`: until nothing is queued, running or unknown."""
        lock = WorkerLock(workers_folder(self.settings.store.url, self.settings.home))
        claims = Claims(self.ledger, lock.owner, self.settings.worker.lease_s)
        outdated = partial(self._outdated, disclosure.packs_of(self.settings))
        timetable = planning.releases(self.settings, self.clock, self.chance)
        courier = Courier(claims, self.settings.worker, self.chance, outdated=outdated, timetable=timetable)
        metronome = self._metronome()
        watch = Watch(self.settings, self.ledger, self.redaction, lock.owner)
        watch.begin(metronome)
        wakes, patience_s = Wakes(self.ledger.engine), NAP_S
        listening = asyncio.create_task(wakes.listen())
        try:
            async with AsyncExitStack() as clients:
                self._start_folder_look()
                self._start_keeping()
                while not self._stopping.is_set():
                    metronome.run_pending()
                    looked = self._folder_look is None or self._folder_look.done()
                    try:
                        alive = lock.alive()
                        claims.release(alive, {delivery.id for delivery in self._flights.values()}, self._drop_wait_s)
                        looked_at = self.clock()
                        claimed = await self._claim(claims, courier, alive, clients)
                        idle = looked and not claimed and not self._flights
                        if idle and (once or (until_empty and self._is_empty())):
                            break
                        nap_s, patience_s = self._nap_s(wakes, looked_at), NAP_S
                    except OUT_OF_REACH as error:
                        nap_s = patience_s
                        patience_s = min(patience_s * 2, LONGEST_PATIENCE_S)
                        log.error("the store cannot be used: %s; it is tried again in %.0f s", _words(error), nap_s)
                    await self._wait(nap_s, wakes)
                await self._land()
            if not self._stopping.is_set():
                await asyncio.to_thread(watch.last_look)
        finally:
            listening.cancel()
            watch.end()
            lock.release()

    # Deliveries

    def _outdated(self, packs: Mapping[str, Pack], delivery: Delivery) -> Held | None:
        """Why its draft may not go out by the rules of today."""
        account = self.settings.account(delivery.account)
        names = self.settings.site.rules if account.rules is None else account.rules
        binding = disclosure.chosen(names, packs)
        return disclosure.outdated(delivery.draft, delivery.disclosure, binding, self.clock().date())

    async def _claim(self, claims: Claims, courier: Courier, alive: set[str], clients: AsyncExitStack) -> bool:
        in_flight = Counter(self._hosts.get(delivery.account, delivery.network) for delivery in self._flights.values())
        claimed = claims.claim(self.settings.worker.at_once, alive, in_flight, self._hosts)
        trails = claims.trails([delivery.id for delivery in claimed]) if claimed else {}
        for delivery in claimed:
            task = asyncio.create_task(self._carry(courier, delivery, trails[delivery.id], clients), name=delivery.id)
            self._flights[task] = delivery
        return bool(claimed)

    async def _carry(self, courier: Courier, delivery: Delivery, trail: Trail, clients: AsyncExitStack) -> None:
        try:
            with suppress(Lost):  # a person or another worker has taken it out of our hand; the row says which
                await self._deliver(courier, delivery, trail, clients)
            self.told(self.ledger.delivery(delivery.id))
            self._drop_wait_s = 0.0
        except OUT_OF_REACH as error:  # once the store answers again, its row says how far it came
            self._drop_wait_s = min(max(NAP_S, self._drop_wait_s * 2), LONGEST_PATIENCE_S)
            log.error("dropped for %.0f s: %s", self._drop_wait_s, _words(error), extra=logs.of(delivery))

    async def _deliver(self, courier: Courier, delivery: Delivery, trail: Trail, clients: AsyncExitStack) -> None:
        network = None
        try:
            try:
                network = await self._network(delivery, clients)
            except Mistake as mistake:
                courier.unready(delivery, mistake)
                return
            if self._media.bucket:  # what another machine filed is fetched without keeping anybody waiting
                await asyncio.to_thread(self._media.bring, *digests_of([delivery.draft], []))
            await courier.deliver(delivery, network, trail)
        except (Lost, *OUT_OF_REACH):
            raise
        except Exception as error:  # a fault in one delivery must not end the worker or strand the row
            log.exception("socialbot stumbled", extra=logs.of(delivery))
            courier.stumbled(delivery, network, error)

    async def _network(self, delivery: Delivery, clients: AsyncExitStack) -> Network:
        network = self.settings.account(delivery.account).network
        if network != delivery.network:
            raise Mistake(f"{delivery.account} is on {network} now, and this was drafted for {delivery.network}")
        if delivery.account not in self._networks:
            client = await clients.enter_async_context(accounts.http_client(self.settings.account(delivery.account)))
            media = self._media
            self._networks[delivery.account] = accounts.connect(
                self.settings, delivery.account, self.ledger, media, client, self.redaction
            )
        return self._networks[delivery.account]

    def _is_empty(self) -> bool:
        return self.ledger.next_due() is None

    def _nap_s(self, wakes: Wakes, looked_at: datetime) -> float:
        """Until the next delivery is due, but not for long: whatever becomes due earlier must be seen.

        `looked_at`: when we began to look for what is due. What fell due since then is looked for again almost at once.
        """
        longest_s = LISTENING_NAP_S if wakes.listening else NAP_S
        due = self.ledger.next_due()
        until_due_s = (due - self.clock()).total_seconds() if due else longest_s
        # What is due but cannot be claimed (its account is busy, or waits for its limit) must not make us spin.
        return min(longest_s, max(DUE_TOGETHER_S, until_due_s)) if due is None or due > looked_at else NAP_S

    async def _wait(self, nap_s: float, wakes: Wakes) -> None:
        """Sleep until a delivery lands, the next is due, somebody wakes us, or stops us."""
        called = [asyncio.create_task(self._stopping.wait()), asyncio.create_task(wakes.heard.wait())]
        looking = [self._folder_look] if self._folder_look and not self._folder_look.done() else []
        await asyncio.wait({*called, *self._flights, *looking}, timeout=nap_s, return_when=asyncio.FIRST_COMPLETED)
        for task in called:
            task.cancel()
        if any(task.done() for task in self._flights) and not self._stopping.is_set():
            await asyncio.sleep(LANDINGS_S)
        wakes.heard.clear()
        self._gather()

    def _gather(self) -> None:
        for task in [task for task in self._flights if task.done()]:
            del self._flights[task]
            task.result()

    async def _land(self) -> None:
        """Let the sends in hand finish; what does not is cut off, and its open send is looked for at the next start."""
        if self._folder_look:
            self._folder_look.cancel()
        keeping = {self._keeping} if self._keeping else set()  # a new refresh token must be stored before we end
        if in_hand := {*self._flights, *keeping}:
            _, unfinished = await asyncio.wait(in_hand, timeout=STOP_WITHIN_S)
            late = [task for task in unfinished if task in self._flights]
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            for task in late:
                del self._flights[task]
            self._gather()

    # The queue folder

    def _metronome(self) -> Metronome:
        metronome = Metronome()
        metronome.every(max(1, round(self.settings.worker.folder_every_s))).seconds.do(self._start_folder_look)
        metronome.every(KEEP_EVERY_S).seconds.do(self._start_keeping)
        return metronome

    def _start_keeping(self) -> None:
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(keep_logins(self.settings, self.ledger, self._media, self.redaction))

    def _start_folder_look(self) -> None:
        if self._folder_look is None or self._folder_look.done():
            self._folder_look = asyncio.create_task(self._read_folder())

    async def _read_folder(self) -> None:
        more = True
        while more and not self._stopping.is_set():
            try:
                receipts = await _in_daemon(self._take_folder)
            except Mistake as mistake:
                log.error("the queue folder: %s", mistake)
                return
            except Exception:  # a folder that cannot be read must not stop what is due
                log.exception("the queue folder")
                return
            for receipt in receipts:
                told = "adopted, not sent" if receipt.adopted else f"{len(receipt.accepted)} deliveries"
                log.info("%s: %s", receipt.path.name, receipt.mistake or told)
            more = bool(receipts)

    def _take_folder(self) -> list[Receipt]:
        if not _holds_files(self.settings.home / "queue"):
            return []
        from socialbot.drop_folder import take_folder  # what drafts a post takes 40 MB, which most workers never need

        return take_folder(self.settings, self.ledger, self.clock, self.chance, self.redaction)


def _holds_files(folder: Path) -> bool:
    """May there be a post? What was taken or rejected lies in folders of their own."""
    aside = {folder / "taken", folder / "rejected"}
    return folder.is_dir() and any(path not in aside and not path.name.startswith(".") for path in folder.iterdir())


def _words(error: Exception) -> str:
    """What a database said, in one line."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


async def _in_daemon(work: Callable[[], T]) -> T:
    """Run blocking work in a thread that a stopping process does not wait for: what it has not committed was not accepted."""
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:  # noqa: BLE001 - it is raised again where the outcome is awaited
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(outcome)
