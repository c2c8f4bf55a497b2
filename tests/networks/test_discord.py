"""Messages to Discord: taken once by a webhook that cannot be asked, and found by a bot that can."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from socialbot.networks.discord import MAX_REQUEST_BYTES, Discord
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    NeedsLogin,
    Network,
    NetworkError,
    Prepared,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.testing.fakes import DiscordFake
from tests.networks.desk import SHARED, Desk

SPEC = SHARED / "specs/discord/openapi.json"
WEBHOOK = "https://discord.test/api/webhooks/1304412345678901234/webhook-token_1"


@pytest.fixture
def fake() -> Iterator[DiscordFake]:
    with DiscordFake() as running:
        yield running


@pytest.fixture
def desk(fake: DiscordFake, tmp_path: Path) -> Desk:
    return Desk(Discord, fake.account(), tmp_path)


@pytest.fixture
def bot_desk(fake: DiscordFake, tmp_path: Path) -> Desk:
    return Desk(Discord, {**fake.account(), "bot_token": fake.bot_token}, tmp_path)


def doubt_of(desk: Desk) -> str:
    async def act(network: Network) -> str:
        return network.doubt.kind

    return desk.run(act)


# What is sent


def test_a_message_arrives_word_for_word_and_calls_nobody(fake: DiscordFake, desk: Desk) -> None:
    text = "@everyone *Fog* över Öland 🌫️\nhttps://example.org/fog"
    published = desk.send(desk.draft(text))
    (post,) = fake.posts
    assert (post.text, published.remote_id, published.url) == (text, post.id, post.url)
    assert fake.mention_violations == []


def test_pictures_keep_their_bytes_order_and_alt_text(fake: DiscordFake, desk: Desk) -> None:
    pictures = (desk.picture("A heron — “still”"), desk.picture("", colour="navy"))
    desk.send(desk.draft("Two", pictures=pictures))
    assert [(one.alt, one.content) for one in fake.posts[0].pictures] == [
        (one.alt, desk.media.get(one.digest)) for one in pictures
    ]


def test_pictures_beyond_what_one_request_may_weigh_are_refused_before_sending(fake: DiscordFake, desk: Desk) -> None:
    heavy = replace(desk.picture(), bytes=MAX_REQUEST_BYTES // 3 + 1)
    with pytest.raises(Refused, match="at most 26,214,400 are taken together"):
        desk.prepare(desk.draft("Fog", pictures=(heavy,) * 3))


@pytest.mark.skipif(not SPEC.exists(), reason="the specification lies outside the repository")
@pytest.mark.parametrize("pictures", [0, 2])
def test_the_request_is_what_the_specification_asks_for(desk: Desk, pictures: int) -> None:
    variants = tuple(desk.picture("alt", colour=colour) for colour in ("teal", "navy")[:pictures])
    request = desk.prepare(desk.draft("Fog", pictures=variants)).request
    components = json.loads(SPEC.read_text())["components"]
    body = {**components["schemas"]["IncomingWebhookRequestPartial"], "additionalProperties": False, "components": components}
    Draft202012Validator(body).validate(request)


def test_what_is_prepared_can_be_stored_and_holds_no_secret(fake: DiscordFake, bot_desk: Desk) -> None:
    request = bot_desk.prepare(bot_desk.draft("Fog", pictures=(bot_desk.picture(),))).request
    assert json.loads(json.dumps(request)) == request
    assert "fake-" not in json.dumps(request)


# Once


def test_without_a_bot_nobody_can_be_asked(fake: DiscordFake, desk: Desk) -> None:
    draft = desk.draft("Fog")
    fake.faults.queue.append("commit_then_drop")
    with pytest.raises(Unknown, match="may be out"):
        desk.send(draft)
    assert doubt_of(desk) == "NONE"
    found = desk.find(desk.prepare(draft))
    assert isinstance(found, CannotTell)
    assert "no way to look" in found.why


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_500"])
@pytest.mark.parametrize("pictures", [True, False])
def test_a_bot_finds_a_message_whose_answer_was_lost(fake: DiscordFake, bot_desk: Desk, fault: str, pictures: bool) -> None:
    draft = bot_desk.draft(" Fog\nand mist ", pictures=(bot_desk.picture(),) if pictures else ())
    prepared = bot_desk.prepare(draft)
    fake.faults.queue.append(fault)  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        bot_desk.publish(prepared)
    bot_desk.vault.write(None)
    found = bot_desk.find(Prepared(draft, 0, json.loads(json.dumps(prepared.request))))
    assert not isinstance(found, CannotTell)
    assert found and found.url == fake.posts[0].url
    assert doubt_of(bot_desk) == "LIST"


@pytest.mark.parametrize("fault", ["drop", "reject_500", "unavailable"])
def test_a_bot_finds_nothing_when_the_message_was_not_taken(fake: DiscordFake, bot_desk: Desk, fault: str) -> None:
    bot_desk.send(bot_desk.draft("Mist"))
    bot_desk.send(bot_desk.draft("Fog", pictures=(bot_desk.picture(),)))
    draft = bot_desk.draft("Fog")
    fake.faults.queue.append(fault)  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        bot_desk.send(draft)
    assert bot_desk.find(bot_desk.prepare(draft)) is None


def test_a_message_from_before_is_not_taken_for_this_one(fake: DiscordFake, bot_desk: Desk) -> None:
    draft = bot_desk.draft("Fog")
    bot_desk.send(draft)
    assert bot_desk.find(bot_desk.prepare(draft), ago_s=-120) is None
    assert bot_desk.find(bot_desk.prepare(draft), ago_s=0) is not None


def test_a_busy_channel_is_searched_from_the_moment_of_sending_on(fake: DiscordFake, bot_desk: Desk) -> None:
    for number in range(101):
        bot_desk.send(bot_desk.draft(f"Chatter {number}"))
    last = bot_desk.send(draft := bot_desk.draft("Fog"))
    assert bot_desk.find(bot_desk.prepare(draft), ago_s=60) == last


def test_the_same_words_from_another_webhook_are_not_ours(tmp_path: Path) -> None:
    desk = _channel(tmp_path, lambda after: [_message(after + 1, "Fog", "1")])
    assert desk.find(desk.prepare(desk.draft("Fog"))) is None


@pytest.mark.parametrize(
    ("messages", "word"),
    [
        (lambda after: [_message(number, "chatter", "1") for number in range(after + 1, after + 101)], "too much"),
        (lambda after: [_message(after + 1, "", "1304412345678901234")], "Message Content"),
    ],
)
def test_a_channel_that_cannot_be_read_through_cannot_tell(
    tmp_path: Path, messages: Callable[[int], list[dict[str, Any]]], word: str
) -> None:
    desk = _channel(tmp_path, messages)
    found = desk.find(desk.prepare(desk.draft("Fog")))
    assert isinstance(found, CannotTell)
    assert word in found.why


@pytest.mark.parametrize("bot", [True, False])
def test_a_bot_that_is_shown_no_history_cannot_tell(fake: DiscordFake, tmp_path: Path, bot: bool) -> None:
    """Discord answers 200 with an empty list then: nothing found would be taken for nothing sent."""
    desk = Desk(Discord, fake.bot_account() if bot else {**fake.account(), "bot_token": fake.bot_token}, tmp_path)
    prepared = desk.prepare(desk.draft("Fog"))
    fake.rights &= ~(1 << 16)
    assert desk.find(prepared) is None, "nothing was ever said in this channel"
    desk.publish(prepared)
    found = desk.find(prepared)
    assert isinstance(found, CannotTell) and "Read Message History" in found.why
    assert any("Read Message History" in note for note in desk.check().notes)


def _channel(tmp_path: Path, messages: Callable[[int], list[dict[str, Any]]]) -> Desk:
    """A desk whose channel holds these messages; `messages` is asked for those after an id."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "webhooks" in request.url.path:
            return httpx.Response(200, json={"channel_id": "5", "guild_id": "6", "name": "Blog"})
        return httpx.Response(200, json=messages(int(request.url.params.get("after", "0"))))

    return Desk(Discord, {"webhook": WEBHOOK, "bot_token": "bot-token"}, tmp_path, answer)


