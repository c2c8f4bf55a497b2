"""Whose a picture is and how it was made is read from every carrier, and nothing hostile is believed."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from socialbot.nouns import ImageFacet
from socialbot.pictures import Marks, Unusable, metadata, read_marks
from socialbot.pictures.marks import as_xmp, strongest, with_posts_word
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
    for uri in ("http://c2pa.org/digitalsourcetype/trainedAlgorithmicData", IPTC + "aCodeOfTheFuture"):
        assert read_marks(encoded(quarters(), xmp=source_type("element", uri))).digital_source_type == uri


@pytest.mark.parametrize(
    "uri",
    [
        "https://gen.example/make?prompt=portrait+of+Ann",
        "https://gen.example/portrait-of-Ann",
        "http://cv.iptc.org/newscodes/digitalsourcetype/portrait/of/Ann",
        "http://cv.iptc.org/newscodes/digitalsourcetype/portrait-of-Ann",
        "http://cv.iptc.org/newscodes/digitalsourcetype/portrait_of_Ann",
        "http://c2pa.org/digitalsourcetype/a#Ann",
        "http://cv.iptc.org.example/newscodes/digitalsourcetype/Ann",
        "Ann",
        "digsrctype:Ann",
    ],
)
def test_nobody_elses_uri_and_no_query_is_written_on(uri: str) -> None:
    escaped = uri.replace("&", "&amp;")
    for form in FORMS:
        assert read_marks(encoded(quarters(), xmp=source_type(form, escaped))) == Marks()


@pytest.mark.parametrize(
    "uri",
    [
        "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
        "https://gen.example/vocabulary/trainedAlgorithmicMedia?prompt=Ann",
        GENERATED + "?lang=en-GB",
        GENERATED.lower(),
        GENERATED + "?prompt=Ann",
    ],
)
def test_a_code_of_the_vocabulary_is_kept_under_whatever_address(uri: str) -> None:
    assert read_marks(encoded(quarters(), xmp=source_type("element", uri))) == Marks(digital_source_type=GENERATED)


@pytest.mark.parametrize("exif", [True, False])
@pytest.mark.parametrize("said", ["0f8fad5b-d9cb-469f-a165-70867728950e", " 0F8FAD5B-D9CB-469F-A165-70867728950E\n"])
def test_a_number_in_the_creators_place_is_nobodys_name(said: str, exif: bool) -> None:
    block = Image.Exif()
    block[0x013B] = said
    packet = xmp(f'<rdf:Description xmlns:d="http://purl.org/dc/elements/1.1/" d:creator="{said}"/>')
    content = encoded(quarters(), exif=block) if exif else encoded(quarters(), xmp=packet)
    assert read_marks(content) == Marks()


@pytest.mark.parametrize(
    "said", ["my neighbour Ann", "of\nthe\nneighbour", "a" * 61, "http://x/" + "y" * 200, "http://a b", "—"]
)
def test_what_is_neither_term_nor_uri_is_no_source_type(said: str) -> None:
    assert read_marks(encoded(quarters(), xmp=source_type("element", said))) == Marks()


def test_each_source_type_of_a_list_is_read() -> None:
    items = f"<rdf:li>{CAPTURED}</rdf:li><rdf:li>{EDITED}</rdf:li><rdf:li rdf:resource='{IPTC}composite'/>"
    for kind in ("Bag", "Alt", "Seq"):
        listed = f"<e:DigitalSourceType><rdf:{kind}>{items}</rdf:{kind}></e:DigitalSourceType>"
        packet = xmp(f'<rdf:Description xmlns:e="{EXT}">{listed}</rdf:Description>')
        assert read_marks(encoded(quarters(), xmp=packet)).digital_source_type == EDITED


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Adobe Firefly Image 4 Ultra", True),
        ("gpt-image-1.5 (2026/04)", True),
        ("FLUX.1 Pro", True),
        ("DALL·E 3", True),
        ("豆包", True),
        *((text, False) for text in ("my neighbour Ann in her garden", "Ann", "a cat, sleeping", "x" * 61, "a  b", "<b>")),
        *((f"Midjourney {text}", False) for text in ("Ann", "7, Ann", "--v 7 a cat", "5Ann", "6 " * 30)),
    ],
)
def test_of_an_ai_system_a_known_name_is_kept_and_of_another_only_that_there_was_one(said: str, kept: bool) -> None:
    for name in ("AISystemUsed", "AIPromptInformation", "AIPromptWriterName", "AISystemVersionUsed"):
        packet = xmp(f'<rdf:Description xmlns:e="{EXT}"><e:{name}><![CDATA[{said}]]></e:{name}></rdf:Description>')
        marks = read_marks(encoded(quarters(), xmp=packet))
        wanted = said if kept else "AI system"
        assert marks == Marks(ai_system=wanted if name == "AISystemUsed" else None)


@pytest.mark.parametrize("said", ["", "none", " None\n", "no", "n/a", "false"])
def test_where_no_ai_system_is_named_none_is_written(said: str) -> None:
    packet = xmp(f'<rdf:Description xmlns:e="{EXT}"><e:AISystemUsed>{said}</e:AISystemUsed></rdf:Description>')
    assert read_marks(encoded(quarters(), xmp=packet)) == Marks()


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


@pytest.mark.parametrize("code", ["utf-8", "latin-1"])
def test_the_press_agencies_old_fields_are_read_where_the_new_ones_are_silent(code: str) -> None:
    said = {80: "Zoë", 110: "Agence Réelle", 116: "© Agence", 120: "a caption", 90: "a city"}
    records = b"".join(
        b"\x1c\2" + struct.pack(">BH", number, len(text.encode(code))) + text.encode(code) for number, text in said.items()
    )
    block = b"Photoshop 3.0\0" + b"8BIM\4\x0c\0\0\0\0\0\6thumbs" + b"8BIM\4\4\0\0" + struct.pack(">I", len(records)) + records
    segment = b"\xff\xed" + struct.pack(">H", len(block) + 2) + block
    content = encoded(quarters())
    assert read_marks(content[:2] + segment + content[2:]) == Marks("Agence Réelle", "© Agence", "Zoë")
    content = encoded(quarters(), xmp=as_xmp(Marks(credit="New")))
    assert read_marks(content[:2] + segment + content[2:]).credit == "New"


def test_marks_in_a_png_written_as_hexadecimal_profiles_are_read() -> None:
    exif = Image.Exif()
    exif[0x013B] = "Ann"
    for name, block in (("exif", exif.tobytes()), ("app1", exif.tobytes()), ("xmp", as_xmp(Marks(creator="Ann")))):
        for zipped in (False, True):
            info = PngInfo()
            info.add_text(f"Raw profile type {name}", f"\n{name}\n   {len(block)}\n{block.hex()}\n", zip=zipped)
            assert read_marks(encoded(quarters(), "PNG", pnginfo=info)) == Marks(creator="Ann")


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


@pytest.mark.parametrize("code", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_packet_in_another_encoding_or_filled_up_with_zeros_is_read_whole(code: str) -> None:
    packet = as_xmp(Marks("The Agency", "© me", None, GENERATED)).decode().encode(code) + bytes(50)
    marks = read_marks(encoded(quarters(), xmp=packet))
    assert (marks.credit, marks.digital_source_type) == ("The Agency", GENERATED)


def test_a_deeply_nested_packet_is_read_without_harm() -> None:
    assert read_properties(xmp("<a>" * 200_000 + "</a>" * 200_000)) == []


def test_a_huge_compressed_text_is_not_inflated() -> None:
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(20_000_000))
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + bytes(4)
    content = encoded(quarters(), "PNG")
    assert read_marks(content[:33] + chunk + content[33:]) == Marks()


def test_thousands_of_packets_are_not_all_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b" " * 1_000_000)
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + bytes(4)
    content = encoded(quarters(), "PNG")
    inflated = []
    monkeypatch.setattr(metadata, "_png_text", lambda name, payload: inflated.append(name) or b"")
    assert read_marks(content[:33] + chunk * 5_000 + content[33:]) == Marks()
    assert len(inflated) == metadata.MOST


def test_what_is_written_reads_back_the_same() -> None:
    marks = Marks('<&"Agency"> ☃', "© Ünï\nline", "Ann, Bob", IPTC + "aCodeOfTheFuture")
    again = read_marks(encoded(quarters(), xmp=as_xmp(with_posts_word(marks, None, None))))
    assert again == Marks('<&"Agency"> ☃', "© Ünï line", "Ann, Bob", IPTC + "aCodeOfTheFuture")


TEXTS = st.none() | st.text(min_size=1, max_size=40)


@settings(max_examples=500)
@given(
    TEXTS,
    TEXTS,
    TEXTS,
    st.sampled_from([None, GENERATED, EDITED, CAPTURED]),
    st.sampled_from([None, "edited", "composite", "generated"]),
)
def test_whatever_is_read_can_be_written_and_read_again(
    credit: str | None, rights: str | None, creator: str | None, source: str | None, facet: ImageFacet | None
) -> None:
    as_read = [with_posts_word(Marks(), text, None).credit for text in (credit, rights, creator)]
    marks = with_posts_word(Marks(*as_read, source), None, facet)
    packet = as_xmp(marks)
    assert read_marks(encoded(Image.new("L", (8, 8)), xmp=packet)) == marks
    assert strongest(marks.digital_source_type, source) == marks.digital_source_type


def test_no_marks_write_nothing() -> None:
    assert as_xmp(Marks()) == b""


def test_the_post_may_raise_the_mark_of_ai_and_never_lower_it() -> None:
    assert with_posts_word(Marks(), None, "generated").digital_source_type == GENERATED
    assert with_posts_word(Marks(digital_source_type=EDITED), None, "generated").digital_source_type == GENERATED
    for facet in ("none", "unknown", "possible", "edited", None):
        assert with_posts_word(Marks(digital_source_type=GENERATED), None, facet).digital_source_type == GENERATED
    assert with_posts_word(Marks(), None, "none") == Marks()


def test_what_is_no_picture_has_no_marks_to_read() -> None:
    with pytest.raises(Unusable, match="text"):
        read_marks(b"just words")
