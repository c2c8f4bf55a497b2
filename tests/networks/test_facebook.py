"""A Facebook Page: pictures uploaded unseen, one call that publishes, posts found by their pictures; every error seen there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from socialbot.networks.facebook import STORY, Facebook
from socialbot.networks.protocol import (
    ENDS_AT,
    Blocked,
    NeedsLogin,
    NetworkError,
    Passing,
    Published,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.networks.versions import sunsets
from socialbot.nouns import AiWord, Draft, Part
from socialbot.testing.conformance import drafts
from socialbot.testing.conformance.stand import Stand
from socialbot.testing.fakes import FacebookFake
from socialbot.testing.fakes.facebook import PAGE
from socialbot.testing.fakes.graph import APP, CODE, LONG_LIFE, SECRET, refusal
from tests.networks.containers import a_day_later, is_out, lose_answer, standing
from tests.networks.desk import SHARED

Desk = tuple[Stand, FacebookFake]

SPEC = SHARED / "specs" / "meta"

META: list[tuple[int, int | None, type[NetworkError]]] = [
    (1, None, Unknown),
    (2, None, Unknown),
    (3, None, NeedsLogin),
    (10, None, NeedsLogin),
    (200, None, NeedsLogin),
    (299, None, NeedsLogin),
    (283, None, NeedsLogin),
    *((code, None, RateLimited) for code in (4, 17, 32, 341, 613, 80001, 80002)),
    (100, None, Refused),
    (102, None, NeedsLogin),
    (190, None, NeedsLogin),
    *((190, subcode, NeedsLogin) for subcode in (458, 459, 460, 463, 464, 467, 492)),
    (324, None, Refused),
    (368, None, Blocked),
    (506, None, Unknown),
    (1609005, None, Passing),
]
"""What all of Meta's networks answer, and what it is on the call that publishes."""
OWN: list[tuple[int, int | None, type[NetworkError]]] = [
    (100, 1366046, Refused),
    (100, 1366051, Unknown),
    (100, 1390008, RateLimited),
    (100, 1346003, Blocked),
    (100, 1404102, Blocked),
    (100, 1404078, Blocked),
    (100, 1404112, Blocked),
    (100, 4854002, Blocked),
    (100, 1404006, Blocked),
    (100, 1609005, Passing),
    (100, 1609008, Refused),
    (100, 2061006, Refused),
    (100, 1363047, Unknown),
    (100, 1609010, Unknown),
    (100, 2069019, Refused),
    (3001, 1504028, Refused),
]
"""What others have seen of Pages."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with standing(FacebookFake, tmp_path, monkeypatch) as made:
        yield made


def to_story(desk: Desk) -> Desk:
    desk[0].with_account(place="story")
    desk[0].__dict__.pop("limits", None)
    return desk


def wordless(stand: Stand) -> Draft:
    """A story's draft by hand: a vertical picture and no words."""
    made = stand.made("")
    return replace(made, parts=(Part(made.parts[0].caption, (drafts.picture(STORY, 0, width=360, height=640),)),))


def bodies(fake: FacebookFake, edge: str) -> list[dict[str, str]]:
    return [given for path, given in fake.bodies if path.endswith(f"/{edge}")]


def linked(stand: Stand, text: str = f"Fog over Öland\n\n{drafts.LINK}") -> Draft:
    return drafts.made("facebook", stand.limits, (text,), link=drafts.LINK)


def noted(stand: Stand) -> tuple[str, ...]:
    return stand.act(lambda network: network.check()).notes


# What is sent


def test_words_alone_are_one_call(desk: Desk) -> None:
    stand, fake = desk
    published = stand.send(stand.made("Fog & mist #1"))
    assert bodies(fake, "feed") == [{"message": "Fog & mist #1", "fields": "id,permalink_url"}]
    assert (published.remote_id, published.url) == (fake.posts[0].id, fake.posts[0].url)


