"""What has become of some folders in the local copy since one last looked, whoever took it in there.

Compares rows, and knows no connection. What the user does here is no news to the user: that is left out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from outlookimap.cache import Cache, ChangeRow

_OF_FOLDERS = ("create", "rename", "delete")

Rows: TypeAlias = Mapping[int, tuple[int, int, str]]
"""Messages by id: UID, the server's flags, keywords."""


@dataclass(frozen=True, slots=True)
class FolderNews:
    """What became of a folder: ids of messages that came and of those with other flags, (id, UID) of what went."""

    folder: int
    came: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    went: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FoldersChanged:
    """There are other folders than before: names that were `added` and names that were `removed`; a rename is both."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


Difference: TypeAlias = FolderNews | FoldersChanged


def compare(folder: int, before: Rows, now: Rows, ours: set[int]) -> FolderNews | None:
    """Return what became of a folder, but for the messages that are `ours`; None where that is nothing."""
    came = tuple(row for row in now if row not in before and row not in ours)
    changed = tuple(
        row for row, seen in now.items() if row in before and before[row][1:] != seen[1:] and row not in ours
    )
    went = tuple((row, seen[0]) for row, seen in before.items() if row not in now and row not in ours)
    return FolderNews(folder, came, changed, went) if came or changed or went else None


class Ours:
    """What the user's own changes are about, until what becomes of them has been seen."""

    def __init__(self, cache: Cache) -> None:
        """Begin with what is queued already."""
        self._cache = cache
        self._lock = threading.Lock()
        self._changes: dict[int, tuple[set[int], set[int]]] = {}
        self._queued()

    def made(self, change: int) -> None:
        """Take note of a change that was recorded, by its id, before it is played; for any thread."""
        row = self._cache.changes.get(change)
        if row is not None:
            self._note(row)

    def take(self) -> tuple[set[int], set[int]]:
        """Return the ids of messages and of folders; those of finished changes are returned this once.

        Nobody may play the queue meanwhile.
        """
        self._queued()
        messages: set[int] = set()
        folders: set[int] = set()
        with self._lock:
            for identity, (of_messages, of_folders) in [*self._changes.items()]:
                messages |= of_messages
                folders |= of_folders
                change = self._cache.changes.get(identity)
                if change is None or not change.open:
                    del self._changes[identity]
        return messages, folders

    def _queued(self) -> None:
        for change in self._cache.changes.open():
            self._note(change)

    def _note(self, change: ChangeRow) -> None:
        """Remember what a change is about now: once it was played, messages may be missing from it."""
        about = {row for one in change.subjects for row in (one.message, one.placeholder) if row is not None}
        with self._lock:
            messages, folders = self._changes.setdefault(change.id, (set(), set()))
            messages |= about
            if change.kind in _OF_FOLDERS and change.folder is not None:
                folders.add(change.folder)


class Differences:
    """A view of `folders` (ids) and of the list of folders; each look tells what is other than at the one before.

    All that is in a folder that was never visited is no news once it is; what came since the last visit is.
    """

    def __init__(self, cache: Cache, folders: Iterable[int], ours: Ours) -> None:
        """Take the first look."""
        self._cache = cache
        self._ours = ours
        self._stamp: tuple[int, int] | None = None
        self._seen = {folder: self._rows(folder) for folder in folders}
        self._names = self._folders()

    def look(self) -> list[Difference]:
        """Return what is other now; cheap where nothing was written. Nobody may play the queue meanwhile."""
        stamp = self._cache.stamp()
        if stamp == self._stamp:
            return []
        self._stamp = stamp
        messages, folders = self._ours.take()
        found: list[Difference] = [*self._list(folders)]
        for folder, before in self._seen.items():
            now = self._rows(folder)
            self._seen[folder] = now
            told = None if before is None or now is None else compare(folder, before, now, messages)
            if told is not None:
                found.append(told)
        return found

    def forget(self, folder: int) -> None:
        """Look at a folder no more."""
        self._seen.pop(folder, None)

    def _rows(self, folder: int) -> Rows | None:
        row = self._cache.folders.get(folder)
        if row is None or row.visited is None:
            return None
        found = self._cache.messages.uids_and_flags(folder, row.generation)
        return {number: (uid, flags, keywords) for uid, flags, keywords, number in found}

    def _folders(self) -> dict[int, str]:
        return {row.id: row.name for row in self._cache.folders.all(removed=True) if row.server_raw is not None}

    def _list(self, ours: set[int]) -> Iterator[FoldersChanged]:
        before, now = self._names, self._folders()
        self._names = now
        added = tuple(name for row, name in now.items() if before.get(row) != name and row not in ours)
        removed = tuple(name for row, name in before.items() if now.get(row) != name and row not in ours)
        if before and (added or removed):
            yield FoldersChanged(added, removed)
