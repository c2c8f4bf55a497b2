"""Draws the three pictures of the example post. They show no real place: every ridge, tree and veil of fog is seeded noise.

python examples/draw_pictures.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Plane = NDArray[np.float64]
Colour = tuple[float, float, float]

NAME = "2025-11-20-how-to-photograph-landscapes-in-morning-fog"
JPEG_QUALITY = 85
ORIENTATION = 0x0112


def noise(rng: np.random.Generator, width: int, height: int, cells_x: float, cells_y: float, octaves: int) -> Plane:
    """Smooth fractal noise, `height` × `width`, about 0 to 1; `cells` are the coarsest bumps across and down."""
    total = np.zeros((height, width))
    for octave in range(octaves):
        grid = rng.random((max(2, round(cells_y * 2**octave) + 1), max(2, round(cells_x * 2**octave) + 1))).astype(np.float32)
        layer = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer, float) / 2**octave
    return total / (2 - 2 ** (1 - octaves))


def skyline(rng: np.random.Generator, width: int, bumps: float, octaves: int) -> Plane:
    """The height of a ridge along the picture, about -0.5 to 0.5."""
    return noise(rng, width, 2, bumps, 1, octaves)[0] - 0.5


def crests(rng: np.random.Generator, width: int, bumps: float) -> Plane:
    """A mountain's outline, -0.5 to 0.5: sharp at the tops, worn smooth in the saddles."""
    line = np.zeros(width)
    for octave in range(7):
        folded = 1 - 2 * np.abs(skyline(rng, width, bumps * 2**octave, 1))
        line += (folded - 0.5) * 0.5**octave
    return line / 2


def mix(below: Plane, colour: Colour | Plane, share: Plane | float) -> Plane:
    """`colour` laid over the picture; `share` 0 leaves it, 1 covers it."""
    share = np.asarray(share)[..., None] if np.ndim(share) else np.asarray(share)
    return below * (1 - share) + np.asarray(colour) * share


def glow(width: int, height: int, x: float, y: float, radius: float) -> Plane:
    """Light around a point, 1 at its middle; all in fractions of the width."""
    down, across = np.mgrid[0:height, 0:width] / width
    return np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * radius**2))


def vertical(height: int, stops: list[tuple[float, Colour]]) -> Plane:
    """A gradient from top (0) to bottom (1), `height` × 1 × 3."""
    places = np.linspace(0, 1, height)
    channels = [np.interp(places, [at for at, _ in stops], [colour[one] for _, colour in stops]) for one in range(3)]
    return np.stack(channels, axis=1)[:, None, :]


