"""What is out can be edited, removed, counted and read back, as often as it is asked for, where the adapter offers that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from socialbot.networks.protocol import Network, Refused
from socialbot.nouns import Draft
from socialbot.testing.conformance.stand import Stand, Stands, need


class Changing(Stands):
    """Edit, delete, metrics, is_shown."""

    def test_an_edit_changes_the_words_and_nothing_else_however_often(self, stand: Stand) -> None:
        need(stand.kind.edits, "it changes nothing that is out")
        pictures = min(2, stand.limits.max_pictures)
        published = stand.send(stand.made("Fog over Öland", pictures=pictures))
        (before,) = stand.fake.posts
        changed = _described_anew(stand.made("Mist over Öland", pictures=pictures))
        for _ in range(2):
            again = stand.act(lambda network: network.edit(changed, 0, published))
            assert (again.remote_id, again.url) == (published.remote_id, published.url), "it stays where it is"
        (after,) = stand.fake.posts
        assert (after.id, (after.title, after.text)) == (before.id, stand.words(changed)), "it says the new words"
        assert [one.content for one in after.pictures] == [one.content for one in before.pictures], "its pictures stay"
        if stand.limits.max_alt:
            told = changed.parts[0].pictures if stand.kind.edits_alt else before.pictures
            assert [one.alt for one in after.pictures] == [one.alt for one in told], "their descriptions follow where they can"

    def test_what_was_removed_by_hand_is_not_edited_and_does_not_come_back(self, stand: Stand) -> None:
        need(stand.kind.edits and stand.kind.deletes, "it does not edit and delete")
        published = stand.send(stand.made("Fog over Öland"))
        stand.act(lambda network: network.delete(published))
        changed = stand.made("Mist over Öland")
        with pytest.raises(Refused):
            stand.act(lambda network: network.edit(changed, 0, published))
        assert stand.fake.posts == []

    def test_a_post_is_removed_once_and_no_other_with_it(self, stand: Stand) -> None:
        need(stand.kind.deletes, "it removes nothing that is out")
        stand.send(stand.made("Fog over Öland"))
        stand.clock.turn(60)
        published = stand.send(stand.made("Mist over Öland"))
        for _ in range(2):
            stand.act(lambda network: network.delete(published))
        assert [seen.text for seen in stand.fake.posts] == [stand.fake.rewritten("Fog over Öland")]

    def test_what_is_out_is_read_back(self, stand: Stand) -> None:
        need(stand.kind.is_shown is not Network.is_shown, "it cannot be read back")
        published = stand.send(stand.made("Fog over Öland"))
        shown = stand.act(lambda network: network.is_shown(published))
        need(shown is not None or "read_back" not in stand.kind.conditions, "this account cannot read it back")
        assert shown is True
        need(stand.kind.deletes, "it is there; nothing can be removed to see it gone")
        stand.act(lambda network: network.delete(published))
        assert stand.act(lambda network: network.is_shown(published)) is False

    def test_figures_are_whole_numbers_under_the_names_that_it_gives(self, stand: Stand) -> None:
        need(stand.kind.measures, "it tells no figures")
        published = stand.send(stand.made("Fog over Öland"))
        figures = stand.act(lambda network: network.metrics(published))
        assert figures and set(figures) <= set(stand.kind.measures), "they bear the names that it announces"
        assert all(type(count) is int and count >= 0 for count in figures.values()), f"whole numbers (got {dict(figures)})"


def _described_anew(draft: Draft) -> Draft:
    pictures = tuple(replace(one, alt=f"{one.alt} (AI)" if one.alt else "") for one in draft.parts[0].pictures)
    return replace(draft, parts=(replace(draft.parts[0], pictures=pictures), *draft.parts[1:]))
