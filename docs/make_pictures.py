"""Draw the contact sheets of docs/pictures.md. Run: python docs/make_pictures.py [FOLDER SHEET.jpg]

Without arguments: the example post's pictures and drawn ones, into docs/pictures/. With a folder: its pictures in all shapes as
they would be sent, with what the installed detectors find in them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from socialbot.pictures.badge_font import font_of_height
from socialbot.pictures.cropping import SHAPES, Box, Size, compose, frame_size, render
from socialbot.pictures.opening import open_master
from socialbot.pictures.subject import Map, is_graphic, subject_map, subjects
from socialbot.pictures.unusable import Unusable

DOCS = Path(__file__).parent
EXAMPLES = DOCS.parent / "examples" / "public" / "photos"
ROW, GAP, HEAD = 190, 10, 22
LARGEST = 1200
INK, PAPER = "#222222", "white"


@dataclass(frozen=True, slots=True)
class Line:
    """One picture of a sheet: what is said of it, and what `compose` is told."""

    title: str
    image: Image.Image
    told: Mapping[str, Any] = field(default_factory=dict)


def main() -> None:
    if len(sys.argv) == 3:
        sheet(own(Path(sys.argv[1]))).save(sys.argv[2], quality=85)
        return
    folder = DOCS / "pictures"
    folder.mkdir(exist_ok=True)
    for name, lines in {"photographs": photographs(), "told": told(), "graphics": graphics(), "bad": bad()}.items():
        sheet(lines).save(folder / f"{name}.webp", quality=80, method=6)


def own(folder: Path) -> Iterable[Line]:
    for file in sorted(each for each in folder.iterdir() if each.is_file()):
        try:
            image = open_master(file.read_bytes(), (LARGEST, LARGEST)).image
        except Unusable as refused:
            print(f"{file.name}: {refused}", file=sys.stderr)  # noqa: T201 - a script that tells what it left out
            continue
        found = subjects(image)
        yield Line(f"{file.name}, {len(found.boxes)} found", image, {"keep": found.boxes})


def sheet(lines: Iterable[Line]) -> Image.Image:
    """A row for each picture: the picture with its subject map, then every shape."""
    rows = [row(line) for line in lines]
    board = Image.new("RGB", (max(each.width for each in rows), sum(each.height for each in rows)), PAPER)
    top = 0
    for each in rows:
        board.paste(each, (0, top))
        top += each.height
    return board


def row(line: Line) -> Image.Image:
    size, subject, graphic = line.image.size, subject_map(line.image), is_graphic(line.image)
    cells = [("picture and map", mapped(line, subject))]
    for shape in SHAPES:
        made = compose(size, shape, subject, graphic=graphic, **line.told)
        frame = frame_size(shape, made, 1.0, None)
        drawn = render(line.image, made, frame, plain=graphic)
        cells.append((f"{shape}, fitted" if made.fitted else shape, ImageOps.contain(drawn, (300, ROW))))
    strip = Image.new("RGB", (GAP + sum(cell.width + GAP for _, cell in cells), HEAD * 2 + ROW + GAP), PAPER)
    pen = ImageDraw.Draw(strip)
    pen.text((GAP, 4), line.title, INK, font_of_height("en", 10))
    left = GAP
    for name, cell in cells:
        pen.text((left, HEAD + 2), name, "#777777", font_of_height("en", 8))
        strip.paste(cell, (left, 2 * HEAD))
        left += cell.width + GAP
    return strip


def mapped(line: Line, subject: Map) -> Image.Image:
    """The picture, darker where the map sees nothing; what has to be kept in a frame."""
    levels = np.clip(subject / np.quantile(subject, 0.98), 0, 1) * 205 + 50
    light = Image.fromarray(levels.astype(np.uint8)).resize(line.image.size, Image.Resampling.BICUBIC)
    shown = Image.composite(line.image, Image.new("RGB", line.image.size), light)
    pen = ImageDraw.Draw(shown)
    width, height = line.image.size
    pen_width = max(2, width // 200)
    for box in line.told.get("keep", ()):
        pen.rectangle(box, outline="yellow", width=pen_width)
    if box := line.told.get("box"):
        pen.rectangle((box[0] * width, box[1] * height, box[2] * width, box[3] * height), outline="lime", width=pen_width)
    if point := line.told.get("focal"):
        x, y, reach = point[0] * width, point[1] * height, width // 60
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline="lime", width=pen_width)
    return ImageOps.contain(shown, (300, ROW))


def photographs() -> Iterable[Line]:
    for number, file in enumerate(sorted(EXAMPLES.glob("*.jpg")), 1):
        yield Line(f"Example picture {number}", open_master(file.read_bytes(), (LARGEST, LARGEST)).image)


def told() -> Iterable[Line]:
    """One scene, and what more is known of it."""
    coat, head = standing()
    yield Line("Nothing known: the map likes the bright coat", coat)
    yield Line("A detector found the head (yellow)", coat, {"keep": [head]})
    room = scene()
    yield Line("Nothing known: the map alone", room)
    yield Line("focal: [0.86, 0.55], the lantern", room, {"focal": (0.86, 0.55)})
    yield Line("box: [0.12, 0.15, 0.94, 0.7], both", room, {"box": (0.12, 0.15, 0.94, 0.7)})


def graphics() -> Iterable[Line]:
    yield Line("A card: taken for a graphic, shown whole", card((1200, 630)))
    yield Line("A chart", chart((1280, 800)))
    yield Line("A story card", card((1080, 1920)))


def bad() -> Iterable[Line]:
    yield Line("A dull subject low at the edge, a bright thing that is not meant", distracted())
    yield Line("The same with a focal point", distracted(), {"focal": (0.1, 0.8)})
    yield Line("A pattern: flat areas and hard edges, wrongly taken for a graphic", pattern())
    false_face = [(1120.0, 20.0, 1190.0, 90.0)]
    yield Line(
        "A false face (yellow): it is shown at the cost of the bars, the subject is not lost", scene(), {"keep": false_face}
    )


def ground(size: Size, seed: int) -> Image.Image:
    """A wall with soft light and grain."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0 : size[1], 0 : size[0]]
    light = 150 + 40 * np.sin(across / size[0] * 3) - 35 * down / size[1] + random.normal(0, 6, (size[1], size[0]))
    tinted = np.stack([light * 0.95, light, light * 1.05], -1)
    return Image.fromarray(np.clip(tinted, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.5))