def finish(rng: np.random.Generator, picture: Plane) -> Image.Image:
    """Grain, a little vignette and a soft shoulder, as a lens and a sensor would give."""
    height, width = picture.shape[:2]
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    picture = picture * (1 - 0.10 * (across**2 + down**2))[..., None]
    grain = rng.normal(0, 1, (height // 2, width // 2)).astype(np.float32)
    grain = np.asarray(Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC), float)
    picture = np.where(picture > 0.8, 0.8 + 0.2 * np.tanh((picture - 0.8) / 0.2), picture) + 0.007 * grain[..., None]
    return Image.fromarray((np.clip(picture, 0, 1) * 255 + rng.random(picture.shape)).clip(0, 255).astype(np.uint8))


def ridges(width: int = 2400, height: int = 1600) -> Image.Image:
    """Mountain ridges one behind the other, fog in the valleys, a low sun right of the middle."""
    rng = np.random.default_rng(14)
    sun = (0.685, 0.205)
    sky = [(0, (0.42, 0.52, 0.66)), (0.2, (0.76, 0.73, 0.75)), (0.36, (0.97, 0.83, 0.70)), (1, (0.9, 0.8, 0.74))]
    picture = np.tile(vertical(height, sky), (1, width, 1))
    clouds = noise(rng, width, height, 3, 16, 6)
    picture = mix(picture, (0.99, 0.88, 0.80), np.clip((clouds - 0.5) * 2.0, 0, 1) * 0.45)
    picture += glow(width, height, *sun, 0.20)[..., None] * np.array([0.20, 0.13, 0.06])
    picture += glow(width, height, *sun, 0.07)[..., None] * np.array([0.22, 0.20, 0.12])
    picture = mix(picture, (1.6, 1.55, 1.4), np.clip(glow(width, height, *sun, 0.0125) * 2.2, 0, 1))
    rows = np.arange(height)[:, None] / height
    across = np.arange(width)[None, :] / width
    layers = 7
    for layer in range(layers):
        near = layer / (layers - 1)
        line = 0.355 + 0.50 * near**1.2 - (0.13 + 0.05 * near) * crests(rng, width, 2.0 + 1.8 * near)
        line += 0.06 * (1 - near) * np.exp(-(((across[0] - sun[0]) / 0.16) ** 2)) + 0.07 * near * across[0]
        trees = firs(rng, width, 0.018 + 0.075 * (near - 0.6)) if near > 0.6 else np.zeros(width)
        body = np.clip((rows - (line - trees)[None, :]) * height / 1.5, 0, 1)
        far, close = np.array([0.79, 0.745, 0.765]), np.array([0.07, 0.105, 0.135])
        warm = np.exp(-((across - sun[0]) ** 2) / 0.05) * (1 - near) ** 1.5 * 0.17
        rock = far + (close - far) * near**0.8 + warm[..., None] * np.array([1.0, 0.58, 0.18]) + np.zeros((height, 1, 1))
        rock = rock + (noise(rng, width, height, 30, 44, 5)[..., None] - 0.5) * (0.03 + 0.07 * near)
        picture = picture * (1 - body[..., None]) + rock * body[..., None]
        # Fog lies in the valley in front of this ridge, thicker further down, torn at its upper edge.
        depth = rows - line[None, :]
        torn = noise(rng, width, height, 3, 13, 6) - 0.5
        fog = np.clip((depth - 0.03 + 0.11 * torn) / (0.12 + 0.06 * near), 0, 1) ** 1.2 * np.clip(0.8 + 1.3 * torn, 0, 1)
        light = np.array([0.90, 0.855, 0.845]) + np.exp(-((across - sun[0]) ** 2) / 0.09)[..., None] * np.array(
            [0.09, 0.03, -0.06]
        )
        picture = mix(picture, light, fog * body * (0.97 - 0.50 * near**2.5))
    return finish(rng, picture)


def firs(rng: np.random.Generator, width: int, size: float) -> Plane:
    """The outline that a wood of firs adds to a ridge, in fractions of the picture's height."""
    outline = np.zeros(width)
    places = np.arange(width)
    stand = np.clip(skyline(rng, width, 7, 4) * 3 + 0.75, 0, 1)
    for middle in rng.integers(0, width, 900):
        tall = size * stand[middle] * rng.uniform(0.25, 1.0) ** 1.4
        reach = int(tall * width * 0.15)
        if reach < 3:
            continue
        near = places[max(0, middle - reach) : middle + reach]
        away = np.abs(near - middle) / reach
        outline[near] = np.maximum(outline[near], tall * (1 - away) ** 1.25 * (0.78 + 0.22 * rng.random(near.size)))
    return outline


def branches(
    draw: ImageDraw.ImageDraw, rng: np.random.Generator, at: tuple[float, float], angle: float, length: float, thick: float
) -> None:
    """A bare tree, branch by branch."""
    if length < 7 or thick < 0.6:
        return
    place, steps = at, 6
    for step in range(steps):
        angle += rng.normal(0, 0.075)
        end = (place[0] + np.cos(angle) * length / steps, place[1] - np.sin(angle) * length / steps)
        now = thick * (1 - 0.32 * step / steps)
        draw.line([place, end], fill=255, width=max(1, round(now)))
        draw.ellipse([end[0] - now / 2, end[1] - now / 2, end[0] + now / 2, end[1] + now / 2], fill=255)
        place = end
    for turn in rng.permutation([-1, 1, rng.choice([-0.25, 0.25])]):
        droop = 0.06 * np.cos(angle)
        branches(
            draw,
            rng,
            place,
            angle + turn * rng.uniform(0.28, 0.62) - droop,
            length * rng.uniform(0.66, 0.84),
            thick * rng.uniform(0.5, 0.68),
        )


def lone_tree(width: int = 1600, height: int = 2400) -> Image.Image:
    """A bare tree on a spit of land, right of the middle, and its reflection in a still lake; fog has taken the far shore."""
    rng = np.random.default_rng(29)
    shore = 0.64
    fog = [(0, (0.60, 0.68, 0.74)), (0.35, (0.76, 0.80, 0.82)), (shore, (0.88, 0.885, 0.87)), (1, (0.88, 0.885, 0.87))]
    picture = np.tile(vertical(height, fog), (1, width, 1))
    picture = mix(picture, (0.95, 0.94, 0.91), np.clip((noise(rng, width, height, 2, 9, 5) - 0.48) * 1.4, 0, 1) * 0.6)
    picture += glow(width, height, 0.30, 0.62, 0.30)[..., None] * np.array([0.09, 0.07, 0.03])
    rows = np.arange(height)[:, None] / height
    # The far shore, almost gone.
    hill = shore - 0.030 - 0.06 * (skyline(rng, width, 3, 6) + 0.22)
    far = hill - firs(rng, width, 0.022)
    seen = (
        np.clip((rows - far[None, :]) * height / 6, 0, 1)
        * (rows < shore)
        * np.clip(1.05 - (rows - hill[None, :]) / 0.045, 0.05, 1)
    )
    picture = mix(picture, (0.62, 0.68, 0.70), seen * 0.42 * (0.4 + 0.6 * noise(rng, width, 2, 2, 1, 3)[0][None, :]))
    tree = Image.new("L", (width * 2, height * 2))
    foot = (width * 2 * 0.605, height * 2 * (shore - 0.010))
    branches(ImageDraw.Draw(tree), rng, foot, np.pi / 2 + 0.03, height * 0.178, 58)
    crown = (
        np.asarray(tree.resize((width, height), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(0.8)), float) / 255
    )
    spit = np.exp(-(((np.arange(width) / width - 0.66) / 0.26) ** 4)) * 0.020 - 0.004
    grass = 0.006 * np.abs(skyline(rng, width, 160, 4)) * (spit > 0)
    land = np.clip((rows - (shore - np.clip(spit, 0, 1) - grass)[None, :]) * height / 2, 0, 1)
    land = land * (rows < shore + 0.004) * (spit > 0.0005)
    dark = np.clip(crown * (0.60 + 0.35 * np.clip((rows - 0.28) / 0.34, 0, 1)) + land * 0.92, 0, 1)
    dark = dark * (1 - 0.55 * np.clip((noise(rng, width, height, 2, 12, 5) - 0.46) * 2.6, 0, 1))
    picture = mix(picture, (0.145, 0.165, 0.18), dark)
    picture = mirror(rng, picture, shore)
    veil = np.exp(-(((rows - shore - 0.012) / 0.03) ** 2)) * np.clip(noise(rng, width, height, 2.5, 30, 5) * 1.5 - 0.45, 0, 1)
    return finish(rng, mix(picture, (0.92, 0.92, 0.90), veil * 0.75))


def mirror(rng: np.random.Generator, picture: Plane, shore: float) -> Plane:
    """Still water below `shore`: what stands above, upside down, darker, blurred and moved by ripples that grow towards us."""
    height, width = picture.shape[:2]
    line = round(shore * height)
    soft = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2.2))
    source = np.asarray(soft, float) / 255
    depth = np.arange(height - line)
    ripples = noise(rng, width, height - line, 3, 70, 4) - 0.5
    strength = (depth / depth.size)[:, None]
    moved = np.clip(line - 1 - depth[:, None] * 1.0 + ripples * (6 + 70 * strength), 0, line - 1).astype(int)
    aside = np.clip(np.arange(width)[None, :] + ripples * (3 + 26 * strength), 0, width - 1).astype(int)
    water = source[moved, aside]
    water = mix(water, (0.60, 0.66, 0.70), 0.16 + 0.20 * strength * np.ones((1, width)))
    water = water * (1 + (ripples[..., None]) * 0.10 * strength[..., None])
    result = picture.copy()
    result[line:] = water * (1.0 - 0.12 * strength[..., None])
    return result


