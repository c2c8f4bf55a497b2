"""The one door out: what every network adapter offers, and the answers it may give.

`prepare` is invisible and repeatable, `publish` is the one irreversible call, `find` looks before anything is repeated.
Adapters raise only the errors below; delivery decides what each means for the ledger.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

import httpx

from socialbot.media import Media
from socialbot.networks.rooms import Rooms, told_by
from socialbot.nouns import Draft, Limits, Mistake, NotYet, Variant
from socialbot.settings import AccountSettings

if TYPE_CHECKING:
    from socialbot.networks.login import OAuth2
    from socialbot.networks.miauth import MiAuth


class NetworkError(Exception):
    """A sentence for a person, beginning with the network's name, without secrets."""


class Passing(NetworkError):
    """Not sent, and worth trying again: the network is busy or away."""

    def __init__(self, sentence: str, retry_at: datetime | None = None) -> None:
        super().__init__(sentence)
        self.retry_at = retry_at


class RateLimited(NetworkError):
    """Not sent; the network named the moment from which it listens again."""

    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


class Refused(NetworkError):
    """Not sent, and the same request will never be taken: what is wrong, and what to do about it."""

    def __init__(self, sentence: str, fix: str) -> None:
        super().__init__(sentence)
        self.fix = fix


class NeedsLogin(Refused):
    """Not sent: the account's credentials are missing, wrong, expired or revoked."""


class Blocked(Refused):
    """Not sent: the network has closed this account or channel to us. Stop, and tell a person."""


class Unknown(NetworkError):
    """It may have been sent: the connection broke, timed out, or the server failed after the request went out."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What an unknown outcome means here.

    KEY: the same request with the same key may be repeated within `key_lasts_s`. HANDLE: `publish` shows what was made before
    (a container), which can be asked whether it is out and goes out once; it may be shown again within `key_lasts_s`. LIST: own
    posts can be searched, but an absence is not proof. NONE: nothing can be asked. `settle_s`: how long a sent request may
    still surface.
    """

    kind: Literal["KEY", "HANDLE", "LIST", "NONE"]
    settle_s: float
    key_lasts_s: float | None = None
    """None: the key, or what was made before, is good for ever."""


