"""Posts to Mastodon and its relatives: against our fake, mastodon_mock, and answers recorded from GoToSocial."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mastodon_mock.testing import MockServer

from socialbot.networks import mastodon, mastodon_statuses
from socialbot.networks.mastodon import LIMITS, Mastodon
from socialbot.networks.protocol import (
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
from socialbot.nouns import Limits
from socialbot.testing.fakes import MastodonFake
from socialbot.testing.fakes.toot_text import as_html
from tests.networks.desk import SHARED, Desk

SPEC = SHARED / "specs/mastodon/openapi.json"
RECORDED = SHARED / "specs/recorded/gotosocial-0.20-57cb4fe.json"
LINK = "https://example.org/fog"


@pytest.fixture
def fake() -> Iterator[MastodonFake]:
    with MastodonFake() as running:
        yield running


@pytest.fixture
def desk(fake: MastodonFake, tmp_path: Path) -> Desk:
    return Desk(Mastodon, fake.account(), tmp_path)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mastodon, "POLLS_S", (0.001, 0.001, 0.001))


def calls(fake: MastodonFake, call: str) -> int:
    return Counter(fake.calls)[call]


def doubt_of(desk: Desk) -> str:
    async def act(network: Network) -> str:
        await network.discover()
        return network.doubt.kind

    return desk.run(act)


def limits_of(desk: Desk) -> Limits:
    return desk.run(lambda network: network.discover())


# What is sent


def test_a_status_arrives_with_its_words_language_and_visibility(fake: MastodonFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "visibility": "unlisted"}
    published = desk.send(desk.draft(f"Dimma över Öland {LINK} #Öland", language="sv-SE"))
    (post,) = fake.posts
    assert (post.text, post.language, post.tags) == (f"Dimma över Öland {LINK} #Öland", "sv", ("Öland",))
    assert (post.raw["visibility"], post.raw["sensitive"]) == ("unlisted", False)
    assert (published.remote_id, published.url, published.warnings) == (post.id, post.url, ())


def test_pictures_keep_their_bytes_order_and_alt_text(fake: MastodonFake, desk: Desk) -> None:
    pictures = (desk.picture("A heron — “still”"), desk.picture("", colour="navy"), desk.picture("Reeds", colour="olive"))
    desk.send(desk.draft("Three", pictures=pictures))
    seen = fake.posts[0].pictures
    assert [(one.alt, one.content) for one in seen] == [(one.alt, desk.media.get(one.digest)) for one in pictures]


def test_a_picture_that_was_uploaded_before_it_was_described_anew_is_shown_with_the_new_words(
    fake: MastodonFake, desk: Desk
) -> None:
    picture = desk.picture("A heron")
    desk.prepare(desk.draft("One", pictures=(picture,)))  # and the server was busy then
    desk.send(desk.draft("One", pictures=(replace(picture, alt="A heron (AI-generated)", focal=(0.5, 0)),)))
    (seen,) = fake.posts[0].pictures
    assert (seen.alt, seen.focal) == ("A heron (AI-generated)", (0, 1))


@pytest.mark.parametrize(
    ("fractions", "focus"),
    [((0, 0), (-1, 1)), ((1, 1), (1, -1)), ((0.5, 0.5), (0, 0)), ((0.25, 0.1), (-0.5, 0.8)), (None, None)],
)
def test_the_subjects_point_is_told_in_the_networks_own_measure(
    fake: MastodonFake, desk: Desk, fractions: tuple[float, float] | None, focus: tuple[float, float] | None
) -> None:
    desk.send(desk.draft("One", pictures=(desk.picture(focal=fractions),)))
    assert fake.posts[0].pictures[0].focal == focus


@pytest.mark.skipif(not SPEC.exists(), reason="the specification lies outside the repository")
@pytest.mark.parametrize("pictures", [0, 2])
def test_the_request_is_what_the_specification_asks_for(desk: Desk, pictures: int) -> None:
    variants = tuple(desk.picture(colour=colour) for colour in ("teal", "navy")[:pictures])
    request = desk.prepare(desk.draft("Fog", pictures=variants)).request
    components = json.loads(SPEC.read_text())["components"]
    kind = "MediaStatus" if pictures else "TextStatus"
    schema = {"$ref": f"#/components/schemas/{kind}", "components": components, "unevaluatedProperties": False}
    Draft202012Validator(schema).validate(request)


def test_a_later_part_answers_the_one_before_it_quietly(fake: MastodonFake, desk: Desk) -> None:
    draft = desk.draft("one", "two", "three")
    first = desk.send(draft)
    second = desk.send(draft, 1, first)
    prepared = desk.prepare(draft, 2, first, second)
    assert prepared.request["in_reply_to_id"] == second.remote_id
    assert prepared.request["visibility"] == "unlisted"
    assert desk.find(prepared) is None
    third = desk.publish(prepared)
    assert desk.find(prepared) == third
    assert [post.text for post in fake.posts] == ["one", "two", "three"]


def test_a_part_is_not_taken_for_the_same_words_elsewhere(desk: Desk) -> None:
    draft = desk.draft("one", "two")
    first = desk.send(draft)
    desk.send(desk.draft("two", seed=1))
    assert desk.find(desk.prepare(draft, 1, first)) is None


def test_a_thread_whose_beginning_is_gone_ends(desk: Desk) -> None:
    with pytest.raises(Refused, match="is gone"):
        desk.send(desk.draft("one", "two"), 1, Published("404"))


@pytest.mark.parametrize("end", ["", "/", "?utm_source=mail", "#main", "/embed", "/embed?a=1"])
def test_the_address_that_a_person_gave_will_do_for_a_part(desk: Desk, end: str) -> None:
    draft = desk.draft("one", "two")
    first = desk.send(draft)
    told = Published(f"{first.url}{end}")
    assert desk.prepare(draft, 1, told).request["in_reply_to_id"] == first.remote_id


@pytest.mark.parametrize("address", ["https://other.example/@ann/{id}", "https://{host}@other.example/{id}", "https://[/{id}"])
def test_an_address_on_another_server_is_refused_whatever_it_ends_in(fake: MastodonFake, desk: Desk, address: str) -> None:
    draft = desk.draft("one", "two")
    first = desk.send(draft)
    told = Published(address.format(id=first.remote_id, host=fake.url.partition("://")[2]))
    with pytest.raises(Refused, match="is no post's address on") as refused:
        desk.prepare(draft, 1, told)
    assert "as your own server shows it: socialbot resolve" in refused.value.fix


def test_an_address_without_a_post_is_refused(fake: MastodonFake, desk: Desk) -> None:
    for wrong in ("@blog/404", "@blog", "", "..", "a b"):
        with pytest.raises(Refused) as refused:
            desk.prepare(desk.draft("one", "two"), 1, Published(f"{fake.url}/{wrong}"))
        assert "socialbot resolve" in refused.value.fix


def test_a_reply_never_goes_to_a_stranger(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET", "nothing may be sent"
        if request.url.path == "/api/v2/instance":
            return httpx.Response(200, json={"version": "4.5.0"})
        if request.url.path == "/api/v1/statuses/7":
            return httpx.Response(200, json={"id": "7", "account": {"id": "2"}})
        return httpx.Response(200, json={"id": "1"})

    desk = Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer)
    with pytest.raises(Refused, match="not this account's own"):
        desk.prepare(desk.draft("one", "two"), 1, Published("https://toot.test/@ann@other.example/7"))


def test_an_account_that_the_server_limits_is_a_warning(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v2/instance":
            return httpx.Response(200, json={"version": "4.5.0"})
        return httpx.Response(200, json={"id": "1", "url": "https://toot.test/1", "visibility": "unlisted"})

    desk = Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer)
    assert "unlisted" in desk.send(desk.draft("Fog")).warnings[0]


# Uploads


def test_an_upload_that_is_still_processed_is_waited_for(fake: MastodonFake, desk: Desk) -> None:
    fake.slow_media = 2
    desk.send(desk.draft("Fog", pictures=(desk.picture("A heron"),)))
    assert fake.posts[0].pictures[0].alt == "A heron"


def test_an_upload_that_never_gets_ready_is_tried_later_without_uploading_again(fake: MastodonFake, desk: Desk) -> None:
    fake.slow_media = 6
    draft = desk.draft("Fog", pictures=(desk.picture(),))
    with pytest.raises(Passing, match="still processing"):
        desk.prepare(draft)
    desk.send(draft)
    assert len(fake.posts) == calls(fake, "POST /api/v2/media") == 1


def test_an_upload_that_the_server_no_longer_knows_is_made_again(fake: MastodonFake, desk: Desk) -> None:
    picture = desk.picture("A heron")
    desk.prepare(desk.draft("Fog", pictures=(picture,)))
    (known_as,) = desk.uploads.known
    desk.uploads.keep(known_as, "404", 60)
    desk.send(desk.draft("Fog", pictures=(picture,)))
    assert fake.posts[0].pictures[0].alt == "A heron"
    assert desk.uploads.known[known_as] != "404"


def test_a_picture_attached_by_an_earlier_try_shows_that_it_went_through(fake: MastodonFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))
    first = desk.publish(prepared)
    fake._keys.forget()
    assert desk.publish(prepared) == first
    assert len(fake.posts) == 1


# Once


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_500"])
@pytest.mark.parametrize("pictures", [True, False])
def test_a_post_whose_answer_was_lost_is_found_by_another_process(
    fake: MastodonFake, desk: Desk, fault: str, pictures: bool
) -> None:
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture(),) if pictures else ()))
    fake.faults.queue.append(fault)  # type: ignore[arg-type]
    with pytest.raises(Unknown, match="may be out"):
        desk.publish(prepared)
    found = desk.find(Prepared(prepared.draft, prepared.part, json.loads(json.dumps(prepared.request))))
    assert not isinstance(found, CannotTell)
    assert found and found.url == fake.posts[0].url


@pytest.mark.parametrize("fault", ["drop", "reject_500"])
def test_a_post_that_was_not_taken_is_not_found(fake: MastodonFake, desk: Desk, fault: str) -> None:
    prepared = desk.prepare(desk.draft("Fog"))
    desk.send(desk.draft("Mist", seed=1))
    fake.faults.queue.append(fault)  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        desk.publish(prepared)
    assert desk.find(prepared) is None


def test_the_same_post_sent_three_times_is_there_once(fake: MastodonFake, desk: Desk) -> None:
    draft = desk.draft("Fog", "Mist")
    assert len({desk.send(draft).remote_id for _ in range(3)}) == 1
    desk.send(draft, part=1)
    assert [post.text for post in fake.posts] == ["Fog", "Mist"]


def test_a_busy_server_is_asked_again_with_the_same_key(fake: MastodonFake, desk: Desk) -> None:
    draft = desk.draft("Fog")
    fake.faults.queue.append("unavailable")
    with pytest.raises(Passing, match="busy"):
        desk.send(draft)
    desk.send(draft)
    assert len(fake.posts) == 1


def test_a_server_that_answers_a_used_key_with_500_still_has_one_post(fake: MastodonFake, desk: Desk) -> None:
    fake.version = "4.6.3"
    draft = desk.draft("Fog")
    first = desk.send(draft)
    with pytest.raises(Unknown):
        desk.send(draft)
    assert desk.find(desk.prepare(draft)) == first


def test_another_post_with_the_same_link_from_before_is_not_taken_for_this_one(fake: MastodonFake, desk: Desk) -> None:
    desk.send(desk.draft(f"By hand {LINK}", seed=1))
    prepared = desk.prepare(desk.draft(f"Fog {LINK}", link=LINK))
    assert desk.find(prepared, ago_s=-3600) is None


def test_of_two_posts_with_the_link_the_one_with_the_words_is_ours(fake: MastodonFake, desk: Desk) -> None:
    """Otherwise the other one would be edited or removed in its place."""
    first = desk.send(draft := desk.draft(f"Fog {LINK}", link=LINK))
    desk.send(desk.draft(f"Said again by hand {LINK}", seed=1))
    assert desk.find(desk.prepare(draft)) == first


@pytest.mark.parametrize("html", ["words", "link"])
def test_a_post_is_known_by_its_link_or_its_words(tmp_path: Path, html: str) -> None:
    text = f"Fog & “mist”\n\nover the mire {LINK}?a=1&b=2 #fog"
    content = {"words": as_html(text, "https://toot.test"), "link": f'<p>Shortened <a href="{LINK}">x</a></p>'}[html]
    desk = _listing(tmp_path, lambda page: [] if page else [_status("7", content)])
    draft = desk.draft(text, link=LINK if html == "link" else None)
    found = desk.find(desk.prepare(draft))
    assert not isinstance(found, CannotTell)
    assert found and found.remote_id == "7"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip))
def test_words_read_back_from_html_are_the_words_that_were_sent(text: str) -> None:
    assert mastodon_statuses._Content(as_html(text, "https://toot.test")).text.split() == text.split()


def test_a_post_is_known_by_its_picture_however_its_words_were_changed(tmp_path: Path) -> None:
    attached = {**_status("7", "Rewritten"), "media_attachments": [{"id": "31"}]}
    desk = _listing(tmp_path, lambda page: [] if page else [_status("8", "chatter"), attached])
    prepared = desk.prepare(desk.draft("Fog"))
    with_picture = Prepared(prepared.draft, 0, {**prepared.request, "media_ids": ["30", "31"]})
    found = desk.find(with_picture)
    assert not isinstance(found, CannotTell)
    assert found and found.remote_id == "7"
    assert desk.find(prepared) is None


def test_the_search_goes_back_to_the_moment_of_sending_page_by_page(tmp_path: Path) -> None:
    pages: list[str] = []

    def listing(page: str) -> list[dict[str, Any]]:
        pages.append(page)
        return {"": [_status("9", "a"), _status("8", "b")], "8": [_status("7", "Fog")]}.get(page, [])

    desk = _listing(tmp_path, listing)
    found = desk.find(desk.prepare(desk.draft("Fog")))
    assert pages == ["", "8", "7"]
    assert not isinstance(found, CannotTell)
    assert found and found.remote_id == "7"


def test_the_search_stops_at_the_first_status_from_before(tmp_path: Path) -> None:
    desk = _listing(tmp_path, lambda page: [_status("9", "a"), {**_status("1", "Fog"), "created_at": "2020-01-01T00:00:00Z"}])
    assert desk.find(desk.prepare(desk.draft("Fog"))) is None


def test_an_account_too_busy_to_search_cannot_be_told(tmp_path: Path) -> None:
    desk = _listing(tmp_path, lambda page: [_status(str(int(page or 99) - 1), "chatter")])
    assert isinstance(desk.find(desk.prepare(desk.draft("Fog"))), CannotTell)


def test_a_token_that_may_not_read_cannot_tell(tmp_path: Path) -> None:
    def listing(page: str) -> list[dict[str, Any]]:
        raise PermissionError

    found = (desk := _listing(tmp_path, listing)).find(desk.prepare(desk.draft("Fog")))
    assert isinstance(found, CannotTell)
    assert "read:statuses" in found.why


def _status(status_id: str, content: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"id": status_id, "created_at": now, "content": content, "visibility": "public", "media_attachments": []}


def _listing(tmp_path: Path, listing: Callable[[str], list[dict[str, Any]]]) -> Desk:
    """A desk whose server lists these statuses; `listing` is asked for the page below an id."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v2/instance":
            return httpx.Response(200, json={"version": "4.5.0"})
        if request.url.path.endswith("verify_credentials"):
            return httpx.Response(200, json={"id": "1"})
        try:
            return httpx.Response(200, json=listing(request.url.params.get("max_id", "")))
        except PermissionError:
            return httpx.Response(403, json={"error": "This action is outside the authorized scopes"})

    return Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer)