def test_a_post_without_pictures_shows_the_card_of_its_link(desk: Desk) -> None:
    stand, fake = desk
    stand.send(linked(stand))
    assert bodies(fake, "feed")[0]["link"] == drafts.LINK and fake.posts[0].card == {"url": drafts.LINK}
    stand.send(linked(stand, "Fog without its link"))
    stand.with_account(link_card=False)
    stand.send(linked(stand, f"Mist\n\n{drafts.LINK}"))
    assert [one.card for one in fake.posts[1:]] == [None, None], "where the words have no link, or none is wanted"


def test_pictures_are_uploaded_unseen_and_attached_in_the_one_call(desk: Desk) -> None:
    stand, fake = desk
    draft = stand.made("Fog", pictures=10)
    prepared = stand.prepare(draft)
    assert fake.posts == [] and fake.attempts == 0
    alts = [one.alt for one in draft.parts[0].pictures]
    assert bodies(fake, "photos") == [{"published": "false", "alt_text_custom": alt} for alt in alts]
    stand.publish(prepared)
    sent = bodies(fake, "feed")[0]
    assert json.loads(sent["attached_media"]) == [{"media_fbid": photo} for photo in prepared.request["photos"]]
    assert [one.alt for one in fake.posts[0].pictures] == alts and "link" not in sent


def test_bodies_hold_only_parameters_of_the_specification(desk: Desk) -> None:
    if not SPEC.exists():
        pytest.skip("the specifications are not here")
    stand, fake = desk
    stand.with_account(ai_flag=True, sponsor_id="104000000000009", sponsor_relationship=1)
    assert stand.carry(stand.accept(stand.written(drafts.ai_post()))).state == "published"
    stand.send(linked(stand))
    to_story(desk)
    stand.send(wordless(stand))
    apis = json.loads((SPEC / "Page.json").read_text())["apis"]
    for edge in ("feed", "photos", "photo_stories"):
        made = next(one for one in apis if (one["method"], one.get("endpoint")) == ("POST", edge))
        known = {one["name"] for one in made["params"]} | {"fields"}  # which any call of the Graph API takes
        sent = {key for given in bodies(fake, edge) for key in given}
        assert sent and sent <= known
    post = {one["name"] for one in json.loads((SPEC / "PagePost.json").read_text())["fields"]}
    assert {"id", "message", "created_time", "permalink_url", "is_published", "shares"} <= post


def test_a_sponsor_is_named_on_the_post(desk: Desk) -> None:
    stand, fake = desk
    stand.with_account(sponsor_id="104000000000009")
    stand.send(stand.made("Fog"))
    assert bodies(fake, "feed")[0]["sponsor_id"] == "104000000000009"


# Photos before their post


def test_photos_are_kept_over_tries_and_uploaded_anew_when_they_are_gone(desk: Desk) -> None:
    stand, fake = desk
    draft = stand.made("Fog", pictures=2)
    first, again = stand.prepare(draft), stand.prepare(draft)
    assert again.request == first.request and len(fake.photos) == 2
    a_day_later(stand)
    anew = stand.prepare(draft)
    assert not set(anew.request["photos"]) & set(first.request["photos"])
    stand.publish(anew)
    assert len(fake.posts) == 1
    with pytest.raises(Refused, match="does not exist"):
        stand.publish(first)


def test_a_photo_that_cannot_be_asked_for_is_not_uploaded_again(desk: Desk) -> None:
    stand, fake = desk
    draft = stand.made("Fog", pictures=1)
    stand.prepare(draft)
    stand.act(lambda network: network.check())  # the Page's token is known
    fake.errors = [refusal(2, "away")]
    with pytest.raises(Passing):
        stand.prepare(draft)
    assert len(fake.photos) == 1


