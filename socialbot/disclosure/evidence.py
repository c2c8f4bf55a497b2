"""The evidence in a picture's file: C2PA manifests, XMP, China's label, and what generators leave behind.

The file is walked from header to header and no pixel decoded. Where it has a C2PA manifest, and the extra `socialbot[c2pa]` is
installed, the manifest's signatures are checked. Nothing a file says is followed: no remote manifest is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from itertools import islice
from pathlib import Path

from socialbot.disclosure import containers, manifests, residue, source_types, xmp
from socialbot.disclosure.exif import Piece
from socialbot.disclosure.facets import IMAGE, strongest
from socialbot.disclosure.manifests import Manifest, Unverifiable
from socialbot.disclosure.residue import Claim
from socialbot.disclosure.source import MAX_BYTES, Exhausted, Source
from socialbot.nouns import Evidence

_SAYS_AI = ("possible", "edited", "composite", "generated")
_IN_MANIFEST = re.compile(rb"digitalsourcetype/(\w{1,40})")  # the longest code has 36
_BETWEEN = re.compile(r"[\s,;|]+")
_MOST_CODES = _LONGEST_TEXT = 10_000
# These sign what their models make and nothing else; others (Adobe, Google, Microsoft, Canva) sign photographs too.
_GENERATORS_ONLY = (b"OpenAI", b"ChatGPT", b"Stability AI", b"Black Forest Labs", b"Midjourney", b"Adobe_Firefly")
# IPTC Photo Metadata Standard 2025.1. Their words stay unread: AIPromptInformation may hold private text.
_AI_PROPERTIES = ("AISystemUsed", "AISystemVersionUsed", "AIPromptInformation")
_NO_SYSTEM = ("", "none", "no", "n/a", "false")
_REMOTE = "{http://purl.org/dc/terms/}provenance"
_XMP_FIELDS = ("description", "UserComment", "CreatorTool", "Software", "Make", "Credit", "AIGC")
# A packet without any of these holds nothing for us, and is not parsed.
_XMP_WORTH = (
    *(b"DigitalSourceType", b"digitalsourcetype", b"AISystem", b"AIPrompt", b"provenance", b"AIGC", b"Job ID", b"Sampler"),
    *(b"Google AI", b"reve.com", b"Firefly", b"Ideogram", b"Black Forest", b"NovelAI", b"OpenAI", b"ChatGPT", b"DALL"),
    *(b"Draw Things", b"AI generated;", b"ServiceProvider", b"sui_image_params", b"Fooocus"),
)


def of_picture(path: Path, name: str, anchors: str = "") -> tuple[Evidence, ...]:
    """All that the file at `path` says of AI, as evidence for the facet `name`; nothing when it cannot be read.

    `detail` tells where and what, never a prompt or another word of the file's own. `anchors` are root certificates (PEM): a
    manifest signed under one of them is "verified"; any other, and a broken one, may raise the facet and never speaks against
    AI. At most 16 MB of metadata are read, and the evidence says where that was not all.
    """
    pieces: list[Piece] = []
    rest: list[Claim] = []
    checked = _Checked("unverified")
    try:
        if not path.is_file():
            return ()
        with path.open("rb", buffering=0) as opened:
            for piece in containers.pieces(Source(opened.fileno())):
                pieces.append(piece)  # what was read before the walk is cut short counts
            if in_manifests := sum(len(piece.content) for piece in pieces if piece.kind == "c2pa"):
                checked = _check(opened, in_manifests, anchors)
    except Exhausted:
        rest.append(("unknown", f"metadata not read to its end: over {MAX_BYTES:,} bytes, or built to exhaust its reader"))
    except OSError:  # it will not be sent, and says so when it is developed
        return ()
    found = dict.fromkeys([*_claims(pieces, checked), *rest])
    # "AI was used": another voice in the same file may say how; else it made the picture.
    how = strongest(IMAGE, [value for value, _ in found if value in ("edited", "composite")])
    unsaid = "generated" if how == "unknown" else how
    return tuple(Evidence(name, value or unsaid, "picture", detail) for value, detail in found)


@dataclass(frozen=True, slots=True)
class _Checked:
    """What became of checking the signatures: the manifests, or in `how` why there are none."""

    how: str
    manifests: tuple[Manifest, ...] = ()


def _check(file: FileIO, in_manifests: int, anchors: str) -> _Checked:
    """`in_manifests`: how many bytes of the file they take."""
    try:
        if in_manifests > manifests.MAX_MANIFEST_BYTES:
            raise Unverifiable
        found = manifests.check(file, anchors)
    except Unverifiable:  # what its bytes say still counts
        return _Checked("could not be verified")
    return _Checked("unverified") if found is None else _Checked("beside its actions", found)


def _claims(pieces: Iterable[Piece], checked: _Checked) -> Iterator[Claim]:
    texts, room = [], xmp.MAX_PARSED_BYTES
    for piece in pieces:
        if piece.kind == "c2pa":
            yield from _manifest(piece, checked)
        elif piece.kind == "xmp":
            for tag, text in xmp.properties(piece.content, _XMP_WORTH, room):
                yield from _property(tag, text)
                texts.append(Piece("text", "XMP", tag.rpartition("}")[2], text.encode()))
            room -= len(piece.content)
        else:
            texts.append(piece)
    yield from residue.claims(piece for piece in texts if piece.where != "XMP" or piece.name in _XMP_FIELDS)


def _property(tag: str, text: str) -> Iterator[Claim]:
    name = tag.rpartition("}")[2]
    if tag == xmp.SOURCE_TYPE:
        yield from _source_type(text)
    elif tag.startswith(xmp.IPTC_EXT) and name in _AI_PROPERTIES and text.strip().lower() not in _NO_SYSTEM:
        yield None, f"XMP {name}: an AI system is named"
    elif tag == _REMOTE and text.startswith(("http://", "https://")):
        yield "unknown", "XMP provenance: a C2PA manifest kept elsewhere, not fetched"


def _source_type(text: str) -> Iterator[Claim]:
    """Every code in a text. Among words that are no codes, one that says "no AI" may be a word as well, and says nothing."""
    sources = [one.partition("?")[0].rstrip("#/") for one in _BETWEEN.split(text[:_LONGEST_TEXT]) if one]
    codes = [one for one in sources if source_types.known(one)]
    for source in codes:
        value = source_types.image_facet(source)
        yield value if value in _SAYS_AI or codes == sources else "unknown", f"XMP DigitalSourceType: {_known(source)}"
    if sources and not codes:
        yield "unknown", "XMP DigitalSourceType: an unknown code"


def _manifest(piece: Piece, checked: _Checked) -> Iterator[Claim]:
    """What its signatures vouch for, then what its bytes say beyond that."""
    where, told = f"C2PA manifest in {piece.where}", set[str]()
    whole = all(one.state != "broken" for one in checked.manifests)
    for one in checked.manifests:
        by = f", {'signed by' if one.state == 'verified' else 'in the name of'} {one.signer}" if one.signer else ""
        voice = f"{where}{'' if one.own else ', ingredient'}{by}, {one.state}"
        for source_type in one.source_types:
            value = source_types.image_facet(source_type)
            trusted = one.own and one.state == "verified" and whole
            yield value if value in _SAYS_AI or trusted else "unknown", f"{voice}: {_known(source_type)}"
            told.add(source_types.code(source_type).lower())
        if one.state == "broken" and not one.source_types:
            yield "unknown", f"{voice}: names no source type"
    words = {found[1].decode() for found in islice(_IN_MANIFEST.finditer(piece.content), _MOST_CODES)}
    codes = {code for code in map(_begins_with, words) if code}
    for code in (one for one in codes if one.lower() not in told):
        value = source_types.image_facet(code)
        yield value if value in _SAYS_AI else "unknown", f"{where}, {checked.how}: {code}"
    maker = next((one for one in _GENERATORS_ONLY if one in piece.content), None)
    if not codes and not any(map(source_types.known, told)) and (maker or not told):
        states = {str(one.state) for one in checked.manifests if one.own} or {checked.how}
        named = "an unknown code" if words or told else "names no source type"
        yield (
            "possible" if maker else "unknown",
            f"{where}, {states.pop()}: {named}{f', but {maker.decode()}' if maker else ''}",
        )


def _begins_with(word: str) -> str | None:
    """The longest code of the vocabulary that a word begins with.

    In CBOR no mark ends a text: the length of the next one follows at once, and is a letter where that has up to 23 bytes.
    """
    return next((word[:end] for end in range(len(word), 0, -1) if source_types.known(word[:end])), None)


def _known(source: str) -> str:
    """The code of a source type, where it is one of the vocabulary's and no words of the file's own."""
    return source_types.code(source) if source_types.known(source) else "an unknown code"
