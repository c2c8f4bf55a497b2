"""Whose a picture is and how it was made is read from every carrier, and nothing hostile is believed."""

from __future__ import annotations

import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from socialbot.pictures import Marks, Unusable, read_marks
from socialbot.pictures.marks import as_xmp, with_authors_word
from socialbot.pictures.xmp import read_properties
from tests.pictures.specimens import IPTC, encoded, quarters, xmp

GENERATED = IPTC + "trainedAlgorithmicMedia"
EDITED = IPTC + "compositeWithTrainedAlgorithmicMedia"
CAPTURED = IPTC + "digitalCapture"
EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

FORMS = {
    "element": '<rdf:Description xmlns:q="{ext}"><q:DigitalSourceType>{uri}</q:DigitalSourceType></rdf:Description>',
    "attribute": '<rdf:Description xmlns:Iptc4xmpExt="{ext}" Iptc4xmpExt:DigitalSourceType="{uri}"/>',
    "resource": '<rdf:Description xmlns:ext="{ext}"><ext:DigitalSourceType rdf:resource="{uri}"/></rdf:Description>',
    "value": '<rdf:Description xmlns:e="{ext}"><e:DigitalSourceType rdf:parseType="Resource"><rdf:value>{uri}</rdf:value>'
    "</e:DigitalSourceType></rdf:Description>",
}


def source_type(form: str, uri: str = GENERATED) -> bytes:
    return xmp(FORMS[form].format(ext=EXT, uri=uri))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_source_type_is_read_in_every_form_and_format(kind: str, form: str) -> None:
    assert read_marks(encoded(quarters(), kind, xmp=source_type(form))).digital_source_type == GENERATED


@pytest.mark.parametrize("written", ["trainedAlgorithmicMedia", GENERATED.replace("http:", "https:"), f" {GENERATED}\n"])
def test_every_spelling_of_a_source_type_becomes_its_uri(written: str) -> None:
    assert read_marks(encoded(quarters(), xmp=source_type("attribute", written))).digital_source_type == GENERATED


def test_an_unknown_source_type_stays_as_it_was_found() -> None:
    uri = "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData"
    assert read_marks(encoded(quarters(), xmp=source_type("element", uri))).digital_source_type == uri


@pytest.mark.parametrize("order", [(CAPTURED, GENERATED, EDITED), (GENERATED, EDITED, CAPTURED)])
def test_of_several_source_types_the_strongest_word_on_ai_counts(order: tuple[str, ...]) -> None:
    packet = xmp("".join(FORMS["element"].format(ext=EXT, uri=uri) for uri in order))
    assert read_marks(encoded(quarters(), xmp=packet)).digital_source_type == GENERATED


def test_the_source_type_of_an_ingredient_is_not_the_pictures() -> None:
    inner = FORMS["element"].format(ext=EXT, uri=GENERATED)
    ingredients = f"<m:Ingredients><rdf:Bag><rdf:li>{inner}</rdf:li></rdf:Bag></m:Ingredients>"
    packet = xmp(f'<rdf:Description xmlns:m="urn:x">{ingredients}</rdf:Description>')
    assert read_marks(encoded(quarters(), xmp=packet)) == Marks()


def test_credit_copyright_and_creator_are_read_whatever_their_form() -> None:
    packet = xmp(
        '<rdf:Description xmlns:p="http://ns.adobe.com/photoshop/1.0/" xmlns:d="http://purl.org/dc/elements/1.1/"'
        ' p:Credit="Agency &amp; Sons">'
        '<d:rights><rdf:Alt><rdf:li xml:lang="fr">© moi</rdf:li><rdf:li xml:lang="x-default">© me</rdf:li></rdf:Alt></d:rights>'
        "<d:creator><rdf:Seq><rdf:li>First</rdf:li><rdf:li>Second</rdf:li></rdf:Seq></d:creator></rdf:Description>"
    )
    assert read_marks(encoded(quarters(), xmp=packet)) == Marks("Agency & Sons", "© me", "First, Second")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_names_creator_and_copyright_where_xmp_is_silent(kind: str) -> None:
    exif = Image.Exif()
    exif[0x013B], exif[0x8298] = "Zoë".encode(), "© 2026".encode()
    assert read_marks(encoded(quarters(), kind, exif=exif)) == Marks(copyright="© 2026", creator="Zoë")


