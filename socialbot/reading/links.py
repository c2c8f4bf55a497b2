"""The post's address on the website, and the identity that follows from it."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from socialbot.reading.front_matter import FrontMatter
from socialbot.reading.words import tidy
from socialbot.settings import SiteSettings

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TEMPLATE = re.compile(r":\w|[{}]")


def find_link(front: FrontMatter, site: SiteSettings) -> tuple[str | None, list[str]]:
    """The post's URL, and warnings: the canonical one, else `site.url` with its permalink or slug. It is never guessed."""
    warnings = []
    for key, value in front.each("canonical", "canonical_url", "permalink", "url", "slug"):
        written = tidy(str(value)) if isinstance(value, str | int) else ""
        # Jekyll's permalink may be a pattern (/:year/:title/), which only Jekyll can fill in.
        if "://" not in written and _TEMPLATE.search(written):
            warnings.append(f"{key} is a pattern ({written}), which is not resolved.")
            continue
        url = on_site(written, site.url) if not written.startswith("//") else f"https:{written}"
        if url and is_web_address(url):
            return url.replace(" ", "%20"), warnings
        if url or site.url:
            warnings.append(f"{key} is not a web address: {written[:100]}")
    why = "" if site.url else " Set site.url if permalinks or slugs are to be completed."
    return None, [*warnings, f"The post has no link: its front matter names no canonical URL, permalink or slug.{why}"]


def is_web_address(url: str) -> bool:
    """Whether it is an http or https URL with a host."""
    try:
        parts = urlsplit(url)
        clean = parts.hostname and not re.search(r"[\s<>\"\\]", parts.netloc) and parts.port != 0
        return parts.scheme in _DEFAULT_PORTS and bool(clean)
    except ValueError:
        return False


def on_site(path: str, site_url: str | None) -> str | None:
    """An absolute URL for a path counted from the site's root; URLs stay as they are. None without `site_url`."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", path):
        return path
    if not site_url or not path:
        return None
    base = urlsplit(site_url).path
    # Some generators write the base path into permalinks, others leave it to the site's URL.
    if base and (path == base or path.startswith(base + "/")):
        return urljoin(site_url, path)
    return f"{site_url}/{path.lstrip('/')}"


def normalise(url: str) -> str:
    """One spelling for all URLs of one page: no scheme, host in lower case, no default port, fragment or final slash."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{(parts.hostname or '').lower()}{port}{parts.path.rstrip('/')}{query}"


def source_name(path: Path, site: SiteSettings, home: Path) -> str:
    """How a post's file is called: its path within the site's posts, the queue, or the instance; else in full."""
    full = path.resolve()
    for folder in (home / site.posts, home / "queue", home):
        if full.is_relative_to(folder.resolve()):
            full = full.relative_to(folder.resolve())
            break
    # File names need not be UTF-8.
    return os.fsencode(full.as_posix()).decode("utf-8", "replace")


def identity(url: str | None, source: str) -> str:
    """The post's id, 16 hexadecimal digits: from its URL, so that every way in finds the same post, else from its source."""
    return hashlib.sha256((normalise(url) if url else source).encode()).hexdigest()[:16]
