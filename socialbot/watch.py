"""What a worker does beside its deliveries: it says that it is at work, and has people told what needs them."""

from __future__ import annotations

import logging
import platform
import threading
from datetime import datetime, timedelta

import schedule
from sqlalchemy.exc import SQLAlchemyError

from socialbot.ledger import BEAT_EVERY_S, Ledger
from socialbot.notices import LOOK_EVERY_S, MISSING, Notifier, can_send
from socialbot.redaction import Redaction
from socialbot.retention import Sweep
from socialbot.settings import Settings

SWEEP_EVERY_S = 1800
"""Whether today's sweep has been done is asked so often."""

log = logging.getLogger(__name__)


class Metronome(schedule.Scheduler):
    """It goes by the wall clock, and goes on when that is set back."""

    def run_pending(self) -> None:
        """Run what is due, and what a clock that was set back has put off beyond its turn."""
        for job in self.jobs:
            turn = timedelta(seconds=job.interval)  # every job of ours counts seconds
            if job.next_run and job.next_run - datetime.now() > turn:  # noqa: DTZ005 - as the library counts
                job.next_run = datetime.now()  # noqa: DTZ005
        super().run_pending()


class Watch:
    """The watch of the worker named `owner`. None of it delays or breaks a delivery: what goes wrong is logged."""

    def __init__(self, settings: Settings, ledger: Ledger, redaction: Redaction, owner: str) -> None:
        self.ledger, self.owner = ledger, owner
        self._looking: threading.Thread | None = None
        self._sweeping: threading.Thread | None = None
        self._sweep = Sweep(settings, ledger) if settings.store.keep_days else None
        self._notifier = Notifier(settings, ledger, redaction) if settings.notices.urls else None
        if self._notifier and not can_send():
            log.error(MISSING)
            self._notifier = None

    def begin(self, metronome: Metronome) -> None:
        """Say that this worker is at work, and see what there is to tell, now and from now on."""
        for act, every_s in ((self.beat, BEAT_EVERY_S), (self.look, LOOK_EVERY_S), (self.sweep, SWEEP_EVERY_S)):
            act()
            metronome.every(every_s).seconds.do(act)

    def beat(self) -> None:
        """One heartbeat: a small UPDATE. It is made by the worker's own loop, since one that hangs is not at work."""
        try:
            self.ledger.beat(self.owner, platform.node()[:255])
        except SQLAlchemyError as error:
            log.warning("no heartbeat: the store did not answer (%s)", type(error).__name__)

    def look(self) -> None:
        """See in a thread what there is to tell, unless that is still being done. A stopping process does not wait for it."""
        if self._notifier and not (self._looking and self._looking.is_alive()):
            self._looking = threading.Thread(target=self._notifier.look, daemon=True)
            self._looking.start()

    def sweep(self) -> None:
        """Remove in a thread what ended long ago, once a day, unless that is still being done."""
        if self._sweep and not (self._sweeping and self._sweeping.is_alive()):
            self._sweeping = threading.Thread(target=self._sweep_today, args=(self._sweep,), daemon=True)
            self._sweeping.start()

    def _sweep_today(self, sweep: Sweep) -> None:
        try:
            sweep.daily()
        except (SQLAlchemyError, OSError) as error:
            log.warning("nothing more was swept (%s); it is tried again", type(error).__name__)
        except Exception:  # what is not swept today is swept tomorrow
            log.exception("the sweep")

    def last_look(self) -> None:
        """Tell what came up last, and wait until that is done: a worker that runs once has no later."""
        if self._sweeping:
            self._sweeping.join()
        if self._looking:
            self._looking.join()
        if self._notifier:
            self._notifier.look()

    def end(self) -> None:
        """This worker has ended, as it should."""
        try:
            self.ledger.leave(self.owner)
        except SQLAlchemyError as error:
            log.warning("the store took no note that this worker ended (%s)", type(error).__name__)
