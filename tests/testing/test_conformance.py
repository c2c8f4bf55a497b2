"""The conformance kit catches broken adapters, each where its fault shows; and the example of the documentation passes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from socialbot.testing.conformance import Conformance
from tests.testing.containers import Crate, CrateFake

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "network"
BROKEN = Path(__file__).with_name("broken_networks.py")
DOC = ROOT / "docs" / "writing-a-network.md"
FAULT = re.compile(r"class (\w+)\((?:Pebble|Broken)\):\n    fails = \(?([^)]*?)\)?\n(?=\n|    \w)", re.DOTALL)


def expected() -> Mapping[str, tuple[str, ...]]:
    """By class of the broken adapters: the tests that must fail."""
    return {name: tuple(re.findall(r"test_[\w\[\]]+", fails)) for name, fails in FAULT.findall(BROKEN.read_text())}


def run(*arguments: str, path: tuple[Path, ...] = ()) -> str:
    """pytest in a process of its own, as a third party would run it; what it printed."""
    everything = os.pathsep.join(str(one) for one in (*path, EXAMPLE, ROOT))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--noconftest", "--tb=line"]
    done = subprocess.run(
        [*command, "--show-capture=no", f"--rootdir={ROOT}", *arguments],
        env={**os.environ, "PYTHONPATH": everything},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def failed(output: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, test in re.findall(r"^FAILED \S+::Test(\w+)::(test_\w+)", output, re.MULTILINE):
        found.setdefault(name, set()).add(test)
    return found


def test_each_broken_adapter_fails_where_its_fault_shows() -> None:
    first = {name: fails[0] for name, fails in expected().items()}
    assert len(first) > 20
    output = run(*(f"{BROKEN}::Test{name}::{test}" for name, test in first.items()))
    assert failed(output) == {name: {test.partition("[")[0]} for name, test in first.items()}


@pytest.mark.slow
def test_each_broken_adapter_fails_nowhere_else() -> None:
    assert failed(run(str(BROKEN))) == {name: {test.partition("[")[0] for test in fails} for name, fails in expected().items()}


def test_the_example_network_passes_once_it_is_installed(tmp_path: Path) -> None:
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    entries = "".join(f"{name} = {place}\n" for name, place in project["entry-points"]["socialbot.networks"].items())
    installed = tmp_path / "site" / f"socialbot_pebble-{project['version']}.dist-info"  # what an installer would write
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    (installed / "entry_points.txt").write_text(f"[socialbot.networks]\n{entries}")
    output = run(str(EXAMPLE / "test_pebble.py"), path=(installed.parent,))
    assert not failed(output) and re.search(r"[5-9]\d passed", output), output


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
