"""Instagram: containers made before, published once and asked after; every error of its page; stories with their label."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from socialbot import networks
from socialbot.networks.instagram import LIMITS, STORY, Instagram
from socialbot.networks.protocol import (
    ENDS_AT,
    Blocked,
    CannotTell,
    NeedsLogin,
    NetworkError,
    Passing,
    Prepared,
    Published,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.nouns import AiWord, Draft, Part
from socialbot.testing.conformance import drafts
from socialbot.testing.conformance.stand import Stand
from socialbot.testing.fakes import InstagramFake
from socialbot.testing.fakes.graph import LONG_LIFE, SECRET, refusal
from socialbot.testing.fakes.instagram import ID, PAGE
from tests.networks.containers import a_day_later, is_out, lose_answer, made_of, standing
from tests.networks.desk import SHARED

Desk = tuple[Stand, InstagramFake]

SPEC = SHARED / "specs" / "meta"

ROWS: list[tuple[int, int | None, type[NetworkError]]] = [
    (-2, 2207003, Passing),
    (-2, 2207020, Passing),
    (-1, 2207001, Unknown),
    (-1, 2207032, Passing),
    (-1, 2207053, Passing),
    (4, 2207051, Blocked),
    (9, 2207042, RateLimited),
    (24, 2207006, NeedsLogin),
    (24, 2207008, Passing),
    (25, 2207050, Blocked),
    (100, 2207028, Refused),
    (100, 2207040, Refused),
    (100, 2207023, Refused),
    (352, 2207026, Refused),
    (1, 2207057, Refused),
    (9004, 2207052, Passing),
    (9007, 2207027, Passing),
    (36000, 2207004, Refused),
    (36001, 2207005, Refused),
    (36003, 2207009, Refused),
    (36004, 2207010, Refused),
    (-1, 2207073, Refused),
    (100, 33, NeedsLogin),
    (80002, None, RateLimited),
    (190, 463, NeedsLogin),
    (24, None, Passing),
    (25, None, Blocked),
    (9004, None, Passing),
    (9007, None, Passing),
    *((code, None, Refused) for code in (36000, 36001, 36003, 36004)),
]
"""Instagram's own table (Error codes, 2026-06), and what each row is on the one call."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with standing(InstagramFake, tmp_path, monkeypatch) as made:
        yield made


def linked(desk: Desk) -> Desk:
    stand, fake = desk
    stand.account = Instagram.options.model_validate(fake.linked_account())
    return desk


def to_story(desk: Desk) -> Desk:
    desk[0].with_account(place="story")
    return desk


def wordless(stand: Stand) -> Draft:
    """A story's draft by hand: a vertical picture and no words."""
    stand.__dict__.pop("limits", None)
    picture = drafts.picture(replace(STORY, min_aspect=0.5625), 0, width=360, height=640)
    made = stand.made("")
    return replace(made, parts=(Part(made.parts[0].caption, (picture,)),))


# What is sent


def test_a_single_picture_is_one_container_with_caption_and_description(desk: Desk) -> None:
    stand, fake = desk
    draft = stand.made("Fog & mist #1")
    published = stand.send(draft)
    assert made_of(fake) == [{"caption": "Fog & mist #1", "alt_text": draft.parts[0].pictures[0].alt}]
    assert published.url == fake.posts[0].url and published.flags == {"is_ai_generated": False}


def test_a_carousel_is_children_then_a_parent_and_bears_the_flag_on_the_parent_alone(desk: Desk) -> None:
    stand, fake = desk
    draft = replace(stand.made("Fog", pictures=3), flags={"is_ai_generated": True})
    published = stand.send(draft)
    *children, parent = made_of(fake)
    alts = [one.alt for one in draft.parts[0].pictures]
    assert children == [{"is_carousel_item": "true", "alt_text": alt} for alt in alts]
    assert {**parent, "children": len(parent["children"].split(","))} == {
        "media_type": "CAROUSEL",
        "children": 3,
        "caption": "Fog",
        "is_ai_generated": "true",
    }
    assert published.flags == {"is_ai_generated": True}, "it is read back"


