from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from socialbot.nouns import AiWord, Mistake, Override, Picture, Review
from socialbot.reading.ai_word import read_ai_word, word_on_picture
from socialbot.reading.front_matter import describe, fold, split
from tests.reading.conftest import Read

EDITOR = Review("The editor", date(2026, 11, 20), "The publisher")
NO_PERSONS = (
    *("pending", "Pending review", "not reviewed", "no one", "nobody yet", "none so far", "to be confirmed", "TBC", "awaiting"),
    *("'[name]'", "'<name>'", "'{{ editor }}'", "(name)", "your name", "niemand", "ChatGPT", "GPT-4", "gpt-4o mini", "Claude"),
    *("Claude 3.5 Sonnet", "Gemini Pro", "Microsoft Copilot", "Mistral Large 2", "an AI", "our AI editor", "[ChatGPT, Grok 4]"),
    *("a large language model", "OpenAI", "not a human"),
)
BY_NOBODY = ("true", "yes", "Yes.", "no", "none", "n/a", "unknown", "todo", "AI", "17", "'?'", "[true]", "{name: x}")


def read(written: str) -> tuple[AiWord, list[str]]:
    front, _ = split(f"---\ntitle: x\n{written}\n---\n", "post.md")
    return read_ai_word(front)


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
        ("ai: {text: false, image: composite}", AiWord(text="none", images="composite")),
        ("ai: {person: digital-twin, consent: 'contract 12'}", AiWord(person="digital_twin", consent="contract 12")),
        ("ai: {person: real}", AiWord(person="real")),
        ("ai: {person: none}", AiWord(person="none")),
        ("ai: {person: invented}", AiWord(person="invented")),
        ("ai: {consent: 4711}", AiWord(consent="4711")),
        ("ai: {consent: false}", AiWord()),
        ("ai: {translated: true}", AiWord(translated=True)),
        ("ai: {translated: no}", AiWord(translated=False)),
        ("ai: {realistic: false}", AiWord(realistic=False)),
        ("ai: {realistic: yes}", AiWord(realistic=True)),
        ("ai: {text: generated, model: model-7}", AiWord(text="generated", model="model-7")),
        ("ai: {text: generated, model: true}", AiWord(text="generated")),
        ("ai_generated: true", AiWord(text="generated")),
        ("ai-generated: true", AiWord(text="generated")),
        ("aiAssisted: true", AiWord(text="assisted")),
        ("ai_assisted: false", AiWord(text="none")),
        ("ai_assisted: true\nai_generated: true", AiWord(text="generated")),
        ("ai: {text: none}\nai_generated: true", AiWord(text="generated")),
        ("ai: {text: generated}\nai_text: none", AiWord(text="generated")),
        ("aiText: human", AiWord(text="none")),
        ("ai_images: generated", AiWord(images="generated")),
        ("ai_image: ai-edited", AiWord(images="edited")),
        ("ai_disclosure: assisted", AiWord(text="assisted")),
        ("ai_translated: true", AiWord(translated=True)),
        ("aiTranslated: yes", AiWord(translated=True)),
        ("ai_realistic: false", AiWord(realistic=False)),
        ("ai: {realistic: false}\nai_realistic: true", AiWord(realistic=True)),
        ("ai_person: twin\nai_consent: contract 12", AiWord(person="digital_twin", consent="contract 12")),
        ("generated_by: some language model", AiWord(text="generated")),
        ("generatedBy: true", AiWord(text="generated")),
        ("generated_by: Hugo 0.150", AiWord()),
        ("generated_by: human", AiWord(text="none")),
        ("params: {ai: {text: generated}}", AiWord(text="generated")),
    ],
)
def test_the_authors_word_is_understood(written: str, word: AiWord) -> None:
    assert read(written) == (word, [])


