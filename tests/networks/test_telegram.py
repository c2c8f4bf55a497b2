"""Posts to Telegram: texts, pictures, albums, as the Bot API wants them, and what is held since nobody can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    NeedsLogin,
    Network,
    NetworkError,
    Passing,
    Prepared,
    Published,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.networks.telegram import Telegram
from socialbot.nouns import Caption, Span
from socialbot.testing.fakes import TelegramFake
from socialbot.testing.fakes.server import Fault
from tests.networks.desk import Desk
from tests.testing.botapi import is_call

LINK = "https://example.org/fog"


@pytest.fixture
def fake() -> Iterator[TelegramFake]:
    with TelegramFake() as running:
        yield running


@pytest.fixture
def desk(fake: TelegramFake, tmp_path: Path) -> Desk:
    return Desk(Telegram, fake.account(), tmp_path)


def body(fake: TelegramFake, method: str) -> dict[str, Any]:
    """The fields of the only call of a method, which are as the specification has them."""
    [found] = [fields for name, fields in fake.bodies if name == method]
    return found


# What is sent


def test_a_text_arrives_word_for_word_with_nothing_read_into_it(fake: TelegramFake, desk: Desk) -> None:
    text = f"<b>*Fog*</b> _över_ [Öland](x) 🌫️ & more\n{LINK} #fog"
    published = desk.send(desk.draft(text, link=LINK))
    (post,) = fake.posts
    assert (post.text, post.id, post.url) == (text, published.remote_id, published.url)
    assert (post.links, post.tags) == (((LINK, LINK),), ("fog",))
    assert "parse_mode" not in body(fake, "sendMessage")


def test_one_picture_goes_with_its_caption(fake: TelegramFake, desk: Desk) -> None:
    picture = desk.picture("A heron")
    published = desk.send(desk.draft("Fog", pictures=(picture,)))
    (post,) = fake.posts
    assert (post.text, post.id, post.url) == ("Fog", published.remote_id, published.url)
    assert [one.content for one in post.pictures] == [desk.media.get(picture.digest)]
    assert "media_group_id" not in post.raw


def test_an_album_keeps_its_pictures_in_order_under_one_caption(fake: TelegramFake, desk: Desk) -> None:
    pictures = tuple(desk.picture(colour=colour) for colour in ("teal", "navy", "maroon"))
    published = desk.send(desk.draft("Fog", pictures=pictures))
    (post,) = fake.posts
    assert [one.content for one in post.pictures] == [desk.media.get(one.digest) for one in pictures]
    assert (post.text, post.id, post.url) == ("Fog", published.remote_id, published.url)
    assert len(published.remote_id.split(",")) == 3
    assert [one.get("caption") for one in body(fake, "sendMediaGroup")["media"]] == ["Fog", None, None]


def test_a_shortened_link_has_the_whole_one_behind_it(fake: TelegramFake, desk: Desk) -> None:
    text, shown = "🌫️ Fog\n\nexample.org/fog", "example.org/fog"
    start = text.index(shown)
    made = desk.draft(text, link=LINK)
    caption = replace(made.parts[0].caption, spans=(Span("link", start, len(text), LINK),))
    desk.send(replace(made, parts=(replace(made.parts[0], caption=caption),)))
    assert fake.posts[0].links == ((shown, LINK),)
    desk.send(replace(made, parts=(replace(made.parts[0], caption=caption, pictures=(desk.picture(),)),)))
    assert fake.posts[1].links == ((shown, LINK),)


def test_links_are_shortened_where_the_account_says_so(fake: TelegramFake, desk: Desk) -> None:
    async def short(network: Network) -> bool:
        return (await network.discover()).short_links

    assert desk.run(short) is False
    desk.settings = {**desk.settings, "link_as": "short"}
    assert desk.run(short) is True


@pytest.mark.parametrize("pictures", [0, 1, 2])
def test_the_headline_is_bold_where_the_account_says_so(fake: TelegramFake, desk: Desk, pictures: int) -> None:
    desk.settings = {**desk.settings, "headline": "bold"}
    variants = tuple(desk.picture(colour=colour) for colour in ("teal", "navy")[:pictures])
    desk.send(desk.draft("🌫️ Fog\n\nIt came early.", pictures=variants))
    raw = fake.posts[0].raw
    assert raw["caption_entities" if pictures else "entities"] == [{"type": "bold", "offset": 0, "length": 7}]
    desk.send(desk.draft("Only one line"))
    desk.send(replace(desk.draft("Text written by AI\n\nFog"), label="Text written by AI"))
    assert not any("entities" in post.raw for post in fake.posts[1:])


@pytest.mark.parametrize(
    ("options", "preview"),
    [
        ({}, {"url": LINK}),
        ({"preview": "large"}, {"url": LINK, "prefer_large_media": True}),
        ({"preview": "small", "preview_above": True}, {"url": LINK, "prefer_small_media": True, "show_above_text": True}),
        ({"preview": "off"}, {"is_disabled": True}),
    ],
)
def test_the_preview_is_that_of_the_posts_link(
    fake: TelegramFake, desk: Desk, options: dict[str, Any], preview: dict[str, Any]
) -> None:
    desk.settings = {**desk.settings, **options}
    desk.send(desk.draft(f"As https://example.com/other says: {LINK}", link=LINK))
    assert body(fake, "sendMessage")["link_preview_options"] == preview
    assert (fake.posts[0].card or {}).get("url") == preview.get("url")


def test_a_preview_is_asked_for_only_where_the_link_stands(fake: TelegramFake, desk: Desk) -> None:
    desk.send(desk.draft("No link here", link=LINK))
    assert body(fake, "sendMessage")["link_preview_options"] == {}


def test_posts_may_be_silent_protected_and_in_a_topic(fake: TelegramFake, desk: Desk) -> None:
    fake.topics = frozenset({7})
    desk.settings = {**desk.settings, "silent": True, "protect": True, "topic": 7, "caption_above": True}
    for pictures in ((), (desk.picture(),), (desk.picture(), desk.picture(colour="navy"))):
        desk.send(desk.draft("Fog", pictures=pictures))
    for method in ("sendMessage", "sendPhoto", "sendMediaGroup"):
        sent = body(fake, method)
        assert (sent["disable_notification"], sent["protect_content"], sent["message_thread_id"]) == (True, True, 7)
    assert body(fake, "sendPhoto")["show_caption_above_media"] is True
    assert body(fake, "sendMediaGroup")["media"][0]["show_caption_above_media"] is True


def test_a_thread_answers_its_first_message_even_below_an_album(fake: TelegramFake, desk: Desk) -> None:
    pictures = (desk.picture(), desk.picture(colour="navy"))
    draft = desk.draft("Fog", "And more", "And still more")
    draft = replace(draft, parts=(replace(draft.parts[0], pictures=pictures), *draft.parts[1:]))
    first = desk.send(draft)
    second = desk.send(draft, 1, first)
    desk.send(draft, 2, first, second)
    assert [post.answers for post in fake.posts] == [None, first.remote_id, second.remote_id]


def test_a_private_channels_posts_have_an_address_too(desk: Desk, fake: TelegramFake) -> None:
    desk.settings = {**desk.settings, "chat": str(fake.chat_id)}
    assert desk.send(desk.draft("Fog")).url == "https://t.me/fognews/1"
    desk.answer = lambda request: httpx.Response(
        200, json={"ok": True, "result": {"message_id": 9, "chat": {"id": -1001234, "type": "channel"}}}
    )
    assert desk.send(desk.draft("Fog")).url == "https://t.me/c/1234/9"


def test_a_message_that_the_server_sends_later_is_told(desk: Desk) -> None:
    desk.answer = lambda request: httpx.Response(200, json={"ok": True, "result": {"message_id": 0, "chat": {"id": -1001}}})
    published = desk.send(desk.draft("Fog"))
    assert published.url is None
    assert "later" in published.warnings[0]


def test_every_call_is_what_the_specification_asks_for(fake: TelegramFake, desk: Desk) -> None:
    fake.topics = frozenset({7})
    for options in (
        {},
        {"topic": 7, "silent": True, "protect": True, "preview": "large", "preview_above": True, "headline": "bold"},
        {"preview": "off", "caption_above": True},
    ):
        desk.settings = {**fake.account(), **options}
        desk.check()
        for pictures in ((), (desk.picture(),), (desk.picture(), desk.picture(colour="navy"))):
            draft = desk.draft(f"Fog\n{LINK}", f"More {options}", pictures=pictures, link=LINK)
            draft = replace(draft, parts=(draft.parts[0], replace(draft.parts[1], pictures=())))
            first = desk.send(draft)
            desk.send(draft, 1, first)
            changed = desk.draft(f"Mist\n{LINK}", pictures=pictures, link=LINK)
            desk.run(lambda network, changed=changed, first=first: network.edit(changed, 0, first))  # type: ignore[misc]
            desk.run(lambda network, first=first: network.delete(first))  # type: ignore[misc]
    assert len({method for method, _ in fake.bodies}) == 9
    assert all(is_call(method, fields) for method, fields in fake.bodies)


# In doubt


def test_what_is_in_doubt_cannot_be_asked_for(fake: TelegramFake, desk: Desk) -> None:
    draft = desk.draft("Fog")
    fake.faults.queue.append("commit_then_drop")
    with pytest.raises(Unknown, match="may be out"):
        desk.send(draft)

    async def doubt(network: Network) -> str:
        return network.doubt.kind

    assert desk.run(doubt) == "NONE"
    found = desk.find(desk.prepare(draft))
    assert isinstance(found, CannotTell)


def test_what_is_prepared_can_be_stored_and_holds_no_secret(fake: TelegramFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture(), desk.picture(colour="navy"))))
    stored = json.loads(json.dumps(prepared.request))
    assert "fake-bot" not in json.dumps(stored)
    desk.publish(Prepared(prepared.draft, 0, stored))
    assert fake.posts[0].text == "Fog"


# What is out is changed


@pytest.mark.parametrize("many", [0, 1, 3])
def test_new_words_reach_the_text_or_the_caption_and_leave_the_pictures(fake: TelegramFake, desk: Desk, many: int) -> None:
    pictures = tuple(desk.picture(colour=colour) for colour in ("teal", "navy", "maroon")[:many])
    published = desk.send(desk.draft("Fog", pictures=pictures))
    for _ in range(2):  # the second time nothing is left to change
        again = desk.run(lambda network: network.edit(desk.draft("Mist", pictures=pictures), 0, published))
        assert (again.remote_id, again.url) == (published.remote_id, published.url)
    (post,) = fake.posts
    assert (post.text, len(post.pictures), post.id) == ("Mist", many, published.remote_id)


def test_an_edit_without_pictures_keeps_those_that_are_there(fake: TelegramFake, desk: Desk) -> None:
    published = desk.send(desk.draft("Fog", pictures=(desk.picture(),)))
    desk.run(lambda network: network.edit(desk.draft("Mist"), 0, published))
    assert [(post.text, len(post.pictures)) for post in fake.posts] == [("Mist", 1)]


def test_an_edit_with_pictures_changes_the_words_of_a_text(fake: TelegramFake, desk: Desk) -> None:
    """The words, and with them a correction or a label, must not fail because pictures came to the post later."""
    published = desk.send(desk.draft("Fog"))
    changed = desk.draft("Mist", pictures=(desk.picture(),))
    for _ in range(2):
        desk.run(lambda network: network.edit(changed, 0, published))
    assert [(post.text, post.pictures) for post in fake.posts] == [("Mist", ())]


def test_what_was_removed_by_hand_cannot_be_edited(desk: Desk) -> None:
    published = desk.send(desk.draft("Fog"))
    desk.run(lambda network: network.delete(published))
    with pytest.raises(Refused, match="not there any more"):
        desk.run(lambda network: network.edit(desk.draft("Mist"), 0, published))


def test_an_album_is_removed_whole_however_often_it_is_asked_for(fake: TelegramFake, desk: Desk) -> None:
    kept = desk.send(desk.draft("Mist"))
    published = desk.send(desk.draft("Fog", pictures=(desk.picture(), desk.picture(colour="navy"))))
    for _ in range(2):
        desk.run(lambda network: network.delete(published))
    assert [post.id for post in fake.posts] == [kept.remote_id]


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_500"])
def test_who_looks_for_an_album_is_told_to_name_all_its_messages(fake: TelegramFake, desk: Desk, fault: Fault) -> None:
    """By the address of one of them only that one could be removed later, and the other pictures would stay."""
    for pictures, told in (((desk.picture(), desk.picture(colour="navy")), True), ((desk.picture(),), False)):
        fake.faults.queue.append(fault)
        with pytest.raises(Unknown) as caught:
            desk.send(desk.draft("Fog", pictures=pictures))
        assert ("https://t.me/NAME/12,13,14" in str(caught.value)) is told


def test_after_two_days_a_bot_without_the_right_says_that_a_person_has_to_remove_it(tmp_path: Path) -> None:
    moment = datetime.now(UTC) - timedelta(hours=49)
    with TelegramFake(clock=lambda: moment) as fake:
        desk = Desk(Telegram, fake.account(), tmp_path)
        published = desk.send(desk.draft("Fog"))
        moment, fake.rights["can_delete_messages"] = datetime.now(UTC), False
        with pytest.raises(Refused, match="48 hours") as caught:
            desk.run(lambda network: network.delete(published))
        assert "in the app" in caught.value.fix


@pytest.mark.parametrize(
    "address", ["https://t.me/fognews/{}", "https://t.me/FogNews/{}?single", "https://t.me/c/1304400001/{}"]
)
def test_an_address_that_a_person_gave_leads_to_every_message_it_names(fake: TelegramFake, desk: Desk, address: str) -> None:
    published = desk.send(desk.draft("Fog", pictures=(desk.picture(), desk.picture(colour="navy"))))
    desk.run(lambda network: network.delete(Published(address.format(published.remote_id), None)))
    assert fake.posts == []


@pytest.mark.parametrize(
    "address",
    ["https://t.me/other/1", "https://t.me/c/99/1", "https://example.org/fognews/1", "https://t.me/fognews/", "0", "1;2", "x"],
)
def test_an_address_of_elsewhere_removes_nothing(fake: TelegramFake, desk: Desk, address: str) -> None:
    desk.send(desk.draft("Fog"))
    with pytest.raises(Refused, match="no message's address"):
        desk.run(lambda network: network.delete(Published(address, None)))
    assert len(fake.posts) == 1


def test_a_change_without_an_answer_is_tried_again(fake: TelegramFake, desk: Desk) -> None:
    published = desk.send(desk.draft("Fog"))
    fake.stop()
    for act in (lambda network: network.edit(desk.draft("Mist"), 0, published), lambda network: network.delete(published)):
        with pytest.raises(Passing):
            desk.run(act)


# The account


def test_check_says_who_the_bot_is_and_where_it_posts(fake: TelegramFake, desk: Desk) -> None:
    identity = desk.check()
    assert identity.name == '@fognewsbot in the channel "Fog news"'
    assert identity.url == "https://t.me/fognews"
    assert identity.notes == ("A post in doubt cannot be looked for: a person is asked.",)


def test_check_names_the_rights_that_are_missing(fake: TelegramFake, desk: Desk) -> None:
    fake.rights["can_delete_messages"] = False
    desk.settings = {**desk.settings, "topic": 3}
    notes = " ".join(desk.check().notes)
    assert "48 hours" in notes and "chat has none" in notes
    fake.kind, fake.topics = "supergroup", frozenset({4})
    assert "chat has none" not in " ".join(desk.check().notes)
    desk.settings = fake.account()
    assert "General" in " ".join(desk.check().notes)
    fake.kind, fake.rights["can_post_messages"] = "channel", False
    with pytest.raises(Blocked, match="may not post messages"):
        desk.check()


@pytest.mark.parametrize(
    ("member", "word"),
    [
        ({"status": "left"}, "not in the chat"),
        ({"status": "kicked"}, "not in the chat"),
        ({"status": "restricted", "can_send_messages": False}, "may not send messages"),
        ({"status": "member"}, "may not send messages"),
    ],
)
def test_check_tells_a_group_in_which_the_bot_is_silenced(desk: Desk, member: dict[str, Any], word: str) -> None:
    results = {
        "getMe": {"id": 1, "username": "fogbot"},
        "getChat": {"id": -5, "type": "group", "title": "Fog", "permissions": {"can_send_messages": False}},
        "getChatMember": member,
    }
    desk.answer = lambda request: httpx.Response(200, json={"ok": True, "result": results[request.url.path.split("/")[-1]]})
    with pytest.raises(Blocked, match=word):
        desk.check()


def test_check_tells_that_pictures_are_not_allowed(desk: Desk) -> None:
    results = {
        "getMe": {"id": 1, "username": "fogbot"},
        "getChat": {"id": -5, "type": "group", "title": "Fog"},
        "getChatMember": {"status": "restricted", "can_send_messages": True, "can_send_photos": False},
    }
    desk.answer = lambda request: httpx.Response(200, json={"ok": True, "result": results[request.url.path.split("/")[-1]]})
    assert "may not send pictures" in desk.check().notes[0]


@pytest.mark.parametrize("chat", ["@fognews", " -1001234567890 ", "123456", -1001234567890])
def test_a_chat_is_a_name_or_a_number(chat: object) -> None:
    options = Telegram.options.model_validate({"network": "telegram", "chat": chat})
    assert options.chat == str(chat).strip()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "settings", [{"chat": "fognews"}, {"chat": "https://t.me/fognews"}, {"chat": "@a"}, {"bot_token": "hush"}]
)
def test_what_is_no_chat_or_token_is_a_mistake_that_repeats_no_secret(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="@") as caught:
        Telegram.options.model_validate({"network": "telegram", "chat": "@fognews", **settings})
    assert "hush" not in str(caught.value)


def test_a_missing_token_is_said_plainly(tmp_path: Path) -> None:
    desk = Desk(Telegram, {"chat": "@fognews"}, tmp_path)
    with pytest.raises(NeedsLogin, match="no bot_token is set"):
        desk.send(desk.draft("Fog"))


# The error table


@pytest.mark.parametrize(
    ("status", "said", "kind", "word"),
    [
        (400, "Bad Request: chat not found", Blocked, "no such chat"),
        (403, "Forbidden: bot was kicked from the channel chat", Blocked, "not in the chat"),
        (403, "Forbidden: bot is not a member of the channel chat", Blocked, "not in the chat"),
        (403, "Forbidden: bot was blocked by the user", Blocked, "not in the chat"),
        (400, "Bad Request: need administrator rights in the channel chat", Blocked, "may not post"),
        (400, "Bad Request: not enough rights to send photos to the chat", Blocked, "may not post"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", Blocked, "may not post"),
        (403, "Forbidden: something new", Blocked, "may not post"),
        (400, "Bad Request: message thread not found", Blocked, "topic"),
        (400, "Bad Request: TOPIC_CLOSED", Blocked, "topic"),
        (401, "Unauthorized", NeedsLogin, "token"),
        (404, "Not Found", NeedsLogin, "token"),
        (400, "Bad Request: message to be replied not found", Refused, "answers is gone"),
        (400, "Bad Request: message is too long", Refused, "too long"),
        (400, "Bad Request: message caption is too long", Refused, "too long"),
        (400, "Bad Request: MEDIA_CAPTION_TOO_LONG", Refused, "too long"),
        (400, "Bad Request: can't parse entities: Unsupported start tag", Refused, "cannot read"),
        (400, "Bad Request: ENTITY_BOUNDS_INVALID", Refused, "cannot read"),
        (413, "Request Entity Too Large", Refused, "too large"),
        (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", Refused, "cannot use a picture"),
        (400, "Bad Request: IMAGE_PROCESS_FAILED", Refused, "cannot use a picture"),
        (400, "Bad Request: wrong file identifier/HTTP URL specified", Refused, "cannot use a picture"),
        (400, "Bad Request: Wrong HTTP URL specified", Refused, "cannot use a picture"),
        (400, "Bad Request: failed to get HTTP URL content", Refused, "cannot use a picture"),
        (400, "Bad Request: WEBPAGE_CURL_FAILED", Refused, "cannot use a picture"),
        (400, "Bad Request: message can't be edited", Refused, "cannot be edited"),
        (400, "Bad Request: message can't be deleted for everyone", Refused, "48 hours"),
        (400, "Bad Request: something new", Refused, "something new"),
        (429, "Too Many Requests: retry after 7", RateLimited, "no more calls"),
        (500, "Internal Server Error", Unknown, "may be out"),
        (502, "Bad Gateway", Unknown, "may be out"),
        (200, "", Unknown, "may be out"),
    ],
)
def test_each_answer_of_the_error_table_has_its_meaning(
    tmp_path: Path, status: int, said: str, kind: type[NetworkError], word: str
) -> None:
    error = _refusal(tmp_path, status, {"description": said})
    assert type(error) is kind
    assert str(error).startswith("Telegram") and word in str(error)
    assert not isinstance(error, Refused) or error.fix


def test_a_group_that_has_moved_tells_its_new_number(fake: TelegramFake, tmp_path: Path) -> None:
    fake.moved_to = -1009
    desk = Desk(Telegram, {**fake.account(), "chat": str(fake.chat_id)}, tmp_path)
    with pytest.raises(Blocked, match="-1009") as caught:
        desk.send(desk.draft("Fog"))
    assert caught.value.fix == 'Set chat = "-1009".'
    assert fake.posts == []


@pytest.mark.parametrize(("body", "headers"), [({"parameters": {"retry_after": 120}}, {}), ({}, {"Retry-After": "120"})])
def test_the_end_of_a_rate_limit_is_read_from_the_answer(tmp_path: Path, body: dict[str, Any], headers: dict[str, str]) -> None:
    error = _refusal(tmp_path, 429, body, headers)
    assert isinstance(error, RateLimited)
    assert 110 < (error.until - datetime.now(UTC)).total_seconds() < 130


def _refusal(tmp_path: Path, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> NetworkError:
    told = {"ok": False, "error_code": status, **body}
    settings = {"bot_token": "1:hush", "chat": "@fognews"}
    desk = Desk(Telegram, settings, tmp_path, lambda request: httpx.Response(status, json=told, headers=headers))
    with pytest.raises(NetworkError) as caught:
        desk.send(desk.draft("Fog"))
    return caught.value


def test_an_empty_caption_stays_empty(fake: TelegramFake, desk: Desk) -> None:
    draft = desk.draft("", pictures=(desk.picture(),))
    assert draft.parts[0].caption == Caption("", 0, 0, "graphemes", ())
    desk.send(draft)
    assert [(post.text, len(post.pictures)) for post in fake.posts] == [("", 1)]
