"""`socialbot explain`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialbot.cli.instance import Accounts, Home, Json, open_instance
from socialbot.cli.printing import console, print_json, size

if TYPE_CHECKING:
    from socialbot.drafting import Bench
    from socialbot.nouns import Disclosure, Draft, Evidence, Post, Variant

_WITNESSES = ("override", "front matter", "picture", "footer", "site")
"""The origins of evidence, the strongest first."""


def explain(
    context: typer.Context,
    post: Annotated[Path, typer.Argument(metavar="POST", help="A post file.")],
    account: Accounts = [],  # noqa: B006 - Typer copies it
    json: Json = False,
    home: Home = "",
) -> None:
    """Say what AI did to a post, and why each label is there.

    Evidence, rules, what each network will carry, what is held. Works offline; prints no names, consents or prompts.
    """
    from socialbot import drafting

    intake = open_instance(context, home).intake()
    read = intake.read(post)
    told = drafting.disclose(read, intake.bench)
    drafts = [draft for draft, _ in intake.draft(read, account)]
    explained = as_dict(read, told, drafts, intake.bench)
    if json:
        print_json(explained)
    else:
        console().print("\n".join(lines(explained)))
    raise typer.Exit(1 if any(draft.held for draft in drafts) else 0)


def as_dict(post: Post, told: Disclosure, drafts: Sequence[Draft], bench: Bench) -> dict[str, Any]:
    """The explanation as JSON data; its shape is documented in docs/commands.md."""
    return {
        "post": {
            "id": post.id,
            "title": post.title,
            "url": post.url,
            "language": post.language,
            "warnings": list(post.warnings),
        },
        "facets": {
            "text": told.text,
            "translated": told.translated,
            "reviewed": told.reviewed,
            "person": told.person,
            "commercial": told.commercial,
            "images": [
                {
                    "src": picture.src,
                    "file": picture.file.name if picture.file else None,
                    "facet": facet,
                    "realistic": realistic,
                }
                for picture, facet, realistic in zip(post.pictures, told.images, told.realistic, strict=True)
            ],
        },
        "evidence": [_evidence(one) for one in sorted(told.evidence, key=lambda one: _WITNESSES.index(one.origin))],
        "accounts": [_account(draft, len(post.warnings), bench) for draft in drafts],
    }


def _evidence(one: Evidence) -> dict[str, str]:
    from socialbot.reporting import digest_of

    return {"facet": one.facet, "value": one.value, "origin": one.origin, "detail": one.detail, "sha256": digest_of(one)}


def _account(draft: Draft, told_already: int, bench: Bench) -> dict[str, Any]:
    """What one account will carry; the first warnings, those of the post, are `told_already`."""
    from socialbot.nouns import as_json

    caption = draft.parts[0].caption.text
    pictures = [_picture(picture, bench, card=False) for part in draft.parts for picture in part.pictures]
    thumbs = [_picture(part.card.thumb, bench, card=True) for part in draft.parts if part.card and part.card.thumb]
    return {
        "account": draft.account,
        "network": draft.network,
        "asked": [as_json(one) for one in draft.asked],
        "label": {"words": draft.label, "stands": _place(draft.label, caption)} if draft.label else None,
        "flags": dict(draft.flags),
        "pictures": [*pictures, *thumbs],
        "warnings": list(draft.warnings[told_already:]),
        "held": {"reason": draft.held.reason, "fix": draft.held.fix} if draft.held else None,
    }


def _place(label: str, caption: str) -> str:
    """Where the label stands in the first caption."""
    rows = caption.split("\n")
    if label not in rows:
        return "nowhere in the caption"
    number = rows.index(label)
    after = [word for row in rows[number + 1 :] for word in row.split()]
    if number == 0:
        return "the first line"
    if not after:
        return "the last line"
    if all(word.startswith(("#", "＃")) for word in after):
        return "the last line before the hashtags"
    return f"line {number + 1} of {len(rows)}"


def _picture(picture: Variant, bench: Bench, *, card: bool) -> dict[str, Any]:
    """What a finished file shows, its mark read back from its own bytes."""
    from socialbot import disclosure

    mark = disclosure.of_picture(bench.media.path(picture.digest), "file", bench.anchors)
    return {
        "card": card,
        "sha256": picture.digest,
        "variant": picture.shape,
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
        "alt": picture.alt,
        "badge": picture.badge,
        "mark": [{"value": one.value, "detail": one.detail} for one in mark],
    }


def lines(told: dict[str, Any]) -> Iterator[str]:
    """The explanation, of `as_dict`, line by line."""
    post, facets = told["post"], told["facets"]
    yield post["title"]
    if post["url"]:
        yield post["url"]
    for warning in post["warnings"]:
        yield f"  warning: {warning}"
    yield "\nWhat AI did"
    yield f"  text: {facets['text']}{', translated by AI' if facets['translated'] else ''}"
    yield f"  review of the text: {'recorded' if facets['reviewed'] else 'none recorded'}"
    for number, image in enumerate(facets["images"], 1):
        yield f"  image {number}: {image['facet']}{_REALISTIC[image['realistic']]}, {image['src']}"
    yield f"  person: {_plain(facets['person'])}"
    yield f"  commercial: {_plain(facets['commercial'] or 'not said')}"
    yield "\nEvidence, the strongest witness first"
    for one in told["evidence"]:
        yield f"  {one['facet']} {one['value']}, by {one['origin']}: {one['detail']}"
    if not told["evidence"]:
        yield "  none: nobody and nothing says whether AI took part"
    for account in told["accounts"]:
        yield from _account_lines(account)
    if not told["accounts"]:
        yield "\nNo account takes it."


_REALISTIC = {None: "", True: " (could be taken for real)", False: " (nobody takes it for real)"}


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _account_lines(account: dict[str, Any]) -> Iterator[str]:
    yield f"\n── {account['account']} ({account['network']})"
    for rule in account["asked"]:
        yield f"  asked: {', '.join(rule['surfaces'])}, by {rule['rule']} (pack {rule['pack']}, version {rule['version']})"
    if not account["asked"]:
        yield "  asked: by no rule; its setting `label` decides"
    label = account["label"]
    yield f"  label: {label['words']} ({label['stands']})" if label else "  label: none"
    flags = ", ".join(f"{name} = {str(value).lower()}" for name, value in account["flags"].items())
    yield f"  flag: {flags or 'none'}"
    for picture in account["pictures"]:
        facts = f"{picture['variant']} {picture['width']}×{picture['height']}, {size(picture['bytes'])}"
        yield f"  {'card' if picture['card'] else 'picture'}: {facts}"
        if not picture["card"]:
            yield f"    alt: {picture['alt'] or '(no description)'}"
        yield f"    badge: {picture['badge'] or 'none'}"
        yield f"    mark in its file: {'; '.join(one['value'] + ', ' + one['detail'] for one in picture['mark']) or 'none'}"
    for warning in account["warnings"]:
        yield f"  warning: {warning}"
    if account["held"]:
        yield f"  held: {account['held']['reason']} {account['held']['fix']}"
