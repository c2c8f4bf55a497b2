"""Where one adapter stands against its fake: its account, its ledger, drafts made as for any post, and what the public sees."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import ClassVar, TypeVar

import httpx
import pytest
from cryptography.fernet import Fernet

from socialbot import networks
from socialbot.accounts import SessionVault
from socialbot.delivery import Courier
from socialbot.hosting import Hosting
from socialbot.ledger import Claims, Delivery, Ledger, Planned
from socialbot.media import Media, Public
from socialbot.networks.protocol import CannotTell, Network, Prepared, Published
from socialbot.nouns import Disclosure, Draft, Limits, Post, Variant, freeze, thaw
from socialbot.settings import WorkerSettings
from socialbot.testing.conformance import drafts
from socialbot.testing.conformance.wire import Call, Clock, Uploads, Vault, Wire
from socialbot.testing.fakes.server import Fake, Seen
from socialbot.testing.site import LoopbackSite

T = TypeVar("T")
Act = Callable[[Network], Awaitable[T]]
PATIENCE_S = 30.0
"""Real seconds after which something that ought to have ended is a failure: much longer than it ever takes."""

STEPS = 2_000
"""So many tries and seconds of rest are more than any delivery takes."""


class Stand:
    """One account of one adapter, and its fake. Every act is made as by a new process."""

    def __init__(
        self,
        kind: type[Network],
        fake: Fake,
        account: Mapping[str, object],
        clock: Clock,
        folder: Path,
        public: Public | None = None,
    ) -> None:
        self.kind, self.fake, self.clock, self.folder = kind, fake, clock, folder
        self.account = kind.options.model_validate({"network": kind.name, **account})
        self.media, self.vault = Media(drafts.workshop().media.folder, public=public), Vault()
        self._uploads: dict[str, Uploads] = {}
        self.calls: list[Call] = []
        self.ahead = timedelta()
        """By how much the adapter's clock is before the network's."""

    def with_account(self, **more: object) -> None:
        """Change the account's settings."""
        self.account = self.kind.options.model_validate({**dict(self.account), **more})

    @cached_property
    def limits(self) -> Limits:
        """The limits as the fake tells them."""
        return self.act(lambda network: network.discover())

    @property
    def doubt(self) -> str:
        """The adapter's class of doubt, once it has talked to the fake."""

        async def ask(network: Network) -> str:
            await network.discover()
            return network.doubt.kind

        return self.act(ask)

    def uploads(self, draft: Draft) -> Uploads:
        """What is remembered of a draft's uploads: each delivery has its own."""
        return self._uploads.setdefault(repr(draft), Uploads())

    def forget_uploads(self) -> None:
        """Nothing is remembered of any upload."""
        self._uploads.clear()

    # Single acts

    def act(self, act: Act[T], wire: httpx.AsyncBaseTransport | None = None) -> T:
        """Have a new adapter do it, over `wire` instead of to the fake where one is given."""
        return asyncio.run(self._alone(act, wire or Wire(), self.vault))

    async def _alone(self, act: Act[T], wire: httpx.AsyncBaseTransport, vault: Vault | SessionVault) -> T:
        async with httpx.AsyncClient(transport=wire, trust_env=False, follow_redirects=False) as client:
            network = self.kind(self.account, client, self.media, vault, lambda: self.clock() + self.ahead)
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await act(network)
            except TimeoutError:
                pytest.fail(f"a call did not end within {PATIENCE_S:g} seconds")
            finally:
                self.calls += getattr(wire, "calls", ())

    def prepare(
        self, draft: Draft, part: int = 0, *before: Published, wire: httpx.AsyncBaseTransport | None = None
    ) -> Prepared:
        """Prepare a part."""
        return self.act(lambda network: network.prepare(draft, part, self.uploads(draft), before), wire)

    def publish(self, prepared: Prepared) -> Published:
        """Publish what was prepared."""
        return self.act(lambda network: network.publish(prepared))

    def send(self, draft: Draft, part: int = 0, *before: Published) -> Published:
        """Prepare and publish a part."""
        return self.publish(self.prepare(draft, part, *before))

    def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look for it, as another process that knows only what the ledger stored."""
        request = drafts.stored(prepared.request)
        stored = Prepared(thaw(Draft, freeze(prepared.draft)), prepared.part, request, prepared.remember)
        return self.act(lambda network: network.find(stored, since))

    # Drafts

    def written(self, post: Post | None = None, **account: object) -> Draft:
        """What drafting makes of a post for this account."""
        self.with_account(**account)
        return self._fixed(drafts.written(post or drafts.post(), self.account, self.limits))

    def made(self, *texts: str, pictures: int | None = None, title: str | None = None) -> Draft:
        """A draft by hand, with so many pictures; by default as many as the network needs, which is one or none."""
        many = int(self.limits.needs_picture) if pictures is None else pictures
        variants = [drafts.picture(self.limits, number) for number in range(many)]
        return self._fixed(drafts.made(self.kind.name, self.limits, texts, variants, title=title))

    def at_edge(self, name: str, over: int = 0) -> Draft:
        """A draft that meets a limit exactly, or is just over it."""
        texts, variants, told = drafts.edge(self.limits, name, over)
        return self._fixed(drafts.made(self.kind.name, self.limits, texts, variants, title=told.get("title")))

    def _fixed(self, draft: Draft) -> Draft:
        chance = random.Random(f"{self.clock()} {draft}")  # noqa: S311 - two drafts draw two keys, the same in every run
        return replace(draft, fixed=self.kind.fix(self.clock(), chance))

    # Deliveries

    @cached_property
    def ledger(self) -> Ledger:
        """A real store on a file."""
        shutil.copy(drafts.workshop().store, self.folder)
        return Ledger.open(f"sqlite:///{drafts.workshop().store.name}", self.folder, self.clock)

    @cached_property
    def session(self) -> SessionVault:
        """The account's session in the store, encrypted."""
        return SessionVault(self.ledger, "account", Fernet(b"Y29uZm9ybWFuY2UtY29uZm9ybWFuY2UtY29uZm9ybWE="))

    def accept(self, draft: Draft) -> str:
        """Put a draft into the ledger; the delivery's id."""
        post = Post(id=draft.post_id, source=f"{draft.post_id}.md", content_hash="hash", title="Fog")
        done = self.ledger.accept(post, [(draft, Disclosure())], lambda *_: Planned(draft, Disclosure(), self.clock()))
        return done[0].delivery

    def work(self, owner: str = "worker.1", wrap: Callable[[Network], None] = lambda _: None) -> Delivery | None:
        """One worker takes what is due and carries it as far as it goes; the delivery afterwards, None when nothing is due."""
        claims = Claims(self.ledger, owner, 180)
        claimed = claims.claim(1, {owner})
        if not claimed:
            return None

        async def sleep(seconds: float) -> None:
            self.clock.turn(seconds)

        courier = Courier(claims, WorkerSettings(), random.Random(0), lambda: self.clock.at.timestamp(), sleep)  # noqa: S311

        async def carry(network: Network) -> None:
            wrap(network)
            await courier.deliver(claimed[0], network)

        asyncio.run(self._alone(carry, Wire(), self.session))
        return self.ledger.delivery(claimed[0].id)

    def carry(self, delivery: str, within_s: float = 4 * 3600) -> Delivery:
        """Let time pass and workers work until nothing is due any more; the delivery afterwards."""
        end = self.clock() + timedelta(seconds=within_s)
        for _ in range(STEPS):
            due = self.ledger.next_due()
            if not due or due > end:
                return self.ledger.delivery(delivery)
            self.clock.at = max(self.clock(), due)
            if self.work() is None:  # its account rests
                self.clock.turn(1)
        pytest.fail(f"it is still due after {STEPS} steps: {self.ledger.delivery(delivery)}")

    # The public

    def shown(self, draft: Draft, part: int = 0) -> list[Seen]:
        """The posts that the public sees with the words of this part."""
        words = self.words(draft, part)
        return [seen for seen in self.fake.posts if (seen.title, seen.text) == words]

    def words(self, draft: Draft, part: int = 0) -> tuple[str | None, str]:
        """Title and text as the public should see them."""
        caption = draft.parts[part].caption
        return caption.title, self.fake.rewritten(caption.text)


