"""The example of the documentation passes the conformance kit; `test_broken_networks.py` shows that the kit catches faults."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from socialbot.testing.conformance import Conformance
from tests.testing.containers import Crate, CrateFake

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "network"
DOC = ROOT / "docs" / "writing-a-network.md"


def run(*arguments: str, path: tuple[Path, ...] = ()) -> str:
    """pytest in a process of its own, as a third party would run it; what it printed."""
    everything = os.pathsep.join(str(one) for one in (*path, EXAMPLE, ROOT))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--noconftest", "--tb=line"]
    tell = ["--show-capture=no", "-o", "faulthandler_timeout=120", f"--rootdir={ROOT}"]
    environment = {**os.environ, "PYTHONPATH": everything}
    try:
        done = subprocess.run(
            [*command, *tell, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as late:
        pytest.fail(f"it did not end: {late.output!r} {late.stderr!r}")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def test_the_example_network_passes_once_it_is_installed(tmp_path: Path) -> None:
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    entries = "".join(f"{name} = {place}\n" for name, place in project["entry-points"]["socialbot.networks"].items())
    installed = tmp_path / "site" / f"socialbot_pebble-{project['version']}.dist-info"  # what an installer would write
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    (installed / "entry_points.txt").write_text(f"[socialbot.networks]\n{entries}")
    output = run(str(EXAMPLE / "test_pebble.py"), path=(installed.parent,))
    assert "failed" not in output and re.search(r"[5-9]\d passed", output), output


def test_what_the_documentation_quotes_stands_in_the_example() -> None:
    files = [file.read_text() for file in sorted(EXAMPLE.rglob("*.*")) if file.suffix in (".py", ".toml")]
    quoted = re.findall(r"```(?:python|toml)\n(.*?)```", DOC.read_text(), re.DOTALL)
    assert len(quoted) >= 5
    for block in quoted:
        for piece in re.split(r"^ *\.\.\.\n", block, flags=re.MULTILINE):
            assert any(piece.strip("\n") in file for file in files), piece


class TestContainers(Conformance):
    """Containers, pictures by address, a title, a link's field: what Pebble has not."""

    fake = CrateFake
    adapter = Crate
