"""No way through drafting to a publishable post without what the rules ask for: every network, facet, pack and language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from socialbot import captions, disclosure, drafting, networks
from socialbot.captions import Templates
from socialbot.disclosure import expressing
from socialbot.disclosure.facets import IMAGE, strongest
from socialbot.disclosure.labels import all_labels
from socialbot.disclosure.ruling import Required, says
from socialbot.drafting import Bench
from socialbot.media import Media
from socialbot.nouns import (
    AiWord,
    Commercial,
    Disclosure,
    Draft,
    Expression,
    Held,
    ImageFacet,
    Limits,
    Override,
    PersonFacet,
    Picture,
    Post,
    Review,
    TextFacet,
    Variant,
)
from socialbot.pictures import Darkroom
from socialbot.settings import AccountSettings, AiDefault
from tests.disclosure.test_labels import TOKENS, regex

TODAY = date(2026, 11, 21)
PACKS = disclosure.all_packs()
AI_MEDIA = ("edited", "composite", "generated")
MADE = ("invented", "digital_twin")
SECRETS = ("contract-4711", "Reva Iewer", "Resa Ponsible", "gpt-secret", "Ova Rider", "she was there")
URL = "https://example.org/fog"


@dataclass(frozen=True)
class Room:
    """A bench, and three pictures that say nothing of AI."""

    bench: Bench
    files: tuple[Path, ...]

    def draft(self, post: Post, account: AccountSettings, limits: Limits | None = None) -> tuple[Draft, Disclosure]:
        return drafting.draft(post, "it", account, limits or limits_of(account.network), self.bench)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    folder = tmp_path_factory.mktemp("invariants")
    media = Media(folder / "media")
    files = []
    for number in range(3):
        files.append(folder / f"{number}.png")
        Image.linear_gradient("L").rotate(90 * number).resize((480, 480)).save(files[-1])
    bench = Bench(Templates(folder / "captions"), Darkroom(media), media, AiDefault(), PACKS, ["platforms"], TODAY)
    return Room(bench, tuple(files))


def limits_of(network: str) -> Limits:
    """The network's own, but for the pictures' shape and size: so that each variant is made once for all of them."""
    same = {"shape": "square", "max_picture_bytes": 1_000_000, "max_picture_pixels": None, "max_thumb_bytes": None}
    return replace(networks.limits_of(network), **same, mime_types=("image/jpeg",))  # type: ignore[arg-type]


def post_of(room: Room, images: tuple[ImageFacet, ...], **values: Any) -> Post:
    pictures = tuple(
        Picture(f"/{number}.png", alt=f"A ramp, number {number}.", ai=ai, file=room.files[number])
        for number, ai in enumerate(images)
    )
    given: dict[str, Any] = {"language": "en", "url": URL, "summary": "Words about fog. " * 20, **values}
    return Post(id="1", source="fog.md", content_hash="1", title="Fog", pictures=pictures, **given)


words_on_ai = st.builds(
    AiWord,
    text=st.sampled_from(get_args(TextFacet)),
    translated=st.sampled_from([None, True]),
    realistic=st.sampled_from([None, True, False]),
    person=st.sampled_from(get_args(PersonFacet)),
    consent=st.sampled_from([None, SECRETS[0], SECRETS[0]]),
    commercial=st.sampled_from([None, *get_args(Commercial)]),
    review=st.sampled_from([None, Review(SECRETS[1], TODAY, SECRETS[2])]),
    model=st.just(SECRETS[3]),
    override=st.sampled_from([None, Override(SECRETS[4], SECRETS[5], pictures={"/0.png": "edited"})]),
)
some_image = st.sampled_from([*get_args(ImageFacet), *AI_MEDIA])
some_images = st.lists(some_image, max_size=3).map(tuple)
some_packs = st.lists(st.sampled_from(sorted(PACKS)), unique=True, min_size=2)
some_languages = st.sampled_from([*all_labels(), "sw", "pt-PT", "zh-TW"])
some_accounts = st.fixed_dictionaries(
    {
        "network": st.sampled_from(networks.counted()),
        "rules": some_packs,
        "label": st.sampled_from(["always", "required"]),
        "label_length": st.sampled_from(["short", "medium", "long"]),
        "unknown_ai": st.sampled_from(["relaxed", "strict"]),
        "ai_flag": st.sampled_from([None, True, False]),
        "link": st.sampled_from(["always", "never", "reply"]),
        "pictures": st.sampled_from([None, None, None, 0, 1]),
    }
).map(AccountSettings.model_validate)


def check(room: Room, word: AiWord, images: tuple[ImageFacet, ...], language: str, account: AccountSettings) -> None:
    """What goes out says all it must, and nothing that is not so."""
    limits = limits_of(account.network)
    made, seen = room.draft(post_of(room, images, ai=word, language=language), account)
    event(f"held: {made.held is not None}")
    assert not any(secret in repr(made) or secret in repr(seen) for secret in SECRETS)
    if made.held:
        return
    out = dict(enumerate(made.parts[0].pictures))
    media = bool(set(AI_MEDIA).intersection(disclosure.as_shown(seen)))
    wanted = not limits.ai_flag_disputed if account.ai_flag is None else account.ai_flag
    assert dict(made.flags) == ({limits.ai_flag: True} if limits.ai_flag and media and wanted and out else {})
    asked = disclosure.required(seen, account.network, room.bench.packs_of(account), TODAY)
    assert {one.rule for one in made.asked} == {one.rule for one in asked.asked}
    assert_shown(room, made, seen, asked, out, limits)


def assert_shown(
    room: Room,
    made: Draft,
    seen: Disclosure,
    asked: Required,
    out: Mapping[int, Variant],
    limits: Limits,
) -> None:
    """Every surface that a firmly known rule asks for bears what it must, read from the finished words and bytes."""
    text = made.parts[0].caption.text
    event(f"asked: {', '.join(sorted(asked.surfaces)) or 'nothing'}")
    firm = {surface for surface, rules in asked.surfaces.items() if any(r.strength in ("primary", "secondary") for r in rules)}
    flagged = bool(made.flags)
    if "caption" in firm or ("flag" in firm and not flagged):
        assert made.label and text.split("\n").count(made.label) == 1
        assert says(made.label, asked.words.get("caption", ()))
        assert any(regex.search(token, made.label) for token in TOKENS.values())
        if limits.fold is not None:
            assert text.index(made.label) + len(made.label) <= limits.fold or text.startswith(made.label)
        assert not asked.first or text.startswith(made.label)
    for index, variant in out.items():
        if index in asked.pictures.get("badge", ()) and "badge" in firm:
            assert variant.badge and says(variant.badge, asked.words.get("badge", ()))
            assert any(regex.search(token, variant.badge) for token in TOKENS.values())
        if index in asked.pictures.get("alt", ()) and "alt" in firm and limits.max_alt:
            assert any(regex.search(token, variant.alt) for token in TOKENS.values())
        facet = disclosure.as_shown(seen)[index]
        read = strongest(IMAGE, [one.value for one in disclosure.of_picture(room.bench.media.path(variant.digest), "it")])
        assert facet not in AI_MEDIA or IMAGE.index(read) >= IMAGE.index(facet)
        assert facet not in ("none", "unknown") or (read not in AI_MEDIA and not variant.badge and "AI" not in variant.alt)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(AiWord(person="invented", commercial="advertisement"), ("generated",), "en", AccountSettings(network="instagram"))
@example(AiWord(person="digital_twin"), ("unknown",), "en", AccountSettings(network="bluesky", rules=["eu", "platforms"]))
@given(words_on_ai, some_images, some_languages, some_accounts)
def test_what_goes_out_says_all_it_must(
    room: Room, word: AiWord, images: tuple[ImageFacet, ...], language: str, account: AccountSettings
) -> None:
    check(room, word, images, language, account)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words_on_ai, some_images, some_languages, some_accounts)
def test_what_goes_out_says_all_it_must_in_twenty_thousand_posts(
    room: Room, word: AiWord, images: tuple[ImageFacet, ...], language: str, account: AccountSettings
) -> None:
    check(room, word, images, language, account)


@pytest.mark.parametrize("network", networks.counted())
@pytest.mark.parametrize("image", get_args(ImageFacet))
@pytest.mark.parametrize("text", get_args(TextFacet))
def test_a_media_flag_stands_for_ai_media_and_never_for_a_text(
    room: Room, network: str, image: ImageFacet, text: TextFacet
) -> None:
    made, _ = room.draft(post_of(room, (image,), ai=AiWord(text=text)), AccountSettings(network=network))
    limits = limits_of(network)
    flag = {limits.ai_flag: True} if limits.ai_flag and not limits.ai_flag_disputed and image in AI_MEDIA else {}
    assert dict(made.flags) == flag


def test_without_any_sign_of_ai_nothing_is_said_anywhere(room: Room) -> None:
    for network in networks.counted():
        account = AccountSettings(network=network, rules=sorted(PACKS))
        made, _ = room.draft(post_of(room, ("none", "unknown")), account)
        assert (made.label, dict(made.flags), made.asked) == (None, {}, ())
        for variant in made.parts[0].pictures:
            assert variant.badge is None and variant.alt.startswith("A ramp") == bool(variant.alt)
            assert disclosure.of_picture(room.bench.media.path(variant.digest), "it") == ()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words_on_ai, some_images, some_languages, some_accounts)
def test_a_label_never_costs_the_link_and_never_bursts_the_limit(
    room: Room, word: AiWord, images: tuple[ImageFacet, ...], language: str, account: AccountSettings
) -> None:
    silent, _ = room.draft(post_of(room, tuple("none" for _ in images), language=language), account)
    made, _ = room.draft(post_of(room, images, ai=word, language=language), account)
    assert all(part.caption.used <= part.caption.limit for part in made.parts)
    if not made.held and not silent.held:
        assert made.link == silent.link
        linked = [any(span.value == URL for part in one.parts for span in part.caption.spans) for one in (silent, made)]
        assert linked[0] == linked[1]


# Each way of saying it broken on purpose: what a rule asks for and is not there holds the draft.

EVERYTHING = AiWord(text="generated", commercial="advertisement")
ASKING = AccountSettings(network="facebook", rules=["eu", "cn", "platforms"])


def lose_the_label(patch: pytest.MonkeyPatch) -> None:
    real = captions.write

    def write(post: Post, said: Expression, *rest: Any) -> captions.Written | Held:
        return real(post, replace(said, labels=()), *rest)

    patch.setattr(captions, "write", write)


def cut_the_label(patch: pytest.MonkeyPatch) -> None:
    real = captions.write

    def write(*arguments: Any) -> captions.Written | Held:
        written = real(*arguments)
        assert isinstance(written, captions.Written) and written.label
        first = written.captions[0]
        text = first.text.replace(written.label, written.label[:-1])
        return replace(written, captions=(replace(first, text=text), *written.captions[1:]))

    patch.setattr(captions, "write", write)


def hide_the_label_in_a_hashtag(patch: pytest.MonkeyPatch) -> None:
    real = captions.write

    def write(*arguments: Any) -> captions.Written | Held:
        written = real(*arguments)
        assert isinstance(written, captions.Written) and written.label
        first = written.captions[0]
        return replace(written, captions=(replace(first, text=first.text.replace(written.label, "#AI " + written.label)),))

    patch.setattr(captions, "write", write)


def say_it_in_a_reply_only(patch: pytest.MonkeyPatch) -> None:
    real = captions.write

    def write(post: Post, said: Expression, *rest: Any) -> captions.Written | Held:
        written, bare = real(post, said, *rest), real(post, replace(said, labels=()), *rest)
        assert isinstance(written, captions.Written) and isinstance(bare, captions.Written)
        return replace(written, captions=(*bare.captions, *written.captions))

    patch.setattr(captions, "write", write)


def say_it_in_too_few_words(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(expressing.labels, "completing", lambda label, *rest: label)


def draw_no_badge(patch: pytest.MonkeyPatch) -> None:
    real = Darkroom.develop
    patch.setattr(Darkroom, "develop", lambda self, *rest, badge=None, **more: real(self, *rest, **more))


def describe_without_a_word(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(captions, "alt_text", lambda alt, label, limits: alt)


def lose_the_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(drafting.disclosure, "as_shown", lambda told: tuple("none" for _ in told.images))


BROKEN: Mapping[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "label lost": (lose_the_label, "label does not stand"),
    "label cut": (cut_the_label, "label does not stand"),
    "label in a hashtag's line": (hide_the_label_in_a_hashtag, "label does not stand"),
    "label in a reply": (say_it_in_a_reply_only, "label does not stand"),
    "words missing": (say_it_in_too_few_words, "label does not stand"),
    "badge missing": (draw_no_badge, "does not bear the words"),
    "alt bare": (describe_without_a_word, "alt text does not say"),
    "mark lost": (lose_the_mark, "lost its mark"),
}


@pytest.fixture
def patched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    break_it, sentence = BROKEN[request.param]
    break_it(monkeypatch)
    yield sentence


def test_unbroken_it_goes_out(room: Room) -> None:
    made, _ = room.draft(post_of(room, ("generated",), ai=EVERYTHING), ASKING)
    assert made.held is None and {one.pack for one in made.asked} == {"eu", "cn", "platforms"}


@pytest.mark.parametrize("patched", BROKEN, indirect=True)
def test_each_expression_that_breaks_holds_the_draft(tmp_path: Path, room: Room, patched: str) -> None:
    media = Media(tmp_path / "media")  # a darkroom of its own, which keeps no variant of another test
    bench = replace(room.bench, darkroom=Darkroom(media), media=media)
    made, _ = Room(bench, room.files).draft(post_of(room, ("generated",), ai=EVERYTHING), ASKING)
    assert made.held and patched in made.held.reason and not made.held.approvable


def test_a_flag_that_is_lost_is_made_up_for_by_the_label_or_holds_the_draft(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = post_of(room, ("generated",))
    quiet = AccountSettings(network="instagram", label="required")
    made, _ = room.draft(post, quiet)
    assert (made.label, dict(made.flags), made.held) == (None, {"is_ai_generated": True}, None)
    made, _ = room.draft(post, AccountSettings(network="instagram", label="required", ai_flag=False))
    assert made.label == "AI-generated image" and not made.flags and made.held is None
    real = expressing.express
    monkeypatch.setattr(disclosure, "express", lambda *given: replace(real(*given), flags={}))
    made, _ = room.draft(post, quiet)
    assert made.held and "Neither the network's flag nor the caption" in made.held.reason


def test_a_rule_that_is_not_firmly_known_warns_where_it_cannot_be_kept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_no_badge(monkeypatch)
    media = room.bench.media
    bench = replace(room.bench, darkroom=Darkroom(media))
    made, _ = Room(bench, room.files).draft(post_of(room, ("generated",)), AccountSettings(network="facebook"))
    assert made.held is None
    assert any("does not bear the words" in warning and "platform-facebook" in warning for warning in made.warnings)


# Unknown, possible, consent


def test_what_nobody_knows_goes_out_unsaid_or_waits_as_the_account_wants(room: Room) -> None:
    post = post_of(room, ("unknown",))
    relaxed, _ = room.draft(post, AccountSettings(network="mastodon"))
    strict, _ = room.draft(post, AccountSettings(network="mastodon", unknown_ai="strict"))
    assert (relaxed.held, relaxed.label) == (None, None)
    assert strict.held and strict.held.approvable and strict.label is None
    assert strict.held.reason == "Nobody said whether AI made the text and its pictures."
    known = post_of(room, ("none",), ai=AiWord(text="none"))
    assert room.draft(known, AccountSettings(network="mastodon", unknown_ai="strict"))[0].held is None


def test_a_hint_at_ai_waits_for_a_person_whatever_the_account_wants(room: Room) -> None:
    for how in ("relaxed", "strict"):
        account = AccountSettings.model_validate({"network": "mastodon", "unknown_ai": how})
        made, _ = room.draft(post_of(room, ("possible",), ai=AiWord(text="none")), account)
        assert made.held and made.held.approvable and made.label is None


def test_of_a_twin_without_consent_no_caption_says_there_is_one(room: Room) -> None:
    made, _ = room.draft(post_of(room, ("generated",), ai=AiWord(person="digital_twin")), AccountSettings(network="mastodon"))
    assert made.held and "consent" in made.held.reason and not made.held.approvable
    assert made.label == "AI-generated image" and "consent" not in made.parts[0].caption.text


def test_only_the_pictures_that_go_out_are_spoken_of(room: Room) -> None:
    post = post_of(room, ("none", "generated"))
    first, _ = room.draft(post, AccountSettings(network="mastodon", pictures=1))
    card, _ = room.draft(post, AccountSettings(network="mastodon", pictures=0))
    assert first.label is None
    assert card.label == "AI-generated image", "the link's card may show any of them"


def test_a_label_in_no_language_of_ours_is_english_and_says_so(room: Room) -> None:
    made, _ = room.draft(post_of(room, ("generated",), language="sw"), AccountSettings(network="mastodon"))
    assert made.label == "AI-generated image"
    assert any('"sw"' in warning and "English" in warning for warning in made.warnings)


def test_china_gets_its_own_words_beside_the_posts(room: Room) -> None:
    made, _ = room.draft(post_of(room, ("generated",)), AccountSettings(network="mastodon", rules=["cn"]))
    assert made.label == "AI-generated image"  # an image's label is asked for on the picture
    assert [variant.badge for variant in made.parts[0].pictures] == ["AI-generated / AI生成"]
    made, _ = room.draft(post_of(room, (), ai=AiWord(text="generated")), AccountSettings(network="mastodon", rules=["cn"]))
    assert made.label == "Text written by AI · 文字由AI生成"


def test_korea_wants_the_virtual_person_told_first(room: Room) -> None:
    word = AiWord(person="invented", commercial="advertisement")
    account = AccountSettings(network="mastodon", rules=["kr_ads"])
    made, _ = room.draft(post_of(room, ("generated",), ai=word, language="ko"), account)
    assert made.label == "AI로 만든 가상 인물" and made.parts[0].caption.text.startswith(made.label)
    assert [variant.badge for variant in made.parts[0].pictures] == ["AI로 만든 가상 인물"]


def test_a_rule_binds_from_its_day_on(room: Room) -> None:
    post, account = post_of(room, ("generated",)), AccountSettings(network="mastodon", rules=["in"])
    day = datetime(2026, 2, 20, tzinfo=UTC).date()
    before = replace(room.bench, today=day.replace(day=19))
    assert Room(before, room.files).draft(post, account)[0].asked == ()
    on = replace(room.bench, today=day)
    assert [one.rule for one in Room(on, room.files).draft(post, account)[0].asked] == ["in-declare", "in-keep-mark"]


def test_what_may_be_let_through_never_hides_what_may_not(room: Room) -> None:
    post = post_of(room, ("possible",), ai=AiWord(person="digital_twin"))
    made, _ = room.draft(post, AccountSettings(network="mastodon", approval=True))
    assert made.held and "consent" in made.held.reason


# Found by a reader with fresh eyes


def test_without_a_picture_of_ours_no_media_flag_is_set_and_no_unseen_picture_is_spoken_of(room: Room) -> None:
    post = post_of(room, ("generated",))
    silent, _ = room.draft(post, AccountSettings(network="x", pictures=0, link="never"))
    assert (silent.label, dict(silent.flags)) == (None, {})
    card, _ = room.draft(post, AccountSettings(network="x", pictures=0))
    assert (card.label, dict(card.flags)) == ("AI-generated image", {}), "the card that X makes may show it"
    lost = replace(post, pictures=(replace(post.pictures[0], file=None), post_of(room, ("none",)).pictures[0]))
    ours, _ = room.draft(lost, AccountSettings(network="bluesky", pictures=0))
    assert ours.parts[0].card and ours.label is None, "the card that we make shows the other one"


def test_of_a_person_ai_made_beside_pictures_nobody_spoke_of_a_person_is_asked(room: Room) -> None:
    """Their marks would be false on a photograph, and bare the person would go unsaid."""
    word = AiWord(person="invented", commercial="advertisement")
    account = AccountSettings(network="mastodon", rules=["us_ny_ads", "platforms"])
    asked, _ = room.draft(post_of(room, ("generated", "unknown"), ai=word), account)
    assert asked.held and asked.held.approvable and "which of its pictures" in asked.held.reason
    assert all(variant.badge for variant in asked.parts[0].pictures)
    said, _ = room.draft(post_of(room, ("generated", "none"), ai=word), account)
    first, second = said.parts[0].pictures
    assert said.held is None and first.badge and second.badge is None
    assert second.alt == "A ramp, number 1."
    assert disclosure.of_picture(room.bench.media.path(second.digest), "it") == ()


def test_a_label_longer_than_what_is_seen_at_once_is_told(room: Room) -> None:
    word = AiWord(text="assisted", person="digital_twin", consent=SECRETS[0])
    made, _ = room.draft(post_of(room, ("generated", "edited"), ai=word), AccountSettings(network="facebook"))
    assert made.held is None and made.parts[0].caption.text.startswith(str(made.label))
    assert any('before "more"' in warning for warning in made.warnings)


@pytest.mark.parametrize(
    ("network", "caption"),
    [
        ("discord", "||\n{{ title }}\n\n{{ label }}\n||"),
        ("discord", "```\n{{ title }}\n\n{{ label }}\n```"),
        ("lemmy", "::: spoiler Fog\n{{ title }}\n\n{{ label }}\n:::"),
        ("reddit", ">!{{ title }}\n\n{{ label }}\n!<"),
        ("lemmy", "<!-- {{ title }}\n\n{{ label }}\n-->"),
    ],
)
def test_a_label_that_markup_would_hide_holds_the_draft(room: Room, network: str, caption: str) -> None:
    account = AccountSettings(network=network)
    hidden, _ = room.draft(post_of(room, ("generated",), social={"caption": caption}), account)
    assert hidden.held and "label does not stand" in hidden.held.reason
    before = caption.replace("{{ label }}", "").strip() + "\n\n{{ label }}"
    shown, _ = room.draft(post_of(room, ("generated",), social={"caption": before}), account)
    assert shown.held is None


def test_a_draft_goes_by_the_rules_of_the_day_it_is_published(room: Room) -> None:
    early = replace(room.bench, today=date(2026, 2, 1))
    post, account = post_of(room, ("generated",)), AccountSettings(network="mastodon", rules=["in"])
    now, seen = Room(early, room.files).draft(post, account)
    later, _ = Room(early, room.files).draft(replace(post, published=datetime(2026, 3, 1, tzinfo=UTC)), account)
    assert now.asked == () and [one.rule for one in later.asked] == ["in-declare", "in-keep-mark"]
    packs = room.bench.packs_of(account)
    assert disclosure.outdated(now, seen, packs, date(2026, 2, 19)) is None
    held = disclosure.outdated(now, seen, packs, date(2026, 2, 20))
    assert held and held.redraft and not held.approvable and "in-declare" in held.reason
    assert disclosure.outdated(later, seen, packs, date(2026, 2, 20)) is None


def test_a_badge_keeps_the_posts_own_words_beside_those_a_rule_wants(room: Room) -> None:
    word = AiWord(person="invented", commercial="advertisement")
    for language, badge in (
        ("de", "KI-generiert / AI로 만든 가상 인물"),
        ("fr", "AI-generated / AI로 만든 가상 인물"),  # no Korean font of ours has an é
        ("ko", "AI로 만든 가상 인물"),
    ):
        account = AccountSettings(network="mastodon", rules=["eu", "kr_ads"])
        made, _ = room.draft(post_of(room, ("generated",), ai=word, language=language), account)
        assert made.held is None and [variant.badge for variant in made.parts[0].pictures] == [badge]


def test_two_rules_that_want_words_of_two_scripts_on_one_picture_hold_it_and_tell_why(room: Room) -> None:
    word = AiWord(person="invented", commercial="advertisement")
    account = AccountSettings(network="mastodon", rules=["cn", "kr_ads"])
    made, _ = room.draft(post_of(room, ("generated",), ai=word), account)
    assert made.held and "fewer packs" in made.held.fix and not made.held.approvable
    assert any("Without its badge" in warning and "cannot draw" in warning for warning in made.warnings)


def test_an_invented_person_in_a_picture_that_could_be_real_is_a_deep_fake_in_europe(room: Room) -> None:
    made, _ = room.draft(post_of(room, ("unknown",), ai=AiWord(person="invented")), AccountSettings(network="x", rules=["eu"]))
    assert {"eu-deep-fake", "eu-deep-fake-badge"} == {one.rule for one in made.asked}
    assert made.held is None and made.parts[0].pictures[0].badge