class _OnDemand:
    """A site that shows pictures to networks that fetch them (`media.Public`), there once one is asked for."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack

    @cached_property
    def _hosting(self) -> Hosting:
        return self._stack.enter_context(LoopbackSite(self._folder)).public()

    async def address(self, picture: Variant, content: bytes, crawler: str, now: datetime) -> str:
        """An address of the picture."""
        return await self._hosting.address(picture, content, crawler, now)


class Stands:
    """What all groups of tests share: the fake, the account on it, and the adapter that is tried."""

    fake: ClassVar[Callable[..., Fake]]
    """The fake's class: called with `clock`, it makes one that is not yet started."""
    adapter: ClassVar[type[Network] | None] = None
    """The adapter; by default the installed one of the fake's network."""

    def make_fake(self, clock: Clock) -> Fake:
        """The fake, not yet started. Override it where switches are to be set."""
        return type(self).fake(clock=clock)

    def account(self, fake: Fake) -> Mapping[str, object]:
        """The settings of the account. Override it to add some."""
        return fake.account()

    @pytest.fixture
    def stand(self, tmp_path: Path) -> Iterator[Stand]:
        """The account, its fake running."""
        clock = Clock()
        with self.make_fake(clock) as fake, ExitStack() as stack:
            kind = self.adapter or networks.load(fake.network)
            made = Stand(kind, fake, self.account(fake), clock, tmp_path, _OnDemand(tmp_path / "site", stack))
            yield made
            if "ledger" in vars(made):
                made.ledger.engine.dispose()


def need(condition: object, why: str) -> None:
    """Skip a test whose promise does not concern this network."""
    if not condition:
        pytest.skip(why)
