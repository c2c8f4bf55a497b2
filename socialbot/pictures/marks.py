"""Whose a picture is and how it was made: read from its metadata, and written into every variant.

Vocabulary of the digital source type: http://cv.iptc.org/newscodes/digitalsourcetype/ (release of 2024-10-23).
A mark is never taken from a picture: not by an author who says that there is no AI in it, nor by a person's recorded word that
the evidence is wrong. Such a word decides what we say; what the file says of itself is passed on.
Everything else that a picture's metadata says (places, devices, prompts) stays behind.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

from PIL import Image
from PIL.ExifTags import Base as ExifTag

from socialbot.nouns import ImageFacet
from socialbot.pictures import xmp
from socialbot.pictures.aigc import label_among
from socialbot.pictures.makers import is_system
from socialbot.pictures.metadata import BY_LINE, COPYRIGHT, CREDIT, read_metadata

MAX_CHARACTERS = 500

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# From the weakest word on AI to the strongest; every other term says none, or nothing of it.
_WORDS_ON_AI = ("composite", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic", "trainedAlgorithmicMedia")
_TERM_OF_FACET: Mapping[ImageFacet, str] = {
    "edited": "compositeWithTrainedAlgorithmicMedia",
    "composite": "compositeSynthetic",
    "generated": "trainedAlgorithmicMedia",
}
_OTHER_TERMS = (
    *("algorithmicallyEnhanced", "algorithmicMedia", "compositeCapture", "computationalCapture", "dataDrivenMedia"),
    *("digitalArt", "digitalCapture", "digitalCreation", "humanEdits", "minorHumanEdits", "negativeFilm", "positiveFilm"),
    *("print", "screenCapture", "softwareImage", "virtualRecording"),
)
_TERMS = {term.casefold(): term for term in (*_WORDS_ON_AI, *_OTHER_TERMS)}
_OF_SCHEMA_ORG = "digitalsource"
# A term that is newer than this list is kept where it stands in a vocabulary; any other address may hold private words.
_URI = re.compile(r"https?://(cv\.iptc\.org/newscodes|c2pa\.org)/digitalsourcetype/([A-Za-z]{1,60})/?")
_BETWEEN = re.compile(r"[\s,;|]+")
_LONGEST_TEXT = 10_000
_NO_SYSTEM = ("none", "no", "n/a", "false")
_SOME_SYSTEM = "AI system"
_NUMBER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")  # XML knows none of them


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks that every variant keeps. `digital_source_type` is a full URI of IPTC's vocabulary or C2PA's."""

    credit: str | None = None
    copyright: str | None = None
    creator: str | None = None
    digital_source_type: str | None = None
    ai_system: str | None = None
    """IPTC's AISystemUsed: a known name, or only that there was one. The prompt, a property beside it, is never read."""
    aigc: str | None = None
    """China's label, JSON."""


def read_marks(content: bytes) -> Marks:
    """The marks in a picture's XMP, EXIF and IPTC-IIM, without decoding its pixels.

    Where several source types are named the strongest word on AI counts. Metadata that cannot be parsed is passed over, but
    for a source type that can still be found in it. Raises Unusable when the bytes are no picture.
    """
    with warnings.catch_warnings(action="ignore"):  # Pillow tells standard error of damaged EXIF
        found = read_metadata(content)
        creator, rights = _exif_text(found.exif, ExifTag.Artist), _exif_text(found.exif, ExifTag.Copyright)
    said: dict[str, str] = {}
    source_types: list[str | None] = []
    texts = list(found.texts)
    for name, value in chain.from_iterable(map(xmp.read_properties, found.packets)):
        if name == xmp.SOURCE_TYPE:
            source_types.extend(_full_uris(value))
        else:
            said.setdefault(name, value)
            texts.append((name.rpartition("}")[2].lower(), value.encode()))
    return Marks(
        credit=_plain(said.get(xmp.CREDIT)) or _decoded(found.iim.get(CREDIT)),
        copyright=_plain(said.get(xmp.RIGHTS)) or rights or _decoded(found.iim.get(COPYRIGHT)),
        creator=_name(_plain(said.get(xmp.CREATOR))) or _name(creator) or _name(_decoded(found.iim.get(BY_LINE))),
        digital_source_type=strongest(*source_types),
        ai_system=_system(said.get(xmp.AI_SYSTEM)),
        aigc=label_among(texts),
    )


