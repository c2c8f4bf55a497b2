"""Pictures for networks that fetch them: shown by our own server, on the site or from a bucket, and nothing else with them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from socialbot.accounts import KEY_FILE, media_of, options_of, picture_key
from socialbot.bucket import Bucket
from socialbot.hosting import Hosting, InBucket, InSite, Served
from socialbot.hosting.tokens import name_of
from socialbot.media import Media
from socialbot.networks.protocol import Doubt, Identity, Network, Passing, Prepared, Published, Refused
from socialbot.nouns import Variant, WrongConfiguration
from socialbot.settings import AccountSettings, load
from socialbot.testing.site import LoopbackSite
from socialbot.web.app import create_app
from tests.conftest import TurnedClock
from tests.hosted import KEY, in_public, running, showing
from tests.instances import Town
from tests.networks.desk import Desk

DAY = timedelta(days=1)


class Toy(Network):
    """A network that fetches pictures, and can do nothing else."""

    name = "toy"
    options = AccountSettings
    doubt = Doubt("NONE", settle_s=0)
    crawler = "toycrawler"

    async def check(self) -> Identity:
        raise NotImplementedError

    async def prepare(self, *_: object) -> Prepared:
        raise NotImplementedError

    async def publish(self, prepared: Prepared) -> Published:
        raise NotImplementedError

    async def find(self, prepared: Prepared, since: datetime) -> None:
        raise NotImplementedError


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Toy, {}, tmp_path)


def url_of(desk: Desk, picture: Variant) -> str:
    return desk.run(lambda network: network.public_url(picture))


def address(hosting: Hosting, picture: Variant, content: bytes, clock: TurnedClock) -> str:
    return asyncio.run(hosting.address(picture, content, "", clock()))


# Shown by our own process


def test_the_network_fetches_the_picture_byte_for_byte(desk: Desk) -> None:
    picture = desk.picture()
    with in_public(desk.media) as base:
        url = url_of(desk, picture)
        answer, head = httpx.get(url), httpx.head(url)
    assert url.startswith(f"{base}/media/") and url.endswith(".jpg")
    assert answer.content == desk.media.get(picture.digest) and head.content == b""
    for one in (answer, head):
        assert one.status_code == 200
        assert one.headers["Content-Type"] == "image/jpeg" and one.headers["Content-Length"] == str(picture.bytes)
        assert "Set-Cookie" not in one.headers and "noindex" in one.headers["X-Robots-Tag"]
        assert one.headers["X-Content-Type-Options"] == "nosniff"


def test_a_retry_gives_the_same_address_while_it_is_good(desk: Desk, clock: TurnedClock) -> None:
    picture = desk.picture()
    content = desk.media.get(picture.digest)
    with running(showing(desk.media, clock)) as base:
        urls = {address(Hosting(Served(base, KEY, DAY), allow_private=True), picture, content, clock) for _ in range(3)}
        (url,) = urls
        clock.turn(24 * 3600)
        assert httpx.get(url).status_code == 200  # a day is what was promised
        assert int(httpx.get(url).headers["Cache-Control"].split("max-age=")[1].split(",")[0]) <= 24 * 3600
        clock.turn(24 * 3600)
        gone = httpx.get(url)
        assert (gone.status_code, gone.headers["Cache-Control"]) == (410, "no-store")
        assert address(Hosting(Served(base, KEY, DAY), allow_private=True), picture, content, clock) not in urls


def test_nothing_but_signed_pictures_is_shown(desk: Desk, clock: TurnedClock) -> None:
    picture, secret = desk.picture(), desk.media.put(b"not for the public")
    good = name_of(KEY, picture, clock() + DAY)
    with running(showing(desk.media, clock)) as base:
        for path in (
            "",
            good[:-5] + "A.jpg",
            good.replace(".jpg", ".png"),
            good.replace(".jpg", ""),
            name_of(b"another key", picture, clock() + DAY),
            secret,
            f"{secret}.jpg",
            f"{secret[:2]}/{secret[2:]}",
            "..%2f..%2fsecret.key",
            "%2e%2e/secret.key",
            "%00.jpg",
        ):
            answer = httpx.get(f"{base}/media/{path}")
            assert answer.status_code == 404, path
            assert b"not for the public" not in answer.content
        assert httpx.get(f"{base}/media/{good}").status_code == 200
        assert httpx.post(f"{base}/media/{good}").status_code == 405
        desk.media.path(picture.digest).unlink()
        assert httpx.get(f"{base}/media/{good}").status_code == 410


def test_socialbot_serve_shows_them_where_the_settings_say_so(town: Town, clock: TurnedClock) -> None:
    town.configure('[web]\nsecret = "a-long-enough-secret"\n[media]\npublic = "serve"\npublic_url = "https://pictures.test"\n')
    settings, ledger = town.settings(), town.ledger()
    media = media_of(settings)
    digest = media.put(b"\xff\xd8 fog")
    picture = Variant(digest, "square", 1, 1, 6, "image/jpeg", "")
    name = name_of(picture_key(settings), picture, clock() + DAY)
    with running(create_app(settings, ledger, clock, None)) as base:  # type: ignore[arg-type]
        assert httpx.get(f"{base}/media/{name}").content == b"\xff\xd8 fog"
        assert httpx.get(f"{base}/healthz").status_code == 200
    plain = settings.model_copy(update={"media": settings.media.model_copy(update={"public": None})})
    with running(create_app(plain, ledger, clock, None)) as base:  # type: ignore[arg-type]
        assert httpx.get(f"{base}/media/{name}").status_code == 404


def test_the_key_of_names_is_the_instances_own_and_tells_nothing(town: Town) -> None:
    key = picture_key(town.settings())
    assert key == picture_key(town.settings()) and len(key) == 32
    assert key not in (town.home / KEY_FILE).read_bytes()
    (town.home / KEY_FILE).write_bytes(Fernet.generate_key())
    assert picture_key(town.settings()) != key


# On the site


def test_a_picture_on_the_site_is_waited_for_until_it_is_deployed(desk: Desk, tmp_path: Path) -> None:
    picture, deployed = desk.picture(), tmp_path / "deployed"
    with LoopbackSite(deployed) as site:
        place = InSite(tmp_path, tmp_path / "static", f"{site.url}/social", KEY, DAY)
        desk.media.public = Hosting(place, allow_private=True)
        with pytest.raises(Passing, match=r"Toy cannot fetch a picture yet: .* is not on the site yet .*tried again"):
            url_of(desk, picture)
        (tmp_path / "static").rename(deployed / "social")
        url = url_of(desk, picture)
        assert httpx.get(url).content == desk.media.get(picture.digest)
        assert url == url_of(desk, picture) and picture.digest[:20] not in url


def test_files_on_the_site_are_whole_readable_and_go_when_nobody_asks_for_them(desk: Desk, clock: TurnedClock) -> None:
    root = desk.media.folder.parent
    with LoopbackSite(root / "site") as site:
        hosting, folder = site.public(), site.folder / "social"
        first, second = desk.picture(), desk.picture(colour="red")
        address(hosting, first, desk.media.get(first.digest), clock)
        (old,) = folder.iterdir()
        hashed = f"{'0a' * 20}.jpg"  # so do generators of sites name their own pictures
        for name in ("mine.jpg", hashed, ".unfinished-x"):  # of the site's owner, and of a write that was cut off
            (folder / name).write_bytes(b"mine")
            os.utime(folder / name, (0, 0))
        assert old.read_bytes() == desk.media.get(first.digest) and old.stat().st_mode & 0o777 == 0o644
        old.write_bytes(b"half")  # whatever broke it, the next use mends it
        clock.turn(2 * 3600)
        address(hosting, first, desk.media.get(first.digest), clock)
        assert old.read_bytes() == desk.media.get(first.digest)
        clock.turn(2 * 24 * 3600 + 1)
        address(hosting, second, desk.media.get(second.digest), clock)
        assert not old.exists() and (folder / "mine.jpg").exists() and (folder / hashed).exists()
        assert len(list(folder.iterdir())) == 3  # mine and the second


def test_a_site_that_is_not_there_is_told(desk: Desk, tmp_path: Path) -> None:
    desk.media.public = Hosting(InSite(tmp_path / "no", tmp_path / "no/social", "https://example.org", KEY, DAY))
    with pytest.raises(Refused, match="is no folder") as told:
        url_of(desk, desk.picture())
    assert told.value.fix == "Correct site.root." and not (tmp_path / "no").exists()


# From the bucket


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    pytest.importorskip("obstore", reason="obstore is not installed (extra s3)")
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server: Any = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/pictures").raise_for_status()
    yield Bucket("s3://pictures/ours", endpoint=f"http://{host}:{port}", region="us-east-1", key=("key", "secret"))
    server.stop()


def test_a_signed_address_of_the_bucket_shows_the_picture_as_what_it_is(
    tmp_path: Path, bucket: Bucket, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, made, signed = Desk(Toy, {}, tmp_path), list[str](), Bucket.signed
    monkeypatch.setattr(Bucket, "signed", lambda *told: made.append(signed(*told)) or made[-1])
    picture = desk.picture()
    content = desk.media.get(picture.digest)
    hosting = Hosting(InBucket(bucket, DAY), allow_private=True)
    url = address(hosting, picture, content, clock)
    assert httpx.get(url).headers["Content-Type"] == "image/jpeg" and httpx.get(url).content == content
    assert "X-Amz-Expires=172800" in url and "secret" not in url
    clock.turn(3600 * 23)
    assert address(hosting, picture, content, clock) == url
    assert made == [url]
    clock.turn(3600 * 2)  # less than a day of it is left; signatures of one second are alike
    assert address(hosting, picture, content, clock) == made[-1] and len(made) == 2


def test_what_was_filed_without_its_type_gets_one(tmp_path: Path, bucket: Bucket, clock: TurnedClock) -> None:
    import obstore

    content = b"\x89PNG\r\n\x1a\n older than this release"
    digest = hashlib.sha256(content).hexdigest()
    obstore.put(bucket._store, f"{digest[:2]}/{digest[2:]}", content)
    picture = Variant(digest, "square", 1, 1, len(content), "image/png", "")
    url = address(Hosting(InBucket(bucket, DAY), allow_private=True), picture, content, clock)
    assert httpx.get(url).headers["Content-Type"] == "image/png"


# What is told


def test_without_a_public_place_the_network_says_what_to_set(desk: Desk) -> None:
    with pytest.raises(Refused, match="fetches pictures from a public address") as told:
        url_of(desk, desk.picture())
    assert told.value.fix == "Set media.public: docs/public-pictures.md tells how."


def test_an_address_is_looked_at_once_and_again_after_an_hour(desk: Desk, clock: TurnedClock) -> None:
    picture, asked = desk.picture(), list[str]()
    app = showing(desk.media, clock)

    @app.middleware("http")
    async def count(request: Any, call_next: Callable[[Any], Any]) -> Any:
        asked.append(request.url.path)
        return await call_next(request)

    content = desk.media.get(picture.digest)
    with running(app) as base:
        hosting = Hosting(Served(base, KEY, DAY), allow_private=True)
        for _ in range(3):
            url = address(hosting, picture, content, clock)
        assert asked == ["/robots.txt", url.removeprefix(base)]
        clock.turn(3601)
        address(hosting, picture, content, clock)
    assert len(asked) == 4


def test_a_proxy_that_leads_elsewhere_is_refused_with_what_to_do(desk: Desk) -> None:
    with LoopbackSite(desk.media.folder.parent / "site") as site:
        desk.media.public = Hosting(Served(site.url, KEY, DAY), allow_private=True)
        with pytest.raises(Refused, match=r"^Toy could not fetch a picture: http://127.* answers 404\.$") as told:
            url_of(desk, desk.picture())
        assert told.value.fix.startswith("Have the proxy pass /media/ on to socialbot serve")
        desk.media.public = Hosting(Served(site.url, KEY, DAY))
        with pytest.raises(Refused, match="is not https"):
            url_of(desk, desk.picture())


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ('public = "serve"', 'with "serve" media.public_url must be set'),
        ('public = "site"', 'with "site" media.public_url must be set'),
        ('public = "s3"', 'with "s3" media.store must be s3://BUCKET/PREFIX'),
        ('public = "ftp"', "input should be 'serve', 'site' or 's3'"),
        ('public = "serve"\npublic_url = "https://example.org"\npublic_hours = 0.5', "greater than or equal to 1"),
    ],
)
def test_a_half_configured_place_is_told_with_its_line(tmp_path: Path, told: str, said: str) -> None:
    (tmp_path / "socialbot.toml").write_text(f"[media]\n{told}\n")
    with pytest.raises(WrongConfiguration, match=r"socialbot\.toml, line \d: media\.public") as error:
        load(tmp_path, options_of)
    assert said in str(error.value)


@pytest.mark.parametrize("public", ["serve", "site"])
def test_the_settings_choose_the_place(town: Town, public: str) -> None:
    assert media_of(town.settings()).public is None
    town.configure(f'[media]\npublic = "{public}"\npublic_url = "https://example.org/x/"\npublic_hours = 2\n')
    hosting = media_of(town.settings()).public
    assert isinstance(hosting, Hosting)
    place: Any = hosting.place
    assert (type(place), place.base, place.lasts) == (
        {"serve": Served, "site": InSite}[public],
        "https://example.org/x",
        timedelta(hours=2),
    )
    if public == "site":
        assert place.folder == town.home / "public" / "social"


def test_a_media_store_knows_nothing_public_by_itself(tmp_path: Path) -> None:
    assert Media(tmp_path).public is None