@dataclass(frozen=True, slots=True)
class No:
    """Why a network offers something not, and the page that says so."""

    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the network says we are, and what it says about our rights."""

    name: str
    url: str | None = None
    notes: tuple[str, ...] = ()
    bot: bool | None = None
    """The profile says that a program posts here. None: it has no place to say so."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A place that a login may post to, for a person to choose: what they know it by, and the account's settings for it."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Published:
    """The network's word that a part is out."""

    remote_id: str
    url: str | None = None
    warnings: tuple[str, ...] = ()
    flags: Mapping[str, bool] = field(default_factory=dict)
    """The network's own flags for AI media as the published post bears them, where the network lets them be read back."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The network could be asked and did not say, or cannot be asked at all."""

    why: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A part whose every byte is settled: what `publish` will send and what `find` will look for."""

    draft: Draft
    part: int
    request: Mapping[str, Any] = field(default_factory=dict)
    remember: Remember | None = field(default=None, compare=False, repr=False)
    """What `prepare` was given, for an adapter whose `publish` learns what `find` can ask about; `find` is given it, too."""


class Remember(Protocol):
    """Keeps remote ids of uploads, so that a retry uses them again instead of uploading twice."""

    def recall(self, digest: str) -> str | None:
        """The remote id of these bytes on this account, if one is known and has not expired."""

    def keep(self, digest: str, remote_id: str, lasts_s: float) -> None:
        """Write down a remote id at once; it expires after `lasts_s` seconds."""

    def forget(self, digest: str) -> None:
        """The network no longer knows this upload."""


ENDS_AT = "ends_at"
"""The key of a session under which an adapter keeps when its token ends for good, ISO 8601: a person must then log in anew,
and is told before. Absent where a token is renewed by itself, or does not end.
"""


class Vault(Protocol):
    """Where one account's session lies, encrypted at rest."""

    def read(self) -> dict[str, str] | None:
        """The stored session, or None."""

    def write(self, session: Mapping[str, str] | None) -> None:
        """Store a session before it is used; None drops it."""

    def alone(self) -> AbstractAsyncContextManager[None]:
        """While it is entered no other process renews this session. Raises Passing when another is at it for too long."""


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class Network(ABC):
    """One account on one network. It is given its HTTP client; it never builds one."""

    name: ClassVar[str]
    called: ClassVar[str] = ""
    """What people call it, where that is not its name with a capital: "LinkedIn"."""
    options: ClassVar[type[AccountSettings]]
    limits: Limits
    """The network's published defaults, as far as an account's settings leave them; `discover` refines them."""
    doubt: Doubt
    edits: ClassVar[bool] = False
    """The words of what is out can be changed here, and the descriptions of its pictures; never the pictures themselves."""
    edits_alt: ClassVar[bool] = True
    """Where it `edits`: the descriptions of pictures, too. Otherwise they stay as they went out."""
    deletes: ClassVar[bool] = False
    """What is out can be removed here."""
    measures: ClassVar[tuple[str, ...]] = ()
    """The figures that `metrics` tells, by the network's own names."""
    cannot: ClassVar[Mapping[str, No]] = MappingProxyType({})
    """What it does not offer of `networks.capabilities`, each with its reason; what stands in neither is a defect."""
    conditions: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What it takes for a capability that not every account has: "with a bot token"."""
    stories: ClassVar[bool] = False
    """Its accounts can be set to post stories."""

    crawler: ClassVar[str] = ""
    """The name in robots.txt of what fetches pictures from `public_url`; "" where it is not known, or nothing is fetched."""
    guide: ClassVar[tuple[str, ...]] = ()
    """What a person does on the network's own pages before an account can be used here, a sentence each."""
    asks: ClassVar[tuple[str, ...]] = ()
    """The options of its accounts that `socialbot connect` asks a person for, in order."""
    kept_as: ClassVar[str] = ""
    """The option that is a token which lasts: a person makes one by hand; or names none, and `entrance` brings it."""

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.account, self.client, self.media, self.vault, self.clock = account, client, media, vault, clock
        self.rests_until: datetime | None = None
        """When the next post is taken, where the network said that the last one used up what is allowed."""
        self.rooms = Rooms()
        """What its answers told of how much more it takes."""
        client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], self._hear]}

    async def _hear(self, response: httpx.Response) -> None:
        self.rooms.hear(told_by(response.headers, self.clock()))

    def spent(self, until: datetime) -> None:
        """The network takes no more posts of this account before then."""
        self.rests_until = until

    def content(self, picture: Variant) -> bytes:
        """A picture's bytes. Raises Refused when the media store has lost them."""
        try:
            return self.media.get(picture.digest)
        except FileNotFoundError:
            sentence = f"{self.title()}: a picture ({picture.digest[:12]}) is no longer in the media folder."
            raise Refused(sentence, "Enqueue the post again.") from None

    async def public_url(self, picture: Variant) -> str:
        """An address at which the network can fetch a picture, looked at before its first use; the same again for hours.

        It is good for an hour at least. Raises Refused where none can be given, Passing where it is not reachable yet.
        """
        who = self.title()
        if self.media.public is None:
            sentence = f"{who} fetches pictures from a public address, and socialbot was told of none."
            raise Refused(sentence, "Set media.public: docs/public-pictures.md tells how.")
        try:
            return await self.media.public.address(picture, self.content(picture), self.crawler, self.clock())
        except NotYet as error:
            raise Passing(f"{who} cannot fetch a picture yet: {error}; it will be tried again.") from None
        except Mistake as error:
            fix = error.fix or "see docs/public-pictures.md"
            raise Refused(f"{who} could not fetch a picture: {error.what}.", f"{fix[0].upper()}{fix[1:]}.") from None

    @classmethod
    def fix(cls, now: datetime, chance: random.Random) -> dict[str, str]:
        """Whatever is random or timed in the request, chosen once when a draft is accepted; `now` is its due time."""
        return {}

    @classmethod
    def freshen(cls, fixed: Mapping[str, str], now: datetime) -> dict[str, str]:
        """What `fix` chose, for a first send that comes very late: a new creation time, the same keys."""
        return dict(fixed)

    @classmethod
    def title(cls) -> str:
        """What people call the network."""
        return cls.called or cls.name.capitalize()

    @classmethod
    def login(cls, account: AccountSettings) -> OAuth2 | None:
        """How a person logs in through a browser; None where they set a token or password by hand."""
        return None

    async def entrance(self, redirect_uri: str) -> OAuth2 | MiAuth | None:
        """As `login`, where the server must be asked first; `redirect_uri` is where a person wants the browser to end.

        Raises NetworkError.
        """
        return self.login(self.account)

    async def keep_login(self) -> None:  # noqa: B027 - most logins need no keeping
        """Renew a login that would end while nothing is posted; the worker calls it now and then. Raises NetworkError."""

    async def choices(self) -> Sequence[Choice]:
        """The pages, boards or channels that this login may post to, where one must be chosen. Raises NetworkError."""
        return ()

    async def discover(self) -> Limits:
        """The limits as this server tells them; the defaults where it tells nothing. Raises NetworkError."""
        return self.limits

    @abstractmethod
    async def check(self) -> Identity:
        """Log in and ask who we are. Raises NetworkError."""

    async def mark_as_bot(self) -> None:
        """Have the profile say that a program posts here; it changes nothing else, and nothing where that is said already.

        Only for accounts of which `check` says whether they are marked. Raises NetworkError, never Unknown.
        """
        raise NotImplementedError(f"{self.name} has no such mark")

    @abstractmethod
    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Uploads and everything else that is invisible and repeatable. Raises NetworkError, never Unknown.

        `before`: the earlier parts as they were published, in order; a later part of a thread replies to the last of them.
        """

    @abstractmethod
    async def publish(self, prepared: Prepared) -> Published:
        """The one irreversible call. Raises NetworkError; Unknown when the outcome cannot be known."""

    @abstractmethod
    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Is the part out, sent at or after `since`? None: the network was asked and it is not there."""

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Have what is out say what a part of `draft` says; its pictures stay. It may be repeated, and is done once.

        Only where `edits`. Raises NetworkError, never Unknown.
        """
        raise NotImplementedError(f"{self.name} changes nothing that is out")

    async def locate(self, published: Published) -> str:
        """The network's own id of what is out, where a person gave its address. Raises NetworkError, never Unknown.

        It is noted before a change is made: what was removed cannot be found by its address any more.
        """
        return published.remote_id

    async def delete(self, published: Published) -> None:
        """Remove what is out; what is gone already is no error. Only where `deletes`. Raises NetworkError, never Unknown."""
        raise NotImplementedError(f"{self.name} removes nothing that is out")

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """What the network counted of a part that is out, by the names of `measures`; what it does not tell yet is absent.

        Only where it `measures`. Raises NetworkError, never Unknown.
        """
        raise NotImplementedError(f"{self.name} tells no figures")

    async def is_shown(self, published: Published) -> bool | None:
        """Does the network have what it said is out? None: it cannot be asked. Raises NetworkError, never Unknown."""
        return None
