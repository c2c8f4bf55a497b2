"""A describer of the owner's: asked once, bounded, and never in the way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Protocol

import pytest
from PIL import Image

from socialbot.media import Media
from socialbot.nouns import Picture
from socialbot.pictures import Darkroom, Describers, describing
from tests.pictures.specimens import encoded, filed, quarters

Describe = Callable[..., object]


class Ask(Protocol):
    def __call__(self, function: Describe, max_seconds: float = 60) -> Describers: ...


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    exif = Image.Exif()
    exif[0x0112] = 6
    return Picture("/photos/a.jpg", file=filed(tmp_path, encoded(quarters(600, 400), exif=exif)))


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    def ask(function: Describe, max_seconds: float = 60) -> Describers:
        there = {"model": SimpleNamespace(load=lambda: function)}
        monkeypatch.setattr(describing, "installed_describers", lambda: there)
        media = Media(tmp_path / "media")
        return Describers(Darkroom(media), media, max_seconds)

    return ask


def test_it_is_shown_the_whole_picture_upright_with_language_and_title(asked: Ask, picture: Picture) -> None:
    shown: list[tuple[Image.Image, str, str]] = []
    told = asked(lambda *args: shown.append(args) or "Four colours.").describe("model", picture, "de", "Nebel")
    assert (told.words, told.why_not) == ("Four colours.", None)
    ((image, language, title),) = shown
    assert (image.mode, image.size, language, title) == ("RGB", (400, 600), "de", "Nebel")


def test_a_picture_is_described_once_in_each_language_even_by_another_process(asked: Ask, picture: Picture) -> None:
    answers = iter(["One.", "Zwei.", "Three."])
    first = asked(lambda *args: next(answers))
    assert [first.describe("model", picture, tag, "Fog").words for tag in ("en", "de", "en")] == ["One.", "Zwei.", "One."]
    second = asked(lambda *args: next(answers))
    assert second.describe("model", picture, "en", "another title").words == "One."
    assert next(answers) == "Three."


def test_what_it_changes_in_its_copy_changes_nothing(asked: Ask, picture: Picture) -> None:
    describers = asked(lambda image, *args: image.paste(0, (0, 0, *image.size)))
    before = describers._darkroom.upright(picture).tobytes()
    describers.describe("model", picture, "en", "Fog")
    assert describers._darkroom.upright(picture).tobytes() == before


@pytest.mark.parametrize(
    ("function", "why_not"),
    [
        (lambda *args: 1 / 0, "division by zero"),
        (lambda *args: sys.exit("no key"), "no key"),
        (lambda *args: None, "it had nothing to say"),
        (lambda *args: b"bytes", "it answered no text but bytes"),
        (lambda: "too few arguments", "takes 0 positional arguments"),
    ],
)
def test_what_it_does_wrong_is_told_and_forgotten(asked: Ask, picture: Picture, function: Describe, why_not: str) -> None:
    told = asked(function).describe("model", picture, "en", "Fog")
    assert told.words is None and why_not in str(told.why_not)
    assert asked(lambda *args: "Better.").describe("model", picture, "en", "Fog").words == "Better."


def test_one_that_hangs_is_left_alone_and_not_asked_again(asked: Ask, picture: Picture) -> None:
    release, times = Event(), list[int]()

    def hang(*args: object) -> None:
        times.append(1)
        release.wait(30)

    describers = asked(hang, 0.1)
    told = [describers.describe("model", picture, "en", "Fog").why_not for _ in range(2)]
    release.set()
    assert "did not answer within 0.1 seconds" in str(told[0]) and "not asked again" in str(told[1]) and times == [1]


def test_an_endless_answer_is_cut(asked: Ask, picture: Picture) -> None:
    told = asked(lambda *args: "\ud800word " * 1_000_000).describe("model", picture, "en", "Fog")
    assert told.words and len(told.words) == describing.MAX_CHARACTERS


def test_a_picture_that_cannot_be_opened_is_not_shown(asked: Ask, picture: Picture, tmp_path: Path) -> None:
    describers = asked(lambda *args: pytest.fail("it was asked"))
    filed(tmp_path, b"<svg/>")
    assert "SVG" in str(describers.describe("model", picture, "en", "Fog").why_not)
    assert describers.describe("model", Picture("/gone.jpg"), "en", "Fog").why_not == "there is no file"
