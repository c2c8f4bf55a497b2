"""The lexicon `app.bsky.feed.post` as a validator, with the words of the reference PDS.

Stricter than the PDS in what it lets through unseen: unknown keys, facets that miss their words, false sizes and ratios
(reference page on Bluesky, sections 2.2 to 2.4, August 2026).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import regex

COLLECTION = "app.bsky.feed.post"
MAX_GRAPHEMES, MAX_TEXT_BYTES = 300, 3000
MAX_IMAGES, MAX_IMAGE_BYTES, MAX_THUMB_BYTES, MAX_ALT = 4, 2_000_000, 1_000_000, 2000
_DATETIME = regex.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)")
_LANGUAGE = regex.compile(r"(i|[a-z]{2,3})(-[a-zA-Z0-9]+)*")
_DID = regex.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")


class Invalid(Exception):
    """The record breaks its lexicon; the message names the path."""


class BlobNotFound(Exception):
    """The record names a blob that was not uploaded, or is gone."""


@dataclass(frozen=True, slots=True)
class Blob:
    """An uploaded picture: size in bytes, width and height in pixels."""

    content: bytes
    mime: str
    width: int
    height: int


def check(record: Mapping[str, Any], blobs: Mapping[str, Blob]) -> None:
    """Raises Invalid or BlobNotFound. `blobs` are the account's uploads by CID."""
    path = "$.record"
    optional = ("facets", "embed", "langs", "tags", "labels", "reply")
    _keys(record, path, required=("$type", "text", "createdAt"), optional=optional)
    if record["$type"] != COLLECTION:
        raise Invalid(f"Invalid $type: expected {COLLECTION}, got {record['$type']}")
    text = _text(record["text"], f"{path}.text", MAX_GRAPHEMES, MAX_TEXT_BYTES)
    if not text.strip() and "embed" not in record:
        raise Invalid(f"a post without an embed needs words at {path}.text")
    _datetime(record["createdAt"], f"{path}.createdAt")
    for at, tag in enumerate(_list(record.get("tags", []), f"{path}.tags", 8)):
        _tag(tag, f"{path}.tags[{at}]")
    for at, language in enumerate(_list(record.get("langs", []), f"{path}.langs", 3)):
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise Invalid(f'Invalid language (got "{language}") at {path}.langs[{at}]')
    _facets(_list(record.get("facets", []), f"{path}.facets"), text.encode(), f"{path}.facets")
    if "labels" in record:
        _labels(record["labels"], f"{path}.labels")
    if "reply" in record:
        _keys(record["reply"], f"{path}.reply", required=("root", "parent"))
        for end in ("root", "parent"):
            _keys(record["reply"][end], f"{path}.reply.{end}", required=("uri", "cid"))
    if "embed" in record:
        _embed(record["embed"], blobs, f"{path}.embed")


def _facets(facets: list[Any], text: bytes, path: str) -> None:
    reached = 0
    for at, facet in enumerate(facets):
        here = f"{path}[{at}]"
        _keys(facet, here, required=("index", "features"))
        _keys(facet["index"], f"{here}.index", required=("byteStart", "byteEnd"))
        start = _integer(facet["index"]["byteStart"], f"{here}.index.byteStart", 0)
        end = _integer(facet["index"]["byteEnd"], f"{here}.index.byteEnd", 0)
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
        features = _list(facet["features"], f"{here}.features")
        if len(features) != 1:
            raise Invalid(f"one feature for one facet (got {len(features)}) at {here}.features")
        _feature(features[0], shown, f"{here}.features[0]")


def _feature(feature: Any, shown: str, path: str) -> None:
    kind = feature.get("$type") if isinstance(feature, dict) else None
    match kind:
        case "app.bsky.richtext.facet#link":
            _keys(feature, path, required=("$type", "uri"))
            uri = _uri(feature["uri"], f"{path}.uri")
            if "://" in shown and shown != uri:
                raise Invalid(f"the facet covers {shown!r} and links to {uri} at {path}")
        case "app.bsky.richtext.facet#tag":
            _keys(feature, path, required=("$type", "tag"))
            tag = _tag(feature["tag"], f"{path}.tag")
            if shown[:1] not in "#＃" or shown[1:] != tag:
                raise Invalid(f"the facet covers {shown!r} and tags {tag!r} at {path}")
        case "app.bsky.richtext.facet#mention":
            _keys(feature, path, required=("$type", "did"))
            if not _DID.fullmatch(_text(feature["did"], f"{path}.did")):
                raise Invalid(f'Invalid DID (got "{feature["did"]}") at {path}.did')
        case _:
            raise Invalid(f"unknown feature {kind!r} at {path}")


def _embed(embed: Any, blobs: Mapping[str, Blob], path: str) -> None:
    kind = embed.get("$type") if isinstance(embed, dict) else None
    if kind == "app.bsky.embed.images":
        _keys(embed, path, required=("$type", "images"))
        images = _list(embed["images"], f"{path}.images", MAX_IMAGES)
        if not images:
            raise Invalid(f"array too small (minimum 1, got 0) at {path}.images")
        for at, image in enumerate(images):
            _image(image, blobs, f"{path}.images[{at}]")
    elif kind == "app.bsky.embed.external":
        _keys(embed, path, required=("$type", "external"))
        card, here = embed["external"], f"{path}.external"
        _keys(card, here, required=("uri", "title", "description"), optional=("thumb",))
        _uri(card["uri"], f"{here}.uri")
        for key in ("title", "description"):
            _text(card[key], f"{here}.{key}")
        if "thumb" in card:
            _blob(card["thumb"], blobs, MAX_THUMB_BYTES, f"{here}.thumb")
    else:
        raise Invalid(f"this server takes images and external cards (got {kind!r}) at {path}.$type")


