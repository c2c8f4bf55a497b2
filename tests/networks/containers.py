"""Where Instagram's and Threads' adapters are tried: on their fakes, with pictures on a loopback site, time turned by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from socialbot import networks
from socialbot.networks import meta_containers
from socialbot.networks.protocol import Published
from socialbot.nouns import Draft
from socialbot.testing.conformance.stand import Stand
from socialbot.testing.conformance.wire import Clock
from socialbot.testing.fakes.graph import GraphFake
from socialbot.testing.site import LoopbackSite

F = TypeVar("F", bound=GraphFake)


@contextmanager
def standing(kind: type[F], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stand, F]]:
    """A stand and its fake; polls wait for nothing."""
    monkeypatch.setattr(meta_containers, "POLLS_S", (0,) * len(meta_containers.POLLS_S))
    clock = Clock()
    with kind(clock=clock) as fake, LoopbackSite(folder / "site") as site:
        stand = Stand(networks.load(fake.network), fake, fake.account(), clock, folder, site.public())
        yield stand, fake
        if "ledger" in vars(stand):
            stand.ledger.engine.dispose()


def made_of(fake: GraphFake) -> list[Mapping[str, str]]:
    """What containers were made of, the addresses of pictures aside."""
    edges = ("media", "threads")
    bodies = [given for path, given in fake.bodies if path.rpartition("/")[2] in edges]
    return [{name: value for name, value in given.items() if name != "image_url"} for given in bodies]


def lose_answer(stand: Stand, fake: GraphFake, draft: Draft) -> tuple[object, object]:
    """Publish it so that no answer comes; what was prepared, and since when."""
    from socialbot.networks.protocol import Unknown

    since, prepared = stand.clock(), stand.prepare(draft)
    fake.faults.queue.append("commit_then_drop")
    with pytest.raises(Unknown):
        stand.publish(prepared)
    return prepared, since


def a_day_later(stand: Stand, hours: float = 24) -> None:
    """Turn the clock."""
    stand.clock.turn(timedelta(hours=hours).total_seconds())


def is_out(found: object) -> bool:
    """Was it found?"""
    return isinstance(found, Published)
