"""What a picture's file says of AI is found wherever it stands; what only sounds like AI is not; hostile files are bounded."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from socialbot.disclosure import decide, of_picture, source
from socialbot.nouns import Evidence, ImageFacet, Picture
from socialbot.pictures import read_marks
from socialbot.settings import AiDefault
from tests.conftest import make_post
from tests.disclosure.carriers import (
    EXT,
    IPTC,
    XMP_KINDS,
    app11,
    blocks,
    box,
    described,
    exif,
    filed,
    gif,
    jpeg,
    manifest,
    packet,
    picture,
    png,
    text,
    tiff,
    webp,
    with_exif,
    with_xmp,
)

GENERATED = IPTC + "trainedAlgorithmicMedia"
EDITED = IPTC + "compositeWithTrainedAlgorithmicMedia"
PRIVATE = "my neighbour Ann in her garden"
A1111 = f"{PRIVATE}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"
COMFY = f'{{"3": {{"inputs": {{"text": "{PRIVATE}"}}, "class_type": "KSampler"}}}}'
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
DC, XMP, PHOTOSHOP = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/xap/1.0/", "http://ns.adobe.com/photoshop/1.0/"
TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
AIGC = '{"Label":"1","ContentProducer":"001191110000000000","ProduceID":"p-1","ReservedCode1":""}'
GROK = {0x013B: UUID, 0x010E: "Signature: " + "aB3+/" * 16 + "=="}
# With the extra c2pa an attempt is made to check these made-up manifests; without it none.
UNVERIFIED = "could not be verified" if find_spec("c2pa") else "unverified"
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def seen(folder: Path, content: bytes) -> tuple[Evidence, ...]:
    return of_picture(filed(folder, content), "image 1")


def facet(folder: Path, content: bytes) -> ImageFacet:
    """What a post with this picture alone is decided to show."""
    return decide(make_post(pictures=(Picture("/p"),)), [seen(folder, content)], AiDefault()).images[0]


# --- XMP -------------------------------------------------------------------------------------------------------------

FORMS = {
    "element": '<rdf:Description xmlns:q="{ext}"><q:DigitalSourceType>{uri}</q:DigitalSourceType></rdf:Description>',
    "attribute": '<rdf:Description xmlns:Iptc4xmpExt="{ext}" Iptc4xmpExt:DigitalSourceType="{uri}"/>',
    "resource": '<rdf:Description xmlns:ext="{ext}"><ext:DigitalSourceType rdf:resource="{uri}"/></rdf:Description>',
    "value": '<rdf:Description xmlns:e="{ext}"><e:DigitalSourceType rdf:parseType="Resource"><rdf:value>{uri}</rdf:value>'
    "</e:DigitalSourceType></rdf:Description>",
    "list": '<rdf:Description xmlns:e="{ext}"><e:DigitalSourceType><rdf:Bag><rdf:li>{uri}</rdf:li></rdf:Bag>'
    "</e:DigitalSourceType></rdf:Description>",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", XMP_KINDS)
def test_the_source_type_is_found_in_every_format_and_form(tmp_path: Path, kind: str, form: str) -> None:
    (one,) = seen(tmp_path, with_xmp(packet(FORMS[form].format(ext=EXT, uri=GENERATED)), kind))
    assert one == Evidence("image 1", "generated", "picture", "XMP DigitalSourceType: trainedAlgorithmicMedia")


CODES = {
    **dict.fromkeys(["trainedAlgorithmicMedia"], "generated"),
    **dict.fromkeys(["compositeSynthetic"], "composite"),
    **dict.fromkeys(["compositeWithTrainedAlgorithmicMedia"], "edited"),
    **dict.fromkeys(["digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print"], "none"),
    **dict.fromkeys(["humanEdits", "minorHumanEdits", "algorithmicallyEnhanced", "digitalCreation"], "none"),
    **dict.fromkeys(["dataDrivenMedia", "algorithmicMedia", "compositeCapture"], "none"),
    **dict.fromkeys(["screenCapture", "virtualRecording", "composite", "softwareImage", "digitalArt"], "unknown"),
    **dict.fromkeys(["aCodeOfTheFuture"], "unknown"),
}


@pytest.mark.parametrize(
    "spelt",
    ["http://cv.iptc.org/newscodes/digitalsourcetype/", "https://cv.iptc.org/newscodes/digitalsourcetype/", "digsrctype:", ""],
)
@pytest.mark.parametrize(("code", "value"), CODES.items())
def test_every_code_and_spelling_says_what_the_vocabulary_says(tmp_path: Path, code: str, value: str, spelt: str) -> None:
    (one,) = seen(tmp_path, with_xmp(described(EXT, "DigitalSourceType", f" {spelt}{code}\n")))
    assert one.value == value
    assert one.detail == f"XMP DigitalSourceType: {'an unknown code' if code == 'aCodeOfTheFuture' else code}"


def test_the_source_type_of_an_ingredient_is_not_the_pictures(tmp_path: Path) -> None:
    inner = FORMS["element"].format(ext=EXT, uri=GENERATED)
    nested = f'<rdf:Description xmlns:m="urn:x"><m:I><rdf:Bag><rdf:li>{inner}</rdf:li></rdf:Bag></m:I></rdf:Description>'
    assert seen(tmp_path, with_xmp(packet(nested))) == ()


CAPTURED = IPTC + "digitalCapture"
SEVERAL = {
    "a compact list": "<rdf:Bag><rdf:li>{ai}</rdf:li><rdf:li>{no}</rdf:li></rdf:Bag>",
    "the same turned round": "<rdf:Bag><rdf:li>{no}</rdf:li><rdf:li>{ai}</rdf:li></rdf:Bag>",
    "a spread list": "<rdf:Seq>\n <rdf:li>{no}</rdf:li>\n <rdf:li>{ai}</rdf:li>\n</rdf:Seq>",
    "languages": '<rdf:Alt><rdf:li xml:lang="x-default">{no}</rdf:li><rdf:li xml:lang="fr">{ai}</rdf:li></rdf:Alt>',
    "a resource and a text": '<rdf:Bag><rdf:li rdf:resource="{no}"/><rdf:li>{ai}</rdf:li></rdf:Bag>',
    "a text and a resource": '<rdf:Bag><rdf:li>{no}</rdf:li><rdf:li rdf:resource="{ai}"/></rdf:Bag>',
    "values": "<rdf:Bag><rdf:li rdf:parseType='Resource'><rdf:value>{no}</rdf:value></rdf:li>"
    "<rdf:li rdf:parseType='Resource'><rdf:value>{ai}</rdf:value></rdf:li></rdf:Bag>",
    "a value as attribute": "<rdf:Bag><rdf:li rdf:value='{no}'/><rdf:li rdf:value='{ai}'/></rdf:Bag>",
    "nested descriptions": "<rdf:Bag>"
    "<rdf:li><rdf:Description><q:Name>Photo</q:Name><q:Id>{no}</q:Id></rdf:Description></rdf:li>"
    "<rdf:li><rdf:Description q:Id='{ai}'/></rdf:li></rdf:Bag>",
    "nested nodes": "<rdf:Bag><rdf:li><rdf:Description rdf:about='{no}'/></rdf:li>"
    "<rdf:li><rdf:Description rdf:about='{ai}'/></rdf:li></rdf:Bag>",
    "a comment between": "<rdf:Bag><rdf:li>{no}</rdf:li><!-- and --><rdf:li>{ai}</rdf:li></rdf:Bag>",
    "commas": "{no}, {ai}",
    "semicolons": "{no};{ai}",
    "a query": "{no} {ai}?lang=en-GB",
    "a fragment": "{no} {ai}#",
}


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("form", SEVERAL)
def test_of_several_source_types_none_hides_another(tmp_path: Path, form: str, bare: bool) -> None:
    ai, no = (one.removeprefix(IPTC) if bare else one for one in (GENERATED, CAPTURED))
    said = f"<q:DigitalSourceType>{SEVERAL[form].format(ai=ai, no=no)}</q:DigitalSourceType>"
    content = with_xmp(packet(f'<rdf:Description xmlns:q="{EXT}">{said}</rdf:Description>'))
    found = {(one.value, one.detail) for one in seen(tmp_path, content)} - {
        ("unknown", "XMP DigitalSourceType: an unknown code")
    }
    assert found == {("generated", TOLD + "trainedAlgorithmicMedia"), ("none", TOLD + "digitalCapture")}
    assert read_marks(content).digital_source_type == GENERATED, "and every variant says so"


TOLD = "XMP DigitalSourceType: "


@pytest.mark.parametrize("said", ["Print of a model's picture", "not a digitalCapture"])
def test_words_among_which_a_code_stands_never_speak_against_ai(tmp_path: Path, said: str) -> None:
    assert {one.value for one in seen(tmp_path, with_xmp(described(EXT, "DigitalSourceType", said)))} == {"unknown"}


def test_each_text_of_a_list_is_read_by_itself(tmp_path: Path) -> None:
    tools = "<rdf:Seq><rdf:li>Krita</rdf:li><rdf:li>Adobe Firefly</rdf:li></rdf:Seq>"
    (one,) = seen(tmp_path, with_xmp(described(XMP, "CreatorTool", tools)))
    assert (one.value, one.detail) == ("generated", "XMP CreatorTool: Adobe Firefly")


def spoilt(how: str) -> bytes:
    whole = described(EXT, "DigitalSourceType", GENERATED)
    return {
        "cut": whole[:-20],
        "document type": b"<!DOCTYPE x>" + whole,
        "huge": whole + b" " * 3_000_000,
        "UTF-16": b"\xff\xfe" + whole.decode().encode("utf-16-le"),
        "byte order mark": b"\xef\xbb\xbf" + whole,
    }[how]


@pytest.mark.parametrize("how", ["cut", "document type", "huge", "UTF-16", "byte order mark"])
def test_a_source_type_survives_a_spoilt_packet(tmp_path: Path, how: str) -> None:
    assert facet(tmp_path, with_xmp(spoilt(how), "WEBP")) == "generated"


def test_a_source_type_in_extended_xmp_is_found(tmp_path: Path) -> None:
    more = described(EXT, "DigitalSourceType", GENERATED)
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32
    cuts = [(100, more[100:]), (0, more[:100])]
    content = jpeg(*((0xE1, head + struct.pack(">II", len(more), at) + part) for at, part in cuts))
    assert facet(tmp_path, content) == "generated"


@pytest.mark.parametrize("name", ["AISystemUsed", "AISystemVersionUsed", "AIPromptInformation"])
def test_a_named_ai_system_counts_and_is_not_repeated(tmp_path: Path, name: str) -> None:
    (one,) = seen(tmp_path, with_xmp(described(EXT, name, PRIVATE)))
    assert (one.value, one.detail) == ("generated", f"XMP {name}: an AI system is named")
    assert seen(tmp_path, with_xmp(described(EXT, name, "none"))) == ()
    assert seen(tmp_path, with_xmp(described("urn:other", name, PRIVATE))) == ()


@pytest.mark.parametrize("other", ["edited", "composite"])
def test_who_says_ai_but_not_how_follows_the_one_who_says_how(tmp_path: Path, other: str) -> None:
    code = {"edited": "compositeWithTrainedAlgorithmicMedia", "composite": "compositeSynthetic"}[other]
    properties = FORMS["attribute"].format(ext=EXT, uri=IPTC + code) + (
        f'<rdf:Description xmlns:n="{EXT}" n:AISystemUsed="a model"/>'
        f'<rdf:Description xmlns:n="{PHOTOSHOP}" n:Credit="Made with Google AI"/>'
    )
    assert [one.value for one in seen(tmp_path, with_xmp(packet(properties)))] == [other] * 3


@pytest.mark.parametrize("version", [1, 2])
def test_exif_kept_among_the_boxes_of_a_heif_is_found(tmp_path: Path, version: int) -> None:
    block = bytes(4) + exif({0x010F: "Ideogram AI"})
    wide = ">I" if version == 2 else ">H"
    items = box(b"iinf", bytes(4) + b"\0\1" + box(b"infe", b"\2\0\0\0\0\7\0\0Exif\0"))
    place = struct.pack(wide, 7) + b"\0\1\0\0" + struct.pack(">HHH", 1, 0, len(block))  # within idat
    table = box(b"iloc", bytes([version, 0, 0, 0]) + b"\x22\0" + struct.pack(wide, 1) + place)
    content = box(b"ftyp", b"heic" + bytes(4)) + box(b"meta", bytes(4) + items + table + box(b"idat", block))
    assert [one.detail for one in seen(tmp_path, content)] == ["EXIF Make: Ideogram"]


# --- C2PA ------------------------------------------------------------------------------------------------------------


def with_manifest(store: bytes, kind: str) -> bytes:
    return {
        "JPEG APP11": lambda: jpeg(*app11(store)),
        "JPEG APP11, in pieces": lambda: jpeg(*reversed(app11(store, 23))),
        "PNG caBX": lambda: png((b"caBX", store)),
        "WebP C2PA": lambda: webp((b"C2PA", store)),
        "a uuid box": lambda: picture("AVIF") + box(b"uuid", C2PA_UUID + bytes(4) + b"manifest\0" + bytes(8) + store),
        "GIF C2PA_GIF": lambda: gif(b"!\xff\x0bC2PA_GIF\1\0\0" + blocks(store), early=True),
        "TIFF": lambda: tiff({0xCD41: store}),
    }[kind]()


CARRIERS = ["JPEG APP11", "JPEG APP11, in pieces", "PNG caBX", "WebP C2PA", "a uuid box", "GIF C2PA_GIF", "TIFF"]


@pytest.mark.parametrize("kind", CARRIERS)
def test_a_manifest_is_seen_named_and_never_taken_for_verified(tmp_path: Path, kind: str) -> None:
    content = with_manifest(manifest(f"x{EDITED} {IPTC}digitalCapture"), kind)
    where = f"C2PA manifest in {kind.partition(',')[0]}, {UNVERIFIED}"
    assert {(one.value, one.detail) for one in seen(tmp_path, content)} == {
        ("edited", f"{where}: compositeWithTrainedAlgorithmicMedia"),
        ("unknown", f"{where}: digitalCapture"),
    }


def test_an_unverified_manifest_never_speaks_against_ai(tmp_path: Path) -> None:
    (one,) = seen(tmp_path, with_manifest(manifest(IPTC + "digitalCapture"), "JPEG APP11"))
    assert one.value == "unknown"
    (bare,) = seen(tmp_path, with_manifest(manifest("c2pa.opened Adobe Photoshop"), "PNG caBX"))
    assert (bare.value, bare.detail) == ("unknown", f"C2PA manifest in PNG caBX, {UNVERIFIED}: names no source type")
    (signed,) = seen(tmp_path, with_manifest(manifest("c2pa.converted OpenAI OpCo"), "PNG caBX"))
    assert signed.value == "possible" and signed.detail.endswith("names no source type, but OpenAI")


def after(code: str, key: str) -> str:
    """A source type as it stands in CBOR: the next key's length, a letter itself, follows at once."""
    return f"{IPTC}{code}{chr(0x60 + len(key))}{key}"


