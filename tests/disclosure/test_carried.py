"""What a picture's file says of AI is said by every variant of it: read again from the variants' bytes, by the same reader."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from socialbot.disclosure import of_picture
from socialbot.disclosure.facets import IMAGE, strongest
from socialbot.media import Media
from socialbot.nouns import ImageFacet, Picture, Shape
from socialbot.pictures import Darkroom, Unusable
from socialbot.pictures.containers import jpeg_segments
from socialbot.pictures.cropping import SHAPES
from socialbot.pictures.xmp import read_properties
from tests.disclosure.carriers import (
    EXT,
    IPTC,
    XMP_KINDS,
    described,
    exif,
    filed,
    jpeg,
    manifest,
    packet,
    png,
    text,
    with_exif,
    with_xmp,
)
from tests.disclosure.test_evidence import (
    A1111,
    AIGC,
    CARRIERS,
    COMFY,
    FORMS,
    NOTHING,
    PRIVATE,
    RESIDUE,
    TC260,
    UUID,
    spoilt,
    with_manifest,
)

PLENTY = 5_000_000
AI = {
    "trainedAlgorithmicMedia": "generated",
    "compositeSynthetic": "composite",
    "compositeWithTrainedAlgorithmicMedia": "edited",
}
HEADS_ONLY = ("TIFF", "HEIF")  # the specimens that have metadata and no pixels: they are refused, and real ones stand beside
NO_WORD_FOR_A_GUESS = {"Hugging Face", "C2PA of OpenAI, no source type"}
"""What is "possible", and said by nothing that a JPEG can carry on: a job's number, a manifest of other bytes."""


def tiff(**options: Any) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, "TIFF", **options)
    return out.getvalue()


def _sources() -> Iterator[tuple[str, bytes]]:
    yield from ((name, content) for name, (content, *_) in RESIDUE.items())
    for kind in XMP_KINDS:
        for code in AI:
            yield f"XMP {code} in {kind}", with_xmp(described(EXT, "DigitalSourceType", IPTC + code), kind)
    for form in FORMS:
        yield f"XMP {form}", with_xmp(packet(FORMS[form].format(ext=EXT, uri=IPTC + "trainedAlgorithmicMedia")))
    for how in ("cut", "document type", "huge", "UTF-16", "byte order mark"):
        yield f"XMP {how}", with_xmp(spoilt(how), "WEBP")
    for kind in CARRIERS:
        for code in AI:
            yield f"C2PA {code} in {kind}", with_manifest(manifest(IPTC + code), kind)
    yield "C2PA of OpenAI, no source type", with_manifest(manifest("c2pa.converted OpenAI OpCo"), "PNG caBX")
    yield "AISystemUsed", with_xmp(described(EXT, "AISystemUsed", "A Model 3.1 (fast)"))
    yield "AIPromptInformation", with_xmp(described(EXT, "AIPromptInformation", PRIVATE))
    yield "a real TIFF, XMP", tiff(tiffinfo={0x02BC: described(EXT, "DigitalSourceType", IPTC + "compositeSynthetic")})
    yield "a real TIFF, EXIF", tiff(tiffinfo={0x010E: f"{PRIVATE} Job ID: {UUID}"})
    yield "a real TIFF, C2PA", tiff(tiffinfo={0xCD41: manifest(IPTC + "trainedAlgorithmicMedia")})
    for label in "123":
        said = AIGC.replace('"1"', f'"{label}"')
        yield f"TC260 {label}, PNG", png(text("AIGC", said, "iTXz"), late=True)
        yield f"TC260 {label}, XMP", with_xmp(described(TC260, "AIGC", said), "WEBP")
        yield f"TC260 {label}, comment", jpeg((0xFE, f'{{"AIGC":{said}}}'.encode()))
        for code in ("utf-8", "utf-16-le"):
            comment = b"UNICODE\0" + f'{{"AIGC":{said}}}'.encode(code)
            yield f"TC260 {label}, EXIF {code}", with_exif(exif(comment=comment), "PNG")
        yield f"TC260 {label}, a real TIFF", tiff(tiffinfo={0x010E: f'{{"AIGC":{said}}}'})


