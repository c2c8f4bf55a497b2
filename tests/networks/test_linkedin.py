"""Posts to LinkedIn as a page and as a member: what is sent, what is found, what is refused and what a person is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from socialbot.networks import linkedin_posts
from socialbot.networks.linkedin import LinkedIn
from socialbot.networks.linkedin_account import LinkedInAccount
from socialbot.networks.protocol import (
    ENDS_AT,
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
from socialbot.networks.versions import sunsets
from socialbot.nouns import Card, Draft
from socialbot.testing.fakes import LinkedInFake
from socialbot.testing.fakes.linkedin import MEMBER, MEMBER_SCOPES, PAGE, PAGE_SCOPES
from tests.networks.desk import Desk

LINK = "https://example.org/fog_over(oland)"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def fake() -> Iterator[LinkedInFake]:
    with LinkedInFake() as running:
        yield running


@pytest.fixture
def desk(fake: LinkedInFake, tmp_path: Path) -> Desk:
    """The page's."""
    return Desk(LinkedIn, fake.account(), tmp_path)


@pytest.fixture
def member(fake: LinkedInFake, tmp_path: Path) -> Desk:
    return Desk(LinkedIn, fake.member_account(), tmp_path)


def posted(fake: LinkedInFake) -> list[dict[str, Any]]:
    """The bodies of all tries to post."""
    return [body for path, body in fake.bodies if path == "/rest/posts"]


def carded(desk: Desk, text: str, thumb: bool = True) -> Draft:
    card = Card(LINK, "Fog over Öland", "It came early.", desk.picture(size=(120, 63)) if thumb else None)
    return desk.draft(text, card=card, link=LINK)


# What is sent


@pytest.mark.parametrize("escape_urls", [True, False])
def test_a_text_arrives_word_for_word_though_it_is_full_of_reserved_characters(
    fake: LinkedInFake, desk: Desk, escape_urls: bool
) -> None:
    link = LINK if escape_urls else "https://example.org/fog"
    desk.settings = {**desk.settings, "escape_urls": escape_urls}
    text = f"a (b) x_y {{x|y}} [c] <d> me@ex.com *e* ~f~ C:\\d 🌫️ #ai #f_g\n\n{link}"
    published = desk.send(desk.draft(text, link=link))
    (post,) = fake.posts
    assert (post.text, post.tags, post.id, post.url) == (text, ("ai",), published.remote_id, published.url)
    assert published.warnings == ()
    assert posted(fake)[0]["commentary"].count("#ai") == 1


