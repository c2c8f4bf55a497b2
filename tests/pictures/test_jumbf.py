"""A manifest store is read from its own bytes, and nothing in it goes by unread or does harm."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.pictures.history import in_known_words
from socialbot.pictures.jumbf import Unreadable, boxes, decoded

LABEL = "urn:c2pa:4c0699f8-79ba-452d-8e3e-c7274dd7163c"
SECRET = "my neighbour Ann"


def encoded(value: Any) -> bytes:
    """CBOR, in the forms that manifests have."""
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(encoded(key) + encoded(inner) for key, inner in value.items())
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encoded, value))
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return _head(2, len(value)) + value if isinstance(value, bytes) else _head(0, value)


def _head(major: int, count: int) -> bytes:
    return bytes([major << 5 | count]) if count < 24 else bytes([major << 5 | 26]) + struct.pack(">I", count)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def labelled(label: str, *inner: bytes, private: bytes = b"") -> bytes:
    return box(b"jumb", box(b"jumd", bytes(16) + b"\3" + label.encode() + b"\0" + private) + b"".join(inner))


def store(*, claim: Any = None, label: str = LABEL, assertion: bytes = b"", name: str = "c2pa.actions", **more: bytes) -> bytes:
    """A source's manifest, and then the one that was made last."""
    told = labelled("c2pa.claim", box(b"cbor", encoded(claim or {"alg": "sha256", "dc:title": "image.png"})))
    inner = labelled("c2pa.assertions", labelled(name, assertion or box(b"cbor", encoded({"actions": []})), **more))
    return labelled("c2pa", labelled(label, told, inner), labelled(LABEL[:-1] + "0", box(b"cbor", encoded(SECRET))))


def test_a_store_in_known_words_is_known() -> None:
    assert in_known_words(store())
    agent = "Adobe_Photoshop/25.0 adobe_c2pa/0.7.6 c2pa-rs/0.31.3"
    for said in (agent, "ChatGPT", "OpenAI-API c2pa-rs/0.31.3"):
        assert in_known_words(store(claim={"claim_generator": said}))
    for label in (f"adobe:urn:uuid:{LABEL[9:]}", f"{LABEL}:adobe:1_2"):
        assert in_known_words(store(label=label))


UNKNOWN: dict[str, bytes] = {
    "a key": store(claim={SECRET: 1}),
    "a key that is no text": store(claim={7: SECRET}),
    "a text": store(claim={"dc:title": SECRET}),
    "a text in a text's place deeper": store(claim={"actions": [{"parameters": {"description": SECRET}}]}),
    "a text where no text stands": store(claim={"actions": SECRET}),
    "bytes that may be a text": store(claim={"data": SECRET.encode()}),
    "an old generator": store(claim={"claim_generator": f"ChatGPT/1.0 {SECRET}"}),
    "a manifest's label": store(label=f"ann:urn:uuid:{LABEL[9:]}"),
    "an assertion's label": store(name=SECRET),
    "a private field": store(private=box(b"c2sh", SECRET.encode() * 9)),
    "a box of JSON": store(assertion=box(b"json", b"{}")),
    "a box of another kind": store(assertion=box(b"free", SECRET.encode())),
    "a cut store": store()[:-300],
    "no store": b"",
    "a store too large to be honest": store(claim={"start": [0] * 1_000_000}),
    "words behind it": store() + SECRET.encode(),
    "words behind a value": store(assertion=box(b"cbor", encoded({}) + SECRET.encode())),
    "one key twice": store(assertion=box(b"cbor", b"\xa2" + encoded("alg") + encoded(SECRET) + encoded("alg") + encoded("x"))),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_whatever_is_not_known_in_a_store_makes_it_unknown(name: str) -> None:
    assert not in_known_words(UNKNOWN[name])


@pytest.mark.parametrize(
    "content", [b"\x81" * 5000, b"\x9b" + b"\xff" * 8, b"\x7f\x61a\xff", b"", b"\x62a", b"\xa1\x80\x00", b"\xbf\xff"]
)
def test_a_value_built_as_a_trap_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        decoded(content)


def test_boxes_within_boxes_without_end_are_refused() -> None:
    content = b""
    for _ in range(500):
        content = labelled("a", content)
    with pytest.raises(Unreadable):
        list(boxes(content))


@settings(max_examples=500)
@given(
    st.recursive(st.integers(0, 2**32 - 1) | st.text() | st.binary(), lambda of: st.lists(of) | st.dictionaries(st.text(), of))
)
def test_what_is_written_is_read(value: Any) -> None:
    assert decoded(encoded(value)) == value


@settings(max_examples=500)
@given(st.integers(0))
def test_a_mutated_store_is_answered(seed: int) -> None:
    chance, content = random.Random(seed), bytearray(store())
    for _ in range(chance.randint(1, 9)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    assert in_known_words(bytes(content)) in (True, False)
