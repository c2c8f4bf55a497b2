"""What a report proves, from the ledger alone, and what never stands in it."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import random
import re
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import yaml
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import create_engine, event, inspect, text

from socialbot import drafting, ledger, reading
from socialbot.captions import Templates
from socialbot.cli import explain
from socialbot.delivery import Courier
from socialbot.disclosure import all_packs
from socialbot.drafting import Bench
from socialbot.ledger import Claims, Ledger, Planned
from socialbot.ledger.schema import REVISION
from socialbot.media import Media
from socialbot.networks.protocol import Doubt, Prepared, Published, Unknown
from socialbot.nouns import Asked, Card, Disclosure, Draft, Evidence, Limits, Post, Variant, WrongUse
from socialbot.pictures import Darkroom
from socialbot.reporting import Report, digest_of, report, to_csv, to_json
from socialbot.settings import AccountSettings, AiDefault, SiteSettings, WorkerSettings
from socialbot.web.report import page
from tests.conftest import TurnedClock, accept, make_draft, make_post
from tests.test_delivery import Toy
from tests.web.test_page import Document

LONDON = ZoneInfo("Europe/London")
FLAG = "is_ai_generated"
SECRET = "Zq9x"
"""It stands in every name, consent, prompt and reason of these tests, and in nothing that may be shown."""


class Flagged(Toy):
    """A toy network with a flag for AI media that it lets be read back, and at times loses or invents."""

    def __init__(self, folder: Path, read_back: Mapping[str, bool]) -> None:
        super().__init__(folder, Doubt("LIST", settle_s=30))
        self.read_back = read_back

    async def publish(self, prepared: Prepared) -> Published:
        return replace(await super().publish(prepared), flags=self.read_back)

    async def find(self, prepared: Prepared, since: datetime) -> Any:
        found = await super().find(prepared, since)
        return replace(found, flags=self.read_back) if isinstance(found, Published) else found


def send(ledger: Ledger, network: Toy) -> None:
    """Carry everything that is due or comes to be."""
    claims = Claims(ledger, "me", 60)
    courier = Courier(claims, WorkerSettings(), random.Random(1), lambda: ledger.clock().timestamp())
    while due := ledger.next_due():
        if isinstance(ledger.clock, TurnedClock):
            ledger.clock.at = max(ledger.clock.at, due)
        for claimed in claims.claim(8, {"me"}):
            asyncio.run(courier.deliver(claimed, network))


def told(ledger: Ledger, **of: Any) -> Report:
    return report(ledger, LONDON, ("blue",), **of)


def forms(of: Report) -> dict[str, str]:
    return {"json": to_json(of), "csv": to_csv(of), "html": page(of)}


# What the network gives back


@pytest.mark.parametrize(
    ("sent", "read_back", "differ"),
    [
        ({FLAG: True}, {FLAG: True}, ()),
        ({FLAG: True}, {FLAG: False}, (FLAG,)),
        ({}, {FLAG: True}, (FLAG,)),
        ({}, {FLAG: False}, ()),
        ({FLAG: True}, {}, ()),
        ({FLAG: True}, {"other": True}, ("other",)),
    ],
)
def test_a_flag_that_came_back_otherwise_than_it_was_sent_is_marked(
    ledger: Ledger, tmp_path: Path, sent: dict[str, bool], read_back: dict[str, bool], differ: tuple[str, ...]
) -> None:
    post = make_post()
    accept(ledger, post, replace(make_draft(post), flags=sent))
    send(ledger, Flagged(tmp_path, read_back))
    [entry] = told(ledger).deliveries
    assert (entry.flags_sent, entry.flags_read_back, entry.flags_differ) == (sent, read_back or None, differ)
    html = page(told(ledger))
    assert ("differs from what was sent" in html) == ("read back otherwise" in html) == bool(differ)
    assert ("nothing was read back" in html) == (not read_back)


def test_what_is_found_after_a_broken_call_is_read_back_too(ledger: Ledger, tmp_path: Path) -> None:
    post = make_post()
    accept(ledger, post, replace(make_draft(post), flags={FLAG: True}))
    network = Flagged(tmp_path, {FLAG: True})
    network.answers = [(True, Unknown("Toy: no answer."))]
    send(ledger, network)
    assert [entry.flags_read_back for entry in told(ledger).deliveries] == [{FLAG: True}]


def test_what_another_ledger_sent_is_read_back_too(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    post = make_post()
    accept(ledger, post, replace(make_draft(post), flags={FLAG: True}))
    network = Flagged(tmp_path, {FLAG: False})
    network.shown = ["Fog 0"]
    clock.turn(3600)
    send(ledger, network)
    assert network.shown == ["Fog 0"]
    assert [entry.flags_differ for entry in told(ledger).deliveries] == [(FLAG,)]


def test_a_network_that_gives_nothing_back_is_told_so(ledger: Ledger, tmp_path: Path) -> None:
    accept(ledger, make_post())
    send(ledger, Toy(tmp_path, Doubt("LIST", settle_s=30)))
    [entry] = told(ledger).deliveries
    assert (entry.flags_sent, entry.flags_read_back, entry.flags_differ) == ({}, None, ())


def test_a_store_of_before_is_brought_up_to_date_and_keeps_what_it_knew(tmp_path: Path, clock: TurnedClock) -> None:
    (tmp_path / "new").mkdir()
    made = Ledger.open("sqlite:///socialbot.db", tmp_path / "new", clock)
    accept(made, make_post())
    send(made, Toy(tmp_path, Doubt("LIST", settle_s=30)))
    old = _first_revision(tmp_path / "socialbot.db")
    with old.begin() as connection:
        connection.execute(text(f"ATTACH '{tmp_path / 'new' / 'socialbot.db'}' AS new"))
        for table in ("posts", "deliveries", "sends", "events"):
            columns = ", ".join(column["name"] for column in inspect(connection).get_columns(table))
            connection.execute(text(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new.{table}"))
        assert "flags" not in {column["name"] for column in inspect(connection).get_columns("sends")}
    old.dispose()
    opened = Ledger.open("sqlite:///socialbot.db", tmp_path, clock)
    with opened.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == REVISION
    assert [(entry.title, entry.flags_read_back) for entry in told(opened).deliveries] == [("Fog", None)]
    with closing(sqlite3.connect(tmp_path / "socialbot.db.of-0001")) as backup:
        assert backup.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert backup.execute("SELECT count(*) FROM deliveries").fetchall() == [(1,)]
    post = make_post("mist")
    accept(opened, post, replace(make_draft(post), flags={FLAG: True}))
    send(opened, Flagged(tmp_path, {FLAG: True}))
    assert [entry.flags_read_back for entry in told(opened).deliveries] == [None, {FLAG: True}]


def _first_revision(file: Path) -> Any:
    """A store as the first release made it."""
    engine = create_engine(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(Path(ledger.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    return engine


# What stands in it


def test_only_what_is_out_is_told_and_a_thread_as_far_as_it_is(ledger: Ledger, tmp_path: Path) -> None:
    thread, waiting = make_post("fog"), make_post("mist")
    [name] = accept(ledger, thread, make_draft(thread, parts=3))
    network = Toy(tmp_path, Doubt("LIST", settle_s=30))
    network.answers = [(True, None), (False, RuntimeError())]
    claims = Claims(ledger, "me", 60)
    with pytest.raises(RuntimeError):
        asyncio.run(Courier(claims, WorkerSettings(), random.Random(1)).deliver(claims.claim(8, {"me"})[0], network))
    accept(ledger, waiting, in_s=3600)
    [entry] = told(ledger).deliveries
    assert (entry.delivery, entry.state, entry.out, entry.parts) == (name, "running", 1, 3)
    assert [caption.sha256 for caption in entry.captions] == [hashlib.sha256(b"Fog 0").hexdigest()]
    assert "1 of 3 posts are out, the delivery is running" in page(told(ledger))


def test_captions_and_files_are_told_by_the_bytes_that_were_sent(ledger: Ledger, tmp_path: Path) -> None:
    picture = Variant("a" * 64, "square", 1080, 1350, 9, "image/jpeg", "A door (AI-generated)", badge="AI-generated")
    thumb = replace(picture, digest="b" * 64, alt="", badge=None)
    post = make_post()
    made = make_draft(post, parts=2)
    words = replace(made.parts[0].caption, text="Tür 🚪\n\nمرحبا")
    parts = (
        replace(made.parts[0], caption=words, pictures=(picture,)),
        replace(made.parts[1], card=Card("u", "t", "d", thumb)),
    )
    accept(ledger, post, replace(made, parts=parts, label="Text written by AI"))
    send(ledger, Toy(tmp_path, Doubt("LIST", settle_s=30)))
    [entry] = told(ledger).deliveries
    content = words.text.encode()
    assert (entry.captions[0].bytes, entry.captions[0].sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert entry.label == "Text written by AI"
    assert [(one.sha256, one.alt, one.badge, one.card) for one in entry.pictures] == [
        ("a" * 64, "A door (AI-generated)", "AI-generated", False),
        ("b" * 64, "", None, True),
    ]


def test_the_digest_of_evidence_is_that_of_its_canonical_json() -> None:
    evidence = Evidence("text", "generated", "footer", 'its closing line "Écrit par IA"\t')
    canonical = (
        r'{"detail":"its closing line \"Écrit par IA\"\t","facet":"text","origin":"footer","value":"generated"}'  # RFC 8785
    )
    assert digest_of(evidence) == hashlib.sha256(canonical.encode()).hexdigest()
    assert len({digest_of(replace(evidence, **{name: "other"})) for name in ("facet", "value", "origin", "detail")}) == 4


def test_days_are_the_sites_own_and_both_ends_belong_to_them(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    clock.at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # in London it is the second of July
    accept(ledger, make_post())
    send(ledger, Toy(tmp_path, Doubt("LIST", settle_s=30)))
    day = date(2026, 7, 2)
    for since, until, there in [
        (day, day, True),
        (None, day, True),
        (day, None, True),
        (day + timedelta(1), None, False),
        (None, day - timedelta(1), False),
        (date.min, date.max, True),
    ]:
        assert bool(told(ledger, since=since, until=until).deliveries) == there


def test_an_account_that_is_not_configured_any_more_can_still_be_asked_for(ledger: Ledger, tmp_path: Path) -> None:
    for name, account in (("fog", "blue"), ("mist", "gone")):
        post = make_post(name)
        accept(ledger, post, make_draft(post, account))
        send(ledger, Toy(tmp_path, Doubt("LIST", settle_s=30)))
    assert [entry.title for entry in told(ledger, accounts=["gone"]).deliveries] == ["Mist"]
    assert [entry.title for entry in told(ledger, accounts=["gone", "blue"]).deliveries] == ["Fog", "Mist"]
    with pytest.raises(WrongUse, match='no account "never"'):
        told(ledger, accounts=["blue", "never"])


# Its forms

HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", " =1", "＝1", '"', "a,b", "a\r\nb", "<script>", "<!--", "{{ 1 }}", "&amp;"]
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report of one delivery, for tests to change."""
    folder = tmp_path_factory.mktemp("published")
    opened = Ledger.open("sqlite:///socialbot.db", folder, TurnedClock())
    post, seen = make_post(), Evidence("text", "generated", "footer", "Words of the post.")
    picture = Variant("a" * 64, "square", 1080, 1350, 9, "image/jpeg", "A door (AI-generated)", badge="AI-generated")
    made = make_draft(post)
    asked = (Asked("eu-text", "eu", date(2026, 11, 21), ("caption",)),)
    made = replace(made, label="By AI", asked=asked, parts=(replace(made.parts[0], pictures=(picture,)),))
    plan = Planned(made, Disclosure("generated", images=("none",), evidence=(seen,)), opened.clock())
    opened.accept(post, [(plan.draft, plan.disclosure)], lambda *_: plan)
    send(opened, Toy(folder, Doubt("LIST", settle_s=30)))
    return told(opened)


