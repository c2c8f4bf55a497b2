"""Logins that last: OAuth 2 as data, and the tokens of one account, renewed in good time and stored before they are used.

RFC 6749 and RFC 7636. Networks differ in every name and number, so that their differences are the fields of `OAuth2`.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

import httpx
from pydantic import SecretStr

from socialbot.networks.calling import Answer, Line
from socialbot.networks.protocol import ENDS_AT, NeedsLogin, NetworkError, Passing, RateLimited, Refused, Vault

Session = dict[str, str]
"""What a login left: `access_token`, `since` and, where told, `refresh_token`, `expires_at`, `ends_at`, `scope`, and what the
network names beside them. Moments are ISO 8601."""

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""A redirect address for servers that show the code, to be pasted (docs.joinmastodon.org/methods/oauth: Authorize, 2026-07)."""
_ABOUT_TO_END = timedelta(seconds=60)
"""A token that ends so soon may end on its way."""
_EXTENDS_AGAIN = timedelta(hours=1)
_DEAD_GRANTS = ("invalid_grant", "invalid_client", "unauthorized_client", "invalid_request", "invalid_token")
_META_BUSY = (1, 2, 4, 17, 32, 341, 613, 80001, 80002)
"""Faults and limits of Meta's, status 400 or not: developers.facebook.com/docs/graph-api: Handle errors, 2026-08."""
_REFRESH_ENDS_IN = ("refresh_token_expires_in", "refresh_expires_in")


