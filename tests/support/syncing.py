r"""A local copy in memory on a line to a scripted server, and what servers say of messages; knows no test.

The scripts of a session that is signed in follow one another; answers that hold headers are long, so `header` writes
them: its octets come from the arguments alone, not from the package.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from outlookimap.cache import Cache, MessageRow
from outlookimap.client import Session
from outlookimap.profiles import Profile
from outlookimap.sync.line import Line
from support.scripted import talk

ITEMS = "UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE"
"""What is asked for to get a header."""
DATE = '"17-Jul-1996 02:44:25 -0700"'


def select(exists: int, uidvalidity: int = 7, name: str = "INBOX", more: str = "") -> str:
    """Return a SELECT and its answer."""
    return f"""
        C: $tag SELECT "{name}"
        S: * {exists} EXISTS
        S: * OK [UIDVALIDITY {uidvalidity}] fixed
        {more}
        S: $tag OK [READ-WRITE] done
    """


def header(
    seq: int, uid: int | None, subject: str = "", *, flags: str = "", before: str = "", item: str = "BODY[HEADER]"
) -> str:
    """Return the answer with the header of one message, 5 octets and `subject` long, plus the Message-ID's."""
    lines = [f"Subject: {subject or uid}", f"Message-ID: <{subject or uid}@x>", "", ""]
    size = len("\r\n".join(lines))
    named = "" if uid is None else f"UID {uid} "
    return "\n".join(
        [f"S: * {seq} FETCH ({before}{named}FLAGS ({flags}) RFC822.SIZE 100 {item} {{{size}}}"]
        + [f"S| {line}".rstrip() for line in lines]
        + [f"S:  INTERNALDATE {DATE})", ""]
    )


def body(seq: int, uid: int, text: str, *, flags: str = "", item: str = "BODY[]") -> str:
    """Return the answer with a whole message that is one line."""
    return f"S: * {seq} FETCH (UID {uid} FLAGS ({flags}) {item} {{{len(text)}}}\nS| {text}\nS: )\n"


def fetched(wanted: str, *answers: str, items: str = ITEMS, end: str = "OK done") -> str:
    """Return a UID FETCH and its answers."""
    return "\n".join([f"C: $tag UID FETCH {wanted} ({items})", *answers, f"S: $tag {end}", ""])


def swept(*messages: str, end: str = "OK done") -> str:
    r"""Return a sweep; each of `messages` is what stands for one, as ``1 5 \Seen``: number, UID, flags."""
    lines = []
    for message in messages:
        seq, uid, *flags = message.split()
        lines.append(f"S: * {seq} FETCH (UID {uid} FLAGS ({' '.join(flags)}))")
    return fetched("1:*", *lines, items="UID FLAGS", end=end)


@dataclass(frozen=True, slots=True)
class Bench:
    """A session on a script, a line over it and a local copy."""

    session: Session
    line: Line
    cache: Cache

    def folder(self, name: str = "INBOX", **columns: Any) -> int:
        """Return the id of a folder, which is made where it is missing."""
        raw = name.encode()
        row = self.cache.folders.by_raw(raw)
        number = (
            row.id
            if row is not None
            else self.cache.folders.add(raw, raw, name=name, delimiter="/", attributes=(), source="LIST")
        )
        self.cache.folders.update(number, **columns)
        return number

    def subjects(self, name: str = "INBOX") -> dict[int | None, str]:
        """Return the subjects of what a folder shows, by UID."""
        return {message.uid: message.subject for message in self.messages(name)}

    def messages(self, name: str = "INBOX") -> list[MessageRow]:
        """Return what a folder shows, by UID."""
        row = self.cache.folders.by_raw(name.encode())
        assert row is not None
        return self.cache.messages.find(row.id, order="uid")


@contextlib.contextmanager
def bench(
    text: str,
    version: str | Profile = "2013",
    *,
    cache: Cache | None = None,
    capabilities: str = "IMAP4rev1",
    **options: Any,
) -> Iterator[Bench]:
    """Give a line on which `text` happens, all of it, and a local copy: `cache` or a new one in memory."""
    with talk(text, version, capabilities=capabilities, **options) as session:
        yield Bench(session, Line(session), cache or Cache())
