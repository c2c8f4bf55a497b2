"""Limits and fake agree: at the edge a post is taken, one over it is refused, and drafting never makes one over it."""

from __future__ import annotations

import pytest

from socialbot.networks.protocol import Blocked, NeedsLogin, Refused
from socialbot.testing.conformance import drafts
from socialbot.testing.conformance.stand import Stand, Stands, need


def _has(stand: Stand, name: str) -> None:
    told = getattr(stand.limits, name)
    need(told, f"it names no {name}")
    never = name == "max_text" and stand.limits.needs_picture and stand.limits.max_text_with_pictures
    need(not never, "no text goes without a picture")
    need(
        not name.startswith(("max_picture", "max_alt", "min_", "max_aspect")) or stand.limits.max_pictures,
        "it takes no pictures",
    )


class Edges(Stands):
    """Every limit that the adapter names."""

    @pytest.mark.parametrize("name", drafts.EDGES)
    def test_at_the_edge_of_a_limit_it_is_taken(self, stand: Stand, name: str) -> None:
        _has(stand, name)
        draft = stand.at_edge(name)
        drafts.check(draft, stand.limits)
        stand.send(draft)
        assert len(stand.shown(draft)) == 1, "the public sees all of it"
        shown = [(len(one.content), one.alt) for one in stand.fake.posts[0].pictures]
        assert shown == [(one.bytes, one.alt) for one in draft.parts[0].pictures]

    def test_a_text_of_heavy_letters_is_counted_as_the_network_counts(self, stand: Stand) -> None:
        room = stand.limits.max_text_with_pictures if stand.limits.needs_picture else None
        draft = stand.made(drafts.filled(stand.limits, room or stand.limits.max_text, heavy=True))
        stand.send(draft)
        assert len(stand.shown(draft)) == 1

    @pytest.mark.parametrize("name", drafts.EDGES)
    def test_over_the_edge_of_a_limit_it_is_refused(self, stand: Stand, name: str) -> None:
        _has(stand, name)
        draft = stand.at_edge(name, over=1)
        with pytest.raises(AssertionError):
            drafts.check(draft, stand.limits)  # drafting would not have made it
        if name in stand.fake.looser:
            stand.send(draft)
            assert len(stand.shown(draft)) == 1, f"the fake says that the network takes more: {stand.fake.looser[name]}"
            return
        with pytest.raises(Refused) as refused:
            stand.send(draft)
        assert not isinstance(refused.value, (NeedsLogin, Blocked)), "it is the post that is wrong, not the account"
        assert stand.fake.posts == [], "nothing of it is out"
