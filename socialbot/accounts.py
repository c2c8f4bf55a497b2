"""The accounts of an instance: their adapters, their stored sessions, and the limits their servers told."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from socialbot import __version__, networks
from socialbot.bucket import Bucket
from socialbot.ledger import Ledger, dialects
from socialbot.ledger.schema import accounts
from socialbot.ledger.turns import turn
from socialbot.media import Media
from socialbot.networks.protocol import ENDS_AT, Network, NetworkError, Passing
from socialbot.nouns import Limits, Mistake, freeze, thaw
from socialbot.redaction import Redaction
from socialbot.settings import AccountSettings, Settings

LIMITS_LAST = timedelta(days=1)
KEY_FILE = "secret.key"
RENEWALS_TAKE_S = 60
"""A process that renews a login is waited for so long."""


def options_of(network: str) -> type[AccountSettings]:
    """The settings class of a network's accounts. Raises Mistake when there is no such network."""
    return networks.load(network).options


def http_client(account: AccountSettings) -> httpx.AsyncClient:
    """One client for each account: redirects are not followed, because a credential must not follow them."""
    agent = {"User-Agent": f"socialbot/{__version__}"}
    return httpx.AsyncClient(timeout=account.timeout_s, follow_redirects=False, headers=agent, trust_env=False)


def connect(
    settings: Settings,
    name: str,
    ledger: Ledger,
    media: Media,
    client: httpx.AsyncClient,
    redaction: Redaction | None = None,
) -> Network:
    """The adapter of an account, with its session from the ledger, whose secrets `redaction` learns as they are used."""
    account = settings.account(name)
    vault = SessionVault(ledger, name, cipher(settings), redaction)
    return networks.load(account.network)(account, client, media, vault)


def token_ends(settings: Settings, ledger: Ledger) -> dict[str, datetime]:
    """When the tokens of accounts end, so that a person must log in anew; those of which their session tells it."""
    with ledger.reading() as connection:
        stored = set(connection.execute(select(accounts.c.name).where(accounts.c.session.is_not(None))).scalars())
    ends = {}
    for name in sorted(stored & set(settings.accounts)):
        session = SessionVault(ledger, name, cipher(settings)).read() or {}
        with suppress(KeyError, ValueError):
            moment = datetime.fromisoformat(session[ENDS_AT])
            ends[name] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return ends


def media_of(settings: Settings) -> Media:
    """The pictures of an instance. Raises Mistake when they are in a bucket and the extra for that is not installed."""
    told = settings.media
    if told.store == "folder":
        return Media(settings.home / "media")
    secret = told.secret_access_key
    key = (told.access_key_id, secret.get_secret_value()) if told.access_key_id and secret else None
    return Media(settings.home / "media", Bucket(told.store, endpoint=told.endpoint, region=told.region, key=key))


def cipher(settings: Settings) -> Fernet:
    """What encrypts sessions at rest: SOCIALBOT_SECRET_KEY, else the instance's key file, made at first need."""
    given = settings.secret_key.get_secret_value() if isinstance(settings.secret_key, SecretStr) else ""
    return _fernet(given, "SOCIALBOT_SECRET_KEY") if given else _fernet(_key_file(settings.home / KEY_FILE), KEY_FILE)


def _fernet(key: str, where: str) -> Fernet:
    try:
        return Fernet(key.strip())
    except ValueError:
        raise Mistake("not a Fernet key (32 bytes, url-safe base64)", where=where, fix="delete it; a new one is made") from None


def _key_file(path: Path) -> str:
    if not path.exists():
        with tempfile.NamedTemporaryFile(dir=path.parent) as made:  # readable by its owner only
            made.write(Fernet.generate_key())
            made.flush()
            # A link appears whole or not at all; another process may have made it in this moment.
            with suppress(FileExistsError):
                path.hardlink_to(made.name)
    return path.read_text()


@dataclass(frozen=True, slots=True)
class SessionVault:
    """One account's session in the ledger, encrypted (`networks.protocol.Vault`)."""

    ledger: Ledger
    name: str
    cipher: Fernet
    redaction: Redaction | None = None

    def read(self) -> dict[str, str] | None:
        """The stored session; None when there is none, or when the key has changed since."""
        with self.ledger.reading() as connection:
            sealed = connection.execute(select(accounts.c.session).where(accounts.c.name == self.name)).scalar()
        if not sealed:
            return None
        try:
            session: dict[str, str] = json.loads(self.cipher.decrypt(sealed))
        except InvalidToken:
            return None
        if self.redaction:
            self.redaction.learn(self.name, session)
        return session

    def write(self, session: Mapping[str, str] | None) -> None:
        """Store a session, synced, before it is used; None drops it."""
        if self.redaction and session:
            self.redaction.learn(self.name, session)
        sealed = self.cipher.encrypt(json.dumps(dict(session)).encode()).decode() if session else None
        _keep(self.ledger, self.name, session=sealed)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Raises Passing when another process renews this session for longer than `RENEWALS_TAKE_S`."""
        turns = AsyncExitStack()
        try:
            await turns.enter_async_context(turn(self.ledger.engine, self.name, RENEWALS_TAKE_S))
        except TimeoutError:
            raise Passing("Another process is renewing this login; it will be tried again.") from None
        async with turns:
            yield


def known_limits(ledger: Ledger, name: str, network: type[Network]) -> tuple[Limits, datetime | None]:
    """The limits that the account's server told last, and when; the network's defaults where it never did."""
    with ledger.reading() as connection:
        row = connection.execute(select(accounts.c.limits, accounts.c.limits_at).where(accounts.c.name == name)).first()
    if row and row.limits:
        with suppress(ValidationError):
            # What a release with other Limits wrote says nothing of the new ones: ask the server again.
            if json.loads(row.limits).keys() == {field.name for field in fields(Limits)}:
                return thaw(Limits, row.limits), row.limits_at
    return network.limits, None


async def current_limits(adapter: Network, ledger: Ledger, name: str, now: datetime) -> tuple[Limits, str | None]:
    """Limits asked for at most once a day, and a warning when the server could not be asked."""
    if type(adapter).discover is Network.discover:  # the server tells nothing; what we know may have changed with an update
        return adapter.limits, None
    limits, told_at = known_limits(ledger, name, type(adapter))
    if told_at and now - told_at < LIMITS_LAST:
        return limits, None
    try:
        limits = await adapter.discover()
    except NetworkError as error:
        source = f"those of {told_at:%Y-%m-%d}" if told_at else "the network's defaults"
        return limits, f"{error} Its limits could not be asked for; {source} are used."
    _keep(ledger, name, limits=freeze(limits), limits_at=now)
    return limits, None


def _keep(ledger: Ledger, name: str, **values: object) -> None:
    with ledger.shared.begin() as connection:
        dialects.upsert(connection, accounts, {"name": name}, **values)
