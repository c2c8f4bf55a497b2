"""Animations passed on: the same frames, at the same pace, and nothing else that was in the file."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from socialbot.pictures import Unusable, animation
from socialbot.pictures.animation import Animation, Still, read_animation
from tests.pictures.moving import frames, moving, shown
from tests.pictures.specimens import display_p3, encoded, noise, quarters, xmp
from tests.pictures.test_hostile import mutated

SECRET = b"51.4778 N, a prompt"
PACKET = xmp('<rdf:Description rdf:about=""/>')
GIF, WEBP = moving("GIF"), moving("WEBP")
MIME = {"GIF": "image/gif", "WEBP": "image/webp", "PNG": "image/apng"}


def exif(**tags: int) -> Image.Exif:
    made = Image.Exif()
    made[0x010E] = SECRET.decode()
    made[0x0112] = tags.get("orientation", 1)
    return made


def clear(count: int = 4) -> list[Image.Image]:
    """Frames of which each leaves other places open."""
    made = []
    for number in range(count):
        frame = Image.new("RGBA", (240, 200), (0, 0, 0, 0))
        frame.paste(quarters(90, 120), (30 * number, 20))
        made.append(frame)
    return made


def chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", len(payload), name) + payload + struct.pack(">I", zlib.crc32(name + payload))


def passed_on(content: bytes, packet: bytes = b"") -> Animation:
    found = read_animation(content, packet)
    assert found
    return found


def with_gif_blocks(content: bytes, *blocks: bytes) -> bytes:
    """Before the first frame's control."""
    at = content.index(b"!\xf9")
    return content[:at] + b"".join(blocks) + content[at:]


def with_webp_chunks(content: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    more = b"".join(name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2) for name, body in chunks)
    return content[:4] + struct.pack("<I", len(content) - 8 + len(more)) + content[8:] + more


SPECIMENS: dict[str, bytes] = {
    "GIF": moving("GIF"),
    "GIF, clear": moving("GIF", clear(), disposal=2, transparency=0),
    "GIF, played three times": moving("GIF", loop=3),
    "WebP": moving("WEBP"),
    "WebP, clear": moving("WEBP", clear()),
    "WebP, lossless": moving("WEBP", lossless=True),
    "WebP, coloured by a profile": moving("WEBP", icc_profile=display_p3()),
    "PNG": moving("PNG"),
    "PNG, clear": moving("PNG", clear(), disposal=1),
    "PNG, palette": moving("PNG", [frame.quantize(64) for frame in frames()]),
    "PNG, 16 bits, coloured by a profile": moving("PNG", icc_profile=display_p3()),
    "PNG, another picture first": moving("PNG", default_image=True, duration=[100] * 3),
}


@pytest.mark.parametrize("packet", [b"", PACKET])
@pytest.mark.parametrize("name", SPECIMENS)
def test_every_frame_is_seen_as_before_and_as_long(name: str, packet: bytes) -> None:
    content = SPECIMENS[name]
    found = passed_on(content, packet)
    before, after = Image.open(BytesIO(content)), Image.open(BytesIO(found.content))
    assert shown(found.content) == shown(content)
    assert (before.info.get("loop"), before.info.get("icc_profile")) == (after.info.get("loop"), after.info.get("icc_profile"))
    assert ((found.width, found.height), found.mime) == (before.size, MIME[str(before.format)])
    assert found.frames == len([one for one in shown(content) if one[1] is not None])
    assert found.seconds == pytest.approx(found.frames / 10)


