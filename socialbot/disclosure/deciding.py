"""From the evidence to the disclosure: what AI did, and whether the post must wait for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import regex

from socialbot.disclosure import footer
from socialbot.disclosure.facets import IMAGE, PERSON, TEXT, strongest
from socialbot.nouns import Disclosure, Evidence, Held, ImageFacet, Mistake, Override, Picture, Post
from socialbot.settings import AiDefault

_NO_CONSENT = Held(
    "It shows a digital twin of a real person, and the front matter tells no place where that person's consent is filed.",
    "Write ai: {person: digital_twin, consent: …}. A reference has a number, a day or a link: contract 4711, email of "
    "2026-11-01, https://example.org/release. It is never published.",
)
_REFERENCE = regex.compile(r"https?://\S+\.\S+|(?![\d.,\s]{1,3}$).*\p{N}.*", regex.I | regex.S)
"""Without a number, a day or a link nothing can be found again; a lone figure is an answer ("1", "2.0") and no number."""
_REFUSAL = regex.compile(
    # Only where they begin the text, for inside it they are other words: "contract no. 4711".
    r"\A(?:no|non|na|ne|nie|nein|nej|nei|nee|n[aã]o|ei|ní|não|pas|sin|sem|не|ні|нет|όχι|لا|ليس)\b"
    r"|\b(?:not|none|never|nobody|nothing|without|lack(?:s|ing)?|un(?:signed|known|clear|confirmed)|refus(?:ed|al|es)|den(?:ied|ies)"
    r"|declin(?:ed|es)|reject(?:ed|s)|withdr(?:awn|ew)|revok(?:ed|es)|expired|invalid|void|cancell?ed|missing|absent|request(?:ed)?"
    r"|ask(?:ed|ing)?|pending|await(?:ed|ing)?|waiting|outstanding|tb[acd]|todo|to be"
    r"|nicht|keine?[rns]?|ohne|abgelehnt|verweigert|widerrufen|zurückgezogen|abgelaufen|angefragt|ausstehend|fehlt|unbekannt"
    r"|sans|aucune?|refusée?|retirée?|révoquée?|expirée?|demandée?|en attente|inconnue?"
    r"|ning[uú]na?|rechazad[oa]|denegad[oa]|retirad[oa]|revocad[oa]|caducad[oa]|pendiente|solicitad[oa]"
    r"|senza|nessun[oa]?|rifiutat[oa]|negat[oa]|revocat[oa]|ritirat[oa]|scadut[oa]|in attesa|richiest[oa]"
    r"|nenhuma?|recusad[oa]|negad[oa]|revogad[oa]|expirad[oa]|pendente"
    r"|niet|geen|zonder|geweigerd|ingetrokken|verlopen|aangevraagd"
    r"|inte|ingen|inget|utan|nekat|nekad|återkallat|ikke|uden|uten|afvist|avslått|trukket"
    r"|ilman|evätty|peruttu|pyydetty|brak|bez|odmow\w+|odmówi\w+|cofnięt\w+|wycofan\w+|není|odmítnut\w*|odvolán\w*"
    r"|yok|değil|reddedildi|iptal|bekliyor|немає|без|відмов\w+|відклик\w+|χωρίς|δεν|καμία|بدون|مرفوض|नहीं|बिना"
    r"|tidak|tanpa|belum|ditolak|ditarik|không|chưa|từ chối)\b"
    r"|[无無没沒]|未(?!来|來)|不(?!动|動)|拒[绝絕否]|撤[回销銷]|なし|待ち|없음|거부|거절|철회|대기",
    regex.I,
)
"""No, and not yet: in English, and the plain words of the labels' other languages."""
_CONSENT_MAX = 1000
"""Code points; what is longer is no reference."""
_NO_OVERRIDE = Override(by="", reason="")
_LISTED = 10


def decide(post: Post, seen: Sequence[Sequence[Evidence]], default: AiDefault, today: date | None = None) -> Disclosure:
    """What AI did to `post`, and on which evidence.

    `seen[i]` is the evidence in the file of `post.pictures[i]`, for the facet `image_name(i)`. Evidence only raises a facet:
    a front matter that says "none" does not outweigh a generator's own footer. A person's recorded override alone lowers one.
    The site's default is no evidence but what to assume; it counts for a facet of which the front matter says nothing.
    A review of a day that is still to come after `today` (UTC) is none.

    Raises ValueError when the lengths differ, and Mistake when the override excepts a picture that the post does not have.
    """
    override = post.ai.override or _NO_OVERRIDE
    _check_exceptions(override, post)
    # `today` is a day in UTC; east of there it may be tomorrow already.
    reviewed = post.ai.review is not None and (today is None or post.ai.review.at <= today + timedelta(days=1))
    evidence = [*_evidence(post, seen, reviewed), *_assumptions(post, default)]
    text = override.text or strongest(TEXT, _values(evidence, "text"))
    images = tuple(
        _overridden(override, picture) or strongest(IMAGE, _values(evidence, image_name(index)))
        for index, picture in enumerate(post.pictures)
    )
    person = override.person or strongest(PERSON, _values(evidence, "person"))
    decided = {"text": text, "person": person} | {image_name(index): image for index, image in enumerate(images)}
    overrides = list(_overrides(override, post.pictures))
    lowered = {one.facet for one in overrides}
    return Disclosure(
        text=text,
        translated="yes" in _values(evidence, "translated"),
        reviewed=reviewed,
        images=images,
        realistic=tuple(_realistic(post, picture) for picture in post.pictures),
        person=person,
        commercial=post.ai.commercial,
        evidence=(*(_weighed(one, decided, one.facet in lowered) for one in evidence), *overrides),
        held=_NO_CONSENT if person == "digital_twin" and not _consent(post) else None,
    )


