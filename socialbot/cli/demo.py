"""`socialbot demo`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from socialbot.cli.instance import Instance
    from socialbot.ledger import Delivery
    from socialbot.media import Media
    from socialbot.nouns import Draft, Span
    from socialbot.testing.fakes import Seen
    from socialbot.testing.fakes.server import Fake
    from socialbot.testing.site import LoopbackSite
    from socialbot.web.page import Shown

# Pictures that networks fetch lie on a loopback site, whose address is no public one.
_SITE = {"url": "https://example.org", "root": "public", "posts": "content/posts", "fetch_private": "true"}
_SETTINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "fogchain": {"thread": "4"},
        "fogstory": {"place": "story"},
        "foglight": {"mode": "direct", "privacy": "PUBLIC_TO_EVERYONE", "audited": "true"},  # the inbox shows nobody anything
    }
)
"""What an account of `accounts_on_fakes` is set to, where that is not what its network does by itself."""


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
    from socialbot.testing.site import LoopbackSite

    with ExitStack() as stack:
        site = stack.enter_context(LoopbackSite(home / "public"))
        fakes = {name: stack.enter_context(fake) for name, fake in accounts_on_fakes().items()}
        (home / "socialbot.toml").write_text(_configuration(site, fakes), encoding="utf-8")
        instance, approved = _run(home)
        deliveries = {one.account: one for one in instance.ledger.deliveries()}
        received = [_Received(deliveries[name], fake.posts) for name, fake in fakes.items() if name in deliveries]
    _report(instance, received)
    for delivery in approved:
        told = f'The demo did what "socialbot approve {delivery.id}" does.'
        print(f"{delivery.account} ({delivery.network}) held its post for approval, as it does by default. {told}")
    raise typer.Exit(0 if set(fakes) == {one.delivery.account for one in received if one.is_out} else 1)


@dataclass(frozen=True, slots=True)
class _Received:
    """A delivery, and what its fake shows the public."""

    delivery: Delivery
    posts: Sequence[Seen]

    @property
    def is_out(self) -> bool:
        return self.delivery.state == "published" and len(self.posts) == len(self.delivery.draft.parts)


def accounts_on_fakes() -> dict[str, Fake]:
    """The accounts of the demo and the networks they are on."""
    from socialbot.testing import fakes

    return {
        "fogpictures": fakes.InstagramFake(),
        "fogpage": fakes.FacebookFake(),
        "fogtalk": fakes.ThreadsFake(),
        "fogcompany": fakes.LinkedInFake(),
        "fogwire": fakes.XFake(),
        "fogboard": fakes.PinterestFake(),
        "foglight": fakes.TikTokFake(),
        "fogblue": fakes.BlueskyFake(),
        "fogtoots": fakes.MastodonFake(),
        "fogalbum": fakes.MastodonFake("pixelfed", network="pixelfed"),
        "fognotes": fakes.MisskeyFake(),
        "fogchannel": fakes.TelegramFake(),
        "fogchat": fakes.DiscordFake(),
        "fogchain": fakes.ThreadsFake(),
        "fogstory": fakes.InstagramFake(),
    }


def _examples() -> Path:
    """The example site: inside the installed package, or at the top of a checkout."""
    packaged = Path(__file__).parents[1] / "examples"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "examples"


def _configuration(site: LoopbackSite, fakes: Mapping[str, Fake]) -> str:
    """The instance's socialbot.toml. Whether a person approves what is posted is as each network has it by itself."""
    tables: dict[str, Mapping[str, str]] = {"site": _SITE, "media": site.settings()}
    for name, fake in fakes.items():
        given = {key: value for key, value in fake.account().items() if key != "approval"}
        tables[f"accounts.{name}"] = {**given, **_SETTINGS.get(name, {})}
    return "\n".join(
        f"[{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in table.items()) for name, table in tables.items()
    )


def _run(home: Path) -> tuple[Instance, Sequence[Delivery]]:
    """Draft the example, approve what waits for that, and post it; the instance, and what was approved."""
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
        receipts = instance.intake().enqueue(posts_in(home / settings.site.posts))
        progress.update(step, completed=1)
        step = progress.add_task("Posting", total=sum(len(receipt.accepted) for receipt in receipts))

        def tell(delivery: Delivery) -> None:
            progress.update(
                step, advance=delivery.state == "published", description=f"Posting: {delivery.network} {delivery.state}"
            )

        approved = _approve(instance)
        asyncio.run(Worker(settings, instance.ledger, now, chance(), told=tell).run(until_empty=True))
        progress.update(step, description="Posted")
    return instance, approved


