"""A version that ends is told before it does, in what `check` says and in a notice, and after it did."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from socialbot.ledger import Ledger
from socialbot.networks.versions import AHEAD, FAMILIES, GraphVersion, LinkedInVersion, sunset, sunsets
from socialbot.notices import Notifier
from socialbot.redaction import Redaction
from socialbot.settings import AccountSettings, Settings
from tests.conftest import TurnedClock


class Both(AccountSettings):
    """An account that asks for two versions."""

    version: LinkedInVersion = Field("202607", description="of LinkedIn")
    graph: GraphVersion = Field("v26.0", description="of Meta")


@pytest.mark.parametrize(("family", "version"), [(name, version) for name in FAMILIES for version in FAMILIES[name].ends])
def test_a_known_end_is_told_from_sixty_days_before_it_for_ever(family: str, version: str) -> None:
    end = FAMILIES[family].ends[version]
    assert sunset(family, version, end - AHEAD - timedelta(days=1)) is None
    soon, over = sunset(family, version, end - AHEAD), sunset(family, version, end)
    assert soon and soon.known and not soon.ended and f"version {version} of its interface ends on" in soon.sentence
    assert over and over.ended and f"ended on {end.day} {end:%B %Y}" in over.sentence
    assert sunset(family, version, end + timedelta(days=1000)) == over
    assert FAMILIES[family].current in over.sentence and FAMILIES[family].source in over.sentence


def test_the_page_names_these_days() -> None:
    # learn.microsoft.com/linkedin/marketing/versioning, 2026-11
    told = sunset("linkedin", "202601", date(2026, 11, 21))
    assert told and told.sentence == (
        "LinkedIn: version 202601 of its interface ends on 15 January 2027: set version to 202607 or later, "
        "by learn.microsoft.com/linkedin/marketing/versioning, 2026-11."
    )


@pytest.mark.parametrize(
    ("family", "version", "end", "why"),
    [
        ("linkedin", "202607", date(2027, 7, 1), "each lives twelve months at least"),
        ("linkedin", "202612", date(2027, 12, 1), "each lives twelve months at least"),
        ("graph", "v25.0", date(2028, 2, 18), "two years after its first day, unconfirmed"),
    ],
)
def test_an_end_that_nobody_named_is_told_as_a_reckoning(family: str, version: str, end: date, why: str) -> None:
    assert sunset(family, version, end - AHEAD - timedelta(days=1)) is None
    told = sunset(family, version, end - AHEAD)
    assert told and not told.known and f"may end on {end.day} {end:%B %Y} ({why})" in told.sentence
    over = sunset(family, version, end)
    assert over and "may have ended on" in over.sentence


def test_of_what_nothing_is_known_nothing_is_said() -> None:
    assert sunset("graph", "v31.0", date(2040, 1, 1)) is None


def test_what_is_current_is_not_about_to_end() -> None:
    read = date(2026, 11, 20)
    assert [sunset(name, family.current, read) for name, family in FAMILIES.items()] == [None] * len(FAMILIES)


@pytest.mark.parametrize("wrong", [{"version": "2026-07"}, {"version": "202613"}, {"graph": "25"}, {"graph": "v25"}])
def test_what_is_no_version_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Both(network="both", **wrong)


def test_an_accounts_options_are_looked_through() -> None:
    assert sunsets(Both(network="both"), date(2026, 11, 20)) == ()
    old = Both(network="both", version="202511")
    assert [one.version for one in sunsets(old, date(2026, 11, 20))] == ["202511"]
    assert sunsets(AccountSettings(network="toy"), date(2040, 1, 1)) == ()


def test_one_notice_goes_out_before_the_end_and_one_after_it(ledger: Ledger, tmp_path: Path, clock: TurnedClock) -> None:
    accounts = {name: Both(network="both", version="202601") for name in ("page", "member")}
    settings = Settings(home=tmp_path, notices={"urls": ["one://"], "digest": ""}, accounts=accounts)
    told: list[str] = []

    def send(url: str, title: str, body: str) -> None:
        told.append(body)

    for day in ("2026-11-15", "2026-11-16", "2027-01-14", "2027-01-15", "2027-03-01"):
        clock.at = datetime.fromisoformat(day).replace(tzinfo=UTC)
        Notifier(settings, ledger, Redaction(()), send).look()
    assert [" ".join(body.split()[6:9]) for body in told] == ["ends on 15", "ended on 15"]
    assert all(body.endswith("Accounts: member, page") for body in told)
