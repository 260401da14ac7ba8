"""What the commands that read a local copy share: opening one that must be there, and a message as fields.

Connects to nothing: these commands work without a network.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from outlookimap.errors import CacheError
from outlookimap.mail import Folder, Message, Outlook

_DATABASE = b"SQLite format 3\0"

CacheFile = Annotated[
    Path, typer.Argument(metavar="CACHE", help="The file that `outlookimap sync URL --cache FILE` made.")
]

HEADINGS = ("uid", "date", "sender", "subject", "state")


def opened(file: Path) -> Outlook:
    """Return the local copy in `file`, which has to be there; raises CacheError, and makes no file."""
    try:
        with file.open("rb") as octets:
            begin = octets.read(len(_DATABASE))
    except FileNotFoundError as error:
        raise CacheError(f"there is no cache {file}: `outlookimap sync URL --cache {file}` makes one") from error
    except OSError as error:
        raise CacheError(f"the cache {file} cannot be read: {error.strerror}") from error
    if begin != _DATABASE:
        raise CacheError(f"{file} is no cache: `outlookimap sync URL --cache FILE` makes one, in a file of its own")
    return Outlook(cache=file, offline=True)


def synced(folder: Folder) -> bool:
    """Whether messages of `folder` are known: it was synced, or something is in it already."""
    return folder.visited is not None or folder.exists > 0


def fields(message: Message) -> tuple[str, ...]:
    """Return a message as the fields of `HEADINGS`."""
    uid = "-" if message.uid is None else str(message.uid)
    date = "-" if message.date is None else message.date.strftime("%Y-%m-%d %H:%M")
    return uid, date, message.sender, message.subject, " ".join(states(message))


def states(message: Message) -> list[str]:
    """Return what is to be said of a message: that it is unread, flagged and so on."""
    words = ("unread", "answered", "flagged", "deleted", "draft")
    return [word for word in words if getattr(message, word)]


ENTRY_KEYS = "uid, date, sender, recipients, subject, flags, keywords, size, message_id"
"""What `entry` has, for the help of a command."""


def entry(message: Message) -> dict[str, Any]:
    """Return a message for JSON."""
    return {
        "uid": message.uid,
        "date": None if message.date is None else message.date.isoformat(),
        "sender": message.sender,
        "recipients": message.recipients,
        "subject": message.subject,
        "flags": sorted(message.flags),
        "keywords": sorted(message.keywords),
        "size": message.size,
        "message_id": message.message_id,
    }
