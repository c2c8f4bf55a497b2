"""The Discord fake takes only messages that ping nobody, and tells what was published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from socialbot.testing.fakes import DiscordFake
from socialbot.testing.fakes.discord_guild import ANNOUNCEMENT, BOT, CHANNEL, FORUM, GUILD, TEXT
from tests.testing.api import agrees
from tests.testing.conftest import picture
from tests.testing.mutants import mutants

QUIET: dict[str, Any] = {"allowed_mentions": {"parse": []}}
File = tuple[str, bytes, str]
PHOTO: File = ("a.jpg", picture(), "image/jpeg")


@pytest.fixture
def fake() -> Iterator[DiscordFake]:
    with DiscordFake() as running:
        yield running


class Hook:
    """Calls of one webhook."""

    def __init__(self, fake: DiscordFake, http: httpx.Client) -> None:
        self.url, self.http = fake.account()["webhook"], http

    def __call__(self, method: str, path: str = "", **request: Any) -> httpx.Response:
        return self.http.request(method, self.url + path, **request)


@pytest.fixture
def client(fake: DiscordFake, http: httpx.Client) -> Hook:
    return Hook(fake, http)


def send(client: Hook, **message: Any) -> httpx.Response:
    return client("POST", params={"wait": "true"}, json={**QUIET, **message})


def send_files(client: Hook, attachments: Any, *files: tuple[str, File], **message: Any) -> httpx.Response:
    payload = json.dumps({**QUIET, "content": "Nebel", "attachments": attachments, **message})
    return client("POST", params={"wait": "true"}, data={"payload_json": payload}, files=dict(files))


def attachment(number: int = 0, name: str = "a.jpg", alt: str = "Nebel") -> dict[str, Any]:
    return {"id": number, "filename": name, "description": alt}


def test_a_published_message_is_seen_as_it_was_sent(client: Hook, fake: DiscordFake) -> None:
    files = (("files[0]", PHOTO), ("files[1]", ("b.png", picture(30, 30, "PNG"), "image/png")))
    text = "**Nebel** https://example.org/a, [mehr](https://example.org/b)"
    embed = {"title": "Karte", "url": "https://example.org/a", "description": "Text"}
    answer = send_files(client, [attachment(0), attachment(1, "b.png", "Dunst")], *files, content=text, embeds=[embed])
    (seen,) = fake.posts
    assert (seen.id, seen.text) == (answer.json()["id"], text)
    assert seen.links == (("https://example.org/a", "https://example.org/a"), ("mehr", "https://example.org/b"))
    assert [(shown.content, shown.alt, shown.width) for shown in seen.pictures] == [
        (picture(), "Nebel", 60),
        (picture(30, 30, "PNG"), "Dunst", 30),
    ]
    assert seen.card == {**embed, "thumb": None}
    place = client("GET").json()
    assert seen.url == f"https://discord.com/channels/{place['guild_id']}/{place['channel_id']}/{seen.id}"


def test_without_wait_there_is_no_answer_to_read(client: Hook, fake: DiscordFake) -> None:
    answer = client("POST", json={**QUIET, "content": "Nebel"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(fake.posts) == 1


@pytest.mark.parametrize("allowed", [None, {}, {"parse": ["everyone"]}, {"parse": [], "users": ["1"]}, "none"])
def test_a_message_that_could_ping_is_refused_and_recorded(client: Hook, fake: DiscordFake, allowed: Any) -> None:
    body = {"content": "@everyone", **({"allowed_mentions": allowed} if allowed is not None else {})}
    assert client("POST", json=body).json()["code"] == 50035
    assert fake.mention_violations == [body]
    assert fake.posts == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({}, 50006),
        ({"content": " \n"}, 50006),
        ({"content": "ü" * 2001}, 50035),
        ({"content": "🌫" * 1001}, 50035),
        ({"content": 7}, 50035),
        ({"content": "a", "nonce": "1"}, 50035),
        ({"content": "a", "poll": {}}, 50035),
        ({"content": "a", "username": "Clyde"}, 50035),
        ({"content": "a", "username": "x" * 81}, 50035),
        ({"content": "a", "embeds": [{}] * 11}, 50035),
        ({"content": "a", "embeds": [{"title": "x" * 257}]}, 50035),
        ({"content": "a", "embeds": [{"description": "x" * 4096}, {"description": "x" * 1905}]}, 50035),
        ({"content": "a", "embeds": [{"headline": "x"}]}, 50035),
        ({"content": "a", "embeds": [{"image": {"url": "attachment://a.jpg"}}]}, 50035),
        ({"content": "a", "embeds": [{"image": {"url": "http://example.org/a.jpg"}}]}, 50035),
        ({"content": "a", "attachments": [attachment()]}, 50035),
    ],
)
def test_a_message_with_a_mistake_is_refused(client: Hook, fake: DiscordFake, message: dict[str, Any], code: int) -> None:
    answer = send(client, **message)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert fake.posts == []


def test_whatever_is_sent_there_is_an_answer(client: Hook) -> None:
    embed = {"title": "a", "description": "a", "url": "https://example.org", "color": 7, "timestamp": "2026-11-21T08:00:00Z"}
    embed |= {name: {"url": "https://example.org/a.jpg"} for name in ("image", "thumbnail")}
    embed |= {"footer": {"text": "a"}, "author": {"name": "a"}, "fields": [{"name": "a", "value": "b"}]}
    good = {**QUIET, "content": "a", "embeds": [embed], "username": "Blog", "avatar_url": "https://example.org", "tts": False}
    for mutant in mutants({**good, "flags": 4, "attachments": []}):
        assert client("POST", json=mutant).status_code < 500
    for mutant in mutants([attachment()]):
        assert send_files(client, mutant, ("files[0]", PHOTO)).status_code < 500
    path = f"/messages/{send(client, content='Nebel').json()['id']}"
    for mutant in mutants({**QUIET, "content": "a", "attachments": [{"id": 0}]}):
        assert client("PATCH", path, json=mutant).status_code < 500


def test_the_limits_are_inclusive(client: Hook) -> None:
    assert send(client, content="🌫" * 1000).status_code == 200
    assert send(client, embeds=[{"description": "x" * 4096}, {"description": "x" * 1904}]).status_code == 200


@pytest.mark.parametrize(
    ("attachments", "files"),
    [
        ([attachment(1)], [("files[0]", PHOTO)]),
        ([attachment()], [("file", PHOTO)]),
        ([], [("files[0]", PHOTO)]),
        ([attachment(), attachment(1)], [("files[0]", PHOTO)]),
        ([attachment(), attachment()], [("files[0]", PHOTO), ("files[1]", PHOTO)]),
        ([attachment(name="b.jpg")], [("files[0]", PHOTO)]),
        ([attachment(alt="x" * 1025)], [("files[0]", PHOTO)]),
        ([attachment() | {"alt": "Nebel"}], [("files[0]", PHOTO)]),
        (["a.jpg"], [("files[0]", PHOTO)]),
        ([attachment()], [("files[0]", ("a.jpg", picture(kind="PNG"), "image/jpeg"))]),
        ([attachment()], [("files[0]", ("a.jpg", b"no picture", "image/jpeg"))]),
        ([attachment(10)], [("files[10]", PHOTO)]),
    ],
)
def test_attachments_and_files_must_fit(
    client: Hook, fake: DiscordFake, attachments: Any, files: list[tuple[str, File]]
) -> None:
    assert send_files(client, attachments, *files).json()["code"] == 50035
    assert fake.posts == []


def test_an_embed_may_show_an_attached_picture(client: Hook) -> None:
    embed = {"image": {"url": "attachment://a.jpg"}}
    assert send_files(client, [attachment()], ("files[0]", PHOTO), embeds=[embed]).status_code == 200


def test_a_file_too_large_is_refused(client: Hook, fake: DiscordFake) -> None:
    large = ("a.jpg", picture().ljust(10 * 2**20 + 1, b"\0"), "image/jpeg")
    answer = send_files(client, [attachment()], ("files[0]", large))
    assert (answer.status_code, answer.json()["code"]) == (413, 40005)
    answer = client("POST", content=bytes(25 * 2**20 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, 40005)


@pytest.mark.parametrize(
    "request_",
    [
        {"content": b'{"content": "a"}'},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"data": {"content": "a"}},
        {"files": {"content": (None, b"a")}},
        {"files": {"payload_json": (None, b"[]")}},
        {"json": {**QUIET, "content": "a"}, "params": {"wiat": "true"}},
    ],
)
def test_a_body_that_cannot_be_read_is_refused(client: Hook, fake: DiscordFake, request_: dict[str, Any]) -> None:
    assert client("POST", **request_).json()["code"] == 50035
    assert fake.posts == []


def test_a_webhook_that_is_wrong_or_gone_says_so(client: Hook, fake: DiscordFake) -> None:
    url = fake.account()["webhook"]
    assert client.http.get(url + "x").json()["code"] == 50027
    assert client.http.get(url.replace("webhooks/1", "webhooks/2")).json()["code"] == 10015
    fake.delete_webhook()
    answer = send(client, content="Nebel")
    assert (answer.status_code, answer.json()["code"]) == (404, 10015)


def test_a_message_can_be_read_edited_and_deleted(client: Hook, fake: DiscordFake) -> None:
    message_id = send_files(client, [attachment()], ("files[0]", PHOTO)).json()["id"]
    path = f"/messages/{message_id}"
    edited = client("PATCH", path, json={**QUIET, "content": "Dunst"}).json()
    assert edited["edited_timestamp"]
    assert (fake.posts[0].text, len(fake.posts[0].pictures)) == ("Dunst", 1)
    client("PATCH", path, json={**QUIET, "attachments": []})
    assert (fake.posts[0].text, len(fake.posts[0].pictures)) == ("Dunst", 0)
    assert client("PATCH", path, json={"content": "@everyone"}).status_code == 400
    payload = {"payload_json": json.dumps({**QUIET, "content": "Nebel"})}
    assert client("PATCH", path, data=payload, files={"files[0]": PHOTO}).status_code == 400
    assert client("GET", path).json()["content"] == "Dunst"
    assert client("DELETE", path).status_code == 204
    assert client("GET", path).json()["code"] == 10008
    assert fake.posts == []


def test_only_the_bot_reads_the_channel(client: Hook, fake: DiscordFake) -> None:
    ids = [send(client, content=str(number)).json()["id"] for number in range(5)]
    url = f"{fake.url}/api/v10/channels/{client('GET', '').json()['channel_id']}/messages"
    bot = {"Authorization": f"Bot {fake.bot_token}"}

    def listed(**query: str) -> list[str]:
        return [message["id"] for message in client.http.get(url, params=query, headers=bot).json()]

    assert listed() == ids[::-1]
    assert listed(limit="2") == ids[:2:-1]
    assert listed(after=ids[1], limit="2") == [ids[3], ids[2]]
    assert listed(before=ids[2]) == [ids[1], ids[0]]
    assert client.http.get(url).status_code == 401
    assert client.http.get(url, headers={"Authorization": fake.bot_token}).status_code == 401
    assert client.http.get(url, params={"limit": "101"}, headers=bot).status_code == 400
    assert client.http.get(url, params={"around": ids[0]}, headers=bot).status_code == 400
    assert client.http.get(url.replace("channels/1", "channels/2"), headers=bot).json()["code"] == 10003


def test_an_id_tells_when_its_message_was_sent(http: httpx.Client) -> None:
    sent = datetime(2026, 11, 21, 8, 0, 0, 123000, tzinfo=UTC)
    with DiscordFake(clock=lambda: sent) as fake:
        first, second = (int(send(Hook(fake, http), content="Nebel").json()["id"]) for _ in range(2))
    assert datetime.fromtimestamp(((first >> 22) + 1_420_070_400_000) / 1000, UTC) == sent
    assert second > first


def test_a_rate_limit_tells_its_seconds_whole_and_exact(client: Hook, fake: DiscordFake) -> None:
    fake.faults.retry_after_s = 1.25
    fake.faults.queue.append("rate_limited")
    answer = send(client, content="Nebel")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"
    assert answer.json() == {"message": "You are being rate limited.", "retry_after": 1.25, "global": False}


def test_the_path_may_name_the_version(client: Hook, fake: DiscordFake) -> None:
    versioned = fake.account()["webhook"].replace("/api/", "/api/v10/")
    assert client.http.get(versioned).json() == client("GET").json()
    assert client.http.get(versioned.replace("v10", "v3")).status_code == 404


def test_answers_are_as_the_api_documents_them(client: Hook) -> None:
    message = send_files(client, [attachment()], ("files[0]", PHOTO), embeds=[{"title": "Karte"}]).json()
    assert agrees("discord", "MessageResponse", message)
    assert agrees("discord", "GuildIncomingWebhookResponse", client("GET").json())


# The bot


class Bot:
    """Calls of the bot."""

    def __init__(self, fake: DiscordFake, http: httpx.Client) -> None:
        self.url, self.http, self.headers = f"{fake.url}/api/v10", http, {"Authorization": f"Bot {fake.bot_token}"}

    def __call__(self, method: str, path: str, **body: Any) -> httpx.Response:
        return self.http.request(method, self.url + path, headers=self.headers, json=body or None)

    def send(self, **message: Any) -> httpx.Response:
        return self("POST", f"/channels/{CHANNEL}/messages", **{**QUIET, **message})


@pytest.fixture
def bot(fake: DiscordFake, http: httpx.Client) -> Bot:
    return Bot(fake, http)


def test_a_nonce_makes_two_calls_one_message_for_some_minutes(http: httpx.Client) -> None:
    moment = datetime(2026, 11, 21, 8, tzinfo=UTC)
    with DiscordFake(clock=lambda: moment) as fake:
        bot = Bot(fake, http)
        key = {"nonce": "a", "enforce_nonce": True}
        first = bot.send(content="Fog", **key).json()["id"]
        assert bot.send(content="Fog", **key).json()["id"] == first
        assert bot.send(content="Fog", nonce="a").json()["id"] != first, "it has to be enforced"
        assert bot.send(content="Fog", nonce="b", enforce_nonce=True).json()["id"] != first
        assert len(fake.posts) == 3
        moment += timedelta(minutes=3)
        bot.send(content="Fog", **key)
        assert len(fake.posts) == 4


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({}, 50006),
        ({"content": "x" * 2001}, 50035),
        ({"content": "x", "nonce": "x" * 26}, 50035),
        ({"content": "x", "enforce_nonce": True}, 50035),
        ({"content": "x", "username": "Blog"}, 50035),
        ({"content": "x", "thread_name": "Fog"}, 50035),
        ({"content": "x", "allowed_mentions": {"parse": ["users"]}}, 50035),
    ],
)
def test_a_bots_message_with_a_mistake_is_refused(bot: Bot, fake: DiscordFake, message: dict[str, Any], code: int) -> None:
    answer = bot.send(**message)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert fake.posts == []


def test_a_bot_changes_its_own_messages_and_no_others(bot: Bot, client: Hook, fake: DiscordFake) -> None:
    own, hooks = bot.send(content="Fog").json()["id"], send(client, content="Mist").json()["id"]
    path = f"/channels/{CHANNEL}/messages"
    assert bot("PATCH", f"{path}/{own}", **QUIET, content="Haze").json()["content"] == "Haze"
    assert bot("PATCH", f"{path}/{hooks}", **QUIET, content="Haze").json()["code"] == 50005
    assert bot("DELETE", f"{path}/{hooks}").json()["code"] == 50013
    assert client("GET", f"/messages/{own}").json()["code"] == 10008
    assert bot("DELETE", f"{path}/{own}").status_code == 204
    assert bot("GET", f"{path}/{own}").json()["code"] == 10008
    fake.rights |= 1 << 13
    assert bot("DELETE", f"{path}/{hooks}").status_code == 204
    fake.rights = 0
    assert bot.send(content="Fog").json()["code"] == 50013


def test_a_forum_takes_threads_and_nothing_else(bot: Bot, client: Hook, fake: DiscordFake) -> None:
    fake.kind = FORUM
    assert bot.send(content="Fog").json()["code"] == 50008
    assert send(client, content="Fog").json()["code"] == 220001
    opened = bot("POST", f"/channels/{CHANNEL}/threads", name="Fog", message={**QUIET, "content": "It came early."})
    assert opened.status_code == 201
    assert agrees("discord", "CreatedThreadResponse", opened.json())
    thread = opened.json()["id"]
    assert client("POST", params={"wait": "true"}, json={**QUIET, "content": "x", "thread_name": "Mist"}).status_code == 200
    both = client("POST", params={"thread_id": thread}, json={**QUIET, "content": "x", "thread_name": "Mist"})
    assert both.json()["code"] == 220002
    assert client("POST", params={"thread_id": "5"}, json={**QUIET, "content": "x"}).json()["code"] == 10003
    assert [(post.title, post.text) for post in fake.posts] == [("Fog", "It came early."), ("Mist", "x")]
    fake.kind = TEXT
    assert send(client, content="x", thread_name="Fog").json()["code"] == 220003
    assert bot("POST", f"/channels/{CHANNEL}/threads", name="Fog", message=QUIET).json()["code"] == 50024


def test_only_announcements_are_passed_on_and_once(bot: Bot, fake: DiscordFake) -> None:
    path = f"/channels/{CHANNEL}/messages/{bot.send(content='Fog').json()['id']}/crosspost"
    assert bot("POST", path).json()["code"] == 50024
    fake.kind = ANNOUNCEMENT
    assert bot("POST", path).status_code == 200
    assert bot("POST", path).json()["code"] == 40033


def test_whatever_a_bot_sends_there_is_an_answer(bot: Bot, fake: DiscordFake) -> None:
    good = {**QUIET, "content": "a", "nonce": "n", "enforce_nonce": True, "tts": False, "flags": 4}
    for mutant in mutants(good):
        assert bot.http.post(f"{bot.url}/channels/{CHANNEL}/messages", json=mutant, headers=bot.headers).status_code < 500
    fake.kind = FORUM
    for mutant in mutants({"name": "Fog", "applied_tags": ["5"], "message": {**QUIET, "content": "a"}}):
        assert bot.http.post(f"{bot.url}/channels/{CHANNEL}/threads", json=mutant, headers=bot.headers).status_code < 500


def test_a_bots_answers_are_as_the_api_documents_them(bot: Bot, fake: DiscordFake) -> None:
    sent = bot.send(content="Fog", nonce="a", enforce_nonce=True).json()
    fake.react(sent["id"], 2)
    path = f"/channels/{CHANNEL}"
    assert agrees("discord", "MessageResponse", sent)
    assert agrees("discord", "MessageResponse", bot("GET", f"{path}/messages/{sent['id']}").json())
    assert agrees("discord", "GuildChannelResponse", bot("GET", path).json())
    assert agrees("discord", "ThreadResponse", bot("GET", f"/channels/{fake.open_thread()}").json())
    assert agrees("discord", "ThreadsResponse", bot("GET", f"/guilds/{GUILD}/threads/active").json())
    assert agrees("discord", "UserPIIResponse", bot("GET", "/users/@me").json())
    assert agrees("discord", "GuildMemberResponse", bot("GET", f"/guilds/{GUILD}/members/{BOT}").json())
    assert all(agrees("discord", "GuildRoleResponse", role) for role in bot("GET", f"/guilds/{GUILD}/roles").json())
