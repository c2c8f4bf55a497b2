"""The Bluesky fake's refusals are the reference PDS's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from socialbot.testing.fakes import cid
from tests.pds.conftest import Server
from tests.testing import bluesky_records as records
from tests.testing.conftest import picture

pytestmark = pytest.mark.pds

PROFILE = "app.bsky.actor.profile"
BLOB = {"$type": "blob", "ref": {"$link": cid.of_blob(picture())}, "mimeType": "image/jpeg", "size": len(picture())}


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/xrpc/") as client:
        login = {"identifier": server.handle, "password": server.password}
        session = client.post("com.atproto.server.createSession", json=login).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {session['accessJwt']}"
        yield client


def put(
    client: httpx.Client, server: Server, record: dict[str, Any], rkey: str, collection: str = "app.bsky.feed.post"
) -> dict[str, Any]:
    place = {"repo": server.did, "collection": collection, "rkey": rkey}
    answer: dict[str, Any] = client.post(
        "com.atproto.repo.putRecord", json={**place, "record": record, "swapRecord": None}
    ).json()
    return answer


def test_the_blob_has_the_same_name(client: httpx.Client) -> None:
    headers = {"Content-Type": "image/jpeg"}
    assert client.post("com.atproto.repo.uploadBlob", content=picture(), headers=headers).json() == {"blob": BLOB}


@pytest.mark.parametrize("name", records.refused_by_both(BLOB))
def test_the_real_server_refuses_in_the_same_words(client: httpx.Client, server: Server, name: str) -> None:
    record, words = records.refused_by_both(BLOB)[name]
    assert words in put(client, server, record, "3m63xze5s222b")["message"]


def test_another_record_under_a_used_key_is_refused_alike(client: httpx.Client, server: Server) -> None:
    first = put(client, server, records.record(), "3m63xze5s222c")
    again = put(client, server, records.record(), "3m63xze5s222c")
    other = put(client, server, records.record(langs=["en"]), "3m63xze5s222c")
    assert first.pop("commit")
    assert first == again
    assert other == {"error": "InvalidSwap", "message": f"Record was at {first['cid']}"}


@pytest.mark.parametrize("name", records.profiles_refused_by_both(BLOB))
def test_the_real_server_refuses_a_profile_in_the_same_words(client: httpx.Client, server: Server, name: str) -> None:
    record, words = records.profiles_refused_by_both(BLOB)[name]
    assert words in put(client, server, record, "self", PROFILE)["message"]


@pytest.mark.parametrize("name", records.profiles_taken_by_both(BLOB))
def test_the_real_server_takes_a_profile_as_it_comes(client: httpx.Client, server: Server, name: str) -> None:
    record, place = records.profiles_taken_by_both(BLOB)[name], {"repo": server.did, "collection": PROFILE, "rkey": "self"}
    # A profile's pictures stay for as long as it does.
    client.post("com.atproto.repo.uploadBlob", content=picture(), headers={"Content-Type": "image/jpeg"}).raise_for_status()
    assert put(client, server, record, "self", PROFILE)["cid"] == cid.of_record(record)
    assert client.get("com.atproto.repo.getRecord", params=place).json()["value"] == record
    client.post("com.atproto.repo.deleteRecord", json=place).raise_for_status()
