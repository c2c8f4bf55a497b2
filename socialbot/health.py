"""Is it well? Each trouble is one plain sentence, without titles, captions or secrets."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from socialbot.ledger import FRESH_S, Ledger
from socialbot.settings import Settings


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong. `name` is the same for as long as it lasts: "late", "worker", "store", "disk of the instance"."""

    name: str
    sentence: str


def troubles(settings: Settings, ledger: Ledger) -> list[Trouble]:
    """All that is wrong with an instance now."""
    found = disk_troubles(settings)
    try:
        found += [*late(settings, ledger), *idle(ledger)]
    except SQLAlchemyError as error:  # its sentence may quote the store's address, which holds a password
        found.append(unreadable(error))
    return found


def unreadable(error: SQLAlchemyError) -> Trouble:
    """The store did not answer."""
    return Trouble("store", f"The store cannot be used ({type(getattr(error, 'orig', None) or error).__name__}).")


def late(settings: Settings, ledger: Ledger) -> list[Trouble]:
    """Is something due for longer than it may be, though nothing forbids it to go? Raises SQLAlchemyError."""
    overdue = ledger.overdue()
    late_s = (ledger.clock() - overdue.since).total_seconds() if overdue else 0
    if not overdue or late_s <= settings.web.late_s:
        return []
    about = f"The oldest due delivery, {overdue.delivery} on {overdue.network}, is {late_s:.0f} s late"
    return [Trouble("late", f"{about}; at most {settings.web.late_s:g} s are allowed (web.late_s).")]


def idle(ledger: Ledger) -> list[Trouble]:
    """Is nobody at work? Raises SQLAlchemyError."""
    if ledger.at_work():
        return []
    last: datetime | None = max((one.beat_at for one in ledger.beats()), default=None)
    heard = f"the last was heard of at {last:%Y-%m-%d %H:%M:%S} UTC" if last else "none was heard of for a day"
    return [Trouble("worker", f"No worker has given a sign of life for {FRESH_S:.0f} s; {heard}.")]


def disk_troubles(settings: Settings) -> list[Trouble]:
    """Is there room, and may it be written to, where the instance, its store and its pictures lie?"""
    found, disks, least = [], set(), settings.store.min_free_bytes
    for name, folder in folders(settings).items():
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"\0" * 4096)
                disk = os.fstat(file.fileno()).st_dev
            free = shutil.disk_usage(folder).free
        except OSError as error:
            found.append(
                Trouble(f"disk of the {name}", f"The folder of the {name} cannot be written to ({error.strerror or error}).")
            )
            continue
        if free < least and disk not in disks:
            wanted = f"{free} bytes are free, at least {least} are wanted (store.min_free_bytes)"
            found.append(Trouble(f"disk of the {name}", f"The disk of the {name} is nearly full: {wanted}."))
        disks.add(disk)
    return found


def folders(settings: Settings) -> dict[str, Path]:
    """Where the instance lies, its store and its pictures, as far as that is on this machine's disks."""
    home, url = settings.home, make_url(settings.store.url)
    found = {"instance": home}
    if url.get_backend_name() == "sqlite" and url.database:
        found["store"] = (home / url.database).parent
    if (home / "media").is_dir():  # made with the first picture
        found["pictures"] = home / "media"
    return {name: folder for name, folder in found.items() if name == "instance" or folder != home}
