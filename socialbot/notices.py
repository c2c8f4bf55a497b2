"""Telling a person what needs one, through Apprise: each thing once on each channel, whatever crashes between.

A notice is claimed in the ledger, then sent, then noted as told; a try that failed is made again. Apprise runs in a process
of its own: it takes 45 MB, and a server that hangs is cut off with it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from socialbot.accounts import token_ends
from socialbot.health import disk_troubles, late, unreadable
from socialbot.ledger import Ledger
from socialbot.ledger.schema import TOLD_STATES
from socialbot.ledger.telling import Untold
from socialbot.networks.versions import Sunset, sunsets
from socialbot.nouns import Mistake
from socialbot.redaction import Redaction
from socialbot.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10
SEND_WITHIN_S = 20.0
TOKEN_DAYS = (1, 7, 14)
MISSING = "Notices need the extra: pip install 'socialbot[notices]'."
_AT_ONCE = 20
"""So many deliveries in one message; more follow in the next."""
_LISTED = 10
_OLDEST = timedelta(days=1)
"""What came to pass before is no news; nor is it when notices are set up later."""
_DAY = timedelta(days=1)
_PATIENCE = timedelta(minutes=1)
"""A store that restarts is back within this, and nobody need be woken."""
_CHILD = """
import json, sys
import apprise
url, title, body = json.load(sys.stdin)
told = apprise.Apprise()
good = told.add(url) and told.notify(title=title, body=body, body_format="text")
sys.exit(0 if good else 1)
"""
_HAPPENED = {"failed": "failed", "held": "is held", "missed": "missed its time"}
_ABSENT = "was published and is not shown"

Send = Callable[[str, str, str], str | None]
"""Tell the channel of this URL a title and a body; None, or why it could not be told."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell, once: `head` in a line, and all of it."""

    key: str
    head: str
    body: Callable[[], str]


def send(url: str, title: str, body: str) -> str | None:
    """Tell one channel. It blocks for up to 20 s; None, or a sentence about why it could not be told."""
    try:
        done = subprocess.run(  # noqa: S603 — this Python and our own words
            [sys.executable, "-P", "-c", _CHILD],
            input=json.dumps((url, title, body)),  # not an argument: every process may read those
            capture_output=True,
            text=True,
            timeout=SEND_WITHIN_S,
            check=False,
            start_new_session=True,  # Ctrl-C is for the parent
        )
    except subprocess.TimeoutExpired:
        return f"it did not answer within {SEND_WITHIN_S:.0f} s"
    except OSError as error:
        return f"Apprise could not be started ({error.strerror})"
    if done.returncode == 0:
        return None
    said = " ".join(done.stderr.split("\n")[-2:]).strip()
    return said[:500] or "Apprise cannot use its URL, or its server refused"


def can_send() -> bool:
    """Is Apprise installed?"""
    return importlib.util.find_spec("apprise") is not None


