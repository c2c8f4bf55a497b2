"""A person lets socialbot into an account of Mastodon's family, once the server knows it as an application."""

from __future__ import annotations

from pydantic import SecretStr

from socialbot.networks.login import OAuth2
from socialbot.networks.mastodon_calls import Calls
from socialbot.networks.mastodon_servers import SCOPES
from socialbot.networks.protocol import Refused


async def registered(calls: Calls, redirect_uri: str) -> OAuth2:
    """An application of this account's own, good for one redirect address (docs.joinmastodon.org/methods/apps, 2026-07).

    Pixelfed takes no more than one, and as a string; five in ten minutes are taken by Mastodon. Raises NetworkError.
    """
    await calls.learn(with_token=False)  # that which is set may be the one that is spent
    asked = {"client_name": "socialbot", "redirect_uris": redirect_uri, "scopes": " ".join(calls.server.scopes)}
    app = await calls.line.ask("POST", calls.url("/api/v1/apps"), data=asked)
    client_id, client_secret = str(app.get("client_id") or ""), app.text("client_secret")  # Pixelfed's was a number
    if 400 <= app.status < 500 and app.status not in (408, 429):  # Pixelfed's 404: its admin lets none in
        said = calls.said(app) or app.status
        raise Refused(f"{calls.title}: {calls.account.server} does not register us: {said}.", f"Make {calls.by_hand()}.")
    if app.status != 200 or not client_id or not client_secret:
        raise calls.trouble(app)
    return OAuth2(
        authorize_url=calls.url("/oauth/authorize"),
        token_url=calls.url("/oauth/token"),
        client_id=client_id,
        client_secret=SecretStr(client_secret),
        scopes=calls.server.scopes,
        challenge="S256" if await _takes_challenges(calls) else None,
        redirect="registered",
    )


async def _takes_challenges(calls: Calls) -> bool:
    """Its metadata names S256 (RFC 8414): Mastodon has both since 4.3 (docs.joinmastodon.org/methods/oauth, 2026-07)."""
    metadata = await calls.line.ask("GET", calls.url("/.well-known/oauth-authorization-server"))
    methods = metadata.get("code_challenge_methods_supported")
    return isinstance(methods, list) and "S256" in methods


def missing(scopes: list[object]) -> list[str]:
    """Of the scopes that an account needs, those that a token has not."""
    return [scope for scope in SCOPES if scope not in scopes and scope.split(":")[0] not in scopes]
