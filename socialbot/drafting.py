"""One post and one account make one draft. Preview, dry run, approval and the worker all come through here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from socialbot import captions, disclosure
from socialbot.captions import Templates, Written
from socialbot.nouns import Caption, Card, Disclosure, Draft, Held, Limits, Part, Picture, Post, Shape, Variant
from socialbot.pictures import Darkroom, Unusable
from socialbot.settings import AccountSettings, AiDefault

APPROVAL = Held("It waits for approval.", "socialbot approve ID", approvable=True)
_CARD_TEXT_MAX = 300
"""Code points of a card's description: what cards show; no network documents a limit."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What drafting works with: the templates, the darkroom, and the site's word on AI."""

    templates: Templates
    darkroom: Darkroom
    ai: AiDefault


def skips(post: Post, name: str, account: AccountSettings) -> bool:
    """Does the author keep this post from the account (`social: {bluesky: {skip: true}}`)?"""
    return bool(_override(post, name, account).get("skip"))


def _override(post: Post, name: str, account: AccountSettings) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for key in (account.network, name):  # what is said of the account wins over what is said of its network
        said = post.social.get(key)
        found |= said if isinstance(said, Mapping) else {}
    return found


def disclose(post: Post, bench: Bench) -> Disclosure:
    """What AI did to the post, from its words and from its pictures' files."""
    seen = [
        disclosure.of_picture(picture.file, disclosure.image_name(index)) if picture.file else ()
        for index, picture in enumerate(post.pictures)
    ]
    return disclosure.decide(post, seen, bench.ai)


def draft(post: Post, name: str, account: AccountSettings, limits: Limits, bench: Bench) -> tuple[Draft, Disclosure]:
    """What the account `name` would send, and why it is labelled so. A draft that must not go out says so in `held`."""
    told = disclose(post, bench)
    # What was decided about a picture goes into its file, whoever said so first.
    post = replace(
        post, pictures=tuple(replace(picture, ai=ai) for picture, ai in zip(post.pictures, told.images, strict=True))
    )
    pictures, sent, warnings, held = _pictures(post, told, account, limits, bench)
    credited = [credit for index in sent if (credit := post.pictures[index].credit)]
    written = captions.write(post, told, limits, account, name, bench.templates, len(pictures), credited)
    unwritten = written if isinstance(written, Held) else None
    said = Written((Caption("", 0, limits.max_text, limits.unit),)) if isinstance(written, Held) else written
    parts = [Part(said.captions[0], pictures), *(Part(caption) for caption in said.captions[1:])]
    linked = next((number for number, part in enumerate(parts) if _carries(part, said.link)), 0)
    if limits.builds_card and said.link and not parts[linked].pictures:
        card, more = _card(post, said.link, limits, bench)
        parts[linked] = replace(parts[linked], card=card)
        warnings += more
    cost, costly = _cost(parts, limits)
    waiting = APPROVAL if account.approval else None
    return (
        Draft(
            post_id=post.id,
            account=name,
            network=account.network,
            language=post.language,
            parts=tuple(parts),
            label=said.label or told.label,
            link=said.link,
            warnings=(*post.warnings, *warnings, *said.warnings, *costly),
            held=told.held or unwritten or held or waiting,
            cost_usd=cost,
        ),
        told,
    )


def _carries(part: Part, link: str | None) -> bool:
    return any(span.kind == "link" and span.value == link for span in part.caption.spans)


def _cost(parts: Sequence[Part], limits: Limits) -> tuple[Decimal | None, tuple[str, ...]]:
    """What the network charges for these parts, and a warning of words that it takes for links and charges as such."""
    if limits.prices is None:
        return None, ()
    prices, total, words = limits.prices, Decimal(0), list[str]()
    for part in parts:
        text = part.caption.text
        ours = [span for span in part.caption.spans if span.kind == "link"]
        found = captions.x_urls(text)
        total += prices.post_with_url_usd if found else prices.post_usd
        total += prices.alt_text_usd * sum(bool(picture.alt) for picture in part.pictures)
        if not ours:
            words += [text[start:end] for start, end in found]
    if not words:
        return total, ()
    said = f"{', '.join(words)} would be read as {'links' if len(words) > 1 else 'a link'}"
    return total, (f"{said}, and a post with a link costs ${prices.post_with_url_usd}.",)


def _pictures(
    post: Post, told: Disclosure, account: AccountSettings, limits: Limits, bench: Bench
) -> tuple[tuple[Variant, ...], tuple[int, ...], tuple[str, ...], Held | None]:
    """The pictures to send, in the author's order, and which of the post's they are.

    One that cannot be used is left out with a warning.
    """
    most = limits.max_pictures if account.pictures is None else min(account.pictures, limits.max_pictures)
    shape = account.shape or limits.shape
    chosen: list[tuple[int, Variant]] = []
    warnings: list[str] = []
    for index, picture in enumerate(post.pictures):
        if len(chosen) == most or not picture.file:
            continue
        try:
            variant, told_by_darkroom = _develop(picture, shape, limits, bench)
        except Unusable as error:
            warnings.append(f"Left out: {error}")
            continue
        warnings += told_by_darkroom
        chosen.append((index, variant))
    if limits.needs_picture and not chosen:
        return (), (), tuple(warnings), Held("The network takes no post without a picture.", "Give the post a picture.")
    described, more, held = _describe(post, told, chosen, account, limits)
    return described, tuple(index for index, _ in chosen), (*warnings, *more), held


def _develop(picture: Picture, shape: Shape, limits: Limits, bench: Bench) -> tuple[Variant, tuple[str, ...]]:
    return bench.darkroom.develop(
        picture,
        shape,
        max_bytes=limits.max_picture_bytes,
        max_pixels=limits.max_picture_pixels,
        mime_types=limits.mime_types,
    )


def _describe(
    post: Post, told: Disclosure, chosen: list[tuple[int, Variant]], account: AccountSettings, limits: Limits
) -> tuple[tuple[Variant, ...], tuple[str, ...], Held | None]:
    """Give each picture its alt text; the account says what happens where the author wrote none."""
    described, warnings = [], []
    held = None
    for number, (index, variant) in enumerate(chosen, 1):
        picture = post.pictures[index]
        alt = picture.alt or ""
        if not alt and account.alt != "off" and limits.max_alt:
            alt = f"{post.title} ({number}/{len(chosen)})" if len(chosen) > 1 else post.title
            fix = "Describe it in the front matter: images: [{src: …, alt: …}]."
            if account.alt == "require":
                held = held or Held(f"{picture.src} has no description that tells anything.", fix, approvable=True)
            else:
                warnings.append(f"{picture.src} has no description that tells anything; the title stands in its place. {fix}")
        label = told.image_labels[index] if index < len(told.image_labels) else None
        described.append(replace(variant, alt=captions.alt_text(alt, label, limits)))
    return tuple(described), tuple(warnings), held


def _card(post: Post, url: str, limits: Limits, bench: Bench) -> tuple[Card, tuple[str, ...]]:
    """The link card, with the cover as its thumb where that can be used."""
    budget = limits.max_thumb_bytes or limits.max_picture_bytes
    thumb: Variant | None = None
    warnings: tuple[str, ...] = ()
    cover = next((picture for picture in post.pictures if picture.file), None)
    if cover:
        try:
            thumb, warnings = bench.darkroom.develop(cover, "landscape", max_bytes=budget, mime_types=limits.mime_types)
        except Unusable as error:
            warnings = (f"Left out: {error}",)
    description = captions.shorten(post.summary or "", _CARD_TEXT_MAX)
    return Card(url, post.title, description, thumb), warnings