SOURCES = dict(_sources())


@pytest.fixture
def media(tmp_path: Path) -> Media:
    return Media(tmp_path / "media")


@pytest.fixture
def darkroom(media: Media) -> Darkroom:
    return Darkroom(media)


def facet(file: Path) -> ImageFacet:
    return strongest(IMAGE, [one.value for one in of_picture(file, "image")])


def variants(
    darkroom: Darkroom,
    media: Media,
    folder: Path,
    content: bytes,
    ai: ImageFacet | None,
    shapes: Iterable[Shape] = ("landscape",),
) -> Iterator[Path]:
    """Variants as drafting has them made: with what was decided about the picture, from whatever evidence."""
    source = filed(folder, content)
    for shape in shapes:
        made, _ = darkroom.develop(Picture("/p", file=source, ai=ai), shape, max_bytes=PLENTY)
        assert made.badge is None
        yield media.path(made.digest)


def properties(content: bytes) -> dict[str, str]:
    """All that the XMP of a variant says, by bare name."""
    packets = [payload.partition(b"\0")[2] for marker, payload in jpeg_segments(content) if payload.startswith(b"http")]
    return {name.rpartition("}")[2]: said for one in packets for name, said in read_properties(one)}


def only_marks(content: bytes) -> bool:
    """The variant's file has no part but pixels and marks."""
    segments = list(jpeg_segments(content))
    markers = {
        marker for marker, payload in segments if not payload.startswith((b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"))
    }
    names = {"about", "Credit", "rights", "creator", "DigitalSourceType", "AISystemUsed", "AIGC"}
    exif = Image.open(BytesIO(content)).getexif()
    pixels = {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}
    return (
        markers <= pixels and set(properties(content)) <= names and set(exif) <= {0x013B, 0x8298} and not exif.get_ifd(0x8769)
    )


@pytest.mark.parametrize("name", SOURCES)
def test_every_variant_says_of_ai_what_its_source_says_or_more(
    tmp_path: Path, darkroom: Darkroom, media: Media, name: str
) -> None:
    said = facet(filed(tmp_path, SOURCES[name]))
    assert said in ("possible", *AI.values())
    try:
        made = list(variants(darkroom, media, tmp_path, SOURCES[name], said, SHAPES))
    except Unusable:
        assert any(kind in name for kind in HEADS_ONLY) and "real" not in name
        return
    assert len({*made}) == len(SHAPES)
    for variant in made:
        again = facet(variant)
        assert IMAGE.index(again) >= IMAGE.index("unknown" if name in NO_WORD_FOR_A_GUESS else said)
        content = variant.read_bytes()
        assert only_marks(content)
        assert not re.search(rb"neighbour|garden|Steps|Sampler|Job ID|KSampler", content)
        assert UUID.encode() not in content


@pytest.mark.parametrize(
    "name", [name for name in SOURCES if name.startswith(("XMP", "TC260", "AISystem", "a real TIFF, XMP"))]
)
@pytest.mark.parametrize("word", ["none", None])
def test_the_files_own_mark_is_passed_on_whatever_a_person_says(
    tmp_path: Path, darkroom: Darkroom, media: Media, name: str, word: ImageFacet | None
) -> None:
    """An override lowers what we say, and takes no mark from a file."""
    said = facet(filed(tmp_path, SOURCES[name]))
    try:
        (variant,) = variants(darkroom, media, tmp_path, SOURCES[name], word)
    except Unusable:
        assert any(kind in name for kind in HEADS_ONLY)
        return
    assert facet(variant) == said


@pytest.mark.parametrize("name", [name for name, content in NOTHING.items() if name not in ("no picture", "an empty file")])
def test_a_picture_without_ai_gets_no_mark_of_it(tmp_path: Path, darkroom: Darkroom, media: Media, name: str) -> None:
    for variant in variants(darkroom, media, tmp_path, NOTHING[name], "unknown"):
        content = variant.read_bytes()
        assert of_picture(variant, "image") == ()
        assert not re.search(rb"DigitalSourceType|AISystem|TC260:AIGC", content)
        assert only_marks(content)


@pytest.mark.parametrize("word", ["unknown", "possible", "none", None])
@pytest.mark.parametrize("code", ["digitalCapture", "algorithmicallyEnhanced", "composite", "aCodeOfTheFuture"])
def test_a_mark_that_speaks_of_no_ai_is_kept_as_it_came(
    tmp_path: Path, darkroom: Darkroom, media: Media, code: str, word: ImageFacet | None
) -> None:
    for variant in variants(darkroom, media, tmp_path, with_xmp(described(EXT, "DigitalSourceType", IPTC + code)), word):
        assert properties(variant.read_bytes())["DigitalSourceType"] == IPTC + code


@pytest.mark.parametrize("code", AI)
def test_what_was_decided_is_written_in_the_vocabularys_words(
    tmp_path: Path, darkroom: Darkroom, media: Media, code: str
) -> None:
    """Whoever said it: front matter and footers leave no trace in the source's file."""
    for variant in variants(darkroom, media, tmp_path, NOTHING["JPEG"], AI[code]):  # type: ignore[arg-type]
        assert properties(variant.read_bytes())["DigitalSourceType"] == IPTC + code


@pytest.mark.parametrize("word", ["generated", "edited", "possible"])
def test_chinas_label_is_never_invented(tmp_path: Path, darkroom: Darkroom, media: Media, word: ImageFacet) -> None:
    for variant in variants(darkroom, media, tmp_path, SOURCES["A1111 PNG"], word):
        assert b"TC260:AIGC>" not in variant.read_bytes()


# --- what stays behind ------------------------------------------------------------------------------------------------

SECRET = re.compile(rb"S\0?E\0?C\0?R\0?E\0?T|neighbour|5\0?1\0?\.5\0?0\0?7")
NS = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "ps": "http://ns.adobe.com/photoshop/1.0/",
    "mm": "http://ns.adobe.com/xap/1.0/mm/",
    "dct": "http://purl.org/dc/terms/",
    "ext": EXT,
    "own": "urn:own",
}
PRIVATE_PROPERTIES = (
    *("dc:description", "dc:title", "dc:subject", "xmp:CreatorTool", "exif:GPSLatitude", "exif:UserComment", "ps:City"),
    *(
        "aux:SerialNumber",
        "mm:DocumentID",
        "dct:provenance",
        "own:AIGC",
        "own:Label",
        "ext:AIPromptInformation",
        "ext:AISystemUsed",
    ),
    *("ext:AIPromptWriterName", "ext:PersonInImage", "ext:LocationShown", "ext:DigitalSourceType", "ps:Instructions"),
)
SECRETS = f"{A1111} SECRET words of a prompt, at 51.507, by my SECRET neighbour"


def private_packet() -> bytes:
    names = " ".join(f'xmlns:{prefix}="{namespace}"' for prefix, namespace in NS.items())
    said = "".join(f"<{name}>{SECRETS}</{name}>" for name in PRIVATE_PROPERTIES)
    return packet(f"<rdf:Description {names} own:note='SECRET'><ps:Credit>The Agency</ps:Credit>{said}</rdf:Description>")


def private_exif() -> Image.Exif:
    block = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013C, 0x9C9B, 0x9C9C, 0xC62F):
        block[tag] = "SECRET " + SECRETS
    block.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 29: "2026:SECRET"})
    inner = block.get_ifd(0x8769)
    inner[0x9286] = b"UNICODE\0" + SECRETS.encode("utf-16-le")
    inner.update({0xA430: "SECRET owner", 0xA431: "SECRET serial", 0xA434: "SECRET lens", 0xA435: "SECRET", 0xA420: "SECRET"})
    return block


