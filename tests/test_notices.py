"""What needs a person is told, once on each channel, whatever goes wrong on the way; and no secret with it."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from socialbot import notices
from socialbot.accounts import SessionVault, cipher
from socialbot.ledger import Claims, Ledger, Planned
from socialbot.ledger.telling import TRIES
from socialbot.notices import Notifier, token_notice
from socialbot.nouns import Held
from socialbot.redaction import Redaction, secrets_of
from socialbot.settings import AccountSettings, Settings
from socialbot.worker import Worker
from tests.cli.test_commands import socialbot
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.instances import Town, now
from tests.pager import Pager, a_pager


@pytest.fixture
def pager() -> Iterator[Pager]:
    with a_pager() as built:
        yield built


class Heard:
    """Channels without a network: what each was told, and what it answers."""

    def __init__(self) -> None:
        self.told: dict[str, list[tuple[str, str]]] = {}
        self.why: dict[str, str] = {}

    def __call__(self, url: str, title: str, body: str) -> str | None:
        self.told.setdefault(url, []).append((title, body))
        return self.why.get(url)

    def bodies(self, url: str = "one://") -> list[str]:
        return [body for _, body in self.told.get(url, [])]


def configured(home: Path, *urls: str, digest: str = "", **tables: Any) -> Settings:
    return Settings(home=home, notices={"urls": list(urls) or ["one://"], "digest": digest}, **tables)


def notifier(ledger: Ledger, configuration: Settings, send: Any = notices.send) -> Notifier:
    return Notifier(configuration, ledger, Redaction(secrets_of(configuration)), send)


def fail(ledger: Ledger, why: str = "Toy refused it: too blue. Change the post and enqueue it again.") -> str:
    """Claim what is due and have it fail; its id."""
    claims = Claims(ledger, "me", 60)
    (claimed,) = claims.claim(1, {"me"})
    claims.fail(claimed, why)
    return claimed.id


# What is told


def test_a_failed_delivery_is_told_once_with_all_that_a_person_needs(ledger: Ledger, tmp_path: Path, pager: Pager) -> None:
    accept(ledger, make_post())
    name = fail(ledger)
    told = notifier(ledger, configured(tmp_path, pager.url))
    told.look()
    told.look()
    ((title, body),) = pager.told
    assert title == "socialbot: “Fog” failed on blue"
    assert "Why: Toy refused it: too blue." in body
    assert f"socialbot retry {name}" in body
    assert f"Delivery: {name}" in body


def test_what_is_held_is_told_with_its_reason_and_what_to_do(ledger: Ledger, tmp_path: Path) -> None:
    post, heard = make_post(), Heard()
    accept(ledger, post, make_draft(post, held=Held("It waits for approval.", "socialbot approve it")))
    notifier(ledger, configured(tmp_path), heard).look()
    (body,) = heard.bodies()
    assert "Why: It waits for approval.\nWhat to do: socialbot approve it" in body


def test_what_fails_again_is_told_again(ledger: Ledger, tmp_path: Path) -> None:
    accept(ledger, make_post())
    heard = Heard()
    told = notifier(ledger, configured(tmp_path), heard)
    for _ in range(2):
        name = fail(ledger)
        told.look()
        told.look()
        delivery = ledger.delivery(name)
        ledger.retry(name, Planned(delivery.draft, delivery.disclosure, ledger.clock()))
    assert len(heard.bodies()) == 2


def test_what_the_network_does_not_show_is_told_once(ledger: Ledger, tmp_path: Path) -> None:
    accept(ledger, make_post())
    claims, heard = Claims(ledger, "me", 60), Heard()
    (claimed,) = claims.claim(1, {"me"})
    claims.publish(claimed, "1", None)
    for _ in range(2):
        claims.note(claimed, "not shown", "It is missing: it may have been taken for spam.")
    told = notifier(ledger, configured(tmp_path), heard)
    told.look()
    told.look()
    (body,) = heard.bodies()
    assert body.startswith("“Fog” was published and is not shown on blue\nWhy: It is missing")
    assert "retry" not in body


def test_many_at_once_are_one_message(ledger: Ledger, tmp_path: Path) -> None:
    heard = Heard()
    for name in ("fog", "rain", "snow"):
        post = make_post(name)
        accept(ledger, post, make_draft(post, held=Held("It waits.", "Approve it.")))
    notifier(ledger, configured(tmp_path), heard).look()
    ((title, body),) = heard.told["one://"]
    assert title.startswith("socialbot: 3 notices")
    assert all(name in body for name in ("Fog", "Rain", "Snow"))


def test_what_lies_back_is_no_news(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    accept(ledger, make_post())
    fail(ledger)
    clock.turn(25 * 3600)
    heard = Heard()
    notifier(ledger, configured(tmp_path), heard).look()
    assert heard.told == {}


def test_an_account_that_fails_again_and_again_is_told_once_a_day_and_a_rate_limit_is_not(
    ledger: Ledger, tmp_path: Path, clock: TurnedClock
) -> None:
    accept(ledger, make_post())
    claims, heard = Claims(ledger, "me", 60), Heard()
    (claimed,) = claims.claim(1, {"me"})
    claims.limit("masto", clock() + timedelta(days=9), "Toy: no more calls are taken.")
    told = notifier(ledger, configured(tmp_path), heard)
    told.look()
    assert heard.told == {}
    for _ in range(3):
        claims.trouble(claimed, "Toy: the server answered 502.", lambda _: 3600.0)
        told.look()
        clock.turn(60)
    (body,) = heard.bodies()
    assert body.startswith("blue is left alone after repeated failures, and is tried again at Sat 21 Nov 2026 13:00 UTC.")
    assert "Toy: the server answered 502." in body
    clock.turn(24 * 3600)
    claims.trouble(claimed, "Toy: the server answered 502.", lambda _: 3600.0)
    told.look()
    assert len(heard.bodies()) == 2


def test_a_full_disk_is_told_once_a_day_even_where_the_store_can_take_no_note(
    ledger: Ledger, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    accept(ledger, make_post())
    fail(ledger)
    monkeypatch.setattr(ledger, "claim_notices", full)
    heard = Heard()
    told = notifier(ledger, configured(tmp_path, store={"min_free_bytes": 10**18}), heard)
    for _ in range(3):
        told.look()
    (body,) = heard.bodies()
    assert "nearly full" in body
    assert "“Fog” failed on blue" in body
    clock.turn(24 * 3600)
    told.look()
    assert len(heard.bodies()) == 2


def test_a_store_that_does_not_answer_for_a_minute_is_told_once_a_day(
    ledger: Ledger, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("postgresql://bot:hush-store@db/x is gone"))

    heard = Heard()
    told = notifier(ledger, configured(tmp_path), heard)
    for _ in range(3):  # it restarts, and is back in time
        with monkeypatch.context() as away:
            away.setattr(ledger, "untold", gone)
            told.look()
            clock.turn(50)
        told.look()
    assert heard.told == {}
    monkeypatch.setattr(ledger, "untold", gone)
    for _ in range(3):
        told.look()
        clock.turn(60)
    (body,) = heard.bodies()
    assert body.startswith("The store cannot be used")
    assert "hush" not in body


# Once, whatever goes wrong


def test_workers_that_look_at_the_same_time_tell_once(ledger: Ledger, tmp_path: Path) -> None:
    for number in range(10):
        post = make_post(f"n{number}")
        accept(ledger, post, make_draft(post, held=Held("It waits.", "Approve it.")))
    heard, together = Heard(), threading.Barrier(4)

    def look(_: int) -> None:
        told = notifier(ledger, configured(tmp_path), heard)
        together.wait(10)
        told.look()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(4)))
    everything = "\n".join(heard.bodies())
    assert [everything.count(f"“N{number}”") for number in range(10)] == [1] * 10


def test_a_channel_that_is_down_is_tried_again_a_few_times_and_the_others_hear_once(
    ledger: Ledger, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    accept(ledger, make_post())
    fail(ledger)
    heard = Heard()
    heard.why = {"down://": "nobody listens"}
    told = notifier(ledger, configured(tmp_path, "down://", "one://"), heard)
    told.look()
    told.look()
    assert len(heard.bodies("down://")) == 1, "not before some time has passed"
    for _ in range(TRIES * 2):
        clock.turn(3601)
        told.look()
    assert (len(heard.bodies("down://")), len(heard.bodies("one://"))) == (TRIES, 1)
    assert [told.getMessage() for told in caplog.records] == ["a notice could not be sent: nobody listens"] * TRIES


def test_a_channel_that_comes_back_is_told_then(ledger: Ledger, tmp_path: Path, clock: TurnedClock, pager: Pager) -> None:
    accept(ledger, make_post())
    fail(ledger)
    told = notifier(ledger, configured(tmp_path, pager.url))
    pager.refuse = True
    told.look()
    assert pager.told == []
    pager.refuse = False
    for _ in range(2):
        clock.turn(61)
        told.look()
    assert len(pager.told) == 1


def test_a_worker_that_dies_between_claim_and_call_leaves_the_notice_to_another(
    ledger: Ledger, tmp_path: Path, clock: TurnedClock
) -> None:
    accept(ledger, make_post())
    fail(ledger)
    heard = Heard()
    told = notifier(ledger, configured(tmp_path), heard)
    (one,) = ledger.untold(notices.name_of("one://"), clock() - timedelta(days=1), 5)
    ledger.claim_notices([one.key])
    told.look()
    assert heard.told == {}
    clock.turn(61)
    told.look()
    assert len(heard.bodies()) == 1


def test_a_server_that_does_not_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch, pager: Pager) -> None:
    monkeypatch.setattr(notices, "SEND_WITHIN_S", 2.0)
    pager.awake.clear()
    assert notices.send(pager.url + "?rto=60", "t", "b") == "it did not answer within 2 s"


@pytest.mark.parametrize("url", ["json://127.0.0.1:1/hush-path-of-it", "nonsense", "nosuch://hush-host-of-it"])
def test_why_a_notice_could_not_be_sent_is_one_sentence_without_the_urls_secret(url: str) -> None:
    configuration = Settings(notices={"urls": [url]})
    why = notices.send(url, "t", "b")
    assert why
    assert "hush" not in Redaction(secrets_of(configuration))(why)
    assert "\n" not in why


def test_a_delivery_does_not_wait_for_a_notice(town: Town, pager: Pager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "SEND_WITHIN_S", 300.0)
    pager.awake.clear()
    town.configure(f'[notices]\nurls = ["{pager.url}?rto=60"]\ndigest = ""\n')
    post = make_post("other")
    accept(town.ledger(), post, make_draft(post, held=Held("It waits.", "Approve it.")))
    worker = Worker(town.settings(), town.ledger(), now, random.SystemRandom())

    async def work() -> None:
        running = asyncio.create_task(worker.run())
        assert await asyncio.to_thread(pager.asked.wait, 30)
        await asyncio.to_thread(lambda: list(town.intake().enqueue([town.post])))
        for _ in range(600):
            if all(town.seen().values()):
                break
            await asyncio.sleep(0.05)
        assert pager.told == []
        worker.stop()
        await asyncio.wait_for(running, 10)

    asyncio.run(work())
    assert {name: len(texts) for name, texts in town.seen().items()} == {"blue": 1, "masto": 1, "chat": 1}


def test_a_worker_that_runs_once_tells_before_it_ends(town: Town, pager: Pager) -> None:
    town.configure(f'[notices]\nurls = ["{pager.url}"]\ndigest = ""\n')
    post = make_post("other")
    accept(town.ledger(), post, make_draft(post, held=Held("It waits.", "Approve it.")))
    asyncio.run(Worker(town.settings(), town.ledger(), now, random.SystemRandom()).run(until_empty=True))
    assert [title for title, _ in pager.told] == ["socialbot: “Other” is held on blue"]


# No secret


def test_an_error_that_quotes_a_token_is_told_without_it(ledger: Ledger, tmp_path: Path) -> None:
    account = {"chat": AccountSettings(network="toy")}
    configuration = configured(tmp_path, web={"secret": "hush-hush-hush-hush"}, accounts=account)
    accept(ledger, make_post())
    fail(ledger, "Toy said: Bearer hush-bearer-token is not hush-hush-hush-hush, eyJhbGciOiJub25lIn0.eyJhIjoxfQ.hush here")
    heard = Heard()
    notifier(ledger, configuration, heard).look()
    (body,) = heard.bodies()
    assert "hush" not in body
    assert body.count("[hidden]") == 3


# Tokens and the digest


@given(hours=st.integers(-100, 1000))
@settings(max_examples=500)
def test_a_token_near_its_end_is_told_at_14_at_7_and_at_1_days(hours: int) -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    keys = [notice.key for notice in token_notice("blue", at + timedelta(hours=hours), at, ZoneInfo("UTC"))]
    days = 1 if hours <= 24 else 7 if hours <= 7 * 24 else 14 if hours <= 14 * 24 else None
    assert [int(key.rpartition(":")[2]) for key in keys] == ([days] if days else [])


def test_a_session_that_tells_its_end_is_told_of_once_for_each_distance(town: Town, tmp_path: Path) -> None:
    clock = TurnedClock()
    ledger = Ledger.open("sqlite:///socialbot.db", town.home, clock)
    town.configure('[notices]\nurls = ["one://"]\ndigest = ""\n')
    configuration, heard = town.settings(), Heard()
    SessionVault(ledger, "blue", cipher(configuration)).write({"ends_at": (clock() + timedelta(days=15)).isoformat()})
    SessionVault(ledger, "masto", cipher(configuration)).write({"token": "x"})
    told = notifier(ledger, configuration, heard)
    seen = []
    for _ in range(17):
        told.look()
        told.look()
        seen.append(len(heard.bodies()))
        clock.turn(24 * 3600)
    assert seen == [0, *[1] * 7, *[2] * 6, *[3] * 3]
    assert heard.bodies()[0].startswith("The login of blue ends on Sun 06 Dec 2026 12:00 UTC.")


def test_logins_that_cannot_be_read_keep_nothing_else_from_being_told(town: Town) -> None:
    ledger = town.ledger()
    town.configure('[notices]\nurls = ["one://"]\ndigest = ""\n')
    SessionVault(ledger, "blue", cipher(town.settings())).write({"token": "x"})
    (town.home / "secret.key").write_text("no key at all")
    accept(ledger, make_post())
    fail(ledger)
    heard = Heard()
    notifier(ledger, town.settings(), heard).look()
    [body] = heard.bodies()
    assert "too blue" in body
    assert "not a Fernet key" in body


def test_the_digest_comes_once_a_day_at_its_hour_on_the_sites_clock(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    # Summer time ends in Berlin on 25 October 2026 at 01:00 UTC: 08:00 is 06:00 UTC the day before, and 07:00 UTC that day.
    clock.at = datetime(2026, 10, 24, 0, 0, tzinfo=UTC)
    configuration = configured(tmp_path, digest="08:00", site={"timezone": "Europe/Berlin"})
    heard, came = Heard(), []
    told = notifier(ledger, configuration, heard)
    for _ in range(3 * 24 * 4):
        before = len(heard.bodies())
        told.look()
        came += [clock()] * (len(heard.bodies()) - before)
        clock.turn(15 * 60)
    assert [f"{at:%d %H:%M}" for at in came] == ["24 06:00", "25 07:00", "26 07:00"]


def test_the_digest_counts_what_happened_what_waits_and_what_comes(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    for name in ("fog", "rain"):
        accept(ledger, make_post(name))
    fail(ledger)
    claims = Claims(ledger, "me", 60)
    (claimed,) = claims.claim(1, {"me"})
    send = claims.intend(claimed, 0, {})
    claims.close(send, "published", "answered", "It took it.", "1", None)
    claims.publish(claimed, "1", None)
    post = make_post("snow")
    accept(ledger, post, make_draft(post, held=Held("It waits for approval.", "Approve it.")))
    accept(ledger, make_post("dew"), in_s=3600)
    accept(ledger, make_post("ice"), in_s=24 * 3600)
    heard = Heard()
    notifier(ledger, configured(tmp_path, digest="12:00"), heard).look()
    text = "\n".join(heard.bodies())
    assert "In the last 24 hours: 1 published, 1 failed, 0 missed their time." in text
    assert "Held, waiting for a person: 1." in text
    assert "Due today: 1." in text
    assert "held: Snow → blue" in text


# The command


def test_check_says_whether_anybody_is_told_and_sends_a_test_when_asked(town: Town, pager: Pager) -> None:
    assert "none, nobody is told" in socialbot("check", home=town.home).stdout
    urls = f"{pager.url} json://127.0.0.1:1/hush-path-of-it"
    done = socialbot("check", "--notify", "--json", home=town.home, SOCIALBOT_NOTICES__URLS=urls)
    assert (done.returncode, [title for title, _ in pager.told]) == (1, ["socialbot: a test"])
    told = json.loads(done.stdout)["notices"]
    assert (told["channels"], told["tested"], told["digest"]) == (2, True, "08:00 UTC")
    (fault,) = told["faults"]
    assert fault.startswith("channel 2: ")
    assert "hush" not in done.stdout + done.stderr