def test_the_own_id_is_asked_for_once_for_each_token(fake: MastodonFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog"))
    desk.find(prepared)
    desk.find(prepared)
    assert calls(fake, "GET /api/v1/accounts/verify_credentials") == 1
    desk.settings = {**desk.settings, "token": "another-token"}
    with pytest.raises(NeedsLogin):
        desk.find(prepared)


# What servers tell about themselves


def test_the_limits_are_those_of_the_instance(fake: MastodonFake, desk: Desk) -> None:
    fake.max_characters, fake.max_media_attachments, fake.description_limit = 11_000, 6, 400
    fake.characters_reserved_per_url, fake.image_size_limit = 30, 5_000_000
    limits = limits_of(desk)
    assert (limits.unit, limits.max_text, limits.url_length) == ("mastodon", 11_000, 30)
    assert (limits.max_pictures, limits.max_picture_bytes, limits.max_alt) == (6, 5_000_000, 400)
    assert limits.max_picture_pixels == fake.image_matrix_limit
    assert {"image/jpeg", "image/avif"} <= set(limits.mime_types)


def test_an_old_server_is_asked_the_old_way(fake: MastodonFake, desk: Desk) -> None:
    fake.only_v1, fake.max_characters = True, 700
    assert limits_of(desk).max_text == 700


@pytest.mark.parametrize("strange", ["text", -1, 0, None, True, 1.5, [], [5]])
def test_a_limit_that_makes_no_sense_is_not_believed(tmp_path: Path, strange: object) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        settings = {"statuses": {"max_characters": strange}, "media_attachments": {"supported_mime_types": strange}}
        return httpx.Response(200, json={"version": "4.5.0", "configuration": settings})

    assert limits_of(Desk(Mastodon, {"server": "https://toot.test", "token": "t"}, tmp_path, answer)) == LIMITS


def test_a_server_not_yet_asked_is_not_trusted(desk: Desk) -> None:
    async def act(network: Network) -> str:
        return network.doubt.kind

    assert desk.run(act) == "LIST"


@pytest.mark.skipif(not RECORDED.exists(), reason="the recording lies outside the repository")
def test_gotosocial_as_recorded_is_understood(tmp_path: Path) -> None:
    recorded = {
        f"{one['request']['method']} {one['request']['path']}": one["response"] for one in json.loads(RECORDED.read_text())
    }

    def answer(request: httpx.Request) -> httpx.Response:
        said = recorded[f"{request.method} {request.url.path}"]
        return httpx.Response(said["status"], json=json.loads(said["body"]))

    desk = Desk(Mastodon, {"server": "https://gts.test", "token": "token-of-ours"}, tmp_path, answer)
    limits = limits_of(desk)
    assert (limits.max_text, limits.url_length, limits.max_pictures, limits.max_alt) == (5000, None, 6, 1500)
    assert doubt_of(desk) == "LIST"


def test_a_pixelfed_needs_a_picture(fake: MastodonFake, desk: Desk) -> None:
    fake.version = "3.5.3 (compatible; Pixelfed 0.11.13)"
    assert limits_of(desk).needs_picture


# The login


def test_check_says_who_we_are(fake: MastodonFake, desk: Desk) -> None:
    identity = desk.check()
    assert (identity.name, identity.url, identity.notes) == ("@blog@127.0.0.1", f"{fake.url}/@blog", ())


def test_check_names_missing_scopes(fake: MastodonFake, desk: Desk) -> None:
    fake.scopes = ["read", "write:statuses"]
    (note,) = desk.check().notes
    assert note.endswith("scopes write:media.")


def test_without_a_token_the_limits_are_known_and_nothing_is_sent(fake: MastodonFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "token": ""}
    with pytest.raises(NeedsLogin, match="no token"):
        desk.send(desk.draft("Fog"))
    assert limits_of(desk).max_text == 500
    assert set(fake.calls) == {"GET /api/v2/instance"}


def test_a_token_pasted_with_a_line_end_works_and_one_with_spaces_inside_is_a_mistake(desk: Desk) -> None:
    desk.settings = {**desk.settings, "token": f"{desk.settings['token']}\n"}
    desk.check()
    with pytest.raises(ValueError, match="without spaces") as caught:
        Mastodon.options.model_validate({"network": "mastodon", "server": "https://toot.test", "token": "two words"})
    assert "two words" not in str(caught.value)


# The error table


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, "bad parameter", Refused),
        (401, "The access token was revoked", NeedsLogin),
        (403, "This action is outside the authorized scopes", Refused),
        (404, "Record not found", Refused),
        (410, "Gone", Refused),
        (422, "Validation failed: Text character limit of 500 exceeded", Refused),
        (422, "Cannot attach files that have not finished processing. Try again in a moment!", Passing),
        (422, "Media not processed", Passing),
        (429, "Too many requests", RateLimited),
        (500, "This page is not correct", Unknown),
        (502, "", Unknown),
        (503, "There was a temporary problem", Passing),
        (504, "", Unknown),
    ],
)
def test_each_answer_of_the_error_table_has_its_meaning(
    tmp_path: Path, status: int, error: str, kind: type[NetworkError]
) -> None:
    assert type(_refusal(tmp_path, "4.5.0", status, error)) is kind


