"""What Meta's Graph API answers, in its own envelope, is told apart by code and subcode; tokens and proofs are as it wants."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from socialbot.networks import meta
from socialbot.networks.calling import Answer
from socialbot.networks.instagram import Instagram
from socialbot.networks.login import OAuth2
from socialbot.networks.meta import Graph, MetaAccount, Row
from socialbot.networks.protocol import (
    ENDS_AT,
    Blocked,
    NeedsLogin,
    NetworkError,
    Passing,
    RateLimited,
    Refused,
    Unknown,
)
from tests.conftest import TurnedClock
from tests.networks.desk import Vault

TABLE: list[tuple[int, int | None, type[NetworkError]]] = [
    (1, None, Passing),
    (2, None, Passing),
    (-1, None, Passing),
    (-2, None, Passing),
    (3, None, NeedsLogin),
    (10, None, NeedsLogin),
    (200, None, NeedsLogin),
    (230, None, NeedsLogin),
    (299, None, NeedsLogin),
    (283, None, NeedsLogin),
    *((code, None, RateLimited) for code in (4, 17, 32, 341, 613, 80001, 80002)),
    (100, None, Refused),
    (102, None, NeedsLogin),
    (190, None, NeedsLogin),
    *((190, subcode, NeedsLogin) for subcode in (458, 459, 460, 463, 464, 467, 492)),
    (324, None, Refused),
    (368, None, Blocked),
    (506, None, Passing),
    (1609005, None, Passing),
]
"""The generic codes, and what each is on a call that may be repeated."""


def envelope(code: int, subcode: int | None = None, status: int = 400, **more: Any) -> httpx.Response:
    error = {"message": "So it is", "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "Atrace"}
    return httpx.Response(status, json={"error": {**error, **more}})


class Desk:
    """A Graph on a transport that answers from a list, or by a function, and keeps what it was asked."""

    def __init__(self, clock: TurnedClock, *answers: httpx.Response, **account: Any) -> None:
        self.answers, self.clock, self.vault, self.asked = list(answers), clock, Vault(), list[httpx.Request]()
        self.account = MetaAccount.model_validate({"network": "instagram", "token": "by-hand", **account})
        self.spent_until = list[Any]()
        self.page = ""
        self.login = OAuth2("", "", "", self.account.client_secret, ())
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda request: self.answers.pop(0)

    def run(self, act: Callable[[Graph], Any]) -> Any:
        def answer(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            return self.answer(request)

        async def alone() -> Any:
            async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
                told = {"base": "https://graph.example/v26.0", "login": self.login, "page": self.page}
                rows = {(None, 77): Row(Blocked, "its own row", "Look.")}
                done = self.spent_until.append
                return await act(Graph("Meta", client, self.account, self.vault, self.clock, done, rows=rows, **told))

        return asyncio.run(alone())


@pytest.mark.parametrize(("code", "subcode", "kind"), TABLE)
def test_every_generic_code_means_what_the_page_says(
    clock: TurnedClock, code: int, subcode: int | None, kind: type[NetworkError]
) -> None:
    with pytest.raises(NetworkError) as raised:
        Desk(clock, envelope(code, subcode)).run(lambda graph: graph.ask("GET", "/me"))
    assert type(raised.value) is kind
    assert str(raised.value).startswith("Meta: ") and str(code) in str(raised.value) and "So it is" in str(raised.value)
    if isinstance(raised.value, Refused):
        assert raised.value.fix.endswith(".")


@pytest.mark.parametrize(("code", "more"), [(1, {}), (2, {}), (-1, {}), (506, {}), (7, {"is_transient": True})])
def test_an_error_of_theirs_on_the_one_call_leaves_it_unknown(clock: TurnedClock, code: int, more: dict[str, Any]) -> None:
    for status in (200, 400, 500):
        with pytest.raises(Unknown):
            Desk(clock, envelope(code, status=status, **more)).run(lambda graph: graph.send("/1/media_publish"))


def test_status_200_with_an_error_is_an_error(clock: TurnedClock) -> None:
    with pytest.raises(Refused):
        Desk(clock, envelope(100, status=200)).run(lambda graph: graph.ask("POST", "/1/media"))


def test_an_error_that_nobody_knows_is_passing_or_unknown_where_its_status_says_that_all_is_well(clock: TurnedClock) -> None:
    with pytest.raises(Passing):
        Desk(clock, envelope(987654, status=200)).run(lambda graph: graph.ask("GET", "/me"))
    with pytest.raises(Unknown):
        Desk(clock, envelope(987654, status=200)).run(lambda graph: graph.send("/1/media_publish"))
    with pytest.raises(Refused):
        Desk(clock, envelope(987654)).run(lambda graph: graph.send("/1/media_publish"))


def test_what_is_transient_is_tried_again_whatever_its_code(clock: TurnedClock) -> None:
    with pytest.raises(Passing):
        Desk(clock, envelope(100, is_transient=True)).run(lambda graph: graph.ask("GET", "/me"))


def test_a_block_is_one_whatever_else_is_said_of_it(clock: TurnedClock) -> None:
    with pytest.raises(Blocked):
        Desk(clock, envelope(368, is_transient=True)).run(lambda graph: graph.send("/1/media_publish"))


def test_a_networks_own_row_goes_first_and_a_revoked_token_is_known_by_its_name(clock: TurnedClock) -> None:
    with pytest.raises(Blocked, match="its own row"):
        Desk(clock, envelope(100, 77)).run(lambda graph: graph.ask("GET", "/me"))
    with pytest.raises(NeedsLogin, match="revoked"):
        Desk(clock, envelope(12, type="REVOKED_ACCESS_TOKEN")).run(lambda graph: graph.ask("GET", "/me"))
    with pytest.raises(NeedsLogin, match="closed to it"):
        Desk(clock, envelope(100, 33)).run(lambda graph: graph.ask("GET", "/me"))


def test_the_words_for_a_person_go_before_those_for_a_programmer(clock: TurnedClock) -> None:
    with pytest.raises(Refused, match="Pick another one"):
        Desk(clock, envelope(100, error_user_msg="Pick another one.")).run(lambda graph: graph.ask("GET", "/me"))


def test_a_limit_lasts_as_long_as_the_usage_header_says_else_an_hour(clock: TurnedClock) -> None:
    told = {"X-Business-Use-Case-Usage": json.dumps({"1": [{"type": "x", "estimated_time_to_regain_access": 19}]})}
    for headers, seconds in ((told, 19 * 60), ({}, 3600)):
        limited = envelope(80002)
        limited.headers.update(headers)
        with pytest.raises(RateLimited) as raised:
            Desk(clock, limited).run(lambda graph: graph.ask("GET", "/me"))
        assert (raised.value.until - clock()).total_seconds() == seconds


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-App-Usage", '{"call_count":100,"total_time":25,"total_cputime":25}'),
        ("X-Business-Use-Case-Usage", '{"1":[{"type":"pages","call_count":28,"total_cputime":101,"total_time":25}]}'),
    ],
)
def test_a_usage_of_a_hundred_percent_rests_the_account_after_the_post(clock: TurnedClock, header: str, value: str) -> None:
    desk = Desk(clock, httpx.Response(200, json={"id": "1"}, headers={header: value}))
    assert desk.run(lambda graph: graph.send("/1/media_publish")).text("id") == "1"
    assert [(until - clock()).total_seconds() for until in desk.spent_until] == [3600]
    calm = Desk(clock, httpx.Response(200, json={"id": "1"}, headers={header: value.replace("100", "99").replace("101", "9")}))
    calm.run(lambda graph: graph.send("/1/media_publish"))
    assert calm.spent_until == []


def test_the_token_travels_in_a_header_alone(clock: TurnedClock) -> None:
    desk = Desk(clock, httpx.Response(200, json={}), httpx.Response(200, json={}))
    desk.run(lambda graph: graph.ask("GET", "/me", fields="id"))
    desk.run(lambda graph: graph.ask("POST", "/1/media", caption="Fog & mist #1", is_carousel_item=True, alt_text=None))
    assert [one.headers["Authorization"] for one in desk.asked] == ["Bearer by-hand"] * 2
    assert str(desk.asked[0].url) == "https://graph.example/v26.0/me?fields=id"
    assert desk.asked[1].content == b"caption=Fog+%26+mist+%231&is_carousel_item=true"


def test_where_the_app_wants_it_every_call_is_signed(clock: TurnedClock) -> None:
    signed = hmac.new(b"the-secret", b"by-hand", hashlib.sha256).hexdigest()
    answers = [httpx.Response(200, json={}) for _ in range(2)]
    desk = Desk(clock, *answers, client_secret="the-secret", appsecret_proof=True)
    desk.run(lambda graph: graph.ask("GET", "/me"))
    desk.run(lambda graph: graph.send("/1/media_publish", creation_id="7"))
    assert f"appsecret_proof={signed}" in str(desk.asked[0].url)
    assert f"appsecret_proof={signed}".encode() in desk.asked[1].content


def test_a_list_is_read_to_its_last_page_however_short_a_page_is(clock: TurnedClock) -> None:
    pages: list[dict[str, Any]] = [
        {"data": [{"id": "1"}], "paging": {"cursors": {"after": "a"}, "next": "https://graph.example/…"}},
        {"data": [], "paging": {"cursors": {"after": "b"}, "next": "https://graph.example/…"}},
        {"data": [{"id": "2"}], "paging": {"cursors": {"after": "c"}}},
    ]

    async def ids(graph: Graph) -> list[str]:
        return [one["id"] async for one in graph.listed("/1/media", fields="id")]

    desk = Desk(clock, *(httpx.Response(200, json=one) for one in pages))
    assert desk.run(ids) == ["1", "2"]
    assert [one.url.params.get("after") for one in desk.asked] == [None, "a", "b"]


PAGES = {
    "data": [
        {"id": "1", "name": "Mist", "access_token": "token-of-mist"},
        {
            "id": "2",
            "name": "Fog",
            "access_token": "token-of-fog",
            "tasks": ["CREATE_CONTENT"],
            "instagram_business_account": {"id": "9", "username": "fog"},
        },
    ]
}


def of_page(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/me/accounts"):
        return httpx.Response(200, json=PAGES)
    return httpx.Response(200, json={"id": "2"})


def test_the_token_of_a_page_is_got_once_and_ends_with_nothing(clock: TurnedClock) -> None:
    desk = Desk(clock)
    desk.page, desk.answer = "2", of_page
    desk.vault.write({"access_token": "person", "since": clock().isoformat(), ENDS_AT: "2027-01-01T00:00:00+00:00"})
    for _ in range(2):
        desk.run(lambda graph: graph.ask("GET", "/2"))
    paths = [(one.url.path.removeprefix("/v26.0"), one.headers["Authorization"]) for one in desk.asked]
    assert paths == [("/me/accounts", "Bearer person"), ("/2", "Bearer token-of-fog"), ("/2", "Bearer token-of-fog")]
    assert ENDS_AT not in (desk.vault.read() or {})
    pages = desk.run(lambda graph: graph.pages())
    assert [(one.id, one.instagram_id, one.tasks) for one in pages] == [("1", "", ()), ("2", "9", ("CREATE_CONTENT",))]


def test_a_pages_token_that_is_refused_is_got_anew_once(clock: TurnedClock) -> None:
    desk, refused = Desk(clock), [envelope(190, 460)]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/2") and refused:
            return refused.pop()
        return of_page(request)

    desk.page, desk.answer = "2", answer
    assert desk.run(lambda graph: graph.ask("GET", "/2")).text("id") == "2"
    assert [one.url.path.rpartition("/")[2] for one in desk.asked] == ["accounts", "2", "accounts", "2"]


def test_a_token_that_knows_no_list_of_pages_is_used_as_it_is(clock: TurnedClock) -> None:
    """A Page's own token, made by hand."""

    def answer(request: httpx.Request) -> httpx.Response:
        return envelope(100) if request.url.path.endswith("accounts") else httpx.Response(200, json={"id": "2"})

    desk = Desk(clock)
    desk.page, desk.answer = "2", answer
    desk.run(lambda graph: graph.ask("GET", "/2"))
    assert desk.asked[-1].headers["Authorization"] == "Bearer by-hand"


