"""Links are written back into a post without changing anything else of it."""

from __future__ import annotations

import json
from pathlib import Path

import frontmatter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialbot.nouns import Mistake
from socialbot.syndication import KEY, Link, as_json, links_of, merged, write_back
from tests.instances import Town
from tests.test_syncing import publish

LINKS = [Link("mastodon", "masto", "https://toot.test/@a/1"), Link("bluesky", "blue", "https://bsky.app/profile/a/post/b#c")]
SAID = [{"network": one.network, "url": one.url} for one in LINKS]


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: Fog\n---\nWords.\n",
        "---\ntitle: Fog # a remark\ntags:\n- a\n- b\n---\n\nWords.\n---\nmore\n",
        "---\r\ntitle: Fog\r\n---\r\nWords.\r\n",
        "---\n    title: Fog\n    tags: [a]\n---\nWords.",
        "---\nsyndicated:\n  - network: x\n    url: https://x.test\ntitle: Fog\n---\nWords.\n",
        "---\nsyndicated:\n- network: x\n  url: https://x.test\n\ntitle: Fog\n---\nWords.\n",
        "---\nsyndicated: []\ntitle: Fog\n---\n",
    ],
)
def test_the_links_are_set_and_nothing_else_changes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "post.md"
    path.write_bytes(text.encode())
    before = frontmatter.loads(text)
    assert write_back(path, LINKS) is True
    after = frontmatter.loads(path.read_bytes().decode())
    assert after.metadata == {**before.metadata, KEY: [*before.metadata.get(KEY, []), *SAID]}
    assert after.content == before.content
    written = path.read_bytes()
    assert write_back(path, LINKS) is False
    assert path.read_bytes() == written
    assert [one.name for one in tmp_path.iterdir()] == ["post.md"]


@pytest.mark.parametrize(
    "text", ['+++\ntitle = "Fog"\n+++\nWords.\n', "# Fog\nWords.\n", "---\n{title: Fog}\n---\n", "---\ntitle: [\n---\n"]
)
def test_what_cannot_be_changed_safely_is_left_as_it_was(tmp_path: Path, text: str) -> None:
    path = tmp_path / "post.md"
    path.write_text(text)
    with pytest.raises(Mistake):
        write_back(path, LINKS)
    assert path.read_text() == text


@given(
    st.dictionaries(
        st.text("abcdef_", min_size=1, max_size=8), st.text(max_size=30) | st.lists(st.text(max_size=9)), max_size=5
    )
)
def test_whatever_the_front_matter_says_is_kept_or_the_file_is(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("posts") / "post.md"
    path.write_bytes(frontmatter.dumps(frontmatter.Post("Words.", **{"title": "Fog", **said})).encode())
    text = path.read_bytes()
    try:
        write_back(path, LINKS)
    except Mistake:
        assert path.read_bytes() == text
    else:
        kept = frontmatter.loads(path.read_bytes().decode())
        assert kept.metadata == {**frontmatter.loads(text.decode()).metadata, KEY: SAID}


def test_what_the_author_wrote_stays_and_what_was_ours_is_set_anew(tmp_path: Path) -> None:
    path = tmp_path / "post.md"
    theirs = {"network": "devto", "url": "https://dev.to/me/fog", "note": "by hand"}
    old = {"network": "mastodon", "url": "https://toot.test/@a/0"}
    path.write_text(frontmatter.dumps(frontmatter.Post("Words.", title="Fog", syndicated=[old, theirs, "elsewhere"])))
    assert write_back(path, LINKS, {old["url"]}) is True
    assert frontmatter.loads(path.read_text()).metadata[KEY] == [theirs, "elsewhere", *SAID]
    assert write_back(path, LINKS, {old["url"]}) is False


def test_a_post_in_another_character_set_is_left_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "post.md"
    path.write_bytes("---\ntitle: Süß\n---\n".encode("latin-1"))
    with pytest.raises(Mistake, match="UTF-8"):
        write_back(path, LINKS)


def test_the_file_of_links_keeps_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "links.json"
    file.write_text(merged(file, {"https://example.org/fog": LINKS}))
    file.write_text(merged(file, {"https://example.org/mist": LINKS[:1]}))
    assert {url: len(links) for url, links in json.loads(file.read_text()).items()} == {
        "https://example.org/fog": 2,
        "https://example.org/mist": 1,
    }
    file.write_text("[]")
    with pytest.raises(Mistake):
        merged(file, {})


def test_links_tell_where_a_post_is_out_and_make_no_new_version_of_it(town: Town) -> None:
    path = publish(town)
    intake = town.intake()
    post = intake.read(path)
    known = intake.ledger.known(post)
    assert known
    found = links_of(intake.ledger, known.id)
    assert {one.account for one in found} == {"blue", "masto", "chat"}
    assert as_json({"https://example.org/fog": found}).count('"url"') == 3
    write_back(path, found)
    again = intake.read(path)
    assert not known.differs(again)
