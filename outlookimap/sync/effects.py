"""How a change ends: what it showed stays, or is taken back. Knows no connection.

What another open change still shows is left alone: the last of several renames is what people see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from outlookimap.cache import Cache, ChangeRow, ChangeState, Subject


def finish(cache: Cache, change: ChangeRow, state: ChangeState, error: str | None = None) -> None:
    """Say how a change ended, and take back what it showed unless it is done; on the disk when this returns.

    Content that exists nowhere else is not lost by it: a folder with messages of ours stays here.
    """
    with cache.transaction(durable=True):
        cache.changes.set_state(change.id, state, error)
        # a visit may have given its messages other ids since it was looked up
        change = cache.changes.get(change.id) or change
        if state is not ChangeState.DONE:
            _TAKERS[change.kind](cache, change)


def keep(cache: Cache, change: ChangeRow, subjects: Sequence[Subject]) -> None:
    """Let a change be about these of its subjects alone; of the others what it showed is taken back."""
    now = cache.changes.get(change.id) or change
    cache.changes.set_subjects(change.id, subjects)
    _flags(cache, now)


def remove_copies(cache: Cache, change: ChangeRow) -> None:
    """Remove the copies of a change that the server does not have."""
    made = (cache.messages.get(one.placeholder) for one in change.subjects if one.placeholder is not None)
    cache.messages.remove(row.id for row in made if row is not None and row.uid is None)


def _flags(cache: Cache, change: ChangeRow) -> None:
    cache.messages.refresh(one.message for one in change.subjects if one.message is not None)


def _copies(cache: Cache, change: ChangeRow) -> None:
    remove_copies(cache, change)
    _flags(cache, change)
    _remove_unmade(cache, change.target)


def _purge(cache: Cache, change: ChangeRow) -> None:
    cache.messages.hide((one.message for one in change.subjects if one.message is not None), hidden=False)


def _create(cache: Cache, change: ChangeRow) -> None:
    _remove_unmade(cache, change.folder)


def _remove_unmade(cache: Cache, folder_id: int | None) -> None:
    """Remove a folder that only was to be made, unless it still is, or holds what is nowhere else."""
    folder = None if folder_id is None else cache.folders.get(folder_id)
    if folder is None or folder.server_raw is not None:
        return
    if any(one.kind == "create" and one.folder == folder.id for one in cache.changes.open()):
        return
    below = () if not folder.delimiter else [
        one for one in cache.folders.all(removed=True) if one.raw.startswith(folder.raw + folder.delimiter.encode())
    ]  # fmt: skip
    if not below and not cache.messages.placeholders(folder.id):
        cache.folders.remove(folder.id)


def _rename(cache: Cache, change: ChangeRow) -> None:
    """Give the folder its name back, unless another change has given it a later one, or the name to another folder."""
    old = bytes.fromhex(_text(change.detail, "old"))
    folder = None if change.folder is None else cache.folders.get(change.folder)
    later = any(one.kind == "rename" and one.folder == change.folder for one in cache.changes.open())
    if folder is not None and not later and cache.folders.by_raw(old) is None:
        cache.folders.rename_tree(folder.id, old, server=False)


def _delete(cache: Cache, change: ChangeRow) -> None:
    """Show the folder again; where one of its name was made meanwhile, that one takes its place."""
    folder = None if change.folder is None else cache.folders.get(change.folder)
    if folder is None:
        return
    newer = cache.folders.by_raw(folder.raw)
    if newer is None:
        cache.folders.update(folder.id, removed=False)
    elif newer.server_raw is None:
        cache.folders.remove(folder.id)
        cache.folders.update(newer.id, server_raw=folder.server_raw)


def _subscription(cache: Cache, change: ChangeRow) -> None:
    if change.folder is not None:
        cache.folders.update(change.folder, subscribed=change.detail.get("before"))


def _text(detail: Mapping[str, Any], key: str) -> str:
    return str(detail.get(key, ""))


_TAKERS: Mapping[str, Callable[[Cache, ChangeRow], None]] = {
    "flags": _flags,
    "copy": _copies,
    "move": _copies,
    "append": _copies,
    "purge": _purge,
    "create": _create,
    "rename": _rename,
    "delete": _delete,
    "subscribe": _subscription,
    "unsubscribe": _subscription,
}
