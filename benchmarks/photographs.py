"""The pictures that `pictures.py` measures, drawn: the same at every run, and nobody's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageCms


def photograph(width: int, height: int) -> Image.Image:
    """Soft shapes, a bright subject off the centre, and grain of several sizes: about as hard to encode as a photograph."""
    chance = np.random.default_rng(5)
    layers = np.full((height, width, 3), 118, np.float32) + chance.normal(0, 2, (height, width, 1)).astype(np.float32)
    for cells, strength in ((4, 50), (16, 30), (64, 20), (256, 14), (1024, 10), (2400, 8)):
        coarse = chance.normal(0, strength, (max(2, cells * height // width), cells, 3))
        for channel in range(3):
            layer = Image.fromarray(coarse[..., channel].astype(np.float32))
            layers[..., channel] += np.asarray(layer.resize((width, height), Image.Resampling.BICUBIC))
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    inside = ((across / width - 0.62) / 0.13) ** 2 + ((down / height - 0.45) / 0.2) ** 2 < 1
    layers += inside[..., None] * np.array([90, 40, -60], np.float32)
    return Image.fromarray(layers.clip(0, 255).astype(np.uint8))


def display_p3() -> bytes:
    """An ICC profile, version 4, with Display P3's colorants (adapted to D50) and sRGB's tone curve."""

    def fixed(number: float) -> bytes:
        return round(number * 65536).to_bytes(4, "big", signed=True)

    def point(*numbers: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(fixed, numbers))

    def text(words: str) -> bytes:
        said = words.encode("utf-16-be")
        return b"mluc\0\0\0\0\0\0\0\1\0\0\0\x0cenUS" + len(said).to_bytes(4, "big") + (28).to_bytes(4, "big") + said

    curve = b"para\0\0\0\0\0\3\0\0" + b"".join(map(fixed, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)))
    tags = {
        b"desc": text("Display P3"),
        b"cprt": text("none"),
        b"wtpt": point(0.9642, 1.0, 0.8249),
        b"rXYZ": point(0.5151, 0.2412, -0.0011),
        b"gXYZ": point(0.2920, 0.6922, 0.0419),
        b"bXYZ": point(0.1571, 0.0666, 0.7841),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body = len(tags).to_bytes(4, "big"), b""
    for name, value in tags.items():
        value += bytes(-len(value) % 4)
        table += name + (132 + 12 * len(tags) + len(body)).to_bytes(4, "big") + len(value).to_bytes(4, "big")
        body += value
    head = bytes(4) + bytes(4) + b"\4\0\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head += b"".join(map(fixed, (0.9642, 1.0, 0.8249))) + bytes(48)
    return (len(head) + len(table) + len(body)).to_bytes(4, "big") + head[4:] + table + body


def pictures(folder: Path) -> dict[str, Path]:
    """What is measured."""
    turned = Image.Exif()
    turned[0x0112] = 6
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    large, wide, small = photograph(6000, 4000), photograph(5760, 3840), photograph(4000, 2670)
    made = {
        "24 MP JPEG, Display P3, EXIF 6": (large, "JPEG", {"icc_profile": display_p3(), "exif": turned, "quality": 92}),
        "22 MP JPEG, sRGB": (wide, "JPEG", {"icc_profile": srgb, "quality": 70}),
        "24 MP JPEG, progressive": (large, "JPEG", {"progressive": True, "quality": 92}),
        "10.7 MP PNG": (small, "PNG", {"compress_level": 4}),
    }
    paths = {}
    for name, (picture, kind, options) in made.items():
        paths[name] = folder / f"{len(paths)}.{kind.lower()}"
        picture.save(paths[name], kind, **options)
    return paths
