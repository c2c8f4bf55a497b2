"""The fake of Facebook is as strict as the network: whose token it is, photos that end, duplicates, links, marks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from socialbot.testing.fakes import FacebookFake
from socialbot.testing.fakes.facebook import PAGE
from socialbot.testing.fakes.graph import APP, CODE, SECRET
from tests.conftest import TurnedClock


def drawn(kind: str = "JPEG", more: int = 0) -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 40), "teal").save(out, kind)
    return out.getvalue() + bytes(more)


class Caller:
    """Calls the fake as anybody may, by the Page's token unless another is given."""

    def __init__(self, fake: FacebookFake) -> None:
        self.fake, self.base = fake, "/v26.0"
        self.token = fake.page_token

    def call(self, method: str, path: str, **told: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return httpx.request(method, f"{self.fake.url}{self.base}{path}", headers=headers, trust_env=False, **told).json()

    def get(self, path: str, **query: str) -> Any:
        return self.call("GET", path, params=query)

    def post(self, path: str, **form: str) -> Any:
        return self.call("POST", path, data=form)

    def upload(self, content: bytes | None = None, mime: str = "image/jpeg", name: str = "source", **form: str) -> Any:
        files = {name: ("a.jpg", content or drawn(), mime)}
        return self.call("POST", f"/{PAGE}/photos", data={"published": "false", **form}, files=files)

    def feed(self, *photos: str, **form: str) -> Any:
        media = {"attached_media": json.dumps([{"media_fbid": one} for one in photos])} if photos else {}
        return self.post(f"/{PAGE}/feed", **form, **media)


def code(answer: Any) -> tuple[int, int | None]:
    assert answer["error"]["type"] and answer["error"]["fbtrace_id"] and answer["error"]["message"]
    return answer["error"]["code"], answer["error"].get("error_subcode")


@pytest.fixture
def page(clock: TurnedClock) -> Iterator[Caller]:
    with FacebookFake(clock=clock) as fake:
        yield Caller(fake)


def test_a_person_posts_to_the_page_in_vain_and_is_not_told(page: Caller) -> None:
    page.token = page.fake.token
    assert page.feed(message="Fog")["id"].startswith(f"{PAGE}_")
    photo = page.upload()["id"]
    assert page.post(f"/{PAGE}/photo_stories", photo_id=photo)["success"] is True
    assert page.fake.posts == []
    assert page.get("/me", fields="id,name")["id"] != PAGE
    page.token = page.fake.page_token
    assert page.get("/me", fields="id,name") == {"id": PAGE, "name": "Fog news"}
    assert code(page.get("/me/accounts", fields="id")) == (100, None)


def test_photos_are_seen_by_nobody_end_after_a_day_and_stand_in_one_post(page: Caller, clock: TurnedClock) -> None:
    one, other, late = (page.upload()["id"] for _ in range(3))
    assert page.fake.posts == []
    page.feed(one, other, message="Fog")
    assert len(page.fake.posts[0].pictures) == 2
    assert code(page.feed(one, message="Mist")) == (100, 1366051)
    assert code(page.post(f"/{PAGE}/photo_stories", photo_id=one)) == (100, 1366051)
    clock.turn(timedelta(hours=24).total_seconds())
    assert code(page.feed(late, message="Mist")) == (100, None)
    assert code(page.get(f"/{late}", fields="id")) == (100, 33)
    assert page.get(f"/{one}", fields="id") == {"id": one}, "it stands in a post"


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ({"content": b"<html>"}, (100, 1366046)),
        ({"content": drawn(more=4_000_000)}, (100, 1366046)),
        ({"content": drawn("WEBP")}, (100, 1366046)),
        ({"content": drawn("PNG")}, (324, None)),
        ({"name": "photo"}, (100, None)),
        ({"published": "true"}, (100, None)),
        ({"nonsense": "1"}, (100, None)),
        ({"provenance_info": '{"is_gen_ai": "yes", "provenance_type": "EXPLICIT"}'}, (100, None)),
        ({"provenance_info": '{"is_gen_ai": true}'}, (100, None)),
        ({"provenance_info": '{"is_gen_ai": true, "provenance_type": "EXPLICIT", "who": 1}'}, (100, None)),
    ],
)
def test_it_takes_no_photo_that_is_none(page: Caller, told: dict[str, Any], refused: tuple[int, int | None]) -> None:
    assert code(page.upload(**told)) == refused
    assert page.fake.photos == {}


