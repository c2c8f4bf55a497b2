"""`socialbot preview`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialbot.cli.instance import Accounts, Home, Instance, Json, open_instance
from socialbot.cli.printing import console, length, print_json, size

if TYPE_CHECKING:
    from socialbot.media import Media
    from socialbot.nouns import Draft, Post


def preview(
    context: typer.Context,
    post: Annotated[Path, typer.Argument(metavar="POST", help="A post file.")],
    account: Accounts = [],  # noqa: B006 - Typer copies it
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page that shows it as each network would.")
    ] = None,
    json: Json = False,
    home: Home = "",
) -> None:
    """Show what would be sent, byte for byte.

    Works offline; nothing is sent.
    """
    instance = open_instance(context, home)
    raise typer.Exit(print_preview(instance, post, account, json=json, html=html))


def print_preview(
    instance: Instance, path: Path, names: Collection[str], *, json: bool = False, html: Path | None = None
) -> int:
    """Draft a post and print it; the exit status."""
    intake = instance.intake()
    post = intake.read(path)
    drafts = [draft for draft, _ in intake.draft(post, names)]
    if json:
        print_json(as_dict(post, drafts, intake.media))
    else:
        _print(post, drafts)
    if html:
        from socialbot.web.page import page, shown

        shows = [one for draft in drafts for one in shown(draft, intake.media)]
        html.write_text(page(post.title, shows, note=f"Preview of {path.name}. Nothing was sent."), encoding="utf-8")
    return 1 if any(draft.held for draft in drafts) else 0


def as_dict(post: Post, drafts: Sequence[Draft], media: Media) -> dict[str, Any]:
    """The preview as JSON data; its shape is documented in docs/commands.md."""
    images = [
        {
            "src": picture.src,
            "alt": picture.alt,
            "file": str(picture.file) if picture.file else None,
            "missing": picture.missing,
        }
        for picture in post.pictures
    ]
    return {
        "post": {
            "id": post.id,
            "title": post.title,
            "summary": post.summary,
            "url": post.url,
            "language": post.language,
            "published": post.published.isoformat() if post.published else None,
            "images": images,
        },
        "drafts": [_draft(draft, media) for draft in drafts],
    }


def _draft(draft: Draft, media: Media) -> dict[str, Any]:
    captions = [part.caption for part in draft.parts]
    pictures = [picture for part in draft.parts for picture in part.pictures]
    return {
        "account": draft.account,
        "network": draft.network,
        "parts": [{"caption": one.text, "used": one.used, "limit": one.limit, "unit": one.unit} for one in captions],
        "label": draft.label,
        "flags": dict(draft.flags),
        "link": draft.link,
        "pictures": [
            {
                "file": str(media.path(picture.digest)),
                "variant": picture.shape,
                "width": picture.width,
                "height": picture.height,
                "bytes": picture.bytes,
                "mime": picture.mime,
                "alt": picture.alt,
            }
            for picture in pictures
        ],
        "warnings": list(draft.warnings),
        "held": {"reason": draft.held.reason, "fix": draft.held.fix} if draft.held else None,
    }


def _print(post: Post, drafts: Sequence[Draft]) -> None:
    out = console()
    out.print(post.title, style="bold")
    if post.unpublished:
        out.print(f"Not published yet ({post.unpublished}): enqueue would not take it.")
    for warning in post.warnings:
        out.print(f"  warning: {warning}")
    for draft in drafts:
        for part in draft.parts:
            out.print(f"\n── {draft.account} ({draft.network}), {length(part.caption)} ", style="bold")
            out.print(part.caption.text)
            for picture in part.pictures:
                facts = f"{picture.shape} {picture.width}×{picture.height}, {size(picture.bytes)}"
                out.print(f"  picture: {facts}: {picture.alt or '(no description)'}")
            if part.card:
                out.print(f"  card: {part.card.title} {'with' if part.card.thumb else 'without'} a picture")
        out.print(f"  label: {draft.label or 'none'}")
        for warning in draft.warnings[len(post.warnings) :]:
            out.print(f"  warning: {warning}")
        if draft.held:
            out.print(f"  held: {draft.held.reason} {draft.held.fix}")
    if not drafts:
        out.print("No account takes it.")
