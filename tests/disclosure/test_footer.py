"""A generator's signature is read; text that is only about AI, and other people's signatures, are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.disclosure.footer import read
from socialbot.disclosure.labels import all_labels

GENERATED, ASSISTED = [("text", "generated")], [("text", "assisted")]
IMAGES, ALTERED = [("images", "generated")], [("images", "edited")]
BOTH = [("images", "generated"), ("text", "generated")]
EXAMPLES = Path(__file__).parents[2].parent / "shared" / "examples"

SIGNED = {
    "da": [
        ("Denne artikel er skrevet af AI.", GENERATED),
        ("Teksten er genereret af ChatGPT", GENERATED),
        ("Bemærk: Dette indlæg er skrevet med hjælp fra kunstig intelligens.", ASSISTED),
        ("Billederne er lavet med Midjourney.", IMAGES),
        ("Artiklen er AI-genereret", GENERATED),
        ("Skrevet af AI og redigeret af Jane Doe", GENERATED),
    ],
    "nb": [
        ("Denne artikkelen er skrevet av KI.", GENERATED),
        ("Teksten er generert av ChatGPT", GENERATED),
        ("Innlegget er skrevet ved hjelp av kunstig intelligens.", ASSISTED),
        ("Bildene er laget med KI.", IMAGES),
        ("Artikkelen er KI-generert.", GENERATED),
    ],
    "fi": [
        ("Tämä artikkeli on tekoälyn kirjoittama.", GENERATED),
        ("Tämän tekstin on kirjoittanut ChatGPT.", GENERATED),
        ("Kirjoitettu tekoälyn avulla", ASSISTED),
        ("Kuvat on luotu tekoälyllä.", IMAGES),
        ("Kuva: tekoäly", IMAGES),
        ("Artikkeli on kirjoitettu ChatGPT:llä", GENERATED),
    ],
    "pl": [
        ("Ten artykuł został napisany przez AI.", GENERATED),
        ("Tekst wygenerowany przez ChatGPT", GENERATED),
        ("Ten wpis napisała sztuczna inteligencja.", GENERATED),
        ("Artykuł napisany z pomocą ChatGPT.", ASSISTED),
        ("Grafiki wygenerowane przez AI", IMAGES),
        ("Autorem tego tekstu jest AI.", GENERATED),
    ],
    "cs": [
        ("Tento článek napsala AI.", GENERATED),
        ("Text byl vytvořen pomocí umělé inteligence.", GENERATED),
        ("Článek vygeneroval ChatGPT", GENERATED),
        ("Text napsán s pomocí ChatGPT", ASSISTED),
        ("Obrázky vytvořila AI.", IMAGES),
    ],
    "uk": [
        ("Цю статтю написав ШІ.", GENERATED),
        ("Текст створено штучним інтелектом", GENERATED),
        ("Допис згенеровано за допомогою ChatGPT.", GENERATED),
        ("Цей текст написано за допомогою штучного інтелекту.", ASSISTED),
        ("Ілюстрації створено ШІ", IMAGES),
        ("Фото згенеровано ШІ", IMAGES),
    ],
    "el": [
        ("Αυτό το άρθρο γράφτηκε από AI.", GENERATED),
        ("Το κείμενο δημιουργήθηκε από τεχνητή νοημοσύνη", GENERATED),
        ("Το άρθρο έχει γραφτεί με τη βοήθεια του ChatGPT.", ASSISTED),
        ("Το άρθρο έχει γραφτεί με τη βοήθεια της τεχνητής νοημοσύνης.", ASSISTED),
        ("Οι εικόνες δημιουργήθηκαν με τη χρήση ΤΝ.", IMAGES),
        ("Γράφτηκε από το ChatGPT", GENERATED),
    ],
    "tr": [
        ("Bu makale yapay zekâ tarafından yazıldı.", GENERATED),
        ("Bu yazı ChatGPT ile oluşturulmuştur.", GENERATED),
        ("İçerik yapay zeka tarafından üretilmiştir", GENERATED),
        ("Bu metin ChatGPT yardımıyla yazıldı.", ASSISTED),
        ("Görseller yapay zekâ ile oluşturuldu.", IMAGES),
    ],
    "id": [
        ("Artikel ini ditulis oleh AI.", GENERATED),
        ("Konten ini dihasilkan oleh kecerdasan buatan", GENERATED),
        ("Tulisan ini dibuat dengan bantuan ChatGPT.", ASSISTED),
        ("Gambar dibuat menggunakan AI", IMAGES),
        ("Catatan: artikel ini dibuat oleh ChatGPT dan disunting oleh redaksi.", GENERATED),
    ],
    "vi": [
        ("Bài viết này do AI viết.", GENERATED),
        ("Bài viết được tạo bởi ChatGPT", GENERATED),
        ("Nội dung này được tạo ra bởi trí tuệ nhân tạo.", GENERATED),
        ("Bài viết được viết với sự hỗ trợ của AI.", ASSISTED),
        ("Hình ảnh được tạo bằng Midjourney.", IMAGES),
    ],
    "ar": [
        ("كتب هذا المقال الذكاء الاصطناعي.", GENERATED),
        ("كُتبت هذه المقالة بواسطة ChatGPT", GENERATED),
        ("تم إنشاء هذا المحتوى باستخدام الذكاء الاصطناعي.", GENERATED),
        ("تمت كتابة هذا النص بمساعدة الذكاء الاصطناعي.", ASSISTED),
        ("تم توليد الصور بواسطة الذكاء الاصطناعي", IMAGES),
    ],
    "hi": [
        ("यह लेख AI ने लिखा है।", GENERATED),
        ("यह लेख एआई द्वारा लिखा गया है।", GENERATED),
        ("यह पोस्ट ChatGPT द्वारा जनरेट की गई है", GENERATED),
        ("यह लेख AI की मदद से लिखा गया है।", ASSISTED),
        ("ये तस्वीरें AI से बनाई गई हैं।", IMAGES),
    ],
    "zh-Hans": [
        ("本文由AI撰写。", GENERATED),
        ("本文内容由人工智能生成，仅供参考。", GENERATED),
        ("这篇文章是由 ChatGPT 写的。", GENERATED),
        ("本文由AI协助完成", ASSISTED),
        ("本文由AI辅助创作。", ASSISTED),
        ("文中图片均由AI生成", IMAGES),
        ("以上内容为AI生成", GENERATED),
        ("文字和图片由AI生成", BOTH),
    ],
    "zh-Hant": [
        ("本文由 AI 撰寫。", GENERATED),
        ("這篇文章是由 ChatGPT 生成的。", GENERATED),
        ("本文使用人工智慧撰寫", GENERATED),
        ("本文由 AI 輔助撰寫。", ASSISTED),
        ("圖片由 Midjourney 生成", IMAGES),
    ],
    "ja": [
        ("この記事はAIによって生成されました。", GENERATED),
        ("この記事はＡＩが書きました。", GENERATED),
        ("本記事はChatGPTを使用して作成しました", GENERATED),
        ("※この記事の作成には生成AIを使用しています。", ASSISTED),
        ("この記事はAIの支援を受けて執筆しました。", ASSISTED),
        ("画像はAIで生成しています。", IMAGES),
        ("AIが書いた記事です。", GENERATED),
        ("AIが作成しました", GENERATED),
        ("この記事はGPT-4oによって作成されました。", GENERATED),
    ],
    "ko": [
        ("이 글은 AI가 작성하였습니다.", GENERATED),
        ("이 기사는 인공지능으로 작성되었습니다.", GENERATED),
        ("본 콘텐츠는 ChatGPT를 활용하여 제작되었습니다", GENERATED),
        ("이 글은 AI의 도움을 받아 작성했습니다.", ASSISTED),
        ("이미지는 AI로 생성했습니다.", IMAGES),
        ("AI가 작성한 기사입니다.", GENERATED),
        ("본 기사는 인공지능(AI)이 자동으로 작성했습니다", GENERATED),
        ("이 글은 GPT-4가 작성했습니다.", GENERATED),
    ],
}
ABOUT = {
    "da": [
        "AI har skrevet mange artikler i år.",
        "Denne artikel er ikke skrevet af AI.",
        "Er denne artikel skrevet af AI?",
        "Denne artikel er skrevet af AI-forskeren Jane Doe.",
        "Denne artikel er skrevet om AI.",
        "»Denne artikel er skrevet af AI,« stod der på skiltet.",
        "Tekster skrevet af AI bliver bedre.",
        "Denne artikel er skrevet af et menneske, uden AI.",
        "Teksten er skrevet af AI, troede vi.",
    ],
    "nb": [
        "KI har skrevet mange artikler i år.",
        "Denne artikkelen er ikke skrevet av KI.",
        "Er denne artikkelen skrevet av KI?",
        "Denne artikkelen er skrevet av KI-forskeren Jane Doe.",
        "Artikkelen er skrevet om KI.",
        "«Teksten er skrevet av KI» sto det på plakaten.",
        "Bilder laget med KI er overalt.",
        "Foto: KI-foreningen",
        "Teksten er skrevet av KI/ML-ingeniør Jane Doe",
    ],
    "fi": [
        "Tekoäly kirjoittaa yhä enemmän tekstejä.",
        "Tätä artikkelia ei ole kirjoittanut tekoäly.",
        "Onko tämä artikkeli tekoälyn kirjoittama?",
        "Tämä artikkeli on tekoälyn asiantuntijan kirjoittama.",
        "Tämä teksti kertoo tekoälystä.",
        "”Teksti on kirjoitettu tekoälyllä”, luki kyltissä.",
        "Tekoälyn kirjoittama teksti on usein tylsää.",
        "Artikkeli on kirjoitettu ilman tekoälyä.",
    ],
    "pl": [
        "AI napisała już wiele artykułów.",
        "Ten artykuł nie został napisany przez AI.",
        "Czy ten tekst napisała AI?",
        "Ten artykuł został napisany przez eksperta od AI.",
        "Tekst napisany przez AI Devs",
        "„Tekst napisany przez AI” – głosił napis.",
        "Obrazy wygenerowane przez AI są wszędzie.",
        "Ten tekst jest o sztucznej inteligencji.",
    ],
    "cs": [
        "AI napsala už mnoho článků.",
        "Tento článek nenapsala AI.",
        "Napsala tento článek AI?",
        "Tento článek napsala expertka na AI.",
        "Tento text byl napsán bez pomoci AI.",
        "„Tento text napsala AI,“ stálo na ceduli.",
        "Text napsala AI specialistka Jana.",
        "Obrázky vytvořené pomocí AI jsou všude.",
    ],
    "uk": [
        "ШІ написав уже багато статей.",
        "Цю статтю написав не ШІ.",
        "Чи написав цю статтю ШІ?",
        "Цю статтю написав експерт зі ШІ.",
        "Цей текст написано без допомоги ШІ.",
        "«Текст написано ШІ», — стояло на табличці.",
        "Зображення, створені ШІ, усюди.",
        "Цей текст про штучний інтелект.",
    ],
    "el": [
        "Η AI έχει γράψει πολλά άρθρα.",
        "Αυτό το άρθρο δεν γράφτηκε από AI.",
        "Αυτό το άρθρο γράφτηκε από AI;",
        "Αυτό το άρθρο γράφτηκε από ειδικό στην AI.",
        "Το άρθρο γράφτηκε χωρίς τεχνητή νοημοσύνη.",
        "«Το κείμενο γράφτηκε από AI» έγραφε η πινακίδα.",
        "Εικόνες που δημιουργήθηκαν με AI είναι παντού.",
    ],
    "tr": [
        "Yapay zekâ bu yıl birçok makale yazdı.",
        "Bu makale yapay zekâ tarafından yazılmadı.",
        "Bu makale yapay zekâ tarafından mı yazıldı?",
        "Bu makale yapay zekâ tarafından yazıldı mı, bilmiyoruz.",
        "Bu makale yapay zekâ uzmanı tarafından yazıldı.",
        "“Metin yapay zekâ tarafından yazıldı” diyordu tabela.",
        "Yapay zekâ tarafından yazılan metinler çoğalıyor.",
    ],
    "id": [
        "AI telah menulis banyak artikel tahun ini.",
        "Artikel ini tidak ditulis oleh AI.",
        "Apakah artikel ini ditulis oleh AI?",
        "Artikel ini ditulis oleh ahli AI.",
        "Artikel ini ditulis oleh AI Foundation",
        "“Artikel ini ditulis oleh AI,” kata papan itu.",
        "Gambar dibuat dengan AI ada di mana-mana.",
        "Artikel ini ditulis tanpa AI.",
    ],
    "vi": [
        "AI đã viết nhiều bài báo trong năm nay.",
        "Bài viết này không do AI viết.",
        "Bài viết này có phải do AI viết?",
        "Bài viết này do ai viết",
        "Bài viết này do chuyên gia AI viết.",
        "“Bài viết này do AI viết” là dòng chữ trên bảng.",
        "Hình ảnh tạo bằng AI có ở khắp nơi.",
        "Bài viết này nói về trí tuệ nhân tạo.",
        "Viết bằng AI",
    ],
    "ar": [
        "كتب الذكاء الاصطناعي مقالات كثيرة هذا العام.",
        "لم يكتب هذا المقال الذكاء الاصطناعي.",
        "هل كُتب هذا المقال بواسطة الذكاء الاصطناعي؟",
        "كُتب هذا المقال عن الذكاء الاصطناعي.",
        "كتب هذا المقال خبير في الذكاء الاصطناعي.",
        "«كُتب هذا النص بواسطة الذكاء الاصطناعي» هكذا قالت اللافتة.",
        "الصور المنشأة بالذكاء الاصطناعي في كل مكان.",
        "إنشاء الصور بالذكاء الاصطناعي",
        "كتب الذكاء الاصطناعي",
    ],
    "hi": [
        "AI ने इस साल कई लेख लिखे हैं।",
        "यह लेख AI ने नहीं लिखा है।",
        "क्या यह लेख AI ने लिखा है?",
        "यह लेख AI विशेषज्ञ ने लिखा है।",
        "यह लेख AI के बारे में लिखा गया है।",
        "“यह लेख AI ने लिखा है” बोर्ड पर लिखा था।",
        "AI से बनाई गई तस्वीरें हर जगह हैं।",
    ],
    "zh-Hans": [
        "AI今年写了很多文章。",
        "本文不是由AI撰写的。",
        "本文并非由AI生成。",
        "本文是由AI写的吗？",
        "本文由AI专家撰写。",
        "“本文由AI生成”这句话引发争议。",
        "图片由AI生成的时代来了。",
        "本文介绍由人工智能生成的内容。",
    ],
    "zh-Hant": [
        "AI 今年寫了很多文章。",
        "本文不是由 AI 撰寫的。",
        "本文並非由 AI 生成。",
        "本文是由 AI 寫的嗎？",
        "本文由 AI 專家撰寫。",
        "「本文由 AI 生成」這句話引起爭議。",
        "圖片由 AI 生成的時代來了。",
    ],
    "ja": [
        "AIは今年、多くの記事を書きました。",
        "この記事はAIが書いたものではありません。",
        "この記事はAIが書いたのでしょうか？",
        "この記事はAIの専門家が書きました。",
        "この記事はAIについて書きました。",
        "「この記事はAIが書きました」と書かれていた。",
        "AIが書いた記事が増えています。",
        "画像はAIで生成される時代になった。",
        "この記事はAIを使わずに書きました。",
        "この記事の作成にAIは使用していません。",
        "AIで自動生成",
    ],
    "ko": [
        "AI는 올해 많은 글을 썼습니다.",
        "이 글은 AI가 작성하지 않았습니다.",
        "이 글은 AI가 작성했을까요?",
        "이 글은 AI 전문가가 작성했습니다.",
        "이 글은 AI에 대해 작성했습니다.",
        "“이 글은 AI가 작성했습니다”라는 문구가 있었다.",
        "AI가 작성한 기사가 늘고 있습니다.",
        "AI가 작성한 기사입니다만 믿기 어렵다는 말이 있다.",
    ],
}
"""Sentences about AI, questions, denials and quotations."""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("*Generated by cre8 auto-blogger + Unsplash*", GENERATED),
        ("_Generated by fogbank auto-blogger_", GENERATED),
        ("Written by AI.", GENERATED),
        ("This article was written by ChatGPT and edited by Jane Doe.", GENERATED),
        ("This post was automatically generated by GPT-4o", GENERATED),
        ("Disclosure: This article was generated by artificial intelligence.", GENERATED),
        ("Generated by Claude", GENERATED),
        ("This article was partly written by AI", ASSISTED),
        ("Written with the help of AI", ASSISTED),
        ("Written by Jane Doe with ChatGPT.", ASSISTED),
        ("Dieser Text wurde von einer KI geschrieben.", GENERATED),
        ("Mit KI erstellt", GENERATED),
        ("Cet article a été rédigé par une IA.", GENERATED),
        ("Este artículo ha sido generado por IA.", GENERATED),
        ("Questo articolo è stato scritto dall’IA.", GENERATED),
        ("Este texto foi gerado por IA.", GENERATED),
        ("Dit artikel is geschreven door AI.", GENERATED),
        ("Den här texten är skriven av AI.", GENERATED),
        ("Images generated by Midjourney", [("images", "generated")]),
        ("Photos edited with AI", [("images", "edited")]),
        ("Image: generated with Midjourney", [("images", "generated")]),
        ("Image credit: DALL-E 3", [("images", "generated")]),
        ("Text and images generated by AI.", [("images", "generated"), ("text", "generated")]),
        ("Dieser Beitrag wurde mit KI-Unterstützung verfasst.", ASSISTED),
        ("Deze tekst is door AI geschreven", GENERATED),
        ("文章はAIが作成", GENERATED),
    ],
)
def test_a_signature_is_read(line: str, said: list[tuple[str, str]]) -> None:
    assert read(line) == said


@pytest.mark.parametrize(
    "line",
    [
        "Generated by Hugo",
        "Generated by Doxygen 1.9",
        "Written by Claude Monet",
        "Written by Claude",
        "Reviewed by our editors",
        "Written by AI reporter Jane Doe",
        "AI has written many articles this year.",
        "H&M has opted for AI-generated avatars, known as digital clones.",
        "This text was not written by AI.",
        "This article was written by a human, without AI.",
        "Who knows whether this was written by AI?",
        "Follow us for more on AI-generated fashion",
        "Written by Aidan",
        "Written by Ai Weiwei",
        "Photos: AI Now Institute",
        "Generated by Hugo with the AI theme",
        "Generated by AI: what photographers should know",
        "Images generated by AI are everywhere",
        "This article explores images generated by AI.",
        "Created by people who use AI every day at work",
        "Photos: Unsplash",
        "Collaborate with AI: Consider partnering with artificial intelligence tools.",
        "",
    ],
)
def test_what_is_no_signature_says_nothing(line: str) -> None:
    assert read(line) == []


def test_the_same_words_in_the_middle_of_a_sentence_say_nothing() -> None:
    assert read("The brochure says: generated by AI") == []
    assert read("Generated by AI " + "and much more " * 20) == []
    assert read("Generated by AI. " + "There is much more to say. " * 10) == []
    assert read("Written by AI. Or was it?") == []


@pytest.mark.parametrize("language", sorted(all_labels()))
def test_our_own_label_written_by_hand_is_a_signature_in_every_language(language: str) -> None:
    texts = all_labels()[language]
    assert read(texts["text_gen"]) == GENERATED
    assert read(f"*{texts['L_text_gen']}*") == GENERATED
    assert read(f"{texts['text_gen']} · {texts['img_gen']}") == [("text", "generated"), ("images", "generated")]


@pytest.mark.parametrize("language", sorted(all_labels()))
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("text_trans", [("translated", "yes")]),
        ("short_trans", [("translated", "yes")]),
        ("badge_gen", GENERATED),
        ("badge_edit", ALTERED),
        ("twin", [("person", "digital_twin")]),
        ("synth", [("person", "invented")]),
    ],
)
def test_our_own_few_words_and_those_on_persons_and_translations_are_read_too(
    language: str, key: str, said: list[tuple[str, str]]
) -> None:
    texts = all_labels()[language]
    assert read(texts[key]) == said
    assert f"L_{key}" not in texts or read(texts[f"L_{key}"]) == said


def test_every_label_of_ours_says_something_by_hand() -> None:
    assert [(tag, key) for tag, texts in all_labels().items() for key, text in texts.items() if not read(text)] == []


@pytest.mark.parametrize(("language", "line", "said"), [(tag, *one) for tag, ones in SIGNED.items() for one in ones])
def test_a_signature_is_read_in_each_language(language: str, line: str, said: list[tuple[str, str]]) -> None:
    assert read(line) == said
    assert read(f"*{line}*") == said


@pytest.mark.parametrize(("language", "line"), [(tag, one) for tag, ones in ABOUT.items() for one in ones])
def test_what_is_only_about_ai_is_no_signature_in_any_language(language: str, line: str) -> None:
    assert read(line) == []


def test_each_language_of_the_labels_has_signatures_and_sentences_about_ai() -> None:
    others = all_labels().keys() - {"en", "fr", "de", "es", "it", "pt-BR", "nl", "sv"}
    assert SIGNED.keys() == ABOUT.keys() == others
    assert min(map(len, SIGNED.values())) >= 4 and min(map(len, ABOUT.values())) >= 6


@given(st.text(max_size=300))
def test_any_line_can_be_read(line: str) -> None:
    assert all(facet in ("text", "images", "translated", "person") for facet, _ in read(line))


parts = [
    part
    for ones in (*ABOUT.values(), *SIGNED.values())
    for one in ones
    for part in (one if isinstance(one, str) else one[0]).split()
]


@settings(max_examples=500)
@given(st.lists(st.sampled_from(parts), max_size=12).map(" ".join))
def test_any_words_of_a_signature_can_be_read_in_any_order(line: str) -> None:
    assert all(facet in ("text", "images", "translated", "person") for facet, _ in read(line))


def test_nothing_in_the_bodies_of_real_posts_about_ai_is_a_signature() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip("the folder of real posts is absent")
    lines = [line for path in EXAMPLES.glob("*.*") for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if read(line)] == ["*Generated by cre8 auto-blogger + Unsplash*"]
