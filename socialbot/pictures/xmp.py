"""XMP packets, narrowly: the simple properties of a picture, read by namespace whatever the prefix, and written small."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from html import escape
from itertools import islice

MAX_PACKET_BYTES = 2_000_000

CREDIT = "{http://ns.adobe.com/photoshop/1.0/}Credit"
RIGHTS = "{http://purl.org/dc/elements/1.1/}rights"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
AI_SYSTEM = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}AISystemUsed"
AIGC = "{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC"

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_SYNTAX = (_LANGUAGE, *(_RDF + name for name in ("parseType", "datatype", "nodeID", "ID")))
_ALTERNATIVES = '<rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt>'
_SEQUENCE = "<rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq>"
_FORMS = {
    CREDIT: ("photoshop:Credit", "{}"),
    RIGHTS: ("dc:rights", _ALTERNATIVES),
    CREATOR: ("dc:creator", _SEQUENCE),
    SOURCE_TYPE: ("Iptc4xmpExt:DigitalSourceType", "{}"),
    AI_SYSTEM: ("Iptc4xmpExt:AISystemUsed", "{}"),
    AIGC: ("TC260:AIGC", "{}"),
}
_NAMED_SOURCE_TYPE = re.compile(rb"https?://cv\.iptc\.org/newscodes/digitalsourcetype/\w{1,60}", re.IGNORECASE)
_MOST_SOURCE_TYPES = 10_000


def read_properties(packet: bytes) -> list[tuple[str, str]]:
    """The picture's own properties, as ({namespace}name, text), in file order.

    Entities and document types are refused. Of a packet that is refused or cannot be parsed the source types alone are
    read, wherever they stand: a mark of AI must not be lost to a broken neighbour.
    """
    packet = packet.replace(b"\0", b"")  # of UTF-16 the ASCII stays, and all names are ASCII
    text = packet[:MAX_PACKET_BYTES].decode("utf-8", "replace").strip("\ufeff\ufffd \t\r\n")
    if len(packet) <= MAX_PACKET_BYTES and "<!DOCTYPE" not in text and "<!ENTITY" not in text:
        try:
            return list(_of_picture(ET.fromstring(text)))  # noqa: S314 - without a document type nothing can be expanded
        except ET.ParseError:
            pass
    found = islice(_NAMED_SOURCE_TYPE.finditer(packet), _MOST_SOURCE_TYPES)
    return [(SOURCE_TYPE, uri) for uri in dict.fromkeys(one[0].decode() for one in found)]


def write_packet(properties: Mapping[str, str]) -> bytes:
    """A packet with those of the properties we write that have a text; empty when none has."""
    lines = [
        f"<{name}>{form.format(escape(properties[key], quote=False))}</{name}>"
        for key, (name, form) in _FORMS.items()
        if properties.get(key)
    ]
    if not lines:
        return b""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">'
        f'{"".join(lines)}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _of_picture(root: ET.Element) -> Iterator[tuple[str, str]]:
    """Properties stand as attributes or elements of the nodes right under rdf:RDF; deeper ones speak of other things."""
    for node in next(root.iter(_RDF + "RDF"), ()):
        yield from node.attrib.items()
        for element in node:
            for text in _texts(element):
                yield element.tag, text


def _texts(element: ET.Element) -> Iterator[str]:
    """What a property says: its resource; its x-default or first alternative; its list, joined; or its text.

    Of a source type everything in it counts, each text and attribute by itself: a mark of AI must not be lost to its form.
    """
    if element.tag == SOURCE_TYPE:
        said = [text for one in element.iter() for name, text in one.attrib.items() if name not in _SYNTAX]
        yield from filter(None, map(str.strip, [*said, *element.itertext()]))
        return
    resource = element.get(_RDF + "resource")
    items = list(element.iter(_RDF + "li"))
    if items and element.find(_RDF + "Alt") is not None:
        items = sorted(items, key=lambda item: item.get(_LANGUAGE) != "x-default")[:1]
    listed = [text for item in items if (text := (item.text or item.get(_RDF + "resource") or "").strip())]
    if resource:
        yield resource
    elif text := ", ".join(listed) if items else _plain(element):
        yield text


def _plain(element: ET.Element) -> str:
    return (element.findtext(_RDF + "value") or element.text or "").strip()