def private_picture(kind: str) -> bytes:
    options: dict[str, Any] = {"exif": private_exif()}
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", private_packet().decode())
        for keyword in ("parameters", "prompt", "Comment", "AIGC", "Raw profile type exif", "Description"):
            info.add_text(keyword, SECRETS)
            info.add_itxt(keyword, COMFY + SECRETS, zip=True)
        options["pnginfo"] = info
    elif kind != "TIFF":
        options["xmp"] = private_packet()
    if kind == "JPEG":
        options["comment"] = SECRETS.encode()
    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, kind, **options)
    if kind != "JPEG":
        return out.getvalue()
    photoshop = b"Photoshop 3.0\08BIM\4\4\0\0\0\0\0\x30\x1c\x02\x5a\0\x06SECRET\x1c\x02\x78\0\x06SECRET"
    more = [(0xED, photoshop), (0xE2, b"ICC_SECRET"), (0xEF, b"SECRET"), (0xEB, b"SECRET")]
    content = out.getvalue()
    return (
        content[:2]
        + b"".join(b"\xff" + bytes([m]) + struct.pack(">H", len(b) + 2) + b for m, b in more)
        + content[2:]
        + b"SECRET"
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_no_prompt_place_serial_number_or_comment_reaches_a_variant(
    tmp_path: Path, darkroom: Darkroom, media: Media, kind: str
) -> None:
    source = private_picture(kind)
    assert len(SECRET.findall(source)) > 5
    for variant in variants(darkroom, media, tmp_path, source, "generated", SHAPES):
        content = variant.read_bytes()
        assert not SECRET.search(content)
        assert only_marks(content)
        assert properties(content).get("Credit") == (None if kind == "TIFF" else "The Agency")


# --- ExifTool reads it ------------------------------------------------------------------------------------------------

needs_exiftool = pytest.mark.skipif(not shutil.which("exiftool"), reason="ExifTool is not installed")


def exiftool(file: Path) -> dict[str, Any]:
    """All that ExifTool finds in a file, by group and tag."""
    done = subprocess.run(["exiftool", "-j", "-G1", "-a", "-n", str(file)], capture_output=True, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


@needs_exiftool
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exiftool_reads_the_marks_and_finds_no_place(tmp_path: Path, darkroom: Darkroom, media: Media, kind: str) -> None:
    rights = (
        f'<rdf:Description xmlns:dc="{NS["dc"]}" xmlns:ps="{NS["ps"]}" xmlns:T="{TC260}" xmlns:ext="{EXT}">'
        '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Ünï &amp; Co</rdf:li></rdf:Alt></dc:rights>'
        f"<dc:creator><rdf:Seq><rdf:li>Zoë</rdf:li></rdf:Seq></dc:creator><ps:Credit>The Agency</ps:Credit>"
        f"<T:AIGC>{AIGC}</T:AIGC><ext:AISystemUsed>Adobe Firefly 3.1</ext:AISystemUsed></rdf:Description>"
    )
    exif = private_exif()
    options: dict[str, Any] = {"xmp": packet(rights)}
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet(rights).decode())
        options = {"pnginfo": info}
    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, kind, exif=exif, **options)
    before = exiftool(filed(tmp_path, out.getvalue()))
    assert any(name.startswith("GPS:") for name in before)
    for variant in variants(darkroom, media, tmp_path, out.getvalue(), "generated"):
        told = exiftool(variant)
        assert told["XMP-iptcExt:DigitalSourceType"] == IPTC + "trainedAlgorithmicMedia"
        assert told["XMP-photoshop:Credit"] == "The Agency"
        assert told["XMP-dc:Rights"] == "© Ünï & Co"
        assert told["XMP-dc:Creator"] == told["IFD0:Artist"] == "Zoë"
        assert told["XMP-iptcExt:AISystemUsed"] == "Adobe Firefly 3.1"
        assert json.loads(told["XMP-TC260:Aigc"]) == json.loads(AIGC)
        groups = {name.partition(":")[0] for name in told if ":" in name}
        assert groups <= {
            *("ExifTool", "System", "File", "JFIF", "IFD0", "Composite"),
            *(name for name in groups if name[:4] == "XMP-"),
        }
        assert not [name for name in told if "GPS" in name or "Serial" in name or "Comment" in name]
        assert not [name for name in told if "Warning" in name or "Error" in name]
