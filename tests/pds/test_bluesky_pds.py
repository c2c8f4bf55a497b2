"""The Bluesky adapter against the reference PDS: what it sends is what the server keeps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from PIL import Image
from pydantic import SecretStr

from socialbot.captions import Templates, Written, write
from socialbot.media import Media
from socialbot.networks.bluesky import Bluesky, BlueskyAccount
from socialbot.networks.protocol import NeedsLogin, Published
from socialbot.nouns import Caption, Draft, Expression, Part, Span, Variant
from socialbot.settings import AccountSettings
from socialbot.testing.fakes import cid
from tests.conftest import make_post
from tests.pds.conftest import Server

pytestmark = pytest.mark.pds
T = TypeVar("T")

TEXT = "Nebel über dem Hafen 🌫️\n\nhttps://example.org/2026/nebel #Fotografie"
LINK, TAG = "https://example.org/2026/nebel", "Fotografie"


class Memory:
    """A vault and a register of uploads, kept for one test."""

    def __init__(self) -> None:
        self.session: dict[str, str] | None = None
        self.uploads: dict[str, str] = {}

    def read(self) -> dict[str, str] | None:
        return self.session

    def write(self, session: Any) -> None:
        self.session = session

    def recall(self, digest: str) -> str | None:
        return self.uploads.get(digest)

    def keep(self, digest: str, remote_id: str, lasts_s: float) -> None:
        self.uploads[digest] = remote_id

    def forget(self, digest: str) -> None:
        self.uploads.pop(digest, None)


class Desk:
    """One account of the server, and a draft with a picture, a link and a hashtag."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.media, self.memory = server, Media(folder), Memory()
        self.password = server.password

    def draft(self, text: str = TEXT, fixed: dict[str, str] | None = None) -> Draft:
        spans = tuple(
            Span(kind, text.index(shown), text.index(shown) + len(shown), value)  # type: ignore[arg-type]
            for kind, shown, value in (("link", LINK, LINK), ("tag", f"#{TAG}", TAG))
        )
        content = _picture()
        digest = self.media.put(content)
        picture = Variant(digest, "landscape", 600, 315, len(content), "image/jpeg", "Grauer Nebel über Masten")
        part = Part(Caption(text, 60, 300, "graphemes", spans), (picture,))
        fixed = fixed or Bluesky.fix(datetime.now(UTC), random.Random(text))
        return Draft("post", "blue", "bluesky", "de", (part,), link=LINK, fixed=fixed)

    def use(self, act: Callable[[Bluesky], Awaitable[T]]) -> T:
        async def run() -> T:
            account = BlueskyAccount(
                network="bluesky", server=self.server.url, identifier=self.server.handle, password=SecretStr(self.password)
            )
            async with httpx.AsyncClient() as client:
                return await act(Bluesky(account, client, self.media, self.memory))

        return asyncio.run(run())

    def publish(self, draft: Draft) -> Published:
        async def act(bluesky: Bluesky) -> Published:
            return await bluesky.publish(await bluesky.prepare(draft, 0, self.memory))

        return self.use(act)

    def records(self) -> list[dict[str, Any]]:
        query = {"repo": self.server.did, "collection": "app.bsky.feed.post", "limit": "100"}
        answer = httpx.get(f"{self.server.url}/xrpc/com.atproto.repo.listRecords", params=query)
        records: list[dict[str, Any]] = answer.raise_for_status().json()["records"]
        return records


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path)


