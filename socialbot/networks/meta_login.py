"""Facebook Login, by which accounts of Facebook and of Instagram may log in."""

from __future__ import annotations

from socialbot.networks.login import OAuth2
from socialbot.networks.meta import MetaAccount


def facebook_login(account: MetaAccount, scopes: tuple[str, ...], *, api: str, dialog: str, version: str) -> OAuth2:
    """Facebook Login: a person's token of about 60 days, from which `Graph` gets that of a Page.

    developers.facebook.com/docs/facebook-login: Manually build a login flow; Long-lived tokens, 2026-08. `api` and `dialog`
    are the hosts of graph.facebook.com and www.facebook.com.
    """
    return OAuth2(
        authorize_url=f"{dialog}/{version}/dialog/oauth",
        token_url=f"{api}/{version}/oauth/access_token",
        client_id=account.client_id,
        client_secret=account.client_secret,
        scopes=scopes,
        separator=",",
        challenge=None,
        redirect="https",
        by_get=True,
        lengthen_url=f"{api}/{version}/oauth/access_token",
        lengthen_grant="fb_exchange_token",
        lengthen_as="fb_exchange_token",
        lengthen_with={"client_id": account.client_id},
    )
