"""A login lasts: renewed in good time, by one process at a time, stored before it is used, and told when it has ended."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from socialbot.accounts import SessionVault, cipher
from socialbot.connecting import Attempt, Store
from socialbot.ledger import Ledger
from socialbot.networks.calling import Line
from socialbot.networks.login import OAuth2, Tokens, verifier
from socialbot.networks.protocol import ENDS_AT, NeedsLogin, Passing
from socialbot.settings import Settings
from tests.conftest import TurnedClock
from tests.networks.desk import Vault

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HERE = "http://127.0.0.1:8765/callback"


class TokenServer:
    """A token endpoint whose refresh tokens work once, and codes, too."""

    def __init__(self, *, life_s: int | None = 7200, refresh_life_s: int | None = 15_552_000, rotates: bool = True) -> None:
        self.life_s, self.refresh_life_s, self.rotates = life_s, refresh_life_s, rotates
        self.number, self.good_refresh, self.codes = 0, "", {"code-1"}
        self.seen: list[dict[str, str]] = []
        self.bad: list[httpx.Response | Exception] = []
        self.pause_s = 0.0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        form = {key: values[0] for key, values in parse_qs((request.content or request.url.query).decode()).items()}
        self.seen.append(form | ({"basic": request.headers["Authorization"]} if "Authorization" in request.headers else {}))
        await asyncio.sleep(self.pause_s)
        if self.bad:
            bad = self.bad.pop(0)
            if isinstance(bad, Exception):
                raise bad
            return bad
        grant = form["grant_type"]
        if grant == "authorization_code" and form["code"] in self.codes:
            self.codes.remove(form["code"])
        elif not (grant == "refresh_token" and form["refresh_token"] == self.good_refresh) and "exchange" not in grant:
            return httpx.Response(400, json={"error": "invalid_grant", "error_description": "The token is spent."})
        return httpx.Response(200, json=self._grant())

    def _grant(self) -> dict[str, Any]:
        self.number += 1
        granted: dict[str, Any] = {"access_token": f"access-{self.number}", "token_type": "bearer", "open_id": 77}
        if self.life_s:
            granted["expires_in"] = self.life_s
        if self.refresh_life_s:
            self.good_refresh = f"refresh-{self.number}" if self.rotates or not self.good_refresh else self.good_refresh
            granted |= {"refresh_token": self.good_refresh, "refresh_expires_in": self.refresh_life_s}
        return granted


def oauth(**differences: Any) -> OAuth2:
    told = {
        "authorize_url": "https://toy.example/authorize",
        "token_url": "https://toy.example/token",
        "client_id": "our-client",
        "client_secret": SecretStr("our-secret"),
        "scopes": ("read", "write"),
    }
    return OAuth2(**(told | differences))


def line(server: TokenServer, clock: Any = lambda: NOW) -> Line:
    client = httpx.AsyncClient(transport=httpx.MockTransport(server))
    return Line("Toy", client, 5, clock, lambda: ["our-secret", server.good_refresh])


def tokens(server: TokenServer, vault: Any, clock: TurnedClock, login: OAuth2 | None = None, given: str = "") -> Tokens:
    return Tokens(login or oauth(), line(server, clock), vault, clock, SecretStr(given))


def logged_in(server: TokenServer, clock: TurnedClock, login: OAuth2 | None = None) -> Vault:
    vault, login = Vault(), login or oauth()
    vault.write(asyncio.run(login.exchange(line(server, clock), "code-1", HERE, verifier(), clock())))
    return vault


# The way in


def test_the_challenge_is_that_of_rfc_7636_appendix_b() -> None:
    url = oauth().authorize(HERE, "state-1", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    query = parse_qs(urlsplit(url).query)
    assert query["code_challenge"] == ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"]
    assert query["redirect_uri"] == [HERE] and query["state"] == ["state-1"] and query["scope"] == ["read write"]


def test_a_network_may_want_the_challenge_in_hex_the_id_under_another_name_and_commas() -> None:
    url = oauth(challenge="hex", client_name="client_key", separator=",").authorize(HERE, "s", "v" * 43)
    query = parse_qs(urlsplit(url).query)
    assert query["code_challenge"] == [hashlib.sha256(b"v" * 43).hexdigest()]
    assert query["client_key"] == ["our-client"] and "client_id" not in query and query["scope"] == ["read,write"]


def test_a_verifier_is_long_and_never_the_same() -> None:
    made = {verifier() for _ in range(100)}
    assert len(made) == 100 and all(43 <= len(one) <= 128 for one in made)


def test_a_code_becomes_a_session_that_knows_its_ends() -> None:
    server = TokenServer()
    session = asyncio.run(oauth(keep=("open_id",)).exchange(line(server), "code-1", HERE, "v" * 43, NOW))
    assert (session["access_token"], session["refresh_token"], session["open_id"]) == ("access-1", "refresh-1", "77")
    assert session["expires_at"] == (NOW + timedelta(hours=2)).isoformat()
    assert session[ENDS_AT] == (NOW + timedelta(days=180)).isoformat()
    assert server.seen[0]["code_verifier"] == "v" * 43 and server.seen[0]["client_secret"] == "our-secret"


def test_a_client_may_show_itself_by_http_basic_alone() -> None:
    server = TokenServer()
    asyncio.run(oauth(basic=True, challenge=None).exchange(line(server), "code-1", HERE, "v" * 43, NOW))
    (seen,) = server.seen
    assert seen["basic"] == "Basic " + base64.b64encode(b"our-client:our-secret").decode()
    assert not {"client_id", "client_secret", "code_verifier"} & set(seen)


def test_without_a_refresh_token_the_login_ends_with_its_token() -> None:
    session = asyncio.run(oauth().exchange(line(TokenServer(refresh_life_s=None)), "code-1", HERE, "v" * 43, NOW))
    assert session[ENDS_AT] == session["expires_at"]


def test_a_short_token_is_changed_for_a_long_one_at_once() -> None:
    server = TokenServer(refresh_life_s=None)
    login = oauth(challenge=None, lengthen_url="https://toy.example/long", lengthen_grant="toy_exchange_token")
    session = asyncio.run(login.exchange(line(server), "code-1", HERE, "", NOW))
    assert session["access_token"] == "access-2" and server.seen[1]["access_token"] == "access-1"


def test_a_spent_code_is_told_without_a_secret() -> None:
    server = TokenServer()
    server.bad = [httpx.Response(401, json={"error": "invalid_client", "error_description": "no client has our-secret"})]
    with pytest.raises(NeedsLogin) as told:
        asyncio.run(oauth().exchange(line(server), "code-1", HERE, "v" * 43, NOW))
    assert "our-secret" not in str(told.value) and "socialbot connect toy" in told.value.fix


# Renewal


def test_a_token_is_used_until_it_is_about_to_end_and_then_renewed_once(clock: TurnedClock) -> None:
    server = TokenServer()
    vault = logged_in(server, clock)
    ours = tokens(server, vault, clock)
    assert asyncio.run(ours.access()) == "access-1"
    clock.turn(7200 - 601)
    assert asyncio.run(ours.access()) == "access-1"
    clock.turn(2)
    assert asyncio.run(ours.access()) == asyncio.run(ours.access()) == "access-2"
    assert vault.session and vault.session["refresh_token"] == "refresh-2"


def test_a_passing_trouble_costs_no_login_that_is_still_good(clock: TurnedClock) -> None:
    server = TokenServer()
    ours = tokens(server, logged_in(server, clock), clock)
    clock.turn(7200 - 300)
    server.bad = [httpx.Response(503), httpx.ConnectError("away")]
    assert asyncio.run(ours.access()) == asyncio.run(ours.access()) == "access-1"
    assert asyncio.run(ours.access()) == "access-2"


def test_a_passing_trouble_at_the_very_end_is_passing_and_the_login_is_kept(clock: TurnedClock) -> None:
    server = TokenServer()
    ours = tokens(server, logged_in(server, clock), clock)
    clock.turn(7200)
    server.bad = [httpx.Response(500)]
    with pytest.raises(Passing):
        asyncio.run(ours.access())
    assert asyncio.run(ours.access()) == "access-2"


def test_a_refresh_token_that_was_used_up_asks_for_a_person(clock: TurnedClock) -> None:
    server = TokenServer()
    ours = tokens(server, logged_in(server, clock), clock)
    server.good_refresh = "another's"
    clock.turn(7200)
    with pytest.raises(NeedsLogin, match="The token is spent"):
        asyncio.run(ours.access())


def test_processes_that_want_a_new_token_at_once_renew_it_once(ledger: Ledger, clock: TurnedClock, tmp_path: Any) -> None:
    server = TokenServer()
    server.pause_s = 0.2
    key = cipher(Settings(home=tmp_path))
    first = SessionVault(ledger, "toy", key)
    first.write(logged_in(server, clock).session)
    clock.turn(7200)

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(tokens(server, SessionVault(ledger, "toy", key), clock).access() for _ in range(4)))

    assert asyncio.run(all_at_once()) == ["access-2"] * 4
    assert [seen["grant_type"] for seen in server.seen] == ["authorization_code", "refresh_token"]


def test_the_new_refresh_token_is_stored_before_the_access_token_is_used(clock: TurnedClock) -> None:
    server = TokenServer()
    vault = logged_in(server, clock)
    assert asyncio.run(tokens(server, vault, clock).access()) == "access-1"
    clock.turn(7200)
    written: list[Any] = []

    def write(session: Any) -> None:
        written.append(session)
        raise OSError("disk full")

    vault.write = write  # type: ignore[method-assign]
    with pytest.raises(OSError, match="disk full"):
        asyncio.run(tokens(server, vault, clock).access())
    assert written[0]["refresh_token"] == "refresh-2"


def test_a_login_is_kept_while_nothing_is_posted(clock: TurnedClock) -> None:
    server = TokenServer()
    vault = logged_in(server, clock)
    ours = tokens(server, vault, clock)
    clock.turn(89 * 86_400)
    asyncio.run(ours.keep())
    assert server.number == 1
    clock.turn(2 * 86_400)
    asyncio.run(ours.keep())
    assert server.number == 2 and vault.session and vault.session[ENDS_AT] == (clock() + timedelta(days=180)).isoformat()


def test_a_renewal_that_brings_no_new_refresh_token_leaves_the_end_of_the_login_as_it_was(clock: TurnedClock) -> None:
    server = TokenServer()
    vault = logged_in(server, clock)
    ends = vault.session and vault.session[ENDS_AT]
    clock.turn(7200)
    server.bad = [httpx.Response(200, json={"access_token": "access-2", "expires_in": 7200})]  # RFC 6749, 6: it may be left out
    assert asyncio.run(tokens(server, vault, clock).access()) == "access-2"
    assert vault.session and (vault.session["refresh_token"], vault.session[ENDS_AT]) == ("refresh-1", ends)


def test_a_login_that_is_renewed_after_all_is_not_told_as_ended(clock: TurnedClock) -> None:
    server = TokenServer()
    vault = logged_in(server, clock)
    assert vault.session
    del vault.session[ENDS_AT]  # as X's, which tells no end
    ours = tokens(server, vault, clock)
    clock.turn(7200)
    server.bad = [httpx.Response(401, json={"error": "invalid_client"})]  # the app's secret was wrong, and is set right
    with pytest.raises(NeedsLogin):
        asyncio.run(ours.access())
    assert vault.session[ENDS_AT] == clock().isoformat()
    told = {"access_token": "access-2", "expires_in": 7200, "refresh_token": "refresh-2"}
    server.bad = [httpx.Response(200, json=told)]
    clock.turn(60)
    assert asyncio.run(ours.access()) == "access-2" and ENDS_AT not in vault.session


# Tokens that are extended


def extended(**differences: Any) -> OAuth2:
    told = {"extend_url": "https://toy.example/extend", "extend_grant": "toy_exchange_again", "youngest": timedelta(hours=24)}
    return oauth(**(told | differences))


def test_a_token_set_by_hand_is_extended_after_a_day_and_then_every_eighth_of_its_life(clock: TurnedClock) -> None:
    server = TokenServer(life_s=60 * 86_400, refresh_life_s=None)
    vault = Vault()
    ours = tokens(server, vault, clock, extended(), given="by-hand")
    assert asyncio.run(ours.access()) == "by-hand"
    clock.turn(86_399)
    assert asyncio.run(ours.access()) == "by-hand" and not server.seen
    clock.turn(1)
    assert asyncio.run(ours.access()) == "access-1" and server.seen[0]["access_token"] == "by-hand"
    clock.turn(7 * 86_400)
    assert asyncio.run(ours.access()) == "access-1"
    clock.turn(86_400)
    assert asyncio.run(ours.access()) == "access-2"
    assert vault.session and vault.session[ENDS_AT] == (clock() + timedelta(days=60)).isoformat()


@pytest.mark.parametrize("knows_end", [True, False])
def test_an_extension_that_is_refused_long_before_the_end_costs_no_login_that_is_good(
    clock: TurnedClock, knows_end: bool
) -> None:
    """As where our clock jumped, and the token is not a day old; a person is told before it ends, or once it is refused."""
    server, vault = TokenServer(life_s=60 * 86_400, refresh_life_s=None), Vault()
    ours = tokens(server, vault, clock, extended(), given="by-hand")
    token = asyncio.run(ours.access())
    if knows_end:
        clock.turn(86_400)
        token = asyncio.run(ours.access())
    clock.turn(9 * 86_400)
    asked, server.bad = len(server.seen), [httpx.Response(400, json={"error": {"code": 100, "message": "Too young"}})] * 9
    assert [asyncio.run(ours.access()) for _ in range(3)] == [token] * 3
    assert len(server.seen) == asked + 1, "it is not asked for before every call"
    ends = (vault.session or {}).get(ENDS_AT)
    assert (ends is not None) == knows_end and (ends is None or ends > clock().isoformat())
    with pytest.raises(NeedsLogin):
        asyncio.run(ours.keep())
    ends_at = (vault.session or {})[ENDS_AT]
    assert (ends_at == ends) if knows_end else (ends_at == clock().isoformat()), "nobody knows: a person is to look"
    with pytest.raises(NeedsLogin):
        asyncio.run(ours.renew(token))  # the network refused it
    assert (vault.session or {})[ENDS_AT] == clock().isoformat()
    if knows_end:
        clock.turn(60 * 86_400)
        with pytest.raises(NeedsLogin):
            asyncio.run(ours.access())


def test_another_token_set_by_hand_takes_the_place_of_what_was_stored(clock: TurnedClock) -> None:
    server = TokenServer()
    vault = Vault()
    assert asyncio.run(tokens(server, vault, clock, extended(), given="first").access()) == "first"
    assert asyncio.run(tokens(server, vault, clock, extended(), given="second").access()) == "second"


def test_a_token_set_by_hand_after_a_login_takes_its_place_and_one_from_before_does_not(clock: TurnedClock) -> None:
    server = TokenServer()
    vault = logged_in(server, clock)
    assert asyncio.run(tokens(server, vault, clock, given="older").access()) == "access-1", "it stood there at the login"
    assert asyncio.run(tokens(server, vault, clock).access()) == "access-1", "a process that lacks it has the login"
    clock.turn(7100)
    assert asyncio.run(tokens(server, vault, clock, given="older").access()) == "access-2", "and after a renewal"
    assert asyncio.run(tokens(server, vault, clock, given="newer").access()) == "newer"


def test_a_login_made_where_the_old_token_is_not_set_is_not_undone_where_it_is(clock: TurnedClock) -> None:
    server, vault = TokenServer(), Vault()
    assert asyncio.run(tokens(server, vault, clock, given="ended").access()) == "ended"
    attempt = Attempt(oauth(), HERE)
    store = cast(Store, vault)
    asyncio.run(attempt.finish(f"{HERE}?code=code-1&state={attempt.state}", line(server, clock), store, clock()))
    assert asyncio.run(tokens(server, vault, clock).access()) == "access-1"
    assert asyncio.run(tokens(server, vault, clock, given="ended").access()) == "access-1"


def test_without_any_token_a_person_is_sent_to_connect(clock: TurnedClock) -> None:
    with pytest.raises(NeedsLogin) as told:
        asyncio.run(tokens(TokenServer(), Vault(), clock).access())
    assert told.value.fix == "Log in: socialbot connect toy."
