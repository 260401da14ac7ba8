"""`outlookimap sync`: one Send/Receive between a server and a local copy, with progress and a summary."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from outlookimap.cli import connecting as c
from outlookimap.cli.output import harmless_text, json_option, write_json
from outlookimap.cli.progress import Bar, size
from outlookimap.errors import ConnectionLost
from outlookimap.mail import Outlook, SyncReport
from outlookimap.profiles import load


def sync(
    url: c.Url,
    cache: Annotated[Path, typer.Option(metavar="FILE", help="The local copy; it is made when it is not there.")],
    outlook: Annotated[str, typer.Option(metavar="VERSION", help="Behave as Outlook 2007, 2010 or 2013.")] = "2013",
    folder: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Receive this folder only, as often as needed; all unless given."),
    ] = None,
    headers_only: Annotated[
        bool, typer.Option("--headers-only", help="Leave the messages themselves on the server.")
    ] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Record the conversation, secrets masked.")
    ] = None,
    json: Annotated[
        str | None,
        json_option(
            "folders (name, messages, new, changed, removed, error), messages, new, changed, removed, played, refused, "
            "dropped, held, pending, bytes, seconds, commands"
        ),
    ] = None,
    encryption: c.Encryption = None,
    ca_file: c.CaFile = None,
    insecure: c.Insecure = False,
    user: c.User = None,
    password_file: c.PasswordFile = None,
    timeout: c.Timeout = 60.0,
    mechanism: c.Mechanism = None,
) -> None:
    """Send and receive: play the changes that wait in a local copy, then bring it up to date.

    It can be interrupted at any moment: what has arrived is kept, and the next sync goes on from there. Exit status 0
    when all went well, 1 when a folder failed or a change was not made, 2 when nothing could be done.
    """
    profile = load(outlook)
    place = c.connecting(
        url,
        profile,
        encryption=encryption,
        ca_file=ca_file,
        insecure=insecure,
        user=user,
        password_file=password_file,
        timeout=timeout,
        mechanism=mechanism,
    )
    with Outlook(place.url, cache=cache, profile=profile, record=record, **place.arguments()) as account:
        with _going_on_later(cache), Bar() as bar:
            report = account.sync(folder, bodies=not headers_only, progress=bar.show)
        waiting = len(account.pending())
    if json is not None:
        write_json(json, entry(report, waiting))
    if json != "-":
        sys.stdout.write(harmless_text(summary(report, waiting)))
    for problem in problems(report):
        sys.stderr.write(f"outlookimap: {harmless_text(problem)}\n")
    if problems(report):
        raise typer.Exit(1)


@contextlib.contextmanager
def _going_on_later(cache: Path) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, ConnectionLost) as error:
        sys.stderr.write("\n" if isinstance(error, KeyboardInterrupt) else "")
        sys.stderr.write(f"outlookimap: {cache} keeps what has arrived; the next sync goes on from there\n")
        raise


def entry(report: SyncReport, waiting: int) -> dict[str, Any]:
    """Return a report for JSON; `waiting` is how many changes wait for the next sync."""
    totals = ("messages", "new", "changed", "removed")
    return {
        "folders": [
            {"name": folder.name, **{name: getattr(folder, name) for name in totals}, "error": folder.error}
            for folder in report.folders
        ],
        **{name: getattr(report, name) for name in totals},
        "played": report.played,
        "refused": [change.error for change in report.refused],
        "dropped": [change.error for change in report.dropped],
        "held": [change.error for change in report.held],
        "pending": waiting,
        "bytes": report.octets,
        "seconds": round(report.seconds, 3),
        "commands": report.commands,
    }


def summary(report: SyncReport, waiting: int) -> str:
    """Return a report for people."""
    changed = [folder for folder in report.folders if folder.new or folder.changed or folder.removed]
    lines = [
        f"{folder.name}: {folder.new} new, {folder.changed} changed, {folder.removed} removed, {folder.messages} in all"
        for folder in changed
    ]
    if report.played:
        lines.append(f"{report.played} changes of yours were made.")
    if waiting:
        lines.append(f"{waiting} changes of yours wait for the next sync.")
    lines.append(
        f"{len(report.folders)} folders with {report.messages} messages: {report.new} new, {report.changed} changed, "
        f"{report.removed} removed; {size(report.octets)} and {report.commands} commands in {report.seconds:.1f} s."
    )
    return "".join(f"{line}\n" for line in lines)


def problems(report: SyncReport) -> list[str]:
    """Return what did not go well, a sentence for each: folders that failed, changes that were not made."""
    failed = [f"{folder.name}: {folder.error}" for folder in report.folders if folder.error]
    return failed + [
        f"a change was not made: {change.error}" for change in (*report.refused, *report.dropped, *report.held)
    ]
