"""The delivery state machine written down once more, as with a pencil: dicts, and nothing of socialbot's.

What docs/once.md and docs/timetable.md promise of states, times and sentences. `carry` is one delivery in a worker's hand: it
yields what is asked of the network and is sent the answer, a tuple that begins with its kind. After everything that has to be
on disk by then it calls `keep`, so that a death there is one of `kept`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
Steps = Generator[tuple[Any, ...], tuple[Any, ...], Any]

LEASE_S, BACKOFF_S, MAX_TRIES, REST_AFTER, LONGEST_S = 60, 10, 4, 3, 3600
LOOKS_S = (0, 10, 60, 300, 900)
LATE = timedelta(minutes=10)
WITHDRAWN = "Its post is gone from the site: "
NOT_SENT = ("passing", "limited", "refused", "login", "blocked")
LIVE = ("open", "published")
ENDED = ("cancelled", "failed")


class No(Exception):
    """A person is refused, with a sentence that holds these words."""


class Gone(Exception):
    """The delivery is in another's hand."""


class Stumble(Exception):
    """A fault of socialbot's own."""


class Trouble(Exception):
    """The network's answer is a reason why not."""


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


class Pencil:
    """`wall` and `server` are the clock on the wall and the one that leases go by. `accounts`: what can be asked of each."""

    def __init__(self, wall: Callable[[], datetime], server: Callable[[], datetime], accounts: dict[str, Row]) -> None:
        self.wall, self.server, self.accounts = wall, server, accounts
        self.tables: dict[str, dict[Any, Any]] = {name: {} for name in ("posts", "all", "lanes", "troubles", "paused")}
        self.kept: list[Any] | None = None
        self.outdated: set[str] = set()
        """Accounts whose rules ask for more than their drafts have."""
        self.strange: set[str] = set()
        """Accounts that are not configured any more."""
        self.table: dict[str, timedelta | None] = {}
        """Account → how long its timetable has what is due wait; None: for ever."""

    def __getattr__(self, name: str) -> Any:
        return self.__dict__["tables"][name]

    def keep(self) -> None:
        if self.kept is not None:
            self.kept.append(copy.deepcopy(self.tables))

    # What comes in

    def accept(self, name: str, words: Row, drafts: list[Row], in_s: float) -> list[str]:
        """`words`: hash, end and urgent of the post; a draft: account, parts, held (reason, fix, approvable, redraft)."""
        same = next((id_ for id_, post in self.posts.items() if post["hash"] == words["hash"]), None)
        post_id = name if name in self.posts else same or name
        post = self.posts.get(post_id)
        changed = post and (post["hash"] != words["hash"] or (post_id == name and post["words"] != words))
        if not post:
            self.posts[post_id] = {"hash": words["hash"], "words": words, "adopted": False}
        done = []
        for draft in drafts:
            there = self._there(post_id, draft["account"])
            for d in there:
                if not self._may_redraft(d, changed) or any(send["outcome"] in LIVE for send in d["sends"]):
                    done.append("known")
                else:
                    self._redraft(d, draft, words, in_s)
                    done.append("redrafted")
            if not there and not self.posts[post_id]["adopted"]:
                self._new((post_id, draft["account"], "feed"), draft, words, in_s)
                done.append("new")
        if post and "redrafted" in done:
            self.posts[post_id]["words"] = words
            if same in (None, post_id):
                self.posts[post_id]["hash"] = words["hash"]
        return done

    def adopt(self, name: str, words: Row) -> None:
        """Nothing of it is sent to an account that has none of it."""
        self.accept(name, words, [], 0)
        same = next((id_ for id_, post in self.posts.items() if post["hash"] == words["hash"]), name)
        self.posts[name if name in self.posts else same]["adopted"] = True

    def _there(self, post_id: str, account: str) -> list[Row]:
        mine = [d for key, d in self.all.items() if key[:2] == (post_id, account) and d["kind"] == "publish"]
        return sorted(mine, key=lambda d: (d["born"], d["key"][2]))

    def _may_redraft(self, d: Row, changed: Any) -> bool:
        if d["state"] in ("queued", "failed", "missed"):
            return bool(changed)
        if d["state"] == "cancelled":
            return bool(d["error"]) and d["error"].startswith(WITHDRAWN)
        if d["state"] != "held":
            return False
        _, _, approvable, redraft = d["held"]
        return redraft or (d["held"] == d["mark"] and (changed or not approvable))

    def _new(self, key: tuple[str, str, str], draft: Row, words: Row, in_s: float) -> Row:
        d = {"key": key, "account": key[1], "kind": "publish", "original": None, "sends": [], "late": False, "hand": 0}
        d |= {"tries": 0, "finds": 0, "owner": None, "remote": None, "url": None, "born": self.wall(), "pinned": False}
        self.all[key] = d
        self._draw(d, draft, words, self.wall() + seconds(in_s))
        return d

    def _draw(self, d: Row, draft: Row, words: Row, due: datetime, place: datetime | None = None) -> None:
        missed = words["end"] and due > words["end"]
        d["state"] = "held" if draft["held"] else "missed" if missed else "queued"
        queued = d["state"] == "queued"
        d |= {"due": due if queued else None, "place": (place or due) if queued else None, "parts": draft["parts"]}
        d |= {"held": draft["held"], "mark": draft["held"], "end": words["end"], "urgent": words["urgent"]}
        d["error"] = "too late" if missed else None

    def _redraft(self, d: Row, draft: Row, words: Row, in_s: float) -> None:
        due, place = d["due"], d["place"]
        keeps = due and due <= (words["end"] or due) and (d["urgent"] or not words["urgent"])
        if not keeps:
            self._note_late(d)
            d["pinned"] = False
        words = {**words, "urgent": d["urgent"] if keeps else words["urgent"]}
        self._draw(d, draft, words, due if keeps else self.wall() + seconds(in_s), place if keeps else None)
        d |= {"hand": d["hand"] + 1, "tries": 0, "finds": 0}

    def again(self, name: str, words: Row, draft: Row, in_s: float) -> str:
        same = next((id_ for id_, post in self.posts.items() if post["hash"] == words["hash"]), None)
        post_id = name if name in self.posts else same
        if post_id is None:
            raise No("never accepted")
        there = self._there(post_id, draft["account"])
        if any(d["state"] in ("held", "queued", "running", "unknown") for d in there):
            return "known"
        self._new((post_id, draft["account"], f"again-{len(there)}" if there else "feed"), draft, words, in_s)
        return "new"

    def change(self, original: Row, kind: str, draft: Row) -> str:
        """An edit, a deletion or a reply of what is out."""
        if original["state"] != "published" and not (kind == "delete" and original["state"] in ENDED):
            raise No(f"is {original['state']}")
        there = [one for one in self._changes(original) if one["state"] not in ENDED]
        alike = [one for one in there if one["kind"] == kind]
        alike = alike if kind == "reply" else alike[-1:]
        known = next((one for one in alike if one["parts"] == draft["parts"]), None)
        for one in there:
            if one is not known and one["state"] in ("held", "queued", "missed"):
                self._give_way(one)
        if kind != "delete":
            self._keep_answers(there)
        if known:
            return "known"
        post_id, account, _ = original["key"]
        number = sum(key[:2] == (post_id, account) and d["kind"] == kind for key, d in self.all.items()) + 1
        d = self._new((post_id, account, f"{kind}-{number}"), draft, {"end": None, "urgent": False}, 0)
        # However the clock was turned, it was asked for later than those before it.
        born = max([self.wall(), *(one["born"] + timedelta(microseconds=1) for one in self._changes(original))])
        d |= {"kind": kind, "original": original["key"], "place": None, "born": born}
        return "new"

    def _changes(self, original: Row) -> list[Row]:
        """In the order in which they were asked for."""
        mine = [d for d in self.all.values() if d["original"] == original["key"]]
        return sorted(mine, key=lambda d: d["born"])

    def give_way(self, original: Row) -> bool:
        there = self._changes(original)
        busy = any(one["state"] in ("running", "unknown") for one in there)
        for one in there:
            if one["state"] in ("held", "queued", "missed"):
                self._give_way(one)
        self._keep_answers(there)
        return busy

    def _keep_answers(self, there: list[Row]) -> None:
        """What is out stays, and so do the replies that were to go with it."""
        for reply in (one for one in there if one["kind"] == "reply"):
            for waiting in (one for one in self._changes(reply) if one["state"] in ("held", "queued", "missed")):
                self._give_way(waiting)

    def _give_way(self, d: Row) -> None:
        if d["kind"] == "reply" and unanswered(d):
            return  # a person decides about it
        d |= {"state": "cancelled", "due": None, "held": None, "owner": None, "hand": d["hand"] + 1}

    def withdraw(self, d: Row) -> None:
        if d["state"] == "cancelled":
            d["error"] = f"{WITHDRAWN}its file is gone"

    # What a person decides

    def decide(self, d: Row, verb: str, seen: Row | None = None, due: datetime | None = None) -> None:
        """cancel, approve, retry or move; `seen` is the delivery as the person saw it."""
        if verb == "approve":
            held = d["mark"] if d["state"] == "cancelled" else d["held"]
            if not held or not held[2]:
                raise No("does not wait for approval")
        if verb == "retry" and d["mark"]:
            raise No("is held: " + d["mark"][0])
        states = {
            "cancel": ("held", "queued", "running"),
            "approve": ("held", "cancelled"),
            "retry": ("failed", "cancelled", "held", "missed"),
            "move": ("queued", "running"),
        }[verb]
        outcomes = [send["outcome"] for send in d["sends"]]
        doubtful = "open" in outcomes or (verb == "cancel" and outcomes.count("published") >= len(d["parts"]))
        if d["state"] not in (*states, "unknown"):
            raise No(f"is {d['state']}")
        if seen and seen["hand"] != d["hand"]:
            raise No("changed meanwhile")
        if doubtful or d["state"] == "unknown":
            raise No("may be out already")
        self._note_late(d)
        self._free(d)
        d |= {"state": "cancelled", "due": None, "place": None, "tries": 0, "finds": 0}
        if verb != "cancel":
            self._plan(d, seen or d, due or self.wall())

    def _plan(self, d: Row, seen: Row, due: datetime) -> None:
        place = due if d["kind"] == "publish" else None
        d |= {"state": "queued", "due": due, "place": place, "pinned": True, "tries": 0, "finds": 0}
        d |= {"end": None, "urgent": seen["urgent"], "parts": seen["parts"], "mark": None}

    def _free(self, d: Row) -> None:
        d |= {"held": None, "error": None, "owner": None, "hand": d["hand"] + 1}

    def swap(self, one: Row, other: Row) -> None:
        dues = (other["due"], one["due"])
        before = copy.deepcopy((one, other))
        try:
            for d, due in zip((one, other), dues, strict=True):
                self.decide(d, "move", None, due)
        except No:
            for d, old in zip((one, other), before, strict=True):
                write_over(d, old)
            raise

    def doubtful(self, d: Row) -> Row | None:
        """The send that a person may answer for: the open one, or the one they answered for where that led nowhere."""
        out = [send for send in d["sends"] if send["outcome"] == "published"]
        last = max(out, key=lambda send: send["part"], default=None)
        again = last and last["learnt"] == "person" and d["state"] in ("held", "failed")
        return next((send for send in d["sends"] if send["outcome"] == "open"), last if again else None)

    def resolve(self, d: Row, url: str | None) -> None:
        if d["state"] in ("running", "unknown"):
            raise No("still finding out")
        send = self.doubtful(d)
        if not send:
            raise No("nothing about")
        send |= {"outcome": "published" if url else "not_sent", "learnt": "person", "remote": url, "url": url}
        self._free(d)
        d["late"] = False
        if len(out(d)) == len(d["parts"]):
            first = out(d)[0]
            d |= {"state": "published", "due": None, "remote": first["remote"], "url": first["url"]}
        else:
            self._plan(d, d, self.wall())

    def pause(self, account: str, until: datetime | None) -> int:
        """How many calls come to their end."""
        self.paused[account] = until
        for d in self.all.values():
            if d["account"] == account and d["state"] == "running" and not unanswered(d):
                d |= {"state": "queued", "due": d["place"] or d["born"], "owner": None, "hand": d["hand"] + 1}
        return sum(d["account"] == account and d["state"] == "running" for d in self.all.values())

    def is_paused(self, account: str, now: datetime) -> bool:
        return account in self.paused and (self.paused[account] is None or self.paused[account] > now)

    def resume(self, account: str) -> bool:
        was = self.is_paused(account, self.wall())
        if was:
            del self.paused[account]
        return was

    # Whose it is

    def release(self, worker: str, dead: set[str], in_hand: set[Any]) -> None:
        """What the dead had is due; what this worker was at and dropped waits in the queue, or is looked for."""
        for d in self.all.values():
            if d["state"] == "running" and d["owner"] in dead:
                d["due"] = min(d["due"], self.server())
            elif d["state"] == "running" and d["owner"] == worker and d["key"] not in in_hand:
                state = "unknown" if unanswered(d) else "queued"
                d |= {"state": state, "due": self.server(), "owner": None, "hand": d["hand"] + 1}

    def claimable(self, keeping: set[str]) -> dict[str, list[Row]]:
        """Account → what could be claimed of it, the first to go first. `keeping`: workers that keep what they hold."""
        found: dict[str, list[Row]] = {}
        now = self.server()
        for d in self.all.values():
            account, state = d["account"], d["state"]
            busy = any(one["account"] == account and one["state"] == "running" for one in self.all.values())
            ready = (state in ("queued", "unknown") and not busy) or (state == "running" and d["owner"] not in keeping)
            let = state != "queued" or not self.is_paused(account, now)
            rests = account in self.lanes and self.lanes[account][0] > now
            if ready and let and not rests and d["due"] <= now:
                found.setdefault(account, []).append(d)
        return {account: sorted(rows, key=rank) for account, rows in found.items()}

    def claim(self, d: Row, worker: str) -> Row:
        """Into a worker's hand: what it then knows of the delivery."""
        self._note_late(d, self.server())
        me = {"key": d["key"], "hand": d["hand"] + 1, "due": d["due"], "tries": d["tries"], "finds": d["finds"]}
        me |= {"late": d["late"], "open": unanswered(d), "out": len(out(d))}
        d |= {"state": "running", "owner": worker, "hand": d["hand"] + 1, "due": self.server() + seconds(LEASE_S)}
        return me

    def _note_late(self, d: Row, now: datetime | None = None) -> None:
        if d["kind"] in ("publish", "reply") and d["due"] and (now or self.wall()) - d["due"] > LATE:
            d["late"] = True

    # One delivery in hand

    def carry(self, me: Row) -> Steps:
        d = self.all[me["key"]]
        try:
            try:
                if d["account"] in self.strange:
                    self._settle(
                        d, me, "held", held=("It is gone.", "Correct the configuration, then: socialbot retry ID", False, False)
                    )
                    return
                yield from self._carry(d, me)
            except Stumble:
                why = "socialbot stumbled over RuntimeError; its log has the details."
                if unanswered(d) and d["kind"] in ("publish", "reply"):
                    self._look_again(d, {**me, "finds": d["finds"]}, unanswered(d), why)
                else:
                    self._try_again(d, me, why)
        except Gone:
            pass

    def _carry(self, d: Row, me: Row) -> Steps:
        if d["kind"] in ("edit", "delete"):
            yield from self._change(d, me)
            return
        if me["open"]:
            yield from self._look(d, me, me["open"])
            return
        if not me["out"]:
            if d["account"] in self.outdated:
                self._settle(d, me, "held", held=("The rules have changed.", "Enqueue it.", False, True))
                return
            if not self._passed(d, me) and d["kind"] == "publish" and not d["pinned"] and d["account"] in self.table:
                wait = self.table[d["account"]]
                self._mine(d, me)
                if wait is None:
                    d |= {"state": "missed", "due": None, "owner": None, "error": "no place"}
                else:
                    d |= {"state": "queued", "due": self.wall() + wait, "place": self.wall() + wait, "owner": None}
                self.keep()
                return
        try:
            if me["late"]:
                if not (yield from self._look_first(d, me)):
                    return
                me["out"] = len(out(d))
            if self._passed(d, me):
                self._settle(d, me, "missed", error=f"It was to go by {d['end']:%Y-%m-%d %H:%M:%S} UTC, which has passed.")
            else:
                yield from self._send(d, me)
        except Trouble as trouble:
            self._why_not(d, me, trouble.args)

    def _passed(self, d: Row, me: Row) -> bool:
        return bool(d["end"] and d["end"] < self.wall() and not me["out"])

    def _send(self, d: Row, me: Row) -> Steps:
        warnings: list[str] = []
        send = None
        for part in range(me["out"], len(d["parts"])):
            yield from self._ask("prepare", part)
            send = self._intend(d, me, part)
            try:
                if (yield "check", part)[0] == "late":
                    raise Trouble("passing", "The worker was stopped for longer than its lease; nothing was sent.", None)
                answer = yield from self._ask("publish", part)
            except Trouble as trouble:
                if trouble.args[0] == "unknown":
                    self._doubt(d, me, send, trouble.args[1])
                    return
                self._close(
                    d, send, "refused" if trouble.args[0] in ("refused", "login", "blocked") else "not_sent", "answered"
                )
                raise
            self._close(d, send, "published", "answered", answer)
            if answer[3]:
                if part + 1 < len(d["parts"]):
                    raise Trouble("limited", "That was the last post the network takes for now.", answer[3])
                self._close_lane(d["account"], answer[3], False)
            warnings += answer[2]
        self._publish(d, "; ".join(warnings), send)
        yield from self._read_back(d)

    def _read_back(self, d: Row) -> Steps:
        try:
            missing = []
            for part in range(len(d["parts"])):
                if (yield from self._ask("shown", part))[1] is False:
                    missing.append(part)
            if missing:
                yield from self._ask("sleep", 0)
            for part in list(missing):
                if (yield from self._ask("shown", part))[1] is not False:
                    missing.remove(part)
        except Trouble:
            return
        for part in missing:
            told = "said that it is published and does not show it: it may have taken it for spam."
            d["error"] = f"{which(d, part)} is missing: toy {told}"
            self.keep()

    def _look(self, d: Row, me: Row, send: Row) -> Steps:
        try:
            answer = yield from self._ask("find", send["part"])
        except Trouble as trouble:
            self._look_again(d, me, send, trouble.args[1], self._trouble(d, trouble.args))
            return
        doubt = self.accounts[d["account"]]
        age_s = (self.wall() - send["at"]).total_seconds()
        if answer[0] == "out":
            self._close(d, send, "published", "found", answer)
            if send["part"] + 1 == len(d["parts"]):
                self._publish(d, "; ".join(answer[2]), send)
            else:
                self._settle(d, me, "queued", due=me["due"], error="The next part follows.", tries=0)
        elif answer[0] == "cannot":
            self._settle(d, me, "held", held=in_doubt(d, send["part"], answer[1]))
        elif age_s < doubt["settle_s"]:
            self._look_again(d, me, send, "It is not on the network yet.")
        elif doubt["kind"] == "KEY" and (doubt["lasts_s"] is None or age_s < doubt["lasts_s"]):
            why = "It is not on the network, and showing it again cannot make a second post."
            self._close(d, send, "not_sent", "found")
            self._try_again(d, me, why, good_for_s=None if doubt["lasts_s"] is None else doubt["lasts_s"] - age_s)
        elif me["finds"] < 1:
            due = self.wall() + seconds(max(doubt["settle_s"], 10))
            self._settle(d, me, "unknown", due=due, error="It is not on the network.", finds=1)
        elif doubt["on_doubt"] == "send_again":
            self._close(d, send, "not_sent", "found")
            self._try_again(d, me, "It was looked for twice, is not there, and this account sends again.")
        else:
            why = "It was looked for twice and is not there, which is no proof."
            self._settle(d, me, "held", held=in_doubt(d, send["part"], why))

    def _look_again(self, d: Row, me: Row, send: Row, why: str, rests: datetime | None = None) -> None:
        """At 0 s, 10 s, 1, 5 and 15 minutes, and when it has settled; then for an hour now and then; then a person is asked."""
        age_s, settle_s = (self.wall() - send["at"]).total_seconds(), self.accounts[d["account"]]["settle_s"]
        later = min((look for look in (*LOOKS_S, settle_s, settle_s * 2) if look > age_s + 0.001), default=None)
        if later is None and age_s > LOOKS_S[-1] + LONGEST_S:
            self._settle(d, me, "held", held=in_doubt(d, send["part"], why))
            return
        wait_s = backoff_s(me["tries"]) if later is None else later - age_s
        due = max(filter(None, (self.wall() + seconds(wait_s), rests)))
        self._settle(d, me, "unknown", due=due, error=why, finds=me["finds"])

    def _look_first(self, d: Row, me: Row) -> Steps:
        """Of what comes late, every part up to the first that is not there."""
        self._mine(d, me)
        d["due"] = self.server() + seconds(LEASE_S)
        self.keep()
        for part in range(me["out"], len(d["parts"])):
            yield from self._ask("prepare", part)
            answer = yield from self._ask("find", part)
            if answer[0] == "cannot" and out(d):
                self._intend(d, me, part, says=False, keeps=False)
                self._settle(d, me, "held", held=in_doubt(d, part, answer[1]))
                return False
            if answer[0] != "out":
                break
            send = self._intend(d, me, part, says=False, keeps=False)
            self._close(d, send, "published", "found", answer)
        if not out(d):
            self._mine(d, me)
            d["due"] = self.server() + seconds(LEASE_S)
            self.keep()
        return True

    def _change(self, d: Row, me: Row) -> Steps:
        """An edit or a removal may be made again, so that nothing about it stays in doubt."""
        if send := unanswered(d):
            self._close(d, send, "not_sent", "found")
        original = self.all[d["original"]]
        there = self._changes(original)
        stays = original["state"] not in ("published", "deleted", *ENDED)
        if stays or any(one["state"] not in ENDED for one in there[there.index(d) + 1 :]):
            if (d["state"], d["hand"]) == ("running", me["hand"]):
                self._give_way(d)
            self.keep()
            return
        if d["kind"] == "edit" and d["account"] in self.outdated:
            self._settle(
                d, me, "held", held=("The rules have changed.", "Have it drafted anew: socialbot sync POST.", False, True)
            )
            return
        parts = [part for part in range(len(out(original))) if part not in {send["part"] for send in out(d)}]
        try:
            for part in reversed(parts) if d["kind"] == "delete" else parts:
                send = self._intend(d, me, part)
                try:
                    if (yield "check", part)[0] == "late":
                        raise Trouble("passing", "The worker was stopped for longer than its lease; nothing was sent.", None)
                    yield from self._ask(d["kind"], part)
                except Trouble as trouble:
                    self._close(
                        d, send, "refused" if trouble.args[0] in ("refused", "login", "blocked") else "not_sent", "answered"
                    )
                    raise
                first = out(original)[part]
                self._close(d, send, "published", "answered", ("out", (first["remote"], first["url"])))
        except Trouble as trouble:
            self._why_not(d, me, trouble.args)
        else:
            self._publish(d, "", None, out(original)[0])

    # What is written

    def _ask(self, what: str, part: int) -> Steps:
        answer = yield what, part
        if answer[0] == "stumble":
            raise Stumble
        if answer[0] in (*NOT_SENT, "unknown"):
            raise Trouble(*answer)
        return answer

    def _mine(self, d: Row, me: Row) -> None:
        if (d["state"], d["hand"]) != ("running", me["hand"]):
            raise Gone

    def _intend(self, d: Row, me: Row, part: int, *, says: bool = True, keeps: bool = True) -> Row:
        """On disk before the call."""
        self._mine(d, me)
        if says and self.is_paused(d["account"], self.wall()):
            d |= {"state": "queued", "due": self.wall(), "owner": None}
            self.keep()
            raise Gone
        if any(send["part"] == part and send["outcome"] in LIVE for send in d["sends"]):
            raise Gone
        send = {"part": part, "outcome": "open", "learnt": None, "at": self.wall(), "remote": None, "url": None}
        d["sends"].append(send)
        d |= {"due": self.server() + seconds(LEASE_S), "finds": 0, "late": d["late"] and not says}
        if d["kind"] == "publish":
            d["place"] = self.wall()
        if keeps:
            self.keep()
        return send

    def _close(self, d: Row, send: Row, outcome: str, learnt: str, answer: tuple[Any, ...] | None = None) -> None:
        """Evidence, whoever has it; what is closed stays closed, unless it is out after all and was not sent anew."""
        others = [one for one in d["sends"] if one["part"] == send["part"] and one["outcome"] in LIVE]
        if send["outcome"] == "open" or (outcome == "published" and send["outcome"] == "not_sent" and not others):
            remote, url = answer[1] if answer else (None, None)
            send |= {"outcome": outcome, "learnt": learnt, "remote": remote, "url": url}
            if outcome == "published":
                d["tries"] = 0
        self.keep()

    def _publish(self, d: Row, error: str, last: Row | None, first: Row | None = None) -> None:
        """Evidence, too; unless the last send is not out after all."""
        if last and last["outcome"] != "published":
            raise Gone
        first = first or out(d)[0]
        d |= {"state": "published", "due": None, "owner": None, "held": None, "error": error or None, "hand": d["hand"] + 1}
        d |= {"remote": first["remote"], "url": first["url"], "tries": 0}
        self._end_troubles(d["account"])
        if d["kind"] == "delete" and self.all[d["original"]]["state"] in ("published", *ENDED):
            self.all[d["original"]] |= {"state": "deleted"}
        self.keep()

    def _settle(self, d: Row, me: Row, state: str, **values: Any) -> None:
        self._mine(d, me)
        d |= {"due": None, "held": None, "owner": None, "state": state, **values}
        if state == "held":
            d["error"] = d["held"][0]
        if state == "failed":
            self._end_troubles(d["account"])
        self.keep()

    def _why_not(self, d: Row, me: Row, answer: tuple[Any, ...]) -> None:
        """Nothing was sent."""
        rests = self._trouble(d, answer)
        kind, why = answer[:2]
        if kind == "limited":
            self._settle(d, me, "queued", due=answer[2], error=why)
        elif kind in ("login", "blocked"):
            self._settle(d, me, "held", held=(why, f"{answer[2]} Then: socialbot retry ID", False, False))
        elif kind == "refused":
            self._settle(d, me, "failed", error=f"{why} {answer[2]}")
        else:
            self._try_again(d, me, why, answer[2] if kind == "passing" else None, rests)

    def _try_again(self, d: Row, me: Row, why: str, *not_before: datetime | None, good_for_s: float | None = None) -> None:
        if d["tries"] + 1 >= MAX_TRIES:
            held = (f"{why} It was tried {d['tries'] + 1} times.", "socialbot retry ID", False, False)
            self._settle(d, me, "held", held=held)
        else:
            wait_s = backoff_s(d["tries"]) if good_for_s is None else min(backoff_s(d["tries"]), good_for_s / 2)
            due = max(filter(None, (self.wall() + seconds(wait_s), *not_before)))
            self._settle(d, me, "queued", due=due, error=why, tries=d["tries"] + 1)

    def _doubt(self, d: Row, me: Row, send: Row, why: str) -> None:
        rests = self._trouble(d, ("unknown", why))
        if self.accounts[d["account"]]["kind"] == "NONE":
            self._settle(d, me, "held", held=in_doubt(d, send["part"], why))
        else:
            self._settle(d, me, "unknown", due=rests or send["at"], error=why, finds=0)

    def _trouble(self, d: Row, answer: tuple[Any, ...]) -> datetime | None:
        """A failure of the account's network; until when it is left alone."""
        kind, account = answer[0], d["account"]
        until = None
        if kind == "limited":
            until = answer[2]
            self._close_lane(account, until, False)
        elif kind not in ("refused", "login", "blocked"):
            self.troubles[account] = self.troubles.get(account, 0) + 1
            over = self.troubles[account] - REST_AFTER
            if over >= 0:
                until = self.wall() + seconds(min(BACKOFF_S * 2**over, 900))
                self._close_lane(account, until, True)
            self.keep()
        return until

    def _close_lane(self, account: str, until: datetime, ours: bool) -> None:
        if account not in self.lanes or self.lanes[account][0] < until:
            self.lanes[account] = (until, ours)
        self.keep()

    def _end_troubles(self, account: str) -> None:
        if self.troubles.pop(account, 0) and self.lanes.get(account, (None, False))[1]:
            del self.lanes[account]


