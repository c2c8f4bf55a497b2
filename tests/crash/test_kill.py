"""kill -9 of real worker processes at random moments, while the networks have bad days. What the public saw is counted."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from socialbot.accounts import options_of
from socialbot.intake import Intake
from socialbot.ledger import Ledger
from socialbot.settings import load
from socialbot.testing.fakes import BlueskyFake, DiscordFake, MastodonFake
from socialbot.testing.fakes.server import Fake

BAD_DAYS = {"commit_then_drop": 0.06, "commit_then_500": 0.06, "drop": 0.04, "reject_500": 0.06, "rate_limited": 0.04}
POST = '---\ntitle: "Post number {n:04d}"\ndate: 2025-01-01\ncanonical: https://example.org/{n:04d}\n---\nWords of post {n}.\n'


@dataclass
class Town:
    """An instance with four accounts on three fakes: Discord once by webhook alone, once with a bot that may look."""

    home: Path
    fakes: dict[str, Fake]
    ledger: Ledger

    def seen(self, account: str) -> Counter[str]:
        """How often the public saw each post."""
        titles = (seen.text.split("Post number ")[1][:4] for seen in self.fakes[account].posts)
        return Counter(titles)

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "socialbot", "--home", str(self.home), "worker", "--until-empty"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(self.home / "worker.log").open("ab"))


@pytest.fixture
def town(tmp_path: Path, store: str) -> Iterator[Town]:
    with ExitStack() as stack:
        fakes: dict[str, Fake] = {
            "blue": BlueskyFake(),
            "masto": MastodonFake(),
            "chat": DiscordFake(),
            "botchat": DiscordFake(),
        }
        config = [f'[site]\nurl = "https://example.org"\n[store]\nurl = "{store}"\n[worker]\nbackoff_s = 0.3\nmax_tries = 1000']
        for name, fake in fakes.items():
            stack.enter_context(fake)
            options = {**fake.account(), "settle_s": 1.0, "timeout_s": 5}
            if isinstance(fake, DiscordFake) and name == "botchat":
                options |= {"bot_token": fake.bot_token, "on_doubt": "send_again"}
            rows = [
                f"{key} = {value!r}" if isinstance(value, float | int) else f'{key} = "{value}"'
                for key, value in options.items()
            ]
            config.append(f"[accounts.{name}]\n" + "\n".join(rows))
        (tmp_path / "socialbot.toml").write_text("\n".join(config))
        ledger = Ledger.open(store, tmp_path)
        yield Town(tmp_path, fakes, ledger)
        ledger.engine.dispose()


def run(town: Town, posts: int, kills: int, slow_s: float, seed: int) -> None:
    """`slow_s`: how long the networks take for a post, so that the kills find something to break."""
    chance = random.Random(seed)
    folder = town.home / "posts"
    folder.mkdir()
    paths = [folder / f"{n:04d}.md" for n in range(posts)]
    for n, path in enumerate(paths):
        path.write_text(POST.format(n=n))
    settings = load(town.home, options_of)
    accepted = [
        one for receipt in Intake(settings, town.ledger, town.ledger.clock, chance).enqueue(paths) for one in receipt.accepted
    ]
    assert len(accepted) == posts * len(town.fakes)

    for fake in town.fakes.values():
        fake.faults.chance = random.Random(seed)
        fake.faults.slow_s, fake.faults.retry_after_s = slow_s, 1
        for fault, probability in BAD_DAYS.items():
            setattr(fake.faults, fault, probability)
    workers = [town.start(), town.start()]
    in_flight = 0
    for _ in range(kills):
        # An interpreter needs about a second to come up; a kill before that would test nothing.
        time.sleep(chance.uniform(0.3, 1.2))
        victim = chance.randrange(2)
        in_flight += awaited_in_flight(town)
        workers[victim].kill()
        workers[victim].wait()
        workers[victim] = town.start()
    end = time.monotonic() + 90 + 2 * posts  # a doubt may rest for minutes before its next look
    while any(worker.poll() is None for worker in workers) and time.monotonic() < end:
        time.sleep(0.2)
    for worker in workers:
        worker.kill()
        worker.wait()
    print(f"\n{kills} kills, {in_flight} of them with a delivery in flight, {posts} posts: {dict(town.ledger.counts())}")
    assert in_flight > kills / 2, "the kills came when there was nothing to break"
    check(town, posts)


def awaited_in_flight(town: Town, at_most_s: float = 10) -> bool:
    """Wait until a delivery is in flight: on a busy machine workers come up slowly, and to kill an idle one proves nothing."""
    end = time.monotonic() + at_most_s
    while not (running := bool(town.ledger.deliveries("running"))) and time.monotonic() < end:
        time.sleep(0.01)
    return running


def check(town: Town, posts: int) -> None:
    everything = Counter({f"{n:04d}": 1 for n in range(posts)})
    for account in ("blue", "masto", "botchat"):
        assert town.seen(account) == everything, (
            f"{account}: lost {everything - town.seen(account)}, twice {town.seen(account) - everything}"
        )
        states = {one.state for one in town.ledger.deliveries(account=account)}
        assert states == {"published"}
    chat = town.seen("chat")
    assert not chat - everything, f"chat: twice {chat - everything}"
    for delivery in town.ledger.deliveries(account="chat"):
        number = town.ledger.post(delivery.post).title[-4:]
        if delivery.state == "published":
            assert chat[number] == 1
        else:
            assert delivery.state == "held" and delivery.held
            assert "may be out" in delivery.held.reason and "socialbot resolve" in delivery.held.fix


def test_a_few_kills_lose_nothing_and_repeat_nothing(town: Town, store: str) -> None:
    posts, kills = (10, 5) if store.startswith("sqlite") else (5, 3)  # the long run kills as many on either
    run(town, posts=posts, kills=kills, slow_s=0.15, seed=1)


@pytest.mark.slow
def test_a_hundred_kills_over_two_hundred_posts_lose_nothing_and_repeat_nothing(town: Town) -> None:
    run(town, posts=200, kills=100, slow_s=0.3, seed=2)
