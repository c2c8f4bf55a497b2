"""What of a source's Content Credentials may go along with a picture made from it: how it was made, in nobody's own words.

C2PA 2.4, https://spec.c2pa.org/specifications/specifications/2.4/specs/C2PA_Specification.html: "Claims", "Actions",
"Ingredient", "Redaction of Assertions". Claims, actions, hashes and ingredients cannot be redacted, and all of them have room
for words: descriptions, titles, parameters of a program's own. So they go along only where every key in them is one of the
standard's, and every text a number, a reference, a date or one of the words listed here. What we do not know may be a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from socialbot.pictures import jumbf
from socialbot.pictures.makers import is_program, is_version

# Why a source's manifests were left behind.
UNREADABLE = "It could not be read whether it has Content Credentials of its own."
UNCARRIED = "Its own Content Credentials could not be carried along."
PRIVATE = "Its own Content Credentials may hold private words and are not carried."
SOURCE_TYPE = re.compile(r"https?://(?:cv\.iptc\.org/newscodes|c2pa\.org)/digitalsourcetype/[A-Za-z]{1,60}")

# They cannot be redacted: without them nothing goes along.
_NEEDED = ("c2pa.actions", "c2pa.hash.", "c2pa.ingredient")
# Places, people, prompts and thumbnails, which show what a crop cut away, are redacted with all the rest.
_WELCOME = ("c2pa.soft-binding", "c2pa.training-mining", "cawg.training-mining")
_SALT = b"c2sh"
_BYTES = ("hash", "pad", "pad1", "pad2", "value")
_MAX_DEPTH = 20
_MAX_BYTES = 1_000_000  # without thumbnails an honest store has some kB for each manifest

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_MAKER = r"(?:adobe|c2patool|c2pa-rs|contentauth|google|microsoft|openai|truepic)"
_MANIFEST = rf"(?:{_MAKER}:)?urn:(?:uuid|c2pa):{_UUID}(?::{_MAKER})?(?::\d+(?:_\d+)?)?"
_PLACE = r"c2pa\.(?:assertions|signature|claim(?:\.v2)?)(?:/[\w.-]{1,80})?"
_REFERENCE = rf"self#jumbf=(?:{_PLACE}|/c2pa/{_MANIFEST}(?:/{_PLACE})?)|{_MANIFEST}"
_SENTENCES = ("Created by Google Generative AI.", "Applied imperceptible SynthID watermark.", UNREADABLE, UNCARRIED, PRIVATE)
_PLAIN = r"(?:generated|original|source)? ?(?:image|img|input|output|photo|picture(?: for a social network)?|untitled)?"
_CAMERAS = r"_?(?:DSC[FN]?|IMG|MG|PXL|P|L)"
_TITLE = rf"(?:{_PLAIN}|{_CAMERAS})[ _-]?(?:{_UUID}|[\d_-]{{0,30}})(?:\.(?:avif|gif|heic|jpe?g|png|tiff?|webp))?"
# Of the sentences in which a validator says what it found.
_FINDINGS = frozenset(
    re.findall(
        r"\w+",
        """a action actions active added allowed an and are assertion asset be been bound box boxes by bytes cbor certificate
        chain changed claim claimsignature cose could count created credential data decode decoded did digest do does
        duplicate error expired failed fetching first for found from hard has hash hashed hashes have header in incorrect info
        ingredient inside integrity invalid is jumbf key last length malformed manifest match matched matches message mismatch
        missing more must name no not ocsp of on one only opened or outside parent parse payload present provenance redacted
        redaction reference required revoked signature signed signing skipped than that the their this time timestamp to too
        trusted unknown unsupported untrusted uri url used valid validated validity verification verified verify version was
        with within without""",
    )
)


def _fits(pattern: str) -> Callable[[str], bool]:
    return lambda text: bool(re.fullmatch(pattern, text))


def _finding(text: str) -> bool:
    title, _, said = text.partition(": ")  # it may name what it speaks of
    words = re.findall(r"[^\s:,()]+", re.sub(_REFERENCE, "", said if re.fullmatch(rf"(?i:{_TITLE})", title) else text))
    return all(word.lower() in _FINDINGS for word in words)


def _user_agent(text: str) -> bool:
    """Programs as a browser names itself: "Adobe_Photoshop/25.0 c2pa-rs/0.31"."""
    return is_program(text) or all(is_program(one.replace("_", " ")) or is_program(one) for one in text.split(" "))


_TEXTS: Mapping[str, Callable[[str], bool]] = {
    **dict.fromkeys(("action", "reason"), _fits(r"c2pa\.[\w.]{1,60}")),
    "digitalSourceType": _fits(SOURCE_TYPE.pattern),
    **dict.fromkeys(("when", "dateTime"), _fits(r"\d{4}-\d\d-\d\dT[\d:.]{5,18}(?:Z|[+-]\d\d:?\d\d)?")),
    **dict.fromkeys(("softwareAgent", "name"), lambda text: is_program(text) or text == "jumbf manifest"),
    **dict.fromkeys(("version", "specVersion", "org.contentauth.c2pa_rs", "org.cai.c2pa_rs"), is_version),
    "description": lambda text: text in _SENTENCES,
    **dict.fromkeys(("dc:title", "title"), _fits(rf"(?i:{_TITLE})")),
    **dict.fromkeys(("dc:format", "format"), _fits(r"(?:application|audio|image|text|video)/[\w.+-]{1,30}")),
    **dict.fromkeys(
        ("instanceID", "instance_id", "instanceId", "ingredientIds", "documentID", "document_id"),
        _fits(rf"(?:xmp[.:][id]id[:])?{_UUID}|xmp[.:][id]id:[0-9a-fA-F]{{32}}|source"),
    ),
    "relationship": _fits("parentOf|componentOf|inputTo"),
    **dict.fromkeys(("url", "signature", "redacted", "redacted_assertions", "ingredientAssertionURI"), _fits(_REFERENCE)),
    **dict.fromkeys(("hash", "pad", "pad2", "value"), _fits(r"[A-Za-z0-9+/=_-]*")),
    "alg": _fits(r"[\w.-]{1,40}"),
    "claim_generator": _user_agent,
    "code": _fits(r"[\w.]{1,80}"),
    "explanation": _finding,
    "xpath": _fits(r"[/\w\[\]]{1,40}"),
    "names": _fits(r"[\w.]{1,12}"),
    "use": _fits("allowed|notAllowed|constrained"),
}
_HOLDERS = frozenset(
    (
        *("actions", "parameters", "ingredients", "ingredient", "softwareAgents", "softwareAgentIndex", "allActionsIncluded"),
        *("activeManifest", "c2pa_manifest", "claimSignature", "manifestSignature", "thumbnail", "data"),
        *("validationResults", "validationStatus", "success", "informational", "failure", "ingredientDeltas"),
        *("validationDeltas", "exclusions", "start", "length", "offset", "flags", "exact", "subset", "boxes", "excluded"),
        *("claim_generator_info", "claim_version", "created_assertions", "gathered_assertions", "assertions"),
        *("entries", "blocks", "scope"),
    )
)
"""Keys of the standard's that hold others, numbers or yes and no."""
_KEYS = {*_TEXTS, *_HOLDERS, *_BYTES}
_ENTRY = re.compile(r"(?:c2pa|cawg)\.[a-z_]{1,40}")  # of training permissions


