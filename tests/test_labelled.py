"""No way from a post file to a network without the label: through intake, ledger and worker, on loopback fakes."""

from __future__ import annotations

import asyncio
import random

import pytest

from socialbot.ledger import Accepted
from socialbot.worker import Worker
from tests.instances import Town, now


def enqueue(town: Town) -> list[Accepted]:
    return [one for receipt in town.intake().enqueue([town.post]) for one in receipt.accepted]


def work(town: Town) -> None:
    asyncio.run(Worker(town.settings(), town.ledger(), now, random.Random(1)).run(until_empty=True))


def say(town: Town, line: str) -> None:
    head, _, rest = town.post.read_text(encoding="utf-8").partition("\n    date:")
    town.post.write_text(f"{head}\n    {line}\n    date:{rest}", encoding="utf-8")


def sent(town: Town) -> list[str]:
    return [seen.text for fake in (town.blue, town.masto, town.chat) for seen in fake.posts]


def test_what_an_author_says_later_of_the_same_text_reaches_the_draft_that_waits(town: Town) -> None:
    town.configure('[site.ai]\nimages = "none"\n')
    enqueue(town)
    say(town, "ai: {images: generated}")
    assert {one.outcome for one in enqueue(town)} == {"redrafted"}
    work(town)
    assert len(sent(town)) == 3 and all("Text and images made by AI" in text for text in sent(town))
    assert {one.outcome for one in enqueue(town)} == {"known"}


@pytest.mark.parametrize("rule", ["eu-deep-fake-badge"])
def test_a_draft_made_before_a_rule_waits_and_is_drafted_anew(town: Town, rule: str) -> None:
    say(town, "ai: {images: generated}")
    enqueue(town)
    config = town.home / "socialbot.toml"
    config.write_text(config.read_text().replace("[site]\n", '[site]\nrules = ["platforms", "eu"]\n', 1))
    work(town)
    assert sent(town) == []
    assert all(one.held and rule in one.held.reason for one in town.ledger().deliveries())
    assert {one.outcome for one in enqueue(town)} == {"redrafted"}
    work(town)
    assert len(sent(town)) == 3
    assert all(picture.badge for one in town.ledger().deliveries() for picture in one.draft.parts[0].pictures)
