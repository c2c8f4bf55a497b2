"""Posts to X: words, described pictures, threads; logins by keys and by tokens; and what in doubt is found by."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from socialbot.networks.calling import Line
from socialbot.networks.login import verifier
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
from socialbot.networks.x import X
from socialbot.networks.x_calls import XAccount
from socialbot.testing.fakes import XFake
from socialbot.testing.fakes.x_login import SCOPES
from socialbot.testing.fakes.x_post import USER_ID, USERNAME
from tests.networks.desk import Desk
from tests.testing import xapi

LINK = "https://example.org/fog?a=1&b=2"
MANY = ("teal", "navy", "maroon", "olive")


@pytest.fixture
def fake() -> Iterator[XFake]:
    with XFake() as running:
        yield running


@pytest.fixture
def desk(fake: XFake, tmp_path: Path) -> Desk:
    return Desk(X, fake.account(), tmp_path)


def sent(fake: XFake, path: str = "/2/tweets") -> dict[str, Any]:
    """The only body that went there."""
    [found] = [body for place, body in fake.bodies if place == path]
    return found


def delete(desk: Desk, published: Published) -> None:
    desk.run(lambda network: network.delete(published))


def metrics(desk: Desk, published: Published) -> Mapping[str, int]:
    return desk.run(lambda network: network.metrics(published))


def is_shown(desk: Desk, published: Published) -> bool | None:
    return desk.run(lambda network: network.is_shown(published))


# What is sent


def test_a_text_arrives_word_for_word_with_its_link(fake: XFake, desk: Desk) -> None:
    text = f"<b>Fog</b> över Öland 🌫️ & more: {LINK} #fog"
    published = desk.send(desk.draft(text, link=LINK))
    (post,) = fake.posts
    assert (post.text, post.id, post.url) == (text, published.remote_id, published.url)
    assert (post.links, post.tags) == (((LINK, LINK),), ("fog",))
    assert sent(fake) == {"text": text}


def test_pictures_go_first_with_their_descriptions_and_keep_their_order(fake: XFake, desk: Desk) -> None:
    pictures = tuple(desk.picture(f"A {colour} hill" if colour != "navy" else "", colour=colour) for colour in MANY)
    desk.send(desk.draft("Fog", pictures=pictures))
    (post,) = fake.posts
    assert [one.content for one in post.pictures] == [desk.media.get(one.digest) for one in pictures]
    assert [one.alt for one in post.pictures] == ["A teal hill", "", "A maroon hill", "A olive hill"]
    assert fake.calls.count("POST /2/media/metadata") == 3, "what has no description costs no call"


def test_the_same_picture_with_two_descriptions_is_two_pictures(fake: XFake, desk: Desk) -> None:
    desk.send(desk.draft("Fog", pictures=(desk.picture("In the morning"), desk.picture("At night"))))
    assert [one.alt for one in fake.posts[0].pictures] == ["In the morning", "At night"]


def test_a_thread_answers_itself_post_by_post(fake: XFake, desk: Desk) -> None:
    draft = replace(desk.draft("One", "Two", "Three"), flags={"made_with_ai": True})
    first = desk.send(draft)
    second = desk.send(draft, 1, first)
    desk.send(draft, 2, first, second)
    assert [post.answers for post in fake.posts] == [None, first.remote_id, second.remote_id]
    assert [dict(post.flags) for post in fake.posts] == [{"made_with_ai": True}, {}, {}], "the flag stands on the root only"


@pytest.mark.parametrize(("flags", "told"), [({"made_with_ai": True}, True), ({"made_with_ai": False}, None), ({}, None)])
def test_ai_media_bear_xs_own_flag(fake: XFake, desk: Desk, flags: dict[str, bool], told: bool | None) -> None:
    desk.send(replace(desk.draft("Fog", pictures=(desk.picture(),)), flags=flags))
    assert sent(fake).get("made_with_ai") is told


def test_who_may_reply_is_told_where_the_account_says_so(fake: XFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "replies": "following"}
    desk.send(desk.draft("Fog"))
    assert sent(fake)["reply_settings"] == "following"


def test_premium_makes_room_for_longer_posts(fake: XFake, desk: Desk) -> None:
    async def room(network: Network) -> int:
        return (await network.discover()).max_text

    assert desk.run(room) == 280
    long = desk.draft("Fog lies on the sea. " * 20)
    with pytest.raises(Refused, match="by its length"):
        desk.send(long)
    fake.premium, desk.settings = True, {**desk.settings, "premium": True}
    assert desk.run(room) == 25_000
    prepared = desk.prepare(long)
    published = desk.publish(prepared)
    found = desk.find(prepared)
    assert isinstance(found, Published) and found.remote_id == published.remote_id, "though X lists it shortened"


@pytest.mark.parametrize("login", ["keys", "token"])
def test_every_call_is_what_the_specification_asks_for(fake: XFake, desk: Desk, login: str) -> None:
    fake.spelling = "post"
    if login == "token":
        desk.settings, desk.vault.session = fake.app(), session(fake)
    desk.settings = {**desk.settings, "replies": "verified"}
    desk.check()
    draft = desk.draft(f"Fog {LINK}", "More", pictures=(desk.picture("A heron"),), link=LINK)
    draft = replace(draft, flags={"made_with_ai": True}, parts=(draft.parts[0], replace(draft.parts[1], pictures=())))
    prepared = desk.prepare(draft)
    published = desk.publish(prepared)
    desk.send(draft, 1, published)
    assert isinstance(desk.find(prepared), Published)
    assert metrics(desk, published)["repost_count"] == 1
    delete(desk, published)
    paths = {f"/2/users/{USER_ID}/tweets": "/2/users/{id}/tweets", f"/2/tweets/{published.remote_id}": "/2/tweets/{id}"}
    assert {path for path, _ in fake.bodies} == {"/2/tweets", "/2/media/metadata"}
    assert all(xapi.is_body(path, body) for path, body in fake.bodies)
    asked = [(paths.get(path, path), query) for path, query in fake.queries if query and "tweet.fields" not in query]
    assert {path for path, _ in asked} == {"/2/users/me", *paths.values()}
    assert all(xapi.is_query(path, query) for path, query in asked)


# Uploads


def test_what_was_uploaded_and_described_is_neither_sent_nor_paid_for_again(fake: XFake, desk: Desk) -> None:
    draft = desk.draft("Fog", pictures=(desk.picture("A heron"),))
    assert desk.prepare(draft).request == desk.prepare(draft).request
    assert fake.calls.count("POST /2/media/upload") == fake.calls.count("POST /2/media/metadata") == 1
    assert all(3600 < 86_400 - lasts_s < 3 * 3600 for lasts_s in desk.uploads.lasts_s.values()), "given up before X does"
    assert max(map(len, desk.uploads.known)) <= 64


def test_a_description_that_was_not_set_is_set_at_the_next_try(fake: XFake, desk: Desk) -> None:
    draft = desk.draft("Fog", pictures=(desk.picture("A heron"),))
    fake.used["metadata"] = (fake.clock(), 500)
    with pytest.raises(RateLimited):
        desk.prepare(draft)
    fake.used.clear()
    desk.send(draft)
    assert fake.posts[0].pictures[0].alt == "A heron"
    assert fake.calls.count("POST /2/media/upload") == 1


@pytest.mark.parametrize("polls", [2, 30])
def test_an_upload_is_waited_for_until_it_is_processed(fake: XFake, desk: Desk, polls: int) -> None:
    fake.slow_polls = polls
    draft = desk.draft("Fog", pictures=(desk.picture(),))
    for _ in range(2 if polls == 30 else 0):
        with pytest.raises(Passing, match="still processing"):
            desk.prepare(draft)
    desk.send(draft)
    assert len(fake.posts[0].pictures) == 1
    assert fake.calls.count("POST /2/media/upload") == 1


def test_an_upload_that_failed_is_told(desk: Desk) -> None:
    desk.answer = script({"/2/media/upload": (200, {"data": {"id": "7", "processing_info": {"state": "failed"}}})})
    with pytest.raises(Refused, match="could not process a picture"):
        desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))


@pytest.mark.parametrize("misfortune", [XFake.expire_uploads, XFake.give_away_uploads])
def test_an_upload_that_x_knows_no_more_is_made_anew(fake: XFake, desk: Desk, misfortune: Any) -> None:
    """As after a login as another account in between: with the old upload each try would be refused for a day."""
    draft = desk.draft("Fog", pictures=(desk.picture("A heron"),))
    prepared = desk.prepare(draft)
    misfortune(fake)
    with pytest.raises(Passing, match="knows an uploaded picture no more"):
        desk.publish(prepared)
    desk.send(draft)
    assert [picture.alt for picture in fake.posts[0].pictures] == ["A heron"]


@pytest.mark.parametrize("unfinished", ["slow_polls", "metadata"])
def test_one_that_is_lost_before_it_was_finished_is_made_anew(fake: XFake, desk: Desk, unfinished: str) -> None:
    draft = desk.draft("Fog", pictures=(desk.picture("A heron"),))
    if unfinished == "slow_polls":
        fake.slow_polls = 30
    else:
        fake.used["metadata"] = (fake.clock(), 500)
    with pytest.raises((Passing, RateLimited)):
        desk.prepare(draft)
    fake.slow_polls = 0
    fake.used.clear()
    XFake.expire_uploads(fake)
    with pytest.raises(Passing, match="knows an uploaded picture no more"):
        desk.prepare(draft)
    desk.send(draft)
    assert [picture.alt for picture in fake.posts[0].pictures] == ["A heron"]


# In doubt


def test_a_post_in_doubt_is_found_by_its_picture_whatever_became_of_its_words(fake: XFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))
    published = desk.publish(prepared)
    other = {**prepared.request["post"], "text": "Something else"}
    found = desk.find(replace(prepared, request={**prepared.request, "post": other}))
    assert found == published


@pytest.mark.parametrize(
    "text",
    [
        "Fog & <mist> “over” Öland 🌫️ e\u0301",
        f"Fog: {LINK}",
        "See example.org and HTTPS://Example.org/Fog, or example.com/ twice",
        "  Fog\n\n  and   more  ",
    ],
)
@pytest.mark.parametrize("pictures", [0, 2])
def test_a_post_in_doubt_is_found_by_its_words(fake: XFake, desk: Desk, text: str, pictures: int) -> None:
    variants = tuple(desk.picture(colour=colour) for colour in MANY[:pictures])
    desk.send(desk.draft("Quite another one"))
    prepared = desk.prepare(desk.draft(text, pictures=variants))
    assert desk.find(prepared) is None
    published = desk.publish(prepared)
    uploaded_anew = replace(prepared, request={**prepared.request, "media_keys": ["3_1"]})
    assert desk.find(uploaded_anew) == published


def test_a_post_in_doubt_is_found_by_its_link_where_x_changed_its_words(fake: XFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft(f"Fog: {LINK}", link=LINK))
    fake.stranger(f"Fog: {LINK}")
    assert desk.find(prepared) is None
    published = desk.send(desk.draft(f"Fog … {LINK}", link=LINK))
    assert desk.find(prepared) == published
    assert desk.find(prepared, ago_s=-120) is None, "another post of ours with this link, from before the send, is not it"


def test_a_reply_is_found_only_below_the_post_that_it_answers(fake: XFake, desk: Desk) -> None:
    fake.duplicates_for = timedelta()
    draft = desk.draft("One", "Same")
    first = desk.send(draft)
    prepared = desk.prepare(draft, 1, first)
    other = desk.send(desk.draft("Other"))
    desk.send(desk.draft("Same"))
    desk.send(desk.draft("Other", "Same"), 1, other)
    assert desk.find(prepared) is None
    published = desk.publish(prepared)
    assert desk.find(prepared) == published


def test_no_more_is_read_than_the_time_of_the_doubt_and_that_is_looked_through(fake: XFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("The first"))
    published = desk.publish(prepared)
    for number in range(150):
        fake.used.clear()
        fake._store(replace(fake._posts[published.remote_id], text=f"Fog {number}"))
    assert desk.find(prepared) == published, "on the second page"
    for number in range(150):
        fake._store(replace(fake._posts[published.remote_id], text=f"Mist {number}"))
    found = desk.find(prepared)
    assert isinstance(found, CannotTell) and "too much" in found.why
    asked = datetime.fromisoformat(fake.queries[-1][1]["start_time"])
    assert timedelta(minutes=10) <= datetime.now(UTC) - asked < timedelta(minutes=12)


def test_a_clock_that_is_hours_ahead_of_xs_hides_nothing(tmp_path: Path) -> None:
    late = timedelta(hours=3)
    with XFake(clock=lambda: datetime.now(UTC) - late) as fake:
        fake.logins.life = timedelta(days=1)
        desk = Desk(X, {**fake.app(), "token": fake.logins.grant()["access_token"]}, tmp_path)
        prepared = desk.prepare(desk.draft("Fog"))
        published = desk.publish(prepared)
        assert desk.find(prepared) == published


@pytest.mark.parametrize("ahead_h", [3, -3])
def test_a_signature_is_made_by_xs_clock_where_ours_is_hours_off(tmp_path: Path, ahead_h: int) -> None:
    with XFake(clock=lambda: datetime.now(UTC) - timedelta(hours=ahead_h)) as fake:
        desk = Desk(X, fake.account(), tmp_path)
        prepared = desk.prepare(desk.draft("Fog"))
        published = desk.publish(prepared)
        assert [post.id for post in fake.posts] == [published.remote_id]
        assert desk.find(prepared) == published


@pytest.mark.parametrize("first", ["tweet", "post"])
def test_both_spellings_of_what_is_read_are_spoken(fake: XFake, desk: Desk, first: str) -> None:
    fake.spelling = first
    draft = desk.draft(f"Fog: {LINK}", "More", pictures=(), link=LINK)
    top = desk.send(draft)
    prepared = desk.prepare(draft, 1, top)
    published = desk.publish(prepared)
    assert desk.find(prepared) == published
    assert metrics(desk, published) == {
        "impression_count": 71,
        "like_count": 3,
        "reply_count": 0,
        "repost_count": 1,
        "quote_count": 0,
        "bookmark_count": 2,
    }


# What X calls a duplicate


def test_a_duplicate_is_the_post_that_is_out_and_is_found(fake: XFake, desk: Desk) -> None:
    draft = desk.draft("Fog over Öland", link=LINK)
    fake.faults.queue.append("commit_then_500")
    with pytest.raises(Unknown):
        desk.send(draft)
    published = desk.send(draft)
    (post,) = fake.posts
    assert (published.remote_id, published.url) == (post.id, post.url)
    assert "same words" in published.warnings[0]


def test_a_duplicate_that_is_not_listed_yet_stays_in_doubt_and_is_found_later(fake: XFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog over Öland"))
    desk.publish(prepared)
    fake.lag = timedelta(hours=1)
    with pytest.raises(Unknown, match="does not list them yet; the post may be out"):
        desk.publish(prepared)
    fake.lag = timedelta()
    assert isinstance(desk.find(prepared), Published)


def test_a_duplicate_while_the_list_cannot_be_read_stays_in_doubt(fake: XFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog over Öland"))
    desk.publish(prepared)
    fake.used["timeline"] = (fake.clock(), 900)
    with pytest.raises(Unknown, match="could not be looked for"):
        desk.publish(prepared)


def test_another_post_with_the_same_link_is_no_duplicate(fake: XFake, desk: Desk) -> None:
    desk.send(desk.draft(f"Mist: {LINK}", link=LINK))
    prepared = desk.prepare(desk.draft(f"Fog: {LINK}", link=LINK))
    duplicate = (403, {"title": "Forbidden", "detail": "You are not allowed to create a Tweet with duplicate content."})
    desk.answer = lambda request: httpx.Response(*duplicate[:1], json=duplicate[1]) if is_post(request) else forward(request)
    with pytest.raises(Unknown):
        desk.publish(prepared)


# What is out


def test_what_is_out_is_counted_read_back_and_removed(fake: XFake, desk: Desk) -> None:
    kept, published = desk.send(desk.draft("Mist")), desk.send(desk.draft("Fog"))
    assert is_shown(desk, published) is True
    for _ in range(2):
        delete(desk, published)
    assert is_shown(desk, published) is False
    with pytest.raises(Refused, match="not there any more"):
        metrics(desk, published)
    assert [post.id for post in fake.posts] == [kept.remote_id]


@pytest.mark.parametrize("place", [f"x.com/{USERNAME}", "twitter.com/FogNews", "mobile.x.com/i/web"])
@pytest.mark.parametrize("end", ["", "/photo/1", "?s=20"])
def test_an_address_that_a_person_gave_leads_to_the_post(fake: XFake, desk: Desk, place: str, end: str) -> None:
    published = desk.send(desk.draft("Fog"))
    address = Published(f"https://{place}/status/{published.remote_id}{end}")
    desk.send(desk.draft("One", "Two"), 1, address)
    assert fake.posts[-1].answers == published.remote_id
    delete(desk, address)
    assert [post.text for post in fake.posts] == ["Two"]


def test_an_address_of_others_is_neither_answered_nor_touched(fake: XFake, desk: Desk) -> None:
    theirs = fake.stranger("Hello")
    for told in (f"https://x.com/{USERNAME}/status/{theirs}", "https://example.org/fognews/status/1", "https://x.com/fog"):
        with pytest.raises(Refused, match=r"is no post's address|is not a post of this account"):
            delete(desk, Published(told))
        with pytest.raises(Refused):
            desk.prepare(desk.draft("One", "Two"), 1, Published(told))


# Logins


def session(fake: XFake, scope: str = SCOPES) -> dict[str, str]:
    """What a login leaves, as `OAuth2` keeps it."""
    granted = fake.logins.grant(scope)
    now = fake.clock()
    ends = (now + timedelta(seconds=granted["expires_in"])).isoformat()
    kept = {key: granted[key] for key in ("access_token", "refresh_token", "scope") if key in granted}
    return {**kept, "since": now.isoformat(), "expires_at": ends}


def test_a_person_logs_in_through_the_browser_with_pkce(fake: XFake, desk: Desk) -> None:
    account = XAccount.model_validate(fake.app())
    login = X.login(account)
    assert login
    here, secret = "http://127.0.0.1:8009/callback/", verifier()
    line = Line("X", httpx.AsyncClient(trust_env=False), 5, fake.clock, list)
    came_to = httpx.get(login.authorize(here, "state-1", secret), trust_env=False).headers["Location"]
    told = {key: values[0] for key, values in parse_qs(urlsplit(came_to).query).items()}
    assert told["state"] == "state-1" and came_to.startswith(here)
    with pytest.raises(NeedsLogin, match="code verifier"):
        asyncio.run(login.exchange(line, told["code"], here, verifier(), fake.clock()))
    came_to = httpx.get(login.authorize(here, "state-2", secret), trust_env=False).headers["Location"]
    code = parse_qs(urlsplit(came_to).query)["code"][0]

    async def finish() -> dict[str, str]:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await login.exchange(Line("X", client, 5, fake.clock, list), code, here, secret, fake.clock())

    desk.settings, desk.vault.session = fake.app(), asyncio.run(finish())
    assert desk.check().name == f"@{USERNAME}"
    assert set(desk.vault.session["scope"].split()) == set(SCOPES.split())


def test_a_public_client_names_itself_in_the_form() -> None:
    account = XAccount(network="x", client_id="ours")
    login = X.login(account)
    assert login and not login.basic and login.authorize_url == "https://x.com/i/oauth2/authorize"
    assert X.login(XAccount(network="x")) is None
    by_keys = XAccount.model_validate({"network": "x", "client_id": "ours", "consumer_key": "key"})
    assert X.login(by_keys) is None, "who has set keys wants to use them"


def test_a_refresh_token_works_once_and_the_new_one_is_stored_before_it_is_used(fake: XFake, desk: Desk) -> None:
    desk.settings, desk.vault.session = fake.app(), session(fake)
    desk.check()
    old = dict(desk.vault.session)
    ended = (fake.clock() - timedelta(minutes=1)).isoformat()
    desk.vault.session |= {"expires_at": ended}
    desk.send(desk.draft("Fog"))
    assert fake.logins.renewals == 1
    assert desk.vault.session["refresh_token"] != old["refresh_token"]
    assert desk.vault.session["username"] == USERNAME, "what is known of the account outlives the token"
    desk.vault.session = old | {"expires_at": ended}
    with pytest.raises(NeedsLogin, match="the login is not taken"):
        desk.send(desk.draft("Mist"))


@pytest.mark.parametrize("call", ["check", "send"])
def test_a_token_that_ended_early_is_renewed_and_nothing_is_lost(fake: XFake, desk: Desk, call: str) -> None:
    desk.settings, desk.vault.session = fake.app(), session(fake)
    prepared = desk.prepare(desk.draft("Fog"))
    fake.logins._access.clear()
    if call == "check":
        desk.check()
    else:
        desk.publish(prepared)
        assert len(fake.posts) == 1
    assert fake.logins.renewals == 1


def test_a_login_that_was_revoked_needs_a_person(fake: XFake, desk: Desk) -> None:
    desk.settings, desk.vault.session = fake.app(), session(fake)
    prepared = desk.prepare(desk.draft("Fog"))
    fake.logins.revoke()
    for act in (desk.check, lambda: desk.publish(prepared)):
        with pytest.raises(NeedsLogin, match="does not take the login"):
            act()
    desk.settings = fake.account()
    with pytest.raises(NeedsLogin, match="does not take the login"):
        desk.check()


def test_keys_sign_every_call_and_a_key_that_is_wrong_or_missing_is_told(fake: XFake, desk: Desk) -> None:
    desk.check()
    desk.settings = {**fake.account(), "access_token_secret": "another"}
    with pytest.raises(NeedsLogin):
        desk.check()
    desk.settings = {**fake.account(), "access_token_secret": "", "consumer_secret": ""}
    with pytest.raises(NeedsLogin, match="consumer_secret and access_token_secret must be set"):
        desk.check()
    desk.settings = {"network": "x", "api": fake.url}
    with pytest.raises(NeedsLogin, match="not logged in"):
        desk.check()


def test_another_login_is_asked_anew_who_it_is(fake: XFake, desk: Desk) -> None:
    desk.send(desk.draft("Fog"))
    desk.send(desk.draft("Mist"))
    assert fake.calls.count("GET /2/users/me") == 1
    desk.settings = {**fake.app(), "token": fake.logins.grant()["access_token"]}
    desk.send(desk.draft("Haze"))
    assert fake.calls.count("GET /2/users/me") == 2
    desk.settings = {**fake.app(), "token": fake.logins.grant()["access_token"]}  # perhaps another account's
    desk.send(desk.draft("Rime"))
    assert fake.calls.count("GET /2/users/me") == 3


def test_check_tells_what_x_and_the_options_disagree_on(fake: XFake, desk: Desk) -> None:
    assert desk.check().notes == ()
    fake.protected, desk.settings = True, {**desk.settings, "premium": True}
    notes = " ".join(desk.check().notes)
    assert "only its followers" in notes and "has no Premium" in notes
    fake.premium, desk.settings = True, fake.account()
    assert "premium = true" in " ".join(desk.check().notes)
    desk.settings, desk.vault.session = fake.app(), session(fake, "tweet.read users.read")
    assert "lacks the rights tweet.write, media.write, offline.access" in " ".join(desk.check().notes)


# Errors


def is_post(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path == "/2/tweets"


def forward(request: httpx.Request) -> httpx.Response:
    """On to the fake."""
    told = {name: value for name, value in request.headers.items() if name.lower() != "host"}
    with httpx.Client(trust_env=False) as client:
        answer = client.request(request.method, request.url, headers=told, content=request.content)
    return httpx.Response(answer.status_code, content=answer.content)


def script(answers: dict[str, tuple[int, Any]], headers: dict[str, str] | None = None) -> Any:
    """A server that gives these answers by path; to all else as on a good day."""
    good = {"/2/users/me": (200, {"data": {"id": USER_ID, "username": USERNAME}})}

    def answer(request: httpx.Request) -> httpx.Response:
        status, body = ({**good, **answers})[request.url.path]
        return httpx.Response(status, json=body, headers=headers or {})

    return answer


def problem(detail: str, kind: str = "about:blank", title: str = "Forbidden") -> dict[str, Any]:
    return {"title": title, "type": kind if ":" in kind else f"https://api.x.com/2/problems/{kind}", "detail": detail}


def errors(message: str) -> dict[str, Any]:
    found = problem("One or more parameters to your request was invalid.", "invalid-request", "Invalid Request")
    return {**found, "errors": [{"message": message, "parameters": {}}]}


NO_CREDITS = "Your enrolled account does not have any credits to fulfill this request."
SUSPENDED = "Your account is suspended and is not permitted to access this feature."
LOCKED = "To protect our users from spam and other malicious activity, this account is temporarily locked."
ROWS: tuple[tuple[int, dict[str, Any], type[NetworkError], str], ...] = (
    (400, errors("Posts may contain a maximum of one cashtag."), Refused, "one cashtag"),
    (400, errors("The `media.media_ids` field must have a maximum of 4 items."), Refused, "four pictures"),
    (400, errors("Invalid URL in the text."), Refused, "a link"),
    (400, errors("Your media IDs are invalid."), Refused, "no more"),
    (400, errors("The field [made_with_ai] is not one that is known."), Refused, "flag for AI media"),
    (400, errors("Something else."), Refused, "Something else"),
    (401, problem("Unauthorized", title="Unauthorized"), NeedsLogin, "does not take the login"),
    (401, problem("Unsupported Authentication", "unsupported-authentication"), NeedsLogin, "does not take the login"),
    (403, problem("Unsupported Authentication", "unsupported-authentication"), NeedsLogin, "this kind of token"),
    (403, problem("Your client app is not configured with the appropriate oauth1 app permissions."), NeedsLogin, "only read"),
    (402, problem(NO_CREDITS, "credits", "CreditsDepleted"), Blocked, "credits"),
    (402, problem("Payment Required"), Blocked, "credits"),
    (403, problem("Spending limit reached."), Blocked, "credits"),
    (429, problem("Usage cap exceeded: Monthly product cap", "usage-capped"), Blocked, "used up"),
    (403, problem("You are not permitted to perform this action."), Refused, "by its length"),
    (403, problem("You are not permitted to access this feature."), Blocked, "has not this feature"),
    (403, problem(SUSPENDED, "user-suspended"), Blocked, "is suspended"),
    (403, problem(LOCKED), Blocked, "is locked"),
    (403, problem("This request looks like it might be automated."), Blocked, "spam"),
    (403, problem("The app must be attached to a Project.", "client-forbidden"), Blocked, "app is not admitted"),
    (403, problem("You attempted to reply to a Tweet that is deleted or not visible to you."), Refused, "is gone"),
    (403, problem("You may not.", "not-authorized-for-resource"), Refused, "may not do this"),
    (403, problem("You are not allowed to create a Tweet with duplicate content."), Unknown, "same words"),
    (404, problem("Could not find it.", "resource-not-found"), Refused, "not there any more"),
    (409, problem("The stream is taken."), Refused, "refused it"),
    (429, problem("Too Many Requests", "rate-limit-exceeded"), RateLimited, "no more calls are taken"),
    (403, problem("User is over daily status update limit."), RateLimited, "no more calls are taken"),
    *((status, problem("Service is away."), Unknown, "may be out") for status in (500, 502, 503, 504)),
    (200, {"errors": [problem("Neither this nor that.")]}, Unknown, "may be out"),
    (201, {"data": {}}, Unknown, "may be out"),
)


@pytest.mark.parametrize(("status", "body", "kind", "word"), ROWS, ids=lambda one: str(one)[:40])
def test_every_error_says_what_it_means(desk: Desk, status: int, body: Any, kind: type[NetworkError], word: str) -> None:
    listing = f"/2/users/{USER_ID}/tweets"
    desk.answer = script({"/2/tweets": (status, body), listing: (200, {"meta": {"result_count": 0}})})
    prepared = desk.prepare(desk.draft("Fog"))
    with pytest.raises(kind) as caught:
        desk.publish(prepared)
    assert type(caught.value) is kind and word in str(caught.value)
    assert str(caught.value).startswith("X") and str(caught.value).endswith(".")


def test_a_server_that_fails_at_what_can_be_repeated_is_tried_again(desk: Desk) -> None:
    desk.answer = script({"/2/users/me": (503, problem("Away."))})
    with pytest.raises(Passing):
        desk.check()


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "{15}"}, 15),
        ({"x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": "{400}", "x-rate-limit-reset": "{15}"}, 400),
        ({"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": "{300}", "x-rate-limit-reset": "{15}"}, 300),
        ({"x-user-limit-24hour-remaining": "7", "x-user-limit-24hour-reset": "{400}", "x-rate-limit-reset": "{15}"}, 15),
    ],
)
def test_a_limit_names_the_moment_of_its_end(desk: Desk, headers: dict[str, str], minutes: int) -> None:
    now = datetime.now(UTC)
    told = {
        name: str(int((now + timedelta(minutes=int(value[1:-1]))).timestamp())) if value.startswith("{") else value
        for name, value in headers.items()
    }
    desk.answer = script({"/2/tweets": (429, problem("Too Many Requests"))}, told)
    with pytest.raises(RateLimited) as caught:
        desk.send(desk.draft("Fog"))
    assert abs(caught.value.until - now - timedelta(minutes=minutes)) < timedelta(seconds=5)


def test_the_last_post_of_a_day_puts_the_account_to_rest(fake: XFake, desk: Desk) -> None:
    fake.left_today = 1
    draft = desk.draft("Fog")

    async def act(network: Network) -> datetime | None:
        await network.publish(await network.prepare(draft, 0, desk.uploads))
        return network.rests_until

    rests = desk.run(act)
    assert rests and rests - datetime.now(UTC) > timedelta(hours=6)
    with pytest.raises(RateLimited) as caught:
        desk.send(desk.draft("Mist"))
    assert caught.value.until == rests.replace(microsecond=0) or caught.value.until - rests < timedelta(minutes=1)


@pytest.mark.parametrize("switch", ["without_credits", "capped", "suspended", "locked"])
def test_an_account_that_is_barred_waits_for_a_person_and_nothing_is_out(fake: XFake, desk: Desk, switch: str) -> None:
    prepared = desk.prepare(desk.draft("Fog"))
    setattr(fake, switch, True)
    with pytest.raises(Blocked) as caught:
        desk.publish(prepared)
    assert caught.value.fix.endswith(".") and fake.posts == []


def test_what_is_prepared_can_be_stored_and_holds_no_secret(fake: XFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture("A heron"),)))
    stored = json.loads(json.dumps(prepared.request))
    assert "fake" not in json.dumps(stored)
    desk.publish(Prepared(prepared.draft, 0, stored))
    assert fake.posts[0].text == "Fog"