def with_words(published: Report, words: str) -> Report:
    """The report with `words` in every place that takes the words of a post or of a network."""
    [entry] = published.deliveries
    picture = replace(entry.pictures[0], alt=words, badge=words, mime=words)
    rule = replace(entry.asked[0], rule=words, pack=words)
    words_of = dict.fromkeys(("title", "post_url", "url", "account", "network", "language", "label"), words)
    changed = replace(entry, **words_of, pictures=(picture,), asked=(rule,), flags_sent={words: True})
    return replace(published, accounts=(words,), deliveries=(changed,))


@given(words=HOSTILE)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_spreadsheet_takes_no_words_for_a_formula_and_loses_none(published: Report, words: str) -> None:
    text = to_csv(with_words(published, words))
    assert text.endswith("\r\n")
    [row] = csv.DictReader(StringIO(text, newline=""), strict=True)
    assert not any(re.match(r"\s*[=+\-@＝＋－＠]|[\t\r\n]", cell) for cell in row.values())
    assert row["title"] in (words, "'" + words)
    assert json.loads(row["pictures"])[0]["alt"] == words
    assert json.loads(row["flags_sent"]) == {words: True}


@given(words=HOSTILE)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_words_in_the_page_are_text_whatever_they_say(published: Report, words: str) -> None:
    plain, hostile = Document(page(published)), Document(page(with_words(published, words)))
    assert {tag for tag, _ in hostile.elements} <= {tag for tag, _ in plain.elements}
    assert not [name for _, found in hostile.elements for name in found if name.startswith("on")]
    assert all(href.startswith(("#d-", "https://", "http://")) for href in hostile.all("href"))


