"""The queue of local changes: what was done here and what became of it.

Knows how a change shows in the flags of a message, but not how one is played: that is the layer above. Every write is
durable: a change that was recorded survives a loss of power, and so does what is known of it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from outlookimap.cache.database import Database, Row
from outlookimap.cache.rows import ChangeRow, ChangeState, Flag, Subject, flag_bits
from outlookimap.errors import CacheError

_COLUMNS = "id, kind, state, step, folder, target, detail, floor, floor_uidvalidity, error, made"

_DELETED = Flag.DELETED | Flag.SEEN
PURPOSES: Mapping[str, tuple[Flag, Flag]] = {
    "delete": (_DELETED, Flag(0)),
    "undelete": (Flag(0), Flag.DELETED),
    "read": (Flag.SEEN, Flag(0)),
    "unread": (Flag(0), Flag.SEEN),
    "flag": (Flag.FLAGGED, Flag(0)),
    "unflag": (Flag(0), Flag.FLAGGED),
    "answered": (Flag.ANSWERED, Flag(0)),
    "unanswered": (Flag(0), Flag.ANSWERED),
}
"""What each purpose of a change of flags adds and takes away; ``"replace"`` sets the flags in its detail."""


class ChangeTable:
    """The tables `changes` and `change_messages`, in the order in which the changes were made.

    A change of any number of messages is one row. Times are given with their zone and come back in UTC.

    Raises CacheError for an id that is not in the queue, and where the file refuses.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------ writing

    def add(
        self,
        kind: str,
        *,
        folder: int | None = None,
        target: int | None = None,
        detail: Mapping[str, Any] | None = None,
        subjects: Iterable[Subject] = (),
        octets: bytes | None = None,
        made: dt.datetime,
    ) -> int:
        """Put a change at the end of the queue and return its id, which no other change will ever have."""
        with self._database.transaction(durable=True):
            cursor = self._database.execute(
                "INSERT INTO changes (kind, state, folder, target, detail, octets, made) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (kind, ChangeState.QUEUED, folder, target, json.dumps(detail or {}), octets, int(made.timestamp())),
            )
            change = int(cursor.lastrowid or 0)
            self.set_subjects(change, subjects)
        return change

    def set_state(self, change: int, state: ChangeState, error: str | None = None) -> None:
        """Say where a change stands and, where it did not succeed, why.

        The octets of an append go once it is done or discarded.
        """
        kept = "NULL" if state in (ChangeState.DONE, ChangeState.DISCARDED) else "octets"
        self._set(change, f"state = ?, error = ?, octets = {kept}", state, error)

    def set_step(self, change: int, step: int) -> None:
        """Say how many of the commands of a change are known to be done."""
        self._set(change, "step = ?", step)

    def correct(self, change: int, state: ChangeState, error: str, octets: bytes | None = None) -> None:
        """Take back that a change is done, and that the user was told so; `octets` are those of an append to be held.

        Its `step` says from then on that the server had confirmed it.
        """
        self._set(change, "state = ?, error = ?, octets = ?, step = 1, reported = 0", state, error, octets)

    def set_floor(self, change: int, floor: int | None, uidvalidity: int | None) -> None:
        """Keep the highest UID of the target before the command, under the UIDVALIDITY it was seen with."""
        self._set(change, "floor = ?, floor_uidvalidity = ?", floor, uidvalidity)

    def set_subjects(self, change: int, subjects: Iterable[Subject]) -> None:
        """Replace the messages of a change by `subjects`, in their order."""
        rows = [(change, position, each.message, each.placeholder) for position, each in enumerate(subjects)]
        with self._database.transaction(durable=True):
            self._database.execute("DELETE FROM change_messages WHERE change = ?", (change,))
            self._database.executemany("INSERT INTO change_messages VALUES (?, ?, ?, ?)", rows)

    def mark_reported(self, changes: Iterable[int]) -> None:
        """Remember that the user was told of finished changes."""
        with self._database.transaction(durable=True):
            self._database.executemany("UPDATE changes SET reported = 1 WHERE id = ?", ((each,) for each in changes))

    def prune(self, keep: int = 1000) -> None:
        """Forget finished changes but the latest `keep`; what was refused or dropped stays until it was reported.

        Those of messages that nobody has found on the server yet stay as well.
        """
        with self._database.transaction(durable=True):
            self._database.execute(
                "DELETE FROM changes WHERE (reported = 1 OR state IN ('done', 'discarded')) AND id NOT IN ("
                "SELECT id FROM open_changes UNION ALL "
                "SELECT change FROM messages JOIN change_messages ON placeholder = messages.id WHERE uid IS NULL "
                "UNION ALL SELECT id FROM ("
                "SELECT id FROM changes WHERE id NOT IN (SELECT id FROM open_changes) ORDER BY id DESC LIMIT ?))",
                (keep,),
            )

    def _set(self, change: int, assignments: str, *values: str | int | bytes | None) -> None:
        with self._database.transaction(durable=True):
            cursor = self._database.execute(f"UPDATE changes SET {assignments} WHERE id = ?", (*values, change))  # noqa: S608 - ours
            if cursor.rowcount != 1:
                raise CacheError(f"there is no change {change} in the queue; pending() lists those that are open")

    # ------------------------------------------------------------ reading

    def get(self, change: int, *, octets: bool = False) -> ChangeRow | None:
        """Return a change, finished or not, with the message of an append where `octets` asks for it, or None."""
        return next(iter(self._rows("changes", "id = ?", (change,), octets=octets)), None)

    def open(self) -> list[ChangeRow]:
        """Return the pending changes in order."""
        return self._rows("open_changes", "1")

    def finished_unreported(self) -> list[ChangeRow]:
        """Return the finished changes, of whatever end, that the user was not told of yet, in order."""
        return self._rows("changes", "reported = 0 AND id NOT IN (SELECT id FROM open_changes)")

    def touching(self, message: int) -> list[ChangeRow]:
        """Return the open changes that change the flags of a message, in order; of a move it is the source."""
        found = (self.get(change) for change, _, _ in self._touching(message))
        return [change for change in found if change is not None]

    def maker(self, placeholder: int) -> ChangeRow | None:
        """Return the change that made a copy or a new message, finished or not; None where it is not known any more."""
        made = "id IN (SELECT change FROM change_messages WHERE placeholder = ?)"
        return next(iter(self._rows("changes", made, (placeholder,))), None)

    def overlay(self, message: int, server_flags: Flag) -> Flag:
        """Return the flags of a message as they will be once its open changes were played over `server_flags`.

        Statements: O5:V0056
        """
        flags = Flag(server_flags)
        for _, kind, detail in self._touching(message):
            flags = applied(flags, {"purpose": "delete"} if kind == "move" else json.loads(detail))
        return flags

    def messages_with_changes(self, folder: int) -> set[int]:
        """Return the ids of the messages of a folder that open changes are about, and of the copies they make there."""
        rows = self._database.query(
            "WITH subjects AS (SELECT message, placeholder FROM open_changes JOIN change_messages ON change = id)"
            " SELECT id FROM messages WHERE folder = ?"
            " AND id IN (SELECT message FROM subjects UNION SELECT placeholder FROM subjects)",
            (folder,),
        )
        return {message for (message,) in rows}

    def _touching(self, message: int) -> list[Row]:
        """Without the subjects: a change of 10,000 messages is looked up for each of them."""
        return self._database.query(
            "SELECT DISTINCT id, kind, detail FROM change_messages CROSS JOIN open_changes ON id = change"
            " WHERE message = ? AND kind IN ('flags', 'move') ORDER BY id",
            (message,),
        )

    def _rows(
        self, source: str, where: str, parameters: Sequence[int] = (), *, octets: bool = False
    ) -> list[ChangeRow]:
        rows = self._database.query(
            f"SELECT {_COLUMNS}, {'octets' if octets else 'NULL'}, position, message, placeholder"  # noqa: S608 - ours
            f" FROM {source} LEFT JOIN change_messages ON change = id WHERE {where} ORDER BY id, position",
            parameters,
        )
        return [_change(list(group)) for _, group in itertools.groupby(rows, key=itemgetter(0))]


def applied(flags: Flag, detail: Mapping[str, Any]) -> Flag:
    """Return `flags` after a change of flags with this detail.

    Statements: O5:V0056
    """
    if detail["purpose"] == "replace":
        return flag_bits(detail["flags"])
    added, removed = PURPOSES[detail["purpose"]]
    return (flags | added) & ~removed


def _change(rows: list[Row]) -> ChangeRow:
    identity, kind, state, step, folder, target, detail, floor, uidvalidity, error, made, octets = rows[0][:12]
    return ChangeRow(
        id=identity,
        kind=kind,
        state=ChangeState(state),
        step=step,
        folder=folder,
        target=target,
        detail=json.loads(detail),
        subjects=tuple(Subject(message, copy) for *_, position, message, copy in rows if position is not None),
        floor=floor,
        floor_uidvalidity=uidvalidity,
        error=error,
        made=dt.datetime.fromtimestamp(made, dt.UTC),
        octets=octets,
    )
