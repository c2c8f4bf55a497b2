"""Captions: how many a second, what a counter costs beside len(), and what bad input costs. Run: make benchmarks"""

from __future__ import annotations

import cProfile
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx

from socialbot import captions, networks, reading
from socialbot.captions import Templates, Written
from socialbot.captions.templates import VARIABLES
from socialbot.disclosure import decide, express
from socialbot.media import Media
from socialbot.nouns import Expression, Held, Limits, Post
from socialbot.settings import AccountSettings, AiDefault, SiteSettings

EXAMPLES = Path(__file__).parents[1] / "examples"
TEMPLATES = Templates()
DAY = date(2026, 11, 21)
MEGABYTE = "Fog hides the valley until ten, and then it lifts. " * 20_000


def microseconds(work: Callable[[], object], times: int) -> float:
    """Median of five rounds of `times` calls, for one call."""
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - start) / times)
    return statistics.median(rounds) * 1e6


def row(*cells: str) -> None:
    """One line of a table."""
    print(f"| {' | '.join(cells)} |", flush=True)


def head(*columns: str) -> None:
    """A table's head."""
    print()
    row(*columns)
    row(*("---" for _ in columns))


def example() -> tuple[Post, Expression]:
    """The example post, read once, and what AI did to it."""
    with tempfile.TemporaryDirectory() as folder, httpx.Client() as client:
        path = next((EXAMPLES / "content" / "posts").glob("*.md"))
        site = SiteSettings(url="https://example.org")
        post = reading.read(path, site, EXAMPLES, Media(Path(folder)), fetcher=reading.Fetcher(client, allow_private=False))
    told = decide(post, [()] * len(post.pictures), AiDefault())
    account, limits = AccountSettings(network="mastodon"), networks.limits_of("mastodon")
    return post, express(told, post.language, limits, account, (), DAY)


def write(post: Post, said: Expression, network: str, limits: Limits) -> Written | Held:
    """One caption, as drafting asks for it."""
    return captions.write(post, said, limits, AccountSettings(network=network), network, TEMPLATES)


def rate(post: Post, said: Expression) -> None:
    """The floor is the template engine alone: the same template filled once with words that need no care."""
    head("captions of the example post, one core", "per second", "filling the template alone", "ratio")
    limits = {name: networks.limits_of(name) for name in networks.counted()}
    page = TEMPLATES.page("default", "default")
    values = dict.fromkeys(VARIABLES, "fog")
    floor = 1e6 / microseconds(lambda: page.fill(values), 2000)
    for name in ("bluesky", "mastodon", "x", "threads", "linkedin", "telegram"):
        ours = 1e6 / microseconds(lambda name=name: write(post, said, name, limits[name]), 200)  # type: ignore[misc]
        row(name, f"{ours:,.0f}", f"{floor:,.0f}", f"{floor / ours:.1f}")
    each = microseconds(lambda: [write(post, said, name, limits[name]) for name in limits], 20) / len(limits)
    row(f"all {len(limits)} networks", f"{1e6 / each:,.0f}", f"{floor:,.0f}", f"{floor * each / 1e6:.1f}")
    _where(lambda: [write(post, said, name, limits[name]) for name in limits])


def _where(work: Callable[[], object]) -> None:
    """The share of each room, under the profiler (which makes many small calls look dearer than they are)."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(50):
        work()
    profile.disable()
    shares: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if _room(file) == "elsewhere":  # a built-in's time belongs to the room that called it
            for (caller, _, _), (_, _, spent, _) in callers.items():
                shares[_room(caller)] += spent
        else:
            shares[_room(file)] += own
    total = sum(shares.values())
    print("\nWhere the time goes: " + ", ".join(f"{room} {spent / total:.0%}" for room, spent in shares.most_common(9)) + ".")


def _room(file: str) -> str:
    path = Path(file)
    if path.parent.name == "captions":
        return path.stem
    return "templates" if "jinja2" in path.parts or path.suffix == ".j2" else "elsewhere"


def counters(post: Post, said: Expression) -> None:
    """A counter beside len(), on the example's caption (with its typographic marks) and on a Japanese one."""
    head("one count of a caption", "µs", "len()", "ratio")
    made = write(post, said, "mastodon", networks.limits_of("mastodon"))
    assert isinstance(made, Written)
    texts = {"example": made.captions[0].text + " “—”…", "Japanese": "霧が出た。山は見えない。👨‍👩‍👧 " * 20}
    for language, text in texts.items():
        floor = microseconds(lambda text=text: len(text), 20_000)  # type: ignore[misc]
        for name in ("bluesky", "mastodon", "telegram", "discord", "youtube", "x", "threads", "linkedin"):
            limits = networks.limits_of(name)
            ours = microseconds(lambda text=text, limits=limits: captions.measure(text, limits), 500)  # type: ignore[misc]
            row(f"{limits.unit}, {language}, {len(text)} code points", f"{ours:.1f}", f"{floor:.2f}", f"{ours / floor:,.0f}")


def bad_input(post: Post, said: Expression) -> None:
    """The slowest network for each; the baseline is the example post on the same network."""
    head("bad input", "slowest network", "ms", "example post there, ms", "outcome")
    bad = {
        "1 MB summary": replace(post, summary=MEGABYTE),
        "1 MB summary without a space": replace(post, summary="x" * 1_000_000),
        "1 MB of combining marks": replace(post, summary="e" + "\u0301" * 500_000),
        "10,000 tags": replace(post, tags=tuple(f"tag {n}" for n in range(10_000))),
        "a title of one 5,000-letter word": replace(post, title="x" * 5000),
        "only emoji": replace(post, title="👩‍👩‍👧" * 400, summary="🙂" * 5000),
        "only a URL": replace(post, title=post.url or "", summary=post.url),
        "NUL and control characters": replace(post, title="\x00" * 5000 + "Fog", summary="\x00\x1b[31m\u202e" * 50_000),
        "10,000 open brackets": replace(post, summary="(“" * 10_000),
        "a thread of 1 MB": replace(post, body=MEGABYTE),
    }
    for what, one in bad.items():
        slowest = max(
            (_once(one, said, name, limits) for name in networks.counted() if (limits := networks.limits_of(name))),
            key=lambda found: found[0],
        )
        floor = _once(post, said, slowest[1], networks.limits_of(slowest[1]))[0]
        row(what, slowest[1], f"{slowest[0] * 1e3:.1f}", f"{floor * 1e3:.2f}", slowest[2])


def _once(post: Post, said: Expression, network: str, limits: Limits) -> tuple[float, str, str]:
    thread = 25 if len(post.body) == len(MEGABYTE) else 1
    account = AccountSettings(network=network, thread=thread)
    start = time.perf_counter()
    made = captions.write(post, said, limits, account, network, TEMPLATES)
    return time.perf_counter() - start, network, "held" if isinstance(made, Held) else "a caption that fits"


def imports() -> None:
    """What `import socialbot.captions` adds to an interpreter."""
    head("import", "ms", "`python -c pass`", "ratio")

    def run(code: str) -> float:
        times = []
        for _ in range(9):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times.append(time.perf_counter() - start)
        return statistics.median(times) * 1e3

    floor, ours = run("pass"), run("import socialbot.captions")
    row("`import socialbot.captions`", f"{ours:.0f}", f"{floor:.0f}", f"{ours / floor:.1f}")


def main() -> None:
    """Print the tables."""
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, one of them used")
    post, said = example()
    rate(post, said)
    counters(post, said)
    bad_input(post, said)
    imports()


if __name__ == "__main__":
    main()
