"""The words in which a post's last lines say what made it, in eight languages: fragments of regular expressions.

Every other language of the label table is read by its label texts alone; see `footer.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

NEVER = r"(?!)"


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one language says "this text was (partly) written by AI (with the help of AI)"."""

    this: str
    texts: str
    pictures: str
    conjunction: str
    being: str
    partly: str
    generated: str
    """Participles that only a machine earns."""
    written: str
    """Participles that people earn too."""
    edited: str
    """Participles for altered pictures."""
    by: str
    by_help_of: str
    by_person_with: str = NEVER
    """"by Jane Doe with …": a person wrote, a machine helped."""
    verb_last: bool = False


GRAMMARS = (
    Grammar(
        this=r"this|these|the|all|some|our|my",
        texts=r"texts?|articles?|posts?|blog posts?|stor(?:y|ies)|content|page|summary|report",
        pictures=r"images?|photos?|photographs?|pictures?|illustrations?|artwork|graphics|visuals",
        conjunction="and|&",
        being=r"was|is|were|are|has been|have been",
        partly=r"partly|partially|in part",
        generated=r"(?:auto-?|automatically |entirely )?generated",
        written=r"(?:entirely )?(?:written|created|produced|drafted|composed|authored|made)",
        edited=r"edited|altered|modified|retouched",
        by=r"(?:entirely |automatically )?(?:by|with|using|via)",
        by_help_of=r"(?:by [^.,;:]{1,40},? )?with (?:the |some )?(?:help|assistance|aid|support) (?:of|from)",
        by_person_with=r"by [^.,;:]{1,40} (?:with|using)",
    ),
    Grammar(
        this=r"diese[rsmn]?|der|die|das|den|alle",
        texts=r"texte?|artikel|beitr(?:ag|äge)|blogbeitrag|inhalte?",
        pictures=r"bild(?:er)?|fotos?|illustration(?:en)?|grafiken",
        conjunction="und",
        being=r"wurden?|ist|sind",
        partly=r"teilweise|zum teil",
        generated=r"(?:automatisch )?(?:generiert|erzeugt)",
        written=r"geschrieben|verfasst|erstellt",
        edited=r"bearbeitet|verändert",
        by=r"von|durch|mit|mittels",
        by_help_of=r"(?:mit hilfe|mithilfe|unter verwendung) (?:von|eine[rs]|der|des)|mit unterstützung (?:von|durch|eine[rs])",
        verb_last=True,
    ),
    Grammar(
        this=r"cet|cette|ces?|les?|la|toutes les",
        texts=r"textes?|articles?|billet|contenu|publication",
        pictures=r"images?|photos?|photographies|illustrations?",
        conjunction="et",
        being=r"a été|ont été|est|sont",
        partly=r"partiellement|en partie",
        generated=r"(?:automatiquement )?générée?s?(?: automatiquement)?",
        written=r"écrite?s?|rédigée?s?|créée?s?|produite?s?",
        edited=r"modifiée?s?|retouchée?s?",
        by=r"par|avec|via",
        by_help_of=r"(?:avec|à) l'(?:aide|assistance) (?:de|d')",
    ),
    Grammar(
        this=r"est[ea]s?|el|la|los|las",
        texts=r"textos?|artículo|entrada|publicación|contenido|post",
        pictures=r"im[aá]gen(?:es)?|fotos?|fotografías?|ilustraci(?:ón|ones)",
        conjunction="y|e",
        being=r"ha sido|han sido|fue(?:ron)?|está|se ha",
        partly=r"parcialmente|en parte",
        generated=r"(?:automáticamente )?generad[oa]s?(?: automáticamente)?",
        written=r"escrit[oa]s?|redactad[oa]s?|cread[oa]s?|elaborad[oa]s?",
        edited=r"editad[oa]s?|modificad[oa]s?|retocad[oa]s?",
        by=r"por|con|mediante",
        by_help_of=r"con (?:la )?(?:ayuda|asistencia) del?",
    ),
    Grammar(
        this=r"quest[oaei]|il|la|le|i|gli",
        texts=r"test[oi]|articol[oi]|post|contenuto",
        pictures=r"immagin[ei]|foto|fotografie|illustrazion[ei]",
        conjunction="e",
        being=r"è stat[oa]|sono stat[ei]|è|sono",
        partly=r"parzialmente|in parte",
        generated=r"(?:automaticamente )?generat[oaei](?: automaticamente)?",
        written=r"scritt[oaei]|redatt[oaei]|creat[oaei]|prodott[oaei]",
        edited=r"modificat[oaei]|ritoccat[oaei]",
        by=r"da|dal|dalla|dall'|con|con la|con l'|tramite",
        by_help_of=r"con (?:l'aiuto|il supporto|l'assistenza) (?:di|del|della|dell')",
    ),
    Grammar(
        this=r"est[ea]s?|[oa]s?",
        texts=r"textos?|artigos?|post|publicação|conteúdo",
        pictures=r"image(?:m|ns)|fotos?|fotografias?|ilustraç(?:ão|ões)",
        conjunction="e",
        being=r"foi|foram|é|são",
        partly=r"parcialmente|em parte",
        generated=r"(?:automaticamente )?gerad[oa]s?(?: automaticamente)?",
        written=r"escrit[oa]s?|redigid[oa]s?|criad[oa]s?|produzid[oa]s?",
        edited=r"editad[oa]s?|modificad[oa]s?|retocad[oa]s?",
        by=r"por|pela|com|com a|via",
        by_help_of=r"com (?:[oa] )?(?:ajuda|auxílio|apoio|assistência) (?:de|da|do)",
    ),
    Grammar(
        this=r"deze|dit|de|het|alle",
        texts=r"tekst(?:en)?|artikel(?:en)?|bericht|blog(?:post)?|inhoud",
        pictures=r"beeld(?:en)?|afbeelding(?:en)?|foto's|foto|illustraties?",
        conjunction="en",
        being=r"is|zijn|werd(?:en)?",
        partly=r"deels|gedeeltelijk",
        generated=r"(?:automatisch )?gegenereerd",
        written=r"geschreven|gemaakt|opgesteld|gecreëerd",
        edited=r"bewerkt|aangepast",
        by=r"door|met|via",
        by_help_of=r"met (?:de )?hulp van|met behulp van",
        verb_last=True,
    ),
    Grammar(
        this=r"den här|det här|de här|denna|detta|dessa|alla",
        texts=r"text(?:en|er|erna)?|artikel(?:n)?|inlägg(?:et)?|innehåll(?:et)?",
        pictures=r"bild(?:en|er|erna)?|foton?|illustration(?:en|er)?",
        conjunction="och",
        being=r"är|har|blev",
        partly=r"delvis",
        generated=r"(?:automatiskt )?(?:genererad|genererade|genererat|genererats)",
        written=r"skriv(?:en|et|na|its)|skrevs|skap(?:ad|ade|at|ats)|producera(?:d|de|t|ts)",
        edited=r"redigera(?:d|de|t|ts)|ändra(?:d|de|t|ts)|retuschera(?:d|de|t|ts)",
        by=r"av|med|via",
        by_help_of=r"med (?:hjälp|stöd) av",
    ),
)
