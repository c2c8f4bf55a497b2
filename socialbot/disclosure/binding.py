"""The packs of rules that bind an instance, and drafts that they have left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from socialbot.disclosure.ruling import Pack, all_packs, chosen, required
from socialbot.nouns import Disclosure, Draft, Held, WrongConfiguration, WrongUse
from socialbot.settings import CONFIG, Settings


def packs_of(settings: Settings) -> Mapping[str, Pack]:
    """Every pack of rules of an instance. Raises WrongConfiguration when one cannot be read, or is named and not there."""
    packs = all_packs(settings.home / "rules")
    named = {"site": settings.site.rules, **{f"accounts.{name}": one.rules or () for name, one in settings.accounts.items()}}
    for where, names in named.items():
        try:
            chosen(names, packs)
        except WrongUse as mistake:
            raise WrongConfiguration(mistake.what, where=f"{CONFIG}, {where}.rules", fix=mistake.fix) from None
    return packs


def outdated(draft: Draft, seen: Disclosure, packs: Sequence[Pack], today: date) -> Held | None:
    """Why a draft may not go out `today`, where the rules ask for more than when it was made. `seen`: what it was made of."""
    shown = {(one.pack, one.rule, surface) for one in draft.asked for surface in one.surfaces}
    asked = required(seen, draft.network, packs, today).asked
    more = [one.rule for one in asked if any((one.pack, one.rule, surface) not in shown for surface in one.surfaces)]
    if not more:
        return None
    reason = f"The rules have changed since it was drafted: {', '.join(more)}."
    return Held(reason, "Have it drafted anew: socialbot enqueue POST.", redraft=True)
