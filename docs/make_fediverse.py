"""Writes the table of docs/networks/mastodon.md from what the adapter knows of each server."""

from __future__ import annotations

from pathlib import Path

from socialbot.networks.mastodon_servers import SERVERS, Server

BEGIN, END = "<!-- servers: made by docs/make_fediverse.py -->\n", "<!-- end of servers -->\n"
PAGE = Path(__file__).parent / "networks" / "mastodon.md"
HEAD = (
    "| server | a post in doubt | counts | room | pictures | read in |\n"
    "|---|---|---|---|---|---|\n"
)  # fmt: skip


def doubt(server: Server) -> str:
    """What is done when nobody knows whether a post went out."""
    if not server.key_lasts_s:
        return "is looked for, then a person is asked"
    return f"is looked for, then sent with its key, for {round(server.key_lasts_s / 60)} minutes"


def row(server: Server) -> str:
    """One server's line."""
    limits = server.limits
    urls = f"URLs as {limits.url_length}" if limits.url_length else "URLs in full"
    unit = "graphemes" if limits.unit == "mastodon" else limits.unit
    pictures = f"{limits.max_pictures}, one at least" if limits.needs_picture else str(limits.max_pictures)
    cells = (server.title, doubt(server), f"{unit}, {urls}", f"{limits.max_text:,}", pictures, limits.source)
    return f"| {' | '.join(cells)} |\n"


def page(text: str) -> str:
    """The page with a new table."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{HEAD}{''.join(map(row, sorted(SERVERS, key=lambda one: one.name != 'mastodon')))}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