def _check_exceptions(override: Override, post: Post) -> None:
    """A picture that is misspelt beside a word on all of them would silently be lowered with the others."""
    there = [picture.src for picture in post.pictures]
    strangers = sorted(override.pictures.keys() - set(there))
    if override.images and strangers:
        what = f"the override excepts {strangers[0][:120]}, and no picture of the post has this src"
        listed = ", ".join(src[:120] for src in there[:_LISTED]) + (" …" if len(there) > _LISTED else "")
        raise Mistake(what, where=post.source, fix=f"pictures: {listed}" if there else "the post has no picture")


def _evidence(post: Post, seen: Sequence[Sequence[Evidence]], reviewed: bool) -> Iterator[Evidence]:
    """Every reason for a facet's value, strongest witness first."""
    yield from _authors_word(post, reviewed)
    for _, found in zip(post.pictures, seen, strict=True):
        yield from found
    for line in post.closing_lines:
        for facet, value in footer.read(line):
            for name in map(image_name, range(len(post.pictures))) if facet == "images" else [facet]:
                yield Evidence(name, value, "footer", f'its closing line "{line.strip()}"')


def _authors_word(post: Post, reviewed: bool) -> Iterator[Evidence]:
    """What the front matter says, the names and references in it left out: a disclosure may be shown to anybody."""
    ai = post.ai
    if ai.text:
        yield _said("text", ai.text, "ai.text")
    if ai.translated is not None:
        yield _said("translated", _yes(ai.translated), "ai.translated")
    if ai.review and reviewed:
        yield Evidence("review", "recorded", "front matter", "a person's review, its day and who answers for it are on record")
    elif ai.review:
        yield Evidence("review", "none", "front matter", "the review's day is still to come, and it counts for nothing")
    for index, picture in enumerate(post.pictures):
        name = image_name(index)
        if ai.images:
            yield _said(name, ai.images, "ai.images")
        if picture.ai:
            yield _said(name, picture.ai, f"ai of {picture.src}")
        realistic = _realistic(post, picture)
        if realistic is not None:
            where = "ai.realistic" if picture.realistic is None else f"realistic of {picture.src}"
            yield _said(f"{name} realistic", _yes(realistic), where)
    if ai.person:
        yield _said("person", ai.person, "ai.person", " (consent is on file)" if _consent(post) else "")
    if ai.commercial:
        yield _said("commercial", ai.commercial, "commercial")


def _said(facet: str, value: str, key: str, more: str = "") -> Evidence:
    return Evidence(facet, value, "front matter", f"{key}: {value}{more}")


def _yes(word: bool) -> str:
    return "yes" if word else "no"


def _assumptions(post: Post, default: AiDefault) -> Iterator[Evidence]:
    if default.text != "unknown" and not post.ai.text:
        yield Evidence("text", default.text, "site", f"site.ai.text: {default.text}")
    for index, picture in enumerate(post.pictures):
        if default.images != "unknown" and not post.ai.images and not picture.ai:
            yield Evidence(image_name(index), default.images, "site", f"site.ai.images: {default.images}")


def _overrides(override: Override, pictures: Sequence[Picture]) -> Iterator[Evidence]:
    """A line for each facet that the override decides: that somebody said so, never who or why."""
    images = {image_name(index): _overridden(override, picture) for index, picture in enumerate(pictures)}
    for facet, value in {"text": override.text, **images, "person": override.person}.items():
        if value:
            yield Evidence(facet, value, "override", "a person's word, with a reason, is on record")


def _overridden(override: Override, picture: Picture) -> ImageFacet | None:
    return override.pictures.get(picture.src, override.images)


def _realistic(post: Post, picture: Picture) -> bool | None:
    return post.ai.realistic if picture.realistic is None else picture.realistic


def _values(evidence: Sequence[Evidence], facet: str) -> list[str]:
    return [one.value for one in evidence if one.facet == facet]


def image_name(index: int) -> str:
    """The name of the facet of a post's picture, counted from 0 here and from 1 in the name."""
    return f"image {index + 1}"


def _consent(post: Post) -> bool:
    """Is there a reference to a consent? In doubt there is none: the label would claim that a real person agreed."""
    consent = (post.ai.consent or "").replace("_", " ").strip()
    return len(consent) <= _CONSENT_MAX and bool(_REFERENCE.fullmatch(consent)) and not _REFUSAL.search(consent)


def _weighed(one: Evidence, decided: Mapping[str, str], overridden: bool) -> Evidence:
    """Evidence as it is told in the end: with a note where something else was decided."""
    value = decided.get(one.facet, one.value)
    if one.value == value:
        return one
    if overridden:
        return replace(one, detail=f"{one.detail}, set aside by a person's recorded word")
    if one.origin == "front matter":
        return replace(one, detail=f"{one.detail}, outweighed: evidence only raises, and other evidence says {value}")
    return one
