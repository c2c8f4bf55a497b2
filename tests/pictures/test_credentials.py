"""What is signed says how the picture was made, carries its source's history and nothing private, and changes no pixel."""

from __future__ import annotations

import random
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("c2pa")

from socialbot.media import Media
from socialbot.nouns import Badge, Picture, Shape, WrongConfiguration
from socialbot.pictures import Darkroom, Unusable, signer_of
from socialbot.pictures.certificates import PURPOSES, Chain, make_chain
from socialbot.pictures.credentials import open_signer
from socialbot.settings import CredentialsSettings
from tests.disclosure.carriers import app11, described, jpeg, manifest, with_xmp
from tests.pictures.signed import (
    CAPTURED,
    GENERATED,
    KINDS,
    NOW,
    actions,
    both_roots,
    chain,
    created,
    own,
    signer,
    tampered,
    trap,
    validated,
)
from tests.pictures.specimens import encoded, filed, noise, quarters, xmp
from tests.pictures.test_certificates import certified

SECRET = "my neighbour Ann in her garden"
CROP = encoded(quarters(400, 400), xmp=xmp("<rdf:Description/>"))
TITLE = "Picture for a social network"
DONE = ("c2pa.cropped", "c2pa.resized")


def sign(parent: bytes, kind: str = "JPEG", source_type: str | None = None, content: bytes = CROP) -> bytes:
    return signer().sign(content, parent, KINDS[kind], title=TITLE, source_type=source_type, actions=DONE)


def pixels(content: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(BytesIO(content)))


def test_what_is_signed_is_whole_and_trusted_by_those_who_know_the_root_alone() -> None:
    signed = sign(encoded(quarters()))
    assert validated(signed, chain().root)["validation_state"] == "Trusted"
    assert validated(signed)["validation_state"] == "Valid"
    assert validated(tampered(signed), chain().root)["validation_state"] == "Invalid"


def test_the_manifest_tells_what_was_done_in_its_order_and_by_whom() -> None:
    told = validated(sign(encoded(quarters())))
    assert [one["action"] for one in actions(told)] == ["c2pa.opened", *DONE, "c2pa.published"]
    (source,) = own(told)["ingredients"]
    assert (source["relationship"], source["title"]) == ("parentOf", "Source picture")
    assert "c2pa.ingredient" in actions(told)[0]["parameters"]["ingredients"][0]["url"]
    (by,) = own(told)["claim_generator_info"]
    assert (by["name"], own(told)["title"]) == ("socialbot", TITLE)


def test_the_source_type_stands_with_the_opening_and_only_where_it_is_known() -> None:
    for given, told in ((GENERATED, GENERATED), (CAPTURED, CAPTURED), (None, None), (SECRET, None), (GENERATED + " x", None)):
        found = actions(validated(sign(encoded(quarters()), source_type=given)))
        assert [one.get("digitalSourceType") for one in found] == [told, None, None, None]