def test_a_text_that_linkedin_cuts_off_is_told_of(fake: LinkedInFake, desk: Desk, member: Desk) -> None:
    draft = desk.draft("Fog (cut) here")
    prepared = desk.prepare(draft)
    bare = {**prepared.request, "post": {**prepared.request["post"], "commentary": "Fog (cut) here"}}

    def cuts(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(201, headers={"x-restli-id": "urn:li:share:7"})
        return httpx.Response(200, json={"commentary": "Fog ", "author": PAGE})

    desk.publish(Prepared(draft, 0, bare))
    assert fake.posts[0].text == "Fog ", "the fake cuts where LinkedIn does"
    desk.answer = cuts
    assert "only 4 characters" in desk.publish(Prepared(draft, 0, bare)).warnings[0]


def test_one_picture_and_several_keep_their_order_and_descriptions(fake: LinkedInFake, desk: Desk) -> None:
    for many, kind in ((1, "media"), (3, "multiImage")):
        pictures = tuple(desk.picture(f"{colour} lamp", colour=colour) for colour in ("teal", "navy", "maroon")[:many])
        desk.uploads.known.clear()
        desk.send(desk.draft(f"Fog {many}", pictures=pictures))
        post = fake.posts[-1]
        assert [(one.content, one.alt) for one in post.pictures] == [(desk.media.get(one.digest), one.alt) for one in pictures]
        assert list(post.raw["content"]) == [kind]


def test_a_link_has_a_card_with_the_words_and_picture_that_we_give(fake: LinkedInFake, desk: Desk) -> None:
    draft = carded(desk, f"Fog\n{LINK}")
    desk.send(draft)
    card = fake.posts[0].card
    thumb = draft.parts[0].card and draft.parts[0].card.thumb
    assert thumb and card
    assert (card["url"], card["title"], card["description"]) == (LINK, "Fog over Öland", "It came early.")
    assert card["thumb"] == desk.media.get(thumb.digest)
    desk.send(carded(desk, "Mist", thumb=False))
    assert fake.posts[1].card == {**card, "thumb": None}


def test_a_title_that_is_longer_than_a_card_takes_is_cut(fake: LinkedInFake, desk: Desk) -> None:
    card = Card(LINK, "Fog over Öland. " * 40, "")
    desk.send(desk.draft("Fog", card=card))
    assert 300 < len((fake.posts[0].card or {})["title"]) <= 400


def test_names_become_mentions_where_the_account_says_whose_they_are(fake: LinkedInFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "mentions": {"Fog": PAGE, "Fog (Öland)": PAGE}}
    desk.send(desk.draft("@Fog and (@Fog (Öland)) write to me@Fog or @Foggy"))
    sent = rf"@[Fog]({PAGE}) and \(@[Fog \(Öland\)]({PAGE})\) write to me\@Fog or \@Foggy"
    assert posted(fake)[0]["commentary"] == sent
    assert fake.posts[0].text == "Fog and (Fog (Öland)) write to me@Fog or @Foggy"


def test_who_sees_it_and_who_may_repost_it_is_for_the_account_to_say(fake: LinkedInFake, member: Desk) -> None:
    member.settings = {**member.settings, "visibility": "connections", "reshares": False}
    member.send(member.draft("Fog"))
    (sent,) = posted(fake)
    assert (sent["author"], sent["visibility"], sent["isReshareDisabledByAuthor"]) == (MEMBER, "CONNECTIONS", True)
    assert "content" not in sent


def test_every_call_names_the_version_and_the_protocol(fake: LinkedInFake, desk: Desk) -> None:
    desk.check()
    published = desk.send(desk.draft("Fog", pictures=(desk.picture(),)))
    desk.run(lambda network: network.delete(published))
    sent = [one for one in fake.headers if "LinkedIn-Version" in one]
    assert len(sent) == len([call for call in fake.calls if "/rest/" in call])
    assert {(one["LinkedIn-Version"], one["X-Restli-Protocol-Version"]) for one in sent} == {("202607", "2.0.0")}


def test_a_person_approves_each_post_unless_the_account_says_otherwise() -> None:
    assert LinkedInAccount(network="linkedin").approval is True
    assert LinkedInAccount(network="linkedin", approval=False).approval is False


# Pictures


def test_pictures_are_waited_for_and_never_uploaded_twice(
    fake: LinkedInFake, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socialbot.networks.linkedin_calls.POLLS_S", (0.01, 0.01))
    fake.slow_polls = 4
    draft = desk.draft("Fog", pictures=(desk.picture("A lamp"),))
    with pytest.raises(Passing, match="still processing"):
        desk.send(draft)
    desk.send(draft)
    assert len([call for call in fake.calls if call == "POST /rest/images"]) == 1
    assert len(fake.posts) == 1


def test_a_picture_whose_upload_linkedin_sees_late_is_not_uploaded_twice(
    fake: LinkedInFake, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socialbot.networks.linkedin_calls.POLLS_S", (0.01, 0.01))
    fake.late_polls = 1
    desk.send(desk.draft("Fog", pictures=(desk.picture("A lamp"),)))
    assert len([call for call in fake.calls if call == "POST /rest/images"]) == len(fake.posts) == 1


def test_a_members_picture_that_is_not_ready_is_no_reason_to_give_up(fake: LinkedInFake, member: Desk) -> None:
    fake.slow_polls = 1
    draft = member.draft("Fog", pictures=(member.picture(),))
    with pytest.raises(Passing, match="not ready yet"):
        member.send(draft)
    member.send(draft)
    assert len([call for call in fake.calls if call == "POST /rest/images"]) == len(fake.posts) == 1


@pytest.mark.parametrize("who", ["desk", "member"])
def test_a_picture_that_cannot_be_processed_is_the_posts_fault(
    request: pytest.FixtureRequest, fake: LinkedInFake, who: str
) -> None:
    place: Desk = request.getfixturevalue(who)
    picture = place.picture()
    digest = place.media.put(b"no picture at all")
    with pytest.raises(Refused, match="picture") as caught:
        place.send(place.draft("Fog", pictures=(replace(picture, digest=digest),)))
    assert "other pictures" in caught.value.fix
    assert fake.posts == []


def test_a_picture_that_was_uploaded_for_another_author_is_uploaded_anew(fake: LinkedInFake, desk: Desk, member: Desk) -> None:
    """A post that is tried again after its account was set to post as a page: LinkedIn takes only pictures of the author's."""
    draft = desk.draft("Fog", pictures=(desk.picture("A heron"),))
    member.media = desk.media
    member.prepare(draft)
    desk.uploads = member.uploads
    desk.send(draft)
    assert [picture.alt for picture in fake.posts[0].pictures] == ["A heron"]


@pytest.mark.parametrize("status", ["WAITING_UPLOAD", None])
def test_a_picture_that_linkedin_does_not_know_any_more_is_uploaded_anew(desk: Desk, status: str | None) -> None:
    picture = desk.picture()
    desk.uploads.keep(picture.digest, "urn:li:image:gone", 60)
    if status:
        desk.answer = lambda request: httpx.Response(200, json={"status": status})
    with pytest.raises(Passing, match="uploaded anew"):
        desk.prepare(desk.draft("Fog", pictures=(picture,)))
    desk.answer = None
    desk.send(desk.draft("Fog", pictures=(picture,)))


@pytest.mark.parametrize(
    "place", ["https://evil.example/dms-uploads/1", "https://linkedin.com.evil.example/x", "", "http://[", 7]
)
def test_the_token_is_shown_to_nobody_but_linkedin(fake: LinkedInFake, desk: Desk, place: object) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(200, json={"value": {"uploadUrl": place, "image": "urn:li:image:1"}})

    desk.answer = answer
    desk.settings = {key: value for key, value in desk.settings.items() if key != "api"}
    with pytest.raises(NetworkError):
        desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))
    assert asked == ["api.linkedin.com"]


# The version


def test_a_version_that_has_ended_is_replaced_once_and_told_of(fake: LinkedInFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "version": "202511"}
    published = desk.send(desk.draft("Fog"))
    assert [post.id for post in fake.posts] == [published.remote_id]
    assert published.warnings == (
        'LinkedIn does not take version 202511 of its interface any more; 202607 was used: set version = "202607".',
    )
    assert published.warnings[0] in desk.check().notes


def test_where_no_known_version_is_taken_a_person_is_told_what_to_do(fake: LinkedInFake, desk: Desk) -> None:
    fake.versions = {"202807"}
    for version in ("202601", "202607"):
        desk.settings = {**desk.settings, "version": version}
        with pytest.raises(Blocked, match=f"does not take version {version} of its interface") as caught:
            desk.send(desk.draft("Fog"))
        assert "later version" in caught.value.fix


def test_the_end_of_a_version_is_warned_of() -> None:
    account = LinkedInAccount(network="linkedin", version="202601")
    (told,) = sunsets(account, NOON.date())
    assert "15 January 2027" in told.sentence


# In doubt


def _doubt(desk: Desk) -> str:
    async def ask(network: Network) -> str:
        return network.doubt.kind

    return desk.run(ask)


def test_hashtags_that_linkedin_tells_as_templates_are_the_same_words() -> None:
    r"""It may give "#fog" back as "{hashtag|\#|fog}" (Little text format, 2026-05)."""
    sent = linkedin_posts.words(r"Fog \(early\) #fog, #Öland")
    assert linkedin_posts.words(r"Fog \(early\) {hashtag|\#|fog}, {hashtag|#|Öland}") == sent == "Fog (early) #fog, #Öland"
    assert linkedin_posts.words(r"\{hashtag\|\#\|fog\}") == "{hashtag|#|fog}", "what is escaped is no template"


def test_what_is_in_doubt_is_looked_for_on_a_page_and_held_of_a_member(fake: LinkedInFake, desk: Desk, member: Desk) -> None:
    assert (_doubt(desk), _doubt(member)) == ("LIST", "NONE")
    for place in (desk, member):
        draft = place.draft("Fog", pictures=(place.picture(),))
        fake.faults.queue.append("commit_then_drop")
        with pytest.raises(Unknown, match="may be out"):
            place.send(draft)
    found = desk.find(desk.prepare(desk.draft("Fog", pictures=(desk.picture(),))))
    assert isinstance(found, Published) and found.remote_id == fake.posts[0].id
    assert isinstance(member.find(member.prepare(member.draft("Fog"))), CannotTell)


def test_a_picture_tells_a_post_from_another_with_the_same_words(fake: LinkedInFake, desk: Desk) -> None:
    desk.send(desk.draft("Fog", pictures=(desk.picture(colour="navy"),)))
    assert desk.find(desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))) is None
    assert desk.find(desk.prepare(desk.draft("Fog"))) is None


