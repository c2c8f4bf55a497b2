"""How posts come in: by hand, from the queue folder, after a deploy. One way in, so that they all meet in one row."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import httpx

from socialbot import accounts, drafting, networks, reading, timetable
from socialbot.drafting import Bench
from socialbot.ledger import Accepted, Clock, Delivery, Ledger, Planned, Taken, may_redraft
from socialbot.media import Media
from socialbot.nouns import Disclosure, Draft, Limits, Mistake, Post, WrongConfiguration
from socialbot.settings import AccountSettings, Settings

LIMITS_WAIT_S = 4.0
"""Seconds that all servers together may take to tell their limits before the last known ones are used."""
_FEW = 50
"""Posts that are written in one transaction: large enough to share a sync, small enough to hold few in memory."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one post file."""

    path: Path
    post: Post | None = None
    accepted: tuple[Accepted, ...] = ()
    drafts: tuple[Draft, ...] = ()
    """What was drafted now; empty when all of it was known already."""
    mistake: Mistake | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at the site's posts found after a deploy."""

    enqueued: tuple[Receipt, ...] = ()
    known: tuple[Path, ...] = ()
    unpublished: tuple[Path, ...] = ()
    waiting: tuple[Path, ...] = ()
    """Their date has not come."""
    marked_seen: tuple[Path, ...] = ()
    rejected: tuple[Receipt, ...] = ()


class Planner:
    """Gives drafts their due times, for one batch at one moment: each the next free slot of its account."""

    def __init__(self, settings: Settings, moment: datetime, at: datetime | None, now: bool, chance: random.Random) -> None:
        self.settings, self.moment, self.at, self.now, self.chance = settings, moment, at, now, chance
        self._free: dict[str, Iterator[datetime]] = {}
        self._given: set[tuple[str, datetime]] = set()

    def plan(self, post: Post, draft: Draft, disclosure: Disclosure, taken: Taken) -> Planned:
        """When the draft goes, and with it what is random or timed in its request (`ledger.Plan`)."""
        earliest = max(self.moment, post.published or self.moment)
        slot = self._slot(draft.account, earliest, taken)
        due_at = slot or self.at or earliest
        fixed = networks.load(draft.network).fix(due_at, self.chance)
        not_before = due_at if self.at else earliest if earliest > self.moment else None
        return Planned(replace(draft, fixed=fixed), disclosure, due_at, slot, not_before)

    def again(self, delivery: Delivery, taken: set[datetime]) -> Planned:
        """A delivery's own draft, at a new time, but never before the post's date or the time that was asked for."""
        earliest = max(self.moment, delivery.not_before or self.moment)
        slot = self._slot(delivery.account, earliest, lambda _: taken)
        due_at = slot or self.at or earliest
        fixed = networks.load(delivery.network).freshen(delivery.draft.fixed, due_at)
        return Planned(replace(delivery.draft, fixed=fixed), delivery.disclosure, due_at, slot, delivery.not_before)

    def _slot(self, account: str, earliest: datetime, taken: Taken) -> datetime | None:
        slots = self.settings.account(account).slots
        if self.at or self.now or not slots:
            return None
        if earliest > self.moment:  # a post that waits for its date looks for its own slot
            free = self._free_slots(account, earliest, taken(account))
        else:
            if account not in self._free:
                self._free[account] = self._free_slots(account, earliest, taken(account))
            free = self._free[account]
        slot = next(free)
        self._given.add((account, slot))
        return slot

    def _free_slots(self, account: str, after: datetime, taken: set[datetime]) -> Iterator[datetime]:
        slots = timetable.slots_after(self.settings.account(account).slots, self.settings.zone(account), after)
        return (slot for slot in slots if slot not in taken and (account, slot) not in self._given)


