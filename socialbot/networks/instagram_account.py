"""An Instagram account's settings, and its two ways to log in."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from socialbot.networks.login import OAuth2
from socialbot.networks.meta import MetaAccount
from socialbot.networks.meta_containers import LIFE
from socialbot.networks.meta_login import facebook_login
from socialbot.networks.versions import GraphVersion
from socialbot.settings import BaseUrl

SCOPES = {
    "instagram": (
        "instagram_business_basic",
        "instagram_business_content_publish",
        "instagram_business_manage_comments",
        "instagram_business_manage_insights",
    ),
    "facebook": (
        "instagram_basic",
        "instagram_content_publish",
        "pages_show_list",
        "pages_read_engagement",
        "instagram_manage_comments",
        "instagram_manage_insights",
        "instagram_manage_contents",
    ),
}


class InstagramAccount(MetaAccount):
    """An account with `network = "instagram"`."""

    login: Literal["instagram", "facebook"] = Field(
        "instagram", description='How it logs in: by "instagram", or by "facebook" over the Page that it is linked to.'
    )
    place: Literal["feed", "story"] = Field(
        "feed", description='Where its posts go: "feed"; or "story", one vertical picture without any words, for a day.'
    )
    user_id: str = Field(
        "",
        pattern=r"^\d*$",
        description='The Instagram account\'s number. With login = "facebook" `socialbot connect` sets it.',
    )
    page: str = Field("", pattern=r"^\d*$", description='The Facebook Page that it is linked to, with login = "facebook".')
    first_comment: str = Field(
        "", max_length=300, description="Words for a first comment of our own under each post (300 characters: unconfirmed)."
    )
    version: GraphVersion = Field("v26.0", description="Version of the Graph API that is asked for.")
    api: BaseUrl | None = Field(None, description="A server that stands in for Meta's own, for trying out.")


def host(account: InstagramAccount, name: str) -> str:
    return account.api or f"https://{name}"


def login_of(account: InstagramAccount) -> OAuth2:
    """Business Login for Instagram, or Facebook Login (developers.facebook.com/docs/instagram-platform: Business login)."""
    scopes = SCOPES[account.login]
    if account.login == "facebook":
        hosts = {"api": host(account, "graph.facebook.com"), "dialog": host(account, "www.facebook.com")}
        return facebook_login(account, scopes, version=account.version, **hosts)
    graph = host(account, "graph.instagram.com")
    return OAuth2(
        authorize_url=f"{host(account, 'www.instagram.com')}/oauth/authorize",
        token_url=f"{host(account, 'api.instagram.com')}/oauth/access_token",
        client_id=account.client_id,
        client_secret=account.client_secret,
        scopes=scopes,
        separator=",",
        challenge=None,
        redirect="https",
        authorize_with={"enable_fb_login": "0"},
        lengthen_url=f"{graph}/access_token",
        lengthen_grant="ig_exchange_token",
        extend_url=f"{graph}/refresh_access_token",
        extend_grant="ig_refresh_token",
        youngest=LIFE,
        keep=("permissions",),
    )
