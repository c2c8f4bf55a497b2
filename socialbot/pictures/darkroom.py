"""Makes a variant of a picture for a network: opened, composed, drawn, encoded, signed and filed in the media store."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

from PIL import Image, ImageColor

from socialbot.media import Media
from socialbot.nouns import Badge, Crop, Picture, Shape, Variant
from socialbot.pictures.animation import Still
from socialbot.pictures.badge import draw, interface_zones, subject_box
from socialbot.pictures.credentials import Signer
from socialbot.pictures.cropping import (
    ANY_ASPECT,
    MIN_WIDTH,
    SHAPES,
    Aspects,
    Box,
    Colour,
    Composition,
    Point,
    Size,
    centre_of_mass,
    compose,
    frame_size,
    full_size,
    point_in_frame,
    render,
    shape_within,
    whole_picture,
)
from socialbot.pictures.encoding import Finish, encode
from socialbot.pictures.files import identity, read_file
from socialbot.pictures.likeness import Likeness, alike, look
from socialbot.pictures.marks import Marks, read_marks, with_posts_word
from socialbot.pictures.moving import MOVING, Moving, passed_on, uncredited, variant_of
from socialbot.pictures.negative import Negative, opened
from socialbot.pictures.opening import WHITE
from socialbot.pictures.placeholder import placeholder
from socialbot.pictures.sealing import actions, sealed, sealer
from socialbot.pictures.shortfalls import cut_graphic, reshaped, shortfalls
from socialbot.pictures.unusable import Unusable

JPEG = "image/jpeg"
KEPT_PIXELS = 16_000_000
"""Of decoded pictures, 4 bytes each, that wait for the next shape; beside them one more is decoded, never two."""
KEPT_VARIANTS = 256
KEPT_DIGESTS = 1024
KEPT_LIKENESSES = 64
KEPT_PAIRS = 1024

T = TypeVar("T")
Developed = tuple[Variant, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a network and an account ask of a variant."""

    shape: Shape
    max_bytes: int
    max_pixels: int | None
    min_width: int
    aspects: Aspects
    crop: Crop
    backdrop: Colour | None
    badge: Badge | None
    moving: Moving | None


