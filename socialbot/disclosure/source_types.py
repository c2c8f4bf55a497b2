"""IPTC's Digital Source Type, the vocabulary in which a picture's file says how it was made.

Codes and meanings: IPTC NewsCodes release of 2024-10-23, with the retired codes that older files still carry.
"""

from __future__ import annotations

import re

from socialbot.nouns import ImageFacet

_SCHEMA_ORG_SUFFIX = "DigitalSource"

# Those that may hold AI work or not are unknown, like any code not listed.
_FACETS: dict[str, ImageFacet] = {
    "trainedalgorithmicmedia": "generated",
    "compositesynthetic": "composite",
    "compositewithtrainedalgorithmicmedia": "edited",
    "algorithmicallyenhanced": "none",
    "algorithmicmedia": "none",
    "compositecapture": "none",
    "computationalcapture": "none",
    "datadrivenmedia": "none",
    "digitalcapture": "none",
    "digitalcreation": "none",
    "humanedits": "none",
    "minorhumanedits": "none",
    "negativefilm": "none",
    "positivefilm": "none",
    "print": "none",
    "composite": "unknown",
    "digitalart": "unknown",
    "screencapture": "unknown",
    "softwareimage": "unknown",
    "virtualrecording": "unknown",
}


def code(source_type: str) -> str:
    """The bare code of a Digital Source Type given as IPTC's http or https URI or QCode, schema.org's, or the code itself."""
    return re.split(r"[/:]", source_type.strip().rstrip("/"))[-1].removesuffix(_SCHEMA_ORG_SUFFIX)


def known(source_type: str) -> bool:
    """Is its code one of the vocabulary's?"""
    return code(source_type).lower() in _FACETS


def image_facet(source_type: str) -> ImageFacet:
    """What a Digital Source Type says of AI. A code we do not know says nothing, never "no AI"."""
    return _FACETS.get(code(source_type).lower(), "unknown")
