"""What is out is changed or removed in place, as often as it is asked for, and loses nothing by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from socialbot.networks.bluesky import Bluesky
from socialbot.networks.discord import Discord
from socialbot.networks.mastodon import Mastodon
from socialbot.networks.protocol import Network, Passing, Published, Refused
from socialbot.testing.fakes import BlueskyFake, DiscordFake, MastodonFake
from socialbot.testing.fakes.server import Fake
from tests.networks.desk import Desk

KINDS: dict[str, tuple[type[Fake], type[Network]]] = {
    "bluesky": (BlueskyFake, Bluesky),
    "discord": (DiscordFake, Discord),
    "mastodon": (MastodonFake, Mastodon),
}


class Place(NamedTuple):
    fake: Fake
    desk: Desk


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    fake_of, kind = KINDS[request.param]
    with fake_of() as fake:
        yield Place(fake, Desk(kind, fake.account(), tmp_path))


@pytest.fixture(params=[name for name, (_, kind) in KINDS.items() if kind.edits])
def editing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    fake_of, kind = KINDS[request.param]
    with fake_of() as fake:
        yield Place(fake, Desk(kind, fake.account(), tmp_path))


def test_an_edit_without_pictures_keeps_those_that_are_there(editing: Place) -> None:
    fake, desk = editing
    published = desk.send(desk.draft("Fog", pictures=(desk.picture("A lamp"),)))
    desk.run(lambda network: network.edit(desk.draft("Mist"), 0, published))
    assert [(post.text, len(post.pictures)) for post in fake.posts] == [("Mist", 1)]


def test_what_was_removed_by_hand_cannot_be_edited(editing: Place) -> None:
    _, desk = editing
    published = desk.send(desk.draft("Fog"))
    desk.run(lambda network: network.delete(published))
    with pytest.raises(Refused, match="not there any more"):
        desk.run(lambda network: network.edit(desk.draft("Mist"), 0, published))


def test_an_address_that_a_person_gave_leads_to_the_post(place: Place) -> None:
    fake, desk = place
    published = desk.send(desk.draft("Fog"))
    assert published.url
    told = Published(published.url, published.url)
    desk.run(lambda network: network.delete(told))
    assert fake.posts == []


def test_an_address_of_elsewhere_removes_nothing(place: Place) -> None:
    fake, desk = place
    desk.send(desk.draft("Fog"))
    with pytest.raises(Refused):
        desk.run(lambda network: network.delete(Published("https://example.org/a page/?", None)))
    assert len(fake.posts) == 1


def test_a_change_without_an_answer_is_tried_again_and_never_in_doubt(editing: Place) -> None:
    fake, desk = editing
    published = desk.send(desk.draft("Fog"))
    fake.stop()
    for act in (lambda network: network.edit(desk.draft("Mist"), 0, published), lambda network: network.delete(published)):
        with pytest.raises(Passing):
            desk.run(act)


def test_a_status_that_the_server_made_up_is_not_shown(tmp_path: Path) -> None:
    with MastodonFake() as fake:
        fake.silent_drop = True
        desk = Desk(Mastodon, fake.account(), tmp_path)
        published = desk.send(desk.draft("Fog"))
        assert desk.run(lambda network: network.is_shown(published)) is False


def test_a_post_is_looked_for_by_the_address_that_a_person_gave(tmp_path: Path) -> None:
    with MastodonFake() as fake:
        desk = Desk(Mastodon, fake.account(), tmp_path)
        url = desk.send(desk.draft("Fog")).url or ""
        assert desk.run(lambda network: network.is_shown(Published(url, url))) is True


def test_a_correction_is_not_found_in_another_reply_with_the_same_link(tmp_path: Path) -> None:
    with MastodonFake() as fake:
        fake.version = "takahe/0.11.0"
        desk, link = Desk(Mastodon, fake.account(), tmp_path), "https://example.org/fog"
        root = desk.send(desk.draft(f"Fog {link}", link=link))
        first = desk.send(desk.draft(f"It was mist. {link}", link=link, seed=2), 0, root)
        assert desk.find(desk.prepare(desk.draft(f"No, it was haze. {link}", link=link, seed=3), 0, root)) is None
        found = desk.find(desk.prepare(desk.draft(f"It was mist. {link}", link=link, seed=2), 0, root))
        assert isinstance(found, Published) and found.remote_id == first.remote_id
