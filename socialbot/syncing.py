"""What is out follows its source: a post that changed is edited or answered, one that is gone from the site is removed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from socialbot import networks, reading
from socialbot.drafting import APPROVAL
from socialbot.intake import Intake
from socialbot.ledger import Accepted, Delivery, Kind, Planned
from socialbot.nouns import Disclosure, Draft, Held, Mistake, Part, Post

Outcome = Literal["edit", "reply", "delete", "cancelled", "redrafted", "same", "left"]
_REMOVAL = Held("The post is gone from the site: shall it be removed here too?", "socialbot approve ID", approvable=True)
_NEW_BADGE = Held(
    "Its picture would need other words drawn on it, and pictures that are out cannot be changed.",
    "Remove it on the network, then: socialbot enqueue POST --again.",
)


@dataclass(frozen=True, slots=True)
class Change:
    """What a look at a post's source means for one delivery. `delivery` is the new one where there is one."""

    account: str
    outcome: Outcome
    delivery: str
    detail: str
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Syncing:
    """Compares what is out with its source. It writes down what shall be done; the worker does it."""

    intake: Intake

    def sync(self, source: str) -> list[Change]:
        """Look at a post's file, which may be gone, or whether its address says so (410). Raises Mistake.

        What still waits is drafted anew, or cancelled where the post is gone.
        """
        post, gone = self._read(source)
        known = self.intake.ledger.known(post)
        if known is None:
            raise Mistake("it was never accepted, so nothing of it is out", where=source, fix="socialbot enqueue POST")
        there = self.intake.ledger.deliveries(post=known.id, kind="publish")
        if gone:
            return [self._retract(one, gone) for one in there if one.state not in ("cancelled", "failed", "missed", "deleted")]
        return [*self._redraft(source, there), *self._follow(post, [one for one in there if one.state == "published"])]

    def _read(self, source: str) -> tuple[Post, str | None]:
        """The post, and why it is gone where it is."""
        path, ledger = Path(source), self.intake.ledger
        if "://" in source:
            known = ledger.post_of(source)
            if known and self.intake.fetcher.is_gone(source):
                return known, "its address answers 410 Gone"
            what = "the site still has it" if known else "no accepted post has this address"
            raise Mistake(what, where=source, fix="give the post's file, to compare it with what is out")
        if path.exists():
            post = self.intake.read(path)
            return post, post.unpublished
        known = ledger.post_of(reading.source_name(path, self.intake.settings.site, self.intake.settings.home))
        if known is None:
            raise Mistake("there is no such file, and nothing was accepted from it", where=source)
        return known, "its file is gone"

    # Gone from the site

    def _retract(self, delivery: Delivery, why: str) -> Change:
        account, ledger = self.intake.settings.accounts.get(delivery.account), self.intake.ledger
        if delivery.state in ("held", "queued"):
            ledger.cancel(delivery.id)
            return Change(delivery.account, "cancelled", delivery.id, f"{why}; it will not be sent")
        if delivery.state != "published":
            return Change(delivery.account, "left", delivery.id, "it is being sent just now: sync again in a moment")
        if account is None:
            return Change(delivery.account, "left", delivery.id, "the account is not configured any more")
        if account.on_retract == "keep":
            return Change(delivery.account, "left", delivery.id, f"{why}; the account keeps what is out")
        if not networks.load(delivery.network).deletes:
            return Change(delivery.account, "left", delivery.id, f"{delivery.network} removes nothing: remove it by hand")
        held = _REMOVAL if account.on_retract == "ask" else None
        return self._write(delivery, "delete", replace(ledger.said(delivery), held=held), delivery.disclosure, why)

    # Changed on the site

    def _redraft(self, source: str, there: Collection[Delivery]) -> list[Change]:
        waiting = [one.account for one in there if one.state in ("held", "queued", "failed") and self._is_configured(one)]
        if not waiting:
            return []
        receipts = self.intake.enqueue([Path(source)], waiting)
        anew = [one for receipt in receipts for one in receipt.accepted if one.outcome == "redrafted"]
        return [Change(one.account, "redrafted", one.delivery, "it waits, and was drafted anew") for one in anew]

    def _follow(self, post: Post, out: Sequence[Delivery]) -> list[Change]:
        configured = [one for one in out if self._is_configured(one)]
        left = [
            Change(one.account, "left", one.id, "the account is not configured any more")
            for one in out
            if one not in configured
        ]
        drafted = {draft.account: (draft, told) for draft, told in self.intake.draft(post, {one.account for one in configured})}
        return [*left, *(self._follow_one(post, one, *drafted[one.account]) for one in configured if one.account in drafted)]

    def _is_configured(self, delivery: Delivery) -> bool:
        account = self.intake.settings.accounts.get(delivery.account)
        return account is not None and account.network == delivery.network

    def _follow_one(self, post: Post, delivery: Delivery, draft: Draft, told: Disclosure) -> Change:
        account = self.intake.settings.account(delivery.account)
        said = self.intake.ledger.said(delivery)
        if _same(said, draft):
            return Change(delivery.account, "same", delivery.id, "nothing of it changed")
        if account.on_change == "nothing":
            return Change(delivery.account, "left", delivery.id, "it changed; the account leaves what is out")
        if account.on_change == "reply":
            return self._reply(post, delivery)
        if not networks.load(delivery.network).edits:
            fix = 'on_change = "reply" answers it, with what social: {correction: …} says'
            return Change(delivery.account, "left", delivery.id, f"{delivery.network} cannot edit; {fix}")
        if len(draft.parts) != len(said.parts):
            counted = f"it would take {len(draft.parts)} posts instead of {len(said.parts)}"
            return Change(delivery.account, "left", delivery.id, f"{counted}, and an edit adds and removes none")
        return self._write(delivery, "edit", _edited(said, draft), told, "it changed")

    def _reply(self, post: Post, delivery: Delivery) -> Change:
        """The author's correction as a reply, drafted like any post: with the label and the link."""
        words = _correction(post, delivery.account, delivery.network)
        if not words:
            missing = "it changed, and there is no word to answer it with: write social: {correction: …}"
            return Change(delivery.account, "left", delivery.id, missing)
        social = {**post.social, delivery.account: {"caption": words}}
        correcting = replace(post, summary=None, body="", pictures=(), tags=(), social=social)
        [(draft, told)] = self.intake.draft(correcting, [delivery.account])
        return self._write(delivery, "reply", replace(draft, post_id=delivery.post), told, "it changed")

    def _write(self, delivery: Delivery, kind: Kind, draft: Draft, told: Disclosure, why: str) -> Change:
        planned = Planned(draft, told, self.intake.clock())
        if kind == "reply":
            fixed = networks.load(draft.network).fix(planned.due_at, self.intake.chance)
            planned = replace(planned, draft=replace(draft, fixed=fixed))
        accepted: Accepted = self.intake.ledger.change(delivery, kind, planned)
        outcome: Outcome = "same" if accepted.outcome == "known" else kind if kind != "publish" else "left"
        detail = f"{why}; {accepted.outcome if accepted.outcome != 'new' else accepted.state}"
        return Change(delivery.account, outcome, accepted.delivery, detail, draft.held)