def test_the_page_stands_alone_and_can_be_read_by_everybody(published: Report) -> None:
    html = page(published)
    document = Document(html)
    assert not {"script", "link", "img", "iframe", "form"} & {tag for tag, _ in document.elements}
    assert document.all("src") == [] and "url(" not in html and "@import" not in html
    assert "default-src 'none'" in html and '<html lang="en">' in html and "@media print" in html
    assert [tag for tag, _ in document.elements if tag in ("h1", "main")] == ["h1", "main"]
    heads = [found for tag, found in document.elements if tag == "th"]
    assert heads and all(found.get("scope") in ("col", "row") for found in heads)
    assert {name for names in document.all("aria-labelledby") for name in names.split()} <= set(document.all("id"))


def test_an_empty_report_has_every_form(ledger: Ledger) -> None:
    told_in = forms(told(ledger))
    assert json.loads(told_in["json"])["deliveries"] == []
    assert told_in["csv"].count("\r\n") == 1 and told_in["csv"].startswith("delivery,kind,original,title,")
    assert "Nothing was published then." in told_in["html"]


def test_every_form_tells_the_same(published: Report) -> None:
    [entry] = json.loads(to_json(published))["deliveries"]
    [row] = csv.DictReader(StringIO(to_csv(published), newline=""))
    facets = entry.pop("facets")
    for name, value in (entry | facets).items():
        cell = row.pop(name)
        assert cell == ("" if value is None else value) if isinstance(value, str | None) else json.loads(cell) == value
    assert row == {}
    words = Document(page(published)).words
    for word in (
        "Fog",
        "blue",
        "By AI",
        "eu-text",
        "2026-11-21",
        entry["evidence"][0]["sha256"],
        entry["captions"][0]["sha256"],
    ):
        assert word in words
    for word in ("a" * 64, "A door (AI-generated)", "told by: footer"):
        assert word in words


