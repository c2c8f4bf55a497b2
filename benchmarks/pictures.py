"""Four variants of one picture: ours, the codec's own floor, and other ways to make them. Run: make benchmarks

Every contender is a warm process of its own; they run in turn, and the ratio to the floor is taken round by round, so that what
else the machine does weighs on all alike. Peak memory is that of a fresh process that makes the four variants once, and of the
child that decodes for it. pyvips and sharp (found by node: NODE_PATH) take part where they are installed. `--rounds N` for more
or fewer.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from photographs import pictures
from PIL import Image, ImageCms, ImageOps

SHAPES = {"square": (1080, 1080), "portrait": (1080, 1350), "vertical": (1080, 1920), "landscape": (1200, 630)}
NEEDED = (1200, 1920)
QUALITY = 88
CROWD = 16
FLOOR, OURS, AT_ONCE = "floor: decode shrunk, 4 encodes", "socialbot", f"socialbot, {CROWD} at once"
FOLDER = "BENCHMARK_FOLDER"
"""The variable that tells the contenders' processes where to leave what they write."""
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
    """All that a post's pictures go through: marks read, subject found, variants filed. One darkroom is there for all rounds,
    as in a worker, and in each it meets another file: one byte more lies behind the picture's end.
    """
    from socialbot.nouns import Picture

    darkroom, file = _darkroom(), _copy(path)

    def work() -> None:
        with file.open("ab") as end:
            end.write(b"x")
        for shape in SHAPES:
            darkroom.develop(Picture("it", file=file), shape, max_bytes=10_000_000)  # type: ignore[arg-type]

    return work


def crowd(path: Path) -> Callable[[], object]:
    """Sixteen threads ask one darkroom for four variants each, every one of a picture of its own."""
    from socialbot.nouns import Picture

    darkroom, files = _darkroom(), [_copy(path, bytes(number)) for number in range(CROWD)]

    def ask(file: Path) -> None:
        for shape in SHAPES:
            darkroom.develop(Picture("it", file=file), shape, max_bytes=10_000_000)  # type: ignore[arg-type]

    def work() -> None:
        with ThreadPoolExecutor(CROWD) as threads:
            list(threads.map(ask, files))

    return work


def _darkroom() -> Any:
    from socialbot.media import Media
    from socialbot.pictures import Darkroom

    return Darkroom(Media(Path(tempfile.mkdtemp(dir=os.environ[FOLDER]))))


def _copy(path: Path, more: bytes = b"") -> Path:
    copy = Path(tempfile.mkdtemp(dir=os.environ[FOLDER]), path.name)
    copy.write_bytes(path.read_bytes() + more)
    return copy


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


def vips_once(path: Path, crop: str = "centre") -> Callable[[], object]:
    """pyvips, decoded once at the smallest scale that serves."""
    import pyvips  # type: ignore[import-not-found]

    def work() -> None:
        head = pyvips.Image.new_from_file(str(path))
        turned = head.get_typeof("orientation") != 0 and head.get("orientation") >= 5
        width, height = (head.height, head.width) if turned else (head.width, head.height)
        scale = max(NEEDED[0] / width, NEEDED[1] / height)
        options = {"output_profile": "srgb"} if head.get_typeof("icc-profile-data") else {}
        master = pyvips.Image.thumbnail(str(path), round(width * scale), height=100_000, **options).copy_memory()
        for size in SHAPES.values():
            master.thumbnail_image(size[0], height=size[1], crop=crop).jpegsave_buffer(Q=QUALITY, keep="none")

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
    "pyvips, decoded once, attention": partial(vips_once, crop="attention"),
    "pyvips, 4 thumbnails, attention": vips_each,
    AT_ONCE: crowd,
}


def _stored(opened: Image.Image, size: tuple[int, int]) -> tuple[int, int]:
    return size[::-1] if opened.getexif().get(0x0112, 1) >= 5 else size


def answer_lines(contender: str) -> None:
    """The child: a path on each line of standard input, one round of work, what it took on standard output."""
    known: dict[str, Callable[[], object]] = {}
    for line in sys.stdin:
        path = line.strip()
        work = known.get(path) or known.setdefault(path, CONTENDERS[contender](Path(path)))
        cpu, start = _cpu_s(), time.perf_counter()
        work()
        wall, cpu = time.perf_counter() - start, _cpu_s() - cpu
        peaks = {"peak": _peak_mb("self"), "child": sum(map(_peak_mb, _children()))}
        print(json.dumps({"wall": wall, "cpu": cpu, **peaks}), flush=True)