def _same(said: Draft, draft: Draft) -> bool:
    """Would a reader find the same words and the same descriptions?"""
    return _words(said.parts) == _words(draft.parts)


def _words(parts: Sequence[Part]) -> list[tuple[str, tuple[str, ...]]]:
    return [(part.caption.text, tuple(picture.alt for picture in part.pictures)) for part in parts]


def _edited(said: Draft, draft: Draft) -> Draft:
    """The new words and descriptions over the pictures that are out. What needs a new badge is held."""
    parts = []
    badged = False
    for old, new in zip(said.parts, draft.parts, strict=True):
        pictures = old.pictures
        if len(old.pictures) == len(new.pictures):
            pairs = list(zip(old.pictures, new.pictures, strict=True))
            pictures = tuple(replace(there, alt=fresh.alt) for there, fresh in pairs)
            badged |= any(fresh.badge and fresh.badge != there.badge for there, fresh in pairs)
        parts.append(replace(new, pictures=pictures, card=old.card))
    held = draft.held if not badged or (draft.held and draft.held != APPROVAL) else _NEW_BADGE
    return replace(draft, post_id=said.post_id, parts=tuple(parts), fixed=said.fixed, held=held)


def _correction(post: Post, account: str, network: str) -> str:
    """`social: {correction: …}`, for all or for one account or network."""
    for said in (post.social.get(account), post.social.get(network), post.social):
        words = said.get("correction") if isinstance(said, Mapping) else None
        if isinstance(words, str) and words.strip():
            return words.strip()
    return ""
