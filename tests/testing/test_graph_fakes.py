"""The fakes of Instagram and Threads are as strict as the networks: they fetch, count, publish once, and let tokens end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from socialbot.testing.fakes import InstagramFake, ThreadsFake
from socialbot.testing.fakes.graph import APP, CODE, SECRET, GraphFake
from socialbot.testing.fakes.instagram import ID
from socialbot.testing.site import LoopbackSite
from tests.conftest import TurnedClock


def drawn(width: int = 400, height: int = 400, kind: str = "JPEG", more: int = 0) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue() + bytes(more)


class Caller:
    """Calls a fake as anybody may, with pictures on a site."""

    def __init__(self, fake: GraphFake, base: str, site: LoopbackSite) -> None:
        self.fake, self.base, self.site = fake, base, site
        self.headers = {"Authorization": f"Bearer {fake.token}"}

    def get(self, path: str, **query: str) -> Any:
        return httpx.get(f"{self.fake.url}{self.base}{path}", params=query, headers=self.headers, trust_env=False).json()

    def post(self, path: str, **form: str) -> Any:
        return httpx.post(f"{self.fake.url}{self.base}{path}", data=form, headers=self.headers, trust_env=False).json()

    def host(self, method: str, path: str, **told: str) -> httpx.Response:
        body: dict[str, Any] = {"data": told} if method == "POST" else {"params": told}
        return httpx.request(method, f"{self.fake.url}{path}", trust_env=False, **body)

    def picture(self, content: bytes, name: str = "a.jpg") -> str:
        (self.site.folder / name).write_bytes(content)
        return f"{self.site.url}/{name}"


def code(answer: Any) -> tuple[int, int | None]:
    assert answer["error"]["type"] and answer["error"]["fbtrace_id"] and answer["error"]["message"]
    return answer["error"]["code"], answer["error"].get("error_subcode")


@pytest.fixture
def insta(tmp_path: Path, clock: TurnedClock) -> Iterator[Caller]:
    with InstagramFake(clock=clock) as fake, LoopbackSite(tmp_path / "site") as site:
        yield Caller(fake, "/v26.0", site)


@pytest.fixture
def threads(tmp_path: Path, clock: TurnedClock) -> Iterator[Caller]:
    with ThreadsFake(clock=clock) as fake, LoopbackSite(tmp_path / "site") as site:
        yield Caller(fake, "/v1.0", site)


MEDIA, OUT = f"/{ID}/media", f"/{ID}/media_publish"


# Pictures


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (drawn(320, 400), None),
        (drawn(382, 200), None),
        (drawn(319, 400), (36003, 2207009)),
        (drawn(383, 200), (36003, 2207009)),
        (drawn(kind="PNG"), (36001, 2207005)),
        (b"<html>", (36001, 2207005)),
        (drawn()[:300], (36001, 2207005)),
        (drawn(more=8 * 1024 * 1024), (36000, 2207004)),
    ],
)
def test_instagram_really_looks_at_the_picture(insta: Caller, content: bytes, refused: tuple[int, int] | None) -> None:
    answer = insta.post(MEDIA, image_url=insta.picture(content))
    assert "id" in answer if refused is None else code(answer) == refused


def test_instagram_follows_no_redirect_and_fetches_from_nowhere_else(insta: Caller) -> None:
    (insta.site.folder / "moved").mkdir()
    for url in (
        f"{insta.site.url}/moved",
        f"{insta.site.url}/none.jpg",
        "https://example.org/a.jpg",
        "http://127.0.0.1:9/a.jpg",
    ):
        assert code(insta.post(MEDIA, image_url=url)) == (9004, 2207052)


def test_threads_tells_of_a_picture_in_the_containers_state(threads: Caller) -> None:
    for url, why in (
        (threads.picture(drawn(1100, 100)), "INVALID_ASPEC_RATIO"),
        (f"{threads.site.url}/none.jpg", "UNKNOWN"),
    ):
        made = threads.post("/me/threads", media_type="IMAGE", image_url=url)
        state = threads.get(f"/{made['id']}", fields="id,status,error_message")
        assert (state["status"], state["error_message"]) == ("ERROR", why)
        assert code(threads.post("/me/threads_publish", creation_id=made["id"])) == (100, None)
    png = threads.post("/me/threads", media_type="IMAGE", image_url=threads.picture(drawn(kind="PNG")))
    assert threads.get(f"/{png['id']}", fields="status")["status"] == "FINISHED"


# Fields


@pytest.mark.parametrize(
    "form",
    [
        {"image_url": "", "nonsense": "1"},
        {"image_url": "", "is_carousel_item": "yes"},
        {"image_url": "", "is_carousel_item": "true", "caption": "Fog"},
        {"image_url": "", "is_carousel_item": "true", "is_ai_generated": "true"},
        {"image_url": "", "media_type": "STORIES", "caption": "Fog"},
        {"image_url": "", "media_type": "STORIES", "alt_text": "Fog"},
        {"image_url": "", "alt_text": "x" * 1001},
        {"image_url": "", "media_type": "CAROUSEL", "children": "1,2"},
        {"caption": "Fog"},
    ],
)
def test_instagram_takes_no_field_where_it_does_not_belong(insta: Caller, form: dict[str, str]) -> None:
    if "image_url" in form:
        form = {**form, "image_url": insta.picture(drawn())}
    assert code(insta.post(MEDIA, **form))[0] == 100


def test_instagram_counts_words_tags_and_names(insta: Caller) -> None:
    url = insta.picture(drawn())
    for caption, refused in (
        ("x" * 2201, (36004, 2207010)),
        ("😀" * 1101, (36004, 2207010)),
        (" ".join(f"#t{number}" for number in range(31)), (36004, 2207010)),
        (" ".join(f"@n{number}" for number in range(21)), (100, 2207040)),
    ):
        assert code(insta.post(MEDIA, image_url=url, caption=caption)) == refused
    assert code(insta.post(MEDIA, image_url=url, media_type="REELS")) == (100, 2207023)


def test_instagrams_carousel_has_two_to_ten_children_that_are_ready(insta: Caller) -> None:
    url = insta.picture(drawn())
    children = [insta.post(MEDIA, image_url=url, is_carousel_item="true")["id"] for _ in range(11)]
    for some in (children[:1], children):
        assert code(insta.post(MEDIA, media_type="CAROUSEL", children=",".join(some))) == (100, 2207028)
    assert isinstance(insta.fake, InstagramFake)
    insta.fake.shelf.held[children[1]].polls = 1
    assert code(insta.post(MEDIA, media_type="CAROUSEL", children=",".join(children[:2]))) == (9007, 2207027)
    single = insta.post(MEDIA, image_url=url)["id"]
    assert code(insta.post(MEDIA, media_type="CAROUSEL", children=f"{children[2]},{single}")) == (24, 2207006)
    assert "id" in insta.post(MEDIA, media_type="CAROUSEL", children=",".join(children[2:4]))


@pytest.mark.parametrize(
    "form",
    [
        {"media_type": "TEXT", "text": "x" * 501},
        {"media_type": "TEXT", "text": "😀" * 126},
        {"media_type": "TEXT"},
        {"media_type": "POEM", "text": "Fog"},
        {"media_type": "TEXT", "text": "Fog", "auto_publish_text": "true"},
        {"media_type": "TEXT", "text": "Fog", "image_url": "http://127.0.0.1/a.jpg"},
        {"media_type": "IMAGE", "text": "Fog", "link_attachment": "https://example.org"},
        {"media_type": "TEXT", "text": "Fog", "topic_tag": "a.b"},
        {"media_type": "TEXT", "text": "Fog", "reply_control": "nobody"},
        {"media_type": "TEXT", "text": "Fog", "reply_to_id": "1"},
        {
            "media_type": "TEXT",
            "text": " ".join(f"https://example.org/{n}" for n in range(5)),
            "link_attachment": "https://x.org",
        },
    ],
)
def test_threads_refuses_what_its_page_does_not_allow(threads: Caller, form: dict[str, str]) -> None:
    assert code(threads.post("/me/threads", **form))[0] == 100


# Containers


@pytest.mark.parametrize("name", ["insta", "threads"])
def test_a_container_goes_out_once_and_not_after_a_day(name: str, request: pytest.FixtureRequest, clock: TurnedClock) -> None:
    caller = request.getfixturevalue(name)
    insta = name == "insta"
    edge, out = (MEDIA, OUT) if insta else ("/me/threads", "/me/threads_publish")
    form = {"image_url": caller.picture(drawn())} if insta else {"media_type": "TEXT", "text": "Fog"}
    status = "status_code" if insta else "status"
    made = [caller.post(edge, **form)["id"] for _ in range(2)]
    first = caller.post(out, creation_id=made[0])["id"]
    assert caller.get(f"/{made[0]}", fields=status)[status] == "PUBLISHED"
    assert code(caller.post(out, creation_id=made[0]))[0] == 100
    clock.turn(timedelta(hours=24).total_seconds())
    assert caller.get(f"/{made[1]}", fields=status)[status] == "EXPIRED"
    assert code(caller.post(out, creation_id=made[1]))[0] == 24
    assert [one.id for one in caller.fake.posts] == [first]
    assert code(caller.get(f"/{first}", fields=status))[0] == 100, "a medium has no such field"


def test_the_quota_is_of_the_last_day(insta: Caller, clock: TurnedClock) -> None:
    assert isinstance(insta.fake, InstagramFake)
    insta.fake.quota = 1
    made = [insta.post(MEDIA, image_url=insta.picture(drawn()))["id"] for _ in range(2)]
    insta.post(OUT, creation_id=made[0])
    told = insta.get(f"/{ID}/content_publishing_limit", fields="config,quota_usage")
    assert told == {"data": [{"config": {"quota_total": 1, "quota_duration": 86_400}, "quota_usage": 1}]}
    assert code(insta.post(OUT, creation_id=made[1])) == (9, 2207042)
    clock.turn(24 * 3600)
    assert insta.get(f"/{ID}/content_publishing_limit", fields="quota_usage") == {"data": [{"quota_usage": 0}]}


# Tokens


@pytest.mark.parametrize("name", ["insta", "threads"])
def test_a_token_is_shown_in_the_header_and_ends_after_sixty_days(
    name: str, request: pytest.FixtureRequest, clock: TurnedClock
) -> None:
    caller = request.getfixturevalue(name)
    assert caller.get("/me", fields="id")["id"]
    assert code(caller.host("GET", f"{caller.base}/me", access_token=caller.fake.token).json()) == (190, None)
    clock.turn(timedelta(days=60).total_seconds())
    assert code(caller.get("/me", fields="id")) == (190, 463)
    caller.fake.revoke()
    assert code(caller.get("/me", fields="id")) == (190, 467)


@pytest.mark.parametrize(("name", "short"), [("insta", "ig"), ("threads", "th")])
def test_a_code_works_once_and_a_long_token_is_extended_from_its_second_day(
    name: str, short: str, request: pytest.FixtureRequest, clock: TurnedClock
) -> None:
    caller = request.getfixturevalue(name)
    form = {"client_id": APP, "client_secret": SECRET, "grant_type": "authorization_code", "redirect_uri": "https://x.org/"}
    assert caller.host("POST", "/oauth/access_token", **form, code="another").status_code == 400
    granted = caller.host("POST", "/oauth/access_token", **form, code=CODE).json()
    assert code(caller.host("POST", "/oauth/access_token", **form, code=CODE).json()) == (100, 36009)
    told = {"grant_type": f"{short}_exchange_token", "client_secret": SECRET, "access_token": granted["access_token"]}
    long = caller.host("GET", "/access_token", **told).json()
    assert long["expires_in"] == 60 * 86_400
    renew = {"grant_type": f"{short}_refresh_token", "access_token": long["access_token"]}
    assert code(caller.host("GET", "/refresh_access_token", **renew).json())[0] == 100
    clock.turn(24 * 3600)
    newer = caller.host("GET", "/refresh_access_token", **renew).json()
    assert newer["access_token"] != long["access_token"]


def test_where_the_app_wants_it_a_call_without_its_proof_is_refused(insta: Caller) -> None:
    insta.fake.demands_proof = True
    assert code(insta.get("/me", fields="id"))[0] == 100


def test_a_version_that_it_does_not_know_is_no_path(insta: Caller) -> None:
    insta.base = "/v3.0"
    assert code(insta.get("/me", fields="id"))[0] == 2500


def test_what_is_listed_is_newest_first_and_in_pages(threads: Caller, clock: TurnedClock) -> None:
    for words in ("one", "two", "three"):
        made = threads.post("/me/threads", media_type="TEXT", text=words)["id"]
        threads.post("/me/threads_publish", creation_id=made)
        clock.turn(60)
    first = threads.get("/me/threads", fields="id,text", limit="2")
    assert [one["text"] for one in first["data"]] == ["three", "two"] and "next" in first["paging"]
    rest = threads.get("/me/threads", fields="text", limit="2", after=first["paging"]["cursors"]["after"])
    assert [one["text"] for one in rest["data"]] == ["one"] and "next" not in rest["paging"]
    since = str(int(clock().timestamp()) - 60)
    assert [one["text"] for one in threads.get("/me/threads", fields="text", since=since)["data"]] == ["three"]


def test_a_fields_name_that_a_node_does_not_have_is_refused(insta: Caller, threads: Caller) -> None:
    assert code(insta.get("/me", fields="id,shoe_size"))[0] == 100
    assert code(threads.get("/me/threads", fields="caption"))[0] == 100


def test_insights_of_the_wrong_kind_fail_as_a_whole(insta: Caller) -> None:
    made = insta.post(MEDIA, image_url=insta.picture(drawn()))["id"]
    media = insta.post(OUT, creation_id=made)["id"]
    assert code(insta.get(f"/{media}/insights", metric="views,navigation"))[0] == 1
    assert [one["name"] for one in insta.get(f"/{media}/insights", metric="views,likes")["data"]] == ["views", "likes"]
