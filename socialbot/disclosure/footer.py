"""Reads the signature of a generator in a post's closing lines. Text that is only about AI is never evidence.

A line counts when it is short, begins with the phrase, and has finished its statement after the generator's name: "Written by
AI and edited by Jane" has, "Written by AI reporter Jane" has not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

import regex

from socialbot.disclosure.footer_words import GRAMMARS, NOTE, STATEMENTS, Grammar, Statement
from socialbot.disclosure.labels import BETWEEN, all_labels

Said = tuple[str, str]
"""A facet, "text", "translated", "person" or "images" (all of them), and its value."""

_SHORT_LINE = 160
"""Code points; a longer line is a paragraph."""

_LABEL_SAYS: Mapping[str, tuple[Said, ...]] = {
    "text_gen": (("text", "generated"),),
    "text_reviewed": (("text", "generated"),),  # that it was reviewed is a claim, and no record
    "text_assist": (("text", "assisted"),),
    "img_gen": (("images", "generated"),),
    "img_edit": (("images", "edited"),),
    "both_gen": (("text", "generated"), ("images", "generated")),
    "text_trans": (("translated", "yes"),),
    "short_trans": (("translated", "yes"),),
    "badge_gen": (("text", "generated"),),  # under a text it is of the text
    "badge_edit": (("images", "edited"),),
    "twin": (("person", "digital_twin"),),  # whose consent is a claim, and no record
    "synth": (("person", "invented"),),
}
"""What our own labels say, by the keys of their phrases; the sentences, and those of several pictures, say the same."""

_PREFACE = r"(?:(?:ai |editor's |author's )?(?:note|notice|disclosure|disclaimer|hinweis|nota|opmerking|aviso) ?[:–—-] ?)?"
_WRITER = (
    r"\b(?-i:AI|ai|IA|KI)\b|\b(?-i:A\.I\.|I\.A\.)|artificial intelligence|intelligence artificielle|intelligenza artificiale"
    r"|intelig[eê]ncia artificial|künstlichen? intelligenz|kunstmatige intelligentie|artificiell intelligens"
    r"|\bauto-?blogg(?:er|ing)\b|\b(?:chat)?gpt(?:-?\d[\w.]*)?\b|\b(?:openai|anthropic|copilot|gemini|llama|mistral|grok|deepseek)\b"
    r"|\bllms?\b|language models?\b|\bchatbot\b"
)
_PAINTER = r"\b(?:midjourney|dall[-·. ]?e|stable diffusion|firefly|ideogram|nano banana)\b"
_NAMESAKE = r"\bclaude\b"
"""A generator that shares its name with people: "Written by Claude" may be a person's byline."""
_MODEL = (
    r"(?:[ -](?:v?\d[\w.]*|opus|sonnet|haiku|code|pro|flash|turbo|writing|content|text|language|image|powered|based"
    r"|générative|generativa|generatieve|modell?e?n?s?|tools?|systems?|assistants?|bots?|software|engine|writer|generator|agents?"
    r"|autoblogger|auto-blogger)\b){0,4}(?:(?: [a-z]+){0,2} (?:bot|tool|assistant|system|software|generator|agent)\b)?"
)
_HELP = r"(?:[ -]?(?P<help>help|assistance|support|unterstützung|hilfe|hulp|ondersteuning|hjälp|stöd)\b)?"
_MAKER = regex.compile(
    rf"(?:{_WRITER}|(?P<painter>{_PAINTER})|(?P<namesake>{_NAMESAKE})(?P<model>{_MODEL})){_MODEL}{_HELP}", regex.I
)

_WORD_AI, _WORD_KI = (rf"(?<![A-Za-z])(?-i:{word})(?![A-Za-z])" for word in ("AI", "KI"))
_BY_NAME = (
    r"(?:chat ?gpt|gpt-?\d(?:\.?[A-Za-z\d]){0,8}|openai|gemini|copilot|llama|mistral|grok|deepseek"
    r"|claude(?= (?:ai|\d|opus|sonnet|haiku)))"
    r"(?:[ -](?:\d[\d.]*o?|ai|opus|sonnet|haiku|pro|flash|turbo|mini|plus)(?![A-Za-z])){0,3}"
)
_STATED = r"(?= ?(?:$|[。।|+(]|[.!](?!\w)))"
"""The end of a statement: behind it may stand more, and nothing that the statement depends on."""
_MAKER_STATED = regex.compile(
    rf"{_WORD_AI}|{_WORD_KI}|{_BY_NAME}|{_PAINTER}|(?-i:ШІ|ΤΝ)|kunstig intelligens|tekoäly|inteligencj|inteligenc[eí]|штучн"
    r"|νοημοσύνη|yapay zek|kecerdasan|trí tuệ nhân tạo|ذكاء|एआई|इंटेलिजेंस|बुद्धिमत्ता|人工|模型|인공",
    regex.I,
)