def scene() -> Image.Image:
    """A person in the left half, a lantern at the right."""
    picture = ground((1200, 800), 1)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((190, 380, 470, 900), 110, fill=(52, 74, 96))
    pen.ellipse((250, 180, 410, 390), fill=(214, 172, 144))
    pen.pieslice((240, 160, 420, 380), 170, 370, fill=(64, 44, 34))
    pen.line((1030, 0, 1030, 330), fill=(40, 40, 40), width=6)
    pen.polygon([(980, 340), (1080, 340), (1100, 540), (960, 540)], fill=(236, 180, 70))
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def standing() -> tuple[Image.Image, Box]:
    """A person in a bright coat before a wall as pale as the face; and the box of the head."""
    picture = ground((800, 1000), 4)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((180, 360, 640, 1200), 130, fill=(206, 60, 44))
    for button in range(450, 1000, 110):
        pen.ellipse((394, button, 426, button + 32), fill=(248, 214, 90))
    pen.ellipse((310, 110, 510, 370), fill=(206, 190, 180))
    pen.pieslice((298, 90, 522, 360), 175, 365, fill=(160, 150, 140))
    return picture.filter(ImageFilter.GaussianBlur(1.2)), (298.0, 90.0, 522.0, 372.0)


def distracted() -> Image.Image:
    picture = ground((1200, 800), 2)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((60, 570, 190, 720), fill=(120, 124, 126))
    for number, colour in enumerate(("#d02020", "#e0a010", "#2060d0")):
        pen.ellipse((720 + number * 90, 230, 840 + number * 90, 350), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def pattern() -> Image.Image:
    picture = ground((1200, 800), 3)
    pen = ImageDraw.Draw(picture)
    for x in range(40, 1200, 120):
        for y in range(40, 800, 120):
            pen.regular_polygon((x, y, 34), 6, fill=(180 - x // 12, 90 + y // 10, 110))
    return picture


def card(size: Size) -> Image.Image:
    picture = Image.new("RGB", size, "#1d3557")
    lines(picture, ("Fog before ten:", "what to pack,", "when to leave"), size[0] * 0.07, "white")
    return picture


def chart(size: Size) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for number, level in enumerate((0.2, 0.35, 0.3, 0.5, 0.62, 0.58, 0.7)):
        left = size[0] * (0.1 + number * 0.12)
        pen.rectangle((left, size[1] * (0.9 - level), left + size[0] * 0.08, size[1] * 0.9), fill="#457b9d")
    lines(picture, ("Mornings with fog, by month",), size[0] * 0.1, INK)
    return picture


def lines(picture: Image.Image, words: Sequence[str], left: float, colour: str) -> None:
    height = picture.width // 25
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(words):
        pen.text((left, height + number * height * 2), line, colour, font_of_height("en", height))


if __name__ == "__main__":
    main()
