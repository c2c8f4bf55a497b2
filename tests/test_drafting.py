"""From post to draft: pictures in order and described, labels that go wherever the picture goes, and the reasons to wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from socialbot import disclosure, drafting
from socialbot.captions import Templates
from socialbot.drafting import Bench
from socialbot.media import Media
from socialbot.nouns import AiWord, Draft, ImageFacet, Limits, Picture, Post, WrongConfiguration
from socialbot.pictures import Darkroom, read_marks
from socialbot.settings import AccountSettings, AiDefault, CredentialsSettings, Settings
from tests.conftest import make_post

TODAY = date(2026, 11, 21)
LIMITS = Limits("graphemes", 300, 2, 1_000_000, 200, "square", "a test", date(2026, 11, 21), builds_card=True)


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Picture, ...]:
    made = []
    for number in range(3):
        file = tmp_path / f"{number}.png"
        Image.linear_gradient("L").rotate(90 * number).resize((1200, 900)).save(file)
        made.append(Picture(f"/p/{number}.png", alt=f"A grey ramp, number {number}.", file=file))
    return tuple(made)


def draft(tmp_path: Path, post: Post, limits: Limits = LIMITS, ai: AiDefault | None = None, **account: object) -> Draft:
    media = Media(tmp_path / "media")
    packs = disclosure.all_packs()
    bench = Bench(Templates(tmp_path / "captions"), Darkroom(media), media, ai or AiDefault(), packs, ["platforms"], TODAY)
    settings = AccountSettings.model_validate({"network": "bluesky", **account})
    return drafting.draft(post, "blue", settings, limits, bench)[0]


def test_the_first_pictures_are_sent_in_the_authors_order(tmp_path: Path, pictures: tuple[Picture, ...]) -> None:
    made = draft(tmp_path, make_post(pictures=pictures))
    assert [picture.alt for picture in made.parts[0].pictures] == ["A grey ramp, number 0.", "A grey ramp, number 1."]
    assert {(picture.width, picture.height) for picture in made.parts[0].pictures} == {(1080, 1080)}


def test_a_picture_that_cannot_be_used_gives_way_to_the_next(tmp_path: Path, pictures: tuple[Picture, ...]) -> None:
    pictures[0].file.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")  # type: ignore[union-attr]
    missing = Picture("/p/none.jpg", missing="there is no such file")
    made = draft(tmp_path, make_post(pictures=(missing, *pictures)))
    assert [picture.alt[-2:] for picture in made.parts[0].pictures] == ["1.", "2."]
    assert any("Left out: /p/0.png" in warning and "SVG" in warning for warning in made.warnings)


def test_the_account_says_what_happens_to_an_undescribed_picture(tmp_path: Path, pictures: tuple[Picture, ...]) -> None:
    post = make_post(pictures=tuple(replace(picture, alt=None) for picture in pictures))
    warned, required, off = (draft(tmp_path, post, alt=how) for how in ("warn", "require", "off"))
    assert [picture.alt for picture in warned.parts[0].pictures] == ["Fog (1/2)", "Fog (2/2)"]
    assert sum("has no description" in warning for warning in warned.warnings) == 2
    assert required.held and required.held.approvable and "/p/0.png has no description" in required.held.reason
    assert [picture.alt for picture in off.parts[0].pictures] == ["", ""]
    assert (warned.held, off.held) == (None, None)


@pytest.mark.parametrize("said_by", ["front matter", "picture", "site"])
def test_an_ai_picture_is_labelled_in_caption_alt_text_and_file(
    tmp_path: Path, pictures: tuple[Picture, ...], said_by: str
) -> None:
    ai = AiDefault(images="generated") if said_by == "site" else None
    if said_by == "picture":
        pictures = tuple(replace(picture, ai="generated") for picture in pictures)
    word = AiWord(images="generated") if said_by == "front matter" else AiWord()
    made = draft(tmp_path, make_post(pictures=pictures, ai=word), ai=ai)
    media = Media(tmp_path / "media")
    assert made.label == "AI-generated images"
    assert made.label in made.parts[0].caption.text
    for picture in made.parts[0].pictures:
        assert picture.alt.endswith("(AI-generated)")
        assert str(read_marks(media.get(picture.digest)).digital_source_type).endswith("/trainedAlgorithmicMedia")


@pytest.mark.parametrize(
    ("carried", "said", "label", "code"),
    [
        ("parameters", "fog\nSteps: 20, Sampler: Euler a", "AI-generated image", "trainedAlgorithmicMedia"),
        ("Description", "fog Job ID: 0f8fad5b-d9cb-469f-a165-70867728950e", "AI-generated image", "trainedAlgorithmicMedia"),
        ("Description", "fog", None, None),
    ],
)
def test_what_a_generator_left_in_a_file_is_labelled_and_marked(
    tmp_path: Path, carried: str, said: str, label: str | None, code: str | None
) -> None:
    file, info = tmp_path / "made.png", PngInfo()
    info.add_text(carried, said)
    Image.linear_gradient("L").resize((1200, 900)).save(file, pnginfo=info)
    made = draft(tmp_path, make_post(pictures=(Picture("/made.png", alt="A grey ramp.", file=file),)))
    content = Media(tmp_path / "media").get(made.parts[0].pictures[0].digest)
    assert made.label == label and (label or "") in made.parts[0].caption.text
    assert (read_marks(content).digital_source_type or "/None").rpartition("/")[2] == str(code)
    assert b"Sampler" not in content and b"Job ID" not in content


def test_text_by_ai_marks_no_picture(tmp_path: Path, pictures: tuple[Picture, ...]) -> None:
    made = draft(tmp_path, make_post(pictures=pictures, ai=AiWord(text="generated")))
    assert made.label == "Text written by AI"
    for picture in made.parts[0].pictures:
        assert "AI" not in picture.alt
        assert read_marks(Media(tmp_path / "media").get(picture.digest)).digital_source_type is None
    assert made.flags == {}


def test_a_caption_that_cannot_be_written_holds_the_draft(tmp_path: Path) -> None:
    made = draft(tmp_path, make_post(url="https://example.org/" + "x" * 300))
    assert made.held and "do not fit" in made.held.reason and not made.held.approvable
    assert made.parts[0].caption.text == ""


def test_whose_a_picture_is_stands_in_a_storys_file_alone_and_that_is_told(
    tmp_path: Path, pictures: tuple[Picture, ...]
) -> None:
    taken = tuple(replace(one, credit="Ada \u00d6berg") for one in pictures)
    wordless = replace(LIMITS, caption=False, max_pictures=1)
    told = [one for one in draft(tmp_path, make_post(pictures=taken), wordless).warnings if "Ada \u00d6berg" in one]
    assert told == ["The picture's credit is not shown, for there are no words: Ada \u00d6berg."]
    assert not [one for one in draft(tmp_path, make_post(pictures=pictures), wordless).warnings if "credit" in one]


def test_a_card_stands_in_for_pictures_that_are_not_sent(tmp_path: Path, pictures: tuple[Picture, ...]) -> None:
    post = make_post(pictures=pictures, url="https://example.org/fog", summary="Words about fog.")
    card = draft(tmp_path, post, pictures=0).parts[0].card
    assert card and card.thumb
    assert (card.url, card.title, card.description) == ("https://example.org/fog", "Fog", "Words about fog.")
    assert (card.thumb.width, card.thumb.height) == (1200, 630)
    assert draft(tmp_path, post).parts[0].card is None
    assert draft(tmp_path, make_post(), pictures=0).parts[0].card is None, "without a link there is nothing to show"


def test_a_network_that_needs_a_picture_holds_a_post_without(tmp_path: Path) -> None:
    made = draft(tmp_path, make_post(), replace(LIMITS, needs_picture=True))
    assert made.held and not made.held.approvable


def test_a_twin_without_consent_is_held_whatever_else_waits(tmp_path: Path) -> None:
    made = draft(tmp_path, make_post(ai=AiWord(person="digital_twin")), approval=True)
    assert made.held and "consent" in made.held.reason and not made.held.approvable


def test_a_consent_reference_never_enters_a_draft(tmp_path: Path, pictures: tuple[Picture, ...]) -> None:
    word = AiWord(person="digital_twin", consent="contract-4711")
    made = draft(tmp_path, make_post(pictures=pictures, ai=word))
    assert made.held is None and "4711" not in repr(made)


def test_the_same_post_makes_the_same_draft(tmp_path: Path, pictures: tuple[Picture, ...]) -> None:
    post = make_post(pictures=pictures, url="https://example.org/fog", tags=("fog",))
    assert draft(tmp_path, post) == draft(tmp_path, post)


def test_the_author_may_skip_a_network_or_one_account() -> None:
    account = AccountSettings.model_validate({"network": "bluesky"})
    for social, skipped in (
        ({"bluesky": {"skip": True}}, True),
        ({"blue": {"skip": True}}, True),
        ({"bluesky": {"skip": True}, "blue": {"skip": False}}, False),
        ({"mastodon": {"skip": True}}, False),
        ({}, False),
    ):
        assert drafting.skips(make_post(social=social), "blue", account) is skipped


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_roots_that_cannot_be_read_are_told_before_anything_is_drafted(tmp_path: Path, text: str | None) -> None:
    if text:
        (tmp_path / "roots.pem").write_text(text)
    settings = Settings(home=tmp_path, credentials=CredentialsSettings(trust=Path("roots.pem")))
    with pytest.raises(WrongConfiguration, match="no certificates in it"):
        drafting.bench(settings, Media(tmp_path / "media"), TODAY, ["square"])


def test_a_pack_of_rules_nobody_knows_is_told_with_the_account_that_names_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, accounts={"blue": AccountSettings(network="bluesky", rules=["eu", "mars"])})
    with pytest.raises(WrongConfiguration, match=r'accounts\.blue\.rules: "mars" is no pack of rules'):
        drafting.bench(settings, Media(tmp_path / "media"), TODAY, ["square"])


def test_a_root_of_ones_own_makes_a_manifest_verified(tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    from tests.pictures import signed

    file = tmp_path / "made.jpg"
    file.write_bytes(signed.created())
    (tmp_path / "roots.pem").write_text(signed.both_roots())
    post = make_post(pictures=(Picture("/made.jpg", file=file),))
    for trust, word in ((None, "not trusted"), (Path("roots.pem"), "verified")):
        settings = Settings(home=tmp_path, credentials=CredentialsSettings(trust=trust))
        told = drafting.disclose(post, drafting.bench(settings, Media(tmp_path / "media"), TODAY, ["square"]))
        assert told.images == ("generated",)
        assert [word in one.detail for one in told.evidence] == [True]


@pytest.mark.parametrize("ai", ["none", "generated"])
def test_a_card_in_a_reply_shows_no_picture_that_ai_made_for_the_label_stands_in_the_first_post(
    tmp_path: Path, pictures: tuple[Picture, ...], ai: ImageFacet
) -> None:
    said = tuple(replace(picture, ai=ai) for picture in pictures)
    post = make_post(pictures=said, url="https://example.org/fog")
    first, reply = draft(tmp_path, post, replace(LIMITS, threads=True), link="reply").parts
    assert first.pictures and reply.card and bool(reply.card.thumb) == (ai == "none")
