"""`socialbot connect` through the browser: Mastodon's family registers us first, Misskey's approves a session."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mastodon_mock.testing import MockServer

from socialbot.accounts import SessionVault, cipher, options_of
from socialbot.ledger import Ledger
from socialbot.networks.protocol import ENDS_AT
from socialbot.settings import load
from socialbot.testing.fakes import MastodonFake, MisskeyFake
from tests.test_connecting import free_port

IN_TIME_S = 60


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "socialbot.toml").write_text('[site]\nurl = "https://example.org"\n')
    return tmp_path


@contextmanager
def connecting(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The command, which asks for a token and is given none."""
    command = [sys.executable, "-m", "socialbot", "--home", str(home), "connect", *words]
    env = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALBOT_")}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, env=env) as running:
        assert running.stdin
        running.stdin.write("\n")
        running.stdin.flush()
        try:
            yield running
        finally:
            running.kill()


def address(running: subprocess.Popen[str], until: str = "") -> str:
    """Where the person is sent, once the command is ready for the answer."""
    assert running.stdout
    read = ""
    for line in running.stdout:
        read += line
        found = re.search(r"^  (http\S+)$", read, re.MULTILINE)
        if found and until in read:
            return found[1]
    raise AssertionError(read)


def told(running: subprocess.Popen[str], answer: str = "") -> tuple[int, str]:
    """How the command ended, and what it said."""
    said, _ = running.communicate(answer, timeout=IN_TIME_S)
    return running.returncode, said


def browse(url: str, **options: Any) -> httpx.Response:
    return httpx.get(url, trust_env=False, **options)


def kept(home: Path, name: str) -> tuple[dict[str, str], dict[str, str] | None]:
    """The account's sealed options, and its session."""
    settings = load(home, options_of)
    vault = SessionVault(Ledger.open(settings.store.url, settings.home), name, cipher(settings))
    return vault.secrets(), vault.read()


@pytest.mark.parametrize("server", ["mastodon", "pixelfed", "akkoma"])
def test_the_browser_lets_socialbot_into_an_account_of_the_family(server: str, home: Path) -> None:
    port = free_port()
    with MastodonFake(server, network=server) as fake:
        with connecting(home, server, "--set", f"server={fake.url}", "--port", str(port)) as running:
            page = browse(address(running, "Waiting"), follow_redirects=True)
            status, said = told(running)
        assert (status, page.status_code) == (0, 200), said
        assert "Logged in: @" in said and "lacks the scopes" not in said and "must know this redirect" not in said
        ((token, scopes),) = fake.logins.tokens.items()
        finely = ("read:accounts", "read:statuses", "write:statuses", "write:media")
        assert scopes == (("read", "write") if server == "pixelfed" else finely)
    secrets, session = kept(home, server)
    assert secrets == {"token": token} and token not in said
    assert not any(token.encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert [*(session or {})] == ([ENDS_AT] if server == "pixelfed" else []), "only Pixelfed's ends within a lifetime"


def test_a_code_that_the_server_shows_is_pasted(home: Path) -> None:
    with MastodonFake() as fake, connecting(home, "mastodon", "--set", f"server={fake.url}", "--paste") as running:
        shown = httpx.URL(browse(address(running)).headers["Location"])
        assert shown.path == "/oauth/authorize/native"
        status, said = told(running, f" {shown.params['code']} \n")
        assert status == 0, said
        assert kept(home, "mastodon")[0] == {"token": "fake-login-1"}


def test_miauth_brings_a_token_with_the_permissions_that_are_needed(home: Path) -> None:
    port = free_port()
    with MisskeyFake("sharkey") as fake:
        with connecting(home, "sharkey", "--set", f"server={fake.url}", "--port", str(port)) as running:
            page = browse(address(running, "Waiting"), follow_redirects=True)
            status, said = told(running)
        assert (status, page.status_code) == (0, 200), said
        assert fake.sessions.tokens == {"fake-miauth-1": ["read:account", "read:drive", "write:drive", "write:notes"]}
    assert kept(home, "sharkey") == ({"token": "fake-miauth-1"}, None)


def test_a_new_login_replaces_the_token_that_was_pasted(home: Path) -> None:
    """Otherwise a token that is spent could be replaced by another pasted one only."""
    with MisskeyFake() as fake:
        given = ("misskey", "--set", f"server={fake.url}", "--paste")
        with connecting(home, *given, "--set", "token=spent") as running:
            assert told(running)[0] == 1
        with connecting(home, *given) as running:
            ended = browse(address(running)).headers["Location"]
            assert told(running, f"{ended}\n")[0] == 0
    assert kept(home, "misskey")[0] == {"token": "fake-miauth-1"}


def test_nobody_is_sent_to_the_browser_for_a_token_that_the_configuration_overrules(home: Path) -> None:
    with MastodonFake() as fake:
        table = "".join(f'{key} = "{value}"\n' for key, value in fake.account().items())
        with (home / "socialbot.toml").open("a") as config:
            config.write(f"[accounts.mastodon]\n{table}")
        with connecting(home, "mastodon") as running:
            status, said = told(running)
        assert status == 0 and "Open this in a browser" not in said, said
        assert not any("/apps" in call and call.startswith("POST") for call in fake.calls)


def test_a_person_who_says_no_is_told_so_and_nothing_is_kept(home: Path) -> None:
    port = free_port()
    with MastodonFake() as fake:
        fake.logins.denies = True
        with connecting(home, "mastodon", "--set", f"server={fake.url}", "--port", str(port)) as running:
            assert browse(address(running, "Waiting"), follow_redirects=True).status_code == 400
            status, said = told(running)
    assert status == 1 and "not granted: The resource owner denied" in said, said
    assert kept(home, "mastodon") == ({}, None)


def test_a_server_that_registers_nobody_is_told_with_the_other_way(home: Path) -> None:
    with MastodonFake("pixelfed", network="pixelfed") as fake:
        fake.logins.registers = False
        with connecting(home, "pixelfed", "--set", f"server={fake.url}") as running:
            status, said = told(running)
    assert status == 1 and "does not register us: Not found" in said and "Make a token under" in said, said


def test_another_hands_server_lets_socialbot_in(home: Path) -> None:
    port = free_port()
    with (
        MockServer() as server,
        connecting(home, "mastodon", "--set", f"server={server.base_url}", "--port", f"{port}") as running,
    ):
        page = browse(address(running, "Waiting")).text
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page)) | {"username": "alice"}
        httpx.post(f"{server.base_url}/oauth/authorize", data=form, follow_redirects=True, trust_env=False)
        status, said = told(running)
    assert status == 0 and "Logged in: @alice@" in said, said
