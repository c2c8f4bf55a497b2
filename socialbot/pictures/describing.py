"""Descriptions by a model of the owner's choice: an entry point of `socialbot.descriptions`. None is bundled, none is asked
unless an account names it.

It is a function `describe(image, language, title)`: an upright RGB `PIL.Image`, the post's language (BCP 47) and its title. It
returns a text, or None where it has nothing to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from queue import Empty, SimpleQueue
from threading import Thread

from socialbot.media import Media
from socialbot.nouns import Picture
from socialbot.pictures.darkroom import Darkroom
from socialbot.pictures.files import read_file
from socialbot.pictures.unusable import Unusable

GROUP = "socialbot.descriptions"
MAX_SECONDS = 120.0
MAX_CHARACTERS = 5_000
"""Of an answer; no network takes a longer alt text."""


@dataclass(frozen=True, slots=True)
class Described:
    """What was said of a picture; or, in a clause, why nothing was."""

    words: str | None = None
    why_not: str | None = None


class Describers:
    """Asks the installed describers, each once about a picture and language: its words are filed in the media store, so that
    what is previewed is sent. One that hangs is left alone after `max_seconds`, and not asked again."""

    def __init__(self, darkroom: Darkroom, media: Media, max_seconds: float = MAX_SECONDS) -> None:
        self._darkroom, self._media, self._max_seconds = darkroom, media, max_seconds
        self._hanging: set[str] = set()

    def describe(self, name: str, picture: Picture, language: str, title: str) -> Described:
        """What the describer of this name says of a picture, as it says it. Nothing it does is raised."""
        if picture.file is None:
            return Described(why_not="there is no file")
        try:
            recipe = _recipe(name, language, read_file(picture.file))
            if earlier := self._media.made_of(recipe):
                return Described(self._media.get(earlier).decode())
            image = self._darkroom.upright(picture)
        except Unusable as error:
            return Described(why_not=error.what)
        told = self._ask(name, lambda: installed_describers()[name].load()(image, language, title))
        if told.words:
            self._media.remember(recipe, self._media.put(told.words.encode()))
        return told

    def _ask(self, name: str, describe: Callable[[], object]) -> Described:
        if name in self._hanging:
            return Described(why_not="it was not asked again, for it has not answered before")
        answers = SimpleQueue[Described]()
        Thread(target=lambda: answers.put(_told(describe)), name=f"describer {name}", daemon=True).start()
        try:
            return answers.get(timeout=self._max_seconds)
        except Empty:
            self._hanging.add(name)
            return Described(why_not=f"it did not answer within {self._max_seconds:g} seconds")


@cache
def installed_describers() -> Mapping[str, EntryPoint]:
    """The installed describers by name. Read once: every look goes through the metadata of all that is installed."""
    return {point.name: point for point in entry_points(group=GROUP)}


def _recipe(name: str, language: str, content: bytes) -> str:
    picture = hashlib.sha256(content).hexdigest()
    return hashlib.sha256("\n".join(["description", name, language, picture]).encode()).hexdigest()


def _told(describe: Callable[[], object]) -> Described:
    try:
        answer = describe()
    except BaseException as error:  # noqa: BLE001 - others wrote it, it may raise anything, and this thread is its own
        return Described(why_not=" ".join(str(error).split())[:200] or type(error).__name__)
    if answer is None:
        return Described(why_not="it had nothing to say")
    if not isinstance(answer, str):
        return Described(why_not=f"it answered no text but {type(answer).__name__}")
    return Described(answer[:MAX_CHARACTERS].encode(errors="replace").decode())
