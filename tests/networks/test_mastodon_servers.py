"""Each server of Mastodon's family is known by its own words, and taken as it is."""

from __future__ import annotations

import runpy
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from socialbot.networks import mastodon, mastodon_servers
from socialbot.networks.mastodon import Akkoma, Mastodon, Pixelfed
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    NeedsLogin,
    Network,
    NetworkError,
    Passing,
    Published,
    RateLimited,
    Refused,
    Unknown,
)
from socialbot.nouns import Limits
from socialbot.testing.fakes import MastodonFake
from tests.networks.desk import Desk

LINK = "https://example.org/fog"
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[MastodonFake, Desk]]:
    with ExitStack() as stack:
        fake = stack.enter_context(MastodonFake(request.param))
        yield fake, Desk(Mastodon, fake.account(), tmp_path)


def on(*servers: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("place", servers, indirect=True)


def learnt(desk: Desk) -> tuple[Limits, str, str]:
    async def act(network: Network) -> tuple[Limits, str, str]:
        assert isinstance(network, Mastodon)
        return await network.discover(), network.doubt.kind, network._server.name

    return desk.run(act)


# Which it is


@pytest.mark.parametrize(
    ("version", "source", "name"),
    [
        ("4.5.4", "https://github.com/mastodon/mastodon", "mastodon"),
        ("4.4.0-beta.1", "", "mastodon"),
        ("4.3.0+nightly.2024-03-01", "", "mastodon"),
        ("4.7.0-alpha.2+glitch", "", "glitch"),
        ("4.0.15+hometown-1.1.1", "", "hometown"),
        ("3.5.3 (compatible; Pixelfed 0.11.13)", "", "pixelfed"),
        ("2.7.2 (compatible; Akkoma 3.15.2-0-g1a2b3c4)", "", "akkoma"),
        ("2.7.2 (compatible; Pleroma 2.10.2)", "", "pleroma"),
        ("0.20.0-src57cb4fe+git-57cb4fe", "https://codeberg.org/superseriousbusiness/gotosocial", "gotosocial"),
        ("0.10.0", "https://github.com/fedify-dev/hollo", "hollo"),
        ("1.0.0", "https://github.com/fedify-dev/hollo/", "hollo"),
        ("takahe/0.11.0", "", "takahe"),
        ("3.0.0 (compatible; Sharkey 2025.4.3; like Akkoma)", "", ""),
        ("4.2.1 (compatible; Iceshrimp 2023.12.7)", "", ""),
        ("0.20.0", "", None),
        ("4.0.0 (not true; really snac/2.52)", "", None),
        ("2.8.0 (compatible; Friendica 2024.03)", "", None),
    ],
)
def test_a_server_is_known_by_its_version_and_its_source(version: str, source: str, name: str | None) -> None:
    told = mastodon_servers.told_by(version, source)
    assert (told.name if told else None) == name


@pytest.mark.parametrize(
    ("server", "doubt", "unit", "full_urls"),
    [
        ("mastodon", "KEY", "mastodon", False),
        ("glitch", "KEY", "mastodon", False),
        ("hometown", "KEY", "mastodon", False),
        ("akkoma", "KEY", "graphemes", True),
        ("pleroma", "KEY", "graphemes", True),
        ("hollo", "KEY", "code points", True),
        ("gotosocial", "LIST", "code points", True),
        ("pixelfed", "LIST", "code points", True),
        ("takahe", "LIST", "code points", True),
    ],
)
def test_only_a_server_that_keeps_its_keys_promise_is_trusted_with_one(
    tmp_path: Path, server: str, doubt: str, unit: str, full_urls: bool
) -> None:
    with MastodonFake(server) as fake:
        desk = Desk(Mastodon, fake.account(), tmp_path)
        limits, kind, name = learnt(desk)
        assert (kind, limits.unit, limits.url_length is None, name) == (doubt, unit, full_urls, server)
        draft = desk.draft("Fog", pictures=(desk.picture(),) if limits.needs_picture else ())
        prepared = desk.prepare(draft)
        desk.publish(prepared)
        if not prepared.request.get("media_ids"):
            desk.publish(prepared)
            assert len(fake.posts) == (1 if doubt == "KEY" else 2), "an untrusted server is not given the key"


@on("takahe")
def test_a_server_that_does_not_name_itself_is_asked_by_nodeinfo(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    assert learnt(desk)[2] == "takahe"
    assert Counter(fake.calls)["GET /nodeinfo/2.0/"] == 1


def test_nodeinfo_on_another_host_is_not_asked_and_an_unknown_server_is_trusted_with_nothing(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.path == "/api/v2/instance":
            return httpx.Response(200, json={"version": "2.52", "configuration": {"statuses": {"max_characters": 900}}})
        if request.url.path == "/.well-known/nodeinfo":
            return httpx.Response(200, json={"links": [{"href": "https://elsewhere.test/nodeinfo"}]})
        return httpx.Response(
            200, json={"software": {"name": "snac"}, "id": "1", "username": "blog", "scopes": ["read", "write"]}
        )

    desk = Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer)
    limits, doubt, name = learnt(desk)
    assert (limits.max_text, limits.unit, limits.url_length, doubt, name) == (900, "utf-16", None, "LIST", "")
    assert not [url for url in asked if "elsewhere" in url]
    assert "snac, which we do not know" in desk.check().notes[0]


def test_a_misskey_that_speaks_mastodons_api_is_told_to_have_a_better_one(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        told = {"version": "3.0.0 (compatible; Sharkey 2025.4.3; like Akkoma)", "id": "1", "scopes": ["read", "write"]}
        return httpx.Response(404 if "nodeinfo" in request.url.path else 200, json=told)

    desk = Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer)
    assert 'network = "misskey" or "sharkey"' in desk.check().notes[0]


@on("akkoma")
def test_limits_under_names_of_their_own_are_read(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    fake.max_characters, fake.image_size_limit, fake.description_limit = 777, 12_345, 99
    limits = learnt(desk)[0]
    assert (limits.max_text, limits.max_picture_bytes, limits.max_alt) == (777, 12_345, 99)


@on("gotosocial", "hollo")
def test_check_says_which_server_it_is(place: tuple[MastodonFake, Desk]) -> None:
    told = {"gotosocial": "GoToSocial", "hollo": "Hollo"}[place[0].kind.software]
    assert f"The server is {told}." in place[1].check().notes


@on("mastodon")
def test_check_shows_the_servers_rules_that_concern_us(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    texts = ["No hate speech.", "Label what AI made.", "Bots post at most once an hour."]
    fake.rules = [{"id": str(number), "text": text, "hint": ""} for number, text in enumerate(texts)]
    assert desk.check().notes == (
        "A rule of the server: Label what AI made.",
        "A rule of the server: Bots post at most once an hour.",
    )


@on("pixelfed")
def test_check_tells_that_pixelfeds_tokens_end(place: tuple[MastodonFake, Desk]) -> None:
    assert any("end after a year" in note for note in place[1].check().notes)


# What is sent


@on("gotosocial", "akkoma", "glitch")
def test_a_text_is_marked_as_plain_where_it_could_be_read_as_markup(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    draft = desk.draft("5 * 3 * 2")
    assert desk.prepare(draft).request["content_type"] == "text/plain"
    published = desk.send(draft)
    desk.run(lambda network: network.edit(desk.draft("5 * 3"), 0, published))
    assert fake.posts[0].text == "5 * 3"


@on("akkoma", "pleroma", "pixelfed")
def test_a_description_that_a_server_does_not_change_is_told(place: tuple[MastodonFake, Desk]) -> None:
    """Their call for an edit has no field for it: the words change, and the old description stays."""
    fake, desk = place
    published = desk.send(desk.draft("Fog", pictures=(desk.picture("A heron"),)))
    with pytest.raises(Refused, match="words are changed, and its pictures keep the descriptions"):
        desk.run(lambda network: network.edit(desk.draft("Mist", pictures=(desk.picture("A crane"),)), 0, published))
    assert (fake.posts[0].text, fake.posts[0].pictures[0].alt) == ("Mist", "A heron")
    desk.run(lambda network: network.edit(desk.draft("Haze", pictures=(desk.picture("A heron"),)), 0, published))
    assert fake.posts[0].text == "Haze"


@pytest.mark.parametrize(("kind", "server"), [(Akkoma, "akkoma"), (Akkoma, "pleroma"), (Pixelfed, "pixelfed")])
def test_where_that_is_known_nothing_is_promised(kind: type[Mastodon], server: str, tmp_path: Path) -> None:
    with MastodonFake(server, network=kind.name) as fake:
        desk = Desk(kind, fake.account(), tmp_path)
        published = desk.send(desk.draft("Fog", pictures=(desk.picture("A heron"),)))
        desk.run(lambda network: network.edit(desk.draft("Mist", pictures=(desk.picture("A crane"),)), 0, published))
        assert (kind.edits_alt, fake.posts[0].text, fake.posts[0].pictures[0].alt) == (False, "Mist", "A heron")


@on("gotosocial")
def test_a_picture_that_is_in_a_post_which_cannot_be_looked_for_leaves_the_post_in_doubt(
    place: tuple[MastodonFake, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the post of an earlier try: "refused" would tell a person that nothing is out."""
    fake, desk = place
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture("A heron"),)))
    desk.publish(prepared)
    monkeypatch.setattr(mastodon, "MAX_PAGES", 0)
    with pytest.raises(Unknown, match="too much since"):
        desk.publish(prepared)
    assert len(fake.posts) == 1


@on("mastodon", "pixelfed", "takahe", "hollo")
def test_elsewhere_no_such_mark_is_sent(place: tuple[MastodonFake, Desk]) -> None:
    _, desk = place
    assert "content_type" not in desk.prepare(desk.draft("Fog", pictures=(desk.picture(),))).request


@on("akkoma", "pixelfed", "hollo", "takahe")
def test_a_focal_point_is_not_sent_where_there_is_none(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    desk.send(desk.draft("Fog", pictures=(desk.picture(focal=(0.2, 0.3)),)))
    assert fake.posts[0].pictures[0].focal is None


@on("hollo")
def test_what_markdown_would_eat_comes_through(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    assert learnt(desk)[0].markup == "markdown"
    draft = desk.draft(f"Fog \\*still\\* here\n\nMade by AI\n#fog\n{LINK}")
    published = desk.send(draft)
    assert fake.posts[0].text == f"Fog *still* here\n\nMade by AI\n#fog\n{LINK}", "lines stay lines"
    found = desk.find(desk.prepare(draft))
    assert isinstance(found, Published) and found.remote_id == published.remote_id


@on("takahe")
def test_an_upload_that_cannot_be_asked_for_is_used_as_it_is(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    draft = desk.draft("Fog", pictures=(desk.picture("A heron"),))
    desk.prepare(draft)
    desk.send(draft)
    assert Counter(fake.calls)["POST /api/v2/media"] == len(fake.posts) == 1
    assert not [call for call in fake.calls if call.startswith("GET /api/v1/media/")]


@on("pixelfed")
def test_a_202_of_pixelfed_is_no_reason_to_wait(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    desk.send(desk.draft("Fog", pictures=(desk.picture("A heron"),)))
    assert fake.posts[0].pictures[0].alt == "A heron"
    assert not [call for call in fake.calls if call.startswith("GET /api/v1/media/")]


# Once


@on("gotosocial", "pixelfed", "hollo")
def test_a_picture_that_is_attached_already_shows_that_an_earlier_try_went_through(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    prepared = desk.prepare(desk.draft("Fog", pictures=(desk.picture(),)))
    first = desk.publish(prepared)
    fake._keys.forget()
    assert desk.publish(prepared) == first
    assert len(fake.posts) == 1


@on("akkoma", "pleroma")
@pytest.mark.parametrize("fault", ["rate_limited", "reject_500"])
def test_an_error_that_was_kept_with_its_key_is_gone_round(place: tuple[MastodonFake, Desk], fault: str) -> None:
    fake, desk = place
    prepared = desk.prepare(desk.draft("Fog"))
    fake.faults.queue.append(fault)  # type: ignore[arg-type]
    with pytest.raises((RateLimited, Unknown)):
        desk.publish(prepared)
    first = desk.publish(prepared)
    assert desk.publish(prepared) == first, "the next key is as good as the first"
    assert [post.text for post in fake.posts] == ["Fog"]


@on("akkoma")
def test_a_lost_answer_comes_again_with_the_same_key(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    prepared = desk.prepare(desk.draft("Fog"))
    fake.faults.queue.append("commit_then_drop")
    with pytest.raises(Unknown):
        desk.publish(prepared)
    assert desk.publish(prepared).remote_id == fake.posts[0].id
    assert len(fake.posts) == 1


@on("akkoma")
def test_after_five_kept_errors_the_last_is_told(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    prepared = desk.prepare(desk.draft("Fog"))
    for spent in range(mastodon.MAX_KEYS):
        fake.faults.queue.extend([None] * spent + ["rate_limited"])  # type: ignore[list-item]
        with pytest.raises(RateLimited):
            desk.publish(prepared)
    with pytest.raises(RateLimited):
        desk.publish(prepared)
    assert fake.posts == []


def test_a_kept_500_whose_post_cannot_be_looked_for_stays_unknown(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(500, json={"error": "oops"}, headers={"idempotent-replayed": "true"})
        if request.url.path.endswith("/statuses"):
            return httpx.Response(403, json={"error": "Insufficient permissions: read:statuses."})
        return httpx.Response(200, json={"version": "2.7.2 (compatible; Akkoma 3.15.2)", "id": "1"})

    desk = Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer)
    with pytest.raises(Unknown, match="may be out"):
        desk.publish(desk.prepare(desk.draft("Fog")))


# Figures


@on("mastodon", "gotosocial")
def test_figures_are_told_as_far_as_the_server_has_them(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    published = desk.send(desk.draft("Fog"))
    fake.counts |= {"reblogs_count": 3, "favourites_count": 5}
    assert desk.run(lambda network: network.metrics(published)) == {"favourites": 5, "reblogs": 3, "replies": 0}
    fake.counts["quotes_count"] = 1
    assert desk.run(lambda network: network.metrics(published))["quotes"] == 1
    with pytest.raises(Refused, match="not there any more"):
        desk.run(lambda network: network.metrics(replace(published, remote_id="404")))


# The error tables


@pytest.mark.parametrize(
    ("version", "status", "error", "kind", "words"),
    [
        ("4.5.4", 400, "bad parameter", Refused, "bad parameter"),
        ("4.5.4", 401, "The access token was revoked", NeedsLogin, "does not take the token"),
        ("4.5.4", 403, "This action is outside the authorized scopes", Refused, "may not do this"),
        ("4.5.4", 403, "Your login is currently disabled", Blocked, "has closed the account"),
        ("4.5.4", 403, "Your login is missing a confirmed e-mail address", Blocked, "confirmed e-mail"),
        ("4.5.4", 404, "Record not found", Refused, "does not know this address"),
        ("4.5.4", 413, "", Refused, "too large"),
        ("4.5.4", 422, "Validation failed: Text character limit of 500 exceeded", Refused, "500 exceeded"),
        ("4.5.4", 422, "Cannot attach files that have not finished processing.", Passing, "not processed yet"),
        ("4.5.4", 422, "Cannot attach a video to a post that already contains images", Refused, "video"),
        ("4.5.4", 429, "Too many requests", RateLimited, "no more calls"),
        ("4.6.3", 500, "This page is not correct", Unknown, "may be out"),
        ("4.5.4", 502, "", Unknown, "may be out"),
        ("4.5.4", 503, "There was a temporary problem", Passing, "busy"),
        ("4.5.4", 504, "", Unknown, "may be out"),
        ("0.20.0 gotosocial", 400, "Bad Request: text with spoiler exceed max chars (5000)", Refused, "5000"),
        ("0.20.0 gotosocial", 401, "Unauthorized: token not supplied", NeedsLogin, "does not take the token"),
        ("0.20.0 gotosocial", 422, "Unprocessable Entity: processVisibility: invalid visibility", Refused, "visibility"),
        ("0.20.0 gotosocial", 429, "rate limited", RateLimited, "no more calls"),
        ("3.5.3 (compatible; Pixelfed 0.12.7)", 400, "Duplicate idempotency key.", Unknown, "may be out"),
        ("3.5.3 (compatible; Pixelfed 0.12.7)", 401, "Unauthenticated.", NeedsLogin, "does not take the token"),
        ("3.5.3 (compatible; Pixelfed 0.12.7)", 403, "Empty statuses are not allowed", Refused, "without a picture"),
        ("3.5.3 (compatible; Pixelfed 0.12.7)", 403, "Please verify your email", Blocked, "closed the account"),
        ("3.5.3 (compatible; Pixelfed 0.12.7)", 429, "", RateLimited, "no more calls"),
        ("3.5.3 (compatible; Pixelfed 0.12.7)", 451, "", Refused, "blocked this picture"),
        ("2.7.2 (compatible; Akkoma 3.15.2)", 403, "Invalid credentials.", NeedsLogin, "does not take the token"),
        ("2.7.2 (compatible; Akkoma 3.15.2)", 422, "The status is over the character limit", Refused, "limit"),
        ("2.7.2 (compatible; Akkoma 3.15.2)", 429, "Throttled", RateLimited, "no more calls"),
        ("2.7.2 (compatible; Pleroma 2.10.2)", 409, "An identical request is still being processed", Unknown, "may be out"),
        ("takahe/0.11.0", 400, "Status is too long", Refused, "too long"),
        ("0.10.0 hollo", 422, "invalid_request", Refused, "invalid_request"),
    ],
)
def test_each_row_of_the_error_tables_has_its_meaning(
    tmp_path: Path, version: str, status: int, error: str, kind: type[NetworkError], words: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v2/instance":
            return httpx.Response(200, json={"version": version})
        if request.url.path == "/api/v2/media":
            return httpx.Response(200, json={"id": "31", "url": "https://toot.test/31"})
        return httpx.Response(status, json={"error": error})

    desk = Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer)
    with pytest.raises(NetworkError, match=words) as caught:
        desk.send(desk.draft("Fog", pictures=(desk.picture(),)))
    assert type(caught.value) is kind
    assert str(caught.value).startswith("Mastodon") and "token-of-ours" not in str(caught.value)
    assert not isinstance(caught.value, Refused) or caught.value.fix.endswith(".")


@pytest.mark.parametrize("status", [429, 503])
def test_a_throttled_queue_names_the_moment(tmp_path: Path, status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v2/instance":
            return httpx.Response(200, json={"version": "0.20.0 gotosocial"})
        return httpx.Response(status, headers={"Retry-After": "30"})

    desk = Desk(Mastodon, {"server": "https://toot.test", "token": "token-of-ours"}, tmp_path, answer)
    with pytest.raises((RateLimited, Passing)) as caught:
        desk.send(desk.draft("Fog"))
    moment = caught.value.until if isinstance(caught.value, RateLimited) else caught.value.retry_at
    assert moment and 25 < (moment - datetime.now(UTC)).total_seconds() <= 30


@on("pixelfed")
def test_the_bad_days_of_pixelfed_are_sentences(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    with pytest.raises(Refused, match="without a picture"):
        desk.send(desk.draft("Fog"))
    assert fake.attempts == 0
    fake.signed_in = False
    with pytest.raises(Refused, match="never signed in"):
        desk.send(desk.draft("Fog", pictures=(desk.picture(),)))
    fake.signed_in, fake.day_left = True, 0
    with pytest.raises(RateLimited):
        desk.send(desk.draft("Fog", pictures=(desk.picture(),)))
    blocked = desk.picture(colour="red")
    fake.blocked.add(desk.media.get(blocked.digest))
    with pytest.raises(Refused, match="blocked this picture"):
        desk.prepare(desk.draft("Fog", pictures=(blocked,)))


@on("pixelfed")
def test_pixelfed_takes_ten_edits_where_its_admin_allows_any(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    published = desk.send(desk.draft("Fog", pictures=(desk.picture(),)))
    for number in range(10):
        text = f"Fog {number}"
        desk.run(lambda network, text=text: network.edit(desk.draft(text, pictures=(desk.picture(),)), 0, published))  # type: ignore[misc]
    with pytest.raises(Refused, match="edited no more"):
        desk.run(lambda network: network.edit(desk.draft("Fog"), 0, published))
    assert fake.posts[0].text == "Fog 9"


@on("takahe")
def test_what_is_in_doubt_where_no_key_helps_is_found_or_not(place: tuple[MastodonFake, Desk]) -> None:
    fake, desk = place
    prepared = desk.prepare(desk.draft("Fog"))
    fake.faults.queue.extend(["drop", "commit_then_drop"])
    with pytest.raises(Unknown):
        desk.publish(prepared)
    assert desk.find(prepared) is None
    with pytest.raises(Unknown):
        desk.publish(prepared)
    found = desk.find(prepared)
    assert not isinstance(found, CannotTell) and found and found.remote_id == fake.posts[0].id


def test_the_table_of_the_servers_is_the_one_that_is_made() -> None:
    made = runpy.run_path(str(DOCS / "make_fediverse.py"))
    text = (DOCS / "networks" / "mastodon.md").read_text()
    assert made["page"](text) == text
    assert all(f"| {server.title} |" in text for server in mastodon_servers.SERVERS)
