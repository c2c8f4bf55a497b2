"""The Telegram fake takes what the Bot API takes, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from socialbot.testing.fakes import TelegramFake
from socialbot.testing.fakes.telegram import BOT
from tests.testing.botapi import is_answer
from tests.testing.conftest import picture
from tests.testing.mutants import mutants

CHAT = {"chat_id": "@fognews"}


class Bot:
    """Calls of the bot."""

    def __init__(self, fake: TelegramFake, http: httpx.Client) -> None:
        self.url, self.http = f"{fake.url}/bot{fake.account()['bot_token']}", http

    def __call__(self, method: str, files: dict[str, Any] | None = None, **fields: Any) -> httpx.Response:
        body = {**(CHAT if method != "getMe" else {}), **fields}
        if files is None:
            return self.http.post(f"{self.url}/{method}", json=body)
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
        return self.http.post(f"{self.url}/{method}", data=form, files=files)


@pytest.fixture
def fake() -> Iterator[TelegramFake]:
    with TelegramFake() as running:
        yield running


@pytest.fixture
def bot(fake: TelegramFake, http: httpx.Client) -> Bot:
    return Bot(fake, http)


def photo(name: str = "a.jpg", content: bytes | None = None) -> tuple[str, bytes, str]:
    return name, content or picture(), "image/jpeg"


def album(bot: Bot, many: int, **first: Any) -> httpx.Response:
    media: list[dict[str, Any]] = [{"type": "photo", "media": f"attach://p{at}"} for at in range(many)]
    return bot("sendMediaGroup", {f"p{at}": photo() for at in range(many)}, media=[media[0] | first, *media[1:]])


def test_a_text_is_seen_with_the_links_and_tags_that_the_server_finds(bot: Bot, fake: TelegramFake) -> None:
    hidden = {"type": "text_link", "offset": 3, "length": 4, "url": "https://example.org/a"}
    answer = bot("sendMessage", text="🌫 Fog, https://example.org/b #fog", entities=[hidden]).json()["result"]
    (seen,) = fake.posts
    assert (seen.id, seen.url) == (str(answer["message_id"]), f"https://t.me/fognews/{answer['message_id']}")
    assert seen.links == (("Fog,", "https://example.org/a"), ("https://example.org/b", "https://example.org/b"))
    assert seen.tags == ("fog",)
    assert seen.card == {"url": "https://example.org/a", "title": None, "description": None, "thumb": None}


def test_an_album_is_one_post_of_several_messages(bot: Bot, fake: TelegramFake) -> None:
    messages = album(bot, 3, caption="Fog").json()["result"]
    assert len({message["media_group_id"] for message in messages}) == 1
    (seen,) = fake.posts
    assert seen.id == ",".join(str(message["message_id"]) for message in messages)
    assert (seen.text, len(seen.pictures), seen.card) == ("Fog", 3, None)


@pytest.mark.parametrize(
    ("method", "fields", "word"),
    [
        ("sendMessage", {}, "text is empty"),
        ("sendMessage", {"text": " "}, "text is empty"),
        ("sendMessage", {"text": "x" * 4097}, "too long"),
        ("sendMessage", {"text": 7}, "not of its type"),
        ("sendMessage", {"text": "x", "parse_mode": "HTML"}, "no field parse_mode"),
        ("sendMessage", {"text": "x", "nonce": "1"}, "no field nonce"),
        ("sendMessage", {"text": "x", "disable_notification": 1}, "not of its type"),
        ("sendMessage", {"text": "x", "entities": [{"type": "bold", "offset": 0, "length": 2}]}, "BOUNDS"),
        ("sendMessage", {"text": "🌫", "entities": [{"type": "bold", "offset": 1, "length": 1}]}, "BOUNDS"),
        ("sendMessage", {"text": "x", "entities": [{"type": "text_link", "offset": 0, "length": 1}]}, "has a URL"),
        ("sendMessage", {"text": "x", "message_thread_id": 4}, "thread not found"),
        ("sendMessage", {"text": "x", "reply_parameters": {"message_id": 99}}, "to be replied not found"),
        ("sendMessage", {"text": "x", "chat_id": "@other_chat"}, "chat not found"),
        ("sendPhoto", {"caption": "x"}, "no photo"),
        ("sendMediaGroup", {"media": []}, "2 to 10"),
        ("editMessageText", {"message_id": 99, "text": "x"}, "not found"),
        ("editMessageCaption", {"message_id": 99}, "not found"),
        ("editMessageText", {"text": "x"}, "message_id isn't specified"),
        ("deleteMessage", {"message_id": 99}, "to delete not found"),
        ("deleteMessages", {"message_ids": []}, "1 to 100"),
        ("getChatMember", {"user_id": 1}, "member not found"),
    ],
)
def test_a_call_with_a_mistake_is_refused(bot: Bot, fake: TelegramFake, method: str, fields: dict[str, Any], word: str) -> None:
    answer = bot(method, **fields)
    assert answer.status_code == answer.json()["error_code"] == 400
    assert word in answer.json()["description"]
    assert fake.posts == []


def test_the_limits_are_inclusive_and_count_code_points(bot: Bot) -> None:
    assert bot("sendMessage", text="🌫" * 4096).status_code == 200
    assert album(bot, 2, caption="🌫" * 1024).status_code == 200
    assert "caption is too long" in album(bot, 2, caption="🌫" * 1025).json()["description"]
    assert album(bot, 10).status_code == 200
    assert album(bot, 11).status_code == 400


@pytest.mark.parametrize(
    ("content", "status", "word"),
    [
        (b"no picture", 400, "IMAGE_PROCESS_FAILED"),
        (picture(2100, 100), 400, "PHOTO_INVALID_DIMENSIONS"),
        (picture(6000, 4001), 400, "PHOTO_INVALID_DIMENSIONS"),
        (picture(kind="GIF"), 400, "IMAGE_PROCESS_FAILED"),
        (picture().ljust(10_000_001, b"\0"), 413, "Too Large"),
    ],
)
def test_a_photo_that_cannot_be_used_is_refused(bot: Bot, content: bytes, status: int, word: str) -> None:
    answer = bot("sendPhoto", {"photo": photo(content=content)})
    assert (answer.status_code, word in answer.json()["description"]) == (status, True)


def test_every_picture_of_an_album_has_its_file(bot: Bot, fake: TelegramFake) -> None:
    media = [{"type": "photo", "media": f"attach://p{at}"} for at in range(2)]
    for names in (("p0",), ("p0", "p1", "p2"), ("p0", "p2")):
        assert bot("sendMediaGroup", {name: photo() for name in names}, media=media).status_code == 400
    video = [media[0], {"type": "video", "media": "attach://p1"}]
    assert bot("sendMediaGroup", {name: photo() for name in ("p0", "p1")}, media=video).status_code == 400
    assert fake.posts == []


def test_whatever_is_sent_there_is_an_answer(bot: Bot) -> None:
    hidden = {"type": "text_link", "offset": 0, "length": 1, "url": "https://example.org/a"}
    sent = bot("sendMessage", text="Fog").json()["result"]["message_id"]
    good: dict[str, Any] = {"text": "Fog", "entities": [hidden], "link_preview_options": {"is_disabled": True, "url": "x"}}
    good |= {"reply_parameters": {"message_id": sent}, "protect_content": True, "message_thread_id": 1}
    for mutant in mutants({**good, **CHAT}):
        assert bot.http.post(f"{bot.url}/sendMessage", json=mutant).status_code < 500
    for mutant in mutants({**CHAT, "media": [{"type": "photo", "media": "attach://p0", "caption_entities": [hidden]}] * 2}):
        assert bot.http.post(f"{bot.url}/sendMediaGroup", json=mutant).status_code < 500
    for method in ("editMessageText", "editMessageCaption", "deleteMessages", "getChatMember", "sendPhoto"):
        for mutant in mutants({**CHAT, "message_id": sent, "text": "x", "caption": "x"}):
            assert bot.http.post(f"{bot.url}/{method}", json=mutant).status_code < 500


def test_a_message_is_edited_in_its_own_way_and_only_when_it_changes(bot: Bot, fake: TelegramFake) -> None:
    text = bot("sendMessage", text="Fog").json()["result"]["message_id"]
    shown = bot("sendPhoto", {"photo": photo()}, caption="Fog").json()["result"]["message_id"]
    assert "no caption" in bot("editMessageCaption", message_id=text, caption="Mist").json()["description"]
    assert "no text" in bot("editMessageText", message_id=shown, text="Mist").json()["description"]
    assert bot("editMessageText", message_id=text, text="Mist").json()["result"]["edit_date"]
    assert bot("editMessageCaption", message_id=shown, caption="Mist").json()["result"]["caption"] == "Mist"
    assert [seen.text for seen in fake.posts] == ["Mist", "Mist"]
    assert "not modified" in bot("editMessageText", message_id=text, text="Mist").json()["description"]


def test_what_is_gone_already_is_skipped_when_several_are_deleted(bot: Bot, fake: TelegramFake) -> None:
    ids = [bot("sendMessage", text=str(number)).json()["result"]["message_id"] for number in range(3)]
    assert bot("deleteMessage", message_id=ids[0]).json()["result"] is True
    assert bot("deleteMessages", message_ids=ids[:2]).json()["result"] is True
    assert [seen.text for seen in fake.posts] == ["2"]


def test_after_two_days_only_the_right_to_delete_helps(http: httpx.Client) -> None:
    moment = datetime(2026, 11, 21, 8, tzinfo=UTC)
    with TelegramFake(clock=lambda: moment) as fake:
        bot = Bot(fake, http)
        sent = bot("sendMessage", text="Fog").json()["result"]["message_id"]
        moment += timedelta(hours=48)
        fake.rights["can_delete_messages"] = False
        assert "can't be deleted" in bot("deleteMessages", message_ids=[sent]).json()["description"]
        fake.rights["can_delete_messages"] = True
        assert bot("deleteMessages", message_ids=[sent]).status_code == 200
        assert fake.posts == []


def test_who_may_not_enter_is_told_why(bot: Bot, fake: TelegramFake) -> None:
    assert bot.http.post(f"{fake.url}/bot1:wrong/getMe").status_code == 401
    assert bot.http.post(f"{fake.url}/botwrong/getMe").status_code == 404
    assert bot("sendVideo").status_code == 404
    fake.rights["can_post_messages"] = False
    assert "administrator rights" in bot("sendMessage", text="x").json()["description"]
    fake.in_chat = False
    answer = bot("sendMessage", text="x")
    assert (answer.status_code, "not a member" in answer.json()["description"]) == (403, True)
    assert bot("getChatMember", user_id=BOT).json()["result"]["status"] == "left"
    fake.moved_to = -1009
    assert bot("sendMessage", text="x", chat_id=fake.chat_id).json()["parameters"] == {"migrate_to_chat_id": -1009}
    fake.revoke()
    assert bot("getMe").status_code == 401


def test_a_rate_limit_tells_its_seconds_in_body_and_header(bot: Bot, fake: TelegramFake) -> None:
    fake.faults.retry_after_s = 1.25
    fake.faults.queue.append("rate_limited")
    answer = bot("sendMessage", text="x")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert answer.json()["parameters"] == {"retry_after": 2}
    assert answer.json()["description"] == "Too Many Requests: retry after 2"


def test_answers_are_as_the_api_documents_them(bot: Bot, fake: TelegramFake) -> None:
    fake.topics = frozenset({4})
    first = bot("sendMessage", text="Fog", message_thread_id=4, protect_content=True).json()["result"]
    answering = {"message_id": first["message_id"]}
    hidden = {"type": "text_link", "offset": 0, "length": 1, "url": "https://example.org/a"}
    for message in (
        first,
        bot("sendMessage", text="Fog", entities=[hidden], reply_parameters=answering).json()["result"],
        bot("sendPhoto", {"photo": photo()}, caption="Fog").json()["result"],
        *album(bot, 2, caption="Fog").json()["result"],
    ):
        assert is_answer("Message", message)
    assert is_answer("User", bot("getMe").json()["result"])
    member = bot("getChatMember", user_id=BOT).json()["result"]
    assert is_answer("ChatMemberAdministrator", member)
    assert is_answer("ChatFullInfo", bot("getChat").json()["result"])
