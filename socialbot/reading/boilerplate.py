"""Lines that stand around an article and tell nothing of it: bylines, credits, dates, cookies, "Read more".

In English and, modestly, in German, French, Spanish, Italian, Portuguese and Dutch.
"""

from __future__ import annotations

import regex

from socialbot.reading.words import ends_sentence

_LONGEST = 400
"""Code points; a longer paragraph tells something."""
_TAIL = 200
"""Code points at the end of a summary in which "Continue reading …" is looked for."""

_NAME = r"(?-i:\p{Lu}[\p{L}\p{M}.'’-]*+)"
_NAMES = rf"{_NAME}(?: (?:(?:de|da|di|du|del|van|von|der|den|la|le|bin|al|dos) ){{0,2}}{_NAME}){{0,4}}+"
_BY = r"(?:by|von|par|por|di|da|door)"
_DATE = r"(?:\p{L}{1,12}[.,]? ){0,2}+\d{1,4}(?:[./ ,:-]{1,2}[\p{L}\d]{1,12}){0,5}\.?$"
_PICTURE = (
    r"(?:(?:cover|featured|header|hero|lead|main|title) )?(?:photo(?:graph)?s?|pictures?|images?|illustrations?|artwork|video)"
    r"|(?:titel|beitrags)?bild(?:er)?|fotos?|imagen(?:es)?|immagin[ei]|image(?:m|ns)|beeld|afbeelding|crédits?(?: photos?)?"
)
_AFFILIATED = (
    r"[^.!?]{0,100}?\b(?:contains?|includes?|uses?|has|have|enthält|enthalten|contient|contiennent|contienen?|contengono|contém"
    r"|contêm|bevat(?:ten)?)\b[^.!?]{0,40}?\b(?:affil|afilia)"
)
_COOKIES = (
    r"(?:(?:we|this (?:web)?site|our (?:web)?site) (?:and our partners )?uses?|(?:wir|diese (?:web)?(?:site|seite)) "
    r"(?:verwende[nt]|nutz(?:t|en))|(?:nous|ce site) utilis(?:e|ons)|(?:este sitio(?: web)?|esta web|este site) (?:usa|utiliza)"
    r"|usamos|utilizamos|questo sito(?: web)? (?:usa|utilizza)|utilizziamo|(?:wij|we|deze (?:web)?site) gebruik(?:t|en))"
    r"[^.!?]{0,20}? cookies?\b"
)
_LINES = (
    # A byline, alone or with a role or a date behind it; a dateline without its story.
    rf"(?:(?:written|words|text|story|posted|published|reported|edited|guest post) )?{_BY}:? {_NAMES}"
    rf"(?:(?:, | & | (?:and|und|et|y|e|en) ){_NAMES}){{0,3}}+(?:\.?$| ?[|•·–—(,][^.!?]{{0,80}}$)",
    rf"{_NAMES}(?:, [^.!?—–]{{1,40}}?)?(?: \([^()]{{1,40}}\))? ?[—–-]{{1,2}}$",
    rf"(?:{_PICTURE})(?: credits?| source)?(?: ?[:©|]| (?:{_BY}|courtesy of|via|de) (?:(?>{_NAME}|@[\w.]+|\d{{1,4}}|[/|&©()–—-]"
    r"|(?:on|via|from|for|and|of|the|by|at|auf|bei|und|sur|et|en|y|su|e|em|op)\b)[ ,/.]*+){1,15}+$)",
    r"(?:(?:last|first|originally|zuletzt|dernière) )?(?:updated?|modified|reviewed|published|posted|aktualisiert"
    r"|veröffentlicht|stand|mise? à jour|publié|actualizado|publicado|aggiornato|pubblicato|atualizado|bijgewerkt|gepubliceerd)"
    rf"(?: on| at| am| le| el| il| em| op)?:? {_DATE}",
    r"(?:estimated )?(?:read(?:ing)? time|lesezeit|lesedauer|temps de lecture|tiempo de lectura|tempo di lettura"
    r"|tempo de leitura|leestijd)\b[^.!?]{0,30}\.?$",
    r"(?:about |approx\. |~ ?)?\d{1,3}[ -]min(?:ute[ns]?|\.)? (?:read|lesezeit|de lecture|de lectura|di lettura|de leitura"
    r"|leestijd|lezen)\b[^.!?]{0,30}$",
    r"(?:table of contents|contents|on this page|in this (?:article|post|guide)|jump to(?: recipe)?|skip to (?:main )?content"
    r"|inhalt(?:sverzeichnis)?|in diesem (?:artikel|beitrag)|sommaire|table des matières|índice|(?:tabla de )?contenidos"
    r"|indice(?: dei contenuti)?|sommario|sumário|inhoud(?:sopgave)?|advertisement|werbung|anzeige|publicité|publicidad"
    r"|pubblicità|publicidade|advertentie) ?:?$",
    _AFFILIATED,
    _COOKIES,
    r"(?:affiliate |full |advertising )?(?:disclosure|disclaimer|editor[’']s note) ?[:–—-]|as an amazon associate",
    r"[^.!?]{0,60}?\b(?:i|we) (?:may )?(?:earn|receive|get) an? (?:small )?(?:affiliate )?commission\b",
    # What asks for something, and what a site files under.
    r"if you (?:like[d]?|enjoy(?:ed)?|loved?|found) (?:this|my|our)\b|(?:please )?(?:share|like) this (?:post|article|story)\b"
    r"|subscribe (?:to|now|here|for)\b|sign up (?:for|to) (?:our|my|the)\b|follow (?:me|us) on\b|click here\b"
    r"|(?:please )?enable javascript\b",
    r"(?:this )?(?:(?:post|article|story) )?(?:was |is )?(?:originally|first) (?:published|appeared|posted)\b",
    r"(?:©|\(c\)|copyright) |all rights reserved|(?:tags?|filed under|categor(?:y|ies)|posted in|sources?|quellen?|related) ?:"
    r"|(?:read|see) also\b|lesen sie auch\b|[àa] lire aussi\b|lee también\b|leggi anche\b|leia também\b|lees ook\b",
    r"welcome to (?:my|our|the) (?:new )?(?:blog|(?:web)?site|homepage)\b|just another wordpress\b|lorem ipsum\b",
    # A generator's own words, which the label tells.
    r"(?:this (?:post|article|text|content|story|page) (?:was|is|has been) )?(?:automatically |auto-?)?"
    r"(?:generated|(?:partly )?(?:written|created|drafted|made)(?=[^.!?]{0,40}?(?:\b(?-i:AI)\b|gpt|artificial intelligence)))"
    r" (?:by|with|using)\b",
)
_BOILERPLATE = regex.compile("|".join(_LINES), regex.IGNORECASE)
_ORNAMENT = regex.compile(r"^[^\p{L}\p{N}©@(]++")

