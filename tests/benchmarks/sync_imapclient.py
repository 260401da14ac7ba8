"""The same sync as one would write it: imapclient, email.parser, the same tables; a process of its own.

Written to be fast without being clever: each message is fetched once, whole; `--batch` messages at a time or all at
once; the compat32 parser, the faster of the two, and of the headers alone where no `--words` are wanted; rows by
executemany in one transaction a batch; the pragmas of our cache. A file that has messages is synced again: UIDs and
flags of all against a dict of what is there.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import re
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import Any

from imapclient import IMAPClient

from outlookimap.cache.database import shipped_migrations

BITS = {b"\\Seen": 1, b"\\Answered": 2, b"\\Flagged": 4, b"\\Deleted": 8, b"\\Draft": 16}
WANTED = ["FLAGS", "RFC822.SIZE", "INTERNALDATE", "BODY.PEEK[]"]
MOST = 10_000
"""Numbers in one FETCH: Dovecot takes no longer line."""

_ONE = "folder = 1 AND generation = 1 AND uid = ?"
_FOLD = re.compile(r"\r?\n")
_TAG = re.compile(r"<[^>]*>")
_INSERT = """
    INSERT INTO messages (folder, generation, uid, flags, server_flags, keywords, size, internaldate, received,
        sent, subject, sender, recipients, message_id, header_hash, body, indexed, id)
    VALUES (1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
"""


def opened(file: str) -> sqlite3.Connection:
    """Open the file, with our tables and one folder."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA page_size = 16384")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for script in shipped_migrations():
            database.executescript(script)
        database.execute("INSERT INTO folders (id, raw, server_raw, name) VALUES (1, 'INBOX', 'INBOX', 'INBOX')")
    return database


def bits_and_words(flags: Sequence[bytes]) -> tuple[int, str]:
    """Return flags as the tables have them."""
    return (
        sum(BITS.get(flag, 0) for flag in flags),
        " ".join(sorted(flag.decode() for flag in flags if flag not in BITS and flag != b"\\Recent")),
    )


def fetched(
    client: IMAPClient, uids: Sequence[int], items: Sequence[str], most: int
) -> Iterator[Mapping[int, Mapping[bytes, Any]]]:
    """Yield messages by UID, at most so many at a time."""
    for place in range(0, len(uids), most):
        yield client.fetch(uids[place : place + most], items)


def store(database: sqlite3.Connection, messages: Mapping[int, Mapping[bytes, Any]], *, with_words: bool) -> None:
    """Parse messages and write them."""
    last = database.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0]
    rows, headers, bodies, words = [], [], [], []
    for number, (uid, data) in enumerate(messages.items(), last + 1):
        octets: bytes = data[b"BODY[]"]
        header = octets[: octets.find(b"\r\n\r\n") + 4]
        message = BytesParser().parsebytes(octets) if with_words else BytesParser().parsebytes(header, headersonly=True)
        date: datetime = data[b"INTERNALDATE"]
        flags, keywords = bits_and_words(data[b"FLAGS"])
        subject, sender = text(message, "subject"), text(message, "from")
        recipients = ", ".join(filter(None, (text(message, name) for name in ("to", "cc", "bcc"))))
        rows.append((
            uid, flags, flags, keywords, data[b"RFC822.SIZE"], date.isoformat(), int(date.timestamp()), sent(message),
            subject, sender, recipients, text(message, "message-id"),
            hashlib.blake2b(header.rstrip(b"\r\n"), digest_size=16).digest(), with_words, number,
        ))  # fmt: skip
        headers.append((number, header))
        bodies.append((number, octets))
        if with_words:
            words.append((number, subject, sender, recipients, body_text(message)))
    database.execute("BEGIN")
    database.executemany(_INSERT, rows)
    database.executemany("INSERT INTO headers VALUES (?, ?)", headers)
    database.executemany("INSERT INTO bodies VALUES (?, ?)", bodies)
    database.executemany("INSERT INTO words (rowid, subject, sender, recipients, text) VALUES (?, ?, ?, ?, ?)", words)
    database.execute("COMMIT")