def test_a_post_is_found_behind_a_hundred_others(fake: LinkedInFake, desk: Desk) -> None:
    fake.daily = 10_000
    prepared = desk.prepare(desk.draft("Fog"))
    first = desk.publish(prepared)
    [listed] = [dict(post.raw) for post in fake.posts]
    many = [{**listed, "id": f"urn:li:share:{number}", "commentary": f"{number}"} for number in range(150)] + [listed]

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["start"])
        return httpx.Response(200, json={"elements": many[start : start + 100]})

    desk.answer = answer
    found = desk.find(prepared)
    assert isinstance(found, Published) and found.remote_id == first.remote_id
    many *= 10
    many = [one for one in many if one["commentary"] != "Fog"]
    assert isinstance(desk.find(prepared), CannotTell)


def test_a_repetition_is_taken_for_the_post_itself_where_that_is_ours(fake: LinkedInFake, desk: Desk, member: Desk) -> None:
    for place in (desk, member):
        draft = place.draft("Fog")
        fake.faults.queue.append("commit_then_500")
        with pytest.raises(Unknown):
            place.send(draft)
        again = place.send(draft)
        assert (again.remote_id, again.url) == (fake.posts[-1].id, fake.posts[-1].url)
        assert any("look whether it is there" in one for one in again.warnings) == (place is member), "which nobody can read"
    assert len(fake.posts) == 2