@dataclass
class Intake:
    """Reads posts, drafts them for every account, and writes them into the ledger.

    Limits are asked for once in its life; make a new one for a new batch. It blocks: an event loop calls it in a thread.
    """

    settings: Settings
    ledger: Ledger
    clock: Clock
    chance: random.Random

    def __post_init__(self) -> None:
        home, site = self.settings.home, self.settings.site
        self.media = Media(home / "media")
        self.fetcher = reading.Fetcher(httpx.Client(trust_env=False), allow_private=site.fetch_private)
        self._limits: dict[str, tuple[Limits, str | None]] = {}

    @cached_property
    def bench(self) -> Bench:
        """What drafting works with, made when it is first needed: approving and resolving draft nothing. Raises Mistake."""
        accounts = self.settings.accounts.values()
        shapes = {one.shape or networks.limits_of(one.network).shape for one in accounts}
        return drafting.bench(self.settings, self.media, self.clock().date(), shapes)

    def read(self, path: Path) -> Post:
        """A post from its file. Raises Mistake."""
        return reading.read(path, self.settings.site, self.settings.home, self.media, fetcher=self.fetcher)

    def draft(self, post: Post, names: Collection[str] = ()) -> list[tuple[Draft, Disclosure]]:
        """What the accounts (all of them, or those named) would send. Raises Mistake when a name is unknown."""
        _check_social(post, [*networks.counted(), *self.settings.accounts])
        wanted = [name for name in names or self.settings.accounts if not self._skips(post, name)]
        self._ask_limits(wanted)
        drafted = []
        for name in wanted:
            limits, warning = self._limits[name]
            draft, told = drafting.draft(post, name, self.settings.account(name), limits, self.bench)
            drafted.append((replace(draft, warnings=(*draft.warnings, warning)) if warning else draft, told))
        return drafted

    def _skips(self, post: Post, name: str) -> bool:
        return drafting.skips(post, name, self.settings.account(name))

    def enqueue(
        self, paths: Sequence[Path], names: Collection[str] = (), *, at: datetime | None = None, now: bool = False
    ) -> Iterator[Receipt]:
        """Accept posts; each receipt is given only once its post is on disk. `at` or `now` set the timetable aside."""
        if not self.settings.accounts:
            raise WrongConfiguration("no account is configured", fix="write [accounts.NAME] in socialbot.toml")
        for name in names:
            self.settings.account(name)
        for start in range(0, len(paths), _FEW):
            yield from self._enqueue_few(paths[start : start + _FEW], names, at, now)

    def _enqueue_few(self, paths: Sequence[Path], names: Collection[str], at: datetime | None, now: bool) -> list[Receipt]:
        receipts: list[Receipt] = []
        ready: list[tuple[int, Post, list[tuple[Draft, Disclosure]]]] = []
        for path in paths:
            try:
                post = self.read(path)
                if post.unpublished:
                    raise Mistake(f"not published yet ({post.unpublished})", where=str(path), fix="publish it, then enqueue it")
                ready.append((len(receipts), post, self._draft_new(post, names)))
                receipts.append(Receipt(path, post))
            except WrongConfiguration:  # a template that cannot be used is no fault of the post
                raise
            except Mistake as mistake:
                receipts.append(Receipt(path, mistake=mistake))
        planner = self._planner(at, now)
        done = self.ledger.accept_all([(post, drafted) for _, post, drafted in ready], planner.plan)
        for (index, post, drafted), accepted in zip(ready, done, strict=True):
            known = self._known(post, names, {one.account for one in accepted})
            drafts = tuple(draft for draft, _ in drafted)
            receipts[index] = replace(receipts[index], accepted=(*accepted, *known), drafts=drafts)
        return receipts

    def _draft_new(self, post: Post, names: Collection[str]) -> list[tuple[Draft, Disclosure]]:
        """Draft only where there is no delivery yet, or one that a new draft may replace."""
        known = self.ledger.known(post)
        if known is None:
            return self.draft(post, names)
        changed = known.differs(post)
        there = {one.account: one for one in self.ledger.deliveries(post=known.id)}
        open_to_new = [
            name for name in names or self.settings.accounts if name not in there or may_redraft(there[name], changed=changed)
        ]
        return self.draft(post, open_to_new) if open_to_new else []

    def _known(self, post: Post, names: Collection[str], done: Collection[str]) -> list[Accepted]:
        """Deliveries of the accounts asked for that were there before."""
        wanted = set(names or self.settings.accounts) - set(done)
        known = self.ledger.known(post) if wanted else None
        there = self.ledger.deliveries(post=known.id) if known else []
        return [Accepted(one.id, one.account, "known", one.state, one.due_at) for one in there if one.account in wanted]

    def after_deploy(self) -> Found:
        """Enqueue what is new and published in `site.posts`. A first look at an old site marks its archive as seen."""
        folder = (self.settings.home / self.settings.site.posts).resolve()
        if not folder.is_dir():
            raise Mistake(f"site.posts: there is no folder {folder}", fix="correct it in socialbot.toml")
        now = self.clock()
        found: dict[str, list[Path]] = {"known": [], "unpublished": [], "waiting": []}
        fresh: list[tuple[Path, Post]] = []
        rejected: list[Receipt] = []
        for path in reading.posts_in(folder):
            try:
                post = self.read(path)
            except Mistake as mistake:
                rejected.append(Receipt(path, mistake=mistake))
                continue
            if post.unpublished:
                found["unpublished"].append(path)
            elif self.ledger.known(post):
                found["known"].append(path)
            elif post.published and post.published > now:
                found["waiting"].append(path)
            else:
                fresh.append((path, post))
        archive = self.ledger.first_scan(str(folder)) and len(fresh) > self.settings.site.first_run_max
        if archive:
            self.ledger.mark_seen([post for _, post in fresh])
        enqueued = [] if archive else list(self.enqueue([path for path, _ in fresh]))
        if fresh or rejected or any(found.values()):  # an empty folder is no site yet
            self.ledger.note_scan(str(folder))
        return Found(
            enqueued=tuple(receipt for receipt in enqueued if not receipt.mistake),
            known=tuple(found["known"]),
            unpublished=tuple(found["unpublished"]),
            waiting=tuple(found["waiting"]),
            marked_seen=tuple(path for path, _ in fresh) if archive else (),
            rejected=(*rejected, *(receipt for receipt in enqueued if receipt.mistake)),
        )

    def approve(self, name: str, *, at: datetime | None = None, now: bool = False) -> Delivery:
        """Let a held delivery through, at its account's next free slot. Raises Mistake."""
        return self.ledger.approve(name, self._replan(name, at, now))

    def retry(self, name: str) -> Delivery:
        """Queue a failed, cancelled or given-up delivery again, for now. Raises Mistake."""
        return self.ledger.retry(name, self._replan(name, None, True))

    def resolve(self, name: str, url: str | None) -> Delivery:
        """A person says that a doubtful delivery is out at `url`, or (None) is not out and shall be sent. Raises Mistake."""
        return self.ledger.resolve(name, url, self._replan(name, None, True))

    def _replan(self, name: str, at: datetime | None, now: bool) -> Planned:
        """The same draft with a new due time: its keys stay, its creation time follows."""
        delivery = self.ledger.delivery(name)
        return self._planner(at, now).again(delivery, self.ledger.taken_slots(delivery.account))

    def _planner(self, at: datetime | None, now: bool) -> Planner:
        return Planner(self.settings, self.clock(), at, now, self.chance)

    def _ask_limits(self, names: Collection[str]) -> None:
        missing = [name for name in names if name not in self._limits]
        if missing:
            self._limits |= asyncio.run(self._discover(missing))

    async def _discover(self, names: Sequence[str]) -> dict[str, tuple[Limits, str | None]]:
        answers = await asyncio.gather(*(self._limits_of(name) for name in names))
        return dict(zip(names, answers, strict=True))

    async def _limits_of(self, name: str) -> tuple[Limits, str | None]:
        account = self.settings.account(name)
        limits, told_at = accounts.known_limits(self.ledger, name, networks.load(account.network))
        try:
            async with asyncio.timeout(LIMITS_WAIT_S), accounts.http_client(account) as client:
                adapter = accounts.connect(self.settings, name, self.ledger, self.media, client)
                return await accounts.current_limits(adapter, self.ledger, name, self.clock())
        except TimeoutError:
            source = f"those of {told_at:%Y-%m-%d}" if told_at else "the network's defaults"
            return limits, f"{name}: the server did not tell its limits within {LIMITS_WAIT_S:.0f} s; {source} are used."


