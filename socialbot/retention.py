"""The daily sweep of what ended long ago, where `store.keep_days` asks for it: words, history, pictures, little by little."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from socialbot import accounts
from socialbot.ledger import Ledger
from socialbot.media import Swept
from socialbot.settings import Settings

log = logging.getLogger(__name__)

FEW = 20
"""Posts, with all that changed them, that are swept in one transaction."""
REST_S = 0.05
"""Between two of them: deliveries go first."""
YOUNGEST = timedelta(days=1)
"""A picture that was written or used since may belong to a post that is being accepted just now."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One instance's sweep. It blocks, and is called in a thread. One worker does it, once a day."""

    settings: Settings
    ledger: Ledger
    rest: Callable[[float], None] = time.sleep

    def daily(self) -> None:
        """Sweep, unless that was done today. Raises SQLAlchemyError and OSError, after which it is tried again."""
        today = f"sweep:{self.ledger.clock():%Y-%m-%d}"
        keep_days = self.settings.store.keep_days
        if keep_days is None or not self.ledger.claim_notices({today}):
            return
        swept = self.sweep(keep_days)
        self.ledger.note_told({today})
        log.info("swept what ended %d days ago, and %d pictures", keep_days, swept.removed)

    def sweep(self, keep_days: int) -> Swept:
        """Sweep what ended so many days ago, then the pictures that nothing needs any more; how many of these."""
        now = self.ledger.clock()
        before = now - timedelta(days=keep_days)
        last = self.ledger.sweep(before, FEW)
        while last:
            self.rest(REST_S)
            last = self.ledger.sweep(before, FEW, last)
        last = self.ledger.sweep_posts(before, FEW)
        while last:
            self.rest(REST_S)
            last = self.ledger.sweep_posts(before, FEW, last)
        while self.ledger.sweep_notices(before, FEW * 10):
            self.rest(REST_S)
        return accounts.media_of(self.settings).sweep(self.ledger.digests_kept(), (now - YOUNGEST).timestamp())