def test_the_undocumented_mark_is_put_on_ai_pictures_alone_where_the_account_says_so(desk: Desk) -> None:
    stand, fake = desk
    assert dict(stand.written(drafts.ai_post()).flags) == {}, "never by itself"
    generated = stand.written(drafts.ai_post(), ai_flag=True)
    assert dict(generated.flags) == {"provenance_info": True} and generated.label in generated.parts[0].caption.text
    photograph = stand.written().parts[0].pictures[0]
    part = generated.parts[0]
    mixed = replace(generated, parts=(replace(part, pictures=(part.pictures[0], photograph)),))
    stand.send(mixed)
    assert [one.get("provenance_info") for one in bodies(fake, "photos")] == [
        '{"is_gen_ai": true, "provenance_type": "EXPLICIT"}',
        None,
    ]
    assert [one.is_of_ai for one in fake.photos.values()] == [True, False]


def test_a_mark_that_nobody_vouches_for_stands_in_for_no_label(desk: Desk) -> None:
    stand, _ = desk
    for rules in ([], ["platforms"]):
        pictures = drafts.post(ai=AiWord(text="none", images="generated"))
        draft = stand.written(pictures, ai_flag=True, label="required", rules=rules)
        assert draft.held is None and draft.label and draft.label in draft.parts[0].caption.text


def test_where_the_mark_is_refused_the_post_goes_out_without_and_says_so_whoever_finds_it(desk: Desk) -> None:
    stand, fake = desk
    fake.takes_provenance, warning = False, "Facebook did not take the mark for AI media on its pictures."
    draft = stand.written(drafts.ai_post(), ai_flag=True)
    prepared, since = lose_answer(stand, fake, draft)
    uploaded = len(fake.photos)
    assert stand.prepare(draft).request == prepared.request and len(fake.photos) == uploaded  # type: ignore[attr-defined]
    found = stand.find(prepared, since)  # type: ignore[arg-type]
    assert isinstance(found, Published) and found.warnings == (warning,)
    assert fake.posts[0].flags == {}


# The link


def test_a_page_that_cannot_be_read_is_tried_again_and_nothing_is_out(desk: Desk) -> None:
    stand, fake = desk
    fake.unreadable = {drafts.LINK}
    with pytest.raises(Passing, match="could not read the page behind the link"):
        stand.send(linked(stand))
    fake.unreadable.clear()
    stand.send(linked(stand))
    assert len(fake.posts) == 1


def test_facebook_reads_the_page_anew_where_the_account_says_so_and_its_failure_stops_nothing(desk: Desk) -> None:
    stand, fake = desk
    stand.with_account(scrape=True)
    stand.prepare(stand.made("No link"))
    fake.unreadable = {drafts.LINK}
    prepared = stand.prepare(linked(stand))
    fake.unreadable.clear()
    stand.publish(prepared)
    assert fake.scraped == [drafts.LINK] and len(fake.posts) == 1


# Once


def test_a_post_in_doubt_is_found_by_its_photos_however_late(desk: Desk) -> None:
    stand, fake = desk
    prepared, _ = lose_answer(stand, fake, stand.made("Fog", pictures=2))
    stand.clock.turn(3 * 3600)
    found = stand.find(prepared, stand.clock())  # type: ignore[arg-type]
    assert isinstance(found, Published) and (found.remote_id, found.url) == (fake.posts[0].id, fake.posts[0].url)


def test_another_post_of_the_same_words_and_other_photos_is_not_taken_for_ours(desk: Desk) -> None:
    stand, _ = desk
    stand.send(stand.made("Fog", pictures=2))
    stand.forget_uploads()
    assert stand.find(stand.prepare(stand.made("Fog", pictures=2)), stand.clock()) is None


def test_a_ledger_from_a_backup_looks_for_the_words_though_its_photos_are_new(desk: Desk) -> None:
    stand, _ = desk
    accepted = stand.clock()
    stand.clock.turn(60)
    first = stand.send(stand.made("Fog", pictures=2))
    stand.clock.turn(3600)
    stand.forget_uploads()
    found = stand.find(stand.prepare(stand.made("Fog", pictures=2)), accepted)
    assert isinstance(found, Published) and found.remote_id == first.remote_id
    assert stand.find(stand.prepare(stand.made("Mist", pictures=2)), accepted) is None


