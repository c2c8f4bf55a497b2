"""A live instance moves from one store to another, and back, and loses nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from socialbot.cli import app
from socialbot.ledger import Claims, Ledger, moving, opening
from socialbot.ledger import move as move_store
from socialbot.ledger.schema import deliveries, events, metadata, moves, sends
from socialbot.nouns import Held, Mistake
from socialbot.worker import Worker, WorkerLock, somebody_at_work
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.instances import Town, a_town, now
from tests.postgresql import Server

FILE, OTHER_FILE = "sqlite:///socialbot.db", "sqlite:///other.db"


@pytest.fixture(params=["sqlite to postgresql", "postgresql to sqlite", "sqlite to sqlite"])
def ways(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """FROM and TO."""
    with ExitStack() as stack:
        names = str(request.param).split(" to ")
        urls = iter((FILE, OTHER_FILE))
        yield tuple(  # type: ignore[misc]
            stack.enter_context(request.getfixturevalue("postgresql").new_database("template0"))
            if name == "postgresql"
            else next(urls)
            for name in names
        )


def fill(ledger: Ledger, clock: TurnedClock) -> None:
    """A row of every kind: held, queued, open, published, edited, limited; with words that are hard to carry."""
    for number in range(5):
        post = make_post(f"p{number}")
        held = Held("why", "what to do") if number == 4 else None
        accept(ledger, post, make_draft(post, f"a{number}", held=held), in_s=60 if number == 3 else 0)
    mine = Claims(ledger, "me", 60)
    first, second, third = mine.claim(8, {"me"})
    send = mine.intend(first, 0, {"text": "Grüße, 世界 🎉 'quoted' \\ \t"})
    mine.close(send, "published", "answered", "The network took it.", "1", "https://example.org/1", {"ai": True})
    mine.publish(first, "1", "https://example.org/1")
    mine.intend(second, 0, {})
    mine.fail(third, "bad\0answer")
    mine.limit("a0", clock() + timedelta(hours=1), "too many")
    ledger.beat("me", "here")
    ledger.note_scan("/posts")


def everything(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
            if table is not moves
        }


def moved(ways: tuple[str, str], home: Path, clock: TurnedClock) -> dict[str, int]:
    return move_store(*ways, home, clock(), lambda: False)


def test_every_row_arrives_and_the_ids_go_on(ways: tuple[str, str], tmp_path: Path, clock: TurnedClock) -> None:
    source = Ledger.open(ways[0], tmp_path, clock)
    fill(source, clock)
    before = everything(source.engine)
    assert all(before[name] for name in ("posts", "deliveries", "sends", "events", "limits", "workers", "scans"))
    counted = moved(ways, tmp_path, clock)
    target = Ledger.open(ways[1], tmp_path, clock)
    if target.engine.dialect.name == "postgresql":
        before = {name: [_without_nul(row) for row in rows] for name, rows in before.items()}
    assert everything(target.engine) == before
    assert counted == {name: len(rows) for name, rows in before.items()}
    with target.engine.connect() as connection:
        last = {table: connection.execute(select(func.max(table.c.id))).scalar_one() for table in (events, sends)}
    [name] = accept(target, make_post("new"))
    mine = Claims(target, "me", 60)
    [claimed] = [one for one in mine.claim(9, {"me"}) if one.id == name]
    assert mine.intend(claimed, 0, {}).id > last[sends]
    for ledger in (source, target):
        ledger.engine.dispose()


def _without_nul(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row)


def test_nothing_can_use_what_was_moved_however_long_it_was_open(
    ways: tuple[str, str], tmp_path: Path, clock: TurnedClock
) -> None:
    source = Ledger.open(ways[0], tmp_path, clock)
    accept(source, make_post())
    moved(ways, tmp_path, clock)
    with pytest.raises(Mistake, match=r"was moved to .* on 2026-11-21"):
        Ledger.open(ways[0], tmp_path, clock)
    with pytest.raises(Mistake, match="was moved to"):
        moved(ways, tmp_path, clock)
    with pytest.raises(IntegrityError, match="the store was moved"):
        accept(source, make_post("late"))
    with pytest.raises(IntegrityError, match="the store was moved"):
        Claims(source, "me", 60).claim(1, {"me"})
    with pytest.raises(IntegrityError, match="the store was moved"):
        source.pause("blue", None)
    source.engine.dispose()


def test_a_move_that_fails_changes_nothing(
    ways: tuple[str, str], tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Ledger.open(ways[0], tmp_path, clock)
    fill(source, clock)
    before = everything(source.engine)
    with monkeypatch.context() as patched, pytest.raises(OSError, match="gone"):
        patched.setattr(moving, "_count_on", lambda _: _raise(OSError("gone")))
        moved(ways, tmp_path, clock)
    again = Ledger.open(ways[0], tmp_path, clock)
    assert everything(again.engine) == before
    assert accept(again, make_post("still at work"))
    moved(ways, tmp_path, clock)
    for ledger in (source, again):
        ledger.engine.dispose()


def test_a_move_whose_end_nobody_heard_of_leaves_one_store_that_can_be_used(
    ways: tuple[str, str], tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Ledger.open(ways[0], tmp_path, clock)
    fill(source, clock)
    carry = moving._carry

    def unheard(*engines: Engine, again: bool) -> None:
        carry(*engines, again=again)
        raise OSError("no answer to COMMIT")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="no answer"):
        patched.setattr(moving, "_carry", unheard)
        moved(ways, tmp_path, clock)
    with pytest.raises(Mistake):
        Ledger.open(ways[0], tmp_path, clock)
    moved(ways, tmp_path, clock)
    arrived = Ledger.open(ways[1], tmp_path, clock)
    assert len(arrived.deliveries()) == len(source.deliveries())
    for ledger in (source, arrived):
        ledger.engine.dispose()


@pytest.mark.parametrize("place", ["_copy", "_count_on", "_end"])
def test_a_move_that_was_killed_is_carried_through_by_the_same_command(
    ways: tuple[str, str], tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    source = Ledger.open(ways[0], tmp_path, clock)
    fill(source, clock)
    before = everything(source.engine)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(moving, "_unmark", lambda _: None)  # kill -9 tidies nothing up
        patched.setattr(moving, place, lambda *_: _raise(KeyboardInterrupt()))
        moved(ways, tmp_path, clock)
    with pytest.raises(Mistake, match="is being moved to"):
        Ledger.open(ways[0], tmp_path, clock)
    moved(ways, tmp_path, clock)
    target = Ledger.open(ways[1], tmp_path, clock)
    assert len(everything(target.engine)["deliveries"]) == len(before["deliveries"])
    for ledger in (source, target):
        ledger.engine.dispose()


def _raise(error: BaseException) -> None:
    raise error


def test_a_store_with_something_in_it_is_not_moved_to(ways: tuple[str, str], tmp_path: Path, clock: TurnedClock) -> None:
    ledgers = [Ledger.open(url, tmp_path, clock) for url in ways]
    for ledger in ledgers:
        accept(ledger, make_post())
    with pytest.raises(Mistake, match="not empty"):
        moved(ways, tmp_path, clock)
    assert accept(ledgers[0], make_post("more"))
    for ledger in ledgers:
        ledger.engine.dispose()


def test_a_row_that_does_not_arrive_as_it_left_stops_the_move(
    tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Ledger.open(FILE, tmp_path, clock)
    fill(source, clock)
    copy = moving._copy

    def careless(out: object, into: object, table: object) -> None:
        copy(out, into, table)  # type: ignore[arg-type]
        if table is deliveries:
            into.execute(update(deliveries).values(tries=deliveries.c.tries + 1))  # type: ignore[attr-defined]

    monkeypatch.setattr(moving, "_copy", careless)
    with pytest.raises(Mistake, match="did not arrive as they left: deliveries"):
        moved((FILE, OTHER_FILE), tmp_path, clock)


def test_a_lost_target_is_given_up_and_what_it_may_have_sent_is_looked_for(
    ways: tuple[str, str], tmp_path: Path, clock: TurnedClock
) -> None:
    fill(Ledger.open(ways[0], tmp_path, clock), clock)
    moved(ways, tmp_path, clock)
    with pytest.raises(Mistake, match="is there, and holds what was moved"):
        moving.give_up(*ways, tmp_path, clock(), lambda: False)
    with opening.connect(ways[1], tmp_path).begin() as connection:  # as if it had come back empty
        for name in reversed(metadata.sorted_tables):
            connection.execute(name.delete())
    with pytest.raises(Mistake, match="a worker is at work"):
        moving.give_up(*ways, tmp_path, clock(), lambda: True)
    with pytest.raises(Mistake, match="moved to"):
        moving.give_up(ways[0], "sqlite:///third.db", tmp_path, clock(), lambda: False)
    assert moving.give_up(*ways, tmp_path, clock(), lambda: False) == 4  # all but the published one
    again = Ledger.open(ways[0], tmp_path, clock)
    clock.turn(120)
    claimed = Claims(again, "me", 60).claim(8, {"me"})
    assert claimed and all(again.history(one.id)[-1].what == "looking" for one in claimed)
    with pytest.raises(Mistake, match="moved nowhere"):
        moving.give_up(*ways, tmp_path, clock(), lambda: False)


def test_a_target_whose_file_is_gone_is_lost(tmp_path: Path, clock: TurnedClock) -> None:
    fill(Ledger.open(FILE, tmp_path, clock), clock)
    moved((FILE, OTHER_FILE), tmp_path, clock)
    for path in tmp_path.glob("other.db*"):
        if path.is_file():
            path.unlink()
    done = CliRunner().invoke(app, ["move-store", FILE, OTHER_FILE, "--target-is-lost", "--home", str(tmp_path)])
    assert done.exit_code == 0 and "4 of its deliveries are looked for" in done.output
    assert not (tmp_path / "other.db").exists()
    accept(Ledger.open(FILE, tmp_path, clock), make_post("new"))


def test_no_store_is_moved_while_a_worker_of_its_folder_lives(tmp_path: Path, clock: TurnedClock) -> None:
    Ledger.open(FILE, tmp_path, clock)
    lock = WorkerLock(tmp_path / "workers")
    with pytest.raises(Mistake, match="a worker is at work"):
        move_store(FILE, OTHER_FILE, tmp_path, clock(), lambda: somebody_at_work(tmp_path / "workers"))
    lock.release()
    move_store(FILE, OTHER_FILE, tmp_path, clock(), lambda: somebody_at_work(tmp_path / "workers"))


def test_no_server_store_is_moved_while_a_worker_anywhere_lives(postgresql: Server, tmp_path: Path) -> None:
    with postgresql.new_database() as url, a_town(tmp_path / "there", url) as town:

        async def run() -> None:
            worker = Worker(town.settings(), town.ledger(), now, random.SystemRandom())
            working = asyncio.create_task(worker.run())
            await asyncio.sleep(1)
            with pytest.raises(Mistake, match="a worker is at work"):
                await asyncio.to_thread(move_store, url, FILE, tmp_path, now(), lambda: False)
            worker.stop()
            await working
            await asyncio.to_thread(move_store, url, FILE, tmp_path, now(), lambda: False)

        asyncio.run(asyncio.wait_for(run(), 60))


def test_an_instance_goes_on_where_it_was_after_a_move_there_and_back(postgresql: Server, tmp_path: Path) -> None:
    with postgresql.new_database("template0") as url, a_town(tmp_path / "instance") as town:
        for number, way in enumerate(((FILE, url), (url, OTHER_FILE))):
            list(town.intake().enqueue([town.write(f"before{number}")]))
            move_store(*way, town.home, now(), lambda: False)
            _use(town, way[1])
            list(town.intake().enqueue([town.home / "content" / "posts" / f"before{number}.md"]))
            asyncio.run(Worker(town.settings(), town.ledger(), now, random.SystemRandom()).run(until_empty=True))
        assert {name: len(texts) for name, texts in town.seen().items()} == {"blue": 2, "masto": 2, "chat": 2}


def _use(town: Town, url: str) -> None:
    config = town.home / "socialbot.toml"
    used = town.settings().store.url
    config.write_text(config.read_text().replace(f'"{used}"', f'"{url}"'))