def forest(width: int = 2400, height: int = 1350) -> Image.Image:
    """Tall trunks that fade into fog, and a path between them that leads left of the middle."""
    rng = np.random.default_rng(8)
    goal, horizon, reach = 0.385, 0.60, 0.37
    air = np.array([0.905, 0.905, 0.850])
    sky = [(0, (0.66, 0.70, 0.66)), (0.35, (0.86, 0.87, 0.82)), (horizon, tuple(air)), (1, tuple(air))]
    picture = np.tile(vertical(height, sky), (1, width, 1))
    picture += glow(width, height, goal, 0.22, 0.17)[..., None] * np.array([0.10, 0.085, 0.035])
    down, across = np.mgrid[0:height, 0:width].astype(float)
    down, across = down / height, across / width
    haze = picture
    picture = path_and_leaves(rng, picture, across, down, (goal, horizon, reach))
    fog = noise(rng, width, height, 2.5, 4, 5)
    # Distances in steps: the trunk at 1 stands at our feet. Further away there is room for more of them.
    distances = np.sort(np.concatenate([1.05 + 15 * np.sqrt(rng.random(330)), rng.uniform(1.1, 4, 13)]))[::-1]
    for distance in distances:
        aside = rng.uniform(-0.72, 0.72) * distance
        if abs(aside - bend(distance)) > 0.30 + 0.02 * distance and (distance > 1.6 or abs(aside) > 0.33):
            picture = trunk(rng, picture, distance, goal + aside / distance, horizon + reach / distance, fog, haze)
    rays = np.arctan2(across - 0.30, down + 0.55)
    beams = np.interp(rays, np.linspace(-1.2, 1.2, 400), np.clip(skyline(rng, 400, 26, 3) * 2.4, 0, 1))
    shine = beams * np.exp(-(((across - goal - 0.05) / 0.30) ** 2)) * np.clip(1.1 - down * 1.25, 0, 1)
    return finish(rng, mix(picture, (1.0, 0.985, 0.90), shine * 0.34))


