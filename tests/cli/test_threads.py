"""A thread goes out as it was previewed, each post below the one before it, and goes on where it was interrupted."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_commands import socialbot
from tests.instances import Town

THREAD = "thread = 4\nthread_numbers = true\npictures = 1\n"


def thread(town: Town, more: str = "") -> None:
    """The accounts on Bluesky and Mastodon tell threads; the one on Discord stays out."""
    text = (town.home / "socialbot.toml").read_text()
    blue, masto, _ = text.split("[accounts.")[1:]
    head = text.split("[accounts.")[0]
    (town.home / "socialbot.toml").write_text(f"{head}[accounts.{blue}{THREAD}{more}[accounts.{masto}{THREAD}{more}")


def test_what_was_previewed_is_chained(town: Town) -> None:
    thread(town)
    drafts = json.loads(socialbot("preview", town.post, "--json", home=town.home).stdout)["drafts"]
    previewed = {draft["account"]: [part["caption"] for part in draft["parts"]] for draft in drafts}
    assert all(len(parts) == 4 and parts[-1].endswith("\n4/4") for parts in previewed.values())
    assert socialbot("enqueue", town.post, home=town.home).returncode == 0
    done = socialbot("worker", "--until-empty", home=town.home)
    assert done.returncode == 0, done.stderr
    seen = town.seen()
    assert {name: seen[name] for name in previewed} == previewed

    toots = [post.raw for post in town.masto.posts]
    assert [toot["in_reply_to_id"] for toot in toots] == [None, *(toot["id"] for toot in toots[:-1])]
    assert [toot["visibility"] for toot in toots] == ["public", "unlisted", "unlisted", "unlisted"]
    skeets = town.blue.posts
    assert [skeet.raw.get("reply", {}).get("parent", {}).get("uri") for skeet in skeets] == [
        None,
        *(skeet.id for skeet in skeets[:-1]),
    ]
    assert [bool(skeet.pictures) for skeet in skeets] == [True, False, False, False]
    assert [link for skeet in skeets for link in skeet.links if "landscapes" in link[1]] == list(skeets[-1].links)


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_500"])
def test_an_interrupted_thread_is_finished_and_no_post_repeated(town: Town, fault: str) -> None:
    thread(town, "settle_s = 0\n")
    for fake in (town.blue, town.masto):
        setattr(fake.faults, fault, 1)
    assert socialbot("enqueue", town.post, home=town.home).returncode == 0
    done = socialbot("worker", "--until-empty", home=town.home)
    assert done.returncode == 0, done.stderr
    for posts in (town.blue.posts, town.masto.posts):
        assert [post.text.split("\n")[-1] for post in posts] == ["1/4", "2/4", "3/4", "4/4"]


def test_a_link_that_follows_in_a_reply(town: Town) -> None:
    text = (town.home / "socialbot.toml").read_text().replace("[accounts.masto]", 'link = "reply"\n[accounts.masto]')
    (town.home / "socialbot.toml").write_text(text)
    assert socialbot("enqueue", town.post, "-a", "blue", home=town.home).returncode == 0
    assert socialbot("worker", "--until-empty", home=town.home).returncode == 0
    first, second = town.blue.posts
    assert "example.org" not in first.text and second.text.startswith("example.org/")
    assert second.links[0][1].startswith("https://example.org/2025-11-20")
    assert second.card and not first.card
