"""The command line: each command in a module of its own, all of them registered here.

A command knows the library's public layers and how to print; nothing below knows the command line.
"""

from __future__ import annotations

import io
import sys

import typer

from outlookimap import __version__
from outlookimap.cli.check import check
from outlookimap.cli.connecting import in_options
from outlookimap.cli.demo import demo
from outlookimap.cli.finding import search
from outlookimap.cli.lint import lint
from outlookimap.cli.listing import ls
from outlookimap.cli.record import record
from outlookimap.cli.redact import redact
from outlookimap.cli.replay import replay
from outlookimap.cli.serve import serve
from outlookimap.cli.showing import show
from outlookimap.cli.statement import statement
from outlookimap.cli.sync import sync
from outlookimap.errors import OutlookImapError

INTERRUPTED = 130  # what typer ends with after Ctrl-C, as shells do

app = typer.Typer(
    name="outlookimap",
    help="Microsoft Outlook's IMAP client as a tool: drive a server as Outlook would, and see what the documents say.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (demo, serve, sync, ls, show, search, check, lint, record, redact, replay, statement):
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"outlookimap {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),  # noqa: FBT003
) -> None:
    """Microsoft Outlook's IMAP client as a tool."""


def main() -> None:
    """Run the command line: exit status 0 when it worked, 1 for a negative answer, 2 when it could not be done."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # mail has letters that not every terminal has
    try:
        app()
    except OutlookImapError as error:
        sys.stderr.write(f"outlookimap: {in_options(str(error))}\n")
        sys.exit(2)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            sys.stderr.write("\noutlookimap: interrupted\n")
        raise
    except BrokenPipeError:
        # the reader of our output went away (`| head`): what is left has nowhere to go
        sys.stderr.close()
        sys.exit(141)
