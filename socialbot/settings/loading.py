"""Reads the configuration of an instance, and tells every mistake in it: key, value, what is allowed, line."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from socialbot.nouns import Mistake, WrongConfiguration
from socialbot.settings.tables import AccountSettings, Settings

CONFIG = "socialbot.toml"
ACCOUNT_NAME = re.compile(r"[a-z0-9_]+")


def find_home(option: Path | None) -> Path:
    """The instance folder: `--home`, else SOCIALBOT_HOME, else here."""
    home = option or Path(os.environ.get("SOCIALBOT_HOME") or ".")
    try:
        return home.expanduser().resolve()
    except (RuntimeError, ValueError) as error:
        raise WrongConfiguration(f"{str(home)!r} is no folder: {error}") from None


def load(home: Path, options_of: Callable[[str], type[AccountSettings]]) -> Settings:
    """Read the configuration of the instance in `home`; `options_of` gives the settings class of a network's accounts.

    Raises WrongConfiguration with every mistake found: key, value, what is allowed, line.
    """
    path = home / CONFIG
    if not path.is_file():
        raise WrongConfiguration(f"there is no {CONFIG} in {home}", fix=f"socialbot init {home}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        written = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WrongConfiguration(f"not valid TOML: {error}", where=str(path)) from None
    mistakes: list[str] = []
    # The environment names its fields by prefix; the file must not set where it stands.
    for key in set(written) & {"home"}:
        mistakes.append(f"{CONFIG}: {key} is not a key of the file (it is the option --home)")
        del written[key]
    try:
        settings = Settings(**{**written, "home": home})
    except ValidationError as error:
        raise WrongConfiguration("\n".join(mistakes + _sentences(error, Settings, (), text))) from None
    except SettingsError:
        fix = "name each key: SOCIALBOT_SITE__URL, not SOCIALBOT_SITE"
        raise WrongConfiguration("an environment variable SOCIALBOT_… gives a whole table", fix=fix) from None
    accounts: dict[str, AccountSettings] = {}
    for name, given in settings.accounts.items():
        try:
            accounts[name] = _account(name, given, options_of)
        except ValidationError as error:
            kind = options_of(given["network"]) if "network" in given else AccountSettings
            mistakes += _sentences(error, kind, ("accounts", name), text)
        except Mistake as error:
            line = _line(text, ("accounts", name, "network")) or _line(text, ("accounts", name))
            mistakes.append(f"{CONFIG}{f', line {line}' if line else ''}: accounts.{name}: {error}")
    for name, account in accounts.items():
        if account.timeout_s * 2 > settings.worker.lease_s:
            where = _where(text, ("accounts", name, "timeout_s"))
            mistakes.append(
                f"{where}: accounts.{name}.timeout_s: at most half of worker.lease_s ({settings.worker.lease_s:g} s)"
            )
    if mistakes:
        raise WrongConfiguration("\n".join(mistakes))
    return settings.model_copy(update={"accounts": accounts, "home": home})


def _account(name: str, given: object, options_of: Callable[[str], type[AccountSettings]]) -> AccountSettings:
    if not ACCOUNT_NAME.fullmatch(name):
        raise Mistake(f'"{name}" is no account name', fix="small letters a-z, digits and _")
    if not isinstance(given, Mapping):
        raise Mistake(f"an account is a table, [accounts.{name}]")
    kind = options_of(str(given["network"])) if "network" in given else AccountSettings
    return kind.model_validate(dict(given))


def _sentences(error: ValidationError, kind: type[BaseModel], prefix: tuple[str, ...], text: str) -> list[str]:
    """One sentence for each mistake. Secrets, and values of unknown keys, are never repeated."""
    return [_sentence(one, kind, prefix, text) for one in error.errors(include_url=False)]


def _sentence(one: Mapping[str, Any], kind: type[BaseModel], prefix: tuple[str, ...], text: str) -> str:
    location = tuple(str(part) for part in one["loc"] if not str(part).startswith("function-"))
    key = ".".join(prefix + location)
    where = _where(text, prefix + location)
    if one["type"] == "missing":
        return f"{where}: {key} is missing"
    if one["type"] == "extra_forbidden":
        known = sorted(_owner(kind, location).model_fields)
        near = difflib.get_close_matches(location[-1], known, 1)
        hint = f'did you mean "{near[0]}"?' if near else "known keys: " + ", ".join(known)
        return f"{where}: {key} is not a known key; {hint}"
    allowed = str(one["msg"]).removeprefix("Value error, ")
    value = repr(one.get("input"))
    shown = "its value (hidden)" if _secret(kind, location) or "@" in value else value  # a URL may carry a password
    return f"{where}: {key}: {shown} cannot be used: {allowed[0].lower() + allowed[1:]}"


def _where(text: str, location: tuple[str, ...]) -> str:
    variables = ["SOCIALBOT_" + "__".join(location[:depth]).upper() for depth in range(len(location), 1, -1)]
    if variable := next((name for name in variables if name in {given.upper() for given in os.environ}), None):
        return f"environment variable {variable}"
    for depth in range(len(location), 0, -1):
        if line := _line(text, location[:depth]):
            return f"{CONFIG}, line {line}"
    return CONFIG


def _owner(kind: type[BaseModel], location: Sequence[str]) -> type[BaseModel]:
    for name in location[:-1]:
        field = kind.model_fields.get(name)
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            break
        kind = field.annotation
    return kind


def _secret(kind: type[BaseModel], location: Sequence[str]) -> bool:
    field = _owner(kind, location).model_fields.get(location[-1]) if location else None
    return field is not None and (not field.repr or "SecretStr" in str(field.annotation))


def _line(text: str, location: Sequence[str]) -> int | None:
    """The line of a key in the file, for the plain ways of writing TOML; None where it cannot be known."""
    table: tuple[str, ...] = ()
    for number, row in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", row):
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            if table == tuple(location):
                return number
            continue
        key = re.match(r"\s*([A-Za-z0-9_.\"-]+)\s*=", row)
        if key and table + tuple(part.strip('"') for part in key[1].split(".")) == tuple(location):
            return number
    return None