def test_a_mark_after_the_pixels_of_a_png_is_found_compressed_or_not() -> None:
    for compressed in (False, True):
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", source_type("element").decode(), zip=compressed)
        content = encoded(quarters(), "PNG", pnginfo=info)
        start = content.index(b"iTXt") - 4
        chunk = content[start : start + 12 + struct.unpack(">I", content[start : start + 4])[0]]
        late = content.replace(chunk, b"")[:-12] + chunk + content[-12:]
        assert read_marks(late).digital_source_type == GENERATED


def test_a_mark_in_the_extended_xmp_of_a_jpeg_is_found() -> None:
    more = source_type("element")
    pieces = [(0, more[:100]), (100, more[100:])]
    segments = b""
    for offset, piece in reversed(pieces):
        body = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", len(more), offset) + piece
        segments += b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    content = encoded(quarters(), xmp=xmp(""))
    assert read_marks(content[:2] + segments + content[2:]).digital_source_type == GENERATED


def test_a_mark_in_a_gif_is_found() -> None:
    content = encoded(quarters(), "GIF")
    packet = source_type("element") + b'<?xpacket end="r"?>'
    assert (
        read_marks(content[:-1] + b"!\xff\x0bXMP DataXMP" + packet + b"\x01\0" + content[-1:]).digital_source_type == GENERATED
    )


def test_entities_are_never_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    packet = xmp(
        '<rdf:Description xmlns:p="http://ns.adobe.com/photoshop/1.0/"><p:Credit>&b;</p:Credit></rdf:Description>', bomb
    )
    assert read_marks(encoded(quarters(), xmp=packet)) == Marks()


@pytest.mark.parametrize(
    "spoil", [lambda packet: packet[:-20], lambda packet: b"<!DOCTYPE x>" + packet, lambda packet: packet + bytes(3_000_000)]
)
def test_a_mark_of_ai_survives_a_packet_that_cannot_be_parsed(spoil) -> None:  # type: ignore[no-untyped-def]
    assert [value for _, value in read_properties(spoil(source_type("element")))] == [GENERATED]


def test_a_deeply_nested_packet_is_read_without_harm() -> None:
    assert read_properties(xmp("<a>" * 200_000 + "</a>" * 200_000)) == []


def test_a_huge_compressed_text_is_not_inflated() -> None:
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(20_000_000))
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + bytes(4)
    content = encoded(quarters(), "PNG")
    assert read_marks(content[:33] + chunk + content[33:]) == Marks()


def test_what_is_written_reads_back_the_same() -> None:
    marks = Marks('<&"Agency"> ☃', "© Ünï\nline", "Ann, Bob", "https://example.org/type?a=1&b=2")
    again = read_marks(encoded(quarters(), xmp=as_xmp(with_authors_word(marks, None, None))))
    assert again == Marks('<&"Agency"> ☃', "© Ünï line", "Ann, Bob", "https://example.org/type?a=1&b=2")


def test_no_marks_write_nothing() -> None:
    assert as_xmp(Marks()) == b""


def test_the_author_may_raise_the_mark_of_ai_and_never_lower_it() -> None:
    assert with_authors_word(Marks(), None, "generated").digital_source_type == GENERATED
    assert with_authors_word(Marks(digital_source_type=EDITED), None, "generated").digital_source_type == GENERATED
    for facet in ("none", "unknown", "possible", "edited", None):
        assert with_authors_word(Marks(digital_source_type=GENERATED), None, facet).digital_source_type == GENERATED
    assert with_authors_word(Marks(), None, "none") == Marks()


def test_what_is_no_picture_has_no_marks_to_read() -> None:
    with pytest.raises(Unusable, match="text"):
        read_marks(b"just words")
