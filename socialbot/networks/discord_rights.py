"""What a bot may do in a Discord channel, from its roles and the channel's exceptions to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from socialbot.networks.discord_messages import tables

_ADMINISTRATOR = 1 << 3
FORUM_TYPES = (15, 16)
"""Forum and media channels: every message there opens a thread (resources/channel.mdx: Channel Types)."""
_WANTED = {
    "View Channel": 1 << 10,
    "Send Messages": 1 << 11,  # in a forum: to open a thread
    "Embed Links": 1 << 14,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
}
_IN_A_THREAD = {"Send Messages in Threads": 1 << 38}


def missing(
    user_id: str,
    own_roles: Sequence[Any],
    roles: Sequence[Mapping[str, Any]],
    channel: Mapping[str, Any],
    *,
    in_thread: bool = False,
) -> list[str]:
    """The rights that posting needs and the bot has not. Page: topics/permissions.mdx, Permission Overwrites, 2026-11-20."""
    everyone, own = str(channel.get("guild_id")), {str(one) for one in own_roles or ()}
    allowed = 0
    for role in roles:
        if str(role.get("id")) in own | {everyone}:
            allowed |= int(role.get("permissions") or 0)
    if allowed & _ADMINISTRATOR:
        return []
    exceptions = {str(one.get("id")): one for one in tables(channel.get("permission_overwrites"))}
    of_roles = [one for name, one in exceptions.items() if name in own]
    for some in ([exceptions.get(everyone)], of_roles, [exceptions.get(user_id)]):
        there = [one for one in some if one]
        for one in there:
            allowed &= ~int(one.get("deny") or 0)
        for one in there:
            allowed |= int(one.get("allow") or 0)
    wanted = _WANTED | (_IN_A_THREAD if in_thread else {})
    return [name for name, bit in wanted.items() if not allowed & bit]
