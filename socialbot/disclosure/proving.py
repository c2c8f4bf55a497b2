"""The last look before a draft may go: does it show what it has to? It goes by the finished words and bytes alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from socialbot.disclosure.evidence import of_picture
from socialbot.disclosure.facets import AI_MEDIA, IMAGE, as_shown, strongest
from socialbot.disclosure.ruling import Required, Rule, says
from socialbot.nouns import Caption, Disclosure, Draft, Expression, Held, ImageFacet, Limits, Surface, Variant

_ESCAPED = re.compile(r"\\.")
_FIRM = ("primary", "secondary")
_FIXES: Mapping[Surface, str] = {
    "caption": "Leave room for the label: shorten the link or the caption written for it.",
    "flag": "Take its pictures out, or the pack of rules from the account.",
    "alt": "Shorten the picture's description.",
    "badge": "Its warning tells why: use a picture with more room around its subject, or give the account fewer packs.",
    "metadata": "This is a fault in socialbot: please report it, with the picture.",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What a draft lacks: what holds it, and what is only told since the rule that asks for it is not firmly known."""

    held: Held | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A finished draft beside what it had to show. `pictures`: those that go out, by their place in `told.images`."""

    draft: Draft
    told: Disclosure
    said: Expression
    asked: Required
    limits: Limits
    pictures: Mapping[int, Variant]

    @property
    def caption(self) -> Caption:
        """The first caption: a label in a reply would be seen too late."""
        return self.draft.parts[0].caption

    @property
    def labelled(self) -> bool:
        """The label stands in the first caption whole, on a line of its own, above the fold where that can be.

        Where no caption goes out, it stands on every picture that AI made.
        """
        if not self.limits.caption:
            facets = as_shown(self.told)
            return all(_badged(one, at, self.said) for at, one in self.pictures.items() if facets[at] in AI_MEDIA)
        label, text = self.draft.label, self.caption.text
        if not label or label not in self.said.labels or label not in text.split("\n"):
            return False
        if not says(label, self.asked.words.get("caption", ())):
            return False
        if self.limits.markup != "plain" and _hides(text[: text.index(label)]):
            return False
        return text.startswith(label) if self.said.label_first or self.folded else True

    @property
    def folded(self) -> bool:
        """Does the label reach behind the network's "more"?"""
        label, text = self.draft.label or "", self.caption.text
        return self.limits.fold is not None and text.find(label) + len(label) > self.limits.fold


def prove(shown: Shown, file_of: Callable[[str], Path]) -> Proof:
    """Hold a draft that does not show what it has to. `file_of` finds a picture's file by its digest.

    A rule that rests on one source, or on sources that disagree, warns instead.
    """
    lacks = {surface: lack for surface in shown.asked.surfaces if (lack := _lack(surface, shown))}
    if shown.said.labels and not shown.labelled:
        return Proof(Held("The label does not stand in its caption, whole and seen at once.", _FIXES["caption"]))
    if not shown.limits.caption and not shown.labelled:
        reason = "A picture that AI made does not bear its label, and no caption goes with it that could."
        return Proof(Held(reason, _FIXES["badge"]))
    for index, variant in shown.pictures.items():
        if not _carries(file_of(variant.digest), as_shown(shown.told)[index]):
            return Proof(Held("A picture's file lost its mark of AI.", _FIXES["metadata"]))
    held = next((_hold(surface, lack, shown.asked) for surface, lack in lacks.items() if _firm(shown.asked, surface)), None)
    told = [f"{lack} {_whose(shown.asked.surfaces[surface])}" for surface, lack in lacks.items()]
    if shown.labelled and shown.folded:
        told.append('The label is longer than what the network shows before "more": label_length = "short" makes it shorter.')
    return Proof(held, () if held else tuple(told))


def _hides(before: str) -> bool:
    """Has markup begun that would hide what follows: a spoiler, a comment, or code?"""
    before = _ESCAPED.sub("", before)
    lines = before.split("\n")
    opened = (before.count("||") % 2, before.count("```") % 2, sum(line.lstrip().startswith(":::") for line in lines) % 2)
    return any(opened) or before.rfind(">!") > before.rfind("!<") or before.rfind("<!--") > before.rfind("-->")


def _lack(surface: Surface, shown: Shown) -> str | None:
    """What is not there, in a sentence; None where all is."""
    if surface == "caption":
        return None if shown.labelled else "Its caption does not say what AI did."
    if surface == "flag":
        flagged = shown.limits.ai_flag and shown.draft.flags.get(shown.limits.ai_flag)
        return (
            None if flagged or shown.labelled else "Neither the network's flag nor the caption says that AI made its pictures."
        )
    pictures = {index: shown.pictures[index] for index in shown.asked.pictures.get(surface, ()) if index in shown.pictures}
    if surface == "alt" and shown.limits.max_alt:
        unsaid = [index for index, one in pictures.items() if not _described(one, index, shown.said)]
        return "A picture's alt text does not say what AI did." if unsaid and shown.draft.parts[0].pictures else None
    if surface == "badge":
        bare = [index for index, one in pictures.items() if not _badged(one, index, shown.said)]
        return "A picture does not bear the words that say what AI did." if bare else None
    return None  # what the file carries is looked at in every draft, asked or not


def _described(variant: Variant, index: int, said: Expression) -> bool:
    words = said.alts[index]
    return words is not None and words in variant.alt


def _badged(variant: Variant, index: int, said: Expression) -> bool:
    badge = said.badges[index]
    return badge is not None and variant.badge == badge.words


def _carries(file: Path, facet: ImageFacet) -> bool:
    """Does the finished file say of AI at least what is known of it?"""
    if facet not in AI_MEDIA:
        return True
    read = strongest(IMAGE, [one.value for one in of_picture(file, "image")])
    return IMAGE.index(read) >= IMAGE.index(facet)


def _hold(surface: Surface, lack: str, asked: Required) -> Held:
    return Held(f"{lack} {_whose([rule for rule in asked.surfaces[surface] if rule.strength in _FIRM])}", _FIXES[surface])


def _firm(asked: Required, surface: Surface) -> bool:
    return any(rule.strength in _FIRM for rule in asked.surfaces[surface])


def _whose(rules: Sequence[Rule]) -> str:
    return f"Asked by {', '.join(rule.id for rule in rules)}."
