"""What is out follows its source: a post that changed is edited or answered, one that is gone from the site is removed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from socialbot import networks, reading
from socialbot.intake import Intake
from socialbot.ledger import Accepted, Delivery, Kind, Planned, may_redraft
from socialbot.nouns import Disclosure, Draft, Held, Mistake, Part, Post, Variant

Outcome = Literal["edit", "reply", "delete", "cancelled", "redrafted", "same", "left"]
_REMOVAL = Held("The post is gone from the site: shall it be removed here too?", "socialbot approve ID", approvable=True)
_OTHER_PICTURES = Held(
    "Its pictures changed, and those that are out cannot be changed here.",
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
        if known.id != post.id and (gone or self._is_copy(post, known.id)):
            twin = self.intake.ledger.post(known.id).source
            raise Mistake(f"it was never accepted; {twin} has the same text, and is what is out", where=source)
        if gone:
            return [change for one in there for change in self._retract(one, gone)]
        for one in there:
            if one.state in ("cancelled", "failed"):  # what is out of it stays
                self.intake.ledger.give_way(one)
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
        if moved := self._moved_to(known):
            raise Mistake(f"the post is not gone; it is in {moved} now", where=source, fix=f"socialbot sync {moved}")
        return known, "its file is gone"

    def _moved_to(self, known: Post) -> Path | None:
        """Where a post whose file is gone can be found on the site all the same: the file may have another name now."""
        folder = self.intake.settings.home / self.intake.settings.site.posts
        for path in reading.posts_in(folder) if folder.is_dir() else ():
            try:
                post = self.intake.read(path)
            except Mistake:  # what cannot be read is no post of the site
                continue
            if not post.unpublished and (post.id == known.id or post.content_hash == known.content_hash):
                return path
        return None

    def _is_copy(self, post: Post, known: str) -> bool:
        """Is the post that was accepted with this text still there, in a file of its own?"""
        source, settings = self.intake.ledger.post(known).source, self.intake.settings
        folders = (settings.home / settings.site.posts, settings.home / "queue", settings.home)
        return source != post.source and any((folder / source).exists() for folder in folders)

    # Gone from the site

    def _retract(self, delivery: Delivery, why: str) -> list[Change]:
        """Whatever is out of it is removed: its posts, and those of ours that answer it. What is not out yet is not sent."""
        out, parts = self._count_out(delivery), len(delivery.draft.parts)
        some = f"{out} of its {parts} posts {'is' if out == 1 else 'are'} out"
        try:
            if delivery.state == "published":
                return [self._remove(delivery, why), *self._answers(delivery, why)]
            if delivery.state in ("held", "queued"):
                self.intake.ledger.cancel(delivery.id)
                if not out:
                    self.intake.ledger.withdraw(delivery, why)
                    return [Change(delivery.account, "cancelled", delivery.id, f"{why}; it will not be sent")]
            if delivery.state in ("running", "unknown"):
                return [Change(delivery.account, "left", delivery.id, "it is being sent just now: sync again in a moment")]
            if out and delivery.state != "deleted":
                return [self._remove(delivery, f"{why}; {some}")]
        except Mistake as mistake:  # one that is in doubt keeps no other from being removed
            return [Change(delivery.account, "left", delivery.id, str(mistake))]
        return self._answers(delivery, why)

    def _count_out(self, delivery: Delivery) -> int:
        return sum(send.outcome == "published" for send in self.intake.ledger.sends(delivery.id))

    def _answers(self, delivery: Delivery, why: str) -> list[Change]:
        """The network keeps what answers a post when the post goes: corrections are removed like it, each by itself."""
        replies = [one for one in self.intake.ledger.changes(delivery.id) if one.kind == "reply"]
        return [change for one in replies for change in self._retract(one, f"{why}; it corrects {delivery.id}")]

    def _remove(self, delivery: Delivery, why: str) -> Change:
        account, ledger = self.intake.settings.accounts.get(delivery.account), self.intake.ledger
        if account is None:
            return Change(delivery.account, "left", delivery.id, "the account is not configured any more")
        if account.on_retract == "keep":
            return self._leave(delivery, "left", f"{why}; the account keeps what is out")
        if not networks.load(delivery.network).deletes:
            by_hand = f"{why}; {delivery.network} removes nothing: remove it by hand"
            return Change(delivery.account, "left", delivery.id, f"{by_hand}{f', {delivery.url}' if delivery.url else ''}")
        held = _REMOVAL if account.on_retract == "ask" else None
        return self._write(delivery, "delete", replace(ledger.said(delivery), held=held), delivery.disclosure, why)

    # Changed on the site

    def _redraft(self, source: str, there: Collection[Delivery]) -> list[Change]:
        open_to_new = [one for one in there if may_redraft(one, changed=True)]
        waiting = {one.account for one in open_to_new if self._is_configured(one)}
        if not waiting:
            return []
        receipts = list(self.intake.enqueue([Path(source)], waiting))
        if mistake := next((receipt.mistake for receipt in receipts if receipt.mistake), None):
            raise mistake
        anew = [one for receipt in receipts for one in receipt.accepted if one.outcome == "redrafted"]
        return [Change(one.account, "redrafted", one.delivery, "it waits, and was drafted anew") for one in anew]

    def _follow(self, post: Post, out: Sequence[Delivery]) -> list[Change]:
        configured = [one for one in out if self._is_configured(one)]
        left = [
            Change(one.account, "left", one.id, "the account is not configured any more")
            for one in out
            if one not in configured
        ]
        if not configured:  # to draft for no account means for all
            return left
        drafted = {draft.account: (draft, told) for draft, told in self.intake.draft(post, {one.account for one in configured})}
        skipped = "the post is kept from the account now; what is out stays"
        left += [self._leave(one, "left", skipped) for one in configured if one.account not in drafted]
        return [*left, *(self._follow_one(post, one, *drafted[one.account]) for one in configured if one.account in drafted)]

    def _is_configured(self, delivery: Delivery) -> bool:
        account = self.intake.settings.accounts.get(delivery.account)
        return account is not None and account.network == delivery.network

    def _follow_one(self, post: Post, delivery: Delivery, draft: Draft, told: Disclosure) -> Change:
        if delivery.swept:
            return self._leave(delivery, "left", "it went out longer ago than store.keep_days says; what is out stays")
        account = self.intake.settings.account(delivery.account)
        said = self.intake.ledger.said(delivery)
        adapter = networks.load(delivery.network)
        wanted, draft = _words(draft.parts), draft if adapter.edits_alt else _with_old_descriptions(said, draft)
        if _words(said.parts) == _words(draft.parts):
            if wanted != _words(draft.parts):
                return self._leave(delivery, "left", "its pictures are described anew, and those that are out keep theirs here")
            if _same_pictures(said.parts, draft.parts):
                return self._leave(delivery, "same", "nothing of it changed")
            return self._leave(delivery, "left", "its pictures changed, and those that are out cannot be changed here")
        if account.on_change == "nothing":
            return self._leave(delivery, "left", "it changed; the account leaves what is out")
        if account.on_change == "reply":
            return self._reply(post, delivery)
        if not adapter.edits:
            fix = 'on_change = "reply" answers it, with what social: {correction: …} says'
            return self._leave(delivery, "left", f"{delivery.network} cannot edit; {fix}")
        if len(draft.parts) != len(said.parts):
            counted = f"it would take {len(draft.parts)} posts instead of {len(said.parts)}"
            return self._leave(delivery, "left", f"{counted}, and an edit adds and removes none")
        return self._write(delivery, "edit", _edited(said, draft), told, "it changed")

    def _reply(self, post: Post, delivery: Delivery) -> Change:
        """The author's correction as a reply, drafted like any post: with the label and the link."""
        if not networks.limits_of(delivery.network).threads:
            return self._leave(delivery, "left", f"it changed; {delivery.network} knows no replies")
        words = _correction(post, delivery.account, delivery.network)
        if not words:
            missing = "it changed, and there is no word to answer it with: write social: {correction: …}"
            return self._leave(delivery, "left", missing)
        social = {**post.social, delivery.account: {"caption": words}}
        correcting = replace(post, summary=None, body="", pictures=(), tags=(), social=social)
        [(draft, told)] = self.intake.draft(correcting, [delivery.account])
        return self._write(delivery, "reply", replace(draft, post_id=delivery.post), told, "it changed")

    def _leave(self, delivery: Delivery, outcome: Outcome, detail: str) -> Change:
        """What is out stays as it is, and what waits to change it gives way."""
        if self.intake.ledger.give_way(delivery):
            return Change(delivery.account, "left", delivery.id, "a change of it is under way: sync again in a moment")
        return Change(delivery.account, outcome, delivery.id, detail)

    def _write(self, delivery: Delivery, kind: Kind, draft: Draft, told: Disclosure, why: str) -> Change:
        planned = Planned(draft, told, self.intake.clock())
        if kind == "reply":
            fixed = networks.load(draft.network).fix(planned.due_at, self.intake.chance)
            planned = replace(planned, draft=replace(draft, fixed=fixed))
        accepted: Accepted = self.intake.ledger.change(delivery, kind, planned)
        outcome: Outcome = "same" if accepted.outcome == "known" else kind if kind != "publish" else "left"
        detail = f"{why}; {accepted.outcome if accepted.outcome != 'new' else accepted.state}"
        return Change(delivery.account, outcome, accepted.delivery, detail, draft.held)


