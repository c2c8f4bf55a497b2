"""The packs of rules: dated, sourced, and the strictest wins."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot import networks
from socialbot.disclosure.facets import IMAGE, PERSON, TEXT
from socialbot.disclosure.labels import labels
from socialbot.disclosure.ruling import (
    Condition,
    Pack,
    Required,
    Rule,
    Strength,
    all_packs,
    checked,
    chosen,
    read,
    required,
    says,
)
from socialbot.nouns import Commercial, Disclosure, Surface, WrongConfiguration, WrongUse

PACKS = all_packs()
RULES = [rule for pack in PACKS.values() for rule in pack.rules]
TODAY = date(2026, 11, 21)
NOTHING = Required()

disclosures = st.builds(
    Disclosure,
    text=st.sampled_from(TEXT),
    images=st.lists(st.sampled_from(IMAGE), max_size=4).map(tuple),
    person=st.sampled_from(PERSON),
    commercial=st.sampled_from([None, *get_args(Commercial)]),
    realistic=st.lists(st.sampled_from([None, True, False]), max_size=4).map(tuple),
    reviewed=st.booleans(),
)
days = st.dates(date(2022, 1, 1), date(2028, 1, 1))
some_networks = st.sampled_from(networks.counted())


def any_rule(chance: random.Random) -> Rule:
    """Any rule that could be written of pictures or persons."""

    def some(values: Sequence[Any], least: int = 0) -> Any:
        return tuple(chance.sample(values, chance.randint(least, min(3, len(values)))))

    pictured = Condition(
        images=some(["edited", "composite", "generated"], 1),
        commercial=some(get_args(Commercial)),
        realistic=chance.random() < 0.5,
    )
    persons = Condition(person=some(["invented", "digital_twin"], 1), commercial=some(get_args(Commercial)))
    return Rule(
        id=chance.choice("abc"),
        says="It is said.",
        when=some([pictured, persons], 1),
        asks=("badge", *some([surface for surface in get_args(Surface) if surface != "badge"])),
        starts=date(2022, 1, 1) + timedelta(days=chance.randrange(2000)),
        source="A law",
        checked=TODAY,
        strength=chance.choice(get_args(Strength)),
        networks=some(networks.counted()) if chance.random() < 0.5 else (),
        badge_share=chance.choice([None, 0.03, 0.05, 0.1]),
        words=some([("AI", "KI"), ("made",), ("by",)]),
    )


ANY = [Pack("any", "Any", TODAY, tuple(any_rule(random.Random(f"{seed} {one}")) for one in range(3))) for seed in range(200)]
packs_of_any_kind = st.lists(st.sampled_from([*PACKS.values(), *ANY]), max_size=5)


def asked(disclosure: Disclosure, *names: str, network: str = "mastodon", on: date = TODAY) -> Required:
    return required(disclosure, network, chosen(names, PACKS), on)


def ids(answer: Required) -> dict[str, list[str]]:
    return {surface: [rule.id for rule in rules] for surface, rules in answer.surfaces.items()}


# What every pack promises


@settings(max_examples=500)
@given(disclosures, some_networks, packs_of_any_kind, packs_of_any_kind, days)
def test_another_pack_never_takes_back_what_is_asked(
    disclosure: Disclosure, network: str, packs: list[Pack], more: list[Pack], on: date
) -> None:
    few = required(disclosure, network, packs, on)
    many = required(disclosure, network, [*packs, *more], on)
    for surface, rules in few.surfaces.items():
        assert set(rules) <= set(many.surfaces[surface])
        assert set(few.pictures.get(surface, ())) <= set(many.pictures.get(surface, ()))
        assert set(few.words.get(surface, ())) <= set(many.words.get(surface, ()))
    assert few.badge_share <= many.badge_share


@settings(max_examples=500)
@given(disclosures, some_networks, packs_of_any_kind, days, st.randoms())
def test_the_order_of_packs_does_not_matter_nor_does_naming_one_twice(
    disclosure: Disclosure, network: str, packs: list[Pack], on: date, chance: random.Random
) -> None:
    turned = [*packs, *packs[:1]]
    chance.shuffle(turned)
    assert required(disclosure, network, turned, on) == required(disclosure, network, packs, on)


@settings(max_examples=500)
@given(disclosures, some_networks, packs_of_any_kind, days)
def test_only_rules_whose_day_has_come_ask_and_only_on_their_networks(
    disclosure: Disclosure, network: str, packs: list[Pack], on: date
) -> None:
    answer = required(disclosure, network, packs, on)
    for surface, rules in answer.surfaces.items():
        for rule in rules:
            assert rule.starts <= on and network in (rule.networks or [network]) and surface in rule.asks


@settings(max_examples=500)
@given(disclosures, some_networks, packs_of_any_kind, days)
def test_a_rule_never_stops_binding(disclosure: Disclosure, network: str, packs: list[Pack], on: date) -> None:
    today, later = (required(disclosure, network, packs, day) for day in (on, on + timedelta(days=400)))
    assert all(set(rules) <= set(later.surfaces[surface]) for surface, rules in today.surfaces.items())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_day_before_a_rule_asks_for_nothing_and_on_its_day_it_asks(rule: Rule) -> None:
    network = rule.networks[0] if rule.networks else "mastodon"
    alone = [Pack("alone", "Alone", TODAY, (rule,))]
    for condition in rule.when:
        met = Disclosure(
            text=condition.text[0] if condition.text else "unknown",
            images=(condition.images[0] if condition.images else "unknown",),
            person=condition.person[0] if condition.person else "unknown",
            commercial=condition.commercial[0] if condition.commercial else None,
        )
        assert required(met, network, alone, rule.starts - timedelta(days=1)) == NOTHING
        assert set(required(met, network, alone, rule.starts).surfaces) == set(rule.asks)


@settings(max_examples=500)
@given(
    st.sampled_from(["unknown", "none"]),
    st.lists(st.sampled_from(["unknown", "none", "possible"]), max_size=4),
    st.sampled_from(["unknown", "none"]),
    some_networks,
    packs_of_any_kind,
)
def test_nothing_is_asked_where_ai_is_not_known_to_have_taken_part(
    text: str, images: list[str], person: str, network: str, packs: list[Pack]
) -> None:
    disclosure = Disclosure(text=text, images=tuple(images), person=person)  # type: ignore[arg-type]
    assert required(disclosure, network, packs, TODAY) == NOTHING


@settings(max_examples=500)
@given(st.sampled_from(TEXT), st.lists(st.sampled_from(["unknown", "none"]), max_size=3), some_networks)
def test_ai_in_the_text_alone_is_told_by_the_caption_alone(text: str, images: list[str], network: str) -> None:
    disclosure = Disclosure(text=text, images=tuple(images))  # type: ignore[arg-type]
    answer = required(disclosure, network, PACKS.values(), TODAY)
    assert set(answer.surfaces) <= {"caption"} and answer.pictures == {}


@settings(max_examples=500)
@given(disclosures, some_networks, packs_of_any_kind)
def test_every_surface_but_the_caption_is_asked_for_pictures_and_none_known_to_be_free_of_ai(
    disclosure: Disclosure, network: str, packs: list[Pack]
) -> None:
    answer = required(disclosure, network, packs, TODAY)
    assert set(answer.pictures) == set(answer.surfaces) - {"caption"}
    for indices in answer.pictures.values():
        assert indices and all(disclosure.images[index] != "none" for index in indices)


@settings(max_examples=500)
@given(disclosures, some_networks, st.data())
def test_more_ai_in_a_picture_never_asks_for_less(disclosure: Disclosure, network: str, data: st.DataObject) -> None:
    """Only France tells the retouched from the virtual: there one wording takes the other's place."""
    packs = [pack for name, pack in PACKS.items() if name != "fr_influencer"]
    raised = replace(
        disclosure,
        images=tuple(data.draw(st.sampled_from([image, *IMAGE[max(2, IMAGE.index(image)) :]])) for image in disclosure.images),
    )
    few, many = (required(one, network, packs, TODAY) for one in (disclosure, raised))
    assert all(set(rules) <= set(many.surfaces[surface]) for surface, rules in few.surfaces.items())


