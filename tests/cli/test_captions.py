"""`socialbot captions`, and what front matter may say of captions."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from socialbot import networks
from socialbot.nouns import Mistake
from tests.cli.test_commands import socialbot
from tests.conftest import make_post
from tests.instances import Town


@pytest.fixture
def home(tmp_path: Path) -> Path:
    socialbot("init", tmp_path)
    return tmp_path


def test_a_new_instance_without_accounts_is_fine(home: Path) -> None:
    done = socialbot("captions", "check", home=home)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in lines if not line.endswith(": fine")] == []
    assert "captions/bluesky.j2: fine" in lines and "socialbot's own bluesky.j2: fine" in lines


def test_every_fault_is_told_with_file_and_line(home: Path) -> None:
    with (home / "socialbot.toml").open("a") as config:
        config.write('[accounts.blue]\nnetwork = "bluesky"\nserver = "http://127.0.0.1:9"\nidentifier = "a"\npassword = "b"\n')
    (home / "captions" / "blue.j2").write_text(
        "{{ title }}\n{{ link }}\n\n{% if summary %}\n{{ label }}\n{% endif %}\n{{ oops }}"
    )
    (home / "captions" / "blu.j2").write_text("{{ link }}\n{{ label }}\n")
    done = socialbot("captions", "check", home=home)
    assert done.returncode == 1
    told = [line for line in done.stdout.splitlines() if not line.endswith(": fine")]
    assert len(told) == 3
    assert told[0] == "captions/blu.j2: no account and no network is called blu; did you mean blue?"
    assert told[1].startswith('captions/blue.j2, line 4: it can leave out the label: this "if" can hide it; print')
    assert told[2].startswith("captions/blue.j2, line 7: oops is unknown; it may use title, ")


def test_json_tells_the_same(home: Path) -> None:
    (home / "captions" / "default.j2").write_text("{{ title }}\n{{ label }}\n")
    done = socialbot("captions", "check", "--json", home=home)
    told = {(one["own"], Path(one["file"]).name): one["faults"] for one in json.loads(done.stdout)}
    assert done.returncode == 1
    assert told.pop((True, "default.j2")) == [
        {
            "line": 2,
            "what": "it leaves out the link: it never prints {{ link }}",
            "fix": "put {{ link }} on a line of its own",
        }
    ]
    assert len(told) == 7 and not any(told.values())


def test_an_unreadable_configuration_ends_with_three(tmp_path: Path) -> None:
    assert socialbot("captions", "check", home=tmp_path).returncode == 3
    assert socialbot("captions", "dance", home=tmp_path).returncode == 2


def test_a_template_that_could_lose_the_label_stops_preview_and_enqueue(town: Town) -> None:
    (town.home / "captions").mkdir(exist_ok=True)
    (town.home / "captions" / "blue.j2").write_text("{{ title }}\n{{ link }}\n{% if summary %}\n{{ label }}\n{% endif %}\n")
    for words in (["preview", town.post], ["enqueue", town.post]):
        done = socialbot(*words, home=town.home)
        assert done.returncode == 3
        assert "blue.j2, line 3: it can leave out the label" in done.stderr + done.stdout
    assert town.ledger().deliveries() == []
    assert "templates      blue.j2, line 3: it can leave out the label" in socialbot("check", home=town.home).stdout


def test_a_faulty_template_leaves_the_posts_in_the_queue(town: Town) -> None:
    post = town.write("fog", folder="queue")
    os.utime(post, (0, 0))
    (town.home / "captions").mkdir(exist_ok=True)
    (town.home / "captions" / "blue.j2").write_text("{{ titel }}\n{{ link }}\n{{ label }}\n")
    done = socialbot("worker", "--until-empty", home=town.home)
    assert "titel is unknown" in done.stderr and post.exists()
    (town.home / "captions" / "blue.j2").unlink()
    assert socialbot("worker", "--until-empty", home=town.home).returncode == 0
    assert not post.exists() and len(town.seen()["blue"]) == 1


def test_a_slip_in_social_is_told_before_there_is_an_account(tmp_path: Path) -> None:
    for social, said in (
        ("{Bluesky: {skip: true}}", "did you mean bluesky?"),
        ("{bluesky: {capton: words}}", "'capton' is unknown"),
        ("{mine: {skip: nein}}", "skip is true or false"),
    ):
        (tmp_path / "fog.md").write_text(f"---\ntitle: Fog\nsocial: {social}\n---\nIt came.\n")
        done = socialbot("captions", "show", tmp_path / "fog.md", home=tmp_path)
        assert done.returncode == 1 and said in done.stderr


@pytest.mark.parametrize(
    "social",
    [
        {"caption": "words", "extra": "more"},
        {"caption": None, "bluesky": {"caption": "words", "extra": "more", "skip": False}},
        {"blue": {"extra": "more"}, "threads": {"skip": True}},
    ],
)
def test_front_matter_may_speak_of_all_of_networks_and_of_accounts(town: Town, social: dict[str, object]) -> None:
    assert town.intake().draft(replace(make_post(), social=social), ["blue"])


def test_front_matter_may_speak_of_an_account_called_caption(town: Town) -> None:
    config = town.home / "socialbot.toml"
    config.write_text(config.read_text().replace("[accounts.chat]", "[accounts.caption]"))
    [(draft, _)] = town.intake().draft(replace(make_post(), social={"caption": {"caption": "words"}}), ["caption"])
    assert draft.parts[0].caption.text == "words"
    [(draft, _)] = town.intake().draft(replace(make_post(), social={"caption": "words"}), ["blue"])
    assert draft.parts[0].caption.text == "words"


@pytest.mark.parametrize(
    ("social", "said"),
    [
        ({"caption": 3}, "social.caption: it is no text"),
        ({"extra": {"blue": "words"}}, "social.extra: it is no text"),
        ({"skip": True}, "social.skip: it is neither a network nor an account"),
        ({"blu": {"skip": True}}, "social.blu: it is neither a network nor an account (did you mean blue?)"),
        ({"blue": {"skp": True}}, "social.blue: 'skp' is unknown (it takes caption, extra, correction and skip)"),
        ({"blue": "words"}, "social.blue: it is no table"),
        ({"blue": {"extra": ["words"]}}, "social.blue.extra: it is no text"),
        ({"blue": {"skip": "yes"}}, "social.blue: skip is true or false"),
    ],
)
def test_anything_else_in_front_matter_is_refused(town: Town, social: dict[str, object], said: str) -> None:
    with pytest.raises(Mistake) as caught:
        town.intake().draft(replace(make_post(), social=social), ["chat"])
    assert said in str(caught.value)


def test_a_post_is_shown_on_every_network_without_an_account_or_a_configuration(tmp_path: Path) -> None:
    post = tmp_path / "fog.md"
    post.write_text(
        "---\ntitle: Fog & more\ncanonical: https://example.org/fog\n---\nIt came from the river and it stayed for days.\n"
    )
    done = socialbot("captions", "show", post, home=tmp_path)
    assert all(f"{name} (" in done.stdout for name in networks.counted())
    assert "  cost: $0.200" in done.stdout and "  title: Fog & more" in done.stdout
    assert done.returncode == 1 and "held: The network takes no post without a picture." in done.stdout
    told = json.loads(socialbot("captions", "show", post, "-n", "slack", "--json", home=tmp_path).stdout)
    assert [draft["network"] for draft in told] == ["slack"]
    assert told[0]["parts"][0]["caption"].startswith("Fog &amp; more\n")
    assert sorted(tmp_path.iterdir()) == [post]


def test_a_network_that_nobody_knows_is_told(tmp_path: Path) -> None:
    (tmp_path / "fog.md").write_text("# Fog\n")
    done = socialbot("captions", "show", tmp_path / "fog.md", "-n", "myspace", home=tmp_path)
    assert done.returncode == 2 and '"myspace" is no network' in done.stderr
