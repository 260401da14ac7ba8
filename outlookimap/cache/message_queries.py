"""What can be asked about the messages of the local copy.

Knows nothing of writing, of a server, or of what the queued changes are: `flags` holds their effect already. "Shown"
are the messages of a folder's generation that no queued purge will remove.
"""

# ruff: noqa: S608 - statements are put together from words of this module only; values are parameters

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from outlookimap.cache.criteria import Criteria
from outlookimap.cache.database import Database
from outlookimap.cache.moments import from_seconds
from outlookimap.cache.rows import BodyState, Flag, MessageRow
from outlookimap.cache.summary import Fingerprint, Summary, summarise
from outlookimap.wire.sequence import MAX_NUMBER

Order: TypeAlias = Literal["newest", "oldest", "uid"]

_COLUMNS = (
    "id, folder, generation, uid, flags, server_flags, keywords, size, internaldate, sent, subject, sender, recipients,"
    " message_id, header_hash, body, hidden, decoded"
)
_DATES = {"internaldate": "COALESCE(received, sent, 0)", "header": "COALESCE(sent, received, 0)"}
# What has no UID yet came last.
_ORDERS: dict[Order, str] = {
    "newest": "{date} DESC, uid IS NULL DESC, uid DESC, id DESC",
    "oldest": "{date}, uid IS NULL, uid, id",
    "uid": "uid IS NULL, uid, id",
}
_SHOWN = "folder = ? AND generation = (SELECT generation FROM folders WHERE id = ?) AND hidden = 0"
_SHOWN_ANYWHERE = "(folder, generation) IN (SELECT id, generation FROM folders WHERE removed = 0) AND hidden = 0"
AMONG = "IN (SELECT value FROM json_each(?))"
"""A condition for a list of any length, whose parameter is `as_json` of it."""


def as_json(numbers: Iterable[int]) -> str:
    """Return numbers as the parameter of `AMONG`."""
    return json.dumps([int(number) for number in numbers])


