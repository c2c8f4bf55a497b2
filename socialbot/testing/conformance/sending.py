"""What goes out is what was drafted: words, pictures, link, label, flags, and the order of a thread."""

from __future__ import annotations

import re

import pytest

from socialbot.nouns import Draft
from socialbot.testing.conformance import drafts
from socialbot.testing.conformance.stand import Stand, Stands, need
from socialbot.testing.fakes.server import Seen

POSTS = {"a post": drafts.post, "a post without pictures": lambda: drafts.post(pictures=()), "a long post": drafts.long_post}


class Sending(Stands):
    """A post, drafted and delivered as any other."""

    @pytest.mark.parametrize("kind", POSTS)
    def test_a_post_goes_out_as_it_was_drafted(self, stand: Stand, kind: str) -> None:
        need(kind != "a post without pictures" or not stand.limits.needs_picture, "it takes no post without a picture")
        draft = stand.written(POSTS[kind]())
        assert draft.held is None, f"nothing about this post is unusual (got {draft.held})"
        drafts.check(draft, stand.limits)
        done = stand.carry(stand.accept(draft))
        assert done.state == "published", f"it is delivered (got {done.state}: {done.error or done.held})"
        (seen,) = stand.fake.posts
        assert (seen.title, seen.text) == stand.words(draft), "the public sees the words of the draft"
        assert _pictures(seen) == _drafted(stand, draft), "the public sees its pictures, in order, with their descriptions"
        assert done.url in (None, seen.url), "the ledger knows where it is"
        assert not draft.link or stand.limits.link == "dead" or draft.link in _links(seen), "its link leads to the article"

    def test_every_picture_keeps_its_bytes_its_place_and_its_description(self, stand: Stand) -> None:
        need(stand.limits.max_pictures > 1, "it takes no more than one picture")
        draft = stand.made("Fog", pictures=min(stand.limits.max_pictures, 4))
        stand.send(draft)
        assert _pictures(stand.fake.posts[0]) == _drafted(stand, draft)

    @pytest.mark.parametrize("length", ["short", "long"])
    @pytest.mark.parametrize("language", ["en", "de"])
    def test_the_label_stays_on_what_ai_made(self, stand: Stand, length: str, language: str) -> None:
        draft = stand.written(drafts.ai_post(language=language), label_length=length)
        assert draft.label and draft.held is None, f"an AI post is labelled and may go out (got {draft.held})"
        assert stand.carry(stand.accept(draft)).state == "published"
        (seen,) = stand.fake.posts
        lines = [line for line in f"{seen.title or ''}\n{seen.text}".splitlines() if line.strip()]
        label = stand.fake.rewritten(draft.label)
        first = next((line for line in seen.text.splitlines() if line.strip()), "")  # a title has a field of its own
        places = (lines[0], first, _last_in_words(lines, draft))
        assert label in places, "the label opens the text, or closes it before link and tags"

    def test_the_networks_own_flag_for_ai_media_is_sent(self, stand: Stand) -> None:
        need(stand.limits.ai_flag, "it has no flag for AI media")
        draft = stand.written(drafts.ai_post(), ai_flag=True)
        assert draft.flags, "drafting sets the flag"
        assert stand.carry(stand.accept(draft)).state == "published"
        seen = stand.fake.posts[0].flags
        assert {name: seen.get(name) for name in draft.flags} == dict(draft.flags), "the post bears the flag"

    def test_what_no_ai_made_bears_no_flag(self, stand: Stand) -> None:
        stand.send(stand.written())
        assert not any(stand.fake.posts[0].flags.values())

    def test_a_thread_goes_out_in_order_each_answering_the_one_before(self, stand: Stand) -> None:
        need(stand.limits.threads, "it has no threads")
        draft = stand.written(thread=3)
        assert len(draft.parts) == 3, "there is enough to tell"
        assert stand.carry(stand.accept(draft)).state == "published"
        posts = stand.fake.posts
        assert [(seen.title, seen.text) for seen in posts] == [stand.words(draft, part) for part in range(3)]
        assert [seen.answers for seen in posts] == [None, posts[0].id, posts[1].id]


def _pictures(seen: Seen) -> list[tuple[bytes, str, str]]:
    return [(one.content, one.mime, one.alt) for one in seen.pictures]


def _drafted(stand: Stand, draft: Draft) -> list[tuple[bytes, str, str]]:
    described = stand.limits.max_alt > 0
    return [(stand.media.get(one.digest), one.mime, one.alt if described else "") for one in draft.parts[0].pictures]


def _links(seen: Seen) -> set[str]:
    shown = {found.rstrip(".,") for found in re.findall(r"https?://[^\s<>)\]]+", seen.text)}
    return shown | {uri for _, uri in seen.links} | {str(told) for told in (seen.link, (seen.card or {}).get("url")) if told}


def _last_in_words(lines: list[str], draft: Draft) -> str:
    """The last line that is neither the link nor tags."""
    spans = {draft.parts[0].caption.text[span.start : span.end] for span in draft.parts[0].caption.spans if span.kind == "link"}
    words = [line for line in lines if line not in spans and not re.fullmatch(r"(#\S+\s*)+", line)]
    return words[-1]
