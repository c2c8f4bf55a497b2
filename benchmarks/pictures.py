"""Four variants of one picture: ours, the codec's own floor, and other ways to make them. Run: make benchmarks

Every contender is a warm process of its own; they run in turn, and the ratio to the floor is taken round by round, so that what
else the machine does weighs on all alike. Peak memory is that of a fresh process that makes the four variants once. pyvips and
sharp (found by node: NODE_PATH) take part where they are installed. `--rounds N` for more or fewer.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps

SHAPES = {"square": (1080, 1080), "portrait": (1080, 1350), "vertical": (1080, 1920), "landscape": (1200, 630)}
NEEDED = (1200, 1920)
QUALITY = 88
FLOOR, OURS = "floor: decode shrunk, 4 encodes", "socialbot"
SHARP = """
const sharp = require('sharp');
const shapes = SHAPES;
require('readline').createInterface({ input: process.stdin }).on('line', async (path) => {
  const cpu = process.cpuUsage(), start = process.hrtime.bigint();
  await Promise.all(shapes.map(([width, height]) => sharp(path).rotate().resize(width, height, { fit: 'cover' })
    .jpeg({ quality: QUALITY }).toBuffer()));
  const used = process.cpuUsage(cpu), wall = Number(process.hrtime.bigint() - start) / 1e9;
  const status = require('fs').readFileSync('/proc/self/status', 'utf8');
  const peak = /VmHWM:\\s+(\\d+)/.exec(status)[1] / 1024;
  console.log(JSON.stringify({ wall, cpu: (used.user + used.system) / 1e6, peak }));
});
"""


def floor(path: Path) -> Callable[[], object]:
    """Decode at the codec's own reduced scale; encode four frames that are ready. No crop, resize, rotation or colour."""
    with Image.open(path) as opened:
        opened.draft("RGB", _stored(opened, NEEDED))
        ready = [opened.convert("RGB").resize(size, Image.Resampling.BOX) for size in SHAPES.values()]

    def work() -> None:
        with Image.open(path) as opened:
            opened.draft("RGB", _stored(opened, NEEDED))
            opened.load()
        for frame in ready:
            frame.save(BytesIO(), "JPEG", quality=QUALITY)

    return work


def ours(path: Path) -> Callable[[], object]:
    """All that a post's pictures go through: marks read, subject found, variants filed; nothing kept from the round before."""
    from socialbot.media import Media
    from socialbot.nouns import Picture
    from socialbot.pictures import Darkroom

    def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            darkroom = Darkroom(Media(Path(folder)))
            for shape in SHAPES:
                darkroom.develop(Picture("it", file=path), shape, max_bytes=10_000_000)  # type: ignore[arg-type]

    return work


def pillow(path: Path) -> Callable[[], object]:
    """As most programs do it: everything at full size, centre crops."""

    def work() -> None:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened)
            profile = opened.info.get("icc_profile")
        if profile:
            picture = ImageCms.profileToProfile(
                picture, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            )
        for size in SHAPES.values():
            ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS).save(BytesIO(), "JPEG", quality=QUALITY)

    return work


def vips_once(path: Path) -> Callable[[], object]:
    """pyvips, decoded once at the smallest scale that serves, centre crops."""
    import pyvips  # type: ignore[import-not-found]

    def work() -> None:
        head = pyvips.Image.new_from_file(str(path))
        turned = head.get_typeof("orientation") != 0 and head.get("orientation") >= 5
        width, height = (head.height, head.width) if turned else (head.width, head.height)
        scale = max(NEEDED[0] / width, NEEDED[1] / height)
        options = {"output_profile": "srgb"} if head.get_typeof("icc-profile-data") else {}
        master = pyvips.Image.thumbnail(str(path), round(width * scale), height=100_000, **options).copy_memory()
        for size in SHAPES.values():
            master.thumbnail_image(size[0], height=size[1], crop="centre").jpegsave_buffer(Q=QUALITY, keep="none")

    return work


def vips_each(path: Path) -> Callable[[], object]:
    """pyvips, its usual call: one thumbnail after the other from the file, attention crops."""
    import pyvips

    def work() -> None:
        head = pyvips.Image.new_from_file(str(path))
        options = {"output_profile": "srgb"} if head.get_typeof("icc-profile-data") else {}
        for width, height in SHAPES.values():
            made = pyvips.Image.thumbnail(str(path), width, height=height, crop="attention", **options)
            made.jpegsave_buffer(Q=QUALITY, keep="none")

    return work


CONTENDERS: Mapping[str, Callable[[Path], Callable[[], object]]] = {
    FLOOR: floor,
    OURS: ours,
    "Pillow, naive": pillow,
    "pyvips, decoded once, centre": vips_once,
    "pyvips, 4 thumbnails, attention": vips_each,
}


def _stored(opened: Image.Image, size: tuple[int, int]) -> tuple[int, int]:
    return size[::-1] if opened.getexif().get(0x0112, 1) >= 5 else size


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


def answer_lines(contender: str) -> None:
    """The child: a path on each line of standard input, one round of work, what it took on standard output."""
    known: dict[str, Callable[[], object]] = {}
    for line in sys.stdin:
        path = line.strip()
        work = known.get(path) or known.setdefault(path, CONTENDERS[contender](Path(path)))
        cpu, start = _cpu_s(), time.perf_counter()
        work()
        wall, cpu = time.perf_counter() - start, _cpu_s() - cpu
        print(json.dumps({"wall": wall, "cpu": cpu, "peak": _peak_mb()}), flush=True)


