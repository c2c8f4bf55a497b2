"""Pictures in a bucket, against a real S3 server on loopback: what one machine files another finds, whole."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from socialbot import bucket as bucket_module
from socialbot.accounts import media_of
from socialbot.bucket import Bucket
from socialbot.media import Media
from socialbot.nouns import Mistake
from socialbot.worker import Worker
from tests.instances import Town, now

KEY = ("key", "secret")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of the server."""
    pytest.importorskip("obstore", reason="obstore is not installed (extra s3)")
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running: Any = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def address(server: str, request: pytest.FixtureRequest) -> str:
    """A bucket of its own for each test."""
    name = f"b{hashlib.sha256(request.node.name.encode()).hexdigest()[:20]}"
    httpx.put(f"{server}/{name}").raise_for_status()
    return f"s3://{name}/pictures"


def plain(address: str, server: str) -> Any:
    """The bucket without us."""
    from obstore.store import S3Store

    name, _, prefix = address.removeprefix("s3://").partition("/")
    options = {"endpoint": server, "region": "us-east-1", "virtual_hosted_style_request": False}
    key = {"access_key_id": KEY[0], "secret_access_key": KEY[1]}
    return S3Store(name, prefix=prefix, client_options={"allow_http": True}, **options, **key)


def machine(folder: Path, address: str, server: str) -> Media:
    return Media(folder, Bucket(address, endpoint=server, region="us-east-1", key=KEY))


def test_what_one_machine_files_another_finds(tmp_path: Path, address: str, server: str) -> None:
    here, there = (machine(tmp_path / name, address, server) for name in ("here", "there"))
    digest = here.put(b"fog")
    assert there.get(digest) == b"fog" and there.path(digest).read_bytes() == b"fog"
    assert [one[0] for one in Bucket(address, endpoint=server, region="us-east-1", key=KEY).files()] == [digest]
    assert machine(tmp_path / "third", address, server).renew(digest)


def test_what_was_filed_before_the_bucket_came_goes_there_when_it_is_used(tmp_path: Path, address: str, server: str) -> None:
    digest = Media(tmp_path / "here").put(b"fog")
    assert machine(tmp_path / "here", address, server).renew(digest)
    assert machine(tmp_path / "there", address, server).get(digest) == b"fog"


def test_what_is_nowhere_is_gone(tmp_path: Path, address: str, server: str) -> None:
    here = machine(tmp_path, address, server)
    assert not here.renew("ab" * 32)
    with pytest.raises(FileNotFoundError):
        here.get("ab" * 32)


def test_a_damaged_picture_is_not_taken(tmp_path: Path, address: str, server: str) -> None:
    digest = machine(tmp_path / "here", address, server).put(b"fog")
    plain(address, server).put(f"{digest[:2]}/{digest[2:]}", b"log")
    there = machine(tmp_path / "there", address, server)
    with pytest.raises(OSError, match="damaged"):
        there.get(digest)
    assert not there.path(digest).exists()


def test_a_bucket_out_of_reach_is_one_sentence_and_nothing_counts_as_filed(
    tmp_path: Path, address: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_module, "TIMEOUT_S", 1)
    away = machine(tmp_path, address, "http://127.0.0.1:1")
    with pytest.raises(OSError, match="bucket of pictures cannot be used") as told:
        away.put(b"fog")
    assert "\n" not in str(told.value)
    assert not Media(tmp_path).renew(hashlib.sha256(b"fog").hexdigest())
    with pytest.raises(OSError, match="cannot be used"):
        machine(tmp_path, f"{address.replace('s3://b', 's3://c')}", server).put(b"fog")


def test_a_sweep_leaves_what_is_needed_young_or_not_ours(tmp_path: Path, address: str, server: str) -> None:
    here = machine(tmp_path, address, server)
    needed, old = here.put(b"needed"), here.put(b"old")
    plain(address, server).put("notes.txt", b"mine")
    later = (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    assert here.sweep({needed}, later - 7200).removed == 0
    assert (here.sweep({needed}, later, dry_run=True).removed, here.sweep({needed}, later).removed) == (1, 1)
    there = machine(tmp_path / "there", address, server)
    assert there.renew(needed) and not there.renew(old)
    assert plain(address, server).get("notes.txt").bytes() == b"mine"


class Listening(Bucket):
    """Something happens between the moment at which it has told its files and whatever follows from that."""

    def __init__(self, *given: Any, meanwhile: Callable[[], object], **told: Any) -> None:
        super().__init__(*given, **told)
        self.meanwhile = meanwhile

    def files(self) -> Iterator[tuple[str, float, int]]:
        told = list(super().files())
        self.meanwhile()
        return iter(told)


def test_what_is_filed_again_while_a_sweep_is_at_it_is_there_when_it_is_sent(
    tmp_path: Path, address: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was old and needed by nobody when the sweep looked, and belongs to a post that another machine has just accepted."""
    monkeypatch.setattr(bucket_module, "_YOUNG", timedelta(seconds=-5))  # it is written again
    accepting = machine(tmp_path / "accepting", address, server)
    wanted, unwanted = accepting.put(b"fog"), accepting.put(b"mist")
    given = {"endpoint": server, "region": "us-east-1", "key": KEY}
    listening = Listening(address, meanwhile=lambda: accepting.put(b"fog"), **given)
    later = (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    assert Media(tmp_path / "sweeping", listening).sweep((), later).removed == 2
    sending = machine(tmp_path / "sending", address, server)
    assert sending.get(wanted) == b"fog"
    for day in range(3):  # by now its delivery is in the ledger
        assert machine(tmp_path / f"day {day}", address, server).get(wanted) == b"fog"
        accepting.sweep({wanted}, later)
    with pytest.raises(FileNotFoundError):
        machine(tmp_path / "late", address, server).get(unwanted)
    for _ in range(2):
        accepting.sweep((), later)
    with pytest.raises(FileNotFoundError):
        machine(tmp_path / "last", address, server).get(wanted)
    assert list(plain(address, server).list().collect()) == [], "nothing is kept for ever"


def test_what_is_about_to_be_used_is_young_again(
    tmp_path: Path, address: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = machine(tmp_path, address, server)
    digest = here.put(b"fog")
    assert here.bucket
    [(_, before, _)] = here.bucket.files()
    here.renew(digest)
    assert [written for _, written, _ in here.bucket.files()] == [before]
    monkeypatch.setattr(bucket_module, "_YOUNG", timedelta(seconds=-5))
    while [written for _, written, _ in here.bucket.files()] == [before]:  # S3 tells whole seconds
        here.renew(digest)


def test_another_machine_sends_the_pictures_that_this_one_accepted(town: Town, address: str, server: str) -> None:
    town.configure(
        f'[media]\nstore = "{address}"\nendpoint = "{server}"\nregion = "us-east-1"\n'
        f'access_key_id = "{KEY[0]}"\nsecret_access_key = "{KEY[1]}"\n'
    )
    list(town.intake().enqueue([town.post]))
    for file in (town.home / "media").rglob("*"):  # as the other machine has it
        if file.is_file():
            file.unlink()
    asyncio.run(Worker(town.settings(), town.ledger(), now, random.SystemRandom()).run(until_empty=True))
    assert {one.state for one in town.ledger().deliveries()} == {"published"}
    assert town.masto.posts and any(one.pictures for one in town.ledger().deliveries()[0].draft.parts)


def test_without_obstore_the_extra_is_named(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.configure('[media]\nstore = "s3://pictures"\n')
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)
    with pytest.raises(Mistake, match=r"socialbot\[s3\]"):
        media_of(town.settings())
