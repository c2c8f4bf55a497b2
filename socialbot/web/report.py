"""A report as one self-contained HTML page, to be read, printed and filed."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from socialbot.reporting import Entry, Report


def page(told: Report) -> str:
    """A whole HTML document that asks nothing of the network and runs no script; all text is taken as text, never as HTML."""
    return _templates().get_template("report.html").render(report=told, days=_days(told))


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("socialbot.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"ai": _ai, "flags": _flags, "is_address": _is_address, "moment": _moment}
    return templates


def _days(told: Report) -> str:
    if told.since and told.until:
        return f"from {told.since} to {told.until}"
    return f"since {told.since}" if told.since else f"until {told.until}" if told.until else "all days"


def _ai(entry: Entry) -> str:
    """What AI did, in a few words for the table at the top."""
    facets = entry.facets
    images = ", ".join(dict.fromkeys(facets.images))
    return f"text {facets.text}{', translated' if facets.translated else ''}" + (f"; pictures {images}" if images else "")


def _flags(flags: dict[str, bool]) -> str:
    return ", ".join(f"{name} = {'true' if value else 'false'}" for name, value in flags.items())


def _is_address(uri: str | None) -> bool:
    """May a reader be sent there? Only by http and https, so that nothing runs when it is clicked."""
    return (uri or "").lower().startswith(("https://", "http://"))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
