"""A LinkedIn account's settings, and its login."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from socialbot.networks.calling import Token
from socialbot.networks.login import OAuth2
from socialbot.networks.versions import LinkedInVersion
from socialbot.settings import AccountSettings, BaseUrl

MEMBER, PAGE = "urn:li:person:", "urn:li:organization:"
SCOPES = {
    "member": ("openid", "profile", "w_member_social"),
    "page": ("w_organization_social", "r_organization_social", "rw_organization_admin"),
}
"""learn.microsoft.com/linkedin: Posts API, Permissions; Organization Access Control, 2026-05."""
READS_MEMBER = "r_member_social"
"""Closed to new requests: the same page."""

_AUTHOR = re.compile(rf"(?:{MEMBER}[\w-]{{1,64}}|{PAGE}\d{{1,20}})", re.ASCII)


class LinkedInAccount(AccountSettings):
    """An account with `network = "linkedin"`."""

    approval: bool = Field(
        True,
        description="Hold every post until `socialbot approve`. It is on here: LinkedIn's terms forbid to automate posting.",
    )
    post_as: Literal["member", "page"] = Field("member", description='It posts as the "member" who logged in, or as a "page".')
    author: str = Field(
        "",
        description="Who posts: urn:li:person:… or urn:li:organization:…; of a page its number will do. `socialbot connect` "
        "sets it.",
    )
    client_id: str = Field("", description="The app's client id, at linkedin.com/developers.")
    client_secret: Token = Field(SecretStr(""), description="The app's primary client secret.")
    token: Token = Field(SecretStr(""), description="An access token made by hand, where none comes by a login.")
    scopes: list[str] = Field(
        [], description="The permissions that a login asks for, where the app has others than those that are needed."
    )
    version: LinkedInVersion = Field("202607", description="Version of the interface that is asked for, YYYYMM.")
    visibility: Literal["public", "connections", "logged_in"] = Field(
        "public", description='Who sees the posts: "public"; a member\'s "connections"; those who are "logged_in".'
    )
    reshares: bool = Field(True, description="Others may repost its posts.")
    mentions: dict[str, str] = Field(
        {},
        description='Names that become mentions where a caption has "@" before them, each with its URN: '
        '{"Fog Society" = "urn:li:organization:123"}. The name is told exactly as it is there.',
    )
    escape_urls: bool = Field(
        True,
        description="Escape reserved characters in URLs, too, as LinkedIn's page asks. Whether such a URL can be clicked is "
        "unconfirmed; one that is left as it is may cut the text off.",
    )
    grace_s: float = Field(
        15,
        ge=0,
        le=60,
        description="Seconds that LinkedIn is given for a member's new pictures: it does not tell when they are ready.",
    )
    api: BaseUrl | None = Field(None, description="A server that stands in for LinkedIn's own, for trying out.")

    @field_validator("author", mode="before")
    @classmethod
    def _author_shape(cls, author: object) -> str:
        said = str(author).strip()
        said = f"{PAGE}{said}" if re.fullmatch(r"\d{1,20}", said, re.ASCII) else said
        if said and not _AUTHOR.fullmatch(said):
            raise ValueError("urn:li:person:… or urn:li:organization:…, or a page's number")
        return said

    @field_validator("mentions")
    @classmethod
    def _mention_shape(cls, mentions: dict[str, str]) -> dict[str, str]:
        for name, urn in mentions.items():
            if not name.strip() or "\n" in name or not _AUTHOR.fullmatch(urn):
                raise ValueError("a name as LinkedIn shows it, with urn:li:person:… or urn:li:organization:…")
        return mentions

    @model_validator(mode="after")
    def _of_one_kind(self) -> LinkedInAccount:
        if self.author and self.author.startswith(PAGE) != (self.post_as == "page"):
            raise ValueError(f'author is {self.author}, and post_as is "{self.post_as}"')
        return self

    @property
    def asked_scopes(self) -> tuple[str, ...]:
        """The permissions that a login asks for."""
        return tuple(self.scopes) or SCOPES[self.post_as]

    @property
    def reads(self) -> bool:
        """May it read what it has posted? Of a page, and of a member only with a permission that is closed to new apps."""
        return self.post_as == "page" or READS_MEMBER in self.scopes


def login_of(account: LinkedInAccount) -> OAuth2:
    """learn.microsoft.com/linkedin/shared/authentication: 3-legged OAuth flow, 2026-09.

    A token lasts 60 days. Refresh tokens are for approved partners: else a person logs in again.
    """
    host = account.api or "https://www.linkedin.com"
    return OAuth2(
        authorize_url=f"{host}/oauth/v2/authorization",
        token_url=f"{host}/oauth/v2/accessToken",
        client_id=account.client_id,
        client_secret=account.client_secret,
        scopes=account.asked_scopes,
        challenge=None,  # PKCE is for native apps, which LinkedIn enables on request
    )