def test_a_member_may_send_again_and_linkedin_names_the_first(fake: LinkedInFake, member: Desk) -> None:
    member.settings = {**member.settings, "on_doubt": "send_again"}
    assert _doubt(member) == "LIST"
    assert "is sent again" in " ".join(member.check().notes)
    draft = member.draft("Fog")
    fake.faults.queue.append("commit_then_drop")
    with pytest.raises(Unknown):
        member.send(draft)
    assert member.find(member.prepare(draft)) is None
    assert member.send(draft).remote_id == fake.posts[0].id
    assert len(fake.posts) == 1


def test_what_repeats_an_older_post_is_refused(tmp_path: Path) -> None:
    moment = datetime.now(UTC) - timedelta(hours=3)
    with LinkedInFake(clock=lambda: moment) as fake:
        desk = Desk(LinkedIn, fake.account(), tmp_path)
        older = desk.send(desk.draft("Fog"))
        moment = datetime.now(UTC)
        with pytest.raises(Refused, match="out since before") as caught:
            desk.send(desk.draft("Fog"))
        assert older.url and older.url in str(caught.value) and "Change the words" in caught.value.fix


def test_what_repeats_a_post_that_was_removed_is_refused(fake: LinkedInFake, desk: Desk) -> None:
    published = desk.send(desk.draft("Fog"))
    desk.run(lambda network: network.delete(published))
    with pytest.raises(Refused, match="one that was removed"):
        desk.send(desk.draft("Fog"))


def test_what_repeats_the_post_of_somebody_else_is_not_ours(desk: Desk) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(422, json={"message": "Content is a duplicate of urn:li:share:7", "status": 422})
        return httpx.Response(200, json={"author": "urn:li:organization:8", "createdAt": 4_000_000_000_000})

    draft = desk.draft("Fog")
    desk.answer = answer
    with pytest.raises(Refused):
        desk.send(draft)


def test_an_answer_without_a_urn_leaves_it_in_doubt(desk: Desk) -> None:
    desk.answer = lambda request: httpx.Response(201, headers={"x-restli-id": "7"})
    with pytest.raises(Unknown, match="may be out"):
        desk.send(desk.draft("Fog"))


