"""Which pictures of a post go out, and in which words: none twice, and nothing lost of what is known of AI."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from socialbot import disclosure, drafting, networks
from socialbot.captions import Templates, measure
from socialbot.drafting import Bench
from socialbot.media import Media
from socialbot.nouns import AiWord, Disclosure, Draft, ImageFacet, Limits, Override, Picture, Post, WrongConfiguration
from socialbot.pictures import Darkroom, Describers, describing, read_marks
from socialbot.settings import AccountSettings, AiDefault, Settings
from tests.conftest import make_post
from tests.pictures.moving import moving
from tests.pictures.test_likeness import card, photograph

TODAY = date(2026, 11, 21)
LIMITS = Limits("graphemes", 300, 4, 1_000_000, 200, "square", "a test", date(2026, 11, 21), builds_card=True)
BY_AI = PngInfo()
BY_AI.add_text("parameters", "fog\nSteps: 20, Sampler: Euler a")


class Gallery:
    def __init__(self, folder: Path) -> None:
        self.folder, self.media = folder, Media(folder / "media")
        self.bench = self.new_bench()

    def new_bench(self) -> Bench:
        darkroom = Darkroom(self.media)
        return Bench(
            Templates(self.folder / "captions"),
            darkroom,
            self.media,
            AiDefault(),
            disclosure.all_packs(),
            ["platforms"],
            TODAY,
            describers=Describers(darkroom, self.media),
        )

    def picture(self, name: str, image: Image.Image, alt: str | None = "Hills.", info: Any = None, **said: Any) -> Picture:
        file = self.folder / name
        image.save(file, **({"pnginfo": info} if info else {}))
        return Picture(name, alt, file=file, **said)

    def draft(self, *pictures: Picture, limits: Limits = LIMITS, ai: AiWord = AiWord(), **account: object) -> Draft:  # noqa: B008 - frozen
        return self.drafted(make_post(pictures=pictures, ai=ai), limits, **account)[0]

    def drafted(self, post: Post, limits: Limits = LIMITS, **account: object) -> tuple[Draft, Disclosure]:
        settings = AccountSettings.model_validate({"network": "bluesky", **account})
        return drafting.draft(post, "blue", settings, limits, self.bench)


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path)


def alts(draft: Draft) -> list[str]:
    return [picture.alt for picture in draft.parts[0].pictures]


def test_a_picture_is_not_shown_twice(gallery: Gallery) -> None:
    cover, other = photograph(1), photograph(2)
    made = gallery.draft(
        gallery.picture("cover.jpg", cover, "The cover."),
        gallery.picture("small.webp", cover.resize((600, 400)), "The same, small."),
        gallery.picture("other.jpg", other, "Another."),
    )
    assert alts(made) == ["The cover.", "Another."]
    assert "Left out: small.webp: it shows the same as cover.jpg" in made.warnings


def test_the_next_picture_takes_the_place_of_one_that_is_left_out(gallery: Gallery) -> None:
    pictures = [gallery.picture(f"{number}.jpg", photograph(number // 2), f"Number {number}.") for number in range(6)]
    assert alts(gallery.draft(*pictures, limits=replace(LIMITS, max_pictures=2))) == ["Number 0.", "Number 2."]


def test_a_twin_steps_in_for_a_picture_that_cannot_be_sent(gallery: Gallery) -> None:
    pictures = gallery.picture("a.jpg", photograph(1), "Broken."), gallery.picture("b.jpg", photograph(1), "Whole.")
    (gallery.folder / "a.jpg").write_bytes(b"<svg/>")
    assert alts(gallery.draft(*pictures)) == ["Whole."]


def test_cards_of_one_template_all_go_out(gallery: Gallery) -> None:
    cards = [
        gallery.picture(f"{number}.png", card("Foggy mornings", f"{number} of 4"), f"Card {number}.") for number in (1, 2, 3, 4)
    ]
    assert len(alts(gallery.draft(*cards))) == 4


@pytest.mark.parametrize("first", [True, False])
def test_what_ai_did_is_not_lost_with_the_picture_that_is_left_out(gallery: Gallery, first: bool) -> None:
    plain, made_by_ai = gallery.picture("plain.jpg", photograph(1)), gallery.picture("made.png", photograph(1), info=BY_AI)
    post = make_post(pictures=(plain, made_by_ai) if first else (made_by_ai, plain))
    draft, seen = gallery.drafted(post)
    (sent,) = draft.parts[0].pictures
    assert draft.label == "AI-generated image" and sent.alt == "Hills. (AI-generated)"
    assert seen.images == ("generated",)
    assert [one.value for one in disclosure.of_picture(gallery.media.path(sent.digest), "image 1")] == ["generated"]
    told = drafting.disclose(post, gallery.bench)
    assert told.images == ("generated", "generated")
    assert ("it shows the same as made.png" in [one.detail for one in told.evidence]) is True


@pytest.mark.parametrize("first", [True, False])
def test_a_machines_label_is_not_lost_with_a_twin(gallery: Gallery, first: bool) -> None:
    label = PngInfo()
    label.add_text("AIGC", '{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"7"}')
    plain, labelled = gallery.picture("plain.jpg", photograph(1)), gallery.picture("made.png", photograph(1), info=label)
    draft = gallery.draft(*((plain, labelled) if first else (labelled, plain)))
    marks = [read_marks(gallery.media.path(sent.digest).read_bytes()).aigc for sent in draft.parts[0].pictures]
    assert sum(mark is not None for mark in marks) == 1 and len(marks) == 2


def test_logos_that_are_white_on_white_are_not_the_same(gallery: Gallery) -> None:
    logos = []
    for shape in ("ellipse", "rectangle"):
        image = Image.new("RGBA", (900, 900), (255, 255, 255, 0))
        getattr(ImageDraw.Draw(image), shape)((200, 200, 700, 700), fill=(255, 255, 255, 255))
        logos.append(gallery.picture(f"{shape}.png", image, f"A white {shape}."))
    assert len(gallery.draft(*logos, backdrop="#102030").parts[0].pictures) == 2


def test_an_animation_of_plain_frames_is_not_one_colour(gallery: Gallery) -> None:
    file = gallery.folder / "flash.gif"
    file.write_bytes(moving("GIF", [Image.new("RGB", (320, 240), colour) for colour in ("red", "blue", "green")]))
    limits = replace(LIMITS, animated=("image/gif",), builds_card=False)
    draft = gallery.draft(Picture("flash.gif", "It flashes.", file=file), limits=limits, animated="whole")
    assert [sent.mime for sent in draft.parts[0].pictures] == ["image/gif"]


def test_pictures_are_compared_once_for_all_accounts(gallery: Gallery) -> None:
    pictures = [gallery.picture(f"{seed}.jpg", photograph(seed)) for seed in (1, 2, 3)]
    gallery.draft(*pictures)
    with patch("socialbot.pictures.darkroom.alike", side_effect=AssertionError):
        assert len(gallery.draft(*pictures, shape="portrait").parts[0].pictures) == 3


@pytest.mark.parametrize(
    ("facet", "realistic", "known"), [("edited", True, True), ("none", False, False), ("composite", None, False)]
)
def test_the_authors_word_on_a_twin_counts_for_both(
    gallery: Gallery, facet: ImageFacet, realistic: bool | None, known: bool
) -> None:
    pictures = (
        gallery.picture("a.jpg", photograph(1), realistic=False),
        gallery.picture("b.jpg", photograph(1), ai=facet, realistic=realistic),
    )
    told = drafting.disclose(make_post(pictures=pictures), gallery.bench)
    assert told.images == (facet, facet) and told.realistic == (known, known)


def test_an_override_of_one_does_not_hide_what_is_known_of_its_twin(gallery: Gallery) -> None:
    pictures = gallery.picture("a.png", photograph(1), info=BY_AI), gallery.picture("b.png", photograph(1), info=BY_AI)
    word = AiWord(override=Override(by="A. Editor", reason="a mistake", pictures={"a.png": "none"}))
    made, seen = gallery.drafted(make_post(pictures=pictures, ai=word))
    assert seen.images == ("generated",) and made.label == "AI-generated image"
    both = replace(word, override=Override(by="A. Editor", reason="a mistake", images="none"))
    assert gallery.draft(*pictures, ai=both).label is None


def test_description_and_credit_are_kept_of_whichever_has_them(gallery: Gallery) -> None:
    made = gallery.draft(
        gallery.picture("a.jpg", photograph(1), None),
        gallery.picture("b.jpg", photograph(1), "Hills in fog.", credit="A. Photographer"),
    )
    assert alts(made) == ["Hills in fog."] and "A. Photographer" in made.parts[0].caption.text
    assert not any("no description" in warning for warning in made.warnings)


def test_a_picture_of_one_colour_is_left_out(gallery: Gallery) -> None:
    blank = gallery.picture("blank.png", Image.new("RGB", (800, 600), "#eeeeee"))
    made = gallery.draft(blank, gallery.picture("a.jpg", photograph(1), "Hills."))
    assert alts(made) == ["Hills."]
    assert "Left out: blank.png: it shows one colour and nothing else" in made.warnings


def test_a_white_logo_is_blank_on_white_and_is_not_on_the_accounts_colour(gallery: Gallery) -> None:
    logo = Image.new("RGBA", (800, 600))
    logo.paste((255, 255, 255, 255), (300, 200, 500, 400))
    picture = gallery.picture("logo.png", logo, "A logo.")
    assert alts(gallery.draft(picture)) == [] and alts(gallery.draft(picture, backdrop="#102030")) == ["A logo."]


# ── descriptions ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the describer "model" answers next; each answer once."""
    answers: list[object] = []
    there = {"model": SimpleNamespace(load=lambda: lambda *args: answers.pop(0))}
    monkeypatch.setattr(describing, "installed_describers", lambda: there)
    return answers