@pytest.mark.parametrize(
    ("written", "commercial"),
    [
        ("ai: {commercial: editorial}", "editorial"),
        ("ai: {commercial: paid-partnership}", "paid_partnership"),
        ("ai: {commercial: true}", "advertisement"),
        ("ai_commercial: ad", "advertisement"),
        ("commercial: true", "advertisement"),
        ("commercial: false", "editorial"),
        ("commercial: sponsored", "paid_partnership"),
        ("sponsored: true", "paid_partnership"),
        ("sponsored: A Shop", "paid_partnership"),
        ("sponsored: false", "editorial"),
        ("ad: {slot: 3}", None),
        ("sponsored: no", "editorial"),
        ("advertisement: yes", "advertisement"),
        ("paidPartnership: true", "paid_partnership"),
        ("paid_partnership: false", "editorial"),
        ("ad: true", "advertisement"),
        ("ad: none", "editorial"),
        ("ad: false\nsponsored: true", "paid_partnership"),
        ("ai: {commercial: advertisement}\nad: false", "advertisement"),
    ],
)
def test_what_is_paid_for_is_understood(written: str, commercial: str) -> None:
    assert read(written) == (AiWord(commercial=commercial), [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    [
        "ai: {reviewed_by: The editor, reviewed_at: 2026-11-20, responsible: The publisher}",
        "ai: {reviewedBy: The editor, reviewedAt: 20 November 2026, responsible: The publisher}",
        "ai: {reviewed_by: The editor}\nreviewed_at: 2026-11-20T08:00Z\nresponsible: The publisher",
        "ai: {reviewed_by: true, reviewed_at: soon}\nreviewedby: The editor\nreviewed_at: 20261120\nresponsible: The publisher",
        "ai_reviewed_by: The editor\nai_reviewed_at: 2026-11-20\nresponsible_editor: The publisher",
        "reviewedBy: ' The  editor'\nreviewedAt: 2026-11-20\nresponsibleEditor: The publisher",
        "reviewed-by: [The editor, true]\nreviewed-at: 2026-11-20\nresponsible: The publisher",
    ],
)
def test_a_whole_review_is_on_record(written: str) -> None:
    assert read(written) == (AiWord(review=EDITOR), [])


def test_a_day_of_toml_is_a_day() -> None:
    front, _ = split(
        '+++\nreviewed_by = "The editor"\nreviewed_at = 2026-11-20\nresponsible = "The publisher"\n+++\n', "post.md"
    )
    assert read_ai_word(front) == (AiWord(review=EDITOR), [])


@pytest.mark.parametrize("key", ["reviewed_by", "responsible"])
@pytest.mark.parametrize("name", NO_PERSONS)
def test_no_generator_no_placeholder_and_nobody_reviews(key: str, name: str) -> None:
    given = {"reviewed_by": "The editor", "reviewed_at": "2026-11-20", "responsible": "The publisher", key: name}
    word, (warning,) = read("\n".join(f"{key}: {value}" for key, value in given.items()))
    assert word.review is None and f"lacks {key} (a name)" in warning


@pytest.mark.parametrize(
    "name",
    ["Claude Monet", "Gabriela Mistral", "Ai Weiwei", "Noor Pendleton", "Nona Gemini", "A. Name (desk)", "The Nobodies Press"],
)
def test_a_person_whose_name_resembles_one_is_a_person(name: str) -> None:
    word, _ = read(f"reviewed_by: {name}\nreviewed_at: 2026-11-20\nresponsible: {name}")
    assert word.review == Review(name, date(2026, 11, 20), name)


@pytest.mark.parametrize(
    "builder",
    [
        "Hugo",
        "hugo 0.150",
        "Hugo v0.123.1+extended",
        "Jekyll/4.3",
        "Next.js 14.2",
        "nextjs",
        "pandoc 3.1",
        "11ty v2.0.0-beta.1",
    ],
)
def test_who_built_the_page_wrote_nothing(builder: str) -> None:
    assert read(f"generated_by: {builder}") == (AiWord(), [])


@pytest.mark.parametrize(
    "maker",
    [
        *("Nextbrain AI", "Astro AI writer", "Hugo-GPT", "next-gen LLM pipeline", "GPT-4 with Hugo", "Jekyll + ChatGPT"),
        *("Zola (Claude wrote it)", "Hugo 0.150-GPT", "Hugo 1 and AI", "pelican4ai"),
    ],
)
def test_a_maker_that_is_more_than_a_site_builder_is_one(maker: str) -> None:
    assert read(f"generated_by: {maker}") == (AiWord(text="generated"), [])


@pytest.mark.parametrize("consent", ["[]", "{}", "['']", "[no]", "{given: false}", "true", "[contract 4711]"])
def test_a_consent_that_refers_to_nothing_is_a_mistake_that_shows_how_to_write_one(consent: str) -> None:
    with pytest.raises(Mistake) as caught:
        read(f"ai: {{person: digital_twin, consent: {consent}}}")
    assert caught.value.where == "post.md, line 3" and "contract 4711" in str(caught.value.fix)


def test_a_consent_may_be_a_day_and_is_no_fraction() -> None:
    toml = "+++\nai_consent = {}\n+++\n"
    assert read_ai_word(split(toml.format("2026-11-01"), "post.md")[0])[0] == AiWord(consent="2026-11-01")
    with pytest.raises(Mistake, match="consent"):
        read_ai_word(split(toml.format("0.5"), "post.md")[0])


def test_several_reviewers_are_all_named() -> None:
    word, _ = read("reviewed_by: [One, Two]\nreviewed_at: 2026-11-20\nresponsible: The publisher")
    assert word.review and word.review.by == "One, Two"


@pytest.mark.parametrize("lacks", ["reviewed_by", "reviewed_at", "responsible"])
@pytest.mark.parametrize("how", ["left out", "''", *BY_NOBODY])
@pytest.mark.parametrize("flat", [True, False])
def test_half_a_review_is_no_record_and_the_post_says_what_is_missing(lacks: str, how: str, flat: bool) -> None:
    parts = {"reviewed_by": "The editor", "reviewed_at": "2026-11-20", "responsible": "The publisher"}
    parts = {key: how if key == lacks else value for key, value in parts.items() if key != lacks or how != "left out"}
    lines = [f"{key}: {value}" for key, value in parts.items()]
    word, (warning,) = read("\n".join(lines) if flat else f"ai: {{{', '.join(lines)}}}")
    assert word == AiWord()
    assert lacks in warning and not any(key in warning for key in parts if key != lacks)
    assert "editor" not in warning and "publisher" not in warning


@pytest.mark.parametrize(
    "written", ["responsible: The publisher", "reviewed_by: none", "ai: {reviewed_by: false}", "reviewed_at:"]
)
def test_where_no_review_is_meant_nothing_is_missed(written: str) -> None:
    assert read(written) == (AiWord(), [])


def test_who_answers_for_a_text_means_a_review_where_it_stands_under_ai() -> None:
    assert "reviewed_by" in read("ai: {responsible: The publisher}")[1][0]


def test_a_model_that_made_nothing_is_told() -> None:
    word, (warning,) = read("ai_model: model-7")
    assert word == AiWord(model="model-7") and "not what it made" in warning and "model-7" not in warning


WHO = "by: An editor, reason: The footer is a quotation"


@pytest.mark.parametrize(
    ("written", "override"),
    [
        ("text: none", {"text": "none"}),
        ("text: generated, images: edited, person: real", {"text": "generated", "images": "edited", "person": "real"}),
        ("images: unknown", {"images": "unknown"}),
        ("images: {/a.jpg: none, /b.jpg: composite}", {"pictures": {"/a.jpg": "none", "/b.jpg": "composite"}}),
        ("images: none, pictures: {/a.jpg: edited}", {"images": "none", "pictures": {"/a.jpg": "edited"}}),
        ("images: {/a.jpg: none}, pictures: {/a.jpg: edited}", {"pictures": {"/a.jpg": "edited"}}),
        ("image: false", {"images": "none"}),
    ],
)
def test_an_override_with_a_name_and_a_reason_is_kept(written: str, override: dict[str, object]) -> None:
    kept = Override("An editor", "The footer is a quotation", **override)  # type: ignore[arg-type]
    assert read(f"ai: {{override: {{{WHO}, {written}}}}}") == (AiWord(override=kept), [])
    assert read(f"aiOverride: {{{WHO}, {written}}}") == (AiWord(override=kept), [])


@pytest.mark.parametrize(
    ("written", "words"),
    [
        *(
            (f"by: {nobody}, reason: It is wrong, text: none", "gives no name")
            for nobody in (*BY_NOBODY, "''", "ChatGPT", "pending")
        ),
        *((f"by: An editor, reason: {none}, text: none", "gives no reason") for none in (*BY_NOBODY, "''")),
        ("reason: It is wrong, text: none", "gives no name"),
        ("by: An editor, text: none", "gives no reason"),
        (WHO, "says nothing of text, images or person"),
        (f"{WHO}, images: {{}}", "says nothing of text, images or person"),
        (f"{WHO}, text: mostly", "allowed: unknown, none, assisted, generated"),
        (f"{WHO}, images: {{/a.jpg: mostly}}", "ai.override.images of a picture"),
        (f"{WHO}, images: [none]", "ai.override.images"),
        (f"{WHO}, pictures: none", "ai.override.pictures is no table"),
        (f"{WHO}, tone: none", '"tone" is no key of ai.override'),
    ],
)
def test_an_override_on_nobodys_word_is_a_mistake(written: str, words: str) -> None:
    with pytest.raises(Mistake) as caught:
        read(f"ai: {{override: {{{written}}}}}")
    assert words in str(caught.value) and caught.value.fix and caught.value.where == "post.md, line 3"
    assert "An editor" not in str(caught.value) and "quotation" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("ai: genrated", "unknown, none, assisted, generated, true, false"),
        ("ai: {txt: generated}", "text, translated, images, realistic, person"),
        ("ai: {text: mostly}", "assisted"),
        ("ai: {images: assisted}", "composite"),
        ("ai: {person: twinn}", "unknown, none, real, invented, digital_twin, false"),
        ("ai: {person: true}", "invented"),
        ("ai: {translated: German}", "allowed: true, false"),
        ("ai: {realistic: unknown}", "allowed: true, false"),
        ("ai: {commercial: maybe}", "editorial, advertisement, paid_partnership"),
        ("ai: {override: none}", "is no table"),
        ("ai: [text]", "allowed"),
        ("ai: 3", "allowed"),
        ("ai_generated: perhaps", "ai_generated"),
        ("ai_person: somebody", "ai_person"),
        ("ai_translated: German", "ai_translated"),
        ("ai_disclosure: A machine had its hand in this", "allowed"),
    ],
)
def test_a_typo_in_the_label_is_a_mistake_that_names_what_is_allowed(written: str, words: str) -> None:
    with pytest.raises(Mistake) as caught:
        read(written)
    assert words in str(caught.value) and caught.value.where == "post.md, line 3"