def test_what_is_read_back_of_the_flag_is_told_though_it_is_not_what_was_sent(desk: Desk) -> None:
    stand, fake = desk
    fake.honours_flag = False
    assert stand.send(replace(stand.made("Fog"), flags={"is_ai_generated": True})).flags == {"is_ai_generated": False}


def test_the_same_picture_twice_is_one_child(desk: Desk) -> None:
    stand, fake = desk
    draft = stand.made("Fog", pictures=2)
    part = draft.parts[0]
    stand.send(replace(draft, parts=(replace(part, pictures=(part.pictures[0], part.pictures[0])),)))
    assert len(fake.posts[0].pictures) == 2


def test_a_carousel_of_pictures_of_one_aspect_is_not_cropped_there_and_one_of_two_would_be(desk: Desk) -> None:
    stand, fake = desk
    draft = stand.made("Fog", pictures=2)
    wide = drafts.picture(LIMITS, 1, width=600, height=400)
    part = draft.parts[0]
    stand.send(replace(draft, parts=(replace(part, pictures=(part.pictures[0], wide)),)))
    assert [(one.width, one.height) for one in fake.posts[0].pictures] == [(360, 360), (400, 400)]
    assert LIMITS.one_aspect, "so that drafting sends none of these"


def test_bodies_hold_only_parameters_of_the_specification(desk: Desk) -> None:
    if not SPEC.exists():
        pytest.skip("the specifications are not here")
    stand, fake = desk
    stand.send(replace(stand.made("Fog", pictures=2), flags={"is_ai_generated": True}))
    stand.send(stand.made("Mist"))
    to_story(desk)
    stand.send(wordless(stand))
    for name in ("IGUser", "IGUserForIGOnlyAPI"):
        apis = json.loads((SPEC / f"{name}.json").read_text())["apis"]
        made = next(one for one in apis if (one["method"], one.get("endpoint")) == ("POST", "media"))
        known = {one["name"] for one in made["params"]} | {"is_ai_generated"}  # it came in June 2026, after this specification
        assert {key for given in made_of(fake) for key in given} <= known
    media = {one["name"] for one in json.loads((SPEC / "IGMedia.json").read_text())["fields"]}
    assert {"id", "timestamp", "permalink", "media_type", "caption"} <= media, "what is asked of what is out"


# Containers


def test_a_container_that_needs_time_is_waited_for(desk: Desk) -> None:
    stand, fake = desk
    fake.shelf.slow = 3
    stand.send(stand.made("Fog", pictures=2))
    assert len(fake.posts) == 1


def test_one_that_needs_too_long_is_kept_for_the_next_try(desk: Desk) -> None:
    stand, fake = desk
    fake.shelf.slow, draft = 12, stand.made("Fog")
    with pytest.raises(Passing, match="still processing"):
        stand.prepare(draft)
    stand.publish(stand.prepare(draft))
    assert len(made_of(fake)) == 1 and len(fake.posts) == 1


def test_what_expired_is_made_anew(desk: Desk) -> None:
    stand, fake = desk
    draft = stand.made("Fog", pictures=2)
    first = stand.prepare(draft)
    a_day_later(stand)
    again = stand.prepare(draft)
    assert again.request["creation_id"] != first.request["creation_id"] and len(made_of(fake)) == 6
    stand.publish(again)
    assert len(fake.posts) == 1


def test_a_container_that_failed_is_told_in_the_words_of_the_table_and_made_anew(desk: Desk) -> None:
    stand, fake = desk
    fake.shelf.spoils = ["Media upload has failed with error code 2207003", "Nobody knows"]
    draft = stand.made("Fog")
    with pytest.raises(Passing, match="took too long"):
        stand.prepare(draft)
    with pytest.raises(Passing, match="Nobody knows"):
        stand.prepare(draft)
    stand.publish(stand.prepare(draft))
    fake.shelf.spoils = ["2207026"]
    with pytest.raises(Refused, match="video"):
        stand.prepare(stand.made("Mist"))


