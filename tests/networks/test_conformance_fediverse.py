"""The adapters of the fediverse pass the conformance kit on every server that they know."""

from __future__ import annotations

from typing import ClassVar

import pytest

from socialbot.testing.conformance import Conformance
from socialbot.testing.conformance.wire import Clock
from socialbot.testing.fakes import MastodonFake, MisskeyFake
from socialbot.testing.fakes.server import Fake


class Family(Conformance):
    """One server of Mastodon's family, set to short texts as its admin may, so that a thread has something to tell."""

    __test__ = False
    server: ClassVar[str] = "mastodon"
    network: ClassVar[str] = "mastodon"

    def make_fake(self, clock: Clock) -> Fake:
        fake = MastodonFake(self.server, network=self.network, clock=clock)
        fake.max_characters = min(fake.max_characters, 800)
        return fake


class TestGoToSocial(Family):
    __test__ = True
    server = network = "gotosocial"


@pytest.mark.slow
class TestAkkoma(Family):
    __test__ = True
    server = network = "akkoma"


@pytest.mark.slow
class TestPixelfed(Family):
    __test__ = True
    server = network = "pixelfed"


@pytest.mark.slow
class TestGlitch(Family):
    __test__ = True
    server = "glitch"


@pytest.mark.slow
class TestHometown(Family):
    __test__ = True
    server = "hometown"


@pytest.mark.slow
class TestPleroma(Family):
    __test__ = True
    server, network = "pleroma", "akkoma"


@pytest.mark.slow
class TestHollo(Family):
    __test__ = True
    server = "hollo"


@pytest.mark.slow
class TestTakahe(Family):
    __test__ = True
    server = "takahe"


class TestMisskey(Conformance):
    def make_fake(self, clock: Clock) -> Fake:
        fake = MisskeyFake(clock=clock)
        fake.max_note_text_length = 800
        return fake


@pytest.mark.slow
class TestSharkey(Conformance):
    def make_fake(self, clock: Clock) -> Fake:
        fake = MisskeyFake("sharkey", clock=clock)
        fake.max_note_text_length = 800
        return fake