# What is out is changed


def test_new_words_are_escaped_as_well(fake: LinkedInFake, desk: Desk, member: Desk) -> None:
    for place in (desk, member):
        published = place.send(place.draft("Fog", pictures=(place.picture("A lamp"),)))
        place.run(lambda network, out=published: network.edit(desk.draft("Mist (late) #mist"), 0, out))  # type: ignore[misc]
        post = fake.posts[-1]
        assert (post.text, [one.alt for one in post.pictures]) == ("Mist (late) #mist", ["A lamp"])


@pytest.mark.parametrize("address", ["{url}", "{url}?utm_source=share", "https://linkedin.com/feed/update/{quoted}"])
def test_an_address_that_a_person_gave_leads_to_the_post(fake: LinkedInFake, desk: Desk, address: str) -> None:
    published = desk.send(desk.draft("Fog"))
    given = address.format(url=published.url, quoted=published.remote_id.replace(":", "%3A"))
    desk.run(lambda network: network.delete(Published(given, None)))
    assert fake.posts == []


@pytest.mark.parametrize(
    "address",
    [
        "https://www.linkedin.com/feed/update/urn:li:activity:7398000000000000001/",
        "https://www.linkedin.com/posts/fog_news-activity-7398-x",
        "https://example.org/feed/update/urn:li:share:7398000000000000001/",
        "urn:li:share:x",
    ],
)
def test_an_address_that_names_no_post_removes_nothing(fake: LinkedInFake, desk: Desk, address: str) -> None:
    desk.send(desk.draft("Fog"))
    with pytest.raises(Refused, match="no post's address"):
        desk.run(lambda network: network.delete(Published(address, None)))
    assert len(fake.posts) == 1


def test_figures_are_told_of_a_page_and_of_a_member_who_may(fake: LinkedInFake, desk: Desk, member: Desk) -> None:
    figures = {name: place for place, name in enumerate(("impressionCount", "clickCount", "likeCount"))}
    for pictures in ((), (desk.picture(),)):  # a share, and a ugcPost
        published = desk.send(desk.draft(f"Fog {len(pictures)}", pictures=pictures))
        assert figures.items() <= desk.run(lambda network, out=published: network.metrics(out)).items()  # type: ignore[misc]
    published = member.send(member.draft("Fog"))
    with pytest.raises(NeedsLogin):
        member.run(lambda network: network.metrics(published))
    member.settings = {**member.settings, "token": fake.issue((*MEMBER_SCOPES, "r_member_postAnalytics"))}
    told = member.run(lambda network: network.metrics(published))
    assert told == {"IMPRESSION": 0, "MEMBERS_REACHED": 1, "REACTION": 2, "COMMENT": 3, "RESHARE": 4}


# The account


def test_check_says_who_posts_and_what_linkedins_terms_say(fake: LinkedInFake, desk: Desk, member: Desk) -> None:
    page, person = desk.check(), member.check()
    assert (page.name, page.url) == ("Fog News", "https://www.linkedin.com/company/fog-news/")
    assert (person.name, person.url) == ("Frida Fog", None)
    for notes in (page.notes, person.notes):
        assert "forbid using it to automate posting; approval is off" in notes[0]
    assert "a post in doubt is held" in person.notes[1]
    desk.settings = {**desk.settings, "approval": True}
    assert "a person approves each post" in desk.check().notes[0]


def test_without_an_author_the_only_page_is_taken_and_of_several_one_must_be_chosen(fake: LinkedInFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "author": ""}
    desk.send(desk.draft("Fog"))
    assert posted(fake)[0]["author"] == PAGE
    fake.pages["urn:li:organization:7"] = "Mist News"
    with pytest.raises(Blocked, match=r"several pages: Fog News \(.*\), Mist News \("):
        desk.send(desk.draft("Mist"))
    choices = desk.run(lambda network: network.choices())
    assert [(one.name, one.settings["author"]) for one in choices] == [
        ("Fog News", PAGE),
        ("Mist News", "urn:li:organization:7"),
    ]