@dataclass(frozen=True, slots=True)
class OAuth2:
    """How one account logs in: the network's endpoints, its dialect, and how a login is kept."""

    authorize_url: str
    token_url: str
    client_id: str
    client_secret: SecretStr
    scopes: tuple[str, ...]
    separator: str = " "
    client_name: str = "client_id"
    """What the network calls the client's id."""
    basic: bool = False
    """The client shows itself by HTTP Basic rather than in the form (RFC 6749, 2.3.1)."""
    challenge: Literal["S256", "hex"] | None = "S256"
    """PKCE: base64url as RFC 7636 has it, or the hexadecimal digest; None where the network takes none."""
    by_get: bool = False
    """The call for a token is a GET (Facebook)."""
    redirect: Literal["loopback", "https", "registered"] = "loopback"
    """Where the code may be sent: to a port of this machine; only to an https address, from which a person pastes it; or to
    what was just registered, which may be `OUT_OF_BAND`.
    """
    answers: ClassVar[tuple[str, str]] = ("state", "code")
    """What the state and the code are called in the address at which the browser ends."""
    authorize_with: Mapping[str, str] = field(default_factory=dict)
    """Further fields of the authorize URL; `token_with`, of the first call for a token."""
    token_with: Mapping[str, str] = field(default_factory=dict)
    lengthen_url: str = ""
    """Where a short token is changed for a long one, by GET with `lengthen_grant`."""
    lengthen_grant: str = ""
    lengthen_as: str = "access_token"
    """What the short token is called there; `lengthen_with`, what else is asked for."""
    lengthen_with: Mapping[str, str] = field(default_factory=dict)
    extend_url: str = ""
    """Where a long token is changed for a newer one, by GET with `extend_grant`, instead of a refresh token."""
    extend_grant: str = ""
    youngest: timedelta = timedelta()
    """A token younger than this is not extended."""
    keep: tuple[str, ...] = ()
    """Fields of the token's answer that the adapter wants to find in the session."""

    def authorize(self, redirect_uri: str, state: str, verifier: str) -> str:
        """The address at which a person lets us in."""
        query = {
            "response_type": "code",
            self.client_name: self.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.separator.join(self.scopes),
            "state": state,
            **self.authorize_with,
        }
        if self.challenge:
            query |= {"code_challenge": _challenge(self.challenge, verifier), "code_challenge_method": "S256"}
        return str(httpx.URL(self.authorize_url, params=query))

    async def exchange(self, line: Line, code: str, redirect_uri: str, verifier: str, now: datetime) -> Session:
        """The session that a code brings. Raises NetworkError: NeedsLogin when the code is not taken."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, **self.token_with}
        if self.challenge:
            form["code_verifier"] = verifier
        granted = self._granted(line, await self._token(line, form), now)
        if not self.lengthen_url:
            return granted
        query = {
            "grant_type": self.lengthen_grant,
            "client_secret": self.client_secret.get_secret_value(),
            self.lengthen_as: granted["access_token"],
            **self.lengthen_with,
        }
        longer = self._granted(line, await line.ask("GET", self.lengthen_url, params=query), now)
        return {key: value for key, value in granted.items() if key not in ("expires_at", ENDS_AT)} | longer

    async def renew(self, line: Line, session: Session, now: datetime) -> Session:
        """A newer session, not yet stored. Raises NetworkError: NeedsLogin when only a person can help."""
        if self.extend_url:
            query = {"grant_type": self.extend_grant, "access_token": session["access_token"]}
            answer = await line.ask("GET", self.extend_url, params=query)
        elif "refresh_token" in session:
            form = {"grant_type": "refresh_token", "refresh_token": session["refresh_token"]}
            answer = await self._token(line, form)
        else:
            raise NeedsLogin(f"{line.network}: the login has ended.", _again(line.network))
        granted = self._granted(line, answer, now, renewed="refresh_token" in session)
        ended = ENDS_AT in session and datetime.fromisoformat(session[ENDS_AT]) <= now  # it was thought to be, and is not
        gone = {"expires_at", *([ENDS_AT] if ended else [])}
        return {key: value for key, value in session.items() if key not in gone} | granted

    def secrets(self) -> list[str]:
        """All that must stand in no sentence."""
        return [self.client_secret.get_secret_value()]

    def is_renewed(self, session: Session) -> bool:
        """Can it be renewed without a person?"""
        return bool(self.extend_url) or "refresh_token" in session

    async def _token(self, line: Line, form: dict[str, str]) -> Answer:
        secret = self.client_secret.get_secret_value()
        if self.basic:
            return await line.ask("POST", self.token_url, data=form, auth=httpx.BasicAuth(self.client_id, secret))
        form |= {self.client_name: self.client_id} | ({"client_secret": secret} if secret else {})
        if self.by_get:
            return await line.ask("GET", self.token_url, params={k: v for k, v in form.items() if k != "grant_type"})
        return await line.ask("POST", self.token_url, data=form)

    def _granted(self, line: Line, answer: Answer, now: datetime, renewed: bool = False) -> Session:
        """What was granted. `renewed`: by a refresh token, which is good on where no new one comes (RFC 6749, 6)."""
        if answer.status != 200 or not answer.text("access_token"):
            raise _trouble(line, answer)
        session = {"access_token": answer.text("access_token"), "since": now.isoformat()}
        told = {key: answer.get(key) for key in ("refresh_token", "scope", *self.keep)}
        session |= {key: str(value) for key, value in told.items() if value not in (None, "")}
        if ends := _after(now, answer.get("expires_in")):
            session["expires_at"] = ends.isoformat()
        for_good = next((moment for key in _REFRESH_ENDS_IN if (moment := _after(now, answer.get(key)))), None)
        if not for_good and "refresh_token" not in session and not renewed:
            for_good = ends
        if for_good:
            session[ENDS_AT] = for_good.isoformat()
        return session


@dataclass(slots=True)
class Tokens:
    """The access token of one account. `given`: one that a person set by hand, the beginning where there is no login."""

    login: OAuth2
    line: Line
    vault: Vault
    clock: Callable[[], datetime]
    given: SecretStr = field(default_factory=lambda: SecretStr(""))
    _extends_at: datetime | None = field(default=None, init=False)
    """When an extension that was refused, long before the token's end, is asked for again."""

    async def access(self) -> str:
        """A token that the network should take. Raises NetworkError: NeedsLogin when a person has to log in."""
        session = self.session()
        if not {"given", "beside"} & session.keys():
            session = await self._noticed()
        if not self._is_due(session) or (self._extends_at and self.clock() < self._extends_at and self._outlasts(session)):
            return session["access_token"]
        try:
            return await self.renew(session["access_token"], spent=False)
        except (Passing, RateLimited):
            if self._left(session) > _ABOUT_TO_END:  # a bad hour of the network's must not cost a login that is good
                return session["access_token"]
            raise
        except NeedsLogin:
            if not self._outlasts(session):
                raise
            self._extends_at = self.clock() + _EXTENDS_AGAIN
            return session["access_token"]

    async def call(
        self,
        once: Callable[[str], Awaitable[Answer]],
        trouble: Callable[[Answer], NetworkError],
        is_refused: Callable[[Answer], bool] = lambda answer: answer.status == 401,
    ) -> Answer:
        """A call with a token. One whose token is refused was not taken, and is made once more with another.

        `trouble`: what the refusal means in the network's own words, where only a person can help. Raises NetworkError.
        """
        token = await self.access()
        answer = await once(token)
        if not is_refused(answer):
            return answer
        try:
            token = await self.renew(token)
        except NeedsLogin:
            raise trouble(answer) from None
        return await once(token)

    async def renew(self, refused: str, *, spent: bool = True) -> str:
        """Another token than `refused`, which is spent or about to be; the one that another process got meanwhile, if one did.

        `spent`: the network refused it; else it may outlast an extension that is refused.

        One renewal at a time, over all processes, because many a refresh token is good for one use; what comes is stored
        before it is used. Raises NetworkError.
        """
        async with self.vault.alone():
            session = self.session()
            if session["access_token"] == refused:
                try:
                    session = await self.login.renew(self.line, session, self.clock())
                except NeedsLogin:
                    if spent or not self._outlasts(session):
                        self.vault.write(session | {ENDS_AT: self.clock().isoformat()})  # so that a person is told
                    raise
                self.vault.write(session)
            return session["access_token"]

    async def keep(self) -> None:
        """Renew a login that would otherwise end while nothing is posted. Raises NetworkError."""
        stored = self.vault.read()
        if stored and self._is_due(stored, idle=True):
            await self.renew(stored["access_token"], spent="expires_at" not in stored)  # of unknown end: a person is to look

    def session(self) -> Session:
        """What is stored, else what was given by hand, which is stored now. Raises NeedsLogin when there is neither.

        A token by hand that stood beside a login when that was made is older than it; another one was set since, and counts.
        """
        stored, given, mark = self.vault.read() or {}, self.given.get_secret_value(), self._mark()
        same = stored["given"] == mark if "given" in stored else not mark or mark in stored.get("beside", mark).split()
        if "access_token" in stored and same:
            return stored
        if not given:
            raise NeedsLogin(f"{self.line.network}: the account is not logged in.", _again(self.line.network))
        begun = {"access_token": given, "given": mark, "since": self.clock().isoformat()}
        self.vault.write(begun)
        return begun

    async def _noticed(self) -> Session:
        """The session of a login, which now tells what token by hand stands beside it."""
        async with self.vault.alone():
            session = self.session()
            if not {"given", "beside"} & session.keys():
                session |= {"beside": " ".join(filter(None, (session.get("before"), self._mark())))}
                self.vault.write(session)
            return session

    def _mark(self) -> str:
        given = self.given.get_secret_value()
        return hashlib.sha256(given.encode()).hexdigest()[:16] if given else ""

    def secrets(self) -> list[str]:
        """All that must stand in no sentence."""
        stored = self.vault.read() or {}
        kept = [stored[key] for key in ("access_token", "refresh_token") if key in stored]
        return [*kept, self.given.get_secret_value(), self.login.client_secret.get_secret_value()]

    def _is_due(self, session: Session, idle: bool = False) -> bool:
        """One of hours is renewed when about to end, one that is extended early and often; `idle`: before the login ends."""
        if not self.login.is_renewed(session):
            return False
        since, now = datetime.fromisoformat(session["since"]), self.clock()
        if self.login.extend_url:  # one of unknown end was set by hand: its first extension tells
            ends = session.get("expires_at")
            early = (datetime.fromisoformat(ends) - since) / 8 if ends else self.login.youngest
            return now - since >= max(early, self.login.youngest)
        if idle:
            return ENDS_AT in session and now - since >= (datetime.fromisoformat(session[ENDS_AT]) - since) / 2
        life = datetime.fromisoformat(session["expires_at"]) - since if "expires_at" in session else timedelta.max
        return self._left(session) <= max(min(life / 10, timedelta(minutes=10)), _ABOUT_TO_END)

    def _outlasts(self, session: Session) -> bool:
        """Is it extended early, and good on where that is refused? One of unknown end is tried: the network tells."""
        return bool(self.login.extend_url) and self._left(session) > _ABOUT_TO_END

    def _left(self, session: Session) -> timedelta:
        ends = session.get("expires_at")
        return datetime.fromisoformat(ends) - self.clock() if ends else timedelta.max