# What the packs hold


def test_the_packs_that_were_promised_are_there() -> None:
    assert set(PACKS) == {"platforms", "eu", "us_ny_ads", "cn", "in", "kr_ads", "fr_influencer"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_says_who_says_so_since_when_and_when_that_was_read(rule: Rule) -> None:
    assert rule.source and rule.says.endswith(".") and rule.strength in get_args(Strength)
    assert date(2023, 1, 1) < rule.starts <= rule.checked <= TODAY
    assert set(rule.networks) <= set(networks.counted())


def test_no_two_rules_have_one_id_and_each_tells_its_pack() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.id.startswith(name.split("_")[0].removesuffix("s")) for name, pack in PACKS.items() for rule in pack.rules)


def test_a_network_with_a_flag_of_its_own_is_asked_for_it_and_one_without_for_the_caption() -> None:
    picture = Disclosure(images=("generated",))
    for rule in PACKS["platforms"].rules:
        for network in rule.networks:
            surfaces = asked(picture, "platforms", network=network).surfaces
            limits = networks.limits_of(network)
            if not limits.ai_flag_disputed:  # a disputed one may be asked for beside the caption
                assert ("flag" in surfaces) == (limits.ai_flag is not None)
            assert limits.ai_flag or "flag" not in surfaces
            assert {"flag", "caption"} & set(surfaces)


