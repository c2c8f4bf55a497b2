"""Loopback fakes of the networks: each behaves as its reference page says, limits enforced, with switches for bad days."""

from socialbot.testing.fakes.bluesky import BlueskyFake
from socialbot.testing.fakes.discord import DiscordFake
from socialbot.testing.fakes.mastodon import MastodonFake
from socialbot.testing.fakes.server import Faults, Seen, SeenPicture

__all__ = ["BlueskyFake", "DiscordFake", "Faults", "MastodonFake", "Seen", "SeenPicture"]
