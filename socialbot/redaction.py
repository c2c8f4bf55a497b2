"""Strikes out secrets: those of the configuration, those of sessions as they are used, and what looks like one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from pydantic import BaseModel, SecretStr

HIDDEN = "[hidden]"
_LONG_ENOUGH = 4
"""Shorter words are no secrets, and stand in every sentence."""
_PIECE = 8
"""A part of a secret URL that is at least as long may be the secret itself: a webhook's last step, a bot's token."""
_SESSIONS = 2
"""Of each account the session in use, and the one before it, which may still be on its way."""
_NO_SECRET = re.compile(r"https?://\S*|did:\S*|[a-z0-9.-]+\.[a-z]{2,}|[\d.]+|\d{4}-\d\d-\d\dT[\d:.+Z-]+|.*\s.*", re.DOTALL)
"""What a session or a secret URL also holds: addresses, names, numbers, moments."""
_LIKELY = (
    re.compile(r"eyJ[\w-]{6,}\.[\w-]+\.[\w-]*"),  # a JSON Web Token (RFC 7519)
    re.compile(r"(?<=\bBearer )[^\s\"',]+|(?<=\bBasic )[\w+/=-]{8,}|(?<=\bDPoP )[^\s\"',]+", re.IGNORECASE),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),  # user and password of a URL
)


class Redaction:
    """Call it with a text: the text without the secrets that it knows. It may be taught and called from any thread."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._given = frozenset(_forms(secrets))
        self._sessions: dict[str, tuple[frozenset[str], ...]] = {}
        self._known = self._in_order()

    def learn(self, account: str, session: Mapping[str, str]) -> None:
        """Know the secrets of an account's session, as it is read or written."""
        secrets = (value for value in session.values() if len(value) >= _PIECE and not _NO_SECRET.fullmatch(value))
        forms = frozenset(_forms(secrets))
        before = self._sessions.get(account, ())
        if forms not in before:
            self._sessions[account] = (*before, forms)[-_SESSIONS:]
            self._known = self._in_order()

    def __call__(self, text: str) -> str:
        """The text, fit to be logged or told."""
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        for likely in _LIKELY:
            text = likely.sub(HIDDEN, text)
        return text

    def _in_order(self) -> tuple[str, ...]:
        """The longest first: one secret may begin another."""
        known = self._given.union(*(forms for sessions in list(self._sessions.values()) for forms in sessions))
        return tuple(sorted(known, key=len, reverse=True))


def secrets_of(settings: BaseModel) -> Iterator[str]:
    """Every secret in the configuration."""
    for name in type(settings).model_fields:
        yield from _secrets_in(getattr(settings, name))
    url = getattr(getattr(settings, "store", None), "url", "")
    if password := urlsplit(url).password:
        yield from (password, unquote(password))
    yield from parse_qs(urlsplit(url).query).get("password", ())


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        yield from secrets_of(value)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _secrets_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _secrets_in(one)


def _forms(secrets: Iterable[str]) -> Iterator[str]:
    """Every way in which a secret may be written in an error or a log."""
    for secret in secrets:
        for piece in (secret, *_pieces(secret)):
            for form in (piece, quote(piece, safe=""), json.dumps(piece)[1:-1], repr(piece)[1:-1], piece.strip()):
                if len(form) >= _LONG_ENOUGH:
                    yield form


def _pieces(secret: str) -> Iterator[str]:
    """The parts of a URL that may be secret by themselves."""
    if "://" not in secret:
        return
    with suppress(ValueError):  # no URL after all
        if password := urlsplit(secret).password:
            yield from (password, unquote(password))
    for piece in re.split(r"[/:@?&=#]+", secret):
        if len(piece) >= _PIECE and not _NO_SECRET.fullmatch(piece):
            yield from (piece, unquote(piece))
