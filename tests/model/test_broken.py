"""The ledger is broken on purpose, in one place at a time, and the machine of `test_model.py` notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import false, select, update

from socialbot import delivery
from socialbot.delivery import Courier
from socialbot.ledger import accepting, claiming, deciding, hand, pausing, sending
from socialbot.ledger.changing import Changing
from socialbot.ledger.claiming import Claiming
from socialbot.ledger.schema import deliveries
from tests.model.test_model import Days
from tests.model.world import World

Break = Callable[[pytest.MonkeyPatch, World], None]
BROKEN: dict[str, Break] = {}


def broken(break_: Break) -> Break:
    BROKEN[break_.__name__.strip("_")] = break_
    return break_


class _Never:
    """An `exists()` that finds nothing."""

    def where(self, *_: object) -> object:
        return false()


@broken
def _decisions_have_no_fence(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(hand, "_MOVE", update(deliveries).where(hand._MOVE.whereclause.clauses[0]))  # type: ignore[union-attr]


@broken
def _the_unique_index_is_gone(patch: pytest.MonkeyPatch, world: World) -> None:
    with world.ledger.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX one_live_send")


@broken
def _the_states_are_not_checked(patch: pytest.MonkeyPatch, world: World) -> None:
    with world.ledger.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER known_change")


@broken
def _a_person_decides_about_what_may_be_out(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(deciding, "exists", _Never)


@broken
def _a_pause_takes_what_is_being_sent(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(pausing, "exists", _Never)


@broken
def _a_paused_account_sends_on(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(sending, "_IS_PAUSED", select(deliveries.c.id).where(false()))


@broken
def _what_is_in_anothers_hand_is_taken(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(Claiming, "_keeping", lambda self, alive: [self.owner])


@broken
def _the_dead_keep_what_they_had(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(Claiming, "release", lambda *_: 0)


@broken
def _what_comes_late_is_not_looked_for(patch: pytest.MonkeyPatch, world: World) -> None:
    for room in (claiming, accepting, deciding):
        patch.setattr(room, "note_lateness", lambda *_: None)


@broken
def _what_was_stopped_sends_all_the_same(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(Courier, "_refuse_late", lambda self, *_: self.monotonic() and None)


@broken
def _every_network_is_taken_to_know_keys(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(delivery, "_key_is_good", lambda *_: True)


@broken
def _nothing_has_to_settle(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(Courier, "_settle_s", lambda *_: 0.0)


@broken
def _what_is_closed_is_closed_again(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(sending, "_CLOSE", update(sending.sends).where(sending._CLOSE.whereclause.clauses[0]))  # type: ignore[union-attr]


@broken
def _what_may_be_out_is_drafted_anew(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(accepting, "_has_live_send", lambda *_: False)


@broken
def _an_older_change_follows_a_newer_one(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(Changing, "supersede", lambda *_: False)


@broken
def _a_thread_begins_anew(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(sending.Trail, "out", property(lambda _: []))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    built = World("sqlite:///socialbot.db", tmp_path)
    yield built
    built.ledger.engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_a_ledger_that_is_broken_is_noticed(name: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN[name](monkeypatch, world)
    days = type("Days", (Days,), {"world": world})
    tried = settings(max_examples=1000, stateful_step_count=40, phases=[Phase.generate], deadline=None, database=None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(days, settings=tried)
