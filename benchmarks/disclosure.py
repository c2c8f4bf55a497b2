"""Disclosure: what it costs to read a file's evidence, to draw a badge, to mark and to sign, beside saving the picture plainly.

Run: make benchmarks. The rows on Content Credentials need the extra `socialbot[c2pa]`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from socialbot.disclosure import all_packs, chosen, express, of_picture
from socialbot.media import Media
from socialbot.networks import counted, limits_of
from socialbot.nouns import Badge, Disclosure, Picture
from socialbot.pictures import Darkroom
from socialbot.settings import AccountSettings

SIZE = (1080, 1080)
BADGE = Badge("AI-generated", "en", 0.05)
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:n="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><n:DigitalSourceType>
http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia
</n:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>"""


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Median of seven rounds of `times` calls, for one call."""
    rounds = []
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - start) / times)
    return statistics.median(rounds) * 1e3


@dataclass(frozen=True)
class Floor:
    """What every figure stands beside: one picture of 1080×1080 saved as JPEG, quality 88, and nothing else."""

    picture: Image.Image

    def save(self, **marks: object) -> bytes:
        out = BytesIO()
        self.picture.save(out, "JPEG", quality=88, **marks)  # type: ignore[arg-type]
        return out.getvalue()


def photograph(size: tuple[int, int]) -> Image.Image:
    """Soft shapes and grain: it compresses about as a photograph does."""
    soft = Image.effect_noise((size[0] // 40, size[1] // 40), 120).resize(size, Image.Resampling.BICUBIC)
    return Image.merge("RGB", [Image.blend(soft, Image.effect_noise(size, 25), 0.25) for _ in range(3)])


def files(folder: Path, floor: Floor) -> dict[str, Path]:
    """A file of each kind, by what it carries."""
    info = PngInfo()
    info.add_text("parameters", "fog over a valley\nSteps: 20, Sampler: Euler a, Seed: 1")
    paths = {name: folder / name for name in ("photograph, 1 MP JPEG", "photograph, 24 MP JPEG", "XMP mark, JPEG")}
    paths["photograph, 1 MP JPEG"].write_bytes(floor.save())
    photograph((6000, 4000)).save(paths["photograph, 24 MP JPEG"], "JPEG", quality=90)
    paths["XMP mark, JPEG"].write_bytes(floor.save(xmp=XMP))
    paths["Stable Diffusion, 1 MP PNG"] = folder / "Stable Diffusion, 1 MP PNG"
    floor.picture.save(paths["Stable Diffusion, 1 MP PNG"], "PNG", pnginfo=info, compress_level=1)
    return paths


def row(what: str, spent: float, floor: float, note: str = "") -> None:
    """One line of the table."""
    print(f"| {what} | {spent:,.3f} ms | {floor:,.1f} ms | {spent / floor:.3f} | {note} |", flush=True)


def reading(paths: dict[str, Path], floor: float) -> None:
    """Evidence, file by file."""
    for name, path in paths.items():
        found = of_picture(path, "it")
        row(f"evidence of a {name}", milliseconds(lambda path=path: of_picture(path, "it"), 50), floor, f"{len(found)} found")  # type: ignore[misc]


def deciding(floor: float) -> None:
    """The rules of every pack, and the words, for every network."""
    told = Disclosure("generated", images=("generated", "none", "edited"), commercial="advertisement", person="invented")
    packs, today = chosen(sorted(all_packs()), all_packs()), datetime.now(UTC).date()
    accounts = [(AccountSettings(network=name), limits_of(name)) for name in counted()]
    each = milliseconds(lambda: [express(told, "de", limits, one, packs, today) for one, limits in accounts], 3) / len(accounts)
    row("rules and words for one account, all packs", each, floor)


def developing(folder: Path, paths: dict[str, Path], floor: float) -> None:
    """A variant with and without a badge and a signature; a new darkroom each time, so that nothing is kept."""

    def develop(signer: object = None, badge: Badge | None = None) -> int:
        picture = Picture("it", file=paths["photograph, 1 MP JPEG"], ai="generated")
        darkroom = Darkroom(Media(folder / "media"), signer)  # type: ignore[arg-type]
        return darkroom.develop(picture, "square", max_bytes=10_000_000, badge=badge)[0].bytes

    plain = develop()
    row("a variant, marked", milliseconds(develop, 3), floor, f"{plain:,} bytes")
    row(
        "a variant, marked, with a badge",
        milliseconds(lambda: develop(badge=BADGE), 3),
        floor,
        _more(develop(badge=BADGE), plain),
    )
    try:
        import c2pa  # noqa: F401 - only to see whether it is there
    except ImportError:
        print("| Content Credentials: the extra c2pa is not installed |", flush=True)
        return
    from socialbot.pictures.certificates import make_chain
    from socialbot.pictures.credentials import open_signer

    chain = make_chain("benchmark", datetime.now(UTC))
    (folder / "certificate.pem").write_text(chain.certificates)
    signer = open_signer(folder / "certificate.pem", chain.key, datetime.now(UTC).date())
    row("a variant, marked and signed", milliseconds(lambda: develop(signer), 3), floor, _more(develop(signer), plain))
    made = Darkroom(Media(folder / "media"), signer).develop(
        Picture("it", file=paths["photograph, 1 MP JPEG"], ai="generated"), "square", max_bytes=10_000_000
    )[0]
    signed = Media(folder / "media").path(made.digest)
    row("evidence of a signed JPEG, verified", milliseconds(lambda: of_picture(signed, "it"), 20), floor)


def _more(size: int, plain: int) -> str:
    return f"{size - plain:+,} bytes"


def main() -> None:
    """Print the table."""
    floor = Floor(photograph(SIZE))
    saving = milliseconds(floor.save, 10)
    print("| disclosure | measured | saving the picture plainly | ratio | |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = files(folder, floor)
        reading(paths, saving)
        deciding(saving)
        row("saving with an XMP mark", milliseconds(lambda: floor.save(xmp=XMP), 10), saving)
        developing(folder, paths, saving)


if __name__ == "__main__":
    sys.exit(main())
