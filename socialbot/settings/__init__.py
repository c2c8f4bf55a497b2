"""Every setting, documented where it is defined: `socialbot.toml` in the instance folder, the environment over it.

`SOCIALBOT_SITE__URL` overrides `url` in `[site]`, `SOCIALBOT_ACCOUNTS__BLUE__PASSWORD` the password of the account
`blue`. Nothing else in the program reads the environment.
"""

from __future__ import annotations

from socialbot.settings.hours import QuietHours, Slot
from socialbot.settings.loading import CONFIG, find_home, load
from socialbot.settings.tables import (
    AccountSettings,
    AiDefault,
    BaseUrl,
    CredentialsSettings,
    LogSettings,
    MediaSettings,
    NoticeSettings,
    Settings,
    SiteSettings,
    StoreSettings,
    WebSettings,
    WorkerSettings,
)

__all__ = [
    "CONFIG",
    "AccountSettings",
    "AiDefault",
    "BaseUrl",
    "CredentialsSettings",
    "LogSettings",
    "MediaSettings",
    "NoticeSettings",
    "QuietHours",
    "Settings",
    "SiteSettings",
    "Slot",
    "StoreSettings",
    "WebSettings",
    "WorkerSettings",
    "find_home",
    "load",
]