# Before the generator's name these turn the phrase round ("not AI") or make the name part of something else ("fans of AI").
_TURN = regex.compile(
    r"[.,;:!()\"“”|](?!\w)|\b(?:not?|never|without|non|nicht|kein\w*|ohne|pas|sans|sin|senza|não|sem|niet|geen|zonder|inte|utan"
    r"|humans?|people|for|about|on|who|that|from|at|in|of|than|and|with|using|via|by|für|über|und|pour|sur|para|sobre|su|voor|över)\b",
    regex.I,
)
_ALIFS = str.maketrans("أإآى", "اااي")
_ASKED = regex.compile(r"[?？؟\u037E]")
_NAME_WORDS = 5
_EDITED_BY = r"(?:edited|reviewed|checked|curated|proofread|verified|fact-checked|published)\b"
_END = regex.compile(
    r"(?:-(?:generated|generiert|gegenereerd|generera[dt]e?))? ?"
    rf"(?:$|[.!;|+&/(]|(?:in|on|am|le|el|op|den) \d|[,–—-] ?{_EDITED_BY}|, (?:images?|photos?|pictures?|bilder|fotos?)\b"
    rf"|,? ?\b(?:and|then|und|et|y|e|en|och|by|using|with|via) (?:\p{{Lu}}|an? |{_EDITED_BY}))"
)


def read(line: str) -> list[Said]:
    """What a closing line says AI made: nothing, for nearly every line."""
    return [said for part in _plain(line).split(BETWEEN) for said in _read_part(part)]


def _read_part(line: str) -> list[Said]:
    if len(line) > _SHORT_LINE or _ASKED.search(line):
        return []
    if said := _labels_said().get(_key(line)):
        return list(said)
    if said_so := _stated(line):
        return said_so
    if not _MAKER.search(line):
        return []
    for pattern, verb_after in _patterns():
        if (begun := pattern.match(line)) and (said_so := list(_finish(begun, line[begun.end() :], verb_after))):
            return said_so
    return []


def _finish(begun: regex.Match[str], rest: str, verb_after: regex.Pattern[str] | None) -> Iterator[Said]:
    """Read on behind "This text was written by": the generator's name, and the end of the statement."""
    maker = _MAKER.search(rest)
    if not maker or _TURN.search(rest, 0, maker.start()) or rest.count(" ", 0, maker.start()) > _NAME_WORDS:
        return
    said = begun.groupdict()
    end = maker.end()
    if verb_after:
        verb = verb_after.match(rest, end)
        if not verb:
            return
        said |= verb.groupdict()
        end = verb.end()
    if not _END.match(rest, end) or (maker["namesake"] and not (said.get("generated") or maker["model"])):
        return
    of_pictures = said.get("pictures") or (maker["painter"] and not said.get("text"))
    if of_pictures:
        yield "images", "edited" if said.get("edited") else "generated"
    if not said.get("edited") and (said.get("text") or not of_pictures):
        helped = said.get("help") or said.get("partly") or maker["help"] or (said.get("person") and not said["generated"])
        yield "text", "assisted" if helped else "generated"


def _stated(line: str) -> list[Said]:
    """What a line says in the languages that are read by whole statements."""
    line = _bare(line)
    if not _MAKER_STATED.search(line):
        return []
    return next((list(_in_statement(found.groupdict())) for one in _statements() if (found := one.match(line))), [])


def _in_statement(said: Mapping[str, str | None]) -> Iterator[Said]:
    if said.get("pictures") or (said.get("painter") and not said.get("text")):
        yield "images", "edited" if said.get("edited") else "generated"
    if not said.get("edited") and (said.get("text") or not (said.get("pictures") or said.get("painter"))):
        yield "text", "assisted" if said.get("help") and not said.get("generated") else "generated"


@cache
def _statements() -> tuple[regex.Pattern[str], ...]:
    return tuple(_compiled(_bare(NOTE + pattern)) for words in STATEMENTS for pattern in _orders(words))