def _picture() -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((600, 315)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def test_check_tells_who_we_are(desk: Desk) -> None:
    assert desk.use(lambda bluesky: bluesky.check()).name == f"@{desk.server.handle}"


def test_a_wrong_password_needs_a_login(desk: Desk) -> None:
    desk.password = "wrong"
    with pytest.raises(NeedsLogin):
        desk.use(lambda bluesky: bluesky.check())


def test_text_facets_alt_text_and_aspect_ratio_come_back_as_sent(desk: Desk) -> None:
    draft = desk.draft()
    published = desk.publish(draft)
    record = next(record["value"] for record in desk.records() if record["uri"] == published.remote_id)
    assert record["text"] == TEXT
    assert record["langs"] == ["de"]
    assert record["createdAt"] == draft.fixed["createdAt"]
    shown = {_covered(facet): facet["features"][0] for facet in record["facets"]}
    assert shown[LINK]["uri"] == LINK
    assert shown[f"#{TAG}"]["tag"] == TAG
    (image,) = record["embed"]["images"]
    assert image["alt"] == "Grauer Nebel über Masten"
    assert image["aspectRatio"] == {"width": 600, "height": 315}


def test_the_blob_comes_back_byte_for_byte(desk: Desk) -> None:
    published = desk.publish(desk.draft("Bytes " + TEXT))
    record = next(record["value"] for record in desk.records() if record["uri"] == published.remote_id)
    query = {"did": desk.server.did, "cid": record["embed"]["images"][0]["image"]["ref"]["$link"]}
    assert httpx.get(f"{desk.server.url}/xrpc/com.atproto.sync.getBlob", params=query).content == _picture()


def test_publishing_twice_leaves_one_record(desk: Desk) -> None:
    draft = desk.draft("Twice " + TEXT)
    assert desk.publish(draft) == desk.publish(draft)
    assert [record["value"]["text"] for record in desk.records()].count("Twice " + TEXT) == 1


def test_find_sees_a_post_only_once_it_is_out(desk: Desk) -> None:
    draft = desk.draft("Found " + TEXT)

    async def act(bluesky: Bluesky) -> tuple[object, Published, object]:
        prepared = await bluesky.prepare(draft, 0, desk.memory)
        since = datetime.now(UTC) - timedelta(minutes=1)
        before = await bluesky.find(prepared, since)
        published = await bluesky.publish(prepared)
        return before, published, await bluesky.find(prepared, since)

    before, published, after = desk.use(act)
    assert before is None
    assert after == published


def test_the_session_of_an_earlier_run_is_used_again(desk: Desk) -> None:
    desk.use(lambda bluesky: bluesky.check())
    desk.password = "no longer needed"
    assert desk.use(lambda bluesky: bluesky.check()).name == f"@{desk.server.handle}"


def test_the_fake_names_records_as_the_real_server_does(desk: Desk) -> None:
    desk.publish(desk.draft("Named " + TEXT))
    for record in desk.records():
        assert cid.of_record(record["value"]) == record["cid"]


def test_the_profile_is_marked_and_every_other_byte_of_it_stays(desk: Desk) -> None:
    place = {"repo": desk.server.did, "collection": "app.bsky.actor.profile", "rkey": "self"}

    def read() -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(f"{desk.server.url}/xrpc/com.atproto.repo.getRecord", params=place).json()
        return answer

    async def call(bluesky: Bluesky, endpoint: str, **request: Any) -> dict[str, Any]:
        answer = await bluesky._pds.ask("POST", endpoint, **request)
        assert answer.status == 200, answer
        return dict(answer.body)

    assert read()["error"] == "RecordNotFound"
    assert desk.use(lambda bluesky: bluesky.check()).bot is False
    desk.use(lambda bluesky: bluesky.mark_as_bot())
    assert desk.use(lambda bluesky: bluesky.check()).bot is True
    labels = read()["value"]["labels"]

    kind = {"Content-Type": "image/jpeg"}
    sent = {"endpoint": "com.atproto.repo.uploadBlob", "headers": kind, "content": _picture()}
    avatar = desk.use(lambda bluesky: call(bluesky, **sent))["blob"]
    other = {
        "com.example.mood": {
            "fog": [1, -(2**53 - 1), None, True, "é\u0301👩‍👩‍👧", {"$bytes": "Zm9n"}, {"$link": avatar["ref"]["$link"]}]
        }
    }
    profile = {"$type": place["collection"], "displayName": "Nebel 🌫️", "avatar": avatar, **other}
    more = {"$type": labels["$type"], "values": [{"val": "nudity", "since": "May"}], "by": "hand"}
    written = {**place, "record": {**profile, "labels": more}}
    before = desk.use(lambda bluesky: call(bluesky, "com.atproto.repo.putRecord", json=written))
    desk.use(lambda bluesky: bluesky.mark_as_bot())
    after = read()
    assert after["value"]["labels"] == {**more, "values": [*more["values"], {"val": "bot"}]}
    unmarked = {**place, "record": {**after["value"], "labels": more}}
    assert desk.use(lambda bluesky: call(bluesky, "com.atproto.repo.putRecord", json=unmarked))["cid"] == before["cid"]
    desk.use(lambda bluesky: call(bluesky, "com.atproto.repo.deleteRecord", json=place))


def _covered(facet: dict[str, Any]) -> str:
    return TEXT.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()


def test_a_written_thread_is_a_thread_there_and_its_facets_cut_the_very_words(desk: Desk) -> None:
    post = replace(
        make_post(summary="Der Nebel kam früh 🌫️ und blieb.", url="https://example.org/2026/ein-langer-weg/über-den-hafen"),
        title="Nebel über dem Hafen",
        tags=("Fotografie", "früher Nebel"),
        body="Er kam vom Fluß. 👩‍👩‍👧 sahen ihn.\n\n" * 12,
    )
    account = AccountSettings(network="bluesky", thread=4, thread_numbers=True)
    written = write(post, Expression(labels=("Text von KI verfasst",)), Bluesky.limits, account, "blue", Templates())
    assert isinstance(written, Written) and len(written.captions) > 2
    fixed = Bluesky.fix(datetime.now(UTC), random.Random("a thread"))
    draft = Draft("post", "blue", "bluesky", "de", tuple(map(Part, written.captions)), link=written.link, fixed=fixed)

    async def publish(bluesky: Bluesky) -> list[Published]:
        out: list[Published] = []
        for part in range(len(draft.parts)):
            out.append(await bluesky.publish(await bluesky.prepare(draft, part, desk.memory, out)))
        return out

    out = desk.use(publish)
    values = {record["uri"]: record["value"] for record in desk.records()}
    records = [values[published.remote_id] for published in out]
    assert [record["text"] for record in records] == [caption.text for caption in written.captions]
    assert "reply" not in records[0]
    for number, record in enumerate(records[1:], 1):
        assert record["reply"]["root"]["uri"] == out[0].remote_id
        assert record["reply"]["parent"]["uri"] == out[number - 1].remote_id
    cut = [
        (record["text"].encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(), facet["features"][0])
        for record in records
        for facet in record.get("facets", ())
    ]
    assert [words for words, feature in cut if "tag" in feature] == ["#Fotografie", "#FrüherNebel"]
    ((shown, feature),) = [(words, feature) for words, feature in cut if "uri" in feature]
    assert feature["uri"] == post.url and shown.startswith("example.org/2026/")
