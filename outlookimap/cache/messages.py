"""How the messages of the local copy are written: arrivals, flags, bodies, and what a message becomes.

Knows no server and no kind of change: what queued changes make of the flags is told by whoever keeps the queue.
"""

# ruff: noqa: S608 - statements are put together from words of this module only; values are parameters

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Protocol

from outlookimap.cache.database import PIECE_OCTETS, Database
from outlookimap.cache.message_queries import AMONG, MessageQueries, as_json
from outlookimap.cache.moments import seconds
from outlookimap.cache.rows import Arrived, BodyState, Flag
from outlookimap.cache.summary import sent_moment, summarise

_INSERT = """
    INSERT INTO messages (
        id, folder, generation, uid, flags, server_flags, keywords, size, internaldate, received,
        sent, subject, sender, recipients, message_id, header_hash, body, decoded
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DECODED = """
    UPDATE messages SET subject = ?, sender = ?, recipients = ?, message_id = ?, header_hash = ?, decoded = 1
    WHERE id = ? AND decoded = 0
"""
# The words are searched for again only where they may be others now.
_TAKE_OVER = f"""
    UPDATE messages SET
        indexed = messages.indexed AND messages.header_hash IS new.header_hash
            AND (messages.body = {BodyState.WHOLE:d} OR new.body = {BodyState.NONE:d}),
        body = CASE WHEN messages.body = {BodyState.WHOLE:d} OR new.body = {BodyState.NONE:d}
            THEN messages.body ELSE new.body END,
        flags = new.server_flags, server_flags = new.server_flags, keywords = new.keywords, size = new.size,
        internaldate = new.internaldate, received = new.received, sent = new.sent, subject = new.subject,
        sender = new.sender, recipients = new.recipients, message_id = new.message_id, header_hash = new.header_hash,
        decoded = new.decoded
    FROM messages AS new WHERE messages.id = :old AND new.id = :new
"""
_TAKE_HEADER = "UPDATE OR REPLACE headers SET message = :old WHERE message = :new"
_TAKE_BODY = f"""
    UPDATE OR REPLACE bodies SET message = :old WHERE message = :new
        AND (SELECT body FROM messages WHERE id = :old) <> {BodyState.WHOLE:d}
"""
# A change that was made to the row that goes is one of the row that stays.
_TAKE_CHANGES = "UPDATE change_messages SET message = :old WHERE message = :new"


class Overlay(Protocol):
    """What the queue says of flags: the messages it touches, and how each looks with its changes on top."""

    def messages_with_changes(self, folder_id: int, /) -> Set[int]:
        """Return the ids of the messages of a folder that open changes touch."""

    def overlay(self, message_id: int, server_flags: Flag, /) -> Flag:
        """Return the flags shown where the server's are `server_flags`."""