def test_a_single_photo_is_found_though_its_post_tells_another_number(desk: Desk) -> None:
    stand, fake = desk
    fake.tells_targets = False
    prepared, since = lose_answer(stand, fake, stand.made("Fog", pictures=1))
    assert is_out(stand.find(prepared, since))  # type: ignore[arg-type]


def test_the_same_words_with_another_photo_of_hours_ago_are_not_taken_for_ours(desk: Desk) -> None:
    stand, _ = desk
    stand.send(stand.made("Fog", pictures=1))
    stand.forget_uploads()
    stand.clock.turn(3600)
    assert stand.find(stand.prepare(stand.made("Fog", pictures=1)), stand.clock()) is None


def test_a_post_in_doubt_is_found_by_its_words_on_a_later_page_of_the_list(desk: Desk) -> None:
    stand, fake = desk
    prepared, since = lose_answer(stand, fake, stand.made("Fog"))
    for number in range(101):
        stand.send(stand.made(f"Mist {number}"))
    found = stand.find(prepared, since)  # type: ignore[arg-type]
    assert isinstance(found, Published) and found.remote_id == fake.posts[0].id
    stand.send(stand.made("Fog"))
    stand.clock.turn(11 * 60)
    assert stand.find(prepared, stand.clock()) is None, "the same words of before are another post"  # type: ignore[arg-type]


def test_a_duplicate_is_looked_for_and_found_and_never_sent_twice(desk: Desk) -> None:
    stand, fake = desk
    stand.with_account(on_doubt="send_again")
    for pictures in (0, 2):
        prepared, since = lose_answer(stand, fake, stand.made(f"Fog {pictures}", pictures=pictures))
        with pytest.raises(Unknown, match="506" if not pictures else "1366051"):
            stand.publish(prepared)  # type: ignore[arg-type]
        assert is_out(stand.find(prepared, since))  # type: ignore[arg-type]
    assert len(fake.posts) == 2


@pytest.mark.parametrize(("code", "subcode", "kind"), [*META, *OWN])
def test_every_row_of_the_error_tables(desk: Desk, code: int, subcode: int | None, kind: type[NetworkError]) -> None:
    stand, fake = desk
    prepared = stand.prepare(stand.made("Fog"))
    fake.errors = [refusal(code, "So it is", subcode)] * (2 if code in (102, 190) else 1)  # the Page's token is got anew once
    with pytest.raises(NetworkError) as raised:
        stand.publish(prepared)
    assert type(raised.value) is kind and str(raised.value).startswith("Facebook: ") and str(raised.value).endswith(".")
    assert str(subcode or code) in str(raised.value)
    if isinstance(raised.value, Refused):
        assert raised.value.fix.endswith(".")
    assert fake.posts == []


def test_a_pages_token_that_dies_before_the_one_call_is_never_stood_in_for_by_the_persons(desk: Desk) -> None:
    """What a person posts there seems to succeed, and nobody sees it."""
    stand, fake = desk
    prepared = stand.prepare(stand.made("Fog"))
    fake.revoke(fake.page_token)
    fake.tasks = []  # the person lost the role
    with pytest.raises(NeedsLogin):
        stand.publish(prepared)
    assert len(bodies(fake, "feed")) == 0, "none with a token that is good"
    fake.tasks, fake.page_token = ["CREATE_CONTENT"], "EAAP-token-of-later"
    fake.tokens[fake.page_token] = fake.tokens[fake.token]
    assert stand.send(stand.made("Fog")).remote_id == fake.posts[0].id


def test_a_used_up_app_rests_after_the_post(desk: Desk) -> None:
    stand, fake = desk
    fake.usage_percent = 100

    async def rests(network: Any) -> Any:
        await network.publish(await network.prepare(draft, 0, stand.uploads(draft)))
        return network.rests_until

    draft = stand.made("Fog")
    assert stand.act(rests) == stand.clock() + timedelta(hours=1)


# The Page's token


