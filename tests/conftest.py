"""A clock that the test turns, a ledger on a real file, and a delivery to play with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from socialbot.ledger import Ledger, Planned
from socialbot.nouns import Caption, Disclosure, Draft, Held, Part, Post
from tests.instances import Town, a_town
from tests.postgresql import Server, a_server

# A busy machine is slow, and that is no fault of the code's.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pytest_configure(config: pytest.Config) -> None:
    """The normal run tries the same examples every time, so that it tells of the code alone; the slow suite searches."""
    if "not slow" in config.option.markexpr and not config.getoption("--hypothesis-profile"):
        settings.load_profile("repeatable")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores, since many tests wait for processes of their own."""
    return round((os.cpu_count() or 1) * 1.5)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that none of them runs alone at the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("crash", "model"))


class TurnedClock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests; where it cannot be had, those that need it are skipped and say why."""
    with a_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty store: what the ledger promises it promises on both."""
    if request.param == "sqlite":
        yield "sqlite:///socialbot.db"
    else:
        with request.getfixturevalue("postgresql").new_database() as url:
            yield url


@pytest.fixture
def ledger(store: str, tmp_path: Path, clock: TurnedClock) -> Iterator[Ledger]:
    opened = Ledger.open(store, tmp_path, clock)
    yield opened
    opened.engine.dispose()


def make_post(name: str = "fog", **values: object) -> Post:
    return Post(id=f"id-{name}", source=f"{name}.md", content_hash=f"hash-{name}", title=name.title(), **values)  # type: ignore[arg-type]


def make_draft(post: Post, account: str = "blue", held: Held | None = None, parts: int = 1) -> Draft:
    captions = [Caption(f"{post.title} {part}", 5, 300, "graphemes") for part in range(parts)]
    return Draft(post.id, account, "toy", "en", tuple(Part(caption) for caption in captions), held=held)


def accept(ledger: Ledger, post: Post, *drafts: Draft, in_s: float = 0) -> list[str]:
    """Accept a post as `intake` would; the ids of its deliveries."""

    def plan(post: Post, draft: Draft, disclosure: Disclosure, taken: object) -> Planned:
        return Planned(draft, disclosure, ledger.clock() + timedelta(seconds=in_s))

    done = ledger.accept(post, [(draft, Disclosure()) for draft in drafts or (make_draft(post),)], plan)
    return [one.delivery for one in done]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with a_town(tmp_path / "instance") as built:
        yield built
