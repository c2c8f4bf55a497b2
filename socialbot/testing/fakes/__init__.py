"""Loopback fakes of the networks: each behaves as its reference page says, limits enforced, with switches for bad days."""

from socialbot.testing.fakes.bluesky import BlueskyFake
from socialbot.testing.fakes.discord import DiscordFake
from socialbot.testing.fakes.facebook import FacebookFake
from socialbot.testing.fakes.instagram import InstagramFake
from socialbot.testing.fakes.linkedin import LinkedInFake
from socialbot.testing.fakes.mastodon import MastodonFake
from socialbot.testing.fakes.misskey import MisskeyFake
from socialbot.testing.fakes.pinterest import PinterestFake
from socialbot.testing.fakes.server import Faults, Seen, SeenPicture
from socialbot.testing.fakes.telegram import TelegramFake
from socialbot.testing.fakes.threads import ThreadsFake
from socialbot.testing.fakes.tiktok import TikTokFake
from socialbot.testing.fakes.x import XFake

__all__ = [
    "BlueskyFake",
    "DiscordFake",
    "FacebookFake",
    "Faults",
    "InstagramFake",
    "LinkedInFake",
    "MastodonFake",
    "MisskeyFake",
    "PinterestFake",
    "Seen",
    "SeenPicture",
    "TelegramFake",
    "ThreadsFake",
    "TikTokFake",
    "XFake",
]
