"""What AI did is said in one line that is true, in the post's language, at three lengths."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations_with_replacement, product
from typing import get_args

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from socialbot.disclosure.footer import read
from socialbot.disclosure.labels import BETWEEN, Length, all_labels, badge, completing, line, near, wordings
from socialbot.disclosure.ruling import says
from socialbot.nouns import Disclosure, Held, ImageFacet, PersonFacet, TextFacet
from socialbot.pictures.badge import SHARE, draw, interface_zones
from socialbot.pictures.badge_font import SHAPED, font_name, missing_glyphs

LANGUAGES = tuple(all_labels())
LENGTHS: tuple[Length, ...] = ("short", "medium", "long")
# Each language's own word for AI, written as it is there: "ia" in "bliźniak" is no token.
TOKENS = {
    **dict.fromkeys(("en", "nl", "sv", "da", "hi", "id", "vi", "zh-Hant", "ja", "ko"), r"(?<!\p{Latin})AI(?!\p{Latin})"),
    **dict.fromkeys(
        ("fr", "es", "it", "pt-BR"), r"\bIA\b|intelligen(?:ce artificielle|za artificiale)|inteligencia artificial"
    ),
    **dict.fromkeys(("de", "nb"), r"\bKI\b"),
    "pt-BR": r"\bIA\b|inteligência artificial",
    "fi": "[Tt]ekoäly",
    "pl": r"\bAI\b|sztuczną inteligencję",
    "cs": r"\bAI\b|umělá inteligence",
    "el": r"\bAI\b|τεχνητή νοημοσύνη",
    "tr": "[Yy]apay zekâ",
    "uk": r"\bШІ\b|штучний інтелект",
    "ar": "الذكاء الاصطناعي",
    "zh-Hans": "AI|人工智能",
}
CHINA = (("人工智能", "AI"), ("生成", "合成"))
KOREA = (("가상인물", "가상 인물"),)
NO_CONSENT = Held("It shows a digital twin.", "Write where the consent is.")

PICTURES: list[tuple[ImageFacet, ...]] = [
    pictures for count in range(3) for pictures in combinations_with_replacement(get_args(ImageFacet), count)
]
TOLD = [
    Disclosure(text=text, translated=translated, reviewed=reviewed, images=images, person=person)
    for text, (translated, reviewed), images, person in product(
        get_args(TextFacet), ((False, False), (True, False), (False, True)), PICTURES, get_args(PersonFacet)
    )
]
disclosures = st.builds(
    Disclosure,
    text=st.sampled_from(get_args(TextFacet)),
    translated=st.booleans(),
    reviewed=st.booleans(),
    images=st.lists(st.sampled_from(get_args(ImageFacet)), max_size=6).map(tuple),
    realistic=st.lists(st.sampled_from((None, True, False)), max_size=6).map(tuple),
    person=st.sampled_from(get_args(PersonFacet)),
)
groups = st.sampled_from((*CHINA, *KOREA, ("AI", "KI"), ("no language's word",), ("…",)))


def names_ai(text: str, language: str) -> bool:
    return all(regex.search(TOKENS[language], part) for part in text.split(BETWEEN))


def made(told: Disclosure) -> int:
    return sum(image in ("generated", "composite") for image in told.images)


def silent(told: Disclosure) -> bool:
    text = told.text in ("generated", "assisted") or told.translated
    return not (text or made(told) or "edited" in told.images or told.person in ("digital_twin", "invented"))


def phrases(told: Disclosure) -> list[str]:
    """The keys of what has to be said, written down a second time, fact by fact."""
    count, edits = made(told), told.images.count("edited")
    text = {"generated": "text_reviewed" if told.reviewed else "text_gen", "assisted": "text_assist"}.get(told.text)
    text = text or ("text_trans" if told.translated else None)
    person = {"digital_twin": "twin", "invented": "synth"}.get(told.person)
    if person == "synth" and (count, edits) == (1, 0):
        return [key for key in (text, person) if key]
    if text == "text_gen" and count and count == len(told.images):
        return [key for key in ("both_gen_pl" if count > 1 else "both_gen", person) if key]
    images = count and ("img_gen_pl" if count > 1 else "img_gen")
    return [key for key in (text, images, edits and ("img_edit_pl" if edits > 1 else "img_edit"), person) if key]


# The texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_names_ai_in_its_own_language(language: str) -> None:
    texts = all_labels()[language]
    assert list(texts) == list(all_labels()["en"])
    assert [(key, text) for key, text in texts.items() if not names_ai(text, language)] == []
    assert [text for text in texts.values() if BETWEEN.strip() in text or text != text.strip() or "\n" in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_end_and_phrases_do_not(language: str) -> None:
    ends = {key: text.endswith((".", "。", "।")) for key, text in all_labels()[language].items()}
    assert [key for key, ended in ends.items() if ended != key.startswith("L_")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_says_two_things(language: str) -> None:
    """One text for one and for several pictures is right where the language has no plural, or the same word for both."""
    counted = Counter(text for key, text in all_labels()[language].items() if not key.endswith("_pl"))
    assert [text for text, times in counted.items() if times > 1] == []


@pytest.mark.parametrize(
    "language", [one for one in LANGUAGES if one not in ("uk", "id", "vi", "zh-Hans", "zh-Hant", "ja", "ko")]
)
def test_several_pictures_are_told_in_the_plural(language: str) -> None:
    texts = all_labels()[language]
    assert [key for key in texts if key.endswith("_pl") and texts[key] == texts[key.removesuffix("_pl")]] == []


# The language


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        *((language, language) for language in LANGUAGES),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("zh", "zh-Hans"),
        ("zh_TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-Hant-CN", "zh-Hant"),
        ("zh-Hans-HK", "zh-Hans"),
        ("DE-at", "de"),
        ("sw", None),
        ("xx", None),
        ("tlh", None),
        ("badge_gen", None),
        ("", None),
        ("-", None),
    ],
)
def test_the_nearest_language_is_found_or_none(asked: str, found: str | None) -> None:
    assert near(asked) == found
    assert line(Disclosure(text="generated"), asked) == all_labels()[found or "en"]["text_gen"]


@given(st.text(max_size=40))
def test_any_language_tag_can_be_asked_for(tag: str) -> None:
    assert near(tag) in (None, *LANGUAGES)


# The line


@pytest.mark.parametrize(
    ("told", "medium"),
    [
        (Disclosure(text="generated"), "Text written by AI"),
        (Disclosure(text="generated", images=("unknown", "none")), "Text written by AI"),
        (Disclosure(text="generated", reviewed=True), "Written with AI, reviewed by editors"),
        (Disclosure(text="assisted", reviewed=True), "Text written with AI help"),
        (Disclosure(text="none", reviewed=True), None),
        (Disclosure(translated=True), "Translated with AI"),
        (Disclosure(text="none", translated=True), "Translated with AI"),
        (Disclosure(text="generated", translated=True), "Text written by AI"),
        (Disclosure(text="assisted", translated=True), "Text written with AI help"),
        (Disclosure(text="generated", images=("generated",)), "Text and image made by AI"),
        (Disclosure(text="generated", images=("generated", "composite")), "Text and images made by AI"),
        (Disclosure(text="generated", images=("generated", "none")), "Text written by AI · AI-generated image"),
        (
            Disclosure(text="generated", images=("generated", "edited")),
            "Text written by AI · AI-generated image · Image edited with AI",
        ),
        (
            Disclosure(text="generated", reviewed=True, images=("generated",)),
            "Written with AI, reviewed by editors · AI-generated image",
        ),
        (Disclosure(text="assisted", images=("composite",)), "Text written with AI help · AI-generated image"),
        (Disclosure(images=("generated", "none", "unknown", "possible", "none")), "AI-generated image"),
        (Disclosure(images=("generated", "none", "generated")), "AI-generated images"),
        (Disclosure(images=("edited", "edited")), "Images edited with AI"),
        (Disclosure(images=("possible",), person="real"), None),
        (Disclosure(person="invented"), "AI-generated person, not real"),
        (Disclosure(images=("generated",), person="invented"), "AI-generated person, not real"),
        (
            Disclosure(images=("generated", "generated"), person="invented"),
            "AI-generated images · AI-generated person, not real",
        ),
        (Disclosure(images=("edited",), person="invented"), "Image edited with AI · AI-generated person, not real"),
        (
            Disclosure(images=("generated",), person="digital_twin"),
            "AI-generated image · AI twin of a real person, used with consent",
        ),
    ],
)
def test_the_line_says_what_ai_did_and_no_more(told: Disclosure, medium: str | None) -> None:
    assert line(told, "en") == medium


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_facet_has_its_phrase_in_every_language(language: str) -> None:
    texts = all_labels()[language]
    for told in TOLD:
        assert line(told, language) == (BETWEEN.join(texts[key] for key in phrases(told)) or None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_line_that_names_ai_exactly_when_something_is_to_be_said(language: str) -> None:
    for told, length in product(TOLD, LENGTHS):
        found = line(told, language, length)
        assert (found is None) == silent(told) == (wordings(told, language, length) == ())
        assert found is None or (found.strip() and names_ai(found, language))


def test_a_twin_without_consent_is_not_said_to_have_given_it() -> None:
    twin = Disclosure(text="generated", images=("generated",), person="digital_twin", held=NO_CONSENT)
    assert line(twin, "en") == "Text and image made by AI"
    assert "consent" in str(line(replace(twin, held=None), "en"))
    assert "consent" in str(line(replace(twin, held=replace(NO_CONSENT, approvable=True)), "en"))


# The lengths


@pytest.mark.parametrize("language", LANGUAGES)
def test_wordings_grow_strictly_shorter_and_begin_with_the_line(language: str) -> None:
    for told, length in product(TOLD, LENGTHS):
        found = wordings(told, language, length)
        assert found[:1] == tuple(filter(None, [line(told, language, length)]))
        lengths = [len(words) for words in found]
        assert lengths == sorted(set(lengths), reverse=True)
        if length != "short":
            assert found[-1:] == tuple(filter(None, [line(told, language, "short")]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_few_words_are_true_or_not_offered(language: str) -> None:
    texts = all_labels()[language]
    for told in TOLD:
        short, medium = line(told, language, "short"), line(told, language)
        if short == medium:
            continue
        assert short and medium and len(short) < len(medium)
        assert told.text != "assisted" and told.person != "digital_twin"
        if short == texts["short_trans"]:
            assert told.translated and told.text in ("none", "unknown") and not made(told) and "edited" not in told.images
            continue
        generated = [texts["badge_gen"]] if told.text == "generated" or told.person == "invented" or made(told) else []
        assert short.split(BETWEEN) == [*generated, *([texts["badge_edit"]] if "edited" in told.images else [])]
        assert told.text == "generated" or not told.translated


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_say_the_same_facts_or_are_not_used(language: str) -> None:
    texts = all_labels()[language]
    space = "" if language in ("ja", "zh-Hans", "zh-Hant") else " "
    for told in TOLD:
        touched = {*told.images} & {"edited", "composite", "generated"}
        every = made(told) == len(told.images) or told.images.count("edited") == len(told.images)
        sentences = space.join(texts[f"L_{key}"] for key in phrases(told))
        assert line(told, language, "long") == ((sentences or None) if every or not touched else line(told, language))


def test_no_real_scene_is_said_only_of_what_could_be_taken_for_one() -> None:
    drawing = Disclosure(images=("generated",), realistic=(False,))
    assert line(drawing, "en", "long") == "AI-generated image"
    for realistic in ((True,), (None,), ()):
        assert "real scene" in str(line(replace(drawing, realistic=realistic), "en", "long"))
    two = replace(drawing, images=("generated", "generated"), realistic=(False, None))
    assert line(two, "en", "long") == all_labels()["en"]["L_img_gen_pl"]


@given(told=disclosures, language=st.sampled_from(LANGUAGES), length=st.sampled_from(LENGTHS))
@settings(max_examples=500)
def test_any_disclosure_has_wordings_that_name_ai(told: Disclosure, language: str, length: Length) -> None:
    _check_wordings(told, language, length)


@pytest.mark.slow
@given(told=disclosures, language=st.sampled_from(LANGUAGES), length=st.sampled_from(LENGTHS))
@settings(max_examples=20_000, deadline=None)
def test_any_disclosure_has_wordings_that_name_ai_at_length(told: Disclosure, language: str, length: Length) -> None:
    _check_wordings(told, language, length)


def _check_wordings(told: Disclosure, language: str, length: Length) -> None:
    found = wordings(told, language, length)
    assert bool(found) != silent(told)
    assert all(names_ai(words, language) for words in found)
    assert line(told, language) == (BETWEEN.join(all_labels()[language][key] for key in phrases(told)) or None)


# What rules ask a label to say


def test_a_label_that_says_the_words_already_stays_as_it_is() -> None:
    told = Disclosure(text="generated")
    assert completing("文字由AI生成", told, CHINA) == "文字由AI生成"
    assert completing("Text written by AI", told, ()) == "Text written by AI"


@pytest.mark.parametrize(
    ("told", "language", "words", "completed"),
    [
        (Disclosure(text="generated"), "en", CHINA, "Text written by AI · 文字由AI生成"),
        (Disclosure(text="generated"), "fr", CHINA, "Texte rédigé par une IA · 文字由AI生成"),
        (Disclosure(text="generated"), "zh-TW", CHINA, "文字由 AI 生成"),
        (Disclosure(images=("edited",)), "de", CHINA, "Bild mit KI bearbeitet · 图片经AI合成处理"),
        (Disclosure(person="invented"), "en", KOREA, "AI-generated person, not real · AI로 만든 가상 인물"),
        (Disclosure(person="invented"), "ko", KOREA, "AI로 만든 가상 인물"),
        (
            Disclosure(person="invented"),
            "en",
            (*CHINA, *KOREA),
            "AI-generated person, not real · AI生成的虚拟人物 · AI로 만든 가상 인물",
        ),
        (Disclosure(text="generated"), "en", KOREA, "Text written by AI · 가상인물"),
        (Disclosure(), "en", CHINA, "… · 人工智能 · 生成"),
    ],
)
def test_what_a_label_lacks_is_said_in_a_language_that_has_it(
    told: Disclosure, language: str, words: tuple[tuple[str, ...], ...], completed: str
) -> None:
    assert completing(line(told, language) or "…", told, words) == completed


@given(told=disclosures, words=st.lists(groups, max_size=4).map(tuple), language=st.sampled_from(LANGUAGES))
@settings(max_examples=500)
def test_a_completed_label_says_the_words_keeps_its_own_and_needs_no_more(
    told: Disclosure, words: tuple[tuple[str, ...], ...], language: str
) -> None:
    for length, label in product(LENGTHS, ("", *wordings(told, language, "long"))):
        once = completing(label, told, words, length)
        assert once.startswith(label) and says(once, words)
        assert completing(once, told, words, length) == once


def test_chinese_lines_say_what_china_asks_of_what_ai_made() -> None:
    for told, length in product(TOLD, LENGTHS):
        if told.text == "generated" or made(told) or "edited" in told.images:
            assert says(line(told, "zh-Hans", length) or "", CHINA)


# Pictures


@pytest.mark.parametrize(
    ("image", "person", "words"),
    [
        ("generated", "unknown", "AI-generated"),
        ("composite", "none", "AI-generated"),
        ("edited", "real", "AI-edited"),
        ("generated", "digital_twin", "AI-generated"),
        ("edited", "digital_twin", "AI-edited"),
        ("generated", "invented", "AI-generated person, not real"),
        ("edited", "invented", "AI-generated person, not real"),
        ("unknown", "invented", None),
        ("possible", "unknown", None),
        ("none", "digital_twin", None),
    ],
)
def test_a_pictures_words_are_for_what_ai_made_or_altered(image: ImageFacet, person: PersonFacet, words: str | None) -> None:
    assert badge(image, person, "en") == words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(1080, 1080), (1080, 1920), (1200, 630)])
def test_a_pictures_words_can_be_drawn_at_the_largest_size_that_is_asked(language: str, size: tuple[int, int]) -> None:
    if font_name(language) in SHAPED and not features.check("raqm"):
        pytest.skip("this Pillow cannot shape letters: no FriBiDi")
    for image, person in product(("generated", "edited"), ("unknown", "invented")):
        words = badge(image, person, language)  # type: ignore[arg-type]
        assert words and missing_glyphs(words, language) == ""
        draw(Image.new("L", size), words, language, SHARE, interface_zones(size))


# Footers


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_label_under_a_post_is_read_as_more_than_it_says(language: str) -> None:
    """A few words are left out: they name no object, and a footer's reader takes them to be of the text."""
    for told, length in product(TOLD, ("medium", "long")):
        true = {("text", "generated"), ("text", "assisted")} if told.text == "generated" else {("text", told.text)}
        true |= {("images", "generated")} if made(told) else set()
        true |= {("images", "edited")} if "edited" in told.images else set()
        true |= {("person", told.person), ("translated", "yes" if told.translated else "no")}
        assert {*read(line(told, language, length) or "")} <= true  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_under_a_post_is_read_as_all_it_says_of_text_and_pictures(language: str) -> None:
    """One fact at a time: sentences that stand side by side are not told apart."""
    one_each = [
        Disclosure(text="generated"),
        Disclosure(text="generated", reviewed=True),
        Disclosure(text="assisted"),
        *(Disclosure(images=(image,) * count) for image in ("generated", "edited") for count in (1, 2)),
        *(Disclosure(text="generated", images=("generated",) * count) for count in (1, 2)),
    ]
    for told, length in product(one_each, ("medium", "long")):
        said = {("text", told.text)} if told.text != "unknown" else set()
        said |= {("images", image) for image in told.images}
        assert {*read(line(told, language, length) or "")} == said  # type: ignore[arg-type]
