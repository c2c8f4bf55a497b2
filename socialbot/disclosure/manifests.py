"""What a picture's C2PA manifests say once their signatures are checked, the picture's own and all its ingredients'.

C2PA 2.4, https://spec.c2pa.org/specifications/specifications/2.4/specs/C2PA_Specification.html, "Validation". Needs the extra
`socialbot[c2pa]`, which is imported only when a file has a manifest. Nothing is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

State = Literal["verified", "not trusted", "broken"]
"""Signed under one of the given roots and whole; whole, by somebody who is not known; changed after it was signed."""

MAX_FILE_BYTES = 100_000_000
MAX_MANIFEST_BYTES = 4_000_000
"""Of all manifests together; an honest one has some kB, or some 100 kB with thumbnails. At most a second is spent on these."""
_STATES: tuple[State, ...] = ("verified", "not trusted", "broken")
_MOST_MANIFESTS = 500
_LONGEST_URI = 200
_TRUSTED, _UNTRUSTED = "signingCredential.trusted", "signingCredential.untrusted"
_OF_TRUST = ("signingCredential.", "timeStamp.", "cawg.", "manifest.inaccessible")
_SETTINGS = {
    "version": 1,
    "core": {"allowed_network_hosts": [], "max_decompressed_manifest_size_in_mb": 4},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}
# Email protection, document signing, C2PA's own: what the certificate of a signer may be for.
_PURPOSES = "1.3.6.1.5.5.7.3.4\n1.3.6.1.5.5.7.3.36\n1.3.6.1.4.1.62558.2.1\n"
_SIGNERS = (
    *("Adobe", "Amazon", "Black Forest Labs", "ByteDance", "Canon", "Canva", "Fujifilm", "Google", "Leica", "Meta"),
    *("Microsoft", "Midjourney", "Nikon", "OpenAI", "Samsung", "Shutterstock", "Sony", "Stability AI", "TikTok", "Truepic"),
)


class Unverifiable(Exception):
    """The manifest could not be checked: it is damaged, too large, or built as a trap."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest of a picture. `own`: the picture's, not an ingredient's. `signer` is a known name or None."""

    own: bool
    state: State
    signer: str | None
    source_types: tuple[str, ...]
    """As its actions give them, in its own words."""


def check(file: BinaryIO, anchors: str = "") -> tuple[Manifest, ...] | None:
    """Every manifest of a picture that can be reached from its own one, that one first; None without the extra.

    `anchors`: root certificates (PEM) whose signatures are trusted. An ingredient is trusted no more than the manifest that
    names it. Raises Unverifiable.
    """
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError):  # not installed, or its library cannot be loaded on this machine
        return None
    settings = {**_SETTINGS, "trust": {"trust_config": _PURPOSES} | ({"trust_anchors": anchors} if anchors else {})}
    try:
        if file.seek(0, 2) > MAX_FILE_BYTES:
            raise Unverifiable
        file.seek(0)
        with c2pa.Context.from_dict(settings) as context:
            reader = c2pa.Reader.try_create(None, file, context=context)
            if reader is None:
                raise Unverifiable
            with reader:
                told = json.loads(reader.json())
    except (c2pa.C2paError, ValueError, RecursionError, OSError) as error:
        raise Unverifiable from error
    return tuple(_reached(_dict(told)))


def _reached(told: dict[str, Any]) -> Iterator[Manifest]:
    """From the picture's own manifest down to the last ingredient, each once, in the worst state it is reached in."""
    results, manifests = _dict(told.get("validation_results")), _dict(told.get("manifests"))
    own = str(told.get("active_manifest"))
    deltas = {str(delta.get("ingredientAssertionURI")): delta["validationDeltas"] for delta in _deltas(results)}
    states: dict[str, State] = {}
    to_see = [(own, _own_state(told.get("validation_state"), results))]
    while to_see and len(states) < _MOST_MANIFESTS:
        label, state = to_see.pop()
        if _worst(state, states.get(label, "verified")) == states.get(label):
            continue
        states[label] = state
        for ingredient in _dicts(_dict(manifests.get(label)).get("ingredients")):
            uri = f"self#jumbf=/c2pa/{label}/c2pa.assertions/{ingredient.get('label')}"
            found = _ingredient_state(ingredient, _dict(deltas.get(uri)))
            to_see.append((str(ingredient.get("active_manifest")), _worst(state, found)))
    for label, state in states.items():
        if manifest := _dict(manifests.get(label)):
            yield Manifest(label == own, state, _signer(manifest), tuple(dict.fromkeys(_source_types(manifest))))


def _own_state(said: Any, results: dict[str, Any]) -> State:
    if said in ("Trusted", "Valid"):
        return "verified" if said == "Trusted" else "not trusted"
    failures = _codes(_dict(results.get("activeManifest")), "failure")
    return "not trusted" if failures and all(code.startswith(_OF_TRUST) for code in failures) else "broken"


def _ingredient_state(ingredient: dict[str, Any], delta: dict[str, Any]) -> State:
    """The signer's own findings when the ingredient was added; in `delta` whom we trust and the signer did not.

    A picture made from a forged one is whole and trusted; that its source was forged stands here alone. What was changed
    since, and whom the signer trusts and we do not, stands in the state of the whole.
    """
    results = _dict(ingredient.get("validation_results"))
    recorded = _dict(results.get("activeManifest"))
    failures = _codes(recorded, "failure") + _codes(ingredient, "validation_status")
    failures += [code for deeper in _deltas(results) for code in _codes(deeper["validationDeltas"], "failure")]
    if not all(code.startswith(_OF_TRUST) for code in failures):
        return "broken"
    trusted = _TRUSTED in _codes(recorded, "success") + _codes(delta, "success")
    return "verified" if trusted and set(failures) <= {_UNTRUSTED} else "not trusted"


def _source_types(manifest: dict[str, Any]) -> Iterator[str]:
    for assertion in _dicts(manifest.get("assertions")):
        if str(assertion.get("label")).startswith("c2pa.actions"):
            data = _dict(assertion.get("data"))
            for action in [*_dicts(data.get("actions")), *_dicts(data.get("templates"))]:
                if isinstance(source_type := action.get("digitalSourceType"), str):
                    yield source_type[:_LONGEST_URI]


def _signer(manifest: dict[str, Any]) -> str | None:
    """The name in its certificate, where it is a known one. Anybody can put it in a certificate that nobody trusts."""
    issuer = str(_dict(manifest.get("signature_info")).get("issuer")).casefold()
    return next((name for name in _SIGNERS if issuer.startswith(name.casefold())), None)


def _deltas(results: dict[str, Any]) -> list[dict[str, Any]]:
    return [delta for delta in _dicts(results.get("ingredientDeltas")) if isinstance(delta.get("validationDeltas"), dict)]


def _codes(results: dict[str, Any], kind: str) -> list[str]:
    return [str(one.get("code")) for one in _dicts(results.get(kind))]


def _worst(*states: State) -> State:
    return max(states, key=_STATES.index)


# What the library tells quotes the file, and a file may hold anything in any place.


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
