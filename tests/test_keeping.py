"""Logins are kept, each for itself."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest

from socialbot import keeping
from socialbot.redaction import Redaction


def test_a_fault_in_one_adapter_costs_no_other_account_its_login(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept: list[str] = []

    class Client:
        async def __aenter__(self) -> None: ...
        async def __aexit__(self, *_: object) -> None: ...

    class Adapter:
        def __init__(self, name: str) -> None:
            self.name = name

        async def keep_login(self) -> None:
            if self.name == "first":
                raise KeyError("expires_in")
            kept.append(self.name)

    monkeypatch.setattr(keeping.networks, "load", lambda _: Adapter)
    monkeypatch.setattr(keeping.accounts, "http_client", lambda _: Client())
    monkeypatch.setattr(keeping.accounts, "connect", lambda _settings, name, *_: Adapter(name))
    settings = SimpleNamespace(accounts=dict.fromkeys(("first", "second"), SimpleNamespace(network="toy")))
    with caplog.at_level(logging.ERROR):
        asyncio.run(keeping.keep_logins(cast(Any, settings), cast(Any, None), cast(Any, None), Redaction()))
    assert kept == ["second"] and "first" in caplog.text
