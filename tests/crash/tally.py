"""What a crash run came to: what the public saw, held against what was accepted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

from tests.crash.kinds import KINDS
from tests.crash.storm import Storm
from tests.crash.town import Publication


@dataclass(frozen=True, slots=True)
class Tally:
    """One line of the table. All but the first and the last are numbers of deliveries, parts, or events."""

    store: str
    kills: int
    in_flight: int
    lines: str
    deliveries: int
    published: int
    changes: int
    held: str
    unfinished: int
    lost: int
    duplicated: int
    wrong_order: int
    held_in_vain: int
    """A person was asked without a sentence, or what the network could have been asked."""
    seconds: int

    @property
    def good(self) -> bool:
        """Was every promise kept?"""
        return not (self.unfinished or self.lost or self.duplicated or self.wrong_order or self.held_in_vain)


def count(storm: Storm) -> tuple[Tally, list[str], list[list[str]]]:
    """The line of the table, what went wrong in words, and a row for each account."""
    ledger, wrong, rows, totals = storm.ledger, list(storm.untold), list[list[str]](), Counter[str]()
    states = {one.id: one for one in ledger.deliveries()}
    # What still waits, and says so, is not lost.
    waiting = {(one.account, int(one.post[3:])) for one in states.values() if _open(one.state)}
    for account in storm.networks.accounts:
        history: list[Publication] = storm.networks.ask("history", account)
        times = Counter(one.mark for one in history)
        expected = {(number, part) for number in storm.parts for part in range(storm.parts_of(account, number))}
        lost = {mark for mark in expected - set(times) if (account, mark[0]) not in waiting}
        twice = {mark for mark, many in times.items() if many > 1}
        disordered = out_of_order(history, answers_are_told=KINDS[storm.networks.kinds[account]].tells_parent)
        totals += Counter(lost=len(lost), duplicated=sum(times.values()) - len(times), disordered=len(disordered))
        totals["published"] += len(set(times) & expected)
        rows.append(_row(storm, account, [len(expected), sum(times.values()) - len(times), len(lost), len(disordered)]))
        for what, marks in (("lost", lost), ("twice", twice), ("wrong order", disordered)):
            wrong += [f"{account}: {what}: {mark}" for mark in sorted(marks)[:10]]
        shown = storm.networks.ask("shown", account)
        for name, kind in storm.changes.items():
            original = states.get(name)
            if original is None or original.account != account or (account, number := int(original.post[3:])) in waiting:
                continue
            for mark in ((number, part) for part in range(storm.parts_of(account, number))):
                if (mark in shown) if kind == "delete" else not shown.get(mark):
                    totals["lost"] += 1
                    wrong.append(f"{account}: {kind} of {mark} ({name}) was not made")
    counts = ledger.counts()
    unfinished = sum(many for state, many in counts.items() if state not in ("published", "deleted"))
    wrong += [f"{one.account} {one.id} is {one.state}: {one.error}" for one in states.values() if _open(one.state)][:20]
    held = ", ".join(f"{many} {reason}" for reason, many in storm.held.most_common()) or "0"
    return (
        Tally(
            store=storm.plan.store,
            kills=storm.kills,
            in_flight=storm.numbers["in flight"],
            lines=f"{storm.numbers['at a line']} at {sum(1 for deaths in storm.nursery.deaths if deaths)}",
            deliveries=storm.fed,
            published=totals["published"],
            changes=len(storm.changes),
            held=held,
            unfinished=unfinished,
            lost=totals["lost"],
            duplicated=totals["duplicated"],
            wrong_order=totals["disordered"],
            held_in_vain=len(storm.untold),
            seconds=round(time.monotonic() - storm.began),
        ),
        wrong,
        rows,
    )


HEAD = "account", "network", "doubt", "parts", "twice", "lost", "wrong order", "killed before and after the call", "held"
"""Of the table with a row for each account."""


def _row(storm: Storm, account: str, numbers: Sequence[int]) -> list[str]:
    before, after = storm.nursery.died_at_calls_of(account)
    settings, held = storm.settings.account(account), storm.held_by.get(account, Counter[str]())
    told = ", ".join(f"{many} {reason}" for reason, many in held.most_common())
    doubt = storm.nursery.doubt_of(account) + (", sends again" if settings.on_doubt == "send_again" else "")
    return [account, settings.network, doubt, *map(str, numbers), f"{before} + {after}", told]


def _open(state: str) -> bool:
    return state not in ("published", "deleted")


def out_of_order(history: Sequence[Publication], *, answers_are_told: bool) -> set[tuple[int, int]]:
    """Parts of threads that came before, or do not answer, the one before them."""
    first: dict[tuple[int, int], tuple[int, Publication]] = {}
    for place, one in enumerate(history):
        first.setdefault(one.mark, (place, one))
    wrong = set()
    for (number, part), (place, one) in first.items():
        if part == 0:
            continue
        before = first.get((number, part - 1))
        if before is None or before[0] > place or (answers_are_told and one.answers != before[1].id):
            wrong.add((number, part))
    return wrong


def table(tallies: Sequence[Tally]) -> str:
    """As Markdown."""
    names = [field.name for field in fields(Tally)]
    rows = [[str(getattr(tally, name)) for name in names] for tally in tallies]
    return markdown([name.replace("_", " ") for name in names], rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