def text(message: Message, name: str) -> str:
    """Return a field as text, unfolded."""
    value = message.get(name)
    return "" if value is None else str(make_header(decode_header(_FOLD.sub("", value))))


def sent(message: Message) -> int | None:
    """Return the moment of the Date field."""
    try:
        date = parsedate_to_datetime(str(message.get("date")))
    except ValueError:
        return None
    return int((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp())


def body_text(message: Message) -> str:
    """Return what people read: the plain text, or the HTML without tags where there is none."""
    found: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for part in message.walk():
        if part.get_content_type() in found and part.get_content_disposition() != "attachment":
            octets = part.get_payload(decode=True)
            assert isinstance(octets, bytes)
            found[part.get_content_type()].append(octets.decode(part.get_content_charset("utf-8"), "replace"))
    return "\n".join(found["text/plain"] or (_TAG.sub(" ", html) for html in found["text/html"]))


def first_sync(
    client: IMAPClient, database: sqlite3.Connection, batch: int | None, *, with_words: bool
) -> dict[str, int]:
    """Fetch everything, in batches or before any of it is stored."""
    uids = client.search()
    if batch is not None:
        for messages in fetched(client, uids, WANTED, batch):
            store(database, messages, with_words=with_words)
    else:
        everything: dict[int, Mapping[bytes, Any]] = {}
        for messages in fetched(client, uids, WANTED, MOST):
            everything.update(messages)
        store(database, everything, with_words=with_words)
    return {"new": len(uids), "changed": 0, "removed": 0}


def resync(client: IMAPClient, database: sqlite3.Connection, uid_next: int, most: int) -> dict[str, int]:
    """Fetch all flags, of what is here and what may be new, and take in what changed and went."""
    known = {
        uid: (flags, words)
        for uid, flags, words in database.execute("SELECT uid, server_flags, keywords FROM messages WHERE folder = 1")
    }
    uids = [*known, *range(max(known) + 1, uid_next)]
    there: dict[int, Mapping[bytes, Any]] = {}
    for messages in fetched(client, uids, ["FLAGS"], most):
        there.update(messages)
    shared: dict[Sequence[bytes], tuple[int, str]] = {}
    changed = []
    for uid, data in there.items():
        flags = data[b"FLAGS"]
        now = shared.get(flags)
        if now is None:
            now = shared[flags] = bits_and_words(flags)
        if uid in known and known[uid] != now:
            changed.append((now[0], now[0], now[1], uid))
    gone = known.keys() - there.keys()
    database.execute("BEGIN")
    database.executemany(f"UPDATE messages SET flags = ?, server_flags = ?, keywords = ? WHERE {_ONE}", changed)
    database.executemany(f"DELETE FROM messages WHERE {_ONE}", [(uid,) for uid in gone])
    database.execute("COMMIT")
    return {"new": len(there.keys() - known.keys()), "changed": len(changed), "removed": len(gone)}


def main() -> None:
    """Sync and print what came."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("user")
    parser.add_argument("file")
    parser.add_argument("--batch", type=int, help="messages at a time; all at once unless given")
    parser.add_argument("--words", action="store_true", help="make the texts searchable too")
    parser.add_argument("--most", type=int, default=MOST, help="numbers in one FETCH of flags")
    options = parser.parse_args()
    with contextlib.closing(opened(options.file)) as database:
        client = IMAPClient("127.0.0.1", options.port, ssl=False, timeout=300)
        client.login(options.user, "secret")
        began, cpu = time.perf_counter(), time.process_time()
        uid_next = client.select_folder("INBOX")[b"UIDNEXT"]
        if database.execute("SELECT 1 FROM messages LIMIT 1").fetchone():
            done = resync(client, database, uid_next, options.most)
        else:
            done = first_sync(client, database, options.batch, with_words=options.words)
        took, used = time.perf_counter() - began, time.process_time() - cpu
        client.logout()
    sys.stdout.write(json.dumps({"seconds": took, "cpu": used, **done}) + "\n")


if __name__ == "__main__":
    main()