class Darkroom:
    """Develops pictures into variants. The same picture is decoded once for all shapes, the same variant made once for all
    accounts, as long as they are asked for close together. Safe to call from several threads, which then take turns, so that
    no more than one picture is ever being decoded.

    A picture is decoded large enough for all of `shapes`. Name those that will be asked for: each larger one that is left out
    spares memory and time, and one that is asked for nevertheless has the picture decoded anew.
    """

    def __init__(self, media: Media, signer: Signer | None = None, shapes: Collection[Shape] = tuple(SHAPES)) -> None:
        self._media, self._signer, self._shapes = media, signer, frozenset(shapes)
        self._negatives: dict[str, Negative] = {}
        self._variants: dict[Hashable, Developed] = {}
        self._digests: dict[Hashable, str] = {}
        self._likenesses: dict[Hashable, Likeness] = {}
        self._alike: dict[Hashable, bool] = {}
        self._turn = Lock()

    def marks(self, file: Path) -> Marks:
        """What the file's own metadata says of its origin. Raises Unusable."""
        try:
            with self._turn:
                return read_marks(read_file(file))
        except Unusable as bad:
            raise Unusable(bad.what, where=file.name, fix=bad.fix) from bad.__cause__

    def upright(self, picture: Picture) -> Image.Image:
        """A copy of the whole picture: RGB in sRGB, upright, white where it is transparent. Raises Unusable."""
        with self._turn:
            file = _file(picture)
            return self._negative(file, self._digest(file), "landscape", WHITE).master.image.copy()

    def likeness(self, picture: Picture, backdrop: str = "blur") -> Likeness:
        """What the picture looks like in small, its transparent places as `develop` shows them. Raises Unusable."""
        with self._turn:
            file = _file(picture)
            digest, background = self._digest(file), _colour(backdrop) or WHITE
            known = self._likenesses.get((digest, background))
            if not known:
                negative = self._negative(file, digest, "landscape", background)
                moves = negative.kind in MOVING and bool(negative.master.warnings)  # of its other frames it warns
                known = look(negative.master.image, graphic=negative.graphic, moves=moves)
            _keep(self._likenesses, (digest, background), known, KEPT_LIKENESSES)
            return known

    def alike(self, one: Picture, other: Picture) -> bool:
        """May either stand for the other? They show the same, and no machine's label is lost. Raises Unusable.

        What is blank on white may show much on the account's own backdrop, and is like nothing.
        """
        looks = self.likeness(one), self.likeness(other)
        with self._turn:
            key = self._digest(_file(one)), self._digest(_file(other))
            known = self._alike.get(key)
            if known is None:
                known = not any(each.blank for each in looks) and alike(*looks)
                labels = [read_marks(read_file(_file(each))).aigc for each in (one, other)] if known else [None, None]
                known = known and labels[0] == labels[1]
            _keep(self._alike, key, known, KEPT_PAIRS)
            return known

    def develop(
        self,
        picture: Picture,
        shape: Shape,
        *,
        max_bytes: int,
        max_pixels: int | None = None,
        min_width: int = 0,
        aspects: Aspects = ANY_ASPECT,
        mime_types: tuple[str, ...] = (JPEG,),
        crop: Crop = "auto",
        backdrop: str = "blur",
        badge: Badge | None = None,
        moving: Moving | None = None,
    ) -> Developed:
        """The variant of a picture in a shape, filed in the media store, and what a person should know about it.

        `max_bytes` bounds the file, `max_pixels` width times height, `aspects` width over height: in a shape outside them it
        goes out in the nearest that is not. `backdrop`, "blur" or "#rrggbb", lies around what is fitted; the colour also lies
        behind transparent places, which else are white. The variant's `alt` is empty: that is the caller's. It
        carries the source's marks, and the picture's `credit` and `ai` where they say more. The badge's letters have their
        height in the file as it goes out; it lies clear of what apps cover and, where there is room, of the picture's focal
        point. With `moving` an animation goes out as it is, in its own shape; where it cannot, the reason is told.
        Raises Unusable: also where there is no room for the badge, or its letters cannot be drawn.
        """
        if JPEG not in mime_types:
            raise Unusable(f"the network takes {', '.join(mime_types)}, and pictures are sent as JPEG", where=picture.src)
        try:
            with self._turn:
                wanted = _Wanted(shape, max_bytes, max_pixels, min_width, aspects, crop, _colour(backdrop), badge, moving)
                variant, warnings = self._variant(picture, wanted)
        except Unusable as bad:
            raise Unusable(bad.what, where=picture.src, fix=bad.fix) from bad.__cause__
        return variant, tuple(f"{picture.src}: {warning}" for warning in warnings)

    def _variant(self, picture: Picture, wanted: _Wanted) -> Developed:
        file = _file(picture)
        digest = self._digest(file)
        key = (digest, picture.focal, picture.box, picture.credit, picture.ai, wanted)
        known = self._variants.get(key)
        if known and self._media.renew(known[0].digest):
            return known
        background = wanted.backdrop or WHITE
        negative = self._negative(file, digest, wanted.shape, background)
        whole, still = self._passed_on(negative, file, picture, wanted)
        if whole:
            return whole, still
        shape = shape_within(wanted.aspects, wanted.shape, negative.master.image.size)
        if shape != wanted.shape:
            negative = self._negative(file, digest, shape, background)
        variant, told = self._develop(negative, file, picture, replace(wanted, shape=shape))
        made = variant, (*still, *reshaped(wanted.shape, shape), *told)
        _keep(self._variants, key, made, KEPT_VARIANTS)
        return made

    def _passed_on(
        self, negative: Negative, file: Path, picture: Picture, wanted: _Wanted
    ) -> tuple[Variant | None, tuple[str, ...]]:
        """A moving picture as it is, where that is asked for, and what it lacks; or why it is not."""
        if not wanted.moving or negative.kind not in MOVING:
            return None, ()
        marks, first = with_posts_word(negative.marks, picture.credit, picture.ai), negative.master.image
        signs = self._signer is not None
        try:
            found = passed_on(read_file(file), marks, wanted.moving, wanted.badge, signs=signs)
        except Still as reason:
            return None, (f"it does not go out moving: {reason}",)
        if not found:
            return None, ()
        focal = _named_point(picture) or centre_of_mass(negative.subject, first.size, whole_picture(first.size).box)
        return variant_of(found, self._media.put(found.content), focal, first), uncredited(found, signs=signs)

    def _digest(self, file: Path) -> str:
        """The file's SHA-256, read again only when the file was touched."""
        known_by = identity(file)
        digest = self._digests.get(known_by) or hashlib.sha256(read_file(file)).hexdigest()
        _keep(self._digests, known_by, digest, KEPT_DIGESTS)
        return digest

    def _negative(self, file: Path, digest: str, shape: Shape, background: Colour) -> Negative:
        negative = self._negatives.pop(digest, None)
        if negative is None or shape not in negative.shapes or negative.background not in (None, background):
            shapes = self._shapes | {shape} | (negative.shapes if negative else frozenset())
            negative = None  # its pixels make room for the larger ones
            negative = opened(read_file(file), shapes, background)
        self._negatives[digest] = negative
        while len(self._negatives) > 1 and self._kept_pixels() > KEPT_PIXELS:
            del self._negatives[next(iter(self._negatives))]
        return negative

    def _kept_pixels(self) -> int:
        return sum(each.pixels for each in self._negatives.values())

    def _develop(self, negative: Negative, file: Path, picture: Picture, wanted: _Wanted) -> Developed:
        master = negative.master
        composition, size = _frame(negative, picture, wanted)
        named = _named_point(picture)
        point = named or centre_of_mass(negative.subject, master.image.size, composition.box)
        focal = point_in_frame(point, master.image.size, composition, size)
        in_frame = negative.in_frame(composition, size)
        marks = with_posts_word(negative.marks, picture.credit, picture.ai)
        frame = render(master.image, composition, size, plain=negative.graphic, backdrop=wanted.backdrop)
        encoded = partial(
            encode,
            frame,
            wanted.shape,
            marks,
            lettering=negative.graphic,
            finish=_with_badge(wanted.badge, focal if named else None, in_frame),
        )
        done = actions(master.image.size, composition, negative.kind, wanted.badge)
        source = read_file(file) if self._signer else b""
        seal = sealer(self._signer, self._media, source, done, marks)
        content, final = sealed(encoded, seal, wanted.max_bytes)
        if final[0] < wanted.min_width:
            small = f"it would go out {final[0]} pixels wide, and the network takes {wanted.min_width} and more"
            raise Unusable(small, fix="give a larger picture")
        colour, blurhash = placeholder(frame)
        variant = Variant(
            digest=self._media.put(content),
            shape=wanted.shape,
            width=final[0],
            height=final[1],
            bytes=len(content),
            mime=JPEG,
            alt="",
            focal=focal,
            badge=wanted.badge.words if wanted.badge else None,
            colour=colour,
            blurhash=blurhash,
            plan=_plan(self._digest(file), composition, size, wanted, marks) if self._signer else None,
        )
        full = size if wanted.shape == "original" else full_size(wanted.shape, wanted.max_pixels)
        cut = cut_graphic(master.image, composition) if negative.graphic and wanted.crop == "fill" else ()
        told = (*master.warnings, *negative.found.warnings, *cut, *shortfalls(full, size, final, wanted.max_bytes))
        return variant, told