def test_a_list_without_the_page_is_asked_for_once_and_again_before_long(clock: TurnedClock) -> None:
    """A Page's own token, and a person who has not the Page, are told by it; to ask before every call doubles all of them."""
    desk = Desk(clock)
    desk.page = "3"
    desk.answer = of_page

    async def twice(graph: Graph) -> None:
        for _ in range(3):
            await graph.ask("GET", "/3")
        clock.turn(60)  # the person is given the Page
        desk.page_listed = True
        await graph.ask("GET", "/3")

    def answer(request: httpx.Request) -> httpx.Response:
        if desk.page_listed and request.url.path.endswith("/me/accounts"):
            return httpx.Response(200, json={"data": [{"id": "3", "name": "Haze", "access_token": "token-of-haze"}]})
        return of_page(request)

    desk.page_listed, desk.answer = False, answer
    desk.run(twice)
    paths = [one.url.path.rpartition("/")[2] for one in desk.asked]
    assert paths == ["accounts", "3", "3", "3", "accounts", "3"]
    assert desk.asked[-1].headers["Authorization"] == "Bearer token-of-haze"


def test_a_pages_token_that_another_call_has_replaced_gives_way_to_the_new_one_and_never_to_the_persons(
    clock: TurnedClock,
) -> None:
    """What a person's token posts to a Page seems to succeed, and nobody sees it."""
    desk = Desk(clock)
    begun = {"access_token": "person", "since": clock().isoformat(), "page": "2"}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] == "Bearer old":
            desk.vault.write({**begun, "page_token": "new"})
            return envelope(190, 463)
        return of_page(request)

    desk.page, desk.answer = "2", answer
    desk.vault.write({**begun, "page_token": "old"})
    desk.run(lambda graph: graph.ask("GET", "/2"))
    assert [one.headers["Authorization"] for one in desk.asked] == ["Bearer old", "Bearer new"]


