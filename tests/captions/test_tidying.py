"""What is printed is in one form, carries nothing unseen, and no line turns its neighbours round."""

from __future__ import annotations

import unicodedata

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.captions.tidying import one_line, plain, tidy

SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Fog – “on the river”", "Fog – “on the river”"),
        ("a\r\nb\rc\u2028d\u0085e", "a\nb\nc\nd\ne"),
        ("a\tb\x00\x1b\x7f\ud800\ufeff\ufdd0\U0001fffe", "a b"),
        ("e\u0301\x00\u0323", "ẹ\u0301"),
        ("می\u200cخواهم 👩\u200d👧 ☂\ufe0f 葛\U000e0100 5\u00a0km", "می\u200cخواهم 👩\u200d👧 ☂\ufe0f 葛\U000e0100 5\u00a0km"),
        (f"{SCOTLAND}!", f"{SCOTLAND}!"),
        (f"a\U000e0061\U000e007fb{SCOTLAND}\U000e0062", f"ab{SCOTLAND}"),
        ("🏴" + "\U000e0061" * 30 + "\U000e007f", "🏴"),
        (SCOTLAND[:-1], "🏴"),
    ],
)
def test_text_is_plain(text: str, made: str) -> None:
    assert plain(text) == made


RLO, RLE, LRO, PDF, RLI, FSI, PDI = "\u202e", "\u202b", "\u202d", "\u202c", "\u2067", "\u2068", "\u2069"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (f"{RLO}gnp.exe", f"{RLO}gnp.exe{PDF}"),
        (f"{RLO}one\ntwo", f"{RLO}one{PDF}\ntwo"),
        (f"{RLI}one {RLE}two", f"{RLI}one {RLE}two{PDF}{PDI}"),
        (f"{RLI}one {RLE}two{PDI} three", f"{RLI}one {RLE}two{PDI} three"),
        (f"{RLE}one{PDF} two{PDF}{PDI}", f"{RLE}one{PDF} two"),
        (f"{RLE}{FSI}{PDF}one", f"{RLE}{FSI}one{PDI}{PDF}"),
        (f"{RLE}שלום{PDF} \u200eand\u200f", f"{RLE}שלום{PDF} \u200eand\u200f"),
    ],
)
def test_what_turns_the_direction_ends_with_its_line(text: str, made: str) -> None:
    assert plain(text) == made
    assert one_line(text) == made.replace("\n", " ")


def test_a_text_of_nothing_but_turns_is_no_text() -> None:
    assert plain(f"a{RLO * 100_000}b{PDI}") == "ab"


def left_open(line: str) -> int:
    """How far from balanced a line is, by UAX #9, BD8 to BD13."""
    due: list[str] = []
    for turn in regex.findall("[\u202a-\u202e\u2066-\u2069]", line):
        if turn == PDI:
            if PDI not in due:
                return -1
            while due.pop() != PDI:
                pass
        elif turn == PDF:
            if due[-1:] != [PDF]:
                return -1
            due.pop()
        else:
            due.append(PDF if turn < PDI[0] and turn <= "\u202e" else PDI)
    return len(due)


some_text = st.text(max_size=60) | st.lists(
    st.sampled_from(
        [
            *"ab \n\r\t\x00",
            "\u00a0",
            "e\u0301",
            "👩\u200d👧",
            SCOTLAND,
            "\U000e0061",
            RLO,
            RLE,
            LRO,
            PDF,
            RLI,
            FSI,
            PDI,
            "日",
            "  ",
        ]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=500)
@given(some_text)
def test_plain_text_is_balanced_composed_and_settled(text: str) -> None:
    made = plain(text)
    assert plain(made) == made == unicodedata.normalize("NFC", made)
    assert all(left_open(line) == 0 for line in made.split("\n"))
    assert not regex.search(r"[[\p{Cc}\p{Cs}]--\n]|\ufeff", made, regex.VERSION1)
    assert one_line(one_line(text)) == one_line(text) and "\n" not in one_line(text)


@settings(max_examples=500)
@given(some_text)
def test_whatever_can_be_seen_stays(text: str) -> None:
    def seen(text: str) -> str:
        return "".join(one for one in unicodedata.normalize("NFC", text) if one.isprintable() and not one.isspace())

    assert regex.sub(r"\p{Mn}", "", seen(plain(text))) == regex.sub(r"\p{Mn}", "", seen(text))


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("one", "one"),
        (" one  two ", "one two"),
        ("one \t\n  two\u3000\n \n\n\nthree\n", "one\n two\n\nthree"),
        ("5\u00a0\u00a0km", "5\u00a0\u00a0km"),
        ("\n\n", ""),
    ],
)
def test_a_page_has_no_holes(text: str, made: str) -> None:
    assert tidy(text) == made and tidy(made) == made


def test_one_line_has_single_spaces() -> None:
    assert one_line(" Fog\n\n on\tthe   river ") == "Fog on the river"
    assert one_line(" Föhn\n\n am\tFluss: 5\u00a0km ") == "Föhn am Fluss: 5\u00a0km"