SECRETS: dict[str, bytes] = {
    "GIF comment": moving("GIF", comment=SECRET),
    "GIF XMP": with_gif_blocks(
        moving("GIF"), b"!\xff\x0bXMP DataXMP" + xmp("", SECRET.decode()) + bytes((1, *range(255, -1, -1), 0))
    ),
    "GIF application": with_gif_blocks(moving("GIF"), b"!\xff\x0bMAKERNOTE10\x13" + SECRET + b"\0"),
    "GIF, in the loop's extension": moving("GIF").replace(b"2.0\3\1\0\0\0", b"2.0\3\1\0\0\x13" + SECRET + b"\0"),
    "GIF text": with_gif_blocks(moving("GIF"), b"!\x01\x0c" + bytes(12) + b"\x13" + SECRET + b"\0"),
    "GIF, behind its end": moving("GIF") + SECRET,
    "WebP EXIF": moving("WEBP", exif=exif()),
    "WebP XMP": moving("WEBP", xmp=SECRET),
    "WebP unknown": with_webp_chunks(moving("WEBP"), (b"prmt", SECRET)),
    "WebP, behind its end": moving("WEBP") + SECRET,
    "PNG EXIF": moving("PNG", exif=exif()),
    "PNG text": moving("PNG").replace(chunk(b"IEND", b""), chunk(b"tEXt", b"Comment\0" + SECRET) + chunk(b"IEND", b"")),
    "PNG unknown": moving("PNG").replace(chunk(b"IEND", b""), chunk(b"prMt", SECRET) + chunk(b"IEND", b"")),
    "PNG time": moving("PNG").replace(chunk(b"IEND", b""), chunk(b"tIME", SECRET[:7]) + chunk(b"IEND", b"")),
    "PNG, behind its end": moving("PNG") + SECRET,
}


@pytest.mark.parametrize("name", SECRETS)
def test_what_the_file_holds_beside_its_frames_is_gone(name: str) -> None:
    assert SECRET[:7] in SECRETS[name]
    found = passed_on(SECRETS[name])
    assert SECRET[:7] not in found.content
    assert shown(found.content) == shown(SECRETS[name])
    assert not {"exif", "xmp", "comment", "Comment"} & Image.open(BytesIO(found.content)).info.keys()


def test_of_a_gifs_applications_only_its_loop_goes_along() -> None:
    for other in (b"!\xff\x0bMAKERNOTE10\3\1\0\0\0", b"!\xff\x11NETSCAPE2.0\3\1\0\0\0\0\0"):
        assert passed_on(with_gif_blocks(GIF, other)).content == passed_on(GIF).content


def test_how_a_gifs_text_was_to_be_shown_is_not_taken_for_the_next_frames() -> None:
    control, text = b"!\xf9\4\x09\x63\0\0\0", b"!\1\x0c" + bytes(12) + b"\0"
    at = GIF.index(b"!\xf9")
    bare = GIF[:at] + GIF[at + len(control) :]
    assert passed_on(GIF[:at] + control + text + GIF[at + len(control) :]).content == passed_on(bare).content


def test_a_webp_announces_what_is_in_it_and_no_more() -> None:
    bare, marked = (
        passed_on(moving("WEBP", exif=exif(), xmp=SECRET, icc_profile=display_p3()), packet) for packet in (b"", PACKET)
    )
    profile, alpha, moves, packet = 0x20, 0x10, 0x02, 0x04
    assert bare.content[20] & ~alpha == profile | moves
    assert marked.content[20] & ~alpha == profile | moves | packet
    assert int.from_bytes(marked.content[4:8], "little") == len(marked.content) - 8


@pytest.mark.parametrize("kind", MIME)
def test_a_single_frame_is_no_animation(kind: str) -> None:
    assert read_animation(encoded(quarters(), kind)) is None
    assert read_animation(moving(kind, frames(1))) is None
    assert read_animation(encoded(quarters())) is None


def beyond(content: bytes, at: int, size: bytes) -> bytes:
    return content[:at] + size + content[at + len(size) :]


def summed(content: bytes) -> bytes:
    """A PNG with right check sums, as far as its chunks can be followed: else a single wrong bit says all."""
    made, at = content[:8], 8
    while at + 12 <= len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        made += chunk(name, content[at + 8 : at + 8 + length]) if length < len(content) else content[at : at + 12]
        at += 12 + length
    return made