def test_a_person_who_may_not_act_for_the_page_is_told_before_anything_is_sent(desk: Desk) -> None:
    stand, fake = desk
    fake.tasks = []
    for act in ("prepare", "check"):
        with pytest.raises(NeedsLogin, match="nobody would see a post") as raised:
            stand.prepare(stand.made("Fog", pictures=1)) if act == "prepare" else noted(stand)
        assert "create content" in raised.value.fix
    assert fake.photos == {} and fake.attempts == 0


def test_the_token_of_the_page_is_got_once_and_kept(desk: Desk) -> None:
    stand, fake = desk
    for words in ("Fog", "Mist"):
        stand.send(stand.made(words))
    assert (stand.vault.read() or {})["page_token"] == fake.page_token
    assert len([call for call in fake.calls if call.endswith("/me/accounts")]) == 1
    assert not [call for call in fake.calls if call.endswith("/me")], "a derived one is the Page's, and need not be asked"


def test_a_pages_own_token_does_as_well(desk: Desk) -> None:
    stand, fake = desk
    stand.account = Facebook.options.model_validate(fake.page_account())
    stand.send(stand.made("Fog"))
    assert len(fake.posts) == 1 and noted(stand)[0].startswith("While its app")


def test_a_person_chooses_among_the_pages_on_which_they_may_create_content(desk: Desk) -> None:
    stand, fake = desk
    for told in (fake.account(), fake.page_account()):
        stand.account = Facebook.options.model_validate({**told, "page": ""})
        stand.vault.write(None)
        choices = stand.act(lambda network: network.choices())
        assert [(one.name, dict(one.settings)) for one in choices] == [("Fog news", {"page": PAGE})]
    with pytest.raises(NeedsLogin, match="no Page is chosen"):
        stand.prepare(stand.made("Fog"))
    fake.errors = [refusal(190, "over", 463), refusal(190, "over", 463)]
    with pytest.raises(NeedsLogin, match="expired"):
        stand.act(lambda network: network.choices())


def test_check_tells_what_the_login_lacks_and_what_nobody_would_see(desk: Desk) -> None:
    stand, fake = desk
    told = stand.act(lambda network: network.check())
    assert (told.name, told.url) == ("Fog news", "https://www.facebook.com/Fognews")
    assert len(told.notes) == 1 and "development mode" in told.notes[0]
    fake.granted -= {"pages_read_user_content", "pages_manage_engagement"}
    fake.tasks, fake.is_published = ["MODERATE"], False
    notes = noted(stand)
    assert notes[0] == "The login has not the task on the Page to create content: nothing can be posted."
    assert "The login lacks the permissions pages_read_user_content." in notes, "comments are not wanted"
    assert "The Page is not published: nobody sees its posts." in notes
    stand.with_account(first_comment="#fog")
    assert "The login lacks the permissions pages_read_user_content, pages_manage_engagement." in noted(stand)


def test_check_tells_when_the_token_ends_and_keeps_it_for_notices(desk: Desk) -> None:
    stand, fake = desk
    fake.page_token_ends = stand.clock() + timedelta(days=30)
    assert not [note for note in noted(stand) if "ends on" in note], "without the app's secret nobody can ask"
    stand.with_account(client_id=APP, client_secret=SECRET)
    assert "Its token ends on 2026-12-21" in " ".join(noted(stand))
    assert (stand.vault.read() or {})[ENDS_AT].startswith("2026-12-21")
    stand.vault.write(None)
    fake.page_token_ends = None
    noted(stand)
    assert ENDS_AT not in (stand.vault.read() or {})


def test_the_login_changes_a_code_for_a_long_token_and_that_for_the_pages(desk: Desk) -> None:
    stand, fake = desk
    told = {**fake.account(), "client_id": APP, "client_secret": SECRET, "token": ""}
    login = Facebook.login(Facebook.options.model_validate(told))
    assert login and login.redirect == "https" and login.challenge is None
    assert "scope=pages_show_list%2Cpages_manage_posts%2C" in login.authorize("https://x.org/", "s", "v")
    stand.account = Facebook.options.model_validate(told)

    async def exchange(network: Any) -> dict[str, str]:
        return await login.exchange(network._graph.line, CODE, "https://x.org/", "v", stand.clock())

    session = stand.act(exchange)
    assert session["access_token"] == fake.token and ENDS_AT in session
    stand.vault.write(session)
    stand.send(stand.made("Fog"))
    a_day_later(stand, LONG_LIFE.days * 24 + 1)
    stand.send(stand.made("Mist"))
    assert len(fake.posts) == 2, "the Page's token outlives the person's"
    assert Facebook.login(Facebook.options.model_validate({**told, "token": "by-hand"})) is None


