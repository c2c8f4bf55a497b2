"""How an account says what AI did: the label, the alt texts, the badges, the network's own flag; or why it has to wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from socialbot.disclosure import labels
from socialbot.disclosure.facets import AI_MEDIA, MADE_PERSONS, as_shown
from socialbot.disclosure.ruling import Pack, Required, Words, required, says
from socialbot.nouns import Badge, Disclosure, Expression, Held, ImageFacet, Limits

if TYPE_CHECKING:
    from socialbot.settings import AccountSettings

_BADGE_SHARE = 0.03
"""The height of a badge's letters where a rule asks for a badge and names no size: read at arm's length on a telephone."""


def of_pictures(told: Disclosure, indices: Sequence[int], *, words: bool = True) -> Disclosure:
    """The same of some of the post's pictures alone: those that go out, with `words` or without."""
    realistic = tuple(told.realistic[index] for index in indices if index < len(told.realistic))
    told = told if words else replace(told, text="none", translated=False)
    return replace(told, images=tuple(told.images[index] for index in indices), realistic=realistic)


def express(
    told: Disclosure, language: str, limits: Limits, account: AccountSettings, packs: Iterable[Pack], on: date
) -> Expression:
    """What the account says of AI on the day `on`, in the post's language or, where a rule asks for other words, beside it.

    `told` is of the pictures that go out (`of_pictures`). It says at least what the packs require; by the account's word
    more. Words to draw or to say that no language of ours has are the rule's own. Where no caption goes with the pictures,
    each that AI made bears its badge, asked for or not.
    """
    asked = required(told, account.network, packs, on)
    shown = as_shown(told)
    flags = _flags(shown, limits, account)
    spoken = _spoken(told, asked, account, flagged=bool(flags) and not limits.ai_flag_disputed)
    wanted = [index in asked.pictures.get("badge", ()) or not limits.caption for index in range(len(shown))]
    share = asked.badge_share or _BADGE_SHARE
    return Expression(
        labels=_labels(spoken, language, account, asked.words.get("caption", ())) if limits.caption else (),
        label_first=asked.first,
        alts=tuple(_alt(told, image, language, asked.words.get("alt", ())) for image in shown),
        badges=tuple(
            _badge(told, image, language, asked.words.get("badge", ()), share) if here else None
            for image, here in zip(shown, wanted, strict=True)
        ),
        flags=flags,
        asked=asked.asked,
        warnings=tuple(_warnings(spoken, language)),
        held=told.held or _doubtful(told, account),
    )


def _flags(shown: Sequence[ImageFacet], limits: Limits, account: AccountSettings) -> Mapping[str, bool]:
    """The network's own flag, for AI media and for nothing else: a text by AI sets none."""
    wanted = not limits.ai_flag_disputed if account.ai_flag is None else account.ai_flag
    return {limits.ai_flag: True} if limits.ai_flag and wanted and AI_MEDIA.intersection(shown) else {}


def _spoken(told: Disclosure, asked: Required, account: AccountSettings, *, flagged: bool) -> Disclosure:
    """What of it the caption says. `flagged`: by a flag that sources agree on, which alone may stand in for a label."""
    if account.label == "always":
        return told
    conditions = [condition for rule in asked.surfaces.get("caption", ()) for condition in rule.when]
    unread = told.text == "generated" and not told.reviewed
    if not (unread or any(condition.text for condition in conditions)):
        told = replace(told, text="unknown", translated=False)
    if flagged and not any(condition.images or condition.person for condition in conditions):
        unsaid: ImageFacet = "unknown"
        told = replace(told, images=tuple(unsaid for _ in told.images), person="unknown")
    return told


def _labels(spoken: Disclosure, language: str, account: AccountSettings, words: Words) -> tuple[str, ...]:
    found = labels.wordings(spoken, language, account.label_length)
    return tuple(dict.fromkeys(labels.completing(label, spoken, words, account.label_length) for label in found))


def _alone(told: Disclosure, image: ImageFacet) -> Disclosure:
    """One picture by itself, for the few words on it."""
    return replace(told, text="unknown", translated=False, images=(image,), realistic=())


def _alt(told: Disclosure, image: ImageFacet, language: str, words: Words) -> str | None:
    alone = _alone(told, image)
    said = labels.badge(image, alone.person, language)
    return labels.completing(said, alone, words, "short") if said else None


def _badge(told: Disclosure, image: ImageFacet, language: str, words: Words, share: float) -> Badge | None:
    """The words for one picture. Where a rule wants another language's they stand behind the post's own; where its letters
    are in no font of that language, behind English ones."""
    alone, own = _alone(told, image), labels.near(language) or "en"
    said = labels.badge(image, alone.person, own)
    if not said or says(said, words):
        return Badge(said, own, share) if said else None
    for tag in labels.all_labels():
        for asked in (labels.badge(image, alone.person, tag), labels.line(alone, tag)):
            if asked and says(asked, words):
                few = labels.badge(image, "unknown", own) or said
                first = few if few.isascii() else labels.badge(image, "unknown", "en")
                return Badge(asked if tag == own else f"{first} / {asked}", tag, share)
    return Badge(labels.completing(said, alone, words, "short"), own, share)


def _warnings(spoken: Disclosure, language: str) -> Iterator[str]:
    if not labels.near(language) and labels.line(spoken, language):
        yield f'There is no label in the post\'s language, "{language}": it is in English.'


def _doubtful(told: Disclosure, account: AccountSettings) -> Held | None:
    """Why a person has to look: a file hints at AI, or nobody said anything and the account wants to know."""
    where = "in the front matter: ai: {text: …, images: …}; for one picture, images: [{src: …, ai: …}]"
    if "possible" in as_shown(told):
        return Held(
            "A picture's file hints at AI without saying what it did.",
            f"Say what AI did {where}. Or let it through as it stands: socialbot approve ID.",
            approvable=True,
        )
    if told.person in MADE_PERSONS and AI_MEDIA.intersection(told.images) and "unknown" in told.images:
        return Held(
            "Nobody said which of its pictures show the person AI made, and those nobody spoke of would be marked as such.",
            f"Say ai: none of those that do not, {where}. Or let it through with all of them marked: socialbot approve ID.",
            approvable=True,
        )
    unsaid = [what for what, facet in _facets(told) if facet == "unknown"]
    if account.unknown_ai == "strict" and unsaid:
        return Held(
            f"Nobody said whether AI made {' and '.join(dict.fromkeys(unsaid))}.",
            f"Say it {where}. Or let it through as it stands: socialbot approve ID.",
            approvable=True,
        )
    return None


def _facets(told: Disclosure) -> Iterator[tuple[str, str]]:
    yield "the text", told.text
    for image in as_shown(told):
        yield "its pictures", image
