"""Write docs/networks.md, and the table in README.md, from the networks' own word. Run: python docs/make_capabilities.py"""

from __future__ import annotations

from pathlib import Path

from socialbot import networks
from socialbot.networks.capabilities import CAPABILITIES, Yes, capabilities_of
from socialbot.networks.protocol import Network, No

TOP = Path(__file__).parents[1]
BEGIN = "<!-- made by docs/make_capabilities.py -->\n"
END = "<!-- end of what docs/make_capabilities.py made -->\n"
HEAD = """\
# What each network offers

What socialbot does on each network, and of what it does not the reason and the page that says so. `socialbot networks`
prints the table.

This page is written by `docs/make_capabilities.py` from the adapters.

"""


def ours() -> list[type[Network]]:
    """The networks of this repository, without those of third parties that are installed here."""
    return [kind for name in networks.names() if (kind := networks.load(name)).__module__.startswith("socialbot.")]


def table() -> str:
    """A row for each network."""
    names = [name.replace("_", " ") for name in CAPABILITIES]
    lines = [f"| network | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for kind in ours():
        lines.append(f"| {kind.name} | {' | '.join(map(_cell, capabilities_of(kind).values()))} |")
    return "\n".join([*lines, ""])


def _cell(told: Yes | No) -> str:
    if isinstance(told, No):
        return "–"
    return "yes*" if told.on_condition else "yes"


def page() -> str:
    """The whole of docs/networks.md."""
    meanings = [f"- **{name.replace('_', ' ')}**: {meaning}" for name, meaning in CAPABILITIES.items()]
    parts = [HEAD, table(), "\n\\* on a condition, told below.\n\n", "\n".join([*meanings, ""])]
    for kind in ours():
        answers = capabilities_of(kind)
        on_condition = [
            f"- {name.replace('_', ' ')}: {told.on_condition}\n"
            for name, told in answers.items()
            if isinstance(told, Yes) and told.on_condition
        ]
        rows = [
            f"| {name.replace('_', ' ')} | {_sentence(told.why)} | {told.source} |\n"
            for name, told in answers.items()
            if not isinstance(told, Yes)
        ]
        parts.append(f"\n## {kind.name}\n\n")
        parts += ["On a condition:\n\n", *on_condition, "\n"] if on_condition else []
        parts += ["| not offered | why | source |\n", "|---|---|---|\n", *rows] if rows else ["Everything.\n"]
    return "".join(parts)


def _sentence(why: str) -> str:
    return f"{why[0].upper()}{why[1:].rstrip('.')}."


def readme(text: str) -> str:
    """README.md with the table as it is now."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    Path(__file__).with_name("networks.md").write_text(page(), encoding="utf-8")
    path = TOP / "README.md"
    path.write_text(readme(path.read_text(encoding="utf-8")), encoding="utf-8")
