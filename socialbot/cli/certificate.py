"""`socialbot certificate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from socialbot.cli.instance import Home, home_of, now

Name = Annotated[str, typer.Option("--name", metavar="ORGANISATION", help="Who signs; shown with every picture.")]
Out = Annotated[str, typer.Option("--out", metavar="DIR", help="Where the files go. Default: the instance folder.")]


def certificate(context: typer.Context, name: Name = "socialbot test", out: Out = "", home: Home = "") -> None:
    """Make a certificate for trying out Content Credentials; nobody else trusts it. Nothing is ever overwritten."""
    from socialbot.nouns import WrongUse
    from socialbot.pictures.certificates import make_chain

    instance = home_of(context, home)
    folder = Path(out).expanduser().resolve() if out else instance
    if not (name.isprintable() and 1 <= len(name.strip()) <= 64):
        raise WrongUse("--name is 1 to 64 characters, on one line")
    chain = make_chain(name.strip(), now())
    files = {"certificate.pem": chain.certificates, "certificate-key.pem": chain.key, "certificate-root.pem": chain.root}
    taken = [str(folder / file) for file in files if (folder / file).exists()]
    if taken:
        raise WrongUse(f"{' and '.join(taken)} exist already, and nothing is overwritten", fix="give another folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        _write(folder / file, text, secret="key" in file)
    inside = folder.relative_to(instance) if folder.is_relative_to(instance) else folder
    print(_told(folder, inside))


def _write(file: Path, text: str, *, secret: bool) -> None:
    """A new file; a secret is readable by its owner alone from its first moment on."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(text)


def _told(folder: Path, inside: Path) -> str:
    return f"""\
written  {folder / "certificate.pem"}       the certificate and its issuer, good for one year
written  {folder / "certificate-key.pem"}   its key: whoever has it signs in this name; keep it out of git
written  {folder / "certificate-root.pem"}  the root, for checking what was signed

This is a test certificate. Nobody else trusts it: pictures signed with it show an unknown signer, or nothing. Trusted ones are
issued under the C2PA conformance programme: https://c2pa.org/conformance/

In socialbot.toml:

[credentials]
certificate = "{(inside / "certificate.pem").as_posix()}"
key = "{(inside / "certificate-key.pem").as_posix()}"
"""