def test_the_sources_own_manifest_is_reached_and_trusted() -> None:
    told = validated(sign(created()), both_roots())
    (source,) = own(told)["ingredients"]
    first = told["manifests"][source["active_manifest"]]
    assert told["validation_state"] == "Trusted" and first["signature_info"]["issuer"] == "OpenAI OpCo, LLC"
    assert first["assertions"][0]["data"]["actions"][0]["digitalSourceType"] == GENERATED
    (delta,) = told["validation_results"]["ingredientDeltas"]
    assert "signingCredential.trusted" in [one["code"] for one in delta["validationDeltas"]["success"]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_a_source_of_every_format_is_signed_for(kind: str) -> None:
    for parent in [encoded(quarters(), kind)] + ([created(kind=kind)] if kind in KINDS else []):
        signed = signer().sign(CROP, parent, f"image/{kind.lower()}", title="t", source_type=None, actions=DONE)
        told = validated(signed, both_roots())
        assert told["validation_state"] == "Trusted" and own(told)["ingredients"][0]["format"] == f"image/{kind.lower()}"


def test_signing_changes_no_pixel_and_no_byte_of_the_xmp() -> None:
    content = encoded(noise(300, 300), xmp=xmp(f'<rdf:Description xmlns:n="urn:x" n:a="{SECRET}"/>'))
    signed = sign(created(), content=content)
    assert np.array_equal(pixels(signed), pixels(content))
    assert Image.open(BytesIO(signed)).info["xmp"] == Image.open(BytesIO(content)).info["xmp"]


def test_each_generation_adds_less_than_12_kb_and_loses_none_before_it() -> None:
    parent = created()
    before = 0
    for generation in range(2, 6):
        signed = sign(parent)
        added = len(signed) - len(CROP)
        assert 0 < added - before < 12_000
        assert len(validated(signed)["manifests"]) == generation
        parent, before = signed, added


PRIVATE: dict[str, dict[str, Any]] = {
    "a place": {"assertions": [{"label": "stds.exif", "kind": "Json", "data": {"@context": {}, "exif:GPSLatitude": SECRET}}]},
    "a person": {
        "assertions": [{"label": "stds.schema-org.CreativeWork", "kind": "Json", "data": {"@type": "Photo", "author": SECRET}}]
    },
    "a prompt": {"assertions": [{"label": "org.example.made", "data": {"prompt": SECRET}}]},
    "IPTC's prompt": {"assertions": [{"label": "cawg.metadata", "kind": "Json", "data": {"@context": {}, "a:b": SECRET}}]},
    "a prompt among the inputs": {
        "ingredients": [
            {
                "title": "input",
                "format": "text/plain",
                "relationship": "inputTo",
                "data": {"format": "text/plain", "identifier": "said.txt"},
            }
        ],
        "resources": {"said.txt": SECRET.encode()},
    },
}


@pytest.mark.parametrize("name", PRIVATE)
def test_what_is_private_in_the_sources_manifest_is_redacted_and_how_it_was_made_stays(name: str) -> None:
    parent = created(**PRIVATE[name])
    signed = sign(parent)
    for _ in range(2):  # and a crop of the crop
        assert SECRET.encode() in parent and SECRET.encode() not in signed
        told = validated(signed, both_roots())
        assert told["validation_state"] == "Trusted" and GENERATED.encode() in signed
        signed = sign(signed)
    (redacted,) = [one for one in actions(validated(sign(parent))) if one["action"] == "c2pa.redacted"]
    assert redacted["parameters"]["redacted"].startswith("self#jumbf=/c2pa/")


def test_thumbnails_are_neither_made_nor_carried() -> None:
    parent = created(settings={})
    assert "c2pa.thumbnail.claim" in stored(parent)
    for signed in (sign(parent), sign(encoded(quarters()))):
        assert not [name for name in stored(signed) if "thumbnail" in name] and len(signed) - len(CROP) < 12_000


def stored(content: bytes) -> list[str]:
    """The labels of all assertions in all manifests."""
    return [name for one in validated(content, detailed=True)["manifests"].values() for name in one["assertion_store"]]


def component(**said: str) -> dict[str, Any]:
    return {"ingredients": [{"title": "image.png", "relationship": "componentOf", "instance_id": NUMBER} | said]}


NUMBER = "xmp:iid:0f8fad5b-d9cb-469f-a165-70867728950e"
UNREDACTABLE: dict[str, dict[str, Any]] = {
    "an action": {"action": {"parameters": {"com.example.Prompt": SECRET}}},
    "a data box": {**PRIVATE["a prompt among the inputs"], "claim_version": 1},
    "the claim's title": {"title": SECRET},
    "a file's name that is a prompt": {"title": SECRET.replace(" ", "_") + "_12345.png"},
    "the generator's name": {"more": {"claim_generator_info": [{"name": SECRET}]}},
    "the generator's version": {"more": {"claim_generator_info": [{"name": "ChatGPT", "version": SECRET}]}},
    "a key of the generator's own": {"more": {"claim_generator_info": [{"name": "ChatGPT", "user": SECRET}]}},
    "an action's description": {"action": {"description": SECRET}},
    "an action's parameter of the standard's": {"action": {"parameters": {"description": SECRET}}},
    "an action's parameter of its own": {"action": {"parameters": {"com.example.text": SECRET}}},
    "the name of a key": {"action": {"parameters": {SECRET: 1}}},
    "an action's agent": {"action": {"softwareAgent": SECRET}},
    "an action's agent, by name": {"action": {"softwareAgent": {"name": f"ChatGPT {SECRET}"}}},
    "an action's source type": {"source_type": f"https://gen.example/?prompt={SECRET}"},
    "a change": {"action": {"changes": [{"description": SECRET, "region": []}]}},
    "a related action": {"action": {"related": [{"action": "c2pa.edited", "description": SECRET}]}},
    "a review of the actions": {"data": {"metadata": {"reviewRatings": [{"explanation": SECRET, "value": 1}]}}},
    "an ingredient's title": component(title=SECRET),
    "an ingredient's description": component(description=SECRET),
    "an ingredient's number": component(instance_id=SECRET),
}


@pytest.mark.parametrize("name", UNREDACTABLE)
def test_a_history_with_a_prompt_where_nothing_can_be_redacted_is_left_behind_and_that_is_said(name: str) -> None:
    parent = created(**UNREDACTABLE[name])
    signed = sign(parent, source_type=GENERATED)
    for word in (SECRET, SECRET.replace(" ", "_"), SECRET.replace(" ", "-")):
        assert word.encode() not in signed
    assert b"neighbour" in parent and b"neighbour" not in signed
    told = validated(signed)
    (source,) = own(told)["ingredients"]
    assert source["description"] == "Its own Content Credentials may hold private words and are not carried."
    assert actions(told)[0]["digitalSourceType"] == GENERATED, "a reader of manifests alone still sees it"


def test_a_field_that_the_library_does_not_know_is_read_all_the_same() -> None:
    parent = created(title=SECRET)
    for old, new in ((b"hdc:title", b"hxx:title"), (b"hdc:title", b"hpadtitle")):
        assert SECRET.encode() not in sign(parent.replace(old, new))
    parent = created(action={"softwareAgent": SECRET})
    assert SECRET.encode() not in sign(parent.replace(b"softwareAgent", b"softwareWords"))


@pytest.mark.parametrize("said", [GENERATED, CAPTURED])
def test_of_a_history_that_is_left_behind_the_word_for_ai_is_kept_and_no_other(said: str) -> None:
    told = actions(validated(sign(created(said, title=SECRET))))
    assert told[0].get("digitalSourceType") == (GENERATED if said == GENERATED else None)


GOOGLE = {"name": "Google C2PA Core Generator Library", "version": "916434528:916944653"}
PLAIN: dict[str, dict[str, Any]] = {
    "an agent that is known": {"action": {"softwareAgent": {"name": "GPT-4o"}, "when": "2026-01-01T00:00:00Z"}},
    "an agent in one word": {"action": {"softwareAgent": "Adobe Firefly 3.0"}},
    "a generator with its version": {"more": {"claim_generator_info": [{"name": "ChatGPT", "version": "1.2.3"}]}},
    "Google's own sentence": {
        "action": {"description": "Created by Google Generative AI."},
        "more": {"claim_generator_info": [GOOGLE]},
    },
    "an old claim": {"claim_version": 1},
    "a camera's counter": {"title": "DSC01234.JPG"},
    "a number": {"title": f"{NUMBER[8:]}.webp"},
    "an ingredient": component(),
    "training permissions": {
        "assertions": [{"label": "cawg.training-mining", "data": {"entries": {"cawg.ai_inference": {"use": "notAllowed"}}}}]
    },
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_history_in_the_standards_words_goes_along_whole(name: str) -> None:
    told = validated(sign(created(**PLAIN[name])), both_roots())
    assert told["validation_state"] == "Trusted" and len(told["manifests"]) == 2
    assert "c2pa.redacted" not in [one["action"] for one in actions(told)]


def test_words_beside_a_training_permission_are_redacted_with_it() -> None:
    said = {"cawg.ai_inference": {"use": "constrained", "constraint_info": SECRET}}
    signed = sign(created(assertions=[{"label": "cawg.training-mining", "data": {"entries": said}}]))
    assert SECRET.encode() not in signed and len(validated(signed)["manifests"]) == 2


def test_a_source_left_behind_once_does_not_keep_the_crops_of_its_crop_apart() -> None:
    signed = sign(sign(created(title=SECRET)))
    assert len(validated(signed)["manifests"]) == 2


def test_no_word_of_the_sources_own_metadata_is_signed() -> None:
    spoken = with_xmp(described("http://purl.org/dc/elements/1.1/", "title", SECRET))
    assert SECRET.encode() not in sign(spoken)


ODD = {
    "a made-up manifest": jpeg(*app11(manifest(GENERATED))),
    "a cut manifest": created()[:2000] + encoded(quarters())[2:],
    "no picture": b"\xff\xd8\xff and no more",
    "nothing": b"",
}


@pytest.mark.parametrize("name", ODD)
def test_a_source_that_cannot_be_read_is_named_all_the_same(name: str) -> None:
    told = validated(sign(ODD[name], source_type=GENERATED), chain().root)
    (source,) = own(told)["ingredients"]
    assert (told["validation_state"], source["relationship"]) == ("Trusted", "parentOf")
    assert actions(told)[0]["digitalSourceType"] == GENERATED


def test_a_forged_source_is_recorded_as_such() -> None:
    told = validated(sign(tampered(created())), both_roots())
    found = own(told)["ingredients"][0]["validation_results"]["activeManifest"]["failure"]
    assert told["validation_state"] == "Trusted" and "assertion.dataHash.mismatch" in [one["code"] for one in found]


def test_signing_calls_nobody() -> None:
    with trap() as (url, calls):
        for parent in (created(remote=url, embed=False), created(remote=url)):
            sign(parent)
        spoken = with_xmp(described("http://purl.org/dc/terms/", "provenance", url))
        sign(spoken)
        assert calls == []


def test_a_time_is_asked_for_only_where_a_server_is_configured_and_without_it_nothing_is_signed() -> None:
    with trap() as (url, calls):
        with pytest.raises(Unusable, match="could not be signed"):
            signer(timestamp_url=url).sign(CROP, CROP, "image/jpeg", title="t", source_type=None, actions=DONE)
        assert set(calls) == {"POST /a.c2pa"}


@pytest.mark.parametrize(
    ("algorithm", "purpose"),
    [
        *((one, PURPOSES[0]) for one in ("es256", "es384", "es512", "ed25519", "ps256")),
        *(("es256", one) for one in PURPOSES[1:]),
    ],
)
def test_every_kind_of_key_and_purpose_that_is_accepted_signs(tmp_path: Path, algorithm: str, purpose: str) -> None:
    certificates, key = certified(algorithm, purposes=[purpose])
    (tmp_path / "c.pem").write_text(certificates)
    opened = open_signer(tmp_path / "c.pem", key, NOW.date())
    assert opened.chain.algorithm == algorithm
    assert opened.sign(CROP, CROP, "image/jpeg", title="t", source_type=None, actions=DONE)


# --- from the configuration ------------------------------------------------------------------------------------------


def test_no_certificate_no_signer(tmp_path: Path) -> None:
    assert signer_of(CredentialsSettings(), tmp_path, NOW.date()) is None


@pytest.mark.parametrize("key", ["key.pem", "PEM", "PEM of one line"])
def test_certificate_and_key_are_found_in_the_instance_and_the_key_may_be_its_text(tmp_path: Path, key: str) -> None:
    (tmp_path / "certificate.pem").write_text(chain().certificates)
    (tmp_path / "key.pem").write_text(chain().key)
    given = {"key.pem": "key.pem", "PEM": chain().key, "PEM of one line": chain().key.replace("\n", "\\n")}[key]
    settings = CredentialsSettings.model_validate({"certificate": "certificate.pem", "key": given})
    opened = signer_of(settings, tmp_path, NOW.date())
    assert opened is not None and opened.sign(CROP, CROP, "image/jpeg", title="t", source_type=None, actions=())
    assert chain().key.split("\n")[1] not in repr((opened, settings))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"certificate": "c.pem"}, "socialbot.toml, [credentials]: key is missing"),
        ({"key": "k.pem"}, "socialbot.toml, [credentials]: certificate is missing"),
        ({"certificate": "c.pem", "key": "k.pem"}, "c.pem: the certificate cannot be read: No such file"),
    ],
)
def test_half_a_configuration_is_answered_with_what_is_missing(tmp_path: Path, given: dict[str, str], said: str) -> None:
    (tmp_path / "k.pem").write_text(chain().key)
    with pytest.raises(WrongConfiguration) as caught:
        signer_of(CredentialsSettings.model_validate(given), tmp_path, NOW.date())
    assert said in str(caught.value)


