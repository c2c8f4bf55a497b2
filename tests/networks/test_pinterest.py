"""Pinterest's adapter on its fake: boards, carousels, looks at a board, errors, logins."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator

from socialbot import networks
from socialbot.networks.pinterest_calls import ROWS
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    NeedsLogin,
    NetworkError,
    Passing,
    Published,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.nouns import Draft
from socialbot.testing.conformance import drafts
from socialbot.testing.conformance.stand import Stand
from socialbot.testing.conformance.wire import Clock
from socialbot.testing.fakes.pinterest import BOARD, CLIENT, REDIRECT, PinterestFake
from socialbot.testing.fakes.pinterest_pin import refusal
from socialbot.testing.fakes.server import Answer, Refusal
from tests.networks.desk import SHARED

LINK = "https://example.org/fog?utm_content=a1b2c3d4"


@pytest.fixture
def fake() -> Iterator[PinterestFake]:
    with PinterestFake(clock=Clock()) as fake:
        yield fake


@pytest.fixture
def stand(fake: PinterestFake, tmp_path: Path) -> Stand:
    assert isinstance(fake.clock, Clock)
    return Stand(networks.load("pinterest"), fake, fake.account(), fake.clock, tmp_path)


def pin(stand: Stand, text: str = "Fog", pictures: int = 1, link: str | None = LINK, title: str = "Over Öland") -> Draft:
    return replace(stand.made(text, pictures=pictures, title=title), link=link)


def created(fake: PinterestFake) -> list[dict[str, object]]:
    return [body for path, body in fake.bodies if path == "/v5/pins"]


# What is sent


def test_each_word_has_its_field_and_the_colour_is_the_pictures(fake: PinterestFake, stand: Stand) -> None:
    draft = pin(stand)
    picture = replace(draft.parts[0].pictures[0], colour="#0a8080", alt="A lamp\nin  fog")
    published = stand.send(replace(draft, parts=(replace(draft.parts[0], pictures=(picture,)),)))
    (body,) = created(fake)
    media = body.pop("media_source")
    assert isinstance(media, dict) and b64decode(media.pop("data")) == stand.media.get(picture.digest)
    assert media == {"source_type": "image_base64", "content_type": "image/jpeg"}
    words = {"title": "Over Öland", "description": "Fog", "alt_text": "A lamp in fog", "link": LINK}
    assert body == {"board_id": BOARD, **words, "dominant_color": "#0a8080"}
    assert published.url == f"https://www.pinterest.com/pin/{published.remote_id}/"


def test_a_carousel_has_its_pictures_in_order_and_a_line_of_description_for_each(fake: PinterestFake, stand: Stand) -> None:
    stand.with_account(pictures=5)
    draft = pin(stand, pictures=3)
    stand.send(draft)
    media = created(fake)[0]["media_source"]
    assert isinstance(media, dict) and (media["source_type"], media["index"], len(media["items"])) == (
        "multiple_image_base64",
        0,
        3,
    )
    assert [one.alt for one in fake.posts[0].pictures] == [one.alt for one in draft.parts[0].pictures]


@pytest.mark.parametrize(("pictures", "room"), [(1, 500), (2, 249), (5, 99), (9, 99), (0, 500)])
def test_the_descriptions_of_a_carousel_share_the_room_of_one(stand: Stand, pictures: int, room: int) -> None:
    stand.with_account(pictures=pictures)
    assert stand.limits.max_alt == room
    many = min(max(pictures, 1), 5)
    assert room * many + many - 1 <= 500


def test_what_goes_out_is_what_the_specification_has(fake: PinterestFake, stand: Stand) -> None:
    file = SHARED / "specs/pinterest/openapi.json"
    if not file.exists():
        pytest.skip("the specification is not here")
    schemas = json.loads(file.read_text())["components"]
    # Its nullable is OpenAPI 3.0's; what it does not name, it does not forbid.
    create = {**schemas["schemas"]["PinCreate"], "additionalProperties": False, "components": schemas}
    stand.with_account(pictures=5)
    for pictures in (1, 5):
        stand.send(pin(stand, pictures=pictures))
        assert list(Draft202012Validator(create).iter_errors(created(fake)[-1])) == []
    stand.act(lambda network: network.edit(pin(stand), 0, Published(fake.posts[0].id)))
    update = {**schemas["schemas"]["PinUpdate"], "additionalProperties": False, "components": schemas}
    assert list(Draft202012Validator(update).iter_errors(fake.bodies[-1][1])) == []
    wrong = {**created(fake)[0], "caption": "Fog", "title": "x" * 101}
    assert len(list(Draft202012Validator(create).iter_errors(wrong))) == 2, "the check can fail"


def test_what_ai_made_says_so_in_the_file_which_pinterest_reads(fake: PinterestFake, stand: Stand) -> None:
    draft = stand.written(drafts.ai_post())
    assert not draft.flags, "the flag is disputed, and set only where the account says so"
    stand.send(draft)
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in fake.posts[0].pictures[0].content
    stand.send(stand.written())
    assert b"digitalsourcetype" not in fake.posts[1].pictures[0].content


def test_the_disputed_flag_goes_only_where_the_account_sets_it(fake: PinterestFake, stand: Stand) -> None:
    stand.send(replace(pin(stand), flags={"ai_disclosures": True}))
    assert created(fake)[0]["ai_disclosures"] == ["AI_MODIFIED"]
    fake.takes_flag = False
    with pytest.raises(Refused, match="flag for AI media") as refused:
        stand.send(replace(pin(stand), flags={"ai_disclosures": True}))
    assert refused.value.fix == "Set ai_flag = false."
    stand.send(pin(stand))


def test_what_cannot_be_a_pin_never_leaves(fake: PinterestFake, stand: Stand) -> None:
    with pytest.raises(Refused, match="without a picture"):
        stand.prepare(pin(stand, pictures=0))
    with pytest.raises(Refused, match="2048 characters"):
        stand.prepare(pin(stand, link=LINK + "x" * 2048))
    assert fake.attempts == 0


# Boards


@pytest.mark.parametrize("board", [BOARD, "Fog news", " fog  NEWS"])
def test_a_board_is_found_by_its_number_or_name(fake: PinterestFake, stand: Stand, board: str) -> None:
    stand.with_account(board=board)
    stand.send(pin(stand))
    assert fake.posts[0].raw["board_id"] == BOARD


def test_a_board_on_a_later_page_is_found(fake: PinterestFake, stand: Stand) -> None:
    fake.page_size = 1
    stand.with_account(board="Drafts")
    assert stand.act(lambda network: network.check()).notes == ("The board is secret: not everybody sees its Pins.",)


def test_a_board_is_never_made_and_never_guessed(fake: PinterestFake, stand: Stand) -> None:
    for board, said in (("Haze", "no board “Haze”, but “Fog news”, “Mist”, “Drafts”"), ("", "no board is chosen")):
        stand.with_account(board=board)
        with pytest.raises(Blocked, match=said):
            stand.prepare(pin(stand))
    fake.boards.append(("549755885178", "Fog news", "PUBLIC"))
    stand.with_account(board="Fog news")
    with pytest.raises(Blocked, match="several boards"):
        stand.prepare(pin(stand))
    fake.boards = fake.boards[:1]
    stand.with_account(board="")
    stand.send(pin(stand))
    assert not [call for call in fake.calls if call == "POST /v5/boards"]


def test_the_boards_are_there_to_choose_from(stand: Stand) -> None:
    choices = stand.act(lambda network: network.choices())
    assert (choices[0].name, dict(choices[0].settings)) == ("Fog news", {"board": BOARD})


def test_trial_access_is_told_until_the_account_says_that_it_is_over(fake: PinterestFake, stand: Stand) -> None:
    stand.with_account(access="trial")
    identity = stand.act(lambda network: network.check())
    assert identity.name == "fognews, board “Fog news”"
    assert "seen by their creator alone" in identity.notes[0]
    stand.with_account(access="standard")
    assert stand.act(lambda network: network.check()).notes == ()
    fake.trial = True
    stand.send(pin(stand))
    assert fake.posts == [], "the public does not see it"


# Looking


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_pin_in_doubt_is_found_by_its_link_whatever_the_order(fake: PinterestFake, stand: Stand, newest_first: bool) -> None:
    fake.newest_first, fake.page_size = newest_first, 2
    for number in range(2):
        stand.send(pin(stand, f"Mist {number}", link=f"https://example.org/{number}"))
    since, prepared = stand.clock(), stand.prepare(pin(stand))
    fake.faults.queue.append("commit_then_drop")
    with pytest.raises(Unknown):
        stand.publish(prepared)
    found = stand.find(prepared, since)
    assert isinstance(found, Published) and found.remote_id == fake.posts[-1].id


def test_a_pin_in_doubt_is_looked_for_in_the_section_that_it_went_to(fake: PinterestFake, stand: Stand) -> None:
    stand.with_account(board=BOARD, section="5198765432109876543")
    since, prepared = stand.clock(), stand.prepare(pin(stand))
    fake.faults.queue.append("commit_then_drop")
    with pytest.raises(Unknown):
        stand.publish(prepared)
    found = stand.find(prepared, since)
    assert isinstance(found, Published) and found.remote_id == fake.posts[-1].id


def test_two_pages_are_read_before_it_is_said_that_a_pin_is_not_there(fake: PinterestFake, stand: Stand) -> None:
    stand.with_account(board=BOARD)
    fake.page_size = 1
    for number in range(4):
        stand.send(pin(stand, f"Mist {number}"))
    prepared = stand.prepare(pin(stand))
    stand.clock.turn(3600)
    fake.calls.clear()
    assert stand.find(prepared, stand.clock()) is None
    assert len(fake.calls) == 2


def test_a_pin_without_link_and_words_is_never_taken_for_another_one_that_has_none(fake: PinterestFake, stand: Stand) -> None:
    draft = pin(stand, "", link=None, title="")
    since, prepared = stand.clock(), stand.prepare(draft)
    assert stand.find(prepared, since) is None
    stand.publish(prepared)
    found = stand.find(prepared, since)
    assert isinstance(found, CannotTell) and fake.posts[0].id in found.why


def test_a_pin_with_its_link_and_other_words_is_for_a_person_to_look_at(fake: PinterestFake, stand: Stand) -> None:
    since, prepared = stand.clock(), stand.prepare(pin(stand))
    published = stand.publish(prepared)
    stand.act(lambda network: network.edit(pin(stand, "Haze"), 0, published))
    found = stand.find(prepared, since)
    assert isinstance(found, CannotTell) and str(published.url) in found.why


# Changing


def test_an_app_outside_the_beta_is_told_so(fake: PinterestFake, stand: Stand) -> None:
    published = stand.send(pin(stand))
    fake.beta = False
    with pytest.raises(Refused, match="only apps of its beta") as refused:
        stand.act(lambda network: network.edit(pin(stand, "Mist"), 0, published))
    assert not isinstance(refused.value, NeedsLogin)


@pytest.mark.parametrize("shape", ["https://www.pinterest.com/pin/{}/", "https://de.pinterest.com/pin/fog--{}?x=1", "{}"])
def test_a_pin_is_known_by_the_address_that_a_person_gives(fake: PinterestFake, stand: Stand, shape: str) -> None:
    number = stand.send(pin(stand)).remote_id
    stand.act(lambda network: network.delete(Published(shape.format(number))))
    assert fake.posts == []


def test_another_address_is_no_pins(stand: Stand) -> None:
    for address in ("https://pin.it/abc", "https://example.org/pin/123/", "fog"):
        with pytest.raises(Refused, match="no Pin's address"):
            stand.act(lambda network, told=address: network.is_shown(Published(told)))


def test_figures_of_all_time_go_before_those_of_90_days(stand: Stand) -> None:
    published = stand.send(pin(stand))
    figures = stand.act(lambda network: network.metrics(published))
    assert figures == {
        "IMPRESSION": 0,
        "OUTBOUND_CLICK": 1,
        "PIN_CLICK": 2,
        "SAVE": 3,
        "TOTAL_COMMENTS": 10,
        "TOTAL_REACTIONS": 12,
    }


# Errors


SPAM = {"message": "You have been blocked.", "message_detail": "This looks like spam to us"}
ERRORS: tuple[tuple[Refusal, type[NetworkError], str], ...] = (
    (refusal(400, "Sorry, we were unable to reach the URL."), Passing, "could not fetch"),
    (refusal(404, "Board not found.", 40), Blocked, "board is not there"),
    (refusal(400, r"board_id: 'x' does not match '^\d+$'"), Refused, "number"),
    (refusal(400, "media_source.items: maxItems=5"), Refused, "2 to 5 pictures"),
    (refusal(400, "All images of a carousel must have the same dimensions"), Refused, "one size"),
    (refusal(400, "ai_disclosures was unexpected"), Refused, "flag for AI media"),
    (refusal(400, "Invalid request"), Refused, "does not take the Pin: Invalid request"),
    (refusal(403, "Apps with Trial access may not create Pins here"), Blocked, "trial access only"),
    (refusal(403, "You are not permitted to access that resource."), NeedsLogin, "may not do that"),
    (refusal(404, "Resource not found"), Refused, "not there"),
    (refusal(409, "Conflict"), Refused, "Conflict"),
    (refusal(500, "Sorry! Something went wrong on our end."), Unknown, "may be out"),
    (refusal(408, "Request timed out"), Unknown, "may be out"),
)


@pytest.mark.parametrize(("answer", "kind", "said"), ERRORS, ids=lambda one: getattr(one, "__name__", None))
def test_each_error_has_its_sentence(
    fake: PinterestFake, stand: Stand, answer: Refusal, kind: type[NetworkError], said: str
) -> None:
    prepared = stand.prepare(pin(stand))
    fake.errors.append(answer)
    with pytest.raises(NetworkError, match=said) as raised:
        stand.publish(prepared)
    assert type(raised.value) is kind
    assert fake.posts == []


def test_every_row_of_the_error_table_is_in_the_test_above() -> None:
    met = {str(answer.answer.body["message"]) for answer, _, _ in ERRORS}
    words = [row for row in ROWS if row.says]
    assert all(any(re.search(row.says, one, re.IGNORECASE) for one in met) for row in words)
    assert {status for row in ROWS for status in row.statuses} - {401, 422} <= {one.answer.status for one, _, _ in ERRORS}


@pytest.mark.parametrize(
    ("answer", "rests"),
    [
        (
            Answer(429, {"code": 8, "message": "You have exceeded your rate limit."}, {"Retry-After": "30"}),
            timedelta(seconds=30),
        ),
        (Answer(429, {"code": 8, "message": "You have exceeded your rate limit."}), timedelta(minutes=15)),
        (Answer(429, {"code": 9, **SPAM}, {"Retry-After": "30"}), timedelta(hours=24)),
    ],
)
def test_a_limit_is_waited_for_and_a_block_against_spam_for_a_day(
    fake: PinterestFake, stand: Stand, answer: Answer, rests: timedelta
) -> None:
    prepared = stand.prepare(pin(stand))
    fake.errors.append(Refusal(answer))
    with pytest.raises(RateLimited) as limited:
        stand.publish(prepared)
    assert limited.value.until == stand.clock().astimezone(UTC) + rests
    assert ("spam" in str(limited.value)) == (rests == timedelta(hours=24))


# Logins


def app(fake: PinterestFake, stand: Stand) -> None:
    stand.with_account(client_id=CLIENT[0], client_secret=CLIENT[1], token="", site=fake.url)


def log_in(fake: PinterestFake, stand: Stand) -> None:
    login = stand.kind.login(stand.account)
    assert login

    async def exchange(network: object) -> None:
        line = network._rest.line  # type: ignore[attr-defined]
        stand.vault.write(await login.exchange(line, fake.grant(), REDIRECT, "", stand.clock()))

    stand.act(exchange)


def test_a_login_asks_with_commas_and_shows_itself_by_basic(fake: PinterestFake, stand: Stand) -> None:
    assert stand.kind.login(stand.account) is None, "a token made by hand needs none"
    app(fake, stand)
    login = stand.kind.login(stand.account)
    assert login
    query = httpx.URL(login.authorize(REDIRECT, "state", "verifier")).params
    assert query["scope"] == "boards:read,boards:write,pins:read,pins:write,user_accounts:read"
    assert "code_challenge" not in query
    log_in(fake, stand)
    stand.send(pin(stand))
    assert len(fake.posts) == 1


def test_an_idle_login_is_renewed_before_its_refresh_token_ends_and_the_new_one_kept(fake: PinterestFake, stand: Stand) -> None:
    app(fake, stand)
    log_in(fake, stand)
    for _ in range(4):
        before = stand.vault.read()
        stand.clock.turn(31 * 86_400)
        stand.act(lambda network: network.keep_login())
        after = stand.vault.read()
        assert before and after and after["refresh_token"] != before["refresh_token"]
    stand.send(pin(stand))
    assert len(fake.posts) == 1


def test_a_token_that_is_refused_is_renewed_once_and_the_pin_made_once(fake: PinterestFake, stand: Stand) -> None:
    app(fake, stand)
    log_in(fake, stand)
    prepared = stand.prepare(pin(stand))
    fake.expire()
    stand.publish(prepared)
    assert (fake.attempts, len(fake.posts)) == (2, 1), "what was answered 401 was not taken"


def test_a_token_by_hand_that_ended_asks_for_a_login(fake: PinterestFake, stand: Stand) -> None:
    fake.expire()
    with pytest.raises(NeedsLogin, match="token is not taken") as refused:
        stand.act(lambda network: network.check())
    assert "socialbot connect pinterest" in refused.value.fix
