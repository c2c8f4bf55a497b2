"""Whatever the post and the limits: the caption fits, with label and link whole, or the draft is held."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
import regex

from socialbot import networks
from socialbot.captions import Templates, Written, alt_text, fits, shorten, write
from socialbot.nouns import Caption, Expression, Held, Limits, Mistake, Post
from socialbot.settings import AccountSettings
from tests.captions.test_counting import GRAPHEMES, MASTODON, UTF_16
from tests.conftest import make_post

ACCOUNT = AccountSettings.model_validate({"network": "bluesky"})
DISCORD = replace(UTF_16, markup="discord", max_hashtags=0)
LINK = "https://example.org/2026/11/fog"
TEMPLATES = Templates()


def written(
    post: Post, label: str | None = None, limits: Limits = GRAPHEMES, short: str | None = None, **account: object
) -> Written | Held:
    options = AccountSettings.model_validate({"network": "bluesky", **account})
    return write(post, Expression(tuple(one for one in (label, short) if one)), limits, options, "blue", TEMPLATES)


def caption(post: Post, label: str | None = None, limits: Limits = GRAPHEMES, **account: object) -> Caption | Held:
    made = written(post, label, limits, **account)  # type: ignore[arg-type]
    return made if isinstance(made, Held) else made.captions[0]


def thread(post: Post, label: str | None = None, limits: Limits = GRAPHEMES, **account: object) -> list[str]:
    made = written(post, label, limits, **account)  # type: ignore[arg-type]
    assert isinstance(made, Written), made
    assert all(fits(one.text, limits) for one in made.captions)
    return [one.text for one in made.captions]


def text(post: Post, label: str | None = None, limits: Limits = GRAPHEMES, **account: object) -> str:
    made = caption(post, label, limits, **account)
    assert isinstance(made, Caption), made
    return made.text


def test_everything_that_fits_is_said() -> None:
    post = make_post(summary="It came.", url=LINK, tags=("morning fog",))
    assert text(post, "Text written by AI") == f"Fog\n\nIt came.\n\n{LINK}\n\nText written by AI\n#MorningFog"


def test_without_a_summary_link_or_label_there_is_no_hole() -> None:
    assert text(make_post()) == "Fog"
    assert text(make_post(url=LINK)) == f"Fog\n\n{LINK}"


def test_what_gives_way_is_first_extra_and_credit_then_the_tags_then_the_summary_then_the_title() -> None:
    post = make_post(summary="Fog hides the valley until ten.", url=LINK, tags=("one", "two"), social={"extra": "Good day!"})
    post, label = replace(post, title="Fog in the valley of the winding river"), "Text written by AI"
    account = AccountSettings.model_validate({"network": "bluesky"})

    def lines(room: int) -> list[str]:
        limits = replace(GRAPHEMES, max_text=room)
        made = write(post, Expression((label,)), limits, account, "blue", TEMPLATES, 1, ["Ann Example"])
        assert isinstance(made, Written), made
        return [line for line in made.captions[0].text.split("\n") if line]

    kept = lines(400)
    assert kept == [post.title, post.summary, "Good day!", "📷 Ann Example", LINK, label, "#one #two"]
    lost = []
    for room in range(400, 0, -1):
        try:
            now = lines(room)
        except AssertionError:
            break
        lost += [line for line in kept if line not in now]
        kept = now
    assert lost[:4] == ["Good day!", "📷 Ann Example", "#one #two", "#one"]
    assert lost[4] == post.summary and lost[-1].startswith(post.title[:10])
    given_back = [line for line in lost[5:] if not line.startswith(post.title[:10])]
    assert set(given_back) <= {"Good day!", "📷 Ann Example", "#one #two", "#one"}, "what fits once more, and is lost again"


def test_room_that_a_cut_leaves_is_given_back_to_the_tags() -> None:
    post = make_post(summary="Fog hides the valley until ten. " * 20, url=LINK, tags=("one", "two"))
    made = text(post, "Text written by AI")
    assert made.count("Fog hides the valley until ten.") > 4
    assert made.endswith("#one #two")


def test_tags_that_a_network_is_searched_by_are_kept_when_the_summary_is_cut() -> None:
    post = make_post(summary="Fog, " * 200, url=LINK, tags=("one", "two", "three", "four"))
    assert text(post, limits=replace(GRAPHEMES, kept_hashtags=3)).endswith("#one #two #three")
    assert "#" not in text(post)


def test_a_label_that_leaves_no_room_gives_way_to_its_short_form() -> None:
    post = make_post(url=LINK)
    post = replace(post, title="Fog in the valley of the winding river")
    narrow = replace(GRAPHEMES, max_text=len(LINK) + 36)
    made = written(post, "The text was written by an AI system", narrow, "AI-generated")
    assert isinstance(made, Written)
    assert made.label == "AI-generated"
    assert made.captions[0].text == f"Fog in the valley…\n\n{LINK}\n\nAI-generated"
    assert isinstance(written(post, "The text was written by an AI system", narrow), Held)


def test_less_than_a_few_words_of_the_title_is_no_caption() -> None:
    post = replace(make_post(url=LINK), title="Fog in the valley of the winding river")
    assert isinstance(caption(post, limits=replace(GRAPHEMES, max_text=len(LINK) + 10)), Held)


def test_what_gave_way_is_told() -> None:
    narrow = replace(GRAPHEMES, max_text=len(LINK) + 20)
    made = written(replace(make_post(summary="It came.", url=LINK), title="Fog in the valley of the river"), limits=narrow)
    assert isinstance(made, Written)
    assert [warning.split(":")[0] for warning in made.warnings] == ["The title was cut", "The summary was left out"]


def test_the_account_says_where_the_link_goes() -> None:
    short = make_post(summary="It came.", url=LINK)
    long = make_post(summary="Fog hides the valley until ten. " * 20, url=LINK)
    threads = replace(GRAPHEMES, threads=True)
    assert LINK not in text(short, link="never") and LINK not in text(long, link="never")
    assert LINK not in text(short, link="if_cut") and LINK in text(long, link="if_cut")
    assert thread(short, limits=threads, link="reply") == ["Fog\n\nIt came.", LINK]
    assert thread(short, link="reply") == [f"Fog\n\nIt came.\n\n{LINK}"]
    assert [warning for warning in getattr(written(short, link="reply"), "warnings", ()) if "no replies" in warning]
    for post, account, used in (
        (short, "never", None),
        (short, "if_cut", None),
        (long, "if_cut", LINK),
        (short, "reply", LINK),
    ):
        made = written(post, limits=threads, link=account)
        assert isinstance(made, Written) and made.link == used


def test_where_links_are_dead_the_caption_says_where_it_is() -> None:
    dead = replace(GRAPHEMES, link="dead")
    assert text(make_post(url=LINK), limits=dead) == "Fog\n\nLink in bio"
    assert text(make_post(url=LINK), limits=dead, link_words="See our page") == "Fog\n\nSee our page"
    assert text(make_post(url=LINK), limits=dead, link="never") == "Fog"


def test_a_link_with_a_field_of_its_own_is_not_in_the_text() -> None:
    made = written(make_post(url=LINK, summary="It came."), limits=replace(GRAPHEMES, link="field", max_title=10))
    assert isinstance(made, Written)
    assert (made.link, made.captions[0].title, made.captions[0].text) == (LINK, "Fog", "It came.")


def test_a_title_is_cut_for_its_own_field() -> None:
    post = replace(make_post(summary="It came."), title="Fog in the valley")
    made = written(post, limits=replace(GRAPHEMES, max_title=10))
    assert isinstance(made, Written) and made.captions[0].title == "Fog in…"
    assert any("title was cut" in warning for warning in made.warnings)


def test_a_shortened_link_leads_to_the_whole_one() -> None:
    made = caption(make_post(url=LINK + "/a-long-way-through-the-valley"), limits=replace(GRAPHEMES, short_links=True))
    assert isinstance(made, Caption)
    (span,) = made.spans
    assert span.value == LINK + "/a-long-way-through-the-valley"
    assert made.text[span.start : span.end].startswith("example.org/2026/11/fog") and "://" not in made.text


BODY = "\n\n".join(f"Paragraph {number} tells of fog. It came from the river and it stayed." * 2 for number in range(1, 7))
CHAIN = replace(GRAPHEMES, threads=True)


def test_a_thread_tells_the_article_in_order_with_the_label_first_and_the_link_last() -> None:
    post = replace(make_post(summary="A day in fog.", url=LINK, tags=("fog",)), body=BODY)
    parts = thread(post, "Text written by AI", CHAIN, thread=9)
    assert parts[0] == "Fog\n\nA day in fog.\n\nText written by AI\n#fog"
    assert parts[-1].endswith(f"\n\n{LINK}")
    assert not any(LINK in part for part in parts[:-1])
    told = "\n\n".join(parts[1:]).removesuffix(f"\n\n{LINK}")
    assert told == BODY
    assert thread(post, limits=CHAIN, thread=9, thread_link="first")[0].endswith(f"{LINK}\n\n#fog")


def test_a_thread_is_as_long_as_the_account_says_and_ends_in_an_ellipsis() -> None:
    post = replace(make_post(summary="A day in fog.", url=LINK), body=BODY)
    parts = thread(post, limits=CHAIN, thread=2)
    assert len(parts) == 2 and parts[-1].endswith(LINK)
    assert thread(post, limits=CHAIN) == [f"Fog\n\nA day in fog.\n\n{LINK}"]
    assert thread(post, limits=GRAPHEMES, thread=2) == [f"Fog\n\nA day in fog.\n\n{LINK}"]


def test_the_parts_of_a_thread_can_be_numbered() -> None:
    post = replace(make_post(summary="A day in fog.", url=LINK), body=BODY)
    parts = thread(post, limits=CHAIN, thread=9, thread_numbers=True)
    assert [part.split("\n")[-1] for part in parts] == [f"{number}/{len(parts)}" for number in range(1, len(parts) + 1)]


def test_a_summary_that_opens_the_article_is_not_told_twice() -> None:
    post = replace(make_post(summary=BODY.split("\n\n")[0], url=LINK), body=BODY)
    assert "\n".join(thread(post, limits=CHAIN, thread=9)).count("Paragraph 1 tells of fog.") == 2


@pytest.mark.parametrize(
    ("page", "first", "told_from"),
    [
        ("{{ title }}\n\n{{ summary }}\n\n{{ link }}\n\n{{ label }}", "Fog\n\nFog came. It stayed.", "Then it went."),
        ("{{ title }}\n\n{{ summary | sentence }}\n\n{{ link }}\n\n{{ label }}", "Fog\n\nFog came.", "It stayed."),
        ("{{ title }}\n\n{{ link }}\n\n{{ label }}", "Fog", "Fog came. It stayed."),
        ("{{ summary | trim_to(12) }}\n\n{{ link }}\n\n{{ label }}", "Fog came.", "It stayed."),
    ],
)
def test_a_thread_goes_on_where_its_first_post_ends(tmp_path: Path, page: str, first: str, told_from: str) -> None:
    for name in ("default", "bluesky"):
        (tmp_path / f"{name}.j2").write_text(page)
    post = replace(make_post(summary="Fog came. It stayed.", url=LINK), body="Fog came. It stayed.\n\nThen it went.")
    options = AccountSettings.model_validate({"network": "bluesky", "thread": 9})
    made = write(post, Expression(), CHAIN, options, "blue", Templates(tmp_path))
    assert isinstance(made, Written)
    assert made.captions[0].text == first
    assert made.captions[1].text.startswith(told_from)


def test_below_the_authors_own_caption_the_whole_article_is_told_but_what_it_quotes() -> None:
    body = "Fog came to @ann.\n\nThen it went."
    post = replace(make_post(summary="Fog came to @ann.", social={"caption": "My words."}), body=body)
    mastodon = replace(MASTODON, threads=True, mentions=True)
    escaped = body.replace("@", "@\u2060")
    assert thread(post, limits=mastodon, thread=9) == ["My words.", escaped]
    assert thread(replace(post, social={"caption": "“{{ summary }}”"}), limits=mastodon, thread=9)[1] == "Then it went."


def test_a_title_that_opens_like_the_summary_does_not_stand_for_it() -> None:
    post = replace(make_post(summary="Fog came.", social={"caption": "{{ title }} today"}), body="Fog came.\n\nIt went.")
    post = replace(post, title="A Fog came.down")
    assert thread(post, limits=CHAIN, thread=9)[1] == "It went."
    assert thread(replace(post, title="TheFog came."), limits=CHAIN, thread=9)[1] == "Fog came.\n\nIt went."


@pytest.mark.parametrize("where", ["last", "first"])
def test_a_thread_that_tells_all_shows_no_link_that_was_wished_for_if_cut(where: str) -> None:
    post = replace(make_post(summary="A day in fog.", url=LINK), body=BODY)
    made = written(post, limits=CHAIN, thread=9, link="if_cut", thread_link=where)
    assert isinstance(made, Written) and made.link is None and made.warnings == ()
    assert not any(LINK in one.text for one in made.captions)


def test_a_thread_that_ends_early_says_so_and_shows_the_link_that_was_wished_for_if_cut() -> None:
    post = replace(make_post(summary="A day in fog.", url=LINK), body=BODY)
    for where, holder, ends in (("last", 1, f"…\n\n{LINK}"), ("first", 0, f"\n\n{LINK}")):
        made = written(post, limits=CHAIN, thread=2, link="if_cut", thread_link=where)
        assert isinstance(made, Written) and made.link == LINK
        texts = [one.text for one in made.captions]
        assert texts[holder].endswith(ends) and sum(LINK in text for text in texts) == 1
        assert "…" in texts[-1]
        assert [warning for warning in made.warnings if warning.startswith("The thread ends before the article does: 2 posts")]


def test_a_thread_leaves_out_only_what_cannot_stand_in_a_post() -> None:
    long = "https://example.org/" + "x" * 400
    made = written(replace(make_post(), body=f"Before.\n\n{long}\n\nAfter."), limits=CHAIN, thread=9, link="if_cut")
    assert isinstance(made, Written)
    assert [one.text for one in made.captions[1:]] == ["Before.", "After."]
    assert [warning for warning in made.warnings if "cannot be cut: https://example.org/xxx" in warning]


def test_a_link_that_the_author_wrote_out_needs_no_reply() -> None:
    post = make_post(url=LINK, social={"caption": f"Read {LINK} now"})
    made = written(post, limits=CHAIN, link="reply", utm=True)
    assert isinstance(made, Written)
    assert ([one.text for one in made.captions], made.link) == ([f"Read {LINK} now"], LINK)
    other = make_post(url=LINK, social={"caption": f"Read {LINK}/other now"})
    assert thread(other, limits=CHAIN, link="reply") == [f"Read {LINK}/other now", LINK]


def test_names_and_tags_of_the_authors_count_for_the_network_too() -> None:
    instagram = networks.limits_of("instagram")
    held = caption(make_post(social={"extra": "@name " * 21}), limits=instagram)
    assert isinstance(held, Held) and "mentions 21 accounts" in held.reason
    made = text(make_post(summary="On #fog and #light.", tags=("oak", "ash", "elm", "yew")), limits=instagram)
    assert made.endswith("\n#oak #ash #elm")


def test_a_title_in_which_a_mention_is_broken_up_was_not_cut() -> None:
    made = written(replace(make_post(), title="Ask @bob about fog"), limits=networks.limits_of("tiktok"))
    assert isinstance(made, Written)
    assert (made.captions[0].title, made.warnings) == ("Ask @\u2060bob about fog", ())


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ("詳しくは{{ link }}をご覧ください", f"詳しくは {LINK} をご覧ください"),
        ("More:{{ link }}.", f"More:{LINK}."),
        ("({{ link }})", f"({LINK})"),
    ],
)
def test_no_word_runs_into_the_link_of_the_authors_own_caption(own: str, shown: str) -> None:
    assert text(make_post(url=LINK, social={"bluesky": {"caption": own}})) == shown


def test_more_links_than_a_network_takes_are_held() -> None:
    summary = " ".join(f"https://example.org/{number}" for number in range(4))
    held = caption(make_post(summary=summary, url=LINK), limits=replace(GRAPHEMES, max_links=3))
    assert isinstance(held, Held) and "5 links" in held.reason


def test_where_link_and_label_leave_no_room_the_draft_is_held() -> None:
    held = caption(make_post(url=LINK), "Text written by AI", replace(GRAPHEMES, max_text=40))
    assert isinstance(held, Held)
    assert "do not fit" in held.reason and not held.approvable


def test_the_authors_own_caption_gets_what_it_left_out_and_nothing_else() -> None:
    post = make_post(url=LINK, tags=("fog",), social={"bluesky": {"caption": "My words on {{ title }}."}})
    assert text(post, "Text written by AI") == f"My words on Fog.\n\n{LINK}\n\nText written by AI"
    both = replace(post, social={"bluesky": {"caption": "no"}, "blue": {"caption": f"{LINK} first"}})
    assert text(both) == f"{LINK} first"


def test_the_authors_own_caption_is_never_cut() -> None:
    held = caption(make_post(social={"bluesky": {"caption": "x" * 301}}))
    assert isinstance(held, Held) and "social.bluesky.caption" in held.fix


@pytest.mark.parametrize("own", ["{{ secret }}", "{% if 1 %}", "{{ title | upper }}", 3])
def test_the_authors_own_caption_is_no_template_file(own: object) -> None:
    with pytest.raises(Mistake, match=r"social\.bluesky"):
        caption(make_post(social={"bluesky": {"caption": own}}))


@pytest.mark.parametrize(("template", "lost"), [("{{ title }} {{ label }}", "link"), ("{{ title }} {{ link }}", "label")])
def test_a_template_that_loses_link_or_label_is_refused(tmp_path: Path, template: str, lost: str) -> None:
    (tmp_path / "default.j2").write_text(template)
    (tmp_path / "bluesky.j2").write_text(template)
    with pytest.raises(Mistake, match=f"leaves out the {lost}"):
        write(make_post(url=LINK), Expression(("by AI",)), GRAPHEMES, ACCOUNT, "blue", Templates(tmp_path))


@pytest.mark.parametrize("template", ["||{{ label }}||", "<!-- {{ label }} -->", "{{ title }} {{ label }}"])
def test_a_label_that_could_be_overlooked_is_refused(tmp_path: Path, template: str) -> None:
    (tmp_path / "default.j2").write_text(template)
    (tmp_path / "bluesky.j2").write_text(template)
    with pytest.raises(Mistake, match="on a line of its own"):
        write(make_post(), Expression(("by AI",)), GRAPHEMES, ACCOUNT, "blue", Templates(tmp_path))


def test_no_mention_is_made_by_accident() -> None:
    assert "@\u2060alice" in text(make_post(summary="Thanks to @alice@example.org for this."), limits=MASTODON)
    chat = text(make_post(summary="Ping @everyone and <@123>, *really*."), limits=DISCORD)
    assert "@everyone" not in chat and "<@123>" not in chat and r"\*really\*" in chat


def test_a_url_with_markup_in_it_stays_whole_on_discord() -> None:
    link = "https://example.org/a_b_c*d"
    assert link in text(make_post(url=link, summary=f"See {link}"), limits=DISCORD)


def test_rubble_is_cleared() -> None:
    assert "Café" in text(make_post(summary="Cafe\u0301"))
    made = text(make_post(summary="a\x00b\ud800c\u200b d\r\n\r\n\r\n\r\ne  f\ufeff"))
    assert made == unicodedata.normalize("NFC", made)
    assert not regex.search(r"\p{Cs}|\x00|\n\n\n|  ", made)


EXCESS = {
    "a megabyte": make_post(summary="word " * 200_000, url=LINK),
    "a megabyte without a space": make_post(summary="x" * 1_000_000, url=LINK),
    "a letter under a megabyte of marks": make_post(summary="e" + "\u0301" * 500_000, url=LINK),
    "ten thousand tags": make_post(tags=tuple(f"tag{n}" for n in range(10_000)), url=LINK),
    "one long word": replace(make_post(url=LINK), title="x" * 5000),
    "only emoji": replace(make_post(summary="🙂" * 5000, url=LINK), title="👩‍👩‍👧" * 400),
    "only URLs": replace(make_post(summary=LINK * 50), title=LINK),
    "NUL and control characters": replace(make_post(summary="\0\x1b[31m\u202e" * 50_000), title="\0" * 5000 + "Fog"),
    "open brackets": make_post(summary="(“" * 10_000, url=LINK),
}


@pytest.mark.parametrize("what", EXCESS)
def test_excess_still_makes_a_caption_on_every_network(what: str) -> None:
    for name in networks.counted():
        limits = networks.limits_of(name)
        account = AccountSettings(network=name)
        made = write(EXCESS[what], Expression(("Text written by AI",)), limits, account, name, TEMPLATES)
        if isinstance(made, Held):  # one clear sentence
            assert made.reason.endswith(".") and made.fix.endswith(".") and "\n" not in made.reason
            continue
        assert fits(made.captions[0].text, limits)
        assert "Text written by AI" in made.captions[0].text.split("\n")


def test_alt_text_keeps_its_label_whole() -> None:
    limits = replace(GRAPHEMES, max_alt=30)
    assert alt_text("A tree.", None, limits) == "A tree."
    assert alt_text("A tree.", "AI-generated", limits) == "A tree. (AI-generated)"
    assert alt_text("A tree that stands alone in the fog", "AI-generated", limits) == "A tree that… (AI-generated)"
    assert alt_text("", "AI-generated", limits) == "AI-generated"


def test_alt_text_is_counted_in_full_whatever_the_caption_is_counted_in() -> None:
    limits = replace(MASTODON, max_alt=40)
    assert alt_text("See https://example.org/a-long-way/to/go", None, limits) == "See https://example.org/a-long-way/to/go"
    assert alt_text("See https://example.org/a-long-way/to/go/on", None, limits) == "See…"
    assert len(alt_text("नमस्ते " * 20, None, limits)) <= 40


def test_shorten_cuts_as_captions_do() -> None:
    assert shorten("Fog came.\n\nIt stayed.", 100) == "Fog came. It stayed."
    assert shorten("Fog came. It stayed for days.", 12) == "Fog came."


def test_the_networks_own_limits_keep_markup_and_mentions_out() -> None:
    post = make_post(summary="Ping @everyone about *fog*, @alice.")
    chat, masto = (text(post, limits=networks.load(name).limits) for name in ("discord", "mastodon"))
    assert "@everyone" not in chat and r"\*fog\*" in chat
    assert "@\u2060alice" in masto and "*fog*" in masto
