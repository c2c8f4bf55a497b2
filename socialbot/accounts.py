"""The accounts of an instance: their adapters, their stored sessions, and the limits their servers told."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr, ValidationError
from sqlalchemy import Column, select

from socialbot import __version__, networks
from socialbot.bucket import Bucket
from socialbot.hosting import Hosting, InBucket, InSite, Place, Served
from socialbot.ledger import Ledger, dialects
from socialbot.ledger.schema import accounts
from socialbot.ledger.turns import turn
from socialbot.media import Media
from socialbot.networks.protocol import ENDS_AT, NeedsLogin, Network, NetworkError, Passing
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
    return httpx.AsyncClient(
        timeout=account.timeout_s, follow_redirects=False, headers=agent, trust_env=False, verify=_certificates()
    )


@cache
def _certificates() -> ssl.SSLContext:
    """Whom we trust, read once for all accounts: that takes 25 ms and half a megabyte."""
    return httpx.create_ssl_context(trust_env=False)


def connect(
    settings: Settings,
    name: str,
    ledger: Ledger,
    media: Media,
    client: httpx.AsyncClient,
    redaction: Redaction | None = None,
) -> Network:
    """The adapter of an account, with its session from the ledger, whose secrets `redaction` learns as they are used."""
    vault = SessionVault(ledger, name, cipher(settings), redaction)
    account = with_secrets(settings.account(name), vault)
    return networks.load(account.network)(account, client, media, vault)


def with_secrets(account: AccountSettings, vault: SessionVault) -> AccountSettings:
    """The account with what `socialbot connect` was told in secret; what the configuration says goes before it."""
    empty = [key for key, value in account if isinstance(value, SecretStr) and not value.get_secret_value()]
    told = vault.secrets() if empty else {}
    return account.model_copy(update={key: SecretStr(told[key]) for key in empty if key in told})


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
    told, bucket = settings.media, None
    if told.store != "folder":
        secret = told.secret_access_key
        key = (told.access_key_id, secret.get_secret_value()) if told.access_key_id and secret else None
        bucket = Bucket(told.store, endpoint=told.endpoint, region=told.region, key=key)
    place = _place(settings, bucket)
    public = Hosting(place, allow_private=settings.site.fetch_private) if place else None
    return Media(settings.home / "media", bucket, public)


def _place(settings: Settings, bucket: Bucket | None) -> Place | None:
    """Where pictures are shown to networks that fetch them."""
    told, lasts = settings.media, timedelta(hours=settings.media.public_hours)
    if told.public == "s3" and bucket:
        return InBucket(bucket, lasts)
    if told.public == "serve" and told.public_url:
        return Served(told.public_url, picture_key(settings), lasts)
    if told.public == "site" and told.public_url:
        root = settings.home / settings.site.root
        return InSite(root, root / told.public_folder, told.public_url, picture_key(settings), lasts)
    return None


def picture_key(settings: Settings) -> bytes:
    """What signs the names of pictures that are shown to the public; it tells nothing of the key it is made from."""
    return hmac.new(_secret(settings)[0].encode(), b"socialbot: names of public pictures", hashlib.sha256).digest()


def cipher(settings: Settings) -> Fernet:
    """What encrypts sessions at rest: SOCIALBOT_SECRET_KEY, else the instance's key file, made at first need."""
    return _fernet(*_secret(settings))


def _secret(settings: Settings) -> tuple[str, str]:
    """The key and where it is from."""
    given = settings.secret_key.get_secret_value() if isinstance(settings.secret_key, SecretStr) else ""
    key, where = (given, "SOCIALBOT_SECRET_KEY") if given else (_key_file(settings.home / KEY_FILE), KEY_FILE)
    return key.strip(), where


def _fernet(key: str, where: str) -> Fernet:
    try:
        return Fernet(key.strip())
    except ValueError:
        fix = "restore it from a backup; or delete it, and connect every account again"
        raise Mistake("not a Fernet key (32 bytes, url-safe base64)", where=where, fix=fix) from None


def _key_file(path: Path) -> str:
    if not path.exists():
        with tempfile.NamedTemporaryFile(dir=path.parent) as made:  # readable by its owner only
            made.write(Fernet.generate_key())
            made.flush()
            os.fsync(made.fileno())  # what is sealed with it is synced, too
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
        session = self._unseal(accounts.c.session)
        if session and self.redaction:
            self.redaction.learn(self.name, session)
        return session or None

    def write(self, session: Mapping[str, str] | None) -> None:
        """Store a session, synced, before it is used; None drops it. Raises NeedsLogin where another key's would be lost."""
        self._spare_foreign(accounts.c.session)
        if self.redaction and session:
            self.redaction.learn(self.name, session)
        _keep(self.ledger, self.name, session=self._seal(session) if session else None)

    def forget_foreign(self) -> None:
        """Drop what another key sealed: a person logs in anew."""
        lost = [column for column in (accounts.c.session, accounts.c.secrets) if self._is_foreign(column)]
        if lost:
            _keep(self.ledger, self.name, **{column.name: None for column in lost})

    def _spare_foreign(self, column: Column[Any]) -> None:
        """Whoever lacks the key, as a shell without the service's environment does, must not replace what they cannot read."""
        if self._is_foreign(column):
            raise NeedsLogin(
                f"The login of {self.name} is stored under another key.",
                f"Set SOCIALBOT_SECRET_KEY as it was, or log in anew: socialbot connect NETWORK --account {self.name}.",
            )

    def _is_foreign(self, column: Column[Any]) -> bool:
        with self.ledger.reading() as connection:
            sealed = connection.execute(select(column).where(accounts.c.name == self.name)).scalar()
        try:
            if sealed:
                self.cipher.decrypt(sealed)
        except InvalidToken:
            return True
        return False

    def _unseal(self, column: Column[Any]) -> dict[str, str]:
        with self.ledger.reading() as connection:
            sealed = connection.execute(select(column).where(accounts.c.name == self.name)).scalar()
        try:
            opened: dict[str, str] = json.loads(self.cipher.decrypt(sealed)) if sealed else {}
        except InvalidToken:
            return {}
        return opened

    def _seal(self, words: Mapping[str, str]) -> str:
        return self.cipher.encrypt(json.dumps(dict(words)).encode()).decode()

    def secrets(self) -> dict[str, str]:
        """The account's options that a person gave to `socialbot connect`, and that belong into no file."""
        told = self._unseal(accounts.c.secrets)
        if told and self.redaction:
            self.redaction.learn(f"{self.name}'s options", told)
        return told

    def keep_secrets(self, options: Mapping[str, str]) -> None:
        """Store secret options beside those that are stored. Raises NeedsLogin where another key's would be lost."""
        self._spare_foreign(accounts.c.secrets)
        _keep(self.ledger, self.name, secrets=self._seal(self.secrets() | dict(options)))

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


def hosts(settings: Settings) -> dict[str, str]:
    """Account → the host that its calls go to, for accounts of those networks that are on more than one."""
    there = {name: urlsplit(getattr(one, "server", None) or "").netloc.lower() for name, one in settings.accounts.items()}
    several = {
        network: len({there[name] for name, one in settings.accounts.items() if one.network == network}) > 1
        for network in {one.network for one in settings.accounts.values()}
    }
    return {name: there[name] for name, one in settings.accounts.items() if several[one.network] and there[name]}


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