def _message(message_id: int, content: str, webhook: str) -> dict[str, Any]:
    return {"id": str(message_id), "webhook_id": webhook, "content": content, "attachments": []}


def test_a_bot_with_a_wrong_token_cannot_tell(fake: DiscordFake, bot_desk: Desk) -> None:
    bot_desk.settings = {**bot_desk.settings, "bot_token": "wrong-bot-token"}
    found = bot_desk.find(bot_desk.prepare(bot_desk.draft("Fog")))
    assert isinstance(found, CannotTell)
    assert "Read Message History" in found.why


# The webhook


@pytest.mark.parametrize(
    "url",
    [
        "https://discord.com/api/webhooks/1/a-b_C",
        "https://discord.com/api/v10/webhooks/1/a",
        "http://127.0.0.1:8080/api/webhooks/1/a/",
        " https://discord.com/api/webhooks/1/a\n",
        "",
    ],
)
def test_a_webhook_is_taken_as_discord_shows_it(url: str) -> None:
    Discord.options.model_validate({"network": "discord", "webhook": url})


@pytest.mark.parametrize(
    "url", ["discord.com/api/webhooks/1/a", "https://discord.com/api/webhooks/secret", "https://u@x.test/api/webhooks/1/a"]
)
def test_what_is_no_webhook_is_a_mistake_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(ValueError, match="as Discord shows it") as caught:
        Discord.options.model_validate({"network": "discord", "webhook": url})
    assert "secret" not in str(caught.value)


