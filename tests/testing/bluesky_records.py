"""Records that Bluesky refuses: to prove the fake, and the fake against the real server."""

from __future__ import annotations

from typing import Any

TEXT = "Grüße 🌫️ https://example.org/a #Nebel"
URL, TAG = "https://example.org/a", "Nebel"
FACET = "app.bsky.richtext.facet"


def facet(shown: str, **feature: str) -> dict[str, Any]:
    start = TEXT.encode().index(shown.encode())
    return at_bytes(start, start + len(shown.encode()), **feature)


def at_bytes(start: int, end: int, **feature: str) -> dict[str, Any]:
    kind = {"uri": "link", "tag": "tag", "did": "mention"}[next(iter(feature))]
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [{"$type": f"{FACET}#{kind}", **feature}]}


def record(**changes: Any) -> dict[str, Any]:
    """A good record, but for what is changed; a value of None takes the key away."""
    plain = {
        "$type": "app.bsky.feed.post",
        "text": TEXT,
        "createdAt": "2026-11-21T08:00:00.000Z",
        "langs": ["de"],
        "facets": [facet(URL, uri=URL), facet(f"#{TAG}", tag=TAG)],
    }
    return {key: value for key, value in (plain | changes).items() if value is not None}


def images(*each: dict[str, Any]) -> dict[str, Any]:
    return {"$type": "app.bsky.embed.images", "images": list(each)}


def image(blob: Any, width: int = 60, height: int = 40, **changes: Any) -> dict[str, Any]:
    plain = {"image": blob, "alt": "Nebel", "aspectRatio": {"width": width, "height": height}}
    return {key: value for key, value in (plain | changes).items() if value is not None}


def card(blob: Any, **changes: Any) -> dict[str, Any]:
    external = {"uri": URL, "title": "Nebel", "description": "", "thumb": blob} | changes
    external = {key: value for key, value in external.items() if value is not None}
    return {"$type": "app.bsky.embed.external", "external": external}


def labels(*values: dict[str, str]) -> dict[str, Any]:
    return {"$type": "com.atproto.label.defs#selfLabels", "values": list(values)}


