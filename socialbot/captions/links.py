"""The post's link as a caption carries it: with campaign parameters, in a short form, or as words where links are dead."""

from __future__ import annotations

from urllib.parse import quote, unquote_plus

import regex

_MAX_URL = 8_000
"""Characters; what RFC 9110, section 4.1, asks everybody to take at least, so nothing is added to a longer URL."""

# Whoever signs a URL signs its query: one more parameter, and the page is refused. AWS and what copies it (Signature,
# X-Amz-Signature), Google Cloud (X-Goog-…), CloudFront (Policy, Key-Pair-Id), Azure (sig; its se, sp, sv and sr never come
# without it), Tencent Cloud (q-…), signed routes and secure links of frameworks and servers (expires, hash, md5, token…),
# shops and single sign-on (hmac, jwt).
_SIGNED = frozenset(
    {
        *("sig", "signature", "sign", "hmac", "token", "__token__", "access_token", "auth", "auth_key", "jwt"),
        *("expires", "expiry", "hash", "md5", "policy", "key-pair-id", "awsaccesskeyid", "googleaccessid", "ossaccesskeyid"),
        *("hdnts", "hdnea", "verify"),
    }
)
_SIGNED_PREFIXES = ("x-amz-", "x-goog-", "x-oss-", "q-sign")

_HOST_AND_PATH = regex.compile(r"https?://(?:[^/\\?#]*@)?(?P<host>[^/\\?#]+)(?P<path>[^?#]*)", regex.IGNORECASE)
_CLUSTER = regex.compile(r"\X")
_HALF_AN_ESCAPE = regex.compile(r"%[0-9A-Fa-f]?$")

# As people write it under their own posts there; by the language tags of the label table.
_DEAD_WORDS = {
    "en": "Link in bio",
    "fr": "Lien en bio",
    "de": "Link in der Bio",
    "es": "Enlace en la bio",
    "it": "Link in bio",
    "pt": "Link na bio",
    "nl": "Link in bio",
    "sv": "Länk i bio",
    "da": "Link i bio",
    "nb": "Lenke i bio",
    "no": "Lenke i bio",
    "nn": "Lenke i bio",
    "fi": "Linkki biossa",
    "pl": "Link w bio",
    "cs": "Odkaz v biu",
    "el": "Link στο bio",
    "tr": "Link bioda",
    "uk": "Посилання в шапці профілю",
    "ar": "الرابط في البايو",
    "hi": "लिंक बायो में",
    "id": "Link di bio",
    "vi": "Link ở bio",
    "zh": "链接在主页",
    "zh-hant": "連結在自介",
    "ja": "プロフィールのリンクから",
    "ko": "링크는 프로필에",
}
_TRADITIONAL_CHINESE = frozenset({"hant", "tw", "hk", "mo"})


def with_utm(url: str, network: str, campaign: str | None = None) -> str:
    """`url` with utm_source (the network), utm_medium=social and, where one is named, utm_campaign, before its fragment.

    What is there stays byte for byte, parameters of these names as well. A URL that is signed, is not http(s), or is longer
    than 8,000 characters comes back as it is.
    """
    if not url[:8].lower().startswith(("http://", "https://")) or len(url) > _MAX_URL:
        return url
    before, hash_mark, fragment = url.partition("#")
    page, _, query = before.partition("?")
    there = {unquote_plus(part.partition("=")[0]).lower() for part in regex.split("[&;]", query)}
    if there & _SIGNED or any(key.startswith(_SIGNED_PREFIXES) for key in there):
        return url
    wanted = {"utm_source": network, "utm_medium": "social", "utm_campaign": campaign}
    added = "&".join(f"{key}={quote(said, safe='')}" for key, said in wanted.items() if said and key not in there)
    if not added:
        return url
    glue = "" if not query or query.endswith("&") else "&"
    return f"{page}?{query}{glue}{added}{hash_mark}{fragment}"


def shown(url: str, most: int = 32) -> str:
    """The short form of a link, for where the real one lies behind it: host and path, at most `most` graphemes.

    The host is always whole, even if longer, for it says where the link goes, and as written: an `xn--` host is not decoded,
    since letters that look alike could pass it off as another, with its "www.", since apps warn of a link whose words name
    another host. User names and what a reader cannot see do not hide it.
    What is no http(s) URL comes back as it is.
    """
    found = _HOST_AND_PATH.match(url[:_MAX_URL])
    if not found:
        return url
    host, path = _visible(found["host"]), _visible(found["path"])
    clusters = _CLUSTER.findall(path) if path != "/" else []
    room = most - len(_CLUSTER.findall(host))
    if len(clusters) <= room:
        return host + "".join(clusters)
    kept = "".join(clusters[: max(0, room - 1)])
    return f"{host}{_HALF_AN_ESCAPE.sub('', kept)}…" if kept else host


def dead_words(language: str) -> str:
    """What stands in a caption where no link works, in the post's language (BCP 47), else in English."""
    primary, *others = language.replace("_", "-").lower().split("-")
    if primary == "zh" and "hans" not in others and _TRADITIONAL_CHINESE.intersection(others):
        primary = "zh-hant"
    return _DEAD_WORDS.get(primary, _DEAD_WORDS["en"])


def _visible(part: str) -> str:
    """Characters that show nothing, or turn the direction of others, as their percent-encoding."""
    return part if part.isprintable() else "".join(one if one.isprintable() else quote(one, errors="replace") for one in part)
