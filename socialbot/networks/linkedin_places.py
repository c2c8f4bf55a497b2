"""Who a LinkedIn login may post as: the member who logged in, or the pages on which that member has a role."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from socialbot.networks.linkedin_account import MEMBER, PAGE
from socialbot.networks.linkedin_calls import Rest
from socialbot.networks.protocol import Blocked, Passing

CHOOSE = "Set the account's author, or run: socialbot connect linkedin."
_ROLES = ("ADMINISTRATOR", "CONTENT_ADMIN", "DIRECT_SPONSORED_CONTENT_POSTER")
"""Those who may post for a page: learn.microsoft.com/linkedin, Organization Access Control, 2026-05."""


@dataclass(frozen=True, slots=True)
class Place:
    """A member or page: its URN, the name people know it by, and its own page."""

    urn: str
    name: str
    url: str | None = None


async def places_of(rest: Rest, post_as: Literal["member", "page"]) -> list[Place]:
    """Who the login may post as. Raises NetworkError."""
    if post_as == "page":
        listed, _ = await rest.listed("/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=100")
        urns = [str(one.get("organization")) for one in listed if one.get("role") in _ROLES]
        return [await _page(rest, urn) for urn in dict.fromkeys(urns) if re.fullmatch(rf"{PAGE}\d+", urn, re.ASCII)]
    me = await rest.ask("GET", "/v2/userinfo")
    sub, name = me.text("sub"), rest.line.quote(me.text("name"))
    if me.status != 200 or not re.fullmatch(r"[\w-]+", sub, re.ASCII):
        raise rest.trouble(me)
    return [Place(f"{MEMBER}{sub}", name or sub)]


async def _page(rest: Rest, urn: str) -> Place:
    """A page by the name that people know it by, where that is told (Organization lookup, 2026-05)."""
    number = urn.removeprefix(PAGE)
    try:
        told = await rest.ask("GET", f"/rest/organizations/{number}")
    except Passing:
        return Place(urn, f"page {number}")
    name, vanity = rest.line.quote(told.text("localizedName")), told.text("vanityName")
    place = vanity if re.fullmatch(r"[\w-]+", vanity) else number
    return Place(urn, name or f"page {number}", f"https://www.linkedin.com/company/{place}/")


def only(places: Sequence[Place]) -> Place:
    """The one that there is. Raises Blocked where there are none or several."""
    if len(places) == 1:
        return places[0]
    if not places:
        raise Blocked("LinkedIn: the page must be one that the login may post for, and there is none.", CHOOSE)
    names = ", ".join(f"{one.name} ({one.urn})" for one in places)
    raise Blocked(f"LinkedIn: the login may post for several pages: {names}.", CHOOSE)
