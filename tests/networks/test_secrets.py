"""Servers that repeat whatever they are sent, in every answer they can give: no secret comes through."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from socialbot.networks.bluesky import Bluesky
from socialbot.networks.discord import Discord
from socialbot.networks.mastodon import Mastodon
from socialbot.networks.protocol import CannotTell, Network, NetworkError, Prepared, Refused
from tests.networks.desk import Desk

ACCOUNTS: list[tuple[type[Network], dict[str, str]]] = [
    (Bluesky, {"server": "https://blue.test", "identifier": "blog.test", "password": "hush-password"}),
    (Mastodon, {"server": "https://toot.test", "token": "hush-token"}),
    (Discord, {"webhook": "https://chat.test/api/webhooks/1234/hush-webhook", "bot_token": "hush-bot"}),
]
REQUEST = {"repo": "did:plc:a", "collection": "c", "rkey": "2" * 13, "status": "Fog", "visibility": "public", "content": "Fog"}


@pytest.mark.parametrize(("kind", "settings"), ACCOUNTS, ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 403, 404, 413, 422, 429, 500, 503, None])
def test_no_secret_is_seen_in_an_error_a_log_or_a_repr(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: type[Network], settings: dict[str, str], status: int | None
) -> None:
    session = {"accessJwt": "hush-access", "refreshJwt": "hush-refresh", "did": "did:plc:a", "id": "1", "channel_id": "5"}

    def answer(request: httpx.Request) -> httpx.Response:
        echo = f"{request.headers.get('Authorization')} {request.url} {request.content.decode(errors='replace')}"
        if status is None:
            raise httpx.ConnectError(echo)
        if request.url.path.endswith(("createSession", "/instance")) or (
            request.method == "GET" and "hush" in request.url.path
        ):
            return httpx.Response(200, json={**session, "version": "4.5.0"})
        words = dict.fromkeys(("error", "message", "name", "handle", "username", "url", "status"), echo)
        return httpx.Response(status, json={**words, "errors": {"a": echo}}, headers={"Location": echo.replace("\n", " ")})

    desk = Desk(kind, settings, tmp_path, answer)
    draft = desk.draft("Fog", pictures=(desk.picture(),))
    prepared = Prepared(draft, 0, {**REQUEST, "record": {"text": "Fog"}, "attachments": [{"filename": "a.jpg"}]})
    acts: list[Callable[[Network], Awaitable[Any]]] = [
        lambda network: network.check(),
        *([lambda network: network.mark_as_bot()] if kind is not Discord else []),
        lambda network: network.discover(),
        lambda network: network.prepare(draft, 0, desk.uploads),
        lambda network: network.publish(prepared),
        lambda network: network.find(prepared, datetime.now(UTC)),
    ]
    seen: list[str] = []

    async def listen(network: Network) -> None:
        seen.append(repr(network) + repr(network.account) + str(vars(network)))
        for act in acts:
            try:
                result = await act(network)
                seen.append(result.why if isinstance(result, CannotTell) else "")
            except NetworkError as error:
                seen.extend([str(error), repr(error), error.fix if isinstance(error, Refused) else "", str(error.__cause__)])

    with caplog.at_level(logging.DEBUG):
        desk.run(listen)
    assert len(seen) > 1, "some act must have failed"
    assert not [words for words in seen if "hush" in words]
    assert "hush" not in caplog.text
