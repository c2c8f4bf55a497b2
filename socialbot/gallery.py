"""The pictures of a post as one gallery: those that go out, none shown twice, each described; and the link card's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from socialbot import captions
from socialbot.disclosure import image_name
from socialbot.disclosure.facets import IMAGE, strongest
from socialbot.nouns import Badge, Card, Disclosure, Evidence, Held, Limits, Picture, Post, Shape, Variant
from socialbot.pictures import Darkroom, Describers, Moving, Unusable, aspects_of, nearest_shape
from socialbot.pictures.darkroom import JPEG
from socialbot.reading.references import alt_worth_reading
from socialbot.settings import AccountSettings

MAX_COMPARED = 20
"""Pictures of one post that are compared; hardly a network takes more in one."""
_CARD_TEXT_MAX = 300
"""Code points of a card's description: what cards show; no network documents a limit."""
_FIX = "Describe it in the front matter: images: [{src: …, alt: …}]."


def twins(pictures: Sequence[Picture], darkroom: Darkroom) -> tuple[int, ...]:
    """For each picture the place of the first that shows the same; its own where none does."""
    if sum(picture.file is not None for picture in pictures) < 2:
        return tuple(range(len(pictures)))
    firsts: list[int] = []
    found = list(range(len(pictures)))
    for index in [index for index, picture in enumerate(pictures) if picture.file][:MAX_COMPARED]:
        try:
            darkroom.likeness(pictures[index])
        except Unusable:  # which is told when it is to be sent
            continue
        found[index] = next((first for first in firsts if darkroom.alike(pictures[first], pictures[index])), index)
        if found[index] == index:
            firsts.append(index)
    return tuple(found)


def told_of_twins(told: Disclosure, pictures: Sequence[Picture], found: Sequence[int]) -> Disclosure:
    """What is known of one picture is known of those that show the same: which of them goes out, it carries all of it."""
    images, realistic, evidence = list(told.images), list(told.realistic), list(told.evidence)
    for index, first in enumerate(found):
        alike_ones = [other for other, its_first in enumerate(found) if its_first == first]
        images[index] = strongest(IMAGE, [told.images[other] for other in alike_ones])
        said = [word for other in alike_ones if (word := told.realistic[other]) is not None]
        realistic[index] = any(said) if said else None
        if images[index] != told.images[index]:
            whose = next(pictures[other].src for other in alike_ones if told.images[other] == images[index])
            evidence.append(Evidence(image_name(index), images[index], "picture", f"it shows the same as {whose}"))
    return replace(told, images=tuple(images), realistic=tuple(realistic), evidence=tuple(evidence))


def worded_as_twins(pictures: Sequence[Picture], found: Sequence[int]) -> tuple[Picture, ...]:
    """A picture without description or credit has those of one that shows the same."""
    groups = [[other for other, its_first in zip(pictures, found, strict=True) if its_first == first] for first in found]
    return tuple(
        replace(
            picture,
            alt=picture.alt or next((other.alt for other in group if other.alt), None),
            credit=picture.credit or next((other.credit for other in group if other.credit), None),
        )
        for picture, group in zip(pictures, groups, strict=True)
    )


def choose(
    post: Post,
    twins: Sequence[int],
    badges: Sequence[Badge | None],
    account: AccountSettings,
    limits: Limits,
    darkroom: Darkroom,
) -> tuple[list[tuple[int, Variant]], tuple[str, ...], Held | None]:
    """The pictures to send, in the author's order, each with its place among the post's.

    One that cannot be used, or shows the same as one before it (`twins`), is left out with a warning.
    """
    shape = account.shape or limits.shape
    chosen, warnings = _developed(post, twins, shape, badges, account, limits, darkroom)
    if shape == "original" and limits.one_aspect and len(chosen) > 1:
        first = chosen[0][1]
        shape = nearest_shape(aspects_of(limits), first.width / first.height)
        chosen, warnings = _developed(post, twins, shape, badges, account, limits, darkroom)
        warnings += (f"The network shows pictures in one shape: all go out {shape}, the nearest to the first one's own.",)
    if limits.needs_picture and not chosen:
        return [], warnings, Held("The network takes no post without a picture.", "Give the post a picture.")
    return chosen, warnings, None


def _developed(
    post: Post,
    twins: Sequence[int],
    shape: Shape,
    badges: Sequence[Badge | None],
    account: AccountSettings,
    limits: Limits,
    darkroom: Darkroom,
) -> tuple[list[tuple[int, Variant]], tuple[str, ...]]:
    most = limits.max_pictures if account.pictures is None else min(account.pictures, limits.max_pictures)
    chosen: list[tuple[int, Variant]] = []
    warnings: list[str] = []
    for index, picture in enumerate(post.pictures):
        if len(chosen) == most or not picture.file:
            continue
        if same := [post.pictures[other].src for other, _ in chosen if twins[other] == twins[index]]:
            warnings.append(f"Left out: {picture.src}: it shows the same as {same[0]}")
            continue
        try:
            budget, moving = limits.max_picture_bytes, _moving(account, limits)
            variant, told = _develop(picture, shape, budget, account, limits, darkroom, badges[index], moving)
        except Unusable as error:
            warnings.append(f"Left out: {error}")
            continue
        warnings += told
        chosen.append((index, variant))
    return chosen, tuple(warnings)


