"""The LinkedIn fake is as strict as the pages say, and has LinkedIn's bad days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from socialbot.captions.forms import little_text
from socialbot.captions.spans import find_spans
from socialbot.nouns import Caption
from socialbot.testing.fakes import LinkedInFake
from socialbot.testing.fakes.linkedin import MEMBER, PAGE, PAGE_SCOPES
from socialbot.testing.fakes.linkedin_post import shown

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class App:
    """A client of the fake, as the pages have it."""

    def __init__(self, fake: LinkedInFake, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}", "LinkedIn-Version": "202607", "X-Restli-Protocol-Version": "2.0.0"}
        self.client = httpx.Client(base_url=fake.url, trust_env=False)

    def call(self, method: str, path: str, json: Any = None, **headers: str | None) -> httpx.Response:
        given = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        kept = {name: value for name, value in given.items() if value is not None}
        return self.client.request(method, path, headers=kept, **({} if json is None else {"json": json}))

    def image(self, owner: str = PAGE) -> str:
        body = {"initializeUploadRequest": {"owner": owner}}
        value = self.call("POST", "/rest/images?action=initializeUpload", body).json()["value"]
        out = BytesIO()
        Image.new("RGB", (8, 8), "teal").save(out, "JPEG")
        headers = {**self.headers, "Content-Type": "image/jpeg"}
        assert self.client.put(value["uploadUrl"], content=out.getvalue(), headers=headers).status_code == 201
        return str(value["image"])


@pytest.fixture
def fake() -> Iterator[LinkedInFake]:
    with LinkedInFake(clock=lambda: NOON) as running:
        yield running


@pytest.fixture
def app(fake: LinkedInFake) -> Iterator[App]:
    made = App(fake, fake.page_token)
    with made.client:
        yield made


def post(**more: Any) -> dict[str, Any]:
    return {
        "author": PAGE,
        "commentary": "Fog",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    } | more


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r"a \(b\) and (c)", "a (b) and "),
        (r"x\_y #ai #Öland2 \#f\_g", "x_y #ai #Öland2 #f_g"),
        ("snake_case", "snake"),
        ("#ai_art", "#ai"),
        ("mail me@ex.com", "mail me"),
        (r"{hashtag|\#|big fog} over", "#big fog over"),
        (f"@[Fog News]({PAGE}) says", "Fog News says"),
        ("@[Fog News](elsewhere) says", ""),
        ("ends with \\", "ends with "),
        (r"C:\\d \~\*\|", r"C:\d ~*|"),
    ],
)
def test_the_public_reads_up_to_the_first_reserved_character_that_is_not_escaped(sent: str, read: str) -> None:
    assert shown(sent)[0] == read


@given(st.text(alphabet=r"\|{}[]()<>@#*_~ab1 é" + "\n", max_size=40))
def test_whatever_is_escaped_is_read_whole(text: str) -> None:
    assert shown(little_text(Caption(text, 0, 0, "little", find_spans(text, None))))[0] == text


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": "Bearer nobody"}, 401, "INVALID_ACCESS_TOKEN"),
        ({"LinkedIn_Version": None}, 400, "VERSION_MISSING"),
        ({"LinkedIn_Version": "202511"}, 426, "NONEXISTENT_VERSION"),
        ({"X_Restli_Protocol_Version": "1.0.0"}, 400, "BAD_PROTOCOL_VERSION"),
    ],
)
def test_every_call_needs_a_token_and_a_living_version(app: App, headers: dict[str, str], status: int, code: str) -> None:
    answer = app.call("POST", "/rest/posts", post(), **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "Fog"},
        {"commentary": "x" * 3001},
        {"commentary": "🌫" * 1501},
        {"commentary": ""},
        {"visibility": "public"},
        {"lifecycleState": "DRAFT"},
        {"distribution": {}},
        {"content": {"poll": {}}},
        {"content": {"media": {"id": "urn:li:image:none"}}},
        {"content": {"media": {"id": "urn:li:image:x", "altText": "x" * 4087}}},
        {"content": {"multiImage": {"images": [{"id": "urn:li:image:x"}]}}},
        {"content": {"multiImage": {"images": [{"id": "urn:li:image:x"}] * 21}}},
        {"content": {"article": {"source": "/fog", "title": "Fog"}}},
        {"content": {"article": {"source": "https://example.org", "title": ""}}},
        {"content": {"article": {"source": "https://example.org", "title": "x" * 401}}},
        {"content": {"article": {"source": "https://example.org", "title": "Fog", "image": "x"}}},
    ],
)
def test_what_the_page_does_not_allow_is_refused(fake: LinkedInFake, app: App, wrong: dict[str, Any]) -> None:
    assert app.call("POST", "/rest/posts", post(**wrong)).status_code in (400, 422)
    assert fake.posts == []
    assert app.call("POST", "/rest/posts", post()).status_code == 201


def test_a_picture_is_ready_after_some_questions_and_is_its_owners_alone(fake: LinkedInFake, app: App) -> None:
    fake.slow_polls = 2
    urn = app.image()
    states = [app.call("GET", f"/rest/images/{quote(urn, safe='')}").json()["status"] for _ in range(3)]
    assert states == ["PROCESSING", "PROCESSING", "AVAILABLE"]
    content = {"media": {"id": urn, "altText": "A lamp"}}
    whose = {"Authorization": f"Bearer {fake.member_token}"}
    assert app.call("POST", "/rest/posts", post(author=MEMBER, content=content), **whose).status_code == 400
    assert app.call("POST", "/rest/posts", post(content=content)).status_code == 201
    assert [one.alt for one in fake.posts[0].pictures] == ["A lamp"]


def test_a_member_may_post_and_read_nothing(fake: LinkedInFake) -> None:
    app = App(fake, fake.member_token)
    with app.client:
        urn = app.call("POST", "/rest/posts", post(author=MEMBER)).headers["x-restli-id"]
        there = f"/rest/posts/{quote(urn, safe='')}"
        assert app.call("GET", there).status_code == 403
        listing = f"/rest/posts?q=author&author={quote(MEMBER, safe='')}"
        assert app.call("GET", listing, X_RestLi_Method="FINDER").status_code == 403
        assert app.call("GET", f"/rest/images/{quote(app.image(MEMBER), safe='')}").status_code == 403
        assert app.call("POST", "/rest/posts", post()).status_code == 403
        assert app.call("DELETE", there).status_code == app.call("DELETE", there).status_code == 204


def test_the_same_again_is_refused_with_the_urn_of_the_first_even_when_that_is_gone(app: App, fake: LinkedInFake) -> None:
    urn = app.call("POST", "/rest/posts", post()).headers["x-restli-id"]
    for _ in range(2):
        answer = app.call("POST", "/rest/posts", post())
        assert answer.status_code == 422 and urn in answer.json()["message"]
        assert answer.json()["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
        app.call("DELETE", f"/rest/posts/{quote(urn, safe='')}")
    assert app.call("GET", f"/rest/posts/{quote(urn, safe='')}").status_code == 404
    fake.clock = lambda: NOON + timedelta(hours=49)
    assert app.call("POST", "/rest/posts", post()).status_code == 201


def test_a_role_on_the_page_is_needed(app: App, fake: LinkedInFake) -> None:
    fake.role = "ANALYST"
    assert app.call("POST", "/rest/posts", post()).status_code == 403
    fake.role = "CONTENT_ADMIN"
    assert app.call("POST", "/rest/posts", post()).status_code == 201


def test_the_days_calls_end_and_begin_anew_at_midnight(app: App, fake: LinkedInFake) -> None:
    fake.daily = 1
    assert app.call("GET", "/rest/organizationAcls?q=roleAssignee").status_code == 200
    answer = app.call("POST", "/rest/posts", post())
    assert answer.status_code == 429 and "DAY" in answer.json()["message"] and "Retry-After" not in answer.headers
    fake.clock = lambda: NOON + timedelta(hours=12)
    assert app.call("POST", "/rest/posts", post()).status_code == 201


def test_a_code_is_good_once_and_a_token_for_sixty_days(fake: LinkedInFake, app: App) -> None:
    form = {"grant_type": "authorization_code", "code": fake.grant(PAGE_SCOPES), "redirect_uri": "http://127.0.0.1/"}
    form |= {"client_id": "fog-app", "client_secret": "fog-app-secret"}
    first, second = (app.client.post("/oauth/v2/accessToken", data=form) for _ in range(2))
    assert (first.status_code, second.json()["error"]) == (200, "invalid_grant")
    told = first.json()
    assert (told["expires_in"], told["scope"]) == (5_184_000, ",".join(PAGE_SCOPES)) and "refresh_token" not in told
    fake.clock = lambda: NOON + timedelta(days=60)
    answer = app.call("GET", "/v2/userinfo", Authorization=f"Bearer {told['access_token']}")
    assert (answer.status_code, answer.json()["code"]) == (401, "EXPIRED_ACCESS_TOKEN")


def test_only_the_text_of_what_is_out_is_changed(app: App, fake: LinkedInFake) -> None:
    urn = quote(app.call("POST", "/rest/posts", post()).headers["x-restli-id"], safe="")
    patch = {"patch": {"$set": {"commentary": "Mist"}}}
    assert app.call("POST", f"/rest/posts/{urn}", patch).status_code == 400
    assert app.call("POST", f"/rest/posts/{urn}", patch, X_RestLi_Method="PARTIAL_UPDATE").status_code == 204
    content = {"patch": {"$set": {"content": {}}}}
    assert app.call("POST", f"/rest/posts/{urn}", content, X_RestLi_Method="PARTIAL_UPDATE").status_code == 400
    assert [seen.text for seen in fake.posts] == ["Mist"]