def test_nobody_is_asked_unless_the_account_says_so(gallery: Gallery, model: list[object]) -> None:
    model.append("A hill.")
    bare = gallery.picture("a.jpg", photograph(1), None)
    assert alts(gallery.draft(bare)) == ["Fog"]
    assert alts(gallery.draft(bare, alt="off", alt_from="model")) == [""]
    assert alts(gallery.draft(replace(bare, alt="Mine."), alt_from="model")) == ["Mine."]
    assert alts(gallery.draft(bare, limits=replace(LIMITS, max_alt=0), alt_from="model")) == [""]
    assert model == ["A hill."]


def test_a_describers_words_are_sent_and_said_to_be_its_own(gallery: Gallery, model: list[object]) -> None:
    model.append("  A hill\x00 in\nfog. ")
    made = gallery.draft(gallery.picture("a.jpg", photograph(1), None, ai="generated"), alt_from="model")
    assert alts(made) == ["A hill in fog. (AI-generated)"] and made.held is None
    assert any('a.jpg is described by "model", not by a person: "A hill in fog."' in warning for warning in made.warnings)


def test_what_is_previewed_is_sent(gallery: Gallery, model: list[object]) -> None:
    model += ["A hill.", "Something else."]
    bare = gallery.picture("a.jpg", photograph(1), None)
    first = gallery.draft(bare, alt_from="model")
    gallery.bench = gallery.new_bench()  # another process
    assert gallery.draft(bare, alt_from="model") == first


