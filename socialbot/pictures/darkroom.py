"""Makes a variant of a picture for a network: opened, composed, drawn, encoded, signed and filed in the media store."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

from PIL import Image

from socialbot.media import Media
from socialbot.nouns import Badge, Picture, Shape, Variant
from socialbot.pictures.badge import draw, interface_zones, subject_box
from socialbot.pictures.credentials import Signer
from socialbot.pictures.cropping import (
    MIN_WIDTH,
    ORIGINAL,
    SHAPES,
    Box,
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
from socialbot.pictures.encoding import Finish, encode
from socialbot.pictures.isolation import decode
from socialbot.pictures.marks import Marks, read_marks, with_posts_word
from socialbot.pictures.opening import BROKEN_METADATA, MAX_FILE_BYTES, Kind, Master, open_picture, recognise
from socialbot.pictures.subject import Found, Map, is_graphic, subject_map, subjects
from socialbot.pictures.unusable import Unusable

JPEG = "image/jpeg"
KEPT_PIXELS = 16_000_000
"""Of decoded pictures, 4 bytes each, that wait for the next shape; beside them one more is decoded, never two."""
KEPT_VARIANTS = 256
KEPT_DIGESTS = 1024

_MANIFESTS_VARY = 200
"""Bytes by which two manifests that say the same may differ."""

T = TypeVar("T")
Developed = tuple[Variant, tuple[str, ...]]
Seal = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class _Negative:
    """A picture opened once, with all that its variants share."""

    master: Master
    shapes: frozenset[Shape]
    """Those that it was decoded large enough for."""
    subject: Map
    found: Found
    graphic: bool
    marks: Marks
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a network asks of a variant."""

    shape: Shape
    max_bytes: int
    max_pixels: int | None
    badge: Badge | None


class Darkroom:
    """Develops pictures into variants. The same picture is decoded once for all shapes, the same variant made once for all
    accounts, as long as they are asked for close together. Safe to call from several threads, which then take turns, so that
    no more than one picture is ever being decoded.

    A picture is decoded large enough for all of `shapes`. Name those that will be asked for: each larger one that is left out
    spares memory and time, and one that is asked for nevertheless has the picture decoded anew.
    """

    def __init__(self, media: Media, signer: Signer | None = None, shapes: Collection[Shape] = tuple(SHAPES)) -> None:
        self._media, self._signer, self._shapes = media, signer, frozenset(shapes)
        self._negatives: dict[str, _Negative] = {}
        self._variants: dict[Hashable, Developed] = {}
        self._digests: dict[Hashable, str] = {}
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
        badge: Badge | None = None,
    ) -> Developed:
        """The variant of a picture in a shape, filed in the media store, and what a person should know about it.

        `max_bytes` bounds the file, `max_pixels` width times height. The variant's `alt` is empty: that is the caller's. It
        carries the source's marks, and the picture's `credit` and `ai` where they say more. The badge's letters have their
        height in the file as it goes out; it lies clear of what apps cover and, where there is room, of the picture's focal
        point. Raises Unusable: also where there is no room for the badge, or its letters cannot be drawn.
        """
        if JPEG not in mime_types:
            raise Unusable(f"the network takes {', '.join(mime_types)}, and pictures are sent as JPEG", where=picture.src)
        try:
            with self._turn:
                variant, warnings = self._variant(picture, _Wanted(shape, max_bytes, max_pixels, badge))
        except Unusable as bad:
            raise Unusable(bad.what, where=picture.src, fix=bad.fix) from bad.__cause__
        return variant, tuple(f"{picture.src}: {warning}" for warning in warnings)

    def _variant(self, picture: Picture, wanted: _Wanted) -> Developed:
        if picture.file is None:
            raise Unusable(picture.missing or "there is no file")
        digest = self._digest(picture.file)
        key = (digest, picture.focal, picture.box, picture.credit, picture.ai, wanted)
        known = self._variants.get(key)
        if known and self._media.renew(known[0].digest):
            return known
        made = self._develop(self._negative(picture.file, digest, wanted.shape), picture.file, picture, wanted)
        _keep(self._variants, key, made, KEPT_VARIANTS)
        return made

    def _digest(self, file: Path) -> str:
        """The file's SHA-256, read again only when the file was touched."""
        identity = _identity(file)
        digest = self._digests.get(identity) or hashlib.sha256(_read(file)).hexdigest()
        _keep(self._digests, identity, digest, KEPT_DIGESTS)
        return digest

    def _negative(self, file: Path, digest: str, shape: Shape) -> _Negative:
        negative = self._negatives.pop(digest, None)
        if negative is None or shape not in negative.shapes:
            shapes = self._shapes | {shape} | (negative.shapes if negative else frozenset())
            negative = None  # its pixels make room for the larger ones
            negative = _opened(_read(file), shapes)
        self._negatives[digest] = negative
        while len(self._negatives) > 1 and self._kept_pixels() > KEPT_PIXELS:
            del self._negatives[next(iter(self._negatives))]
        return negative

    def _kept_pixels(self) -> int:
        return sum(each.master.image.width * each.master.image.height for each in self._negatives.values())

    def _develop(self, negative: _Negative, file: Path, picture: Picture, wanted: _Wanted) -> Developed:
        master = negative.master
        composition, size = _frame(negative, wanted.shape, picture, wanted.max_pixels)
        named = _named_point(picture)
        point = named or centre_of_mass(negative.subject, master.image.size, composition.box)
        focal = point_in_frame(point, master.image.size, composition, size)
        in_frame = _in_frame(negative, composition, size)
        marks = with_posts_word(negative.marks, picture.credit, picture.ai)
        encoded = partial(
            encode,
            render(master.image, composition, size, plain=negative.graphic),
            wanted.shape,
            marks,
            lettering=negative.graphic,
            finish=_with_badge(wanted.badge, focal if named else None, in_frame),
        )
        seal = self._seal(file, _actions(master.image.size, composition, negative.kind, wanted.badge), marks)
        content, final = _sealed(encoded, seal, wanted.max_bytes)
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
        )
        full = size if wanted.shape == "original" else full_size(wanted.shape, wanted.max_pixels)
        told = (*master.warnings, *negative.found.warnings, *_shortfalls(full, size, final, wanted.max_bytes))
        return variant, told

    def _seal(self, file: Path, actions: tuple[str, ...], marks: Marks) -> Seal:
        if not self._signer:
            return bytes
        source, signer, media = _read(file), self._signer, self._media
        recipe = hashlib.sha256("\n".join([signer.chain.certificates, self._digest(file), *actions]).encode())

        def seal(content: bytes) -> bytes:
            """A signature differs from run to run; the same picture keeps its first, so that what is previewed is sent."""
            made = recipe.copy()
            made.update(content)
            if earlier := media.made_of(made.hexdigest()):
                return media.get(earlier)
            sealed = signer.sign(
                content,
                parent=source,
                parent_mime=f"image/{recognise(source).lower()}",
                title="Picture for a social network",  # a file's name may tell a prompt or a person's name
                source_type=marks.digital_source_type,
                actions=actions,
            )
            media.remember(made.hexdigest(), media.put(sealed))
            return sealed

        return seal


