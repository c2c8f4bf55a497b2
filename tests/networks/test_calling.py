"""What a call without an answer means, on real sockets: never sent, or perhaps out."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialbot.networks.calling import HIDDEN, MAX_QUOTED_CHARS, Answer, Line
from socialbot.networks.protocol import NetworkError, Passing, RateLimited, Refused, Unknown

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
UNUSED = httpx.AsyncClient(verify=False)
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def call(url: str, *, final: bool = True, timeout_s: float = 5.0, transport: httpx.AsyncBaseTransport | None = None) -> Answer:
    async def alone() -> Answer:
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            line = Line("Toy", client, timeout_s, lambda: NOW, lambda: ["s3cret-token"])
            return await (line.send if final else line.ask)("POST", url, content=b"hello")

    return asyncio.run(alone())


def call_server(talk: Talk, *, scheme: str = "http", final: bool = True, timeout_s: float = 5.0) -> Answer:
    async def alone() -> Answer:
        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server, httpx.AsyncClient(trust_env=False) as client:
            port = server.sockets[0].getsockname()[1]
            line = Line("Toy", client, timeout_s, lambda: NOW, list)
            return await (line.send if final else line.ask)("POST", f"{scheme}://127.0.0.1:{port}/", content=b"hello")

    return asyncio.run(alone())


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    writer.close()


async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        await asyncio.sleep(0.05)
        writer.write(b".")
        await writer.drain()


def test_a_refused_connection_is_provably_not_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Passing, match=r"Toy: 127\.0\.0\.1:\d+ cannot be reached"):
            call(f"http://127.0.0.1:{unused.getsockname()[1]}/")


def test_a_name_that_does_not_resolve_is_provably_not_sent() -> None:
    with pytest.raises(Passing, match=r"nobody\.invalid cannot be reached"):
        call("https://nobody.invalid/")


def test_a_failed_tls_handshake_is_provably_not_sent() -> None:
    with pytest.raises(Passing, match="cannot be reached"):
        call_server(hang_up, scheme="https")


@pytest.mark.parametrize("error", [httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.LocalProtocolError])
def test_what_fails_before_the_request_leaves_is_provably_not_sent(error: type[httpx.RequestError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("no way for s3cret-token")

    with pytest.raises(Passing, match=r"no way for \[hidden\]"):
        call("http://toy.test/", transport=httpx.MockTransport(fail))


def test_a_connection_that_never_opens_is_given_up_before_the_total_time() -> None:
    """Else the total time would strike first, and nobody could say whether the request had left."""

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    with pytest.raises(Passing, match="cannot be reached"):
        call_server(never, scheme="https", timeout_s=0.4)


@pytest.mark.parametrize(("final", "kind"), [(True, Unknown), (False, Passing)])
def test_a_connection_that_breaks_after_the_request_leaves_the_outcome_unknown(final: bool, kind: type[NetworkError]) -> None:
    with pytest.raises(kind, match="broke"):
        call_server(hang_up, final=final)


@pytest.mark.parametrize(("final", "kind"), [(True, Unknown), (False, Passing)])
def test_the_time_limit_is_total_even_when_every_byte_comes_in_time(final: bool, kind: type[NetworkError]) -> None:
    with pytest.raises(kind, match=r"within 0\.3 seconds"):
        call_server(trickle, final=final, timeout_s=0.3)


def test_a_redirect_is_not_followed_because_a_credential_must_not_follow_it() -> None:
    asked: list[str] = []

    def move(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://elsewhere.test/"})

    answer = call("http://toy.test/", transport=httpx.MockTransport(move))
    line = Line("Toy", UNUSED, 1, lambda: NOW, list)
    assert asked == ["toy.test"]
    trouble = line.trouble(answer, "")
    assert isinstance(trouble, Refused)
    assert "https://elsewhere.test/" in str(trouble)


@pytest.mark.parametrize("status", [200, 408, 500, 502, 504])
def test_an_answer_that_is_no_clear_word_leaves_the_outcome_unknown(status: int) -> None:
    line = Line("Toy", UNUSED, 1, lambda: NOW, list)
    assert isinstance(line.trouble(Answer(status, httpx.Headers(), None, final=True), ""), Unknown)
    assert isinstance(line.trouble(Answer(status, httpx.Headers(), None, final=False), ""), Passing)


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("30", NOW + timedelta(seconds=30)),
        ("0.25", NOW + timedelta(seconds=1)),
        (1.5, NOW + timedelta(seconds=1.5)),
        (str(int(NOW.timestamp()) + 90), NOW + timedelta(seconds=90)),
        ("2026-11-21T12:02:00.000Z", NOW + timedelta(minutes=2)),
        ("2026-11-21T12:02:00", NOW + timedelta(minutes=2)),
        ("Sat, 21 Nov 2026 12:03:00 GMT", NOW + timedelta(minutes=3)),
        ("2026-11-21T11:00:00Z", NOW + timedelta(seconds=1)),
        ("soon", NOW + timedelta(seconds=60)),
        ("nan", NOW + timedelta(seconds=60)),
        ("inf", NOW + timedelta(seconds=60)),
        ("9e99", NOW + timedelta(seconds=60)),
        ("", NOW + timedelta(seconds=60)),
        (None, NOW + timedelta(seconds=60)),
    ],
)
def test_a_limit_ends_when_the_server_says_in_whatever_way_it_says_it(told: object, moment: datetime) -> None:
    line = Line("Toy", UNUSED, 1, lambda: NOW, list)
    assert line.limited(told).until == moment


TOKENS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.=/:", min_size=6, max_size=40).filter(
    lambda token: token not in HIDDEN
)


@given(st.lists(TOKENS, min_size=1, max_size=3), st.text(max_size=80), st.data())
def test_a_secret_is_never_quoted_and_a_quotation_is_one_short_line(
    secrets: list[str], noise: str, data: st.DataObject
) -> None:
    pieces = data.draw(st.lists(st.sampled_from([*secrets, noise, " ", "\n"]), max_size=12))
    quoted = Line("Toy", UNUSED, 1, lambda: NOW, lambda: secrets).quote("".join(pieces))
    assert not any(secret in quoted for secret in secrets)
    assert len(quoted) <= MAX_QUOTED_CHARS
    assert "\n" not in quoted


def test_the_log_of_calls_does_not_show_paths_because_a_webhook_is_one(caplog: pytest.LogCaptureFixture) -> None:
    # A worker that ran in this process before has quietened httpx.
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="httpx"):
        call("http://toy.test/webhooks/1/s3cret-token", transport=httpx.MockTransport(lambda request: httpx.Response(200)))
    assert "toy.test" in caplog.text
    assert "s3cret-token" not in caplog.text


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Sat, 21 Nov 2026 12:03:00 GMT"}, 180),
        ({"RateLimit-Reset": "90"}, 90),
        ({"RateLimit-Reset": str(int(NOW.timestamp()) + 60)}, 60),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp() * 1000) + 60_000)}, 60),
        ({"X-RateLimit-Reset": "2026-11-21T12:05:00Z"}, 300),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 900)}, 900),
        ({"X-RateLimit-Reset-After": "1.5", "X-RateLimit-Reset": str(NOW.timestamp() + 7)}, 1.5),
        ({"RateLimit": '"default";r=0;t=30'}, 30),
        ({"X-Business-Use-Case-Usage": '{"17":[{"call_count":100,"estimated_time_to_regain_access":5}]}'}, 300),
        ({"X-Business-Use-Case-Usage": '{"17":[{"call_count":10,"estimated_time_to_regain_access":0}]}'}, 60),
        ({"Retry-After": "in a while"}, 60),
    ],
)
def test_a_429_ends_when_any_of_the_headers_in_use_says(headers: dict[str, str], seconds: float) -> None:
    line = Line("Toy", UNUSED, 1, lambda: NOW, list)
    error = line.trouble(Answer(429, httpx.Headers(headers), None, final=True), "")
    assert isinstance(error, RateLimited) and error.until == NOW + timedelta(seconds=seconds)


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    line = Line("Toy", UNUSED, 1, lambda: NOW, list)
    error = line.trouble(Answer(503, httpx.Headers({"Retry-After": "600"}), None, final=False), "")
    assert isinstance(error, Passing) and error.retry_at == NOW + timedelta(seconds=600)


@pytest.mark.parametrize(("final", "left", "told"), [(True, "0", True), (True, "1", False), (False, "0", False)])
def test_the_last_post_that_is_allowed_says_when_the_next_one_is(final: bool, left: str, told: bool) -> None:
    spent: list[datetime] = []
    headers = {"X-RateLimit-Remaining": left, "X-RateLimit-Reset": "2026-11-21T12:05:00Z"}

    async def alone() -> None:
        transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers))
        async with httpx.AsyncClient(transport=transport) as client:
            line = Line("Toy", client, 5, lambda: NOW, list, spent.append)
            await (line.send if final else line.ask)("POST", "http://toy.test/")

    asyncio.run(alone())
    assert spent == ([NOW + timedelta(minutes=5)] if told else [])