def _approve(instance: Instance) -> Sequence[Delivery]:
    """What waits for a person's approval gets it through the door of `socialbot approve`."""
    intake = instance.intake()
    waiting = [one for one in instance.ledger.deliveries(state="held") if one.held and one.held.approvable]
    return [intake.approve(one.id) for one in waiting]


def _report(instance: Instance, received: Sequence[_Received]) -> None:
    from socialbot.accounts import media_of
    from socialbot.cli.printing import print_table
    from socialbot.web.page import page

    print_table(("account", "network", "caption", "pictures", "label", "link"), [_row(one) for one in received])
    home, media = instance.settings.home, media_of(instance.settings)
    path = home / "demo.html"
    note = "What loopback fakes of the networks received from socialbot. No real network was asked."
    shows = [show for one in received if one.is_out for show in _shown(one, media)]
    path.write_text(page("socialbot demo", shows, note=note), encoding="utf-8")
    print(f"\nThe posts as each network would show them: {path}")
    command = sys.argv[0] if Path(sys.argv[0]).name == "socialbot" else "socialbot"
    print(f"Why each is labelled so, and its history:  {command} --home {home} queue, then show ID")


def _row(one: _Received) -> tuple[str, ...]:
    draft, state = one.delivery.draft, one.delivery.state
    if not one.is_out:
        told = one.delivery.held.reason if one.delivery.held else one.delivery.error or ""
        return draft.account, draft.network, f"{state}: {told}", "", "", ""
    return draft.account, draft.network, _words(draft), _pictures(one), draft.label or "none", _link(one)


def _words(draft: Draft) -> str:
    from socialbot.cli.printing import length

    parts = [part.caption for part in draft.parts]
    if not parts[0].text:
        return "none"
    return "".join(f"{part.used} + " for part in parts[:-1]) + length(parts[-1])


def _link(one: _Received) -> str:
    """The post's link, where what was received bears it; a story has none, and Instagram's captions name no address."""
    link = one.delivery.draft.link
    borne = any(link == post.link or link in [uri for _, uri in post.links] or (link or "") in post.text for post in one.posts)
    return link if link and borne else "none"


def _pictures(one: _Received) -> str:
    from socialbot.cli.printing import size

    pictures = [picture for post in one.posts for picture in post.pictures]
    shapes = [picture.shape for picture in one.delivery.draft.parts[0].pictures]
    if not pictures or not shapes:
        return "none"
    sizes = " ".join(dict.fromkeys(f"{picture.width}×{picture.height}" for picture in pictures))
    return f"{len(pictures)} {shapes[0]}, {sizes}, {size(sum(len(picture.content) for picture in pictures))}"


def _shown(one: _Received, media: Media) -> Iterator[Shown]:
    """What was previewed, with the words and pictures that the fake shows in place of those that were drafted."""
    from socialbot.web.page import Photo, shown

    draft = one.delivery.draft
    for drafted, seen in zip(shown(draft, media), one.posts, strict=True):
        card = seen.card or {}
        yield replace(
            drafted,
            text=seen.text,
            title=seen.title,
            link=seen.link,
            spans=_spans(seen, draft.link),
            at=seen.at,
            language=seen.language or draft.language,
            photos=tuple(Photo(p.content, p.mime, p.alt, p.width, p.height, p.focal) for p in seen.pictures),
            card_title=card.get("title"),
            card_description=card.get("description"),
            card_url=card.get("url") or card.get("uri"),
            card_thumb=None,
            flags=tuple(name for name, is_set in seen.flags.items() if is_set),
            follows=seen.answers is not None,
            url=seen.url,
        )


def _spans(seen: Seen, link: str | None) -> tuple[Span, ...]:
    """What is live in a received text: the links that the network tells, where it does, and hashtags."""
    from socialbot.captions import find_spans
    from socialbot.nouns import Span

    places = [(seen.text.find(shown), shown, uri) for shown, uri in seen.links]
    links = [Span("link", start, start + len(shown), uri) for start, shown, uri in places if start >= 0]
    return (*links, *(span for span in find_spans(seen.text, link) if span.kind == "tag" or not links))
