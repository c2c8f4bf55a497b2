"""Write a contact sheet of badges, for eyes that read the languages. Run: python docs/make_badge_sheet.py FILE.png

Both words of every language as they are drawn on pictures; below, a made-up picture in every shape, with what apps cover in red
and a named subject in a frame.
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageDraw

from socialbot.disclosure.labels import all_labels
from socialbot.pictures import Unusable
from socialbot.pictures.badge import draw, interface_zones, subject_box
from socialbot.pictures.badge_font import font_of_height
from socialbot.pictures.cropping import SHAPES, Size

KEYS = ("badge_gen", "badge_edit")
TILE: Size = (480, 170)
COLUMNS = 4
LONGEST = "tr", "badge_edit"
SUBJECT = (0.3, 0.6)


def main() -> None:
    tiles = [tile(language, key) for language in all_labels() for key in KEYS]
    shapes = [example(size) for size in SHAPES.values()]
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE[0], rows * TILE[1] + max(each.height for each in shapes)), "white")
    for number, each in enumerate(tiles):
        sheet.paste(each, (number % COLUMNS * TILE[0], number // COLUMNS * TILE[1]))
    for number, each in enumerate(shapes):
        sheet.paste(each, (number * TILE[0], rows * TILE[1]))
    sheet.save(sys.argv[1])


def hills(size: Size) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 9, size[0]), np.linspace(0, 7, size[1]))
    colours = [np.sin(across + channel) * np.cos(down - channel) * 120 + 128 for channel in range(3)]
    return Image.fromarray(np.stack(colours, -1).astype(np.uint8))


def tile(language: str, key: str) -> Image.Image:
    picture = hills(TILE)
    words = all_labels()[language][key]
    try:
        picture = draw(picture, words, language, share=0.16)
    except Unusable as refused:
        words = str(refused)
    ImageDraw.Draw(picture).text(
        (8, 8), f"{language} {key}", "white", font_of_height("en", 12), stroke_width=3, stroke_fill="black"
    )
    return picture


def example(size: Size) -> Image.Image:
    language, key = LONGEST
    marked = hills(size).convert("RGB")
    red = Image.new("RGB", size, "red")
    for box in interface_zones(size):
        marked.paste(Image.blend(marked, red, 0.3).crop([round(edge) for edge in box]), [round(edge) for edge in box])
    subject = subject_box(SUBJECT, size)
    ImageDraw.Draw(marked).rectangle(subject, outline="yellow", width=6)
    drawn = draw(marked, all_labels()[language][key], language, avoid=interface_zones(size), spare=[subject])
    return drawn.resize((TILE[0] - 10, round((TILE[0] - 10) * size[1] / size[0])))


if __name__ == "__main__":
    main()