def test_where_a_description_is_required_a_person_approves_the_describers(gallery: Gallery, model: list[object]) -> None:
    model.append("A hill.")
    made = gallery.draft(gallery.picture("a.jpg", photograph(1), None), alt="require", alt_from="model")
    assert alts(made) == ["A hill."]
    assert made.held and made.held.approvable and 'not by a person: "A hill."' in made.held.reason


@pytest.mark.parametrize("junk", ["image", "a.jpg", "Fog (1)", "Photo 2: Fog", "", "...", None, 7, "<p></p>"])
def test_a_describers_junk_is_refused_like_an_authors(gallery: Gallery, model: list[object], junk: object) -> None:
    model.append(junk)
    made = gallery.draft(gallery.picture("a.jpg", photograph(1), None), alt_from="model")
    assert alts(made) == ["Fog"]
    assert any("no description that tells anything" in warning for warning in made.warnings)
    assert any('"model" did not describe a.jpg: ' in warning for warning in made.warnings)


def test_a_describer_that_is_not_installed_is_told_before_anything_is_drafted(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, accounts={"blue": AccountSettings(network="bluesky", alt_from="modle")})
    with pytest.raises(WrongConfiguration, match=r'accounts\.blue\.alt_from: there is no describer "modle"'):
        drafting.bench(settings, Media(tmp_path / "media"), TODAY, ["square"])


@pytest.mark.parametrize("network", networks.counted())
def test_a_long_description_is_cut_at_a_sentence_as_each_network_counts(gallery: Gallery, network: str) -> None:
    limits = networks.limits_of(network)
    sentence = (
        "A stone bridge 👩‍👩‍👧 leads over the river into thick fog, in which the trees of the far bank are only guessed. "
    )
    alt = sentence * 200
    picture = gallery.picture("a.jpg", photograph(1), alt.strip(), ai="generated")
    post = make_post(pictures=(picture,), url="https://example.org/fog")
    account = AccountSettings.model_validate({"network": network})
    made, _ = drafting.draft(post, "it", account, limits, gallery.bench)
    for sent in made.parts[0].pictures:
        if not limits.max_alt:
            assert sent.alt == ""
            continue
        words = sent.alt.removesuffix(" (AI-generated)")
        assert words != sent.alt and measure(sent.alt, replace(limits, unit=limits.alt_unit)) <= limits.max_alt
        if limits.max_alt > 2 * len(sentence):
            assert words.endswith("guessed.") and alt.startswith(words)