def test_a_pages_token_that_the_one_call_finds_dead_is_got_anew(clock: TurnedClock) -> None:
    """A Page's post of words alone asks nothing before; an answer that the token is not taken has posted nothing."""
    desk = Desk(clock)

    def answer(request: httpx.Request) -> httpx.Response:
        return envelope(190, 463) if request.headers["Authorization"] == "Bearer old" else of_page(request)

    desk.page, desk.answer = "2", answer
    desk.vault.write({"access_token": "person", "since": clock().isoformat(), "page": "2", "page_token": "old"})
    assert desk.run(lambda graph: graph.send("/2/feed", message="Fog")).text("id") == "2"
    told = [(one.url.path.rpartition("/")[2], one.headers["Authorization"]) for one in desk.asked]
    assert told == [("feed", "Bearer old"), ("accounts", "Bearer person"), ("feed", "Bearer token-of-fog")]


def test_a_token_that_the_one_call_finds_dead_for_good_needs_a_person_after_one_post(clock: TurnedClock) -> None:
    desk = Desk(clock, envelope(190, 460))
    with pytest.raises(NeedsLogin, match="password"):
        desk.run(lambda graph: graph.send("/1/media_publish", creation_id="7"))
    assert len(desk.asked) == 1
    transient = Desk(clock, envelope(190, is_transient=True))
    with pytest.raises(Unknown):
        transient.run(lambda graph: graph.send("/1/media_publish", creation_id="7"))
    assert len(transient.asked) == 1


