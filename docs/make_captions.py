"""Write docs/captions.md from the limits and from what the tool prints. Run: python docs/make_captions.py [POST…]

The example's captions are printed whole. Other posts may belong to others: of them the page holds lengths, and no words.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path

from socialbot import networks
from socialbot.captions import UNIT_NAMES
from socialbot.nouns import Limits

DOCS = Path(__file__).parent
EXAMPLE = next((DOCS.parent / "examples" / "content" / "posts").glob("*.md"))
HEAD = """\
# Captions

A caption is a template filled with the post's words, and cut until the network, counting in its own way, has room for it.
This page says how; the tables are written by `docs/make_captions.py`.

## What a caption holds, and what gives way

Title, summary, the author's extra words, the pictures' credit, the link, the label, hashtags. Where there is not room for
all of it, they are given up from the end: the extra words, the credit, the hashtags from the last, the end of the summary,
the summary, the end of the title. On Mastodon and its relatives, where posts are found by their hashtags, three of them
stay until the summary has gone. What room a cut leaves is given back to what was given up before it. The label and the link
are never cut: where the label leaves no room for a few words, a shorter wording is used; where even that has no room, the post
is held and says so.

The label stands whole, on a line of its own, where the template has it: by default last, above the hashtags. It opens the
caption where a rule asks for that, and where its place would be behind "more": on the networks with a fold in the table
below, unless it ends within so many code points and within three lines of them, blank ones counted. Instagram's fold is
from its help, Misskey's from its client; the others are the lowest that others report. A wording longer than the fold gives
way to a shorter one if there is any. In a thread the first post bears the label.

A summary is cut after a sentence if that keeps 60 % of the room, else between words, else between graphemes. No cut falls
inside a URL, a hashtag, a mention, an emoji, a number with its unit; none leaves a quotation or a bracket open. Japanese,
Chinese and Thai are cut between phrases. A cut that is not after a sentence ends in one "…".

`preview` warns where a title was cut, a summary or a credit left out.

## Counting

`socialbot count NETWORK [FILE]` counts any text as the network does:

```console
$ printf 'Fog at https://example.org/2026/fog 🌫️' | socialbot count x
@COUNT@
```

[caption-vectors.json](caption-vectors.json) holds texts with their right lengths for every network, for other programs to
test themselves by. "not yet" means: socialbot counts and drafts for it, and cannot post there.

"""
WORDS = """
## Templates

`captions/NETWORK.j2` or `captions/ACCOUNT.j2` in the instance; else the ones that come with socialbot. They are Jinja2 in a
sandbox. The variables: `title` (empty where the title has a field of its own), `summary`, `extra`, `credit`, `link` (empty
where it stands elsewhere), `hashtags`, `tags`, `label`, `language`, `published`, `account`, `network`. The filters beside
Jinja's simplest: `trim_to(n)` (graphemes, cut as captions are), `sentence` (the first), `first` (line), `plain`, `hashtag`.
`{{ label }}` and `{{ link }}` have to be printed on every way through the template, the label on a line of its own:
`socialbot captions check` names the line of every template that could lose one, and no such template is ever used.

A post's front matter may say more, each line outweighing those above it:

```yaml
social:
  caption: "Everywhere in these words. {{ link }}"
  extra: "Tell us what you think!"
  bluesky: {caption: "Only on Bluesky."}
  blue: {caption: "Only on the account blue.", extra: "", skip: false}
```

Such a caption is never cut and never escaped; label and link are set below it where it lacks them.

## Links

`link` in the account's table: `always`, `if_cut` (only where something had to be cut), `reply` (in a reply of its own),
`never`. `utm = true` adds `utm_source=NETWORK&utm_medium=social` (and `utm_campaign`), unless the link is signed. On
Bluesky a shortened form is shown and the whole link lies behind it. Where links are dead the caption says "Link in bio" in
the post's language (`link_words` says something else); where a link has a field of its own it is not in the text. X charges
$0.015 for a post and $0.20 for one with a URL, and takes `Booking.com` or `socialbot.py` for a URL: `preview` prints what
each draft costs, and warns of such words.

## Threads

