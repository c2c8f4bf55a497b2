"""A manifest's signatures are checked, its ingredients' too; a broken one is still a word for AI, and nobody is called."""

from __future__ import annotations

import random
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("c2pa")

from socialbot.disclosure import decide, manifests, of_picture
from socialbot.media import Media
from socialbot.nouns import Picture
from socialbot.pictures import Darkroom
from socialbot.pictures.certificates import PURPOSES, Chain
from socialbot.pictures.credentials import Signer
from socialbot.settings import AiDefault
from tests.conftest import make_post
from tests.disclosure.carriers import described, filed, jpeg, picture, with_xmp
from tests.disclosure.test_evidence import mutated
from tests.pictures.signed import (
    CAPTURED,
    EDITED,
    GENERATED,
    KINDS,
    both_roots,
    chain,
    created,
    generator,
    signer,
    tampered,
    trap,
    validated,
)
from tests.pictures.specimens import encoded, quarters, xmp
from tests.pictures.test_certificates import authority, certified

CARRIER = {"JPEG": "JPEG APP11", "PNG": "PNG caBX", "WEBP": "WebP C2PA", "GIF": "GIF C2PA_GIF", "TIFF": "TIFF"}
IN_JPEG = "C2PA manifest in JPEG APP11"


def seen(folder: Path, content: bytes, anchors: str = "") -> list[tuple[str, str]]:
    return [(one.value, one.detail) for one in of_picture(filed(folder, content), "image 1", anchors)]


