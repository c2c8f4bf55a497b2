"""Pictures with Content Credentials, signed by a newsroom and by an AI generator that are both made up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from typing import Any

from socialbot.pictures.certificates import TrialChain, make_chain, read_chain
from socialbot.pictures.credentials import Signer
from tests.pictures.specimens import IPTC, encoded, quarters

GENERATED = IPTC + "trainedAlgorithmicMedia"
EDITED = IPTC + "compositeWithTrainedAlgorithmicMedia"
CAPTURED = IPTC + "digitalCapture"
KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif", "TIFF": "image/tiff"}
NOW = datetime.now(UTC)  # the library has no other clock


@cache
def chain(organisation: str = "Example Newsroom") -> TrialChain:
    return make_chain(organisation, NOW)


@cache
def generator() -> TrialChain:
    return chain("OpenAI OpCo, LLC")


def both_roots() -> str:
    return chain().root + generator().root


def signer(made: TrialChain | None = None, timestamp_url: str | None = None) -> Signer:
    made = made or chain()
    return Signer(read_chain(made.certificates.encode(), made.key.encode(), "a", "b", NOW.date()), timestamp_url)


def created(
    source_type: str | None = GENERATED,
    kind: str = "JPEG",
    made: TrialChain | None = None,
    *,
    action: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    assertions: Sequence[dict[str, Any]] = (),
    ingredients: Sequence[dict[str, Any]] = (),
    resources: dict[str, bytes] | None = None,
    settings: dict[str, Any] | None = None,
    remote: str | None = None,
    embed: bool = True,
    content: bytes | None = None,
    claim_version: int = 2,
    title: str = "image.png",
    more: dict[str, Any] | None = None,
) -> bytes:
    """A picture signed by the one who created it, as a generator or a camera does."""
    import c2pa

    made = made or generator()
    first = {"action": "c2pa.created", "digitalSourceType": source_type or "http://c2pa.org/digitalsourcetype/empty"}
    label = "c2pa.actions.v2" if claim_version == 2 else "c2pa.actions"
    manifest = {
        "title": title,
        "claim_version": claim_version,
        "assertions": [
            {"label": label, "data": {"actions": [first | (action or {})], **(data or {})}},
            *assertions,
        ],
        "ingredients": list(ingredients),
        **(more or {}),
    }
    signed = BytesIO()
    quiet = {"builder": {"thumbnail": {"enabled": False}}} if settings is None else settings
    with c2pa.Context.from_dict(quiet) as context, c2pa.Builder(manifest, context=context) as builder:
        if claim_version == 2:
            builder.set_intent(c2pa.C2paBuilderIntent.CREATE, c2pa.C2paDigitalSourceType.EMPTY)
        for name, resource in (resources or {}).items():
            builder.add_resource(name, BytesIO(resource))
        if remote:
            builder.set_remote_url(remote)
        if not embed:
            builder.set_no_embed()
        with c2pa.Signer.from_info(c2pa.C2paSignerInfo("es256", made.certificates.encode(), made.key.encode(), None)) as by:
            builder.sign(by, KINDS[kind], BytesIO(content or encoded(quarters(), kind)), signed)
    return signed.getvalue()


def tampered(content: bytes) -> bytes:
    """One byte of the pixels changed."""
    return content[:-200] + bytes([content[-200] ^ 1]) + content[-199:]


def validated(content: bytes, roots: str = "", detailed: bool = False) -> dict[str, Any]:
    """What the library itself tells of a file: all of it, or with `detailed` each manifest's whole store."""
    import c2pa

    trust: dict[str, Any] = {"trust": {"trust_anchors": roots}} if roots else {}
    settings = {**trust, "verify": {"remote_manifest_fetch": False}}
    with c2pa.Context.from_dict(settings) as context, c2pa.Reader(None, BytesIO(content), context=context) as reader:
        told: dict[str, Any] = json.loads(reader.detailed_json() if detailed else reader.json())
    return told


def actions(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the picture's own manifest."""
    (found,) = [one for one in own(told)["assertions"] if one["label"] == "c2pa.actions.v2"]
    listed: list[dict[str, Any]] = found["data"]["actions"]
    return listed


def own(told: dict[str, Any]) -> dict[str, Any]:
    manifest: dict[str, Any] = told["manifests"][told["active_manifest"]]
    return manifest


@contextmanager
def trap() -> Iterator[tuple[str, list[str]]]:
    """A loopback server that nobody should call, and the calls it got. It answers 404."""
    calls: list[str] = []

    class Caught(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(f"{self.command} {self.path}")
            self.send_error(404)

        do_POST = do_GET  # noqa: N815 - the server looks for this name

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Caught)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/a.c2pa", calls
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