def test_an_address_that_cannot_be_fetched_is_tried_again(desk: Desk) -> None:
    stand, _ = desk
    url = "http://127.0.0.1:9/none.jpg"
    with pytest.raises(Passing, match="could not fetch the picture"):
        stand.act(lambda network: network._graph.ask("POST", f"/{ID}/media", image_url=url))  # type: ignore[attr-defined]


# Once


def test_after_a_lost_answer_the_container_says_that_it_is_out(desk: Desk) -> None:
    stand, fake = desk
    prepared, since = lose_answer(stand, fake, stand.made("Fog", pictures=2))
    found = stand.find(prepared, since)  # type: ignore[arg-type]
    assert isinstance(found, Published) and found.url == fake.posts[0].url


def test_it_is_found_where_captions_are_not_told(desk: Desk) -> None:
    stand, fake = desk
    fake.tells_captions = False
    prepared, since = lose_answer(stand, fake, stand.made("Fog"))
    assert is_out(stand.find(prepared, since))  # type: ignore[arg-type]
    stand.send(stand.made("Mist"))
    with pytest.raises(Passing, match="does not list it"):
        stand.find(prepared, since)  # type: ignore[arg-type]


def test_what_is_out_and_not_yet_listed_is_asked_for_again(desk: Desk) -> None:
    stand, fake = desk
    prepared, since = lose_answer(stand, fake, stand.made("Fog"))
    fake.lists = False
    with pytest.raises(Passing, match="does not list it yet"):
        stand.find(prepared, since)  # type: ignore[arg-type]
    fake.lists = True
    assert is_out(stand.find(prepared, since))  # type: ignore[arg-type]


def test_find_goes_by_the_state_of_the_container(desk: Desk) -> None:
    stand, fake = desk
    prepared, since = stand.prepare(stand.made("Fog")), stand.clock()
    container = fake.shelf.held[prepared.request["creation_id"]]
    assert stand.find(prepared, since) is None, "FINISHED: it is not out"
    container.polls = 1
    with pytest.raises(Passing):
        stand.find(prepared, since)
    container.error = "spoilt"
    assert stand.find(prepared, since) is None, "ERROR: it is not out"
    del fake.shelf.held[container.id]
    assert isinstance(stand.find(prepared, since), CannotTell), "it ought to be known for a day"
    a_day_later(stand)
    assert stand.find(prepared, since) is None, "then the list alone says that it is not there"
    fake.shelf.held[container.id] = container
    container.error = ""
    assert stand.find(prepared, since) is None, "EXPIRED: it is not out"


@pytest.mark.parametrize("behind", [timedelta(), timedelta(minutes=8)])
def test_a_story_that_is_out_and_not_listed_yet_is_not_taken_for_the_one_before_it(desk: Desk, behind: timedelta) -> None:
    """Else its removal, by Facebook Login, would remove the other."""
    stand, fake = to_story(desk)
    other = stand.send(wordless(stand))
    stand.clock.turn(5 * 60)
    stand.ahead = -behind
    stand.forget_uploads()
    prepared, _ = lose_answer(stand, fake, wordless(stand))
    since = stand.clock() - behind
    late = fake._media.popitem()
    assert late[0] != other.remote_id
    with pytest.raises(Passing, match="does not list it yet"):
        stand.find(prepared, since)  # type: ignore[arg-type]
    fake._media[late[0]] = late[1]
    found = stand.find(prepared, since)  # type: ignore[arg-type]
    assert isinstance(found, Published) and found.remote_id == late[0]


def test_what_another_machine_sent_by_a_clock_ahead_of_ours_is_found_by_its_words_once_lists_have_caught_up(desk: Desk) -> None:
    stand, fake = desk
    prepared, since = lose_answer(stand, fake, stand.made("Fog"))
    ahead = since + timedelta(minutes=5)  # type: ignore[operator]
    with pytest.raises(Passing, match="does not list it yet"):
        stand.find(prepared, ahead)  # type: ignore[arg-type]
    stand.clock.turn(16 * 60)
    assert is_out(stand.find(prepared, ahead))  # type: ignore[arg-type]


