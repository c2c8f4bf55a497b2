"""`socialbot networks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from socialbot.cli.instance import Json
from socialbot.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from socialbot.networks.capabilities import Yes
    from socialbot.networks.protocol import No


def networks(json: Json = False) -> None:
    """What each network offers here.

    Where it offers something not, --json tells why and who says so. No instance needed.
    """
    from socialbot import networks as installed
    from socialbot.networks.capabilities import CAPABILITIES, Yes, capabilities_of

    known = {name: capabilities_of(installed.load(name)) for name in installed.names()}
    if json:
        print_json(
            {
                name: {
                    capability: {"offered": True, "on_condition": told.on_condition or None}
                    if isinstance(told, Yes)
                    else {"offered": False, "why": told.why, "source": told.source}
                    for capability, told in answers.items()
                }
                for name, answers in known.items()
            }
        )
        return
    print_table(("network", *CAPABILITIES), [(name, *map(_cell, answers.values())) for name, answers in known.items()])


def _cell(told: Yes | No) -> str:
    from socialbot.networks.protocol import No

    if isinstance(told, No):
        return "–"
    return "on condition" if told.on_condition else "yes"
