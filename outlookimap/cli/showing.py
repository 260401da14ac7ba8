"""`outlookimap show`: one message of a local copy, its headers that matter and its text."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from outlookimap.cli.local import ENTRY_KEYS, CacheFile, entry, opened, states
from outlookimap.cli.output import harmless_text, json_option, write_json
from outlookimap.mail import Attachment, Message


def show(
    cache: CacheFile,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="The folder it is in.")],
    uid: Annotated[
        int,
        typer.Argument(metavar="UID", min=1, max=2**32 - 1, help="Its UID, as `outlookimap ls CACHE FOLDER` says it."),
    ],
    json: Annotated[str | None, json_option(f"{ENTRY_KEYS}, attachments (name, content_type, size), text")] = None,
) -> None:
    """Print one message of a local copy: sender, recipients, date, subject, attachments and text.

    Reads the file only: it stays unread. Exit status 1 when its text is not in the file.
    """
    with opened(cache) as outlook:
        message = outlook.folder(folder).message(uid)
        text = message.text() if message.downloaded else None
        attached = message.attachments() if message.downloaded else []
        if json is not None:
            files = [{"name": one.name, "content_type": one.content_type, "size": len(one.bytes)} for one in attached]
            write_json(json, {**entry(message), "attachments": files, "text": text})
        else:
            _print(message, text, attached)
    if text is None:
        sys.stderr.write("outlookimap: its text is not here: a sync without --headers-only fetches it\n")
        raise typer.Exit(1)


def _print(message: Message, text: str | None, attached: list[Attachment]) -> None:
    date = "" if message.date is None else message.date.strftime("%a, %d %b %Y %H:%M %z")
    lines = [
        ("From", message.sender),
        ("To", message.recipients),
        ("Date", date),
        ("Subject", message.subject),
        ("State", ", ".join(states(message))),
    ]
    lines += [("Attached", f"{one.name} ({one.content_type}, {len(one.bytes):,} bytes)") for one in attached]
    for name, value in lines:
        if value:
            sys.stdout.write(f"{name}: {harmless_text(' '.join(value.splitlines()))}\n")
    if text is not None:
        sys.stdout.write(f"\n{harmless_text(text).rstrip()}\n")
