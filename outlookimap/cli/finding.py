"""`outlookimap search`: messages of a local copy by their words."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from outlookimap.cli.local import ENTRY_KEYS, HEADINGS, CacheFile, entry, fields, opened, synced
from outlookimap.cli.output import json_option, write_json, write_rows
from outlookimap.mail import Folder, Message

_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


def search(
    cache: CacheFile,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS...",
            help="All of them occur in subject, sender, recipients or downloaded text; a * at the end of one stands "
            "for any ending.",
        ),
    ],
    json: Annotated[str | None, json_option(f"a list of messages (folder, {ENTRY_KEYS})")] = None,
) -> None:
    """Find messages in all folders of a local copy, the newest first.

    Reads the file only. Exit status 1 when there is none.
    """
    with opened(cache) as outlook:
        text = " ".join(words)
        found = [
            (folder, message)
            for folder in outlook.folders()
            if synced(folder)
            for message in folder.messages(text=text)
        ]
        found.sort(key=_moment, reverse=True)
        if json is not None:
            write_json(json, [{"folder": folder.name, **entry(message)} for folder, message in found])
        else:
            write_rows(("folder", *HEADINGS), [(folder.name, *fields(message)) for folder, message in found])
    if not found:
        raise typer.Exit(1)


def _moment(found: tuple[Folder, Message]) -> dt.datetime:
    return found[1].date or _LONG_AGO