def test_an_unversioned_webhook_is_called_at_the_version_we_know(fake: DiscordFake, desk: Desk) -> None:
    desk.send(desk.draft("Fog"))
    assert all(call.split(" ")[1].startswith("/api/v10/webhooks/") for call in fake.calls)


def test_the_webhooks_place_is_asked_for_once(fake: DiscordFake, desk: Desk) -> None:
    for _ in range(3):
        desk.send(desk.draft("Fog"))
    assert Counter(call.split(" ")[0] for call in fake.calls) == {"GET": 1, "POST": 3}


def test_check_says_who_we_are_and_that_nobody_can_look(fake: DiscordFake, desk: Desk, bot_desk: Desk) -> None:
    identity = desk.check()
    assert identity.name == 'webhook "Blog" in channel 1304400000000000001'
    assert identity.url == "https://discord.com/channels/1304399999999999999/1304400000000000001"
    assert "bot_token" in identity.notes[0]
    assert bot_desk.check().notes == ()
    bot_desk.settings = {**bot_desk.settings, "bot_token": "wrong-bot-token"}
    assert "cannot read the channel" in bot_desk.check().notes[0]


def test_a_missing_webhook_is_said_plainly(tmp_path: Path) -> None:
    desk = Desk(Discord, {}, tmp_path)
    with pytest.raises(NeedsLogin, match="no webhook is set"):
        desk.send(desk.draft("Fog"))


def test_a_deleted_webhook_is_never_used_again(fake: DiscordFake, desk: Desk) -> None:
    desk.send(desk.draft("Fog"))
    fake.delete_webhook()
    with pytest.raises(Blocked, match="gone") as caught:
        desk.send(desk.draft("Mist"))
    assert "Integrations" in caught.value.fix


# The error table


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, 10015, Blocked),
        (404, 10003, Blocked),
        (404, 0, Blocked),
        (403, 50001, Blocked),
        (403, 50013, Blocked),
        (401, 50027, NeedsLogin),
        (400, 50035, Refused),
        (400, 50006, Refused),
        (413, 40005, Refused),
        (400, 40005, Refused),
        (400, 220001, Refused),
        (400, 220002, Refused),
        (400, 220003, Refused),
        (400, 220004, Refused),
        (429, 0, RateLimited),
        (400, 20016, RateLimited),
        (403, 20028, RateLimited),
        (403, 20029, RateLimited),
        (429, 40062, RateLimited),
        (204, 0, Unknown),
        (500, 0, Unknown),
        (502, 0, Unknown),
        (503, 0, Unknown),
        (504, 0, Unknown),
    ],
)
def test_each_answer_of_the_error_table_has_its_meaning(
    tmp_path: Path, status: int, code: int, kind: type[NetworkError]
) -> None:
    error = _refusal(tmp_path, status, {"code": code, "message": "no", "errors": {"content": "too long"}})
    assert type(error) is kind
    assert str(error).startswith("Discord")


def test_a_refusal_names_the_field(tmp_path: Path) -> None:
    details = {"content": {"_errors": [{"message": "Must be 2000 or fewer in length."}]}}
    assert "2000 or fewer" in str(_refusal(tmp_path, 400, {"code": 50035, "message": "Invalid Form Body", "errors": details}))


@pytest.mark.parametrize(
    ("body", "headers"),
    [({"retry_after": 120.5}, {}), ({}, {"Retry-After": "120"}), ({"message": "no JSON number"}, {"Retry-After": "120"})],
)
def test_the_end_of_a_rate_limit_is_read_from_the_answer(tmp_path: Path, body: dict[str, Any], headers: dict[str, str]) -> None:
    error = _refusal(tmp_path, 429, body, headers)
    assert isinstance(error, RateLimited)
    assert 110 < (error.until - datetime.now(UTC)).total_seconds() < 130


def _refusal(tmp_path: Path, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> NetworkError:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"channel_id": "5", "guild_id": "6", "name": "Blog"})
        return httpx.Response(status, json=body, headers=headers)

    desk = Desk(Discord, {"webhook": WEBHOOK}, tmp_path, answer)
    with pytest.raises(NetworkError) as caught:
        desk.send(desk.draft("Fog"))
    return caught.value


def test_a_bot_finds_the_message_though_our_clock_is_an_hour_ahead(bot_desk: Desk) -> None:
    draft = bot_desk.draft("Fog at dawn")
    prepared = bot_desk.prepare(draft)
    published = bot_desk.publish(prepared)

    async def look(network: Network) -> object:
        network._line.clock = lambda: datetime.now(UTC) + timedelta(hours=1)  # type: ignore[attr-defined]
        return await network.find(prepared, network._line.clock())  # type: ignore[attr-defined]

    assert bot_desk.run(look) == published
