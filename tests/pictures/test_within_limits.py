"""Whatever comes in, and whatever the account asks for: what goes out is within the Limits of its network."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from socialbot import disclosure, drafting, networks
from socialbot.captions import Templates
from socialbot.drafting import Bench
from socialbot.media import Media
from socialbot.nouns import Draft, Limits, Picture
from socialbot.pictures import Darkroom
from socialbot.pictures.cropping import SHAPES
from socialbot.settings import AccountSettings, AiDefault
from tests.conftest import make_post
from tests.pictures.specimens import encoded

KINDS = {
    "JPEG": ("RGB", "L", "CMYK"),
    "PNG": ("RGB", "RGBA", "LA", "P", "1", "L"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("P",),
    "TIFF": ("RGB", "RGBA", "CMYK"),
}
SIDES = st.integers(200, 900) | st.sampled_from([200, 201, 320, 1080])


@dataclass(frozen=True)
class Source:
    """A picture as a site may have it: photograph, card or noise, of any shape, kind and mode, turned, with holes."""

    drawn: str
    size: tuple[int, int]
    seed: int
    kind: str
    mode: str
    orientation: int
    named: Mapping[str, object]

    def content(self) -> bytes:
        picture = DRAWN[self.drawn](self.size, self.seed)
        if self.mode in ("RGBA", "LA"):
            picture.putalpha(Image.linear_gradient("L").resize(self.size))
        exif = Image.Exif()
        exif[0x0112] = self.orientation
        return encoded(picture.convert(self.mode), self.kind, **({} if self.kind == "GIF" else {"exif": exif}))


def photographed(size: tuple[int, int], seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def card(size: tuple[int, int], seed: int) -> Image.Image:
    drawn = Image.new("RGB", size, (20 * seed, 40, 90))
    ImageDraw.Draw(drawn).text((9, 9), "Six words on one drawn card", fill="white", font_size=30)
    return drawn


def grain(size: tuple[int, int], seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), np.uint8))


DRAWN = {"photograph": photographed, "card": card, "noise": grain}
accounts = st.fixed_dictionaries(
    {},
    optional={
        "shape": st.sampled_from([*SHAPES, "original", "original"]),
        "crop": st.sampled_from(["auto", "fill", "fit"]),
        "backdrop": st.sampled_from(["blur", "#102040", "#ffffff"]),
    },
)
named = st.fixed_dictionaries(
    {}, optional={"focal": st.tuples(st.floats(0, 1), st.floats(0, 1)), "box": st.just((0.1, 0.2, 0.7, 0.9))}
)
sources = st.lists(
    st.sampled_from([(kind, mode) for kind, modes in KINDS.items() for mode in modes]).flatmap(
        lambda of: st.builds(
            Source,
            drawn=st.sampled_from(sorted(DRAWN)),
            size=st.tuples(SIDES, SIDES),
            seed=st.integers(0, 9),
            kind=st.just(of[0]),
            mode=st.just(of[1]),
            orientation=st.integers(1, 8),
            named=named,
        )
    ),
    min_size=1,
    max_size=2,
)


@cache
def bench() -> Bench:
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    media = Media(Path(folder.name) / "media")
    packs = disclosure.all_packs()
    return Bench(Templates(Path(folder.name)), Darkroom(media), media, AiDefault(images="none"), packs, [], date(2026, 11, 21))


def drafted(pictures: Sequence[Picture], limits: Limits, **account: object) -> Draft:
    settled = AccountSettings.model_validate({"network": "mine", **account})
    return drafting.draft(make_post(pictures=tuple(pictures)), "mine", settled, limits, bench())[0]


def check_draft(made: Draft, limits: Limits, most: int) -> None:
    sent = [picture for part in made.parts for picture in part.pictures]
    assert len(sent) <= most
    for variant in sent:
        content = bench().media.get(variant.digest)
        opened = Image.open(BytesIO(content))
        assert (opened.size, len(content)) == ((variant.width, variant.height), variant.bytes)
        assert Image.MIME[str(opened.format)] == variant.mime
        assert variant.mime in limits.mime_types
        assert variant.bytes <= limits.max_picture_bytes
        assert variant.width * variant.height <= (limits.max_picture_pixels or 1e9)
        assert variant.width >= (limits.min_picture_width or 1)
        assert (limits.min_aspect or 0) <= variant.width / variant.height <= (limits.max_aspect or 1e9)
        if variant.shape != "original":
            full = SHAPES[variant.shape]
            assert variant.width * full[1] == variant.height * full[0]
    if limits.one_aspect and len(sent) > 1:
        first = sent[0]
        assert all(each.width * first.height == each.height * first.width for each in sent)


def check(name: str, limits: Limits, files: Sequence[Source], account: dict[str, object]) -> None:
    pictures = []
    for number, source in enumerate(files):
        file = bench().media.folder.parent / f"{name}{number}"
        file.write_bytes(source.content())
        pictures.append(Picture(f"{number}.jpg", alt="It is what it is.", file=file, **source.named))  # type: ignore[arg-type]
    made = drafted(pictures, limits, **account)
    check_draft(made, limits, min(limits.max_pictures, len(files)))


BOUNDED = [name for name in networks.counted() if networks.limits_of(name).min_aspect]
asked = (st.sampled_from(networks.counted()) | st.sampled_from(BOUNDED), sources, accounts)


@settings(max_examples=100)
@given(*asked)
def test_what_goes_out_is_within_the_limits_of_every_network(
    name: str, files: list[Source], account: dict[str, object]
) -> None:
    check(name, networks.limits_of(name), files, account)


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None)
@given(*asked)
def test_what_goes_out_is_within_the_limits_in_two_thousand_drafts(
    name: str, files: list[Source], account: dict[str, object]
) -> None:
    check(name, networks.limits_of(name), files, account)


@settings(max_examples=100)
@given(
    sources,
    accounts,
    st.tuples(st.floats(0.05, 1), st.floats(1, 20)),
    st.integers(60_000, 400_000),
    st.none() | st.integers(300_000, 3_000_000),
    st.booleans(),
)
def test_what_goes_out_is_within_any_limits(
    files: list[Source],
    account: dict[str, object],
    aspects: tuple[float, float],
    max_bytes: int,
    max_pixels: int | None,
    one_aspect: bool,
) -> None:
    narrow = replace(
        networks.limits_of("instagram"),
        min_aspect=min(aspects[0], 0.8),  # a network takes one shape that has a name
        max_aspect=max(aspects[1], 1.0),
        one_aspect=one_aspect,
        max_picture_bytes=max_bytes,
        max_picture_pixels=max_pixels,
    )
    check("any", narrow, files, account)


def test_every_network_is_given_a_shape_within_its_own_bounds() -> None:
    for name in networks.counted():
        limits = networks.limits_of(name)
        assert limits.shape != "original"
        width, height = SHAPES[limits.shape]
        assert (limits.min_aspect or 0) <= width / height <= (limits.max_aspect or 1e9)
        assert width >= (limits.min_picture_width or 0)


def carousel(tmp_path: Path, *sizes: tuple[int, int], shape: str = "original", network: str = "instagram") -> Draft:
    pictures = []
    for number, size in enumerate(sizes):
        file = tmp_path / f"{number}.jpg"
        file.write_bytes(encoded(photographed(size, number)))
        pictures.append(Picture(f"{number}.jpg", alt="Soft colours.", file=file))
    return drafted(pictures, networks.limits_of(network), shape=shape)


def test_a_carousel_of_originals_goes_out_in_the_first_ones_nearest_shape_and_says_so(tmp_path: Path) -> None:
    made = carousel(tmp_path, (1600, 900), (900, 1600), (400, 400))
    sent = made.parts[0].pictures
    assert [picture.shape for picture in sent] == ["landscape"] * 3
    assert sent[2].width < sent[0].width == 1200, "one that is small goes out smaller,"
    assert {picture.width * 630 - picture.height * 1200 for picture in sent} == {0}, "in the same shape"
    assert sum("all go out landscape" in warning for warning in made.warnings) == 1


def test_a_single_original_keeps_its_shape_and_so_do_several_where_no_carousel_binds_them(tmp_path: Path) -> None:
    (alone,) = carousel(tmp_path, (1600, 1000)).parts[0].pictures
    assert (alone.width, alone.height) == (1600, 1000)
    both = carousel(tmp_path, (1600, 1000), (1000, 1600), network="threads").parts[0].pictures
    assert [(picture.width, picture.height) for picture in both] == [(1600, 1000), (1000, 1600)]


def test_a_picture_left_out_of_a_carousel_has_no_say_in_its_shape(tmp_path: Path) -> None:
    sent = carousel(tmp_path, (190, 100), (900, 1600), (1600, 900)).parts[0].pictures
    assert [picture.shape for picture in sent] == ["portrait"] * 2
