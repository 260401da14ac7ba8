"""`outlookimap ls`: the folders of a local copy, or the messages of one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from outlookimap.cli.local import ENTRY_KEYS, HEADINGS, CacheFile, entry, fields, opened, synced
from outlookimap.cli.output import json_option, write_json, write_rows
from outlookimap.mail import Folder


def ls(
    cache: CacheFile,
    folder: Annotated[str | None, typer.Argument(metavar="FOLDER", help="List its messages, the newest first.")] = None,
    json: Annotated[
        str | None,
        json_option(
            f"a list of folders (name, attributes, special, messages, unread), with FOLDER of messages ({ENTRY_KEYS})"
        ),
    ] = None,
) -> None:
    """List the folders of a local copy with their messages and unread ones, or the messages of one folder.

    Reads the file only. A folder that was never synced has - for numbers, and so has a message without UID, which is
    only here so far.
    """
    with opened(cache) as outlook:
        if folder is not None:
            messages = outlook.folder(folder).messages()
            if json is None:
                write_rows(HEADINGS, map(fields, messages))
            else:
                write_json(json, [entry(message) for message in messages])
        elif json is None:
            write_rows(("folder", "messages", "unread"), map(_row, outlook.folders()))
        else:
            write_json(json, [_entry(one) for one in outlook.folders()])


def _row(folder: Folder) -> tuple[str, str, str]:
    if not synced(folder):
        return folder.name, "-", "-"
    return folder.name, str(folder.exists), str(folder.unseen)


def _entry(folder: Folder) -> dict[str, Any]:
    known = synced(folder)
    return {
        "name": folder.name,
        "attributes": sorted(folder.attributes),
        "special": folder.special,
        "messages": folder.exists if known else None,
        "unread": folder.unseen if known else None,
    }
