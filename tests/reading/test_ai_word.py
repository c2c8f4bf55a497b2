from __future__ import annotations

import pytest

from socialbot.nouns import AiWord, Mistake
from socialbot.reading.ai_word import read_ai_word
from socialbot.reading.front_matter import split


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("title: x", AiWord()),
        ("ai:", AiWord()),
        ("ai: true", AiWord(text="generated")),
        ("ai: yes", AiWord(text="generated")),
        ("ai: generated", AiWord(text="generated")),
        ("ai: AI-assisted", AiWord(text="assisted")),
        ("ai: false", AiWord(text="none", images="none")),
        ("ai: {text: assisted, images: generated}", AiWord(text="assisted", images="generated")),
        ("ai: {text: false, images: composite}", AiWord(text="none", images="composite")),
        ("ai: {person: digital-twin, consent: 'contract 12'}", AiWord(person="digital_twin", consent="contract 12")),
        ("ai: {text: generated, reviewed_by: the editor}", AiWord(text="generated")),
        ("ai_generated: true", AiWord(text="generated")),
        ("aiAssisted: true", AiWord(text="assisted")),
        ("ai_assisted: true\nai_generated: true", AiWord(text="generated")),
        ("ai: {text: none}\nai_generated: true", AiWord(text="generated")),
        ("ai_images: generated", AiWord(images="generated")),
        ("generated_by: some language model", AiWord(text="generated")),
        ("generated_by: Hugo 0.150", AiWord()),
        ("generated_by: human", AiWord(text="none")),
        ("ai_disclosure: assisted", AiWord(text="assisted")),
    ],
)
def test_the_authors_word_is_understood(written: str, word: AiWord) -> None:
    front, _ = split(f"---\n{written}\n---\n", "post.md")
    assert read_ai_word(front) == word


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("ai: genrated", "unknown, none, generated, assisted"),
        ("ai: {txt: generated}", "text, images, person"),
        ("ai: {text: mostly}", "assisted"),
        ("ai: {images: assisted}", "composite"),
        ("ai: {person: twinn}", "digital_twin, invented"),
        ("ai: [text]", "allowed"),
        ("ai: 3", "allowed"),
        ("ai_generated: perhaps", "ai_generated"),
        ("ai_disclosure: A machine had its hand in this", "allowed"),
    ],
)
def test_a_typo_in_the_label_is_a_mistake_that_names_what_is_allowed(written: str, words: str) -> None:
    front, _ = split(f"---\ntitle: x\n{written}\n---\n", "post.md")
    with pytest.raises(Mistake) as caught:
        read_ai_word(front)
    assert words in str(caught.value) and caught.value.where == "post.md, line 3"
