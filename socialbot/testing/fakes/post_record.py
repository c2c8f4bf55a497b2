"""The lexicon `app.bsky.feed.post` as a validator, with the words of the reference PDS.

Stricter than the PDS in what it lets through unseen: unknown keys, facets that miss their words, false sizes and ratios
(reference page on Bluesky, sections 2.2 to 2.4, August 2026).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import regex

from socialbot.testing.fakes import lexicon
from socialbot.testing.fakes.lexicon import Blob, Invalid

COLLECTION = "app.bsky.feed.post"
MAX_GRAPHEMES, MAX_TEXT_BYTES = 300, 3000
MAX_IMAGES, MAX_IMAGE_BYTES, MAX_THUMB_BYTES, MAX_ALT = 4, 2_000_000, 1_000_000, 2000
_LANGUAGE = regex.compile(r"(i|[a-z]{2,3})(-[a-zA-Z0-9]+)*")
_DID = regex.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")


def check(record: Mapping[str, Any], blobs: Mapping[str, Blob]) -> None:
    """Raises Invalid or BlobNotFound. `blobs` are the account's uploads by CID."""
    path = "$.record"
    optional = ("facets", "embed", "langs", "tags", "labels", "reply")
    lexicon.keys(record, path, required=("$type", "text", "createdAt"), optional=optional)
    if record["$type"] != COLLECTION:
        raise Invalid(f"Invalid $type: expected {COLLECTION}, got {record['$type']}")
    text = lexicon.text(record["text"], f"{path}.text", MAX_GRAPHEMES, MAX_TEXT_BYTES)
    if not text.strip() and "embed" not in record:
        raise Invalid(f"a post without an embed needs words at {path}.text")
    lexicon.moment(record["createdAt"], f"{path}.createdAt")
    for at, tag in enumerate(lexicon.array(record.get("tags", []), f"{path}.tags", 8)):
        _tag(tag, f"{path}.tags[{at}]")
    for at, language in enumerate(lexicon.array(record.get("langs", []), f"{path}.langs", 3)):
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise Invalid(f'Invalid language (got "{language}") at {path}.langs[{at}]')
    _facets(lexicon.array(record.get("facets", []), f"{path}.facets"), text.encode(), f"{path}.facets")
    if "labels" in record:
        _labels(record["labels"], f"{path}.labels")
    if "reply" in record:
        lexicon.keys(record["reply"], f"{path}.reply", required=("root", "parent"))
        for end in ("root", "parent"):
            lexicon.keys(record["reply"][end], f"{path}.reply.{end}", required=("uri", "cid"))
    if "embed" in record:
        _embed(record["embed"], blobs, f"{path}.embed")


def _facets(facets: list[Any], text: bytes, path: str) -> None:
    reached = 0
    for at, facet in enumerate(facets):
        here = f"{path}[{at}]"
        lexicon.keys(facet, here, required=("index", "features"))
        lexicon.keys(facet["index"], f"{here}.index", required=("byteStart", "byteEnd"))
        start = lexicon.integer(facet["index"]["byteStart"], f"{here}.index.byteStart", 0)
        end = lexicon.integer(facet["index"]["byteEnd"], f"{here}.index.byteEnd", 0)
        if not reached <= start < end <= len(text):
            raise Invalid(
                f"facets follow each other inside the text's {len(text)} bytes (got {start} to {end}) at {here}.index"
            )
        reached = end
        try:
            shown = text[start:end].decode()
        except UnicodeDecodeError:
            raise Invalid(f"a facet cuts through a character at {here}.index") from None
        if shown != shown.strip():
            raise Invalid(f"a facet begins or ends with a space (got {shown!r}) at {here}.index")
        features = lexicon.array(facet["features"], f"{here}.features")
        if len(features) != 1:
            raise Invalid(f"one feature for one facet (got {len(features)}) at {here}.features")
        _feature(features[0], shown, f"{here}.features[0]")