def _opened(content: bytes, shapes: frozenset[Shape]) -> _Negative:
    master = decode(content, _needed(content, shapes))
    graphic = is_graphic(master.image)
    found = Found() if graphic else subjects(master.image)  # a graphic is shown whole
    return _Negative(master, shapes, subject_map(master.image), found, graphic, read_marks(content), recognise(content))


def _needed(content: bytes, shapes: Collection[Shape]) -> Size:
    """The least size, upright, that a picture has to cover to serve all shapes."""
    sizes = [SHAPES[shape] for shape in shapes if shape != "original"]
    if "original" in shapes:
        sizes.append(_needed_for_original(content))
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _needed_for_original(content: bytes) -> Size:
    """A square, so that it does not matter which way up the picture lies."""
    try:
        size = open_picture(content).size
    except BROKEN_METADATA:
        return ORIGINAL
    side = math.ceil(min(ORIGINAL) * min(size) / max(size))
    return side, side


def _named_point(picture: Picture) -> Point | None:
    """Where the author says that the subject is."""
    if picture.focal or not picture.box:
        return picture.focal
    left, top, right, bottom = picture.box
    return (left + right) / 2, (top + bottom) / 2


def _sealed(encoded: Callable[..., tuple[bytes, Size]], seal: Seal, max_bytes: int) -> tuple[bytes, Size]:
    """The picture encoded and signed, in at most `max_bytes`: what its manifest takes is taken from the picture."""
    room = max_bytes
    for _ in range(2):
        content, size = encoded(max_bytes=room)
        sealed = seal(content)
        if len(sealed) <= max_bytes:
            return sealed, size
        room = max_bytes - (len(sealed) - len(content)) - _MANIFESTS_VARY
        if room <= 0:
            break
    raise Unusable(f"it cannot be kept within {max_bytes:,} bytes with its Content Credentials")


def _actions(size: Size, composition: Composition, kind: Kind, badge: Badge | None) -> tuple[str, ...]:
    """What was done to the picture, in C2PA's words.

    A badge is `c2pa.addedText`, text that is seen ("such as a caption"): `c2pa.watermarked` is for marks that are not seen,
    `c2pa.drawing` for brushes. A backdrop around a picture that is shown whole is an edit.
    """
    done = {
        "c2pa.cropped": composition.box != whole_picture(size).box,
        "c2pa.resized": True,
        "c2pa.edited": composition.fitted,
        "c2pa.addedText": badge is not None,
        "c2pa.converted": kind != "JPEG",
    }
    return tuple(action for action, was in done.items() if was)


def _in_frame(negative: _Negative, composition: Composition, frame: Size) -> tuple[Box, ...]:
    """Where in the frame what the detectors found lies, as fractions."""
    width, height = image = negative.master.image.size
    corners = [
        ((left / width, top / height), (right / width, bottom / height)) for left, top, right, bottom in negative.found.boxes
    ]
    return tuple(
        (*point_in_frame(first, image, composition, frame), *point_in_frame(last, image, composition, frame))
        for first, last in corners
    )


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


def _frame(negative: _Negative, shape: Shape, picture: Picture, max_pixels: int | None) -> tuple[Composition, Size]:
    """What to show, and how large. A crop too small to show is fitted instead: the whole picture has more pixels."""
    image, reduction = negative.master.image, negative.master.reduction
    composition = compose(
        image.size,
        shape,
        negative.subject,
        focal=picture.focal,
        box=picture.box,
        keep=negative.found.boxes,
        graphic=negative.graphic,
    )
    size = frame_size(shape, composition, reduction, max_pixels)
    if size[0] < MIN_WIDTH and shape != "original":
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


def _keep(kept: dict[Hashable, T], key: Hashable, value: T, most: int) -> None:
    """Keep a value; the one that was kept longest ago goes when there are too many."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > most:
        del kept[next(iter(kept))]


def _identity(file: Path) -> Hashable:
    """What is another when the file is another, or was written to."""
    try:
        status = file.stat()
    except OSError as error:
        raise _unreadable(error) from error
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise Unusable(f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB", fix="give a smaller picture")
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> Unusable:
    return Unusable(f"the file cannot be read: {error.strerror}")