@pytest.mark.parametrize(
    ("own", "ai", "realistic"),
    [
        ("", None, None),
        ("ai: generated", "generated", None),
        ("ai_generated: true", "generated", None),
        ("ai: none, aiGenerated: true", "generated", None),
        ("ai: false, realistic: true", "none", True),
        ("realistic: no", None, False),
        ("realistic: null", None, None),
    ],
)
def test_a_picture_has_its_own_word(read_post: Read, own: str, ai: str | None, realistic: bool | None) -> None:
    (picture,) = read_post(f"---\ntitle: Fog\nimages: [{{src: /a.jpg, {own}}}]\n---\n").pictures
    assert (picture.ai, picture.realistic) == (ai, realistic)


@pytest.mark.parametrize("own", ["ai: genrated", "ai_generated: maybe", "realistic: rather", "realistic: 1"])
def test_a_typo_about_a_picture_is_a_mistake_that_tells_the_line(read_post: Read, own: str) -> None:
    with pytest.raises(Mistake, match=r"post\.md, line 3: .* of a picture: .*allowed: "):
        read_post(f"---\ntitle: Fog\nimages: [{{src: /a.jpg, {own}}}]\n---\n")


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("ai: none, realistic: no", "ai: generated, realistic: yes"),
        ("ai: generated, realistic: yes", "ai: none, realistic: no"),
    ],
)
def test_of_two_words_on_one_picture_the_stronger_counts(read_post: Read, first: str, again: str) -> None:
    said = f"cover: {{src: /a.jpg, {first}}}\nimages: [{{src: /a.jpg, {again}}}]"
    (picture,) = read_post(f"---\ntitle: Fog\n{said}\n---\n").pictures
    assert (picture.ai, picture.realistic) == ("generated", True)