def _words(parts: Sequence[Part]) -> list[tuple[str, tuple[str, ...]]]:
    return [(part.caption.text, tuple(picture.alt for picture in part.pictures)) for part in parts]


def _same_pictures(parts: Sequence[Part], others: Sequence[Part]) -> bool:
    """Do the posts show the same pictures? Another crop, badge or mark makes another picture; another signature does not."""
    return len(parts) == len(others) and all(
        len(one.pictures) == len(other.pictures) and all(map(_same_picture, one.pictures, other.pictures))
        for one, other in zip(parts, others, strict=True)
    )


def _same_picture(one: Variant, other: Variant) -> bool:
    return one.digest == other.digest or (one.plan is not None and one.plan == other.plan)


def _edited(said: Draft, draft: Draft) -> Draft:
    """The new words and descriptions of what is out; held where they were made for other pictures."""
    held, same = draft.held, _same_pictures(said.parts, draft.parts)
    if not same and (held is None or held.approvable):
        held = _OTHER_PICTURES
    parts = tuple(
        replace(new, card=old.card, pictures=_described(old.pictures, new.pictures) if same else new.pictures)
        for old, new in zip(said.parts, draft.parts, strict=True)
    )
    return replace(draft, post_id=said.post_id, parts=parts, fixed=said.fixed, held=held)


def _with_old_descriptions(said: Draft, draft: Draft) -> Draft:
    """The draft as it will be shown where descriptions cannot be changed."""
    if not _same_pictures(said.parts, draft.parts):
        return draft
    parts = [
        replace(new, pictures=_described(new.pictures, old.pictures)) for old, new in zip(said.parts, draft.parts, strict=True)
    ]
    return replace(draft, parts=tuple(parts))


def _described(out: Sequence[Variant], anew: Sequence[Variant]) -> tuple[Variant, ...]:
    """The pictures that are out, which stay, with their new descriptions."""
    return tuple(replace(one, alt=other.alt) for one, other in zip(out, anew, strict=True))


def _correction(post: Post, account: str, network: str) -> str:
    """`social: {correction: …}`, for all or for one account or network."""
    for said in (post.social.get(account), post.social.get(network), post.social):
        words = said.get("correction") if isinstance(said, Mapping) else None
        if isinstance(words, str) and words.strip():
            return words.strip()
    return ""
