"""The folders of the local copy.

Knows nothing of how a server lists them: the attributes and the special use of a folder are told, not worked out here.
"""

# ruff: noqa: S608 - statements are put together from words of this module only; values are parameters

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from outlookimap.cache.database import Database, Row
from outlookimap.cache.moments import from_seconds, seconds
from outlookimap.cache.rows import FolderRow
from outlookimap.errors import UsageError
from outlookimap.wire import mailbox

_COLUMNS = (
    "id, raw, server_raw, name, delimiter, attributes, source, subscribed, special, removed, uidvalidity, generation,"
    " building, building_uidvalidity, floor, unseen, visited"
)


def _same(value: Any) -> Any:
    return value


_STORED: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_COLUMNS.split(", ")[1:], _same),
    "attributes": lambda names: " ".join(sorted(names)),
    "visited": seconds,
}
"""How a value of FolderRow is stored, by column; an id is never changed."""


class FolderTable:
    """The folders; `raw` is the name people see, `server_raw` the one the server knows (they differ while queued).

    Names that differ in case only are two folders, INBOX apart.

    Statements: O5:V0016
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------ reading

    def all(self, *, removed: bool = False) -> list[FolderRow]:
        """Return the folders by name, INBOX first; those whose deletion is queued only where `removed`."""
        where = "" if removed else "WHERE removed = 0"
        return self._rows(f"{where} ORDER BY upper(CAST(raw AS TEXT)) <> 'INBOX', name, id")

    def get(self, folder_id: int) -> FolderRow | None:
        """Return the folder with this id, or None."""
        return self._first("WHERE id = ?", folder_id)

    def by_raw(self, raw: bytes) -> FolderRow | None:
        """Return the folder people see under this raw name, or None."""
        return self._named("raw", raw, inbox=mailbox.is_inbox(raw))

    def by_name(self, name: str) -> FolderRow | None:
        """Return the folder of exactly this name, or None; INBOX in any case (RFC 3501 section 5.1)."""
        return self._named("name", name, inbox=name.upper() == "INBOX")

    def by_server_raw(self, raw: bytes) -> FolderRow | None:
        """Return the folder the server knows by this raw name, or None; also one whose deletion is queued."""
        found = self._first("WHERE server_raw = ? ORDER BY removed, id", raw)
        if found is None and mailbox.is_inbox(raw):
            found = self._first("WHERE upper(CAST(server_raw AS TEXT)) = 'INBOX' ORDER BY removed, id")
        return found

    # ------------------------------------------------------------ writing

    def add(
        self,
        raw: bytes,
        server_raw: bytes | None,
        *,
        name: str,
        delimiter: str | None,
        attributes: Iterable[str],
        source: str,
        subscribed: bool | None = None,
        special: str | None = None,
    ) -> int:
        """Add a folder and return its id.

        Raises CacheError where a folder of this raw name is shown already.
        """
        return self._insert(
            raw=raw,
            server_raw=server_raw,
            name=name,
            delimiter=delimiter,
            attributes=attributes,
            source=source,
            subscribed=subscribed,
            special=special,
        )

    def update(self, folder_id: int, **columns: Any) -> None:
        """Change fields of FolderRow, by their names and in their types.

        Raises UsageError for a name that is none of them.
        """
        if columns:
            stored = _stored(columns)
            setting = ", ".join(f"{name} = ?" for name in stored)
            self._database.execute(f"UPDATE folders SET {setting} WHERE id = ?", [*stored.values(), folder_id])

    def remove(self, folder_id: int) -> None:
        """Remove a folder with its messages and all that is kept of them."""
        self._database.execute("DELETE FROM folders WHERE id = ?", (folder_id,))

    def rename_tree(self, folder_id: int, new_raw: bytes, *, server: bool) -> None:
        """Give a folder another raw name, and those below it the new beginning.

        `server` changes the names the server knows, otherwise those people see.

        Raises CacheError where a name is taken.
        """
        column = "server_raw" if server else "raw"
        with self._database.transaction():
            folder = self.get(folder_id)
            if folder is None:
                return
            old = folder.server_raw if server else folder.raw
            renamed = [(new_raw, folder_id)]
            if old is not None and folder.delimiter:
                above = old + folder.delimiter.encode()
                below = self._database.query(
                    f"SELECT id, {column} FROM folders WHERE substr({column}, 1, ?) = ?", (len(above), above)
                )
                renamed += [(new_raw + name[len(old) :], number) for number, name in below]
            # The longest first: a new name may be what one below it had.
            for name, number in sorted(renamed, key=lambda pair: len(pair[0]), reverse=True):
                self.update(number, **({column: name} if server else {column: name, "name": mailbox.decode(name)}))

    # ------------------------------------------------------------ rows

    def _insert(self, **columns: Any) -> int:
        stored = _stored(columns)
        marks = ", ".join("?" * len(stored))
        cursor = self._database.execute(
            f"INSERT INTO folders ({', '.join(stored)}) VALUES ({marks})", list(stored.values())
        )
        return int(cursor.lastrowid or 0)

    def _named(self, column: str, value: bytes | str, *, inbox: bool) -> FolderRow | None:
        found = self._first(f"WHERE {column} = ? AND removed = 0 ORDER BY id", value)
        if found is None and inbox:
            found = self._first("WHERE upper(CAST(raw AS TEXT)) = 'INBOX' AND removed = 0 ORDER BY id")
        return found

    def _first(self, rest: str, *parameters: Any) -> FolderRow | None:
        return next(iter(self._rows(f"{rest} LIMIT 1", *parameters)), None)

    def _rows(self, rest: str, *parameters: Any) -> list[FolderRow]:
        return [_folder(row) for row in self._database.query(f"SELECT {_COLUMNS} FROM folders {rest}", parameters)]


def _stored(columns: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(columns.keys() - _STORED.keys())
    if unknown:
        raise UsageError(f"folders have no column {unknown[0]!r} that can be set: there are {', '.join(_STORED)}")
    return {name: None if value is None else _STORED[name](value) for name, value in columns.items()}


def _folder(row: Row) -> FolderRow:
    (
        number, raw, server_raw, name, delimiter, attributes, source, subscribed, special, removed,
        uidvalidity, generation, building, building_uidvalidity, floor, unseen, visited,
    ) = row  # fmt: skip
    return FolderRow(
        id=number,
        raw=raw,
        server_raw=server_raw,
        name=name,
        delimiter=delimiter,
        attributes=frozenset(attributes.split()),
        source=source,
        subscribed=None if subscribed is None else bool(subscribed),
        special=special,
        removed=bool(removed),
        uidvalidity=uidvalidity,
        generation=generation,
        building=building,
        building_uidvalidity=building_uidvalidity,
        floor=floor,
        unseen=unseen,
        visited=from_seconds(visited),
    )
