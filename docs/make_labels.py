"""Write docs/labels.md from the label texts. Run: python docs/make_labels.py"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path

from socialbot import networks
from socialbot.captions.counting import measure
from socialbot.disclosure.labels import Length, all_labels, badge, line
from socialbot.nouns import Disclosure

DOCS = Path(__file__).parent
LENGTHS: Mapping[Length, str] = {"short": "a few words", "medium": "a phrase", "long": "a sentence"}
FACTS: Mapping[str, Disclosure] = {
    "AI wrote the text": Disclosure(text="generated"),
    "the same, reviewed": Disclosure(text="generated", reviewed=True),
    "AI helped with the text": Disclosure(text="assisted"),
    "AI translated the text": Disclosure(translated=True),
    "AI made the picture": Disclosure(images=("generated",)),
    "AI made the pictures": Disclosure(images=("generated",) * 2),
    "AI altered the picture": Disclosure(images=("edited",)),
    "AI altered the pictures": Disclosure(images=("edited",) * 2),
    "AI made text and picture": Disclosure(text="generated", images=("generated",)),
    "AI made text and pictures": Disclosure(text="generated", images=("generated",) * 2),
    "a digital twin": Disclosure(person="digital_twin"),
    "an invented person": Disclosure(person="invented"),
}
X = networks.limits_of("x")
UNITS: Mapping[str, Callable[[str], int]] = {
    "as X counts": lambda text: measure(text, X),
    "bytes of UTF-8": lambda text: len(text.encode()),
}
HEAD = """\
# Label texts

How a caption, an alt text and a badge say what AI did, in 24 languages. This page is written by `docs/make_labels.py` from
`socialbot/disclosure/labels.json`. The words are our own. **A native speaker's check of them is still due.**

## How a line is made

- One line: of the text, then of the pictures, then of the person, a " · " between them. Sentences follow one another as
  sentences do.
- Where AI wrote the text and made every picture that goes out, one wording says both.
- One picture or several goes by how many AI made, or altered, of those that go out. What is partly AI's counts as made.
- That an invented person is not real says already that AI made the one picture it is in.
- A text that AI wrote, and a person reviewed, says so only where that review is on record. A text that AI wrote or helped
  with is not also said to be translated.
- What is unknown, or only possible, prints nothing. Of a twin without a recorded consent nothing is said either: the words
  would claim that there is one, and the post waits.
- In a language that is not here the label is in English, and `preview` warns. Portuguese is that of Brazil, Norwegian is
  Bokmål; "zh" is simplified, "zh-TW", "zh-HK" and "zh-MO" traditional Chinese.

Three lengths, and the account's `label_length` says which is liked best; where there is no room the next shorter one is used:

- **a phrase** (`medium`), for each fact its own.
- **a sentence** (`long`), where it is true of all pictures and at least one could be taken for a real scene; else the phrase.
- **a few words** (`short`), as on a picture; they name no object. There are none for AI's help with a text (they would say
  too much), for a twin (they would leave the person out), for a translated text beside AI media, nor where the phrase is as
  short: "–" below, and the phrase is used.

Where a rule asks for words that the line lacks, the line of the first language that has them is set behind it: "Text
written by AI · 文字由AI生成".

## The longest

Of one fact, and of all facts of a post in one line.

"""
PICTURES = """
## On pictures and in alt texts

| language | AI made it | AI altered it | it shows an invented person |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return "".join([HEAD, longest(), PICTURES, *map(of_pictures, all_labels()), *map(of_language, all_labels())])


def longest() -> str:
    """The longest labels of each length, and their languages."""
    columns = [f"{what}, {unit}" for what in ("one fact", "one line") for unit in UNITS]
    rows = [f"| | {' | '.join(columns)} |", "|" + "---|" * (len(columns) + 1)]
    for length, called in LENGTHS.items():
        cells = [most(told, length, unit) for told in (list(FACTS.values()), whole_lines()) for unit in UNITS.values()]
        rows.append(f"| {called} | {' | '.join(cells)} |")
    return "\n".join([*rows, ""])


def most(told: Iterable[Disclosure], length: Length, unit: Callable[[str], int]) -> str:
    """The greatest length in a unit, and the language it is in."""
    size, language = max(
        (unit(text), language) for one, language in product(told, all_labels()) for text in own(one, language, length)
    )
    return f"{size} ({language})"


def own(told: Disclosure, language: str, length: Length) -> Iterator[str]:
    """The line of this length, where there is one that is not another's."""
    text = line(told, language, length)
    if text and (length == "medium" or text != line(told, language)):
        yield text


def whole_lines() -> list[Disclosure]:
    """Posts of which there is most to say."""
    texts = [Disclosure(text="generated"), Disclosure(text="generated", reviewed=True), Disclosure(text="assisted")]
    images = [("generated",) * 2, ("edited",) * 2, ("generated", "generated", "edited", "edited")]
    return [
        Disclosure(text=one.text, reviewed=one.reviewed, images=pictures, person=person)
        for one, pictures, person in product(texts, images, ("digital_twin", "invented"))
    ]


def of_pictures(language: str) -> str:
    """A language's words for one picture."""
    cells = [badge("generated", "none", language), badge("edited", "none", language), badge("generated", "invented", language)]
    return f"| {' | '.join([language, *(cell or '–' for cell in cells)])} |\n"


def of_language(language: str) -> str:
    """Every label of a language."""
    rows = [f"\n## {language}\n", f"| | {' | '.join(LENGTHS.values())} |", "|" + "---|" * (len(LENGTHS) + 1)]
    for fact, told in FACTS.items():
        cells = [next(own(told, language, length), "–") for length in LENGTHS]
        rows.append(f"| {' | '.join([fact, *cells])} |")
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    (DOCS / "labels.md").write_text(page(), encoding="utf-8")