@pytest.mark.parametrize(
    "key", ["description", "related", "reason", "when", "parameters", "changes", "softwareAgent", "z" * 23]
)
@pytest.mark.parametrize(("code", "value"), [one for one in CODES.items() if one[0] != "aCodeOfTheFuture"])
def test_a_code_ends_where_the_next_key_of_the_manifest_begins(tmp_path: Path, code: str, value: str, key: str) -> None:
    (one,) = seen(tmp_path, with_manifest(manifest(after(code, key)), "JPEG APP11"))
    assert one.detail == f"C2PA manifest in JPEG APP11, {UNVERIFIED}: {code}"
    assert one.value == (value if value in ("edited", "composite", "generated") else "unknown")


def test_a_signer_of_ai_alone_counts_though_its_code_is_one_we_do_not_know(tmp_path: Path) -> None:
    (one,) = seen(tmp_path, with_manifest(manifest(f"{after('aCodeOfTheFuture', 'when')} OpenAI OpCo"), "PNG caBX"))
    assert one.value == "possible" and one.detail.endswith(": an unknown code, but OpenAI")


def test_jumbf_of_another_kind_is_no_manifest(tmp_path: Path) -> None:
    other = box(b"jumb", box(b"jumd", bytes(16) + b"\3c2pa\0") + GENERATED.encode())
    assert seen(tmp_path, jpeg(*app11(other))) == ()