# --- in the darkroom -------------------------------------------------------------------------------------------------


def darkroom(folder: Path, **options: Any) -> Darkroom:
    return Darkroom(Media(folder / "media"), signer(**options))


def developed(room: Darkroom, folder: Path, content: bytes, shape: Shape = "square", **options: Any) -> bytes:
    picture = Picture("/p.jpg", file=filed(folder, content), ai=options.pop("ai", None), focal=options.pop("focal", None))
    variant, _ = room.develop(picture, shape, max_bytes=options.pop("max_bytes", 900_000), **options)
    content = Media(folder / "media").get(variant.digest)
    assert len(content) == variant.bytes
    return content


@pytest.mark.parametrize(
    ("kind", "size", "options", "done"),
    [
        ("JPEG", (600, 400), {"focal": (0.5, 0.5)}, ["c2pa.cropped", "c2pa.resized"]),
        ("PNG", (600, 400), {"focal": (0.5, 0.5)}, ["c2pa.cropped", "c2pa.resized", "c2pa.converted"]),
        ("JPEG", (500, 500), {}, ["c2pa.resized"]),
        ("JPEG", (2500, 400), {}, ["c2pa.resized", "c2pa.edited"]),
        ("JPEG", (500, 500), {"badge": Badge("AI-generated", "en", 0.05)}, ["c2pa.resized", "c2pa.addedText"]),
    ],
)
def test_the_darkroom_says_what_it_did(
    tmp_path: Path, kind: str, size: tuple[int, int], options: dict[str, Any], done: list[str]
) -> None:
    content = encoded(quarters(*size), kind)
    told = validated(developed(darkroom(tmp_path), tmp_path, content, **options), chain().root)
    assert told["validation_state"] == "Trusted"
    assert [one["action"] for one in actions(told)] == ["c2pa.opened", *done, "c2pa.published"]