STILL: dict[str, tuple[bytes, str]] = {
    "GIF, cut short": (GIF[:-300], "damaged or cut short"),
    "WebP, cut short": (WEBP[:-300], "damaged or cut short"),
    "PNG, cut short": (moving("PNG")[:-300], "damaged or cut short"),
    "PNG with a wrong check sum": (beyond(moving("PNG"), -7, b"?"), "damaged"),
    "PNG that announces more frames": (
        moving("PNG").replace(chunk(b"acTL", struct.pack(">II", 4, 0)), chunk(b"acTL", struct.pack(">II", 5, 0))),
        "damaged",
    ),
    "PNG of a newer kind": (moving("PNG").replace(chunk(b"IEND", b""), chunk(b"NEWx", b"") + chunk(b"IEND", b"")), "not know"),
    "GIF, frame outside": (beyond(GIF, GIF.index(b"\0,\0\0\0\0") + 2, struct.pack("<HH", 300, 200)), "beyond its edges"),
    "WebP, frame outside": (beyond(WEBP, WEBP.index(b"ANMF") + 8, b"\xff\0\0"), "beyond its edges"),
    "WebP without pixels": (with_webp_chunks(WEBP, (b"ANMF", bytes(16))), "damaged"),
    "WebP, turned": (moving("WEBP", exif=exif(orientation=6)), "turn it"),
    "PNG, turned": (moving("PNG", exif=exif(orientation=3)), "turn it"),
    "too long": (moving("WEBP", duration=60_000), "longer than 120 seconds"),
    "too many pieces": (with_gif_blocks(GIF, b"!\xfe\0" * 250_000), "pieces"),
}


@pytest.mark.parametrize("name", STILL)
def test_what_cannot_be_passed_on_says_why(name: str) -> None:
    content, why = STILL[name]
    with pytest.raises(Still, match=why):
        read_animation(content)


@pytest.mark.parametrize("kind", MIME)
@pytest.mark.parametrize(
    ("bound", "most", "why"),
    [("MAX_BYTES", 999, "its file"), ("MAX_FRAMES", 3, "3 frames"), ("MAX_PIXELS", 320 * 240 * 4 - 1, "pixels")],
)
def test_bytes_frames_and_pixels_are_bounded(
    kind: str, bound: str, most: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(animation, bound, most)
    with pytest.raises(Still, match=why):
        read_animation(moving(kind))


@settings(max_examples=100)
@given(st.data())
def test_any_animation_keeps_its_frames(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(MIME)))
    size = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    mode = data.draw(st.sampled_from(["RGB", "RGBA", "L"]))
    seeds = data.draw(st.lists(st.integers(1, 9), min_size=2, max_size=5, unique=True))
    pictures = [noise(*size).point(lambda level, seed=seed: level * seed % 256).convert(mode) for seed in seeds]  # type: ignore[misc]
    durations = [10 * pause for pause in data.draw(st.lists(st.integers(1, 200), min_size=len(seeds), max_size=len(seeds)))]
    options: dict[str, Any] = {"duration": durations, "loop": data.draw(st.integers(0, 5))}
    content = moving(kind, pictures, **options)
    found = read_animation(content, data.draw(st.sampled_from([b"", PACKET])))
    if found is None:
        assert len(shown(content)) == 1
        return
    assert shown(found.content) == shown(content)


def injure(name: str, times: int) -> None:
    """What is passed on of a broken file is itself passed on unchanged, frame for frame what a reader makes of it."""
    chance = random.Random(name)
    for number in range(times):
        content = mutated(SPECIMENS[name], chance)
        content = summed(content) if name.startswith("PNG") else content
        try:
            found = read_animation(content, PACKET)
        except (Still, Unusable) as reason:
            assert 10 < len(str(reason)) < 200, number
            assert "\n" not in str(reason), number
            continue
        if found:
            again = read_animation(found.content, PACKET)
            assert again == found, number
            assert len(found.content) <= len(content) + len(PACKET) + 300, number


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_broken_animation_is_passed_on_or_not_and_never_fails(name: str) -> None:
    injure(name, 200)


@pytest.mark.slow
@pytest.mark.parametrize("name", SPECIMENS)
def test_twenty_thousand_broken_animations_of_each_format_do_no_harm(name: str) -> None:
    injure(name, 20_000)