@pytest.mark.parametrize("role", ["", "ANALYST"])
def test_the_page_must_be_one_that_the_login_may_post_for(fake: LinkedInFake, desk: Desk, role: str) -> None:
    fake.role = role
    with pytest.raises(Blocked, match="LinkedIn: the page must be one"):
        desk.check()
    with pytest.raises(NeedsLogin, match="LinkedIn: the page must be one") as caught:
        desk.send(desk.draft("Fog"))
    assert "administrator" in caught.value.fix


def test_the_author_must_be_the_member_who_logged_in(fake: LinkedInFake, member: Desk) -> None:
    member.settings = {**member.settings, "author": "urn:li:person:other"}
    with pytest.raises(Blocked, match="the author must be the member"):
        member.check()
    member.settings = {**member.settings, "author": ""}
    member.send(member.draft("Fog"))
    assert posted(fake)[0]["author"] == MEMBER


@pytest.mark.parametrize(
    "wrong",
    [
        {"author": "Fog News"},
        {"author": PAGE, "post_as": "member"},
        {"author": MEMBER, "post_as": "page"},
        {"version": "202613"},
        {"mentions": {"Fog": "fog"}},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LinkedInAccount.model_validate({"network": "linkedin", **wrong})
    assert LinkedInAccount(network="linkedin", post_as="page", author="1304400").author == PAGE


# The login


def test_a_login_lasts_sixty_days_and_its_end_is_known(fake: LinkedInFake, desk: Desk) -> None:
    desk.settings = {**desk.settings, "client_id": "fog-app", "client_secret": "fog-app-secret", "token": ""}

    async def log_in(network: Network) -> dict[str, str]:
        login = LinkedIn.login(network.account)
        assert login and "code_challenge" not in login.authorize("http://127.0.0.1:8009/callback/", "s", "v")
        line = network._rest.line  # type: ignore[attr-defined]
        return await login.exchange(line, fake.grant(PAGE_SCOPES[:2]), "http://127.0.0.1:8009/callback/", "v", NOON)

    session = desk.run(log_in)
    desk.vault.write(session)
    assert session[ENDS_AT] == (NOON + timedelta(days=60)).isoformat()
    desk.settings = {**desk.settings, "scopes": [*PAGE_SCOPES[:2], "r_fog"]}
    with pytest.raises(NeedsLogin):  # the list of pages needs a permission that was not granted
        desk.check()
    desk.send(desk.draft("Fog"))
    fake.expire()
    with pytest.raises(NeedsLogin, match="60 days") as caught:
        desk.send(desk.draft("Mist"))
    assert caught.value.fix == "Log in again: socialbot connect linkedin."


def test_missing_permissions_are_named(fake: LinkedInFake, desk: Desk) -> None:
    desk.check()
    assert desk.vault.session
    desk.vault.session["scope"] = "w_organization_social,rw_organization_admin"
    assert "The login lacks the permissions r_organization_social." in desk.check().notes


def test_an_approved_partners_token_renews_itself_in_the_middle_of_a_post(fake: LinkedInFake, desk: Desk) -> None:
    fake.partner = True
    desk.settings = {**desk.settings, "client_id": "fog-app", "client_secret": "fog-app-secret", "token": ""}

    async def log_in(network: Network) -> dict[str, str]:
        login = LinkedIn.login(network.account)
        assert login
        return await login.exchange(network._rest.line, fake.grant(PAGE_SCOPES), "http://x/", "v", datetime.now(UTC))  # type: ignore[attr-defined]

    desk.vault.write(desk.run(log_in))
    fake.expire()
    desk.send(desk.draft("Fog"))
    assert (len(fake.posts), fake.attempts) == (1, 2), "what is answered 401 was not taken"


def test_a_token_set_by_hand_is_said_to_end_sixty_days_after_it_was_set(desk: Desk) -> None:
    desk.check()
    session = desk.vault.session or {}
    lasts = datetime.fromisoformat(session[ENDS_AT]) - datetime.fromisoformat(session["since"])
    assert lasts == timedelta(days=60)


# What LinkedIn says


def says(status: int, message: str, **more: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json={"message": message, "status": status, **more})


TOO_LONG = {"errorDetails": {"inputErrors": [{"code": "FIELD_LENGTH_TOO_LONG"}]}}
ROWS: list[tuple[int, str, dict[str, Any], type[NetworkError], str]] = [
    (400, "commentary is not as it should be", {}, Refused, "LinkedIn: it does not take the post: commentary is not"),
    (400, "Field commentary", TOO_LONG, Refused, "LinkedIn: the text is too long"),
    (401, "Expired", {"code": "EXPIRED_ACCESS_TOKEN"}, NeedsLogin, "LinkedIn: the token is not taken; it lasts 60 days"),
    (403, "Not enough permissions to access: posts.CREATE", {}, NeedsLogin, "LinkedIn: the page must be one that the person"),
    (403, "This resource is forbidden", {}, Passing, "LinkedIn: it failed in words that pass"),
    (404, "Not found", {}, Refused, "LinkedIn: what is asked for is not there"),
    (409, "Conflict", {}, Passing, "LinkedIn: something else was changing it"),
    (422, "Something is wrong", {}, Refused, "LinkedIn: it cannot use the post: Something is wrong"),
    (422, "Content is a duplicate", {}, Refused, "LinkedIn: it takes the post for a repetition"),
    (422, "Unable to obtain activity", {}, Passing, "LinkedIn: it failed in words that pass"),
    (400, "urn:li:image:1 is PROCESSING", {}, Passing, "LinkedIn: a picture is not ready yet"),
    (400, "urn:li:image:1: PROCESSING_FAILED", {}, Refused, "LinkedIn: it cannot use a picture"),
    (426, "Requested version 202607 is not active", {}, Blocked, "LinkedIn does not take version 202607"),
    (429, "Resource level throttle MEMBER DAY limit is reached", {}, RateLimited, "LinkedIn: the day's calls are used up"),
    (429, "Too many requests", {}, RateLimited, "LinkedIn: it takes no calls for the moment"),
    (500, "Internal Server Error", {}, Unknown, "LinkedIn: the server answered 500"),
    (503, "Service Unavailable", {}, Unknown, "LinkedIn: the server answered 503"),
    (504, "Gateway Timeout", {}, Unknown, "LinkedIn: the server answered 504"),
]


@pytest.mark.parametrize(("status", "message", "more", "kind", "sentence"), ROWS)
def test_every_error_is_told_in_a_sentence(
    desk: Desk, status: int, message: str, more: dict[str, Any], kind: type[NetworkError], sentence: str
) -> None:
    prepared = desk.prepare(desk.draft("Fog"))
    desk.answer = says(status, message, **more)
    with pytest.raises(NetworkError) as caught:
        desk.publish(prepared)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(sentence) and str(caught.value).endswith(".")
    assert not isinstance(caught.value, Refused) or caught.value.fix.endswith(".")
    with pytest.raises(NetworkError) as caught:  # what may be repeated is never in doubt
        desk.run(lambda network: network.is_shown(Published("urn:li:share:1"))) if status != 404 else desk.check()
    assert type(caught.value) is (Passing if kind is Unknown else kind)


def test_a_member_is_told_of_the_product_that_is_missing(member: Desk) -> None:
    member.answer = says(403, "Not enough permissions to access: posts.CREATE.20260701", code="ACCESS_DENIED")
    with pytest.raises(NeedsLogin, match="LinkedIn: the app must have the product Share on LinkedIn"):
        member.send(member.draft("Fog"))


def test_the_days_limit_ends_at_midnight_utc_and_another_soon(fake: LinkedInFake, desk: Desk) -> None:
    fake.daily = 0
    with pytest.raises(RateLimited) as caught:
        desk.send(desk.draft("Fog"))
    now = datetime.now(UTC)
    assert caught.value.until == now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    fake.daily = 150
    fake.faults.queue.append("rate_limited")
    with pytest.raises(RateLimited) as caught:
        desk.send(desk.draft("Fog"))
    assert timedelta(minutes=14) < caught.value.until - now < timedelta(minutes=16)


def test_what_is_prepared_can_be_stored_and_sent_byte_for_byte(fake: LinkedInFake, desk: Desk) -> None:
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture("A lamp"),)))
    stored = json.loads(json.dumps(prepared.request))
    desk.publish(Prepared(prepared.draft, 0, stored))
    assert posted(fake) == [prepared.request["post"]]
    assert stored == desk.prepare(prepared.draft).request
