"""Messages that a bot posts itself, with a key; and posts in threads and forums, by a bot or a webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from socialbot.networks import discord_rights
from socialbot.networks.discord import KEY_LASTS_S, Discord
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Doubt,
    NeedsLogin,
    Network,
    NetworkError,
    Prepared,
    Published,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.nouns import Draft
from socialbot.testing.fakes import DiscordFake
from socialbot.testing.fakes.discord_guild import ANNOUNCEMENT, CHANNEL, EVERYTHING_NEEDED, FORUM, GUILD
from tests.networks.desk import SHARED, Desk

SPEC = SHARED / "specs/discord/openapi.json"
EVERYBODY = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16


@pytest.fixture
def fake() -> Iterator[DiscordFake]:
    with DiscordFake() as running:
        yield running


@pytest.fixture
def desk(fake: DiscordFake, tmp_path: Path) -> Desk:
    return Desk(Discord, fake.bot_account(), tmp_path)


@pytest.fixture(params=["bot", "webhook"])
def either(request: pytest.FixtureRequest, fake: DiscordFake, tmp_path: Path) -> Desk:
    """A desk at which the bot posts, and one at which the webhook does and the bot only looks."""
    webhook = {**fake.account(), "bot_token": fake.bot_token}
    return Desk(Discord, fake.bot_account() if request.param == "bot" else webhook, tmp_path)


def doubt_of(desk: Desk) -> Doubt:
    async def act(network: Network) -> Doubt:
        return network.doubt

    return desk.run(act)


def titled(draft: Draft, title: str) -> Draft:
    part = draft.parts[0]
    return replace(draft, parts=(replace(part, caption=replace(part.caption, title=title)),))


# The bot's messages


def test_a_bots_message_arrives_word_for_word_and_calls_nobody(fake: DiscordFake, desk: Desk) -> None:
    pictures = (desk.picture("A heron — “still”"), desk.picture(colour="navy"))
    published = desk.send(desk.draft("@everyone *Fog* 🌫️", pictures=pictures))
    (post,) = fake.posts
    assert (post.text, published.remote_id, published.url) == ("@everyone *Fog* 🌫️", post.id, post.url)
    assert [one.alt for one in post.pictures] == ["A heron — “still”", ""]
    assert fake.mention_violations == []


def test_the_same_message_sent_twice_is_one(fake: DiscordFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog"))
    fake.faults.queue.append("commit_then_drop")
    with pytest.raises(Unknown):
        desk.publish(prepared)
    again = desk.publish(Prepared(prepared.draft, 0, json.loads(json.dumps(prepared.request))))
    assert [post.id for post in fake.posts] == [again.remote_id]
    assert doubt_of(desk) == Doubt("KEY", 30, KEY_LASTS_S)


def test_the_key_is_trusted_for_less_than_the_server_keeps_it(tmp_path: Path) -> None:
    start = moment = datetime.now(UTC)
    with DiscordFake(clock=lambda: moment) as fake:
        desk = Desk(Discord, fake.bot_account(), tmp_path)
        prepared = desk.prepare(desk.draft("Fog"))
        first = desk.publish(prepared)
        moment = start + timedelta(seconds=KEY_LASTS_S)
        assert desk.publish(prepared) == first
        moment = start + timedelta(seconds=600)
        assert desk.publish(prepared) != first


def test_every_draft_has_a_nonce_of_its_own_that_fits(desk: Desk) -> None:
    drafts = [desk.draft("Fog", "Mist", seed=seed) for seed in range(3)]
    drafts.append(replace(drafts[0], fixed={}, post_id="another"))
    drafts.append(replace(drafts[0], fixed={}))
    nonces = [desk.prepare(draft, part).request["nonce"] for draft in drafts for part in range(2)]
    assert len(set(nonces)) == 10
    assert all(len(nonce) <= 25 for nonce in nonces)


def test_a_bots_lost_message_is_found_and_nobody_elses(fake: DiscordFake, desk: Desk) -> None:
    draft = desk.draft("Fog", pictures=(desk.picture(),))
    fake.overhear("Fog")
    assert desk.find(desk.prepare(desk.draft("Fog"))) is None
    fake.faults.queue.append("commit_then_500")
    with pytest.raises(Unknown):
        desk.send(draft)
    found = desk.find(desk.prepare(draft))
    assert isinstance(found, Published)
    assert found.url == fake.posts[-1].url


def test_a_silent_message_without_a_preview_says_so(fake: DiscordFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "silent": True, "preview": False}
    desk.send(desk.draft("Fog"))
    assert fake.posts[0].raw["flags"] == 4 | 4096


@pytest.mark.skipif(not SPEC.exists(), reason="the specification lies outside the repository")
@pytest.mark.parametrize("forum", [False, True])
def test_the_request_is_what_the_specification_asks_for(fake: DiscordFake, desk: Desk, forum: bool) -> None:
    if forum:
        fake.kind = FORUM
        desk.settings = {**desk.settings, "forum": True, "forum_tags": ["5"]}
    sent: list[Any] = []

    def listen(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent.append(json.loads(request.content))
        with httpx.Client() as client:
            answer = client.request(request.method, request.url, headers=request.headers, content=request.content)
        return httpx.Response(answer.status_code, content=answer.content)

    desk.answer = listen
    desk.send(titled(desk.draft("Fog"), "Fog"))
    components = json.loads(SPEC.read_text())["components"]
    schema = components["schemas"]["CreateForumThreadRequest" if forum else "MessageCreateRequest"]
    Draft202012Validator({**schema, "additionalProperties": False, "components": components}).validate(sent[0])


def test_a_bot_edits_removes_and_counts_its_own(fake: DiscordFake, desk: Desk) -> None:
    published = desk.send(desk.draft("Fog", pictures=(desk.picture("A lamp"),)))
    changed = desk.draft("Mist", pictures=(desk.picture("A lamp in fog"),))
    assert desk.run(lambda network: network.edit(changed, 0, published)) == published
    assert [(post.text, post.pictures[0].alt) for post in fake.posts] == [("Mist", "A lamp in fog")]
    assert desk.run(lambda network: network.metrics(published)) == {"reactions": 0}
    fake.react(published.remote_id, 3)
    assert desk.run(lambda network: network.metrics(published)) == {"reactions": 3}
    assert desk.run(lambda network: network.is_shown(published)) is True
    for _ in range(2):
        desk.run(lambda network: network.delete(published))
    assert desk.run(lambda network: network.is_shown(published)) is False
    with pytest.raises(Refused, match="not there any more"):
        desk.run(lambda network: network.metrics(published))


def test_an_address_that_a_person_gave_must_be_of_the_bots_own_message(fake: DiscordFake, desk: Desk) -> None:
    fake.rights |= 1 << 13
    fake.overhear("Fog")
    strangers, url = fake.posts[0].url, desk.send(desk.draft("Fog")).url
    with pytest.raises(Refused, match="not the bot's own"):
        desk.run(lambda network: network.delete(Published(strangers, strangers)))
    desk.run(lambda network: network.delete(Published(url or "", url)))
    assert [post.url for post in fake.posts] == [strangers]


def test_an_announcement_is_passed_on_once(fake: DiscordFake, either: Desk) -> None:
    fake.kind = ANNOUNCEMENT
    either.settings = {**either.settings, "announce": True}
    draft = either.draft("Fog")
    prepared = either.prepare(draft)
    published = either.publish(prepared)
    found = either.find(prepared)
    assert (published.warnings, found) == ((), published)
    assert fake.passed_on == [published.remote_id]


def test_a_post_that_could_not_be_passed_on_is_out_all_the_same(fake: DiscordFake, either: Desk) -> None:
    either.settings = {**either.settings, "announce": True}
    published = either.send(either.draft("Fog"))
    assert "not passed on" in published.warnings[0]
    assert len(fake.posts) == 1


# Threads and forums


def test_all_posts_may_go_into_one_thread(fake: DiscordFake, either: Desk) -> None:
    thread = fake.open_thread()
    either.settings = {**either.settings, "in_thread": thread}
    draft = either.draft("Fog", pictures=(either.picture(),))
    prepared = either.prepare(draft)
    published = either.publish(prepared)
    (post,) = fake.posts
    assert (post.raw["channel_id"], post.url) == (thread, published.url)
    assert either.find(prepared) == published
    either.run(lambda network: network.edit(either.draft("Mist"), 0, published))
    assert fake.posts[0].text == "Mist"
    assert either.run(lambda network: network.is_shown(published)) is True
    either.run(lambda network: network.delete(Published(published.url or "", published.url)))
    assert fake.posts == []


def test_a_forum_gets_a_thread_with_the_posts_title(fake: DiscordFake, either: Desk) -> None:
    fake.kind = FORUM
    either.settings = {**either.settings, "forum": True, "forum_tags": ["77"]}
    draft = titled(either.draft("It came early.", pictures=(either.picture("A lamp"),)), "Fog over Öland")
    prepared = either.prepare(draft)
    fake.faults.queue.append("commit_then_drop")
    with pytest.raises(Unknown):
        either.publish(prepared)
    found = either.find(prepared)
    (post,) = fake.posts
    assert isinstance(found, Published)
    assert (post.title, post.text, post.id, post.url) == ("Fog over Öland", "It came early.", found.remote_id, found.url)
    assert doubt_of(either).kind == "LIST"
    changed = titled(either.draft("It came late.", pictures=(either.picture("A lamp"),)), "Mist over Öland")
    either.run(lambda network: network.edit(changed, 0, found))
    assert [(post.title, post.text) for post in fake.posts] == [("Mist over Öland", "It came late.")]
    either.run(lambda network: network.delete(found))
    assert fake.posts == []


def test_a_thread_that_was_archived_meanwhile_is_found_all_the_same(fake: DiscordFake, either: Desk) -> None:
    fake.kind = FORUM
    either.settings = {**either.settings, "forum": True}
    prepared = either.prepare(titled(either.draft("It came early."), "Fog"))
    published = either.publish(prepared)
    for number in range(120):  # of others, more than one page of them
        fake.open_thread(f"Fog {number}")
    fake.archive()
    assert either.find(prepared) == published
    assert either.find(either.prepare(titled(either.draft("It came late."), "Fog"))) is None


def test_a_message_of_an_archived_thread_is_not_edited_before_somebody_opens_it(fake: DiscordFake, either: Desk) -> None:
    fake.kind = FORUM
    either.settings = {**either.settings, "forum": True}
    published = either.send(titled(either.draft("It came early."), "Fog"))
    fake.archive()
    with pytest.raises(Refused, match="the thread is archived") as caught:
        either.run(lambda network: network.edit(titled(either.draft("It came late."), "Fog"), 0, published))
    assert "Say something in the thread" in caught.value.fix


def test_another_thread_of_the_forum_is_not_taken_for_the_post(fake: DiscordFake, either: Desk) -> None:
    fake.kind = FORUM
    either.settings = {**either.settings, "forum": True}
    fake.open_thread("Fog")
    either.send(titled(either.draft("Other words"), "Fog"))
    prepared = either.prepare(titled(either.draft("Fog, at last"), "Fog"))
    assert either.find(prepared) is None
    either.publish(prepared)
    assert either.find(prepared, ago_s=-120) is None
    either.settings = {**either.settings, "bot_token": "wrong"}
    assert isinstance(either.find(prepared), CannotTell)


def test_a_forums_title_has_its_own_field_in_the_limits(fake: DiscordFake, desk: Desk) -> None:
    async def room(network: Network) -> int | None:
        return (await network.discover()).max_title

    assert desk.run(room) is None
    desk.settings = {**desk.settings, "forum": True}
    assert desk.run(room) == 100


def test_a_draft_without_a_title_opens_a_thread_with_its_first_words(fake: DiscordFake, desk: Desk) -> None:
    fake.kind = FORUM
    desk.settings = {**desk.settings, "forum": True}
    desk.send(desk.draft("🌫️" * 60 + "\nMore"))
    assert fake.posts[0].title == "🌫️" * 25


def test_a_bot_that_may_not_rename_a_thread_says_what_it_needs(fake: DiscordFake, desk: Desk) -> None:
    fake.kind, fake.rights = FORUM, EVERYBODY
    desk.settings = {**desk.settings, "forum": True}
    published = desk.send(titled(desk.draft("Words"), "Fog"))
    desk.run(lambda network: network.edit(titled(desk.draft("Others"), "Fog"), 0, published))
    with pytest.raises(Refused, match="new title") as caught:
        desk.run(lambda network: network.edit(titled(desk.draft("Others"), "Mist"), 0, published))
    assert "Manage Threads" in caught.value.fix


@pytest.mark.parametrize(("kind", "forum"), [(FORUM, False), (0, True)])
def test_a_forum_that_is_none_is_refused_with_the_setting_to_change(
    fake: DiscordFake, tmp_path: Path, kind: int, forum: bool
) -> None:
    fake.kind = kind
    desk = Desk(Discord, {**fake.account(), "forum": forum}, tmp_path)
    with pytest.raises(Refused, match="forum") as caught:
        desk.send(desk.draft("Fog"))
    assert "forum" in caught.value.fix
    assert fake.posts == []


# Who posts, and where


def test_check_says_who_the_bot_is_and_what_it_lacks(fake: DiscordFake, desk: Desk) -> None:
    identity = desk.check()
    assert (identity.name, identity.notes) == ('bot "fogbot" in #fog', ())
    assert identity.url == f"https://discord.com/channels/{GUILD}/{CHANNEL}"
    fake.rights = EVERYTHING_NEEDED & ~(1 << 15) & ~(1 << 16)
    assert desk.check().notes == ("The bot lacks Attach Files, Read Message History in the channel.",)
    fake.rights, fake.kind = EVERYTHING_NEEDED, FORUM
    assert "a forum" in desk.check().notes[0]
    desk.settings = {**desk.settings, "in_thread": fake.open_thread()}
    fake.rights = EVERYBODY
    assert desk.check().notes == ("The bot lacks Send Messages in Threads in the channel.",)


def test_exceptions_of_a_channel_weigh_in_their_order() -> None:
    roles = [{"id": GUILD, "permissions": str(EVERYBODY)}, {"id": "7", "permissions": "0"}, {"id": "8", "permissions": "8"}]

    def lacking(own: list[str], *exceptions: tuple[str, int, int]) -> list[str]:
        told = [{"id": whose, "allow": str(allow), "deny": str(deny)} for whose, allow, deny in exceptions]
        return discord_rights.missing("1", own, roles, {"guild_id": GUILD, "permission_overwrites": told})

    send = 1 << 11
    assert lacking([]) == []
    assert lacking([], (GUILD, 0, send)) == ["Send Messages"]
    assert lacking(["7"], (GUILD, 0, send), ("7", send, 0)) == []
    assert lacking(["7"], ("7", send, 0), ("1", 0, send)) == ["Send Messages"]
    assert lacking(["7"], ("9", 0, send)) == []
    assert lacking(["8"], (GUILD, 0, send)) == []


@pytest.mark.parametrize("settings", [{"channel": "general"}, {"in_thread": "x"}, {"channel": "5", "webhook": "WEBHOOK"}])
def test_a_channel_that_is_none_or_one_beside_a_webhook_is_a_mistake(settings: dict[str, str]) -> None:
    webhook = {"webhook": "https://discord.com/api/webhooks/1/secret"} if "webhook" in settings else {}
    with pytest.raises(ValueError, match=r"digits|either the webhook") as caught:
        Discord.options.model_validate({"network": "discord", **settings, **webhook})
    assert "secret" not in str(caught.value)


def test_a_missing_token_is_said_plainly(tmp_path: Path) -> None:
    desk = Desk(Discord, {"channel": "5"}, tmp_path)
    with pytest.raises(NeedsLogin, match="no bot_token is set"):
        desk.send(desk.draft("Fog"))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, 10003, Blocked),
        (404, 10004, Blocked),
        (403, 50001, Blocked),
        (403, 50013, Blocked),
        (401, 0, NeedsLogin),
        (400, 50035, Refused),
        (400, 50006, Refused),
        (413, 40005, Refused),
        (429, 0, RateLimited),
        (400, 20016, RateLimited),
        (403, 20028, RateLimited),
        (403, 20029, RateLimited),
        (429, 40062, RateLimited),
        (200, 0, Unknown),
        (500, 0, Unknown),
        (503, 0, Unknown),
    ],
)
def test_each_answer_of_the_error_table_has_its_meaning_for_a_bot(
    tmp_path: Path, status: int, code: int, kind: type[NetworkError]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"id": "5", "guild_id": "6"})
        return httpx.Response(status, json={"code": code, "message": "no"})

    desk = Desk(Discord, {"channel": "5", "bot_token": "hush"}, tmp_path, answer)
    with pytest.raises(NetworkError) as caught:
        desk.send(desk.draft("Fog"))
    assert type(caught.value) is kind
    assert "webhook" not in str(caught.value)