def bend(distance: Plane | float) -> Plane | float:
    """How far aside the path lies at a distance, in steps."""
    return 0.16 * np.sin(np.asarray(distance) * 0.75 - 0.4) * np.asarray(distance) ** 0.5 - 0.02


def path_and_leaves(
    rng: np.random.Generator, picture: Plane, across: Plane, down: Plane, view: tuple[float, float, float]
) -> Plane:
    """The forest floor in perspective: fallen leaves, a trodden path, both lost in the fog towards the horizon."""
    goal, horizon, reach = view
    below = np.clip(down - horizon, 1e-3, None)
    distance = reach / below
    aside = (across - goal) * distance
    size = 2048
    leaves = noise(rng, size, size, 90, 90, 5)

    def sample(scale: float) -> Plane:
        # Back and forth over the texture, so that it has no seams.
        places = [np.abs((one * scale) % 2 - 1) * (size - 1) for one in (aside, distance)]
        return leaves[places[1].astype(int), places[0].astype(int)] - 0.5

    litter = sample(0.42) + 0.6 * sample(0.11) + 0.9 * sample(1.9) * np.exp(-(distance - 1) / 2)
    earth = np.array([0.40, 0.315, 0.215]) + litter[..., None] * np.array([0.62, 0.50, 0.36])
    moss = np.clip(sample(0.05) * 5 - 0.15, 0, 1)
    earth = mix(earth, np.array([0.27, 0.30, 0.17]) + litter[..., None] * 0.3, moss * 0.6)
    edge = np.abs(aside - bend(distance)) / (0.21 + 0.25 * sample(0.2))
    worn = np.array([0.56, 0.50, 0.42]) + (sample(0.6) + sample(1.7))[..., None] * 0.22
    earth = mix(earth, worn, np.clip((1.15 - edge) * 2.2, 0, 1) * 0.85)
    earth *= (0.62 + 0.38 * np.exp(-((across - goal) ** 2) / 0.12))[..., None]
    seen = np.exp(-(distance - 1) / 3.1) * np.clip((down - horizon) * 60, 0, 1)
    return mix(picture, earth, seen)


