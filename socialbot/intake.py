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

from socialbot import accounts, drafting, networks, reading
from socialbot.drafting import Bench
from socialbot.ledger import Accepted, Clock, Delivery, Ledger, Planned, may_redraft
from socialbot.media import Media
from socialbot.nouns import Disclosure, Draft, Limits, Mistake, Post, WrongConfiguration
from socialbot.planning import Planner
from socialbot.redaction import Redaction
from socialbot.settings import AccountSettings, Settings

LIMITS_WAIT_S = 4.0
"""Seconds that all servers together may take to tell their limits before the last known ones are used."""
_WORDS = ("caption", "extra", "correction")
"""What `social:` may say in words, for all or for one account."""
_TIMES = ("urgent", "not_before", "not_after")
"""What it may say of when, for all."""
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
    adopted: tuple[str, ...] = ()
    """Accounts that are sent nothing, since the post was adopted."""
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


@dataclass
class Intake:
    """Reads posts, drafts them for every account, and writes them into the ledger.

    Limits are asked for once in its life; make a new one for a new batch. It blocks: an event loop calls it in a thread.
    """

    settings: Settings
    ledger: Ledger
    clock: Clock
    chance: random.Random
    redaction: Redaction | None = None
    """What the log strikes out; it learns the secrets of sessions as they are used to ask servers for their limits."""

    def __post_init__(self) -> None:
        site = self.settings.site
        self.media = accounts.media_of(self.settings)
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
        self,
        paths: Sequence[Path],
        names: Collection[str] = (),
        *,
        at: datetime | None = None,
        now: bool = False,
        urgent: bool = False,
    ) -> Iterator[Receipt]:
        """Accept posts; each receipt is given only once its post is on disk. `at` or `now` set the timetable aside; what is
        `urgent` goes at once and first, but in no quiet hours unless its account says so.
        """
        if not self.settings.accounts:
            raise WrongConfiguration("no account is configured", fix="write [accounts.NAME] in socialbot.toml")
        for name in names:
            self.settings.account(name)
        for start in range(0, len(paths), _FEW):
            yield from self._enqueue_few(paths[start : start + _FEW], names, self._planner(at, now, urgent))

    def _enqueue_few(self, paths: Sequence[Path], names: Collection[str], planner: Planner) -> list[Receipt]:
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
        done = self.ledger.accept_all([(post, drafted) for _, post, drafted in ready], planner.plan)
        for (index, post, drafted), accepted in zip(ready, done, strict=True):
            known = self._known(post, names, {one.account for one in accepted})
            drafts = tuple(draft for draft, _ in drafted)
            kept = self._adopted(post, names, {one.account for one in (*accepted, *known)})
            receipts[index] = replace(receipts[index], accepted=(*accepted, *known), drafts=drafts, adopted=kept)
        return receipts

    def again(self, path: Path, names: Collection[str] = (), *, at: datetime | None = None, now: bool = False) -> Receipt:
        """Send a post once more, on purpose. Where it still waits nothing changes. Raises Mistake."""
        post = self.read(path)
        if post.unpublished:
            raise Mistake(f"not published ({post.unpublished})", where=str(path), fix="publish it, then enqueue it")
        drafted = self.draft(post, names)
        accepted = self.ledger.repeat(post, drafted, self._planner(at, now).plan)
        return Receipt(path, post, tuple(accepted), tuple(draft for draft, _ in drafted))

    def _draft_new(self, post: Post, names: Collection[str]) -> list[tuple[Draft, Disclosure]]:
        """Draft only where there is no delivery yet, or one that a new draft may replace."""
        known = self.ledger.known(post)
        if known is None:
            return self.draft(post, names)
        changed = known.differs(post)
        there: dict[str, list[Delivery]] = {}
        for one in self.ledger.deliveries(post=known.id, kind="publish"):
            there.setdefault(one.account, []).append(one)
        open_to_new = [
            name
            for name in names or self.settings.accounts
            if any(may_redraft(one, changed=changed) for one in there.get(name, ())) or not (name in there or known.adopted)
        ]
        return self.draft(post, open_to_new) if open_to_new else []

    def _known(self, post: Post, names: Collection[str], done: Collection[str]) -> list[Accepted]:
        """Deliveries of the accounts asked for that were there before."""
        wanted = set(names or self.settings.accounts) - set(done)
        known = self.ledger.known(post) if wanted else None
        there = self.ledger.deliveries(post=known.id, kind="publish") if known else []
        return [Accepted(one.id, one.account, "known", one.state, one.due_at) for one in there if one.account in wanted]

    def _adopted(self, post: Post, names: Collection[str], done: Collection[str]) -> tuple[str, ...]:
        """The accounts asked for that are sent nothing, since the post counts as seen."""
        wanted = [name for name in names or self.settings.accounts if name not in done and not self._skips(post, name)]
        known = self.ledger.known(post) if wanted else None
        return tuple(wanted) if known and known.adopted else ()

    def seen(self, post: Post, names: Collection[str] = ()) -> tuple[str, ...]:
        """The accounts (of all, or of those named) that `enqueue` would send nothing of it: it was adopted."""
        known = self.ledger.known(post)
        there = self.ledger.deliveries(post=known.id, kind="publish") if known else []
        return self._adopted(post, names, {one.account for one in there})

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

    def adopt(self, paths: Sequence[Path] = ()) -> list[Receipt]:
        """Mark posts, or all in `site.posts`, as seen: no account that has no delivery of them gets one, now or one day.

        What waits already stays as it is.
        """
        folder = (self.settings.home / self.settings.site.posts).resolve()
        if not paths and not folder.is_dir():
            raise Mistake(f"site.posts: there is no folder {folder}", fix="correct it in socialbot.toml, or name the posts")
        receipts = []
        for path in paths or reading.posts_in(folder):
            try:
                post = self.read(path)
            except Mistake as mistake:
                receipts.append(Receipt(path, mistake=mistake))
                continue
            # What is not published yet will be news one day.
            begins = max(filter(None, (post.published, post.not_before)), default=None)
            news = post.unpublished or (begins and begins > self.clock())
            known = self.ledger.known(post)
            receipts.append(Receipt(path) if news or (known and known.adopted) else Receipt(path, post))
        self.ledger.mark_seen([receipt.post for receipt in receipts if receipt.post])
        if not paths:
            self.ledger.note_scan(str(folder))
        return receipts

    def approve(self, name: str, *, at: datetime | None = None, now: bool = False) -> Delivery:
        """Let a held delivery through, at its account's next free slot. Raises Mistake."""
        return self.ledger.approve(name, self._replan(name, at, now))

    def retry(self, name: str) -> Delivery:
        """Queue a failed, cancelled or given-up delivery again, for now. Raises Mistake."""
        return self.ledger.retry(name, self._replan(name, None, True))

    def move(self, name: str, at: datetime) -> Delivery:
        """Give a waiting delivery another time, by hand. Raises Mistake."""
        delivery = self.ledger.delivery(name)
        return self.ledger.move(delivery.id, self._moved(delivery, at))

    def swap(self, one: str, other: str) -> tuple[Delivery, Delivery]:
        """Two waiting deliveries of an account take each other's time. Raises Mistake."""
        first, second = self.ledger.delivery(one), self.ledger.delivery(other)
        if first.account != second.account:
            raise Mistake(f"{first.id} is for {first.account}, {second.id} for {second.account}", fix="swap two of one account")
        for each in (first, second):
            if each.state != "queued" or each.due_at is None:
                raise Mistake(f"{each.id} is {each.state}", fix="only what is queued can be swapped")
        return self.ledger.swap((first.id, self._in_place_of(first, second)), (second.id, self._in_place_of(second, first)))

    def _in_place_of(self, delivery: Delivery, other: Delivery) -> Planned:
        planned = self._moved(delivery, other.due_at or self.clock())
        return replace(planned, slot=other.slot, not_before=delivery.not_before, pinned=other.pinned)

    def _moved(self, delivery: Delivery, at: datetime) -> Planned:
        return self._planner(None, False).move(delivery, self.ledger.post(delivery.post), at)

    def resolve(self, name: str, url: str | None) -> Delivery:
        """A person says that a doubtful delivery is out at `url`, or (None) is not out and shall be sent. Raises Mistake."""
        return self.ledger.resolve(name, url, self._replan(name, None, True))

    def _replan(self, name: str, at: datetime | None, now: bool) -> Planned:
        """The same draft with a new due time: its keys stay, its creation time follows."""
        delivery = self.ledger.delivery(name)
        now = now or delivery.kind != "publish"  # a change is no post of its own, and takes no slot
        with self.ledger.places() as places:
            return self._planner(at, now).again(delivery, places)

    def _planner(self, at: datetime | None, now: bool, urgent: bool = False) -> Planner:
        return Planner(self.settings, self.clock(), at, now, self.chance, urgent)

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
                adapter = accounts.connect(self.settings, name, self.ledger, self.media, client, self.redaction)
                return await accounts.current_limits(adapter, self.ledger, name, self.clock())
        except TimeoutError:
            source = f"those of {told_at:%Y-%m-%d}" if told_at else "the network's defaults"
            return limits, f"{name}: the server did not tell its limits within {LIMITS_WAIT_S:.0f} s; {source} are used."


