"""One post and one account make one draft. Preview, dry run, approval and the worker all come through here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from socialbot import captions, disclosure, gallery
from socialbot.captions import Templates, Written
from socialbot.disclosure import Pack, packs_of
from socialbot.media import Media
from socialbot.nouns import (
    Caption,
    Disclosure,
    Draft,
    Held,
    Limits,
    Part,
    Post,
    Shape,
    WrongConfiguration,
)
from socialbot.pictures import Darkroom, Describers, installed_describers, signer_of
from socialbot.settings import CONFIG, AccountSettings, AiDefault, Settings

APPROVAL = Held("It waits for approval.", "socialbot approve ID", approvable=True)


@dataclass(frozen=True, slots=True)
class Bench:
    """What drafting works with: templates, darkroom, media store; the site's word on AI, its rules, and their day."""

    templates: Templates
    darkroom: Darkroom
    media: Media
    ai: AiDefault
    packs: Mapping[str, Pack]
    rules: Sequence[str]
    today: date
    anchors: str = ""
    """Root certificates (PEM) that are trusted in Content Credentials."""
    describers: Describers | None = None

    def packs_of(self, account: AccountSettings) -> tuple[Pack, ...]:
        """The packs of rules that bind an account. Raises WrongUse when there is none of a name."""
        return disclosure.chosen(self.rules if account.rules is None else account.rules, self.packs)


def bench(settings: Settings, media: Media, today: date, shapes: Collection[Shape]) -> Bench:
    """The bench of an instance whose accounts crop to `shapes`. Raises WrongConfiguration when what it names cannot be used."""
    _check_describers(settings)
    darkroom = Darkroom(media, signer_of(settings.credentials, settings.home, today), {*shapes, "landscape"})
    return Bench(
        Templates(settings.home / "captions"),
        darkroom,
        media,
        settings.site.ai,
        packs_of(settings),
        settings.site.rules,
        today,
        _anchors(settings),
        Describers(darkroom, media),
    )


def _check_describers(settings: Settings) -> None:
    there = sorted(installed_describers())
    for name, one in settings.accounts.items():
        if one.alt_from and one.alt_from not in there:
            fix = f"installed: {', '.join(there) or 'none'}; docs/pictures.md tells what a describer is"
            where = f"{CONFIG}, accounts.{name}.alt_from"
            raise WrongConfiguration(f'there is no describer "{one.alt_from}"', where=where, fix=fix)


def _anchors(settings: Settings) -> str:
    path = settings.credentials.trust and settings.home / settings.credentials.trust
    if not path:
        return ""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    if "-----BEGIN CERTIFICATE-----" not in text:
        fix = "credentials.trust names a PEM file of root certificates"
        raise WrongConfiguration("there are no certificates in it", where=str(path), fix=fix)
    return text


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
    return _disclose(post, gallery.twins(post.pictures, bench.darkroom), bench)


def _disclose(post: Post, twins: Sequence[int], bench: Bench) -> Disclosure:
    seen = [
        disclosure.of_picture(picture.file, disclosure.image_name(index), bench.anchors) if picture.file else ()
        for index, picture in enumerate(post.pictures)
    ]
    return gallery.told_of_twins(disclosure.decide(post, seen, bench.ai, bench.today), post.pictures, twins)


def draft(post: Post, name: str, account: AccountSettings, limits: Limits, bench: Bench) -> tuple[Draft, Disclosure]:
    """What the account `name` would send, and what AI did to that. A draft that must not go out says so in `held`."""
    twins = gallery.twins(post.pictures, bench.darkroom)
    told, packs = _disclose(post, twins, bench), bench.packs_of(account)
    on = max(bench.today, post.published.date()) if post.published else bench.today
    # What was decided about a picture goes into its file, whoever said so first.
    facets = disclosure.as_shown(told)
    worded = gallery.worded_as_twins(post.pictures, twins)
    post = replace(post, pictures=tuple(replace(one, ai=ai) for one, ai in zip(worded, facets, strict=True)))
    badges = disclosure.express(told, post.language, limits, account, packs, on).badges
    chosen, warnings, unusable = gallery.choose(post, twins, badges, account, limits, bench.darkroom)
    places = [index for index, _ in chosen] or _on_the_card(post, account, limits)
    seen = disclosure.of_pictures(told, places, words=limits.caption)
    flagging = limits if chosen else replace(limits, ai_flag=None)  # the flag is for media of ours
    said = disclosure.express(seen, post.language, flagging, account, packs, on)
    pictures, undescribed, bare = gallery.describe(post, said.alts, chosen, account, limits, bench.describers)
    credited = [credit for index, _ in chosen if (credit := post.pictures[index].credit)]
    written: Written | Held = Written((Caption("", 0, limits.max_text, limits.unit),))
    if limits.caption:
        written = captions.write(post, said, limits, account, name, bench.templates, len(pictures), credited)
    elif credited:
        names = ", ".join(dict.fromkeys(" ".join(credit.split()) for credit in credited))
        warnings += (f"The picture's credit is not shown, for there are no words: {names}.",)
    unwritten = written if isinstance(written, Held) else None
    words = Written((Caption("", 0, limits.max_text, limits.unit),)) if isinstance(written, Held) else written
    parts = [Part(words.captions[0], pictures), *(Part(caption) for caption in words.captions[1:])]
    shown = dict(enumerate(pictures))
    linked = next((number for number, part in enumerate(parts) if _carries(part, words.link)), 0)
    if limits.builds_card and words.link and not parts[linked].pictures:
        card, more, cover = gallery.card(post, badges, words.link, account, limits, bench.darkroom)
        if linked and card.thumb and facets[cover] in disclosure.AI_MEDIA:
            card = replace(card, thumb=None)  # the label stands in the first post alone
        parts[linked] = replace(parts[linked], card=card)
        warnings += more
        if card.thumb and not pictures:
            shown = {places.index(cover): card.thumb}
    cost, costly = _cost(parts, limits)
    made = Draft(
        post_id=post.id,
        account=name,
        network=account.network,
        language=post.language,
        parts=tuple(parts),
        label=words.label or next(iter(said.labels), None),
        link=words.link,
        flags=said.flags,
        asked=said.asked,
        warnings=(*post.warnings, *warnings, *undescribed, *said.warnings, *words.warnings, *costly),
        cost_usd=cost,
    )
    asked = disclosure.required(seen, account.network, packs, on)
    proof = disclosure.prove(disclosure.Shown(made, seen, said, asked, limits, shown), bench.media.path)
    waiting = APPROVAL if account.approval else None
    held = _first_hold(said.held, unwritten, unusable, proof.held, bare, waiting)
    return replace(made, held=held, warnings=(*made.warnings, *proof.warnings)), seen


def _on_the_card(post: Post, account: AccountSettings, limits: Limits) -> list[int]:
    """The pictures that the link's card may show, where none is sent: the cover on a card of ours, else any of them."""
    if not post.url or account.link == "never" or limits.link == "dead":
        return []
    everything = list(range(len(post.pictures)))
    return [index for index in everything if post.pictures[index].file][:1] if limits.builds_card else everything


def _first_hold(*reasons: Held | None) -> Held | None:
    """The reason to tell. What a person may let through never hides what nobody may."""
    given = [reason for reason in reasons if reason]
    return next((reason for reason in given if not reason.approvable), next(iter(given), None))


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
