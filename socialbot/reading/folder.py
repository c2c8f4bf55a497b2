"""Which files of a folder are posts."""

from __future__ import annotations

import os
from pathlib import Path

from socialbot.nouns import Mistake

SUFFIXES = (".md", ".markdown", ".mdx", ".txt", ".html")
_SET_ASIDE = ("taken", "rejected")


def posts_in(folder: Path) -> list[Path]:
    """The post files under a folder, sorted. Raises Mistake when there is no such folder.

    Left out: hidden files and folders, READMEs, section pages (`_index.*`), and the folder's own `taken` and `rejected`.
    """
    if not folder.is_dir():
        raise Mistake(f"there is no folder {folder}", fix="check site.posts and the instance folder")
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        inside = Path(place)
        hidden_or_aside = (name for name in folders if name.startswith(".") or (inside == folder and name in _SET_ASIDE))
        folders[:] = sorted(set(folders) - set(hidden_or_aside))
        found += [inside / name for name in files if _is_post(name)]
    return sorted(found)


def _is_post(name: str) -> bool:
    file = Path(name.lower())
    return file.suffix in SUFFIXES and not name.startswith(".") and file.stem not in ("_index", "readme")
