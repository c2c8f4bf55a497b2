"""Nothing is lost and nothing goes out twice, whatever day the network has; what cannot be known is held, with a sentence."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from typing import get_args

import pytest

from socialbot.ledger import Delivery
from socialbot.networks.protocol import CannotTell, Network, Prepared, Published
from socialbot.nouns import Draft
from socialbot.testing.conformance import drafts
from socialbot.testing.conformance.stand import Stand, Stands, need
from socialbot.testing.fakes.server import Fault

FAULTS: tuple[str, ...] = get_args(Fault)
MAY_BE_OUT = ("commit_then_drop", "commit_then_500", "drop", "reject_500", "unavailable")
"""After these an adapter may not know."""
SLOW_S = 0.6


class Killed(BaseException):
    """Stands for kill -9: no code of ours runs after it."""


class Once(Stands):
    """Deliveries over bad days, on a real ledger file, each try by a new worker; and the looks that decide them."""

    @pytest.mark.parametrize("fault", FAULTS)
    def test_no_fault_loses_a_post_or_repeats_it(self, stand: Stand, fault: Fault) -> None:
        draft = stand.made("Fog over Öland", pictures=min(1, stand.limits.max_pictures))
        stand.fake.faults.queue.append(fault)
        _prove(stand, draft, stand.carry(stand.accept(draft)), fault)
        if fault == "rate_limited":
            assert stand.fake.attempts <= 2, "it waits until the moment that the network named"

    @pytest.mark.parametrize("fault", ("commit_then_drop", "commit_then_500", "drop"))
    def test_a_thread_goes_on_where_a_fault_broke_it(self, stand: Stand, fault: Fault) -> None:
        need(stand.limits.threads, "it has no threads")
        draft = stand.made("Fog, one", "Fog, two", "Fog, three")
        stand.with_account(on_doubt="send_again")
        stand.fake.faults.queue.extend([None, fault])  # type: ignore[list-item]
        done = stand.carry(stand.accept(draft))
        out = [seen.text for seen in stand.fake.posts]
        assert out == [stand.words(draft, part)[1] for part in range(3)][: len(out)], "in order, and none twice"
        assert len(out) == 3 or (stand.doubt == "NONE" and done.state == "held"), "all of it, where it can be known"

    @pytest.mark.parametrize("after", [False, True], ids=["before it was sent", "after it was sent"])
    def test_a_worker_that_dies_in_the_act_loses_nothing_and_repeats_nothing(self, stand: Stand, after: bool) -> None:
        draft = stand.made("Fog over Öland")
        delivery = stand.accept(draft)

        def wrap(network: Network) -> None:
            publish = network.publish

            async def die(prepared: Prepared) -> Published:
                if after:
                    await publish(prepared)
                raise Killed

            network.publish = die  # type: ignore[method-assign]

        with suppress(Killed):
            stand.work("worker.0", wrap)
        _prove(stand, draft, stand.carry(delivery), "commit_then_drop" if after else "drop")

    def test_a_network_that_acts_after_we_have_hung_up_is_not_asked_twice(self, stand: Stand) -> None:
        draft = stand.made("Fog over Öland")
        delivery = stand.accept(draft)
        stand.with_account(timeout_s=SLOW_S * 2 / 3)
        stand.fake.faults.slow_s = SLOW_S
        assert stand.work(), "it is tried"
        stand.fake.faults.slow_s = 0
        stand.with_account(timeout_s=30)
        time.sleep(SLOW_S * 1.2)  # until the server, which is in this process, has acted on all that it was sent
        _prove(stand, draft, stand.carry(delivery), "commit_then_drop")

    def test_where_the_account_says_so_a_post_in_doubt_is_sent_again_and_is_out_once(self, stand: Stand) -> None:
        need(stand.doubt != "NONE", "it can ask nobody, and holds at once")
        draft = stand.made("Fog over Öland")
        stand.with_account(on_doubt="send_again")
        stand.fake.faults.queue.append("drop")
        done = stand.carry(stand.accept(draft))
        assert (done.state, len(stand.shown(draft))) == ("published", 1)

    # Looking

    def test_find_sees_what_is_out(self, stand: Stand) -> None:
        need(stand.doubt != "NONE", "it can ask nobody")
        for draft in (stand.made("Fog over Öland"), stand.written()):
            before, prepared = stand.clock(), stand.prepare(draft)
            published = stand.publish(prepared)
            found = stand.find(prepared, before)
            assert isinstance(found, Published), f"it is out and is found (got {found})"
            assert (found.remote_id, found.url) == (published.remote_id, published.url)
            stand.clock.turn(60)

    def test_find_sees_what_is_out_though_our_clock_is_an_hour_ahead(self, stand: Stand) -> None:
        need(stand.doubt != "NONE", "it can ask nobody")
        stand.ahead = timedelta(hours=1)
        draft = stand.made("Fog over Öland")
        before, prepared = stand.clock() + stand.ahead, stand.prepare(draft)
        published = stand.publish(prepared)
        stand.clock.turn(60)
        found = stand.find(prepared, before)
        assert isinstance(found, Published), f"it is out, and the network's clock is the one that counts (got {found})"
        assert found.remote_id == published.remote_id

    def test_find_does_not_take_another_post_for_ours(self, stand: Stand) -> None:
        need(stand.doubt != "NONE", "it can ask nobody")
        prepared = stand.prepare(stand.made("Mist over Öland"))
        stand.fake.overhear("Mist over Öland")
        assert stand.find(prepared, stand.clock()) is None, "a stranger's words are not ours"
        stand.send(stand.made("Fog over Öland"))
        assert stand.find(prepared, stand.clock()) is None, "another post of ours is not this one"

    def test_find_does_not_take_an_older_post_for_this_one(self, stand: Stand) -> None:
        need(stand.doubt != "NONE", "it can ask nobody")
        stand.send(stand.made("Fog over Öland"))
        stand.clock.turn(2 * 3600)
        stand.forget_uploads()
        again = stand.prepare(stand.made("Fog over Öland"))
        assert stand.find(again, stand.clock()) is None, "the same words of two hours ago are another post"

    def test_where_nobody_can_be_asked_find_says_so(self, stand: Stand) -> None:
        need(stand.doubt == "NONE", "it can ask")
        found = stand.find(stand.prepare(stand.made("Fog")), stand.clock())
        assert isinstance(found, CannotTell) and found.why.endswith("."), "a sentence says why"

    # Preparing

    def test_only_publish_makes_anything_public(self, stand: Stand) -> None:
        draft = stand.written()
        prepared = stand.prepare(draft)
        stand.act(lambda network: network.check())
        stand.act(lambda network: network.discover())
        stand.find(prepared, stand.clock())
        assert (stand.fake.attempts, stand.fake.posts) == (0, []), "checking, preparing and looking are invisible"
        stand.publish(prepared)
        assert (stand.fake.attempts, len(stand.fake.posts)) == (1, 1), "publishing is one call"

    def test_preparing_again_is_the_same_and_uploads_nothing_again(self, stand: Stand) -> None:
        draft = stand.written()
        first = stand.prepare(draft)
        calls, stand.calls = stand.calls, []
        second = stand.prepare(draft)
        assert drafts.stored(second.request) == drafts.stored(first.request)
        ids = [remote_id.encode() for remote_id in stand.uploads(draft).known.values()]
        made = {(call.method, call.url) for call in calls if call.method != "GET" and any(one in call.answer for one in ids)}
        assert not made & {(call.method, call.url) for call in stand.calls}, "what is remembered is not made again"
        contents = [stand.media.get(one.digest) for one in draft.parts[0].pictures] if ids else []
        assert not [call.url for call in stand.calls if any(one in call.body for one in contents)], "nor are bytes sent again"
        stand.forget_uploads()
        stand.publish(stand.prepare(draft))
        assert len(stand.fake.posts) == 1

    def test_what_is_random_or_timed_is_fixed_with_the_draft(self, stand: Stand) -> None:
        one, other = stand.made("Fog"), stand.made("Fog")
        assert one.fixed == other.fixed, "the same chance gives the same"
        later = stand.kind.freshen(one.fixed, stand.clock() + timedelta(days=1))
        assert later.keys() == one.fixed.keys()


def _prove(stand: Stand, draft: Draft, done: Delivery, fault: str) -> None:
    """Raises AssertionError unless it is out once, or not out and waiting for a person who is told why."""
    shown = len(stand.shown(draft))
    assert shown <= 1 and len(stand.fake.posts) == shown, f"it went out {len(stand.fake.posts)} times"
    doubt = stand.doubt
    if done.state == "published":
        assert shown == 1, "it was called published and is not out"
        return
    assert done.state == "held" and done.held, f"it is neither published nor held, but {done.state}: {done.error}"
    assert done.held.reason.rstrip().endswith(".") and done.held.fix, "a person is told why and what to do"
    if fault == "expired_token":
        assert shown == 0 and "may be out" not in done.held.reason, "a token that has ended is no doubt"
    else:
        assert fault in MAY_BE_OUT, f"after {fault} it is tried again (held: {done.held.reason})"
        assert doubt == "NONE" or (doubt == "LIST" and not shown), f"it could have been asked about (held: {done.held.reason})"