def redactions(manifests: Mapping[str, Any]) -> list[str]:
    """What is redacted in all `manifests` of a file, as JUMBF URIs: by label, with their whole stores, as the library tells."""
    return sorted(
        f"self#jumbf=/c2pa/{label}/c2pa.assertions/{name}"
        for label, manifest in manifests.items()
        for name, assertion in manifest["assertion_store"].items()
        if not name.startswith(_NEEDED) and not (name.startswith(_WELCOME) and _wordless(assertion))
    )


def in_known_words(store: bytes) -> bool:
    """Do all manifests in a signed store but the last, which is our own, speak in words that are known and in nothing else?

    Read from the bytes, since the library leaves out what it does not know. Signatures are not looked into: a certificate
    names its owner.
    """
    if len(store) > _MAX_BYTES:
        return False
    try:
        found = list(jumbf.boxes(store))
        own = found[-1][0][:2]
        return all(_known(*box) for box in found if box[0][:2] != own)
    except (jumbf.Unreadable, IndexError):
        return False


def _known(labels: tuple[str, ...], kind: bytes, content: bytes) -> bool:
    if kind == b"jumd":
        pattern = _MANIFEST if len(labels) == 2 else r"[\w.-]{1,80}"
        return bool(re.fullmatch(pattern, labels[-1])) and (not content or (content[4:8] == _SALT and len(content) <= 40))
    return kind == b"cbor" and (labels[2:] == ("c2pa.signature",) or _wordless(jumbf.decoded(content)))


def source_types(manifests: Mapping[str, Any]) -> list[str]:
    """The source types of the standard's vocabularies that the actions of all `manifests` name."""
    return [
        uri
        for manifest in manifests.values()
        for name, assertion in manifest["assertion_store"].items()
        if name.startswith("c2pa.actions") and isinstance(assertion, dict) and isinstance(assertion.get("actions"), list)
        for action in assertion["actions"]
        if isinstance(action, dict) and isinstance(uri := action.get("digitalSourceType"), str) and SOURCE_TYPE.fullmatch(uri)
    ]


def _wordless(value: Any, key: str = "", depth: int = 0) -> bool:
    """Does it hold nothing but the standard's keys, and under each only texts that are known there?"""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(
            isinstance(one, str) and (one in _KEYS or bool(_ENTRY.fullmatch(one))) and _wordless(inner, one, depth + 1)
            for one, inner in value.items()
        )
    if isinstance(value, list):
        return all(_wordless(one, key, depth + 1) for one in value)
    if isinstance(value, bytes):
        return key in _BYTES
    return not isinstance(value, str) or (key in _TEXTS and len(value) <= 500 and _TEXTS[key](value))