def test_what_the_file_says_of_ai_its_manifest_says(tmp_path: Path) -> None:
    content = developed(darkroom(tmp_path), tmp_path, encoded(quarters()), ai="generated")
    assert actions(validated(content))[0]["digitalSourceType"] == GENERATED
    assert GENERATED.encode() in Image.open(BytesIO(content)).info["xmp"]
    plain = developed(darkroom(tmp_path), tmp_path, encoded(quarters()))
    assert "digitalSourceType" not in actions(validated(plain))[0]


@pytest.mark.parametrize("max_bytes", [40_000, 60_000, 90_000])
def test_a_signed_picture_keeps_the_networks_budget(tmp_path: Path, max_bytes: int) -> None:
    source = created(content=encoded(noise(700, 700)))
    content = developed(darkroom(tmp_path), tmp_path, source, max_bytes=max_bytes)
    assert len(content) <= max_bytes and len(validated(content)["manifests"]) == 2


@pytest.mark.parametrize("max_bytes", [1, 3000, 9000])
def test_a_budget_that_the_manifest_alone_exceeds_is_refused(tmp_path: Path, max_bytes: int) -> None:
    with pytest.raises(Unusable):
        developed(darkroom(tmp_path), tmp_path, created(), max_bytes=max_bytes)


def test_where_signing_fails_nothing_unsigned_is_filed(tmp_path: Path) -> None:
    ended = make_chain("Example", NOW.replace(year=NOW.year - 3), days=30)
    room = Darkroom(Media(tmp_path / "media"), signer_without_check(ended.certificates, ended.key))
    with pytest.raises(Unusable, match=r"/p.jpg: its Content Credentials could not be signed: .*valid"):
        developed(room, tmp_path, encoded(quarters()))
    assert not list((tmp_path / "media").rglob("*"))


def signer_without_check(certificates: str, key: str) -> Any:
    from socialbot.pictures.credentials import Signer

    return Signer(Chain(certificates, key, "es256"))


def test_without_a_signer_nothing_is_signed(tmp_path: Path) -> None:
    content = developed(Darkroom(Media(tmp_path / "media")), tmp_path, created())
    assert b"c2pa" not in content


def test_every_damaged_source_is_signed_for() -> None:
    chance = random.Random(4)
    whole = created()
    for _ in range(100):
        spoilt = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            spoilt[chance.randrange(6000)] = chance.randrange(256)
        told = validated(sign(bytes(spoilt)), chain().root)
        assert told["validation_state"] == "Trusted"