def trunk(rng: np.random.Generator, picture: Plane, distance: float, x: float, foot: float, fog: Plane, haze: Plane) -> Plane:
    """One tree: the further, the thinner and paler; its roots spread a little, its bark shows when it is near."""
    height, width = fog.shape
    thick = 0.0235 / distance * rng.uniform(0.6, 1.25)
    lean = rng.normal(0, 0.010)
    left, right = (int(np.clip((x + side * (thick * 4 + abs(lean))) * width, 0, width)) for side in (-1, 1))
    if right - left < 3:
        return picture
    ys, xs = np.mgrid[0:height, left:right].astype(float)
    ys, xs = ys / height, xs / width
    middle = x + lean * (foot - ys) + 0.05 * thick * np.sin(ys * 11 + rng.uniform(0, 6))
    flare = np.exp(-np.clip(foot - ys, 0, None) * distance / 0.035)
    half = thick * (0.70 + 0.30 * ys / foot) * (1 + 0.75 * flare)
    side = (xs - middle) / half
    bark = noise(rng, right - left, height, max(2.0, (right - left) / 14), 20 * min(3.0, distance), 5) - 0.5
    ragged = 1 - np.abs(side) + 0.10 * bark
    softness = 1.2 + 0.5 * distance**0.5
    ground = foot + 0.012 / distance * (bark + 0.4 * np.cos(np.clip(side, -2, 2) * 1.6))
    inside = np.clip(ragged * half * width / softness, 0, 1) * np.clip((ground - ys) * height / (3 + 6 / distance), 0, 1)
    lit = np.clip(side * (-1 if x > 0.385 else 1), -1, 1)
    wood = np.array([0.105, 0.10, 0.085]) + (bark * 0.26)[..., None] + (lit * 0.05)[..., None] * np.array([1.0, 0.95, 0.75])
    clear = np.exp(-(distance - 1) / 3.6 * (0.55 + 0.9 * fog[:, left:right]))
    wood = wood * clear[..., None] + haze[:, left:right] * (1 - clear[..., None])
    share = inside[..., None]
    behind = picture[:, left:right]
    # Where the foot meets the ground it is a little darker.
    contact = np.exp(-(((ys - foot) / (0.03 / distance)) ** 2) - (side / 1.5) ** 2) * 0.45 * clear
    behind = behind * (1 - contact[..., None])
    picture[:, left:right] = behind * (1 - share) + wood * share
    return picture


def main(folder: Path) -> None:
    """Write the three files; the portrait is stored lying, as a camera held upright stores it."""
    folder.mkdir(parents=True, exist_ok=True)
    ridges().save(folder / f"{NAME}-1.jpg", quality=JPEG_QUALITY, optimize=True)
    turned = Image.Exif()
    turned[ORIENTATION] = 6
    lying = lone_tree().transpose(Image.Transpose.ROTATE_90)
    lying.save(folder / f"{NAME}-2.jpg", quality=JPEG_QUALITY, optimize=True, exif=turned)
    forest().save(folder / f"{NAME}-3.jpg", quality=JPEG_QUALITY, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "public/photos")
