"""Our counters against `docs/caption-vectors.json`, whose numbers were not made by them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from socialbot.captions.counting import fits, measure, of_title
from socialbot.networks import counted, limits_of
from socialbot.nouns import Limits

PAGE = json.loads((Path(__file__).parents[2] / "docs" / "caption-vectors.json").read_text(encoding="utf-8"))
FIELDS = ("text", "title", "with pictures")


def spelled_out(text: Any) -> str:
    match text:
        case {"repeat": [piece, times]}:
            return str(piece * times)
        case [*pieces]:
            return "".join(map(spelled_out, pieces))
    return str(text)


def limits_for(network: str, field: str) -> Limits:
    limits = limits_of(network)
    if field == "with pictures":
        return replace(limits, max_text=limits.max_text_with_pictures)
    chosen = of_title(limits) if field == "title" else limits
    assert chosen, f"{network} has no {field}"
    return chosen


def test_every_counted_network_has_its_vectors_and_every_unit_its_words() -> None:
    assert sorted(PAGE["networks"]) == counted()
    for name, network in PAGE["networks"].items():
        assert len(network["vectors"]) >= 8, name
        assert network["source"] and network["unit"] in PAGE["units"], name


@pytest.mark.parametrize("name", sorted(PAGE["networks"]))
def test_the_limits_are_the_ones_we_publish(name: str) -> None:
    network, limits = PAGE["networks"][name], limits_of(name)
    assert (network["limit"], network["unit"], network.get("max_bytes")) == (
        limits.max_text,
        limits.unit,
        limits.max_text_bytes,
    )
    for field in FIELDS[1:]:
        assert (field in network) == bool(limits.max_title if field == "title" else limits.max_text_with_pictures)
        if field in network:
            ours = limits_for(name, field)
            assert network[field] == {"limit": ours.max_text, "unit": ours.unit}


@pytest.mark.parametrize("name", sorted(PAGE["networks"]))
def test_every_vector_is_counted_right(name: str) -> None:
    for vector in PAGE["networks"][name]["vectors"]:
        text, limits = spelled_out(vector["text"]), limits_for(name, vector.get("field", "text"))
        assert (measure(text, limits), fits(text, limits)) == (vector["used"], vector["fits"]), vector


@pytest.mark.parametrize("name", sorted(PAGE["networks"]))
def test_every_limit_has_a_vector_at_it_and_one_past_it(name: str) -> None:
    network = PAGE["networks"][name]
    for field in FIELDS:
        limit = network["limit"] if field == "text" else network.get(field, {}).get("limit")
        used = [vector["used"] for vector in network["vectors"] if vector.get("field", "text") == field]
        assert limit is None or {limit, limit + 1} <= set(used), field