def rank(d: Row) -> tuple[bool, datetime]:
    return not d["urgent"], d["due"]


def out(d: Row) -> list[Row]:
    return sorted((send for send in d["sends"] if send["outcome"] == "published"), key=lambda send: send["part"])


def unanswered(d: Row) -> Row | None:
    return next((send for send in d["sends"] if send["outcome"] == "open"), None)


def backoff_s(tries: int) -> float:
    return min(BACKOFF_S * 2.0**tries, LONGEST_S)


def which(d: Row, part: int) -> str:
    parts = d["parts"]
    return "It" if len(parts) == 1 else f"Post {part + 1} of {len(parts)}, which begins “{parts[part]}”,"


def in_doubt(d: Row, part: int, why: str) -> tuple[str, str, bool, bool]:
    """What a person is told, and can do."""
    fix = "Look at the account, then: socialbot resolve ID --posted URL, or --not-posted to send it again."
    return f"{which(d, part)} may be out on {d['account']} or not: {why}", fix, False, False


def write_over(row: Row, other: Row) -> None:
    """Make a row, and its sends, what another is: whoever has it in hand goes on with the same."""
    sends = row.get("sends", [])
    fresh = [{**send} for send in other.get("sends", [])]
    for old, new in zip(sends, fresh, strict=False):
        old.clear()
        old.update(new)
    row.clear()
    row.update({**other, "sends": sends[: len(fresh)] + fresh[len(sends) :]})