def test_the_post_tells_what_its_review_lacks_and_where_its_override_is_in_vain(read_post: Read) -> None:
    override = f"override: {{{WHO}, images: {{/a.jpg: none, /c.jpg: none, /b.jpg: none}}}}"
    post = read_post(f"---\ntitle: Fog\nimage: /a.jpg\nreviewed_by: The editor\nai: {{{override}}}\n---\n")
    assert [picture.src for picture in post.pictures] == ["/a.jpg"]
    assert any("lacks reviewed_at (a day) and responsible (a name)" in warning for warning in post.warnings)
    assert any("The override names /b.jpg and 1 more" in warning for warning in post.warnings)
    assert not any("An editor" in warning or "The editor" in warning for warning in post.warnings)


def test_an_override_of_pictures_the_post_has_is_not_remarked_on(read_post: Read) -> None:
    post = read_post(f"---\ntitle: Fog\nimage: /a.jpg\nai: {{override: {{{WHO}, images: {{/a.jpg: none}}}}}}\n---\n")
    assert post.ai.override and post.ai.override.pictures == {post.pictures[0].src: "none"}
    assert not any("override" in warning for warning in post.warnings)
    assert post.pictures[0].ai is None, "the override is no word about the picture, or it could be told from none"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["generated", "real", "2026-11-20"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(
    [
        *("text", "translated", "images", "realistic", "person", "consent", "commercial", "reviewed_by", "reviewed_at"),
        *("responsible", "model", "override", "by", "reason", "pictures"),
    ]
)
flat_keys = keys.map(lambda key: f"ai_{key}") | keys | st.sampled_from(["ai_assisted", "generated_by", "sponsored", "ad"])
tables = st.dictionaries(keys, anything | st.dictionaries(keys, anything, max_size=4), max_size=4)


@settings(max_examples=500)
@given(st.dictionaries(flat_keys, anything, max_size=4), st.none() | anything | tables)
@example({}, {"text": "\n" * 70})
@example({}, {"a\nb": 1})
def test_whatever_is_said_it_is_understood_or_a_mistake_in_one_line(flat: dict[str, object], ai: object) -> None:
    try:
        word, warnings = read_ai_word(describe({**flat, "ai": ai}, "post.md"))
    except Mistake as mistake:
        assert mistake.where == "post.md" and mistake.fix and "\n" not in str(mistake) and len(str(mistake)) < 400
    else:
        assert all("\n" not in warning for warning in warnings)
        assert word.review is None or all((word.review.by.strip(), word.review.responsible.strip()))
        assert word.override is None or all((word.override.by.strip(), word.override.reason.strip()))
        assert json.dumps(word.consent)


def test_the_pictures_own_word_stands_in_the_picture(read_post: Read) -> None:
    post = read_post("---\ntitle: Fog\nimage: {src: /a.jpg, ai: edited, realistic: false}\nai: {realistic: true}\n---\n")
    assert post.pictures == (Picture("/a.jpg", ai="edited", realistic=False, missing=post.pictures[0].missing),)
    assert post.ai.realistic is True


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ai_generatd: true", "ai_generated"),
        ("aiGenerateds: true", "ai_generated"),
        ("reviewd_by: A. Name", "reviewed_by"),
        ("generatd_by: a machine", "generated_by"),
        ("ia: generated", "ai"),
        ("images: [{src: a.jpg, ia: generated}]", "ai"),
        ("images: [{src: a.jpg, ai_generatd: true}]", "ai_generated"),
        ("images: [{src: a.jpg, realistc: true}]", "realistic"),
    ],
)
def test_a_key_with_a_slip_in_it_is_a_mistake_that_names_the_key_that_was_meant(written: str, meant: str) -> None:
    with pytest.raises(Mistake, match=rf"is no key.*did you mean {meant}\?"):
        read_pictures_too(written)


@pytest.mark.parametrize(
    "written",
    ["generated_at: 2026-01-01", "reviewer: A", "review: 5", "air: true", "aid: x", "images: [{src: a.jpg, alt: A, id: 3}]"],
)
def test_keys_of_a_themes_own_are_none_of_these(written: str) -> None:
    assert read_pictures_too(written).text is None


def read_pictures_too(written: str) -> AiWord:
    front, _ = split(f"---\ntitle: Fog\n{written}\n---\n", "post.md")
    for image in front.values.get("images", []):
        word_on_picture({fold(key): value for key, value in image.items()}, "post.md")
    return read_ai_word(front)[0]
