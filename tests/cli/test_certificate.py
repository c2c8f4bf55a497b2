"""`socialbot certificate` as a user types it."""

from __future__ import annotations

import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from socialbot.pictures.certificates import read_chain
from socialbot.settings import CredentialsSettings
from tests.cli.test_commands import socialbot

FILES = ("certificate.pem", "certificate-key.pem", "certificate-root.pem")


def test_it_makes_a_chain_that_signs_and_says_that_nobody_trusts_it(tmp_path: Path) -> None:
    done = socialbot("certificate", "--name", "Example Newsroom", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nobody else trusts it" in done.stdout
    lines = done.stdout.partition("[credentials]")[2]
    given = CredentialsSettings.model_validate(tomllib.loads(lines))
    assert given.certificate is not None and given.key is not None
    certificate, key = tmp_path / given.certificate, tmp_path / given.key.get_secret_value()
    read_chain(certificate.read_bytes(), key.read_bytes(), "c", "k", datetime.now(UTC).date())
    assert b"BEGIN CERTIFICATE" in (tmp_path / FILES[2]).read_bytes()


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    socialbot("certificate", home=tmp_path)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) & 0o077 for name in FILES]
    assert modes[1] == 0 and modes[0] and modes[2]


@pytest.mark.parametrize("there", FILES)
def test_nothing_is_overwritten_and_nothing_half_done(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    done = socialbot("certificate", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "") and "nothing is overwritten" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [there] and (tmp_path / there).read_text() == "mine"


def test_another_folder_is_told_whole(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "safe" / "place"
    home.mkdir()
    done = socialbot("certificate", "--out", str(out), home=home)
    assert f'key = "{out}/certificate-key.pem"' in done.stdout and not list(home.iterdir())
    done = socialbot("certificate", "--out", str(home / "keys"), home=home)
    assert 'key = "keys/certificate-key.pem"' in done.stdout


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 65])
def test_a_name_that_no_certificate_can_have_is_wrong_use(tmp_path: Path, name: str) -> None:
    done = socialbot("certificate", "--name", name, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "") and "1 to 64 characters" in done.stderr
    assert not list(tmp_path.iterdir())
