"""Keeps logins: one that would end while its account posts nothing is renewed by the worker."""

from __future__ import annotations

import logging

from socialbot import accounts, networks
from socialbot.ledger import OUT_OF_REACH, Ledger
from socialbot.media import Media
from socialbot.networks.protocol import Network, NetworkError
from socialbot.nouns import Mistake
from socialbot.redaction import Redaction
from socialbot.settings import Settings

log = logging.getLogger(__name__)

KEEP_EVERY_S = 3600
"""Each look reads the stored sessions; a network is only called when a renewal is due."""


async def keep_logins(settings: Settings, ledger: Ledger, media: Media, redaction: Redaction) -> None:
    """Renew what is due. A login that only a person can renew is told by its session's end, and when it is used."""
    for name, account in settings.accounts.items():
        try:
            if networks.load(account.network).keep_login is Network.keep_login:
                continue
            async with accounts.http_client(account) as client:
                await accounts.connect(settings, name, ledger, media, client, redaction).keep_login()
        except (Mistake, NetworkError, *OUT_OF_REACH) as error:
            log.warning("the login of %s could not be renewed: %s", name, redaction(str(error)))
        except Exception:  # a fault in one adapter must not let the logins of all that follow it end
            log.exception("the login of %s could not be renewed", name)
