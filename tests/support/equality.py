"""Compares a local copy with what plain imaplib reads from the server; knows no test and nothing of how it was synced.

What imaplib hands over is taken apart here, by nothing of the package: both sides of a comparison share no code.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import imaplib
import re
import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from outlookimap.cache import BodyState, Cache, Criteria
from outlookimap.cache.rows import FolderRow, MessageRow, flag_names
from support.mailbox import Mail

FIVE = frozenset(("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"))
WORST = 20
"""After so many differences a comparison stops."""
EVERYTHING = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER] BODY.PEEK[])"
WITHOUT_OCTETS = "(UID FLAGS INTERNALDATE RFC822.SIZE)"

_LISTED = re.compile(rb'\((?P<attributes>[^)]*)\) (?:"(?P<delimiter>(?:\\?.))"|NIL) (?P<name>.+)', re.DOTALL)
_BATCH = 250
_UID = re.compile(rb"\bUID (\d+)")
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_LITERAL = re.compile(rb"BODY\[(HEADER)?\] \{\d+\}\Z")
_QUOTED = re.compile(rb'BODY\[(HEADER)?\] "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Read:
    """A message as it was read; `header` and `body` are None where they were not asked for."""

    uid: int
    flags: frozenset[str]
    keywords: frozenset[str]
    size: int | None
    date: str
    header: bytes | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder as LIST shows it."""

    raw: bytes
    delimiter: str | None
    selectable: bool


# ---------------------------------------------------------------- the server's side


@contextlib.contextmanager
def reading(host: str, port: int, user: str, password: str = "secret") -> Iterator[imaplib.IMAP4]:
    """Give a plain connection of imaplib, signed in."""
    with imaplib.IMAP4(host, port, timeout=60) as client:
        # Without it an APPEND waits 40 ms for an acknowledgement between its two writes.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.login(user, password)
        yield client


def appended(client: imaplib.IMAP4, folder: str, mail: Mail) -> None:
    """Append a message with its flags, keywords and date."""
    date = imaplib.Time2Internaldate(mail.date)
    status, answer = client.append(folder, f"({' '.join(mail.flags + mail.keywords)})", date, mail.octets)
    assert status == "OK", answer


def places(client: imaplib.IMAP4) -> list[Place]:
    """Return all folders, by name."""
    status, lines = client.list()
    assert status == "OK", lines
    return sorted((_place(line) for line in lines if line is not None), key=lambda place: place.raw)


def _place(line: bytes | tuple[bytes, bytes]) -> Place:
    text, literal = line if isinstance(line, tuple) else (line, None)
    found = _LISTED.fullmatch(text)
    assert found, line
    name = found["name"]
    if literal is not None:
        name = literal
    elif name.startswith(b'"'):
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
    delimiter = None if found["delimiter"] is None else found["delimiter"][-1:].decode()
    return Place(name, delimiter, b"\\noselect" not in found["attributes"].lower())


def look_at(client: imaplib.IMAP4, raw: bytes) -> tuple[int, int]:
    """Examine a folder and return its UIDVALIDITY and number of messages, (0, 0) where it is none after all.

    Dovecot lists folders that were deleted while others were below them as if they could be selected.
    """
    quoted = '"' + raw.decode("ascii").replace("\\", "\\\\").replace('"', '\\"') + '"'
    status, answer = client.select(quoted, readonly=True)
    if status == "NO":
        return 0, 0
    assert status == "OK", (raw, answer)
    uidvalidity = client.response("UIDVALIDITY")[1][0]
    assert uidvalidity is not None
    assert isinstance(answer[0], bytes)
    return int(uidvalidity), int(answer[0])


def messages(client: imaplib.IMAP4, items: str = EVERYTHING, *, exists: int) -> Iterator[Read]:
    """Read the messages of the folder that was looked at, in ascending order, some at a time."""
    for first in range(1, exists + 1, _BATCH):
        status, parts = client.fetch(f"{first}:{min(exists, first + _BATCH - 1)}", items)
        assert status == "OK", parts
        texts: list[bytes] = []
        octets: dict[bool, bytes] = {}
        for part in parts:
            if isinstance(part, tuple):
                literal = _LITERAL.search(part[0])
                assert literal, part[0]
                octets[literal[1] is not None] = part[1]
                texts.append(part[0][: literal.start()])
            elif part is not None:
                yield _read(b"".join((*texts, part)), octets)
                texts, octets = [], {}
        assert not texts, "an answer without an end"