def test_of_a_generators_text_with_photographs_europe_asks_for_a_caption_and_no_network_for_anything() -> None:
    post = Disclosure(text="generated", images=("none", "unknown"))
    assert ids(asked(post, "eu")) == {"caption": ["eu-text"]}
    for network in networks.counted():
        assert asked(post, "platforms", network=network) == NOTHING


def test_a_review_on_record_lifts_the_european_duty_for_text_and_not_the_chinese() -> None:
    post = Disclosure(text="generated", reviewed=True)
    assert asked(post, "eu") == NOTHING
    assert ids(asked(post, "eu", "cn")) == {"caption": ["cn-text"]}


def test_a_picture_nobody_takes_for_real_is_no_deep_fake_and_is_labelled_in_china_all_the_same() -> None:
    drawn = Disclosure(images=("generated", "generated"), realistic=(False, False))
    answer = asked(replace(drawn, realistic=(False, None)), "eu")
    assert answer.pictures == {"alt": (1,), "badge": (1,)}
    assert asked(drawn, "eu", "in") == NOTHING
    assert asked(drawn, "cn").pictures["badge"] == (0, 1)


def test_a_digital_twin_is_a_deep_fake_in_europe_and_no_synthetic_performer_in_new_york() -> None:
    twin = Disclosure(images=("unknown", "none"), person="digital_twin", commercial="advertisement")
    assert asked(twin, "us_ny_ads") == NOTHING
    assert asked(twin, "eu").pictures == {"alt": (0,), "badge": (0,)}


def test_an_invented_person_is_told_in_an_advertisement_and_where_nobody_said_it_is_one_is_not() -> None:
    person = Disclosure(images=("generated",), person="invented", commercial="advertisement")
    assert set(ids(asked(person, "us_ny_ads"))) == {"caption", "badge"}
    for commercial in (None, "editorial"):
        quiet = replace(person, commercial=commercial)  # type: ignore[arg-type]
        assert asked(quiet, "us_ny_ads", "kr_ads", "fr_influencer") == NOTHING


def test_the_strictest_badge_and_all_words_win() -> None:
    person = Disclosure(images=("generated",), person="invented", commercial="advertisement")
    assert asked(person, "us_ny_ads").badge_share == 0
    both = asked(person, "us_ny_ads", "cn", "kr_ads")
    assert both.badge_share == 0.05
    assert both.words["badge"] == (("人工智能", "AI"), ("生成", "合成"), ("가상인물", "가상 인물"))
    assert both.words["caption"] == (("가상인물", "가상 인물"),)


def test_our_chinese_and_korean_labels_say_what_is_asked_and_english_ones_do_not() -> None:
    [words] = {asked(Disclosure(text="generated"), "cn").words["caption"]}
    chinese = labels("zh-Hans")
    for label in ("badge_gen", "badge_edit", "text_gen", "img_gen", "img_edit"):
        assert says(chinese[label], words)
    assert not says(labels("en")["badge_gen"], words)
    person = Disclosure(images=("generated",), person="invented", commercial="advertisement")
    assert says(labels("ko")["synth"], asked(person, "kr_ads").words["caption"])
    assert not says(labels("ko")["badge_gen"], asked(person, "kr_ads").words["badge"])


# Packs of an instance


GOOD = """
title = "House rules"
version = 2026-11-21
[[rules]]
id = "house-badge"
says = "Every picture that AI made says so."
when = [{ images = ["generated"] }]
asks = ["caption", "badge"]
from = 2026-12-01
source = "Editors' meeting"
checked = 2026-11-21
strength = "primary"
"""


def house(folder: Path, text: str, name: str = "house") -> Path:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_pack_of_ones_own_stands_beside_ours_and_wins_over_one_of_its_name(tmp_path: Path) -> None:
    known = all_packs(house(house(tmp_path, GOOD), GOOD, "eu"))
    assert set(known) == {*PACKS, "house"}
    assert [rule.id for rule in known["eu"].rules] == ["house-badge"] and known["eu"].own and not known["cn"].own
    assert all_packs() == PACKS == all_packs(tmp_path / "missing")


