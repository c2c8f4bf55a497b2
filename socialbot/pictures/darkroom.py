"""Makes a variant of a picture for a network: opened, composed, drawn, encoded and filed in the media store."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from socialbot.media import Media
from socialbot.nouns import Picture, Shape, Variant
from socialbot.pictures.cropping import (
    MIN_WIDTH,
    SHAPES,
    Composition,
    Point,
    Size,
    centre_of_mass,
    compose,
    frame_size,
    full_size,
    point_in_frame,
    render,
    whole_picture,
)
from socialbot.pictures.encoding import encode
from socialbot.pictures.marks import Marks, read_marks, with_authors_word
from socialbot.pictures.opening import MAX_FILE_BYTES, Master, open_master
from socialbot.pictures.subject import Map, is_graphic, subject_map
from socialbot.pictures.unusable import Unusable

JPEG = "image/jpeg"
NEEDED: Size = (max(width for width, _ in SHAPES.values()), max(height for _, height in SHAPES.values()))
KEPT_PIXELS = 16_000_000  # of decoded pictures, 3 bytes each
KEPT_VARIANTS = 256

Developed = tuple[Variant, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Negative:
    """A picture opened once, with all that its variants share."""

    master: Master
    subject: Map
    graphic: bool
    marks: Marks


class Darkroom:
    """Develops pictures into variants. The same picture is decoded once for all shapes, the same variant made once for all
    accounts, as long as they are asked for close together. Safe to call from several threads, which then take turns.
    """

    def __init__(self, media: Media) -> None:
        self._media = media
        self._negatives: dict[str, _Negative] = {}
        self._variants: dict[Hashable, Developed] = {}
        self._turn = Lock()

    def marks(self, file: Path) -> Marks:
        """What the file's own metadata says of its origin. Raises Unusable."""
        try:
            with self._turn:
                return read_marks(_read(file))
        except Unusable as bad:
            raise Unusable(bad.what, where=file.name, fix=bad.fix) from bad.__cause__

    def develop(
        self,
        picture: Picture,
        shape: Shape,
        *,
        max_bytes: int,
        max_pixels: int | None = None,
        mime_types: tuple[str, ...] = (JPEG,),
    ) -> Developed:
        """The variant of a picture in a shape, filed in the media store, and what a person should know about it.

        `max_bytes` bounds the file, `max_pixels` width times height. The variant's `alt` is empty: that is the caller's. It
        carries the source's marks, and the picture's `credit` and `ai` where they say more. Raises Unusable.
        """
        if JPEG not in mime_types:
            raise Unusable(f"the network takes {', '.join(mime_types)}, and pictures are sent as JPEG", where=picture.src)
        try:
            with self._turn:
                variant, warnings = self._variant(picture, shape, max_bytes, max_pixels)
        except Unusable as bad:
            raise Unusable(bad.what, where=picture.src, fix=bad.fix) from bad.__cause__
        return variant, tuple(f"{picture.src}: {warning}" for warning in warnings)

    def _variant(self, picture: Picture, shape: Shape, max_bytes: int, max_pixels: int | None) -> Developed:
        if picture.file is None:
            raise Unusable(picture.missing or "there is no file")
        content = _read(picture.file)
        digest = hashlib.sha256(content).hexdigest()
        key = (digest, shape, picture.focal, picture.credit, picture.ai, max_bytes, max_pixels)
        known = self._variants.get(key)
        if known and self._media.path(known[0].digest).exists():
            return known
        made = self._develop(self._negative(digest, content), picture, shape, max_bytes, max_pixels)
        self._variants[key] = made
        if len(self._variants) > KEPT_VARIANTS:
            del self._variants[next(iter(self._variants))]
        return made

    def _negative(self, digest: str, content: bytes) -> _Negative:
        negative = self._negatives.pop(digest, None)
        if negative is None:
            master = open_master(content, NEEDED)
            negative = _Negative(master, subject_map(master.image), is_graphic(master.image), read_marks(content))
        self._negatives[digest] = negative
        while len(self._negatives) > 1 and self._kept_pixels() > KEPT_PIXELS:
            del self._negatives[next(iter(self._negatives))]
        return negative

    def _kept_pixels(self) -> int:
        return sum(each.master.image.width * each.master.image.height for each in self._negatives.values())

    def _develop(
        self, negative: _Negative, picture: Picture, shape: Shape, max_bytes: int, max_pixels: int | None
    ) -> Developed:
        master = negative.master
        composition, size = _frame(negative, shape, picture.focal, max_pixels)
        frame = render(master.image, composition, size, plain=negative.graphic)
        marks = with_authors_word(negative.marks, picture.credit, picture.ai)
        content, final = encode(frame, shape, marks, max_bytes=max_bytes, lettering=negative.graphic)
        point = picture.focal or centre_of_mass(negative.subject, master.image.size, composition.box)
        variant = Variant(
            digest=self._media.put(content),
            shape=shape,
            width=final[0],
            height=final[1],
            bytes=len(content),
            mime=JPEG,
            alt="",
            focal=point_in_frame(point, master.image.size, composition, final),
        )
        return variant, (*master.warnings, *_shortfalls(full_size(shape, max_pixels), size, final, max_bytes))


def _frame(negative: _Negative, shape: Shape, focal: Point | None, max_pixels: int | None) -> tuple[Composition, Size]:
    """What to show, and how large. A crop too small to show is fitted instead: the whole picture has more pixels."""
    image, reduction = negative.master.image, negative.master.reduction
    composition = compose(image.size, shape, negative.subject, focal=focal, graphic=negative.graphic)
    size = frame_size(shape, composition, reduction, max_pixels)
    if size[0] < MIN_WIDTH:
        composition = whole_picture(image.size)
        size = frame_size(shape, composition, reduction, max_pixels)
    return composition, size


def _shortfalls(wanted: Size, drawn: Size, final: Size, max_bytes: int) -> list[str]:
    told = []
    if drawn != wanted:
        told.append(f"it is too small for {wanted[0]}×{wanted[1]} pixels and goes out at {drawn[0]}×{drawn[1]}")
    if final != drawn:
        told.append(f"it was reduced to {final[0]}×{final[1]} pixels to keep within {max_bytes:,} bytes")
    return told


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise Unusable(f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB", fix="give a smaller picture")
        return file.read_bytes()
    except OSError as error:
        raise Unusable(f"the file cannot be read: {error.strerror}") from error