def test_what_is_ready_is_not_out_though_the_same_words_are(desk: Desk) -> None:
    stand, _ = desk
    stand.send(stand.made("Fog"))
    stand.forget_uploads()
    assert stand.find(stand.prepare(stand.made("Fog")), stand.clock()) is None


def test_a_container_that_is_lost_is_not_taken_for_the_only_picture_there_is(desk: Desk) -> None:
    stand, fake = desk
    fake.tells_captions = False
    prepared = stand.prepare(stand.made("Fog"))
    stand.send(stand.made("Mist"))
    del fake.shelf.held[prepared.request["creation_id"]]
    assert isinstance(stand.find(prepared, stand.clock()), CannotTell)


def test_a_container_that_is_out_and_shown_again_is_told_as_out(desk: Desk) -> None:
    stand, fake = desk
    prepared = stand.prepare(stand.made("Fog"))
    first = stand.publish(prepared)
    a_day_later(stand, 3)
    assert stand.publish(prepared).remote_id == first.remote_id
    assert len(fake.posts) == 1


def test_a_container_that_is_out_and_not_listed_yet_is_in_doubt_and_not_refused(desk: Desk) -> None:
    stand, fake = desk
    prepared = stand.prepare(stand.made("Fog"))
    stand.publish(prepared)
    fake.lists = False
    with pytest.raises(Unknown, match="out"):
        stand.publish(prepared)


def test_a_used_up_quota_does_not_hide_that_the_container_is_out(desk: Desk) -> None:
    stand, fake = desk
    fake.quota, draft = 1, stand.made("Fog")
    first = stand.publish(stand.prepare(draft))
    prepared = stand.prepare(draft)
    fake.errors = [refusal(9, "Application request limit reached", 2207042)]
    assert stand.publish(prepared).remote_id == first.remote_id
    assert len(fake.posts) == 1