def test_a_version_of_the_interface_that_ends_soon_is_known(desk: Desk) -> None:
    account = Facebook.options.model_validate({**desk[1].account(), "version": "v25.0"})
    (ends,) = sunsets(account, date(2028, 1, 15))
    assert "version v25.0" in ends.sentence and "unconfirmed" in ends.sentence


# What is out


def test_an_edit_of_what_is_gone_says_so(desk: Desk) -> None:
    stand, _ = desk
    published = stand.send(stand.made("Fog"))
    stand.act(lambda network: network.delete(published))
    with pytest.raises(Refused, match="not there any more"):
        stand.act(lambda network: network.edit(stand.made("Mist"), 0, published))
    assert stand.act(lambda network: network.is_shown(published)) is False


def test_a_removal_or_change_that_may_not_be_is_not_taken_for_one_of_what_is_gone(desk: Desk) -> None:
    """Meta says in the same words that the token may not do this, and that there is nothing."""
    stand, fake = desk
    published = stand.send(stand.made("Fog"))
    missing = "Object with ID '1' does not exist, cannot be loaded due to missing permissions"
    fake.errors = [refusal(100, f"Unsupported delete request. {missing}", 33)]
    with pytest.raises(NeedsLogin):
        stand.act(lambda network: network.delete(published))
    fake.errors = [refusal(100, f"Unsupported post request. {missing}", 33)]
    with pytest.raises(NeedsLogin):
        stand.act(lambda network: network.edit(stand.made("Mist"), 0, published))
    assert [one.text for one in fake.posts] == ["Fog"]


def test_a_post_of_the_page_that_the_account_had_before_is_not_told_as_removed(desk: Desk) -> None:
    """Its Page was changed since; to this one's token the post does not exist, and everybody sees it."""
    stand, fake = desk
    for told in ("104000000000009_17900000000000014", "https://www.facebook.com/104000000000009_17900000000000014"):
        with pytest.raises(Refused, match="another Page") as raised:
            stand.act(lambda network: network.delete(Published(told, None)))  # noqa: B023
        assert "page" in raised.value.fix
    stand.act(lambda network: network.delete(Published(f"{stand.account.page}_17900000000000014", None)))  # type: ignore[attr-defined]
    assert fake.posts == []


@pytest.mark.parametrize("address", ["https://www.facebook.com/{id}", "https://www.facebook.com/permalink.php?{old}", "{url}"])
def test_a_post_is_known_by_the_address_that_a_person_gave(desk: Desk, address: str) -> None:
    stand, fake = desk
    stand.send(stand.made("Mist"))
    stand.send(stand.made("Fog"))
    post = fake.posts[1]
    old = "story_fbid={1}&id={0}".format(*post.id.split("_"))
    given = Published(address.format(id=post.id, old=old, url=f"{post.url}?ref=share"), None)
    stand.act(lambda network: network.delete(given))
    assert [one.text for one in fake.posts] == ["Mist"]
    with pytest.raises(Refused, match="no post of the account"):
        stand.act(lambda network: network.delete(Published("https://www.facebook.com/fog/posts/pfbid0", None)))


def test_figures_are_views_clicks_and_what_can_be_counted(desk: Desk) -> None:
    stand, fake = desk
    published = stand.send(stand.made("Fog"))
    told = {"post_total_media_view_unique": 7, "post_clicks": 8, "reactions": 5, "comments": 0, "shares": 2}
    assert stand.act(lambda network: network.metrics(published)) == told
    fake.liked = False
    few = {"reactions": 5, "comments": 0, "shares": 2}
    assert stand.act(lambda network: network.metrics(published)) == few, "of a Page with fewer than 100 likes"


