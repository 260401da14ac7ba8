"""Reads Maildirs: ``cur`` and ``new``, flags in the names of files, subfolders as Maildir++ or as directories.

Knows the names of files and no message. The standard library's `mailbox.Maildir` is not used: it parses every message
into an object and writes that out again, takes the directories of subfolders for their names, and knows no keywords.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from outlookimap.server.mail_files import Source, entries, joined, level, read_message
from outlookimap.server.store import Incoming
from outlookimap.wire import flags as f
from outlookimap.wire.mailbox import encode

_OWN = frozenset(("cur", "new", "tmp"))
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)\Z")  # `;` and `!` where a file system forbids the colon
_DELIVERED = re.compile(r"\d+")

FLAGS = {"D": f.DRAFT, "F": f.FLAGGED, "P": b"$Forwarded", "R": f.ANSWERED, "S": f.SEEN, "T": f.DELETED}
"""What the capital letters after ``:2,`` mean."""

_KEYWORD_FILE = "dovecot-keywords"
_KEYWORD = re.compile(r"(\d+) (\S+)")


def is_maildir(path: Path) -> bool:
    """Tell whether a directory is a Maildir."""
    return (path / "cur").is_dir() or (path / "new").is_dir()


def maildir_sources(path: Path, *, remove_nul: bool) -> list[Source]:
    """Return the mailboxes of a Maildir, or of a directory of Maildirs; none where there is no Maildir.

    A directory ``.Sent.2024`` is the mailbox ``Sent/2024`` (Maildir++), ``Sent/2024`` within the Maildir as well. Names
    are taken as modified UTF-7, in which such directories are named; other than ASCII as text.
    """
    return list(_sources(path, (), remove_nul=remove_nul))


def _sources(path: Path, above: tuple[bytes, ...], *, remove_nul: bool) -> Iterator[Source]:
    if is_maildir(path):
        yield Source(joined(above), path, partial(_messages, path, remove_nul=remove_nul))
    for entry in entries(path):
        inner = Path(entry.path)
        if entry.name in _OWN or not entry.is_dir(follow_symlinks=False):
            continue
        if not entry.name.startswith("."):
            yield from _sources(inner, (*above, _raw(entry.name, inner)), remove_nul=remove_nul)
        elif is_maildir(inner) and len(entry.name) > 1:
            levels = tuple(_raw(part, inner) for part in entry.name[1:].split(".") if part)
            name = joined((*above, *levels))
            yield Source(name, inner, partial(_messages, inner, remove_nul=remove_nul))


def _raw(name: str, path: Path) -> bytes:
    return name.encode() if name.isascii() else level(name, path)


def _messages(path: Path, *, remove_nul: bool) -> Iterator[Incoming]:
    keywords = _keywords(path)
    found = [
        entry
        for part in ("cur", "new")
        if (path / part).is_dir()
        for entry in entries(path / part)
        if not entry.name.startswith(".") and Path(entry.path).is_file()
    ]
    for entry in sorted(found, key=_arrival):
        message = Path(entry.path)
        flags = _flags(entry.name, keywords) if message.parent.name == "cur" else ()
        yield read_message(message, flags, remove_nul=remove_nul)


def _arrival(entry: os.DirEntry[str]) -> tuple[int, str]:
    """Return what orders messages: a file's name begins with the second of its delivery, or says nothing about it."""
    delivered = _DELIVERED.match(entry.name)
    return (int(delivered[0]) if delivered else 0, entry.name)


def _flags(name: str, keywords: dict[str, bytes]) -> tuple[bytes, ...]:
    info = _INFO.search(name)
    letters = info[1] if info else ""
    return tuple({**FLAGS, **keywords}[letter] for letter in letters if letter in FLAGS or letter in keywords)


def _keywords(path: Path) -> dict[str, bytes]:
    """Return what the small letters after ``:2,`` mean: Dovecot writes it down in a file."""
    try:
        lines = (path / _KEYWORD_FILE).read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}  # there is none: then nobody knows what they mean
    found = (match for line in lines if (match := _KEYWORD.fullmatch(line)) and int(match[1]) < 26)
    return {chr(ord("a") + int(match[1])): encode(match[2]) for match in found}
