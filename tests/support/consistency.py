"""Looks into a cache file with plain sqlite3, whatever the package thinks of it; knows the tables and no test."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

_MUST_BE_EMPTY = {
    "two messages with one UID": (
        "SELECT folder, generation, uid, count(*) FROM messages WHERE uid IS NOT NULL"
        " GROUP BY folder, generation, uid HAVING count(*) > 1"
    ),
    "a message without its header": "SELECT id, uid FROM messages WHERE id NOT IN (SELECT message FROM headers)",
    "a header without its message": "SELECT message FROM headers WHERE message NOT IN (SELECT id FROM messages)",
    "a body that is not here": "SELECT id FROM messages WHERE body <> 0 AND id NOT IN (SELECT message FROM bodies)",
    "a body nobody knows of": "SELECT id FROM messages WHERE body = 0 AND id IN (SELECT message FROM bodies)",
    "words of no message": "SELECT rowid FROM words WHERE rowid NOT IN (SELECT id FROM messages)",
    "a message of no generation": (
        "SELECT m.id FROM messages m JOIN folders f ON f.id = m.folder"
        " WHERE m.generation <> f.generation AND m.generation IS NOT f.building"
    ),
    "a change in no order": "SELECT id FROM changes WHERE state NOT IN ('queued', 'sent', 'held', 'done', 'dropped',"
    " 'refused', 'discarded')",
}


def inconsistencies(file: Path) -> list[str]:
    """Return what is wrong with a cache file that nobody has open."""
    with closing(sqlite3.connect(file)) as database:
        found = [f"integrity_check: {row[0]}" for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"foreign_key_check: {row}" for row in database.execute("PRAGMA foreign_key_check")]
        database.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        for what, query in _MUST_BE_EMPTY.items():
            found += [f"{what}: {row}" for row in database.execute(query)]
    return found


def counted(file: Path) -> tuple[int, int]:
    """Return how many messages and how many bodies a cache file holds."""
    with closing(sqlite3.connect(file)) as database:
        (messages,) = database.execute("SELECT count(*) FROM messages").fetchone()
        (bodies,) = database.execute("SELECT count(*) FROM bodies").fetchone()
    return messages, bodies


def fates(file: Path) -> Counter[str]:
    """Return how many changes of a cache file are in each state."""
    with closing(sqlite3.connect(file)) as database:
        return Counter(state for (state,) in database.execute("SELECT state FROM changes"))
