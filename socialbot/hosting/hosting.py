"""What `media.public` is for an instance: a place that shows pictures, and a look at each address before its first use."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import httpx

from socialbot import __version__
from socialbot.hosting.checking import Checker
from socialbot.hosting.places import Place
from socialbot.nouns import NotYet, Variant
from socialbot.reading.fetching import Fetcher

TOTAL_S = 15.0
CHECK_LASTS = timedelta(hours=1)
"""An address that was found good is not looked at again for so long."""


class Hosting:
    """Shows pictures at addresses that a network can fetch (`media.Public`)."""

    def __init__(self, place: Place, *, allow_private: bool = False) -> None:
        self.place, self._allow_private = place, allow_private
        self._good: dict[tuple[str, str], datetime] = {}

    async def address(self, picture: Variant, content: bytes, crawler: str, now: datetime) -> str:
        """An address of the picture, seen as the network's crawler would see it; the same again for hours.

        Raises NotYet when it may be good later, Mistake when a person must see to it.
        """
        return await asyncio.to_thread(self._address, picture, content, crawler, now)

    def _address(self, picture: Variant, content: bytes, crawler: str, now: datetime) -> str:
        try:
            url = self.place.show(picture, content, now)
        except OSError as error:
            raise NotYet(f"the picture could not be put where it is shown: {error}") from None
        self._good = {known: until for known, until in self._good.items() if until > now}
        if (url, crawler) not in self._good:
            # Firewalls go by the name that a crawler gives.
            agent = f"socialbot/{__version__} (looking for {crawler or 'networks'})"
            with httpx.Client(trust_env=False, headers={"User-Agent": agent}) as client:
                fetcher = Fetcher(client, allow_private=self._allow_private, total_s=TOTAL_S)
                checker = Checker(fetcher, self._allow_private)
                checker.check(url, picture, crawler, fix=self.place.fix, needs_deploy=self.place.needs_deploy)
            self._good[url, crawler] = now + CHECK_LASTS
        return url