def test_a_first_comment_is_written_once_and_its_loss_is_told(desk: Desk) -> None:
    stand, fake = desk
    stand.with_account(first_comment="#fog #mist")
    published = stand.send(stand.made("Fog"))
    assert fake.comments(published.remote_id) == ("#fog #mist",) and published.warnings == ()
    prepared, since = lose_answer(stand, fake, stand.made("Mist"))
    found = stand.find(prepared, since)  # type: ignore[arg-type]
    assert isinstance(found, Published) and found.warnings == ("It has no first comment: add it in the app.",)
    assert fake.comments(found.remote_id) == ()


# Stories


def test_a_story_is_one_vertical_picture_without_a_word(desk: Desk) -> None:
    stand, fake = to_story(desk)
    draft = stand.written()
    assert [(len(part.pictures), part.caption.text) for part in draft.parts] == [(1, "")]
    picture = draft.parts[0].pictures[0]
    assert picture.width / picture.height == pytest.approx(9 / 16, abs=0.01)
    done = stand.carry(stand.accept(draft))
    assert (done.state, done.url) == ("published", fake.posts[0].url)
    assert fake.posts[0].raw["story"] and bodies(fake, "photos") == [{"published": "false"}]


def test_an_ai_picture_bears_its_label_in_a_story_whoever_asks_for_it_or_not(desk: Desk) -> None:
    stand, _ = to_story(desk)
    for rules in ([], ["platforms"]):
        draft = stand.written(drafts.ai_post(), rules=rules)
        assert draft.held is None
        assert [one.badge for one in draft.parts[0].pictures] == ["AI-generated"], "drawn on it"
    assert stand.carry(stand.accept(draft)).state == "published"


def test_a_story_that_was_drafted_with_a_caption_is_not_sent(desk: Desk) -> None:
    stand, fake = desk
    draft = stand.made("Text written by AI", pictures=1)
    to_story(desk)
    with pytest.raises(Refused, match="a story shows none"):
        stand.prepare(draft)
    with pytest.raises(Refused, match="one picture"):
        stand.prepare(replace(wordless(stand), parts=(Part(wordless(stand).parts[0].caption),)))
    assert fake.photos == {}


def test_a_story_in_doubt_is_found_by_its_photo(desk: Desk) -> None:
    stand, fake = to_story(desk)
    prepared, since = lose_answer(stand, fake, wordless(stand))
    found = stand.find(prepared, since)  # type: ignore[arg-type]
    assert isinstance(found, Published) and (found.remote_id, found.url) == (fake.posts[0].id, fake.posts[0].url)
    stand.forget_uploads()
    assert stand.find(stand.prepare(wordless(stand)), since) is None  # type: ignore[arg-type]


def test_a_story_is_shown_for_a_day_is_not_edited_and_tells_no_figures(desk: Desk) -> None:
    stand, fake = to_story(desk)
    published = stand.send(wordless(stand))
    assert stand.act(lambda network: network.is_shown(published)) is True
    assert stand.act(lambda network: network.metrics(published)) == {}
    with pytest.raises(Refused, match="no words"):
        stand.act(lambda network: network.edit(wordless(stand), 0, published))
    a_day_later(stand)
    assert stand.act(lambda network: network.is_shown(published)) is False
    stand.act(lambda network: network.delete(published))
    assert fake.posts == []


def test_a_story_whose_address_cannot_be_had_is_out_all_the_same(desk: Desk) -> None:
    stand, fake = to_story(desk)
    prepared = stand.prepare(wordless(stand))

    async def act(network: Any) -> Published:
        send = network._graph.send

        async def sent(*args: Any, **told: Any) -> Any:
            answer = await send(*args, **told)
            fake.errors = [refusal(2, "away")]
            return answer

        network._graph.send = sent
        return await network.publish(prepared)

    assert stand.act(act) == Published(fake.posts[0].id)
