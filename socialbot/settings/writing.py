"""Adds an account to a configuration, and leaves everything else in the file as a person wrote it."""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from socialbot.nouns import WrongConfiguration
from socialbot.settings.loading import CONFIG


def write_account(home: Path, name: str, options: Mapping[str, str]) -> None:
    """Set options of `[accounts.NAME]` in socialbot.toml, which is replaced as a whole or not at all.

    Raises WrongConfiguration when the file cannot be read, or its accounts are not written as tables of their own.
    """
    path = home / CONFIG
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomlkit.parse(text)
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise WrongConfiguration(f"it cannot be changed: {error}", where=str(path)) from None
    try:
        accounts = document.setdefault("accounts", tomlkit.table(is_super_table=True))
        account = accounts.setdefault(name, tomlkit.table())
        made = account.update(options) or tomlkit.dumps(document) if isinstance(account, Table) else ""
    except ValueError:  # an inline table takes no table
        made = ""
    if not _is_meant(text, made, name, options):
        fix = f"write the accounts there as tables of their own, [accounts.{name}]"
        raise WrongConfiguration(f"accounts.{name} cannot be added as the file is written", where=str(path), fix=fix)
    _replace(path.resolve(), made)  # where it is a link, what it leads to


def _is_meant(before: str, after: str, name: str, options: Mapping[str, str]) -> bool:
    """Does the new text say all that the old one did, and the account's options? Dotted keys, for one, would move."""
    wanted: dict[str, Any] = tomllib.loads(before)
    there = wanted.setdefault("accounts", {})
    there[name] = {**there.get(name, {}), **options}
    return tomllib.loads(after) == wanted


def _replace(path: Path, text: str) -> None:
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(unfinished).chmod(path.stat().st_mode)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