def test_a_503_of_a_server_without_keys_may_come_from_a_proxy_that_passed_the_post_on(tmp_path: Path) -> None:
    assert type(_refusal(tmp_path, "0.20.0", 503, "")) is Unknown
    throttled = _refusal(tmp_path, "0.20.0", 503, "", {"Retry-After": "30"})
    assert isinstance(throttled, Passing)
    assert throttled.retry_at and 25 < (throttled.retry_at - datetime.now(UTC)).total_seconds() <= 30


def _refusal(tmp_path: Path, version: str, status: int, error: str, headers: dict[str, str] | None = None) -> NetworkError:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v2/instance":
            return httpx.Response(200, json={"version": version})
        return httpx.Response(status, json={"error": error}, headers=headers)

    desk = Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer)
    with pytest.raises(NetworkError) as caught:
        desk.send(desk.draft("Fog"))
    assert str(caught.value).startswith("Mastodon")
    return caught.value


@pytest.mark.parametrize("told", ["fake", "GoToSocial's epoch seconds"])
def test_the_end_of_a_rate_limit_is_read_from_the_answer(fake: MastodonFake, desk: Desk, tmp_path: Path, told: str) -> None:
    if told == "fake":
        fake.faults.queue.append("rate_limited")
        fake.faults.retry_after_s = 120
        with pytest.raises(RateLimited) as caught:
            desk.send(desk.draft("Fog"))
        error: NetworkError = caught.value
    else:
        reset = str(int(datetime.now(UTC).timestamp()) + 120)
        error = _refusal(tmp_path, "0.20.0", 429, "", {"X-RateLimit-Reset": reset})
    assert isinstance(error, RateLimited)
    assert 110 < (error.until - datetime.now(UTC)).total_seconds() < 130


