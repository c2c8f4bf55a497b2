"""Write docs/configuration.md from the settings themselves. Run: python docs/make_configuration.py"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from socialbot import networks, settings

HEAD = """\
# Configuration

`socialbot.toml` in the instance folder; the environment wins over it. `SOCIALBOT_SITE__URL` is `url` in `[site]`,
`SOCIALBOT_ACCOUNTS__BLUE__PASSWORD` is `password` in `[accounts.blue]`. In a variable, several slots are divided by `;`.
A mistake is answered with the key, the value, what is allowed and the line, and the command ends with status 3.

This page is written by `docs/make_configuration.py` from the settings in the code.
"""
TABLES = {
    "[site]": settings.SiteSettings,
    "[site.ai]": settings.AiDefault,
    "[store]": settings.StoreSettings,
    "[media]": settings.MediaSettings,
    "[web]": settings.WebSettings,
    "[log]": settings.LogSettings,
    "[notices]": settings.NoticeSettings,
    "[credentials]": settings.CredentialsSettings,
    "[worker]": settings.WorkerSettings,
    "[accounts.NAME], every network": settings.AccountSettings,
}


def table(title: str, kind: type[BaseModel], known: type[BaseModel] | None = None) -> str:
    """One settings class as a Markdown table; fields of `known` are left out, but for those with another default."""
    rows = [
        f"| `{name}` | {_default(field.default)} | {field.description or ''} |"
        for name, field in kind.model_fields.items()
        if not known or name not in known.model_fields or field.default != known.model_fields[name].default
    ]
    return "\n".join([f"\n## {title}\n", "| key | default | what it is |", "|---|---|---|", *rows, ""])


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, BaseModel):
        return "see below"
    text = "" if value is None else str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)
    return f"`{text}`" if text else "–"


def page() -> str:
    """The whole page."""
    parts = [HEAD, *(table(title, kind) for title, kind in TABLES.items())]
    for name in networks.names():
        title = f'[accounts.NAME] with network = "{name}"'
        parts.append(table(title, networks.load(name).options, settings.AccountSettings))
    return "".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("configuration.md").write_text(page(), encoding="utf-8")
