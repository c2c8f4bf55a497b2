"""What the documents say is what the code is."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]


def test_the_configuration_page_is_the_settings_own_word() -> None:
    page = runpy.run_path(str(TOP / "docs" / "make_configuration.py"))["page"]()
    assert (TOP / "docs" / "configuration.md").read_text() == page, "run: python docs/make_configuration.py"


def test_the_captions_page_is_what_the_tool_prints() -> None:
    made = runpy.run_path(str(TOP / "docs" / "make_captions.py"))
    assert (TOP / "docs" / "captions.md").read_text() == made["page"](made["lengths_known"]()), "run: docs/make_captions.py"


def test_the_labels_page_is_the_label_texts() -> None:
    page = runpy.run_path(str(TOP / "docs" / "make_labels.py"))["page"]()
    assert (TOP / "docs" / "labels.md").read_text() == page, "run: python docs/make_labels.py"


def test_the_networks_page_and_the_readmes_table_are_the_adapters_own_word() -> None:
    made = runpy.run_path(str(TOP / "docs" / "make_capabilities.py"))
    assert (TOP / "docs" / "networks.md").read_text() == made["page"](), "run: python docs/make_capabilities.py"
    readme = (TOP / "README.md").read_text()
    assert readme == made["readme"](readme), "run: python docs/make_capabilities.py"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    reasons = (TOP / "docs" / "dependencies.md").read_text().lower()
    for requirement in project["dependencies"]:
        assert requirement.split(">=")[0] in reasons


@pytest.mark.parametrize("document", ["README.md", "docs/commands.md"])
def test_every_command_is_told(document: str) -> None:
    commands = {path.stem for path in (TOP / "socialbot" / "cli").glob("*.py")} - {"__init__", "instance", "printing"}
    told = (TOP / document).read_text()
    assert [command for command in sorted(commands) if f"socialbot {command.replace('_', '-')}" not in told] == []