def _moving(account: AccountSettings, limits: Limits) -> Moving | None:
    """What the network takes of animations, where the account asks for them whole."""
    if account.animated != "whole":
        return None
    pixels = [most for most in (limits.max_animated_pixels, limits.max_picture_pixels) if most]
    return Moving(
        limits.animated,
        limits.max_picture_bytes,
        max_pixels=min(pixels, default=None),
        min_width=limits.min_picture_width or 0,
        aspects=aspects_of(limits),
    )


def _develop(
    picture: Picture,
    shape: Shape,
    max_bytes: int,
    account: AccountSettings,
    limits: Limits,
    darkroom: Darkroom,
    badge: Badge | None,
    moving: Moving | None = None,
) -> tuple[Variant, tuple[str, ...]]:
    """The variant; without its badge where only that has no room, and `prove` then decides. Raises Unusable."""

    def develop(badge: Badge | None, moving: Moving | None = None) -> tuple[Variant, tuple[str, ...]]:
        return darkroom.develop(
            picture,
            shape,
            max_bytes=max_bytes,
            max_pixels=limits.max_picture_pixels,
            min_width=limits.min_picture_width or 0,
            aspects=aspects_of(limits),
            mime_types=limits.mime_types,
            crop=account.crop,
            backdrop=account.backdrop,
            badge=badge,
            moving=moving,
        )

    try:
        variant, told = develop(badge, moving)
    except Unusable as error:
        if not badge:
            raise
        variant, told = develop(None)
        told = (*told, f"Without its badge: {error}")
    # Of what goes out moving only the first frame was looked at.
    if variant.mime == JPEG and darkroom.likeness(picture, account.backdrop).blank:
        raise Unusable("it shows one colour and nothing else", where=picture.src)
    return variant, told


def card(
    post: Post, badges: Sequence[Badge | None], url: str, account: AccountSettings, limits: Limits, darkroom: Darkroom
) -> tuple[Card, tuple[str, ...], int]:
    """The link card, with the cover as its thumb where that can be used, and which of the post's pictures that is."""
    budget = limits.max_thumb_bytes or limits.max_picture_bytes
    thumb: Variant | None = None
    warnings: tuple[str, ...] = ()
    index, cover = next(((index, one) for index, one in enumerate(post.pictures) if one.file), (0, None))
    if cover:
        try:
            thumb, warnings = _develop(cover, "landscape", budget, account, limits, darkroom, badges[index])
        except Unusable as error:
            warnings = (f"Left out: {error}",)
    description = captions.shorten(post.summary or "", _CARD_TEXT_MAX)
    return Card(url, post.title, description, thumb), warnings, index


def describe(
    post: Post,
    labels: Sequence[str | None],
    chosen: Sequence[tuple[int, Variant]],
    account: AccountSettings,
    limits: Limits,
    describers: Describers | None,
) -> tuple[tuple[Variant, ...], tuple[str, ...], Held | None]:
    """Give each picture its alt text, with its label of AI; the account says what happens where the author wrote none."""
    described: list[Variant] = []
    warnings: list[str] = []
    held = None
    for place, (index, variant) in enumerate(chosen):
        picture = post.pictures[index]
        alt = picture.alt or ""
        if not alt and account.alt != "off" and limits.max_alt:
            title = f"{post.title} ({place + 1}/{len(chosen)})" if len(chosen) > 1 else post.title
            stand_in = _stand_in(post, picture, title, account, describers)
            alt = stand_in.alt
            if account.alt == "require":
                held = held or Held(stand_in.lack, _FIX, approvable=True)
            else:
                warnings.append(f"{stand_in.told} {_FIX}")
            warnings += stand_in.more
        described.append(replace(variant, alt=captions.alt_text(alt, labels[place], limits)))
    return tuple(described), tuple(warnings), held


@dataclass(frozen=True, slots=True)
class _StandIn:
    """An alt text in place of the author's, and what is told of it: what holds the draft, or what warns."""

    alt: str
    lack: str
    told: str
    more: tuple[str, ...] = ()


def _stand_in(post: Post, picture: Picture, title: str, account: AccountSettings, describers: Describers | None) -> _StandIn:
    lack = f"{picture.src} has no description that tells anything"
    by_title, name = f"{lack}; the title stands in its place.", account.alt_from
    if not name or not describers:
        return _StandIn(title, f"{lack}.", by_title)
    answer = describers.describe(name, picture, post.language, post.title)
    words = alt_worth_reading(answer.words, picture.src, post.title)
    if words:
        told = f'{picture.src} is described by "{name}", not by a person: "{words}"'
        return _StandIn(words, told, told)
    why_not = answer.why_not or f'it says no more than "{(answer.words or "")[:60]}"'
    return _StandIn(title, f"{lack}.", by_title, (f'"{name}" did not describe {picture.src}: {why_not}.',))
