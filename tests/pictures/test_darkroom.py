"""From a file to bytes a network takes: the right size, within the budget, with the marks and nothing else."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pytest
from PIL import Image

from socialbot.media import Media
from socialbot.nouns import Badge, Picture, Shape, Variant
from socialbot.pictures import Darkroom, Marks, Unusable, read_marks
from socialbot.pictures.cropping import SHAPES, Composition, compose
from socialbot.pictures.opening import Colour, Master, open_master
from socialbot.pictures.subject import Found
from tests.pictures.specimens import IPTC, encoded, filed, noise, quarters, xmp

PLENTY = 5_000_000
PROPERTIES = (
    '<rdf:Description xmlns:p="http://ns.adobe.com/photoshop/1.0/" xmlns:d="http://purl.org/dc/elements/1.1/"'
    ' xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" p:Credit="The Agency" p:City="Secretville">'
    '<d:rights><rdf:Alt><rdf:li xml:lang="x-default">© The Agency</rdf:li></rdf:Alt></d:rights>'
    "<d:creator><rdf:Seq><rdf:li>A. Photographer</rdf:li></rdf:Seq></d:creator>"
    f"<i:DigitalSourceType>{IPTC}trainedAlgorithmicMedia</i:DigitalSourceType>"
    "<i:AIPromptInformation>a secret prompt</i:AIPromptInformation></rdf:Description>"
)
MARKS = Marks("The Agency", "© The Agency", "A. Photographer", IPTC + "trainedAlgorithmicMedia")


@pytest.fixture
def media(tmp_path: Path) -> Media:
    return Media(tmp_path / "media")


@pytest.fixture
def darkroom(media: Media) -> Darkroom:
    return Darkroom(media)


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[bytes], Picture]:
    return lambda content: Picture(src="/photos/a.jpg", file=filed(tmp_path, content))


def shown(media: Media, variant: Variant) -> Image.Image:
    content = media.get(variant.digest)
    assert len(content) == variant.bytes
    opened = Image.open(media.path(variant.digest))
    assert (opened.format, opened.mode, opened.size) == ("JPEG", "RGB", (variant.width, variant.height))
    return opened


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_has_its_size(darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture], shape: Shape) -> None:
    variant, warnings = darkroom.develop(picture(encoded(quarters(2400, 1800))), shape, max_bytes=PLENTY)
    assert shown(media, variant).size == SHAPES[shape]
    assert (variant.shape, variant.mime, variant.alt, warnings) == (shape, "image/jpeg", "", ())


def test_the_focal_point_is_kept_and_told(darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture]) -> None:
    yellow_corner = replace(picture(encoded(quarters(2400, 1600))), focal=(0.95, 0.9))
    variant, _ = darkroom.develop(yellow_corner, "vertical", max_bytes=PLENTY)
    assert variant.focal is not None
    at = variant.focal[0] * variant.width, variant.focal[1] * variant.height
    red, green, blue = shown(media, variant).getpixel((int(at[0]), int(at[1])))  # type: ignore[misc]
    assert min(red, green) > 200 > 80 > blue
    assert variant.focal == pytest.approx((1 - 0.05 * 2400 / 900, 0.9), abs=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("max_bytes", [900_000, 300_000, 60_000])
def test_the_byte_budget_is_kept_even_by_noise(
    darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture], shape: Shape, max_bytes: int
) -> None:
    variant, warnings = darkroom.develop(picture(encoded(noise(1300, 1300), quality=90)), shape, max_bytes=max_bytes)
    assert variant.bytes <= max_bytes
    full = SHAPES[shape]
    assert variant.width * full[1] == variant.height * full[0]
    assert ("reduced" in "".join(warnings)) == (shown(media, variant).size != full)


def test_quality_is_lowered_before_pixels_are(darkroom: Darkroom, picture: Callable[[bytes], Picture]) -> None:
    photo = picture(encoded(noise(1300, 1300)))
    full, _ = darkroom.develop(photo, "square", max_bytes=PLENTY)
    lowered, warnings = darkroom.develop(photo, "square", max_bytes=full.bytes * 3 // 4)
    assert (lowered.width, lowered.height, warnings) == (1080, 1080, ())


def test_a_budget_nothing_can_keep_is_refused(darkroom: Darkroom, picture: Callable[[bytes], Picture]) -> None:
    with pytest.raises(Unusable, match=r"/photos/a.jpg: it cannot be kept within 3,000 bytes"):
        darkroom.develop(picture(encoded(noise(1300, 1300))), "square", max_bytes=3_000)


def test_a_small_picture_is_sent_smaller_and_not_blown_up(darkroom: Darkroom, picture: Callable[[bytes], Picture]) -> None:
    variant, warnings = darkroom.develop(picture(encoded(quarters(500, 400))), "square", max_bytes=PLENTY)
    assert (variant.width, variant.height) == (600, 600)
    assert warnings == ("/photos/a.jpg: it is too small for 1080×1080 pixels and goes out at 600×600",)


def test_a_crop_too_small_to_show_gives_way_to_the_whole_picture(
    darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture]
) -> None:
    strip = replace(picture(encoded(quarters(700, 220))), focal=(0.3, 0.5))
    variant, _ = darkroom.develop(strip, "vertical", max_bytes=PLENTY)
    frame = shown(media, variant)
    assert variant.width == 1044
    middle = variant.height // 2
    corners = [frame.getpixel((x, y)) for x in (60, variant.width - 60) for y in (middle - 90, middle + 90)]
    assert len({tuple(np.array(corner) > 128) for corner in corners}) == 4


def test_a_pixel_limit_is_kept_without_complaint(darkroom: Darkroom, picture: Callable[[bytes], Picture]) -> None:
    variant, warnings = darkroom.develop(
        picture(encoded(quarters(2400, 1800))), "portrait", max_bytes=PLENTY, max_pixels=500_000
    )
    assert variant.width * variant.height <= 500_000
    assert variant.width * 5 == variant.height * 4
    assert warnings == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_marks_are_kept_and_everything_else_is_left_behind(
    darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture], kind: str
) -> None:
    exif = Image.Exif()
    exif[0x0110], exif[0x010E], exif[0x013B] = "Camera 5000", "a description", "not him"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 0.0), 29: "2026:11:21"})
    exif.get_ifd(0x8769)[0xA431] = "SERIAL-123"
    options = {"comment": b"made by a secret tool"} if kind == "JPEG" else {}
    source = picture(encoded(quarters(1200, 1000), kind, exif=exif, xmp=xmp(PROPERTIES), **options))
    variant, _ = darkroom.develop(source, "square", max_bytes=PLENTY)

    content = media.get(variant.digest)
    assert read_marks(content) == darkroom.marks(source.file) == MARKS  # type: ignore[arg-type]
    written = shown(media, variant)
    assert dict(written.getexif()) == {0x013B: "A. Photographer", 0x8298: "© The Agency".encode().decode("latin-1")}
    for secret in (b"Camera", b"SERIAL", b"description", b"secret", b"Secretville", b"2026", b"not him", b"GPS"):
        assert secret not in content
    assert not {"comment", "icc_profile", "photoshop", "mp"} & set(written.info)


def test_a_picture_without_marks_gets_none(darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture]) -> None:
    variant, _ = darkroom.develop(picture(encoded(quarters())), "square", max_bytes=PLENTY)
    assert not {"exif", "xmp"} & set(shown(media, variant).info)


def test_the_authors_credit_and_word_on_ai_are_written(
    darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture]
) -> None:
    source = replace(picture(encoded(quarters())), credit="Photo: the author", ai="edited")
    variant, _ = darkroom.develop(source, "square", max_bytes=PLENTY)
    told = read_marks(media.get(variant.digest))
    assert told == Marks(credit="Photo: the author", digital_source_type=IPTC + "compositeWithTrainedAlgorithmicMedia")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, picture: Callable[[bytes], Picture]) -> None:
    source = picture(encoded(noise(900, 700), "WEBP", xmp=xmp(PROPERTIES)))
    made = [Darkroom(Media(tmp_path / name)).develop(source, "portrait", max_bytes=200_000) for name in ("one", "two")]
    assert made[0] == made[1]


def test_the_same_picture_is_decoded_once_for_all_shapes_and_accounts(
    darkroom: Darkroom, picture: Callable[[bytes], Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = picture(encoded(quarters()))
    first = darkroom.develop(source, "square", max_bytes=PLENTY)
    monkeypatch.setattr("socialbot.pictures.negative.decode", None)
    darkroom.develop(source, "portrait", max_bytes=PLENTY)
    monkeypatch.setattr("socialbot.pictures.darkroom.encode", None)
    assert darkroom.develop(replace(source, alt="another", src="b.jpg"), "square", max_bytes=PLENTY)[0] == first[0]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What each opening of a picture had to cover."""
    asked: list[tuple[int, int]] = []

    def watched(content: bytes, needed: tuple[int, int], background: Colour) -> Master:
        asked.append(needed)
        return open_master(content, needed, background)

    monkeypatch.setattr("socialbot.pictures.negative.decode", watched)
    return asked


