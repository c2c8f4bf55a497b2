"""`socialbot rules` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from socialbot.disclosure.ruling import all_packs
from tests.cli.test_commands import socialbot
from tests.disclosure.test_rules import GOOD, house

PAGE = Path(__file__).parents[2] / "docs" / "disclosure.md"


def test_every_pack_and_rule_is_listed_without_an_instance_and_the_manual_prints_the_same(tmp_path: Path) -> None:
    done = socialbot("rules", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for pack in all_packs().values():
        assert f"{pack.name}: {pack.title} (version {pack.version})\n" in done.stdout
        for rule in pack.rules:
            assert f"\n  {rule.id}, from {rule.starts}" in done.stdout
            assert f"\n    source: {rule.source}; checked {rule.checked}, {rule.strength}\n" in done.stdout
    assert f"```text\n{done.stdout}```\n" in PAGE.read_text(encoding="utf-8"), "docs/disclosure.md: put in what it prints"


def test_only_the_packs_named_are_listed(tmp_path: Path) -> None:
    done = socialbot("rules", "--pack", "us_ny_ads", "--pack", "cn", home=tmp_path)
    assert [line.split(":")[0] for line in done.stdout.splitlines() if line and line[0] != " "] == ["us_ny_ads", "cn"]
    assert "letters at least 5 % of the shortest side high, saying 人工智能 or AI and 生成 or 合成" in done.stdout


def test_json_tells_the_same_under_the_keys_of_the_file(tmp_path: Path) -> None:
    [pack] = json.loads(socialbot("rules", "--pack", "eu", "--json", home=tmp_path).stdout)
    assert (pack["name"], pack["own"]) == ("eu", False)
    [text, *_] = pack["rules"]
    assert (text["id"], text["from"], text["asks"], text["badge_share"]) == ("eu-text", "2026-08-02", ["caption"], None)
    assert text["when"][0]["text"] == ["generated"] and text["when"][0]["unreviewed"] is True
    assert {"source", "checked", "strength", "says", "note", "networks", "words"} <= set(text)


def test_an_instances_own_packs_are_listed_and_a_folder_that_is_no_instance_has_none(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    house(tmp_path / "rules", GOOD)
    assert "house" not in socialbot("rules", home=tmp_path).stdout
    (tmp_path / "socialbot.toml").write_text("")
    assert "house: House rules (version 2026-11-21, your own)\n" in socialbot("rules", home=tmp_path).stdout


@pytest.mark.parametrize(("wrong", "status"), [(False, 2), (True, 3)])
def test_wrong_use_ends_with_two_and_a_wrong_pack_with_three(tmp_path: Path, wrong: bool, status: int) -> None:
    (tmp_path / "socialbot.toml").write_text("")
    (tmp_path / "rules").mkdir()
    house(tmp_path / "rules", GOOD.replace("source", "sauce") if wrong else GOOD)
    done = socialbot("rules", "--pack", "usa", home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (status, "", 1)
    assert ("source is missing" if wrong else '"usa" is no pack of rules') in done.stderr