def test_keys_are_different_for_every_draft() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    chance = random.Random(1)
    assert len({Mastodon.fix(now, chance)["key"] for _ in range(100)}) == 100


# Against another hand's server


@pytest.fixture(scope="module")
def other_hand() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


def test_mastodon_mock_takes_a_post_with_pictures_and_gives_it_back(other_hand: MockServer, tmp_path: Path) -> None:
    desk = Desk(Mastodon, {"server": other_hand.base_url, "token": "alice_token"}, tmp_path)
    picture = desk.picture("A heron — “still”", focal=(0.25, 0.1))
    draft = desk.draft(f"Dimma över Öland {LINK} #fog", pictures=(picture,), language="sv", link=LINK)
    published = desk.send(draft)
    status = httpx.get(f"{other_hand.base_url}/api/v1/statuses/{published.remote_id}", trust_env=False).json()
    (attachment,) = status["media_attachments"]
    assert (status["language"], status["visibility"], status["tags"][0]["name"]) == ("sv", "public", "fog")
    assert f'href="{LINK}"' in status["content"]
    assert attachment["description"] == "A heron — “still”"
    assert attachment["meta"]["focus"] == {"x": -0.5, "y": 0.8}
    assert httpx.get(attachment["url"], trust_env=False).content == desk.media.get(picture.digest)
    assert desk.find(desk.prepare(draft)) == published