def test_the_pack_in_the_manual_is_good(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "disclosure.md").read_text(encoding="utf-8")
    pack = read(house(tmp_path, page.split("```toml\n")[1].split("```")[0]) / "house.toml")
    assert (pack.rules[0].badge_share, pack.rules[0].words) == (0.04, (("AI", "KI"),))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {'"generated"': '"unknown"'},
            "rule house-badge: when.1.images.1: input should be 'edited', 'composite' or 'generated'",
        ),
        ({'images = ["generated"]': ""}, "rule house-badge: when.1: a condition names what AI made: text, images, or a person"),
        ({'images = ["generated"]': 'person = ["unknown"]'}, "rule house-badge: when.1: a condition names what AI made"),
        ({"images =": "text ="}, "rule house-badge: of AI in a text only the caption can tell"),
        ({"images =": "image ="}, 'rule house-badge: when.1.image is not a known key; did you mean "images"?'),
        ({"from =": "form ="}, "rule house-badge: from is missing"),
        ({'source = "Editors\' meeting"': ""}, "rule house-badge: source is missing"),
        ({"checked = 2026-11-21": ""}, "rule house-badge: checked is missing"),
        ({'"Editors\' meeting"': '" "'}, "rule house-badge: source: string should have at least 1 character"),
        ({"2026-12-01": '"2026-12-01"'}, "rule house-badge: from: it has to be a day without quotation marks, like 2026-08-02"),
        ({"2026-12-01": "2026-12-01T09:00:00Z"}, "rule house-badge: from: it has to be a day"),
        ({'"badge"]': '"poster"]'}, "rule house-badge: asks.2: input should be 'caption', 'flag', 'alt', 'badge' or"),
        ({'["caption", "badge"]': "[]"}, "rule house-badge: asks: it is empty"),
        ({'["caption", "badge"]': '"caption"'}, "rule house-badge: asks: it has to be a list"),
        (
            {'"primary"': '"primary"\nbadge_share = 5'},
            "rule house-badge: badge_share: input should be less than or equal to 0.5",
        ),
        ({'"badge"]': "]\nbadge_share = 0.05"}, "rule house-badge: badge_share is for rules that ask for a badge"),
        ({'["caption", "badge"]': '["flag"]\nwords = [["AI"]]'}, "rule house-badge: words are for rules that ask for"),
        ({'"primary"': '"hearsay"'}, "rule house-badge: strength: input should be 'primary', 'secondary', "),
        ({'"house-badge"': '"House badge"'}, "rule House badge: id: string should match pattern"),
        ({'id = "house-badge"': ""}, "rule 1: id is missing"),
        ({"[[rules]]": "[rules]"}, "rules: it has to be a list"),
        ({"title =": "titel ="}, "title is missing"),
        ({"title =": "title = = "}, "not valid TOML: "),
    ],
)
def test_a_mistake_in_a_pack_is_one_sentence_with_file_rule_and_key(
    tmp_path: Path, change: Mapping[str, str], said: str
) -> None:
    text = GOOD
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(WrongConfiguration) as told:
        all_packs(house(tmp_path, text))
    assert str(told.value).startswith(f"{tmp_path}/house.toml: {said}")
    assert "\n" not in str(told.value)


def test_what_is_no_text_or_says_an_id_twice_is_one_sentence_too(tmp_path: Path) -> None:
    twice = GOOD + GOOD[GOOD.index("[[rules]]") :]
    with pytest.raises(WrongConfiguration, match='two rules have the id "house-badge"'):
        all_packs(house(tmp_path, twice))
    (tmp_path / "house.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(WrongConfiguration, match="not written in UTF-8"):
        all_packs(tmp_path)
    (tmp_path / "house.toml").unlink()
    (tmp_path / "house.toml").mkdir()
    with pytest.raises(WrongConfiguration, match="cannot be read: Is a directory"):
        all_packs(tmp_path)


@settings(max_examples=500)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.dates(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "when", "rules", "from"]), inner),
        max_leaves=8,
    )
)
def test_any_rules_at_all_are_answered_with_one_sentence(rules: object) -> None:
    with pytest.raises(WrongConfiguration) as told:
        checked({"title": "Any", "version": TODAY, "rules": rules}, "any", "any.toml", own=True)
    assert "\n" not in str(told.value)


def test_a_surface_named_twice_is_asked_for_once() -> None:
    rule = replace(ANY[0].rules[0], asks=("badge", "badge"), when=(Condition(images=("edited",)),), networks=())
    assert required(Disclosure(images=("edited",)), "x", [Pack("a", "A", TODAY, (rule,))], rule.starts).surfaces == {
        "badge": (rule,)
    }


def test_a_pack_nobody_knows_is_told_with_those_there_are() -> None:
    with pytest.raises(WrongUse, match=r'"usa" is no pack of rules \(one of: cn, eu, '):
        chosen(["eu", "usa"], PACKS)
