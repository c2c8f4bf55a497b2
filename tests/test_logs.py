"""One line for each event, with what it is about; and never a secret, whoever quotes it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot import logs
from socialbot.accounts import SessionVault, cipher
from socialbot.cli.instance import start_log
from socialbot.drop_folder import take_folder
from socialbot.ledger import Claims, Ledger
from socialbot.networks.bluesky import Bluesky
from socialbot.nouns import Held, Limits, WrongUse
from socialbot.redaction import HIDDEN, Redaction, secrets_of
from socialbot.settings import Settings
from socialbot.worker import Worker
from tests.cli.test_commands import socialbot
from tests.conftest import accept, make_draft, make_post
from tests.instances import Town, now


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, afterwards as it was."""
    logger = logging.getLogger()
    before = list(logger.handlers), logger.level
    yield logger
    logger.handlers[:], level = before
    logger.setLevel(level)


def record(message: str, error: ValueError | None = None, **about: str) -> logging.LogRecord:
    info: Any = None
    if error:
        try:
            raise error
        except ValueError:
            info = sys.exc_info()
    made = logging.LogRecord("socialbot.toy", logging.WARNING, "toy.py", 1, message, (), info)
    vars(made).update(about)
    return made


ABOUT = {"delivery": "abc", "account": "blue", "network": "toy", "state": "failed"}


def test_a_line_for_people_says_when_what_and_about_which_delivery() -> None:
    made = record("Toy refused it.", **ABOUT)
    made.created = 1795262400.0
    line = logs.Lines(Redaction()).format(made)
    assert line == (
        "2026-11-21 12:00:00 WARNING socialbot.toy: Toy refused it. delivery=abc account=blue network=toy state=failed"
    )


def test_a_line_of_json_says_the_same() -> None:
    made = record("Toy refused it.", **ABOUT)
    made.created = 1795262400.0
    told = json.loads(logs.Json(Redaction()).format(made))
    assert told == {
        "time": "2026-11-21T12:00:00.000+00:00",
        "level": "warning",
        "logger": "socialbot.toy",
        "message": "Toy refused it.",
        **ABOUT,
    }


@given(said=st.text())
@settings(max_examples=500)
def test_whatever_is_said_it_is_one_line(said: str) -> None:
    made = record("%s", account=said)
    made.args = (said,)
    for formatter in (logs.Lines(Redaction()), logs.Json(Redaction())):
        assert len(formatter.format(made).split("\n")) == 1
    assert len(logs.Lines(Redaction()).format(made).splitlines()) == 1


@pytest.mark.parametrize("kind", [logs.Lines, logs.Json])
def test_an_error_that_quotes_a_secret_is_logged_without_it(kind: Any) -> None:
    secrets = ["hush-password", 'hush"quoted\\word', "https://chat.test/api/webhooks/1234/hush-webhook-token"]
    redaction = Redaction(secrets)
    redaction.learn("blue", {"accessJwt": "hush-access-token", "did": "did:plc:a", "pds": "https://pds.test"})
    words = [*secrets, "hush-access-token", "/api/webhooks/1234/hush-webhook-token?wait=true", "hush%22quoted%5Cword"]
    for word in words:
        line = kind(redaction).format(record(f"Toy said {word} at did:plc:a", ValueError(f"and {word}"), state=word))
        assert "hush" not in line, line
        assert HIDDEN in line
        assert "did:plc:a" in line


def test_a_session_is_hidden_from_the_moment_it_is_stored_or_read(town: Town) -> None:
    ledger, key = town.ledger(), cipher(town.settings())
    one, other = Redaction(), Redaction()
    SessionVault(ledger, "blue", key, one).write({"accessJwt": "hush-access-token"})
    assert one("hush-access-token") == HIDDEN
    SessionVault(ledger, "blue", key, other).read()
    assert other("hush-access-token") == HIDDEN


