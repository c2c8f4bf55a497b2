"""Content Credentials: a picture is signed last, with what was done to it and the source it was made from.

C2PA 2.4, https://spec.c2pa.org/specifications/specifications/2.4/specs/C2PA_Specification.html: "Actions", "Ingredient",
"Redaction of Assertions". Needs the extra `socialbot[c2pa]`, which is imported only where a picture is signed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from socialbot import __version__
from socialbot.nouns import WrongConfiguration
from socialbot.pictures.certificates import PURPOSES, Chain, read_chain
from socialbot.pictures.history import PRIVATE, SOURCE_TYPE, UNCARRIED, UNREADABLE, in_known_words, redactions, source_types
from socialbot.pictures.marks import says_ai, strongest
from socialbot.pictures.unusable import Unusable
from socialbot.settings import CredentialsSettings

JPEG = "image/jpeg"
INSTALL = 'pip install "socialbot[c2pa]"'
# No host: neither a source's remote manifest nor a certificate's status is fetched, whoever names them.
_SETTINGS = {
    "version": 1,
    "core": {"allowed_network_hosts": [], "max_decompressed_manifest_size_in_mb": 8},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "trust": {"trust_config": "\n".join(PURPOSES)},
    "builder": {"thumbnail": {"enabled": False}, "claim_generator_info": {"name": "socialbot", "version": __version__}},
}
_SOURCE = {"title": "Source picture", "relationship": "parentOf", "instance_id": "source"}


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs pictures in the name of a certificate. `timestamp_url`: an RFC 3161 server that is asked for the time."""

    chain: Chain
    timestamp_url: str | None = None

    def sign(
        self, content: bytes, parent: bytes, parent_mime: str, *, title: str, source_type: str | None, actions: Sequence[str]
    ) -> bytes:
        """The JPEG `content` with a signed manifest: `parent` was opened, `actions` were done to it, it is published.

        `source_type`, a full URI, says with the opening how the parent was made, for those who read manifests alone. The
        parent's own manifests go along; where they cannot, the parent is named without them and the reason is given.
        Raises Unusable.
        """
        manifests, uncarried = _history(parent)
        if manifests is not None:
            told = _manifest(title, source_type, actions, redactions(manifests))
            try:
                signed, store = self._signed(content, told, parent, parent_mime)
                if not manifests or in_known_words(store):
                    return signed
                uncarried = PRIVATE
            except _errors():  # whether it is the parent's fault shows when it is tried without
                pass
            source_type = strongest(source_type, *filter(says_ai, source_types(manifests)))
        source = {**_SOURCE, "description": uncarried} if uncarried else _SOURCE
        try:
            return self._signed(content, {**_manifest(title, source_type, actions, []), "ingredients": [source]})[0]
        except _errors() as error:
            why = str(error).partition("\n")[0][:200]
            fix = "see docs/credentials.md, or take [credentials] out of socialbot.toml"
            raise Unusable(f"its Content Credentials could not be signed: {why}", fix=fix) from error

    def _signed(
        self, content: bytes, manifest: dict[str, Any], parent: bytes = b"", parent_mime: str = ""
    ) -> tuple[bytes, bytes]:
        """The picture, and the manifest store in it."""
        import c2pa

        signed = BytesIO()
        info = c2pa.C2paSignerInfo(
            self.chain.algorithm, self.chain.certificates.encode(), self.chain.key.encode(), self.timestamp_url
        )
        with c2pa.Context.from_dict(_SETTINGS) as context, c2pa.Builder(manifest, context=context) as builder:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
            if parent:
                builder.add_ingredient(_SOURCE, parent_mime, BytesIO(parent))
            with c2pa.Signer.from_info(info) as signer:
                store = builder.sign(signer, JPEG, BytesIO(content), signed)
        return signed.getvalue(), store


def signer_of(settings: CredentialsSettings, home: Path, today: date) -> Signer | None:
    """The signer that the configuration of the instance in `home` asks for, if any. Raises WrongConfiguration."""
    key = settings.key.get_secret_value() if settings.key else ""
    if not settings.certificate and not key:
        return None
    if not settings.certificate or not key:
        missing = "key" if settings.certificate else "certificate"
        raise WrongConfiguration(f"{missing} is missing", where="socialbot.toml, [credentials]", fix="both are needed to sign")
    named = key.replace("\\n", "\n") if "-----BEGIN" in key else home / key  # variables often carry a line's end as \n
    return open_signer(home / settings.certificate, named, today, settings.timestamp_url)


def open_signer(certificate: Path, key: Path | str, today: date, timestamp_url: str | None = None) -> Signer:
    """The signer of a certificate (PEM, your own first) and its key: a file, or PEM text.

    Raises WrongConfiguration, with one sentence for whatever would keep it from signing today.
    """
    try:
        import c2pa  # noqa: F401 - it brings a library that this machine may not be able to load
    except (ImportError, OSError, RuntimeError):
        raise WrongConfiguration("signing pictures needs the extra c2pa, which is not installed", fix=INSTALL) from None
    content, where_key = (key.encode(), "credentials.key") if isinstance(key, str) else (_read(key, "key"), str(key))
    return Signer(read_chain(_read(certificate, "certificate"), content, str(certificate), where_key, today), timestamp_url)


def _read(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        fix = "correct [credentials]; for trying out: socialbot certificate"
        raise WrongConfiguration(f"the {what} cannot be read: {error.strerror}", where=str(file), fix=fix) from None


def _errors() -> tuple[type[Exception], ...]:
    import c2pa

    return c2pa.C2paError, ValueError, RecursionError  # the last two: of JSON that quotes the file


def _manifest(title: str, source_type: str | None, actions: Sequence[str], redacted: Sequence[str]) -> dict[str, Any]:
    opened: dict[str, Any] = {"action": "c2pa.opened", "parameters": {"ingredientIds": [_SOURCE["instance_id"]]}}
    if source_type and SOURCE_TYPE.fullmatch(source_type):
        opened["digitalSourceType"] = source_type
    told = [opened]
    told += [{"action": "c2pa.redacted", "reason": "c2pa.PII.present", "parameters": {"redacted": uri}} for uri in redacted]
    told += [{"action": action} for action in (*actions, "c2pa.published")]
    return {
        "title": title,
        "redactions": list(redacted),
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": told}}],
    }


def _history(parent: bytes) -> tuple[dict[str, Any] | None, str | None]:
    """The parent's manifests with their whole stores, by label, and what to say of them if they cannot go along.

    None for the first where they cannot be read, None for the second where there are none.
    """
    import c2pa

    try:
        with c2pa.Context.from_dict(_SETTINGS) as context:
            reader = c2pa.Reader.try_create(None, BytesIO(parent), context=context)
            if reader is None:
                return {}, None
            with reader:
                manifests: dict[str, Any] = json.loads(reader.detailed_json())["manifests"]
    except _errors():
        return None, UNREADABLE
    return manifests, UNCARRIED
