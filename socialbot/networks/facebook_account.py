"""A Facebook Page's settings, and the login of a person who may act for it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from socialbot.networks.login import OAuth2
from socialbot.networks.meta import MetaAccount
from socialbot.networks.meta_login import facebook_login
from socialbot.networks.versions import GraphVersion
from socialbot.settings import BaseUrl

COMMENTS = "pages_manage_engagement"
SCOPES = (
    "pages_show_list",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_read_user_content",
    "read_insights",
    COMMENTS,
)
"""developers.facebook.com/docs/pages-api: Posts; Page insights, 2026-09. A system user needs business_management, too."""


class FacebookAccount(MetaAccount):
    """An account with `network = "facebook"`."""

    page: str = Field("", pattern=r"^\d*$", description="The Page's number. `socialbot connect` sets it.")
    place: Literal["feed", "story"] = Field(
        "feed", description='Where its posts go: "feed"; or "story", one vertical picture without any words, for a day.'
    )
    link_card: bool = Field(True, description="A post without pictures shows the card of its link.")
    scrape: bool = Field(
        False, description="Have Facebook read the linked page anew before each post with a card (unconfirmed that it can)."
    )
    first_comment: str = Field(
        "", max_length=8000, description="Words for a first comment of our own under each post (8,000 characters: unconfirmed)."
    )
    sponsor_id: str = Field(
        "", pattern=r"^\d*$", description="The Page of who pays for this account's posts (the field is undocumented)."
    )
    sponsor_relationship: int | None = Field(
        None, ge=0, description="How the sponsor stands to the posts, a number of Meta's (undocumented)."
    )
    version: GraphVersion = Field("v26.0", description="Version of the Graph API that is asked for.")
    api: BaseUrl | None = Field(None, description="A server that stands in for Meta's own, for trying out.")


def base(account: FacebookAccount) -> str:
    """Where the account's calls go."""
    return f"{account.api or 'https://graph.facebook.com'}/{account.version}"


def login_of(account: FacebookAccount) -> OAuth2:
    """Facebook Login for the rights that a Page's posts take."""
    hosts = {"api": account.api or "https://graph.facebook.com", "dialog": account.api or "https://www.facebook.com"}
    return facebook_login(account, SCOPES, version=account.version, **hosts)