def test_a_picture_is_decoded_no_larger_than_the_shapes_that_will_be_asked_for(
    media: Media, picture: Callable[[bytes], Picture], opened: list[tuple[int, int]]
) -> None:
    source = picture(encoded(quarters(4000, 3000)))
    few = Darkroom(media, shapes=("landscape", "square"))
    few.develop(source, "square", max_bytes=PLENTY)
    few.develop(source, "landscape", max_bytes=PLENTY)
    assert opened == [(1200, 1080)]
    variant, warnings = few.develop(source, "vertical", max_bytes=PLENTY)
    assert (variant.width, variant.height, warnings) == (1080, 1920, ())
    few.develop(source, "portrait", max_bytes=PLENTY)
    few.develop(source, "square", max_bytes=PLENTY - 1)
    assert opened == [(1200, 1080), (1200, 1920), (1200, 1920)]


def test_a_file_is_read_again_only_when_it_was_touched(
    darkroom: Darkroom, picture: Callable[[bytes], Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = picture(encoded(quarters(), "TIFF"))
    assert source.file
    first, _ = darkroom.develop(source, "square", max_bytes=PLENTY)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", None)
        assert darkroom.develop(source, "square", max_bytes=PLENTY)[0] == first
        darkroom.develop(source, "portrait", max_bytes=PLENTY)
    length = source.file.stat().st_size
    source.file.write_bytes(encoded(quarters().transpose(Image.Transpose.ROTATE_180), "TIFF"))
    assert source.file.stat().st_size == length
    assert darkroom.develop(source, "square", max_bytes=PLENTY)[0].digest != first.digest


def test_many_threads_keep_few_decoded_pictures(media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen workers with a large picture each: one is being decoded, and no more wait than KEPT_PIXELS."""
    alive: set[int] = set()
    most, decoding = [0], Lock()

    def watched(content: bytes, needed: tuple[int, int], background: Colour) -> Master:
        assert decoding.acquire(blocking=False), "two are decoded at once"
        try:
            master = open_master(content, needed, background)
        finally:
            decoding.release()
        alive.add(id(master.image))
        weakref.finalize(master.image, alive.discard, id(master.image))
        most[0] = max(most[0], len(alive))
        return master

    monkeypatch.setattr("socialbot.pictures.negative.decode", watched)
    monkeypatch.setattr("socialbot.pictures.darkroom.KEPT_PIXELS", 3 * 640 * 480)
    darkroom = Darkroom(media)
    for number in range(16):
        (tmp_path / f"{number}").write_bytes(encoded(noise(640, 480), quality=50 + number))

    def develop(number: int) -> None:
        for shape in ("square", "landscape"):
            darkroom.develop(Picture("it", file=tmp_path / f"{number}"), shape, max_bytes=PLENTY)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(develop, range(16)))
    gc.collect()
    assert most[0] <= 3 + 1
    assert len(alive) <= 3


@pytest.mark.parametrize(
    ("size", "expected"), [((2400, 1800), (2048, 1536)), ((900, 1500), (900, 1500)), ((4000, 300), (2048, 153))]
)
def test_the_original_is_bounded_never_cropped_and_never_enlarged(
    darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture], size: tuple[int, int], expected: tuple[int, int]
) -> None:
    source = replace(picture(encoded(quarters(*size))), focal=(0.1, 0.9))
    variant, warnings = darkroom.develop(source, "original", max_bytes=PLENTY)
    frame = shown(media, variant)
    assert (frame.size, warnings) == (expected, ())
    corners = [frame.getpixel((x, y)) for x in (9, frame.width - 9) for y in (9, frame.height - 9)]
    assert len({tuple(np.array(corner) > 128) for corner in corners}) == 4


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_original_is_decoded_no_larger_than_it_goes_out(
    media: Media, picture: Callable[[bytes], Picture], opened: list[tuple[int, int]], orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    source = picture(encoded(quarters(6000, 4000), exif=exif))
    variant, _ = Darkroom(media, shapes=()).develop(source, "original", max_bytes=PLENTY)
    assert (variant.width, variant.height) == ((2048, 1365) if orientation == 1 else (1365, 2048))
    assert opened == [(1366, 1366)]


def test_the_original_keeps_pixel_and_byte_limits(darkroom: Darkroom, picture: Callable[[bytes], Picture]) -> None:
    source = picture(encoded(noise(1500, 1000)))
    few, told = darkroom.develop(source, "original", max_bytes=PLENTY, max_pixels=600_000)
    assert (few.width, few.height, told) == (948, 632, ())
    small, told = darkroom.develop(source, "original", max_bytes=200_000)
    assert small.bytes <= 200_000
    assert told == (f"/photos/a.jpg: it was reduced to {small.width}×{small.height} pixels to keep within 200,000 bytes",)


def test_the_authors_box_is_never_cut(darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture]) -> None:
    source = replace(picture(encoded(quarters(2400, 1600))), box=(0.55, 0.2, 0.85, 0.8))
    variant, _ = darkroom.develop(source, "square", max_bytes=PLENTY)
    across = np.asarray(shown(media, variant))[200, :, 0] > 128  # red, then green: the middle of the picture is in it
    middle = int(np.argmin(across))
    scale = 1080 / 1600
    assert middle + (0.55 - 0.5) * 2400 * scale >= -1
    assert middle + (0.85 - 0.5) * 2400 * scale <= 1081


def test_what_a_detector_found_is_to_be_kept_and_its_failure_told(
    darkroom: Darkroom, picture: Callable[[bytes], Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    head, kept = (100.0, 50.0, 200.0, 180.0), []

    def watched(*arguments: Any, **options: Any) -> Composition:
        kept.append(options["keep"])
        return compose(*arguments, **options)

    monkeypatch.setattr("socialbot.pictures.negative.subjects", lambda image: Found((head,), ("a detector failed",)))
    monkeypatch.setattr("socialbot.pictures.darkroom.compose", watched)
    _, warnings = darkroom.develop(picture(encoded(noise(1200, 1100), quality=60)), "square", max_bytes=PLENTY)
    assert (kept, warnings) == ([(head,)], ("/photos/a.jpg: a detector failed",))


def test_no_detector_is_asked_about_a_graphic(
    darkroom: Darkroom, picture: Callable[[bytes], Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Image.new("RGB", (1080, 1080), "white")
    for row in range(100, 900, 40):
        card.paste("red", (100, row, 900, row + 6))
    monkeypatch.setattr("socialbot.pictures.negative.subjects", None)
    assert darkroom.develop(picture(encoded(card, "PNG")), "portrait", max_bytes=PLENTY)


def test_a_variant_that_left_the_store_is_made_again(
    darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture]
) -> None:
    source = picture(encoded(quarters()))
    first, _ = darkroom.develop(source, "square", max_bytes=PLENTY)
    media.path(first.digest).unlink()
    again, _ = darkroom.develop(source, "square", max_bytes=PLENTY)
    assert media.get(again.digest)


def test_a_changed_file_is_a_new_picture(darkroom: Darkroom, picture: Callable[[bytes], Picture]) -> None:
    first, _ = darkroom.develop(picture(encoded(quarters())), "square", max_bytes=PLENTY)
    second, _ = darkroom.develop(picture(encoded(noise(600, 400))), "square", max_bytes=PLENTY)
    assert first.digest != second.digest


def test_coloured_lettering_keeps_its_colour_resolution(
    darkroom: Darkroom, media: Media, picture: Callable[[bytes], Picture]
) -> None:
    card = Image.new("RGB", (1080, 1080), "white")
    for row in range(100, 900, 40):
        card.paste("red", (100, row, 900, row + 6))
    variant, _ = darkroom.develop(picture(encoded(card, "PNG")), "square", max_bytes=PLENTY)
    layers = shown(media, variant).layer  # type: ignore[attr-defined]
    assert [(across, down) for _, across, down, _ in layers] == [(1, 1)] * 3


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (Picture("a.jpg", missing="the site answered 404"), "a.jpg: the site answered 404"),
        (Picture("a.jpg", file=Path("nowhere/a.jpg")), "a.jpg: the file cannot be read: No such file or directory"),
    ],
)
def test_a_picture_that_cannot_be_had_says_why(darkroom: Darkroom, made: Picture, sentence: str) -> None:
    with pytest.raises(Unusable) as refusal:
        darkroom.develop(made, "square", max_bytes=PLENTY)
    assert str(refusal.value) == sentence


def test_what_is_no_picture_is_refused_with_its_name(darkroom: Darkroom, picture: Callable[[bytes], Picture]) -> None:
    page = picture(b"<!doctype html><title>Not found</title>")
    with pytest.raises(Unusable, match=r"^/photos/a.jpg: it is a web page"):
        darkroom.develop(page, "square", max_bytes=PLENTY)
    with pytest.raises(Unusable, match=r"^picture: it is a web page"):
        darkroom.marks(page.file)  # type: ignore[arg-type]


def test_a_network_that_takes_no_jpeg_is_told_so(darkroom: Darkroom, picture: Callable[[bytes], Picture]) -> None:
    with pytest.raises(Unusable, match="image/webp"):
        darkroom.develop(picture(encoded(quarters())), "square", max_bytes=PLENTY, mime_types=("image/webp",))


def test_a_signed_picture_previewed_and_enqueued_is_the_same_to_the_byte(tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    from tests.pictures import signed

    media = Media(tmp_path / "media")
    (tmp_path / "lake.jpg").write_bytes(encoded(quarters(800, 800)))

    def digest(of: str | None = None, badge: Badge | None = None) -> str:
        signer = signed.signer(signed.chain(of) if of else None)
        picture = Picture("/lake.jpg", file=tmp_path / "lake.jpg")
        return Darkroom(media, signer).develop(picture, "square", max_bytes=1_000_000, badge=badge)[0].digest

    first = digest()
    assert digest() == first
    assert len({first, digest("Another Newsroom"), digest(badge=Badge("AI-generated", "en", 0.03))}) == 3
    media.path(first).unlink()
    assert digest() != first, "it is signed anew where the first was swept away"