def cropped(parent: bytes) -> bytes:
    """As the darkroom signs it."""
    title = "Picture for a social network"
    return signer().sign(encoded(quarters()), parent, "image/jpeg", title=title, source_type=None, actions=["c2pa.cropped"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_generators_manifest_is_verified_in_every_format(tmp_path: Path, kind: str) -> None:
    content, where = created(kind=kind), f"C2PA manifest in {CARRIER[kind]}"
    told = [("generated", f"{where}, signed by OpenAI, verified: trainedAlgorithmicMedia")]
    assert seen(tmp_path, content, generator().root) == told
    told = [("generated", f"{where}, in the name of OpenAI, not trusted: trainedAlgorithmicMedia")]
    assert seen(tmp_path, content) == seen(tmp_path, content, chain().root) == told


def test_a_broken_manifest_is_still_a_word_for_ai(tmp_path: Path) -> None:
    told = [("generated", f"{IN_JPEG}, in the name of OpenAI, broken: trainedAlgorithmicMedia")]
    assert seen(tmp_path, tampered(created()), generator().root) == told


@pytest.mark.parametrize(
    ("content", "anchors", "value"),
    [
        (created(CAPTURED), generator().root, "none"),
        (created(CAPTURED), "", "unknown"),
        (created(CAPTURED), chain().root, "unknown"),
        (tampered(created(CAPTURED)), generator().root, "unknown"),
        (cropped(created(CAPTURED)), both_roots(), "unknown"),
        (cropped(tampered(created(CAPTURED))), both_roots(), "unknown"),
    ],
)
def test_a_manifest_speaks_against_ai_only_where_it_is_verified_and_the_pictures_own(
    tmp_path: Path, content: bytes, anchors: str, value: str
) -> None:
    assert {one for one, _ in seen(tmp_path, content, anchors)} == {value}


def test_a_verified_photograph_whose_xmp_says_ai_is_ai(tmp_path: Path) -> None:
    spoken = with_xmp(described("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "DigitalSourceType", EDITED))
    found = of_picture(filed(tmp_path, created(CAPTURED, content=spoken)), "image 1", generator().root)
    assert decide(make_post(pictures=(Picture("/p"),)), [found], AiDefault()).images == ("edited",)


def test_the_source_type_of_an_ingredient_is_found_however_deep_it_lies(tmp_path: Path) -> None:
    content = created()
    for _ in range(4):
        content = cropped(content)
        told = [("generated", f"{IN_JPEG}, ingredient, signed by OpenAI, verified: trainedAlgorithmicMedia")]
        assert seen(tmp_path, content, both_roots()) == told


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_forged_source_is_seen_though_the_crop_of_it_is_trusted(tmp_path: Path, depth: int) -> None:
    content = tampered(created())
    for _ in range(depth):
        content = cropped(content)
    told = [("generated", f"{IN_JPEG}, ingredient, in the name of OpenAI, broken: trainedAlgorithmicMedia")]
    assert seen(tmp_path, content, both_roots()) == told


def test_a_forged_source_that_names_no_source_type_is_told_too(tmp_path: Path) -> None:
    content = cropped(tampered(cropped(encoded(quarters()))))
    found = seen(tmp_path, content, both_roots())
    assert ("unknown", f"{IN_JPEG}, ingredient, broken: names no source type") in found


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_what_is_changed_inside_the_store_is_broken_and_stays_so(tmp_path: Path, depth: int) -> None:
    changed = bytearray(cropped(created()))
    changed[changed.rindex(b"c2pa.created") + 6] ^= 1
    content = bytes(changed)
    for _ in range(depth):
        content = cropped(content)
    assert ("generated", f"{IN_JPEG}, ingredient, in the name of OpenAI, broken: trainedAlgorithmicMedia") in seen(
        tmp_path, content, both_roots()
    )


def test_an_ingredient_is_trusted_no_more_than_the_one_who_names_it(tmp_path: Path) -> None:
    (one,) = seen(tmp_path, cropped(created()), generator().root)
    assert "ingredient, in the name of OpenAI, not trusted" in one[1]
    (one,) = seen(tmp_path, cropped(created()), chain().root)
    assert "ingredient, in the name of OpenAI, not trusted" in one[1]


def test_a_signers_word_that_its_source_is_trusted_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from socialbot.pictures import credentials

    trusting = {**credentials._SETTINGS, "trust": {"trust_anchors": both_roots()}}
    monkeypatch.setattr(credentials, "_SETTINGS", trusting)
    content = cropped(created())
    assert "not trusted" in seen(tmp_path, content, chain().root)[0][1]
    assert "verified" in seen(tmp_path, content, both_roots())[0][1]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_certificate_for_any_purpose_that_signs_pictures_is_trusted(tmp_path: Path, purpose: str) -> None:
    certificates, key = certified(purposes=[purpose])
    by = Signer(Chain(certificates, key, "es256"))
    content = by.sign(encoded(quarters()), b"", "image/jpeg", title="t", source_type=GENERATED, actions=[])
    assert seen(tmp_path, content, authority()[1]) == [("generated", f"{IN_JPEG}, verified: trainedAlgorithmicMedia")]


@pytest.mark.parametrize("code", ["signingCredential.expired", "signingCredential.ocsp.revoked", "timeStamp.untrusted"])
def test_a_certificate_that_ended_or_was_revoked_is_not_trusted_and_breaks_nothing(code: str) -> None:
    failure = {"activeManifest": {"success": [{"code": "signingCredential.trusted"}], "failure": [{"code": code}]}}
    inner = {"active_manifest": "b", "validation_results": failure}
    told = {"active_manifest": "a", "manifests": {"a": {"ingredients": [inner]}, "b": {"label": "b"}}}
    whole = told | {"validation_state": "Trusted"}
    assert [one.state for one in manifests._reached(whole)] == ["verified", "not trusted"]
    ended = told | {"validation_state": "Invalid", "validation_results": failure}
    assert [one.state for one in manifests._reached(ended)] == ["not trusted", "not trusted"]


def test_a_source_type_beside_the_actions_counts(tmp_path: Path) -> None:
    said = {"label": "cawg.metadata", "kind": "Json", "data": {"@context": {}, "Iptc4xmpExt:DigitalSourceType": EDITED}}
    found = seen(tmp_path, created(None, assertions=[said]), generator().root)
    assert ("edited", f"{IN_JPEG}, beside its actions: compositeWithTrainedAlgorithmicMedia") in found


def test_a_packed_manifest_is_read_though_its_bytes_say_nothing(tmp_path: Path) -> None:
    content = created(settings={"core": {"prefer_compress_manifests": True}, "builder": {"thumbnail": {"enabled": False}}})
    assert ("generated", f"{IN_JPEG}, signed by OpenAI, verified: trainedAlgorithmicMedia") in seen(
        tmp_path, content, generator().root
    )


def test_no_word_of_the_file_is_repeated(tmp_path: Path) -> None:
    secret = "my neighbour Ann"
    content = created(
        f"http://cv.iptc.org/newscodes/digitalsourcetype/{secret}",
        made=chain(secret),
        action={"description": secret, "softwareAgent": {"name": secret}},
    )
    for anchors in ("", chain(secret).root):
        found = seen(tmp_path, content, anchors)
        assert found and not [detail for _, detail in found if "Ann" in detail or "neighbour" in detail]


# --- nobody is called ------------------------------------------------------------------------------------------------


def test_a_remote_manifest_is_never_fetched(tmp_path: Path) -> None:
    import c2pa

    with trap() as (url, calls):
        beside = created(remote=url, embed=False)
        for content in (beside, created(remote=url), cropped(beside), cropped(created(remote=url))):
            assert seen(tmp_path, content, both_roots())
        assert seen(tmp_path, beside) == [("unknown", "XMP provenance: a C2PA manifest kept elsewhere, not fetched")]
        with filed(tmp_path, beside).open("rb") as file, pytest.raises(manifests.Unverifiable):
            manifests.check(file)  # the evidence does not even ask it
        assert calls == []
        with pytest.raises(c2pa.C2paError):
            c2pa.Reader(str(filed(tmp_path, beside).rename(tmp_path / "a.jpg")))
        assert calls == ["GET /a.c2pa"], "the trap works: the library calls unless it is told not to"


# --- hostile files, and no library -----------------------------------------------------------------------------------


def test_the_library_is_loaded_only_for_a_file_with_a_manifest(tmp_path: Path) -> None:
    filed(tmp_path, picture()).rename(tmp_path / "plain")
    filed(tmp_path, created()).rename(tmp_path / "signed")
    code = (
        "import sys; from pathlib import Path; from socialbot.disclosure import of_picture; "
        "of_picture(Path(sys.argv[1]), 'i'); print('c2pa' in sys.modules)"
    )
    for name, loaded in (("plain", "False"), ("signed", "True")):
        done = subprocess.run([sys.executable, "-c", code, tmp_path / name], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == loaded


def test_without_the_library_the_bytes_alone_speak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = created()
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert seen(tmp_path, content) == [("generated", f"{IN_JPEG}, unverified: trainedAlgorithmicMedia")]


@pytest.mark.parametrize(
    "action",
    [
        {"description": "Created by a generator"},
        {"reason": "c2pa.x"},
        {"parameters": {"description": "d"}},
        {"softwareAgent": {"name": "gpt-image"}},
        {"when": "2026-01-01T00:00:00Z"},
        {"changes": [{"description": "x", "region": []}]},
        {"related": []},
    ],
)
@pytest.mark.parametrize("claim_version", [1, 2])
def test_whatever_key_follows_a_source_type_it_is_found_without_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: dict[str, Any], claim_version: int
) -> None:
    content = created(action=action, claim_version=claim_version)
    assert seen(tmp_path, content, generator().root) == [
        ("generated", f"{IN_JPEG}, signed by OpenAI, verified: trainedAlgorithmicMedia")
    ]
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert seen(tmp_path, content) == [("generated", f"{IN_JPEG}, unverified: trainedAlgorithmicMedia")]


@pytest.mark.parametrize("limit", ["MAX_FILE_BYTES", "MAX_MANIFEST_BYTES"])
def test_what_is_too_large_to_check_is_not_checked_and_its_bytes_still_speak(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(manifests, limit, 1000)
    assert seen(tmp_path, created()) == [("generated", f"{IN_JPEG}, could not be verified: trainedAlgorithmicMedia")]


ODD = (None, True, 7, "x", "c2pa.actions.v2", GENERATED, [], {}, [[]], [{}], {"a": {}}, {"code": 1}, [None, "b", {"label": []}])


def distorted(value: Any, chance: random.Random) -> Any:
    """The same with odd things in some places."""
    if chance.random() < 0.03:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: distorted(inner, chance) for key, inner in value.items() if chance.random() > 0.02}
    return [distorted(inner, chance) for inner in value] if isinstance(value, list) else value


@cache
def library_told() -> dict[str, Any]:
    return validated(cropped(tampered(cropped(created()))), both_roots())


@settings(max_examples=500, deadline=None)
@given(st.integers(0))
def test_whatever_the_library_quotes_from_a_file_is_read(seed: int) -> None:
    told = distorted(library_told(), random.Random(seed))
    list(manifests._reached(told if isinstance(told, dict) else {}))


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(st.integers(0))
def test_whatever_the_library_quotes_from_a_file_is_read_long(seed: int) -> None:
    told = distorted(library_told(), random.Random(seed))
    list(manifests._reached(told if isinstance(told, dict) else {}))


def test_manifests_that_name_each_other_in_a_circle_end() -> None:
    knot = {name: {"ingredients": [{"active_manifest": other} for other in "abc"]} for name in "abc"}
    told = {"active_manifest": "a", "manifests": knot, "validation_state": "Trusted"}
    assert len(list(manifests._reached(told))) == 3


def _no_mutation_harms(folder: Path, count: int, seed: int) -> None:
    spoken = xmp(f'<rdf:Description xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" e:DigitalSourceType="{GENERATED}"/>')
    seeds = [created(kind=kind, content=encoded(quarters(), kind, xmp=spoken)) for kind in ("JPEG", "PNG", "WEBP")]
    seeds += [cropped(seeds[0]), cropped(tampered(seeds[0])), created(kind="GIF"), created(kind="TIFF")]
    chance = random.Random(seed)
    for number in range(count):
        whole = seeds[number % len(seeds)]
        content = mutated(whole, chance) if number % 2 else within(whole, chance)
        for value, detail in seen(folder, content, both_roots()):
            assert value in ("unknown", "none", "possible", "edited", "composite", "generated") and len(detail) < 140
            assert "neighbour" not in detail


def within(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed inside the manifest itself, where the general mutations seldom hit."""
    spoilt = bytearray(content)
    start = content.index(b"jumb")
    for _ in range(chance.randint(1, 12)):
        spoilt[chance.randrange(start, min(start + 9000, len(spoilt)))] = chance.randrange(256)
    return bytes(spoilt)


def test_a_mutated_manifest_never_harms_the_reader(tmp_path: Path) -> None:
    _no_mutation_harms(tmp_path, 300, seed=5)


@pytest.mark.slow
def test_12_000_mutated_manifests_never_harm_the_reader(tmp_path: Path) -> None:
    _no_mutation_harms(tmp_path, 12_000, seed=6)


# --- through the darkroom --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signs", [True, False])
@pytest.mark.parametrize("shape", ["square", "portrait", "vertical", "landscape"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_variant_of_a_signed_ai_picture_is_still_generated(tmp_path: Path, kind: str, shape: Any, signs: bool) -> None:
    source = filed(tmp_path, created(kind=kind))
    found = of_picture(source, "image 1", generator().root)
    told = decide(make_post(pictures=(Picture("/p"),)), [found], AiDefault())
    media = Media(tmp_path / "media")
    room = Darkroom(media, signer() if signs else None)
    variant, _ = room.develop(Picture("/p", file=source, ai=told.images[0]), shape, max_bytes=500_000)
    again = of_picture(media.path(variant.digest), "image 1", both_roots())
    assert {one.value for one in again} == {"generated"}
    states = [one.detail for one in again if one.detail.startswith(IN_JPEG)]
    assert len(states) == 2 * signs and all("verified" in one for one in states)


def test_a_variant_signed_without_a_word_of_the_front_matter_still_holds_its_sources_manifest(tmp_path: Path) -> None:
    media = Media(tmp_path / "media")
    source = filed(tmp_path, created())
    variant, _ = Darkroom(media, signer()).develop(Picture("/p", file=source), "square", max_bytes=500_000)
    assert "generated" in {one.value for one in of_picture(media.path(variant.digest), "image 1")}


def test_a_picture_without_a_word_of_ai_has_none_after_signing(tmp_path: Path) -> None:
    media = Media(tmp_path / "media")
    source = filed(tmp_path, jpeg())
    variant, _ = Darkroom(media, signer()).develop(Picture("/p", file=source), "square", max_bytes=500_000)
    found = [(one.value, one.detail) for one in of_picture(media.path(variant.digest), "image 1", both_roots())]
    assert found == [("unknown", f"{IN_JPEG}, verified: names no source type")]