_NOTE_MARK = regex.compile(r"[ \u00a0]?\[(?:\^[\w-]{1,30}|[1-9]\d{0,2})\](?![(:]|\[[^\d^])")
_READ_ON = regex.compile(
    r"(?:(?:^|(?<=[.!?…\])»”\"'’]))\s*|\s++(?-i:(?=\p{Lu}))|\s*(?=[(\[]))[(\[]?"
    r"(?:\bmore(?=\s?(?:…|\.{3})?[)\]])|read (?:more|on|the (?:full|whole|rest|complete|entire)\b[^.!?]{0,60})"
    r"|continue reading\b[^!?]{0,120}|keep reading|learn more|weiter ?lesen|mehr (?:lesen|erfahren)|lire (?:la suite|plus)"
    r"|en savoir plus|(?:leer|saber) más|seguir leyendo|continua a leggere|leggi (?:tutto|di più)|ler mais|leia mais|saiba mais"
    r"|continue lendo|lees (?:meer|verder)|meer lezen)\s*(?:…|\.{1,3}|[:→»›>])*\s*[)\]]?$",
    regex.IGNORECASE,
)
_BRACKETED_CUT = regex.compile(r"\s*(?:\[\s?(?:…|\.{2,3})\s?\]|\((?:…|\.{3})\))$")


def is_boilerplate(text: str) -> bool:
    """Whether a paragraph or description is a note of the site's household and no part of what the article tells."""
    return len(text) <= _LONGEST and _BOILERPLATE.match(_ORNAMENT.sub("", text)) is not None


def without_notes(text: str) -> str:
    """The text without the marks of its footnotes, [1] and [^fog]."""
    return _NOTE_MARK.sub("", text).strip() if "[" in text else text


def without_read_on(text: str) -> tuple[str, bool]:
    """An excerpt without the "Read more" or "[…]" it ends in, and whether a machine may have cut it off in mid-sentence.

    Where it was, an ellipsis stands instead of brackets.
    """
    for _ in range(2):
        head, tail = text[:-_TAIL], text[-_TAIL:]
        text = head + _READ_ON.sub("", tail).rstrip()
    bare = _BRACKETED_CUT.sub("", text)
    if bare == text:
        return text, not ends_sentence(text) or text.endswith(("…", "..."))
    return (bare, False) if ends_sentence(bare) else (bare.rstrip(" ,;:–—-") + "…", True)
