"""What each network offers is said once: by its code, or with the reason why not."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest

from socialbot import networks
from socialbot.networks.bluesky import Bluesky
from socialbot.networks.capabilities import CAPABILITIES, Yes, capabilities_of, defects
from socialbot.networks.protocol import No
from tests.cli.test_commands import socialbot


@pytest.mark.parametrize("name", networks.names())
def test_every_capability_is_offered_or_refused_with_a_reason_and_a_source(name: str) -> None:
    assert defects(networks.load(name)) == ()
    answers = capabilities_of(networks.load(name))
    assert list(answers) == list(CAPABILITIES)
    assert all(isinstance(one, Yes) or (one.why and one.source) for one in answers.values())


def test_the_code_decides_what_is_offered() -> None:
    offered = {name for name, one in capabilities_of(Bluesky).items() if isinstance(one, Yes)}
    assert offered == set(CAPABILITIES) - {"story", "ai_flag", "edit"}


def test_a_condition_is_told() -> None:
    class Paid(Bluesky):
        conditions = MappingProxyType({"metrics": "with a plan that is paid for"})

    assert capabilities_of(Paid)["metrics"] == Yes("with a plan that is paid for") and defects(Paid) == ()


def test_a_network_that_says_nothing_of_what_it_lacks_is_found_out() -> None:
    class Silent(Bluesky):
        cannot = MappingProxyType({})
        deletes = False

    assert [one.split(": ")[1] for one in defects(Silent)] == ["story", "ai_flag", "edit", "delete"]
    assert capabilities_of(Silent)["delete"] == No("The adapter does not say why.", "")


def test_a_network_that_contradicts_itself_is_found_out() -> None:
    class Torn(Bluesky):
        cannot = MappingProxyType({**Bluesky.cannot, "delete": No("no", "a page"), "fly": No("no wings", "a page")})
        conditions = MappingProxyType({"edit": "on Sundays"})

    assert defects(Torn) == (
        "bluesky: cannot names fly, which is no capability",
        "bluesky: a condition is told for edit, which it does not offer",
        "bluesky: delete: the adapter offers it and says that it cannot",
    )


def test_a_reason_needs_its_source() -> None:
    class Vague(Bluesky):
        cannot = MappingProxyType({**Bluesky.cannot, "story": No("there are none", "")})

    assert defects(Vague) == ("bluesky: story: no source",)


def test_the_command_prints_what_the_adapters_say() -> None:
    told = json.loads(socialbot("networks", "--json").stdout)
    assert list(told) == networks.names()
    assert told["bluesky"]["text"] == {"offered": True, "on_condition": None}
    no = Bluesky.cannot["edit"]
    assert told["bluesky"]["edit"] == {"offered": False, "why": no.why, "source": no.source}
    lines = socialbot("networks").stdout.splitlines()
    assert lines[0].split() == ["network", *CAPABILITIES] and len(lines) == 1 + len(networks.names())
