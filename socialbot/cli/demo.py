"""`socialbot demo`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from socialbot.cli.instance import Instance
    from socialbot.ledger import Delivery
    from socialbot.testing.fakes import Seen
    from socialbot.testing.fakes.server import Fake
    from socialbot.web.page import Shown

_CONFIG = '[site]\nurl = "https://example.org"\nroot = "public"\nposts = "content/posts"\n'


def demo(
    folder: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="An empty folder for the instance. Default: a temporary one.")
    ] = None,
) -> None:
    """Post the example to loopback fakes.

    Shows what they received; needs no account anywhere.
    """
    home = (folder or Path(tempfile.mkdtemp(prefix="socialbot-demo-"))).resolve()
    if home.exists() and any(home.iterdir()):
        raise typer.BadParameter(f"{home} is not empty")
    for part in ("content", "public"):
        shutil.copytree(_examples() / part, home / part)
    from socialbot.testing.fakes import BlueskyFake, DiscordFake, MastodonFake

    with ExitStack() as stack:
        fakes: dict[str, Fake] = {"blue": BlueskyFake(), "masto": MastodonFake(), "chat": DiscordFake()}
        for fake in fakes.values():
            stack.enter_context(fake)
        (home / "socialbot.toml").write_text(_CONFIG + _accounts(fakes), encoding="utf-8")
        received = _run(home, fakes)
    _report(home, received)
    raise typer.Exit(0 if len(received) == len(fakes) else 1)


@dataclass(frozen=True, slots=True)
class _Received:
    delivery: Delivery
    seen: Seen


def _examples() -> Path:
    """The example site: inside the installed package, or at the top of a checkout."""
    packaged = Path(__file__).parents[1] / "examples"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "examples"


def _accounts(fakes: dict[str, Fake]) -> str:
    tables = (
        f"[accounts.{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in fake.account().items())
        for name, fake in fakes.items()
    )
    return "\n".join(tables)


def _run(home: Path, fakes: dict[str, Fake]) -> list[_Received]:
    import asyncio

    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from socialbot.accounts import options_of
    from socialbot.cli.instance import Instance, chance, now
    from socialbot.ledger import Ledger
    from socialbot.reading import posts_in
    from socialbot.settings import load
    from socialbot.worker import Worker

    settings = load(home, options_of)
    instance = Instance(settings, Ledger.open(settings.store.url, home, now))
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as progress:
        step = progress.add_task("Reading, captioning and cropping the example post", total=1)
        accepted = [
            one for receipt in instance.intake().enqueue(posts_in(home / settings.site.posts)) for one in receipt.accepted
        ]
        progress.update(step, completed=1)
        step = progress.add_task("Posting", total=len(accepted))

        def tell(delivery: Delivery) -> None:
            progress.update(
                step, advance=delivery.state == "published", description=f"Posting: {delivery.network} {delivery.state}"
            )

        asyncio.run(Worker(settings, instance.ledger, now, chance(), told=tell).run(until_empty=True))
        progress.update(step, description="Posted")
    return list(_received(instance, fakes))


def _received(instance: Instance, fakes: dict[str, Fake]) -> list[_Received]:
    """What each fake holds, beside the delivery that brought it."""
    return [
        _Received(delivery, seen)
        for name, fake in fakes.items()
        for delivery in instance.ledger.deliveries(account=name)
        for seen in fake.posts
        if delivery.state == "published"
    ]


def _report(home: Path, received: list[_Received]) -> None:
    from socialbot.cli.printing import length, print_table, size
    from socialbot.web.page import page

    rows = []
    for one in received:
        part, draft = one.delivery.draft.parts[0], one.delivery.draft
        pictures = [f"{seen.width}×{seen.height} {size(len(seen.content))}" for seen in one.seen.pictures]
        shapes = [picture.shape for picture in part.pictures[:1]]
        rows.append(
            (draft.network, length(part.caption), "\n".join(shapes + pictures), draft.label or "none", draft.link or "none")
        )
    print_table(("network", "caption", "pictures", "label", "link"), rows)
    path = home / "demo.html"
    note = "What loopback fakes of the networks received from socialbot. No real network was asked."
    path.write_text(page("socialbot demo", [_shown(one) for one in received], note=note), encoding="utf-8")
    print(f"\nThe posts as each network would show them: {path}")
    command = sys.argv[0] if Path(sys.argv[0]).name == "socialbot" else "socialbot"
    print(f"Why each is labelled so, and its history:  {command} --home {home} queue, then show ID")


def _shown(one: _Received) -> Shown:
    from socialbot.captions import find_spans
    from socialbot.web.page import Photo, Shown

    seen, draft = one.seen, one.delivery.draft
    caption = draft.parts[0].caption
    photos = tuple(Photo(p.content, p.mime, p.alt, p.width, p.height, p.focal) for p in seen.pictures)
    card = seen.card or {}
    return Shown(
        network=draft.network,
        account=draft.account,
        text=seen.text,
        spans=find_spans(seen.text, draft.link),
        at=seen.at,
        language=seen.language or draft.language,
        photos=photos,
        card_title=card.get("title"),
        card_description=card.get("description"),
        card_url=card.get("uri"),
        url=one.delivery.url,
        used=caption.used,
        limit=caption.limit,
        unit=caption.unit,
        label=draft.label,
        warnings=draft.warnings,
    )
