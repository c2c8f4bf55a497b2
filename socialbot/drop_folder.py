"""The drop folder `queue/`: posts put there are taken, by one worker at a time."""

from __future__ import annotations

import fcntl
import random
import shutil
from pathlib import Path

from socialbot import reading
from socialbot.intake import Intake, Receipt
from socialbot.ledger import Clock, Ledger
from socialbot.nouns import Mistake
from socialbot.redaction import Redaction
from socialbot.settings import Settings

FILES_AT_ONCE = 5
"""Posts taken in one go."""
SETTLED_S = 1.0
"""A file is taken once it has not changed for so long: it may still be being written."""


def take_folder(
    settings: Settings, ledger: Ledger, clock: Clock, chance: random.Random, redaction: Redaction | None = None
) -> list[Receipt]:
    """Enqueue the first few posts in `queue/`. A file moves to `taken/` only once it is in the ledger; a bad one to
    `rejected/`, with its reason beside it.
    """
    folder = settings.home / "queue"
    if not folder.is_dir():
        return []
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another worker is reading it
            return []
        settled = clock().timestamp() - SETTLED_S
        files = [path for path in reading.posts_in(folder) if path.lstat().st_mtime < settled][:FILES_AT_ONCE]
        # What a link points to was not put here.
        links = [
            Receipt(path, mistake=Mistake("it is a link", fix="put the post itself here"))
            for path in files
            if path.is_symlink()
        ]
        posts = [path for path in files if not path.is_symlink()]
        receipts = [*links, *(Intake(settings, ledger, clock, chance, redaction).enqueue(posts) if posts else [])]
        for receipt in receipts:
            _put_away(receipt, folder)
    return receipts


def _put_away(receipt: Receipt, folder: Path) -> None:
    if receipt.mistake:
        target = _move(receipt.path, folder / "rejected")
        target.with_name(target.name + ".reason.txt").write_text(f"{receipt.mistake}\n", encoding="utf-8")
    else:
        _move(receipt.path, folder / "taken")


def _move(path: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    number = 2
    while target.exists():
        target = folder / f"{path.stem}-{number}{path.suffix}"
        number += 1
    shutil.move(path, target)
    return target
