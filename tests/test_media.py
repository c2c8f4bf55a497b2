"""The media store: what is filed is there, once and whole; what is swept away is ours, old, and needed by nobody."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.media import Media, Swept, digests_of
from socialbot.nouns import Caption, Card, Draft, Part, Picture, Variant
from tests.conftest import make_post

OLD, THEN, YOUNG = 1_000_000.0, 2_000_000.0, 3_000_000.0


@pytest.fixture
def media(tmp_path: Path) -> Media:
    return Media(tmp_path / "media")


def put(media: Media, content: bytes, at: float = OLD) -> str:
    digest = media.put(content)
    os.utime(media.path(digest), (at, at))
    return digest


def variant(digest: str) -> Variant:
    return Variant(digest, "square", 1, 1, 1, "image/jpeg", "")


def test_what_is_put_is_there_under_its_digest(media: Media) -> None:
    digest = media.put(b"fog")
    assert digest == hashlib.sha256(b"fog").hexdigest()
    assert media.get(digest) == media.path(digest).read_bytes() == b"fog"
    assert media.path(digest) == media.folder / digest[:2] / digest[2:]


def test_the_same_bytes_are_kept_once_and_are_young_again(media: Media) -> None:
    path = media.path(put(media, b"fog"))
    before = path.stat()
    media.put(b"fog")
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime > YOUNG
    assert [file for file in media.folder.rglob("*") if file.is_file()] == [path]


def test_renewing_says_whether_it_is_there(media: Media) -> None:
    digest = put(media, b"fog")
    assert media.renew(digest)
    assert media.path(digest).stat().st_mtime > YOUNG
    assert not media.renew("0" * 64)


@pytest.mark.parametrize("broken", ["fsync", "fdopen"])
def test_an_interrupted_put_leaves_nothing(media: Media, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(OSError, match="no space"):
        media.put(b"fog")
    assert [file for file in media.folder.rglob("*") if file.is_file()] == []


def test_a_sweep_removes_what_is_old_and_not_needed_and_nothing_else(media: Media) -> None:
    unneeded, needed, young = put(media, b"fog"), put(media, b"rain!"), put(media, b"hail!!!", YOUNG)
    assert media.sweep({needed}, THEN) == Swept(1, 3, 2, 12)
    assert [media.path(digest).exists() for digest in (unneeded, needed, young)] == [False, True, True]


def test_what_is_filed_again_between_the_look_and_the_removal_stays(media: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    path, looks, lstat = media.path(put(media, b"fog")), list[Path](), Path.lstat

    def looked_at(self: Path) -> os.stat_result:
        status = lstat(self)
        looks.append(self)
        if looks.count(path) == 1 and self == path:
            media.put(b"fog")
        return status

    monkeypatch.setattr(Path, "lstat", looked_at)
    assert media.sweep((), THEN) == Swept(0, 0, 1, 3)
    assert path in looks and path.read_bytes() == b"fog"
    assert [file for file in media.folder.rglob("*") if file.is_file()] == [path]


def test_a_dry_run_tells_the_same_and_removes_nothing(media: Media) -> None:
    digest = put(media, b"fog")
    assert media.sweep((), THEN, dry_run=True) == Swept(1, 3)
    assert media.get(digest) == b"fog"


def test_what_a_killed_put_left_is_swept_when_it_is_old(media: Media) -> None:
    folder = media.path(put(media, b"fog", YOUNG)).parent
    for name, at in (("old", OLD), ("young", YOUNG)):
        (folder / f".unfinished-{name}").write_bytes(b"fo")
        os.utime(folder / f".unfinished-{name}", (at, at))
    assert media.sweep((), THEN) == Swept(1, 2, 2, 5)
    assert not (folder / ".unfinished-old").exists()


def test_what_is_not_ours_is_never_touched(media: Media, tmp_path: Path) -> None:
    digest, elsewhere = put(media, b"fog", YOUNG), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ("a" * 62)).write_bytes(b"theirs")
    folder = media.path(digest).parent
    strangers = [media.folder / "notes.txt", folder / "notes.txt", folder / ("A" * 62), media.folder / "zz" / ("a" * 62)]
    strangers += [media.folder / "ab" / ("a" * 61), media.folder / "abc" / ("a" * 62), media.folder / ("a" * 64)]
    for stranger in strangers:
        stranger.parent.mkdir(parents=True, exist_ok=True)
        stranger.write_bytes(b"theirs")
    (media.folder / "ee").symlink_to(elsewhere)
    (folder / ("b" * 62)).symlink_to(elsewhere / ("a" * 62))
    (folder / ("c" * 62)).mkdir()
    for path in [*strangers, elsewhere / ("a" * 62)]:
        os.utime(path, (OLD, OLD))
    assert media.sweep((), THEN) == Swept(0, 0, 1, 3)
    assert all(stranger.exists() for stranger in [*strangers, elsewhere / ("a" * 62), folder / ("b" * 62), folder / ("c" * 62)])


def test_a_store_that_is_not_there_is_swept_in_peace(media: Media) -> None:
    assert media.sweep((), THEN) == Swept()


def test_a_draft_needs_its_pictures_and_its_thumb_and_a_post_what_was_fetched(media: Media, tmp_path: Path) -> None:
    card = Card("https://example.org", "Fog", "", variant("2" * 64))
    parts = (
        Part(Caption("", 0, 1, "bytes"), (variant("0" * 64), variant("1" * 64))),
        Part(Caption("", 0, 1, "bytes"), card=card),
    )
    fetched, moved = media.path("3" * 64), Path("/elsewhere") / "44" / ("4" * 62)
    files = (fetched, moved, tmp_path / "photos" / "fog.jpg", None)
    post = make_post(pictures=tuple(Picture("it", file=file) for file in files))
    assert digests_of([Draft("p", "blue", "toy", "en", parts)], [post]) == {str(one) * 64 for one in range(5)}


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(st.binary(min_size=1, max_size=6), st.tuples(st.booleans(), st.sampled_from([OLD, YOUNG])), max_size=6))
def test_a_sweep_never_removes_what_is_needed_or_young(
    tmp_path_factory: pytest.TempPathFactory, filed: dict[bytes, tuple[bool, float]]
) -> None:
    media = Media(tmp_path_factory.getbasetemp() / "swept")
    digests = {content: hashlib.sha256(content).hexdigest() for content in filed}
    for content, (_, at) in filed.items():
        path = media.path(digests[content])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (at, at))
    swept = media.sweep({digests[content] for content, (needed, _) in filed.items() if needed}, THEN)
    left = {content for content, digest in digests.items() if media.path(digest).exists()}
    assert left == {content for content, (needed, at) in filed.items() if needed or at == YOUNG}
    assert swept.removed == len(filed) - len(left)
    media.sweep((), YOUNG + 1)
