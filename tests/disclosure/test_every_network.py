"""One post with AI in it in six ways, drafted for every network: what each says, and where, stands here by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from socialbot import disclosure, drafting, networks, reading
from socialbot.disclosure.facets import IMAGE, strongest
from socialbot.media import Media
from socialbot.nouns import Draft
from socialbot.settings import AccountSettings, Settings, SiteSettings
from tests.disclosure import carriers
from tests.instances import EXAMPLES

REAL = sorted((Path(__file__).parents[3] / "shared" / "examples").glob("2025-*.md"))
OURS = sorted((EXAMPLES / "content" / "posts").glob("*.md"))
TODAY = date(2026, 11, 21)

FLAGS = {"instagram": "is_ai_generated", "x": "made_with_ai", "youtube": "containsSyntheticMedia"}
BADGED = ("facebook", "threads", "tiktok")
"""Where the platforms' own rules ask for words on the picture."""


def photograph() -> bytes:
    out = BytesIO()
    Image.effect_noise((900, 700), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def drawn(**texts: str) -> bytes:
    out, info = BytesIO(), PngInfo()
    for keyword, said in texts.items():
        info.add_text(keyword, said)
    Image.linear_gradient("L").resize((900, 700)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def signed() -> bytes:
    content = photograph()
    segments = carriers.app11(carriers.manifest(f"{carriers.IPTC}trainedAlgorithmicMedia"))
    made = b"".join(b"\xff" + bytes([marker]) + (len(body) + 2).to_bytes(2) + body for marker, body in segments)
    return content[:2] + made + content[2:]


@dataclass(frozen=True)
class Case:
    """A first picture, front matter for the post, and what has to be said."""

    picture: Callable[[], bytes]
    front: Mapping[str, object]
    of_picture: str | None
    """The label of the first picture, beside two photographs."""
    alone: str
    """The whole label where only the first picture goes out."""
    badge: str | None
    code: str | None


GENERATED = ("AI-generated image", "Text and image made by AI", "AI-generated", "trainedAlgorithmicMedia")
TWIN = "AI twin of a real person, used with consent"
CASES = {
    "photographs": Case(photograph, {}, None, "Text written by AI", None, None),
    "Stable Diffusion": Case(lambda: drawn(parameters="fog\nSteps: 20, Sampler: Euler a, Seed: 1"), {}, *GENERATED),
    "Midjourney": Case(lambda: drawn(Description="fog --v 6 Job ID: 0f8fad5b-d9cb-469f-a165-70867728950e"), {}, *GENERATED),
    "Content Credentials": Case(signed, {}, *GENERATED),
    "twin with consent": Case(
        photograph,
        {"ai": {"person": "digital_twin", "consent": "contract-4711"}},
        TWIN,
        f"Text written by AI · {TWIN}",
        "AI-generated",
        "compositeSynthetic",
    ),
}


def write(folder: Path, source: Path, case: Case) -> Path:
    """The post with three pictures of ours: the case's first, then two photographs that are known to be free of AI."""
    names = ("one", "two", "three")
    for name in names:
        (folder / name).write_bytes(case.picture() if name == "one" else photograph())
    images = [{"src": name, "alt": f"Picture {name}.", **({} if name == "one" else {"ai": "none"})} for name in names]
    _, head, body = source.read_text(encoding="utf-8").split("---", 2)
    kept = [line.strip() for line in head.splitlines() if line.strip().startswith(("title:", "date:", "canonical:", "tags:"))]
    front = [*kept, f"images: {json.dumps(images)}", *(f"{key}: {json.dumps(value)}" for key, value in case.front.items())]
    words = "\n".join(line for line in body.splitlines() if "<" not in line and "![" not in line)
    path = folder / "post.md"
    path.write_text("---\n" + "\n".join(front) + f"\n---\n{words}\n", encoding="utf-8")
    return path


def draft_everywhere(folder: Path, path: Path, **account: object) -> tuple[dict[str, Draft], Media]:
    site = SiteSettings(root=folder)
    media = Media(folder / "media")
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(404))) as client:
        post = reading.read(path, site, folder, media, fetcher=reading.Fetcher(client))
    bench = drafting.bench(Settings(home=folder, site=site), media, TODAY, ["square"])
    accounts = {name: AccountSettings.model_validate({"network": name, **account}) for name in networks.counted()}
    return {name: drafting.draft(post, name, one, networks.limits_of(name), bench)[0] for name, one in accounts.items()}, media


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("source", [*OURS, *REAL], ids=lambda source: source.stem[:20])
def test_every_network_says_what_it_must_where_it_can(tmp_path: Path, source: Path, name: str) -> None:
    case = CASES[name]
    drafts, media = draft_everywhere(tmp_path, write(tmp_path, source, case))
    for network, draft in drafts.items():
        sent = draft.parts[0].pictures
        alone = len(sent) == 1
        label = case.alone if alone else " · ".join(filter(None, ("Text written by AI", case.of_picture)))
        assert draft.held is None or "no post without a picture" in draft.held.reason, network
        assert draft.label == label, network
        assert draft.parts[0].caption.text.split("\n").count(label) == 1, network
        flag = {FLAGS[network]: True} if case.badge and network in FLAGS else {}
        assert dict(draft.flags) == flag, network
        assert "4711" not in repr(draft)
        for place, variant in enumerate(sent):
            of_ai = case.badge if place == 0 else None
            assert (f"({of_ai})" in variant.alt) == bool(of_ai and networks.limits_of(network).max_alt), network
            assert variant.badge == (of_ai if network in BADGED else None), network
            seen = disclosure.of_picture(media.path(variant.digest), "it")
            codes = [one.detail.rpartition(": ")[2] for one in seen]
            assert codes == ([case.code] if of_ai and case.code else []), network


def test_a_twin_without_consent_waits_on_every_network(tmp_path: Path) -> None:
    case = Case(photograph, {"ai": {"person": "digital_twin"}}, None, "", None, None)
    drafts, _ = draft_everywhere(tmp_path, write(tmp_path, OURS[0], case))
    assert set(drafts) == set(networks.counted())
    for draft in drafts.values():
        assert draft.held and not draft.held.approvable and "consent" in draft.held.reason
        assert TWIN not in draft.parts[0].caption.text


@pytest.mark.parametrize("name", ["Stable Diffusion", "twin with consent"])
def test_europe_wants_it_on_the_picture_and_in_every_alt_text(tmp_path: Path, name: str) -> None:
    drafts, media = draft_everywhere(tmp_path, write(tmp_path, OURS[0], CASES[name]), rules=["platforms", "eu"])
    for network, draft in drafts.items():
        if sent := draft.parts[0].pictures:
            assert sent[0].badge == "AI-generated", network
            assert all(variant.badge is None for variant in sent[1:]), network
            assert {one.pack for one in draft.asked} >= {"eu"}, network
            read = strongest(IMAGE, [one.value for one in disclosure.of_picture(media.path(sent[0].digest), "it")])
            assert read in ("generated", "composite"), network


def test_a_disputed_flag_is_set_where_the_account_says_so_and_the_label_stays(tmp_path: Path) -> None:
    drafts, _ = draft_everywhere(tmp_path, write(tmp_path, OURS[0], CASES["Midjourney"]), ai_flag=True)
    assert dict(drafts["tiktok"].flags) == {"is_aigc": True}
    assert drafts["tiktok"].label and drafts["tiktok"].label in drafts["tiktok"].parts[0].caption.text
