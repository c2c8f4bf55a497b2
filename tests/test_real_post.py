"""The real post of a real auto-blogger, from file to what three networks show.

Its own photographs are not at hand; drawn pictures stand in.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from PIL import Image

from socialbot.pictures import read_marks
from socialbot.worker import Worker
from tests.instances import Town, now

POSTS = sorted((Path(__file__).parents[2] / "shared" / "examples").glob("2025-*.md"))
CANONICAL = "https://cre8photography.co.uk/2025-04-03-h-m-to-use-digital-clones-of-models-in-ads-and-social-media"
TITLE = "H&M to use digital clones of models in ads and social media"


def _drawn(number: int) -> Image.Image:
    """A picture that no other number's resembles: coarse squares of its own, the same in every run."""
    squares = random.Random(number).randbytes(16 * 12 * 3)
    return Image.frombytes("RGB", (16, 12), squares).resize((1600, 1200), Image.Resampling.NEAREST)


@pytest.mark.skipif(not POSTS, reason="the folder of real posts is absent")
def test_the_real_post_goes_out_as_an_editor_would_have_it(town: Town) -> None:
    for number in (1, 2, 3):
        _drawn(number).save(town.home / "public" / "photos" / f"{CANONICAL.rpartition('/')[2]}-{number}.jpg")
    receipt = next(iter(town.intake().enqueue(POSTS)))
    assert receipt.mistake is None and receipt.post
    assert receipt.post.summary and receipt.post.summary.startswith("In a groundbreaking move, fashion retailer H&M")
    asyncio.run(Worker(town.settings(), town.ledger(), now, random.Random(1)).run(until_empty=True))

    for fake in (town.blue, town.masto, town.chat):
        (seen,) = fake.posts
        assert seen.text.startswith(TITLE) and seen.text.count(TITLE) == 1
        assert "In a groundbreaking move" in seen.text
        assert "\nText written by AI" in seen.text
        assert CANONICAL in [uri for _, uri in seen.links] or CANONICAL in seen.text
        assert "trending" not in seen.text.lower()
        assert [picture.alt for picture in seen.pictures] == [f"{TITLE} ({n}/3)" for n in (1, 2, 3)]
        assert all(read_marks(picture.content).digital_source_type is None for picture in seen.pictures)
    assert town.blue.posts[0].tags == town.masto.posts[0].tags == ("photography",)
    assert all(delivery.draft.flags == {} for delivery in town.ledger().deliveries())
