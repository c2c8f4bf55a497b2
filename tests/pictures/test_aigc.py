"""China's label is passed on as it came, never invented, and nothing else that stands beside it."""

from __future__ import annotations

import json
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.pictures import read_marks
from socialbot.pictures.aigc import label_among
from socialbot.pictures.marks import Marks, as_exif, as_xmp
from tests.pictures.specimens import IPTC, encoded, quarters, xmp

LABEL = {
    "Label": "1",
    "ContentProducer": "001191110000000000",
    "ProduceID": "产-1",
    "ReservedCode1": "",
    "ContentPropagator": "p",
    "PropagateID": "<&\"'",
}
TEXT = json.dumps(LABEL, ensure_ascii=False)
NAMES = ("aigc", "imagedescription", "description", "comment", "usercomment")


def label(name: str, content: str | bytes) -> dict[str, object] | None:
    found = label_among([(name, content.encode() if isinstance(content, str) else content)])
    return json.loads(found) if found else None


@pytest.mark.parametrize("name", NAMES)
def test_every_field_of_the_standard_is_kept_as_it_came(name: str) -> None:
    assert label(name, f'{{"AIGC":{TEXT}}}') == LABEL
    assert label(name, json.dumps({"AIGC": TEXT})) == LABEL, "an object written as text"
    assert label(name, "ASCII\0\0\0" + json.dumps({"AIGC": LABEL})) == LABEL


def test_the_bare_object_counts_under_the_labels_own_name_and_from_its_service_provider() -> None:
    assert label("aigc", TEXT) == LABEL
    assert label("aigc", TEXT.replace('"', "&quot;")) == LABEL
    assert label("aigc", json.dumps(LABEL).encode("utf-16-le")) is not None
    assert label("usercomment", TEXT) is None, "a form of these names is no label"
    assert label("imagedescription", '{"Label":"1","ServiceProvider":"x"}') == {"Label": "1", "ServiceProvider": "x"}
    assert label("parameters", TEXT) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "AIGC", "yes", "[1]", "1", '{"AIGC":true}', '{"Label":"1"}', '{"Label":"0","ProduceID":"x"}'),
        *('{"Label":true,"ProduceID":"x"}', '{"Label":["1"],"ProduceID":"x"}', '{"Label":"1","ProduceID":{}}'),
        *("[" * 20_000, '{"AIGC":' * 2_000, '{"Label":"1","ProduceID":"' + "x" * 30_000, "9" * 20_000),
        '{"Label":' + "9" * 5_000 + ',"ProduceID":"x"}',
    ],
)
def test_what_is_no_label_is_none(text: str) -> None:
    assert label("aigc", text) is None


def test_what_the_standard_does_not_know_and_what_is_endless_is_left_out() -> None:
    more = LABEL | {
        "Prompt": "my neighbour",
        "ReservedCode2": "x" * 1_001,
        "ServiceProvider": ["a"],
        "ReservedCode1": "\ud800\n\0",
    }
    assert label("aigc", json.dumps(more)) == LABEL


def test_of_several_labels_the_one_that_says_most_counts() -> None:
    texts = [("comment", b"{}"), *(("aigc", TEXT.replace('"1"', said).encode()) for said in ('"3"', "1", '"2"'))]
    assert json.loads(str(label_among(texts)))["Label"] == 1


@settings(max_examples=500)
@given(
    st.dictionaries(st.sampled_from([*LABEL, "ReservedCode2", "Prompt"]), st.text() | st.integers() | st.none()),
    st.integers(1, 3),
)
def test_a_label_survives_writing_and_reading(fields: dict[str, object], said: int) -> None:
    source = json.dumps({"AIGC": {**fields, "Label": said, "ProduceID": "p"}})
    first = label_among([("usercomment", source.encode())])
    written = as_xmp(Marks(aigc=first))
    again = read_marks(encoded(quarters(8, 8), xmp=written)).aigc
    assert again == first
    assert "Prompt" not in str(first)


def test_the_largest_marks_fit_into_a_jpeg() -> None:
    label = json.dumps({"AIGC": {**dict.fromkeys([*LABEL, "ServiceProvider", "ReservedCode2"], "&" * 1_000), "Label": "1"}})
    words = "&amp;" * 600
    packet = xmp(
        '<rdf:Description xmlns:p="http://ns.adobe.com/photoshop/1.0/" xmlns:d="http://purl.org/dc/elements/1.1/"'
        f' xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" p:Credit="{words}" d:rights="{words}" d:creator="{words}"'
        f' e:DigitalSourceType="{IPTC}{"x" * 60}"/>'
    )
    marks = read_marks(encoded(quarters(), xmp=packet, comment=label.encode()))
    assert (len(marks.credit or ""), len(marks.aigc or ""), len(marks.digital_source_type or "")) == (500, 7_148, 107)
    assert read_marks(encoded(quarters(), xmp=as_xmp(marks), exif=as_exif(marks))) == marks


def test_a_label_after_the_pixels_of_a_png_is_found_and_a_bomb_beside_it_is_not_inflated() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    bombs = chunk(b"zTXt", b"Junk\0\0" + zlib.compress(bytes(20_000_000))) * 300
    content = encoded(quarters(), "PNG")
    late = content[:-12] + bombs + chunk(b"tEXt", b"AIGC\0" + TEXT.encode()) + content[-12:]
    assert json.loads(str(read_marks(late).aigc)) == LABEL