def test_a_session_by_which_limits_are_asked_for_is_hidden(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, ledger = town.settings(), town.ledger()
    SessionVault(ledger, "blue", cipher(settings)).write({"refresh": "opaque-refresh-secret"})
    redaction = Redaction()

    async def discover(network: Bluesky) -> Limits:
        network.vault.read()
        assert "opaque" not in redaction("refused: opaque-refresh-secret")
        return network.limits

    monkeypatch.setattr(Bluesky, "discover", discover)
    dropped = town.write("fog", "queue")
    os.utime(dropped, (0, 0))
    [receipt] = take_folder(settings, ledger, now, random.Random(1), redaction)
    assert receipt.mistake is None
    assert "opaque" not in redaction("refused: opaque-refresh-secret")


def test_the_session_before_the_last_is_still_hidden_and_older_ones_are_forgotten() -> None:
    redaction = Redaction()
    for number in range(3):
        redaction.learn("blue", {"token": f"session-number-{number}"})
    assert redaction("session-number-0 session-number-1 session-number-2") == f"session-number-0 {HIDDEN} {HIDDEN}"


@pytest.mark.parametrize(
    "text",
    ["Bearer abcdefgh1234", "Authorization: Basic YWJjOmRlZg==", "eyJhbGciOiJub25l.eyJhIjoxfQ.c2ln", "https://me:pass@host/x"],
)
def test_what_looks_like_a_secret_is_hidden_though_nobody_told(text: str) -> None:
    said = Redaction()(f"it said {text} to us")
    assert HIDDEN in said
    assert not [word for word in ("abcdefgh1234", "YWJj", "eyJ", "me:pass") if word in said]


def test_every_secret_of_the_configuration_is_known(town: Town) -> None:
    town.configure('[notices]\nurls = ["json://me:hush-notices@host"]\n')
    known = set(secrets_of(town.settings()))
    assert {town.blue.account()["password"], town.masto.account()["token"], town.chat.account()["webhook"]} <= known
    assert "json://me:hush-notices@host" in known


def test_addresses_and_numbers_in_a_secret_url_stay_legible() -> None:
    redaction = Redaction(
        ["http://127.0.0.1:8080/api/webhooks/123456789012345678/hush-token", "mailto://me:87654321@example.org"]
    )
    told = redaction("http://127.0.0.1:8080/channels/123456789012345678 and example.org, not 87654321 nor hush-token")
    assert told == f"http://127.0.0.1:8080/channels/123456789012345678 and example.org, not {HIDDEN} nor {HIDDEN}"


def test_a_password_in_the_stores_address_is_known() -> None:
    settings = Settings()
    store = settings.store.model_copy(update={"url": "postgresql://bot:hush%20store@db/x"})
    assert Redaction(secrets_of(settings.model_copy(update={"store": store})))("hush store hush%20store") == (
        f"{HIDDEN} {HIDDEN}"
    )


def test_a_fault_in_an_adapter_that_quotes_its_session_is_logged_without_it(
    town: Town, monkeypatch: pytest.MonkeyPatch, root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(self: Bluesky, *_: object) -> None:
        await self.check()  # it logs in
        session = self.vault.read() or {}
        quoted.extend([session["accessJwt"], session["refreshJwt"], self.account.password.get_secret_value()])  # type: ignore[attr-defined]
        raise RuntimeError(f"no good: {session} {self.account.password.get_secret_value()}")  # type: ignore[attr-defined]

    quoted: list[str] = []
    monkeypatch.setattr(Bluesky, "publish", broken)
    configuration = town.settings()
    redaction = Redaction(secrets_of(configuration))
    logs.set_up("json", redaction)
    list(town.intake().enqueue([town.post], ["blue"]))
    worker = Worker(configuration, town.ledger(), now, random.SystemRandom(), told=logs.tell, redaction=redaction)
    asyncio.run(worker.run(once=True))
    said = capsys.readouterr().err
    events = [json.loads(line) for line in said.splitlines()]
    assert len(quoted) >= 3
    assert not [word for word in quoted if word in said]
    (fault,) = [event for event in events if "exception" in event]
    assert "RuntimeError: no good" in fault["exception"]
    assert {name: fault[name] for name in ("account", "network")} == {"account": "blue", "network": "bluesky"}


@pytest.mark.parametrize("state", ["held", "failed"])
def test_what_needs_a_person_is_a_warning(ledger: Ledger, caplog: pytest.LogCaptureFixture, state: str) -> None:
    post = make_post()
    (name,) = accept(ledger, post, make_draft(post, held=Held("It waits.", "Approve it.") if state == "held" else None))
    if state == "failed":
        claims = Claims(ledger, "me", 60)
        claims.fail(claims.claim(1, {"me"})[0], "Toy refused it.")
    with caplog.at_level(logging.INFO):
        logs.tell(ledger.delivery(name))
    (told,) = caplog.records
    assert (told.levelno, told.state) == (logging.WARNING, state)  # type: ignore[attr-defined]


def test_a_format_that_there_is_not_is_refused() -> None:
    with pytest.raises(WrongUse, match="text or json"):
        start_log(Settings(), "xml")


def test_the_worker_writes_json_when_asked(town: Town) -> None:
    list(town.intake().enqueue([town.post]))
    done = socialbot("worker", "--once", "--log-format", "json", home=town.home)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    published = {event["account"] for event in events if event.get("state") == "published"}
    assert published == {"blue", "masto", "chat"}
    assert all(event["delivery"] for event in events if event.get("state"))


def test_a_key_of_several_lines_is_struck_out_of_one(town: Town) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----"
    line = logs.Lines(Redaction([key])).format(record(f"cannot read {key}"))
    assert "MIIEvQ" not in line
    assert HIDDEN in line


def test_a_password_in_a_stores_query_is_a_secret() -> None:
    given = Settings.model_validate({"store": {"url": "postgresql://db.test/socialbot?user=me&password=hidden-words"}})
    assert "hidden-words" in set(secrets_of(given))


def test_a_moment_in_a_session_is_no_secret() -> None:
    redaction = Redaction()
    redaction.learn("blue", {"since": "2026-11-21T12:00:00+00:00", "token": "hush-access-token"})
    assert redaction("2026-11-21T12:00:00+00:00 hush-access-token") == f"2026-11-21T12:00:00+00:00 {HIDDEN}"