def refused_by_both(blob: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Broken records, each with words of the real server's answer. `blob` is an uploaded JPEG of 60×40 pixels."""
    lost = blob | {"ref": {"$link": "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"}}
    return {
        "301 graphemes": (record(text="ä" * 301, facets=None), "grapheme too big (maximum 300, got 301) at $.record.text"),
        "3001 bytes": (record(text="👨‍👩‍👧‍👦" * 121, facets=None), "string too big (maximum 3000, got 3025) at $.record.text"),
        "another type": (record(**{"$type": "app.bsky.feed.like"}), "Invalid $type: expected app.bsky.feed.post"),
        "a number for text": (record(text=7, facets=None), "Expected string value type (got 7) at $.record.text"),
        "text for a list": (record(langs="de"), 'Expected array value type (got "de") at $.record.langs'),
        "text for an image": (record(embed=images("x")), 'Expected object value type (got "x")'),  # type: ignore[arg-type]
        "nobody mentioned": (record(facets=[facet("Grüße", did="nobody")]), 'Invalid DID (got "nobody")'),
        "an empty label": (record(labels=labels({})), 'Missing required key "val" at $.record.labels.values[0]'),
        "no text": (record(text=None, facets=None), 'Missing required key "text"'),
        "no time": (record(createdAt=None), 'Missing required key "createdAt"'),
        "a date": (record(createdAt="2026-11-21"), 'Invalid datetime (got "2026-11-21") at $.record.createdAt'),
        "no zone": (record(createdAt="2026-11-21T08:00:00"), "Invalid datetime"),
        "four languages": (record(langs=["de", "en", "fr", "it"]), "array too big (maximum 3, got 4) at $.record.langs"),
        "a language's name": (record(langs=["german language"]), 'Invalid language (got "german language")'),
        "nine tags": (record(tags=["a"] * 9), "array too big (maximum 8, got 9) at $.record.tags"),
        "a long tag": (record(tags=["a" * 65]), "grapheme too big (maximum 64, got 65) at $.record.tags[0]"),
        "a negative offset": (record(facets=[at_bytes(-1, 3, tag="a")]), "integer too small (minimum 0, got -1)"),
        "no uri": (record(facets=[facet(URL, uri="not a uri")]), 'Invalid uri (got "not a uri")'),
        "five images": (record(embed=images(*[image(blob)] * 5)), "array too big (maximum 4, got 5)"),
        "no alt": (record(embed=images(image(blob, alt=None))), 'Missing required key "alt" at $.record.embed.images[0]'),
        "no width": (record(embed=images(image(blob, width=0))), "integer too small (minimum 1, got 0)"),
        "a float": (record(embed=images(image(blob, width=1.5))), "value type (got 1.5)"),  # type: ignore[arg-type]
        "a lost blob": (record(embed=images(image(lost))), "Could not find blob"),
        "a card of no description": (record(embed=card(blob, description=None)), 'Missing required key "description"'),
    }


def refused_by_the_fake(blob: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Mistakes that the real server lets through, and readers then see."""
    link = TEXT.encode().index(URL.encode())
    return {
        "an unknown key": record(title="Nebel"),
        "no words and no embed": record(text=" ", facets=None),
        "a facet past the end": record(facets=[at_bytes(link, 200, uri=URL)]),
        "a facet of no length": record(facets=[at_bytes(link, link, uri=URL)]),
        "code points for bytes": record(facets=[at_bytes(TEXT.index(URL), TEXT.index(URL) + len(URL), uri=URL)]),
        "half a character": record(facets=[at_bytes(3, 6, tag="a")]),
        "a space in the link": record(facets=[at_bytes(link - 1, link + len(URL), uri=URL)]),
        "a space in a link of words": record(facets=[facet("Grüße ", uri=URL)]),
        "two features on one facet": record(
            facets=[facet("Grüße", uri=URL) | {"features": facet("x", uri=URL)["features"] * 2}]
        ),
        "an unknown feature": record(facets=[facet("Grüße", uri=URL) | {"features": [{"$type": f"{FACET}#bold"}]}]),
        "an unknown label": record(labels=labels({"val": "ai"})),
        "another link than shown": record(facets=[facet(URL, uri="https://example.org/b")]),
        "another tag than shown": record(facets=[facet(f"#{TAG}", tag="Dunst")]),
        "facets out of order": record(facets=[facet(f"#{TAG}", tag=TAG), facet(URL, uri=URL)]),
        "facets over each other": record(facets=[facet(URL, uri=URL), facet(URL, uri=URL)]),
        "a tag with its sign": record(tags=["#Nebel"]),
        "a false ratio": record(embed=images(image(blob, 40, 60))),
        "no ratio": record(embed=images(image(blob, aspectRatio=None))),
        "a false size": record(embed=images(image(blob | {"size": 1}))),
        "a false type": record(embed=images(image(blob | {"mimeType": "image/png"}))),
        "no images": record(embed=images()),
        "an unknown embed": record(embed={"$type": "app.bsky.embed.video"}),
    }


def profile(**changes: Any) -> dict[str, Any]:
    """A good profile with these changes."""
    return {"$type": "app.bsky.actor.profile", "displayName": "Nebel", **changes}


def profiles_refused_by_both(blob: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Broken profiles, each with words of the real server's answer. `blob` is an uploaded JPEG."""
    lost = blob | {"ref": {"$link": "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"}}
    return {
        "another type": (profile(**{"$type": "app.bsky.feed.like"}), "Invalid $type: expected app.bsky.actor.profile"),
        "a long name": (profile(displayName="x" * 65), "grapheme too big (maximum 64, got 65) at $.record.displayName"),
        "a number for words": (profile(description=7), "Expected string value type (got 7) at $.record.description"),
        "long words": (profile(description="x" * 257), "grapheme too big (maximum 256, got 257) at $.record.description"),
        "long pronouns": (profile(pronouns="x" * 21), "grapheme too big (maximum 20, got 21) at $.record.pronouns"),
        "no address": (profile(website="no uri"), 'Invalid uri (got "no uri") at $.record.website'),
        "a year": (profile(createdAt="2026"), 'Invalid datetime (got "2026") at $.record.createdAt'),
        "a lost picture": (profile(avatar=lost), "Could not find blob"),
        "nothing for labels": (profile(labels=None), 'Expected an object which includes the "$type" property'),
        "labels without type": (profile(labels={"values": []}), 'Expected an object which includes the "$type" property'),
        "no values": (profile(labels={"$type": "com.atproto.label.defs#selfLabels"}), 'Missing required key "values"'),
        "an empty label": (profile(labels=labels({})), 'Missing required key "val" at $.record.labels.values[0]'),
        "a long label": (profile(labels=labels({"val": "x" * 129})), "string too big (maximum 128, got 129)"),
        "eleven labels": (
            profile(labels=labels(*[{"val": "bot"}] * 11)),
            "array too big (maximum 10, got 11) at $.record.labels.values",
        ),
    }


def profiles_taken_by_both(blob: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Good profiles, unusual ones among them."""
    return {
        "nothing in it": {"$type": "app.bsky.actor.profile"},
        "a picture": profile(avatar=blob, banner=blob),
        "keys of other programs": profile(**{"com.example.mood": {"fog": [1, None, True, "ä"]}}),
        "labels of another kind": profile(labels={"$type": "com.example.labels", "values": 7}),
        "a label of one's own": profile(labels=labels({"val": "bot", "since": "May"}, {"val": "anything"})),
    }
