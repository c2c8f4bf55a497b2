"""A person logs in: what was asked is what is answered, and what is secret stands in no file."""

from __future__ import annotations

import asyncio
import socket
import tomllib
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from socialbot.connecting import Attempt, loopback, received
from socialbot.nouns import Mistake, WrongConfiguration
from socialbot.settings.writing import write_account
from tests.networks.desk import Vault
from tests.networks.test_login import NOW, TokenServer, line, oauth


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def come_back(attempt: Attempt, **fields: str) -> str:
    """The address at which a browser ends that was let in."""
    state = parse_qs(urlsplit(attempt.address).query)["state"][0]
    return f"{attempt.redirect_uri}?{urlencode({'code': 'code-1', 'state': state} | fields)}"


def test_the_browser_comes_back_to_this_machine_and_the_session_is_stored() -> None:
    port = free_port()
    attempt, server, vault = Attempt(oauth(), loopback(port)), TokenServer(), Vault()
    seen: list[httpx.Response] = []

    async def person() -> None:
        came = asyncio.Event()
        waiting = asyncio.create_task(received(attempt, port, 20, came.set))
        await came.wait()
        async with httpx.AsyncClient(trust_env=False) as browser:
            seen.append(await browser.get(f"http://127.0.0.1:{port}/favicon.ico"))
            seen.append(await browser.get(come_back(attempt, state="another's")))
            seen.append(await browser.get(come_back(attempt)))
        await attempt.finish(await waiting, line(server), vault, NOW)

    asyncio.run(person())
    assert [one.status_code for one in seen] == [404, 400, 200]
    assert "You may close this page" in seen[2].text
    assert vault.session and vault.session["access_token"] == "access-1"
    assert server.seen[0]["redirect_uri"] == attempt.redirect_uri and server.seen[0]["code_verifier"] == attempt.verifier


def test_a_refusal_in_the_browser_is_told_in_its_words() -> None:
    attempt = Attempt(oauth(), loopback(1))
    state = parse_qs(urlsplit(attempt.address).query)["state"][0]
    denied = (
        f"{attempt.redirect_uri}?{urlencode({'error': 'access_denied', 'error_description': 'No, thanks', 'state': state})}"
    )
    with pytest.raises(Mistake, match="not granted: No, thanks"):
        attempt.code_of(denied)


def test_a_pasted_address_may_end_as_metas_do() -> None:
    attempt = Attempt(oauth(), "https://example.org/")
    assert attempt.code_of(" " + come_back(attempt) + "#_ \n") == "code-1"


@pytest.mark.parametrize("address", ["", "code-1", "https://example.org/?code=code-1", "https://example.org/?state=é&code=1"])
def test_an_address_that_answers_another_login_is_refused(address: str) -> None:
    with pytest.raises(Mistake, match="does not answer"):
        Attempt(oauth(), "https://example.org/").code_of(address)


def test_every_attempt_has_secrets_of_its_own() -> None:
    first, second = Attempt(oauth(), loopback(1)), Attempt(oauth(), loopback(1))
    assert first.state != second.state and first.verifier != second.verifier
    assert first.verifier not in repr(first)


def test_nobody_is_waited_for_in_vain_and_a_taken_port_is_told() -> None:
    port = free_port()
    attempt = Attempt(oauth(), loopback(port))
    with pytest.raises(Mistake, match="no browser came back"):
        asyncio.run(received(attempt, port, 0.05))
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(Mistake, match=f"port {port} of this machine is taken"):
            asyncio.run(received(attempt, port, 5))


def test_what_a_person_wrote_in_the_configuration_stays(tmp_path: Path) -> None:
    path = tmp_path / "socialbot.toml"
    path.write_text('# ours\n[site]\nurl = "https://example.org"  # the blog\n\n[accounts.blue]\nnetwork = "bluesky" # two\n')
    path.chmod(0o600)
    write_account(tmp_path, "pins", {"network": "pinterest", "board": 'News "daily"'})
    write_account(tmp_path, "blue", {"identifier": "example.org"})
    text = path.read_text()
    assert "# ours" in text and "# the blog" in text and 'network = "bluesky" # two' in text
    read = tomllib.loads(text)["accounts"]
    assert read == {
        "blue": {"network": "bluesky", "identifier": "example.org"},
        "pins": {"network": "pinterest", "board": 'News "daily"'},
    }
    assert path.stat().st_mode & 0o777 == 0o600 and [one.name for one in tmp_path.iterdir()] == ["socialbot.toml"]


def test_a_configuration_that_cannot_be_read_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "socialbot.toml").write_text("[site\n")
    with pytest.raises(WrongConfiguration, match="cannot be changed"):
        write_account(tmp_path, "blue", {"network": "bluesky"})
    assert (tmp_path / "socialbot.toml").read_text() == "[site\n"


@pytest.mark.parametrize(
    "text",
    [
        'accounts.blue.network = "bluesky"\naccounts.blue.identifier = "example.org"\n\n[site]\nurl = "https://example.org"\n',
        'accounts = {blue = {network = "bluesky"}}\n\n[site]\nurl = "https://example.org"\n',
    ],
    ids=["dotted", "inline"],
)
def test_an_account_is_added_as_it_is_meant_or_not_at_all(tmp_path: Path, text: str) -> None:
    (tmp_path / "socialbot.toml").write_text(text)
    with pytest.raises(WrongConfiguration, match=r"\[accounts.pins\]"):
        write_account(tmp_path, "pins", {"network": "pinterest"})
    assert (tmp_path / "socialbot.toml").read_text() == text


def test_a_configuration_that_is_linked_to_stays_where_it_is(tmp_path: Path) -> None:
    home, kept = tmp_path / "home", tmp_path / "kept.toml"
    home.mkdir()
    kept.write_text("[site]\n")
    (home / "socialbot.toml").symlink_to(kept)
    write_account(home, "pins", {"network": "pinterest"})
    assert (home / "socialbot.toml").is_symlink() and "[accounts.pins]" in kept.read_text()
