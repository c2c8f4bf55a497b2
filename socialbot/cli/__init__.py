"""The commands. Each file parses, calls, and prints; it holds no rule of the business.

Exit status: 0 done, 1 something failed or is held, 2 wrong use, 3 wrong configuration.
"""

from __future__ import annotations

import io
import sys

import typer

from socialbot import __version__
from socialbot.cli import (
    adopt,
    approve,
    cancel,
    captions,
    certificate,
    check,
    connect,
    count,
    demo,
    enqueue,
    explain,
    init,
    links,
    media,
    migrate,
    move,
    move_store,
    networks,
    pause,
    preview,
    queue,
    report,
    resolve,
    resume,
    retry,
    rules,
    serve,
    show,
    swap,
    sync,
    timetable,
    worker,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Puts the posts a website publishes on social networks: fitting, labelled, on time, exactly once.",
    epilog="Exit status: 0 done, 1 something failed or is held, 2 wrong use, 3 wrong configuration.",
)
for module in (
    init,
    connect,
    enqueue,
    preview,
    explain,
    queue,
    show,
    approve,
    cancel,
    retry,
    resolve,
    timetable,
    move,
    swap,
    pause,
    resume,
    sync,
    adopt,
    links,
    worker,
    serve,
    check,
    networks,
    certificate,
    count,
    rules,
    report,
    migrate,
    move_store,
    demo,
):
    name = module.__name__.rpartition(".")[2]
    app.command(name.replace("_", "-"))(getattr(module, name))
app.add_typer(captions.app, name="captions")
app.add_typer(media.app, name="media")


def _version(asked: bool) -> None:
    if asked:
        print(f"socialbot {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    home: str = typer.Option(
        "", "--home", metavar="DIR", help="The instance folder. Default: SOCIALBOT_HOME, else the current folder."
    ),
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    context.obj = home


def main() -> None:
    """The `socialbot` command. A mistake is one sentence on stderr, never a traceback."""
    from socialbot.nouns import Mistake, WrongConfiguration, WrongUse

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot write a title must not stop a post
    try:
        app()
    except Mistake as mistake:
        print(f"socialbot: {mistake}", file=sys.stderr)
        sys.exit(3 if isinstance(mistake, WrongConfiguration) else 2 if isinstance(mistake, WrongUse) else 1)
    except BrokenPipeError:  # `socialbot queue | head`
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"socialbot: {error}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        if not type(error).__module__.startswith("sqlalchemy"):
            raise
        print(f"socialbot: the store cannot be used: {getattr(error, 'orig', error)}", file=sys.stderr)
        sys.exit(1)