class MessageTable(MessageQueries):
    """The messages of all folders, with their headers and bodies.

    A message has the server's flags and those shown, which have the queued changes on top. One without a UID is a
    placeholder: it is only here so far, or the server did not say where it put it. With `lazy` the headers that arrive
    are decoded when somebody reads them or `decode_outstanding` does.
    """

    def __init__(self, database: Database, queue: Overlay, *, lazy: bool = False) -> None:
        super().__init__(database)
        self._queue = queue
        self._lazy = lazy

    # ------------------------------------------------------------ arriving

    def add(self, folder_id: int, generation: int, arrived: Sequence[Arrived]) -> list[int]:
        """Store what arrived and return the ids, in its order; a message whose UID is here is left as it is."""
        with self._database.transaction():
            known = self._known(folder_id, generation, [message.uid for message in arrived])
            number = self._last_id()
            rows, headers, ids = [], [], []
            for message in arrived:
                found = known.get(message.uid)
                if found is None:
                    number += 1
                    found = known[message.uid] = number
                    rows.append(_columns(
                        number, folder_id, generation, message.uid, message.flags, message.keywords, message.size,
                        message.internaldate, message.header, BodyState.NONE, lazy=self._lazy,
                    ))  # fmt: skip
                    headers.append((number, message.header))
                ids.append(found)
            self._database.executemany(_INSERT, rows)
            self._database.executemany("INSERT INTO headers VALUES (?, ?)", headers)
        return ids

    def decode_outstanding(self, folder_id: int | None = None, batch: int = 1000) -> int:
        """Decode the headers of a folder, or of all for None, that were stored undecoded; return how many there were.

        Each batch is a transaction: others wait no longer than for one.
        """
        wanted, place = ("decoded = 0", []) if folder_id is None else ("decoded = 0 AND folder = ?", [folder_id])
        decoded = 0
        while True:
            with self._database.transaction():
                rows = self._database.query(
                    "SELECT id, coalesce(octets, x'') FROM messages LEFT JOIN headers ON message = id"
                    f" WHERE {wanted} LIMIT ?",
                    (*place, batch),
                )
                summaries = [(summarise(header), number) for number, header in rows]
                self._database.executemany(
                    _DECODED,
                    [
                        (said.subject, said.sender, said.recipients, said.message_id, said.header_hash, number)
                        for said, number in summaries
                    ],
                )
            if not rows:
                return decoded
            decoded += len(rows)

    def add_local(
        self,
        folder_id: int,
        generation: int,
        *,
        octets: bytes | None,
        header: bytes,
        flags: Flag,
        internaldate: dt.datetime | None,
        size: int | None,
        body: BodyState,
    ) -> int:
        """Store a message that has no UID yet, with its octets where they are here, and return its id."""
        with self._database.transaction():
            number = self._last_id() + 1
            state = BodyState.NONE if octets is None else body
            row = _columns(number, folder_id, generation, None, flags, "", size, internaldate, header, state)
            self._database.execute(_INSERT, row)
            self._database.execute("INSERT INTO headers VALUES (?, ?)", (number, header))
            if octets is not None:
                self._database.execute("INSERT INTO bodies VALUES (?, ?)", (number, octets))
        return number

    def store_body(self, message_id: int, octets: bytes, *, partial: bool) -> bool:
        """Keep a message's octets and tell whether they were kept; see `store_bodies`."""
        return bool(self.store_bodies([(message_id, octets, partial)]))

    def store_bodies(self, bodies: Iterable[tuple[int, bytes, bool]]) -> int:
        """Keep the octets of messages, as (id, octets, whether they are partial), each id once; return how many.

        Those of a message that is gone are not kept. A partial body never replaces a whole one, though the documented
        client may let it.

        Statements: O5:V0070
        """
        rows = [(number, octets, not partial) for number, octets, partial in bodies]
        kept = f"id = ? AND (body <> {BodyState.WHOLE:d} OR ?)"
        with self._database.transaction():
            self._database.executemany(
                f"INSERT OR REPLACE INTO bodies SELECT id, ? FROM messages WHERE {kept}",
                [(octets, number, whole) for number, octets, whole in rows if len(octets) <= PIECE_OCTETS],
            )
            for number, octets, whole in rows:
                if len(octets) > PIECE_OCTETS:
                    self._store_large(number, octets, f"SELECT 1 FROM messages WHERE {kept}", (number, whole))
            return self._database.executemany(
                f"UPDATE messages SET body = ?, indexed = 0 WHERE {kept}",
                [(int(BodyState.WHOLE if whole else BodyState.PARTIAL), number, whole) for number, _, whole in rows],
            )

    def _store_large(self, number: int, octets: bytes, kept: str, parameters: tuple[int, bool]) -> None:
        if self._database.query(kept, parameters):
            # not INSERT with SELECT, which would make all those zeros
            self._database.execute("INSERT OR REPLACE INTO bodies VALUES (?, zeroblob(?))", (number, len(octets)))
            self._database.write_blob("bodies", "octets", number, octets)

    # ------------------------------------------------------------ flags

    def set_server_flags(self, folder_id: int, generation: int, changes: Iterable[tuple[int, int, str]]) -> int:
        """Take over what the server said, as (UID, flags, keywords); return how many messages it changed.

        What is shown follows, with the open changes of a message on top.
        """
        place = {"folder": folder_id, "generation": generation}
        rows = [{"uid": uid, "flags": int(flags), "keywords": words, **place} for uid, flags, words in changes]
        with self._database.transaction():
            changed = self._database.executemany(
                "UPDATE messages SET server_flags = :flags, flags = :flags, keywords = :keywords"
                " WHERE uid = :uid AND folder = :folder AND generation = :generation"
                " AND (server_flags, keywords) <> (:flags, :keywords)",
                rows,
            )
            if changed:
                self._refresh_touched(folder_id)
        return changed

    def refresh(self, ids: Iterable[int]) -> None:
        """Work out anew what is shown of the flags, after a change was recorded, finished or taken back."""
        with self._database.transaction():
            rows = self._database.query(f"SELECT id, server_flags FROM messages WHERE id {AMONG}", (as_json(ids),))
            self._database.executemany(
                "UPDATE messages SET flags = ? WHERE id = ?",
                [(int(self._queue.overlay(number, Flag(flags))), number) for number, flags in rows],
            )

    def hide(self, ids: Iterable[int], *, hidden: bool = True) -> None:
        """Take messages out of what is shown because a queued purge will remove them, or bring them back."""
        self._database.execute(f"UPDATE messages SET hidden = ? WHERE id {AMONG}", (hidden, as_json(ids)))

    # ------------------------------------------------------------ leaving

    def remove(self, ids: Iterable[int]) -> int:
        """Remove messages with all that is kept of them; return how many there were."""
        return self._database.execute(f"DELETE FROM messages WHERE id {AMONG}", (as_json(ids),)).rowcount

    def remove_uids(self, folder_id: int, generation: int, uids: Iterable[int]) -> int:
        """Remove the messages with these UIDs; return how many there were."""
        return self._database.execute(
            f"DELETE FROM messages WHERE folder = ? AND generation = ? AND uid {AMONG}",
            (folder_id, generation, as_json(uids)),
        ).rowcount

    # ------------------------------------------------------------ becoming another

    def assign(self, message_id: int, *, uid: int, arrived_id: int | None = None) -> None:
        """Give a placeholder its UID; it takes over what arrived under it, `arrived_id` or a row with that UID.

        The row that arrived goes; its body stays where the placeholder has no whole one.
        """
        with self._database.transaction():
            placeholder = self.get(message_id)
            if placeholder is None:
                return
            if arrived_id is None:
                arrived_id = self._ids(placeholder.folder, placeholder.generation, [uid]).get(uid)
            if arrived_id is None:
                self._database.execute("UPDATE messages SET uid = ? WHERE id = ?", (uid, message_id))
            elif arrived_id != message_id:
                self._take_over({message_id: arrived_id})
            self.refresh([message_id])

    def switch(
        self, folder_id: int, generation: int, uidvalidity: int | None, pairs: Mapping[int, int], *, keep_bodies: bool
    ) -> None:
        """Let a folder show another generation, whose messages `pairs` recognises: old id to new id.

        An old row that is paired keeps its id and becomes the new one, which goes; its own body is kept with
        `keep_bodies` only. Old rows without a pair go, placeholders move along.

        Statements: O5:V0003
        """
        with self._database.transaction():
            if not keep_bodies:
                old = (as_json(pairs),)
                self._database.execute(f"DELETE FROM bodies WHERE message {AMONG}", old)
                self._database.execute(f"UPDATE messages SET body = 0, indexed = 0 WHERE body <> 0 AND id {AMONG}", old)
            self._take_over(pairs)
            self._database.execute(
                "DELETE FROM messages WHERE folder = ? AND generation <> ? AND uid IS NOT NULL", (folder_id, generation)
            )
            self._database.execute(
                "UPDATE messages SET generation = ? WHERE folder = ? AND uid IS NULL", (generation, folder_id)
            )
            # The old floor is of UIDs that mean nothing any more.
            self._database.execute(
                "UPDATE folders SET generation = :new, uidvalidity = :validity, building = NULL,"
                " building_uidvalidity = NULL,"
                " floor = (SELECT COALESCE(max(uid), 0) FROM messages WHERE folder = :folder AND generation = :new)"
                " WHERE id = :folder",
                {"new": generation, "validity": uidvalidity, "folder": folder_id},
            )
            self._refresh_touched(folder_id)

    def discard_building(self, folder_id: int) -> None:
        """Remove the generation that was being fetched to replace the one shown."""
        with self._database.transaction():
            self._database.execute(
                "DELETE FROM messages WHERE folder = ? AND generation = (SELECT building FROM folders WHERE id = ?)",
                (folder_id, folder_id),
            )
            self._database.execute(
                "UPDATE folders SET building = NULL, building_uidvalidity = NULL WHERE id = ?", (folder_id,)
            )

    def _take_over(self, pairs: Mapping[int, int]) -> None:
        """Let each old row become the new one, which goes: the UID last, for it is unique."""
        named = [{"old": old, "new": new} for old, new in pairs.items()]
        places = self._database.query(
            f"SELECT id, uid, generation FROM messages WHERE id {AMONG}", (as_json(pairs.values()),)
        )
        old_ids = {new: old for old, new in pairs.items()}
        for sql in (_TAKE_BODY, _TAKE_HEADER, _TAKE_CHANGES, _TAKE_OVER):
            self._database.executemany(sql, named)
        self.remove(pairs.values())
        self._database.executemany(
            "UPDATE messages SET uid = ?, generation = ? WHERE id = ?",
            [(uid, generation, old_ids[number]) for number, uid, generation in places],
        )

    # ------------------------------------------------------------ within

    def _refresh_touched(self, folder_id: int) -> None:
        touched = self._queue.messages_with_changes(folder_id)
        if touched:
            self.refresh(touched)

    def _ids(self, folder_id: int, generation: int, uids: Iterable[int]) -> dict[int, int]:
        return dict(
            self._database.query(
                f"SELECT uid, id FROM messages WHERE folder = ? AND generation = ? AND uid {AMONG}",
                (folder_id, generation, as_json(uids)),
            )
        )

    def _known(self, folder_id: int, generation: int, uids: Iterable[int]) -> dict[int, int]:
        """Return as `_ids`; where all are above those that are here, as at a first visit, nothing is looked for."""
        [(highest,)] = self._database.query(
            "SELECT max(uid) FROM messages WHERE folder = ? AND generation = ? AND uid IS NOT NULL",
            (folder_id, generation),
        )
        among = [uid for uid in uids if uid <= (highest or 0)]
        return self._ids(folder_id, generation, among) if among else {}

    def _last_id(self) -> int:
        """Return the highest id ever given out; within a transaction the next ones are ours to give."""
        rows = self._database.query("SELECT seq FROM sqlite_sequence WHERE name = 'messages'")
        return int(rows[0][0]) if rows else 0


def _columns(
    number: int, folder_id: int, generation: int, uid: int | None, flags: Flag, words: str, size: int | None,
    internaldate: dt.datetime | None, header: bytes, body: BodyState, *, lazy: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    bits = int(flags)
    when = None if internaldate is None else internaldate.isoformat()
    received = None if internaldate is None else seconds(internaldate)
    said: tuple[Any, ...]
    if lazy:
        said = (sent_moment(header), "", "", "", "", None)
    else:
        summary = summarise(header)
        said = (
            summary.sent, summary.subject, summary.sender, summary.recipients, summary.message_id, summary.header_hash,
        )  # fmt: skip
    return (
        number, folder_id, generation, uid, bits, bits, words, size, when, received, *said, int(body), not lazy,
    )  # fmt: skip