def test_a_story_is_not_known_by_the_words_that_it_has_not(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stand, fake = to_story(desk)
    from socialbot.testing.fakes import instagram

    picked = instagram.picked
    monkeypatch.setattr(instagram, "picked", lambda node, names: picked({**node, "caption": node.get("caption") or ""}, names))
    prepared, since = stand.prepare(wordless(stand)), stand.clock()
    stand.forget_uploads()
    stand.send(wordless(stand))
    del fake.shelf.held[prepared.request["creation_id"]]
    assert isinstance(stand.find(prepared, since), CannotTell), "the other story is not this one"


def test_a_ledger_from_a_backup_looks_for_the_words_though_its_new_container_is_not_out(desk: Desk) -> None:
    stand, _ = desk
    accepted = stand.clock()
    stand.clock.turn(60)
    first = stand.send(stand.made("Fog"))
    stand.clock.turn(3600)
    stand.forget_uploads()
    found = stand.find(stand.prepare(stand.made("Fog")), accepted)
    assert isinstance(found, Published) and found.remote_id == first.remote_id
    assert stand.find(stand.prepare(stand.made("Mist")), accepted) is None


def test_a_refused_container_is_not_taken_for_an_older_post_of_the_same_words(desk: Desk) -> None:
    stand, fake = desk
    stand.send(stand.made("Fog"))
    stand.forget_uploads()
    prepared = stand.prepare(stand.made("Fog"))
    fake.errors = [refusal(24, "gone", 2207008)]
    with pytest.raises(Passing):
        stand.publish(prepared)


@pytest.mark.parametrize(("code", "subcode", "kind"), ROWS)
def test_every_row_of_the_error_page(desk: Desk, code: int, subcode: int | None, kind: type[NetworkError]) -> None:
    stand, fake = desk
    prepared = stand.prepare(stand.made("Fog"))
    fake.errors = [refusal(code, "So it is", subcode)] * (2 if code == 190 else 1)  # a token is renewed once
    with pytest.raises(NetworkError) as raised:
        stand.publish(prepared)
    assert type(raised.value) is kind and str(raised.value).startswith("Instagram: ") and str(raised.value).endswith(".")
    if isinstance(raised.value, Refused):
        assert raised.value.fix.endswith(".")
    assert fake.posts == []


def test_the_address_being_out_of_reach_does_not_undo_the_post(desk: Desk) -> None:
    stand, fake = desk
    prepared = stand.prepare(stand.made("Fog"))
    media = []

    async def act(network: Any) -> Published:
        send = network._graph.send

        async def sent(*args: Any, **told: Any) -> Any:
            answer = await send(*args, **told)
            fake.errors = [refusal(2, "away")]
            return answer

        network._graph.send = sent
        return await network.publish(prepared)

    media.append(stand.act(act))
    assert media[0] == Published(fake.posts[0].id)


# Quota


def test_a_used_up_quota_waits_until_the_oldest_post_counts_no_more(desk: Desk) -> None:
    stand, fake = desk
    fake.quota, start = 2, stand.clock()
    for words in ("Fog", "Mist"):
        stand.send(stand.made(words))
        stand.clock.turn(3600)
    with pytest.raises(RateLimited) as raised:
        stand.prepare(stand.made("Haze"))
    assert (raised.value.until - start).total_seconds() == 24 * 3600
    stand.clock.at = raised.value.until
    stand.send(stand.made("Haze"))


def test_check_tells_the_quota_the_name_and_what_the_login_lacks(desk: Desk) -> None:
    stand, fake = desk
    stand.send(stand.made("Fog"))
    told = stand.act(lambda network: network.check())
    assert (told.name, told.url) == ("@fognews", "https://www.instagram.com/fognews/")
    assert told.notes == ("1 of 100 posts of 24 hours are used.",)
    stand.account = Instagram.options.model_validate({**fake.linked_account(), "page": ""})
    stand.vault.write(None)
    fake.granted -= {"instagram_manage_contents"}
    assert "The login lacks the permissions instagram_manage_contents." in stand.act(lambda network: network.check()).notes


# Both logins


def test_with_facebook_login_calls_are_made_with_the_pages_token(desk: Desk) -> None:
    stand, fake = linked(desk)
    published = stand.send(stand.made("Fog"))
    assert (stand.vault.read() or {})["page_token"] == fake.page_token
    stand.act(lambda network: network.delete(published))
    assert fake.posts == []


def test_with_facebook_login_a_person_chooses_among_the_linked_accounts(desk: Desk) -> None:
    stand, fake = linked(desk)
    stand.account = Instagram.options.model_validate({**fake.linked_account(), "user_id": "", "page": ""})
    choices = stand.act(lambda network: network.choices())
    assert [(one.name, dict(one.settings)) for one in choices] == [("@fognews (Fog news)", {"user_id": ID, "page": PAGE})]
    with pytest.raises(NeedsLogin, match="no account is chosen"):
        stand.prepare(stand.made("Fog"))


def test_by_instagram_login_nothing_is_removed_and_a_sentence_says_so(desk: Desk) -> None:
    stand, fake = desk
    published = stand.send(stand.made("Fog"))
    with pytest.raises(Refused, match="Instagram Login") as raised:
        stand.act(lambda network: network.delete(published))
    assert raised.value.fix == "Delete it in the app." and len(fake.posts) == 1


def test_without_the_permission_to_remove_it_is_said(desk: Desk) -> None:
    stand, fake = linked(desk)
    published = stand.send(stand.made("Fog"))
    fake.granted -= {"instagram_manage_contents"}
    with pytest.raises(NeedsLogin, match="instagram_manage_contents"):
        stand.act(lambda network: network.delete(published))


def test_a_post_is_known_by_the_address_that_a_person_gave(desk: Desk) -> None:
    stand, fake = linked(desk)
    stand.send(stand.made("Fog"))
    stand.act(lambda network: network.delete(Published(f"{fake.posts[0].url}?igsh=1", None)))
    assert fake.posts == []
    with pytest.raises(Refused, match="no post of the account"):
        stand.act(lambda network: network.delete(Published("https://www.instagram.com/p/other/", None)))


def test_what_is_gone_is_told_from_a_token_that_may_not_see(desk: Desk) -> None:
    stand, fake = linked(desk)
    published = stand.send(stand.made("Fog"))
    stand.act(lambda network: network.delete(published))
    assert stand.act(lambda network: network.is_shown(published)) is False
    missing = "Object with ID '1' does not exist, cannot be loaded due to missing permissions"
    fake.errors = [refusal(100, missing, 33), refusal(10, "may not")]
    with pytest.raises(NeedsLogin):
        stand.act(lambda network: network.is_shown(published))


def test_a_removal_that_may_not_be_is_not_taken_for_one_of_what_is_gone(desk: Desk) -> None:
    """Meta says in the same words that the token may not do this, and that there is nothing."""
    stand, fake = linked(desk)
    published = stand.send(stand.made("Fog"))
    missing = "Unsupported delete request. Object with ID '1' does not exist, cannot be loaded due to missing permissions"
    fake.errors = [refusal(100, missing, 33)]
    with pytest.raises(NeedsLogin):
        stand.act(lambda network: network.delete(published))
    assert len(fake.posts) == 1


def test_a_token_is_extended_when_it_is_a_day_old_and_an_eighth_of_its_life_has_passed(desk: Desk) -> None:
    stand, fake = desk
    stand.send(stand.made("Fog"))
    for days in (0.5, 1, 6, 8):
        a_day_later(stand, 24 * days)
        stand.act(lambda network: network.keep_login())
    asked = [call for call in fake.calls if "refresh" in call]
    assert len(asked) == 2, "once because nobody knew how old the given one was, and once a week later"
    a_day_later(stand, LONG_LIFE.days * 24 + 1)
    with pytest.raises(NeedsLogin):
        stand.prepare(stand.made("Mist"))
    assert ENDS_AT in (stand.vault.read() or {})


def test_the_login_of_instagram_changes_a_code_for_a_long_token(desk: Desk) -> None:
    stand, fake = desk
    told = {**fake.account(), "client_id": "1780000000000001", "client_secret": SECRET, "token": ""}
    login = Instagram.login(Instagram.options.model_validate(told))
    assert login and login.redirect == "https" and login.challenge is None
    assert "scope=instagram_business_basic%2Cinstagram_business_content_publish" in login.authorize("https://x.org/", "s", "v")

    async def exchange(network: Any) -> dict[str, str]:
        line = network._graph.line
        return await login.exchange(line, "a-code-that-works-once", "https://x.org/", "v", stand.clock())

    session = stand.act(exchange)
    assert session["permissions"].startswith("instagram_business_basic") and ENDS_AT in session
    stand.vault.write(session)
    stand.account = Instagram.options.model_validate(told)
    notes = stand.act(lambda network: network.check()).notes
    assert "manage_comments, instagram_business_manage_insights" in notes[0], "what a person did not grant"
    assert Instagram.login(Instagram.options.model_validate(fake.account())) is None


# First comment


def test_a_first_comment_is_written_once_and_its_loss_is_told(desk: Desk) -> None:
    stand, fake = desk
    stand.with_account(first_comment="#fog #mist")
    published = stand.send(stand.made("Fog"))
    assert fake.comments(published.remote_id) == ("#fog #mist",) and published.warnings == ()
    prepared, since = lose_answer(stand, fake, stand.made("Mist"))
    found = stand.find(prepared, since)  # type: ignore[arg-type]
    assert isinstance(found, Published) and found.warnings == ("It has no first comment: add it in the app.",)
    assert fake.comments(found.remote_id) == ()


def test_a_first_comment_is_known_though_the_network_trimmed_it(desk: Desk) -> None:
    stand, fake = desk
    stand.with_account(first_comment="#fog  \n#Mist O\u0308land\n")
    prepared, since = lose_answer(stand, fake, stand.made("Fog"))
    media = fake._media[fake.posts[0].id]
    fake._media[media.id] = replace(media, comments=("#fog\n#Mist \u00d6land",))
    found = stand.find(prepared, since)  # type: ignore[arg-type]
    assert isinstance(found, Published) and found.warnings == ()


# Figures


def test_figures_of_a_story_are_other_ones_and_none_where_few_have_seen_it(desk: Desk) -> None:
    stand, fake = to_story(desk)
    published = stand.send(wordless(stand))
    assert set(stand.act(lambda network: network.metrics(published))) == {
        "views",
        "reach",
        "replies",
        "navigation",
        "shares",
        "follows",
        "profile_visits",
    }
    fake.quiet_story = True
    assert stand.act(lambda network: network.metrics(published)) == {}


# Stories


def test_a_story_is_one_vertical_picture_without_a_word(desk: Desk) -> None:
    stand, fake = to_story(desk)
    draft = stand.written()
    assert [(len(part.pictures), part.caption.text) for part in draft.parts] == [(1, "")]
    picture = draft.parts[0].pictures[0]
    assert picture.width / picture.height == pytest.approx(9 / 16, abs=0.01)
    assert stand.carry(stand.accept(draft)).state == "published"
    assert made_of(fake) == [{"media_type": "STORIES"}]
    assert fake.posts[0].raw["story"] and fake.posts[0].text == ""


def test_a_story_in_doubt_is_found_among_the_stories(desk: Desk) -> None:
    stand, fake = to_story(desk)
    prepared, since = lose_answer(stand, fake, wordless(stand))
    assert is_out(stand.find(prepared, since))  # type: ignore[arg-type]
    assert [call for call in fake.calls if call.endswith("/stories")]


def test_an_ai_picture_bears_its_label_in_a_story_whoever_asks_for_it_or_not(desk: Desk) -> None:
    stand, fake = to_story(desk)
    for rules in ([], ["platforms"]):
        draft = stand.written(drafts.ai_post(), rules=rules)
        assert draft.held is None
        assert [one.badge for one in draft.parts[0].pictures] == ["AI-generated"], "drawn on it"
        assert draft.flags == {"is_ai_generated": True}
    assert stand.carry(stand.accept(draft)).state == "published"
    assert fake.posts[0].flags == {"is_ai_generated": True}


def test_a_photograph_of_a_post_that_ai_wrote_bears_no_label_since_none_of_the_words_go_out(desk: Desk) -> None:
    stand, _ = to_story(desk)
    draft = stand.written(drafts.post(ai=AiWord(text="generated", images="none")))
    assert draft.held is None and [one.badge for one in draft.parts[0].pictures] == [None]


def test_a_story_of_ai_without_its_badge_is_held(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stand, _ = to_story(desk)
    from socialbot import gallery

    develop = gallery._develop

    def bare(*args: Any, **told: Any) -> Any:
        return develop(*args[:6], None, *args[7:], **told)

    monkeypatch.setattr(gallery, "_develop", bare)
    drafts.workshop().drafts.clear()
    draft = stand.written(drafts.ai_post())
    drafts.workshop().drafts.clear()
    assert draft.held and "does not bear its label" in draft.held.reason and not draft.held.approvable


def test_a_draft_made_for_the_feed_is_not_sent_as_a_story(desk: Desk) -> None:
    """Its label may stand in the caption, which a story does not show."""
    stand, fake = desk
    draft = stand.written(drafts.ai_post())
    assert draft.label and draft.label in draft.parts[0].caption.text
    to_story(desk)
    done = stand.carry(stand.accept(draft))
    assert done.state == "failed" and "drafted with a caption" in (done.error or "") and fake.posts == []


def test_the_limits_are_those_of_the_place(desk: Desk) -> None:
    stand, _ = desk
    assert networks.limits_of("instagram") is LIMITS
    assert to_story(desk) and stand.act(lambda network: network.discover()) is STORY


def test_what_is_prepared_survives_the_ledger(desk: Desk) -> None:
    stand, _ = desk
    prepared = stand.prepare(stand.made("Fog"))
    stored: Mapping[str, Any] = json.loads(json.dumps(dict(prepared.request)))
    settled = stand.clock().isoformat()
    assert stored == {"creation_id": prepared.request["creation_id"], "user_id": ID, "at": settled}
    assert isinstance(prepared, Prepared)
