r"""What LinkedIn takes for a post, and what the public then reads of it.

Facts: learn.microsoft.com/linkedin, Posts API, 2026-01; MultiImage API and Little text format, 2026-05. An unescaped reserved
character cuts the text off, and the answer says nothing of it, as many report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from socialbot.testing.fakes.server import Answer, Refusal

MAX_TEXT, MAX_ALT, MAX_IMAGES, MAX_TITLE = 3000, 4086, 20, 400
_REQUIRED = {"author", "commentary", "visibility", "distribution", "lifecycleState"}
_OPTIONAL = {"isReshareDisabledByAuthor", "content", "adContext", "contentCallToActionLabel", "contentLandingPage"}
_DISTRIBUTION = {"feedDistribution", "targetEntities", "thirdPartyDistributionChannels"}
_PIECE = re.compile(
    r"\\(?P<escaped>.)"
    r"|\{hashtag\|\\#\|(?P<tag>(?:\\.|[^\\{}|])+)\}"
    r"|@\[(?P<name>(?:\\.|[^\\\[\]])+)\]\((?P<urn>urn:li:(?:person|organization):[\w-]+)\)"
    r"|#(?P<word>[^\W_]+)(?![^\W_])"
    r"|(?P<bare>[\\|{}\[\]()<>@#*_~])"
    r"|(?P<plain>[^\\|{}\[\]()<>@#*_~]+)",
    re.DOTALL,
)


def refusal(status: int, message: str, code: str = "", service: int | None = None, **more: Any) -> Refusal:
    """An error in LinkedIn's envelope."""
    told = {"message": message, "status": status, **({"code": code} if code else {}), **more}
    return Refusal(Answer(status, told | ({"serviceErrorCode": service} if service is not None else {})))


def shown(commentary: str) -> tuple[str, tuple[str, ...]]:
    """What the public reads of a text, and its hashtags."""
    read, tags = "", list[str]()
    for found in _PIECE.finditer(commentary):
        if found["bare"]:
            break
        plain = found["escaped"] or found["plain"] or _unescaped(found["name"])
        tag = found["word"] or _unescaped(found["tag"])
        tags += [tag] if tag else []
        read += plain or f"#{tag}"
    return read, tuple(tags)


def check_text(commentary: Any) -> None:
    """Raises Refusal where it is too long: its UTF-16 units count as it travels, the strictest reading."""
    if not isinstance(commentary, str):
        raise refusal(400, "commentary: a string is expected", "INVALID_VALUE_FOR_FIELD")
    if len(commentary.encode("utf-16-le")) // 2 > MAX_TEXT:
        raise _too_long("commentary")


def check(post: Mapping[str, Any]) -> None:
    """Raises Refusal where a new post's fields are not as the page has them."""
    strange = sorted(set(post) - _REQUIRED - _OPTIONAL)
    if strange or _REQUIRED - set(post):
        raise refusal(
            422, f"unrecognized or missing fields: {strange or sorted(_REQUIRED - set(post))}", "UNPROCESSABLE_ENTITY"
        )
    check_text(post["commentary"])
    if post["visibility"] not in ("PUBLIC", "CONNECTIONS", "LOGGED_IN", "CONTAINER"):
        raise refusal(400, "visibility is none of its values", "INVALID_VALUE_FOR_FIELD")
    if post["lifecycleState"] != "PUBLISHED":
        raise refusal(400, "lifecycleState: a post is made PUBLISHED", "INVALID_VALUE_FOR_FIELD")
    distribution = post["distribution"]
    if not isinstance(distribution, dict) or set(distribution) - _DISTRIBUTION or "feedDistribution" not in distribution:
        raise refusal(400, "distribution is not as it should be", "INVALID_VALUE_FOR_FIELD")
    content = post.get("content")
    if content is None:
        if not post["commentary"]:
            raise refusal(422, "a post without content needs a commentary", "UNPROCESSABLE_ENTITY")
        return
    if not isinstance(content, dict) or len(content) != 1 or set(content) - {"media", "multiImage", "article"}:
        raise refusal(400, "content has exactly one of its kinds", "INVALID_CONTENT")
    _check_content(content)


def _check_content(content: Mapping[str, Any]) -> None:
    if "article" in content:
        _check_article(content["article"])
    elif "multiImage" in content:
        images = content["multiImage"].get("images", [])
        if set(content["multiImage"]) != {"images"} or not 2 <= len(images) <= MAX_IMAGES:
            raise refusal(400, f"multiImage has 2 to {MAX_IMAGES} images", "INVALID_CONTENT")
        for image in images:
            _check_image(image, {"id", "altText"})
    else:
        _check_image(content["media"], {"id", "altText", "title"})


def _check_image(image: Mapping[str, Any], known: set[str]) -> None:
    if set(image) - known or not re.fullmatch(r"urn:li:image:[\w-]+", str(image.get("id"))):
        raise refusal(400, "an image has an id and an altText", "INVALID_CONTENT")
    if len(image.get("altText", "").encode("utf-16-le")) // 2 > MAX_ALT:
        raise _too_long("altText")


def _check_article(article: Mapping[str, Any]) -> None:
    if set(article) - {"source", "title", "description", "thumbnail", "thumbnailAltText"}:
        raise refusal(400, "article has fields that are not known", "INVALID_CONTENT")
    source = urlsplit(str(article.get("source")))
    if source.scheme not in ("http", "https") or not source.netloc or not article.get("title"):
        raise refusal(400, "article needs a source and a title", "INVALID_CONTENT")
    if len(article["title"]) > MAX_TITLE:
        raise _too_long("title")
    if len(article.get("description", "")) > MAX_ALT:
        raise _too_long("description")


def images_of(post: Mapping[str, Any]) -> list[tuple[str, str]]:
    """URN and description of each picture of a post."""
    content = post.get("content") or {}
    images = content.get("multiImage", {}).get("images") or ([content["media"]] if "media" in content else [])
    return [(one["id"], one.get("altText", "")) for one in images]


def _too_long(field: str) -> Refusal:
    faults = [{"code": "FIELD_LENGTH_TOO_LONG", "input": {"inputPath": {"fieldPath": field}}}]
    return refusal(400, f"{field} is too long", "FIELD_LENGTH_TOO_LONG", errorDetails={"inputErrors": faults})


def _unescaped(text: str | None) -> str:
    return re.sub(r"\\(.)", r"\1", text or "", flags=re.DOTALL)
