"""Each way in which a network could not fetch a picture is one sentence, told before the network is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import httpx
import pytest

from socialbot.hosting.checking import Checker
from socialbot.nouns import Mistake, NotYet, Variant
from socialbot.reading.fetching import Fetcher

CONTENT = b"\xff\xd8 a picture"
PICTURE = Variant(hashlib.sha256(CONTENT).hexdigest(), "square", 64, 48, len(CONTENT), "image/jpeg", "")
URL = "https://example.org/media/name.jpg"
FIX = "do this"
Answer = Callable[[httpx.Request], httpx.Response]


def check(
    *answers: httpx.Response,
    url: str = URL,
    robots: str | httpx.Response = "",
    crawler: str = "facebookexternalhit",
    needs_deploy: bool = False,
    address: str = "93.184.215.14",
) -> list[str]:
    """Check against a server that gives these answers and this robots.txt; the paths that were asked for."""
    asked, left = [], iter(answers or [httpx.Response(200, headers={"Content-Type": "image/jpeg"}, content=CONTENT)])

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        assert not {"cookie", "authorization"} & set(request.headers)
        if request.url.path == "/robots.txt":
            return robots if isinstance(robots, httpx.Response) else httpx.Response(200 if robots else 404, text=robots)
        return next(left)

    def resolve(host: str, port: int) -> list[str]:
        if host == "away.test":
            raise OSError(-2, "Name or service not known")
        return [address]

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        Checker(Fetcher(client, resolve=resolve)).check(url, PICTURE, crawler, fix=FIX, needs_deploy=needs_deploy)
    return asked


def picture(status: int = 200, kind: str = "image/jpeg", content: bytes = CONTENT, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={"Content-Type": kind, **headers}, content=content)


def test_a_good_address_passes() -> None:
    assert check() == ["/robots.txt", "/media/name.jpg"]
    assert check(picture(kind="image/jpeg; charset=binary"), robots="User-agent: *\nDisallow: /drafts/\n")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (picture(302, Location="https://cdn.example.org/name.jpg"), "sends on to https://cdn.example.org/name.jpg"),
        (picture(308, Location="/elsewhere"), "sends on to /elsewhere"),
        (picture(401), "answers 401"),
        (picture(403), "answers 403"),
        (picture(404), "answers 404"),
        (picture(410), "answers 410"),
        (picture(206), "answers 206"),
        (picture(kind="text/html"), "comes as text/html and not as image/jpeg"),
        (picture(kind="image/webp"), "comes as image/webp and not as image/jpeg"),
        (picture(kind=""), "comes as no type at all and not as image/jpeg"),
        (picture(content=CONTENT[:-1]), r"another picture \(11 bytes, where it was made with 12\)"),
        (picture(content=CONTENT[:-1] + b"E"), "another picture"),
        (picture(content=b""), "another picture"),
    ],
)
def test_what_a_person_must_see_to_is_said_at_once(answer: httpx.Response, said: str) -> None:
    with pytest.raises(Mistake, match=said) as told:
        check(answer)
    assert type(told.value) is Mistake and told.value.fix and "\n" not in str(told.value)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_mends_itself_is_tried_again(status: int) -> None:
    with pytest.raises(NotYet, match=f"answers {status}"):
        check(picture(status))


@pytest.mark.parametrize("answer", [picture(403), picture(404), picture(410), picture(kind="text/html")])
def test_what_a_deploy_will_bring_is_waited_for(answer: httpx.Response) -> None:
    with pytest.raises(NotYet, match="is not on the site yet"):
        check(answer, needs_deploy=True)


def test_a_broken_line_or_an_unknown_name_is_tried_again() -> None:
    with pytest.raises(NotYet, match=r"away\.test cannot be found"):
        check(url="https://away.test/media/name.jpg")

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with httpx.Client(transport=httpx.MockTransport(broken)) as client, pytest.raises(NotYet, match="refused"):
        fetcher = Fetcher(client, resolve=lambda host, port: ["93.184.215.14"])
        Checker(fetcher).check(URL, PICTURE, "", fix=FIX, needs_deploy=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "192.168.1.2", "::1", "fd00::1", "100.64.0.1"])
def test_an_address_that_only_we_can_reach_is_refused(address: str) -> None:
    with pytest.raises(Mistake, match=r"example\.org .* is no public address") as told:
        check(address=address)
    assert told.value.fix and "media.public_url" in told.value.fix and "fetch_private" in told.value.fix


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://example.org/media/name.jpg", "is not https"), ("https://example.org/média/name.jpg", "letters outside of ASCII")],
)
def test_an_address_that_networks_do_not_take_is_refused_before_anything_is_asked(url: str, said: str) -> None:
    asked = httpx.MockTransport(lambda request: pytest.fail("it asked"))
    with httpx.Client(transport=asked) as client, pytest.raises(Mistake, match=said):
        Checker(Fetcher(client)).check(url, PICTURE, "", fix=FIX, needs_deploy=False)


@pytest.mark.parametrize(
    ("robots", "crawler", "barred"),
    [
        ("User-agent: *\nDisallow: /\n", "facebookexternalhit", True),
        ("User-agent: *\nDisallow: /\n", "", True),
        ("User-agent: *\nDisallow: /\nAllow: /media/\n", "facebookexternalhit", False),  # the longest match wins: RFC 9309
        ("User-agent: *\nDisallow: /*.jpg$\n", "", True),
        ("User-agent: facebookexternalhit\nDisallow: /media/\n", "facebookexternalhit", True),
        ("User-agent: FacebookExternalHit\nDisallow: /media/\n", "facebookexternalhit", True),
        ("User-agent: facebookexternalhit\nDisallow: /media/\n", "", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: facebookexternalhit\nAllow: /\n", "facebookexternalhit", False),
        ("User-agent: Bytespider\nDisallow: /\n", "facebookexternalhit", False),
        ("\ufeffnonsense \x00", "facebookexternalhit", False),
    ],
)
def test_robots_txt_is_read_as_the_crawler_reads_it(robots: str, crawler: str, barred: bool) -> None:
    if not barred:
        check(robots=robots, crawler=crawler)
        return
    with pytest.raises(Mistake, match=r"robots\.txt keeps \w+ from https://example\.org/media/name\.jpg") as told:
        check(robots=robots, crawler=crawler)
    assert told.value.fix and "Allow: /media/" in told.value.fix and (crawler or "*") in told.value.fix


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429])
def test_a_robots_txt_that_is_not_to_be_had_forbids_nothing(status: int) -> None:
    check(robots=httpx.Response(status, text="User-agent: *\nDisallow: /"))


def test_a_robots_txt_that_fails_forbids_everything_for_now() -> None:
    with pytest.raises(NotYet, match=r"robots\.txt answers 503, which crawlers take for a no"):
        check(robots=httpx.Response(503))


def test_a_robots_txt_that_sends_round_in_circles_forbids_nothing() -> None:
    assert check(robots=httpx.Response(301, headers={"Location": "/robots.txt"})).count("/robots.txt") == 6