def _read(text: bytes, octets: dict[bool, bytes]) -> Read:
    for found in _QUOTED.finditer(text):
        octets[found[1] is not None] = re.sub(rb"\\(.)", rb"\1", found[2])
    text = _QUOTED.sub(b"", text)
    uid, flags, date = _UID.search(text), _FLAGS.search(text), _DATE.search(text)
    assert uid, text
    assert flags, text
    assert date, text
    size = _SIZE.search(text)
    names = flags[1].decode("ascii").split()
    return Read(
        uid=int(uid[1]),
        flags=FIVE.intersection(names),
        keywords=frozenset(name for name in names if not name.startswith("\\")),
        size=None if size is None else int(size[1]),
        date=dt.datetime.strptime(date[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").isoformat(),
        header=octets.get(True),
        body=octets.get(False),
    )


# ---------------------------------------------------------------- the copy's side


def rows(cache: Cache, folder: FolderRow) -> list[MessageRow]:
    """Return what the copy shows of a folder, by UID; what has none comes first."""
    return sorted(cache.messages.find(folder.id, Criteria()), key=lambda row: row.uid or 0)


def kept(cache: Cache, row: MessageRow) -> Read:
    """Return a message of the copy, its body where it is whole."""
    body = cache.messages.body(row.id)
    return Read(
        uid=row.uid or 0,
        flags=flag_names(row.flags),
        keywords=frozenset(row.keywords),
        size=row.size,
        date="" if row.internaldate is None else row.internaldate.isoformat(),
        header=cache.messages.header(row.id),
        body=body[0] if body is not None and body[1] is BodyState.WHOLE else None,
    )


# ---------------------------------------------------------------- both


def folder_differences(cache: Cache, client: imaplib.IMAP4) -> list[str]:
    """Return what is different in the lists of folders: names, delimiters, and which can be selected."""
    there = {place.raw: place for place in places(client)}
    here = {
        row.raw: Place(row.raw, row.delimiter, row.selectable)
        for row in cache.folders.all()
        if row.server_raw is not None
    }
    return [
        f"folder {raw!r}: here {here.get(raw)}, there {there.get(raw)}"
        for raw in sorted(here.keys() | there.keys())
        if here.get(raw) != there.get(raw)
    ]


def message_differences(cache: Cache, client: imaplib.IMAP4, raw: bytes, *, skip: Collection[str] = ()) -> list[str]:
    """Return what is different in a folder, message by message; the first few differences only.

    What `skip` names is not compared: ``"size"`` where a server says another one later, ``"body"``, ``"header"``.
    """
    folder = cache.folders.by_server_raw(raw)
    if folder is None:
        return [f"{raw!r} is not here"]
    uidvalidity, exists = look_at(client, raw)
    here = rows(cache, folder)
    if uidvalidity and folder.uidvalidity != uidvalidity:
        return [f"{raw!r}: UIDVALIDITY here {folder.uidvalidity}, there {uidvalidity}"]
    differences = [f"{raw!r}: {row.subject!r} has no UID" for row in here if row.uid is None]
    by_uid = {row.uid: row for row in here if row.uid is not None}
    for there in messages(client, exists=exists):
        row = by_uid.pop(there.uid, None)
        if row is None:
            differences.append(f"{raw!r}: UID {there.uid} is there only")
        else:
            differences += _differences(f"{raw!r}: UID {there.uid}", kept(cache, row), there, skip)
        if len(differences) > WORST:
            return [*differences, "and so on"]
    return differences + [f"{raw!r}: UID {uid} is here only" for uid in by_uid]


def _differences(where: str, here: Read, there: Read, skip: Collection[str]) -> Iterator[str]:
    compared = {
        "flags": (sorted(here.flags), sorted(there.flags)),
        "keywords": (sorted(here.keywords), sorted(there.keywords)),
        "size": (here.size, there.size),
        "INTERNALDATE": (here.date, there.date),
        "header": (here.header, there.header),
        "body": (here.body, there.body),
    }
    for what, (ours, theirs) in compared.items():
        if what not in skip and ours != theirs:
            yield f"{where}: {what} here {_shown(ours)}, there {_shown(theirs)}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:150]} ... {text[-140:]}"


def account_differences(cache: Cache, client: imaplib.IMAP4, *, skip: Collection[str] = ()) -> list[str]:
    """Return what is different in the whole account: folders first, and where they are the same their messages."""
    differences = folder_differences(cache, client)
    if not differences:
        for place in places(client):
            if place.selectable:
                differences += message_differences(cache, client, place.raw, skip=skip)
    return differences
