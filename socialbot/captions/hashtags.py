"""From a site's tags to hashtags that people and screen readers can read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import islice

import regex

_MAX_WORDS, _MAX_GRAPHEMES = 4, 30
"""A hashtag of more words or graphemes is not read at a glance, so it is left out: our choice, no network's."""
_MAX_BYTES = 640
"""Bluesky's lexicon app.bsky.richtext.facet, 2026-11."""
_TAGS_READ, _TAG_READ = 500, 200
"""Of a site's tags the first 500 are read, of each the first 200 code points: more is no tag."""

_SPOKEN = {"++": " PlusPlus ", "#": " Sharp ", ".net": "DotNet", ".js": " JS "}
_TO_SPEAK = regex.compile(
    r"(?<=\p{L})\+\+(?!\+)|(?<=(?<![^\s/])\p{L})#(?![^\s/])|(?<![^\s/])\.net(?![^\s/])|(?<=\w)\.js(?![^\s/])", regex.IGNORECASE
)
_BETWEEN_WORDS = regex.compile(r"[\s_/\p{Pd}]+")
# Letters, decimal digits and marks, but none of the marks that belong to a symbol: what X (twitter-text 3.1), Mastodon
# (app/models/tag.rb) and Bluesky (packages/api/src/rich-text/util.ts) all take into a hashtag, as of 2026-08.
_NOT_IN_A_TAG = regex.compile(r"[^\p{L}\p{M}\p{Nd}]+|[\p{Me}\p{Variation_Selector}]+")
_LEADING_MARKS = regex.compile(r"^\p{M}+")
_RAISED_DIGIT = regex.compile(r"\p{No}")
_PERSIAN_JOINT = regex.compile(r"(?<=\p{Arabic})\u200c(?=\p{Arabic})")
_LETTER = regex.compile(r"\p{L}")
_CLUSTER = regex.compile(r"\X")
# Capitals show where words meet. Letters that have none need "_" there, unless their script sets no spaces; so do digits.
_CASELESS = r"[[\p{Lo}\p{Lm}\p{M}\p{Georgian}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
_NEEDLESS_JOINT = regex.compile(rf"_(?!(?<={_CASELESS}_){_CASELESS}|(?<=\p{{Nd}}_)\p{{Nd}})", regex.VERSION1)

_TAGGED = regex.compile(r"[#＃](?<![^\s(].)([\p{L}\p{M}\p{N}_·]++)")
_ACCENTS = regex.compile(r"[\u0300-\u036f]+")


def make(tags: Iterable[str], text: str, most: int) -> list[str]:
    """At most `most` hashtags, each with its "#", in the order of `tags`; none that `text` already carries.

    "digital clones" becomes "#DigitalClones", "H&M" "#HM", "C++" "#CPlusPlus". Left out is what would have no letter, more than
    four words or more than 30 graphemes; what differs from one before it only in case, accents or an English plural; and
    the names of a site's own drawers ("blog", "uncategorized").
    """
    tagged = _TAGGED.findall(text) if "#" in text or "＃" in text else []
    taken = {_singular(_folded(tag)) for tag in tagged}
    made: list[str] = []
    for tag in islice(tags, _TAGS_READ):
        if len(made) >= most:
            break
        word = _one_word(tag[:_TAG_READ])
        folded = _folded(word)
        key = _singular(folded)
        if word and folded not in _UNTELLING and key not in taken:
            taken.add(key)
            made.append(f"#{word}")
    return made


def _one_word(tag: str) -> str:
    """The tag as one word, "" when no hashtag is to be made of it."""
    words = tag.split()
    if not (tag.isascii() and all(map(str.isalnum, words))):
        words = _words(tag)
    if not words or len(words) > _MAX_WORDS:
        return ""
    word = words[0]
    if len(words) > 1:
        word = _NEEDLESS_JOINT.sub("", "_".join(map(_capitalised, words)))
    return word if _LETTER.search(word) and _is_short(word) else ""


def _words(tag: str) -> list[str]:
    """The tag's words, of nothing but what may stand in a hashtag."""
    tag = _TO_SPEAK.sub(lambda found: _SPOKEN[found[0].lower()], tag)
    if not tag.isascii():
        # In Persian the zero-width non-joiner parts what "_" parts in a hashtag; elsewhere it is spelling that Bluesky refuses.
        tag = unicodedata.normalize("NFC", _PERSIAN_JOINT.sub(" ", tag))
        tag = _RAISED_DIGIT.sub(lambda found: str(unicodedata.digit(found[0], "")), tag)
    parts = (part if part.isascii() and part.isalnum() else _cleaned(part) for part in _BETWEEN_WORDS.split(tag))
    return [part for part in parts if part]


def _cleaned(part: str) -> str:
    return str(_LEADING_MARKS.sub("", _NOT_IN_A_TAG.sub("", part)))


def _capitalised(word: str) -> str:
    """With a capital, unless it has one. Georgian's capitals never begin a word, so title case leaves it as it is."""
    return word[0].title() + word[1:] if word.islower() else word


def _is_short(word: str) -> bool:
    if len(word) <= _MAX_GRAPHEMES:
        return True
    return len(_CLUSTER.findall(word)) <= _MAX_GRAPHEMES and len(word.encode()) <= _MAX_BYTES


def _folded(word: str) -> str:
    """`word` without case, "_" and accents."""
    if word.isascii():
        return word.lower().replace("_", "")
    return str(_ACCENTS.sub("", unicodedata.normalize("NFD", word.casefold().replace("_", ""))))


def _singular(folded: str) -> str:
    """The same for an English word and its plural; no need to be a word itself ("movies" and "movie" become "movy")."""
    if folded.endswith("s") and len(folded) > 3 and not folded.endswith(("ss", "us", "is")):
        folded = folded[:-2] if folded.endswith(("sses", "xes", "ches", "shes")) else folded[:-1]
    return f"{folded[:-2]}y" if folded.endswith("ie") else folded


_DRAWERS = """
all article articles blog blogs blogpost blogposts category default draft drafts featured general home
homepage latest latestnews misc miscellaneous new news other page pages popular post posts recent sticky trending
uncategorised uncategorized unsorted untagged update updates
aktuell aktuelles allgemein allgemeines artikel beitrag beiträge blogbeitrag entwurf nachrichten neues neuigkeiten
nichtkategorisiert ohnekategorie sonstige sonstiges startseite unkategorisiert verschiedenes
accueil actu actualité actualités alaune billet brouillon divers noncatégorisé nonclassé nouvelles
actualidad artículo artículos borrador destacado destacados entrada entradas inicio noticia noticias sincategoría varios
artigo artigos destaque destaques geral notícias postagem postagens rascunho semcategoria
articoli articolo bozza generale inevidenza notizie senzacategoria varie
algemeen artikelen bericht berichten geencategorie nieuws overig
allmänt generelt inlägg nyheder nyheter okategoriserad okategoriserade ukategorisert ukategoriseret uutiset yleinen
aktualności aktuality artykuły bezkategorii nezařazené novinky ogólne wpis wpisy
genel güncel haber haberler kategorisiz berita takberkategori umum chưaphânloại tintức
безрубрики блог главная новини новости общее разное статьи γενικά νέα
أخبار عام غيرمصنف مدونة חדשות כללי समाचार सामान्य
お知らせ その他 ブログ 未分類 記事 其他 博客 文章 未分类 首页 공지 미분류 블로그 일반
"""
"""Names of a site's own drawers, of no use to a reader: in English, then by language, without spaces."""
_UNTELLING = frozenset(map(_folded, _DRAWERS.split()))
