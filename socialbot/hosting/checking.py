"""Looking at a picture's address as a network would, before the network is told of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from http import HTTPStatus

import httpx
from protego import Protego

from socialbot.nouns import Mistake, NotYet, Variant
from socialbot.reading.fetching import MAX_REDIRECTS, Fetcher, Private, Unreachable, shown

_SERVERS_FAULT = 500
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
_ABSENT = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
"""What sites say of what they do not have; buckets that nobody may list say 403."""
_OPEN = "give media.public_url an address that the whole Internet can reach; if only this machine sees it otherwise, set \
site.fetch_private = true"


@dataclass(frozen=True, slots=True)
class Checker:
    """Fetches what a network will fetch, as a stranger: no cookies, no password, no redirect, from a public address.

    `allow_private` lets addresses pass that only this network can reach, and http with them: for trying out.
    """

    fetcher: Fetcher
    allow_private: bool = False

    def check(self, url: str, picture: Variant, crawler: str, *, fix: str, needs_deploy: bool) -> None:
        """See the picture at `url` as the network's `crawler` would ("" where its name is not known).

        `fix`: what to do where it is not there. Raises NotYet for what may mend itself (with `needs_deploy` an absence, too),
        Mistake for what a person must see to.
        """
        name = shown(url)
        if not url.isascii():
            raise Mistake(f"{name} has letters outside of ASCII, which networks refuse", fix="write its host in Punycode")
        if not url.startswith("https://") and not self.allow_private:
            raise Mistake(f"{name} is not https", fix="let the proxy answer with https, and set media.public_url to it")
        try:
            self._ask_robots(httpx.URL(url), crawler)
            self._see(url, name, picture, fix, needs_deploy)
        except Private as error:
            raise Mistake(error.what.partition(", so ")[0], fix=_OPEN) from None
        except Unreachable as error:
            raise NotYet(error.what, fix=fix) from None

    def _see(self, url: str, name: str, picture: Variant, fix: str, needs_deploy: bool) -> None:
        seen = self.fetcher.look(url)
        # A site for one-page applications shows its first page for whatever it does not have.
        absent = seen.status in _ABSENT or (seen.status == HTTPStatus.OK and seen.kind == "text/html")
        if absent and needs_deploy:
            raise NotYet(f"{name} is not on the site yet", fix=fix)
        if seen.status >= _SERVERS_FAULT or seen.status in _PASSING:
            raise NotYet(f"{name} answers {seen.status}", fix=fix)
        if seen.location:
            fix = "set media.public_url to the address itself"
            raise Mistake(f"{name} sends on to {shown(seen.location)}, which networks do not follow", fix=fix)
        if seen.status != HTTPStatus.OK:
            raise Mistake(f"{name} answers {seen.status}", fix=fix)
        if seen.kind != picture.mime:
            raise Mistake(f"{name} comes as {seen.kind or 'no type at all'} and not as {picture.mime}", fix=fix)
        if hashlib.sha256(seen.content).hexdigest() != picture.digest:
            sizes = f"{len(seen.content):,} bytes, where it was made with {picture.bytes:,}"
            raise Mistake(f"{name} is another picture ({sizes})", fix="switch off what changes pictures on their way")

    def _ask_robots(self, url: httpx.URL, crawler: str) -> None:
        """Does robots.txt let it in? RFC 9309: one that is not to be had forbids nothing, a server's fault forbids all."""
        place = url.copy_with(raw_path=b"/robots.txt")
        for _ in range(MAX_REDIRECTS + 1):
            try:
                seen = self.fetcher.look(str(place))
            except (Private, Unreachable):
                raise
            except Mistake:  # too large, or no answer that can be read
                return
            if seen.status >= _SERVERS_FAULT:
                raise NotYet(f"{shown(str(place))} answers {seen.status}, which crawlers take for a no", fix="mend it")
            if not seen.location:
                break
            place = place.join(seen.location)
        if seen.status != HTTPStatus.OK:
            return
        rules = Protego.parse(seen.content.decode("utf-8", "replace"))
        if not rules.can_fetch(str(url), crawler or "*"):
            whom = crawler or "crawlers"
            fix = f"add to it: User-agent: {crawler or '*'} / Allow: {url.path.rpartition('/')[0]}/"
            raise Mistake(f"{shown(str(place))} keeps {whom} from {shown(str(url))}", fix=fix)