def test_a_remote_manifest_is_named_and_not_fetched(tmp_path: Path) -> None:
    (one,) = seen(tmp_path, with_xmp(described("http://purl.org/dc/terms/", "provenance", f"http://127.0.0.1/{PRIVATE}")))
    assert (one.value, one.detail) == ("unknown", "XMP provenance: a C2PA manifest kept elsewhere, not fetched")


# --- what generators leave behind ------------------------------------------------------------------------------------

RESIDUE: dict[str, tuple[bytes, str, str]] = {
    "A1111 PNG": (png(text("parameters", A1111)), "generated", "PNG text parameters: Stable Diffusion"),
    "A1111 PNG, compressed": (png(text("parameters", A1111, "zTXt")), "generated", "PNG text parameters: Stable Diffusion"),
    "A1111 PNG, UTF-8": (png(text("parameters", A1111, "iTXt")), "generated", "PNG text parameters: Stable Diffusion"),
    "A1111 PNG, late": (
        png(text("parameters", A1111, "iTXz"), late=True),
        "generated",
        "PNG text parameters: Stable Diffusion",
    ),
    **{
        f"A1111 {kind} {code}": (
            with_exif(exif(comment=b"UNICODE\0" + A1111.encode(code)), kind),
            "generated",
            "EXIF UserComment: Stable Diffusion",
        )
        for kind in ("JPEG", "PNG", "WEBP", "TIFF")
        for code in ("utf-16-be", "utf-16-le", "utf-8")
    },
    "A1111 JPEG comment": (jpeg((0xFE, A1111.encode())), "generated", "JPEG Comment: Stable Diffusion"),
    "A1111 GIF comment": (gif(b"!\xfe" + blocks(A1111.encode())), "generated", "GIF Comment: Stable Diffusion"),
    "A1111 raw profile": (
        png(text("Raw profile type exif", f"\nexif\n 99\n{exif(comment=A1111.encode()).hex()}", "zTXt")),
        "generated",
        "EXIF UserComment: Stable Diffusion",
    ),
    "SwarmUI": (
        png(text("parameters", f'{{"sui_image_params": {{"prompt": "{PRIVATE}"}}}}')),
        "generated",
        "PNG text parameters: SwarmUI",
    ),
    "Fooocus": (png(text("parameters", '{"version": "Fooocus v2.5.0"}')), "generated", "PNG text parameters: Fooocus"),
    "ComfyUI prompt": (png(text("prompt", COMFY)), "generated", "PNG text prompt: ComfyUI"),
    "ComfyUI workflow": (png(text("workflow", '{"last_node_id": 9, "nodes": []}')), "generated", "PNG text workflow: ComfyUI"),
    "ComfyUI WebP": (with_exif(exif({0x0110: "prompt:" + COMFY}), "WEBP"), "generated", "EXIF Model: ComfyUI"),
    "InvokeAI": (
        png(text("invokeai_metadata", f'{{"positive_prompt": "{PRIVATE}"}}')),
        "generated",
        "PNG text invokeai_metadata: InvokeAI",
    ),
    "InvokeAI 2": (png(text("sd-metadata", '{"model_weights": "sd-1.4"}')), "generated", "PNG text sd-metadata: InvokeAI"),
    "InvokeAI 1": (png(text("Dream", f'"{PRIVATE}" -s 50 -S 42 -W 512')), "generated", "PNG text Dream: InvokeAI"),
    "NovelAI": (png(text("Software", "NovelAI")), "generated", "PNG text Software: NovelAI"),
    "Midjourney": (
        png(text("Description", f"{PRIVATE} --v 6 Job ID: {UUID}")),
        "generated",
        "PNG text Description: Midjourney",
    ),
    "Midjourney JPEG": (with_exif(exif({0x010E: f"a cat Job ID: {UUID}"})), "generated", "EXIF ImageDescription: Midjourney"),
    "Midjourney XMP": (
        with_xmp(
            described(DC, "description", f'<rdf:Alt><rdf:li xml:lang="x-default">a cat Job ID: {UUID}</rdf:li></rdf:Alt>')
        ),
        "generated",
        "XMP description: Midjourney",
    ),
    "Grok": (with_exif(exif(GROK)), "generated", "EXIF Artist and ImageDescription: Grok"),
    "Ideogram": (with_exif(exif({0x010F: "Ideogram AI\0"})), "generated", "EXIF Make: Ideogram"),
    "Flux": (with_exif(exif({0x0131: "AI generated;txt2img;flux"})), "generated", "EXIF Software: Black Forest Labs"),
    "Reve": (with_xmp(described(XMP, "CreatorTool", "reve.com")), "generated", "XMP CreatorTool: Reve"),
    "Firefly": (with_xmp(described(XMP, "CreatorTool", "Adobe Firefly")), "generated", "XMP CreatorTool: Adobe Firefly"),
    "DALL-E": (with_exif(exif({0x0131: "DALL·E 3"})), "generated", "EXIF Software: OpenAI"),
    "Google": (with_xmp(described(PHOTOSHOP, "Credit", "Made with Google AI")), "generated", "XMP Credit: Google AI"),
    "Google IPTC": (
        jpeg((0xED, b"Photoshop 3.0\08BIM\4\4\0\0\0\0\0\x18\x1c\x02\x6e\0\x13Made with Google AI")),
        "generated",
        "IPTC Credit: Google AI",
    ),
    "Google edit": (with_xmp(described(PHOTOSHOP, "Credit", "Edited with Google AI")), "edited", "XMP Credit: Google AI"),
    "Hugging Face": (png(text("hf-job-id", "4711")), "possible", "PNG text hf-job-id: Hugging Face"),
    "TC260 XMP": (with_xmp(described(TC260, "AIGC", AIGC.replace('"', "&quot;"))), "generated", "XMP AIGC: TC260 label 1"),
    "TC260 XMP, escaped twice": (
        with_xmp(described(TC260, "AIGC", AIGC.replace('"', "&amp;quot;"))),
        "generated",
        "XMP AIGC: TC260 label 1",
    ),
    "TC260 attribute": (
        with_xmp(packet(f'<rdf:Description xmlns:T="{TC260}" T:AIGC="{AIGC.replace(chr(34), "&quot;")}"/>')),
        "generated",
        "XMP AIGC: TC260 label 1",
    ),
    "TC260 PNG, late": (png(text("AIGC", AIGC), late=True), "generated", "PNG text AIGC: TC260 label 1"),
    "TC260 possibly": (png(text("AIGC", AIGC.replace('"1"', '"2"'))), "possible", "PNG text AIGC: TC260 label 2"),
    "TC260 suspected": (png(text("AIGC", AIGC.replace('"1"', "3"))), "possible", "PNG text AIGC: TC260 label 3"),
    "TC260 EXIF": (with_exif(exif(comment=f'{{"AIGC":{AIGC}}}'.encode())), "generated", "EXIF UserComment: TC260 label 1"),
    "TC260 Tencent": (
        with_exif(exif({0x010E: '{"Label":"1","ServiceProvider":"x"}'})),
        "generated",
        "EXIF ImageDescription: TC260 label 1",
    ),
}


