"""The picture's own properties in an XMP packet, read by namespace, whatever the prefix."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import islice

MAX_PARSED_BYTES = 500_000
"""Of all packets of a file together: a parser takes far longer for markup than the file takes to send it."""
IPTC_EXT = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
SOURCE_TYPE = IPTC_EXT + "DigitalSourceType"

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_SYNTAX = ("{http://www.w3.org/XML/1998/namespace}lang", *(_RDF + name for name in ("parseType", "datatype", "nodeID", "ID")))
_MOST_CODES = 10_000
_SOURCE_TYPES = re.compile(rb"digitalsourcetype/(\w{1,60})")


def properties(packet: bytes, worth: tuple[bytes, ...], room: int = MAX_PARSED_BYTES) -> Iterator[tuple[str, str]]:
    """The properties right under rdf:RDF as ({namespace}name, text); deeper ones speak of other pictures.

    A list's entries come one by one, in whatever form they are written, so that none is lost to its neighbour.
    None when no word of `worth` stands anywhere in the packet, which is far faster to see. A document type and more than `room`
    bytes are refused; of a packet that is refused or cannot be parsed only the source types are told, wherever they stand.
    """
    packet = packet.replace(b"\0", b"")  # of UTF-16 the ASCII stays, and all names are ASCII
    if not any(word in packet for word in worth):
        return
    text = packet.decode("utf-8", "replace").strip("\ufeff\ufffd \t\r\n")
    if len(packet) <= room and "<!DOCTYPE" not in text and "<!ENTITY" not in text:
        try:
            root = ET.fromstring(text)  # noqa: S314 - without a document type nothing can be expanded
        except (ET.ParseError, ValueError):
            pass
        else:
            for node in next(root.iter(_RDF + "RDF"), ()):
                yield from node.attrib.items()
                for element in node:
                    for text in _texts(element):
                        yield element.tag, text
            return
    for code in {found[1] for found in islice(_SOURCE_TYPES.finditer(packet), _MOST_CODES)}:
        yield SOURCE_TYPE, code.decode()


def _texts(element: ET.Element) -> Iterator[str]:
    """Each text and each attribute in a property, then its texts as one where they are several.

    rdf:value is the property and what stands beside it a remark; but whatever names a source type counts.
    """
    value = element.find(_RDF + "value")
    within = element if value is None or element.tag == SOURCE_TYPE else value
    said = [text for one in within.iter() for name, text in one.attrib.items() if name not in _SYNTAX]
    texts = list(within.itertext())
    yield from filter(None, map(str.strip, [*said, *texts]))
    if element.tag != SOURCE_TYPE and sum(map(bool, map(str.strip, texts))) > 1:
        yield "".join(texts).strip()