# What never stands in it


@dataclass
class House:
    """A site, a toy network with a flag, and a ledger that outlive the examples of one test."""

    folder: Path

    def __post_init__(self) -> None:
        media, packs = Media(self.folder / "media"), all_packs()
        self.bench = Bench(
            Templates(self.folder / "captions"),
            Darkroom(media),
            media,
            AiDefault(),
            packs,
            sorted(packs),
            date(2026, 11, 21),
        )
        self.site = SiteSettings.model_validate({"url": "https://example.org", "root": "public"})
        self.ledger = Ledger.open("sqlite:///socialbot.db", self.folder, TurnedClock())
        event.listen(self.ledger.engine, "connect", _hasty)  # nobody cuts the power here
        self.ledger.engine.dispose()
        self.network = Flagged(self.folder, {})
        self.fetcher = reading.Fetcher(httpx.Client(trust_env=False))
        self.numbers = count()
        self.limits = Limits("graphemes", 500, 2, 1_000_000, 400, "square", "a test", date(2026, 11, 21), ai_flag=FLAG)
        (self.folder / "public").mkdir()
        told = PngInfo()
        told.add_text("parameters", f"a fog {SECRET}\nSteps: 20, Sampler: Euler a, Seed: 1, Model: {SECRET}")
        for name, info in (("made.png", told), ("plain.png", None)):
            out = BytesIO()
            Image.linear_gradient("L").convert("RGB").save(out, "PNG", pnginfo=info)
            (self.folder / "public" / name).write_bytes(out.getvalue())

    def tell(self, front: Mapping[str, Any], account: AccountSettings) -> tuple[dict[str, str], int]:
        """Read, explain, publish and report a post with this front matter: every form of both, and how many went out."""
        number = next(self.numbers)
        path = self.folder / "post.md"
        matter = {"title": f"Fog {number}", "canonical": f"https://example.org/{number}", **front}
        path.write_text(f"---\n{yaml.safe_dump(matter, allow_unicode=True)}---\nWords about fog, number {number}.\n")
        post = reading.read(path, self.site, self.folder, self.bench.media, fetcher=self.fetcher)
        name = f"account{number}"
        made, seen = drafting.draft(post, name, account, self.limits, self.bench)
        explained = explain.as_dict(post, drafting.disclose(post, self.bench), [made], self.bench)
        self.accept(post, made, seen)
        self.network.read_back = {FLAG: not made.flags}
        send(self.ledger, self.network)
        of = report(self.ledger, LONDON, [name], [name])
        said = {"text": "\n".join(explain.lines(explained)), "explained": json.dumps(explained, ensure_ascii=False)}
        return said | forms(of), len(of.deliveries)

    def accept(self, post: Post, made: Draft, seen: Disclosure) -> None:
        self.ledger.accept(post, [(made, seen)], lambda *_: Planned(made, seen, self.ledger.clock()))