def _image(image: Any, blobs: Mapping[str, Blob], path: str) -> None:
    _keys(image, path, required=("image", "alt", "aspectRatio"))
    _text(image["alt"], f"{path}.alt", MAX_ALT)
    ratio = image["aspectRatio"]
    _keys(ratio, f"{path}.aspectRatio", required=("width", "height"))
    width = _integer(ratio["width"], f"{path}.aspectRatio.width", 1)
    height = _integer(ratio["height"], f"{path}.aspectRatio.height", 1)
    blob = _blob(image["image"], blobs, MAX_IMAGE_BYTES, f"{path}.image")
    if abs(width * blob.height / (height * blob.width) - 1) > 0.01:
        raise Invalid(f"the picture is {blob.width}×{blob.height} (got {width}×{height}) at {path}.aspectRatio")


def _blob(value: Any, blobs: Mapping[str, Blob], max_bytes: int, path: str) -> Blob:
    _keys(value, path, required=("$type", "ref", "mimeType", "size"))
    _keys(value["ref"], f"{path}.ref", required=("$link",))
    link = _text(value["ref"]["$link"], f"{path}.ref.$link")
    blob = blobs.get(link)
    if blob is None:
        raise BlobNotFound(f"Could not find blob: {link}")
    if value["$type"] != "blob" or value["mimeType"] != blob.mime or value["size"] != len(blob.content):
        raise Invalid(f"the blob is {blob.mime} of {len(blob.content)} bytes (got {value}) at {path}")
    if len(blob.content) > max_bytes:
        raise Invalid(f"blob too big (maximum {max_bytes}, got {len(blob.content)}) at {path}")
    return blob


def _labels(labels: Any, path: str) -> None:
    _keys(labels, path, required=("$type", "values"))
    for at, label in enumerate(_list(labels["values"], f"{path}.values", 10)):
        _keys(label, f"{path}.values[{at}]", required=("val",))
        if label["val"] not in ("!no-unauthenticated", "porn", "sexual", "nudity", "graphic-media", "bot"):
            raise Invalid(f"no self-label value (got {label['val']!r}) at {path}.values[{at}].val")


def _keys(value: Any, path: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    if not isinstance(value, dict):
        raise Invalid(f"Expected object value type (got {_json(value)}) at {path}")
    for key in required:
        if key not in value:
            raise Invalid(f'Missing required key "{key}" at {path}')
    for key in value:
        if key not in required + optional:
            raise Invalid(f'Unexpected key "{key}" at {path}')


def _list(value: Any, path: str, longest: int | None = None) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid(f"Expected array value type (got {_json(value)}) at {path}")
    if longest is not None and len(value) > longest:
        raise Invalid(f"array too big (maximum {longest}, got {len(value)}) at {path}")
    return value


def _text(value: Any, path: str, max_graphemes: int | None = None, max_bytes: int | None = None) -> str:
    if not isinstance(value, str):
        raise Invalid(f"Expected string value type (got {_json(value)}) at {path}")
    if max_bytes is not None and len(value.encode()) > max_bytes:
        raise Invalid(f"string too big (maximum {max_bytes}, got {len(value.encode())}) at {path}")
    graphemes = len(regex.findall(r"\X", value))
    if max_graphemes is not None and graphemes > max_graphemes:
        raise Invalid(f"grapheme too big (maximum {max_graphemes}, got {graphemes}) at {path}")
    return value


def _tag(value: Any, path: str) -> str:
    tag = _text(value, path, 64, 640)
    letters = any(unicodedata.category(sign)[0] in "LS" for sign in tag)
    if not letters or tag[0] in "#＃" or regex.search(r"\s", tag):
        raise Invalid(f"a tag is one word with a letter, without its # (got {tag!r}) at {path}")
    return tag


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _integer(value: Any, path: str, least: int) -> int:
    if type(value) is not int:
        raise Invalid(f"Expected integer value type (got {_json(value)}) at {path}")
    if value < least:
        raise Invalid(f"integer too small (minimum {least}, got {value}) at {path}")
    return value


def _uri(value: Any, path: str) -> str:
    text = _text(value, path)
    split = urlsplit(text)
    if split.scheme not in ("http", "https") or not split.hostname or regex.search(r"\s", text):
        raise Invalid(f'Invalid uri (got "{text}") at {path}')
    return text


def _datetime(value: Any, path: str) -> None:
    text = _text(value, path)
    try:
        # Python reads up to six digits of a second's fraction, the protocol allows twenty.
        datetime.fromisoformat(regex.sub(r"(\.\d{6})\d+", r"\1", text))
        valid = _DATETIME.fullmatch(text) and not text.endswith("-00:00") and not text.startswith("0000")
    except ValueError:
        valid = False
    if not valid:
        raise Invalid(f'Invalid datetime (got "{text}") at {path}')