def _check_social(post: Post, known: Collection[str], *, accounts_known: bool = True) -> None:
    """A misspelt `skip` would publish what its author keeps back. Raises Mistake."""
    for name, said in post.social.items():
        where = f"{post.source}, social.{name}"
        if name in _WORDS and not (isinstance(said, Mapping) and name in known):
            if not isinstance(said, str | None):
                raise Mistake("it is no text", where=where, fix=f"write {name}: …, or NAME: {{{name}: …}} for one account")
            continue
        if name in _TIMES and name not in known:
            continue  # it was read with the post's dates
        meant = get_close_matches(name.lower(), [*_WORDS, *_TIMES, *known], 1)
        if name not in known and (accounts_known or meant or not isinstance(said, Mapping)):
            fix = f"did you mean {meant[0]}?" if meant else f"caption, extra, or one of: {', '.join(sorted(set(known)))}"
            raise Mistake("it is neither a network nor an account", where=where, fix=fix)
        if not isinstance(said, Mapping):
            raise Mistake("it is no table", where=where, fix="write {skip: true}, {caption: …} or {extra: …}")
        for key in said:
            if key not in (*_WORDS, "skip"):
                raise Mistake(f"{key!r:.40} is unknown", where=where, fix="it takes caption, extra, correction and skip")
        if not isinstance(said.get("skip", False), bool):
            raise Mistake("skip is true or false", where=where)
        for key in _WORDS:
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
