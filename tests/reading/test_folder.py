from __future__ import annotations

from pathlib import Path

import pytest

from socialbot.nouns import Mistake
from socialbot.reading import posts_in


def test_posts_are_found_and_everything_else_is_left_alone(tmp_path: Path) -> None:
    posts = ["a.md", "b.MARKDOWN", "c.mdx", "d.txt", "e.html", "deep/2025/index.md", "deep/taken/f.md"]
    others = [
        "_index.md",
        "README.md",
        "readme.txt",
        ".hidden.md",
        ".git/g.md",
        "taken/h.md",
        "rejected/i.md",
        "rejected/i.reason.txt",
    ]
    others += ["photo.jpg", "notes.md~", "deep/_index.html", "k.md.part"]
    for name in posts + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.md").mkdir()
    assert posts_in(tmp_path) == sorted(tmp_path / name for name in posts)


def test_a_missing_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="there is no folder"):
        posts_in(tmp_path / "gone")