@pytest.mark.parametrize("name", RESIDUE)
def test_what_a_generator_leaves_behind_is_found_and_its_words_are_not_repeated(tmp_path: Path, name: str) -> None:
    content, value, detail = RESIDUE[name]
    assert [(one.value, one.detail) for one in seen(tmp_path, content)] == [(value, detail)]


NOTHING: dict[str, bytes] = {
    **{kind: picture(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF")},
    "parameters of another program": png(text("parameters", "width=3 steps=4")),
    "steps without a sampler": png(text("parameters", "Steps: 1. Whisk the eggs. Steps: 2. Bake.")),
    "a sampler before the steps": png(text("Comment", "Sampler: Akai S900. Steps: 3")),
    "a recipe in a description": png(text("Description", "Steps: 3, Sampler: a box of chocolates")),
    "prompt that asks a person": png(text("prompt", "Describe your last holiday.")),
    "workflow of an editor": png(text("workflow", '{"approved": true, "by": "desk"}')),
    "keys of InvokeAI, empty": png(text("invokeai_metadata", "{}"), text("Dream", "I had one"), text("sd-metadata", "")),
    "generic AIGC": png(text("AIGC", "yes")),
    "AIGC without a maker": png(text("AIGC", '{"Label":"1"}')),
    "AIGC with another label": png(text("AIGC", AIGC.replace('"1"', '"0"'))),
    "a form about labels": with_exif(exif(comment=AIGC.encode())),
    "print job": png(text("Description", "Job ID: 4711")),
    "Lightroom": with_exif(exif({0x0131: "Adobe Photoshop Lightroom Classic 14.0", 0x010F: "Canon", 0x013B: "Ann"})),
    "Lightroom XMP": with_xmp(described(XMP, "CreatorTool", "Adobe Photoshop Lightroom Classic 14.0 (AI Denoise)")),
    "Photoshop": with_xmp(described(XMP, "CreatorTool", "Adobe Photoshop 26.0 (Macintosh)")),
    "Illustrator": with_xmp(described(XMP, "CreatorTool", "Adobe Illustrator 29 (AI file)")),
    "Topaz": with_exif(exif({0x0131: "Topaz Photo AI 3.1"})),
    "Pixel phone": with_exif(exif({0x010F: "Google", 0x0110: "Pixel 9 Pro", 0x0131: "HDR+ 1.0.6"})),
    "Google's credit on a photograph": with_xmp(described(PHOTOSHOP, "Credit", "Google")),
    "a photographer about AI": with_xmp(described(PHOTOSHOP, "Credit", "Not Made with Google AI")),
    "a picture about Midjourney": png(text("Description", "Midjourney and DALL-E explained"), text("Title", "NovelAI")),
    "Make of a camera": with_exif(exif({0x010F: "Ideogramm Kamerawerke"})),
    "an artist who is a number": with_exif(exif({0x013B: UUID})),
    "a signature without that artist": with_exif(exif({**GROK, 0x013B: "Ann"})),
    "a short signature": with_exif(exif({**GROK, 0x010E: "Signature: Ann"})),
    "reve in another host": with_xmp(described(XMP, "CreatorTool", "https://lareve.com/ and reve.community")),
    "gd": jpeg((0xFE, b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 82")),
    "a source type in a comment": jpeg((0xFE, GENERATED.encode())),
    "a source type after the picture": picture() + GENERATED.encode() + described(EXT, "DigitalSourceType", GENERATED),
    "another DigitalSourceType": with_xmp(described("urn:mine", "DigitalSourceType", "trainedAlgorithmicMedia")),
    "provenance of a painting": with_xmp(described("http://purl.org/dc/terms/", "provenance", "a castle in Wales")),
    "no picture": b"parameters\0Steps: 20, Sampler: Euler",
    "an empty file": b"",
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_only_sounds_like_ai_is_no_evidence(tmp_path: Path, name: str) -> None:
    assert seen(tmp_path, NOTHING[name]) == ()


def test_the_files_name_is_no_evidence(tmp_path: Path) -> None:
    file = tmp_path / "ai-generated-midjourney.jpg"
    file.write_bytes(picture())
    assert of_picture(file, "image 1") == ()


def test_no_words_of_the_file_are_repeated(tmp_path: Path) -> None:
    everything = [content for content, *_ in RESIDUE.values()]
    everything += [with_xmp(described(EXT, name, PRIVATE)) for name in ("DigitalSourceType", "AIPromptInformation")]
    everything.append(with_manifest(manifest(f"digitalsourcetype/{PRIVATE.replace(' ', '_')} {PRIVATE}"), "JPEG APP11"))
    told = [one.detail for content in everything for one in seen(tmp_path, content)]
    assert len(told) >= len(everything)
    assert not [detail for detail in told if any(word in detail for word in ("neighbour", "garden", "Ann", UUID))]


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert of_picture(tmp_path / "none.jpg", "image 1") == ()
    assert of_picture(tmp_path, "image 1") == ()
    os.mkfifo(tmp_path / "pipe")
    assert of_picture(tmp_path / "pipe", "image 1") == (), "a pipe would wait for ever"


def test_the_evidence_of_several_voices_is_all_told_and_the_strongest_decides(tmp_path: Path) -> None:
    segments = [
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + described(EXT, "DigitalSourceType", IPTC + "digitalCapture")),
        (0xE1, b"Exif\0\0" + exif(comment=A1111.encode())),
        *app11(manifest(EDITED)),
    ]
    for order in (segments, segments[::-1]):
        content = jpeg(*order)
        assert {one.value for one in seen(tmp_path, content)} == {"none", "generated", "edited"}
        assert facet(tmp_path, content) == "generated"


# --- hostile files ---------------------------------------------------------------------------------------------------


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The sizes of all reads from the file."""
    reads: list[int] = []
    plain = os.pread

    def pread(descriptor: int, count: int, start: int) -> bytes:
        content = plain(descriptor, count, start)
        reads.append(len(content))
        return content

    with monkeypatch.context() as patched:
        patched.setattr(os, "pread", pread)
        yield reads


def test_the_pixels_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "large.jpg"
    Image.effect_noise((1500, 1500), 90).convert("RGB").save(file, quality=95)
    assert file.stat().st_size > 1_500_000
    with counted(monkeypatch) as reads:
        of_picture(file, "image 1")
    assert 0 < sum(reads) < 20_000


HOSTILE: dict[str, bytes] = {
    "a bomb of compressed text": png(*[text("parameters", bytes(30_000_000), "zTXt")] * 20),
    "a million chunks": png((b"tEXt", b"a\0"))[:33] + b"\0\0\0\0tIME\0\0\0\0" * 1_000_000,
    "metadata without end": png(*[(b"eXIf", bytes(5_000_000))] * 8),
    "a JPEG of fill bytes": b"\xff\xd8" + b"\xff" * 3_000_000,
    "a GIF of tiny blocks": b"GIF89a" + bytes(7) + b"!\xfe" + b"\1a" * 500_000,
    "boxes within boxes": box(b"ftyp", b"avif" + bytes(4)) + b"\0\0\0\x08free" * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_is_bounded_and_the_evidence_says_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with counted(monkeypatch) as reads:
        found = seen(tmp_path, HOSTILE[name])
    assert [one.value for one in found] == ["unknown"] and "not read to its end" in found[0].detail
    assert sum(reads) <= source.MAX_BYTES + 4096 * source.MAX_STEPS and len(reads) <= source.MAX_STEPS


def test_what_was_found_before_the_bound_still_counts(tmp_path: Path) -> None:
    content = png(text("parameters", A1111), *[(b"eXIf", bytes(5_000_000))] * 8)
    assert facet(tmp_path, content) == "generated"


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "Google AI"><!ENTITY b "&a;">]>'
    assert seen(tmp_path, with_xmp(bomb + described(PHOTOSHOP, "Credit", "Made with &b;"))) == ()


def test_a_directory_that_points_at_itself_ends(tmp_path: Path) -> None:
    looped = tiff({0x010F: b"Canon\0"}, inner={})
    at = looped.index(struct.pack("<HHI", 0x8769, 4, 1)) + 8
    assert seen(tmp_path, looped[:at] + struct.pack("<I", 8) + looped[at + 4 :]) == ()


def test_a_table_of_endless_items_of_no_size_ends(tmp_path: Path) -> None:
    items = box(b"iinf", bytes(4) + b"\0\1" + box(b"infe", b"\2\0\0\0\0\1\0\0Exif\0"))
    for sizes in (b"\0\0", b"\x04\0", b"\x40\0", b"\x01\0"):
        table = box(b"iloc", b"\1\0\0\0" + sizes + b"\xff\xff" + b"\0\2\0\0\0\0\xff\xff" * 65_535)
        unfilled = box(b"iloc", b"\2\0\0\0" + sizes + b"\xff\xff\xff\xff")
        content = box(b"ftyp", b"avif" + bytes(4)) + box(b"meta", bytes(4) + items + table)
        content += box(b"meta", bytes(4) + items + unfilled)
        assert {one.value for one in seen(tmp_path, content)} <= {"unknown"}


def test_tags_that_share_a_large_block_are_not_copied_without_end(tmp_path: Path) -> None:
    entries = b"".join(struct.pack("<HHII", 0x010F, 7, 4_000_000, 8) for _ in range(400))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 400) + entries + bytes(4_000_000)
    (one,) = seen(tmp_path, png((b"eXIf", block)))
    assert one.value == "unknown" and "not read to its end" in one.detail


SEEDS = (
    *[content for content, *_ in RESIDUE.values()],
    *[with_manifest(manifest(EDITED), kind) for kind in CARRIERS],
    *[with_xmp(described(EXT, "DigitalSourceType", GENERATED), kind) for kind in XMP_KINDS],
)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed, pieces cut out, doubled or moved, lengths made extreme, the end cut off."""
    spoilt = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(spoilt) + 1) if chance.random() < 0.5 else chance.randrange(min(len(spoilt), 400) + 1)
        length = chance.choice([1, 2, 4, 8, 60])
        match chance.randrange(5):
            case 0:
                spoilt[at : at + length] = chance.randbytes(length)
            case 1:
                del spoilt[at : at + length]
            case 2:
                spoilt[at:at] = spoilt[at : at + length]
            case 3:
                spoilt[at : at + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\1"])
            case _:
                del spoilt[chance.randrange(len(spoilt) + 1) :]
    return bytes(spoilt)


def _no_mutation_harms(folder: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(count):
        content = mutated(SEEDS[number % len(SEEDS)], chance)
        for one in seen(folder, content):
            assert one.facet == "image 1" and "neighbour" not in one.detail and len(one.detail) < 120


def test_a_mutated_file_never_harms_the_reader(tmp_path: Path) -> None:
    _no_mutation_harms(tmp_path, 500, seed=1)


@pytest.mark.slow
def test_12_000_mutated_files_never_harm_the_reader(tmp_path: Path) -> None:
    _no_mutation_harms(tmp_path, 12_000, seed=2)
