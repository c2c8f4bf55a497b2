"""Posts to Misskey and Sharkey, against their fake and against answers written out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from socialbot.networks.misskey import LIMITS, Misskey
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
from socialbot.networks.sharkey import Sharkey
from socialbot.testing.fakes import MisskeyFake
from tests.networks.desk import Desk

LINK = "https://example.org/fog"


@pytest.fixture
def fake() -> Iterator[MisskeyFake]:
    with MisskeyFake() as running:
        yield running


@pytest.fixture
def desk(fake: MisskeyFake, tmp_path: Path) -> Desk:
    return Desk(Misskey, fake.account(), tmp_path)


def calls(fake: MisskeyFake, endpoint: str) -> int:
    return Counter(fake.calls)[f"POST /api/{endpoint}"]


# What is sent


def test_a_note_arrives_with_words_pictures_and_their_descriptions(fake: MisskeyFake, desk: Desk) -> None:
    pictures = (desk.picture("A heron — “still”"), desk.picture("", colour="navy"))
    published = desk.send(desk.draft(f"Dimma över Öland {LINK} #Öland", pictures=pictures))
    (post,) = fake.posts
    assert (post.text, post.tags, post.links) == (f"Dimma över Öland {LINK} #Öland", ("Öland",), ((LINK, LINK),))
    assert [(one.alt, one.content) for one in post.pictures] == [(one.alt, desk.media.get(one.digest)) for one in pictures]
    assert (published.remote_id, published.url) == (post.id, f"{fake.url}/notes/{post.id}")


def test_a_later_part_answers_the_one_before_it_away_from_the_public_timeline(fake: MisskeyFake, desk: Desk) -> None:
    draft = desk.draft("one", "two")
    first = desk.send(draft)
    prepared = desk.prepare(draft, 1, first)
    assert (prepared.request["replyId"], prepared.request["visibility"]) == (first.remote_id, "home")
    second = desk.publish(prepared)
    assert desk.find(prepared) == second
    assert [post.text for post in fake.posts] == ["one", "two"]


def test_a_thread_whose_beginning_is_gone_ends(desk: Desk) -> None:
    with pytest.raises(Refused, match="is gone"):
        desk.send(desk.draft("one", "two"), 1, Published("404"))


def test_the_address_that_a_person_gave_will_do_and_a_strangers_will_not(fake: MisskeyFake, desk: Desk) -> None:
    draft = desk.draft("one", "two")
    first = desk.send(draft)
    assert desk.prepare(draft, 1, Published(f"{first.url}?x=1#top")).request["replyId"] == first.remote_id
    for wrong in ("https://other.example/notes/abc", f"{fake.url}/@blog", f"{fake.url}/notes/9zzz", f"{fake.url}/notes/.."):
        with pytest.raises(Refused) as refused:
            desk.prepare(draft, 1, Published(wrong))
        assert "socialbot resolve" in refused.value.fix


def test_a_reply_never_goes_to_a_stranger(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert not request.url.path.endswith("create"), "nothing may be sent"
        return httpx.Response(200, json={"id": "1", "userId": "2", "username": "ann"})

    desk = Desk(Misskey, {"server": "https://mi.test", "token": "token-of-ours"}, tmp_path, answer)
    with pytest.raises(Refused, match="not this account's own"):
        desk.prepare(desk.draft("one", "two"), 1, Published("https://mi.test/notes/7"))


# The drive


def test_the_same_picture_is_uploaded_once(fake: MisskeyFake, desk: Desk) -> None:
    picture = desk.picture("A heron")
    desk.prepare(desk.draft("Fog", pictures=(picture,)))
    desk.send(desk.draft("Fog", pictures=(picture,)))
    assert calls(fake, "drive/files/create") == 1


def test_a_new_description_does_not_change_the_one_that_is_out(fake: MisskeyFake, desk: Desk) -> None:
    picture = desk.picture("A heron")
    desk.send(desk.draft("Fog", pictures=(picture,)))
    desk.uploads.known.clear()
    desk.send(desk.draft("Mist", pictures=(replace(picture, alt="A heron (AI)"),)))
    assert [post.pictures[0].alt for post in fake.posts] == ["A heron", "A heron (AI)"]


def test_a_note_is_found_though_the_store_that_knew_its_file_is_lost(fake: MisskeyFake, desk: Desk) -> None:
    picture = desk.picture("A heron")
    desk.send(desk.draft("Fog", pictures=(picture,)))
    desk.uploads.known.clear()
    again = desk.draft("Mist", pictures=(replace(picture, alt="A heron (AI)"),))
    published = desk.send(again)
    desk.uploads.known.clear()  # a backup took the store's place
    assert desk.find(desk.prepare(again)) == published
    assert desk.find(desk.prepare(desk.draft("Mist"))) is None


def test_a_file_that_was_removed_from_the_drive_is_put_there_again(fake: MisskeyFake, desk: Desk) -> None:
    picture = desk.picture("A heron")
    desk.uploads.keep(picture.digest, "9gone", 60)
    desk.send(desk.draft("Fog", pictures=(picture,)))
    assert fake.posts[0].pictures[0].alt == "A heron"


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        ({"inappropriate": None}, "inappropriate"),
        ({"drive_left_bytes": 10}, "no free space"),
        ({"max_file_size_mb": 0}, "maximum file size"),
        ({"prohibited": ("Fog",)}, "prohibited words"),
    ],
)
def test_what_the_server_does_not_want_is_refused_with_a_fix(
    fake: MisskeyFake, desk: Desk, switch: dict[str, Any], words: str
) -> None:
    picture = desk.picture("A heron")
    for name, value in switch.items():
        setattr(fake, name, {desk.media.get(picture.digest)} if value is None else value)
    with pytest.raises(Refused, match=words) as refused:
        desk.send(desk.draft("Fog", pictures=(picture,)))
    assert refused.value.fix.endswith(".") and fake.posts == []


# Once


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_500"])
def test_a_note_whose_answer_was_lost_is_found(fake: MisskeyFake, desk: Desk, fault: str) -> None:
    prepared = desk.prepare(desk.draft(f"Fog {LINK}", pictures=(desk.picture(),), link=LINK))
    fake.faults.queue.append(fault)  # type: ignore[arg-type]
    with pytest.raises(Unknown, match="may be out"):
        desk.publish(prepared)
    found = desk.find(prepared)
    assert isinstance(found, Published) and found.remote_id == fake.posts[0].id


@pytest.mark.parametrize("fault", ["drop", "reject_500"])
def test_a_note_that_was_not_taken_is_not_found(fake: MisskeyFake, desk: Desk, fault: str) -> None:
    picture = desk.picture()
    desk.send(desk.draft("Mist", pictures=(picture,)))
    prepared = desk.prepare(desk.draft("Fog", pictures=(picture,)))
    fake.faults.queue.append(fault)  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        desk.publish(prepared)
    assert desk.find(prepared) is None, "another note with the same file is not this one"


def test_the_search_goes_back_page_by_page_and_gives_up_at_last(tmp_path: Path) -> None:
    pages: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/i":
            return httpx.Response(200, json={"id": "1"})
        pages.append(request.content.decode())
        now = datetime.now(UTC).isoformat()
        return httpx.Response(200, json=[{"id": f"9{len(pages)}", "createdAt": now, "text": "chatter"}])

    desk = Desk(Misskey, {"server": "https://mi.test", "token": "t-t-t-t-t"}, tmp_path, answer)
    assert isinstance(desk.find(desk.prepare(desk.draft("Fog"))), CannotTell)
    assert len(pages) == 4 and '"untilId":"93"' in pages[3].replace(" ", "")


def test_a_fork_that_knows_the_same_call_answers_it_with_the_same_note(tmp_path: Path) -> None:
    with MisskeyFake("misskey.io") as fake:
        desk = Desk(Misskey, fake.account(), tmp_path)
        prepared = desk.prepare(desk.draft("Fog"))
        assert desk.publish(prepared) == desk.publish(prepared)
        assert len(fake.posts) == 1


# What the server tells


def test_the_limits_are_the_servers(fake: MisskeyFake, desk: Desk) -> None:
    fake.max_note_text_length, fake.max_file_size_mb = 800, 30
    limits = desk.run(lambda network: network.discover())
    assert (limits.max_text, limits.max_picture_bytes, limits.max_alt) == (800, 30 * 1024 * 1024, 512)
    desk.settings = {**desk.settings, "token": ""}
    assert desk.run(lambda network: network.discover()).max_picture_bytes == LIMITS.max_picture_bytes


def test_check_says_who_we_are_and_the_mark_is_set(fake: MisskeyFake, desk: Desk) -> None:
    fake.bot = False
    identity = desk.check()
    assert (identity.url, identity.bot) == (f"{fake.url}/@blog", False)
    desk.mark()
    assert fake.bot
    fake.permissions.remove("write:account")
    with pytest.raises(Refused, match="may not mark") as refused:
        desk.mark()
    assert "write:account" in refused.value.fix


def test_figures_are_summed_where_the_server_does_not(fake: MisskeyFake, desk: Desk) -> None:
    published = desk.send(desk.draft("Fog"))
    fake.counts = {"renoteCount": 2, "repliesCount": 1, "reactions": {"👍": 3, ":fog@.:": 4}}
    assert desk.run(lambda network: network.metrics(published)) == {"reactions": 7, "renotes": 2, "replies": 1}
    fake.counts["reactionCount"] = 9
    assert desk.run(lambda network: network.metrics(published))["reactions"] == 9


def test_a_note_is_removed_and_that_again_is_no_error(fake: MisskeyFake, desk: Desk) -> None:
    published = desk.send(desk.draft("Fog"))
    assert desk.run(lambda network: network.is_shown(published)) is True
    for _ in range(2):
        desk.run(lambda network: network.delete(published))
    assert desk.run(lambda network: network.is_shown(published)) is False
    with pytest.raises(Refused, match="not there any more"):
        desk.run(lambda network: network.metrics(published))


def test_sharkey_changes_words_and_descriptions_and_keeps_the_rest(tmp_path: Path) -> None:
    with MisskeyFake("sharkey") as fake:
        desk = Desk(Sharkey, fake.account() | {"visibility": "home"}, tmp_path)
        picture = desk.picture("A heron")
        published = desk.send(desk.draft("Fog", pictures=(picture,)))
        changed = desk.draft("Fog, corrected", pictures=(replace(picture, alt="A heron (AI)"),))
        for _ in range(2):
            again = desk.run(lambda network: network.edit(changed, 0, published))
            assert again.remote_id == published.remote_id
        (post,) = fake.posts
        assert (post.text, post.raw["visibility"], post.pictures[0].alt) == ("Fog, corrected", "home", "A heron (AI)")
        assert desk.run(lambda network: network.discover()).max_alt == fake.max_comment_length


# The error table


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (400, "INVALID_PARAM", Refused, "refused it"),
        (400, "NO_SUCH_FILE", Refused, "refused it"),
        (400, "NO_SUCH_REPLY_TARGET", Refused, "is gone"),
        (400, "CONTAINS_PROHIBITED_WORDS", Refused, "refused it"),
        (400, "CONTAINS_TOO_MANY_MENTIONS", Refused, "refused it"),
        (400, "REPLY_TO_BOT_NOT_ALLOWED", Refused, "refused it"),
        (413, "MAX_FILE_SIZE_EXCEEDED", Refused, "refused it"),
        (400, "NO_FREE_SPACE", Refused, "refused it"),
        (400, "INAPPROPRIATE", Refused, "refused it"),
        (401, "CREDENTIAL_REQUIRED", NeedsLogin, "does not take the token"),
        (401, "AUTHENTICATION_FAILED", NeedsLogin, "does not take the token"),
        (403, "PERMISSION_DENIED", NeedsLogin, "does not take the token"),
        (403, "ROLE_PERMISSION_DENIED", Blocked, "may not post"),
        (403, "YOUR_ACCOUNT_SUSPENDED", Blocked, "may not post"),
        (403, "YOUR_ACCOUNT_MOVED", Blocked, "may not post"),
        (429, "RATE_LIMIT_EXCEEDED", RateLimited, "no more calls"),
        (429, "BRIEF_REQUEST_INTERVAL", RateLimited, "no more calls"),
        (202, "PROCESSING", Unknown, "may be out"),
        (500, "INTERNAL_ERROR", Unknown, "may be out"),
        (502, "", Unknown, "may be out"),
        (404, "", Refused, "has no such API"),
    ],
)
def test_each_row_of_the_error_table_has_its_meaning(
    tmp_path: Path, status: int, code: str, kind: type[NetworkError], words: str
) -> None:
    desk = Desk(Misskey, {"server": "https://mi.test", "token": "token-of-ours"}, tmp_path, _always(status, code))
    with pytest.raises(NetworkError, match=words) as caught:
        desk.send(desk.draft("Fog"))
    assert type(caught.value) is kind
    assert str(caught.value).startswith("Misskey") and "token-of-ours" not in str(caught.value)
    assert not isinstance(caught.value, Refused) or caught.value.fix.endswith(".")


def test_an_upload_under_way_is_waited_for(tmp_path: Path) -> None:
    desk = Desk(Misskey, {"server": "https://mi.test", "token": "token-of-ours"}, tmp_path, _always(202, "PROCESSING"))
    with pytest.raises(Passing, match="still at work"):
        desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))


@pytest.mark.parametrize("told", ["header", "body"])
def test_the_end_of_a_rate_limit_is_read(tmp_path: Path, told: str) -> None:
    reset = int(datetime.now(UTC).timestamp() * 1000) + 120_000

    def answer(request: httpx.Request) -> httpx.Response:
        error: dict[str, Any] = {"message": "Rate limit exceeded.", "code": "RATE_LIMIT_EXCEEDED"}
        error |= {"info": {"resetMs": reset}} if told == "body" else {}
        return httpx.Response(429, json={"error": error}, headers={"Retry-After": "120"} if told == "header" else {})

    desk = Desk(Misskey, {"server": "https://mi.test", "token": "token-of-ours"}, tmp_path, answer)
    with pytest.raises(RateLimited) as caught:
        desk.send(desk.draft("Fog"))
    assert 110 < (caught.value.until - datetime.now(UTC)).total_seconds() < 130


def test_a_token_that_may_not_read_says_so(fake: MisskeyFake, desk: Desk) -> None:
    fake.permissions = ["write:notes"]
    prepared = desk.prepare(desk.draft("Fog"))
    with pytest.raises(NeedsLogin, match="permissions"):
        desk.find(prepared)
    desk.settings = {**desk.settings, "token": ""}
    with pytest.raises(NeedsLogin, match="no token"):
        desk.publish(prepared)


def _always(status: int, code: str) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"error": {"message": "No.", "code": code, "id": "x", "kind": "client"}})

    return answer
