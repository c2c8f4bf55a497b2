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
    from socialbot.nouns import Caption, Draft, Part, Post


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
    """Show what would be sent, byte for byte, and what would not since it was adopted.

    Works offline; nothing is sent.
    """
    instance = open_instance(context, home)
    raise typer.Exit(print_preview(instance, post, account, json=json, html=html))


def print_preview(
    instance: Instance,
    path: Path,
    names: Collection[str],
    *,
    json: bool = False,
    html: Path | None = None,
    again: bool = False,
) -> int:
    """Draft a post and print it, and what was adopted as that unless it is sent `again`; the exit status."""
    intake = instance.intake()
    post = intake.read(path)
    drafts = [draft for draft, _ in intake.draft(post, names)]
    seen = () if again else intake.seen(post, names)
    if json:
        print_json(as_dict(post, drafts, intake.media, seen))
    else:
        _print(post, drafts, seen)
    if html:
        from socialbot.web.page import page, shown

        shows = [one for draft in drafts for one in shown(draft, intake.media)]
        html.write_text(page(post.title, shows, note=f"Preview of {path.name}. Nothing was sent."), encoding="utf-8")
    return 1 if any(draft.held for draft in drafts) else 0


def as_dict(post: Post, drafts: Sequence[Draft], media: Media, seen: Collection[str] = ()) -> dict[str, Any]:
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
        "drafts": [{**_draft(draft, media), "adopted": draft.account in seen} for draft in drafts],
    }


def _draft(draft: Draft, media: Media) -> dict[str, Any]:
    pictures = [picture for part in draft.parts for picture in part.pictures]
    return {
        "account": draft.account,
        "network": draft.network,
        **words(draft),
        "flags": dict(draft.flags),
        "pictures": [
            {
                "file": str(media.path(picture.digest)),
                "variant": picture.shape,
                "width": picture.width,
                "height": picture.height,
                "bytes": picture.bytes,
                "mime": picture.mime,
                "alt": picture.alt,
                "badge": picture.badge,
                "colour": picture.colour,
                "blurhash": picture.blurhash,
            }
            for picture in pictures
        ],
    }


def words(draft: Draft) -> dict[str, Any]:
    """What a draft says, as JSON data."""
    return {
        "parts": [_part(part.caption) for part in draft.parts],
        "label": draft.label,
        "link": draft.link,
        "cost_usd": str(draft.cost_usd) if draft.cost_usd is not None else None,
        "warnings": list(draft.warnings),
        "held": {"reason": draft.held.reason, "fix": draft.held.fix} if draft.held else None,
    }


def _part(caption: Caption) -> dict[str, Any]:
    title = {"title": caption.title} if caption.title is not None else {}
    return {**title, "caption": caption.text, "used": caption.used, "limit": caption.limit, "unit": caption.unit}


def _print(post: Post, drafts: Sequence[Draft], seen: Collection[str]) -> None:
    out = console()
    out.print(post.title, style="bold")
    if post.unpublished:
        out.print(f"Not published yet ({post.unpublished}): enqueue would not take it.")
    for warning in post.warnings:
        out.print(f"  warning: {warning}")
    for draft in drafts:
        name = f"{draft.account} ({draft.network})"
        print_words(draft, name if len(draft.parts) > 1 else f"{name}, {length(draft.parts[0].caption)}", pictures=True)
        for warning in draft.warnings[len(post.warnings) :]:
            out.print(f"  warning: {warning}")
        if draft.account in seen:
            out.print("  adopted: enqueue would not send it; enqueue --again would.")
    if not drafts:
        out.print("No account takes it.")


def print_words(draft: Draft, name: str, *, pictures: bool = False) -> None:
    """Print a draft under its name, with what it shows beside words if `pictures` are wanted."""
    out = console()
    for number, part in enumerate(draft.parts, 1):
        which = f", post {number} of {len(draft.parts)}, {length(part.caption)}" if len(draft.parts) > 1 else ""
        out.print(f"\n── {name}{which}", style="bold")
        if part.caption.title is not None:
            out.print(f"  title: {part.caption.title}")
        out.print(part.caption.text)
        if pictures:
            _print_pictures(part)
    out.print(f"  label: {draft.label or 'none'}")
    out.print(f"  link: {draft.link or 'none'}")
    if draft.cost_usd is not None:
        out.print(f"  cost: ${draft.cost_usd}")
    if draft.held:
        out.print(f"  held: {draft.held.reason} {draft.held.fix}")


def _print_pictures(part: Part) -> None:
    for picture in part.pictures:
        facts = f"{picture.shape} {picture.width}×{picture.height}, {size(picture.bytes)}"
        badge = f', badge "{picture.badge}"' if picture.badge else ""
        console().print(f"  picture: {facts}{badge}: {picture.alt or '(no description)'}")
    if part.card:
        console().print(f"  card: {part.card.title} {'with' if part.card.thumb else 'without'} a picture")
