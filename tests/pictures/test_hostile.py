"""Files built or broken to harm their reader: refused in one sentence, before a pixel is decoded."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator

import pytest
from PIL import Image, ImageFile

from socialbot.pictures import Unusable
from socialbot.pictures.isolation import Decoder
from socialbot.pictures.opening import open_master
from tests.pictures.specimens import (
    HEIC,
    display_p3,
    encoded,
    growing_gif,
    noise,
    pixel_bombs,
    png_of,
    quarters,
    scan_bomb,
)

NEEDED = (1200, 1920)
NO_HANG_SECONDS = 5.0
FEW, MANY = 60, 20_000


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """A picture with these chunks after its header."""
    content = encoded(quarters(), "PNG")
    more = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return content[:33] + more + content[33:]


TEXT_BOMB = (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000), 9))
TRAPS = {
    **{f"65,000² pixels: {kind}": content for kind, content in pixel_bombs().items()},
    "16,384² pixels: PNG": png_of(16384, 16384),
    "scans": scan_bomb(),
    "segments": b"\xff\xd8" + b"\xff\xe5\0\2" * 40_000,
    "chunks": png_with(*[(b"teSt", b"")] * 40_000),
    "texts": png_with(*[TEXT_BOMB] * 300),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_are_refused_before_a_pixel_is_decoded(trap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(Unusable, match=r"decoded safely|scans|pieces|texts"):
        open_master(TRAPS[trap], NEEDED)


def test_a_file_too_large_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socialbot.pictures.opening.MAX_FILE_BYTES", 1_000_000)
    with pytest.raises(Unusable, match="larger than 1 MB"):
        open_master(b"<svg" + bytes(1_000_000), NEEDED)


@pytest.mark.parametrize("trap", ["scans", "segments", "chunks", "texts", "65,000² pixels: WebP"])
def test_some_traps_are_not_even_opened(trap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socialbot.pictures.opening.open_picture", lambda _: pytest.fail("it was opened"))
    with pytest.raises(Unusable):
        open_master(TRAPS[trap], NEEDED)


def test_a_gif_that_grows_while_it_is_played_is_refused() -> None:
    with pytest.raises(Unusable, match="8600×9400 pixels, more than can be decoded safely"):
        open_master(growing_gif(), NEEDED)


def test_as_many_scans_and_texts_as_honest_files_have_are_no_trap() -> None:
    assert open_master(encoded(quarters(), progressive=True), NEEDED).warnings == ()
    assert open_master(png_with(*[(b"tEXt", b"exif:Model\0Camera")] * 100), NEEDED).warnings == ()


@pytest.mark.slow
def test_a_baseline_jpeg_of_280_megapixels_is_no_trap() -> None:
    content = encoded(Image.new("L", (20_000, 14_000), 90))
    master = Decoder().decode(content, NEEDED)
    assert (master.image.size, master.reduction) == ((5000, 3500), 4)


def photograph(width: int = 216, height: int = 208) -> Image.Image:
    """Something of everything: edges, areas, detail."""
    picture = quarters(width, height)
    picture.paste(noise(width // 2, height // 2), (width // 4, height // 4))
    return picture


def specimens() -> dict[str, bytes]:
    """A small file of each format, as different inside as formats can be."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    marked = {"exif": exif, "icc_profile": display_p3()}
    picture = photograph()
    clear = picture.convert("RGBA")
    clear.putalpha(noise(*picture.size).convert("L"))
    moving = {"save_all": True, "append_images": [quarters(*picture.size)]}
    return {
        "JPEG": encoded(picture, **marked),
        "JPEG, progressive": encoded(picture, progressive=True, **marked),
        "JPEG, progressive, cut short": encoded(picture, progressive=True)[:-1000],
        "JPEG, CMYK": encoded(picture.convert("CMYK")),
        "PNG": encoded(clear, "PNG", **marked),
        "PNG, palette": encoded(picture.convert("P"), "PNG", transparency=3),
        "PNG, animated": encoded(Image.new("RGB", picture.size), "PNG", **moving),
        "WebP": encoded(clear, "WEBP", **marked),
        "WebP, lossless": encoded(picture, "WEBP", lossless=True),
        "WebP, animated": encoded(Image.new("RGB", picture.size), "WEBP", **moving),
        "AVIF": encoded(clear, "AVIF", **marked),
        "GIF": encoded(Image.new("RGB", picture.size), "GIF", **moving),
        "TIFF": encoded(picture, "TIFF", **marked),
        "TIFF, LZW": encoded(clear, "TIFF", compression="tiff_lzw"),
        "TIFF, JPEG": encoded(picture, "TIFF", compression="jpeg"),
        "HEIC": HEIC,
    }


FILES = specimens()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The file with one to eight small injuries, most of them near its head, where formats keep their numbers."""
    broken = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(min(len(broken), chance.choice((64, 1000, len(broken)))))
        injury = chance.randrange(6)
        if injury == 0:
            broken[at] ^= 1 << chance.randrange(8)
        elif injury == 1:
            broken[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif injury == 2:
            broken[at : at + 4] = struct.pack(chance.choice("<>") + "I", chance.choice((0, 1, 1 << 16, 0x7FFFFFFF, 0xFFFFFFFF)))
        elif injury == 3:
            del broken[at : at + chance.randint(1, 40)]
        elif injury == 4:
            broken[at:at] = broken[at : at + chance.randint(1, 400)]
        else:
            broken[at : at + 8] = chance.randbytes(8)
        if len(broken) < 20:
            break
    return bytes(broken[: chance.randrange(len(broken))] if chance.random() < 0.15 else broken)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder(max_seconds=NO_HANG_SECONDS)
    yield decoder
    decoder.close()


def outcome(decoder: Decoder, content: bytes) -> str | None:
    """The sentence with which a file is refused; None where it is opened."""
    try:
        master = decoder.decode(content, NEEDED)
    except Unusable as refusal:
        return str(refusal)
    assert master.image.mode == "RGB"
    assert all("\n" not in warning for warning in master.warnings)
    return None


def injure(decoder: Decoder, kind: str, times: int) -> None:
    if kind == "HEIC":
        pytest.importorskip("pi_heif")
    chance = random.Random(kind)
    assert outcome(decoder, FILES[kind]) is None
    for number in range(times):
        sentence = outcome(decoder, mutated(FILES[kind], chance))
        if sentence is not None:
            assert "\n" not in sentence, number
            assert 10 < len(sentence) < 200, number
            assert not any(word in sentence for word in ("crashed", "took longer", "memory")), (number, sentence)


@pytest.mark.parametrize("kind", FILES)
def test_a_broken_file_is_opened_or_refused_and_never_crashes_hangs_or_runs_out_of_memory(kind: str, decoder: Decoder) -> None:
    injure(decoder, kind, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_twenty_thousand_broken_files_of_each_format_do_no_harm(kind: str, decoder: Decoder) -> None:
    injure(decoder, kind, MANY)