def _plan(source: str, composition: Composition, size: Size, wanted: _Wanted, marks: Marks) -> str:
    """The digest of a picture and of what is to be seen of it and said in it; not of how it was compressed."""
    told = (source, composition, size, wanted.shape, wanted.badge, wanted.backdrop, marks)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _with_badge(badge: Badge | None, subject: Point | None, found: Sequence[Box]) -> Finish:
    """Draws the badge on a frame of any size. What the author named the subject, and the faces `found` (fractions), are spared;
    what we guess from the map alone is not."""

    def finish(frame: Image.Image) -> Image.Image:
        if not badge:
            return frame
        across, down = frame.size
        spare = [(left * across, top * down, right * across, bottom * down) for left, top, right, bottom in found]
        spare += [subject_box(subject, frame.size)] if subject else []
        return draw(frame, badge.words, badge.language, badge.share, interface_zones(frame.size), spare)

    return finish


def _named_point(picture: Picture) -> Point | None:
    """Where the author says that the subject is."""
    if picture.focal or not picture.box:
        return picture.focal
    left, top, right, bottom = picture.box
    return (left + right) / 2, (top + bottom) / 2


def _frame(negative: Negative, picture: Picture, wanted: _Wanted) -> tuple[Composition, Size]:
    """What to show, and how large. A crop too small to show is fitted instead: the whole picture has more pixels."""
    image, reduction, shape = negative.master.image, negative.master.reduction, wanted.shape
    whole = wanted.crop == "fit"  # as a graphic is shown, and whatever the author named
    composition = compose(
        image.size,
        shape,
        negative.subject,
        focal=None if whole else picture.focal,
        box=None if whole else picture.box,
        keep=negative.found.boxes,
        graphic=whole or negative.graphic,
        may_fit=wanted.crop != "fill",
    )
    size = frame_size(shape, composition, reduction, wanted.max_pixels)
    if size[0] < MIN_WIDTH and shape != "original" and wanted.crop != "fill":
        composition = whole_picture(image.size)
        size = frame_size(shape, composition, reduction, wanted.max_pixels)
    return composition, size


def _colour(backdrop: str) -> Colour | None:
    if backdrop == "blur":
        return None
    red, green, blue = ImageColor.getrgb(backdrop)[:3]
    return red, green, blue


def _file(picture: Picture) -> Path:
    if picture.file is None:
        raise Unusable(picture.missing or "there is no file")
    return picture.file


def _keep(kept: dict[Hashable, T], key: Hashable, value: T, most: int) -> None:
    """Keep a value; the one that was kept longest ago goes when there are too many."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > most:
        del kept[next(iter(kept))]