def _orders(words: Statement) -> Iterator[str]:
    """Each order of a language as one pattern, from the line's start to where the statement is finished."""
    pictures = rf"(?P<pictures>{words.pictures})"
    subject = rf"(?:(?P<text>{words.texts})(?: ?(?:{words.conjunction}) ?{pictures})?|{pictures})"
    ai = words.ai.replace("{AI}", _WORD_AI).replace("{KI}", _WORD_KI)
    parts = {
        "{S}": subject,
        "{M}": rf"(?:(?:{ai})(?: ?\((?:{_WORD_AI}|{_WORD_KI})\)| {_BY_NAME})?|{_BY_NAME}|(?P<painter>{_PAINTER}))",
        "{V}": rf"(?:(?P<generated>{words.generated})|(?:{words.written})|(?P<edited>{words.edited}))",
        "{H}": rf"(?P<help>{words.help})",
        "{AI}": _WORD_AI,
        "{KI}": _WORD_KI,
    }
    for order in (*words.orders, rf"{pictures} ?: ?(?:{ai}|chat ?gpt|{_PAINTER})"):
        for sign, part in parts.items():
            order = order.replace(sign, part)
        yield rf"(?:{order})(?:{_STATED}|{words.then})"


@cache
def _patterns() -> tuple[tuple[regex.Pattern[str], regex.Pattern[str] | None], ...]:
    """The beginnings of a signature in each language, with the verb that follows the name where it comes last."""
    return tuple(pattern for grammar in GRAMMARS for pattern in _beginnings(grammar))


def _beginnings(words: Grammar) -> Iterator[tuple[regex.Pattern[str], regex.Pattern[str] | None]]:
    this = rf"{_PREFACE}(?:(?:{words.this}) )*"
    subject = (
        rf"{this}(?:(?P<text>{words.texts})(?: (?:{words.conjunction}) (?P<pictures>{words.pictures}))?"
        rf"|(?P<pictures>{words.pictures}))(?: \w+ (?:{words.this}) \w+)?:?(?: (?:{words.being}))? "
    )
    partly = rf"(?P<partly>{words.partly})"
    verb = rf"(?:(?P<generated>{words.generated})|{words.written}|(?P<edited>{words.edited}))"
    by = rf"(?:(?P<help>{words.by_help_of})|(?P<person>{words.by_person_with})|(?:{words.by}))(?: |(?<='))"
    yield _compiled(rf"(?:{subject}|{_PREFACE})(?:{partly} )?{verb}(?: {partly})? {by}"), None
    yield _compiled(rf"{this}(?P<pictures>{words.pictures})(?: credits?)?(?:: | (?:{words.by}) )"), None
    yield _compiled(subject), _compiled(rf"-{verb}")
    if words.verb_last:
        yield _compiled(rf"(?:{subject}|{_PREFACE})(?:{partly} )?{by}"), _compiled(rf" {verb}")


def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.I)


@cache
def _labels_said() -> Mapping[str, tuple[Said, ...]]:
    """Our own labels, written under a post by hand, are evidence in every language we know."""
    own = {
        _key(texts[written]): said
        for texts in all_labels().values()
        for key, said in _LABEL_SAYS.items()
        for written in (key, f"{key}_pl", f"L_{key}", f"L_{key}_pl")
        if written in texts
    }
    return own | {f"ai-generated {noun}": (("text", "generated"),) for noun in ("text", "article", "post", "content")}


def _plain(line: str) -> str:
    """The line without HTML tags, Markdown and ornaments, with plain apostrophes and single spaces."""
    line = regex.sub(r"<[^<>]{0,200}>", " ", line[: 4 * _SHORT_LINE])
    line = regex.sub(r"\[([^\[\]]*)\]\([^()\s]*\)", r"\1", line)
    line = line.replace("’", "'").replace("\u2011", "-").translate({ord(mark): None for mark in "*_~`"})
    plain: str = regex.sub(r"^[^\p{L}\p{N}]+", "", " ".join(line.split()))
    return plain


def _bare(line: str) -> str:
    """NFKC, so that full-width letters and signs are plain ones; Arabic without vowel signs, and each alif bare."""
    return regex.sub(r"[\u0640\u064B-\u0652]", "", unicodedata.normalize("NFKC", line)).translate(_ALIFS)


def _key(line: str) -> str:
    return line.replace("’", "'").rstrip(" .。।").casefold()