def test_no_secret_of_a_session_stands_in_a_sentence(clock: TurnedClock) -> None:
    desk = Desk(clock, envelope(100, message="by-hand token-of-fog the-secret"), client_secret="the-secret")
    desk.vault.write({"access_token": "by-hand", "since": clock().isoformat(), "page": "2", "page_token": "token-of-fog"})
    with pytest.raises(Refused) as raised:
        desk.run(lambda graph: graph.ask("GET", "/me"))
    assert not [one for one in ("by-hand", "token-of-fog", "the-secret") if one in str(raised.value)]


@pytest.mark.parametrize("code", [1, 2, 4, 17, 32, 341, 613, 80002])
def test_a_bad_hour_of_metas_costs_no_login_that_is_good(clock: TurnedClock, code: int) -> None:
    """Its limits and faults come with status 400, as what is wrong with a token does."""
    desk = Desk(clock, envelope(code), httpx.Response(200, json={"id": "1"}))
    since, ends = clock() - timedelta(days=10), clock() + timedelta(days=50)
    desk.login = OAuth2("", "", "", desk.account.client_secret, (), extend_url="https://graph.example/refresh")
    desk.vault.write({"access_token": "good", "since": since.isoformat(), "expires_at": ends.isoformat()})
    assert desk.run(lambda graph: graph.ask("GET", "/me")).text("id") == "1"
    assert desk.asked[-1].headers["Authorization"] == "Bearer good" and ENDS_AT not in (desk.vault.read() or {})