@dataclass
class Notifier:
    """Tells the channels of an instance what there is to tell. `look` blocks; a worker calls it in a thread."""

    settings: Settings
    ledger: Ledger
    redact: Redaction
    send: Send = send
    _unwritten: set[str] = field(default_factory=set)
    """What was told while the store could take no note of it."""
    _silent_since: datetime | None = None
    """When the store began not to answer."""

    def look(self) -> None:
        """See what there is to tell, and tell it. It raises nothing."""
        try:
            for url in self.settings.notices.urls:
                self._tell(url.get_secret_value())
            self._silent_since = None
        except SQLAlchemyError as error:
            log.warning("notices: the store did not answer (%s)", type(error).__name__)
            self._tell_without_store(unreadable(error).sentence)
        except Exception:  # whatever is wrong with a notice must not reach a delivery
            log.exception("notices")

    def _tell(self, url: str) -> None:
        channel = name_of(url)
        open_now = [one for one in (*self._deliveries(channel), *self._open(channel)) if one.key not in self._unwritten]
        claimed = self._claim([notice.key for notice in open_now]) if open_now else set()
        mine = [notice for notice in open_now if notice.key in claimed]
        if not mine:
            return
        if why := self._send(url, *self._letter(mine)):
            log.warning("a notice could not be sent: %s", why)
            self._unwritten -= claimed
        elif written := claimed - self._unwritten:
            self.ledger.note_told(written)

    def _send(self, url: str, title: str, body: str) -> str | None:
        return self.send(url, self.redact(title), self.redact(body))

    def _letter(self, notices: Sequence[Notice]) -> tuple[str, str]:
        title = notices[0].head if len(notices) == 1 else f"{len(notices)} notices, first: {notices[0].head}"
        return f"socialbot: {title}", "\n\n".join(notice.body() for notice in notices)

    def _claim(self, keys: Sequence[str]) -> set[str]:
        try:
            return self.ledger.claim_notices(keys)
        except SQLAlchemyError:  # a full disk takes no note of anything, and is what has to be told
            self._unwritten |= set(keys)
            return set(keys)

    def _tell_without_store(self, sentence: str) -> None:
        now = self.ledger.clock()
        self._silent_since = self._silent_since or now
        key = f"store:{now.date()}"
        if key in self._unwritten or now - self._silent_since < _PATIENCE:
            return
        self._unwritten.add(key)
        for url in self.settings.notices.urls:
            if why := self._send(url.get_secret_value(), f"socialbot: {sentence}", sentence):
                log.warning("a notice could not be sent: %s", why)

    # What there is to tell

    def _deliveries(self, channel: str) -> list[Notice]:
        since = self.ledger.clock() - _OLDEST
        untold = self.ledger.untold(channel, since, _AT_ONCE) + self.ledger.untold_absences(channel, since, _AT_ONCE)
        return [Notice(one.key, _head(one), _Body(one)) for one in untold]

    def _open(self, channel: str) -> list[Notice]:
        """What else there is that this channel was not told."""
        now = self.ledger.clock()
        notices = {
            f"{notice.key}@{channel}": notice
            for notice in (
                *self._waiting(now),
                *self._tokens(now),
                *self._versions(now),
                *self._troubles(now),
                *self._digest(now),
            )
        }
        still = self.ledger.open_notices(notices) if notices else set()
        return [Notice(key, notice.head, notice.body) for key, notice in notices.items() if key in still]

    def _waiting(self, now: datetime) -> Iterator[Notice]:
        """Accounts that are left alone after repeated failures, once a day for as long as that lasts."""
        for one in self.ledger.limited():
            if one.ours:
                head = f"{one.account} is left alone after repeated failures"
                body = f"{head}, and is tried again at {_moment(one.until, self._zone)}.\nWhy: {one.why}"
                yield Notice(f"resting:{one.account}:{now.date()}", head, _Said(f"{body}\nWhat to do: socialbot check"))

    def _tokens(self, now: datetime) -> Iterator[Notice]:
        try:
            known = token_ends(self.settings, self.ledger)
        except Mistake as mistake:  # sessions that cannot be read must not keep the rest from being told
            yield Notice(f"sessions:{now.date()}", "stored logins cannot be read", _Said(str(mistake)))
            return
        for name, ends in known.items():
            yield from token_notice(name, ends, now, self._zone)

    def _versions(self, now: datetime) -> Iterator[Notice]:
        """Versions of networks' interfaces that end soon, or have ended: once each, for all the accounts that ask for them."""
        asking: dict[Sunset, list[str]] = {}
        for name, account in sorted(self.settings.accounts.items()):
            for sunset in sunsets(account, now.date()):
                asking.setdefault(sunset, []).append(name)
        for sunset, names in asking.items():
            stage = "ended" if sunset.ended else "ends"
            key = f"version:{sunset.family.title}:{sunset.version}:{stage}"
            yield Notice(key, sunset.sentence, _Said(f"{sunset.sentence}\nAccounts: {', '.join(names)}"))

    def _troubles(self, now: datetime) -> Iterator[Notice]:
        """Disk and lateness, told once a day for as long as they last."""
        for trouble in (*disk_troubles(self.settings), *late(self.settings, self.ledger)):
            yield Notice(f"{trouble.name}:{now.date()}", trouble.sentence, _Said(trouble.sentence))

    # The day's summary

    @property
    def _zone(self) -> ZoneInfo:
        return self.settings.zone()

    def _digest(self, now: datetime) -> Iterator[Notice]:
        at, local = self.settings.notices.digest, now.astimezone(self._zone)
        if at is not None and local.time() >= at:
            yield Notice(f"digest:{local.date()}", f"{local:%A} {local.day} {local:%B}", lambda: self.digest(local.date()))

    def digest(self, day: date) -> str:
        """What a person wants to know in the morning: the last 24 hours, what waits for them, and what comes today."""
        now, ledger = self.ledger.clock(), self.ledger
        since = now - _DAY
        counts = ledger.count_troubles(since)
        held = ledger.counts().get("held", 0)
        midnight = datetime.combine(day + _DAY, wall_time(), self._zone)
        lines = [
            f"In the last 24 hours: {ledger.count_published(since)} published, {counts.get('failed', 0)} failed, "
            f"{counts.get('missed', 0)} missed their time.",
            f"Held, waiting for a person: {held}.",
            f"Due today: {ledger.count_due(midnight)}.",
        ]
        for state in TOLD_STATES:
            found = ledger.changed_since(None if state == "held" else since, state, _LISTED)
            lines += [f"{state}: {one.title} → {one.account}: {one.error or ''} ({one.delivery})" for one in found]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Said:
    """A body that is known already."""

    text: str

    def __call__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class _Body:
    """Of a delivery: the post, the account, the reason, what to do, and where to look."""

    about: Untold

    def __call__(self) -> str:
        held, one = self.about.held, self.about
        reason = held.reason if held else one.error or ""
        fix = held.fix if held else f"socialbot show {one.delivery} tells more"
        if one.state in TOLD_STATES and not held:
            fix += f"; then: socialbot retry {one.delivery}"
        return f"{_head(one)}\nWhy: {reason}\nWhat to do: {fix}\nDelivery: {one.delivery}"


def _head(one: Untold) -> str:
    return f"“{one.title}” {_HAPPENED.get(one.state, _ABSENT)} on {one.account}"


def token_notice(account: str, ends: datetime, now: datetime, zone: ZoneInfo) -> Iterator[Notice]:
    """The notice that an account's token ends in 14, 7 or 1 days, or has ended; none when it lasts longer."""
    left = ends - now
    for days in TOKEN_DAYS:
        if left <= timedelta(days=days):
            head = f"The login of {account} {'ends' if left > timedelta() else 'ended'} on {_moment(ends, zone)}"
            body = f"{head}.\nWhat to do: log in anew, so that its posts go on."
            yield Notice(f"token:{account}:{ends:%Y%m%d}:{days}", head, _Said(body))
            return


def name_of(url: str) -> str:
    """A channel's name in the ledger, which tells nothing of its URL."""
    return hashlib.sha256(url.encode()).hexdigest()[:8]


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %Y %H:%M %Z}"