def strongest(*source_types: str | None) -> str | None:
    """Of several source types the one that says most of AI; the first of equals, None of none."""
    return max((each for each in source_types if each), key=_strength, default=None)


def says_ai(source_type: str) -> bool:
    """Does it say that AI made or changed the picture?"""
    return _strength(source_type) > 0


def with_posts_word(marks: Marks, credit: str | None, facet: ImageFacet | None) -> Marks:
    """The marks with the post's credit, and with what was decided of AI in the picture where that is more than the file says.

    "possible", "unknown" and "none" write nothing: the vocabulary has no word for a guess, and no evidence is no proof.
    """
    term = _TERM_OF_FACET.get(facet) if facet else None
    decided = _SOURCE_TYPES + term if term else None
    return replace(
        marks,
        credit=_plain(credit) or marks.credit,
        digital_source_type=strongest(marks.digital_source_type, decided),
    )


def as_xmp(marks: Marks) -> bytes:
    """The marks as an XMP packet; empty when there are none."""
    texts = {
        xmp.CREDIT: marks.credit,
        xmp.RIGHTS: marks.copyright,
        xmp.CREATOR: marks.creator,
        xmp.SOURCE_TYPE: marks.digital_source_type,
        xmp.AI_SYSTEM: marks.ai_system,
        xmp.AIGC: marks.aigc,
    }
    return xmp.write_packet({name: text for name, text in texts.items() if text})


def as_exif(marks: Marks) -> bytes:
    """Creator and copyright as an EXIF block; empty when there is neither."""
    exif = Image.Exif()
    for tag, text in ((ExifTag.Artist, marks.creator), (ExifTag.Copyright, marks.copyright)):
        if text:
            # ASCII by the book and UTF-8 in practice; as text, Pillow would write "?" for "©".
            exif[tag] = text.encode()
    return exif.tobytes() if len(exif) else b""


def _exif_text(exif: Image.Exif, tag: int) -> str | None:
    value = exif.get(tag)
    if not isinstance(value, str):
        return None
    try:
        return _decoded(value.encode("latin-1"))
    except UnicodeError:
        return _plain(value)


def _decoded(content: bytes | None) -> str | None:
    """Text of the days before UTF-8, or in it."""
    try:
        return _plain((content or b"").decode())
    except UnicodeError:
        return _plain((content or b"").decode("latin-1"))


def _plain(text: str | None) -> str | None:
    """One line of at most 500 characters, or None."""
    return _UNWRITABLE.sub(" ", text or "").strip()[:MAX_CHARACTERS] or None


def _full_uris(text: str) -> list[str]:
    """The URIs of the source types in a text. Among words that are none, only those that speak of AI are no mere words."""
    found = [_full_uri(one) for one in _BETWEEN.split(text[:_LONGEST_TEXT]) if one]
    return [uri for uri in found if uri and (None not in found or says_ai(uri))]


def _full_uri(source: str) -> str | None:
    """The URI of a source type that is written as URI, as QCode or as bare term, in the vocabulary's own spelling."""
    source = source.partition("?")[0].rstrip("#/")
    term = re.split(r"[/:]", source)[-1].casefold()
    if known := _TERMS.get(term) or _TERMS.get(term.removesuffix(_OF_SCHEMA_ORG)):
        return _SOURCE_TYPES + known
    other = _URI.fullmatch(source)
    return f"http://{other[1].lower()}/digitalsourcetype/{other[2]}" if other else None


def _system(text: str | None) -> str | None:
    name = _plain(text)
    if not name or name.lower() in _NO_SYSTEM:
        return None
    return name if is_system(name) else _SOME_SYSTEM


def _name(text: str | None) -> str | None:
    """Not a number, which some generators write in the artist's place."""
    return None if text and _NUMBER.fullmatch(text) else text


def _strength(source_type: str) -> int:
    term = source_type.rstrip("/").rpartition("/")[2].casefold()
    return next((rank for rank, each in enumerate(_WORDS_ON_AI) if each.casefold() == term), -1)
