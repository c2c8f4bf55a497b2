"""Sessions sealed at rest, limits asked for once a day and kept for the days when nobody answers."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select, update

from socialbot.accounts import SessionVault, cipher, connect, current_limits, http_client
from socialbot.ledger import Ledger
from socialbot.ledger.schema import accounts
from socialbot.media import Media
from socialbot.networks.protocol import NeedsLogin
from socialbot.nouns import Limits, Mistake
from socialbot.settings import Settings
from tests.conftest import TurnedClock
from tests.instances import Town


def ask(town: Town, ledger: Ledger, clock: TurnedClock) -> tuple[Limits, str | None]:
    async def go() -> tuple[Limits, str | None]:
        settings = town.settings()
        async with http_client(settings.account("masto")) as client:
            adapter = connect(settings, "masto", ledger, Media(town.home / "media"), client)
            return await current_limits(adapter, ledger, "masto", clock())

    return asyncio.run(go())


def test_limits_are_asked_for_once_a_day(town: Town, ledger: Ledger, clock: TurnedClock) -> None:
    town.masto.max_characters = 777
    assert ask(town, ledger, clock)[0].max_text == 777
    town.masto.max_characters = 888
    assert ask(town, ledger, clock)[0].max_text == 777
    clock.turn(timedelta(days=1).total_seconds() + 1)
    assert ask(town, ledger, clock)[0].max_text == 888


def test_the_last_known_limits_stand_in_when_nobody_answers(town: Town, ledger: Ledger, clock: TurnedClock) -> None:
    town.masto.max_characters = 777
    ask(town, ledger, clock)
    town.masto.stop()
    clock.turn(timedelta(days=2).total_seconds())
    limits, warning = ask(town, ledger, clock)
    assert limits.max_text == 777
    assert warning and "those of 2026-11-21 are used" in warning


def test_limits_of_an_older_release_are_asked_for_again(town: Town, ledger: Ledger, clock: TurnedClock) -> None:
    ask(town, ledger, clock)
    with ledger.reading() as connection:
        told = json.loads(connection.execute(select(accounts.c.limits)).scalar_one())
    del told["kept_hashtags"]
    with ledger.engine.begin() as connection:
        connection.execute(update(accounts).values(limits=json.dumps({"hashtags": True, **told, "threads": False})))
    assert ask(town, ledger, clock)[0].threads


def test_a_session_is_sealed_and_read_back(ledger: Ledger, tmp_path: Path) -> None:
    vault = SessionVault(ledger, "blue", cipher(Settings(home=tmp_path)))
    assert vault.read() is None
    vault.write({"accessJwt": "hush"})
    assert SessionVault(ledger, "blue", cipher(Settings(home=tmp_path))).read() == {"accessJwt": "hush"}
    assert b"hush" not in b"".join(path.read_bytes() for path in tmp_path.glob("socialbot.db*"))
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    vault.write(None)
    assert vault.read() is None


def test_a_session_sealed_with_another_key_is_no_session(ledger: Ledger) -> None:
    SessionVault(ledger, "blue", Fernet(Fernet.generate_key())).write({"accessJwt": "hush"})
    assert SessionVault(ledger, "blue", Fernet(Fernet.generate_key())).read() is None


def test_what_another_key_sealed_is_replaced_by_a_new_login_alone(ledger: Ledger) -> None:
    key = Fernet(Fernet.generate_key())
    service, shell = SessionVault(ledger, "blue", key), SessionVault(ledger, "blue", Fernet(Fernet.generate_key()))
    service.write({"accessJwt": "hush"})
    service.keep_secrets({"password": "hush too"})
    for write in (shell.write, shell.keep_secrets):
        with pytest.raises(NeedsLogin, match="stored under another key"):
            write({"accessJwt": "another"})
    assert service.read() == {"accessJwt": "hush"} and service.secrets() == {"password": "hush too"}
    shell.forget_foreign()
    shell.write({"accessJwt": "another"})
    assert shell.read() == {"accessJwt": "another"} and shell.secrets() == {}


def test_a_wrong_key_is_one_sentence_and_tells_what_a_new_one_costs() -> None:
    with pytest.raises(Mistake, match="SOCIALBOT_SECRET_KEY: not a Fernet key") as told:
        cipher(Settings(secret_key=SecretStr("short")))
    assert told.value.fix and "connect every account again" in told.value.fix


def test_the_key_is_on_disk_before_anything_is_sealed_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []

    def fsync(handle: int) -> None:
        synced.append(os.pread(handle, 100, 0))
        assert not (tmp_path / "secret.key").exists()

    monkeypatch.setattr(os, "fsync", fsync)
    cipher(Settings(home=tmp_path))
    assert synced == [(tmp_path / "secret.key").read_bytes()]