def test_usage_is_the_highest_of_all_percentages() -> None:
    headers = httpx.Headers({"X-App-Usage": '{"call_count":28,"total_time":25}', "X-Business-Use-Case-Usage": "no JSON"})
    assert meta.usage(Answer(200, headers, {})) == 28
    assert meta.usage(Answer(200, httpx.Headers(), {})) == 0


def test_facebook_login_changes_a_code_for_a_long_token_by_get(clock: TurnedClock) -> None:
    asked: list[httpx.Request] = []
    tells_end = True

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        short = "fb_exchange_token" not in request.url.params
        told = {"expires_in": 3600 if short else 5183944} if short or tells_end else {}
        return httpx.Response(200, json={"access_token": "short" if short else "long", **told})

    login = Instagram.login(
        Instagram.options.model_validate(
            {"network": "instagram", "login": "facebook", "client_id": "17", "client_secret": "hush"}
        )
    )
    assert login and "https://www.facebook.com/v26.0/dialog/oauth?response_type=code" in login.authorize(
        "https://x.org/", "s", "v"
    )

    async def exchange() -> dict[str, str]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            line = Graph(
                "Meta", client, MetaAccount.model_validate({"network": "x"}), Vault(), clock, print, base="", login=login
            ).line
            return await login.exchange(line, "the-code", "https://x.org/", "v", clock())

    session = asyncio.run(exchange())
    assert session["access_token"] == "long" and session[ENDS_AT] == session["expires_at"]
    tells_end = False
    endless = asyncio.run(exchange())
    assert endless["access_token"] == "long" and not endless.keys() & {ENDS_AT, "expires_at"}, "the hour was the short one's"
    del asked[2:]
    assert [one.method for one in asked] == ["GET", "GET"]
    assert dict(asked[0].url.params) == {
        "code": "the-code",
        "redirect_uri": "https://x.org/",
        "client_id": "17",
        "client_secret": "hush",
    }
    assert dict(asked[1].url.params) == {
        "grant_type": "fb_exchange_token",
        "client_id": "17",
        "client_secret": "hush",
        "fb_exchange_token": "short",
    }