def _cpu_s() -> float:
    """Of this process, of those it has waited for, and of those it has."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    alive = [task for child in _children() for task in Path("/proc", child, "task").iterdir()]
    return sum(one.ru_utime + one.ru_stime for one in used) + sum(
        int((task / "schedstat").read_text().split()[0]) / 1e9 for task in alive
    )


def _children() -> list[str]:
    return Path("/proc/self/task", str(os.getpid()), "children").read_text().split()


def _peak_mb() -> float:
    """The largest of this process and of those it has."""
    return max(_peak_of(process) for process in ["self", *_children()])


def _peak_of(process: str) -> float:
    lines = Path("/proc", process, "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


@contextmanager
def worker(contender: str) -> Iterator[Callable[[Path], dict[str, float]]]:
    """A contender's process, asked for one round at a time. Raises ValueError when it cannot work here."""
    command = [sys.executable, __file__, "--answer", contender]
    if contender == "sharp, 4 in parallel":
        script = SHARP.replace("SHAPES", json.dumps(list(SHAPES.values()))).replace("QUALITY", str(QUALITY))
        command = [shutil.which("node") or "node", "-e", script]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def ask(path: Path) -> dict[str, float]:
        assert child.stdin and child.stdout
        child.stdin.write(f"{path}\n")
        child.stdin.flush()
        told: dict[str, float] = json.loads(child.stdout.readline())
        return told

    try:
        yield ask
    finally:
        child.communicate()


def installed() -> list[str]:
    """The contenders that can work here."""
    found = [name for name in CONTENDERS if "vips" not in name or _succeeds(sys.executable, "-c", "import pyvips")]
    if shutil.which("node") and _succeeds("node", "-e", "require('sharp')"):
        found.append("sharp, 4 in parallel")
    return found


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def measure(contenders: list[str], path: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Each contender's rounds, interleaved, after one that warms up."""
    from contextlib import ExitStack

    took: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    with ExitStack() as stack:
        asks = {name: stack.enter_context(worker(name)) for name in contenders}
        for turn in range(rounds + 1):
            for name in contenders[turn % len(contenders) :] + contenders[: turn % len(contenders)]:
                told = asks[name](path)
                if turn:
                    took[name].append(told)
    return took


def peak_mb(contender: str, path: Path) -> float:
    """Of a fresh process that does it once."""
    if contender == FLOOR:  # its frames were made ready in the same process
        return 0.0
    with worker(contender) as ask:
        return ask(path)["peak"]


def table(name: str, path: Path, contenders: list[str], rounds: int) -> None:
    """One picture's rows."""
    took = measure(contenders, path, rounds)
    print(f"\n{name}, {path.stat().st_size / 1e6:.1f} MB\n")
    print("| | wall ms | CPU ms | wall / floor | CPU / floor | peak MB |\n|---|---|---|---|---|---|")
    for contender, each in took.items():
        cells = [f"{statistics.median(one[key] for one in each) * 1000:.0f}" for key in ("wall", "cpu")]
        for key in ("wall", "cpu"):
            pairs = zip(each, took[FLOOR], strict=True)
            cells.append(f"{statistics.median(one[key] / least[key] for one, least in pairs):.1f}")
        peak = peak_mb(contender, path)
        print(f"| {contender} | {' | '.join(cells)} | {f'{peak:.0f}' if peak else ''} |", flush=True)


def stages(paths: Mapping[str, Path], rounds: int) -> None:
    """CPU of each of our stages, by picture; what a stage calls that is a stage itself is not counted twice."""
    from socialbot.pictures import darkroom, opening

    seams: list[tuple[Any, str]] = [
        (darkroom, "open_master"),
        (opening, "_to_srgb"),
        (darkroom, "subject_map"),
        (darkroom, "is_graphic"),
        (darkroom, "subjects"),
        (darkroom, "read_marks"),
        (darkroom, "render"),
        (darkroom, "encode"),
    ]
    seams = [(module, name) for module, name in seams if hasattr(module, name)]
    print(f"\n| CPU ms | {' | '.join(name for _, name in seams)} | the rest |\n|---|{'---|' * (len(seams) + 1)}")
    for picture, path in paths.items():
        work = ours(path)
        work()
        spent = dict.fromkeys([*(name for _, name in seams), "all"], 0.0)
        with _timed(seams, spent):
            for _ in range(rounds):
                start = time.process_time()
                work()
                spent["all"] += time.process_time() - start
        rest = spent.pop("all") - sum(spent.values())
        print(f"| {picture} | {' | '.join(f'{one / rounds * 1000:.0f}' for one in [*spent.values(), rest])} |", flush=True)


@contextmanager
def _timed(seams: list[tuple[Any, str]], spent: dict[str, float]) -> Iterator[None]:
    inner = [0.0]

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            inner.append(0.0)
            start = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                took = time.process_time() - start
                spent[name] += took - inner.pop()
                inner[-1] += took

        return call

    kept = [(module, name, getattr(module, name)) for module, name in seams]
    try:
        for module, name, function in kept:
            setattr(module, name, timed(name, function))
        yield
    finally:
        for module, name, function in kept:
            setattr(module, name, function)


def main() -> None:
    """Print the tables."""
    rounds = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 9
    contenders = installed()
    print(f"Python {sys.version.split()[0]}, Pillow {Image.__version__}, {os.cpu_count()} cores, {rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        paths = pictures(Path(folder))
        for name, path in paths.items():
            table(name, path, contenders, rounds)
        stages(paths, rounds)


if __name__ == "__main__":
    if "--answer" in sys.argv:
        answer_lines(sys.argv[-1])
    else:
        main()
