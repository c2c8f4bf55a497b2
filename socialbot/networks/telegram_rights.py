"""What a bot may do in a Telegram chat, from what the chat and its membership there say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def barred(chat: Mapping[str, Any], member: Mapping[str, Any]) -> str | None:
    """Why the bot cannot post at all. Page: core.telegram.org/bots/api#chatmember, 2026-11."""
    status = member.get("status")
    if status in ("left", "kicked"):
        return "the bot is not in the chat"
    if chat.get("type") == "channel" and not (status == "administrator" and member.get("can_post_messages")):
        return "the bot may not post messages in the channel"
    if status in ("member", "restricted") and not _may(chat, member, "can_send_messages"):
        return "the bot may not send messages in the group"
    return None


def notes(chat: Mapping[str, Any], member: Mapping[str, Any], topic: int | None) -> list[str]:
    """What the bot cannot do beside posting, and where topics are not what the account says."""
    told = []
    if member.get("status") in ("member", "restricted") and not _may(chat, member, "can_send_photos"):
        told.append("The bot may not send pictures in the group.")
    if chat.get("type") == "channel" and not member.get("can_delete_messages"):
        told.append('Without the right "delete messages" the bot may not remove posts that are older than 48 hours.')
    if topic and not chat.get("is_forum"):
        told.append("The account names a topic, and the chat has none.")
    if chat.get("is_forum") and not topic:
        told.append("The group has topics; without one its posts go to General.")
    told.append("A post in doubt cannot be looked for: a person is asked.")
    return told


def _may(chat: Mapping[str, Any], member: Mapping[str, Any], right: str) -> bool:
    """A restricted member has rights of its own, any other those of the chat; what is not told is allowed."""
    rights = member if member.get("status") == "restricted" else chat.get("permissions") or {}
    return rights.get(right, True) is not False