def _cpu_s() -> float:
    """Of this process, of those it has waited for, and of those it has."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    alive = [task for child in _children() for task in Path("/proc", child, "task").iterdir()]
    return sum(one.ru_utime + one.ru_stime for one in used) + sum(
        int((task / "schedstat").read_text().split()[0]) / 1e9 for task in alive
    )


def _children() -> list[str]:
    return Path("/proc/self/task", str(os.getpid()), "children").read_text().split()


def _peak_mb(process: str) -> float:
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
    vips = _succeeds(sys.executable, "-c", "import pyvips")
    found = [name for name in CONTENDERS if name != AT_ONCE and (vips or "vips" not in name)]
    if shutil.which("node") and _succeeds("node", "-e", "require('sharp')"):
        found.append("sharp, 4 in parallel")
    return found


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def measure(contenders: list[str], path: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Each contender's rounds, interleaved, after one that warms up."""
    took: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    with ExitStack() as stack:
        asks = {name: stack.enter_context(worker(name)) for name in contenders}
        for turn in range(rounds + 1):
            for name in contenders[turn % len(contenders) :] + contenders[: turn % len(contenders)]:
                told = asks[name](path)
                if turn:
                    took[name].append(told)
    return took


def peak_mb(contender: str, path: Path) -> str:
    """Of a fresh process that does it once, and of the child it has."""
    if contender == FLOOR:  # its frames were made ready in the same process
        return ""
    with worker(contender) as ask:
        told = ask(path)
    return f"{told['peak']:.0f}" + (f" + {told['child']:.0f}" if told.get("child") else "")


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
        print(f"| {contender} | {' | '.join(cells)} | {peak_mb(contender, path)} |", flush=True)


def crowds(paths: Mapping[str, Path]) -> None:
    """What one darkroom takes when sixteen threads ask it at once."""
    print(f"\n| {CROWD} at once | wall s | CPU s | peak MB |\n|---|---|---|---|")
    for name, path in paths.items():
        with worker(AT_ONCE) as ask:
            told = ask(path)
        print(f"| {name} | {told['wall']:.1f} | {told['cpu']:.1f} | {told['peak']:.0f} + {told['child']:.0f} |", flush=True)


def stages(paths: Mapping[str, Path], rounds: int) -> None:
    """CPU of each of our stages, by picture. Those of the child are measured in this process: what it takes beyond them goes on
    the way there and back.
    """
    from socialbot.media import Media
    from socialbot.pictures import darkroom, negative, opening

    inside = {"decode": (opening, "_load"), "reduce": (opening, "_reduced"), "colour": (opening, "_to_srgb")}
    outside = {
        "there and back": (negative, "decode"),
        "map": (negative, "subject_map"),
        "graphic?": (negative, "is_graphic"),
        "detectors": (negative, "subjects"),
        "marks": (negative, "read_marks"),
        "render": (darkroom, "render"),
        "encode": (darkroom, "encode"),
        "placeholder": (darkroom, "placeholder"),
        "file": (Media, "put"),
    }
    names = [*inside, *outside]
    print(f"\n| CPU ms | {' | '.join(names)} | the rest | all |\n|---|{'---|' * (len(names) + 2)}")
    for picture, path in paths.items():
        work, content = ours(path), path.read_bytes()
        spent = _spent(inside, lambda content=content: opening.open_master(content, NEEDED), rounds)  # type: ignore[misc]
        of_child = sum(spent[name] for name in inside)
        spent = {**spent, **_spent(outside, work, rounds)}
        rest = spent["all"] - sum(spent[name] for name in outside)
        spent["there and back"] -= of_child
        cells = [*(spent[name] for name in names), rest, spent["all"]]
        print(f"| {picture} | {' | '.join(f'{one * 1000:.0f}' for one in cells)} |", flush=True)


def _spent(seams: Mapping[str, tuple[Any, str]], work: Callable[[], object], rounds: int) -> dict[str, float]:
    """Seconds of CPU by seam, and of all, per round; after one that warms up."""
    work()
    spent = dict.fromkeys([*seams, "all"], 0.0)
    with _timed(seams, spent):
        start = _cpu_s()
        for _ in range(rounds):
            work()
        spent["all"] = _cpu_s() - start
    return {name: each / rounds for name, each in spent.items()}


@contextmanager
def _timed(seams: Mapping[str, tuple[Any, str]], spent: dict[str, float]) -> Iterator[None]:
    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            start = _cpu_s()
            try:
                return function(*arguments, **options)
            finally:
                spent[name] += _cpu_s() - start

        return call

    kept = [(name, module, attribute, getattr(module, attribute)) for name, (module, attribute) in seams.items()]
    try:
        for name, module, attribute, function in kept:
            setattr(module, attribute, timed(name, function))
        yield
    finally:
        for _, module, attribute, function in kept:
            setattr(module, attribute, function)


def main() -> None:
    """Print the tables."""
    rounds = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 9
    contenders = installed()
    print(f"Python {sys.version.split()[0]}, Pillow {Image.__version__}, {os.cpu_count()} cores, {rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        os.environ[FOLDER] = folder
        paths = pictures(Path(folder))
        for name, path in paths.items():
            table(name, path, contenders, rounds)
        crowds(paths)
        stages(paths, rounds)


if __name__ == "__main__":
    if "--answer" in sys.argv:
        answer_lines(sys.argv[-1])
    else:
        main()
