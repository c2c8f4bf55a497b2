"""A real Bluesky PDS on loopback, installed once beside this file (two minutes) and started for each run (five seconds)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

HERE = Path(__file__).parent
START_S = 60
MODULES = HERE / "node_modules"
NODE = MODULES / "node" / "bin" / "node"
SQLITE = MODULES / "better-sqlite3" / "build" / "Release" / "better_sqlite3.node"


@dataclass(frozen=True)
class Server:
    """A running PDS and the one account on it."""

    url: str
    did: str
    handle: str
    password: str


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    _install()
    folder, plc_port, pds_port = tmp_path_factory.mktemp("pds"), _free_port(), _free_port()
    url, log = f"http://127.0.0.1:{pds_port}", folder / "node.txt"
    with _start(log, "start.mjs", str(plc_port), str(pds_port), str(folder)) as node:
        try:
            if not _is_up(url, node):
                pytest.fail(f"the Bluesky PDS did not start: {log.read_text()[-2000:]}", pytrace=False)
            yield _register(url)
        finally:
            node.kill()


def _start(log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with log.open("w") as said:
        quiet = {"LOG_ENABLED": "false"}
        return subprocess.Popen([NODE, *arguments], cwd=HERE, stdin=subprocess.PIPE, stdout=said, stderr=said, env=quiet)


def _is_up(url: str, node: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_S
    while node.poll() is None and time.monotonic() < deadline:
        try:
            return httpx.get(f"{url}/xrpc/_health").is_success
        except httpx.ConnectError:
            time.sleep(0.1)
    return False


def _register(url: str) -> Server:
    account = {"handle": "newspaper.test", "email": "newspaper@example.org", "password": "for this run only"}
    answer = httpx.post(f"{url}/xrpc/com.atproto.server.createAccount", json=account)
    return Server(url, answer.raise_for_status().json()["did"], account["handle"], account["password"])


def _install() -> None:
    """Install the pinned packages without their scripts, then the two that need one."""
    if SQLITE.exists():
        return
    if missing := [tool for tool in ("node", "npm", "make", "g++") if not shutil.which(tool)]:
        pytest.skip(f"a real Bluesky PDS runs on Node: install {', '.join(missing)}")
    _run(["npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"], HERE)
    # The script fetches the Node of this machine's architecture, with the headers that better-sqlite3 is built against.
    _run(["node", "installArchSpecificPackage.js"], MODULES / "node")
    headers = next((MODULES / "node" / "node_modules").glob("node-*/include")).parent
    gyp = MODULES / "node-gyp" / "bin" / "node-gyp.js"
    _run([NODE, gyp, "rebuild", "--release", f"--nodedir={headers}"], MODULES / "better-sqlite3")


def _run(command: list[str | Path], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900)
    if done.returncode:
        pytest.fail(f"{Path(command[0]).name} {command[1]} failed: {done.stdout[-2000:]}", pytrace=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
