"""`socialbot explain` as a user types it, and what it says of a draft's label and files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from socialbot.cli import explain
from socialbot.media import Media
from socialbot.nouns import Caption, Disclosure, Evidence, Part
from tests.cli.test_commands import socialbot
from tests.conftest import make_draft, make_post
from tests.instances import Town, a_town

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
AI = """---
title: A door in the fog
canonical: https://example.org/door
images:
  - {src: /photos/made.png, alt: A red door.}
ai: {text: generated, person: digital_twin, consent: file 12, reviewed_by: A Reader, reviewed_at: 2026-11-20,
     responsible: A Publisher, model: Fogmaker 9, override: {by: An Editor, reason: I wrote it, text: assisted}}
---
A door stands in the fog, and nobody knows who opens it.

Written by AI
"""


def house(town: Town) -> Path:
    """A post with everything that AI can do, on an instance where the European rules hold."""
    config = town.home / "socialbot.toml"
    config.write_text(config.read_text().replace("[site]\n", '[site]\nrules = ["platforms", "eu"]\n'))
    told, out = PngInfo(), BytesIO()
    told.add_text("parameters", "a secret door\nSteps: 20, Sampler: Euler a")
    Image.linear_gradient("L").convert("RGB").save(out, "PNG", pnginfo=told)
    (town.home / "public" / "photos" / "made.png").write_bytes(out.getvalue())
    path = town.home / "content" / "posts" / "door.md"
    path.write_text(AI)
    return path


@dataclass(frozen=True)
class Told:
    """What the commands say of the post: in words, as data, and as `preview` has it."""

    home: Path
    status: int
    words: str
    data: dict[str, Any]
    preview: list[dict[str, Any]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with a_town(tmp_path_factory.mktemp("explained") / "instance") as town:
        post = house(town)
        done = socialbot("explain", post, home=town.home)
        data, preview = (json.loads(socialbot(word, post, "--json", home=town.home).stdout) for word in ("explain", "preview"))
        yield Told(town.home, done.returncode, done.stdout, data, preview["drafts"])


def test_it_tells_what_was_decided_on_which_evidence_and_what_each_account_carries(told: Told) -> None:
    for line in (
        "text: assisted",
        "review of the text: recorded",
        "image 1: generated, /photos/made.png",
        "person: digital twin",
        "text assisted, by override: a person's word, with a reason, is on record",
        "person digital_twin, by front matter: ai.person: digital_twin (consent is on file)",
    ):
        assert f"\n  {line}\n" in told.words
    assert re.search(r"\n  image 1 generated, by picture: .*parameters", told.words)
    for account in ("blue (bluesky)", "masto (mastodon)", "chat (discord)"):
        assert f"\n── {account}\n" in told.words
    assert re.search(r"\n  asked: caption, alt, by eu-deep-fake \(pack eu, version 2026-\d\d-\d\d\)\n", told.words)
    assert re.search(
        r"\n  label: .*\bAI\b.* \((the first line|the last line|the last line before the hashtags)\)\n", told.words
    )
    assert "\n    mark in its file: generated, XMP DigitalSourceType: trainedAlgorithmicMedia\n" in told.words


def test_it_says_the_same_as_the_preview(told: Told) -> None:
    assert told.status == 0
    for draft, account in zip(told.preview, told.data["accounts"], strict=True):
        assert (account["account"], account["network"]) == (draft["account"], draft["network"])
        assert (account["label"]["words"], account["flags"], account["held"]) == (draft["label"], draft["flags"], draft["held"])
        assert [one["alt"] for one in account["pictures"]] == [one["alt"] for one in draft["pictures"]]
        files = [Path(one["file"]) for one in draft["pictures"]]
        assert [file.parent.name + file.name for file in files] == [one["sha256"] for one in account["pictures"]]


def test_neither_form_tells_names_consents_models_or_prompts(told: Told) -> None:
    said = told.words + json.dumps(told.data)
    for private in ("file 12", "A Reader", "A Publisher", "Fogmaker", "An Editor", "I wrote it", "secret door"):
        assert private not in said
    assert str(told.home) not in said  # where it lies on this machine is nobody's matter either


def test_the_manual_names_every_key(told: Told) -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## `explain --json`")[2].partition("\n## ")[0]
    account = told.data["accounts"][0]
    nouns = [told.data, told.data["post"], told.data["facets"], told.data["facets"]["images"][0], told.data["evidence"][0]]
    nouns += [account, account["asked"][0], account["label"], account["pictures"][0], account["pictures"][0]["mark"][0]]
    assert [key for noun in nouns for key in noun if f'"{key}"' not in section] == []


def test_what_is_held_says_why_and_ends_with_one(town: Town) -> None:
    post = house(town)
    post.write_text(AI.replace("consent: file 12, ", ""))
    done = socialbot("explain", post, "--account", "blue", home=town.home)
    assert done.returncode == 1
    assert "\n  held: It shows a digital twin of a real person" in done.stdout


def test_it_works_when_no_server_answers_and_for_the_accounts_named(town: Town) -> None:
    for fake in (town.blue, town.masto, town.chat):
        fake.__exit__(None, None, None)
    done = socialbot("explain", house(town), "--account", "blue", "-a", "masto", home=town.home)
    assert re.findall(r"\n── (\w+)", done.stdout) == ["blue", "masto"]
    wrong = socialbot("explain", town.post, "--account", "nobody", home=town.home)
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)


def test_without_an_account_it_tells_the_evidence_and_without_an_instance_what_to_do(tmp_path: Path, town: Town) -> None:
    post = house(town)
    (town.home / "socialbot.toml").write_text('[site]\nurl = "https://example.org"\n')
    done = socialbot("explain", post, home=town.home)
    assert done.returncode == 0
    assert "  image 1: generated" in done.stdout and done.stdout.endswith("\nNo account takes it.\n")
    done = socialbot("explain", post, home=tmp_path)
    assert (done.returncode, done.stdout) == (3, "") and "socialbot init" in done.stderr


def test_the_strongest_witness_comes_first(tmp_path: Path) -> None:
    origins = ("site", "footer", "picture", "front matter", "override")
    told = Disclosure(evidence=tuple(Evidence("text", "generated", origin, "x") for origin in origins))  # type: ignore[arg-type]
    found = explain.as_dict(make_post(), told, [], Media(tmp_path))["evidence"]
    assert [one["origin"] for one in found] == ["override", "front matter", "picture", "footer", "site"]


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("By AI\n\nFog", "the first line"),
        ("Fog\n\nBy AI", "the last line"),
        ("Fog\n\nBy AI\n#fog #mist", "the last line before the hashtags"),
        ("Fog\n\nBy AI\n\nhttps://example.org/ #fog", "line 3 of 5"),
        ("Fog, By AI", "nowhere in the caption"),
    ],
)
def test_it_says_where_the_label_stands(tmp_path: Path, text: str, stands: str) -> None:
    draft = replace(make_draft(make_post()), label="By AI", parts=(Part(Caption(text, 1, 300, "graphemes")),))
    told = explain.as_dict(make_post(), Disclosure(), [draft], Media(tmp_path))
    assert told["accounts"][0]["label"] == {"words": "By AI", "stands": stands}