def verifier() -> str:
    """A PKCE verifier: 64 characters that nobody guesses (RFC 7636, 4.1)."""
    return secrets.token_urlsafe(48)


def _challenge(kind: Literal["S256", "hex"], of: str) -> str:
    digest = hashlib.sha256(of.encode())
    return digest.hexdigest() if kind == "hex" else urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def _again(network: str) -> str:
    return f"Log in: socialbot connect {network.lower()}."


def _trouble(line: Line, answer: Answer) -> NetworkError:
    """Why no token came (RFC 6749, 5.2; Meta wraps it in an object)."""
    error = answer.get("error")
    wrapped = answer.text("error", "message") or answer.text("error", "error_user_msg")
    said = line.quote(answer.text("error_description") or wrapped or (error if isinstance(error, str) else ""))
    if answer.status == 429 or answer.status >= 500 or answer.status == 408:
        return line.trouble(answer, said)
    if isinstance(error, dict) and (error.get("is_transient") or error.get("code") in _META_BUSY):
        return Passing(f"{line.network}: the login could not be renewed just now: {said}.")
    if error in _DEAD_GRANTS or answer.status in (400, 401, 403) or isinstance(error, dict):
        return NeedsLogin(f"{line.network}: the login is not taken: {said or answer.status}.", _again(line.network))
    return Refused(f"{line.network}: no token came: {said or answer.status}.", _again(line.network))


def _after(now: datetime, seconds: Any) -> datetime | None:
    try:
        return now + timedelta(seconds=int(seconds))
    except (TypeError, ValueError, OverflowError):
        return None
