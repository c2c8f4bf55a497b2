"""What a crash run came to: what the public saw, held against what was accepted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

from tests.crash.nursery import all_lines
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
    seconds: int

    @property
    def good(self) -> bool:
        """Was every promise kept?"""
        return not (self.unfinished or self.lost or self.duplicated or self.wrong_order)


def count(storm: Storm) -> tuple[Tally, list[str]]:
    """The line of the table, and what went wrong in words."""
    ledger, wrong, totals = storm.ledger, [], Counter[str]()
    states = {one.id: one for one in ledger.deliveries()}
    for account in storm.networks.accounts:
        history: list[Publication] = storm.networks.ask("history", account)
        times = Counter(one.mark for one in history)
        expected = {(number, part) for number, parts in storm.parts.items() for part in range(parts)}
        lost = expected - set(times)
        twice = {mark for mark, many in times.items() if many > 1}
        disordered = out_of_order(history, answers_are_told=not account.startswith(("chat", "botchat")))
        totals += Counter(lost=len(lost), duplicated=sum(times.values()) - len(times), disordered=len(disordered))
        totals["published"] += len(set(times) & expected)
        for what, marks in (("lost", lost), ("twice", twice), ("wrong order", disordered)):
            wrong += [f"{account}: {what}: {mark}" for mark in sorted(marks)[:10]]
        shown = storm.networks.ask("shown", account)
        for name, kind in storm.changes.items():
            original = states.get(name)
            if original is None or original.account != account:
                continue
            number = int(original.post[3:])
            for mark in ((number, part) for part in range(storm.parts[number])):
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
            lines=f"{storm.numbers['at a line']} at {len(storm.lines)} of {len(all_lines())}",
            deliveries=storm.fed,
            published=totals["published"],
            changes=len(storm.changes),
            held=held,
            unfinished=unfinished,
            lost=totals["lost"],
            duplicated=totals["duplicated"],
            wrong_order=totals["disordered"],
            seconds=round(time.monotonic() - storm.began),
        ),
        wrong,
    )


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
    head = [name.replace("_", " ") for name in names]
    lines = [head, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
