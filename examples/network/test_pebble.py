"""Pebble passes the conformance kit: `pytest` in this folder, once it is installed."""

from socialbot_pebble.fake import PebbleFake

from socialbot.testing.conformance import Conformance


class TestPebble(Conformance):
    fake = PebbleFake
