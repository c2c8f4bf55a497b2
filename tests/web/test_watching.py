"""Is it alive, does it do its work, and in numbers: what those who watch are told, and what they are not."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from socialbot.accounts import SessionVault, cipher
from socialbot.ledger import Claims, Ending, Ledger, dialects
from socialbot.ledger.schema import accounts
from socialbot.nouns import Held, Room
from socialbot.settings import AccountSettings, Settings
from socialbot.web.app import create_app
from socialbot.web.metrics import METRICS
from tests.conftest import TurnedClock, accept, make_draft, make_post

SECRET, TOKEN = "a-long-enough-secret", "a-token-for-metrics"
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
Samples = dict[tuple[str, ...], float]


def instance(ledger: Ledger, home: Path, token: str = "", **tables: dict[str, object]) -> TestClient:
    web = {"secret": SECRET, **({"metrics_token": token} if token else {}), **tables.pop("web", {})}
    known = {name: AccountSettings(network="toy") for name in ("blue", "masto")}
    settings = Settings(home=home, web=web, accounts=known, **tables)
    return TestClient(create_app(settings, ledger, ledger.clock, random.Random(1)))


def reasons(client: TestClient) -> list[str]:
    answer = client.get("/readyz")
    told: list[str] = answer.json()["reasons"]
    assert answer.status_code == (503 if told else 200)
    return told


def scrape(client: TestClient) -> dict[str, Samples]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        family.name: {
            tuple(sample.labels[label] for label in METRICS[family.name].labels): sample.value for sample in family.samples
        }
        for family in text_string_to_metric_families(answer.text)
    }


def publish(ledger: Ledger, clock: TurnedClock, after_s: float = 0) -> None:
    """Claim what is due, and have its call begin `after_s` seconds later."""
    claims = Claims(ledger, "me", 60)
    (claimed,) = claims.claim(1, {"me"})
    clock.turn(after_s)
    send = claims.intend(claimed, 0, {})
    claims.close(send, "published", "answered", "It took it.", "1", None)
    claims.publish(claimed, "1", None)


# Does it do its work?


def test_an_instance_with_a_worker_and_nothing_late_is_ready(ledger: Ledger, tmp_path: Path) -> None:
    ledger.beat("me", "here")
    accept(ledger, make_post())
    client = instance(ledger, tmp_path)
    assert client.get("/readyz").json() == {"status": "ready", "reasons": []}
    assert client.get("/healthz").json() == {"status": "ok"}


def test_no_worker_is_told_after_thirty_seconds(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    client = instance(ledger, tmp_path)
    assert reasons(client) == ["No worker has given a sign of life for 30 s; none was heard of for a day."]
    ledger.beat("me", "here")
    clock.turn(30)
    assert reasons(client) == []
    clock.turn(1)
    (told,) = reasons(client)
    assert told.endswith("the last was heard of at 2026-11-21 12:00:00 UTC.")
    ledger.beat("other", "there")
    assert reasons(client) == []


def test_what_is_due_for_longer_than_it_may_is_told_without_its_title(
    ledger: Ledger, tmp_path: Path, clock: TurnedClock
) -> None:
    (name,) = accept(ledger, make_post())
    client = instance(ledger, tmp_path, web={"late_s": 60})
    clock.turn(60)
    ledger.beat("me", "here")
    assert reasons(client) == []
    clock.turn(1)
    (told,) = reasons(client)
    assert told == f"The oldest due delivery, {name} on toy, is 61 s late; at most 60 s are allowed (web.late_s)."
    publish(ledger, clock)
    assert reasons(client) == []


def test_what_a_dead_worker_left_is_late_from_the_end_of_its_lease(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    accept(ledger, make_post())
    Claims(ledger, "dead", 60).claim(1, {"dead"})
    client = instance(ledger, tmp_path, web={"late_s": 60})
    for seconds, late in ((120, False), (1, True)):
        clock.turn(seconds)
        ledger.beat("me", "here")
        assert bool(reasons(client)) == late


def test_what_waits_for_a_rate_limit_or_a_paused_account_is_not_late_and_has_its_time_afterwards(
    ledger: Ledger, tmp_path: Path, clock: TurnedClock
) -> None:
    for name in ("blue", "masto"):
        post = make_post(name)
        accept(ledger, post, make_draft(post, name))
    until = clock() + timedelta(hours=1)
    Claims(ledger, "me", 60).limit("blue", until, "Toy: no more calls.")
    with ledger.shared.begin() as connection:
        connection.execute(insert(accounts).values(name="masto", paused_at=clock(), paused_until=until))
    client = instance(ledger, tmp_path, web={"late_s": 60})
    for seconds, late_s in ((3599, 0), (61, 60), (1, 61)):
        clock.turn(seconds)
        ledger.beat("me", "here")
        assert bool(reasons(client)) == (late_s > 60)
        assert scrape(client)["socialbot_overdue_seconds"] == {(): late_s}


def test_an_account_that_is_paused_without_an_end_is_never_late(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    accept(ledger, make_post())
    with ledger.shared.begin() as connection:
        connection.execute(insert(accounts).values(name="blue", paused_at=clock()))
    clock.turn(10**6)
    ledger.beat("me", "here")
    assert reasons(instance(ledger, tmp_path)) == []


def test_a_disk_that_is_nearly_full_is_told(ledger: Ledger, tmp_path: Path) -> None:
    ledger.beat("me", "here")
    (told,) = reasons(instance(ledger, tmp_path, store={"min_free_bytes": 10**18}))
    assert re.fullmatch(r"The disk of the instance is nearly full: \d+ bytes are free, at least 10{18} are wanted .*", told)


def test_a_folder_that_cannot_be_written_is_told(ledger: Ledger, tmp_path: Path) -> None:
    ledger.beat("me", "here")
    # Not even root can write here: https://man7.org/linux/man-pages/man5/proc.5.html
    (tmp_path / "media").symlink_to("/proc/self")
    (told,) = reasons(instance(ledger, tmp_path))
    assert told.startswith("The folder of the pictures cannot be written to (")


def test_a_store_that_does_not_answer_is_told_by_both_probes(ledger: Ledger, tmp_path: Path) -> None:
    client = instance(ledger, tmp_path)
    with ledger.shared.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE workers RENAME TO nobody")
    (told,) = reasons(client)
    assert told.startswith("The store cannot be used (")
    answer = client.get("/metrics")
    assert (answer.status_code, answer.text.startswith("The store cannot be used")) == (503, True)


# In numbers


def test_deliveries_are_counted_by_state_and_network(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    for number in range(3):
        accept(ledger, make_post(f"n{number}"))
    post = make_post("held")
    accept(ledger, post, make_draft(post, held=Held("It waits.", "Approve it.")))
    publish(ledger, clock)
    told = scrape(instance(ledger, tmp_path))["socialbot_deliveries"]
    assert told == {("queued", "toy"): 2, ("held", "toy"): 1, ("published", "toy"): 1}


def test_lateness_runs_from_the_due_moment_to_the_call(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    for late_s in (1, 2, 3, 40):
        accept(ledger, make_post(f"n{late_s}"))
        publish(ledger, clock, after_s=late_s)
    told = scrape(instance(ledger, tmp_path))
    assert told["socialbot_lateness_seconds"] == {("0.5",): 3, ("0.95",): 40, ("0.99",): 40, ("1",): 40}
    assert told["socialbot_calls_last_hour"] == {("toy", "published"): 4}
    clock.turn(3601)
    told = scrape(instance(ledger, tmp_path))
    assert told["socialbot_lateness_seconds"] == told["socialbot_calls_last_hour"] == {}


def test_the_oldest_due_delivery_says_how_late_it_is(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    client = instance(ledger, tmp_path)
    assert scrape(client)["socialbot_overdue_seconds"] == {(): 0}
    accept(ledger, make_post())
    clock.turn(7)
    assert scrape(client)["socialbot_overdue_seconds"] == {(): 7}


def test_limits_pauses_tokens_and_workers_are_told(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    Claims(ledger, "me", 60).limit("blue", clock() + timedelta(minutes=1), "Toy: no more calls.")
    Claims(ledger, "me", 60).limit("masto", clock(), "Toy: it is over.")
    with ledger.shared.begin() as connection:
        dialects.upsert(connection, accounts, {"name": "masto"}, paused_at=clock())
    ends = clock() + timedelta(days=9)
    SessionVault(ledger, "blue", cipher(Settings(home=tmp_path))).write({"ends_at": ends.isoformat()})
    ledger.beat("me", "here")
    told = scrape(instance(ledger, tmp_path))
    limited = told["socialbot_account_limited_until_timestamp_seconds"]
    assert limited == {("blue", "toy"): (clock() + timedelta(minutes=1)).timestamp()}
    assert told["socialbot_account_paused"] == {("masto", "toy"): 1}
    assert told["socialbot_token_end_timestamp_seconds"] == {("blue", "toy"): ends.timestamp()}
    assert told["socialbot_workers"] == {(): 1}
    assert told["socialbot_last_heartbeat_timestamp_seconds"] == {(): clock().timestamp()}
    assert told["socialbot_store_bytes"][()] > 10_000
    assert told["socialbot_disk_free_bytes"][("instance",)] > 0


def test_the_room_that_networks_told_is_told_until_it_is_whole_again(
    ledger: Ledger, tmp_path: Path, clock: TurnedClock
) -> None:
    ends = clock() + timedelta(minutes=5)
    told = {"calls": Room(17, 300, ends, clock()), "posts": Room(0, None, None, clock())}
    accept(ledger, make_post())
    claims = Claims(ledger, "me", 60)
    (claimed,) = claims.claim(1, {"me"})
    send = claims.intend(claimed, 0, {})
    claims.end(Ending(send, "published", "answered", "It took it.", "1", rooms=told))
    calls, posts = ("blue", "toy", "calls"), ("blue", "toy", "posts")
    for seconds, left in ((0, {calls: 17, posts: 0}), (300, {posts: 0}), (86_100, {})):
        clock.turn(seconds)
        seen = scrape(instance(ledger, tmp_path))
        assert seen["socialbot_rate_limit_remaining"] == left
        assert seen["socialbot_rate_limit_total"] == ({calls: 300} if calls in left else {})
        assert seen["socialbot_rate_limit_reset_timestamp_seconds"] == ({calls: ends.timestamp()} if calls in left else {})


def test_the_token_is_asked_for_where_there_is_one(ledger: Ledger, tmp_path: Path) -> None:
    open_to_all, guarded = instance(ledger, tmp_path), instance(ledger, tmp_path, TOKEN)
    assert open_to_all.get("/metrics").status_code == 200
    for given in ("", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ü"):
        answer = guarded.get("/metrics", headers={b"Authorization": given.encode()})
        assert (answer.status_code, "socialbot_" in answer.text) == (401, False)
    assert guarded.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert guarded.get("/readyz").status_code == 503, "a probe has no token"


def test_nothing_tells_a_title_a_caption_or_a_secret(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    post = make_post("hush")
    accept(ledger, post, make_draft(post))
    Claims(ledger, "me", 60).limit("blue", clock() + timedelta(minutes=1), "Toy: hush hush.")
    SessionVault(ledger, "blue", cipher(Settings(home=tmp_path))).write({"token": "hush-session", "ends_at": "never"})
    clock.turn(10**6)
    client = instance(ledger, tmp_path)
    everything = "".join(client.get(path).text for path in ("/healthz", "/readyz", "/metrics"))
    assert "socialbot_deliveries" in everything
    assert "hush" not in everything.lower()
    assert SECRET not in everything


def test_two_applications_in_one_process_share_no_numbers(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    other = Ledger.open("sqlite:///other.db", tmp_path, clock)
    accept(ledger, make_post())
    one, two = scrape(instance(ledger, tmp_path)), scrape(instance(other, tmp_path))
    other.engine.dispose()
    assert (one["socialbot_deliveries"], two["socialbot_deliveries"]) == ({("queued", "toy"): 1}, {})


def test_every_metric_is_in_the_table_of_the_operations_page() -> None:
    told = OPERATIONS.read_text()
    rows = [f"| `{name}` | {', '.join(meaning.labels) or '–'} | {meaning.told} |" for name, meaning in METRICS.items()]
    assert [row for row in rows if row not in told] == []
    assert set(re.findall(r"^\| `(socialbot_\w+)`", told, re.MULTILINE)) == set(METRICS)