def test_mastodon_mock_finds_words_and_takes_a_repeated_key_once(other_hand: MockServer, tmp_path: Path) -> None:
    desk = Desk(Mastodon, {"server": other_hand.base_url, "token": "bob_token"}, tmp_path)
    draft = desk.draft("Fog & “mist”\n\nover the mire #fog")
    assert desk.find(desk.prepare(draft)) is None
    first = desk.send(draft)
    assert desk.send(draft) == first == desk.find(desk.prepare(draft))
    assert desk.check().name.startswith("@bob@")


def test_mastodon_mock_refuses_what_is_too_long_and_who_is_unknown(other_hand: MockServer, tmp_path: Path) -> None:
    desk = Desk(Mastodon, {"server": other_hand.base_url, "token": "alice_token"}, tmp_path)
    with pytest.raises(Refused, match="too long"):
        desk.send(desk.draft("x" * (limits_of(desk).max_text + 1), seed=1))
    desk.settings = {**desk.settings, "token": "nobody"}
    with pytest.raises(NeedsLogin):
        desk.send(desk.draft("Fog", seed=2))


def test_mastodon_mock_marks_the_account_as_automated_and_changes_nothing_else(other_hand: MockServer, tmp_path: Path) -> None:
    def account() -> dict[str, Any]:
        url, headers = f"{other_hand.base_url}/api/v1/accounts/verify_credentials", {"Authorization": "Bearer alice_token"}
        told: dict[str, Any] = httpx.get(url, headers=headers, trust_env=False).json()
        return told

    before, desk = account(), Desk(Mastodon, {"server": other_hand.base_url, "token": "alice_token"}, tmp_path)
    assert desk.check().bot is False
    desk.mark()
    assert account() == {**before, "bot": True}