class MessageQueries:
    """The reading side of the messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, message_id: int) -> MessageRow | None:
        """Return the message with this id, or None."""
        return self._first("WHERE id = ?", message_id)

    def by_uid(self, folder_id: int, uid: int) -> MessageRow | None:
        """Return the shown message with this UID, or None."""
        if not 1 <= uid <= MAX_NUMBER:  # SQLite takes no number beyond 64 bits
            return None
        return self._first(f"WHERE {_SHOWN} AND uid = ?", folder_id, folder_id, uid)

    def find(
        self,
        folder_id: int | None,
        criteria: Criteria | None = None,
        *,
        limit: int | None = None,
        order: Order = "newest",
        date_from: str = "internaldate",
    ) -> list[MessageRow]:
        """Return the shown messages of a folder, or of all folders for None, that meet `criteria`, at most `limit`.

        The dates that `criteria` and `order` go by are those of `date_from`, ``"internaldate"`` or ``"header"``, or the
        other where that one is missing.

        Statements: O5:V0006
        """
        where = _SHOWN_ANYWHERE if folder_id is None else _SHOWN
        parameters: list[Any] = [] if folder_id is None else [folder_id, folder_id]
        condition, values = ("", []) if criteria is None else criteria.sql(date_from)
        if condition:
            where += f" AND ({condition})"
            parameters += values
        at_most = -1 if limit is None else limit
        by = _ORDERS[order].format(date=_DATES[date_from])
        return self._rows(f"WHERE {where} ORDER BY {by} LIMIT ?", *parameters, at_most)

    def count(self, folder_id: int) -> int:
        """Return how many messages of a folder are shown."""
        of_it = (
            "FROM messages WHERE folder = :folder AND generation = (SELECT generation FROM folders WHERE id = :folder)"
        )
        # Each of the three an index counts by itself, without a look at the messages.
        [(with_uid, without, hidden)] = self._database.query(
            f"SELECT (SELECT count(*) {of_it} AND uid IS NOT NULL), (SELECT count(*) {of_it} AND uid IS NULL),"
            f" (SELECT count(*) {of_it} AND hidden = 1)",
            {"folder": folder_id},
        )
        return int(with_uid) + int(without) - int(hidden)

    def unseen(self, folder_id: int) -> int:
        """Return how many of them are unread."""
        return self._number(
            f"SELECT count(*) FROM messages WHERE {_SHOWN} AND flags & {Flag.SEEN:d} = 0", folder_id, folder_id
        )

    def uids_and_flags(self, folder_id: int, generation: int) -> list[tuple[int, int, str, int]]:
        """Return (UID, the server's flags, keywords, id) of what has a UID, in the order of the UIDs."""
        return self._database.query(
            "SELECT uid, server_flags, keywords, id FROM messages"
            " WHERE folder = ? AND generation = ? AND uid IS NOT NULL ORDER BY uid",
            (folder_id, generation),
        )

    def states(self, folder_id: int, generation: int) -> Iterator[tuple[int, int, str]]:
        """Yield UID, the server's flags and keywords of what has a UID, in the order of the UIDs, none of it kept."""
        return self._database.each(
            "SELECT uid, server_flags, keywords FROM messages"
            " WHERE folder = ? AND generation = ? AND uid IS NOT NULL ORDER BY uid",
            (folder_id, generation),
        )

    def any_uid(self, folder_id: int, generation: int) -> bool:
        """Tell whether there is a message that has a UID."""
        return bool(
            self._database.query(
                "SELECT 1 FROM messages WHERE folder = ? AND generation = ? AND uid IS NOT NULL LIMIT 1",
                (folder_id, generation),
            )
        )

    def without_body(self, folder_id: int, generation: int) -> list[int]:
        """Return the UIDs, in order, of messages whose body is not here, or in part only."""
        rows = self._database.query(
            "SELECT uid FROM messages"
            " WHERE folder = ? AND generation = ? AND uid IS NOT NULL AND body <> ? ORDER BY uid",
            (folder_id, generation, int(BodyState.WHOLE)),
        )
        return [uid for (uid,) in rows]

    def placeholders(self, folder_id: int) -> list[MessageRow]:
        """Return the messages without a UID, in the order they were made."""
        return self._rows("WHERE folder = ? AND uid IS NULL ORDER BY id", folder_id)

    def fingerprints(self, ids: Iterable[int]) -> list[tuple[int, Fingerprint]]:
        """Return what the messages are recognised by, with their ids, in the order of the ids."""
        rows = self._database.query(
            f"SELECT id, message_id, received, header_hash, decoded FROM messages WHERE id {AMONG} ORDER BY id",
            (as_json(ids),),
        )
        unread = self._summaries(number for number, *_, decoded in rows if not decoded)
        return [
            (
                number,
                Fingerprint(unread[number].message_id, received, unread[number].header_hash)
                if number in unread
                else Fingerprint(message_id, received, header_hash),
            )
            for number, message_id, received, header_hash, _ in rows
        ]

    def header(self, message_id: int) -> bytes | None:
        """Return the header block of a message, with the empty line that ends it, or None."""
        rows = self._database.query("SELECT octets FROM headers WHERE message = ?", (message_id,))
        return rows[0][0] if rows else None

    def body(self, message_id: int) -> tuple[bytes, BodyState] | None:
        """Return the octets of a message, header included, and whether they are all of it, or None."""
        rows = self._database.query(
            "SELECT octets, body FROM bodies JOIN messages ON id = message WHERE message = ?", (message_id,)
        )
        return (rows[0][0], BodyState(rows[0][1])) if rows else None

    def _number(self, sql: str, *parameters: Any) -> int:
        return int(self._database.query(sql, parameters)[0][0])

    def _first(self, rest: str, *parameters: Any) -> MessageRow | None:
        return next(iter(self._rows(f"{rest} LIMIT 1", *parameters)), None)

    def _rows(self, rest: str, *parameters: Any) -> list[MessageRow]:
        found = self._database.query(f"SELECT {_COLUMNS} FROM messages {rest}", parameters)
        unread = self._summaries(row[0] for row in found if not row[-1])
        return [_message(*row) if row[-1] else _decoded(_message(*row), unread[row[0]]) for row in found]

    def _summaries(self, ids: Iterable[int]) -> dict[int, Summary]:
        """Return what the headers of messages say whose columns do not say it yet; nothing is written."""
        wanted = dict.fromkeys(ids, b"")
        if wanted:
            wanted.update(
                self._database.query(f"SELECT message, octets FROM headers WHERE message {AMONG}", (as_json(wanted),))
            )
        return {number: summarise(header) for number, header in wanted.items()}


def _decoded(row: MessageRow, said: Summary) -> MessageRow:
    return replace(
        row,
        subject=said.subject,
        sender=said.sender,
        recipients=said.recipients,
        message_id=said.message_id,
        header_hash=said.header_hash,
    )


def _message(
    number: int, folder: int, generation: int, uid: int | None, flags: int, server_flags: int, keywords: str,
    size: int | None, internaldate: str | None, sent: int | None, subject: str, sender: str, recipients: str,
    message_id: str, header_hash: bytes | None, body: int, hidden: int, _: int,
) -> MessageRow:  # fmt: skip
    return MessageRow(
        id=number,
        folder=folder,
        generation=generation,
        uid=uid,
        flags=Flag(flags),
        server_flags=Flag(server_flags),
        keywords=tuple(keywords.split()),
        size=size,
        internaldate=None if internaldate is None else dt.datetime.fromisoformat(internaldate),
        sent=from_seconds(sent),
        subject=subject,
        sender=sender,
        recipients=recipients,
        message_id=message_id,
        header_hash=header_hash,
        body=BodyState(body),
        hidden=bool(hidden),
    )