@pytest.mark.parametrize(
    ("form", "refused"),
    [
        ({}, (100, None)),
        ({"message": "x" * 63_207}, (100, None)),
        ({"message": "Fog", "link": "fog"}, (100, 2061006)),
        ({"link": "https://www.facebook.com/fog"}, (100, 1609008)),
        ({"link": "https://example.org/unseen"}, (1609005, None)),
        ({"message": "Fog", "nonsense": "1"}, (100, None)),
        ({"message": "Fog", "fields": "shoe_size"}, (100, None)),
        ({"message": "Fog", "attached_media": "[]"}, (100, None)),
        ({"message": "Fog", "attached_media": '[{"id": "1"}]'}, (100, None)),
        ({"message": "Fog", "attached_media": '[{"media_fbid": "1"}]'}, (100, None)),
    ],
)
def test_it_takes_no_post_that_its_page_does_not_allow(
    page: Caller, form: dict[str, str], refused: tuple[int, int | None]
) -> None:
    page.fake.unreadable = {"https://example.org/unseen"}
    assert code(page.feed(**form)) == refused
    assert page.fake.posts == []


def test_a_link_and_pictures_do_not_go_together(page: Caller) -> None:
    assert code(page.feed(page.upload()["id"], link="https://example.org/")) == (100, None)


def test_the_same_words_twice_running_are_a_duplicate(page: Caller) -> None:
    page.feed(message="Fog")
    assert code(page.feed(message="Fog")) == (506, None)
    page.feed(message="Fog", link="https://example.org/")
    page.feed(message="Fog")
    assert len(page.fake.posts) == 3


def test_what_is_listed_bears_its_photos_numbers(page: Caller, clock: TurnedClock) -> None:
    one, other = page.upload()["id"], page.upload()["id"]
    page.feed(message="Fog")
    clock.turn(60)
    page.feed(one, other, message="Mist")
    asked = "id,message,attachments{target,type,subattachments{target}}"
    listed = page.get(f"/{PAGE}/published_posts", fields=asked, limit="1")
    (album,) = listed["data"][0]["attachments"]["data"]
    assert [part["target"]["id"] for part in album["subattachments"]["data"]] == [one, other]
    assert "next" in listed["paging"] and listed["data"][0]["message"] == "Mist"
    since = str(int(clock().timestamp()))
    assert len(page.get(f"/{PAGE}/published_posts", fields="id", since=since)["data"]) == 1
    assert code(page.get(f"/{PAGE}/published_posts", fields="caption")) == (100, None)


def test_figures_want_a_name_that_is_known_and_the_permission(page: Caller) -> None:
    post = page.feed(message="Fog")["id"]
    assert code(page.get(f"/{post}/insights")) == (3001, 1504028)
    assert code(page.get(f"/{post}/insights", metric="post_impressions_unique")) == (100, None)
    page.fake.granted.clear()
    assert code(page.get(f"/{post}/insights", metric="post_clicks")) == (10, None)


def test_tokens_are_got_and_looked_at_with_the_apps_secret(page: Caller, clock: TurnedClock) -> None:
    page.token = ""
    app = {"client_id": APP, "client_secret": SECRET}
    assert code(page.get("/oauth/access_token", **{**app, "client_id": "17"}, redirect_uri="https://x.org/", code=CODE))
    short = page.get("/oauth/access_token", **app, redirect_uri="https://x.org/", code=CODE)
    assert code(page.get("/oauth/access_token", **app, redirect_uri="https://x.org/", code=CODE)) == (100, 36009)
    exchange = {"grant_type": "fb_exchange_token", "fb_exchange_token": short["access_token"]}
    long = page.get("/oauth/access_token", **app, **exchange)
    assert (short["expires_in"], long["expires_in"]) == (3600, 5_184_000)
    asked = {"input_token": long["access_token"], "access_token": f"{APP}|{SECRET}"}
    told = page.get("/debug_token", **asked)["data"]
    assert told["type"] == "USER" and told["expires_at"] == int((clock() + timedelta(days=60)).timestamp())
    assert code(page.get("/debug_token", **{**asked, "access_token": "17|hush"})) == (100, None)
