"""The Pinterest fake takes what Pinterest takes, and nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from socialbot.testing.fakes.pinterest import BOARD, CLIENT, REDIRECT, PinterestFake


@pytest.fixture
def fake() -> Iterator[PinterestFake]:
    with PinterestFake() as fake:
        yield fake


def image(size: tuple[int, int] = (20, 30), kind: str = "JPEG") -> dict[str, str]:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return {"content_type": f"image/{kind.lower()}", "data": b64encode(out.getvalue()).decode()}


def single(**more: Any) -> dict[str, Any]:
    return {"source_type": "image_base64", **image(), **more}


def carousel(many: int, **more: Any) -> dict[str, Any]:
    return {"source_type": "multiple_image_base64", "items": [image() for _ in range(many)], **more}


def call(fake: PinterestFake, method: str, path: str, **request: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {fake.token}"}
    return httpx.request(method, f"{fake.url}/v5{path}", headers=headers, trust_env=False, **request)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"caption": "Fog"}, 400),
        ({"title": "x" * 101}, 400),
        ({"title": "🌫" * 51}, 400),
        ({"description": 7}, 400),
        ({"dominant_color": "teal"}, 400),
        ({"board_id": "Fog news"}, 400),
        ({"board_id": "1"}, 404),
        ({"ai_disclosures": "AI_MODIFIED"}, 400),
        ({"media_source": None}, 400),
        ({"media_source": {"source_type": "pin_url"}}, 400),
        ({"media_source": single(data="%%%")}, 400),
        ({"media_source": single(data="AAAA")}, 400),
        ({"media_source": single(content_type="image/webp")}, 400),
        ({"media_source": single(content_type="image/png")}, 400),
        ({"media_source": single(alt_text="a lamp")}, 400),
        ({"media_source": carousel(1)}, 400),
        ({"media_source": carousel(6)}, 400),
        ({"media_source": carousel(2, index=2)}, 400),
    ],
    ids=str,
)
def test_a_pin_that_is_not_as_the_page_has_it_is_refused(fake: PinterestFake, wrong: dict[str, Any], status: int) -> None:
    body = {"board_id": BOARD, "media_source": single(), **wrong}
    answer = call(fake, "POST", "/pins", json=body)
    assert (answer.status_code, fake.posts) == (status, []), answer.text


def test_a_pin_and_a_carousel_are_taken(fake: PinterestFake) -> None:
    for media in (single(), single(**image(kind="PNG")), carousel(2), carousel(5, index=4)):
        answer = call(fake, "POST", "/pins", json={"board_id": BOARD, "media_source": media, "title": None})
        assert answer.status_code == 201, answer.text
    assert [len(seen.pictures) for seen in fake.posts] == [1, 1, 2, 5]


def test_pictures_of_several_sizes_are_refused_where_the_switch_says_so(fake: PinterestFake) -> None:
    media = {"source_type": "multiple_image_base64", "items": [image(), image((20, 31))]}
    assert call(fake, "POST", "/pins", json={"board_id": BOARD, "media_source": media}).status_code == 201
    fake.one_size = True
    assert call(fake, "POST", "/pins", json={"board_id": BOARD, "media_source": media}).status_code == 400


def test_codes_and_refresh_tokens_work_once(fake: PinterestFake) -> None:
    def token(auth: tuple[str, str] = CLIENT, **form: str) -> httpx.Response:
        return httpx.post(f"{fake.url}/v5/oauth/token", data=form, auth=auth, trust_env=False)

    code = {"grant_type": "authorization_code", "code": fake.grant(), "redirect_uri": REDIRECT, "continuous_refresh": "true"}
    assert token(("1480000", "wrong"), **code).status_code == 401
    told = token(**code).json()
    assert token(**code).status_code == 400
    refresh = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    assert token(**refresh).json()["refresh_token"] != told["refresh_token"]
    assert token(**refresh).status_code == 401
    assert token(**refresh, client_id="1480000").status_code == 400, "the client shows itself by Basic alone"