def _feature(feature: Any, shown: str, path: str) -> None:
    kind = feature.get("$type") if isinstance(feature, dict) else None
    match kind:
        case "app.bsky.richtext.facet#link":
            lexicon.keys(feature, path, required=("$type", "uri"))
            uri = lexicon.uri(feature["uri"], f"{path}.uri")
            if "://" in shown and shown != uri:
                raise Invalid(f"the facet covers {shown!r} and links to {uri} at {path}")
        case "app.bsky.richtext.facet#tag":
            lexicon.keys(feature, path, required=("$type", "tag"))
            tag = _tag(feature["tag"], f"{path}.tag")
            if shown[:1] not in "#＃" or shown[1:] != tag:
                raise Invalid(f"the facet covers {shown!r} and tags {tag!r} at {path}")
        case "app.bsky.richtext.facet#mention":
            lexicon.keys(feature, path, required=("$type", "did"))
            if not _DID.fullmatch(lexicon.text(feature["did"], f"{path}.did")):
                raise Invalid(f'Invalid DID (got "{feature["did"]}") at {path}.did')
        case _:
            raise Invalid(f"unknown feature {kind!r} at {path}")


def _embed(embed: Any, blobs: Mapping[str, Blob], path: str) -> None:
    kind = embed.get("$type") if isinstance(embed, dict) else None
    if kind == "app.bsky.embed.images":
        lexicon.keys(embed, path, required=("$type", "images"))
        images = lexicon.array(embed["images"], f"{path}.images", MAX_IMAGES)
        if not images:
            raise Invalid(f"array too small (minimum 1, got 0) at {path}.images")
        for at, image in enumerate(images):
            _image(image, blobs, f"{path}.images[{at}]")
    elif kind == "app.bsky.embed.external":
        lexicon.keys(embed, path, required=("$type", "external"))
        card, here = embed["external"], f"{path}.external"
        lexicon.keys(card, here, required=("uri", "title", "description"), optional=("thumb",))
        lexicon.uri(card["uri"], f"{here}.uri")
        for key in ("title", "description"):
            lexicon.text(card[key], f"{here}.{key}")
        if "thumb" in card:
            lexicon.blob(card["thumb"], blobs, MAX_THUMB_BYTES, f"{here}.thumb")
    else:
        raise Invalid(f"this server takes images and external cards (got {kind!r}) at {path}.$type")


def _image(image: Any, blobs: Mapping[str, Blob], path: str) -> None:
    lexicon.keys(image, path, required=("image", "alt", "aspectRatio"))
    lexicon.text(image["alt"], f"{path}.alt", MAX_ALT)
    ratio = image["aspectRatio"]
    lexicon.keys(ratio, f"{path}.aspectRatio", required=("width", "height"))
    width = lexicon.integer(ratio["width"], f"{path}.aspectRatio.width", 1)
    height = lexicon.integer(ratio["height"], f"{path}.aspectRatio.height", 1)
    blob = lexicon.blob(image["image"], blobs, MAX_IMAGE_BYTES, f"{path}.image")
    if abs(width * blob.height / (height * blob.width) - 1) > 0.01:
        raise Invalid(f"the picture is {blob.width}×{blob.height} (got {width}×{height}) at {path}.aspectRatio")


def _labels(labels: Any, path: str) -> None:
    lexicon.keys(labels, path, required=("$type", "values"))
    for at, label in enumerate(lexicon.array(labels["values"], f"{path}.values", 10)):
        lexicon.keys(label, f"{path}.values[{at}]", required=("val",))
        if label["val"] not in ("!no-unauthenticated", "porn", "sexual", "nudity", "graphic-media", "bot"):
            raise Invalid(f"no self-label value (got {label['val']!r}) at {path}.values[{at}].val")


def _tag(value: Any, path: str) -> str:
    tag = lexicon.text(value, path, 64, 640)
    letters = any(unicodedata.category(sign)[0] in "LS" for sign in tag)
    if not letters or tag[0] in "#＃" or regex.search(r"\s", tag):
        raise Invalid(f"a tag is one word with a letter, without its # (got {tag!r}) at {path}")
    return tag