def _hasty(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("house"))


def secret(what: str) -> st.SearchStrategy[str]:
    """Some private words, plain or strange, each with the mark."""
    around = st.text("abcé 漢=\"'<&\\/:", max_size=8)
    return st.tuples(around, around).map(lambda ends: f"{what} {ends[0]}{SECRET}{ends[1]}")


TEXT, IMAGE = ["none", "assisted", "generated"], ["none", "edited", "composite", "generated"]
PERSON = ["none", "real", "invented", "digital_twin"]
OVERRIDES = st.fixed_dictionaries(
    {"by": secret("An editor"), "reason": secret("A reason")},
    optional={"images": st.sampled_from(IMAGE), "person": st.sampled_from(PERSON)},
).flatmap(lambda said: st.sampled_from(TEXT).map(lambda text: said | {"text": text}))
WORDS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(TEXT),
        "translated": st.booleans(),
        "images": st.sampled_from(IMAGE),
        "realistic": st.booleans(),
        "person": st.sampled_from(PERSON),
        "consent": secret("File"),
        "commercial": st.sampled_from(["editorial", "advertisement", "paid_partnership"]),
        "reviewed_by": secret("A reader"),
        "reviewed_at": st.just("2026-11-20") | secret("some day"),
        "responsible": secret("A publisher"),
        "model": secret("Model"),
        "override": OVERRIDES,
    },
)
FRONT = st.fixed_dictionaries(
    {"ai": WORDS},
    optional={
        "images": st.lists(st.sampled_from(["/made.png", "/plain.png"]), max_size=2, unique=True),
        "lang": st.sampled_from(["en", "de", "ar", "zh-Hans", "xx"]),
        "reviewed_by": secret("A second reader"),
        "responsible": secret("A second publisher"),
        "ai_model": secret("Another model"),
        "generated_by": secret("Yet another model"),
        "ai_consent": secret("Another file"),
    },
)
ACCOUNTS = st.fixed_dictionaries(
    {}, optional={"unknown_ai": st.just("strict"), "label": st.just("required"), "approval": st.just(True)}
)


def keeps_secrets(house: House, front: Mapping[str, Any], account: Mapping[str, Any]) -> None:
    told_in, _ = house.tell(front, AccountSettings.model_validate({"network": "toy", **account}))
    assert [form for form, words in told_in.items() if SECRET in words] == []


@given(front=FRONT, account=ACCOUNTS)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_consent_prompt_or_model_stands_in_any_form(
    house: House, front: Mapping[str, Any], account: Mapping[str, Any]
) -> None:
    keeps_secrets(house, front, account)


@pytest.mark.slow
@given(front=FRONT, account=ACCOUNTS)
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_consent_prompt_or_model_stands_in_any_form_ever(
    house: House, front: Mapping[str, Any], account: Mapping[str, Any]
) -> None:
    keeps_secrets(house, front, account)


def test_a_post_with_everything_private_is_published_and_told_without_it(house: House) -> None:
    everything = {
        "text": "generated",
        "images": "generated",
        "person": "digital_twin",
        "consent": f"File {SECRET}",
        "reviewed_by": f"A reader {SECRET}",
        "reviewed_at": "2026-11-20",
        "responsible": f"A publisher {SECRET}",
        "model": f"Model {SECRET}",
        "override": {"by": f"An editor {SECRET}", "reason": f"So {SECRET}", "text": "assisted"},
    }
    front = {"ai": everything, "images": [{"src": "/made.png", "alt": "A grey ramp."}]}
    told_in, out = house.tell(front, AccountSettings(network="toy"))
    assert out == 1
    assert [form for form, words in told_in.items() if SECRET in words] == []
    assert "review of the text: recorded" in told_in["text"] and "digital twin" in told_in["html"]
    assert "by override: a person's word, with a reason, is on record" in told_in["text"]
    assert "differs from what was sent" in told_in["html"]


def test_a_report_needs_nothing_but_the_ledger(house: House, tmp_path: Path) -> None:
    house.tell({"ai": {"text": "generated"}, "images": ["/made.png"]}, AccountSettings(network="toy"))
    before = told(house.ledger)
    shutil.copy(house.folder / "socialbot.db", tmp_path)
    for wal in house.folder.glob("socialbot.db-*"):
        shutil.copy(wal, tmp_path)
    opened = Ledger.open("sqlite:///socialbot.db", tmp_path, house.ledger.clock)
    assert forms(told(opened)) == forms(before)
