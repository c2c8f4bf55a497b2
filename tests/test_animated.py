"""Animations from post to network: whole where the network shows them moving and the account asks, else the first frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from socialbot import disclosure, drafting
from socialbot.captions import Templates
from socialbot.disclosure.evidence import of_picture
from socialbot.drafting import Bench
from socialbot.media import Media
from socialbot.networks.bluesky import LIMITS as BLUESKY
from socialbot.networks.discord import LIMITS as DISCORD
from socialbot.networks.discord import Discord
from socialbot.networks.mastodon import LIMITS as MASTODON
from socialbot.networks.mastodon import Mastodon
from socialbot.networks.protocol import Refused
from socialbot.nouns import Draft, ImageFacet, Limits, Picture, Variant
from socialbot.pictures import Darkroom, read_marks
from socialbot.settings import AccountSettings, AiDefault
from socialbot.testing.fakes import DiscordFake, MastodonFake
from tests.conftest import make_post
from tests.networks.desk import Desk
from tests.pictures.moving import frames, moving, shown
from tests.pictures.signed import signer
from tests.pictures.specimens import IPTC, encoded, noise, quarters, xmp

TODAY = datetime.now(UTC).date()
EVERYTHING = replace(MASTODON, animated=("image/gif", "image/webp", "image/apng"))
KINDS = {"GIF": "image/gif", "WEBP": "image/webp", "PNG": "image/apng"}

MakeDraft = Callable[..., Draft]


@pytest.fixture
def media(tmp_path: Path) -> Media:
    return Media(tmp_path / "media")


@pytest.fixture
def draft(tmp_path: Path, media: Media) -> MakeDraft:
    def make(
        content: bytes,
        limits: Limits = MASTODON,
        *others: bytes,
        animated: str = "whole",
        ai: ImageFacet | None = None,
        packs: tuple[str, ...] = ("platforms",),
        darkroom: Darkroom | None = None,
        **account: object,
    ) -> Draft:
        pictures = []
        for number, one in enumerate([content, *others]):
            file = tmp_path / f"{number}.picture"
            file.write_bytes(one)
            pictures.append(Picture(f"/p/{number}.gif", alt="A disc rolls by.", ai=ai, focal=(0.25, 0.5), file=file))
        room, known = darkroom or Darkroom(media), disclosure.all_packs()
        bench = Bench(Templates(tmp_path / "captions"), room, media, AiDefault(), known, packs, TODAY)
        settings = AccountSettings.model_validate({"network": "mastodon", "animated": animated, **account})
        return drafting.draft(
            make_post(pictures=tuple(pictures), url="https://example.org/fog"), "toots", settings, limits, bench
        )[0]

    return make


def only(made: Draft) -> Variant:
    (variant,) = made.parts[0].pictures
    return variant


def why(made: Draft) -> str:
    """Why it does not go out moving; and that it goes out nevertheless."""
    assert made.held is None
    assert only(made).mime == "image/jpeg"
    assert any("only the first of its frames is sent" in warning for warning in made.warnings)
    (reason,) = [warning for warning in made.warnings if "does not go out moving" in warning]
    return reason


@pytest.mark.parametrize("kind", KINDS)
def test_an_animation_goes_out_whole_where_the_network_shows_it_and_the_account_asks(
    draft: MakeDraft, media: Media, kind: str
) -> None:
    content = moving(kind)
    made = draft(content, EVERYTHING)
    variant = only(made)
    assert (variant.mime, variant.shape, variant.width, variant.height) == (KINDS[kind], "original", 320, 240)
    assert (variant.alt, variant.focal, variant.bytes) == ("A disc rolls by.", (0.25, 0.5), len(media.get(variant.digest)))
    assert shown(media.get(variant.digest)) == shown(content)
    assert variant.colour and variant.blurhash
    assert (made.held, [warning for warning in made.warnings if "frame" in warning or "moving" in warning]) == (None, [])


def test_unless_the_account_asks_the_first_frame_goes_out_as_ever(draft: MakeDraft) -> None:
    made = draft(moving("GIF"), animated="first_frame")
    assert (only(made).mime, only(made).shape) == ("image/jpeg", "portrait")
    assert not any("moving" in warning for warning in made.warnings)


def test_a_still_picture_is_cropped_as_ever(draft: MakeDraft) -> None:
    for still in (encoded(quarters()), encoded(quarters(), "GIF"), encoded(quarters(), "PNG")):
        made = draft(still, EVERYTHING)
        assert (only(made).mime, only(made).shape) == ("image/jpeg", "portrait")
        assert not any("moving" in warning for warning in made.warnings)


def test_beside_an_animation_other_pictures_stay_what_they_are(draft: MakeDraft) -> None:
    made = draft(moving("GIF"), MASTODON, encoded(quarters(900, 900)))
    assert [one.mime for one in made.parts[0].pictures] == ["image/gif", "image/jpeg"]


WHY: list[tuple[str, Limits, str]] = [
    ("GIF", BLUESKY, "the network does not show image/gif moving"),
    ("WEBP", DISCORD, "the network does not show image/webp moving"),
    ("GIF", replace(MASTODON, max_picture_bytes=100_000), "bytes, and at most 100,000 are taken"),
    ("GIF", replace(MASTODON, max_animated_pixels=70_000), "320×240 pixels, and at most 70,000 are taken"),
    ("GIF", replace(MASTODON, max_picture_pixels=70_000), "320×240 pixels, and at most 70,000 are taken"),
    ("GIF", replace(MASTODON, max_aspect=1.25), "no picture of 320×240 pixels"),
]


@pytest.mark.parametrize(("kind", "limits", "reason"), WHY)
def test_what_the_network_does_not_take_moving_goes_out_as_its_first_frame(
    draft: MakeDraft, kind: str, limits: Limits, reason: str
) -> None:
    grain = noise(320, 240)
    assert reason in why(draft(moving(kind, [grain, grain.rotate(180)]), limits))


def test_a_badge_takes_the_first_frame(draft: MakeDraft) -> None:
    made = draft(moving("GIF", frames(4, 900, 900)), ai="generated", packs=("cn",))
    assert "words have to be drawn on it" in why(made)
    assert only(made).badge


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("facet", ["edited", "composite", "generated"])
def test_the_mark_of_ai_goes_along_in_the_file(draft: MakeDraft, media: Media, kind: str, facet: ImageFacet) -> None:
    content = moving(kind)
    made = draft(content, EVERYTHING, ai=facet)
    assert (made.held, only(made).mime) == (None, KINDS[kind])
    path = media.path(only(made).digest)
    assert facet in [one.value for one in of_picture(path, "image")]
    assert shown(path.read_bytes()) == shown(content)
    assert made.label and made.label in made.parts[0].caption.text


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_the_files_own_marks_go_along_and_nothing_else_of_it(draft: MakeDraft, media: Media, kind: str) -> None:
    mine = xmp(
        f'<rdf:Description rdf:about="" xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' e:DigitalSourceType="{IPTC}trainedAlgorithmicMedia" e:AIPromptInformation="a secret prompt"/>'
    )
    first, *rest = frames()
    content = encoded(first, kind, xmp=mine, save_all=True, append_images=rest)
    made = draft(content, EVERYTHING)
    sent = media.get(only(made).digest)
    assert only(made).mime == KINDS[kind]
    assert read_marks(sent).digital_source_type == f"{IPTC}trainedAlgorithmicMedia"
    assert b"secret" in content and b"secret" not in sent


def with_manifest(content: bytes) -> bytes:
    at = content.index(b"!\xf9")
    manifest = b"jumb c2pa digitalsourcetype/trainedAlgorithmicMedia"
    return content[:at] + b"!\xff\x0bC2PA_GIF\x01\0\0" + bytes((len(manifest),)) + manifest + b"\0" + content[at:]


def test_what_ai_made_keeps_its_credentials_or_goes_out_as_its_first_frame(draft: MakeDraft) -> None:
    made = draft(with_manifest(moving("GIF")))
    assert "AI made it, and it would lose its Content Credentials" in why(made)


def test_of_what_no_ai_made_only_the_animation_goes_along(draft: MakeDraft, media: Media) -> None:
    content = with_manifest(moving("GIF")).replace(b"trainedAlgorithmicMedia", b"digitalCapture         ")
    made = draft(content)
    assert only(made).mime == "image/gif"
    assert b"C2PA" not in media.get(only(made).digest)
    assert any("goes out without Content Credentials" in warning for warning in made.warnings)


def test_where_pictures_are_signed_an_animation_of_ais_is_not_sent_without(draft: MakeDraft, media: Media) -> None:
    pytest.importorskip("c2pa")
    signing = Darkroom(media, signer())
    assert "AI made it, and it would lose" in why(draft(moving("GIF"), ai="generated", darkroom=signing))
    plain = draft(moving("GIF"), darkroom=signing)
    assert only(plain).mime == "image/gif"
    assert any("goes out without Content Credentials" in warning for warning in plain.warnings)


def test_a_gif_reaches_mastodon_moving(draft: MakeDraft, media: Media, tmp_path: Path) -> None:
    with MastodonFake() as fake:
        desk = Desk(Mastodon, fake.account(), tmp_path)
        limits = desk.run(lambda network: network.discover())
        assert limits.animated == ("image/gif",)
        made = draft(moving("GIF"), limits)
        desk.send(replace(made, network="mastodon", fixed=desk.draft("x").fixed))
        (picture,) = fake.posts[0].pictures
        assert (picture.mime, picture.alt, picture.content) == ("image/gif", "A disc rolls by.", media.get(only(made).digest))
        assert shown(picture.content) == shown(moving("GIF"))
        assert fake.posts[0].raw["media_attachments"][0]["type"] == "gifv"


@pytest.mark.parametrize("server", ["gotosocial", "pixelfed"])
def test_what_mastodons_relatives_do_with_an_animation_is_not_guessed(tmp_path: Path, server: str) -> None:
    with MastodonFake(server=server) as fake:
        assert Desk(Mastodon, fake.account(), tmp_path).run(lambda network: network.discover()).animated == ()


def test_the_fake_server_refuses_a_gif_larger_than_the_real_one_takes(media: Media, tmp_path: Path) -> None:
    content = moving("GIF", frames(2, 1281, 720))
    variant = Variant(media.put(content), "original", 1281, 720, len(content), "image/gif", "")
    with MastodonFake() as fake:
        desk = Desk(Mastodon, fake.account(), tmp_path)
        with pytest.raises(Refused, match="too large"):
            desk.send(desk.draft("x", pictures=(variant,)))


def test_a_gif_reaches_discord_moving(draft: MakeDraft, tmp_path: Path) -> None:
    with DiscordFake() as fake:
        desk = Desk(Discord, fake.account(), tmp_path)
        made = draft(moving("GIF"), DISCORD)
        desk.send(replace(made, network="discord", fixed=desk.draft("x").fixed))
        (picture,) = fake.posts[0].pictures
        assert (picture.mime, picture.alt) == ("image/gif", "A disc rolls by.")
        assert shown(picture.content) == shown(moving("GIF"))


def test_a_gif_larger_than_mastodon_takes_goes_out_as_its_first_frame(draft: MakeDraft) -> None:
    made = draft(moving("GIF", frames(2, 1281, 720)))
    assert "1281×720 pixels, and at most 921,600 are taken" in why(made)


def test_the_link_card_shows_the_first_frame(draft: MakeDraft) -> None:
    made = draft(moving("GIF", frames(2, 1200, 630)), replace(EVERYTHING, builds_card=True), pictures=0)
    card = made.parts[0].card
    assert card and card.thumb and card.thumb.mime == "image/jpeg"
