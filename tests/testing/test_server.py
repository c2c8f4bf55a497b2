"""What all fakes share: bad days, outages, many clients at once."""

from __future__ import annotations

import json
import random
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from socialbot.testing.fakes import DiscordFake, Faults
from socialbot.testing.fakes.server import strict_json

QUIET = {"allowed_mentions": {"parse": []}}


def say(http: httpx.Client, fake: DiscordFake, words: str) -> httpx.Response:
    return http.post(fake.account()["webhook"], params={"wait": "true"}, json={"content": words, **QUIET})


def said(fake: DiscordFake) -> list[str]:
    return [seen.text for seen in fake.posts]


def test_a_drop_closes_the_connection_and_changes_nothing(http: httpx.Client) -> None:
    with DiscordFake() as fake:
        fake.faults.queue.append("drop")
        with pytest.raises(httpx.RemoteProtocolError):
            say(http, fake, "lost")
        assert said(fake) == []
        assert fake.attempts == 1


def test_commit_then_drop_publishes_and_closes_the_connection(http: httpx.Client) -> None:
    with DiscordFake() as fake:
        fake.faults.queue.append("commit_then_drop")
        with pytest.raises(httpx.RemoteProtocolError):
            say(http, fake, "out")
        assert said(fake) == ["out"]


def test_commit_then_500_publishes_and_says_it_failed(http: httpx.Client) -> None:
    with DiscordFake() as fake:
        fake.faults.queue.append("commit_then_500")
        assert say(http, fake, "out").status_code == 500
        assert said(fake) == ["out"]


@pytest.mark.parametrize(("fault", "status"), [("reject_500", 500), ("unavailable", 503), ("rate_limited", 429)])
def test_a_rejection_publishes_nothing(http: httpx.Client, fault: str, status: int) -> None:
    with DiscordFake() as fake:
        fake.faults.queue.append(fault)  # type: ignore[arg-type]
        assert say(http, fake, "no").status_code == status
        assert said(fake) == []


def test_queued_faults_come_first_and_once(http: httpx.Client) -> None:
    with DiscordFake() as fake:
        fake.faults.queue.extend(["reject_500", "rate_limited"])
        assert [say(http, fake, str(turn)).status_code for turn in range(3)] == [500, 429, 200]


def test_probabilities_are_kept() -> None:
    faults = Faults(commit_then_drop=0.2, reject_500=0.3, chance=random.Random(7))
    seen = Counter(faults.next() for _ in range(4000))
    assert set(seen) == {None, "commit_then_drop", "reject_500"}
    assert 700 < seen["commit_then_drop"] < 900
    assert 1100 < seen["reject_500"] < 1300


def test_a_slow_server_acts_even_when_the_client_has_gone() -> None:
    with DiscordFake(faults=Faults(slow_s=0.2)) as fake:
        with httpx.Client(timeout=0.05) as impatient, pytest.raises(httpx.ReadTimeout):
            say(impatient, fake, "late")
        assert said(fake) == []
        time.sleep(0.3)
        assert said(fake) == ["late"]


def test_stopping_refuses_and_starting_again_keeps_address_and_posts(http: httpx.Client) -> None:
    fake = DiscordFake()
    with fake:
        say(http, fake, "before")
    with pytest.raises(httpx.ConnectError):
        say(http, fake, "meanwhile")
    with fake:
        say(http, fake, "after")
    assert said(fake) == ["before", "after"]


def test_many_clients_at_once_lose_and_repeat_nothing(http: httpx.Client) -> None:
    words = [f"post {number}" for number in range(60)]
    with DiscordFake() as fake, ThreadPoolExecutor(12) as pool:
        ids = [answer.json()["id"] for answer in pool.map(lambda text: say(http, fake, text), words)]
        assert sorted(said(fake)) == sorted(words)
        assert len(set(ids)) == fake.attempts == 60


def test_calls_are_written_down(http: httpx.Client) -> None:
    with DiscordFake() as fake:
        http.get(fake.account()["webhook"])
        assert [call.split()[0] for call in fake.calls] == ["GET"]


def test_only_loopback_is_listened_on() -> None:
    with DiscordFake() as fake:
        assert fake.url.startswith("http://127.0.0.1:")
        own = socket.gethostbyname_ex(socket.gethostname())[2]
        for address in (one for one in own if not one.startswith("127.")):
            with pytest.raises(OSError):
                socket.create_connection((address, int(fake.url.rsplit(":", 1)[1])), timeout=0.2)


def test_a_body_without_its_length_is_refused(http: httpx.Client) -> None:
    with DiscordFake() as fake:
        assert http.post(fake.account()["webhook"], content=iter([b"{}"])).status_code == 411


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', r'{"a": "\ud800"}', "{", '{"a": 1} x', b"\xff"])
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        strict_json(text)


def test_what_is_json_is_read() -> None:
    value = {"a": [1, None, True, "ü🌫️"]}
    assert strict_json(json.dumps(value)) == value
