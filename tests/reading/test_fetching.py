from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from socialbot.nouns import Mistake
from socialbot.reading.fetching import Fetcher, Unreachable, is_public

PICTURE = b"\xff\xd8 a picture"
PRIVATE = [
    *(
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
    ),
    *(
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
    ),
    *(
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "2001:db8::1",
    ),
]


class Answers(BaseHTTPRequestHandler):
    """Answers by path, and writes down what it was asked."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Host"]))  # type: ignore[attr-defined]
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            self._drip(b"x")
        elif self.path == "/drip-headers":
            self._drip(b"H")
        elif self.path == "/large":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(100):
                    self.wfile.write(bytes(1000))
        else:
            content = b"" if self.path == "/empty" else PICTURE
            self.send_response(404 if self.path == "/gone" else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8" if self.path == "/page" else "image/jpeg")
            if self.path == "/gzip":
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", "99999" if self.path == "/announced" else str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def _drip(self, piece: bytes) -> None:
        with contextlib.suppress(OSError):
            for _ in range(100):
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.asked = []  # type: ignore[attr-defined]
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with serving() as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as made:
        yield made


def url(server: ThreadingHTTPServer, path: str = "/a.jpg", host: str = "127.0.0.1") -> str:
    return f"http://{host}:{server.server_port}{path}"


def test_a_picture_is_fetched_from_a_private_address_only_when_allowed(
    server: ThreadingHTTPServer, client: httpx.Client
) -> None:
    with pytest.raises(Mistake, match=r"127\.0\.0\.1 is no public address.*fetch_private"):
        Fetcher(client).fetch(url(server))
    assert server.asked == []  # type: ignore[attr-defined]
    assert Fetcher(client, allow_private=True).fetch(url(server)) == PICTURE


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0"]
)
def test_no_spelling_of_loopback_passes(server: ThreadingHTTPServer, client: httpx.Client, host: str) -> None:
    with pytest.raises(Mistake):
        Fetcher(client).fetch(url(server, host=host))
    assert server.asked == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_inner_networks_are_not_public(address: str) -> None:
    assert not is_public(address)
    nowhere = httpx.Client(transport=httpx.MockTransport(lambda request: pytest.fail("it connected")))
    with pytest.raises(Mistake, match="no public address"):
        Fetcher(nowhere, resolve=lambda host, port: ["93.184.215.14", address]).fetch("http://inner.test/a.jpg")


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(address)


def test_it_connects_to_the_address_it_checked_whatever_the_name_says_next() -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=PICTURE)

    fetcher = Fetcher(httpx.Client(transport=httpx.MockTransport(answer)), resolve=lambda host, port: next(answers))
    assert fetcher.fetch("https://user:pw@pictures.test:8443/a.jpg?s=1#x") == PICTURE
    (request,) = seen
    assert str(request.url) == "https://93.184.215.14:8443/a.jpg?s=1"
    assert request.headers["Host"] == "pictures.test:8443"
    assert request.extensions["sni_hostname"] == "pictures.test"
    assert "Authorization" not in request.headers
    with pytest.raises(Mistake, match="no public address"):
        fetcher.fetch("https://pictures.test/a.jpg")


def test_a_name_is_resolved_once_and_the_server_is_told_the_name(server: ThreadingHTTPServer, client: httpx.Client) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    assert Fetcher(client, allow_private=True, resolve=resolve).fetch(url(server, host="pictures.test")) == PICTURE
    assert asked == ["pictures.test"]
    assert server.asked == [("/a.jpg", f"pictures.test:{server.server_port}")]  # type: ignore[attr-defined]


def test_redirects_are_followed_and_each_is_checked_again(server: ThreadingHTTPServer, client: httpx.Client) -> None:
    private = Fetcher(client, allow_private=True)
    assert private.fetch(url(server, "/to?/to?/a.jpg")) == PICTURE
    with pytest.raises(Mistake, match="redirects more than 5 times"):
        private.fetch(url(server, "/to?" * 6 + "/a.jpg"))
    with pytest.raises(Mistake, match="not an http or https address"):
        private.fetch(url(server, "/to?file:///etc/passwd"))

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": url(server)})

    with pytest.raises(Mistake, match=r"127\.0\.0\.1 is no public address"):
        Fetcher(httpx.Client(transport=httpx.MockTransport(answer)), resolve=resolved_as_written).fetch("http://93.184.215.14/")


def resolved_as_written(host: str, port: int) -> list[str]:
    return [host]


def test_tls_shows_and_checks_the_name_not_the_address(tmp_path: Path) -> None:
    certificate, key = certify("pictures.test", tmp_path)
    shown: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _socket, name, _context: shown.append(name)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(context) as server, httpx.Client(trust_env=False, verify=trusting) as client:
        fetcher = Fetcher(client, allow_private=True, resolve=lambda host, port: ["127.0.0.1"])
        assert fetcher.fetch(f"https://pictures.test:{server.server_port}/a.jpg") == PICTURE
        with pytest.raises(Unreachable, match=r"other\.test"):
            fetcher.fetch(f"https://other.test:{server.server_port}/a.jpg")
    assert shown == ["pictures.test", "other.test"]


def certify(name: str, folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize("path", ["/drip", "/drip-headers"])
def test_a_server_that_drips_is_left_when_time_is_up(server: ThreadingHTTPServer, client: httpx.Client, path: str) -> None:
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"within 0\.3 seconds"):
        Fetcher(client, allow_private=True, total_s=0.3).fetch(url(server, path))
    assert time.monotonic() - started < 1.5


def test_a_server_that_says_nothing_is_left_when_time_is_up(client: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(Unreachable, match=r"within 0\.3 seconds"):
            Fetcher(client, allow_private=True, total_s=0.3).fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/a.jpg")
        assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/large", "larger than 0.05 MB"),
        ("/announced", "larger than 0.05 MB"),
        ("/gone", "answers 404"),
        ("/page", "no picture but text/html"),
        ("/gzip", "compressed"),
        ("/empty", "is empty"),
    ],
)
def test_what_is_no_picture_within_bounds_is_refused(
    server: ThreadingHTTPServer, client: httpx.Client, path: str, words: str
) -> None:
    with pytest.raises(Mistake, match=words):
        Fetcher(client, allow_private=True, max_bytes=50_000).fetch(url(server, path))


@pytest.mark.parametrize(
    "address",
    [
        "ftp://x.test/a.jpg",
        "file:///etc/passwd",
        "http://",
        "gopher://x",
        "//x.test/a",
        "http://a:b:c/",
        "",
        "http://\u2603" * 90,
    ],
)
def test_only_web_addresses_are_fetched(client: httpx.Client, address: str) -> None:
    with pytest.raises(Mistake):
        Fetcher(client, resolve=lambda host, port: pytest.fail("it asked for an address")).fetch(address)


def test_a_host_that_is_not_there_is_told_without_its_secrets(client: httpx.Client) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unreachable, match=r"gone\.test cannot be found: Name or service not known"):
        Fetcher(client, resolve=resolve).fetch("https://gone.test/a.jpg")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        Fetcher(client, allow_private=True).fetch(f"http://user:secret@127.0.0.1:{port}/a.jpg?signature=hidden")
    assert "secret" not in str(caught.value) and "hidden" not in str(caught.value)


def test_a_second_address_is_tried_when_the_first_takes_no_connection(
    server: ThreadingHTTPServer, client: httpx.Client
) -> None:
    fetcher = Fetcher(client, allow_private=True, resolve=lambda host, port: ["127.0.0.9", "127.0.0.1"])
    assert fetcher.fetch(url(server, host="pictures.test")) == PICTURE


def test_ipv6_hosts_are_named_in_brackets() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=f"{request.url} {request.headers['Host']}".encode())

    fetcher = Fetcher(httpx.Client(transport=httpx.MockTransport(answer)), resolve=resolved_as_written)
    assert fetcher.fetch("http://[2606:4700::1111]/a") == b"http://[2606:4700::1111]/a [2606:4700::1111]"