def _check_social(post: Post, known: Collection[str], *, accounts_known: bool = True) -> None:
    """A misspelt `skip` would publish what its author keeps back. Raises Mistake."""
    for name, said in post.social.items():
        where = f"{post.source}, social.{name}"
        if name in ("caption", "extra") and not (isinstance(said, Mapping) and name in known):
            if not isinstance(said, str | None):
                raise Mistake("it is no text", where=where, fix=f"write {name}: …, or NAME: {{{name}: …}} for one account")
            continue
        meant = get_close_matches(name.lower(), ["caption", "extra", *known], 1)
        if name not in known and (accounts_known or meant or not isinstance(said, Mapping)):
            fix = f"did you mean {meant[0]}?" if meant else f"caption, extra, or one of: {', '.join(sorted(set(known)))}"
            raise Mistake("it is neither a network nor an account", where=where, fix=fix)
        if not isinstance(said, Mapping):
            raise Mistake("it is no table", where=where, fix="write {skip: true}, {caption: …} or {extra: …}")
        for key in said:
            if key not in ("caption", "extra", "skip"):
                raise Mistake(f"{key!r:.40} is unknown", where=where, fix="it takes caption, extra and skip")
        if not isinstance(said.get("skip", False), bool):
            raise Mistake("skip is true or false", where=where)
        for key in ("caption", "extra"):
            if not isinstance(said.get(key), str | None):
                raise Mistake("it is no text", where=f"{where}.{key}", fix="put it in quotation marks")


def everywhere(
    path: Path, settings: Settings, media: Media, today: date, names: Collection[str] = ()
) -> tuple[Post, list[Draft]]:
    """What every network (or those named) would be sent of a post, its adapter built or not.

    It goes by the networks' published limits, for an account that sets nothing of its own; no network is asked. Raises
    Mistake.
    """
    wanted = names or networks.counted()
    bench = drafting.bench(settings, media, today, {networks.limits_of(name).shape for name in wanted})
    with httpx.Client(trust_env=False) as client:
        fetcher = reading.Fetcher(client, allow_private=settings.site.fetch_private)
        post = reading.read(path, settings.site, settings.home, media, fetcher=fetcher)
    _check_social(post, [*networks.counted(), *settings.accounts], accounts_known=bool(settings.accounts))
    return post, [
        drafting.draft(post, name, AccountSettings(network=name), networks.limits_of(name), bench)[0] for name in wanted
    ]
