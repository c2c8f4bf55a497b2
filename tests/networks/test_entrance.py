"""The way in through a browser: what is asked of a server first, what its answers become, and what is kept of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from socialbot.connecting import Attempt
from socialbot.networks.login import OUT_OF_BAND, OAuth2
from socialbot.networks.mastodon import GoToSocial, Mastodon
from socialbot.networks.miauth import MiAuth
from socialbot.networks.misskey import Misskey
from socialbot.networks.protocol import ENDS_AT, NeedsLogin, Network, RateLimited, Refused
from socialbot.networks.sharkey import Sharkey
from socialbot.nouns import Mistake
from socialbot.testing.fakes import MastodonFake
from tests.networks.desk import Desk, Vault
from tests.networks.test_login import NOW, TokenServer, line, oauth

HERE = "http://127.0.0.1:8009/callback/"


def entrance(desk: Desk, redirect_uri: str = HERE) -> Any:
    return desk.run(lambda network: network.entrance(redirect_uri))


def way_in(server: str, tmp_path: Path) -> OAuth2:
    with MastodonFake(server) as fake:
        way = entrance(Desk(Mastodon, {"server": fake.url}, tmp_path))
        assert isinstance(way, OAuth2)
        return way


@pytest.fixture
def answers() -> list[httpx.Request]:
    return []


def server(seen: list[httpx.Request], app: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path == "/api/v1/apps":
            return app
        return httpx.Response(200, json={"version": "4.5.4", "uri": "x"})

    return answer


def test_a_challenge_is_made_where_the_server_says_that_it_takes_one(tmp_path: Path) -> None:
    newer, older = way_in("mastodon", tmp_path), way_in("hometown", tmp_path)
    assert (newer.challenge, older.challenge) == ("S256", None)
    assert "code_challenge_method=S256" in newer.authorize(HERE, "s", "v")
    assert "code_challenge" not in older.authorize(HERE, "s", "v")


def test_a_spent_token_does_not_stand_in_the_way_of_another(tmp_path: Path, answers: list[httpx.Request]) -> None:
    """GoToSocial answers 401 to whatever is asked with one."""
    told = server(answers, httpx.Response(200, json={"client_id": 7, "client_secret": "hush"}))
    way = entrance(Desk(GoToSocial, {"server": "https://x.example", "token": "spent"}, tmp_path, told))
    assert way.client_id == "7", "Pixelfed's are numbers"
    assert not any("Authorization" in request.headers for request in answers)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (404, Refused, "does not register us"),
        (403, Refused, "does not register us"),
        (422, Refused, "does not register us: Validation failed"),
        (429, RateLimited, "no more calls"),
        (200, Exception, "answered 200"),
    ],
)
def test_a_server_that_registers_us_not_is_told_of(
    status: int, kind: type[Exception], said: str, tmp_path: Path, answers: list[httpx.Request]
) -> None:
    told = server(answers, httpx.Response(status, json={"error": "Validation failed"}))
    with pytest.raises(kind, match=said):
        entrance(Desk(Mastodon, {"server": "https://x.example"}, tmp_path, told))


def test_misskeys_address_names_the_session_and_what_is_asked_for(tmp_path: Path) -> None:
    way = entrance(Desk(Misskey, {"server": "https://x.example"}, tmp_path))
    attempt = Attempt(way, HERE)
    address = httpx.URL(attempt.address)
    assert address.path == f"/miauth/{attempt.state}" and attempt.state not in repr(attempt)
    assert dict(address.params) == {
        "name": "socialbot",
        "callback": HERE,
        "permission": "read:account,read:drive,write:drive,write:notes",
    }
    assert attempt.code_of(f"{HERE}?session={attempt.state}") == attempt.state
    with pytest.raises(Mistake, match="does not answer"):
        attempt.code_of(f"{HERE}?session=another")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(200, json={"ok": False, "token": "x"}), NeedsLogin),
        (httpx.Response(200, json={"ok": True}), NeedsLogin),
        (httpx.Response(429, json={}), RateLimited),
        (httpx.Response(400, json={"error": {"message": "No"}}), Refused),
    ],
)
def test_a_session_without_a_token_is_told_with_what_to_do(answer: httpx.Response, kind: type[Exception]) -> None:
    async def ask() -> None:
        toy = line(TokenServer())
        toy.client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer))
        await MiAuth("https://x.example", ()).exchange(toy, "s", HERE, "v", NOW)

    with pytest.raises(kind):
        asyncio.run(ask())


@pytest.mark.parametrize("answer", [" code-1 \n", "https://x.example/oauth/authorize/native?code=code-1"])
def test_a_code_that_the_server_shows_may_be_pasted_alone_or_with_its_page(answer: str) -> None:
    assert Attempt(oauth(redirect="registered"), OUT_OF_BAND).code_of(answer) == "code-1"


@pytest.mark.parametrize("answer", ["", "  ", "http://[", "?"])
def test_what_is_no_answer_is_a_sentence(answer: str) -> None:
    with pytest.raises(Mistake):
        Attempt(oauth(), HERE).code_of(answer)
    if not answer.strip():
        with pytest.raises(Mistake):
            Attempt(oauth(redirect="registered"), OUT_OF_BAND).code_of(answer)


class Sealed(Vault):
    """A vault with options beside the session."""

    def __init__(self) -> None:
        super().__init__()
        self.options: dict[str, str] = {}

    def keep_secrets(self, options: Any) -> None:
        self.options |= options


@pytest.mark.parametrize(
    ("life_s", "kept"),
    [(None, None), (356 * 86_400, {ENDS_AT: (NOW + timedelta(days=356)).isoformat()}), (36_500 * 86_400, None)],
    ids=["Mastodon's", "Pixelfed's", "Akkoma's"],
)
def test_a_token_that_lasts_becomes_the_accounts_and_its_end_is_known(life_s: int | None, kept: dict[str, str] | None) -> None:
    attempt, vault = Attempt(oauth(redirect="registered"), OUT_OF_BAND), Sealed()
    asyncio.run(attempt.finish("code-1", line(TokenServer(life_s=life_s)), vault, NOW, "token"))
    assert (vault.options, vault.session) == ({"token": "access-1"}, kept)


def test_the_tokens_end_is_known_until_another_token_is_set(tmp_path: Path) -> None:
    with MastodonFake("pixelfed") as fake:
        desk = Desk(Mastodon, fake.account(), tmp_path)
        desk.vault.write({ENDS_AT: NOW.isoformat()})
        prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture("A heron"),)))
        desk.find(prepared)
        assert desk.vault.session and datetime.fromisoformat(desk.vault.session[ENDS_AT]) == NOW
        fake.logins.tokens["another"] = ("read", "write")
        desk.settings = {**desk.settings, "token": "another"}
        desk.find(prepared)
        assert ENDS_AT not in desk.vault.session


@pytest.mark.parametrize("kind", [Mastodon, GoToSocial, Misskey, Sharkey])
def test_the_advice_names_the_network_as_the_command_does(kind: type[Network], tmp_path: Path) -> None:
    desk = Desk(kind, {"server": "https://x.example"}, tmp_path, lambda _: httpx.Response(200, json={"version": "4.5.4"}))
    with pytest.raises(NeedsLogin) as caught:
        desk.check()
    assert caught.value.fix.startswith(f"Log in: socialbot connect {kind.name}; or make a token")
