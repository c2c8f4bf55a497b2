"""The TikTok fake takes what TikTok takes, and nothing else."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from socialbot.testing.fakes.tiktok import TikTokFake
from socialbot.testing.fakes.tiktok_login import CLIENT, REDIRECT

INIT = "/v2/post/publish/content/init/"
DIRECT = {"privacy_level": "SELF_ONLY", "brand_content_toggle": False, "brand_organic_toggle": False}


@pytest.fixture
def fake() -> Iterator[TikTokFake]:
    with TikTokFake() as fake:
        yield fake


def picture(kind: str = "JPEG", size: tuple[int, int] = (20, 30)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


@contextmanager
def site(content: bytes, status: int = 200) -> Iterator[str]:
    """A site that shows one picture, for every address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/fog.jpg"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def call(fake: TikTokFake, path: str, body: Any = None, **headers: str) -> Any:
    headers = {"Authorization": f"Bearer {fake.token}", "Content-Type": "application/json; charset=UTF-8", **headers}
    more = {"json": body} if body is not None else {}
    return httpx.post(f"{fake.url}{path}", headers=headers, trust_env=False, **more).json()


def photo(url: str, **more: Any) -> dict[str, Any]:
    source = {"source": "PULL_FROM_URL", "photo_images": [url], "photo_cover_index": 0}
    told = {"media_type": "PHOTO", "post_mode": "MEDIA_UPLOAD", "post_info": {"title": "Fog"}, "source_info": source}
    return told | more


def state(fake: TikTokFake, url: str) -> tuple[str, str]:
    publish_id = call(fake, INIT, photo(url))["data"]["publish_id"]
    told = call(fake, "/v2/post/publish/status/fetch/", {"publish_id": publish_id})["data"]
    return told["status"], told.get("fail_reason", "")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"alt_text": "a lamp"}, "invalid_param"),
        ({"media_type": "VIDEO"}, "invalid_param"),
        ({"is_aigc": "true"}, "invalid_param"),
        ({"post_mode": "DRAFT"}, "invalid_param"),
        ({"post_info": {"title": "x" * 91}}, "invalid_param"),
        ({"post_info": {"description": "🌫" * 2001}}, "invalid_param"),
        ({"post_info": {"is_aigc": True}}, "invalid_param"),
        ({"post_info": {"privacy_level": "SELF_ONLY"}}, "invalid_param"),
        ({"post_mode": "DIRECT_POST"}, "invalid_param"),
        ({"post_mode": "DIRECT_POST", "post_info": DIRECT | {"disable_comment": "no"}}, "invalid_param"),
        ({"post_mode": "DIRECT_POST", "post_info": DIRECT | {"privacy_level": "EVERYBODY"}}, "privacy_level_option_mismatch"),
        ({"source_info": {"source": "PULL_FROM_URL", "photo_images": []}}, "invalid_param"),
        ({"source_info": {"source": "FILE_UPLOAD", "photo_images": ["x"], "photo_cover_index": 0}}, "invalid_param"),
        ({"source_info": {"source": "PULL_FROM_URL", "photo_images": ["x"], "photo_cover_index": 1}}, "invalid_param"),
    ],
    ids=str,
)
def test_a_post_that_is_not_as_the_page_has_it_is_refused(fake: TikTokFake, wrong: dict[str, Any], code: str) -> None:
    told = call(fake, INIT, photo("http://127.0.0.1:1/fog.jpg", **wrong))
    assert (told["error"]["code"], fake.posts) == (code, [])


def test_pictures_are_really_fetched_and_looked_at(fake: TikTokFake) -> None:
    for content in (picture(), picture("WEBP")):
        with site(content) as url:
            assert state(fake, url) == ("PUBLISH_COMPLETE", "")
            assert fake.posts[-1].pictures[0].content == content
    shown = len(fake.posts)
    for content, status, reason in (
        (picture(), 302, "photo_pull_failed"),
        (picture(), 404, "photo_pull_failed"),
        (picture("PNG"), 200, "file_format_check_failed"),
        (picture(size=(1921, 1080)), 200, "picture_size_check_failed"),
    ):
        with site(content, status) as url:
            assert state(fake, url) == ("FAILED", reason)
    assert len(fake.posts) == shown


def test_addresses_that_are_not_verified_are_refused_letter_by_letter(fake: TikTokFake) -> None:
    fake.verified = ("http://127.0.0.1:1/media/",)
    assert call(fake, INIT, photo("http://127.0.0.1:1/Media/a.jpg"))["error"]["code"] == "url_ownership_unverified"


def test_calls_are_counted_over_a_minute(fake: TikTokFake) -> None:
    codes = [call(fake, INIT, photo("x"))["error"]["code"] for _ in range(7)]
    assert codes == ["url_ownership_unverified"] * 6 + ["rate_limit_exceeded"]


def test_the_body_has_the_type_that_the_page_names(fake: TikTokFake) -> None:
    told = call(fake, INIT, photo("x"), **{"Content-Type": "application/json"})
    assert told["error"]["code"] == "invalid_param"
    assert call(fake, "/v2/post/publish/creator_info/query/", {})["error"]["code"] == "invalid_param", "it takes no body"


def test_codes_need_their_verifier_and_refresh_tokens_work_once(fake: TikTokFake) -> None:
    def token(**form: str) -> dict[str, Any]:
        form |= {"client_key": CLIENT[0], "client_secret": CLIENT[1]}
        answer: dict[str, Any] = httpx.post(f"{fake.url}/v2/oauth/token/", data=form, trust_env=False).json()
        return answer

    def login(verifier: str) -> dict[str, Any]:
        code = fake.logins.grant(hashlib.sha256(b"secret").hexdigest(), ["video.upload"])
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        return token(**grant, code_verifier=verifier)

    assert login("another")["error"] == "invalid_grant"
    told = login("secret")
    assert (told["expires_in"], told["refresh_expires_in"]) == (7200, 180 * 86_400)
    refresh = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    assert token(**refresh)["refresh_token"] != told["refresh_token"]
    assert token(**refresh)["error"] == "invalid_grant"
    assert token(**refresh, scope="video.list")["error"] == "invalid_request"
