"""What generators of pictures leave behind in their files: text fields, and the shape that theirs alone have.

A field's name is not enough: "parameters" and "prompt" have other owners too. The shapes were gathered in November 2026; a
generator that changes its habit is missed, not misread.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from socialbot.disclosure.exif import Piece
from socialbot.nouns import ImageFacet

Claim = tuple[ImageFacet | None, str]
"""A facet's value and who says so where. None: AI made or changed the picture, which of the two is not said."""

_UUID = rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


@dataclass(frozen=True, slots=True)
class Residue:
    """`generator` wrote the picture when one of `fields` (in lower case) holds all of `signs`, one after another."""

    generator: str
    fields: tuple[str, ...]
    signs: tuple[re.Pattern[bytes], ...]
    value: ImageFacet | None = "generated"


def _residue(generator: str, fields: str, *signs: bytes, value: ImageFacet | None = "generated") -> Residue:
    return Residue(generator, tuple(fields.split()), tuple(map(re.compile, signs)), value)


_DESCRIPTION = "description imagedescription caption-abstract"
_COMMENT = "comment usercomment"
_SOFTWARE = "software creatortool"

RESIDUES = (
    _residue("Stable Diffusion", f"parameters {_COMMENT}", rb"Steps:\s?\d", rb"Sampler:"),
    _residue("SwarmUI", f"parameters {_COMMENT}", rb'"sui_image_params"\s?:'),
    _residue("Fooocus", f"parameters {_COMMENT}", rb'"version"\s?:\s?"Fooocus'),
    _residue("ComfyUI", "prompt", rb"^\{", rb'"class_type"\s?:'),
    _residue("ComfyUI", "workflow", rb"^\{", rb'"nodes"\s?:'),
    _residue("ComfyUI", "make model imagedescription", rb"^prompt:\s?\{", rb'"class_type"\s?:'),
    _residue("ComfyUI", "make model imagedescription", rb"^workflow:\s?\{", rb'"nodes"\s?:'),
    _residue("InvokeAI", "invokeai_metadata", rb'"(?:positive_prompt|generation_mode|app_version|model)"\s?:'),
    _residue("InvokeAI", "invokeai_graph invokeai_workflow", rb'"nodes"\s?:'),
    _residue("InvokeAI", "sd-metadata", rb'"(?:model_weights|app_id|model_hash)"\s?:'),
    _residue("InvokeAI", "dream", rb"\s-[sSWHCA]\s?\w", rb"\s-[sSWHCA]\s?\w"),
    _residue("NovelAI", f"{_SOFTWARE} source", rb"^NovelAI\b"),
    _residue("NovelAI", "title", rb"^NovelAI generated image$"),
    _residue("Midjourney", _DESCRIPTION, rb"Job ID: ?" + _UUID + rb"\b"),
    _residue("Ideogram", "make", rb"^Ideogram AI\b"),
    _residue("Black Forest Labs", "make", rb"^Black Forest Labs\b"),
    _residue("Black Forest Labs", "software", rb"^AI generated;"),
    _residue("Reve", _SOFTWARE, rb"(?<![\w.-])(?:www\.|app\.)?reve\.com\b"),
    _residue("Adobe Firefly", _SOFTWARE, rb"^Adobe[ _]Firefly\b"),
    _residue("Draw Things", _SOFTWARE, rb"^Draw Things\b"),
    _residue("OpenAI", _SOFTWARE, rb"^(?:OpenAI|ChatGPT|DALL.{1,3}E)\b"),
    _residue("Google AI", "credit", rb"^Edited with Google AI\b", value="edited"),
    _residue("Google AI", "credit", rb"^Made with Google AI\b", value=None),
    _residue("Hugging Face", "hf-job-id", rb"\w", value="possible"),
)
_BY_FIELD = {field: tuple(one for one in RESIDUES if field in one.fields) for each in RESIDUES for field in each.fields}

_GROK_ARTIST = re.compile(_UUID)
_GROK_SIGNATURE = re.compile(rb"Signature:\s?[A-Za-z0-9+/=_-]{40,4000}")

# China's implicit label (GB 45438-2025, Annex E): Label 1 says AI, 2 maybe, 3 that it is suspected.
_AIGC_FIELDS = ("aigc", "imagedescription", "description", *_COMMENT.split())
_AIGC_LABEL = re.compile(r'"Label"\s?:\s?"?([123])"?\s?[,}]')
_AIGC_MAKER = re.compile(r'"(?:ContentProducer|ProduceID|ContentPropagator|PropagateID|ServiceProvider)"\s?:')
_AIGC_MAX = 20_000
_TEXT_MAX = 1_000_000
_NAME_MAX = 1000


def claims(texts: Iterable[Piece]) -> Iterator[Claim]:
    """What the text fields of one file say of AI. The fields' words are never repeated: they hold prompts."""
    artist = signature = False
    for piece in texts:
        field = piece.name.lower()
        content = (
            piece.content[: _NAME_MAX if field in _SOFTWARE.split() else _TEXT_MAX].replace(b"\0", b"").strip()
        )  # UTF-16 too: every sign is ASCII
        for residue in _BY_FIELD.get(field, ()):
            if _in_order(residue.signs, content):
                yield residue.value, f"{piece.where} {piece.name}: {residue.generator}"
        if field in _AIGC_FIELDS:
            yield from _aigc(piece, content)
        artist |= field == "artist" and bool(_GROK_ARTIST.fullmatch(content))
        signature |= field == "imagedescription" and bool(_GROK_SIGNATURE.fullmatch(content))
    if artist and signature:
        yield "generated", "EXIF Artist and ImageDescription: Grok"


def _in_order(signs: Iterable[re.Pattern[bytes]], content: bytes) -> bool:
    """Each sign after the one before it: no expression spans the text, so that none can be made slow by it."""
    at = 0
    for sign in signs:
        found = sign.search(content, at)
        if not found:
            return False
        at = found.end()
    return True


def _aigc(piece: Piece, content: bytes) -> Iterator[Claim]:
    text = html.unescape(content[:_AIGC_MAX].decode("latin-1"))
    named = piece.name == "AIGC" or '"AIGC"' in text or '"ServiceProvider"' in text
    label = _AIGC_LABEL.search(text) if named and _AIGC_MAKER.search(text) else None
    if label:
        yield None if label[1] == "1" else "possible", f"{piece.where} {piece.name}: TC260 label {label[1]}"
