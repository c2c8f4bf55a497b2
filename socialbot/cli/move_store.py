"""`socialbot move-store`."""

from __future__ import annotations

from typing import Annotated

import typer

from socialbot.cli.instance import Home, home_of, now


def move_store(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The URL of the store that is in use.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The URL of an empty one.")],
    lost: Annotated[
        bool,
        typer.Option("--target-is-lost", help="TO is lost for good, and never used again: send from FROM again."),
    ] = False,
    home: Home = "",
) -> None:
    """Carry everything from one store to another: sqlite:///socialbot.db to postgresql://USER@HOST/DATABASE, or back.

    Refused while a worker is at work. Afterwards nothing is sent from where it was; the same command again carries an
    interrupted move through. Where TO is lost, --target-is-lost lets FROM be used again: what TO was given since is gone, and
    what it may have sent is looked for before anything is sent.
    """
    from functools import partial

    from socialbot.ledger import give_up, move, workers_folder
    from socialbot.worker import somebody_at_work

    here = home_of(context, home)
    locks = workers_folder(_url(source), here)
    stores = (_url(source), _url(target), here, now(), partial(somebody_at_work, locks))
    if lost:
        print(f"FROM is used again; {give_up(*stores)} of its deliveries are looked for before they are sent.")
        return
    moved = move(*stores)
    for table, rows in moved.items():
        print(f"{rows:>9}  {table}")
    print("All of it has arrived. Now set store.url in socialbot.toml, or SOCIALBOT_STORE__URL, to the new store.")


def _url(given: str) -> str:
    from pydantic import ValidationError

    from socialbot.nouns import WrongUse
    from socialbot.settings import StoreSettings

    try:
        return StoreSettings(url=given).url
    except ValidationError:  # it is not repeated: it may hold a password
        raise WrongUse("that is no store", fix="sqlite:///FILE or postgresql://USER@HOST/DATABASE") from None