`thread = 5` tells the whole article in at most five posts, on networks with replies: title, summary and label in the first,
then the article, divided between paragraphs, else sentences, the link below the last (`thread_link = "first"`: below the
first). `thread_numbers = true` adds "2/5". Each post is a send of its own; an interrupted thread goes on at the first post
that is missing.

## Hashtags and mentions

Tags become `#DigitalClones`, `#HM`, `#CPlusPlus`: capital letters tell a screen reader where words begin. Left out: what
the text tags already, a site's own drawers ("blog", "trending"), what nobody could read. No name in a title or summary
becomes a mention: where the network would make one, an invisible WORD JOINER stands behind the "@".

## The example posts, on every network

The project's own example, as `socialbot captions show POST` printed it. Of posts that belong to others, only the lengths.
"""


def page(lengths: dict[str, str]) -> str:
    """The whole page. `lengths`: a table for each post but the example, by its name."""
    printed = tool("captions", "show", str(EXAMPLE)).strip("\n")
    example = f"\n### {EXAMPLE.name}\n\n```text\n{printed}\n```\n"
    others = [f"\n### {name}\n\n{table.strip()}\n" for name, table in lengths.items()]
    return "".join([HEAD.replace("@COUNT@", count()), table(), WORDS, example, *others])


def lengths_of(path: Path) -> str:
    """What each network's caption of a post measures, and what became of it."""
    drafts = json.loads(tool("captions", "show", str(path), "--json"))
    roomiest = max((draft["parts"][0] for draft in drafts), key=lambda words: words["limit"])
    summary = max(roomiest["caption"].split("\n\n"), key=len)
    rows = []
    for draft in drafts:
        words = draft["parts"][0]
        whole = summary in html.unescape(words["caption"])  # Slack writes "&amp;"
        fate = draft["held"]["reason"] if draft["held"] else "whole" if whole else "its summary is cut"
        used = f"{words['used']:,} of {words['limit']:,} {UNIT_NAMES[words['unit']]}"
        rows.append(f"| {draft['network']} | {used} | {draft['label'] or 'none'} | {fate} |")
    return "\n".join(["| network | caption | label | text |", "|---|---|---|---|", *rows])


def table() -> str:
    """What every network counts."""
    rows = [row(name, networks.limits_of(name)) for name in networks.counted()]
    columns = ["network", "counts", "room", "title", "hashtags", "link", "fold", "from"]
    return "\n".join([f"| {' | '.join(columns)} |", "|" + "---|" * len(columns), *rows, ""])


def row(name: str, limits: Limits) -> str:
    """One network's line."""
    room = f"{limits.max_text:,}"
    if limits.max_text_with_pictures:
        room += f", {limits.max_text_with_pictures:,} with pictures"
    if limits.max_text_bytes:
        room += f" and {limits.max_text_bytes:,} bytes"
    title = f"{limits.max_title:,} {UNIT_NAMES[limits.title_unit]}" if limits.max_title else "in the caption"
    link = {"text": "in the caption", "field": "in its own field", "dead": "dead"}[limits.link]
    if limits.url_length:
        link += f", counts {limits.url_length}"
    built = "" if name in networks.names() else " (not yet)"
    cells = [name + built, UNIT_NAMES[limits.unit], room, title, str(limits.max_hashtags), link, str(limits.fold or "")]
    return f"| {' | '.join(cells)} | {limits.source}, {limits.checked} |"


def tool(*arguments: str, text: str | None = None) -> str:
    """What socialbot prints."""
    command = [sys.executable, "-m", "socialbot", "--home", str(DOCS.parent / "examples"), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own


def count() -> str:
    """The answer of the example."""
    return tool("count", "x", text="Fog at https://example.org/2026/fog 🌫️").strip()


def lengths_known() -> dict[str, str]:
    """The tables that the page holds."""
    known = (DOCS / "captions.md").read_text(encoding="utf-8") if (DOCS / "captions.md").exists() else ""
    return dict(re.findall(r"\n### ([^\n]+)\n\n(\| network \| caption .*?)\n(?=\n|\Z)", known, re.DOTALL))


if __name__ == "__main__":
    lengths = lengths_known() | {path.name: lengths_of(path) for path in map(Path, sys.argv[1:])}
    (DOCS / "captions.md").write_text(page(lengths), encoding="utf-8")
