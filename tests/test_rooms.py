"""How much more networks take: read from any answer, written down with the post, seen by every worker, kept to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import event

from socialbot.ledger import Claims, Ledger
from socialbot.media import Media
from socialbot.networks.calling import Line
from socialbot.networks.protocol import CannotTell, Doubt, Identity, Network, Prepared, Published, Remember
from socialbot.networks.rooms import Rooms, told_by
from socialbot.nouns import Draft, Room, freeze, thaw
from socialbot.settings import AccountSettings
from socialbot.testing.fakes import InstagramFake, ThreadsFake
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.networks.containers import standing
from tests.test_delivery import Desk

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
EPOCH = str(int(SOON.timestamp()))

# What networks tell


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        pytest.param(
            {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "299", "X-RateLimit-Reset": "2026-11-21T12:05:00.000000Z"},
            {"calls": (299, 300, SOON)},
            id="mastodon",
        ),
        pytest.param(
            {
                "RateLimit-Limit": "3000",
                "RateLimit-Remaining": "2999",
                "RateLimit-Reset": EPOCH,
                "RateLimit-Policy": "3000;w=300",
            },
            {"calls": (2999, 3000, SOON)},
            id="bluesky",
        ),
        pytest.param(
            {
                "X-RateLimit-Limit": "5",
                "X-RateLimit-Remaining": "1",
                "X-RateLimit-Reset": "1470173023.123",
                "X-RateLimit-Reset-After": "300.0",
            },
            {"calls": (1, 5, SOON)},
            id="discord",
        ),
        pytest.param(
            {
                "x-rate-limit-limit": "100",
                "x-rate-limit-remaining": "99",
                "x-rate-limit-reset": EPOCH,
                "x-user-limit-24hour-limit": "17",
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": EPOCH,
                "x-app-limit-24hour-limit": "1000",
                "x-app-limit-24hour-remaining": "7",
                "x-app-limit-24hour-reset": EPOCH,
            },
            {"calls": (99, 100, SOON), "user_day": (0, 17, SOON), "app_day": (7, 1000, SOON)},
            id="x",
        ),
        pytest.param(
            {
                "X-App-Usage": '{"call_count":28,"total_time":25,"total_cputime":25}',
                "X-Business-Use-Case-Usage": '{"17":[{"type":"pages","call_count":91,"estimated_time_to_regain_access":5}]}',
            },
            {"usage_percent": (9, 100, SOON)},
            id="meta",
        ),
        pytest.param(
            {"X-App-Usage": '{"call_count":120,"total_time":25}'}, {"usage_percent": (0, 100, None)}, id="meta-over-its-limit"
        ),
        pytest.param(
            {"RateLimit": '"default";r=50;t=300', "RateLimit-Policy": '"default";q=100;w=600'},
            {"calls": (50, 100, SOON)},
            id="the-draft-standard",
        ),
        pytest.param({"X-RateLimit-Remaining": "7"}, {"calls": (7, None, None)}, id="what-is-left-alone"),
        pytest.param({"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "soon"}, {"calls": (7, None, None)}, id="no-moment"),
        pytest.param({"X-RateLimit-Remaining": "many", "X-RateLimit-Limit": "300"}, {}, id="no-number"),
        pytest.param({"Content-Type": "application/json"}, {}, id="linkedin"),
    ],
)
def test_the_headers_of_every_network_tell_the_room(
    headers: dict[str, str], told: dict[str, tuple[int, int | None, datetime | None]]
) -> None:
    assert told_by(httpx.Headers(headers), NOW) == {kind: Room(*room, NOW) for kind, room in told.items()}


NAMES = ("RateLimit", "RateLimit-Policy", "X-App-Usage", "X-Business-Use-Case-Usage")
PARTS = tuple(
    f"{name}-{part}"
    for name in ("RateLimit", "X-RateLimit", "X-Rate-Limit", "X-User-Limit-24hour")
    for part in ("Limit", "Remaining", "Reset", "Reset-After")
)
WORDS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")),
    st.from_regex(r"-?\d{1,400}(\.\d*)?(e\d{1,3})?", fullmatch=True),
    st.from_regex(r'"a";\s*r=\d{1,30};t=\d{1,30}', fullmatch=True),
    st.from_regex(r'\{"call_count": ?\d{1,30},"estimated_time_to_regain_access":\d{1,30}\}', fullmatch=True),
    st.sampled_from(["nan", "inf", "-inf", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "Sat, 99 Nov 9999"]),
)


@given(st.dictionaries(st.sampled_from([*NAMES, *PARTS]), WORDS))
@example({"X-RateLimit-Remaining": "1e400", "X-RateLimit-Reset": "0001-01-01T00:00:00+14:00"})
def test_no_header_can_make_an_answer_fail(headers: dict[str, str]) -> None:
    """It may be the answer to a post, which must not be lost."""
    told = told_by(httpx.Headers([(name.encode(), value.encode()) for name, value in headers.items()]), NOW)
    for room in told.values():
        assert room.left >= 0
        assert room.is_known(NOW) in (True, False)
    assert thaw(dict[str, Room], freeze(told)) == told


@pytest.mark.parametrize(
    ("kind", "told"), [(InstagramFake, {"posts": (100, 100)}), (ThreadsFake, {"posts": (250, 250), "replies": (1000, 1000)})]
)
def test_what_meta_takes_in_a_day_is_told_before_a_post_and_what_it_counts_of_calls_with_it(
    kind: type[InstagramFake | ThreadsFake],
    told: dict[str, tuple[int, int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with standing(kind, tmp_path, monkeypatch) as (stand, fake):
        fake.usage_percent = 28
        draft = stand.made("Fog")

        async def rooms(network: Network) -> dict[str, Room]:
            await network.publish(await network.prepare(draft, 0, stand.uploads(draft)))
            return network.rooms.told

        heard = stand.act(rooms)
    assert {name: (room.left, room.most) for name, room in heard.items()} == told | {"usage_percent": (72, 100)}
    assert {room.resets_at for room in heard.values()} == {None}, "each post counts for a day of its own"


# When it is worth writing down


def test_only_what_changed_much_or_long_ago_is_news() -> None:
    rooms = Rooms()

    def news(left: int, after_s: float) -> bool:
        rooms.hear({"calls": Room(left, 300, None, NOW)})
        return bool(rooms.news(NOW + timedelta(seconds=after_s)))

    assert rooms.news(NOW) == {}, "a network that tells nothing"
    assert news(299, 0)
    assert not news(299, 59), "within a minute nothing is"
    assert not news(200, 59)
    assert news(200, 60), "a third of it was used"
    assert not news(190, 130), "a thirtieth was"
    assert news(190, 960), "but a quarter of an hour ago"
    assert not news(190, 10_000), "the same is never"
    assert news(0, 10_001), "that nothing is left is news at once"
    assert not news(0, 10_002)


def test_a_quota_that_began_anew_is_news_though_as_much_of_it_is_left() -> None:
    rooms = Rooms()
    rooms.hear({"calls": Room(299, 300, NOW + timedelta(minutes=5), NOW)})
    assert rooms.news(NOW)
    for seconds, news in ((290, False), (310, True), (330, False)):
        now = NOW + timedelta(seconds=seconds)
        rooms.hear({"calls": Room(299, 300, now + timedelta(minutes=5), now)})
        assert bool(rooms.news(now)) == news


# From the answer to the ledger


class Wire(Network):
    """Posts by HTTP to whatever answers with these headers."""

    name, options, doubt = "toy", AccountSettings, Doubt("KEY", settle_s=0)

    def __init__(self, folder: Path, clock: TurnedClock, *headers: Mapping[str, str], status: int = 200) -> None:
        answers = [httpx.Response(status, headers=dict(one), json={}) for one in headers]
        client = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: answers.pop(0)))
        account = AccountSettings(network="toy")
        super().__init__(account, client, Media(folder), None, clock)  # type: ignore[arg-type]
        self.line = Line("Toy", client, account.timeout_s, clock, list, self.spent)

    async def check(self) -> Identity:
        return Identity("toy")

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        return Prepared(draft, part)

    async def publish(self, prepared: Prepared) -> Published:
        answer = await self.line.send("POST", "https://toy.test/posts")
        if answer.status != 200:
            raise self.line.trouble(answer, "")
        return Published("1")

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        return None


def headers(left: int, clock: TurnedClock, minutes: float = 5) -> dict[str, str]:
    reset = clock() + timedelta(minutes=minutes)
    return {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": reset.isoformat()}


def commits_of(ledger: Ledger, desk: Desk, network: Network) -> int:
    """The transactions that carrying what is due takes."""
    commits: list[object] = []
    note = commits.append
    for engine in (ledger.shared, ledger.engine):
        event.listen(engine, "commit", note)
    desk.work(network)
    for engine in (ledger.shared, ledger.engine):
        event.remove(engine, "commit", note)
    return len(commits)


def test_the_room_is_written_with_the_post_and_costs_no_transaction(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    desk = Desk(ledger, clock)
    accept(ledger, make_post("silent"))
    silent = commits_of(ledger, desk, Wire(tmp_path, clock, {}))
    assert silent > 1 and ledger.rooms() == {}
    accept(ledger, make_post("telling"))
    assert commits_of(ledger, desk, Wire(tmp_path, clock, headers(299, clock))) == silent
    room = Room(299, 300, clock() + timedelta(minutes=5), clock())
    assert ledger.rooms() == {("blue", "calls"): room}
    clock.turn(299)
    assert ledger.rooms() == {("blue", "calls"): room}
    clock.turn(1)
    assert ledger.rooms() == {}, "all of it is there again"


def test_a_thread_and_a_refused_post_tell_the_room_too(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    desk = Desk(ledger, clock)
    accept(ledger, make_post("refused"))
    desk.work(Wire(tmp_path, clock, headers(17, clock), status=422))
    assert [room.left for room in ledger.rooms().values()] == [17]


def test_after_the_last_post_no_worker_sends_before_the_reset(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    for name in ("fog", "mist"):
        accept(ledger, make_post(name))
    one, other = Desk(ledger, clock, "one"), Desk(ledger, clock, "other")
    one.work(Wire(tmp_path, clock, headers(0, clock)))
    reset = clock() + timedelta(minutes=5)
    assert ledger.rooms() == {("blue", "calls"): Room(0, 300, reset, clock())}
    assert ledger.next_due() == reset
    for desk in (one, other):
        assert desk.claims.claim(8, {"one", "other"}) == []
    clock.turn(299.9)
    assert other.claims.claim(8, {"one", "other"}) == []
    clock.turn(0.1)
    assert other.work(Wire(tmp_path, clock, headers(299, clock))).state == "published"


def test_a_last_post_told_in_the_one_header_of_the_draft_standard_closes_the_lane(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    accept(ledger, make_post())
    Desk(ledger, clock).work(Wire(tmp_path, clock, {"RateLimit": '"day";r=0;t=300', "RateLimit-Policy": '"day";q=30;w=900'}))
    assert [(one.account, one.until) for one in ledger.limited()] == [("blue", clock() + timedelta(minutes=5))]


def test_a_thread_waits_for_the_reset_where_a_post_of_it_was_the_last(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    post = make_post()
    accept(ledger, post, make_draft(post, parts=3))
    desk = Desk(ledger, clock)
    wire = Wire(tmp_path, clock, headers(1, clock), headers(0, clock), headers(299, clock, 10))
    waiting = desk.work(wire)
    reset = clock() + timedelta(minutes=5)
    assert (waiting.state, waiting.due_at, waiting.tries) == ("queued", reset, 0)
    assert [send.outcome for send in ledger.sends(waiting.id)] == ["published"] * 2
    assert Claims(ledger, "other", 60).claim(8, {"other"}) == []
    clock.turn(300)
    assert desk.work(wire).state == "published"
    assert [send.outcome for send in ledger.sends(waiting.id)] == ["published"] * 3


def test_what_a_hook_hears_is_only_its_own_client(tmp_path: Path, clock: TurnedClock) -> None:
    """Accounts of one network in one process do not take each other's quota for theirs."""
    one, other = (Wire(tmp_path, clock, headers(left, clock)) for left in (1, 2))

    async def both() -> None:
        for each in (one, other):
            await each.line.ask("GET", "https://toy.test/")

    asyncio.run(both())
    assert [each.rooms.told["calls"].left for each in (one, other)] == [1, 2]
