"""The deploy hook: signed or refused, once however often it is called, and telling what it found."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from socialbot.nouns import WrongConfiguration
from socialbot.web.app import create_app, is_signed
from tests.instances import Town, now

SECRET = "a-long-enough-secret"
PAYLOADS = Path(__file__).parents[2].parent / "shared" / "specs" / "github-webhooks"


@pytest.fixture
def hook(town: Town) -> TestClient:
    config = town.home / "socialbot.toml"
    config.write_text(f'[web]\nsecret = "{SECRET}"\n' + config.read_text())
    return TestClient(create_app(town.settings(), town.ledger(), now, random.Random(1)))


def call(hook: TestClient, body: bytes = b"{}", event: str = "deployment_status", secret: str = SECRET) -> httpx.Response:
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hook.post("/hooks/deploy", content=body, headers={"X-Hub-Signature-256": signature, "X-GitHub-Event": event})


def test_the_signature_is_githubs_own() -> None:
    # The example of GitHub's documentation on validating webhook deliveries.
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_signed("It's a Secret to Everybody", b"Hello, World!", expected)
    assert not is_signed("It's a Secret to Everybody", b"Hello, World?", expected)


@pytest.mark.parametrize("signature", ["", "sha256=", "sha1=abc", "sha256=ü"])
def test_an_unsigned_call_is_refused_and_reads_nothing(hook: TestClient, town: Town, signature: str) -> None:
    answer = hook.post("/hooks/deploy", content=b"{}", headers={b"X-Hub-Signature-256": signature.encode()})
    assert answer.status_code == 401
    assert call(hook, secret="a-different-secret").status_code == 401
    assert town.ledger().deliveries() == []


def test_a_deploy_enqueues_what_is_new_and_published(hook: TestClient, town: Town) -> None:
    town.write("later", date="2099-01-01")
    (town.home / "content/posts/unready.md").write_text("---\ntitle: x\ndraft: true\n---\nNot yet.\n")
    (town.home / "content/posts/broken.md").write_text("---\ntitle: [\n---\n")
    answer = call(hook)
    told = answer.json()
    assert answer.status_code == 202
    assert [len(one["deliveries"]) for one in told["enqueued"]] == [3]
    assert told["waiting"] == ["content/posts/later.md"]
    assert told["unpublished"] == ["content/posts/unready.md"]
    assert told["rejected"][0]["post"] == "content/posts/broken.md"


def test_a_second_call_finds_nothing_new(hook: TestClient, town: Town) -> None:
    call(hook)
    again = call(hook).json()
    assert (again["enqueued"], again["known"]) == ([], 1)
    assert len(town.ledger().deliveries()) == 3


def test_calls_at_the_same_moment_enqueue_once(hook: TestClient, town: Town) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: call(hook).status_code, range(4)))
    assert answers == [202] * 4
    assert len(town.ledger().deliveries()) == 3


def test_hand_and_hook_meet_in_one_row(hook: TestClient, town: Town) -> None:
    list(town.intake().enqueue([town.post]))
    assert call(hook).json()["known"] == 1
    assert len(town.ledger().deliveries()) == 3


def test_a_first_look_at_an_old_site_floods_nobody(hook: TestClient, town: Town) -> None:
    for number in range(15):
        town.write(f"old-{number}")
    told = call(hook).json()
    assert (told["enqueued"], len(told["marked_seen"])) == ([], 16)
    town.write("new")
    assert [one["post"] for one in call(hook).json()["enqueued"]] == ["content/posts/new.md"]
    old = [town.home / "content/posts/old-3.md"]
    receipt = next(iter(town.intake().enqueue(old)))
    assert receipt.adopted and not receipt.accepted
    assert len(town.intake().again(old[0]).accepted) == 3, "it can still be sent on purpose"


def test_githubs_real_payloads_are_understood(hook: TestClient, town: Town) -> None:
    if not PAYLOADS.is_dir():
        pytest.skip("the folder of real payloads is absent")
    for path in sorted(PAYLOADS.glob("*/*.json")):
        answer = call(hook, path.read_bytes(), event=path.parent.name)
        assert answer.status_code == 202, path


@pytest.mark.parametrize(("state", "reads"), [("success", True), ("failure", False), ("pending", False)])
def test_only_a_deployment_that_succeeded_is_read(hook: TestClient, town: Town, state: str, reads: bool) -> None:
    body: dict[str, Any] = {"deployment_status": {"state": state}}
    told = call(hook, json.dumps(body).encode()).json()
    assert ("enqueued" in told) == reads
    assert bool(town.ledger().deliveries()) == reads


def test_a_ping_is_answered_and_reads_nothing(hook: TestClient, town: Town) -> None:
    assert call(hook, event="ping").json() == {"ignored": "ping"}
    assert town.ledger().deliveries() == []


def test_the_hook_needs_a_secret(town: Town) -> None:
    with pytest.raises(WrongConfiguration, match="SOCIALBOT_WEB__SECRET"):
        create_app(town.settings(), town.ledger(), now, random.Random(1))


def test_it_says_that_it_is_alive(hook: TestClient) -> None:
    assert hook.get("/healthz").json() == {"status": "ok"}
